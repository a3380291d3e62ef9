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
        // Two persons above 10,000.
        "two-approvers" => format!("{strict}\n[approval]\nsecond_above = \"10000.00\"\n"),
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
        // The pledge costs and the pool from July 2026, the patents under another name.
        "other-costs-from-july" => changed(
            &strict,
            &[
                ("id = \"hebi-2017\"", "id = \"other-2017\""),
                FROM_JULY,
                ("id = \"first-insured-patent\"\nname", "id = \"insured-patent\"\nname"),
                ("programme = \"first-insured-patent\"", "programme = \"insured-patent\""),
            ],
        ),
        // Loans move to the version in force.
        "moving-1" => changed(&strict, &[MOVES]),
        "moving-2" => {
            changed(&strict, &[MOVES, ("version = 1", "version = 2"), FROM_JULY, ("\"200000.00\"", "\"300000.00\"")])
        }
        "no-restore" => changed(
            &strict,
            &[("restores_cap = true, restores_budget = true", "restores_cap = false, restores_budget = false")],
        ),
        "until-2025" => changed(&strict, &[("transition", "valid_until = 2025-12-31\ntransition")]),
        "caps" => CAPS.to_owned(),
        // A year beyond its budget is paid in proportion; who comes late is refused, or waits for the next year.
        "closing" => closing(),
        "closing-late" => {
            changed(&closing(), &[("{ clause = \"closing\" }", "{ clause = \"closing\", late = \"next-year\" }")])
        }
        // The strict one as it should have been since March 2026: half as much, or 60 % with a cap of 300,000.
        "hebi-2-lower" => {
            changed(&strict, &[("version = 1", "version = 2"), FROM_MARCH, ("ratio = \"0.5\"", "ratio = \"0.25\"")])
        }
        "hebi-2-higher" => changed(
            &strict,
            &[
                ("version = 1", "version = 2"),
                FROM_MARCH,
                ("ratio = \"0.5\"", "ratio = \"0.6\""),
                ("\"200000.00\"", "\"300000.00\""),
            ],
        ),
        "rewards" => super::payees::REWARDS.to_owned(),
        // The line that the scripts use grows every year, by more than the revenue.
        "growth" => changed(&file("xinzheng-2013.toml"), &[("\"patent-fund\"", "\"ip-finance\"")]),
        "growth-of-revenue" => changed(
            &file("lianyungang-2016.toml"),
            &[
                ("\"ip-special-fund\"", "\"ip-finance\""),
                (
                    "年度预算报告\"",
                    "年度预算报告\"\nknown_until = 2027-12-31\nvalues = [{ from = 2027-01-01, rate = \"0.065\" }]",
                ),
            ],
        ),
        // Another city's costs beside the first one's: this or that, a loan a year, interest by a reference rate.
        "nansha" => file("nansha-2024.toml").replace("\"pledge-cost\"", "\"nansha-cost\""),
        "four-parties" => {
            changed(&strict, &[(HALVES, FOUR_PARTIES), ("leverage_limit = \"10\"", "leverage_limit = \"100\"")])
        }
        "no-breaker" => changed(&strict, &[("[pool.breaker]\nratio = \"0.03\"\neffect = \"defer\"\n", "")]),
        // A claim is possible on the first day overdue and never trips the breaker.
        "waits-for-nothing" => changed(
            &strict,
            &[
                ("[pool.breaker]\nratio = \"0.03\"\neffect = \"defer\"\n", ""),
                ("overdue_days_over = 60", "overdue_days_over = 0"),
            ],
        ),
        // A shipped one of another city.
        other => file(&format!("{other}.toml")),
    };
    load(&text).unwrap_or_else(|errors| panic!("{name}: {errors}"))
}

/// The closing run of Tongliang, with the costs of a loan on the budget line of the scripts.
fn closing() -> String {
    let text = file("tongliang-2025.toml");
    let (head, _) = text.split_once("[[case]]").unwrap();
    changed(head, &[("budget = \"ip-grants\"", "budget = \"ip-finance\""), ("\"pledge-cost\"", "\"grants\"")])
}

