//! `ipledger bench reconcile`: reading and comparing a bank's file, in the pure core, with the most memory that it took.
//!
//! One line in fifty is wrong: its amount, its date, its contract, doubled, dropped, or split.

use std::fmt::Write as _;
use std::io::Write;
use std::sync::Arc;

use anyhow::Context as _;
use rust_xlsxwriter::Workbook;
use tokio::time::Instant;

use crate::book::reconciliation::StatementOf;
use crate::calendar::CivilDate;
use crate::identifier::{InstitutionId, Sequence};
use crate::money::Amount;
use crate::reconcile::{About, Item, Scope, TOLERANCE_DAYS_DEFAULT, compare, workbook};
use crate::statement::{self, Kind, Line, Nature, Place};

/// Measures and prints; `false` never.
pub fn run(lines: u32, out: &mut dyn Write) -> anyhow::Result<bool> {
    let build = if cfg!(debug_assertions) { "debug: figures mean nothing, use --release" } else { "optimised" };
    writeln!(out, "{lines} payments of {} loans ({build})", lines.div_ceil(12))?;
    let items = ledger(lines)?;
    let stated = doctored(&items);
    let csv = csv(&stated)?;
    let xlsx = xlsx(&stated)?;
    for (name, bytes) in [("CSV", csv.as_bytes()), ("XLSX", xlsx.as_slice())] {
        let begin = Instant::now();
        let reading = statement::read(bytes, None, Some(Kind::Repayments))?;
        let read = begin.elapsed();
        anyhow::ensure!(reading.is_whole() && reading.lines.len() == stated.len(), "the file was not understood");
        let scope = Scope {
            statement: StatementOf::Repayments(InstitutionId::parse("bank")?),
            from: date("2026-01-01")?,
            to: date("2026-12-31")?,
            tolerance_days: TOLERANCE_DAYS_DEFAULT,
        };
        let begin = Instant::now();
        let comparison = compare(scope, reading.lines, items.clone());
        let compared = begin.elapsed();
        let begin = Instant::now();
        let about = About { file_name: name.to_owned(), file_digest: String::new(), compared_at: Sequence::new(0) };
        let size = workbook(&comparison, &about)?.len();
        let written = begin.elapsed();
        let counts: Vec<String> = comparison.counts.iter().map(|(class, count)| format!("{class} {count}")).collect();
        writeln!(
            out,
            "{name}, {} KB: read {} ms, compared {} ms, workbook of {} KB written {} ms; {}",
            bytes.len().div_euclid(1024),
            read.as_millis(),
            compared.as_millis(),
            size.div_euclid(1024),
            written.as_millis(),
            counts.join(", ")
        )?;
    }
    if let Some(peak) = peak_kilobytes() {
        writeln!(out, "memory at its peak: {} MB, with the ledger's payments and both files", peak.div_euclid(1024))?;
    }
    Ok(true)
}

/// Twelve payments of each loan, thirty days apart, each of a sum of its own.
fn ledger(count: u32) -> anyhow::Result<Vec<Item>> {
    let first = date("2026-01-10")?;
    let payment = |index: u32| {
        let (loan, month) = (index.div_euclid(12), index.rem_euclid(12));
        let days = i64::from(month).saturating_mul(29).saturating_add(i64::from(loan.rem_euclid(15)));
        Some(Item {
            sequence: Sequence::new(u64::from(index).saturating_add(1)),
            nature: Nature::Interest,
            amount: Amount::from_fen(i64::from(index).saturating_mul(7).saturating_add(1_000_000)),
            date: first.plus_days(days)?,
            contract: Some(format!("HB-{loan:06}")),
            party_code: None,
            party: Some(format!("鹤壁第{loan}科技有限公司")),
            reference: None,
            period: None,
            reconciled_by: None,
            reverses: None,
        })
    };
    (0..count).map(|index| payment(index).context("a date")).collect()
}

fn doctored(items: &[Item]) -> Vec<Line> {
    let mut lines = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let line = Line {
            place: Place { sheet: Arc::from(""), row: 0 },
            nature: item.nature,
            amount: item.amount,
            date: item.date,
            contract: item.contract.clone(),
            party_code: None,
            party: item.party.clone(),
            reference: None,
            period: None,
            summary: None,
            stated: None,
        };
        match index.rem_euclid(300) {
            0 => lines.push(Line { amount: line.amount.plus(Amount::from_fen(1)), ..line }),
            50 => lines.push(Line { date: line.date.plus_days(7).unwrap_or(line.date), ..line }),
            100 => lines.push(Line { contract: Some(format!("X-{index}")), ..line }),
            150 => lines.extend([line.clone(), line]),
            200 => {}
            250 => {
                let part = Amount::from_fen(12_345);
                let rest = Line { amount: line.amount.minus(part), ..line.clone() };
                lines.extend([Line { amount: part, ..line }, rest]);
            }
            _ => lines.push(line),
        }
    }
    lines
}

const HEADINGS: [&str; 4] = ["还款日期", "合同编号", "借款人", "利息"];

fn csv(lines: &[Line]) -> anyhow::Result<String> {
    let mut text = format!("{}\n", HEADINGS.join(","));
    for line in lines {
        let (contract, party) =
            (line.contract.as_deref().unwrap_or_default(), line.party.as_deref().unwrap_or_default());
        writeln!(text, "{},{contract},{party},\"{}\"", line.date, line.amount.grouped())?;
    }
    Ok(text)
}

fn xlsx(lines: &[Line]) -> anyhow::Result<Vec<u8>> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, heading) in (0..).zip(HEADINGS) {
        sheet.write_string(0, column, heading)?;
    }
    for (row, line) in (1..).zip(lines) {
        sheet.write_string(row, 0, line.date.to_string())?;
        sheet.write_string(row, 1, line.contract.as_deref().unwrap_or_default())?;
        sheet.write_string(row, 2, line.party.as_deref().unwrap_or_default())?;
        sheet.write_string(row, 3, line.amount.to_string())?;
    }
    Ok(book.save_to_buffer()?)
}

fn date(text: &str) -> anyhow::Result<CivilDate> {
    Ok(CivilDate::parse(text)?)
}

/// The most memory that this process ever had; `None` where the system does not tell.
fn peak_kilobytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
