//! Budget lines: appropriated, adjusted, used up, partly enough.

use expect_test::expect;

use super::script::check;

#[test]
fn a_budget_is_appropriated_and_adjusted() {
    check(
        "
        2026-01-04 finance zhao adjust amount=100 zh
        2026-01-04 finance zhao appropriate amount=1000
        2026-01-04 finance zhao appropriate amount=500
        2026-01-04 finance zhao appropriate amount=500 year=2027
        2026-01-04 finance zhao appropriate amount=500 year=2025 zh
        2026-01-04 finance zhao adjust amount=100
        2026-01-04 finance zhao adjust amount=-1600.01
        2026-01-04 finance zhao adjust amount=-600
        ? budget 2026
        ? budget 2027
        ",
        expect![[r#"
            adjust: REJECTED BUDGET_UNKNOWN budget_line_id: nothing was appropriated to `ip-finance` for 2026; use AppropriateBudget
                “ip-finance”2026年度未下达预算；请先下达
            appropriate: done
                Dr budget/ip-finance/2026/available 1000.00, Cr budget/ip-finance/2026/appropriated 1000.00
            appropriate: done
                Dr budget/ip-finance/2026/available 500.00, Cr budget/ip-finance/2026/appropriated 500.00
            appropriate: done
                Dr budget/ip-finance/2027/available 500.00, Cr budget/ip-finance/2027/appropriated 500.00
            appropriate: REJECTED DATE_OUT_OF_RANGE year: `2025` is before the effective date's year (2026)
                “2025”早于生效日所在年度（2026）
            adjust: done
                Dr budget/ip-finance/2026/available 100.00, Cr budget/ip-finance/2026/appropriated 100.00
            adjust: REJECTED AMOUNT_EXCEEDS amount: `1600.01` is more than what is available (1600.00); expected at most 1600.00
            adjust: done
                Cr budget/ip-finance/2026/available 600.00, Dr budget/ip-finance/2026/appropriated 600.00
            ? budget 2026: appropriated 1000.00, available 1000.00, reserved 0.00, spent 0.00
            ? budget 2027: appropriated 500.00, available 500.00, reserved 0.00, spent 0.00
        "#]],
    );
}

#[test]
fn a_budget_grants_what_it_has_and_then_nothing() {
    check(
        "
        use loan
        2026-02-01 finance zhao adjust amount=-9999000
        2026-02-01 enterprise A/chen apply S1 insurance,cost=1000,by=V1 guarantee,cost=1600,by=V2 valuation,cost=10,by=V3 zh
        ? budget 2026
        ? cap A
        2026-02-02 enterprise A/chen apply S2 insurance,cost=10,by=V4 zh
        2026-02-03 finance zhao adjust amount=-0.01
        2026-02-03 officer wang refuse S1
        2026-02-03 finance zhao adjust amount=-300
        2026-02-04 enterprise A/chen apply S3 insurance,cost=2000,by=V4
        2026-02-05 officer wang approve S3
        2026-02-06 finance zhao pay S3
        2026-02-07 finance zhao adjust amount=-1
        ? budget 2026
        ",
        expect![[r#"
            adjust: done
                Cr budget/ip-finance/2026/available 9999000.00, Dr budget/ip-finance/2026/appropriated 9999000.00
            apply S1: submitted 1000.00 under hebi-2017@1 [insurance 500.00 ratio; guarantee 500.00 budget; valuation 0.00 budget BUDGET_USED_UP]
                Granted 1,000.00 in all. Granted 500.00: half of the premium of 1,000.00. Granted 500.00: half of the guarantee fee would be 800.00, but 500.00 of the budget `ip-finance` for 2026 was left. Nothing granted: half of the valuation fee would be 5.00, but nothing of the budget `ip-finance` for 2026 was left.
                合计准予1,000.00元。准予补助500.00元：保险费1,000.00元的50%。准予补助500.00元：担保费的50%为800.00元，但2026年度预算（ip-finance）仅剩500.00元。不予补助：评估费的50%为5.00元，但2026年度预算（ip-finance）已用完。
                Dr budget/ip-finance/2026/reserved 1000.00, Cr budget/ip-finance/2026/available 1000.00
            ? budget 2026: appropriated 1000.00, available 0.00, reserved 1000.00, spent 0.00
            ? cap A: pledge-cost-year 2026 1000.00
            apply S2: refused 0.00 under hebi-2017@1 REFUSED BUDGET_USED_UP (the budget of the year is used up; wait for an additional appropriation and submit again) [insurance 0.00 budget BUDGET_USED_UP]
                Nothing granted: half of the premium would be 5.00, but nothing of the budget `ip-finance` for 2026 was left.
                不予补助：保险费的50%为5.00元，但2026年度预算（ip-finance）已用完。
            adjust: REJECTED AMOUNT_EXCEEDS amount: `0.01` is more than what is available (0.00); expected at most 0.00
            refuse S1: refused
                Dr budget/ip-finance/2026/available 1000.00, Cr budget/ip-finance/2026/reserved 1000.00
            adjust: done
                Cr budget/ip-finance/2026/available 300.00, Dr budget/ip-finance/2026/appropriated 300.00
            apply S3: submitted 700.00 under hebi-2017@1 [insurance 700.00 budget]
                Granted 700.00: half of the premium would be 1,000.00, but 700.00 of the budget `ip-finance` for 2026 was left.
                Dr budget/ip-finance/2026/reserved 700.00, Cr budget/ip-finance/2026/available 700.00
            approve S3: approved
                Dr subsidy/expense/insurance 700.00, Cr subsidy/payable/A 700.00
            pay S3: paid
                Dr subsidy/payable/A 700.00, Cr treasury/cash 700.00, Dr budget/ip-finance/2026/spent 700.00, Cr budget/ip-finance/2026/reserved 700.00
            adjust: REJECTED AMOUNT_EXCEEDS amount: `1.00` is more than what is available (0.00); expected at most 0.00
            ? budget 2026: appropriated 700.00, available 0.00, reserved 0.00, spent 700.00
        "#]],
    );
}

#[test]
fn a_fund_that_must_grow_is_held_to_it() {
    check(
        "
        2026-01-04 operator op adopt growth
        2026-01-04 finance zhao appropriate amount=1000
        2026-01-04 finance zhao appropriate amount=1000 year=2027 zh
        2026-01-04 finance zhao appropriate amount=1000.01 year=2027
        2026-01-05 finance zhao adjust amount=-0.01 year=2027
        2026-01-05 finance zhao adjust amount=0.01
        2026-01-05 finance zhao appropriate amount=500 year=2029
        2026-01-05 finance zhao appropriate line=other amount=5
        2026-01-05 finance zhao appropriate line=other amount=5 year=2027
        ",
        expect![[r#"
            adopt growth: adopted xinzheng-2013@1
            appropriate: done
                Dr budget/ip-finance/2026/available 1000.00, Cr budget/ip-finance/2026/appropriated 1000.00
            appropriate: REJECTED LIMIT_BROKEN amount: `fund-growth` of `xinzheng-2013@1`, clause `growth`, for 1000.00 in 2027: 1,000.00 does not keep to the limit: more than 1,000.00, 100 % of 1,000.00
                “xinzheng-2013@1”的“专利专项资金增长”（2027年度1000.00元）：1,000.00元不符合限制：应高于1,000.00元，即1,000.00元的100%。
            appropriate: done
                Dr budget/ip-finance/2027/available 1000.01, Cr budget/ip-finance/2027/appropriated 1000.01
            adjust: REJECTED LIMIT_BROKEN amount: `fund-growth` of `xinzheng-2013@1`, clause `growth`, for 1000.00 in 2027: 1,000.00 does not keep to the limit: more than 1,000.00, 100 % of 1,000.00
            adjust: REJECTED LIMIT_BROKEN amount: `fund-growth` of `xinzheng-2013@1`, clause `growth`, for 1000.01 in 2027: 1,000.01 does not keep to the limit: more than 1,000.01, 100 % of 1,000.01
            appropriate: done
                Dr budget/ip-finance/2029/available 500.00, Cr budget/ip-finance/2029/appropriated 500.00
            appropriate: done
                Dr budget/other/2026/available 5.00, Cr budget/other/2026/appropriated 5.00
            appropriate: done
                Dr budget/other/2027/available 5.00, Cr budget/other/2027/appropriated 5.00
        "#]],
    );
}

#[test]
fn a_fund_grows_by_more_than_the_revenue_and_an_unknown_revenue_refuses() {
    check(
        "
        2026-01-04 operator op adopt growth-of-revenue
        2026-01-04 finance zhao appropriate amount=1000
        2026-01-04 finance zhao appropriate amount=1065 year=2027 zh
        2026-01-04 finance zhao appropriate amount=1065.01 year=2027
        2026-01-04 finance zhao appropriate amount=9000 year=2028 zh
        ",
        expect![[r#"
            adopt growth-of-revenue: adopted lianyungang-2016@1
            appropriate: done
                Dr budget/ip-finance/2026/available 1000.00, Cr budget/ip-finance/2026/appropriated 1000.00
            appropriate: REJECTED LIMIT_BROKEN amount: `fund-growth` of `lianyungang-2016@1`, clause `growth`, for 1065.00 in 2027: 1,065.00 does not keep to the limit: more than 1,065.00, 1,000.00 grown by 6.5 %
                “lianyungang-2016@1”的“知识产权专项资金增幅”（2027年度1065.00元）：1,065.00元不符合限制：应高于1,065.00元，即1,000.00元按增幅6.5%增长。
            appropriate: done
                Dr budget/ip-finance/2027/available 1065.01, Cr budget/ip-finance/2027/appropriated 1065.01
            appropriate: REJECTED LIMIT_BROKEN amount: `fund-growth` of `lianyungang-2016@1`, clause `growth`, for 9000.00 in 2028: The limit cannot be judged: the rule needs a fact that is not known (reference rate)
                “lianyungang-2016@1”的“知识产权专项资金增幅”（2028年度9000.00元）：无法判断：缺少判断所需的依据（参考利率）。
        "#]],
    );
}
