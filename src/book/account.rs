//! Accounts (科目): who owns them, what they are called, and the lines posted to them.
//!
//! Names follow the chart in `README.md`; each says the book, the owner and the year. Debit is positive, credit is
//! negative, the lines of an entry sum to zero.

use std::fmt;

use crate::calendar::FiscalYear;
use crate::identifier::{BudgetLineId, FunderId, InstitutionId, Invalid, PoolId, Uscc};
use crate::money::Amount;
use crate::rulebook::terms::CostKind;

/// An account of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum Account {
    /// 银行存款—风险补偿资金专户: Dr contribution, interest, recovery; Cr claim paid, withdrawal.
    PoolCash(PoolId),
    /// 风险补偿资金: Cr contribution; Dr withdrawal.
    PoolCapital(PoolId, FunderId),
    /// 利息收入—风险补偿资金: Cr interest on the pool's bank account.
    PoolInterest(PoolId),
    /// 风险补偿支出: Dr claim approved.
    PoolCompensation(PoolId),
    /// 应付补偿款: Cr claim approved; Dr claim paid.
    PoolPayable(PoolId, InstitutionId),
    /// 追偿收回: Cr recovery, net of allowed cost, the pool's share.
    PoolRecovered(PoolId),
    /// 备查: 在保责任: Dr filed IP part × pool share; Cr with repayment, claim or close.
    PoolExposure(PoolId),
    /// The other side of the memorandum account 在保责任.
    PoolExposureContra(PoolId),
    /// 预算指标—已下达: Cr appropriation.
    BudgetAppropriated(BudgetLineId, FiscalYear),
    /// 预算指标—可用.
    BudgetAvailable(BudgetLineId, FiscalYear),
    /// 预算指标—已预留: applications that are submitted or approved, not paid.
    BudgetReserved(BudgetLineId, FiscalYear),
    /// 预算指标—已支出.
    BudgetSpent(BudgetLineId, FiscalYear),
    /// 业务活动费用—补贴: Dr approval, per cost kind.
    SubsidyExpense(CostKind),
    /// 应付补贴款: Cr approval; Dr payment.
    SubsidyPayable(Uscc),
    /// 其他应收款—应追回补贴: Dr demand; Cr received.
    SubsidyClawback(Uscc),
    /// 应付补贴款 where an institution is the payee: a bank, guarantor, insurer or valuer.
    SubsidyPayableTo(InstitutionId),
    /// 其他应收款—应追回补贴 from such an institution.
    SubsidyClawbackFrom(InstitutionId),
    /// 零余额账户/财政存款: Cr payments; Dr clawback received.
    TreasuryCash,
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PoolCash(pool) => write!(f, "pool/{pool}/cash"),
            Self::PoolCapital(pool, funder) => write!(f, "pool/{pool}/capital/{funder}"),
            Self::PoolInterest(pool) => write!(f, "pool/{pool}/interest"),
            Self::PoolCompensation(pool) => write!(f, "pool/{pool}/compensation"),
            Self::PoolPayable(pool, bank) => write!(f, "pool/{pool}/payable/{bank}"),
            Self::PoolRecovered(pool) => write!(f, "pool/{pool}/recovered"),
            Self::PoolExposure(pool) => write!(f, "pool/{pool}/exposure"),
            Self::PoolExposureContra(pool) => write!(f, "pool/{pool}/exposure-contra"),
            Self::BudgetAppropriated(line, year) => write!(f, "budget/{line}/{year}/appropriated"),
            Self::BudgetAvailable(line, year) => write!(f, "budget/{line}/{year}/available"),
            Self::BudgetReserved(line, year) => write!(f, "budget/{line}/{year}/reserved"),
            Self::BudgetSpent(line, year) => write!(f, "budget/{line}/{year}/spent"),
            Self::SubsidyExpense(item) => write!(f, "subsidy/expense/{item}"),
            Self::SubsidyPayable(enterprise) => write!(f, "subsidy/payable/{enterprise}"),
            Self::SubsidyClawback(enterprise) => write!(f, "subsidy/clawback/{enterprise}"),
            Self::SubsidyPayableTo(institution) => write!(f, "subsidy/payable-to/{institution}"),
            Self::SubsidyClawbackFrom(institution) => write!(f, "subsidy/clawback-from/{institution}"),
            Self::TreasuryCash => f.write_str("treasury/cash"),
        }
    }
}

impl Account {
    /// Parses the name that `Display` writes.
    pub fn parse(name: &str) -> Result<Self, Invalid> {
        let parts: Vec<&str> = name.split('/').collect();
        Self::from_parts(&parts)?.ok_or_else(|| Invalid {
            problem: format!(
                "`{name}` is not an account; expected a name such as `pool/hebi-pool/cash` or `treasury/cash`"
            ),
            problem_zh: format!("“{name}”不是科目名称；应为如 pool/hebi-pool/cash 或 treasury/cash"),
        })
    }

    fn from_parts(parts: &[&str]) -> Result<Option<Self>, Invalid> {
        Ok(Some(match parts {
            ["pool", pool, rest @ ..] => return Self::pool_from_parts(PoolId::parse(pool)?, rest),
            ["budget", line, year, kind] => {
                let (line, year) = (BudgetLineId::parse(line)?, FiscalYear::parse(year)?);
                match *kind {
                    "appropriated" => Self::BudgetAppropriated(line, year),
                    "available" => Self::BudgetAvailable(line, year),
                    "reserved" => Self::BudgetReserved(line, year),
                    "spent" => Self::BudgetSpent(line, year),
                    _ => return Ok(None),
                }
            }
            ["subsidy", "expense", item] => {
                return Ok(CostKind::parse(item).map(Self::SubsidyExpense));
            }
            ["subsidy", "payable", enterprise] => Self::SubsidyPayable(Uscc::parse(enterprise)?),
            ["subsidy", "clawback", enterprise] => Self::SubsidyClawback(Uscc::parse(enterprise)?),
            ["subsidy", "payable-to", institution] => Self::SubsidyPayableTo(InstitutionId::parse(institution)?),
            ["subsidy", "clawback-from", institution] => Self::SubsidyClawbackFrom(InstitutionId::parse(institution)?),
            ["treasury", "cash"] => Self::TreasuryCash,
            _ => return Ok(None),
        }))
    }

    fn pool_from_parts(pool: PoolId, rest: &[&str]) -> Result<Option<Self>, Invalid> {
        Ok(Some(match rest {
            ["cash"] => Self::PoolCash(pool),
            ["capital", funder] => Self::PoolCapital(pool, FunderId::parse(funder)?),
            ["interest"] => Self::PoolInterest(pool),
            ["compensation"] => Self::PoolCompensation(pool),
            ["payable", bank] => Self::PoolPayable(pool, InstitutionId::parse(bank)?),
            ["recovered"] => Self::PoolRecovered(pool),
            ["exposure"] => Self::PoolExposure(pool),
            ["exposure-contra"] => Self::PoolExposureContra(pool),
            _ => return Ok(None),
        }))
    }
}

/// A line of an entry: an amount on an account, debit positive, credit negative, in yuan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    /// Where.
    pub account: Account,
    /// How much; never zero.
    pub amount: Amount,
}

/// Two postings that move `amount` to the debit of one account and the credit of another; none for zero.
/// A negative amount moves the other way.
pub fn transfer(debit: Account, credit: Account, amount: Amount) -> Vec<Posting> {
    if amount.is_zero() {
        return Vec::new();
    }
    vec![Posting { account: debit, amount }, Posting { account: credit, amount: amount.negated() }]
}
