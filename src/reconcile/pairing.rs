//! What lines and entries have in common, as numbers that compare fast; and the two ways of pairing within a group.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::iter::Peekable;
use std::vec::IntoIter;

use super::Item;
use crate::identifier::half_width;
use crate::statement::{Line, Nature};

/// How many candidates are tried for one line before the group is given up: a list of a hundred thousand payments of
/// the same sum must not take a hundred thousand squared.
const CANDIDATES_MAX: usize = 64;

/// A line or an entry, its texts as numbers; 0 is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Traits {
    pub(super) nature: Nature,
    /// In fen.
    pub(super) fen: i64,
    pub(super) day: i32,
    pub(super) contract: u32,
    pub(super) code: u32,
    pub(super) name: u32,
    pub(super) reference: u32,
    /// First and last day of the interest period; 0 none.
    pub(super) period: (i32, i32),
}

/// Whether two say the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Agreement {
    Same,
    Other,
    Unknown,
}

impl Traits {
    pub(super) fn contract_with(&self, other: &Self) -> Agreement {
        agreement(self.contract, other.contract)
    }

    /// By code where both have one, otherwise by name.
    pub(super) fn party_with(&self, other: &Self) -> Agreement {
        match agreement(self.code, other.code) {
            Agreement::Unknown => agreement(self.name, other.name),
            known @ (Agreement::Same | Agreement::Other) => known,
        }
    }

    pub(super) fn period_differs(&self, other: &Self) -> bool {
        self.period != (0, 0) && other.period != (0, 0) && self.period != other.period
    }

    /// Nothing that both know is different, amount and date aside.
    pub(super) fn agrees_with(&self, other: &Self) -> bool {
        self.contract_with(other) != Agreement::Other && self.party_with(other) != Agreement::Other
    }

    pub(super) fn days_to(&self, other: &Self) -> u32 {
        self.day.abs_diff(other.day)
    }

    /// Whether it says whose money it is.
    pub(super) const fn has_identity(&self) -> bool {
        self.contract != 0 || self.code != 0 || self.name != 0
    }
}

const fn agreement(one: u32, other: u32) -> Agreement {
    if one == 0 || other == 0 {
        Agreement::Unknown
    } else if one == other {
        Agreement::Same
    } else {
        Agreement::Other
    }
}

/// Gives each text its number.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    known: BTreeMap<String, u32>,
}

impl Numbers {
    fn of(&mut self, text: Option<&str>) -> u32 {
        let Some(text) = text.map(plain).filter(|text| !text.is_empty()) else { return 0 };
        let next = u32::try_from(self.known.len()).unwrap_or(u32::MAX).saturating_add(1);
        *self.known.entry(text).or_insert(next)
    }

    pub(super) fn line(&mut self, line: &Line) -> Traits {
        Traits {
            nature: line.nature,
            fen: line.amount.fen(),
            day: line.date.epoch_days(),
            contract: self.of(line.contract.as_deref()),
            code: self.of(line.party_code.as_ref().map(crate::identifier::Uscc::as_str)),
            name: self.of(line.party.as_deref()),
            reference: self.of(line.reference.as_deref()),
            period: line.period.map_or((0, 0), |(from, to)| (from.epoch_days(), to.epoch_days())),
        }
    }

    pub(super) fn item(&mut self, item: &Item) -> Traits {
        Traits {
            nature: item.nature,
            fen: item.amount.fen(),
            day: item.date.epoch_days(),
            contract: self.of(item.contract.as_deref()),
            code: self.of(item.party_code.as_ref().map(crate::identifier::Uscc::as_str)),
            name: self.of(item.party.as_deref()),
            reference: self.of(item.reference.as_deref()),
            period: item.period.map_or((0, 0), |(from, to)| (from.epoch_days(), to.epoch_days())),
        }
    }
}

/// A text as it is compared: half-width, without spaces, capitals made small.
fn plain(text: &str) -> String {
    half_width(text).to_lowercase().chars().filter(|character| !character.is_whitespace()).collect()
}

/// What must be the same for two to be in one group; what a pass does not ask for is left at its default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) nature: Nature,
    pub(super) identity: (Dimension, u32),
    pub(super) fen: Option<i64>,
    pub(super) day: Option<i32>,
    pub(super) period: (i32, i32),
}

/// By what two are taken for the same party's money; the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dimension {
    Reference,
    Contract,
    Code,
    Name,
    /// A line that does not say whose money it is.
    Nameless,
}

