//! Reference rates and facts that are stated: who may, since when they hold, how a wrong one is put right, and that
//! rules which need them are judged on them.

use std::collections::BTreeMap;

use expect_test::expect;
use ipledger::book::fact::{Fact, Supersedes, WorkingCalendar};
use ipledger::book::rate::ReferenceRate;
use ipledger::calendar::{CivilDate, FiscalYear};
use ipledger::decide::command::{Command, RecordFact};
use ipledger::identifier::{InstitutionId, PoolId, ProgrammeId, SeriesId, Tag};
use ipledger::money::Rate;
use ipledger::rulebook::terms::LossParty;

use super::names;
use super::parse::Words;
use super::script::check;

/// Reads `rate Q1 series=lpr-1y rate=0.03 [from=…] [age=45] [instead=Q0]` and
/// `fact F1 kind=loan-mode loan=L1 value=guaranteed [from=…] [instead=F0]`.
pub(super) fn stated(verb: &str, words: &mut Words<'_>) -> Command {
    let instead = words.optional("instead").map(|name| words.entry(name));
    let supersedes = instead.map(|entry| Supersedes { entry, reason: "录入错误".to_owned() });
    let from = words.optional("from").map(|day| CivilDate::parse(day).unwrap());
    if verb == "rate" {
        return Command::RecordReferenceRate(ReferenceRate {
            series: SeriesId::parse(words.text("series", "lpr-1y")).unwrap(),
            from: from.unwrap(),
            rate: Rate::parse(words.text("rate", "0.031")).unwrap(),
            maximum_age_days: words.text("age", "45").parse().unwrap(),
            source: "全国银行间同业拆借中心".to_owned(),
            supersedes,
        });
    }
    let kind = words.text("kind", "").to_owned();
    let fact = fact(&kind, words);
    Command::RecordFact(RecordFact { fact, from, document: "文件1".to_owned(), digest: None, supersedes })
}

fn fact(kind: &str, words: &mut Words<'_>) -> Fact {
    let value = words.text("value", "").to_owned();
    let list: Vec<&str> = value.split(',').filter(|text| !text.is_empty()).collect();
    let tag = |text: &str| Tag::parse(text).unwrap();
    let day = |text: &str| CivilDate::parse(text).unwrap();
    match kind {
        "enterprise-classes" => {
            let class = |text: &&str| match text.split_once(':') {
                Some((class, until)) => (tag(class), Some(day(until))),
                None => (tag(text), None),
            };
            Fact::EnterpriseClasses(enterprise(words), list.iter().map(class).collect())
        }
        "enterprise-revenue" => {
            let year = FiscalYear::parse(words.text("year", "2020")).unwrap();
            Fact::EnterpriseRevenue(enterprise(words), year, ipledger::money::Amount::parse(&value).unwrap())
        }
        "enterprise-figure" => {
            let year = FiscalYear::parse(words.text("year", "2020")).unwrap();
            let figure = tag(words.text("figure", "local-tax"));
            Fact::EnterpriseFigure(enterprise(words), figure, year, ipledger::money::Amount::parse(&value).unwrap())
        }
        "earlier-applications" => {
            let programme = ProgrammeId::parse(words.text("programme", "premium")).unwrap();
            Fact::EarlierApplications(enterprise(words), programme, value.parse().unwrap())
        }
        "bank-business" => {
            let bank = InstitutionId::parse(words.text("bank", "icbc")).unwrap();
            Fact::BankBusiness(bank, PoolId::parse(&value).unwrap())
        }
        "working-calendar" => {
            let year = FiscalYear::parse(words.text("year", "2021")).unwrap();
            let weekend = |day: &CivilDate| day.is_weekend();
            let days = list.into_iter().map(day);
            let (working_days, days_off) = days.partition(weekend);
            Fact::WorkingCalendar(year, WorkingCalendar { days_off, working_days })
        }
        of_loan => {
            let loan = words.loan_of("loan", "L1");
            match of_loan {
                "loan-mode" => Fact::LoanMode(loan, tag(&value)),
                "loan-product" => Fact::LoanProduct(loan, tag(&value)),
                "loan-traits" => Fact::LoanTraits(loan, list.into_iter().map(tag).collect()),
                "loan-parties" => {
                    let party = |text: &str| {
                        let (party, who) = text.split_once(':').unwrap();
                        (LossParty::parse(party).unwrap(), InstitutionId::parse(who).unwrap())
                    };
                    Fact::LoanParties(loan, list.into_iter().map(party).collect::<BTreeMap<_, _>>())
                }
                "loss-recognised" => Fact::LossRecognised(loan, value == "yes"),
                "payee-liability" => Fact::PayeeLiability(loan, ipledger::money::Amount::parse(&value).unwrap()),
                "other-public-money" => Fact::OtherPublicMoney(loan, ipledger::money::Amount::parse(&value).unwrap()),
                other => panic!("`{other}` is not a kind of fact"),
            }
        }
    }
}

