//! The details of events.

use crate::book::event::{
    ApplicationChange, ApplicationChanged, ApplicationLine, BlacklistEntryLifted, BudgetChange, ClaimChange,
    ClaimChanged, ClaimDecision, ClaimSubmitted, ClawbackDemand, InterestPaid, IpRightChanged, LoanChange, LoanChanged,
    LoanFiled, PoolMoved, PoolMovement, Recovery, RedLetterInvoice, Refused, SubsidyApplied,
};
use crate::book::nouns::{
    BlacklistDetails, CostItem, EnterpriseDetails, EvidenceKey, InstitutionDetails, IpRightDetails, LoanTerms, Month,
    PledgeDetails, PledgeKey, RightChange,
};
use crate::calendar::FiscalYear;
use crate::money::Amount;
use crate::proto::v1;
use crate::rulebook::RulebookRef;
use crate::rulebook::facts::CapKey;
use crate::rulebook::terms::LossParty;
use crate::server::vocabulary::wire;

use super::explanation::Detail;
use super::{date_or_empty, explanation, group, or_empty};

/// A fiscal year as a number.
pub(crate) fn year(year: FiscalYear) -> i32 {
    i32::from(year.value())
}

pub(crate) fn enterprise(details: &EnterpriseDetails) -> v1::EnterpriseDetails {
    v1::EnterpriseDetails {
        uscc: details.uscc.to_string(),
        name: details.name.clone(),
        size_class: wire(details.size_class),
        district: details.district.to_string(),
    }
}

pub(crate) fn institution(details: &InstitutionDetails) -> v1::InstitutionDetails {
    v1::InstitutionDetails {
        institution_id: details.institution.to_string(),
        kind: wire(details.kind),
        name: details.name.clone(),
        uscc: details.uscc.to_string(),
        bank_code: or_empty(details.bank_code.as_ref()),
    }
}

pub(crate) fn ip_right(details: &IpRightDetails) -> v1::IpRightDetails {
    v1::IpRightDetails {
        right: details.right.to_string(),
        owner: details.owner.to_string(),
        title: details.title.clone(),
        granted_on: details.granted_on.to_string(),
        expires_on: details.expires_on.to_string(),
    }
}

pub(crate) fn ip_right_changed(changed: &IpRightChanged) -> v1::IpRightChanged {
    let (change, new_owner) = match changed.change {
        RightChange::Lapsed => (v1::RightChange::Lapsed, String::new()),
        RightChange::Restored => (v1::RightChange::Restored, String::new()),
        RightChange::Invalidated => (v1::RightChange::Invalidated, String::new()),
        RightChange::Transferred(owner) => (v1::RightChange::Transferred, owner.to_string()),
    };
    v1::IpRightChanged { right: changed.right.to_string(), change: i32::from(change), new_owner }
}

pub(crate) fn pledge_key(key: &PledgeKey) -> v1::PledgeKey {
    v1::PledgeKey { kind: wire(key.kind), registration_number: key.number.to_string() }
}

pub(crate) fn pledge(details: &PledgeDetails) -> v1::PledgeDetails {
    v1::PledgeDetails {
        pledge: Some(pledge_key(&details.pledge)),
        pledgee_id: details.pledgee.to_string(),
        pledgor: details.pledgor.to_string(),
        rights: details.rights.iter().map(ToString::to_string).collect(),
        secured_amount: details.secured_amount.to_string(),
        term_end: date_or_empty(details.term_end),
    }
}

pub(crate) fn blacklist(details: &BlacklistDetails) -> v1::BlacklistDetails {
    v1::BlacklistDetails {
        enterprise: details.enterprise.to_string(),
        ground: wire(details.ground),
        until: date_or_empty(details.until),
        document: details.document.clone(),
    }
}

pub(crate) fn blacklist_lifted(lifted: &BlacklistEntryLifted) -> v1::BlacklistEntryLifted {
    v1::BlacklistEntryLifted {
        blacklist_sequence: lifted.entry.value(),
        enterprise: lifted.enterprise.to_string(),
        reason: lifted.reason.clone(),
    }
}

pub(crate) fn rulebook(reference: &RulebookRef) -> v1::RulebookRef {
    v1::RulebookRef { rulebook_id: reference.id.to_string(), version: reference.version }
}

pub(crate) fn loan_terms(terms: &LoanTerms) -> v1::LoanTerms {
    v1::LoanTerms {
        bank_id: terms.bank.to_string(),
        contract_number: terms.contract.to_string(),
        borrower: terms.borrower.to_string(),
        principal: terms.principal.to_string(),
        ip_part: terms.ip_part.to_string(),
        annual_rate: terms.annual_rate.to_string(),
        signed_on: terms.signed_on.to_string(),
        matures_on: terms.matures_on.to_string(),
        pledges: terms.pledges.iter().map(pledge_key).collect(),
        pool_id: or_empty(terms.pool.as_ref()),
    }
}

