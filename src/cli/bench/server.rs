//! Writes and no-op calls of the real server, in a process of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use uuid::Uuid;

use super::{Rate, per_second};
use crate::cli::child::{ActAs, ServerProcess};
use crate::identifier::Uscc;
use crate::proto::v1;
use crate::proto::v1::batch_service_client::BatchServiceClient;
use crate::proto::v1::cost_item::Evidence;
use crate::proto::v1::ledger_service_client::LedgerServiceClient;
use crate::proto::v1::loan_service_client::LoanServiceClient;
use crate::proto::v1::registry_service_client::RegistryServiceClient;
use crate::proto::v1::subsidy_service_client::SubsidyServiceClient;
use crate::proto::v1::write_item::Request as Item;
use crate::proto::v1::write_result;

/// Enterprises that take turns.
pub(super) const ENTERPRISES: usize = 64;

/// Writes in one call of `WriteBatch`: as many as it takes.
#[cfg(feature = "postgres-baseline")]
pub(super) const BATCH_ITEMS: usize = crate::server::BATCH_ITEMS_MAX;

/// Connections that the callers share.
const CONNECTIONS: usize = 4;

/// The strict rulebook, and no limits: what is measured is the ledger, not the guard.
const FLAGS: [&str; 4] = ["--adopt", "hebi-2017", "--limit-requests", "0"];

/// Bytes of a no-op call: about those of an application.
const PING_BYTES: usize = 300;

/// Who writes, for whom and how many at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    /// Calls under way at once.
    pub(super) callers: usize,
    /// Enterprises that take turns, at most [`ENTERPRISES`].
    pub(super) enterprises: usize,
    /// Applications in one call: 1 is `ApplySubsidy`, more is `WriteBatch`.
    pub(super) items: usize,
}

type Service = InterceptedService<Channel, ActAs>;

/// A server with borrowers, ready to be measured.
pub(super) struct Bench {
    server: ServerProcess,
    _folder: TempDir,
    channels: Vec<Channel>,
    borrowers: Arc<Vec<(String, String)>>,
    pub(super) invoices: Arc<AtomicU64>,
    /// Loans of which interest is paid; none unless asked for.
    pub(super) payers: Arc<Vec<String>>,
}

impl Bench {
    /// Starts the server on a temporary folder and registers the borrowers.
    pub(super) async fn start() -> anyhow::Result<Self> {
        let folder = TempDir::new()?;
        let program = std::env::current_exe()?;
        let server = ServerProcess::start_with(&program, &folder.path().join("data"), FLAGS.map(Into::into)).await?;
        let mut channels = Vec::new();
        for _ in 0..CONNECTIONS {
            channels.push(server.connect().await?);
        }
        let channel = channels.first().context("a connection")?.clone();
        let borrowers = Arc::new(SetUp::new(channel)?.run().await?);
        let (invoices, payers) = (Arc::new(AtomicU64::new(1)), Arc::default());
        Ok(Self { server, _folder: folder, channels, borrowers, invoices, payers })
    }

    /// The connection of a caller.
    pub(super) fn channel(&self, caller: usize) -> anyhow::Result<Channel> {
        Ok(self.channels.get(caller.rem_euclid(CONNECTIONS)).context("a connection")?.clone())
    }

    /// No-op calls per second.
    pub(super) async fn pings(&self, in_flight: usize, seconds: u64) -> anyhow::Result<Rate> {
        self.measure(in_flight, seconds, |channel, _, deadline| async move {
            let mut client = LedgerServiceClient::with_interceptor(channel, ActAs::new("auditor", "", "bench")?);
            let mut count: u64 = 0;
            while Instant::now() < deadline {
                client.ping(v1::PingRequest { payload: vec![7; PING_BYTES] }).await?;
                count = count.saturating_add(1);
            }
            Ok(count)
        })
        .await
    }

    /// Durable writes per second: each a subsidy application that is granted.
    pub(super) async fn writes(&self, load: Load, seconds: u64) -> anyhow::Result<Rate> {
        let (borrowers, invoices) = (Arc::clone(&self.borrowers), Arc::clone(&self.invoices));
        self.measure(load.callers, seconds, move |channel, caller, deadline| {
            let (borrowers, invoices) = (Arc::clone(&borrowers), Arc::clone(&invoices));
            async move {
                let mut turns = borrowers.iter().take(load.enterprises).cycle().skip(caller);
                let next = |(enterprise, loan): &(String, String)| {
                    let invoice = invoices.fetch_add(1, Ordering::Relaxed);
                    application(enterprise.clone(), loan.clone(), (invoice, PAID_ON))
                };
                let mut count: u64 = 0;
                while Instant::now() < deadline {
                    let requests = turns.by_ref().take(load.items).map(next).collect();
                    count = count.saturating_add(apply(channel.clone(), requests).await?);
                }
                Ok(count)
            }
        })
        .await
    }