impl Dimension {
    pub(super) const ALL: [Self; 5] = [Self::Reference, Self::Contract, Self::Code, Self::Name, Self::Nameless];
    /// Those that name somebody.
    pub(super) const NAMED: [Self; 4] = [Self::Reference, Self::Contract, Self::Code, Self::Name];

    /// The number in this dimension; `None` if there is none.
    pub(super) fn of(self, traits: &Traits) -> Option<u32> {
        let number = match self {
            Self::Reference => traits.reference,
            Self::Contract => traits.contract,
            Self::Code => traits.code,
            Self::Name => traits.name,
            Self::Nameless => return Some(0),
        };
        (number != 0).then_some(number)
    }
}

/// One of a group, in the order of its day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Member {
    pub(super) day: i32,
    pub(super) index: usize,
}

/// Lines and entries with the same key.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) lines: Vec<Member>,
    pub(super) items: Vec<Member>,
}

/// The groups that have both lines and entries, in the order of their keys.
pub(super) fn groups(mut lines: Vec<(Key, Member)>, mut items: Vec<(Key, Member)>) -> Vec<Group> {
    lines.sort_unstable();
    items.sort_unstable();
    let mut found = Vec::new();
    let (mut lines, mut items) = (lines.into_iter().peekable(), items.into_iter().peekable());
    while let (Some((line_key, _)), Some((item_key, _))) = (lines.peek().copied(), items.peek().copied()) {
        match line_key.cmp(&item_key) {
            Ordering::Less => drop(lines.next()),
            Ordering::Greater => drop(items.next()),
            Ordering::Equal => found.push(Group { lines: run(&mut lines, line_key), items: run(&mut items, line_key) }),
        }
    }
    found
}

/// The next ones with this key.
fn run(members: &mut Peekable<IntoIter<(Key, Member)>>, key: Key) -> Vec<Member> {
    let mut found = Vec::new();
    while let Some((_, member)) = members.next_if(|(other, _)| *other == key) {
        found.push(member);
    }
    found
}

/// Pairs in the order of days: as many as there can be with days at most `apart` from each other.
pub(super) fn in_order(group: &Group, apart: u32, accept: impl Fn(usize, usize) -> bool) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let mut taken = vec![false; group.items.len()];
    let mut first = 0_usize;
    for line in &group.lines {
        // Entries too early for this line are too early for all later ones.
        let early = |item: &Member| item.day < line.day && item.day.abs_diff(line.day) > apart;
        while group.items.get(first).is_some_and(|item| early(item) || taken.get(first).copied().unwrap_or(false)) {
            first = first.saturating_add(1);
        }
        let candidates = group
            .items
            .iter()
            .enumerate()
            .skip(first)
            .take_while(|(_, item)| item.day <= line.day || item.day.abs_diff(line.day) <= apart);
        let free = candidates.filter(|(at, _)| !taken.get(*at).copied().unwrap_or(true)).take(CANDIDATES_MAX);
        let mut fitting = free.filter(|(_, item)| accept(line.index, item.index));
        if let Some((at, item)) = fitting.next() {
            pairs.push((line.index, item.index));
            if let Some(taken) = taken.get_mut(at) {
                *taken = true;
            }
        }
    }
    pairs
}

/// Pairs the closest in days first; days at most `apart`.
pub(super) fn nearest(group: &Group, apart: u32, accept: impl Fn(usize, usize) -> bool) -> Vec<(usize, usize)> {
    let mut candidates = Vec::new();
    for (line_at, line) in group.lines.iter().enumerate() {
        let middle = group.items.partition_point(|item| item.day < line.day);
        let lowest = middle.saturating_sub(CANDIDATES_MAX.div_euclid(2));
        for (item_at, item) in group.items.iter().enumerate().skip(lowest).take(CANDIDATES_MAX) {
            let days = item.day.abs_diff(line.day);
            if days <= apart && accept(line.index, item.index) {
                candidates.push((days, line_at, item_at));
            }
        }
    }
    candidates.sort_unstable();
    let (mut lines, mut items) = (vec![false; group.lines.len()], vec![false; group.items.len()]);
    let mut pairs = Vec::new();
    for (_, line_at, item_at) in candidates {
        let (Some(line_taken), Some(item_taken)) = (lines.get_mut(line_at), items.get_mut(item_at)) else { continue };
        if *line_taken || *item_taken {
            continue;
        }
        (*line_taken, *item_taken) = (true, true);
        if let (Some(line), Some(item)) = (group.lines.get(line_at), group.items.get(item_at)) {
            pairs.push((line.index, item.index));
        }
    }
    pairs
}
