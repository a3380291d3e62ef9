//! Reports, the board and simulations where making them takes time: nothing is run unasked, what is being made says so and
//! comes, what was made is kept, and nobody gets what he could not have had made.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use ipledger::decide::rejection::Class;
use ipledger::journal::block::Block;
use ipledger::proto::v1;
use ipledger::server::inside::streams::ask_for_stream;
use ipledger::storage::memory::MemoryDisk;
use ipledger::storage::{Fault, Storage};
use tokio_stream::StreamExt as _;

use super::boards::{clerk, send_shipped};
use super::desk_scope::bind;
use super::{World, by, id};

/// A store whose journal nobody reads to its end while it is shut.
#[derive(Debug)]
struct Gated {
    inner: Arc<dyn Storage>,
    shut: Arc<AtomicBool>,
}

impl Storage for Gated {
    fn append(&self, block: &Block) -> Result<(), Fault> {
        self.inner.append(block)
    }

    fn read(&self, height: u64) -> Result<Option<Block>, Fault> {
        self.inner.read(height)
    }

    fn scan(&self, from_height: u64, visit: &mut dyn FnMut(Block) -> ControlFlow<()>) -> Result<(), Fault> {
        self.inner.scan(from_height, &mut |block| {
            while self.shut.load(Ordering::Relaxed) {
                std::thread::park_timeout(Duration::from_millis(2));
            }
            visit(block)
        })
    }

    fn tip(&self) -> Result<u64, Fault> {
        self.inner.tip()
    }
}

/// A world, and what shuts and opens its journal.
async fn gated() -> (World, Arc<AtomicBool>) {
    let shut = Arc::new(AtomicBool::new(false));
    let inner: Arc<dyn Storage> = Arc::new(MemoryDisk::default().open().unwrap());
    let world = World::on(Arc::new(Gated { inner, shut: Arc::clone(&shut) })).await;
    (world, shut)
}

