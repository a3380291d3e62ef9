//! The tail of the journal: what is there after a sequence, then each new entry when it is durable.
//!
//! Tails give way to writers. A client that does not read costs its buffer and nothing more: no page is made for it
//! before there is room. What is no longer in memory is read for one tail at a time, and half of the time for none, so
//! that many who read the journal from its start take at most half a core from those who write. At its end a tail is
//! woken by commits, and not more often than every [`LIVE_PAUSE`].

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::time::{Instant, sleep};
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use crate::book::Book;
use crate::book::event::Entry;
use crate::book::nouns::Caller;
use crate::decide::rejection::{Reason, Rejection};
use crate::identifier::Sequence;
use crate::proto::v1;
use crate::reader::scope::sees;
use crate::reader::{ReadFault, Reader};
use crate::server::TAILS_MAX;
use crate::server::edge::{Edge, unavailable};
use crate::server::guard::limits::Permit;
use crate::server::guard::open_stream;
use crate::server::render::entry::recorded;

/// How many entries wait for a slow client; after that its tail waits, and nobody else.
const TAIL_BUFFER_ENTRIES: usize = 64;

/// How many entries are read from the store at a time.
const TAIL_PAGE_ENTRIES: usize = 256;

/// The longest that nobody reads the store after somebody did.
const CATCH_UP_REST_MAX: Duration = Duration::from_millis(50);

/// How long a tail that has come to the end waits before it looks again.
const LIVE_PAUSE: Duration = Duration::from_millis(5);

type Item = Result<v1::TailEntriesResponse, Status>;

/// Entries until somebody ends it.
pub(super) type EntryStream = Pin<Box<dyn Stream<Item = Item> + Send>>;

/// Opens a tail after a sequence; refused when too many are open.
pub(super) fn open(edge: &Edge, caller: Caller, after: Sequence) -> Result<EntryStream, Status> {
    let own_permit = open_stream()?;
    let Ok(permit) = Arc::clone(&edge.tails).try_acquire_owned() else {
        return Err(Rejection::new(
            Reason::QueueFull,
            "",
            format!("{TAILS_MAX} tails are open already; close one or come back later"),
            format!("已有 {TAILS_MAX} 个订阅，请关闭其一或稍后重试"),
        )
        .into());
    };
    let (sender, receiver) = mpsc::channel(TAIL_BUFFER_ENTRIES);
    let tail = Tail {
        reader: edge.reader().clone(),
        caller,
        next: after.next(),
        sender,
        catch_up: Arc::clone(&edge.catch_up),
        stopped: edge.stop.subscribe(),
        _permits: (permit, own_permit),
    };
    tokio::spawn(tail.run());
    Ok(Box::pin(ReceiverStream::new(receiver)))
}

struct Tail {
    reader: Reader,
    caller: Caller,
    next: Sequence,
    sender: mpsc::Sender<Item>,
    catch_up: Arc<Semaphore>,
    stopped: watch::Receiver<bool>,
    /// One of all tails, one of the caller's.
    _permits: (OwnedSemaphorePermit, Option<Permit>),
}

/// The client has gone.
struct Gone;

impl Tail {
    async fn run(mut self) {
        let mut stopped = self.stopped.clone();
        let sender = self.sender.clone();
        tokio::select! {
            // Ends when the client does.
            Err(Gone) = self.follow() => {}
            () = sender.closed() => {}
            _ = stopped.wait_for(|stopped| *stopped) => {
                let ending = Rejection::new(
                    Reason::Unavailable,
                    "",
                    "the server is stopping; come back with the last sequence received",
                    "服务正在停止，请携带最后收到的序号重新订阅",
                );
                // Full or gone: the stream then just ends.
                drop(sender.try_send(Err(ending.into())));
            }
        }
    }

    async fn follow(&mut self) -> Result<(), Gone> {
        // Subscribed before the first read, so that nothing falls between reading and waiting.
        let mut tip = self.reader.subscribe();
        loop {
            let last = *tip.borrow_and_update();
            while self.next <= last {
                self.read(last).await?;
            }
            sleep(LIVE_PAUSE).await;
            // An error is the end of the ledger: the sender is in the reader that this tail holds.
            if tip.changed().await.is_err() {
                return Err(Gone);
            }
        }
    }

    /// Sends one page and moves on behind it.
    async fn read(&mut self, last: Sequence) -> Result<(), Gone> {
        // Nothing is read for a client that has not taken what it has.
        let Ok(room) = self.sender.reserve().await else { return Err(Gone) };
        drop(room);
        let room = self.sender.capacity().max(1);
        let visible = |book: &Book, entry: &Entry| sees(book, &self.caller, &entry.concerns);
        if let Some((entries, next)) = self.reader.recent_entries(self.next, room, visible) {
            for entry in entries {
                self.send(Ok(rendered(&entry))).await?;
            }
            self.next = next;
            return Ok(());
        }
        let (items, next) = match self.stored(last).await {
            Ok(page) => page,
            Err(fault) => {
                self.send(Err(unavailable(&fault).into())).await?;
                return Err(Gone);
            }
        };
        for item in items {
            self.send(Ok(item)).await?;
        }
        self.next = next;
        Ok(())
    }

