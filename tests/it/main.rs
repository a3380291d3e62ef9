//! Integration tests, one module per promise.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails should say so by panicking"
)]

mod api;
mod crash;
mod demo;
mod fixture;
