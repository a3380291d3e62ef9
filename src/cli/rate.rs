//! `ipledger rate`: points of reference-rate series (参考利率): record one, record a file of them, list them.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use comfy_table::{Table, presets};
use serde::Deserialize;
use uuid::Uuid;

use super::client::{Client, Facts};
use crate::proto::v1;

/// The most points of one file.
const POINTS_MAX: usize = 10_000;

/// The largest file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// What to do with reference rates.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Record a point of a series (as an officer).
    Record(Record),
    /// Record the points of a file, TOML or CSV; those that are there already are left alone.
    Import {
        /// The file: `[[rate]]` tables with `series`, `from`, `rate`, `source` and `maximum_age_days`, or a CSV with these
        /// columns.
        file: PathBuf,
        /// Where the ledger is, and as whom to call it.
        #[command(flatten)]
        client: Client,
    },
    /// List what was recorded, corrected points among it.
    List {
        /// Only this series.
        #[arg(long, default_value = "", hide_default_value = true)]
        series: String,
        /// Where the ledger is, and as whom to call it.
        #[command(flatten)]
        client: Client,
    },
}

/// One point.
#[derive(Debug, Args)]
pub struct Record {
    /// The series, by the rulebooks' id.
    #[arg(long)]
    series: String,
    /// The first day on which the rate holds, YYYY-MM-DD.
    #[arg(long)]
    from: String,
    /// The rate per year: 3.10 % is 0.0310.
    #[arg(long)]
    rate: String,
    /// Where it was published: a document's number or a web address.
    #[arg(long)]
    source: String,
    /// How many days the point counts as known while it is the last of its series [default: 45].
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    maximum_age_days: u32,
    /// What was wrong before, if this corrects it.
    #[command(flatten)]
    correction: Correction,
    /// Where the ledger is, and as whom to call it.
    #[command(flatten)]
    client: Client,
}

/// Which record was wrong, and why.
#[derive(Debug, Clone, Args)]
pub struct Correction {
    /// The entry of the record that was wrong and that this one takes the place of.
    #[arg(long, value_name = "SEQUENCE", requires = "reason")]
    supersedes: Option<u64>,
    /// Why it was wrong.
    #[arg(long, requires = "supersedes")]
    reason: Option<String>,
}

impl Correction {
    /// As it travels.
    pub(super) fn message(&self) -> Option<v1::Supersedes> {
        let (sequence, reason) = self.supersedes.zip(self.reason.clone())?;
        Some(v1::Supersedes { sequence, reason })
    }
}

/// Runs the task; `false` when a point of a file differs from what is recorded.
pub fn run(task: &Task, out: &mut dyn Write) -> anyhow::Result<bool> {
    super::on_runtime(async {
        match task {
            Task::Record(one) => record(one, out).await,
            Task::Import { file, client } => import(&read(file)?, client, out).await,
            Task::List { series, client } => list(series, client, out).await,
        }
    })
}

async fn record(one: &Record, out: &mut dyn Write) -> anyhow::Result<bool> {
    let request = v1::RecordReferenceRateRequest {
        request_id: Uuid::new_v4().to_string(),
        series_id: one.series.clone(),
        from: one.from.clone(),
        rate: one.rate.clone(),
        maximum_age_days: one.maximum_age_days,
        source: one.source.clone(),
        supersedes: one.correction.message(),
        ..Default::default()
    };
    say(&mut one.client.facts().await?, request, out).await?;
    Ok(true)
}

/// Records a point and says what was recorded.
async fn say(facts: &mut Facts, request: v1::RecordReferenceRateRequest, out: &mut dyn Write) -> anyhow::Result<()> {
    let answer = facts.record_reference_rate(request).await?.into_inner();
    said(answer.entry.as_ref(), answer.decision, out)
}

/// The entry's number and its sentence in both languages.
pub(super) fn said(
    entry: Option<&v1::Entry>,
    decision: Option<v1::Decision>,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let sentence = decision.and_then(|decision| decision.sentence).unwrap_or_default();
    let sequence = entry.map_or(0, |entry| entry.sequence);
    writeln!(out, "entry {sequence}: {}\n{}", sentence.en, sentence.zh)?;
    Ok(())
}

