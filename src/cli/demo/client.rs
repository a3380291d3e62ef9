//! The demo's side of the API: one server process, calls in the name of a person, request ids that are the same in
//! every run.

use std::path::PathBuf;

use anyhow::Context as _;
use prost::Message;
use tonic::transport::Channel;
use tonic::{Response, Status};
use tonic_types::StatusExt as _;

use crate::cli::child::{ActAs, ServerProcess};
use crate::proto::v1;
use v1::budget_service_client::BudgetServiceClient;
use v1::ledger_service_client::LedgerServiceClient;
use v1::loan_service_client::LoanServiceClient;
use v1::period_service_client::PeriodServiceClient;
use v1::pool_service_client::PoolServiceClient;
use v1::registry_service_client::RegistryServiceClient;
use v1::rulebook_service_client::RulebookServiceClient;
use v1::subsidy_service_client::SubsidyServiceClient;

/// Who calls: a person in a role, for a bank or an enterprise, or for the bureau (`party` empty).
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Actor {
    pub(in crate::cli) role: &'static str,
    pub(in crate::cli) party: &'static str,
    pub(in crate::cli) person: &'static str,
}

/// A request that can be sent.
pub(super) trait Call: Clone {
    type Answer;
    async fn send(self, channel: Channel, actor: Actor) -> anyhow::Result<Result<Self::Answer, Status>>;
}

/// A request that asks for an entry.
pub(super) trait Write: Call<Answer: Recorded> {
    fn stamp(&mut self, request_id: String, day: &str);
}

/// The answer to a write.
pub(super) trait Recorded: Message {
    fn parts(&self) -> (Option<&v1::Entry>, Option<&v1::Decision>);
    /// The id of the loan, application or claim that was made; empty otherwise.
    fn id(&self) -> &str;
}

macro_rules! calls {
    ($($client:ident { $($method:ident($request:ident) -> $response:ident;)+ })+) => {$($(
        impl Call for v1::$request {
            type Answer = v1::$response;

            async fn send(self, channel: Channel, actor: Actor) -> anyhow::Result<Result<Self::Answer, Status>> {
                let identity = ActAs::new(actor.role, actor.party, actor.person)?;
                let mut client = $client::with_interceptor(channel, identity);
                Ok(client.$method(self).await.map(Response::into_inner))
            }
        }
    )+)+};
}

calls! {
    RulebookServiceClient {
        adopt_rulebook(AdoptRulebookRequest) -> AdoptRulebookResponse;
    }
    RegistryServiceClient {
        register_enterprise(RegisterEnterpriseRequest) -> RegisterEnterpriseResponse;
        register_institution(RegisterInstitutionRequest) -> RegisterInstitutionResponse;
        register_ip_right(RegisterIpRightRequest) -> RegisterIpRightResponse;
        register_pledge(RegisterPledgeRequest) -> RegisterPledgeResponse;
        release_pledge(ReleasePledgeRequest) -> ReleasePledgeResponse;
        add_blacklist_entry(AddBlacklistEntryRequest) -> AddBlacklistEntryResponse;
    }
    LoanServiceClient {
        file_loan(FileLoanRequest) -> FileLoanResponse;
        disburse_loan(DisburseLoanRequest) -> DisburseLoanResponse;
        record_interest_payment(RecordInterestPaymentRequest) -> RecordInterestPaymentResponse;
        record_principal_payment(RecordPrincipalPaymentRequest) -> RecordPrincipalPaymentResponse;
        mark_loan_overdue(MarkLoanOverdueRequest) -> MarkLoanOverdueResponse;
        mark_loan_non_performing(MarkLoanNonPerformingRequest) -> MarkLoanNonPerformingResponse;
        settle_loan(SettleLoanRequest) -> SettleLoanResponse;
        get_loan(GetLoanRequest) -> GetLoanResponse;
        list_loans(ListLoansRequest) -> ListLoansResponse;
    }
    SubsidyServiceClient {
        apply_subsidy(ApplySubsidyRequest) -> ApplySubsidyResponse;
        approve_subsidy(ApproveSubsidyRequest) -> ApproveSubsidyResponse;
        pay_subsidy(PaySubsidyRequest) -> PaySubsidyResponse;
        demand_clawback(DemandClawbackRequest) -> DemandClawbackResponse;
        record_clawback(RecordClawbackRequest) -> RecordClawbackResponse;
        record_red_letter_invoice(RecordRedLetterInvoiceRequest) -> RecordRedLetterInvoiceResponse;
        quote_subsidy(QuoteSubsidyRequest) -> QuoteSubsidyResponse;
        list_applications(ListApplicationsRequest) -> ListApplicationsResponse;
        get_enterprise_year(GetEnterpriseYearRequest) -> GetEnterpriseYearResponse;
    }
    BudgetServiceClient {
        appropriate_budget(AppropriateBudgetRequest) -> AppropriateBudgetResponse;
        adjust_budget(AdjustBudgetRequest) -> AdjustBudgetResponse;
        get_budget(GetBudgetRequest) -> GetBudgetResponse;
    }
    PoolServiceClient {
        contribute_to_pool(ContributeToPoolRequest) -> ContributeToPoolResponse;
        record_pool_interest(RecordPoolInterestRequest) -> RecordPoolInterestResponse;
        submit_claim(SubmitClaimRequest) -> SubmitClaimResponse;
        resume_claim(ResumeClaimRequest) -> ResumeClaimResponse;
        approve_claim(ApproveClaimRequest) -> ApproveClaimResponse;
        pay_claim(PayClaimRequest) -> PayClaimResponse;
        record_recovery(RecordRecoveryRequest) -> RecordRecoveryResponse;
        get_pool(GetPoolRequest) -> GetPoolResponse;
        get_claim(GetClaimRequest) -> GetClaimResponse;
    }
    PeriodServiceClient {
        close_period(ClosePeriodRequest) -> ClosePeriodResponse;
    }
    LedgerServiceClient {
        get_account_balance(GetAccountBalanceRequest) -> GetAccountBalanceResponse;
        list_accounts(ListAccountsRequest) -> ListAccountsResponse;
        get_trial_balance(GetTrialBalanceRequest) -> GetTrialBalanceResponse;
        list_entries(ListEntriesRequest) -> ListEntriesResponse;
        ping(PingRequest) -> PingResponse;
    }
}

