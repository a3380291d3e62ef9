//! Events of a claim's life.

use crate::book::event::{ClaimChange, ClaimChanged, ClaimDecision, ClaimSubmitted, Recovery};
use crate::identifier::{CapId, ClaimId, InstitutionId, LoanId, PoolId};
use crate::money::Amount;
use crate::proto::journal::{
    self as wire,
    claim_changed::{self as step, Change},
};
use crate::rulebook::facts::CapUse;
use crate::rulebook::model::PayerCapScope;
use crate::rulebook::terms::LossParty;

use super::super::CodecError;
use super::super::field::{Numbered as _, Stored, code, load_all, message, number, optional_text, store_all, text};

impl Stored for ClaimSubmitted {
    type Wire = wire::ClaimSubmitted;

    fn store(&self) -> wire::ClaimSubmitted {
        wire::ClaimSubmitted {
            loan: self.loan.number(),
            pool: self.pool.to_string(),
            rulebook: Some(self.rulebook.store()),
            principal_loss: self.principal_loss.fen(),
            decision: Some(self.decision.store()),
        }
    }

    fn load(wire: wire::ClaimSubmitted) -> Result<Self, CodecError> {
        Ok(Self {
            loan: number("ClaimSubmitted.loan", wire.loan, LoanId::new)?,
            pool: text("ClaimSubmitted.pool", &wire.pool, PoolId::parse)?,
            rulebook: message("ClaimSubmitted.rulebook", wire.rulebook)?,
            principal_loss: Amount::from_fen(wire.principal_loss),
            decision: message("ClaimSubmitted.decision", wire.decision)?,
        })
    }
}

impl Stored for ClaimDecision {
    type Wire = wire::ClaimDecision;

    fn store(&self) -> wire::ClaimDecision {
        wire::ClaimDecision {
            covered_loss: self.covered_loss.fen(),
            shares: store_all(&self.shares),
            explanation: Some(self.explanation.store()),
            payee: self.payee.as_ref().map(ToString::to_string),
            cap_uses: store_all(&self.cap_uses),
        }
    }

    fn load(wire: wire::ClaimDecision) -> Result<Self, CodecError> {
        Ok(Self {
            covered_loss: Amount::from_fen(wire.covered_loss),
            shares: load_all(wire.shares)?,
            payee: optional_text("ClaimDecision.payee", wire.payee.as_deref(), InstitutionId::parse)?,
            cap_uses: load_all(wire.cap_uses)?,
            explanation: message("ClaimDecision.explanation", wire.explanation)?,
        })
    }
}

impl Stored for CapUse {
    type Wire = wire::CapUse;

    fn store(&self) -> wire::CapUse {
        let per_bank = match self.scope {
            PayerCapScope::BankYear => true,
            PayerCapScope::Claim | PayerCapScope::ProgrammeYear => false,
        };
        wire::CapUse { cap: self.cap.to_string(), per_bank, amount: self.amount.fen() }
    }

    fn load(wire: wire::CapUse) -> Result<Self, CodecError> {
        let scope = if wire.per_bank { PayerCapScope::BankYear } else { PayerCapScope::ProgrammeYear };
        Ok(Self { cap: text("CapUse.cap", &wire.cap, CapId::parse)?, scope, amount: Amount::from_fen(wire.amount) })
    }
}

impl Stored for (LossParty, Amount) {
    type Wire = wire::Share;

    fn store(&self) -> wire::Share {
        let (party, amount) = self;
        wire::Share { party: party.number(), amount: amount.fen() }
    }

    fn load(wire: wire::Share) -> Result<Self, CodecError> {
        Ok((code("Share.party", wire.party)?, Amount::from_fen(wire.amount)))
    }
}

impl Stored for ClaimChanged {
    type Wire = wire::ClaimChanged;

    fn store(&self) -> wire::ClaimChanged {
        wire::ClaimChanged { claim: self.claim.number(), change: Some(self.change.store()) }
    }

    fn load(wire: wire::ClaimChanged) -> Result<Self, CodecError> {
        Ok(Self {
            claim: number("ClaimChanged.claim", wire.claim, ClaimId::new)?,
            change: message("ClaimChanged.change", wire.change)?,
        })
    }
}

impl Stored for ClaimChange {
    type Wire = Change;

    fn store(&self) -> Change {
        match self {
            Self::Resumed(decision) => Change::Resumed(decision.store()),
            Self::Approved => Change::Approved(wire::Bare {}),
            Self::Refused(reason) => Change::Refused(step::Refused { reason: reason.clone() }),
            Self::Paid(reference) => Change::Paid(step::Paid { reference: reference.clone() }),
            Self::Recovered(recovery) => Change::Recovered(recovery.store()),
            Self::WrittenOff => Change::WrittenOff(wire::Bare {}),
        }
    }

    fn load(wire: Change) -> Result<Self, CodecError> {
        Ok(match wire {
            Change::Resumed(wire) => Self::Resumed(Stored::load(wire)?),
            Change::Approved(wire::Bare {}) => Self::Approved,
            Change::Refused(wire) => Self::Refused(wire.reason),
            Change::Paid(wire) => Self::Paid(wire.reference),
            Change::Recovered(wire) => Self::Recovered(Stored::load(wire)?),
            Change::WrittenOff(wire::Bare {}) => Self::WrittenOff,
        })
    }
}

impl Stored for Recovery {
    type Wire = step::Recovered;

    fn store(&self) -> step::Recovered {
        step::Recovered {
            amount: self.amount.fen(),
            cost: self.cost.fen(),
            shares: store_all(&self.shares),
            to_pool: self.to_pool.fen(),
        }
    }

    fn load(wire: step::Recovered) -> Result<Self, CodecError> {
        Ok(Self {
            amount: Amount::from_fen(wire.amount),
            cost: Amount::from_fen(wire.cost),
            shares: load_all(wire.shares)?,
            to_pool: Amount::from_fen(wire.to_pool),
        })
    }
}
