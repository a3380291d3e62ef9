//! Panics of the engine under the store, told as what they are.
//!
//! sled panics on damaged files: on the calling thread, on threads of its own, or while it is dropped. Whoever runs
//! `ipledger` is told that the store is damaged, and by an exit code of the subcommand, instead of a back trace or an
//! abort. Panics elsewhere are bugs of ours and keep their default.

use std::io::{self, Write as _};
use std::os::fd::AsFd as _;
use std::panic::{self, PanicHookInfo};
use std::process;

/// What to do when the engine panics.
#[derive(Debug, Clone, Copy)]
pub(super) struct Engine {
    /// The exit code of the process.
    pub(super) exit_code: i32,
    /// Whether whoever called reads JSON on standard output.
    pub(super) json: bool,
}

/// From here on a panic inside sled ends the process with a message and this exit code.
pub(super) fn install(engine: Engine) {
    let default = panic::take_hook();
    panic::set_hook(Box::new(move |info| match damage(info) {
        Some(damage) => tell_and_exit(engine, &damage),
        None => default(info),
    }));
}

/// What the engine said, if it was the engine that panicked.
fn damage(info: &PanicHookInfo<'_>) -> Option<String> {
    let location = info.location()?;
    // The folder of the crate's sources, wherever cargo keeps them.
    if !location.file().contains("/sled-0.34.") {
        return None;
    }
    let words = info.payload_as_str().unwrap_or("no message").lines().next().unwrap_or_default().to_owned();
    Some(words)
}

/// Destructors do not run: the engine's state is unknown, and writing it out could do more damage.
#[expect(
    clippy::exit,
    reason = "the engine is in an unknown state on an unknown thread; there is nothing to go back to"
)]
fn tell_and_exit(engine: Engine, words: &str) {
    let problem = format!("the store is damaged, its engine stopped on it ({words}): restore a backup");
    // Neither stream need be open any more, and standard output may be locked by a thread that waits for this one: the
    // file under it is not.
    drop(writeln!(io::stderr(), "ipledger: {problem}"));
    if engine.json {
        let finding = serde_json::json!({"check": "store", "problem": problem});
        let summary = serde_json::json!({"verdict": "damaged", "findings": [finding]});
        if let Ok(descriptor) = io::stdout().as_fd().try_clone_to_owned() {
            drop(writeln!(std::fs::File::from(descriptor), "{summary:#}"));
        }
    }
    process::exit(engine.exit_code)
}
