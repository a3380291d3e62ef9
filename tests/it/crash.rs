//! Promise 4, shown on the real program: `kill -9` at random moments under load, and nothing that was answered is gone.
//!
//! Method: sixteen callers register enterprises as fast as they can and remember every answer; the server is killed
//! after a moment that a seed chooses; it is started again on the same folder, and the requests of the cycle (in the
//! end all of them) are sent again with the same id: the answer must be the same to the byte. What was in flight may or may not have been
//! recorded; sending it again settles it. In the end the journal is verified by the program itself.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use ipledger::cli::child::{ActAs, ServerProcess};
use ipledger::proto::v1;
use ipledger::proto::v1::registry_service_client::RegistryServiceClient;
use prost::Message as _;
use tempfile::TempDir;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::fixture::uscc;

/// Kills in one run of the suite; `IPLEDGER_KILLS=200 cargo test --test it crash` for more.
const CYCLES: u64 = 20;
/// Callers at once.
const CALLERS: u64 = 16;

/// What was asked, by request id, with the bytes of the answer once there was one.
type Remembered = BTreeMap<String, Asked>;

/// One request and what became of it.
struct Asked {
    cycle: u64,
    request: v1::RegisterEnterpriseRequest,
    answer: Option<Vec<u8>>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::disallowed_methods, reason = "the caller says how many cycles")]
async fn nothing_answered_is_lost_by_kill_nine() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let remembered: Arc<Mutex<Remembered>> = Arc::default();
    let cycles = std::env::var("IPLEDGER_KILLS").map_or(CYCLES, |cycles| cycles.parse().unwrap());
    for cycle in 0..cycles {
        // Often, so that the kill meets a snapshot that is being written, and each start takes one.
        let flags = ["--snapshot-every", "25"].map(OsString::from);
        let server = ServerProcess::start_with(program(), &data, flags).await.unwrap();
        check_remembered(&server, &remembered, cycle.saturating_sub(1)).await;
        let mut callers = JoinSet::new();
        for caller in 0..CALLERS {
            let channel = server.connect().await.unwrap();
            let remembered = Arc::clone(&remembered);
            callers.spawn(async move { write_until_the_end(channel, cycle, caller, &remembered).await });
        }
        // From the first answer on, between 20 and 148 ms: a different moment for each cycle.
        while remembered.lock().await.values().filter(|asked| asked.cycle == cycle).all(|asked| asked.answer.is_none())
        {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        tokio::time::sleep(Duration::from_millis(20 + (cycle * 0x9E37_79B9) % 129)).await;
        server.kill().await.unwrap();
        while let Some(done) = callers.join_next().await {
            done.unwrap();
        }
    }
    // None of them was stopped in order: these were written while others wrote.
    assert!(data.join("snapshots").read_dir().unwrap().count() > 0);
    let server = ServerProcess::start(program(), &data, &[]).await.unwrap();
    check_remembered(&server, &remembered, 0).await;
    check_density(&server, remembered.lock().await.len()).await;
    println!("{cycles} kills, {} requests, each answered once and the same", remembered.lock().await.len());
    server.stop().await.unwrap();
    let verified = Command::new(program()).args(["verify", "--data"]).arg(&data).output().unwrap();
    let said = String::from_utf8_lossy(&verified.stdout).into_owned();
    assert!(verified.status.success() && said.contains("intact: "), "{said}");
}

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_ipledger"))
}

/// Registers enterprises until the server is gone.
async fn write_until_the_end(
    channel: tonic::transport::Channel,
    cycle: u64,
    caller: u64,
    remembered: &Mutex<Remembered>,
) {
    let officer = ActAs::new("officer", "", "li.na").unwrap();
    let mut client = RegistryServiceClient::with_interceptor(channel, officer);
    for turn in 0.. {
        let request = v1::RegisterEnterpriseRequest {
            request_id: Uuid::new_v4().to_string(),
            uscc: uscc(cycle * 1_000_000 + caller * 10_000 + turn),
            name: format!("企业{cycle}-{caller}-{turn}"),
            size_class: v1::SizeClass::Small.into(),
            district: "410611".to_owned(),
            ..Default::default()
        };
        let asked = Asked { cycle, request: request.clone(), answer: None };
        remembered.lock().await.insert(request.request_id.clone(), asked);
        match client.register_enterprise(request.clone()).await {
            Ok(answer) => {
                let bytes = answer.into_inner().encode_to_vec();
                remembered.lock().await.get_mut(&request.request_id).unwrap().answer = Some(bytes);
            }
            Err(_) => return,
        }
    }
}

/// Sends every request since a cycle again: what was answered must be answered the same, what was not is settled now.
async fn check_remembered(server: &ServerProcess, remembered: &Mutex<Remembered>, since: u64) {
    let channel = server.connect().await.unwrap();
    let officer = ActAs::new("officer", "", "li.na").unwrap();
    let mut client = RegistryServiceClient::with_interceptor(channel, officer);
    for (id, asked) in remembered.lock().await.iter_mut().filter(|(_, asked)| asked.cycle >= since) {
        let again = client.register_enterprise(asked.request.clone()).await;
        let again = again.unwrap_or_else(|status| panic!("cycle {}, {id}: {status}", asked.cycle)).into_inner();
        let bytes = again.encode_to_vec();
        let first = asked.answer.get_or_insert_with(|| bytes.clone());
        assert_eq!(first, &bytes, "cycle {}, {id}: another answer", asked.cycle);
    }
}

/// As many entries as requests, from 1 without a gap.
async fn check_density(server: &ServerProcess, requests: usize) {
    let channel = server.connect().await.unwrap();
    let auditor = ActAs::new("auditor", "", "wang.fang").unwrap();
    let mut client = v1::ledger_service_client::LedgerServiceClient::with_interceptor(channel, auditor);
    let mut next = 1;
    let mut token = String::new();
    loop {
        let request = v1::ListEntriesRequest { page_size: 1000, page_token: token, ..Default::default() };
        let page = client.list_entries(request).await.unwrap().into_inner();
        for entry in page.entries {
            assert_eq!(entry.sequence, next);
            next += 1;
        }
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(usize::try_from(next - 1).unwrap(), requests);
}
