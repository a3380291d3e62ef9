//! The facts that commands bring and events keep: details of enterprises, rights, pledges, loans and costs.

use super::registry::{PledgeState, RightState};
use crate::calendar::{CivilDate, FiscalYear};
use crate::identifier::{
    BankCode, ContractNumber, District, InstitutionId, InvoiceNumber, LoanId, PersonId, PledgeRegistrationNumber,
    PoolId, PrincipalName, RegisteredText, RightId, RightKind, Sequence, Tag, Uscc,
};
use crate::money::{Amount, Rate};
use crate::rulebook::refusal::Bilingual;
use crate::rulebook::terms::{BlacklistGround, CostKind, InstitutionKind, SizeClass, codes};

/// An enterprise (企业) as registered.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct EnterpriseDetails {
    /// Unified social credit code (统一社会信用代码).
    pub uscc: Uscc,
    /// Registered name.
    pub name: String,
    /// Size class (企业划型).
    pub size_class: SizeClass,
    /// District (所属县区).
    pub district: District,
}

/// An institution (合作机构) as registered.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct InstitutionDetails {
    /// The ledger's short name for it, for example `icbc-hebi`.
    pub institution: InstitutionId,
    /// What it does in the scheme.
    pub kind: InstitutionKind,
    /// Registered name.
    pub name: String,
    /// Unified social credit code.
    pub uscc: Uscc,
    /// CNAPS code (大额支付行号), for banks.
    pub bank_code: Option<BankCode>,
}

/// An IP right (知识产权) as registered.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct IpRightDetails {
    /// Which right.
    pub right: RightId,
    /// Who owns it.
    pub owner: Uscc,
    /// Title or mark.
    pub title: String,
    /// Day of grant or registration.
    pub granted_on: CivilDate,
    /// Last day of protection.
    pub expires_on: CivilDate,
}

/// A status event of an IP right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum RightChange {
    /// 失效: for example an unpaid annual fee.
    Lapsed,
    /// 恢复.
    Restored,
    /// 宣告无效: as if it had never existed (Patent Law art. 47).
    Invalidated,
    /// 转移 to another owner.
    Transferred(Uscc),
}

/// Which pledge: registration numbers are unique per kind of right.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct PledgeKey {
    /// Kind of the pledged rights.
    pub kind: RightKind,
    /// CNIPA registration number (质押登记号).
    pub number: PledgeRegistrationNumber,
}

/// A pledge registration (质押登记). It exists from the day of registration (Civil Code art. 444).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PledgeDetails {
    /// Which pledge.
    pub pledge: PledgeKey,
    /// The creditor (质权人).
    pub pledgee: InstitutionId,
    /// The owner (出质人).
    pub pledgor: Uscc,
    /// The pledged rights, one or many, of one kind.
    pub rights: Vec<RightId>,
    /// The secured debt, in yuan.
    pub secured_amount: Amount,
    /// Last day of the pledge's term, if the registration names one.
    pub term_end: Option<CivilDate>,
}

/// A loan (质押贷款) as filed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LoanTerms {
    /// The lending bank.
    pub bank: InstitutionId,
    /// Contract number, unique per bank.
    pub contract: ContractNumber,
    /// The borrower.
    pub borrower: Uscc,
    /// Contract principal, in yuan.
    pub principal: Amount,
    /// The part of the principal secured by intellectual property, in yuan (知识产权部分).
    pub ip_part: Amount,
    /// Contract rate per year.
    pub annual_rate: Rate,
    /// Day the contract was signed.
    pub signed_on: CivilDate,
    /// Day the principal is due.
    pub matures_on: CivilDate,
    /// The pledges that secure it.
    pub pledges: Vec<PledgeKey>,
    /// The pool that shares its losses, if any.
    pub pool: Option<PoolId>,
}

/// What proves that a cost was paid (凭据).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum EvidenceKey {
    /// A VAT invoice (发票), unique over all enterprises, programmes and years.
    Invoice(InvoiceNumber),
    /// An interest payment that the bank recorded: the sequence of its entry.
    InterestPayment(Sequence),
    /// The certificate or decision that a lump sum is given for (证书, 文件), unique like an invoice.
    Document(RegisteredText),
}

