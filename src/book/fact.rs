//! Facts that rules ask for and no event of the ledger yields: who stated them, by which document, since when they hold.
//!
//! A fact is never edited. It holds from a day until a later one about the same thing takes over; a wrong one is
//! superseded by an entry that names it and says why.

use std::collections::{BTreeMap, BTreeSet};

use super::Book;
use crate::calendar::{CivilDate, FiscalYear};
use crate::identifier::{InstitutionId, LoanId, PoolId, ProgrammeId, Sequence, Tag, Uscc};
use crate::money::Amount;
use crate::rulebook::terms::LossParty;

/// A fact that somebody states.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Fact {
    /// The classes that an enterprise belongs to, and no others (企业类别, 资质认定), each with its last day, if it ends.
    EnterpriseClasses(Uscc, BTreeMap<Tag, Option<CivilDate>>),
    /// An enterprise's revenue of a year (营业收入), in yuan.
    EnterpriseRevenue(Uscc, FiscalYear, Amount),
    /// How many applications under a programme an enterprise was granted before the ledger began (此前申报次数).
    EarlierApplications(Uscc, ProgrammeId, u32),
    /// The mode that a loan was made in (合作模式).
    LoanMode(LoanId, Tag),
    /// The product that a loan is (贷款产品).
    LoanProduct(LoanId, Tag),
    /// The traits that a loan has, and no others (贷款特征).
    LoanTraits(LoanId, BTreeSet<Tag>),
    /// The guarantor, insurer and valuer who take part in a loan, and no others (参与机构).
    LoanParties(LoanId, BTreeMap<LossParty, InstitutionId>),
    /// Whether the higher level recognised the loss of a loan (上级认定); holds from the day of its decision.
    LossRecognised(LoanId, bool),
    /// What the payee itself is liable for of a loan's loss (实际承担责任金额), in yuan.
    PayeeLiability(LoanId, Amount),
    /// What other public payers pay on a loan's loss (其他财政资金), in yuan.
    OtherPublicMoney(LoanId, Amount),
    /// A bank does business with a pool, from the day on which the fact holds (首个业务年度).
    BankBusiness(InstitutionId, PoolId),
    /// The days of a year on which nobody works although it is Monday to Friday, and the weekend days on which people
    /// do (节假日安排, by the State Council's notice).
    WorkingCalendar(FiscalYear, WorkingCalendar),
    /// A figure of an enterprise of a year by the rulebook's word (指标): yuan, people, or whatever is counted.
    EnterpriseFigure(Uscc, Tag, FiscalYear, Amount),
}

/// How a year differs from "Monday to Friday".
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct WorkingCalendar {
    /// Days off on weekdays (放假).
    pub days_off: BTreeSet<CivilDate>,
    /// Working days on weekends (调休上班).
    pub working_days: BTreeSet<CivilDate>,
}

/// What a fact is about: one value at a time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum FactKey {
    /// See [`Fact::EnterpriseClasses`].
    EnterpriseClasses(Uscc),
    /// See [`Fact::EnterpriseRevenue`].
    EnterpriseRevenue(Uscc, FiscalYear),
    /// See [`Fact::EarlierApplications`].
    EarlierApplications(Uscc, ProgrammeId),
    /// See [`Fact::LoanMode`].
    LoanMode(LoanId),
    /// See [`Fact::LoanProduct`].
    LoanProduct(LoanId),
    /// See [`Fact::LoanTraits`].
    LoanTraits(LoanId),
    /// See [`Fact::LoanParties`].
    LoanParties(LoanId),
    /// See [`Fact::LossRecognised`].
    LossRecognised(LoanId),
    /// See [`Fact::PayeeLiability`].
    PayeeLiability(LoanId),
    /// See [`Fact::OtherPublicMoney`].
    OtherPublicMoney(LoanId),
    /// See [`Fact::BankBusiness`].
    BankBusiness(InstitutionId, PoolId),
    /// See [`Fact::WorkingCalendar`].
    WorkingCalendar(FiscalYear),
    /// See [`Fact::EnterpriseFigure`].
    EnterpriseFigure(Uscc, Tag, FiscalYear),
}

impl Fact {
    /// What it is about.
    pub fn key(&self) -> FactKey {
        match self {
            Self::EnterpriseClasses(who, _) => FactKey::EnterpriseClasses(*who),
            Self::EnterpriseRevenue(who, year, _) => FactKey::EnterpriseRevenue(*who, *year),
            Self::EnterpriseFigure(who, name, year, _) => FactKey::EnterpriseFigure(*who, name.clone(), *year),
            Self::EarlierApplications(who, programme, _) => FactKey::EarlierApplications(*who, programme.clone()),
            Self::LoanMode(loan, _) => FactKey::LoanMode(*loan),
            Self::LoanProduct(loan, _) => FactKey::LoanProduct(*loan),
            Self::LoanTraits(loan, _) => FactKey::LoanTraits(*loan),
            Self::LoanParties(loan, _) => FactKey::LoanParties(*loan),
            Self::LossRecognised(loan, _) => FactKey::LossRecognised(*loan),
            Self::PayeeLiability(loan, _) => FactKey::PayeeLiability(*loan),
            Self::OtherPublicMoney(loan, _) => FactKey::OtherPublicMoney(*loan),
            Self::BankBusiness(bank, pool) => FactKey::BankBusiness(bank.clone(), pool.clone()),
            Self::WorkingCalendar(year, _) => FactKey::WorkingCalendar(*year),
        }
    }
}

