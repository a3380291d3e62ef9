//! What the ledger knows of an enterprise, a loan or a claim, as the facts that rules are judged on.
//!
//! What no event yields is looked up among the facts that were stated (`book::fact`), as they hold on the day of the
//! application or claim and as they are known now. What nobody stated stays `None`: a rule that needs it refuses.

use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use crate::book::application::Application;
use crate::book::fact::{Fact, FactKey};
use crate::book::loan::Loan;
use crate::book::nouns::{ApplicationState, LoanState, LoanTerms};
use crate::book::registry::{Enterprise, IpRight, Pledge};
use crate::book::shelf::Held;
use crate::calendar::{CivilDate, FiscalYear};
use crate::identifier::{InstitutionId, LoanId, PoolId, ProgrammeId, RightId, Tag, Uscc};
use crate::money::Amount;
use crate::rulebook::facts::{ClaimDetails, EnterpriseFacts, LoanDetails, LoanFacts, ReferenceRates};
use crate::rulebook::model::OrdinalOf;
use crate::rulebook::terms::LossParty;
use crate::rulebook::{Programme, Rulebook};

/// The applicant as a programme sees it.
pub(super) fn of_enterprise(context: &Context<'_>, uscc: Uscc, enterprise: &Enterprise) -> EnterpriseFacts {
    EnterpriseFacts {
        uscc,
        size_class: enterprise.details.size_class,
        blacklisted_since: enterprise.blacklisted_on(context.day).map(|entry| entry.from),
        blacklisted_until: enterprise.blacklisted_until(context.day),
        district: Some(enterprise.details.district.clone()),
        figures: figures(context, uscc),
        classes: classes(context, uscc),
        revenue: revenue(context, uscc),
    }
}

/// The classes that it belongs to on the day; one that has ended by then is left out.
fn classes(context: &Context<'_>, uscc: Uscc) -> Option<BTreeSet<Tag>> {
    let fact = context.book.fact_on(&FactKey::EnterpriseClasses(uscc), context.day)?;
    let Fact::EnterpriseClasses(_, classes) = fact else { return None };
    let in_force = classes.iter().filter(|(_, until)| until.is_none_or(|until| context.day <= until));
    Some(in_force.map(|(class, _)| class.clone()).collect())
}

/// Revenue of the year before the application.
fn revenue(context: &Context<'_>, uscc: Uscc) -> Option<Amount> {
    let year = context.day.year().previous()?;
    let fact = context.book.fact_on(&FactKey::EnterpriseRevenue(uscc, year), context.day)?;
    let Fact::EnterpriseRevenue(_, _, revenue) = fact else { return None };
    Some(*revenue)
}

/// The figures of an enterprise as they are known on the day.
fn figures(context: &Context<'_>, uscc: Uscc) -> BTreeMap<(Tag, FiscalYear), Amount> {
    // No word is smaller than this one, and no year than the first.
    let (Ok(word), Some(year)) = (Tag::parse("0"), CivilDate::MIN.year().into()) else { return BTreeMap::new() };
    let first = FactKey::EnterpriseFigure(uscc, word, year);
    let mut figures = BTreeMap::new();
    for (key, _) in context.book.facts.range(first..) {
        let FactKey::EnterpriseFigure(who, name, year) = key else { break };
        if *who != uscc {
            break;
        }
        if let Some(Fact::EnterpriseFigure(.., amount)) = context.book.fact_on(key, context.day) {
            figures.insert((name.clone(), *year), *amount);
        }
    }
    figures
}

