//! What a pool takes on or pays, and why not.

use super::super::explanation::{Bound, LineExplanation, Step, StepKind, StepOutcome};
use super::super::refusal::Refusal;
use super::{Language, condition, last_failed, shown, step_of, value};

pub(super) fn sentence(line: &LineExplanation, language: Language) -> String {
    // A filing begins with the exposure, a claim with the days overdue.
    let filing = line.steps.first().is_some_and(|step| step.kind == StepKind::LossShare && step.rule == "exposure");
    let Some(refusal) = line.refusal else {
        return granted(line, filing, language);
    };
    let told =
        last_failed(line).and_then(|step| told_by_ledger(step, language).or_else(|| told(step, filing, language)));
    let because = told.unwrap_or_else(|| language.pick(refusal.meaning().en, refusal.meaning().zh));
    let (english, chinese) = lead(refusal, filing);
    language.pick(format!("{english}: {because}."), format!("{chinese}：{because}。"))
}

const fn lead(refusal: Refusal, filing: bool) -> (&'static str, &'static str) {
    match (filing, refusal.defers()) {
        (true, _) => ("The pool cannot take this loan", "资金池不能承担该笔贷款"),
        (false, true) => ("The claim waits", "暂缓补偿"),
        (false, false) => ("The claim is refused", "不予补偿"),
    }
}

fn granted(line: &LineExplanation, filing: bool, language: Language) -> String {
    let granted = line.granted.grouped();
    let Some(step) = step_of(line, StepKind::LossShare) else {
        return language.pick(format!("The pool bears {granted}."), format!("资金池承担{granted}元。"));
    };
    let see = |name| shown(step, name, language);
    if let Some(limited) = limited(line, language) {
        return limited;
    }
    let share = if value(step, "share").is_some() { see("share") } else { payer_ratio(line, language) };
    if filing {
        let part = see("ip-part");
        return language.pick(
            format!("The pool takes on {granted}: {share} of the loan's IP part of {part}."),
            format!("资金池承担在保责任{granted}元：贷款知识产权部分{part}元的{share}。"),
        );
    }
    let covered = see("covered-loss");
    let whole = step_of(line, StepKind::IpShare).is_none_or(|step| step.outcome == StepOutcome::Passed);
    if whole {
        return language.pick(
            format!("The pool pays {granted}: {share} of the loss of {covered}."),
            format!("资金池补偿{granted}元：损失{covered}元的{share}。"),
        );
    }
    let loss = line.requested.grouped();
    language.pick(
        format!("The pool pays {granted}: {share} of {covered}, the IP part of the loss of {loss}."),
        format!("资金池补偿{granted}元：损失{loss}元中知识产权部分{covered}元的{share}。"),
    )
}

/// What the ledger itself, not the pool's rule, has against a claim.
fn told_by_ledger(step: &Step, language: Language) -> Option<String> {
    let see = |name| shown(step, name, language);
    if step.rule == "in-order" {
        let since = see("earlier-claim-waits-since");
        return Some(language.pick(
            format!("an earlier claim, of {since}, waits and comes first"),
            format!("{since}提交的更早申请仍在等待，须先行恢复"),
        ));
    }
    if step.rule == "filed-before-overdue" {
        let (filed, since) = (see("filed-on"), see("overdue-since"));
        return Some(language.pick(
            format!("the loan was filed on {filed}, when it had been overdue since {since}"),
            format!("贷款{filed}备案时，自{since}起已逾期"),
        ));
    }
    None
}

