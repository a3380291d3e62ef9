//! The `ipledger` program: flags → config → run; no logic.

use std::process::ExitCode;

use clap::Parser as _;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ipledger::cli::run(ipledger::cli::Arguments::parse())
}
