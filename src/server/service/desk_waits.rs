//! What waits for one act of many, or for a second person: the groups of the queue that are no cases of their own.

use super::desk::{COUNTED_MAX, said};
use crate::decide::waiting::{Asker, may_run_closing, withdrawals as awaited};
use crate::money::Amount;
use crate::proto::v1;
use crate::reader::View;
use crate::server::access::{sees_application, undivided};
use crate::server::render::event;

/// The approved applications that wait for closing runs, as far as the caller sees them.
pub(super) fn closings(view: &View, asker: &Asker<'_>, everybody: bool) -> Vec<v1::ClosingWait> {
    let mine = may_run_closing(asker);
    if !everybody && !mine {
        return Vec::new();
    }
    let runs = view.work.runs().iter().map(|((programme, year), waiting)| {
        let seen = waiting.iter().take(COUNTED_MAX).filter_map(|id| view.book.applications.get(id));
        let seen = seen.filter(|one| sees_application(&view.book, asker.caller, one));
        let (count, amount) = seen
            .fold((0_u32, Amount::ZERO), |(count, amount), one| (count.saturating_add(1), amount.plus(one.granted)));
        v1::ClosingWait {
            programme_id: programme.to_string(),
            year: event::year(*year),
            count,
            amount: amount.to_string(),
            more: waiting.len() > COUNTED_MAX,
            mine,
        }
    });
    runs.filter(|run| run.count > 0).collect()
}

/// The withdrawals that wait for a second person. A pool is the city's: whoever sees some districts does not see them.
pub(super) fn withdrawals(asker: &Asker<'_>, everybody: bool) -> Vec<v1::WithdrawalWait> {
    if undivided(asker.book, asker.caller).is_err() {
        return Vec::new();
    }
    let shown = awaited(asker).into_iter().map(|one| {
        let [pool_id, funder_id, reference] = one.particulars;
        let mine = one.allowed && one.barred.is_none();
        v1::WithdrawalWait {
            pool_id,
            funder_id,
            amount: one.amount.to_string(),
            reference,
            approved_by: one.first.person.to_string(),
            mine,
            barred: one.barred.filter(|_| one.allowed).map(said),
        }
    });
    shown.filter(|one| everybody || one.mine).collect()
}