/// What number the application has for costs of a loan: the how-manieth one that is granted, the how-manieth loan that
/// something is granted for, or the how-manieth year, as the programme counts.
pub(super) fn ordinal_of(context: &Context<'_>, programme: &Programme, uscc: Uscc, loan: Option<LoanId>) -> u32 {
    let stated = || before_the_ledger(context, &programme.id, uscc);
    match programme.ordinal_of {
        OrdinalOf::Application => ordinal(context, &programme.id, uscc),
        OrdinalOf::Year => {
            let this = context.day.year();
            let years: BTreeSet<FiscalYear> = granted(context, &programme.id, uscc)
                .map(|one| one.submitted_on.year())
                .filter(|year| *year < this)
                .collect();
            let years = u32::try_from(years.len()).unwrap_or(u32::MAX);
            stated().saturating_add(years).saturating_add(1)
        }
        OrdinalOf::Loan => {
            let mut loans: Vec<LoanId> = Vec::new();
            for one in granted(context, &programme.id, uscc).flat_map(|one| loans_of(&one)) {
                if !loans.contains(&one) {
                    loans.push(one);
                }
            }
            let place = loans.iter().position(|one| Some(*one) == loan).unwrap_or(loans.len());
            let place = u32::try_from(place).unwrap_or(u32::MAX);
            stated().saturating_add(place).saturating_add(1)
        }
    }
}

/// The applications up to the day that were granted and not taken back, in their order.
fn granted<'a>(
    context: &Context<'a>,
    programme: &ProgrammeId,
    uscc: Uscc,
) -> impl Iterator<Item = Held<'a, Application>> {
    let book = context.book;
    let (programme, day) = (programme.clone(), context.day);
    let ids = book.enterprises.get(&uscc).into_iter().flat_map(|enterprise| enterprise.applications.clone());
    ids.filter_map(|id| book.applications.get(&id)).filter(move |one| {
        one.programme == programme
            && one.submitted_on <= day
            && one.granted.is_positive()
            && one.supplements.is_none()
            && holds(one.state)
    })
}

/// Whether what was granted stands.
const fn holds(state: ApplicationState) -> bool {
    match state {
        ApplicationState::Submitted
        | ApplicationState::Approved
        | ApplicationState::AwaitingClosing
        | ApplicationState::Paid
        | ApplicationState::ClawbackDemanded => true,
        ApplicationState::Refused | ApplicationState::Withdrawn | ApplicationState::ClawedBack => false,
    }
}

/// The loans that an application's granted costs belong to.
fn loans_of(application: &Application) -> Vec<LoanId> {
    let granted = application.lines.iter().filter(|line| line.award.is_positive());
    granted.filter_map(|line| line.source.details.loan.or(application.loan)).collect()
}

/// The how-manieth application it is: those granted here and not taken back, those before the ledger, and this one.
fn ordinal(context: &Context<'_>, programme: &ProgrammeId, uscc: Uscc) -> u32 {
    let granted = context.book.granted_applications.get(&(programme.clone(), uscc)).copied().unwrap_or(0);
    before_the_ledger(context, programme, uscc).saturating_add(granted).saturating_add(1)
}

/// What was granted before the ledger began, as stated: applications, loans or years, as the programme counts.
fn before_the_ledger(context: &Context<'_>, programme: &ProgrammeId, uscc: Uscc) -> u32 {
    let key = FactKey::EarlierApplications(uscc, programme.clone());
    match context.book.fact_on(&key, context.day) {
        Some(Fact::EarlierApplications(_, _, count)) => *count,
        Some(_) | None => 0,
    }
}

/// The reference rates of a rulebook with the recorded points on top.
pub(super) fn rates(context: &Context<'_>, rulebook: &Rulebook) -> ReferenceRates {
    let recorded = |id: &_| context.book.rates.get(id).map(|series| &series.values);
    rulebook.reference_rates().with_recorded(recorded)
}

/// A loan as a subsidy programme sees it.
pub(super) fn of_loan(context: &Context<'_>, id: LoanId, loan: &Loan) -> LoanFacts {
    let pledges = pledges_of(context, loan);
    LoanFacts {
        loan: id,
        bank: loan.terms.bank.clone(),
        principal: loan.terms.principal,
        ip_part: loan.terms.ip_part,
        annual_rate: loan.terms.annual_rate,
        disbursed_on: loan.disbursed_on,
        pledged_on: pledges.iter().map(|pledge| pledge.registered_on).max().unwrap_or(loan.filed_on),
        ended_on: loan.ended_on,
        details: details(context, (id, loan), &pledges),
    }
}

