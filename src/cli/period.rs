//! `ipledger period`: what is open in a month, closing it, closing a year.
//!
//! Exit code 1 when something is open: the month was not closed.

use std::io::Write;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use tonic::Status;
use tonic_types::StatusExt as _;
use uuid::Uuid;

use super::client::Client;
use crate::book::nouns::Month;
use crate::book::reconciliation::StatementOf;
use crate::calendar::{CivilDate, FiscalYear};
use crate::proto::v1;

/// The reason of an answer that something is open.
const OPEN_ITEMS: &str = "OPEN_ITEMS";

/// Where, and what to do.
#[derive(Debug, Args)]
pub struct Options {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Say what is open in a month: undecided applications and claims, statements that are not reconciled.
    Check {
        /// The month, `2026-03`.
        month: String,
        #[command(flatten)]
        client: Client,
    },
    /// Close a month, for ever. Needs the role of finance.
    Close {
        /// The month, `2026-03`.
        month: String,
        /// Why it is closed although something is open in it; kept with the entry.
        #[arg(long, default_value = "")]
        reason: String,
        #[command(flatten)]
        client: Client,
    },
    /// Close a year whose months are all closed. Needs the role of finance.
    CloseYear {
        /// The year, `2026`.
        year: String,
        /// A budget line whose rest is carried over to the next year (结转); the rest of the others lapses (结余收回).
        #[arg(long, value_name = "LINE")]
        carry: Vec<String>,
        /// The document that says so (文号).
        #[arg(long)]
        document: String,
        #[command(flatten)]
        client: Client,
    },
}

/// Runs; `false` when something is open.
pub async fn run(options: &Options, out: &mut dyn Write) -> anyhow::Result<bool> {
    match &options.task {
        Task::Check { month, client } => check(month, client, out).await,
        Task::Close { month, reason, client } => close(month, reason, client, out).await,
        Task::CloseYear { year, carry, document, client } => close_year(year, carry, document, client, out).await,
    }
}

async fn check(month: &str, client: &Client, out: &mut dyn Write) -> anyhow::Result<bool> {
    let month = parse(month)?;
    let list = checklist(month, client).await?;
    if list.closed {
        writeln!(out, "{month} is closed 已结账")?;
    }
    let is_empty = write_open(&list, out)?;
    if is_empty && !list.closed {
        writeln!(out, "{month}: nothing is open; it may be closed 无未处理事项，可以结账")?;
    }
    let earlier: Vec<String> =
        list.earlier_open_months.iter().map(|one| format!("{}-{:02}", one.year, one.month)).collect();
    if !earlier.is_empty() {
        writeln!(out, "earlier months that are open 此前未结账月份: {}", earlier.join(", "))?;
    }
    Ok(is_empty)
}

async fn close(month: &str, reason: &str, client: &Client, out: &mut dyn Write) -> anyhow::Result<bool> {
    let month = parse(month)?;
    let request = v1::ClosePeriodRequest {
        request_id: Uuid::new_v4().to_string(),
        year: i32::from(month.year.value()),
        month: i32::from(month.month),
        open_items_reason: reason.to_owned(),
        ..Default::default()
    };
    match client.periods().await?.close_period(request).await {
        Ok(answer) => {
            let answer = answer.into_inner();
            say(answer.entry.as_ref(), answer.decision, out)?;
            Ok(true)
        }
        Err(status) if is_open(&status) => {
            writeln!(out, "{}", status.message())?;
            write_open(&checklist(month, client).await?, out)?;
            Ok(false)
        }
        Err(status) => Err(anyhow::anyhow!(super::refusal(&status))),
    }
}

async fn close_year(
    year: &str,
    carry: &[String],
    document: &str,
    client: &Client,
    out: &mut dyn Write,
) -> anyhow::Result<bool> {
    let year = FiscalYear::parse(year)?;
    let request = v1::CloseYearRequest {
        request_id: Uuid::new_v4().to_string(),
        year: i32::from(year.value()),
        carried_budget_line_ids: carry.to_vec(),
        document: document.to_owned(),
        ..Default::default()
    };
    match client.periods().await?.close_year(request).await {
        Ok(answer) => {
            let answer = answer.into_inner();
            say(answer.entry.as_ref(), answer.decision, out)?;
            Ok(true)
        }
        Err(status) if is_open(&status) => {
            writeln!(out, "{}", status.message())?;
            Ok(false)
        }
        Err(status) => Err(anyhow::anyhow!(super::refusal(&status))),
    }
}

async fn checklist(month: Month, client: &Client) -> anyhow::Result<v1::GetPeriodChecklistResponse> {
    let request = v1::GetPeriodChecklistRequest { year: i32::from(month.year.value()), month: i32::from(month.month) };
    let answer = client.periods().await?.get_period_checklist(request).await;
    Ok(answer.map_err(|status| anyhow::anyhow!(super::refusal(&status)))?.into_inner())
}

/// Writes what is open; whether nothing is.
fn write_open(list: &v1::GetPeriodChecklistResponse, out: &mut dyn Write) -> anyhow::Result<bool> {
    let mut is_empty = true;
    for (what, ids) in [
        ("application to decide 待审核补助申请", &list.application_ids),
        ("claim to decide 待审核补偿申请", &list.claim_ids),
    ] {
        for id in ids {
            is_empty = false;
            writeln!(out, "{what}: {id}")?;
        }
    }
    for open in &list.unreconciled {
        is_empty = false;
        let month = open.month.map(|month| format!("{}-{:02}", month.year, month.month)).unwrap_or_default();
        writeln!(
            out,
            "statement to reconcile 未对账: {} {month}, {} entries, the first is {}",
            named(&open.statement),
            open.open_count,
            open.first_sequence
        )?;
    }
    for statement in &list.statements_due {
        is_empty = false;
        writeln!(out, "statement not signed off to the month's end 未收到或未确认: {}", named(statement))?;
    }
    Ok(is_empty)
}

/// A statement with its Chinese name.
fn named(statement: &str) -> String {
    StatementOf::parse(statement)
        .map_or_else(|_unknown| statement.to_owned(), |known| format!("{statement} {}", known.chinese()))
}

fn is_open(status: &Status) -> bool {
    status.get_details_error_info().is_some_and(|info| info.reason == OPEN_ITEMS)
}

fn say(entry: Option<&v1::Entry>, decision: Option<v1::Decision>, out: &mut dyn Write) -> anyhow::Result<()> {
    let entry = entry.context("the ledger answered without an entry")?;
    let text = decision.and_then(|decision| decision.sentence).unwrap_or_default();
    writeln!(out, "entry {} 分录: {} {}", entry.sequence, text.en, text.zh)?;
    Ok(())
}

fn parse(text: &str) -> anyhow::Result<Month> {
    let first = CivilDate::parse(&format!("{text}-01"));
    Ok(Month::of(first.with_context(|| format!("`{text}` is not a month; expected for example `2026-03`"))?))
}
