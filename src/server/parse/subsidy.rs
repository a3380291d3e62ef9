//! `SubsidyService`: applications and their evidence.

use super::{LIST_ITEMS_MAX, Violations};
use crate::book::event::RedLetterInvoice;
use crate::book::nouns::{ApplicationState, CostItem, EvidenceKey};
use crate::calendar::FiscalYear;
use crate::decide::command::{ApplySubsidy, Command, DemandClawback, RecordClawback};
use crate::identifier::{
    ApplicationId, Invalid, InvoiceNumber, LoanId, ProgrammeId, RightId, Uscc,
};
use crate::money::Amount;
use crate::proto::v1;
use crate::proto::v1::cost_item::Evidence;

pub(crate) fn apply(m: &v1::ApplySubsidyRequest, v: &mut Violations) -> Option<Command> {
    application(v, &m.enterprise, &m.programme_id, &m.loan_id, &m.items).map(Command::ApplySubsidy)
}

pub(crate) fn quote(m: &v1::QuoteSubsidyRequest, v: &mut Violations) -> Option<Command> {
    application(v, &m.enterprise, &m.programme_id, &m.loan_id, &m.items).map(Command::ApplySubsidy)
}

fn application(
    v: &mut Violations,
    enterprise: &str,
    programme: &str,
    loan: &str,
    items: &[v1::CostItem],
) -> Option<ApplySubsidy> {
    let enterprise = v.take("enterprise", Uscc::parse(enterprise));
    let programme = v.take("programme_id", ProgrammeId::parse(programme));
    let loan = v.optional("loan_id", loan, LoanId::parse);
    let items = v.list("items", items, LIST_ITEMS_MAX, cost_item);
    Some(ApplySubsidy {
        enterprise: enterprise?,
        programme: programme?,
        loan: loan?,
        items: items?,
    })
}

fn cost_item(v: &mut Violations, path: &str, item: &v1::CostItem) -> Option<CostItem> {
    let kind = v.choice(&format!("{path}.item"), item.item);
    let cost = v.positive(&format!("{path}.cost"), &item.cost);
    let paid_on = v.date(&format!("{path}.paid_on"), &item.paid_on);
    let other =
        v.amount_or_zero(&format!("{path}.other_public_funding"), &item.other_public_funding);
    let evidence = evidence(v, path, item.evidence.as_ref());
    let right = v.optional(&format!("{path}.right"), &item.right, RightId::parse);
    let (evidence, evidence_total) = evidence?;
    Some(CostItem {
        item: kind?,
        cost: cost?,
        paid_on: paid_on?,
        other_public_funding: other?,
        evidence,
        evidence_total,
        right: right?,
    })
}

/// The evidence with its total. Of a recorded payment the ledger knows the total and fills it in for the zero here.
fn evidence(
    v: &mut Violations,
    path: &str,
    evidence: Option<&Evidence>,
) -> Option<(EvidenceKey, Amount)> {
    match evidence {
        Some(Evidence::Invoice(invoice)) => {
            let path = format!("{path}.evidence.invoice");
            let number = v.take(&format!("{path}.number"), InvoiceNumber::parse(&invoice.number));
            let total = v.positive(&format!("{path}.total"), &invoice.total);
            Some((EvidenceKey::Invoice(number?), total?))
        }
        Some(Evidence::InterestPaymentSequence(number)) => {
            let sequence =
                v.sequence(&format!("{path}.evidence.interest_payment_sequence"), *number);
            Some((EvidenceKey::InterestPayment(sequence?), Amount::ZERO))
        }
        None => {
            v.add(
                &format!("{path}.evidence"),
                Invalid::new(
                    "is missing; expected `invoice` or `interest_payment_sequence`",
                    "缺少凭据; 应提供发票或利息支付记录序号",
                ),
            );
            None
        }
    }
}

/// Which application.
pub(crate) fn application_id(v: &mut Violations, text: &str) -> Option<ApplicationId> {
    v.take("application_id", ApplicationId::parse(text))
}

pub(crate) fn approve(m: &v1::ApproveSubsidyRequest, v: &mut Violations) -> Option<Command> {
    application_id(v, &m.application_id).map(Command::ApproveSubsidy)
}

pub(crate) fn refuse(m: &v1::RefuseSubsidyRequest, v: &mut Violations) -> Option<Command> {
    let application = application_id(v, &m.application_id);
    let reason = v.text("reason", &m.reason);
    Some(Command::RefuseSubsidy(application?, reason?))
}

pub(crate) fn withdraw(m: &v1::WithdrawSubsidyRequest, v: &mut Violations) -> Option<Command> {
    let application = application_id(v, &m.application_id);
    let reason = v.text("reason", &m.reason);
    Some(Command::WithdrawSubsidy(application?, reason?))
}

pub(crate) fn pay(m: &v1::PaySubsidyRequest, v: &mut Violations) -> Option<Command> {
    let application = application_id(v, &m.application_id);
    let reference = v.text("reference", &m.reference);
    Some(Command::PaySubsidy(application?, reference?))
}

pub(crate) fn demand_clawback(
    m: &v1::DemandClawbackRequest,
    v: &mut Violations,
) -> Option<Command> {
    let application = application_id(v, &m.application_id);
    let amount = v.positive("amount", &m.amount);
    let reason = v.text("reason", &m.reason);
    Some(Command::DemandClawback(DemandClawback {
        application: application?,
        amount: amount?,
        reason: reason?,
    }))
}

pub(crate) fn record_clawback(
    m: &v1::RecordClawbackRequest,
    v: &mut Violations,
) -> Option<Command> {
    let application = application_id(v, &m.application_id);
    let amount = v.positive("amount", &m.amount);
    let reference = v.text("reference", &m.reference);
    Some(Command::RecordClawback(RecordClawback {
        application: application?,
        amount: amount?,
        reference: reference?,
    }))
}

pub(crate) fn record_red_letter(
    m: &v1::RecordRedLetterInvoiceRequest,
    v: &mut Violations,
) -> Option<Command> {
    let red = v.take("red_invoice_number", InvoiceNumber::parse(&m.red_invoice_number));
    let blue = v.take("blue_invoice_number", InvoiceNumber::parse(&m.blue_invoice_number));
    let amount = v.positive("amount", &m.amount);
    Some(Command::RecordRedLetterInvoice(RedLetterInvoice {
        red: red?,
        blue: blue?,
        amount: amount?,
    }))
}

/// Which applications to list.
#[derive(Debug)]
pub(crate) struct ApplicationFilter {
    /// Of this enterprise.
    pub(crate) enterprise: Option<Uscc>,
    /// For this loan.
    pub(crate) loan: Option<LoanId>,
    /// In this state.
    pub(crate) state: Option<ApplicationState>,
}

pub(crate) fn list(
    m: &v1::ListApplicationsRequest,
    v: &mut Violations,
) -> Option<ApplicationFilter> {
    let enterprise = v.optional("enterprise", &m.enterprise, Uscc::parse);
    let loan = v.optional("loan_id", &m.loan_id, LoanId::parse);
    let state = v.optional_choice("state", m.state);
    Some(ApplicationFilter { enterprise: enterprise?, loan: loan?, state: state? })
}

pub(crate) fn enterprise_year(
    m: &v1::GetEnterpriseYearRequest,
    v: &mut Violations,
) -> Option<(Uscc, FiscalYear)> {
    let enterprise = v.take("enterprise", Uscc::parse(&m.enterprise));
    let year = v.year("year", m.year);
    Some((enterprise?, year?))
}
