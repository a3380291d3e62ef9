//! `BatchService`: several writes in one call, each as if it came by its own RPC.
//!
//! A stream of batches is `import`'s matter.
//!
//! Every item is put into the writer's queue before the answer to the first is awaited, so they share commits; the queue
//! keeps their order.

use std::sync::Arc;

use tokio::time::{Instant, timeout_at};
use tonic::{Request, Response, Status, Streaming, async_trait};
use tonic_types::StatusExt as _;

use super::{Answer, import};
use crate::book::nouns::Caller;
use crate::decide::command::Request as Command;
use crate::decide::permission::check_role;
use crate::decide::rejection::{Reason, Rejection};
use crate::identifier::Sequence;
use crate::proto::v1;
use crate::proto::v1::batch_service_server::BatchService;
use crate::proto::v1::write_item::Request as Item;
use crate::proto::v1::write_result::Result as Outcome;
use crate::server::BATCH_ITEMS_MAX;
use crate::server::edge::{self, Edge, deadline_of, unavailable};
use crate::server::guard::{note_items, note_made};
use crate::server::parse::{self, budget, fact, loan, period, pool, registry, rulebook, subsidy};
use crate::server::render::decision::decision;
use crate::server::render::entry::{CreatedIds, render};
use crate::server::render::explanation::Detail;
use crate::server::reused;
use crate::writer::{self, Asked, Pending};

#[async_trait]
impl BatchService for Edge {
    type ImportStreamStream = import::ResultStream;

    async fn import_stream(
        &self,
        request: Request<Streaming<v1::ImportStreamRequest>>,
    ) -> Answer<Self::ImportStreamStream> {
        let (caller, messages) = self.open_messages(request)?;
        Ok(Response::new(import::open(self, caller, messages)?))
    }

    async fn write_batch(&self, request: Request<v1::WriteBatchRequest>) -> Answer<v1::WriteBatchResponse> {
        let deadline = deadline_of(request.metadata());
        let (caller, message) = self.open(request)?;
        let count = message.items.len();
        if count == 0 || count > BATCH_ITEMS_MAX {
            return Err(wrong_number(count, BATCH_ITEMS_MAX).into());
        }
        note_items(count);
        let mut begun = Vec::with_capacity(count);
        for (index, item) in message.items.into_iter().enumerate() {
            begun.push(begin(self, &caller, (index, item), deadline).await);
        }
        let mut results = Vec::with_capacity(count);
        for (index, item) in begun.into_iter().enumerate() {
            results.push(v1::WriteResult { result: Some(finish(self, (index, item), deadline).await) });
        }
        Ok(Response::new(v1::WriteBatchResponse { results }))
    }
}

/// A batch that has nothing or too much.
pub(super) fn wrong_number(count: usize, most: usize) -> Rejection {
    Rejection::new(
        Reason::InvalidField,
        "items",
        format!("`{count}` items, expected 1 to {most}"),
        format!("共“{count}”项，应为1至{most}项"),
    )
}

/// An item in the queue, with what it asks for.
type Begun = Result<(Arc<Command>, Pending), Rejection>;

/// Puts an item into the queue.
async fn begin(edge: &Edge, caller: &Caller, item: (usize, v1::WriteItem), deadline: Instant) -> Begun {
    let Asked { request, validate_only } = asked(edge, caller, item).await?;
    let pending = edge.writer().begin(Arc::clone(&request), validate_only, Some(deadline))?;
    Ok((request, pending))
}

/// What an item asks for.
pub(super) async fn asked(
    edge: &Edge,
    caller: &Caller,
    (index, item): (usize, v1::WriteItem),
) -> Result<Asked, Rejection> {
    let Some(item) = item.request else {
        return Err(Rejection::new(
            Reason::InvalidField,
            format!("items[{index}].request"),
            "nothing is asked for; expected one of the writes",
            "未填写请求；须为其中一种写入请求",
        ));
    };
    check_role(caller.role, rpc_of(&item))?;
    parsed(edge, caller, item).await
}

/// Waits for the answer. What is not decided at the deadline is rejected by the writer.
async fn settled(edge: &Edge, item: Begun, deadline: Instant) -> Result<writer::Answer, Rejection> {
    match item {
        Ok((request, pending)) => match timeout_at(deadline, pending.answer()).await {
            Ok(Err(rejection)) => Err(reused::explained(edge, &request, rejection).await),
            Ok(answer) => answer,
            Err(_) => Err(Rejection::plain(Reason::DeadlineExceeded)),
        },
        Err(rejection) => Err(rejection),
    }
}

async fn finish(edge: &Edge, (index, item): (usize, Begun), deadline: Instant) -> Outcome {
    match settled(edge, item, deadline).await {
        Ok(answer) => {
            if answer.recorded && !answer.replayed {
                note_made("entry", &answer.entry.sequence);
            }
            Outcome::Answer(answered(&answer))
        }
        Err(rejection) => {
            note_made("rejected", &format!("items[{index}] {}", rejection.reason));
            Outcome::Error(error(rejection))
        }
    }
}

/// A decision as the answer to its item.
pub(super) fn answered(answer: &writer::Answer) -> v1::WriteAnswer {
    let (entry, recorded) = (&answer.entry, answer.recorded);
    let CreatedIds { loan_id, application_id, claim_id } = CreatedIds::of(entry, recorded);
    v1::WriteAnswer {
        entry: Some(render(entry, recorded, Detail::LeftOut)),
        decision: Some(decision(entry, recorded)),
        loan_id,
        application_id,
        claim_id,
        replayed: answer.replayed,
    }
}

