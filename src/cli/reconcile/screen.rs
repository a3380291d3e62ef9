//! The result as tables, in Chinese and English.

use std::io::{self, Write};

use comfy_table::{CellAlignment, Table, presets};

use super::call::Answer;
use crate::money::Amount;
use crate::proto::v1;

/// How many rows of a table are shown; the workbook and JSON have all.
const ROWS_SHOWN: usize = 100;

/// What was understood, then what was found.
pub(super) fn write(answer: &Answer, preview_only: bool, out: &mut dyn Write) -> io::Result<()> {
    let preview = &answer.preview;
    let how = if preview.guessed { "layout guessed 版式为推测" } else { "layout given 按版式" };
    writeln!(out, "{}, {} lines, {how}, SHA-256 {}", preview.format, preview.line_count, preview.file_digest)?;
    if preview.guessed && (preview_only || preview.misread_count > 0) {
        writeln!(out, "\n{}", preview.layout.trim_end())?;
    }
    for note in &preview.notes {
        writeln!(out, "note 注意 {} {}", note.en, note.zh)?;
    }
    if preview_only {
        understood(answer, out)?;
    }
    misread(preview, out)?;
    if let Some(summary) = &answer.summary {
        found(answer, summary, out)?;
    }
    Ok(())
}

fn understood(answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
    let states = |line: &v1::StatementLine| {
        [&line.balance, &line.matures_on, &line.annual_rate, &line.loan_state].iter().any(|said| !said.is_empty())
    };
    let states = answer.lines.iter().any(states);
    let mut headings =
        vec!["行 row", "性质", "日期 date", "金额 amount", "合同编号", "户名 party", "流水号 reference", "摘要"];
    if states {
        headings.extend(["余额 balance", "到期日 maturity", "利率 rate", "状态 state"]);
    }
    let mut table = table(&headings);
    right(&mut table, 3);
    for line in answer.lines.iter().take(ROWS_SHOWN) {
        let mut cells = vec![
            line.row.to_string(),
            nature(line.nature).to_owned(),
            line.date.clone(),
            grouped(&line.amount),
            line.contract_number.clone(),
            line.party.clone(),
            line.reference.clone(),
            line.summary.clone(),
        ];
        if states {
            let balance = if line.balance.is_empty() { String::new() } else { grouped(&line.balance) };
            cells.extend([balance, line.matures_on.clone(), line.annual_rate.clone(), line.loan_state.clone()]);
        }
        table.add_row(cells);
    }
    writeln!(out, "\n{table}")?;
    more(answer.lines.len(), out)?;
    let mut skipped = self::table(&["行 row", "未作为明细 not a line", "内容 text"]);
    for row in answer.preview.skipped.iter().take(ROWS_SHOWN) {
        let reason = row.reason.clone().unwrap_or_default();
        skipped.add_row([row.row.to_string(), format!("{} {}", reason.zh, reason.en), row.text.clone()]);
    }
    if !answer.preview.skipped.is_empty() {
        writeln!(out, "{skipped}")?;
    }
    more(answer.preview.skipped.len(), out)
}

fn misread(preview: &v1::StatementPreview, out: &mut dyn Write) -> io::Result<()> {
    if preview.misread.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n无法识别 not understood: {}", preview.misread_count)?;
    let mut table = table(&["工作表 sheet", "行 row", "列 column", "内容 value", "问题 problem"]);
    for one in preview.misread.iter().take(ROWS_SHOWN) {
        let problem = one.problem.clone().unwrap_or_default();
        table.add_row([
            one.sheet.clone(),
            one.row.to_string(),
            one.column.clone(),
            one.value.clone(),
            format!("{}\n{}", problem.en, problem.zh),
        ]);
    }
    writeln!(out, "{table}")?;
    more(preview.misread.len(), out)
}

