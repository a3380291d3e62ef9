//! The result for machines: one JSON object; amounts are text, so that no reader makes fractions of them.

use std::io::Write;

use serde_json::{Value, json};

use super::call::Answer;
use super::screen::code;
use crate::proto::v1;

/// Writes the object and a line end.
pub(super) fn write(answer: &Answer, out: &mut dyn Write) -> anyhow::Result<()> {
    let preview = &answer.preview;
    let mut object = json!({
        "format": preview.format,
        "layout": preview.layout,
        "layout_guessed": preview.guessed,
        "file_digest": preview.file_digest,
        "line_count": preview.line_count,
        "misread_count": preview.misread_count,
        "misread": preview.misread.iter().map(misread).collect::<Vec<_>>(),
        "skipped": preview.skipped.iter().map(skipped).collect::<Vec<_>>(),
        "notes": preview.notes.iter().map(text).collect::<Vec<_>>(),
        "lines": answer.lines.iter().map(line).collect::<Vec<_>>(),
    });
    if let (Some(object), Some(summary)) = (object.as_object_mut(), &answer.summary) {
        object.remove("lines");
        object.insert("comparison".to_owned(), comparison(summary));
        object.insert("findings".to_owned(), answer.findings.iter().map(finding).collect());
    }
    serde_json::to_writer_pretty(&mut *out, &object)?;
    writeln!(out)?;
    Ok(())
}

fn text(text: &v1::Text) -> Value {
    json!({ "en": text.en, "zh": text.zh })
}

fn misread(one: &v1::MisreadCell) -> Value {
    let problem = one.problem.as_ref().map(text);
    json!({ "sheet": one.sheet, "row": one.row, "column": one.column, "value": one.value, "problem": problem })
}

fn skipped(one: &v1::SkippedRow) -> Value {
    json!({ "sheet": one.sheet, "row": one.row, "reason": one.reason.as_ref().map(text), "text": one.text })
}

fn comparison(summary: &v1::ComparisonSummary) -> Value {
    let counts: serde_json::Map<String, Value> =
        summary.counts.iter().map(|one| (code(one.class).to_owned(), one.count.into())).collect();
    json!({
        "comparison_id": summary.comparison_id,
        "statement": summary.statement,
        "from_date": summary.from_date,
        "to_date": summary.to_date,
        "tolerance_days": summary.tolerance_days,
        "compared_at_sequence": summary.compared_at_sequence,
        "counts": counts,
        "difference_count": summary.difference_count,
        "signed_off_sequence": summary.signed_off_sequence,
    })
}

fn finding(finding: &v1::ReconciliationFinding) -> Value {
    json!({
        "class": code(finding.class),
        "lines": finding.lines.iter().map(line).collect::<Vec<_>>(),
        "entries": finding.movements.iter().map(movement).collect::<Vec<_>>(),
        "reason": finding.reason.as_ref().map(text),
    })
}

fn nature(nature: i32) -> String {
    let name = v1::StatementNature::try_from(nature).unwrap_or_default().as_str_name();
    name.trim_start_matches("STATEMENT_NATURE_").to_lowercase()
}

fn line(line: &v1::StatementLine) -> Value {
    let mut value = json!({
        "sheet": line.sheet,
        "row": line.row,
        "nature": nature(line.nature),
        "amount": line.amount,
        "date": line.date,
        "contract_number": line.contract_number,
        "party": line.party,
        "party_uscc": line.party_uscc,
        "reference": line.reference,
        "summary": line.summary,
        "period_from": line.period_from,
        "period_to": line.period_to,
    });
    let standing = [
        ("balance", &line.balance),
        ("matures_on", &line.matures_on),
        ("annual_rate", &line.annual_rate),
        ("loan_state", &line.loan_state),
    ];
    if let Some(object) = value.as_object_mut() {
        let stated = standing.into_iter().filter(|(_, said)| !said.is_empty());
        object.extend(stated.map(|(name, said)| (name.to_owned(), Value::from(said.as_str()))));
    }
    value
}

fn movement(one: &v1::LedgerMovement) -> Value {
    json!({
        "sequence": one.sequence,
        "nature": nature(one.nature),
        "amount": one.amount,
        "date": one.date,
        "contract_number": one.contract_number,
        "party": one.party,
        "party_uscc": one.party_uscc,
        "reference": one.reference,
        "reconciled_by_sequence": one.reconciled_by_sequence,
    })
}