/// A rejection as the answer to its item.
pub(super) fn error(rejection: Rejection) -> v1::WriteError {
    let reason = rejection.reason;
    let field = rejection.violations.first().map(|violation| violation.field.clone()).unwrap_or_default();
    let status = Status::from(rejection);
    let message_zh = status.get_details_localized_message().map(|localized| localized.message).unwrap_or_default();
    v1::WriteError {
        code: i32::from(status.code()),
        reason: reason.code().to_owned(),
        message: status.message().to_owned(),
        message_zh,
        retryable: reason.retryable(),
        field,
        status: status.details().to_vec(),
    }
}

macro_rules! items {
    ($($service:ident/$rpc:ident => $parse:path),+ $(,)?) => {
        /// The RPC that an item stands for.
        const fn rpc_of(item: &Item) -> &'static str {
            match item {
                Item::ReverseEntry(_) => "LedgerService/ReverseEntry",
                $(Item::$rpc(_) => concat!(stringify!($service), "/", stringify!($rpc)),)+
            }
        }

        /// Parses an item.
        async fn parsed(edge: &Edge, caller: &Caller, item: Item) -> Result<Asked, Rejection> {
            match item {
                Item::ReverseEntry(message) => {
                    let sequence = Sequence::new(message.sequence);
                    let entry = edge.reader().entry(sequence).await.map_err(|fault| unavailable(&fault))?;
                    let parse = |message: &_, violations: &mut _| parse::ledger::reverse(message, entry, violations);
                    edge::asked(caller, message, parse)
                }
                $(Item::$rpc(message) => edge::asked(caller, message, $parse),)+
            }
        }

        #[cfg(test)]
        const RPCS: &[&str] =
            &["LedgerService/ReverseEntry", $(concat!(stringify!($service), "/", stringify!($rpc))),+];
    };
}

items! {
    RegistryService/RegisterEnterprise => registry::register_enterprise,
    RegistryService/UpdateEnterprise => registry::update_enterprise,
    RegistryService/RegisterInstitution => registry::register_institution,
    RegistryService/RegisterIpRight => registry::register_ip_right,
    RegistryService/RecordIpRightEvent => registry::record_ip_right_event,
    RegistryService/RegisterPledge => registry::register_pledge,
    RegistryService/ReleasePledge => registry::release_pledge,
    RegistryService/AddBlacklistEntry => registry::add_blacklist_entry,
    RegistryService/LiftBlacklistEntry => registry::lift_blacklist_entry,
    LoanService/FileLoan => loan::file,
    LoanService/DisburseLoan => loan::disburse,
    LoanService/RecordInterestPayment => loan::record_interest,
    LoanService/RecordPrincipalPayment => loan::record_principal,
    LoanService/ExtendLoan => loan::extend,
    LoanService/MarkLoanOverdue => loan::mark_overdue,
    LoanService/MarkLoanNonPerforming => loan::mark_non_performing,
    LoanService/MarkLoanCured => loan::mark_cured,
    LoanService/SettleLoan => loan::settle,
    LoanService/CloseLoan => loan::close,
    LoanService/WithdrawLoan => loan::withdraw,
    SubsidyService/ApplySubsidy => subsidy::apply,
    SubsidyService/ApproveSubsidy => subsidy::approve,
    SubsidyService/RefuseSubsidy => subsidy::refuse,
    SubsidyService/WithdrawSubsidy => subsidy::withdraw,
    SubsidyService/PaySubsidy => subsidy::pay,
    SubsidyService/DemandClawback => subsidy::demand_clawback,
    SubsidyService/RecordClawback => subsidy::record_clawback,
    SubsidyService/RecordRedLetterInvoice => subsidy::record_red_letter,
    SubsidyService/RunClosing => subsidy::run_closing,
    BudgetService/AppropriateBudget => budget::appropriate,
    BudgetService/AdjustBudget => budget::adjust,
    PoolService/ContributeToPool => pool::contribute,
    PoolService/WithdrawFromPool => pool::withdraw,
    PoolService/RecordPoolInterest => pool::record_interest,
    PoolService/SubmitClaim => pool::submit,
    PoolService/ResumeClaim => pool::resume,
    PoolService/ApproveClaim => pool::approve,
    PoolService/RefuseClaim => pool::refuse,
    PoolService/PayClaim => pool::pay,
    PoolService/RecordRecovery => pool::record_recovery,
    PoolService/WriteOffClaim => pool::write_off,
    RulebookService/AdoptRulebook => rulebook::adopt,
    RulebookService/CorrectAwards => rulebook::correct,
    FactService/RecordReferenceRate => fact::record_rate,
    FactService/RecordFact => fact::record,
    PeriodService/ClosePeriod => period::close,
    PeriodService/CloseYear => period::close_year,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::decide::permission::roles_of;
    use crate::server::write::METHODS;

    /// What cannot be part of a batch: a sign-off answers a comparison that this process remembers, and who is let in is
    /// changed one by one.
    const ALONE: &[&str] = &["ReconciliationService/SignOffStatement", "AccessService/"];

    #[test]
    fn every_write_has_an_item_or_a_reason_why_not() {
        let items: BTreeSet<&str> = RPCS.iter().copied().collect();
        let writes: BTreeSet<&str> = METHODS
            .iter()
            .filter_map(|method| method.strip_prefix("/ipledger.v1."))
            .filter(|rpc| !ALONE.iter().any(|alone| rpc.starts_with(alone)))
            .collect();
        assert_eq!(items, writes);
    }

    #[test]
    fn whoever_may_write_anything_may_send_a_batch_and_nobody_else() {
        let mut may: BTreeSet<_> = RPCS.iter().flat_map(|rpc| roles_of(rpc)).collect();
        for role in roles_of("BatchService/WriteBatch") {
            assert!(may.remove(role), "{role} may write nothing");
        }
        assert_eq!(may, BTreeSet::new());
    }
}
