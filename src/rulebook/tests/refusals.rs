//! Goal: what a policy must not leave open is refused with its line and how to mend it. Method: one slip at a time.

#![expect(clippy::needless_raw_string_hashes, reason = "`UPDATE_EXPECT=1` writes them")]

use expect_test::{Expect, expect};

use super::super::load::load;
use super::{HEAD, LOAN_REQUIRED, PROGRAMME};

const SERIES: &str = "[[series]]\nid = \"lpr\"\nname = { zh = \"利率\", en = \"Rate\" }\nsource = \"央行\"\nknown_until = 2026-12-31\nvalues = [{ from = 2020-01-01, rate = \"0.0385\" }]\n";

/// A programme with these keys, and what the loader says; the head has 14 lines.
#[track_caller]
fn refused(keys: &str, expected: &Expect) {
    let file = format!("{HEAD}{SERIES}{PROGRAMME}{keys}");
    expected.assert_eq(&load(&file).unwrap_err().in_file("city.toml"));
}

#[test]
fn tiers_leave_no_hole_and_no_overlap() {
    let tiers = |rows: &str| format!("ratio = {{ by = \"principal\", method = \"whole\", tiers = [{rows}] }}\n");
    let first = "{ up_to = \"5.00\", inclusive = true, ratio = \"0.4\" }";
    refused(
        &tiers(first),
        &expect![[
            r#"city.toml:30: the tiers have a hole: nothing says what holds above 5.00; add a last tier without `up_to`, or write `above = "nothing"` beside `tiers`"#
        ]],
    );
    refused(
        &tiers(&format!("{first}, {{ over = \"6.00\", ratio = \"0.3\" }}")),
        &expect![[
            r#"city.toml:30: the tiers have a hole: this one begins at 6.00, the one before ends at 5.00; write `over = "5.00"`, or mend the tier before"#
        ]],
    );
    refused(
        &tiers(&format!("{first}, {{ over = \"4.00\", ratio = \"0.3\" }}")),
        &expect![[
            r#"city.toml:30: the tiers have an overlap: this one begins at 4.00, the one before ends at 5.00; write `over = "5.00"`, or mend the tier before"#
        ]],
    );
    refused(
        &tiers(&format!("{first}, {first}, {{ ratio = \"0.3\" }}")),
        &expect![
            "city.toml:30: the tier ends at 5.00, where the one before has ended already (5.00); write the tiers in rising order, without overlap"
        ],
    );
    refused(
        &tiers("{ up_to = \"5.00\", ratio = \"0.4\" }, { ratio = \"0.3\" }"),
        &expect![
            "city.toml:30: nothing says whether the upper end itself belongs to the row; add `inclusive = true` (含) or `inclusive = false` (不含)"
        ],
    );
    refused(
        &tiers("{ ratio = \"0.4\" }, { ratio = \"0.3\" }"),
        &expect![
            "city.toml:30: the tier has no `up_to`, so those after it never apply; add `up_to`, or move it to the end"
        ],
    );
}

