//! Entries of a group: closing runs and corrections, heads and members.

use crate::book::closing::{ClosedLine, ClosingRun, ClosingShareTaken};
use crate::book::correction::{AwardsCorrected, CorrectedLine, Correction};
use crate::identifier::{BudgetLineId, ProgrammeId, Sequence};
use crate::money::Amount;
use crate::proto::journal::{
    self as wire,
    application_changed::{self as step, closing_share, corrected},
};

use super::super::CodecError;
use super::super::field::{Stored, load_all, message, number, optional_code, optional_number, store_all, text, year};

impl Stored for ClosingRun {
    type Wire = wire::ClosingRun;

    fn store(&self) -> wire::ClosingRun {
        wire::ClosingRun {
            programme: self.programme.to_string(),
            year: i32::from(self.year.value()),
            budget_line: self.budget_line.to_string(),
            budget: self.budget.fen(),
            approved: self.approved.fen(),
            paid: self.paid.fen(),
            shares: self.shares,
        }
    }

    fn load(wire: wire::ClosingRun) -> Result<Self, CodecError> {
        Ok(Self {
            programme: text("ClosingRun.programme", &wire.programme, ProgrammeId::parse)?,
            year: year("ClosingRun.year", wire.year)?,
            budget_line: text("ClosingRun.budget_line", &wire.budget_line, BudgetLineId::parse)?,
            budget: Amount::from_fen(wire.budget),
            approved: Amount::from_fen(wire.approved),
            paid: Amount::from_fen(wire.paid),
            shares: wire.shares,
        })
    }
}

impl Stored for AwardsCorrected {
    type Wire = wire::AwardsCorrected;

    fn store(&self) -> wire::AwardsCorrected {
        wire::AwardsCorrected {
            rulebook: Some(self.rulebook.store()),
            programme: self.programme.to_string(),
            reason: self.reason.clone(),
            examined: self.examined,
            left_out: self.left_out,
            granted_more: self.granted_more.fen(),
            granted_less: self.granted_less.fen(),
            corrections: self.corrections,
        }
    }

    fn load(wire: wire::AwardsCorrected) -> Result<Self, CodecError> {
        Ok(Self {
            rulebook: message("AwardsCorrected.rulebook", wire.rulebook)?,
            programme: text("AwardsCorrected.programme", &wire.programme, ProgrammeId::parse)?,
            reason: wire.reason,
            examined: wire.examined,
            left_out: wire.left_out,
            granted_more: Amount::from_fen(wire.granted_more),
            granted_less: Amount::from_fen(wire.granted_less),
            corrections: wire.corrections,
        })
    }
}

impl Stored for ClosingShareTaken {
    type Wire = step::ClosingShare;

    fn store(&self) -> step::ClosingShare {
        step::ClosingShare { run: self.run.value(), lines: store_all(&self.lines) }
    }

    fn load(wire: step::ClosingShare) -> Result<Self, CodecError> {
        Ok(Self {
            run: number("ApplicationChanged.ClosingShare.run", wire.run, Sequence::new)?,
            lines: load_all(wire.lines)?,
        })
    }
}

impl Stored for ClosedLine {
    type Wire = closing_share::Line;

    fn store(&self) -> closing_share::Line {
        closing_share::Line { paid: self.paid.fen(), explanation: Some(self.explanation.store()) }
    }

    fn load(wire: closing_share::Line) -> Result<Self, CodecError> {
        Ok(Self {
            paid: Amount::from_fen(wire.paid),
            explanation: message("ApplicationChanged.ClosingShare.Line.explanation", wire.explanation)?,
        })
    }
}

impl Stored for Correction {
    type Wire = step::Corrected;

    fn store(&self) -> step::Corrected {
        step::Corrected {
            run: self.run.value(),
            rulebook: Some(self.rulebook.store()),
            before: self.before.fen(),
            after: self.after.fen(),
            lines: store_all(&self.lines),
            refusal: optional_number(self.refusal),
            restores_budget: self.restores_budget,
        }
    }

    fn load(wire: step::Corrected) -> Result<Self, CodecError> {
        Ok(Self {
            run: number("ApplicationChanged.Corrected.run", wire.run, Sequence::new)?,
            rulebook: message("ApplicationChanged.Corrected.rulebook", wire.rulebook)?,
            before: Amount::from_fen(wire.before),
            after: Amount::from_fen(wire.after),
            lines: load_all(wire.lines)?,
            refusal: optional_code("ApplicationChanged.Corrected.refusal", wire.refusal)?,
            restores_budget: wire.restores_budget,
        })
    }
}

impl Stored for CorrectedLine {
    type Wire = corrected::Line;

    fn store(&self) -> corrected::Line {
        corrected::Line {
            award: self.award.fen(),
            evidence_used: self.evidence_used.fen(),
            cap_uses: store_all(&self.cap_uses),
            wide_uses: store_all(&self.wide_uses),
            explanation: Some(self.explanation.store()),
        }
    }

    fn load(wire: corrected::Line) -> Result<Self, CodecError> {
        Ok(Self {
            award: Amount::from_fen(wire.award),
            evidence_used: Amount::from_fen(wire.evidence_used),
            cap_uses: load_all(wire.cap_uses)?,
            wide_uses: load_all(wire.wide_uses)?,
            explanation: message("ApplicationChanged.Corrected.Line.explanation", wire.explanation)?,
        })
    }
}
