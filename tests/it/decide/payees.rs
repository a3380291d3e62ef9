//! Who is paid when it is not the enterprise or the claiming bank, and the sums over many enterprises that only the
//! ledger knows: a bank's year, a programme's year, all public money on one loss.

use expect_test::expect;

use super::script::check;

/// Rewards for banks and guarantors, with a limit a bank and year and one over all; numbers made up.
pub(super) const REWARDS: &str = r#"
schema = 1

[rulebook]
id = "rewards"
version = 1
title = { zh = "奖励", en = "Rewards" }
valid_from = 2020-01-01
transition = "filing"

[source]
title = "测试办法"
issuer = "测试"
date = 2020-01-01

[[clause]]
id = "one"
heading = "一"
text = "奖励"

[[programme]]
id = "bank-reward"
name = { zh = "银行奖励", en = "Reward for banks" }
clause = "one"
items = ["interest", "valuation"]
attribution = "payment-year"
ratio = "0.1"
payee = "bank"
budget = "ip-finance"
clawback = { restores_cap = true, restores_budget = true }

[[programme.gate]]
condition = "loan-required"
clause = "one"

[[programme.cap]]
id = "bank-year"
scope = "bank-year"
items = ["valuation"]
amount = "15000.00"
clause = "one"

[[programme.cap]]
id = "all-year"
scope = "programme-year"
items = ["valuation"]
amount = "20000.00"
clause = "one"

[[programme]]
id = "guarantor-reward"
name = { zh = "担保奖励", en = "Reward for guarantors" }
clause = "one"
items = ["guarantee"]
attribution = "payment-year"
ratio = "0.1"
payee = "guarantor"
budget = "ip-finance"
clawback = { restores_cap = true, restores_budget = true }

[[programme.gate]]
condition = "loan-required"
clause = "one"

[[programme.cap]]
id = "guarantor-year"
scope = "payee-year"
items = ["guarantee"]
amount = "12000.00"
clause = "one"
"#;

