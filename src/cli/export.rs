//! `ipledger export`: the whole journal of a stopped ledger, or of a backup, as a plain file, in constant memory.
//!
//! A ledger that is running is exported from its backup, which `ipledger backup` takes while it runs.
//!
//! Two forms, both described in `docs/journal-format.md`: `binary`, which `ipledger import-journal` takes and whose every
//! bit is under a hash; and `ndjson`, one JSON object a line, with the record's bytes and what they say beside each other,
//! for people and for programs without protobuf.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::{Args, ValueEnum};
use serde_json::json;

use super::verify::progress_bar_to;
use crate::backup::Complete;
use crate::evidence::checkpoint::SignedCheckpoint;
use crate::evidence::keeper::{FILE, read_kept};
use crate::journal::block::Block;
use crate::journal::codec::decode;
use crate::journal::codec::export::Header;
use crate::journal::codec::json::record_to_json;
use crate::journal::export::ExportWriter;
use crate::journal::merkle::{Hash, Tree};
use crate::server::words;
use crate::storage::Storage;
use crate::storage::sled::SledStorage;

/// The flags.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// The data folder of a ledger that is stopped.
    #[arg(long, env = "IPLEDGER_DATA", default_value = crate::config::DATA_DEFAULT)]
    data: PathBuf,
    /// The folder of a backup instead, as `ipledger backup` makes it of a ledger that is running.
    #[arg(long, value_name = "DIR")]
    backup: Option<PathBuf>,
    /// The file to write; it must not be there. It has this name only once it is complete.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// `binary`, to import elsewhere, or `ndjson`, to read.
    #[arg(long, value_enum, default_value_t = Form::Binary)]
    format: Form,
}

/// The form of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// Length-prefixed protobuf.
    Binary,
    /// One JSON object a line.
    Ndjson,
}

/// Writes the file.
pub fn run(arguments: &Arguments, out: &mut dyn Write) -> anyhow::Result<bool> {
    let Arguments { data, backup, out: path, format } = arguments;
    anyhow::ensure!(!path.exists(), "`{}` is there already; name a new file", path.display());
    let source = match backup {
        Some(folder) => Source::of_backup(folder)?,
        None => Source::of_store(data)?,
    };
    let part = with_suffix(path, ".part");
    let writing = || format!("writing `{}`", part.display());
    let file = BufWriter::with_capacity(1 << 20, File::create(&part).with_context(writing)?);
    let header = header_of(source.checkpoint.as_ref());
    let (file, size, root) = match format {
        Form::Binary => binary(&source, file, header),
        Form::Ndjson => ndjson(&source, file, &header),
    }
    .with_context(writing)?;
    file.into_inner().map_err(io::IntoInnerError::into_error).and_then(|file| file.sync_all()).with_context(writing)?;
    fs::rename(&part, path).with_context(|| format!("naming `{}`", path.display()))?;
    writeln!(out, "entries      {size}\nmerkle root  {root}\nwritten to   {}", path.display())?;
    Ok(true)
}

/// Where the records come from.
struct Source {
    blocks: Blocks,
    /// The last entry.
    last: u64,
    checkpoint: Option<SignedCheckpoint>,
}

enum Blocks {
    Store(Box<SledStorage>),
    Backup(Box<Complete>),
}

impl Source {
    fn of_store(data: &Path) -> anyhow::Result<Self> {
        anyhow::ensure!(data.is_dir(), "`{}` is not a folder; name the data folder with --data", data.display());
        let kept = read_kept(data)?;
        let checkpoint = kept.into_iter().find(|(path, _)| path.ends_with(FILE)).map(|(_, checkpoint)| checkpoint);
        let storage = SledStorage::open(data).with_context(|| {
            let shown = data.display();
            format!("opening `{shown}`; of a ledger that is running, export a backup with --backup")
        })?;
        let last = storage.read(storage.tip()?)?.map_or(0, |block| block.last_sequence());
        if let Some(ahead) = checkpoint.as_ref().map(|signed| signed.checkpoint.size).filter(|size| *size > last) {
            anyhow::bail!(
                "the journal has {last} entries, and a checkpoint of {ahead} was signed: run `ipledger verify`"
            );
        }
        Ok(Self { blocks: Blocks::Store(Box::new(storage)), last, checkpoint })
    }

    fn of_backup(folder: &Path) -> anyhow::Result<Self> {
        let backup = Complete::open(folder)?;
        let (last, checkpoint) = (backup.entries(), Some(backup.checkpoint().clone()));
        Ok(Self { blocks: Blocks::Backup(Box::new(backup)), last, checkpoint })
    }

    fn scan(&self, visit: &mut dyn FnMut(Block) -> ControlFlow<()>) -> anyhow::Result<()> {
        match &self.blocks {
            Blocks::Store(storage) => storage.scan(1, visit)?,
            Blocks::Backup(backup) => backup.scan(visit)?,
        }
        Ok(())
    }
}

fn header_of(checkpoint: Option<&SignedCheckpoint>) -> Header {
    Header {
        origin: checkpoint.map(|signed| signed.checkpoint.origin.clone()).unwrap_or_default(),
        checkpoint: checkpoint.map(ToString::to_string).unwrap_or_default(),
        written_by: format!("ipledger {}", env!("CARGO_PKG_VERSION")),
    }
}

/// What was written to, how many records there are, and their root.
type Written<W> = (W, u64, Hash);

fn binary<W: Write>(source: &Source, file: W, header: Header) -> anyhow::Result<Written<W>> {
    let mut writer = ExportWriter::new(file, header)?;
    each_record(source, &mut |_, record| Ok(writer.record(record)?))?;
    Ok(writer.finish()?)
}

fn ndjson<W: Write>(source: &Source, mut file: W, header: &Header) -> anyhow::Result<Written<W>> {
    let Header { origin, checkpoint, written_by } = header;
    let first = json!({
        "kind": "ipledger-journal", "format": 1, "hash": "SHA-256", "tree": "RFC6962",
        "origin": origin, "checkpoint": checkpoint, "written_by": written_by,
    });
    writeln!(file, "{first}")?;
    let mut tree = Tree::EMPTY;
    each_record(source, &mut |sequence, record| {
        let leaf = tree.append(&record);
        let said = words(&decode(&record)?);
        let line = json!({
            "sequence": sequence,
            "record": STANDARD.encode(&record),
            "leaf": leaf.to_string(),
            "says": {"en": said.en, "zh": said.zh},
            "entry": record_to_json(&record).map_err(anyhow::Error::msg)?,
        });
        Ok(writeln!(file, "{line}")?)
    })?;
    let root = tree.root();
    writeln!(file, "{}", json!({"end": true, "size": tree.size(), "root": root.to_string()}))?;
    file.flush()?;
    Ok((file, tree.size(), root))
}

/// Gives every record with its sequence, in order.
fn each_record(source: &Source, take: &mut dyn FnMut(u64, Vec<u8>) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let bar = progress_bar_to(source.last);
    let mut outcome = Ok(());
    source.scan(&mut |block| {
        let mut numbered = (block.first_sequence()..).zip(block.into_records());
        outcome =
            numbered.try_for_each(|(sequence, record)| take(sequence, record).map(|()| bar.set_position(sequence)));
        if outcome.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    bar.finish_and_clear();
    outcome
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
