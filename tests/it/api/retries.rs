//! A retry never pays twice: request ids, `validate_only`, deadlines.

use std::time::Duration;

use expect_test::expect;
use ipledger::proto::v1;
use prost::Message as _;
use tonic::{Code, Request};

use super::{World, describe, valuation};

#[tokio::test]
async fn the_same_request_gives_the_same_answer_and_writes_nothing() {
    let world = World::new().await;
    let mut officer = world.subsidies("officer", "", "li.na");
    let request = valuation(&world.borrower, &world.loan, "40000.00", 1);
    let first = officer.apply_subsidy(request.clone()).await.unwrap().into_inner();
    let after = world.last_sequence().await;
    // Something happens in between that would change a fresh decision.
    officer.apply_subsidy(valuation(&world.borrower, &world.loan, "400000.00", 2)).await.unwrap();
    let again = officer.apply_subsidy(request).await.unwrap().into_inner();
    assert_eq!(again.encode_to_vec(), first.encode_to_vec());
    assert_eq!(world.last_sequence().await, after + 1, "the retry wrote something");
    assert_eq!(first.decision.unwrap().granted, "20000.00");
}

#[tokio::test]
async fn a_request_id_belongs_to_one_request_of_one_caller() {
    let world = World::new().await;
    let mut officer = world.subsidies("officer", "", "li.na");
    let request = valuation(&world.borrower, &world.loan, "40000.00", 1);
    officer.apply_subsidy(request.clone()).await.unwrap();
    let request_id = request.request_id.clone();
    let before = world.last_sequence().await;

    let mut other_content = request.clone();
    other_content.items[0].cost = "39999.99".into();
    let status = officer.apply_subsidy(other_content).await.unwrap_err();
    let text = describe(&status).replace(&request.request_id, "ID");
    expect![[r#"
        AlreadyExists: the request id was used for another request: items[0].cost: recorded `40000.00` in entry 11, now `39999.99`; take a new id for a new request
          reason REQUEST_ID_REUSED @ ipledger
          zh-CN: 该请求编号已用于其他请求：items[0].cost：第11号分录已登记为“40000.00”，现为“39999.99”；新的请求请用新的编号
    "#]].assert_eq(&text);

    // More of it, another RPC, and the same values in other bytes.
    let mut more = request.clone();
    more.effective_date = "2025-06-02".into();
    more.items[0].paid_on = "2025-05-02".into();
    more.items.push(more.items[0].clone());
    let status = officer.apply_subsidy(more).await.unwrap_err();
    expect![[r#"
        AlreadyExists: the request id was used for another request: items[0].paid_on: recorded `2025-05-01` in entry 11, now `2025-05-02`; take a new id for a new request; effective_date, items[1].item, items[1].cost, items[1].paid_on differ too (+7)
          reason REQUEST_ID_REUSED @ ipledger
          zh-CN: 该请求编号已用于其他请求：items[0].paid_on：第11号分录已登记为“2025-05-01”，现为“2025-05-02”；新的请求请用新的编号；另有不同：effective_date、items[1].item、items[1].cost、items[1].paid_on (+7)
    "#]].assert_eq(&describe(&status));
    let withdraw = v1::WithdrawSubsidyRequest {
        request_id: request.request_id.clone(),
        application_id: "application-1".into(),
        reason: "mistake".into(),
        ..Default::default()
    };
    let status = officer.withdraw_subsidy(withdraw).await.unwrap_err();
    expect![[r#"
        AlreadyExists: the request id was used for another request: request_id: recorded `SubsidyService/ApplySubsidy` in entry 11, now `SubsidyService/WithdrawSubsidy`; take a new id for a new request
          reason REQUEST_ID_REUSED @ ipledger
          zh-CN: 该请求编号已用于其他请求：request_id：第11号分录已登记为“SubsidyService/ApplySubsidy”，现为“SubsidyService/WithdrawSubsidy”；新的请求请用新的编号
    "#]].assert_eq(&describe(&status));
    let mut same = request.clone();
    same.items[0].cost = "40000".into();
    let status = officer.apply_subsidy(same).await.unwrap_err();
    expect![[r#"
        AlreadyExists: the request id was used for another request: request_id: entry 11 has the same values, written differently (for example `5` for `5.00`, or a date left out); send the very bytes of the first time, or take a new id for a new request
          reason REQUEST_ID_REUSED @ ipledger
          zh-CN: 该请求编号已用于其他请求：request_id：第11号分录的取值相同而写法不同（如“5”与“5.00”，或省略日期）；请原样重发原报文，或为新请求使用新的编号
    "#]].assert_eq(&describe(&status));

    // Stolen: the same bytes from another person tell nothing of the first answer.
    let stolen = world.subsidies("officer", "", "chen.jie").apply_subsidy(request).await.unwrap_err();
    assert_eq!(stolen.code(), Code::AlreadyExists);
    expect![[r#"
        AlreadyExists: the request id was used for another request: request_id: `ID` was used earlier by another request; take a new id for a new request
          reason REQUEST_ID_REUSED @ ipledger
          zh-CN: 该请求编号已用于其他请求：request_id：“ID”已被先前的另一请求使用；新的请求请用新的编号
    "#]].assert_eq(&describe(&stolen).replace(&request_id, "ID"));
    assert_eq!(world.last_sequence().await, before);
}

#[tokio::test]
async fn validate_only_answers_and_leaves_no_trace() {
    let world = World::new().await;
    let before = world.last_sequence().await;
    let mut officer = world.subsidies("officer", "", "li.na");
    let mut request = valuation(&world.borrower, &world.loan, "40000.00", 1);
    request.validate_only = true;
    let tried = officer.apply_subsidy(request.clone()).await.unwrap().into_inner();
    assert_eq!(tried.decision.unwrap().granted, "20000.00");
    assert_eq!(world.last_sequence().await, before);
    // The same id is still free for the real request.
    request.validate_only = false;
    let done = officer.apply_subsidy(request).await.unwrap().into_inner();
    assert_eq!(done.decision.unwrap().granted, "20000.00");
    assert_eq!(world.last_sequence().await, before + 1);
}

#[tokio::test]
async fn a_deadline_that_has_passed_writes_nothing() {
    let world = World::new().await;
    let before = world.last_sequence().await;
    let mut request = Request::new(valuation(&world.borrower, &world.loan, "40000.00", 1));
    request.set_timeout(Duration::from_nanos(1));
    let status = world.subsidies("officer", "", "li.na").apply_subsidy(request).await.unwrap_err();
    assert!(matches!(status.code(), Code::DeadlineExceeded | Code::Cancelled), "{status}");
    assert_eq!(world.last_sequence().await, before);
}

#[tokio::test]
async fn everything_is_there_after_a_restart_request_ids_too() {
    let folder = tempfile::TempDir::new().unwrap();
    let data = folder.path().join("data");
    let request = super::enterprise(&crate::fixture::uscc(5));
    let mut answers = Vec::new();
    for _ in 0..2 {
        let server = ipledger::cli::child::ServerProcess::start(super::program(), &data, &[]).await.unwrap();
        let officer = super::act_as("officer", "", "li.na");
        let channel = server.connect().await.unwrap();
        let mut client = v1::registry_service_client::RegistryServiceClient::with_interceptor(channel, officer);
        answers.push(client.register_enterprise(request.clone()).await.unwrap().into_inner().encode_to_vec());
        server.stop().await.unwrap();
    }
    assert_eq!(answers[0], answers[1]);
}
