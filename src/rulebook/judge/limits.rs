//! The limits of a line: other public funding, caps, budget, and the rounding at the end.

use super::reference::{attributed_year, figure_of};
use super::{Granted, Limit, Line, Part, amount_input, input, rounding_code};
use crate::calendar::FiscalYear;
use crate::money::{Amount, Exact, MoneyError, Rate, Rounding};
use crate::rulebook::explanation::{Bound, Input, StepKind, StepOutcome, Value};
use crate::rulebook::facts::{CapKey, LineFacts, Usage, WideKey};
use crate::rulebook::model::{Cap, CapRule, CapScope, ClosingRule, LateApplication, Missing, Programme, Properties};
use crate::rulebook::refusal::Refusal;

/// Why a limit cannot be had.
enum NoLimit {
    Missing(Missing),
    Money(MoneyError),
}

impl From<Missing> for NoLimit {
    fn from(missing: Missing) -> Self {
        Self::Missing(missing)
    }
}

impl Line {
    /// Subsidy and other public money together do not exceed the eligible cost (ours), or the part of it that the rule
    /// allows.
    pub(super) fn other_funding(
        &mut self,
        programme: &Programme,
        facts: &LineFacts,
        cost: Amount,
    ) -> Result<(), Refusal> {
        let part = Part { kind: StepKind::OtherFunding, rule: "", clause: None };
        let share = programme.public_share_at_most;
        let other = facts.other_public_funding.floored_at_zero();
        let allowed = if share < Rate::ONE {
            match cost.times(share) {
                Ok(product) => product.round(Rounding::Down),
                Err(error) => return Err(self.not_computed(part, Vec::new(), error)),
            }
        } else {
            cost
        };
        let left = allowed.minus(other).floored_at_zero();
        let rule = Limit { part, bound: Bound::OtherFunding, refusal: Refusal::OtherFundingCovers, left };
        let mut inputs = vec![amount_input("base", cost), amount_input("other", other)];
        if share < Rate::ONE {
            inputs.push(input("public-share-at-most", Value::Rate(share)));
        }
        inputs.push(amount_input("left", left));
        self.limit(&rule, inputs)
    }

    /// Every cap that counts the cost, by scope, then in the order of the file; the sums that the award adds to.
    pub(super) fn caps(
        &mut self,
        programme: &Programme,
        facts: &LineFacts,
        usage: &dyn Usage,
        granted: &mut Granted,
    ) -> Result<(), Refusal> {
        let mut caps: Vec<&Cap> = programme.caps.iter().filter(|cap| cap.items.contains(&facts.item)).collect();
        caps.sort_by_key(|cap| cap.scope); // stable
        for cap in caps {
            self.cap(cap, programme, facts, usage, granted)?;
        }
        Ok(())
    }

    fn cap(
        &mut self,
        cap: &Cap,
        programme: &Programme,
        facts: &LineFacts,
        usage: &dyn Usage,
        granted: &mut Granted,
    ) -> Result<(), Refusal> {
        let (kind, bound, refusal) = cap_terms(cap.scope);
        let part = Part { kind, rule: cap.id.as_str(), clause: Some(&cap.clause) };
        let found = room(cap, programme, (facts, self.ordinal), usage);
        let (mut inputs, room) = match found {
            Ok(None) => return Ok(()),
            Ok(Some(room)) => (room.looked_at.clone(), room),
            // The loader asks for the gate `loan-required`; a cap per loan without a loan would be no cap at all.
            Err(NoLimit::Missing(Missing("loan"))) => {
                self.end(part, vec![input("loan", Value::Text("none".into()))], Bound::Gate);
                return Err(Refusal::NotEligible);
            }
            Err(NoLimit::Missing(missing)) => return Err(self.missing(part, Vec::new(), missing)),
            Err(NoLimit::Money(error)) => return Err(self.not_computed(part, Vec::new(), error)),
        };
        let left = room.limit.minus(room.used).floored_at_zero();
        inputs.extend([
            amount_input("limit", room.limit),
            amount_input("used-before", room.used),
            amount_input("left", left),
        ]);
        inputs.extend(room.year.map(year_input));
        if cap.years > 1 {
            inputs.push(input("years", Value::Count(i64::from(cap.years))));
        }
        self.limit(&Limit { part, bound, refusal, left }, inputs)?;
        match room.key {
            Key::Own(key) => granted.cap_uses.push(key),
            Key::Wide(key) => granted.wide_uses.push(key),
        }
        Ok(())
    }

