//! The journal out of one ledger and into another: the same bytes, the same root; and nothing that was changed on the way.
//!
//! Method: the real program exports the journal of a small store; every bit of the file is flipped, the file is cut at every
//! length, records are swapped, dropped and doubled, and each such file must be refused with a place. One is imported by the
//! real program, and the new ledger must answer as the old one.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use ipledger::journal::codec::export::{Header, Item};
use ipledger::journal::export::{ExportFault, ExportReader, ExportWriter, MAGIC};
use ipledger::journal::merkle::Hash;
use ipledger::storage::sled::SledStorage;
use serde_json::Value;

use crate::evidence::{Place, program, register, run};
use crate::property;

/// Records and root of a file, if it is taken.
fn read(file: &[u8]) -> Result<(Vec<Vec<u8>>, Hash), ExportFault> {
    let mut reader = ExportReader::open(Cursor::new(file))?;
    let mut records = Vec::new();
    while let Some(record) = reader.next_record()? {
        records.push(record);
    }
    Ok((records, reader.tree().root()))
}

fn records(count: usize) -> Vec<Vec<u8>> {
    let entries = property::run(1, 900).unwrap().entries;
    // The rulebook alone is larger than all the rest.
    entries.iter().take(count).map(ipledger::journal::codec::encode).collect()
}

fn header() -> Header {
    Header { origin: "鹤壁".to_owned(), checkpoint: String::new(), written_by: "test".to_owned() }
}

fn written(records: &[Vec<u8>]) -> Vec<u8> {
    let mut writer = ExportWriter::new(Vec::new(), header()).unwrap();
    for record in records {
        writer.record(record.clone()).unwrap();
    }
    writer.finish().unwrap().0
}

/// The same file made of items by hand, as a forger would.
fn forged(items: &[Item]) -> Vec<u8> {
    let mut file = MAGIC.to_vec();
    for item in items {
        let bytes = item.encode();
        prost::encoding::encode_varint(bytes.len().try_into().unwrap(), &mut file);
        file.extend(bytes);
    }
    let digest = Hash::of([file.as_slice()]);
    file.extend(digest.as_bytes());
    file
}

#[test]
fn every_flipped_bit_and_every_cut_is_refused() {
    let small: Vec<Vec<u8>> = records(14).into_iter().filter(|record| record.len() < 400).collect();
    // Dense sequences are the reader's to ask for: take the first ones that are small.
    let dense: Vec<Vec<u8>> = small
        .into_iter()
        .take_while({
            let mut next = 0;
            move |record| {
                next += 1;
                ipledger::journal::codec::decode(record).unwrap().sequence.value() == next
            }
        })
        .collect();
    let file = written(&dense);
    assert_eq!(read(&file).unwrap().0, dense);
    let header_end = usize::try_from(ExportReader::open(Cursor::new(&file)).unwrap().offset()).unwrap();
    for at in 0..file.len() {
        for bit in 0..8 {
            let mut changed = file.clone();
            changed[at] ^= 1 << bit;
            let fault = read(&changed).map(|_| ()).unwrap_err();
            // What is named is the changed record or one before it; of the header, only the hash at the end tells.
            let in_header = (MAGIC.len()..header_end).contains(&at);
            assert!(in_header || fault.offset <= at.try_into().unwrap(), "byte {at} bit {bit}: {fault}");
        }
    }
    for length in 0..file.len() {
        let fault = read(&file[..length]).map(|_| ()).unwrap_err().to_string();
        assert!(fault.contains("it was cut off") || fault.contains("not an exported journal"), "{length}: {fault}");
    }
    let longer = [file.as_slice(), b"\n"].concat();
    assert!(read(&longer).unwrap_err().to_string().contains("there is more after the end"));
}

