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
        expect![[r#"
            register-institution icbc: done
            register-institution icbc: REJECTED ALREADY_EXISTS institution_id: `icbc` is registered already; choose another id
            register-enterprise A: done
            register-enterprise A: REJECTED ALREADY_EXISTS uscc: `A` is registered already; use UpdateEnterprise to change it
                “A”已登记；如需变更请使用变更接口
            register-right P1: done
            register-right P1: REJECTED ALREADY_EXISTS right: `P1` is registered already; record a transfer if the owner changed
            register-right P2: REJECTED ENTERPRISE_UNKNOWN owner: `B` is not registered; register the enterprise first
            register-right P3: REJECTED DATE_OUT_OF_RANGE granted_on: `2026-01-05` is in the future; expected 2026-01-04 (today in Asia/Shanghai) or earlier
            register-right P3: REJECTED DATE_OUT_OF_RANGE expires_on: `2026-01-02` is before the day of grant (2026-01-03); expected that day or later
            register-right T1: done
            register-right K1: done
        "#]],
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
        expect![[r#"
            update-enterprise A: done
            ? enterprise A: 鹤壁甲科技公司
            repay L1: repaying, outstanding 4000000.00, exposure 2000000.00
                Cr pool/hebi-pool/exposure 500000.00, Dr pool/hebi-pool/exposure-contra 500000.00
            apply S1: submitted 500.00 under hebi-2017@1 [insurance 500.00 ratio]
                Granted 500.00: half of the premium of 1,000.00.
                Dr budget/ip-finance/2026/reserved 500.00, Cr budget/ip-finance/2026/available 500.00
            update-enterprise E: REJECTED ENTERPRISE_UNKNOWN uscc: `E` is not registered; register the enterprise first
        "#]],
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
        expect![[r#"
            change-right P1: REJECTED STATE_FORBIDS right: `P1` is in-force; expected lapsed
            change-right P1: done
            change-right P1: REJECTED STATE_FORBIDS right: `P1` is lapsed; expected in-force
            change-right P1: done
            ? right P1 2026-01-31: in-force of A
            ? right P1 2026-02-01: lapsed of A
            ? right P1 2026-02-10: in-force of A
            change-right P1: REJECTED ALREADY_EXISTS new_owner: `A` is registered already; it owns the right already
            change-right P1: REJECTED ENTERPRISE_UNKNOWN new_owner: `E` is not registered; register the enterprise first
            change-right P1: done
            ? right P1 2026-02-10: in-force of A
            ? right P1 2026-02-11: in-force of B
            change-right P1: done
            change-right P1: REJECTED STATE_FORBIDS right: `P1` is invalidated; expected not invalidated yet
            change-right P1: REJECTED STATE_FORBIDS right: `P1` is invalidated; expected in-force
            ? right P1 2026-01-31: invalidated of A
            change-right P9: REJECTED IP_RIGHT_UNKNOWN right: `P9` is not registered; register the right first
            change-right P2: REJECTED DATE_OUT_OF_RANGE effective_date: `2019-01-01` is before the day of grant (2020-06-01); expected that day or later
        "#]],
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
        expect![[r#"
            blacklist X1: done
            blacklist X2: REJECTED DATE_OUT_OF_RANGE until: `2026-02-28` is before the effective date (2026-03-01); expected that day or later
            blacklist X2: REJECTED ENTERPRISE_UNKNOWN enterprise: `E` is not registered; register the enterprise first
            apply S1: refused 0.00 under hebi-2017@1 REFUSED ENTERPRISE_BLACKLISTED (the enterprise is on the blacklist; ask the authority that made the entry to lift it, then submit again) [insurance 0.00 gate ENTERPRISE_BLACKLISTED]
                Nothing granted: the enterprise has been on the blacklist since 2026-03-01.
                不予补助：企业自2026年3月1日起列入失信名单。
            apply S2: submitted 500.00 under hebi-2017@1 [insurance 500.00 ratio]
                Granted 500.00: half of the premium of 1,000.00.
                Dr budget/ip-finance/2026/reserved 500.00, Cr budget/ip-finance/2026/available 500.00
            blacklist X3: done
            apply S3: refused 0.00 under hebi-2017@1 REFUSED ENTERPRISE_BLACKLISTED (the enterprise is on the blacklist; ask the authority that made the entry to lift it, then submit again) [insurance 0.00 gate ENTERPRISE_BLACKLISTED]
                Nothing granted: the enterprise has been on the blacklist since 2026-03-11.
            lift-blacklist X3: REJECTED DATE_OUT_OF_RANGE effective_date: `2026-03-10` is before the day it took effect (2026-03-11); expected that day or later
            lift-blacklist X9: REJECTED BLACKLIST_ENTRY_UNKNOWN blacklist_sequence: entry `9999` is not a blacklist entry of this enterprise
            lift-blacklist X3: REJECTED BLACKLIST_ENTRY_UNKNOWN blacklist_sequence: entry `22` is not a blacklist entry of this enterprise
            lift-blacklist X3: done
            lift-blacklist X3: REJECTED STATE_FORBIDS blacklist_sequence: `22` is lifted; expected in force
            apply S4: submitted 500.00 under hebi-2017@1 [insurance 500.00 ratio]
                Granted 500.00: half of the premium of 1,000.00.
                Dr budget/ip-finance/2026/reserved 500.00, Cr budget/ip-finance/2026/available 500.00
            apply S5: refused 0.00 under hebi-2017@1 REFUSED ENTERPRISE_BLACKLISTED (the enterprise is on the blacklist; ask the authority that made the entry to lift it, then submit again) [insurance 0.00 gate ENTERPRISE_BLACKLISTED]
                Nothing granted: the enterprise has been on the blacklist since 2026-03-11.
        "#]],
    );
}
