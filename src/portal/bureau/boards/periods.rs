//! Months (会计期间): what is open in each, and closing one (结账) after a look at it.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use uuid::Uuid;

use super::{correctable, may, statements};
use crate::calendar::CivilDate;
use crate::portal::Portal;
use crate::portal::fields::Fields;
use crate::portal::language::Language;
use crate::portal::layout::{Frame, page};
use crate::portal::problem::{Problem, see_other};
use crate::portal::visit::{Clerk, Member};
use crate::proto::v1;

/// How many open things of a kind are named.
const SHOWN_MAX: usize = 100;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    month: String,
    /// The entry of a closing that was just made.
    closed: Option<u64>,
}

#[derive(Template)]
#[template(path = "bureau/boards/periods.html")]
struct Page {
    frame: Frame,
    months: Vec<MonthView>,
    month: String,
    list: CheckList,
    closed: Option<u64>,
    may_close: bool,
    /// Years that may be closed: all their months are.
    years: Vec<i32>,
    runs: bool,
}

struct MonthView {
    name: String,
    is_closed: bool,
}

#[derive(Template)]
#[template(path = "bureau/boards/close.html")]
struct ClosePage {
    frame: Frame,
    month: String,
    list: CheckList,
    error: String,
    reason: String,
    request: String,
    may_close: bool,
}

/// What is open in a month.
#[derive(Default)]
struct CheckList {
    is_closed: bool,
    applications: Vec<String>,
    claims: Vec<String>,
    statements: Vec<OpenStatement>,
    due: Vec<String>,
    earlier: Vec<String>,
    /// How many are not named.
    more: usize,
}

struct OpenStatement {
    words: String,
    month: String,
    count: u64,
    first: u64,
}

impl CheckList {
    fn is_clear(&self) -> bool {
        self.applications.is_empty() && self.claims.is_empty() && self.statements.is_empty() && self.due.is_empty()
    }
}

pub(super) async fn overview(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let l = member.visit.language;
    let today = portal.now().shanghai_date();
    let this_month = format!("{}-{:02}", today.year().value(), today.month());
    let closed = closed_months(&portal, &member).await?;
    let open = check(&portal, &member, &this_month).await?.earlier;
    let wanted = if is_month(&asked.month) {
        asked.month.clone()
    } else {
        open.first().cloned().unwrap_or_else(|| this_month.clone())
    };
    let list = check(&portal, &member, &wanted).await?;
    let mut months: Vec<MonthView> =
        closed.iter().map(|name| MonthView { name: name.clone(), is_closed: true }).collect();
    let more = open.iter().chain([&this_month]).filter(|name| !closed.contains(name));
    months.extend(more.map(|name| MonthView { name: name.clone(), is_closed: false }));
    months.sort_by(|one, other| other.name.cmp(&one.name));
    months.dedup_by(|one, other| one.name == other.name);
    let years = whole_years(&closed);
    let runs =
        portal.adopted(&member).await?.iter().any(|one| one.programmes.iter().any(|each| each.closing_run.is_some()));
    Ok(page(&Page {
        frame: Frame::of(&member.visit, l.say("结账", "Periods")).under("periods"),
        months,
        month: wanted,
        list,
        closed: asked.closed,
        may_close: may(&member, "PeriodService/ClosePeriod"),
        years,
        runs,
    }))
}

/// The page before a month is closed: what is open in it, and why it is closed in spite of that.
pub(super) async fn ask(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    if !is_month(&asked.month) {
        return Ok(see_other("/bureau/periods"));
    }
    asking(&portal, &member, &asked.month, String::new(), String::new()).await
}

async fn asking(
    portal: &Portal,
    member: &Member,
    month: &str,
    error: String,
    reason: String,
) -> Result<Response, Problem> {
    let list = check(portal, member, month).await?;
    let title = format!("{} {month}", member.visit.language.say("结账", "Close"));
    let frame = Frame::of(&member.visit, &title).under("periods");
    Ok(page(&ClosePage {
        frame: if error.is_empty() { frame } else { frame.resending("close") },
        month: month.to_owned(),
        list,
        error,
        reason,
        request: Uuid::new_v4().to_string(),
        may_close: may(member, "PeriodService/ClosePeriod"),
    }))
}

pub(super) async fn close(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    fields: Fields,
) -> Result<Response, Problem> {
    let month = fields.get("month");
    let Some((year, number)) = month.split_once('-').filter(|_| is_month(month)) else {
        return Ok(see_other("/bureau/periods"));
    };
    let request = v1::ClosePeriodRequest {
        request_id: fields.get("request").to_owned(),
        year: year.parse().unwrap_or_default(),
        month: number.parse().unwrap_or_default(),
        open_items_reason: fields.get("reason").to_owned(),
        ..Default::default()
    };
    match portal.ask_as(&member.visitor(), request).await {
        Ok(answer) => {
            let sequence = answer.entry.unwrap_or_default().sequence;
            Ok(see_other(&format!("/bureau/periods?month={month}&closed={sequence}")))
        }
        Err(refusal) => {
            let said = correctable(member.visit.language, refusal)?;
            asking(&portal, &member, month, said, fields.get("reason").to_owned()).await
        }
    }
}

fn is_month(text: &str) -> bool {
    text.len() == 7 && CivilDate::parse(&format!("{text}-01")).is_ok()
}

fn name(month: &v1::Month) -> String {
    format!("{}-{:02}", month.year, month.month)
}

/// The closed months in order.
async fn closed_months(portal: &Portal, member: &Member) -> Result<Vec<String>, Problem> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let answer = portal.ask(member, v1::ListPeriodsRequest { page_size: 1_000, page_token }).await?;
        all.extend(answer.periods.iter().filter_map(|one| one.month.as_ref()).map(name));
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            return Ok(all);
        }
    }
}

/// The years of which the last month is closed, the newest first. Whether all are, the ledger says.
fn whole_years(closed: &[String]) -> Vec<i32> {
    let years = closed.iter().filter_map(|month| month.strip_suffix("-12")?.parse().ok());
    let mut years: Vec<i32> = years.collect();
    years.sort_unstable();
    years.reverse();
    years
}

async fn check(portal: &Portal, member: &Member, month: &str) -> Result<CheckList, Problem> {
    let l = member.visit.language;
    let (year, number) = month.split_once('-').unwrap_or_default();
    let request = v1::GetPeriodChecklistRequest {
        year: year.parse().unwrap_or_default(),
        month: number.parse().unwrap_or_default(),
    };
    let found = portal.ask(member, request).await?;
    let banks = statements::institutions(portal, member).await?;
    Ok(of_answer(l, found, &banks))
}

fn of_answer(l: Language, found: v1::GetPeriodChecklistResponse, banks: &[v1::InstitutionDetails]) -> CheckList {
    let over = |count: usize| count.saturating_sub(SHOWN_MAX);
    let more = over(found.application_ids.len()).saturating_add(over(found.claim_ids.len()));
    let statements = found.unreconciled.iter().take(SHOWN_MAX).map(|one| OpenStatement {
        words: statements::named(l, &one.statement, banks),
        month: one.month.as_ref().map(name).unwrap_or_default(),
        count: one.open_count,
        first: one.first_sequence,
    });
    CheckList {
        is_closed: found.closed,
        applications: found.application_ids.into_iter().take(SHOWN_MAX).collect(),
        claims: found.claim_ids.into_iter().take(SHOWN_MAX).collect(),
        statements: statements.collect(),
        due: found.statements_due.iter().map(|one| statements::named(l, one, banks)).collect(),
        earlier: found.earlier_open_months.iter().map(name).collect(),
        more,
    }
}
