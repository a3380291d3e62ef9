//! Days and years: Shanghai's midnight, the year of a payment, closed months.

use expect_test::expect;

use super::script::check;

/// 15:59:59Z is still the old year in Shanghai, 16:00:00Z the new one.
#[test]
fn the_year_changes_at_midnight_in_shanghai() {
    check(
        "
        use loan
        2026-12-31T15:59:59Z enterprise A/chen apply S1 insurance,cost=400000,by=V1
        2026-12-31T16:00:00Z enterprise A/chen apply S2 insurance,cost=400000,by=V2
        2026-12-31T16:00:01Z finance zhao appropriate amount=1000000 year=2027
        2026-12-31T16:00:02Z enterprise A/chen apply S3 insurance,cost=400000,by=V2
        2026-12-31T16:00:03Z enterprise A/chen apply S4 insurance,cost=2,by=V3,paid=2026-12-31
        ? cap A
        ? budget 2026
        ? budget 2027
        ",
        expect![[r#"
            apply S1: submitted 200000.00 under hebi-2017@1 [insurance 200000.00 ratio]
                Granted 200,000.00: half of the premium of 400,000.00.
                Dr budget/ip-finance/2026/reserved 200000.00, Cr budget/ip-finance/2026/available 200000.00
            apply S2: refused 0.00 under hebi-2017@1 REFUSED BUDGET_USED_UP (the budget of the year is used up; wait for an additional appropriation and submit again) [insurance 0.00 budget BUDGET_USED_UP]
                Nothing granted: half of the premium would be 200,000.00, but nothing of the budget `ip-finance` for 2027 was left.
            appropriate: done
                Dr budget/ip-finance/2027/available 1000000.00, Cr budget/ip-finance/2027/appropriated 1000000.00
            apply S3: submitted 200000.00 under hebi-2017@1 [insurance 200000.00 ratio]
                Granted 200,000.00: half of the premium of 400,000.00.
                Dr budget/ip-finance/2027/reserved 200000.00, Cr budget/ip-finance/2027/available 200000.00
            apply S4: refused 0.00 under hebi-2017@1 REFUSED YEAR_CAP_USED_UP (this year's cap is used up; costs paid in another year count toward that year) [insurance 0.00 year-cap YEAR_CAP_USED_UP]
                Nothing granted: half of the premium would be 1.00, but nothing of the 200,000.00 for 2026 was left.
            ? cap A: pledge-cost-year 2026 200000.00, pledge-cost-year 2027 200000.00
            ? budget 2026: appropriated 10000000.00, available 9800000.00, reserved 200000.00, spent 0.00
            ? budget 2027: appropriated 1000000.00, available 800000.00, reserved 200000.00, spent 0.00
        "#]],
    );
}

#[test]
fn a_closed_month_takes_nothing_and_its_costs_arrive_later() {
    check(
        "
        use loan
        2026-12-20 bank icbc/li pay-interest I1 loan=L1 amount=100000
        2026-12-30 enterprise A/chen apply S0 insurance,cost=300000,by=V9
        2026-12-31 finance zhao close-month 2026-12 zh
        2027-01-02 finance zhao appropriate amount=1000000 year=2027
        2027-01-02 finance zhao close-month 2027-01
        2027-01-02 finance zhao close-month-over 2026-12
        2027-01-02 finance zhao close-month 2026-12 zh
        2027-01-03 enterprise A/chen apply S1 interest,cost=100000,by=I1,paid=2026-12-20 effective=2026-12-31 zh
        2027-01-03 enterprise A/chen apply S2 interest,cost=100000,by=I1,paid=2026-12-20
        2027-01-03 enterprise A/chen apply S3 insurance,cost=100000,by=V1,paid=2026-12-20
        ? cap A
        ? budget 2027
        # November is still open.
        2027-01-03 bank icbc/li repay L1 amount=1 effective=2026-11-30
        2027-01-03 bank icbc/li repay L1 amount=1 effective=2026-12-01
        2027-01-03 officer wang approve S0 effective=2026-12-30
        2027-01-03 officer wang approve S0
        2027-01-04 finance zhao pay S0
        ? budget 2026
        ",
        expect![[r#"
            pay-interest I1: repaying, outstanding 5000000.00, exposure 2500000.00
            apply S0: submitted 150000.00 under hebi-2017@1 [insurance 150000.00 ratio]
                Granted 150,000.00: half of the premium of 300,000.00.
                Dr budget/ip-finance/2026/reserved 150000.00, Cr budget/ip-finance/2026/available 150000.00
            close-month 2026-12: REJECTED DATE_OUT_OF_RANGE month: `2026-12` is not over; expected a month before 2026-12
                “2026-12”尚未结束；应早于 2026-12
            appropriate: done
                Dr budget/ip-finance/2027/available 1000000.00, Cr budget/ip-finance/2027/appropriated 1000000.00
            close-month 2027-01: REJECTED DATE_OUT_OF_RANGE month: `2027-01` is not over; expected a month before 2027-01
            close-month-over 2026-12: closed over 5 open items
            close-month 2026-12: REJECTED STATE_FORBIDS month: `2026-12` is closed; expected open
                “2026-12”当前状态为“已结账”；应为未结账
            apply S1: REJECTED PERIOD_CLOSED effective_date: `2026-12-31` lies in a closed month; set `book_late` to record it in the next open one, or correct it
                “2026-12-31”所在月份已结账；请设置 book_late 记入下一未结账月份，或更正日期
            apply S2: submitted 50000.00 under hebi-2017@1 [interest 50000.00 ratio]
                Granted 50,000.00: half of the interest of 100,000.00.
                Dr budget/ip-finance/2027/reserved 50000.00, Cr budget/ip-finance/2027/available 50000.00
            apply S3: refused 0.00 under hebi-2017@1 REFUSED YEAR_CAP_USED_UP (this year's cap is used up; costs paid in another year count toward that year) [insurance 0.00 year-cap YEAR_CAP_USED_UP]
                Nothing granted: half of the premium would be 50,000.00, but nothing of the 200,000.00 for 2026 was left.
            ? cap A: pledge-cost-year 2026 200000.00
            ? budget 2027: appropriated 1000000.00, available 950000.00, reserved 50000.00, spent 0.00
            repay L1: repaying, outstanding 4999999.00, exposure 2499999.50
                Cr pool/hebi-pool/exposure 0.50, Dr pool/hebi-pool/exposure-contra 0.50
            repay L1: REJECTED PERIOD_CLOSED effective_date: `2026-12-01` lies in a closed month; set `book_late` to record it in the next open one, or correct it
            approve S0: REJECTED PERIOD_CLOSED effective_date: `2026-12-30` lies in a closed month; set `book_late` to record it in the next open one, or correct it
            approve S0: approved
                Dr subsidy/expense/insurance 150000.00, Cr subsidy/payable/A 150000.00
            pay S0: paid
                Dr subsidy/payable/A 150000.00, Cr treasury/cash 150000.00, Dr budget/ip-finance/2026/spent 150000.00, Cr budget/ip-finance/2026/reserved 150000.00
            ? budget 2026: appropriated 10000000.00, available 9850000.00, reserved 0.00, spent 150000.00
        "#]],
    );
}

#[test]
fn nothing_takes_effect_in_the_future() {
    check(
        "
        use loan
        2026-03-01 bank icbc/li repay L1 amount=1 effective=2026-03-02 zh
        2026-03-01 officer wang blacklist X1 enterprise=A effective=2026-03-02
        ",
        expect![[r#"
            repay L1: REJECTED DATE_OUT_OF_RANGE effective_date: `2026-03-02` is in the future; expected 2026-03-01 (today in Asia/Shanghai) or earlier
                “2026-03-02”为将来日期；不得晚于今天（2026-03-01）
            blacklist X1: REJECTED DATE_OUT_OF_RANGE effective_date: `2026-03-02` is in the future; expected 2026-03-01 (today in Asia/Shanghai) or earlier
        "#]],
    );
}