macro_rules! writes {
    ($($request:ident -> $response:ident $(, $id:ident)?;)+) => {$(
        impl Write for v1::$request {
            fn stamp(&mut self, request_id: String, day: &str) {
                self.request_id = request_id;
                self.effective_date = day.to_owned();
            }
        }

        impl Recorded for v1::$response {
            fn parts(&self) -> (Option<&v1::Entry>, Option<&v1::Decision>) {
                (self.entry.as_ref(), self.decision.as_ref())
            }

            fn id(&self) -> &str {
                [$(self.$id.as_str(),)? ""].into_iter().next().unwrap_or_default()
            }
        }
    )+};
}

writes! {
    AdoptRulebookRequest -> AdoptRulebookResponse;
    RegisterEnterpriseRequest -> RegisterEnterpriseResponse;
    RegisterInstitutionRequest -> RegisterInstitutionResponse;
    RegisterIpRightRequest -> RegisterIpRightResponse;
    RegisterPledgeRequest -> RegisterPledgeResponse;
    ReleasePledgeRequest -> ReleasePledgeResponse;
    AddBlacklistEntryRequest -> AddBlacklistEntryResponse;
    FileLoanRequest -> FileLoanResponse, loan_id;
    DisburseLoanRequest -> DisburseLoanResponse;
    RecordInterestPaymentRequest -> RecordInterestPaymentResponse;
    RecordPrincipalPaymentRequest -> RecordPrincipalPaymentResponse;
    MarkLoanOverdueRequest -> MarkLoanOverdueResponse;
    MarkLoanNonPerformingRequest -> MarkLoanNonPerformingResponse;
    SettleLoanRequest -> SettleLoanResponse;
    ApplySubsidyRequest -> ApplySubsidyResponse, application_id;
    ApproveSubsidyRequest -> ApproveSubsidyResponse;
    PaySubsidyRequest -> PaySubsidyResponse;
    DemandClawbackRequest -> DemandClawbackResponse;
    RecordClawbackRequest -> RecordClawbackResponse;
    RecordRedLetterInvoiceRequest -> RecordRedLetterInvoiceResponse;
    AppropriateBudgetRequest -> AppropriateBudgetResponse;
    AdjustBudgetRequest -> AdjustBudgetResponse;
    ContributeToPoolRequest -> ContributeToPoolResponse;
    RecordPoolInterestRequest -> RecordPoolInterestResponse;
    SubmitClaimRequest -> SubmitClaimResponse, claim_id;
    ResumeClaimRequest -> ResumeClaimResponse;
    ApproveClaimRequest -> ApproveClaimResponse;
    PayClaimRequest -> PayClaimResponse;
    RecordRecoveryRequest -> RecordRecoveryResponse;
    ClosePeriodRequest -> ClosePeriodResponse;
}

/// What the ledger recorded.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    pub(super) entry: v1::Entry,
    pub(super) decision: v1::Decision,
    pub(super) id: String,
    /// The whole answer as bytes, to compare it with another one.
    pub(super) bytes: Vec<u8>,
}

