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
    clippy::wildcard_enum_match_arm,
    clippy::format_push_string,
    clippy::too_many_lines,         // a script is as long as its story
    clippy::needless_pass_by_value, // an expectation is written where it is used
    clippy::needless_raw_string_hashes, // as expect-test writes them
    reason = "a test that fails should say so by panicking"
)]

mod api;
mod chinese;
mod audit;
mod backup;
mod board;
mod cities;
mod crash;
mod evidence;
mod export;
mod demo;
mod decide;
mod fixture;
mod groups;
mod fuzz;
mod flips;
mod layers;
mod ops;
mod property;
mod portal;
mod publish;
mod regression;
mod rulebooks;
mod report;
mod sandbox;
mod simulate;
mod whatif;
mod tls;
mod walk;
