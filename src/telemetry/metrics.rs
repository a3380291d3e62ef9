//! What is counted as it happens.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::server::guard::{Called, Tally};
use crate::writer::observe::{Commit, Observer};

/// Counters and histograms; clones count into the same.
#[derive(Debug, Clone)]
pub struct Metrics {
    commit: Histogram,
    sync: Histogram,
    batch: Histogram,
    entries: Counter,
    commands: Family<OutcomeLabel, Counter>,
    calls: Family<CallLabel, Counter>,
    call_seconds: Family<RpcLabel, Histogram, fn() -> Histogram>,
    rejections: Family<ReasonLabel, Counter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabel {
    rpc: String,
    code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RpcLabel {
    rpc: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabel {
    reason: String,
}

/// From a quarter of a millisecond, which a sync takes on a good disk, to ten seconds, which is an outage.
fn seconds() -> Histogram {
    Histogram::new([
        0.000_25, 0.000_5, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.125, 0.25, 0.5, 1.0, 2.5, 10.0,
    ])
}

fn sizes() -> Histogram {
    Histogram::new([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1_000.0, 5_000.0, 21_000.0])
}

impl Metrics {
    /// New counters, registered under their names.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            commit: seconds(),
            sync: seconds(),
            batch: sizes(),
            entries: Counter::default(),
            commands: Family::default(),
            calls: Family::default(),
            call_seconds: Family::new_with_constructor(seconds),
            rejections: Family::default(),
        };
        let Self { commit, sync, batch, entries, commands, calls, call_seconds, rejections } = metrics.clone();
        let unit = Unit::Seconds;
        registry.register_with_unit("commit", "A batch of entries, until durable", unit.clone(), commit);
        registry.register_with_unit("sync", "The disk's sync of a batch", unit.clone(), sync);
        registry.register("batch_entries", "Entries of a batch", batch);
        registry.register("entries", "Entries made durable since the start", entries);
        registry.register("commands", "Commands that the writer decided, by what became of them", commands);
        registry.register("calls", "Calls answered, by RPC and gRPC code", calls);
        registry.register_with_unit("call", "From a call's arrival to its answer, by RPC", unit, call_seconds);
        registry.register("rejections", "Calls answered with an error, by reason", rejections);
        metrics
    }
}

/// As seconds, which is what Prometheus counts in.
macro_rules! observe_seconds {
    ($histogram:expr, $took:expr) => {
        $histogram.observe(Duration::as_secs_f64(&$took))
    };
}

impl Observer for Metrics {
    fn committed(&self, commit: &Commit) {
        let Commit { entries, recorded, validated, replayed, rejected, took, sync } = *commit;
        if entries > 0 {
            observe_seconds!(self.commit, took);
            self.batch.observe(u32::try_from(entries).unwrap_or(u32::MAX).into());
            self.entries.inc_by(u64::try_from(entries).unwrap_or(u64::MAX));
        }
        if let Some(sync) = sync {
            observe_seconds!(self.sync, sync);
        }
        let outcomes =
            [("recorded", recorded), ("validated", validated), ("replayed", replayed), ("rejected", rejected)];
        for (outcome, count) in outcomes.into_iter().filter(|(_, count)| *count > 0) {
            self.commands.get_or_create(&OutcomeLabel { outcome }).inc_by(u64::try_from(count).unwrap_or(u64::MAX));
        }
    }
}

impl Tally for Metrics {
    fn called(&self, call: &Called<'_>) {
        let Called { rpc, code, reason, took } = *call;
        self.calls.get_or_create(&CallLabel { rpc: rpc.to_owned(), code }).inc();
        observe_seconds!(self.call_seconds.get_or_create(&RpcLabel { rpc: rpc.to_owned() }), took);
        if !reason.is_empty() {
            self.rejections.get_or_create(&ReasonLabel { reason: reason.to_owned() }).inc();
        }
    }
}