impl Answer {
    fn of(response: &impl Recorded) -> anyhow::Result<Self> {
        let (entry, decision) = response.parts();
        Ok(Self {
            entry: entry.cloned().context("an answer without its entry")?,
            decision: decision.cloned().context("an answer without its decision")?,
            id: response.id().to_owned(),
            bytes: response.encode_to_vec(),
        })
    }
}

/// What the ledger did not take.
#[derive(Debug)]
pub(super) struct Rejected {
    /// The reason in capitals, for example `SAME_PERSON`.
    pub(super) reason: String,
    pub(super) message: String,
    pub(super) message_zh: String,
}

impl Rejected {
    /// Reads the details of a status; a status without a reason is a fault, not a rejection.
    fn of(status: &Status) -> anyhow::Result<Self> {
        let details = status.get_error_details();
        let info = details.error_info().with_context(|| format!("a failure without a reason: {status}"))?;
        let localized = details.localized_message().map(|localized| localized.message.clone());
        Ok(Self {
            reason: info.reason.clone(),
            message: status.message().to_owned(),
            message_zh: localized.unwrap_or_default(),
        })
    }
}

/// The server process and the way to it.
#[derive(Debug)]
pub(super) struct Ledger {
    program: PathBuf,
    data: PathBuf,
    /// `None` after it was killed and before it starts again.
    process: Option<ServerProcess>,
    pub(super) channel: Channel,
    requests: u64,
}

impl Ledger {
    /// Starts this very program as a server on a data folder.
    pub(super) async fn start(data: PathBuf) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("finding this program")?;
        let process = ServerProcess::start(&program, &data, &[]).await?;
        let channel = process.connect().await?;
        Ok(Self { program, data, process: Some(process), channel, requests: 0 })
    }

    /// Starts a server again on the same folder, after the one before was killed.
    pub(super) async fn start_again(&mut self) -> anyhow::Result<()> {
        let process = ServerProcess::start(&self.program, &self.data, &[]).await?;
        self.channel = process.connect().await?;
        self.process = Some(process);
        Ok(())
    }

    /// Kills the server at once (SIGKILL).
    pub(super) async fn kill(&mut self) -> anyhow::Result<()> {
        self.process.take().context("the server is down already")?.kill().await
    }

    /// Tells the server to finish (SIGTERM) and waits for a clean end.
    pub(super) async fn stop(&mut self) -> anyhow::Result<()> {
        self.process.take().context("the server is down already")?.stop().await
    }

    /// Gives a request its id and its day.
    pub(super) fn stamped<R: Write>(&mut self, day: &str, mut request: R) -> R {
        self.requests = self.requests.saturating_add(1);
        request.stamp(format!("20250000-0000-4000-8000-{:012}", self.requests), day);
        request
    }

    /// Sends a write that must be recorded, under a new request id.
    pub(super) async fn record<R: Write>(&mut self, actor: Actor, day: &str, request: R) -> anyhow::Result<Answer> {
        let request = self.stamped(day, request);
        self.send(actor, request).await
    }

    /// Sends a stamped write that must be recorded.
    pub(super) async fn send<R: Write>(&mut self, actor: Actor, request: R) -> anyhow::Result<Answer> {
        let name = std::any::type_name::<R>();
        match request.send(self.channel.clone(), actor).await? {
            Ok(response) => Answer::of(&response),
            Err(status) => Err(self.fault(name, &status).await),
        }
    }

    /// Sends what must not be taken or shown.
    pub(super) async fn rejected<R: Call>(&mut self, actor: Actor, request: R) -> anyhow::Result<Rejected> {
        match request.send(self.channel.clone(), actor).await? {
            Ok(_) => anyhow::bail!("{} was answered and had to be rejected", std::any::type_name::<R>()),
            Err(status) => Rejected::of(&status),
        }
    }

    /// Reads.
    pub(super) async fn read<R: Call>(&mut self, actor: Actor, request: R) -> anyhow::Result<R::Answer> {
        let name = std::any::type_name::<R>();
        match request.send(self.channel.clone(), actor).await? {
            Ok(answer) => Ok(answer),
            Err(status) => Err(self.fault(name, &status).await),
        }
    }

    /// The last durable entry.
    pub(super) async fn last_sequence(&mut self, actor: Actor) -> anyhow::Result<u64> {
        Ok(self.read(actor, v1::PingRequest::default()).await?.last_sequence)
    }

    /// A failed call as an error: its reason and, if the server has died, the end of its log.
    async fn fault(&mut self, name: &str, status: &Status) -> anyhow::Error {
        let name = name.rsplit("::").next().unwrap_or(name);
        let what = format!("{name}: {:?}: {}", status.code(), status.message());
        let Some(process) = &mut self.process else { return anyhow::anyhow!(what) };
        match process.died().await {
            Some(log) => anyhow::anyhow!("{what}\nthe server has ended; it said:\n{log}"),
            None => anyhow::anyhow!(what),
        }
    }
}
