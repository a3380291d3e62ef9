//! The invariants 1 to 10 as properties of the pure core: random commands against `decide` and `Book::apply`, watched
//! by the auditor. Every failure names its seed and step.

#![expect(clippy::arithmetic_side_effects, reason = "small numbers of a test; an overflow ends it, as it should")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ipledger::book::Book;
use ipledger::book::event::{BudgetChange, Entry, Event};
use ipledger::book::nouns::{CostItem, EvidenceKey, PledgeDetails, Role};
use ipledger::book::registry::PledgeState;
use ipledger::calendar::{FiscalYear, Timestamp};
use ipledger::decide::command::{Command, Request, Stamp};
use ipledger::decide::decide;
use ipledger::decide::rejection::Reason;
use ipledger::identifier::{LoanId, Sequence, Uscc};
use ipledger::journal::codec;
use ipledger::money::Amount;
use ipledger::rulebook::refusal::Refusal;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

use crate::simulate::story::{Story, pledge_key, yuan};
use ipledger::simulation::generate::Generator;
use ipledger::simulation::generate::corrections::with_entry;
use ipledger::simulation::generate::nation::Deeds;
use ipledger::simulation::model::Model;
use ipledger::simulation::timeline::Timeline;
use ipledger::simulation::world::{World, date, invoice};

/// The core with its auditor.
#[derive(Debug, Default)]
pub(crate) struct Audited {
    pub(crate) book: Book,
    pub(crate) model: Model,
    pub(crate) entries: Vec<Entry>,
    /// What happened how often: the name of an event, a refusal or a rejection.
    pub(crate) seen: BTreeMap<String, u64>,
}

impl Audited {
    /// Decides a request as the writer does, and has the answer checked.
    pub(crate) fn submit(&mut self, request: &Request, now: Timestamp) -> Result<(), String> {
        if let Some(sequence) = self.book.request(&request.key.id) {
            let first = self.entries.iter().find(|entry| entry.sequence == sequence);
            let Some(first) = first.filter(|first| first.request.id == request.key.id) else {
                return Err(format!("request {} does not lead to its entry", request.key.id));
            };
            let same = first.request.digest == request.key.digest;
            self.count(if same { "request repeated" } else { Reason::RequestIdReused.code() });
            return Ok(());
        }
        let last = self.book.last_recorded_at();
        let stamp = Stamp {
            sequence: self.book.last_sequence().next(),
            recorded_at: last.map_or(now, |last| now.max(last.next())),
        };
        let answer = decide(&self.book, &stamp, request);
        if decide(&self.book, &stamp, request) != answer {
            return Err(format!("decided twice, answered differently: {request:?}"));
        }
        self.model.audit(&stamp, request, &answer)?;
        match answer {
            Err(rejection) => self.count(rejection.reason.code()),
            Ok(entry) => {
                self.count(&kind_of(&entry));
                self.book.apply(&entry);
                self.entries.push(entry);
            }
        }
        let violations = self.book.violations();
        if violations.is_empty() { Ok(()) } else { Err(format!("{violations:?}\nafter {request:?}")) }
    }

    /// The entry with this sequence.
    fn entry(&self, sequence: Sequence) -> Option<Arc<Entry>> {
        let entry = self.entries.iter().find(|entry| entry.sequence == sequence);
        entry.cloned().map(Arc::new)
    }

    fn count(&mut self, what: &str) {
        *self.seen.entry(what.to_owned()).or_default() += 1;
    }

    /// What must hold at the end: the same book from the same journal, from its bytes too.
    pub(crate) fn finish(&self) -> Result<(), String> {
        self.model.compare(&self.book)?;
        let mut replayed = Book::new();
        for entry in &self.entries {
            let bytes = codec::encode(entry);
            let read = codec::decode(&bytes).map_err(|error| format!("entry {}: {error}", entry.sequence))?;
            if read != *entry {
                return Err(format!("entry {} reads back as {read:?}", entry.sequence));
            }
            replayed.apply(&read);
        }
        let report = crate::audit::audited(&self.entries);
        if let Some(finding) = report.findings.first() {
            return Err(format!("the audit finds {finding}"));
        }
        if report.not_kept > 0 || report.book != self.book {
            return Err(format!("the audit left {} decisions out, or has another book", report.not_kept));
        }
        let same = replayed == self.book && replayed.digest() == self.book.digest();
        if same { Ok(()) } else { Err("the replayed book is another".to_owned()) }
    }
}

