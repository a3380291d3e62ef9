//! `LoanService`: filing and life of a loan.

use super::{LIST_ITEMS_MAX, Violations};
use crate::book::event::InterestPaid;
use crate::book::nouns::{LoanState, LoanTerms};
use crate::calendar::CivilDate;
use crate::decide::command::{Command, RecordPrincipalPayment};
use crate::identifier::{ContractNumber, InstitutionId, LoanId, PoolId, Uscc};
use crate::money::{Amount, Rate};
use crate::proto::v1;

pub(crate) fn file(m: &v1::FileLoanRequest, v: &mut Violations) -> Option<Command> {
    let bank = v.take("bank_id", InstitutionId::parse(&m.bank_id));
    let contract = v.take("contract_number", ContractNumber::parse(&m.contract_number));
    let borrower = v.take("borrower", Uscc::parse(&m.borrower));
    let principal = v.positive("principal", &m.principal);
    let ip_part = v.take("ip_part", Amount::parse(&m.ip_part));
    let annual_rate = v.take("annual_rate", Rate::parse(&m.annual_rate));
    let signed_on = v.date("signed_on", &m.signed_on);
    let matures_on = v.date("matures_on", &m.matures_on);
    let pledges = v.distinct("pledges", &m.pledges, LIST_ITEMS_MAX, Violations::pledge_at);
    let pool = v.optional("pool_id", &m.pool_id, PoolId::parse);
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
pub(crate) fn loan_id(v: &mut Violations, text: &str) -> Option<LoanId> {
    v.take("loan_id", LoanId::parse(text))
}

pub(crate) fn disburse(m: &v1::DisburseLoanRequest, v: &mut Violations) -> Option<Command> {
    let loan = loan_id(v, &m.loan_id);
    let amount = v.positive("amount", &m.amount);
    Some(Command::DisburseLoan(loan?, amount?))
}

pub(crate) fn record_interest(
    m: &v1::RecordInterestPaymentRequest,
    v: &mut Violations,
) -> Option<Command> {
    let loan = loan_id(v, &m.loan_id);
    let amount = v.positive("amount", &m.amount);
    let period_from = v.date("period_from", &m.period_from);
    let period_to = v.date("period_to", &m.period_to);
    let reference = v.text("reference", &m.reference);
    let payment = InterestPaid {
        amount: amount?,
        period_from: period_from?,
        period_to: period_to?,
        reference: reference?,
    };
    Some(Command::RecordInterestPayment(loan?, payment))
}

pub(crate) fn record_principal(
    m: &v1::RecordPrincipalPaymentRequest,
    v: &mut Violations,
) -> Option<Command> {
    let loan = loan_id(v, &m.loan_id);
    let amount = v.positive("amount", &m.amount);
    let reference = v.text("reference", &m.reference);
    Some(Command::RecordPrincipalPayment(RecordPrincipalPayment {
        loan: loan?,
        amount: amount?,
        reference: reference?,
    }))
}

pub(crate) fn extend(m: &v1::ExtendLoanRequest, v: &mut Violations) -> Option<Command> {
    let loan = loan_id(v, &m.loan_id);
    let matures_on = v.date("matures_on", &m.matures_on);
    Some(Command::ExtendLoan(loan?, matures_on?))
}

pub(crate) fn mark_overdue(m: &v1::MarkLoanOverdueRequest, v: &mut Violations) -> Option<Command> {
    let loan = loan_id(v, &m.loan_id);
    let since: Option<CivilDate> = v.date("overdue_since", &m.overdue_since);
    Some(Command::MarkLoanOverdue(loan?, since?))
}

pub(crate) fn mark_non_performing(
    m: &v1::MarkLoanNonPerformingRequest,
    v: &mut Violations,
) -> Option<Command> {
    loan_id(v, &m.loan_id).map(Command::MarkLoanNonPerforming)
}

pub(crate) fn mark_cured(m: &v1::MarkLoanCuredRequest, v: &mut Violations) -> Option<Command> {
    loan_id(v, &m.loan_id).map(Command::MarkLoanCured)
}

pub(crate) fn settle(m: &v1::SettleLoanRequest, v: &mut Violations) -> Option<Command> {
    loan_id(v, &m.loan_id).map(Command::SettleLoan)
}

pub(crate) fn close(m: &v1::CloseLoanRequest, v: &mut Violations) -> Option<Command> {
    loan_id(v, &m.loan_id).map(Command::CloseLoan)
}

pub(crate) fn withdraw(m: &v1::WithdrawLoanRequest, v: &mut Violations) -> Option<Command> {
    let loan = loan_id(v, &m.loan_id);
    let reason = v.text("reason", &m.reason);
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

pub(crate) fn list(m: &v1::ListLoansRequest, v: &mut Violations) -> Option<LoanFilter> {
    let borrower = v.optional("borrower", &m.borrower, Uscc::parse);
    let bank = v.optional("bank_id", &m.bank_id, InstitutionId::parse);
    let state = v.optional_choice("state", m.state);
    Some(LoanFilter { borrower: borrower?, bank: bank?, state: state? })
}
