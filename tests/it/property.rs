//! The invariants 1 to 10 as properties of the pure core: random commands against `decide` and `Book::apply`, watched
//! by the auditor. Every failure names its seed and step.

use std::collections::BTreeMap;

use ipledger::book::Book;
use ipledger::book::event::Entry;
use ipledger::calendar::Timestamp;
use ipledger::decide::command::{Request, Stamp};
use ipledger::decide::decide;
use ipledger::decide::rejection::Reason;
use ipledger::journal::codec;

use crate::model::Model;
use crate::simulate::generate::Generator;
use crate::simulate::timeline::Timeline;

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
        if let Some((sequence, digest)) = self.book.request(&request.key.id) {
            let same = digest == request.key.digest;
            self.count(if same { "request repeated" } else { Reason::RequestIdReused.code() });
            let first = self.entries.iter().find(|entry| entry.sequence == sequence);
            return match first.is_some_and(|first| first.request.digest == digest) {
                true => Ok(()),
                false => Err(format!("request {} does not lead to its entry", request.key.id)),
            };
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
    let mut generator = Generator::new(seed);
    let mut timeline = Timeline::new(seed, steps);
    let mut audited = Audited::default();
    for request in generator.opening() {
        let now = timeline.next();
        audited.submit(&request, now).map_err(|problem| format!("seed {seed}, opening: {problem}"))?;
    }
    for step in 0..steps {
        let now = timeline.next();
        let request = generator.next(&audited.book, now);
        audited.submit(&request, now).map_err(|problem| format!("seed {seed}, step {step}: {problem}"))?;
        if step % 50 == 0 {
            audited.model.compare(&audited.book).map_err(|problem| format!("seed {seed}, step {step}: {problem}"))?;
        }
    }
    audited.finish().map_err(|problem| format!("seed {seed}, at the end: {problem}"))?;
    Ok(audited)
}

#[test]
fn the_auditor_agrees_at_every_step() {
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for seed in 1..=40 {
        let audited = run(seed, 400).unwrap_or_else(|problem| panic!("{problem}"));
        for (what, count) in audited.seen {
            *seen.entry(what).or_default() += count;
        }
    }
    println!("{seen:#?}");
}
