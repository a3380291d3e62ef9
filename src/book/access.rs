//! Who is let in as whom: principals, delegations, disabled institutions, and approvals that wait for a second person.

use std::collections::{BTreeMap, BTreeSet};

use super::chunked::Chunked;
use super::event::Entry;
use super::nouns::{Caller, Hands, Role};
use crate::calendar::CivilDate;
use crate::identifier::{District, FunderId, InstitutionId, PersonId, PoolId, PrincipalName, Sequence, Uscc};
use crate::money::Amount;

/// What a name in a certificate or token stands for (访问主体).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PrincipalDetails {
    /// The name that the certificate or token carries.
    pub name: PrincipalName,
    /// The natural person (or the bank's system account) behind it: several certificates may be one person.
    pub person: PersonId,
    /// What it may act as, in the order of preference; at least one. Several only on the public side.
    pub roles: Vec<Role>,
    /// The institution that it belongs to, for banks, guarantors and insurers.
    pub institution: Option<InstitutionId>,
    /// The enterprise that it belongs to, for enterprises.
    pub enterprise: Option<Uscc>,
    /// The districts (县区) whose enterprises it sees and serves; all of them if empty. For the public side only.
    pub districts: BTreeSet<District>,
}

/// One person acts for another for some days (委托代办).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct DelegationDetails {
    /// Whose office it is.
    pub from: PersonId,
    /// Who acts.
    pub to: PersonId,
    /// In which role.
    pub role: Role,
    /// First day.
    pub first_day: CivilDate,
    /// Last day.
    pub last_day: CivilDate,
    /// Why.
    pub reason: String,
}

/// A change of who is let in as whom; one entry each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessChange {
    /// A name was bound to a person, its roles and its organisation; or bound anew.
    PrincipalBound(PrincipalDetails),
    /// A principal is let in no more, or again.
    PrincipalSwitched(Switched<PrincipalName>),
    /// Nobody of an institution is let in any more, or they are again.
    InstitutionSwitched(Switched<InstitutionId>),
    /// A delegation; the entry's sequence is its id.
    DelegationGranted(DelegationDetails),
    /// A delegation ended before its last day.
    DelegationRevoked(DelegationRevoked),
}

/// Something was disabled or enabled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switched<Id> {
    /// What.
    pub id: Id,
    /// Whether it is let in from now on.
    pub enabled: bool,
    /// Why.
    pub reason: String,
}

/// See [`AccessChange::DelegationRevoked`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelegationRevoked {
    /// The entry that granted it.
    pub delegation: Sequence,
    /// Why.
    pub reason: String,
}

/// The first of two approvals: the act waits for another person to give the same command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endorsed {
    /// What was asked for, `Service/Rpc`.
    pub rpc: String,
    /// What it is about, with everything that must be the same the second time.
    pub subject: String,
    /// The amount that made a second person necessary, in yuan.
    pub amount: Amount,
    /// Above this one person is not enough, in yuan: the rulebook's `[approval] second_above`.
    pub second_above: Amount,
}

/// [`Endorsed::rpc`] of a withdrawal from a pool.
pub const WITHDRAW_FROM_POOL: &str = "PoolService/WithdrawFromPool";

/// [`Endorsed::subject`] of a withdrawal from a pool.
pub fn withdrawal_subject(pool: &PoolId, funder: &FunderId, amount: Amount, reference: &str) -> String {
    format!("{pool} {funder} {amount} {reference}")
}

/// A principal as it stands.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Principal {
    /// As last bound.
    pub details: PrincipalDetails,
    /// Whether it is let in.
    pub enabled: bool,
}

/// A delegation as it stands.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Delegation {
    /// As granted.
    pub details: DelegationDetails,
    /// When it was revoked: it counts for nothing from that entry on.
    pub revoked: bool,
}

impl Delegation {
    /// Whether it is good on a day.
    pub fn in_force_on(&self, day: CivilDate) -> bool {
        !self.revoked && self.details.first_day <= day && day <= self.details.last_day
    }
}

/// A first approval that waits, or was followed by the second.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Endorsement {
    /// The amount that was approved.
    pub amount: Amount,
    /// Who approved.
    pub hands: Hands,
}