pub(crate) fn loan_filed(filed: &LoanFiled, loan_id: String, detail: Detail) -> v1::LoanFiled {
    v1::LoanFiled {
        loan_id,
        terms: Some(loan_terms(&filed.terms)),
        rulebook: Some(rulebook(&filed.rulebook)),
        exposure: filed.exposure.to_string(),
        explanation: filed.explanation.as_ref().and_then(|stored| explanation::line(stored, detail)),
    }
}

pub(crate) fn loan_changed(changed: &LoanChanged) -> v1::LoanChanged {
    use v1::loan_changed::Change;
    let change = match &changed.change {
        LoanChange::Disbursed(amount) => Change::Disbursed(amount.to_string()),
        LoanChange::InterestPaid(paid) => Change::InterestPaid(interest_paid(paid)),
        LoanChange::PrincipalPaid(amount, reference) => Change::PrincipalPaid(payment(*amount, reference)),
        LoanChange::Extended(date) => Change::ExtendedTo(date.to_string()),
        LoanChange::MarkedOverdue(since) => Change::OverdueSince(since.to_string()),
        LoanChange::MarkedNonPerforming => Change::MarkedNonPerforming(v1::Happened {}),
        LoanChange::MarkedCured => Change::MarkedCured(v1::Happened {}),
        LoanChange::Settled => Change::Settled(v1::Happened {}),
        LoanChange::Closed => Change::Closed(v1::Happened {}),
        LoanChange::Withdrawn(reason) => Change::Withdrawn(reason.clone()),
    };
    v1::LoanChanged { loan_id: changed.loan.to_string(), exposure: changed.exposure.to_string(), change: Some(change) }
}

pub(crate) fn interest_paid(paid: &InterestPaid) -> v1::InterestPaid {
    v1::InterestPaid {
        amount: paid.amount.to_string(),
        period_from: paid.period_from.to_string(),
        period_to: paid.period_to.to_string(),
        reference: paid.reference.clone(),
    }
}

fn payment(amount: Amount, reference: &str) -> v1::Payment {
    v1::Payment { amount: amount.to_string(), reference: reference.to_owned() }
}

pub(crate) fn subsidy_applied(applied: &SubsidyApplied, application_id: String, detail: Detail) -> v1::SubsidyApplied {
    v1::SubsidyApplied {
        application_id,
        enterprise: applied.enterprise.to_string(),
        programme_id: applied.programme.to_string(),
        rulebook: Some(rulebook(&applied.rulebook)),
        loan_id: or_empty(applied.loan.as_ref()),
        lines: applied.lines.iter().map(|line| application_line(line, detail)).collect(),
        granted: applied.granted.to_string(),
        budget_line_id: applied.budget_line.to_string(),
        budget_year: year(applied.budget_year),
        reason: or_empty(applied.refusal.as_ref()),
        payee_id: or_empty(applied.payee.as_ref()),
    }
}

/// One line.
pub(crate) fn application_line(line: &ApplicationLine, detail: Detail) -> v1::ApplicationLine {
    v1::ApplicationLine {
        item: Some(cost_item(&line.item)),
        award: line.award.to_string(),
        evidence_used: line.evidence_used.to_string(),
        cap_uses: line.cap_uses.iter().map(cap_key).collect(),
        explanation: explanation::line(&line.explanation, detail),
    }
}

pub(crate) fn cost_item(item: &CostItem) -> v1::CostItem {
    use v1::cost_item::Evidence;
    let evidence = match &item.evidence {
        EvidenceKey::Invoice(number) => {
            Evidence::Invoice(v1::Invoice { number: number.to_string(), total: item.evidence_total.to_string() })
        }
        EvidenceKey::InterestPayment(sequence) => Evidence::InterestPaymentSequence(sequence.value()),
        EvidenceKey::Document(number) => Evidence::Document(v1::Document {
            number: number.as_str().to_owned(),
            amount: item.evidence_total.to_string(),
        }),
    };
    v1::CostItem {
        item: wire(item.item),
        cost: item.cost.to_string(),
        paid_on: item.paid_on.to_string(),
        other_public_funding: item.other_public_funding.to_string(),
        right: or_empty(item.right.as_ref()),
        evidence: Some(evidence),
        loan_id: or_empty(item.details.loan.as_ref()),
        standard_premium: or_empty(item.details.standard_premium.as_ref()),
        occasion: or_empty(item.details.occasion.as_ref()),
        units: item.details.units.unwrap_or(0),
    }
}

pub(super) fn cap_key(key: &CapKey) -> v1::CapKey {
    v1::CapKey {
        cap_id: key.cap.to_string(),
        enterprise: key.enterprise.to_string(),
        year: key.year.map_or(0, year),
        loan_id: or_empty(key.loan.as_ref()),
    }
}

