//! Bulk import: the stream of batches, and `ipledger import` from all three formats, with a cut in the middle.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use ipledger::cli::child::ServerProcess;
use ipledger::proto::v1;
use ipledger::proto::v1::batch_service_client::BatchServiceClient;
use ipledger::proto::v1::write_item::Request as Item;
use ipledger::proto::v1::write_result::Result as Outcome;
use tempfile::TempDir;
use tokio::process::Command;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status, Streaming};

use super::{DAY, World, act_as, enterprise, program};
use crate::fixture::uscc;

/// A stream of the officer's, and where its batches go in. To open one is a call like others, refused while the limit is
/// used up.
async fn stream(world: &World) -> (mpsc::Sender<v1::ImportStreamRequest>, Streaming<v1::ImportStreamResponse>) {
    let mut client = BatchServiceClient::with_interceptor(world.channel.clone(), act_as("officer", "", "li.na"));
    for _ in 0..100 {
        let (sender, receiver) = mpsc::channel(64);
        match client.import_stream(ReceiverStream::new(receiver)).await {
            Ok(answers) => return (sender, answers.into_inner()),
            Err(status) if status.code() == Code::ResourceExhausted => {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Err(status) => panic!("{status}"),
        }
    }
    panic!("the limit is used up for ever")
}

fn batch(companies: std::ops::Range<u64>) -> v1::ImportStreamRequest {
    let items = companies.map(|number| {
        let request_id = format!("0d9c2d5e-0000-4000-8000-{number:012}");
        let request = v1::RegisterEnterpriseRequest { request_id, ..enterprise(&uscc(number)) };
        v1::WriteItem { request: Some(Item::RegisterEnterprise(request)) }
    });
    v1::ImportStreamRequest { items: items.collect(), brief: true }
}

/// The sequences of a batch's entries, and how many of them were there before.
fn entries(answer: &v1::ImportStreamResponse) -> (Vec<u64>, usize) {
    let answers = answer.results.iter().map(|result| match result.result.as_ref().unwrap() {
        Outcome::Answer(answer) => (answer.entry.as_ref().unwrap().sequence, answer.replayed),
        Outcome::Error(error) => panic!("{error:?}"),
    });
    let answers: Vec<_> = answers.collect();
    (answers.iter().map(|one| one.0).collect(), answers.iter().filter(|one| one.1).count())
}

#[tokio::test]
async fn batches_are_answered_in_order_and_what_was_cut_is_sent_again() {
    let world = World::new().await;
    let before = world.last_sequence().await;
    let (sender, mut answers) = stream(&world).await;
    for start in [1_000, 1_400, 1_800] {
        sender.send(batch(start..start + 400)).await.unwrap();
    }
    let first = answers.message().await.unwrap().unwrap();
    assert_eq!((first.batch, entries(&first)), (1, ((before + 1..=before + 400).collect(), 0)));
    // The stream breaks with two batches unanswered; nobody knows what became of them.
    drop((sender, answers));
    let (sender, mut answers) = stream(&world).await;
    let mut seen = BTreeSet::new();
    for start in [1_000, 1_400, 1_800] {
        sender.send(batch(start..start + 400)).await.unwrap();
        let answer = answers.message().await.unwrap().unwrap();
        let (sequences, replayed) = entries(&answer);
        assert!(sequences.is_sorted());
        assert!(start != 1_000 || replayed == 400, "answered before, so recorded");
        seen.extend(sequences);
    }
    assert_eq!(seen, (before + 1..=before + 1_200).collect(), "each once, none left out");
    assert_eq!(world.last_sequence().await, before + 1_200);
    // Whoever says that it is done gets the end.
    drop(sender);
    assert!(answers.message().await.unwrap().is_none());
}

#[tokio::test]
async fn a_stream_that_breaks_a_rule_ends_after_the_answers_to_what_came_before() {
    let world = World::new().await;
    for wrong in [batch(0..0), batch(2_000..3_001)] {
        let (sender, mut answers) = stream(&world).await;
        sender.send(batch(1_000..1_002)).await.unwrap();
        sender.send(wrong).await.unwrap();
        assert_eq!(answers.message().await.unwrap().unwrap().results.len(), 2);
        let status = answers.message().await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{status}");
        assert!(status.message().contains("expected 1 to 1000"), "{status}");
    }
    let mut auditor = BatchServiceClient::with_interceptor(world.channel.clone(), act_as("auditor", "", "wang.fang"));
    let denied: Status = auditor.import_stream(tokio_stream::iter([batch(1..2)])).await.unwrap_err();
    assert_eq!(denied.code(), Code::PermissionDenied);
}

#[tokio::test]
async fn who_has_used_up_the_limit_is_held_back_and_loses_nothing() {
    let folder = TempDir::new().unwrap();
    let flags = ["--limit-requests", "200"].map(Into::into);
    let server = ServerProcess::start_with(program(), &folder.path().join("data"), flags).await.unwrap();
    let file = companies_csv(folder.path(), 1_200);
    let done = import(&server, &file, &["--as", "RegistryService/RegisterEnterprise", "--batch", "400"]).await;
    assert_eq!((done.code, done.first_line()), (0, counts(1_200, "1200 recorded")), "{done:?}");
    // The burst apart, 200 a second.
    assert!(done.took > Duration::from_secs(1), "{:?}", done.took);
}

/// What the program did.
#[derive(Debug)]
struct Done {
    code: i32,
    stdout: String,
    stderr: String,
    took: Duration,
}

impl Done {
    fn first_line(&self) -> String {
        self.stdout.lines().next().unwrap_or_default().to_owned()
    }
}

async fn import(server: &ServerProcess, file: &Path, flags: &[&str]) -> Done {
    import_from(&server.address, file, flags).await
}

async fn import_from(address: &str, file: &Path, flags: &[&str]) -> Done {
    let mut command = Command::new(program());
    command.arg("import").arg(file).args(["--server", address, "--role", "officer", "--person", "li.na"]).args(flags);
    let began = tokio::time::Instant::now();
    let output = tokio::time::timeout(Duration::from_mins(3), command.stdin(Stdio::null()).output()).await;
    let output = output.expect("the import ends").unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (stdout, stderr) = (text(output.stdout), text(output.stderr));
    Done { code: output.status.code().unwrap(), stdout, stderr, took: began.elapsed() }
}

fn counts(rows: u64, came: &str) -> String {
    let all = ["recorded", "recorded before", "refused", "deferred", "rejected", "not sent"];
    let given: Vec<&str> = came.split(", ").collect();
    let count = |name: &&str| {
        let found = given.iter().find(|one| one.split_once(' ').is_some_and(|(_, rest)| rest == *name));
        found.map_or_else(|| format!("0 {name}"), |one| (*one).to_owned())
    };
    format!("{rows} rows: {}", all.iter().map(count).collect::<Vec<_>>().join(", "))
}

const HEADS: [&str; 5] = ["effective_date", "uscc", "name", "size_class", "district"];

fn company(number: u64) -> [String; 5] {
    [DAY.into(), uscc(number), format!("企业{number}"), "SIZE_CLASS_SMALL".into(), "410611".into()]
}

fn companies_csv(folder: &Path, count: u64) -> PathBuf {
    let path = folder.join("companies.csv");
    let mut file = csv::Writer::from_path(&path).unwrap();
    file.write_record(HEADS).unwrap();
    (1..=count).for_each(|number| file.write_record(company(number)).unwrap());
    file.flush().unwrap();
    path
}

fn report(file: &Path) -> Vec<Vec<String>> {
    let path = format!("{}.report.csv", file.display());
    let text = fs::read_to_string(path).unwrap();
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[tokio::test]
async fn the_same_rows_in_each_format_and_a_second_run_replays() {
    let folder = TempDir::new().unwrap();
    let server = ServerProcess::start(program(), &folder.path().join("data"), &[]).await.unwrap();
    let as_rpc = ["--as", "RegistryService/RegisterEnterprise"];

    let csv_file = companies_csv(folder.path(), 30);
    let done = import(&server, &csv_file, &as_rpc).await;
    assert_eq!((done.code, done.first_line()), (0, counts(30, "30 recorded")), "{done:?}");
    assert!(!folder.path().join("companies.csv.report.csv").exists());
    let again = import(&server, &csv_file, &as_rpc).await;
    assert_eq!((again.code, again.first_line()), (0, counts(30, "30 recorded before")));

    let workbook_path = folder.path().join("companies.xlsx");
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet();
    let rows = std::iter::once(HEADS.map(str::to_owned)).chain((31..=40).map(company));
    for (row, cells) in (0..).zip(rows) {
        sheet.write_row(row, 0, cells).unwrap();
    }
    // A day and a number as a spreadsheet holds them.
    let day = rust_xlsxwriter::ExcelDateTime::from_ymd(2025, 3, 3).unwrap();
    let format = rust_xlsxwriter::Format::new().set_num_format("yyyy-mm-dd");
    sheet.write_datetime_with_format(1, 0, &day, &format).unwrap();
    sheet.write_number(2, 4, 410_611).unwrap();
    workbook.save(&workbook_path).unwrap();
    let done = import(&server, &workbook_path, &as_rpc).await;
    assert_eq!((done.code, done.first_line()), (0, counts(10, "10 recorded")), "{done:?}");

    // Rows that refer to what the rows before them made, by several callers.
    let lines_path = folder.path().join("lines.ndjson");
    let bank = r#""as":{"role":"bank","party":"icbc","person":"zhang.wei"}"#;
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("rulebooks/hebi-2017.toml")).unwrap();
    let adopt =
        serde_json::json!({"rpc": "RulebookService/AdoptRulebook", "request": {"effective_date": DAY, "text": text}});
    let lines = [
        adopt.to_string(),
        format!(
            r#"{{"rpc":"RegistryService/RegisterInstitution","request":{{"effective_date":"{DAY}","institution_id":"icbc","kind":"INSTITUTION_KIND_BANK","name":"工行","uscc":"{}"}}}}"#,
            uscc(900)
        ),
        format!(
            r#"{{"rpc":"RegistryService/RegisterIpRight","request":{{"effective_date":"{DAY}","right":"trademark:20000001/9","owner":"{}","title":"鹤鸣","granted_on":"2020-01-01","expires_on":"2030-01-01"}}}}"#,
            uscc(1)
        ),
        String::new(),
        format!(
            r#"{{{bank},"rpc":"RegistryService/RegisterPledge","request":{{"effective_date":"{DAY}","kind":"RIGHT_KIND_TRADEMARK","registration_number":"Y1","pledgee_id":"icbc","pledgor":"{}","rights":["trademark:20000001/9"],"secured_amount":"5000000.00"}}}}"#,
            uscc(1)
        ),
        format!(
            r#"{{{bank},"rpc":"LoanService/FileLoan","name":"first","request":{{"effective_date":"{DAY}","bank_id":"icbc","contract_number":"C-1","borrower":"{}","principal":"5000000.00","ip_part":"5000000.00","annual_rate":"0.0435","signed_on":"{DAY}","matures_on":"2026-03-02","pledges":[{{"kind":"RIGHT_KIND_TRADEMARK","registration_number":"Y1"}}]}}}}"#,
            uscc(1)
        ),
        format!(
            r#"{{{bank},"rpc":"LoanService/DisburseLoan","forget":["first"],"request":{{"effective_date":"{DAY}","loan_id":"$first","amount":"5000000.00"}}}}"#
        ),
    ];
    fs::write(&lines_path, lines.join("\n")).unwrap();
    let done = import(&server, &lines_path, &[]).await;
    assert_eq!((done.code, done.first_line()), (0, counts(6, "6 recorded")), "{done:?}");
    let again = import(&server, &lines_path, &[]).await;
    assert_eq!((again.code, again.first_line()), (0, counts(6, "6 recorded before")));
}

#[tokio::test]
async fn rows_that_do_not_come_through_are_in_the_report() {
    let folder = TempDir::new().unwrap();
    let server = ServerProcess::start(program(), &folder.path().join("data"), &[]).await.unwrap();
    let file = folder.path().join("rows.csv");
    let (good, again) = (uscc(1), uscc(1));
    let header = "uscc,name,size_class,district,book_late\n";
    let rows = [
        format!("{good},甲,SIZE_CLASS_SMALL,410611,\n"),
        format!("{again},乙,SIZE_CLASS_SMALL,410611,\n"),
        "123,丙,SIZE_CLASS_SMALL,410611,\n".to_owned(),
        format!("{},丁,SMALL,410611,\n", uscc(2)),
        format!("{},戊,SIZE_CLASS_SMALL,410611,maybe\n", uscc(3)),
        format!("{},己,SIZE_CLASS_SMALL,410611,true\n", uscc(4)),
    ];
    fs::write(&file, format!("\u{feff}{header}{}", rows.concat())).unwrap();
    let done = import(&server, &file, &["--as", "RegistryService/RegisterEnterprise"]).await;
    assert_eq!((done.code, done.first_line()), (1, counts(6, "2 recorded, 2 rejected, 2 not sent")), "{done:?}");
    let mut report = report(&file);
    report.sort();
    let shown: Vec<String> =
        report.iter().map(|row| format!("{} {} {} {} {}", row[0], row[1], row[3], row[4], row[5])).collect();
    assert_eq!(
        shown,
        [
            "3 RegistryService/RegisterEnterprise rejected ALREADY_EXISTS uscc",
            "4 RegistryService/RegisterEnterprise rejected INVALID_FIELD uscc",
            "5  not sent  size_class",
            "6  not sent  book_late",
        ]
    );
    assert!(report[2][6].starts_with("column `size_class`: `SMALL`, expected one of SIZE_CLASS_"), "{report:?}");
    assert_eq!(report[3][6], "column `book_late`: `maybe`, expected `true` or `false`");
    assert!(report.iter().all(|row| !row[7].is_empty()), "each in Chinese too");
}

#[tokio::test]
async fn wrong_columns_are_said_before_anything_is_sent() {
    let folder = TempDir::new().unwrap();
    let server = ServerProcess::start(program(), &folder.path().join("data"), &[]).await.unwrap();
    let file = folder.path().join("rows.csv");
    fs::write(&file, "uscc,titel\nx,y\n").unwrap();
    let rpc = "RegistryService/RegisterEnterprise";
    let cases: [(&[&str], &str); 3] = [
        (
            &["--as", rpc],
            "rows.csv`, row 1: column 2: `titel` is not a field of `RegistryService/RegisterEnterprise`; expected one of request_id",
        ),
        (&[], "rows.csv` does not say which RPC its rows are; add `--as RPC`"),
        (&["--as", "LoanService/GetLoan"], "`LoanService/GetLoan` is not a write that can be imported"),
    ];
    for (flags, said) in cases {
        let done = import(&server, &file, flags).await;
        assert_eq!(done.code, 2);
        assert!(done.stderr.contains(said), "{}", done.stderr);
    }
    let strange = folder.path().join("rows.pdf");
    fs::write(&strange, "").unwrap();
    let done = import(&server, &strange, &["--as", rpc]).await;
    assert!(done.code == 2 && done.stderr.contains("expected a name that ends in .ndjson, .csv or .xlsx"), "{done:?}");
    let broken = folder.path().join("rows.ndjson");
    fs::write(&broken, "{\"rpc\":\"RegistryService/RegisterEnterprise\",\"request\":{\"uscc\":5}}\nnonsense\n")
        .unwrap();
    let done = import(&server, &broken, &[]).await;
    assert_eq!((done.code, done.first_line()), (1, counts(2, "2 not sent")), "{done:?}");
    let report = report(&broken);
    assert!(report[0][6].contains("it is no request of `RegistryService/RegisterEnterprise`"), "{report:?}");
    assert!(report[1][6].contains("expected for example {\"rpc\""), "{report:?}");
}

/// The server dies in the middle and comes back at the same address: the import goes on, and nothing is there twice.
#[tokio::test]
async fn an_import_outlives_the_death_of_the_server() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("127.0.0.1:{port}");
    let start = || {
        let mut command = Command::new(program());
        command.arg("serve").arg("--data").arg(&data).args(["--listen", &address, "--dev-identity"]);
        command.args(["--limit-requests", "2000"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.kill_on_drop(true).spawn().unwrap()
    };
    let file = companies_csv(folder.path(), 8_000);
    let mut server = start();
    let flags = ["--as", "RegistryService/RegisterEnterprise", "--batch", "200", "--retry-for", "120"];
    let importing = import_from(&address, &file, &flags);
    let cutting = async {
        // The burst is through and the limit holds the rest back: this is the middle.
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        server.kill().await.unwrap();
        start()
    };
    let (done, _server) = tokio::join!(importing, cutting);
    assert_eq!(done.code, 0, "{done:?}");
    let line = done.first_line();
    assert!(line.starts_with("8000 rows: "), "{line}");
    assert!(line.ends_with("0 refused, 0 deferred, 0 rejected, 0 not sent"), "{line}");
    let again = import_from(&address, &file, &flags).await;
    assert_eq!((again.code, again.first_line()), (0, counts(8_000, "8000 recorded before")));
}

async fn generate(seed: &str, enterprises: &str) -> Vec<u8> {
    let mut command = Command::new(program());
    command.args(["generate", "--seed", seed, "--enterprises", enterprises, "--years", "2"]);
    let output = command.output().await.unwrap();
    assert!(output.status.success());
    output.stdout
}

#[tokio::test]
async fn a_generated_nation_is_the_same_each_time_and_comes_through() {
    let nation = generate("2", "200").await;
    assert_eq!(nation, generate("2", "200").await);
    assert_ne!(nation, generate("3", "200").await);
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("nation.ndjson");
    fs::write(&file, &nation).unwrap();
    let flags = ["--limit-requests", "0"].map(Into::into);
    let server = ServerProcess::start_with(program(), &folder.path().join("data"), flags).await.unwrap();
    let done = import(&server, &file, &[]).await;
    let rows = nation.split(|byte| *byte == b'\n').count() - 1;
    let line = done.first_line();
    assert!(line.starts_with(&format!("{rows} rows: ")), "{line}");
    let recorded: usize = line.split_once(": ").unwrap().1.split_once(' ').unwrap().0.parse().unwrap();
    assert!(recorded * 100 >= rows * 98, "{line}; {:?}", report(&file).into_iter().take(5).collect::<Vec<_>>());
    for rpc in ["FileLoan", "RecordInterestPayment", "MarkLoanNonPerforming", "ApplySubsidy", "PaySubsidy", "PayClaim"]
    {
        assert!(String::from_utf8_lossy(&nation).contains(rpc), "{rpc}");
    }
}
