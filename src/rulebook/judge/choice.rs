//! Exclusivity: of several that exclude each other, one is granted, and the explanation says which and why.
//!
//! Across applications the first one taken stays: every choice keeps two running sums, one over all members and one of
//! the member itself; where the first is larger, another member was taken before. Within one application the engine
//! tries every combination and takes the one that grants the most; of equal ones, the first in the order of the file.

use std::collections::BTreeMap;

use super::{Granted, Line, Part, amount_input, input, judge_line};
use crate::calendar::FiscalYear;
use crate::identifier::{BudgetLineId, CapId, ProgrammeId, Uscc};
use crate::money::Amount;
use crate::rulebook::explanation::{Bound, StepKind, StepOutcome, Value};
use crate::rulebook::facts::{CapKey, ChoiceMade, LineFacts, LineVerdict, Usage, WideKey};
use crate::rulebook::model::{Between, Choice, ChoiceScope, Missing, Programme};
use crate::rulebook::refusal::Refusal;

/// The most combinations that are tried; beyond, each choice is made on its own.
const COMBINATIONS_MAX: usize = 256;

impl Line {
    /// The choices that the line takes part in; the sums by which later applications know of them.
    pub(super) fn choices(
        &mut self,
        programme: &Programme,
        facts: &LineFacts,
        usage: &dyn Usage,
        granted: &mut Granted,
    ) -> Result<(), Refusal> {
        for choice in &programme.choices {
            let Some(member) = member_of(choice, facts) else { continue };
            let part = Part { kind: StepKind::Choice, rule: choice.id.as_str(), clause: Some(&choice.clause) };
            let keys = match keys(choice, &member, programme, facts) {
                Ok(keys) => keys,
                Err(missing) => return Err(self.missing(part, Vec::new(), missing)),
            };
            let (all, own) = (usage.used(&keys.0), usage.used(&keys.1));
            if all > own {
                let taken = match &choice.between {
                    Between::Loans => "another-loan",
                    Between::Items(_) => "another-item",
                };
                self.end(part, vec![input("taken", Value::Text(taken.into()))], Bound::Gate);
                return Err(Refusal::NotChosen);
            }
            let made = facts.details.choices.iter().find(|made| made.choice == choice.id);
            let mut inputs = vec![input("member", Value::Text(member.into()))];
            if let Some(made) = made {
                inputs.extend([
                    input("taken", Value::Text(made.member.as_str().into())),
                    amount_input("taken-award", made.awards.0),
                    amount_input("own-award", made.awards.1),
                ]);
            }
            if made.is_some_and(|made| !made.taken) {
                self.end(part, inputs, Bound::Gate);
                return Err(Refusal::NotChosen);
            }
            self.record(part, inputs, StepOutcome::Passed);
            granted.cap_uses.extend([keys.0, keys.1]);
        }
        Ok(())
    }
}

/// The member of a choice that a line is; `None` where the choice does not concern it.
fn member_of(choice: &Choice, facts: &LineFacts) -> Option<String> {
    match &choice.between {
        Between::Items(items) => items.contains(&facts.item).then(|| facts.item.to_string()),
        Between::Loans => Some(facts.loan.as_ref().map_or_else(|| "none".to_owned(), |loan| loan.loan.to_string())),
    }
}

/// The running sums of a choice: over all members, and of the member.
fn keys(choice: &Choice, member: &str, programme: &Programme, facts: &LineFacts) -> Result<(CapKey, CapKey), Missing> {
    let loan = facts.loan.as_ref().map(|loan| loan.loan);
    let year = match choice.per {
        ChoiceScope::EnterpriseYear => Some(super::attributed_year(programme.attribution, facts)?),
        ChoiceScope::Loan | ChoiceScope::Lifetime => None,
    };
    let scope_loan = match choice.per {
        ChoiceScope::Loan => Some(loan.ok_or(Missing("loan"))?),
        ChoiceScope::EnterpriseYear | ChoiceScope::Lifetime => None,
    };
    let all = CapKey { cap: choice.id.clone(), enterprise: facts.enterprise.uscc, year, loan: scope_loan };
    let own = match &choice.between {
        // The loader keeps the id short enough for this.
        Between::Items(_) => {
            let id = CapId::parse(&format!("{}.{member}", choice.id)).unwrap_or_else(|_| choice.id.clone());
            CapKey { cap: id, ..all.clone() }
        }
        Between::Loans => CapKey { loan: Some(loan.ok_or(Missing("loan"))?), ..all.clone() },
    };
    Ok((all, own))
}

