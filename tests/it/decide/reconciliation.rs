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
        expect![[r#""#]],
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
        expect![[r#""#]],
    );
}