/// The name of what an entry records, for the statistics.
fn kind_of(entry: &Entry) -> String {
    let text = format!("{:?}", entry.event);
    let name = |text: &str| text.split(['(', ' ', '{']).next().unwrap_or_default().to_owned();
    // The last one: that of the whole, not of a line.
    let inner = |field: &str| text.rsplit_once(field).map(|(_, rest)| short(rest)).unwrap_or_default();
    match name(&text).as_str() {
        "LoanChanged" | "ApplicationChanged" | "ClaimChanged" => format!("{} {}", name(&text), inner("change: ")),
        "Reversed" => format!("Reversed {}", inner("undone: ")),
        "Refused" => format!("Refused {}", inner("refusal: ")),
        "SubsidyApplied" => format!("SubsidyApplied {}", inner("refusal: ")),
        "ClaimSubmitted" => format!("ClaimSubmitted {}", inner("refusal: ")),
        other => other.to_owned(),
    }
}

/// The beginning of a value's text, without the wrapping `Some`.
fn short(text: &str) -> String {
    let text = text.strip_prefix("Some(").unwrap_or(text);
    text.split(|character: char| !character.is_alphanumeric()).next().unwrap_or_default().to_owned()
}

/// Runs a seed to its end; the error says where it failed.
pub(crate) fn run(seed: u64, steps: u64) -> Result<Audited, String> {
    run_of(Generator::new(seed), Timeline::new(seed, steps), (seed, steps))
}

fn run_of(mut generator: Generator, mut timeline: Timeline, (seed, steps): (u64, u64)) -> Result<Audited, String> {
    let mut audited = Audited::default();
    for request in generator.opening() {
        let now = timeline.next();
        audited.submit(&request, now).map_err(|problem| format!("seed {seed}, opening: {problem}"))?;
    }
    for step in 0..steps {
        let now = timeline.next();
        let request = with_entry(generator.next(&audited.book, now), |sequence| audited.entry(sequence));
        audited.submit(&request, now).map_err(|problem| format!("seed {seed}, step {step}: {problem}"))?;
        if step % 50 == 0 {
            audited.model.compare(&audited.book).map_err(|problem| format!("seed {seed}, step {step}: {problem}"))?;
        }
    }
    audited.finish().map_err(|problem| format!("seed {seed}, at the end: {problem}"))?;
    Ok(audited)
}

/// 1 to 10 but for crashes, after every step; the later seeds are for the rare ends.
#[test]
fn the_auditor_agrees_at_every_step() {
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for seed in 1..=20 {
        let audited = run(seed, 900).unwrap_or_else(|problem| panic!("{problem}"));
        for (what, count) in audited.seen {
            *seen.entry(what).or_default() += count;
        }
    }
    println!("{seen:#?}");
    // A generator that no longer gets that far would test nothing.
    for what in [
        "ClaimChanged Paid",
        "ClaimChanged Recovered",
        "ClaimSubmitted BreakerTripped",
        "ClaimSubmitted PoolShort",
        "ApplicationChanged PaymentRefused",
        "ApplicationChanged ClawbackReceived",
        "SubsidyApplied YearCapUsedUp",
        "SubsidyApplied BudgetUsedUp",
        "SubsidyApplied EvidenceUsedUp",
        "Refused RightAlreadyPledged",
        "Refused PoolLeverageExceeded",
        "RedLetterInvoiceRecorded",
        "Reversed Disbursed",
        "Reversed InterestPaid",
        "Reversed PrincipalPaid",
        "Reversed PoolMoved",
        "Reversed SubsidyPaid",
        "Reversed ClaimPaid",
        "StatementSignedOff",
        "YearClosed",
        "OPEN_ITEMS",
        "PERIOD_CLOSED",
        "SAME_PERSON",
        "OUT_OF_ORDER",
        "REQUEST_ID_REUSED",
    ] {
        assert!(seen.contains_key(what), "no seed came to `{what}`");
    }
}

