//! Signing a statement off. The comparison was made before, on what was durable then; here only what may have changed
//! since is looked at, so that no entry is ever reconciled twice.

use std::sync::Arc;

use super::rejection::{Reason, Rejection};
use super::{Context, Outcome};
use crate::book::event::Event;
use crate::book::nouns::Concerns;
use crate::book::reconciliation::{StatementOf, StatementSignedOff};

pub(super) fn sign_off(context: &Context<'_>, signed: &Arc<StatementSignedOff>) -> Result<Outcome, Rejection> {
    known(context, &signed.statement)?;
    let kept = &context.book.reconciliation;
    let found_before = |sequence| kept.reconciled_by(&signed.statement, sequence).map(|by| (sequence, by));
    if let Some((sequence, by)) = signed.matched.iter().copied().find_map(found_before) {
        return Err(Rejection::new(
            Reason::StateForbids,
            "comparison_id",
            format!("entry `{sequence}` was reconciled by entry {by} since; compare the statement again"),
            format!("分录“{sequence}”已在分录 {by} 中对账；请重新对账"),
        ));
    }
    // The same file again is in order when it finds what it did not find before.
    let before = kept
        .file_signed_off(&signed.statement, &signed.file_digest, (signed.from, signed.to))
        .filter(|_| signed.matched.is_empty());
    if let Some(before) = before {
        return Err(Rejection::new(
            Reason::AlreadyExists,
            "comparison_id",
            format!("this file was signed off as entry {before}, and nothing in it is new; nothing is left to do"),
            format!("该文件已于分录 {before} 确认，且无新增内容；无需再次确认"),
        ));
    }
    let concerns = Concerns { institution: signed.statement.institution().cloned(), enterprise: None };
    Ok(Outcome::new(Event::StatementSignedOff(Arc::clone(signed)), concerns))
}

/// The bank or the pool exists.
fn known(context: &Context<'_>, statement: &StatementOf) -> Result<(), Rejection> {
    match statement {
        StatementOf::Loans(bank) | StatementOf::Repayments(bank) => {
            if context.book.institutions.contains_key(bank) {
                return Ok(());
            }
            Err(Rejection::new(
                Reason::InstitutionUnknown,
                "statement",
                format!("`{bank}` is not a registered institution; register it first"),
                format!("机构“{bank}”尚未登记；请先登记"),
            ))
        }
        StatementOf::Pool(pool) => {
            let known = context.book.pools.contains_key(pool) || context.book.last_pool_rule(pool).is_some();
            if known { Ok(()) } else { Err(super::loan::pool_unknown(pool)) }
        }
        StatementOf::Treasury => Ok(()),
    }
}
