//! A version that reaches back: what it gives more, takes back and leaves alone.

use expect_test::expect;

use super::script::check;

/// Pending, approved and paid awards come down: less is reserved, less is owed, and what was paid is claimed back.
#[test]
fn a_lower_rate_takes_back() {
    check(
        "
        use loan moving-1
        2026-02-01 enterprise A/chen apply S0 valuation,cost=4000,by=V0
        2026-03-01 enterprise A/chen apply S1 guarantee,cost=100000,by=V1
        2026-03-01 enterprise A/chen apply S2 insurance,cost=60000,by=V2
        2026-03-01 enterprise A/chen apply S3 valuation,cost=40000,by=V3
        2026-03-02 officer wang approve S1
        2026-03-02 officer wang approve S2
        2026-03-03 finance zhao pay S1
        2026-04-01 finance zhao close-month 2026-03
        2026-06-01 operator op adopt hebi-2-lower
        2026-06-01 officer wang correct under=hebi-2017@3
        2026-06-01 officer chen correct
        2026-06-01 officer wang correct effective=2026-03-31
        2026-06-01 officer wang correct K zh
        ? cap A
        ? application S1
        ? budget 2026
        2026-06-02 finance zhao pay S2
        2026-06-02 finance zhao receive S1 amount=20000
        2026-06-02 finance zhao receive S1 amount=5001
        2026-06-02 finance zhao receive S1 amount=5000
        ? application S1
        ? budget 2026
        2026-06-03 officer wang correct
        ",
        expect![[r#"
            apply S0: submitted 2000.00 under hebi-2017@1 [valuation 2000.00 ratio]
                Granted 2,000.00: half of the valuation fee of 4,000.00.
                Dr budget/ip-finance/2026/reserved 2000.00, Cr budget/ip-finance/2026/available 2000.00
            apply S1: submitted 50000.00 under hebi-2017@1 [guarantee 50000.00 ratio]
                Granted 50,000.00: half of the guarantee fee of 100,000.00.
                Dr budget/ip-finance/2026/reserved 50000.00, Cr budget/ip-finance/2026/available 50000.00
            apply S2: submitted 30000.00 under hebi-2017@1 [insurance 30000.00 ratio]
                Granted 30,000.00: half of the premium of 60,000.00.
                Dr budget/ip-finance/2026/reserved 30000.00, Cr budget/ip-finance/2026/available 30000.00
            apply S3: submitted 20000.00 under hebi-2017@1 [valuation 20000.00 ratio]
                Granted 20,000.00: half of the valuation fee of 40,000.00.
                Dr budget/ip-finance/2026/reserved 20000.00, Cr budget/ip-finance/2026/available 20000.00
            approve S1: approved
                Dr subsidy/expense/guarantee 50000.00, Cr subsidy/payable/A 50000.00
            approve S2: approved
                Dr subsidy/expense/insurance 30000.00, Cr subsidy/payable/A 30000.00
            pay S1: paid
                Dr subsidy/payable/A 50000.00, Cr treasury/cash 50000.00, Dr budget/ip-finance/2026/spent 50000.00, Cr budget/ip-finance/2026/reserved 50000.00
            close-month 2026-03: REJECTED OPEN_ITEMS month: `2026-03` has 2 applications without a decision, 3 unreconciled statements, 2 statements due and not signed off; decide and sign off what is open, or give `open_items_reason` (GetPeriodChecklist lists them)
            adopt hebi-2-lower: adopted hebi-2017@2
            correct: REJECTED PROGRAMME_UNKNOWN programme_id: `hebi-2017@3` is not adopted, or has no programme `pledge-cost`; see ListRulebooks
            correct: REJECTED SAME_PERSON programme_id: `chen` submitted one of them; expected another person
            correct: pledge-cost under hebi-2017@2: 3 examined, 0 left out, 0.00 more, 50000.00 less, 3 corrections
              1: application 20 clawback-demanded 50000.00 -> 25000.00 [25000.00]
                Granted 25,000.00: 25 % of the guarantee fee of 100,000.00.
                Dr subsidy/clawback/A 25000.00, Cr subsidy/expense/guarantee 25000.00
              2: application 21 approved 30000.00 -> 15000.00 [15000.00]
                Granted 15,000.00: 25 % of the premium of 60,000.00.
                Cr budget/ip-finance/2026/reserved 15000.00, Dr budget/ip-finance/2026/available 15000.00, Cr subsidy/expense/insurance 15000.00, Dr subsidy/payable/A 15000.00
              3: application 22 submitted 20000.00 -> 10000.00 [10000.00]
                Granted 10,000.00: 25 % of the valuation fee of 40,000.00.
                Cr budget/ip-finance/2026/reserved 10000.00, Dr budget/ip-finance/2026/available 10000.00
            correct K: pledge-cost under hebi-2017@2: 0 examined, 0 left out, 0.00 more, 0.00 less, 0 corrections
            ? cap A: pledge-cost-year 2026 52000.00
            ? application S1: clawback-demanded, granted 25000.00, demanded 0.00, received back 0.00, overpaid 25000.00
            ? budget 2026: appropriated 10000000.00, available 9923000.00, reserved 27000.00, spent 50000.00
            pay S2: paid
                Dr subsidy/payable/A 15000.00, Cr treasury/cash 15000.00, Dr budget/ip-finance/2026/spent 15000.00, Cr budget/ip-finance/2026/reserved 15000.00
            receive S1: clawback-demanded, received 20000.00
                Dr treasury/cash 20000.00, Cr subsidy/clawback/A 20000.00, Dr budget/ip-finance/2026/available 20000.00, Cr budget/ip-finance/2026/spent 20000.00
            receive S1: REJECTED AMOUNT_EXCEEDS amount: `5001.00` is more than what is still demanded (5000.00); expected at most 5000.00
            receive S1: clawed-back, received 5000.00
                Dr treasury/cash 5000.00, Cr subsidy/clawback/A 5000.00, Dr budget/ip-finance/2026/available 5000.00, Cr budget/ip-finance/2026/spent 5000.00
            ? application S1: clawed-back, granted 25000.00, demanded 0.00, received back 0.00
            ? budget 2026: appropriated 10000000.00, available 9948000.00, reserved 12000.00, spent 40000.00
            correct: pledge-cost under hebi-2017@2: 0 examined, 0 left out, 0.00 more, 0.00 less, 0 corrections
        "#]],
    );
}

/// More is granted in the order of arrival, within cap and budget: pending awards grow, paid ones get a supplement, and
/// what the old cap refused is granted.
#[test]
fn a_higher_rate_adds() {
    check(
        "
        use loan moving-1
        2026-03-01 enterprise A/chen apply S1 guarantee,cost=300000,by=V1
        2026-03-01 enterprise A/chen apply S2 insurance,cost=100000,by=V2
        2026-03-01 enterprise A/chen apply S3 valuation,cost=80000,by=V3
        2026-03-02 officer wang approve S1
        2026-03-03 finance zhao pay S1
        2026-06-01 operator op adopt hebi-2-higher
        2026-06-01 officer wang correct K
        ? cap A
        ? budget 2026
        2026-06-02 officer wang approve K.1
        2026-06-02 officer li approve K.1
        2026-06-03 finance zhao pay K.1
        2026-06-03 officer li approve S3
        ? budget 2026
        2026-06-04 officer wang correct
        ",
        expect![[r#"
            apply S1: submitted 150000.00 under hebi-2017@1 [guarantee 150000.00 ratio]
                Granted 150,000.00: half of the guarantee fee of 300,000.00.
                Dr budget/ip-finance/2026/reserved 150000.00, Cr budget/ip-finance/2026/available 150000.00
            apply S2: submitted 50000.00 under hebi-2017@1 [insurance 50000.00 ratio]
                Granted 50,000.00: half of the premium of 100,000.00.
                Dr budget/ip-finance/2026/reserved 50000.00, Cr budget/ip-finance/2026/available 50000.00
            apply S3: refused 0.00 under hebi-2017@1 REFUSED YEAR_CAP_USED_UP (this year's cap is used up; costs paid in another year count toward that year) [valuation 0.00 year-cap YEAR_CAP_USED_UP]
                Nothing granted: half of the valuation fee would be 40,000.00, but nothing of the 200,000.00 for 2026 was left.
            approve S1: approved
                Dr subsidy/expense/guarantee 150000.00, Cr subsidy/payable/A 150000.00
            pay S1: paid
                Dr subsidy/payable/A 150000.00, Cr treasury/cash 150000.00, Dr budget/ip-finance/2026/spent 150000.00, Cr budget/ip-finance/2026/reserved 150000.00
            adopt hebi-2-higher: adopted hebi-2017@2
            correct K: pledge-cost under hebi-2017@2: 3 examined, 0 left out, 88000.00 more, 0.00 less, 3 corrections
              1: application 19 paid 150000.00 -> 180000.00 [180000.00]
                Granted 180,000.00: 60 % of the guarantee fee of 300,000.00.
                Dr budget/ip-finance/2026/reserved 30000.00, Cr budget/ip-finance/2026/available 30000.00
              2: application 20 submitted 50000.00 -> 60000.00 [60000.00]
                Granted 60,000.00: 60 % of the premium of 100,000.00.
                Dr budget/ip-finance/2026/reserved 10000.00, Cr budget/ip-finance/2026/available 10000.00
              3: application 21 submitted 0.00 -> 48000.00 [48000.00]
                Granted 48,000.00: 60 % of the valuation fee of 80,000.00.
                Dr budget/ip-finance/2026/reserved 48000.00, Cr budget/ip-finance/2026/available 48000.00
            ? cap A: pledge-cost-year 2026 288000.00
            ? budget 2026: appropriated 10000000.00, available 9712000.00, reserved 138000.00, spent 150000.00
            approve K.1: REJECTED SAME_PERSON application_id: `wang` submitted it; expected another person
            approve K.1: approved
                Dr subsidy/expense/guarantee 30000.00, Cr subsidy/payable/A 30000.00
            pay K.1: paid
                Dr subsidy/payable/A 30000.00, Cr treasury/cash 30000.00, Dr budget/ip-finance/2026/spent 30000.00, Cr budget/ip-finance/2026/reserved 30000.00
            approve S3: approved
                Dr subsidy/expense/valuation 48000.00, Cr subsidy/payable/A 48000.00
            ? budget 2026: appropriated 10000000.00, available 9712000.00, reserved 108000.00, spent 180000.00
            correct: pledge-cost under hebi-2017@2: 0 examined, 0 left out, 0.00 more, 0.00 less, 0 corrections
        "#]],
    );
}

/// A loan keeps the version of its filing where that version began before; where the new one reaches back to the
/// filing, its loans go with it, also for what is applied for later.
#[test]
fn a_loan_keeps_its_version_unless_the_new_one_reaches_back_to_its_filing() {
    check(
        "
        use loan
        2026-03-05 bank icbc/li register-pledge G2 pledgor=A rights=P2
        2026-03-06 bank icbc/li file L2 borrower=A principal=5000000 pledges=G2 signed=2026-03-05 matures=2027-03-04
        2026-03-10 bank icbc/li disburse L2 amount=5000000
        2026-03-11 enterprise A/chen apply S1 loan=L1 guarantee,cost=20000,by=V1
        2026-03-11 enterprise A/chen apply S2 loan=L2 guarantee,cost=20000,by=V2
        2026-06-01 operator op adopt hebi-2-lower
        2026-06-01 officer wang correct
        2026-06-02 enterprise A/chen apply S3 loan=L1 guarantee,cost=20000,by=V3
        2026-06-02 enterprise A/chen apply S4 loan=L2 guarantee,cost=20000,by=V4
        ",
        expect![[r#"
            register-pledge G2: done
            file L2: filed under hebi-2017@1, exposure 0.00
            disburse L2: disbursed, outstanding 5000000.00, exposure 0.00
            apply S1: submitted 10000.00 under hebi-2017@1 [guarantee 10000.00 ratio]
                Granted 10,000.00: half of the guarantee fee of 20,000.00.
                Dr budget/ip-finance/2026/reserved 10000.00, Cr budget/ip-finance/2026/available 10000.00
            apply S2: submitted 10000.00 under hebi-2017@1 [guarantee 10000.00 ratio]
                Granted 10,000.00: half of the guarantee fee of 20,000.00.
                Dr budget/ip-finance/2026/reserved 10000.00, Cr budget/ip-finance/2026/available 10000.00
            adopt hebi-2-lower: adopted hebi-2017@2
            correct: pledge-cost under hebi-2017@2: 1 examined, 0 left out, 0.00 more, 5000.00 less, 1 corrections
              1: application 23 submitted 10000.00 -> 5000.00 [5000.00]
                Granted 5,000.00: 25 % of the guarantee fee of 20,000.00.
                Cr budget/ip-finance/2026/reserved 5000.00, Dr budget/ip-finance/2026/available 5000.00
            apply S3: submitted 10000.00 under hebi-2017@1 [guarantee 10000.00 ratio]
                Granted 10,000.00: half of the guarantee fee of 20,000.00.
                Dr budget/ip-finance/2026/reserved 10000.00, Cr budget/ip-finance/2026/available 10000.00
            apply S4: submitted 5000.00 under hebi-2017@2 [guarantee 5000.00 ratio]
                Granted 5,000.00: 25 % of the guarantee fee of 20,000.00.
                Dr budget/ip-finance/2026/reserved 5000.00, Cr budget/ip-finance/2026/available 5000.00
        "#]],
    );
}

/// A supplement needs money of today; without it nothing is corrected beyond what there is.
#[test]
fn a_correction_is_bounded_by_the_budget() {
    check(
        "
        use loan moving-1
        2026-03-01 enterprise A/chen apply S1 guarantee,cost=100000,by=V1
        2026-03-02 officer wang approve S1
        2026-03-03 finance zhao pay S1
        2026-05-01 finance zhao adjust amount=-9949999
        2026-06-01 operator op adopt hebi-2-higher
        2026-06-01 officer wang correct K
        ? budget 2026
        2026-06-02 officer wang demand S1 amount=50000
        ",
        expect![[r#"
            apply S1: submitted 50000.00 under hebi-2017@1 [guarantee 50000.00 ratio]
                Granted 50,000.00: half of the guarantee fee of 100,000.00.
                Dr budget/ip-finance/2026/reserved 50000.00, Cr budget/ip-finance/2026/available 50000.00
            approve S1: approved
                Dr subsidy/expense/guarantee 50000.00, Cr subsidy/payable/A 50000.00
            pay S1: paid
                Dr subsidy/payable/A 50000.00, Cr treasury/cash 50000.00, Dr budget/ip-finance/2026/spent 50000.00, Cr budget/ip-finance/2026/reserved 50000.00
            adjust: done
                Cr budget/ip-finance/2026/available 9949999.00, Dr budget/ip-finance/2026/appropriated 9949999.00
            adopt hebi-2-higher: adopted hebi-2017@2
            correct K: pledge-cost under hebi-2017@2: 1 examined, 0 left out, 1.00 more, 0.00 less, 1 corrections
              1: application 19 paid 50000.00 -> 50001.00 [50001.00]
                Granted 50,001.00: 60 % of the guarantee fee would be 60,000.00, but 50,001.00 of the budget `ip-finance` for 2026 was left.
                Dr budget/ip-finance/2026/reserved 1.00, Cr budget/ip-finance/2026/available 1.00
            ? budget 2026: appropriated 50001.00, available 0.00, reserved 1.00, spent 50000.00
            demand S1: clawback-demanded 50000.00, by line 50000.00
                Dr subsidy/clawback/A 50000.00, Cr subsidy/expense/guarantee 50000.00
        "#]],
    );
}
