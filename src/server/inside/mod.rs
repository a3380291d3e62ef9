//! The way in for the rest of this process, which is the pages: every call of the API that is no stream, by a visitor
//! who logged in, through the same guard as a call from the network, and answered with the same messages. The streams
//! that pages need are in [`streams`].
//!
//! ```text
//! page ─ ask(visitor, request) ─ guard ─ handler ─> response
//!                                   └──────────────> Refusal
//! ```
//!
//! So a page can show nothing and do nothing that the API would not, and the access log has a line for it.

use std::time::Duration;

pub mod streams;

use prost::Message;
use tonic::{Code, Request, Response, Status, async_trait};
use tonic_types::StatusExt as _;

use super::Words;
use super::edge::Edge;
use super::guard::inside::pass;
use super::logins::Visitor;
use crate::calendar::Timestamp;
use crate::decide::rejection::Class;
use crate::evidence::PublicKey;
use crate::identifier::{ApplicationId, Sequence, Uscc};
use crate::proto::v1;
use crate::proto::v1::access_service_server::AccessService;
use crate::proto::v1::batch_service_server::BatchService;
use crate::proto::v1::budget_service_server::BudgetService;
use crate::proto::v1::desk_service_server::DeskService;
use crate::proto::v1::evidence_service_server::EvidenceService;
use crate::proto::v1::fact_service_server::FactService;
use crate::proto::v1::identity_service_server::IdentityService;
use crate::proto::v1::ledger_service_server::LedgerService;
use crate::proto::v1::loan_service_server::LoanService;
use crate::proto::v1::period_service_server::PeriodService;
use crate::proto::v1::pool_service_server::PoolService;
use crate::proto::v1::reconciliation_service_server::ReconciliationService;
use crate::proto::v1::registry_service_server::RegistryService;
use crate::proto::v1::report_service_server::ReportService;
use crate::proto::v1::rulebook_service_server::RulebookService;
use crate::proto::v1::sandbox_service_server::SandboxService;
use crate::proto::v1::subsidy_service_server::SubsidyService;

/// A request of the API that a page may send.
#[async_trait]
pub trait Inside: Message + Default + Sized + 'static {
    /// What it is answered with.
    type Answer: Send + 'static;
    /// `Service/Rpc`.
    const RPC: &'static str;
    /// Calls the handler. For [`ask`], which the guard stands before.
    #[doc(hidden)]
    async fn handled(edge: &Edge, request: Request<Self>) -> Result<Response<Self::Answer>, Status>;
}

/// Why a call was not answered: what a network client reads from the status and its details.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What kind of refusal.
    pub class: Class,
    /// The stable reason, for example `STATE_FORBIDS`; empty for a fault.
    pub reason: String,
    /// What it says, for people.
    pub said: Words,
    /// The first particular alone, without the path of its field; all that it says, where there is none.
    pub particular: Words,
    /// The fields that are wrong, by path, in the order of the request.
    pub fields: Vec<String>,
    /// When to come back.
    pub retry_after: Option<Duration>,
}

/// Sends a request for a visitor. Its answer is what a client with that name would get.
pub async fn ask<M: Inside>(edge: &Edge, visitor: &Visitor, message: M) -> Result<M::Answer, Refusal> {
    let handler = |request| M::handled(edge, request);
    pass(edge, visitor, M::RPC, message, handler).await.map_err(|status| Refusal::of(&status))
}

/// Takes a login code: whom it stands for, once.
pub fn redeem(edge: &Edge, code: &str) -> Option<Visitor> {
    edge.logins.redeem(code, edge.clock().now())
}

/// What time it is.
pub fn now(edge: &Edge) -> Timestamp {
    edge.clock().now()
}

/// The key that signs the ledger's checkpoints and so its receipts; public.
pub fn ledger_key(edge: &Edge) -> Option<PublicKey> {
    edge.keeper().map(|keeper| keeper.key().clone())
}

