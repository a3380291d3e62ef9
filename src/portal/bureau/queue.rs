//! What waits (待办): for whoever is logged in, by role and four eyes, what is due first at the top; or for everybody.

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::act;
use super::claims::pool_name;
use crate::portal::layout::{Frame, page};
use crate::portal::problem::{Problem, escaped};
use crate::portal::rulebooks::programme;
use crate::portal::visit::{Clerk, Member};
use crate::portal::{Portal, show, words};
use crate::proto::v1;

/// How many are on a page, and so the most of a batch.
pub(super) const SHOWN: i32 = 50;

/// Their addresses.
pub(super) fn routes() -> Router<Portal> {
    Router::new().route("/bureau", get(queue))
}

/// Which of it.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    /// Only what waits for this act.
    #[serde(default)]
    act: String,
    /// Also what waits for others.
    #[serde(default)]
    all: String,
    /// Where the page begins.
    #[serde(default)]
    from: String,
}

#[derive(Template)]
#[template(path = "bureau/queue.html")]
struct Page {
    frame: Frame,
    counts: Vec<Count>,
    rows: Vec<Row>,
    runs: Vec<Run>,
    withdrawals: Vec<Withdrawal>,
    only: &'static str,
    all: bool,
    /// Whether others' work is shown because there is none of one's own kind.
    reads: bool,
    next: String,
    is_first: bool,
}

impl Page {
    /// Whether something here can be ticked.
    fn can_be_ticked(&self) -> bool {
        self.rows.iter().any(|row| row.ticks)
    }
}

/// What waits for a closing run.
struct Run {
    programme: String,
    year: i32,
    number: String,
    amount: String,
    mine: bool,
}

/// A withdrawal that waits for a second person.
struct Withdrawal {
    pool: String,
    funder: String,
    amount: String,
    reference: String,
    first: String,
    mine: bool,
    barred: String,
}

/// How much waits for one act.
struct Count {
    what: &'static str,
    address: String,
    number: String,
    amount: String,
    overdue: u32,
    here: bool,
}

/// Something that waits.
pub(super) struct Row {
    /// `application-57`.
    pub(super) id: String,
    /// The address of its page.
    pub(super) address: String,
    /// The company's name.
    pub(super) company: String,
    /// Of which programme or pool.
    pub(super) programme: String,
    /// What is to be done.
    pub(super) what: &'static str,
    /// How much it is about.
    pub(super) amount: String,
    days: i64,
    due: String,
    overdue: bool,
    second: bool,
    barred: String,
    /// Whether it can be ticked for a batch.
    ticks: bool,
}

async fn queue(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let l = member.visit.language;
    let only = act::of_code(&asked.act);
    let request = v1::ListWorkRequest {
        act: only.map_or(0, i32::from),
        everybody: !asked.all.is_empty(),
        page_size: SHOWN,
        page_token: asked.from.clone(),
    };
    let found = portal.ask(&member, request).await?;
    let mut rows = Vec::new();
    for item in &found.items {
        rows.push(row(&portal, &member, item).await?);
    }
    let all = !asked.all.is_empty();
    let and_all = if all { "&all=1" } else { "" };
    let counts = found.counts.iter().map(|one| Count {
        what: words::case_act(l, one.act()),
        address: format!("/bureau?act={}{and_all}", act::code(one.act())),
        number: format!("{}{}", one.count, if one.more { "+" } else { "" }),
        amount: show::yuan(&one.amount),
        overdue: one.overdue,
        here: only == Some(one.act()),
    });
    let mut runs = Vec::new();
    for one in &found.closings {
        runs.push(Run {
            programme: programme_name(&portal, &member, &one.programme_id).await?,
            year: one.year,
            number: format!("{}{}", one.count, if one.more { "+" } else { "" }),
            amount: show::yuan(&one.amount),
            mine: one.mine,
        });
    }
    let withdrawals = found.withdrawals.iter().map(|one| Withdrawal {
        pool: one.pool_id.clone(),
        funder: one.funder_id.clone(),
        amount: show::yuan(&one.amount),
        reference: one.reference.clone(),
        first: one.approved_by.clone(),
        mine: one.mine,
        barred: l.text(one.barred.as_ref()),
    });
    let withdrawals = withdrawals.collect();
    let next = if found.next_page_token.is_empty() {
        String::new()
    } else {
        format!("/bureau?act={}{and_all}&from={}", asked.act, escaped(&found.next_page_token))
    };
    Ok(page(&Page {
        frame: Frame::of(&member.visit, l.say("待办", "To do")).under("bureau"),
        counts: counts.collect(),
        runs,
        withdrawals,
        only: only.map(act::code).unwrap_or_default(),
        all,
        reads: matches!(member.session.role.as_str(), "auditor" | "operator"),
        next,
        is_first: asked.from.is_empty(),
        rows,
    }))
}

/// What the newest version that has a programme calls it.
async fn programme_name(portal: &Portal, member: &Member, id: &str) -> Result<String, Problem> {
    let l = member.visit.language;
    let adopted = portal.adopted(member).await?;
    let named = adopted.iter().rev().find_map(|rulebook| programme(rulebook, id));
    Ok(named.map_or_else(|| id.to_owned(), |one| l.say(&one.name.zh, &one.name.en).to_owned()))
}

/// Something that waits, with its names.
pub(super) async fn row(portal: &Portal, member: &Member, item: &v1::WorkItem) -> Result<Row, Problem> {
    let l = member.visit.language;
    let rulebook = portal.rulebook(member, &item.rulebook.clone().unwrap_or_default()).await?;
    let is_claim = item.programme_id.is_empty();
    let named = programme(&rulebook, &item.programme_id).map(|one| l.say(&one.name.zh, &one.name.en).to_owned());
    let folder = if is_claim { "claims" } else { "applications" };
    Ok(Row {
        id: item.case_id.clone(),
        address: format!("/bureau/{folder}/{}", item.case_id),
        company: item.enterprise_name.clone(),
        programme: if is_claim {
            pool_name(l, &rulebook, &item.pool_id)
        } else {
            named.unwrap_or_else(|| item.programme_id.clone())
        },
        what: words::case_act(l, item.act()),
        amount: show::yuan(&item.amount),
        days: item.days_waiting,
        due: show::day(l, &item.due),
        overdue: item.overdue,
        second: item.second,
        barred: l.text(item.barred.as_ref()),
        ticks: item.mine && can_be_batched(item),
    })
}

/// Approving and paying can be done for several at once. The second payment of two needs the first one's reference.
pub(super) fn can_be_batched(item: &v1::WorkItem) -> bool {
    match item.act() {
        v1::CaseAct::ApproveSubsidy | v1::CaseAct::ApproveClaim => true,
        v1::CaseAct::PaySubsidy | v1::CaseAct::PayClaim => !item.second,
        v1::CaseAct::Unspecified
        | v1::CaseAct::RecordClawback
        | v1::CaseAct::ResumeClaim
        | v1::CaseAct::RefuseSubsidy
        | v1::CaseAct::DemandClawback
        | v1::CaseAct::RefuseClaim
        | v1::CaseAct::WriteOffClaim => false,
    }
}
