//! Work that nobody waits for: it yields the processors to what somebody waits for.

/// How much less of a processor a thread gets than one that calls wait for, where both want it (`nice`): a tenth.
const NICENESS: i32 = 10;

/// Makes the calling thread one that others go before; it stays so. A thread that others wait for, as for a lock that it
/// holds, must not: while they wait it would go last.
pub(crate) fn yield_to_others() {
    // On Linux the niceness is the thread's own. A system that refuses runs it as before.
    if let Err(error) = rustix::process::nice(NICENESS) {
        tracing::debug!(%error, "a thread in the background does not yield");
    }
}
