//! The judge of one line: facts and running sums in, award and explanation out.
//!
//! The order of the steps is fixed (see the module doc of [`rulebook`](super)). A failed gate, or a limit with nothing
//! left, ends the line. Every step that a programme has is recorded, whether it bit or not.
//!
//! Limits are whole fen, so "the smaller of product and limit, then round down" is exact whatever the product is.
//! What cannot be computed, or needs a fact that nobody stated, is refused with the step that says so; it is never
//! granted.

mod amount;
mod choice;
mod closing;
mod gate;
mod limit;
mod limits;
mod ratio;
mod reference;

pub use choice::{choose, judge_application};
pub use closing::{Approved, ClosingShare, closing_run, closing_shares};
pub(super) use gate::at_least as gate_at_least;
pub use limit::{LimitFacts, LimitVerdict, judge_limit};
pub use limits::closing_year;
pub(super) use ratio::{Measures, NoRatio, resolve};
pub use reference::attributed_year;

use super::explanation::{Bound, Input, LineExplanation, Step, StepKind, StepOutcome, Value};
use super::facts::{CapKey, LineFacts, LineVerdict, Usage, WideKey};
use super::model::{Missing, OwnStep, Programme};
use super::refusal::Refusal;
use super::word::Word;
use crate::identifier::ClauseId;
use crate::money::{Amount, Exact, MoneyError, Rounding};

/// Judges one cost item under a programme.
///
/// The award is at most ratio × base, at most the room under every cap that counts the cost, at most the budget line's
/// rest in the year of application, and, with other public funding, at most the cost (ours: a subsidy never makes a
/// gain). `refusal` is set exactly if the award is zero.
pub fn judge_line(programme: &Programme, facts: &LineFacts, usage: &dyn Usage) -> LineVerdict {
    let mut line = Line::new(facts.cost);
    let judged = line.judge(programme, facts, usage);
    let (granted, refusal) = match judged {
        Ok(granted) => (granted, None),
        Err(refusal) => (Granted::default(), Some(refusal)),
    };
    let explanation = LineExplanation {
        item: Some(facts.item),
        requested: facts.cost,
        granted: granted.award,
        bound: line.bound,
        refusal,
        steps: line.steps,
    };
    LineVerdict {
        award: granted.award,
        eligible_cost: granted.eligible_cost,
        cap_uses: granted.cap_uses,
        wide_uses: granted.wide_uses,
        explanation,
    }
}

/// What a line that passed every step comes to.
#[derive(Default)]
struct Granted {
    award: Amount,
    eligible_cost: Amount,
    cap_uses: Vec<CapKey>,
    wide_uses: Vec<WideKey>,
}

/// As many steps as most programmes have, so that the list is not copied while it grows.
const STEPS_USUAL: usize = 16;

/// The work sheet: the amount so far, the bound so far, the steps so far.
struct Line {
    amount: Exact,
    /// An amount that was written down, and how.
    shown: (Exact, Word),
    bound: Bound,
    steps: Vec<Step>,
    /// The how-manieth application it is.
    ordinal: u32,
}

impl Line {
    fn new(cost: Amount) -> Self {
        let amount = Exact::from(cost);
        let (shown, steps) = ((amount, amount.word()), Vec::with_capacity(STEPS_USUAL));
        Self { amount, shown, bound: Bound::Ratio, steps, ordinal: 1 }
    }

    fn judge(&mut self, programme: &Programme, facts: &LineFacts, usage: &dyn Usage) -> Result<Granted, Refusal> {
        let mut granted = Granted::default();
        let earlier = || usage.earlier_grants(&programme.id, facts.enterprise.uscc);
        self.ordinal = facts.details.ordinal.unwrap_or_else(|| earlier().saturating_add(1));
        let properties = facts.properties(Some(self.ordinal));
        self.gates(programme, facts, usage)?;
        self.choices(programme, facts, usage, &mut granted)?;
        granted.eligible_cost = self.base(programme, facts, &properties)?;
        self.clamps(programme, facts)?;
        self.ip_share(programme, facts)?;
        self.ratio(programme, facts, &properties)?;
        self.other_funding(programme, facts, granted.eligible_cost)?;
        self.caps(programme, facts, usage, &mut granted)?;
        self.budget(programme, facts, usage)?;
        granted.award = self.round(programme)?;
        Ok(granted)
    }

