//! Recording reference rates and facts: who may state what, of which thing, and how a wrong one is put right.

use super::command::RecordFact;
use super::loan::own_loan;
use super::registry::{already_exists, enterprise, institution};
use super::rejection::{Reason, Rejection};
use super::{Context, Outcome, concerning, concerning_enterprise, concerning_nobody, expect_state};
use crate::book::event::Event;
use crate::book::fact::{Fact, FactKey, FactRecorded, Supersedes};
use crate::book::loan::Loan;
use crate::book::nouns::{Concerns, LoanState, Role};
use crate::book::rate::ReferenceRate;
use crate::identifier::{LoanId, Sequence};
use crate::rulebook::terms::{InstitutionKind, LossParty};

/// Records a point of a series. A second point for the same day must name the one that it takes the place of.
pub(super) fn record_rate(context: &Context<'_>, rate: &ReferenceRate) -> Result<Outcome, Rejection> {
    context.not_in_the_future("from", rate.from)?;
    let series = context.book.rates.get(&rate.series);
    let live = |entry: Sequence| {
        let point = series.and_then(|series| series.points.get(&entry));
        point.is_some_and(|point| point.superseded_by.is_none())
    };
    let there = series.and_then(|series| series.at(rate.from));
    takes_the_place(rate.supersedes.as_ref(), there, live, &rate.series.to_string())?;
    Ok(Outcome::new(Event::ReferenceRateRecorded(rate.clone()), concerning_nobody()))
}

/// Records a fact.
pub(super) fn record(context: &Context<'_>, command: &RecordFact) -> Result<Outcome, Rejection> {
    let recorded = FactRecorded {
        fact: command.fact.clone(),
        from: command.from.unwrap_or(context.day),
        document: command.document.clone(),
        digest: command.digest,
        supersedes: command.supersedes.clone(),
    };
    let key = recorded.fact.key();
    let concerns = subject(context, &recorded.fact, &key)?;
    context.not_in_the_future("from", recorded.from)?;
    let stated = context.book.facts.get(&key).map(Vec::as_slice).unwrap_or_default();
    let mut live = stated.iter().filter(|one| one.superseded_by.is_none());
    let there = live.clone().find(|one| one.recorded.from == recorded.from).map(|one| one.entry);
    let is_live = |entry| stated.iter().any(|one| one.entry == entry && one.superseded_by.is_none());
    takes_the_place(recorded.supersedes.as_ref(), there, is_live, key.kind())?;
    if context.caller.role == Role::Bank && live.next().is_some() {
        return Err(Rejection::new(
            Reason::StateForbids,
            "fact",
            format!("`{}` of this loan is stated already; ask an officer to correct it", key.kind()),
            format!("该贷款的“{}”已登记；更正请联系审核人员", key.chinese()),
        ));
    }
    Ok(Outcome::new(Event::FactRecorded(recorded), concerns))
}

/// A record for a day that has one must name it, and only one that counts can be named.
fn takes_the_place(
    supersedes: Option<&Supersedes>,
    there: Option<Sequence>,
    is_live: impl Fn(Sequence) -> bool,
    what: &str,
) -> Result<(), Rejection> {
    let named = supersedes.map(|wrong| wrong.entry);
    if let Some(entry) = named.filter(|entry| !is_live(*entry)) {
        return Err(Rejection::new(
            Reason::EntryUnknown,
            "supersedes",
            format!("entry `{entry}` is no record of `{what}` that counts; expected the entry of the wrong record"),
            format!("第{entry}号分录不是“{what}”的有效登记；应填写被更正登记的分录号"),
        ));
    }
    match there.filter(|entry| Some(*entry) != named) {
        None => Ok(()),
        Some(entry) => Err(already_exists(
            "from",
            format!("{what} (entry {entry})"),
            "to correct it, name that entry in `supersedes` and say why",
            "如需更正，请在 supersedes 中注明该分录号和原因",
        )),
    }
}

/// What the fact is about must be known, and in a state to which the fact belongs; whose business it is.
fn subject(context: &Context<'_>, fact: &Fact, key: &FactKey) -> Result<Concerns, Rejection> {
    if let Some(who) = key.enterprise() {
        enterprise(context, "enterprise", who)?;
        return Ok(concerning_enterprise(who));
    }
    if let Some(id) = key.loan() {
        let loan = own_loan(context, id)?;
        of_loan(context, fact, (id, &loan))?;
        return Ok(concerning(&loan.terms.bank, loan.terms.borrower));
    }
    if let FactKey::BankBusiness(bank, pool) = key {
        institution(context, "institution_id", bank)?;
        if context.book.last_pool_rule(pool).is_none() {
            return Err(super::loan::pool_unknown(pool));
        }
        return Ok(Concerns { institution: Some(bank.clone()), enterprise: None });
    }
    Ok(concerning_nobody())
}

fn of_loan(context: &Context<'_>, fact: &Fact, (id, loan): (LoanId, &Loan)) -> Result<(), Rejection> {
    if let Fact::LoanParties(_, parties) = fact {
        for (party, member) in parties {
            let found = institution(context, &format!("loan_parties.{party}"), member)?;
            if Some(found.kind) != kind_of(*party) {
                return Err(Rejection::new(
                    Reason::InstitutionUnknown,
                    format!("loan_parties.{party}"),
                    format!("`{member}` is registered as {}; expected {party}", found.kind),
                    format!("“{member}”登记类型为 {}；应为 {party}", found.kind),
                ));
            }
        }
    }
    if context.caller.role != Role::Bank {
        return Ok(());
    }
    // How a loan was made is said while it lives: a bank that knows of the loss would choose the better word.
    let living = &[LoanState::Filed, LoanState::Disbursed, LoanState::Repaying];
    match fact {
        Fact::LoanMode(..) | Fact::LoanProduct(..) | Fact::LoanTraits(..) | Fact::LoanParties(..) => {
            expect_state("loan_id", id, loan.state, living)
        }
        Fact::PayeeLiability(..)
        | Fact::LossRecognised(..)
        | Fact::OtherPublicMoney(..)
        | Fact::EnterpriseClasses(..)
        | Fact::EnterpriseRevenue(..)
        | Fact::EnterpriseFigure(..)
        | Fact::EarlierApplications(..)
        | Fact::BankBusiness(..)
        | Fact::WorkingCalendar(..) => Ok(()),
    }
}

/// The kind of institution that fills a seat; `None` for one that no institution of the registry fills.
pub(super) const fn kind_of(party: LossParty) -> Option<InstitutionKind> {
    match party {
        LossParty::Bank => Some(InstitutionKind::Bank),
        LossParty::Insurer => Some(InstitutionKind::Insurer),
        LossParty::Guarantor => Some(InstitutionKind::Guarantor),
        LossParty::Valuer => Some(InstitutionKind::Valuer),
        LossParty::Pool | LossParty::Province | LossParty::City | LossParty::District => None,
    }
}
