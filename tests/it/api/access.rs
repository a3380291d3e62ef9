//! The guard on the real server: the access log, page tokens, and that nothing of bank B shows in any answer to bank A.

use std::collections::BTreeMap;

use ipledger::access_log;
use ipledger::cli::child::ServerProcess;
use ipledger::proto::v1;
use ipledger::proto::v1::access_service_client::AccessServiceClient;
use ipledger::writer::clock::Clock;
use tempfile::TempDir;
use tonic::Code;
use tonic_types::StatusExt as _;

use super::{World, act_as, id, program, valuation};

type Access = AccessServiceClient<super::Service>;

fn access(world: &World, role: &str, party: &str, person: &str) -> Access {
    AccessServiceClient::with_interceptor(world.channel.clone(), act_as(role, party, person))
}

#[tokio::test]
async fn the_auditor_and_the_enterprise_see_who_looked() {
    let world = World::new().await;
    let get = v1::GetLoanRequest { loan_id: world.loan.clone() };
    world.loans("officer", "", "li.na").get_loan(get.clone()).await.unwrap();
    world.loans("bank", "abc", "spy").get_loan(get).await.unwrap_err();
    let other = v1::GetEnterpriseRequest { enterprise: world.other.clone() };
    world.registry("officer", "", "li.na").get_enterprise(other).await.unwrap();

    let mut auditor = access(&world, "auditor", "", "hua");
    let denied = v1::ListAccessRequest { denied_only: true, ..Default::default() };
    let denied = auditor.list_access(denied).await.unwrap().into_inner().records;
    assert_eq!(denied.len(), 1, "{denied:?}");
    let spy = &denied[0];
    assert_eq!(
        (spy.person.as_str(), spy.organisation.as_str(), spy.rpc.as_str()),
        ("spy", "abc", "LoanService/GetLoan")
    );
    assert_eq!((spy.code.as_str(), spy.reason.as_str()), ("NOT_FOUND", "LOAN_UNKNOWN"));
    assert_eq!(spy.resources, [format!("loan_id={}", world.loan)]);
    assert!(spy.peer.starts_with("127.0.0.1:"), "{}", spy.peer);

    // The accountant of the borrower sees the calls about its loan, the spy's among them, and no other company's.
    let mut accountant = access(&world, "enterprise", &world.borrower, "wang");
    let own = accountant.list_access(v1::ListAccessRequest::default()).await.unwrap().into_inner().records;
    let seen = |person: &str, rpc: &str| own.iter().any(|one| one.person == person && one.rpc == rpc);
    assert!(seen("li.na", "LoanService/GetLoan") && seen("spy", "LoanService/GetLoan"), "{own:?}");
    assert!(!seen("li.na", "RegistryService/GetEnterprise"), "the other company's: {own:?}");
    assert!(own.iter().all(|one| one.peer.is_empty() && one.resources.is_empty()), "{own:?}");
    let foreign = v1::ListAccessRequest { resource: world.other.clone(), ..Default::default() };
    let refused = accountant.list_access(foreign).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    for role in ["officer", "finance", "operator"] {
        let refused = access(&world, role, "", "x").list_access(v1::ListAccessRequest::default()).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied, "{role}");
    }

    // Filters and pages.
    let by = v1::ListAccessRequest { principal: "spy".into(), ..Default::default() };
    assert_eq!(auditor.list_access(by).await.unwrap().into_inner().records.len(), 1);
    let (mut numbers, mut token) = (Vec::new(), String::new());
    loop {
        let ask = v1::ListAccessRequest { page_size: 3, page_token: token, ..Default::default() };
        let page = auditor.list_access(ask).await.unwrap().into_inner();
        numbers.extend(page.records.iter().map(|one| one.number));
        token = page.next_page_token;
        if token.is_empty() || numbers.len() > 200 {
            break;
        }
    }
    let last = *numbers.last().unwrap();
    assert_eq!(last, 1, "the pages do not reach the beginning: {numbers:?}");
    assert!(numbers.is_sorted_by(|newer, older| newer > older), "{numbers:?}");
}

