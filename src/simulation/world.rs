//! The small world of the simulation: few enough names that they meet again and again.

use std::sync::Arc;

use crate::calendar::CivilDate;
use crate::identifier::{
    BankCode, BudgetLineId, District, FunderId, InstitutionId, InvoiceNumber, PersonId, PoolId, ProgrammeId, RightId,
    RightKind, Uscc,
};
use crate::nation::names;
use crate::rulebook::{Rulebook, load, shipped};

use super::generate::nation::BANKS;

/// Everybody and everything that commands may name.
#[derive(Debug)]
pub struct World {
    /// The year in which it begins.
    pub first_year: i16,
    /// Banks that are partners.
    pub banks: Vec<InstitutionId>,
    /// A partner that is no bank.
    pub insurer: InstitutionId,
    /// Enterprises, registered or not.
    pub enterprises: Vec<Uscc>,
    /// Patents first, then trademarks.
    pub rights: Vec<RightId>,
    /// Invoices that prove costs.
    pub invoices: Vec<InvoiceNumber>,
    /// Who pay into the pools.
    pub funders: Vec<FunderId>,
    /// The pool of the rulebook.
    pub pool: PoolId,
    /// One that no rulebook knows; in a nation that of another city.
    pub other_pool: PoolId,
    /// The budget line of the rulebook.
    pub budget: BudgetLineId,
    /// The programme for costs of a pledge.
    pub costs: ProgrammeId,
    /// The programme for the first insured patent.
    pub first_patent: ProgrammeId,
    /// One that no rulebook knows; in a nation that of another city.
    pub other_programme: ProgrammeId,
    /// Where everybody sits.
    pub district: District,
    /// The bank code of the first bank (联行号).
    pub bank_code: BankCode,
    /// The strict reading, which is adopted.
    pub rulebook: Arc<Rulebook>,
    /// The literal reading.
    pub literal: Arc<Rulebook>,
}

impl World {
    /// The same world each time.
    pub fn new() -> Self {
        let mut rulebooks = shipped().iter().map(|(_, text)| Arc::new(load(text).expect("a shipped rulebook loads")));
        let (rulebook, literal) = (rulebooks.next().expect("strict"), rulebooks.next().expect("literal"));
        let patents = (0..20).map(patent);
        let trademarks = (0..10).map(|number| parse(RightId::parse(&format!("trademark:{}/9", 7_000_000 + number))));
        Self {
            first_year: 2018,
            banks: (1..=4).map(|number| parse(InstitutionId::parse(&format!("bank-{number}")))).collect(),
            insurer: parse(InstitutionId::parse("insurer-1")),
            enterprises: (0..12).map(enterprise).collect(),
            rights: patents.chain(trademarks).collect(),
            invoices: (0..20).map(invoice).collect(),
            funders: ["city", "province"].map(|name| parse(FunderId::parse(name))).to_vec(),
            pool: parse(PoolId::parse("hebi-pool")),
            other_pool: parse(PoolId::parse("another-pool")),
            budget: parse(BudgetLineId::parse("ip-finance")),
            costs: parse(ProgrammeId::parse("pledge-cost")),
            first_patent: parse(ProgrammeId::parse("first-insured-patent")),
            other_programme: parse(ProgrammeId::parse("another-programme")),
            district: parse(District::parse("qibin")),
            bank_code: parse(BankCode::parse("102100099996")),
            rulebook,
            literal,
        }
    }

    /// The world of a nation with so many enterprises: everybody of it, two who are strangers, and patents that the nation
    /// does not know of.
    pub fn of_nation(enterprises: u64) -> Self {
        let town = Self::new();
        let own = (0..enterprises).map(|number| parse(names::right(number)));
        let patents = town.rights.iter().filter(|right| right.kind() == RightKind::Patent).cloned();
        Self {
            first_year: 2024,
            banks: (0..BANKS).map(|number| parse(names::bank(number))).collect(),
            enterprises: (0..enterprises + 2).map(|number| parse(names::enterprise(number))).collect(),
            rights: patents.chain(own).collect(),
            funders: ["city-finance", "province"].map(|name| parse(FunderId::parse(name))).to_vec(),
            other_pool: parse(PoolId::parse("weihai-pool")),
            other_programme: parse(ProgrammeId::parse("trademark-interest")),
            ..town
        }
    }
}

/// Unwraps a value that this file writes correctly.
fn parse<T, E: std::fmt::Debug>(value: Result<T, E>) -> T {
    value.expect("the world's names are valid")
}

/// A person of this name.
pub fn person(name: &str) -> PersonId {
    parse(PersonId::parse(name))
}

/// The code with this number; the check character is found by trying.
fn enterprise(number: u32) -> Uscc {
    let body = format!("91410600{:09}", 100_000_000 + number * 7);
    let codes = "0123456789ABCDEFGHJKLMNPQRTUWXY".chars().map(|check| Uscc::parse(&format!("{body}{check}")));
    codes.flatten().next().expect("one of the check characters is right")
}

fn patent(number: u32) -> RightId {
    let body = format!("201510{:06}", 100_000 + number * 13);
    let numbers = "0123456789X".chars().map(|check| RightId::parse(&format!("patent:{body}.{check}")));
    numbers.flatten().next().expect("one of the check digits is right")
}

/// The invoice of this number.
pub fn invoice(number: usize) -> InvoiceNumber {
    parse(InvoiceNumber::parse(&format!("24412000{number:012}")))
}

/// The day that is written so.
pub fn date(text: &str) -> CivilDate {
    parse(CivilDate::parse(text))
}
