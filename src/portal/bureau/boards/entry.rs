//! One entry (分录), as it is in the journal: who, when, what, the postings; with its receipt.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use crate::portal::layout::{Frame, page};
use crate::portal::problem::Problem;
use crate::portal::visit::Clerk;
use crate::portal::{Portal, show, words};
use crate::proto::v1;
use v1::entry::Event;

#[derive(Template)]
#[template(path = "bureau/boards/entry.html")]
struct Page {
    frame: Frame,
    sequence: u64,
    kind: String,
    pairs: Vec<(&'static str, String)>,
    postings: Vec<(String, String, String)>,
    loan: String,
    event: String,
}

pub(super) async fn show(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    Path(sequence): Path<u64>,
) -> Result<Response, Problem> {
    let l = member.visit.language;
    let entry = portal.ask(&member, v1::GetEntryRequest { sequence }).await?.entry.ok_or(Problem::NotFound)?;
    let actor = entry.actor.clone().unwrap_or_default();
    let role = actor.role().as_str_name().trim_start_matches("ROLE_").to_ascii_lowercase();
    let mut pairs = vec![
        (l.say("生效日", "Effective"), show::day(l, &entry.effective_date)),
        (l.say("记账时间", "Recorded"), show::stamped(l, entry.recorded_at.as_ref())),
        (l.say("经办", "By"), format!("{} · {}", actor.person, words::role(l, &role))),
        (l.say("代办", "In the office of"), actor.on_behalf_of),
        (l.say("机构", "Institution"), entry.institution_id.clone()),
        (l.say("企业", "Enterprise"), entry.enterprise.clone()),
        (l.say("请求编号", "Request"), entry.request_id.clone()),
    ];
    pairs.retain(|(_, value)| !value.is_empty());
    let debit = |amount: &str| (!amount.starts_with('-')).then(|| show::yuan(amount)).unwrap_or_default();
    let credit = |amount: &str| amount.strip_prefix('-').map(show::yuan).unwrap_or_default();
    let postings = entry.postings.iter().map(|one| (one.account.clone(), debit(&one.amount), credit(&one.amount)));
    let title = format!("{} {sequence}", l.say("分录", "Entry"));
    Ok(page(&Page {
        frame: Frame::of(&member.visit, &title).under("books"),
        sequence,
        kind: entry.kind.clone(),
        pairs,
        postings: postings.collect(),
        loan: match &entry.event {
            Some(Event::LoanChanged(changed)) => changed.loan_id.clone(),
            Some(Event::LoanFiled(_)) => format!("loan-{sequence}"),
            _ => String::new(),
        },
        event: entry.event.map(|event| format!("{event:#?}")).unwrap_or_default(),
    }))
}
