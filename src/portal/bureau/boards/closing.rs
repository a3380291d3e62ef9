//! The end of a year: closing it (年度结账), and the closing run of a programme (年度折算兑付). Both are shown first, as
//! the ledger would decide them now; only the second button records.

use askama::Template;
use axum::extract::{Query, State};
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
    year: Option<i32>,
    /// The entry that was just made.
    done: Option<u64>,
}

#[derive(Template)]
#[template(path = "bureau/boards/year.html")]
struct YearPage {
    frame: Frame,
    year: i32,
    lines: Vec<LineView>,
    document: String,
    request: String,
    error: String,
    /// What the ledger would decide; empty before it was asked.
    preview: String,
    done: Option<u64>,
    may_close: bool,
}

struct LineView {
    id: String,
    appropriated: String,
    spent: String,
    reserved: String,
    left: String,
    is_carried: bool,
}

#[derive(Template)]
#[template(path = "bureau/boards/run.html")]
struct RunPage {
    frame: Frame,
    programmes: Vec<(String, String)>,
    programme: String,
    year: i32,
    request: String,
    error: String,
    preview: Option<RunView>,
    done: Option<u64>,
    may_run: bool,
}

struct RunView {
    sentence: String,
    line: String,
    budget: String,
    approved: String,
    paid: String,
    shares: u32,
}

pub(super) async fn ask_year(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let last = portal.now().shanghai_date().year().previous().map_or(0, |year| i32::from(year.value()));
    let mut shown = year_page(&portal, &member, asked.year.unwrap_or(last), &[]).await?;
    shown.done = asked.done;
    Ok(page(&shown))
}

pub(super) async fn close_year(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    fields: Fields,
) -> Result<Response, Problem> {
    let year = fields.get("year").parse().unwrap_or_default();
    let carried: Vec<String> = fields.all("carry").map(ToOwned::to_owned).collect();
    let records = fields.has("confirm");
    let request = v1::CloseYearRequest {
        request_id: fields.get("request").to_owned(),
        validate_only: !records,
        year,
        carried_budget_line_ids: carried.clone(),
        document: fields.get("document").to_owned(),
        ..Default::default()
    };
    let l = member.visit.language;
    let mut shown = year_page(&portal, &member, year, &carried).await?;
    fields.get("document").clone_into(&mut shown.document);
    fields.get("request").clone_into(&mut shown.request);
    shown.frame = shown.frame.resending("year");
    match portal.ask_as(&member.visitor(), request).await {
        Ok(answer) if records => {
            let sequence = answer.entry.unwrap_or_default().sequence;
            return Ok(see_other(&format!("/bureau/periods/year?year={year}&done={sequence}")));
        }
        Ok(answer) => shown.preview = l.text(answer.decision.unwrap_or_default().sentence.as_ref()),
        Err(refusal) => shown.error = correctable(l, refusal)?,
    }
    Ok(page(&shown))
}

async fn year_page(portal: &Portal, member: &Member, year: i32, carried: &[String]) -> Result<YearPage, Problem> {
    let request = v1::ListBudgetsRequest { year, page_size: 1_000, ..Default::default() };
    let budgets = portal.ask(member, request).await?.budgets;
    let line = |one: v1::Budget| LineView {
        is_carried: carried.contains(&one.budget_line_id),
        id: one.budget_line_id,
        appropriated: show::yuan(&one.appropriated),
        spent: show::yuan(&one.spent),
        reserved: show::yuan(&one.reserved),
        left: show::yuan(&one.available),
    };
    let title = format!("{} {year}", member.visit.language.say("年度结账", "Close the year"));
    Ok(YearPage {
        frame: Frame::of(&member.visit, &title).under("periods"),
        year,
        lines: budgets.into_iter().map(line).collect(),
        document: String::new(),
        request: Uuid::new_v4().to_string(),
        error: String::new(),
        preview: String::new(),
        done: None,
        may_close: may(member, "PeriodService/CloseYear"),
    })
}

pub(super) async fn ask_run(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let this_year = i32::from(portal.now().shanghai_date().year().value());
    let mut shown = run_page(&portal, &member, String::new(), asked.year.unwrap_or(this_year)).await?;
    shown.done = asked.done;
    Ok(page(&shown))
}

pub(super) async fn run(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    fields: Fields,
) -> Result<Response, Problem> {
    let (programme, year) = (fields.get("programme").to_owned(), fields.get("year").parse().unwrap_or_default());
    let records = fields.has("confirm");
    let request = v1::RunClosingRequest {
        request_id: fields.get("request").to_owned(),
        validate_only: !records,
        programme_id: programme.clone(),
        year,
        ..Default::default()
    };
    let l = member.visit.language;
    let mut shown = run_page(&portal, &member, programme, year).await?;
    fields.get("request").clone_into(&mut shown.request);
    shown.frame = shown.frame.resending("run");
    match portal.ask_as(&member.visitor(), request).await {
        Ok(answer) if records => {
            let sequence = answer.entry.unwrap_or_default().sequence;
            return Ok(see_other(&format!("/bureau/periods/run?year={year}&done={sequence}")));
        }
        Ok(answer) => {
            let sentence = l.text(answer.decision.unwrap_or_default().sentence.as_ref());
            shown.preview = Some(totals(sentence, answer.entry.unwrap_or_default().event));
        }
        Err(refusal) => shown.error = correctable(l, refusal)?,
    }
    Ok(page(&shown))
}

fn totals(sentence: String, event: Option<Event>) -> RunView {
    let run = if let Some(Event::ClosingRun(run)) = event { run } else { v1::ClosingRun::default() };
    RunView {
        sentence,
        line: format!("{} {}", run.budget_line_id, run.year),
        budget: show::yuan(&run.budget),
        approved: show::yuan(&run.approved),
        paid: show::yuan(&run.paid),
        shares: run.shares,
    }
}

async fn run_page(portal: &Portal, member: &Member, programme: String, year: i32) -> Result<RunPage, Problem> {
    let l = member.visit.language;
    let mut programmes: Vec<(String, String)> = Vec::new();
    for rulebook in portal.adopted(member).await? {
        let with_run = rulebook.programmes.iter().filter(|one| one.closing_run.is_some());
        programmes.extend(with_run.map(|one| (one.id.to_string(), l.say(&one.name.zh, &one.name.en).to_owned())));
    }
    programmes.sort();
    programmes.dedup_by(|one, other| one.0 == other.0);
    Ok(RunPage {
        frame: Frame::of(&member.visit, l.say("年度折算兑付", "Closing run")).under("periods"),
        programmes,
        programme,
        year,
        request: Uuid::new_v4().to_string(),
        error: String::new(),
        preview: None,
        done: None,
        may_run: may(member, "SubsidyService/RunClosing"),
    })
}
