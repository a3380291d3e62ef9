//! What each part of the state takes in memory: each is made again from its bytes, as a start does it, and the growth of this
//! process is what it takes. A copy would share most of it.

use std::io::Write;

use anyhow::Context as _;
use serde::de::DeserializeOwned;

use crate::cli::child::resident_kib;
use crate::reader::Loaded;
use crate::reader::index::Index;

/// Makes part after part again, keeps them, and prints what each took, the largest first.
pub(super) fn write(loaded: &Loaded, out: &mut dyn Write) -> anyhow::Result<()> {
    let view = loaded.view();
    let book = &view.book;
    let entries = book.last_sequence().value().max(1);
    let mut taken: Vec<(&str, usize, u64)> = Vec::new();
    let mut kept: Vec<Box<dyn std::any::Any>> = Vec::new();
    macro_rules! parts {
        ($($name:literal: $count:expr, $part:expr;)+) => {$(
            let bytes = postcard::to_stdvec(&$part)?;
            let before = resident()?;
            let made = again(&$part, &bytes)?;
            taken.push(($name, $count, resident()?.saturating_sub(before)));
            // Kept until all are measured: what one gave back would be taken by the next, and not seen.
            kept.push(Box::new((bytes, made)));
        )+};
    }
    parts! {
        "enterprises": book.enterprises.len(), book.enterprises;
        "rights": book.rights.len(), book.rights;
        "pledges": book.pledges.len(), book.pledges;
        "loans": book.loans.len(), book.loans;
        "contracts": book.contracts.len(), book.contracts;
        "applications": book.applications.len(), book.applications;
        "evidence": book.evidence.len(), book.evidence;
        "caps": book.cap_use.len(), book.cap_use;
        "grants": book.grants.len(), book.grants;
        "granted applications": book.granted_applications.len(), book.granted_applications;
        "interest days": book.interest_days.len(), book.interest_days;
        "facts": book.facts.len(), book.facts;
        "fact log": book.fact_log.len(), book.fact_log;
        "claims": book.claims.len(), book.claims;
        "pools": book.pools.len(), book.pools;
        "accounts": book.accounts.len(), book.accounts;
        "access": 0, book.access;
        "reconciliation": 0, book.reconciliation;
        "reversals": book.reversals.len(), book.reversals;
        "history": 0, view.history;
        "cases": 0, view.cases;
        "the book whole": 0, view.book;
    }
    let before = resident()?;
    let index = Index::of(book);
    taken.push(("index", 0, resident()?.saturating_sub(before)));
    drop((kept, index));
    taken.sort_by_key(|(_, _, bytes)| std::cmp::Reverse(*bytes));
    for (name, count, bytes) in taken {
        let each = bytes.checked_div(u64::try_from(count)?).unwrap_or(0);
        writeln!(
            out,
            "{name:<22} {:>7} KiB, {:>4} bytes an entry; {count} of {each} bytes",
            bytes >> 10,
            bytes.checked_div(entries).unwrap_or(0)
        )?;
    }
    Ok(())
}

/// The same value as read from a snapshot.
fn again<T: DeserializeOwned>(_like: &T, bytes: &[u8]) -> anyhow::Result<T> {
    Ok(postcard::from_bytes(bytes)?)
}

fn resident() -> anyhow::Result<u64> {
    let kib = resident_kib(std::process::id()).context("this system does not tell the memory of a process")?;
    Ok(kib.saturating_mul(1_024))
}
