//! A loan's life: what each command needs, and a table of every state with every command.

use expect_test::expect;

use super::script::check;

#[test]
fn a_loan_from_filing_to_closing() {
    check(
        "
        use basics
        2026-01-05 bank icbc/li register-pledge G1 pledgor=A rights=P1
        2026-01-06 bank icbc/li file L1 borrower=A pledges=G1 pool=hebi-pool zh
        2026-01-10 bank icbc/li disburse L1 amount=3000000
        2026-01-11 bank icbc/li disburse L1 amount=2000000.01
        2026-01-11 bank icbc/li disburse L1 amount=2000000
        2026-03-20 bank icbc/li pay-interest I1 loan=L1 amount=50000
        2026-04-01 bank icbc/li repay L1 amount=1000000
        2026-05-01 bank icbc/li overdue L1 since=2026-04-20
        2026-05-02 bank icbc/li extend L1 to=2027-01-04
        2026-05-02 bank icbc/li extend L1 to=2028-01-04
        2026-05-03 bank icbc/li cure L1
        ? loan L1
        2026-06-01 bank icbc/li repay L1 amount=4000000.01
        2026-06-01 bank icbc/li settle L1
        2026-06-02 bank icbc/li repay L1 amount=4000000
        2026-06-02 bank icbc/li settle L1 effective=2026-06-01
        2026-06-03 bank icbc/li settle L1
        2026-06-04 bank icbc/li close-loan L1 effective=2026-06-02
        2026-06-04 bank icbc/li close-loan L1
        ? loan L1
        ? pool
        ",
        expect![[r#"
            register-pledge G1: done
            file L1: filed under hebi-2017@1, exposure 2500000.00
                The pool takes on 2,500,000.00: 50 % of the loan's IP part of 5,000,000.00.
                资金池承担在保责任2,500,000.00元：贷款知识产权部分5,000,000.00元的50%。
                Dr pool/hebi-pool/exposure 2500000.00, Cr pool/hebi-pool/exposure-contra 2500000.00
            disburse L1: disbursed, outstanding 3000000.00, exposure 2500000.00
            disburse L1: REJECTED AMOUNT_EXCEEDS amount: `2000000.01` is more than the undrawn principal (2000000.00); expected at most 2000000.00
            disburse L1: disbursed, outstanding 5000000.00, exposure 2500000.00
            pay-interest I1: repaying, outstanding 5000000.00, exposure 2500000.00
            repay L1: repaying, outstanding 4000000.00, exposure 2000000.00
                Cr pool/hebi-pool/exposure 500000.00, Dr pool/hebi-pool/exposure-contra 500000.00
            overdue L1: overdue, outstanding 4000000.00, exposure 2000000.00
            extend L1: REJECTED DATE_OUT_OF_RANGE matures_on: `2027-01-04` is not after the maturity (2027-01-04); expected a later day
            extend L1: overdue, outstanding 4000000.00, exposure 2000000.00, matures 2028-01-04
            cure L1: repaying, outstanding 4000000.00, exposure 2000000.00
            ? loan L1: repaying, hebi-2017@1, outstanding 4000000.00, exposure 2000000.00
            repay L1: REJECTED AMOUNT_EXCEEDS amount: `4000000.01` is more than the outstanding principal (4000000.00); expected at most 4000000.00
            settle L1: REJECTED STATE_FORBIDS loan_id: `L1` has 4000000.00 of principal outstanding; expected 0.00
            repay L1: repaying, outstanding 0.00, exposure 0.00
                Cr pool/hebi-pool/exposure 2000000.00, Dr pool/hebi-pool/exposure-contra 2000000.00
            settle L1: REJECTED DATE_OUT_OF_RANGE effective_date: `2026-06-01` is before the loan's last event (2026-06-02); expected that day or later
            settle L1: settled, outstanding 0.00, exposure 0.00
            close-loan L1: REJECTED DATE_OUT_OF_RANGE effective_date: `2026-06-02` is before the loan's last event (2026-06-03); expected that day or later
            close-loan L1: closed, outstanding 0.00, exposure 0.00
            ? loan L1: closed, hebi-2017@1, outstanding 0.00, exposure 0.00, ended 2026-06-03
            ? pool: cash 2000000.00, free 2000000.00, exposure 0.00, waiting 0; icbc 2026 filed 5000000.00 losses 0.00
        "#]],
    );
}

#[test]
fn the_ip_part_of_a_loan() {
    check(
        "
        use basics
        2026-01-05 bank icbc/li register-pledge G1 pledgor=A rights=P1
        2026-01-05 bank icbc/li register-pledge G2 pledgor=A rights=P2
        2026-01-05 bank icbc/li register-pledge G3 pledgor=A rights=P3
        2026-01-06 bank icbc/li file L1 borrower=A pledges=G1 pool=hebi-pool ip=2499500
        2026-01-06 bank icbc/li file L2 borrower=A pledges=G2 pool=hebi-pool ip=2500000
        2026-01-06 bank icbc/li file L3 borrower=A pledges=G3 pool=hebi-pool ip=5000000
        2026-01-06 bank icbc/li file L4 borrower=A pledges=G1 pool=hebi-pool ip=5000000.01
        2026-01-06 bank icbc/li withdraw-loan L1
        2026-01-06 bank icbc/li file L5 borrower=A pledges=G1 pool=hebi-pool ip=0.01
        2026-01-06 bank icbc/li withdraw-loan L5
        2026-01-06 bank icbc/li file L6 borrower=A pledges=G1 pool=hebi-pool ip=0 zh
        2026-01-10 bank icbc/li disburse L2 amount=5000000
        2026-02-01 bank icbc/li repay L2 amount=1666666.67
        2026-02-02 bank icbc/li repay L2 amount=0.01
        ",
        expect![[r#"
            register-pledge G1: done
            register-pledge G2: done
            register-pledge G3: done
            file L1: filed under hebi-2017@1, exposure 1249750.00
                The pool takes on 1,249,750.00: 50 % of the loan's IP part of 2,499,500.00.
                Dr pool/hebi-pool/exposure 1249750.00, Cr pool/hebi-pool/exposure-contra 1249750.00
            file L2: filed under hebi-2017@1, exposure 1250000.00
                The pool takes on 1,250,000.00: 50 % of the loan's IP part of 2,500,000.00.
                Dr pool/hebi-pool/exposure 1250000.00, Cr pool/hebi-pool/exposure-contra 1250000.00
            file L3: filed under hebi-2017@1, exposure 2500000.00
                The pool takes on 2,500,000.00: 50 % of the loan's IP part of 5,000,000.00.
                Dr pool/hebi-pool/exposure 2500000.00, Cr pool/hebi-pool/exposure-contra 2500000.00
            file L4: REJECTED AMOUNT_EXCEEDS ip_part: `5000000.01` is more than the principal (5000000.00); expected at most 5000000.00
            withdraw-loan L1: withdrawn, outstanding 0.00, exposure 0.00
                Cr pool/hebi-pool/exposure 1249750.00, Dr pool/hebi-pool/exposure-contra 1249750.00
            file L5: filed under hebi-2017@1, exposure 0.01
                The pool takes on 0.01: 50 % of the loan's IP part of 0.01.
                Dr pool/hebi-pool/exposure 0.01, Cr pool/hebi-pool/exposure-contra 0.01
            withdraw-loan L5: withdrawn, outstanding 0.00, exposure 0.00
                Cr pool/hebi-pool/exposure 0.01, Dr pool/hebi-pool/exposure-contra 0.01
            file L6: REFUSED LOSS_NOT_COVERED (the pool does not cover this loss; see the failed step of the explanation) `hebi-pool`
                The pool cannot take this loan: no part of it is secured by intellectual property.
                资金池不能承担该笔贷款：贷款没有知识产权质押部分。
            disburse L2: disbursed, outstanding 5000000.00, exposure 1250000.00
            repay L2: repaying, outstanding 3333333.33, exposure 833333.34
                Cr pool/hebi-pool/exposure 416666.66, Dr pool/hebi-pool/exposure-contra 416666.66
            repay L2: repaying, outstanding 3333333.32, exposure 833333.33
                Cr pool/hebi-pool/exposure 0.01, Dr pool/hebi-pool/exposure-contra 0.01
        "#]],
    );
}

#[test]
fn a_filing_names_parties_terms_and_a_pool_that_exist() {
    check(
        "
        use basics
        2026-01-05 bank icbc/li register-pledge G1 pledgor=A rights=P1
        2026-01-06 bank abc/hu file L1 borrower=A pledges=G1
        2026-01-06 bank gua/hu file L1 borrower=A pledges=G1
        2026-01-06 bank icbc/li file L1 borrower=E pledges=G1
        2026-01-06 bank icbc/li file L1 borrower=A pledges=G1 pool=no-pool
        2026-01-06 bank icbc/li file L1 borrower=A pledges=G1 signed=2026-01-07
        2026-01-06 bank icbc/li file L1 borrower=A pledges=G1 matures=2026-01-04
        2026-01-06 bank icbc/li file L1 borrower=A pledges=G1 contract=K-1
        2026-01-06 bank icbc/li register-pledge G2 pledgor=A rights=P2
        2026-01-06 bank icbc/li file L2 borrower=A pledges=G2 contract=K-1
        2026-01-06 bank ccb/sun register-pledge G3 pledgor=A rights=P3
        2026-01-06 bank ccb/sun file L3 borrower=A pledges=G3 contract=K-1
        2026-01-06 bank ccb/sun disburse L1
        2026-01-06 bank icbc/li disburse L9
        ",
        expect![[r#"
            register-pledge G1: done
            file L1: REJECTED INSTITUTION_UNKNOWN bank_id: `abc` is not registered; register the institution first
            file L1: REJECTED INSTITUTION_UNKNOWN bank_id: `gua` is registered as guarantor; expected a bank
            file L1: REJECTED ENTERPRISE_UNKNOWN borrower: `E` is not registered; register the enterprise first
            file L1: REJECTED POOL_UNKNOWN pool_id: no rulebook in force has a pool `no-pool`
            file L1: REJECTED DATE_OUT_OF_RANGE effective_date: `2026-01-06` is before the day of signing (2026-01-07); expected that day or later
            file L1: REJECTED DATE_OUT_OF_RANGE matures_on: `2026-01-04` is before the day of signing (2026-01-05); expected that day or later
            file L1: filed under hebi-2017@1, exposure 0.00
            register-pledge G2: done
            file L2: REJECTED ALREADY_EXISTS contract_number: `K-1` is registered already; contract numbers are unique per bank
            register-pledge G3: done
            file L3: filed under hebi-2017@1, exposure 0.00
            disburse L1: REJECTED LOAN_UNKNOWN loan_id: `L1` is not a loan known here; expected an id that FileLoan returned
            disburse L9: REJECTED LOAN_UNKNOWN loan_id: `loan-9999` is not a loan known here; expected an id that FileLoan returned
        "#]],
    );
}

/// A bank that mistyped a filing withdraws it and files the same contract again.
#[test]
fn a_withdrawn_loan_frees_its_contract_its_pledge_and_the_pool() {
    check(
        "
        use basics
        2026-01-05 bank icbc/li register-pledge G1 pledgor=A rights=P1
        2026-01-06 bank icbc/li file L1 borrower=A pledges=G1 pool=hebi-pool principal=9000000
        2026-01-07 bank icbc/li withdraw-loan L1 effective=2026-01-05
        2026-01-07 bank icbc/li withdraw-loan L1
        ? pool
        2026-01-07 bank icbc/li file L2 contract=L1 borrower=A pledges=G1 pool=hebi-pool
        2026-01-08 bank icbc/li file L3 contract=L1 borrower=A pledges=G1 pool=hebi-pool
        ? pool
        ",
        expect![[r#"
            register-pledge G1: done
            file L1: filed under hebi-2017@1, exposure 4500000.00
                The pool takes on 4,500,000.00: 50 % of the loan's IP part of 9,000,000.00.
                Dr pool/hebi-pool/exposure 4500000.00, Cr pool/hebi-pool/exposure-contra 4500000.00
            withdraw-loan L1: REJECTED DATE_OUT_OF_RANGE effective_date: `2026-01-05` is before the day of filing (2026-01-06); expected that day or later
            withdraw-loan L1: withdrawn, outstanding 0.00, exposure 0.00
                Cr pool/hebi-pool/exposure 4500000.00, Dr pool/hebi-pool/exposure-contra 4500000.00
            ? pool: cash 2000000.00, free 2000000.00, exposure 0.00, waiting 0; icbc 2026 filed 0.00 losses 0.00
            file L2: filed under hebi-2017@1, exposure 2500000.00
                The pool takes on 2,500,000.00: 50 % of the loan's IP part of 5,000,000.00.
                Dr pool/hebi-pool/exposure 2500000.00, Cr pool/hebi-pool/exposure-contra 2500000.00
            file L3: REJECTED ALREADY_EXISTS contract_number: `L1` is registered already; contract numbers are unique per bank
            ? pool: cash 2000000.00, free 2000000.00, exposure 2500000.00, waiting 0; icbc 2026 filed 5000000.00 losses 0.00
        "#]],
    );
}

#[test]
fn dates_outside_the_loans_life() {
    check(
        "
        use basics
        2026-01-05 bank icbc/li register-pledge G1 pledgor=A rights=P1
        2026-01-06 bank icbc/li file L1 borrower=A pledges=G1 signed=2026-01-05 matures=2026-06-30
        2026-01-10 bank icbc/li disburse L1 effective=2026-01-04
        2026-01-10 bank icbc/li disburse L1 amount=1000000
        2026-01-12 bank icbc/li disburse L1 amount=1000000 effective=2026-01-08
        2026-01-20 bank icbc/li pay-interest I1 loan=L1 effective=2026-01-07
        2026-01-20 bank icbc/li pay-interest I1 loan=L1 from=2026-01-07
        2026-01-20 bank icbc/li pay-interest I1 loan=L1 from=2026-01-15 to=2026-01-14
        2026-01-20 bank icbc/li repay L1 amount=1 effective=2026-01-07
        2026-01-20 bank icbc/li extend L1 effective=2026-01-07
        2026-01-20 bank icbc/li overdue L1 since=2026-01-07
        2026-01-20 bank icbc/li overdue L1 since=2026-01-21
        2026-07-01 bank icbc/li disburse L1 amount=1000000
        2026-07-01 bank icbc/li overdue L1 since=2026-07-01
        2026-07-02 bank icbc/li cure L1 effective=2026-06-30
        2026-07-02 bank icbc/li non-performing L1 effective=2026-06-30
        2026-07-02 bank icbc/li repay L1 amount=2000000 effective=2026-07-03
        ",
        expect![[r#"
            register-pledge G1: done
            file L1: filed under hebi-2017@1, exposure 0.00
            disburse L1: REJECTED DATE_OUT_OF_RANGE effective_date: `2026-01-04` is before the day of signing (2026-01-05); expected that day or later
            disburse L1: disbursed, outstanding 1000000.00, exposure 0.00
            disburse L1: disbursed, outstanding 2000000.00, exposure 0.00
            pay-interest I1: REJECTED DATE_OUT_OF_RANGE effective_date: `2026-01-07` is before the day of disbursement (2026-01-08); expected that day or later
            pay-interest I1: REJECTED DATE_OUT_OF_RANGE period_from: `2026-01-07` is before the day of disbursement (2026-01-08); expected that day or later
            pay-interest I1: REJECTED DATE_OUT_OF_RANGE period_to: `2026-01-14` is before the period's first day (2026-01-15); expected that day or later
            repay L1: REJECTED DATE_OUT_OF_RANGE effective_date: `2026-01-07` is before the day of disbursement (2026-01-08); expected that day or later
            extend L1: REJECTED DATE_OUT_OF_RANGE effective_date: `2026-01-07` is before the day of disbursement (2026-01-08); expected that day or later
            overdue L1: REJECTED DATE_OUT_OF_RANGE overdue_since: `2026-01-07` is before the day of disbursement (2026-01-08); expected that day or later
            overdue L1: REJECTED DATE_OUT_OF_RANGE overdue_since: `2026-01-21` is after the effective date (2026-01-20); expected that day or earlier
            disburse L1: REJECTED DATE_OUT_OF_RANGE effective_date: `2026-07-01` is after the maturity (2026-06-30); expected that day or earlier
            overdue L1: overdue, outstanding 2000000.00, exposure 0.00
            cure L1: REJECTED DATE_OUT_OF_RANGE effective_date: `2026-06-30` is before the first day overdue (2026-07-01); expected that day or later
            non-performing L1: REJECTED DATE_OUT_OF_RANGE effective_date: `2026-06-30` is before the first day overdue (2026-07-01); expected that day or later
            repay L1: REJECTED DATE_OUT_OF_RANGE effective_date: `2026-07-03` is in the future; expected 2026-07-02 (today in Asia/Shanghai) or earlier
        "#]],
    );
}

/// Every state with every command of a loan: what is not listed in domain.md §5 is refused with the state it is in.
#[test]
fn every_state_with_every_command() {
    const OUT: &str = "bank icbc/li disburse L1 amount=4000000 effective=2026-06-01";
    const BAD: &str = "bank icbc/li overdue L1 since=2026-06-10\nbank icbc/li non-performing L1";
    const CLAIM: &str = "bank icbc/li claim C1 loan=L1 loss=100000";
    const PAID: &str = "officer wang approve-claim C1\nfinance zhao pay-claim C1";
    let states = [
        ("filed", vec![]),
        ("disbursed", vec![OUT]),
        ("repaying", vec![OUT, "bank icbc/li repay L1 amount=1000"]),
        ("overdue", vec![OUT, "bank icbc/li overdue L1"]),
        ("non-performing", vec![OUT, BAD]),
        ("claimed", vec![OUT, BAD, CLAIM]),
        ("compensated", vec![OUT, BAD, CLAIM, PAID]),
        ("recovering", vec![OUT, BAD, CLAIM, PAID, "bank icbc/li recover C1 amount=100"]),
        ("settled", vec![OUT, "bank icbc/li repay L1 amount=4000000", "bank icbc/li settle L1"]),
        ("closed", vec![OUT, BAD, CLAIM, PAID, "officer wang write-off C1"]),
        ("withdrawn", vec!["bank icbc/li withdraw-loan L1"]),
    ];
    let commands = [
        "disburse L1 amount=1000",
        "pay-interest I1 loan=L1 from=2026-06-01",
        "repay L1 amount=1000 ref=once-more",
        "extend L1",
        "overdue L1",
        "non-performing L1",
        "cure L1",
        "settle L1",
        "close-loan L1",
        "withdraw-loan L1",
        "claim C2 loan=L1",
    ];
    let mut table = String::new();
    for (state, before) in states {
        let mut allowed = Vec::new();
        for command in commands {
            let mut script = "use basics waits-for-nothing
                2026-01-05 bank icbc/li register-pledge G1 pledgor=A rights=P1
                2026-01-06 bank icbc/li file L1 borrower=A pledges=G1 pool=hebi-pool\n"
                .to_owned();
            let command = format!("bank icbc/li {command}");
            for line in before.iter().flat_map(|lines| lines.lines()).chain([command.as_str()]) {
                script.push_str(&format!("2026-06-11 {line}\n"));
            }
            let shown = super::script::outcomes(&script);
            let (last, earlier) = {
                let mut lines = shown.lines().filter(|line| !line.starts_with(' ')).rev();
                (lines.next().unwrap(), lines)
            };
            assert!(earlier.clone().all(|line| !line.contains("REJECTED")), "{state}: {shown}");
            if last.contains("REJECTED") {
                let expected = format!("REJECTED STATE_FORBIDS loan_id: `L1` is {state}");
                let owed = last.contains("of principal outstanding") || last.contains("still owes the pool");
                assert!(last.contains(&expected) || owed, "{state}, {command}: {last}");
            } else {
                allowed.push(command.split(' ').nth(2).unwrap().to_owned());
            }
        }
        table.push_str(&format!("{state}: {}\n", allowed.join(" ")));
    }
    expect![[r#"
        filed: disburse withdraw-loan
        disbursed: disburse pay-interest repay extend overdue
        repaying: disburse pay-interest repay extend overdue
        overdue: pay-interest repay extend non-performing cure
        non-performing: pay-interest repay claim
        claimed: 
        compensated: 
        recovering: 
        settled: close-loan
        closed: 
        withdrawn: 
    "#]]
    .assert_eq(&table);
}

#[test]
fn a_payment_is_recorded_once_whatever_the_request_id() {
    check(
        "
        use loan
        2026-03-20 bank icbc/li pay-interest I7 loan=L1 amount=50000
        2026-03-21 bank icbc/li pay-interest I7 loan=L1 amount=50000
        2026-04-01 bank icbc/li repay L1 amount=1000 ref=HK-1
        2026-04-02 bank icbc/li repay L1 amount=1000 ref=HK-1
        ",
        expect![[r#"
            pay-interest I7: repaying, outstanding 5000000.00, exposure 2500000.00
            pay-interest I7: REJECTED ALREADY_EXISTS reference: `I7` is registered already; a payment is recorded once; give each payment its own reference
            repay L1: repaying, outstanding 4999000.00, exposure 2499500.00
                Cr pool/hebi-pool/exposure 500.00, Dr pool/hebi-pool/exposure-contra 500.00
            repay L1: REJECTED ALREADY_EXISTS reference: `HK-1` is registered already; a payment is recorded once; give each payment its own reference
        "#]],
    );
}

#[test]
fn a_filing_needs_rights_in_force_and_a_loan_that_is_not_over() {
    check(
        "
        use basics
        2026-01-05 bank icbc/li register-pledge G1 pledgor=A rights=P1
        2026-02-01 officer wang change-right P1 to=lapsed
        2026-02-02 bank icbc/li file L1 borrower=A pledges=G1
        2026-02-03 officer wang change-right P1 to=restored
        2026-02-04 bank icbc/li file L1 borrower=A pledges=G1 matures=2026-02-03
        2026-02-04 bank icbc/li file L1 borrower=A pledges=G1 matures=2026-02-04
        ",
        expect![[r#"
            register-pledge G1: done
            change-right P1: done
            file L1: REFUSED RIGHT_NOT_IN_FORCE (a right is not in force on this date; restore the right or pledge another one) `P1`
            change-right P1: done
            file L1: REJECTED DATE_OUT_OF_RANGE effective_date: `2026-02-04` is after the maturity (2026-02-03); expected that day or earlier
            file L1: filed under hebi-2017@1, exposure 0.00
        "#]],
    );
}
