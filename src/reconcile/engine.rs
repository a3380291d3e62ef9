//! The order of the passes. Each pass groups what is left, pairs within the groups, and takes the pairs out.

use std::collections::BTreeMap;

use super::pairing::{Agreement, Dimension, Group, Key, Member, Numbers, Traits, groups, in_order, nearest};
use super::sums::adding_up;
use super::words::{self, Difference};
use super::{Comparison, Finding, Item, Scope, WINDOW_DAYS, Words};
use crate::book::reconciliation::Class;
use crate::identifier::Sequence;
use crate::statement::{Kind, Line};

/// Words of a summary that mark a reversal.
const REVERSAL_WORDS: [&str; 11] =
    ["冲正", "冲销", "冲回", "撤销", "退汇", "退回", "退款", "红字", "revers", "rvsl", "cancel"];

/// Compares a statement with the ledger's movements.
pub fn compare(scope: Scope, lines: Vec<Line>, items: Vec<Item>) -> Comparison {
    let mut engine = Engine::new(&scope, &lines, &items);
    engine.run();
    let findings = engine.finish();
    let counts = super::standing::counts(&findings);
    Comparison { scope, lines, items, findings, counts }
}

struct Engine<'a> {
    scope: &'a Scope,
    lines: &'a [Line],
    items: &'a [Item],
    line_traits: Vec<Traits>,
    item_traits: Vec<Traits>,
    line_done: Vec<bool>,
    item_done: Vec<bool>,
    findings: Vec<Finding>,
}

/// What a pass asks for beside nature and identity.
#[derive(Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each stands for a field that must be the same")]
struct Wanted {
    amount: bool,
    day: bool,
    period: bool,
    /// Whether the entries were reconciled before.
    reconciled: bool,
}

impl<'a> Engine<'a> {
    fn new(scope: &'a Scope, lines: &'a [Line], items: &'a [Item]) -> Self {
        let mut numbers = Numbers::default();
        let line_traits: Vec<Traits> = lines.iter().map(|line| numbers.line(line)).collect();
        let item_traits: Vec<Traits> = items.iter().map(|item| numbers.item(item)).collect();
        let (line_done, item_done) = (vec![false; lines.len()], vec![false; items.len()]);
        Self { scope, lines, items, line_traits, item_traits, line_done, item_done, findings: Vec::new() }
    }

    fn run(&mut self) {
        let exact = Wanted { amount: true, day: true, period: false, reconciled: false };
        // A bank gives a reference once: after its own entries, a second line with it is one too many.
        self.equal_by(&[Dimension::Reference], exact);
        self.duplicates(true);
        self.equal_by(&Dimension::ALL, exact);
        self.equal_by(&Dimension::ALL, Wanted { day: false, ..exact });
        self.reversed();
        self.undone();
        self.duplicates(false);
        self.sums();
        self.differing();
    }

    /// What is not reconciled comes before what is, and the same interest period before none.
    fn equal_by(&mut self, dimensions: &[Dimension], wanted: Wanted) {
        for reconciled in [false, true] {
            for dimension in dimensions {
                for period in [true, false] {
                    self.equal(*dimension, Wanted { period, reconciled, ..wanted });
                }
            }
        }
    }

    /// Same money, nothing contradicts.
    fn equal(&mut self, dimension: Dimension, wanted: Wanted) {
        let apart = if wanted.day { 0 } else { self.scope.tolerance_days };
        for group in self.groups(dimension, wanted) {
            let accept = |line: usize, item: usize| match self.traits(line, item) {
                // A payment is not reconciled by a statement of another period.
                Some((one, other)) => one.agrees_with(other) && !(wanted.reconciled && one.period_differs(other)),
                None => false,
            };
            for (line, item) in in_order(&group, apart, accept) {
                self.pair(line, item);
            }
        }
    }

