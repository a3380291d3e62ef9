//! Invariant 9 at the edge: no bank sees another bank's loans, no enterprise another enterprise, by any call.

use ipledger::proto::v1;
use tonic::Code;

use super::{World, describe, id, pledge, valuation};

#[tokio::test]
async fn another_banks_loan_is_as_unknown_as_none() {
    let world = World::new().await;
    let mut stranger = world.loans("bank", "abc", "wu.hao");
    let get = |loan: &str| v1::GetLoanRequest { loan_id: loan.into() };
    let theirs = stranger.get_loan(get(&world.loan)).await.unwrap_err();
    let none = stranger.get_loan(get("loan-999999")).await.unwrap_err();
    assert_eq!(theirs.code(), Code::NotFound);
    assert_eq!(describe(&theirs).replace(&world.loan, "X"), describe(&none).replace("loan-999999", "X"));

    let settle = |loan: &str| v1::SettleLoanRequest { request_id: id(), loan_id: loan.into(), ..Default::default() };
    let theirs = stranger.settle_loan(settle(&world.loan)).await.unwrap_err();
    let none = stranger.settle_loan(settle("loan-999999")).await.unwrap_err();
    assert_eq!(describe(&theirs).replace(&world.loan, "X"), describe(&none).replace("loan-999999", "X"));

    let list = stranger.list_loans(v1::ListLoansRequest::default()).await.unwrap().into_inner();
    assert_eq!(list.loans, Vec::new());
    let mut owner = world.loans("bank", "icbc", "zhang.wei");
    let list = owner.list_loans(v1::ListLoansRequest::default()).await.unwrap().into_inner();
    assert_eq!(list.loans.len(), 1);
}

#[tokio::test]
async fn a_double_pledge_is_refused_without_naming_the_other_bank() {
    let world = World::new().await;
    let again = pledge("abc", &world.borrower, "trademark:20000001/9", "Y99");
    let refused = world.registry("bank", "abc", "wu.hao").register_pledge(again).await.unwrap().into_inner();
    let decision = refused.decision.clone().unwrap();
    assert_eq!(decision.outcome(), v1::Outcome::Refused);
    assert_eq!(decision.reason, "RIGHT_ALREADY_PLEDGED");
    let said = format!("{refused:?}");
    assert!(said.contains("2025-03-03"), "since when is not said: {said}");
    assert!(said.contains("trademark:20000001/9"), "which right is not said: {said}");
    assert!(!said.contains("icbc"), "the other bank is named: {said}");
}

#[tokio::test]
async fn entries_and_tails_show_only_ones_own() {
    let world = World::new().await;
    world
        .subsidies("officer", "", "li.na")
        .apply_subsidy(valuation(&world.borrower, &world.loan, "40000.00", 1))
        .await
        .unwrap();
    for (role, party, expected) in
        [("bank", "abc", false), ("enterprise", world.other.as_str(), false), ("bank", "icbc", true)]
    {
        let mut client = world.ledger(role, party, "p");
        let page = client
            .list_entries(v1::ListEntriesRequest { page_size: 1000, ..Default::default() })
            .await
            .unwrap()
            .into_inner();
        let said = format!("{page:?}");
        assert_eq!(said.contains(&world.loan), expected, "{role} {party}: {said}");
        for sequence in 1..=world.last_sequence().await {
            match client.get_entry(v1::GetEntryRequest { sequence }).await {
                Ok(entry) => {
                    assert!(
                        expected || !format!("{entry:?}").contains(&world.borrower),
                        "{role} {party} sees entry {sequence}"
                    );
                }
                Err(status) => assert_eq!(status.code(), Code::NotFound),
            }
        }
    }
}

#[tokio::test]
async fn an_enterprise_sees_itself_only() {
    let world = World::new().await;
    let applied = world
        .subsidies("enterprise", &world.borrower, "boss")
        .apply_subsidy(valuation(&world.borrower, &world.loan, "40000.00", 1))
        .await
        .unwrap()
        .into_inner();
    let get = v1::GetApplicationRequest { application_id: applied.application_id.clone() };
    let own = world.subsidies("enterprise", &world.borrower, "boss").get_application(get.clone()).await.unwrap();
    assert!(format!("{own:?}").contains("20000.00"));
    let status = world.subsidies("enterprise", &world.other, "spy").get_application(get).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    let year = v1::GetEnterpriseYearRequest { enterprise: world.borrower.clone(), year: 2025 };
    let status =
        world.subsidies("enterprise", &world.other, "spy").get_enterprise_year(year.clone()).await.unwrap_err();
    assert!(matches!(status.code(), Code::PermissionDenied | Code::NotFound), "{status}");
    let own =
        world.subsidies("enterprise", &world.borrower, "boss").get_enterprise_year(year).await.unwrap().into_inner();
    assert!(format!("{own:?}").contains("180000.00"), "what is left of the cap is not shown: {own:?}");
    let for_another = valuation(&world.borrower, &world.loan, "1.00", 2);
    let status = world.subsidies("enterprise", &world.other, "spy").apply_subsidy(for_another).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
}