fn found(answer: &Answer, summary: &v1::ComparisonSummary, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "{} of {} – {}, compared at entry {}, dates may be {} days apart",
        summary.statement, summary.from_date, summary.to_date, summary.compared_at_sequence, summary.tolerance_days
    )?;
    if summary.signed_off_sequence != 0 {
        let entry = summary.signed_off_sequence;
        writeln!(out, "this file was signed off before, as entry {entry} 该文件已于分录 {entry} 确认")?;
    }
    let mut counts = table(&["类别 class", "行数 lines"]);
    right(&mut counts, 1);
    for one in &summary.counts {
        counts.add_row([class(one.class), one.count.to_string()]);
    }
    writeln!(out, "{counts}")?;
    let off: Vec<&v1::ReconciliationFinding> = answer.findings.iter().filter(|one| is_difference(one.class)).collect();
    if !off.is_empty() {
        let mut table =
            table(&["行 row", "类别 class", "日期 date", "金额 amount", "合同/户名", "分录 entry", "原因 reason"]);
        right(&mut table, 3);
        for finding in off.iter().take(ROWS_SHOWN) {
            table.add_row(difference(finding));
        }
        writeln!(out, "{table}")?;
        more(off.len(), out)?;
    }
    let differences = summary.difference_count;
    writeln!(
        out,
        "{}",
        if differences == 0 {
            "no differences 无差异".to_owned()
        } else {
            format!("{differences} differences 处差异")
        }
    )
}

fn difference(finding: &v1::ReconciliationFinding) -> [String; 7] {
    let rows: Vec<String> = finding.lines.iter().map(|line| line.row.to_string()).collect();
    let entries: Vec<String> = finding.movements.iter().map(|one| one.sequence.to_string()).collect();
    let reason = finding.reason.clone().unwrap_or_default();
    let stated = finding.lines.first().map(|line| (&line.date, &line.amount, &line.contract_number, &line.party));
    let kept = finding.movements.first().map(|one| (&one.date, &one.amount, &one.contract_number, &one.party));
    let (date, amount, contract, party) =
        stated.or(kept).map_or_else(Default::default, |(date, amount, contract, party)| {
            (date.clone(), grouped(amount), contract.clone(), party.clone())
        });
    let who = format!("{contract} {party}").trim().to_owned();
    [
        rows.join(", "),
        class(finding.class),
        date,
        amount,
        who,
        entries.join(", "),
        format!("{}\n{}", reason.zh, reason.en),
    ]
}

/// The sign-off.
pub(super) fn signed(signed: &v1::SignOffStatementResponse, out: &mut dyn Write) -> io::Result<()> {
    let entry = signed.entry.as_ref();
    let by = entry.and_then(|entry| entry.actor.as_ref()).map(|actor| actor.person.clone()).unwrap_or_default();
    let sequence = entry.map_or(0, |entry| entry.sequence);
    writeln!(out, "signed off as entry {sequence} by {by} 已由 {by} 确认，分录 {sequence}")
}

fn table(headings: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_header(headings.to_vec());
    table
}

fn right(table: &mut Table, column: usize) {
    if let Some(column) = table.column_mut(column) {
        column.set_cell_alignment(CellAlignment::Right);
    }
}

fn more(count: usize, out: &mut dyn Write) -> io::Result<()> {
    match count.checked_sub(ROWS_SHOWN) {
        Some(rest) if rest > 0 => writeln!(out, "… and {rest} more; see --xlsx or --json 另有 {rest} 行"),
        Some(_) | None => Ok(()),
    }
}

fn grouped(amount: &str) -> String {
    let (sign, plain) = amount.strip_prefix('-').map_or(("", amount), |rest| ("-", rest));
    Amount::parse(plain).map_or_else(|_other| amount.to_owned(), |amount| format!("{sign}{}", amount.grouped()))
}

fn nature(nature: i32) -> &'static str {
    match v1::StatementNature::try_from(nature).unwrap_or_default() {
        v1::StatementNature::Unspecified => "",
        v1::StatementNature::Drawdown => "放款",
        v1::StatementNature::Interest => "利息",
        v1::StatementNature::Principal => "本金",
        v1::StatementNature::Cash => "收付",
    }
}

fn core(class: i32) -> Option<crate::book::reconciliation::Class> {
    let name = v1::ReconciliationClass::try_from(class).ok()?.as_str_name();
    let code = name.strip_prefix("RECONCILIATION_CLASS_")?.to_lowercase().replace('_', "-");
    crate::book::reconciliation::Class::parse(&code)
}

fn class(class: i32) -> String {
    core(class).map(|class| format!("{} {class}", class.chinese())).unwrap_or_default()
}

fn is_difference(class: i32) -> bool {
    core(class).is_some_and(crate::book::reconciliation::Class::is_difference)
}

/// The code of a class, for machines.
pub(super) fn code(class: i32) -> &'static str {
    core(class).map_or("", crate::book::reconciliation::Class::code)
}
