//! A company on the desk (企业档案): its file as the company itself sees it, everything that happened to it, and a login
//! code to hand over. Its address names an entry that concerns it, never its code.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;

use super::story::{self, Story};
use crate::portal::enterprise::overview::{self, File};
use crate::portal::fields::Fields;
use crate::portal::layout::{Frame, page};
use crate::portal::problem::{Problem, escaped};
use crate::portal::visit::{Clerk, Member};
use crate::portal::{Portal, show};
use crate::proto::v1;

/// Their addresses.
pub(super) fn routes() -> Router<Portal> {
    Router::new()
        .route("/bureau/enterprises/{sequence}", get(shown))
        .route("/bureau/enterprises/{sequence}/code", post(issued))
}

/// From where on its story is told.
#[derive(Debug, Default, Deserialize)]
struct Told {
    #[serde(default)]
    older: String,
}

#[derive(Template)]
#[template(path = "bureau/company.html")]
struct Page {
    frame: Frame,
    file: File,
    uscc: String,
    sequence: u64,
    may_issue: bool,
    story: Story,
    older: String,
}

#[derive(Template)]
#[template(path = "bureau/code.html")]
struct Code {
    frame: Frame,
    name: String,
    uscc: String,
    sequence: u64,
    code: String,
    until: String,
    login: String,
}

async fn shown(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    Path(sequence): Path<u64>,
    Query(asked): Query<overview::Asked>,
    Query(told): Query<Told>,
) -> Result<Response, Problem> {
    let uscc = company_of(&portal, &member, sequence).await?;
    let file = overview::file(&portal, &member, &uscc, &asked).await?;
    let story = story::of_company(&portal, &member, &uscc, &told.older).await?;
    let older = if story.rest.is_empty() { String::new() } else { format!("?older={}#story", escaped(&story.rest)) };
    let frame = Frame::of(&member.visit, &file.name).under("search");
    let may_issue = member.session.role == "officer";
    Ok(page(&Page { frame, file, uscc, sequence, may_issue, story, older }))
}

/// The company that an entry concerns. An entry that is not there, is another district's or concerns none is not found.
async fn company_of(portal: &Portal, member: &Member, sequence: u64) -> Result<String, Problem> {
    let found = portal.ask_as(&member.visitor(), v1::GetEntryRequest { sequence: sequence.max(1) }).await?;
    let uscc = found.entry.map(|entry| entry.enterprise).unwrap_or_default();
    if uscc.is_empty() { Err(Problem::NotFound) } else { Ok(uscc) }
}

/// Issues a code. It is shown once, here, and a new one takes its place.
async fn issued(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    Path(sequence): Path<u64>,
    fields: Fields,
) -> Result<Response, Problem> {
    let l = member.visit.language;
    let uscc = company_of(&portal, &member, sequence).await?;
    let minutes = if fields.get("long").is_empty() { 60 } else { 24 * 60 };
    let answer = portal.ask(&member, v1::IssueLoginCodeRequest { enterprise: uscc.clone(), minutes }).await?;
    let known = portal.ask(&member, v1::GetEnterpriseRequest { enterprise: uscc.clone() }).await?;
    Ok(page(&Code {
        frame: Frame::of(&member.visit, l.say("企业登录码", "A login code for the company"))
            .under("search")
            .switching_to(&format!("/bureau/enterprises/{sequence}")),
        name: known.enterprise.unwrap_or_default().details.unwrap_or_default().name,
        uscc,
        sequence,
        code: answer.code,
        until: show::stamped(l, answer.expires_at.as_ref()),
        login: format!("{}/login", portal.url()),
    }))
}
