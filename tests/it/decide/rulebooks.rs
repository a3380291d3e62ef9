//! Rulebooks: adoption, conflicts, superseding versions, what a filed loan keeps.

use expect_test::expect;
use ipledger::rulebook::{Rulebook, load, shipped};

use super::script::check;

/// The rulebook that a script calls by this name: a shipped one, or a variant of it.
pub(super) fn named(name: &str) -> Rulebook {
    let strict = file("hebi-2017.toml");
    let text = match name {
        "hebi-2017" => strict,
        "hebi-2017-literal" => file("hebi-2017-literal.toml"),
        // The next version of the strict one: a cap of 300,000 from July 2026, a leverage limit of 5.
        "hebi-2" => changed(
            &strict,
            &[("version = 1", "version = 2"), FROM_JULY, ("\"200000.00\"", "\"300000.00\""), ("\"10\"", "\"5\"")],
        ),
        "hebi-2-from-the-start" => changed(&strict, &[("version = 1", "version = 2")]),
        // A version that drops the pledge costs and the pool, from July 2026.
        "hebi-2-without-costs" => without_costs(&changed(&strict, &[("version = 1", "version = 2"), FROM_JULY])),
        "other-2017" => changed(&strict, &[("id = \"hebi-2017\"", "id = \"other-2017\"")]),
        "other-from-july" => changed(&strict, &[("id = \"hebi-2017\"", "id = \"other-2017\""), FROM_JULY]),
        // Loans move to the version in force.
        "moving-1" => changed(&strict, &[MOVES]),
        "moving-2" => changed(
            &strict,
            &[MOVES, ("version = 1", "version = 2"), FROM_JULY, ("\"200000.00\"", "\"300000.00\"")],
        ),
        "no-restore" => changed(
            &strict,
            &[("restores_cap = true, restores_budget = true", "restores_cap = false, restores_budget = false")],
        ),
        "until-2025" => changed(&strict, &[("transition", "valid_until = 2025-12-31\ntransition")]),
        "caps" => CAPS.to_owned(),
        "four-parties" => changed(&strict, &[(HALVES, FOUR_PARTIES), ("leverage_limit = \"10\"", "leverage_limit = \"100\"")]),
        "no-breaker" => changed(&strict, &[("[pool.breaker]\nratio = \"0.03\"\neffect = \"defer\"\n", "")]),
        other => panic!("`{other}` is not a rulebook of the tests"),
    };
    load(&text).unwrap_or_else(|errors| panic!("{name}: {errors}"))
}

const FROM_JULY: (&str, &str) = ("valid_from = 2017-09-30", "valid_from = 2026-07-01");
const MOVES: (&str, &str) = ("transition = \"filing\"", "transition = \"moves\"");
const HALVES: &str = "  { party = \"pool\", basis_points = 5000 },\n  { party = \"bank\", basis_points = 5000 },\n";
const FOUR_PARTIES: &str = "  { party = \"pool\", basis_points = 5400 },\n  { party = \"bank\", basis_points = 2600 },
  { party = \"insurer\", basis_points = 1600 },\n  { party = \"valuer\", basis_points = 400 },\n";

fn file(name: &str) -> String {
    let (_, text) = shipped().iter().find(|(other, _)| *other == name).unwrap();
    (*text).to_owned()
}

fn changed(text: &str, changes: &[(&str, &str)]) -> String {
    changes.iter().fold(text.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "the rulebook has no `{old}`");
        text.replace(old, new)
    })
}

/// Leaves out the first programme, the pool and the cases, which name them.
fn without_costs(text: &str) -> String {
    let (head, rest) = text.split_once("[[programme]]").unwrap();
    let (_, second) = rest.split_once("[[programme]]").unwrap();
    let (second, _) = second.split_once("# The clause `risk-compensation`").unwrap();
    format!("{head}[[programme]]{second}")
}

/// Caps of every scope, gates on the size of the enterprise, a ratio of 60 %; numbers made up.
const CAPS: &str = r#"
schema = 1

[rulebook]
id = "caps"
version = 1
title = { zh = "限额", en = "Caps" }
valid_from = 2020-01-01
transition = "filing"

[source]
title = "测试办法"
issuer = "测试"
date = 2020-01-01

[[clause]]
id = "one"
heading = "一"
text = "限额"

[[programme]]
id = "costs"
name = { zh = "费用补助", en = "Costs" }
clause = "one"
items = ["interest", "valuation", "guarantee", "insurance"]
attribution = "payment-year"
ratio = "0.6"
budget = "ip-finance"
rounding = "down"
clawback = { restores_cap = true, restores_budget = true }

[[programme.gate]]
condition = "loan-required"
clause = "one"

[[programme.gate]]
condition = "size-class"
size_classes = ["micro", "small"]
clause = "one"

[[programme.cap]]
id = "valuation-item"
scope = "item"
items = ["valuation"]
amount = "10000.00"
clause = "one"

[[programme.cap]]
id = "loan"
scope = "loan"
items = ["interest", "valuation", "guarantee", "insurance"]
amount = "50000.00"
clause = "one"

[[programme.cap]]
id = "guarantee-insurance"
scope = "joint"
items = ["guarantee", "insurance"]
amount = "20000.00"
clause = "one"

[[programme.cap]]
id = "lifetime"
scope = "lifetime"
items = ["interest", "valuation", "guarantee", "insurance"]
amount = "60000.00"
clause = "one"
"#;
