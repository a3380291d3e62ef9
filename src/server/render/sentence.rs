//! What an entry says, in one sentence for people, in both languages.

use super::fact;
use crate::book::closing::ClosingRun;
use crate::book::correction::AwardsCorrected;
use crate::book::event::{
    ApplicationChange, ApplicationChanged, BlacklistEntryLifted, BudgetChange, ClaimChange, ClaimChanged,
    ClaimDecision, Entry, Event, LoanChange, LoanChanged, LoanFiled, PoolMoved, PoolMovement, RedLetterInvoice,
    Refused, RulebookAdopted, SubsidyApplied,
};
use crate::book::nouns::{
    BlacklistDetails, EnterpriseDetails, InstitutionDetails, IpRightDetails, Month, PledgeKey, RightChange,
};
use crate::identifier::{ApplicationId, ClaimId, LoanId, RightId};
use crate::proto::v1;
use crate::rulebook::explanation::LineExplanation;
use crate::rulebook::refusal::Refusal;
use crate::rulebook::{Language, line_sentence, lines_sentence};

/// The sentence of an entry. What was only validated is named without an id.
pub(super) fn of(entry: &Entry, recorded: bool) -> v1::Text {
    let number = recorded.then_some(entry.sequence);
    match &entry.event {
        Event::EnterpriseRegistered(one) => enterprise(one, "is registered", "已登记"),
        Event::EnterpriseUpdated(one) => enterprise(one, "is updated", "信息已更新"),
        Event::InstitutionRegistered(one) => institution(one),
        Event::IpRightRegistered(one) => ip_right(one),
        Event::IpRightChanged(one) => right_changed(&one.right, one.change),
        Event::PledgeRegistered(one) => pledge(&one.pledge, "is registered", "已登记"),
        Event::PledgeReleased(key) => pledge(key, "is released", "已注销"),
        Event::BlacklistEntryAdded(one) => blacklisted(one),
        Event::BlacklistEntryLifted(one) => lifted(one),
        Event::LoanFiled(filed) => loan_filed(filed, number.map(LoanId::created_by)),
        Event::LoanChanged(changed) => loan_changed(changed),
        Event::SubsidyApplied(applied) => subsidy_applied(applied, number.map(ApplicationId::created_by)),
        Event::ApplicationChanged(changed) => application_changed(changed),
        Event::RedLetterInvoiceRecorded(one) => red_letter(one),
        Event::BudgetAppropriated(one) => budget(one, "is appropriated to", "下达"),
        Event::BudgetAdjusted(one) => budget(one, "adjusts", "调整"),
        Event::PoolMoved(moved) => pool_moved(moved),
        Event::ClaimSubmitted(submitted) => claim_decided(&submitted.decision, number.map(ClaimId::created_by)),
        Event::ClaimChanged(changed) => claim_changed(changed),
        Event::RulebookAdopted(one) => rulebook(one),
        Event::PeriodClosed(month) => period(*month),
        Event::StatementSignedOff(one) => super::reconciliation::sentence(one),
        Event::ClosingRun(run) => closing_run(run),
        Event::AwardsCorrected(run) => awards_corrected(run),
        Event::PeriodClosedOver(one) => text(
            format!("The month {} is closed over {} open items: {}", one.month, one.open_items, one.reason),
            format!("{} 月已结账（尚有 {} 项未处理）：{}", one.month, one.open_items, one.reason),
        ),
        Event::YearClosed(one) => text(
            format!("The year {} is closed, document {}.", one.year, one.document),
            format!("{} 年度已结账，文号 {}。", one.year, one.document),
        ),
        Event::Reversed(one) => text(
            format!("Entry {} is reversed: {}", one.entry, one.reason),
            format!("分录 {} 已冲销：{}", one.entry, one.reason),
        ),
        Event::ReferenceRateRecorded(one) => fact::rate_sentence(one),
        Event::FactRecorded(one) => fact::sentence(one),
        Event::Refused(one) => refused(one),
        Event::AccessChanged(change) => super::access::words(change),
        Event::Endorsed(one) => super::access::endorsed_words(one),
    }
}

fn closing_run(run: &ClosingRun) -> v1::Text {
    let (programme, year, shares) = (&run.programme, run.year, run.shares);
    let (paid, approved) = (run.paid.grouped(), run.approved.grouped());
    text(
        format!("{programme} {year} is closed: {paid} of the {approved} approved is paid, in {shares} shares."),
        format!("{programme} {year}年度已折算：核定 {approved} 元，兑付 {paid} 元，共 {shares} 笔。"),
    )
}

