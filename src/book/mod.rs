//! The book: what the journal adds up to.
pub mod account;
pub mod event;
pub mod nouns;
