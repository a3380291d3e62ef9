//! `cargo fuzz run header`: see `ipledger::fuzz`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Some(target) = ipledger::fuzz::target("header") {
        target(bytes);
    }
});
