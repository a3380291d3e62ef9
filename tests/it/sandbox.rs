//! The sandbox, and with it every RPC: the lines of `docs/rpc.md` and `docs/sandbox.md`, run one after the other as they stand.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Stdio;

use ipledger::cli::child::{ActAs, ServerProcess};
use ipledger::decide::rejection::Reason;
use ipledger::proto::v1;
use ipledger::proto::v1::loan_service_client::LoanServiceClient;
use ipledger::proto::v1::sandbox_service_client::SandboxServiceClient;
use ipledger::rulebook::refusal::Refusal;
use ipledger::server::describe::pool;
use tempfile::TempDir;
use tokio::process::Command;
use tonic::metadata::MetadataMap;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Code, Request};
use tonic_types::StatusExt as _;

use crate::api::program;

/// A line of a table: RPC, who calls, request, answer.
struct Line {
    rpc: String,
    role: String,
    name: String,
    request: String,
    answer: String,
}

fn page(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)).unwrap()
}

/// The lines of the table of calls in a page.
fn lines(name: &str) -> Vec<Line> {
    let text = page(name);
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches(['|', ' ']).split(" | ").map(|cell| cell.trim_matches('`')).collect();
        let [rpc, who, request, answer] = cells.try_into().unwrap_or_else(|_| panic!("not four cells: {row}"));
        let (role, name) = who.split_once(' ').unwrap();
        let owned = ToOwned::to_owned;
        Line { rpc: owned(rpc), role: owned(role), name: owned(name), request: owned(request), answer: owned(answer) }
    })
    .collect()
}

/// What the program answers to a line: `OK`, or the reason of an error or of a decision that is not a plain yes.
async fn answer(address: &str, line: &Line) -> String {
    let mut command = Command::new(program());
    command.args(["call", &line.rpc, &line.request, "--server", address, "--role", &line.role]);
    match line.role.as_str() {
        "bank" | "enterprise" => command.args(["--party", &line.name, "--person", "core"]),
        _ => command.args(["--person", &line.name]),
    };
    if line.rpc.ends_with("/TailEntries") {
        command.args(["--count", "1"]);
    }
    let output = command.stdin(Stdio::null()).output().await.unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    if !output.status.success() {
        // `ipledger: the ledger answers NotFound LOAN_UNKNOWN: ...`
        let said = err.lines().find_map(|line| line.strip_prefix("ipledger: the ledger answers "));
        let said = said.unwrap_or_else(|| panic!("{}: {err}", line.rpc));
        return said.split([' ', ':']).nth(1).unwrap_or_default().to_owned();
    }
    let first: serde_json::Value = serde_json::from_str(out.lines().next().unwrap_or("{}")).unwrap();
    let reason = first["decision"]["reason"].as_str().unwrap_or_default();
    if reason.is_empty() { "OK".to_owned() } else { reason.to_owned() }
}

async fn walk(page: &str) {
    let folder = TempDir::new().unwrap();
    let server = ServerProcess::start_sandbox(program(), &folder.path().join("sandbox")).await.unwrap();
    let mut wrong = Vec::new();
    for line in lines(page) {
        let answered = answer(&server.address, &line).await;
        if answered != line.answer {
            wrong.push(format!("{} {}: {answered}, not {}", line.rpc, line.request, line.answer));
        }
    }
    assert!(wrong.is_empty(), "docs/{page} is not what the ledger does:\n{}", wrong.join("\n"));
    server.stop().await.unwrap();
}

#[tokio::test]
async fn every_request_of_the_page_about_rpcs_works() {
    walk("rpc.md").await;
}

#[tokio::test]
async fn every_request_of_the_page_about_the_sandbox_provokes_its_reason() {
    walk("sandbox.md").await;
}

