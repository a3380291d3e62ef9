//! What is looked at when somebody asks: queue, checkpoint, certificates, disk, process.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use super::metrics::Metrics;
use super::process::{free_bytes, usage};
use crate::evidence::Keeper;
use crate::reader::Reader;
use crate::server::tls::Tls;
use crate::writer::clock::Clock;
use crate::writer::{QUEUE_COMMANDS_MAX, Writer};

/// What there is to look at.
#[derive(Debug, Clone)]
pub struct Sources {
    /// Whose queue and whose fault.
    pub writer: Writer,
    /// How many entries there are.
    pub reader: Reader,
    /// Who makes checkpoints, if the ledger signs any.
    pub keeper: Option<Keeper>,
    /// Certificates and revocation lists, if there are any.
    pub tls: Option<Tls>,
    /// The data folder, for the room on its disk.
    pub data: PathBuf,
    /// What time it is.
    pub clock: Clock,
}

/// Everything that `/metrics` and `/healthz` tell; clones look at the same.
#[derive(Clone)]
pub struct Scrape {
    shared: Arc<Shared>,
}

struct Shared {
    registry: Registry,
    gauges: Gauges,
    sources: Sources,
    /// When the ledger was last covered by a checkpoint, in seconds of Unix time; 0 for never.
    covered: AtomicI64,
}

impl fmt::Debug for Scrape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scrape").field("sources", &self.shared.sources).finish_non_exhaustive()
    }
}

/// A figure that is there once it is known: a family with one member, or none.
type Perhaps = Family<Vec<(String, String)>, Gauge>;

/// Set at each scrape. What is not known has no line: a 0 would be a claim.
#[derive(Debug, Default)]
struct Gauges {
    last_sequence: Gauge,
    queue: Gauge,
    queue_max: Gauge,
    failed: Gauge,
    checkpoint_entries: Perhaps,
    checkpoint_time: Perhaps,
    certificate_days: Perhaps,
    disk_free: Perhaps,
    resident: Perhaps,
    open_files: Perhaps,
    open_files_max: Perhaps,
}

impl Gauges {
    fn register(registry: &mut Registry) -> Self {
        let gauges = Self::default();
        registry.register("last_sequence", "Entries in the ledger", gauges.last_sequence.clone());
        registry.register("queue_commands", "Commands that wait to be decided", gauges.queue.clone());
        registry.register("queue_commands_max", "The most that may wait", gauges.queue_max.clone());
        registry.register("store_failed", "1 when the store failed and the process is to stop", gauges.failed.clone());
        registry.register(
            "checkpoint_entries",
            "Entries that the newest checkpoint covers",
            gauges.checkpoint_entries.clone(),
        );
        registry.register_with_unit(
            "checkpoint_covered_timestamp",
            "When a checkpoint last covered all entries, Unix time",
            Unit::Seconds,
            gauges.checkpoint_time.clone(),
        );
        registry.register(
            "certificate_days_left",
            "Whole days until the server's certificate or a revocation list ends",
            gauges.certificate_days.clone(),
        );
        registry.register_with_unit(
            "data_disk_free",
            "Room on the disk of the data folder",
            Unit::Bytes,
            gauges.disk_free.clone(),
        );
        gauges
    }

    /// Those of the process carry the names that every Prometheus client uses, without our prefix.
    fn register_process(&self, registry: &mut Registry) {
        registry.register_with_unit("process_resident_memory", "Resident memory", Unit::Bytes, self.resident.clone());
        registry.register("process_open_fds", "Open file descriptors", self.open_files.clone());
        registry.register("process_max_fds", "The most file descriptors", self.open_files_max.clone());
    }

    fn look(&self, sources: &Sources, covered: i64) {
        self.last_sequence.set(signed(sources.reader.last_sequence().value()));
        self.queue.set(signed(sources.writer.waiting()));
        self.queue_max.set(signed(QUEUE_COMMANDS_MAX));
        self.failed.set(i64::from(fault(&sources.writer).is_some()));
        if let Some(keeper) = &sources.keeper {
            let size = keeper.newest().map_or(0, |newest| newest.checkpoint.size);
            self.checkpoint_entries.get_or_create(&Vec::new()).set(signed(size));
        }
        if covered > 0 {
            self.checkpoint_time.get_or_create(&Vec::new()).set(covered);
        }
        if let Some(tls) = &sources.tls {
            self.certificate_days.get_or_create(&Vec::new()).set(tls.summary().days_left(sources.clock.now()));
        }
        let usage = usage();
        let known = [
            (&self.disk_free, free_bytes(&sources.data)),
            (&self.resident, usage.resident_bytes),
            (&self.open_files, usage.open_files),
            (&self.open_files_max, usage.open_files_max),
        ];
        for (gauge, value) in known {
            if let Some(value) = value {
                gauge.get_or_create(&Vec::new()).set(signed(value));
            }
        }
    }
}

fn signed(value: impl TryInto<i64>) -> i64 {
    value.try_into().unwrap_or(i64::MAX)
}

/// Why the writer stopped, if it did.
fn fault(writer: &Writer) -> Option<String> {
    writer.fault().borrow().as_ref().map(ToString::to_string)
}

impl Scrape {
    /// What these sources and counters show. The counters are those registered in this registry.
    pub fn new(mut registry: Registry, sources: Sources) -> Self {
        let gauges = Gauges::register(registry.sub_registry_with_prefix(PREFIX));
        gauges.register_process(&mut registry);
        Self { shared: Arc::new(Shared { registry, gauges, sources, covered: AtomicI64::new(0) }) }
    }

    /// Counters, and the registry that holds them under the ledger's prefix.
    pub fn counters() -> (Metrics, Registry) {
        let mut registry = Registry::default();
        let metrics = Metrics::register(registry.sub_registry_with_prefix(PREFIX));
        (metrics, registry)
    }

    /// All entries are covered by a checkpoint now.
    pub fn note_covered(&self) {
        let seconds = self.shared.sources.clock.now().micros().checked_div(1_000_000).unwrap_or_default();
        self.shared.covered.store(seconds, Ordering::Relaxed);
    }

    /// All figures, in the text format of `OpenMetrics`.
    pub fn text(&self) -> Result<String, fmt::Error> {
        let shared = &self.shared;
        shared.gauges.look(&shared.sources, shared.covered.load(Ordering::Relaxed));
        let mut text = String::new();
        encode(&mut text, &shared.registry)?;
        Ok(text)
    }

    /// Why the ledger does not serve, if it does not.
    pub fn illness(&self) -> Option<String> {
        fault(&self.shared.sources.writer)
    }
}

/// What the names of the ledger's own figures begin with.
const PREFIX: &str = "ipledger";
