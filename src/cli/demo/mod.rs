//! `ipledger demo`: a year of 鹤壁 (2025) played through the real server, and every figure compared with the hand
//! calculation.
//!
//! The server is this very program as a child process on a fresh folder; the demo talks to it over gRPC like a bank, an
//! enterprise or the bureau would, kills it in the middle (SIGKILL) and goes on. One file per part of the year:
//!
//! - [`setup`]: rulebook, partners, money, enterprises;
//! - [`loans`]: rights, pledges, filings, and what is refused of them;
//! - [`subsidies`]: quotes, applications, approval, payment, clawback;
//! - [`crash`]: the server dies with requests in flight;
//! - [`risk`]: default, claim, breaker, recovery;
//! - [`closing`]: the year's cap, the closed books, the statements;
//! - [`keep`]: the pages, if they are wanted, with a generated [`city`] around the story.

mod city;
mod client;
mod closing;
mod crash;
mod figures;
mod keep;
mod loans;
mod paper;
mod risk;
mod setup;
mod subsidies;
pub(super) mod world;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tokio::process::Command;

use crate::proto::v1;
use client::{Actor, Answer, Ledger};
use figures::Figures;
use paper::Paper;

/// What the demo is told.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The data folder, which stays; it must be empty or not exist. By default it is temporary.
    pub data: Option<PathBuf>,
    /// Whether server and pages stay afterwards.
    pub keep: bool,
    /// With `keep`: how many generated companies there are around the story.
    pub city: u64,
}

/// How many generated companies there are unless told.
pub(super) const CITY: u64 = 300;

/// Plays the year. `true` if every figure is as computed by hand and the books verify.
///
/// An error means that the year could not be played to its end: the server did not start or died, or it answered a
/// request in a way that leaves nothing to go on with.
pub async fn run(options: Options, out: &mut dyn Write) -> anyhow::Result<bool> {
    let folder = Folder::new(options.data)?;
    let started = tokio::time::Instant::now();
    let mut play = Play {
        ledger: Ledger::start(folder.path().to_owned()).await?,
        paper: Paper::new(out),
        figures: Figures::default(),
        ids: BTreeMap::new(),
    };
    setup::play(&mut play).await?;
    loans::play(&mut play).await?;
    subsidies::play(&mut play).await?;
    crash::play(&mut play).await?;
    risk::play(&mut play).await?;
    closing::play(&mut play).await?;
    play.ledger.stop().await?;
    let Play { mut paper, figures, .. } = play;
    let verified = verify(folder.path(), &mut paper).await?;
    paper.heading("手算对照", "Every figure against the hand calculation")?;
    figures.print(&mut paper)?;
    let good = verified && figures.all_agree();
    let count = figures.count();
    let milliseconds = started.elapsed().as_millis();
    if good {
        paper.say(
            &format!("{count} 项全部一致，账簿校验通过（{milliseconds} 毫秒）"),
            &format!("all {count} figures as computed by hand, the books verify ({milliseconds} ms)"),
        )?;
    } else {
        paper.say("存在差异，见上表", "something differs, see the table above")?;
    }
    if options.keep {
        keep::keep((folder.path(), options.city), &mut paper).await?;
    }
    Ok(good)
}

/// The year as it goes: the server, the output, the figures, and the ids that the ledger gave.
struct Play<'a> {
    ledger: Ledger,
    paper: Paper<'a>,
    figures: Figures,
    /// Loans, applications and claims by the demo's own names for them.
    ids: BTreeMap<&'static str, String>,
}

impl Play<'_> {
    /// Keeps the id that an answer gave.
    fn keep_id(&mut self, name: &'static str, answer: &Answer) -> anyhow::Result<()> {
        anyhow::ensure!(!answer.id.is_empty(), "the ledger gave no id for `{name}`: {}", answer.decision.reason);
        self.ids.insert(name, answer.id.clone());
        Ok(())
    }

    /// The ledger's id for one of the demo's names.
    fn id(&self, name: &str) -> anyhow::Result<String> {
        self.ids.get(name).cloned().with_context(|| format!("`{name}` has no id yet"))
    }

    /// Approves and pays an application, by two persons.
    async fn approve_and_pay(&mut self, name: &str, days: [&str; 2], reference: &str) -> anyhow::Result<()> {
        let application_id = self.id(name)?;
        let [approved_on, paid_on] = days;
        let approve = v1::ApproveSubsidyRequest { application_id: application_id.clone(), ..Default::default() };
        self.ledger.record(world::REVIEWER, approved_on, approve).await?;
        let pay = v1::PaySubsidyRequest { application_id, reference: reference.to_owned(), ..Default::default() };
        self.ledger.record(world::FINANCE, paid_on, pay).await?;
        Ok(())
    }

    /// The balance of an account as of now.
    async fn balance(&mut self, account: &str) -> anyhow::Result<String> {
        let request = v1::GetAccountBalanceRequest { account: account.to_owned(), as_of: None };
        let response = self.ledger.read(world::AUDITOR, request).await?;
        Ok(response.account_balance.unwrap_or_default().balance)
    }

    /// What is left of the yearly cap of an enterprise.
    async fn year_of(&mut self, actor: Actor, uscc: &str) -> anyhow::Result<v1::EnterpriseYear> {
        let request = v1::GetEnterpriseYearRequest { enterprise: uscc.to_owned(), year: 2025 };
        self.ledger.read(actor, request).await?.enterprise_year.context("an answer without the year")
    }
}

/// What is left of the yearly cap on pledge costs.
fn left_of(year: &v1::EnterpriseYear) -> &str {
    year.caps.iter().find(|cap| cap.cap_id == "pledge-cost-year").map_or("", |cap| cap.left.as_str())
}

/// A cost with what proves it.
fn cost(item: v1::CostKind, amount: &str, paid_on: &str, evidence: v1::cost_item::Evidence) -> v1::CostItem {
    v1::CostItem {
        item: item.into(),
        cost: amount.to_owned(),
        paid_on: paid_on.to_owned(),
        evidence: Some(evidence),
        ..Default::default()
    }
}

/// An invoice as evidence.
fn invoice(number: &str, total: &str) -> v1::cost_item::Evidence {
    v1::cost_item::Evidence::Invoice(v1::Invoice { number: number.to_owned(), total: total.to_owned() })
}

/// Runs `ipledger verify` on the folder as a process of its own.
async fn verify(data: &Path, paper: &mut Paper<'_>) -> anyhow::Result<bool> {
    paper.heading("校验账簿", "The books verified from the first byte, by another process")?;
    let program = std::env::current_exe().context("finding this program")?;
    let output = Command::new(program).arg("verify").arg("--data").arg(data).output().await?;
    paper.verbatim(&String::from_utf8_lossy(&output.stdout))?;
    if !output.status.success() {
        paper.verbatim(&String::from_utf8_lossy(&output.stderr))?;
    }
    Ok(output.status.success())
}

/// The data folder: temporary, or where the user wants to keep it.
enum Folder {
    Temporary(tempfile::TempDir),
    Kept(PathBuf),
}

impl Folder {
    fn new(data: Option<PathBuf>) -> anyhow::Result<Self> {
        let Some(folder) = data else {
            return Ok(Self::Temporary(tempfile::tempdir().context("making a temporary folder")?));
        };
        let used = folder.exists() && folder.read_dir()?.next().is_some();
        anyhow::ensure!(!used, "`{}` is not empty; name a folder that is new or empty", folder.display());
        Ok(Self::Kept(folder))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Temporary(folder) => folder.path(),
            Self::Kept(folder) => folder,
        }
    }
}
