//! Further rules through the ledger: figures that an officer states, windows, ordinals by year, caps over years and per
//! payee. Method: the files of `tests/it/rulebooks/further`, adopted by a running server.

use ipledger::proto::v1;
use ipledger::proto::v1::CostKind::{Guarantee, PatentInsurance};
use ipledger::proto::v1::registry_service_client::RegistryServiceClient;

use super::command_line::officer;
use super::{City, Loan, client, interest, invoice};
use crate::api::id;

const INVENTION: &str = "patent:202011156730.2";

/// Registers an invention.
async fn invention(city: &City, owner: &str) {
    let mut registry = client!(city, RegistryServiceClient, "officer", "", "li.na");
    let request = v1::RegisterIpRightRequest {
        request_id: id(),
        effective_date: city.start.into(),
        right: INVENTION.into(),
        owner: owner.into(),
        title: "一种轮毂".into(),
        granted_on: "2022-03-01".into(),
        expires_on: "2040-10-25".into(),
        ..Default::default()
    };
    registry.register_ip_right(request).await.unwrap();
}

fn state(city: &City, enterprise: &str, figure: &str) {
    let stated =
        ["fact", "record", "enterprise-figure", "--enterprise", enterprise, "--year", "2024", "--value", figure];
    let (done, said) = officer(city, &[&stated[..], &["--document", "税证1号", "--from", "2025-01-10"]].concat());
    assert!(done && said.contains("is recorded by 税证1号"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_and_windows_decide() {
    let city = City::new("tests/it/rulebooks/further/made-growth.toml", "2024-01-04").await;
    city.budget("made", 2025).await;
    let one = city.small().await;
    invention(&city, &one).await;
    let pledge = city.pledge("icbc", &one, INVENTION, v1::RightKind::Patent, "2025-01-06").await;
    let terms = Loan {
        borrower: &one,
        signed: "2025-01-06",
        filed: "2025-01-08",
        disbursed: "2025-01-10",
        matures: "2026-01-06",
        kind: v1::RightKind::Patent,
        pledge: &pledge,
        ..Loan::default()
    };
    let loan = city.loan(&terms).await;
    let paid = city.interest("icbc", &loan, "260000.00", ("2025-01-10", "2025-06-20"), "2025-06-21").await;
    let apply = async |cost: &str, day: &str| {
        let items = vec![interest(cost, "2025-06-21", paid)];
        city.apply(&one, "interest", &loan, items, day).await
    };
    let unknown = apply("60000.00", "2025-07-09").await;
    assert_eq!((unknown.granted.as_str(), unknown.reason.as_str()), ("0.00", "FACT_MISSING"));
    state(&city, &one, "people=35");
    state(&city, &one, "local-tax=100000.00");
    let granted = apply("60000.00", "2025-07-10").await;
    assert_eq!(granted.granted, "30000.00", "{granted:?}");
    let limited = apply("200000.00", "2025-07-15").await;
    assert_eq!(limited.granted, "50000.00", "4/5 of the taxes of the year before: {limited:?}");
    let late = apply("1.00", "2025-08-01").await;
    assert!(late.sentence.contains("the window is from 2025-07-01 to 2025-07-31"), "{late:?}");
    let (_, listed) = officer(&city, &["fact", "list", "--enterprise", &one]);
    assert!(listed.contains("enterprise-figure") && listed.contains("people 2024: 35.00"), "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ordinals_count_years() {
    let city = City::new("tests/it/rulebooks/further/made-growth.toml", "2024-01-04").await;
    let one = city.small().await;
    invention(&city, &one).await;
    let mut granted = Vec::new();
    for day in ["2024-03-10", "2024-09-10", "2025-03-10", "2026-03-10"] {
        if !day.starts_with("2024-09") {
            city.budget("made", day[..4].parse().unwrap()).await;
        }
        let premium = invoice(PatentInsurance, "20000.00", day, city.next());
        let premium = v1::CostItem { right: INVENTION.into(), ..premium };
        granted.push(city.apply(&one, "insurance", "", vec![premium], day).await.granted);
    }
    assert_eq!(granted, ["14000.00", "14000.00", "12000.00", "10000.00"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guarantor_has_a_cap_of_its_own() {
    let city = City::new("tests/it/rulebooks/further/huangshan-2017.toml", "2017-01-04").await;
    city.budget("ip", 2018).await;
    let mut granted = Vec::new();
    for guarantor in ["gua", "gua", "picc"] {
        let one = city.small().await;
        let terms = Loan {
            borrower: &one,
            signed: "2017-01-06",
            filed: "2017-01-08",
            disbursed: "2017-01-10",
            matures: "2018-01-06",
            ..Loan::default()
        };
        let loan = city.loan(&terms).await;
        let parties = format!("{}={guarantor}", if guarantor == "gua" { "guarantor" } else { "insurer" });
        let fact = ["fact", "record", "loan-parties", "--loan", &loan, "--value", &parties, "--from", "2017-01-10"];
        let (done, said) = officer(&city, &[&fact[..], &["--document", "担保合同"]].concat());
        assert!(done, "{said}");
        city.settle("icbc", &loan, "10000000.00", "2017-11-20").await;
        let fee = invoice(Guarantee, "150000.00", "2017-01-09", city.next());
        granted.push(city.apply(&one, "guarantor", &loan, vec![fee], "2018-02-01").await);
    }
    assert_eq!(granted[0].granted, "150000.00");
    assert_eq!(granted[1].granted, "50000.00", "the guarantor's year: {:?}", granted[1]);
    assert_eq!((granted[2].granted.as_str(), granted[2].reason.as_str()), ("0.00", "FACT_MISSING"));
}
