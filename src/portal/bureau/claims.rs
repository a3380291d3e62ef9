//! One claim (补偿申请) on the desk: the loss and who bears it, why, the pool's room beside the decision, what may be done,
//! and what happened to it and its loan.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::{get, post};

use super::act::{self, ActForm, Notice, Particulars};
use super::applications::{self, Asked, Company, Room, Waits, room};
use super::loans::{self, LoanFacts};
use super::story::{self, Story, Told};
use crate::identifier::ClaimId;
use crate::portal::enterprise::view::StepView;
use crate::portal::fields::Fields;
use crate::portal::language::Language;
use crate::portal::layout::{Frame, page};
use crate::portal::problem::{Problem, see_other};
use crate::portal::visit::{Clerk, Member};
use crate::portal::{Portal, show, words};
use crate::proto::v1;
use crate::rulebook::Rulebook;

/// Their addresses.
pub(super) fn routes() -> Router<Portal> {
    Router::new().route("/bureau/claims/{id}", get(shown)).route("/bureau/claims/{id}/{act}", post(done))
}

#[derive(Template)]
#[template(path = "bureau/claim.html")]
struct Page {
    frame: Frame,
    number: String,
    state: &'static str,
    tone: &'static str,
    one: v1::Claim,
    loss: [String; 3],
    shares: Vec<(&'static str, String)>,
    days: [String; 3],
    returned: String,
    bank: String,
    company: Company,
    notice: Notice,
    waits: Waits,
    pool: PoolRoom,
    sentence: String,
    steps: Vec<StepView>,
    loan: Option<LoanFacts>,
    action: String,
    forms: Vec<ActForm>,
    story: Story,
}

/// What the pool can bear.
struct PoolRoom {
    name: String,
    cash: String,
    free: String,
    /// Exposure against its limit, if there is one.
    rooms: Vec<Room>,
    exposure: String,
    leverage: String,
    /// The bank's year: filed, losses, the breaker's ratio in percent, whether it is tripped.
    bank_year: Option<BankYear>,
    deferred: usize,
}

struct BankYear {
    year: i32,
    filed: String,
    losses: String,
    limit: String,
    tripped: bool,
}

async fn shown(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
    Query(told): Query<Told>,
) -> Result<Response, Problem> {
    let notice = asked.notice(member.visit.language);
    answer(&portal, &member, &id, (notice, None, &told)).await
}

async fn done(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    Path((id, code)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, Problem> {
    let id = known_id(&id)?;
    let act = act::of_code(&code).ok_or(Problem::NotFound)?;
    let typed = Particulars::sent(&fields);
    match act::send(&portal, &member, (act, &id), &typed).await {
        // Judged again and still deferred: that is an answer, and recorded.
        Ok(done) if done.refused.is_empty() => Ok(see_other(&act::after("claims", &id, &done))),
        Ok(done) => {
            let notice = Notice::refused(format!("{} {}", done.refused, done.remedy));
            answer(&portal, &member, &id, (notice, None, &Told::default())).await
        }
        Err(refusal) if act::mendable(refusal.class) => {
            let notice = Notice::refused(act::told(member.visit.language, &refusal));
            answer(&portal, &member, &id, (notice, Some((act, &typed)), &Told::default())).await
        }
        Err(refusal) => Err(refusal.into()),
    }
}

fn known_id(id: &str) -> Result<String, Problem> {
    ClaimId::parse(id).map(|id| id.to_string()).map_err(|_wrong| Problem::NotFound)
}

async fn answer(
    portal: &Portal,
    member: &Member,
    id: &str,
    (notice, again, told): (Notice, Option<(v1::CaseAct, &Particulars)>, &Told),
) -> Result<Response, Problem> {
    let l = member.visit.language;
    let id = known_id(id)?;
    let case = act::case(portal, member, &id).await?;
    let item = case.item.unwrap_or_default();
    let one = portal.ask(member, v1::GetClaimRequest { claim_id: id.clone() }).await?.claim.ok_or(Problem::NotFound)?;
    let rulebook = portal.rulebook(member, &one.rulebook.clone().unwrap_or_default()).await?;
    let loan = loans::facts(portal, member, &one.loan_id).await?;
    let mut subjects = vec![id.clone()];
    subjects.extend(loan.iter().flat_map(|loan| loan.subjects.clone()));
    let number = id.trim_start_matches("claim-").to_owned();
    let (sentence, steps) = why(portal, member, &number, &rulebook).await?;
    let title = format!("{} {number}", l.say("补偿申请", "Claim"));
    let address = format!("/bureau/claims/{id}");
    let returned = show::amount(&one.returned_to_pool);
    Ok(page(&Page {
        frame: Frame::of(&member.visit, &title).under("bureau").switching_to(&address),
        state: words::claim(l, one.state()),
        tone: words::claim_tone(one.state()),
        loss: [show::yuan(&one.principal_loss), show::yuan(&one.covered_loss), pool_share(&one)],
        shares: one.shares.iter().map(|share| (words::party(l, share.party()), show::yuan(&share.amount))).collect(),
        days: [&one.submitted_on, &one.approved_on, &one.paid_on].map(|day| show::day(l, day)),
        returned: if returned.is_positive() { returned.grouped() } else { String::new() },
        bank: loans::institution(portal, member, &one.bank_id).await?,
        company: applications::company(portal, member, (&item.enterprise, &number)).await?,
        notice,
        waits: applications::waits(l, &item),
        pool: pool_room(portal, member, (&one, &rulebook)).await?,
        sentence,
        steps,
        loan,
        action: address,
        forms: act::forms(l, &case.choices, "", again),
        story: story::of(portal, member, subjects, told).await?,
        number,
        one,
    }))
}

fn pool_share(one: &v1::Claim) -> String {
    let share = one.shares.iter().find(|share| share.party() == v1::LossParty::Pool);
    show::yuan(share.map_or("0.00", |share| share.amount.as_str()))
}

/// The decision on the claim: in the entry that submitted it, or in the last one that judged it again.
async fn why(
    portal: &Portal,
    member: &Member,
    number: &str,
    rulebook: &Arc<Rulebook>,
) -> Result<(String, Vec<StepView>), Problem> {
    use v1::claim_changed::Change;
    use v1::entry::Event;
    let request = v1::ListEntriesRequest {
        subjects: vec![format!("claim-{number}")],
        newest_first: true,
        page_size: 100,
        ..Default::default()
    };
    let entries = portal.ask(member, request).await?.entries;
    let decided = entries.into_iter().find_map(|entry| {
        if let Some(Event::ClaimSubmitted(submitted)) = &entry.event {
            return submitted.decision.clone();
        }
        let Some(Event::ClaimChanged(changed)) = entry.event else { return None };
        if let Some(Change::Resumed(decision)) = changed.change { Some(decision) } else { None }
    });
    let l = member.visit.language;
    let line = decided.and_then(|decision| decision.explanation).unwrap_or_default();
    let steps = line.steps.iter().map(|step| StepView::of(l, step, Some(rulebook))).collect();
    Ok((l.text(line.sentence.as_ref()), steps))
}

async fn pool_room(
    portal: &Portal,
    member: &Member,
    (claim, rulebook): (&v1::Claim, &Arc<Rulebook>),
) -> Result<PoolRoom, Problem> {
    let l = member.visit.language;
    let pool = portal.ask(member, v1::GetPoolRequest { pool_id: claim.pool_id.clone() }).await?;
    let pool = pool.pool.unwrap_or_default();
    let year: i32 = claim.submitted_on.get(..4).and_then(|year| year.parse().ok()).unwrap_or_default();
    let bank_year = pool.bank_years.iter().find(|one| one.bank_id == claim.bank_id && one.year == year);
    let exposed = (!pool.exposure_limit.is_empty()).then(|| {
        let left = show::amount(&pool.exposure_limit).minus(show::amount(&pool.exposure)).floored_at_zero();
        let name = l.say("在保责任与放大倍数上限", "Exposure against the leverage limit").to_owned();
        room(name, [&pool.exposure_limit, &pool.exposure, &left.to_string()])
    });
    Ok(PoolRoom {
        name: pool_name(l, rulebook, &claim.pool_id),
        cash: show::yuan(&pool.cash),
        free: show::yuan(&pool.free_balance),
        rooms: exposed.into_iter().collect(),
        exposure: show::yuan(&pool.exposure),
        leverage: pool.leverage_limit,
        bank_year: bank_year.map(|one| BankYear {
            year: one.year,
            filed: show::yuan(&one.filed),
            losses: show::yuan(&one.losses),
            limit: show::percent(&one.breaker_ratio),
            tripped: one.tripped,
        }),
        deferred: pool.deferred_claim_ids.len(),
    })
}

/// A pool's name.
pub(super) fn pool_name(l: Language, rulebook: &Rulebook, id: &str) -> String {
    let named = rulebook.pools.iter().find(|pool| pool.id.to_string() == id);
    named.map_or_else(|| id.to_owned(), |pool| l.say(&pool.name.zh, &pool.name.en).to_owned())
}
