//! Why a request was not taken: a closed list. A rejection leaves no trace in the ledger.

use crate::rulebook::refusal::Bilingual;
use crate::rulebook::terms::codes;

/// The name of a rejection, part of the API (`ErrorInfo.reason`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// A field's value is malformed or out of range.
    InvalidField,
    /// The caller has no identity.
    Unauthenticated,
    /// The caller's role or organisation may not do this. Said before existence is looked at.
    PermissionDenied,
    /// The request id was used before, with other content or by another caller.
    RequestIdReused,
    /// Nothing with this id is known, or it is not the caller's.
    EnterpriseUnknown,
    /// See `EnterpriseUnknown`.
    InstitutionUnknown,
    /// See `EnterpriseUnknown`.
    IpRightUnknown,
    /// See `EnterpriseUnknown`.
    PledgeUnknown,
    /// See `EnterpriseUnknown`.
    BlacklistEntryUnknown,
    /// See `EnterpriseUnknown`.
    LoanUnknown,
    /// See `EnterpriseUnknown`.
    ApplicationUnknown,
    /// See `EnterpriseUnknown`.
    ClaimUnknown,
    /// See `EnterpriseUnknown`.
    EvidenceUnknown,
    /// See `EnterpriseUnknown`.
    ProgrammeUnknown,
    /// See `EnterpriseUnknown`.
    PoolUnknown,
    /// See `EnterpriseUnknown`.
    BudgetUnknown,
    /// See `EnterpriseUnknown`.
    EntryUnknown,
    /// See `EnterpriseUnknown`.
    RulebookUnknown,
    /// The ledger does not remember this comparison of a statement: compare it again.
    ComparisonUnknown,
    /// It is registered already.
    AlreadyExists,
    /// The state of the loan, application, claim, pledge or right does not allow this.
    StateForbids,
    /// A date is in the future, before another date that it must follow, or outside a loan's life.
    DateOutOfRange,
    /// The effective date lies in a closed period.
    PeriodClosed,
    /// Something is open in the period that is to be closed.
    OpenItems,
    /// An amount is more than what there is.
    AmountExceeds,
    /// The approver is the submitter, or the payer one of them.
    SamePerson,
    /// The evidence's total, or what it belongs to, differs from what is recorded.
    EvidenceMismatch,
    /// A deferred claim is resumed out of order.
    OutOfOrder,
    /// No rulebook is in force on the date, or versions overlap.
    RulebookConflict,
    /// An amount does not keep to a standing limit of a rulebook in force.
    LimitBroken,
    /// The ledger was started without a key, so it signs no checkpoints.
    NoSigningKey,
    /// The caller's name is bound to a principal that was disabled.
    PrincipalDisabled,
    /// The caller's institution was disabled.
    InstitutionDisabled,
    /// See `EnterpriseUnknown`.
    PrincipalUnknown,
    /// See `EnterpriseUnknown`.
    DelegationUnknown,
    /// The caller asks more often, or for more at a time, than it may.
    RateLimited,
    /// The queue is full.
    QueueFull,
    /// The caller's deadline had passed before the request was decided.
    DeadlineExceeded,
    /// The store failed; the outcome is unknown.
    Unavailable,
}
codes!(Reason {
    InvalidField = "INVALID_FIELD",
    Unauthenticated = "UNAUTHENTICATED",
    PermissionDenied = "PERMISSION_DENIED",
    RequestIdReused = "REQUEST_ID_REUSED",
    EnterpriseUnknown = "ENTERPRISE_UNKNOWN",
    InstitutionUnknown = "INSTITUTION_UNKNOWN",
    IpRightUnknown = "IP_RIGHT_UNKNOWN",
    PledgeUnknown = "PLEDGE_UNKNOWN",
    BlacklistEntryUnknown = "BLACKLIST_ENTRY_UNKNOWN",
    LoanUnknown = "LOAN_UNKNOWN",
    ApplicationUnknown = "APPLICATION_UNKNOWN",
    ClaimUnknown = "CLAIM_UNKNOWN",
    EvidenceUnknown = "EVIDENCE_UNKNOWN",
    ProgrammeUnknown = "PROGRAMME_UNKNOWN",
    PoolUnknown = "POOL_UNKNOWN",
    BudgetUnknown = "BUDGET_UNKNOWN",
    EntryUnknown = "ENTRY_UNKNOWN",
    RulebookUnknown = "RULEBOOK_UNKNOWN",
    ComparisonUnknown = "COMPARISON_UNKNOWN",
    AlreadyExists = "ALREADY_EXISTS",
    StateForbids = "STATE_FORBIDS",
    DateOutOfRange = "DATE_OUT_OF_RANGE",
    PeriodClosed = "PERIOD_CLOSED",
    OpenItems = "OPEN_ITEMS",
    AmountExceeds = "AMOUNT_EXCEEDS",
    SamePerson = "SAME_PERSON",
    EvidenceMismatch = "EVIDENCE_MISMATCH",
    OutOfOrder = "OUT_OF_ORDER",
    RulebookConflict = "RULEBOOK_CONFLICT",
    LimitBroken = "LIMIT_BROKEN",
    NoSigningKey = "NO_SIGNING_KEY",
    PrincipalDisabled = "PRINCIPAL_DISABLED",
    InstitutionDisabled = "INSTITUTION_DISABLED",
    PrincipalUnknown = "PRINCIPAL_UNKNOWN",
    DelegationUnknown = "DELEGATION_UNKNOWN",
    RateLimited = "RATE_LIMITED",
    QueueFull = "QUEUE_FULL",
    DeadlineExceeded = "DEADLINE_EXCEEDED",
    Unavailable = "UNAVAILABLE",
});

