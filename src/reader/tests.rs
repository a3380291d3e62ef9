//! What the reader promises: what is durable and nothing else, from memory or from the store alike.

use crate::book::account::Account;
use crate::book::event::Event;
use crate::journal::merkle::Hash;
use crate::money::Amount;
use crate::storage::memory::MemoryDisk;
use crate::writer::fixture::{Ledger, contribute, funder, pool, register};

use super::*;
use crate::journal::merkle::proof::{is_consistent, root_from_inclusion};

/// A ledger with more entries than are kept in memory, and whose last ones are in memory.
async fn long_ledger() -> (Ledger, u64) {
    let ledger = Ledger::new();
    let count = u64::try_from(RECENT_ENTRIES_MAX).unwrap().saturating_add(500);
    // The first in a block of its own, so that block and sequence numbers differ.
    ledger.submit(register(1, 1)).await.unwrap();
    for chunk in (2..=count).collect::<Vec<_>>().chunks(800) {
        let mut pending = Vec::new();
        for number in chunk {
            pending.push(ledger.send_in_order(register(u128::from(*number), *number)).await);
        }
        for each in pending {
            each.await.unwrap().unwrap();
        }
    }
    (ledger, count)
}

#[tokio::test]
async fn entries_are_the_same_from_the_store_and_from_memory() {
    let (ledger, count) = long_ledger().await;
    let reader = &ledger.reader;
    assert!(reader.recent(Sequence::new(3)).is_none(), "the first entries are in the store only");
    for number in [1, 2, 3, 499, 500, 501, 502, count] {
        let entry = reader.entry(Sequence::new(number)).await.unwrap().unwrap();
        assert_eq!(entry.sequence.value(), number);
        let block = reader.block_with(entry.sequence).await.unwrap().unwrap();
        assert!((block.first_sequence()..=block.last_sequence()).contains(&number));
        assert_eq!(reader.stored_entry(entry.sequence).unwrap().unwrap(), entry);
    }
    for none in [0, count + 1, u64::MAX] {
        assert_eq!(reader.entry(Sequence::new(none)).await.unwrap(), None, "{none}");
        assert_eq!(reader.block_with(Sequence::new(none)).await.unwrap(), None, "{none}");
    }
}

/// A client that sends its requests again asks for one entry after the other: a block is read once for all of its entries.
#[tokio::test]
async fn entries_in_a_row_are_read_block_by_block() {
    let (ledger, _) = long_ledger().await;
    let mut firsts = Vec::new();
    ledger
        .storage
        .scan(1, &mut |block| {
            firsts.push(block.first_sequence());
            ControlFlow::Continue(())
        })
        .unwrap();
    let before = ledger.storage.reads().blocks;
    for number in 1..=400 {
        assert_eq!(ledger.reader.entry(Sequence::new(number)).await.unwrap().unwrap().sequence.value(), number);
    }
    let blocks = firsts.into_iter().filter(|first| *first <= 400).count();
    assert_eq!(ledger.storage.reads().blocks - before, u64::try_from(blocks).unwrap());
    // Between many places the last ones read are kept, and no more.
    for number in [1, 400, 1, 400, 2_000, 3, 399] {
        let entry = ledger.reader.entry(Sequence::new(number)).await.unwrap().unwrap();
        assert_eq!(ledger.reader.stored_entry(entry.sequence).unwrap().unwrap(), entry);
        assert!(ledger.reader.shared.opened.lock().len() <= OPENED_BLOCKS_MAX);
    }
}

#[tokio::test]
async fn pages_cover_the_journal_once() {
    let (ledger, count) = long_ledger().await;
    let (mut from, mut seen, mut pages) = (Some(Sequence::new(0)), Vec::new(), 0);
    while let Some(next) = from {
        let page = ledger.reader.entries(next, 700, |_| true).await.unwrap();
        assert!(page.entries.len() <= 700);
        seen.extend(page.entries.iter().map(|entry| entry.sequence.value()));
        from = page.next;
        pages += 1;
    }
    assert!(seen.into_iter().eq(1..=count));
    assert_eq!(pages, count.div_ceil(700));
    let page = ledger.reader.entries(Sequence::FIRST, usize::MAX, |_| true).await.unwrap();
    assert_eq!(page.entries.len(), PAGE_ENTRIES_MAX, "a page has a limit whatever is asked for");
}

