//! Several at once: the preview says what is left out and why, what is confirmed is done once.

use super::{Answer, World};

/// Every value of a hidden field.
fn hidden_all(page: &Answer, name: &str) -> Vec<String> {
    let mark = format!("name=\"{name}\" value=\"");
    page.body.split(&mark).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_totals_and_excludes_and_the_confirmation_is_done_once() {
    let world = World::new().await;
    let good = [world.apply(0, 1, "12000").await, world.apply(1, 2, "8000").await];
    let own = world.submit(1, "officer:li.na", 3, "4000").await;
    let paid = world.applications[0].clone();
    let mut li = world.clerk("officer", "li.na");
    let token = li.get("/bureau").await.token();
    let before = world.last().await;
    let ticked = [("csrf", token.as_str()), ("case", &good[0]), ("case", &own), ("case", &good[1]), ("case", &paid)];
    let preview = li.post("/bureau/batch", &ticked).await;
    preview.shows(&[
        "<dt>将办理</dt><dd>2</dd>",
        "<dt>合计金额</dt><dd>10,000.00</dd>",
        "<dt>不能办理</dt><dd>2</dd>",
        "“li.na”是提交人；须由另一人办理",
        "目前没有您可以批量办理的事项",
        "知识产权质押融资费用补助 · 审核补助申请",
        "ip-finance 2026",
        // An approval moves nothing: 12,000.00 of three applications stay reserved.
        ">12,000.00</span> → <span class=\"money\">12,000.00<",
    ]);
    assert_eq!(world.last().await, before, "a preview records nothing");
    let orders = hidden_all(&preview, "order");
    assert_eq!(orders.len(), 2);
    let mut fields = vec![("csrf", token.as_str()), ("date", "")];
    fields.extend(orders.iter().map(|order| ("order", order.as_str())));
    let result = li.post("/bureau/batch/run", &fields).await;
    result.shows(&["<dt>已办理</dt><dd>2</dd>", "<dt>未办理</dt><dd>0</dd>", &good[0], &good[1]]);
    assert_eq!(world.last().await, before + 2);
    let again = li.post("/bureau/batch/run", &fields).await;
    again.shows(&["<dt>已办理</dt><dd>2</dd>", "<dt>未办理</dt><dd>0</dd>"]);
    assert_eq!(world.last().await, before + 2, "sent twice, booked once");
    // Another preview of the same cases: nothing is left to do.
    let empty = li.post("/bureau/batch", &ticked).await;
    empty.shows(&["<dt>将办理</dt><dd>0</dd>", "<dt>不能办理</dt><dd>4</dd>"]);
    assert_eq!(hidden_all(&empty, "order").len(), 0);
}

/// An order that somebody wrote himself, for a case of another district, ends the batch before anything is done.
#[tokio::test(flavor = "multi_thread")]
async fn a_forged_order_is_found_before_anything_is_done() {
    let world = World::new().await;
    let good = world.apply(0, 1, "12000").await;
    let mut li = world.clerk("officer", "li.na");
    let token = li.get("/bureau").await.token();
    let preview = li.post("/bureau/batch", &[("csrf", &token), ("case", &good)]).await;
    let order = hidden_all(&preview, "order").remove(0);
    let forged = format!("application-999999 approve-subsidy {}", super::id());
    let before = world.last().await;
    let fields = [("csrf", token.as_str()), ("order", &order), ("order", &forged)];
    let answer = li.post("/bureau/batch/run", &fields).await;
    assert_eq!(answer.status, axum::http::StatusCode::NOT_FOUND);
    assert_eq!(world.last().await, before, "nothing was done before it");
    li.post("/bureau/batch/run", &fields[..2]).await.shows(&["<dt>已办理</dt><dd>1</dd>"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_payments_needs_a_reference_and_shows_the_budget_after() {
    let world = World::new().await;
    let (mut li, mut zhao) = (world.clerk("officer", "li.na"), world.clerk("finance", "zhao.min"));
    let cases = [world.apply(0, 1, "12000").await, world.apply(1, 2, "8000").await];
    let token = li.get("/bureau").await.token();
    for case in &cases {
        let request = super::id();
        li.post(&format!("/bureau/applications/{case}/approve-subsidy"), &[("csrf", &token), ("request", &request)])
            .await;
    }
    // Blacklisted between approval and payment.
    let black = ipledger::proto::v1::AddBlacklistEntryRequest {
        request_id: super::id(),
        enterprise: world.companies[1].clone(),
        ground: ipledger::proto::v1::BlacklistGround::Fraud.into(),
        document: "（2026）豫06执1号".into(),
        ..Default::default()
    };
    world.ask("officer:li.na", black).await;
    let token = zhao.get("/bureau").await.token();
    let preview = zhao
        .post("/bureau/batch", &[("csrf", &token), ("page", "all"), ("listed", &cases[0]), ("listed", &cases[1])])
        .await;
    preview.shows(&[
        "<dt>将办理</dt><dd>1</dd>",
        "<dt>不能办理</dt><dd>1</dd>",
        "失信",
        ">10,000.00</span> → <span class=\"money\">4,000.00<",
        ">0.00</span> → <span class=\"money\">6,000.00<",
        "name=\"reference\"",
    ]);
    let orders = hidden_all(&preview, "order");
    let before = world.last().await;
    let missing = zhao.post("/bureau/batch/run", &[("csrf", &token), ("order", &orders[0]), ("reference", "")]).await;
    missing.shows(&["请填写拨款文号或银行流水号", "aria-invalid=\"true\""]);
    assert_eq!(world.last().await, before);
    let orders = hidden_all(&missing, "order");
    let done =
        zhao.post("/bureau/batch/run", &[("csrf", &token), ("order", &orders[0]), ("reference", "BF-2026-3")]).await;
    done.shows(&["<dt>已办理</dt><dd>1</dd>"]);
    assert_eq!(world.last().await, before + 1);
    zhao.get(&format!("/bureau/applications/{}", cases[0])).await.shows(&["已拨付", "BF-2026-3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_somebody_makes_up_does_no_more_than_the_ledger_allows() {
    let world = World::new().await;
    let own = world.submit(1, "officer:li.na", 3, "4000").await;
    let mut li = world.clerk("officer", "li.na");
    let token = li.get("/bureau").await.token();
    let before = world.last().await;
    let request = super::id();
    let forged = [format!("{own} approve-subsidy {request}"), format!("{own} pay-subsidy {}", super::id())];
    let fields = [("csrf", token.as_str()), ("order", &forged[0]), ("order", &forged[1]), ("reference", "X")];
    let answer = li.post("/bureau/batch/run", &fields).await;
    answer.shows(&["<dt>已办理</dt><dd>0</dd>", "<dt>未办理</dt><dd>2</dd>", "须由另一人办理"]);
    assert_eq!(world.last().await, before);
}