    /// The budget line's rest in the year of application: a grant is paid from the year in which it is decided. Where
    /// the rulebook has a closing run, the budget bounds nothing before it.
    pub(super) fn budget(
        &mut self,
        programme: &Programme,
        facts: &LineFacts,
        usage: &dyn Usage,
    ) -> Result<(), Refusal> {
        let year = facts.applied_on.year();
        if let Some(closing) = &programme.closing_run {
            return self.closing(closing, programme, (facts, year), usage);
        }
        let left = usage.budget_left(&programme.budget, year).floored_at_zero();
        let rule = Limit {
            part: Part { kind: StepKind::Budget, rule: programme.budget.as_str(), clause: None },
            bound: Bound::Budget,
            refusal: Refusal::BudgetUsedUp,
            left,
        };
        self.limit(&rule, vec![amount_input("left", left), year_input(year)])
    }

    /// The closing run will pay: what is approved waits for it. Of a year that was closed nothing is left to wait for.
    fn closing(
        &mut self,
        rule: &ClosingRule,
        programme: &Programme,
        (facts, year): (&LineFacts, FiscalYear),
        usage: &dyn Usage,
    ) -> Result<(), Refusal> {
        let closing = closing_year(rule, programme, year, usage);
        let part = Part { kind: StepKind::Budget, rule: "awaits-closing", clause: Some(&rule.clause) };
        let inputs = vec![year_input(year), input("applied-on", Value::Date(facts.applied_on))];
        let Some(waits_for) = closing else {
            self.end(part, inputs, Bound::Budget);
            return Err(Refusal::BudgetUsedUp);
        };
        let waits_for = input("closing-year", Value::Count(i64::from(waits_for.value())));
        self.record(part, inputs.into_iter().chain([waits_for]).collect(), StepOutcome::Passed);
        Ok(())
    }

    pub(super) fn round(&mut self, programme: &Programme) -> Result<Amount, Refusal> {
        let rounding = programme.rounding;
        let award = self.amount.round(rounding);
        let beyond = award.fen().checked_rem(programme.round_to.fen()).unwrap_or(0);
        let award = award.minus(Amount::from_fen(beyond));
        let part = Part { kind: StepKind::Round, rule: rounding_code(rounding), clause: None };
        let mut before = vec![input("unrounded", Value::Exact(self.shown()))];
        if programme.round_to > Amount::from_fen(1) {
            before.push(amount_input("unit", programme.round_to));
        }
        if !award.is_positive() {
            self.end(part, before, self.bound);
            return Err(Refusal::NotEligible);
        }
        let whole = Exact::from(award) == self.amount;
        self.amount = Exact::from(award);
        self.record(part, before, if whole { StepOutcome::Passed } else { StepOutcome::Reduced });
        if !programme.award_at_least.is_zero() {
            let inputs = vec![amount_input("award", award), amount_input("limit", programme.award_at_least)];
            let held = award >= programme.award_at_least;
            let verdict = if held { Ok(()) } else { Err(Refusal::NotEligible) };
            self.gate("award-at-least", &programme.clause, inputs, verdict)?;
        }
        Ok(award)
    }
}

/// The year whose closing run pays what is applied for in this one: itself, unless it was closed; then none, or the
/// first later one that is open, as the rulebook says.
pub fn closing_year(
    rule: &ClosingRule,
    programme: &Programme,
    year: FiscalYear,
    usage: &dyn Usage,
) -> Option<FiscalYear> {
    let mut year = year;
    while usage.is_year_closed(&programme.id, year) {
        match rule.late {
            LateApplication::Refuse => return None,
            LateApplication::NextYear => year = year.next()?,
        }
    }
    Some(year)
}

/// A cap as it stands for a line.
struct Room {
    limit: Amount,
    used: Amount,
    year: Option<FiscalYear>,
    key: Key,
    /// What the limit was made of, where that is not in the file.
    looked_at: Vec<Input>,
}

enum Key {
    Own(CapKey),
    Wide(WideKey),
}

