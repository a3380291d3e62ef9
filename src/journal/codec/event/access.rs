//! Changes of who is let in as whom, and first approvals.

use crate::book::access::{AccessChange, DelegationDetails, DelegationRevoked, Endorsed, PrincipalDetails, Switched};
use crate::identifier::{District, InstitutionId, PersonId, PrincipalName, Sequence, Uscc};
use crate::money::Amount;
use crate::proto::journal::{self as wire, access_changed::Change};

use super::super::CodecError;
use super::super::field::{Numbered as _, Stored, code, date, number, optional_text, required, text, texts};

impl Stored for AccessChange {
    type Wire = wire::AccessChanged;

    fn store(&self) -> wire::AccessChanged {
        let change = match self {
            Self::PrincipalBound(details) => Change::PrincipalBound(details.store()),
            Self::PrincipalSwitched(switched) => Change::PrincipalSwitched(store_switch(switched, &switched.id)),
            Self::InstitutionSwitched(switched) => Change::InstitutionSwitched(store_switch(switched, &switched.id)),
            Self::DelegationGranted(details) => Change::DelegationGranted(details.store()),
            Self::DelegationRevoked(revoked) => Change::DelegationRevoked(revoked.store()),
        };
        wire::AccessChanged { change: Some(change) }
    }

    fn load(wire: wire::AccessChanged) -> Result<Self, CodecError> {
        Ok(match required("AccessChanged.change", wire.change)? {
            Change::PrincipalBound(wire) => Self::PrincipalBound(Stored::load(wire)?),
            Change::PrincipalSwitched(wire) => {
                let id = text("Switched.id", &wire.id, PrincipalName::parse)?;
                Self::PrincipalSwitched(Switched { id, enabled: wire.enabled, reason: wire.reason })
            }
            Change::InstitutionSwitched(wire) => {
                let id = text("Switched.id", &wire.id, InstitutionId::parse)?;
                Self::InstitutionSwitched(Switched { id, enabled: wire.enabled, reason: wire.reason })
            }
            Change::DelegationGranted(wire) => Self::DelegationGranted(Stored::load(wire)?),
            Change::DelegationRevoked(wire) => Self::DelegationRevoked(Stored::load(wire)?),
        })
    }
}

fn store_switch<Id>(switched: &Switched<Id>, id: &impl ToString) -> wire::Switched {
    wire::Switched { id: id.to_string(), enabled: switched.enabled, reason: switched.reason.clone() }
}

impl Stored for PrincipalDetails {
    type Wire = wire::PrincipalDetails;

    fn store(&self) -> wire::PrincipalDetails {
        wire::PrincipalDetails {
            name: self.name.to_string(),
            person: self.person.to_string(),
            roles: self.roles.iter().map(|role| role.number()).collect(),
            institution: self.institution.as_ref().map(ToString::to_string),
            enterprise: self.enterprise.as_ref().map(ToString::to_string),
            districts: self.districts.iter().map(ToString::to_string).collect(),
        }
    }

    fn load(wire: wire::PrincipalDetails) -> Result<Self, CodecError> {
        let roles = wire.roles.iter().map(|role| code("PrincipalDetails.roles", *role));
        let districts = texts("PrincipalDetails.districts", &wire.districts, District::parse)?;
        if !districts.is_sorted_by(|one, next| one < next) {
            return Err(CodecError::Unexpected {
                field: "PrincipalDetails.districts",
                value: wire.districts.join(" "),
                expected: "expected the districts in order, each once".to_owned(),
            });
        }
        Ok(Self {
            name: text("PrincipalDetails.name", &wire.name, PrincipalName::parse)?,
            person: text("PrincipalDetails.person", &wire.person, PersonId::parse)?,
            roles: roles.collect::<Result<_, _>>()?,
            institution: optional_text(
                "PrincipalDetails.institution",
                wire.institution.as_deref(),
                InstitutionId::parse,
            )?,
            enterprise: optional_text("PrincipalDetails.enterprise", wire.enterprise.as_deref(), Uscc::parse)?,
            districts: districts.into_iter().collect(),
        })
    }
}

impl Stored for DelegationDetails {
    type Wire = wire::DelegationDetails;

    fn store(&self) -> wire::DelegationDetails {
        wire::DelegationDetails {
            from: self.from.to_string(),
            to: self.to.to_string(),
            role: self.role.number(),
            first_day: self.first_day.epoch_days(),
            last_day: self.last_day.epoch_days(),
            reason: self.reason.clone(),
        }
    }

    fn load(wire: wire::DelegationDetails) -> Result<Self, CodecError> {
        Ok(Self {
            from: text("DelegationDetails.from", &wire.from, PersonId::parse)?,
            to: text("DelegationDetails.to", &wire.to, PersonId::parse)?,
            role: code("DelegationDetails.role", wire.role)?,
            first_day: date("DelegationDetails.first_day", wire.first_day)?,
            last_day: date("DelegationDetails.last_day", wire.last_day)?,
            reason: wire.reason,
        })
    }
}

impl Stored for DelegationRevoked {
    type Wire = wire::DelegationRevoked;

    fn store(&self) -> wire::DelegationRevoked {
        wire::DelegationRevoked { delegation: self.delegation.value(), reason: self.reason.clone() }
    }

    fn load(wire: wire::DelegationRevoked) -> Result<Self, CodecError> {
        Ok(Self {
            delegation: number("DelegationRevoked.delegation", wire.delegation, Sequence::new)?,
            reason: wire.reason,
        })
    }
}

impl Stored for Endorsed {
    type Wire = wire::Endorsed;

    fn store(&self) -> wire::Endorsed {
        wire::Endorsed {
            rpc: self.rpc.clone(),
            subject: self.subject.clone(),
            amount: self.amount.fen(),
            second_above: self.second_above.fen(),
        }
    }

    fn load(wire: wire::Endorsed) -> Result<Self, CodecError> {
        Ok(Self {
            rpc: wire.rpc,
            subject: wire.subject,
            amount: Amount::from_fen(wire.amount),
            second_above: Amount::from_fen(wire.second_above),
        })
    }
}
