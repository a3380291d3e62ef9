//! What is missing (缺件清单): what stands between a company and the next application, and who has to bring it.

use std::collections::BTreeSet;

use super::overview::Holdings;
use crate::portal::language::Language;
use crate::portal::show;
use crate::proto::v1;

/// What a loan has and lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CheckList {
    /// Which loan, by bank and contract.
    pub(super) about: String,
    /// What it needs.
    pub(super) items: Vec<Item>,
}

/// Something that is there, or is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    /// What.
    pub(super) what: String,
    /// Whether it is there.
    pub(super) there: bool,
    /// Who brings it; empty if it is there.
    pub(super) who: &'static str,
}

/// What the loans that are not over have and lack.
pub(super) fn missing(l: Language, holdings: &Holdings, applications: &[v1::Application]) -> Vec<CheckList> {
    let applied: BTreeSet<&str> =
        applications.iter().filter(|one| counts(one)).map(|one| one.loan_id.as_str()).collect();
    let live = holdings.loans.iter().filter(|loan| is_open(loan.state()));
    live.map(|loan| of_loan(l, holdings, loan, applied.contains(loan.loan_id.as_str()))).collect()
}

fn counts(one: &v1::Application) -> bool {
    !matches!(one.state(), v1::ApplicationState::Refused | v1::ApplicationState::Withdrawn)
}

const fn is_open(state: v1::LoanState) -> bool {
    match state {
        v1::LoanState::Filed | v1::LoanState::Disbursed | v1::LoanState::Repaying | v1::LoanState::Overdue => true,
        v1::LoanState::Unspecified
        | v1::LoanState::NonPerforming
        | v1::LoanState::Claimed
        | v1::LoanState::Compensated
        | v1::LoanState::Recovering
        | v1::LoanState::Settled
        | v1::LoanState::Closed
        | v1::LoanState::Withdrawn => false,
    }
}

fn of_loan(l: Language, holdings: &Holdings, loan: &v1::Loan, applied: bool) -> CheckList {
    let terms = loan.terms.clone().unwrap_or_default();
    let about = format!("{} {}", holdings.bank(&terms.bank_id), terms.contract_number);
    let bank = l.say("银行", "the bank");
    let item = |what: String, there: bool, who: &'static str| Item { what, there, who: if there { "" } else { who } };
    let pledged = holdings
        .pledges
        .iter()
        .any(|pledge| pledge.state() == v1::PledgeState::Active && pledge.loan_ids.contains(&loan.loan_id));
    let disbursed = !loan.disbursed_on.is_empty();
    let interest = show::amount(&loan.interest_paid);
    let items = vec![
        item(l.say("质押登记有效", "Pledge registered and in force").to_owned(), pledged, bank),
        item(l.say("银行已报告放款", "Disbursement reported by the bank").to_owned(), disbursed, bank),
        item(
            if interest.is_positive() {
                format!("{} {}", l.say("银行已报告付息", "Interest reported by the bank:"), interest.grouped())
            } else {
                l.say("银行报告的付息记录", "Interest reported by the bank").to_owned()
            },
            interest.is_positive(),
            bank,
        ),
        item(
            l.say(
                "评估、担保、保险等费用的发票，申请时填写",
                "Invoices of valuation, guarantee, insurance: enter them when you apply",
            )
            .to_owned(),
            applied,
            l.say("本企业", "you"),
        ),
    ];
    CheckList { about, items }
}
