//! Batches: a result for each item, in order, each by its own request id and permission.

use std::time::Duration;

use ipledger::proto::v1;
use ipledger::proto::v1::batch_service_client::BatchServiceClient;
use ipledger::proto::v1::ledger_service_client::LedgerServiceClient;
use ipledger::proto::v1::write_item::Request as Item;
use ipledger::proto::v1::write_result::Result as Outcome;
use prost::Message as _;
use tonic::Code;

use super::{World, act_as, id, loan, pledge};

fn batch(items: impl IntoIterator<Item = Item>) -> v1::WriteBatchRequest {
    let items = items.into_iter().map(|item| v1::WriteItem { request: Some(item) });
    v1::WriteBatchRequest { items: items.collect() }
}

fn shown(results: &[v1::WriteResult]) -> Vec<String> {
    let one = |result: &v1::WriteResult| match result.result.as_ref().unwrap() {
        Outcome::Answer(answer) => {
            let decision = answer.decision.as_ref().unwrap();
            let replayed = if answer.replayed { " again" } else { "" };
            format!("entry {}{}{replayed}", answer.loan_id, decision.reason)
        }
        Outcome::Error(error) => {
            assert!(!error.message.is_empty() && !error.message_zh.is_empty());
            let status = tonic_types::pb::Status::decode(error.status.as_slice()).unwrap();
            assert_eq!(status.code, error.code);
            assert!(!status.details.is_empty());
            format!("{:?} {} {}", Code::from_i32(error.code), error.reason, error.field)
        }
    };
    results.iter().map(one).collect()
}

#[tokio::test]
async fn each_item_gets_its_own_answer_in_order_and_sees_those_before_it() {
    let world = World::new().await;
    let (right, number) = world.right_of(&world.other, 7).await;
    let mut bank = BatchServiceClient::with_interceptor(world.channel.clone(), act_as("bank", "icbc", "zhang.wei"));
    let pledged = pledge("icbc", &world.other, &right, &number);
    let filed = loan("icbc", "C-7", &world.other, &number);
    let malformed = v1::FileLoanRequest { principal: "much".into(), request_id: id(), ..filed.clone() };
    let unknown = v1::SettleLoanRequest { request_id: id(), loan_id: "loan-9999".into(), ..Default::default() };
    let not_mine = v1::AppropriateBudgetRequest { request_id: id(), year: 2025, ..Default::default() };
    let asked = v1::FileLoanRequest { validate_only: true, contract_number: "C-8".into(), ..filed.clone() };
    let request = batch([
        Item::RegisterPledge(pledged),
        Item::FileLoan(filed.clone()),
        Item::FileLoan(malformed),
        Item::SettleLoan(unknown),
        Item::AppropriateBudget(not_mine),
        Item::FileLoan(filed.clone()),
        Item::FileLoan(asked),
    ]);
    let before = world.last_sequence().await;
    let answer = bank.write_batch(request.clone()).await.unwrap().into_inner();
    let filed_id = format!("loan-{}", before + 2);
    assert_eq!(
        shown(&answer.results),
        [
            "entry ".to_owned(),
            format!("entry {filed_id}"),
            "InvalidArgument INVALID_FIELD principal".to_owned(),
            "NotFound LOAN_UNKNOWN loan_id".to_owned(),
            "PermissionDenied PERMISSION_DENIED ".to_owned(),
            format!("entry {filed_id} again"),
            // What differs from the first, which is durable by the time of the answer.
            "AlreadyExists REQUEST_ID_REUSED contract_number".to_owned(),
        ]
    );
    assert_eq!(world.last_sequence().await, before + 2, "two entries and no more");

    // No answer came, so the whole batch is sent again: the same entries, and nothing new.
    let again = bank.write_batch(request).await.unwrap().into_inner();
    assert_eq!(shown(&again.results)[0], "entry  again");
    assert_eq!(shown(&again.results)[1], format!("entry {filed_id} again"));
    assert_eq!(shown(&again.results)[2..5], shown(&answer.results)[2..5]);
    assert_eq!(shown(&again.results)[6], "AlreadyExists REQUEST_ID_REUSED contract_number");
    assert_eq!(world.last_sequence().await, before + 2);
}

#[tokio::test]
async fn a_batch_has_a_number_of_items_and_whoever_may_write_nothing_sends_none() {
    let world = World::new().await;
    let send = async |role: &str, request| {
        let mut client = BatchServiceClient::with_interceptor(world.channel.clone(), act_as(role, "", "li.na"));
        client.write_batch(request).await
    };
    let settle = || Item::SettleLoan(v1::SettleLoanRequest::default());
    for count in [0, 501] {
        let status = send("officer", batch((0..count).map(|_| settle()))).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{status}");
        assert!(status.message().contains("expected 1 to 500"), "{status}");
    }
    let empty = v1::WriteBatchRequest { items: vec![v1::WriteItem { request: None }] };
    let answer = send("officer", empty).await.unwrap().into_inner();
    assert_eq!(shown(&answer.results), ["InvalidArgument INVALID_FIELD items[0].request"]);
    let denied = send("auditor", batch([settle()])).await.unwrap_err();
    assert_eq!(denied.code(), Code::PermissionDenied);
}

#[tokio::test]
async fn a_tail_goes_on_after_the_last_sequence_that_was_received() {
    let world = World::new().await;
    let last = world.last_sequence().await;
    let tail = async |after: u64, count: u64| {
        let mut client =
            LedgerServiceClient::with_interceptor(world.channel.clone(), act_as("auditor", "", "wang.fang"));
        let request = v1::TailEntriesRequest { after_sequence: after };
        let mut entries = client.tail_entries(request).await.unwrap().into_inner();
        let mut got = Vec::new();
        for _ in 0..count {
            let next = tokio::time::timeout(Duration::from_secs(20), entries.message()).await.unwrap();
            got.push(next.unwrap().unwrap().entry.unwrap());
        }
        // The connection breaks here: the stream is dropped.
        got
    };
    let all = tail(0, last).await;
    let (mut resumed, mut after) = (Vec::new(), 0);
    while after < last {
        let part = tail(after, (last - after).min(3)).await;
        after = part.last().unwrap().sequence;
        resumed.extend(part);
    }
    assert_eq!(resumed, all, "nothing twice, nothing left out");
    // What is recorded while nobody listens comes with the next resume, and what is recorded then comes live.
    world.right_of(&world.other, 8).await;
    let (missed, live) = tokio::join!(tail(last, 2), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        world.right_of(&world.other, 9).await
    });
    assert_eq!(missed.iter().map(|entry| entry.sequence).collect::<Vec<_>>(), [last + 1, last + 2]);
    assert_eq!(live.1, "Y9");
}
