//! Explanations with their sentences.

use crate::proto::v1;
use crate::proto::v1::value::Kind;
use crate::rulebook::explanation::{Explanation, Input, LineExplanation, Step, Value};
use crate::rulebook::{Language, line_sentence, step_sentence};
use crate::server::vocabulary::wire;

use super::or_empty;

/// All lines.
pub(crate) fn explanation<'a>(lines: impl IntoIterator<Item = &'a LineExplanation>) -> v1::Explanation {
    v1::Explanation { lines: lines.into_iter().map(line).collect() }
}

/// The whole of a stored explanation.
pub(crate) fn whole(stored: &Explanation) -> v1::Explanation {
    explanation(&stored.lines)
}

/// One line.
pub(crate) fn line(line: &LineExplanation) -> v1::LineExplanation {
    v1::LineExplanation {
        item: line.item.map_or(0, wire),
        requested: line.requested.to_string(),
        granted: line.granted.to_string(),
        bound: wire(line.bound),
        reason: or_empty(line.refusal.as_ref()),
        steps: line.steps.iter().map(step).collect(),
        sentence: Some(v1::Text {
            en: line_sentence(line, Language::English),
            zh: line_sentence(line, Language::Chinese),
        }),
    }
}

fn step(step: &Step) -> v1::Step {
    v1::Step {
        kind: wire(step.kind),
        rule: step.rule.clone(),
        clause: or_empty(step.clause.as_ref()),
        inputs: step.inputs.iter().map(input).collect(),
        result: step.result.clone(),
        outcome: wire(step.outcome),
        sentence: Some(v1::Text {
            en: step_sentence(step, Language::English),
            zh: step_sentence(step, Language::Chinese),
        }),
    }
}

fn input(input: &Input) -> v1::Input {
    let kind = match &input.value {
        Value::Amount(amount) => Kind::Amount(amount.to_string()),
        Value::Rate(rate) => Kind::Rate(rate.to_string()),
        Value::Exact(exact) => Kind::Exact(exact.clone()),
        Value::Date(date) => Kind::Date(date.to_string()),
        Value::Count(count) => Kind::Count(*count),
        Value::Text(text) => Kind::Text(text.clone()),
    };
    v1::Input { name: input.name.clone(), value: Some(v1::Value { kind: Some(kind) }) }
}