/// Up to where the newest checkpoint proves the books: how many entries, and when the last of them was recorded.
pub async fn intact(edge: &Edge) -> Option<(u64, Timestamp)> {
    let size = edge.keeper()?.newest()?.checkpoint.size;
    let last = edge.reader().entry(Sequence::new(size)).await.ok()??;
    Some((size, last.recorded_at))
}

/// Whose application this is. Only for whoever proved that he may know: it tells a company.
pub fn applicant(edge: &Edge, application: &str) -> Option<Uscc> {
    let id = ApplicationId::parse(application).ok()?;
    edge.reader().book().applications.get(&id).map(|one| one.enterprise)
}

/// Completes when the server begins to stop.
pub async fn stopping(edge: &Edge) {
    let mut stopped = edge.stop.subscribe();
    drop(stopped.wait_for(|stopped| *stopped).await);
}

impl Refusal {
    fn of(status: &Status) -> Self {
        let details = status.get_error_details();
        let en = status.message().to_owned();
        let zh = details.localized_message().map_or_else(|| en.clone(), |localized| localized.message.clone());
        let fields = details.bad_request().map(|request| request.field_violations.as_slice()).unwrap_or_default();
        let fields: Vec<String> = fields.iter().map(|one| one.field.clone()).collect();
        let after = |text: &str, colon: &str| {
            let path = fields.first().map(|field| format!("{field}{colon}")).unwrap_or_default();
            let found = if path.is_empty() { None } else { text.split_once(&path) };
            found.map_or(text, |(_, particular)| particular).to_owned()
        };
        Self {
            class: class(status.code()),
            reason: details.error_info().map(|info| info.reason.clone()).unwrap_or_default(),
            particular: Words { en: after(&en, ": "), zh: after(&zh, "：") },
            said: Words { en, zh },
            fields,
            retry_after: details.retry_info().and_then(|info| info.retry_delay),
        }
    }
}

/// The class behind a code; a code that no rejection has is a fault.
const fn class(code: Code) -> Class {
    match code {
        Code::InvalidArgument | Code::OutOfRange => Class::InvalidArgument,
        Code::Unauthenticated => Class::Unauthenticated,
        Code::PermissionDenied => Class::PermissionDenied,
        Code::NotFound | Code::Unimplemented => Class::NotFound,
        Code::AlreadyExists => Class::AlreadyExists,
        Code::FailedPrecondition | Code::Aborted => Class::FailedPrecondition,
        Code::ResourceExhausted => Class::ResourceExhausted,
        Code::DeadlineExceeded => Class::DeadlineExceeded,
        Code::Ok | Code::Cancelled | Code::Unknown | Code::Internal | Code::Unavailable | Code::DataLoss => {
            Class::Unavailable
        }
    }
}

macro_rules! inside {
    ($($service:ident { $($method:ident($rpc:ident: $request:ident) -> $response:ident;)+ })+) => {
        $($(
            #[async_trait]
            impl Inside for v1::$request {
                type Answer = v1::$response;
                const RPC: &'static str = concat!(stringify!($service), "/", stringify!($rpc));

                async fn handled(edge: &Edge, request: Request<Self>) -> Result<Response<v1::$response>, Status> {
                    <Edge as $service>::$method(edge, request).await
                }
            }
        )+)+

        #[cfg(test)]
        const RPCS: &[&str] = &[$($(concat!(stringify!($service), "/", stringify!($rpc))),+),+];
    };
}