    fn gates(&mut self, programme: &Programme, facts: &LineFacts, usage: &dyn Usage) -> Result<(), Refusal> {
        let covered = programme.items.contains(&facts.item);
        let clause = programme.clause_of(facts.item, OwnStep::Item);
        let item = vec![input("item", Value::Text(Word::fixed(facts.item.code())))];
        self.gate("item-covered", clause, item, covered.then_some(()).ok_or(Refusal::ItemNotCovered))?;
        for gate in programme.gates.iter().filter(|gate| gate.items.contains(&facts.item)) {
            let (inputs, verdict) = gate::judge(&gate.condition, programme, facts, self.ordinal);
            self.gate(gate.condition.code(), &gate.clause, inputs, verdict)?;
        }
        if let Some(limit) = programme.grants_per_enterprise {
            let earlier = usage.earlier_grants(&programme.id, facts.enterprise.uscc);
            let inputs = vec![
                input("earlier-grants", Value::Count(i64::from(earlier))),
                input("limit", Value::Count(i64::from(limit))),
            ];
            let verdict = if earlier < limit { Ok(()) } else { Err(Refusal::AlreadyGranted) };
            self.gate("grants-per-enterprise", clause, inputs, verdict)?;
        }
        for other in &programme.yields_to {
            let earlier = usage.earlier_grants(other, facts.enterprise.uscc);
            let inputs = vec![
                input("other-programme", Value::Text(other.to_string().into())),
                input("earlier-grants", Value::Count(i64::from(earlier))),
            ];
            let verdict = if earlier == 0 { Ok(()) } else { Err(Refusal::NotChosen) };
            self.gate("yields-to", clause, inputs, verdict)?;
        }
        Ok(())
    }

    fn gate(
        &mut self,
        rule: &str,
        clause: &ClauseId,
        inputs: Vec<Input>,
        verdict: Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let part = Part { kind: StepKind::Gate, rule, clause: Some(clause) };
        match verdict {
            Ok(()) => self.record(part, inputs, StepOutcome::Passed),
            Err(_) => self.end(part, inputs, Bound::Gate),
        }
        verdict
    }

    /// Ends the line because a fact is missing: the step says which.
    fn missing(&mut self, part: Part<'_>, mut inputs: Vec<Input>, missing: Missing) -> Refusal {
        inputs.push(input("missing", Value::Text(missing.0.into())));
        self.end(part, inputs, Bound::Gate);
        missing.refusal()
    }

    /// Ends the line because a product does not fit: the step says so.
    fn not_computed(&mut self, part: Part<'_>, mut inputs: Vec<Input>, error: MoneyError) -> Refusal {
        inputs.push(input("error", Value::Text(error.to_string().into())));
        self.end(part, inputs, Bound::Gate);
        Refusal::NotEligible
    }

    /// Applies "at most `left`": passes, reduces, or ends the line where nothing is left.
    fn limit(&mut self, limit: &Limit<'_>, inputs: Vec<Input>) -> Result<(), Refusal> {
        if limit.left.is_zero() {
            self.end(limit.part, inputs, limit.bound);
            return Err(limit.refusal);
        }
        // Rounded up, the amount is above whole fen exactly if it is above them unrounded.
        if self.amount.round(Rounding::Up) > limit.left {
            self.amount = Exact::from(limit.left);
            self.bound = limit.bound;
            self.record(limit.part, inputs, StepOutcome::Reduced);
        } else {
            self.record(limit.part, inputs, StepOutcome::Passed);
        }
        Ok(())
    }

    /// Records the step at which the line ends with nothing.
    fn end(&mut self, part: Part<'_>, inputs: Vec<Input>, bound: Bound) {
        self.amount = Exact::from(Amount::ZERO);
        self.bound = bound;
        self.record(part, inputs, StepOutcome::Failed);
    }

    fn record(&mut self, part: Part<'_>, inputs: Vec<Input>, outcome: StepOutcome) {
        let result = self.shown();
        self.steps.push(Step {
            kind: part.kind,
            rule: part.rule.into(),
            clause: part.clause.cloned(),
            inputs,
            result,
            outcome,
        });
    }
}

impl Line {
    /// The amount so far as text. Most steps leave it as it is, and so is its text.
    fn shown(&mut self) -> Word {
        if self.shown.0 != self.amount {
            self.shown = (self.amount, self.amount.word());
        }
        self.shown.1.clone()
    }
}

/// Which part of the programme a step applies.
#[derive(Clone, Copy)]
struct Part<'a> {
    kind: StepKind,
    rule: &'a str,
    clause: Option<&'a ClauseId>,
}

/// A limit in whole fen, not negative, and what it means if it bites.
struct Limit<'a> {
    part: Part<'a>,
    bound: Bound,
    refusal: Refusal,
    left: Amount,
}

/// The code of a rule of rounding, in rulebook files and steps.
pub(super) const fn rounding_code(rounding: Rounding) -> &'static str {
    match rounding {
        Rounding::Down => "down",
        Rounding::Up => "up",
        Rounding::HalfUp => "half-up",
    }
}

pub(super) fn input(name: &'static str, value: Value) -> Input {
    Input { name: Word::fixed(name), value }
}

pub(super) fn amount_input(name: &'static str, amount: Amount) -> Input {
    input(name, Value::Amount(amount))
}

/// An amount that may not be whole fen.
pub(super) fn exact_input(name: &'static str, exact: Exact) -> Input {
    let value = exact.whole().map_or_else(|| Value::Exact(exact.word()), Value::Amount);
    input(name, value)
}