#[tokio::test]
async fn a_disabled_bank_is_out_on_the_next_call_and_back_when_enabled() {
    let world = World::new().await;
    let disable = v1::DisableInstitutionRequest {
        request_id: id(),
        institution_id: "icbc".into(),
        reason: "退出合作".into(),
        ..Default::default()
    };
    let done = access(&world, "officer", "", "li.na").disable_institution(disable).await.unwrap().into_inner();
    assert_eq!(done.decision.unwrap().sentence.unwrap().en, "Institution icbc is disabled: 退出合作");
    let out = world.loans("bank", "icbc", "zhang.wei").list_loans(v1::ListLoansRequest::default()).await.unwrap_err();
    assert_eq!(out.get_error_details().error_info().unwrap().reason, "INSTITUTION_DISABLED");
    world.loans("bank", "abc", "wu.hao").list_loans(v1::ListLoansRequest::default()).await.unwrap();
    let enable = v1::EnableInstitutionRequest {
        request_id: id(),
        institution_id: "icbc".into(),
        reason: "恢复合作".into(),
        ..Default::default()
    };
    access(&world, "operator", "", "op").enable_institution(enable).await.unwrap();
    world.loans("bank", "icbc", "zhang.wei").list_loans(v1::ListLoansRequest::default()).await.unwrap();
}

#[tokio::test]
async fn a_delegate_sends_whose_office_it_holds() {
    let world = World::new().await;
    let apply = valuation(&world.borrower, &world.loan, "40000.00", 1);
    let applied =
        world.subsidies("enterprise", &world.borrower, "boss").apply_subsidy(apply).await.unwrap().into_inner();
    let approve = |office: &'static str| {
        let message = v1::ApproveSubsidyRequest {
            request_id: id(),
            application_id: applied.application_id.clone(),
            ..Default::default()
        };
        let mut request = tonic::Request::new(message);
        request.metadata_mut().insert("ipledger-on-behalf-of", office.parse().unwrap());
        request
    };
    let mut wu = world.subsidies("officer", "", "wu");
    let refused = wu.approve_subsidy(approve("li.na")).await.unwrap_err();
    assert!(refused.message().contains("`wu` may not act for `li.na` as officer today"), "{refused}");
    let today = Clock::System.now().shanghai_date();
    let grant = v1::GrantDelegationRequest {
        request_id: id(),
        to: "wu".into(),
        first_day: today.to_string(),
        last_day: today.plus_days(14).unwrap().to_string(),
        reason: "年休假".into(),
        ..Default::default()
    };
    let mut officer = access(&world, "officer", "", "li.na");
    let granted = officer.grant_delegation(grant).await.unwrap().into_inner().entry.unwrap();
    let approved = wu.approve_subsidy(approve("li.na")).await.unwrap().into_inner();
    let actor = approved.entry.unwrap().actor.unwrap();
    assert_eq!((actor.person.as_str(), actor.on_behalf_of.as_str()), ("wu", "li.na"));
    let revoke = v1::RevokeDelegationRequest {
        request_id: id(),
        delegation_sequence: granted.sequence,
        reason: "提前返岗".into(),
        ..Default::default()
    };
    officer.revoke_delegation(revoke).await.unwrap();
    let listed = officer.list_delegations(v1::ListDelegationsRequest::default()).await.unwrap().into_inner();
    assert_eq!((listed.delegations.len(), listed.delegations[0].in_force), (1, false));
    wu.approve_subsidy(approve("li.na")).await.unwrap_err();
}

