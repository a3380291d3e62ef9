//! The access log (访问日志) for the auditor: who called what about whom, allowed or denied, newest first. What somebody
//! types to look for travels in the body, for it may be a credit code.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use prost_types::Timestamp;

use super::correctable;
use crate::calendar::CivilDate;
use crate::portal::fields::Fields;
use crate::portal::language::Language;
use crate::portal::layout::{Frame, page};
use crate::portal::problem::Problem;
use crate::portal::visit::{Clerk, Member};
use crate::portal::{Portal, show, words};
use crate::proto::v1;

/// How many lines a page has.
const PAGE: i32 = 100;

/// Days from 1 January 1970, from which moments count, to 1 January 2000.
const DAYS_TO_2000: i64 = 10_957;

#[derive(Template)]
#[template(path = "bureau/boards/access.html")]
struct Page {
    frame: Frame,
    filter: Filter,
    error: String,
    rows: Vec<Row>,
    next: String,
}

/// What is looked for.
#[derive(Default)]
struct Filter {
    principal: String,
    resource: String,
    rpc: String,
    from: String,
    to: String,
    denied: bool,
    page_token: String,
}

struct Row {
    number: u64,
    time: String,
    person: String,
    for_whom: String,
    role: String,
    organisation: String,
    rpc: String,
    resources: Vec<String>,
    peer: String,
    code: String,
    reason: String,
    denied: bool,
    also: u64,
}

pub(super) async fn newest(State(portal): State<Portal>, Clerk(member): Clerk) -> Result<Response, Problem> {
    shown(&portal, &member, Filter::default()).await
}

pub(super) async fn search(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    fields: Fields,
) -> Result<Response, Problem> {
    let get = |name: &str| fields.get(name).to_owned();
    let filter = Filter {
        principal: get("principal"),
        resource: get("resource"),
        rpc: get("rpc"),
        from: get("from"),
        to: get("to"),
        denied: fields.has("denied"),
        // A new search begins at the newest line.
        page_token: if fields.has("more") { get("page_token") } else { String::new() },
    };
    shown(&portal, &member, filter).await
}

/// Midnight in Beijing at the beginning of a day, so many days later.
fn midnight(text: &str, later: i64) -> Option<Timestamp> {
    let (day, known) = (CivilDate::parse(text).ok()?, CivilDate::parse("2000-01-01").ok()?);
    let days = day.days_since(known).checked_add(DAYS_TO_2000)?.checked_add(later)?;
    Some(Timestamp { seconds: days.checked_mul(86_400)?.checked_sub(8 * 3_600)?, nanos: 0 })
}

async fn shown(portal: &Portal, member: &Member, filter: Filter) -> Result<Response, Problem> {
    let l = member.visit.language;
    let request = v1::ListAccessRequest {
        page_size: PAGE,
        page_token: filter.page_token.clone(),
        principal: filter.principal.clone(),
        resource: filter.resource.clone(),
        from: midnight(&filter.from, 0),
        to: midnight(&filter.to, 1),
        denied_only: filter.denied,
        rpc: filter.rpc.clone(),
    };
    let (answer, error) = match portal.ask_as(&member.visitor(), request).await {
        Ok(answer) => (answer, String::new()),
        Err(refusal) => (v1::ListAccessResponse::default(), correctable(l, refusal)?),
    };
    let title = l.say("访问日志", "Access log");
    Ok(page(&Page {
        frame: Frame::of(&member.visit, title).under("books").resending("search"),
        filter,
        error,
        rows: answer.records.into_iter().map(|record| row(l, record)).collect(),
        next: answer.next_page_token,
    }))
}

fn row(l: Language, record: v1::AccessRecord) -> Row {
    Row {
        number: record.number,
        time: show::stamped(l, record.time.as_ref()),
        person: if record.person.is_empty() { record.principal } else { record.person },
        for_whom: record.on_behalf_of,
        role: words::role(l, &record.role),
        organisation: record.organisation,
        rpc: record.rpc,
        resources: record.resources,
        peer: record.peer,
        denied: record.code != "OK",
        code: record.code,
        reason: record.reason,
        also: record.also,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_in_beijing() {
        let of = |text, later| midnight(text, later).map(|time| time.seconds);
        // 28 February 2026, 16:00 UTC.
        assert_eq!((of("2026-03-01", 0), of("2026-02-28", 1)), (Some(1_772_294_400), Some(1_772_294_400)));
        assert_eq!(midnight("", 0), None);
    }
}
