//! The figures of the real server, as a monitoring system asks for them.

use std::ffi::OsString;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

use ipledger::cli::child::{ActAs, ServerProcess};
use ipledger::proto::v1;
use ipledger::proto::v1::registry_service_client::RegistryServiceClient;
use tempfile::TempDir;
use uuid::Uuid;

use crate::fixture::uscc;

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_ipledger"))
}

fn check(address: &str, flags: &[&str]) -> (i32, String) {
    let Output { status, stdout, .. } =
        Command::new(program()).args(["check", "--ops", address]).args(flags).output().unwrap();
    (status.code().unwrap(), String::from_utf8(stdout).unwrap())
}

/// An address that was free a moment ago.
fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_ledger_is_judged_by_its_figures() {
    let folder = TempDir::new().unwrap();
    let address = free_address();
    let (code, said) = check(&address, &["--timeout", "2"]);
    assert_eq!(code, 3, "{said}");
    assert!(said.starts_with("IPLEDGER UNKNOWN: asking "), "{said}");

    let key = folder.path().join("keys");
    let made = Command::new(program()).args(["key", "new", "--name", "test.example/ops", "--out"]).arg(&key).output();
    assert!(made.unwrap().status.success());
    let key = key.join("ledger.key").into_os_string();
    let flags = ["--ops".into(), address.clone().into(), "--key".into(), key, "--checkpoint-every".into(), "1".into()];
    let server: ServerProcess =
        ServerProcess::start_with(program(), &folder.path().join("data"), flags.map(OsString::from)).await.unwrap();
    let mut registry = RegistryServiceClient::with_interceptor(
        server.connect().await.unwrap(),
        ActAs::new("officer", "", "li.na").unwrap(),
    );
    let request = v1::RegisterEnterpriseRequest {
        request_id: Uuid::new_v4().to_string(),
        uscc: uscc(1),
        name: "鹤壁镁业有限公司".into(),
        size_class: v1::SizeClass::Small.into(),
        district: "410611".into(),
        ..Default::default()
    };
    registry.register_enterprise(request.clone()).await.unwrap();
    let wrong = v1::RegisterEnterpriseRequest { request_id: Uuid::new_v4().to_string(), ..Default::default() };
    registry.register_enterprise(wrong).await.unwrap_err();

    let (code, said) = check(&address, &[]);
    assert_eq!(code, 0, "{said}");
    assert!(said.starts_with("IPLEDGER OK: all is well | entries=1 queue=0%;50;95;0;100 "), "{said}");
    let (code, said) = check(&address, &["--disk-free", "1000000000"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("CRITICAL") && said.contains("MiB free on the disk of the data folder"), "{said}");
    server.stop().await.unwrap();
    let (code, said) = check(&address, &["--timeout", "2"]);
    assert_eq!(code, 3, "{said}");
}