    /// One thing is off.
    fn differing(&mut self) {
        let wanted = Wanted { amount: false, day: false, period: false, reconciled: false };
        for group in self.groups(Dimension::Reference, wanted) {
            for (line, item) in nearest(&group, WINDOW_DAYS.saturating_mul(12), |_, _| true) {
                self.pair(line, item);
            }
        }
        let passes = [
            (Wanted { day: true, ..wanted }, 0),
            (Wanted { amount: true, ..wanted }, WINDOW_DAYS),
            (wanted, self.scope.tolerance_days),
        ];
        let named = [Dimension::Contract, Dimension::Code, Dimension::Name];
        for (wanted, apart) in passes {
            for dimension in named {
                self.close(dimension, wanted, apart);
            }
        }
        self.other_party(&named, wanted);
    }

    /// The same party, the closest days first.
    fn close(&mut self, dimension: Dimension, wanted: Wanted, apart: u32) {
        for group in self.groups(dimension, wanted) {
            let accept = |line, item| self.traits(line, item).is_some_and(|(one, other)| one.agrees_with(other));
            for (line, item) in nearest(&group, apart, accept) {
                self.pair(line, item);
            }
        }
    }

    /// The same money on another contract or for another party.
    fn other_party(&mut self, named: &[Dimension], wanted: Wanted) {
        for dimension in named {
            for group in self.groups(*dimension, Wanted { amount: true, ..wanted }) {
                for (line, item) in nearest(&group, self.scope.tolerance_days, |_, _| true) {
                    self.pair(line, item);
                }
            }
        }
        // With nothing in common but sum and day, only where no other could be meant.
        for group in self.groups(Dimension::Nameless, Wanted { amount: true, day: true, ..wanted }) {
            if let ([line], [item]) = (group.lines.as_slice(), group.items.as_slice()) {
                self.pair(line.index, item.index);
            }
        }
    }

    /// What is left, grouped.
    fn groups(&self, dimension: Dimension, wanted: Wanted) -> Vec<Group> {
        let key = |traits: &Traits| {
            let identity = dimension.of(traits)?;
            let period = if wanted.period { traits.period } else { (0, 0) };
            if wanted.period && period == (0, 0) {
                return None;
            }
            Some(Key {
                nature: traits.nature,
                identity: (dimension, identity),
                fen: wanted.amount.then_some(traits.fen),
                day: wanted.day.then_some(traits.day),
                period,
            })
        };
        let member = |(index, traits): (usize, &Traits)| Some((key(traits)?, Member { day: traits.day, index }));
        let open = |done: &[bool], index: usize| !done.get(index).copied().unwrap_or(true);
        let lines = self.line_traits.iter().enumerate().filter(|(index, _)| open(&self.line_done, *index));
        let reconciled =
            |index: usize| self.items.get(index).is_some_and(|item| item.reconciled_by.is_some()) == wanted.reconciled;
        let items = self
            .item_traits
            .iter()
            .enumerate()
            .filter(|(index, _)| open(&self.item_done, *index) && reconciled(*index));
        groups(lines.filter_map(member).collect(), items.filter_map(member).collect())
    }

    fn traits(&self, line: usize, item: usize) -> Option<(&Traits, &Traits)> {
        self.line_traits.get(line).zip(self.item_traits.get(item))
    }

    /// Takes a pair out, in the class that its differences give it.
    fn pair(&mut self, line: usize, item: usize) {
        let Some((one, other)) = self.traits(line, item) else { return };
        let differences = differences(one, other, self.scope.tolerance_days);
        let before = self.items.get(item).and_then(|item| item.reconciled_by);
        let class = match differences.first() {
            Some(Difference::Amount) => Class::AmountDiffers,
            Some(Difference::Contract | Difference::Party) => Class::PartyDiffers,
            Some(Difference::Date | Difference::Period) => Class::DateDiffers,
            None if before.is_some() => Class::AlreadyReconciled,
            None => Class::Equal,
        };
        let reason = match (self.lines.get(line), self.items.get(item)) {
            (Some(line), Some(item)) => words::pair(line, item, &differences, self.scope.tolerance_days),
            _ => Words::default(),
        };
        self.take(class, &[line], &[item], reason);
    }

