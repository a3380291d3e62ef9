//! Any request from bytes, for the fuzzer: the message of an RPC, then its command or filter.

use prost::Message;

use super::{
    Violations, access, budget, desk, evidence, fact, ledger, loan, period, pool, reconciliation, registry, report,
    rulebook, subsidy,
};
use crate::calendar::CivilDate;
use crate::decide::command::Command;
use crate::decide::rejection::Rejection;
use crate::identifier::Sequence;
use crate::proto::v1;

type Parse = fn(&[u8]) -> Option<Result<Command, Rejection>>;

/// One reader for each listed request; bytes that are no such message give `None`.
macro_rules! requests {
    ($($request:ident => $parse:path),+ $(,)?) => {
        /// Every request that becomes a command.
        const REQUESTS: &[Parse] = &[$(|bytes| {
            let message = v1::$request::decode(bytes).ok()?;
            let mut violations = Violations::default();
            let parsed = $parse(&message, &mut violations);
            Some(violations.finish(parsed))
        }),+];
    };
}

requests! {
    RegisterEnterpriseRequest => registry::register_enterprise,
    UpdateEnterpriseRequest => registry::update_enterprise,
    RegisterInstitutionRequest => registry::register_institution,
    RegisterIpRightRequest => registry::register_ip_right,
    RecordIpRightEventRequest => registry::record_ip_right_event,
    RegisterPledgeRequest => registry::register_pledge,
    ReleasePledgeRequest => registry::release_pledge,
    AddBlacklistEntryRequest => registry::add_blacklist_entry,
    LiftBlacklistEntryRequest => registry::lift_blacklist_entry,
    FileLoanRequest => loan::file,
    DisburseLoanRequest => loan::disburse,
    RecordInterestPaymentRequest => loan::record_interest,
    RecordPrincipalPaymentRequest => loan::record_principal,
    ExtendLoanRequest => loan::extend,
    MarkLoanOverdueRequest => loan::mark_overdue,
    MarkLoanNonPerformingRequest => loan::mark_non_performing,
    MarkLoanCuredRequest => loan::mark_cured,
    SettleLoanRequest => loan::settle,
    CloseLoanRequest => loan::close,
    WithdrawLoanRequest => loan::withdraw,
    ApplySubsidyRequest => subsidy::apply,
    QuoteSubsidyRequest => subsidy::quote,
    ApproveSubsidyRequest => subsidy::approve,
    RefuseSubsidyRequest => subsidy::refuse,
    WithdrawSubsidyRequest => subsidy::withdraw,
    PaySubsidyRequest => subsidy::pay,
    DemandClawbackRequest => subsidy::demand_clawback,
    RecordClawbackRequest => subsidy::record_clawback,
    RecordRedLetterInvoiceRequest => subsidy::record_red_letter,
    AppropriateBudgetRequest => budget::appropriate,
    AdjustBudgetRequest => budget::adjust,
    ContributeToPoolRequest => pool::contribute,
    WithdrawFromPoolRequest => pool::withdraw,
    RecordPoolInterestRequest => pool::record_interest,
    SubmitClaimRequest => pool::submit,
    ResumeClaimRequest => pool::resume,
    ApproveClaimRequest => pool::approve,
    RefuseClaimRequest => pool::refuse,
    PayClaimRequest => pool::pay,
    RecordRecoveryRequest => pool::record_recovery,
    WriteOffClaimRequest => pool::write_off,
    ClosePeriodRequest => period::close,
    AdoptRulebookRequest => rulebook::adopt,
    CorrectAwardsRequest => rulebook::correct,
    RunClosingRequest => subsidy::run_closing,
    CloseYearRequest => period::close_year,
    RecordReferenceRateRequest => fact::record_rate,
    RecordFactRequest => fact::record,
    BindPrincipalRequest => access::bind_principal,
    EnablePrincipalRequest => access::enable_principal,
    DisablePrincipalRequest => access::disable_principal,
    EnableInstitutionRequest => access::enable_institution,
    DisableInstitutionRequest => access::disable_institution,
}

type Check = fn(&[u8]) -> Option<Result<(), Rejection>>;

/// One reader for each listed request, with what else its check is told.
macro_rules! filters {
    ($($request:ident => $check:expr),+ $(,)?) => {
        /// Every request that becomes a filter or a question.
        const FILTERS: &[Check] = &[$(|bytes| {
            let message = v1::$request::decode(bytes).ok()?;
            let mut violations = Violations::default();
            let checked = $check(message, &mut violations);
            Some(violations.finish(checked))
        }),+];
    };
}

/// A ledger with so many entries, on such a day, is asked.
const ENTRIES: u64 = 1_000;
const TODAY: CivilDate = CivilDate::MIN;

filters! {
    ListEntriesRequest => |message, violations: &mut _| ledger::list_entries(&message, violations).map(drop),
    GetAccountBalanceRequest => |message, violations: &mut _| ledger::account_balance(&message, violations).map(drop),
    ListAccountsRequest => |message, violations: &mut _| ledger::accounts(&message, violations).map(drop),
    GetTrialBalanceRequest => |message, violations: &mut _| ledger::trial_balance(&message, violations).map(drop),
    ListWorkRequest => |message, violations: &mut _| desk::list_work(&message, violations).map(drop),
    GetCaseRequest => |message, violations: &mut _| desk::case_id(&message, violations).map(drop),
    SearchRequest => |message, violations: &mut _| desk::search(&message, violations).map(drop),
    ListLoansRequest => |message, violations: &mut _| loan::list(&message, violations).map(drop),
    ListClaimsRequest => |message, violations: &mut _| pool::list(&message, violations).map(drop),
    ListApplicationsRequest => |message, violations: &mut _| subsidy::list(&message, violations).map(drop),
    GetEnterpriseYearRequest => |message, violations: &mut _| subsidy::enterprise_year(&message, violations).map(drop),
    ListBudgetsRequest => |message, violations: &mut _| budget::list(&message, violations).map(drop),
    ListFactsRequest => |message, violations: &mut _| fact::list(&message, violations).map(drop),
    ListPledgesRequest => |message, violations: &mut _| registry::list_pledges(&message, violations).map(drop),
    ListSignedOffStatementsRequest => |message, violations: &mut _| {
        reconciliation::list(&message, violations).map(drop)
    },
    GetCheckpointRequest => |message, violations: &mut _| evidence::checkpoint(message, violations).map(drop),
    GetInclusionProofRequest => |message, violations: &mut _| {
        evidence::inclusion(message, ENTRIES, violations).map(drop)
    },
    GetConsistencyProofRequest => |message, violations: &mut _| {
        evidence::consistency(message, ENTRIES, violations).map(drop)
    },
    RunReportRequest => |message, violations: &mut _| {
        report::order(&message, (TODAY, Sequence::new(ENTRIES)), violations).map(drop)
    },
}

/// Whether the `number`th question is in order; `None` where there is no such one, or the bytes are no such message.
pub(in crate::server) fn filter(number: u8, bytes: &[u8]) -> Option<Result<(), Rejection>> {
    FILTERS.get(usize::from(number)).and_then(|check| check(bytes))
}

/// The command of the `number`th request; `None` where there is no such request, or the bytes are no such message.
pub(in crate::server) fn command(number: u8, bytes: &[u8]) -> Option<Result<Command, Rejection>> {
    REQUESTS.get(usize::from(number)).and_then(|parse| parse(bytes))
}