inside! {
    AccessService {
        bind_principal(BindPrincipal: BindPrincipalRequest) -> BindPrincipalResponse;
        enable_principal(EnablePrincipal: EnablePrincipalRequest) -> EnablePrincipalResponse;
        disable_principal(DisablePrincipal: DisablePrincipalRequest) -> DisablePrincipalResponse;
        enable_institution(EnableInstitution: EnableInstitutionRequest) -> EnableInstitutionResponse;
        disable_institution(DisableInstitution: DisableInstitutionRequest) -> DisableInstitutionResponse;
        grant_delegation(GrantDelegation: GrantDelegationRequest) -> GrantDelegationResponse;
        revoke_delegation(RevokeDelegation: RevokeDelegationRequest) -> RevokeDelegationResponse;
        list_principals(ListPrincipals: ListPrincipalsRequest) -> ListPrincipalsResponse;
        list_delegations(ListDelegations: ListDelegationsRequest) -> ListDelegationsResponse;
        list_access(ListAccess: ListAccessRequest) -> ListAccessResponse;
    }
    BatchService {
        write_batch(WriteBatch: WriteBatchRequest) -> WriteBatchResponse;
    }
    BudgetService {
        appropriate_budget(AppropriateBudget: AppropriateBudgetRequest) -> AppropriateBudgetResponse;
        adjust_budget(AdjustBudget: AdjustBudgetRequest) -> AdjustBudgetResponse;
        get_budget(GetBudget: GetBudgetRequest) -> GetBudgetResponse;
        list_budgets(ListBudgets: ListBudgetsRequest) -> ListBudgetsResponse;
    }
    DeskService {
        list_work(ListWork: ListWorkRequest) -> ListWorkResponse;
        get_case(GetCase: GetCaseRequest) -> GetCaseResponse;
        search(Search: SearchRequest) -> SearchResponse;
    }
    EvidenceService {
        get_checkpoint(GetCheckpoint: GetCheckpointRequest) -> GetCheckpointResponse;
        get_inclusion_proof(GetInclusionProof: GetInclusionProofRequest) -> GetInclusionProofResponse;
        get_consistency_proof(GetConsistencyProof: GetConsistencyProofRequest) -> GetConsistencyProofResponse;
        get_receipt(GetReceipt: GetReceiptRequest) -> GetReceiptResponse;
        add_cosignature(AddCosignature: AddCosignatureRequest) -> AddCosignatureResponse;
        verify_journal(VerifyJournal: VerifyJournalRequest) -> VerifyJournalResponse;
        get_verification(GetVerification: GetVerificationRequest) -> GetVerificationResponse;
    }
    FactService {
        record_reference_rate(RecordReferenceRate: RecordReferenceRateRequest) -> RecordReferenceRateResponse;
        list_reference_rates(ListReferenceRates: ListReferenceRatesRequest) -> ListReferenceRatesResponse;
        record_fact(RecordFact: RecordFactRequest) -> RecordFactResponse;
        list_facts(ListFacts: ListFactsRequest) -> ListFactsResponse;
    }
    IdentityService {
        who_am_i(WhoAmI: WhoAmIRequest) -> WhoAmIResponse;
        issue_login_code(IssueLoginCode: IssueLoginCodeRequest) -> IssueLoginCodeResponse;
    }
    LedgerService {
        reverse_entry(ReverseEntry: ReverseEntryRequest) -> ReverseEntryResponse;
        get_entry(GetEntry: GetEntryRequest) -> GetEntryResponse;
        list_entries(ListEntries: ListEntriesRequest) -> ListEntriesResponse;
        get_account_balance(GetAccountBalance: GetAccountBalanceRequest) -> GetAccountBalanceResponse;
        list_accounts(ListAccounts: ListAccountsRequest) -> ListAccountsResponse;
        get_trial_balance(GetTrialBalance: GetTrialBalanceRequest) -> GetTrialBalanceResponse;
        ping(Ping: PingRequest) -> PingResponse;
    }
    LoanService {
        file_loan(FileLoan: FileLoanRequest) -> FileLoanResponse;
        disburse_loan(DisburseLoan: DisburseLoanRequest) -> DisburseLoanResponse;
        record_interest_payment(RecordInterestPayment: RecordInterestPaymentRequest) -> RecordInterestPaymentResponse;
        record_principal_payment(RecordPrincipalPayment: RecordPrincipalPaymentRequest) -> RecordPrincipalPaymentResponse;
        extend_loan(ExtendLoan: ExtendLoanRequest) -> ExtendLoanResponse;
        mark_loan_overdue(MarkLoanOverdue: MarkLoanOverdueRequest) -> MarkLoanOverdueResponse;
        mark_loan_non_performing(MarkLoanNonPerforming: MarkLoanNonPerformingRequest) -> MarkLoanNonPerformingResponse;
        mark_loan_cured(MarkLoanCured: MarkLoanCuredRequest) -> MarkLoanCuredResponse;
        settle_loan(SettleLoan: SettleLoanRequest) -> SettleLoanResponse;
        close_loan(CloseLoan: CloseLoanRequest) -> CloseLoanResponse;
        withdraw_loan(WithdrawLoan: WithdrawLoanRequest) -> WithdrawLoanResponse;
        get_loan(GetLoan: GetLoanRequest) -> GetLoanResponse;
        list_loans(ListLoans: ListLoansRequest) -> ListLoansResponse;
    }
    PeriodService {
        close_period(ClosePeriod: ClosePeriodRequest) -> ClosePeriodResponse;
        close_year(CloseYear: CloseYearRequest) -> CloseYearResponse;
        get_period_checklist(GetPeriodChecklist: GetPeriodChecklistRequest) -> GetPeriodChecklistResponse;
        list_periods(ListPeriods: ListPeriodsRequest) -> ListPeriodsResponse;
    }
    PoolService {
        contribute_to_pool(ContributeToPool: ContributeToPoolRequest) -> ContributeToPoolResponse;
        withdraw_from_pool(WithdrawFromPool: WithdrawFromPoolRequest) -> WithdrawFromPoolResponse;
        record_pool_interest(RecordPoolInterest: RecordPoolInterestRequest) -> RecordPoolInterestResponse;
        submit_claim(SubmitClaim: SubmitClaimRequest) -> SubmitClaimResponse;
        resume_claim(ResumeClaim: ResumeClaimRequest) -> ResumeClaimResponse;
        approve_claim(ApproveClaim: ApproveClaimRequest) -> ApproveClaimResponse;
        refuse_claim(RefuseClaim: RefuseClaimRequest) -> RefuseClaimResponse;
        pay_claim(PayClaim: PayClaimRequest) -> PayClaimResponse;
        record_recovery(RecordRecovery: RecordRecoveryRequest) -> RecordRecoveryResponse;
        write_off_claim(WriteOffClaim: WriteOffClaimRequest) -> WriteOffClaimResponse;
        get_pool(GetPool: GetPoolRequest) -> GetPoolResponse;
        get_claim(GetClaim: GetClaimRequest) -> GetClaimResponse;
        list_claims(ListClaims: ListClaimsRequest) -> ListClaimsResponse;
    }
    ReconciliationService {
        sign_off_statement(SignOffStatement: SignOffStatementRequest) -> SignOffStatementResponse;
        list_signed_off_statements(ListSignedOffStatements: ListSignedOffStatementsRequest) -> ListSignedOffStatementsResponse;
        list_unreconciled_statements(ListUnreconciledStatements: ListUnreconciledStatementsRequest) -> ListUnreconciledStatementsResponse;
    }
    RegistryService {
        register_enterprise(RegisterEnterprise: RegisterEnterpriseRequest) -> RegisterEnterpriseResponse;
        update_enterprise(UpdateEnterprise: UpdateEnterpriseRequest) -> UpdateEnterpriseResponse;
        register_institution(RegisterInstitution: RegisterInstitutionRequest) -> RegisterInstitutionResponse;
        register_ip_right(RegisterIpRight: RegisterIpRightRequest) -> RegisterIpRightResponse;
        record_ip_right_event(RecordIpRightEvent: RecordIpRightEventRequest) -> RecordIpRightEventResponse;
        register_pledge(RegisterPledge: RegisterPledgeRequest) -> RegisterPledgeResponse;
        release_pledge(ReleasePledge: ReleasePledgeRequest) -> ReleasePledgeResponse;
        add_blacklist_entry(AddBlacklistEntry: AddBlacklistEntryRequest) -> AddBlacklistEntryResponse;
        lift_blacklist_entry(LiftBlacklistEntry: LiftBlacklistEntryRequest) -> LiftBlacklistEntryResponse;
        get_enterprise(GetEnterprise: GetEnterpriseRequest) -> GetEnterpriseResponse;
        list_enterprises(ListEnterprises: ListEnterprisesRequest) -> ListEnterprisesResponse;
        get_institution(GetInstitution: GetInstitutionRequest) -> GetInstitutionResponse;
        list_institutions(ListInstitutions: ListInstitutionsRequest) -> ListInstitutionsResponse;
        get_ip_right(GetIpRight: GetIpRightRequest) -> GetIpRightResponse;
        list_ip_rights(ListIpRights: ListIpRightsRequest) -> ListIpRightsResponse;
        get_pledge(GetPledge: GetPledgeRequest) -> GetPledgeResponse;
        list_pledges(ListPledges: ListPledgesRequest) -> ListPledgesResponse;
        list_blacklist_entries(ListBlacklistEntries: ListBlacklistEntriesRequest) -> ListBlacklistEntriesResponse;
    }
    ReportService {
        list_reports(ListReports: ListReportsRequest) -> ListReportsResponse;
        get_board(GetBoard: GetBoardRequest) -> GetBoardResponse;
    }
    RulebookService {
        adopt_rulebook(AdoptRulebook: AdoptRulebookRequest) -> AdoptRulebookResponse;
        correct_awards(CorrectAwards: CorrectAwardsRequest) -> CorrectAwardsResponse;
        list_rulebooks(ListRulebooks: ListRulebooksRequest) -> ListRulebooksResponse;
        get_rulebook(GetRulebook: GetRulebookRequest) -> GetRulebookResponse;
    }
    SandboxService {
        get_sandbox(GetSandbox: GetSandboxRequest) -> GetSandboxResponse;
        move_clock(MoveClock: MoveClockRequest) -> MoveClockResponse;
    }
    SubsidyService {
        apply_subsidy(ApplySubsidy: ApplySubsidyRequest) -> ApplySubsidyResponse;
        approve_subsidy(ApproveSubsidy: ApproveSubsidyRequest) -> ApproveSubsidyResponse;
        refuse_subsidy(RefuseSubsidy: RefuseSubsidyRequest) -> RefuseSubsidyResponse;
        withdraw_subsidy(WithdrawSubsidy: WithdrawSubsidyRequest) -> WithdrawSubsidyResponse;
        pay_subsidy(PaySubsidy: PaySubsidyRequest) -> PaySubsidyResponse;
        demand_clawback(DemandClawback: DemandClawbackRequest) -> DemandClawbackResponse;
        record_clawback(RecordClawback: RecordClawbackRequest) -> RecordClawbackResponse;
        record_red_letter_invoice(RecordRedLetterInvoice: RecordRedLetterInvoiceRequest) -> RecordRedLetterInvoiceResponse;
        run_closing(RunClosing: RunClosingRequest) -> RunClosingResponse;
        quote_subsidy(QuoteSubsidy: QuoteSubsidyRequest) -> QuoteSubsidyResponse;
        get_application(GetApplication: GetApplicationRequest) -> GetApplicationResponse;
        list_applications(ListApplications: ListApplicationsRequest) -> ListApplicationsResponse;
        get_enterprise_year(GetEnterpriseYear: GetEnterpriseYearRequest) -> GetEnterpriseYearResponse;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use prost_types::FileDescriptorSet;

    use super::*;
    use crate::proto::FILE_DESCRIPTOR_SET;

    #[test]
    fn every_rpc_that_is_no_stream_can_be_asked() {
        let set = FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).unwrap();
        let services = set.file.iter().filter(|file| file.package() == "ipledger.v1").flat_map(|file| &file.service);
        let plain = services.flat_map(|service| {
            let plain = service.method.iter().filter(|rpc| !rpc.client_streaming() && !rpc.server_streaming());
            plain.map(move |rpc| format!("{}/{}", service.name(), rpc.name()))
        });
        let expected: BTreeSet<String> = plain.collect();
        let found: BTreeSet<String> = RPCS.iter().map(ToString::to_string).collect();
        assert_eq!(found, expected);
    }
}
