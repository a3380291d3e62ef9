//! Events of a loan's life.

use crate::book::event::{InterestPaid, LoanChange, LoanChanged, LoanFiled};
use crate::identifier::LoanId;
use crate::money::Amount;
use crate::proto::journal::{
    self as wire,
    loan_changed::{self as step, Change},
};

use super::super::CodecError;
use super::super::field::{Stored, date, message, number};

impl Stored for LoanFiled {
    type Wire = wire::LoanFiled;

    fn store(&self) -> wire::LoanFiled {
        wire::LoanFiled {
            terms: Some(self.terms.store()),
            rulebook: Some(self.rulebook.store()),
            exposure: self.exposure.fen(),
            explanation: self.explanation.as_ref().map(Stored::store),
        }
    }

    fn load(wire: wire::LoanFiled) -> Result<Self, CodecError> {
        Ok(Self {
            terms: message("LoanFiled.terms", wire.terms)?,
            rulebook: message("LoanFiled.rulebook", wire.rulebook)?,
            exposure: Amount::from_fen(wire.exposure),
            explanation: wire.explanation.map(Stored::load).transpose()?,
        })
    }
}

impl Stored for LoanChanged {
    type Wire = wire::LoanChanged;

    fn store(&self) -> wire::LoanChanged {
        wire::LoanChanged { loan: self.loan.number(), exposure: self.exposure.fen(), change: Some(self.change.store()) }
    }

    fn load(wire: wire::LoanChanged) -> Result<Self, CodecError> {
        Ok(Self {
            loan: number("LoanChanged.loan", wire.loan, LoanId::new)?,
            change: message("LoanChanged.change", wire.change)?,
            exposure: Amount::from_fen(wire.exposure),
        })
    }
}

impl Stored for LoanChange {
    type Wire = Change;

    fn store(&self) -> Change {
        match self {
            Self::Disbursed(amount) => Change::Disbursed(step::Disbursed { amount: amount.fen() }),
            Self::InterestPaid(paid) => Change::InterestPaid(paid.store()),
            Self::PrincipalPaid(amount, reference) => {
                Change::PrincipalPaid(step::PrincipalPaid { amount: amount.fen(), reference: reference.clone() })
            }
            Self::Extended(maturity) => Change::Extended(step::Extended { matures_on: maturity.epoch_days() }),
            Self::MarkedOverdue(since) => Change::MarkedOverdue(step::MarkedOverdue { since: since.epoch_days() }),
            Self::MarkedNonPerforming => Change::MarkedNonPerforming(wire::Bare {}),
            Self::MarkedCured => Change::MarkedCured(wire::Bare {}),
            Self::Settled => Change::Settled(wire::Bare {}),
            Self::Closed => Change::Closed(wire::Bare {}),
            Self::Withdrawn(reason) => Change::Withdrawn(step::Withdrawn { reason: reason.clone() }),
        }
    }

    fn load(wire: Change) -> Result<Self, CodecError> {
        Ok(match wire {
            Change::Disbursed(wire) => Self::Disbursed(Amount::from_fen(wire.amount)),
            Change::InterestPaid(wire) => Self::InterestPaid(Stored::load(wire)?),
            Change::PrincipalPaid(wire) => Self::PrincipalPaid(Amount::from_fen(wire.amount), wire.reference),
            Change::Extended(wire) => Self::Extended(date("LoanChanged.Extended.matures_on", wire.matures_on)?),
            Change::MarkedOverdue(wire) => Self::MarkedOverdue(date("LoanChanged.MarkedOverdue.since", wire.since)?),
            Change::MarkedNonPerforming(wire::Bare {}) => Self::MarkedNonPerforming,
            Change::MarkedCured(wire::Bare {}) => Self::MarkedCured,
            Change::Settled(wire::Bare {}) => Self::Settled,
            Change::Closed(wire::Bare {}) => Self::Closed,
            Change::Withdrawn(wire) => Self::Withdrawn(wire.reason),
        })
    }
}

impl Stored for InterestPaid {
    type Wire = step::InterestPaid;

    fn store(&self) -> step::InterestPaid {
        step::InterestPaid {
            amount: self.amount.fen(),
            period_from: self.period_from.epoch_days(),
            period_to: self.period_to.epoch_days(),
            reference: self.reference.clone(),
        }
    }

    fn load(wire: step::InterestPaid) -> Result<Self, CodecError> {
        Ok(Self {
            amount: Amount::from_fen(wire.amount),
            period_from: date("LoanChanged.InterestPaid.period_from", wire.period_from)?,
            period_to: date("LoanChanged.InterestPaid.period_to", wire.period_to)?,
            reference: wire.reference,
        })
    }
}
