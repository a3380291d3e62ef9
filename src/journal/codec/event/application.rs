//! Events of a subsidy application's life.

use crate::book::event::{ApplicationChange, ApplicationChanged, ApplicationLine, ClawbackDemand, SubsidyApplied};
use crate::identifier::{ApplicationId, BudgetLineId, CapId, InstitutionId, LoanId, ProgrammeId, Uscc};
use crate::money::Amount;
use crate::proto::journal::{
    self as wire,
    application_changed::{self as step, Change},
};
use crate::rulebook::facts::WideKey;

use super::super::CodecError;
use super::super::field::{
    Numbered as _, Stored, code, load_all, message, number, optional_code, optional_number, optional_text, store_all,
    text, year,
};

impl Stored for SubsidyApplied {
    type Wire = wire::SubsidyApplied;

    fn store(&self) -> wire::SubsidyApplied {
        wire::SubsidyApplied {
            enterprise: self.enterprise.as_str().to_owned(),
            programme: self.programme.as_str().to_owned(),
            rulebook: Some(self.rulebook.store()),
            loan: self.loan.map(LoanId::number),
            lines: store_all(&self.lines),
            granted: self.granted.fen(),
            budget_line: self.budget_line.as_str().to_owned(),
            budget_year: i32::from(self.budget_year.value()),
            refusal: optional_number(self.refusal),
            waits_for_closing: self.waits_for_closing,
            payee: self.payee.as_ref().map(ToString::to_string),
        }
    }

    fn load(wire: wire::SubsidyApplied) -> Result<Self, CodecError> {
        Ok(Self {
            enterprise: text("SubsidyApplied.enterprise", &wire.enterprise, Uscc::parse)?,
            programme: text("SubsidyApplied.programme", &wire.programme, ProgrammeId::parse)?,
            rulebook: message("SubsidyApplied.rulebook", wire.rulebook)?,
            loan: wire.loan.map(|value| number("SubsidyApplied.loan", value, LoanId::new)).transpose()?,
            lines: load_all(wire.lines)?,
            granted: Amount::from_fen(wire.granted),
            budget_line: text("SubsidyApplied.budget_line", &wire.budget_line, BudgetLineId::parse)?,
            budget_year: year("SubsidyApplied.budget_year", wire.budget_year)?,
            refusal: optional_code("SubsidyApplied.refusal", wire.refusal)?,
            waits_for_closing: wire.waits_for_closing,
            payee: optional_text("SubsidyApplied.payee", wire.payee.as_deref(), InstitutionId::parse)?,
        })
    }
}

impl Stored for ApplicationLine {
    type Wire = wire::ApplicationLine;

    fn store(&self) -> wire::ApplicationLine {
        wire::ApplicationLine {
            item: Some(self.item.store()),
            award: self.award.fen(),
            evidence_used: self.evidence_used.fen(),
            cap_uses: store_all(&self.cap_uses),
            explanation: Some(self.explanation.store()),
            wide_uses: store_all(&self.wide_uses),
        }
    }

    fn load(wire: wire::ApplicationLine) -> Result<Self, CodecError> {
        Ok(Self {
            item: message("ApplicationLine.item", wire.item)?,
            award: Amount::from_fen(wire.award),
            evidence_used: Amount::from_fen(wire.evidence_used),
            cap_uses: load_all(wire.cap_uses)?,
            explanation: message("ApplicationLine.explanation", wire.explanation)?,
            wide_uses: load_all(wire.wide_uses)?,
        })
    }
}

impl Stored for WideKey {
    type Wire = wire::WideKey;

    fn store(&self) -> wire::WideKey {
        wire::WideKey {
            cap: self.cap.to_string(),
            year: i32::from(self.year.value()),
            bank: self.bank.as_ref().map(ToString::to_string),
        }
    }

    fn load(wire: wire::WideKey) -> Result<Self, CodecError> {
        Ok(Self {
            cap: text("WideKey.cap", &wire.cap, CapId::parse)?,
            year: year("WideKey.year", wire.year)?,
            bank: optional_text("WideKey.bank", wire.bank.as_deref(), InstitutionId::parse)?,
        })
    }
}

impl Stored for ApplicationChanged {
    type Wire = wire::ApplicationChanged;

    fn store(&self) -> wire::ApplicationChanged {
        wire::ApplicationChanged { application: self.application.number(), change: Some(self.change.store()) }
    }

    fn load(wire: wire::ApplicationChanged) -> Result<Self, CodecError> {
        Ok(Self {
            application: number("ApplicationChanged.application", wire.application, ApplicationId::new)?,
            change: message("ApplicationChanged.change", wire.change)?,
        })
    }
}

impl Stored for ApplicationChange {
    type Wire = Change;

    fn store(&self) -> Change {
        match self {
            Self::Approved => Change::Approved(wire::Bare {}),
            Self::Refused(reason) => Change::Refused(step::Refused { reason: reason.clone() }),
            Self::Withdrawn(reason) => Change::Withdrawn(step::Withdrawn { reason: reason.clone() }),
            Self::Paid(reference) => Change::Paid(step::Paid { reference: reference.clone() }),
            Self::PaymentRefused(refusal) => Change::PaymentRefused(step::PaymentRefused { refusal: refusal.number() }),
            Self::ClawbackDemanded(demand) => Change::ClawbackDemanded(demand.store()),
            Self::ClawbackReceived(amount, reference) => {
                Change::ClawbackReceived(step::ClawbackReceived { amount: amount.fen(), reference: reference.clone() })
            }
            Self::ClosingShare(share) => Change::ClosingShare(share.store()),
            Self::Corrected(correction) => Change::Corrected(correction.store()),
        }
    }

    fn load(wire: Change) -> Result<Self, CodecError> {
        Ok(match wire {
            Change::Approved(wire::Bare {}) => Self::Approved,
            Change::Refused(wire) => Self::Refused(wire.reason),
            Change::Withdrawn(wire) => Self::Withdrawn(wire.reason),
            Change::Paid(wire) => Self::Paid(wire.reference),
            Change::PaymentRefused(wire) => {
                Self::PaymentRefused(code("ApplicationChanged.PaymentRefused.refusal", wire.refusal)?)
            }
            Change::ClawbackDemanded(wire) => Self::ClawbackDemanded(Stored::load(wire)?),
            Change::ClawbackReceived(wire) => Self::ClawbackReceived(Amount::from_fen(wire.amount), wire.reference),
            Change::ClosingShare(wire) => Self::ClosingShare(Stored::load(wire)?),
            Change::Corrected(wire) => Self::Corrected(Box::new(Stored::load(wire)?)),
        })
    }
}

impl Stored for ClawbackDemand {
    type Wire = step::ClawbackDemanded;

    fn store(&self) -> step::ClawbackDemanded {
        step::ClawbackDemanded {
            amount: self.amount.fen(),
            reason: self.reason.clone(),
            by_line: self.by_line.iter().map(|part| part.fen()).collect(),
            restores_caps: self.restores_caps,
            restores_budget: self.restores_budget,
        }
    }

    fn load(wire: step::ClawbackDemanded) -> Result<Self, CodecError> {
        Ok(Self {
            amount: Amount::from_fen(wire.amount),
            reason: wire.reason,
            by_line: wire.by_line.into_iter().map(Amount::from_fen).collect(),
            restores_caps: wire.restores_caps,
            restores_budget: wire.restores_budget,
        })
    }
}
