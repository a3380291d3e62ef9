//! `ipledger pki`: certificates for a city that has no certification authority (CA).

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};

use crate::book::identity_name::{IdentityName, SCHEME};
use crate::calendar::Timestamp;
use crate::pki::authority::{CERTIFICATE_DAYS, LIST_DAYS, Order, read_index};
use crate::pki::certificate::days_between;
use crate::pki::index::{Reason, Record, Standing, instant};
use crate::pki::{Authority, Issued, Key, files};
use crate::writer::clock::Clock;

/// Where the CA is unless told otherwise.
const FOLDER_DEFAULT: &str = "pki";

/// What to do with certificates.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Make a CA: `ca.key` (keep it offline), `ca.crt`, and an empty revocation list `ca.crl`.
    Init {
        /// The name of the CA, for example `鹤壁知识产权质押账本 CA`.
        #[arg(long)]
        name: String,
        /// Where the CA is.
        #[command(flatten)]
        place: Place,
    },
    /// Issue a certificate.
    Issue(Box<Issue>),
    /// Revoke certificates, and write the next revocation list. Copy it to the server and send it SIGHUP.
    Revoke {
        /// A serial number, the beginning of one (8 digits or more), or a name such as `ipledger:bank:icbc-hebi`, which
        /// revokes all its certificates.
        what: String,
        /// Why.
        #[arg(long, value_enum, default_value_t = Reason::Unspecified)]
        reason: Reason,
        /// Where the CA is.
        #[command(flatten)]
        place: Place,
    },
    /// List what was issued.
    List {
        /// Only what holds now.
        #[arg(long)]
        valid: bool,
        /// Where the CA is.
        #[command(flatten)]
        place: Place,
    },
    /// Write the next revocation list, before the last one ends.
    Crl {
        /// Where the CA is.
        #[command(flatten)]
        place: Place,
    },
}

/// Where the CA is.
#[derive(Debug, Args)]
pub struct Place {
    /// The folder of the CA.
    #[arg(long = "pki", value_name = "DIR", env = "IPLEDGER_PKI", default_value = FOLDER_DEFAULT)]
    folder: PathBuf,
}

/// A certificate to issue.
#[derive(Debug, Args)]
pub struct Issue {
    /// For what.
    role: Holder,
    /// `bank`, `guarantor`, `insurer`: the institution, and the person if it is not the institution's own system.
    /// `enterprise`: its USCC, and the person. The bureau's roles: the person. `server`: the DNS names and IP addresses
    /// under which clients reach it.
    #[arg(required = true)]
    names: Vec<String>,
    /// A certificate signing request (PKCS #10, PEM): the holder makes the key and keeps it. Only its key is taken.
    #[arg(long, value_name = "FILE")]
    csr: Option<PathBuf>,
    /// How many days it holds.
    #[arg(long, default_value_t = CERTIFICATE_DAYS)]
    days: u32,
    /// Where the CA is.
    #[command(flatten)]
    place: Place,
}

/// What a certificate is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Holder {
    /// Partner bank.
    Bank,
    /// Guarantor.
    Guarantor,
    /// Insurer.
    Insurer,
    /// Enterprise.
    Enterprise,
    /// Officer of the bureau.
    Officer,
    /// Finance.
    Finance,
    /// Auditor.
    Auditor,
    /// Operator.
    Operator,
    /// The ledger itself.
    Server,
}

/// Runs the task.
pub fn run(task: &Task, out: &mut dyn Write) -> anyhow::Result<bool> {
    let now = Clock::System.now();
    match task {
        Task::Init { name, place } => init(&place.folder, name, now, out)?,
        Task::Issue(order) => issue(order, now, out)?,
        Task::Revoke { what, reason, place } => {
            let mut authority = open(&place.folder)?;
            for record in authority.revoke(what, *reason, now)? {
                writeln!(out, "revoked   {}  {}", record.serial, record.name)?;
            }
            say_list(&authority, out)?;
        }
        Task::List { valid, place } => list(&place.folder, *valid, now, out)?,
        Task::Crl { place } => {
            let mut authority = open(&place.folder)?;
            authority.write_list(now)?;
            say_list(&authority, out)?;
        }
    }
    Ok(true)
}

