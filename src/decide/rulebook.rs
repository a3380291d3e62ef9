//! Adopting a rulebook version, and closing a month.

use super::rejection::{Reason, Rejection};
use super::{Context, Outcome, concerning_nobody};
use crate::book::Book;
use crate::book::event::{Event, RulebookAdopted};
use crate::calendar::CivilDate;
use crate::rulebook::Rulebook;

/// Adopts a version. A later version of the same rulebook takes over from its first day; two different rulebooks may
/// not have the same programme or pool in force on the same day.
pub(super) fn adopt(context: &Context<'_>, asked: &RulebookAdopted) -> Result<Outcome, Rejection> {
    let adopted = &asked.rulebook;
    for earlier in &context.book.rulebooks {
        if let Some(problem) = conflict(context.book, earlier, adopted) {
            return Err(problem);
        }
    }
    Ok(Outcome::new(Event::RulebookAdopted(asked.clone()), concerning_nobody()))
}

fn conflict(book: &Book, earlier: &Rulebook, adopted: &Rulebook) -> Option<Rejection> {
    let reference = adopted.reference();
    if earlier.id == adopted.id {
        if adopted.version <= earlier.version {
            return Some(Rejection::new(
                Reason::RulebookConflict,
                "text",
                format!("version {} of `{}` was adopted; expected a higher version", earlier.version, adopted.id),
                format!("“{}”第{}版已启用；版本号应更高", adopted.id, earlier.version),
            ));
        }
        if adopted.valid_from <= earlier.valid_from {
            return Some(Rejection::new(
                Reason::RulebookConflict,
                "text",
                format!(
                    "`{reference}` begins on {}; expected a day after {} of version {}",
                    adopted.valid_from, earlier.valid_from, earlier.version
                ),
                format!(
                    "“{reference}”自{}起生效；应晚于第{}版的{}",
                    adopted.valid_from, earlier.version, earlier.valid_from
                ),
            ));
        }
        return None;
    }
    let shared = shared_rule(earlier, adopted)?;
    overlap(book, earlier, adopted).map(|(from, until)| {
        let (days, days_zh) = if until == CivilDate::MAX {
            (format!("from {from} on"), format!("自{from}起"))
        } else {
            (format!("from {from} to {until}"), format!("{from}至{until}"))
        };
        Rejection::new(
            Reason::RulebookConflict,
            "text",
            format!("`{reference}` and `{}` both have `{shared}` in force {days}", earlier.reference()),
            format!("“{reference}”与“{}”{days_zh}同时包含有效的“{shared}”", earlier.reference()),
        )
    })
}

fn shared_rule(one: &Rulebook, other: &Rulebook) -> Option<String> {
    let programme = one.programmes.iter().find(|programme| other.programme(&programme.id).is_some());
    let pool = one.pools.iter().find(|pool| other.pool(&pool.id).is_some());
    programme.map(|programme| programme.id.to_string()).or_else(|| pool.map(|pool| pool.id.to_string()))
}

/// The days on which both are in force; an earlier version ends where a later one of its rulebook begins.
fn overlap(book: &Book, one: &Rulebook, other: &Rulebook) -> Option<(CivilDate, CivilDate)> {
    let end = |rulebook: &Rulebook| book.last_day_of(rulebook).unwrap_or(CivilDate::MAX);
    let (from, until) = (one.valid_from.max(other.valid_from), end(one).min(end(other)));
    (from <= until).then_some((from, until))
}
