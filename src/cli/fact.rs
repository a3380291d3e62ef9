//! `ipledger fact`: facts that rules ask for and no event of the ledger yields: record one, list them.

use std::io::Write;

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use comfy_table::{Table, presets};
use uuid::Uuid;

use super::client::Client;
use super::rate::{Correction, said};
use crate::calendar::CivilDate;
use crate::proto::v1;
use crate::proto::v1::fact::Value;

/// What to do with facts.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Record a fact with its source.
    Record(Box<Record>),
    /// List the facts that the caller may see, corrected ones among them.
    List {
        /// Only those about this enterprise (USCC).
        #[arg(long, default_value = "", hide_default_value = true)]
        enterprise: String,
        /// Only those about this loan.
        #[arg(long, default_value = "", hide_default_value = true)]
        loan: String,
        /// Where the ledger is, and as whom to call it.
        #[command(flatten)]
        client: Client,
    },
}

/// One fact.
#[derive(Debug, Args)]
pub struct Record {
    /// Of what kind; the other flags depend on it.
    #[arg(value_enum)]
    kind: Kind,
    /// The enterprise (USCC), for enterprise-… and earlier-applications.
    #[arg(long, default_value = "", hide_default_value = true)]
    enterprise: String,
    /// The loan, for loan-…, loss-recognised, payee-liability and other-public-money.
    #[arg(long, default_value = "", hide_default_value = true)]
    loan: String,
    /// The bank, for bank-business.
    #[arg(long, default_value = "", hide_default_value = true)]
    bank: String,
    /// The year, for enterprise-revenue and working-calendar.
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    year: i32,
    /// The programme, for earlier-applications.
    #[arg(long, default_value = "", hide_default_value = true)]
    programme: String,
    /// What is stated: a word, an amount in yuan, `yes` or `no`, a number, a pool; several with commas: classes
    /// `champion,high-tech:2027-12-31`, traits, parties `guarantor=gua,insurer=picc`, days of a working calendar
    /// (weekdays are off, weekend days are worked).
    #[arg(long, default_value = "", hide_default_value = true)]
    value: String,
    /// The first day on which it holds, YYYY-MM-DD [default: today].
    #[arg(long, default_value = "", hide_default_value = true)]
    from: String,
    /// Who declares it and by what: a document's number, a notice, a web address.
    #[arg(long)]
    document: String,
    /// SHA-256 of the document, where it is kept as a file.
    #[arg(long, default_value = "", hide_default_value = true)]
    digest: String,
    /// What was wrong before, if this corrects it.
    #[command(flatten)]
    correction: Correction,
    /// Where the ledger is, and as whom to call it.
    #[command(flatten)]
    client: Client,
}

/// Kinds of facts, as `rulebooks/README.md` lists them.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    EnterpriseClasses,
    EnterpriseRevenue,
    EnterpriseFigure,
    EarlierApplications,
    LoanMode,
    LoanProduct,
    LoanTraits,
    LoanParties,
    LossRecognised,
    PayeeLiability,
    OtherPublicMoney,
    BankBusiness,
    WorkingCalendar,
}

/// Runs the task.
pub fn run(task: &Task, out: &mut dyn Write) -> anyhow::Result<bool> {
    super::on_runtime(async {
        match task {
            Task::Record(one) => record(one, out).await,
            Task::List { enterprise, loan, client } => list(enterprise, loan, client, out).await,
        }
    })
}

async fn record(one: &Record, out: &mut dyn Write) -> anyhow::Result<bool> {
    let request = v1::RecordFactRequest {
        request_id: Uuid::new_v4().to_string(),
        fact: Some(v1::Fact { value: Some(one.fact()?) }),
        from: one.from.clone(),
        document: one.document.clone(),
        digest: one.digest.clone(),
        supersedes: one.correction.message(),
        ..Default::default()
    };
    let answer = one.client.facts().await?.record_fact(request).await?.into_inner();
    said(answer.entry.as_ref(), answer.decision, out)?;
    Ok(true)
}

impl Record {
    fn fact(&self) -> anyhow::Result<Value> {
        let (enterprise, loan_id, value) = (self.enterprise.clone(), self.loan.clone(), self.value.clone());
        let amount = || v1::LoanAmount { loan_id: loan_id.clone(), amount: value.clone() };
        let word = || v1::LoanWord { loan_id: loan_id.clone(), word: value.clone() };
        Ok(match self.kind {
            Kind::EnterpriseClasses => {
                let classes = self.list().map(class).collect();
                Value::EnterpriseClasses(v1::EnterpriseClasses { enterprise, classes })
            }
            Kind::EnterpriseRevenue => {
                Value::EnterpriseRevenue(v1::EnterpriseRevenue { enterprise, year: self.year, amount: value })
            }
            Kind::EnterpriseFigure => {
                let (figure, amount) = value.split_once('=').with_context(|| {
                    format!("`{value}` is not a figure; expected for example `local-tax=120000.00`")
                })?;
                let (figure, amount) = (figure.to_owned(), amount.to_owned());
                Value::EnterpriseFigure(v1::EnterpriseFigure { enterprise, figure, year: self.year, amount })
            }
            Kind::EarlierApplications => {
                let count = value.parse().with_context(|| format!("`{value}` is not a number of applications"))?;
                let programme_id = self.programme.clone();
                Value::EarlierApplications(v1::EarlierApplications { enterprise, programme_id, count })
            }
            Kind::LoanMode => Value::LoanMode(word()),
            Kind::LoanProduct => Value::LoanProduct(word()),
            Kind::LoanTraits => {
                let traits = self.list().map(ToOwned::to_owned).collect();
                Value::LoanTraits(v1::LoanTraits { loan_id, traits })
            }
            Kind::LoanParties => Value::LoanParties(self.parties()?),
            Kind::LossRecognised => {
                let recognised = match value.as_str() {
                    "yes" => true,
                    "no" => false,
                    other => anyhow::bail!("`{other}` is neither `yes` nor `no`"),
                };
                Value::LossRecognised(v1::LossRecognised { loan_id, recognised })
            }
            Kind::PayeeLiability => Value::PayeeLiability(amount()),
            Kind::OtherPublicMoney => Value::OtherPublicMoney(amount()),
            Kind::BankBusiness => Value::BankBusiness(v1::BankBusiness { bank_id: self.bank.clone(), pool_id: value }),
            Kind::WorkingCalendar => Value::WorkingCalendar(self.calendar()?),
        })
    }