/// The cap's limit and what counts toward it; `None` where it does not apply.
fn room(
    cap: &Cap,
    programme: &Programme,
    (facts, ordinal): (&LineFacts, u32),
    usage: &dyn Usage,
) -> Result<Option<Room>, NoLimit> {
    let properties = facts.properties(Some(ordinal));
    if !cap.when.holds(&properties)? {
        return Ok(None);
    }
    let (limit, looked_at) = limit_of(cap, programme, facts, &properties)?;
    let loan = facts.loan.as_ref();
    if cap.scope.is_per_loan() && loan.is_none() {
        return Err(Missing("loan").into());
    }
    let year = match cap.scope {
        CapScope::EnterpriseYear | CapScope::BankYear | CapScope::PayeeYear | CapScope::ProgrammeYear => {
            Some(attributed_year(programme.attribution, facts)?)
        }
        CapScope::Item | CapScope::Loan | CapScope::Joint | CapScope::Lifetime => None,
    };
    let wide = match cap.scope {
        CapScope::BankYear => Some(Some(loan.ok_or(Missing("loan"))?.bank.clone())),
        CapScope::PayeeYear => Some(Some(facts.details.payee.clone().ok_or(Missing("parties"))?)),
        CapScope::ProgrammeYear => Some(None),
        CapScope::Item | CapScope::Loan | CapScope::Joint | CapScope::EnterpriseYear | CapScope::Lifetime => None,
    };
    if let (Some(bank), Some(year)) = (wide, year) {
        let key = WideKey { cap: cap.id.clone(), year, bank };
        let used = usage.used_by_all(&key).ok_or(Missing("used-by-all"))?;
        return Ok(Some(Room { limit, used, year: Some(year), key: Key::Wide(key), looked_at }));
    }
    let key = CapKey {
        cap: cap.id.clone(),
        enterprise: facts.enterprise.uscc,
        year,
        loan: loan.map(|loan| loan.loan).filter(|_| cap.scope.is_per_loan()),
    };
    Ok(Some(Room { limit, used: used(cap, &key, usage), year, key: Key::Own(key), looked_at }))
}

/// What counts toward a cap: of the year alone, or the most that any run of so many years around it comes to, so that
/// the cap holds whichever year is applied for first.
fn used(cap: &Cap, key: &CapKey, usage: &dyn Usage) -> Amount {
    let (Some(year), Ok(span)) = (key.year, i16::try_from(cap.years)) else { return usage.used(key) };
    let of = |offset: i16| {
        let year = year.value().checked_add(offset).and_then(FiscalYear::from_value);
        year.map_or(Amount::ZERO, |year| usage.used(&CapKey { year: Some(year), ..key.clone() }))
    };
    let run = |first: i16| Amount::total((first..first.saturating_add(span)).map(of));
    (1_i16.saturating_sub(span)..=0).map(run).max().unwrap_or_default()
}

fn limit_of(
    cap: &Cap,
    programme: &Programme,
    facts: &LineFacts,
    properties: &Properties<'_>,
) -> Result<(Amount, Vec<Input>), NoLimit> {
    let plain = |amount: Amount| Ok((amount, Vec::new()));
    match &cap.rule {
        CapRule::Fixed => plain(cap.amount),
        CapRule::By(rows) => {
            for (when, amount) in rows {
                if when.holds(properties)? {
                    return plain(*amount);
                }
            }
            plain(Amount::ZERO)
        }
        CapRule::ShareOfPrincipal(share) => {
            let principal = facts.loan.as_ref().ok_or(Missing("loan"))?.principal;
            let limit = principal.floored_at_zero().times(*share).map_err(NoLimit::Money)?;
            plain(limit.round(Rounding::Down).at_most(cap.amount))
        }
        CapRule::ShareOfFigure(figure, share) => {
            let (looked_for, stated) = figure_of(figure, programme.attribution, facts);
            let stated = stated?;
            let limit = stated.floored_at_zero().times(*share).map_err(NoLimit::Money)?;
            // The year of the figure is not the one that the cap counts to.
            let mut inputs: Vec<Input> = looked_for.into_iter().filter(|one| one.name != "year").collect();
            inputs.extend([amount_input("figure", stated), input("share", Value::Rate(*share))]);
            Ok((limit.round(Rounding::Down).at_most(cap.amount), inputs))
        }
    }
}

fn year_input(year: FiscalYear) -> Input {
    input("year", Value::Count(i64::from(year.value())))
}

const fn cap_terms(scope: CapScope) -> (StepKind, Bound, Refusal) {
    match scope {
        CapScope::Item => (StepKind::ItemCap, Bound::ItemCap, Refusal::ItemCapUsedUp),
        CapScope::Loan => (StepKind::LoanCap, Bound::LoanCap, Refusal::LoanCapUsedUp),
        CapScope::Joint => (StepKind::JointCap, Bound::JointCap, Refusal::JointCapUsedUp),
        CapScope::EnterpriseYear => (StepKind::YearCap, Bound::YearCap, Refusal::YearCapUsedUp),
        CapScope::Lifetime => (StepKind::LifetimeCap, Bound::LifetimeCap, Refusal::LifetimeCapUsedUp),
        CapScope::BankYear => (StepKind::BankYearCap, Bound::BankYearCap, Refusal::BankYearCapUsedUp),
        CapScope::PayeeYear => (StepKind::PayeeYearCap, Bound::PayeeYearCap, Refusal::PayeeYearCapUsedUp),
        CapScope::ProgrammeYear => {
            (StepKind::ProgrammeYearCap, Bound::ProgrammeYearCap, Refusal::ProgrammeYearCapUsedUp)
        }
    }
}
