//! Who is let in as whom: principals, institutions, delegations.

use super::registry::{enterprise, institution};
use super::rejection::{Reason, Rejection};
use super::{Context, Outcome, concerning_nobody, not_before, state_forbids, text};
use crate::book::access::{AccessChange, DelegationDetails, DelegationRevoked, PrincipalDetails, Switched};
use crate::book::event::Event;
use crate::book::nouns::{Named as _, Role};
use crate::identifier::{InstitutionId, Invalid, PersonId, PrincipalName};
use crate::rulebook::terms::InstitutionKind;

/// The longest delegation, in days: an absence, not an office.
const DELEGATION_DAYS_MAX: i64 = 366;

pub(super) fn change(context: &Context<'_>, change: &AccessChange) -> Result<Outcome, Rejection> {
    match change {
        AccessChange::PrincipalBound(details) => bind(context, details)?,
        AccessChange::PrincipalSwitched(switched) => switch_principal(context, switched)?,
        AccessChange::InstitutionSwitched(switched) => switch_institution(context, switched)?,
        AccessChange::DelegationGranted(details) => grant(context, details)?,
        AccessChange::DelegationRevoked(revoked) => revoke(context, revoked)?,
    }
    Ok(Outcome::new(Event::AccessChanged(change.clone()), concerning_nobody()))
}

fn bind(context: &Context<'_>, details: &PrincipalDetails) -> Result<(), Rejection> {
    not_oneself(context, "person", &details.person)?;
    if let Some(before) = context.book.access.principals.get(&details.name) {
        not_oneself(context, "name", &before.details.person)?;
    }
    details
        .check()
        .map_err(|(field, invalid)| Rejection::new(Reason::InvalidField, field, invalid.problem, invalid.problem_zh))?;
    if let (Some(id), Some(role)) = (&details.institution, details.roles.first()) {
        let kind = institution(context, "institution_id", id)?.kind;
        if kind_of(*role) != Some(kind) {
            return Err(Rejection::new(
                Reason::InstitutionUnknown,
                "institution_id",
                format!("`{id}` is registered as {kind}; expected a {role}"),
                format!("“{id}”登记类型为{}；应为{}", kind.name().zh, role.name().zh),
            ));
        }
    }
    if let Some(uscc) = details.enterprise {
        enterprise(context, "enterprise", uscc)?;
    }
    Ok(())
}

/// The kind of institution that a role belongs to.
const fn kind_of(role: Role) -> Option<InstitutionKind> {
    match role {
        Role::Bank => Some(InstitutionKind::Bank),
        Role::Guarantor => Some(InstitutionKind::Guarantor),
        Role::Insurer => Some(InstitutionKind::Insurer),
        Role::Enterprise | Role::Officer | Role::Finance | Role::Auditor | Role::Operator => None,
    }
}

impl PrincipalDetails {
    /// What is wrong with the roles and what belongs to them, with the field; nothing is looked up.
    pub fn check(&self) -> Result<(), (&'static str, Invalid)> {
        let wrong = |field, en: &str, zh: &str| Err((field, Invalid::new(en, zh)));
        let outside = |role: &Role| matches!(role, Role::Bank | Role::Guarantor | Role::Insurer | Role::Enterprise);
        let Some(first) = self.roles.first() else {
            return wrong("roles", "no role is given; expected at least one", "未指定角色；至少应有一个");
        };
        if self.roles.len() > 1 && self.roles.iter().any(|role| outside(role) || *role == Role::Auditor) {
            return wrong(
                "roles",
                "only officer, finance and operator may be held together; an auditor does nothing else",
                "仅审核、财政、运维人员角色可兼任；审计人员不得兼任",
            );
        }
        if self.institution.is_some() != kind_of(*first).is_some() {
            return wrong(
                "institution_id",
                "an institution is given for a bank, guarantor or insurer, and for nobody else",
                "仅银行、担保机构、保险机构须填写所属机构",
            );
        }
        if self.enterprise.is_some() != (*first == Role::Enterprise) {
            return wrong(
                "enterprise",
                "an enterprise is given for an enterprise's people, and for nobody else",
                "仅企业人员须填写所属企业",
            );
        }
        if outside(first) && !self.districts.is_empty() {
            return wrong("districts", "districts confine the public side only", "仅政府侧人员可限定县区");
        }
        Ok(())
    }
}

