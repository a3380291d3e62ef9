//! Targets (目标任务): what a policy means to reach by a day. Reports compare them with the ledger.

use super::BilingualText;
use crate::calendar::CivilDate;
use crate::identifier::ClauseId;
use crate::money::Amount;
use crate::rulebook::terms::codes;

/// A target (目标).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// What the bureau calls it.
    pub name: BilingualText,
    /// Where it stands.
    pub clause: ClauseId,
    /// How the clause is read, where its text is ambiguous.
    pub reading: Option<BilingualText>,
    /// What is measured.
    pub measure: TargetMeasure,
    /// How much of it.
    pub value: TargetValue,
    /// First day that counts.
    pub from: CivilDate,
    /// The last day, on which it should be reached.
    pub by: CivilDate,
}

/// What a target measures, over all entries that take effect from its first to its last day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetMeasure {
    /// Enterprises that had a loan filed (获得质押融资的企业数).
    Enterprises,
    /// Loans filed (备案贷款笔数).
    Loans,
    /// Pledges registered (质押登记件数).
    Pledges,
    /// Banks that had a loan filed (参与银行数).
    Banks,
    /// Principal of the loans filed, in yuan (质押融资金额).
    Principal,
    /// Principal drawn down, in yuan (放款金额).
    Disbursed,
    /// Subsidies paid, in yuan (拨付补贴).
    SubsidiesPaid,
}
codes!(TargetMeasure {
    Enterprises = "enterprises",
    Loans = "loans",
    Pledges = "pledges",
    Banks = "banks",
    Principal = "principal",
    Disbursed = "disbursed",
    SubsidiesPaid = "subsidies-paid",
});

/// How much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetValue {
    /// So many.
    Count(u32),
    /// Yuan.
    Money(Amount),
}

impl TargetMeasure {
    /// Whether it is measured in yuan; the others are counted.
    pub const fn is_money(self) -> bool {
        match self {
            Self::Principal | Self::Disbursed | Self::SubsidiesPaid => true,
            Self::Enterprises | Self::Loans | Self::Pledges | Self::Banks => false,
        }
    }
}
