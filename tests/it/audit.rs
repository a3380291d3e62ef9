//! The audit makes every decision again: sound journals pass, and whoever forges an entry with all its hashes is named.
//!
//! Method: journals of the random generator are stored with sound hashes; then one entry is changed and the journal
//! stored anew, hashes and all, as an operator with root could. The audit must name that entry and what is wrong.

#![expect(clippy::arithmetic_side_effects, reason = "small numbers of a test; an overflow ends it, as it should")]

use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use ipledger::audit::{Check, Depth, Finding, Report, audit};
use ipledger::book::event::{ApplicationChange, ClaimChange, Entry, Event};
use ipledger::book::nouns::Role;
use ipledger::identifier::{ApplicationId, Sequence};
use ipledger::journal::block::Head;
use ipledger::journal::codec::encode;
use ipledger::journal::merkle::Tree;
use ipledger::money::Amount;
use ipledger::storage::sled::SledStorage;
use ipledger::storage::{MemoryStorage, Storage};
use serde_json::Value;
use tempfile::TempDir;

use crate::evidence::program;
use crate::property::run;

/// Journals in which about everything happens.
static JOURNALS: LazyLock<Vec<Vec<Entry>>> =
    LazyLock::new(|| (1..=4).map(|seed| run(seed, 900).unwrap().entries).collect());

fn stored(records: Vec<Vec<u8>>) -> MemoryStorage {
    let (storage, mut head) = (MemoryStorage::new(), Head::EMPTY);
    for batch in records.chunks(7) {
        let (block, next) = head.seal(batch.to_vec());
        storage.append(&block).unwrap();
        head = next;
    }
    storage
}

pub(crate) fn audited(entries: &[Entry]) -> Report {
    audit(&stored(entries.iter().map(encode).collect()), Depth::Full, &[], &mut |_| {}).unwrap()
}

/// The first finding after the entries that `change` takes were changed one at a time; how many there were.
fn forge(change: impl Fn(&mut Entry, &[Entry]) -> bool) -> (usize, Vec<(Sequence, Finding)>) {
    let (mut count, mut found) = (0, Vec::new());
    for journal in JOURNALS.iter() {
        for (index, entry) in journal.iter().enumerate() {
            let mut forged = entry.clone();
            // A few of each kind and journal are enough.
            if found.len() >= 12 || !change(&mut forged, journal) {
                continue;
            }
            assert_ne!(forged, *entry, "the forgery changes nothing");
            count += 1;
            let mut entries = journal.clone();
            entries[index] = forged;
            let report = audited(&entries);
            let first = report.findings.into_iter().next();
            found.push((
                entry.sequence,
                first.unwrap_or_else(|| panic!("entry {} is taken: {entry:?}", entry.sequence)),
            ));
        }
    }
    (count, found)
}

/// Every forgery is found by this check at its own entry.
#[track_caller]
fn named(check: Check, change: impl Fn(&mut Entry) -> bool) -> Vec<Finding> {
    named_in(check, |entry, _| change(entry))
}

/// The same for a change that looks at the journal.
#[track_caller]
fn named_in(check: Check, change: impl Fn(&mut Entry, &[Entry]) -> bool) -> Vec<Finding> {
    let (count, found) = forge(change);
    assert!(count >= 2, "the journals have {count} such entries");
    for (sequence, finding) in &found {
        assert_eq!((finding.check, finding.place.sequence), (check, Some(sequence.value())), "{finding}");
    }
    found.into_iter().map(|(_, finding)| finding).collect()
}

fn fen(amount: Amount) -> Amount {
    amount.plus(Amount::from_fen(1))
}

#[test]
fn sound_journals_pass_with_every_decision_made_again() {
    for journal in JOURNALS.iter() {
        let report = audited(journal);
        assert!(report.is_intact() && report.reaches_the_end, "{:?}", report.findings.first());
        let count = u64::try_from(journal.len()).unwrap();
        assert_eq!((report.decided_again, report.not_kept, report.differing), (count, 0, 0));
        let tree = journal.iter().fold(Tree::EMPTY, |mut tree, entry| {
            tree.append(&encode(entry));
            tree
        });
        assert_eq!(report.head.tree, tree);
    }
}

