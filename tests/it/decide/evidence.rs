//! Evidence: an invoice is used once over all enterprises, programmes and years; a recorded payment belongs to its loan.

use expect_test::expect;

use super::script::check;

#[test]
fn an_invoice_is_used_once_by_whomever_for_whatever_and_whenever() {
    check(
        "
        use loan
        2026-01-10 bank ccb/sun register-pledge G5 pledgor=B rights=P5
        2026-01-10 bank ccb/sun file L2 borrower=B pledges=G5
        2026-01-10 bank ccb/sun disburse L2
        2026-02-01 enterprise A/chen apply S1 insurance,cost=1000,by=V1
        2026-02-02 enterprise B/du apply S2 enterprise=B loan=L2 insurance,cost=1000,by=V1 zh
        2026-02-02 enterprise A/chen apply S3 programme=first-insured-patent loan=none patent-insurance,cost=1000,by=V1,right=P1
        2026-02-02 enterprise A/chen apply S4 valuation,cost=1000,by=V1,paid=2025-12-31
        2026-02-02 enterprise A/chen apply S5 insurance,cost=1000,by=V2 insurance,cost=1000,by=V2
        2026-02-03 enterprise A/chen withdraw S1
        2026-02-04 enterprise B/du apply S6 enterprise=B loan=L2 insurance,cost=1000,by=V1
        ",
        expect![[r#"
            register-pledge G5: done
            file L2: filed under hebi-2017@1, exposure 0.00
            disburse L2: disbursed, outstanding 5000000.00, exposure 0.00
            apply S1: submitted 500.00 under hebi-2017@1 [insurance 500.00 ratio]
                Granted 500.00: half of the premium of 1,000.00.
                Dr budget/ip-finance/2026/reserved 500.00, Cr budget/ip-finance/2026/available 500.00
            apply S2: refused 0.00 under hebi-2017@1 REFUSED EVIDENCE_USED_UP (the invoice or payment has been used up; submit another invoice that was not used) [insurance 0.00 evidence EVIDENCE_USED_UP]
                Nothing granted: the invoice or payment has been used up.
                不予补助：该凭据金额已全部使用。
            apply S3: refused 0.00 under hebi-2017@1 REFUSED EVIDENCE_USED_UP (the invoice or payment has been used up; submit another invoice that was not used) [patent-insurance 0.00 evidence EVIDENCE_USED_UP]
                Nothing granted: the invoice or payment has been used up.
            apply S4: refused 0.00 under hebi-2017@1 REFUSED EVIDENCE_USED_UP (the invoice or payment has been used up; submit another invoice that was not used) [valuation 0.00 evidence EVIDENCE_USED_UP]
                Nothing granted: the invoice or payment has been used up.
            apply S5: submitted 500.00 under hebi-2017@1 [insurance 500.00 ratio; insurance 0.00 evidence EVIDENCE_USED_UP]
                Granted 500.00 in all. Granted 500.00: half of the premium of 1,000.00. Nothing granted: the invoice or payment has been used up.
                Dr budget/ip-finance/2026/reserved 500.00, Cr budget/ip-finance/2026/available 500.00
            withdraw S1: withdrawn
                Dr budget/ip-finance/2026/available 500.00, Cr budget/ip-finance/2026/reserved 500.00
            apply S6: submitted 500.00 under hebi-2017@1 [insurance 500.00 ratio]
                Granted 500.00: half of the premium of 1,000.00.
                Dr budget/ip-finance/2026/reserved 500.00, Cr budget/ip-finance/2026/available 500.00
        "#]],
    );
}

#[test]
fn an_invoice_is_used_in_parts_up_to_its_total() {
    check(
        "
        use loan
        2026-02-01 enterprise A/chen apply S1 insurance,cost=600,total=1000,by=V1
        2026-02-01 enterprise A/chen apply S2 insurance,cost=600,total=1200,by=V1
        2026-02-01 enterprise A/chen apply S3 insurance,cost=600,total=1000,by=V1 zh
        ? invoice V1
        2026-02-01 enterprise A/chen apply S4 insurance,cost=1,total=1000,by=V1 zh
        2026-02-01 enterprise A/chen apply S5 insurance,cost=2000,total=1000,by=V2
        ",
        expect![[r#"
            apply S1: submitted 300.00 under hebi-2017@1 [insurance 300.00 ratio]
                Granted 300.00: half of the premium of 600.00.
                Dr budget/ip-finance/2026/reserved 300.00, Cr budget/ip-finance/2026/available 300.00
            apply S2: REJECTED EVIDENCE_MISMATCH items[0].evidence.invoice.total: `1200.00` is not the total of invoice `V1` as first used (1000.00)
            apply S3: submitted 200.00 under hebi-2017@1 [insurance 200.00 evidence]
                Granted 200.00: half of the 400.00 that was left of the evidence.
                准予补助200.00元：凭据余额400.00元的50%。
                Dr budget/ip-finance/2026/reserved 200.00, Cr budget/ip-finance/2026/available 200.00
            ? invoice V1: total 1000.00, used 1000.00, cancelled 0.00, left 0.00, overused 0.00
            apply S4: refused 0.00 under hebi-2017@1 REFUSED EVIDENCE_USED_UP (the invoice or payment has been used up; submit another invoice that was not used) [insurance 0.00 evidence EVIDENCE_USED_UP]
                Nothing granted: the invoice or payment has been used up.
                不予补助：该凭据金额已全部使用。
            apply S5: submitted 500.00 under hebi-2017@1 [insurance 500.00 evidence]
                Granted 500.00: half of the 1,000.00 that was left of the evidence.
                Dr budget/ip-finance/2026/reserved 500.00, Cr budget/ip-finance/2026/available 500.00
        "#]],
    );
}

/// A mistyped total, on an application that was refused or withdrawn, binds nobody.
#[test]
fn a_total_binds_only_while_the_invoice_is_used() {
    check(
        "
        use loan
        2026-02-01 enterprise A/chen apply S1 insurance,cost=100,total=100,by=V1
        2026-02-01 enterprise A/chen apply S2 insurance,cost=1000,by=V1
        2026-02-02 enterprise A/chen withdraw S1
        2026-02-02 enterprise A/chen apply S3 insurance,cost=1000,by=V1
        ? invoice V1
        2026-02-03 enterprise A/chen apply S4 patent-insurance,cost=1,by=V2
        2026-02-03 enterprise A/chen apply S5 insurance,cost=1000,by=V2
        ? invoice V2
        ",
        expect![[r#"
            apply S1: submitted 50.00 under hebi-2017@1 [insurance 50.00 ratio]
                Granted 50.00: half of the premium of 100.00.
                Dr budget/ip-finance/2026/reserved 50.00, Cr budget/ip-finance/2026/available 50.00
            apply S2: REJECTED EVIDENCE_MISMATCH items[0].evidence.invoice.total: `1000.00` is not the total of invoice `V1` as first used (100.00)
            withdraw S1: withdrawn
                Dr budget/ip-finance/2026/available 50.00, Cr budget/ip-finance/2026/reserved 50.00
            apply S3: submitted 500.00 under hebi-2017@1 [insurance 500.00 ratio]
                Granted 500.00: half of the premium of 1,000.00.
                Dr budget/ip-finance/2026/reserved 500.00, Cr budget/ip-finance/2026/available 500.00
            ? invoice V1: total 1000.00, used 1000.00, cancelled 0.00, left 0.00, overused 0.00
            apply S4: refused 0.00 under hebi-2017@1 REFUSED ITEM_NOT_COVERED (the rule does not cover this kind of cost; submit the kinds of cost that the rule names) [patent-insurance 0.00 gate ITEM_NOT_COVERED]
                Nothing granted: the programme does not pay toward the patent insurance premium.
            apply S5: submitted 500.00 under hebi-2017@1 [insurance 500.00 ratio]
                Granted 500.00: half of the premium of 1,000.00.
                Dr budget/ip-finance/2026/reserved 500.00, Cr budget/ip-finance/2026/available 500.00
            ? invoice V2: total 1000.00, used 1000.00, cancelled 0.00, left 0.00, overused 0.00
        "#]],
    );
}

#[test]
fn an_interest_payment_proves_interest_of_its_loan_on_its_day() {
    check(
        "
        use loan
        2026-01-10 bank ccb/sun register-pledge G5 pledgor=B rights=P5
        2026-01-10 bank ccb/sun file L2 borrower=B pledges=G5
        2026-01-10 bank ccb/sun disburse L2
        2026-03-20 bank icbc/li pay-interest I1 loan=L1 amount=50000
        2026-03-21 enterprise B/du apply S1 enterprise=B loan=L2 interest,cost=50000,by=I1,paid=2026-03-20 zh
        2026-03-21 enterprise A/chen apply S2 interest,cost=50000,by=I9,paid=2026-03-20
        2026-03-21 enterprise A/chen apply S3 interest,cost=50000,by=I1,paid=2026-03-19 zh
        2026-03-21 enterprise A/chen apply S4 interest,cost=50000,by=V1,paid=2026-03-20 zh
        2026-03-21 enterprise A/chen apply S5 insurance,cost=50000,by=I1,paid=2026-03-20 zh
        2026-03-21 enterprise A/chen apply S6 interest,cost=60000,total=70000,by=I1,paid=2026-03-20
        2026-03-21 enterprise A/chen apply S7 interest,cost=1,by=I1,paid=2026-03-20
        2026-03-21 enterprise A/chen apply S8 loan=none interest,cost=1,by=I1,paid=2026-03-20
        ",
        expect![[r#"
            register-pledge G5: done
            file L2: filed under hebi-2017@1, exposure 0.00
            disburse L2: disbursed, outstanding 5000000.00, exposure 0.00
            pay-interest I1: repaying, outstanding 5000000.00, exposure 2500000.00
            apply S1: REJECTED EVIDENCE_UNKNOWN items[0].evidence.interest_payment_sequence: entry `22` is not an interest payment on the loan of this application
                第22号分录不是本申请所涉贷款的付息记录
            apply S2: REJECTED EVIDENCE_UNKNOWN items[0].evidence.interest_payment_sequence: entry `9999` is not an interest payment on the loan of this application
            apply S3: REJECTED EVIDENCE_MISMATCH items[0].paid_on: `2026-03-19` is not the day that the bank recorded; expected 2026-03-20
                “2026-03-19”与银行登记的付息日不一致；应为 2026-03-20
            apply S4: REJECTED EVIDENCE_MISMATCH items[0].evidence: interest is proved by the payment that the bank recorded; expected `interest_payment_sequence`
                利息须以银行登记的付息记录为凭据；应填写 interest_payment_sequence
            apply S5: REJECTED EVIDENCE_MISMATCH items[0].evidence: a recorded interest payment proves interest only, not insurance
                利息支付记录只能证明利息，不能证明 insurance
            apply S6: submitted 25000.00 under hebi-2017@1 [interest 25000.00 evidence]
                Granted 25,000.00: half of the 50,000.00 that was left of the evidence.
                Dr budget/ip-finance/2026/reserved 25000.00, Cr budget/ip-finance/2026/available 25000.00
            apply S7: refused 0.00 under hebi-2017@1 REFUSED EVIDENCE_USED_UP (the invoice or payment has been used up; submit another invoice that was not used) [interest 0.00 evidence EVIDENCE_USED_UP]
                Nothing granted: the invoice or payment has been used up.
            apply S8: REJECTED EVIDENCE_UNKNOWN items[0].evidence.interest_payment_sequence: entry `22` is not an interest payment on the loan of this application
        "#]],
    );
}

#[test]
fn a_red_letter_invoice_after_the_payment_shows_what_was_overused() {
    check(
        "
        use loan
        2026-02-01 enterprise A/chen apply S1 insurance,cost=1000,by=V1
        2026-02-02 officer wang approve S1
        2026-02-03 finance zhao pay S1
        2026-02-04 officer wang red-letter R1 blue=V9 amount=1
        2026-02-04 officer wang red-letter V1 blue=V1 amount=1
        2026-02-04 officer wang red-letter R1 blue=V1 amount=1000.01
        2026-02-04 officer wang red-letter R1 blue=V1 amount=400
        ? invoice V1
        2026-02-05 finance zhao red-letter R2 blue=V1 amount=700
        2026-02-05 finance zhao red-letter R2 blue=V1 amount=600
        ? invoice V1
        2026-02-06 enterprise A/chen apply S2 insurance,cost=1,total=1000,by=V1
        2026-02-06 officer wang demand S1 amount=500
        2026-02-07 finance zhao receive S1 amount=500
        ",
        expect![[r#"
            apply S1: submitted 500.00 under hebi-2017@1 [insurance 500.00 ratio]
                Granted 500.00: half of the premium of 1,000.00.
                Dr budget/ip-finance/2026/reserved 500.00, Cr budget/ip-finance/2026/available 500.00
            approve S1: approved
                Dr subsidy/expense/insurance 500.00, Cr subsidy/payable/A 500.00
            pay S1: paid
                Dr subsidy/payable/A 500.00, Cr treasury/cash 500.00, Dr budget/ip-finance/2026/spent 500.00, Cr budget/ip-finance/2026/reserved 500.00
            red-letter R1: REJECTED EVIDENCE_UNKNOWN blue_invoice_number: invoice `V9` was never used here; nothing to cancel
            red-letter V1: REJECTED ALREADY_EXISTS red_invoice_number: `V1` is known as a blue invoice; expected the red-letter invoice's own number
            red-letter R1: REJECTED AMOUNT_EXCEEDS amount: `1000.01` is more than what is left of the invoice (1000.00); expected at most 1000.00
            red-letter R1: done
            ? invoice V1: total 1000.00, used 1000.00, cancelled 400.00, left 0.00, overused 400.00
            red-letter R2: REJECTED AMOUNT_EXCEEDS amount: `700.00` is more than what is left of the invoice (600.00); expected at most 600.00
            red-letter R2: done
            ? invoice V1: total 1000.00, used 1000.00, cancelled 1000.00, left 0.00, overused 1000.00
            apply S2: refused 0.00 under hebi-2017@1 REFUSED EVIDENCE_USED_UP (the invoice or payment has been used up; submit another invoice that was not used) [insurance 0.00 evidence EVIDENCE_USED_UP]
                Nothing granted: the invoice or payment has been used up.
            demand S1: clawback-demanded 500.00, by line 500.00
                Dr subsidy/clawback/A 500.00, Cr subsidy/expense/insurance 500.00
            receive S1: clawed-back, received 500.00
                Dr treasury/cash 500.00, Cr subsidy/clawback/A 500.00, Dr budget/ip-finance/2026/available 500.00, Cr budget/ip-finance/2026/spent 500.00
        "#]],
    );
}

/// A red-letter invoice cancels one invoice, once, and proves no cost.
#[test]
fn a_red_letter_invoice_is_recorded_once() {
    check(
        "
        use loan
        2026-02-01 enterprise A/chen apply S1 insurance,cost=1000,by=V1 insurance,cost=1000,by=V2
        2026-02-02 officer wang red-letter R1 blue=V1 amount=400
        2026-02-02 officer wang red-letter R1 blue=V1 amount=400
        2026-02-02 officer wang red-letter R1 blue=V2 amount=400
        ? invoice V1
        2026-02-03 enterprise A/chen apply S2 insurance,cost=400,by=R1
        ",
        expect![[r#"
            apply S1: submitted 1000.00 under hebi-2017@1 [insurance 500.00 ratio; insurance 500.00 ratio]
                Granted 1,000.00 in all. Granted 500.00: half of the premium of 1,000.00. Granted 500.00: half of the premium of 1,000.00.
                Dr budget/ip-finance/2026/reserved 1000.00, Cr budget/ip-finance/2026/available 1000.00
            red-letter R1: done
            red-letter R1: REJECTED ALREADY_EXISTS red_invoice_number: red-letter invoice `R1` is recorded already; it cancels once
            red-letter R1: REJECTED ALREADY_EXISTS red_invoice_number: red-letter invoice `R1` is recorded already; it cancels once
            ? invoice V1: total 1000.00, used 1000.00, cancelled 400.00, left 0.00, overused 400.00
            apply S2: REJECTED EVIDENCE_MISMATCH items[0].evidence.invoice.number: `R1` is a red-letter invoice; expected the invoice of a cost
        "#]],
    );
}

/// Nothing is paid toward an invoice that was cancelled between approval and payment.
#[test]
fn a_red_letter_invoice_before_the_payment_holds_it_back() {
    check(
        "
        use loan
        2026-02-01 enterprise A/chen apply S1 insurance,cost=1000,by=V1
        2026-02-02 officer wang approve S1
        2026-02-03 officer wang red-letter R1 blue=V1 amount=1000
        2026-02-04 finance zhao pay S1
        ? budget 2026
        ",
        expect![[r#"
            apply S1: submitted 500.00 under hebi-2017@1 [insurance 500.00 ratio]
                Granted 500.00: half of the premium of 1,000.00.
                Dr budget/ip-finance/2026/reserved 500.00, Cr budget/ip-finance/2026/available 500.00
            approve S1: approved
                Dr subsidy/expense/insurance 500.00, Cr subsidy/payable/A 500.00
            red-letter R1: done
            pay S1: approved, payment REFUSED EVIDENCE_USED_UP (the invoice or payment has been used up; submit another invoice that was not used)
            ? budget 2026: appropriated 10000000.00, available 9999500.00, reserved 500.00, spent 0.00
        "#]],
    );
}
