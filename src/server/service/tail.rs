//! The tail of the journal: what is there after a sequence, then each new entry when it is durable.

use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use crate::book::event::Entry;
use crate::book::nouns::Caller;
use crate::decide::rejection::{Reason, Rejection};
use crate::identifier::Sequence;
use crate::proto::v1;
use crate::reader::Reader;
use crate::reader::scope::sees;
use crate::server::TAILS_MAX;
use crate::server::edge::{Edge, unavailable};
use crate::server::guard::limits::Permit;
use crate::server::guard::open_stream;
use crate::server::render::entry::recorded;

/// How many entries wait for a slow client; after that its tail waits, and nobody else.
const TAIL_BUFFER_ENTRIES: usize = 64;

/// How many entries are read at a time.
const TAIL_PAGE_ENTRIES: usize = 256;

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
            // An error is the end of the ledger: the sender is in the reader that this tail holds.
            if tip.changed().await.is_err() {
                return Err(Gone);
            }
        }
    }

    /// Sends one page and moves on behind it, at most to the end as it was known before the page was read.
    async fn read(&mut self, last: Sequence) -> Result<(), Gone> {
        let caller = self.caller.clone();
        let reader = self.reader.clone();
        let wanted = move |entry: &Entry| sees(&reader.book(), &caller, &entry.concerns);
        let page = match self.reader.entries(self.next, TAIL_PAGE_ENTRIES, wanted).await {
            Ok(page) => page,
            Err(fault) => {
                self.send(Err(unavailable(&fault).into())).await?;
                return Err(Gone);
            }
        };
        let end = last.next();
        let mut next = page.next.unwrap_or(end);
        for entry in page.entries {
            next = next.max(entry.sequence.next());
            self.send(Ok(v1::TailEntriesResponse { entry: Some(recorded(&entry)) })).await?;
        }
        self.next = next;
        Ok(())
    }

    async fn send(&self, item: Item) -> Result<(), Gone> {
        if self.sender.send(item).await.is_ok() { Ok(()) } else { Err(Gone) }
    }
}
