//! Who may see what (查阅范围): a bank its own business, an enterprise its own, the bureau and the auditor everything.
//!
//! Nothing is seen unless a line here says so: a caller without its organisation sees nothing, and what concerns no
//! institution is seen by none.

use crate::book::nouns::{Caller, Concerns, Role};

/// Whether the caller may see what concerns these parties. Asked before existence is told: what a caller may not see
/// does not exist for it.
pub fn sees(caller: &Caller, concerns: &Concerns) -> bool {
    match caller.role {
        Role::Bank | Role::Guarantor | Role::Insurer => is_own(caller.institution.as_ref(), concerns.institution.as_ref()),
        Role::Enterprise => is_own(caller.enterprise.as_ref(), concerns.enterprise.as_ref()),
        Role::Officer | Role::Finance | Role::Auditor | Role::Operator => true,
    }
}

/// Two unknowns are not the same organisation.
fn is_own<T: PartialEq>(own: Option<&T>, concerned: Option<&T>) -> bool {
    own.is_some_and(|own| concerned == Some(own))
}
