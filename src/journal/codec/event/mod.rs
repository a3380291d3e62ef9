//! What happened, one arm per event, both ways.

mod access;
mod application;
mod claim;
mod group;
mod fact;
mod loan;
mod reconciliation;
mod period;

use std::sync::Arc;

use crate::book::event::{
    Asked, BlacklistEntryLifted, BudgetChange, Event, IpRightChanged, PoolMoved, PoolMovement, RedLetterInvoice,
    Refused, RulebookAdopted,
};
use crate::book::nouns::RightChange;
use crate::calendar::CivilDate;
use crate::identifier::{BudgetLineId, FunderId, InvoiceNumber, PoolId, RightId, Sequence, Uscc};
use crate::money::Amount;
use crate::proto::journal::{self as wire, record};
use crate::rulebook;

use super::CodecError;
use super::field::{Numbered as _, Stored, code, message, number, optional_date, text, year};

impl Stored for Event {
    type Wire = record::Event;

    fn store(&self) -> record::Event {
        match self {
            Self::EnterpriseRegistered(details) => record::Event::EnterpriseRegistered(details.store()),
            Self::EnterpriseUpdated(details) => record::Event::EnterpriseUpdated(details.store()),
            Self::InstitutionRegistered(details) => record::Event::InstitutionRegistered(details.store()),
            Self::IpRightRegistered(details) => record::Event::IpRightRegistered(details.store()),
            Self::IpRightChanged(change) => record::Event::IpRightChanged(change.store()),
            Self::PledgeRegistered(details) => record::Event::PledgeRegistered(details.store()),
            Self::PledgeReleased(pledge) => record::Event::PledgeReleased(pledge.store()),
            Self::BlacklistEntryAdded(details) => record::Event::BlacklistEntryAdded(details.store()),
            Self::BlacklistEntryLifted(lifted) => record::Event::BlacklistEntryLifted(lifted.store()),
            Self::LoanFiled(filed) => record::Event::LoanFiled(filed.store()),
            Self::LoanChanged(change) => record::Event::LoanChanged(change.store()),
            Self::SubsidyApplied(applied) => record::Event::SubsidyApplied(applied.store()),
            Self::ApplicationChanged(change) => record::Event::ApplicationChanged(change.store()),
            Self::RedLetterInvoiceRecorded(invoice) => record::Event::RedLetterInvoiceRecorded(invoice.store()),
            Self::BudgetAppropriated(change) => record::Event::BudgetAppropriated(change.store()),
            Self::BudgetAdjusted(change) => record::Event::BudgetAdjusted(change.store()),
            Self::PoolMoved(moved) => record::Event::PoolMoved(moved.store()),
            Self::ClaimSubmitted(submitted) => record::Event::ClaimSubmitted(submitted.store()),
            Self::ClaimChanged(change) => record::Event::ClaimChanged(change.store()),
            Self::RulebookAdopted(adopted) => record::Event::RulebookAdopted(adopted.store()),
            Self::PeriodClosed(month) => record::Event::PeriodClosed(month.store()),
            Self::ClosingRun(run) => record::Event::ClosingRun(run.store()),
            Self::AwardsCorrected(run) => record::Event::AwardsCorrected(run.store()),
            Self::PeriodClosedOver(closed) => record::Event::PeriodClosedOver(closed.store()),
            Self::YearClosed(closed) => record::Event::YearClosed(closed.store()),
            Self::Reversed(reversed) => record::Event::Reversed(reversed.store()),
            Self::ReferenceRateRecorded(rate) => record::Event::ReferenceRateRecorded(rate.store()),
            Self::FactRecorded(fact) => record::Event::FactRecorded(fact.store()),
            Self::Refused(refused) => record::Event::Refused(refused.store()),
            Self::AccessChanged(change) => record::Event::AccessChanged(change.store()),
            Self::Endorsed(endorsed) => record::Event::Endorsed(endorsed.store()),
            Self::StatementSignedOff(signed) => record::Event::StatementSignedOff(signed.store()),
        }
    }

