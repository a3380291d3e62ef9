//! What was granted for a cost item, and why that much.

use super::super::explanation::{Bound, LineExplanation, Step, StepKind, StepOutcome, Value};
use super::super::terms::CostKind;
use super::{Language, cost, grouped, percent, shown, step_of, value};
use crate::money::Rate;

pub(super) fn granted(line: &LineExplanation, item: CostKind, language: Language) -> String {
    let granted = line.granted.grouped();
    let because = match bound_step(line) {
        None => plain(line, item, language),
        Some(step) => limited(line, item, step, language),
    };
    language.pick(format!("Granted {granted}: {because}."), format!("准予补助{granted}元：{because}。"))
}

/// The step of the limit that decided; `None` where the ratio or the base did.
fn bound_step(line: &LineExplanation) -> Option<&Step> {
    let kind = match line.bound {
        Bound::Ratio | Bound::Gate | Bound::Evidence | Bound::Clamp | Bound::PoolBalance => {
            return None;
        }
        Bound::OtherFunding => StepKind::OtherFunding,
        Bound::ItemCap => StepKind::ItemCap,
        Bound::LoanCap => StepKind::LoanCap,
        Bound::JointCap => StepKind::JointCap,
        Bound::YearCap => StepKind::YearCap,
        Bound::LifetimeCap => StepKind::LifetimeCap,
        Bound::Budget => StepKind::Budget,
        Bound::Ceiling => StepKind::Ceiling,
        Bound::ProRata => StepKind::ProRata,
        Bound::BankYearCap => StepKind::BankYearCap,
        Bound::ProgrammeYearCap => StepKind::ProgrammeYearCap,
        Bound::PayeeYearCap => StepKind::PayeeYearCap,
    };
    // Of several caps of one scope the last that reduced decided; a cap that ended the line is the last anyway.
    let decided = |step: &&Step| step.kind == kind && step.outcome != StepOutcome::Passed;
    line.steps.iter().rfind(decided).or_else(|| step_of(line, kind))
}

/// "half of the premium of 100,000.00", and the rounding where it mattered.
fn plain(line: &LineExplanation, item: CostKind, language: Language) -> String {
    let requested = line.requested.grouped();
    let noun = match language {
        Language::English => format!("{} of {requested}", cost(item, language)),
        Language::Chinese => format!("{}{requested}元", cost(item, language)),
    };
    let portion = portion(line, &noun, language);
    let rounded = step_of(line, StepKind::Round).filter(|step| step.outcome == StepOutcome::Reduced);
    match rounded {
        Some(step) => {
            let unrounded = shown(step, "unrounded", language);
            language.pick(
                format!("{portion} is {unrounded}, rounded down to the fen"),
                format!("{portion}为{unrounded}元，舍去不足1分的部分"),
            )
        }
        None => portion,
    }
}

/// "half of the premium would be 50,000.00, but 37,400.00 of the 200,000.00 for 2026 was left"
pub(super) fn limited(line: &LineExplanation, item: CostKind, step: &Step, language: Language) -> String {
    let portion = portion(line, cost(item, language), language);
    let product = step_of(line, StepKind::Ratio).map_or_else(|| line.requested.grouped(), |step| grouped(&step.result));
    let limit = limit(step, language);
    language.pick(format!("{portion} would be {product}, but {limit}"), format!("{portion}为{product}元，但{limit}"))
}

/// What the ratio makes of the noun: "half of the premium"; of a smaller base, what made it smaller.
pub(super) fn portion(line: &LineExplanation, noun: &str, language: Language) -> String {
    let ratio = step_of(line, StepKind::Ratio).and_then(|step| value(step, "ratio"));
    let ratio = if let Some(Value::Rate(ratio)) = ratio { *ratio } else { Rate::ONE };
    let whole = ratio == Rate::ONE;
    let reduced = |kind| step_of(line, kind).filter(|step| step.outcome == StepOutcome::Reduced);
    let base = match (reduced(StepKind::Evidence), reduced(StepKind::Clamp)) {
        (_, Some(step)) => {
            let base = grouped(&step.result);
            Some(language.pick(format!("the {base} up to which it is paid"), format!("按限度计算的{base}元")))
        }
        (Some(step), None) => {
            let base = grouped(&step.result);
            Some(language.pick(format!("the {base} that was left of the evidence"), format!("凭据余额{base}元")))
        }
        (None, None) => None,
    };
    let of = base.unwrap_or_else(|| language.pick(format!("the {noun}"), noun));
    match language {
        Language::Chinese if whole => format!("{of}全额"),
        Language::Chinese => format!("{of}的{}", percent(ratio, language)),
        Language::English if whole && of == format!("the {noun}") => format!("the full {noun}"),
        Language::English if whole => format!("all of {of}"),
        Language::English if ratio == Rate::from_basis_points(5000) => format!("half of {of}"),
        Language::English => format!("{} of {of}", percent(ratio, language)),
    }
}

