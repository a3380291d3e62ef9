//! Four eyes: what one did, another must approve. Persons are counted, not certificates, and a delegation makes nobody
//! another: a delegate's act counts as done by both, and whoever holds a person's office today may not approve what that
//! person did, in its own name neither.

use super::rejection::{Reason, Rejection};
use super::{Context, Text};
use crate::book::Book;
use crate::book::nouns::{Caller, Hands};
use crate::calendar::CivilDate;
use crate::identifier::PersonId;

/// Why one person may not follow another.
pub(super) enum Conflict {
    /// It is the same person, in its own name or another's.
    Same(PersonId),
    /// It holds the other one's office.
    ActsFor(PersonId),
}

/// Whether the caller, or the person it acts for, did the earlier act, or is a delegate of who did.
pub(super) fn conflict(book: &Book, caller: &Caller, today: CivilDate, earlier: &Hands) -> Option<Conflict> {
    let own = caller.hands();
    if let Some(same) = earlier.people().find(|one| own.people().any(|mine| mine == *one)) {
        return Some(Conflict::Same(same.clone()));
    }
    let deputy = |of: &PersonId| book.access.delegated_to(&caller.person, today).any(|one| one.from == *of);
    earlier.people().find(|one| deputy(one)).cloned().map(Conflict::ActsFor)
}

/// Refuses the caller if it, or the person it acts for, did the earlier act, or if it is a delegate of who did.
pub(super) fn another_person(context: &Context<'_>, field: &str, earlier: &Hands, what: Text) -> Result<(), Rejection> {
    let found = conflict(context.book, context.caller, context.today, earlier);
    found.map_or(Ok(()), |conflict| Err(rejection(&context.caller.person, conflict, field, what)))
}

/// The refusal of this person.
pub(super) fn rejection(person: &PersonId, conflict: Conflict, field: &str, what: Text) -> Rejection {
    match conflict {
        Conflict::Same(same) => same_person(
            field,
            format!("`{same}` {}; expected another person", what.en),
            format!("“{same}”是{}；须由另一人办理", what.zh),
        ),
        Conflict::ActsFor(principal) => same_person(
            field,
            format!("`{person}` acts for `{principal}`, who {}; expected another person", what.en),
            format!("“{person}”受“{principal}”委托，而“{principal}”是{}；须由另一人办理", what.zh),
        ),
    }
}

fn same_person(field: &str, problem: String, problem_zh: String) -> Rejection {
    Rejection::new(Reason::SamePerson, field, problem, problem_zh)
}
