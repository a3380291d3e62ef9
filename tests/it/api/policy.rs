//! Policy over the wire and on the command line: a simulation, the explanation of a recorded decision, a correction, and
//! a closing run that the rulebook does not have.

use std::process::{Command, Output};

use expect_test::expect;
use ipledger::proto::v1;
use ipledger::proto::v1::rulebook_service_client::RulebookServiceClient;
use ipledger::proto::v1::simulate_rulebook_response::Message;
use ipledger::rulebook::shipped;
use tokio::task;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;

use super::{DAY, World, act_as, id, program};

fn rulebooks(
    world: &World,
    role: &str,
    party: &str,
    person: &str,
) -> RulebookServiceClient<InterceptedService<Channel, ipledger::cli::child::ActAs>> {
    RulebookServiceClient::with_interceptor(world.channel.clone(), act_as(role, party, person))
}

fn text_of(file: &str) -> String {
    let (_, text) = shipped().iter().find(|(name, _)| *name == file).unwrap();
    (*text).to_owned()
}

/// Applies for half of a guarantee fee of 600,000.00: the cap leaves 200,000.00.
async fn apply(world: &World) -> String {
    let invoice = v1::Invoice { number: "26317000001234567890".into(), total: "600000.00".into() };
    let item = v1::CostItem {
        item: v1::CostKind::Guarantee.into(),
        cost: "600000.00".into(),
        paid_on: DAY.into(),
        evidence: Some(v1::cost_item::Evidence::Invoice(invoice)),
        ..Default::default()
    };
    let request = v1::ApplySubsidyRequest {
        request_id: id(),
        effective_date: DAY.into(),
        enterprise: world.borrower.clone(),
        programme_id: "pledge-cost".into(),
        loan_id: world.loan.clone(),
        items: vec![item],
        ..Default::default()
    };
    let answer = world.subsidies("enterprise", &world.borrower, "chen.yu").apply_subsidy(request).await.unwrap();
    answer.into_inner().application_id
}

