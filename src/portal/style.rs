//! The style sheet and the icon: served from the program, under addresses that name their content.

use std::sync::LazyLock;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest as _, Sha256};

use super::Portal;

const STYLE: &str = include_str!("templates/style.css");
const ICON: &str = include_str!("templates/icon.svg");

/// Where the style sheet is: its address changes with its content, so that browsers may keep it for ever.
pub static STYLE_PATH: LazyLock<String> = LazyLock::new(|| {
    let digest = hex::encode(Sha256::digest(STYLE));
    format!("/style-{}.css", digest.get(..12).unwrap_or_default())
});

/// The style sheet, the icon, and what robots are told.
pub fn routes() -> Router<Portal> {
    Router::new()
        .route(&STYLE_PATH, get(async || kept("text/css; charset=utf-8", STYLE)))
        .route("/favicon.svg", get(async || kept("image/svg+xml", ICON)))
        .route("/robots.txt", get(async || kept("text/plain", "User-agent: *\nDisallow: /\n")))
}

fn kept(kind: &'static str, content: &'static str) -> Response {
    let kind = HeaderValue::from_static(kind);
    let age = HeaderValue::from_static("public, max-age=31536000, immutable");
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, age)], content).into_response()
}
