//! Changes of who is let in as whom, and a first approval.

use crate::book::access::{AccessChange, DelegationDetails, DelegationRevoked, Endorsed, PrincipalDetails, Switched};
use crate::book::event::Event;
use crate::book::nouns::{Caller, Role};
use crate::identifier::{District, PersonId, PrincipalName, Sequence};
use crate::money::Amount;

use super::{bank, day, uscc};

/// The person of an entry; for a change of access with a name and a delegation.
pub(super) fn actor(event: &Event, person: PersonId) -> Caller {
    let plain = Caller::of_bureau(Role::Operator, person);
    if !matches!(event, Event::AccessChanged(_)) {
        return plain;
    }
    Caller { on_behalf_of: Some(self::person("zhang.li")), principal: Some(name()), ..plain }
}

fn person(text: &str) -> PersonId {
    PersonId::parse(text).unwrap()
}

fn name() -> PrincipalName {
    PrincipalName::parse("ipledger:bank:icbc-hebi:core-1").unwrap()
}

pub(super) fn samples() -> Vec<Event> {
    let principal = |roles: &[Role]| PrincipalDetails {
        name: name(),
        person: person("core"),
        roles: roles.to_vec(),
        institution: None,
        enterprise: None,
        districts: std::collections::BTreeSet::new(),
    };
    let districts = ["410611", "410621"].map(|code| District::parse(code).unwrap()).into();
    let changes = [
        AccessChange::PrincipalBound(PrincipalDetails { institution: Some(bank()), ..principal(&[Role::Bank]) }),
        AccessChange::PrincipalBound(PrincipalDetails { enterprise: Some(uscc()), ..principal(&[Role::Enterprise]) }),
        AccessChange::PrincipalBound(PrincipalDetails { districts, ..principal(&[Role::Officer, Role::Finance]) }),
        AccessChange::PrincipalSwitched(Switched { id: name(), enabled: true, reason: "复职".to_owned() }),
        AccessChange::InstitutionSwitched(Switched { id: bank(), enabled: false, reason: "退出合作".to_owned() }),
        AccessChange::DelegationGranted(DelegationDetails {
            from: person("zhang.li"),
            to: person("wang.xiaoming"),
            role: Role::Officer,
            first_day: day("2026-03-05"),
            last_day: day("2026-03-19"),
            reason: "年休假".to_owned(),
        }),
        AccessChange::DelegationRevoked(DelegationRevoked {
            delegation: Sequence::new(69),
            reason: "提前返岗".to_owned(),
        }),
    ];
    let endorsed = Endorsed {
        rpc: "SubsidyService/ApproveSubsidy".to_owned(),
        subject: "application-40".to_owned(),
        amount: Amount::from_yuan(1_200_000),
        second_above: Amount::from_yuan(1_000_000),
    };
    changes.into_iter().map(Event::AccessChanged).chain([Event::Endorsed(endorsed)]).collect()
}
