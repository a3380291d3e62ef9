//! `ipledger closing`: the closing run of a programme year (年度折算兑付), and awards under a version that reaches back
//! (追溯更正), each with a preview that records nothing.

use std::io::Write;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use comfy_table::{CellAlignment, Table, presets};
use uuid::Uuid;

use super::client::{Client, Connection};
use crate::money::Amount;
use crate::proto::v1;
use crate::proto::v1::application_changed::Change;
use crate::proto::v1::entry::Event;
use crate::proto::v1::ledger_service_client::LedgerServiceClient;
use crate::proto::v1::rulebook_service_client::RulebookServiceClient;
use crate::proto::v1::subsidy_service_client::SubsidyServiceClient;

/// Applications of one page.
const PAGE: i32 = 1_000;

/// What to do at the close of a programme year.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Divide what the budget has among all applications that wait for the closing run (as an officer who submitted none).
    Run(Run),
    /// Apply an adopted rulebook version to what was decided before (as an officer).
    Correct(Correct),
}

/// A closing run.
#[derive(Debug, Args)]
pub struct Run {
    /// The programme; its rulebook has a `closing_run`.
    #[arg(long)]
    programme: String,
    /// The budget year.
    #[arg(long)]
    year: i32,
    /// How it is made.
    #[command(flatten)]
    how: How,
}

/// A correction of past awards.
#[derive(Debug, Args)]
pub struct Correct {
    /// The adopted version, for example `hebi-2017@2`.
    #[arg(long, value_name = "ID@VERSION")]
    rulebook: String,
    /// Which of its programmes.
    #[arg(long)]
    programme: String,
    /// Why, for example the document that changes the rule.
    #[arg(long)]
    reason: String,
    /// How it is made.
    #[command(flatten)]
    how: How,
}

/// What both have in common.
#[derive(Debug, Args)]
pub struct How {
    /// Decide and show it, but record nothing.
    #[arg(long)]
    preview: bool,
    /// The day on which it takes effect, YYYY-MM-DD [default: today].
    #[arg(long, default_value = "", hide_default_value = true)]
    date: String,
    /// Where the ledger is, and as whom to call it.
    #[command(flatten)]
    client: Client,
}

/// Runs the task.
pub fn run(task: &Task, out: &mut dyn Write) -> anyhow::Result<bool> {
    super::on_runtime(async {
        match task {
            Task::Run(one) => close(one, out).await,
            Task::Correct(one) => correct(one, out).await,
        }
    })
}

async fn close(one: &Run, out: &mut dyn Write) -> anyhow::Result<bool> {
    let connection = one.how.client.connect().await?;
    let mut subsidies = SubsidyServiceClient::new(connection.clone());
    let waiting = if one.how.preview { waiting(&mut subsidies, one).await? } else { Vec::new() };
    let request = v1::RunClosingRequest {
        request_id: Uuid::new_v4().to_string(),
        validate_only: one.how.preview,
        effective_date: one.how.date.clone(),
        programme_id: one.programme.clone(),
        year: one.year,
        ..Default::default()
    };
    let answer = subsidies.run_closing(request).await?.into_inner();
    let entry = answer.entry.context("the ledger answered without an entry")?;
    let Some(Event::ClosingRun(run)) = entry.event else { anyhow::bail!("the ledger answered with another entry") };
    let mut table = figures(["application", "approved", "paid"]);
    if one.how.preview {
        for (application, share) in waiting.iter().zip(shares(&run, &waiting)) {
            table.add_row([application.application_id.clone(), grouped(&application.granted), share.grouped()]);
        }
    } else {
        for (application, change) in members(connection, entry.sequence, run.shares).await? {
            let Change::ClosingShare(share) = change else { continue };
            let approved = share.lines.iter().filter_map(|line| line.explanation.as_ref());
            let approved = approved.filter_map(|line| Amount::parse(&line.requested).ok());
            table.add_row([application, Amount::total(approved).grouped(), grouped(&share.paid)]);
        }
    }
    table.add_row(["in all".to_owned(), grouped(&run.approved), grouped(&run.paid)]);
    writeln!(out, "{table}\nbudget line `{}` of {}: {}", run.budget_line_id, run.year, grouped(&run.budget))?;
    end(&one.how, entry.sequence, answer.decision, out)
}

