//! What whoever was rejected or refused can do about it: the field to look at, the remedy, and whether to try again.
//!
//! No default arm anywhere: a new reason must say all of it. `docs/reasons.md` is made from this and compared with it by
//! a test.

use crate::decide::rejection::Reason;
use crate::rulebook::refusal::{Bilingual, Refusal};

/// When a request may be sent again, and under which id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Retry {
    /// Unchanged, with the same request id, after the pause that `RetryInfo` names: a program may do so by itself.
    Same,
    /// Unchanged, once something else has changed. Nothing was recorded, so the request id is still unused.
    Later,
    /// Only mended. Nothing was recorded, so the request id is still unused.
    Mended,
    /// Only with a new request id: the id was used.
    NewId,
    /// A decision that is recorded, under this request id for ever. Once the cause is gone: another request, a new id.
    Decided,
    /// A decision that is recorded and waits (暂缓). The claim is resumed in its turn; it is not submitted again.
    Resumed,
}

impl Retry {
    /// Every value, in the order of declaration.
    pub const ALL: &'static [Self] =
        &[Self::Same, Self::Later, Self::Mended, Self::NewId, Self::Decided, Self::Resumed];

    /// The stable text of this value.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Later => "later",
            Self::Mended => "mended",
            Self::NewId => "new-id",
            Self::Decided => "decided",
            Self::Resumed => "resumed",
        }
    }

    /// One sentence in both languages.
    pub const fn meaning(self) -> Bilingual {
        let (en, zh) = match self {
            Self::Same => (
                "send the same bytes again with the same request id, after the pause in `RetryInfo`; a program may do so \
                 by itself",
                "按 RetryInfo 所示间隔，用同一请求编号原样重发；可由程序自动进行",
            ),
            Self::Later => (
                "the request may be in order later, once something else has changed; the request id is unused",
                "待其他情况变化后可原样重发；请求编号未被占用",
            ),
            Self::Mended => {
                ("only a mended request can succeed; the request id is unused", "须更正后再提交；请求编号未被占用")
            }
            Self::NewId => ("take a new request id", "请使用新的请求编号"),
            Self::Decided => (
                "the decision is recorded, and the same request id gets it again for ever; ask anew under a new id once \
                 the cause is gone",
                "该决定已登记，同一请求编号始终得到同一答复；原因消除后用新的请求编号重新提交",
            ),
            Self::Resumed => (
                "the decision is recorded and waits; `ResumeClaim` takes it up again, in order",
                "已登记并暂缓，由 ResumeClaim 按顺序恢复",
            ),
        };
        Bilingual { en, zh }
    }
}

impl Reason {
    /// When the request may be sent again.
    pub const fn retry(self) -> Retry {
        match self {
            Self::RateLimited | Self::QueueFull | Self::DeadlineExceeded | Self::Unavailable => Retry::Same,
            Self::RequestIdReused => Retry::NewId,
            Self::Unauthenticated
            | Self::PermissionDenied
            | Self::PrincipalDisabled
            | Self::InstitutionDisabled
            | Self::StateForbids
            | Self::OpenItems
            | Self::SamePerson
            | Self::OutOfOrder
            | Self::RulebookConflict
            | Self::NoSigningKey
            | Self::AmountExceeds => Retry::Later,
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
            | Self::RulebookUnknown
            | Self::ComparisonUnknown
            | Self::PrincipalUnknown
            | Self::DelegationUnknown
            | Self::InvalidField
            | Self::AlreadyExists
            | Self::DateOutOfRange
            | Self::PeriodClosed
            | Self::EvidenceMismatch
            | Self::LimitBroken => Retry::Mended,
        }
    }

