//! Who is let in as whom: principals, disabled institutions, districts, delegations, four eyes by person, and two
//! approvers above an amount.

use expect_test::expect;

use super::script::check;

#[test]
fn a_principal_is_what_the_ledger_binds_it_to() {
    check(
        "
        use loan
        2026-02-01 bank icbc/li disburse L1 amount=1 as=core
        2026-02-01 operator op bind core person=li roles=bank bank=icbc
        2026-02-02 bank icbc/li overdue L1 as=core
        2026-02-02 bank icbc/sun overdue L1 as=core
        2026-02-02 bank ccb/li overdue L1 as=core
        2026-02-02 officer li release-pledge G1 as=core
        2026-02-03 operator op disable core
        2026-02-03 operator op disable core zh
        2026-02-03 bank icbc/li cure L1 as=core zh
        2026-02-03 operator op bind core person=li roles=bank bank=icbc
        2026-02-03 bank icbc/li cure L1 as=core
        2026-02-04 operator op enable core
        2026-02-04 operator op enable core
        2026-02-04 bank icbc/li cure L1 as=core
        2026-02-04 operator op disable nobody zh
        ",
        expect![[""]],
    );
}

#[test]
fn what_belongs_together_in_a_principal() {
    check(
        "
        use basics
        2026-02-01 operator op bind a roles=bank zh
        2026-02-01 operator op bind a roles=officer bank=icbc zh
        2026-02-01 operator op bind a roles=guarantor bank=icbc zh
        2026-02-01 operator op bind a roles=guarantor bank=gua
        2026-02-01 operator op bind a roles=bank bank=nobody
        2026-02-01 operator op bind a roles=enterprise zh
        2026-02-01 operator op bind a roles=enterprise enterprise=E
        2026-02-01 operator op bind a roles=enterprise enterprise=A
        2026-02-01 operator op bind a roles=officer,auditor zh
        2026-02-01 operator op bind a roles=bank,officer bank=icbc
        2026-02-01 operator op bind a roles=officer,finance,operator districts=410600
        2026-02-01 operator op bind a roles=bank bank=icbc districts=410600 zh
        2026-02-01 operator op bind own person=op roles=officer zh
        2026-02-01 operator op bind chief person=op2 roles=operator
        2026-02-01 operator op2 bind chief person=op3 roles=operator
        2026-02-01 operator op2 disable chief
        2026-02-01 officer wang bind a roles=officer
        ",
        expect![[""]],
    );
}

#[test]
fn a_disabled_bank_is_out_whatever_its_certificate_says() {
    check(
        "
        use loan
        2026-02-01 operator op bind core person=li roles=bank bank=icbc
        2026-02-01 officer wang disable-bank icbc
        2026-02-01 bank icbc/li overdue L1 as=core zh
        2026-02-01 bank icbc/zhou overdue L1
        2026-02-01 bank ccb/sun register-pledge G2 pledgor=B rights=P5
        2026-02-01 officer wang disable-bank icbc zh
        2026-02-01 operator op disable-bank nobody
        2026-02-02 operator op enable-bank icbc
        2026-02-02 bank icbc/li overdue L1 as=core
        ",
        expect![[""]],
    );
}

#[test]
fn an_officer_of_a_district_finds_its_enterprises_only() {
    check(
        "
        use loan
        2026-02-01 operator op register-enterprise E district=410611
        2026-02-01 operator op bind north person=bei roles=officer districts=410611,410621
        2026-02-01 officer bei apply S1 enterprise=E insurance,cost=1000,by=V1 as=north
        2026-02-01 officer bei apply S2 enterprise=A loan=L1 insurance,cost=1000,by=V2 as=north
        2026-02-01 officer bei release-pledge G1 as=north
        2026-02-01 officer bei register-enterprise F district=410600 as=north zh
        2026-02-01 officer bei register-enterprise F district=410621 as=north
        2026-02-01 officer bei update-enterprise F district=410600 as=north
        2026-02-01 officer bei change-right P1 to=lapsed as=north
        2026-02-01 enterprise A/chen apply S3 enterprise=A loan=L1 insurance,cost=1000,by=V3
        2026-02-02 officer bei approve S3 as=north
        2026-02-02 officer wang approve S3
        ",
        expect![[""]],
    );
}

