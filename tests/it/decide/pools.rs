//! The pool's own money, and its leverage limit.

use expect_test::expect;

use super::script::check;

#[test]
fn funders_pay_in_and_take_out_what_is_theirs() {
    check(
        "
        use basics
        2026-02-01 finance zhao contribute pool=no-pool amount=1
        2026-02-01 finance zhao pool-interest pool=no-pool amount=1
        2026-02-01 finance zhao take-out pool=no-pool amount=1
        2026-02-01 finance zhao contribute funder=province amount=1000000
        2026-02-02 finance zhao pool-interest amount=1234.56
        2026-02-03 finance zhao take-out funder=province amount=1000000.01 zh
        2026-02-03 finance zhao take-out funder=nobody amount=0.01
        2026-02-03 finance zhao take-out funder=province amount=1000000
        ? pool
        ",
        expect![[r#"
            contribute: REJECTED POOL_UNKNOWN pool_id: no rulebook in force has a pool `no-pool`
            pool-interest: REJECTED POOL_UNKNOWN pool_id: no rulebook in force has a pool `no-pool`
            take-out: REJECTED POOL_UNKNOWN pool_id: no rulebook in force has a pool `no-pool`
            contribute: done
                Dr pool/hebi-pool/cash 1000000.00, Cr pool/hebi-pool/capital/province 1000000.00
            pool-interest: done
                Dr pool/hebi-pool/cash 1234.56, Cr pool/hebi-pool/interest 1234.56
            take-out: REJECTED AMOUNT_EXCEEDS amount: `1000000.01` is more than what the funder has paid in (1000000.00); expected at most 1000000.00
                “1000000.01”超过该出资人出资额（1000000.00）；应不超过 1000000.00
            take-out: REJECTED AMOUNT_EXCEEDS amount: `0.01` is more than what the funder has paid in (0.00); expected at most 0.00
            take-out: done
                Dr pool/hebi-pool/capital/province 1000000.00, Cr pool/hebi-pool/cash 1000000.00
            ? pool: cash 2001234.56, free 2001234.56, exposure 0.00, waiting 0; 
        "#]],
    );
}

/// Free balance 2,000,000, limit 10: exposure of 20,000,000 and not a fen more.
#[test]
fn exposure_at_the_leverage_limit_and_one_fen_above() {
    check(
        "
        use basics
        2026-01-05 bank icbc/li register-pledge G1 pledgor=A rights=P1
        2026-01-05 bank icbc/li register-pledge G2 pledgor=A rights=P2
        2026-01-06 bank icbc/li file L1 borrower=A pledges=G1 pool=hebi-pool principal=40000000.01 zh
        2026-01-06 bank icbc/li file L1 borrower=A pledges=G1 pool=hebi-pool principal=40000000
        2026-01-06 bank icbc/li file L2 borrower=A pledges=G2 pool=hebi-pool ip=0.01
        2026-01-07 finance zhao take-out amount=0.01
        2026-01-07 finance zhao contribute amount=0.01
        2026-01-07 bank icbc/li file L2 borrower=A pledges=G2 pool=hebi-pool ip=0.20
        ? pool
        2026-01-08 bank icbc/li disburse L1 amount=1000000
        2026-01-09 bank icbc/li repay L1 amount=1000000
        2026-01-09 finance zhao take-out amount=0.02
        ? pool
        ",
        expect![[r#"
            register-pledge G1: done
            register-pledge G2: done
            file L1: REFUSED POOL_LEVERAGE_EXCEEDED (the pool's leverage limit is reached; wait for repayments or a contribution to the pool) `hebi-pool`
                The pool cannot take this loan: its exposure would be 20,000,000.01, more than 10 times its free balance of 2,000,000.00.
                资金池不能承担该笔贷款：在保责任将达20,000,000.01元，超过可用余额2,000,000.00元的10倍。
            file L1: filed under hebi-2017@1, exposure 20000000.00
                The pool takes on 20,000,000.00: 50 % of the loan's IP part of 40,000,000.00.
                Dr pool/hebi-pool/exposure 20000000.00, Cr pool/hebi-pool/exposure-contra 20000000.00
            file L2: REFUSED POOL_LEVERAGE_EXCEEDED (the pool's leverage limit is reached; wait for repayments or a contribution to the pool) `hebi-pool`
                The pool cannot take this loan: its exposure would be 20,000,000.01, more than 10 times its free balance of 2,000,000.00.
            take-out: REJECTED AMOUNT_EXCEEDS amount: `0.01` would leave 1999999.99 for an exposure of 20000000.00; expected to leave at least a 10th of it
            contribute: done
                Dr pool/hebi-pool/cash 0.01, Cr pool/hebi-pool/capital/finance-bureau 0.01
            file L2: filed under hebi-2017@1, exposure 0.10
                The pool takes on 0.10: 50 % of the loan's IP part of 0.20.
                Dr pool/hebi-pool/exposure 0.10, Cr pool/hebi-pool/exposure-contra 0.10
            ? pool: cash 2000000.01, free 2000000.01, exposure 20000000.10, waiting 0; icbc 2026 filed 45000000.00 losses 0.00
            disburse L1: disbursed, outstanding 1000000.00, exposure 20000000.00
            repay L1: repaying, outstanding 0.00, exposure 19500000.00
                Cr pool/hebi-pool/exposure 500000.00, Dr pool/hebi-pool/exposure-contra 500000.00
            take-out: done
                Dr pool/hebi-pool/capital/finance-bureau 0.02, Cr pool/hebi-pool/cash 0.02
            ? pool: cash 1999999.99, free 1999999.99, exposure 19500000.10, waiting 0; icbc 2026 filed 45000000.00 losses 0.00
        "#]],
    );
}

/// What approved, reviewed and waiting claims need is not taken out of the pool.
#[test]
fn money_that_claims_wait_for_stays() {
    check(
        "
        use loan waits-for-nothing
        2026-01-10 bank ccb/sun register-pledge G5 pledgor=B rights=P5
        2026-01-10 bank ccb/sun file L2 borrower=B pledges=G5 pool=hebi-pool
        2026-01-10 bank ccb/sun disburse L2
        2026-02-01 bank icbc/li overdue L1 since=2026-01-20
        2026-02-01 bank icbc/li non-performing L1
        2026-02-01 bank ccb/sun overdue L2 since=2026-01-20
        2026-02-01 bank ccb/sun non-performing L2
        2026-02-02 bank icbc/li claim C1 loss=2400000
        ? pool
        2026-02-02 finance zhao take-out amount=800000.01
        2026-02-02 bank ccb/sun claim C2 loan=L2 loss=1600000.02
        2026-02-02 finance zhao take-out amount=1
        2026-02-03 officer wang refuse-claim C2
        2026-02-03 finance zhao take-out amount=1
        ",
        expect![[r#"
            register-pledge G5: done
            file L2: filed under hebi-2017@1, exposure 2500000.00
                The pool takes on 2,500,000.00: 50 % of the loan's IP part of 5,000,000.00.
                Dr pool/hebi-pool/exposure 2500000.00, Cr pool/hebi-pool/exposure-contra 2500000.00
            disburse L2: disbursed, outstanding 5000000.00, exposure 2500000.00
            overdue L1: overdue, outstanding 5000000.00, exposure 2500000.00
            non-performing L1: non-performing, outstanding 5000000.00, exposure 2500000.00
            overdue L2: overdue, outstanding 5000000.00, exposure 2500000.00
            non-performing L2: non-performing, outstanding 5000000.00, exposure 2500000.00
            claim C1: under-review, loan claimed, covered 2400000.00 [pool 1200000.00 bank 1200000.00]
                The pool pays 1,200,000.00: 50 % of the loss of 2,400,000.00.
            ? pool: cash 2000000.00, free 800000.00, exposure 5000000.00, waiting 0; ccb 2026 filed 5000000.00 losses 0.00; icbc 2026 filed 5000000.00 losses 2400000.00
            take-out: REJECTED AMOUNT_EXCEEDS amount: `800000.01` is more than the pool's balance that no claim waits for (800000.00); expected at most 800000.00
            claim C2: deferred, loan claimed, covered 1600000.02 [pool 800000.01 bank 800000.01] REFUSED POOL_SHORT (the pool's free balance is too small; the claim resumes in order when the pool is refilled) by pool-balance
                The claim waits: the pool's share is 800,000.01, but its free balance is 800,000.00.
            take-out: REJECTED AMOUNT_EXCEEDS amount: `1.00` is more than the pool's balance that no claim waits for (0.00); expected at most 0.00
            refuse-claim C2: refused, loan non-performing
            take-out: done
                Dr pool/hebi-pool/capital/finance-bureau 1.00, Cr pool/hebi-pool/cash 1.00
        "#]],
    );
}