fn pledges_of<'a>(context: &Context<'a>, loan: &Loan) -> Vec<Held<'a, Pledge>> {
    loan.terms.pledges.iter().filter_map(|key| context.book.pledges.get(key)).collect()
}

fn details(context: &Context<'_>, (id, loan): (LoanId, &Loan), pledges: &[Held<'_, Pledge>]) -> LoanDetails {
    let ids = pledges.iter().flat_map(|pledge| &pledge.details.rights);
    let rights: Vec<(&RightId, Option<Held<'_, IpRight>>)> = ids.map(|id| (id, context.book.rights.get(id))).collect();
    let owned = |right: &IpRight| right.owner_on(context.day) == loan.terms.borrower;
    let first = |right: &IpRight| is_first_pledge(context, (loan, pledges), right);
    let fact = |key: FactKey| context.book.fact_on(&key, context.day);
    LoanDetails {
        signed_on: Some(loan.terms.signed_on),
        matures_on: Some(loan.matures_on),
        repaid: Some(is_repaid(loan)),
        mode: match fact(FactKey::LoanMode(id)) {
            Some(Fact::LoanMode(_, mode)) => Some(mode.clone()),
            Some(_) | None => None,
        },
        product: match fact(FactKey::LoanProduct(id)) {
            Some(Fact::LoanProduct(_, product)) => Some(product.clone()),
            Some(_) | None => None,
        },
        traits: match fact(FactKey::LoanTraits(id)) {
            Some(Fact::LoanTraits(_, traits)) => Some(traits.clone()),
            Some(_) | None => None,
        },
        right_kinds: Some(rights.iter().map(|(id, _)| id.kind()).collect::<BTreeSet<_>>()),
        patent_kinds: Some(rights.iter().filter_map(|(id, _)| id.patent_kind()).collect()),
        rights: u32::try_from(different(&rights)).ok(),
        rights_owned: Some(!rights.is_empty() && rights.iter().all(|(_, right)| right.as_deref().is_some_and(owned))),
        first_pledge: Some(rights.iter().any(|(_, right)| right.as_deref().is_some_and(first))),
    }
}

/// How many rights there are, each counted once.
fn different(rights: &[(&RightId, Option<Held<'_, IpRight>>)]) -> usize {
    // Most loans are secured by one.
    if rights.len() < 2 { rights.len() } else { rights.iter().map(|(id, _)| *id).collect::<BTreeSet<_>>().len() }
}

/// Whether it was repaid in full; closing the file afterwards changes nothing.
fn is_repaid(loan: &Loan) -> bool {
    loan.state == LoanState::Settled || (loan.state == LoanState::Closed && loan.claim.is_none())
}

/// Who takes part in a loan beside its bank; `None` where nobody stated it.
fn parties<'a>(context: &Context<'a>, id: LoanId) -> Option<&'a BTreeMap<LossParty, InstitutionId>> {
    match context.book.fact_on(&FactKey::LoanParties(id), context.day) {
        Some(Fact::LoanParties(_, parties)) => Some(parties),
        Some(_) | None => None,
    }
}

/// The institution that fills a seat of a loan; `None` where nobody stated it.
pub(super) fn institution_of(
    context: &Context<'_>,
    (id, loan): (LoanId, &Loan),
    party: LossParty,
) -> Option<InstitutionId> {
    if party == LossParty::Bank {
        return Some(loan.terms.bank.clone());
    }
    parties(context, id)?.get(&party).cloned()
}

/// Whether no pledge of the right was registered before those of the loan.
fn is_first_pledge(context: &Context<'_>, (loan, own): (&Loan, &[Held<'_, Pledge>]), right: &IpRight) -> bool {
    let mut of_others = right.pledges.iter().filter(|key| !loan.terms.pledges.contains(key));
    let Some(first_day) = own.iter().map(|pledge| pledge.registered_on).min() else { return false };
    of_others
        .all(|key| context.book.pledges.get(key).is_none_or(|pledge| pledge.void || pledge.registered_on > first_day))
}