/// A cost item (费用项) of an application.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CostItem {
    /// What kind of cost.
    pub item: CostKind,
    /// What was actually paid, in yuan.
    pub cost: Amount,
    /// The day it was paid.
    pub paid_on: CivilDate,
    /// What other public funds pay toward it, in yuan.
    pub other_public_funding: Amount,
    /// What proves it.
    pub evidence: EvidenceKey,
    /// The total of the invoice, in yuan; for a recorded payment its amount.
    pub evidence_total: Amount,
    /// The insured right, for a patent insurance.
    pub right: Option<RightId>,
    /// What only some rules ask for.
    pub details: CostDetails,
}

/// What only some rules ask of a cost; `None` where nobody stated it.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CostDetails {
    /// The loan that the cost belongs to, where it is not the application's.
    pub loan: Option<LoanId>,
    /// The standard premium of the insurance product (标准保费), in yuan.
    pub standard_premium: Option<Amount>,
    /// What a lump sum is given for (奖补事项), by the rulebook's word.
    pub occasion: Option<Tag>,
    /// How many units it is given for (件数).
    pub units: Option<u32>,
}

/// A blacklist entry (失信记录).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlacklistDetails {
    /// Who.
    pub enterprise: Uscc,
    /// Why.
    pub ground: BlacklistGround,
    /// Last day in force; `None` until lifted.
    pub until: Option<CivilDate>,
    /// The decision's document number.
    pub document: String,
}

/// State of a loan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LoanState {
    /// 已备案.
    Filed,
    /// 已放款: money is out, nothing repaid yet.
    Disbursed,
    /// 还款中.
    Repaying,
    /// 逾期.
    Overdue,
    /// 不良.
    NonPerforming,
    /// 已申请补偿.
    Claimed,
    /// 已补偿.
    Compensated,
    /// 追偿中.
    Recovering,
    /// 已结清.
    Settled,
    /// 已关闭.
    Closed,
    /// 已撤回: before disbursement.
    Withdrawn,
}
codes!(LoanState {
    Filed = "filed",
    Disbursed = "disbursed",
    Repaying = "repaying",
    Overdue = "overdue",
    NonPerforming = "non-performing",
    Claimed = "claimed",
    Compensated = "compensated",
    Recovering = "recovering",
    Settled = "settled",
    Closed = "closed",
    Withdrawn = "withdrawn",
});

/// State of a subsidy application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ApplicationState {
    /// 已申请: amount computed, budget reserved.
    Submitted,
    /// 已审核.
    Approved,
    /// 不予补助.
    Refused,
    /// 已撤回.
    Withdrawn,
    /// 已拨付.
    Paid,
    /// 追回中: demanded, not all received.
    ClawbackDemanded,
    /// 已追回: all that was demanded is received.
    ClawedBack,
    /// 待折算: approved, and waits for the closing run of its year.
    AwaitingClosing,
}
codes!(ApplicationState {
    Submitted = "submitted",
    Approved = "approved",
    Refused = "refused",
    Withdrawn = "withdrawn",
    Paid = "paid",
    ClawbackDemanded = "clawback-demanded",
    ClawedBack = "clawed-back",
    AwaitingClosing = "awaiting-closing",
});

/// State of a claim on a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClaimState {
    /// 审核中: submitted and under review, the pool's share set aside.
    UnderReview,
    /// 暂缓: the breaker tripped or the pool was short.
    Deferred,
    /// 已批准.
    Approved,
    /// 不予补偿.
    Refused,
    /// 已补偿.
    Paid,
    /// 追偿中: money came back.
    Recovering,
    /// 已关闭: written off.
    Closed,
}
codes!(ClaimState {
    UnderReview = "under-review",
    Deferred = "deferred",
    Approved = "approved",
    Refused = "refused",
    Paid = "paid",
    Recovering = "recovering",
    Closed = "closed",
});

/// The civil month that a period closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Month {
    /// Fiscal year.
    pub year: FiscalYear,
    /// 1 – 12.
    pub month: u8,
}

/// Whose business an entry is: decides who may see it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Concerns {
    /// The institution concerned.
    pub institution: Option<InstitutionId>,
    /// The enterprise concerned.
    pub enterprise: Option<Uscc>,
}

