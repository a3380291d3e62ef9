//! What states, costs, bounds and steps are called on pages, in both languages. No default arms: a new value must be given
//! its words.

use super::language::Language;
use crate::proto::v1;
use v1::ApplicationState as State;

/// A role, by its code.
pub fn role(l: Language, code: &str) -> String {
    use crate::book::nouns::{Named as _, Role};
    let known = Role::parse(code).map(Role::name);
    known.map_or_else(String::new, |name| l.say(name.zh, name.en).to_owned())
}

/// Where an application stands.
pub const fn state(l: Language, state: State) -> &'static str {
    match state {
        State::Unspecified => "",
        State::Submitted => l.say("待审核", "Waiting for review"),
        State::Approved => l.say("已审核，待拨付", "Approved, to be paid"),
        State::Refused => l.say("未通过", "Refused"),
        State::Withdrawn => l.say("已撤回", "Withdrawn"),
        State::Paid => l.say("已拨付", "Paid"),
        State::ClawbackDemanded => l.say("须退回", "To be paid back"),
        State::ClawedBack => l.say("已退回", "Paid back"),
        State::AwaitingClosing => l.say("待年终结算", "Waits for the year's closing"),
    }
}

/// The class of a badge: which colour, beside the words.
pub const fn state_tone(state: State) -> &'static str {
    match state {
        State::Submitted | State::Approved | State::AwaitingClosing => "wait",
        State::Paid | State::ClawedBack => "good",
        State::Refused | State::ClawbackDemanded => "bad",
        State::Withdrawn | State::Unspecified => "none",
    }
}

/// What happens next with an application.
pub const fn next(l: Language, state: State) -> &'static str {
    match state {
        State::Unspecified => "",
        State::Submitted => l.say("主管部门审核申请和凭据", "The bureau reviews the application and its evidence"),
        State::Approved => l.say("财政部门按批准金额拨付", "Finance pays the approved amount"),
        State::AwaitingClosing => l.say(
            "年终按预算统一结算后拨付",
            "Paid after the closing run at the end of the year, as far as the budget goes",
        ),
        State::Refused => l.say("可按提示补正后重新申请", "You can apply again once the remedy is done"),
        State::Withdrawn => l.say("如仍需要，可重新申请", "You can apply again"),
        State::Paid | State::ClawedBack => l.say("已办结", "Nothing more to do"),
        State::ClawbackDemanded => l.say("请将款项退回财政专户", "Please pay the amount back to the treasury"),
    }
}

/// Who holds it.
pub const fn holder(l: Language, state: State) -> &'static str {
    match state {
        State::Submitted | State::AwaitingClosing => l.say("主管部门", "The bureau"),
        State::Approved => l.say("财政部门", "Finance"),
        State::Refused | State::ClawbackDemanded => l.say("本企业", "You"),
        State::Paid | State::ClawedBack | State::Withdrawn | State::Unspecified => l.say("—", "—"),
    }
}

/// The same, told to the bureau.
pub const fn holder_for_bureau(l: Language, state: State) -> &'static str {
    match state {
        State::Refused | State::ClawbackDemanded => l.say("企业", "the company"),
        State::Submitted
        | State::AwaitingClosing
        | State::Approved
        | State::Paid
        | State::ClawedBack
        | State::Withdrawn
        | State::Unspecified => holder(l, state),
    }
}

/// What is to be done about a case, as a button says it.
pub const fn case_act(l: Language, act: v1::CaseAct) -> &'static str {
    match act {
        v1::CaseAct::Unspecified => "",
        v1::CaseAct::ApproveSubsidy => l.say("审核补助申请", "Approve a subsidy"),
        v1::CaseAct::PaySubsidy => l.say("拨付补助", "Pay a subsidy"),
        v1::CaseAct::RecordClawback => l.say("登记退回", "Record money back"),
        v1::CaseAct::ApproveClaim => l.say("审核补偿申请", "Approve a claim"),
        v1::CaseAct::ResumeClaim => l.say("恢复暂缓的补偿", "Resume a deferred claim"),
        v1::CaseAct::PayClaim => l.say("拨付补偿", "Pay a claim"),
        v1::CaseAct::RefuseSubsidy => l.say("驳回申请", "Refuse the application"),
        v1::CaseAct::DemandClawback => l.say("要求退回", "Demand it back"),
        v1::CaseAct::RefuseClaim => l.say("不予补偿", "Refuse the claim"),
        v1::CaseAct::WriteOffClaim => l.say("核销剩余损失", "Write the rest off"),
    }
}

/// Where a claim stands.
pub const fn claim(l: Language, state: v1::ClaimState) -> &'static str {
    match state {
        v1::ClaimState::Unspecified => "",
        v1::ClaimState::UnderReview => l.say("待审核", "Under review"),
        v1::ClaimState::Deferred => l.say("暂缓", "Deferred"),
        v1::ClaimState::Approved => l.say("已批准，待拨付", "Approved, to be paid"),
        v1::ClaimState::Refused => l.say("不予补偿", "Refused"),
        v1::ClaimState::Paid => l.say("已补偿", "Paid"),
        v1::ClaimState::Recovering => l.say("追偿中", "Being recovered"),
        v1::ClaimState::Closed => l.say("已关闭", "Closed"),
    }
}