/// The same for a generated nation, of which every rule and end must come up that only it has.
#[test]
fn the_auditor_agrees_about_a_nation() {
    const STEPS: u64 = 900;
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    let (mut books, mut lumps) = (Vec::new(), Vec::new());
    for seed in 1..=12 {
        let generator = Generator::of_nation(seed, 0, (Deeds::new(seed, STEPS), STEPS));
        let audited = run_of(generator, Timeline::of_nation(seed, STEPS), (seed, STEPS));
        let audited = audited.unwrap_or_else(|problem| panic!("{problem}"));
        for (what, count) in audited.seen {
            *seen.entry(what).or_default() += count;
        }
        for entry in audited.entries {
            let Event::SubsidyApplied(applied) = entry.event else { continue };
            if applied.programme.as_str() == "trademark-interest" {
                lumps.extend(applied.lines.into_iter().map(|line| (line.award, line.explanation.refusal)));
            }
        }
        books.push(audited.book);
    }
    println!("{seen:#?}");
    // 许昌: some lines are granted, and some come after the lump sum was.
    let granted = lumps.iter().filter(|(award, _)| award.is_positive()).count();
    let after = lumps.iter().filter(|(_, refusal)| *refusal == Some(Refusal::LoanCapUsedUp)).count();
    assert!(granted > 20 && after > 2, "{granted} lines granted, {after} after the lump sum");
    for what in [
        "RulebookAdopted",
        "SubsidyApplied None",
        "ApplicationChanged Paid",
        "LoanChanged MarkedNonPerforming",
        "LoanChanged MarkedCured",
        "ClaimSubmitted BreakerTripped",
        "ClaimSubmitted FactMissing",
        "ClaimChanged Paid",
        "Refused PoolLeverageExceeded",
        "Refused RightAlreadyPledged",
        "StatementSignedOff",
        "YearClosed",
    ] {
        assert!(seen.contains_key(what), "no seed came to `{what}`");
    }
    // Loans under three rulebooks, pledges that secured a second loan after the first, and a peak before the year ends.
    let loans = || books.iter().flat_map(|book| book.loans.values());
    let rulebooks: BTreeSet<String> = loans().map(|loan| loan.rulebook.to_string()).collect();
    assert_eq!(rulebooks.len(), 3, "{rulebooks:?}");
    let renewed = books.iter().flat_map(|book| book.pledges.values()).filter(|pledge| pledge.loans.len() > 1).count();
    assert!(renewed > 20, "{renewed} pledges secured more than one loan");
    let filed_in = |month: u8| loans().filter(|loan| loan.filed_on.month() == month).count();
    assert!(filed_in(12) > 2 * filed_in(2), "{} in December, {} in February", filed_in(12), filed_in(2));
}

/// Minutes instead of seconds: `cargo test --test it property::long -- --ignored`.
#[test]
#[ignore = "takes minutes"]
fn long() {
    for seed in 1_001..=1_300 {
        run(seed, 1_000).unwrap_or_else(|problem| panic!("{problem}"));
    }
}

/// An application of one cost: enterprise, day of payment, delay until the application, cost in fen.
type Single = (usize, i64, i64, i64);

/// Applications that have nothing to do with each other but the cap, in two orders of arrival.
fn two_orders() -> impl Strategy<Value = (Vec<Single>, Vec<Single>)> {
    let single = (0..3_usize, 0..600_i64, 0..120_i64, prop_oneof![1..90_000_000_i64, 39_999_990..40_000_010_i64]);
    let singles = prop::collection::vec(single, 1..14);
    singles.prop_flat_map(|singles| (Just(singles.clone()), Just(singles).prop_shuffle()))
}

