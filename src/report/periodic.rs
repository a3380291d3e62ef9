//! 年度报告 and 半年报告: the whole scheme on a few pages.

use std::collections::BTreeSet;

use super::extract::Extract;
use super::question::{Grouping, Question};
use super::{Cell, Kind, Section, Words, blacklist, budget, column, count, loans, pool, subsidies, targets};
use crate::book::loan::Loan;
use crate::book::nouns::LoanState;
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
fn filed(extract: &Extract) -> impl Iterator<Item = &Loan> {
    extract.book.loans.values().filter(|loan| loan.state != LoanState::Withdrawn && extract.is_within(loan.filed_on))
}

fn overview(extract: &Extract) -> Section {
    let mut section = Section::new(
        "overview",
        Words::new("Overview", "总体情况"),
        vec![
            column("measure", Kind::Text, "measure", "指标"),
            column("number", Kind::Count, "number", "数量"),
            column("amount", Kind::Money, "amount", "金额"),
        ],
    );
    let mut line = |en: &str, zh: &str, number: Option<usize>, amount: Option<Amount>| {
        section.line(vec![
            Cell::Words(Words::new(en, zh)),
            number.map_or(Cell::Empty, count),
            amount.map_or(Cell::Empty, Cell::Money),
        ]);
    };
    let borrowers: BTreeSet<_> = filed(extract).map(|loan| loan.terms.borrower).collect();
    let banks: BTreeSet<_> = filed(extract).map(|loan| &loan.terms.bank).collect();
    let principal = Amount::total(filed(extract).map(|loan| loan.terms.principal));
    let ip_part = Amount::total(filed(extract).map(|loan| loan.terms.ip_part));
    line("enterprises that borrowed", "获得贷款企业", Some(borrowers.len()), None);
    line("banks that lent", "放贷银行", Some(banks.len()), None);
    line("loans filed", "备案贷款", Some(filed(extract).count()), Some(principal));
    line("of it IP part", "其中知识产权部分", None, Some(ip_part));
    let flows = || extract.loan_flows.values();
    line("drawn down", "放款", None, Some(Amount::total(flows().map(|flow| flow.disbursed))));
    line("principal repaid", "收回本金", None, Some(Amount::total(flows().map(|flow| flow.repaid))));
    line("interest paid", "支付利息", None, Some(Amount::total(flows().map(|flow| flow.interest))));
    let pledges = extract.book.pledges.values().filter(|pledge| extract.is_within(pledge.registered_on));
    let (number, secured) = pledges.fold((0_usize, Amount::ZERO), |(number, secured), pledge| {
        (number.saturating_add(1), secured.plus(pledge.details.secured_amount))
    });
    line("pledges registered", "质押登记", Some(number), Some(secured));
    let clawed_back = extract.clawbacks.values().copied();
    line("subsidies clawed back", "追回补贴", Some(extract.clawbacks.len()), Some(Amount::total(clawed_back)));
    section
}
