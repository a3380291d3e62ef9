//! Nouns of the book → resources.

use crate::book::application::Application;
use crate::book::loan::Loan;
use crate::book::nouns::InstitutionDetails;
use crate::book::pool::Claim;
use crate::book::registry::{BlacklistEntry, Enterprise, IpRight, Pledge};
use crate::book::{Book, Budget};
use crate::calendar::{CivilDate, FiscalYear};
use crate::identifier::{ApplicationId, BudgetLineId, ClaimId, LoanId, Uscc};
use crate::proto::v1;
use crate::rulebook::Rulebook;
use crate::server::vocabulary::wire;

use super::event as details;
use super::{date_or_empty, or_empty};

pub(crate) fn enterprise(one: &Enterprise, today: CivilDate) -> v1::Enterprise {
    v1::Enterprise {
        details: Some(details::enterprise(&one.details)),
        blacklisted: one.blacklisted_on(today).is_some(),
    }
}

pub(crate) fn institution(one: &InstitutionDetails) -> v1::Institution {
    v1::Institution { details: Some(details::institution(one)) }
}

/// `pledged` is whether any pledge on it is active today.
pub(crate) fn ip_right(one: &IpRight, pledged: bool, today: CivilDate) -> v1::IpRight {
    let mut registered = details::ip_right(&one.details);
    registered.owner = one.owner_on(today).to_string();
    v1::IpRight { details: Some(registered), state: wire(one.state_on(today)), pledged }
}

pub(crate) fn pledge(one: &Pledge, today: CivilDate) -> v1::Pledge {
    v1::Pledge {
        details: Some(details::pledge(&one.details)),
        state: wire(one.state_on(today)),
        registered_on: one.registered_on.to_string(),
        released_on: date_or_empty(one.released_on),
        loan_ids: one.loans.iter().map(ToString::to_string).collect(),
    }
}

pub(crate) fn blacklist_entry(enterprise: Uscc, one: &BlacklistEntry) -> v1::BlacklistEntry {
    v1::BlacklistEntry {
        blacklist_sequence: one.entry.value(),
        details: Some(v1::BlacklistDetails {
            enterprise: enterprise.to_string(),
            ground: wire(one.ground),
            until: date_or_empty(one.until),
            document: one.document.clone(),
        }),
        since: one.from.to_string(),
        lifted_on: date_or_empty(one.lifted_on),
    }
}

pub(crate) fn loan(id: LoanId, one: &Loan) -> v1::Loan {
    v1::Loan {
        loan_id: id.to_string(),
        state: wire(one.state),
        terms: Some(details::loan_terms(&one.terms)),
        rulebook: Some(details::rulebook(&one.rulebook)),
        filed_on: one.filed_on.to_string(),
        disbursed_on: date_or_empty(one.disbursed_on),
        disbursed: one.disbursed.to_string(),
        principal_paid: one.repaid.to_string(),
        outstanding: one.outstanding().to_string(),
        interest_paid: one.interest_paid.to_string(),
        overdue_since: date_or_empty(one.overdue_since),
        exposure: one.exposure.to_string(),
        ended_on: date_or_empty(one.ended_on),
        claim_id: or_empty(one.claim.as_ref()),
        matures_on: one.matures_on.to_string(),
    }
}

/// Without lines and decision, which stay in the entry that created it.
pub(crate) fn application(id: ApplicationId, one: &Application) -> v1::Application {
    let (line, year) = &one.budget;
    v1::Application {
        application_id: id.to_string(),
        state: wire(one.state),
        enterprise: one.enterprise.to_string(),
        programme_id: one.programme.to_string(),
        rulebook: Some(details::rulebook(&one.rulebook)),
        loan_id: or_empty(one.loan.as_ref()),
        granted: one.granted.to_string(),
        budget_line_id: line.to_string(),
        budget_year: details::year(*year),
        reason: or_empty(one.refusal.as_ref()),
        remark: or_empty(one.reason.as_ref()),
        submitted_on: one.submitted_on.to_string(),
        approved_on: or_empty(one.approved.as_ref().map(|(day, _)| day)),
        paid_on: or_empty(one.paid.as_ref().map(|(day, _)| day)),
        payment_reference: or_empty(one.paid.as_ref().map(|(_, reference)| reference)),
        clawback_demanded: one.demanded.to_string(),
        clawback_received: one.received_back.to_string(),
        lines: Vec::new(),
        decision: None,
        waits_for_closing: one.waits_for_closing,
        closing_run: one.closed.as_ref().map_or(0, |(run, _)| run.value()),
        corrections: one.corrections.iter().map(|entry| entry.value()).collect(),
        supplements: or_empty(one.supplements.as_ref()),
        overpaid: one.overpaid.to_string(),
        payee_id: or_empty(one.payee.as_ref()),
    }
}

pub(crate) fn claim(id: ClaimId, one: &Claim) -> v1::Claim {
    let (recovered, recovery_cost) = &one.recovered;
    v1::Claim {
        claim_id: id.to_string(),
        state: wire(one.state),
        loan_id: one.loan.to_string(),
        bank_id: one.bank.to_string(),
        pool_id: one.pool.to_string(),
        rulebook: Some(details::rulebook(&one.rulebook)),
        principal_loss: one.principal_loss.to_string(),
        covered_loss: one.covered_loss.to_string(),
        shares: details::shares(&one.shares),
        reason: or_empty(one.refusal.as_ref()),
        remark: or_empty(one.reason.as_ref()),
        submitted_on: one.submitted_on.to_string(),
        approved_on: or_empty(one.approved.as_ref().map(|(day, _)| day)),
        paid_on: or_empty(one.paid.as_ref().map(|(day, _)| day)),
        payment_reference: or_empty(one.paid.as_ref().map(|(_, reference)| reference)),
        recovered: recovered.to_string(),
        recovery_cost: recovery_cost.to_string(),
        returned_to_pool: one.returned.to_string(),
        payee_id: one.payee.to_string(),
    }
}

pub(crate) fn budget(line: &BudgetLineId, year: FiscalYear, one: &Budget) -> v1::Budget {
    v1::Budget {
        budget_line_id: line.to_string(),
        year: details::year(year),
        appropriated: one.appropriated.to_string(),
        available: one.available().to_string(),
        reserved: one.reserved.to_string(),
        spent: one.spent.to_string(),
    }
}

/// The text goes along only where it is asked for.
pub(crate) fn rulebook(book: &Book, one: &Rulebook, with_text: bool) -> v1::Rulebook {
    let adoption = book.adoptions.get(&one.reference());
    v1::Rulebook {
        rulebook: Some(details::rulebook(&one.reference())),
        title: Some(v1::Text { en: one.title.en.clone(), zh: one.title.zh.clone() }),
        valid_from: one.valid_from.to_string(),
        valid_until: date_or_empty(one.valid_until),
        digest: hex::encode(one.digest),
        text: if with_text { one.text.to_string() } else { String::new() },
        transition: one.transition.to_string(),
        adoption_sequence: adoption.map_or(0, |adoption| adoption.entry.value()),
        adopted_by: or_empty(adoption.map(|adoption| &adoption.by)),
        adopted_on: or_empty(adoption.map(|adoption| &adoption.on)),
        adoption_reason: or_empty(adoption.and_then(|adoption| adoption.reason.as_ref())),
    }
}
