//! `ipledger rulebook simulate`: another rulebook over a ledger's own history.

use std::io::Write;
use std::sync::Arc;
use std::thread;

use comfy_table::{CellAlignment, Table, presets};
use crossbeam_channel::bounded;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::book::event::Entry;
use crate::calendar::CivilDate;
use crate::cli::client::Client;
use crate::cli::on_runtime;
use crate::cli::source::{Ledger, Source};
use crate::decide::whatif::WhatIf;
use crate::journal::replay::replay;
use crate::money::Amount;
use crate::proto::v1;
use crate::proto::v1::rulebook_service_client::RulebookServiceClient;
use crate::proto::v1::simulate_rulebook_response::Message;
use crate::rulebook::load;
use crate::server::{REQUEST_BYTES_MAX, simulation_report};
use crate::storage::Storage as _;
use crate::storage::sled::SledStorage;

/// What was asked for.
pub(super) struct Asked<'a> {
    pub(super) file: &'a str,
    pub(super) from: Option<&'a str>,
    pub(super) top: u32,
    pub(super) json: bool,
}

/// Simulates and prints; `false` when the rulebook is refused.
pub(super) fn run(asked: &Asked<'_>, source: &Source, out: &mut dyn Write) -> anyhow::Result<bool> {
    let text = super::read(asked.file)?;
    let rulebook = match load(&text) {
        Ok(rulebook) => rulebook,
        Err(errors) => {
            writeln!(out, "{}", errors.in_file(asked.file).trim_end())?;
            return Ok(false);
        }
    };
    let from =
        asked.from.map(CivilDate::parse).transpose().map_err(|invalid| anyhow::anyhow!("{}", invalid.problem))?;
    let report = match source.open()? {
        Ledger::Stopped(storage) => {
            let whatif = WhatIf::new(&rulebook, from);
            from_folder(&storage, whatif, asked.top)?
        }
        Ledger::Running(client) => on_runtime(from_server(client, text, asked))?,
    };
    if asked.json {
        writeln!(out, "{:#}", as_json(&report))?;
    } else {
        print(&report, out)?;
    }
    Ok(true)
}

/// Reads the journal of a stopped ledger, checking it as a start does.
fn from_folder(storage: &SledStorage, whatif: WhatIf, top: u32) -> anyhow::Result<v1::SimulationReport> {
    let blocks = storage.tip()?;
    let bar = bar("blocks", blocks);
    let whatif = over_folder(storage, whatif, &mut |height| bar.set_position(height))?;
    bar.finish_and_clear();
    Ok(simulation_report(&whatif.report(usize::try_from(top).unwrap_or(usize::MAX))))
}

/// How many batches of entries may wait to be decided: memory does not grow with the journal.
const WAITING_MAX: usize = 8;

/// How many entries go to the deciding thread at a time.
const BATCH: usize = 1_024;

/// Gives every entry of the journal to the simulation. One thread reads, checks and folds as a start does, another one
/// decides again; `progress` hears the height of the block.
pub(in crate::cli) fn over_folder(
    storage: &SledStorage,
    mut whatif: WhatIf,
    progress: &mut dyn FnMut(u64),
) -> anyhow::Result<WhatIf> {
    let (sender, batches) = bounded::<Vec<Arc<Entry>>>(WAITING_MAX);
    thread::scope(|scope| {
        let deciding = scope.spawn(move || {
            batches.into_iter().flatten().for_each(|entry| whatif.take(&entry));
            whatif
        });
        let mut batch = Vec::with_capacity(BATCH);
        let read = replay(storage, &mut |entry, height| {
            batch.push(entry);
            if batch.len() >= BATCH {
                // Whoever decides takes everything; if it panicked, the join below says so.
                drop(sender.send(std::mem::replace(&mut batch, Vec::with_capacity(BATCH))));
                progress(height);
            }
        });
        drop(sender.send(batch));
        drop(sender);
        let whatif = deciding.join();
        read?;
        whatif.map_err(|_panic| anyhow::anyhow!("the simulation stopped; nothing was recorded"))
    })
}

async fn from_server(client: &Client, text: String, asked: &Asked<'_>) -> anyhow::Result<v1::SimulationReport> {
    let connection = client.connect().await?;
    let mut rulebooks = RulebookServiceClient::new(connection).max_decoding_message_size(REQUEST_BYTES_MAX);
    let from = asked.from.unwrap_or_default().to_owned();
    let request = v1::SimulateRulebookRequest { text, from, top: Some(asked.top), ..Default::default() };
    let mut stream = rulebooks.simulate_rulebook(request).await?.into_inner();
    let bar = bar("entries", 0);
    while let Some(response) = stream.message().await? {
        match response.message {
            Some(Message::Progress(progress)) => {
                bar.set_length(progress.total);
                bar.set_position(progress.entries);
            }
            Some(Message::Report(report)) => {
                bar.finish_and_clear();
                return Ok(report);
            }
            None => {}
        }
    }
    anyhow::bail!("the ledger ended the simulation without a report; try again")
}

fn bar(what: &str, length: u64) -> ProgressBar {
    let bar = ProgressBar::new(length);
    if let Ok(style) = ProgressStyle::with_template(&format!("{{wide_bar}} {{human_pos}} of {{human_len}} {what}")) {
        bar.set_style(style);
    }
    bar
}

