//! What a gRPC service is expected to have besides its own calls: health, reflection, compression, tail, balances.

use std::time::Duration;

use ipledger::proto::v1;
use ipledger::proto::v1::get_account_balance_request::AsOf;
use tokio_stream::StreamExt as _;
use tonic::codec::CompressionEncoding;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::{World, act_as, valuation};

#[tokio::test]
async fn health_says_serving_to_clients_that_compress_too() {
    let world = World::new().await;
    for service in ["", "ipledger.v1.LoanService"] {
        let mut client = HealthClient::new(world.channel.clone()).send_compressed(CompressionEncoding::Gzip);
        let request = HealthCheckRequest { service: service.into() };
        let status = client.check(request).await.unwrap().into_inner().status();
        assert_eq!(status, ServingStatus::Serving, "{service}");
    }
}

#[tokio::test]
async fn reflection_lists_the_services_in_both_versions() {
    use tonic_reflection::pb::{v1 as now, v1alpha as before};
    let world = World::new().await;
    let wanted = ["ipledger.v1.LedgerService", "ipledger.v1.SubsidyService", "grpc.health.v1.Health"];

    let mut client = now::server_reflection_client::ServerReflectionClient::new(world.channel.clone());
    let list = now::server_reflection_request::MessageRequest::ListServices(String::new());
    let request = now::ServerReflectionRequest { host: String::new(), message_request: Some(list) };
    let mut answers = client.server_reflection_info(tokio_stream::once(request)).await.unwrap().into_inner();
    let said = format!("{:?}", answers.next().await.unwrap().unwrap());
    assert!(wanted.iter().all(|name| said.contains(name)), "{said}");

    let mut client = before::server_reflection_client::ServerReflectionClient::new(world.channel.clone());
    let list = before::server_reflection_request::MessageRequest::ListServices(String::new());
    let request = before::ServerReflectionRequest { host: String::new(), message_request: Some(list) };
    let mut answers = client.server_reflection_info(tokio_stream::once(request)).await.unwrap().into_inner();
    let said = format!("{:?}", answers.next().await.unwrap().unwrap());
    assert!(wanted.iter().all(|name| said.contains(name)), "{said}");
}

#[tokio::test]
async fn the_tail_brings_what_is_there_and_what_comes() {
    let world = World::new().await;
    let last = world.last_sequence().await;
    let auditor = act_as("auditor", "", "wang.fang");
    let mut client = v1::ledger_service_client::LedgerServiceClient::with_interceptor(world.channel.clone(), auditor);
    let tail = v1::TailEntriesRequest { after_sequence: last - 2 };
    let mut tail = client.tail_entries(tail).await.unwrap().into_inner();
    for expected in [last - 1, last] {
        assert_eq!(tail.next().await.unwrap().unwrap().entry.unwrap().sequence, expected);
    }
    let request = valuation(&world.borrower, &world.loan, "40000.00", 1);
    world.subsidies("officer", "", "li.na").apply_subsidy(request).await.unwrap();
    let next = tokio::time::timeout(Duration::from_secs(5), tail.next()).await.unwrap().unwrap().unwrap();
    assert_eq!(next.entry.unwrap().sequence, last + 1);
}

#[tokio::test]
async fn balances_now_and_as_of() {
    let world = World::new().await;
    let before = world.last_sequence().await;
    let request = valuation(&world.borrower, &world.loan, "40000.00", 1);
    world.subsidies("officer", "", "li.na").apply_subsidy(request).await.unwrap();
    let mut client = world.ledger("auditor", "", "wang.fang");
    let mut balance = async |as_of| {
        let request = v1::GetAccountBalanceRequest { account: "budget/ip-finance/2025/available".into(), as_of };
        client.get_account_balance(request).await.unwrap().into_inner().account_balance.unwrap().balance
    };
    assert_eq!(balance(None).await, "980000.00");
    assert_eq!(balance(Some(AsOf::AsOfSequence(before))).await, "1000000.00");
    assert_eq!(balance(Some(AsOf::AsOfEffectiveDate("2025-05-31".into()))).await, "1000000.00");
    assert_eq!(balance(Some(AsOf::AsOfEffectiveDate("2025-06-01".into()))).await, "980000.00");
    let lines = async |as_of| {
        let request = v1::ListAccountsRequest { as_of, nonzero_only: true, ..Default::default() };
        let accounts =
            world.ledger("auditor", "", "wang.fang").list_accounts(request).await.unwrap().into_inner().accounts;
        let lines: Vec<_> = accounts.iter().map(|line| format!("{} {}", line.account, line.balance)).collect();
        lines.join(", ")
    };
    assert_eq!(
        lines(None).await,
        "budget/ip-finance/2025/appropriated -1000000.00, budget/ip-finance/2025/available 980000.00, \
         budget/ip-finance/2025/reserved 20000.00"
    );
    assert_eq!(
        lines(Some(v1::list_accounts_request::AsOf::AsOfSequence(before))).await,
        "budget/ip-finance/2025/appropriated -1000000.00, budget/ip-finance/2025/available 1000000.00"
    );
    let trial = world.ledger("auditor", "", "wang.fang").get_trial_balance(v1::GetTrialBalanceRequest::default()).await;
    assert_eq!(trial.unwrap().into_inner().total, "0.00");
}

#[tokio::test]
async fn a_pool_shows_cash_exposure_and_leverage() {
    let world = World::new().await;
    let contribute = v1::ContributeToPoolRequest {
        request_id: super::id(),
        effective_date: super::DAY.into(),
        pool_id: "hebi-pool".into(),
        funder_id: "city".into(),
        amount: "10000000.00".into(),
        reference: "T-1".into(),
        ..Default::default()
    };
    world.pools("finance", "", "zhao.min").contribute_to_pool(contribute).await.unwrap();
    let pool =
        world.pools("finance", "", "zhao.min").get_pool(v1::GetPoolRequest { pool_id: "hebi-pool".into() }).await;
    let pool = pool.unwrap().into_inner().pool.unwrap();
    assert_eq!((pool.cash.as_str(), pool.exposure.as_str()), ("10000000.00", "0.00"));
}