#[test]
fn every_rpc_has_a_line_and_is_in_no_other_words() {
    let documented: BTreeSet<String> = lines("rpc.md").into_iter().map(|line| line.rpc).collect();
    let api: BTreeSet<String> = pool()
        .services()
        .flat_map(|service| {
            service.methods().map(|method| format!("{}/{}", service.name(), method.name())).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(documented, api);
}

#[test]
fn a_refusal_has_a_line_or_is_named_as_having_none() {
    let provoked: BTreeSet<String> = lines("sandbox.md").into_iter().map(|line| line.answer).collect();
    let page = page("sandbox.md");
    let (_, without) = page.rsplit_once("have no line yet:").unwrap();
    for refusal in Refusal::ALL {
        let named = without.contains(&format!("`{refusal}`"));
        assert_eq!(named, !provoked.contains(refusal.code()), "{refusal}");
    }
}

type Loans = LoanServiceClient<InterceptedService<Channel, ActAs>>;

fn loans(channel: &Channel) -> Loans {
    LoanServiceClient::with_interceptor(channel.clone(), ActAs::new("bank", "qihe-bank", "core").unwrap())
}

fn get_loan(reason: Option<&str>) -> Request<v1::GetLoanRequest> {
    let mut request = Request::new(v1::GetLoanRequest { loan_id: "loan-37".into() });
    if let Some(reason) = reason {
        request.metadata_mut().insert("ipledger-sandbox-reason", reason.parse().unwrap());
    }
    request
}

fn marked(metadata: &MetadataMap) -> bool {
    metadata.get("ipledger-sandbox").is_some_and(|value| value == "true")
}

#[tokio::test]
async fn every_answer_says_that_it_is_a_sandbox_and_every_rejection_can_be_had() {
    let folder = TempDir::new().unwrap();
    let server = ServerProcess::start_sandbox(program(), &folder.path().join("sandbox")).await.unwrap();
    let channel = server.connect().await.unwrap();
    let answered = loans(&channel).get_loan(get_loan(None)).await.unwrap();
    assert!(marked(answered.metadata()));
    for &reason in Reason::ALL {
        let status = loans(&channel).get_loan(get_loan(Some(reason.code()))).await.unwrap_err();
        assert_eq!(status.get_details_error_info().unwrap().reason, reason.code());
        assert_eq!(status.get_details_retry_info().is_some(), reason.retryable(), "{reason}");
        assert!(marked(status.metadata()), "{reason}");
    }
    let name = v1::GetEnterpriseRequest { enterprise: "91410611MADEM0011X".into() };
    let bank = ActAs::new("bank", "qihe-bank", "core").unwrap();
    let mut registry = v1::registry_service_client::RegistryServiceClient::with_interceptor(channel.clone(), bank);
    let company = registry.get_enterprise(name).await.unwrap().into_inner().enterprise.unwrap();
    assert!(company.details.unwrap().name.starts_with("【沙箱】"));
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_real_ledger_is_no_sandbox_and_a_sandbox_no_real_ledger() {
    let folder = TempDir::new().unwrap();
    let (real, sandbox) = (folder.path().join("real"), folder.path().join("sandbox"));
    let server = ServerProcess::start(program(), &real, &["hebi-2017"]).await.unwrap();
    let channel = server.connect().await.unwrap();
    // It does not listen to the metadata, marks nothing, and has no clock to move.
    let unknown = loans(&channel).get_loan(get_loan(Some("QUEUE_FULL"))).await.unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
    assert!(!marked(unknown.metadata()));
    assert_eq!(move_clock(&channel).await.unwrap_err().code(), Code::Unimplemented);
    server.stop().await.unwrap();
    let refused = ServerProcess::start_sandbox(program(), &real).await.unwrap_err();
    assert!(refused.to_string().contains("is not the folder of a sandbox"), "{refused}");
    fs::write(real.join("SANDBOX"), "").unwrap();
    let refused = ServerProcess::start_sandbox(program(), &real).await.unwrap_err();
    assert!(refused.to_string().contains("the journal is not that of a sandbox"), "{refused}");

    ServerProcess::start_sandbox(program(), &sandbox).await.unwrap().stop().await.unwrap();
    let refused = ServerProcess::start(program(), &sandbox, &[]).await.unwrap_err();
    assert!(refused.to_string().contains("is the folder of a sandbox"), "{refused}");
    fs::remove_file(sandbox.join("SANDBOX")).unwrap();
    let refused = ServerProcess::start(program(), &sandbox, &[]).await.unwrap_err();
    assert!(refused.to_string().contains("the journal is that of a sandbox"), "{refused}");
}

async fn move_clock(channel: &Channel) -> Result<String, tonic::Status> {
    let anybody = ActAs::new("auditor", "", "sun.lei").unwrap();
    let mut client = SandboxServiceClient::with_interceptor(channel.clone(), anybody);
    let request = v1::MoveClockRequest { to: Some(v1::move_clock_request::To::Days(40)) };
    Ok(client.move_clock(request).await?.into_inner().today)
}

#[tokio::test]
async fn the_clock_is_moved_and_stands_where_it_stood_after_a_restart() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("sandbox");
    let server = ServerProcess::start_sandbox(program(), &data).await.unwrap();
    let channel = server.connect().await.unwrap();
    assert_eq!(move_clock(&channel).await.unwrap(), "2025-07-13");
    let request = v1::ExtendLoanRequest {
        request_id: crate::api::id(),
        loan_id: "loan-37".into(),
        matures_on: "2028-01-31".into(),
        ..Default::default()
    };
    let entry = loans(&channel).extend_loan(request).await.unwrap().into_inner().entry.unwrap();
    assert_eq!(entry.effective_date, "2025-07-13", "today, in the sandbox");
    server.stop().await.unwrap();
    let server = ServerProcess::start_sandbox(program(), &data).await.unwrap();
    assert_eq!(move_clock(&server.connect().await.unwrap()).await.unwrap(), "2025-08-22");
    server.stop().await.unwrap();
}