#[test]
fn a_forged_award_is_named_with_its_place() {
    let findings = named(Check::Decision, |entry| {
        let Event::SubsidyApplied(applied) = &mut entry.event else { return false };
        let Some(line) = applied.lines.iter_mut().find(|line| line.award.is_positive()) else { return false };
        // All that hangs on it is changed too: the entry balances, and its sums fit.
        line.award = fen(line.award);
        applied.granted = fen(applied.granted);
        for posting in &mut entry.postings {
            let more = if posting.amount.is_negative() { Amount::from_fen(-1) } else { Amount::from_fen(1) };
            posting.amount = posting.amount.plus(more);
        }
        true
    });
    let first = &findings[0];
    assert!(first.problem.contains("event.SubsidyApplied.lines"), "{first}");
    assert_ne!(first.expected, first.found);
}

#[test]
fn the_place_of_a_finding_is_where_the_record_lies() {
    let mut entries = JOURNALS[0].clone();
    let index = entries.iter().rposition(|entry| matches!(entry.event, Event::SubsidyApplied(_))).unwrap();
    let Event::SubsidyApplied(applied) = &mut entries[index].event else { panic!() };
    applied.granted = fen(applied.granted);
    let record = encode(&entries[index]);
    let storage = stored(entries.iter().map(encode).collect());
    let report = audit(&storage, Depth::Full, &[], &mut |_| {}).unwrap();
    let place = &report.findings[0].place;
    let block = storage.read(place.height.unwrap()).unwrap().unwrap();
    let chunks = block.to_chunks();
    let (_, value) = chunks.iter().find(|(key, _)| Some(hex::encode(key)) == place.key).unwrap();
    let here = &value[place.offset.unwrap()..];
    let shared = here.len().min(record.len());
    assert!(shared > 0 && here[..shared] == record[..shared]);
}

#[test]
fn a_changed_explanation_is_named() {
    named(Check::Decision, |entry| {
        let Event::SubsidyApplied(applied) = &mut entry.event else { return false };
        let step = applied.lines.first_mut().and_then(|line| line.explanation.steps.last_mut());
        step.map(|step| step.result = format!("{}0", step.result).into()).is_some()
    });
}

#[test]
fn a_claim_decided_otherwise_is_named() {
    let shares = named(Check::Decision, |entry| {
        let Event::ClaimSubmitted(submitted) = &mut entry.event else { return false };
        // One fen from the bank's share to the pool's: the sum still fits.
        let [one, other, ..] = submitted.decision.shares.as_mut_slice() else { return false };
        one.1 = fen(one.1);
        other.1 = other.1.minus(Amount::from_fen(1));
        true
    });
    assert!(shares[0].problem.contains("shares"), "{}", shares[0]);
    named(Check::Decision, |entry| {
        let Event::ClaimSubmitted(submitted) = &mut entry.event else { return false };
        let deferred = submitted.decision.explanation.refusal.filter(|refusal| refusal.defers());
        submitted.decision.explanation.refusal = None;
        deferred.is_some()
    });
}

#[test]
fn a_recovery_split_otherwise_is_named() {
    named(Check::Decision, |entry| {
        let Event::ClaimChanged(changed) = &mut entry.event else { return false };
        let ClaimChange::Recovered(recovery) = &mut changed.change else { return false };
        let [one, other, ..] = recovery.shares.as_mut_slice() else { return false };
        one.1 = fen(one.1);
        other.1 = other.1.minus(Amount::from_fen(1));
        true
    });
}

#[test]
fn a_refusal_that_was_none_and_a_changed_one_are_named() {
    named(Check::Decision, |entry| {
        let Event::Refused(refused) = &mut entry.event else { return false };
        refused.subject.push('1');
        true
    });
    // Early versions did not keep what was asked for: counted, and told.
    let mut entries = JOURNALS[0].clone();
    let mut stripped = 0;
    for entry in &mut entries {
        if let Event::Refused(refused) = &mut entry.event {
            refused.asked = None;
            stripped += 1;
        }
    }
    let report = audited(&entries);
    assert!(report.is_intact(), "{:?}", report.findings.first());
    assert!(stripped > 0 && report.not_kept == stripped);
}

#[test]
fn who_acts_for_another_or_twice_is_named() {
    named_in(Check::Separation, |entry, journal| {
        let Event::ApplicationChanged(changed) = &entry.event else { return false };
        let submitted = journal.iter().find(|other| ApplicationId::new(other.sequence.value()) == changed.application);
        entry.actor.person = submitted.unwrap().actor.person.clone();
        changed.change == ApplicationChange::Approved
    });
    named_in(Check::Separation, |entry, journal| {
        let mut banks = journal.iter().filter(|other| other.actor.role == Role::Bank);
        let other = banks.find(|other| other.actor.institution != entry.actor.institution).unwrap();
        let concerned = entry.actor.role == Role::Bank && entry.concerns.institution.is_some();
        if concerned {
            entry.actor.institution.clone_from(&other.actor.institution);
        }
        concerned
    });
}

