//! The figures of a ledger that works, and of one whose store failed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::{Scrape, Sources, serve};
use crate::reader::load;
use crate::server::guard::{Called, Tally as _};
use crate::storage::memory::AppendFault;
use crate::storage::{MemoryStorage, Storage};
use crate::writer::Writer;
use crate::writer::clock::Clock;
use crate::writer::fixture::{Ledger, register};
use crate::writer::observe::{Commit, Observer as _};

fn commit(entries: usize) -> Commit {
    let took = Duration::from_millis(3);
    Commit { entries, recorded: entries, rejected: 1, took, sync: Some(took), ..Commit::default() }
}

async fn get(address: std::net::SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn what_was_counted_is_what_is_shown() {
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::default());
    let loaded = load(storage.as_ref(), &mut |_| {}).unwrap();
    let (metrics, registry) = Scrape::counters();
    let (writer, reader, threads) =
        Writer::start_observed(storage, Clock::System, loaded, Arc::new(metrics.clone())).unwrap();
    let folder = tempfile::TempDir::new().unwrap();
    let data = folder.path().to_path_buf();
    let sources = Sources { writer, reader, keeper: None, tls: None, data, clock: Clock::System };
    let scrape = Scrape::new(registry, sources);
    metrics.committed(&commit(4));
    metrics.committed(&commit(0));
    let took = Duration::from_millis(7);
    metrics.called(&Called { rpc: "LoanService/FileLoan", code: "OK", reason: "", took });
    metrics.called(&Called { rpc: "", code: "NOT_FOUND", reason: "LOAN_UNKNOWN", took });
    scrape.note_covered();

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(serve(listener, scrape));
    let text = get(address, "/metrics").await;
    for line in [
        "ipledger_entries_total 4\n",
        "ipledger_commands_total{outcome=\"recorded\"} 4\n",
        "ipledger_commands_total{outcome=\"rejected\"} 2\n",
        "ipledger_commit_seconds_count 1\n",
        "ipledger_commit_seconds_bucket{le=\"0.002\"} 0\n",
        "ipledger_commit_seconds_bucket{le=\"0.004\"} 1\n",
        "ipledger_batch_entries_bucket{le=\"4.0\"} 1\n",
        "ipledger_calls_total{rpc=\"LoanService/FileLoan\",code=\"OK\"} 1\n",
        "ipledger_rejections_total{reason=\"LOAN_UNKNOWN\"} 1\n",
        "ipledger_last_sequence 0\n",
        "ipledger_queue_commands_max 4096\n",
        "ipledger_store_failed 0\n",
        "# EOF\n",
    ] {
        assert!(text.contains(line), "`{line}` is not in:\n{text}");
    }
    assert!(!text.contains("checkpoint_entries "), "what is not in use has no line:\n{text}");
    assert!(text.contains("application/openmetrics-text"), "{text}");
    assert!(get(address, "/healthz").await.ends_with("\r\n\r\nok\n"));
    assert!(get(address, "/other").await.starts_with("HTTP/1.1 404"));
    served.abort();
    threads.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_failed_store_is_ill() {
    let ledger = Ledger::new();
    ledger.disk.plan(BTreeMap::from([(1, AppendFault::Full)]));
    let (_, registry) = Scrape::counters();
    let folder = tempfile::TempDir::new().unwrap();
    let (writer, reader) = (ledger.writer.clone(), ledger.reader.clone());
    let data = folder.path().to_path_buf();
    let scrape = Scrape::new(registry, Sources { writer, reader, keeper: None, tls: None, data, clock: Clock::System });
    assert_eq!(scrape.illness(), None);
    drop(ledger.submit(register(1, 1)).await.unwrap_err());
    ledger.writer.failed().await;
    let illness = scrape.illness().unwrap();
    assert!(illness.contains("the journal cannot be written"), "{illness}");
    assert!(scrape.text().unwrap().contains("ipledger_store_failed 1\n"));

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(serve(listener, scrape));
    let answer = get(address, "/healthz").await;
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("the journal cannot be written"), "{answer}");
    served.abort();
}
