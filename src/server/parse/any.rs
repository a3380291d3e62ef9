//! Any write request from bytes, for the fuzzer: the message of an RPC, then its command.

use prost::Message;

use super::{Violations, budget, loan, period, pool, registry, rulebook, subsidy};
use crate::decide::command::Command;
use crate::decide::rejection::Rejection;
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
}

/// The command of the `number`th request; `None` where there is no such request, or the bytes are no such message.
pub(in crate::server) fn command(number: u8, bytes: &[u8]) -> Option<Result<Command, Rejection>> {
    REQUESTS.get(usize::from(number)).and_then(|parse| parse(bytes))
}