#[test]
fn a_bank_is_paid_within_its_year_and_the_year_of_all() {
    check(
        "
        use basics
        2026-01-04 operator op adopt rewards
        2026-01-05 bank icbc/li register-pledge G1 pledgor=A rights=P1
        2026-01-05 bank icbc/li file L1 borrower=A pledges=G1
        2026-01-05 bank ccb/wu register-pledge G5 pledgor=B rights=P5
        2026-01-06 bank ccb/wu file L2 borrower=B pledges=G5
        2026-02-01 officer wang apply S1 programme=bank-reward valuation,cost=100000,by=V1 valuation,cost=100000,by=V2
        2026-02-01 officer wang apply S2 programme=bank-reward valuation,cost=100000,by=V3
        2026-02-01 officer wang apply S3 enterprise=B loan=L2 programme=bank-reward valuation,cost=100000,by=V4
        2026-02-01 officer wang apply S4 enterprise=B loan=L2 programme=bank-reward valuation,cost=100000,by=V5
        # What is refused frees the room of both sums.
        2026-02-02 officer zhou refuse S1
        2026-02-02 officer wang apply S5 enterprise=B loan=L2 programme=bank-reward valuation,cost=50000,by=V5
        2026-02-02 officer zhou approve S3
        2026-02-03 finance zhao pay S3
        2026-02-04 officer wang demand S3 amount=5000
        2026-02-05 finance zhao receive S3 amount=5000
        2026-02-05 officer wang apply S6 enterprise=B loan=L2 programme=bank-reward valuation,cost=100000,by=V6
        ",
        expect![[r#"
            adopt rewards: adopted rewards@1
            register-pledge G1: done
            file L1: filed under rewards@1, exposure 0.00
            register-pledge G5: done
            file L2: filed under rewards@1, exposure 0.00
            apply S1: submitted 15000.00 under rewards@1 [valuation 10000.00 ratio; valuation 5000.00 bank-year-cap]
                Granted 15,000.00 in all. Granted 10,000.00: 10 % of the valuation fee of 100,000.00. Granted 5,000.00: 10 % of the valuation fee would be 10,000.00, but 5,000.00 of the 15,000.00 for the bank in 2026 was left.
                Dr budget/ip-finance/2026/reserved 15000.00, Cr budget/ip-finance/2026/available 15000.00
            apply S2: refused 0.00 under rewards@1 REFUSED BANK_YEAR_CAP_USED_UP (the bank's cap of the year is used up; nothing more can be granted under this cap in the year) [valuation 0.00 bank-year-cap BANK_YEAR_CAP_USED_UP]
                Nothing granted: 10 % of the valuation fee would be 10,000.00, but nothing of the 15,000.00 for the bank in 2026 was left.
            apply S3: submitted 5000.00 under rewards@1 [valuation 5000.00 programme-year-cap]
                Granted 5,000.00: 10 % of the valuation fee would be 10,000.00, but 5,000.00 of the 20,000.00 for the programme in 2026 was left.
                Dr budget/ip-finance/2026/reserved 5000.00, Cr budget/ip-finance/2026/available 5000.00
            apply S4: refused 0.00 under rewards@1 REFUSED PROGRAMME_YEAR_CAP_USED_UP (the programme's cap of the year is used up; nothing more can be granted under this cap in the year) [valuation 0.00 programme-year-cap PROGRAMME_YEAR_CAP_USED_UP]
                Nothing granted: 10 % of the valuation fee would be 10,000.00, but nothing of the 20,000.00 for the programme in 2026 was left.
            refuse S1: refused
                Dr budget/ip-finance/2026/available 15000.00, Cr budget/ip-finance/2026/reserved 15000.00
            apply S5: submitted 5000.00 under rewards@1 [valuation 5000.00 ratio]
                Granted 5,000.00: 10 % of the valuation fee of 50,000.00.
                Dr budget/ip-finance/2026/reserved 5000.00, Cr budget/ip-finance/2026/available 5000.00
            approve S3: approved
                Dr subsidy/expense/valuation 5000.00, Cr subsidy/payable-to/ccb 5000.00
            pay S3: paid
                Dr subsidy/payable-to/ccb 5000.00, Cr treasury/cash 5000.00, Dr budget/ip-finance/2026/spent 5000.00, Cr budget/ip-finance/2026/reserved 5000.00
            demand S3: clawback-demanded 5000.00, by line 5000.00
                Dr subsidy/clawback-from/ccb 5000.00, Cr subsidy/expense/valuation 5000.00
            receive S3: clawed-back, received 5000.00
                Dr treasury/cash 5000.00, Cr subsidy/clawback-from/ccb 5000.00, Dr budget/ip-finance/2026/available 5000.00, Cr budget/ip-finance/2026/spent 5000.00
            apply S6: submitted 10000.00 under rewards@1 [valuation 10000.00 ratio]
                Granted 10,000.00: 10 % of the valuation fee of 100,000.00.
                Dr budget/ip-finance/2026/reserved 10000.00, Cr budget/ip-finance/2026/available 10000.00
        "#]],
    );
}

#[test]
fn nothing_is_granted_to_a_guarantor_whom_nobody_named() {
    check(
        "
        use basics
        2026-01-04 operator op adopt rewards
        2026-01-05 bank icbc/li register-pledge G1 pledgor=A rights=P1
        2026-01-06 bank icbc/li file L1 borrower=A pledges=G1
        2026-02-01 officer wang apply S1 programme=guarantor-reward guarantee,cost=100000,by=V1 zh
        2026-02-01 bank icbc/li fact kind=loan-parties value=guarantor:gua
        2026-02-01 officer wang apply S2 programme=guarantor-reward guarantee,cost=100000,by=V1
        2026-02-02 officer zhou approve S2
        2026-02-03 finance zhao pay S2
        # The cap is the guarantor's own: 12,000 a year.
        2026-02-04 officer wang apply S3 programme=guarantor-reward guarantee,cost=100000,by=V7
        2026-02-04 officer wang apply S4 programme=guarantor-reward guarantee,cost=100000,by=V8
        ",
        expect![[r#"
            adopt rewards: adopted rewards@1
            register-pledge G1: done
            file L1: filed under rewards@1, exposure 0.00
            apply S1: refused 0.00 under rewards@1 REFUSED FACT_MISSING (a fact that the rule needs is not known; see the failed step of the explanation for what is missing, have it recorded, and submit again) [guarantee 0.00 gate FACT_MISSING]
                Nothing granted: the rule needs a fact that is not known (parties).
                不予补助：缺少判断所需的依据（参与方）。
            fact: done
            apply S2: submitted 10000.00 under rewards@1 [guarantee 10000.00 ratio]
                Granted 10,000.00: 10 % of the guarantee fee of 100,000.00.
                Dr budget/ip-finance/2026/reserved 10000.00, Cr budget/ip-finance/2026/available 10000.00
            approve S2: approved
                Dr subsidy/expense/guarantee 10000.00, Cr subsidy/payable-to/gua 10000.00
            pay S2: paid
                Dr subsidy/payable-to/gua 10000.00, Cr treasury/cash 10000.00, Dr budget/ip-finance/2026/spent 10000.00, Cr budget/ip-finance/2026/reserved 10000.00
            apply S3: submitted 2000.00 under rewards@1 [guarantee 2000.00 payee-year-cap]
                Granted 2,000.00: 10 % of the guarantee fee would be 10,000.00, but 2,000.00 of the 12,000.00 for the institution in 2026 was left.
                Dr budget/ip-finance/2026/reserved 2000.00, Cr budget/ip-finance/2026/available 2000.00
            apply S4: refused 0.00 under rewards@1 REFUSED PAYEE_YEAR_CAP_USED_UP (the yearly cap of the institution that is paid is used up; nothing more can be granted under this cap in the year) [guarantee 0.00 payee-year-cap PAYEE_YEAR_CAP_USED_UP]
                Nothing granted: 10 % of the guarantee fee would be 10,000.00, but nothing of the 12,000.00 for the institution in 2026 was left.
        "#]],
    );
}

const LOST: &str = "
        2026-01-04 operator op register-institution icbc kind=bank
        2026-01-04 operator op register-institution gua kind=guarantor
        2026-01-04 operator op register-enterprise A
        2026-01-04 operator op register-enterprise B
        2026-01-04 operator op register-right P1 owner=A
        2026-01-04 operator op register-right P5 owner=B
        2026-01-04 operator op register-right P2 owner=A
";

/// 安徽: bank or guarantor by the mode of the loan, all public money under the ceiling; money that came back goes back
/// as the loss was borne.
#[test]
fn a_guarantor_is_paid_under_the_ceiling() {
    check(
        &format!(
            "{LOST}
        2026-01-04 operator op adopt anhui-2022
        2026-01-04 finance zhao contribute pool=anhui-pool amount=10000000
        2026-01-05 bank icbc/li register-pledge G1 pledgor=A rights=P1
        2026-01-06 bank icbc/li file L1 borrower=A principal=10000000 pledges=G1 pool=anhui-pool
        2026-01-10 bank icbc/li disburse L1 amount=10000000
        2026-01-10 bank icbc/li fact kind=loan-mode value=guaranteed
        2026-01-10 bank icbc/li fact kind=loan-traits
        2026-04-01 bank icbc/li overdue L1
        2026-05-01 bank icbc/li non-performing L1
        2026-05-02 bank icbc/li fact kind=payee-liability value=4000000
        2026-05-02 officer wang fact F1 kind=other-public-money value=3200000
        2026-05-02 bank icbc/li claim C1 loss=10000000 zh
        2026-05-03 officer wang fact kind=other-public-money value=2000000 from=2026-05-02 instead=F1
        2026-05-03 bank icbc/li claim C2 loss=10000000 zh
        2026-05-03 officer wang fact kind=loan-parties value=guarantor:gua
        2026-05-03 bank icbc/li claim C3 loss=10000000
        2026-05-04 officer zhou approve-claim C3
        2026-05-05 finance zhao pay-claim C3
        2026-06-01 bank icbc/li recover C3 amount=1000000
        "
        ),
        expect![[r#"
            register-institution icbc: done
            register-institution gua: done
            register-enterprise A: done
            register-enterprise B: done
            register-right P1: done
            register-right P5: done
            register-right P2: done
            adopt anhui-2022: adopted anhui-2022@1
            contribute: done
                Dr pool/anhui-pool/cash 10000000.00, Cr pool/anhui-pool/capital/finance-bureau 10000000.00
            register-pledge G1: done
            file L1: filed under anhui-2022@1, exposure 3500000.00
                The pool takes on 3,500,000.00: 35 % of the loan's IP part of 10,000,000.00.
                Dr pool/anhui-pool/exposure 3500000.00, Cr pool/anhui-pool/exposure-contra 3500000.00
            disburse L1: disbursed, outstanding 10000000.00, exposure 3500000.00
            fact: done
            fact: done
            overdue L1: overdue, outstanding 10000000.00, exposure 3500000.00
            non-performing L1: non-performing, outstanding 10000000.00, exposure 3500000.00
            fact: done
            fact F1: done
            claim C1: refused, loan non-performing, covered 0.00 [] REFUSED CEILING_REACHED (all public money together has reached its ceiling; nothing more can be paid for this loss or cost) by ceiling
                The claim is refused: all public money is at most 80 % of 4,000,000.00, and others pay 3,200,000.00.
                不予补偿：各级财政资金合计不超过4,000,000.00元的80%，其他财政资金已承担3,200,000.00元。
            fact: done
            claim C2: refused, loan non-performing, covered 0.00 [] REFUSED FACT_MISSING (a fact that the rule needs is not known; see the failed step of the explanation for what is missing, have it recorded, and submit again) by gate
                The claim is refused: the rule needs a fact that is not known (parties).
                不予补偿：缺少判断所需的依据（参与方）。
            fact: done
            claim C3: under-review, loan claimed, covered 10000000.00 [pool 1200000.00 bank 8800000.00]
                The pool pays 1,200,000.00: 30 % of the loss would be 3,000,000.00, but all public money is at most 80 % of 4,000,000.00, and others pay 2,000,000.00.
            approve-claim C3: approved, loan claimed
                Dr pool/anhui-pool/compensation 1200000.00, Cr pool/anhui-pool/payable/gua 1200000.00, Cr pool/anhui-pool/exposure 3500000.00, Dr pool/anhui-pool/exposure-contra 3500000.00
            pay-claim C3: paid, loan compensated
                Dr pool/anhui-pool/payable/gua 1200000.00, Cr pool/anhui-pool/cash 1200000.00
            recover C3: recovering, loan recovering, recovered pool 120000.00 bank 880000.00
                Dr pool/anhui-pool/cash 120000.00, Cr pool/anhui-pool/recovered 120000.00
        "#]],
    );
}

/// 广州: the guarantor mode has 50 million a year; a claim that an officer refuses gives its part back.
#[test]
fn the_year_of_all_claims_has_a_limit() {
    check(
        &format!(
            "{LOST}
        2026-01-04 operator op adopt guangzhou-2025
        2026-01-04 finance zhao contribute pool=guangzhou-pool amount=900000000
        2026-01-05 bank icbc/li register-pledge G1 pledgor=A rights=P1
        2026-01-05 bank icbc/li register-pledge G5 pledgor=B rights=P5
        2026-01-05 bank icbc/li register-pledge G2 pledgor=A rights=P2
        2026-01-06 bank icbc/li file L1 borrower=A principal=300000000 pledges=G1 pool=guangzhou-pool
        2026-01-06 bank icbc/li file L2 borrower=B principal=5000000 pledges=G5 pool=guangzhou-pool
        2026-01-06 bank icbc/li file L3 borrower=A principal=99000000000 pledges=G2 pool=guangzhou-pool
        2026-01-10 bank icbc/li disburse L1 amount=300000000
        2026-01-10 bank icbc/li disburse L2 amount=5000000
        2026-01-10 officer wang fact kind=loan-mode value=guaranteed
        2026-01-10 officer wang fact kind=loan-mode loan=L2 value=guaranteed
        2026-01-10 officer wang fact kind=loan-traits
        2026-01-10 officer wang fact kind=loan-traits loan=L2
        2026-01-10 officer wang fact kind=loan-parties value=guarantor:gua
        2026-01-10 officer wang fact kind=loan-parties loan=L2 value=guarantor:gua
        2026-04-01 bank icbc/li overdue L1
        2026-04-01 bank icbc/li overdue L2
        2026-05-01 bank icbc/li non-performing L1
        2026-05-01 bank icbc/li non-performing L2
        2026-05-02 bank icbc/li claim C1 loss=260000000
        2026-05-02 bank icbc/li claim C2 loan=L2 loss=1000000
        2026-05-03 officer zhou refuse-claim C1
        2026-05-04 bank icbc/li claim C3 loan=L2 loss=1000000
        "
        ),
        expect![[r#"
            register-institution icbc: done
            register-institution gua: done
            register-enterprise A: done
            register-enterprise B: done
            register-right P1: done
            register-right P5: done
            register-right P2: done
            adopt guangzhou-2025: adopted guangzhou-2025@1
            contribute: done
                Dr pool/guangzhou-pool/cash 900000000.00, Cr pool/guangzhou-pool/capital/finance-bureau 900000000.00
            register-pledge G1: done
            register-pledge G5: done
            register-pledge G2: done
            file L1: filed under guangzhou-2025@1, exposure 150000000.00
                The pool takes on 150,000,000.00: 50 % of the loan's IP part of 300,000,000.00.
                Dr pool/guangzhou-pool/exposure 150000000.00, Cr pool/guangzhou-pool/exposure-contra 150000000.00
            file L2: filed under guangzhou-2025@1, exposure 2500000.00
                The pool takes on 2,500,000.00: 50 % of the loan's IP part of 5,000,000.00.
                Dr pool/guangzhou-pool/exposure 2500000.00, Cr pool/guangzhou-pool/exposure-contra 2500000.00
            file L3: filed under guangzhou-2025@1, exposure 49500000000.00
                The pool takes on 49,500,000,000.00: 50 % of the loan's IP part of 99,000,000,000.00.
                Dr pool/guangzhou-pool/exposure 49500000000.00, Cr pool/guangzhou-pool/exposure-contra 49500000000.00
            disburse L1: disbursed, outstanding 300000000.00, exposure 150000000.00
            disburse L2: disbursed, outstanding 5000000.00, exposure 2500000.00
            fact: done
            fact: done
            fact: done
            fact: done
            fact: done
            fact: done
            overdue L1: overdue, outstanding 300000000.00, exposure 150000000.00
            overdue L2: overdue, outstanding 5000000.00, exposure 2500000.00
            non-performing L1: non-performing, outstanding 300000000.00, exposure 150000000.00
            non-performing L2: non-performing, outstanding 5000000.00, exposure 2500000.00
            claim C1: under-review, loan claimed, covered 260000000.00 [pool 50000000.00 bank 210000000.00]
                The pool pays 50,000,000.00: 20 % of the loss would be 52,000,000.00, but 50,000,000.00 of the limit of 50,000,000.00 (`guaranteed-year`) was left.
            claim C2: refused, loan non-performing, covered 0.00 [] REFUSED PROGRAMME_YEAR_CAP_USED_UP (the programme's cap of the year is used up; nothing more can be granted under this cap in the year) by programme-year-cap
                The claim is refused: 50,000,000.00 of the limit of 50,000,000.00 (`guaranteed-year`) were used before.
            refuse-claim C1: refused, loan non-performing
            claim C3: under-review, loan claimed, covered 1000000.00 [pool 200000.00 bank 800000.00]
                The pool pays 200,000.00: 20 % of the loss of 1,000,000.00.
        "#]],
    );
}

/// 鹤壁 grants: proved by the certificate's number, once; so much for each; several loans in one application.
#[test]
fn a_lump_sum_is_proved_by_a_document_once() {
    check(
        "
        2026-01-04 operator op register-enterprise A
        2026-01-04 operator op register-enterprise B
        2026-01-04 operator op adopt hebi-2017-grants
        2026-01-04 finance zhao appropriate amount=10000000 line=ip-grants
        2026-02-01 officer wang apply S1 loan=none programme=patent-grants grant,cost=12000,by=D1,units=3,occasion=invention-granted
        2026-02-01 officer wang apply S2 loan=none programme=patent-grants grant,cost=12000,by=D1,units=3,occasion=invention-granted
        2026-02-01 officer wang apply S3 loan=none enterprise=B programme=patent-grants grant,cost=4000,by=D1,occasion=invention-granted
        2026-02-01 officer wang apply S4 loan=none programme=patent-grants grant,cost=30000,by=D2,occasion=pct-granted valuation,cost=30000,by=D3
        2026-02-01 officer wang apply S5 loan=none programme=patent-grants grant,cost=30000,by=D2
        ",
        expect![[r#"
            register-enterprise A: done
            register-enterprise B: done
            adopt hebi-2017-grants: adopted hebi-2017-grants@1
            appropriate: done
                Dr budget/ip-grants/2026/available 10000000.00, Cr budget/ip-grants/2026/appropriated 10000000.00
            apply S1: submitted 12000.00 under hebi-2017-grants@1 [grant 12000.00 ratio]
                Granted 12,000.00: the full lump sum of 12,000.00.
                Dr budget/ip-grants/2026/reserved 12000.00, Cr budget/ip-grants/2026/available 12000.00
            apply S2: refused 0.00 under hebi-2017-grants@1 REFUSED EVIDENCE_USED_UP (the invoice or payment has been used up; submit another invoice that was not used) [grant 0.00 evidence EVIDENCE_USED_UP]
                Nothing granted: the invoice or payment has been used up.
            apply S3: REJECTED EVIDENCE_MISMATCH items[0].evidence.document.amount: `4000.00` is not the amount of document `D1` as first used (12000.00)
            apply S4: REJECTED EVIDENCE_MISMATCH items[1].evidence: a document proves a lump sum only, not valuation; expected `invoice`
            apply S5: refused 0.00 under hebi-2017-grants@1 REFUSED FACT_MISSING (a fact that the rule needs is not known; see the failed step of the explanation for what is missing, have it recorded, and submit again) [grant 0.00 gate FACT_MISSING]
                Nothing granted: the rule needs a fact that is not known (occasion).
        "#]],
    );
}