/// A point of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Point {
    series: String,
    from: String,
    rate: String,
    source: String,
    maximum_age_days: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TomlFile {
    rate: Vec<TomlPoint>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TomlPoint {
    series: String,
    from: toml::value::Datetime,
    rate: String,
    source: String,
    #[serde(default)]
    maximum_age_days: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CsvPoint {
    series: String,
    from: String,
    rate: String,
    source: String,
    #[serde(default)]
    maximum_age_days: Option<u32>,
}

fn read(path: &Path) -> anyhow::Result<Vec<Point>> {
    let shown = path.display();
    let size = fs::metadata(path).with_context(|| format!("reading `{shown}`"))?.len();
    anyhow::ensure!(size <= FILE_BYTES_MAX, "`{shown}` has {size} bytes; expected at most {FILE_BYTES_MAX}");
    let text = fs::read_to_string(path).with_context(|| format!("reading `{shown}`; expected UTF-8"))?;
    let text = text.trim_start_matches('\u{feff}');
    let is_csv = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    let points = if is_csv { csv_points(text) } else { toml_points(text) };
    let points = points.with_context(|| format!("`{shown}`"))?;
    anyhow::ensure!(points.len() <= POINTS_MAX, "`{shown}` has {} points; expected at most {POINTS_MAX}", points.len());
    Ok(points)
}

fn toml_points(text: &str) -> anyhow::Result<Vec<Point>> {
    let file: TomlFile = toml::from_str(text)?;
    let point = |one: TomlPoint| Point {
        series: one.series,
        from: one.from.to_string(),
        rate: one.rate,
        source: one.source,
        maximum_age_days: one.maximum_age_days,
    };
    Ok(file.rate.into_iter().map(point).collect())
}

fn csv_points(text: &str) -> anyhow::Result<Vec<Point>> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let points = reader.deserialize().map(|row| {
        let one: CsvPoint = row.context("expected the columns series, from, rate, source, maximum_age_days")?;
        let maximum_age_days = one.maximum_age_days.unwrap_or(0);
        Ok(Point { series: one.series, from: one.from, rate: one.rate, source: one.source, maximum_age_days })
    });
    points.collect()
}

async fn import(points: &[Point], client: &Client, out: &mut dyn Write) -> anyhow::Result<bool> {
    let mut facts = client.facts().await?;
    let known = recorded(&mut facts, "").await?;
    let (mut new, mut there, mut different) = (0_usize, 0_usize, 0_usize);
    for point in points {
        let found = known.iter().filter(|one| one.superseded_by == 0).find_map(|one| {
            let rate = one.reference_rate.as_ref()?;
            (rate.series_id == point.series && rate.from == point.from).then_some((one.sequence, rate))
        });
        match found {
            None => {
                let request = v1::RecordReferenceRateRequest {
                    request_id: Uuid::new_v4().to_string(),
                    series_id: point.series.clone(),
                    from: point.from.clone(),
                    rate: point.rate.clone(),
                    maximum_age_days: point.maximum_age_days,
                    source: point.source.clone(),
                    ..Default::default()
                };
                let context = || format!("recording {} from {}", point.series, point.from);
                say(&mut facts, request, out).await.with_context(context)?;
                new = new.saturating_add(1);
            }
            Some((_, rate)) if same_rate(&rate.rate, &point.rate) => there = there.saturating_add(1),
            Some((entry, rate)) => {
                writeln!(
                    out,
                    "DIFFERENT: {} from {} is {} in the file and {} in entry {entry}; to correct it, `ipledger rate \
                     record --supersedes {entry} --reason …`",
                    point.series, point.from, point.rate, rate.rate
                )?;
                different = different.saturating_add(1);
            }
        }
    }
    writeln!(out, "{new} recorded, {there} there already, {different} different")?;
    Ok(different == 0)
}

/// `0.0310` and `0.031` are one rate.
fn same_rate(one: &str, other: &str) -> bool {
    match (crate::money::Rate::parse(one), crate::money::Rate::parse(other)) {
        (Ok(one), Ok(other)) => one == other,
        (_, _) => false,
    }
}

/// Everything that was recorded, page by page.
async fn recorded(facts: &mut Facts, series: &str) -> anyhow::Result<Vec<v1::RecordedRate>> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = v1::ListReferenceRatesRequest { series_id: series.to_owned(), page_size: 1_000, page_token };
        let page = facts.list_reference_rates(request).await?.into_inner();
        all.extend(page.rates);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(all);
        }
    }
}

async fn list(series: &str, client: &Client, out: &mut dyn Write) -> anyhow::Result<bool> {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(["entry", "series", "from", "rate", "known for days", "source", "superseded by"]);
    for one in recorded(&mut client.facts().await?, series).await? {
        let rate = one.reference_rate.unwrap_or_default();
        let by = if one.superseded_by == 0 { String::new() } else { one.superseded_by.to_string() };
        let age = rate.maximum_age_days.to_string();
        table.add_row([one.sequence.to_string(), rate.series_id, rate.from, rate.rate, age, rate.source, by]);
    }
    writeln!(out, "{table}")?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_files_say_the_same() {
        let toml = "
            [[rate]]
            series = \"lpr-1y\"
            from = 2025-05-20
            rate = \"0.0300\"
            source = \"公告\"
            maximum_age_days = 60
        ";
        let csv = "series,from,rate,source,maximum_age_days\nlpr-1y, 2025-05-20, 0.0300, 公告, 60\n";
        assert_eq!(toml_points(toml).unwrap(), csv_points(csv).unwrap());
        let without_age = "series,from,rate,source\nlpr-1y,2025-05-20,0.0300,公告\n";
        assert_eq!(csv_points(without_age).unwrap()[0].maximum_age_days, 0);
    }

    #[test]
    fn a_column_that_is_not_known_is_refused() {
        assert!(csv_points("series,from,rate,source,remark\na,2025-05-20,0.03,x,y\n").is_err());
        assert!(toml_points("[[rate]]\nseries = \"a\"\n").is_err());
        assert!(same_rate("0.0310", "0.031") && !same_rate("0.031", "3.1 %"));
    }
}
