//! Whom the desk shows what: nobody but the bureau, and nobody what is in another district, by no address and no search.

use axum::http::StatusCode;
use ipledger::decide::rejection::Class;
use ipledger::proto::v1;
use ipledger::server::authenticate::PortalLogin;
use ipledger::server::inside::ask;
use ipledger::server::logins::Visitor;

use super::{World, id};

/// Every page of the desk about the second company and its things.
fn pages(world: &World, application: &str) -> Vec<String> {
    let number = application.trim_start_matches("application-");
    let loan = &world.loans[1];
    vec![
        format!("/bureau/applications/{application}"),
        format!("/bureau/loans/{loan}"),
        format!("/bureau/enterprises/{number}"),
        format!("/bureau/enterprises/{}", loan.trim_start_matches("loan-")),
        format!("/bureau/entry/{number}"),
    ]
}

pub(super) async fn bind(world: &World, who: &str, (name, person): (&str, &str), role: v1::Role, districts: &[&str]) {
    let principal = v1::PrincipalDetails {
        name: format!("ipledger:{name}"),
        person: person.into(),
        roles: vec![role.into()],
        districts: districts.iter().map(ToString::to_string).collect(),
        ..Default::default()
    };
    let request = v1::BindPrincipalRequest { request_id: id(), principal: Some(principal), ..Default::default() };
    world.ask(who, request).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_of_one_district_never_sees_anothers_case() {
    let world = World::new().await;
    let moved = v1::UpdateEnterpriseRequest {
        request_id: id(),
        uscc: world.companies[1].clone(),
        name: "浚县黎阳农业机械有限公司".into(),
        size_class: v1::SizeClass::Small.into(),
        district: "xunxian".into(),
        ..Default::default()
    };
    world.ask("officer:li.na", moved).await;
    let (own, foreign) = (world.apply(0, 1, "12000").await, world.apply(1, 2, "8000").await);
    bind(&world, "operator:boot", ("operator:op", "op"), v1::Role::Operator, &[]).await;
    bind(&world, "operator:op", ("officer:li.na", "li.na"), v1::Role::Officer, &["qibin"]).await;
    bind(&world, "operator:op", ("officer:all", "all"), v1::Role::Officer, &[]).await;
    let mut li = world.clerk("officer", "li.na");
    let mut all = world.clerk("officer", "all");
    for address in ["/bureau", "/bureau?all=1"] {
        let page = li.get(address).await;
        page.shows(&[&own]);
        assert!(!page.body.contains(&foreign) && !page.body.contains("黎阳"), "{address}:\n{}", page.body);
        all.get(address).await.shows(&[&own, &foreign]);
    }
    for address in pages(&world, &foreign) {
        assert_eq!(all.get(&address).await.status, StatusCode::OK, "{address}");
        let answer = li.get(&address).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{address}");
        assert!(!answer.body.contains("黎阳") && !answer.body.contains(&world.companies[1]), "{address}");
    }
    let token = li.get("/bureau/search").await.token();
    let number = foreign.trim_start_matches("application-").to_owned();
    let numbers = [
        "黎阳",
        "浚县",
        &world.companies[1],
        "C-1",
        "trademark:20000002/9",
        "20000002",
        "Y1",
        &foreign,
        &world.loans[1],
        &number,
        &format!("{:020}", 7_002),
    ];
    let token_all = all.get("/bureau/search").await.token();
    for query in numbers {
        let seen = all.post("/bureau/search", &[("csrf", &token_all), ("query", query)]).await;
        // The form says again what was looked for: the rest of the name is what must not be there.
        seen.shows(&["农业机械有限公司"]);
        let hidden = li.post("/bureau/search", &[("csrf", &token), ("query", query)]).await;
        assert_eq!(hidden.status, StatusCode::OK, "{query}");
        assert!(!hidden.body.contains("农业机械"), "{query}:\n{}", hidden.body);
    }
    for (address, fields) in [
        (format!("/bureau/applications/{foreign}/approve-subsidy"), vec![("request", id())]),
        (format!("/bureau/enterprises/{number}/code"), vec![]),
        ("/bureau/batch".to_owned(), vec![("case", foreign.clone())]),
        ("/bureau/batch/run".to_owned(), vec![("order", format!("{foreign} approve-subsidy {}", id()))]),
    ] {
        let before = world.ask("officer:all", v1::PingRequest::default()).await.last_sequence;
        let mut sent: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        sent.push(("csrf", &token));
        let answer = li.post(&address, &sent).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{address}");
        assert!(!answer.body.contains("黎阳"), "{address}");
        assert_eq!(world.ask("officer:all", v1::PingRequest::default()).await.last_sequence, before, "{address}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_desk_is_for_nobody_but_the_bureau() {
    let world = World::new().await;
    let application = world.apply(0, 1, "12000").await;
    let mut company = world.logged_in(0).await;
    let mut stranger = world.browser();
    let number = application.trim_start_matches("application-").to_owned();
    let mut addresses: Vec<String> =
        ["/bureau", "/bureau?all=1", "/bureau/search", "/bureau/batch", "/bureau/batch/run"]
            .map(str::to_owned)
            .to_vec();
    addresses.extend([
        format!("/bureau/applications/{application}"),
        format!("/bureau/loans/{}", world.loans[0]),
        format!("/bureau/enterprises/{number}"),
        format!("/bureau/entry/{number}"),
        "/bureau/claims/claim-9".to_owned(),
    ]);
    for address in addresses {
        let answer = company.get(&address).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{address}");
        assert!(!answer.body.contains("6,000.00") && !answer.body.contains("C-0"), "{address}");
        assert!(stranger.get(&address).await.location().starts_with("/login"), "{address}");
    }
    let token = company.get("/my").await.token();
    for address in [
        format!("/bureau/applications/{application}/approve-subsidy"),
        "/bureau/search".to_owned(),
        "/bureau/batch".to_owned(),
        "/bureau/batch/run".to_owned(),
        format!("/bureau/enterprises/{number}/code"),
    ] {
        let fields = [("csrf", token.as_str()), ("query", "黎阳"), ("case", &application), ("request", "x")];
        assert_eq!(company.post(&address, &fields).await.status, StatusCode::FORBIDDEN, "{address}");
    }
    // A bank has no pages at all: its login ends before it begins.
    let bank = Visitor::named("ipledger:bank:icbc".to_owned(), PortalLogin::Code);
    let bank = ask(&world.edge, &bank, v1::ListWorkRequest::default());
    assert_eq!(bank.await.unwrap_err().class, Class::PermissionDenied);
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_found_by_its_number_and_no_address_tells_a_company() {
    let world = World::new().await;
    let application = world.apply(0, 1, "12000").await;
    let mut li = world.clerk("officer", "li.na");
    let token = li.get("/bureau/search").await.token();
    let number = application.trim_start_matches("application-").to_owned();
    let invoice = format!("{:020}", 7_001);
    let cases = [
        ("淇水精密", "href=\"/bureau/enterprises/", "鹤壁淇水精密镁业有限公司"),
        (&world.companies[0], "href=\"/bureau/enterprises/", "鹤壁淇水精密镁业有限公司"),
        ("20000001", "href=\"/bureau/loans/", "20000001/9"),
        ("20000001/9", "href=\"/bureau/loans/", "鹤鸣"),
        ("Y0", "href=\"/bureau/loans/", "Y0"),
        ("C-0", &format!("href=\"/bureau/loans/{}\"", world.loans[0]), "C-0"),
        (&world.loans[0], &format!("href=\"/bureau/loans/{}\"", world.loans[0]), "C-0"),
        (&invoice, &format!("href=\"/bureau/applications/{application}\""), &invoice),
        (&application, &format!("href=\"/bureau/applications/{application}\""), &application),
        (&number, &format!("href=\"/bureau/entry/{number}\""), "分录"),
    ];
    for (query, link, text) in cases {
        let page = li.post("/bureau/search", &[("csrf", &token), ("query", query)]).await;
        page.shows(&[link, text]);
        for part in page.body.split("href=\"").chain(page.body.split("action=\"")).skip(1) {
            let address = part.split('"').next().unwrap();
            assert!(!address.contains(&world.companies[0]), "{query}: {address}");
        }
    }
    for (query, text) in [("没有这家公司", "没有找到"), ("x", "role=\"alert\""), ("application-999999", "没有找到")]
    {
        li.post("/bureau/search", &[("csrf", &token), ("query", query)]).await.shows(&[text]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_sees_the_companys_file_and_hands_it_a_login() {
    let world = World::new().await;
    let mut li = world.clerk("officer", "li.na");
    let number = world.applications[0].trim_start_matches("application-").to_owned();
    let address = format!("/bureau/enterprises/{number}");
    let page = li.get(&address).await;
    page.shows(&[
        "鹤壁淇水精密镁业有限公司",
        &world.companies[0],
        "30,000.00",
        "C-0",
        &format!("/bureau/applications/{}", world.applications[0]),
        "已拨付，凭证号 BF-0",
        "签发登录码",
    ]);
    assert!(!page.body.contains("href=\"/my"), "no link of the company's own pages");
    let issued = li.post(&format!("{address}/code"), &[("csrf", &page.token()), ("long", "1")]).await;
    issued.shows(&["限用一次"]);
    let code = issued.body.split("figure mono\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let mut company = world.browser();
    let token = company.get("/login").await.token();
    assert_eq!(company.post("/login", &[("csrf", &token), ("code", &code)]).await.location(), "/my");
    company.get("/my/access").await.shows(&["签发登录码", "li.na"]);
    for role in ["finance", "auditor", "operator"] {
        let mut other = world.clerk(role, "zhao.min");
        let page = other.get(&address).await;
        assert!(!page.body.contains("签发登录码</button>"), "{role}");
        let denied = other.post(&format!("{address}/code"), &[("csrf", &page.token())]).await;
        assert_eq!(denied.status, StatusCode::FORBIDDEN, "{role}");
    }
    assert_eq!(li.get("/bureau/enterprises/1").await.status, StatusCode::NOT_FOUND, "an entry about no company");
    assert_eq!(li.get("/bureau/enterprises/999999").await.status, StatusCode::NOT_FOUND);
}