/// Judges the lines of one application in order, the choices among them made first.
pub fn judge_application(programme: &Programme, lines: &[LineFacts], usage: &dyn Usage) -> Vec<LineVerdict> {
    let made = choose(programme, lines, usage);
    let mut running = Overlay::new(programme, usage);
    let judged = lines.iter().zip(made).map(|(facts, choices)| {
        let mut facts = facts.clone();
        facts.details.choices = choices;
        let verdict = judge_line(programme, &facts, &running);
        running.take(&verdict);
        verdict
    });
    judged.collect()
}

/// What was decided for each line where several exclude each other; nothing for a line that no choice concerns.
pub fn choose(programme: &Programme, lines: &[LineFacts], usage: &dyn Usage) -> Vec<Vec<ChoiceMade>> {
    let options: Vec<(&Choice, Vec<String>)> = programme
        .choices
        .iter()
        .map(|choice| (choice, members(choice, lines)))
        .filter(|(_, members)| members.len() > 1)
        .collect();
    if options.is_empty() {
        return lines.iter().map(|_| Vec::new()).collect();
    }
    let mut best: Vec<usize> = options.iter().map(|_| 0).collect();
    let combinations = options.iter().fold(1_usize, |product, (_, members)| product.saturating_mul(members.len()));
    if combinations <= COMBINATIONS_MAX {
        let mut most = Amount::ZERO;
        for number in 0..combinations {
            let picked = picked(number, &options);
            let total = total(programme, lines, usage, &options, &picked);
            if number == 0 || total > most {
                (most, best) = (total, picked);
            }
        }
    } else {
        for place in 0..options.len() {
            best = improved(programme, lines, usage, &options, (best, place));
        }
    }
    notes(programme, lines, usage, &options, &best)
}

/// The members of a choice among the lines, in order, each once.
fn members(choice: &Choice, lines: &[LineFacts]) -> Vec<String> {
    let mut members: Vec<String> = Vec::new();
    for member in lines.iter().filter_map(|facts| member_of(choice, facts)) {
        if !members.contains(&member) {
            members.push(member);
        }
    }
    members
}

/// The nth combination, counted like digits.
fn picked(number: usize, options: &[(&Choice, Vec<String>)]) -> Vec<usize> {
    let mut rest = number;
    let digits = options.iter().map(|(_, members)| {
        let base = members.len().max(1);
        let digit = rest.checked_rem(base).unwrap_or(0);
        rest = rest.checked_div(base).unwrap_or(0);
        digit
    });
    digits.collect()
}

/// The combination with the best member at one place, the others kept.
fn improved(
    programme: &Programme,
    lines: &[LineFacts],
    usage: &dyn Usage,
    options: &[(&Choice, Vec<String>)],
    (current, place): (Vec<usize>, usize),
) -> Vec<usize> {
    let count = options.get(place).map_or(0, |(_, members)| members.len());
    let mut best = (Amount::ZERO, current.clone());
    for member in 0..count {
        let mut candidate = current.clone();
        if let Some(slot) = candidate.get_mut(place) {
            *slot = member;
        }
        let total = total(programme, lines, usage, options, &candidate);
        if member == 0 || total > best.0 {
            best = (total, candidate);
        }
    }
    best.1
}

/// Whether a line is out under a combination.
fn is_out(facts: &LineFacts, options: &[(&Choice, Vec<String>)], picked: &[usize]) -> bool {
    options.iter().zip(picked).any(|((choice, members), pick)| {
        member_of(choice, facts).is_some_and(|member| members.get(*pick) != Some(&member))
    })
}

