//! One entry against the book as it was just before: may it come next, and would it be decided so again?

use super::finding::{Check, Finding, Place};
use crate::book::Book;
use crate::book::event::{ApplicationChange, ClaimChange, Entry, Event};
use crate::book::nouns::{Hands, Role};
use crate::decide::command::Stamp;
use crate::decide::decide;
use crate::decide::recorded::{Earlier, request_of};
use crate::identifier::PersonId;

/// What came of making a decision again.
pub(super) enum Again {
    /// The same entry, to the byte.
    Same,
    /// The record does not keep what was asked for (a refusal of an early version).
    NotKept,
    /// Another entry, or none.
    Differs(Box<Finding>),
}

/// Makes the decision again on the book as it was, and compares the entry that it gives with the recorded one.
///
/// The recorded entry is known to encode to the bytes of its record, and an entry has one form, so entries that are
/// equal are equal to the byte, explanations and all.
pub(super) fn decide_again(book: &Book, entry: &Entry, earlier: &Earlier<'_>, place: &dyn Fn() -> Place) -> Again {
    let Some(request) = request_of(entry, earlier) else { return Again::NotKept };
    let stamp = Stamp { sequence: entry.sequence, recorded_at: entry.recorded_at };
    match decide(book, &stamp, &request) {
        Ok(again) if again == *entry => Again::Same,
        Ok(again) => {
            let (path, expected, found) = first_difference(&format!("{again:#?}"), &format!("{entry:#?}"));
            let problem = format!("the decision, made again, differs at `{path}`");
            Again::Differs(Box::new(Finding::new(Check::Decision, place(), problem).with(expected, found)))
        }
        Err(rejection) => {
            let problem = "the decision, made again, refuses the request";
            let expected = format!("no entry: {rejection}");
            let found = "an entry".to_owned();
            Again::Differs(Box::new(Finding::new(Check::Decision, place(), problem).with(expected, found)))
        }
    }
}

/// Compares a member of a group with the one that its head's decision gives.
pub(super) fn same_as(expected: Option<Entry>, entry: &Entry, place: &dyn Fn() -> Place) -> Again {
    match expected {
        Some(again) if again == *entry => Again::Same,
        Some(again) => {
            let (path, expected, found) = first_difference(&format!("{again:#?}"), &format!("{entry:#?}"));
            let problem = format!("the group, decided again, differs at `{path}`");
            Again::Differs(Box::new(Finding::new(Check::Decision, place(), problem).with(expected, found)))
        }
        None => {
            let problem = "the group, decided again, has fewer entries";
            let (expected, found) = ("no entry".to_owned(), "an entry".to_owned());
            Again::Differs(Box::new(Finding::new(Check::Decision, place(), problem).with(expected, found)))
        }
    }
}

/// Invariant 9, looked at without `decide`: what it must never let through.
pub(super) fn check_separation(book: &Book, entry: &Entry) -> Result<(), String> {
    if book.is_closed(entry.effective_date) {
        return Err(format!("it takes effect on {}, in a month that was closed before", entry.effective_date));
    }
    let actor = &entry.actor;
    let bank = entry.concerns.institution.as_ref();
    if actor.role == Role::Bank && bank.is_some_and(|bank| Some(bank) != actor.institution.as_ref()) {
        return Err("a bank acted on the business of another one".to_owned());
    }
    if actor.role == Role::Enterprise && entry.concerns.enterprise != actor.enterprise {
        return Err("an enterprise acted on the business of another one".to_owned());
    }
    let Some((earlier, act)) = earlier_hands(book, entry) else { return Ok(()) };
    match common(&earlier, &actor.hands()) {
        Some(person) => Err(format!("`{person}` {act}, and did this too")),
        None => Ok(()),
    }
}

/// A person that both acts count as done by.
fn common<'a>(earlier: &'a Hands, own: &Hands) -> Option<&'a PersonId> {
    earlier.people().find(|one| own.people().any(|mine| mine == *one))
}

/// Who may not do what this entry says, because of an earlier act of the same business.
fn earlier_hands(book: &Book, entry: &Entry) -> Option<(Hands, &'static str)> {
    let own = entry.actor.hands();
    let approved_by_actor = |approved: Option<&Hands>| {
        approved.filter(|approver| common(approver, &own).is_some()).map(|approver| (approver.clone(), "approved it"))
    };
    if let Event::ApplicationChanged(changed) = &entry.event {
        let application = book.applications.get(&changed.application)?;
        let submitted = Some((application.submitted_by.clone(), "submitted it"));
        return match &changed.change {
            ApplicationChange::Approved | ApplicationChange::ClosingShare(_) | ApplicationChange::Corrected(_) => {
                submitted
            }
            ApplicationChange::Paid(_) => {
                let approved = approved_by_actor(application.approved.as_ref().map(|(_, approver)| approver));
                let closed = application.closed.as_ref().filter(|(_, hands)| common(hands, &own).is_some());
                approved.or(closed.map(|(_, hands)| (hands.clone(), "made the closing run"))).or(submitted)
            }
            ApplicationChange::Refused(_)
            | ApplicationChange::Withdrawn(_)
            | ApplicationChange::PaymentRefused(_)
            | ApplicationChange::ClawbackDemanded(_)
            | ApplicationChange::ClawbackReceived(..) => None,
        };
    }
    if let Event::ClaimChanged(changed) = &entry.event {
        let claim = book.claims.get(&changed.claim)?;
        let submitted = Some((claim.submitted_by.clone(), "submitted it"));
        return match &changed.change {
            ClaimChange::Approved => submitted,
            ClaimChange::Paid(_) => {
                approved_by_actor(claim.approved.as_ref().map(|(_, approver)| approver)).or(submitted)
            }
            ClaimChange::Resumed(_) | ClaimChange::Refused(_) | ClaimChange::Recovered(_) | ClaimChange::WrittenOff => {
                None
            }
        };
    }
    None
}

/// The first line in which two pretty-printed values differ: the names of the structures that it stands in, and the
/// line as expected and as found.
fn first_difference(expected: &str, found: &str) -> (String, String, String) {
    let mut path: Vec<(usize, String)> = Vec::new();
    let mut pairs = expected.lines().zip(found.lines());
    for (one, other) in &mut pairs {
        let depth = one.len().saturating_sub(one.trim_start().len());
        path.retain(|(at, _)| *at < depth);
        if one != other {
            let names: Vec<&str> = path.iter().skip(1).map(|(_, name)| name.as_str()).collect();
            let clean = |line: &str| line.trim().trim_end_matches(',').to_owned();
            return (names.join("."), clean(one), clean(other));
        }
        let name = one.trim().trim_end_matches(['{', '(', '[', ' ']);
        path.push((depth, name.split(':').next().unwrap_or(name).to_owned()));
    }
    let rest =
        |text: &str, other: &str| text.lines().nth(other.lines().count()).unwrap_or("nothing more").trim().to_owned();
    (String::new(), rest(expected, found), rest(found, expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_has_its_path() {
        let one = "Entry {\n    sequence: 1,\n    event: Paid(\n        Payment {\n            amount: 5,\n        },\n    ),\n}";
        let other = one.replace("amount: 5", "amount: 6");
        let expected = ("event.Payment".to_owned(), "amount: 5".to_owned(), "amount: 6".to_owned());
        assert_eq!(first_difference(one, &other), expected);
        let longer = format!("{one}\nmore");
        assert_eq!(first_difference(one, &longer).2, "more");
    }
}
