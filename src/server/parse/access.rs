//! `AccessService`: principals, institutions, delegations.

use super::Violations;
use crate::book::access::{AccessChange, DelegationDetails, DelegationRevoked, PrincipalDetails, Switched};
use crate::book::nouns::{Caller, Role};
use crate::decide::command::Command;
use crate::identifier::{District, InstitutionId, Invalid, PersonId, PrincipalName, Uscc};
use crate::proto::v1;

/// The most districts of one principal.
const DISTRICTS_MAX: usize = 100;

pub(crate) fn bind_principal(message: &v1::BindPrincipalRequest, violations: &mut Violations) -> Option<Command> {
    let Some(principal) = &message.principal else {
        violations.add("principal", Invalid::new("is missing; expected a principal", "缺失；应填写访问主体"));
        return None;
    };
    let name = violations.take("principal.name", PrincipalName::parse(&principal.name));
    let person = violations.take("principal.person", PersonId::parse(&principal.person));
    let roles = violations.distinct("principal.roles", &principal.roles, Role::ALL.len(), |violations, path, role| {
        violations.choice::<Role>(path, *role)
    });
    let institution = violations.optional("principal.institution_id", &principal.institution_id, InstitutionId::parse);
    let enterprise = violations.optional("principal.enterprise", &principal.enterprise, Uscc::parse);
    let districts = if principal.districts.is_empty() {
        Some(Vec::new())
    } else {
        violations.distinct("principal.districts", &principal.districts, DISTRICTS_MAX, |violations, path, district| {
            violations.take(path, District::parse(district))
        })
    };
    let details = PrincipalDetails {
        name: name?,
        person: person?,
        roles: roles?,
        institution: institution?,
        enterprise: enterprise?,
        districts: districts?.into_iter().collect(),
    };
    let checked = details.check().map_err(|(field, invalid)| violations.add(&format!("principal.{field}"), invalid));
    checked.ok().map(|()| Command::ChangeAccess(AccessChange::PrincipalBound(details)))
}

fn principal(violations: &mut Violations, name: &str, reason: &str, enabled: bool) -> Option<Command> {
    let id = violations.take("name", PrincipalName::parse(name));
    let reason = violations.text("reason", reason);
    let switched = Switched { id: id?, enabled, reason: reason? };
    Some(Command::ChangeAccess(AccessChange::PrincipalSwitched(switched)))
}

pub(crate) fn enable_principal(message: &v1::EnablePrincipalRequest, violations: &mut Violations) -> Option<Command> {
    principal(violations, &message.name, &message.reason, true)
}

pub(crate) fn disable_principal(message: &v1::DisablePrincipalRequest, violations: &mut Violations) -> Option<Command> {
    principal(violations, &message.name, &message.reason, false)
}

fn institution(violations: &mut Violations, id: &str, reason: &str, enabled: bool) -> Option<Command> {
    let id = violations.take("institution_id", InstitutionId::parse(id));
    let reason = violations.text("reason", reason);
    let switched = Switched { id: id?, enabled, reason: reason? };
    Some(Command::ChangeAccess(AccessChange::InstitutionSwitched(switched)))
}

pub(crate) fn enable_institution(
    message: &v1::EnableInstitutionRequest,
    violations: &mut Violations,
) -> Option<Command> {
    institution(violations, &message.institution_id, &message.reason, true)
}

pub(crate) fn disable_institution(
    message: &v1::DisableInstitutionRequest,
    violations: &mut Violations,
) -> Option<Command> {
    institution(violations, &message.institution_id, &message.reason, false)
}

/// Whose office it is, and in which role, is the caller's to say by being who it is.
pub(crate) fn grant_delegation(
    message: &v1::GrantDelegationRequest,
    caller: &Caller,
    violations: &mut Violations,
) -> Option<Command> {
    let to = violations.take("to", PersonId::parse(&message.to));
    let first_day = violations.date("first_day", &message.first_day);
    let last_day = violations.date("last_day", &message.last_day);
    let reason = violations.text("reason", &message.reason);
    let details = DelegationDetails {
        from: caller.person.clone(),
        to: to?,
        role: caller.role,
        first_day: first_day?,
        last_day: last_day?,
        reason: reason?,
    };
    Some(Command::ChangeAccess(AccessChange::DelegationGranted(details)))
}

pub(crate) fn revoke_delegation(message: &v1::RevokeDelegationRequest, violations: &mut Violations) -> Option<Command> {
    let delegation = violations.sequence("delegation_sequence", message.delegation_sequence);
    let reason = violations.text("reason", &message.reason);
    let revoked = DelegationRevoked { delegation: delegation?, reason: reason? };
    Some(Command::ChangeAccess(AccessChange::DelegationRevoked(revoked)))
}
