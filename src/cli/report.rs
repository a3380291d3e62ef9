//! `ipledger report`: a report from a running ledger, or from the data folder of a stopped one.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, ValueEnum};

use super::client::Client;
use crate::identifier::Sequence;
use crate::journal::merkle::Tree;
use crate::journal::replay::replay_with_leaves;
use crate::proto::v1;
use crate::proto::v1::run_report_response::Part;
use crate::report::write::write;
use crate::report::{Extract, Name, run as make};
use crate::server::report_order;
use crate::storage::Storage as _;
use crate::storage::sled::SledStorage;
use crate::writer::clock::Clock;

/// Which report, of what.
#[derive(Debug, Args)]
pub struct Task {
    /// The report; without a name the reports are listed.
    name: Option<String>,
    /// The day of the report, YYYY-MM-DD: entries that take effect later are left out [default: today].
    #[arg(long, default_value = "", hide_default_value = true)]
    to: String,
    /// First day of the movements [default: the first day of that year, or half-year].
    #[arg(long, default_value = "", hide_default_value = true)]
    from: String,
    /// As known at this entry: later ones are left out, back-dated or not [default: the last one].
    #[arg(long, value_name = "SEQUENCE", default_value_t = 0, hide_default_value = true)]
    known_at: u64,
    /// By what subsidies are added up.
    #[arg(long, value_enum, default_value_t)]
    by: By,
    /// Only what this bank is a party of.
    #[arg(long, default_value = "", hide_default_value = true)]
    institution: String,
    /// Only this enterprise (USCC).
    #[arg(long, default_value = "", hide_default_value = true)]
    enterprise: String,
    /// Only enterprises of this district.
    #[arg(long, default_value = "", hide_default_value = true)]
    district: String,
    /// Only this programme.
    #[arg(long, default_value = "", hide_default_value = true)]
    programme: String,
    /// The form; the ending of --out decides where it is not given.
    #[arg(long, value_enum)]
    form: Option<Form>,
    /// Write the file here instead of to standard output; an existing file is replaced.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// In English instead of Chinese.
    #[arg(long)]
    english: bool,
    /// Read this data folder, of a ledger that is stopped, instead of calling a running one.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The running ledger.
    #[command(flatten)]
    client: Client,
}

/// By what subsidies are added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum By {
    /// Not: one row an application.
    #[default]
    Application,
    /// By enterprise.
    Enterprise,
    /// By district.
    District,
    /// By programme.
    Programme,
    /// By budget year.
    Year,
    /// By kind of cost.
    Item,
}

/// The form of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For the terminal.
    Table,
    /// UTF-8 with BOM.
    Csv,
    /// A workbook, a sheet a section.
    Xlsx,
    /// For programs.
    Json,
    /// A page to print.
    Html,
}

/// Prints the report, or writes it to a file.
pub fn run(task: &Task, out: &mut dyn Write) -> anyhow::Result<bool> {
    let Some(name) = &task.name else { return list(task.english, out) };
    let request = task.request(name);
    let file = match &task.data {
        Some(data) => from_folder(data, &request)?,
        None => super::on_runtime(from_server(&task.client, request))?,
    };
    match &task.out {
        Some(path) => {
            fs::write(path, &file).with_context(|| format!("writing `{}`", path.display()))?;
            writeln!(out, "{}: {} bytes", path.display(), file.len())?;
        }
        None => out.write_all(&file)?,
    }
    Ok(true)
}

fn list(english: bool, out: &mut dyn Write) -> anyhow::Result<bool> {
    for name in Name::ALL {
        let (title, about) = (name.title(), name.about());
        let (title, about) = if english { (title.en, about.en) } else { (title.zh, about.zh) };
        writeln!(out, "{:<18} {title}: {about}", name.code())?;
    }
    Ok(true)
}

impl Task {
    fn request(&self, name: &str) -> v1::RunReportRequest {
        let group_by = match self.by {
            By::Application => v1::ReportGrouping::Unspecified,
            By::Enterprise => v1::ReportGrouping::Enterprise,
            By::District => v1::ReportGrouping::District,
            By::Programme => v1::ReportGrouping::Programme,
            By::Year => v1::ReportGrouping::Year,
            By::Item => v1::ReportGrouping::Item,
        };
        v1::RunReportRequest {
            name: name.to_owned(),
            from_date: self.from.clone(),
            to_date: self.to.clone(),
            known_at_sequence: self.known_at,
            group_by: group_by.into(),
            institution_id: self.institution.clone(),
            enterprise: self.enterprise.clone(),
            district: self.district.clone(),
            programme_id: self.programme.clone(),
            form: self.wire_form().into(),
            english: self.english,
            ..Default::default()
        }
    }

    fn wire_form(&self) -> v1::ReportForm {
        let by_ending = || {
            let ending = self.out.as_ref()?.extension()?.to_str()?.to_ascii_lowercase();
            Form::from_str(&ending, true).ok()
        };
        match self.form.or_else(by_ending).unwrap_or(Form::Table) {
            Form::Table => v1::ReportForm::Table,
            Form::Csv => v1::ReportForm::Csv,
            Form::Xlsx => v1::ReportForm::Xlsx,
            Form::Json => v1::ReportForm::Json,
            Form::Html => v1::ReportForm::Html,
        }
    }
}

async fn from_server(client: &Client, request: v1::RunReportRequest) -> anyhow::Result<Vec<u8>> {
    let mut parts = client.reports().await?.run_report(request).await?.into_inner();
    let mut file = Vec::new();
    while let Some(answer) = parts.message().await? {
        if let Some(Part::FileChunk(chunk)) = answer.part {
            file.extend_from_slice(&chunk);
        }
    }
    Ok(file)
}

/// The same from the journal itself, every record checked on the way.
fn from_folder(data: &Path, request: &v1::RunReportRequest) -> anyhow::Result<Vec<u8>> {
    anyhow::ensure!(data.is_dir(), "`{}` is not a folder; name the data folder", data.display());
    let storage = SledStorage::open(data).with_context(|| format!("opening `{}`", data.display()))?;
    let newest = storage.read(storage.tip()?)?;
    let last = Sequence::new(newest.map_or(0, |block| block.last_sequence()));
    let today = Clock::System.now().shanghai_date();
    let order = report_order(request, today, last)?;
    let (mut extract, mut tree) = (Extract::new(&order.question), Tree::EMPTY);
    replay_with_leaves(&storage, &mut |entry, _height, leaf| {
        if entry.sequence <= order.question.known_at {
            tree.append_leaf_hash(leaf);
        }
        extract.take(&entry);
    })?;
    let report = make(order.name, &extract, &order.question, &tree.root().to_string());
    Ok(write(&report, order.form.unwrap_or_default(), order.language)?)
}