    /// Runs `in_flight` callers until the time is over and adds up what they did.
    pub(super) async fn measure<Task, Run>(&self, in_flight: usize, seconds: u64, task: Run) -> anyhow::Result<Rate>
    where
        Task: Future<Output = anyhow::Result<u64>> + Send + 'static,
        Run: Fn(Channel, usize, Instant) -> Task,
    {
        let begin = Instant::now();
        let ticks = self.server.processor_ticks().unwrap_or(0);
        let deadline = begin.checked_add(Duration::from_secs(seconds)).context("a deadline")?;
        let mut callers = JoinSet::new();
        for caller in 0..in_flight {
            callers.spawn(task(self.channel(caller)?, caller, deadline));
        }
        let mut total: u64 = 0;
        while let Some(done) = callers.join_next().await {
            total = total.saturating_add(done??);
        }
        let ticks = self.server.processor_ticks().unwrap_or(0).saturating_sub(ticks);
        Ok(Rate {
            per_second: per_second(total, begin.elapsed()),
            processor_micros: ticks.saturating_mul(10_000).checked_div(total).unwrap_or(0),
        })
    }

    /// Stops the server; it must end cleanly.
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        self.server.stop().await
    }
}

/// Sends one application by its own RPC, several as a batch; all must be granted. Gives how many.
async fn apply(channel: Channel, mut requests: Vec<v1::ApplySubsidyRequest>) -> anyhow::Result<u64> {
    let officer = ActAs::new("officer", "", "bench")?;
    let sent = u64::try_from(requests.len())?;
    let mut decisions = Vec::with_capacity(requests.len());
    if requests.len() == 1 {
        let request = requests.pop().context("an application")?;
        let answer = SubsidyServiceClient::with_interceptor(channel, officer).apply_subsidy(request).await?;
        decisions.push(answer.into_inner().decision);
    } else {
        let items =
            requests.into_iter().map(|request| v1::WriteItem { request: Some(Item::ApplySubsidy(request)) }).collect();
        let mut client = BatchServiceClient::with_interceptor(channel, officer);
        for result in client.write_batch(v1::WriteBatchRequest { items }).await?.into_inner().results {
            match result.result.context("a result")? {
                write_result::Result::Answer(answer) => decisions.push(answer.decision),
                write_result::Result::Error(error) => anyhow::bail!("an application was rejected: {}", error.message),
            }
        }
    }
    for outcome in decisions.iter().map(|decision| decision.as_ref().map(v1::Decision::outcome)) {
        anyhow::ensure!(outcome == Some(v1::Outcome::Granted), "an application was not granted: {outcome:?}");
    }
    anyhow::ensure!(u64::try_from(decisions.len())? == sent, "{} answers to {sent} applications", decisions.len());
    Ok(sent)
}

/// An application for half of a valuation fee of 2.00 yuan on an invoice of its own, paid on this day.
pub(super) fn application(
    enterprise: String,
    loan_id: String,
    (invoice, paid_on): (u64, &str),
) -> v1::ApplySubsidyRequest {
    let invoice = v1::Invoice { number: format!("{invoice:020}"), total: "2.00".to_owned() };
    v1::ApplySubsidyRequest {
        request_id: Uuid::new_v4().to_string(),
        enterprise,
        programme_id: "pledge-cost".to_owned(),
        loan_id,
        items: vec![v1::CostItem {
            item: v1::CostKind::Valuation.into(),
            cost: "2.00".to_owned(),
            paid_on: paid_on.to_owned(),
            evidence: Some(Evidence::Invoice(invoice)),
            ..v1::CostItem::default()
        }],
        effective_date: paid_on.to_owned(),
        ..v1::ApplySubsidyRequest::default()
    }
}

/// The day on which everything happens: any day in the past.
pub(super) const PAID_ON: &str = "2025-06-02";

/// Registers what the measured writes need.
pub(super) struct SetUp {
    registry: RegistryServiceClient<Service>,
    bank_registry: RegistryServiceClient<Service>,
    loans: LoanServiceClient<Service>,
    channel: Channel,
}

impl SetUp {
    pub(super) fn new(channel: Channel) -> anyhow::Result<Self> {
        let officer = ActAs::new("officer", "", "bench")?;
        let bank = ActAs::new("bank", "bank", "bench")?;
        Ok(Self {
            registry: RegistryServiceClient::with_interceptor(channel.clone(), officer),
            bank_registry: RegistryServiceClient::with_interceptor(channel.clone(), bank.clone()),
            loans: LoanServiceClient::with_interceptor(channel.clone(), bank),
            channel,
        })
    }