    fn take(&mut self, class: Class, lines: &[usize], items: &[usize], reason: Words) {
        for line in lines {
            if let Some(done) = self.line_done.get_mut(*line) {
                *done = true;
            }
        }
        for item in items {
            if let Some(done) = self.item_done.get_mut(*item) {
                *done = true;
            }
        }
        self.findings.push(Finding { class, lines: lines.to_vec(), items: items.to_vec(), reason });
    }

    /// The indices of the lines that are left, in the order of their traits: equal ones side by side.
    fn open_lines(&self) -> Vec<usize> {
        (0..self.lines.len()).filter(|index| !self.line_done.get(*index).copied().unwrap_or(true)).collect()
    }

    fn line(&self, index: usize) -> Option<(&Line, &Traits)> {
        self.lines.get(index).zip(self.line_traits.get(index))
    }

    /// Lines alike in everything to another one: they stand in the file once too often. With a reference, which no two
    /// payments share, any other line will do; without one, only a line that the ledger has.
    fn duplicates(&mut self, referenced: bool) {
        let mut firsts: BTreeMap<Traits, usize> = BTreeMap::new();
        let settled = |done: &[bool], index: usize| done.get(index).copied().unwrap_or(false);
        let candidates = self.line_traits.iter().enumerate();
        let mut candidates: Vec<(bool, usize, Traits)> = candidates
            .filter(|(_, traits)| (traits.reference != 0) == referenced)
            .map(|(index, traits)| (!settled(&self.line_done, index), index, *traits))
            .filter(|(open, _, _)| referenced || !open)
            .collect();
        // Settled ones first: they are the ones that are kept.
        candidates.sort_unstable();
        for (_, index, traits) in candidates {
            firsts.entry(traits).or_insert(index);
        }
        for index in self.open_lines() {
            let Some((_, traits)) = self.line(index) else { continue };
            let first =
                firsts.get(traits).copied().filter(|first| *first != index && (traits.reference != 0) == referenced);
            if let Some(first) = first.and_then(|first| self.lines.get(first)) {
                self.take(Class::Duplicate, &[index], &[], words::duplicate(first, referenced));
            }
        }
    }

    /// A line and its counter-line cancel.
    fn reversed(&mut self) {
        let account = super::kind_of(&self.scope.statement) == Kind::Account;
        let mut open: Vec<(Traits, usize)> = Vec::new();
        for index in self.open_lines() {
            if let Some((_, traits)) = self.line(index) {
                // The same but for sign, day and reference; in an account the reference or a mark says that it is one.
                let key = Traits { fen: traits.fen.saturating_abs(), day: 0, reference: 0, period: (0, 0), ..*traits };
                open.push((key, index));
            }
        }
        open.sort_by_key(|(key, index)| {
            let traits = self.line_traits.get(*index);
            (*key, traits.map(|traits| (traits.day, traits.fen < 0)), *index)
        });
        let mut pairs = Vec::new();
        let mut group_key = None;
        let mut waiting: Vec<usize> = Vec::new();
        for (key, index) in open {
            if group_key != Some(key) {
                group_key = Some(key);
                waiting.clear();
            }
            let partner = waiting.iter().rposition(|earlier| self.cancels(*earlier, index, account));
            if let Some(at) = partner {
                pairs.push((waiting.remove(at), index));
            } else {
                waiting.push(index);
            }
        }
        for (one, other) in pairs.into_iter().map(|(one, other): (usize, usize)| (one.min(other), one.max(other))) {
            let reason = match (self.lines.get(one), self.lines.get(other)) {
                (Some(one), Some(other)) => words::reversed(one, other),
                _ => Words::default(),
            };
            self.take(Class::Reversed, &[one, other], &[], reason);
        }
    }

    /// An entry and its reversal of which the statement shows neither.
    fn undone(&mut self) {
        let open = |index: &usize| !self.item_done.get(*index).copied().unwrap_or(true);
        let places: BTreeMap<Sequence, usize> =
            self.items.iter().enumerate().map(|(index, item)| (item.sequence, index)).collect();
        let linked = self.items.iter().enumerate().filter_map(|(index, item)| {
            let first = places.get(&item.reverses?).copied()?;
            (open(&index) && open(&first)).then_some((first, index))
        });
        for (first, second) in linked.collect::<Vec<_>>() {
            if let (Some(one), Some(other)) = (self.items.get(first), self.items.get(second)) {
                let reason = words::undone(one, other);
                self.take(Class::Reversed, &[], &[first, second], reason);
            }
        }
    }

