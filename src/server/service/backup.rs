//! `EvidenceService.BackUpJournal`: the stored blocks up to a new checkpoint, as a stream of bytes.

use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::evidence::{fresh, hashes, keeper, proof, rendered};
use crate::book::nouns::{Caller, Role};
use crate::decide::rejection::{Reason, Rejection};
use crate::identifier::{Invalid, Sequence};
use crate::proto::v1;
use crate::proto::v1::back_up_journal_response::Part;
use crate::reader::{ReadFault, Reader};
use crate::server::TAILS_MAX;
use crate::server::edge::{Edge, unavailable};
use crate::server::parse::query;

/// The most bytes in one message.
const PIECE_BYTES: usize = 1024 * 1024;

/// How many messages wait for a slow client; after that only its own stream waits.
const PIECES_AHEAD: usize = 4;

type Item = Result<v1::BackUpJournalResponse, Status>;

/// The opening, then the blocks.
pub(super) type BlockStream = Pin<Box<dyn Stream<Item = Item> + Send>>;

/// Opens the stream: makes the checkpoint that it leads to, and proves that it continues what the caller has.
pub(super) async fn open(
    edge: &Edge,
    caller: &Caller,
    message: v1::BackUpJournalRequest,
) -> Result<BlockStream, Rejection> {
    operator_only(caller)?;
    let Ok(permit) = Arc::clone(&edge.tails).try_acquire_owned() else { return Err(too_many()) };
    let checkpoint = fresh(keeper(edge)?).await?;
    let (after, last) = (message.after_sequence, checkpoint.checkpoint.size);
    let reader = edge.reader().clone();
    let begins = begins_a_block(&reader, after, last).await.map_err(|fault| unavailable(&fault))?;
    query(|violations| {
        if begins {
            return Some(());
        }
        violations.add("after_sequence", no_end_of_a_block(after, last));
        None
    })?;
    let consistency = proof(reader.consistency_proof(after, last).await, Sequence::new(last))?;
    let opening = v1::BackUpOpening { checkpoint: Some(rendered(&checkpoint)), consistency: hashes(&consistency) };
    let (sender, receiver) = mpsc::channel(PIECES_AHEAD);
    let sending = Sending { reader, next: after.saturating_add(1), last, sender, _permit: permit };
    tokio::spawn(sending.run(opening, edge.stop.subscribe()));
    Ok(Box::pin(ReceiverStream::new(receiver)))
}

/// Whether the entry after this one begins a block, or there is none.
async fn begins_a_block(reader: &Reader, after: u64, last: u64) -> Result<bool, ReadFault> {
    if after >= last {
        return Ok(after == last);
    }
    let next = Sequence::new(after.saturating_add(1));
    let block = reader.block_with(next).await?;
    Ok(block.is_some_and(|block| block.first_sequence() == next.value()))
}

fn operator_only(caller: &Caller) -> Result<(), Rejection> {
    if caller.role == Role::Operator {
        return Ok(());
    }
    Err(Rejection::new(
        Reason::PermissionDenied,
        "",
        format!("role `{}` may not back the journal up; expected operator", caller.role),
        format!("角色“{}”无权备份", caller.role),
    ))
}

fn too_many() -> Rejection {
    Rejection::new(
        Reason::QueueFull,
        "",
        format!("{TAILS_MAX} streams are open already; come back later"),
        format!("已有 {TAILS_MAX} 个数据流，请稍后重试"),
    )
}

fn no_end_of_a_block(after: u64, last: u64) -> Invalid {
    Invalid::new(
        format!(
            "no block of this journal ends with entry `{after}`; it has {last} entries, expected the end of a backup of it"
        ),
        format!("本账本没有以第 {after} 条分录结尾的数据块；共有 {last} 条分录，应为此前备份的终点"),
    )
}

struct Sending {
    reader: Reader,
    next: u64,
    last: u64,
    sender: mpsc::Sender<Item>,
    _permit: OwnedSemaphorePermit,
}

/// The client has gone.
struct Gone;

impl Sending {
    async fn run(mut self, opening: v1::BackUpOpening, mut stopped: watch::Receiver<bool>) {
        let sender = self.sender.clone();
        tokio::select! {
            // Done, or the client has gone: either way the stream ends.
            _ = self.send_all(opening) => {}
            _ = stopped.wait_for(|stopped| *stopped) => {
                let problem = "the server is stopping; take the backup again, it goes on from where it is";
                let ending = Rejection::new(Reason::Unavailable, "", problem, "服务正在停止，请重新备份，将从断点继续");
                drop(sender.try_send(Err(ending.into())));
            }
        }
    }

    async fn send_all(&mut self, opening: v1::BackUpOpening) -> Result<(), Gone> {
        self.send(Ok(Part::Opening(opening))).await?;
        let mut bytes = Vec::new();
        while self.next <= self.last {
            let sequence = Sequence::new(self.next);
            let block = self.reader.block_with(sequence).await;
            let block = block.and_then(|block| block.ok_or(ReadFault::Missing { sequence, height: 0 }));
            match block {
                Ok(block) => {
                    bytes.extend_from_slice(&block.to_stream());
                    self.next = block.last_sequence().saturating_add(1);
                }
                Err(fault) => return self.send(Err(unavailable(&fault))).await,
            }
            while let Some((piece, rest)) = bytes.split_at_checked(PIECE_BYTES) {
                let (piece, rest) = (piece.to_vec(), rest.to_vec());
                bytes = rest;
                self.send(Ok(Part::Blocks(piece))).await?;
            }
        }
        if bytes.is_empty() { Ok(()) } else { self.send(Ok(Part::Blocks(bytes))).await }
    }

    async fn send(&self, part: Result<Part, Rejection>) -> Result<(), Gone> {
        let item = part.map(|part| v1::BackUpJournalResponse { part: Some(part) }).map_err(Status::from);
        if self.sender.send(item).await.is_ok() { Ok(()) } else { Err(Gone) }
    }
}
