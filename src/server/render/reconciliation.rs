//! Statements, comparisons and sign-offs as the API shows them.

use crate::book::reconciliation::{Class, Counts, OpenStatement, SignOff, StatementSignedOff};
use crate::calendar::CivilDate;
use crate::identifier::{Invalid, Sequence, Uscc};
use crate::proto::v1;
use crate::reconcile::{Comparison, Finding, Item, Words};
use crate::server::vocabulary::wire;
use crate::statement::{Line, MISREAD_MAX, Reading};

use super::{date_or_empty, event as details, or_empty};

pub(crate) fn signed_off(signed: &StatementSignedOff) -> v1::StatementSignedOff {
    v1::StatementSignedOff {
        statement: signed.statement.to_string(),
        from_date: signed.from.to_string(),
        to_date: signed.to.to_string(),
        file_name: signed.file_name.clone(),
        file_digest: hex::encode(signed.file_digest),
        tolerance_days: signed.tolerance_days,
        compared_at_sequence: signed.compared_at.value(),
        comparison_digest: hex::encode(signed.comparison_digest),
        classes: signed.counts.iter().map(|(class, _)| class.code().to_owned()).collect(),
        counts: signed.counts.iter().map(|(_, count)| count).collect(),
        matched_count: u64::try_from(signed.matched.len()).unwrap_or(u64::MAX),
        differing_sequences: signed.differing.iter().map(|sequence| sequence.value()).collect(),
        note: signed.note.clone(),
    }
}

pub(super) fn sentence(signed: &StatementSignedOff) -> v1::Text {
    let (statement, from, to) = (&signed.statement, signed.from, signed.to);
    let (matched, differences) = (signed.matched.len(), signed.counts.differences());
    v1::Text {
        en: format!(
            "The statement {statement} of {from} to {to} is signed off: {matched} entries reconciled, {differences} differences."
        ),
        zh: format!(
            "{}（{from} 至 {to}）已确认对账：{matched} 笔分录已对账，{differences} 处差异。",
            statement.chinese()
        ),
    }
}

pub(crate) fn preview(reading: &Reading, digest: &[u8; 32]) -> v1::StatementPreview {
    let misread = reading.misread.iter().map(|one| v1::MisreadCell {
        sheet: one.place.sheet.to_string(),
        row: one.place.row,
        column: one.column.clone(),
        value: one.value.clone(),
        problem: Some(said(&one.invalid)),
    });
    let skipped = reading.skipped.iter().take(MISREAD_MAX).map(|one| v1::SkippedRow {
        sheet: one.place.sheet.to_string(),
        row: one.place.row,
        reason: Some(v1::Text { en: one.reason.code().to_owned(), zh: one.reason.chinese().to_owned() }),
        text: one.text.clone(),
    });
    v1::StatementPreview {
        format: reading.format.clone(),
        layout: reading.layout.to_toml(),
        guessed: reading.guessed,
        file_digest: hex::encode(digest),
        line_count: u64::try_from(reading.lines.len()).unwrap_or(u64::MAX),
        misread_count: u64::try_from(reading.misread_count).unwrap_or(u64::MAX),
        misread: misread.collect(),
        skipped: skipped.collect(),
        notes: reading.notes.iter().map(said).collect(),
    }
}

fn said(invalid: &Invalid) -> v1::Text {
    v1::Text { en: invalid.problem.clone(), zh: invalid.problem_zh.clone() }
}

pub(crate) fn line(line: &Line) -> v1::StatementLine {
    let text = |text: Option<&String>| or_empty(text);
    let stated = line.stated.as_deref();
    v1::StatementLine {
        sheet: line.place.sheet.to_string(),
        row: line.place.row,
        nature: wire(line.nature),
        amount: line.amount.to_string(),
        date: line.date.to_string(),
        contract_number: text(line.contract.as_ref()),
        party: text(line.party.as_ref()),
        party_uscc: or_empty(line.party_code.as_ref()),
        reference: text(line.reference.as_ref()),
        summary: text(line.summary.as_ref()),
        period_from: day(line.period.map(|(from, _)| from)),
        period_to: day(line.period.map(|(_, to)| to)),
        balance: or_empty(stated.and_then(|stated| stated.balance).as_ref()),
        matures_on: day(stated.and_then(|stated| stated.matures_on)),
        annual_rate: stated
            .and_then(|stated| stated.rate.as_ref())
            .map(|rate| rate.text().to_owned())
            .unwrap_or_default(),
        loan_state: stated.and_then(|stated| stated.state).map(|state| state.chinese().to_owned()).unwrap_or_default(),
    }
}

fn day(date: Option<CivilDate>) -> String {
    date_or_empty(date)
}

fn movement(item: &Item) -> v1::LedgerMovement {
    v1::LedgerMovement {
        sequence: item.sequence.value(),
        nature: wire(item.nature),
        amount: item.amount.to_string(),
        date: item.date.to_string(),
        contract_number: or_empty(item.contract.as_ref()),
        party: or_empty(item.party.as_ref()),
        party_uscc: or_empty(item.party_code.as_ref().map(Uscc::as_str).as_ref()),
        reference: or_empty(item.reference.as_ref()),
        reconciled_by_sequence: item.reconciled_by.map_or(0, Sequence::value),
    }
}

pub(crate) fn finding(comparison: &Comparison, finding: &Finding) -> v1::ReconciliationFinding {
    let Words { en, zh } = finding.reason.clone();
    v1::ReconciliationFinding {
        class: wire(finding.class),
        lines: finding.lines.iter().filter_map(|index| comparison.lines.get(*index)).map(line).collect(),
        movements: finding.items.iter().filter_map(|index| comparison.items.get(*index)).map(movement).collect(),
        reason: Some(v1::Text { en, zh }),
    }
}

pub(crate) fn counts(counts: &Counts) -> Vec<v1::ClassCount> {
    counts.iter().map(|(class, count): (Class, u64)| v1::ClassCount { class: wire(class), count }).collect()
}

pub(crate) fn past(sequence: Sequence, one: &SignOff) -> v1::SignedOffStatement {
    v1::SignedOffStatement {
        sequence: sequence.value(),
        statement: one.statement.to_string(),
        from_date: one.from.to_string(),
        to_date: one.to.to_string(),
        file_name: one.file_name.clone(),
        file_digest: hex::encode(one.file_digest),
        counts: counts(&one.counts),
        difference_count: one.counts.differences(),
        compared_at_sequence: one.compared_at.value(),
        signed_by: one.signed_by.to_string(),
        signed_on: one.signed_on.to_string(),
    }
}

pub(crate) fn unreconciled(one: &OpenStatement) -> v1::UnreconciledStatement {
    v1::UnreconciledStatement {
        statement: one.statement.to_string(),
        open_count: u64::try_from(one.entries).unwrap_or(u64::MAX),
        first_sequence: one.first.value(),
        month: Some(details::month(one.month)),
    }
}
