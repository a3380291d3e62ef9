//! Several at once (批量办理): what is ticked is judged one by one before anything is recorded, with totals and with what
//! has to be left out; what is then confirmed is done one by one, in the order of the queue.
//!
//! Each item carries a request id that is made with the preview, so a form that is sent twice does nothing twice. The
//! preview is exact for the ledger as it is: a budget and the caps were charged when an application was submitted, and a
//! pool when a claim was judged, so what is approved or paid before an item in the same batch takes nothing from it. What
//! changes between preview and confirmation, each item is judged by again.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use uuid::Uuid;

use super::act::{self, Done, Particulars};
use super::applications::budget;
use super::queue::{self, Row, can_be_batched};
use crate::book::waiting::CaseId;
use crate::money::Amount;
use crate::portal::fields::Fields;
use crate::portal::layout::{Frame, page};
use crate::portal::problem::{Problem, see_other};
use crate::portal::visit::{Clerk, Member};
use crate::portal::{Portal, show};
use crate::proto::v1;

/// The most of a batch.
const ITEMS_MAX: usize = 100;

/// What a payment is validated with before its reference is known; refusals do not depend on it.
const ANY_REFERENCE: &str = "预览";

/// Their addresses.
pub(super) fn routes() -> Router<Portal> {
    Router::new().route("/bureau/batch", post(previewed).get(lost)).route("/bureau/batch/run", post(run).get(lost))
}

#[derive(Template)]
#[template(path = "bureau/batch.html")]
struct Preview {
    frame: Frame,
    error: &'static str,
    reference: String,
    date: String,
    good: Vec<Judged>,
    left_out: Vec<Judged>,
    total: String,
    programmes: Vec<Sum>,
    budgets: Vec<BudgetAfter>,
    pools: Vec<PoolAfter>,
    pays: bool,
    cases: Vec<String>,
}

/// An item with what would come of it.
struct Judged {
    row: Row,
    item: v1::WorkItem,
    /// `application-57 approve-subsidy 0b9c…`: what is sent when it is confirmed.
    order: String,
    /// Whether this would be the first approval of two.
    is_first: bool,
    /// Why it is left out.
    why: String,
}

/// A sum over what is included.
struct Sum {
    name: String,
    count: usize,
    amount: String,
}

/// A budget line before and after.
struct BudgetAfter {
    name: String,
    available: String,
    reserved: [String; 2],
    spent: [String; 2],
}

/// A pool before and after.
struct PoolAfter {
    name: String,
    free: String,
    cash: [String; 2],
}

#[derive(Template)]
#[template(path = "bureau/batch_done.html")]
struct Results {
    frame: Frame,
    done: usize,
    failed: usize,
    rows: Vec<Outcome>,
    again: Vec<(String, String)>,
}

/// What came of an item.
struct Outcome {
    row: Row,
    good: bool,
    is_first: bool,
    sequence: u64,
    why: String,
}

/// A preview that is asked for by its address: the form is gone.
async fn lost(Clerk(_): Clerk) -> Response {
    see_other("/bureau")
}

async fn previewed(State(portal): State<Portal>, Clerk(member): Clerk, fields: Fields) -> Result<Response, Problem> {
    let wanted: Vec<&str> =
        if fields.has("page") { fields.all("listed").collect() } else { fields.all("case").collect() };
    let cases = known_cases(wanted.into_iter());
    if cases.is_empty() {
        return Ok(see_other("/bureau"));
    }
    preview(&portal, &member, (cases, &Particulars::sent(&fields)), "").await
}

/// What is ticked, each once, in the order of the queue; what is no case is left out.
fn known_cases<'a>(wanted: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut cases: Vec<String> = Vec::new();
    for case in wanted.filter_map(|one| CaseId::parse(one).ok()) {
        let case = case.to_string();
        if !cases.contains(&case) && cases.len() < ITEMS_MAX {
            cases.push(case);
        }
    }
    cases
}

