//! Pledges: no right under two active ones, whatever the bank and the order of dates.

use expect_test::expect;

use super::script::check;

#[test]
fn a_right_is_pledged_once_whatever_the_bank() {
    check(
        "
        use basics
        2026-02-01 bank icbc/li register-pledge G1 pledgor=A rights=P1,P2
        2026-02-02 bank icbc/li register-pledge G1 pledgor=A rights=P3
        2026-02-02 bank ccb/sun register-pledge G2 pledgor=A rights=P3,P2
        2026-02-02 bank icbc/li register-pledge G2 pledgor=A rights=P2
        2026-02-02 officer wang register-pledge G2 pledgee=gua pledgor=A rights=P3
        2026-02-03 bank icbc/li register-pledge G3 pledgor=E rights=P1
        2026-02-03 bank icbc/li register-pledge G3 pledgor=A rights=P9
        2026-02-03 officer wang register-pledge G3 pledgee=abc pledgor=A rights=P4
        2026-02-03 bank icbc/li register-pledge G3 pledgor=A rights=P4 ends=2026-02-02
        2026-02-03 bank icbc/li register-pledge G3 pledgor=A rights=P5
        ",
        expect![[r#"
            register-pledge G1: done
            register-pledge G1: REJECTED ALREADY_EXISTS registration_number: `G1` is registered already; registration numbers are unique per kind of right
            register-pledge G2: REFUSED RIGHT_ALREADY_PLEDGED (a right is already under an active pledge; release the earlier pledge first, or pledge another right) `P2` since 2026-02-01
            register-pledge G2: REFUSED RIGHT_ALREADY_PLEDGED (a right is already under an active pledge; release the earlier pledge first, or pledge another right) `P2` since 2026-02-01
            register-pledge G2: done
            register-pledge G3: REJECTED ENTERPRISE_UNKNOWN pledgor: `E` is not registered; register the enterprise first
            register-pledge G3: REJECTED IP_RIGHT_UNKNOWN rights[0]: `P9` is not registered; register the right first
            register-pledge G3: REJECTED INSTITUTION_UNKNOWN pledgee_id: `abc` is not registered; register the institution first
            register-pledge G3: REJECTED DATE_OUT_OF_RANGE term_end: `2026-02-02` is before the day of registration (2026-02-03); expected that day or later
            register-pledge G3: REFUSED RIGHT_NOT_OWNED (a right does not belong to the pledgor; record the transfer of the right first) `P5`
        "#]],
    );
}

#[test]
fn a_right_is_free_from_the_day_of_release() {
    check(
        "
        use basics
        2026-02-01 bank icbc/li register-pledge G1 pledgor=A rights=P1
        2026-03-01 bank ccb/sun release-pledge G1
        2026-03-01 bank icbc/li release-pledge G9
        2026-03-01 bank icbc/li release-pledge G1 effective=2026-01-31
        2026-03-01 bank icbc/li release-pledge G1
        2026-03-01 bank icbc/li release-pledge G1
        2026-03-01 bank ccb/sun register-pledge G2 pledgor=A rights=P1
        ? pledge G1 2026-01-31
        ? pledge G1 2026-02-28
        ? pledge G1 2026-03-01
        ? pledge G2 2026-03-01
        2026-03-02 bank ccb/sun release-pledge G2 effective=2026-03-01
        2026-03-02 bank icbc/li register-pledge G3 pledgor=A rights=P1 effective=2026-03-01
        ",
        expect![[r#"
            register-pledge G1: done
            release-pledge G1: REJECTED PLEDGE_UNKNOWN registration_number: pledge `G1` is not known here; register the pledge first
            release-pledge G9: REJECTED PLEDGE_UNKNOWN registration_number: pledge `G9` is not known here; register the pledge first
            release-pledge G1: REJECTED DATE_OUT_OF_RANGE effective_date: `2026-01-31` is before the day of registration (2026-02-01); expected that day or later
            release-pledge G1: done
            release-pledge G1: REJECTED STATE_FORBIDS registration_number: `G1` is released; expected active
            register-pledge G2: done
            ? pledge G1 2026-01-31: pending
            ? pledge G1 2026-02-28: active
            ? pledge G1 2026-03-01: released
            ? pledge G2 2026-03-01: active
            release-pledge G2: done
            register-pledge G3: done
        "#]],
    );
}

#[test]
fn a_back_dated_pledge_may_not_reach_into_a_later_one() {
    check(
        "
        use basics
        2026-03-01 bank icbc/li register-pledge G1 pledgor=A rights=P1 ends=2026-06-30
        2026-03-02 bank ccb/sun register-pledge G2 pledgor=A rights=P1 effective=2026-02-01
        2026-03-02 bank ccb/sun register-pledge G2 pledgor=A rights=P1 effective=2026-02-01 ends=2026-03-01
        2026-03-02 bank ccb/sun register-pledge G2 pledgor=A rights=P1 effective=2026-02-01 ends=2026-02-28
        ? pledge G2 2026-02-28
        ? pledge G2 2026-03-01
        2026-03-02 bank ccb/sun release-pledge G2
        2026-06-30 bank ccb/sun register-pledge G3 pledgor=A rights=P1
        2026-07-01 bank ccb/sun register-pledge G3 pledgor=A rights=P1
        2026-07-02 bank icbc/li release-pledge G1
        ",
        expect![[r#"
            register-pledge G1: done
            register-pledge G2: REFUSED RIGHT_ALREADY_PLEDGED (a right is already under an active pledge; release the earlier pledge first, or pledge another right) `P1` since 2026-03-01
            register-pledge G2: REFUSED RIGHT_ALREADY_PLEDGED (a right is already under an active pledge; release the earlier pledge first, or pledge another right) `P1` since 2026-03-01
            register-pledge G2: done
            ? pledge G2 2026-02-28: active
            ? pledge G2 2026-03-01: ended
            release-pledge G2: REJECTED STATE_FORBIDS registration_number: `G2` is ended; expected active
            register-pledge G3: REFUSED RIGHT_ALREADY_PLEDGED (a right is already under an active pledge; release the earlier pledge first, or pledge another right) `P1` since 2026-03-01
            register-pledge G3: done
            release-pledge G1: REJECTED STATE_FORBIDS registration_number: `G1` is ended; expected active
        "#]],
    );
}

#[test]
fn a_pledge_needs_a_right_in_force_of_the_pledgor() {
    check(
        "
        use basics
        2026-02-01 officer wang change-right P1 to=lapsed
        2026-02-02 bank icbc/li register-pledge G1 pledgor=A rights=P2,P1
        2026-02-02 bank icbc/li register-pledge G1 pledgor=A rights=P1 effective=2026-01-31
        2026-02-03 officer wang change-right P1 to=restored
        ? pledge G1 2026-02-03
        2026-02-03 officer wang change-right P2 to=B
        2026-02-04 bank icbc/li register-pledge G2 pledgor=A rights=P2
        2026-02-04 bank icbc/li register-pledge G2 pledgor=B rights=P2
        2026-02-05 operator op register-right P6 owner=A expires=2026-02-04
        2026-02-05 bank icbc/li register-pledge G3 pledgor=A rights=P6
        2026-02-05 bank icbc/li register-pledge G3 pledgor=A rights=P6 effective=2026-02-04
        ",
        expect![[r#"
            change-right P1: done
            register-pledge G1: REFUSED RIGHT_NOT_IN_FORCE (a right is not in force on this date; restore the right or pledge another one) `P1`
            register-pledge G1: done
            change-right P1: done
            ? pledge G1 2026-02-03: active
            change-right P2: done
            register-pledge G2: REFUSED RIGHT_NOT_OWNED (a right does not belong to the pledgor; record the transfer of the right first) `P2`
            register-pledge G2: done
            register-right P6: done
            register-pledge G3: REFUSED RIGHT_NOT_IN_FORCE (a right is not in force on this date; restore the right or pledge another one) `P6`
            register-pledge G3: done
        "#]],
    );
}

/// Patent Law art. 47: an invalidated right counts as never having existed, and so does a pledge of nothing else.
#[test]
fn a_pledge_of_invalidated_rights_is_void() {
    check(
        "
        use basics
        2026-02-01 bank icbc/li register-pledge G1 pledgor=A rights=P1,P2
        2026-02-02 officer wang change-right P1 to=invalidated
        ? pledge G1 2026-02-01
        2026-02-02 bank ccb/sun register-pledge G2 pledgor=A rights=P2
        2026-02-03 officer wang change-right P2 to=invalidated
        ? pledge G1 2026-02-01
        2026-02-03 bank ccb/sun register-pledge G2 pledgor=A rights=P2
        2026-02-03 bank icbc/li release-pledge G1
        2026-02-03 bank icbc/li file L1 borrower=A pledges=G1
        ",
        expect![[r#"
            register-pledge G1: done
            change-right P1: done
            ? pledge G1 2026-02-01: active
            register-pledge G2: REFUSED RIGHT_ALREADY_PLEDGED (a right is already under an active pledge; release the earlier pledge first, or pledge another right) `P2` since 2026-02-01
            change-right P2: done
            ? pledge G1 2026-02-01: void
            register-pledge G2: REFUSED RIGHT_NOT_IN_FORCE (a right is not in force on this date; restore the right or pledge another one) `P2`
            release-pledge G1: REJECTED STATE_FORBIDS registration_number: `G1` is void; expected active
            file L1: REJECTED STATE_FORBIDS pledges[0]: `G1` is void; expected active on the day of filing
        "#]],
    );
}

#[test]
fn a_pledge_secures_one_live_loan_of_its_pledgor() {
    check(
        "
        use loan
        2026-02-01 bank icbc/li file L2 borrower=A pledges=G1
        2026-02-01 bank icbc/li file L2 borrower=A pledges=G9
        2026-02-01 bank ccb/sun file L2 borrower=A pledges=G1
        2026-02-01 bank icbc/li file L2 borrower=B pledges=G1
        2026-02-02 bank icbc/li repay L1 amount=5000000
        2026-02-02 bank icbc/li settle L1
        2026-02-03 bank icbc/li file L2 borrower=A pledges=G1
        2026-02-04 bank icbc/li withdraw-loan L2
        2026-02-05 bank icbc/li release-pledge G1
        2026-02-05 bank icbc/li file L3 borrower=A pledges=G1
        2026-02-05 bank icbc/li file L3 borrower=A pledges=G1 effective=2026-02-04
        ",
        expect![[r#"
            file L2: REFUSED RIGHT_ALREADY_PLEDGED (a right is already under an active pledge; release the earlier pledge first, or pledge another right) `G1` since 2026-01-06
            file L2: REJECTED PLEDGE_UNKNOWN pledges[0]: pledge `G9` is not known here; register the pledge first
            file L2: REJECTED PLEDGE_UNKNOWN pledges[0]: pledge `G1` is not known here; register the pledge first
            file L2: REJECTED PLEDGE_UNKNOWN pledges[0]: pledge `G1` was not given by the borrower `B`
            repay L1: repaying, outstanding 0.00, exposure 0.00
                Cr pool/hebi-pool/exposure 2500000.00, Dr pool/hebi-pool/exposure-contra 2500000.00
            settle L1: settled, outstanding 0.00, exposure 0.00
            file L2: filed under hebi-2017@1, exposure 0.00
            withdraw-loan L2: withdrawn, outstanding 0.00, exposure 0.00
            release-pledge G1: done
            file L3: REJECTED STATE_FORBIDS pledges[0]: `G1` is released; expected active on the day of filing
            file L3: filed under hebi-2017@1, exposure 0.00
        "#]],
    );
}