/// The applications that wait for this closing run, in the order of their ids.
async fn waiting(subsidies: &mut SubsidyServiceClient<Connection>, one: &Run) -> anyhow::Result<Vec<v1::Application>> {
    let mut all = Vec::new();
    let mut page_token = String::new();
    loop {
        let state = v1::ApplicationState::AwaitingClosing.into();
        let request = v1::ListApplicationsRequest { state, page_size: PAGE, page_token, ..Default::default() };
        let page = subsidies.list_applications(request).await?.into_inner();
        let here =
            |one: &Run, other: &v1::Application| other.programme_id == one.programme && other.budget_year == one.year;
        all.extend(page.applications.into_iter().filter(|application| here(one, application)));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(all);
        }
    }
}

/// What each would be paid: as the run divides it.
fn shares(run: &v1::ClosingRun, waiting: &[v1::Application]) -> Vec<Amount> {
    let approved: Vec<Amount> =
        waiting.iter().map(|application| Amount::parse(&application.granted).unwrap_or_default()).collect();
    Amount::parse(&run.paid).unwrap_or_default().split_like(&approved)
}

async fn correct(one: &Correct, out: &mut dyn Write) -> anyhow::Result<bool> {
    let version = one.rulebook.split_once('@').and_then(|(id, version)| Some((id, version.parse().ok()?)));
    let (rulebook_id, version) =
        version.with_context(|| format!("`{}` is not a version; expected for example `hebi-2017@2`", one.rulebook))?;
    let connection = one.how.client.connect().await?;
    let request = v1::CorrectAwardsRequest {
        request_id: Uuid::new_v4().to_string(),
        validate_only: one.how.preview,
        effective_date: one.how.date.clone(),
        rulebook: Some(v1::RulebookRef { rulebook_id: rulebook_id.to_owned(), version }),
        programme_id: one.programme.clone(),
        reason: one.reason.clone(),
        ..Default::default()
    };
    let answer = RulebookServiceClient::new(connection.clone()).correct_awards(request).await?.into_inner();
    let entry = answer.entry.context("the ledger answered without an entry")?;
    let Some(Event::AwardsCorrected(done)) = entry.event else {
        anyhow::bail!("the ledger answered with another entry")
    };
    let mut table = figures(["application", "before", "now"]);
    if !one.how.preview {
        for (application, change) in members(connection, entry.sequence, done.corrections).await? {
            let Change::Corrected(correction) = change else { continue };
            table.add_row([application, grouped(&correction.before), grouped(&correction.after)]);
        }
        writeln!(out, "{table}")?;
    }
    let mut sums = figures(["looked at", "left as they are", "change", "granted more", "granted less"]);
    let counts = [done.examined, done.left_out, done.corrections].map(|count| count.to_string());
    sums.add_row(counts.into_iter().chain([grouped(&done.granted_more), grouped(&done.granted_less)]));
    writeln!(out, "{sums}")?;
    end(&one.how, entry.sequence, answer.decision, out)
}

/// The changes of applications in the entries after the head of a group.
async fn members(connection: Connection, head: u64, count: u32) -> anyhow::Result<Vec<(String, Change)>> {
    let mut ledger = LedgerServiceClient::new(connection);
    let mut changes = Vec::new();
    for offset in 1..=u64::from(count) {
        let request = v1::GetEntryRequest { sequence: head.saturating_add(offset) };
        let entry = ledger.get_entry(request).await?.into_inner().entry.unwrap_or_default();
        if let Some(Event::ApplicationChanged(changed)) = entry.event {
            changes.extend(changed.change.map(|change| (changed.application_id, change)));
        }
    }
    Ok(changes)
}

fn end(how: &How, sequence: u64, decision: Option<v1::Decision>, out: &mut dyn Write) -> anyhow::Result<bool> {
    let sentence = decision.and_then(|decision| decision.sentence).unwrap_or_default();
    let head = if how.preview { "preview, nothing is recorded".to_owned() } else { format!("entry {sequence}") };
    writeln!(out, "{head}: {}\n{}", sentence.en, sentence.zh)?;
    Ok(true)
}

/// A table whose columns are figures, but the first.
fn figures<const COLUMNS: usize>(header: [&str; COLUMNS]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(header);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn grouped(amount: &str) -> String {
    Amount::parse(amount).map_or_else(|_| amount.to_owned(), Amount::grouped)
}
