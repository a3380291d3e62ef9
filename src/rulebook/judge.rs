//! The judge of one line: facts and running sums in, award and explanation out.
//!
//! The order of the steps is fixed (see the module doc of [`rulebook`](super)). A failed gate, or a limit with nothing
//! left, ends the line. Every step that a programme has is recorded, whether it bit or not.
//!
//! Limits are whole fen, so "the smaller of product and limit, then round down" is exact whatever the product is.
//! What cannot be computed is refused with the step that says so; it is never granted.

use super::explanation::{Bound, Input, LineExplanation, Step, StepKind, StepOutcome, Value};
use super::facts::{CapKey, LineFacts, LineVerdict, Usage};
use super::gate;
use super::model::{Attribution, Cap, CapScope, Programme};
use super::refusal::Refusal;
use crate::calendar::FiscalYear;
use crate::identifier::ClauseId;
use crate::money::{Amount, Exact, Rate, Rounding};

/// Judges one cost item under a programme.
///
/// The award is at most ratio × cost, at most the room under every cap that counts the cost, at most the budget line's
/// rest in the year of application, and, with other public funding, at most the cost (ours: a subsidy never makes a
/// gain). `refusal` is set exactly if the award is zero.
pub fn judge_line(programme: &Programme, facts: &LineFacts, usage: &dyn Usage) -> LineVerdict {
    let mut line = Line::new(facts.cost);
    let judged = line.judge(programme, facts, usage);
    let (award, eligible_cost, cap_uses, refusal) = match judged {
        Ok(Granted { award, base, cap_uses }) => (award, base, cap_uses, None),
        Err(refusal) => (Amount::ZERO, Amount::ZERO, Vec::new(), Some(refusal)),
    };
    let explanation = LineExplanation {
        item: Some(facts.item),
        requested: facts.cost,
        granted: award,
        bound: line.bound,
        refusal,
        steps: line.steps,
    };
    LineVerdict { award, eligible_cost, cap_uses, explanation }
}

/// What a line that passed every step comes to.
struct Granted {
    award: Amount,
    base: Amount,
    cap_uses: Vec<CapKey>,
}

/// The work sheet: the amount so far, the bound so far, the steps so far.
struct Line {
    amount: Exact,
    /// The amount as it is recorded: canonical decimal text.
    text: String,
    bound: Bound,
    steps: Vec<Step>,
}

impl Line {
    fn new(cost: Amount) -> Self {
        Self { amount: Exact::from(cost), text: cost.to_string(), bound: Bound::Ratio, steps: Vec::new() }
    }

    fn judge(&mut self, programme: &Programme, facts: &LineFacts, usage: &dyn Usage) -> Result<Granted, Refusal> {
        self.gates(programme, facts, usage)?;
        let base = self.base(programme, facts)?;
        self.ratio(programme, base)?;
        self.other_funding(facts, base)?;
        let cap_uses = self.caps(programme, facts, usage)?;
        self.budget(programme, facts, usage)?;
        let award = self.round(programme.rounding)?;
        Ok(Granted { award, base, cap_uses })
    }

