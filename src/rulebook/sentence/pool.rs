//! What a pool takes on or pays, and why not.

use super::super::explanation::{LineExplanation, Step, StepKind, StepOutcome};
use super::super::refusal::Refusal;
use super::{Language, last_failed, shown, step_of};

pub(super) fn sentence(line: &LineExplanation, language: Language) -> String {
    // A filing begins with the exposure, a claim with the days overdue.
    let filing = line.steps.first().is_some_and(|step| step.kind == StepKind::LossShare);
    let Some(refusal) = line.refusal else {
        return granted(line, filing, language);
    };
    let told =
        last_failed(line).and_then(|step| told_by_ledger(step, language).or_else(|| told(step, filing, language)));
    let because = told.unwrap_or_else(|| language.pick(refusal.meaning().en, refusal.meaning().zh));
    let (english, chinese) = lead(refusal, filing);
    language.pick(format!("{english}: {because}."), format!("{chinese}:{because}。"))
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
    let share = see("share");
    if filing {
        let part = see("ip-part");
        return language.pick(
            format!("The pool takes on {granted}: {share} of the loan's IP part of {part}."),
            format!("资金池承担在保责任{granted}元:贷款知识产权部分{part}元的{share}。"),
        );
    }
    let covered = see("covered-loss");
    let whole = step_of(line, StepKind::IpShare).is_none_or(|step| step.outcome == StepOutcome::Passed);
    if whole {
        return language.pick(
            format!("The pool pays {granted}: {share} of the loss of {covered}."),
            format!("资金池补偿{granted}元:损失{covered}元的{share}。"),
        );
    }
    let loss = line.requested.grouped();
    language.pick(
        format!("The pool pays {granted}: {share} of {covered}, the IP part of the loss of {loss}."),
        format!("资金池补偿{granted}元:损失{loss}元中知识产权部分{covered}元的{share}。"),
    )
}

/// What the ledger itself, not the pool's rule, has against a claim.
fn told_by_ledger(step: &Step, language: Language) -> Option<String> {
    let see = |name| shown(step, name, language);
    if step.rule == "in-order" {
        let since = see("earlier-claim-waits-since");
        return Some(language.pick(
            format!("an earlier claim, of {since}, waits and comes first"),
            format!("{since}提交的更早申请仍在等待,须先行恢复"),
        ));
    }
    if step.rule == "filed-before-overdue" {
        let (filed, since) = (see("filed-on"), see("overdue-since"));
        return Some(language.pick(
            format!("the loan was filed on {filed}, when it had been overdue since {since}"),
            format!("贷款{filed}备案时,自{since}起已逾期"),
        ));
    }
    None
}

fn told(step: &Step, filing: bool, language: Language) -> Option<String> {
    let see = |name| shown(step, name, language);
    let (english, chinese) = match step.kind {
        StepKind::LossShare if filing => {
            ("no part of it is secured by intellectual property".to_owned(), "贷款没有知识产权质押部分".to_owned())
        }
        StepKind::Leverage => {
            let (after, limit, free) = (see("exposure-after"), see("leverage-limit"), see("free-balance"));
            (
                format!("its exposure would be {after}, more than {limit} times its free balance of {free}"),
                format!("在保责任将达{after}元,超过可用余额{free}元的{limit}倍"),
            )
        }
        StepKind::Gate => {
            let (days, over) = (see("overdue-days"), see("more-than"));
            (
                format!("the loan is {days} days overdue, and more than {over} are required"),
                format!("贷款逾期{days}天,须超过{over}天"),
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
                format!("损失中没有知识产权部分(本金{principal}元中为{part}元)"),
            )
        }
        StepKind::Breaker | StepKind::PoolBalance => waits(step, language),
        StepKind::Evidence
        | StepKind::Clamp
        | StepKind::Ratio
        | StepKind::OtherFunding
        | StepKind::ItemCap
        | StepKind::LoanCap
        | StepKind::JointCap
        | StepKind::YearCap
        | StepKind::LifetimeCap
        | StepKind::Budget
        | StepKind::Round
        | StepKind::LossShare => return None,
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
            format!("该银行本年度损失将达{losses}元,超过其备案本金{filed}元的{ratio}"),
        );
    }
    let (share, free) = (see("pool-share"), see("free-balance"));
    (
        format!("the pool's share is {share}, but its free balance is {free}"),
        format!("资金池应承担{share}元,可用余额为{free}元"),
    )
}