fn awards_corrected(run: &AwardsCorrected) -> v1::Text {
    let (programme, rulebook, number) = (&run.programme, &run.rulebook, run.corrections);
    let (more, less) = (run.granted_more.grouped(), run.granted_less.grouped());
    text(
        format!("{programme} is computed anew under {rulebook}: {number} awards change, {more} more and {less} less."),
        format!("{programme} 按 {rulebook} 重新核定：更正 {number} 笔，增加 {more} 元，减少 {less} 元。"),
    )
}

fn text(en: impl Into<String>, zh: impl Into<String>) -> v1::Text {
    v1::Text { en: en.into(), zh: zh.into() }
}

fn enterprise(one: &EnterpriseDetails, done: &str, done_zh: &str) -> v1::Text {
    text(
        format!("Enterprise {} ({}) {done}.", one.name, one.uscc),
        format!("企业“{}”（{}）{done_zh}。", one.name, one.uscc),
    )
}

fn institution(one: &InstitutionDetails) -> v1::Text {
    text(
        format!("Institution {} ({}) is registered.", one.name, one.institution),
        format!("合作机构“{}”（{}）已登记。", one.name, one.institution),
    )
}

fn ip_right(one: &IpRightDetails) -> v1::Text {
    text(
        format!("IP right {} ({}) is registered.", one.right, one.title),
        format!("知识产权 {}（“{}”）已登记。", one.right, one.title),
    )
}

fn right_changed(right: &RightId, change: RightChange) -> v1::Text {
    match change {
        RightChange::Lapsed => text(format!("IP right {right} lapsed."), format!("知识产权 {right} 已失效。")),
        RightChange::Restored => text(format!("IP right {right} is restored."), format!("知识产权 {right} 已恢复。")),
        RightChange::Invalidated => {
            text(format!("IP right {right} is invalidated."), format!("知识产权 {right} 已宣告无效。"))
        }
        RightChange::Transferred(owner) => {
            text(format!("IP right {right} is transferred to {owner}."), format!("知识产权 {right} 已转移至 {owner}。"))
        }
    }
}

fn pledge(key: &PledgeKey, done: &str, done_zh: &str) -> v1::Text {
    text(
        format!("The {} pledge {} {done}.", key.kind, key.number),
        format!("{}质押登记 {} {done_zh}。", key.kind.chinese(), key.number),
    )
}

fn blacklisted(one: &BlacklistDetails) -> v1::Text {
    text(
        format!("Enterprise {} is on the blacklist, document {}.", one.enterprise, one.document),
        format!("企业 {} 已列入失信名单，文号 {}。", one.enterprise, one.document),
    )
}

fn lifted(one: &BlacklistEntryLifted) -> v1::Text {
    text(
        format!("Blacklist entry {} of enterprise {} is lifted: {}", one.entry, one.enterprise, one.reason),
        format!("企业 {} 的失信记录 {} 已移出：{}", one.enterprise, one.entry, one.reason),
    )
}

fn red_letter(one: &RedLetterInvoice) -> v1::Text {
    let amount = one.amount.grouped();
    text(
        format!("Red-letter invoice {} cancels {amount} of invoice {}.", one.red, one.blue),
        format!("红字发票 {} 冲销发票 {} 共 {amount} 元。", one.red, one.blue),
    )
}

fn budget(one: &BudgetChange, done: &str, done_zh: &str) -> v1::Text {
    let amount = one.amount.grouped();
    text(
        format!("{amount} {done} budget line {} for {}.", one.line, one.year),
        format!("预算指标 {} {} 年度{done_zh} {amount} 元。", one.line, one.year),
    )
}

fn rulebook(adopted: &RulebookAdopted) -> v1::Text {
    let one = &adopted.rulebook;
    let (why, why_zh) = adopted
        .reason
        .as_ref()
        .map_or_else(Default::default, |reason| (format!(" Reason: {reason}."), format!("采用理由：{reason}。")));
    text(
        format!("Rulebook {} is adopted, valid from {}.{why}", one.reference(), one.valid_from),
        format!("办法 {}（“{}”）已启用，自{}起施行。{why_zh}", one.reference(), one.title.zh, one.valid_from.chinese()),
    )
}

