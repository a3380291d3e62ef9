//! `ipledger snapshot`: compares the snapshots of a data folder with what the whole journal adds up to, and writes a new
//! one from that.

use std::io::Write;
use std::path::Path;

use anyhow::Context as _;

use crate::reader;
use crate::snapshot::{self, Flaw};
use crate::storage::sled::SledStorage;

/// Compares, and writes unless only a check is asked for; `false` when a snapshot says something else than the journal
/// or is damaged. One by another version of the program says nothing and is only told of.
pub fn run(data: &Path, check: bool, out: &mut dyn Write) -> anyhow::Result<bool> {
    let shown = data.display();
    anyhow::ensure!(data.is_dir(), "`{shown}` is not a folder; name the data folder with --data");
    let storage = SledStorage::open(data).with_context(|| format!("opening `{shown}`"))?;
    let bar = super::verify::progress_bar();
    let whole = reader::load(&storage, &mut |entries| bar.set_position(entries));
    bar.finish_and_clear();
    let whole = whole.with_context(|| format!("replaying the journal in `{shown}`"))?;
    let mut good = true;
    for path in snapshot::list(data)? {
        let verdict = match snapshot::load_one(&path, &storage)? {
            Ok(loaded) if loaded.is_same(&whole) => "right".to_owned(),
            Ok(_) => "WRONG: it adds up to another state than the journal; remove it and report this bug".to_owned(),
            Err(flaw) => not_taken(&flaw),
        };
        good &= !verdict.starts_with("WRONG");
        writeln!(out, "{}  {verdict}", path.display())?;
    }
    if !check {
        let path = snapshot::write(data, whole.state().copy())
            .with_context(|| format!("writing a snapshot into `{shown}`"))?;
        writeln!(out, "{}  written, of {} entries", path.display(), whole.view().head.last_sequence)?;
    }
    Ok(good)
}

fn not_taken(flaw: &Flaw) -> String {
    match flaw {
        Flaw::OtherProgram => format!("not taken: {flaw}"),
        Flaw::Unreadable(_)
        | Flaw::NotASnapshot
        | Flaw::Damaged { .. }
        | Flaw::OtherJournal { .. }
        | Flaw::Content(_) => format!("WRONG: {flaw}; a start does without it"),
    }
}