fn told(step: &Step, filing: bool, language: Language) -> Option<String> {
    if let Some(missing) = condition::missing(step, language) {
        return Some(missing);
    }
    let see = |name| shown(step, name, language);
    let (english, chinese) = match step.kind {
        StepKind::Gate if step.rule != "overdue" => return gate(step, language),
        StepKind::Ratio => (
            "the rule has no ratio for a loan of this size or kind".to_owned(),
            "办法未规定该规模或类型贷款的补偿比例".to_owned(),
        ),
        StepKind::LossShare if filing => {
            ("no part of it is secured by intellectual property".to_owned(), "贷款没有知识产权质押部分".to_owned())
        }
        StepKind::Leverage => {
            let (after, limit, free) = (see("exposure-after"), see("leverage-limit"), see("free-balance"));
            (
                format!("its exposure would be {after}, more than {limit} times its free balance of {free}"),
                format!("在保责任将达{after}元，超过可用余额{free}元的{limit}倍"),
            )
        }
        StepKind::Gate => {
            let (days, over) = (see("overdue-days"), see("more-than"));
            (
                format!("the loan is {days} days overdue, and more than {over} are required"),
                format!("贷款逾期{days}天，须超过{over}天"),
            )
        }
        StepKind::Base => {
            let (loss, outstanding) = (see("loss"), see("outstanding"));
            (
                format!("the loss of {loss} is not above zero and within the outstanding principal of {outstanding}"),
                format!("损失{loss}元须大于零且不超过贷款本金余额{outstanding}元"),
            )
        }
        StepKind::IpShare => {
            let (part, principal) = (see("ip-part"), see("principal"));
            (
                format!("nothing of the loss falls on the IP part, {part} of the principal of {principal}"),
                format!("损失中没有知识产权部分（本金{principal}元中为{part}元）"),
            )
        }
        StepKind::Breaker if filing => {
            let (losses, ratio, filed) = (see("losses-before"), see("ratio"), see("filed"));
            (
                format!("the bank's losses of the year are {losses}, above {ratio} of the {filed} that it filed"),
                format!("该银行本年度损失{losses}元，超过其备案本金{filed}元的{ratio}，暂停新增业务"),
            )
        }
        StepKind::Breaker | StepKind::PoolBalance => waits(step, language),
        StepKind::LoanCap | StepKind::BankYearCap | StepKind::ProgrammeYearCap | StepKind::Ceiling => {
            capped(step, language)
        }
        StepKind::Evidence
        | StepKind::Clamp
        | StepKind::OtherFunding
        | StepKind::Choice
        | StepKind::ProRata
        | StepKind::ItemCap
        | StepKind::JointCap
        | StepKind::YearCap
        | StepKind::LifetimeCap
        | StepKind::PayeeYearCap
        | StepKind::Budget
        | StepKind::Round
        | StepKind::LossShare => return None,
    };
    Some(language.pick(english, chinese))
}

/// A limit of the pool that leaves nothing.
fn capped(step: &Step, language: Language) -> (String, String) {
    let see = |name| shown(step, name, language);
    if step.rule == "borrower-limit" {
        let (after, limit) = (see("borrower-filed-after"), see("limit"));
        return (
            format!("the borrower's loans with the pool would be {after}, and {limit} is the limit"),
            format!("该借款人纳入资金池的贷款将达{after}元，超过限额{limit}元"),
        );
    }
    if step.kind == StepKind::Ceiling {
        let (ceiling, of, other) = (see("ceiling"), see("liability"), see("other"));
        return (
            format!("all public money is at most {ceiling} of {of}, and others pay {other}"),
            format!("各级财政资金合计不超过{of}元的{ceiling}，其他财政资金已承担{other}元"),
        );
    }

    let (limit, used) = (see("limit"), see("used-before"));
    (
        format!("{used} of the limit of {limit} (`{}`) were used before", step.rule),
        format!("限额{limit}元（{}）此前已用{used}元", step.rule),
    )
}

/// A condition of a claim beyond the days overdue.
fn gate(step: &Step, language: Language) -> Option<String> {
    let see = |name| shown(step, name, language);
    let (english, chinese) = match step.rule.as_str() {
        "higher-recognised" => {
            ("the higher level has not recognised the loss".to_owned(), "上级尚未认定该笔损失".to_owned())
        }
        "working-days-at-most" => {
            let (days, limit) = (see("working-days"), see("days-limit"));
            (
                format!("it came {days} working days later, and at most {limit} are allowed"),
                format!("申请距认定{days}个工作日，超过{limit}个"),
            )
        }
        "pledged-by-disbursement" => {
            let (pledged, disbursed) = (see("pledged-on"), see("disbursed-on"));
            (
                format!("the pledge was registered on {pledged}, after the disbursement on {disbursed}"),
                format!("质押登记日{pledged}晚于放款日{disbursed}"),
            )
        }
        _ => return condition::failed(step, language),
    };
    Some(language.pick(english, chinese))
}

