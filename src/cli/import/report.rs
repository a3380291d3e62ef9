//! What became of the rows: the counts, and a CSV file of those that did not come through.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;

use super::rows::Wrong;
use crate::cli::bench::per_second;
use crate::proto::v1;

const HEADER: [&str; 8] = ["row", "rpc", "request_id", "result", "reason", "field", "sentence", "sentence_zh"];

/// How a row ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// By the rules of the scheme; the refusal is an entry.
    Refused,
    /// Not decided yet by the rules of the scheme; an entry.
    Deferred,
    /// By the ledger; no trace.
    Rejected,
    /// It cannot be a request.
    NotSent,
}

/// The counts of an import.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Counts {
    recorded: u64,
    replayed: u64,
    refused: u64,
    deferred: u64,
    rejected: u64,
    not_sent: u64,
}

/// What an import came to.
#[derive(Debug)]
pub(in crate::cli) struct Tally {
    counts: Counts,
    elapsed: Duration,
    report: Option<PathBuf>,
}

impl Tally {
    /// Rows that have an entry.
    pub(in crate::cli) const fn entries(&self) -> u64 {
        let Counts { recorded, replayed, refused, deferred, .. } = self.counts;
        recorded.saturating_add(replayed).saturating_add(refused).saturating_add(deferred)
    }

    /// All rows.
    pub(in crate::cli) const fn rows(&self) -> u64 {
        self.entries().saturating_add(self.counts.rejected).saturating_add(self.counts.not_sent)
    }

    /// Rows that the rules refused or deferred.
    pub(in crate::cli) const fn refused(&self) -> u64 {
        self.counts.refused.saturating_add(self.counts.deferred)
    }

    /// From the first row to the last answer.
    pub(in crate::cli) const fn elapsed(&self) -> Duration {
        self.elapsed
    }

    pub(super) const fn is_clean(&self) -> bool {
        self.report.is_none()
    }

    pub(super) fn write(&self, out: &mut dyn Write) -> anyhow::Result<()> {
        let Counts { recorded, replayed, refused, deferred, rejected, not_sent } = &self.counts;
        writeln!(
            out,
            "{} rows: {recorded} recorded, {replayed} recorded before, {refused} refused, {deferred} deferred, {rejected} \
             rejected, {not_sent} not sent",
            self.rows()
        )?;
        let millis = self.elapsed.as_millis();
        writeln!(out, "{millis} ms, {} rows a second", per_second(self.rows(), self.elapsed))?;
        if let Some(report) = &self.report {
            writeln!(out, "those that did not come through, with their reasons: {}", report.display())?;
        }
        Ok(())
    }
}

/// Which row an answer is about.
#[derive(Debug, Clone)]
pub(super) struct Place<'a> {
    pub(super) row: u64,
    pub(super) rpc: &'a str,
    pub(super) request_id: &'a str,
}

/// Counts rows and writes down those that did not come through. Its file is made with the first of them.
#[derive(Debug)]
pub(super) struct Report {
    path: PathBuf,
    file: Option<csv::Writer<File>>,
    counts: Counts,
}

impl Report {
    pub(super) const fn new(path: PathBuf) -> Self {
        let counts = Counts { recorded: 0, replayed: 0, refused: 0, deferred: 0, rejected: 0, not_sent: 0 };
        Self { path, file: None, counts }
    }

    /// A decision. A refusal that is replayed counts as a refusal again.
    pub(super) fn answer(&mut self, place: &Place<'_>, answer: &v1::WriteAnswer) -> anyhow::Result<()> {
        let decision = answer.decision.as_ref();
        let ending = match decision.map(v1::Decision::outcome) {
            Some(v1::Outcome::Refused) => Ending::Refused,
            Some(v1::Outcome::Deferred) => Ending::Deferred,
            Some(v1::Outcome::Granted | v1::Outcome::Partly | v1::Outcome::Recorded | v1::Outcome::Unspecified)
            | None => {
                let counted = if answer.replayed { &mut self.counts.replayed } else { &mut self.counts.recorded };
                *counted = counted.saturating_add(1);
                return Ok(());
            }
        };
        let reason = decision.map_or("", |decision| decision.reason.as_str());
        let sentence = decision.and_then(|decision| decision.sentence.as_ref());
        let (en, zh) = sentence.map_or(("", ""), |text| (text.en.as_str(), text.zh.as_str()));
        self.write(place, ending, [reason, "", en, zh])
    }

    /// A rejection.
    pub(super) fn error(&mut self, place: &Place<'_>, error: &v1::WriteError) -> anyhow::Result<()> {
        self.write(place, Ending::Rejected, [&error.reason, &error.field, &error.message, &error.message_zh])
    }

    /// A row that cannot be a request.
    pub(super) fn not_sent(&mut self, place: &Place<'_>, wrong: &Wrong) -> anyhow::Result<()> {
        self.write(place, Ending::NotSent, ["", &wrong.column, &wrong.problem, &wrong.problem_zh])
    }

    fn write(&mut self, place: &Place<'_>, ending: Ending, rest: [&str; 4]) -> anyhow::Result<()> {
        let (counted, result) = match ending {
            Ending::Refused => (&mut self.counts.refused, "refused"),
            Ending::Deferred => (&mut self.counts.deferred, "deferred"),
            Ending::Rejected => (&mut self.counts.rejected, "rejected"),
            Ending::NotSent => (&mut self.counts.not_sent, "not sent"),
        };
        *counted = counted.saturating_add(1);
        let writing = || format!("writing `{}`", self.path.display());
        if self.file.is_none() {
            let mut file = File::create(&self.path).with_context(writing)?;
            // Spreadsheets take a CSV file for UTF-8 only when it says so.
            file.write_all("\u{feff}".as_bytes()).with_context(writing)?;
            let mut file = csv::Writer::from_writer(file);
            file.write_record(HEADER).with_context(writing)?;
            self.file = Some(file);
        }
        let Some(file) = &mut self.file else { return Ok(()) };
        let row = place.row.to_string();
        let first = [row.as_str(), place.rpc, place.request_id, result];
        file.write_record(first.into_iter().chain(rest)).with_context(writing)?;
        Ok(())
    }

    /// The counts, once everything is written.
    pub(super) fn finish(self, elapsed: Duration) -> anyhow::Result<Tally> {
        let Self { path, file, counts } = self;
        let report = match file {
            Some(mut file) => {
                file.flush().with_context(|| format!("writing `{}`", path.display()))?;
                Some(path)
            }
            None => None,
        };
        Ok(Tally { counts, elapsed, report })
    }
}