/// The class of its badge.
pub const fn claim_tone(state: v1::ClaimState) -> &'static str {
    match state {
        v1::ClaimState::UnderReview | v1::ClaimState::Deferred | v1::ClaimState::Approved => "wait",
        v1::ClaimState::Paid | v1::ClaimState::Recovering => "good",
        v1::ClaimState::Refused => "bad",
        v1::ClaimState::Closed | v1::ClaimState::Unspecified => "none",
    }
}

/// Who bears a part of a loss.
pub const fn party(l: Language, party: v1::LossParty) -> &'static str {
    match party {
        v1::LossParty::Unspecified => "",
        v1::LossParty::Pool => l.say("资金池", "the pool"),
        v1::LossParty::Bank => l.say("银行", "the bank"),
        v1::LossParty::Insurer => l.say("保险机构", "the insurer"),
        v1::LossParty::Guarantor => l.say("担保机构", "the guarantor"),
        v1::LossParty::Valuer => l.say("评估机构", "the valuer"),
        v1::LossParty::Province => l.say("省级", "the province"),
        v1::LossParty::City => l.say("市级", "the city"),
        v1::LossParty::District => l.say("县区", "the district"),
    }
}

/// What a limit sums up, by its code in rulebooks.
pub fn cap_scope(l: Language, scope: &str) -> &str {
    match scope {
        "item" => l.say("单项限额", "Cap of this cost"),
        "loan" => l.say("单笔贷款限额", "Cap of the loan"),
        "joint" => l.say("合并限额", "Joint cap"),
        "enterprise-year" => l.say("企业年度限额", "The company's cap of the year"),
        "lifetime" => l.say("企业累计限额", "The company's cap of all years"),
        "bank-year" => l.say("银行年度限额", "The bank's cap of the year"),
        "payee-year" => l.say("收款机构年度限额", "The payee's cap of the year"),
        "programme-year" => l.say("项目年度限额", "The programme's cap of the year"),
        _ => scope,
    }
}

/// What was found.
pub const fn found(l: Language, kind: v1::FoundKind) -> &'static str {
    match kind {
        v1::FoundKind::Unspecified => "",
        v1::FoundKind::Enterprise => l.say("企业", "Company"),
        v1::FoundKind::IpRight => l.say("知识产权", "IP right"),
        v1::FoundKind::Pledge => l.say("质押登记", "Pledge"),
        v1::FoundKind::Loan => l.say("贷款", "Loan"),
        v1::FoundKind::Application => l.say("补助申请", "Application"),
        v1::FoundKind::Claim => l.say("补偿申请", "Claim"),
        v1::FoundKind::Entry => l.say("分录", "Entry"),
        v1::FoundKind::Invoice => l.say("发票", "Invoice"),
    }
}

/// A kind of cost.
pub const fn cost(l: Language, kind: v1::CostKind) -> &'static str {
    match kind {
        v1::CostKind::Unspecified => "",
        v1::CostKind::Interest => l.say("贷款利息", "Loan interest"),
        v1::CostKind::Valuation => l.say("评估费", "Valuation fee"),
        v1::CostKind::Guarantee => l.say("担保费", "Guarantee fee"),
        v1::CostKind::Insurance => l.say("保险费", "Insurance premium"),
        v1::CostKind::PatentInsurance => l.say("专利保险费", "Patent insurance premium"),
        v1::CostKind::Grant => l.say("奖补", "Grant"),
    }
}

/// What decided an amount.
pub const fn bound(l: Language, bound: v1::Bound) -> &'static str {
    match bound {
        v1::Bound::Unspecified => "",
        v1::Bound::Ratio => l.say("补助比例", "the ratio"),
        v1::Bound::Gate => l.say("申请条件", "a condition"),
        v1::Bound::Evidence => l.say("凭据金额", "the evidence"),
        v1::Bound::Clamp => l.say("计算基数上限", "the limit of the base"),
        v1::Bound::OtherFunding => l.say("其他财政资金", "other public money"),
        v1::Bound::ItemCap => l.say("单项限额", "the cap of this kind of cost"),
        v1::Bound::LoanCap => l.say("单笔贷款限额", "the cap of the loan"),
        v1::Bound::JointCap => l.say("合并限额", "a joint cap"),
        v1::Bound::YearCap => l.say("年度限额", "the cap of the year"),
        v1::Bound::LifetimeCap => l.say("累计限额", "the lifetime cap"),
        v1::Bound::Budget => l.say("预算余额", "the budget"),
        v1::Bound::PoolBalance => l.say("资金池余额", "the pool's balance"),
        v1::Bound::Ceiling => l.say("最高额", "a ceiling"),
        v1::Bound::ProRata => l.say("年终折算", "the closing in proportion"),
        v1::Bound::BankYearCap => l.say("银行年度限额", "the bank's cap of the year"),
        v1::Bound::PayeeYearCap => l.say("收款机构年度限额", "the payee's cap of the year"),
        v1::Bound::ProgrammeYearCap => l.say("项目年度限额", "the programme's cap of the year"),
    }
}

