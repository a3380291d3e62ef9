//! Explanations in words: one sentence a decision, one line a step, in Chinese and English.
//!
//! Sentences are rendered from the codes and inputs of an explanation and are never stored, so their wording may
//! improve at any time. They say amounts in yuan with separators, and name the limit that decided.

mod condition;
mod limit;
mod line;
mod pool;
mod refused;
mod step;

use super::explanation::{Explanation, Input, LineExplanation, Step, StepKind, StepOutcome, Value};
use super::terms::{CostKind, SizeClass};
use crate::money::{Amount, Rate};

pub use step::step_sentence;

/// A language of pages and answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// 简体中文.
    Chinese,
    /// English.
    English,
}

impl Language {
    /// The one of the two texts that is in this language.
    fn pick(self, english: impl Into<String>, chinese: impl Into<String>) -> String {
        match self {
            Self::English => english.into(),
            Self::Chinese => chinese.into(),
        }
    }
}

/// One sentence that says what was granted, or not, and which bound decided.
pub fn line_sentence(line: &LineExplanation, language: Language) -> String {
    // A share of a closing run begins with the run's own step.
    if let Some(step) = line.steps.first().filter(|step| step.kind == StepKind::ProRata) {
        return pool::closing(line, step, language);
    }
    match (line.item, line.refusal) {
        (None, _) => limit::sentence(line, language).unwrap_or_else(|| pool::sentence(line, language)),
        (Some(item), None) => line::granted(line, item, language),
        (Some(item), Some(refusal)) => refused::sentence(line, item, refusal, language),
    }
}

/// The sentences of all lines of an explanation, led by the total where there is more than one.
pub fn explanation_sentence(explanation: &Explanation, language: Language) -> String {
    lines_sentence(&explanation.lines.iter().collect::<Vec<_>>(), language)
}

/// The sentences of these lines, led by the total where there is more than one.
pub fn lines_sentence(lines: &[&LineExplanation], language: Language) -> String {
    let mut sentences = Vec::new();
    if lines.len() > 1 {
        let total = Amount::total(lines.iter().map(|line| line.granted)).grouped();
        sentences.push(language.pick(format!("Granted {total} in all."), format!("合计准予{total}元。")));
    }
    sentences.extend(lines.iter().map(|line| line_sentence(line, language)));
    sentences.join(match language {
        Language::English => " ",
        Language::Chinese => "",
    })
}

/// The step of a kind, the last one where there are several.
fn step_of(line: &LineExplanation, kind: StepKind) -> Option<&Step> {
    line.steps.iter().rfind(|step| step.kind == kind)
}

/// The step at which the line ended or began to wait.
fn last_failed(line: &LineExplanation) -> Option<&Step> {
    line.steps.iter().rfind(|step| match step.outcome {
        StepOutcome::Failed | StepOutcome::Deferred => true,
        StepOutcome::Passed | StepOutcome::Reduced => false,
    })
}

fn value<'a>(step: &'a Step, name: &str) -> Option<&'a Value> {
    step.inputs.iter().find(|input| input.name == name).map(|input| &input.value)
}

/// An input as people read it; a dash where the step has no such input.
fn shown(step: &Step, name: &str, language: Language) -> String {
    let found = step.inputs.iter().find(|input| input.name == name);
    found.map_or_else(|| "—".to_owned(), |input| shown_input(input, language))
}

fn shown_input(input: &Input, language: Language) -> String {
    match &input.value {
        Value::Text(text) if input.name == "missing" => {
            language.pick(text.replace('-', " "), step::word(text).unwrap_or(text))
        }
        Value::Amount(amount) => amount.grouped(),
        // A multiple is said as a number, a part as a percentage.
        Value::Rate(rate) if input.name == "leverage-limit" => rate.to_string(),
        Value::Rate(rate) => percent(*rate, language),
        Value::Exact(text) => grouped(text),
        Value::Date(day) => language.pick(day.to_string(), day.chinese()),
        Value::Count(count) => count.to_string(),
        // The one input that is a list.
        Value::Text(text) if input.name == "allowed" => {
            let words: Vec<String> = text.split(' ').map(|code| word(code, language)).collect();
            words.join(&language.pick(", ", "、"))
        }
        Value::Text(text) if input.name == "asked" || input.name == "branch" => properties(text, language),
        Value::Text(text) => word(text, language),
    }
}

