//! Two lists in, classes out: a bank's list against the ledger (对账). Pure.
//!
//! Exact to the fen; only dates may be apart, by a stated tolerance. Every line of the statement ends in exactly one
//! finding, every entry of the ledger in at most one; a finding pairs one with one, except where a payment was split or
//! merged. The findings do not depend on the order of the lines, and take n log n.
//!
//! ```text
//! 1. equal           same money, same day, nothing that contradicts; then within the tolerance
//! 2. reversed        a line and its counter-line in the statement cancel
//! 3. duplicate       a line that stands twice, and once in the ledger
//! 4. split, merged   several lines add up to one entry, or the other way round
//! 5. differs         one thing is off: the amount, the date or period, the party or contract
//! 6. missing         what is left, on either side
//! 7. standing        of a loan list that says so: balance, maturity, rate and state on its day
//! ```
//!
//! In step 1 what was reconciled before comes after what was not; such a line is *already reconciled*. Genuine twins,
//! two payments alike in everything, are two lines and two entries, and stay so.

mod engine;
mod ledger;
mod pairing;
mod standing;
mod sums;
#[cfg(test)]
mod tests;
mod words;
mod workbook;

use sha2::{Digest as _, Sha256};

use crate::book::reconciliation::{Class, Counts, StatementOf};
use crate::calendar::CivilDate;
use crate::identifier::{Sequence, Uscc};
use crate::money::Amount;
use crate::statement::{Kind, Line, Nature};

pub use engine::compare;
pub use ledger::items_of;
pub use standing::{Standings, compare_standing, states_standing};
pub use workbook::{About, workbook};

/// How far a date may be off where nothing else is said, in days: value date against booking date over a weekend.
pub const TOLERANCE_DAYS_DEFAULT: u32 = 3;

/// The largest tolerance.
pub const TOLERANCE_DAYS_MAX: u32 = 15;

/// Further apart than this, the same sum on the same loan is another payment.
pub const WINDOW_DAYS: u32 = 31;

/// One movement that the ledger has recorded, as a statement would show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its entry.
    pub sequence: Sequence,
    /// What the money is.
    pub nature: Nature,
    /// In yuan; negative for money out of an account.
    pub amount: Amount,
    /// Its effective date.
    pub date: CivilDate,
    /// The loan's contract number.
    pub contract: Option<String>,
    /// The other party.
    pub party_code: Option<Uscc>,
    /// The other party's name.
    pub party: Option<String>,
    /// The bank's or the payment's reference.
    pub reference: Option<String>,
    /// First and last day of the interest period.
    pub period: Option<(CivilDate, CivilDate)>,
    /// The entry that signed it off as reconciled.
    pub reconciled_by: Option<Sequence>,
    /// The entry that it reverses (冲销).
    pub reverses: Option<Sequence>,
}

/// What is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Whose list.
    pub statement: StatementOf,
    /// First day of the statement's period.
    pub from: CivilDate,
    /// Last day of the statement's period.
    pub to: CivilDate,
    /// How far a date may be off, in days.
    pub tolerance_days: u32,
}

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Words {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

/// A class, and what is in it: one line and one entry, one of them, or a group that adds up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which class.
    pub class: Class,
    /// The lines, as indices into [`Comparison::lines`].
    pub lines: Vec<usize>,
    /// The entries, as indices into [`Comparison::items`].
    pub items: Vec<usize>,
    /// Why, in words.
    pub reason: Words,
}

/// A statement compared with the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// What was compared.
    pub scope: Scope,
    /// The statement's lines.
    pub lines: Vec<Line>,
    /// The ledger's movements, of the period and [`WINDOW_DAYS`] around it.
    pub items: Vec<Item>,
    /// Every line once, and every movement of the period that no line stands for; in the order of the file, then of
    /// the ledger.
    pub findings: Vec<Finding>,
    /// How many lines are in each class; for *missing in statement* how many entries.
    pub counts: Counts,
}

impl Comparison {
    /// Whether nothing differs.
    pub fn is_clean(&self) -> bool {
        self.counts.differences() == 0
    }

    /// The entries that were found in the statement, in order: what a sign-off marks as reconciled.
    pub fn matched(&self) -> Vec<Sequence> {
        let settles = |class: Class| matches!(class, Class::Equal | Class::Split | Class::Merged | Class::Reversed);
        let found = self.findings.iter().filter(|finding| settles(finding.class));
        let items = found.flat_map(|finding| finding.items.iter().filter_map(|index| self.items.get(*index)));
        let mut sequences: Vec<Sequence> = items.map(|item| item.sequence).collect();
        sequences.sort_unstable();
        sequences
    }

    /// The entries of the period that the sign-off looked at and did not find as they are: differing or missing.
    pub fn differing(&self) -> Vec<Sequence> {
        let found = self.findings.iter().filter(|finding| finding.class.is_difference());
        let items = found.flat_map(|finding| finding.items.iter().filter_map(|index| self.items.get(*index)));
        let open =
            items.filter(|item| item.reconciled_by.is_none() && (self.scope.from..=self.scope.to).contains(&item.date));
        let mut sequences: Vec<Sequence> = open.map(|item| item.sequence).collect();
        sequences.sort_unstable();
        sequences
    }

    /// SHA-256 over every line, entry and class: the same comparison has the same digest, for ever.
    pub fn digest(&self) -> [u8; 32] {
        let mut sink = Sha256::new();
        sink.update(b"ipledger reconciliation v1\n");
        let scope = &self.scope;
        sink.update(format!("{} {} {} {}\n", scope.statement, scope.from, scope.to, scope.tolerance_days));
        for finding in &self.findings {
            sink.update(finding.class.code());
            for line in finding.lines.iter().filter_map(|index| self.lines.get(*index)) {
                sink.update(format!(" {} {} {} {}", line.place.row, line.nature.code(), line.amount, line.date));
                if let Some(stated) = &line.stated {
                    sink.update(stated.canonical());
                }
            }
            for item in finding.items.iter().filter_map(|index| self.items.get(*index)) {
                sink.update(format!(" #{}", item.sequence));
            }
            sink.update(b"\n");
        }
        sink.finalize().into()
    }
}

/// The kind of list that a statement is.
pub const fn kind_of(statement: &StatementOf) -> Kind {
    match statement {
        StatementOf::Loans(_) => Kind::Loans,
        StatementOf::Repayments(_) => Kind::Repayments,
        StatementOf::Pool(_) | StatementOf::Treasury => Kind::Account,
    }
}
