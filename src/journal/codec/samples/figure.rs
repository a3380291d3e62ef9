//! Figures of enterprises, and the cap of whoever is paid.

use super::explanation::newest_line;
use super::{day, uscc, year};
use crate::book::event::{Event, Refused};
use crate::book::fact::{Fact, FactRecorded};
use crate::identifier::Tag;
use crate::money::Amount;
use crate::rulebook::explanation::Explanation;
use crate::rulebook::refusal::Refusal;

pub(super) fn figures() -> Vec<Event> {
    let tax = Tag::parse("local-tax").unwrap();
    let stated = FactRecorded {
        fact: Fact::EnterpriseFigure(uscc(), tax, year(), Amount::from_fen(12_345_678)),
        from: day("2026-01-01"),
        document: "税证〔2026〕1号".to_owned(),
        digest: None,
        supersedes: None,
    };
    let refused = Refused {
        command: "ApplySubsidy".to_owned(),
        refusal: Refusal::PayeeYearCapUsedUp,
        subject: "application".to_owned(),
        since: None,
        explanation: Some(Explanation { lines: vec![newest_line()] }),
        asked: None,
    };
    vec![Event::FactRecorded(stated), Event::Refused(refused)]
}
