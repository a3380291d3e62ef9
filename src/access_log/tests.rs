//! The log over starts, files, crashes and forgeries.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::timeout;

use super::*;

fn record(person: &str, rpc: &str, resources: &[&str], code: &str) -> Record {
    Record {
        time: 1_000,
        who: Who { person: person.to_owned(), role: "officer".to_owned(), ..Who::default() },
        rpc: rpc.to_owned(),
        resources: resources.iter().map(ToString::to_string).collect(),
        code: code.to_owned(),
        ..Record::default()
    }
}

/// Twenty calls, every fifth refused, in files of about five lines.
async fn twenty(data: &TempDir) -> AccessLog {
    let log = AccessLog::open_with(data.path(), 1_000).unwrap();
    for number in 1..=20 {
        let code = if number % 5 == 0 { "PERMISSION_DENIED" } else { "OK" };
        let loan = format!("loan_id=loan-{number}");
        let person = if number % 2 == 0 { "li" } else { "wu" };
        assert!(
            log.append_and_wait(Record { time: number, ..record(person, "LoanService/GetLoan", &[&loan], code) }).await
        );
    }
    log
}

fn numbers(page: &Page) -> Vec<u64> {
    page.records.iter().map(|record| record.n).collect()
}

#[tokio::test]
async fn the_chain_goes_on_over_files_and_starts() {
    let data = TempDir::new().unwrap();
    let log = twenty(&data).await;
    assert!(read::files(log.folder()).unwrap().len() > 3, "the files are not followed by others");
    let head = log.head();
    drop(log);
    assert_eq!(verify(data.path()).unwrap(), Verified { lines: 20, head: head.hash });
    let again = AccessLog::open_with(data.path(), 1_000).unwrap();
    assert!(again.append_and_wait(record("li", "LedgerService/Ping", &[], "OK")).await);
    assert_eq!(verify(data.path()).unwrap().lines, 21);
}

/// Found by `tests/faults/run full`: the server ran on with a log that could not be written, and refused everything.
#[tokio::test]
async fn a_log_that_cannot_be_written_says_so() {
    let data = TempDir::new().unwrap();
    let log = AccessLog::open_with(data.path(), 200).unwrap();
    assert!(log.append_and_wait(record("li", "LedgerService/Ping", &[], "OK")).await);
    assert!(timeout(Duration::from_millis(50), log.failed()).await.is_err(), "all is well");
    // The next line needs a new file.
    fs::remove_dir_all(log.folder()).unwrap();
    assert!(!log.append_and_wait(record("li", "LedgerService/Ping", &[], "OK")).await);
    timeout(Duration::from_secs(5), log.failed()).await.expect("the fault is told");
    assert!(!log.is_open());
}

#[tokio::test]
async fn a_line_that_a_crash_left_half_written_is_cut_off() {
    let data = TempDir::new().unwrap();
    let log = twenty(&data).await;
    let last = read::files(log.folder()).unwrap().pop().unwrap();
    drop(log);
    let whole = fs::read(&last).unwrap();
    fs::write(&last, [whole.as_slice(), b"{\"prev\":\"12"].concat()).unwrap();
    let again = AccessLog::open_with(data.path(), 1_000).unwrap();
    assert!(again.append_and_wait(record("li", "LedgerService/Ping", &[], "OK")).await);
    assert_eq!(verify(data.path()).unwrap().lines, 21);
}

#[tokio::test]
async fn what_was_changed_taken_out_or_put_in_shows() {
    let data = TempDir::new().unwrap();
    let log = twenty(&data).await;
    let first = read::files(log.folder()).unwrap().remove(0);
    let text = fs::read_to_string(&first).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let flaw = |forged: &str| {
        fs::write(&first, forged).unwrap();
        verify(data.path()).unwrap_err().to_string()
    };
    assert!(flaw(&text.replacen("\"wu\"", "\"li\"", 1)).contains("line 2: record 2 does not follow record 1"));
    assert!(flaw(&text.replacen(&format!("{}\n", lines[1]), "", 1)).contains("record 3 does not follow record 1"));
    assert!(flaw(&format!("{}\n{text}", lines[0])).contains("record 1 does not follow record 1"));
    assert!(flaw(&text.replacen('{', "[", 1)).contains("is not a line of the log"));
    fs::write(&first, &text).unwrap();
    assert!(verify(data.path()).is_ok());
}

