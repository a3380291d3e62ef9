//! Recorded reference rates and facts.

use crate::book::fact::{Fact, FactRecorded, Supersedes, WorkingCalendar};
use crate::book::rate::ReferenceRate;
use crate::calendar::CivilDate;
use crate::identifier::{InstitutionId, LoanId, PoolId, ProgrammeId, Sequence, SeriesId, Tag, Uscc};
use crate::money::{Amount, Rate};
use crate::proto::journal::{
    self as wire,
    fact_recorded::{self as part, Fact as Wire},
};

use super::super::CodecError;
use super::super::field::{
    Numbered as _, Stored, bytes, code, date, message, number, optional_date, text, texts, year,
};

impl Stored for ReferenceRate {
    type Wire = wire::ReferenceRate;

    fn store(&self) -> wire::ReferenceRate {
        wire::ReferenceRate {
            series: self.series.to_string(),
            from: self.from.epoch_days(),
            rate: self.rate.to_string(),
            maximum_age_days: self.maximum_age_days,
            source: self.source.clone(),
            supersedes: self.supersedes.as_ref().map(Stored::store),
        }
    }

    fn load(wire: wire::ReferenceRate) -> Result<Self, CodecError> {
        Ok(Self {
            series: text("ReferenceRate.series", &wire.series, SeriesId::parse)?,
            from: date("ReferenceRate.from", wire.from)?,
            rate: text("ReferenceRate.rate", &wire.rate, Rate::parse)?,
            maximum_age_days: wire.maximum_age_days,
            source: wire.source,
            supersedes: wire.supersedes.map(Stored::load).transpose()?,
        })
    }
}

impl Stored for Supersedes {
    type Wire = wire::Supersedes;

    fn store(&self) -> wire::Supersedes {
        wire::Supersedes { entry: self.entry.value(), reason: self.reason.clone() }
    }

    fn load(wire: wire::Supersedes) -> Result<Self, CodecError> {
        Ok(Self { entry: number("Supersedes.entry", wire.entry, Sequence::new)?, reason: wire.reason })
    }
}

impl Stored for FactRecorded {
    type Wire = wire::FactRecorded;

    fn store(&self) -> wire::FactRecorded {
        wire::FactRecorded {
            from: self.from.epoch_days(),
            document: self.document.clone(),
            digest: self.digest.map(|digest| digest.to_vec()),
            supersedes: self.supersedes.as_ref().map(Stored::store),
            fact: Some(self.fact.store()),
        }
    }

    fn load(wire: wire::FactRecorded) -> Result<Self, CodecError> {
        let digest = wire.digest.as_deref().map(|digest| bytes("FactRecorded.digest", digest));
        Ok(Self {
            fact: message("FactRecorded.fact", wire.fact)?,
            from: date("FactRecorded.from", wire.from)?,
            document: wire.document,
            digest: digest.transpose()?,
            supersedes: wire.supersedes.map(Stored::load).transpose()?,
        })
    }
}

impl Stored for Fact {
    type Wire = Wire;

    fn store(&self) -> Wire {
        let amount = |loan: &LoanId, amount: &Amount| part::LoanAmount { loan: loan.number(), amount: amount.fen() };
        let word = |loan: &LoanId, word: &Tag| part::LoanWord { loan: loan.number(), word: word.to_string() };
        match self {
            Self::EnterpriseClasses(who, classes) => {
                let classes = classes.iter().map(|(class, until)| part::enterprise_classes::EnterpriseClass {
                    class: class.to_string(),
                    until: until.map(CivilDate::epoch_days),
                });
                let enterprise = who.to_string();
                Wire::EnterpriseClasses(part::EnterpriseClasses { enterprise, classes: classes.collect() })
            }
            Self::EnterpriseRevenue(who, year, amount) => Wire::EnterpriseRevenue(part::EnterpriseRevenue {
                enterprise: who.to_string(),
                year: i32::from(year.value()),
                amount: amount.fen(),
            }),
            Self::EnterpriseFigure(who, figure, year, amount) => Wire::EnterpriseFigure(part::EnterpriseFigure {
                enterprise: who.to_string(),
                figure: figure.to_string(),
                year: i32::from(year.value()),
                amount: amount.fen(),
            }),
            Self::EarlierApplications(who, programme, count) => {
                let (enterprise, programme) = (who.to_string(), programme.to_string());
                Wire::EarlierApplications(part::EarlierApplications { enterprise, programme, count: *count })
            }
            Self::LoanMode(loan, mode) => Wire::LoanMode(word(loan, mode)),
            Self::LoanProduct(loan, product) => Wire::LoanProduct(word(loan, product)),
            Self::LoanTraits(loan, traits) => Wire::LoanTraits(part::LoanTraits {
                loan: loan.number(),
                traits: traits.iter().map(ToString::to_string).collect(),
            }),
            Self::LoanParties(loan, parties) => {
                let partners = parties.iter().map(|(party, institution)| part::loan_parties::LoanPartner {
                    party: party.number(),
                    institution: institution.to_string(),
                });
                Wire::LoanParties(part::LoanParties { loan: loan.number(), partners: partners.collect() })
            }
            Self::LossRecognised(loan, recognised) => {
                Wire::LossRecognised(part::LossRecognised { loan: loan.number(), recognised: *recognised })
            }
            Self::PayeeLiability(loan, owed) => Wire::PayeeLiability(amount(loan, owed)),
            Self::OtherPublicMoney(loan, paid) => Wire::OtherPublicMoney(amount(loan, paid)),
            Self::BankBusiness(bank, pool) => {
                Wire::BankBusiness(part::BankBusiness { bank: bank.to_string(), pool: pool.to_string() })
            }
            Self::WorkingCalendar(year, calendar) => Wire::WorkingCalendar(part::WorkingCalendar {
                year: i32::from(year.value()),
                days_off: calendar.days_off.iter().map(|day| day.epoch_days()).collect(),
                working_days: calendar.working_days.iter().map(|day| day.epoch_days()).collect(),
            }),
        }
    }

