//! ipledger: the one book for a Chinese city's IP pledge financing (知识产权质押融资).
//!
//! The modules in the order of the path that a write takes:
//!
//! ```text
//! write   server ─ identity ─ parse ──> writer ──> decide ──> (rulebook, book) ──> journal ──> storage
//!           ^                              │                                              │ durable
//!           └──────── render <── receipt ──┴──────────── publish to reader, then answer <─┘
//! read    server ──> reader ──> book          (only what is durable); portal ──> server, in process, through the guard
//! start   storage ──> newest snapshot, then journal ──> book ──> writer, reader
//! ```
//!
//! The **journal** is what happened, in order; the **book** is what it adds up to.
//!
//! # Promises, each one tested
//!
//! 1. Only `server` knows gRPC, only `portal` HTML, and only `journal::codec` the disk format. Wire format, disk format and core types
//!    are three things.
//! 2. Only `writer::clock` reads a clock. `decide`, `rulebook` and `book` have no clock, randomness, I/O, async or
//!    hash-ordered iteration: same journal, same book, same bytes.
//! 3. `decide` changes nothing; `Book::apply` refuses nothing. State changes only by `apply`, live and in replay alike.
//! 4. No answer before the record is durable; no read of what is not durable.
//! 5. Within a batch each command sees the ones before it.
//! 6. A *rejection* (an answer, closed enum) and a *fault* (disk, corruption: the process stops) are different types.
//! 7. The journal is only appended to; every event names the rulebook version and clause that decided it.
//! 8. Every queue, batch, page, message and amount has a named limit; a full queue refuses with `RESOURCE_EXHAUSTED`
//!    and a retry hint.

pub mod cli;
pub mod fuzz;
pub mod config;
pub mod portal;
pub mod simulation;
pub mod nation;
pub mod telemetry;
pub mod server;
mod background;
pub mod access_log;
pub mod writer;
pub mod reader;
pub mod audit;
pub mod snapshot;
pub mod report;
pub mod figures;
pub mod evidence;
pub mod backup;
pub mod reconcile;
pub mod statement;
pub mod decide;
pub mod rulebook;
pub mod book;
pub mod identifier;
pub mod money;
pub mod calendar;
pub mod pki;
pub mod journal;
pub mod storage;
pub mod proto;
