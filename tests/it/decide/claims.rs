//! Claims on the pool: days overdue, breaker, the last of the pool, shares to the fen, recoveries.

use expect_test::expect;

use super::script::check;

#[test]
fn sixty_and_sixty_one_days_overdue() {
    check(
        "
        use loan
        2026-03-02 bank icbc/li overdue L1 since=2026-03-01
        2026-04-30 bank icbc/li claim C0 loss=100000
        2026-04-30 bank icbc/li non-performing L1
        2026-04-30 bank icbc/li claim C1 loss=100000 zh
        ? loan L1
        2026-05-01 bank icbc/li claim C2 loss=5000000.01
        2026-05-01 bank icbc/li claim C2 loss=100000 effective=2026-04-29
        2026-05-01 bank icbc/li claim C2 loss=100000 zh
        2026-05-01 bank icbc/li claim C3 loss=100000
        ? pool
        ",
        expect![[r#"
            overdue L1: overdue, outstanding 5000000.00, exposure 2500000.00
            claim C0: REJECTED STATE_FORBIDS loan_id: `L1` is overdue; expected non-performing
            non-performing L1: non-performing, outstanding 5000000.00, exposure 2500000.00
            claim C1: refused, loan non-performing, covered 0.00 [] REFUSED NOT_OVERDUE_LONG_ENOUGH (the loan is not overdue long enough; claim again when the limit has passed) by gate
                The claim is refused: the loan is 60 days overdue, and more than 60 are required.
                不予补偿：贷款逾期60天，须超过60天。
            ? loan L1: non-performing, hebi-2017@1, outstanding 5000000.00, exposure 2500000.00, overdue since 2026-03-01
            claim C2: REJECTED AMOUNT_EXCEEDS principal_loss: `5000000.01` is more than the outstanding principal (5000000.00); expected at most 5000000.00
            claim C2: REJECTED DATE_OUT_OF_RANGE effective_date: `2026-04-29` is before the loan's last event (2026-04-30); expected that day or later
            claim C2: under-review, loan claimed, covered 100000.00 [pool 50000.00 bank 50000.00]
                The pool pays 50,000.00: 50 % of the loss of 100,000.00.
                资金池补偿50,000.00元：损失100,000.00元的50%。
            claim C3: REJECTED STATE_FORBIDS loan_id: `L1` is claimed; expected non-performing
            ? pool: cash 2000000.00, free 1950000.00, exposure 2500000.00, waiting 0; icbc 2026 filed 5000000.00 losses 100000.00
        "#]],
    );
}

/// Filed 5,000,000, so that 150,000 of covered losses are exactly 3 %.
#[test]
fn the_breaker_at_exactly_three_per_cent_and_just_above() {
    check(
        "
        use loan
        2026-05-01 bank icbc/li overdue L1 since=2026-03-01
        2026-05-01 bank icbc/li non-performing L1
        2026-05-02 bank icbc/li claim C1 loss=150000.01 zh
        ? loan L1
        2026-05-03 officer wang refuse-claim C1
        2026-05-03 bank icbc/li claim C2 loss=150000
        ? pool
        ",
        expect![[r#"
            overdue L1: overdue, outstanding 5000000.00, exposure 2500000.00
            non-performing L1: non-performing, outstanding 5000000.00, exposure 2500000.00
            claim C1: deferred, loan claimed, covered 150000.01 [pool 75000.01 bank 75000.00] REFUSED BREAKER_TRIPPED (the bank's loss ratio of the year is above the limit; the claim resumes in order when the ratio falls) by gate
                The claim waits: the bank's losses of the year would be 150,000.01, above 3 % of the 5,000,000.00 that it filed.
                暂缓补偿：该银行本年度损失将达150,000.01元，超过其备案本金5,000,000.00元的3%。
            ? loan L1: claimed, hebi-2017@1, outstanding 5000000.00, exposure 2500000.00, overdue since 2026-03-01
            refuse-claim C1: refused, loan non-performing
            claim C2: under-review, loan claimed, covered 150000.00 [pool 75000.00 bank 75000.00]
                The pool pays 75,000.00: 50 % of the loss of 150,000.00.
            ? pool: cash 2000000.00, free 1925000.00, exposure 2500000.00, waiting 0; icbc 2026 filed 5000000.00 losses 150000.00
        "#]],
    );
}

/// New filings lower the ratio; then the claims resume in the order in which they came.
#[test]
fn deferred_claims_resume_in_order() {
    check(
        "
        use loan
        2026-01-10 bank icbc/li register-pledge G2 pledgor=A rights=P2
        2026-01-10 bank icbc/li file L2 borrower=A pledges=G2 pool=hebi-pool
        2026-01-10 bank icbc/li disburse L2
        2026-01-10 bank ccb/sun register-pledge G5 pledgor=B rights=P5
        2026-01-10 bank ccb/sun file L5 borrower=B pledges=G5 pool=hebi-pool
        2026-01-10 bank ccb/sun disburse L5
        2026-05-01 bank icbc/li overdue L1 since=2026-03-01
        2026-05-01 bank icbc/li non-performing L1
        2026-05-01 bank icbc/li overdue L2 since=2026-03-01
        2026-05-01 bank icbc/li non-performing L2
        2026-05-01 bank ccb/sun overdue L5 since=2026-03-01
        2026-05-01 bank ccb/sun non-performing L5
        2026-05-02 bank icbc/li claim C1 loan=L1 loss=300000.01
        2026-05-02 bank icbc/li claim C2 loan=L2 loss=100 zh
        2026-05-02 bank ccb/sun claim C5 loan=L5 loss=100
        2026-05-03 bank icbc/li resume C1
        2026-05-03 officer wang resume C2 zh
        2026-05-03 bank icbc/li resume C5
        2026-05-03 officer wang resume C5
        2026-05-04 bank icbc/li register-pledge G3 pledgor=A rights=P3
        2026-05-04 bank icbc/li file L3 borrower=A pledges=G3 pool=hebi-pool
        2026-05-05 bank icbc/li resume C2
        2026-05-05 bank icbc/li resume C1 effective=2026-05-01
        2026-05-05 bank icbc/li resume C1
        2026-05-05 officer wang resume C2
        2026-05-05 officer wang resume C2
        ? pool
        ",
        expect![[r#"
            register-pledge G2: done
            file L2: filed under hebi-2017@1, exposure 2500000.00
                The pool takes on 2,500,000.00: 50 % of the loan's IP part of 5,000,000.00.
                Dr pool/hebi-pool/exposure 2500000.00, Cr pool/hebi-pool/exposure-contra 2500000.00
            disburse L2: disbursed, outstanding 5000000.00, exposure 2500000.00
            register-pledge G5: done
            file L5: filed under hebi-2017@1, exposure 2500000.00
                The pool takes on 2,500,000.00: 50 % of the loan's IP part of 5,000,000.00.
                Dr pool/hebi-pool/exposure 2500000.00, Cr pool/hebi-pool/exposure-contra 2500000.00
            disburse L5: disbursed, outstanding 5000000.00, exposure 2500000.00
            overdue L1: overdue, outstanding 5000000.00, exposure 2500000.00
            non-performing L1: non-performing, outstanding 5000000.00, exposure 2500000.00
            overdue L2: overdue, outstanding 5000000.00, exposure 2500000.00
            non-performing L2: non-performing, outstanding 5000000.00, exposure 2500000.00
            overdue L5: overdue, outstanding 5000000.00, exposure 2500000.00
            non-performing L5: non-performing, outstanding 5000000.00, exposure 2500000.00
            claim C1: deferred, loan claimed, covered 300000.01 [pool 150000.01 bank 150000.00] REFUSED BREAKER_TRIPPED (the bank's loss ratio of the year is above the limit; the claim resumes in order when the ratio falls) by gate
                The claim waits: the bank's losses of the year would be 300,000.01, above 3 % of the 10,000,000.00 that it filed.
            claim C2: deferred, loan claimed, covered 100.00 [pool 50.00 bank 50.00] REFUSED BREAKER_TRIPPED (the bank's loss ratio of the year is above the limit; the claim resumes in order when the ratio falls) by gate
                The claim waits: an earlier claim, of 2026-05-02, waits and comes first.
                暂缓补偿：2026年5月2日提交的更早申请仍在等待，须先行恢复。
            claim C5: under-review, loan claimed, covered 100.00 [pool 50.00 bank 50.00]
                The pool pays 50.00: 50 % of the loss of 100.00.
            resume C1: deferred, loan claimed, covered 300000.01 [pool 150000.01 bank 150000.00] REFUSED BREAKER_TRIPPED (the bank's loss ratio of the year is above the limit; the claim resumes in order when the ratio falls) by gate
                The claim waits: the bank's losses of the year would be 300,000.01, above 3 % of the 10,000,000.00 that it filed.
            resume C2: REJECTED OUT_OF_ORDER claim_id: an earlier claim waits since 2026-05-02; it comes first
                2026-05-02提交的更早申请仍在等待；须按顺序恢复
            resume C5: REJECTED CLAIM_UNKNOWN claim_id: `C5` is not a claim known here; expected an id that SubmitClaim returned
            resume C5: REJECTED STATE_FORBIDS claim_id: `C5` is under-review; expected deferred
            register-pledge G3: done
            file L3: filed under hebi-2017@1, exposure 2500000.00
                The pool takes on 2,500,000.00: 50 % of the loan's IP part of 5,000,000.00.
                Dr pool/hebi-pool/exposure 2500000.00, Cr pool/hebi-pool/exposure-contra 2500000.00
            resume C2: REJECTED OUT_OF_ORDER claim_id: an earlier claim waits since 2026-05-02; it comes first
            resume C1: REJECTED DATE_OUT_OF_RANGE effective_date: `2026-05-01` is before the day of submission (2026-05-02); expected that day or later
            resume C1: under-review, loan claimed, covered 300000.01 [pool 150000.01 bank 150000.00]
                The pool pays 150,000.01: 50 % of the loss of 300,000.01.
            resume C2: under-review, loan claimed, covered 100.00 [pool 50.00 bank 50.00]
                The pool pays 50.00: 50 % of the loss of 100.00.
            resume C2: REJECTED STATE_FORBIDS claim_id: `C2` is under-review; expected deferred
            ? pool: cash 2000000.00, free 1849899.99, exposure 10000000.00, waiting 0; ccb 2026 filed 5000000.00 losses 100.00; icbc 2026 filed 15000000.00 losses 300100.01
        "#]],
    );
}

/// A claim of last year that waits for last year's ratio does not hold up the claims of this year.
#[test]
fn each_year_has_its_own_line() {
    check(
        "
        use loan
        2026-01-10 bank icbc/li register-pledge G2 pledgor=A rights=P2
        2026-01-10 bank icbc/li file L2 borrower=A pledges=G2 pool=hebi-pool
        2026-01-10 bank icbc/li disburse L2
        2026-12-01 bank icbc/li overdue L1 since=2026-09-01
        2026-12-01 bank icbc/li non-performing L1
        2026-12-01 bank icbc/li overdue L2 since=2026-09-01
        2026-12-01 bank icbc/li non-performing L2
        2026-12-31 bank icbc/li claim C1 loan=L1 loss=300000.01
        2027-01-04 bank icbc/li register-pledge G3 pledgor=A rights=P3
        2027-01-04 bank icbc/li file L3 borrower=A pledges=G3 pool=hebi-pool
        2027-01-05 bank icbc/li claim C2 loan=L2 loss=150000
        ? pool
        ",
        expect![[r#"
            register-pledge G2: done
            file L2: filed under hebi-2017@1, exposure 2500000.00
                The pool takes on 2,500,000.00: 50 % of the loan's IP part of 5,000,000.00.
                Dr pool/hebi-pool/exposure 2500000.00, Cr pool/hebi-pool/exposure-contra 2500000.00
            disburse L2: disbursed, outstanding 5000000.00, exposure 2500000.00
            overdue L1: overdue, outstanding 5000000.00, exposure 2500000.00
            non-performing L1: non-performing, outstanding 5000000.00, exposure 2500000.00
            overdue L2: overdue, outstanding 5000000.00, exposure 2500000.00
            non-performing L2: non-performing, outstanding 5000000.00, exposure 2500000.00
            claim C1: deferred, loan claimed, covered 300000.01 [pool 150000.01 bank 150000.00] REFUSED BREAKER_TRIPPED (the bank's loss ratio of the year is above the limit; the claim resumes in order when the ratio falls) by gate
                The claim waits: the bank's losses of the year would be 300,000.01, above 3 % of the 10,000,000.00 that it filed.
            register-pledge G3: done
            file L3: filed under hebi-2017@1, exposure 2500000.00
                The pool takes on 2,500,000.00: 50 % of the loan's IP part of 5,000,000.00.
                Dr pool/hebi-pool/exposure 2500000.00, Cr pool/hebi-pool/exposure-contra 2500000.00
            claim C2: under-review, loan claimed, covered 150000.00 [pool 75000.00 bank 75000.00]
                The pool pays 75,000.00: 50 % of the loss of 150,000.00.
            ? pool: cash 2000000.00, free 1925000.00, exposure 7500000.00, waiting 1; icbc 2026 filed 10000000.00 losses 0.00; icbc 2027 filed 5000000.00 losses 150000.00
        "#]],
    );
}

/// The pool has 2,000,000; the second claim waits for a contribution, and the third behind it.
#[test]
fn two_claims_race_for_the_last_of_the_pool() {
    check(
        "
        use loan waits-for-nothing
        2026-01-10 bank icbc/li register-pledge G2 pledgor=A rights=P2
        2026-01-10 bank icbc/li file L2 borrower=A pledges=G2 pool=hebi-pool
        2026-01-10 bank icbc/li disburse L2
        2026-01-10 bank ccb/sun register-pledge G5 pledgor=B rights=P5
        2026-01-10 bank ccb/sun file L5 borrower=B pledges=G5 pool=hebi-pool
        2026-01-10 bank ccb/sun disburse L5
        2026-02-01 bank icbc/li overdue L1 since=2026-01-20
        2026-02-01 bank icbc/li non-performing L1
        2026-02-01 bank icbc/li overdue L2 since=2026-01-20
        2026-02-01 bank icbc/li non-performing L2
        2026-02-01 bank ccb/sun overdue L5 since=2026-01-20
        2026-02-01 bank ccb/sun non-performing L5
        2026-02-02 bank icbc/li claim C1 loan=L1 loss=3999999.99
        2026-02-02 bank ccb/sun claim C5 loan=L5 loss=1000000 zh
        2026-02-03 finance zhao contribute amount=499999.99
        2026-02-03 bank ccb/sun resume C5
        2026-02-03 bank icbc/li claim C2 loan=L2 loss=2 zh
        2026-02-04 finance zhao contribute amount=0.01
        2026-02-04 bank icbc/li resume C2
        2026-02-04 bank ccb/sun resume C5
        2026-02-04 bank icbc/li resume C2
        2026-02-04 finance zhao contribute amount=1
        2026-02-04 bank icbc/li resume C2
        ? pool
        ",
        expect![[r#"
            register-pledge G2: done
            file L2: filed under hebi-2017@1, exposure 2500000.00
                The pool takes on 2,500,000.00: 50 % of the loan's IP part of 5,000,000.00.
                Dr pool/hebi-pool/exposure 2500000.00, Cr pool/hebi-pool/exposure-contra 2500000.00
            disburse L2: disbursed, outstanding 5000000.00, exposure 2500000.00
            register-pledge G5: done
            file L5: filed under hebi-2017@1, exposure 2500000.00
                The pool takes on 2,500,000.00: 50 % of the loan's IP part of 5,000,000.00.
                Dr pool/hebi-pool/exposure 2500000.00, Cr pool/hebi-pool/exposure-contra 2500000.00
            disburse L5: disbursed, outstanding 5000000.00, exposure 2500000.00
            overdue L1: overdue, outstanding 5000000.00, exposure 2500000.00
            non-performing L1: non-performing, outstanding 5000000.00, exposure 2500000.00
            overdue L2: overdue, outstanding 5000000.00, exposure 2500000.00
            non-performing L2: non-performing, outstanding 5000000.00, exposure 2500000.00
            overdue L5: overdue, outstanding 5000000.00, exposure 2500000.00
            non-performing L5: non-performing, outstanding 5000000.00, exposure 2500000.00
            claim C1: under-review, loan claimed, covered 3999999.99 [pool 2000000.00 bank 1999999.99]
                The pool pays 2,000,000.00: 50 % of the loss of 3,999,999.99.
            claim C5: deferred, loan claimed, covered 1000000.00 [pool 500000.00 bank 500000.00] REFUSED POOL_SHORT (the pool's free balance is too small; the claim resumes in order when the pool is refilled) by pool-balance
                The claim waits: the pool's share is 500,000.00, but its free balance is 0.00.
                暂缓补偿：资金池应承担500,000.00元，可用余额为0.00元。
            contribute: done
                Dr pool/hebi-pool/cash 499999.99, Cr pool/hebi-pool/capital/finance-bureau 499999.99
            resume C5: deferred, loan claimed, covered 1000000.00 [pool 500000.00 bank 500000.00] REFUSED POOL_SHORT (the pool's free balance is too small; the claim resumes in order when the pool is refilled) by pool-balance
                The claim waits: the pool's share is 500,000.00, but its free balance is 499,999.99.
            claim C2: deferred, loan claimed, covered 2.00 [pool 1.00 bank 1.00] REFUSED POOL_SHORT (the pool's free balance is too small; the claim resumes in order when the pool is refilled) by pool-balance
                The claim waits: an earlier claim, of 2026-02-02, waits and comes first.
                暂缓补偿：2026年2月2日提交的更早申请仍在等待，须先行恢复。
            contribute: done
                Dr pool/hebi-pool/cash 0.01, Cr pool/hebi-pool/capital/finance-bureau 0.01
            resume C2: REJECTED OUT_OF_ORDER claim_id: an earlier claim waits since 2026-02-02; it comes first
            resume C5: under-review, loan claimed, covered 1000000.00 [pool 500000.00 bank 500000.00]
                The pool pays 500,000.00: 50 % of the loss of 1,000,000.00.
            resume C2: deferred, loan claimed, covered 2.00 [pool 1.00 bank 1.00] REFUSED POOL_SHORT (the pool's free balance is too small; the claim resumes in order when the pool is refilled) by pool-balance
                The claim waits: the pool's share is 1.00, but its free balance is 0.00.
            contribute: done
                Dr pool/hebi-pool/cash 1.00, Cr pool/hebi-pool/capital/finance-bureau 1.00
            resume C2: under-review, loan claimed, covered 2.00 [pool 1.00 bank 1.00]
                The pool pays 1.00: 50 % of the loss of 2.00.
            ? pool: cash 2500001.00, free 0.00, exposure 7500000.00, waiting 0; ccb 2026 filed 5000000.00 losses 1000000.00; icbc 2026 filed 10000000.00 losses 4000001.99
        "#]],
    );
}

#[test]
fn shares_close_to_the_fen() {
    for (loss, shares) in [
        ("0.01", "pool 0.01 bank 0.00 insurer 0.00 valuer 0.00"),
        ("0.03", "pool 0.02 bank 0.01 insurer 0.00 valuer 0.00"),
        ("1000000.01", "pool 540000.01 bank 260000.00 insurer 160000.00 valuer 40000.00"),
    ] {
        let shown = super::script::outcomes(&format!(
            "
            use loan four-parties
            2026-05-01 bank icbc/li overdue L1 since=2026-03-01
            2026-05-01 bank icbc/li non-performing L1
            2026-05-01 finance zhao contribute amount=100000000
            2026-05-01 bank icbc/li register-pledge G2 pledgor=A rights=P2
            2026-05-01 bank icbc/li file L2 borrower=A pledges=G2 pool=hebi-pool principal=100000000
            2026-05-02 bank icbc/li claim C1 loss={loss}
            "
        ));
        let wanted = format!("claim C1: under-review, loan claimed, covered {loss} [{shares}]");
        assert!(shown.contains(&wanted), "{loss}: {shown}");
    }
}

/// Half of the loan is IP: the pool shares half of the loss.
#[test]
fn the_ip_part_of_a_loss() {
    check(
        "
        use basics waits-for-nothing
        2026-01-05 bank icbc/li register-pledge G1 pledgor=A rights=P1
        2026-01-06 bank icbc/li file L1 borrower=A pledges=G1 pool=hebi-pool principal=3000000 ip=1000000
        2026-01-10 bank icbc/li disburse L1 amount=3000000
        2026-02-01 bank icbc/li repay L1 amount=1000000
        2026-02-01 bank icbc/li overdue L1 since=2026-01-20
        2026-02-01 bank icbc/li non-performing L1
        2026-02-02 bank icbc/li claim C1 loss=0.02
        2026-02-02 bank icbc/li claim C1 loss=2000000 zh
        2026-02-03 officer wang approve-claim C1
        2026-02-04 finance zhao pay-claim C1
        ? pool
        ",
        expect![[r#"
            register-pledge G1: done
            file L1: filed under hebi-2017@1, exposure 500000.00
                The pool takes on 500,000.00: 50 % of the loan's IP part of 1,000,000.00.
                Dr pool/hebi-pool/exposure 500000.00, Cr pool/hebi-pool/exposure-contra 500000.00
            disburse L1: disbursed, outstanding 3000000.00, exposure 500000.00
            repay L1: repaying, outstanding 2000000.00, exposure 333333.34
                Cr pool/hebi-pool/exposure 166666.66, Dr pool/hebi-pool/exposure-contra 166666.66
            overdue L1: overdue, outstanding 2000000.00, exposure 333333.34
            non-performing L1: non-performing, outstanding 2000000.00, exposure 333333.34
            claim C1: refused, loan non-performing, covered 0.00 [] REFUSED LOSS_NOT_COVERED (the pool does not cover this loss; see the failed step of the explanation) by gate
                The claim is refused: nothing of the loss falls on the IP part, 1,000,000.00 of the principal of 3,000,000.00.
            claim C1: under-review, loan claimed, covered 666666.66 [pool 333333.33 bank 333333.33]
                The pool pays 333,333.33: 50 % of 666,666.66, the IP part of the loss of 2,000,000.00.
                资金池补偿333,333.33元：损失2,000,000.00元中知识产权部分666,666.66元的50%。
            approve-claim C1: approved, loan claimed
                Dr pool/hebi-pool/compensation 333333.33, Cr pool/hebi-pool/payable/icbc 333333.33, Cr pool/hebi-pool/exposure 333333.34, Dr pool/hebi-pool/exposure-contra 333333.34
            pay-claim C1: paid, loan compensated
                Dr pool/hebi-pool/payable/icbc 333333.33, Cr pool/hebi-pool/cash 333333.33
            ? pool: cash 1666666.67, free 1666666.67, exposure 0.00, waiting 0; icbc 2026 filed 3000000.00 losses 666666.66
        "#]],
    );
}

#[test]
fn a_loan_without_a_pool_and_a_loan_filed_when_it_was_overdue() {
    check(
        "
        use basics waits-for-nothing
        2026-01-05 bank icbc/li register-pledge G1 pledgor=A rights=P1
        2026-01-06 bank icbc/li file L1 borrower=A pledges=G1
        2026-01-10 bank icbc/li disburse L1
        2026-02-01 bank icbc/li overdue L1 since=2026-01-20
        2026-02-01 bank icbc/li non-performing L1
        2026-02-02 bank icbc/li claim C1 loss=1 zh
        # Lent in January without a pledge, overdue since 20 January, pledged and filed afterwards.
        2026-02-10 bank icbc/li register-pledge G2 pledgor=A rights=P2
        2026-02-10 bank icbc/li file L2 borrower=A pledges=G2 pool=hebi-pool
        2026-02-10 bank icbc/li disburse L2 effective=2026-01-10
        2026-02-10 bank icbc/li overdue L2 since=2026-01-20
        2026-02-10 bank icbc/li non-performing L2
        2026-02-11 bank icbc/li claim C2 loan=L2 loss=1000 zh
        ? loan L2
        ",
        expect![[r#"
            register-pledge G1: done
            file L1: filed under hebi-2017@1, exposure 0.00
            disburse L1: disbursed, outstanding 5000000.00, exposure 0.00
            overdue L1: overdue, outstanding 5000000.00, exposure 0.00
            non-performing L1: non-performing, outstanding 5000000.00, exposure 0.00
            claim C1: REJECTED POOL_UNKNOWN loan_id: `L1` was filed without a pool; there is nothing to claim on
                “L1”备案时未纳入资金池，无法申请补偿
            register-pledge G2: done
            file L2: filed under hebi-2017@1, exposure 2500000.00
                The pool takes on 2,500,000.00: 50 % of the loan's IP part of 5,000,000.00.
                Dr pool/hebi-pool/exposure 2500000.00, Cr pool/hebi-pool/exposure-contra 2500000.00
            disburse L2: disbursed, outstanding 5000000.00, exposure 2500000.00
            overdue L2: overdue, outstanding 5000000.00, exposure 2500000.00
            non-performing L2: non-performing, outstanding 5000000.00, exposure 2500000.00
            claim C2: refused, loan non-performing, covered 0.00 [] REFUSED LOSS_NOT_COVERED (the pool does not cover this loss; see the failed step of the explanation) by gate
                The claim is refused: the loan was filed on 2026-02-10, when it had been overdue since 2026-01-20.
                不予补偿：贷款2026年2月10日备案时，自2026年1月20日起已逾期。
            ? loan L2: non-performing, hebi-2017@1, outstanding 5000000.00, exposure 2500000.00, overdue since 2026-01-20
        "#]],
    );
}

#[test]
fn approved_and_paid_by_three_persons() {
    check(
        "
        use loan waits-for-nothing
        2026-02-01 bank icbc/li overdue L1 since=2026-01-20
        2026-02-01 bank icbc/li non-performing L1
        2026-02-02 bank icbc/li claim C1 loss=100000
        2026-02-03 officer li approve-claim C1
        2026-02-03 officer li refuse-claim C1
        2026-02-03 officer wang approve-claim C1 effective=2026-02-01
        2026-02-03 officer wang approve-claim C1
        2026-02-04 finance wang pay-claim C1
        2026-02-04 finance li pay-claim C1
        2026-02-04 finance zhao pay-claim C1 effective=2026-02-02
        2026-02-04 finance zhao pay-claim C1
        ? pool
        ",
        expect![[r#"
            overdue L1: overdue, outstanding 5000000.00, exposure 2500000.00
            non-performing L1: non-performing, outstanding 5000000.00, exposure 2500000.00
            claim C1: under-review, loan claimed, covered 100000.00 [pool 50000.00 bank 50000.00]
                The pool pays 50,000.00: 50 % of the loss of 100,000.00.
            approve-claim C1: REJECTED SAME_PERSON claim_id: `li` submitted it; expected another person
            refuse-claim C1: REJECTED SAME_PERSON claim_id: `li` submitted it; expected another person
            approve-claim C1: REJECTED DATE_OUT_OF_RANGE effective_date: `2026-02-01` is before the day of submission (2026-02-02); expected that day or later
            approve-claim C1: approved, loan claimed
                Dr pool/hebi-pool/compensation 50000.00, Cr pool/hebi-pool/payable/icbc 50000.00, Cr pool/hebi-pool/exposure 2500000.00, Dr pool/hebi-pool/exposure-contra 2500000.00
            pay-claim C1: REJECTED SAME_PERSON claim_id: `wang` approved it; expected another person
            pay-claim C1: REJECTED SAME_PERSON claim_id: `li` submitted it; expected another person
            pay-claim C1: REJECTED DATE_OUT_OF_RANGE effective_date: `2026-02-02` is before the day of approval (2026-02-03); expected that day or later
            pay-claim C1: paid, loan compensated
                Dr pool/hebi-pool/payable/icbc 50000.00, Cr pool/hebi-pool/cash 50000.00
            ? pool: cash 1950000.00, free 1950000.00, exposure 0.00, waiting 0; icbc 2026 filed 5000000.00 losses 100000.00
        "#]],
    );
}

#[test]
fn recoveries_smaller_than_their_cost_more_than_paid_and_in_another_year() {
    check(
        "
        use loan waits-for-nothing
        2026-02-01 bank icbc/li overdue L1 since=2026-01-20
        2026-02-01 bank icbc/li non-performing L1
        2026-02-02 bank icbc/li claim C1 loss=100000
        2026-02-02 bank icbc/li recover C1 amount=1
        2026-02-03 officer wang approve-claim C1
        2026-02-04 finance zhao pay-claim C1
        2026-02-05 bank icbc/li recover C1 amount=1 effective=2026-02-03
        2026-03-01 bank icbc/li recover C1 amount=1000 cost=1500
        2026-04-01 bank icbc/li recover C1 amount=30000.01 cost=10000
        ? claim C1
        2026-04-02 bank icbc/li close-loan L1 zh
        2027-05-01 bank icbc/li recover C1 amount=100000
        ? claim C1
        ? pool
        2027-05-02 bank icbc/li close-loan L1 effective=2027-04-30
        2027-05-02 bank icbc/li close-loan L1
        ? claim C1
        2027-05-03 officer wang write-off C1
        2027-06-01 bank icbc/li recover C1 amount=10
        ? loan L1
        ",
        expect![[r#"
            overdue L1: overdue, outstanding 5000000.00, exposure 2500000.00
            non-performing L1: non-performing, outstanding 5000000.00, exposure 2500000.00
            claim C1: under-review, loan claimed, covered 100000.00 [pool 50000.00 bank 50000.00]
                The pool pays 50,000.00: 50 % of the loss of 100,000.00.
            recover C1: REJECTED STATE_FORBIDS claim_id: `C1` is under-review; expected paid or recovering or closed
            approve-claim C1: approved, loan claimed
                Dr pool/hebi-pool/compensation 50000.00, Cr pool/hebi-pool/payable/icbc 50000.00, Cr pool/hebi-pool/exposure 2500000.00, Dr pool/hebi-pool/exposure-contra 2500000.00
            pay-claim C1: paid, loan compensated
                Dr pool/hebi-pool/payable/icbc 50000.00, Cr pool/hebi-pool/cash 50000.00
            recover C1: REJECTED DATE_OUT_OF_RANGE effective_date: `2026-02-03` is before the day of payment (2026-02-04); expected that day or later
            recover C1: recovering, loan recovering, recovered pool 0.00 bank 0.00
            recover C1: recovering, loan recovering, recovered pool 10000.01 bank 10000.00
                Dr pool/hebi-pool/cash 10000.01, Cr pool/hebi-pool/recovered 10000.01
            ? claim C1: recovering, share 50000.00, returned 10000.01, gross 31000.01, cost 11500.00
            close-loan L1: REJECTED STATE_FORBIDS loan_id: `L1` still owes the pool 39999.99; expected a full recovery or a write-off
                “L1”尚欠资金池 39999.99；应全额追偿或核销后关闭
            recover C1: recovering, loan recovering, recovered pool 39999.99 bank 60000.01
                Dr pool/hebi-pool/cash 39999.99, Cr pool/hebi-pool/recovered 39999.99
            ? claim C1: recovering, share 50000.00, returned 50000.00, gross 131000.01, cost 11500.00
            ? pool: cash 2000000.00, free 2000000.00, exposure 0.00, waiting 0; icbc 2026 filed 5000000.00 losses 100000.00
            close-loan L1: REJECTED DATE_OUT_OF_RANGE effective_date: `2027-04-30` is before the loan's last event (2027-05-01); expected that day or later
            close-loan L1: closed, outstanding 5000000.00, exposure 0.00
            ? claim C1: closed, share 50000.00, returned 50000.00, gross 131000.01, cost 11500.00
            write-off C1: REJECTED STATE_FORBIDS claim_id: `C1` is closed; expected paid or recovering
            recover C1: closed, loan closed, recovered pool 0.00 bank 10.00
            ? loan L1: closed, hebi-2017@1, outstanding 5000000.00, exposure 0.00, overdue since 2026-01-20, ended 2027-05-02
        "#]],
    );
}

#[test]
fn a_recovery_after_the_write_off() {
    check(
        "
        use loan waits-for-nothing
        2026-02-01 bank icbc/li overdue L1 since=2026-01-20
        2026-02-01 bank icbc/li non-performing L1
        2026-02-02 bank icbc/li claim C1 loss=100000
        2026-02-03 officer wang approve-claim C1
        2026-02-04 finance zhao pay-claim C1
        2026-02-05 officer wang write-off C1 effective=2026-02-03
        2026-02-05 officer wang write-off C1
        ? loan L1
        2026-03-01 bank icbc/li recover C1 amount=3000
        ? loan L1
        ? claim C1
        ",
        expect![[r#"
            overdue L1: overdue, outstanding 5000000.00, exposure 2500000.00
            non-performing L1: non-performing, outstanding 5000000.00, exposure 2500000.00
            claim C1: under-review, loan claimed, covered 100000.00 [pool 50000.00 bank 50000.00]
                The pool pays 50,000.00: 50 % of the loss of 100,000.00.
            approve-claim C1: approved, loan claimed
                Dr pool/hebi-pool/compensation 50000.00, Cr pool/hebi-pool/payable/icbc 50000.00, Cr pool/hebi-pool/exposure 2500000.00, Dr pool/hebi-pool/exposure-contra 2500000.00
            pay-claim C1: paid, loan compensated
                Dr pool/hebi-pool/payable/icbc 50000.00, Cr pool/hebi-pool/cash 50000.00
            write-off C1: REJECTED DATE_OUT_OF_RANGE effective_date: `2026-02-03` is before the day of payment (2026-02-04); expected that day or later
            write-off C1: closed, loan closed
            ? loan L1: closed, hebi-2017@1, outstanding 5000000.00, exposure 0.00, overdue since 2026-01-20, ended 2026-02-05
            recover C1: closed, loan closed, recovered pool 1500.00 bank 1500.00
                Dr pool/hebi-pool/cash 1500.00, Cr pool/hebi-pool/recovered 1500.00
            ? loan L1: closed, hebi-2017@1, outstanding 5000000.00, exposure 0.00, overdue since 2026-01-20, ended 2026-02-05
            ? claim C1: closed, share 50000.00, returned 1500.00, gross 3000.00, cost 0.00
        "#]],
    );
}

/// Every state of a claim with every command.
#[test]
fn every_state_with_every_command() {
    const CLAIM: &str = "bank icbc/li claim C1 loss=100000";
    const APPROVED: &str = "bank icbc/li claim C1 loss=100000\nofficer wang approve-claim C1";
    const PAID: &str = "finance zhao pay-claim C1";
    let states = [
        ("under-review", vec![CLAIM]),
        ("deferred", vec!["bank icbc/li claim C1 loss=4000000.02"]),
        ("refused", vec![CLAIM, "officer wang refuse-claim C1"]),
        ("approved", vec![APPROVED]),
        ("paid", vec![APPROVED, PAID]),
        ("recovering", vec![APPROVED, PAID, "bank icbc/li recover C1 amount=100"]),
        ("closed", vec![APPROVED, PAID, "officer wang write-off C1"]),
    ];
    let commands = [
        "bank icbc/li resume C1",
        "officer wang approve-claim C1",
        "officer wang refuse-claim C1",
        "finance zhao pay-claim C1",
        "bank icbc/li recover C1 amount=100",
        "officer wang write-off C1",
    ];
    let mut table = String::new();
    for (state, before) in states {
        let mut allowed = Vec::new();
        for command in commands {
            let mut script = "use loan waits-for-nothing
                2026-02-01 bank icbc/li overdue L1 since=2026-01-20
                2026-02-01 bank icbc/li non-performing L1\n"
                .to_owned();
            for line in before.iter().flat_map(|lines| lines.lines()).chain([command]) {
                script.push_str(&format!("2026-02-02 {line}\n"));
            }
            let shown = super::script::outcomes(&script);
            let last = shown.lines().rfind(|line| !line.starts_with(' ')).unwrap();
            if last.contains("REJECTED") {
                let expected = format!("REJECTED STATE_FORBIDS claim_id: `C1` is {state}");
                assert!(last.contains(&expected), "{state}, {command}: {last}");
            } else {
                allowed.push(command.split(' ').nth(2).unwrap());
            }
        }
        table.push_str(&format!("{state}: {}\n", allowed.join(" ")));
    }
    expect![[r#"
        under-review: approve-claim refuse-claim
        deferred: resume refuse-claim
        refused: 
        approved: pay-claim
        paid: recover write-off
        recovering: recover write-off
        closed: recover
    "#]]
    .assert_eq(&table);
}
