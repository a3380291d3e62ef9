//! Goal: a file that does not load says everything that is wrong, where, and how to mend it; a file that loads is
//! what it says. Method: one slip at a time in a file that loads, and the text of the answer.

#![expect(clippy::needless_raw_string_hashes, reason = "`UPDATE_EXPECT=1` writes them")]

use expect_test::{Expect, expect};
use sha2::{Digest, Sha256};

use super::super::load::{FILE_BYTES_MAX, RULES_MAX, load};
use super::super::model::{Provenance, Transition};
use super::super::terms::LossParty;
use super::{HEAD, PROGRAMME, day, shipped};
use crate::money::Rate;

const RATIO: &str = "ratio = \"0.5\"\n";
const CAP: &str = r#"[[programme.cap]]
id = "cap"
scope = "enterprise-year"
items = ["interest"]
amount = "10.00"
clause = "c1"
"#;
const POOL: &str = r#"[[pool]]
id = "pool"
name = { zh = "池", en = "Pool" }
source = "ours"
note = { zh = "默认", en = "Default" }
shares = [{ party = "pool", basis_points = 5000 }, { party = "bank", basis_points = 5000 }]
covers = "ip-part-of-principal"
overdue_days_over = 60
leverage_limit = "10"
"#;

fn whole() -> String {
    format!("{HEAD}{PROGRAMME}{RATIO}{CAP}{POOL}")
}

/// The file with one text replaced, and what the loader says.
#[track_caller]
fn check(from: &str, to: &str, expected: &Expect) {
    let file = whole();
    assert_eq!(file.matches(from).count(), 1, "`{from}` must be in the file once");
    refused(&file.replace(from, to), expected);
}

#[track_caller]
fn refused(file: &str, expected: &Expect) {
    expected.assert_eq(&load(file).unwrap_err().in_file("city.toml"));
}

#[test]
fn the_file_of_these_tests_loads() {
    let rulebook = load(&whole()).unwrap();
    assert_eq!(rulebook.reference().to_string(), "test@1");
}

#[test]
fn the_shipped_files_are_what_they_say() {
    let (name, text) = super::super::shipped()[0];
    let rulebook = shipped(name);
    assert_eq!(rulebook.reference().to_string(), "hebi-2017@1");
    assert_eq!(rulebook.digest, <[u8; 32]>::from(Sha256::digest(text.as_bytes())));
    assert_eq!(&*rulebook.text, text);
    assert_eq!(rulebook.transition, Transition::Filing);
    assert!(!rulebook.in_force_on(day("2017-09-29")) && rulebook.in_force_on(day("2017-09-30")));
    assert!(rulebook.in_force_on(day("2199-12-31")));
    let pool = &rulebook.pools[0];
    assert!(matches!(pool.provenance, Provenance::Ours(_)) && pool.clause().is_none());
    assert_eq!(pool.shares, [(LossParty::Pool, 5000), (LossParty::Bank, 5000)]);
    assert_eq!(pool.breaker.as_ref().unwrap().ratio, Rate::parse("0.03").unwrap());
}