/// What a deferred claim waits for.
fn waits(step: &Step, language: Language) -> (String, String) {
    let see = |name| shown(step, name, language);
    if step.kind == StepKind::Breaker {
        let (losses, ratio, filed) = (see("losses-after"), see("ratio"), see("filed"));
        return (
            format!("the bank's losses of the year would be {losses}, above {ratio} of the {filed} that it filed"),
            format!("该银行本年度损失将达{losses}元，超过其备案本金{filed}元的{ratio}"),
        );
    }
    let (share, free) = (see("pool-share"), see("free-balance"));
    (
        format!("the pool's share is {share}, but its free balance is {free}"),
        format!("资金池应承担{share}元，可用余额为{free}元"),
    )
}

/// The ratio of the pool as a payer; "the part by size" where slices have their own ratios.
fn payer_ratio(line: &LineExplanation, language: Language) -> String {
    let pool = |step: &&Step| step.kind == StepKind::Ratio && step.rule == "pool";
    match line.steps.iter().find(pool) {
        Some(step) if value(step, "ratio").is_some() => shown(step, "ratio", language),
        Some(_) | None => language.pick("the part by size", "分档部分"),
    }
}

/// "The pool pays 1,000,000.00: 20 % of the loss would be 1,200,000.00, but the limit leaves 1,000,000.00."
fn limited(line: &LineExplanation, language: Language) -> Option<String> {
    let kind = match line.bound {
        Bound::LoanCap => StepKind::LoanCap,
        Bound::BankYearCap => StepKind::BankYearCap,
        Bound::ProgrammeYearCap => StepKind::ProgrammeYearCap,
        Bound::Ceiling => StepKind::Ceiling,
        Bound::Ratio
        | Bound::Gate
        | Bound::Evidence
        | Bound::Clamp
        | Bound::OtherFunding
        | Bound::ItemCap
        | Bound::JointCap
        | Bound::YearCap
        | Bound::LifetimeCap
        | Bound::PayeeYearCap
        | Bound::Budget
        | Bound::PoolBalance
        | Bound::ProRata => return None,
    };
    let step = line.steps.iter().rfind(|step| step.kind == kind && step.outcome == StepOutcome::Reduced)?;
    let pool = line.steps.iter().find(|step| step.kind == StepKind::Ratio && step.rule == "pool")?;
    let granted = line.granted.grouped();
    let (share, product) = (payer_ratio(line, language), super::grouped(&pool.result));
    let left = shown(step, "left", language);
    let because = if kind == StepKind::Ceiling {
        let see = |name| shown(step, name, language);
        let (ceiling, of, other) = (see("ceiling"), see("liability"), see("other"));
        language.pick(
            format!("all public money is at most {ceiling} of {of}, and others pay {other}"),
            format!("各级财政资金合计不超过{of}元的{ceiling}，其他财政资金已承担{other}元"),
        )
    } else {
        let limit = shown(step, "limit", language);
        language.pick(
            format!("{left} of the limit of {limit} (`{}`) was left", step.rule),
            format!("限额{limit}元（{}）仅剩{left}元", step.rule),
        )
    };
    Some(language.pick(
        format!("The pool pays {granted}: {share} of the loss would be {product}, but {because}."),
        format!("资金池补偿{granted}元：损失的{share}为{product}元，但{because}。"),
    ))
}

/// "Paid 50,000.00 of the 100,000.00 approved: the budget has 500,000.00 for 1,000,000.00 approved in all."
/// "Paid 50,000.00 of the 100,000.00 approved: …"
pub(super) fn closing(line: &LineExplanation, step: &Step, language: Language) -> String {
    let see = |name| shown(step, name, language);
    let (paid, approved) = (line.granted.grouped(), line.requested.grouped());
    let (budget, total) = (see("budget"), see("approved-in-all"));
    language.pick(
        format!("Paid {paid} of the {approved} approved: the budget has {budget} for {total} approved in all."),
        format!("核定{approved}元，兑付{paid}元：全部核定{total}元，预算{budget}元，按比例折算。"),
    )
}
