//! What if: the same rulebook reproduces the ledger exactly, another one gives what a hand gives, and a recorded
//! decision is computed again to the same bytes.

#![expect(clippy::disallowed_methods, reason = "counts, plainly added")]

use std::collections::BTreeMap;

use ipledger::book::Book;
use ipledger::book::event::{ApplicationChange, Entry, Event};
use ipledger::decide::whatif::{Report, WhatIf, again};
use ipledger::identifier::ApplicationId;
use ipledger::journal::codec::encode;
use ipledger::money::Amount;
use ipledger::rulebook::{Rulebook, load, shipped};

use crate::property::run;
use ipledger::simulation::world::date;

fn shipped_rulebook(name: &str) -> Rulebook {
    let (_, text) = shipped().iter().find(|(file, _)| file.trim_end_matches(".toml") == name).unwrap();
    load(text).unwrap()
}

fn simulate(entries: &[Entry], rulebook: &Rulebook, from: Option<&str>) -> Report {
    let mut whatif = WhatIf::new(rulebook, from.map(date));
    for entry in entries {
        whatif.take(entry);
    }
    whatif.report(5)
}

/// What was granted and not refused or withdrawn later, straight from the entries.
fn granted(entries: &[Entry]) -> (u64, Amount) {
    let mut awards: BTreeMap<ApplicationId, Amount> = BTreeMap::new();
    for entry in entries {
        match &entry.event {
            Event::SubsidyApplied(applied) => {
                awards.insert(ApplicationId::created_by(entry.sequence), applied.granted);
            }
            Event::ApplicationChanged(changed) => {
                if matches!(changed.change, ApplicationChange::Refused(_) | ApplicationChange::Withdrawn(_)) {
                    awards.insert(changed.application, Amount::ZERO);
                }
            }
            _ => {}
        }
    }
    (u64::try_from(awards.len()).unwrap(), Amount::total(awards.values().copied()))
}

/// The very rulebook that is in force: difference zero, for every application, whatever happened to them.
#[test]
fn the_rulebook_in_force_reproduces_the_ledger() {
    let strict = shipped_rulebook("hebi-2017");
    let mut applications = 0;
    for seed in 1..=8 {
        let audited = run(seed, 900).unwrap();
        for from in [None, Some("2017-09-30"), Some("2018-06-01"), Some("2030-01-01")] {
            let report = simulate(&audited.entries, &strict, from);
            let (count, sum) = granted(&audited.entries);
            assert_eq!((report.total.applications, report.total.old), (count, sum), "seed {seed}");
            assert_eq!((report.total.new, report.total.changed), (sum, 0), "seed {seed}, from {from:?}: {report:#?}");
            assert_eq!((report.gainers.enterprises, report.losers.enterprises), (0, 0), "seed {seed}");
            assert!(report.budgets.iter().all(|budget| budget.old == budget.new), "seed {seed}: {report:#?}");
            applications += count;
        }
    }
    assert!(applications > 1_000, "too few applications to show anything: {applications}");
}

/// The sums of the report belong together, and nothing is lost between them.
#[test]
fn the_figures_of_a_report_agree() {
    let literal = shipped_rulebook("hebi-2017-literal");
    let mut changed = 0;
    for seed in 1..=6 {
        let audited = run(seed, 900).unwrap();
        let report = simulate(&audited.entries, &literal, None);
        changed += report.total.changed;
        for parts in [
            report.programmes.iter().map(|(_, figures)| *figures).collect::<Vec<_>>(),
            report.years.iter().map(|(_, figures)| *figures).collect(),
            report.districts.iter().map(|(_, figures)| *figures).collect(),
        ] {
            assert_eq!(Amount::total(parts.iter().map(|part| part.new)), report.total.new, "seed {seed}");
            assert_eq!(Amount::total(parts.iter().map(|part| part.old)), report.total.old, "seed {seed}");
            assert_eq!(parts.iter().map(|part| part.applications).sum::<u64>(), report.total.applications);
        }
        assert_eq!(report.gainers.sum.minus(report.losers.sum), report.total.difference(), "seed {seed}");
        assert_eq!(report.total.old, granted(&audited.entries).1, "seed {seed}");
    }
    assert!(changed > 20, "the literal reading should change more: {changed}");
}

/// Every recorded decision on an application, computed again on the book before it, is the same entry byte for byte.
#[test]
fn recomputing_gives_the_same_bytes() {
    let mut applications = 0;
    for seed in 21..=26 {
        let audited = run(seed, 700).unwrap();
        let mut book = Book::new();
        for entry in &audited.entries {
            if matches!(entry.event, Event::SubsidyApplied(_)) {
                let anew = again(&book, entry).expect("what was recorded is not rejected");
                assert_eq!(hex::encode(encode(&anew)), hex::encode(encode(entry)), "seed {seed}: {anew:?}");
                applications += 1;
            }
            book.apply(entry);
        }
    }
    assert!(applications > 200, "{applications}");
}
