//! `ipledger import-journal`: a ledger of an exported journal, with the same sequences, bytes and root.
//!
//! The folder is marked as unfinished before the first record is written, and no command opens it until the whole file
//! was checked, the store was audited like any other, and the mark was removed.

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use super::verify::{Kept, Keys, given_checkpoint, progress_bar_to};
use crate::audit::{Check, Depth, audit};
use crate::evidence::checkpoint::SignedCheckpoint;
use crate::evidence::keeper::{compare, put};
use crate::journal::block::{BLOCK_BYTES_MAX, BLOCK_RECORDS_MAX, Head, payload_bytes_of};
use crate::journal::export::ExportReader;
use crate::storage::Storage;
use crate::storage::sled::SledStorage;

/// The flags.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// A file written by `ipledger export`.
    file: PathBuf,
    /// The data folder to make; it must be empty or not there.
    #[arg(long, value_name = "DATA")]
    to: PathBuf,
    /// Take nothing that does not continue this checkpoint, which was kept elsewhere; needs --key.
    #[arg(long, value_name = "FILE", requires = "key")]
    checkpoint: Option<PathBuf>,
    /// The public key of the ledger: the checkpoints must be signed by it.
    #[arg(long, value_name = "PUBFILE")]
    key: Option<PathBuf>,
    /// The statement of a rotation of that key, oldest first.
    #[arg(long, value_name = "FILE", requires = "key")]
    rotation: Vec<PathBuf>,
}

/// Imports; `false` when the file is not taken.
pub fn run(arguments: &Arguments, out: &mut dyn Write) -> anyhow::Result<bool> {
    let keys = Keys::read(arguments.key.as_ref(), &arguments.rotation)?;
    let given = given_checkpoint(arguments.checkpoint.as_ref(), keys.as_ref())?;
    let shown = arguments.file.display();
    let file = File::open(&arguments.file).with_context(|| format!("reading `{shown}`"))?;
    let bytes = file.metadata().map_or(0, |metadata| metadata.len());
    let mut reader = match ExportReader::open(BufReader::with_capacity(1 << 20, file)) {
        Ok(reader) => reader,
        Err(fault) => return refused(out, &format!("`{shown}`: {fault}")),
    };
    let own = match own_checkpoint(reader.header().checkpoint.as_str(), keys.as_ref()) {
        Ok(own) => own,
        Err(error) => return refused(out, &format!("`{shown}`: the checkpoint in its header: {error:#}")),
    };
    if let Some(own) = &own {
        reader.note_root_at(own.checkpoint.size);
    }
    let to = &arguments.to;
    let storage = SledStorage::create_unfinished(to).with_context(|| format!("making `{}`", to.display()))?;
    let mut importer = Importer { reader, storage, head: Head::EMPTY, waiting: Vec::new(), waiting_bytes: 0 };
    if let Err(error) = importer.take_all(bytes) {
        return refused(out, &format!("`{shown}`: {error:#}"));
    }
    if let Some(problem) = importer.check(own.as_ref(), given.as_ref())? {
        return refused(out, &problem);
    }
    if let Some(own) = &own {
        put(to, own)?;
    }
    let Importer { storage, head, .. } = importer;
    storage.complete()?;
    writeln!(
        out,
        "entries      {}\nmerkle root  {}\nmade         {}",
        head.last_sequence,
        head.tree.root(),
        to.display()
    )?;
    Ok(true)
}

/// Nothing half-made is served: the folder stays marked.
fn refused(out: &mut dyn Write, problem: &str) -> anyhow::Result<bool> {
    writeln!(out, "NOT IMPORTED: {problem}")?;
    Ok(false)
}

/// The checkpoint in the header of the file, if there is one; by the given key, if there is one.
fn own_checkpoint(note: &str, keys: Option<&Keys>) -> anyhow::Result<Option<SignedCheckpoint>> {
    if note.is_empty() {
        return Ok(None);
    }
    let signed = SignedCheckpoint::parse(note)?;
    if let Some(keys) = keys {
        keys.verify(&signed)?;
    }
    Ok(Some(signed))
}

struct Importer<R: Read> {
    reader: ExportReader<R>,
    storage: SledStorage,
    head: Head,
    /// Records for the next block.
    waiting: Vec<Vec<u8>>,
    waiting_bytes: usize,
}

impl<R: Read> Importer<R> {
    /// Reads the file to its end and stores every record; `bytes` is its length, for the progress bar.
    fn take_all(&mut self, bytes: u64) -> anyhow::Result<()> {
        let bar = progress_bar_to(bytes);
        while let Some(record) = self.reader.next_record()? {
            let record_bytes = payload_bytes_of(record.len());
            let full = self.waiting_bytes.saturating_add(record_bytes) > BLOCK_BYTES_MAX;
            if full || self.waiting.len() >= BLOCK_RECORDS_MAX {
                self.store()?;
                bar.set_position(self.reader.offset());
            }
            self.waiting_bytes = self.waiting_bytes.saturating_add(record_bytes);
            self.waiting.push(record);
        }
        self.store()?;
        bar.finish_and_clear();
        Ok(())
    }

    fn store(&mut self) -> anyhow::Result<()> {
        let records = std::mem::take(&mut self.waiting);
        self.waiting_bytes = 0;
        if records.is_empty() {
            return Ok(());
        }
        let (block, next) = self.head.seal(records);
        self.storage.append(&block)?;
        self.head = next;
        Ok(())
    }

    /// What speaks against the store as it is now.
    fn check(&self, own: Option<&SignedCheckpoint>, given: Option<&Kept>) -> anyhow::Result<Option<String>> {
        let journal = (self.head.tree.size(), self.head.tree.root());
        if let Some(own) = own
            && let Err(fault) = compare("the file's header".as_ref(), &own.checkpoint, self.reader.root_at(), journal)
        {
            return Ok(Some(fault.to_string()));
        }
        let sizes: Vec<u64> = given.iter().map(|(_, given)| given.checkpoint.size).collect();
        let bar = progress_bar_to(journal.0);
        let report = audit(&self.storage, Depth::Full, &sizes, &mut |entries| bar.set_position(entries))?;
        bar.finish_and_clear();
        // A decision that this version makes otherwise is for `verify` to tell: the journal is what it was.
        if let Some(finding) = report.findings.iter().find(|finding| finding.check != Check::Decision) {
            return Ok(Some(format!("the journal does not hold: {finding}")));
        }
        if let Some((path, given)) = given {
            let root = report.roots.get(&given.checkpoint.size).copied().flatten();
            return Ok(compare(path, &given.checkpoint, root, journal).err().map(|fault| fault.to_string()));
        }
        Ok(None)
    }
}
