//! The rulebook as its callers see it: files in, verdicts and sentences out.

mod any;
mod cases;
mod lines;
mod loading;
mod pools;
mod property;
mod refusals;
mod sentences;

use std::collections::BTreeMap;

use super::facts::{
    CapKey, EnterpriseFacts, LineDetails, LineFacts, LineVerdict, LoanDetails, LoanFacts, RightFacts, Usage,
};
use super::model::{Programme, Rulebook};
use super::terms::{CostKind, SizeClass};
use crate::calendar::{CivilDate, FiscalYear};
use crate::identifier::{BudgetLineId, CapId, InstitutionId, LoanId, ProgrammeId, RightId, Uscc};
use crate::money::{Amount, Rate};

fn yuan(text: &str) -> Amount {
    Amount::parse(text).unwrap()
}

fn day(text: &str) -> CivilDate {
    CivilDate::parse(text).unwrap()
}

fn shipped(name: &str) -> Rulebook {
    let (_, text) = super::shipped().iter().find(|(shipped, _)| *shipped == name).unwrap();
    super::load(text).unwrap_or_else(|errors| panic!("{}", errors.in_file(name)))
}

/// The first programme of the strict Hebi rulebook: half of four kinds of cost, 200,000.00 a year.
fn pledge_cost() -> Programme {
    shipped("hebi-2017.toml").programmes.remove(0)
}

/// Its second one: the first insured patent.
fn first_insured_patent() -> Programme {
    shipped("hebi-2017.toml").programmes.remove(1)
}

/// A rulebook with one programme of these keys, gates and caps.
fn programme(keys: &str) -> Programme {
    let file = file(keys);
    let mut rulebook = super::load(&file).unwrap_or_else(|errors| panic!("{errors}"));
    rulebook.programmes.remove(0)
}

/// The start of a rulebook that loads: everything but a programme.
const HEAD: &str = r#"schema = 1
[rulebook]
id = "test"
version = 1
title = { zh = "测试", en = "Test" }
valid_from = 2020-01-01
transition = "filing"
[source]
title = "测试办法"
issuer = "测试局"
date = 2020-01-01
[[clause]]
id = "c1"
heading = "一"
text = "给予补助。"
"#;

/// The keys of a programme that loads; 17 lines after the head.
const PROGRAMME: &str = r#"[[programme]]
id = "p1"
name = { zh = "补助", en = "Subsidy" }
clause = "c1"
items = ["interest", "insurance"]
attribution = "payment-year"
budget = "b1"
clawback = { restores_cap = true, restores_budget = false }
"#;

fn file(keys: &str) -> String {
    let ratio = if keys.contains("ratio =") { "" } else { "ratio = \"0.5\"\n" };
    format!("{HEAD}{PROGRAMME}{ratio}{keys}")
}

/// The gate that a cap per loan asks for.
const LOAN_REQUIRED: &str = "[[programme.gate]]\ncondition = \"loan-required\"\nclause = \"c1\"\n";

/// A cap on interest; its scope is its id.
fn cap(scope: &str, amount: &str) -> String {
    format!(
        "[[programme.cap]]\nid = \"{scope}\"\nscope = \"{scope}\"\nitems = [\"interest\"]\namount = \"{amount}\"\nclause = \"c1\"\n"
    )
}

/// The running sums of a test: what a book would keep.
struct Sums {
    used: BTreeMap<CapKey, Amount>,
    /// Counts toward every cap with this id, whoever's it is.
    used_before: BTreeMap<CapId, Amount>,
    earlier_grants: u32,
    budget: Amount,
}

impl Sums {
    fn new() -> Self {
        Self { used: BTreeMap::new(), used_before: BTreeMap::new(), earlier_grants: 0, budget: yuan("10000000.00") }
    }

    fn used_before(mut self, cap: &str, amount: &str) -> Self {
        self.used_before.insert(CapId::parse(cap).unwrap(), yuan(amount));
        self
    }

    fn budget(mut self, amount: &str) -> Self {
        self.budget = yuan(amount);
        self
    }

    fn grant(&mut self, verdict: &LineVerdict) {
        for key in &verdict.cap_uses {
            let sum = self.used.entry(key.clone()).or_default();
            *sum = sum.plus(verdict.award);
        }
        self.budget = self.budget.minus(verdict.award);
        self.earlier_grants = self.earlier_grants.saturating_add(u32::from(verdict.award.is_positive()));
    }
}

impl Usage for Sums {
    fn used(&self, key: &CapKey) -> Amount {
        let before = self.used_before.get(&key.cap).copied().unwrap_or_default();
        before.plus(self.used.get(key).copied().unwrap_or_default())
    }

    fn earlier_grants(&self, _: &ProgrammeId, _: Uscc) -> u32 {
        self.earlier_grants
    }

    fn budget_left(&self, _: &BudgetLineId, _: FiscalYear) -> Amount {
        self.budget
    }
}

/// A cost that every gate of the shipped programmes lets through.
fn facts(item: CostKind, cost: &str) -> LineFacts {
    LineFacts {
        item,
        cost: yuan(cost),
        paid_on: day("2026-03-20"),
        other_public_funding: Amount::ZERO,
        evidence_left: yuan(cost),
        applied_on: day("2026-06-01"),
        enterprise: EnterpriseFacts {
            uscc: Uscc::parse("91110000600037341L").unwrap(),
            size_class: SizeClass::Small,
            blacklisted_since: None,
            blacklisted_until: None,
            district: None,
            figures: BTreeMap::new(),
            classes: None,
            revenue: None,
        },
        loan: Some(LoanFacts {
            loan: LoanId::new(7),
            bank: InstitutionId::parse("icbc-hebi").unwrap(),
            principal: yuan("5000000.00"),
            ip_part: yuan("5000000.00"),
            annual_rate: Rate::parse("0.0435").unwrap(),
            disbursed_on: Some(day("2026-01-15")),
            pledged_on: day("2026-01-10"),
            ended_on: None,
            details: LoanDetails::default(),
        }),
        right: Some(RightFacts {
            right: RightId::parse("patent:202011156730.2").unwrap(),
            owned: true,
            in_force: true,
            expires_on: None,
        }),
        details: LineDetails::default(),
    }
}
