//! No form is taken without its token, and none from another site.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};

use super::World;

/// Every address that takes a form.
fn forms(world: &World) -> Vec<String> {
    let mut all: Vec<String> =
        ["/login", "/logout", "/status", "/verify", "/my/apply", "/my/apply/form", "/my/apply/preview"]
            .map(str::to_owned)
            .to_vec();
    all.push(format!("/my/applications/{}/withdraw", world.applications[0]));
    all.extend(
        ["/bureau/batch", "/bureau/batch/run", "/bureau/search", "/bureau/enterprises/3/code"].map(str::to_owned),
    );
    all.push(format!("/bureau/applications/{}/approve-subsidy", world.applications[0]));
    all.push("/bureau/claims/claim-9/approve-claim".to_owned());
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_token_no_form_is_taken() {
    let world = World::new().await;
    let mut browser = world.logged_in(0).await;
    let foreign = world.logged_in(1).await.get("/my").await.token();
    for address in forms(&world) {
        for token in ["", "0", &foreign] {
            let answer = browser.post(&address, &[("csrf", token), ("code", "x")]).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{address}");
            answer.shows(&["表单已过期"]);
        }
        let answer = browser.post(&address, &[]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{address}");
    }
    assert_eq!(browser.get("/my").await.status, StatusCode::OK, "nobody was logged out");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_token_no_form_of_the_desk_is_taken() {
    let world = World::new().await;
    let mut clerk = world.clerk("officer", "li.na");
    let foreign = world.clerk("officer", "wang.wei").get("/bureau").await.token();
    let before = world.last().await;
    for address in forms(&world).into_iter().filter(|address| address.starts_with("/bureau")) {
        for token in ["", "0", &foreign] {
            let answer = clerk.post(&address, &[("csrf", token), ("query", "镁业"), ("case", "application-9")]).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{address}");
            answer.shows(&["表单已过期"]);
        }
    }
    assert_eq!(world.last().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_site_cannot_send_one() {
    let world = World::new().await;
    let mut browser = world.logged_in(0).await;
    let token = browser.get("/my").await.token();
    for address in forms(&world) {
        for (name, value) in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
            let kind = "application/x-www-form-urlencoded";
            let request = Request::post(&address).header(header::CONTENT_TYPE, kind).header(name, value);
            let answer = browser.send(request, Body::from(format!("csrf={token}"))).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{address} {name}");
            answer.shows(&["表单来自其他网站"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_none_is_answered_with_a_page() {
    let world = World::new().await;
    let mut browser = world.browser();
    for (kind, body) in [("text/plain", "x"), ("application/json", "{}"), ("multipart/form-data", "x")] {
        let request = Request::post("/verify").header(header::CONTENT_TYPE, kind);
        let answer = browser.send(request, Body::from(body)).await;
        assert!(answer.status.is_client_error(), "{kind}: {}", answer.status);
        answer.shows(&["<h1>"]);
    }
    let many: Vec<String> = (0..500).map(|index| format!("&f{index}=1")).collect();
    let many = many.concat();
    let token = browser.get("/login").await.token();
    let request = Request::post("/login").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let answer = browser.send(request, Body::from(format!("csrf={token}{many}"))).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}
