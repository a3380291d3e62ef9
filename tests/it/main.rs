//! Integration tests, one module per promise.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::integer_division,
    clippy::modulo_arithmetic,
    reason = "a test that fails should say so by panicking"
)]

mod api;
mod crash;
mod decide;
mod fixture;
mod layers;
mod model;
mod property;
mod regression;
mod simulate;
