//! Runs a script against the pure core and compares what comes of each line with the expected text.
//!
//! A line is `DAY ROLE [ORGANISATION/]PERSON COMMAND`, for example
//! `2026-03-05 bank icbc/li file L1 borrower=A principal=5000000 pledges=G1 pool=hebi-pool`. The day is today, at noon in
//! Shanghai; `effective=2026-02-28` among the words dates the command back; an instant such as
//! `2026-12-31T15:59:59Z` stands for a day where the hour matters. `? loan L1` shows a part of the book; `use basics`
//! runs the lines of [`BASICS`] without showing them, `use basics caps` under the rulebook `caps`; `#` begins a comment.
//!
//! After each line: the decision is made twice and is the same, the postings sum to zero, the book's invariants hold.
//! At the end of a script its entries, replayed into a new book, make the same book, and the board has the figures of the
//! yearly report after each of them.

use std::sync::Arc;

use expect_test::Expect;
use ipledger::book::Book;
use ipledger::book::event::{Entry, RequestKey};
use ipledger::calendar::{CivilDate, Timestamp};
use ipledger::decide::command::{Command, Request, Stamp};
use ipledger::decide::{decide, members};
use ipledger::identifier::{RequestId, Sequence};
use ipledger::journal::replay::check_follows;
use ipledger::money::Amount;

use super::names::Entries;
use super::{names, parse, render};

/// Enterprises `A` to `D`, two banks, a guarantor, patents `P1` to `P4` of `A` and `P5` of `B`, the strict rulebook,
/// ten million of budget for 2026 and two million in the pool.
const BASICS: &str = "
    2026-01-04 operator op register-institution icbc kind=bank
    2026-01-04 operator op register-institution ccb kind=bank
    2026-01-04 operator op register-institution gua kind=guarantor
    2026-01-04 operator op register-enterprise A
    2026-01-04 operator op register-enterprise B
    2026-01-04 operator op register-enterprise C
    2026-01-04 operator op register-enterprise D
    2026-01-04 operator op register-right P1 owner=A
    2026-01-04 operator op register-right P2 owner=A
    2026-01-04 operator op register-right P3 owner=A
    2026-01-04 operator op register-right P4 owner=A
    2026-01-04 operator op register-right P5 owner=B
    2026-01-04 operator op adopt hebi-2017
    2026-01-04 finance zhao appropriate amount=10000000
    2026-01-04 finance zhao contribute amount=2000000
";

/// The basics, and loan `L1` of `A` (5,000,000, all of it IP) from icbc, disbursed on 10 January.
const LOAN: &str = "
    use basics
    2026-01-05 bank icbc/li register-pledge G1 pledgor=A rights=P1
    2026-01-06 bank icbc/li file L1 borrower=A principal=5000000 pledges=G1 pool=hebi-pool
    2026-01-10 bank icbc/li disburse L1 amount=5000000
";

/// Runs a script; the outcomes, one or more lines a command, must be the expected text.
#[track_caller]
pub(super) fn check(script: &str, expected: Expect) {
    expected.assert_eq(&outcomes(script));
}

/// The outcomes of a script as text.
pub(super) fn outcomes(script: &str) -> String {
    let mut world = World::default();
    world.run(script, true);
    world.replay();
    world.shown
}

/// A book that a script writes.
#[derive(Default)]
struct World {
    book: Book,
    entries: Vec<Entry>,
    names: Entries,
    /// What each command recorded, by verb and name: what `reverse pay:S1` looks up.
    steps: Entries,
    shown: String,
    requests: u64,
}