pub(crate) fn application_changed(changed: &ApplicationChanged, detail: Detail) -> v1::ApplicationChanged {
    use v1::application_changed::Change;
    let change = match &changed.change {
        ApplicationChange::Approved => Change::Approved(v1::Happened {}),
        ApplicationChange::Refused(reason) => Change::Refused(reason.clone()),
        ApplicationChange::Withdrawn(reason) => Change::Withdrawn(reason.clone()),
        ApplicationChange::Paid(reference) => Change::Paid(reference.clone()),
        ApplicationChange::PaymentRefused(refusal) => Change::PaymentRefused(refusal.to_string()),
        ApplicationChange::ClawbackDemanded(demand) => Change::ClawbackDemanded(clawback_demand(demand)),
        ApplicationChange::ClawbackReceived(amount, reference) => Change::ClawbackReceived(payment(*amount, reference)),
        ApplicationChange::ClosingShare(share) => Change::ClosingShare(group::closing_share(share, detail)),
        ApplicationChange::Corrected(one) => Change::Corrected(group::correction(one, detail)),
    };
    v1::ApplicationChanged { application_id: changed.application.to_string(), change: Some(change) }
}

fn clawback_demand(demand: &ClawbackDemand) -> v1::ClawbackDemand {
    v1::ClawbackDemand {
        amount: demand.amount.to_string(),
        reason: demand.reason.clone(),
        by_line: demand.by_line.iter().map(ToString::to_string).collect(),
        restores_caps: demand.restores_caps,
    }
}

pub(crate) fn red_letter(red: &RedLetterInvoice) -> v1::RedLetterInvoice {
    v1::RedLetterInvoice {
        red_invoice_number: red.red.to_string(),
        blue_invoice_number: red.blue.to_string(),
        amount: red.amount.to_string(),
    }
}

pub(crate) fn budget(change: &BudgetChange) -> v1::BudgetChange {
    v1::BudgetChange {
        budget_line_id: change.line.to_string(),
        year: year(change.year),
        amount: change.amount.to_string(),
        document: change.document.clone(),
    }
}

pub(crate) fn pool_moved(moved: &PoolMoved) -> v1::PoolMoved {
    use v1::pool_moved::Movement;
    let movement = match &moved.movement {
        PoolMovement::Contribution(funder) => Movement::Contribution(funder.to_string()),
        PoolMovement::Withdrawal(funder) => Movement::Withdrawal(funder.to_string()),
        PoolMovement::Interest => Movement::Interest(v1::Happened {}),
    };
    v1::PoolMoved {
        pool_id: moved.pool.to_string(),
        amount: moved.amount.to_string(),
        reference: moved.reference.clone(),
        movement: Some(movement),
    }
}

pub(crate) fn claim_submitted(submitted: &ClaimSubmitted, claim_id: String, detail: Detail) -> v1::ClaimSubmitted {
    v1::ClaimSubmitted {
        claim_id,
        loan_id: submitted.loan.to_string(),
        pool_id: submitted.pool.to_string(),
        rulebook: Some(rulebook(&submitted.rulebook)),
        principal_loss: submitted.principal_loss.to_string(),
        decision: Some(claim_decision(&submitted.decision, detail)),
    }
}

fn claim_decision(decision: &ClaimDecision, detail: Detail) -> v1::ClaimDecision {
    v1::ClaimDecision {
        covered_loss: decision.covered_loss.to_string(),
        shares: shares(&decision.shares),
        payee_id: or_empty(decision.payee.as_ref()),
        explanation: explanation::line(&decision.explanation, detail),
    }
}

/// What each party bears or gets.
pub(crate) fn shares(shares: &[(LossParty, Amount)]) -> Vec<v1::Share> {
    shares.iter().map(|(party, amount)| v1::Share { party: wire(*party), amount: amount.to_string() }).collect()
}

pub(crate) fn claim_changed(changed: &ClaimChanged, detail: Detail) -> v1::ClaimChanged {
    use v1::claim_changed::Change;
    let change = match &changed.change {
        ClaimChange::Resumed(decision) => Change::Resumed(claim_decision(decision, detail)),
        ClaimChange::Approved => Change::Approved(v1::Happened {}),
        ClaimChange::Refused(reason) => Change::Refused(reason.clone()),
        ClaimChange::Paid(reference) => Change::Paid(reference.clone()),
        ClaimChange::Recovered(recovered) => Change::Recovered(recovery(recovered)),
        ClaimChange::WrittenOff => Change::WrittenOff(v1::Happened {}),
    };
    v1::ClaimChanged { claim_id: changed.claim.to_string(), change: Some(change) }
}

fn recovery(recovery: &Recovery) -> v1::Recovery {
    v1::Recovery {
        amount: recovery.amount.to_string(),
        cost: recovery.cost.to_string(),
        shares: shares(&recovery.shares),
        to_pool: recovery.to_pool.to_string(),
    }
}

pub(crate) fn month(month: Month) -> v1::Month {
    v1::Month { year: year(month.year), month: i32::from(month.month) }
}

pub(crate) fn refused(refused: &Refused, detail: Detail) -> v1::Refused {
    v1::Refused {
        command: refused.command.clone(),
        reason: refused.refusal.to_string(),
        subject: refused.subject.clone(),
        since: date_or_empty(refused.since),
        explanation: refused.explanation.as_ref().and_then(|stored| explanation::whole(stored, detail)),
    }
}
