//! Why a decision refused, reduced or deferred: the closed list of business reasons.
//!
//! A refusal is a decision of the scheme about a well-formed request. It is recorded as an entry, because people
//! appeal such decisions. It is not a rejection (`decide::Rejection`), which leaves no trace.

use super::terms::codes;

/// The reason of a refused or deferred decision. Names are part of the API (`reason`) and of the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    /// The enterprise is on the blacklist on the effective date (失信).
    EnterpriseBlacklisted,
    /// A right of the pledge is under another active pledge (重复质押).
    RightAlreadyPledged,
    /// A right is not in force on the effective date: lapsed, expired, invalidated or not yet granted.
    RightNotInForce,
    /// A right is not owned by the pledgor.
    RightNotOwned,
    /// The rule does not cover this kind of cost.
    ItemNotCovered,
    /// A condition of the rule is not met; the failed step of the explanation says which.
    NotEligible,
    /// The evidence (invoice, recorded payment) has been used up to its amount.
    EvidenceUsedUp,
    /// Other public money already covers the cost.
    OtherFundingCovers,
    /// The cap of one cost item is used up.
    ItemCapUsedUp,
    /// The cap of the loan is used up.
    LoanCapUsedUp,
    /// The joint cap over several cost items is used up.
    JointCapUsedUp,
    /// The enterprise's cap of the year is used up.
    YearCapUsedUp,
    /// The enterprise's lifetime cap is used up.
    LifetimeCapUsedUp,
    /// The benefit is given once, and was given before.
    AlreadyGranted,
    /// The budget line of the year has nothing left.
    BudgetUsedUp,
    /// The pool's exposure would exceed its leverage limit.
    PoolLeverageExceeded,
    /// The pool does not cover this loan or loss.
    LossNotCovered,
    /// The loan has not been overdue for long enough.
    NotOverdueLongEnough,
    /// The bank's loss ratio of the year is above the breaker: the claim waits (暂缓补偿).
    BreakerTripped,
    /// The pool's free balance does not cover its share: the claim waits.
    PoolShort,
    /// The rule needs a fact that is not known, such as the mode of the loan (缺少判断依据).
    FactMissing,
    /// Of several that exclude each other, another one was taken (择一享受).
    NotChosen,
    /// All public money together has reached its ceiling (财政资金合计上限).
    CeilingReached,
    /// The bank's cap of the year is used up.
    BankYearCapUsedUp,
    /// The programme's cap of the year is used up.
    ProgrammeYearCapUsedUp,
    /// No reference rate is known for the day that the rule names (缺少参考利率).
    ReferenceRateMissing,
    /// The cap of the institution that is paid is used up for the year.
    PayeeYearCapUsedUp,
}
codes!(Refusal {
    EnterpriseBlacklisted = "ENTERPRISE_BLACKLISTED",
    RightAlreadyPledged = "RIGHT_ALREADY_PLEDGED",
    RightNotInForce = "RIGHT_NOT_IN_FORCE",
    RightNotOwned = "RIGHT_NOT_OWNED",
    ItemNotCovered = "ITEM_NOT_COVERED",
    NotEligible = "NOT_ELIGIBLE",
    EvidenceUsedUp = "EVIDENCE_USED_UP",
    OtherFundingCovers = "OTHER_FUNDING_COVERS",
    ItemCapUsedUp = "ITEM_CAP_USED_UP",
    LoanCapUsedUp = "LOAN_CAP_USED_UP",
    JointCapUsedUp = "JOINT_CAP_USED_UP",
    YearCapUsedUp = "YEAR_CAP_USED_UP",
    LifetimeCapUsedUp = "LIFETIME_CAP_USED_UP",
    AlreadyGranted = "ALREADY_GRANTED",
    BudgetUsedUp = "BUDGET_USED_UP",
    PoolLeverageExceeded = "POOL_LEVERAGE_EXCEEDED",
    LossNotCovered = "LOSS_NOT_COVERED",
    NotOverdueLongEnough = "NOT_OVERDUE_LONG_ENOUGH",
    BreakerTripped = "BREAKER_TRIPPED",
    PoolShort = "POOL_SHORT",
    FactMissing = "FACT_MISSING",
    NotChosen = "NOT_CHOSEN",
    CeilingReached = "CEILING_REACHED",
    BankYearCapUsedUp = "BANK_YEAR_CAP_USED_UP",
    ProgrammeYearCapUsedUp = "PROGRAMME_YEAR_CAP_USED_UP",
    ReferenceRateMissing = "REFERENCE_RATE_MISSING",
    PayeeYearCapUsedUp = "PAYEE_YEAR_CAP_USED_UP",
});

/// A short text in both languages of the scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bilingual {
    /// English.
    pub en: &'static str,
    /// Chinese (简体).
    pub zh: &'static str,
}