/// The role in which a caller acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Partner bank.
    Bank,
    /// Guarantor.
    Guarantor,
    /// Insurer.
    Insurer,
    /// Enterprise.
    Enterprise,
    /// Officer of the IP bureau or finance bureau: registers, submits, approves.
    Officer,
    /// Finance: budgets, pools, payments, periods.
    Finance,
    /// Auditor: reads everything, writes nothing.
    Auditor,
    /// Operator: rulebooks, institutions.
    Operator,
}
codes!(Role {
    Bank = "bank",
    Guarantor = "guarantor",
    Insurer = "insurer",
    Enterprise = "enterprise",
    Officer = "officer",
    Finance = "finance",
    Auditor = "auditor",
    Operator = "operator",
});

/// Who acts: a person, in a role, for an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The role.
    pub role: Role,
    /// The institution, for banks, guarantors and insurers.
    pub institution: Option<InstitutionId>,
    /// The enterprise, for enterprises.
    pub enterprise: Option<Uscc>,
    /// The natural person (or the bank's system account) who acts.
    pub person: PersonId,
    /// The person whose office it is, where the caller acts under a delegation (委托代办).
    pub on_behalf_of: Option<PersonId>,
    /// The name by which the caller proved itself; `None` for the development identity and for the ledger's own acts.
    pub principal: Option<PrincipalName>,
}

impl Caller {
    /// A caller of the public side, known by no certificate.
    pub const fn of_bureau(role: Role, person: PersonId) -> Self {
        Self { role, institution: None, enterprise: None, person, on_behalf_of: None, principal: None }
    }

    /// Whose hands act: the person, and the one that it acts for.
    pub fn hands(&self) -> Hands {
        Hands { person: self.person.clone(), on_behalf_of: self.on_behalf_of.clone() }
    }
}

/// Whose hands did something: what four eyes are counted by.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Hands {
    /// The person who acted.
    pub person: PersonId,
    /// The person whose office it was, where it was delegated.
    pub on_behalf_of: Option<PersonId>,
}

impl Hands {
    /// Everybody that the act counts as done by.
    pub fn people(&self) -> impl Iterator<Item = &PersonId> {
        std::iter::once(&self.person).chain(&self.on_behalf_of)
    }
}

/// What people call a state or a role, in both languages. The English name is its code.
pub trait Named: Copy {
    /// The name.
    fn name(self) -> Bilingual;
}

macro_rules! named {
    ($($name:ident { $($variant:ident = $zh:literal),+ $(,)? })+) => {
        $(impl Named for $name {
            fn name(self) -> Bilingual {
                Bilingual { en: self.code(), zh: match self { $(Self::$variant => $zh),+ } }
            }
        })+
    };
}

named! {
    LoanState {
        Filed = "已备案",
        Disbursed = "已放款",
        Repaying = "还款中",
        Overdue = "逾期",
        NonPerforming = "不良",
        Claimed = "已申请补偿",
        Compensated = "已补偿",
        Recovering = "追偿中",
        Settled = "已结清",
        Closed = "已关闭",
        Withdrawn = "已撤回",
    }
    ApplicationState {
        Submitted = "已申请",
        Approved = "已审核",
        Refused = "不予补助",
        Withdrawn = "已撤回",
        Paid = "已拨付",
        ClawbackDemanded = "追回中",
        ClawedBack = "已追回",
        AwaitingClosing = "待折算",
    }
    ClaimState {
        UnderReview = "审核中",
        Deferred = "暂缓",
        Approved = "已批准",
        Refused = "不予补偿",
        Paid = "已补偿",
        Recovering = "追偿中",
        Closed = "已关闭",
    }
    RightState {
        NotGranted = "未授权",
        InForce = "有效",
        Lapsed = "失效",
        Expired = "期满",
        Invalidated = "宣告无效",
    }
    PledgeState {
        Pending = "未生效",
        Active = "质押中",
        Released = "已注销",
        Ended = "期满",
        Void = "无效",
    }
    Role {
        Bank = "银行",
        Guarantor = "担保机构",
        Insurer = "保险机构",
        Enterprise = "企业",
        Officer = "审核人员",
        Finance = "财政人员",
        Auditor = "审计人员",
        Operator = "运维人员",
    }
    InstitutionKind {
        Bank = "银行",
        Guarantor = "担保机构",
        Insurer = "保险机构",
        Valuer = "评估机构",
    }
}
