//! The decision: (book, stamp, request) → entry or rejection. Pure, one file per group of commands.
pub mod command;
pub mod rejection;
