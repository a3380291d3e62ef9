//! Logging in and out, how long a login lasts, and what every answer carries.

use axum::http::StatusCode;

use super::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_code_logs_in_once() {
    let world = World::new().await;
    let mut browser = world.browser();
    let form = browser.get("/login").await;
    let code = world.code(&world.companies[0]).await;
    let before = browser.cookies.clone();
    let answer = browser.post("/login", &[("csrf", &form.token()), ("code", &code.to_lowercase())]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_ne!(browser.cookies, before, "a login has a cookie of its own");
    browser.get("/my").await.shows(&["鹤壁淇水精密镁业有限公司"]);
    let mut second = world.browser();
    let form = second.get("/login").await;
    let answer = second.post("/login", &[("csrf", &form.token()), ("code", &code)]).await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.shows(&["登录码不正确、已使用或已过期"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_login_back_to_where_one_was_and_nowhere_else() {
    let world = World::new().await;
    let mut browser = world.browser();
    let address = format!("/my/applications/{}", world.applications[0]);
    let answer = browser.get(&address).await;
    assert_eq!(answer.location(), format!("/login?next={address}"));
    for (next, expected) in
        [(address.as_str(), address.as_str()), ("//evil.example/", "/my"), ("https://evil.example", "/my")]
    {
        let code = world.code(&world.companies[0]).await;
        let mut browser = world.browser();
        let token = browser.get("/login").await.token();
        let answer = browser.post("/login", &[("csrf", &token), ("code", &code), ("next", next)]).await;
        assert_eq!(answer.location(), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_ends_by_logout_by_silence_and_after_a_day() {
    let world = World::new().await;
    let mut browser = world.logged_in(0).await;
    let stolen = browser.cookies.clone();
    let token = browser.get("/my").await.token();
    assert_eq!(browser.post("/logout", &[("csrf", &token)]).await.location(), "/");
    browser.cookies = stolen;
    assert_eq!(browser.get("/my").await.location(), "/login", "the server has forgotten the session, not the browser");
    let mut silent = world.logged_in(0).await;
    world.wait(31);
    assert_eq!(silent.get("/my").await.location(), "/login");
    let mut busy = world.logged_in(0).await;
    for _ in 0..23 {
        world.wait(20);
        assert_eq!(busy.get("/my").await.status, StatusCode::OK);
    }
    world.wait(20);
    assert_eq!(busy.get("/my").await.location(), "/login", "8 hours");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_guesses_is_stopped() {
    let world = World::new().await;
    let mut browser = world.browser();
    let token = browser.get("/login").await.token();
    for _ in 0..20 {
        let answer = browser.post("/login", &[("csrf", &token), ("code", "ABCD-EFGH-JKMN")]).await;
        assert_eq!(answer.status, StatusCode::OK);
    }
    let code = world.code(&world.companies[0]).await;
    let answer = browser.post("/login", &[("csrf", &token), ("code", &code)]).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "not even the right code");
    answer.shows(&["尝试次数过多"]);
    world.wait(11);
    assert_eq!(browser.post("/login", &[("csrf", &token), ("code", &code)]).await.location(), "/my");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_tells_the_browser_what_not_to_do() {
    let world = World::new().await;
    let mut browser = world.logged_in(0).await;
    for address in ["/", "/login", "/my", "/my/apply", "/status", "/verify", "/nowhere", "/favicon.svg"] {
        let answer = browser.get(address).await;
        let header = |name: &str| answer.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default();
        let policy = header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'self'"), "{address}: {policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("script-src"), "{address}: {policy}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{address}");
        assert_eq!(header("x-frame-options"), "DENY", "{address}");
        assert_eq!(header("referrer-policy"), "same-origin", "{address}");
        assert!(header("strict-transport-security").starts_with("max-age=63072000"), "{address}");
        if address != "/favicon.svg" {
            assert_eq!(header("cache-control"), "no-store", "{address}");
            assert_eq!(header("x-request-id").len(), 10, "{address}");
            assert!(!answer.body.contains("<script") && !answer.body.contains(" style=\""), "{address}");
        }
    }
    let mut visitor = world.browser();
    let answer = visitor.get("/login").await;
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-ipledger="), "{cookie}");
    for part in ["; Path=/", "; HttpOnly", "; SameSite=Lax", "; Secure"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_is_a_page_with_a_number_to_quote() {
    let world = World::new().await;
    let mut browser = world.logged_in(0).await;
    for (language, expected) in [("zh", "没有找到这个页面"), ("en", "This page was not found")] {
        let answer = browser.get(&format!("/nowhere?lang={language}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        let number = answer.headers["x-request-id"].to_str().unwrap().to_owned();
        answer.shows(&[expected, &number, "text/html"][..2]);
    }
    let answer = browser.get("/logout").await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    answer.shows(&["The number".replace("The number", "quote the number").as_str()]);
}
