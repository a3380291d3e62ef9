//! Compiles `proto/ipledger/**` to Rust in `OUT_DIR`: no `protoc`, no network, and the file descriptor set that
//! the server hands out by reflection.
#![expect(clippy::disallowed_methods, reason = "a build script is told its folders by the environment")]
use std::{env, error::Error, fs, path::PathBuf};

use prost::Message as _;

const API: &[&str] = &[
    "ipledger/v1/common.proto",
    "ipledger/v1/registry_service.proto",
    "ipledger/v1/loan_service.proto",
    "ipledger/v1/subsidy_service.proto",
    "ipledger/v1/budget_service.proto",
    "ipledger/v1/pool_service.proto",
    "ipledger/v1/rulebook_service.proto",
    "ipledger/v1/fact_service.proto",
    "ipledger/v1/period_service.proto",
    "ipledger/v1/ledger_service.proto",
    "ipledger/v1/reconciliation_service.proto",
    "ipledger/v1/evidence_service.proto",
    "ipledger/v1/access_service.proto",
    "ipledger/v1/identity_service.proto",
    "ipledger/v1/batch_service.proto",
    "ipledger/v1/sandbox_service.proto",
    "ipledger/v1/report_service.proto",
    "ipledger/v1/desk_service.proto",
];
const JOURNAL: &[&str] = &["ipledger/journal/v1/record.proto", "ipledger/journal/v1/export.proto"];

/// What decides which state a journal adds up to, and how a snapshot is written: a snapshot that was made by other sources
/// is not taken.
const STATE: &[&str] = &[
    "Cargo.lock",
    "src/book",
    "src/calendar.rs",
    "src/figures",
    "src/identifier",
    "src/journal",
    "src/money",
    "src/reader",
    "src/rulebook",
    "src/snapshot",
];

/// FNV-1a over the names and texts of these files and of all below these folders.
fn fingerprint(paths: &[&str]) -> Result<u64, Box<dyn Error>> {
    let mut files = Vec::new();
    let mut open: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
    for path in paths {
        println!("cargo:rerun-if-changed={path}");
    }
    while let Some(path) = open.pop() {
        if path.is_dir() {
            for entry in fs::read_dir(&path)? {
                open.push(entry?.path());
            }
        } else {
            files.push(path);
        }
    }
    files.sort();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for file in files {
        let text = fs::read(&file)?;
        for byte in file.to_string_lossy().bytes().chain([0]).chain(text).chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    Ok(hash)
}

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo:rerun-if-changed=proto");
    println!("cargo:rustc-env=IPLEDGER_STATE_FINGERPRINT={:016x}", fingerprint(STATE)?);
    let present = |list: &[&str]| -> Vec<String> {
        list.iter().filter(|file| PathBuf::from("proto").join(file).exists()).map(ToString::to_string).collect()
    };
    let api = protox::Compiler::new(["proto"])?
        .include_imports(true)
        .include_source_info(true)
        .open_files(present(API))?
        .file_descriptor_set();
    fs::write(out.join("ipledger_v1.bin"), api.encode_to_vec())?;
    tonic_prost_build::configure().build_client(true).build_server(true).compile_fds(api)?;

    let journal =
        protox::Compiler::new(["proto"])?.include_source_info(true).open_files(present(JOURNAL))?.file_descriptor_set();
    let mut bare = journal.clone();
    bare.file.iter_mut().for_each(|file| file.source_code_info = None);
    fs::write(out.join("ipledger_journal_v1.bin"), bare.encode_to_vec())?;
    // Explanations are most of a record: they are written and read by hand.
    let packed = "crate::journal::codec::PackedLine";
    let builder = tonic_prost_build::configure().extern_path(".ipledger.journal.v1.LineExplanation", packed);
    builder.build_client(false).build_server(false).compile_fds(journal)?;
    Ok(())
}
