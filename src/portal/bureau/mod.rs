//! Pages for the bureau (主管部门): officer, finance, auditor, operator. So far the desk alone, which says who is logged in
//! and up to where the books are signed.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use super::Portal;
use super::layout::{Frame, page};
use super::problem::Problem;
use super::visit::Clerk;
use crate::proto::v1;

mod boards;

/// Their addresses.
pub fn routes() -> Router<Portal> {
    Router::new()
        .route("/bureau", get(desk))
        .merge(boards::routes())
}

#[derive(Template)]
#[template(path = "bureau/desk.html")]
struct Desk {
    frame: Frame,
    entries: u64,
}

async fn desk(State(portal): State<Portal>, Clerk(member): Clerk) -> Result<Response, Problem> {
    let entries = portal.ask(&member, v1::PingRequest::default()).await?.last_sequence;
    let title = member.visit.language.say("工作台", "Desk");
    Ok(page(&Desk { frame: Frame::of(&member.visit, title).under("bureau"), entries }))
}