/// Runs the program; its answer without the amounts of white space that a table has.
async fn cli(arguments: &[&str]) -> (Output, String) {
    let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
    let output = task::spawn_blocking(move || Command::new(program()).args(arguments).output().unwrap()).await.unwrap();
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    (output, text)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_reading_is_tried_out_on_a_running_ledger_and_on_itsfolder() {
    let world = World::new().await;
    let application = apply(&world).await;
    let before = world.last_sequence().await;
    let request = v1::SimulateRulebookRequest { text: text_of("hebi-2017-literal.toml"), ..Default::default() };
    let denied = rulebooks(&world, "enterprise", &world.borrower, "chen.yu").simulate_rulebook(request.clone()).await;
    assert_eq!(denied.unwrap_err().code(), tonic::Code::PermissionDenied);
    let mut stream =
        rulebooks(&world, "auditor", "", "wang.fang").simulate_rulebook(request).await.unwrap().into_inner();
    let mut report = None;
    while let Some(response) = stream.message().await.unwrap() {
        if let Some(Message::Report(one)) = response.message {
            report = Some(one);
        }
    }
    let total = report.unwrap().total.unwrap();
    assert_eq!((total.old.as_str(), total.new.as_str(), total.changed), ("200000.00", "300000.00", 1));

    let address = world.server.address.clone();
    let simulate = ["rulebook", "simulate", "--with", "hebi-2017-literal", "--json"];
    let (output, running) = cli(&[&simulate[..], &["--server", &address]].concat()).await;
    assert!(output.status.success(), "{output:?}");
    let (_, explained) = cli(&["rulebook", "explain", "--application", &application, "--server", &address]).await;
    assert!(explained.contains("half of the guarantee fee would be 300,000.00"), "{explained}");
    assert!(explained.contains("年度限额"), "{explained}");
    assert_eq!(world.last_sequence().await, before, "nothing was recorded");

    let data = world.folder.path().join("data");
    let data = data.to_str().unwrap();
    world.server.stop().await.unwrap();
    let (output, stopped) = cli(&[&simulate[..], &["--data", data]].concat()).await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(running, stopped, "the same report from both");
    expect![[r#"
        {
          "budgets": [],
          "districts": [
            {
              "applications": 1,
              "changed": 1,
              "difference": "100000.00",
              "name": "410611",
              "new": "300000.00",
              "old": "200000.00"
            }
          ],
          "entries": 11,
          "from": "",
          "gainers": {
            "enterprises": 1,
            "sum": "100000.00",
            "top": [
              {
                "application": "application-11",
                "bound": "ratio",
                "clause": "pledge-subsidy",
                "difference": "100000.00",
                "enterprise": "BORROWER",
                "name": "鹤壁镁业有限公司",
                "new": "300000.00",
                "old": "200000.00"
              }
            ]
          },
          "losers": {
            "enterprises": 0,
            "sum": "0.00",
            "top": []
          },
          "newly_granted": 0,
          "newly_refused": 0,
          "programmes": [
            {
              "applications": 1,
              "changed": 1,
              "difference": "100000.00",
              "name": "pledge-cost",
              "new": "300000.00",
              "old": "200000.00"
            }
          ],
          "rulebook": "hebi-2017-literal@1",
          "total": {
            "applications": 1,
            "changed": 1,
            "difference": "100000.00",
            "name": "",
            "new": "300000.00",
            "old": "200000.00"
          },
          "years": [
            {
              "applications": 1,
              "changed": 1,
              "difference": "100000.00",
              "name": "2025",
              "new": "300000.00",
              "old": "200000.00"
            }
          ]
        }
    "#]]
    .assert_eq(&stopped.replace(&world.borrower, "BORROWER"));
    let (_, table) = cli(&["rulebook", "simulate", "--with", "hebi-2017-literal", "--data", data]).await;
    assert!(table.contains("1 enterprises gain 100,000.00 together"), "{table}");
    let (output, explained) = cli(&["rulebook", "explain", "--application", &application, "--data", data]).await;
    assert!(output.status.success(), "{output:?}");
    assert!(explained.contains("decided again on the book as it was: the same bytes"), "{explained}");
    let (output, _) = cli(&["rulebook", "explain", "--application", "application-9999", "--data", data]).await;
    assert_eq!(output.status.code(), Some(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_is_applied_to_the_past() {
    let world = World::new().await;
    let application = apply(&world).await;
    let text = text_of("hebi-2017.toml")
        .replace("version = 1", "version = 2")
        .replace("valid_from = 2017-09-30", "valid_from = 2025-01-01")
        .replace("\"200000.00\"", "\"250000.00\"");
    let adopt = v1::AdoptRulebookRequest { request_id: id(), effective_date: DAY.into(), text, ..Default::default() };
    rulebooks(&world, "officer", "", "li.na").adopt_rulebook(adopt).await.unwrap();
    let adopted = v1::GetRulebookRequest { rulebook_id: "hebi-2017".into(), version: 2 };
    let adopted = rulebooks(&world, "bank", "icbc", "zhang.wei").get_rulebook(adopted).await.unwrap().into_inner();
    let adopted = adopted.rulebook.unwrap();
    assert_eq!((adopted.transition.as_str(), adopted.adopted_by.as_str()), ("filing", "li.na"));
    assert_eq!((adopted.adopted_on.as_str(), adopted.valid_from.as_str()), (DAY, "2025-01-01"));

    let correct = v1::CorrectAwardsRequest {
        request_id: id(),
        effective_date: DAY.into(),
        rulebook: Some(v1::RulebookRef { rulebook_id: "hebi-2017".into(), version: 2 }),
        programme_id: "pledge-cost".into(),
        reason: "鹤财〔2025〕9号".into(),
        ..Default::default()
    };
    let before = world.last_sequence().await;
    let address = world.server.address.clone();
    let command = ["closing", "correct", "--rulebook", "hebi-2017@2", "--programme", "pledge-cost", "--reason", "试算"];
    let whom = ["--date", DAY, "--preview", "--server", &address, "--role", "officer", "--person", "li.na"];
    let (output, preview) = cli(&[&command[..], &whom[..]].concat()).await;
    assert!(output.status.success(), "{output:?}");
    assert!(preview.contains("preview, nothing is recorded: pledge-cost is computed anew"), "{preview}");
    assert!(preview.contains("50,000.00"), "{preview}");
    assert_eq!(world.last_sequence().await, before, "a preview records nothing");
    let answer = rulebooks(&world, "officer", "", "li.na").correct_awards(correct.clone()).await.unwrap().into_inner();
    let sentence = answer.decision.unwrap().sentence.unwrap().en;
    expect!["pledge-cost is computed anew under hebi-2017@2: 1 awards change, 50,000.00 more and 0.00 less."]
        .assert_eq(&sentence);
    let again = rulebooks(&world, "officer", "", "li.na").correct_awards(correct).await.unwrap();
    assert!(again.metadata().contains_key("ipledger-replayed"), "{:?}", again.metadata());
    let request = v1::GetApplicationRequest { application_id: application };
    let mut subsidies = world.subsidies("enterprise", &world.borrower, "chen.yu");
    let found = subsidies.get_application(request).await.unwrap().into_inner().application.unwrap();
    assert_eq!((found.granted.as_str(), found.corrections.len()), ("250000.00", 1));
    assert_eq!(found.rulebook.unwrap().version, 2);

    let run = v1::RunClosingRequest {
        request_id: id(),
        effective_date: DAY.into(),
        programme_id: "pledge-cost".into(),
        year: 2025,
        ..Default::default()
    };
    let refused = world.subsidies("officer", "", "li.na").run_closing(run).await.unwrap_err();
    expect![
        "its state does not allow this: programme_id: `pledge-cost` is paid as approved; expected with a closing run"
    ]
    .assert_eq(refused.message());
}