/// The bytes of a record in another order of fields mean the same to a protobuf reader, and are not what was written.
#[test]
fn a_record_in_another_form_is_named() {
    let mut records: Vec<Vec<u8>> = JOURNALS[0].iter().map(encode).collect();
    let record = &mut records[20];
    // Field 1, a number below 128: two bytes; they go to the end.
    let head: Vec<u8> = record.drain(..2).collect();
    assert_eq!(head[0], 0x08);
    record.extend(head);
    let report = audit(&stored(records), Depth::Full, &[], &mut |_| {}).unwrap();
    let finding = &report.findings[0];
    assert_eq!((finding.check, finding.place.sequence), (Check::Record, Some(21)), "{finding}");
    assert!(!report.reaches_the_end);
}

/// Bytes only: everything that hashes show, and nothing else.
#[test]
fn the_fast_audit_looks_at_bytes_only() {
    let mut entries = JOURNALS[0].clone();
    let records: Vec<Vec<u8>> = entries.iter().map(encode).collect();
    let size = u64::try_from(records.len()).unwrap();
    let report = audit(&stored(records), Depth::Bytes, &[0, 5, size, size + 1], &mut |_| {}).unwrap();
    assert!(report.is_intact() && report.decided_again == 0);
    assert_eq!(report.roots[&size], Some(report.head.tree.root()));
    assert!(report.roots[&5].is_some() && report.roots[&(size + 1)].is_none());
    assert_eq!(report.roots[&0], Some(Tree::EMPTY.root()));
    entries[9].effective_date = entries[9].effective_date.plus_days(-1).unwrap();
    let forged = stored(entries.iter().map(encode).collect());
    assert!(audit(&forged, Depth::Bytes, &[], &mut |_| {}).unwrap().is_intact());
}

/// What the program says of a store, and with which exit code.
fn verify(data: &Path, flags: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(program()).arg("verify").arg("--data").arg(data).args(flags).output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

fn on_disk(entries: &[Entry]) -> TempDir {
    let folder = TempDir::new().unwrap();
    let (storage, mut head) = (SledStorage::open(folder.path()).unwrap(), Head::EMPTY);
    for batch in entries.chunks(50) {
        let (block, next) = head.seal(batch.iter().map(encode).collect());
        storage.append(&block).unwrap();
        head = next;
    }
    folder
}

/// The exit codes are promised: 0 intact, 1 damaged, 2 could not look, 3 decided otherwise.
#[test]
fn the_exit_codes_and_the_json_are_stable() {
    let mut entries = JOURNALS[0].clone();
    let sound = on_disk(&entries);
    let (code, said) = verify(sound.path(), &[]);
    assert!(code == Some(0) && said.contains("intact: every hash"), "{said}");
    let (code, said) = verify(sound.path(), &["--fast"]);
    assert!(code == Some(0) && said.contains("skipped        every decision made again"), "{said}");
    assert_eq!(verify(&sound.path().join("nowhere"), &[]).0, Some(2));
    let held = SledStorage::open(sound.path()).unwrap();
    assert_eq!(verify(sound.path(), &[]).0, Some(2), "in use");
    drop(held);

    let index = entries.iter().rposition(|entry| matches!(entry.event, Event::SubsidyApplied(_))).unwrap();
    let Event::SubsidyApplied(applied) = &mut entries[index].event else { panic!() };
    let result = &mut applied.lines[0].explanation.steps[0].result;
    *result = format!("{result}1").into();
    let forged = on_disk(&entries);
    let (code, said) = verify(forged.path(), &["--json"]);
    let summary: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, &summary["verdict"]), (Some(3), &"decisions-differ".into()));
    let finding = &summary["findings"][0];
    assert_eq!((&finding["check"], &finding["sequence"]), (&"decision".into(), &(index + 1).into()));
    for field in ["height", "key", "offset", "problem", "expected", "found"] {
        assert!(!finding[field].is_null(), "{field}: {finding}");
    }
    let (_, said) = verify(forged.path(), &[]);
    assert!(said.contains(&format!("DIFFERS: record {}, commit ", index + 1)), "{said}");
    assert_eq!(verify(forged.path(), &["--fast"]).0, Some(0), "bytes only");

    entries[index].recorded_at = entries[index - 1].recorded_at;
    let (code, said) = verify(on_disk(&entries).path(), &["--json"]);
    let summary: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, &summary["verdict"]), (Some(1), &"damaged".into()));
    assert_eq!(summary["findings"][0]["check"], "entry");
}
