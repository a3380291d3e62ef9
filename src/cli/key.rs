//! `ipledger key`: makes the keys of a ledger and of its cosigners, and rotates them.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};

use crate::evidence::key::Algorithm;
use crate::evidence::{Note, PublicKey, SigningKey, rotation};

/// The file of the statement that a key gives way to another.
const ROTATION_FILE: &str = "rotation";

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Make a new key: a private file for the signer alone, and a public one for everybody.
    New {
        /// The name of the ledger, for example `hebi.gov.cn/ip-pledge`, or of the cosigner, for example `icbc-hebi`.
        #[arg(long)]
        name: String,
        /// The folder for the two files; made if it is not there.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// The key of a cosigner (a bank, the bureau) instead of a ledger's.
        #[arg(long)]
        cosigner: bool,
    },
    /// Make a new key for the ledger that this one is of, and a statement signed by both.
    Rotate {
        /// The private key until now.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// The folder for the three files; made if it is not there.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
}

/// Runs the task.
pub fn run(task: &Task, out: &mut dyn Write) -> anyhow::Result<bool> {
    match task {
        Task::New { name, out: folder, cosigner } => {
            let algorithm = if *cosigner { Algorithm::Cosignature } else { Algorithm::Ed25519 };
            write_pair(&SigningKey::generate(name, algorithm)?, folder, out)?;
        }
        Task::Rotate { key, out: folder } => {
            let old = SigningKey::read(key).with_context(|| format!("reading `{}`", key.display()))?;
            let new = SigningKey::generate(old.public().name(), Algorithm::Ed25519)?;
            let statement = rotation::rotate(&old, &new)?;
            write_pair(&new, folder, out)?;
            let path = folder.join(ROTATION_FILE);
            fs::write(&path, statement.to_string()).with_context(|| format!("writing `{}`", path.display()))?;
            writeln!(out, "rotation  {}  (give it to whoever has the old public key)", path.display())?;
        }
    }
    Ok(true)
}

/// Writes the two files of a key, and says where they are.
pub(super) fn write_pair(key: &SigningKey, folder: &Path, out: &mut dyn Write) -> anyhow::Result<()> {
    let stem = match key.public().algorithm() {
        Algorithm::Ed25519 => "ledger",
        Algorithm::Cosignature => "cosigner",
    };
    fs::create_dir_all(folder).with_context(|| format!("making `{}`", folder.display()))?;
    let (private, public) = (folder.join(format!("{stem}.key")), folder.join(format!("{stem}.pub")));
    key.write_new(&private).with_context(|| format!("writing `{}`, which must be a new file", private.display()))?;
    fs::write(&public, format!("{}\n", key.public())).with_context(|| format!("writing `{}`", public.display()))?;
    writeln!(out, "key       {}", key.public().label())?;
    writeln!(out, "private   {}  (mode 0600; keep it where only the signer reads)", private.display())?;
    writeln!(out, "public    {}  (give it to everybody, by another way than the ledger)", public.display())?;
    Ok(())
}

/// The key of the ledger, for whoever checks something of it.
#[derive(Debug, Clone, Args)]
pub struct LedgerKey {
    /// The public key of the ledger, as it was received when it was trusted.
    #[arg(long, value_name = "PUBFILE")]
    pub key: PathBuf,
    /// The statement of a rotation since then, oldest first; the key that it leads to is used.
    #[arg(long, value_name = "FILE")]
    pub rotation: Vec<PathBuf>,
}

impl LedgerKey {
    /// The key that the rotations lead to.
    pub fn read(&self) -> anyhow::Result<PublicKey> {
        Ok(self.read_all()?.0)
    }

    /// The key that the rotations lead to, and those before it: what was signed earlier is by one of them.
    pub fn read_all(&self) -> anyhow::Result<(PublicKey, Vec<PublicKey>)> {
        let mut key = PublicKey::read(&self.key).with_context(|| format!("reading `{}`", self.key.display()))?;
        let mut earlier = Vec::new();
        for path in &self.rotation {
            let text = fs::read_to_string(path).with_context(|| format!("reading `{}`", path.display()))?;
            let followed = Note::parse(&text).and_then(|note| rotation::follow(&note, &key));
            let next =
                followed.with_context(|| format!("`{}` is not a rotation from `{}`", path.display(), key.label()))?;
            earlier.push(std::mem::replace(&mut key, next));
        }
        Ok((key, earlier))
    }
}

/// Reads public keys, one a file.
pub fn read_public(paths: &[PathBuf]) -> anyhow::Result<Vec<PublicKey>> {
    paths.iter().map(|path| PublicKey::read(path).with_context(|| format!("reading `{}`", path.display()))).collect()
}
