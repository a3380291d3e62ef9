//! Adoption over the API: a file that does not load is refused with its lines, and leaves no trace.

#![expect(clippy::format_collect, reason = "ten thousand lines of a file")]

use expect_test::expect;
use ipledger::proto::v1;
use ipledger::proto::v1::rulebook_service_client::RulebookServiceClient;
use ipledger::rulebook::shipped;

use super::{Service, World, act_as, describe, id};

fn rulebooks(world: &World) -> RulebookServiceClient<Service> {
    RulebookServiceClient::with_interceptor(world.channel.clone(), act_as("officer", "", "li.na"))
}

fn adopt(text: String) -> v1::AdoptRulebookRequest {
    v1::AdoptRulebookRequest { request_id: id(), text, ..Default::default() }
}

/// A shipped file that may be adopted beside the one of the world.
fn grants() -> String {
    let (_, text) = shipped().iter().find(|(name, _)| *name == "hebi-2017-grants.toml").unwrap();
    (*text).to_owned()
}

#[tokio::test]
async fn a_bad_rulebook_is_refused_and_nothing_is_adopted() {
    let world = World::new().await;
    let mut client = rulebooks(&world);
    let before = world.last_sequence().await;
    let good = grants();
    let ten_thousand: String =
        (0..10_000).map(|number| format!("[[clause]]\nid = \"n{number}\"\nheading = \"x\"\ntext = \"x\"\n")).collect();
    let bad = [
        good.replace("ratio = \"1\"", "ratio = \"1000\""),
        good.replace("id = \"prizes\"\nheading", "id = \"patents\"\nheading"),
        good.replace("id = \"first-invention\"\n", "id = \"first-invention\"\nyields_to = [\"first-invention\"]\n"),
        good.replace("attribution", "atribution"),
        good.replace("鹤壁", "\u{fffd}\u{fffd}"),
        good.replace("[source]", "[sauce]"),
        format!("{good}{ten_thousand}"),
        "\0".repeat(1000),
        String::new(),
    ];
    for text in bad {
        assert_ne!(text, good);
        let status = client.adopt_rulebook(adopt(text)).await.unwrap_err();
        assert_eq!(status.code(), tonic::Code::InvalidArgument, "{status}");
    }
    assert_eq!(world.last_sequence().await, before, "a refused rulebook left a trace");
    let adopted = client.list_rulebooks(v1::ListRulebooksRequest::default()).await.unwrap().into_inner();
    let ids: Vec<_> = adopted.rulebooks.into_iter().filter_map(|one| one.rulebook).map(|one| one.rulebook_id).collect();
    assert_eq!(ids, ["hebi-2017"]);
    client.adopt_rulebook(adopt(good)).await.unwrap();
}

#[tokio::test]
async fn the_lines_of_a_bad_rulebook_are_told() {
    let world = World::new().await;
    let text = grants().replace("attribution = \"payment-year\"", "atribution = \"payment-year\"");
    let status = rulebooks(&world).adopt_rulebook(adopt(text)).await.unwrap_err();
    expect![[r#"
        InvalidArgument: a field is malformed or out of range: text: line 90: [[programme]] has no `attribution`; add `attribution = …` (+1)
          reason INVALID_FIELD @ ipledger
          field text: line 90: [[programme]] has no `attribution`; add `attribution = …`
          field text: line 96: `atribution` is not a key of [[programme]]; did you mean `attribution`? remove it, or use one of: id, name, reading, clause, items, attribution, ratio, grants_per_enterprise, budget, rounding, round_to, award_at_least, clawback, ba…
          zh-CN: 字段格式或取值不正确：text：第 90 行：[[programme]] has no `attribution`；add `attribution = …` (+1)
    "#]].assert_eq(&describe(&status));
}
