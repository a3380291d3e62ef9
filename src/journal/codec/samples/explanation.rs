//! Explanations with every code and every kind of input.

use super::{day, nth};
use crate::identifier::ClauseId;
use crate::money::{Amount, Rate};
use crate::rulebook::explanation::{Bound, Input, LineExplanation, Step, StepKind, StepOutcome, Value};
use crate::rulebook::refusal::Refusal;
use crate::rulebook::terms::CostKind;
use crate::rulebook::word::Word;

/// A line whose codes depend on `index`, with a step for every third kind.
pub(in super::super) fn line(index: usize) -> LineExplanation {
    let kinds = first(StepKind::ALL, 18).iter().enumerate().filter(|(place, _)| place % 3 == index % 3);
    LineExplanation {
        item: (index % 4 != 1).then(|| nth(first(CostKind::ALL, 5), index)),
        requested: Amount::from_yuan(74_800),
        granted: nth(&[Amount::ZERO, Amount::from_yuan(37_400)], index),
        bound: nth(first(Bound::ALL, 12), index),
        refusal: (index.is_multiple_of(2) || index > 3).then(|| nth(first(Refusal::ALL, 20), index)),
        steps: kinds.map(|(place, kind)| step(place, *kind)).collect(),
    }
}

/// The values of policies beyond the first city's: they joined the closed lists later.
pub(super) fn later_line(index: usize) -> LineExplanation {
    LineExplanation {
        item: Some(CostKind::Grant),
        requested: Amount::from_yuan(74_800),
        granted: Amount::from_yuan(37_400),
        bound: nth(first(rest(Bound::ALL, 12), 4), index),
        refusal: Some(nth(first(rest(Refusal::ALL, 20), 5), index)),
        steps: first(rest(StepKind::ALL, 18), 5).iter().enumerate().map(|(place, kind)| step(place, *kind)).collect(),
    }
}

/// The values of the cap of whoever is paid: they joined last.
pub(super) fn newest_line() -> LineExplanation {
    LineExplanation {
        item: Some(CostKind::Guarantee),
        requested: Amount::from_yuan(74_800),
        granted: Amount::ZERO,
        bound: Bound::PayeeYearCap,
        refusal: Some(Refusal::PayeeYearCapUsedUp),
        steps: vec![step(0, StepKind::PayeeYearCap)],
    }
}

/// The values that a list had when the golden bytes were written.
pub(super) fn first<T>(list: &[T], count: usize) -> &[T] {
    list.get(..count).unwrap_or(list)
}

/// The values that joined it later.
pub(super) fn rest<T>(list: &[T], count: usize) -> &[T] {
    list.get(count..).unwrap_or_default()
}

fn step(index: usize, kind: StepKind) -> Step {
    let values = [
        Value::Amount(Amount::from_fen(7_480_001)),
        Value::Rate(Rate::parse("0.5").unwrap()),
        Value::Exact("37400.0050000000001".into()),
        Value::Date(day("2026-06-21")),
        Value::Count(-61),
        Value::Text("hebi-2017@1".into()),
        Value::Amount(Amount::ZERO),
        Value::Count(0),
        Value::Text(Word::default()),
    ];
    let name = |place: usize| ["cost", "ratio", "limit", "used-before", "left"][place % 5].into();
    let input = |place: usize| Input { name: name(place), value: nth(&values, place) };
    Step {
        kind,
        rule: if index == 0 { Word::default() } else { "yearly".into() },
        clause: index.is_multiple_of(2).then(|| ClauseId::parse("pledge-subsidy").unwrap()),
        inputs: (index..index + index % 4).map(input).collect(),
        result: "37400.005".into(),
        outcome: nth(StepOutcome::ALL, index),
    }
}
