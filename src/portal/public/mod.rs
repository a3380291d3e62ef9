//! Pages for everybody: the start, one application by its number and query code, the check of a receipt.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;

use super::Portal;
use super::layout::{Frame, page};
use super::problem::see_other;
use super::visit::Visit;

mod status;
mod verify;

/// Their addresses.
pub fn routes() -> Router<Portal> {
    Router::new()
        .route("/", get(home))
        .route("/status", get(status::asked).post(status::looked_up))
        .route("/verify", get(verify::asked).post(verify::checked))
}

#[derive(Template)]
#[template(path = "public/home.html")]
struct Home {
    frame: Frame,
}

/// The start; for whoever is logged in, the start of its own pages.
async fn home(visit: Visit) -> Response {
    if let Some(session) = &visit.session {
        return see_other(session.audience.home());
    }
    let title = visit.language.say("首页", "Start");
    page(&Home { frame: Frame::of(&visit, title) })
}