    /// The request's field that the violation names; `*` where it is whichever field is wrong, empty where none is.
    pub const fn field(self) -> &'static str {
        match self {
            Self::InvalidField | Self::StateForbids | Self::AlreadyExists | Self::DateOutOfRange => "*",
            Self::RequestIdReused => "request_id",
            Self::EnterpriseUnknown => "enterprise, uscc, borrower, owner, pledgor",
            Self::InstitutionUnknown => "institution_id, bank_id, pledgee_id, items[].payee_id",
            Self::IpRightUnknown => "right, rights[]",
            Self::PledgeUnknown => "registration_number, pledges[]",
            Self::BlacklistEntryUnknown => "blacklist_sequence",
            Self::LoanUnknown => "loan_id",
            Self::ApplicationUnknown => "application_id",
            Self::ClaimUnknown | Self::OutOfOrder => "claim_id",
            Self::EvidenceUnknown => "items[].interest_payment_sequence",
            Self::EvidenceMismatch => "items[].invoice, items[].paid_on",
            Self::ProgrammeUnknown => "programme_id",
            Self::PoolUnknown => "pool_id",
            Self::BudgetUnknown => "budget_line_id",
            Self::EntryUnknown => "sequence",
            Self::RulebookUnknown => "rulebook_id, version",
            Self::ComparisonUnknown => "comparison_id",
            Self::PeriodClosed => "effective_date",
            Self::OpenItems => "month, year",
            Self::AmountExceeds | Self::LimitBroken => "amount",
            Self::SamePerson => "application_id, claim_id, principal, to",
            Self::RulebookConflict => "text, effective_date",
            Self::PrincipalUnknown => "principal",
            Self::DelegationUnknown => "delegation_sequence",
            Self::Unauthenticated
            | Self::PermissionDenied
            | Self::NoSigningKey
            | Self::PrincipalDisabled
            | Self::InstitutionDisabled
            | Self::RateLimited
            | Self::QueueFull
            | Self::DeadlineExceeded
            | Self::Unavailable => "",
        }
    }

    /// What the caller can do about it.
    #[expect(clippy::too_many_lines, reason = "a table: one arm for each reason")]
    pub const fn remedy(self) -> Bilingual {
        if let Some(remedy) = remedy_of_standing(self) {
            return remedy;
        }
        let (en, zh) = match self {
            Self::InvalidField => (
                "mend each field that `BadRequest` names; it says the value and what was expected",
                "按 BadRequest 逐项更正：其中写明所给取值和应有取值",
            ),
            Self::RequestIdReused => (
                "take a new id for a new request; to get the old answer, send exactly the old request: the message names \
                 the field that differs where the old request was your own",
                "新的请求请用新的编号；要取回原答复，请原样重发原请求。原请求属于本方时，答复写明不同的字段",
            ),
            Self::BlacklistEntryUnknown | Self::EntryUnknown | Self::DelegationUnknown => {
                ("look its sequence up by the list RPC, and check the caller", "请用列表接口查询序号，并核对调用方身份")
            }
            Self::EnterpriseUnknown | Self::IpRightUnknown | Self::PledgeUnknown => (
                "register it first, or mend the id; what is not the caller's is unknown too",
                "请先登记，或更正编号；无权查看者同样显示为未找到",
            ),
            Self::InstitutionUnknown | Self::PrincipalUnknown => {
                ("mend the id, or ask the bureau to register it", "请更正编号，或请主管部门登记")
            }
            Self::LoanUnknown | Self::ApplicationUnknown | Self::ClaimUnknown => (
                "mend the id; the answer to the filing named it, and what is not the caller's is unknown too",
                "请更正编号：备案答复中已给出；无权查看者同样显示为未找到",
            ),
            Self::EvidenceUnknown => (
                "name an invoice or a recorded interest payment of this loan",
                "请填写发票，或该笔贷款已登记的付息记录",
            ),
            Self::ProgrammeUnknown | Self::PoolUnknown | Self::BudgetUnknown | Self::RulebookUnknown => (
                "take a name that the rulebook in force gives (`GetRulebook`)",
                "请使用现行办法中的名称（GetRulebook）",
            ),
            Self::ComparisonUnknown => ("compare the statement again, then sign off", "请重新对账后再签认"),
            Self::AlreadyExists => (
                "nothing is missing: read what is registered; to change it use the RPC for changes",
                "无须重复登记：请查询已登记信息；如需变更请用相应变更接口",
            ),
            Self::StateForbids => (
                "read its state; the message says which states allow it and what comes first",
                "请查询当前状态：答复写明允许的状态和须先办理的事项",
            ),
            Self::DateOutOfRange => {
                ("mend the date; the message says between which days", "请更正日期：答复写明允许范围")
            }
            Self::PeriodClosed => (
                "set `book_late` to have it in the first open month, or mend the date",
                "将 book_late 设为 true 记入首个未结账月份，或更正日期",
            ),
            Self::OpenItems => (
                "decide what is open, or close over it with a reason; see the message",
                "请先处理未决事项，或说明理由后结账；见答复",
            ),
            Self::AmountExceeds => {
                ("the message says how much there is; ask for that at most", "答复写明可用数额，请勿超出")
            }
            Self::SamePerson => ("have another person do it", "请由另一人办理"),
            Self::EvidenceMismatch => (
                "mend what the message compares: the invoice's total, its owner or its loan",
                "请更正答复中对照的内容：发票总额、所属企业或贷款",
            ),
            Self::OutOfOrder => ("resume the earlier claim first", "请先恢复更早的申请"),
            Self::RulebookConflict => (
                "adopt a rulebook for the day, or give the text a higher version or a later first day",
                "请启用当日有效的办法，或提高版本号、推后起始日",
            ),
            Self::LimitBroken => {
                ("keep to the limit that the message cites with its clause", "请遵守答复所引条款的限额")
            }
            Self::NoSigningKey => (
                "the operator makes a key with `ipledger key new` and starts the ledger with `--key`",
                "由运维人员用 ipledger key new 生成密钥，并以 --key 启动账本",
            ),
            Self::Unauthenticated
            | Self::PermissionDenied
            | Self::PrincipalDisabled
            | Self::InstitutionDisabled
            | Self::RateLimited
            | Self::QueueFull
            | Self::DeadlineExceeded
            | Self::Unavailable => ("", ""),
        };
        Bilingual { en, zh }
    }
}

