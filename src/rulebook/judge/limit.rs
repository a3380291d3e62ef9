//! Standing limits: whether one stated amount keeps to its limit by another.

use super::{amount_input, input};
use crate::calendar::FiscalYear;
use crate::money::{Amount, MoneyError, Rate, Rounding};
use crate::rulebook::explanation::{Bound, LineExplanation, Step, StepKind, StepOutcome, Value};
use crate::rulebook::facts::ReferenceRates;
use crate::rulebook::model::{Limit, LimitRule};
use crate::rulebook::refusal::Refusal;
use crate::rulebook::word::Word;

/// The two amounts, and the year that they are of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitFacts {
    /// The amount that is measured, in yuan.
    pub amount: Amount,
    /// The amount that it is measured against, in yuan.
    pub of: Amount,
    /// The year of the measured amount.
    pub year: FiscalYear,
    /// The reference rates that are known.
    pub rates: ReferenceRates,
}

/// Whether an amount keeps to its limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitVerdict {
    /// Whether it does. A limit that cannot be worked out is not kept to.
    pub holds: bool,
    /// The amount that it may go to, must reach, or must exceed, in yuan; `None` where it cannot be worked out.
    pub limit: Option<Amount>,
    /// How it came about.
    pub explanation: LineExplanation,
}

/// Judges one limit. The bound is exact to the fen: what may not be exceeded is rounded down, what must be reached up.
pub fn judge_limit(limit: &Limit, facts: &LimitFacts) -> LimitVerdict {
    let mut inputs = vec![amount_input("amount", facts.amount), amount_input("of", facts.of)];
    let factor = match &limit.rule {
        LimitRule::AtMost(ratio) | LimitRule::AtLeast(ratio) | LimitRule::Above(ratio) => {
            inputs.push(input("ratio", Value::Rate(*ratio)));
            Ok(*ratio)
        }
        LimitRule::AboveGrowth(series) => match facts.rates.on(series, facts.year.last_day()) {
            Ok(growth) => {
                inputs.push(input("growth", Value::Rate(growth.rate)));
                growth.rate.plus(Rate::ONE).map_err(not_computed)
            }
            Err(missing) => {
                inputs.push(input("missing", Value::Text(missing.0.into())));
                Err(missing.refusal())
            }
        },
    };
    let rounding = match limit.rule {
        LimitRule::AtLeast(_) => Rounding::Up,
        LimitRule::AtMost(_) | LimitRule::Above(_) | LimitRule::AboveGrowth(_) => Rounding::Down,
    };
    let bound = factor.and_then(|factor| {
        let exact = facts.of.times(factor).map_err(not_computed)?;
        Ok(exact.round(rounding))
    });
    let held = bound.and_then(|bound| if keeps(&limit.rule, facts.amount, bound) { Ok(()) } else { Err(REFUSED) });
    inputs.extend(bound.ok().map(|bound| amount_input("limit", bound)));
    LimitVerdict { holds: held.is_ok(), limit: bound.ok(), explanation: explained(limit, facts, inputs, held) }
}

/// What does not fit is not kept to.
const fn not_computed(_: MoneyError) -> Refusal {
    REFUSED
}

/// What a limit that is not kept to says.
const REFUSED: Refusal = Refusal::NotEligible;

/// Of a bound that was rounded down, a whole amount is above the exact one exactly if it is above the rounded one.
fn keeps(rule: &LimitRule, amount: Amount, bound: Amount) -> bool {
    match rule {
        LimitRule::AtMost(_) => amount <= bound,
        LimitRule::AtLeast(_) => amount >= bound,
        LimitRule::Above(_) | LimitRule::AboveGrowth(_) => amount > bound,
    }
}

fn explained(
    limit: &Limit,
    facts: &LimitFacts,
    inputs: Vec<crate::rulebook::explanation::Input>,
    held: Result<(), Refusal>,
) -> LineExplanation {
    let granted = if held.is_ok() { facts.amount } else { Amount::ZERO };
    let step = Step {
        kind: StepKind::Gate,
        rule: Word::fixed(limit.rule.code()),
        clause: Some(limit.clause.clone()),
        inputs,
        result: granted.to_string().into(),
        outcome: if held.is_ok() { StepOutcome::Passed } else { StepOutcome::Failed },
    };
    LineExplanation {
        item: None,
        requested: facts.amount,
        granted,
        bound: if held.is_ok() { Bound::Ratio } else { Bound::Gate },
        refusal: held.err(),
        steps: vec![step],
    }
}
