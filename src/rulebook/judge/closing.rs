//! The closing run of a programme year: approved amounts in proportion to the budget (按比例折算兑付).
//!
//! The budget is divided among the applications first, then each application's part among its lines, both to the fen
//! by the largest remainder. So an application gets what the rule gives it, whatever the number of its lines.

use super::{amount_input, input};
use crate::money::Amount;
use crate::rulebook::explanation::{Bound, Input, LineExplanation, Step, StepKind, StepOutcome, Value};
use crate::rulebook::model::ClosingRule;
use crate::rulebook::refusal::Refusal;
use crate::rulebook::terms::CostKind;

/// What one approval is paid in the closing run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosingShare {
    /// Paid, in yuan.
    pub paid: Amount,
    /// How it came about.
    pub explanation: LineExplanation,
}

/// What each approval is paid: all of it where the budget is enough, otherwise its part of the budget, to the fen by
/// the largest remainder. The parts sum to the smaller of budget and approvals; none is above its approval.
pub fn closing_run(rule: &ClosingRule, budget: Amount, approved: &[Amount]) -> Vec<ClosingShare> {
    let lines: Vec<Vec<Approved>> =
        approved.iter().map(|amount| vec![Approved { item: None, amount: *amount }]).collect();
    let rules = vec![rule; lines.len()];
    closing_shares(&rules, budget, &lines).into_iter().flatten().collect()
}

/// A line of an application as it was approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Approved {
    /// What kind of cost; `None` where an application has one line for all.
    pub item: Option<CostKind>,
    /// Approved, in yuan.
    pub amount: Amount,
}

/// What each line of each application is paid; `rules` has the rule of each application, as its version has it.
pub fn closing_shares(
    rules: &[&ClosingRule],
    budget: Amount,
    applications: &[Vec<Approved>],
) -> Vec<Vec<ClosingShare>> {
    let sum = |lines: &Vec<Approved>| Amount::total(lines.iter().map(|line| line.amount.floored_at_zero()));
    let approved: Vec<Amount> = applications.iter().map(sum).collect();
    let total = Amount::total(approved.iter().copied());
    let budget = budget.floored_at_zero();
    let run = Run { budget, total, short: total > budget };
    let parts = run.divide(budget, &approved);
    let applications = rules.iter().zip(applications).zip(approved.iter().zip(parts));
    applications.map(|((rule, lines), (approved, paid))| run.application(rule, lines, *approved, paid)).collect()
}

/// What all parts of one run have in common.
struct Run {
    budget: Amount,
    total: Amount,
    short: bool,
}

/// A part and its place in the order of the remainders.
type Ranked = (Amount, usize);

impl Run {
    fn divide(&self, whole: Amount, weights: &[Amount]) -> Vec<Ranked> {
        if self.short { whole.split_like_ranked(weights) } else { weights.iter().map(|all| (*all, 0)).collect() }
    }

    fn application(
        &self,
        rule: &ClosingRule,
        lines: &[Approved],
        approved: Amount,
        (paid, rank): Ranked,
    ) -> Vec<ClosingShare> {
        let weights: Vec<Amount> = lines.iter().map(|line| line.amount.floored_at_zero()).collect();
        let several = lines.len() > 1;
        let parts = self.divide(paid, &weights);
        let shares = lines.iter().zip(weights).zip(parts).map(|((line, weight), (part, line_rank))| {
            let mut inputs = vec![
                amount_input("approved", if several { approved } else { weight }),
                amount_input("approved-in-all", self.total),
                amount_input("budget", self.budget),
            ];
            inputs.extend(self.rank(rank));
            let mut steps = vec![self.step(rule, "", inputs, paid)];
            if several {
                let mut inputs = vec![
                    amount_input("approved", weight),
                    amount_input("approved-of-application", approved),
                    amount_input("paid-of-application", paid),
                ];
                inputs.extend(self.rank(line_rank));
                steps.push(self.step(rule, "line", inputs, part));
            }
            ClosingShare {
                paid: part,
                explanation: LineExplanation {
                    item: line.item,
                    requested: weight,
                    granted: part,
                    bound: if self.short { Bound::ProRata } else { Bound::Ratio },
                    refusal: (!part.is_positive()).then_some(Refusal::BudgetUsedUp),
                    steps,
                },
            }
        });
        shares.collect()
    }

    fn rank(&self, rank: usize) -> Option<Input> {
        self.short.then(|| input("remainder-rank", Value::Count(i64::try_from(rank).unwrap_or(i64::MAX))))
    }

    fn step(&self, rule: &ClosingRule, part: &str, inputs: Vec<Input>, paid: Amount) -> Step {
        let outcome = match (self.short, paid.is_positive()) {
            (false, true) => StepOutcome::Passed,
            (true, true) => StepOutcome::Reduced,
            (_, false) => StepOutcome::Failed,
        };
        Step {
            kind: StepKind::ProRata,
            rule: part.into(),
            clause: Some(rule.clause.clone()),
            inputs,
            result: paid.to_string().into(),
            outcome,
        }
    }
}
