//! What all write requests and responses have in common, said once per RPC.

use prost::Message;

use crate::proto::v1;

use super::render::entry::CreatedIds;

/// The common fields of every write, without `validate_only`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header<'a> {
    /// The idempotency key.
    pub(super) request_id: &'a str,
    /// Empty for today.
    pub(super) effective_date: &'a str,
    /// Whether a day in a closed period stands for the first day of the next open one.
    pub(super) book_late: bool,
}

/// What every write answers.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) entry: v1::Entry,
    pub(super) decision: v1::Decision,
    pub(super) ids: CreatedIds,
}

/// A request that asks for an entry.
pub(super) trait WriteRequest: Message + Sized {
    /// The full name of the RPC.
    const METHOD: &'static str;
    /// Its response.
    type Response;
    /// The common fields.
    fn header(&self) -> Header<'_>;
    /// Whether to record nothing; cleared in the message, so that its digest is that of the request in earnest.
    fn take_validate_only(&mut self) -> bool;
    /// The response.
    fn response(answered: Answered) -> Self::Response;
}

macro_rules! writes {
    ($($service:ident { $($rpc:ident($request:ident) -> $response:ident $({ $id:ident })?;)+ })+) => {
        $($(impl WriteRequest for v1::$request {
            const METHOD: &'static str = concat!("/ipledger.v1.", stringify!($service), "/", stringify!($rpc));
            type Response = v1::$response;

            fn header(&self) -> Header<'_> {
                Header {
                    request_id: &self.request_id,
                    effective_date: &self.effective_date,
                    book_late: self.book_late,
                }
            }

            fn take_validate_only(&mut self) -> bool {
                std::mem::take(&mut self.validate_only)
            }

            fn response(answered: Answered) -> v1::$response {
                v1::$response {
                    entry: Some(answered.entry),
                    decision: Some(answered.decision),
                    $($id: answered.ids.$id,)?
                }
            }
        })+)+

        /// The paths of the RPCs that write.
        pub(super) const METHODS: &[&str] = &[$($(<v1::$request as WriteRequest>::METHOD),+),+];
    };
}

