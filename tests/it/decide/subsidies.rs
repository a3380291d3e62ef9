//! What is granted: the worked cases of the seed rule, caps of every scope, gates, first-insured patents.

use expect_test::expect;

use super::script::check;

/// S1 of the worked cases.
#[test]
fn the_rest_of_the_year() {
    check(
        "
        use loan
        2026-03-01 enterprise A/chen apply S1 guarantee,cost=325200,by=V1
        2026-03-02 enterprise A/chen apply S2 insurance,cost=100000,by=V2 zh
        ? cap A
        2026-03-03 enterprise A/chen apply S3 valuation,cost=1,by=V3 zh
        2026-03-03 enterprise A/chen apply S4 valuation,cost=40000,by=V3,paid=2025-12-31
        ? cap A
        ",
        expect![[r#"
            apply S1: submitted 162600.00 under hebi-2017@1 [guarantee 162600.00 ratio]
                Granted 162,600.00: half of the guarantee fee of 325,200.00.
                Dr budget/ip-finance/2026/reserved 162600.00, Cr budget/ip-finance/2026/available 162600.00
            apply S2: submitted 37400.00 under hebi-2017@1 [insurance 37400.00 year-cap]
                Granted 37,400.00: half of the premium would be 50,000.00, but 37,400.00 of the 200,000.00 for 2026 was left.
                准予补助37,400.00元：保险费的50%为50,000.00元，但2026年度限额200,000.00元仅剩37,400.00元。
                Dr budget/ip-finance/2026/reserved 37400.00, Cr budget/ip-finance/2026/available 37400.00
            ? cap A: pledge-cost-year 2026 200000.00
            apply S3: refused 0.00 under hebi-2017@1 REFUSED YEAR_CAP_USED_UP (this year's cap is used up; costs paid in another year count toward that year) [valuation 0.00 year-cap YEAR_CAP_USED_UP]
                Nothing granted: half of the valuation fee would be 0.50, but nothing of the 200,000.00 for 2026 was left.
                不予补助：评估费的50%为0.50元，但2026年度限额200,000.00元已用完。
            apply S4: submitted 20000.00 under hebi-2017@1 [valuation 20000.00 ratio]
                Granted 20,000.00: half of the valuation fee of 40,000.00.
                Dr budget/ip-finance/2026/reserved 20000.00, Cr budget/ip-finance/2026/available 20000.00
            ? cap A: pledge-cost-year 2025 20000.00, pledge-cost-year 2026 200000.00
        "#]],
    );
}

/// S2 of the worked cases, strict: the cap is reached in the third line exactly.
#[test]
fn four_kinds_of_cost_read_strictly() {
    check(
        "
        use loan
        2026-03-01 bank icbc/li pay-interest I1 loan=L1 amount=300000
        2026-03-02 enterprise A/chen apply S1 interest,cost=300000,by=I1,paid=2026-03-01 valuation,cost=40000,by=V1 guarantee,cost=60000,by=V2 insurance,cost=80000,by=V3 zh
        ? budget 2026
        2026-03-03 officer wang approve S1
        2026-03-04 finance zhao pay S1
        ? budget 2026
        ",
        expect![[r#"
            pay-interest I1: repaying, outstanding 5000000.00, exposure 2500000.00
            apply S1: submitted 200000.00 under hebi-2017@1 [interest 150000.00 ratio; valuation 20000.00 ratio; guarantee 30000.00 ratio; insurance 0.00 year-cap YEAR_CAP_USED_UP]
                Granted 200,000.00 in all. Granted 150,000.00: half of the interest of 300,000.00. Granted 20,000.00: half of the valuation fee of 40,000.00. Granted 30,000.00: half of the guarantee fee of 60,000.00. Nothing granted: half of the premium would be 40,000.00, but nothing of the 200,000.00 for 2026 was left.
                合计准予200,000.00元。准予补助150,000.00元：贷款利息300,000.00元的50%。准予补助20,000.00元：评估费40,000.00元的50%。准予补助30,000.00元：担保费60,000.00元的50%。不予补助：保险费的50%为40,000.00元，但2026年度限额200,000.00元已用完。
                Dr budget/ip-finance/2026/reserved 200000.00, Cr budget/ip-finance/2026/available 200000.00
            ? budget 2026: appropriated 10000000.00, available 9800000.00, reserved 200000.00, spent 0.00
            approve S1: approved
                Dr subsidy/expense/interest 150000.00, Cr subsidy/payable/A 150000.00, Dr subsidy/expense/valuation 20000.00, Cr subsidy/payable/A 20000.00, Dr subsidy/expense/guarantee 30000.00, Cr subsidy/payable/A 30000.00
            pay S1: paid
                Dr subsidy/payable/A 200000.00, Cr treasury/cash 200000.00, Dr budget/ip-finance/2026/spent 200000.00, Cr budget/ip-finance/2026/reserved 200000.00
            ? budget 2026: appropriated 10000000.00, available 9800000.00, reserved 0.00, spent 200000.00
        "#]],
    );
}

/// S2 of the worked cases, literal: the cap is on interest alone.
#[test]
fn four_kinds_of_cost_read_literally() {
    check(
        "
        2026-01-04 operator op register-institution icbc kind=bank
        2026-01-04 operator op register-enterprise A
        2026-01-04 operator op register-right P1 owner=A
        2026-01-04 operator op adopt hebi-2017-literal
        2026-01-04 finance zhao appropriate amount=10000000
        2026-01-05 bank icbc/li register-pledge G1 pledgor=A rights=P1
        2026-01-06 bank icbc/li file L1 borrower=A principal=5000000 pledges=G1
        2026-01-10 bank icbc/li disburse L1 amount=5000000
        2026-03-01 bank icbc/li pay-interest I1 loan=L1 amount=300000
        2026-03-02 enterprise A/chen apply S1 interest,cost=300000,by=I1,paid=2026-03-01 valuation,cost=40000,by=V1 guarantee,cost=60000,by=V2 insurance,cost=80000,by=V3
        ",
        expect![[r#"
            register-institution icbc: done
            register-enterprise A: done
            register-right P1: done
            adopt hebi-2017-literal: adopted hebi-2017-literal@1
            appropriate: done
                Dr budget/ip-finance/2026/available 10000000.00, Cr budget/ip-finance/2026/appropriated 10000000.00
            register-pledge G1: done
            file L1: filed under hebi-2017-literal@1, exposure 0.00
            disburse L1: disbursed, outstanding 5000000.00, exposure 0.00
            pay-interest I1: repaying, outstanding 5000000.00, exposure 0.00
            apply S1: submitted 240000.00 under hebi-2017-literal@1 [interest 150000.00 ratio; valuation 20000.00 ratio; guarantee 30000.00 ratio; insurance 40000.00 ratio]
                Granted 240,000.00 in all. Granted 150,000.00: half of the interest of 300,000.00. Granted 20,000.00: half of the valuation fee of 40,000.00. Granted 30,000.00: half of the guarantee fee of 60,000.00. Granted 40,000.00: half of the premium of 80,000.00.
                Dr budget/ip-finance/2026/reserved 240000.00, Cr budget/ip-finance/2026/available 240000.00
        "#]],
    );
}

/// S3 of the worked cases; then the same patent, and another one.
#[test]
fn the_first_insured_patent_is_granted_once() {
    check(
        "
        use basics
        2026-03-01 enterprise A/chen apply S1 programme=first-insured-patent loan=none patent-insurance,cost=8000,by=V1,right=P1 zh
        2026-03-02 enterprise A/chen apply S2 programme=first-insured-patent loan=none patent-insurance,cost=8000,by=V2,right=P1 zh
        2026-03-02 enterprise A/chen apply S3 programme=first-insured-patent loan=none patent-insurance,cost=8000,by=V2,right=P2
        2026-03-03 enterprise A/chen withdraw S1
        2026-03-04 enterprise A/chen apply S4 programme=first-insured-patent loan=none patent-insurance,cost=8000,by=V2,right=P2 patent-insurance,cost=9000,by=V3,right=P3
        ",
        expect![[r#"
            apply S1: submitted 8000.00 under hebi-2017@1 [patent-insurance 8000.00 ratio]
                Granted 8,000.00: the full patent insurance premium of 8,000.00.
                准予补助8,000.00元：专利保险费8,000.00元全额。
                Dr budget/ip-finance/2026/reserved 8000.00, Cr budget/ip-finance/2026/available 8000.00
            apply S2: refused 0.00 under hebi-2017@1 REFUSED ALREADY_GRANTED (this one-off benefit was granted before; the benefit is given once) [patent-insurance 0.00 gate ALREADY_GRANTED]
                Nothing granted: an enterprise gets this once at most, and this one has had it once.
                不予补助：每家企业最多享受1次，此前已享受1次。
            apply S3: refused 0.00 under hebi-2017@1 REFUSED ALREADY_GRANTED (this one-off benefit was granted before; the benefit is given once) [patent-insurance 0.00 gate ALREADY_GRANTED]
                Nothing granted: an enterprise gets this once at most, and this one has had it once.
            withdraw S1: withdrawn
                Dr budget/ip-finance/2026/available 8000.00, Cr budget/ip-finance/2026/reserved 8000.00
            apply S4: submitted 8000.00 under hebi-2017@1 [patent-insurance 8000.00 ratio; patent-insurance 0.00 gate ALREADY_GRANTED]
                Granted 8,000.00 in all. Granted 8,000.00: the full patent insurance premium of 8,000.00. Nothing granted: an enterprise gets this once at most, and this one has had it once.
                Dr budget/ip-finance/2026/reserved 8000.00, Cr budget/ip-finance/2026/available 8000.00
        "#]],
    );
}

#[test]
fn a_first_insured_patent_is_a_patent_in_force_and_owned() {
    check(
        "
        use basics
        2026-03-01 operator op register-right T1 owner=A
        2026-03-01 officer wang change-right P2 to=lapsed
        2026-03-01 enterprise A/chen apply S1 programme=first-insured-patent loan=none patent-insurance,cost=8000,by=V1,right=P5
        2026-03-01 enterprise A/chen apply S2 programme=first-insured-patent loan=none patent-insurance,cost=8000,by=V1,right=P2
        2026-03-01 enterprise A/chen apply S3 programme=first-insured-patent loan=none patent-insurance,cost=8000,by=V1,right=T1 zh
        2026-03-01 enterprise A/chen apply S4 programme=first-insured-patent loan=none patent-insurance,cost=8000,by=V1
        2026-03-01 enterprise A/chen apply S5 programme=first-insured-patent loan=none patent-insurance,cost=8000,by=V1,right=P9
        2026-03-01 enterprise A/chen apply S6 programme=first-insured-patent loan=none insurance,cost=8000,by=V1,right=P1
        2026-03-01 enterprise A/chen apply S7 programme=first-insured-patent loan=none patent-insurance,cost=8000,by=V1,right=P1
        ",
        expect![[r#"
            register-right T1: done
            change-right P2: done
            apply S1: refused 0.00 under hebi-2017@1 REFUSED RIGHT_NOT_OWNED (a right does not belong to the pledgor; record the transfer of the right first) [patent-insurance 0.00 gate RIGHT_NOT_OWNED]
                Nothing granted: `P5` does not belong to the applicant.
            apply S2: refused 0.00 under hebi-2017@1 REFUSED RIGHT_NOT_IN_FORCE (a right is not in force on this date; restore the right or pledge another one) [patent-insurance 0.00 gate RIGHT_NOT_IN_FORCE]
                Nothing granted: `P2` is not in force.
            apply S3: refused 0.00 under hebi-2017@1 REFUSED NOT_ELIGIBLE (a condition of the rule is not met; see the failed step of the explanation) [patent-insurance 0.00 gate NOT_ELIGIBLE]
                Nothing granted: `T1` is not a patent.
                不予补助：T1不是专利。
            apply S4: refused 0.00 under hebi-2017@1 REFUSED NOT_ELIGIBLE (a condition of the rule is not met; see the failed step of the explanation) [patent-insurance 0.00 gate NOT_ELIGIBLE]
                Nothing granted: no intellectual property right was named.
            apply S5: REJECTED IP_RIGHT_UNKNOWN items[0].right: `P9` is not registered; register the right first
            apply S6: refused 0.00 under hebi-2017@1 REFUSED ITEM_NOT_COVERED (the rule does not cover this kind of cost; submit the kinds of cost that the rule names) [insurance 0.00 gate ITEM_NOT_COVERED]
                Nothing granted: the programme does not pay toward the premium.
            apply S7: submitted 8000.00 under hebi-2017@1 [patent-insurance 8000.00 ratio]
                Granted 8,000.00: the full patent insurance premium of 8,000.00.
                Dr budget/ip-finance/2026/reserved 8000.00, Cr budget/ip-finance/2026/available 8000.00
        "#]],
    );
}

#[test]
fn a_cap_fills_over_several_applications_in_any_order_of_dates() {
    check(
        "
        use loan
        2026-05-01 enterprise A/chen apply S1 insurance,cost=300000,by=V1
        2026-05-02 enterprise A/chen apply S2 insurance,cost=80000,by=V2,paid=2026-02-01 effective=2026-02-01
        2026-05-03 enterprise A/chen apply S3 insurance,cost=80000,by=V3,paid=2026-03-01 effective=2026-03-01 zh
        2026-05-04 enterprise A/chen apply S4 insurance,cost=1000,by=V4,paid=2026-01-20 effective=2026-01-20
        ? cap A
        2026-05-05 officer wang refuse S2
        ? cap A
        2026-05-06 enterprise A/chen apply S5 insurance,cost=50000,by=V5
        2026-05-07 enterprise A/chen withdraw S1
        ? cap A
        ? budget 2026
        ",
        expect![[r#"
            apply S1: submitted 150000.00 under hebi-2017@1 [insurance 150000.00 ratio]
                Granted 150,000.00: half of the premium of 300,000.00.
                Dr budget/ip-finance/2026/reserved 150000.00, Cr budget/ip-finance/2026/available 150000.00
            apply S2: submitted 40000.00 under hebi-2017@1 [insurance 40000.00 ratio]
                Granted 40,000.00: half of the premium of 80,000.00.
                Dr budget/ip-finance/2026/reserved 40000.00, Cr budget/ip-finance/2026/available 40000.00
            apply S3: submitted 10000.00 under hebi-2017@1 [insurance 10000.00 year-cap]
                Granted 10,000.00: half of the premium would be 40,000.00, but 10,000.00 of the 200,000.00 for 2026 was left.
                准予补助10,000.00元：保险费的50%为40,000.00元，但2026年度限额200,000.00元仅剩10,000.00元。
                Dr budget/ip-finance/2026/reserved 10000.00, Cr budget/ip-finance/2026/available 10000.00
            apply S4: refused 0.00 under hebi-2017@1 REFUSED YEAR_CAP_USED_UP (this year's cap is used up; costs paid in another year count toward that year) [insurance 0.00 year-cap YEAR_CAP_USED_UP]
                Nothing granted: half of the premium would be 500.00, but nothing of the 200,000.00 for 2026 was left.
            ? cap A: pledge-cost-year 2026 200000.00
            refuse S2: refused
                Dr budget/ip-finance/2026/available 40000.00, Cr budget/ip-finance/2026/reserved 40000.00
            ? cap A: pledge-cost-year 2026 160000.00
            apply S5: submitted 25000.00 under hebi-2017@1 [insurance 25000.00 ratio]
                Granted 25,000.00: half of the premium of 50,000.00.
                Dr budget/ip-finance/2026/reserved 25000.00, Cr budget/ip-finance/2026/available 25000.00
            withdraw S1: withdrawn
                Dr budget/ip-finance/2026/available 150000.00, Cr budget/ip-finance/2026/reserved 150000.00
            ? cap A: pledge-cost-year 2026 35000.00
            ? budget 2026: appropriated 10000000.00, available 9965000.00, reserved 35000.00, spent 0.00
        "#]],
    );
}

#[test]
fn every_scope_of_caps() {
    check(
        "
        use basics
        2026-01-04 operator op adopt caps
        2026-01-05 bank icbc/li register-pledge G1 pledgor=A rights=P1
        2026-01-05 bank icbc/li register-pledge G2 pledgor=A rights=P2
        2026-01-06 bank icbc/li file L1 borrower=A pledges=G1
        2026-01-06 bank icbc/li file L2 borrower=A pledges=G2
        2026-02-01 enterprise A/chen apply S1 programme=costs valuation,cost=15000,by=V1 valuation,cost=5000,by=V2 valuation,cost=1000,by=V3 zh
        2026-02-02 enterprise A/chen apply S2 programme=costs guarantee,cost=30000,by=V4 insurance,cost=10000,by=V5 insurance,cost=10000,by=V6 zh
        2026-02-03 bank icbc/li disburse L1 amount=5000000
        2026-02-03 bank icbc/li pay-interest I1 loan=L1 amount=60000 from=2026-02-03
        2026-02-03 bank icbc/li pay-interest I2 loan=L1 amount=100 from=2026-02-03
        2026-02-04 enterprise A/chen apply S3 programme=costs interest,cost=60000,by=I1,paid=2026-02-03 interest,cost=100,by=I2,paid=2026-02-03 zh
        2026-02-05 enterprise A/chen apply S4 programme=costs loan=L2 insurance,cost=100000,by=V7 valuation,cost=10000,by=V8 zh
        ? cap A
        2026-02-06 officer wang update-enterprise A size=medium
        2026-02-06 enterprise A/chen apply S5 programme=costs loan=L2 valuation,cost=10000,by=V8
        ",
        expect![[r#"
            adopt caps: adopted caps@1
            register-pledge G1: done
            register-pledge G2: done
            file L1: filed under caps@1, exposure 0.00
            file L2: filed under caps@1, exposure 0.00
            apply S1: submitted 10000.00 under caps@1 [valuation 9000.00 ratio; valuation 1000.00 item-cap; valuation 0.00 item-cap ITEM_CAP_USED_UP]
                Granted 10,000.00 in all. Granted 9,000.00: 60 % of the valuation fee of 15,000.00. Granted 1,000.00: 60 % of the valuation fee would be 3,000.00, but 1,000.00 of the 10,000.00 for this kind of cost was left. Nothing granted: 60 % of the valuation fee would be 600.00, but nothing of the 10,000.00 for this kind of cost was left.
                合计准予10,000.00元。准予补助9,000.00元：评估费15,000.00元的60%。准予补助1,000.00元：评估费的60%为3,000.00元，但单项限额10,000.00元仅剩1,000.00元。不予补助：评估费的60%为600.00元，但单项限额10,000.00元已用完。
                Dr budget/ip-finance/2026/reserved 10000.00, Cr budget/ip-finance/2026/available 10000.00
            apply S2: submitted 20000.00 under caps@1 [guarantee 18000.00 ratio; insurance 2000.00 joint-cap; insurance 0.00 joint-cap JOINT_CAP_USED_UP]
                Granted 20,000.00 in all. Granted 18,000.00: 60 % of the guarantee fee of 30,000.00. Granted 2,000.00: 60 % of the premium would be 6,000.00, but 2,000.00 of the 20,000.00 for these costs together was left. Nothing granted: 60 % of the premium would be 6,000.00, but nothing of the 20,000.00 for these costs together was left.
                合计准予20,000.00元。准予补助18,000.00元：担保费30,000.00元的60%。准予补助2,000.00元：保险费的60%为6,000.00元，但合并限额20,000.00元仅剩2,000.00元。不予补助：保险费的60%为6,000.00元，但合并限额20,000.00元已用完。
                Dr budget/ip-finance/2026/reserved 20000.00, Cr budget/ip-finance/2026/available 20000.00
            disburse L1: disbursed, outstanding 5000000.00, exposure 0.00
            pay-interest I1: repaying, outstanding 5000000.00, exposure 0.00
            pay-interest I2: repaying, outstanding 5000000.00, exposure 0.00
            apply S3: submitted 20000.00 under caps@1 [interest 20000.00 loan-cap; interest 0.00 loan-cap LOAN_CAP_USED_UP]
                Granted 20,000.00 in all. Granted 20,000.00: 60 % of the interest would be 36,000.00, but 20,000.00 of the 50,000.00 for this loan was left. Nothing granted: 60 % of the interest would be 60.00, but nothing of the 50,000.00 for this loan was left.
                合计准予20,000.00元。准予补助20,000.00元：贷款利息的60%为36,000.00元，但该笔贷款限额50,000.00元仅剩20,000.00元。不予补助：贷款利息的60%为60.00元，但该笔贷款限额50,000.00元已用完。
                Dr budget/ip-finance/2026/reserved 20000.00, Cr budget/ip-finance/2026/available 20000.00
            apply S4: submitted 10000.00 under caps@1 [insurance 10000.00 lifetime-cap; valuation 0.00 lifetime-cap LIFETIME_CAP_USED_UP]
                Granted 10,000.00 in all. Granted 10,000.00: 60 % of the premium would be 60,000.00, but 10,000.00 of the 60,000.00 for all years was left. Nothing granted: 60 % of the valuation fee would be 6,000.00, but nothing of the 60,000.00 for all years was left.
                合计准予10,000.00元。准予补助10,000.00元：保险费的60%为60,000.00元，但累计限额60,000.00元仅剩10,000.00元。不予补助：评估费的60%为6,000.00元，但累计限额60,000.00元已用完。
                Dr budget/ip-finance/2026/reserved 10000.00, Cr budget/ip-finance/2026/available 10000.00
            ? cap A: guarantee-insurance 20000.00, guarantee-insurance 10000.00, lifetime 60000.00, loan 50000.00, loan 10000.00, valuation-item 10000.00
            update-enterprise A: done
            apply S5: refused 0.00 under caps@1 REFUSED NOT_ELIGIBLE (a condition of the rule is not met; see the failed step of the explanation) [valuation 0.00 gate NOT_ELIGIBLE]
                Nothing granted: the enterprise is medium, and only micro, small ones are eligible.
        "#]],
    );
}

#[test]
fn the_conditions_of_pledge_costs() {
    check(
        "
        use basics
        2026-01-05 bank icbc/li register-pledge G1 pledgor=A rights=P1
        2026-01-06 bank icbc/li file L1 borrower=A pledges=G1
        2026-01-07 enterprise A/chen apply S1 loan=none insurance,cost=1000,by=V1
        2026-01-07 enterprise A/chen apply S2 insurance,cost=1000,by=V1 zh
        2026-01-10 bank icbc/li disburse L1
        2026-01-20 bank icbc/li pay-interest I1 loan=L1 amount=20000
        2026-01-21 enterprise A/chen apply S3 patent-insurance,cost=1000,by=V1,right=P1
        2026-01-21 enterprise A/chen apply S4 insurance,cost=1000,by=V1,other=600 insurance,cost=1000,by=V2,other=1000 zh
        2026-02-01 bank icbc/li repay L1 amount=5000000
        2026-02-01 bank icbc/li settle L1
        2026-02-02 enterprise A/chen apply S5 insurance,cost=1000,by=V3,paid=2026-02-01 insurance,cost=1000,by=V4,paid=2026-02-02 interest,cost=20000,by=I1,paid=2026-01-20
        2026-02-02 enterprise A/chen apply S6 insurance,cost=0.01,by=V5,paid=2026-02-01 zh
        ",
        expect![[r#"
            register-pledge G1: done
            file L1: filed under hebi-2017@1, exposure 0.00
            apply S1: refused 0.00 under hebi-2017@1 REFUSED NOT_ELIGIBLE (a condition of the rule is not met; see the failed step of the explanation) [insurance 0.00 gate NOT_ELIGIBLE]
                Nothing granted: the cost belongs to no filed loan.
            apply S2: refused 0.00 under hebi-2017@1 REFUSED NOT_ELIGIBLE (a condition of the rule is not met; see the failed step of the explanation) [insurance 0.00 gate NOT_ELIGIBLE]
                Nothing granted: the loan had not been disbursed by 2026-01-07.
                不予补助：截至2026年1月7日贷款尚未发放。
            disburse L1: disbursed, outstanding 5000000.00, exposure 0.00
            pay-interest I1: repaying, outstanding 5000000.00, exposure 0.00
            apply S3: refused 0.00 under hebi-2017@1 REFUSED ITEM_NOT_COVERED (the rule does not cover this kind of cost; submit the kinds of cost that the rule names) [patent-insurance 0.00 gate ITEM_NOT_COVERED]
                Nothing granted: the programme does not pay toward the patent insurance premium.
            apply S4: submitted 400.00 under hebi-2017@1 [insurance 400.00 other-funding; insurance 0.00 other-funding OTHER_FUNDING_COVERS]
                Granted 400.00 in all. Granted 400.00: half of the premium would be 500.00, but other public funds already pay 600.00 of 1,000.00. Nothing granted: half of the premium would be 500.00, but other public funds already pay 1,000.00 of 1,000.00.
                合计准予400.00元。准予补助400.00元：保险费的50%为500.00元，但其他财政资金已承担1,000.00元中的600.00元。不予补助：保险费的50%为500.00元，但其他财政资金已承担1,000.00元中的1,000.00元。
                Dr budget/ip-finance/2026/reserved 400.00, Cr budget/ip-finance/2026/available 400.00
            repay L1: repaying, outstanding 0.00, exposure 0.00
            settle L1: settled, outstanding 0.00, exposure 0.00
            apply S5: submitted 10500.00 under hebi-2017@1 [insurance 500.00 ratio; insurance 0.00 gate NOT_ELIGIBLE; interest 10000.00 ratio]
                Granted 10,500.00 in all. Granted 500.00: half of the premium of 1,000.00. Nothing granted: the premium was paid on 2026-02-02, after the loan ended on 2026-02-01. Granted 10,000.00: half of the interest of 20,000.00.
                Dr budget/ip-finance/2026/reserved 10500.00, Cr budget/ip-finance/2026/available 10500.00
            apply S6: refused 0.00 under hebi-2017@1 REFUSED NOT_ELIGIBLE (a condition of the rule is not met; see the failed step of the explanation) [insurance 0.00 ratio NOT_ELIGIBLE]
                Nothing granted: half of the premium would be 0.005, less than one fen.
                不予补助：保险费的50%为0.005元，不足1分。
        "#]],
    );
}

#[test]
fn a_pledge_registered_after_the_disbursement_earns_nothing() {
    check(
        "
        use basics
        2026-02-05 bank icbc/li register-pledge G1 pledgor=A rights=P1
        2026-02-06 bank icbc/li file L1 borrower=A pledges=G1
        2026-02-06 bank icbc/li disburse L1 effective=2026-01-10
        2026-02-07 enterprise A/chen apply S1 insurance,cost=1000,by=V1 zh
        2026-02-09 bank icbc/li register-pledge G2 pledgor=A rights=P2
        2026-02-09 bank icbc/li file L2 contract=L2 borrower=A pledges=G2
        # All of it happened before the pledge: lent in January, repaid on 1 February.
        2026-02-09 bank icbc/li disburse L2 effective=2026-01-10
        2026-02-09 bank icbc/li repay L2 effective=2026-02-01
        2026-02-09 bank icbc/li settle L2
        2026-02-09 enterprise A/chen apply S2 loan=L2 insurance,cost=1000,by=V1
        ",
        expect![[r#"
            register-pledge G1: done
            file L1: filed under hebi-2017@1, exposure 0.00
            disburse L1: disbursed, outstanding 5000000.00, exposure 0.00
            apply S1: refused 0.00 under hebi-2017@1 REFUSED NOT_ELIGIBLE (a condition of the rule is not met; see the failed step of the explanation) [insurance 0.00 gate NOT_ELIGIBLE]
                Nothing granted: the pledge was registered on 2026-02-05, after the disbursement on 2026-01-10.
                不予补助：质押登记日2026年2月5日晚于放款日2026年1月10日。
            register-pledge G2: done
            file L2: filed under hebi-2017@1, exposure 0.00
            disburse L2: disbursed, outstanding 5000000.00, exposure 0.00
            repay L2: repaying, outstanding 0.00, exposure 0.00
            settle L2: settled, outstanding 0.00, exposure 0.00
            apply S2: refused 0.00 under hebi-2017@1 REFUSED NOT_ELIGIBLE (a condition of the rule is not met; see the failed step of the explanation) [insurance 0.00 gate NOT_ELIGIBLE]
                Nothing granted: the pledge was registered on 2026-02-09, after the disbursement on 2026-01-10.
        "#]],
    );
}

#[test]
fn a_programme_must_be_in_force_and_the_loan_the_applicants() {
    check(
        "
        use loan
        2026-03-01 enterprise A/chen apply S1 programme=no-such insurance,cost=1000,by=V1 zh
        2026-03-01 officer wang apply S2 enterprise=B insurance,cost=1000,by=V1
        2026-03-01 enterprise B/du apply S3 enterprise=B insurance,cost=1000,by=V1
        2026-03-01 officer wang apply S4 enterprise=E loan=none insurance,cost=1000,by=V1
        2026-03-01 enterprise A/chen apply S5 loan=L9 insurance,cost=1000,by=V1
        2026-03-01 enterprise A/chen apply S6 insurance,cost=1000,by=V1,paid=2026-03-02
        ",
        expect![[r#"
            apply S1: REJECTED PROGRAMME_UNKNOWN programme_id: no rulebook in force on 2026-03-01 has a programme `no-such`; see ListRulebooks
                2026-03-01有效的办法中没有补助项目“no-such”
            apply S2: REJECTED LOAN_UNKNOWN loan_id: `L1` is not a loan of enterprise `B`
            apply S3: REJECTED LOAN_UNKNOWN loan_id: `L1` is not a loan known here; expected an id that FileLoan returned
            apply S4: REJECTED ENTERPRISE_UNKNOWN enterprise: `E` is not registered; register the enterprise first
            apply S5: REJECTED LOAN_UNKNOWN loan_id: `loan-9999` is not a loan known here; expected an id that FileLoan returned
            apply S6: REJECTED DATE_OUT_OF_RANGE items[0].paid_on: `2026-03-02` is after the day of application (2026-03-01); expected that day or earlier
        "#]],
    );
}

#[test]
fn blacklisted_between_filing_application_approval_and_payment() {
    check(
        "
        use loan
        2026-02-01 enterprise A/chen apply S1 insurance,cost=1000,by=V1
        2026-02-02 officer wang approve S1
        2026-02-03 officer wang blacklist X1 enterprise=A
        2026-02-04 finance zhao pay S1
        ? application S1
        ? budget 2026
        2026-02-04 enterprise A/chen apply S2 insurance,cost=1000,by=V2
        2026-02-04 bank icbc/li register-pledge G2 pledgor=A rights=P2
        2026-02-04 bank icbc/li file L2 borrower=A pledges=G2
        2026-02-05 officer wang lift-blacklist X1
        2026-02-05 finance zhao pay S1
        2026-02-05 bank icbc/li file L2 borrower=A pledges=G2
        ",
        expect![[r#"
            apply S1: submitted 500.00 under hebi-2017@1 [insurance 500.00 ratio]
                Granted 500.00: half of the premium of 1,000.00.
                Dr budget/ip-finance/2026/reserved 500.00, Cr budget/ip-finance/2026/available 500.00
            approve S1: approved
                Dr subsidy/expense/insurance 500.00, Cr subsidy/payable/A 500.00
            blacklist X1: done
            pay S1: approved, payment REFUSED ENTERPRISE_BLACKLISTED (the enterprise is on the blacklist; ask the authority that made the entry to lift it, then submit again)
            ? application S1: approved, granted 500.00, demanded 0.00, received back 0.00
            ? budget 2026: appropriated 10000000.00, available 9999500.00, reserved 500.00, spent 0.00
            apply S2: refused 0.00 under hebi-2017@1 REFUSED ENTERPRISE_BLACKLISTED (the enterprise is on the blacklist; ask the authority that made the entry to lift it, then submit again) [insurance 0.00 gate ENTERPRISE_BLACKLISTED]
                Nothing granted: the enterprise has been on the blacklist since 2026-02-03.
            register-pledge G2: done
            file L2: REFUSED ENTERPRISE_BLACKLISTED (the enterprise is on the blacklist; ask the authority that made the entry to lift it, then submit again) `A` since 2026-02-03
            lift-blacklist X1: done
            pay S1: paid
                Dr subsidy/payable/A 500.00, Cr treasury/cash 500.00, Dr budget/ip-finance/2026/spent 500.00, Cr budget/ip-finance/2026/reserved 500.00
            file L2: filed under hebi-2017@1, exposure 0.00
        "#]],
    );
}

#[test]
fn three_acts_by_three_persons() {
    check(
        "
        use loan
        2026-02-01 officer wang apply S1 enterprise=A insurance,cost=1000,by=V1
        2026-02-02 officer wang approve S1 zh
        2026-02-02 officer wang refuse S1
        2026-02-02 officer li approve S1 effective=2026-01-31
        2026-02-02 officer li approve S1
        2026-02-03 finance wang pay S1
        2026-02-03 finance li pay S1 zh
        2026-02-03 finance zhao pay S1 effective=2026-02-01
        2026-02-03 finance zhao pay S1
        2026-02-03 finance zhao pay S1
        2026-02-03 officer li approve S1
        2026-02-03 officer li refuse S1
        2026-02-03 enterprise A/chen withdraw S1
        2026-02-03 officer li approve S9
        2026-02-03 enterprise B/du withdraw S1
        2026-02-04 enterprise A/chen apply S2 insurance,cost=1000,by=V2
        2026-02-04 officer wang withdraw S2
        2026-02-04 officer wang approve S2
        2026-02-04 enterprise A/chen apply S3 insurance,cost=1000,by=V2
        2026-02-05 officer wang refuse S3
        2026-02-05 officer li approve S3
        2026-02-05 finance zhao pay S3
        ",
        expect![[r#"
            apply S1: submitted 500.00 under hebi-2017@1 [insurance 500.00 ratio]
                Granted 500.00: half of the premium of 1,000.00.
                Dr budget/ip-finance/2026/reserved 500.00, Cr budget/ip-finance/2026/available 500.00
            approve S1: REJECTED SAME_PERSON application_id: `wang` submitted it; expected another person
                “wang”是提交人；须由另一人办理
            refuse S1: REJECTED SAME_PERSON application_id: `wang` submitted it; expected another person
            approve S1: REJECTED DATE_OUT_OF_RANGE effective_date: `2026-01-31` is before the day of application (2026-02-01); expected that day or later
            approve S1: approved
                Dr subsidy/expense/insurance 500.00, Cr subsidy/payable/A 500.00
            pay S1: REJECTED SAME_PERSON application_id: `wang` submitted it; expected another person
            pay S1: REJECTED SAME_PERSON application_id: `li` approved it; expected another person
                “li”是审核人；须由另一人办理
            pay S1: REJECTED DATE_OUT_OF_RANGE effective_date: `2026-02-01` is before the day of approval (2026-02-02); expected that day or later
            pay S1: paid
                Dr subsidy/payable/A 500.00, Cr treasury/cash 500.00, Dr budget/ip-finance/2026/spent 500.00, Cr budget/ip-finance/2026/reserved 500.00
            pay S1: REJECTED STATE_FORBIDS application_id: `S1` is paid; expected approved
            approve S1: REJECTED STATE_FORBIDS application_id: `S1` is paid; expected submitted
            refuse S1: REJECTED STATE_FORBIDS application_id: `S1` is paid; expected submitted or approved or awaiting-closing
            withdraw S1: REJECTED STATE_FORBIDS application_id: `S1` is paid; expected submitted
            approve S9: REJECTED APPLICATION_UNKNOWN application_id: `application-9999` is not an application known here; expected an id that ApplySubsidy returned
            withdraw S1: REJECTED APPLICATION_UNKNOWN application_id: `S1` is not an application known here; expected an id that ApplySubsidy returned
            apply S2: submitted 500.00 under hebi-2017@1 [insurance 500.00 ratio]
                Granted 500.00: half of the premium of 1,000.00.
                Dr budget/ip-finance/2026/reserved 500.00, Cr budget/ip-finance/2026/available 500.00
            withdraw S2: withdrawn
                Dr budget/ip-finance/2026/available 500.00, Cr budget/ip-finance/2026/reserved 500.00
            approve S2: REJECTED STATE_FORBIDS application_id: `S2` is withdrawn; expected submitted
            apply S3: submitted 500.00 under hebi-2017@1 [insurance 500.00 ratio]
                Granted 500.00: half of the premium of 1,000.00.
                Dr budget/ip-finance/2026/reserved 500.00, Cr budget/ip-finance/2026/available 500.00
            refuse S3: refused
                Dr budget/ip-finance/2026/available 500.00, Cr budget/ip-finance/2026/reserved 500.00
            approve S3: REJECTED STATE_FORBIDS application_id: `S3` is refused; expected submitted
            pay S3: REJECTED STATE_FORBIDS application_id: `S3` is refused; expected approved
        "#]],
    );
}

#[test]
fn an_approval_that_cannot_be_paid_is_taken_back() {
    check(
        "
        use loan
        2026-02-01 enterprise A/chen apply S1 insurance,cost=1000,by=V1
        2026-02-02 officer wang approve S1
        2026-02-03 officer wang blacklist X1 enterprise=A
        2026-02-04 finance zhao pay S1
        2026-02-05 officer wang refuse S1 effective=2026-02-01
        2026-02-05 officer wang refuse S1
        2026-02-05 finance zhao pay S1
        ? budget 2026
        ",
        expect![[r#"
            apply S1: submitted 500.00 under hebi-2017@1 [insurance 500.00 ratio]
                Granted 500.00: half of the premium of 1,000.00.
                Dr budget/ip-finance/2026/reserved 500.00, Cr budget/ip-finance/2026/available 500.00
            approve S1: approved
                Dr subsidy/expense/insurance 500.00, Cr subsidy/payable/A 500.00
            blacklist X1: done
            pay S1: approved, payment REFUSED ENTERPRISE_BLACKLISTED (the enterprise is on the blacklist; ask the authority that made the entry to lift it, then submit again)
            refuse S1: REJECTED DATE_OUT_OF_RANGE effective_date: `2026-02-01` is before the day of approval (2026-02-02); expected that day or later
            refuse S1: refused
                Dr budget/ip-finance/2026/available 500.00, Cr budget/ip-finance/2026/reserved 500.00, Dr subsidy/payable/A 500.00, Cr subsidy/expense/insurance 500.00
            pay S1: REJECTED STATE_FORBIDS application_id: `S1` is refused; expected approved
            ? budget 2026: appropriated 10000000.00, available 10000000.00, reserved 0.00, spent 0.00
        "#]],
    );
}

/// Guarantee and insurance exclude each other: the better one is taken, and stays taken. Interest by a reference rate
/// that nobody knows is refused, not granted.
#[test]
fn of_two_fees_the_better_one() {
    check(
        "
        use loan
        2026-01-11 operator op adopt nansha
        2026-03-01 enterprise A/chen apply S1 programme=nansha-cost valuation,cost=30000,by=V1 guarantee,cost=20000,by=V2 insurance,cost=60000,by=V3 zh
        2026-03-02 enterprise A/chen apply S2 programme=nansha-cost guarantee,cost=200000,by=V4 zh
        2026-03-03 enterprise A/chen withdraw S1
        2026-03-04 enterprise A/chen apply S3 programme=nansha-cost guarantee,cost=200000,by=V4
        2026-06-01 bank icbc/li pay-interest I1 loan=L1 amount=100000
        2026-06-01 bank icbc/li repay L1 amount=5000000
        2026-06-01 bank icbc/li settle L1
        2026-06-02 enterprise A/chen apply S4 programme=nansha-cost interest,cost=100000,by=I1,paid=2026-06-01 zh
        ",
        expect![[r#"
            adopt nansha: adopted nansha-2024@1
            apply S1: submitted 45000.00 under nansha-2024@1 [valuation 15000.00 ratio; guarantee 0.00 gate NOT_CHOSEN; insurance 30000.00 ratio]
                Granted 45,000.00 in all. Granted 15,000.00: half of the valuation fee of 30,000.00. Nothing granted: only one of several is granted, and premium gives more: 30,000.00 instead of 10,000.00. Granted 30,000.00: half of the premium of 60,000.00.
                合计准予45,000.00元。准予补助15,000.00元：评估费30,000.00元的50%。不予补助：只能择一享受，保险费可得30,000.00元，本项10,000.00元，已取较高者。准予补助30,000.00元：保险费60,000.00元的50%。
                Dr budget/ip-finance/2026/reserved 45000.00, Cr budget/ip-finance/2026/available 45000.00
            apply S2: refused 0.00 under nansha-2024@1 REFUSED NOT_CHOSEN (another one was taken, and only one can be; withdraw the other one first, or leave it at that) [guarantee 0.00 gate NOT_CHOSEN]
                Nothing granted: only one of several is granted, and another item was granted before.
                不予补助：只能择一享受，此前已享受另一费用项。
            withdraw S1: withdrawn
                Dr budget/ip-finance/2026/available 45000.00, Cr budget/ip-finance/2026/reserved 45000.00
            apply S3: submitted 50000.00 under nansha-2024@1 [guarantee 50000.00 item-cap]
                Granted 50,000.00: half of the guarantee fee would be 100,000.00, but 50,000.00 of the 50,000.00 for this kind of cost was left.
                Dr budget/ip-finance/2026/reserved 50000.00, Cr budget/ip-finance/2026/available 50000.00
            pay-interest I1: repaying, outstanding 5000000.00, exposure 2500000.00
            repay L1: repaying, outstanding 0.00, exposure 0.00
                Cr pool/hebi-pool/exposure 2500000.00, Dr pool/hebi-pool/exposure-contra 2500000.00
            settle L1: settled, outstanding 0.00, exposure 0.00
            apply S4: refused 0.00 under nansha-2024@1 REFUSED REFERENCE_RATE_MISSING (no reference rate is known for the day that the rule names; have the point of the series recorded (`ipledger rate record`), and submit again) [interest 0.00 gate REFERENCE_RATE_MISSING]
                Nothing granted: the rule needs a fact that is not known (reference rate).
                不予补助：缺少判断所需的依据（参考利率）。
        "#]],
    );
}