    fn cancels(&self, one: usize, other: usize, account: bool) -> bool {
        let (Some((line, traits)), Some((other_line, other))) = (self.line(one), self.line(other)) else {
            return false;
        };
        let marked = |line: &Line| {
            let summary = line.summary.as_deref().unwrap_or_default().to_lowercase();
            REVERSAL_WORDS.iter().any(|word| summary.contains(word))
        };
        let meant = !account
            || (traits.reference != 0 && traits.reference == other.reference)
            || marked(line)
            || marked(other_line);
        traits.fen == other.fen.saturating_neg() && traits.days_to(other) <= WINDOW_DAYS && meant
    }

    /// Several lines for one entry, then several entries for one line.
    fn sums(&mut self) {
        for dimension in Dimension::NAMED {
            let wanted = Wanted { amount: false, day: false, period: false, reconciled: false };
            for group in self.groups(dimension, wanted) {
                self.split(&group);
                self.merged(&group);
            }
        }
        if super::kind_of(&self.scope.statement) == Kind::Account {
            let wanted = Wanted { amount: false, day: true, period: false, reconciled: false };
            for group in self.groups(Dimension::Nameless, wanted) {
                self.batch(&group);
            }
        }
    }

    /// A batch that the account shows as one sum without a name: every entry of the day that moved money the same way,
    /// and not some of them, which could add up by chance.
    fn batch(&mut self, group: &Group) {
        for line in &group.lines {
            let Some(traits) = self.line_traits.get(line.index).copied().filter(|traits| !traits.has_identity()) else {
                continue;
            };
            let same_way = |member: &&Member| {
                let other = self.item_traits.get(member.index);
                let open = !self.item_done.get(member.index).copied().unwrap_or(true);
                open && other.is_some_and(|other| other.fen.signum() == traits.fen.signum())
            };
            let items: Vec<usize> = group.items.iter().filter(same_way).map(|member| member.index).collect();
            let known = items.iter().filter_map(|index| self.item_traits.get(*index));
            let total = known.fold(0_i64, |sum, other| sum.saturating_add(other.fen));
            if items.len() >= 2 && total == traits.fen {
                self.take_merged(line.index, &items);
            }
        }
    }

    fn split(&mut self, group: &Group) {
        for item in &group.items {
            let Some(traits) = self.item_traits.get(item.index).copied() else { continue };
            let open = |index: usize| !self.line_done.get(index).copied().unwrap_or(true);
            let candidates: Vec<(usize, Traits)> = members(&group.lines, &self.line_traits, item.day, open);
            let found = chosen(traits, &candidates);
            if let Some(lines) = found.filter(|_| !self.item_done.get(item.index).copied().unwrap_or(true)) {
                let parts: Vec<&Line> = lines.iter().filter_map(|index| self.lines.get(*index)).collect();
                let reason = self.items.get(item.index).map(|item| words::split(&parts, item)).unwrap_or_default();
                self.take(Class::Split, &lines, &[item.index], reason);
            }
        }
    }

    fn merged(&mut self, group: &Group) {
        for line in &group.lines {
            let Some(traits) = self.line_traits.get(line.index).copied() else { continue };
            let open = |index: usize| !self.item_done.get(index).copied().unwrap_or(true);
            let candidates: Vec<(usize, Traits)> = members(&group.items, &self.item_traits, line.day, open);
            let found = chosen(traits, &candidates);
            if let Some(items) = found.filter(|_| !self.line_done.get(line.index).copied().unwrap_or(true)) {
                self.take_merged(line.index, &items);
            }
        }
    }

    fn take_merged(&mut self, line: usize, items: &[usize]) {
        let parts: Vec<&Item> = items.iter().filter_map(|index| self.items.get(*index)).collect();
        let reason = self.lines.get(line).map(|line| words::merged(line, &parts)).unwrap_or_default();
        self.take(Class::Merged, &[line], items, reason);
    }

