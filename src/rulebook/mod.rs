//! The policy as data: a city's rules, checked at load, judged against facts, explained step by step.
//!
//! A rulebook (办法) is a TOML file: its source, its clauses, and typed rules that name their clause. There is no
//! expression language; a rule is a small set of typed steps, applied in one fixed order and each recorded in the
//! explanation:
//!
//! `gates → eligible base → clamp → IP share → ratio → minus other public funding → per-item cap → per-loan cap →
//! joint cap → enterprise-year cap → lifetime cap → bank-year cap → programme-year cap → budget → round`
//!
//! This module is pure. It knows no command, no book, no clock: [`judge_line`] and its siblings take facts and running
//! sums and return a verdict; whoever calls them turns the verdict into an entry.

pub mod terms;
pub mod explanation;
pub mod refusal;
pub mod facts;
pub mod rates;
pub mod model;
pub mod load;
pub mod judge;
pub mod describe;
pub mod compare;
pub mod pool;
pub mod trial;
pub mod sentence;
mod shipped;
mod stored;

pub use crate::identifier::word;
pub use judge::{
    Approved, ClosingShare, LimitFacts, LimitVerdict, choose, closing_run, closing_shares, closing_year,
    judge_application, judge_limit, judge_line,
};
pub use load::{LoadError, LoadErrors, load, load_bytes};
pub use model::{PoolRule, Programme, Rulebook, RulebookRef};
pub use pool::{covered_principal, exposure_of, judge_claim, judge_filing, recovery_split};
pub use sentence::{Language, explanation_sentence, line_sentence, lines_sentence, step_sentence};
pub use shipped::shipped;

#[cfg(test)]
mod tests;
