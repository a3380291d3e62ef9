//! Explanations with their sentences.

use crate::proto::v1;
use crate::proto::v1::value::Kind;
use crate::rulebook::explanation::{Explanation, Input, LineExplanation, Step, Value};
use crate::rulebook::{Language, line_sentence, step_sentence};
use crate::server::vocabulary::wire;

use super::or_empty;

/// How much of an explanation a message carries. Sentences of single steps are four fifths of the work of an answer,
/// so they are for those who read, not for those who write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// Nothing: a decision beside the entry carries the explanation.
    LeftOut,
    /// Every step with its figures, a sentence for each line: what a decision carries, the same in every answer.
    Figures,
    /// A sentence for each step, too.
    Sentences,
}

/// All lines.
pub(crate) fn explanation<'a>(
    lines: impl IntoIterator<Item = &'a LineExplanation>,
    detail: Detail,
) -> Option<v1::Explanation> {
    let lines: Vec<_> = lines.into_iter().filter_map(|stored| line(stored, detail)).collect();
    (!lines.is_empty()).then_some(v1::Explanation { lines })
}

/// The whole of a stored explanation.
pub(crate) fn whole(stored: &Explanation, detail: Detail) -> Option<v1::Explanation> {
    explanation(&stored.lines, detail)
}

/// One line.
pub(crate) fn line(line: &LineExplanation, detail: Detail) -> Option<v1::LineExplanation> {
    if detail == Detail::LeftOut {
        return None;
    }
    Some(v1::LineExplanation {
        item: line.item.map_or(0, wire),
        requested: line.requested.to_string(),
        granted: line.granted.to_string(),
        bound: wire(line.bound),
        reason: or_empty(line.refusal.as_ref()),
        steps: line.steps.iter().map(|one| step(one, detail)).collect(),
        sentence: Some(v1::Text {
            en: line_sentence(line, Language::English),
            zh: line_sentence(line, Language::Chinese),
        }),
    })
}

fn step(step: &Step, detail: Detail) -> v1::Step {
    v1::Step {
        kind: wire(step.kind),
        rule: step.rule.to_string(),
        clause: or_empty(step.clause.as_ref()),
        inputs: step.inputs.iter().map(input).collect(),
        result: step.result.to_string(),
        outcome: wire(step.outcome),
        sentence: (detail == Detail::Sentences).then(|| v1::Text {
            en: step_sentence(step, Language::English),
            zh: step_sentence(step, Language::Chinese),
        }),
    }
}

fn input(input: &Input) -> v1::Input {
    let kind = match &input.value {
        Value::Amount(amount) => Kind::Amount(amount.to_string()),
        Value::Rate(rate) => Kind::Rate(rate.to_string()),
        Value::Exact(exact) => Kind::Exact(exact.to_string()),
        Value::Date(date) => Kind::Date(date.to_string()),
        Value::Count(count) => Kind::Count(*count),
        Value::Text(text) => Kind::Text(text.to_string()),
    };
    v1::Input { name: input.name.to_string(), value: Some(v1::Value { kind: Some(kind) }) }
}
