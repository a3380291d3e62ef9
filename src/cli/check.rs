//! `ipledger check`: is the ledger well? For monitoring systems, in the form that their plugins have.
//!
//! One line with the verdict and figures after `|`, then a line for each thing looked at. Exit codes as in the Monitoring
//! Plugins Development Guidelines: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN (nobody answered in a way that is understood).

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use axum::body::Body;
use clap::Args;
use http_body_util::{BodyExt as _, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tonic::codegen::http::{Response, StatusCode, Uri};

use crate::config::OPS_DEFAULT;
use crate::writer::clock::Clock;

/// The largest answer that is read.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Where to look, and from when to warn.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The address of `ipledger serve --ops`.
    #[arg(long, env = "IPLEDGER_OPS", default_value = OPS_DEFAULT)]
    ops: SocketAddr,
    /// How long to wait for an answer.
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    timeout: u64,
    /// Warn when entries have been without a checkpoint for longer; critical at five times as long.
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    checkpoint_age: u64,
    /// Warn when a certificate or revocation list ends in fewer days; critical at a third.
    #[arg(long, value_name = "DAYS", default_value_t = 21)]
    certificate_days: u64,
    /// Warn when the disk of the data folder has less room; critical at a quarter.
    #[arg(long, value_name = "MIB", default_value_t = 4_096)]
    disk_free: u64,
    /// Warn when the queue is fuller; critical at 95.
    #[arg(long, value_name = "PERCENT", default_value_t = 50)]
    queue: u64,
}

/// How well something is, in the order of badness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Somebody should look at it today.
    Warning,
    /// Somebody should look at it now.
    Critical,
    /// It cannot be said.
    Unknown,
}

impl Verdict {
    /// The exit code of monitoring plugins.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Critical => 2,
            Self::Unknown => 3,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        })
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Finding {
    verdict: Verdict,
    text: String,
    /// `label=value;warning;critical`, as monitoring systems draw it.
    figure: String,
}

/// Looks, prints, and says how it is.
pub async fn run(arguments: &Arguments, out: &mut dyn Write) -> anyhow::Result<Verdict> {
    let limit = Duration::from_secs(arguments.timeout.max(1));
    let findings = match tokio::time::timeout(limit, look(arguments)).await {
        Ok(Ok(findings)) => findings,
        Ok(Err(error)) => vec![unknown(format!("{error:#}"))],
        Err(_) => vec![unknown(format!("no answer of {} in {} s", arguments.ops, limit.as_secs()))],
    };
    let worst = findings.iter().map(|finding| finding.verdict).max().unwrap_or(Verdict::Unknown);
    let named: Vec<&str> =
        findings.iter().filter(|finding| finding.verdict == worst).map(|finding| finding.text.as_str()).collect();
    let said = if worst == Verdict::Ok { "all is well".to_owned() } else { named.join("; ") };
    let figures: Vec<&str> =
        findings.iter().map(|finding| finding.figure.as_str()).filter(|figure| !figure.is_empty()).collect();
    let bar = if figures.is_empty() { "" } else { " | " };
    writeln!(out, "IPLEDGER {worst}: {said}{bar}{}", figures.join(" "))?;
    for Finding { verdict, text, .. } in &findings {
        writeln!(out, "{verdict:<9} {text}")?;
    }
    Ok(worst)
}

fn unknown(text: String) -> Finding {
    Finding { verdict: Verdict::Unknown, text, figure: String::new() }
}

async fn look(arguments: &Arguments) -> anyhow::Result<Vec<Finding>> {
    let (status, health) = get(arguments.ops, "/healthz").await?;
    if status == StatusCode::SERVICE_UNAVAILABLE {
        let text = format!("the ledger does not serve: {}", health.trim_end());
        return Ok(vec![Finding { verdict: Verdict::Critical, text, figure: String::new() }]);
    }
    anyhow::ensure!(status.is_success(), "/healthz answers {status}; is {} the address of `--ops`?", arguments.ops);
    let (status, text) = get(arguments.ops, "/metrics").await?;
    anyhow::ensure!(status.is_success(), "/metrics answers {status}");
    let now = Clock::System.now().micros().checked_div(1_000_000).unwrap_or_default();
    Ok(judge(&Figures::read(&text), arguments, now))
}