#[test]
fn what_is_swapped_dropped_doubled_or_foreign_is_named() {
    let records = records(20);
    let items = |order: &[usize], size: u64, root: Hash| {
        let item = |index: &usize| Item::Record(records[*index].clone(), Hash::leaf(&records[*index]));
        let mut items = vec![Item::Header(header())];
        items.extend(order.iter().map(item));
        items.push(Item::End(size, root));
        items
    };
    let all: Vec<usize> = (0..20).collect();
    let (_, root) = read(&written(&records)).unwrap();
    assert_eq!(read(&forged(&items(&all, 20, root))).unwrap().1, root);
    let problem = |items: &[Item]| read(&forged(items)).unwrap_err();
    let mut order = all.clone();
    order.swap(6, 7);
    let fault = problem(&items(&order, 20, root));
    assert_eq!(fault.record, 7);
    assert!(fault.to_string().contains("it has the sequence 8, expected 7"), "{fault}");
    order.clone_from(&all);
    order.remove(3);
    assert_eq!(problem(&items(&order, 19, root)).record, 4, "dropped");
    order.insert(3, 2);
    assert_eq!(problem(&items(&order, 20, root)).record, 4, "doubled");
    assert!(problem(&items(&all, 20, Hash::ZERO)).to_string().contains("the end says 20 records"));
    assert!(problem(&items(&all[..19], 20, root)).to_string().contains("before it are 19"));
    assert!(problem(&items(&all, 20, root)[1..]).to_string().contains("the header is missing"));
    let twice = [items(&[], 0, root)[..1].to_vec(), items(&all, 20, root)].concat();
    assert!(problem(&twice).to_string().contains("a second header"));
    let fault = read(b"PK\x03\x04 something else altogether").unwrap_err().to_string();
    assert!(fault.contains("this is not an exported journal"), "{fault}");
}

/// A ledger of nine entries that is stopped.
async fn stopped(place: &Place) {
    let server = place.serve("data", "ledger/ledger.key").await;
    register(&server, 1..=9).await;
    server.stop().await.unwrap();
}

fn summary(data: &str) -> Value {
    let (intact, said) = run(["verify", "--json", "--data", data]);
    assert!(intact, "{said}");
    serde_json::from_str(&said).unwrap()
}

#[tokio::test]
async fn an_imported_ledger_is_the_same_ledger() {
    let place = Place::new();
    stopped(&place).await;
    let (data, file, to) = (place.text("data"), place.text("journal"), place.text("new"));
    assert!(run(["export", "--data", &data, "--out", &file]).0);
    let key = place.text("ledger/ledger.pub");
    let checkpoint = place.text("data/checkpoint");
    let (taken, said) = run(["import-journal", &file, "--to", &to, "--checkpoint", &checkpoint, "--key", &key]);
    assert!(taken, "{said}");
    let (one, other) = (summary(&data), summary(&to));
    for field in ["entries", "merkle_root", "book"] {
        assert_eq!(one[field], other[field], "{field}");
    }
    assert_eq!(fs::read(&checkpoint).unwrap(), fs::read(place.path("new/checkpoint")).unwrap());
    // It goes on where the old one stopped.
    let server = place.serve("new", "ledger/ledger.key").await;
    register(&server, 10..=10).await;
    server.stop().await.unwrap();
    let (proven, said) = place.verify_since("new", "data/checkpoint");
    assert!(proven && said.contains("from 9 entries by 1"), "{said}");
    // A second export of the import has the same records, and nothing is written over.
    let again = place.text("again");
    assert!(run(["export", "--data", &to, "--out", &again]).0);
    let (first, second) = (read(&fs::read(&file).unwrap()).unwrap().0, read(&fs::read(&again).unwrap()).unwrap().0);
    assert_eq!(first, second[..9]);
    for command in [vec!["export", "--data", &to, "--out", &again], vec!["import-journal", &file, "--to", &to]] {
        let output = std::process::Command::new(program()).args(&command).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{command:?}");
    }
}

