//! `ipledger reconcile`: a bank's file against a running ledger, as a table, as a workbook, or for machines; and its
//! sign-off.
//!
//! Exit code 1 when anything differs, 2 when the file was not understood: then nothing was compared.

mod call;
mod json;
mod screen;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use uuid::Uuid;

use super::client::Client;
use crate::book::nouns::Month;
use crate::book::reconciliation::StatementOf;
use crate::calendar::CivilDate;
use crate::identifier::{InstitutionId, PoolId};
use crate::proto::v1;
use crate::statement::{FILE_BYTES_MAX, Layout};

/// What to reconcile, and what to do with the result.
#[derive(Debug, Args)]
pub struct Options {
    /// The bank's file: XLSX, XLS, CSV, TSV or camt.053.
    file: PathBuf,
    /// Which list it is.
    #[arg(long, value_enum)]
    kind: KindArgument,
    /// The bank whose list it is, for loans and repayments.
    #[arg(long)]
    bank: Option<String>,
    /// The pool whose account it is; without one an account is the treasury's.
    #[arg(long)]
    pool: Option<String>,
    /// The period: `2026-03`, `2026`, or `2026-01-01..2026-03-31`.
    #[arg(long)]
    period: String,
    /// How the columns are read; without one the layout is guessed and shown.
    #[arg(long, value_name = "TOMLFILE")]
    layout: Option<PathBuf>,
    /// Keep the layout that was used, for the next time.
    #[arg(long, value_name = "TOMLFILE")]
    save_layout: Option<PathBuf>,
    /// How far dates may be off, in days.
    #[arg(long, default_value_t = crate::reconcile::TOLERANCE_DAYS_DEFAULT)]
    tolerance: u32,
    /// Show what is understood of each row, and compare nothing.
    #[arg(long, conflicts_with_all = ["xlsx", "sign_off"])]
    preview: bool,
    /// Write the result as a workbook: a sheet for each class.
    #[arg(long, value_name = "FILE")]
    xlsx: Option<PathBuf>,
    /// Print JSON instead of tables.
    #[arg(long)]
    json: bool,
    /// Sign the statement off, in your name: needs the role of finance or officer.
    #[arg(long)]
    sign_off: bool,
    /// What explains the differences that are signed off.
    #[arg(long, default_value = "", requires = "sign_off")]
    note: String,
    /// Where the ledger is.
    #[command(flatten)]
    client: Client,
}

/// The three kinds of lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum KindArgument {
    /// A bank's loan list (贷款台账).
    Loans,
    /// A bank's list of interest and principal paid (还本付息清单).
    Repayments,
    /// The bank-account statement of a pool or of the treasury (银行对账单).
    Account,
}

/// Runs; `false` when anything differs.
pub async fn run(options: &Options, out: &mut dyn Write) -> anyhow::Result<bool> {
    let bytes = read_file(&options.file)?;
    let layout = options.layout.as_ref().map(|path| read_layout(path)).transpose()?;
    let (from, to) = period(&options.period)?;
    let open = v1::compare_statement_request::OpenStatement {
        statement: statement(options)?.to_string(),
        from_date: from.to_string(),
        to_date: to.to_string(),
        file_name: options.file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        layout: layout.unwrap_or_default(),
        tolerance_days: Some(options.tolerance),
        preview_only: options.preview,
        with_workbook: options.xlsx.is_some(),
    };
    let mut client = options.client.reconciliation().await?;
    let answer = call::compare(&mut client, open, &bytes).await?;
    if let Some(path) = &options.save_layout {
        fs::write(path, &answer.preview.layout).with_context(|| format!("writing `{}`", path.display()))?;
    }
    if options.json {
        json::write(&answer, out)?;
    } else {
        screen::write(&answer, options.preview, out)?;
    }
    let misread = answer.preview.misread_count;
    let cells = if misread == 1 { "1 cell was" } else { &format!("{misread} cells were") };
    anyhow::ensure!(misread == 0, "{cells} not understood; nothing was compared");
    let Some(summary) = answer.summary else { return Ok(true) };
    if let Some(path) = &options.xlsx {
        fs::write(path, &answer.workbook).with_context(|| format!("writing `{}`", path.display()))?;
    }
    if options.sign_off {
        let request = v1::SignOffStatementRequest {
            request_id: Uuid::new_v4().to_string(),
            comparison_id: summary.comparison_id.clone(),
            note: options.note.clone(),
            ..Default::default()
        };
        let signed = client.sign_off_statement(request).await.map_err(|status| call::said(&status))?.into_inner();
        if !options.json {
            screen::signed(&signed, out)?;
        }
    }
    Ok(summary.difference_count == 0)
}

fn read_file(path: &Path) -> anyhow::Result<Vec<u8>> {
    let size = fs::metadata(path).with_context(|| format!("reading `{}`", path.display()))?.len();
    anyhow::ensure!(
        usize::try_from(size).is_ok_and(|size| size <= FILE_BYTES_MAX),
        "`{}` has {size} bytes; expected at most {FILE_BYTES_MAX}; split it by period",
        path.display()
    );
    fs::read(path).with_context(|| format!("reading `{}`", path.display()))
}

/// The layout's text, checked here for a message with the file's name.
fn read_layout(path: &Path) -> anyhow::Result<String> {
    let text = fs::read_to_string(path).with_context(|| format!("reading `{}`", path.display()))?;
    Layout::parse(&text).with_context(|| format!("`{}`", path.display()))?;
    Ok(text)
}

fn statement(options: &Options) -> anyhow::Result<StatementOf> {
    let bank = || {
        let bank = options.bank.as_deref().context("whose list it is is missing; name the bank with --bank")?;
        anyhow::Ok(InstitutionId::parse(bank)?)
    };
    Ok(match options.kind {
        KindArgument::Loans => StatementOf::Loans(bank()?),
        KindArgument::Repayments => StatementOf::Repayments(bank()?),
        KindArgument::Account => match &options.pool {
            Some(pool) => StatementOf::Pool(PoolId::parse(pool)?),
            None => StatementOf::Treasury,
        },
    })
}

/// First and last day.
fn period(text: &str) -> anyhow::Result<(CivilDate, CivilDate)> {
    let wanted = || format!("`{text}` is not a period; expected `2026-03`, `2026` or `2026-01-01..2026-03-31`");
    if let Some((from, to)) = text.split_once("..") {
        return Ok((CivilDate::parse(from).with_context(wanted)?, CivilDate::parse(to).with_context(wanted)?));
    }
    if text.len() == 4 {
        let first = CivilDate::parse(&format!("{text}-01-01")).with_context(wanted)?;
        return Ok((first, first.year().last_day()));
    }
    let first = CivilDate::parse(&format!("{text}-01")).with_context(wanted)?;
    let month = Month::of(first);
    let mut last = first;
    while let Some(next) = last.plus_days(1).filter(|next| Month::of(*next) == month) {
        last = next;
    }
    Ok((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(text: &str) -> String {
        match period(text) {
            Ok((from, to)) => format!("{from} {to}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_period_is_a_month_a_year_or_two_days() {
        assert_eq!(days("2026-02"), "2026-02-01 2026-02-28");
        assert_eq!(days("2028-02"), "2028-02-01 2028-02-29");
        assert_eq!(days("2026-12"), "2026-12-01 2026-12-31");
        assert_eq!(days("2026"), "2026-01-01 2026-12-31");
        assert_eq!(days("2026-01-01..2026-03-31"), "2026-01-01 2026-03-31");
        assert_eq!(days("März"), "`März` is not a period; expected `2026-03`, `2026` or `2026-01-01..2026-03-31`");
    }
}