/// What a `when` asks, as `When::text` writes it: `mode direct or guaranteed, size class small`. Words of an operator's
/// own stay as they are.
fn properties(text: &str, language: Language) -> String {
    if language == Language::English {
        return text.to_owned();
    }
    let one = |property: &str| {
        let known = PROPERTIES.iter().find_map(|(english, chinese)| Some((chinese, property.strip_prefix(english)?)));
        let Some((name, values)) = known else { return property.to_owned() };
        let values: Vec<String> = values.trim().split(" or ").map(|value| word(value, language)).collect();
        format!("{name}{}", values.join("或"))
    };
    text.split(", ").map(one).collect::<Vec<_>>().join("，")
}

/// The properties of a `when`, as `When::text` names them.
const PROPERTIES: &[(&str, &str)] = &[
    ("item ", "费用项为"),
    ("size class ", "企业划型为"),
    ("class ", "企业类别为"),
    ("mode ", "合作模式为"),
    ("product ", "贷款产品为"),
    ("without trait ", "贷款不具有"),
    ("trait ", "贷款具有"),
    ("right kind ", "权利类型为"),
    ("patent kind ", "专利类型为"),
    ("rights from ", "质押件数不少于"),
    ("district ", "注册地为"),
    ("occasion ", "奖补事项为"),
    ("principal up to ", "贷款本金不超过"),
    ("principal over ", "贷款本金超过"),
    ("principal from ", "贷款本金不少于"),
    ("principal below ", "贷款本金不足"),
    ("ip share from ", "知识产权部分占比不低于"),
    ("first pledge ", "首次质押："),
    ("term months from ", "贷款期限月数不少于"),
    ("term months to ", "贷款期限月数不超过"),
    ("ordinal from ", "申报次数不少于"),
    ("ordinal to ", "申报次数不超过"),
];

fn percent(rate: Rate, language: Language) -> String {
    language.pick(rate.percent(), rate.percent().replace(' ', ""))
}

/// A code of a closed list as a word; anything else as it is.
fn word(text: &str, language: Language) -> String {
    match (CostKind::parse(text), SizeClass::parse(text)) {
        (Some(item), _) => cost(item, language).to_owned(),
        (None, Some(class)) => language.pick(class.code(), size_class(class)),
        (None, None) if text == "none" => language.pick("none", "无"),
        (None, None) if CODES.contains(&text) => {
            language.pick(text.replace('-', " "), step::word(text).unwrap_or(text))
        }
        (None, None) => text.to_owned(),
    }
}

/// Codes of ours that stand as values of inputs; names that an operator gave stay as they are.
const CODES: &[&str] = &[
    "yes",
    "no",
    "signing",
    "disbursement",
    "registration",
    "settlement",
    "payment",
    "application",
    "another-loan",
    "another-item",
    "bank",
    "guarantor",
    "insurer",
    "valuer",
    "province",
    "city",
    "district",
    "patent",
    "trademark",
    "copyright",
    "invention",
    "utility-model",
    "design",
];

const fn size_class(class: SizeClass) -> &'static str {
    match class {
        SizeClass::Micro => "微型",
        SizeClass::Small => "小型",
        SizeClass::Medium => "中型",
        SizeClass::Large => "大型",
    }
}

/// A kind of cost, without article.
const fn cost(item: CostKind, language: Language) -> &'static str {
    match language {
        Language::English => match item {
            CostKind::Interest => "interest",
            CostKind::Valuation => "valuation fee",
            CostKind::Guarantee => "guarantee fee",
            CostKind::Insurance => "premium",
            CostKind::PatentInsurance => "patent insurance premium",
            CostKind::Grant => "lump sum",
        },
        Language::Chinese => match item {
            CostKind::Interest => "贷款利息",
            CostKind::Valuation => "评估费",
            CostKind::Guarantee => "担保费",
            CostKind::Insurance => "保险费",
            CostKind::PatentInsurance => "专利保险费",
            CostKind::Grant => "定额奖补",
        },
    }
}

/// Canonical decimal text with separators: `50000.005` is `50,000.005`.
fn grouped(text: &str) -> String {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "00"));
    let Ok(yuan) = Amount::parse(whole) else {
        return text.to_owned();
    };
    let yuan = yuan.grouped();
    let whole = yuan.split_once('.').map_or(yuan.as_str(), |(whole, _)| whole);
    format!("{whole}.{fraction}")
}
