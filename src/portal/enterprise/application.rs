//! One application: where it stands, why this amount (为什么是这个金额), what happened, its receipts; and taking it back.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use uuid::Uuid;

use super::history::{self, Happening};
use super::view::ApplicationView;
use crate::portal::Portal;
use crate::portal::fields::Fields;
use crate::portal::layout::{Frame, page};
use crate::portal::problem::{Problem, see_other};
use crate::portal::visit::{Company, Member};
use crate::proto::v1;

#[derive(Template)]
#[template(path = "enterprise/application.html")]
struct Page {
    frame: Frame,
    one: ApplicationView,
    happenings: Vec<Happening>,
    query_code: String,
}

pub(super) async fn application(
    State(portal): State<Portal>,
    Company(member): Company,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let l = member.visit.language;
    let found = find(&portal, &member, &id).await?;
    let rulebook = portal.rulebook(&member, &found.rulebook.clone().unwrap_or_default()).await?;
    let one = ApplicationView::of(l, &found, Some(&rulebook));
    let entries = history::entries(&portal, &member).await?;
    let happenings = history::about(&entries, &id).map(|entry| history::happening(l, entry)).collect();
    let title = format!("{} {}", l.say("申请", "Application"), one.number);
    let query_code = portal.secret().query_code(&id);
    let frame = Frame::of(&member.visit, &title).under("my");
    Ok(page(&Page { frame, one, happenings, query_code }))
}

/// An application of the company's own. An id that cannot be one, and one that is another's, are not found alike.
pub(super) async fn find(portal: &Portal, member: &Member, id: &str) -> Result<v1::Application, Problem> {
    let application_id = crate::identifier::ApplicationId::parse(id).map_err(|_wrong| Problem::NotFound)?.to_string();
    let answer = portal.ask(member, v1::GetApplicationRequest { application_id }).await?;
    answer.application.ok_or(Problem::NotFound)
}

/// Takes an application back. Sent twice, the second time is refused by the state.
pub(super) async fn withdraw(
    State(portal): State<Portal>,
    Company(member): Company,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Problem> {
    let found = find(&portal, &member, &id).await?;
    let reason = fields.get("reason");
    let reason = if reason.is_empty() { "企业自行撤回" } else { reason };
    let request = v1::WithdrawSubsidyRequest {
        request_id: Uuid::new_v4().to_string(),
        application_id: found.application_id.clone(),
        reason: reason.to_owned(),
        ..Default::default()
    };
    portal.ask(&member, request).await?;
    Ok(see_other(&format!("/my/applications/{}", found.application_id)))
}
