//! The decision of an entry: outcome, reason, remedy and a sentence.

use crate::book::event::{
    ApplicationChange, ApplicationChanged, ClaimChange, ClaimChanged, ClaimDecision, Entry, Event, SubsidyApplied,
};
use crate::book::pool::pool_share;
use crate::money::Amount;
use crate::proto::v1;
use crate::rulebook::explanation::{Bound, LineExplanation};
use crate::rulebook::refusal::Refusal;

use super::explanation::{Detail, explanation};
use super::{bilingual, sentence};

/// What an entry decided.
pub(crate) fn decision(entry: &Entry, recorded: bool) -> v1::Decision {
    let ruling = Ruling::of(&entry.event);
    v1::Decision {
        outcome: i32::from(ruling.outcome),
        reason: ruling.reason.map(|reason| reason.to_string()).unwrap_or_default(),
        remedy: ruling.reason.map(|reason| bilingual(reason.remedy())),
        sentence: Some(sentence::of(entry, recorded)),
        granted: ruling.granted.map(|granted| granted.to_string()).unwrap_or_default(),
        explanation: explanation(ruling.lines, Detail::Figures),
    }
}

/// The same without what a program does not ask for: sentence and explanation only where the answer is no or not yet.
pub(crate) fn brief(entry: &Entry, recorded: bool) -> v1::Decision {
    let ruling = Ruling::of(&entry.event);
    if ruling.reason.is_some() {
        return decision(entry, recorded);
    }
    let granted = ruling.granted.map(|granted| granted.to_string()).unwrap_or_default();
    v1::Decision { outcome: i32::from(ruling.outcome), granted, ..v1::Decision::default() }
}

/// What an event says of itself.
struct Ruling<'a> {
    outcome: v1::Outcome,
    reason: Option<Refusal>,
    granted: Option<Amount>,
    lines: Vec<&'a LineExplanation>,
}

impl<'a> Ruling<'a> {
    fn of(event: &'a Event) -> Self {
        match event {
            Event::SubsidyApplied(applied) => Self::subsidy(applied),
            Event::LoanFiled(filed) => match &filed.explanation {
                Some(line) => Self {
                    outcome: v1::Outcome::Granted,
                    reason: None,
                    granted: Some(filed.exposure),
                    lines: vec![line],
                },
                None => Self::recorded(),
            },
            Event::ClaimSubmitted(submitted) => Self::claim(&submitted.decision),
            Event::ClaimChanged(ClaimChanged { change: ClaimChange::Resumed(decision), .. }) => Self::claim(decision),
            Event::ApplicationChanged(ApplicationChanged {
                change: ApplicationChange::PaymentRefused(refusal),
                ..
            }) => Self::refused(*refusal, Vec::new()),
            Event::ApplicationChanged(ApplicationChanged {
                change: ApplicationChange::ClosingShare(share), ..
            }) => Self::member(share.paid(), share.lines.iter().map(|line| &line.explanation).collect()),
            Event::ApplicationChanged(ApplicationChanged { change: ApplicationChange::Corrected(one), .. }) => {
                Self::member(one.after, one.lines.iter().map(|line| &line.explanation).collect())
            }
            Event::Refused(refused) => {
                let lines = refused.explanation.iter().flat_map(|explanation| &explanation.lines).collect();
                Self::refused(refused.refusal, lines)
            }
            Event::EnterpriseRegistered(_)
            | Event::EnterpriseUpdated(_)
            | Event::InstitutionRegistered(_)
            | Event::IpRightRegistered(_)
            | Event::IpRightChanged(_)
            | Event::PledgeRegistered(_)
            | Event::PledgeReleased(_)
            | Event::BlacklistEntryAdded(_)
            | Event::BlacklistEntryLifted(_)
            | Event::LoanChanged(_)
            | Event::ApplicationChanged(_)
            | Event::RedLetterInvoiceRecorded(_)
            | Event::BudgetAppropriated(_)
            | Event::BudgetAdjusted(_)
            | Event::PoolMoved(_)
            | Event::ClaimChanged(_)
            | Event::RulebookAdopted(_)
            | Event::StatementSignedOff(_)
            | Event::PeriodClosed(_)
            | Event::ClosingRun(_)
            | Event::AwardsCorrected(_)
            | Event::PeriodClosedOver(_)
            | Event::YearClosed(_)
            | Event::Reversed(_)
            | Event::ReferenceRateRecorded(_)
            | Event::FactRecorded(_)
            | Event::AccessChanged(_)
            | Event::Endorsed(_) => Self::recorded(),
        }
    }

    const fn recorded() -> Self {
        Self { outcome: v1::Outcome::Recorded, reason: None, granted: None, lines: Vec::new() }
    }

    const fn refused(refusal: Refusal, lines: Vec<&'a LineExplanation>) -> Self {
        Self { outcome: v1::Outcome::Refused, reason: Some(refusal), granted: None, lines }
    }

    /// Granted if only the ratio bounded every line; partly if anything else cut one, or one was refused.
    fn subsidy(applied: &'a SubsidyApplied) -> Self {
        let lines: Vec<_> = applied.lines.iter().map(|line| &line.explanation).collect();
        let refused_line = lines.iter().find_map(|line| line.refusal);
        let uncut = lines.iter().all(|line| line.refusal.is_none() && line.bound == Bound::Ratio);
        let outcome = if applied.refusal.is_some() {
            v1::Outcome::Refused
        } else if uncut {
            v1::Outcome::Granted
        } else {
            v1::Outcome::Partly
        };
        Self { outcome, reason: applied.refusal.or(refused_line), granted: Some(applied.granted), lines }
    }

    /// What a closing run or a correction makes of an award.
    fn member(granted: Amount, lines: Vec<&'a LineExplanation>) -> Self {
        let reason = lines.iter().find_map(|line| line.refusal);
        let uncut = lines.iter().all(|line| line.refusal.is_none() && line.bound == Bound::Ratio);
        let outcome = match (granted.is_positive(), uncut) {
            (false, _) => v1::Outcome::Refused,
            (true, true) => v1::Outcome::Granted,
            (true, false) => v1::Outcome::Partly,
        };
        Self { outcome, reason, granted: Some(granted), lines }
    }

    fn claim(decision: &'a ClaimDecision) -> Self {
        let line = &decision.explanation;
        let outcome = match line.refusal {
            Some(refusal) if refusal.defers() => v1::Outcome::Deferred,
            Some(_) => v1::Outcome::Refused,
            None if line.bound == Bound::Ratio => v1::Outcome::Granted,
            None => v1::Outcome::Partly,
        };
        let granted = if line.refusal.is_none() { pool_share(&decision.shares) } else { Amount::ZERO };
        Self { outcome, reason: line.refusal, granted: Some(granted), lines: vec![line] }
    }
}