fn init(folder: &Path, name: &str, now: Timestamp, out: &mut dyn Write) -> anyhow::Result<()> {
    let authority = Authority::init(folder, name, now)?;
    writeln!(out, "key       {}  (mode 0600; whoever has it is everybody)", folder.join("ca.key").display())?;
    writeln!(out, "CA        {}  (give it to everybody)", authority.certificate_path().display())?;
    say_list(&authority, out)
}

fn issue(order: &Issue, now: Timestamp, out: &mut dyn Write) -> anyhow::Result<()> {
    let request = order.csr.as_deref().map(read_text).transpose()?;
    let terms = Order { request: request.as_deref(), days: order.days, now };
    let mut authority = open(&order.place.folder)?;
    let (name, issued) = if order.role == Holder::Server {
        (String::from("server"), authority.issue_server(&order.names, terms)?)
    } else {
        let name = order.name()?;
        (name.to_string(), authority.issue_client(&name, terms)?)
    };
    let Issued { facts, certificate, key } = issued;
    writeln!(out, "for       {name}")?;
    writeln!(out, "serial    {}", facts.serial)?;
    writeln!(out, "ends      {} ({} days)", facts.not_after, facts.days_left(now))?;
    writeln!(out, "cert      {}", certificate.display())?;
    match key {
        Key::Made(path) => writeln!(out, "key       {}  (mode 0600; hand it over, then delete it)", path.display())?,
        Key::Kept => writeln!(out, "key       the holder's own")?,
    }
    Ok(())
}

impl Issue {
    /// The name of the identity.
    fn name(&self) -> anyhow::Result<IdentityName> {
        let role = self.role.to_possible_value().context("a role without a name")?;
        let uri = format!("{SCHEME}{}:{}", role.get_name(), self.names.join(":"));
        IdentityName::parse(&uri).map_err(|invalid| anyhow::anyhow!("{invalid}"))
    }
}

fn list(folder: &Path, valid: bool, now: Timestamp, out: &mut dyn Write) -> anyhow::Result<()> {
    let index = read_index(folder).with_context(|| format!("reading the CA in `{}`", folder.display()))?;
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_header(["SERIAL", "NAME", "STANDING", "ENDS", "DAYS"]);
    for record in &index.issued {
        let standing = record.standing(now);
        if valid && standing != Standing::Valid {
            continue;
        }
        table.add_row(row(record, standing, now));
    }
    writeln!(out, "{table}")?;
    Ok(())
}

fn row(record: &Record, standing: Standing, now: Timestamp) -> [String; 5] {
    let end = instant(record.not_after);
    let standing = match standing {
        Standing::Valid => "valid",
        Standing::Expired => "expired",
        Standing::Revoked => "revoked",
    };
    let days = days_between(now, end).to_string();
    [record.serial.clone(), record.name.clone(), standing.to_owned(), end.shanghai_date().to_string(), days]
}

fn open(folder: &Path) -> anyhow::Result<Authority> {
    Authority::open(folder).with_context(|| {
        format!("opening the CA in `{}`; make one with `ipledger pki init`, or name it with --pki", folder.display())
    })
}

fn say_list(authority: &Authority, out: &mut dyn Write) -> anyhow::Result<()> {
    let path = authority.list_path();
    writeln!(out, "CRL       {}  (holds for {LIST_DAYS} days; `ipledger pki crl` renews it)", path.display())?;
    Ok(())
}

fn read_text(path: &Path) -> anyhow::Result<String> {
    let bytes = files::read(path).with_context(|| format!("reading `{}`", path.display()))?;
    String::from_utf8(bytes).with_context(|| format!("`{}` is not text", path.display()))
}
