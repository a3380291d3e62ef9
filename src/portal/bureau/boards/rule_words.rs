//! What costs, caps, payees, parties and conditions of a rulebook are called on its page.

use crate::portal::language::Language;
use crate::rulebook::model::{ApprovalAct, CapScope, Condition, Payee};
use crate::rulebook::terms::{CostKind, LossParty, SizeClass};

pub(super) const fn cost(l: Language, item: CostKind) -> &'static str {
    match item {
        CostKind::Interest => l.say("贷款利息", "loan interest"),
        CostKind::Valuation => l.say("评估费", "valuation fee"),
        CostKind::Guarantee => l.say("担保费", "guarantee fee"),
        CostKind::Insurance => l.say("保险费", "insurance premium"),
        CostKind::PatentInsurance => l.say("专利保险费", "patent insurance premium"),
        CostKind::Grant => l.say("奖补", "grant"),
    }
}

pub(super) const fn scope(l: Language, scope: CapScope) -> &'static str {
    match scope {
        CapScope::Item => l.say("单项费用", "each kind of cost"),
        CapScope::Loan => l.say("单笔贷款", "each loan"),
        CapScope::Joint => l.say("合并费用", "these costs together"),
        CapScope::EnterpriseYear => l.say("每户企业每年", "each enterprise and year"),
        CapScope::Lifetime => l.say("每户企业累计", "each enterprise, ever"),
        CapScope::BankYear => l.say("每家银行每年", "each bank and year"),
        CapScope::PayeeYear => l.say("每个收款机构每年", "each payee and year"),
        CapScope::ProgrammeYear => l.say("全市每年", "all together in a year"),
    }
}

pub(super) const fn payee(l: Language, payee: Payee) -> &'static str {
    match payee {
        Payee::Enterprise => l.say("企业", "the enterprise"),
        Payee::Bank => l.say("银行", "the bank"),
        Payee::Guarantor => l.say("担保机构", "the guarantor"),
        Payee::Insurer => l.say("保险机构", "the insurer"),
        Payee::Valuer => l.say("评估机构", "the valuer"),
    }
}

pub(super) const fn party(l: Language, party: LossParty) -> &'static str {
    match party {
        LossParty::Pool => l.say("资金池", "pool"),
        LossParty::Bank => l.say("银行", "bank"),
        LossParty::Insurer => l.say("保险机构", "insurer"),
        LossParty::Guarantor => l.say("担保机构", "guarantor"),
        LossParty::Valuer => l.say("评估机构", "valuer"),
        LossParty::Province => l.say("省级财政", "province"),
        LossParty::City => l.say("市级财政", "city"),
        LossParty::District => l.say("区县财政", "district"),
    }
}

pub(super) const fn approval(l: Language, act: ApprovalAct) -> &'static str {
    match act {
        ApprovalAct::Award => l.say("补助审核", "approving a subsidy"),
        ApprovalAct::Claim => l.say("补偿审核", "approving a claim"),
        ApprovalAct::Payment => l.say("拨付", "paying"),
        ApprovalAct::Withdrawal => l.say("资金退出", "taking money out of a pool"),
    }
}

pub(super) const fn size(l: Language, class: SizeClass) -> &'static str {
    match class {
        SizeClass::Micro => l.say("微型", "micro"),
        SizeClass::Small => l.say("小型", "small"),
        SizeClass::Medium => l.say("中型", "medium"),
        SizeClass::Large => l.say("大型", "large"),
    }
}

pub(super) const fn words_of(l: Language, condition: &Condition) -> &'static str {
    match condition {
        Condition::NotBlacklisted => l.say("未列入失信名单", "not on the blacklist"),
        Condition::LoanRequired => l.say("费用属于已备案贷款", "the cost belongs to a filed loan"),
        Condition::LoanDisbursed => l.say("申请时贷款已发放", "the loan was disbursed by the application"),
        Condition::PledgedByDisbursement => l.say("质押登记不晚于放款", "pledges were registered by the disbursement"),
        Condition::PaidWithinLoan => l.say("费用在贷款期内支付", "the cost was paid while the loan ran"),
        Condition::PaidByLoanEnd => l.say("费用不晚于贷款结清支付", "the cost was paid by the end of the loan"),
        Condition::RightRequired => l.say("须对应一项知识产权", "the cost belongs to a right"),
        Condition::RightOwned => l.say("申请人是权利人", "the applicant owns the right"),
        Condition::RightInForce => l.say("权利有效", "the right is in force"),
        Condition::RightIsPatent => l.say("须为专利", "the right is a patent"),
        Condition::SizeClass(_) => l.say("企业划型", "size class"),
        Condition::Property(_) => l.say("情形", "where"),
        Condition::RateAtMost(_) => l.say("贷款利率不超过", "the loan's rate is at most"),
        Condition::IpShareAtLeast(_) => l.say("知识产权部分占比不低于", "the IP part is at least"),
        Condition::RevenueAtMost(_) => l.say("上年营业收入不超过", "last year's revenue is at most"),
        Condition::PledgedBySettlement => l.say("质押登记不晚于贷款结清", "pledges were registered by the settlement"),
        Condition::LoanRepaid => l.say("申请时贷款已还清", "the loan was repaid by the application"),
        Condition::LoanRightsOwned => l.say("借款人拥有全部质押权利", "the borrower owns every pledged right"),
        Condition::FirstPledge => l.say("首次质押", "a right is pledged for the first time"),
        Condition::RightMonthsLeftAtLeast(_) => l.say("权利剩余期限不少于", "the right runs for at least another"),
        Condition::NoOtherPublicFunding => l.say("同一费用未获其他财政资金", "no other public money for the same cost"),
        Condition::DateWithin { .. } => l.say("日期范围", "day"),
        Condition::AppliedWithinDays { .. } => l.say("申请期限", "applied within"),
        Condition::AppliedBy { .. } => l.say("申请不晚于", "applied by"),
        Condition::AppliedInWindow(_) => l.say("申报窗口", "applied in the window"),
        Condition::NotBlacklistedWithin(_) => l.say("近期无失信记录", "not blacklisted within"),
        Condition::FeeRateAtMost(_) => l.say("年化费率不超过", "the fee is at most"),
        Condition::LoanDaysAtLeast(_) => l.say("贷款使用不少于", "the loan was used for at least"),
        Condition::FigureAtLeast(..) => l.say("指标不低于", "figure at least"),
        Condition::FigureAtMost(..) => l.say("指标不超过", "figure at most"),
    }
}
