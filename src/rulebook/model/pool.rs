//! The rule of a risk-compensation pool (风险补偿资金池).

use super::{BilingualText, RatioRule, When};
use crate::identifier::{CapId, ClauseId, PoolId};
use crate::money::{Amount, Rate};
use crate::rulebook::terms::{LossParty, codes};

/// The rule of a risk-compensation pool (风险补偿资金池).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolRule {
    /// Its id.
    pub id: PoolId,
    /// Its name on pages.
    pub name: BilingualText,
    /// Where its numbers come from.
    pub provenance: Provenance,
    /// Who bears what, in basis points; 10 000 in all, no party twice, the pool among them. Empty where payers are.
    pub shares: Vec<(LossParty, u32)>,
    /// Seats that another kind of party may fill: an insurer's by a guarantor.
    pub seats: Vec<(LossParty, LossParty)>,
    /// Who pays which part of the loss, in this order; empty where shares are.
    pub payers: Vec<Payer>,
    /// Who bears what the payers leave.
    pub rest: LossParty,
    /// What the shares divide.
    pub coverage: Coverage,
    /// Conditions of a claim, judged in this order.
    pub gates: Vec<PoolGate>,
    /// A claim needs *more than* so many days overdue; `None` where the text does not ask.
    pub overdue_days_over: Option<i64>,
    /// The exposure is at most this many times the free balance (放大倍数); `None` for no limit.
    pub leverage_limit: Option<Rate>,
    /// The eligible part of a loan: at most this of its principal is covered, in yuan.
    pub eligible_principal: Option<Amount>,
    /// One borrower's loans with the pool, of all banks, are at most this, in yuan.
    pub borrower_limit: Option<Amount>,
    /// When a bank's claims wait.
    pub breaker: Option<Breaker>,
    /// To whom the pool's part is paid; the first that holds.
    pub payees: Vec<(When, LossParty)>,
}

impl PoolRule {
    /// The clause of the rule; `None` where the numbers are ours.
    pub fn clause(&self) -> Option<&ClauseId> {
        match &self.provenance {
            Provenance::Clause(clause) => Some(clause),
            Provenance::Ours(_) => None,
        }
    }

    /// The largest part of a loss that the pool itself may bear.
    pub fn pool_ratio(&self) -> Rate {
        let share = self.shares.iter().find(|(party, _)| *party == LossParty::Pool);
        let payer = || self.payers.iter().find(|payer| payer.party == LossParty::Pool);
        match share {
            Some((_, points)) => Rate::from_basis_points(*points),
            None => payer().map_or(Rate::ZERO, |payer| payer.ratio.largest()),
        }
    }
}

/// One payer of a part of a loss.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payer {
    /// Who.
    pub party: LossParty,
    /// Which part of the covered loss.
    pub ratio: RatioRule,
    /// Limits on it.
    pub caps: Vec<PayerCap>,
    /// With all other public money at most this part of what the payee itself is liable for (实际承担责任金额).
    pub liability_ceiling: Option<Rate>,
    /// The clause that sets the ceiling, where that is not the payer's.
    pub ceiling_clause: Option<ClauseId>,
    /// The clause that sets it.
    pub clause: ClauseId,
    /// How an ambiguous clause is read here.
    pub reading: Option<BilingualText>,
}

/// A limit on what a payer pays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayerCap {
    /// Its id: names the running sum.
    pub id: CapId,
    /// What is summed up.
    pub scope: PayerCapScope,
    /// Where it applies.
    pub when: When,
    /// The limit in yuan; by the bank's business year where there are several, the last for all later years.
    pub amounts: Vec<Amount>,
    /// At most this part of what the bank filed in the year, instead of an amount.
    pub share_of_filed: Option<Rate>,
    /// At most this part of what the pool has free when the claim is judged, instead of an amount.
    pub share_of_balance: Option<Rate>,
    /// The clause that sets it.
    pub clause: ClauseId,
    /// How an ambiguous clause is read here.
    pub reading: Option<BilingualText>,
}

/// What a payer's cap sums up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PayerCapScope {
    /// One claim (单笔).
    Claim,
    /// One bank in one year.
    BankYear,
    /// The programme in one year.
    ProgrammeYear,
}
codes!(PayerCapScope { Claim = "claim", BankYear = "bank-year", ProgrammeYear = "programme-year" });

/// A condition of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolGate {
    /// What must hold.
    pub condition: PoolCondition,
    /// The clause that sets it.
    pub clause: ClauseId,
    /// How an ambiguous clause is read here.
    pub reading: Option<BilingualText>,
}

/// What a gate of a claim asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PoolCondition {
    /// The properties hold.
    Property(When),
    /// The higher level has recognised the loss (省级认定).
    HigherRecognised,
    /// The claim was made within so many working days (工作日).
    WorkingDaysAtMost(i64),
    /// The pledge was registered no later than the first disbursement.
    PledgedByDisbursement,
    /// The IP part is at least this part of the principal.
    IpShareAtLeast(Rate),
}

impl PoolCondition {
    /// The stable text: used in rulebook files and as the rule of a gate's step.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Property(_) => "property",
            Self::HigherRecognised => "higher-recognised",
            Self::WorkingDaysAtMost(_) => "working-days-at-most",
            Self::PledgedByDisbursement => "pledged-by-disbursement",
            Self::IpShareAtLeast(_) => "ip-share-at-least",
        }
    }
}

/// Where a rule's numbers come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provenance {
    /// From the document.
    Clause(ClauseId),
    /// Ours: a default that a bureau may change, with a note that says so.
    Ours(BilingualText),
}

/// What part of a loss is shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// The principal lost (no interest, no cost), in the proportion of the loan's IP part.
    IpPartOfPrincipal,
    /// The whole of the principal lost.
    Principal,
}
codes!(Coverage { IpPartOfPrincipal = "ip-part-of-principal", Principal = "principal" });

/// The limit on a bank's losses of a year (熔断线).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breaker {
    /// Covered losses of the year over principal filed in the year; it trips *above* this.
    pub ratio: Rate,
    /// What it does.
    pub effect: BreakerEffect,
    /// The clause that sets it, where that is not the pool's.
    pub clause: Option<ClauseId>,
    /// How an ambiguous clause is read here.
    pub reading: Option<BilingualText>,
}

/// What a tripped breaker does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerEffect {
    /// The claim waits (暂缓补偿); it is not refused.
    Defer,
    /// The pool takes no further loan of the bank in the year (暂停新增业务); claims are judged as before.
    StopFiling,
}
codes!(BreakerEffect { Defer = "defer", StopFiling = "stop-filing" });