/// "37,400.00 of the 200,000.00 for 2026 was left"; "nothing of …" where the line ended there.
fn limit(step: &Step, language: Language) -> String {
    let used_up = step.outcome == StepOutcome::Failed;
    let left = if used_up { "nothing".to_owned() } else { shown(step, "left", Language::English) };
    let rest = if used_up { "已用完".to_owned() } else { format!("仅剩{left}元") };
    let total = shown(step, "limit", language);
    let year = shown(step, "year", language);
    let (english, chinese) = match step.kind {
        StepKind::OtherFunding => {
            let (other, base) = (shown(step, "other", language), shown(step, "base", language));
            // Without other funds it is the cost itself that limits a base by formula.
            if matches!(value(step, "other"), Some(Value::Amount(other)) if other.is_zero()) {
                return language
                    .pick(format!("no more than the cost of {base} is paid"), format!("补助不超过实际费用{base}元"));
            }
            return language.pick(
                format!("other public funds already pay {other} of {base}"),
                format!("其他财政资金已承担{base}元中的{other}元"),
            );
        }
        StepKind::ItemCap => (format!("{total} for this kind of cost"), format!("单项限额{total}元")),
        StepKind::LoanCap => (format!("{total} for this loan"), format!("该笔贷款限额{total}元")),
        StepKind::JointCap => (format!("{total} for these costs together"), format!("合并限额{total}元")),
        StepKind::YearCap if value(step, "years").is_some() => {
            let years = shown(step, "years", language);
            (
                format!("{total} for {years} years in a row with {year}"),
                format!("连续{years}年（含{year}年）限额{total}元"),
            )
        }
        StepKind::YearCap => (format!("{total} for {year}"), format!("{year}年度限额{total}元")),
        StepKind::LifetimeCap => (format!("{total} for all years"), format!("累计限额{total}元")),
        StepKind::Budget => (format!("budget `{}` for {year}", step.rule), format!("{year}年度预算（{}）", step.rule)),
        StepKind::BankYearCap => (format!("{total} for the bank in {year}"), format!("该银行{year}年度限额{total}元")),
        StepKind::ProgrammeYearCap => {
            (format!("{total} for the programme in {year}"), format!("项目{year}年度限额{total}元"))
        }
        StepKind::PayeeYearCap => {
            (format!("{total} for the institution in {year}"), format!("该机构{year}年度限额{total}元"))
        }
        StepKind::Ceiling => return ceiling(step, language),
        StepKind::ProRata => return pro_rata(step, language),
        StepKind::Gate
        | StepKind::Choice
        | StepKind::Base
        | StepKind::Evidence
        | StepKind::Clamp
        | StepKind::IpShare
        | StepKind::Ratio
        | StepKind::Round
        | StepKind::LossShare
        | StepKind::Leverage
        | StepKind::Breaker
        | StepKind::PoolBalance => (total.clone(), format!("限额{total}元")),
    };
    language.pick(format!("{left} of the {english} was left"), format!("{chinese}{rest}"))
}

/// "all public money together is at most 80 % of 4,000,000.00, of which others pay 2,000,000.00"
fn ceiling(step: &Step, language: Language) -> String {
    let see = |name| shown(step, name, language);
    let (share, of, other) = (see("ceiling"), see("liability"), see("other"));
    language.pick(
        format!("all public money together is at most {share} of {of}, and others pay {other}"),
        format!("各级财政资金合计不超过{of}元的{share}，其他财政资金已承担{other}元"),
    )
}

/// "500,000.00 are there for the 1,000,000.00 that was approved in all"
fn pro_rata(step: &Step, language: Language) -> String {
    let see = |name| shown(step, name, language);
    let (budget, total) = (see("budget"), see("approved-in-all"));
    language.pick(
        format!("{budget} are there for the {total} approved in all"),
        format!("全部核定{total}元，预算{budget}元，按比例折算"),
    )
}
