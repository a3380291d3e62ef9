//! Why nothing was granted for a cost item.

use super::super::explanation::{LineExplanation, Step, StepKind, Value};
use super::super::refusal::Refusal;
use super::super::terms::CostKind;
use super::{Language, condition, cost, grouped, last_failed, line, shown, value};

pub(super) fn sentence(explanation: &LineExplanation, item: CostKind, refusal: Refusal, language: Language) -> String {
    let told = last_failed(explanation).and_then(|step| told(explanation, item, step, language));
    let because = told.unwrap_or_else(|| language.pick(refusal.meaning().en, refusal.meaning().zh));
    language.pick(format!("Nothing granted: {because}."), format!("不予补助：{because}。"))
}

/// What the failed step says; `None` where the refusal's meaning says it as well.
fn told(explanation: &LineExplanation, item: CostKind, step: &Step, language: Language) -> Option<String> {
    if let Some(missing) = condition::missing(step, language) {
        return Some(missing);
    }
    match step.kind {
        StepKind::Gate => gate(item, step, language),
        StepKind::Base if step.rule != "actual-cost" => None,
        StepKind::Base => {
            let cost_paid = shown(step, "cost", language);
            let noun = cost(item, language);
            Some(language.pick(format!("the {noun} is {cost_paid}"), format!("{noun}为{cost_paid}元")))
        }
        StepKind::Ratio if value(step, "error").is_none() => {
            Some(language.pick("the rule has no ratio for this case".to_owned(), "办法未规定该情形的比例"))
        }
        StepKind::Ratio => {
            let error = shown(step, "error", Language::English);
            Some(language.pick(format!("it cannot be computed: {error}"), "金额过大或小数位过多，无法精确计算"))
        }
        StepKind::Round => {
            let portion = line::portion(explanation, cost(item, language), language);
            let unrounded = grouped(&shown(step, "unrounded", language));
            Some(language.pick(
                format!("{portion} would be {unrounded}, less than one fen"),
                format!("{portion}为{unrounded}元，不足1分"),
            ))
        }
        StepKind::Budget if step.rule == "awaits-closing" => {
            let year = shown(step, "year", language);
            Some(language.pick(
                format!("the closing run of {year} was made already"),
                format!("{year}年度已按比例折算兑付，不再受理"),
            ))
        }
        // A cap per loan ends a line without a loan.
        StepKind::ItemCap | StepKind::LoanCap | StepKind::JointCap if has_none(step, "loan") => Some(no_loan(language)),
        StepKind::OtherFunding
        | StepKind::ItemCap
        | StepKind::LoanCap
        | StepKind::JointCap
        | StepKind::YearCap
        | StepKind::LifetimeCap
        | StepKind::Ceiling
        | StepKind::ProRata
        | StepKind::BankYearCap
        | StepKind::ProgrammeYearCap
        | StepKind::PayeeYearCap
        | StepKind::Budget => Some(line::limited(explanation, item, step, language)),
        StepKind::Choice => Some(choice(step, language)),
        StepKind::Evidence
        | StepKind::Clamp
        | StepKind::IpShare
        | StepKind::LossShare
        | StepKind::Leverage
        | StepKind::Breaker
        | StepKind::PoolBalance => None,
    }
}

fn has_none(step: &Step, name: &str) -> bool {
    matches!(value(step, name), Some(Value::Text(text)) if text == "none")
}

fn no_loan(language: Language) -> String {
    language.pick("the cost belongs to no filed loan", "该费用未对应已备案的贷款")
}