/// Apart from names, reading and cases, one line differs: the items that the yearly cap counts.
#[test]
fn the_literal_reading_is_the_same_file_with_one_rule_changed() {
    let rules = |index: usize| -> Vec<&str> {
        let (_, text) = super::super::shipped()[index];
        text.split("[[case]]").next().unwrap().lines().collect()
    };
    let (strict, literal) = (rules(0), rules(1));
    assert_eq!(strict.len(), literal.len());
    let changed = strict.iter().zip(&literal).filter(|(strict, literal)| strict != literal);
    let text: Vec<String> = changed.map(|(strict, literal)| format!("- {strict}\n+ {literal}\n")).collect();
    expect![[r#"
        - id = "hebi-2017"
        + id = "hebi-2017-literal"
        - title = { zh = "鹤壁市知识产权质押融资补助（从严口径）", en = "Hebi IP pledge financing subsidies (strict reading)" }
        + title = { zh = "鹤壁市知识产权质押融资补助（文义口径）", en = "Hebi IP pledge financing subsidies (literal reading)" }
        - zh = "从严理解：每家企业每个自然年度的贷款利息、评估、担保、保险四项补助合计不超过20万元；年度按费用支付日确定。"
        + zh = "按文义理解：“年贴息不超过20万元”仅限贷款利息补助；评估、担保、保险费用只受50%比例限制；年度按费用支付日确定。"
        - en = "Read strictly: at most 200,000.00 yuan per enterprise and calendar year over interest, valuation, guarantee and insurance together; the year is that of the payment."
        + en = "Read literally: at most 200,000.00 yuan of interest subsidy per enterprise and calendar year; valuation, guarantee and insurance are limited by the half alone; the year is that of the payment."
        - items = ["interest", "valuation", "guarantee", "insurance"]
        + items = ["interest"]
    "#]].assert_eq(&text.concat());
}

#[test]
fn a_slip_in_the_head_is_refused() {
    check(
        "schema = 1",
        "schema = 2",
        &expect!["city.toml:1: the schema is `2`, this version reads `1`; write `schema = 1`, or use a newer version"],
    );
    check("schema = 1\n", "", &expect!["city.toml:1: the file has no `schema`; add `schema = …`"]);
    check("version = 1", "version = 0", &expect!["city.toml:4: `version` is `0`; use 1 to 4294967295"]);
    check("version = 1", "version = \"1\"", &expect!["city.toml:4: `version` is of type string; write a whole number"]);
    check(
        "id = \"test\"",
        "id = \"鹤壁\"",
        &expect![
            "city.toml:3: `id` is not valid; `鹤壁` is not a rulebook id; expected 1 to 64 of a-z, 0-9, `.`, `_` and `-`, with a letter or digit first"
        ],
    );
    check("id = \"test\"\n", "", &expect!["city.toml:2: [rulebook] has no `id`; add `id = …`"]);
    check(
        "transition = \"filing\"",
        "transition = \"never\"",
        &expect!["city.toml:7: `never` is not a value of `transition`; use one of: filing, moves"],
    );
    check(
        "transition",
        "valid_until = 2019-12-31\ntransition",
        &expect![
            "city.toml:7: `valid_until` 2019-12-31 is before `valid_from` 2020-01-01; correct one of the two days"
        ],
    );
    check(
        "valid_from = 2020-01-01",
        "valid_from = 2020",
        &expect!["city.toml:6: `valid_from` is of type integer; write a date such as `2017-09-30`"],
    );
    check(
        "valid_from = 2020-01-01",
        "valid_from = \"2020-02-30\"",
        &expect![
            "city.toml:6: `valid_from` is not valid; `2020-02-30` is not in the calendar; check the month and the day"
        ],
    );
    check(
        "title = { zh = \"测试\", en = \"Test\" }",
        "title = { zh = \"测试\" }",
        &expect!["city.toml:5: `title` has no `en`; add `en = …`"],
    );
    check("issuer = \"测试局\"", "issuer = \" \"", &expect!["city.toml:10: `issuer` is empty; write its text"]);
}

#[test]
fn a_missing_source_is_refused() {
    check(
        "[source]\ntitle = \"测试办法\"\nissuer = \"测试局\"\ndate = 2020-01-01\n",
        "",
        &expect!["city.toml:1: the file has no `source`; add `source = …`"],
    );
    check("source = \"ours\"\n", "", &expect!["city.toml:31: [[pool]] has no `source`; add `source = …`"]);
    check(
        "source = \"ours\"",
        "source = \"hearsay\"",
        &expect!["city.toml:34: `hearsay` is not a source; use `clause` or `ours`"],
    );
    check(
        "source = \"ours\"\nnote = { zh = \"默认\", en = \"Default\" }",
        "source = \"clause\"",
        &expect!["city.toml:31: [[pool]] has no `clause`; add `clause = …`"],
    );
}

#[test]
fn an_unknown_key_is_refused() {
    check(
        "schema = 1",
        "schema = 1\nsponsor = \"x\"",
        &expect![
            "city.toml:2: `sponsor` is not a key of the file; remove it, or use one of: schema, rulebook, source, clause, series, programme, cap, pool, approval, limit, target, case"
        ],
    );
    check(
        "version = 1",
        "version = 1\nauthor = \"x\"",
        &expect![
            "city.toml:5: `author` is not a key of [rulebook]; remove it, or use one of: id, version, title, valid_from, valid_until, transition"
        ],
    );
    check(
        "attribution =",
        "colour = 1\nattribution =",
        &expect![
            "city.toml:21: `colour` is not a key of [[programme]]; remove it, or use one of: id, name, reading, clause, items, attribution, ratio, grants_per_enterprise, budget, rounding, round_to, award_at_least, clawback, base, gate, clamp, choice, cap, clauses, ip_share_items, public_share_at_most, yields_to, ordinal_of, payee, closing_run"
        ],
    );
    check(
        "scope =",
        "scpoe = 1\nscope =",
        &expect![
            "city.toml:27: `scpoe` is not a key of [[programme.cap]]; did you mean `scope`? remove it, or use one of: id, scope, items, when, share_of_principal, share_of_figure, amounts, amount, reading, clause, years"
        ],
    );
    check(
        "basis_points = 5000 }, {",
        "basis_points = 5000, x = 1 }, {",
        &expect!["city.toml:36: `x` is not a key of `shares`; remove it, or use one of: party, basis_points"],
    );
}

#[test]
fn a_slip_in_a_programme_is_refused() {
    check(
        RATIO,
        "ratio = \"1.01\"\n",
        &expect!["city.toml:24: the ratio `1.01` is above 1: more than the cost would be granted; write half as `0.5`"],
    );
    check(
        RATIO,
        "ratio = \"0\"\n",
        &expect!["city.toml:24: the ratio is 0: nothing would be granted; write half as `0.5`"],
    );
    check(RATIO, "ratio = 0.5\n", &expect!["city.toml:24: `ratio` is of type float; write a text in quotation marks"]);
    check(
        RATIO,
        "ratio = \"50%\"\n",
        &expect![
            "city.toml:24: `ratio` is not valid; `50%` has a percent sign; write the ratio itself, such as `0.0435` for 4.35 %"
        ],
    );
    check(RATIO, "", &expect!["city.toml:16: [[programme]] has no `ratio`; add `ratio = …`"]);
    check(
        "items = [\"interest\", \"insurance\"]",
        "items = []",
        &expect!["city.toml:20: `items` is empty; name at least one"],
    );
    check(
        "items = [\"interest\", \"insurance\"]",
        "items = [\"interest\", \"interest\"]",
        &expect!["city.toml:20: `items` names one value twice; remove one of them"],
    );
    check(
        "items = [\"interest\", \"insurance\"]",
        "items = [\"interest\", \"travel\"]",
        &expect![
            "city.toml:20: `travel` is not a value of `items`; use one of: interest, valuation, guarantee, insurance, patent-insurance, grant"
        ],
    );
    check(
        RATIO,
        "ratio = \"0.5\"\nrounding = \"half-up\"\n",
        &expect!["city.toml:25: `half-up` is not a rounding of an award: it could exceed the ratio; write `down`"],
    );
    check(
        RATIO,
        "ratio = \"0.5\"\ngrants_per_enterprise = 0\n",
        &expect!["city.toml:25: `grants_per_enterprise` is `0`; use 1 to 4294967295"],
    );
    check(
        "restores_budget = false",
        "restores_budget = \"no\"",
        &expect!["city.toml:23: `restores_budget` is of type string; write `true` or `false`"],
    );
    check(
        "clause = \"c1\"\nitems = [\"interest\", \"insurance\"]",
        "clause = \"c9\"\nitems = [\"interest\", \"insurance\"]",
        &expect!["city.toml:19: there is no clause `c9`; name a clause of this file, or add it as [[clause]]"],
    );
}

#[test]
fn a_slip_in_a_gate_is_refused() {
    let gate = |text: &str, expected| {
        refused(&format!("{HEAD}{PROGRAMME}{RATIO}[[programme.gate]]\n{text}"), expected);
    };
    gate(
        "condition = \"rich\"\nclause = \"c1\"\n",
        &expect![
            "city.toml:26: `rich` is not a condition; use one of: not-blacklisted, loan-required, loan-disbursed, pledged-by-disbursement, paid-within-loan, paid-by-loan-end, right-required, right-owned, right-in-force, right-is-patent, pledged-by-settlement, loan-repaid, loan-rights-owned, first-pledge, no-other-public-funding, size-class, property, rate-at-most, ip-share-at-least, revenue-at-most, right-months-left-at-least, date-within, applied-within-days, applied-by, applied-in-window, not-blacklisted-within, fee-rate-at-most, loan-days-at-least, figure-at-least, figure-at-most"
        ],
    );
    gate(
        "condition = \"not-blacklisted\"\n",
        &expect!["city.toml:25: [[programme.gate]] has no `clause`; add `clause = …`"],
    );
    gate(
        "condition = \"size-class\"\nclause = \"c1\"\n",
        &expect!["city.toml:25: [[programme.gate]] has no `size_classes`; add `size_classes = …`"],
    );
    gate(
        "condition = \"loan-required\"\nitems = [\"valuation\"]\nclause = \"c1\"\n",
        &expect!["city.toml:27: `valuation` is not among the items of the programme; name only items of the programme"],
    );
    gate(
        "condition = \"loan-required\"\nsize_classes = [\"small\"]\nclause = \"c1\"\n",
        &expect![
            "city.toml:27: `size_classes` is not a key of [[programme.gate]]; remove it, or use one of: condition, items, reading, clause"
        ],
    );
}

#[test]
fn a_slip_in_a_cap_is_refused() {
    check(
        "scope = \"enterprise-year\"\n",
        "",
        &expect!["city.toml:25: [[programme.cap]] has no `scope`; add `scope = …`"],
    );
    check("amount = \"10.00\"\n", "", &expect!["city.toml:25: [[programme.cap]] has no `amount`; add `amount = …`"]);
    check(
        "amount = \"10.00\"",
        "amount = \"10.001\"",
        &expect!["city.toml:29: `amount` is not valid; `10.001` has more than two decimals; round it to the fen first"],
    );
    check(
        "amount = \"10.00\"",
        "amount = \"0.00\"",
        &expect!["city.toml:29: a cap of 0 grants nothing; write the limit, or remove the items"],
    );
    check(
        "scope = \"enterprise-year\"",
        "scope = \"loan\"",
        &expect![[
            r#"city.toml:27: the cap counts per loan, but the programme does not ask for a loan; add a gate with `condition = "loan-required"` for all items"#
        ]],
    );
    check(
        "items = [\"interest\"]",
        "items = [\"valuation\"]",
        &expect!["city.toml:28: `valuation` is not among the items of the programme; name only items of the programme"],
    );
    check(
        "scope = \"enterprise-year\"\nitems = [\"interest\"]",
        "scope = \"item\"\nitems = [\"interest\", \"insurance\"]",
        &expect![[r#"
        city.toml:27: the cap counts per loan, but the programme does not ask for a loan; add a gate with `condition = "loan-required"` for all items
        city.toml:28: a cap of scope `item` counts one kind of cost; write one cap for each, or use the scope `joint`"#]],
    );
    check(
        "items = [\"interest\"]\namount = \"10.00\"\nclause = \"c1\"",
        "items = [\"interest\"]\namount = \"10.00\"\nclause = \"c9\"",
        &expect!["city.toml:30: there is no clause `c9`; name a clause of this file, or add it as [[clause]]"],
    );
}

#[test]
fn a_slip_in_a_pool_is_refused() {
    check(
        "{ party = \"bank\", basis_points = 5000 }",
        "{ party = \"bank\", basis_points = 4999 }",
        &expect!["city.toml:36: the shares are 9999 basis points in all; make them 10000, the whole of the loss"],
    );
    check(
        "{ party = \"bank\", basis_points = 5000 }",
        "{ party = \"pool\", basis_points = 5000 }",
        &expect!["city.toml:36: `pool` has two shares; add them up"],
    );
    check(
        "{ party = \"pool\", basis_points = 5000 }",
        "{ party = \"insurer\", basis_points = 5000 }",
        &expect![[r#"city.toml:36: the pool has no share; add `{ party = "pool", basis_points = … }`"#]],
    );
    check(
        "covers = \"ip-part-of-principal\"",
        "covers = \"everything\"",
        &expect!["city.toml:37: `everything` is not a value of `covers`; use one of: ip-part-of-principal, principal"],
    );
    check(
        "leverage_limit = \"10\"\n",
        "leverage_limit = \"10\"\n[pool.breaker]\nratio = \"1.5\"\neffect = \"deny\"\n",
        &expect![[r#"
            city.toml:41: the breaker's ratio `1.5` is above 1: it could never trip; write 3 % as `0.03`
            city.toml:42: `deny` is not a value of `effect`; use one of: defer, stop-filing"#]],
    );
}

#[test]
fn an_id_that_is_used_twice_is_refused() {
    let clause = "[[clause]]\nid = \"c1\"\nheading = \"二\"\ntext = \"再给予补助。\"\n";
    refused(
        &format!("{}{clause}", whole()),
        &expect!["city.toml:41: the clause `c1` is in the file twice; give one of them another id"],
    );
    refused(
        &format!("{}{PROGRAMME}{RATIO}", whole()),
        &expect!["city.toml:41: the programme `p1` is in the file twice; give one of them another id"],
    );
    refused(
        &whole().replace(CAP, &format!("{CAP}{CAP}")),
        &expect!["city.toml:32: the cap `cap` is in the file twice; give one of them another id"],
    );
    refused(
        &format!("{}{POOL}", whole()),
        &expect!["city.toml:41: the pool `pool` is in the file twice; give one of them another id"],
    );
}

/// A rule that names an ambiguous text says how it reads it; the programme's reading counts for its gates and caps.
#[test]
fn an_ambiguous_clause_needs_a_reading() {
    let ambiguous = whole().replace("text = \"给予补助。\"", "text = \"给予补助。\"\nambiguous = true");
    refused(
        &ambiguous,
        &expect![[r#"
        city.toml:20: the clause `c1` is ambiguous and the rule does not say how it reads it; add `reading = { zh = "…", en = "…" }`
        city.toml:31: the clause `c1` is ambiguous and the rule does not say how it reads it; add `reading = { zh = "…", en = "…" }`"#]],
    );
    let read = ambiguous.replace(RATIO, "ratio = \"0.5\"\nreading = { zh = \"读\", en = \"Read\" }\n");
    assert!(load(&read).is_ok());
}

#[test]
fn a_slip_in_a_case_is_refused() {
    let case = "[[case]]\nid = \"S1\"\nprogramme = \"p9\"\nused = [{ cap = \"c9\", amount = \"1.00\" }]\n";
    refused(
        &format!("{}{case}", whole()),
        &expect![[r#"
        city.toml:40: the case has no lines; add `lines = [{ item = …, cost = …, expect = … }]`
        city.toml:42: there is no programme `p9`; name a programme of this file
        city.toml:43: there is no cap `c9`; name a cap of this file"#]],
    );
    let case = "[[case]]\nid = \"S1\"\nprogramme = \"p1\"\nlines = [{ item = \"interest\", cost = \"1.00\", bound = \"luck\" }]\n";
    refused(
        &format!("{}{case}", whole()),
        &expect![[r#"
            city.toml:43: `lines` has no `expect`; add `expect = …`
            city.toml:43: `luck` is not a value of `bound`; use one of: ratio, gate, evidence, clamp, other-funding, item-cap, loan-cap, joint-cap, year-cap, lifetime-cap, budget, pool-balance, ceiling, pro-rata, bank-year-cap, programme-year-cap, payee-year-cap"#]],
    );
}

#[test]
fn what_is_not_toml_is_refused_with_its_line() {
    refused(
        "schema = 1\n[rulebook\nid = \"x\"\n",
        &expect!["city.toml:2: not valid TOML: unclosed table, expected `]`; mend the syntax"],
    );
    refused(
        "schema = 1\nschema = 1\n",
        &expect!["city.toml:2: not valid TOML: duplicate key; it is written twice: remove one of them"],
    );
}

#[test]
fn a_list_or_table_of_another_type_is_refused() {
    refused(
        "schema = \"1\"\nrulebook = 3\nsource = []\nclause = \"x\"\n[programme]\nid = 1\n",
        &expect![[r#"
        city.toml:1: `schema` is of type string; write a whole number
        city.toml:2: `[rulebook]` is of type integer; write a table
        city.toml:3: `[source]` is of type array; write a table
        city.toml:4: `clause` is of type string; write a list of tables, each written [[clause]]
        city.toml:5: `programme` is of type table; write a list of tables, each written [[programme]]"#]],
    );
}

#[test]
fn everything_is_reported_in_one_go() {
    let file = whole()
        .replace("version = 1", "version = 0")
        .replace(RATIO, "ratio = \"2\"\ncolour = \"red\"\n")
        .replace("amount = \"10.00\"\n", "")
        .replace("basis_points = 5000 }]", "basis_points = 4000 }]");
    refused(
        &file,
        &expect![[r#"
            city.toml:4: `version` is `0`; use 1 to 4294967295
            city.toml:24: the ratio `2` is above 1: more than the cost would be granted; write half as `0.5`
            city.toml:25: `colour` is not a key of [[programme]]; remove it, or use one of: id, name, reading, clause, items, attribution, ratio, grants_per_enterprise, budget, rounding, round_to, award_at_least, clawback, base, gate, clamp, choice, cap, clauses, ip_share_items, public_share_at_most, yields_to, ordinal_of, payee, closing_run
            city.toml:26: [[programme.cap]] has no `amount`; add `amount = …`
            city.toml:36: the shares are 9000 basis points in all; make them 10000, the whole of the loss"#]],
    );
    assert!(load(&file).unwrap_err().to_string().starts_with("rulebook:4: "));
}

#[test]
fn a_file_that_is_too_large_is_refused() {
    let padding = "#".repeat(FILE_BYTES_MAX);
    refused(
        &format!("{}{padding}", whole()),
        &expect![
            "city.toml:1: the file has 263027 bytes, the limit is 262144; shorten the clauses to the words that decide"
        ],
    );
    let room = FILE_BYTES_MAX - whole().len();
    assert!(load(&format!("{}{}", whole(), "#".repeat(room))).is_ok());
    let clause = |index| format!("[[clause]]\nid = \"x{index}\"\nheading = \"一\"\ntext = \"补\"\n");
    let clauses = |count: usize| (0..count).map(clause).collect::<Vec<String>>().concat();
    // The file has a clause, a programme, a cap and a pool already.
    assert!(load(&format!("{}{}", whole(), clauses(RULES_MAX - 4))).is_ok());
    refused(
        &format!("{}{}", whole(), clauses(RULES_MAX - 3)),
        &expect!["city.toml:1: the file has 1001 rules, the limit is 1000; split the rulebook"],
    );
}

#[test]
fn two_approvers_above_an_amount() {
    use super::super::model::ApprovalAct;
    let with = |table: &str| format!("{}\n[approval]\n{table}", whole());
    let rulebook = load(&with("second_above = \"1000000.00\"\n")).unwrap();
    for act in ApprovalAct::ALL {
        assert_eq!(rulebook.second_above(*act).map(|limit| limit.to_string()).as_deref(), Some("1000000.00"), "{act}");
    }
    let rulebook = load(&with("second_above = \"5\"\nacts = [\"claim\"]\nclause = \"c1\"\n")).unwrap();
    assert!(rulebook.second_above(ApprovalAct::Claim).is_some() && rulebook.second_above(ApprovalAct::Award).is_none());
    refused(&with(""), &expect!["city.toml:41: [approval] has no `second_above`; add `second_above = …`"]);
    refused(
        &with("second_above = 5\n"),
        &expect!["city.toml:42: `second_above` is of type integer; write a text in quotation marks"],
    );
    refused(&with("second_above = \"5\"\nacts = []\n"), &expect!["city.toml:43: `acts` is empty; name at least one"]);
    refused(
        &with("second_above = \"5\"\nacts = [\"refusal\"]\n"),
        &expect!["city.toml:43: `refusal` is not a value of `acts`; use one of: award, claim, payment, withdrawal"],
    );
    refused(
        &with("second_above = \"5\"\nclause = \"c9\"\nthird_above = \"6\"\n"),
        &expect![[r#"
        city.toml:43: there is no clause `c9`; name a clause of this file, or add it as [[clause]]
        city.toml:44: `third_above` is not a key of [approval]; remove it, or use one of: second_above, acts, reading, clause"#]],
    );
}

#[test]
fn a_change_of_approvers_is_said_in_words() {
    let before = load(&whole()).unwrap();
    let table = "[approval]\nsecond_above = \"1000000.00\"\nacts = [\"award\", \"payment\"]\n";
    let after = load(&format!("{}\n{table}", whole())).unwrap();
    let said = super::super::compare::compare(&before, &after).join("\n");
    expect![[r#"
        an award is approved by two persons above 1,000,000.00 instead of one person
        a payment is approved by two persons above 1,000,000.00 instead of one person"#]]
    .assert_eq(&said);
    let back = super::super::compare::compare(&after, &before).join("\n");
    expect![[r#"
        an award is approved by one person instead of two persons above 1,000,000.00
        a payment is approved by one person instead of two persons above 1,000,000.00"#]]
    .assert_eq(&back);
}
