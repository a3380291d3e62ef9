//! 目标完成情况: what the adopted rulebooks plan, and what the ledger has until the day.

use std::collections::BTreeSet;

use super::extract::Extract;
use super::{Cell, Kind, Section, Words, column, quotient, text};
use crate::book::Book;
use crate::book::loan::Loan;
use crate::book::nouns::LoanState;
use crate::calendar::CivilDate;
use crate::money::Amount;
use crate::rulebook::Rulebook;
use crate::rulebook::model::{Target, TargetMeasure, TargetValue};

/// Each target of the newest version of each adopted rulebook.
pub(super) fn section(extract: &Extract) -> Section {
    section_of(&extract.book, &|target| reached(extract, target))
}

/// The same, with what was reached of each.
pub(super) fn section_of(book: &Book, reached: &dyn Fn(&Target) -> TargetValue) -> Section {
    let mut section = Section::new(
        "targets",
        Words::new("Targets against plan", "目标完成情况"),
        vec![
            column("rulebook", Kind::Text, "rulebook", "办法"),
            column("target", Kind::Text, "target", "目标"),
            column("from", Kind::Date, "from", "起始日"),
            column("by", Kind::Date, "by", "期限"),
            column("planned_count", Kind::Count, "planned", "计划数量"),
            column("reached_count", Kind::Count, "reached", "实际数量"),
            column("planned_amount", Kind::Money, "planned yuan", "计划金额"),
            column("reached_amount", Kind::Money, "reached yuan", "实际金额"),
            column("share", Kind::Percent, "reached %", "完成率%"),
            column("clause", Kind::Text, "clause", "条款"),
        ],
    );
    for rulebook in newest(book) {
        for target in &rulebook.targets {
            section.line(line(rulebook, target, reached(target)));
        }
    }
    section
}

/// The newest version of each rulebook.
fn newest(book: &Book) -> impl Iterator<Item = &Rulebook> {
    let adopted = &book.rulebooks;
    let is_newest = |one: &Rulebook| !adopted.iter().any(|other| other.id == one.id && other.version > one.version);
    adopted.iter().map(AsRef::as_ref).filter(move |one| is_newest(one))
}

fn line(rulebook: &Rulebook, target: &Target, reached: TargetValue) -> Vec<Cell> {
    let share = match (reached, target.value) {
        (TargetValue::Count(reached), TargetValue::Count(planned)) => quotient(i64::from(reached), i64::from(planned)),
        (TargetValue::Money(reached), TargetValue::Money(planned)) => quotient(reached.fen(), planned.fen()),
        (TargetValue::Count(_), TargetValue::Money(_)) | (TargetValue::Money(_), TargetValue::Count(_)) => Cell::Empty,
    };
    let heading = rulebook.clause(&target.clause).map(|clause| clause.heading.clone()).unwrap_or_default();
    let (planned_count, planned_amount) = cells(target.value);
    let (reached_count, reached_amount) = cells(reached);
    vec![
        text(&rulebook.reference()),
        Cell::Words(Words::new(&target.name.en, &target.name.zh)),
        Cell::Day(target.from),
        Cell::Day(target.by),
        planned_count,
        reached_count,
        planned_amount,
        reached_amount,
        share,
        text(&heading),
    ]
}

fn cells(value: TargetValue) -> (Cell, Cell) {
    match value {
        TargetValue::Count(count) => (Cell::Count(u64::from(count)), Cell::Empty),
        TargetValue::Money(amount) => (Cell::Empty, Cell::Money(amount)),
    }
}

/// What the ledger has from the target's first day to its last one or the day of the report.
fn reached(extract: &Extract, target: &Target) -> TargetValue {
    let is_within = |day: CivilDate| target.from <= day && day <= target.by;
    let filed = || extract.book.loans.values().filter(|loan| is_filed(loan) && is_within(loan.filed_on));
    let count = |number: usize| TargetValue::Count(u32::try_from(number).unwrap_or(u32::MAX));
    match target.measure {
        TargetMeasure::Enterprises => count(filed().map(|loan| loan.terms.borrower).collect::<BTreeSet<_>>().len()),
        TargetMeasure::Loans => count(filed().count()),
        TargetMeasure::Banks => count(filed().map(|loan| loan.terms.bank.clone()).collect::<BTreeSet<_>>().len()),
        TargetMeasure::Pledges => count(
            extract.book.pledges.values().filter(|pledge| !pledge.void && is_within(pledge.registered_on)).count(),
        ),
        TargetMeasure::Principal => TargetValue::Money(Amount::total(filed().map(|loan| loan.terms.principal))),
        TargetMeasure::Disbursed => {
            let out = extract.book.loans.values().filter(|loan| loan.disbursed_on.is_some_and(is_within));
            TargetValue::Money(Amount::total(out.map(|loan| loan.disbursed)))
        }
        TargetMeasure::SubsidiesPaid => {
            let applications = extract.book.applications.values();
            let paid = applications.filter(|each| each.paid.as_ref().is_some_and(|(day, _)| is_within(*day)));
            TargetValue::Money(Amount::total(paid.map(|each| each.granted.minus(each.received_back))))
        }
    }
}

fn is_filed(loan: &Loan) -> bool {
    loan.state != LoanState::Withdrawn
}