/// Who is let in as whom. A copy, as the guard has one, shares the principals, of which there may be one for each enterprise.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Access {
    /// By name.
    pub principals: Chunked<PrincipalName, Principal>,
    /// Institutions of which nobody is let in.
    pub disabled_institutions: BTreeSet<InstitutionId>,
    /// By the entry that granted them.
    pub delegations: BTreeMap<Sequence, Delegation>,
    /// First approvals, by RPC and subject.
    pub endorsements: BTreeMap<(String, String), Endorsement>,
}

impl Access {
    /// Takes over a change.
    pub(super) fn change(&mut self, entry: &Entry, change: &AccessChange) {
        match change {
            AccessChange::PrincipalBound(details) => {
                // Bound anew, a disabled principal stays disabled.
                let enabled = self.principals.get(&details.name).is_none_or(|before| before.enabled);
                self.principals.insert(details.name.clone(), Principal { details: details.clone(), enabled });
            }
            AccessChange::PrincipalSwitched(switched) => {
                if let Some(principal) = self.principals.get_mut(&switched.id) {
                    principal.enabled = switched.enabled;
                }
            }
            AccessChange::InstitutionSwitched(switched) => {
                if switched.enabled {
                    self.disabled_institutions.remove(&switched.id);
                } else {
                    self.disabled_institutions.insert(switched.id.clone());
                }
            }
            AccessChange::DelegationGranted(details) => {
                let delegation = Delegation { details: details.clone(), revoked: false };
                self.delegations.insert(entry.sequence, delegation);
            }
            AccessChange::DelegationRevoked(revoked) => {
                if let Some(delegation) = self.delegations.get_mut(&revoked.delegation) {
                    delegation.revoked = true;
                }
            }
        }
    }

    /// Takes over a first approval.
    pub(super) fn endorse(&mut self, entry: &Entry, endorsed: &Endorsed) {
        let endorsement = Endorsement { amount: endorsed.amount, hands: entry.actor.hands() };
        self.endorsements.insert((endorsed.rpc.clone(), endorsed.subject.clone()), endorsement);
    }

    /// Forgets the first approval of an act that may come again.
    pub(super) fn forget_endorsement(&mut self, rpc: &str, subject: &str) {
        self.endorsements.remove(&(rpc.to_owned(), subject.to_owned()));
    }

    /// The first approval of an act.
    pub fn endorsement(&self, rpc: &str, subject: &str) -> Option<&Endorsement> {
        self.endorsements.get(&(rpc.to_owned(), subject.to_owned()))
    }

    /// Whether one person acts for another in a role on a day.
    pub fn is_delegate(&self, from: &PersonId, to: &PersonId, role: Role, day: CivilDate) -> bool {
        self.delegated_to(to, day).any(|details| details.from == *from && details.role == role)
    }

    /// What is delegated to a person on a day.
    pub fn delegated_to<'a>(
        &'a self,
        to: &'a PersonId,
        day: CivilDate,
    ) -> impl Iterator<Item = &'a DelegationDetails> + 'a {
        let good = self.delegations.values().filter(move |one| one.details.to == *to && one.in_force_on(day));
        good.map(|one| &one.details)
    }

    /// Whether what concerns an enterprise of this district is outside the caller's districts.
    pub fn is_outside(&self, caller: &Caller, district: &District) -> bool {
        self.districts_of(caller).is_some_and(|districts| !districts.contains(district))
    }

    /// The districts that a caller is confined to: those of its principal, or of the person whose office it holds;
    /// `None` where it is confined to none.
    pub fn districts_of(&self, caller: &Caller) -> Option<BTreeSet<&District>> {
        if let Some(from) = &caller.on_behalf_of {
            let of_office = self.principals.values().filter(|one| one.enabled && one.details.person == *from);
            let mut of_office = of_office.filter(|one| one.details.roles.contains(&caller.role)).peekable();
            of_office.peek()?;
            let all: Vec<&Principal> = of_office.collect();
            let free = all.iter().any(|one| one.details.districts.is_empty());
            return (!free).then(|| all.iter().flat_map(|one| &one.details.districts).collect());
        }
        let principal = self.principals.get(caller.principal.as_ref()?)?;
        let districts = &principal.details.districts;
        (!districts.is_empty()).then(|| districts.iter().collect())
    }
}