impl FactKey {
    /// The stable name of the kind, as in lists and messages.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::EnterpriseClasses(_) => "enterprise-classes",
            Self::EnterpriseRevenue(..) => "enterprise-revenue",
            Self::EnterpriseFigure(..) => "enterprise-figure",
            Self::EarlierApplications(..) => "earlier-applications",
            Self::LoanMode(_) => "loan-mode",
            Self::LoanProduct(_) => "loan-product",
            Self::LoanTraits(_) => "loan-traits",
            Self::LoanParties(_) => "loan-parties",
            Self::LossRecognised(_) => "loss-recognised",
            Self::PayeeLiability(_) => "payee-liability",
            Self::OtherPublicMoney(_) => "other-public-money",
            Self::BankBusiness(..) => "bank-business",
            Self::WorkingCalendar(_) => "working-calendar",
        }
    }

    /// The kind in Chinese.
    pub const fn chinese(&self) -> &'static str {
        match self {
            Self::EnterpriseClasses(_) => "企业类别",
            Self::EnterpriseRevenue(..) => "营业收入",
            Self::EnterpriseFigure(..) => "企业指标",
            Self::EarlierApplications(..) => "此前申报次数",
            Self::LoanMode(_) => "合作模式",
            Self::LoanProduct(_) => "贷款产品",
            Self::LoanTraits(_) => "贷款特征",
            Self::LoanParties(_) => "参与机构",
            Self::LossRecognised(_) => "上级认定",
            Self::PayeeLiability(_) => "实际承担责任",
            Self::OtherPublicMoney(_) => "其他财政资金",
            Self::BankBusiness(..) => "银行业务起始",
            Self::WorkingCalendar(_) => "节假日安排",
        }
    }

    /// The loan that it is about.
    pub const fn loan(&self) -> Option<LoanId> {
        match self {
            Self::LoanMode(loan)
            | Self::LoanProduct(loan)
            | Self::LoanTraits(loan)
            | Self::LoanParties(loan)
            | Self::LossRecognised(loan)
            | Self::PayeeLiability(loan)
            | Self::OtherPublicMoney(loan) => Some(*loan),
            Self::EnterpriseClasses(_)
            | Self::EnterpriseRevenue(..)
            | Self::EnterpriseFigure(..)
            | Self::EarlierApplications(..)
            | Self::BankBusiness(..)
            | Self::WorkingCalendar(_) => None,
        }
    }

    /// The enterprise that it is about.
    pub const fn enterprise(&self) -> Option<Uscc> {
        match self {
            Self::EnterpriseClasses(who)
            | Self::EnterpriseRevenue(who, _)
            | Self::EnterpriseFigure(who, ..)
            | Self::EarlierApplications(who, _) => Some(*who),
            Self::LoanMode(_)
            | Self::LoanProduct(_)
            | Self::LoanTraits(_)
            | Self::LoanParties(_)
            | Self::LossRecognised(_)
            | Self::PayeeLiability(_)
            | Self::OtherPublicMoney(_)
            | Self::BankBusiness(..)
            | Self::WorkingCalendar(_) => None,
        }
    }
}

/// A fact as recorded: by which document, since when.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FactRecorded {
    /// The fact.
    pub fact: Fact,
    /// The first day on which it holds; may lie in a closed month, since no money moves.
    pub from: CivilDate,
    /// Who declares it and by what: a document's number, a notice, a web address.
    pub document: String,
    /// SHA-256 of the document, where it is kept as a file.
    pub digest: Option<[u8; 32]>,
    /// The record that it takes the place of.
    pub supersedes: Option<Supersedes>,
}

/// A correction: which record was wrong, and why.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Supersedes {
    /// The entry that recorded it.
    pub entry: Sequence,
    /// Why.
    pub reason: String,
}

/// A fact that the book keeps.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct StatedFact {
    /// The entry that recorded it.
    pub entry: Sequence,
    /// As recorded.
    pub recorded: FactRecorded,
    /// The entry that took its place, if it was corrected.
    pub superseded_by: Option<Sequence>,
}

impl Book {
    /// The fact that holds on a day, as known now.
    pub fn fact_on(&self, key: &FactKey, day: CivilDate) -> Option<&Fact> {
        self.stated_on(key, day).map(|stated| &stated.recorded.fact)
    }

    /// The same with its record.
    pub fn stated_on(&self, key: &FactKey, day: CivilDate) -> Option<&StatedFact> {
        let stated = self.facts.get(key)?.iter().filter(|one| one.superseded_by.is_none());
        stated.filter(|one| one.recorded.from <= day).max_by_key(|one| (one.recorded.from, one.entry))
    }

    pub(super) fn take_fact(&mut self, entry: Sequence, recorded: &FactRecorded) {
        self.fact_log.insert(entry, recorded.fact.key());
        self.facts.update(recorded.fact.key(), |stated| {
            if let Some(wrong) = &recorded.supersedes {
                for one in stated.iter_mut().filter(|one| one.entry == wrong.entry) {
                    one.superseded_by = Some(entry);
                }
            }
            stated.push(StatedFact { entry, recorded: recorded.clone(), superseded_by: None });
        });
    }
}