#[test]
fn four_eyes_are_two_persons_whatever_certificate_or_delegation() {
    check(
        "
        use loan
        2026-02-01 operator op bind wang-1 person=wang roles=officer
        2026-02-01 operator op bind wang-2 person=wang roles=officer,finance
        2026-02-01 officer wang apply S1 enterprise=A loan=L1 insurance,cost=1000,by=V1 as=wang-1
        2026-02-02 officer wang approve S1 as=wang-2
        2026-02-02 officer wang delegate D1 to=wu last=2026-02-10
        2026-02-03 officer wu approve S1 for=wang zh
        2026-02-03 officer wu approve S1 zh
        2026-02-03 officer wu apply S2 enterprise=A loan=L1 insurance,cost=2000,by=V2 for=wang
        2026-02-04 officer wang approve S2
        2026-02-04 officer zheng approve S2 for=wang
        2026-02-04 officer zheng approve S2
        2026-02-04 finance wu pay S2
        2026-02-11 officer wu approve S1
        2026-02-11 finance zheng pay S1
        2026-02-11 finance zhao pay S2
        ",
        expect![[""]],
    );
}

#[test]
fn a_delegation_is_ones_own_office_for_some_days() {
    check(
        "
        use loan
        2026-02-01 officer wang delegate D1 to=wang zh
        2026-02-01 officer wang delegate D1 to=wu first=2026-01-31
        2026-02-01 officer wang delegate D1 to=wu first=2026-02-05 last=2026-02-04
        2026-02-01 officer wang delegate D1 to=wu last=2027-02-02 zh
        2026-02-01 officer wang delegate D1 from=zheng to=wu zh
        2026-02-01 officer wang delegate D1 to=wu role=finance
        2026-02-01 bank icbc/li delegate D1 to=wu
        2026-02-01 officer wang delegate D1 to=wu first=2026-02-05 last=2026-02-06
        2026-02-04 officer wu blacklist X1 enterprise=B for=wang zh
        2026-02-05 officer wu delegate D2 to=zheng for=wang
        2026-02-05 finance wu red-letter R1 blue=V1 for=wang
        2026-02-05 officer wu blacklist X1 enterprise=B for=wang
        2026-02-05 officer wu revoke D1 zh
        2026-02-05 officer wang revoke D1
        2026-02-05 operator op revoke D1
        2026-02-05 officer wu blacklist X2 enterprise=C for=wang
        ",
        expect![[""]],
    );
}

#[test]
fn above_an_amount_two_persons_approve_and_two_pay() {
    check(
        "
        use loan two-approvers
        2026-02-01 enterprise A/chen apply S1 enterprise=A loan=L1 insurance,cost=20000,by=V1
        2026-02-01 enterprise A/chen apply S2 enterprise=A loan=L1 insurance,cost=20000.02,by=V2
        2026-02-02 officer wang approve S1
        2026-02-02 officer wang approve S2 zh
        2026-02-02 officer wang approve S2 zh
        2026-02-02 officer wang delegate D1 to=wu
        2026-02-02 officer wu approve S2
        2026-02-02 officer wu approve S2 for=wang
        2026-02-02 officer zheng approve S2
        2026-02-03 finance zhao pay S1
        2026-02-03 finance wang pay S2
        2026-02-03 finance zhao pay S2
        2026-02-03 finance zhao pay S2
        2026-02-03 finance qian pay S2
        2026-02-04 finance zhao take-out amount=10000 ref=T1
        2026-02-04 finance zhao take-out amount=10000.01 ref=T1
        2026-02-04 finance zhao take-out amount=10000.01 ref=T1
        2026-02-04 finance qian take-out amount=10000.01 ref=T2
        2026-02-04 finance qian take-out amount=10000.01 ref=T1
        2026-02-04 finance qian take-out amount=10000.01 ref=T1
        ",
        expect![[""]],
    );
}

#[test]
fn a_claim_above_the_amount_has_two_approvers_and_a_third_pays() {
    check(
        "
        use loan two-approvers
        2026-02-01 bank icbc/li overdue L1 since=2026-01-20
        2026-04-20 bank icbc/li non-performing L1
        2026-04-20 bank icbc/li claim C1 loan=L1 loss=60000
        2026-04-21 officer wang approve-claim C1
        2026-04-21 officer zheng approve-claim C1
        2026-04-22 finance wang pay-claim C1
        2026-04-22 finance zhao pay-claim C1
        2026-04-22 finance qian pay-claim C1
        ",
        expect![[""]],
    );
}
