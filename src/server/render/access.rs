//! Who is let in as whom, as the API shows it.

use crate::book::access::{AccessChange, DelegationDetails, DelegationRevoked, Endorsed, PrincipalDetails, Switched};
use crate::book::nouns::Named as _;
use crate::proto::v1;
use crate::server::vocabulary::wire;

use super::or_empty;

pub(crate) fn changed(change: &AccessChange) -> v1::AccessChanged {
    use v1::access_changed::Change;
    let change = match change {
        AccessChange::PrincipalBound(details) => Change::PrincipalBound(principal(details)),
        AccessChange::PrincipalSwitched(switched) => Change::PrincipalSwitched(switch(switched)),
        AccessChange::InstitutionSwitched(switched) => Change::InstitutionSwitched(switch(switched)),
        AccessChange::DelegationGranted(details) => Change::DelegationGranted(delegation(details)),
        AccessChange::DelegationRevoked(revoked) => Change::DelegationRevoked(revocation(revoked)),
    };
    v1::AccessChanged { change: Some(change) }
}

pub(crate) fn principal(details: &PrincipalDetails) -> v1::PrincipalDetails {
    v1::PrincipalDetails {
        name: details.name.to_string(),
        person: details.person.to_string(),
        roles: details.roles.iter().map(|role| wire(*role)).collect(),
        institution_id: or_empty(details.institution.as_ref()),
        enterprise: or_empty(details.enterprise.as_ref()),
        districts: details.districts.iter().map(ToString::to_string).collect(),
    }
}

pub(crate) fn delegation(details: &DelegationDetails) -> v1::DelegationDetails {
    v1::DelegationDetails {
        from: details.from.to_string(),
        to: details.to.to_string(),
        role: wire(details.role),
        first_day: details.first_day.to_string(),
        last_day: details.last_day.to_string(),
        reason: details.reason.clone(),
    }
}

fn switch<Id: ToString>(switched: &Switched<Id>) -> v1::Switched {
    v1::Switched { id: switched.id.to_string(), enabled: switched.enabled, reason: switched.reason.clone() }
}

fn revocation(revoked: &DelegationRevoked) -> v1::DelegationRevoked {
    v1::DelegationRevoked { delegation_sequence: revoked.delegation.value(), reason: revoked.reason.clone() }
}

pub(crate) fn endorsed(endorsed: &Endorsed) -> v1::Endorsed {
    v1::Endorsed {
        rpc: endorsed.rpc.clone(),
        subject: endorsed.subject.clone(),
        amount: endorsed.amount.to_string(),
        second_above: endorsed.second_above.to_string(),
    }
}

/// The sentence of a change.
pub(super) fn words(change: &AccessChange) -> v1::Text {
    let text = |en: String, zh: String| v1::Text { en, zh };
    match change {
        AccessChange::PrincipalBound(one) => {
            let roles: Vec<&str> = one.roles.iter().map(|role| role.code()).collect();
            let roles_zh: Vec<&str> = one.roles.iter().map(|role| role.name().zh).collect();
            text(
                format!("{} is {} as {}.", one.name, one.person, roles.join(", ")),
                format!("访问主体 {} 已绑定至 {}，角色：{}。", one.name, one.person, roles_zh.join("、")),
            )
        }
        AccessChange::PrincipalSwitched(one) => switched(one, "Principal", "访问主体"),
        AccessChange::InstitutionSwitched(one) => switched(one, "Institution", "机构"),
        AccessChange::DelegationGranted(one) => text(
            format!("{} acts for {} as {} from {} to {}.", one.to, one.from, one.role, one.first_day, one.last_day),
            format!(
                "{} 委托 {} 代行{}职责，自 {} 至 {}。",
                one.from,
                one.to,
                one.role.name().zh,
                one.first_day,
                one.last_day
            ),
        ),
        AccessChange::DelegationRevoked(one) => text(
            format!("The delegation of entry {} is revoked: {}", one.delegation, one.reason),
            format!("第 {} 号分录的委托已撤销：{}", one.delegation, one.reason),
        ),
    }
}

fn switched<Id: std::fmt::Display>(one: &Switched<Id>, what: &str, what_zh: &str) -> v1::Text {
    let (done, done_zh) = if one.enabled { ("enabled", "启用") } else { ("disabled", "停用") };
    v1::Text {
        en: format!("{what} {} is {done}: {}", one.id, one.reason),
        zh: format!("{what_zh} {} 已{done_zh}：{}", one.id, one.reason),
    }
}

/// The sentence of a first approval.
pub(super) fn endorsed_words(one: &Endorsed) -> v1::Text {
    let (amount, limit) = (one.amount.grouped(), one.second_above.grouped());
    v1::Text {
        en: format!(
            "{} of {} is approved by one person; {amount} is above {limit}, another person must approve it too.",
            one.rpc, one.subject
        ),
        zh: format!("{} {} 已由一人审批；金额 {amount} 元超过 {limit} 元，须由另一人复核。", one.rpc, one.subject),
    }
}
