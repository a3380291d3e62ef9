//! `ipledger rulebook`: check a file before anybody adopts it.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Subcommand;
use comfy_table::{CellAlignment, Table, presets};

use super::source::Source;
use crate::rulebook::compare::compare;
use crate::rulebook::trial::{run_case, run_cases};
use crate::rulebook::{Language, Rulebook, line_sentence, load, load_bytes, shipped, step_sentence};

mod application;
mod limit;
pub(in crate::cli) mod simulate;

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
    /// Run the worked cases of a file and compare: case, expected, got, bound, clause.
    Test {
        /// The file, or a shipped name such as `hebi-2017`.
        file: String,
    },
    /// Print how a worked case of a file, or a recorded application, is decided, step by step, in Chinese and English.
    Explain {
        /// The file, or a shipped name such as `hebi-2017`.
        #[arg(required_unless_present = "application", conflicts_with = "application")]
        file: Option<String>,
        /// The case's id, or the beginning of it, such as `S1`.
        #[arg(required_unless_present = "application")]
        case: Option<String>,
        /// A recorded application instead, such as `application-57`; needs --data or --server.
        #[arg(long, value_name = "ID")]
        application: Option<String>,
        /// Where the application is recorded.
        #[command(flatten)]
        from: Source,
    },
    /// Try a rulebook out on the whole history of a ledger: what would have been granted. Nothing is recorded.
    Simulate {
        /// The rulebook: a file, or a shipped name such as `hebi-2017`.
        #[arg(long, value_name = "FILE|NAME")]
        with: String,
        /// The first day on which it is in force; default: over the whole history.
        #[arg(long, value_name = "DATE")]
        from: Option<String>,
        /// How many of those who gain and lose most to name.
        #[arg(long, default_value_t = 10)]
        top: u32,
        /// Print the report as JSON.
        #[arg(long)]
        json: bool,
        /// The ledger whose history it is.
        #[command(flatten)]
        source: Source,
    },
    /// Say in plain words what changes from one version to another, and for which worked cases.
    Diff {
        /// The version in force: a file, or a shipped name.
        old: String,
        /// The version to come: a file, or a shipped name.
        new: String,
    },
    /// Say whether an amount keeps to a standing limit of a rulebook; exit code 1 where it does not.
    Limit {
        /// The file, or a shipped name such as `chenzhou-2009`.
        file: String,
        /// The limit's id, such as `capital`.
        limit: String,
        /// The amount that is measured, in yuan.
        #[arg(long)]
        amount: String,
        /// The amount that it is measured against, in yuan.
        #[arg(long)]
        of: String,
        /// The year of the measured amount.
        #[arg(long)]
        year: String,
    },
    /// List the rulebooks that are shipped with the program.
    List,
}

/// Runs the task; `false` when a rulebook is refused.
pub fn run(task: &Task, out: &mut dyn Write) -> anyhow::Result<bool> {
    match task {
        Task::Check { file } => check(file, out),
        Task::Test { file } => with(file, out, test),
        Task::Explain { application: Some(id), from, .. } => application::explain(id, from, out),
        Task::Explain { file, case, application: None, .. } => {
            let (file, case) = (file.as_deref().unwrap_or_default(), case.as_deref().unwrap_or_default());
            with(file, out, |rulebook, out| explain(rulebook, case, out))
        }
        Task::Simulate { with: file, from, top, json, source } => {
            let asked = simulate::Asked { file, from: from.as_deref(), top: *top, json: *json };
            simulate::run(&asked, source, out)
        }
        Task::Limit { file, limit, amount, of, year } => {
            let asked = limit::Asked { limit, amount, of, year };
            with(file, out, |rulebook, out| limit::run(&asked, rulebook, out))
        }
        Task::Diff { old, new } => with(old, out, |old, out| with(new, out, |new, out| diff(old, new, out))),
        Task::List => {
            for (file, text) in shipped() {
                let title = load(text).map(|rulebook| rulebook.title.zh).unwrap_or_default();
                writeln!(out, "{}\t{title}", file.trim_end_matches(".toml"))?;
            }
            Ok(true)
        }
    }
}

/// The text of a shipped rulebook, or of a file in UTF-8.
pub fn read(name: &str) -> anyhow::Result<String> {
    let file = read_bytes(name)?;
    String::from_utf8(file).map_err(|error| match load_bytes(error.as_bytes()) {
        Err(errors) => anyhow::anyhow!("{}", errors.in_file(name)),
        Ok(_) => anyhow::anyhow!("`{name}` is not UTF-8"),
    })
}

/// The bytes of a shipped rulebook, or of a file.
fn read_bytes(name: &str) -> anyhow::Result<Vec<u8>> {
    let mut shipped_files = shipped().iter();
    if let Some((_, text)) = shipped_files.find(|(file, _)| file.trim_end_matches(".toml") == name) {
        return Ok((*text).as_bytes().to_vec());
    }
    let path = PathBuf::from(name);
    let names: Vec<&str> = shipped().iter().map(|(file, _)| file.trim_end_matches(".toml")).collect();
    let bytes = fs::metadata(&path)
        .with_context(|| format!("`{name}` is neither a file nor a shipped rulebook ({})", names.join(", ")))?
        .len();
    anyhow::ensure!(bytes <= FILE_BYTES_MAX, "`{name}` has {bytes} bytes; a rulebook has at most {FILE_BYTES_MAX}");
    fs::read(&path).with_context(|| format!("reading `{name}`"))
}

