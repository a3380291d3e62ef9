//! The threads of an audit: blocks are read by one, prepared by others, and come to the auditor in their order.
//!
//! Block `n` goes to the prepare thread `n mod count`, and is taken from the same one, so the order needs no sorting.
//! Every channel is bounded: memory does not grow with the journal.

use std::ops::ControlFlow;
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::book::event::Entry;
use crate::journal::block::Block;
use crate::journal::codec::{decode, decode_asked, encode};
use crate::journal::merkle::Hash;
use crate::storage::{Fault, Storage};

/// How many blocks may wait for each thread.
const WAITING_MAX: usize = 4;

/// What is looked at of each record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    /// What was asked for; what was answered is decided again, and its bytes compared.
    Swift,
    /// Everything.
    Careful,
    /// Its hash.
    Bytes,
}

/// A block with what can be made of it alone.
pub(super) struct Prepared {
    pub(super) block: Block,
    /// The leaf hash of each record.
    pub(super) leaves: Vec<Hash>,
    /// Each record's entry, or what is wrong with the record; empty when only bytes are looked at. In a swift pass what was
    /// asked for, until it was decided again.
    pub(super) entries: Vec<Result<Entry, String>>,
}

/// Reads all blocks, prepares them and gives them to `take` in their order, until it says that the audit ends. What was
/// taken goes to `last`, on a thread of its own; the audit ends too when that returns.
pub(super) fn run(
    storage: &dyn Storage,
    pass: Pass,
    last: &(dyn Fn(Receiver<Prepared>) + Sync),
    take: &mut dyn FnMut(&mut Prepared) -> bool,
) -> Result<(), Fault> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let count = cores.saturating_sub(1).max(1);
    thread::scope(|scope| {
        let (mut raw_senders, mut prepared_receivers) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let (raw_sender, raw) = bounded(WAITING_MAX);
            let (prepared_sender, prepared) = bounded(WAITING_MAX);
            scope.spawn(move || prepare_all(&raw, &prepared_sender, pass));
            raw_senders.push(raw_sender);
            prepared_receivers.push(prepared);
        }
        let (taken_sender, taken) = bounded::<Prepared>(WAITING_MAX);
        scope.spawn(move || last(taken));
        let scan = scope.spawn(move || scan(storage, &raw_senders));
        for receiver in prepared_receivers.iter().cycle() {
            let Ok(mut prepared) = receiver.recv() else { break };
            if !take(&mut prepared) || taken_sender.send(prepared).is_err() {
                break;
            }
        }
        drop((prepared_receivers, taken_sender));
        // A thread that panicked has said so; there is no block of it that was taken.
        scan.join().unwrap_or_else(|_panic| Err(Fault::Poisoned { reason: "the scan stopped".to_owned() }))
    })
}

/// Gives each block to the thread whose turn it is. Ends when nobody takes any more.
fn scan(storage: &dyn Storage, senders: &[Sender<Block>]) -> Result<(), Fault> {
    let mut turns = senders.iter().cycle();
    storage.scan(1, &mut |block| match turns.next() {
        Some(sender) if sender.send(block).is_ok() => ControlFlow::Continue(()),
        Some(_) | None => ControlFlow::Break(()),
    })
}

fn prepare_all(raw: &Receiver<Block>, prepared: &Sender<Prepared>, pass: Pass) {
    for block in raw {
        if prepared.send(prepare(block, pass)).is_err() {
            return;
        }
    }
}

fn prepare(block: Block, pass: Pass) -> Prepared {
    let leaves = block.records().iter().map(|record| Hash::leaf(record)).collect();
    let records = block.records().iter();
    let entries = match pass {
        Pass::Swift => records.map(|record| decode_asked(record).map_err(|error| error.to_string())).collect(),
        Pass::Careful => records.map(|record| entry_of(record)).collect(),
        Pass::Bytes => Vec::new(),
    };
    Prepared { block, leaves, entries }
}

/// The entry in a record, which must be the one form of it.
fn entry_of(record: &[u8]) -> Result<Entry, String> {
    let entry = decode(record).map_err(|error| error.to_string())?;
    if encode(&entry) == record {
        Ok(entry)
    } else {
        Err("the record is not the one form of its entry; no version of ipledger writes it so".to_owned())
    }
}
