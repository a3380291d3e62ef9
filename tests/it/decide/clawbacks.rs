//! Clawbacks: demanded in parts, received in parts, never more than paid; room under the cap as the rulebook says.

use expect_test::expect;

use super::script::check;

#[test]
fn demanded_and_received_in_parts() {
    check(
        "
        use loan
        2026-02-01 enterprise A/chen apply S1 insurance,cost=100000,by=V1 guarantee,cost=300000,by=V2
        2026-02-01 officer wang demand S1 amount=1
        2026-02-02 officer wang approve S1
        2026-02-02 officer wang demand S1 amount=1
        2026-02-03 finance zhao pay S1
        2026-02-04 finance zhao receive S1 amount=1
        2026-02-04 officer wang demand S1 amount=1 effective=2026-02-02
        2026-02-04 officer wang demand S1 amount=200000.01
        2026-02-04 officer wang demand S1 amount=60000 zh
        2026-02-05 finance zhao receive S1 amount=60000.01
        2026-02-05 finance zhao receive S1 amount=1 effective=2026-02-02
        2026-02-05 finance zhao receive S1 amount=55000
        ? application S1
        ? cap A
        ? budget 2026
        2026-02-06 enterprise A/chen apply S2 insurance,cost=200000,by=V3
        2026-02-07 finance zhao receive S1 amount=5000
        2026-02-08 finance zhao receive S1 amount=1
        2026-02-09 officer wang demand S1 amount=140000.01
        2026-02-09 officer wang demand S1 amount=140000
        2026-02-10 finance zhao receive S1 amount=140000
        ? application S1
        ? cap A
        ? budget 2026
        ",
        expect![[r#"
            apply S1: submitted 200000.00 under hebi-2017@1 [insurance 50000.00 ratio; guarantee 150000.00 ratio]
                Granted 200,000.00 in all. Granted 50,000.00: half of the premium of 100,000.00. Granted 150,000.00: half of the guarantee fee of 300,000.00.
                Dr budget/ip-finance/2026/reserved 200000.00, Cr budget/ip-finance/2026/available 200000.00
            demand S1: REJECTED STATE_FORBIDS application_id: `S1` is submitted; expected paid or clawback-demanded or clawed-back
            approve S1: approved
                Dr subsidy/expense/insurance 50000.00, Cr subsidy/payable/A 50000.00, Dr subsidy/expense/guarantee 150000.00, Cr subsidy/payable/A 150000.00
            demand S1: REJECTED STATE_FORBIDS application_id: `S1` is approved; expected paid or clawback-demanded or clawed-back
            pay S1: paid
                Dr subsidy/payable/A 200000.00, Cr treasury/cash 200000.00, Dr budget/ip-finance/2026/spent 200000.00, Cr budget/ip-finance/2026/reserved 200000.00
            receive S1: REJECTED STATE_FORBIDS application_id: `S1` is paid; expected clawback-demanded
            demand S1: REJECTED DATE_OUT_OF_RANGE effective_date: `2026-02-02` is before the day of payment (2026-02-03); expected that day or later
            demand S1: REJECTED AMOUNT_EXCEEDS amount: `200000.01` is more than what was paid and not demanded yet (200000.00); expected at most 200000.00
            demand S1: clawback-demanded 60000.00, by line 50000.00 10000.00
                Dr subsidy/clawback/A 50000.00, Cr subsidy/expense/insurance 50000.00, Dr subsidy/clawback/A 10000.00, Cr subsidy/expense/guarantee 10000.00
            receive S1: REJECTED AMOUNT_EXCEEDS amount: `60000.01` is more than what is still demanded (60000.00); expected at most 60000.00
            receive S1: REJECTED DATE_OUT_OF_RANGE effective_date: `2026-02-02` is before the day of payment (2026-02-03); expected that day or later
            receive S1: clawback-demanded, received 55000.00
                Dr treasury/cash 55000.00, Cr subsidy/clawback/A 55000.00, Dr budget/ip-finance/2026/available 55000.00, Cr budget/ip-finance/2026/spent 55000.00
            ? application S1: clawback-demanded, granted 200000.00, demanded 60000.00, received back 55000.00
            ? cap A: pledge-cost-year 2026 145000.00
            ? budget 2026: appropriated 10000000.00, available 9855000.00, reserved 0.00, spent 145000.00
            apply S2: submitted 55000.00 under hebi-2017@1 [insurance 55000.00 year-cap]
                Granted 55,000.00: half of the premium would be 100,000.00, but 55,000.00 of the 200,000.00 for 2026 was left.
                Dr budget/ip-finance/2026/reserved 55000.00, Cr budget/ip-finance/2026/available 55000.00
            receive S1: clawed-back, received 5000.00
                Dr treasury/cash 5000.00, Cr subsidy/clawback/A 5000.00, Dr budget/ip-finance/2026/available 5000.00, Cr budget/ip-finance/2026/spent 5000.00
            receive S1: REJECTED STATE_FORBIDS application_id: `S1` is clawed-back; expected clawback-demanded
            demand S1: REJECTED AMOUNT_EXCEEDS amount: `140000.01` is more than what was paid and not demanded yet (140000.00); expected at most 140000.00
            demand S1: clawback-demanded 140000.00, by line 0.00 140000.00
                Dr subsidy/clawback/A 140000.00, Cr subsidy/expense/guarantee 140000.00
            receive S1: clawed-back, received 140000.00
                Dr treasury/cash 140000.00, Cr subsidy/clawback/A 140000.00, Dr budget/ip-finance/2026/available 140000.00, Cr budget/ip-finance/2026/spent 140000.00
            ? application S1: clawed-back, granted 200000.00, demanded 200000.00, received back 200000.00
            ? cap A: pledge-cost-year 2026 55000.00
            ? budget 2026: appropriated 10000000.00, available 9945000.00, reserved 55000.00, spent 0.00
        "#]],
    );
}

#[test]
fn a_clawback_without_new_room() {
    check(
        "
        use loan no-restore
        2026-02-01 enterprise A/chen apply S1 insurance,cost=400000,by=V1
        2026-02-02 officer wang approve S1
        2026-02-03 finance zhao pay S1
        2026-02-04 officer wang demand S1 amount=200000
        2026-02-05 finance zhao receive S1 amount=200000
        ? cap A
        ? budget 2026
        2026-02-06 enterprise A/chen apply S2 insurance,cost=1000,by=V2
        ",
        expect![[r#"
            apply S1: submitted 200000.00 under hebi-2017@1 [insurance 200000.00 ratio]
                Granted 200,000.00: half of the premium of 400,000.00.
                Dr budget/ip-finance/2026/reserved 200000.00, Cr budget/ip-finance/2026/available 200000.00
            approve S1: approved
                Dr subsidy/expense/insurance 200000.00, Cr subsidy/payable/A 200000.00
            pay S1: paid
                Dr subsidy/payable/A 200000.00, Cr treasury/cash 200000.00, Dr budget/ip-finance/2026/spent 200000.00, Cr budget/ip-finance/2026/reserved 200000.00
            demand S1: clawback-demanded 200000.00, by line 200000.00
                Dr subsidy/clawback/A 200000.00, Cr subsidy/expense/insurance 200000.00
            receive S1: clawed-back, received 200000.00
                Dr treasury/cash 200000.00, Cr subsidy/clawback/A 200000.00
            ? cap A: pledge-cost-year 2026 200000.00
            ? budget 2026: appropriated 10000000.00, available 9800000.00, reserved 0.00, spent 200000.00
            apply S2: refused 0.00 under hebi-2017@1 REFUSED YEAR_CAP_USED_UP (this year's cap is used up; costs paid in another year count toward that year) [insurance 0.00 year-cap YEAR_CAP_USED_UP]
                Nothing granted: half of the premium would be 500.00, but nothing of the 200,000.00 for 2026 was left.
        "#]],
    );
}
