//! 年度报告 and 半年报告: the whole scheme on a few pages.

use std::collections::BTreeSet;

use super::extract::Extract;
use super::question::{Grouping, Question};
use super::{Cell, Kind, Section, Words, blacklist, budget, column, loans, pool, subsidies, targets};
use crate::book::loan::Loan;
use crate::book::nouns::LoanState;
use crate::book::shelf::Held;
use crate::figures::Overview;
use crate::money::Amount;

pub(super) fn sections(extract: &Extract, question: &Question) -> Vec<Section> {
    let by = |group_by| Question { group_by, ..question.clone() };
    let mut by_programme = subsidies::section(extract, &by(Grouping::Programme));
    "subsidies-by-programme".clone_into(&mut by_programme.id);
    let mut by_item = subsidies::section(extract, &by(Grouping::Item));
    "subsidies-by-item".clone_into(&mut by_item.id);
    let mut by_district = subsidies::section(extract, &by(Grouping::District));
    "subsidies-by-district".clone_into(&mut by_district.id);
    vec![
        overview(extract),
        by_programme,
        by_item,
        by_district,
        loans::by_bank(extract, question),
        budget::execution(extract),
        pool::statement(extract),
        blacklist::section(extract, question),
        targets::section(extract),
    ]
}

/// The loans that were filed within the days and not withdrawn.
fn filed(extract: &Extract) -> impl Iterator<Item = Held<'_, Loan>> {
    extract.book.loans.values().filter(|loan| loan.state != LoanState::Withdrawn && extract.is_within(loan.filed_on))
}

fn overview(extract: &Extract) -> Section {
    let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let borrowers: BTreeSet<_> = filed(extract).map(|loan| loan.terms.borrower).collect();
    let banks: BTreeSet<_> = filed(extract).map(|loan| loan.terms.bank.clone()).collect();
    let flows = || extract.loan_flows.values();
    let pledges = || extract.book.pledges.values().filter(|pledge| extract.is_within(pledge.registered_on));
    overview_of(&Overview {
        borrowers: number(borrowers.len()),
        banks: number(banks.len()),
        filed: number(filed(extract).count()),
        principal: Amount::total(filed(extract).map(|loan| loan.terms.principal)),
        ip_part: Amount::total(filed(extract).map(|loan| loan.terms.ip_part)),
        disbursed: Amount::total(flows().map(|flow| flow.disbursed)),
        repaid: Amount::total(flows().map(|flow| flow.repaid)),
        interest: Amount::total(flows().map(|flow| flow.interest)),
        pledges: number(pledges().count()),
        secured: Amount::total(pledges().map(|pledge| pledge.details.secured_amount)),
        clawed_back: number(extract.clawbacks.len()),
        returned: Amount::total(extract.clawbacks.values().copied()),
    })
}

/// The scheme on few lines.
pub(super) fn overview_of(overview: &Overview) -> Section {
    let mut section = Section::new(
        "overview",
        Words::new("Overview", "总体情况"),
        vec![
            column("measure", Kind::Text, "measure", "指标"),
            column("number", Kind::Count, "number", "数量"),
            column("amount", Kind::Money, "amount", "金额"),
        ],
    );
    let mut line = |en: &str, zh: &str, number: Option<u64>, amount: Option<Amount>| {
        section.line(vec![
            Cell::Words(Words::new(en, zh)),
            number.map_or(Cell::Empty, Cell::Count),
            amount.map_or(Cell::Empty, Cell::Money),
        ]);
    };
    let one = overview;
    line("enterprises that borrowed", "获得贷款企业", Some(one.borrowers), None);
    line("banks that lent", "放贷银行", Some(one.banks), None);
    line("loans filed", "备案贷款", Some(one.filed), Some(one.principal));
    line("of it IP part", "其中知识产权部分", None, Some(one.ip_part));
    line("drawn down", "放款", None, Some(one.disbursed));
    line("principal repaid", "收回本金", None, Some(one.repaid));
    line("interest paid", "支付利息", None, Some(one.interest));
    line("pledges registered", "质押登记", Some(one.pledges), Some(one.secured));
    line("subsidies clawed back", "追回补贴", Some(one.clawed_back), Some(one.returned));
    section
}
