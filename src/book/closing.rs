//! The closing run of a programme year (年度折算兑付), and its shares.

use crate::calendar::FiscalYear;
use crate::identifier::{BudgetLineId, ProgrammeId, Sequence};
use crate::money::Amount;
use crate::rulebook::explanation::LineExplanation;

/// What a closing run divides; its shares are the entries that follow it in the same commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosingRun {
    /// Which programme.
    pub programme: ProgrammeId,
    /// Which year.
    pub year: FiscalYear,
    /// The budget line that pays.
    pub budget_line: BudgetLineId,
    /// What it had available, in yuan.
    pub budget: Amount,
    /// Approved in all, in yuan.
    pub approved: Amount,
    /// Paid in all, in yuan: the smaller of both.
    pub paid: Amount,
    /// How many shares follow.
    pub shares: u32,
}

/// What an application gets of a closing run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosingShareTaken {
    /// The entry of the run.
    pub run: Sequence,
    /// Of each line, in their order.
    pub lines: Vec<ClosedLine>,
}

impl ClosingShareTaken {
    /// What all lines get, in yuan.
    pub fn paid(&self) -> Amount {
        Amount::total(self.lines.iter().map(|line| line.paid))
    }
}

/// What a line gets of a closing run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedLine {
    /// In yuan; never above what was approved.
    pub paid: Amount,
    /// How it came about.
    pub explanation: LineExplanation,
}
