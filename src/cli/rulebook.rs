//! `ipledger rulebook`: check a file before anybody adopts it.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Subcommand;

use crate::rulebook::{Rulebook, load, shipped};

/// Largest file that is read at all, in bytes; the loader refuses what is beyond its own limit with a better message.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// What to do with rulebooks.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Check a file, or a shipped rulebook by its name; says every problem with its line.
    Check {
        /// The file, or a shipped name such as `hebi-2017`.
        file: String,
    },
    /// List the rulebooks that are shipped with the program.
    List,
}

/// Runs the task; `false` when a rulebook is refused.
pub fn run(task: &Task, out: &mut dyn Write) -> anyhow::Result<bool> {
    match task {
        Task::Check { file } => check(file, out),
        Task::List => {
            for (file, text) in shipped() {
                let title = load(text).map(|rulebook| rulebook.title.zh).unwrap_or_default();
                writeln!(out, "{}\t{title}", file.trim_end_matches(".toml"))?;
            }
            Ok(true)
        }
    }
}

/// The text of a shipped rulebook, or of a file.
pub fn read(name: &str) -> anyhow::Result<String> {
    let mut shipped_files = shipped().iter();
    if let Some((_, text)) = shipped_files.find(|(file, _)| file.trim_end_matches(".toml") == name) {
        return Ok((*text).to_owned());
    }
    let path = PathBuf::from(name);
    let names: Vec<&str> = shipped().iter().map(|(file, _)| file.trim_end_matches(".toml")).collect();
    let bytes = fs::metadata(&path)
        .with_context(|| format!("`{name}` is neither a file nor a shipped rulebook ({})", names.join(", ")))?
        .len();
    anyhow::ensure!(bytes <= FILE_BYTES_MAX, "`{name}` has {bytes} bytes; a rulebook has at most {FILE_BYTES_MAX}");
    let content = fs::read(&path).with_context(|| format!("reading `{name}`"))?;
    String::from_utf8(content).with_context(|| format!("`{name}` is not UTF-8; save it as UTF-8"))
}

fn check(name: &str, out: &mut dyn Write) -> anyhow::Result<bool> {
    let text = read(name)?;
    match load(&text) {
        Ok(rulebook) => {
            summary(&rulebook, out)?;
            Ok(true)
        }
        Err(errors) => {
            writeln!(out, "{}", errors.in_file(name).trim_end())?;
            Ok(false)
        }
    }
}

fn summary(rulebook: &Rulebook, out: &mut dyn Write) -> anyhow::Result<()> {
    writeln!(out, "{} is in order", rulebook.reference())?;
    writeln!(out, "  {} / {}", rulebook.title.zh, rulebook.title.en)?;
    writeln!(out, "  source: {} ({}, {})", rulebook.source.title, rulebook.source.issuer, rulebook.source.date)?;
    let until = rulebook.valid_until.map_or_else(|| "until replaced".to_owned(), |until| format!("to {until}"));
    writeln!(out, "  valid:  from {} {until}", rulebook.valid_from)?;
    writeln!(out, "  sha256: {}", hex::encode(rulebook.digest))?;
    for programme in &rulebook.programmes {
        writeln!(out, "  programme {}: {} / {}", programme.id, programme.name.zh, programme.name.en)?;
        writeln!(out, "    ratio {}", programme.ratio.percent())?;
        for cap in &programme.caps {
            let items: Vec<&str> = cap.items.iter().map(|item| item.code()).collect();
            writeln!(out, "    cap {} ({}): {} over {}", cap.id, cap.scope, cap.amount.grouped(), items.join(", "))?;
        }
    }
    for pool in &rulebook.pools {
        writeln!(out, "  pool {}: {} / {}", pool.id, pool.name.zh, pool.name.en)?;
    }
    Ok(())
}
