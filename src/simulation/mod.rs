//! The seeded simulation (仿真): the whole path with a store that fails, and an auditor that keeps its own list.
//!
//! ```text
//! generate ──> writer ──> decide ──> journal ──> storage in memory, which fails by plan
//!                 └── answers ──> callers, who remember ──> model, which judges each anew
//! ```
//!
//! With a workload, a seed says everything: who asks for what, when the clock jumps, which write fails and how. `ipledger simulate` runs
//! it and so do the tests; nothing of a server uses this module.
//!
//! [`model`] is a second ledger, written from the description of the domain: it shares names and commands with the one it
//! audits, and no rule.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::integer_division,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::new_without_default,
    clippy::should_implement_trait,
    reason = "small numbers and known names: an error of the simulation's own ends it, as it should, and the seed is said"
)]

mod callers;
pub mod generate;
pub mod model;
mod disk;
mod path;
mod plan;
mod random;
mod seeds;
pub mod timeline;
pub mod world;

pub use path::run;
pub use plan::{Faults, Outcome, Plan, Workload};
pub use seeds::{Kept, kept, line_of};