/// What a rejection means for the caller, as a gRPC status code's name; `server::status` maps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// The request is wrong, whatever the state: mend it.
    InvalidArgument,
    /// No identity.
    Unauthenticated,
    /// Not allowed.
    PermissionDenied,
    /// Unknown.
    NotFound,
    /// Known already.
    AlreadyExists,
    /// The state does not allow it now.
    FailedPrecondition,
    /// Too much at once: retry later with the same request id.
    ResourceExhausted,
    /// Too late: retry with the same request id.
    DeadlineExceeded,
    /// Outcome unknown: retry with the same request id.
    Unavailable,
}

impl Reason {
    /// The class, without a default arm: a new reason must be classed.
    pub const fn class(self) -> Class {
        match self {
            Self::InvalidField => Class::InvalidArgument,
            Self::Unauthenticated => Class::Unauthenticated,
            Self::PermissionDenied | Self::PrincipalDisabled | Self::InstitutionDisabled => Class::PermissionDenied,
            Self::EnterpriseUnknown
            | Self::InstitutionUnknown
            | Self::IpRightUnknown
            | Self::PledgeUnknown
            | Self::BlacklistEntryUnknown
            | Self::LoanUnknown
            | Self::ApplicationUnknown
            | Self::ClaimUnknown
            | Self::EvidenceUnknown
            | Self::ProgrammeUnknown
            | Self::PoolUnknown
            | Self::BudgetUnknown
            | Self::EntryUnknown
            | Self::ComparisonUnknown
            | Self::RulebookUnknown
            | Self::PrincipalUnknown
            | Self::DelegationUnknown => Class::NotFound,
            Self::AlreadyExists | Self::RequestIdReused => Class::AlreadyExists,
            Self::StateForbids
            | Self::DateOutOfRange
            | Self::PeriodClosed
            | Self::OpenItems
            | Self::AmountExceeds
            | Self::SamePerson
            | Self::EvidenceMismatch
            | Self::OutOfOrder
            | Self::RulebookConflict
            | Self::LimitBroken
            | Self::NoSigningKey => Class::FailedPrecondition,
            Self::RateLimited | Self::QueueFull => Class::ResourceExhausted,
            Self::DeadlineExceeded => Class::DeadlineExceeded,
            Self::Unavailable => Class::Unavailable,
        }
    }

    /// Whether the same request, unchanged and with the same id, may succeed later.
    pub const fn retryable(self) -> bool {
        matches!(self, Self::RateLimited | Self::QueueFull | Self::DeadlineExceeded | Self::Unavailable)
    }

