//! `EvidenceService.VerifyJournal` and `GetVerification`: the audit of the journal beside the service.

use std::time::Duration;

use crate::audit::{Check, Finding};
use crate::book::nouns::Caller;
use crate::decide::rejection::{Reason, Rejection};
use crate::proto::v1;
use crate::proto::v1::VerificationState as State;
use crate::server::edge::Edge;
use crate::server::render::timestamp;
use crate::server::verifications::{Judged, Parts, Verification};

/// Begins an audit, or finds the one that is under way.
pub(super) fn start(edge: &Edge, caller: &Caller) -> Result<v1::Verification, Rejection> {
    let mut checkpoints = Vec::new();
    if let Some(keeper) = edge.keeper() {
        checkpoints.extend([keeper.cosigned(), keeper.newest()].into_iter().flatten().map(|one| one.checkpoint));
        checkpoints.dedup();
    }
    let parts = Parts {
        reader: edge.reader().clone(),
        writer: edge.writer().clone(),
        clock: edge.clock().clone(),
        checkpoints,
        stopped: edge.stop.subscribe(),
    };
    match edge.verifications.start(caller, parts) {
        Ok(verification) => Ok(render(&verification)),
        Err(fault) => {
            let fault: &dyn std::error::Error = &fault;
            tracing::error!(fault, "no thread for an audit");
            Err(Rejection::plain(Reason::Unavailable))
        }
    }
}

/// The audit that is under way, or the last one; an empty one if there was none.
pub(super) fn now(edge: &Edge) -> v1::Verification {
    edge.verifications.latest().map(|latest| render(&latest)).unwrap_or_default()
}

fn render(verification: &Verification) -> v1::Verification {
    let outcome = verification.outcome();
    let mut shown = v1::Verification {
        state: State::Running.into(),
        started_by: verification.started_by.clone(),
        started_at: Some(timestamp(verification.started_at)),
        took_ms: millis(verification.took()),
        entries: verification.entries,
        done: verification.done(),
        ..Default::default()
    };
    let Some(outcome) = outcome else { return shown };
    shown.finished_at = Some(timestamp(outcome.finished_at));
    shown.state = state(outcome.judged.as_ref()).into();
    if let Some(judged) = &outcome.judged {
        shown.root = judged.root.0.to_vec();
        (shown.decided_again, shown.not_kept, shown.differing) =
            (judged.decided_again, judged.not_kept, judged.differing);
        shown.checkpoint_sizes.clone_from(&judged.continues);
        shown.findings = judged.findings.iter().map(finding).collect();
    }
    shown
}

fn state(judged: Option<&Judged>) -> State {
    let Some(judged) = judged else { return State::Failed };
    if judged.findings.is_empty() {
        State::Intact
    } else if judged.findings.iter().all(|finding| finding.check == Check::Decision) {
        State::DecisionsDiffer
    } else {
        State::Damaged
    }
}

fn finding(finding: &Finding) -> v1::VerificationFinding {
    v1::VerificationFinding {
        check: finding.check.code().to_owned(),
        sequence: finding.place.sequence.unwrap_or_default(),
        place: finding.place.to_string(),
        problem: finding.problem.clone(),
        expected: finding.expected.clone().unwrap_or_default(),
        found: finding.found.clone().unwrap_or_default(),
    }
}

fn millis(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}
