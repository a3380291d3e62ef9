//! Applying an adopted version to the past (追溯更正): what it would change is shown first; the second button records.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;
use uuid::Uuid;
use v1::entry::Event;

use super::{correctable, may};
use crate::portal::fields::Fields;
use crate::portal::layout::{Frame, page};
use crate::portal::problem::{Problem, see_other};
use crate::portal::visit::{Clerk, Member};
use crate::portal::{Portal, show};
use crate::proto::v1;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    /// The entry that was just made.
    done: Option<u64>,
}

#[derive(Template)]
#[template(path = "bureau/boards/correct.html")]
struct Page {
    frame: Frame,
    id: String,
    version: u32,
    programmes: Vec<(String, String)>,
    programme: String,
    reason: String,
    request: String,
    error: String,
    preview: Option<Totals>,
    done: Option<u64>,
    may_correct: bool,
}

struct Totals {
    sentence: String,
    examined: u32,
    left_out: u32,
    more: String,
    less: String,
    corrections: u32,
}

pub(super) async fn ask(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    Path((id, version)): Path<(String, u32)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let mut shown = blank(&portal, &member, id, version).await?;
    shown.done = asked.done;
    Ok(page(&shown))
}

pub(super) async fn correct(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    Path((id, version)): Path<(String, u32)>,
    fields: Fields,
) -> Result<Response, Problem> {
    let records = fields.has("confirm");
    let mut shown = blank(&portal, &member, id, version).await?;
    fields.get("programme").clone_into(&mut shown.programme);
    fields.get("reason").clone_into(&mut shown.reason);
    fields.get("request").clone_into(&mut shown.request);
    shown.frame = shown.frame.resending("correct");
    let request = v1::CorrectAwardsRequest {
        request_id: shown.request.clone(),
        validate_only: !records,
        rulebook: Some(v1::RulebookRef { rulebook_id: shown.id.clone(), version }),
        programme_id: shown.programme.clone(),
        reason: shown.reason.clone(),
        ..Default::default()
    };
    let l = member.visit.language;
    match portal.ask_as(&member.visitor(), request).await {
        Ok(answer) if records => {
            let sequence = answer.entry.unwrap_or_default().sequence;
            return Ok(see_other(&format!("/bureau/rulebooks/{}/{version}/correct?done={sequence}", shown.id)));
        }
        Ok(answer) => {
            let sentence = l.text(answer.decision.unwrap_or_default().sentence.as_ref());
            shown.preview = Some(totals(sentence, answer.entry.unwrap_or_default().event));
        }
        Err(refusal) => shown.error = correctable(l, refusal)?,
    }
    Ok(page(&shown))
}

fn totals(sentence: String, event: Option<Event>) -> Totals {
    let one = if let Some(Event::AwardsCorrected(one)) = event { one } else { v1::AwardsCorrected::default() };
    Totals {
        sentence,
        examined: one.examined,
        left_out: one.left_out,
        more: show::yuan(&one.granted_more),
        less: show::yuan(&one.granted_less),
        corrections: one.corrections,
    }
}

async fn blank(portal: &Portal, member: &Member, id: String, version: u32) -> Result<Page, Problem> {
    let l = member.visit.language;
    let reference = v1::RulebookRef { rulebook_id: id.clone(), version };
    let rulebook = portal.rulebook(member, &reference).await?;
    let programmes = rulebook.programmes.iter();
    let programmes = programmes.map(|one| (one.id.to_string(), l.say(&one.name.zh, &one.name.en).to_owned()));
    let title = format!("{} {id}@{version}", l.say("追溯更正", "Correct the past under"));
    Ok(Page {
        frame: Frame::of(&member.visit, &title).under("rulebooks"),
        programmes: programmes.collect(),
        id,
        version,
        programme: String::new(),
        reason: String::new(),
        request: Uuid::new_v4().to_string(),
        error: String::new(),
        preview: None,
        done: None,
        may_correct: may(member, "RulebookService/CorrectAwards"),
    })
}