#[test]
fn branches_and_uplifts_are_closed() {
    refused(
        "ratio = { branch = [{ when = { mode = [\"m\"] }, ratio = \"0.4\" }] }\n",
        &expect![[
            r#"city.toml:30: the branches leave a gap: nothing says what holds where none of them does; add a last branch without `when`, or write `otherwise = "nothing"`"#
        ]],
    );
    refused(
        "ratio = { branch = [{ ratio = \"0.4\" }, { ratio = \"0.3\" }] }\n",
        &expect![
            "city.toml:30: the branch has no `when`, so those after it never apply; add `when = { … }`, or move it to the end"
        ],
    );
    refused(
        "ratio = { ratio = \"0.9\", uplift = [{ add = \"0.2\" }] }\n",
        &expect![[
            r#"city.toml:30: the ratio with its uplifts can come to more than 1; add `ceiling = "…"`, as the clause says"#
        ]],
    );
    refused(
        "ratio = { ordinals = [\"1\", \"0.9\"] }\n",
        &expect![
            "city.toml:30: nothing says what an application after the last one of `ordinals` gets; write `and_later = true`, or `false` for nothing"
        ],
    );
    refused(
        "ratio = { ratio = \"0.9\", ordinals = [\"1\"], and_later = true }\n",
        &expect![
            "city.toml:30: there must be exactly one of `ratio`, `ordinals` and `tiers`; keep the one that the clause says"
        ],
    );
    refused(
        "ratio = { branch = [{ when = {}, ratio = \"0.4\" }], otherwise = \"zero\" }\n",
        &expect![[r#"
        city.toml:30: `zero` is not a value of `otherwise`; write `nothing`, or leave the key out
        city.toml:30: `when` asks for nothing; name a property, or leave the key out"#]],
    );
}

#[test]
fn a_rate_names_a_known_series() {
    let base = |rate: &str| {
        format!(
            "ratio = \"0.5\"\nbase = {{ kind = \"reference-interest\", rate = {rate}, day_count = 364, days = \"loan\" }}\n"
        )
    };
    refused(
        &base("{ series = \"libor\", as_of = \"yesterday\" }"),
        &expect![[r#"
        city.toml:31: there is no series `libor`; add it as [[series]], with its source
        city.toml:31: `yesterday` is not a value of `as_of`; use one of: month-before-signing, signing, disbursement, payment, settlement, application, december, previous-december, same-period
        city.toml:31: `364` is not a day count; use 360 or 365"#]],
    );
    refused(
        &base("{ by_term = [{ up_to_months = 12, series = \"lpr\" }], as_of = \"signing\", factor = \"0\" }"),
        &expect![[r#"
            city.toml:31: the terms have a hole: nothing says which series holds for longer ones; add a last row without `up_to_months`
            city.toml:31: the factor is 0: the rate would be nothing; write 40 % above as `1.4`
            city.toml:31: `364` is not a day count; use 360 or 365"#]],
    );
    refused(
        "ratio = \"0.5\"\nbase = \"luck\"\n",
        &expect![
            "city.toml:31: `luck` is not a base that stands alone; use one of: actual-cost, reference-interest, standard-premium, principal, figure, lump; the others need a table"
        ],
    );
}

#[test]
fn choices_and_caps_are_complete() {
    let choice =
        "ratio = \"0.5\"\n[[programme.choice]]\nid = \"x\"\nbetween = \"items\"\nper = \"loan\"\nclause = \"c1\"\n";
    refused(
        choice,
        &expect![[r#"
        city.toml:31: a choice between items needs at least two of them; add `items = ["guarantee", "insurance"]`
        city.toml:31: the choice is about loans, but the programme does not ask for one; add a gate with `condition = "loan-required"` for all items"#]],
    );
    let cap = format!(
        "ratio = \"0.5\"\n{LOAN_REQUIRED}[[programme.cap]]\nid = \"c\"\nitems = [\"interest\"]\namounts = [{{ when = {{ class = [\"a\"] }}, amount = \"1.00\" }}]\nclause = \"c1\"\n"
    );
    refused(
        &cap,
        &expect![[r#"
        city.toml:34: [[programme.cap]] has no `scope`; add `scope = …`
        city.toml:37: the cap has a hole: nothing says what holds where none of `amounts` applies; add `amount = "…"` for all others"#]],
    );
    refused(
        "ratio = \"0.5\"\nyields_to = [\"p1\", \"p9\"]\n",
        &expect![[r#"
        city.toml:31: there is no programme `p9`; name programmes of this file
        city.toml:31: the programme `p1` yields to itself: the exclusion goes round in a circle; say which of them comes first, and let only the others yield"#]],
    );
}

#[test]
fn a_pool_says_who_bears_the_rest() {
    let pool = "[[pool]]\nid = \"q\"\nname = { zh = \"池\", en = \"Pool\" }\nsource = \"clause\"\nclause = \"c1\"\ncovers = \"principal\"\n";
    let check = |rest: &str, expected: Expect| {
        expected.assert_eq(&load(&format!("{HEAD}{pool}{rest}")).unwrap_err().in_file("city.toml"));
    };
    check(
        "",
        expect![[r#"
        city.toml:16: a pool has either `shares` or [[pool.payer]]; write fixed shares of the whole loss, or who pays which part of it
        city.toml:16: the shares are 0 basis points in all; make them 10000, the whole of the loss
        city.toml:16: the pool has no share; add `{ party = "pool", basis_points = … }`
        city.toml:16: [[pool]] has no `overdue_days_over`; add `overdue_days_over = …`
        city.toml:16: [[pool]] has no `leverage_limit`; add `leverage_limit = …`"#]],
    );
    check(
        "[[pool.payer]]\nparty = \"city\"\nratio = \"0.5\"\n",
        expect![[r#"
        city.toml:16: nothing says who bears what the payers leave; add `rest = "bank"`
        city.toml:16: the pool pays nothing; add a [[pool.payer]] with `party = "pool"`"#]],
    );
    check(
        "rest = \"bank\"\n[[pool.payer]]\nparty = \"pool\"\nratio = \"0.5\"\nliability_ceiling = \"1.5\"\n[[pool.payer.cap]]\nid = \"k\"\nscope = \"claim\"\n",
        expect![[r#"
            city.toml:26: the ceiling `1.5` is not a part of the liability; write 80 % as `0.8`; at most 1
            city.toml:27: a cap has exactly one of `amount`, `by_business_year`, `share_of_filed` and `share_of_balance`; write `by_business_year = ["…", "…"]` for the first, the later years"#]],
    );
}

#[test]
fn a_text_lost_between_encodings_is_refused() {
    let file = HEAD.replace("测试办法", "测\u{fffd}\u{fffd}");
    expect!["city.toml:9: the text has characters that were lost between two encodings (U+FFFD); save the original as UTF-8 and copy the words anew"].assert_eq(&load(&file).unwrap_err().in_file("city.toml"));
}

#[test]
fn ten_thousand_rules_are_refused() {
    let clause = |number: usize| format!("[[clause]]\nid = \"x{number}\"\nheading = \"一\"\ntext = \"二\"\n");
    let many: String = (0..2000).map(clause).collect();
    expect!["city.toml:1: the file has 2001 rules, the limit is 1000; split the rulebook"]
        .assert_eq(&load(&format!("{HEAD}{many}")).unwrap_err().in_file("city.toml"));
    let more: String = (0..10_000).map(clause).collect();
    expect![
        "city.toml:1: the file has 529154 bytes, the limit is 262144; shorten the clauses to the words that decide"
    ]
    .assert_eq(&load(&format!("{HEAD}{more}")).unwrap_err().in_file("city.toml"));
}
