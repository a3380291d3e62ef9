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
        expect![[""]],
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
        expect![[""]],
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
        expect![[""]],
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
        expect![[""]],
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
        expect![[""]],
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
        expect![[""]],
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
        2026-02-04 enterprise A/chen apply S3 programme=costs interest,cost=60000,by=I1,paid=2026-02-03 interest,cost=1,by=I1,paid=2026-02-03 zh
        2026-02-05 enterprise A/chen apply S4 programme=costs loan=L2 insurance,cost=100000,by=V7 valuation,cost=10000,by=V8 zh
        ? cap A
        2026-02-06 officer wang update-enterprise A size=medium
        2026-02-06 enterprise A/chen apply S5 programme=costs loan=L2 valuation,cost=10000,by=V8
        ",
        expect![[""]],
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
        expect![[""]],
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
        2026-02-08 bank icbc/li repay L1 amount=5000000
        2026-02-08 bank icbc/li settle L1
        2026-02-09 bank icbc/li register-pledge G2 pledgor=A rights=P2
        2026-02-09 bank icbc/li file L2 contract=L2 borrower=A pledges=G2
        2026-02-09 enterprise A/chen apply S2 loan=L2 insurance,cost=1000,by=V1
        ",
        expect![[""]],
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
        expect![[""]],
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
        expect![[""]],
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
        expect![[""]],
    );
}