async fn preview(
    portal: &Portal,
    member: &Member,
    (cases, typed): (Vec<String>, &Particulars),
    error: &'static str,
) -> Result<Response, Problem> {
    let l = member.visit.language;
    let (mut good, mut left_out) = (Vec::new(), Vec::new());
    for case in &cases {
        let judged = judge(portal, member, (case, &typed.date)).await?;
        if judged.why.is_empty() { good.push(judged) } else { left_out.push(judged) }
    }
    let pays = good.iter().any(|one| is_payment(one.item.act()));
    Ok(page(&Preview {
        frame: Frame::of(&member.visit, l.say("批量办理：预览", "Several at once: preview"))
            .under("bureau")
            .resending("again"),
        error,
        reference: typed.reference.clone(),
        date: typed.date.clone(),
        total: Amount::total(good.iter().map(amount)).grouped(),
        programmes: programmes(&good),
        budgets: budgets(portal, member, &good).await?,
        pools: pools(portal, member, &good).await?,
        good,
        left_out,
        pays,
        cases,
    }))
}

const fn is_payment(act: v1::CaseAct) -> bool {
    matches!(act, v1::CaseAct::PaySubsidy | v1::CaseAct::PayClaim)
}

fn amount(one: &Judged) -> Amount {
    show::amount(&one.item.amount)
}

/// One item, judged as if it were done now.
async fn judge(portal: &Portal, member: &Member, (case, date): (&str, &str)) -> Result<Judged, Problem> {
    let l = member.visit.language;
    let found = act::case(portal, member, case).await?;
    let item = found.item.unwrap_or_default();
    let row = queue::row(portal, member, &item).await?;
    let act = item.act();
    let barred = l.text(item.barred.as_ref());
    let mut judged = Judged { row, order: String::new(), is_first: false, why: String::new(), item };
    if !judged.item.mine || !can_be_batched(&judged.item) {
        let not_now = l.say("目前没有您可以批量办理的事项", "there is nothing to do about it here now");
        judged.why = if barred.is_empty() { not_now.to_owned() } else { barred };
        return Ok(judged);
    }
    let request = Uuid::new_v4().to_string();
    let with = Particulars {
        request: request.clone(),
        date: date.to_owned(),
        reference: ANY_REFERENCE.to_owned(),
        validate_only: true,
        ..Particulars::default()
    };
    match act::send(portal, member, (act, case), &with).await {
        Ok(done) => {
            judged.is_first = done.is_first;
            judged.why = joined(&done.refused, &done.remedy);
        }
        Err(refusal) if act::mendable(refusal.class) => judged.why = act::told(l, &refusal),
        Err(refusal) => return Err(refusal.into()),
    }
    judged.order = format!("{case} {} {request}", act::code(act));
    Ok(judged)
}

fn joined(refused: &str, remedy: &str) -> String {
    format!("{refused} {remedy}").trim().to_owned()
}

fn programmes(good: &[Judged]) -> Vec<Sum> {
    let mut sums: BTreeMap<(&str, &str), (usize, Amount)> = BTreeMap::new();
    for one in good {
        let (count, sum) = sums.entry((one.row.programme.as_str(), one.row.what)).or_default();
        *count = count.saturating_add(1);
        *sum = sum.plus(amount(one));
    }
    let shown = sums.into_iter().map(|((programme, what), (count, sum))| Sum {
        name: format!("{programme} · {what}"),
        count,
        amount: sum.grouped(),
    });
    shown.collect()
}

/// What payments take from what is reserved. An approval moves nothing: it was set aside when it was submitted.
async fn budgets(portal: &Portal, member: &Member, good: &[Judged]) -> Result<Vec<BudgetAfter>, Problem> {
    let mut lines: BTreeMap<(&str, i32), Amount> = BTreeMap::new();
    for one in good.iter().filter(|one| !one.item.budget_line_id.is_empty()) {
        let paid = if one.item.act() == v1::CaseAct::PaySubsidy && !one.is_first { amount(one) } else { Amount::ZERO };
        let sum = lines.entry((&one.item.budget_line_id, one.item.budget_year)).or_default();
        *sum = sum.plus(paid);
    }
    let mut shown = Vec::new();
    for ((line, year), paid) in lines {
        let now = budget(portal, member, (line, year)).await?;
        let (reserved, spent) = (show::amount(&now.reserved), show::amount(&now.spent));
        shown.push(BudgetAfter {
            name: format!("{line} {year}"),
            available: show::yuan(&now.available),
            reserved: [reserved.grouped(), reserved.minus(paid).grouped()],
            spent: [spent.grouped(), spent.plus(paid).grouped()],
        });
    }
    Ok(shown)
}