impl World {
    fn run(&mut self, script: &str, shown: bool) {
        for line in script.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let outcome = match line.split_once(' ') {
                Some(("use", what)) => {
                    self.prepare(what);
                    continue;
                }
                Some(("?", what)) => render::state(&self.book, what, &self.names),
                Some((day, rest)) => self.command(line, day, rest),
                None => panic!("`{line}` is not a line of a script"),
            };
            if shown {
                self.shown.push_str(&names::shortened(&outcome, &self.names));
                self.shown.push('\n');
            } else {
                assert!(!outcome.contains("REJECTED") && !outcome.contains("REFUSED"), "{line}: {outcome}");
            }
        }
    }

    /// Runs `basics` or `loan`, under the strict rulebook or the one that is named after it.
    fn prepare(&mut self, what: &str) {
        let (what, rulebook) = what.split_once(' ').unwrap_or((what, "hebi-2017"));
        let lines = match what {
            "basics" => BASICS,
            "loan" => LOAN,
            other => panic!("`use {other}` prepares nothing"),
        };
        let lines = lines.replace("use basics", &format!("use basics {rulebook}"));
        self.run(&lines.replace("adopt hebi-2017", &format!("adopt {rulebook}")), false);
    }

    fn command(&mut self, line: &str, day: &str, rest: &str) -> String {
        let recorded_at = self.instant(day);
        let today = recorded_at.shanghai_date();
        let line = parse::line(line, rest, today, &self.names);
        self.requests += 1;
        let key =
            RequestKey { id: RequestId::from_bytes(u128::from(self.requests).to_be_bytes()).unwrap(), digest: [7; 32] };
        let mut command = line.command;
        if let Command::ReverseEntry(reverse) = &mut command {
            let step = self.steps.get(&line.name).copied().unwrap_or(names::NO_ENTRY);
            reverse.sequence = Sequence::new(step);
            let index = usize::try_from(step).unwrap().checked_sub(1);
            reverse.entry = index.and_then(|index| self.entries.get(index)).map(|entry| Arc::new(entry.clone()));
        }
        let request =
            Request { caller: line.caller, key, effective_date: line.effective, book_late: line.book_late, command };
        let stamp = Stamp { sequence: self.book.last_sequence().next(), recorded_at };
        let decided = decide(&self.book, &stamp, &request);
        assert_eq!(decided, decide(&self.book, &stamp, &request), "the same arguments, another decision");
        let label = format!("{} {}", line.verb, line.name).trim_end().to_owned();
        match decided {
            Ok(entry) => {
                self.steps.insert(format!("{}:{}", line.verb, line.name), entry.sequence.value());
                if ["file", "apply", "claim", "pay-interest", "blacklist", "rate", "fact", "delegate"]
                    .contains(&line.verb.as_str())
                {
                    self.names.insert(line.name.clone(), entry.sequence.value());
                }
                let group = members(&self.book, &entry);
                self.take(entry);
                let mut text = render::entry(&label, self.entries.last().unwrap(), &self.book, line.in_chinese);
                for (number, member) in (1..).zip(group) {
                    self.names.insert(format!("{}.{number}", line.name), member.sequence.value());
                    self.take(member);
                    let entry = self.entries.last().unwrap();
                    text.push('\n');
                    text.push_str(&render::entry(&format!("  {number}"), entry, &self.book, line.in_chinese));
                }
                assert_eq!(self.book.open_group(), None, "the group is not whole");
                text
            }
            Err(rejection) => render::rejection(&label, &rejection, line.in_chinese),
        }
    }

    fn take(&mut self, entry: Entry) {
        check_follows(&self.book, &entry).unwrap();
        let sum = Amount::total(entry.postings.iter().map(|posting| posting.amount));
        assert_eq!(sum, Amount::ZERO, "the postings do not sum to zero: {:?}", entry.postings);
        assert!(entry.postings.iter().all(|posting| !posting.amount.is_zero()), "a posting of zero");
        self.book.apply(&entry);
        let violations: Vec<String> = self.book.violations().iter().map(ToString::to_string).collect();
        assert!(violations.is_empty(), "after {:?}: {violations:?}", entry.event);
        self.entries.push(entry);
    }

    /// The instant of a line: the one it names, or noon of its day, later than the one before.
    fn instant(&self, day: &str) -> Timestamp {
        let micros = if day.contains('T') { instant_micros(day) } else { noon_micros(day) };
        let named = Timestamp::from_micros(micros);
        let Some(last) = self.book.last_recorded_at() else { return named };
        assert!(
            named.shanghai_date() >= last.shanghai_date(),
            "`{day}` is before the line before it; write `effective=`"
        );
        named.max(last.next())
    }

    fn replay(&self) {
        let mut again = Book::new();
        for entry in &self.entries {
            again.apply(entry);
        }
        assert_eq!(again.digest(), self.book.digest(), "a replay makes another book");
        crate::board::agrees(&self.entries, 1);
    }
}

/// Microseconds since 1970 of noon in Shanghai.
fn noon_micros(day: &str) -> i64 {
    let day = CivilDate::parse(day).unwrap();
    (i64::from(day.epoch_days()) * 24 + 4) * 3_600_000_000
}

/// Microseconds since 1970 of `2026-12-31T15:59:59Z`.
fn instant_micros(text: &str) -> i64 {
    let (day, time) = text.trim_end_matches('Z').split_once('T').unwrap();
    let days = i64::from(CivilDate::parse(day).unwrap().epoch_days());
    let parts: Vec<i64> = time.split(':').map(|part| part.parse().unwrap()).collect();
    (((days * 24 + parts[0]) * 60 + parts[1]) * 60 + parts[2]) * 1_000_000
}
