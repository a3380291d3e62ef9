//! Closing runs and corrections.

use crate::book::closing::{ClosingRun, ClosingShareTaken};
use crate::book::correction::{AwardsCorrected, Correction};
use crate::proto::v1;

use super::event as details;
use super::explanation::{self, Detail};
use super::or_empty;

pub(crate) fn closing_run(run: &ClosingRun) -> v1::ClosingRun {
    v1::ClosingRun {
        programme_id: run.programme.to_string(),
        year: details::year(run.year),
        budget_line_id: run.budget_line.to_string(),
        budget: run.budget.to_string(),
        approved: run.approved.to_string(),
        paid: run.paid.to_string(),
        shares: run.shares,
    }
}

pub(crate) fn closing_share(share: &ClosingShareTaken, detail: Detail) -> v1::ClosingShare {
    let lines = share.lines.iter().map(|line| v1::ClosingShareLine {
        paid: line.paid.to_string(),
        explanation: explanation::line(&line.explanation, detail),
    });
    v1::ClosingShare { run_sequence: share.run.value(), paid: share.paid().to_string(), lines: lines.collect() }
}

pub(crate) fn awards_corrected(run: &AwardsCorrected) -> v1::AwardsCorrected {
    v1::AwardsCorrected {
        rulebook: Some(details::rulebook(&run.rulebook)),
        programme_id: run.programme.to_string(),
        reason: run.reason.clone(),
        examined: run.examined,
        left_out: run.left_out,
        granted_more: run.granted_more.to_string(),
        granted_less: run.granted_less.to_string(),
        corrections: run.corrections,
    }
}

pub(crate) fn correction(one: &Correction, detail: Detail) -> v1::Correction {
    let lines = one.lines.iter().map(|line| v1::CorrectionLine {
        award: line.award.to_string(),
        evidence_used: line.evidence_used.to_string(),
        cap_uses: line.cap_uses.iter().map(details::cap_key).collect(),
        explanation: explanation::line(&line.explanation, detail),
    });
    v1::Correction {
        run_sequence: one.run.value(),
        rulebook: Some(details::rulebook(&one.rulebook)),
        before: one.before.to_string(),
        after: one.after.to_string(),
        lines: lines.collect(),
        reason: or_empty(one.refusal.as_ref()),
    }
}
