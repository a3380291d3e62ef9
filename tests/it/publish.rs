//! Checkpoints in a folder elsewhere: written while the ledger runs, looked at before it serves, and never in the way.

use std::ffi::OsString;
use std::fs;
use std::time::Duration;

use ipledger::cli::child::ServerProcess;
use ipledger::evidence::checkpoint::SignedCheckpoint;

use crate::evidence::{Place, program, register};

async fn serve(place: &Place, data: &str) -> anyhow::Result<ServerProcess> {
    let (key, folder) = (place.text("ledger/ledger.key"), place.text("elsewhere"));
    let flags = ["--key", &key, "--checkpoint-every", "1", "--publish-checkpoints", &folder].map(OsString::from);
    ServerProcess::start_with(program(), &place.path(data), flags).await
}

fn published(place: &Place) -> Option<u64> {
    let text = fs::read_to_string(place.path("elsewhere/checkpoint")).ok()?;
    Some(SignedCheckpoint::parse(&text).unwrap().checkpoint.size)
}

/// Waits until so much is published: some seconds at most.
async fn until_published(place: &Place, size: u64) {
    for _ in 0..200 {
        if published(place) == Some(size) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("published is {:?}, expected {size}", published(place));
}

#[tokio::test]
async fn checkpoints_go_to_a_folder_elsewhere_and_a_journal_behind_them_is_refused() {
    let place = Place::new();
    fs::create_dir(place.path("elsewhere")).unwrap();
    let server = serve(&place, "data").await.unwrap();
    register(&server, 1..=3).await;
    until_published(&place, 3).await;
    server.stop().await.unwrap();
    place.copy("data", "older");
    let server = serve(&place, "data").await.unwrap();
    register(&server, 4..=5).await;
    // The last one is published by the end.
    server.stop().await.unwrap();
    assert_eq!(published(&place), Some(5));
    // The whole folder goes back to an old copy, witness and checkpoint with it; what is elsewhere does not.
    let refused = serve(&place, "older").await.unwrap_err().to_string();
    assert!(refused.contains("is of 5 entries with root") && refused.contains("the journal has 3"), "{refused}");
    serve(&place, "data").await.unwrap().stop().await.unwrap();
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_holds_nothing_up_and_is_tried_again() {
    let place = Place::new();
    let server = serve(&place, "data").await.unwrap();
    register(&server, 1..=3).await;
    assert_eq!(published(&place), None);
    fs::create_dir(place.path("elsewhere")).unwrap();
    until_published(&place, 3).await;
    server.stop().await.unwrap();
}