#[tokio::test]
async fn a_half_made_import_is_served_by_nobody() {
    let place = Place::new();
    stopped(&place).await;
    let (data, file, to) = (place.text("data"), place.text("journal"), place.text("new"));
    assert!(run(["export", "--data", &data, "--out", &file]).0);
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() - 40]).unwrap();
    let (taken, said) = run(["import-journal", &file, "--to", &to]);
    assert!(!taken && said.contains("NOT IMPORTED") && said.contains("record 10, at byte"), "{said}");
    let refused = ipledger::cli::child::ServerProcess::start(program(), Path::new(&to), &[]).await.unwrap_err();
    assert!(refused.to_string().contains("an import into"), "{refused}");
    let (intact, said) = run(["verify", "--data", &to]);
    assert!(!intact && said.contains("was interrupted"), "{said}");
    assert!(SledStorage::open(&place.path("new")).is_err());
    let output = std::process::Command::new(program()).args(["import-journal", &file, "--to", &to]).output().unwrap();
    assert!(output.status.code() == Some(2) && String::from_utf8_lossy(&output.stderr).contains("was interrupted"));
    // A journal of somebody else: the checkpoint that was kept does not fit.
    fs::remove_dir_all(&to).unwrap();
    fs::write(&file, written(&records(20))).unwrap();
    let (key, checkpoint) = (place.text("ledger/ledger.pub"), place.text("data/checkpoint"));
    let (taken, said) = run(["import-journal", &file, "--to", &to, "--checkpoint", &checkpoint, "--key", &key]);
    assert!(!taken && said.contains("disagrees with a checkpoint"), "{said}");
    assert!(SledStorage::open(&place.path("new")).is_err());
}

/// Files for `tests/foreign/read_journal.py`: `tests/foreign/run` names the folder.
#[tokio::test]
#[ignore = "writes files for tests/foreign/run"]
#[expect(clippy::disallowed_methods, reason = "the folder is the caller's to name")]
async fn journals_for_other_readers() {
    let folder = std::path::PathBuf::from(std::env::var("IPLEDGER_JOURNALS").unwrap());
    let place = Place::new();
    let server = place.serve("data", "ledger/ledger.key").await;
    register(&server, 1..=70).await;
    server.stop().await.unwrap();
    for (form, name) in [("binary", "journal.bin"), ("ndjson", "journal.ndjson")] {
        let out = folder.join(name);
        run(["export", "--data", &place.text("data"), "--format", form, "--out", out.to_str().unwrap()]);
    }
    fs::write(folder.join("expected.json"), summary(&place.text("data")).to_string()).unwrap();
}

#[tokio::test]
async fn a_running_ledger_is_exported_from_its_backup() {
    let place = Place::new();
    let server = place.serve("data", "ledger/ledger.key").await;
    register(&server, 1..=9).await;
    let (data, backup, key) = (place.text("data"), place.text("backup"), place.text("ledger/ledger.pub"));
    let taken =
        ["backup", "--to", &backup, "--key", &key, "--server", &server.address, "--role", "operator"].map(String::from);
    assert!(run(taken.clone()).0);
    let running = place.text("running");
    let output =
        std::process::Command::new(program()).args(["export", "--data", &data, "--out", &running]).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(2) && told.contains("export a backup with --backup"), "{told}");
    assert!(run(["export", "--backup", &backup, "--out", &running]).0);
    let (records, root) = read(&fs::read(&running).unwrap()).unwrap();
    // More is written, and backed up on top: the export has both files, and goes on where the first one stopped.
    register(&server, 10..=12).await;
    assert!(run(taken).0);
    server.stop().await.unwrap();
    let (of_backup, of_store) = (place.text("of-backup"), place.text("of-store"));
    assert!(run(["export", "--backup", &backup, "--out", &of_backup]).0);
    assert!(run(["export", "--data", &data, "--out", &of_store]).0);
    let (of_backup, of_store) = (fs::read(of_backup).unwrap(), fs::read(of_store).unwrap());
    assert_eq!(read(&of_backup).unwrap(), read(&of_store).unwrap());
    assert_eq!((records.len(), &read(&of_backup).unwrap().0[..9]), (9, records.as_slice()));
    assert_ne!(root, read(&of_backup).unwrap().1);
    // An import takes it, and a backup that was changed gives no file.
    let to = place.text("new");
    assert!(run(["import-journal", &running, "--to", &to]).0);
    assert_eq!(summary(&to)["merkle_root"], root.to_string());
    let blocks = place.path("backup").join("entries-000000000010-000000000012.blocks");
    let mut bytes = fs::read(&blocks).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&blocks, bytes).unwrap();
    let none = place.text("none");
    let output =
        std::process::Command::new(program()).args(["export", "--backup", &backup, "--out", &none]).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(2) && told.contains("was damaged or changed"), "{told}");
    assert!(!place.path("none").exists());
}