fn enterprise(words: &mut Words<'_>) -> ipledger::identifier::Uscc {
    names::enterprise(words.text("enterprise", "A"))
}

#[test]
fn who_states_what() {
    check(
        "
        use loan
        2026-02-01 bank icbc/li fact kind=loan-mode value=guaranteed
        2026-02-01 bank ccb/wu fact kind=loan-mode value=direct
        2026-02-01 bank icbc/li fact kind=enterprise-revenue value=1
        2026-02-01 enterprise A/chen fact kind=enterprise-classes value=champion
        2026-02-01 bank icbc/li rate from=2026-01-20
        2026-02-01 officer wang fact kind=enterprise-classes enterprise=K value=champion
        2026-02-01 officer wang fact kind=bank-business bank=abc value=hebi-pool
        2026-02-01 officer wang fact kind=bank-business value=other-pool
        2026-02-01 officer wang fact kind=loan-parties value=guarantor:icbc
        2026-02-01 officer wang fact kind=loan-parties value=guarantor:gua
        2026-02-01 officer wang fact kind=loan-traits from=2026-02-02
        2026-02-01 officer wang rate from=2026-02-02
        ",
        expect![[r#"
            fact: done
            fact: REJECTED LOAN_UNKNOWN loan_id: `L1` is not a loan known here; expected an id that FileLoan returned
            fact: REJECTED PERMISSION_DENIED role `bank` may not do this; expected officer
            fact: REJECTED PERMISSION_DENIED role `enterprise` may not do this; expected officer
            rate: REJECTED PERMISSION_DENIED role `bank` may not do this; expected officer
            fact: REJECTED ENTERPRISE_UNKNOWN enterprise: `K` is not registered; register the enterprise first
            fact: REJECTED INSTITUTION_UNKNOWN institution_id: `abc` is not registered; register the institution first
            fact: REJECTED POOL_UNKNOWN pool_id: no rulebook in force has a pool `other-pool`
            fact: REJECTED INSTITUTION_UNKNOWN loan_parties.guarantor: `icbc` is registered as bank; expected guarantor
            fact: done
            fact: REJECTED DATE_OUT_OF_RANGE from: `2026-02-02` is in the future; expected 2026-02-01 (today in Asia/Shanghai) or earlier
            rate: REJECTED DATE_OUT_OF_RANGE from: `2026-02-02` is in the future; expected 2026-02-01 (today in Asia/Shanghai) or earlier
        "#]],
    );
}

/// A bank that knows of the loss would choose the better word: by then only an officer speaks.
#[test]
fn a_bank_speaks_once_and_while_the_loan_lives() {
    check(
        "
        use loan
        2026-02-01 bank icbc/li fact F1 kind=loan-mode value=guaranteed
        2026-02-02 bank icbc/li fact F2 kind=loan-mode value=direct
        2026-02-02 bank icbc/li fact F2 kind=loan-mode value=direct instead=F1
        2026-02-02 officer wang fact F2 kind=loan-mode value=direct instead=F1
        2026-06-01 bank icbc/li overdue L1
        2026-06-01 bank icbc/li fact kind=loan-traits value=ip-pledge
        2026-06-01 bank icbc/li fact kind=payee-liability value=4000000
        ",
        expect![[r#"
            fact F1: done
            fact F2: REJECTED STATE_FORBIDS fact: `loan-mode` of this loan is stated already; ask an officer to correct it
            fact F2: REJECTED STATE_FORBIDS fact: `loan-mode` of this loan is stated already; ask an officer to correct it
            fact F2: done
            overdue L1: overdue, outstanding 5000000.00, exposure 2500000.00
            fact: REJECTED STATE_FORBIDS loan_id: `L1` is overdue; expected filed or disbursed or repaying
            fact: done
        "#]],
    );
}

#[test]
fn a_wrong_record_is_superseded_with_a_reason_and_never_edited() {
    check(
        "
        use basics
        2026-02-01 officer wang fact F1 kind=enterprise-revenue year=2025 value=150000000
        2026-02-01 officer wang fact F2 kind=enterprise-revenue year=2025 value=160000000 zh
        2026-02-02 officer wang fact F3 kind=enterprise-revenue year=2025 value=160000000
        2026-02-02 officer wang fact F4 kind=enterprise-revenue year=2025 value=170000000 from=2026-02-01 instead=F1
        2026-02-02 officer wang fact F5 kind=enterprise-revenue year=2025 value=170000000 instead=F1 zh
        2026-02-02 officer wang rate Q1 from=2026-01-20 rate=0.03
        2026-02-02 officer wang rate Q2 from=2026-01-20 rate=0.031
        2026-02-02 officer wang rate Q3 from=2026-01-20 rate=0.031 instead=Q1
        2026-02-02 officer wang rate Q4 from=2026-01-20 rate=0.032 instead=Q1
        2026-02-02 officer wang rate Q5 from=2026-01-21 rate=0.032 instead=Q3
        ",
        expect![[r#"
            fact F1: done
            fact F2: REJECTED ALREADY_EXISTS from: `enterprise-revenue (entry 16)` is registered already; to correct it, name that entry in `supersedes` and say why
                “enterprise-revenue (entry 16)”已登记；如需更正，请在 supersedes 中注明该分录号和原因
            fact F3: done
            fact F4: done
            fact F5: REJECTED ENTRY_UNKNOWN supersedes: entry `16` is no record of `enterprise-revenue` that counts; expected the entry of the wrong record
                第16号分录不是“enterprise-revenue”的有效登记；应填写被更正登记的分录号
            rate Q1: done
            rate Q2: REJECTED ALREADY_EXISTS from: `lpr-1y (entry 19)` is registered already; to correct it, name that entry in `supersedes` and say why
            rate Q3: done
            rate Q4: REJECTED ENTRY_UNKNOWN supersedes: entry `19` is no record of `lpr-1y` that counts; expected the entry of the wrong record
            rate Q5: done
        "#]],
    );
}

/// 中关村 2021: the file knows the LPR until the end of 2022.
#[test]
fn a_recorded_point_extends_and_overrides_the_file() {
    let world = "
        2023-01-04 operator op register-institution icbc kind=bank
        2023-01-04 operator op register-enterprise A
        2023-01-04 operator op register-right P1 owner=A
        2023-01-04 operator op adopt zhongguancun-2021
        2023-01-04 finance zhao appropriate amount=10000000 year=2023
        2023-01-04 officer wang fact kind=enterprise-revenue year=2022 value=150000000 from=2023-01-04
        2023-02-05 bank icbc/li register-pledge G1 pledgor=A rights=P1
        2023-02-06 bank icbc/li file L1 borrower=A principal=10000000 pledges=G1 signed=2023-02-01 matures=2024-02-01 rate=0.0434
        2023-02-10 bank icbc/li disburse L1 amount=10000000
        2023-08-10 bank icbc/li pay-interest I1 loan=L1 amount=217000 from=2023-02-10 to=2023-08-09
    ";
    check(
        &format!(
            "{world}
            2023-09-01 enterprise A/chen apply S1 programme=interest interest,cost=217000,by=I1,paid=2023-08-10
            # Known on 1 September for 20 January, and 45 days on: the tenth of February is covered.
            2023-09-01 officer wang rate Q1 from=2023-01-20 rate=0.0365
            2023-09-01 enterprise A/chen apply S2 programme=interest interest,cost=217000,by=I1,paid=2023-08-10
            2023-09-01 enterprise A/chen withdraw S2
            # The figure was wrong: 1.4 times 3.00 % is below the loan's rate.
            2023-09-02 officer wang rate Q2 from=2023-01-20 rate=0.03 instead=Q1
            2023-09-02 enterprise A/chen apply S3 programme=interest interest,cost=217000,by=I1,paid=2023-08-10
            # A point that is too old for the day does not reach it.
            2023-09-02 officer wang rate Q3 from=2023-01-20 rate=0.0365 age=10 instead=Q2
            2023-09-02 enterprise A/chen apply S4 programme=interest interest,cost=217000,by=I1,paid=2023-08-10
            "
        ),
        expect![[r#"
            register-institution icbc: done
            register-enterprise A: done
            register-right P1: done
            adopt zhongguancun-2021: adopted zhongguancun-2021@1
            appropriate: done
                Dr budget/ip-finance/2023/available 10000000.00, Cr budget/ip-finance/2023/appropriated 10000000.00
            fact: done
            register-pledge G1: done
            file L1: filed under zhongguancun-2021@1, exposure 0.00
            disburse L1: disbursed, outstanding 10000000.00, exposure 0.00
            pay-interest I1: repaying, outstanding 10000000.00, exposure 0.00
            apply S1: refused 0.00 under zhongguancun-2021@1 REFUSED REFERENCE_RATE_MISSING (no reference rate is known for the day that the rule names; have the point of the series recorded (`ipledger rate record`), and submit again) [interest 0.00 gate REFERENCE_RATE_MISSING]
                Nothing granted: the rule needs a fact that is not known (reference rate).
            rate Q1: done
            apply S2: submitted 86800.00 under zhongguancun-2021@1 [interest 86800.00 ratio]
                Granted 86,800.00: 40 % of the interest of 217,000.00.
                Dr budget/ip-finance/2023/reserved 86800.00, Cr budget/ip-finance/2023/available 86800.00
            withdraw S2: withdrawn
                Dr budget/ip-finance/2023/available 86800.00, Cr budget/ip-finance/2023/reserved 86800.00
            rate Q2: done
            apply S3: refused 0.00 under zhongguancun-2021@1 REFUSED NOT_ELIGIBLE (a condition of the rule is not met; see the failed step of the explanation) [interest 0.00 gate NOT_ELIGIBLE]
                Nothing granted: the loan's rate of 4.34 % is above the limit of 4.2 %, by a reference rate of 3 %.
            rate Q3: done
            apply S4: refused 0.00 under zhongguancun-2021@1 REFUSED REFERENCE_RATE_MISSING (no reference rate is known for the day that the rule names; have the point of the series recorded (`ipledger rate record`), and submit again) [interest 0.00 gate REFERENCE_RATE_MISSING]
                Nothing granted: the rule needs a fact that is not known (reference rate).
        "#]],
    );
}

/// 北京 2020: the how-manieth application it is counts applications, not lines, and what was before the ledger.
#[test]
fn an_ordinal_counts_applications() {
    check(
        "
        2021-01-04 operator op register-enterprise A
        2021-01-04 operator op register-enterprise B
        2021-01-04 operator op register-right P1 owner=A
        2021-01-04 operator op register-right P2 owner=A
        2021-01-04 operator op register-right P3 owner=B
        2021-01-04 operator op adopt beijing-insurance-2020
        2021-01-04 finance zhao appropriate amount=10000000 year=2021 line=ip-insurance
        2021-02-01 enterprise A/chen apply S1 programme=premium loan=none patent-insurance,cost=10000,by=V1,right=P1,premium=10000
        2021-02-01 officer wang fact kind=enterprise-classes
        2021-02-01 enterprise A/chen apply S2 programme=premium loan=none patent-insurance,cost=10000,by=V1,right=P1
        2021-02-01 enterprise A/chen apply S3 programme=premium loan=none patent-insurance,cost=10000,by=V1,right=P1,premium=10000 patent-insurance,cost=20000,by=V2,right=P2,premium=20000
        2021-03-01 enterprise A/chen apply S4 programme=premium loan=none patent-insurance,cost=10000,by=V3,right=P1,premium=10000
        2021-03-01 enterprise A/chen withdraw S4
        2021-03-02 enterprise A/chen apply S5 programme=premium loan=none patent-insurance,cost=250000,by=V4,right=P1,premium=250000
        2021-03-03 enterprise A/chen apply S6 programme=premium loan=none patent-insurance,cost=10000,by=V5,right=P1,premium=10000
        2021-03-03 officer wang fact kind=enterprise-classes enterprise=B value=champion:2021-12-31
        2021-03-03 officer wang fact kind=earlier-applications enterprise=B value=1
        2021-03-04 enterprise B/deng apply S7 enterprise=B programme=premium loan=none patent-insurance,cost=250000,by=V6,right=P3,premium=250000
        ",
        expect![[r#"
            register-enterprise A: done
            register-enterprise B: done
            register-right P1: done
            register-right P2: done
            register-right P3: done
            adopt beijing-insurance-2020: adopted beijing-insurance-2020@1
            appropriate: done
                Dr budget/ip-insurance/2021/available 10000000.00, Cr budget/ip-insurance/2021/appropriated 10000000.00
            apply S1: refused 0.00 under beijing-insurance-2020@1 REFUSED FACT_MISSING (a fact that the rule needs is not known; see the failed step of the explanation for what is missing, have it recorded, and submit again) [patent-insurance 0.00 gate FACT_MISSING]
                Nothing granted: the rule needs a fact that is not known (enterprise class).
            fact: done
            apply S2: refused 0.00 under beijing-insurance-2020@1 REFUSED FACT_MISSING (a fact that the rule needs is not known; see the failed step of the explanation for what is missing, have it recorded, and submit again) [patent-insurance 0.00 gate FACT_MISSING]
                Nothing granted: the rule needs a fact that is not known (standard premium).
            apply S3: submitted 30000.00 under beijing-insurance-2020@1 [patent-insurance 10000.00 ratio; patent-insurance 20000.00 ratio]
                Granted 30,000.00 in all. Granted 10,000.00: the full patent insurance premium of 10,000.00. Granted 20,000.00: the full patent insurance premium of 20,000.00.
                Dr budget/ip-insurance/2021/reserved 30000.00, Cr budget/ip-insurance/2021/available 30000.00
            apply S4: submitted 9000.00 under beijing-insurance-2020@1 [patent-insurance 9000.00 ratio]
                Granted 9,000.00: 90 % of the patent insurance premium of 10,000.00.
                Dr budget/ip-insurance/2021/reserved 9000.00, Cr budget/ip-insurance/2021/available 9000.00
            withdraw S4: withdrawn
                Dr budget/ip-insurance/2021/available 9000.00, Cr budget/ip-insurance/2021/reserved 9000.00
            apply S5: submitted 170000.00 under beijing-insurance-2020@1 [patent-insurance 170000.00 year-cap]
                Granted 170,000.00: 90 % of the patent insurance premium would be 225,000.00, but 170,000.00 of the 200,000.00 for 2021 was left.
                Dr budget/ip-insurance/2021/reserved 170000.00, Cr budget/ip-insurance/2021/available 170000.00
            apply S6: refused 0.00 under beijing-insurance-2020@1 REFUSED NOT_ELIGIBLE (a condition of the rule is not met; see the failed step of the explanation) [patent-insurance 0.00 gate NOT_ELIGIBLE]
                Nothing granted: the rule has no ratio for this case.
            fact: done
            fact: done
            apply S7: submitted 225000.00 under beijing-insurance-2020@1 [patent-insurance 225000.00 ratio]
                Granted 225,000.00: 90 % of the patent insurance premium of 250,000.00.
                Dr budget/ip-insurance/2021/reserved 225000.00, Cr budget/ip-insurance/2021/available 225000.00
        "#]],
    );
}
