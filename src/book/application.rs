//! Subsidy applications and the evidence they use.

use super::account::Account;
use super::nouns::{ApplicationState, CostItem, EvidenceKey, Hands};
use crate::calendar::{CivilDate, FiscalYear};
use crate::identifier::{ApplicationId, BudgetLineId, InstitutionId, LoanId, ProgrammeId, Sequence, Uscc};
use crate::money::Amount;
use crate::rulebook::RulebookRef;
use crate::rulebook::facts::{CapKey, WideKey};
use crate::rulebook::refusal::Refusal;
use crate::rulebook::terms::CostKind;

/// A subsidy application (补助申请). Its explanation stays in the entry that created it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Application {
    /// Who applied.
    pub enterprise: Uscc,
    /// Under which programme.
    pub programme: ProgrammeId,
    /// Of which version.
    pub rulebook: RulebookRef,
    /// For which loan.
    pub loan: Option<LoanId>,
    /// Where it stands.
    pub state: ApplicationState,
    /// What its cost items got.
    pub lines: Vec<ApplicationLineState>,
    /// Sum of the awards, in yuan.
    pub granted: Amount,
    /// Where the money comes from.
    pub budget: (BudgetLineId, FiscalYear),
    /// Why it was refused at once, if it was.
    pub refusal: Option<Refusal>,
    /// Day of application.
    pub submitted_on: CivilDate,
    /// Who submitted.
    pub submitted_by: Hands,
    /// Day of the approval and whose hands gave it.
    pub approved: Option<(CivilDate, Hands)>,
    /// Day and reference of the payment.
    pub paid: Option<(CivilDate, String)>,
    /// The officer's reason, when refused, or the applicant's, when withdrawn.
    pub reason: Option<String>,
    /// Demanded back so far, in yuan.
    pub demanded: Amount,
    /// Received back so far, in yuan.
    pub received_back: Amount,
    /// Whether what comes back may be spent again.
    pub restores_budget: bool,
    /// Whether it waits for the closing run of its budget year; nothing is reserved for it before.
    pub waits_for_closing: bool,
    /// The closing run that paid it, and who made that run.
    pub closed: Option<(Sequence, Hands)>,
    /// Corrections of its award, in their order.
    pub corrections: Vec<Sequence>,
    /// The application whose award it supplements (补差).
    pub supplements: Option<ApplicationId>,
    /// Overpaid by a correction and not received back, in yuan.
    pub overpaid: Amount,
    /// The institution that is paid; `None` where the enterprise is.
    pub payee: Option<InstitutionId>,
}

impl Application {
    /// What the budget has set aside for it, or has spent on it, in yuan.
    pub fn reserved(&self) -> Amount {
        if self.waits_for_closing { Amount::ZERO } else { self.granted }
    }

    /// Where what is granted waits to be paid.
    pub fn payable(&self) -> Account {
        self.payee.clone().map_or(Account::SubsidyPayable(self.enterprise), Account::SubsidyPayableTo)
    }

    /// Where what is demanded back waits to be received.
    pub fn receivable(&self) -> Account {
        self.payee.clone().map_or(Account::SubsidyClawback(self.enterprise), Account::SubsidyClawbackFrom)
    }
}

/// One cost item of an application.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ApplicationLineState {
    /// What kind of cost.
    pub item: CostKind,
    /// The cost, in yuan.
    pub cost: Amount,
    /// Day it was paid.
    pub paid_on: CivilDate,
    /// Granted, in yuan.
    pub award: Amount,
    /// The evidence and how much of it is used, in yuan.
    pub evidence: (EvidenceKey, Amount),
    /// The caps that the award counts toward.
    pub cap_uses: Vec<CapKey>,
    /// The caps over many enterprises that it counts toward.
    pub wide_uses: Vec<WideKey>,
    /// The loan and the days of interest that it was granted for, for interest.
    pub interest: Option<(LoanId, u32)>,
    /// Demanded back, in yuan.
    pub demanded: Amount,
    /// Received back, in yuan.
    pub received_back: Amount,
    /// Whether what comes back gives cap room again.
    pub restores_caps: bool,
    /// The cost as it was submitted, for a recomputation.
    pub source: CostItem,
}

/// An invoice or recorded payment, and what applications have used of it, in yuan.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Evidence {
    /// Its total.
    pub total: Amount,
    /// Used by applications that are not refused or withdrawn.
    pub used: Amount,
    /// Cancelled by red-letter invoices (红字发票).
    pub cancelled: Amount,
    /// The loan, for a recorded interest payment.
    pub loan: Option<LoanId>,
    /// The day of payment, for a recorded interest payment.
    pub paid_on: Option<CivilDate>,
    /// The days that the interest is for: the first one, and the one after the last.
    pub period: Option<(CivilDate, CivilDate)>,
}

impl Evidence {
    /// How many days the interest is for; 0 for another cost.
    pub fn days(&self) -> u32 {
        let days = self.period.map_or(0, |(first, end)| end.days_since(first));
        u32::try_from(days).unwrap_or(0)
    }

    /// Whether its total is settled: something of it is used or cancelled. Until then a total is what an applicant
    /// once typed.
    pub fn is_settled(&self) -> bool {
        self.used.is_positive() || self.cancelled.is_positive()
    }

    /// What may still be used.
    pub fn left(&self) -> Amount {
        self.total.minus(self.cancelled).minus(self.used).floored_at_zero()
    }

    /// Used beyond what is left after a red-letter invoice: to be clawed back.
    pub fn overused(&self) -> Amount {
        self.used.minus(self.total.minus(self.cancelled)).floored_at_zero()
    }
}