/// Nobody changes what is his own: power comes from another.
fn not_oneself(context: &Context<'_>, field: &str, person: &PersonId) -> Result<(), Rejection> {
    if context.caller.hands().people().all(|own| own != person) {
        return Ok(());
    }
    Err(Rejection::new(
        Reason::SamePerson,
        field,
        format!("`{person}` may not change its own access; expected another person"),
        format!("“{person}”不能变更本人的访问权限；须由另一人办理"),
    ))
}

fn switch_principal(context: &Context<'_>, switched: &Switched<PrincipalName>) -> Result<(), Rejection> {
    let Some(principal) = context.book.access.principals.get(&switched.id) else {
        return Err(Rejection::new(
            Reason::PrincipalUnknown,
            "name",
            format!("`{}` is bound to no principal; bind it first", switched.id),
            format!("未找到访问主体“{}”；请先绑定", switched.id),
        ));
    };
    not_oneself(context, "name", &principal.details.person)?;
    expect_switch("name", &switched.id, principal.enabled, switched.enabled)
}

fn switch_institution(context: &Context<'_>, switched: &Switched<InstitutionId>) -> Result<(), Rejection> {
    institution(context, "institution_id", &switched.id)?;
    let enabled = !context.book.access.disabled_institutions.contains(&switched.id);
    expect_switch("institution_id", &switched.id, enabled, switched.enabled)
}

fn expect_switch(field: &str, id: &dyn std::fmt::Display, enabled: bool, wanted: bool) -> Result<(), Rejection> {
    let (on, off) = (text("enabled", "启用"), text("disabled", "停用"));
    match (enabled, wanted) {
        (true, true) => Err(state_forbids(field, id, on, &[off])),
        (false, false) => Err(state_forbids(field, id, off, &[on])),
        (true, false) | (false, true) => Ok(()),
    }
}

/// A person delegates its own office, and only that: what was delegated to it is not its to pass on.
fn grant(context: &Context<'_>, details: &DelegationDetails) -> Result<(), Rejection> {
    let caller = context.caller;
    if details.from != caller.person || caller.on_behalf_of.is_some() || details.role != caller.role {
        return Err(Rejection::new(
            Reason::PermissionDenied,
            "from",
            format!("`{}` may delegate only its own office as {}", caller.person, caller.role),
            format!("“{}”只能委托本人的{}职责", caller.person, caller.role.name().zh),
        ));
    }
    if details.to == details.from {
        return Err(Rejection::new(
            Reason::SamePerson,
            "to",
            format!("`{}` delegates to itself; expected another person", details.to),
            format!("受托人不能是委托人“{}”本人", details.to),
        ));
    }
    not_before("first_day", details.first_day, context.today, text("today", "今天"))?;
    not_before("last_day", details.last_day, details.first_day, text("the first day", "起始日"))?;
    if details.last_day.days_since(details.first_day) >= DELEGATION_DAYS_MAX {
        return Err(Rejection::new(
            Reason::DateOutOfRange,
            "last_day",
            format!(
                "`{}` is more than {DELEGATION_DAYS_MAX} days from the first day; delegate anew then",
                details.last_day
            ),
            format!("委托期限不得超过 {DELEGATION_DAYS_MAX} 天；届时请重新委托"),
        ));
    }
    Ok(())
}

/// Who delegated takes it back; an operator may, too.
fn revoke(context: &Context<'_>, revoked: &DelegationRevoked) -> Result<(), Rejection> {
    let caller = context.caller;
    let found = context.book.access.delegations.get(&revoked.delegation);
    let found = found.filter(|one| caller.role == Role::Operator || one.details.from == caller.person);
    let Some(delegation) = found else {
        return Err(Rejection::new(
            Reason::DelegationUnknown,
            "delegation_sequence",
            format!("entry `{}` is not a delegation of the caller's", revoked.delegation),
            format!("第{}号分录不是本人的委托", revoked.delegation),
        ));
    };
    if delegation.revoked {
        return Err(state_forbids(
            "delegation_sequence",
            revoked.delegation,
            text("revoked", "已撤销"),
            &[text("not revoked", "未撤销")],
        ));
    }
    Ok(())
}
