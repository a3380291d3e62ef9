//! Callers, and the details of enterprises, institutions, rights, pledges, loans and costs.

use crate::book::event::RequestKey;
use crate::book::nouns::{
    BlacklistDetails, Caller, Concerns, CostDetails, CostItem, EnterpriseDetails, EvidenceKey, InstitutionDetails,
    IpRightDetails, LoanTerms, Month, PledgeDetails, PledgeKey,
};
use crate::calendar::CivilDate;
use crate::identifier::{
    BankCode, ContractNumber, District, InstitutionId, InvoiceNumber, LoanId, PersonId, PledgeRegistrationNumber,
    PoolId, PrincipalName, RegisteredText, RequestId, RightId, Sequence, Tag, Uscc,
};
use crate::money::{Amount, Rate};
use crate::proto::journal as wire;

use super::CodecError;
use super::field::{
    Numbered as _, Stored, bytes, code, date, load_all, message, number, optional_date, optional_text, required,
    store_all, text, texts, year,
};

impl Stored for Caller {
    type Wire = wire::Caller;

    fn store(&self) -> wire::Caller {
        wire::Caller {
            role: self.role.number(),
            institution: self.institution.as_ref().map(|id| id.as_str().to_owned()),
            enterprise: self.enterprise.as_ref().map(|uscc| uscc.as_str().to_owned()),
            person: self.person.as_str().to_owned(),
            on_behalf_of: self.on_behalf_of.as_ref().map(ToString::to_string),
            principal: self.principal.as_ref().map(ToString::to_string),
        }
    }

    fn load(wire: wire::Caller) -> Result<Self, CodecError> {
        Ok(Self {
            role: code("Caller.role", wire.role)?,
            institution: optional_text("Caller.institution", wire.institution.as_deref(), InstitutionId::parse)?,
            enterprise: optional_text("Caller.enterprise", wire.enterprise.as_deref(), Uscc::parse)?,
            person: text("Caller.person", &wire.person, PersonId::parse)?,
            on_behalf_of: optional_text("Caller.on_behalf_of", wire.on_behalf_of.as_deref(), PersonId::parse)?,
            principal: optional_text("Caller.principal", wire.principal.as_deref(), PrincipalName::parse)?,
        })
    }
}

impl Stored for RequestKey {
    type Wire = wire::RequestKey;

    fn store(&self) -> wire::RequestKey {
        wire::RequestKey { id: self.id.bytes().to_vec(), digest: self.digest.to_vec() }
    }

    fn load(wire: wire::RequestKey) -> Result<Self, CodecError> {
        Ok(Self {
            id: required("RequestKey.id", RequestId::from_bytes(bytes("RequestKey.id", &wire.id)?))?,
            digest: bytes("RequestKey.digest", &wire.digest)?,
        })
    }
}

impl Stored for Concerns {
    type Wire = wire::Concerns;

    fn store(&self) -> wire::Concerns {
        wire::Concerns {
            institution: self.institution.as_ref().map(|id| id.as_str().to_owned()),
            enterprise: self.enterprise.as_ref().map(|uscc| uscc.as_str().to_owned()),
        }
    }

    fn load(wire: wire::Concerns) -> Result<Self, CodecError> {
        Ok(Self {
            institution: optional_text("Concerns.institution", wire.institution.as_deref(), InstitutionId::parse)?,
            enterprise: optional_text("Concerns.enterprise", wire.enterprise.as_deref(), Uscc::parse)?,
        })
    }
}

impl Stored for EnterpriseDetails {
    type Wire = wire::EnterpriseDetails;

    fn store(&self) -> wire::EnterpriseDetails {
        wire::EnterpriseDetails {
            uscc: self.uscc.to_string(),
            name: self.name.clone(),
            size_class: self.size_class.number(),
            district: self.district.to_string(),
        }
    }

    fn load(wire: wire::EnterpriseDetails) -> Result<Self, CodecError> {
        Ok(Self {
            uscc: text("EnterpriseDetails.uscc", &wire.uscc, Uscc::parse)?,
            name: wire.name,
            size_class: code("EnterpriseDetails.size_class", wire.size_class)?,
            district: text("EnterpriseDetails.district", &wire.district, District::parse)?,
        })
    }
}

impl Stored for InstitutionDetails {
    type Wire = wire::InstitutionDetails;