/// Moves the journal on.
async fn write(world: &World) {
    let budget = v1::AppropriateBudgetRequest {
        request_id: id(),
        budget_line_id: "ip-finance".into(),
        year: 2026,
        amount: "5.00".into(),
        document: "鹤财〔2026〕9号".into(),
        ..Default::default()
    };
    world.ask("finance:zhao.min", budget).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_run_by_its_button_only_and_kept() {
    let (world, shut) = gated().await;
    let mut browser = clerk(&world, "auditor:sun.lei");
    shut.store(true, Ordering::Relaxed);
    // Form and buttons are there at once, whatever the journal does.
    let form = browser.get("/bureau/reports/budget-execution").await;
    form.shows(&["生成", "下载 XLSX", "下载 CSV"]);
    assert!(!form.body.contains("<table") && !form.body.contains("http-equiv"), "{}", form.body);
    let token = form.token();
    let begun = browser.post("/bureau/reports/budget-execution", &[("csrf", &token)]).await;
    assert_eq!(begun.status, StatusCode::OK);
    begun.shows(&["正在生成", "http-equiv=\"refresh\"", "立即查看", "/bureau/reports/budget-execution?made="]);
    browser.cookies.insert("lang".to_owned(), "en".to_owned());
    browser.get("/bureau/reports/budget-execution").await.shows(&["Run"]);
    shut.store(false, Ordering::Relaxed);
    let made = browser.settled(begun).await;
    made.shows(&["940,000.00", "as known at entry", "Make it anew"]);
    // The same login, another, and a later entry: the kept one is shown, and says of which entry it is.
    let pin = made.hidden("pin");
    write(&world).await;
    shut.store(true, Ordering::Relaxed);
    for who in ["auditor:sun.lei", "finance:zhao.min"] {
        let kept = clerk(&world, who).get("/bureau/reports/budget-execution").await;
        kept.shows(&["940,000.00", "重新生成", &format!("账本截至分录 {pin} ")]);
        assert!(!kept.body.contains("1,000,005.00"), "nothing is run");
    }
    // The file of what is shown is of the same entry; nothing else is read for it.
    let pairs = [("csrf", token.as_str()), ("pin", &pin), ("form", "csv")];
    let file = browser.post("/bureau/reports/budget-execution", &pairs).await;
    let file = browser.settled(file).await;
    assert!(file.headers["content-type"].to_str().unwrap().starts_with("text/csv"), "{}", file.body);
    assert!(file.body.contains("940000.00") && !file.body.contains("1000005.00"), "{}", file.body);
    shut.store(false, Ordering::Relaxed);
    let anew = browser.post("/bureau/reports/budget-execution", &[("csrf", &token)]).await;
    browser.settled(anew).await.shows(&["1,000,005.00"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_takes_time_comes_when_it_is_made() {
    let (world, shut) = gated().await;
    let mut browser = clerk(&world, "finance:zhao.min");
    let token = browser.get("/bureau/reports/yearly").await.token();
    shut.store(true, Ordering::Relaxed);
    let begun = browser.post("/bureau/reports/yearly", &[("csrf", &token), ("form", "xlsx")]).await;
    begun.shows(&["正在生成", "自动开始下载", "/bureau/reports/yearly/file/"]);
    // What was asked for is the asking login's.
    let (_, rest) = begun.body.split_once("/bureau/reports/yearly/file/").unwrap();
    let id: String = rest.chars().take_while(char::is_ascii_hexdigit).collect();
    let mut other = clerk(&world, "finance:zhao.min");
    for address in [format!("/bureau/reports/yearly/file/{id}"), format!("/bureau/reports/yearly?made={id}")] {
        assert_eq!(other.get(&address).await.location(), "/bureau/reports/yearly");
    }
    shut.store(false, Ordering::Relaxed);
    assert!(browser.settled(begun).await.body.starts_with("PK"));
}

#[tokio::test(flavor = "multi_thread")]
async fn this_years_board_reads_nothing_and_an_earlier_one_is_made_and_kept() {
    let (world, shut) = gated().await;
    let mut browser = clerk(&world, "finance:zhao.min");
    shut.store(true, Ordering::Relaxed);
    let now = browser.get("/bureau/boards").await;
    now.shows(&["10,000,000.00", "940,000.00", "aria-current=\"true\">2026"]);
    assert!(!now.body.contains("http-equiv"), "at once");
    let past = browser.get("/bureau/boards?year=2025").await;
    past.shows(&["正在生成", "year=2025"]);
    shut.store(false, Ordering::Relaxed);
    browser.settled(past).await.shows(&["60,000.00", "重新生成"]);
    write(&world).await;
    shut.store(true, Ordering::Relaxed);
    browser.get("/bureau/boards?year=2025").await.shows(&["60,000.00", "重新生成"]);
    browser.get("/bureau/boards?year=2025&anew=1").await.shows(&["正在生成"]);
    shut.store(false, Ordering::Relaxed);
    browser.made("/bureau/boards?year=2025&anew=1").await.shows(&["60,000.00"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_is_adopted_after_it_is_tried_out() {
    let (world, shut) = gated().await;
    let mut browser = clerk(&world, "officer:li.na");
    shut.store(true, Ordering::Relaxed);
    let draft = send_shipped(&mut browser, "hebi-2017-literal").await;
    let begun = browser.get(&draft).await;
    begun.shows(&["正在测算", "http-equiv=\"refresh\"", "补助比例"]);
    assert!(!begun.body.contains("/adopt\""), "what it costs is shown first");
    shut.store(false, Ordering::Relaxed);
    let tried = browser.settled(begun).await;
    tried.shows(&["实际核定", "/adopt\"", "账本截至分录", "重新测算"]);
    shut.store(true, Ordering::Relaxed);
    browser.get(&draft).await.shows(&["实际核定"]);
    write(&world).await;
    browser.get(&draft).await.shows(&["实际核定"]);
    browser.get(&format!("{draft}?anew=1")).await.shows(&["正在测算"]);
    shut.store(false, Ordering::Relaxed);
}

/// Whoever is confined to districts gets a board of his districts and a page that says what he may use; never a report,
/// made before or not.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_sees_some_districts_gets_no_report_of_the_city() {
    let world = World::new().await;
    bind(&world, "operator:boot", ("operator:op", "op"), v1::Role::Operator, &[]).await;
    bind(&world, "operator:op", ("officer:li.na", "li.na"), v1::Role::Officer, &["xunxian"]).await;
    bind(&world, "operator:op", ("officer:all", "all"), v1::Role::Officer, &[]).await;
    let (mut li, mut all) = (clerk(&world, "officer:li.na"), clerk(&world, "officer:all"));
    let token = all.get("/bureau/reports/yearly").await.token();
    let made = all.post("/bureau/reports/yearly", &[("csrf", &token)]).await;
    all.settled(made).await.shows(&["940,000.00"]);
    for address in ["/bureau/reports", "/bureau/reports/yearly"] {
        let words = li.get(address).await;
        assert_eq!(words.status, StatusCode::OK);
        words.shows(&["xunxian", "您可以使用", "/bureau/boards"]);
        assert!(
            !words.body.contains("940,000.00") && !words.body.contains("<form method=\"post\" action=\"/bureau/rep")
        );
    }
    let board = li.get("/bureau/boards").await;
    board.shows(&["xunxian", "您的权限限于"]);
    for others in ["940,000.00", "10,000,000.00", "id=\"pools\"", "id=\"targets\""] {
        assert!(!board.body.contains(others), "{others}\n{}", board.body);
    }
    let own = li.get("/bureau").await.token();
    for form in ["", "csv"] {
        let refused = li.post("/bureau/reports/yearly", &[("csrf", &own), ("form", form)]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
    }
    for (kept_only, wait_ms) in [(true, 0), (false, 60), (false, 0)] {
        let request = v1::RunReportRequest { name: "yearly".to_owned(), kept_only, wait_ms, ..Default::default() };
        let refused = ask_for_stream(&world.edge, &by("officer:li.na"), request).await.err().unwrap();
        assert_eq!(refused.class, Class::PermissionDenied);
    }
    // Whoever loses his right loses what was made for him.
    let kept = v1::RunReportRequest { name: "yearly".to_owned(), kept_only: true, ..Default::default() };
    let mut parts = ask_for_stream(&world.edge, &by("officer:all"), kept.clone()).await.unwrap();
    let first = parts.next().await.unwrap().unwrap().part.unwrap();
    assert!(matches!(first, v1::run_report_response::Part::Head(_)), "{first:?}");
    bind(&world, "operator:op", ("officer:all", "all"), v1::Role::Officer, &["qibin"]).await;
    let refused = ask_for_stream(&world.edge, &by("officer:all"), kept).await.err().unwrap();
    assert_eq!(refused.class, Class::PermissionDenied);
    let board = all.get("/bureau/boards").await;
    board.shows(&["您的权限限于", "qibin"]);
    assert!(!board.body.contains("xunxian"), "{}", board.body);
}

/// What the API says of a report that is not made in time, and of one that nobody asked for.
#[tokio::test(flavor = "multi_thread")]
async fn a_program_hears_that_it_is_not_made_yet() {
    let (world, shut) = gated().await;
    let last = world.ask("auditor:sun.lei", v1::PingRequest::default()).await.last_sequence;
    let ask = async |kept_only: bool, wait_ms: u32| {
        let request = v1::RunReportRequest { name: "targets".to_owned(), kept_only, wait_ms, ..Default::default() };
        let mut parts = ask_for_stream(&world.edge, &by("auditor:sun.lei"), request).await.unwrap();
        parts.next().await.unwrap().unwrap().part.unwrap()
    };
    let pending = |part| match part {
        v1::run_report_response::Part::Pending(pending) => pending,
        other => panic!("{other:?}"),
    };
    shut.store(true, Ordering::Relaxed);
    assert_eq!(pending(ask(true, 0).await), v1::ReportPending::default(), "nothing is begun");
    assert_eq!(pending(ask(false, 5).await).known_at_sequence, last);
    assert_eq!(pending(ask(true, 0).await).known_at_sequence, 0, "nothing is made yet");
    shut.store(false, Ordering::Relaxed);
    let v1::run_report_response::Part::Head(head) = ask(false, 0).await else { panic!("no head") };
    assert_eq!((head.log_size, head.name.as_str()), (last, "targets"));
    assert!(head.made_at.is_some());
}
