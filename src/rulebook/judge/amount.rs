//! From the base to the product: what is taken of what, before any limit.

use super::ratio::{Measures, NoRatio, resolve};
use super::reference::{self, NoRate};
use super::{Limit, Line, Part, amount_input, exact_input, input};
use crate::money::{Amount, Exact};
use crate::rulebook::explanation::{Bound, Input, StepKind, StepOutcome, Value};
use crate::rulebook::facts::{LineFacts, LoanFacts};
use crate::rulebook::model::{
    Base, Clamp, ClampTo, LumpTable, Measure, Missing, OwnStep, Payee, Pick, Programme, Properties,
};
use crate::rulebook::refusal::Refusal;

/// A base with what it was made of; `None` where nothing applies.
type Computed = (Vec<Input>, Option<Exact>);

impl Line {
    /// The eligible base; returns the part of the actual cost that its evidence still covers.
    ///
    /// An actual cost is limited by its evidence here; a base by formula is limited by the cost later, with the other
    /// public funding.
    pub(super) fn base(
        &mut self,
        programme: &Programme,
        facts: &LineFacts,
        properties: &Properties<'_>,
    ) -> Result<Amount, Refusal> {
        let clause = programme.clause_of(facts.item, OwnStep::Base);
        let part = Part { kind: StepKind::Base, rule: programme.base.code(), clause: Some(clause) };
        let inputs = vec![amount_input("cost", facts.cost)];
        if !facts.cost.is_positive() {
            self.end(part, inputs, Bound::Gate);
            return Err(Refusal::NotEligible);
        }
        let evidence_left = facts.evidence_left.floored_at_zero();
        if programme.base == Base::ActualCost {
            self.record(part, inputs, StepOutcome::Passed);
            self.evidence(evidence_left)?;
            return Ok(facts.cost.at_most(evidence_left));
        }
        let computed = formula(programme, facts, properties);
        let (inputs, amount) = match computed {
            Ok((inputs, amount)) => (inputs, amount),
            Err(NoRate::Missing(missing)) => return Err(self.missing(part, inputs, missing)),
            Err(NoRate::Money(error)) => return Err(self.not_computed(part, inputs, error)),
        };
        let Some(amount) = amount.filter(|amount| *amount != Exact::from(Amount::ZERO)) else {
            self.end(part, inputs, Bound::Gate);
            return Err(Refusal::NotEligible);
        };
        self.amount = amount;
        self.record(part, inputs, StepOutcome::Passed);
        if evidence_left.is_zero() {
            self.evidence(evidence_left)?;
        }
        let cost = facts.cost.at_most(evidence_left);
        if let Base::Lump(table) = &programme.base
            && table.at_most_cost
        {
            let part = Part { kind: StepKind::Clamp, rule: "actual-cost", clause: Some(clause) };
            let limit = Limit { part, bound: Bound::Clamp, refusal: Refusal::EvidenceUsedUp, left: cost };
            self.limit(&limit, vec![amount_input("cost", cost)])?;
        }
        Ok(cost)
    }

    fn evidence(&mut self, left: Amount) -> Result<(), Refusal> {
        let evidence = Limit {
            part: Part { kind: StepKind::Evidence, rule: "", clause: None },
            bound: Bound::Evidence,
            refusal: Refusal::EvidenceUsedUp,
            left,
        };
        self.limit(&evidence, vec![amount_input("evidence-left", left)])
    }

    /// The limits of the base by a reference rate or a number of days.
    pub(super) fn clamps(&mut self, programme: &Programme, facts: &LineFacts) -> Result<(), Refusal> {
        for clamp in programme.clamps.iter().filter(|clamp| clamp.items.contains(&facts.item)) {
            let rule = match clamp.to {
                ClampTo::Rate(_) => "rate-limit",
                ClampTo::Days(_) => "days-limit",
            };
            let part = Part { kind: StepKind::Clamp, rule, clause: Some(&clamp.clause) };
            let (inputs, clamped) = match self.clamped(clamp, programme, facts) {
                Ok(clamped) => clamped,
                Err(NoRate::Missing(missing)) => return Err(self.missing(part, Vec::new(), missing)),
                Err(NoRate::Money(error)) => return Err(self.not_computed(part, Vec::new(), error)),
            };
            let Some(clamped) = clamped else {
                self.record(part, inputs, StepOutcome::Passed);
                continue;
            };
            if clamped == Exact::from(Amount::ZERO) {
                self.end(part, inputs, Bound::Clamp);
                return Err(Refusal::NotEligible);
            }
            self.amount = clamped;
            self.bound = Bound::Clamp;
            self.record(part, inputs, StepOutcome::Reduced);
        }
        Ok(())
    }