    /// One sentence in both languages, without the particulars.
    pub const fn meaning(self) -> Bilingual {
        let (en, zh) = match self {
            Self::InvalidField => ("a field is malformed or out of range", "字段格式或取值不正确"),
            Self::Unauthenticated => ("the caller did not prove who it is", "未能确认访问者身份"),
            Self::PermissionDenied => ("the caller may not do this", "无权进行此操作"),
            Self::RequestIdReused => ("the request id was used for another request", "该请求编号已用于其他请求"),
            Self::EnterpriseUnknown => ("the enterprise is unknown", "未找到该企业"),
            Self::InstitutionUnknown => ("the institution is unknown", "未找到该机构"),
            Self::IpRightUnknown => ("the IP right is unknown", "未找到该知识产权"),
            Self::PledgeUnknown => ("the pledge is unknown", "未找到该质押登记"),
            Self::BlacklistEntryUnknown => ("the blacklist entry is unknown", "未找到该失信记录"),
            Self::LoanUnknown => ("the loan is unknown", "未找到该贷款"),
            Self::ApplicationUnknown => ("the application is unknown", "未找到该申请"),
            Self::ClaimUnknown => ("the claim is unknown", "未找到该补偿申请"),
            Self::EvidenceUnknown => ("the evidence is unknown", "未找到该凭据"),
            Self::ProgrammeUnknown => ("the programme is unknown", "未找到该补助项目"),
            Self::PoolUnknown => ("the pool is unknown", "未找到该资金池"),
            Self::BudgetUnknown => ("the budget line is unknown", "未找到该预算指标"),
            Self::EntryUnknown => ("the entry is unknown", "未找到该分录"),
            Self::RulebookUnknown => ("the rulebook is unknown", "未找到该办法"),
            Self::ComparisonUnknown => ("the comparison is not remembered", "对账结果已失效，请重新对账"),
            Self::AlreadyExists => ("it is registered already", "已登记，不能重复登记"),
            Self::StateForbids => ("its state does not allow this", "当前状态不允许此操作"),
            Self::DateOutOfRange => ("a date is out of range", "日期超出允许范围"),
            Self::PeriodClosed => ("the accounting period is closed", "会计期间已结账"),
            Self::OpenItems => ("something is open in the period", "会计期间内尚有未处理事项"),
            Self::AmountExceeds => ("the amount is more than there is", "金额超出可用数额"),
            Self::SamePerson => ("another person must do this", "须由另一人办理"),
            Self::EvidenceMismatch => ("the evidence differs from what is recorded", "凭据与已登记信息不一致"),
            Self::OutOfOrder => ("an earlier claim comes first", "须先处理更早的申请"),
            Self::RulebookConflict => ("rulebook versions conflict", "办法版本冲突或当日无有效办法"),
            Self::LimitBroken => ("the amount does not keep to a limit of the rulebook", "金额不符合办法规定的限制"),
            Self::NoSigningKey => ("the ledger signs no checkpoints", "本账本未配置签名密钥，不签发检查点"),
            Self::PrincipalDisabled => ("the caller is disabled", "访问主体已停用"),
            Self::InstitutionDisabled => ("the caller's institution is disabled", "所属机构已停用"),
            Self::PrincipalUnknown => ("the principal is unknown", "未找到该访问主体"),
            Self::DelegationUnknown => ("the delegation is unknown", "未找到该委托"),
            Self::RateLimited => ("the caller asks for too much at once", "请求过于频繁，请稍后重试"),
            Self::QueueFull => ("the ledger is busy", "系统繁忙，请稍后重试"),
            Self::DeadlineExceeded => ("the deadline has passed", "已超过请求时限"),
            Self::Unavailable => ("the ledger is unavailable, the outcome is unknown", "系统暂不可用，处理结果未知"),
        };
        Bilingual { en, zh }
    }
}

/// A request that was not taken, with the field, the value and what was expected. Nothing was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// Which rejection.
    pub reason: Reason,
    /// The particulars, field by field; at least one for `InvalidField`.
    pub violations: Vec<Violation>,
}

/// One particular of a rejection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The request's field, for example `items[2].cost`; empty where no field is to blame.
    pub field: String,
    /// What is wrong with which value, and what was expected; English.
    pub problem: String,
    /// The same in Chinese.
    pub problem_zh: String,
}

impl Rejection {
    /// A rejection about one field.
    pub fn new(
        reason: Reason,
        field: impl Into<String>,
        problem: impl Into<String>,
        problem_zh: impl Into<String>,
    ) -> Self {
        let violation = Violation { field: field.into(), problem: problem.into(), problem_zh: problem_zh.into() };
        Self { reason, violations: vec![violation] }
    }

    /// A rejection for which the reason says everything.
    pub const fn plain(reason: Reason) -> Self {
        Self { reason, violations: Vec::new() }
    }
}

impl std::fmt::Display for Rejection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.reason.meaning().en)?;
        for violation in &self.violations {
            if violation.field.is_empty() {
                write!(f, ": {}", violation.problem)?;
            } else {
                write!(f, ": {}: {}", violation.field, violation.problem)?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Rejection {}
