//! A company's way through its pages, from the overview to the receipt, in both languages.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};

use super::World;

#[tokio::test(flavor = "multi_thread")]
async fn the_overview_says_it_all() {
    let world = World::new().await;
    let mut browser = world.logged_in(0).await;
    let page = browser.get("/my").await;
    page.shows(&[
        "<html lang=\"zh-CN\">",
        "鹤壁淇水精密镁业有限公司",
        "知识产权质押融资费用补助",
        "已拨付",
        "30,000.00",
        "2025年6月24日",
        "BF-0",
        "170,000.00",
        "200,000.00",
        "工商银行鹤壁分行",
        "C-0",
        "160,000.00",
        "商标",
        "质押登记有效",
    ]);
    let page = browser.get("/my?lang=en").await;
    page.shows(&[
        "<html lang=\"en\">",
        "Paid",
        "24 June 2025",
        "Pledge registered and in force",
        "href=\"/my?lang=zh\"",
    ]);
    browser.get("/my").await.shows(&["<html lang=\"en\">"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn why_this_amount_with_the_clause_and_what_decided() {
    let world = World::new().await;
    let mut browser = world.logged_in(0).await;
    let page = browser.get(&format!("/my/applications/{}", world.applications[0])).await;
    page.shows(&[
        "为什么是这个金额",
        "决定金额的是：补助比例",
        "给予不超过实际发生额50%、年贴息不超过20万元的补助",
        "提交申请，核定 30,000.00",
        "审核通过",
        "已拨付，拨款文号 BF-0",
        &world.portal.secret().query_code(&world.applications[0]),
    ]);
}

/// The fields of the form for one valuation invoice and the bank's first interest payment.
fn filled<'a>(world: &'a World, token: &'a str, invoice: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("csrf", token),
        ("programme", "pledge-cost"),
        ("loan", &world.loans[0]),
        ("rows", "1"),
        ("kind-0", "valuation"),
        ("cost-0", "12,000"),
        ("paid-0", "2025-07-01"),
        ("invoice-0", invoice),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn trying_out_records_nothing_and_applying_books_once() {
    let world = World::new().await;
    let mut browser = world.logged_in(0).await;
    browser.get("/my/apply").await.shows(&["知识产权质押融资费用补助", "C-0"]);
    let form = browser.get(&format!("/my/apply/form?programme=pledge-cost&loan={}", world.loans[0])).await;
    form.shows(&["80,000.00", "2025年6月20日", "评估费", "type=\"date\""]);
    let payment =
        form.body.split("name=\"payment\" id=\"payment-").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let token = form.token();
    let before = world.last().await;
    let mut fields = filled(&world, &token, "25412000000000000801");
    fields.push(("payment", &payment));
    let preview = browser.post("/my/apply/preview", &fields).await;
    // 80,000 ÷ 2 + 12,000 ÷ 2
    preview.shows(&["46,000.00", "尚未记账", "确认提交申请"]);
    assert_eq!(world.last().await, before, "nothing is recorded");
    let request = preview.hidden("request");
    fields.push(("request", &request));
    let sent = browser.post("/my/apply", &fields).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    let again = browser.post("/my/apply", &fields).await;
    assert_eq!(again.location(), sent.location(), "sent twice, booked once");
    assert_eq!(world.last().await, before + 1);
    browser.get(&sent.location()).await.shows(&["46,000.00", "待审核", "撤回申请"]);
    let form = browser.get(&format!("/my/apply/form?programme=pledge-cost&loan={}", world.loans[0])).await;
    assert!(!form.body.contains(&format!("payment-{payment}\"")), "a used payment is not offered again");
    let withdrawn = browser.post(&format!("{}/withdraw", sent.location()), &[("csrf", &token)]).await;
    assert_eq!(withdrawn.location(), sent.location());
    browser.get(&sent.location()).await.shows(&["已撤回"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_invoice_is_seen_at_once_and_a_wrong_one_at_its_row() {
    let world = World::new().await;
    let mut browser = world.logged_in(0).await;
    let token = browser.get("/my/apply").await.token();
    // The other company's invoice: used up, and whose it is nobody learns.
    let used = browser.post("/my/apply/preview", &filled(&world, &token, "00000000000000000901")).await;
    used.shows(&["0.00", "凭据"]);
    assert!(!used.body.contains("确认提交申请") && !used.body.contains("黎阳"), "{}", used.body);
    let wrong = browser.post("/my/apply/preview", &filled(&world, &token, "123")).await;
    assert!(!wrong.body.contains("items["), "no path of the API: {}", wrong.body);
    wrong.shows(&[
        "role=\"alert\"",
        "发票 1：",
        "name=\"invoice-0\" value=\"123\"",
        "aria-invalid=\"true\"",
        "value=\"12000\"",
    ]);
    let more = browser.post("/my/apply/form", &[filled(&world, &token, "123"), vec![("more", "1")]].concat()).await;
    more.shows(&["name=\"invoice-0\" value=\"123\"", "name=\"invoice-1\""]);
    let empty = browser.post("/my/apply/preview", &filled(&world, &token, "")[..4]).await;
    empty.shows(&["请至少勾选一笔付息"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_is_printed_downloaded_and_checked_by_anybody() {
    let world = World::new().await;
    let mut browser = world.logged_in(0).await;
    let address = format!("/my/applications/{}", world.applications[0]);
    let paper = browser.get(&format!("{address}/receipt")).await;
    let code = world.portal.secret().query_code(&world.applications[0]);
    paper.shows(&["人民币叁万元整", "¥30,000.00", "<svg", &code, &world.companies[0], "hebi.example/test"]);
    assert!(!paper.body.contains("<?xml"));
    let file = browser.get(&format!("{address}/receipt.json")).await;
    assert_eq!(file.headers["content-type"], "application/json");
    assert!(file.headers["content-disposition"].to_str().unwrap().starts_with("attachment; filename=\"receipt-"));
    let mut anybody = world.browser();
    let token = anybody.get("/verify").await.token();
    let checked = anybody.post("/verify", &[("csrf", &token), ("receipt", &file.body)]).await;
    checked.shows(&["凭证成立", "hebi.example/test"]);
    let forged = file.body.replacen("\"tree_size\": ", "\"tree_size\": 1", 1);
    assert_ne!(forged, file.body);
    anybody.post("/verify", &[("csrf", &token), ("receipt", &forged)]).await.shows(&["凭证不成立"]);
    let boundary = "xxBOUNDARYxx";
    let body = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n--{boundary}\r\nContent-Disposition: \
         form-data; name=\"file\"; filename=\"r.json\"\r\nContent-Type: application/json\r\n\r\n{}\r\n--{boundary}--\r\n",
        file.body
    );
    let kind = format!("multipart/form-data; boundary={boundary}");
    let request = Request::post("/verify").header(header::CONTENT_TYPE, kind);
    anybody.send(request, Body::from(body)).await.shows(&["凭证成立"]);
    let scanned =
        anybody.get(&format!("/status?n={}&c={code}", world.applications[0].trim_start_matches("application-"))).await;
    scanned.shows(&["30,000.00", "BF-0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_sees_who_looked_and_pages_are_in_the_access_log() {
    let world = World::new().await;
    let mut browser = world.logged_in(0).await;
    browser.get("/my").await;
    let page = browser.get("/my/access").await;
    page.shows(&["签发登录码", "li.na", "登记企业", "质押登记"]);
    assert!(!page.body.contains("查看申请列表"), "one's own calls only when asked for");
    browser.get("/my/access?own=1").await.shows(&["查看申请列表", "本企业"]);
    let mut other = world.logged_in(1).await;
    let address = format!("/my/applications/{}", world.applications[0]);
    assert_eq!(other.get(&address).await.status, StatusCode::NOT_FOUND);
    let verified = ipledger::access_log::verify(world.folder.path()).unwrap();
    assert!(verified.lines > 30, "{}", verified.lines);
    let mut text = String::new();
    for file in std::fs::read_dir(world.folder.path().join("access")).unwrap() {
        text.push_str(&std::fs::read_to_string(file.unwrap().path()).unwrap());
    }
    assert!(text.contains(&format!("\"ipledger:enterprise:{}\"", world.companies[0])));
    assert!(text.contains("\"rpc\":\"SubsidyService/GetApplication\""));
}