    fn clamped(&self, clamp: &Clamp, programme: &Programme, facts: &LineFacts) -> Result<Computed, NoRate> {
        match &clamp.to {
            ClampTo::Rate(term) => {
                let actual = reference::loan(facts)?.annual_rate;
                let found = reference::rate_of(term, programme.attribution, facts)?;
                let rate = found.rate;
                let mut inputs = vec![input("actual-rate", Value::Rate(actual))];
                inputs.extend(found.inputs());
                inputs.push(input("rate-limit", Value::Rate(rate)));
                let over = actual > rate;
                let clamped = over.then(|| self.amount.times_quotient(rate, actual)).transpose()?;
                Ok((inputs, clamped))
            }
            ClampTo::Days(most) => {
                let (first, end) = facts.details.interest_period.ok_or(Missing("interest-period"))?;
                let (days, most) = (end.days_since(first), reference::days_left(*most, facts));
                let inputs = vec![input("days", Value::Count(days)), input("days-limit", Value::Count(most))];
                let clamped = (days > most).then(|| self.amount.times_fraction(most, days)).transpose()?;
                Ok((inputs, clamped))
            }
        }
    }

    /// The part of the loan that intellectual property secures; one that is not stated counts as 0.
    pub(super) fn ip_share(&mut self, programme: &Programme, facts: &LineFacts) -> Result<(), Refusal> {
        if !programme.ip_share_items.contains(&facts.item) {
            return Ok(());
        }
        let clause = programme.clause_of(facts.item, OwnStep::IpShare);
        let part = Part { kind: StepKind::IpShare, rule: "", clause: Some(clause) };
        let Some(loan) = &facts.loan else {
            return Err(self.missing(part, Vec::new(), Missing("loan")));
        };
        let inputs = vec![amount_input("ip-part", loan.ip_part), amount_input("principal", loan.principal)];
        if !loan.ip_part.is_positive() || !loan.principal.is_positive() {
            self.end(part, inputs, Bound::Gate);
            return Err(Refusal::NotEligible);
        }
        if loan.ip_part >= loan.principal {
            self.record(part, inputs, StepOutcome::Passed);
            return Ok(());
        }
        match self.amount.times_fraction(loan.ip_part.fen(), loan.principal.fen()) {
            Ok(product) => {
                self.amount = product;
                self.record(part, inputs, StepOutcome::Reduced);
                Ok(())
            }
            Err(error) => Err(self.not_computed(part, inputs, error)),
        }
    }

    /// The ratio that the rule comes to, taken of the base.
    pub(super) fn ratio(
        &mut self,
        programme: &Programme,
        facts: &LineFacts,
        properties: &Properties<'_>,
    ) -> Result<(), Refusal> {
        let clause = programme.clause_of(facts.item, OwnStep::Ratio);
        let part = Part { kind: StepKind::Ratio, rule: "", clause: Some(clause) };
        let mut inputs = vec![exact_input("base", self.amount)];
        let loan = facts.loan.as_ref();
        let measures = Measures {
            principal: loan.map(|loan| loan.principal),
            ip_part: loan.map(|loan| loan.ip_part),
            base: self.amount,
        };
        let resolved = match resolve(&programme.ratio, properties, &measures) {
            Ok(resolved) => resolved,
            Err(NoRatio::Missing(missing)) => return Err(self.missing(part, inputs, missing)),
            Err(NoRatio::Money(error)) => return Err(self.not_computed(part, inputs, error)),
            Err(NoRatio::None(looked_at)) => {
                inputs.extend(looked_at);
                self.end(part, inputs, Bound::Gate);
                return Err(Refusal::NotEligible);
            }
        };
        inputs.extend(resolved.inputs.iter().cloned());
        let part = Part { clause: resolved.clause.or(part.clause), ..part };
        match programme.payee {
            Payee::Enterprise => {}
            Payee::Bank | Payee::Guarantor | Payee::Insurer | Payee::Valuer => {
                inputs.push(input("payee", Value::Text(programme.payee.to_string().into())));
            }
        }
        match resolved.of(self.amount) {
            Ok(product) => {
                let outcome = if product == self.amount { StepOutcome::Passed } else { StepOutcome::Reduced };
                self.amount = product;
                self.record(part, inputs, outcome);
                Ok(())
            }
            Err(error) => Err(self.not_computed(part, inputs, error)),
        }
    }
}