/// What each enterprise is granted for each year, when the applications arrive in this order.
fn granted(singles: &[Single]) -> BTreeMap<(Uscc, i16), Amount> {
    let mut story = Story::new();
    story.today = Some(date("2020-06-30"));
    let loans: Vec<LoanId> = (0..3)
        .map(|number| {
            story.join(number);
            story.loan(number)
        })
        .collect();
    let begin = story.day;
    for year in 2018..=2020 {
        let year = FiscalYear::from_value(year).unwrap();
        let line = story.world.budget.clone();
        let change = BudgetChange { line, year, amount: yuan(100_000_000), document: "文".to_owned() };
        story.takes(Role::Finance, Command::AppropriateBudget(change));
    }
    let mut sums: BTreeMap<(Uscc, i16), Amount> = BTreeMap::new();
    for (index, (number, paid, delay, cost)) in singles.iter().enumerate() {
        story.day = begin.plus_days(*paid).unwrap();
        // Each with an invoice of its own.
        let item = CostItem {
            evidence: EvidenceKey::Invoice(invoice(1_000 + index)),
            ..story.invoice_item(0, Amount::from_fen(*cost))
        };
        story.day = begin.plus_days(paid + delay).unwrap();
        let year = item.paid_on.year().value();
        let apply = story.apply(*number, loans[*number], item);
        story.takes(Role::Officer, apply);
        let Event::SubsidyApplied(applied) = &story.last().event else { panic!("another event") };
        let sum = sums.entry((applied.enterprise, year)).or_default();
        *sum = sum.plus(applied.granted);
    }
    assert_eq!(story.audited.finish(), Ok(()));
    sums
}

/// Where a found failure is kept: committed, and run first ever after.
fn config(cases: u32) -> ProptestConfig {
    let file = FileFailurePersistence::Direct("tests/it/property.proptest-regressions");
    ProptestConfig { failure_persistence: Some(Box::new(file)), ..ProptestConfig::with_cases(cases) }
}

proptest! {
    #![proptest_config(config(40))]

    /// 3: the caps hold in any order of arrival, back-dated entries included; and since only the cap binds here, the
    /// order cannot change what an enterprise gets in all: half of its costs, at most 200,000.00 in a year.
    #[test]
    fn any_order_of_arrival_keeps_the_caps((one, other) in two_orders()) {
        let mut halves: BTreeMap<(usize, i16), i64> = BTreeMap::new();
        for (number, paid, _, cost) in &one {
            let year = date("2018-02-01").plus_days(*paid).unwrap().year().value();
            *halves.entry((*number, year)).or_default() += cost / 2;
        }
        let enterprises = World::new().enterprises;
        let expected: BTreeMap<_, _> = halves
            .into_iter()
            .map(|((number, year), half)| ((enterprises[number], year), Amount::from_fen(half.min(20_000_000))))
            .collect();
        prop_assert_eq!(&granted(&one), &expected);
        prop_assert_eq!(&granted(&other), &expected);
    }

    /// 5: whatever is pledged and released on whatever days, in whatever order it is told, no right is under two
    /// pledges on any day.
    #[test]
    fn no_right_is_pledged_twice_on_any_day(
        acts in prop::collection::vec((0..2_usize, 0..16_i64, prop::option::weighted(0.9, 0..8_i64), 0..5_u8, 0..8_usize), 1..24)
    ) {
        let mut story = Story::new();
        story.join(0);
        story.join(1);
        let begin = story.day;
        story.today = begin.plus_days(40);
        for (index, (right, day, term, act, earlier)) in acts.into_iter().enumerate() {
            story.day = begin.plus_days(day).unwrap();
            let command = if act == 0 {
                Command::ReleasePledge(pledge_key(100 + earlier))
            } else {
                let term_end = term.and_then(|term| story.day.plus_days(term));
                Command::RegisterPledge(PledgeDetails { pledge: pledge_key(100 + index), term_end, ..story.pledge(right) })
            };
            prop_assert_eq!(story.give(Role::Officer, command), Ok(()));
        }
        for day in 0..60 {
            let day = begin.plus_days(day).unwrap();
            for right in story.audited.book.rights.values() {
                let pledges = right.pledges.iter().filter_map(|key| story.audited.book.pledges.get(key));
                let active = pledges.filter(|pledge| pledge.state_on(day) == PledgeState::Active).count();
                prop_assert!(active <= 1, "{} pledges of {} on {}", active, right.details.right, day);
            }
        }
        prop_assert_eq!(story.audited.finish(), Ok(()));
    }
}
