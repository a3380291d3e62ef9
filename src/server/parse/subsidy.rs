//! `SubsidyService`: applications and their evidence.

use super::{LIST_ITEMS_MAX, Violations};
use crate::book::event::RedLetterInvoice;
use crate::book::nouns::{ApplicationState, CostDetails, CostItem, EvidenceKey};
use crate::calendar::FiscalYear;
use crate::decide::command::{ApplySubsidy, Command, DemandClawback, RecordClawback};
use crate::identifier::{
    ApplicationId, Invalid, InvoiceNumber, LoanId, ProgrammeId, RegisteredText, RightId, Tag, Uscc,
};
use crate::money::Amount;
use crate::proto::v1;
use crate::proto::v1::cost_item::Evidence;

pub(crate) fn apply(message: &v1::ApplySubsidyRequest, violations: &mut Violations) -> Option<Command> {
    application(violations, &message.enterprise, &message.programme_id, &message.loan_id, &message.items)
        .map(Command::ApplySubsidy)
}

pub(crate) fn quote(message: &v1::QuoteSubsidyRequest, violations: &mut Violations) -> Option<Command> {
    application(violations, &message.enterprise, &message.programme_id, &message.loan_id, &message.items)
        .map(Command::ApplySubsidy)
}

fn application(
    violations: &mut Violations,
    enterprise: &str,
    programme: &str,
    loan: &str,
    items: &[v1::CostItem],
) -> Option<ApplySubsidy> {
    let enterprise = violations.take("enterprise", Uscc::parse(enterprise));
    let programme = violations.take("programme_id", ProgrammeId::parse(programme));
    let loan = violations.optional("loan_id", loan, LoanId::parse);
    let items = violations.list("items", items, LIST_ITEMS_MAX, cost_item);
    Some(ApplySubsidy { enterprise: enterprise?, programme: programme?, loan: loan?, items: items? })
}

fn cost_item(violations: &mut Violations, path: &str, item: &v1::CostItem) -> Option<CostItem> {
    let kind = violations.choice(&format!("{path}.item"), item.item);
    let cost = violations.positive(&format!("{path}.cost"), &item.cost);
    let paid_on = violations.date(&format!("{path}.paid_on"), &item.paid_on);
    let other = violations.amount_or_zero(&format!("{path}.other_public_funding"), &item.other_public_funding);
    let evidence = evidence(violations, path, item.evidence.as_ref());
    let right = violations.optional(&format!("{path}.right"), &item.right, RightId::parse);
    let details = details(violations, path, item);
    let (evidence, evidence_total) = evidence?;
    Some(CostItem {
        item: kind?,
        cost: cost?,
        paid_on: paid_on?,
        other_public_funding: other?,
        evidence,
        evidence_total,
        right: right?,
        details: details?,
    })
}

/// What only some rules ask for.
fn details(violations: &mut Violations, path: &str, item: &v1::CostItem) -> Option<CostDetails> {
    let loan = violations.optional(&format!("{path}.loan_id"), &item.loan_id, LoanId::parse);
    let premium = violations.optional(&format!("{path}.standard_premium"), &item.standard_premium, Amount::parse);
    let occasion = violations.optional(&format!("{path}.occasion"), &item.occasion, Tag::parse);
    let units = (item.units > 0).then_some(item.units);
    Some(CostDetails { loan: loan?, standard_premium: premium?, occasion: occasion?, units })
}

/// The evidence with its total. Of a recorded payment the ledger knows the total and fills it in for the zero here.
fn evidence(violations: &mut Violations, path: &str, evidence: Option<&Evidence>) -> Option<(EvidenceKey, Amount)> {
    match evidence {
        Some(Evidence::Invoice(invoice)) => {
            let path = format!("{path}.evidence.invoice");
            let number = violations.take(&format!("{path}.number"), InvoiceNumber::parse(&invoice.number));
            let total = violations.positive(&format!("{path}.total"), &invoice.total);
            Some((EvidenceKey::Invoice(number?), total?))
        }
        Some(Evidence::InterestPaymentSequence(number)) => {
            let sequence = violations.sequence(&format!("{path}.evidence.interest_payment_sequence"), *number);
            Some((EvidenceKey::InterestPayment(sequence?), Amount::ZERO))
        }
        Some(Evidence::Document(document)) => {
            let path = format!("{path}.evidence.document");
            let number = violations.take(&format!("{path}.number"), RegisteredText::parse(&document.number));
            let amount = violations.positive(&format!("{path}.amount"), &document.amount);
            Some((EvidenceKey::Document(number?), amount?))
        }
        None => {
            violations.add(
                &format!("{path}.evidence"),
                Invalid::new(
                    "is missing; expected `invoice`, `interest_payment_sequence` or `document`",
                    "缺少凭据；应提供发票、利息支付记录序号或文件",
                ),
            );
            None
        }
    }
}

