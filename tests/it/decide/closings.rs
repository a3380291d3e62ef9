//! Closing runs: the year's approvals in proportion to its budget, each once, all of them at once.

use expect_test::expect;

use super::script::check;

/// A year with two applicants and half of the money.
const YEAR: &str = "
    2026-01-04 operator op register-enterprise A
    2026-01-04 operator op register-enterprise B
    2026-01-04 operator op register-enterprise C
    2026-01-04 operator op adopt closing
    2026-01-04 finance zhao appropriate amount=500000
    2026-05-01 enterprise A/chen apply S1 programme=grants loan=none valuation,cost=200000,by=V1
    2026-05-02 enterprise B/deng apply S2 enterprise=B programme=grants loan=none valuation,cost=1500000,by=V2 guarantee,cost=300000,by=V3
";

fn year(rest: &str) -> String {
    format!("{YEAR}{rest}")
}

/// A1 of the worked cases, from the application to the payment.
#[test]
fn approvals_beyond_the_budget_are_paid_in_proportion() {
    check(
        &year(
            "
        ? budget 2026
        2026-06-01 officer wang approve S1
        2026-06-01 finance zhao pay S1
        2026-12-20 officer li run-closing programme=grants
        2026-12-20 officer wang approve S2
        2026-12-20 officer chen run-closing programme=grants
        2026-12-20 officer li run-closing K programme=grants zh
        ? budget 2026
        ? application S1
        2026-12-21 officer li run-closing programme=grants
        2026-12-21 finance li pay S1
        2026-12-21 finance zhao pay S1
        2026-12-22 officer wang refuse S2
        ? budget 2026
        2026-12-23 enterprise C/du apply S3 enterprise=C programme=grants loan=none valuation,cost=10000,by=V4 zh
        ",
        ),
        expect![[r#"
            register-enterprise A: done
            register-enterprise B: done
            register-enterprise C: done
            adopt closing: adopted tongliang-2025@1
            appropriate: done
                Dr budget/ip-finance/2026/available 500000.00, Cr budget/ip-finance/2026/appropriated 500000.00
            apply S1: submitted 100000.00 under tongliang-2025@1 [valuation 100000.00 ratio]
                Granted 100,000.00: half of the valuation fee of 200,000.00.
            apply S2: submitted 900000.00 under tongliang-2025@1 [valuation 750000.00 ratio; guarantee 150000.00 ratio]
                Granted 900,000.00 in all. Granted 750,000.00: half of the valuation fee of 1,500,000.00. Granted 150,000.00: half of the guarantee fee of 300,000.00.
            ? budget 2026: appropriated 500000.00, available 500000.00, reserved 0.00, spent 0.00
            approve S1: awaiting-closing
            pay S1: REJECTED STATE_FORBIDS application_id: `S1` is awaiting-closing; expected approved
            run-closing: REJECTED STATE_FORBIDS year: `S2` is submitted; expected awaiting-closing
            approve S2: awaiting-closing
            run-closing: REJECTED SAME_PERSON year: `chen` submitted one of them; expected another person
            run-closing K: grants 2026 closed: budget 500000.00, approved 1000000.00, paid 500000.00, 2 shares
              1: application 6 approved 50000.00 [50000.00]
                Paid 50,000.00 of the 100,000.00 approved: the budget has 500,000.00 for 1,000,000.00 approved in all.
                核定100,000.00元，兑付50,000.00元：全部核定1,000,000.00元，预算500,000.00元，按比例折算。
                Dr budget/ip-finance/2026/reserved 50000.00, Cr budget/ip-finance/2026/available 50000.00, Dr subsidy/expense/valuation 50000.00, Cr subsidy/payable/A 50000.00
              2: application 7 approved 450000.00 [375000.00 75000.00]
                Granted 450,000.00 in all. Paid 375,000.00 of the 750,000.00 approved: the budget has 500,000.00 for 1,000,000.00 approved in all. Paid 75,000.00 of the 150,000.00 approved: the budget has 500,000.00 for 1,000,000.00 approved in all.
                合计准予450,000.00元。核定750,000.00元，兑付375,000.00元：全部核定1,000,000.00元，预算500,000.00元，按比例折算。核定150,000.00元，兑付75,000.00元：全部核定1,000,000.00元，预算500,000.00元，按比例折算。
                Dr budget/ip-finance/2026/reserved 450000.00, Cr budget/ip-finance/2026/available 450000.00, Dr subsidy/expense/valuation 375000.00, Cr subsidy/payable/B 375000.00, Dr subsidy/expense/guarantee 75000.00, Cr subsidy/payable/B 75000.00
            ? budget 2026: appropriated 500000.00, available 0.00, reserved 500000.00, spent 0.00
            ? application S1: approved, granted 50000.00, demanded 0.00, received back 0.00
            run-closing: REJECTED STATE_FORBIDS year: `grants 2026, by entry 10` is closed; expected open
            pay S1: REJECTED SAME_PERSON application_id: `li` made the closing run; expected another person
            pay S1: paid
                Dr subsidy/payable/A 50000.00, Cr treasury/cash 50000.00, Dr budget/ip-finance/2026/spent 50000.00, Cr budget/ip-finance/2026/reserved 50000.00
            refuse S2: refused
                Dr budget/ip-finance/2026/available 450000.00, Cr budget/ip-finance/2026/reserved 450000.00, Dr subsidy/payable/B 375000.00, Cr subsidy/expense/valuation 375000.00, Dr subsidy/payable/B 75000.00, Cr subsidy/expense/guarantee 75000.00
            ? budget 2026: appropriated 500000.00, available 450000.00, reserved 0.00, spent 50000.00
            apply S3: refused 0.00 under tongliang-2025@1 REFUSED BUDGET_USED_UP (the budget of the year is used up; wait for an additional appropriation and submit again) [valuation 0.00 budget BUDGET_USED_UP]
                Nothing granted: the closing run of 2026 was made already.
                不予补助：2026年度已按比例折算兑付,不再受理。
        "#]],
    );
}

/// C17 of the worked cases: the fen go to the largest remainders, ties to the earlier application.
#[test]
fn the_parts_sum_to_the_budget() {
    check(
        "
        2026-01-04 operator op register-enterprise A
        2026-01-04 operator op register-enterprise B
        2026-01-04 operator op register-enterprise C
        2026-01-04 operator op adopt closing
        2026-01-04 finance zhao appropriate amount=500000
        2026-05-01 enterprise A/chen apply S1 programme=grants loan=none valuation,cost=666666.66,by=V1
        2026-05-02 enterprise B/deng apply S2 enterprise=B programme=grants loan=none valuation,cost=666666.66,by=V2
        2026-05-02 enterprise C/deng apply S3 enterprise=C programme=grants loan=none valuation,cost=666666.68,by=V3
        2026-05-03 enterprise C/deng apply S4 enterprise=C programme=grants loan=none valuation,cost=5,by=V4
        2026-05-04 enterprise C/deng withdraw S4
        2026-06-01 officer wang approve S1
        2026-06-01 officer wang approve S2
        2026-06-01 officer wang approve S3
        2026-06-01 officer wang run-closing K programme=grants
        ? budget 2026
        ",
        expect![[r#"
            register-enterprise A: done
            register-enterprise B: done
            register-enterprise C: done
            adopt closing: adopted tongliang-2025@1
            appropriate: done
                Dr budget/ip-finance/2026/available 500000.00, Cr budget/ip-finance/2026/appropriated 500000.00
            apply S1: submitted 333333.33 under tongliang-2025@1 [valuation 333333.33 ratio]
                Granted 333,333.33: half of the valuation fee of 666,666.66.
            apply S2: submitted 333333.33 under tongliang-2025@1 [valuation 333333.33 ratio]
                Granted 333,333.33: half of the valuation fee of 666,666.66.
            apply S3: submitted 333333.34 under tongliang-2025@1 [valuation 333333.34 ratio]
                Granted 333,333.34: half of the valuation fee of 666,666.68.
            apply S4: submitted 2.50 under tongliang-2025@1 [valuation 2.50 ratio]
                Granted 2.50: half of the valuation fee of 5.00.
            withdraw S4: withdrawn
            approve S1: awaiting-closing
            approve S2: awaiting-closing
            approve S3: awaiting-closing
            run-closing K: grants 2026 closed: budget 500000.00, approved 1000000.00, paid 500000.00, 3 shares
              1: application 6 approved 166666.67 [166666.67]
                Paid 166,666.67 of the 333,333.33 approved: the budget has 500,000.00 for 1,000,000.00 approved in all.
                Dr budget/ip-finance/2026/reserved 166666.67, Cr budget/ip-finance/2026/available 166666.67, Dr subsidy/expense/valuation 166666.67, Cr subsidy/payable/A 166666.67
              2: application 7 approved 166666.66 [166666.66]
                Paid 166,666.66 of the 333,333.33 approved: the budget has 500,000.00 for 1,000,000.00 approved in all.
                Dr budget/ip-finance/2026/reserved 166666.66, Cr budget/ip-finance/2026/available 166666.66, Dr subsidy/expense/valuation 166666.66, Cr subsidy/payable/B 166666.66
              3: application 8 approved 166666.67 [166666.67]
                Paid 166,666.67 of the 333,333.34 approved: the budget has 500,000.00 for 1,000,000.00 approved in all.
                Dr budget/ip-finance/2026/reserved 166666.67, Cr budget/ip-finance/2026/available 166666.67, Dr subsidy/expense/valuation 166666.67, Cr subsidy/payable/C 166666.67
            ? budget 2026: appropriated 500000.00, available 0.00, reserved 500000.00, spent 0.00
        "#]],
    );
}

/// A year may be closed with money left, with nobody waiting, and with nothing to give.
#[test]
fn within_the_budget_everybody_is_paid_in_full_and_without_one_nobody() {
    check(
        "
        2026-01-04 operator op register-enterprise A
        2026-01-04 operator op adopt closing
        2026-01-04 officer wang run-closing programme=grants
        2026-01-04 finance zhao appropriate amount=500000
        2026-01-05 officer wang run-closing programme=nothing
        2026-01-05 officer wang run-closing programme=grants year=2027
        2026-01-05 bank icbc/li run-closing programme=grants
        2026-05-01 enterprise A/chen apply S1 programme=grants loan=none valuation,cost=100,by=V1
        2026-06-01 officer wang approve S1
        2026-06-02 officer wang run-closing programme=grants effective=2026-05-31
        2026-06-02 officer wang run-closing K programme=grants
        2026-06-03 finance zhao pay S1
        2027-01-04 finance zhao appropriate amount=1 year=2027
        2027-01-05 officer wang run-closing programme=grants year=2027
        2027-01-05 finance zhao appropriate amount=0.01 year=2028
        2028-02-01 finance zhao adjust amount=-0.01 year=2028
        2028-02-01 enterprise A/chen apply S2 programme=grants loan=none valuation,cost=100,by=V2
        2028-02-02 officer wang approve S2
        2028-02-02 officer wang run-closing K programme=grants year=2028 zh
        ? application S2
        ? invoice V2
        ",
        expect![[r#"
            register-enterprise A: done
            adopt closing: adopted tongliang-2025@1
            run-closing: REJECTED BUDGET_UNKNOWN year: nothing was appropriated to `ip-finance` for 2026; use AppropriateBudget first
            appropriate: done
                Dr budget/ip-finance/2026/available 500000.00, Cr budget/ip-finance/2026/appropriated 500000.00
            run-closing: REJECTED PROGRAMME_UNKNOWN programme_id: no adopted rulebook has a programme `nothing`; see ListRulebooks
            run-closing: REJECTED DATE_OUT_OF_RANGE year: `2027` has not begun; expected 2026 or earlier
            run-closing: REJECTED PERMISSION_DENIED role `bank` may not do this; expected officer
            apply S1: submitted 50.00 under tongliang-2025@1 [valuation 50.00 ratio]
                Granted 50.00: half of the valuation fee of 100.00.
            approve S1: awaiting-closing
            run-closing: REJECTED DATE_OUT_OF_RANGE effective_date: `2026-05-31` is before the day of an approval (2026-06-01); expected that day or later
            run-closing K: grants 2026 closed: budget 500000.00, approved 50.00, paid 50.00, 1 shares
              1: application 4 approved 50.00 [50.00]
                Paid 50.00 of the 50.00 approved: the budget has 500,000.00 for 50.00 approved in all.
                Dr budget/ip-finance/2026/reserved 50.00, Cr budget/ip-finance/2026/available 50.00, Dr subsidy/expense/valuation 50.00, Cr subsidy/payable/A 50.00
            pay S1: paid
                Dr subsidy/payable/A 50.00, Cr treasury/cash 50.00, Dr budget/ip-finance/2026/spent 50.00, Cr budget/ip-finance/2026/reserved 50.00
            appropriate: done
                Dr budget/ip-finance/2027/available 1.00, Cr budget/ip-finance/2027/appropriated 1.00
            run-closing: grants 2027 closed: budget 1.00, approved 0.00, paid 0.00, 0 shares
            appropriate: done
                Dr budget/ip-finance/2028/available 0.01, Cr budget/ip-finance/2028/appropriated 0.01
            adjust: done
                Cr budget/ip-finance/2028/available 0.01, Dr budget/ip-finance/2028/appropriated 0.01
            apply S2: submitted 50.00 under tongliang-2025@1 [valuation 50.00 ratio]
                Granted 50.00: half of the valuation fee of 100.00.
            approve S2: awaiting-closing
            run-closing K: grants 2028 closed: budget 0.00, approved 50.00, paid 0.00, 1 shares
              1: application 13 refused 0.00 [0.00]
                Paid 0.00 of the 50.00 approved: the budget has 0.00 for 50.00 approved in all.
                核定50.00元，兑付0.00元：全部核定50.00元，预算0.00元，按比例折算。
            ? application S2: refused, granted 0.00, demanded 0.00, received back 0.00
            ? invoice V2: total 100.00, used 0.00, cancelled 0.00, left 100.00, overused 0.00
        "#]],
    );
}

/// Who files late waits for the next year, where the rulebook says so.
#[test]
fn a_late_application_waits_for_the_next_year() {
    check(
        "
        2026-01-04 operator op register-enterprise A
        2026-01-04 operator op adopt closing-late
        2026-01-04 finance zhao appropriate amount=500000
        2026-11-30 officer wang run-closing programme=grants
        2026-12-01 enterprise A/chen apply S1 programme=grants loan=none valuation,cost=100,by=V1
        2026-12-02 officer wang approve S1
        2027-01-04 finance zhao appropriate amount=20 year=2027
        2027-01-05 officer wang run-closing K programme=grants year=2027
        2027-01-06 finance zhao pay S1
        ? budget 2027
        ",
        expect![[r#"
            register-enterprise A: done
            adopt closing-late: adopted tongliang-2025@1
            appropriate: done
                Dr budget/ip-finance/2026/available 500000.00, Cr budget/ip-finance/2026/appropriated 500000.00
            run-closing: grants 2026 closed: budget 500000.00, approved 0.00, paid 0.00, 0 shares
            apply S1: submitted 50.00 under tongliang-2025@1 [valuation 50.00 ratio]
                Granted 50.00: half of the valuation fee of 100.00.
            approve S1: awaiting-closing
            appropriate: done
                Dr budget/ip-finance/2027/available 20.00, Cr budget/ip-finance/2027/appropriated 20.00
            run-closing K: grants 2027 closed: budget 20.00, approved 50.00, paid 20.00, 1 shares
              1: application 5 approved 20.00 [20.00]
                Paid 20.00 of the 50.00 approved: the budget has 20.00 for 50.00 approved in all.
                Dr budget/ip-finance/2027/reserved 20.00, Cr budget/ip-finance/2027/available 20.00, Dr subsidy/expense/valuation 20.00, Cr subsidy/payable/A 20.00
            pay S1: paid
                Dr subsidy/payable/A 20.00, Cr treasury/cash 20.00, Dr budget/ip-finance/2027/spent 20.00, Cr budget/ip-finance/2027/reserved 20.00
            ? budget 2027: appropriated 20.00, available 0.00, reserved 0.00, spent 20.00
        "#]],
    );
}

/// What is paid as approved has no closing run.
#[test]
fn a_programme_without_a_closing_run_has_none() {
    check(
        "
        use loan
        2026-03-01 officer wang run-closing
        ",
        expect![[r#"
            run-closing: REJECTED STATE_FORBIDS programme_id: `pledge-cost` is paid as approved; expected with a closing run
        "#]],
    );
}
