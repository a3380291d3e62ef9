//! Boards and auditor's pages: who sees which page, what a form takes, and what becomes of a bank's file.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use ipledger::journal::block::{Block, Head};
use ipledger::portal::session::{Audience, Session};
use ipledger::storage::memory::MemoryDisk;
use ipledger::storage::{Fault, Storage};

use super::{Answer, Browser, World, by};

const ROLES: [&str; 4] = ["officer:li.na", "finance:zhao.min", "auditor:sun.lei", "operator:op"];

/// A browser of somebody of the bureau who is logged in.
pub(super) fn clerk(world: &World, who: &str) -> Browser {
    let mut session = Session::new(by(who), Audience::Bureau, world.portal.now());
    let (role, person) = who.split_once(':').unwrap();
    (session.role, session.name) = (role.to_owned(), person.to_owned());
    let mut browser = world.browser();
    let cookie = world.portal.sessions().open(session).unwrap();
    browser.cookies.insert("__Host-ipledger".to_owned(), cookie);
    browser
}

/// Sends a form with a file. A pair whose name is `file` is the file `bank.csv`.
async fn upload(browser: &mut Browser, address: &str, pairs: &[(&str, &[u8])]) -> Answer {
    let mut body = Vec::new();
    for (name, value) in pairs {
        let file = if *name == "file" { "; filename=\"bank.csv\"\r\nContent-Type: text/csv" } else { "" };
        body.extend(format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").bytes());
        body.extend(*value);
        body.extend(b"\r\n");
    }
    body.extend(b"--x--\r\n");
    let request = Request::post(address).header(header::CONTENT_TYPE, "multipart/form-data; boundary=x");
    browser.send(request, Body::from(body)).await
}

/// A list of June 2025: one line as the ledger has it, one with another amount, one that the ledger does not have.
const JUNE: &str = "还款日期,合同编号,借款人,归还利息,流水号\n\
                    2025-06-20,C-0,鹤壁淇水精密镁业有限公司,80000.00,I1-0\n\
                    2025-06-20,C-1,浚县黎阳农业机械有限公司,79000.00,I1-1\n\
                    2025-06-21,C-9,无名公司,5.00,X-1\n";

async fn send_june(browser: &mut Browser, file: &[u8]) -> Answer {
    let token = browser.get("/bureau/reconciliation").await.token();
    let pairs: [(&str, &[u8]); 6] = [
        ("csrf", token.as_bytes()),
        ("statement", b"repayments/icbc"),
        ("from", b"2025-06-01"),
        ("to", b"2025-06-30"),
        ("tolerance", b"3"),
        ("file", file),
    ];
    upload(browser, "/bureau/reconciliation", &pairs).await
}

/// Every page that stands at an address of its own.
fn pages(world: &World) -> Vec<String> {
    let mut all: Vec<String> = [
        "/bureau/boards",
        "/bureau/boards?year=2025",
        "/bureau/reconciliation",
        "/bureau/reconciliation?month=2025-06",
        "/bureau/periods",
        "/bureau/periods?month=2025-06",
        "/bureau/periods/close?month=2025-06",
        "/bureau/periods/year?year=2025",
        "/bureau/periods/run",
        "/bureau/reports",
        "/bureau/rulebooks",
        "/bureau/rulebooks/new",
        "/bureau/rulebooks/hebi-2017/1",
        "/bureau/rulebooks/hebi-2017/1/text",
        "/bureau/rulebooks/hebi-2017/1/correct",
        "/bureau/books",
        "/bureau/books/verify",
        "/bureau/entry/1",
    ]
    .map(str::to_owned)
    .to_vec();
    all.push(format!("/bureau/loans/{}", world.loans[0]));
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bureau_sees_every_page_and_nobody_else_does() {
    let world = World::new().await;
    for who in ROLES {
        let mut browser = clerk(&world, who);
        for language in ["zh", "en"] {
            browser.cookies.insert("lang".to_owned(), language.to_owned());
            for address in pages(&world) {
                let answer = browser.get(&address).await;
                assert_eq!(answer.status, StatusCode::OK, "{who} {address}\n{}", answer.body);
            }
        }
        let log = browser.get("/bureau/books/access").await;
        let expected = if who.starts_with("auditor") { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(log.status, expected, "{who}");
    }
    let mut company = world.logged_in(0).await;
    for address in pages(&world) {
        assert_eq!(company.get(&address).await.status, StatusCode::FORBIDDEN, "{address}");
        assert_eq!(world.browser().get(&address).await.status, StatusCode::SEE_OTHER, "{address}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_not_found() {
    let world = World::new().await;
    let mut browser = clerk(&world, "auditor:sun.lei");
    for address in [
        "/bureau/reports/nothing",
        "/bureau/rulebooks/nothing/1",
        "/bureau/rulebooks/hebi-2017/9",
        "/bureau/rulebooks/hebi-2017/9/text",
        "/bureau/entry/999999",
        "/bureau/loans/loan-999999",
        "/bureau/loans/x",
    ] {
        assert_eq!(browser.get(address).await.status, StatusCode::NOT_FOUND, "{address}");
    }
    for id in ["x", &"0".repeat(32)] {
        for end in ["", "/result", "/result.xlsx"] {
            let answer = browser.get(&format!("/bureau/reconciliation/files/{id}{end}")).await;
            assert_eq!(answer.location(), "/bureau/reconciliation?gone=1");
        }
        let answer = browser.get(&format!("/bureau/rulebooks/drafts/{id}")).await;
        assert_eq!(answer.location(), "/bureau/rulebooks/new?gone=1");
    }
    browser.get("/bureau/reconciliation?gone=1").await.shows(&["不再保留"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_board_has_figures_charts_and_tables() {
    let world = World::new().await;
    let mut browser = clerk(&world, "finance:zhao.min");
    let board = browser.made("/bureau/boards?year=2025").await;
    // Two subsidies of 30,000.00 were paid out of a million; two loans of five million are out.
    board.shows(&["ip-finance 2025", "60,000.00", "940,000.00", "10,000,000.00", "role=\"img\"", "<table"]);
    assert!(!board.body.contains("style="), "the policy forbids styles in the page");
    browser.cookies.insert("lang".to_owned(), "en".to_owned());
    browser.made("/bureau/boards?year=2025").await.shows(&["Budgets", "Subsidies by district", "qibin"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_banks_file_is_read_compared_and_signed_off() {
    let world = World::new().await;
    let mut browser = clerk(&world, "finance:zhao.min");
    let sent = send_june(&mut browser, JUNE.as_bytes()).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    let file = sent.location();
    let preview = browser.get(&file).await;
    preview.shows(&["CSV", "UTF-8", "归还利息", "还款日期", "bank.csv", "80,000.00", "C-9"]);
    let result = browser.get(&format!("{file}/result")).await;
    result.shows(&["金额不符", "账本缺失", "一致", "79,000.00", "80,000.00", "2 项不一致"]);
    result.shows(&[&format!("/bureau/loans/{}", world.loans[1])]);
    let book = browser.get(&format!("{file}/result.xlsx")).await;
    assert!(book.body.starts_with("PK"), "a workbook");
    assert!(book.headers["content-disposition"].to_str().unwrap().contains("attachment"));
    // Without a note the ledger refuses, and the page says so with what was typed.
    let (token, comparison, request) = (result.token(), result.hidden("comparison"), result.hidden("request"));
    let sign = |note: &'static str| {
        [
            ("csrf", token.clone()),
            ("comparison", comparison.clone()),
            ("request", request.clone()),
            ("note", note.to_owned()),
        ]
    };
    let pairs = sign("");
    let refused =
        browser.post(&format!("{file}/sign"), &pairs.each_ref().map(|(name, value)| (*name, value.as_str()))).await;
    refused.shows(&["role=\"alert\"", "aria-invalid"]);
    let pairs = sign("银行次月更正");
    let signed =
        browser.post(&format!("{file}/sign"), &pairs.each_ref().map(|(name, value)| (*name, value.as_str()))).await;
    assert_eq!(signed.status, StatusCode::SEE_OTHER, "{}", signed.body);
    browser.get(&signed.location()).await.shows(&["已确认", "bank.csv", "zhao.min"]);
    assert_eq!(world.portal.uploads().count(), 0, "the file is let go with the sign-off");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_none_is_refused_in_words() {
    let world = World::new().await;
    let mut browser = clerk(&world, "officer:li.na");
    let empty = send_june(&mut browser, b"").await;
    assert_eq!(empty.status, StatusCode::BAD_REQUEST);
    empty.shows(&["没有收到文件"]);
    let large = send_june(&mut browser, &vec![b'x'; 33 * 1024 * 1024]).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    large.shows(&["32 MiB"]);
    assert_eq!(world.portal.uploads().count(), 0);
    for broken in [&b"PK\x03\x04not a workbook"[..], &[0xff, 0xfe, 0x00], b"no heading at all\n1,2,3\n"] {
        let sent = send_june(&mut browser, broken).await;
        let preview = browser.get(&sent.location()).await;
        assert_eq!(preview.status, StatusCode::OK, "{}", preview.body);
        preview.shows(&["role=\"alert\""]);
        let result = browser.get(&format!("{}/result", sent.location())).await;
        assert_ne!(result.status, StatusCode::OK, "nothing is compared");
    }
    let misread = JUNE.replace("79000.00", "12.345");
    let sent = send_june(&mut browser, misread.as_bytes()).await;
    browser.get(&sent.location()).await.shows(&["无法识别", "12.345"]);
    assert_eq!(browser.get(&format!("{}/result", sent.location())).await.status, StatusCode::SEE_OTHER);
    // A bank that is none of the ledger's.
    let token = browser.get("/bureau/reconciliation").await.token();
    let pairs: [(&str, &[u8]); 5] = [
        ("csrf", token.as_bytes()),
        ("statement", b"repayments/nobody"),
        ("from", b"2025-06-01"),
        ("to", b"2025-06-30"),
        ("file", JUNE.as_bytes()),
    ];
    let sent = upload(&mut browser, "/bureau/reconciliation", &pairs).await;
    assert_eq!(sent.status, StatusCode::BAD_REQUEST);
    sent.shows(&["请选择这是谁的清单"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_its_senders_and_goes_with_the_logout() {
    let world = World::new().await;
    let (mut one, mut other) = (clerk(&world, "officer:li.na"), clerk(&world, "finance:zhao.min"));
    let file = send_june(&mut one, JUNE.as_bytes()).await.location();
    assert_eq!(other.get(&file).await.location(), "/bureau/reconciliation?gone=1");
    let token = other.get("/bureau/books").await.token();
    other.post(&format!("{file}/discard"), &[("csrf", &token)]).await;
    assert_eq!(one.get(&file).await.status, StatusCode::OK, "only its owner lets it go");
    let token = one.get("/bureau/books").await.token();
    one.post("/logout", &[("csrf", &token)]).await;
    assert_eq!(world.portal.uploads().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_file_is_read_without_the_token_before_it() {
    let world = World::new().await;
    let mut browser = clerk(&world, "officer:li.na");
    let own = browser.get("/bureau/reconciliation").await.token();
    let foreign = clerk(&world, "finance:zhao.min").get("/bureau/books").await.token();
    for address in ["/bureau/reconciliation", "/bureau/rulebooks/new"] {
        let file = ("file", JUNE.as_bytes());
        let forms: [Vec<(&str, &[u8])>; 4] = [
            vec![file],
            vec![("csrf", b""), file],
            vec![("csrf", foreign.as_bytes()), file],
            // Behind the file it comes too late: the file would have been read by then.
            vec![file, ("csrf", own.as_bytes())],
        ];
        for form in forms {
            let answer = upload(&mut browser, address, &form).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{address}");
            answer.shows(&["表单已过期"]);
        }
    }
    assert_eq!(world.portal.uploads().count(), 0);
}

/// Every form that writes, with fields that would do.
fn writes() -> Vec<(&'static str, Vec<(&'static str, &'static str)>)> {
    let id = "00000000-0000-4000-8000-000000000001";
    vec![
        ("/bureau/periods/close", vec![("month", "2025-06"), ("request", id), ("reason", "x")]),
        ("/bureau/periods/year", vec![("year", "2025"), ("request", id), ("document", "x"), ("confirm", "1")]),
        (
            "/bureau/periods/run",
            vec![("programme", "pledge-cost"), ("year", "2025"), ("request", id), ("confirm", "1")],
        ),
        (
            "/bureau/rulebooks/hebi-2017/1/correct",
            vec![("programme", "pledge-cost"), ("reason", "x"), ("request", id), ("confirm", "1")],
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn no_form_of_the_boards_is_taken_without_its_token_or_from_elsewhere() {
    let world = World::new().await;
    let mut browser = clerk(&world, "finance:zhao.min");
    let (own, foreign) =
        (browser.get("/bureau/books").await.token(), clerk(&world, "officer:li.na").get("/bureau").await.token());
    let more = ["/bureau/books/verify", "/bureau/books/compare", "/bureau/books/access", "/bureau/reports/yearly"];
    let files = ["layout", "sign", "discard"].map(|end| format!("/bureau/reconciliation/files/x/{end}"));
    let written = writes().into_iter().map(|(address, _)| address.to_owned());
    let all: Vec<String> = written.chain(more.map(str::to_owned)).chain(files).collect();
    for address in all.into_iter().chain(["/bureau/rulebooks/drafts/x/adopt".to_owned()]) {
        for token in ["", "0", &foreign] {
            let answer = browser.post(&address, &[("csrf", token), ("month", "2025-06")]).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{address}");
            answer.shows(&["表单已过期"]);
        }
        let kind = "application/x-www-form-urlencoded";
        let request = Request::post(&address).header(header::CONTENT_TYPE, kind).header("sec-fetch-site", "cross-site");
        let answer = browser.send(request, Body::from(format!("csrf={own}"))).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{address}");
        answer.shows(&["表单来自其他网站"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_sees_no_button_that_writes_and_is_refused_all_the_same() {
    let world = World::new().await;
    let mut browser = clerk(&world, "auditor:sun.lei");
    let token = browser.get("/bureau/books").await.token();
    for (address, mut fields) in writes() {
        fields.push(("csrf", &token));
        let answer = browser.post(address, &fields).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{address}");
        assert_eq!(browser.post(address, &[("csrf", "0")]).await.status, StatusCode::FORBIDDEN);
    }
    for address in pages(&world) {
        let body = browser.get(&address).await.body;
        for word in ["确认结账", "确认兑付", "确认年度结账", "采用此版本", "确认对账结果", "记入更正"]
        {
            assert!(!body.contains(word), "{address} offers {word}");
        }
    }
    // Comparing and trying out record nothing: an auditor may; signing and adopting are refused.
    let file = send_june(&mut browser, JUNE.as_bytes()).await.location();
    let result = browser.get(&format!("{file}/result")).await;
    assert!(!result.body.contains("/sign"), "no form to sign");
    let signed = browser.post(&format!("{file}/sign"), &[("csrf", &token), ("note", "x")]).await;
    assert_eq!(signed.status, StatusCode::FORBIDDEN);
    let draft = send_shipped(&mut browser, "hebi-2017-literal").await;
    assert!(!browser.made(&draft).await.body.contains("/adopt\""));
    assert_eq!(browser.post(&format!("{draft}/adopt"), &[("csrf", &token)]).await.status, StatusCode::FORBIDDEN);
}

pub(super) async fn send_shipped(browser: &mut Browser, name: &str) -> String {
    let token = browser.get("/bureau/rulebooks/new").await.token();
    let sent =
        upload(browser, "/bureau/rulebooks/new", &[("csrf", token.as_bytes()), ("shipped", name.as_bytes())]).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    sent.location()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rulebook_is_tried_out_before_it_is_adopted() {
    let world = World::new().await;
    let mut browser = clerk(&world, "officer:li.na");
    let draft = send_shipped(&mut browser, "hebi-2017-literal").await;
    browser.made(&draft).await.shows(&["新的办法", "补助比例"]);
    let shown = browser.made(&format!("{draft}?against=hebi-2017%401")).await;
    shown.shows(&["实际核定", "60,000.00", "pledge-cost", "与现行版本的差异", "hebi-2017@1"]);
    // Both cannot be in force on the same days: the ledger says so, and the page keeps what it showed.
    let pairs = [("csrf", shown.token()), ("request", shown.hidden("request")), ("effective", "2026-03-01".to_owned())];
    let refused =
        browser.post(&format!("{draft}/adopt"), &pairs.each_ref().map(|(name, value)| (*name, value.as_str()))).await;
    refused.shows(&["role=\"alert\"", "实际核定"]);
    let second = include_str!("../../../rulebooks/hebi-2017.toml").replacen("version = 1", "version = 2", 1);
    let second = second.replacen("valid_from = 2017-09-30", "valid_from = 2026-01-01", 1);
    let sent = [("csrf", refused.token().into_bytes()), ("text", second.into_bytes())];
    let sent =
        upload(&mut browser, "/bureau/rulebooks/new", &sent.each_ref().map(|(name, value)| (*name, value.as_slice())))
            .await;
    let draft = sent.location();
    let shown = browser.made(&draft).await;
    shown.shows(&["hebi-2017@2", "施行日期", "2026-01-01"]);
    browser.cookies.insert("lang".to_owned(), "en".to_owned());
    browser.made(&format!("{draft}?from=2026-01-01")).await.shows(&["Had it been in force", "What changes"]);
    browser.get(&format!("{draft}?from=nonsense")).await.shows(&["role=\"alert\""]);
    let (token, request) = (shown.token(), shown.hidden("request"));
    let why = ("reason", "鹤市监〔2026〕3号会议纪要");
    let pairs = [("csrf", token.as_str()), ("request", &request), ("effective", "2026-03-01"), why];
    let adopted = browser.post(&format!("{draft}/adopt"), &pairs).await;
    assert_eq!(adopted.status, StatusCode::SEE_OTHER, "{}", adopted.body);
    browser.get(&adopted.location()).await.shows(&["Adopted, in entry", "鹤市监〔2026〕3号会议纪要", "li.na"]);
    let entry = adopted.location().split_once("adopted=").unwrap().1.to_owned();
    browser.get(&format!("/bureau/entry/{entry}")).await.shows(&["Reason: 鹤市监〔2026〕3号会议纪要."]);
    // What is wrong is said, and nothing is kept.
    let token = browser.get("/bureau/rulebooks/new").await.token();
    for wrong in [&b""[..], b"schema = 1", &[0xff, 0xfe]] {
        let pairs: [(&str, &[u8]); 2] = [("csrf", token.as_bytes()), ("file", wrong)];
        let answer = upload(&mut browser, "/bureau/rulebooks/new", &pairs).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        answer.shows(&["role=\"alert\""]);
    }
    let large = vec![b'#'; 300 * 1024];
    let answer = upload(&mut browser, "/bureau/rulebooks/new", &[("csrf", token.as_bytes()), ("file", &large)]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    let correct = browser.get("/bureau/rulebooks/hebi-2017/1/correct").await;
    let (token, request) = (correct.token(), correct.hidden("request"));
    let pairs = [("csrf", token.as_str()), ("request", &request), ("programme", "pledge-cost"), ("reason", "x")];
    let preview = browser.post("/bureau/rulebooks/hebi-2017/1/correct", &pairs).await;
    assert_eq!(preview.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_is_closed_with_a_reason_where_something_is_open() {
    let world = World::new().await;
    let mut browser = clerk(&world, "finance:zhao.min");
    browser.get("/bureau/periods?month=2025-06").await.shows(&["未对账", "工商银行鹤壁分行", "2025-03"]);
    let ask = browser.get("/bureau/periods/close?month=2025-06").await;
    let (token, request) = (ask.token(), ask.hidden("request"));
    let pairs = [("csrf", token.as_str()), ("request", &request), ("month", "2025-06"), ("reason", "")];
    let refused = browser.post("/bureau/periods/close", &pairs).await;
    refused.shows(&["role=\"alert\"", "理由"]);
    let pairs = [("csrf", token.as_str()), ("request", &request), ("month", "2025-06"), ("reason", "银行系统停机")];
    let closed = browser.post("/bureau/periods/close", &pairs).await;
    assert_eq!(closed.status, StatusCode::SEE_OTHER, "{}", closed.body);
    browser.get(&closed.location()).await.shows(&["已结账"]);
    let again = browser.post("/bureau/periods/close", &pairs).await;
    assert_eq!(again.location(), closed.location(), "the same button twice closes it once");
    // A year whose months are open is refused in words.
    let ask = browser.get("/bureau/periods/year?year=2025").await;
    let (token, request) = (ask.token(), ask.hidden("request"));
    let pairs = [
        ("csrf", token.as_str()),
        ("request", &request),
        ("year", "2025"),
        ("document", "鹤财〔2026〕1号"),
        ("carry", "ip-finance"),
    ];
    let year = browser.post("/bureau/periods/year", &pairs).await;
    year.shows(&["role=\"alert\"", "checked", "鹤财〔2026〕1号"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_report_is_a_page_and_two_files() {
    let world = World::new().await;
    let mut browser = clerk(&world, "auditor:sun.lei");
    let list = browser.get("/bureau/reports").await.body;
    let names: Vec<&str> = list.split("/bureau/reports/").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(names.len(), 11, "{names:?}");
    for name in names {
        let address = format!("/bureau/reports/{name}");
        let page = browser.get(&address).await;
        assert_eq!(page.status, StatusCode::OK, "{name}");
        let token = page.token();
        let pairs = [("csrf", token.as_str()), ("from", "2025-01-01"), ("to", "2025-12-31"), ("form", "csv")];
        let file = browser.post(&address, &pairs).await;
        let file = browser.settled(file).await;
        assert!(file.headers["content-type"].to_str().unwrap().starts_with("text/csv"), "{name}: {}", file.body);
        let file = browser.post(&address, &[("csrf", &token), ("form", "xlsx")]).await;
        let file = browser.settled(file).await;
        assert!(file.body.starts_with("PK"), "{name}");
    }
    let page = browser.get("/bureau/reports/subsidies").await;
    let (token, company) = (page.token(), world.companies[0].clone());
    let pairs = [("csrf", token.as_str()), ("to", "2025-12-31"), ("enterprise", &company)];
    let one = browser.post("/bureau/reports/subsidies", &pairs).await;
    let one = browser.settled(one).await;
    one.shows(&["淇水", "30,000.00"]);
    assert!(!one.body.contains("黎阳"), "only the one that was asked for");
    let wrong = browser.post("/bureau/reports/subsidies", &[("csrf", &token), ("to", "yesterday")]).await;
    wrong.shows(&["role=\"alert\""]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_books_say_up_to_when_they_are_intact() {
    let world = World::new().await;
    let mut browser = clerk(&world, "auditor:sun.lei");
    // The keeper makes a checkpoint when one is asked for the first time.
    let first = browser.get("/bureau/books").await;
    first.shows(&["账本完整至", "签名正确", "第一次查看"]);
    let kept = browser.get("/bureau/books/checkpoint").await.body;
    assert!(kept.starts_with("hebi.example/test\n"), "{kept}");
    world.ask("officer:li.na", ipledger::proto::v1::GetReceiptRequest { sequence: 1 }).await;
    let again = browser.get("/bureau/books").await;
    again.shows(&["只增不改"]);
    again.shows(&["<a href=\"/bureau/books\">账本完整至"]);
    let token = again.token();
    browser.post("/bureau/books/compare", &[("csrf", &token), ("note", &kept)]).await.shows(&["只增不改"]);
    for wrong in ["", "x", &kept.replacen('4', "5", 1), &kept.replace("— hebi", "— other")] {
        let answer = browser.post("/bureau/books/compare", &[("csrf", &token), ("note", wrong)]).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong}\n{}", answer.body);
    }
}

/// Begins an audit and looks until it has ended.
async fn audited(browser: &mut Browser) -> Answer {
    let token = browser.get("/bureau/books").await.token();
    let begun = browser.post("/bureau/books/verify", &[("csrf", &token)]).await;
    assert_eq!(begun.location(), "/bureau/books/verify", "{}", begun.body);
    for _ in 0..200 {
        let shown = browser.get("/bureau/books/verify").await;
        if !shown.body.contains("校验进行中") {
            return shown;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the audit does not end");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_of_sound_books_finds_nothing() {
    let world = World::new().await;
    let mut browser = clerk(&world, "auditor:sun.lei");
    browser.get("/bureau/books").await;
    audited(&mut browser).await.shows(&["未发现问题", "sun.lei", "延续检查点"]);
    for who in ["officer:li.na", "finance:zhao.min"] {
        let mut other = clerk(&world, who);
        other.get("/bureau/books/verify").await.shows(&["未发现问题"]);
        let token = other.get("/bureau/books").await.token();
        let refused = other.post("/bureau/books/verify", &[("csrf", &token)]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{who}");
    }
}

/// A store whose first block is another one as soon as it is told so.
#[derive(Debug)]
struct Rotten {
    inner: Arc<dyn Storage>,
    rots: Arc<AtomicBool>,
}

impl Rotten {
    fn rot(&self, block: Block) -> Block {
        if !self.rots.load(Ordering::Relaxed) || block.height() != 1 {
            return block;
        }
        let mut records = block.records().to_vec();
        // The last byte of the first record: somebody changed a text.
        *records[0].last_mut().unwrap() ^= 1;
        Head::EMPTY.seal(records).0
    }
}

impl Storage for Rotten {
    fn append(&self, block: &Block) -> Result<(), Fault> {
        self.inner.append(block)
    }

    fn read(&self, height: u64) -> Result<Option<Block>, Fault> {
        Ok(self.inner.read(height)?.map(|block| self.rot(block)))
    }

    fn scan(&self, from_height: u64, visit: &mut dyn FnMut(Block) -> ControlFlow<()>) -> Result<(), Fault> {
        self.inner.scan(from_height, &mut |block| visit(self.rot(block)))
    }

    fn tip(&self) -> Result<u64, Fault> {
        self.inner.tip()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_finds_a_record_that_was_changed_under_the_running_ledger() {
    let rots = Arc::new(AtomicBool::new(false));
    let inner: Arc<dyn Storage> = Arc::new(MemoryDisk::default().open().unwrap());
    let world = World::on(Arc::new(Rotten { inner, rots: Arc::clone(&rots) })).await;
    let mut browser = clerk(&world, "auditor:sun.lei");
    audited(&mut browser).await.shows(&["未发现问题"]);
    rots.store(true, Ordering::Relaxed);
    let found = audited(&mut browser).await;
    found.shows(&["发现损坏", "badge bad"]);
    assert!(!found.body.contains("未发现问题"));
    browser.get("/bureau/books").await.shows(&["发现损坏"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_access_log_tells_an_auditor_who_looked_at_whom() {
    let world = World::new().await;
    let (mut officer, mut auditor) = (clerk(&world, "officer:li.na"), clerk(&world, "auditor:sun.lei"));
    officer.get(&format!("/bureau/loans/{}", world.loans[1])).await;
    officer.get("/bureau/books/access").await;
    let page = auditor.get("/bureau/books/access").await;
    let token = page.token();
    let find = |pairs: Vec<(&'static str, String)>| {
        let mut all = vec![("csrf", token.clone())];
        all.extend(pairs);
        all
    };
    let who = find(vec![("principal", "li.na".to_owned()), ("rpc", "GetLoan".to_owned())]);
    let pairs: Vec<(&str, &str)> = who.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let found = auditor.post("/bureau/books/access", &pairs).await;
    found.shows(&["LoanService/GetLoan", &world.loans[1]]);
    assert!(!found.body.contains("<td class=\"mono\">AccessService/ListAccess"), "another call");
    let denied = find(vec![("denied", "1".to_owned())]);
    let pairs: Vec<(&str, &str)> = denied.iter().map(|(name, value)| (*name, value.as_str())).collect();
    auditor.post("/bureau/books/access", &pairs).await.shows(&["PERMISSION_DENIED", "AccessService/ListAccess"]);
    let about = find(vec![("resource", world.companies[1].clone())]);
    let pairs: Vec<(&str, &str)> = about.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let found = auditor.post("/bureau/books/access", &pairs).await;
    found.shows(&[&world.companies[1]]);
    let token = found.token();
    let later = [("csrf", token.as_str()), ("from", "2027-01-01")];
    auditor.post("/bureau/books/access", &later).await.shows(&["没有记录"]);
    // More than a page: the older ones come by the button.
    for _ in 0..105 {
        auditor.get("/bureau/entry/1").await;
    }
    let page = auditor.get("/bureau/books/access").await;
    let (token, next) = (page.token(), page.hidden("page_token"));
    assert!(!next.is_empty());
    let older = [("csrf", token.as_str()), ("page_token", &next), ("more", "1")];
    let older = auditor.post("/bureau/books/access", &older).await;
    assert_eq!(older.status, StatusCode::OK);
    assert_ne!(older.body.split("<td class=\"number\">").nth(1), page.body.split("<td class=\"number\">").nth(1));
}