fn period(month: Month) -> v1::Text {
    text(
        format!("The month {}-{:02} is closed.", month.year, month.month),
        format!("{}年{}月已结账。", month.year, month.month),
    )
}

fn loan_filed(filed: &LoanFiled, id: Option<LoanId>) -> v1::Text {
    let (en, zh) =
        id.map_or(("The loan".to_owned(), "贷款".to_owned()), |id| (format!("Loan {id}"), format!("贷款 {id} ")));
    let version = &filed.rulebook;
    match &filed.explanation {
        Some(line) => text(
            format!("{en} is filed under {version}. {}", line_sentence(line, Language::English)),
            format!("{zh}已按办法 {version} 备案。{}", line_sentence(line, Language::Chinese)),
        ),
        None => text(
            format!("{en} is filed under {version}, without a pool."),
            format!("{zh}已按办法 {version} 备案，未纳入资金池。"),
        ),
    }
}

fn loan_changed(changed: &LoanChanged) -> v1::Text {
    let loan = changed.loan;
    match &changed.change {
        LoanChange::Disbursed(amount) => text(
            format!("{} of loan {loan} is disbursed.", amount.grouped()),
            format!("贷款 {loan} 已放款 {} 元。", amount.grouped()),
        ),
        LoanChange::InterestPaid(paid) => text(
            format!("Interest of {} on loan {loan} is paid.", paid.amount.grouped()),
            format!("贷款 {loan} 已支付利息 {} 元。", paid.amount.grouped()),
        ),
        LoanChange::PrincipalPaid(amount, _) => text(
            format!("Principal of {} on loan {loan} is repaid.", amount.grouped()),
            format!("贷款 {loan} 已归还本金 {} 元。", amount.grouped()),
        ),
        LoanChange::Extended(date) => {
            text(format!("Loan {loan} is extended to {date}."), format!("贷款 {loan} 展期至{}。", date.chinese()))
        }
        LoanChange::MarkedOverdue(since) => {
            text(format!("Loan {loan} is overdue since {since}."), format!("贷款 {loan} 自{}起逾期。", since.chinese()))
        }
        LoanChange::MarkedNonPerforming => {
            text(format!("Loan {loan} is non-performing."), format!("贷款 {loan} 已划为不良。"))
        }
        LoanChange::MarkedCured => {
            text(format!("The arrears of loan {loan} are paid."), format!("贷款 {loan} 逾期款项已还清。"))
        }
        LoanChange::Settled => text(format!("Loan {loan} is settled."), format!("贷款 {loan} 已结清。")),
        LoanChange::Closed => text(format!("Loan {loan} is closed."), format!("贷款 {loan} 已关闭。")),
        LoanChange::Withdrawn(reason) => {
            text(format!("Loan {loan} is withdrawn: {reason}"), format!("贷款 {loan} 已撤回：{reason}"))
        }
    }
}

fn subsidy_applied(applied: &SubsidyApplied, id: Option<ApplicationId>) -> v1::Text {
    let lines: Vec<&LineExplanation> = applied.lines.iter().map(|line| &line.explanation).collect();
    let (en, zh) = id.map_or((String::new(), String::new()), |id| (format!("{id}: "), format!("{id}: ")));
    if lines.is_empty() {
        let refusal = applied.refusal.map(Refusal::meaning);
        let (why, why_zh) =
            refusal.map_or(("nothing to grant", "无可补助金额"), |meaning| (meaning.en, meaning.zh));
        return text(format!("{en}Refused: {why}."), format!("{zh}不予补助：{why_zh}。"));
    }
    text(
        format!("{en}{}", lines_sentence(&lines, Language::English)),
        format!("{zh}{}", lines_sentence(&lines, Language::Chinese)),
    )
}

