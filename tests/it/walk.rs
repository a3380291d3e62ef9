//! The walk of `docs/month-end.md`, every command as it stands there, against the ledger of the demo.

use std::process::{Command, Stdio};

use ipledger::cli::child::ServerProcess;
use tempfile::TempDir;

use crate::api::program;

/// The commands of the page, without the first block, which plays the demo and serves it.
fn commands() -> String {
    let page = include_str!("../../docs/month-end.md");
    let blocks = page.split("```sh\n").skip(2).map(|rest| rest.split_once("```").unwrap().0);
    blocks.collect()
}

#[tokio::test]
async fn every_command_of_the_page_does_what_it_says() {
    let folder = TempDir::new().unwrap();
    let year = folder.path().join("year");
    let played = Command::new(program()).arg("demo").arg("--data").arg(&year).stdout(Stdio::null()).status().unwrap();
    assert!(played.success());
    let server = ServerProcess::start(program(), &year, &[]).await.unwrap();
    let mut said = String::new();
    let mut codes = Vec::new();
    for command in commands().lines().filter(|line| !line.is_empty()) {
        let script = format!("ipledger() {{ {} \"$@\"; }}; {command}", program().display());
        let mut shell = Command::new("bash");
        shell.arg("-c").arg(&script).current_dir(folder.path()).env("IPLEDGER_SERVER", &server.address);
        let output = shell.output().unwrap();
        codes.push(output.status.code().unwrap());
        said.push_str(&String::from_utf8(output.stdout).unwrap());
        said.push_str(&String::from_utf8(output.stderr).unwrap());
    }
    // The check list is not empty; the month is not closed, then it is; the year has an open month.
    assert_eq!(codes, [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0], "{said}");
    for part in [
        "repayments/dapi-bank",
        "signed off as entry 166 by zhao.min",
        "closed over",
        "其余银行对账单未到，下月补对",
        "风险补偿资金收支表",
        "`2026-02` is open",
        "预算执行情况表",
    ] {
        assert!(said.contains(part), "`{part}` is not in {said}");
    }
    for file in ["结果.xlsx", "补贴.xlsx", "半年报告.xlsx", "年度报告.xlsx", "公示.html"] {
        assert!(folder.path().join(file).metadata().is_ok_and(|file| file.len() > 1_000), "{file}");
    }
}