/// A base that is not the actual cost.
fn formula(programme: &Programme, facts: &LineFacts, properties: &Properties<'_>) -> Result<Computed, NoRate> {
    match &programme.base {
        Base::ActualCost => Ok((Vec::new(), Some(Exact::from(facts.cost)))),
        Base::ReferenceInterest { rate, basis, days } => {
            let loan = reference::loan(facts)?;
            let found = reference::rate_of(rate, programme.attribution, facts)?;
            let rate = found.rate;
            let (all, counted) = reference::days_of(*days, programme.attribution, facts)?;
            let mut inputs = vec![amount_input("principal", loan.principal)];
            inputs.extend(found.inputs());
            inputs.extend([
                input("rate", Value::Rate(rate)),
                input("days", Value::Count(all)),
                input("days-counted", Value::Count(counted)),
                input("day-count", Value::Count(*basis)),
            ]);
            let amount = loan.principal.times(rate).and_then(|year| year.times_fraction(counted, *basis))?;
            Ok((inputs, Some(amount)))
        }
        Base::StandardPremium => {
            let premium = facts.details.standard_premium.ok_or(Missing("standard-premium"))?;
            Ok((vec![amount_input("standard-premium", premium)], Some(Exact::from(premium.floored_at_zero()))))
        }
        Base::Principal => {
            let principal = reference::loan(facts)?.principal;
            Ok((vec![amount_input("principal", principal)], Some(Exact::from(principal.floored_at_zero()))))
        }
        Base::Figure(figure) => {
            let (mut inputs, stated) = reference::figure_of(figure, programme.attribution, facts);
            let amount = stated?;
            inputs.push(amount_input("figure", amount));
            Ok((inputs, Some(Exact::from(amount.floored_at_zero()))))
        }
        Base::Lump(table) => lump(table, facts, properties),
    }
}

fn lump(table: &LumpTable, facts: &LineFacts, properties: &Properties<'_>) -> Result<Computed, NoRate> {
    let measure = match table.by {
        Measure::Base => facts.cost,
        Measure::Principal => table_loan(table, facts)?.map_or(facts.cost, |loan| loan.principal),
        Measure::IpPart => table_loan(table, facts)?.map_or(facts.cost, |loan| loan.ip_part),
    };
    let mut chosen: Option<Amount> = None;
    for row in &table.rows {
        let within = row.up_to.is_none_or(|end| measure < end || (row.inclusive && measure == end));
        if !within || !row.when.holds(properties)? {
            continue;
        }
        match table.pick {
            Pick::First => {
                chosen = Some(row.amount);
                break;
            }
            Pick::Highest => chosen = Some(chosen.map_or(row.amount, |amount| amount.max(row.amount))),
        }
    }
    let units = facts.details.units.unwrap_or(1);
    let mut inputs = vec![amount_input("measure", measure)];
    inputs.extend(facts.details.occasion.as_ref().map(|tag| input("occasion", Value::Text(tag.to_string().into()))));
    inputs.extend(chosen.map(|amount| amount_input("lump", amount)));
    if table.per_unit {
        inputs.push(input("units", Value::Count(i64::from(units))));
    }
    let times = if table.per_unit { i64::from(units) } else { 1 };
    let total = chosen.map(|amount| Exact::from(amount).times_fraction(times, 1)).transpose()?;
    Ok((inputs, total))
}

/// The loan that a lump table measures; no row needs one where none has an upper end.
fn table_loan<'a>(table: &LumpTable, facts: &'a LineFacts) -> Result<Option<&'a LoanFacts>, Missing> {
    if table.rows.iter().all(|row| row.up_to.is_none()) {
        return Ok(facts.loan.as_ref());
    }
    reference::loan(facts).map(Some)
}
