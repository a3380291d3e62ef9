//! Telemetry (运行监测): figures for the person on call, in Prometheus' text format, and whether the ledger lives.
//!
//! ```text
//! writer ──Commit──> Metrics <──Called── server (guard)
//!                       │
//!                    Scrape: gauges that are read when somebody asks (queue, checkpoint, certificates, disk, process)
//!                       │
//!              GET /metrics   GET /healthz        (an address of its own: nothing of it is for the world)
//! ```
//!
//! No label and no figure names a company, a person or an amount. The names follow Prometheus' conventions: base units
//! (seconds, bytes), `_total` for counters. [docs/operations.md](../../docs/operations.md) says what to do when one of
//! them looks wrong; `ipledger check` judges them.

mod metrics;
mod process;
mod scrape;
mod serve;
#[cfg(test)]
mod tests;

pub use metrics::Metrics;
pub use process::free_bytes;
pub use scrape::{Scrape, Sources};
pub use serve::serve;