#[tokio::test]
async fn a_filter_picks_and_the_page_says_where_to_go_on() {
    let (ledger, count) = long_ledger().await;
    let even = |entry: &Entry| entry.sequence.value().is_multiple_of(2);
    let page = ledger.reader.entries(Sequence::new(5), 3, even).await.unwrap();
    let sequences: Vec<_> = page.entries.iter().map(|entry| entry.sequence.value()).collect();
    assert_eq!(sequences, [6, 8, 10]);
    assert_eq!(page.next, Some(Sequence::new(11)));
    let page = ledger.reader.entries(Sequence::FIRST, 3, |_| false).await.unwrap();
    assert!(page.entries.is_empty());
    assert_eq!(page.next, None, "the {count} entries are fewer than one page looks at");
    let page = ledger.reader.page(Sequence::FIRST, PageLimits { entries: 3, scanned: 20 }, &|_| false).unwrap();
    assert!(page.entries.is_empty());
    assert_eq!(page.next, Some(Sequence::new(21)), "a page looks at so many and says where to go on");
}

#[tokio::test]
async fn a_restart_reads_the_state_that_was_published() {
    let ledger = Ledger::new();
    for number in 1..=40_u64 {
        let id = u128::from(number);
        let day = format!("2026-02-{:02}", number % 28 + 1);
        let request = if number % 3 == 0 { contribute(id, 100, &day) } else { register(id, number) };
        ledger.submit(request).await.unwrap();
    }
    let before = ledger.reader.view().clone();
    let ledger = ledger.restart().await;
    let after = ledger.reader.view();
    assert_eq!(after.book, before.book);
    assert_eq!(after.book.digest(), before.book.digest());
    assert_eq!(after.history, before.history);
    assert_eq!(after.head, before.head);
    assert_eq!(ledger.reader.last_sequence().value(), 40);
}

#[tokio::test]
async fn subscribers_hear_of_what_became_durable() {
    let ledger = Ledger::new();
    let mut tip = ledger.reader.subscribe();
    assert_eq!(tip.borrow_and_update().value(), 0);
    ledger.submit(register(1, 1)).await.unwrap();
    tip.changed().await.unwrap();
    assert_eq!(*tip.borrow_and_update(), Sequence::FIRST);
    assert_eq!(ledger.reader.last_sequence(), Sequence::FIRST);
}

/// Balances by the slow way: every posting of the whole journal, counted when `counts` says so.
fn scanned(entries: &[Arc<Entry>], account: &Account, counts: impl Fn(&Entry) -> bool) -> Amount {
    let counted = entries.iter().filter(|entry| counts(entry));
    let postings = counted.flat_map(|entry| &entry.postings).filter(|posting| posting.account == *account);
    Amount::total(postings.map(|posting| posting.amount))
}

#[tokio::test]
async fn past_balances_agree_with_a_scan() {
    let ledger = Ledger::new();
    ledger.submit(register(1, 1)).await.unwrap();
    let days = ["2026-03-01", "2026-01-15", "2026-02-01", "2026-01-15", "2025-12-31", "2026-03-01"];
    for (id, day) in (2_u128..).zip(days) {
        ledger.submit(contribute(id, i64::try_from(id).unwrap() * 1_000, day)).await.unwrap();
    }
    let entries = ledger.reader.entries(Sequence::FIRST, 100, |_| true).await.unwrap().entries;
    let view = ledger.reader.view();
    let history = &view.history;
    let accounts = [Account::PoolCash(pool()), Account::PoolCapital(pool(), funder())];
    assert!(history.accounts().eq(accounts.iter()));
    for account in &accounts {
        assert_eq!(history.balance(account), view.book.balance(account));
        for sequence in (0..=8).map(Sequence::new) {
            let expected = scanned(&entries, account, |entry| entry.sequence <= sequence);
            assert_eq!(history.balance_at_sequence(account, sequence), expected, "{account} at {sequence}");
        }
        for day in days.into_iter().chain(["2025-12-30", "2026-01-20", "2027-01-01"]) {
            let day = crate::calendar::CivilDate::parse(day).unwrap();
            let expected = scanned(&entries, account, |entry| entry.effective_date <= day);
            assert_eq!(history.balance_at_date(account, day), expected, "{account} on {day}");
            let total = Amount::total(history.trial_balance_on(day).into_iter().map(|(_, balance)| balance));
            assert!(total.is_zero(), "{day}");
        }
    }
    assert!(history.balance(&Account::TreasuryCash).is_zero());
    for sequence in (0..=8).map(Sequence::new) {
        let trial = history.trial_balance_at(sequence);
        assert_eq!(trial.len(), if sequence.value() < 2 { 0 } else { 2 }, "{sequence}");
        assert!(Amount::total(trial.into_iter().map(|(_, balance)| balance)).is_zero());
    }
}

