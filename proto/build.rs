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
    "ipledger/v1/period_service.proto",
    "ipledger/v1/ledger_service.proto",
    "ipledger/v1/evidence_service.proto",
    "ipledger/v1/access_service.proto",
    "ipledger/v1/report_service.proto",
];
const JOURNAL: &[&str] = &["ipledger/journal/v1/record.proto"];

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo:rerun-if-changed=proto");
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
    tonic_prost_build::configure().build_client(false).build_server(false).compile_fds(journal)?;
    Ok(())
}