    fn store(&self) -> wire::InstitutionDetails {
        wire::InstitutionDetails {
            institution: self.institution.to_string(),
            kind: self.kind.number(),
            name: self.name.clone(),
            uscc: self.uscc.to_string(),
            bank_code: self.bank_code.as_ref().map(ToString::to_string),
        }
    }

    fn load(wire: wire::InstitutionDetails) -> Result<Self, CodecError> {
        Ok(Self {
            institution: text("InstitutionDetails.institution", &wire.institution, InstitutionId::parse)?,
            kind: code("InstitutionDetails.kind", wire.kind)?,
            name: wire.name,
            uscc: text("InstitutionDetails.uscc", &wire.uscc, Uscc::parse)?,
            bank_code: optional_text("InstitutionDetails.bank_code", wire.bank_code.as_deref(), BankCode::parse)?,
        })
    }
}

impl Stored for IpRightDetails {
    type Wire = wire::IpRightDetails;

    fn store(&self) -> wire::IpRightDetails {
        wire::IpRightDetails {
            right: self.right.to_string(),
            owner: self.owner.to_string(),
            title: self.title.clone(),
            granted_on: self.granted_on.epoch_days(),
            expires_on: self.expires_on.epoch_days(),
        }
    }

    fn load(wire: wire::IpRightDetails) -> Result<Self, CodecError> {
        Ok(Self {
            right: text("IpRightDetails.right", &wire.right, RightId::parse)?,
            owner: text("IpRightDetails.owner", &wire.owner, Uscc::parse)?,
            title: wire.title,
            granted_on: date("IpRightDetails.granted_on", wire.granted_on)?,
            expires_on: date("IpRightDetails.expires_on", wire.expires_on)?,
        })
    }
}

impl Stored for PledgeKey {
    type Wire = wire::PledgeKey;

    fn store(&self) -> wire::PledgeKey {
        wire::PledgeKey { kind: self.kind.number(), number: self.number.to_string() }
    }

    fn load(wire: wire::PledgeKey) -> Result<Self, CodecError> {
        Ok(Self {
            kind: code("PledgeKey.kind", wire.kind)?,
            number: text("PledgeKey.number", &wire.number, PledgeRegistrationNumber::parse)?,
        })
    }
}

impl Stored for PledgeDetails {
    type Wire = wire::PledgeDetails;

    fn store(&self) -> wire::PledgeDetails {
        wire::PledgeDetails {
            pledge: Some(self.pledge.store()),
            pledgee: self.pledgee.to_string(),
            pledgor: self.pledgor.to_string(),
            rights: self.rights.iter().map(ToString::to_string).collect(),
            secured_amount: self.secured_amount.fen(),
            term_end: self.term_end.map(CivilDate::epoch_days),
        }
    }

    fn load(wire: wire::PledgeDetails) -> Result<Self, CodecError> {
        Ok(Self {
            pledge: message("PledgeDetails.pledge", wire.pledge)?,
            pledgee: text("PledgeDetails.pledgee", &wire.pledgee, InstitutionId::parse)?,
            pledgor: text("PledgeDetails.pledgor", &wire.pledgor, Uscc::parse)?,
            rights: texts("PledgeDetails.rights", &wire.rights, RightId::parse)?,
            secured_amount: Amount::from_fen(wire.secured_amount),
            term_end: optional_date("PledgeDetails.term_end", wire.term_end)?,
        })
    }
}

impl Stored for LoanTerms {
    type Wire = wire::LoanTerms;

    fn store(&self) -> wire::LoanTerms {
        wire::LoanTerms {
            bank: self.bank.to_string(),
            contract: self.contract.to_string(),
            borrower: self.borrower.to_string(),
            principal: self.principal.fen(),
            ip_part: self.ip_part.fen(),
            annual_rate: self.annual_rate.to_string(),
            signed_on: self.signed_on.epoch_days(),
            matures_on: self.matures_on.epoch_days(),
            pledges: store_all(&self.pledges),
            pool: self.pool.as_ref().map(ToString::to_string),
        }
    }

    fn load(wire: wire::LoanTerms) -> Result<Self, CodecError> {
        Ok(Self {
            bank: text("LoanTerms.bank", &wire.bank, InstitutionId::parse)?,
            contract: text("LoanTerms.contract", &wire.contract, ContractNumber::parse)?,
            borrower: text("LoanTerms.borrower", &wire.borrower, Uscc::parse)?,
            principal: Amount::from_fen(wire.principal),
            ip_part: Amount::from_fen(wire.ip_part),
            annual_rate: text("LoanTerms.annual_rate", &wire.annual_rate, Rate::parse)?,
            signed_on: date("LoanTerms.signed_on", wire.signed_on)?,
            matures_on: date("LoanTerms.matures_on", wire.matures_on)?,
            pledges: load_all(wire.pledges)?,
            pool: optional_text("LoanTerms.pool", wire.pool.as_deref(), PoolId::parse)?,
        })
    }
}

