//! `LoanService`: filing and life of a loan.

use super::{LIST_ITEMS_MAX, Violations};
use crate::book::event::InterestPaid;
use crate::book::nouns::{LoanState, LoanTerms};
use crate::calendar::CivilDate;
use crate::decide::command::{Command, RecordPrincipalPayment};
use crate::identifier::{ContractNumber, InstitutionId, LoanId, PoolId, Uscc};
use crate::money::{Amount, Rate};
use crate::proto::v1;

pub(crate) fn file(message: &v1::FileLoanRequest, violations: &mut Violations) -> Option<Command> {
    let bank = violations.take("bank_id", InstitutionId::parse(&message.bank_id));
    let contract = violations.take("contract_number", ContractNumber::parse(&message.contract_number));
    let borrower = violations.take("borrower", Uscc::parse(&message.borrower));
    let principal = violations.positive("principal", &message.principal);
    let ip_part = violations.take("ip_part", Amount::parse(&message.ip_part));
    let annual_rate = violations.take("annual_rate", Rate::parse(&message.annual_rate));
    let signed_on = violations.date("signed_on", &message.signed_on);
    let matures_on = violations.date("matures_on", &message.matures_on);
    let pledges = violations.distinct("pledges", &message.pledges, LIST_ITEMS_MAX, Violations::pledge_at);
    let pool = violations.optional("pool_id", &message.pool_id, PoolId::parse);
    Some(Command::FileLoan(LoanTerms {
        bank: bank?,
        contract: contract?,
        borrower: borrower?,
        principal: principal?,
        ip_part: ip_part?,
        annual_rate: annual_rate?,
        signed_on: signed_on?,
        matures_on: matures_on?,
        pledges: pledges?,
        pool: pool?,
    }))
}

/// Which loan.
pub(crate) fn loan_id(violations: &mut Violations, text: &str) -> Option<LoanId> {
    violations.take("loan_id", LoanId::parse(text))
}

pub(crate) fn disburse(message: &v1::DisburseLoanRequest, violations: &mut Violations) -> Option<Command> {
    let loan = loan_id(violations, &message.loan_id);
    let amount = violations.positive("amount", &message.amount);
    Some(Command::DisburseLoan(loan?, amount?))
}

pub(crate) fn record_interest(
    message: &v1::RecordInterestPaymentRequest,
    violations: &mut Violations,
) -> Option<Command> {
    let loan = loan_id(violations, &message.loan_id);
    let amount = violations.positive("amount", &message.amount);
    let period_from = violations.date("period_from", &message.period_from);
    let period_to = violations.date("period_to", &message.period_to);
    let reference = violations.text("reference", &message.reference);
    let payment =
        InterestPaid { amount: amount?, period_from: period_from?, period_to: period_to?, reference: reference? };
    Some(Command::RecordInterestPayment(loan?, payment))
}

pub(crate) fn record_principal(
    message: &v1::RecordPrincipalPaymentRequest,
    violations: &mut Violations,
) -> Option<Command> {
    let loan = loan_id(violations, &message.loan_id);
    let amount = violations.positive("amount", &message.amount);
    let reference = violations.text("reference", &message.reference);
    Some(Command::RecordPrincipalPayment(RecordPrincipalPayment {
        loan: loan?,
        amount: amount?,
        reference: reference?,
    }))
}

pub(crate) fn extend(message: &v1::ExtendLoanRequest, violations: &mut Violations) -> Option<Command> {
    let loan = loan_id(violations, &message.loan_id);
    let matures_on = violations.date("matures_on", &message.matures_on);
    Some(Command::ExtendLoan(loan?, matures_on?))
}

pub(crate) fn mark_overdue(message: &v1::MarkLoanOverdueRequest, violations: &mut Violations) -> Option<Command> {
    let loan = loan_id(violations, &message.loan_id);
    let since: Option<CivilDate> = violations.date("overdue_since", &message.overdue_since);
    Some(Command::MarkLoanOverdue(loan?, since?))
}

pub(crate) fn mark_non_performing(
    message: &v1::MarkLoanNonPerformingRequest,
    violations: &mut Violations,
) -> Option<Command> {
    loan_id(violations, &message.loan_id).map(Command::MarkLoanNonPerforming)
}

pub(crate) fn mark_cured(message: &v1::MarkLoanCuredRequest, violations: &mut Violations) -> Option<Command> {
    loan_id(violations, &message.loan_id).map(Command::MarkLoanCured)
}

pub(crate) fn settle(message: &v1::SettleLoanRequest, violations: &mut Violations) -> Option<Command> {
    loan_id(violations, &message.loan_id).map(Command::SettleLoan)
}

pub(crate) fn close(message: &v1::CloseLoanRequest, violations: &mut Violations) -> Option<Command> {
    loan_id(violations, &message.loan_id).map(Command::CloseLoan)
}

pub(crate) fn withdraw(message: &v1::WithdrawLoanRequest, violations: &mut Violations) -> Option<Command> {
    let loan = loan_id(violations, &message.loan_id);
    let reason = violations.text("reason", &message.reason);
    Some(Command::WithdrawLoan(loan?, reason?))
}

/// Which loans to list.
#[derive(Debug)]
pub(crate) struct LoanFilter {
    /// Of this borrower.
    pub(crate) borrower: Option<Uscc>,
    /// Of this bank.
    pub(crate) bank: Option<InstitutionId>,
    /// In this state.
    pub(crate) state: Option<LoanState>,
}

pub(crate) fn list(message: &v1::ListLoansRequest, violations: &mut Violations) -> Option<LoanFilter> {
    let borrower = violations.optional("borrower", &message.borrower, Uscc::parse);
    let bank = violations.optional("bank_id", &message.bank_id, InstitutionId::parse);
    let state = violations.optional_choice("state", message.state);
    Some(LoanFilter { borrower: borrower?, bank: bank?, state: state? })
}
