//! Who may see what (查阅范围): a bank its own business, an enterprise its own, the bureau and the auditor everything in
//! their districts.
//!
//! Nothing is seen unless a line here says so: a caller without its organisation sees nothing, and what concerns no
//! institution is seen by none.

use crate::book::Book;
use crate::book::nouns::{Caller, Concerns, Role};
use crate::identifier::Uscc;

/// Whether the caller may see what concerns these parties. Asked before existence is told: what a caller may not see
/// does not exist for it.
pub fn sees(book: &Book, caller: &Caller, concerns: &Concerns) -> bool {
    match caller.role {
        Role::Bank | Role::Guarantor | Role::Insurer => {
            is_own(caller.institution.as_ref(), concerns.institution.as_ref())
        }
        Role::Enterprise => is_own(caller.enterprise.as_ref(), concerns.enterprise.as_ref()),
        Role::Officer | Role::Finance | Role::Auditor | Role::Operator => {
            concerns.enterprise.is_none_or(|uscc| in_districts(book, caller, uscc))
        }
    }
}

/// Whether an enterprise is in the districts that the caller is confined to, if it is confined to any.
pub fn in_districts(book: &Book, caller: &Caller, enterprise: Uscc) -> bool {
    let known = book.enterprises.get(&enterprise);
    known.is_none_or(|known| !book.access.is_outside(caller, &known.details.district))
}

/// Two unknowns are not the same organisation.
fn is_own<T: PartialEq>(own: Option<&T>, concerned: Option<&T>) -> bool {
    own.is_some_and(|own| concerned == Some(own))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identifier::{InstitutionId, PersonId, Uscc};

    const OWN: &str = "91110000600037341L";
    const OTHER: &str = "9144030071526726XG";

    fn caller(role: Role, institution: Option<&str>, enterprise: Option<&str>) -> Caller {
        let Concerns { institution, enterprise } = concerns(institution, enterprise);
        Caller { institution, enterprise, ..Caller::of_bureau(role, PersonId::parse("someone").unwrap()) }
    }

    fn concerns(institution: Option<&str>, enterprise: Option<&str>) -> Concerns {
        Concerns {
            institution: institution.map(|name| InstitutionId::parse(name).unwrap()),
            enterprise: enterprise.map(|code| Uscc::parse(code).unwrap()),
        }
    }

    fn sees(caller: &Caller, concerns: &Concerns) -> bool {
        super::sees(&Book::new(), caller, concerns)
    }

    #[test]
    fn institutions_see_their_own_and_nothing_else() {
        for role in [Role::Bank, Role::Guarantor, Role::Insurer] {
            let own = caller(role, Some("icbc"), None);
            assert!(sees(&own, &concerns(Some("icbc"), Some(OWN))));
            assert!(!sees(&own, &concerns(Some("ccb"), Some(OWN))), "another institution's");
            assert!(!sees(&own, &concerns(None, Some(OWN))), "no institution's");
            assert!(!sees(&own, &Concerns::default()));
            let stray = caller(role, None, Some(OWN));
            assert!(!sees(&stray, &concerns(Some("icbc"), Some(OWN))), "a caller without its institution");
            assert!(!sees(&stray, &Concerns::default()), "two unknowns are not the same");
        }
    }

    #[test]
    fn enterprises_see_their_own_and_nothing_else() {
        let own = caller(Role::Enterprise, None, Some(OWN));
        assert!(sees(&own, &concerns(Some("icbc"), Some(OWN))));
        assert!(!sees(&own, &concerns(Some("icbc"), Some(OTHER))));
        assert!(!sees(&own, &Concerns::default()));
        let stray = caller(Role::Enterprise, Some("icbc"), None);
        assert!(!sees(&stray, &concerns(Some("icbc"), None)), "an institution does not make an enterprise see");
        assert!(!sees(&stray, &Concerns::default()));
    }

    #[test]
    fn the_public_side_sees_everything() {
        for role in [Role::Officer, Role::Finance, Role::Auditor, Role::Operator] {
            assert!(sees(&caller(role, None, None), &concerns(Some("icbc"), Some(OWN))));
            assert!(sees(&caller(role, None, None), &Concerns::default()));
        }
    }
}