fn application_changed(changed: &ApplicationChanged) -> v1::Text {
    let id = changed.application;
    match &changed.change {
        ApplicationChange::Approved => text(format!("{id} is approved."), format!("{id} 审核通过。")),
        ApplicationChange::Refused(reason) => {
            text(format!("{id} is refused: {reason}"), format!("{id} 不予补助：{reason}"))
        }
        ApplicationChange::Withdrawn(reason) => {
            text(format!("{id} is withdrawn: {reason}"), format!("{id} 已撤回：{reason}"))
        }
        ApplicationChange::Paid(reference) => {
            text(format!("{id} is paid, reference {reference}."), format!("{id} 已拨付，凭证号 {reference}。"))
        }
        ApplicationChange::PaymentRefused(refusal) => text(
            format!("{id} is not paid: {}. It stays approved.", refusal.meaning().en),
            format!("{id} 未拨付：{}。申请仍为已审核状态。", refusal.meaning().zh),
        ),
        ApplicationChange::ClawbackDemanded(demand) => text(
            format!("{} of {id} is demanded back: {}", demand.amount.grouped(), demand.reason),
            format!("{id} 应追回 {} 元：{}", demand.amount.grouped(), demand.reason),
        ),
        ApplicationChange::ClawbackReceived(amount, reference) => text(
            format!("{} of {id} came back, reference {reference}.", amount.grouped()),
            format!("{id} 已追回 {} 元，凭证号 {reference}。", amount.grouped()),
        ),
        ApplicationChange::ClosingShare(share) => text(
            format!("The closing run pays {} on {id}.", share.paid().grouped()),
            format!("{id} 年度折算兑付 {} 元。", share.paid().grouped()),
        ),
        ApplicationChange::Corrected(one) => text(
            format!(
                "The award of {id} is {} under {}, not {}.",
                one.after.grouped(),
                one.rulebook,
                one.before.grouped()
            ),
            format!("{id} 按 {} 更正为 {} 元，原为 {} 元。", one.rulebook, one.after.grouped(), one.before.grouped()),
        ),
    }
}

fn pool_moved(moved: &PoolMoved) -> v1::Text {
    let (pool, amount) = (&moved.pool, moved.amount.grouped());
    match &moved.movement {
        PoolMovement::Contribution(funder) => text(
            format!("{funder} paid {amount} into pool {pool}."),
            format!("{funder} 向资金池 {pool} 注入 {amount} 元。"),
        ),
        PoolMovement::Withdrawal(funder) => text(
            format!("{funder} took {amount} out of pool {pool}."),
            format!("{funder} 从资金池 {pool} 退出 {amount} 元。"),
        ),
        PoolMovement::Interest => {
            text(format!("Pool {pool} earned interest of {amount}."), format!("资金池 {pool} 收到利息 {amount} 元。"))
        }
    }
}

fn claim_decided(decision: &ClaimDecision, id: Option<ClaimId>) -> v1::Text {
    let (en, zh) = both(&decision.explanation);
    let prefix = id.map(|id| format!("{id}: ")).unwrap_or_default();
    text(format!("{prefix}{en}"), format!("{prefix}{zh}"))
}

fn both(line: &LineExplanation) -> (String, String) {
    (line_sentence(line, Language::English), line_sentence(line, Language::Chinese))
}

fn claim_changed(changed: &ClaimChanged) -> v1::Text {
    let id = changed.claim;
    match &changed.change {
        ClaimChange::Resumed(decision) => claim_decided(decision, Some(id)),
        ClaimChange::Approved => text(format!("{id} is approved."), format!("{id} 审核通过。")),
        ClaimChange::Refused(reason) => text(format!("{id} is refused: {reason}"), format!("{id} 不予补偿：{reason}")),
        ClaimChange::Paid(reference) => {
            text(format!("{id} is paid, reference {reference}."), format!("{id} 已补偿，凭证号 {reference}。"))
        }
        ClaimChange::Recovered(recovery) => text(
            format!(
                "{} was recovered on {id}; {} flows back to the pool.",
                recovery.amount.grouped(),
                recovery.to_pool.grouped()
            ),
            format!(
                "{id} 追偿收回 {} 元，其中 {} 元返还资金池。",
                recovery.amount.grouped(),
                recovery.to_pool.grouped()
            ),
        ),
        ClaimChange::WrittenOff => {
            text(format!("What is left of {id} is written off."), format!("{id} 剩余损失已核销。"))
        }
    }
}

fn refused(refused: &Refused) -> v1::Text {
    let meaning = refused.refusal.meaning();
    let since = refused.since.map(|since| format!(", since {since}")).unwrap_or_default();
    let since_zh = refused.since.map(|since| format!("，自{}起", since.chinese())).unwrap_or_default();
    let subject = if refused.subject.is_empty() { String::new() } else { format!(" ({})", refused.subject) };
    text(format!("Refused: {}{subject}{since}.", meaning.en), format!("不予办理：{}{subject}{since_zh}。", meaning.zh))
}
