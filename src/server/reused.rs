//! A request id that was used before by another request: what differs, told to whoever sent both.
//!
//! The record of the first request is read back from its entry, so nothing is kept for this. A stranger hears only that
//! the id was used: not by whom, not for what.

use std::sync::Arc;

use crate::book::event::{ApplicationChange, Entry, Event};
use crate::book::nouns::Caller;
use crate::decide::command::Request;
use crate::decide::permission::rpc_of;
use crate::decide::recorded::request_of;
use crate::decide::rejection::{Reason, Rejection, Violation};
use crate::identifier::Sequence;

use super::describe::Fields;
use super::edge::{Edge, unavailable};
use super::render::command::fields;

/// The most characters of a value that are shown.
const VALUE_CHARACTERS_MAX: usize = 80;

/// The most fields that are named behind the first.
const OTHERS_MAX: usize = 4;

/// Why the writer rejected a request: where another request was recorded under its id, each field that differs is named,
/// if that can be told and may be.
pub(super) async fn explained(edge: &Edge, request: &Request, rejection: Rejection) -> Rejection {
    if rejection.reason != Reason::RequestIdReused {
        return rejection;
    }
    match recorded_before(edge, request).await {
        Ok(Some(entry)) => request_of(&entry, &|_| None).map_or(rejection, |earlier| Rejection {
            reason: Reason::RequestIdReused,
            violations: differences(&entry, &earlier, request),
        }),
        Ok(None) => rejection,
        Err(unavailable) => unavailable,
    }
}

/// The entry that the caller's own other request made under this id, if it keeps what was asked for.
async fn recorded_before(edge: &Edge, request: &Request) -> Result<Option<Arc<Entry>>, Rejection> {
    let known = edge.reader().book().request(&request.key.id);
    let Some(sequence) = known else { return Ok(None) };
    let entry = edge.reader().entry(sequence).await.map_err(|fault| unavailable(&fault))?;
    let other = entry.filter(|entry| entry.request.digest != request.key.digest);
    Ok(other.filter(|entry| is_own(&entry.actor, &request.caller) && is_kept(&entry.event)))
}

/// Whether both are the same person in the same role for the same organisation. The certificate may be another one.
fn is_own(recorded: &Caller, now: &Caller) -> bool {
    let Caller { role, institution, enterprise, person, on_behalf_of: _, principal: _ } = recorded;
    *role == now.role && *institution == now.institution && *enterprise == now.enterprise && *person == now.person
}

/// Whether the entry keeps everything that was asked for: the reference of a payment that was not made is not kept.
const fn is_kept(event: &Event) -> bool {
    !matches!(event, Event::ApplicationChanged(changed) if matches!(changed.change, ApplicationChange::PaymentRefused(_)))
}

fn differences(entry: &Entry, earlier: &Request, now: &Request) -> Vec<Violation> {
    let sequence = entry.sequence;
    let (rpc, rpc_now) = (rpc_of(&earlier.command), rpc_of(&now.command));
    if rpc != rpc_now {
        return vec![differs(sequence, "request_id", rpc, rpc_now)];
    }
    let day = earlier.effective_date.unwrap_or(entry.effective_date);
    let mut before = fields(&earlier.command, day);
    let mut after = fields(&now.command, now.effective_date.unwrap_or(day));
    before.push(("effective_date".to_owned(), day.to_string()));
    after.push(("effective_date".to_owned(), now.effective_date.unwrap_or(day).to_string()));
    let office = |request: &Request| request.caller.on_behalf_of.as_ref().map(ToString::to_string).unwrap_or_default();
    before.push(("ipledger-on-behalf-of".to_owned(), office(earlier)));
    after.push(("ipledger-on-behalf-of".to_owned(), office(now)));
    let different = unequal(&before, &after);
    if different.is_empty() {
        return vec![written_differently(sequence)];
    }
    let mut violations: Vec<Violation> =
        different.iter().map(|(field, was, is)| differs(sequence, field, was, is)).collect();
    // A status says the first one in full.
    let others: Vec<&str> = different.iter().skip(1).map(|(field, ..)| field.as_str()).take(OTHERS_MAX).collect();
    if let Some(first) = violations.first_mut().filter(|_| !others.is_empty()) {
        first.problem = format!("{}; {} differ too", first.problem, others.join(", "));
        first.problem_zh = format!("{}；另有不同：{}", first.problem_zh, others.join("、"));
    }
    violations
}

/// The fields that differ, in the order of the request before, then what is only in the one after; empty is left out.
fn unequal(before: &Fields, after: &Fields) -> Vec<(String, String, String)> {
    let value = |fields: &Fields, path: &str| {
        fields.iter().find(|(name, _)| name == path).map(|(_, text)| text.clone()).unwrap_or_default()
    };
    let only_after = after.iter().filter(|(path, _)| !before.iter().any(|(name, _)| name == path));
    let paths = before.iter().chain(only_after).map(|(path, _)| path);
    paths.map(|path| (path.clone(), value(before, path), value(after, path))).filter(|(_, was, is)| was != is).collect()
}

fn differs(sequence: Sequence, field: &str, was: &str, is: &str) -> Violation {
    let en = |value: &str| if value.is_empty() { "nothing".to_owned() } else { format!("`{}`", shown(value)) };
    let zh = |value: &str| if value.is_empty() { "空".to_owned() } else { format!("“{}”", shown(value)) };
    Violation {
        field: field.to_owned(),
        problem: format!("recorded {} in entry {sequence}, now {}; take a new id for a new request", en(was), en(is)),
        problem_zh: format!("第{sequence}号分录已登记为{}，现为{}；新的请求请用新的编号", zh(was), zh(is)),
    }
}

/// The bytes differ and the values do not, for example `5` and `5.00`.
fn written_differently(sequence: Sequence) -> Violation {
    Violation {
        field: "request_id".to_owned(),
        problem: format!(
            "entry {sequence} has the same values, written differently (for example `5` for `5.00`, or a date left out); \
             send the very bytes of the first time, or take a new id for a new request"
        ),
        problem_zh: format!(
            "第{sequence}号分录的取值相同而写法不同（如“5”与“5.00”，或省略日期）；请原样重发原报文，或为新请求使用新的编号"
        ),
    }
}

/// A value cut to what a message can carry.
fn shown(value: &str) -> String {
    let mut text: String = value.chars().take(VALUE_CHARACTERS_MAX).collect();
    if text.len() < value.len() {
        text.push('…');
    }
    text
}