    fn load(wire: Wire) -> Result<Self, CodecError> {
        Ok(match wire {
            Wire::EnterpriseClasses(wire) => enterprise_classes(wire)?,
            Wire::EnterpriseRevenue(wire) => Self::EnterpriseRevenue(
                enterprise(&wire.enterprise)?,
                year("FactRecorded.EnterpriseRevenue.year", wire.year)?,
                Amount::from_fen(wire.amount),
            ),
            Wire::EnterpriseFigure(wire) => Self::EnterpriseFigure(
                enterprise(&wire.enterprise)?,
                word(&wire.figure)?,
                year("FactRecorded.EnterpriseFigure.year", wire.year)?,
                Amount::from_fen(wire.amount),
            ),
            Wire::EarlierApplications(wire) => Self::EarlierApplications(
                enterprise(&wire.enterprise)?,
                text("FactRecorded.EarlierApplications.programme", &wire.programme, ProgrammeId::parse)?,
                wire.count,
            ),
            Wire::LoanMode(wire) => Self::LoanMode(loan(wire.loan)?, word(&wire.word)?),
            Wire::LoanProduct(wire) => Self::LoanProduct(loan(wire.loan)?, word(&wire.word)?),
            Wire::LoanTraits(wire) => {
                let traits = texts("FactRecorded.LoanTraits.traits", &wire.traits, Tag::parse)?;
                Self::LoanTraits(loan(wire.loan)?, traits.into_iter().collect())
            }
            Wire::LoanParties(wire) => loan_parties(wire)?,
            Wire::LossRecognised(wire) => Self::LossRecognised(loan(wire.loan)?, wire.recognised),
            Wire::PayeeLiability(wire) => Self::PayeeLiability(loan(wire.loan)?, Amount::from_fen(wire.amount)),
            Wire::OtherPublicMoney(wire) => Self::OtherPublicMoney(loan(wire.loan)?, Amount::from_fen(wire.amount)),
            Wire::BankBusiness(wire) => Self::BankBusiness(
                text("FactRecorded.BankBusiness.bank", &wire.bank, InstitutionId::parse)?,
                text("FactRecorded.BankBusiness.pool", &wire.pool, PoolId::parse)?,
            ),
            Wire::WorkingCalendar(wire) => {
                let days = |stored: Vec<i32>| stored.into_iter().map(|day| date("FactRecorded.WorkingCalendar", day));
                let calendar = WorkingCalendar {
                    days_off: days(wire.days_off).collect::<Result<_, _>>()?,
                    working_days: days(wire.working_days).collect::<Result<_, _>>()?,
                };
                Self::WorkingCalendar(year("FactRecorded.WorkingCalendar.year", wire.year)?, calendar)
            }
        })
    }
}

fn enterprise_classes(wire: part::EnterpriseClasses) -> Result<Fact, CodecError> {
    let class = |wire: part::enterprise_classes::EnterpriseClass| {
        Ok((word(&wire.class)?, optional_date("FactRecorded.EnterpriseClass.until", wire.until)?))
    };
    let classes = wire.classes.into_iter().map(class).collect::<Result<_, CodecError>>()?;
    Ok(Fact::EnterpriseClasses(enterprise(&wire.enterprise)?, classes))
}

fn loan_parties(wire: part::LoanParties) -> Result<Fact, CodecError> {
    let partner = |wire: part::loan_parties::LoanPartner| {
        let institution = text("FactRecorded.LoanPartner.institution", &wire.institution, InstitutionId::parse)?;
        Ok((code("FactRecorded.LoanPartner.party", wire.party)?, institution))
    };
    let parties = wire.partners.into_iter().map(partner).collect::<Result<_, CodecError>>()?;
    Ok(Fact::LoanParties(loan(wire.loan)?, parties))
}

fn enterprise(stored: &str) -> Result<Uscc, CodecError> {
    text("FactRecorded.enterprise", stored, Uscc::parse)
}

fn loan(stored: u64) -> Result<LoanId, CodecError> {
    number("FactRecorded.loan", stored, LoanId::new)
}

fn word(stored: &str) -> Result<Tag, CodecError> {
    text("FactRecorded.word", stored, Tag::parse)
}
