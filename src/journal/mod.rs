//! The journal (日记账): what happened, in order, and how anybody can check that it still says so.
//!
//! ```text
//! record   one event with its sequence number, stamp and caller, as bytes
//! block    one commit: up to 1 000 records that became durable together, chained to the block before by hash
//! tree     one Merkle tree over the bytes of all records; each block carries its root
//! ```
//!
//! The journal is only appended to. [`block`] and [`merkle`] know bytes and no domain type: they find every changed,
//! missing, repeated or reordered byte, and leave its meaning to the record codec. What replays the journal walks the
//! blocks from [`block::Head::EMPTY`] with [`block::Head::check`], so nothing that fails a check reaches the book.

pub mod block;
pub mod codec;
pub mod export;
pub mod merkle;
pub mod replay;