async fn get(address: SocketAddr, path: &str) -> anyhow::Result<(StatusCode, String)> {
    let client: Client<_, Body> = Client::builder(TokioExecutor::new()).build_http();
    let uri: Uri = format!("http://{address}{path}").parse()?;
    let answer: Response<_> = client.get(uri).await.with_context(|| format!("asking {address}"))?;
    let status = answer.status();
    let body = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await;
    let bytes = body.map_err(|error| anyhow::anyhow!("{error}")).with_context(|| format!("reading {path}"))?.to_bytes();
    Ok((status, String::from_utf8_lossy(&bytes).into_owned()))
}

/// Whole figures without labels, by name. Histograms and counters are for the monitoring system itself.
struct Figures(BTreeMap<String, i64>);

impl Figures {
    fn read(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let figures = lines.filter_map(|line| {
            let (name, value) = line.split_once(' ')?;
            let name = name.strip_prefix("ipledger_").unwrap_or(name);
            // A series without labels may be written either way.
            let name = name.strip_suffix("{}").unwrap_or(name);
            Some((name.to_owned(), value.parse().ok()?))
        });
        Self(figures.collect())
    }

    fn get(&self, name: &str) -> Option<i64> {
        self.0.get(name).copied()
    }
}

/// What the figures mean. What is not there is not in use: no key, no certificates, no such system.
fn judge(figures: &Figures, arguments: &Arguments, now: i64) -> Vec<Finding> {
    let mut findings = Vec::new();
    let entries = figures.get("last_sequence");
    findings.extend(entries.map(|entries| Finding {
        verdict: Verdict::Ok,
        text: format!("{entries} entries"),
        figure: format!("entries={entries}"),
    }));
    if entries.is_none() {
        findings.push(unknown(
            "the answer has no figure `ipledger_last_sequence`; is it a ledger of this version?".to_owned(),
        ));
    }
    let waiting = figures.get("queue_commands").zip(figures.get("queue_commands_max"));
    findings.extend(
        waiting.map(|(waiting, most)| share("queue", "commands wait", (waiting, most), signed(arguments.queue))),
    );
    findings.extend(checkpoint(figures, signed(arguments.checkpoint_age), now));
    findings.extend(figures.get("certificate_days_left").map(|days| {
        let warn = signed(arguments.certificate_days);
        at_least(
            "certificate_days",
            (days, ""),
            (warn, warn.div_euclid(3)),
            "days until a certificate or revocation list ends",
        )
    }));
    findings.extend(figures.get("data_disk_free_bytes").map(|bytes| {
        let (free, warn) = (bytes.div_euclid(1 << 20), signed(arguments.disk_free));
        at_least("disk_free", (free, "MB"), (warn, warn.div_euclid(4)), "MiB free on the disk of the data folder")
    }));
    let files = figures.get("process_open_fds").zip(figures.get("process_max_fds"));
    findings.extend(files.map(|files| share("open_files", "files are open", files, 80)));
    findings
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Entries that nobody outside holds a checkpoint of, and for how long.
fn checkpoint(figures: &Figures, warn: i64, now: i64) -> Option<Finding> {
    let (covered, entries) = figures.get("checkpoint_entries").zip(figures.get("last_sequence"))?;
    let since = figures.get("checkpoint_covered_timestamp_seconds").unwrap_or(0);
    let (bare, age) = (entries.saturating_sub(covered).max(0), now.saturating_sub(since).max(0));
    let critical = warn.saturating_mul(5);
    let verdict = match () {
        () if bare == 0 || age <= warn => Verdict::Ok,
        () if age <= critical => Verdict::Warning,
        () => Verdict::Critical,
    };
    let for_how_long = if since == 0 { "since the start".to_owned() } else { format!("for {age} s") };
    let text = match bare {
        0 => "the newest checkpoint covers every entry".to_owned(),
        _ => format!("{bare} entries are in no checkpoint, {for_how_long}"),
    };
    Some(Finding { verdict, text, figure: format!("uncovered={bare}") })
}

/// So many of at most so many.
fn share(label: &str, what: &str, (value, most): (i64, i64), warn: i64) -> Finding {
    let percent = value.saturating_mul(100).checked_div(most).unwrap_or(0);
    let verdict = match () {
        () if percent >= 95 => Verdict::Critical,
        () if percent >= warn => Verdict::Warning,
        () => Verdict::Ok,
    };
    Finding {
        verdict,
        text: format!("{value} of at most {most} {what}"),
        figure: format!("{label}={percent}%;{warn};95;0;100"),
    }
}

/// The more the better.
fn at_least(label: &str, (value, unit): (i64, &str), (warn, critical): (i64, i64), what: &str) -> Finding {
    let verdict = match () {
        () if value <= critical => Verdict::Critical,
        () if value < warn => Verdict::Warning,
        () => Verdict::Ok,
    };
    let text = format!("{value} {what}");
    Finding { verdict, text, figure: format!("{label}={value}{unit};{warn}:;{critical}:") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments() -> Arguments {
        Arguments {
            ops: OPS_DEFAULT.parse().unwrap(),
            timeout: 1,
            checkpoint_age: 300,
            certificate_days: 21,
            disk_free: 4_096,
            queue: 50,
        }
    }

    fn judged(text: &str) -> Vec<(Verdict, String)> {
        let findings = judge(&Figures::read(text), &arguments(), 10_000);
        findings.into_iter().map(|finding| (finding.verdict, finding.text)).collect()
    }

    fn worst(text: &str) -> Verdict {
        judged(text).into_iter().map(|(verdict, _)| verdict).max().unwrap()
    }

    const WELL: &str = "\
# TYPE ipledger_last_sequence gauge
ipledger_last_sequence 120
ipledger_queue_commands 3
ipledger_queue_commands_max 4096
ipledger_checkpoint_entries{} 118
ipledger_checkpoint_covered_timestamp_seconds 9950
ipledger_certificate_days_left 90
ipledger_data_disk_free_bytes 64424509440
process_open_fds 40
process_max_fds 1024
ipledger_commands_total{outcome=\"recorded\"} 120
# EOF
";

    #[test]
    fn a_well_ledger_is_well() {
        assert_eq!(worst(WELL), Verdict::Ok, "{:?}", judged(WELL));
        assert_eq!(judged(WELL).len(), 6);
    }

    #[test]
    fn each_figure_is_judged_at_its_limits() {
        for (from, to, expected) in [
            ("commands 3", "commands 2048", Verdict::Warning),
            ("commands 3", "commands 2047", Verdict::Ok),
            ("commands 3", "commands 3900", Verdict::Critical),
            ("seconds 9950", "seconds 9700", Verdict::Ok),
            ("seconds 9950", "seconds 9699", Verdict::Warning),
            ("seconds 9950", "seconds 8499", Verdict::Critical),
            ("left 90", "left 20", Verdict::Warning),
            ("left 90", "left 7", Verdict::Critical),
            ("bytes 64424509440", "bytes 4294967295", Verdict::Warning),
            ("bytes 64424509440", "bytes 1073741824", Verdict::Critical),
            ("fds 40", "fds 820", Verdict::Warning),
            ("fds 40", "fds 1000", Verdict::Critical),
        ] {
            let text = WELL.replace(from, to);
            assert_ne!(text, WELL, "{from}");
            assert_eq!(worst(&text), expected, "{to}: {:?}", judged(&text));
        }
    }

    #[test]
    fn a_covered_ledger_that_rests_is_well() {
        let text = WELL.replace("entries{} 118", "entries{} 120").replace("seconds 9950", "seconds 1");
        assert_eq!(worst(&text), Verdict::Ok);
    }

    #[test]
    fn entries_that_were_never_covered_are_critical() {
        let text = WELL.replace("ipledger_checkpoint_covered_timestamp_seconds 9950\n", "");
        assert_eq!(worst(&text), Verdict::Critical);
    }

    #[test]
    fn another_program_is_not_taken_for_a_ledger() {
        assert_eq!(worst("go_threads 7\n"), Verdict::Unknown);
    }
}
