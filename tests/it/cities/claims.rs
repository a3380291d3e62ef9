//! The cities that stand behind banks.

use ipledger::proto::v1;
use ipledger::proto::v1::fact::Value;
use ipledger::proto::v1::fact_service_client::FactServiceClient;

use super::{City, Loan};

const YEAR: Loan<'_> = Loan {
    bank: "icbc",
    borrower: "",
    principal: "10000000.00",
    rate: "0.0400",
    signed: "2025-01-05",
    filed: "2025-01-08",
    disbursed: "2025-01-10",
    matures: "2025-12-31",
    pool: "",
    kind: v1::RightKind::Other,
    pledge: "",
};

fn mode(loan: &str, word: &str) -> Value {
    Value::LoanMode(v1::LoanWord { loan_id: loan.into(), word: word.into() })
}

fn traits(loan: &str, words: &[&str]) -> Value {
    let traits = words.iter().map(ToString::to_string).collect();
    Value::LoanTraits(v1::LoanTraits { loan_id: loan.into(), traits })
}

fn amount(loan: &str, amount: &str) -> v1::LoanAmount {
    v1::LoanAmount { loan_id: loan.into(), amount: amount.into() }
}

/// A loan of a new borrower that is lost in spring; its mode and traits are stated by the bank where they are given.
async fn lost(city: &City, terms: Loan<'_>, said: Option<(&str, &[&str])>) -> String {
    let borrower = city.small().await;
    let loan = city.loan(&Loan { borrower: &borrower, ..terms }).await;
    if let Some((word, words)) = said {
        city.bank_fact(terms.bank, "2025-01-15", mode(&loan, word)).await;
        city.bank_fact(terms.bank, "2025-01-15", traits(&loan, words)).await;
    }
    city.lose(terms.bank, &loan, "2025-03-01", "2025-06-01").await;
    loan
}

/// C6, C7, C8; refused: nobody stated the mode.
#[tokio::test]
async fn guangzhou_compensates_by_size_and_traits() {
    let city = City::new("guangzhou-2025", "2025-01-04").await;
    city.contribute("guangzhou-pool", "100000000.00").await;
    let terms = Loan { pool: "guangzhou-pool", ..YEAR };
    let ballast = city.small().await;
    city.loan(&Loan { borrower: &ballast, principal: "1000000000.00", ..terms.clone() }).await;

    let ip: &[&str] = &["ip-pledge"];
    let c6 = lost(&city, Loan { principal: "5000000.00", ..terms.clone() }, Some(("direct", ip))).await;
    let c6 = city.claim("icbc", &c6, "4000000.00", "2025-06-10").await;
    assert_eq!(
        (c6.paid.as_str(), c6.shares.as_slice()),
        ("2000000.00", &["2000000.00".into(), "2000000.00".into()][..])
    );
    let c7 = lost(&city, Loan { principal: "8000000.00", ..terms.clone() }, Some(("direct", ip))).await;
    assert_eq!(city.claim("icbc", &c7, "6000000.00", "2025-06-10").await.paid, "2700000.00");
    let both: &[&str] = &["ip-pledge", "monetary-policy-tool"];
    let c8 = lost(&city, Loan { principal: "20000000.00", ..terms.clone() }, Some(("direct", both))).await;
    assert_eq!(city.claim("icbc", &c8, "20000000.00", "2025-06-10").await.paid, "8000000.00");

    let silent = lost(&city, Loan { principal: "5000000.00", ..terms }, None).await;
    let refused = city.claim("icbc", &silent, "100.00", "2025-06-10").await;
    assert_eq!((refused.paid.as_str(), refused.reason.as_str()), ("0.00", "FACT_MISSING"), "{refused:?}");
    assert!(refused.sentence.contains("mode"), "{refused:?}");
}

/// C9: one billion filed; at exactly 3 % a claim is paid, above it the next one waits.
#[tokio::test]
async fn guangzhou_defers_above_three_per_cent() {
    let city = City::new("guangzhou-2025", "2025-01-04").await;
    city.contribute("guangzhou-pool", "100000000.00").await;
    let terms = Loan { pool: "guangzhou-pool", ..YEAR };
    let ballast = city.small().await;
    city.loan(&Loan { borrower: &ballast, principal: "960000000.00", ..terms.clone() }).await;
    let none: &[&str] = &[];
    let first = lost(&city, Loan { principal: "30000000.00", ..terms.clone() }, Some(("direct", none))).await;
    let second = lost(&city, Loan { principal: "5000000.00", ..terms.clone() }, Some(("direct", none))).await;
    let third = lost(&city, Loan { principal: "5000000.00", ..terms }, Some(("direct", none))).await;
    assert_eq!(city.claim("icbc", &first, "29000000.00", "2025-06-10").await.paid, "5800000.00");
    assert_eq!(city.claim("icbc", &second, "1000000.00", "2025-06-10").await.paid, "400000.00");
    let waits = city.claim("icbc", &third, "1000000.00", "2025-06-10").await;
    assert_eq!((waits.paid.as_str(), waits.reason.as_str()), ("0.00", "BREAKER_TRIPPED"), "{waits:?}");
}