    fn gates(&mut self, programme: &Programme, facts: &LineFacts, usage: &dyn Usage) -> Result<(), Refusal> {
        let covered = programme.items.contains(&facts.item);
        let item = vec![input("item", Value::Text(facts.item.to_string()))];
        self.gate("item-covered", &programme.clause, item, covered.then_some(()).ok_or(Refusal::ItemNotCovered))?;
        for gate in programme.gates.iter().filter(|gate| gate.items.contains(&facts.item)) {
            let (inputs, verdict) = gate::judge(&gate.condition, facts);
            self.gate(gate.condition.code(), &gate.clause, inputs, verdict)?;
        }
        if let Some(limit) = programme.grants_per_enterprise {
            let earlier = usage.earlier_grants(&programme.id, facts.enterprise.uscc);
            let inputs = vec![
                input("earlier-grants", Value::Count(i64::from(earlier))),
                input("limit", Value::Count(i64::from(limit))),
            ];
            let verdict = if earlier < limit { Ok(()) } else { Err(Refusal::AlreadyGranted) };
            self.gate("grants-per-enterprise", &programme.clause, inputs, verdict)?;
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

    /// The eligible base: the actual cost, at most what is left of its evidence.
    fn base(&mut self, programme: &Programme, facts: &LineFacts) -> Result<Amount, Refusal> {
        let part = Part { kind: StepKind::Base, rule: "actual-cost", clause: Some(&programme.clause) };
        let inputs = vec![amount_input("cost", facts.cost)];
        if !facts.cost.is_positive() {
            self.end(part, inputs, Bound::Gate);
            return Err(Refusal::NotEligible);
        }
        self.record(part, inputs, StepOutcome::Passed);
        let evidence = Limit {
            part: Part { kind: StepKind::Evidence, rule: "", clause: None },
            bound: Bound::Evidence,
            refusal: Refusal::EvidenceUsedUp,
            left: facts.evidence_left.floored_at_zero(),
        };
        self.limit(&evidence, vec![amount_input("evidence-left", facts.evidence_left)])?;
        Ok(facts.cost.at_most(facts.evidence_left))
    }

    fn ratio(&mut self, programme: &Programme, base: Amount) -> Result<(), Refusal> {
        let part = Part { kind: StepKind::Ratio, rule: "", clause: Some(&programme.clause) };
        let mut inputs = vec![amount_input("base", base), input("ratio", Value::Rate(programme.ratio))];
        match base.times(programme.ratio) {
            Ok(product) => {
                self.amount = product;
                self.text = product_text(base, programme.ratio);
                let outcome = if programme.ratio < Rate::ONE { StepOutcome::Reduced } else { StepOutcome::Passed };
                self.record(part, inputs, outcome);
                Ok(())
            }
            Err(error) => {
                inputs.push(input("error", Value::Text(error.to_string())));
                self.end(part, inputs, Bound::Gate);
                Err(Refusal::NotEligible)
            }
        }
    }

    /// Subsidy and other public money together do not exceed the eligible cost (ours).
    fn other_funding(&mut self, facts: &LineFacts, base: Amount) -> Result<(), Refusal> {
        let other = facts.other_public_funding.floored_at_zero();
        let left = base.minus(other).floored_at_zero();
        let rule = Limit {
            part: Part { kind: StepKind::OtherFunding, rule: "", clause: None },
            bound: Bound::OtherFunding,
            refusal: Refusal::OtherFundingCovers,
            left,
        };
        let inputs = vec![amount_input("base", base), amount_input("other", other), amount_input("left", left)];
        self.limit(&rule, inputs)
    }

    /// Every cap that counts the cost, by scope, then in the order of the file; the sums that the award adds to.
    fn caps(&mut self, programme: &Programme, facts: &LineFacts, usage: &dyn Usage) -> Result<Vec<CapKey>, Refusal> {
        let year = attributed_year(programme.attribution, facts);
        let mut caps: Vec<&Cap> = programme.caps.iter().filter(|cap| cap.items.contains(&facts.item)).collect();
        caps.sort_by_key(|cap| cap.scope); // stable
        let mut keys = Vec::with_capacity(caps.len());
        for cap in caps {
            let key = self.cap(cap, year, facts, usage)?;
            keys.push(key);
        }
        Ok(keys)
    }

    fn cap(&mut self, cap: &Cap, year: FiscalYear, facts: &LineFacts, usage: &dyn Usage) -> Result<CapKey, Refusal> {
        let (kind, bound, refusal) = cap_terms(cap.scope);
        let part = Part { kind, rule: &cap.id.to_string(), clause: Some(&cap.clause) };
        let loan = facts.loan.as_ref().map(|loan| loan.loan);
        if cap.scope.is_per_loan() && loan.is_none() {
            // The loader asks for the gate `loan-required`; a cap per loan without a loan would be no cap at all.
            self.end(part, vec![input("loan", Value::Text("none".to_owned()))], Bound::Gate);
            return Err(Refusal::NotEligible);
        }
        let key = CapKey {
            cap: cap.id.clone(),
            enterprise: facts.enterprise.uscc,
            year: (cap.scope == CapScope::EnterpriseYear).then_some(year),
            loan: loan.filter(|_| cap.scope.is_per_loan()),
        };
        let used = usage.used(&key);
        let left = cap.amount.minus(used).floored_at_zero();
        let mut inputs =
            vec![amount_input("limit", cap.amount), amount_input("used-before", used), amount_input("left", left)];
        if let Some(year) = key.year {
            inputs.push(input("year", Value::Count(i64::from(year.value()))));
        }
        self.limit(&Limit { part, bound, refusal, left }, inputs)?;
        Ok(key)
    }

    /// The budget line's rest in the year of application: a grant is paid from the year in which it is decided.
    fn budget(&mut self, programme: &Programme, facts: &LineFacts, usage: &dyn Usage) -> Result<(), Refusal> {
        let year = facts.applied_on.year();
        let left = usage.budget_left(&programme.budget, year).floored_at_zero();
        let rule = Limit {
            part: Part { kind: StepKind::Budget, rule: &programme.budget.to_string(), clause: None },
            bound: Bound::Budget,
            refusal: Refusal::BudgetUsedUp,
            left,
        };
        self.limit(&rule, vec![amount_input("left", left), input("year", Value::Count(i64::from(year.value())))])
    }

    fn round(&mut self, rounding: Rounding) -> Result<Amount, Refusal> {
        let award = self.amount.round(rounding);
        let part = Part { kind: StepKind::Round, rule: rounding_code(rounding), clause: None };
        let before = vec![input("unrounded", Value::Exact(self.text.clone()))];
        if !award.is_positive() {
            self.end(part, before, self.bound);
            return Err(Refusal::NotEligible);
        }
        let outcome = if Exact::from(award) == self.amount { StepOutcome::Passed } else { StepOutcome::Reduced };
        self.set(award);
        self.record(part, before, outcome);
        Ok(award)
    }

    /// Applies "at most `left`": passes, reduces, or ends the line where nothing is left.
    fn limit(&mut self, limit: &Limit<'_>, inputs: Vec<Input>) -> Result<(), Refusal> {
        if limit.left.is_zero() {
            self.end(limit.part, inputs, limit.bound);
            return Err(limit.refusal);
        }
        // Rounded up, the amount is above whole fen exactly if it is above them unrounded.
        if self.amount.round(Rounding::Up) > limit.left {
            self.set(limit.left);
            self.bound = limit.bound;
            self.record(limit.part, inputs, StepOutcome::Reduced);
        } else {
            self.record(limit.part, inputs, StepOutcome::Passed);
        }
        Ok(())
    }

    fn set(&mut self, amount: Amount) {
        self.amount = Exact::from(amount);
        self.text = amount.to_string();
    }

    /// Records the step at which the line ends with nothing.
    fn end(&mut self, part: Part<'_>, inputs: Vec<Input>, bound: Bound) {
        self.set(Amount::ZERO);
        self.bound = bound;
        self.record(part, inputs, StepOutcome::Failed);
    }

    fn record(&mut self, part: Part<'_>, inputs: Vec<Input>, outcome: StepOutcome) {
        self.steps.push(Step {
            kind: part.kind,
            rule: part.rule.to_owned(),
            clause: part.clause.cloned(),
            inputs,
            result: self.text.clone(),
            outcome,
        });
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

/// The year whose cap a cost counts toward.
pub fn attributed_year(attribution: Attribution, facts: &LineFacts) -> FiscalYear {
    match attribution {
        Attribution::PaymentYear => facts.paid_on.year(),
        Attribution::ApplicationYear => facts.applied_on.year(),
    }
}

const fn cap_terms(scope: CapScope) -> (StepKind, Bound, Refusal) {
    match scope {
        CapScope::Item => (StepKind::ItemCap, Bound::ItemCap, Refusal::ItemCapUsedUp),
        CapScope::Loan => (StepKind::LoanCap, Bound::LoanCap, Refusal::LoanCapUsedUp),
        CapScope::Joint => (StepKind::JointCap, Bound::JointCap, Refusal::JointCapUsedUp),
        CapScope::EnterpriseYear => (StepKind::YearCap, Bound::YearCap, Refusal::YearCapUsedUp),
        CapScope::Lifetime => (StepKind::LifetimeCap, Bound::LifetimeCap, Refusal::LifetimeCapUsedUp),
    }
}

/// The code of a rule of rounding, in rulebook files and steps.
pub(super) const fn rounding_code(rounding: Rounding) -> &'static str {
    match rounding {
        Rounding::Down => "down",
        Rounding::Up => "up",
        Rounding::HalfUp => "half-up",
    }
}

pub(super) fn input(name: &str, value: Value) -> Input {
    Input { name: name.to_owned(), value }
}

pub(super) fn amount_input(name: &str, amount: Amount) -> Input {
    input(name, Value::Amount(amount))
}

/// The product in yuan as canonical decimal text: all its decimals, at least two.
///
/// 15 digits of fen times 18 digits of rate fit in an `i128`; [`Amount::times`] has refused what is larger.
fn product_text(amount: Amount, rate: Rate) -> String {
    const YUAN_SCALE: usize = 2;
    let rate = rate.to_string();
    let (whole, fraction) = rate.split_once('.').unwrap_or((&rate, ""));
    let mantissa = format!("{whole}{fraction}").parse::<i128>().unwrap_or(0);
    let scale = fraction.len().saturating_add(YUAN_SCALE);
    let product = i128::from(amount.fen()).saturating_mul(mantissa);
    let digits = format!("{product:0>width$}", width = scale.saturating_add(1));
    let (yuan, decimals) = digits.split_at(digits.len().saturating_sub(scale));
    let kept = decimals.trim_end_matches('0');
    format!("{yuan}.{kept:0<YUAN_SCALE$}")
}
