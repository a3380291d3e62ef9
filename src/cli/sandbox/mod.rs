//! `ipledger sandbox`: the same program and API with made-up companies and a clock that whoever tries it out moves.
//!
//! Never on a real data folder, and a sandbox's folder is never served for real: the folder carries a mark, and the first
//! entry of a sandbox is by a person that no real ledger begins with, so a copy, a backup or an import is known too.

mod world;

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use tracing::warn;

use super::access::AccessArguments;
use super::identity::IdentityArguments;
use super::key::write_pair;
use super::serve::{self, EvidenceArguments};
use crate::calendar::{CivilDate, Timestamp};
use crate::config::{IdentityConfig, SNAPSHOT_ENTRIES_DEFAULT, ServeConfig};
use crate::evidence::SigningKey;
use crate::evidence::key::Algorithm;
use crate::identifier::Sequence;
use crate::reader::Reader;
use crate::server::Edge;
use crate::server::sandbox::{NOTICE, NOTICE_ZH, SANDBOX_PERSON, morning_of};
use crate::writer::clock::ManualClock;

/// The file that marks the folder of a sandbox.
pub const MARK: &str = "SANDBOX";

/// The rulebook that every sandbox begins with.
const RULEBOOK: &str = "hebi-2017";

/// The flags of `ipledger sandbox`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The sandbox's folder; made if it is not there. A real data folder is refused.
    #[arg(long, env = "IPLEDGER_SANDBOX_DATA", default_value = "sandbox-data")]
    data: PathBuf,
    /// The address to listen on; port 0 takes a free one. Without certificates, loopback only.
    #[arg(long, env = "IPLEDGER_SANDBOX_LISTEN", default_value = "127.0.0.1:7470")]
    listen: SocketAddr,
    /// The day on which a new sandbox begins.
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "2025-06-03")]
    today: String,
    #[command(flatten)]
    evidence: EvidenceArguments,
    #[command(flatten)]
    access: AccessArguments,
    #[command(flatten)]
    identity: IdentityArguments,
}

/// Serves the sandbox until told to stop. Without certificates or tokens callers say who they are.
pub fn run(arguments: Arguments) -> anyhow::Result<bool> {
    let Arguments { data, listen, today, evidence, access, identity } = arguments;
    let today = CivilDate::parse(&today).map_err(|invalid| anyhow::anyhow!("--today: {invalid}"))?;
    let identity = identity.into_config();
    let dev_identity = identity.dev_identity || (identity.tls.is_none() && identity.tokens.is_none());
    check_folder(&data, true)?;
    let mut evidence = evidence.into_config();
    if evidence.key.is_none() {
        evidence.key = Some(own_key(&data)?);
    }
    let config = ServeConfig {
        data,
        listen,
        adopt: vec![RULEBOOK.to_owned()],
        evidence,
        access: access.into_config(),
        identity: IdentityConfig { dev_identity, ..identity },
        snapshot_every: SNAPSHOT_ENTRIES_DEFAULT,
        portal: None,
        ops: None,
    };
    serve::run_as(config, Some(today))
}

/// The key of a sandbox that was given none; its name says what it signs.
fn own_key(data: &Path) -> anyhow::Result<PathBuf> {
    let (folder, private) = (data.join("keys"), data.join("keys").join("ledger.key"));
    if !private.exists() {
        let key = SigningKey::generate("sandbox.example/not-a-real-ledger", Algorithm::Ed25519)?;
        write_pair(&key, &folder, &mut std::io::stderr())?;
    }
    Ok(private)
}

/// Refuses a folder of the other kind, and marks a new one.
pub(super) fn check_folder(data: &Path, sandbox: bool) -> anyhow::Result<()> {
    let (mark, shown) = (data.join(MARK), data.display());
    let marked = mark.exists();
    if !sandbox {
        anyhow::ensure!(!marked, "`{shown}` is the folder of a sandbox; a real ledger is never kept there");
        return Ok(());
    }
    let used = data.exists() && data.read_dir().with_context(|| format!("reading `{shown}`"))?.next().is_some();
    anyhow::ensure!(
        marked || !used,
        "`{shown}` is not the folder of a sandbox; name one that is new or empty, so that no real ledger is touched"
    );
    if !marked {
        fs::create_dir_all(data).with_context(|| format!("making `{shown}`"))?;
        fs::write(&mark, format!("{NOTICE}\n{NOTICE_ZH}\n")).with_context(|| format!("marking `{shown}`"))?;
    }
    Ok(())
}

/// Refuses a journal of the other kind, wherever it was copied to.
pub(super) async fn check_first_entry(reader: &Reader, sandbox: bool) -> anyhow::Result<()> {
    let Some(first) = reader.entry(Sequence::FIRST).await.context("reading the first entry")? else { return Ok(()) };
    let made_by_sandbox = first.actor.person.as_str() == SANDBOX_PERSON;
    anyhow::ensure!(
        sandbox || !made_by_sandbox,
        "the journal is that of a sandbox: its first entry is by `{SANDBOX_PERSON}`; begin a real ledger in a new folder"
    );
    anyhow::ensure!(!sandbox || made_by_sandbox, "the journal is not that of a sandbox; name a new folder");
    Ok(())
}

/// The clock of a sandbox: it begins on the morning of this day, or where it stood when the sandbox was last stopped.
pub(super) fn clock(day: CivilDate, last: Option<Timestamp>) -> ManualClock {
    let morning = morning_of(day);
    ManualClock::new(last.map_or(morning, |last| last.max(morning)))
}

/// Says what this is, and puts the made-up companies in, once.
pub(super) async fn open(edge: &Edge) -> anyhow::Result<()> {
    for line in [NOTICE, NOTICE_ZH] {
        warn!("{line}");
    }
    world::seed(edge).await.context("putting the made-up companies into the sandbox")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_real_folder_and_that_of_a_sandbox_are_never_taken_for_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let (real, sandbox) = (folder.path().join("real"), folder.path().join("sandbox"));
        check_folder(&real, false).unwrap();
        fs::create_dir(&real).unwrap();
        fs::write(real.join("db"), "entries").unwrap();
        assert!(check_folder(&real, true).unwrap_err().to_string().contains("is not the folder of a sandbox"));
        check_folder(&sandbox, true).unwrap();
        fs::write(sandbox.join("db"), "entries").unwrap();
        check_folder(&sandbox, true).unwrap();
        assert!(check_folder(&sandbox, false).unwrap_err().to_string().contains("is the folder of a sandbox"));
    }

    #[test]
    fn the_clock_goes_on_where_it_stood() {
        let day = CivilDate::parse("2025-06-03").unwrap();
        let later = morning_of(CivilDate::parse("2025-09-01").unwrap());
        let shown = |last| crate::writer::clock::Clock::Manual(clock(day, last)).now();
        assert_eq!(shown(None), morning_of(day));
        assert_eq!(shown(Some(later)), later);
    }
}
