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
        expect![[r#"
            disburse L1: REJECTED UNAUTHENTICATED `ipledger:core` is bound to no principal of this kind; ask the operator to bind it
            bind core: done
            overdue L1: overdue, outstanding 5000000.00, exposure 2500000.00
            overdue L1: REJECTED UNAUTHENTICATED `ipledger:core` is bound to no principal of this kind; ask the operator to bind it
            overdue L1: REJECTED UNAUTHENTICATED `ipledger:core` is bound to no principal of this kind; ask the operator to bind it
            release-pledge G1: REJECTED UNAUTHENTICATED `ipledger:core` is bound to no principal of this kind; ask the operator to bind it
            disable core: done
            disable core: REJECTED STATE_FORBIDS name: `ipledger:core` is disabled; expected enabled
                “ipledger:core”当前状态为“停用”；应为启用
            cure L1: REJECTED PRINCIPAL_DISABLED `ipledger:core` was disabled; ask the operator
                “ipledger:core”已停用，请联系运维人员
            bind core: done
            cure L1: REJECTED PRINCIPAL_DISABLED `ipledger:core` was disabled; ask the operator
            enable core: done
            enable core: REJECTED STATE_FORBIDS name: `ipledger:core` is enabled; expected disabled
            cure L1: repaying, outstanding 5000000.00, exposure 2500000.00
            disable nobody: REJECTED PRINCIPAL_UNKNOWN name: `ipledger:nobody` is bound to no principal; bind it first
                未找到访问主体“ipledger:nobody”；请先绑定
        "#]],
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
        expect![[r#"
            bind a: REJECTED INVALID_FIELD institution_id: an institution is given for a bank, guarantor or insurer, and for nobody else
                仅银行、担保机构、保险机构须填写所属机构
            bind a: REJECTED INVALID_FIELD institution_id: an institution is given for a bank, guarantor or insurer, and for nobody else
                仅银行、担保机构、保险机构须填写所属机构
            bind a: REJECTED INSTITUTION_UNKNOWN institution_id: `icbc` is registered as bank; expected a guarantor
                “icbc”登记类型为银行；应为担保机构
            bind a: done
            bind a: REJECTED INSTITUTION_UNKNOWN institution_id: `nobody` is not registered; register the institution first
            bind a: REJECTED INVALID_FIELD enterprise: an enterprise is given for an enterprise's people, and for nobody else
                仅企业人员须填写所属企业
            bind a: REJECTED ENTERPRISE_UNKNOWN enterprise: `E` is not registered; register the enterprise first
            bind a: done
            bind a: REJECTED INVALID_FIELD roles: only officer, finance and operator may be held together; an auditor does nothing else
                仅审核、财政、运维人员角色可兼任；审计人员不得兼任
            bind a: REJECTED INVALID_FIELD roles: only officer, finance and operator may be held together; an auditor does nothing else
            bind a: done
            bind a: REJECTED INVALID_FIELD districts: districts confine the public side only
                仅政府侧人员可限定县区
            bind own: REJECTED SAME_PERSON person: `op` may not change its own access; expected another person
                “op”不能变更本人的访问权限；须由另一人办理
            bind chief: done
            bind chief: REJECTED SAME_PERSON name: `op2` may not change its own access; expected another person
            disable chief: REJECTED SAME_PERSON name: `op2` may not change its own access; expected another person
            bind a: REJECTED PERMISSION_DENIED role `officer` may not do this; expected operator
        "#]],
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
        expect![[r#"
            bind core: done
            disable-bank icbc: done
            overdue L1: REJECTED INSTITUTION_DISABLED `icbc` was disabled; ask the bureau
                “icbc”已停用，请联系主管部门
            overdue L1: REJECTED INSTITUTION_DISABLED `icbc` was disabled; ask the bureau
            register-pledge G2: done
            disable-bank icbc: REJECTED STATE_FORBIDS institution_id: `icbc` is disabled; expected enabled
                “icbc”当前状态为“停用”；应为启用
            disable-bank nobody: REJECTED INSTITUTION_UNKNOWN institution_id: `nobody` is not registered; register the institution first
            enable-bank icbc: done
            overdue L1: overdue, outstanding 5000000.00, exposure 2500000.00
        "#]],
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
        expect![[r#"
            register-enterprise E: done
            bind north: done
            apply S1: REJECTED LOAN_UNKNOWN loan_id: `L1` is not a loan known here; expected an id that FileLoan returned
            apply S2: REJECTED ENTERPRISE_UNKNOWN enterprise: `A` is not registered; register the enterprise first
            release-pledge G1: REJECTED PLEDGE_UNKNOWN registration_number: pledge `G1` is not known here; register the pledge first
            register-enterprise F: REJECTED PERMISSION_DENIED district: `410600` is not a district of the caller's
                “410600”不在调用方所辖县区
            register-enterprise F: done
            update-enterprise F: REJECTED PERMISSION_DENIED district: `410600` is not a district of the caller's
            change-right P1: REJECTED IP_RIGHT_UNKNOWN right: `P1` is not registered; register the right first
            apply S3: submitted 500.00 under hebi-2017@1 [insurance 500.00 ratio]
                Granted 500.00: half of the premium of 1,000.00.
                Dr budget/ip-finance/2026/reserved 500.00, Cr budget/ip-finance/2026/available 500.00
            approve S3: REJECTED APPLICATION_UNKNOWN application_id: `S3` is not an application known here; expected an id that ApplySubsidy returned
            approve S3: approved
                Dr subsidy/expense/insurance 500.00, Cr subsidy/payable/A 500.00
        "#]],
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
        expect![[r#"
            bind wang-1: done
            bind wang-2: done
            apply S1: submitted 500.00 under hebi-2017@1 [insurance 500.00 ratio]
                Granted 500.00: half of the premium of 1,000.00.
                Dr budget/ip-finance/2026/reserved 500.00, Cr budget/ip-finance/2026/available 500.00
            approve S1: REJECTED SAME_PERSON application_id: `wang` submitted it; expected another person
            delegate D1: done
            approve S1: REJECTED SAME_PERSON application_id: `wang` submitted it; expected another person
                “wang”是提交人；须由另一人办理
            approve S1: REJECTED SAME_PERSON application_id: `wu` acts for `wang`, who submitted it; expected another person
                “wu”受“wang”委托，而“wang”是提交人；须由另一人办理
            apply S2: submitted 1000.00 under hebi-2017@1 [insurance 1000.00 ratio]
                Granted 1,000.00: half of the premium of 2,000.00.
                Dr budget/ip-finance/2026/reserved 1000.00, Cr budget/ip-finance/2026/available 1000.00
            approve S2: REJECTED SAME_PERSON application_id: `wang` submitted it; expected another person
            approve S2: REJECTED PERMISSION_DENIED `zheng` may not act for `wang` as officer today (2026-02-04); expected a delegation in force
            approve S2: approved
                Dr subsidy/expense/insurance 1000.00, Cr subsidy/payable/A 1000.00
            pay S2: REJECTED SAME_PERSON application_id: `wu` submitted it; expected another person
            approve S1: approved
                Dr subsidy/expense/insurance 500.00, Cr subsidy/payable/A 500.00
            pay S1: paid
                Dr subsidy/payable/A 500.00, Cr treasury/cash 500.00, Dr budget/ip-finance/2026/spent 500.00, Cr budget/ip-finance/2026/reserved 500.00
            pay S2: paid
                Dr subsidy/payable/A 1000.00, Cr treasury/cash 1000.00, Dr budget/ip-finance/2026/spent 1000.00, Cr budget/ip-finance/2026/reserved 1000.00
        "#]],
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
        expect![[r#"
            delegate D1: REJECTED SAME_PERSON to: `wang` delegates to itself; expected another person
                受托人不能是委托人“wang”本人
            delegate D1: REJECTED DATE_OUT_OF_RANGE first_day: `2026-01-31` is before today (2026-02-01); expected that day or later
            delegate D1: REJECTED DATE_OUT_OF_RANGE last_day: `2026-02-04` is before the first day (2026-02-05); expected that day or later
            delegate D1: REJECTED DATE_OUT_OF_RANGE last_day: `2027-02-02` is more than 366 days from the first day; delegate anew then
                委托期限不得超过 366 天；届时请重新委托
            delegate D1: REJECTED PERMISSION_DENIED from: `wang` may delegate only its own office as officer
                “wang”只能委托本人的审核人员职责
            delegate D1: REJECTED PERMISSION_DENIED from: `wang` may delegate only its own office as officer
            delegate D1: REJECTED PERMISSION_DENIED role `bank` may not do this; expected officer or finance
            delegate D1: done
            blacklist X1: REJECTED PERMISSION_DENIED `wu` may not act for `wang` as officer today (2026-02-04); expected a delegation in force
                “wu”今日（2026-02-04）未受“wang”委托，不能代其办理
            delegate D2: REJECTED PERMISSION_DENIED from: `wu` may delegate only its own office as officer
            red-letter R1: REJECTED PERMISSION_DENIED `wu` may not act for `wang` as finance today (2026-02-05); expected a delegation in force
            blacklist X1: done
            revoke D1: REJECTED DELEGATION_UNKNOWN delegation_sequence: entry `19` is not a delegation of the caller's
                第19号分录不是本人的委托
            revoke D1: done
            revoke D1: REJECTED STATE_FORBIDS delegation_sequence: `19` is revoked; expected not revoked
            blacklist X2: REJECTED PERMISSION_DENIED `wu` may not act for `wang` as officer today (2026-02-05); expected a delegation in force
        "#]],
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
        expect![[r#"
            apply S1: submitted 10000.00 under hebi-2017@1 [insurance 10000.00 ratio]
                Granted 10,000.00: half of the premium of 20,000.00.
                Dr budget/ip-finance/2026/reserved 10000.00, Cr budget/ip-finance/2026/available 10000.00
            apply S2: submitted 10000.01 under hebi-2017@1 [insurance 10000.01 ratio]
                Granted 10,000.01: half of the premium of 20,000.02.
                Dr budget/ip-finance/2026/reserved 10000.01, Cr budget/ip-finance/2026/available 10000.01
            approve S1: approved
                Dr subsidy/expense/insurance 10000.00, Cr subsidy/payable/A 10000.00
            approve S2: first of two approvals of 10000.01, above 10000.00: `SubsidyService/ApproveSubsidy S2`
            approve S2: REJECTED SAME_PERSON application_id: `wang` approved it first; expected another person
                “wang”是初审人；须由另一人办理
            delegate D1: done
            approve S2: REJECTED SAME_PERSON application_id: `wu` acts for `wang`, who approved it first; expected another person
            approve S2: REJECTED SAME_PERSON application_id: `wang` approved it first; expected another person
            approve S2: approved
                Dr subsidy/expense/insurance 10000.01, Cr subsidy/payable/A 10000.01
            pay S1: paid
                Dr subsidy/payable/A 10000.00, Cr treasury/cash 10000.00, Dr budget/ip-finance/2026/spent 10000.00, Cr budget/ip-finance/2026/reserved 10000.00
            pay S2: REJECTED SAME_PERSON application_id: `wang` approved it first; expected another person
            pay S2: first of two approvals of 10000.01, above 10000.00: `SubsidyService/PaySubsidy S2 拨付凭证1`
            pay S2: REJECTED SAME_PERSON application_id: `zhao` approved it first; expected another person
            pay S2: paid
                Dr subsidy/payable/A 10000.01, Cr treasury/cash 10000.01, Dr budget/ip-finance/2026/spent 10000.01, Cr budget/ip-finance/2026/reserved 10000.01
            take-out: done
                Dr pool/hebi-pool/capital/finance-bureau 10000.00, Cr pool/hebi-pool/cash 10000.00
            take-out: first of two approvals of 10000.01, above 10000.00: `PoolService/WithdrawFromPool hebi-pool finance-bureau 10000.01 T1`
            take-out: REJECTED SAME_PERSON amount: `zhao` approved it first; expected another person
            take-out: first of two approvals of 10000.01, above 10000.00: `PoolService/WithdrawFromPool hebi-pool finance-bureau 10000.01 T2`
            take-out: done
                Dr pool/hebi-pool/capital/finance-bureau 10000.01, Cr pool/hebi-pool/cash 10000.01
            take-out: first of two approvals of 10000.01, above 10000.00: `PoolService/WithdrawFromPool hebi-pool finance-bureau 10000.01 T1`
        "#]],
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
        expect![[r#"
            overdue L1: overdue, outstanding 5000000.00, exposure 2500000.00
            non-performing L1: non-performing, outstanding 5000000.00, exposure 2500000.00
            claim C1: under-review, loan claimed, covered 60000.00 [pool 30000.00 bank 30000.00]
                The pool pays 30,000.00: 50 % of the loss of 60,000.00.
            approve-claim C1: first of two approvals of 30000.00, above 10000.00: `PoolService/ApproveClaim C1`
            approve-claim C1: approved, loan claimed
                Dr pool/hebi-pool/compensation 30000.00, Cr pool/hebi-pool/payable/icbc 30000.00, Cr pool/hebi-pool/exposure 2500000.00, Dr pool/hebi-pool/exposure-contra 2500000.00
            pay-claim C1: REJECTED SAME_PERSON claim_id: `wang` approved it first; expected another person
            pay-claim C1: first of two approvals of 30000.00, above 10000.00: `PoolService/PayClaim C1 补偿凭证1`
            pay-claim C1: paid, loan compensated
                Dr pool/hebi-pool/payable/icbc 30000.00, Cr pool/hebi-pool/cash 30000.00
        "#]],
    );
}
