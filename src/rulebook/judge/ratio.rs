//! What a rule of ratio comes to: branch, tier or ordinal, plus uplifts, under the ceiling.

use super::{amount_input, input};
use crate::identifier::ClauseId;
use crate::money::{Amount, Exact, MoneyError, Rate, Rounding};
use crate::rulebook::explanation::{Input, Value};
use crate::rulebook::model::{Measure, Missing, Properties, RatioKind, RatioRule, Tier, TierMethod, TierTable};

/// What tiers measure.
#[derive(Debug, Clone, Copy)]
pub(in crate::rulebook) struct Measures {
    /// The loan's contract principal, in yuan.
    pub(in crate::rulebook) principal: Option<Amount>,
    /// Its IP part, in yuan.
    pub(in crate::rulebook) ip_part: Option<Amount>,
    /// The base.
    pub(in crate::rulebook) base: Exact,
}

/// Why there is no ratio.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::rulebook) enum NoRatio {
    /// A fact is missing.
    Missing(Missing),
    /// No branch, tier or ordinal applies; with what was looked at.
    None(Vec<Input>),
    /// A product does not fit.
    Money(MoneyError),
}

impl From<Missing> for NoRatio {
    fn from(missing: Missing) -> Self {
        Self::Missing(missing)
    }
}

impl From<MoneyError> for NoRatio {
    fn from(error: MoneyError) -> Self {
        Self::Money(error)
    }
}

/// A ratio that was found.
#[derive(Debug, Clone)]
pub(in crate::rulebook) struct Resolved<'r> {
    /// What it was made of; the ratio last.
    pub(in crate::rulebook) inputs: Vec<Input>,
    /// The clause of the branch, where it has its own.
    pub(in crate::rulebook) clause: Option<&'r ClauseId>,
    portion: Portion,
}

#[derive(Debug, Clone)]
enum Portion {
    Flat(Rate),
    /// What the slices come to, of this measure.
    Slices(Exact, Amount),
}

impl Resolved<'_> {
    /// The part of the base.
    pub(in crate::rulebook) fn of(&self, base: Exact) -> Result<Exact, MoneyError> {
        match self.portion {
            Portion::Flat(ratio) => base.times(ratio),
            Portion::Slices(part, whole) => base.times_part(part, whole),
        }
    }
}

/// The ratio of a rule for these facts; never above 1.
pub(in crate::rulebook) fn resolve<'r>(
    rule: &'r RatioRule,
    properties: &Properties<'_>,
    measures: &Measures,
) -> Result<Resolved<'r>, NoRatio> {
    let mut chosen = None;
    for branch in &rule.branches {
        if branch.when.holds(properties)? {
            chosen = Some(branch);
            break;
        }
    }
    let Some(branch) = chosen else { return Err(NoRatio::None(Vec::new())) };
    let mut inputs = Vec::new();
    if !branch.when.0.is_empty() {
        inputs.push(input("branch", Value::Text(branch.when.text().into())));
    }
    let mut added = Rate::ZERO;
    for uplift in &rule.uplifts {
        if uplift.when.holds(properties)? {
            added = added.plus(uplift.add)?;
        }
    }
    let ceiling = rule.ceiling.unwrap_or(Rate::ONE).min(Rate::ONE);
    let lifted = |ratio: Rate| ratio.plus(added).map(|ratio| ratio.min(ceiling));
    let portion = match &branch.ratio {
        RatioKind::Flat(ratio) => Portion::Flat(with_uplift(*ratio, added, rule, &mut inputs)?),
        RatioKind::ByOrdinal { ratios, and_later } => {
            let ordinal = properties.ordinal.ok_or(Missing("ordinal"))?;
            inputs.push(input("ordinal", Value::Count(i64::from(ordinal))));
            let Some(ratio) = by_ordinal(ratios, *and_later, ordinal) else { return Err(NoRatio::None(inputs)) };
            Portion::Flat(with_uplift(ratio, added, rule, &mut inputs)?)
        }
        RatioKind::Tiers(table) => {
            let measure = measured(table.by, measures)?;
            inputs.push(amount_input("tier-measure", measure));
            let Some(tier) = table.tiers.iter().find(|tier| tier.reaches(measure)) else {
                return Err(NoRatio::None(inputs));
            };
            match table.method {
                TierMethod::Whole => Portion::Flat(with_uplift(tier.ratio, added, rule, &mut inputs)?),
                TierMethod::Marginal => {
                    let sum = slices(table, measure, lifted)?;
                    inputs.push(input("slices", Value::Exact(sum.word())));
                    Portion::Slices(sum, measure)
                }
            }
        }
    };
    if let Portion::Flat(ratio) = portion {
        inputs.push(input("ratio", Value::Rate(ratio)));
    }
    Ok(Resolved { inputs, clause: branch.clause.as_ref(), portion })
}

/// The ratio with its uplifts under the ceiling; says what they were where the rule has any.
fn with_uplift(ratio: Rate, added: Rate, rule: &RatioRule, inputs: &mut Vec<Input>) -> Result<Rate, MoneyError> {
    if !rule.uplifts.is_empty() || rule.ceiling.is_some() {
        inputs.push(input("basic-ratio", Value::Rate(ratio)));
        inputs.push(input("uplift", Value::Rate(added)));
    }
    inputs.extend(rule.ceiling.map(|ceiling| input("ceiling", Value::Rate(ceiling))));
    Ok(ratio.plus(added)?.min(rule.ceiling.unwrap_or(Rate::ONE)).min(Rate::ONE))
}

fn by_ordinal(ratios: &[Rate], and_later: bool, ordinal: u32) -> Option<Rate> {
    let index = usize::try_from(ordinal.checked_sub(1)?).ok()?;
    ratios.get(index).or_else(|| ratios.last().filter(|_| and_later)).copied()
}

fn measured(by: Measure, measures: &Measures) -> Result<Amount, Missing> {
    match by {
        Measure::Principal => measures.principal.ok_or(Missing("principal")),
        Measure::IpPart => measures.ip_part.ok_or(Missing("ip-part")),
        Measure::Base => Ok(measures.base.round(Rounding::Down)),
    }
}

/// The sum over the slices of the measure, each with the ratio of its own tier.
fn slices(
    table: &TierTable,
    measure: Amount,
    lifted: impl Fn(Rate) -> Result<Rate, MoneyError>,
) -> Result<Exact, MoneyError> {
    let mut sum = Exact::from(Amount::ZERO);
    let mut from = Amount::ZERO;
    for Tier { up_to, ratio, .. } in &table.tiers {
        let end = up_to.map_or(measure, |end| end.at_most(measure));
        let slice = end.minus(from).floored_at_zero();
        sum = sum.plus(slice.times(lifted(*ratio)?)?)?;
        from = from.max(end);
    }
    Ok(sum)
}
