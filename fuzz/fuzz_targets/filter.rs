//! `cargo fuzz run filter`: see `ipledger::fuzz`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Some(target) = ipledger::fuzz::target("filter") {
        target(bytes);
    }
});