const FROM_MARCH: (&str, &str) = ("valid_from = 2017-09-30", "valid_from = 2026-03-01");
const FROM_JULY: (&str, &str) = ("valid_from = 2017-09-30", "valid_from = 2026-07-01");
const MOVES: (&str, &str) = ("transition = \"filing\"", "transition = \"moves\"");
const HALVES: &str = "  { party = \"pool\", basis_points = 5000 },\n  { party = \"bank\", basis_points = 5000 },\n";
const FOUR_PARTIES: &str = "  { party = \"pool\", basis_points = 5400 },\n  { party = \"bank\", basis_points = 2600 },
  { party = \"insurer\", basis_points = 1600 },\n  { party = \"valuer\", basis_points = 400 },\n";

fn file(name: &str) -> String {
    let found = shipped().iter().find(|(other, _)| *other == name);
    let (_, text) = found.unwrap_or_else(|| panic!("`{name}` is not a rulebook of the tests"));
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

#[test]
fn two_rulebooks_with_one_programme_do_not_hold_on_one_day() {
    check(
        "
        2026-01-04 operator op adopt hebi-2017
        2026-01-04 operator op adopt hebi-2017
        2026-01-04 operator op adopt hebi-2017-literal zh
        2026-01-04 operator op adopt hebi-2-from-the-start zh
        2026-01-04 operator op adopt caps
        2026-01-05 operator op adopt hebi-2
        2026-01-05 operator op adopt hebi-2
        ",
        expect![[r#"
            adopt hebi-2017: adopted hebi-2017@1
            adopt hebi-2017: REJECTED RULEBOOK_CONFLICT text: version 1 of `hebi-2017` was adopted; expected a higher version
            adopt hebi-2017-literal: REJECTED RULEBOOK_CONFLICT text: `hebi-2017-literal@1` and `hebi-2017@1` both have `pledge-cost` in force from 2017-09-30 on
                “hebi-2017-literal@1”与“hebi-2017@1”自2017-09-30起同时包含有效的“pledge-cost”
            adopt hebi-2-from-the-start: REJECTED RULEBOOK_CONFLICT text: `hebi-2017@2` begins on 2017-09-30; expected a day after 2017-09-30 of version 1
                “hebi-2017@2”自2017-09-30起生效；应晚于第1版的2017-09-30
            adopt caps: adopted caps@1
            adopt hebi-2: adopted hebi-2017@2
            adopt hebi-2: REJECTED RULEBOOK_CONFLICT text: version 2 of `hebi-2017` was adopted; expected a higher version
        "#]],
    );
}

#[test]
fn another_rulebook_may_begin_when_the_first_has_ended() {
    check(
        "
        2026-01-04 operator op adopt until-2025
        2026-01-04 operator op adopt other-2017
        2026-01-04 operator op adopt other-from-july
        2026-07-01 operator op register-institution icbc kind=bank
        2026-07-01 operator op register-enterprise A
        2026-07-01 operator op register-right P1 owner=A
        2026-07-01 bank icbc/li register-pledge G1 pledgor=A rights=P1 effective=2026-06-01
        2026-07-01 bank icbc/li file L1 borrower=A pledges=G1 effective=2026-06-30 zh
        2026-07-01 bank icbc/li file L1 borrower=A pledges=G1
        ",
        expect![[r#"
            adopt until-2025: adopted hebi-2017@1
            adopt other-2017: REJECTED RULEBOOK_CONFLICT text: `other-2017@1` and `hebi-2017@1` both have `pledge-cost` in force from 2017-09-30 to 2025-12-31
            adopt other-from-july: adopted other-2017@1
            register-institution icbc: done
            register-enterprise A: done
            register-right P1: done
            register-pledge G1: done
            file L1: REJECTED RULEBOOK_CONFLICT effective_date: no rulebook is in force on 2026-06-30; adopt one first
                2026-06-30无有效办法；请先启用办法
            file L1: filed under other-2017@1, exposure 0.00
        "#]],
    );
}

/// A loan keeps the version it was filed under; the cap goes on counting under the later one.
#[test]
fn a_loan_keeps_its_version() {
    check(
        "
        use loan
        2026-06-01 operator op adopt hebi-2
        2026-06-30 bank icbc/li register-pledge G2 pledgor=A rights=P2
        2026-06-30 bank icbc/li file L2 borrower=A pledges=G2 pool=hebi-pool
        2026-07-01 bank icbc/li register-pledge G3 pledgor=A rights=P3
        2026-07-01 bank icbc/li file L3 borrower=A pledges=G3 pool=hebi-pool
        2026-07-01 bank icbc/li disburse L3
        2026-07-02 enterprise A/chen apply S1 insurance,cost=500000,by=V1
        2026-07-02 enterprise A/chen apply S2 insurance,cost=1000,by=V2
        2026-07-02 enterprise A/chen apply S3 loan=L3 insurance,cost=500000,by=V3
        2026-07-02 enterprise A/chen apply S4 loan=L3 insurance,cost=1000,by=V4
        ? cap A
        ",
        expect![[r#"
            adopt hebi-2: adopted hebi-2017@2
            register-pledge G2: done
            file L2: filed under hebi-2017@1, exposure 2500000.00
                The pool takes on 2,500,000.00: 50 % of the loan's IP part of 5,000,000.00.
                Dr pool/hebi-pool/exposure 2500000.00, Cr pool/hebi-pool/exposure-contra 2500000.00
            register-pledge G3: done
            file L3: filed under hebi-2017@2, exposure 2500000.00
                The pool takes on 2,500,000.00: 50 % of the loan's IP part of 5,000,000.00.
                Dr pool/hebi-pool/exposure 2500000.00, Cr pool/hebi-pool/exposure-contra 2500000.00
            disburse L3: disbursed, outstanding 5000000.00, exposure 2500000.00
            apply S1: submitted 200000.00 under hebi-2017@1 [insurance 200000.00 year-cap]
                Granted 200,000.00: half of the premium would be 250,000.00, but 200,000.00 of the 200,000.00 for 2026 was left.
                Dr budget/ip-finance/2026/reserved 200000.00, Cr budget/ip-finance/2026/available 200000.00
            apply S2: refused 0.00 under hebi-2017@1 REFUSED YEAR_CAP_USED_UP (this year's cap is used up; costs paid in another year count toward that year) [insurance 0.00 year-cap YEAR_CAP_USED_UP]
                Nothing granted: half of the premium would be 500.00, but nothing of the 200,000.00 for 2026 was left.
            apply S3: submitted 100000.00 under hebi-2017@2 [insurance 100000.00 year-cap]
                Granted 100,000.00: half of the premium would be 250,000.00, but 100,000.00 of the 300,000.00 for 2026 was left.
                Dr budget/ip-finance/2026/reserved 100000.00, Cr budget/ip-finance/2026/available 100000.00
            apply S4: refused 0.00 under hebi-2017@2 REFUSED YEAR_CAP_USED_UP (this year's cap is used up; costs paid in another year count toward that year) [insurance 0.00 year-cap YEAR_CAP_USED_UP]
                Nothing granted: half of the premium would be 500.00, but nothing of the 300,000.00 for 2026 was left.
            ? cap A: pledge-cost-year 2026 300000.00
        "#]],
    );
}

#[test]
fn where_loans_move_the_version_in_force_decides() {
    check(
        "
        use loan moving-1
        2026-06-01 operator op adopt moving-2
        2026-06-30 enterprise A/chen apply S1 insurance,cost=500000,by=V1
        2026-07-01 enterprise A/chen apply S2 insurance,cost=500000,by=V2
        ? loan L1
        ",
        expect![[r#"
            adopt moving-2: adopted hebi-2017@2
            apply S1: submitted 200000.00 under hebi-2017@1 [insurance 200000.00 year-cap]
                Granted 200,000.00: half of the premium would be 250,000.00, but 200,000.00 of the 200,000.00 for 2026 was left.
                Dr budget/ip-finance/2026/reserved 200000.00, Cr budget/ip-finance/2026/available 200000.00
            apply S2: submitted 100000.00 under hebi-2017@2 [insurance 100000.00 year-cap]
                Granted 100,000.00: half of the premium would be 250,000.00, but 100,000.00 of the 300,000.00 for 2026 was left.
                Dr budget/ip-finance/2026/reserved 100000.00, Cr budget/ip-finance/2026/available 100000.00
            ? loan L1: disbursed, hebi-2017@1, outstanding 5000000.00, exposure 2500000.00
        "#]],
    );
}

/// A later version takes over from its first day, also in what it no longer has.
#[test]
fn what_a_later_version_drops_is_no_longer_granted() {
    check(
        "
        use loan
        2026-06-01 operator op adopt hebi-2-without-costs
        2026-06-30 bank icbc/li register-pledge G2 pledgor=A rights=P2
        2026-06-30 bank icbc/li file L2 borrower=A pledges=G2 pool=hebi-pool
        2026-07-01 bank icbc/li register-pledge G3 pledgor=A rights=P3
        2026-07-01 bank icbc/li file L3 borrower=A pledges=G3 pool=hebi-pool
        # The pool takes no more loans; its money is still looked after.
        2026-07-01 finance zhao take-out amount=1
        2026-07-01 enterprise A/chen apply S1 loan=none insurance,cost=1000,by=V1
        2026-07-01 enterprise A/chen apply S2 insurance,cost=1000,by=V1
        # Another rulebook may take up what was dropped.
        2026-07-02 operator op adopt other-costs-from-july
        2026-07-02 bank icbc/li file L3 borrower=A pledges=G3 pool=hebi-pool
        ",
        expect![[r#"
            adopt hebi-2-without-costs: adopted hebi-2017@2
            register-pledge G2: done
            file L2: filed under hebi-2017@1, exposure 2500000.00
                The pool takes on 2,500,000.00: 50 % of the loan's IP part of 5,000,000.00.
                Dr pool/hebi-pool/exposure 2500000.00, Cr pool/hebi-pool/exposure-contra 2500000.00
            register-pledge G3: done
            file L3: REJECTED POOL_UNKNOWN pool_id: no rulebook in force has a pool `hebi-pool`
            take-out: done
                Dr pool/hebi-pool/capital/finance-bureau 1.00, Cr pool/hebi-pool/cash 1.00
            apply S1: REJECTED PROGRAMME_UNKNOWN programme_id: no rulebook in force on 2026-07-01 has a programme `pledge-cost`; see ListRulebooks
            apply S2: submitted 500.00 under hebi-2017@1 [insurance 500.00 ratio]
                Granted 500.00: half of the premium of 1,000.00.
                Dr budget/ip-finance/2026/reserved 500.00, Cr budget/ip-finance/2026/available 500.00
            adopt other-costs-from-july: adopted other-2017@1
            file L3: filed under other-2017@1, exposure 2500000.00
                The pool takes on 2,500,000.00: 50 % of the loan's IP part of 5,000,000.00.
                Dr pool/hebi-pool/exposure 2500000.00, Cr pool/hebi-pool/exposure-contra 2500000.00
        "#]],
    );
}
