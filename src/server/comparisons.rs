//! Statements that were compared, kept for a while so that one of them can be signed off.
//!
//! A comparison is made from a file and the durable ledger; it can always be made again. So a few are remembered, and
//! none is written down until somebody signs it.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;

use crate::book::reconciliation::StatementSignedOff;
use crate::identifier::Sequence;
use crate::reconcile::Comparison;

/// How many comparisons are remembered.
const REMEMBERED_MAX: usize = 64;

/// How many statements are read and compared at a time: one of 100,000 lines takes some hundred megabytes.
pub(super) const COMPARED_AT_A_TIME: usize = 2;

/// The comparisons of late.
#[derive(Debug)]
pub(super) struct Comparisons {
    recent: Mutex<VecDeque<(String, Arc<StatementSignedOff>)>>,
    /// One permit for each that is being made.
    pub(super) permits: Semaphore,
}

impl Default for Comparisons {
    fn default() -> Self {
        Self { recent: Mutex::default(), permits: Semaphore::new(COMPARED_AT_A_TIME) }
    }
}

/// The file that was compared.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) file_name: String,
    pub(super) file_digest: [u8; 32],
    pub(super) compared_at: Sequence,
}

impl Comparisons {
    /// Remembers what a sign-off of this comparison would say; gives the name under which it is found.
    pub(super) fn remember(&self, comparison: &Comparison, source: &Source) -> String {
        let scope = &comparison.scope;
        let signed = StatementSignedOff {
            statement: scope.statement.clone(),
            from: scope.from,
            to: scope.to,
            file_digest: source.file_digest,
            file_name: source.file_name.clone(),
            tolerance_days: scope.tolerance_days,
            compared_at: source.compared_at,
            comparison_digest: comparison.digest(),
            counts: comparison.counts.clone(),
            matched: comparison.matched(),
            differing: comparison.differing(),
            note: String::new(),
        };
        let id = name(&signed);
        let mut recent = self.recent.lock();
        recent.retain(|(known, _)| *known != id);
        if recent.len() >= REMEMBERED_MAX {
            recent.pop_front();
        }
        recent.push_back((id.clone(), Arc::new(signed)));
        id
    }

    /// What a sign-off of this comparison says.
    pub(super) fn get(&self, id: &str) -> Option<Arc<StatementSignedOff>> {
        self.recent.lock().iter().find(|(known, _)| known == id).map(|(_, signed)| Arc::clone(signed))
    }
}

/// The same file compared in the same way with the same ledger has the same name.
fn name(signed: &StatementSignedOff) -> String {
    let mut sink = Sha256::new();
    sink.update(signed.file_digest);
    sink.update(signed.file_name.as_bytes());
    sink.update(signed.comparison_digest);
    sink.update(signed.compared_at.value().to_be_bytes());
    hex::encode(sink.finalize())
}
