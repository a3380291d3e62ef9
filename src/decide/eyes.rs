//! Four eyes: what one did, another must approve. Persons are counted, not certificates, and a delegation makes nobody
//! another: a delegate's act counts as done by both, and whoever holds a person's office today may not approve what that
//! person did, in its own name neither.

use super::rejection::{Reason, Rejection};
use super::{Context, Text};
use crate::book::nouns::Hands;
use crate::identifier::PersonId;

/// Refuses the caller if it, or the person it acts for, did the earlier act, or if it is a delegate of who did.
pub(super) fn another_person(context: &Context<'_>, field: &str, earlier: &Hands, what: Text) -> Result<(), Rejection> {
    let own = context.caller.hands();
    if let Some(same) = earlier.people().find(|one| own.people().any(|mine| mine == *one)) {
        return Err(same_person(
            field,
            format!("`{same}` {}; expected another person", what.en),
            format!("“{same}”是{}；须由另一人办理", what.zh),
        ));
    }
    let access = &context.book.access;
    let deputy = |of: &PersonId| access.delegated_to(&context.caller.person, context.today).any(|one| one.from == *of);
    if let Some(principal) = earlier.people().find(|one| deputy(one)) {
        let person = &context.caller.person;
        return Err(same_person(
            field,
            format!("`{person}` acts for `{principal}`, who {}; expected another person", what.en),
            format!("“{person}”受“{principal}”委托，而“{principal}”是{}；须由另一人办理", what.zh),
        ));
    }
    Ok(())
}

fn same_person(field: &str, problem: String, problem_zh: String) -> Rejection {
    Rejection::new(Reason::SamePerson, field, problem, problem_zh)
}
