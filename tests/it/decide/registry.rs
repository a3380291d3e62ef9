//! Enterprises, institutions, rights and the blacklist.

use expect_test::expect;

use super::script::check;

#[test]
fn each_is_registered_once() {
    check(
        "
        2026-01-04 operator op register-institution icbc kind=bank
        2026-01-04 operator op register-institution icbc kind=insurer
        2026-01-04 bank icbc/li register-enterprise A name=鹤壁甲公司
        2026-01-04 officer wang register-enterprise A name=鹤壁乙公司 zh
        2026-01-04 officer wang register-right P1 owner=A
        2026-01-04 officer wang register-right P1 owner=A
        2026-01-04 officer wang register-right P2 owner=B
        2026-01-04 officer wang register-right P3 owner=A granted=2026-01-05
        2026-01-04 officer wang register-right P3 owner=A granted=2026-01-03 expires=2026-01-02
        2026-01-04 officer wang register-right T1 owner=A
        2026-01-04 officer wang register-right K1 owner=A
        ",
        expect![[""]],
    );
}

#[test]
fn an_enterprise_is_renamed_and_keeps_its_code() {
    check(
        "
        use loan
        2026-02-01 officer wang update-enterprise A name=鹤壁甲科技公司 size=medium
        ? enterprise A
        2026-02-02 bank icbc/li repay L1 amount=1000000
        2026-02-02 enterprise A/chen apply S1 insurance,cost=1000,by=V1
        2026-02-02 officer wang update-enterprise E
        ",
        expect![[""]],
    );
}

#[test]
fn a_right_lapses_is_restored_is_sold_and_is_invalidated() {
    check(
        "
        use basics
        2026-02-01 officer wang change-right P1 to=restored
        2026-02-01 officer wang change-right P1 to=lapsed
        2026-02-01 officer wang change-right P1 to=lapsed
        2026-02-10 officer wang change-right P1 to=restored
        ? right P1 2026-01-31
        ? right P1 2026-02-01
        ? right P1 2026-02-10
        2026-02-11 officer wang change-right P1 to=A
        2026-02-11 officer wang change-right P1 to=E
        2026-02-11 officer wang change-right P1 to=B
        ? right P1 2026-02-10
        ? right P1 2026-02-11
        2026-02-12 officer wang change-right P1 to=invalidated
        2026-02-12 officer wang change-right P1 to=invalidated
        2026-02-12 officer wang change-right P1 to=lapsed
        ? right P1 2026-01-31
        2026-02-12 officer wang change-right P9 to=lapsed
        2026-02-12 officer wang change-right P2 to=lapsed effective=2019-01-01
        ",
        expect![[""]],
    );
}

#[test]
fn the_blacklist_has_a_first_and_a_last_day() {
    check(
        "
        use loan
        2026-03-01 officer wang blacklist X1 enterprise=A until=2026-03-10
        2026-03-01 officer wang blacklist X2 enterprise=A until=2026-02-28
        2026-03-01 officer wang blacklist X2 enterprise=E
        2026-03-10 enterprise A/chen apply S1 insurance,cost=1000,by=V1 zh
        2026-03-11 enterprise A/chen apply S2 insurance,cost=1000,by=V1
        2026-03-12 officer wang blacklist X3 enterprise=A effective=2026-03-11
        2026-03-12 enterprise A/chen apply S3 insurance,cost=1000,by=V2
        2026-03-13 officer wang lift-blacklist X3 effective=2026-03-10
        2026-03-13 officer wang lift-blacklist X9
        2026-03-13 officer wang lift-blacklist X3 enterprise=B
        2026-03-13 officer wang lift-blacklist X3
        2026-03-13 officer wang lift-blacklist X3
        2026-03-13 enterprise A/chen apply S4 insurance,cost=1000,by=V2
        2026-03-13 enterprise A/chen apply S5 insurance,cost=1000,by=V3,paid=2026-03-12 effective=2026-03-12
        ",
        expect![[""]],
    );
}
