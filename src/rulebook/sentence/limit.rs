//! What a standing limit says about an amount.

use super::super::explanation::{LineExplanation, StepKind, StepOutcome};
use super::{Language, condition, shown, value};

/// The sentence; `None` where the line is not about a limit.
pub(super) fn sentence(line: &LineExplanation, language: Language) -> Option<String> {
    let [step] = line.steps.as_slice() else { return None };
    let (english, chinese) = match step.rule.as_str() {
        "at-most" => ("at most", "不超过"),
        "at-least" => ("at least", "不低于"),
        "above" | "above-growth-of" => ("more than", "高于"),
        _ => return None,
    };
    if step.kind != StepKind::Gate {
        return None;
    }
    if let Some(missing) = condition::missing(step, language) {
        return Some(
            language.pick(format!("The limit cannot be judged: {missing}."), format!("无法判断：{missing}。")),
        );
    }
    let see = |name| shown(step, name, language);
    let (amount, of, limit) = (see("amount"), see("of"), see("limit"));
    let by = if value(step, "growth").is_some() {
        let growth = see("growth");
        language.pick(format!("{of} grown by {growth}"), format!("{of}元按增幅{growth}增长"))
    } else {
        let ratio = see("ratio");
        language.pick(format!("{ratio} of {of}"), format!("{of}元的{ratio}"))
    };
    Some(match (step.outcome == StepOutcome::Passed, language) {
        (true, Language::English) => format!("{amount} keeps to the limit: {english} {limit}, {by}."),
        (true, Language::Chinese) => format!("{amount}元符合限制：应{chinese}{limit}元，即{by}。"),
        (false, Language::English) => format!("{amount} does not keep to the limit: {english} {limit}, {by}."),
        (false, Language::Chinese) => format!("{amount}元不符合限制：应{chinese}{limit}元，即{by}。"),
    })
}
