//! The restore drill on the real program: back up while others write, wipe, restore, and everything is as it was.
//!
//! Method: callers register enterprises and remember each answer to the byte; backups are taken meanwhile with the
//! subcommand, one over the other; then the data folder is deleted and restored, expecting a checkpoint that was kept
//! elsewhere. The restored ledger must have the same root and book, and answer every old request id as before.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ipledger::cli::child::{ActAs, ServerProcess};
use ipledger::proto::v1;
use ipledger::proto::v1::evidence_service_client::EvidenceServiceClient;
use ipledger::proto::v1::ledger_service_client::LedgerServiceClient;
use ipledger::proto::v1::registry_service_client::RegistryServiceClient;
use prost::Message as _;
use tempfile::TempDir;
use tonic::Code;
use uuid::Uuid;

use crate::fixture::uscc;

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_ipledger"))
}

/// Exit code, standard output and standard error of the program.
fn run<A: Into<OsString>>(arguments: impl IntoIterator<Item = A>) -> (i32, String, String) {
    let arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
    let output = Command::new(program()).args(&arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// The program must say that all is well.
fn good<A: Into<OsString>>(arguments: impl IntoIterator<Item = A>) -> String {
    let (code, said, log) = run(arguments);
    assert_eq!(code, 0, "{said}{log}");
    said
}

/// A folder with the ledger's key, its data, its backup and what was kept of it.
struct Place(TempDir);

impl Place {
    fn new(name: &str) -> Self {
        let place = Self(TempDir::new().unwrap());
        good(["key", "new", "--name", name, "--out", &place.text("keys")]);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    async fn serve(&self) -> ServerProcess {
        let flags = ["--key", &self.text("keys/ledger.key"), "--checkpoint-every", "3600"].map(OsString::from);
        ServerProcess::start_with(program(), &self.path("data"), flags).await.unwrap()
    }

    /// `ipledger backup` of a running server.
    fn back_up(&self, address: &str) -> (i32, String, String) {
        let (to, key) = (self.text("backup"), self.text("keys/ledger.pub"));
        run(["backup", "--to", &to, "--key", &key, "--server", address, "--role", "operator"])
    }

    /// Keeps a fresh checkpoint elsewhere.
    fn keep(&self, server: &ServerProcess) {
        let (keep, key) = (self.text("kept"), self.text("keys/ledger.pub"));
        good(["checkpoint", "get", "--fresh", "--server", &server.address, "--keep", &keep, "--key", &key]);
    }

    fn restore(&self, flags: &[&str]) -> (i32, String, String) {
        let (from, to, kept) = (self.text("backup"), self.text("data"), self.text("kept"));
        let named = ["restore", "--from", &from, "--to", &to, "--expect", &kept];
        run(named.iter().chain(flags).map(OsString::from))
    }

    /// What `verify` prints of the book.
    fn book(&self) -> Vec<String> {
        let said = good(["verify", "--data", &self.text("data")]);
        let wanted = ["entries", "blocks", "last recorded", "merkle root", "book digest", "trial balance"];
        let lines = said.lines().filter(|line| wanted.iter().any(|start| line.starts_with(start)));
        lines.map(str::to_owned).collect()
    }
}

type Asked = (v1::RegisterEnterpriseRequest, Vec<u8>);

/// Registers enterprises until it is told to stop, and remembers every answer.
async fn write(server: tonic::transport::Channel, caller: u64, stop: Arc<AtomicBool>) -> Vec<Asked> {
    let mut client = RegistryServiceClient::with_interceptor(server, ActAs::new("officer", "", "li.na").unwrap());
    let mut asked = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let number = caller * 100_000 + u64::try_from(asked.len()).unwrap();
        let request = v1::RegisterEnterpriseRequest {
            request_id: Uuid::new_v4().to_string(),
            uscc: uscc(number),
            name: format!("鹤壁㛃䶮{number}号有限公司"),
            size_class: v1::SizeClass::Small.into(),
            district: "410611".to_owned(),
            ..Default::default()
        };
        let answer = client.register_enterprise(request.clone()).await.unwrap().into_inner();
        asked.push((request, answer.encode_to_vec()));
    }
    asked
}

/// What the auditor is told of all balances.
async fn trial_balance(server: &ServerProcess) -> Vec<u8> {
    let auditor = ActAs::new("auditor", "", "wang.fang").unwrap();
    let mut client = LedgerServiceClient::with_interceptor(server.connect().await.unwrap(), auditor);
    client.get_trial_balance(v1::GetTrialBalanceRequest::default()).await.unwrap().into_inner().encode_to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_ledger_that_was_wiped_comes_back_with_every_answer() {
    let place = Place::new("hebi.gov.cn/质押账本");
    // A year with loans, applications, caps, a pool and claims comes first.
    good(["demo", "--data", &place.text("data")]);
    let server = place.serve().await;
    let stop = Arc::new(AtomicBool::new(false));
    let mut callers = Vec::new();
    for caller in 1..=4 {
        callers.push(tokio::spawn(write(server.connect().await.unwrap(), caller, Arc::clone(&stop))));
    }
    let mut sizes = Vec::new();
    for _ in 0..3 {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        let (code, said, log) = place.back_up(&server.address);
        assert_eq!(code, 0, "{said}{log}");
        let line = said.lines().next().unwrap();
        sizes.push(line.split_whitespace().nth(2).unwrap().parse::<u64>().unwrap());
    }
    assert!(sizes[0] < sizes[1] && sizes[1] < sizes[2], "written to meanwhile: {sizes:?}");
    stop.store(true, Ordering::Relaxed);
    let mut asked = Vec::new();
    for caller in callers {
        asked.extend(caller.await.unwrap());
    }
    place.keep(&server);
    let (code, said, _) = place.back_up(&server.address);
    assert!(code == 0 && said.contains("the ledger only grew since the last backup"), "{said}");
    let balances = trial_balance(&server).await;
    server.stop().await.unwrap();
    let book = place.book();
    fs::remove_dir_all(place.path("data")).unwrap();

    let (code, said, log) = place.restore(&["--key", &place.text("keys/ledger.pub")]);
    assert_eq!(code, 0, "{said}{log}");
    for line in &book {
        let value = line.rsplit("  ").next().unwrap().trim();
        let part = ["merkle root", "book digest"].iter().any(|start| line.starts_with(start));
        assert!(!part || said.contains(value), "{line}: {said}");
    }
    assert!(said.contains("signed by      hebi.gov.cn/质押账本+"), "{said}");
    assert_eq!(place.book(), book);
    let server = place.serve().await;
    assert_eq!(trial_balance(&server).await, balances);
    let officer = ActAs::new("officer", "", "li.na").unwrap();
    let mut client = RegistryServiceClient::with_interceptor(server.connect().await.unwrap(), officer);
    assert!(asked.len() > 20, "{}", asked.len());
    for (request, answer) in asked {
        let again = client.register_enterprise(request).await.unwrap();
        assert_eq!(again.metadata().get("ipledger-replayed").unwrap(), "true");
        assert_eq!(again.into_inner().encode_to_vec(), answer);
    }
    // It goes on as the same ledger: who kept a checkpoint is shown that it only grew, and so is the backup.
    place.keep(&server);
    let (code, said, _) = place.back_up(&server.address);
    assert!(code == 0 && said.contains(", 0 of them new"), "{said}");
    server.stop().await.unwrap();
}

#[tokio::test]
async fn what_does_not_prove_to_be_the_ledger_is_not_restored() {
    let (place, other) = (Place::new("hebi"), Place::new("anyang"));
    for place in [&place, &other] {
        let server = place.serve().await;
        let stop = Arc::new(AtomicBool::new(false));
        let caller = tokio::spawn(write(server.connect().await.unwrap(), 1, Arc::clone(&stop)));
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        stop.store(true, Ordering::Relaxed);
        caller.await.unwrap();
        place.keep(&server);
        let (code, said, log) = place.back_up(&server.address);
        assert_eq!(code, 0, "{said}{log}");
        server.stop().await.unwrap();
        fs::remove_dir_all(place.path("data")).unwrap();
    }
    let key = place.text("keys/ledger.pub");
    let refused = |flags: &[&str], expected: &str| {
        let (code, said, log) = place.restore(flags);
        assert!(code == 1 && said.starts_with("NOT RESTORED: ") && said.contains(expected), "{code} {said}{log}");
        assert!(!place.path("data").exists());
    };
    for path in fs::read_dir(place.path("backup")).unwrap().map(|entry| entry.unwrap().path()) {
        let whole = fs::read(&path).unwrap();
        for byte in (0..whole.len()).step_by(whole.len() / 5) {
            let mut altered = whole.clone();
            altered[byte] ^= 4;
            fs::write(&path, altered).unwrap();
            refused(&["--key", &key], path.file_name().unwrap().to_str().unwrap());
        }
        fs::remove_file(&path).unwrap();
        refused(&["--key", &key], "is missing");
        fs::write(&path, whole).unwrap();
    }
    refused(&["--key", &other.text("keys/ledger.pub")], "it is of the ledger `hebi`, expected `anyang`");
    let ours = fs::read(place.path("kept")).unwrap();
    fs::copy(other.path("kept"), place.path("kept")).unwrap();
    refused(&[], "proves nothing: it is of the ledger `hebi`, expected `anyang`");
    refused(&["--key", &key], "proves nothing: it is of the ledger `anyang`, expected `hebi`");
    fs::write(place.path("kept"), "nothing").unwrap();
    refused(&[], "proves nothing");
    fs::write(place.path("kept"), ours).unwrap();

    // What could not even be tried is another exit code.
    fs::create_dir(place.path("data")).unwrap();
    fs::write(place.path("data/file"), "").unwrap();
    let (code, _, log) = place.restore(&["--key", &key]);
    assert!(code == 2 && log.contains("is not empty: name a new folder"), "{log}");
    fs::remove_dir_all(place.path("data")).unwrap();
    let (code, said, _) = place.restore(&["--key", &key]);
    assert_eq!(code, 0, "{said}");
}

#[tokio::test]
async fn a_backup_is_taken_of_one_history_and_by_the_operator() {
    let place = Place::new("hebi");
    let server = place.serve().await;
    let (key, to) = (place.text("keys/ledger.pub"), place.text("backup"));
    let (code, _, log) = run(["backup", "--to", &to, "--key", &key, "--server", &server.address, "--role", "auditor"]);
    assert!(code == 2 && log.contains("expected operator"), "{log}");
    let stop = Arc::new(AtomicBool::new(false));
    let caller = tokio::spawn(write(server.connect().await.unwrap(), 1, Arc::clone(&stop)));
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    stop.store(true, Ordering::Relaxed);
    caller.await.unwrap();
    assert_eq!(place.back_up(&server.address).0, 0);
    let before = fs::read(place.path("backup/backup.json")).unwrap();
    server.stop().await.unwrap();

    // The ledger begins anew with the same key: nothing of it gets into the backup.
    fs::remove_dir_all(place.path("data")).unwrap();
    let server = place.serve().await;
    let (code, said, log) = place.back_up(&server.address);
    assert!(code == 1 && said.contains("the ledger does not continue the backup"), "{code} {said}{log}");
    let stop = Arc::new(AtomicBool::new(false));
    let caller = tokio::spawn(write(server.connect().await.unwrap(), 2, Arc::clone(&stop)));
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    stop.store(true, Ordering::Relaxed);
    caller.await.unwrap();
    let (code, said, log) = place.back_up(&server.address);
    assert!(code == 1 && said.contains("the ledger does not continue the backup"), "{code} {said}{log}");
    assert_eq!(fs::read(place.path("backup/backup.json")).unwrap(), before);

    let operator = ActAs::new("operator", "", "ops").unwrap();
    let mut client = EvidenceServiceClient::with_interceptor(server.connect().await.unwrap(), operator);
    let status = client.back_up_journal(v1::BackUpJournalRequest { after_sequence: 1 << 40 }).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    // A connection without a key is told so.
    server.stop().await.unwrap();
    let server = ServerProcess::start(program(), &place.path("keyless"), &[]).await.unwrap();
    let (code, _, log) = place.back_up(&server.address);
    assert!(code == 2 && log.contains("without a signing key"), "{log}");
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_start_takes_the_snapshot_and_refuses_one_that_is_newer() {
    let place = Place::new("hebi");
    let server = place.serve().await;
    let stop = Arc::new(AtomicBool::new(false));
    let caller = tokio::spawn(write(server.connect().await.unwrap(), 1, Arc::clone(&stop)));
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    stop.store(true, Ordering::Relaxed);
    caller.await.unwrap();
    server.stop().await.unwrap();
    let snapshots: Vec<PathBuf> =
        fs::read_dir(place.path("data/snapshots")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(snapshots.len(), 1, "written at the stop");
    let server = place.serve().await;
    server.stop().await.unwrap();
    fs::rename(place.path("data"), place.path("longer")).unwrap();
    let server = place.serve().await;
    server.stop().await.unwrap();
    fs::create_dir_all(place.path("data/snapshots")).unwrap();
    fs::copy(snapshots[0].to_str().unwrap().replace("/data/", "/longer/"), &snapshots[0]).unwrap();
    let refused = ServerProcess::start(program(), &place.path("data"), &[]).await.unwrap_err().to_string();
    assert!(refused.contains("the journal is shorter than a snapshot of it"), "{refused}");
    assert!(refused.contains("the journal ends at block 0, sequence 0"), "{refused}");
}
