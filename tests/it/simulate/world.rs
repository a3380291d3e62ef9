//! The small world of the simulation: few enough names that they meet again and again.

use std::sync::Arc;

use ipledger::calendar::CivilDate;
use ipledger::identifier::{
    BankCode, BudgetLineId, District, FunderId, InstitutionId, InvoiceNumber, PersonId, PoolId, ProgrammeId, RightId,
    Uscc,
};
use ipledger::rulebook::{Rulebook, load, shipped};

/// Everybody and everything that commands may name.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) banks: Vec<InstitutionId>,
    /// A partner that is no bank.
    pub(crate) insurer: InstitutionId,
    pub(crate) enterprises: Vec<Uscc>,
    /// Patents first, then trademarks.
    pub(crate) rights: Vec<RightId>,
    pub(crate) invoices: Vec<InvoiceNumber>,
    pub(crate) funders: Vec<FunderId>,
    pub(crate) pool: PoolId,
    pub(crate) other_pool: PoolId,
    pub(crate) budget: BudgetLineId,
    pub(crate) costs: ProgrammeId,
    pub(crate) first_patent: ProgrammeId,
    pub(crate) other_programme: ProgrammeId,
    pub(crate) district: District,
    pub(crate) bank_code: BankCode,
    pub(crate) rulebook: Arc<Rulebook>,
    pub(crate) literal: Arc<Rulebook>,
}

impl World {
    pub(crate) fn new() -> Self {
        let mut rulebooks = shipped().iter().map(|(_, text)| Arc::new(load(text).expect("a shipped rulebook loads")));
        let (rulebook, literal) = (rulebooks.next().expect("strict"), rulebooks.next().expect("literal"));
        let patents = (0..20).map(patent);
        let trademarks = (0..10).map(|number| parse(RightId::parse(&format!("trademark:{}/9", 7_000_000 + number))));
        Self {
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
}

/// Unwraps a value that this file writes correctly.
fn parse<T, E: std::fmt::Debug>(value: Result<T, E>) -> T {
    value.expect("the world's names are valid")
}

pub(crate) fn person(name: &str) -> PersonId {
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

pub(crate) fn invoice(number: usize) -> InvoiceNumber {
    parse(InvoiceNumber::parse(&format!("24412000{number:012}")))
}

pub(crate) fn date(text: &str) -> CivilDate {
    parse(CivilDate::parse(text))
}