fn as_json(report: &v1::SimulationReport) -> Value {
    let list = |list: &[v1::SimulationFigures]| list.iter().map(figures).collect::<Vec<_>>();
    let rulebook = report.rulebook.clone().unwrap_or_default();
    json!({
        "rulebook": format!("{}@{}", rulebook.rulebook_id, rulebook.version),
        "from": report.from,
        "entries": report.entries,
        "total": figures(&report.total.clone().unwrap_or_default()),
        "programmes": list(&report.programmes),
        "years": list(&report.years),
        "districts": list(&report.districts),
        "newly_granted": report.newly_granted,
        "newly_refused": report.newly_refused,
        "gainers": side(&report.gainers.clone().unwrap_or_default()),
        "losers": side(&report.losers.clone().unwrap_or_default()),
        "budgets": report.budgets.iter().map(|one| json!({
            "budget_line": one.budget_line_id,
            "year": one.year,
            "appropriated": one.appropriated,
            "old_cut_on": one.old_cut_on,
            "new_cut_on": one.new_cut_on,
        })).collect::<Vec<_>>(),
    })
}

fn figures(one: &v1::SimulationFigures) -> Value {
    json!({
        "name": one.name,
        "applications": one.applications,
        "changed": one.changed,
        "old": one.old,
        "new": one.new,
        "difference": one.difference,
    })
}

fn side(side: &v1::SimulationSide) -> Value {
    let top = side.top.iter().map(|one| {
        json!({
            "enterprise": one.enterprise,
            "name": one.name,
            "old": one.old,
            "new": one.new,
            "difference": one.difference,
            "application": one.application_id,
            "bound": bound(one),
            "clause": one.clause,
        })
    });
    json!({ "enterprises": side.enterprises, "sum": side.sum, "top": top.collect::<Vec<_>>() })
}

/// `year-cap`; empty where it could not even be applied for.
fn bound(one: &v1::SimulationChange) -> String {
    if one.bound() == v1::Bound::Unspecified {
        return String::new();
    }
    let name = one.bound().as_str_name().trim_start_matches("BOUND_");
    name.to_lowercase().replace('_', "-")
}

fn print(report: &v1::SimulationReport, out: &mut dyn Write) -> anyhow::Result<()> {
    let rulebook = report.rulebook.clone().unwrap_or_default();
    let when =
        if report.from.is_empty() { "over the whole history".to_owned() } else { format!("from {}", report.from) };
    writeln!(out, "{}@{} {when}, {} entries", rulebook.rulebook_id, rulebook.version, report.entries)?;
    let mut table = table(["", "applications", "changed", "granted", "would be", "difference"], 1);
    let total = report.total.clone().unwrap_or_default();
    let named = |what: &str, list: &[v1::SimulationFigures]| {
        list.iter().map(|one| (format!("{what} {}", one.name), one.clone())).collect::<Vec<_>>()
    };
    let mut rows = named("programme", &report.programmes);
    rows.extend(named("year", &report.years));
    rows.extend(named("district", &report.districts));
    rows.push(("total".to_owned(), total));
    for (name, one) in rows {
        let (applications, changed) = (one.applications.to_string(), one.changed.to_string());
        table.add_row([name, applications, changed, grouped(&one.old), grouped(&one.new), grouped(&one.difference)]);
    }
    writeln!(out, "{table}")?;
    let (granted, refused) = (report.newly_granted, report.newly_refused);
    writeln!(out, "applications newly granted: {granted}, newly refused: {refused}")?;
    for (what, side) in [("gain", &report.gainers), ("lose", &report.losers)] {
        print_side(what, &side.clone().unwrap_or_default(), out)?;
    }
    for one in &report.budgets {
        let day = |day: &str| if day.is_empty() { "never".to_owned() } else { format!("on {day}") };
        let (line, year, sum) = (&one.budget_line_id, one.year, grouped(&one.appropriated));
        let (old, new) = (day(&one.old_cut_on), day(&one.new_cut_on));
        writeln!(out, "budget {line} {year} of {sum}: runs short {new}; as recorded {old}")?;
    }
    Ok(())
}

fn print_side(what: &str, side: &v1::SimulationSide, out: &mut dyn Write) -> anyhow::Result<()> {
    writeln!(out, "{} enterprises {what} {} together", side.enterprises, grouped(&side.sum))?;
    if side.top.is_empty() {
        return Ok(());
    }
    let mut table = table(["enterprise", "name", "granted", "would be", "difference", "most in", "bound", "clause"], 2);
    for one in &side.top {
        table.add_row([
            one.enterprise.clone(),
            one.name.clone(),
            grouped(&one.old),
            grouped(&one.new),
            grouped(&one.difference),
            one.application_id.clone(),
            bound(one),
            one.clause.clone(),
        ]);
    }
    writeln!(out, "{table}")?;
    Ok(())
}

/// A table whose columns of figures, from this one on, are on the right.
fn table<const COLUMNS: usize>(header: [&str; COLUMNS], figures_from: usize) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_header(header);
    for column in figures_from..figures_from.saturating_add(5) {
        let words = header.get(column).is_none_or(|name| ["most in", "bound", "clause"].contains(name));
        if let Some(column) = table.column_mut(column).filter(|_| !words) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn grouped(amount: &str) -> String {
    let (sign, unsigned) = amount.strip_prefix('-').map_or(("", amount), |rest| ("-", rest));
    Amount::parse(unsigned).map_or_else(|_| amount.to_owned(), |parsed| format!("{sign}{}", parsed.grouped()))
}