impl Stored for EvidenceKey {
    type Wire = wire::cost_item::Evidence;

    fn store(&self) -> wire::cost_item::Evidence {
        match self {
            Self::Invoice(invoice) => wire::cost_item::Evidence::Invoice(invoice.to_string()),
            Self::InterestPayment(entry) => wire::cost_item::Evidence::InterestPayment(entry.value()),
            Self::Document(number) => wire::cost_item::Evidence::Document(number.as_str().to_owned()),
        }
    }

    fn load(wire: wire::cost_item::Evidence) -> Result<Self, CodecError> {
        Ok(match wire {
            wire::cost_item::Evidence::Invoice(invoice) => {
                Self::Invoice(text("CostItem.invoice", &invoice, InvoiceNumber::parse)?)
            }
            wire::cost_item::Evidence::InterestPayment(entry) => {
                Self::InterestPayment(number("CostItem.interest_payment", entry, Sequence::new)?)
            }
            wire::cost_item::Evidence::Document(document) => {
                Self::Document(text("CostItem.document", &document, RegisteredText::parse)?)
            }
        })
    }
}

impl Stored for CostItem {
    type Wire = wire::CostItem;

    fn store(&self) -> wire::CostItem {
        wire::CostItem {
            item: self.item.number(),
            cost: self.cost.fen(),
            paid_on: self.paid_on.epoch_days(),
            other_public_funding: self.other_public_funding.fen(),
            evidence: Some(self.evidence.store()),
            evidence_total: self.evidence_total.fen(),
            right: self.right.as_ref().map(ToString::to_string),
            loan: self.details.loan.map(LoanId::number),
            standard_premium: self.details.standard_premium.map(Amount::fen),
            occasion: self.details.occasion.as_ref().map(ToString::to_string),
            units: self.details.units,
        }
    }

    fn load(wire: wire::CostItem) -> Result<Self, CodecError> {
        Ok(Self {
            item: code("CostItem.item", wire.item)?,
            cost: Amount::from_fen(wire.cost),
            paid_on: date("CostItem.paid_on", wire.paid_on)?,
            other_public_funding: Amount::from_fen(wire.other_public_funding),
            evidence: message("CostItem.evidence", wire.evidence)?,
            evidence_total: Amount::from_fen(wire.evidence_total),
            right: optional_text("CostItem.right", wire.right.as_deref(), RightId::parse)?,
            details: CostDetails {
                loan: wire.loan.map(|loan| number("CostItem.loan", loan, LoanId::new)).transpose()?,
                standard_premium: wire.standard_premium.map(Amount::from_fen),
                occasion: optional_text("CostItem.occasion", wire.occasion.as_deref(), Tag::parse)?,
                units: wire.units,
            },
        })
    }
}

impl Stored for BlacklistDetails {
    type Wire = wire::BlacklistDetails;

    fn store(&self) -> wire::BlacklistDetails {
        wire::BlacklistDetails {
            enterprise: self.enterprise.to_string(),
            ground: self.ground.number(),
            until: self.until.map(CivilDate::epoch_days),
            document: self.document.clone(),
        }
    }

    fn load(wire: wire::BlacklistDetails) -> Result<Self, CodecError> {
        Ok(Self {
            enterprise: text("BlacklistDetails.enterprise", &wire.enterprise, Uscc::parse)?,
            ground: code("BlacklistDetails.ground", wire.ground)?,
            until: optional_date("BlacklistDetails.until", wire.until)?,
            document: wire.document,
        })
    }
}

impl Stored for Month {
    type Wire = wire::Month;

    fn store(&self) -> wire::Month {
        wire::Month { year: i32::from(self.year.value()), month: u32::from(self.month) }
    }

    fn load(wire: wire::Month) -> Result<Self, CodecError> {
        let month = u8::try_from(wire.month).ok().filter(|month| (1..=12).contains(month));
        Ok(Self {
            year: year("Month.year", wire.year)?,
            month: month.ok_or_else(|| CodecError::Unexpected {
                field: "Month.month",
                value: wire.month.to_string(),
                expected: "expected a month from 1 to 12".to_owned(),
            })?,
        })
    }
}