/// Loads a file and goes on, or says what is wrong with it.
fn with(
    name: &str,
    out: &mut dyn Write,
    then: impl FnOnce(&Rulebook, &mut dyn Write) -> anyhow::Result<bool>,
) -> anyhow::Result<bool> {
    match load_bytes(&read_bytes(name)?) {
        Ok(rulebook) => then(&rulebook, out),
        Err(errors) => {
            writeln!(out, "{}", errors.in_file(name))?;
            Ok(false)
        }
    }
}

/// Runs the worked cases; `false` when one differs, or there is none.
fn test(rulebook: &Rulebook, out: &mut dyn Write) -> anyhow::Result<bool> {
    let outcomes = run_cases(rulebook);
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_header(["case", "figure", "expected", "got", "bound", "clause", "ok"]);
    for column in [2, 3] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for outcome in &outcomes {
        table.add_row([
            outcome.case.clone(),
            outcome.what.clone(),
            outcome.expected.grouped(),
            outcome.got.grouped(),
            outcome.bound().to_owned(),
            outcome.clause(),
            if outcome.is_as_expected() { "yes" } else { "NO" }.to_owned(),
        ]);
    }
    writeln!(out, "{table}")?;
    for outcome in outcomes.iter().filter(|outcome| !outcome.is_as_expected()) {
        for difference in &outcome.differs {
            writeln!(out, "{} · {}: {difference}", outcome.case, outcome.what)?;
        }
        if let Some(explanation) = &outcome.explanation {
            writeln!(out, "{} · {}: {}", outcome.case, outcome.what, line_sentence(explanation, Language::English))?;
        }
    }
    let wrong = outcomes.iter().filter(|outcome| !outcome.is_as_expected()).count();
    let reference = rulebook.reference();
    writeln!(out, "{reference}: {} figures of {} cases, {wrong} differ", outcomes.len(), rulebook.cases.len())?;
    if outcomes.is_empty() {
        writeln!(out, "{reference} has no [[case]]; add worked cases to see that the rules do what the text says")?;
    }
    Ok(wrong == 0 && !outcomes.is_empty())
}

/// Every step of a case in both languages, with the words of the clause.
fn explain(rulebook: &Rulebook, id: &str, out: &mut dyn Write) -> anyhow::Result<bool> {
    let found = rulebook.cases.iter().find(|case| case.id == id);
    let found = found.or_else(|| rulebook.cases.iter().find(|case| case.id.starts_with(id)));
    let Some(case) = found else {
        let ids: Vec<&str> = rulebook.cases.iter().map(|case| case.id.as_str()).collect();
        anyhow::bail!("`{id}` is not a case of {}; expected one of: {}", rulebook.reference(), ids.join("; "));
    };
    writeln!(out, "{} · {}", rulebook.reference(), case.id)?;
    let mut shown: Option<crate::rulebook::explanation::LineExplanation> = None;
    for outcome in run_case(rulebook, case) {
        let Some(line) = &outcome.explanation else { continue };
        if shown.as_ref() == Some(line) {
            continue;
        }
        writeln!(out)?;
        writeln!(out, "{}", outcome.what)?;
        for language in [Language::Chinese, Language::English] {
            writeln!(out, "  {}", line_sentence(line, language))?;
        }
        for (number, step) in (1..).zip(&line.steps) {
            writeln!(out, "  {number}. {}", step_sentence(step, Language::Chinese))?;
            writeln!(out, "     {}", step_sentence(step, Language::English))?;
            if let Some(clause) = step.clause.as_ref().and_then(|clause| rulebook.clause(clause)) {
                writeln!(out, "     {}: {}", clause.heading, clause.text)?;
            }
        }
        shown.clone_from(&outcome.explanation);
    }
    Ok(true)
}

/// What changes, rule by rule, and what it does to the worked cases of both files.
fn diff(old: &Rulebook, new: &Rulebook, out: &mut dyn Write) -> anyhow::Result<bool> {
    writeln!(out, "{} → {}", old.reference(), new.reference())?;
    let changes = compare(old, new);
    for change in &changes {
        writeln!(out, "  {change}")?;
    }
    if changes.is_empty() {
        writeln!(out, "  no rule changes")?;
    }
    Ok(true)
}

fn check(name: &str, out: &mut dyn Write) -> anyhow::Result<bool> {
    match load_bytes(&read_bytes(name)?) {
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
        writeln!(out, "    ratio {}", crate::rulebook::describe::ratio(&programme.ratio))?;
        for cap in &programme.caps {
            let items: Vec<&str> = cap.items.iter().map(|item| item.code()).collect();
            writeln!(out, "    cap {} ({}): {} over {}", cap.id, cap.scope, cap.amount.grouped(), items.join(", "))?;
        }
    }
    for pool in &rulebook.pools {
        writeln!(out, "  pool {}: {} / {}", pool.id, pool.name.zh, pool.name.en)?;
    }
    for limit in &rulebook.limits {
        writeln!(out, "  limit {}: {} / {}", limit.id, limit.name.zh, limit.name.en)?;
        writeln!(out, "    {}", crate::rulebook::describe::limit(limit))?;
    }
    Ok(())
}
