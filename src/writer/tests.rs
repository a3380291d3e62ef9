//! What the writer promises: order, durability before the answer, request ids for ever, and faults that stay faults.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::fixture::{Ledger, contribute, institution, register, register_named, unbalanced, until};
use super::*;
use crate::storage::memory::AppendFault;

fn reason(outcome: Result<Answer, Rejection>) -> Reason {
    outcome.unwrap_err().reason
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_submitters_get_one_dense_order() {
    const SUBMITTERS: u64 = 64;
    const EACH: u64 = 20;
    let ledger = Ledger::new();
    let submitters: Vec<_> = (0..SUBMITTERS)
        .map(|submitter| {
            let writer = ledger.writer.clone();
            tokio::spawn(async move {
                let mut sequences = Vec::new();
                for number in submitter * EACH..(submitter + 1) * EACH {
                    let answer = writer.submit(register(u128::from(number) + 1, number), false, None).await.unwrap();
                    assert!(answer.recorded && !answer.replayed);
                    sequences.push(answer.entry.sequence.value());
                }
                sequences
            })
        })
        .collect();
    let mut all = BTreeSet::new();
    for submitter in submitters {
        let sequences = submitter.await.unwrap();
        assert!(sequences.is_sorted(), "each submitter's commands keep their order");
        all.extend(sequences);
    }
    assert!(all.into_iter().eq(1..=SUBMITTERS * EACH), "dense and nothing twice");

    let page = ledger.reader.entries(Sequence::FIRST, 1_000, |_| true).await.unwrap();
    assert!(page.entries.is_sorted_by(|one, next| one.recorded_at < next.recorded_at), "the clock stands, times grow");
}

#[tokio::test]
async fn what_waits_shares_one_block() {
    let ledger = Ledger::new();
    let first = ledger.hold_with(register(1, 1)).await;
    let mut others = Vec::new();
    for number in 2..=64_u64 {
        others.push(ledger.send_in_order(register(u128::from(number), number)).await);
    }
    ledger.storage.release();
    first.await.unwrap().unwrap();
    for (other, number) in others.into_iter().zip(2..) {
        assert_eq!(other.await.unwrap().unwrap().entry.sequence.value(), number);
    }
    assert_eq!(ledger.storage.tip().unwrap(), 2, "one block for the first, one for the 63 that waited");
}

#[tokio::test]
async fn no_answer_and_no_sight_before_the_record_is_durable() {
    let ledger = Ledger::new();
    let mut tip = ledger.reader.subscribe();
    let pending = ledger.hold_with(register(1, 1)).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(!pending.is_finished());
    assert_eq!(ledger.reader.last_sequence().value(), 0);
    assert_eq!(ledger.reader.entry(Sequence::FIRST).await.unwrap(), None);
    assert!(ledger.reader.entries(Sequence::FIRST, 10, |_| true).await.unwrap().entries.is_empty());
    assert!(ledger.reader.recent_entries(Sequence::FIRST, 10, |_, _| true).is_none());
    assert!(!tip.has_changed().unwrap());
    // The book is ahead; whoever answers from it waits.
    assert!(ledger.reader.book().institutions.contains_key(&institution(1)));
    let reader = ledger.reader.clone();
    let settled = tokio::spawn(async move { reader.settled().await });
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(!settled.is_finished(), "what the book shows is not durable yet");

    ledger.storage.release();
    let answer = pending.await.unwrap().unwrap();
    settled.await.unwrap().unwrap();
    assert!(ledger.reader.book().institutions.contains_key(&institution(1)), "visible when answered");
    assert_eq!(*tip.borrow_and_update(), Sequence::FIRST);
    assert_eq!(ledger.reader.entry(Sequence::FIRST).await.unwrap(), Some(answer.entry));
}

#[tokio::test]
async fn a_repeated_request_gets_the_first_answer() {
    let ledger = Ledger::new();
    let in_flight = ledger.hold_with(register(1, 1)).await;
    let again_in_flight = ledger.send_in_order(register(1, 1)).await;
    let in_batch = ledger.send_in_order(register(2, 2)).await;
    let again_in_batch = ledger.send_in_order(register(2, 2)).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(!again_in_flight.is_finished(), "the first answer is not durable yet");
    ledger.storage.release();

    for (first, again) in [(in_flight, again_in_flight), (in_batch, again_in_batch)] {
        let (first, again) = (first.await.unwrap().unwrap(), again.await.unwrap().unwrap());
        assert!(!first.replayed && again.replayed && again.recorded);
        assert_eq!(first.entry, again.entry);
    }
    let first = ledger.reader.entry(Sequence::FIRST).await.unwrap().unwrap();
    let ledger = ledger.restart().await;
    let again = ledger.submit(register(1, 1)).await.unwrap();
    assert!(again.replayed, "remembered across a restart");
    assert_eq!(again.entry, first);
    assert_eq!(ledger.reader.last_sequence().value(), 2, "nothing was recorded twice");
}

#[tokio::test]
async fn a_request_id_is_never_taken_for_another_request() {
    let ledger = Ledger::new();
    let first = ledger.hold_with(register_named(1, 1, "机密")).await;
    let other = ledger.send_in_order(register(1, 2)).await;
    ledger.storage.release();
    first.await.unwrap().unwrap();
    let rejection = other.await.unwrap().unwrap_err();
    assert_eq!(rejection.reason, Reason::RequestIdReused);
    let text = rejection.to_string();
    assert!(text.contains("00000000-0000-0000-0000-000000000001"), "names the id: {text}");
    assert!(!text.contains("机密") && !text.contains("bank-1"), "tells nothing of the other request: {text}");

    let ledger = ledger.restart().await;
    assert_eq!(reason(ledger.submit(register(1, 2)).await), Reason::RequestIdReused);
    let validated = ledger.writer.submit(register(1, 2), true, None).await;
    assert_eq!(reason(validated), Reason::RequestIdReused);
}

#[tokio::test]
async fn a_rejection_waits_for_what_it_rests_on() {
    let ledger = Ledger::new();
    let first = ledger.hold_with(register(1, 1)).await;
    let rejected = ledger.send_in_order(register(2, 1)).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(!rejected.is_finished(), "that the institution exists is not durable yet");
    ledger.storage.release();
    first.await.unwrap().unwrap();
    assert_eq!(reason(rejected.await.unwrap()), Reason::AlreadyExists);
    assert_eq!(ledger.storage.tip().unwrap(), 1, "a batch without records writes nothing");
    ledger.submit(register(2, 3)).await.expect("a rejected request does not take its id");
}

fn asked(request: Request) -> Asked {
    Asked { request: Arc::new(request), validate_only: false }
}

#[tokio::test]
async fn several_are_decided_in_their_order_and_answered_together() {
    let ledger = Ledger::new();
    let validated = Asked { validate_only: true, ..asked(register(4, 4)) };
    let commands = vec![asked(register(1, 1)), asked(register(2, 1)), asked(register(1, 1)), validated];
    ledger.storage.hold();
    let pending = ledger.writer.begin_several(commands, None).unwrap();
    let answers = tokio::spawn(pending.answers());
    until("the append has begun", || ledger.storage.is_appending()).await;
    assert!(!answers.is_finished(), "nothing is durable yet");
    ledger.storage.release();
    let [first, second, third, fourth] = <[_; 4]>::try_from(answers.await.unwrap()).unwrap();
    let first = first.unwrap();
    assert!(first.recorded && !first.replayed);
    assert_eq!(reason(second), Reason::AlreadyExists);
    let third = third.unwrap();
    assert!(third.replayed && third.entry == first.entry);
    let fourth = fourth.unwrap();
    assert!(!fourth.recorded && fourth.entry.sequence.value() == 2);
    assert_eq!(ledger.reader.last_sequence(), Sequence::FIRST);
    assert_eq!(ledger.writer.waiting(), 0);
}

#[tokio::test]
async fn several_may_be_more_than_a_batch_takes_but_not_more_than_the_queue() {
    let ledger = Ledger::new();
    let count = 2 * u64::try_from(BATCH_COMMANDS_MAX).unwrap() + 500;
    let commands: Vec<Asked> = (1..=count).map(|number| asked(register(u128::from(number), number))).collect();
    let answers = ledger.writer.begin_several(commands, None).unwrap().answers().await;
    let sequences: Vec<u64> = answers.into_iter().map(|answer| answer.unwrap().entry.sequence.value()).collect();
    assert!(sequences.into_iter().eq(1..=count));
    assert!(ledger.storage.tip().unwrap() >= 3);
    let too_many = vec![asked(register(1, 1)); QUEUE_COMMANDS_MAX + 1];
    assert_eq!(ledger.writer.begin_several(too_many, None).unwrap_err().reason, Reason::QueueFull);
    assert_eq!(ledger.writer.waiting(), 0, "what did not get in does not count");
}

#[tokio::test]
async fn what_a_fault_took_back_is_never_settled() {
    let ledger = Ledger::new();
    ledger.submit(register(1, 1)).await.unwrap();
    ledger.reader.settled().await.unwrap();
    ledger.storage.fail_once();
    let lost = ledger.submit(register(2, 2)).await;
    assert_eq!(reason(lost), Reason::Unavailable);
    assert!(ledger.reader.book().institutions.contains_key(&institution(2)), "the book is ahead of the disk");
    assert_eq!(ledger.reader.last_sequence(), Sequence::FIRST);
    assert!(ledger.reader.settled().await.is_err(), "for ever, and without waiting for ever");
}

#[tokio::test]
async fn a_fault_is_never_an_answer() {
    for fault in [AppendFault::BeforeWrite, AppendFault::AfterWrite, AppendFault::Torn, AppendFault::Full] {
        let ledger = Ledger::new();
        ledger.submit(register(1, 1)).await.unwrap();
        ledger.disk.plan(BTreeMap::from([(2, fault)]));
        let in_flight = ledger.hold_with(register(2, 2)).await;
        let rejected = ledger.send_in_order(register(3, 2)).await;
        let in_batch = ledger.send_in_order(register(4, 4)).await;
        ledger.storage.release();
        for pending in [in_flight, rejected, in_batch] {
            assert_eq!(reason(pending.await.unwrap()), Reason::Unavailable, "{fault:?}");
        }
        let writer = ledger.writer.clone();
        let told = tokio::spawn(async move { writer.failed().await }).await.unwrap();
        assert!(matches!(*told, WriterFault::Storage(_)), "{told:?}");
        assert_eq!(reason(ledger.submit(register(5, 5)).await), Reason::Unavailable);
        assert_eq!(reason(ledger.submit(register(1, 1)).await), Reason::Unavailable);
        assert_eq!(ledger.reader.last_sequence(), Sequence::FIRST, "what is durable is still read");
        assert!(ledger.reader.entry(Sequence::FIRST).await.unwrap().is_some());
        assert_eq!(ledger.disk.appends(), 2, "nothing was tried again");

        let ledger = ledger.restart().await;
        assert!(ledger.submit(register(1, 1)).await.unwrap().replayed, "what was acknowledged is there");
        let retried = ledger.submit(register(2, 2)).await.unwrap();
        assert_eq!(retried.replayed, fault == AppendFault::AfterWrite, "the retry finds out: {fault:?}");
        assert_eq!(retried.entry.sequence.value(), 2);
    }
}

#[tokio::test]
async fn nothing_is_written_after_a_fault_even_if_the_store_would() {
    let ledger = Ledger::new();
    ledger.submit(register(1, 1)).await.unwrap();
    ledger.storage.fail_once();
    let in_flight = ledger.hold_with(register(2, 2)).await;
    let in_batch = ledger.send_in_order(register(3, 3)).await;
    ledger.storage.release();
    assert_eq!(reason(in_flight.await.unwrap()), Reason::Unavailable);
    assert_eq!(reason(in_batch.await.unwrap()), Reason::Unavailable);
    assert_eq!(reason(ledger.submit(register(4, 4)).await), Reason::Unavailable);
    assert_eq!(ledger.storage.tip().unwrap(), 1);
}

#[tokio::test]
async fn shutdown_after_a_fault_tells_it() {
    let ledger = Ledger::new();
    ledger.disk.plan(BTreeMap::from([(1, AppendFault::Full)]));
    assert_eq!(reason(ledger.submit(register(1, 1)).await), Reason::Unavailable);
    let fault = ledger.threads.shutdown().await.unwrap_err();
    assert!(matches!(*fault, WriterFault::Storage(Fault::Full { .. })), "{fault:?}");
}

#[tokio::test]
async fn an_entry_that_does_not_balance_stops_the_writer_unrecorded() {
    let ledger = Ledger::new();
    ledger.submit(contribute(1, 100, "2026-03-01")).await.unwrap();
    assert_eq!(reason(ledger.submit(unbalanced(2)).await), Reason::Unavailable);
    let fault = ledger.writer.failed().await;
    assert!(matches!(*fault, WriterFault::Entry(EntryFlaw::Unbalanced { .. })), "{fault:?}");
    assert_eq!(ledger.storage.tip().unwrap(), 1);
}

#[tokio::test]
async fn a_full_queue_refuses_and_loses_nothing() {
    const BEYOND: usize = 10;
    let ledger = Ledger::new();
    let first = ledger.hold_with(register(1, 1)).await;
    let total = QUEUE_COMMANDS_MAX + BATCH_COMMANDS_MAX + BEYOND;
    let mut pending = Vec::new();
    for number in (2_u64..).take(total) {
        pending.push(ledger.send_in_order(register(u128::from(number), number)).await);
    }
    until("the queue is full", || pending.iter().filter(|each| each.is_finished()).count() >= BEYOND).await;
    ledger.storage.release();
    first.await.unwrap().unwrap();

    let (mut recorded, mut refused) = (0_usize, 0_usize);
    for each in pending {
        match each.await.unwrap() {
            Ok(answer) => recorded += usize::from(answer.recorded),
            Err(rejection) => {
                assert_eq!(rejection.reason, Reason::QueueFull);
                assert!(rejection.to_string().contains("same request id"), "{rejection}");
                refused += 1;
            }
        }
    }
    assert!(refused >= BEYOND, "{refused}");
    assert_eq!(recorded + refused, total);
    assert_eq!(ledger.reader.last_sequence().value(), u64::try_from(recorded + 1).unwrap());
}

#[tokio::test]
async fn a_passed_deadline_leaves_no_trace() {
    let ledger = Ledger::new();
    let passed = ledger.writer.submit(register(1, 1), false, Some(Instant::now())).await;
    assert_eq!(reason(passed), Reason::DeadlineExceeded);
    assert_eq!(ledger.storage.tip().unwrap(), 0);
    let deadline = Instant::now() + Duration::from_mins(1);
    let retried = ledger.writer.submit(register(1, 1), false, Some(deadline)).await.unwrap();
    assert!(retried.recorded && !retried.replayed);
}

#[tokio::test]
async fn a_validation_leaves_no_trace() {
    let ledger = Ledger::new();
    let digest = ledger.reader.book().digest();
    let validated = ledger.writer.submit(register(1, 1), true, None).await.unwrap();
    assert!(!validated.recorded && !validated.replayed);
    assert_eq!(validated.entry.sequence, Sequence::FIRST, "the entry as it would be");
    assert_eq!(ledger.reader.book().digest(), digest);
    assert_eq!(ledger.storage.tip().unwrap(), 0);
    let recorded = ledger.submit(register(1, 1)).await.unwrap();
    assert!(recorded.recorded && !recorded.replayed, "the request id is still free");
    let refused = ledger.writer.submit(register(2, 1), true, None).await;
    assert_eq!(reason(refused), Reason::AlreadyExists, "a validation is rejected as the request would be");
}

#[tokio::test]
async fn a_caller_that_goes_away_after_the_decision_changes_nothing() {
    let ledger = Ledger::new();
    let gone = ledger.hold_with(register(1, 1)).await;
    gone.abort();
    assert!(gone.await.unwrap_err().is_cancelled());
    ledger.storage.release();
    let again = ledger.submit(register(1, 1)).await.unwrap();
    assert!(again.replayed);
}

#[tokio::test]
async fn a_record_that_is_too_large_is_rejected() {
    let ledger = Ledger::new();
    let name = "银".repeat(RECORD_BYTES_MAX);
    let rejection = ledger.submit(register_named(1, 1, &name)).await.unwrap_err();
    assert_eq!(rejection.reason, Reason::InvalidField);
    assert!(rejection.to_string().contains("divide it"), "{rejection}");
    let recorded = ledger.submit(register(1, 1)).await.unwrap();
    assert_eq!(recorded.entry.sequence, Sequence::FIRST, "nothing of it was applied");
}

#[tokio::test]
async fn shutdown_answers_everybody() {
    let ledger = Ledger::new();
    let mut pending = vec![ledger.hold_with(register(1, 1)).await];
    for number in 2..=50_u64 {
        pending.push(ledger.send_in_order(register(u128::from(number), number)).await);
    }
    let Ledger { storage, writer, threads, .. } = ledger;
    let shutdown = tokio::spawn(threads.shutdown());
    until("the queue is closed", || writer.gate.queue.read().is_none()).await;
    assert_eq!(reason(writer.submit(register(99, 99), false, None).await), Reason::Unavailable);
    assert!(!shutdown.is_finished());
    storage.release();
    for each in pending {
        assert!(each.await.unwrap().unwrap().recorded);
    }
    shutdown.await.unwrap().unwrap();
    let loaded = crate::reader::load(storage.as_ref(), &mut |_| {}).unwrap();
    assert_eq!(loaded.view().book.last_sequence().value(), 50);
}

#[tokio::test]
async fn times_grow_when_the_clock_is_set_back() {
    let ledger = Ledger::new();
    let first = ledger.submit(register(1, 1)).await.unwrap();
    ledger.clock.set(crate::calendar::Timestamp::from_micros(0));
    let second = ledger.submit(register(2, 2)).await.unwrap();
    let ledger = ledger.restart().await;
    ledger.clock.set(crate::calendar::Timestamp::from_micros(0));
    let third = ledger.submit(register(3, 3)).await.unwrap();
    assert_eq!(second.entry.recorded_at, first.entry.recorded_at.next());
    assert_eq!(third.entry.recorded_at, second.entry.recorded_at.next());
}

#[tokio::test]
async fn who_has_gone_before_the_decision_is_not_decided() {
    let (queue, tasks) = crossbeam_channel::bounded(2);
    let (ready, batches) = crossbeam_channel::bounded(0);
    let (fault, _listener) = watch::channel(None);
    let alarm = Alarm { fault: Arc::new(fault), gate: Weak::new() };
    let storage: Arc<dyn Storage> = Arc::new(crate::storage::MemoryStorage::new());
    let (reader, applier, _publisher) = Reader::new(storage, Loaded::empty());
    let tasks = Tasks { queue: tasks, waiting: Arc::new(AtomicUsize::new(2)) };
    let decider = Decider::new(applier, Clock::System, fixture::decide, (tasks, ready), alarm);
    let mut waiting = Vec::new();
    for number in [1_u64, 2] {
        let (reply, outcome) = oneshot::channel();
        let request = register(u128::from(number), number);
        let command = asked(request);
        queue.send(Queued::One(Box::new(Task { command, deadline: None, reply }))).unwrap();
        waiting.push(outcome);
    }
    drop(waiting.remove(0));
    drop(queue);
    let decider = thread::spawn(move || decider.run());
    let batch = batches.recv().unwrap();
    assert_eq!((batch.records.len(), batch.answers.len()), (1, 1));
    assert!(reader.book().institutions.keys().eq([&institution(2)]));
    assert!(batches.recv().is_err(), "nothing more comes");
    decider.join().unwrap();
}

#[tokio::test]
async fn the_real_decision_is_behind_it() {
    let storage: Arc<dyn Storage> = Arc::new(crate::storage::MemoryStorage::new());
    let loaded = crate::reader::load(storage.as_ref(), &mut |_| {}).unwrap();
    let (writer, reader, threads) = Writer::start(storage, Clock::System, loaded).unwrap();
    let answer = writer.submit(register(1, 1), false, None).await.unwrap();
    assert!(reader.book().institutions.contains_key(&institution(1)));
    assert_eq!(answer.entry.effective_date, answer.entry.recorded_at.shanghai_date());
    let mut by_auditor = register(2, 2);
    by_auditor.caller.role = crate::book::nouns::Role::Auditor;
    assert_eq!(reason(writer.submit(by_auditor, false, None).await), Reason::PermissionDenied);
    threads.shutdown().await.unwrap();
}