/// Which application.
pub(crate) fn application_id(violations: &mut Violations, text: &str) -> Option<ApplicationId> {
    violations.take("application_id", ApplicationId::parse(text))
}

pub(crate) fn approve(message: &v1::ApproveSubsidyRequest, violations: &mut Violations) -> Option<Command> {
    application_id(violations, &message.application_id).map(Command::ApproveSubsidy)
}

pub(crate) fn refuse(message: &v1::RefuseSubsidyRequest, violations: &mut Violations) -> Option<Command> {
    let application = application_id(violations, &message.application_id);
    let reason = violations.text("reason", &message.reason);
    Some(Command::RefuseSubsidy(application?, reason?))
}

pub(crate) fn withdraw(message: &v1::WithdrawSubsidyRequest, violations: &mut Violations) -> Option<Command> {
    let application = application_id(violations, &message.application_id);
    let reason = violations.text("reason", &message.reason);
    Some(Command::WithdrawSubsidy(application?, reason?))
}

pub(crate) fn pay(message: &v1::PaySubsidyRequest, violations: &mut Violations) -> Option<Command> {
    let application = application_id(violations, &message.application_id);
    let reference = violations.text("reference", &message.reference);
    Some(Command::PaySubsidy(application?, reference?))
}

pub(crate) fn demand_clawback(message: &v1::DemandClawbackRequest, violations: &mut Violations) -> Option<Command> {
    let application = application_id(violations, &message.application_id);
    let amount = violations.positive("amount", &message.amount);
    let reason = violations.text("reason", &message.reason);
    Some(Command::DemandClawback(DemandClawback { application: application?, amount: amount?, reason: reason? }))
}

pub(crate) fn record_clawback(message: &v1::RecordClawbackRequest, violations: &mut Violations) -> Option<Command> {
    let application = application_id(violations, &message.application_id);
    let amount = violations.positive("amount", &message.amount);
    let reference = violations.text("reference", &message.reference);
    Some(Command::RecordClawback(RecordClawback { application: application?, amount: amount?, reference: reference? }))
}

pub(crate) fn record_red_letter(
    message: &v1::RecordRedLetterInvoiceRequest,
    violations: &mut Violations,
) -> Option<Command> {
    let red = violations.take("red_invoice_number", InvoiceNumber::parse(&message.red_invoice_number));
    let blue = violations.take("blue_invoice_number", InvoiceNumber::parse(&message.blue_invoice_number));
    let amount = violations.positive("amount", &message.amount);
    Some(Command::RecordRedLetterInvoice(RedLetterInvoice { red: red?, blue: blue?, amount: amount? }))
}

pub(crate) fn run_closing(message: &v1::RunClosingRequest, violations: &mut Violations) -> Option<Command> {
    let programme = violations.take("programme_id", ProgrammeId::parse(&message.programme_id));
    let year = violations.year("year", message.year);
    Some(Command::RunClosing(programme?, year?))
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

pub(crate) fn list(message: &v1::ListApplicationsRequest, violations: &mut Violations) -> Option<ApplicationFilter> {
    let enterprise = violations.optional("enterprise", &message.enterprise, Uscc::parse);
    let loan = violations.optional("loan_id", &message.loan_id, LoanId::parse);
    let state = violations.optional_choice("state", message.state);
    Some(ApplicationFilter { enterprise: enterprise?, loan: loan?, state: state? })
}

pub(crate) fn enterprise_year(
    message: &v1::GetEnterpriseYearRequest,
    violations: &mut Violations,
) -> Option<(Uscc, FiscalYear)> {
    let enterprise = violations.take("enterprise", Uscc::parse(&message.enterprise));
    let year = violations.year("year", message.year);
    Some((enterprise?, year?))
}