    async fn run(mut self) -> anyhow::Result<Vec<(String, String)>> {
        self.registry
            .register_institution(v1::RegisterInstitutionRequest {
                request_id: id(),
                effective_date: PAID_ON.to_owned(),
                institution_id: "bank".to_owned(),
                kind: v1::InstitutionKind::Bank.into(),
                name: "测试银行".to_owned(),
                uscc: uscc(0)?.to_string(),
                ..v1::RegisterInstitutionRequest::default()
            })
            .await?;
        let finance = ActAs::new("finance", "", "bench")?;
        v1::budget_service_client::BudgetServiceClient::with_interceptor(self.channel.clone(), finance)
            .appropriate_budget(v1::AppropriateBudgetRequest {
                request_id: id(),
                effective_date: PAID_ON.to_owned(),
                budget_line_id: "ip-finance".to_owned(),
                year: 2025,
                amount: "1000000000.00".to_owned(),
                document: "bench".to_owned(),
                ..v1::AppropriateBudgetRequest::default()
            })
            .await?;
        let mut borrowers = Vec::new();
        for index in 1..=u64::try_from(ENTERPRISES)? {
            borrowers.push(self.borrower(index).await?);
        }
        Ok(borrowers)
    }

    /// Registers a borrower with a disbursed loan; gives both.
    pub(super) async fn borrower(&mut self, index: u64) -> anyhow::Result<(String, String)> {
        let uscc = uscc(index)?.to_string();
        let right = format!("trademark:{}/9", 10_000_000_u64.saturating_add(index));
        self.register(&uscc, &right, index).await?;
        let filed = self
            .loans
            .file_loan(v1::FileLoanRequest {
                request_id: id(),
                effective_date: PAID_ON.to_owned(),
                bank_id: "bank".to_owned(),
                contract_number: format!("C{index}"),
                borrower: uscc.clone(),
                principal: "1000000.00".to_owned(),
                ip_part: "1000000.00".to_owned(),
                annual_rate: "0.0435".to_owned(),
                signed_on: PAID_ON.to_owned(),
                matures_on: "2026-06-01".to_owned(),
                pledges: vec![v1::PledgeKey {
                    kind: v1::RightKind::Trademark.into(),
                    registration_number: format!("Y{index}"),
                }],
                ..v1::FileLoanRequest::default()
            })
            .await?
            .into_inner();
        self.loans
            .disburse_loan(v1::DisburseLoanRequest {
                request_id: id(),
                effective_date: PAID_ON.to_owned(),
                loan_id: filed.loan_id.clone(),
                amount: "1000000.00".to_owned(),
                ..v1::DisburseLoanRequest::default()
            })
            .await?;
        Ok((uscc, filed.loan_id))
    }

    async fn register(&mut self, uscc: &str, right: &str, index: u64) -> anyhow::Result<()> {
        self.registry
            .register_enterprise(v1::RegisterEnterpriseRequest {
                request_id: id(),
                effective_date: PAID_ON.to_owned(),
                uscc: uscc.to_owned(),
                name: format!("企业{index}"),
                size_class: v1::SizeClass::Small.into(),
                district: "410611".to_owned(),
                ..v1::RegisterEnterpriseRequest::default()
            })
            .await?;
        self.registry
            .register_ip_right(v1::RegisterIpRightRequest {
                request_id: id(),
                effective_date: PAID_ON.to_owned(),
                right: right.to_owned(),
                owner: uscc.to_owned(),
                title: "标".to_owned(),
                granted_on: "2020-01-01".to_owned(),
                expires_on: "2030-01-01".to_owned(),
                ..v1::RegisterIpRightRequest::default()
            })
            .await?;
        self.bank_registry
            .register_pledge(v1::RegisterPledgeRequest {
                request_id: id(),
                effective_date: PAID_ON.to_owned(),
                kind: v1::RightKind::Trademark.into(),
                registration_number: format!("Y{index}"),
                pledgee_id: "bank".to_owned(),
                pledgor: uscc.to_owned(),
                rights: vec![right.to_owned()],
                secured_amount: "1000000.00".to_owned(),
                ..v1::RegisterPledgeRequest::default()
            })
            .await?;
        Ok(())
    }
}

fn id() -> String {
    Uuid::new_v4().to_string()
}

/// A valid USCC: the organisation code is the number, the check character is found by trying.
pub(super) fn uscc(index: u64) -> anyhow::Result<Uscc> {
    const CHARACTERS: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    let body = format!("91410600{index:09}");
    CHARACTERS
        .chars()
        .find_map(|check| Uscc::parse(&format!("{body}{check}")).ok())
        .with_context(|| format!("no check character for `{body}`"))
}
