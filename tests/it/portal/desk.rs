//! The bureau's desk: what waits for whom, one case, its history, and what is done about it.

use axum::http::StatusCode;
use ipledger::proto::v1;

use super::{Answer, Browser, World, id};

/// The fields of the form of an act, as the page has them.
fn form<'a>(page: &'a Answer, code: &str) -> Vec<(&'a str, String)> {
    let at = page.body.find(&format!("/{code}\"")).unwrap_or_else(|| panic!("no form `{code}` in\n{}", page.body));
    let part = &page.body[at..];
    let part = &part[..part.find("</form>").unwrap()];
    let value = |name: &str| {
        let mark = format!("name=\"{name}\" value=\"");
        part.split(&mark).nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    vec![("csrf", value("csrf")), ("request", value("request"))]
}

/// Opens a case, fills in the form of an act and sends it.
async fn act(browser: &mut Browser, address: &str, code: &str, more: &[(&str, &str)]) -> Answer {
    let page = browser.get(address).await;
    let fields = form(&page, code);
    let mut fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    fields.extend(more);
    browser.post(&format!("{address}/{code}"), &fields).await
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_sees_what_waits_for_him_and_four_eyes_hold() {
    let world = World::new().await;
    let by_company = world.apply(0, 1, "12000").await;
    let by_officer = world.submit(1, "officer:li.na", 2, "8000").await;
    let (mut li, mut wang) = (world.clerk("officer", "li.na"), world.clerk("officer", "wang.wei"));
    let mut zhao = world.clerk("finance", "zhao.min");
    let page = li.get("/bureau").await;
    page.shows(&["审核补助申请", &by_company, "鹤壁淇水精密镁业有限公司", "6,000.00", "知识产权质押融资费用补助"]);
    assert!(!page.body.contains(&by_officer), "not what he submitted himself");
    wang.get("/bureau").await.shows(&[&by_company, &by_officer]);
    let all = li.get("/bureau?all=1").await;
    all.shows(&[&by_company, &by_officer, "“li.na”是提交人；须由另一人办理"]);
    zhao.get("/bureau").await.shows(&["没有待办事项"]);
    let audit = world.clerk("auditor", "sun.lei").get("/bureau").await;
    audit.shows(&["您可以查看全部待办，不能办理", &by_company, &by_officer]);
    assert!(!audit.body.contains("type=\"checkbox\""), "an auditor ticks nothing");
    // Waiting since 2 February: 27 days on 1 March, and 20 are ours.
    page.shows(&["27 天", "2026年2月22日", "逾期"]);

    let address = format!("/bureau/applications/{by_company}");
    let before = world.last().await;
    let answer = act(&mut li, &address, "approve-subsidy", &[]).await;
    assert_eq!(answer.location(), format!("{address}?done=1"), "{}", answer.body);
    assert_eq!(world.last().await, before + 1);
    li.get(&answer.location()).await.shows(&["已办理，已记账", "已审核，待拨付"]);
    zhao.get("/bureau").await.shows(&[&by_company, "拨付补助"]);
    let same = world.clerk("finance", "li.na").get("/bureau").await;
    assert!(!same.body.contains(&by_company), "who approved does not pay, whatever the role");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_shows_facts_reason_room_and_the_whole_history() {
    let world = World::new().await;
    let application = world.apply(0, 1, "12000").await;
    let mut li = world.clerk("officer", "li.na");
    let page = li.get(&format!("/bureau/applications/{application}")).await;
    page.shows(&[
        "鹤壁淇水精密镁业有限公司",
        &world.companies[0],
        "工商银行鹤壁分行 C-0",
        "决定金额的是：补助比例",
        "企业年度限额 2026",
        "194,000.00",
        "预算指标 ip-finance 2026",
        "994,000.00",
        "审核补助申请",
        "驳回申请",
        "质押登记 Y0 已登记",
        "知识产权 trademark:20000001/9",
        "已按办法",
        "已放款 5,000,000.00 元",
        "已支付利息 80,000.00 元",
        "银行 icbc",
    ]);
    let english = li.get(&format!("/bureau/applications/{application}?lang=en")).await;
    english.shows(&["Why this amount", "The company&#39;s cap of the year 2026", "is disbursed", "Approve a subsidy"]);
    let loan = li.get(&format!("/bureau/loans/{}?lang=zh", world.loans[0])).await;
    loan.shows(&["C-0", "5,000,000.00", &application, &world.applications[0], "质押登记 Y0 已登记", "2026年9月2日"]);
    let auditor = world.clerk("auditor", "sun.lei").get(&format!("/bureau/applications/{application}")).await;
    auditor.shows(&["目前没有您可以办理的事项"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_sent_twice_does_it_once() {
    let world = World::new().await;
    let application = world.apply(0, 1, "12000").await;
    let mut li = world.clerk("officer", "li.na");
    let address = format!("/bureau/applications/{application}");
    let page = li.get(&address).await;
    let fields = form(&page, "approve-subsidy");
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let before = world.last().await;
    let first = li.post(&format!("{address}/approve-subsidy"), &fields).await;
    let second = li.post(&format!("{address}/approve-subsidy"), &fields).await;
    assert_eq!((first.status, second.status), (StatusCode::SEE_OTHER, StatusCode::SEE_OTHER));
    assert_eq!(world.last().await, before + 1, "booked once");
    // From an old page, with another request id: the state forbids it, and the page says so.
    let late = li.post(&format!("{address}/approve-subsidy"), &[fields[0], ("request", &id())]).await;
    late.shows(&["role=\"alert\"", "已审核"]);
    assert_eq!(world.last().await, before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_paid_demanded_back_and_received() {
    let world = World::new().await;
    let (refused, paid) = (world.apply(0, 1, "12000").await, world.apply(1, 2, "8000").await);
    let (mut li, mut zhao) = (world.clerk("officer", "li.na"), world.clerk("finance", "zhao.min"));
    let address = format!("/bureau/applications/{refused}");
    let empty = act(&mut li, &address, "refuse-subsidy", &[("reason", "")]).await;
    empty.shows(&["role=\"alert\"", "不能为空", &format!("href=\"{address}?lang=en\"")]);
    let answer = act(&mut li, &address, "refuse-subsidy", &[("reason", "发票与合同不符")]).await;
    li.get(&answer.location()).await.shows(&["未通过", "发票与合同不符"]);

    let address = format!("/bureau/applications/{paid}");
    act(&mut li, &address, "approve-subsidy", &[]).await;
    let wrong = act(&mut zhao, &address, "pay-subsidy", &[("reference", "BF-9"), ("date", "2026-01-01")]).await;
    wrong.shows(&["role=\"alert\"", "value=\"BF-9\"", "value=\"2026-01-01\""]);
    let answer = act(&mut zhao, &address, "pay-subsidy", &[("reference", "BF-9")]).await;
    zhao.get(&answer.location()).await.shows(&["已拨付", "BF-9"]);
    let demand = [("amount", "1,500"), ("reason", "退费")];
    let answer = act(&mut li, &address, "demand-clawback", &demand).await;
    li.get(&answer.location()).await.shows(&["须退回", "1,500.00", "退费"]);
    zhao.get("/bureau").await.shows(&["登记退回", "1,500.00"]);
    zhao.get(&address).await.shows(&["value=\"1500.00\""]);
    let answer = act(&mut zhao, &address, "record-clawback", &[("amount", "1500"), ("reference", "ZH-1")]).await;
    zhao.get(&answer.location()).await.shows(&["已退回", "ZH-1"]);
    zhao.get("/bureau").await.shows(&["没有待办事项"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_amount_takes_two_persons_and_the_first_is_no_second() {
    let text = include_str!("../../../rulebooks/hebi-2017.toml");
    let world = World::under(&format!("{text}\n[approval]\nsecond_above = \"40000.00\"\nacts = [\"award\"]\n")).await;
    let application = world.apply(0, 1, "100000").await;
    let address = format!("/bureau/applications/{application}");
    let (mut li, mut wang) = (world.clerk("officer", "li.na"), world.clerk("officer", "wang.wei"));
    li.get(&address).await.shows(&["金额较大，须两人先后办理；您是第一人"]);
    let answer = act(&mut li, &address, "approve-subsidy", &[]).await;
    assert_eq!(answer.location(), format!("{address}?first=1"));
    li.get(&answer.location()).await.shows(&["已记录您的同意", "“li.na”是初审人；须由另一人办理", "待审核"]);
    assert!(!li.get("/bureau").await.body.contains(&application), "not for who agreed first");
    wang.get("/bureau").await.shows(&[&application, "第二人"]);
    let answer = act(&mut wang, &address, "approve-subsidy", &[]).await;
    wang.get(&answer.location()).await.shows(&["已审核，待拨付"]);
    for person in ["li.na", "wang.wei"] {
        let page = world.clerk("finance", person).get(&address).await;
        page.shows(&["须由另一人办理"]);
    }
}

/// A loan of company 0 in the pool that failed, with a claim on it.
async fn claimed(world: &World) -> String {
    let contribute = v1::ContributeToPoolRequest {
        request_id: id(),
        pool_id: "hebi-pool".into(),
        funder_id: "city".into(),
        amount: "3000000.00".into(),
        reference: "C1".into(),
        effective_date: "2025-03-03".into(),
        ..Default::default()
    };
    world.ask("finance:zhao.min", contribute).await;
    let company = world.companies[0].clone();
    let right = "trademark:20000077/9".to_owned();
    let owned = v1::RegisterIpRightRequest {
        request_id: id(),
        effective_date: "2025-03-03".into(),
        right: right.clone(),
        owner: company.clone(),
        title: "淇水".into(),
        granted_on: "2020-01-01".into(),
        expires_on: "2030-01-01".into(),
        ..Default::default()
    };
    world.ask("officer:li.na", owned).await;
    let kind = v1::RightKind::Trademark.into();
    let pledge = v1::RegisterPledgeRequest {
        request_id: id(),
        effective_date: "2025-03-03".into(),
        kind,
        registration_number: "Y77".into(),
        pledgee_id: "icbc".into(),
        pledgor: company.clone(),
        rights: vec![right],
        secured_amount: "1000000.00".into(),
        ..Default::default()
    };
    world.ask("bank:icbc", pledge).await;
    let file = v1::FileLoanRequest {
        request_id: id(),
        effective_date: "2025-03-03".into(),
        bank_id: "icbc".into(),
        contract_number: "POOL-1".into(),
        borrower: company,
        principal: "1000000.00".into(),
        ip_part: "1000000.00".into(),
        annual_rate: "0.0435".into(),
        signed_on: "2025-03-03".into(),
        matures_on: "2025-09-02".into(),
        pledges: vec![v1::PledgeKey { kind, registration_number: "Y77".into() }],
        pool_id: "hebi-pool".into(),
        ..Default::default()
    };
    let loan_id = world.ask("bank:icbc", file).await.loan_id;
    let (request_id, effective_date) = (id(), "2025-03-03".to_owned());
    let amount = "1000000.00".to_owned();
    let disburse =
        v1::DisburseLoanRequest { request_id, effective_date, loan_id: loan_id.clone(), amount, ..Default::default() };
    world.ask("bank:icbc", disburse).await;
    let overdue = v1::MarkLoanOverdueRequest {
        request_id: id(),
        effective_date: "2025-09-03".into(),
        loan_id: loan_id.clone(),
        overdue_since: "2025-09-03".into(),
        ..Default::default()
    };
    world.ask("bank:icbc", overdue).await;
    let (request_id, effective_date) = (id(), "2025-12-10".to_owned());
    let failed =
        v1::MarkLoanNonPerformingRequest { request_id, effective_date, loan_id: loan_id.clone(), ..Default::default() };
    world.ask("bank:icbc", failed).await;
    let submit = v1::SubmitClaimRequest {
        request_id: id(),
        effective_date: "2025-12-20".into(),
        loan_id,
        principal_loss: "20000.00".into(),
        ..Default::default()
    };
    world.ask("bank:icbc", submit).await.claim_id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_is_decided_beside_the_pools_room_and_goes_on_to_its_end() {
    let world = World::new().await;
    let claim = claimed(&world).await;
    let address = format!("/bureau/claims/{claim}");
    let (mut li, mut zhao) = (world.clerk("officer", "li.na"), world.clerk("finance", "zhao.min"));
    li.get("/bureau").await.shows(&["审核补偿申请", &claim, "鹤壁淇水精密镁业有限公司"]);
    let page = li.get(&address).await;
    page.shows(&[
        "工商银行鹤壁分行",
        "POOL-1",
        "专户余额",
        "3,000,000.00",
        "在保责任与放大倍数上限",
        "未熔断",
        "10,000.00",
        "质押登记 Y77 已登记",
        "不予补偿",
        "自2025年9月3日起逾期",
    ]);
    let answer = act(&mut li, &address, "approve-claim", &[]).await;
    li.get(&answer.location()).await.shows(&["已批准，待拨付"]);
    zhao.get("/bureau").await.shows(&["拨付补偿", &claim]);
    let answer = act(&mut zhao, &address, "pay-claim", &[("reference", "BC-1")]).await;
    zhao.get(&answer.location()).await.shows(&["已补偿", "BC-1"]);
    let recovery = v1::RecordRecoveryRequest {
        request_id: id(),
        claim_id: claim.clone(),
        amount: "2000.00".into(),
        cost: "0.00".into(),
        ..Default::default()
    };
    world.ask("bank:icbc", recovery).await;
    li.get(&address).await.shows(&["追偿中", "追偿返还资金池", "1,000.00"]);
    let answer = act(&mut li, &address, "write-off-claim", &[]).await;
    li.get(&answer.location()).await.shows(&["已关闭", "剩余损失已核销"]);
}

/// Every entry about these subjects, in pages of this size.
async fn listed(world: &World, subjects: Vec<String>, page_size: i32, newest_first: bool) -> Vec<u64> {
    let (mut found, mut page_token) = (Vec::new(), String::new());
    loop {
        let subjects = subjects.clone();
        let request = v1::ListEntriesRequest { subjects, newest_first, page_size, page_token, ..Default::default() };
        let answer = world.ask("auditor:sun", request).await;
        assert_eq!(answer.entries.len(), answer.sentences.len());
        found.extend(answer.entries.iter().map(|entry| entry.sequence));
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            return found;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_line_is_found_by_its_subject_in_pages_and_backwards() {
    let world = World::new().await;
    let subjects = vec![world.loans[0].clone(), world.applications[0].clone(), "pledge:trademark/Y0".into()];
    let all = |size: i32, newest_first: bool| listed(&world, subjects.clone(), size, newest_first);
    let whole = all(1_000, false).await;
    // Pledge, filing, drawdown, two payments of interest; application, approval, payment.
    assert_eq!(whole.len(), 8, "{whole:?}");
    assert!(whole.is_sorted());
    assert_eq!(all(3, false).await, whole);
    let backwards: Vec<u64> = whole.iter().rev().copied().collect();
    assert_eq!(all(3, true).await, backwards);
    // The other company's bank and company find nothing by these subjects.
    let request = v1::ListEntriesRequest { subjects: subjects.clone(), ..Default::default() };
    let other = world.ask(&format!("enterprise:{}", world.companies[1]), request).await;
    assert_eq!((other.entries.len(), other.next_page_token.as_str()), (0, ""));
}

/// A case with many entries: the time line goes on on the next page, and nothing of it is left out.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_time_line_is_paged() {
    let world = World::new().await;
    let (loan, from) = (world.loans[0].clone(), world.last().await);
    for number in 0..230 {
        let paid = v1::RecordInterestPaymentRequest {
            request_id: id(),
            effective_date: "2025-11-20".into(),
            loan_id: loan.clone(),
            amount: "1.00".into(),
            period_from: "2025-09-21".into(),
            period_to: "2025-11-20".into(),
            reference: format!("L-{number}"),
            ..Default::default()
        };
        world.ask("bank:icbc", paid).await;
    }
    let mut li = world.clerk("officer", "li.na");
    let address = format!("/bureau/loans/{loan}");
    let first = li.get(&address).await;
    first.shows(&["之后的记录"]);
    let (_, rest) = first.body.split_once("href=\"?later=").unwrap();
    let later = rest.split(['"', '#']).next().unwrap();
    let second = li.get(&format!("{address}?later={later}")).await;
    second.shows(&["从头显示"]);
    assert!(!second.body.contains("之后的记录"));
    for sequence in from + 1..=from + 230 {
        let link = format!("href=\"/bureau/entry/{sequence}\"");
        let found = [&first, &second].map(|page| page.body.matches(&link).count());
        assert_eq!(found[0] + found[1], 1, "{sequence}: {found:?}");
    }
}

/// What waits for one act of many, or for a second person, stands in a group of its own.
#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_closing_run_or_a_second_person_is_listed_apart() {
    let text = include_str!("../../../rulebooks/hebi-2017.toml");
    let closing = text.replacen(
        "budget = \"ip-finance\"\n",
        "budget = \"ip-finance\"\nclosing_run = { clause = \"pledge-subsidy\" }\n",
        1,
    );
    assert_ne!(closing, text);
    let world =
        World::empty(&format!("{closing}\n[approval]\nsecond_above = \"40000.00\"\nacts = [\"withdrawal\"]\n")).await;
    let application = world.apply(0, 1, "12000").await;
    let (mut li, mut zhao) = (world.clerk("officer", "li.na"), world.clerk("finance", "zhao.min"));
    let apart = "等待折算或第二人";
    assert!(!li.get("/bureau?all=1").await.body.contains(apart));
    let approve =
        v1::ApproveSubsidyRequest { request_id: id(), application_id: application.clone(), ..Default::default() };
    world.ask("officer:wang.wei", approve).await;
    let own = li.get("/bureau").await;
    own.shows(&[apart, "知识产权质押融资费用补助 2026", "待年度折算", "1 笔", "6,000.00", "/bureau/periods/run"]);
    assert!(!own.body.contains(&application), "no act waits for it alone");
    assert!(!zhao.get("/bureau").await.body.contains(apart), "finance makes no run");
    let all = zhao.get("/bureau?all=1").await;
    all.shows(&["待年度折算"]);
    assert!(!all.body.contains("/bureau/periods/run\">办理"), "it is shown and not offered");
    let contribute = v1::ContributeToPoolRequest {
        request_id: id(),
        pool_id: "hebi-pool".into(),
        funder_id: "city".into(),
        amount: "900000.00".into(),
        reference: "CZ-1".into(),
        ..Default::default()
    };
    world.ask("finance:zhao.min", contribute).await;
    let withdraw = |who: &'static str| {
        let request = v1::WithdrawFromPoolRequest {
            request_id: id(),
            pool_id: "hebi-pool".into(),
            funder_id: "city".into(),
            amount: "50000.00".into(),
            reference: "TC 1".into(),
            ..Default::default()
        };
        world.ask(who, request)
    };
    withdraw("finance:zhao.min").await;
    assert!(!zhao.get("/bureau").await.body.contains("TC 1"), "the first is no second");
    zhao.get("/bureau?all=1").await.shows(&["TC 1", "待第二人", "50,000.00", "zhao.min", "须由另一人办理"]);
    let mut qian = world.clerk("finance", "qian.yu");
    qian.get("/bureau").await.shows(&["TC 1", "WithdrawFromPool", "50,000.00"]);
    let audit = world.clerk("auditor", "sun.lei").get("/bureau").await;
    audit.shows(&["TC 1", "待年度折算"]);
    assert!(!audit.body.contains("WithdrawFromPool"));
    withdraw("finance:qian.yu").await;
    assert!(!qian.get("/bureau").await.body.contains("TC 1"), "done");
}