/// The guarantor mode: the guarantor is paid, up to 50 million in the year over all of them.
#[tokio::test]
async fn guangzhou_pays_the_guarantor_within_the_limit_of_the_year() {
    let city = City::new("guangzhou-2025", "2025-01-04").await;
    city.contribute("guangzhou-pool", "900000000.00").await;
    let terms = Loan { pool: "guangzhou-pool", ..YEAR };
    for bank in ["icbc", "abc"] {
        let ballast = city.small().await;
        city.loan(&Loan { bank, borrower: &ballast, principal: "9000000000.00", ..terms.clone() }).await;
    }
    let guaranteed = |bank| Loan { bank, principal: "240000000.00", ..terms.clone() };
    let parties = |loan: &str| {
        Value::LoanParties(v1::LoanParties { loan_id: loan.into(), guarantor_id: "gua".into(), ..Default::default() })
    };
    let none: &[&str] = &[];
    let one = lost(&city, guaranteed("icbc"), Some(("guaranteed", none))).await;
    let unnamed = city.claim("icbc", &one, "240000000.00", "2025-06-10").await;
    assert_eq!((unnamed.paid.as_str(), unnamed.reason.as_str()), ("0.00", "FACT_MISSING"), "{unnamed:?}");
    city.fact("2025-06-11", parties(&one)).await;
    let paid = city.claim("icbc", &one, "240000000.00", "2025-06-11").await;
    assert_eq!((paid.paid.as_str(), paid.payee.as_str()), ("48000000.00", "gua"), "{paid:?}");
    assert_eq!(city.pay_claim(&paid.id, "pool/guangzhou-pool/payable/gua", "2025-06-12").await, "-48000000.00");
    assert_eq!(city.balance("pool/guangzhou-pool/payable/icbc").await, "0.00");

    let two = lost(&city, guaranteed("abc"), Some(("guaranteed", none))).await;
    city.fact("2025-06-12", parties(&two)).await;
    let last = city.claim("abc", &two, "200000000.00", "2025-06-12").await;
    assert_eq!(last.paid, "2000000.00", "what is left of the year: {last:?}");
    let three = lost(&city, guaranteed("abc"), Some(("guaranteed", none))).await;
    city.fact("2025-06-12", parties(&three)).await;
    let refused = city.claim("abc", &three, "100000.00", "2025-06-12").await;
    assert_eq!((refused.paid.as_str(), refused.reason.as_str()), ("0.00", "PROGRAMME_YEAR_CAP_USED_UP"), "{refused:?}");
}

/// C10; refused: nobody stated who fills the insurer's seat.
#[tokio::test]
async fn zhongshan_shares_among_four() {
    let city = City::new("zhongshan-pool", "2025-01-04").await;
    city.contribute("zhongshan-pool", "10000000.00").await;
    let terms = Loan { pool: "zhongshan-pool", ..YEAR };
    let loan = lost(&city, terms, None).await;
    let refused = city.claim("icbc", &loan, "1000000.01", "2025-06-10").await;
    assert_eq!((refused.paid.as_str(), refused.reason.as_str()), ("0.00", "FACT_MISSING"), "{refused:?}");
    let parties = v1::LoanParties {
        loan_id: loan.clone(),
        insurer_id: "picc".into(),
        valuer_id: "val".into(),
        ..Default::default()
    };
    city.fact("2025-06-11", Value::LoanParties(parties)).await;
    let c10 = city.claim("icbc", &loan, "1000000.01", "2025-06-11").await;
    assert_eq!(c10.shares, ["540000.01", "260000.00", "160000.00", "40000.00"], "{c10:?}");
    assert_eq!(city.pay_claim(&c10.id, "pool/zhongshan-pool/payable/icbc", "2025-06-12").await, "-540000.01");
}