#[tokio::test]
async fn movements_run_with_their_balances() {
    let ledger = Ledger::new();
    for (id, yuan) in [(1, 100), (2, 50), (3, 7)] {
        ledger.submit(contribute(id, yuan, "2026-01-01")).await.unwrap();
    }
    let view = ledger.reader.view();
    let moved = view.history.movements(&Account::PoolCapital(pool(), funder()), Sequence::new(2));
    let moved: Vec<_> = moved.map(|each| (each.sequence.value(), each.amount.fen(), each.balance.fen())).collect();
    assert_eq!(moved, [(2, -5_000, -15_000), (3, -700, -15_700)]);
    assert_eq!(view.history.movements(&Account::TreasuryCash, Sequence::FIRST).count(), 0);
}

#[tokio::test]
async fn several_postings_of_an_entry_to_one_account_count_as_one_movement() {
    let ledger = Ledger::new();
    let answer = ledger.submit(contribute(1, 100, "2026-01-01")).await.unwrap();
    let mut entry = Entry::clone(&answer.entry);
    entry.postings.extend(entry.postings.clone());
    let mut history = History::default();
    history.apply(&entry);
    let cash = Account::PoolCash(pool());
    assert_eq!(history.balance_at_sequence(&cash, entry.sequence), Amount::from_yuan(200));
    let moved: Vec<_> = history.movements(&cash, Sequence::FIRST).map(|each| each.amount).collect();
    assert_eq!(moved, [Amount::from_yuan(200)]);
    assert!(matches!(entry.event, Event::PoolMoved(_)));
}

#[tokio::test]
async fn an_empty_ledger_answers_with_nothing() {
    let ledger = Ledger::open(&MemoryDisk::default());
    assert_eq!(ledger.reader.last_sequence().value(), 0);
    assert_eq!(ledger.reader.entry(Sequence::FIRST).await.unwrap(), None);
    let page = ledger.reader.entries(Sequence::FIRST, 10, |_| true).await.unwrap();
    assert!(page.entries.is_empty() && page.next.is_none());
    assert!(ledger.reader.view().history.trial_balance_at(Sequence::FIRST).is_empty());
}

#[tokio::test]
async fn proofs_hold_for_what_is_durable_and_survive_a_restart() {
    let ledger = Ledger::new();
    for id in 1..=150 {
        ledger.submit(contribute(id, 1, "2026-03-01")).await.unwrap();
    }
    check_proofs(&ledger.reader, 150).await;
    let ledger = ledger.restart().await;
    check_proofs(&ledger.reader, 150).await;
}

/// Every entry in a few trees, and every tree in the last, against the bytes in the store.
#[expect(clippy::arithmetic_side_effects, reason = "the numbers of this test are small")]
async fn check_proofs(reader: &Reader, last: u64) {
    let root = async |size| reader.tree_root(size).await.unwrap().unwrap();
    assert_eq!(reader.tree_size(), last);
    assert_eq!(root(last).await, reader.view().head.tree.root());
    for number in 1..=last {
        let sequence = Sequence::new(number);
        let block = reader.block_with(sequence).await.unwrap().unwrap();
        let leaf = Hash::leaf(&block.records()[usize::try_from(number - block.first_sequence()).unwrap()]);
        for size in [number, number.next_multiple_of(64).min(last), last] {
            let path = reader.inclusion_proof(sequence, size).await.unwrap().unwrap();
            let found = root_from_inclusion(leaf, number - 1, size, &path);
            assert_eq!(found, Some(root(size).await), "entry {number} in the tree of {size}");
        }
        let proof = reader.consistency_proof(number, last).await.unwrap().unwrap();
        assert!(is_consistent((number, root(number).await), (last, root(last).await), &proof), "{number} to {last}");
    }
    assert_eq!(reader.inclusion_proof(Sequence::new(0), last).await.unwrap(), None);
    assert_eq!(reader.inclusion_proof(Sequence::new(last + 1), last + 1).await.unwrap(), None);
    assert_eq!(reader.inclusion_proof(Sequence::new(5), 4).await.unwrap(), None);
    assert_eq!(reader.consistency_proof(1, last + 1).await.unwrap(), None);
    assert_eq!(reader.consistency_proof(2, 1).await.unwrap(), None);
    assert_eq!(reader.tree_root(last + 1).await.unwrap(), None);
}

#[tokio::test]
async fn no_proof_covers_what_is_not_durable() {
    let ledger = Ledger::new();
    ledger.submit(contribute(1, 1, "2026-03-01")).await.unwrap();
    let waiting = ledger.hold_with(contribute(2, 1, "2026-03-01")).await;
    assert_eq!(ledger.reader.tree_size(), 1);
    assert_eq!(ledger.reader.inclusion_proof(Sequence::new(2), 2).await.unwrap(), None);
    ledger.storage.release();
    waiting.await.unwrap().unwrap();
    assert!(ledger.reader.inclusion_proof(Sequence::new(2), 2).await.unwrap().is_some());
}