    /// One page from the store and where to go on, at most to the end as it was known before; in turn with other tails.
    async fn stored(&self, last: Sequence) -> Result<(Vec<v1::TailEntriesResponse>, Sequence), ReadFault> {
        let Ok(turn) = Arc::clone(&self.catch_up).acquire_owned().await else { return Err(ReadFault::Interrupted) };
        let began = Instant::now();
        let (caller, reader) = (self.caller.clone(), self.reader.clone());
        let page = self.reader.entries(self.next, TAIL_PAGE_ENTRIES, |_| true).await?;
        // Looked at together: a lock for each entry would be in the way of whoever writes.
        let seen: Vec<&Arc<Entry>> = {
            let book = reader.book();
            page.entries.iter().filter(|entry| sees(&book, &caller, &entry.concerns)).collect()
        };
        let items = seen.into_iter().map(|entry| rendered(entry)).collect();
        let behind = page.entries.last().map_or(self.next, |entry| entry.sequence.next());
        let rest = began.elapsed().min(CATCH_UP_REST_MAX);
        tokio::spawn(async move {
            sleep(rest).await;
            drop(turn);
        });
        Ok((items, page.next.unwrap_or(last.next()).max(behind)))
    }

    async fn send(&self, item: Item) -> Result<(), Gone> {
        if self.sender.send(item).await.is_ok() { Ok(()) } else { Err(Gone) }
    }
}

fn rendered(entry: &Entry) -> v1::TailEntriesResponse {
    v1::TailEntriesResponse { entry: Some(recorded(entry)) }
}

#[cfg(test)]
mod tests {
    use tokio_stream::StreamExt as _;

    use super::*;
    use crate::book::nouns::Role;
    use crate::identifier::PersonId;
    use crate::reader::RECENT_ENTRIES_MAX;
    use crate::server::DevIdentity;
    use crate::writer::fixture::{Ledger, register};

    const TAILS: u64 = 8;

    /// More entries than are kept in memory.
    async fn write(ledger: &Ledger, from: u64, to: u64) {
        for chunk in (from..=to).collect::<Vec<_>>().chunks(800) {
            let mut pending = Vec::new();
            for number in chunk {
                pending.push(ledger.send_in_order(register(u128::from(*number), *number)).await);
            }
            for each in pending {
                each.await.unwrap().unwrap();
            }
        }
    }

    fn tail_of(edge: &Edge, after: u64) -> EntryStream {
        let auditor = Caller::of_bureau(Role::Auditor, PersonId::parse("wang.fang").unwrap());
        open(edge, auditor, Sequence::new(after)).map_err(|status| status.to_string()).unwrap()
    }

    /// Whatever time passes and however much is written: the work for tails that nobody reads has an end, and the store is
    /// read for one at a time.
    #[tokio::test(flavor = "multi_thread", worker_threads = 3)]
    async fn a_tail_that_is_not_read_costs_its_buffer_and_no_more() {
        let ledger = Ledger::new();
        let count = u64::try_from(RECENT_ENTRIES_MAX).unwrap() + 900;
        write(&ledger, 1, count).await;
        let edge = Edge::new(ledger.writer.clone(), ledger.reader.clone(), Arc::new(DevIdentity));
        // Each begins elsewhere, so that they do not share the blocks that were read last.
        let mut tails: Vec<_> = (0..TAILS).map(|number| (number * 100, tail_of(&edge, number * 100))).collect();
        for (after, tail) in &mut tails {
            assert_eq!(tail.next().await.unwrap().unwrap().entry.unwrap().sequence, *after + 1);
        }
        let before = ledger.storage.reads();
        write(&ledger, count + 1, count + 1_000).await;
        let reads = ledger.storage.reads();
        assert_eq!(
            reads.blocks, before.blocks,
            "each has its first page, and although a thousand entries came no other"
        );
        assert_eq!(reads.most, 1, "the store is read for one tail at a time");
        // One that is read after all has missed nothing; the others just end.
        let (after, tail) = tails.swap_remove(1);
        let sequences = tail.map(|item| item.unwrap().entry.unwrap().sequence);
        let left = usize::try_from(count + 1_000 - after - 1).unwrap();
        let all: Vec<u64> = sequences.take(left).collect().await;
        assert!(all.into_iter().eq(after + 2..=count + 1_000), "dense, from the store and from memory alike");
    }

    #[tokio::test]
    async fn a_tail_at_the_end_hears_of_each_entry_once() {
        let ledger = Ledger::new();
        write(&ledger, 1, 10).await;
        let edge = Edge::new(ledger.writer.clone(), ledger.reader.clone(), Arc::new(DevIdentity));
        let (mut from_five, mut from_the_future) = (tail_of(&edge, 5), tail_of(&edge, 12));
        let reads = ledger.storage.reads().blocks;
        write(&ledger, 11, 300).await;
        for (tail, first) in [(&mut from_five, 6), (&mut from_the_future, 13)] {
            for expected in first..=300 {
                assert_eq!(tail.next().await.unwrap().unwrap().entry.unwrap().sequence, expected);
            }
        }
        assert_eq!(ledger.storage.reads().blocks, reads, "what is in memory is not read from the store");
    }
}
