//! Company A can never reach company B by any address, and what the bureau has is not for companies.

use axum::http::StatusCode;

use super::World;

/// What tells company B: its code, its name, its loan's contract, its payment reference.
fn secrets(world: &World) -> Vec<String> {
    vec![world.companies[1].clone(), "黎阳".into(), "C-1".into(), "BF-1".into()]
}

#[tokio::test(flavor = "multi_thread")]
async fn no_address_shows_a_company_another_ones() {
    let world = World::new().await;
    let mut browser = world.logged_in(0).await;
    let (other, loan) = (&world.applications[1], &world.loans[1]);
    let number = other.trim_start_matches("application-");
    let addresses = [
        "/my".to_owned(),
        "/my?all=1".to_owned(),
        "/my?year=2025".to_owned(),
        "/my/apply".to_owned(),
        "/my/access".to_owned(),
        format!("/my/applications/{other}"),
        format!("/my/applications/{number}"),
        format!("/my/applications/{other}/receipt"),
        format!("/my/applications/{other}/receipt.json"),
        format!("/my/applications/{other}/receipt?entry={number}"),
        format!("/my/applications/{}/receipt?entry={number}", world.applications[0]),
        format!("/my/applications/{}/receipt.json?entry={number}", world.applications[0]),
        format!("/my/apply/form?programme=pledge-cost&loan={loan}"),
        format!("/status?n={number}&c={}", world.portal.secret().query_code(&world.applications[0])),
        "/bureau".to_owned(),
    ];
    for address in addresses {
        let answer = browser.get(&address).await;
        for secret in secrets(&world) {
            assert!(!answer.body.contains(&secret), "{address} shows {secret}:\n{}", answer.body);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_anothers_is_answered_as_what_is_not_there() {
    let world = World::new().await;
    let mut browser = world.logged_in(0).await;
    for end in ["", "/receipt", "/receipt.json"] {
        let foreign = browser.get(&format!("/my/applications/{}{end}", world.applications[1])).await;
        let missing = browser.get(&format!("/my/applications/application-999999{end}")).await;
        let nonsense = browser.get(&format!("/my/applications/x{end}")).await;
        for answer in [&foreign, &missing, &nonsense] {
            assert_eq!(answer.status, StatusCode::NOT_FOUND);
        }
        let plain = |answer: &super::Answer| {
            let number = answer.headers["x-request-id"].to_str().unwrap();
            answer.body.replace(number, "").replace(&world.applications[1], "").replace("application-999999", "")
        };
        assert_eq!(plain(&foreign), plain(&missing));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_can_be_done_with_another_ones_application_or_loan() {
    let world = World::new().await;
    let mut browser = world.logged_in(0).await;
    let token = browser.get("/my/apply").await.token();
    let address = format!("/my/applications/{}/withdraw", world.applications[1]);
    let answer = browser.post(&address, &[("csrf", &token), ("reason", "x")]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    // With the other's loan and interest payment: the ledger itself does not know them for this company.
    let loan = &world.loans[1];
    for address in ["/my/apply/preview", "/my/apply"] {
        let fields = [
            ("csrf", token.as_str()),
            ("programme", "pledge-cost"),
            ("loan", loan),
            ("rows", "1"),
            ("request", "0b9c5f0e-5a43-4d8e-9c4c-1f2b3a4c5d6e"),
            ("kind-0", "valuation"),
            ("cost-0", "100"),
            ("paid-0", "2025-06-01"),
            ("invoice-0", "25412000000000000777"),
        ];
        let answer = browser.post(address, &fields).await;
        assert_eq!(answer.status, StatusCode::OK, "the form again: {}", answer.body);
        answer.shows(&["role=\"alert\""]);
        for secret in secrets(&world) {
            assert!(!answer.body.contains(&secret), "{address} shows {secret}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_code_opens_one_application() {
    let world = World::new().await;
    let mut browser = world.browser();
    let token = browser.get("/status").await.token();
    let code = world.portal.secret().query_code(&world.applications[1]);
    let right = browser.post("/status", &[("csrf", &token), ("number", &world.applications[1]), ("code", &code)]).await;
    right.shows(&["30,000.00", "已拨付", "BF-1"]);
    assert!(!right.body.contains(&world.companies[1]) && !right.body.contains("黎阳"), "whose it is, it does not say");
    for (number, code) in [
        (world.applications[0].as_str(), code.as_str()),
        (&world.applications[1], "00000-00000"),
        ("application-999999", &code),
        ("", ""),
    ] {
        let wrong = browser.post("/status", &[("csrf", &token), ("number", number), ("code", code)]).await;
        wrong.shows(&["编号与查询码不符"]);
        assert!(!wrong.body.contains("30,000.00"));
    }
    assert_eq!(browser.get("/my").await.location(), "/login", "it is no login");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_address_of_a_page_tells_a_company() {
    let world = World::new().await;
    let mut browser = world.logged_in(0).await;
    for address in ["/my", "/my/apply", "/my/access", &format!("/my/applications/{}", world.applications[0])] {
        let answer = browser.get(address).await;
        let links = answer.body.split("href=\"").chain(answer.body.split("action=\"")).skip(1);
        let links: Vec<&str> = links.filter_map(|rest| rest.split('"').next()).collect();
        assert!(links.iter().all(|link| !link.contains(&world.companies[0])), "{address}: {links:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_code_stands_for_one_call_only() {
    use ipledger::decide::rejection::Class;
    use ipledger::identifier::Uscc;
    use ipledger::proto::v1;
    use ipledger::server::authenticate::PortalLogin;
    use ipledger::server::inside::ask;
    use ipledger::server::logins::Visitor;
    let world = World::new().await;
    let holder = Visitor::enterprise(Uscc::parse(&world.companies[0]).unwrap(), PortalLogin::StatusCode);
    let refused = ask(&world.edge, &holder, v1::ListApplicationsRequest::default()).await.unwrap_err();
    assert_eq!(refused.class, Class::PermissionDenied);
    let withdraw = v1::WithdrawSubsidyRequest { application_id: world.applications[0].clone(), ..Default::default() };
    assert_eq!(ask(&world.edge, &holder, withdraw).await.unwrap_err().class, Class::PermissionDenied);
    let get = v1::GetApplicationRequest { application_id: world.applications[0].clone() };
    assert!(ask(&world.edge, &holder, get).await.is_ok());
    let foreign = v1::GetApplicationRequest { application_id: world.applications[1].clone() };
    assert_eq!(ask(&world.edge, &holder, foreign).await.unwrap_err().class, Class::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_disabled_is_out_on_the_next_click() {
    use ipledger::proto::v1;
    let world = World::new().await;
    let (mut first, mut second) = (world.logged_in(0).await, world.logged_in(1).await);
    let company = world.companies[0].clone();
    let name = format!("ipledger:enterprise:{company}");
    let bind = |name: &str, person: &str, role: v1::Role, enterprise: &str| v1::BindPrincipalRequest {
        request_id: super::id(),
        principal: Some(v1::PrincipalDetails {
            name: name.into(),
            person: person.into(),
            roles: vec![role.into()],
            enterprise: enterprise.into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    world.ask("operator:boot", bind("ipledger:operator:op", "op", v1::Role::Operator, "")).await;
    assert_eq!(first.get("/my").await.status, StatusCode::OK, "a company need not be bound: its code says whose it is");
    world.ask("operator:op", bind(&name, "clerk", v1::Role::Enterprise, &company)).await;
    assert_eq!(first.get("/my").await.status, StatusCode::OK);
    let disable =
        v1::DisablePrincipalRequest { request_id: super::id(), name, reason: "离职".into(), ..Default::default() };
    world.ask("operator:op", disable).await;
    let answer = first.get("/my").await;
    assert!(answer.status.is_client_error(), "{}", answer.status);
    assert!(!answer.body.contains("30,000.00"));
    assert_eq!(second.get("/my").await.status, StatusCode::OK, "the other one is not touched");
}