#[tokio::test]
async fn pages_go_from_the_newest_back_without_gap_or_overlap() {
    let data = TempDir::new().unwrap();
    let log = twenty(&data).await;
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let page = page(log.folder(), &Query { before, limit: 3, ..Query::default() }).unwrap();
        seen.extend(numbers(&page));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(seen, (1..=20).rev().collect::<Vec<_>>());
    let of = |query: Query| numbers(&page(log.folder(), &Query { limit: 100, ..query }).unwrap());
    assert_eq!(of(Query { denied_only: true, ..Query::default() }), [20, 15, 10, 5]);
    let rpc = |name: &str| of(Query { rpc: Some(name.to_owned()), ..Query::default() }).len();
    assert_eq!((rpc("LoanService/GetLoan"), rpc("GetLoan"), rpc("Loan")), (20, 20, 0));
    let loans = BTreeSet::from(["loan-7".to_owned(), "loan-12".to_owned()]);
    assert_eq!(of(Query { resources: Some(loans), ..Query::default() }), [12, 7]);
    assert_eq!(
        of(Query { principal: Some("li".to_owned()), from: Some(16), to: Some(20), ..Query::default() }),
        [18, 16]
    );
}

/// A company that was looked at long ago was shown an empty list: eight files were read, and no more.
#[tokio::test]
async fn a_name_is_found_in_the_oldest_of_many_files() {
    let data = TempDir::new().unwrap();
    let log = AccessLog::open_with(data.path(), 300).unwrap();
    for number in 1..=60 {
        let (code, loan) = (if number == 3 { "NOT_FOUND" } else { "OK" }, format!("loan_id=loan-{}", number.min(7)));
        let record = record(if number == 2 { "li" } else { "wu" }, "LoanService/GetLoan", &[&loan], code);
        assert!(log.append_and_wait(Record { time: number, ..record }).await);
    }
    assert!(read::files(log.folder()).unwrap().len() > 20);
    let of = |query: Query| page(log.folder(), &Query { limit: 5, ..query }).unwrap();
    let loan = |name: &str| Query { resources: Some(BTreeSet::from([name.to_owned()])), ..Query::default() };
    assert_eq!((numbers(&of(loan("loan-1"))), of(loan("loan-1")).next), (vec![1], None));
    assert_eq!(numbers(&of(Query { principal: Some("li".to_owned()), ..Query::default() })), [2]);
    assert_eq!(numbers(&of(Query { denied_only: true, ..Query::default() })), [3]);
    assert_eq!(numbers(&of(Query { from: Some(4), to: Some(6), ..Query::default() })), [5, 4]);
    assert_eq!(of(loan("loan-100")), Page::default());
    let first = of(loan("loan-7"));
    assert_eq!((numbers(&first), first.next), (vec![60, 59, 58, 57, 56], Some(56)));
    assert_eq!(numbers(&of(Query { before: first.next, ..loan("loan-7") })), [55, 54, 53, 52, 51]);
}

/// The lists are derived: lost, damaged or of a file that is gone, they are made anew or go with it.
#[tokio::test]
async fn lists_of_names_are_made_anew() {
    let data = TempDir::new().unwrap();
    let log = twenty(&data).await;
    let folder = log.folder();
    let asked = Query { resources: Some(BTreeSet::from(["loan-2".to_owned()])), limit: 9, ..Query::default() };
    assert_eq!(numbers(&page(folder, &asked).unwrap()), [2]);
    let files = read::files(folder).unwrap();
    let list = files[0].with_extension("names");
    // Any one byte of it: of the head, of the tables, of the entries.
    let sound = fs::read(&list).unwrap();
    for at in (0..sound.len()).filter(|at| *at < 64 || at % 997 == 0 || *at + 40 > sound.len()) {
        let mut damaged = sound.clone();
        damaged[at] ^= 0x40;
        fs::write(&list, &damaged).unwrap();
        assert_eq!(numbers(&page(folder, &asked).unwrap()), [2], "byte {at}");
    }
    for at in [8, 40, 16_000, sound.len() - 1] {
        fs::write(&list, &sound[..at]).unwrap();
        assert_eq!(numbers(&page(folder, &asked).unwrap()), [2], "cut at {at}");
    }
    for damage in [b"".as_slice(), b"IPLNAME1", b"IPLNAME2", b"something else that is longer than the head of a list"] {
        fs::write(&list, damage).unwrap();
        assert_eq!(numbers(&page(folder, &asked).unwrap()), [2], "{damage:?}");
    }
    fs::remove_file(&files[0]).unwrap();
    names::make_missing(folder, &files[1..]).unwrap();
    assert!(!list.exists(), "a list without its file");
    assert!(files[1].with_extension("names").exists());
}

/// A company that asked who had looked did not find the call just before: lines are gathered for a moment.
#[tokio::test]
async fn what_was_taken_is_read_once_the_log_has_settled() {
    let data = TempDir::new().unwrap();
    let log = AccessLog::open(data.path()).unwrap();
    assert!(log.settled().await, "also while it is empty");
    for _ in 0..20 {
        assert!(log.append(record("li", "LoanService/GetLoan", &[], "OK")).await);
    }
    assert!(log.settled().await);
    assert_eq!(page(log.folder(), &Query { limit: 100, ..Query::default() }).unwrap().records.len(), 20);
    assert_eq!(log.head().number, 20);
}