/// The remedies that are about the caller and the ledger, not about the request.
const fn remedy_of_standing(reason: Reason) -> Option<Bilingual> {
    let (en, zh) = match reason {
        Reason::Unauthenticated => (
            "show a client certificate or a bearer token that is in force; `ipledger whoami` says who you are",
            "请出示有效的客户端证书或令牌；可用 ipledger whoami 查看身份",
        ),
        Reason::PermissionDenied => {
            ("have somebody in a role that may; the message names the roles", "请由有权角色办理：答复列明角色")
        }
        Reason::PrincipalDisabled => ("ask the operator to enable the principal", "请联系运维人员启用该主体"),
        Reason::InstitutionDisabled => ("ask the bureau to enable the institution", "请联系主管部门启用该机构"),
        Reason::RateLimited => (
            "wait as long as `RetryInfo` says, then send the same request; send less at once",
            "按 RetryInfo 所示时间等待后原样重发，并降低频率",
        ),
        Reason::QueueFull => ("wait a second, then send the same request", "请等待一秒后原样重发"),
        Reason::DeadlineExceeded => (
            "send the same request with a longer deadline; if it was recorded, the answer is that of the first time",
            "请延长时限后原样重发；如已登记，将得到首次的答复",
        ),
        Reason::Unavailable => (
            "send the same request again with growing pauses: nothing is recorded twice",
            "请逐渐拉长间隔原样重发：不会重复登记",
        ),
        Reason::InvalidField
        | Reason::RequestIdReused
        | Reason::EnterpriseUnknown
        | Reason::InstitutionUnknown
        | Reason::IpRightUnknown
        | Reason::PledgeUnknown
        | Reason::BlacklistEntryUnknown
        | Reason::LoanUnknown
        | Reason::ApplicationUnknown
        | Reason::ClaimUnknown
        | Reason::EvidenceUnknown
        | Reason::ProgrammeUnknown
        | Reason::PoolUnknown
        | Reason::BudgetUnknown
        | Reason::EntryUnknown
        | Reason::RulebookUnknown
        | Reason::ComparisonUnknown
        | Reason::AlreadyExists
        | Reason::StateForbids
        | Reason::DateOutOfRange
        | Reason::PeriodClosed
        | Reason::OpenItems
        | Reason::AmountExceeds
        | Reason::SamePerson
        | Reason::EvidenceMismatch
        | Reason::OutOfOrder
        | Reason::RulebookConflict
        | Reason::LimitBroken
        | Reason::NoSigningKey
        | Reason::PrincipalUnknown
        | Reason::DelegationUnknown => return None,
    };
    Some(Bilingual { en, zh })
}

impl Refusal {
    /// When it may be asked again.
    pub const fn retry(self) -> Retry {
        if self.defers() { Retry::Resumed } else { Retry::Decided }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_remedy_and_a_retry_that_agrees_with_what_programs_are_told() {
        for &reason in Reason::ALL {
            let Bilingual { en, zh } = reason.remedy();
            assert!(!en.is_empty() && !zh.is_empty(), "{reason}");
            assert_eq!(reason.retry() == Retry::Same, reason.retryable(), "{reason}");
        }
        for &refusal in Refusal::ALL {
            assert!(!refusal.remedy().en.is_empty() && !refusal.remedy().zh.is_empty(), "{refusal}");
            assert_eq!(refusal.retry() == Retry::Resumed, refusal.defers(), "{refusal}");
        }
    }
}
