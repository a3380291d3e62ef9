//! Pages for a company (企业): what it was granted and paid and why, what is left, what is missing; trying out, applying,
//! receipts, and who looked at its file.
//!
//! Everything is asked for as the company of the session, with its own credit code: an address names an application and
//! never a company, and what is another's is not found.

use axum::Router;
use axum::routing::{get, post};

use super::Portal;

mod access;
mod application;
mod apply;
mod checklist;
mod filled;
mod history;
pub(in crate::portal) mod overview;
mod receipt;
pub mod view;

/// Their addresses.
pub fn routes() -> Router<Portal> {
    Router::new()
        .route("/my", get(overview::overview))
        .route("/my/applications/{id}", get(application::application))
        .route("/my/applications/{id}/withdraw", post(application::withdraw))
        .route("/my/applications/{id}/receipt", get(receipt::printed))
        .route("/my/applications/{id}/receipt.json", get(receipt::download))
        .route("/my/apply", get(apply::choose).post(apply::submit))
        .route("/my/apply/form", get(apply::empty).post(apply::again))
        .route("/my/apply/preview", get(apply::lost).post(apply::preview))
        .route("/my/access", get(access::looked))
}
