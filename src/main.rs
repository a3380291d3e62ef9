//! The `ipledger` program: flags → config → run; no logic.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match ipledger::cli::Arguments::read() {
        Ok(arguments) => ipledger::cli::run(arguments),
        Err(code) => code,
    }
}