/// What only some rules ask of a claim that was submitted on the day.
pub(super) fn of_claim(
    context: &Context<'_>,
    (id, loan): (LoanId, &Loan),
    pool: &PoolId,
    submitted_on: CivilDate,
) -> ClaimDetails {
    let borrower = context.book.enterprises.get(&loan.terms.borrower);
    let pledges = pledges_of(context, loan);
    let fact = |key: FactKey| context.book.fact_on(&key, context.day);
    let recognised = context.book.stated_on(&FactKey::LossRecognised(id), context.day);
    ClaimDetails {
        size_class: borrower.as_ref().map(|borrower| borrower.details.size_class),
        district: borrower.map(|borrower| borrower.details.district.clone()),
        classes: classes(context, loan.terms.borrower),
        loan: details(context, (id, loan), &pledges),
        disbursed_on: loan.disbursed_on,
        pledged_on: pledges.iter().map(|pledge| pledge.registered_on).max(),
        bank_business_year: business_year(context, &loan.terms.bank, pool, submitted_on),
        payee_liability: match fact(FactKey::PayeeLiability(id)) {
            Some(Fact::PayeeLiability(_, amount)) => Some(*amount),
            Some(_) | None => None,
        },
        other_public: match fact(FactKey::OtherPublicMoney(id)) {
            Some(Fact::OtherPublicMoney(_, amount)) => Some(*amount),
            Some(_) | None => None,
        },
        higher_recognised: match recognised.map(|one| &one.recorded.fact) {
            Some(Fact::LossRecognised(_, yes)) => Some(*yes),
            Some(_) | None => None,
        },
        working_days: recognised.and_then(|one| working_days(context, one.recorded.from, submitted_on)),
        parties: parties(context, id).map(|parties| parties.keys().copied().collect()),
        used: BTreeMap::new(),
    }
}

/// The how-manieth calendar year of the bank's business with the pool it is: from the year that was stated, or of the
/// first loan that it filed here. A bank that never filed is in its first.
fn business_year(context: &Context<'_>, bank: &InstitutionId, pool: &PoolId, day: CivilDate) -> Option<u32> {
    let stated = context.book.stated_on(&FactKey::BankBusiness(bank.clone(), pool.clone()), context.day);
    let kept = context.book.pools.get(pool)?;
    let filed = kept.bank_years.iter().filter(|((one, _), year)| one == bank && year.filed.is_positive());
    let first = stated.map(|one| one.recorded.from.year()).or_else(|| filed.map(|((_, year), _)| *year).min())?;
    let years = i32::from(day.year().value()).saturating_sub(i32::from(first.value()));
    u32::try_from(years.saturating_add(1)).ok()
}

/// Working days after the first day up to and with the last; `None` where a year's calendar was not stated.
fn working_days(context: &Context<'_>, after: CivilDate, until: CivilDate) -> Option<i64> {
    /// No rule counts longer; whoever waited so long is late in any case.
    const LONGEST: i64 = 400;
    let mut count: i64 = 0;
    for offset in 1..=until.days_since(after).min(LONGEST) {
        let day = after.plus_days(offset)?;
        let fact = context.book.fact_on(&FactKey::WorkingCalendar(day.year()), context.day)?;
        let Fact::WorkingCalendar(_, calendar) = fact else { return None };
        let works = calendar.working_days.contains(&day) || (!day.is_weekend() && !calendar.days_off.contains(&day));
        count = count.saturating_add(i64::from(works));
    }
    Some(count)
}

/// Principal of the borrower's live loans with a pool, of all banks, in yuan.
pub(super) fn borrower_filed(context: &Context<'_>, terms: &LoanTerms) -> Amount {
    let borrower = context.book.enterprises.get(&terms.borrower);
    let loans =
        borrower.into_iter().flat_map(|borrower| borrower.loans.clone()).filter_map(|id| context.book.loans.get(&id));
    let of_pool = loans.filter(|loan| loan.terms.pool == terms.pool && loan.is_live());
    Amount::total(of_pool.map(|loan| loan.terms.principal))
}
