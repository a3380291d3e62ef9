//! Events of periods and reversals.

use crate::book::event::{PeriodClosedOver, Reversed, Undone, YearClosed, YearEndLine};
use crate::identifier::{ApplicationId, BudgetLineId, ClaimId, LoanId, Sequence};
use crate::money::Amount;
use crate::proto::journal::{self as wire, reversed};

use super::super::CodecError;
use super::super::field::{Stored, load_all, message, number, store_all, text, year};

impl Stored for PeriodClosedOver {
    type Wire = wire::PeriodClosedOver;

    fn store(&self) -> wire::PeriodClosedOver {
        wire::PeriodClosedOver {
            month: Some(self.month.store()),
            open_items: self.open_items,
            reason: self.reason.clone(),
        }
    }

    fn load(wire: wire::PeriodClosedOver) -> Result<Self, CodecError> {
        Ok(Self {
            month: message("PeriodClosedOver.month", wire.month)?,
            open_items: wire.open_items,
            reason: wire.reason,
        })
    }
}

impl Stored for YearClosed {
    type Wire = wire::YearClosed;

    fn store(&self) -> wire::YearClosed {
        wire::YearClosed {
            year: i32::from(self.year.value()),
            lines: store_all(&self.lines),
            document: self.document.clone(),
        }
    }

    fn load(wire: wire::YearClosed) -> Result<Self, CodecError> {
        Ok(Self { year: year("YearClosed.year", wire.year)?, lines: load_all(wire.lines)?, document: wire.document })
    }
}

impl Stored for YearEndLine {
    type Wire = wire::YearEndLine;

    fn store(&self) -> wire::YearEndLine {
        wire::YearEndLine { line: self.line.to_string(), left: self.left.fen(), carried: self.is_carried }
    }

    fn load(wire: wire::YearEndLine) -> Result<Self, CodecError> {
        Ok(Self {
            line: text("YearEndLine.line", &wire.line, BudgetLineId::parse)?,
            left: Amount::from_fen(wire.left),
            is_carried: wire.carried,
        })
    }
}

impl Stored for Reversed {
    type Wire = wire::Reversed;

    fn store(&self) -> wire::Reversed {
        wire::Reversed { entry: self.entry.value(), reason: self.reason.clone(), undone: Some(self.undone.store()) }
    }

    fn load(wire: wire::Reversed) -> Result<Self, CodecError> {
        Ok(Self {
            entry: number("Reversed.entry", wire.entry, Sequence::new)?,
            reason: wire.reason,
            undone: message("Reversed.undone", wire.undone)?,
        })
    }
}

impl Stored for Undone {
    type Wire = reversed::Undone;

    fn store(&self) -> reversed::Undone {
        match self {
            Self::PoolMoved(moved) => reversed::Undone::PoolMoved(moved.store()),
            Self::BudgetChanged(change) => reversed::Undone::BudgetChanged(change.store()),
            Self::Disbursed(loan, amount) => {
                reversed::Undone::Disbursed(wire::UndoneDrawdown { loan: loan.number(), amount: amount.fen() })
            }
            Self::InterestPaid(loan, paid) => {
                reversed::Undone::InterestPaid(wire::UndoneInterest { loan: loan.number(), paid: Some(paid.store()) })
            }
            Self::PrincipalPaid { loan, amount, reference, exposure } => {
                reversed::Undone::PrincipalPaid(wire::UndoneRepayment {
                    loan: loan.number(),
                    amount: amount.fen(),
                    reference: reference.clone(),
                    exposure: exposure.fen(),
                })
            }
            Self::SubsidyPaid(application) => reversed::Undone::SubsidyPaid(application.number()),
            Self::ClaimPaid(claim) => reversed::Undone::ClaimPaid(claim.number()),
        }
    }

    fn load(wire: reversed::Undone) -> Result<Self, CodecError> {
        Ok(match wire {
            reversed::Undone::PoolMoved(wire) => Self::PoolMoved(Stored::load(wire)?),
            reversed::Undone::BudgetChanged(wire) => Self::BudgetChanged(Stored::load(wire)?),
            reversed::Undone::Disbursed(wire) => {
                Self::Disbursed(number("UndoneDrawdown.loan", wire.loan, LoanId::new)?, Amount::from_fen(wire.amount))
            }
            reversed::Undone::InterestPaid(wire) => Self::InterestPaid(
                number("UndoneInterest.loan", wire.loan, LoanId::new)?,
                message("UndoneInterest.paid", wire.paid)?,
            ),
            reversed::Undone::PrincipalPaid(wire) => Self::PrincipalPaid {
                loan: number("UndoneRepayment.loan", wire.loan, LoanId::new)?,
                amount: Amount::from_fen(wire.amount),
                reference: wire.reference,
                exposure: Amount::from_fen(wire.exposure),
            },
            reversed::Undone::SubsidyPaid(id) => {
                Self::SubsidyPaid(number("Reversed.subsidy_paid", id, ApplicationId::new)?)
            }
            reversed::Undone::ClaimPaid(id) => Self::ClaimPaid(number("Reversed.claim_paid", id, ClaimId::new)?),
        })
    }
}
