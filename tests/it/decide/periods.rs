//! Months and years that close, late items, and entries that are reversed.

use expect_test::expect;

use super::script::check;

#[test]
fn a_month_closes_when_nothing_is_open_in_it() {
    check(
        "
        use loan
        2026-02-10 bank icbc/li pay-interest I1 loan=L1 amount=1000
        2026-02-20 enterprise A/chen apply S1 interest,cost=1000,by=I1,paid=2026-02-10
        2026-03-02 finance zhao close-month 2026-02
        2026-03-02 finance zhao close-month 2026-01
        2026-03-03 finance zhao close-month-over 2026-02
        2026-03-03 finance zhao close-month 2026-02
        2026-03-03 finance zhao close-month-over 2026-03
        2026-03-04 officer wang approve S1 effective=2026-02-28
        2026-03-04 officer wang approve S1 effective=2026-02-28 late
        ",
        expect![[r#"
            pay-interest I1: repaying, outstanding 5000000.00, exposure 2500000.00
            apply S1: submitted 500.00 under hebi-2017@1 [interest 500.00 ratio]
                Granted 500.00: half of the interest of 1,000.00.
                Dr budget/ip-finance/2026/reserved 500.00, Cr budget/ip-finance/2026/available 500.00
            close-month 2026-02: REJECTED OPEN_ITEMS month: `2026-02` has 1 application without a decision, 3 unreconciled statements, 1 statement due and not signed off; decide and sign off what is open, or give `open_items_reason` (GetPeriodChecklist lists them)
            close-month 2026-01: REJECTED OPEN_ITEMS month: `2026-01` has 2 unreconciled statements, 1 statement due and not signed off; decide and sign off what is open, or give `open_items_reason` (GetPeriodChecklist lists them)
            close-month-over 2026-02: closed over 5 open items
            close-month 2026-02: REJECTED STATE_FORBIDS month: `2026-02` is closed; expected open
            close-month-over 2026-03: REJECTED DATE_OUT_OF_RANGE month: `2026-03` is not over; expected a month before 2026-03
            approve S1: REJECTED PERIOD_CLOSED effective_date: `2026-02-28` lies in a closed month; set `book_late` to record it in the next open one, or correct it
            approve S1: approved
                Dr subsidy/expense/interest 500.00, Cr subsidy/payable/A 500.00
        "#]],
    );
}

#[test]
fn a_month_closes_when_its_statements_are_signed_off() {
    check(
        "
        use loan
        2026-02-10 bank icbc/li pay-interest I1 loan=L1 amount=1000
        2026-03-02 finance zhao close-month 2026-02 zh
        2026-03-02 finance zhao sign-off a statement=pool/hebi-pool from=2026-01-01 matched=15
        2026-03-02 finance zhao sign-off b statement=loans/icbc from=2026-01-01 differing=18
        2026-03-02 finance zhao close-month 2026-02
        2026-03-02 finance zhao sign-off c from=2026-02-01 to=2026-02-27 matched=I1
        # Every entry was looked at, but what the bank lists for the 28th nobody knows.
        2026-03-02 finance zhao close-month 2026-02 zh
        2026-03-02 finance zhao sign-off d from=2026-02-28 to=2026-02-28
        2026-03-02 finance zhao close-month 2026-02
        # Nothing happened in March; the bank has money out, and the pool has money.
        2026-04-02 finance zhao close-month 2026-03
        2026-04-02 finance zhao close-month-over 2026-03
        ",
        expect![[r#"
            pay-interest I1: repaying, outstanding 5000000.00, exposure 2500000.00
            close-month 2026-02: REJECTED OPEN_ITEMS month: `2026-02` has 3 unreconciled statements, 1 statement due and not signed off; decide and sign off what is open, or give `open_items_reason` (GetPeriodChecklist lists them)
                “2026-02”尚有 3 份对账单未对账、1 份对账单未收到或未确认；请先审核、对账并确认，或填写 open_items_reason（清单见 GetPeriodChecklist）
            sign-off a: 1 reconciled, 0 off
            sign-off b: 0 reconciled, 1 off
            close-month 2026-02: REJECTED OPEN_ITEMS month: `2026-02` has 1 unreconciled statement; decide and sign off what is open, or give `open_items_reason` (GetPeriodChecklist lists them)
            sign-off c: 1 reconciled, 0 off
            close-month 2026-02: REJECTED OPEN_ITEMS month: `2026-02` has 1 statement due and not signed off; decide and sign off what is open, or give `open_items_reason` (GetPeriodChecklist lists them)
                “2026-02”尚有 1 份对账单未收到或未确认；请先审核、对账并确认，或填写 open_items_reason（清单见 GetPeriodChecklist）
            sign-off d: 0 reconciled, 0 off
            close-month 2026-02: done
            close-month 2026-03: REJECTED OPEN_ITEMS month: `2026-03` has 2 statements due and not signed off; decide and sign off what is open, or give `open_items_reason` (GetPeriodChecklist lists them)
            close-month-over 2026-03: closed over 2 open items
        "#]],
    );
}

#[test]
fn a_year_closes_with_what_is_left_of_its_budgets() {
    check(
        "
        use loan
        2026-02-10 bank icbc/li pay-interest I1 loan=L1 amount=1000
        2026-12-20 enterprise A/chen apply S1 interest,cost=1000,by=I1,paid=2026-02-10
        2026-12-21 officer wang approve S1
        2027-01-05 finance zhao close-year 2026
        2027-01-05 finance zhao close-month-over 2026-01
        2027-01-05 finance zhao close-month-over 2026-02
        2027-01-05 finance zhao close-month-over 2026-03
        2027-01-05 finance zhao close-month-over 2026-04
        2027-01-05 finance zhao close-month-over 2026-05
        2027-01-05 finance zhao close-month-over 2026-06
        2027-01-05 finance zhao close-month-over 2026-07
        2027-01-05 finance zhao close-month-over 2026-08
        2027-01-05 finance zhao close-month-over 2026-09
        2027-01-05 finance zhao close-month-over 2026-10
        2027-01-05 finance zhao close-month-over 2026-11
        2027-01-05 finance zhao close-year 2026
        2027-01-05 finance zhao close-month-over 2026-12
        2027-01-06 finance zhao close-year 2026 carry=unheard-of
        2027-01-06 finance zhao close-year 2026 carry=ip-finance
        2027-01-06 finance zhao close-year 2026
        ? budget 2026
        ? budget 2027
        2027-01-07 finance zhao pay S1
        ? budget 2026
        2027-01-08 finance zhao adjust amount=5 year=2026
        2027-01-08 enterprise A/chen apply S2 insurance,cost=100,by=V1,paid=2026-12-30
        ",
        expect![[r#"
            pay-interest I1: repaying, outstanding 5000000.00, exposure 2500000.00
            apply S1: submitted 500.00 under hebi-2017@1 [interest 500.00 ratio]
                Granted 500.00: half of the interest of 1,000.00.
                Dr budget/ip-finance/2026/reserved 500.00, Cr budget/ip-finance/2026/available 500.00
            approve S1: approved
                Dr subsidy/expense/interest 500.00, Cr subsidy/payable/A 500.00
            close-year 2026: REJECTED OPEN_ITEMS year: `2026-01` is open; expected all twelve months of 2026 to be closed
            close-month-over 2026-01: closed over 3 open items
            close-month-over 2026-02: closed over 4 open items
            close-month-over 2026-03: closed over 5 open items
            close-month-over 2026-04: closed over 5 open items
            close-month-over 2026-05: closed over 5 open items
            close-month-over 2026-06: closed over 5 open items
            close-month-over 2026-07: closed over 5 open items
            close-month-over 2026-08: closed over 5 open items
            close-month-over 2026-09: closed over 5 open items
            close-month-over 2026-10: closed over 5 open items
            close-month-over 2026-11: closed over 5 open items
            close-year 2026: REJECTED OPEN_ITEMS year: `2026-12` is open; expected all twelve months of 2026 to be closed
            close-month-over 2026-12: closed over 5 open items
            close-year 2026: REJECTED BUDGET_UNKNOWN carried_budget_line_ids: nothing was appropriated to `unheard-of` for 2026
            close-year 2026: closed, ip-finance 9999500.00 carried
                Dr budget/ip-finance/2026/appropriated 9999500.00, Cr budget/ip-finance/2026/available 9999500.00, Dr budget/ip-finance/2027/available 9999500.00, Cr budget/ip-finance/2027/appropriated 9999500.00
            close-year 2026: REJECTED STATE_FORBIDS year: `2026` is closed; expected open
            ? budget 2026: appropriated 500.00, available 0.00, reserved 500.00, spent 0.00
            ? budget 2027: appropriated 9999500.00, available 9999500.00, reserved 0.00, spent 0.00
            pay S1: paid
                Dr subsidy/payable/A 500.00, Cr treasury/cash 500.00, Dr budget/ip-finance/2026/spent 500.00, Cr budget/ip-finance/2026/reserved 500.00
            ? budget 2026: appropriated 500.00, available 0.00, reserved 0.00, spent 500.00
            adjust: REJECTED PERIOD_CLOSED year: the budget year `2026` is closed; use an open year
            apply S2: submitted 50.00 under hebi-2017@1 [insurance 50.00 ratio]
                Granted 50.00: half of the premium of 100.00.
                Dr budget/ip-finance/2027/reserved 50.00, Cr budget/ip-finance/2027/available 50.00
        "#]],
    );
}

#[test]
fn what_is_left_and_not_carried_lapses() {
    check(
        "
        use basics
        2027-01-05 finance zhao close-month-over 2026-01
        2027-01-05 finance zhao close-month-over 2026-02
        2027-01-05 finance zhao close-month-over 2026-03
        2027-01-05 finance zhao close-month-over 2026-04
        2027-01-05 finance zhao close-month-over 2026-05
        2027-01-05 finance zhao close-month-over 2026-06
        2027-01-05 finance zhao close-month-over 2026-07
        2027-01-05 finance zhao close-month-over 2026-08
        2027-01-05 finance zhao close-month-over 2026-09
        2027-01-05 finance zhao close-month-over 2026-10
        2027-01-05 finance zhao close-month-over 2026-11
        2027-01-05 finance zhao close-month-over 2026-12
        2027-01-06 finance zhao close-year 2026
        ? budget 2026
        ? budget 2027
        ",
        expect![[r#"
            close-month-over 2026-01: closed over 1 open items
            close-month-over 2026-02: closed over 2 open items
            close-month-over 2026-03: closed over 2 open items
            close-month-over 2026-04: closed over 2 open items
            close-month-over 2026-05: closed over 2 open items
            close-month-over 2026-06: closed over 2 open items
            close-month-over 2026-07: closed over 2 open items
            close-month-over 2026-08: closed over 2 open items
            close-month-over 2026-09: closed over 2 open items
            close-month-over 2026-10: closed over 2 open items
            close-month-over 2026-11: closed over 2 open items
            close-month-over 2026-12: closed over 2 open items
            close-year 2026: closed, ip-finance 10000000.00 lapsed
                Dr budget/ip-finance/2026/appropriated 10000000.00, Cr budget/ip-finance/2026/available 10000000.00
            ? budget 2026: appropriated 0.00, available 0.00, reserved 0.00, spent 0.00
            ? budget 2027: appropriated 0.00, available 0.00, reserved 0.00, spent 0.00
        "#]],
    );
}

#[test]
fn a_bank_reverses_what_it_reported_itself() {
    check(
        "
        use loan
        2026-02-10 bank icbc/li pay-interest I1 loan=L1 amount=1000
        2026-02-11 bank icbc/li repay L1 amount=400000
        2026-02-12 bank ccb/wu reverse repay:L1
        2026-02-12 finance zhao reverse repay:L1
        2026-02-12 bank icbc/li reverse repay:L1 effective=2026-02-10
        2026-02-12 bank icbc/li reverse repay:L1
        2026-02-12 bank icbc/li reverse repay:L1
        ? loan L1
        2026-02-13 enterprise A/chen apply S1 interest,cost=1000,by=I1,paid=2026-02-10
        2026-02-14 bank icbc/li reverse pay-interest:I1
        2026-02-14 bank icbc/li reverse disburse:L1
        2026-02-14 enterprise A/chen withdraw S1
        2026-02-14 bank icbc/li reverse pay-interest:I1
        2026-02-15 enterprise A/chen apply S2 interest,cost=1000,by=I1,paid=2026-02-10
        2026-02-15 bank icbc/li pay-interest I2 loan=L1 amount=900
        2026-02-16 bank icbc/li reverse pay-interest:I2
        2026-02-16 bank icbc/li reverse disburse:L1
        ? loan L1
        2026-02-17 bank icbc/li reverse file:L1
        2026-02-17 bank icbc/li reverse nothing
        ",
        expect![[r#"
            pay-interest I1: repaying, outstanding 5000000.00, exposure 2500000.00
            repay L1: repaying, outstanding 4600000.00, exposure 2300000.00
                Cr pool/hebi-pool/exposure 200000.00, Dr pool/hebi-pool/exposure-contra 200000.00
            reverse repay:L1: REJECTED ENTRY_UNKNOWN sequence: `20` is unknown, or not the caller's to reverse; check the sequence and the caller
            reverse repay:L1: REJECTED ENTRY_UNKNOWN sequence: `20` is unknown, or not the caller's to reverse; check the sequence and the caller
            reverse repay:L1: REJECTED DATE_OUT_OF_RANGE effective_date: `2026-02-10` is before the entry's own day (2026-02-11); expected that day or later
            reverse repay:L1: reversed entry 20
                Dr pool/hebi-pool/exposure 200000.00, Cr pool/hebi-pool/exposure-contra 200000.00
            reverse repay:L1: REJECTED STATE_FORBIDS sequence: entry `20` was reversed by entry `21`; expected an entry that nothing was built on
            ? loan L1: repaying, hebi-2017@1, outstanding 5000000.00, exposure 2500000.00
            apply S1: submitted 500.00 under hebi-2017@1 [interest 500.00 ratio]
                Granted 500.00: half of the interest of 1,000.00.
                Dr budget/ip-finance/2026/reserved 500.00, Cr budget/ip-finance/2026/available 500.00
            reverse pay-interest:I1: REJECTED STATE_FORBIDS sequence: entry `19` is interest that a subsidy was applied for with; expected an entry that nothing was built on
            reverse disburse:L1: REJECTED STATE_FORBIDS sequence: entry `18` is a drawdown of which something was repaid or paid as interest; expected an entry that nothing was built on
            withdraw S1: withdrawn
                Dr budget/ip-finance/2026/available 500.00, Cr budget/ip-finance/2026/reserved 500.00
            reverse pay-interest:I1: reversed entry 19
            apply S2: REJECTED EVIDENCE_UNKNOWN items[0].evidence.interest_payment_sequence: entry `19` is not an interest payment on the loan of this application
            pay-interest I2: repaying, outstanding 5000000.00, exposure 2500000.00
            reverse pay-interest:I2: reversed entry 25
            reverse disburse:L1: reversed entry 18
            ? loan L1: filed, hebi-2017@1, outstanding 0.00, exposure 2500000.00
            reverse file:L1: REJECTED STATE_FORBIDS sequence: entry `17` is of a kind that is not reversed; expected a drawdown, interest or principal payment, pool movement, budget change, or a subsidy's or claim's payment that came back
            reverse nothing: REJECTED ENTRY_UNKNOWN sequence: `9999` is unknown, or not the caller's to reverse; check the sequence and the caller
        "#]],
    );
}

#[test]
fn finance_reverses_money_that_is_still_there() {
    check(
        "
        use loan
        2026-02-01 finance zhao contribute amount=100
        2026-02-02 finance zhao reverse contribute:
        2026-02-02 finance qian reverse contribute:
        2026-02-03 finance zhao take-out amount=50
        2026-02-03 finance qian reverse take-out:
        2026-02-04 finance zhao pool-interest amount=3
        2026-02-04 finance qian reverse pool-interest:
        2026-02-05 finance zhao adjust amount=10
        2026-02-05 finance qian reverse adjust:
        2026-02-05 finance zhao adjust amount=10
        2026-02-05 finance zhao adjust amount=-10000010
        2026-02-06 finance qian reverse adjust:
        2026-02-07 finance zhao adjust amount=-10000000
        2026-02-07 finance qian reverse appropriate:
        2026-02-07 officer wang reverse adjust:
        ? budget 2026
        ? pool
        ",
        expect![[r#"
            contribute: done
                Dr pool/hebi-pool/cash 100.00, Cr pool/hebi-pool/capital/finance-bureau 100.00
            reverse contribute:: REJECTED SAME_PERSON sequence: `zhao` recorded it; expected another person
            reverse contribute:: reversed entry 19
                Cr pool/hebi-pool/cash 100.00, Dr pool/hebi-pool/capital/finance-bureau 100.00
            take-out: done
                Dr pool/hebi-pool/capital/finance-bureau 50.00, Cr pool/hebi-pool/cash 50.00
            reverse take-out:: reversed entry 21
                Cr pool/hebi-pool/capital/finance-bureau 50.00, Dr pool/hebi-pool/cash 50.00
            pool-interest: done
                Dr pool/hebi-pool/cash 3.00, Cr pool/hebi-pool/interest 3.00
            reverse pool-interest:: reversed entry 23
                Cr pool/hebi-pool/cash 3.00, Dr pool/hebi-pool/interest 3.00
            adjust: done
                Dr budget/ip-finance/2026/available 10.00, Cr budget/ip-finance/2026/appropriated 10.00
            reverse adjust:: reversed entry 25
                Cr budget/ip-finance/2026/available 10.00, Dr budget/ip-finance/2026/appropriated 10.00
            adjust: done
                Dr budget/ip-finance/2026/available 10.00, Cr budget/ip-finance/2026/appropriated 10.00
            adjust: done
                Cr budget/ip-finance/2026/available 10000010.00, Dr budget/ip-finance/2026/appropriated 10000010.00
            reverse adjust:: reversed entry 28
                Dr budget/ip-finance/2026/available 10000010.00, Cr budget/ip-finance/2026/appropriated 10000010.00
            adjust: done
                Cr budget/ip-finance/2026/available 10000000.00, Dr budget/ip-finance/2026/appropriated 10000000.00
            reverse appropriate:: REJECTED AMOUNT_EXCEEDS sequence: `10000000.00` is more than what is available (10.00); expected at most 10.00
            reverse adjust:: REJECTED PERMISSION_DENIED role `officer` may not do this; expected bank or finance
            ? budget 2026: appropriated 10.00, available 10.00, reserved 0.00, spent 0.00
            ? pool: cash 2000000.00, free 2000000.00, exposure 2500000.00, waiting 0; icbc 2026 filed 5000000.00 losses 0.00
        "#]],
    );
}

#[test]
fn a_payment_that_came_back_is_paid_again() {
    check(
        "
        use loan
        2026-02-01 enterprise A/chen apply S1 insurance,cost=1000,by=V1
        2026-02-02 officer wang approve S1
        2026-02-03 finance zhao pay S1
        2026-02-04 finance qian reverse pay:S1
        ? budget 2026
        2026-02-05 finance zhao pay S1
        2026-02-06 officer wang demand S1 amount=100
        2026-02-07 finance qian reverse pay:S1
        2026-05-02 bank icbc/li overdue L1 since=2026-02-10
        2026-05-03 bank icbc/li non-performing L1
        2026-05-04 bank icbc/li claim C1 loan=L1 loss=100000
        2026-05-05 officer wang approve-claim C1
        2026-05-06 finance zhao pay-claim C1
        2026-05-07 finance qian reverse pay-claim:C1
        ? loan L1
        2026-05-08 finance zhao pay-claim C1
        ? loan L1
        ",
        expect![[r#"
            apply S1: submitted 500.00 under hebi-2017@1 [insurance 500.00 ratio]
                Granted 500.00: half of the premium of 1,000.00.
                Dr budget/ip-finance/2026/reserved 500.00, Cr budget/ip-finance/2026/available 500.00
            approve S1: approved
                Dr subsidy/expense/insurance 500.00, Cr subsidy/payable/A 500.00
            pay S1: paid
                Dr subsidy/payable/A 500.00, Cr treasury/cash 500.00, Dr budget/ip-finance/2026/spent 500.00, Cr budget/ip-finance/2026/reserved 500.00
            reverse pay:S1: reversed entry 21
                Cr subsidy/payable/A 500.00, Dr treasury/cash 500.00, Cr budget/ip-finance/2026/spent 500.00, Dr budget/ip-finance/2026/reserved 500.00
            ? budget 2026: appropriated 10000000.00, available 9999500.00, reserved 500.00, spent 0.00
            pay S1: paid
                Dr subsidy/payable/A 500.00, Cr treasury/cash 500.00, Dr budget/ip-finance/2026/spent 500.00, Cr budget/ip-finance/2026/reserved 500.00
            demand S1: clawback-demanded 100.00, by line 100.00
                Dr subsidy/clawback/A 100.00, Cr subsidy/expense/insurance 100.00
            reverse pay:S1: REJECTED STATE_FORBIDS sequence: `S1` is clawback-demanded; expected paid
            overdue L1: overdue, outstanding 5000000.00, exposure 2500000.00
            non-performing L1: non-performing, outstanding 5000000.00, exposure 2500000.00
            claim C1: under-review, loan claimed, covered 100000.00 [pool 50000.00 bank 50000.00]
                The pool pays 50,000.00: 50 % of the loss of 100,000.00.
            approve-claim C1: approved, loan claimed
                Dr pool/hebi-pool/compensation 50000.00, Cr pool/hebi-pool/payable/icbc 50000.00, Cr pool/hebi-pool/exposure 2500000.00, Dr pool/hebi-pool/exposure-contra 2500000.00
            pay-claim C1: paid, loan compensated
                Dr pool/hebi-pool/payable/icbc 50000.00, Cr pool/hebi-pool/cash 50000.00
            reverse pay-claim:C1: reversed entry 29
                Cr pool/hebi-pool/payable/icbc 50000.00, Dr pool/hebi-pool/cash 50000.00
            ? loan L1: claimed, hebi-2017@1, outstanding 5000000.00, exposure 0.00, overdue since 2026-02-10
            pay-claim C1: paid, loan compensated
                Dr pool/hebi-pool/payable/icbc 50000.00, Cr pool/hebi-pool/cash 50000.00
            ? loan L1: compensated, hebi-2017@1, outstanding 5000000.00, exposure 0.00, overdue since 2026-02-10
        "#]],
    );
}