/// A step of a calculation.
pub const fn step(l: Language, kind: v1::StepKind) -> &'static str {
    match kind {
        v1::StepKind::Unspecified => "",
        v1::StepKind::Gate => l.say("条件", "Condition"),
        v1::StepKind::Base => l.say("计算基数", "Base"),
        v1::StepKind::Evidence => l.say("凭据", "Evidence"),
        v1::StepKind::Clamp => l.say("基数上限", "Limit of the base"),
        v1::StepKind::IpShare => l.say("知识产权部分", "IP share"),
        v1::StepKind::Ratio => l.say("比例", "Ratio"),
        v1::StepKind::OtherFunding => l.say("其他财政资金", "Other public money"),
        v1::StepKind::ItemCap => l.say("单项限额", "Cap of this cost"),
        v1::StepKind::LoanCap => l.say("单笔限额", "Cap of the loan"),
        v1::StepKind::JointCap => l.say("合并限额", "Joint cap"),
        v1::StepKind::YearCap => l.say("年度限额", "Cap of the year"),
        v1::StepKind::LifetimeCap => l.say("累计限额", "Lifetime cap"),
        v1::StepKind::Budget => l.say("预算", "Budget"),
        v1::StepKind::Round => l.say("取整", "Rounding"),
        v1::StepKind::LossShare => l.say("损失分担", "Loss share"),
        v1::StepKind::Leverage => l.say("放大倍数", "Leverage"),
        v1::StepKind::Breaker => l.say("熔断", "Breaker"),
        v1::StepKind::PoolBalance => l.say("资金池", "Pool"),
        v1::StepKind::Choice => l.say("择优", "Choice"),
        v1::StepKind::Ceiling => l.say("最高额", "Ceiling"),
        v1::StepKind::ProRata => l.say("按比例折算", "In proportion"),
        v1::StepKind::BankYearCap => l.say("银行年度限额", "Bank's cap of the year"),
        v1::StepKind::PayeeYearCap => l.say("收款机构年度限额", "Payee's cap of the year"),
        v1::StepKind::ProgrammeYearCap => l.say("项目年度限额", "Programme's cap of the year"),
    }
}

/// What became of a step.
pub const fn step_outcome(l: Language, outcome: v1::StepOutcome) -> &'static str {
    match outcome {
        v1::StepOutcome::Unspecified => "",
        v1::StepOutcome::Passed => l.say("通过", "passed"),
        v1::StepOutcome::Reduced => l.say("减少", "reduced"),
        v1::StepOutcome::Failed => l.say("不符", "failed"),
        v1::StepOutcome::Deferred => l.say("暂缓", "deferred"),
    }
}

/// Where a pledge stands.
pub const fn pledge(l: Language, state: v1::PledgeState) -> &'static str {
    match state {
        v1::PledgeState::Unspecified => "",
        v1::PledgeState::Pending => l.say("待生效", "Not yet in force"),
        v1::PledgeState::Active => l.say("有效", "In force"),
        v1::PledgeState::Released => l.say("已注销", "Released"),
        v1::PledgeState::Ended => l.say("已到期", "Ended"),
        v1::PledgeState::Void => l.say("无效", "Void"),
    }
}

/// Where a loan stands.
pub const fn loan(l: Language, state: v1::LoanState) -> &'static str {
    match state {
        v1::LoanState::Unspecified => "",
        v1::LoanState::Filed => l.say("已备案", "Filed"),
        v1::LoanState::Disbursed => l.say("已放款", "Disbursed"),
        v1::LoanState::Repaying => l.say("还款中", "Being repaid"),
        v1::LoanState::Overdue => l.say("逾期", "Overdue"),
        v1::LoanState::NonPerforming => l.say("不良", "Non-performing"),
        v1::LoanState::Claimed => l.say("已申请补偿", "Claimed on the pool"),
        v1::LoanState::Compensated => l.say("已补偿", "Compensated by the pool"),
        v1::LoanState::Recovering => l.say("追偿中", "Being recovered"),
        v1::LoanState::Settled => l.say("已结清", "Settled"),
        v1::LoanState::Closed => l.say("已关闭", "Closed"),
        v1::LoanState::Withdrawn => l.say("已撤回", "Withdrawn"),
    }
}

/// A kind of right.
pub const fn right_kind(l: Language, kind: v1::RightKind) -> &'static str {
    match kind {
        v1::RightKind::Unspecified => "",
        v1::RightKind::Patent => l.say("专利", "Patent"),
        v1::RightKind::Trademark => l.say("商标", "Trademark"),
        v1::RightKind::Copyright => l.say("著作权", "Copyright"),
        v1::RightKind::Other => l.say("其他", "Other"),
    }
}
