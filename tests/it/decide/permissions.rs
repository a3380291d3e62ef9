//! Who may do what: permission is looked at before existence, and nobody finds what is another's.

use expect_test::expect;

use super::script::check;

#[test]
fn roles() {
    check(
        "
        use loan
        2026-02-01 auditor hua register-enterprise E zh
        2026-02-01 guarantor gua/lu file L2 bank=icbc borrower=A pledges=G1
        2026-02-01 insurer gua/lu register-enterprise E
        2026-02-01 finance zhao apply S1 enterprise=A insurance,cost=1,by=V1
        2026-02-01 enterprise A/chen approve S9
        2026-02-01 officer wang pay S9
        2026-02-01 officer wang settle L9
        2026-02-01 bank icbc/li approve-claim C9
        2026-02-01 officer wang pay-claim C9
        2026-02-01 officer wang close-month 2026-01
        2026-02-01 bank icbc/li adopt caps
        2026-02-01 operator op appropriate amount=1
        2026-02-01 enterprise A/chen red-letter R1 blue=V1
        2026-02-01 bank icbc/li change-right P1 to=lapsed
        2026-02-01 bank icbc/li blacklist X1 enterprise=A
        ",
        expect![[r#"
            register-enterprise E: REJECTED PERMISSION_DENIED role `auditor` may not do this; expected bank or officer or operator
                角色“审计人员”无权进行此操作；应为银行或审核人员或运维人员
            file L2: REJECTED PERMISSION_DENIED role `guarantor` may not do this; expected bank
            register-enterprise E: REJECTED PERMISSION_DENIED role `insurer` may not do this; expected bank or officer or operator
            apply S1: REJECTED PERMISSION_DENIED role `finance` may not do this; expected enterprise or officer
            approve S9: REJECTED PERMISSION_DENIED role `enterprise` may not do this; expected officer
            pay S9: REJECTED PERMISSION_DENIED role `officer` may not do this; expected finance
            settle L9: REJECTED PERMISSION_DENIED role `officer` may not do this; expected bank
            approve-claim C9: REJECTED PERMISSION_DENIED role `bank` may not do this; expected officer
            pay-claim C9: REJECTED PERMISSION_DENIED role `officer` may not do this; expected finance
            close-month 2026-01: REJECTED PERMISSION_DENIED role `officer` may not do this; expected finance
            adopt caps: REJECTED PERMISSION_DENIED role `bank` may not do this; expected officer or operator
            appropriate: REJECTED PERMISSION_DENIED role `operator` may not do this; expected finance
            red-letter R1: REJECTED PERMISSION_DENIED role `enterprise` may not do this; expected officer or finance
            change-right P1: REJECTED PERMISSION_DENIED role `bank` may not do this; expected officer or operator
            blacklist X1: REJECTED PERMISSION_DENIED role `bank` may not do this; expected officer
        "#]],
    );
}

#[test]
fn a_bank_and_an_enterprise_act_for_themselves() {
    check(
        "
        use loan
        2026-02-01 bank ccb/sun file L2 bank=icbc borrower=A pledges=G1 zh
        2026-02-01 bank ccb/sun register-pledge G2 pledgee=icbc pledgor=A rights=P2
        2026-02-01 enterprise B/du apply S1 enterprise=A insurance,cost=1,by=V1 zh
        2026-02-01 bank ccb/sun repay L1 amount=1
        2026-02-01 bank ccb/sun release-pledge G1
        2026-02-01 bank ccb/sun claim C1 loan=L1
        2026-02-01 bank icbc/li overdue L1 since=2026-01-20
        2026-02-01 bank icbc/li non-performing L1
        2026-02-01 bank icbc/li claim C1 loan=L1
        2026-02-01 bank ccb/sun resume C1
        2026-02-01 bank ccb/sun recover C1
        2026-02-01 officer wang approve-claim C9
        ",
        expect![[r#"
            file L2: REJECTED PERMISSION_DENIED bank_id: `icbc` is not the caller's institution; a bank acts for itself only
                “icbc”不是调用方机构；银行只能办理本机构业务
            register-pledge G2: REJECTED PERMISSION_DENIED pledgee_id: `icbc` is not the caller's institution; a bank acts for itself only
            apply S1: REJECTED PERMISSION_DENIED enterprise: `A` is not the caller's enterprise; an enterprise applies for itself only
                “A”不是调用方企业；企业只能为本企业申请
            repay L1: REJECTED LOAN_UNKNOWN loan_id: `L1` is not a loan known here; expected an id that FileLoan returned
            release-pledge G1: REJECTED PLEDGE_UNKNOWN registration_number: pledge `G1` is not known here; register the pledge first
            claim C1: REJECTED LOAN_UNKNOWN loan_id: `L1` is not a loan known here; expected an id that FileLoan returned
            overdue L1: overdue, outstanding 5000000.00, exposure 2500000.00
            non-performing L1: non-performing, outstanding 5000000.00, exposure 2500000.00
            claim C1: refused, loan non-performing, covered 0.00 [] REFUSED NOT_OVERDUE_LONG_ENOUGH (the loan is not overdue long enough; claim again when the limit has passed) by gate
                The claim is refused: the loan is 12 days overdue, and more than 60 are required.
            resume C1: REJECTED CLAIM_UNKNOWN claim_id: `C1` is not a claim known here; expected an id that SubmitClaim returned
            recover C1: REJECTED CLAIM_UNKNOWN claim_id: `C1` is not a claim known here; expected an id that SubmitClaim returned
            approve-claim C9: REJECTED CLAIM_UNKNOWN claim_id: `claim-9999` is not a claim known here; expected an id that SubmitClaim returned
        "#]],
    );
}