    /// What is left is missing on the other side; then everything in the order of the file.
    fn finish(mut self) -> Vec<Finding> {
        for index in self.open_lines() {
            let Some((line, traits)) = self.line(index) else { continue };
            let counter = self.counter_line(index, traits);
            let reason = words::missing_in_ledger(line, self.scope, counter);
            self.take(Class::MissingInLedger, &[index], &[], reason);
        }
        for (index, item) in self.items.iter().enumerate() {
            let left = !self.item_done.get(index).copied().unwrap_or(true) && item.reconciled_by.is_none();
            if left && (self.scope.from..=self.scope.to).contains(&item.date) {
                let reason = words::missing_in_statement(item);
                self.findings.push(Finding {
                    class: Class::MissingInStatement,
                    lines: Vec::new(),
                    items: vec![index],
                    reason,
                });
            }
        }
        let (lines, items) = (self.lines, self.items);
        let row = |finding: &Finding| {
            finding.lines.iter().filter_map(|index| lines.get(*index)).map(|line| line.place.row).min()
        };
        let sequence = |finding: &Finding| {
            finding.items.iter().filter_map(|index| items.get(*index)).map(|item| item.sequence).min()
        };
        let mut findings = self.findings;
        findings
            .sort_by_cached_key(|finding| (row(finding).unwrap_or(u32::MAX), finding.lines.clone(), sequence(finding)));
        findings
    }

    /// For a negative line of a list: the line that it takes back, which the ledger has.
    fn counter_line(&self, index: usize, traits: &Traits) -> Option<&Line> {
        if traits.fen >= 0 || super::kind_of(&self.scope.statement) == Kind::Account {
            return None;
        }
        let takes_back = |(at, other): &(usize, &Traits)| {
            *at != index
                && other.fen == traits.fen.saturating_neg()
                && other.nature == traits.nature
                && other.contract_with(traits) == Agreement::Same
        };
        // Negative lines are few; that many lines are looked at is bounded by their number times the file.
        let (at, _) = self.line_traits.iter().enumerate().find(takes_back)?;
        self.lines.get(at)
    }
}

/// The members of a group that are left, with their distance in days within the window.
fn members(of: &[Member], traits: &[Traits], day: i32, open: impl Fn(usize) -> bool) -> Vec<(usize, Traits)> {
    let first = of.partition_point(|member| member.day < day && member.day.abs_diff(day) > WINDOW_DAYS);
    let near = of.iter().skip(first).take_while(|member| member.day <= day || member.day.abs_diff(day) <= WINDOW_DAYS);
    let left = near.filter(|member| open(member.index));
    left.filter_map(|member| Some((member.index, *traits.get(member.index)?))).collect()
}

/// Those that agree with the target and add up to it, as their indices.
fn chosen(target: Traits, candidates: &[(usize, Traits)]) -> Option<Vec<usize>> {
    let agreeing: Vec<&(usize, Traits)> = candidates.iter().filter(|(_, traits)| traits.agrees_with(&target)).collect();
    let sums: Vec<(i64, u32)> = agreeing.iter().map(|(_, traits)| (traits.fen, traits.days_to(&target))).collect();
    let places = adding_up(target.fen, &sums)?;
    Some(places.iter().filter_map(|at| agreeing.get(*at).map(|(index, _)| *index)).collect())
}

/// What is off, the gravest first.
fn differences(one: &Traits, other: &Traits, tolerance: u32) -> Vec<Difference> {
    let mut found = Vec::new();
    if one.fen != other.fen {
        found.push(Difference::Amount);
    }
    if one.contract_with(other) == Agreement::Other {
        found.push(Difference::Contract);
    }
    if one.party_with(other) == Agreement::Other {
        found.push(Difference::Party);
    }
    if one.days_to(other) > tolerance {
        found.push(Difference::Date);
    }
    if one.period_differs(other) {
        found.push(Difference::Period);
    }
    found
}
