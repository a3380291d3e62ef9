//! One entry of the journal: who, when, what, and what it moved.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;

use super::story::{self, Moment};
use crate::portal::layout::{Frame, page};
use crate::portal::problem::Problem;
use crate::portal::visit::Clerk;
use crate::portal::{Portal, show};
use crate::proto::v1;
use v1::entry::Event;

/// Their addresses.
pub(super) fn routes() -> Router<Portal> {
    Router::new().route("/bureau/entry/{sequence}", get(shown))
}

#[derive(Template)]
#[template(path = "bureau/entry.html")]
struct Page {
    frame: Frame,
    moment: Moment,
    kind: String,
    company: bool,
    case: String,
    postings: Vec<(String, String)>,
}

async fn shown(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    Path(sequence): Path<u64>,
) -> Result<Response, Problem> {
    let l = member.visit.language;
    let found = portal.ask(&member, v1::GetEntryRequest { sequence }).await.map_err(missing)?;
    let entry = found.entry.ok_or(Problem::NotFound)?;
    let title = format!("{} {sequence}", l.say("分录", "Entry"));
    Ok(page(&Page {
        frame: Frame::of(&member.visit, &title),
        moment: story::moment(l, &entry, found.sentence.as_ref()),
        company: !entry.enterprise.is_empty(),
        case: entry.event.as_ref().map(case_of).unwrap_or_default(),
        postings: entry.postings.iter().map(|one| (one.account.clone(), show::yuan(&one.amount))).collect(),
        kind: entry.kind,
    }))
}

/// A number that can be none is not found either.
fn missing(problem: Problem) -> Problem {
    match problem {
        Problem::Refused(refusal) if refusal.reason == "INVALID_FIELD" => Problem::NotFound,
        other => other,
    }
}

/// The page of what an entry is about; empty where it has none.
fn case_of(event: &Event) -> String {
    let (folder, id) = if let Event::SubsidyApplied(one) = event {
        ("applications", &one.application_id)
    } else if let Event::ApplicationChanged(one) = event {
        ("applications", &one.application_id)
    } else if let Event::ClaimSubmitted(one) = event {
        ("claims", &one.claim_id)
    } else if let Event::ClaimChanged(one) = event {
        ("claims", &one.claim_id)
    } else if let Event::LoanFiled(one) = event {
        ("loans", &one.loan_id)
    } else if let Event::LoanChanged(one) = event {
        ("loans", &one.loan_id)
    } else {
        return String::new();
    };
    format!("/bureau/{folder}/{id}")
}
