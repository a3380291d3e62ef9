//! Whether a caller is who the ledger lets in today: its principal bound and enabled, its institution enabled, its
//! delegation in force. Looked at when a call comes in and, for a write, again when it is decided: what an entry takes
//! away is gone for the next command, whatever was queued before.

use super::rejection::{Reason, Rejection};
use crate::book::access::Access;
use crate::book::nouns::Caller;
use crate::calendar::CivilDate;

/// Refuses a caller that is not, or no more, let in on this day.
pub fn check(access: &Access, caller: &Caller, today: CivilDate) -> Result<(), Rejection> {
    if let Some(name) = &caller.principal {
        let bound = access.principals.get(name);
        let bound = bound.filter(|bound| {
            let details = &bound.details;
            details.person == caller.person
                && details.institution == caller.institution
                && details.enterprise == caller.enterprise
                && (caller.on_behalf_of.is_some() || details.roles.contains(&caller.role))
        });
        let Some(bound) = bound else {
            return Err(Rejection::new(
                Reason::Unauthenticated,
                "",
                format!("`{name}` is bound to no principal of this kind; ask the operator to bind it"),
                format!("“{name}”未绑定访问主体，请联系运维人员办理"),
            ));
        };
        if !bound.enabled {
            return Err(Rejection::new(
                Reason::PrincipalDisabled,
                "",
                format!("`{name}` was disabled; ask the operator"),
                format!("“{name}”已停用，请联系运维人员"),
            ));
        }
    }
    if let Some(institution) = caller.institution.as_ref().filter(|own| access.disabled_institutions.contains(own)) {
        return Err(Rejection::new(
            Reason::InstitutionDisabled,
            "",
            format!("`{institution}` was disabled; ask the bureau"),
            format!("“{institution}”已停用，请联系主管部门"),
        ));
    }
    delegated(access, caller, today)
}

/// Refuses who says to act for somebody without a delegation in force.
fn delegated(access: &Access, caller: &Caller, today: CivilDate) -> Result<(), Rejection> {
    let Some(from) = &caller.on_behalf_of else { return Ok(()) };
    if access.is_delegate(from, &caller.person, caller.role, today) {
        return Ok(());
    }
    Err(Rejection::new(
        Reason::PermissionDenied,
        "",
        format!(
            "`{}` may not act for `{from}` as {} today ({today}); expected a delegation in force",
            caller.person, caller.role
        ),
        format!("“{}”今日（{today}）未受“{from}”委托，不能代其办理", caller.person),
    ))
}
