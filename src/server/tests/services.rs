//! What the services answer.

use super::*;

#[tokio::test]
async fn a_subsidy_is_quoted_applied_for_and_paid() {
    let (edge, _threads) = start();
    let loan = world(&edge).await;
    let before = read!(edge, OFFICER, ping, PingRequest { payload: Vec::new() }).unwrap().last_sequence;
    let quoted = read!(
        edge,
        OFFICER,
        quote_subsidy,
        QuoteSubsidyRequest {
            effective_date: DAY,
            enterprise: BORROWER,
            programme_id: "pledge-cost",
            loan_id: loan.clone(),
            items: items()
        }
    );
    let quoted = quoted.unwrap();
    assert_eq!(quoted.application.unwrap().application_id, "");
    let after = read!(edge, OFFICER, ping, PingRequest { payload: Vec::new() }).unwrap().last_sequence;
    assert_eq!(before, after, "a quotation records nothing");

    let applied = write!(
        edge,
        OFFICER,
        apply_subsidy,
        ApplySubsidyRequest {
            enterprise: BORROWER,
            programme_id: "pledge-cost",
            loan_id: loan.clone(),
            items: items()
        }
    );
    let application = applied.application_id;
    let (promised, decided) = (quoted.decision.unwrap(), applied.decision.unwrap());
    assert_eq!((promised.outcome, &promised.explanation), (decided.outcome, &decided.explanation));
    expect![["
        OUTCOME_PARTLY - 200000.00
          application-12: Granted 200,000.00 in all. Granted 15,000.00: half of the valuation fee of 30,000.00. Granted 185,000.00: half of the guarantee fee would be 250,000.00, but 185,000.00 of the 200,000.00 for 2025 was left.
          application-12: 合计准予200,000.00元。准予补助15,000.00元：评估费30,000.00元的50%。准予补助185,000.00元：担保费的50%为250,000.00元，但2025年度限额200,000.00元仅剩185,000.00元。"]].assert_eq(&said(Some(decided.clone())));

    write!(edge, "officer wang-fang", approve_subsidy, ApproveSubsidyRequest { application_id: application.clone() });
    let paid =
        write!(edge, FINANCE, pay_subsidy, PaySubsidyRequest { application_id: application.clone(), reference: "Z-1" });
    expect![["
        OUTCOME_RECORDED - -
          application-12 is paid, reference Z-1.
          application-12 已拨付，凭证号 Z-1。"]]
    .assert_eq(&said(paid.decision));

    let got = read!(edge, BANKER, get_application, GetApplicationRequest { application_id: application.clone() });
    let got = got.unwrap().application.unwrap();
    assert_eq!(got.decision, Some(decided), "the decision is that of the application, for ever");
    assert_eq!((got.lines.len(), got.state(), got.payment_reference.as_str()), (2, v1::ApplicationState::Paid, "Z-1"));

    check_sums(&edge).await;
    let hidden = read!(edge, OTHER_BANKER, get_application, GetApplicationRequest { application_id: application });
    let none = read!(edge, OTHER_BANKER, get_application, GetApplicationRequest { application_id: "application-1" });
    let words = |error: tonic::Status| error.message().replace(|letter: char| letter.is_ascii_digit(), "");
    assert_eq!(
        words(hidden.unwrap_err()),
        words(none.unwrap_err()),
        "not yours and unknown are told in the same words"
    );
}

/// What the enterprise's year and the budget say once the subsidy is paid.
async fn check_sums(edge: &Edge) {
    let year = read!(
        edge,
        "enterprise wang 91110000600037341L",
        get_enterprise_year,
        GetEnterpriseYearRequest { enterprise: BORROWER, year: 2025 }
    );
    let year = year.unwrap().enterprise_year.unwrap();
    expect!["granted 200000.00 pending 0.00 paid 200000.00"]
        .assert_eq(&format!("granted {} pending {} paid {}", year.granted, year.pending, year.paid));
    let caps: Vec<_> =
        year.caps.iter().map(|cap| format!("{} {}/{}/{}", cap.cap_id, cap.limit, cap.used, cap.left)).collect();
    expect!["pledge-cost-year 200000.00/200000.00/0.00"].assert_eq(&caps.join(" "));
    let budget = read!(edge, FINANCE, get_budget, GetBudgetRequest { budget_line_id: "ip-finance", year: 2025 });
    let budget = budget.unwrap().budget.unwrap();
    expect!["1000000.00 = 800000.00 + 0.00 + 200000.00"]
        .assert_eq(&format!("{} = {} + {} + {}", budget.appropriated, budget.available, budget.reserved, budget.spent));
}

#[tokio::test]
async fn a_claim_is_decided_and_seen_by_its_bank_only() {
    let (edge, _threads) = start();
    let loan = world(&edge).await;
    write!(edge, BANKER, mark_loan_overdue, MarkLoanOverdueRequest { loan_id: loan.clone(), overdue_since: DAY });
    let mark = v1::MarkLoanNonPerformingRequest {
        request_id: id(),
        effective_date: "2025-08-01".to_owned(),
        loan_id: loan.clone(),
        ..Default::default()
    };
    edge.mark_loan_non_performing(call(BANKER, mark)).await.unwrap();
    let claim = v1::SubmitClaimRequest {
        request_id: id(),
        effective_date: "2025-08-02".to_owned(),
        loan_id: loan.clone(),
        principal_loss: "100000.01".to_owned(),
        ..Default::default()
    };
    let claimed = edge.submit_claim(call(BANKER, claim)).await.unwrap().into_inner();
    expect![["
        OUTCOME_GRANTED - 50000.01
          claim-14: The pool pays 50,000.01: 50 % of the loss of 100,000.01.
          claim-14: 资金池补偿50,000.01元：损失100,000.01元的50%。"]]
    .assert_eq(&said(claimed.decision));
    let claim_id = claimed.claim_id;
    let pool = read!(edge, BANKER, get_pool, GetPoolRequest { pool_id: "hebi-pool" }).unwrap().pool.unwrap();
    expect![[r#"cash 10000000.00 free 9949999.99 exposure 2500000.00 limit 99499999.90 funders 0 years [(2025, "100000.01", false)]"#]].assert_eq(&format!(
        "cash {} free {} exposure {} limit {} funders {} years {:?}",
        pool.cash, pool.free_balance, pool.exposure, pool.exposure_limit, pool.funders.len(),
        pool.bank_years.iter().map(|one| (one.year, one.losses.as_str(), one.tripped)).collect::<Vec<_>>()
    ));
    let others = read!(edge, OTHER_BANKER, get_pool, GetPoolRequest { pool_id: "hebi-pool" }).unwrap().pool.unwrap();
    assert!(others.bank_years.is_empty() && others.deferred_claim_ids.is_empty());
    let got = read!(edge, BANKER, get_claim, GetClaimRequest { claim_id: claim_id.clone() }).unwrap().claim.unwrap();
    assert_eq!(got.loan_id, loan);
    let listed = read!(
        edge,
        OTHER_BANKER,
        list_claims,
        ListClaimsRequest { pool_id: "", bank_id: "", state: 0, page_size: 0, page_token: "" }
    );
    assert!(listed.unwrap().claims.is_empty());
    let hidden = read!(edge, OTHER_BANKER, get_claim, GetClaimRequest { claim_id: claim_id.clone() });
    assert_eq!(hidden.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn lists_show_what_the_caller_may_see_page_by_page() {
    let (edge, _threads) = start();
    world(&edge).await;
    let mut seen = Vec::new();
    let mut token = String::new();
    loop {
        let page =
            read!(edge, OFFICER, list_enterprises, ListEnterprisesRequest { page_size: 1, page_token: token }).unwrap();
        seen.extend(page.enterprises.into_iter().map(|one| one.details.unwrap().uscc));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, [BORROWER, OTHER]);
    let me = "enterprise wang 91310115MA1K3BTP2B";
    let own = read!(edge, me, list_enterprises, ListEnterprisesRequest { page_size: 0, page_token: "" }).unwrap();
    assert_eq!(own.enterprises.len(), 1);
    let rights =
        read!(edge, BANKER, list_ip_rights, ListIpRightsRequest { owner: BORROWER, page_size: 0, page_token: "" });
    let rights = rights.unwrap().ip_rights;
    assert!(rights[0].pledged && rights[0].state() == v1::IpRightState::InForce);
    let hidden = read!(edge, me, list_ip_rights, ListIpRightsRequest { owner: BORROWER, page_size: 0, page_token: "" });
    assert_eq!(hidden.unwrap_err().code(), Code::NotFound);
    let pledges = |pledgee: &str| v1::ListPledgesRequest { pledgee_id: pledgee.to_owned(), ..Default::default() };
    let count = |response: Result<tonic::Response<v1::ListPledgesResponse>, _>| {
        response.map(|one| one.into_inner().pledges.len())
    };
    assert_eq!(count(edge.list_pledges(call(BANKER, pledges("icbc"))).await).unwrap(), 1);
    assert_eq!(count(edge.list_pledges(call(BANKER, pledges("abc"))).await).unwrap(), 0);
    assert_eq!(count(edge.list_pledges(call(OTHER_BANKER, pledges(""))).await).unwrap(), 0);
    let loans = |who: &'static str| edge.list_loans(call(who, v1::ListLoansRequest::default()));
    assert_eq!(loans(BANKER).await.unwrap().into_inner().loans.len(), 1);
    assert_eq!(loans("enterprise w 91110000600037341L").await.unwrap().into_inner().loans.len(), 1);
    assert_eq!(loans(OTHER_BANKER).await.unwrap().into_inner().loans.len(), 0);
    assert_eq!(loans(me).await.unwrap().into_inner().loans.len(), 0);
}

#[tokio::test]
async fn blacklist_rulebooks_periods_and_balances_are_listed() {
    let (edge, _threads) = start();
    world(&edge).await;
    write!(
        edge,
        OFFICER,
        add_blacklist_entry,
        AddBlacklistEntryRequest {
            enterprise: OTHER,
            ground: v1::BlacklistGround::Piracy,
            document: "鹤知〔2025〕2号"
        }
    );
    let listed = |who: &'static str| edge.list_blacklist_entries(call(who, v1::ListBlacklistEntriesRequest::default()));
    assert_eq!(listed(BANKER).await.unwrap().into_inner().blacklist_entries.len(), 1);
    assert_eq!(listed("enterprise w 91110000600037341L").await.unwrap().into_inner().blacklist_entries.len(), 0);
    let one = read!(edge, OFFICER, get_enterprise, GetEnterpriseRequest { enterprise: OTHER }).unwrap();
    assert!(one.enterprise.unwrap().blacklisted);

    let adopted = edge.list_rulebooks(call(BANKER, v1::ListRulebooksRequest::default())).await.unwrap().into_inner();
    assert_eq!((adopted.rulebooks.len(), adopted.rulebooks[0].text.as_str()), (1, ""));
    let text = read!(edge, BANKER, get_rulebook, GetRulebookRequest { rulebook_id: "hebi-2017", version: 1u32 });
    assert_eq!(text.unwrap().rulebook.unwrap().text, include_str!("../../../rulebooks/hebi-2017.toml"));

    let open_items_reason = "对账单未到".to_owned();
    let close =
        v1::ClosePeriodRequest { request_id: id(), year: 2025, month: 3, open_items_reason, ..Default::default() };
    let closed = edge.close_period(call(FINANCE, close)).await.unwrap().into_inner();
    expect![[r"
        OUTCOME_RECORDED - -
          The month 2025-03 is closed over 3 open items: 对账单未到
          2025-03 月已结账（尚有 3 项未处理）：对账单未到"]]
    .assert_eq(&said(closed.decision));
    let periods = edge.list_periods(call(BANKER, v1::ListPeriodsRequest::default())).await.unwrap().into_inner();
    assert_eq!(periods.periods[0].month, Some(v1::Month { year: 2025, month: 3 }));

    let accounts = v1::ListAccountsRequest { prefix: "budget/".to_owned(), ..Default::default() };
    let accounts = edge.list_accounts(call(FINANCE, accounts)).await.unwrap().into_inner().accounts;
    assert!(!accounts.is_empty() && accounts.iter().all(|one| one.account.starts_with("budget/")));
    for as_of in [None, Some(v1::get_trial_balance_request::AsOf::AsOfSequence(9))] {
        let total = edge.get_trial_balance(call(FINANCE, v1::GetTrialBalanceRequest { as_of })).await.unwrap();
        assert_eq!(total.into_inner().total, "0.00");
    }
}

#[tokio::test]
async fn an_open_tail_does_not_keep_the_server_from_ending() {
    let (edge, _threads) = start();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(serve(listener, None, edge, async move { drop(stopped.await) }));
    let channel =
        tonic::transport::Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
    let mut client = v1::ledger_service_client::LedgerServiceClient::new(channel);
    let request = call("auditor wang", v1::TailEntriesRequest::default());
    let mut tail = client.tail_entries(request).await.unwrap().into_inner();
    stop.send(()).unwrap();
    let end = tail.next().await.unwrap().unwrap_err();
    assert_eq!(end.code(), Code::Unavailable);
    drop((tail, client));
    let ended = tokio::time::timeout(SHUTDOWN_GRACE / 2, server).await;
    assert!(ended.unwrap().unwrap().is_ok());
}

#[test]
fn reflection_is_well_formed() {
    assert!(reflection().build_v1().is_ok());
    assert!(reflection().build_v1alpha().is_ok());
}

#[test]
fn health_reports_every_service_of_the_api() {
    let set = prost_types::FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).unwrap();
    let services = set.file.iter().flat_map(|file| &file.service);
    let mut declared: BTreeSet<String> = services.map(|service| format!("ipledger.v1.{}", service.name())).collect();
    assert!(declared.remove("ipledger.v1.SandboxService"), "served in a sandbox only");
    assert_eq!(declared, SERVICES.iter().map(ToString::to_string).collect());
}