async fn pools(portal: &Portal, member: &Member, good: &[Judged]) -> Result<Vec<PoolAfter>, Problem> {
    let mut sums: BTreeMap<&str, (&str, Amount)> = BTreeMap::new();
    for one in good.iter().filter(|one| !one.item.pool_id.is_empty()) {
        let paid = if one.item.act() == v1::CaseAct::PayClaim && !one.is_first { amount(one) } else { Amount::ZERO };
        let (_, sum) = sums.entry(&one.item.pool_id).or_insert((&one.row.programme, Amount::ZERO));
        *sum = sum.plus(paid);
    }
    let mut shown = Vec::new();
    for (id, (name, paid)) in sums {
        let pool = portal.ask(member, v1::GetPoolRequest { pool_id: id.to_owned() }).await?.pool.unwrap_or_default();
        let cash = show::amount(&pool.cash);
        shown.push(PoolAfter {
            name: name.to_owned(),
            free: show::yuan(&pool.free_balance),
            cash: [cash.grouped(), cash.minus(paid).grouped()],
        });
    }
    Ok(shown)
}

/// What is sent when a preview is confirmed: the case, the act, and the request id.
fn orders(fields: &Fields) -> Vec<(String, v1::CaseAct, String)> {
    let read = |order: &str| {
        let mut parts = order.split(' ');
        let (case, act, request) = (parts.next()?, parts.next()?, parts.next()?);
        Some((CaseId::parse(case).ok()?.to_string(), act::of_code(act)?, request.to_owned()))
    };
    fields.all("order").filter_map(read).take(ITEMS_MAX).collect()
}

async fn run(State(portal): State<Portal>, Clerk(member): Clerk, fields: Fields) -> Result<Response, Problem> {
    let l = member.visit.language;
    let (orders, typed) = (orders(&fields), Particulars::sent(&fields));
    if orders.is_empty() {
        return Ok(see_other("/bureau"));
    }
    if typed.reference.is_empty() && orders.iter().any(|(_, act, _)| is_payment(*act)) {
        let cases = orders.into_iter().map(|(case, ..)| case).collect();
        let missing = l.say("请填写拨款文号或银行流水号。", "Enter the reference of the payment.");
        return preview(&portal, &member, (cases, &typed), missing).await;
    }
    // One that is not there, or not this visitor's, ends it before anything is done.
    for (case, ..) in &orders {
        act::case(&portal, &member, case).await?;
    }
    let mut rows = Vec::new();
    for (case, act, request) in orders {
        let with = Particulars { request, ..typed.clone() };
        let sent = act::send(&portal, &member, (act, &case), &with).await;
        let item = act::case(&portal, &member, &case).await?.item.unwrap_or_default();
        // What was done, not what the case waits for now.
        let row = queue::row(&portal, &member, &v1::WorkItem { act: act.into(), ..item }).await?;
        rows.push(match sent {
            Ok(Done { sequence, is_first, refused, remedy }) => {
                let why = joined(&refused, &remedy);
                Outcome { row, good: why.is_empty(), is_first, sequence, why }
            }
            Err(refusal) => Outcome { row, good: false, is_first: false, sequence: 0, why: act::told(l, &refusal) },
        });
    }
    let done = rows.iter().filter(|row| row.good).count();
    let again = fields.pairs().to_vec();
    let title = l.say("批量办理：结果", "Several at once: what came of it");
    let frame = Frame::of(&member.visit, title).under("bureau").resending("again");
    Ok(page(&Results { frame, done, failed: rows.len().saturating_sub(done), rows, again }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ticked_is_taken_once_and_nonsense_not_at_all() {
        let wanted = ["application-7", "application-7", "", "loan-3", "claim-9", "application-x"];
        assert_eq!(known_cases(wanted.into_iter()), ["application-7", "claim-9"]);
        let many: Vec<String> = (1..500).map(|number| format!("application-{number}")).collect();
        assert_eq!(known_cases(many.iter().map(String::as_str)).len(), ITEMS_MAX);
    }

    #[test]
    fn an_order_names_case_act_and_request() {
        let sent = |order: &str| orders(&Fields::of(vec![("order".to_owned(), order.to_owned())]));
        let expected = ("application-7".to_owned(), v1::CaseAct::PaySubsidy, "r".to_owned());
        assert_eq!(sent("application-7 pay-subsidy r"), [expected]);
        for wrong in ["", "application-7", "application-7 pay-subsidy", "application-7 delete r", "x pay-subsidy r"] {
            assert_eq!(sent(wrong), [], "{wrong}");
        }
    }
}