impl Refusal {
    /// What happened, in one sentence.
    pub const fn meaning(self) -> Bilingual {
        let (en, zh) = match self {
            Self::EnterpriseBlacklisted => ("the enterprise is on the blacklist", "企业列入失信名单"),
            Self::RightAlreadyPledged => ("a right is already under an active pledge", "知识产权已在质押中"),
            Self::RightNotInForce => ("a right is not in force on this date", "知识产权在该日不处于有效状态"),
            Self::RightNotOwned => ("a right does not belong to the pledgor", "知识产权不属于出质人"),
            Self::ItemNotCovered => ("the rule does not cover this kind of cost", "该费用项不在补助范围内"),
            Self::NotEligible => ("a condition of the rule is not met", "不符合规定条件"),
            Self::EvidenceUsedUp => ("the invoice or payment has been used up", "该凭据金额已全部使用"),
            Self::OtherFundingCovers => ("other public money already covers it", "其他财政资金已覆盖该费用"),
            Self::ItemCapUsedUp => ("the cap of this cost item is used up", "该费用项限额已用完"),
            Self::LoanCapUsedUp => ("the cap of this loan is used up", "该笔贷款限额已用完"),
            Self::JointCapUsedUp => ("the joint cap is used up", "合并限额已用完"),
            Self::YearCapUsedUp => ("this year's cap is used up", "本年度限额已用完"),
            Self::LifetimeCapUsedUp => ("the lifetime cap is used up", "累计限额已用完"),
            Self::AlreadyGranted => ("this one-off benefit was granted before", "该项一次性补助已享受"),
            Self::BudgetUsedUp => ("the budget of the year is used up", "本年度预算已用完"),
            Self::PoolLeverageExceeded => ("the pool's leverage limit is reached", "资金池已达放大倍数上限"),
            Self::LossNotCovered => ("the pool does not cover this loss", "该损失不在资金池补偿范围内"),
            Self::NotOverdueLongEnough => ("the loan is not overdue long enough", "贷款逾期天数不足"),
            Self::BreakerTripped => {
                ("the bank's loss ratio of the year is above the limit", "该银行本年度损失率超过熔断线")
            }
            Self::PoolShort => ("the pool's free balance is too small", "资金池可用余额不足"),
            Self::FactMissing => ("a fact that the rule needs is not known", "缺少判断所需的依据"),
            Self::NotChosen => ("another one was taken, and only one can be", "已择一享受其他项目"),
            Self::CeilingReached => ("all public money together has reached its ceiling", "各级财政资金合计已达上限"),
            Self::BankYearCapUsedUp => ("the bank's cap of the year is used up", "该银行年度限额已用完"),
            Self::ProgrammeYearCapUsedUp => ("the programme's cap of the year is used up", "项目年度限额已用完"),
            Self::ReferenceRateMissing => {
                ("no reference rate is known for the day that the rule names", "规定日期的参考利率未登记")
            }
            Self::PayeeYearCapUsedUp => {
                ("the yearly cap of the institution that is paid is used up", "该机构年度限额已用完")
            }
        };
        Bilingual { en, zh }
    }

    /// What the affected party can do about it.
    pub const fn remedy(self) -> Bilingual {
        let (en, zh) = match self {
            Self::EnterpriseBlacklisted => (
                "ask the authority that made the entry to lift it, then submit again",
                "向作出认定的部门申请信用修复后重新提交",
            ),
            Self::RightAlreadyPledged => {
                ("release the earlier pledge first, or pledge another right", "先办理原质押注销，或更换质押标的")
            }
            Self::RightNotInForce => ("restore the right or pledge another one", "恢复权利或更换知识产权后重新提交"),
            Self::RightNotOwned => ("record the transfer of the right first", "先办理权利转移登记"),
            Self::ItemNotCovered => ("submit the kinds of cost that the rule names", "请按办法列明的费用项提交"),
            Self::NotEligible | Self::LossNotCovered => {
                ("see the failed step of the explanation", "请查看说明中未通过的步骤")
            }
            Self::EvidenceUsedUp => ("submit another invoice that was not used", "请提交未使用过的发票或凭据"),
            Self::OtherFundingCovers => ("nothing is left to subsidise", "该费用已无可补助余额"),
            Self::ItemCapUsedUp | Self::LoanCapUsedUp | Self::JointCapUsedUp | Self::LifetimeCapUsedUp => {
                ("nothing more can be granted under this cap", "该限额内不能再获补助")
            }
            Self::YearCapUsedUp => {
                ("costs paid in another year count toward that year", "其他年度支付的费用计入相应年度")
            }
            Self::AlreadyGranted => ("the benefit is given once", "该补助仅享受一次"),
            Self::BudgetUsedUp => ("wait for an additional appropriation and submit again", "待追加预算后重新提交"),
            Self::PoolLeverageExceeded => {
                ("wait for repayments or a contribution to the pool", "待贷款归还或资金池增资后再备案")
            }
            Self::NotOverdueLongEnough => ("claim again when the limit has passed", "逾期天数满足后再申请"),
            Self::BreakerTripped => ("the claim resumes in order when the ratio falls", "损失率回落后按顺序恢复补偿"),
            Self::PoolShort => ("the claim resumes in order when the pool is refilled", "资金池补足后按顺序恢复补偿"),
            Self::FactMissing => (
                "see the failed step of the explanation for what is missing, have it recorded, and submit again",
                "请查看说明中未通过的步骤，补录所缺依据后重新提交",
            ),
            Self::NotChosen => ("withdraw the other one first, or leave it at that", "如需改选，请先撤回已享受的项目"),
            Self::CeilingReached => ("nothing more can be paid for this loss or cost", "该损失或费用不能再获财政资金"),
            Self::BankYearCapUsedUp | Self::ProgrammeYearCapUsedUp | Self::PayeeYearCapUsedUp => {
                ("nothing more can be granted under this cap in the year", "本年度该限额内不能再获补助")
            }
            Self::ReferenceRateMissing => (
                "have the point of the series recorded (`ipledger rate record`), and submit again",
                "请登记相应的参考利率后重新提交",
            ),
        };
        Bilingual { en, zh }
    }

    /// Whether the decision waits (暂缓) instead of being refused for good.
    pub const fn defers(self) -> bool {
        matches!(self, Self::BreakerTripped | Self::PoolShort)
    }
}