fn gate(item: CostKind, step: &Step, language: Language) -> Option<String> {
    if has_none(step, "loan") {
        return Some(no_loan(language));
    }
    if has_none(step, "right") {
        return Some(language.pick("no intellectual property right was named", "未注明对应的知识产权"));
    }
    let see = |name| shown(step, name, language);
    let noun = cost(item, language);
    let (english, chinese) = match step.rule.as_str() {
        "item-covered" => (format!("the programme does not pay toward the {noun}"), format!("{noun}不在补助范围内")),
        "not-blacklisted" => {
            let since = see("blacklisted-since");
            (format!("the enterprise has been on the blacklist since {since}"), format!("企业自{since}起列入失信名单"))
        }
        "loan-disbursed" => {
            let day = see("applied-on");
            (format!("the loan had not been disbursed by {day}"), format!("截至{day}贷款尚未发放"))
        }
        "pledged-by-disbursement" if has_none(step, "disbursed-on") => {
            ("the loan has not been disbursed".to_owned(), "贷款尚未发放".to_owned())
        }
        "pledged-by-disbursement" => {
            let (pledged, disbursed) = (see("pledged-on"), see("disbursed-on"));
            (
                format!("the pledge was registered on {pledged}, after the disbursement on {disbursed}"),
                format!("质押登记日{pledged}晚于放款日{disbursed}"),
            )
        }
        "paid-within-loan" => outside_life(step, language),
        "paid-by-loan-end" => {
            let (paid, ended) = (see("paid-on"), see("ended-on"));
            (
                format!("the {noun} was paid on {paid}, after the loan ended on {ended}"),
                format!("{noun}支付日{paid}晚于贷款结清日{ended}"),
            )
        }
        "right-owned" | "right-in-force" | "right-is-patent" => right(step, language),
        "size-class" => {
            let (class, allowed) = (see("size-class"), see("allowed"));
            (
                format!("the enterprise is {class}, and only {allowed} ones are eligible"),
                format!("企业为{class}企业，仅限{allowed}企业"),
            )
        }
        "grants-per-enterprise" => {
            let (limit, earlier) = (see("limit"), see("earlier-grants"));
            let times = |count: &str| if count == "1" { "once".to_owned() } else { format!("{count} times") };
            (
                format!(
                    "an enterprise gets this {} at most, and this one has had it {}",
                    times(&limit),
                    times(&earlier)
                ),
                format!("每家企业最多享受{limit}次，此前已享受{earlier}次"),
            )
        }
        _ => return condition::failed(step, language),
    };
    Some(language.pick(english, chinese))
}

fn right(step: &Step, language: Language) -> (String, String) {
    let right = shown(step, "right", language);
    match step.rule.as_str() {
        "right-owned" => (format!("`{right}` does not belong to the applicant"), format!("{right}不属于申请企业")),
        "right-in-force" => (format!("`{right}` is not in force"), format!("{right}不处于有效状态")),
        _ => (format!("`{right}` is not a patent"), format!("{right}不是专利")),
    }
}

fn outside_life(step: &Step, language: Language) -> (String, String) {
    let (paid, begun) = (shown(step, "paid-on", language), shown(step, "disbursed-on", language));
    if has_none(step, "disbursed-on") {
        return ("the loan has not been disbursed".to_owned(), "贷款尚未发放".to_owned());
    }
    if has_none(step, "ended-on") {
        return (
            format!("it was paid on {paid}, before the loan was disbursed on {begun}"),
            format!("支付日{paid}早于放款日{begun}"),
        );
    }
    let ended = shown(step, "ended-on", language);
    (
        format!("it was paid on {paid}, outside the life of the loan from {begun} to {ended}"),
        format!("支付日{paid}不在贷款存续期间（{begun}至{ended}）内"),
    )
}

/// Another one of those that exclude each other was taken.
fn choice(step: &Step, language: Language) -> String {
    let taken = shown(step, "taken", language);
    if value(step, "taken-award").is_none() {
        return language.pick(
            format!("only one of several is granted, and {taken} was granted before"),
            format!("只能择一享受，此前已享受{taken}"),
        );
    }
    let (there, here) = (shown(step, "taken-award", language), shown(step, "own-award", language));
    language.pick(
        format!("only one of several is granted, and {taken} gives more: {there} instead of {here}"),
        format!("只能择一享受，{taken}可得{there}元，本项{here}元，已取较高者"),
    )
}
