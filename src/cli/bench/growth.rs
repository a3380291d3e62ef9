//! `ipledger bench growth`: the 99th percentile of durable writes on journals of different sizes.
//!
//! Each journal has a server of its own, all in one run and in turn, so that the machine's noise falls on all of them alike.

use std::io::Write;
use std::time::Duration;

use anyhow::Context as _;
use comfy_table::{Table, presets};

use super::prepared::Prepared;
use super::{Options, Rates, per_cent};
use crate::cli::child::resident_kib;

/// Writers at once.
const CALLERS: usize = 8;

/// The most that the slowest may take of what the first takes, in per cent.
const RATIO_MAX: u64 = 120;

/// Measures and prints; false if the p99 of another size is more than [`RATIO_MAX`] of that of the first.
pub(super) async fn run(sizes: &[u64], options: Options, out: &mut dyn Write) -> anyhow::Result<bool> {
    let mut servers = Vec::new();
    for size in sizes {
        servers.push(Prepared::start(*size).await?);
    }
    let time = Duration::from_secs(options.seconds);
    let mut figures = vec![(Rates::default(), Rates::default(), Rates::default()); servers.len()];
    for round in 0..options.rounds.saturating_add(1) {
        for (server, (rates, medians, tails)) in servers.iter().zip(&mut figures) {
            let (rate, taken) = server.closed_loop(CALLERS, time).await?;
            // The first round warms up.
            if round > 0 {
                rates.0.push(rate);
                medians.0.push(taken.percentile(50));
                tails.0.push(taken.percentile(99));
            }
        }
    }
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_header(["entries", "writes/s", "p50 µs", "p99 µs", "spread", "p99 of the first", "server MiB"]);
    let first = figures.first().map(|(_, _, tails)| tails.median().max(1)).context("a size")?;
    let mut held = true;
    for (server, (rates, medians, tails)) in servers.iter().zip(&figures) {
        let ratio = per_cent(tails.median(), first);
        held &= ratio <= RATIO_MAX;
        let memory = server.server.id().and_then(resident_kib).unwrap_or(0);
        table.add_row([
            server.entries.to_string(),
            rates.median().to_string(),
            medians.median().to_string(),
            tails.median().to_string(),
            tails.spread(),
            format!("{ratio} %"),
            memory.div_euclid(1024).to_string(),
        ]);
    }
    for server in servers {
        server.server.stop().await?;
    }
    let Options { seconds, rounds } = options;
    writeln!(out, "durable applications, {CALLERS} in flight, {seconds} s a figure, {rounds} rounds in turn\n{table}")?;
    writeln!(out, "{}", if held { "within 120 %" } else { "MORE THAN 120 %" })?;
    Ok(held || cfg!(debug_assertions))
}
