//! Awards recomputed under a version that reaches back (追溯更正): what it adds and takes back.

use crate::identifier::{ProgrammeId, Sequence};
use crate::money::Amount;
use crate::rulebook::RulebookRef;
use crate::rulebook::explanation::LineExplanation;
use crate::rulebook::facts::{CapKey, WideKey};
use crate::rulebook::refusal::Refusal;

/// A recomputation of past awards; the corrections are the entries that follow it in the same commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwardsCorrected {
    /// The version that is applied to the past.
    pub rulebook: RulebookRef,
    /// Which of its programmes.
    pub programme: ProgrammeId,
    /// Why, for example the document that changes the rule.
    pub reason: String,
    /// How many applications were recomputed.
    pub examined: u32,
    /// How many were left as they are: under clawback, or paid in a closing run.
    pub left_out: u32,
    /// Granted more, in yuan.
    pub granted_more: Amount,
    /// Granted less, in yuan.
    pub granted_less: Amount,
    /// How many corrections follow.
    pub corrections: u32,
}

/// What an application comes to under another version. What is not paid yet becomes the new award. Of what was paid, a
/// line that comes to less is claimed back, and one that comes to more makes a supplement (补差): an application of
/// its own, whose number is the sequence of this entry, to be approved and paid as any other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// The entry of the recomputation.
    pub run: Sequence,
    /// The version that decides now.
    pub rulebook: RulebookRef,
    /// The award before, in yuan.
    pub before: Amount,
    /// The award now, in yuan.
    pub after: Amount,
    /// Of each line, in their order.
    pub lines: Vec<CorrectedLine>,
    /// Why nothing is granted now.
    pub refusal: Option<Refusal>,
    /// Whether what comes back of a paid award may be spent again.
    pub restores_budget: bool,
}

/// A line under the other version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorrectedLine {
    /// Granted, in yuan.
    pub award: Amount,
    /// How much of the evidence it uses, in yuan.
    pub evidence_used: Amount,
    /// The caps that the award counts toward.
    pub cap_uses: Vec<CapKey>,
    /// The caps over many enterprises that the award counts toward.
    pub wide_uses: Vec<WideKey>,
    /// How it came about.
    pub explanation: LineExplanation,
}
