//! The closing run of a programme year: approved amounts in proportion to the budget (按比例折算兑付).

use super::amount_input;
use crate::money::Amount;
use crate::rulebook::explanation::{Bound, LineExplanation, Step, StepKind, StepOutcome};
use crate::rulebook::model::ClosingRule;
use crate::rulebook::refusal::Refusal;

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
    let approved: Vec<Amount> = approved.iter().map(|amount| amount.floored_at_zero()).collect();
    let total = Amount::total(approved.iter().copied());
    let budget = budget.floored_at_zero();
    let short = total > budget;
    let parts = if short { budget.split_like(&approved) } else { approved.clone() };
    let shares = approved.iter().zip(parts).map(|(approved, paid)| {
        let outcome = match (short, paid.is_positive()) {
            (false, true) => StepOutcome::Passed,
            (true, true) => StepOutcome::Reduced,
            (_, false) => StepOutcome::Failed,
        };
        let step = Step {
            kind: StepKind::ProRata,
            rule: String::new(),
            clause: Some(rule.clause.clone()),
            inputs: vec![
                amount_input("approved", *approved),
                amount_input("approved-in-all", total),
                amount_input("budget", budget),
            ],
            result: paid.to_string(),
            outcome,
        };
        let explanation = LineExplanation {
            item: None,
            requested: *approved,
            granted: paid,
            bound: if short { Bound::ProRata } else { Bound::Ratio },
            refusal: (!paid.is_positive()).then_some(Refusal::BudgetUsedUp),
            steps: vec![step],
        };
        ClosingShare { paid, explanation }
    });
    shares.collect()
}