    fn load(wire: record::Event) -> Result<Self, CodecError> {
        Ok(match wire {
            record::Event::EnterpriseRegistered(wire) => Self::EnterpriseRegistered(Stored::load(wire)?),
            record::Event::EnterpriseUpdated(wire) => Self::EnterpriseUpdated(Stored::load(wire)?),
            record::Event::InstitutionRegistered(wire) => Self::InstitutionRegistered(Stored::load(wire)?),
            record::Event::IpRightRegistered(wire) => Self::IpRightRegistered(Stored::load(wire)?),
            record::Event::IpRightChanged(wire) => Self::IpRightChanged(Stored::load(wire)?),
            record::Event::PledgeRegistered(wire) => Self::PledgeRegistered(Stored::load(wire)?),
            record::Event::PledgeReleased(wire) => Self::PledgeReleased(Stored::load(wire)?),
            record::Event::BlacklistEntryAdded(wire) => Self::BlacklistEntryAdded(Stored::load(wire)?),
            record::Event::BlacklistEntryLifted(wire) => Self::BlacklistEntryLifted(Stored::load(wire)?),
            record::Event::LoanFiled(wire) => Self::LoanFiled(Stored::load(wire)?),
            record::Event::LoanChanged(wire) => Self::LoanChanged(Stored::load(wire)?),
            record::Event::SubsidyApplied(wire) => Self::SubsidyApplied(Stored::load(wire)?),
            record::Event::ApplicationChanged(wire) => Self::ApplicationChanged(Stored::load(wire)?),
            record::Event::RedLetterInvoiceRecorded(wire) => Self::RedLetterInvoiceRecorded(Stored::load(wire)?),
            record::Event::BudgetAppropriated(wire) => Self::BudgetAppropriated(Stored::load(wire)?),
            record::Event::BudgetAdjusted(wire) => Self::BudgetAdjusted(Stored::load(wire)?),
            record::Event::PoolMoved(wire) => Self::PoolMoved(Stored::load(wire)?),
            record::Event::ClaimSubmitted(wire) => Self::ClaimSubmitted(Stored::load(wire)?),
            record::Event::ClaimChanged(wire) => Self::ClaimChanged(Stored::load(wire)?),
            record::Event::RulebookAdopted(wire) => Self::RulebookAdopted(Stored::load(wire)?),
            record::Event::PeriodClosed(wire) => Self::PeriodClosed(Stored::load(wire)?),
            record::Event::ClosingRun(wire) => Self::ClosingRun(Stored::load(wire)?),
            record::Event::AwardsCorrected(wire) => Self::AwardsCorrected(Stored::load(wire)?),
            record::Event::PeriodClosedOver(wire) => Self::PeriodClosedOver(Stored::load(wire)?),
            record::Event::YearClosed(wire) => Self::YearClosed(Stored::load(wire)?),
            record::Event::Reversed(wire) => Self::Reversed(Stored::load(wire)?),
            record::Event::ReferenceRateRecorded(wire) => Self::ReferenceRateRecorded(Stored::load(wire)?),
            record::Event::FactRecorded(wire) => Self::FactRecorded(Stored::load(wire)?),
            record::Event::Refused(wire) => Self::Refused(Stored::load(wire)?),
            record::Event::AccessChanged(wire) => Self::AccessChanged(Stored::load(wire)?),
            record::Event::Endorsed(wire) => Self::Endorsed(Stored::load(wire)?),
            record::Event::StatementSignedOff(wire) => Self::StatementSignedOff(Stored::load(wire).map(Arc::new)?),
        })
    }
}

impl Stored for IpRightChanged {
    type Wire = wire::IpRightChanged;

    fn store(&self) -> wire::IpRightChanged {
        wire::IpRightChanged { right: self.right.to_string(), change: Some(self.change.store()) }
    }

    fn load(wire: wire::IpRightChanged) -> Result<Self, CodecError> {
        Ok(Self {
            right: text("IpRightChanged.right", &wire.right, RightId::parse)?,
            change: message("IpRightChanged.change", wire.change)?,
        })
    }
}

impl Stored for RightChange {
    type Wire = wire::ip_right_changed::Change;

    fn store(&self) -> wire::ip_right_changed::Change {
        use wire::ip_right_changed::{Change, Transferred};
        match self {
            Self::Lapsed => Change::Lapsed(wire::Bare {}),
            Self::Restored => Change::Restored(wire::Bare {}),
            Self::Invalidated => Change::Invalidated(wire::Bare {}),
            Self::Transferred(owner) => Change::Transferred(Transferred { owner: owner.to_string() }),
        }
    }

    fn load(wire: wire::ip_right_changed::Change) -> Result<Self, CodecError> {
        use wire::ip_right_changed::Change;
        Ok(match wire {
            Change::Lapsed(wire::Bare {}) => Self::Lapsed,
            Change::Restored(wire::Bare {}) => Self::Restored,
            Change::Invalidated(wire::Bare {}) => Self::Invalidated,
            Change::Transferred(wire) => {
                Self::Transferred(text("IpRightChanged.Transferred.owner", &wire.owner, Uscc::parse)?)
            }
        })
    }
}

impl Stored for BlacklistEntryLifted {
    type Wire = wire::BlacklistEntryLifted;

    fn store(&self) -> wire::BlacklistEntryLifted {
        wire::BlacklistEntryLifted {
            entry: self.entry.value(),
            enterprise: self.enterprise.to_string(),
            reason: self.reason.clone(),
        }
    }

    fn load(wire: wire::BlacklistEntryLifted) -> Result<Self, CodecError> {
        Ok(Self {
            entry: number("BlacklistEntryLifted.entry", wire.entry, Sequence::new)?,
            enterprise: text("BlacklistEntryLifted.enterprise", &wire.enterprise, Uscc::parse)?,
            reason: wire.reason,
        })
    }
}

impl Stored for RedLetterInvoice {
    type Wire = wire::RedLetterInvoice;