/// C11; refused: before the province has recognised the loss, and eleven working days after.
#[tokio::test]
async fn weihai_pays_beside_the_province() {
    let city = City::new("weihai-2020", "2025-01-04").await;
    city.contribute("weihai-pool", "10000000.00").await;
    let terms = Loan { pool: "weihai-pool", ..YEAR };
    let recognised = |loan: &str| Value::LossRecognised(v1::LossRecognised { loan_id: loan.into(), recognised: true });
    let loan = lost(&city, terms.clone(), None).await;
    let early = city.claim("icbc", &loan, "6000000.00", "2025-09-20").await;
    assert_eq!((early.paid.as_str(), early.reason.as_str()), ("0.00", "FACT_MISSING"), "{early:?}");
    city.fact("2025-09-23", recognised(&loan)).await;
    // The holidays of October make ten working days of three weeks; without the calendar nobody can count them.
    let uncounted = city.claim("icbc", &loan, "6000000.00", "2025-10-13").await;
    assert_eq!(uncounted.reason, "FACT_MISSING", "{uncounted:?}");
    let off = ["01", "02", "03", "06", "07", "08"].map(|day| format!("2025-10-{day}"));
    let calendar = v1::WorkingCalendar {
        year: 2025,
        days_off: off.to_vec(),
        working_days: vec!["2025-09-28".into(), "2025-10-11".into()],
    };
    city.fact("2025-01-04", Value::WorkingCalendar(calendar)).await;
    let other = lost(&city, terms.clone(), None).await;
    city.fact("2025-09-23", recognised(&other)).await;
    let late = city.claim("icbc", &other, "6000000.00", "2025-10-14").await;
    assert_eq!((late.paid.as_str(), late.reason.as_str()), ("0.00", "NOT_ELIGIBLE"), "eleven days: {late:?}");
    let c11 = city.claim("icbc", &loan, "6000000.00", "2025-10-13").await;
    assert_eq!(c11.shares, ["2400000.00", "1000000.00", "2600000.00"], "{c11:?}");

    // A bank that began the year before is in its second business year: 1.5 million at most.
    let business = v1::BankBusiness { bank_id: "abc".into(), pool_id: "weihai-pool".into() };
    let mut earlier = v1::RecordFactRequest {
        request_id: crate::api::id(),
        fact: Some(v1::Fact { value: Some(Value::BankBusiness(business)) }),
        from: "2024-05-01".into(),
        document: "合作协议".into(),
        ..Default::default()
    };
    earlier.effective_date = "2025-01-04".into();
    super::client!(city, FactServiceClient, "officer", "", "li.na").record_fact(earlier).await.unwrap();
    let loan = lost(&city, Loan { bank: "abc", ..terms }, None).await;
    city.fact("2025-09-23", recognised(&loan)).await;
    let second = city.claim("abc", &loan, "6000000.00", "2025-09-24").await;
    assert_eq!(second.shares, ["2400000.00", "1200000.00", "2400000.00"], "{second:?}");
}

/// C15: the guarantor is paid, up to 80 % of its own liability with all public money; refused: nobody stated what the
/// others pay, and when they have paid it all.
#[tokio::test]
async fn anhui_pays_the_guarantor_under_a_ceiling() {
    let city = City::new("anhui-2022", "2025-01-04").await;
    city.contribute("anhui-pool", "10000000.00").await;
    let none: &[&str] = &[];
    let terms = Loan { pool: "anhui-pool", ..YEAR };
    let loan = lost(&city, terms.clone(), Some(("guaranteed", none))).await;
    let parties =
        |loan: &str| v1::LoanParties { loan_id: loan.into(), guarantor_id: "gua".into(), ..Default::default() };
    city.fact("2025-06-05", Value::LoanParties(parties(&loan))).await;
    city.bank_fact("icbc", "2025-06-05", Value::PayeeLiability(amount(&loan, "4000000.00"))).await;
    let unknown = city.claim("icbc", &loan, "10000000.00", "2025-06-10").await;
    assert_eq!((unknown.paid.as_str(), unknown.reason.as_str()), ("0.00", "FACT_MISSING"), "{unknown:?}");
    city.fact("2025-06-10", Value::OtherPublicMoney(amount(&loan, "2000000.00"))).await;
    let c15 = city.claim("icbc", &loan, "10000000.00", "2025-06-10").await;
    assert_eq!((c15.paid.as_str(), c15.payee.as_str()), ("1200000.00", "gua"), "{c15:?}");
    assert_eq!(city.pay_claim(&c15.id, "pool/anhui-pool/payable/gua", "2025-06-12").await, "-1200000.00");

    let full = lost(&city, terms, Some(("guaranteed", none))).await;
    city.fact("2025-06-05", Value::LoanParties(parties(&full))).await;
    city.fact("2025-06-05", Value::PayeeLiability(amount(&full, "4000000.00"))).await;
    city.fact("2025-06-10", Value::OtherPublicMoney(amount(&full, "3200000.00"))).await;
    let refused = city.claim("icbc", &full, "10000000.00", "2025-06-10").await;
    assert_eq!((refused.paid.as_str(), refused.reason.as_str()), ("0.00", "CEILING_REACHED"), "{refused:?}");
}
