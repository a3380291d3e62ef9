//! Samples of groups: a closing run with a share, a recomputation with corrections.

use crate::book::closing::{ClosedLine, ClosingRun, ClosingShareTaken};
use crate::book::correction::{AwardsCorrected, CorrectedLine, Correction};
use crate::book::event::{ApplicationChange, ApplicationChanged, Event, SubsidyApplied};
use crate::identifier::{ApplicationId, CapId, ProgrammeId, Sequence};
use crate::money::Amount;
use crate::rulebook::facts::{CapKey, WideKey};
use crate::rulebook::refusal::Refusal;

use super::{budget_line, line, rulebook_ref, uscc, year};

pub(super) fn events() -> Vec<Event> {
    let programme = ProgrammeId::parse("pledge-cost").unwrap();
    let applied = SubsidyApplied {
        enterprise: uscc(),
        programme: programme.clone(),
        rulebook: rulebook_ref(),
        loan: None,
        lines: Vec::new(),
        granted: Amount::from_yuan(149_600),
        budget_line: budget_line(),
        budget_year: year(),
        refusal: None,
        waits_for_closing: true,
        payee: None,
    };
    let run = ClosingRun {
        programme: programme.clone(),
        year: year(),
        budget_line: budget_line(),
        budget: Amount::from_yuan(500_000),
        approved: Amount::from_yuan(1_000_000),
        paid: Amount::from_yuan(500_000),
        shares: 1,
    };
    let share = ClosingShareTaken {
        run: Sequence::new(105),
        lines: vec![ClosedLine { paid: Amount::from_yuan(18_700), explanation: line(1) }],
    };
    let corrected = AwardsCorrected {
        rulebook: rulebook_ref(),
        programme,
        reason: "鹤财〔2026〕30号".to_owned(),
        examined: 7,
        left_out: 2,
        granted_more: Amount::from_yuan(100),
        granted_less: Amount::from_fen(1),
        corrections: 2,
    };
    let cap = CapKey { cap: CapId::parse("yearly").unwrap(), enterprise: uscc(), year: Some(year()), loan: None };
    let wide = WideKey { cap: CapId::parse("all").unwrap(), year: year(), bank: None };
    let correction = Correction {
        run: Sequence::new(107),
        rulebook: rulebook_ref(),
        before: Amount::from_yuan(37_400),
        after: Amount::from_yuan(37_500),
        lines: vec![CorrectedLine {
            award: Amount::from_yuan(37_500),
            evidence_used: Amount::from_yuan(75_000),
            cap_uses: vec![cap],
            wide_uses: vec![wide],
            explanation: line(2),
        }],
        refusal: None,
        restores_budget: true,
    };
    let refused = Correction {
        before: Amount::from_fen(1),
        after: Amount::ZERO,
        lines: Vec::new(),
        refusal: Some(Refusal::NotEligible),
        restores_budget: false,
        ..correction.clone()
    };
    let step = |change| Event::ApplicationChanged(ApplicationChanged { application: ApplicationId::new(45), change });
    vec![
        Event::SubsidyApplied(applied),
        Event::ClosingRun(run),
        step(ApplicationChange::ClosingShare(share)),
        Event::AwardsCorrected(corrected),
        step(ApplicationChange::Corrected(Box::new(correction))),
        step(ApplicationChange::Corrected(Box::new(refused))),
    ]
}