    /// The values between commas.
    fn list(&self) -> impl Iterator<Item = &str> {
        self.value.split(',').map(str::trim).filter(|text| !text.is_empty())
    }

    fn parties(&self) -> anyhow::Result<v1::LoanParties> {
        let mut parties = v1::LoanParties { loan_id: self.loan.clone(), ..Default::default() };
        for text in self.list() {
            match text.split_once('=') {
                Some(("guarantor", who)) => who.clone_into(&mut parties.guarantor_id),
                Some(("insurer", who)) => who.clone_into(&mut parties.insurer_id),
                Some(("valuer", who)) => who.clone_into(&mut parties.valuer_id),
                Some(_) | None => anyhow::bail!("`{text}` is not a party; expected for example `guarantor=gua`"),
            }
        }
        Ok(parties)
    }

    /// Weekend days are worked, weekdays are off: nothing else differs from "Monday to Friday".
    fn calendar(&self) -> anyhow::Result<v1::WorkingCalendar> {
        let mut calendar = v1::WorkingCalendar { year: self.year, ..Default::default() };
        for text in self.list() {
            let day = CivilDate::parse(text).map_err(|invalid| anyhow::anyhow!(invalid.problem))?;
            let days = if day.is_weekend() { &mut calendar.working_days } else { &mut calendar.days_off };
            days.push(day.to_string());
        }
        Ok(calendar)
    }
}

fn class(text: &str) -> v1::EnterpriseClass {
    let (class, until) = text.split_once(':').unwrap_or((text, ""));
    v1::EnterpriseClass { class: class.to_owned(), until: until.to_owned() }
}

async fn list(enterprise: &str, loan: &str, client: &Client, out: &mut dyn Write) -> anyhow::Result<bool> {
    let mut facts = client.facts().await?;
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(["entry", "kind", "about", "stated", "from", "document", "superseded by"]);
    let mut page_token = String::new();
    loop {
        let (enterprise, loan_id) = (enterprise.to_owned(), loan.to_owned());
        let request = v1::ListFactsRequest { enterprise, loan_id, page_size: 1_000, page_token };
        let page = facts.list_facts(request).await?.into_inner();
        for one in page.facts {
            let recorded = one.recorded.unwrap_or_default();
            let (about, stated) = shown(recorded.fact.and_then(|fact| fact.value));
            let by = if one.superseded_by == 0 { String::new() } else { one.superseded_by.to_string() };
            table.add_row([one.sequence.to_string(), one.kind, about, stated, recorded.from, recorded.document, by]);
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    writeln!(out, "{table}")?;
    Ok(true)
}

/// About whom or what, and what is said.
fn shown(value: Option<Value>) -> (String, String) {
    let Some(value) = value else { return (String::new(), String::new()) };
    match value {
        Value::EnterpriseClasses(one) => {
            let class = |class: v1::EnterpriseClass| match class.until.as_str() {
                "" => class.class,
                until => format!("{}:{until}", class.class),
            };
            (one.enterprise, joined(&one.classes.into_iter().map(class).collect::<Vec<_>>()))
        }
        Value::EnterpriseRevenue(one) => (one.enterprise, format!("{}: {}", one.year, one.amount)),
        Value::EnterpriseFigure(one) => (one.enterprise, format!("{} {}: {}", one.figure, one.year, one.amount)),
        Value::EarlierApplications(one) => (one.enterprise, format!("{}: {}", one.programme_id, one.count)),
        Value::LoanMode(one) | Value::LoanProduct(one) => (one.loan_id, one.word),
        Value::LoanTraits(one) => (one.loan_id, joined(&one.traits)),
        Value::LoanParties(one) => {
            let seats = [("guarantor", one.guarantor_id), ("insurer", one.insurer_id), ("valuer", one.valuer_id)];
            let named = seats.into_iter().filter(|(_, who)| !who.is_empty());
            (one.loan_id, joined(&named.map(|(seat, who)| format!("{seat}={who}")).collect::<Vec<_>>()))
        }
        Value::LossRecognised(one) => (one.loan_id, if one.recognised { "yes" } else { "no" }.to_owned()),
        Value::PayeeLiability(one) | Value::OtherPublicMoney(one) => (one.loan_id, one.amount),
        Value::BankBusiness(one) => (one.bank_id, one.pool_id),
        Value::WorkingCalendar(one) => {
            let off = joined(&one.days_off);
            (one.year.to_string(), format!("off {off}; worked {}", joined(&one.working_days)))
        }
    }
}

/// With commas; `none` for an empty list, which says something too.
fn joined(texts: &[String]) -> String {
    if texts.is_empty() { "none".to_owned() } else { texts.join(",") }
}
