//! The part of `parse` about who is let in: principals `ipledger:NAME`, institutions, delegations.

use std::collections::BTreeMap;

use ipledger::book::access::{AccessChange, DelegationDetails, DelegationRevoked, PrincipalDetails, Switched};
use ipledger::book::nouns::{Caller, Role};
use ipledger::calendar::CivilDate;
use ipledger::decide::command::Command;
use ipledger::identifier::{District, InstitutionId, PersonId, PrincipalName, Sequence};

use super::names;

/// The verb of a change.
pub(super) const fn verb_of(change: &AccessChange) -> &'static str {
    match change {
        AccessChange::PrincipalBound(_) => "bind",
        AccessChange::PrincipalSwitched(switched) if switched.enabled => "enable",
        AccessChange::PrincipalSwitched(_) => "disable",
        AccessChange::InstitutionSwitched(switched) if switched.enabled => "enable-bank",
        AccessChange::InstitutionSwitched(_) => "disable-bank",
        AccessChange::DelegationGranted(_) => "delegate",
        AccessChange::DelegationRevoked(_) => "revoke",
    }
}

/// The name of a principal: `wang` stands for `ipledger:wang`.
pub(super) fn principal(name: &str) -> PrincipalName {
    PrincipalName::parse(&format!("ipledger:{name}")).unwrap()
}

/// `bind NAME person=P roles=officer,finance bank=B enterprise=A districts=D,E`, `disable NAME`, `disable-bank B`,
/// `delegate D1 to=P from-day=… to-day=…`, `revoke D1`.
pub(super) fn command(
    verb: &str,
    (name, caller, today): (&str, &Caller, CivilDate),
    values: &mut BTreeMap<&str, &str>,
    entry: Sequence,
) -> Command {
    let mut take = |key: &str, default: &str| values.remove(key).unwrap_or(default).to_owned();
    let reason = "人员变动".to_owned();
    let change = match verb {
        "bind" => {
            let list = |text: String| text.split(',').filter(|one| !one.is_empty()).map(ToOwned::to_owned).collect();
            let (roles, districts): (Vec<String>, Vec<String>) =
                (list(take("roles", "officer")), list(take("districts", "")));
            AccessChange::PrincipalBound(PrincipalDetails {
                name: principal(name),
                person: PersonId::parse(&take("person", name)).unwrap(),
                roles: roles.iter().map(|role| Role::parse(role).unwrap()).collect(),
                institution: values.remove("bank").map(|bank| InstitutionId::parse(bank).unwrap()),
                enterprise: values.remove("enterprise").map(names::enterprise),
                districts: districts.iter().map(|code| District::parse(code).unwrap()).collect(),
            })
        }
        "enable" | "disable" => {
            AccessChange::PrincipalSwitched(Switched { id: principal(name), enabled: verb == "enable", reason })
        }
        "enable-bank" | "disable-bank" => {
            let id = InstitutionId::parse(name).unwrap();
            AccessChange::InstitutionSwitched(Switched { id, enabled: verb == "enable-bank", reason })
        }
        "delegate" => AccessChange::DelegationGranted(DelegationDetails {
            from: PersonId::parse(&take("from", caller.person.as_str())).unwrap(),
            to: PersonId::parse(&take("to", "wu")).unwrap(),
            role: Role::parse(&take("role", caller.role.code())).unwrap(),
            first_day: CivilDate::parse(&take("first", &today.to_string())).unwrap(),
            last_day: CivilDate::parse(&take("last", "2026-12-31")).unwrap(),
            reason,
        }),
        _ => AccessChange::DelegationRevoked(DelegationRevoked { delegation: entry, reason }),
    };
    Command::ChangeAccess(change)
}