writes! {
    RegistryService {
        RegisterEnterprise(RegisterEnterpriseRequest) -> RegisterEnterpriseResponse;
        UpdateEnterprise(UpdateEnterpriseRequest) -> UpdateEnterpriseResponse;
        RegisterInstitution(RegisterInstitutionRequest) -> RegisterInstitutionResponse;
        RegisterIpRight(RegisterIpRightRequest) -> RegisterIpRightResponse;
        RecordIpRightEvent(RecordIpRightEventRequest) -> RecordIpRightEventResponse;
        RegisterPledge(RegisterPledgeRequest) -> RegisterPledgeResponse;
        ReleasePledge(ReleasePledgeRequest) -> ReleasePledgeResponse;
        AddBlacklistEntry(AddBlacklistEntryRequest) -> AddBlacklistEntryResponse;
        LiftBlacklistEntry(LiftBlacklistEntryRequest) -> LiftBlacklistEntryResponse;
    }
    LoanService {
        FileLoan(FileLoanRequest) -> FileLoanResponse { loan_id };
        DisburseLoan(DisburseLoanRequest) -> DisburseLoanResponse;
        RecordInterestPayment(RecordInterestPaymentRequest) -> RecordInterestPaymentResponse;
        RecordPrincipalPayment(RecordPrincipalPaymentRequest) -> RecordPrincipalPaymentResponse;
        ExtendLoan(ExtendLoanRequest) -> ExtendLoanResponse;
        MarkLoanOverdue(MarkLoanOverdueRequest) -> MarkLoanOverdueResponse;
        MarkLoanNonPerforming(MarkLoanNonPerformingRequest) -> MarkLoanNonPerformingResponse;
        MarkLoanCured(MarkLoanCuredRequest) -> MarkLoanCuredResponse;
        SettleLoan(SettleLoanRequest) -> SettleLoanResponse;
        CloseLoan(CloseLoanRequest) -> CloseLoanResponse;
        WithdrawLoan(WithdrawLoanRequest) -> WithdrawLoanResponse;
    }
    SubsidyService {
        ApplySubsidy(ApplySubsidyRequest) -> ApplySubsidyResponse { application_id };
        ApproveSubsidy(ApproveSubsidyRequest) -> ApproveSubsidyResponse;
        RefuseSubsidy(RefuseSubsidyRequest) -> RefuseSubsidyResponse;
        WithdrawSubsidy(WithdrawSubsidyRequest) -> WithdrawSubsidyResponse;
        PaySubsidy(PaySubsidyRequest) -> PaySubsidyResponse;
        DemandClawback(DemandClawbackRequest) -> DemandClawbackResponse;
        RecordClawback(RecordClawbackRequest) -> RecordClawbackResponse;
        RecordRedLetterInvoice(RecordRedLetterInvoiceRequest) -> RecordRedLetterInvoiceResponse;
        RunClosing(RunClosingRequest) -> RunClosingResponse;
    }
    BudgetService {
        AppropriateBudget(AppropriateBudgetRequest) -> AppropriateBudgetResponse;
        AdjustBudget(AdjustBudgetRequest) -> AdjustBudgetResponse;
    }
    PoolService {
        ContributeToPool(ContributeToPoolRequest) -> ContributeToPoolResponse;
        WithdrawFromPool(WithdrawFromPoolRequest) -> WithdrawFromPoolResponse;
        RecordPoolInterest(RecordPoolInterestRequest) -> RecordPoolInterestResponse;
        SubmitClaim(SubmitClaimRequest) -> SubmitClaimResponse { claim_id };
        ResumeClaim(ResumeClaimRequest) -> ResumeClaimResponse;
        ApproveClaim(ApproveClaimRequest) -> ApproveClaimResponse;
        RefuseClaim(RefuseClaimRequest) -> RefuseClaimResponse;
        PayClaim(PayClaimRequest) -> PayClaimResponse;
        RecordRecovery(RecordRecoveryRequest) -> RecordRecoveryResponse;
        WriteOffClaim(WriteOffClaimRequest) -> WriteOffClaimResponse;
    }
    RulebookService {
        AdoptRulebook(AdoptRulebookRequest) -> AdoptRulebookResponse;
        CorrectAwards(CorrectAwardsRequest) -> CorrectAwardsResponse;
    }
    FactService {
        RecordReferenceRate(RecordReferenceRateRequest) -> RecordReferenceRateResponse;
        RecordFact(RecordFactRequest) -> RecordFactResponse;
    }
    PeriodService {
        ClosePeriod(ClosePeriodRequest) -> ClosePeriodResponse;
        CloseYear(CloseYearRequest) -> CloseYearResponse;
    }
    LedgerService {
        ReverseEntry(ReverseEntryRequest) -> ReverseEntryResponse;
    }
    ReconciliationService {
        SignOffStatement(SignOffStatementRequest) -> SignOffStatementResponse;
    }
    AccessService {
        BindPrincipal(BindPrincipalRequest) -> BindPrincipalResponse;
        EnablePrincipal(EnablePrincipalRequest) -> EnablePrincipalResponse;
        DisablePrincipal(DisablePrincipalRequest) -> DisablePrincipalResponse;
        EnableInstitution(EnableInstitutionRequest) -> EnableInstitutionResponse;
        DisableInstitution(DisableInstitutionRequest) -> DisableInstitutionResponse;
        GrantDelegation(GrantDelegationRequest) -> GrantDelegationResponse;
        RevokeDelegation(RevokeDelegationRequest) -> RevokeDelegationResponse;
    }
}

/// Whether an RPC, `Service/Method`, writes one request; batches are not among them.
pub(super) fn is_write(rpc: &str) -> bool {
    METHODS.iter().any(|method| method.strip_prefix("/ipledger.v1.") == Some(rpc))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use prost_types::FileDescriptorSet;

    use super::*;
    use crate::proto::FILE_DESCRIPTOR_SET;

    /// Every RPC whose request has a `request_id` is a write under its own full name; no other is.
    #[test]
    fn the_writes_are_those_of_the_api() {
        let set = FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).unwrap();
        let with_request_id: BTreeSet<String> = set
            .file
            .iter()
            .flat_map(|file| &file.message_type)
            .filter(|message| message.field.iter().any(|field| field.name() == "request_id"))
            .map(|message| format!(".ipledger.v1.{}", message.name()))
            .collect();
        let mut declared = BTreeSet::new();
        for service in set.file.iter().flat_map(|file| &file.service) {
            for method in &service.method {
                if with_request_id.contains(method.input_type()) {
                    declared.insert(format!("/ipledger.v1.{}/{}", service.name(), method.name()));
                }
            }
        }
        let implemented: BTreeSet<String> = METHODS.iter().map(ToString::to_string).collect();
        assert_eq!(implemented, declared);
    }

    #[test]
    fn asking_first_and_doing_it_are_one_request() {
        let mut asked = v1::SettleLoanRequest { validate_only: true, ..Default::default() };
        assert!(asked.take_validate_only());
        assert_eq!(asked, v1::SettleLoanRequest::default());
    }
}
