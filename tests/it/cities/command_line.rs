//! `ipledger rate` and `ipledger fact` against a running ledger, and who sees what they recorded.

use std::process::Command;

use ipledger::proto::v1;
use ipledger::proto::v1::CostKind::Valuation;
use ipledger::proto::v1::fact_service_client::FactServiceClient;

use super::{City, invoice};
use crate::api::program;

/// Runs the program as an officer; what it says on both outputs, and whether it was content.
pub(super) fn officer(city: &City, arguments: &[&str]) -> (bool, String) {
    let identity = ["--server", city.address.as_str(), "--role", "officer", "--person", "li.na"];
    let output = Command::new(program()).args(arguments).args(identity).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

/// A1 through the ledger: half of what was approved is there, so each gets half; the preview says the same before.
#[tokio::test(flavor = "multi_thread")]
async fn a_closing_run_is_previewed_and_made() {
    let city = City::new("tongliang-2025", "2025-01-04").await;
    city.budget_of("ip-grants", 2025, "500000.00").await;
    for cost in ["200000.00", "1800000.00"] {
        let fee = invoice(Valuation, cost, "2025-03-01", city.next());
        let applied = city.apply(&city.small().await, "pledge-cost", "", vec![fee], "2025-03-10").await;
        city.approve(&applied.id, "2025-03-20").await;
    }
    let run = ["closing", "run", "--programme", "pledge-cost", "--year", "2025", "--date", "2025-12-20"];
    let whom = ["--server", city.address.as_str(), "--role", "officer", "--person", "sun.li"];
    let said = |more: &[&str]| {
        let output = Command::new(program()).args(run).args(whom).args(more).output().unwrap();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(output.status.success(), "{text}");
        text
    };
    let (preview, made) = (said(&["--preview"]), said(&[]));
    assert!(preview.contains("preview, nothing is recorded"), "{preview}");
    let (shown, listed): (Vec<&str>, Vec<&str>) = (rows(&preview), rows(&made));
    assert_eq!(shown, listed, "{preview}\n{made}");
    assert!(listed[0].contains("100,000.00") && listed[0].contains(" 50,000.00"), "{made}");
    assert!(listed[2].contains("1,000,000.00") && listed[2].contains("500,000.00"), "{made}");
}

/// The rows of a table with figures of applications, and the sum.
fn rows(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| line.starts_with("application-") || line.starts_with("in all")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn rates_are_recorded_imported_listed_and_corrected() {
    let city = City::new("chongqing-hightech-2021", "2021-01-04").await;
    let point = ["--series", "benchmark-1y", "--from", "2015-10-24", "--source", "银发〔2015〕325号"];
    let (done, said) = officer(&city, &[&["rate", "record", "--rate", "4.35"], &point[..]].concat());
    assert!(!done && said.contains("write 3.10 % as `0.0310`"), "{said}");
    let (done, said) = officer(&city, &[&["rate", "record", "--rate", "0.0453"], &point[..]].concat());
    assert!(done && said.contains("benchmark-1y is 4.53 % from 2015-10-24."), "{said}");
    let wrong = said.split([' ', ':']).nth(1).unwrap().to_owned();
    let corrected = ["rate", "record", "--rate", "0.0435", "--supersedes", &wrong, "--reason", "录入错误"];
    let (done, said) = officer(&city, &[&corrected[..], &point[..]].concat());
    assert!(done && said.contains("instead of entry"), "{said}");

    let folder = tempfile::TempDir::new().unwrap();
    let (csv, toml) = (folder.path().join("lpr.csv"), folder.path().join("lpr.toml"));
    std::fs::write(
        &csv,
        "\u{feff}series,from,rate,source,maximum_age_days\nlpr-1y,2024-10-21,0.0310,公告,\nlpr-1y,2025-05-20,0.0300,公告,60\n",
    )
    .unwrap();
    std::fs::write(&toml, "[[rate]]\nseries = \"lpr-1y\"\nfrom = 2025-05-20\nrate = \"0.0305\"\nsource = \"公告\"\n")
        .unwrap();
    let (done, said) = officer(&city, &["rate", "import", csv.to_str().unwrap()]);
    assert!(done && said.contains("2 recorded, 0 there already, 0 different"), "{said}");
    let (done, said) = officer(&city, &["rate", "import", csv.to_str().unwrap()]);
    assert!(done && said.contains("0 recorded, 2 there already, 0 different"), "{said}");
    let (done, said) = officer(&city, &["rate", "import", toml.to_str().unwrap()]);
    assert!(!done && said.contains("DIFFERENT: lpr-1y from 2025-05-20 is 0.0305 in the file and 0.03 in"), "{said}");
    let (_, said) = officer(&city, &["rate", "list", "--series", "lpr-1y"]);
    assert!(said.contains("2024-10-21") && said.contains("60") && !said.contains("benchmark"), "{said}");
    let (_, said) = officer(&city, &["rate", "list"]);
    assert!(said.contains("0.0453") && said.contains("0.0435"), "the wrong one stays: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn facts_are_recorded_and_shown_to_whom_they_concern() {
    let city = City::new("guangzhou-2025", "2025-01-04").await;
    let (one, other) = (city.small().await, city.small().await);
    let document = ["--document", "豫高企认〔2025〕1号", "--from", "2025-02-01"];
    let stated: [&[&str]; 4] = [
        &["enterprise-classes", "--enterprise", &one, "--value", "champion,high-tech:2027-12-31"],
        &["enterprise-revenue", "--enterprise", &one, "--year", "2024", "--value", "150000000"],
        &["bank-business", "--bank", "icbc", "--value", "guangzhou-pool"],
        &["working-calendar", "--year", "2025", "--value", "2025-01-01,2025-01-26"],
    ];
    for words in stated {
        let (done, said) = officer(&city, &[&["fact", "record"], words, &document[..]].concat());
        assert!(done && said.contains("is recorded by 豫高企认〔2025〕1号."), "{said}");
    }
    let twice = [&["fact", "record"], stated[1], &document[..]].concat();
    let (done, said) = officer(&city, &twice);
    assert!(!done && said.contains("registered already"), "{said}");
    let (_, said) = officer(&city, &["fact", "list", "--enterprise", &one]);
    assert!(said.contains("champion,high-tech:2027-12-31") && said.contains("2024: 150000000.00"), "{said}");
    assert!(!said.contains("bank-business"), "{said}");

    let kinds = async |role: &str, party: &str| {
        let identity = crate::api::act_as(role, party, "chen");
        let mut client = FactServiceClient::with_interceptor(city.channel.clone(), identity);
        let facts = client.list_facts(v1::ListFactsRequest::default()).await.unwrap().into_inner().facts;
        facts.into_iter().map(|fact| fact.kind).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(kinds("auditor", "").await, "enterprise-classes enterprise-revenue bank-business working-calendar");
    assert_eq!(kinds("enterprise", &one).await, "enterprise-classes enterprise-revenue working-calendar");
    assert_eq!(kinds("enterprise", &other).await, "working-calendar");
    assert_eq!(kinds("bank", "icbc").await, "bank-business working-calendar");
    assert_eq!(kinds("bank", "abc").await, "working-calendar");
}