fn total(
    programme: &Programme,
    lines: &[LineFacts],
    usage: &dyn Usage,
    options: &[(&Choice, Vec<String>)],
    picked: &[usize],
) -> Amount {
    let mut running = Overlay::new(programme, usage);
    let mut total = Amount::ZERO;
    for facts in lines.iter().filter(|facts| !is_out(facts, options, picked)) {
        let verdict = judge_line(programme, facts, &running);
        running.take(&verdict);
        total = total.plus(verdict.award);
    }
    total
}

/// What each line is told of the choices made: the member taken, what it brings, and what the line's own would.
fn notes(
    programme: &Programme,
    lines: &[LineFacts],
    usage: &dyn Usage,
    options: &[(&Choice, Vec<String>)],
    best: &[usize],
) -> Vec<Vec<ChoiceMade>> {
    let mut notes: Vec<Vec<ChoiceMade>> = lines.iter().map(|_| Vec::new()).collect();
    for (place, ((choice, members), pick)) in options.iter().zip(best).enumerate() {
        // What the lines of a member alone come to, the other choices as they were made.
        let awards: Vec<Amount> = (0..members.len())
            .map(|member| {
                let mut picked = best.to_vec();
                if let Some(slot) = picked.get_mut(place) {
                    *slot = member;
                }
                let own = members.get(member);
                let of_member: Vec<LineFacts> =
                    lines.iter().filter(|facts| member_of(choice, facts).as_ref() == own).cloned().collect();
                total(programme, &of_member, usage, options, &picked)
            })
            .collect();
        let taken = members.get(*pick).cloned().unwrap_or_default();
        let taken_award = awards.get(*pick).copied().unwrap_or_default();
        for (facts, notes) in lines.iter().zip(notes.iter_mut()) {
            let Some(member) = member_of(choice, facts) else { continue };
            let own = members.iter().position(|other| *other == member);
            let own_award = own.and_then(|own| awards.get(own)).copied().unwrap_or_default();
            notes.push(ChoiceMade {
                choice: choice.id.clone(),
                taken: member == taken,
                member: taken.clone(),
                awards: (taken_award, own_award),
            });
        }
    }
    notes
}

/// The running sums with the lines of one application on top.
struct Overlay<'a> {
    programme: &'a Programme,
    below: &'a dyn Usage,
    caps: BTreeMap<CapKey, Amount>,
    wide: BTreeMap<WideKey, Amount>,
    grants: u32,
    granted: Amount,
}

impl<'a> Overlay<'a> {
    fn new(programme: &'a Programme, below: &'a dyn Usage) -> Self {
        let (caps, wide) = (BTreeMap::new(), BTreeMap::new());
        Self { programme, below, caps, wide, grants: 0, granted: Amount::ZERO }
    }

    fn take(&mut self, verdict: &LineVerdict) {
        for key in &verdict.cap_uses {
            let sum = self.caps.entry(key.clone()).or_default();
            *sum = sum.plus(verdict.award);
        }
        for key in &verdict.wide_uses {
            let sum = self.wide.entry(key.clone()).or_default();
            *sum = sum.plus(verdict.award);
        }
        self.granted = self.granted.plus(verdict.award);
        self.grants = self.grants.saturating_add(u32::from(verdict.award.is_positive()));
    }
}

impl Usage for Overlay<'_> {
    fn used(&self, key: &CapKey) -> Amount {
        self.below.used(key).plus(self.caps.get(key).copied().unwrap_or_default())
    }

    fn earlier_grants(&self, programme: &ProgrammeId, enterprise: Uscc) -> u32 {
        let here = if *programme == self.programme.id { self.grants } else { 0 };
        self.below.earlier_grants(programme, enterprise).saturating_add(here)
    }

    fn budget_left(&self, line: &BudgetLineId, year: FiscalYear) -> Amount {
        let here = if *line == self.programme.budget { self.granted } else { Amount::ZERO };
        self.below.budget_left(line, year).minus(here)
    }

    fn is_year_closed(&self, programme: &ProgrammeId, year: FiscalYear) -> bool {
        self.below.is_year_closed(programme, year)
    }

    fn used_by_all(&self, key: &WideKey) -> Option<Amount> {
        Some(self.below.used_by_all(key)?.plus(self.wide.get(key).copied().unwrap_or_default()))
    }
}
