//! Signing statements off: what is open, what is reconciled, and nothing twice.

use expect_test::expect;

use super::script::check;

#[test]
fn what_a_statement_would_show_is_open_until_somebody_has_looked_at_it() {
    check(
        "
        use loan
        ? unreconciled 2026-01
        2026-02-10 bank icbc/li pay-interest I1 amount=100
        2026-02-20 bank icbc/li pay-interest I2 amount=200
        2026-02-20 finance zhao pool-interest amount=5
        ? unreconciled 2026-02
        2026-03-02 finance zhao sign-off x matched=I1 differing=I2 zh
        ? unreconciled 2026-02
        2026-03-03 bank icbc/li pay-interest I3 amount=300 effective=2026-02-25
        ? unreconciled 2026-02
        2026-03-04 officer wang sign-off y matched=I2,I3
        ? unreconciled 2026-02
        2026-03-04 finance zhao sign-off z statement=pool/hebi-pool
        ? unreconciled 2026-02
        ",
        expect![[r#"
            ? unreconciled 2026-01: loans/icbc 1, pool/hebi-pool 1
            pay-interest I1: repaying, outstanding 5000000.00, exposure 2500000.00
            pay-interest I2: repaying, outstanding 5000000.00, exposure 2500000.00
            pool-interest: done
                Dr pool/hebi-pool/cash 5.00, Cr pool/hebi-pool/interest 5.00
            ? unreconciled 2026-02: repayments/icbc 2, pool/hebi-pool 1
            sign-off x: 1 reconciled, 1 off
            ? unreconciled 2026-02: pool/hebi-pool 1
            pay-interest I3: repaying, outstanding 5000000.00, exposure 2500000.00
            ? unreconciled 2026-02: repayments/icbc 1, pool/hebi-pool 1
            sign-off y: 2 reconciled, 0 off
            ? unreconciled 2026-02: pool/hebi-pool 1
            sign-off z: 0 reconciled, 0 off
            ? unreconciled 2026-02: pool/hebi-pool 1
        "#]],
    );
}

#[test]
fn nothing_is_reconciled_twice() {
    check(
        "
        use loan
        2026-02-10 bank icbc/li pay-interest I1 amount=100
        2026-03-02 bank icbc/li sign-off x matched=I1
        2026-03-02 finance zhao sign-off x statement=repayments/nobank matched=I1
        2026-03-02 finance zhao sign-off x statement=pool/no-pool
        2026-03-02 finance zhao sign-off x matched=I1
        2026-03-02 finance zhao sign-off x matched=I1 zh
        2026-03-02 finance zhao sign-off x zh
        2026-03-02 finance zhao sign-off x statement=treasury
        2026-03-03 bank icbc/li pay-interest I2 amount=100
        2026-03-03 finance zhao sign-off x matched=I2
        ",
        expect![[r#"
            pay-interest I1: repaying, outstanding 5000000.00, exposure 2500000.00
            sign-off x: REJECTED PERMISSION_DENIED role `bank` may not do this; expected officer or finance
            sign-off x: REJECTED INSTITUTION_UNKNOWN statement: `nobank` is not a registered institution; register it first
            sign-off x: REJECTED POOL_UNKNOWN pool_id: no rulebook in force has a pool `no-pool`
            sign-off x: 1 reconciled, 0 off
            sign-off x: REJECTED STATE_FORBIDS comparison_id: entry `19` was reconciled by entry 20 since; compare the statement again
                分录“19”已在分录 20 中对账；请重新对账
            sign-off x: REJECTED ALREADY_EXISTS comparison_id: this file was signed off as entry 20, and nothing in it is new; nothing is left to do
                该文件已于分录 20 确认，且无新增内容；无需再次确认
            sign-off x: 0 reconciled, 0 off
            pay-interest I2: repaying, outstanding 5000000.00, exposure 2500000.00
            sign-off x: 1 reconciled, 0 off
        "#]],
    );
}