#[tokio::test]
async fn a_page_token_is_no_ones_elses() {
    let world = World::new().await;
    let ask = |token: String| v1::ListInstitutionsRequest { page_size: 1, page_token: token };
    let mut icbc = world.registry("bank", "icbc", "zhang.wei");
    let first = icbc.list_institutions(ask(String::new())).await.unwrap().into_inner();
    assert!(!first.next_page_token.is_empty());
    icbc.list_institutions(ask(first.next_page_token.clone())).await.unwrap();
    let mut abc = world.registry("bank", "abc", "wu.hao");
    let stolen = abc.list_institutions(ask(first.next_page_token)).await.unwrap_err();
    assert_eq!(stolen.code(), Code::InvalidArgument);
    let forged = abc.list_institutions(ask(hex::encode("icbc"))).await.unwrap_err();
    assert_eq!(forged.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn the_first_operator_comes_in_at_an_empty_ledger_once() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let flags = |value: &str| ["--bootstrap-principal".into(), value.into()];
    for _ in 0..2 {
        let server = ServerProcess::start_with(program(), &data, flags("ipledger:operator:op-1=wang")).await.unwrap();
        let channel = server.connect().await.unwrap();
        let mut auditor = AccessServiceClient::with_interceptor(channel, act_as("auditor", "", "hua"));
        let listed = auditor.list_principals(v1::ListPrincipalsRequest::default()).await.unwrap().into_inner();
        let details = listed.principals[0].details.clone().unwrap();
        assert_eq!((listed.principals.len(), details.person.as_str()), (1, "wang"));
        assert_eq!(details.roles, [i32::from(v1::Role::Operator)]);
        server.stop().await.unwrap();
    }
    for value in ["ipledger:operator:op-2=li", "ipledger:operator:op-1=li"] {
        let refused = ServerProcess::start_with(program(), &data, flags(value)).await.unwrap_err().to_string();
        assert!(refused.contains("knows principals already"), "{refused}");
    }
    // What a server wrote follows line by line, over all its starts.
    assert!(access_log::verify(&data).unwrap().lines >= 2);
}

/// The isolation test: the reads of bank A on two ledgers that differ in bank B's business only.
///
/// Both ledgers have as many entries, so that even sequence numbers agree; everything else of B differs: amounts,
/// borrowers, dates, how many loans, pledges, applications and claims, what was refused. Every read RPC of the API is asked
/// for what is A's, for what is B's, by page and by filter. The answers must be the same bytes. Not compared: proofs and
/// checkpoints, which are hashes over everything, and the pool's totals, which its members know (docs/permissions.md).
#[tokio::test]
async fn nothing_of_another_bank_shows_in_any_answer() {
    let (first, second) = (World::new().await, World::new().await);
    for (world, variant) in [(&first, 0), (&second, 1)] {
        isolation::business_of_b(world, variant).await;
    }
    assert_eq!(first.last_sequence().await, second.last_sequence().await, "the test compares unlike ledgers");
    let (one, other) = (isolation::answers(&first).await, isolation::answers(&second).await);
    let differing: BTreeMap<&String, (&String, &String)> =
        one.iter().filter(|(ask, said)| other[*ask] != **said).map(|(ask, said)| (ask, (said, &other[ask]))).collect();
    assert!(differing.is_empty(), "{differing:#?}");
    assert!(one.len() > 60, "only {} questions were asked", one.len());
    // The test sees what it looks for: B itself is answered differently.
    let (one, other) = (isolation::loans_of_b(&first).await, isolation::loans_of_b(&second).await);
    assert_ne!(one, other);
}

mod isolation {
    use std::collections::BTreeMap;
    use std::fmt::Debug;

    use super::super::{World, describe, id, pledge};
    use ipledger::proto::v1;
    use tonic::{Response, Status};
    use tonic_types::StatusExt as _;

    const A: (&str, &str, &str) = ("bank", "icbc", "zhang.wei");
    const B: (&str, &str, &str) = ("bank", "abc", "wu.hao");

    /// Eight entries of bank B, different ones in each variant.
    pub(super) async fn business_of_b(world: &World, variant: usize) {
        let mut registry = world.registry(B.0, B.1, B.2);
        let right = |number: u32| format!("trademark:{}/{}", 30_000_000 + number, if variant == 0 { 9 } else { 35 });
        let register = |number: u32| v1::RegisterIpRightRequest {
            request_id: id(),
            effective_date: super::super::DAY.into(),
            right: right(number),
            owner: world.other.clone(),
            title: format!("商标{number}"),
            granted_on: "2020-01-01".into(),
            expires_on: "2030-01-01".into(),
            ..Default::default()
        };
        // Rights of enterprises are looked up by all banks: those of A's customer stay the same in both.
        registry.register_ip_right(register(1)).await.unwrap();
        registry.register_ip_right(register(2)).await.unwrap();
        let first = pledge("abc", &world.other, &right(1), if variant == 0 { "YB1" } else { "YC7" });
        registry.register_pledge(first).await.unwrap();
        if variant == 0 {
            let second = pledge("abc", &world.other, &right(2), "YB2");
            registry.register_pledge(second).await.unwrap();
        } else {
            // The same right once more: a refusal is an entry too.
            let refused = pledge("abc", &world.other, &right(1), "YC8");
            registry.register_pledge(refused).await.unwrap();
        }
        let mut loans = world.loans(B.0, B.1, B.2);
        let amount = ["700000.00", "1900000.00"][variant];
        let file = v1::FileLoanRequest {
            request_id: id(),
            effective_date: super::super::DAY.into(),
            bank_id: "abc".into(),
            contract_number: ["B-1", "B-77"][variant].into(),
            borrower: world.other.clone(),
            principal: amount.into(),
            ip_part: amount.into(),
            annual_rate: ["0.0435", "0.0400"][variant].into(),
            signed_on: super::super::DAY.into(),
            matures_on: ["2026-03-02", "2026-02-02"][variant].into(),
            pledges: vec![v1::PledgeKey {
                kind: v1::RightKind::Trademark.into(),
                registration_number: ["YB1", "YC7"][variant].into(),
            }],
            pool_id: String::new(),
            ..Default::default()
        };
        let filed = loans.file_loan(file).await.unwrap().into_inner();
        assert!(!filed.loan_id.is_empty(), "{filed:?}");
        let disburse = v1::DisburseLoanRequest {
            request_id: id(),
            effective_date: super::super::DAY.into(),
            loan_id: filed.loan_id.clone(),
            amount: amount.into(),
            ..Default::default()
        };
        loans.disburse_loan(disburse).await.unwrap();
    }

    pub(super) async fn loans_of_b(world: &World) -> String {
        format!(
            "{:?}",
            world.loans(B.0, B.1, B.2).list_loans(v1::ListLoansRequest::default()).await.unwrap().into_inner()
        )
    }

    /// What was answered, without what differs from call to call.
    fn said<T: Debug>(world: &World, answered: Result<Response<T>, Status>) -> String {
        let text = match answered {
            Ok(response) => format!("{:?}", response.into_inner()),
            Err(status) => {
                // The order of the metadata's entries is not part of an answer.
                let info = status.get_error_details().error_info().cloned();
                let metadata: BTreeMap<String, String> = info.map(|info| info.metadata).into_iter().flatten().collect();
                format!("{}{metadata:?}", describe(&status))
            }
        };
        let text = without(&text, "recorded_at: Some(Timestamp {", "})");
        let text = without(&text, "request_id: \"", "\"");
        // Tokens are encrypted with a key of each server: that there is one is compared.
        let text = without(&text, "next_page_token: \"", "\"");
        assert!(!world.loan.is_empty());
        text
    }

    /// Leaves out what stands between two texts, but not whether something does.
    fn without(text: &str, from: &str, to: &str) -> String {
        let mut rest = text;
        let mut kept = String::new();
        while let Some((before, after)) = rest.split_once(from) {
            kept.push_str(before);
            kept.push_str(from);
            let (inside, after) = after.split_once(to).unwrap();
            kept.push_str(if inside.is_empty() { "" } else { "…" });
            kept.push_str(to);
            rest = after;
        }
        kept + rest
    }

    /// Every read RPC, asked by bank A.
    pub(super) async fn answers(world: &World) -> BTreeMap<String, String> {
        let mut all = BTreeMap::new();
        registry(world, &mut all).await;
        business(world, &mut all).await;
        ledger(world, &mut all).await;
        all
    }

    macro_rules! ask {
        ($world:expr, $all:expr, $client:expr, $rpc:ident, $message:expr) => {
            let message = $message;
            let label = format!("{} {message:?}", stringify!($rpc));
            let answered = $client.$rpc(message).await;
            $all.insert(label, said($world, answered));
        };
    }

    async fn registry(world: &World, all: &mut BTreeMap<String, String>) {
        let mut client = world.registry(A.0, A.1, A.2);
        for enterprise in [&world.borrower, &world.other] {
            ask!(world, all, client, get_enterprise, v1::GetEnterpriseRequest { enterprise: enterprise.clone() });
            let list = v1::ListBlacklistEntriesRequest { enterprise: enterprise.clone(), ..Default::default() };
            ask!(world, all, client, list_blacklist_entries, list);
        }
        let list = v1::ListIpRightsRequest { owner: world.borrower.clone(), ..Default::default() };
        ask!(world, all, client, list_ip_rights, list);
        ask!(world, all, client, list_enterprises, v1::ListEnterprisesRequest::default());
        ask!(world, all, client, list_institutions, v1::ListInstitutionsRequest::default());
        ask!(world, all, client, get_institution, v1::GetInstitutionRequest { institution_id: "abc".into() });
        for number in ["YB1", "YB2", "YC7", "YC8", "NONE"] {
            let kind = v1::RightKind::Trademark.into();
            let get = v1::GetPledgeRequest { kind, registration_number: number.into() };
            ask!(world, all, client, get_pledge, get);
        }
        for (pledgor, pledgee) in [("", ""), ("", "icbc"), ("", "abc"), (&*world.borrower, ""), (&*world.other, "")] {
            for page_size in [0, 1] {
                let list = v1::ListPledgesRequest {
                    pledgor: pledgor.into(),
                    pledgee_id: pledgee.into(),
                    page_size,
                    ..Default::default()
                };
                ask!(world, all, client, list_pledges, list);
            }
        }
    }

    async fn business(world: &World, all: &mut BTreeMap<String, String>) {
        let mut loans = world.loans(A.0, A.1, A.2);
        let mut subsidies = world.subsidies(A.0, A.1, A.2);
        let mut pools = world.pools(A.0, A.1, A.2);
        for number in 1..=world.last_sequence().await + 2 {
            ask!(world, all, loans, get_loan, v1::GetLoanRequest { loan_id: format!("loan-{number}") });
            let get = v1::GetApplicationRequest { application_id: format!("application-{number}") };
            ask!(world, all, subsidies, get_application, get);
            ask!(world, all, pools, get_claim, v1::GetClaimRequest { claim_id: format!("claim-{number}") });
        }
        for (bank, borrower) in [("", ""), ("icbc", ""), ("abc", ""), ("", &*world.borrower), ("", &*world.other)] {
            for page_size in [0, 1] {
                let list = v1::ListLoansRequest {
                    bank_id: bank.into(),
                    borrower: borrower.into(),
                    page_size,
                    ..Default::default()
                };
                ask!(world, all, loans, list_loans, list);
                let list = v1::ListApplicationsRequest { enterprise: borrower.into(), page_size, ..Default::default() };
                ask!(world, all, subsidies, list_applications, list);
                let list = v1::ListClaimsRequest { bank_id: bank.into(), page_size, ..Default::default() };
                ask!(world, all, pools, list_claims, list);
            }
        }
        for enterprise in [&world.borrower, &world.other] {
            let get = v1::GetEnterpriseYearRequest { enterprise: enterprise.clone(), year: 2025 };
            ask!(world, all, subsidies, get_enterprise_year, get);
        }
        ask!(world, all, pools, get_pool, v1::GetPoolRequest { pool_id: "hebi-pool".into() });
    }

    async fn ledger(world: &World, all: &mut BTreeMap<String, String>) {
        let mut client = world.ledger(A.0, A.1, A.2);
        for sequence in 1..=world.last_sequence().await + 2 {
            ask!(world, all, client, get_entry, v1::GetEntryRequest { sequence });
        }
        for (enterprise, institution) in [("", ""), (&*world.other, ""), ("", "abc"), (&*world.borrower, "")] {
            let list = v1::ListEntriesRequest {
                enterprise: enterprise.into(),
                institution_id: institution.into(),
                ..Default::default()
            };
            ask!(world, all, client, list_entries, list);
        }
        for account in ["pool/hebi-pool/payable/abc", "pool/hebi-pool/payable/icbc", "treasury/cash"] {
            let get = v1::GetAccountBalanceRequest { account: account.into(), ..Default::default() };
            ask!(world, all, client, get_account_balance, get);
        }
        ask!(world, all, client, list_accounts, v1::ListAccountsRequest::default());
        ask!(world, all, client, get_trial_balance, v1::GetTrialBalanceRequest::default());
        ask!(world, all, client, ping, v1::PingRequest::default());
        let mut tail = client.tail_entries(v1::TailEntriesRequest { after_sequence: 0 }).await.unwrap().into_inner();
        let mut seen = String::new();
        while let Ok(Ok(Some(item))) = tokio::time::timeout(std::time::Duration::from_millis(500), tail.message()).await
        {
            seen.push_str(&said(world, Ok(Response::new(item))));
        }
        assert!(!seen.is_empty());
        all.insert("tail_entries".to_owned(), seen);
    }
}