    fn store(&self) -> wire::RedLetterInvoice {
        wire::RedLetterInvoice { red: self.red.to_string(), blue: self.blue.to_string(), amount: self.amount.fen() }
    }

    fn load(wire: wire::RedLetterInvoice) -> Result<Self, CodecError> {
        Ok(Self {
            red: text("RedLetterInvoice.red", &wire.red, InvoiceNumber::parse)?,
            blue: text("RedLetterInvoice.blue", &wire.blue, InvoiceNumber::parse)?,
            amount: Amount::from_fen(wire.amount),
        })
    }
}

impl Stored for BudgetChange {
    type Wire = wire::BudgetChange;

    fn store(&self) -> wire::BudgetChange {
        wire::BudgetChange {
            line: self.line.to_string(),
            year: i32::from(self.year.value()),
            amount: self.amount.fen(),
            document: self.document.clone(),
        }
    }

    fn load(wire: wire::BudgetChange) -> Result<Self, CodecError> {
        Ok(Self {
            line: text("BudgetChange.line", &wire.line, BudgetLineId::parse)?,
            year: year("BudgetChange.year", wire.year)?,
            amount: Amount::from_fen(wire.amount),
            document: wire.document,
        })
    }
}

impl Stored for PoolMoved {
    type Wire = wire::PoolMoved;

    fn store(&self) -> wire::PoolMoved {
        wire::PoolMoved {
            pool: self.pool.to_string(),
            amount: self.amount.fen(),
            reference: self.reference.clone(),
            movement: Some(self.movement.store()),
        }
    }

    fn load(wire: wire::PoolMoved) -> Result<Self, CodecError> {
        Ok(Self {
            pool: text("PoolMoved.pool", &wire.pool, PoolId::parse)?,
            movement: message("PoolMoved.movement", wire.movement)?,
            amount: Amount::from_fen(wire.amount),
            reference: wire.reference,
        })
    }
}

impl Stored for PoolMovement {
    type Wire = wire::pool_moved::Movement;

    fn store(&self) -> wire::pool_moved::Movement {
        use wire::pool_moved::Movement;
        match self {
            Self::Contribution(funder) => Movement::Contribution(funder.to_string()),
            Self::Withdrawal(funder) => Movement::Withdrawal(funder.to_string()),
            Self::Interest => Movement::Interest(wire::Bare {}),
        }
    }

    fn load(wire: wire::pool_moved::Movement) -> Result<Self, CodecError> {
        use wire::pool_moved::Movement;
        Ok(match wire {
            Movement::Contribution(funder) => {
                Self::Contribution(text("PoolMoved.contribution", &funder, FunderId::parse)?)
            }
            Movement::Withdrawal(funder) => Self::Withdrawal(text("PoolMoved.withdrawal", &funder, FunderId::parse)?),
            Movement::Interest(wire::Bare {}) => Self::Interest,
        })
    }
}

impl Stored for RulebookAdopted {
    type Wire = wire::RulebookAdopted;

    fn store(&self) -> wire::RulebookAdopted {
        wire::RulebookAdopted { text: self.rulebook.text.as_ref().to_owned(), reason: self.reason.clone() }
    }

    fn load(wire: wire::RulebookAdopted) -> Result<Self, CodecError> {
        let rulebook = rulebook::load(&wire.text)
            .map_err(|errors| CodecError::Rulebook { problems: errors.to_string().replace('\n', ", ") })?;
        Ok(Self { rulebook: Arc::new(rulebook), reason: wire.reason })
    }
}

impl Stored for Refused {
    type Wire = wire::Refused;

    fn store(&self) -> wire::Refused {
        wire::Refused {
            command: self.command.clone(),
            refusal: self.refusal.number(),
            subject: self.subject.clone(),
            since: self.since.map(CivilDate::epoch_days),
            explanation: self.explanation.as_ref().map(Stored::store),
            asked: self.asked.as_ref().map(Stored::store),
        }
    }

    fn load(wire: wire::Refused) -> Result<Self, CodecError> {
        Ok(Self {
            command: wire.command,
            refusal: code("Refused.refusal", wire.refusal)?,
            subject: wire.subject,
            since: optional_date("Refused.since", wire.since)?,
            explanation: wire.explanation.map(Stored::load).transpose()?,
            asked: wire.asked.map(Stored::load).transpose()?,
        })
    }
}

impl Stored for Asked {
    type Wire = wire::refused::Asked;

    fn store(&self) -> wire::refused::Asked {
        match self {
            Self::Loan(terms) => wire::refused::Asked::Loan(terms.store()),
            Self::Pledge(details) => wire::refused::Asked::Pledge(details.store()),
        }
    }

    fn load(wire: wire::refused::Asked) -> Result<Self, CodecError> {
        Ok(match wire {
            wire::refused::Asked::Loan(wire) => Self::Loan(Stored::load(wire)?),
            wire::refused::Asked::Pledge(wire) => Self::Pledge(Stored::load(wire)?),
        })
    }
}
