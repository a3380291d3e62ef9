//! The matrix of every role and every RPC, generated from the descriptor set; limits and the log in front of a handler.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use prost::Message as _;
use prost_types::FileDescriptorSet;
use tempfile::TempDir;

use super::*;
use crate::access_log::{Query, page};
use crate::book::access::{AccessChange, PrincipalDetails, Switched};
use crate::book::event::RequestKey;
use crate::book::nouns::Role;
use crate::decide::command::{Command, Request};
use crate::decide::permission::TABLE;
use crate::identifier::{PersonId, PrincipalName, RequestId};
use crate::pki::{CertificateFacts, Fingerprint};
use crate::proto::FILE_DESCRIPTOR_SET;
use crate::reader::load;
use crate::server::authenticate::{AuthenticatedIdentity, Credential};
use crate::server::identity::{DevIdentity, Identify};
use crate::storage::Storage;
use crate::storage::memory::MemoryDisk;
use crate::writer::clock::{Clock, ManualClock};
use crate::writer::fixture::{Ledger, register, until};
use crate::writer::{Writer, WriterThreads};

const NOON: Timestamp = Timestamp::from_micros(1_772_337_600_000_000);

/// Development identity from nowhere in particular; a header `proved` stands for a certificate.
#[derive(Debug)]
struct Local;

impl Identify for Local {
    fn caller(&self, peer: Peer<'_>) -> Result<Caller, Rejection> {
        DevIdentity.caller(Peer { address: Some(([127, 0, 0, 1], 1).into()), ..peer })
    }

    fn identity(&self, peer: Peer<'_>) -> Result<AuthenticatedIdentity, Rejection> {
        let Some(name) = peer.metadata.get("proved") else {
            return DevIdentity.identity(Peer { address: Some(([127, 0, 0, 1], 1).into()), ..peer });
        };
        let name = name.to_str().unwrap().to_owned();
        let facts = CertificateFacts {
            serial: "1".to_owned(),
            subject: String::new(),
            issuer: String::new(),
            not_before: NOON,
            not_after: NOON,
            fingerprint: Fingerprint([0xab; 32]),
            uris: vec![name.clone()],
            for_clients: true,
            for_servers: false,
        };
        Ok(AuthenticatedIdentity { name, credential: Credential::Certificate(Box::new(facts)) })
    }
}

/// A service that counts who was let in.
#[derive(Debug, Clone, Default)]
struct Counting {
    calls: Arc<AtomicU64>,
    hold: Option<Duration>,
}

impl Service<http::Request<Body>> for Counting {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<http::Response<Body>, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, req: http::Request<Body>) -> Self::Future {
        assert!(req.extensions().get::<Caller>().is_some(), "let in as nobody");
        self.calls.fetch_add(1, Ordering::Relaxed);
        let hold = self.hold;
        Box::pin(async move {
            if let Some(hold) = hold {
                tokio::time::sleep(hold).await;
            }
            Ok(http::Response::new(Body::empty()))
        })
    }
}

struct World {
    edge: Edge,
    writer: Writer,
    _threads: WriterThreads,
    requests: AtomicU64,
}

impl World {
    fn new(watch: Watch) -> Self {
        let storage: Arc<dyn Storage> = Arc::new(MemoryDisk::default().open().unwrap());
        let loaded = load(storage.as_ref(), &mut |_| {}).unwrap();
        let clock = Clock::Manual(ManualClock::new(NOON));
        let (writer, reader, threads) = Writer::start(storage, clock.clone(), loaded).unwrap();
        let edge = Edge::new(writer.clone(), reader, Arc::new(Local)).with_clock(clock).with_watch(watch);
        Self { edge, writer, _threads: threads, requests: AtomicU64::new(1) }
    }

    async fn call(&self, service: &Counting, rpc: &str, headers: &[(&'static str, &str)]) -> Result<(), Status> {
        let mut request = http::Request::builder().uri(format!("/ipledger.v1.{rpc}")).body(Body::empty()).unwrap();
        for (name, value) in headers {
            request.headers_mut().append(*name, value.parse().unwrap());
        }
        let response = Guarded::new(service.clone(), self.edge.clone()).call(request).await.unwrap();
        Status::from_header_map(response.headers()).map_or(Ok(()), Err)
    }

    async fn change(&self, change: AccessChange) {
        let id = u128::from(self.requests.fetch_add(1, Ordering::Relaxed)).to_be_bytes();
        let request = Request {
            caller: Caller::of_bureau(Role::Operator, PersonId::parse("op").unwrap()),
            key: RequestKey { id: RequestId::from_bytes(id).unwrap(), digest: [1; 32] },
            effective_date: None,
            book_late: false,
            command: Command::ChangeAccess(change),
        };
        self.writer.submit(request, false, None).await.unwrap();
    }
}

fn acting(role: Role) -> Vec<(&'static str, &'static str)> {
    let mut headers = vec![("ipledger-dev-role", role.code()), ("ipledger-dev-person", "li")];
    match role {
        Role::Bank | Role::Guarantor | Role::Insurer => headers.push(("ipledger-dev-institution", "icbc")),
        Role::Enterprise => headers.push(("ipledger-dev-enterprise", "91110000600037341L")),
        Role::Officer | Role::Finance | Role::Auditor | Role::Operator => {}
    }
    headers
}

/// Every RPC of the API, `Service/Rpc`, from the descriptors that reflection gives out.
fn rpcs() -> BTreeSet<String> {
    let set = FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).unwrap();
    let api = set.file.iter().filter(|file| file.package() == "ipledger.v1");
    let services = api.flat_map(|file| &file.service);
    services
        .flat_map(|service| service.method.iter().map(move |method| format!("{}/{}", service.name(), method.name())))
        .collect()
}

#[test]
fn every_rpc_of_the_api_has_its_row_and_no_row_is_left_over() {
    let rows: BTreeSet<String> = TABLE.iter().map(|row| row.rpc.to_owned()).collect();
    let rpcs = rpcs();
    let without: Vec<_> = rpcs.difference(&rows).collect();
    assert!(without.is_empty(), "give these a row in src/decide/permission/table.rs: {without:?}");
    let over: Vec<_> = rows.difference(&rpcs).collect();
    assert!(over.is_empty(), "these rows are of no RPC: {over:?}");
}

#[tokio::test]
async fn each_role_is_let_into_its_rpcs_and_no_other() {
    let world = World::new(Watch::default());
    let mut matrix: BTreeMap<String, Vec<Role>> = BTreeMap::new();
    for rpc in rpcs() {
        for role in Role::ALL {
            let service = Counting::default();
            let answered = world.call(&service, &rpc, &acting(*role)).await;
            let let_in = service.calls.load(Ordering::Relaxed) == 1;
            assert_eq!(answered.is_ok(), let_in, "{rpc} {role}");
            if let Err(status) = answered {
                assert_eq!(status.code(), Code::PermissionDenied, "{rpc} {role}: {status}");
            }
            let row = matrix.entry(rpc.clone()).or_default();
            row.extend(let_in.then_some(*role));
        }
        let service = Counting::default();
        let nobody = world.call(&service, &rpc, &[]).await.unwrap_err();
        assert_eq!((nobody.code(), service.calls.load(Ordering::Relaxed)), (Code::Unauthenticated, 0), "{rpc}");
    }
    // The page for people is this matrix.
    let page = include_str!("../../../docs/permissions.md");
    let expected = table(&matrix);
    assert!(page.contains(&expected), "docs/permissions.md must hold this table:\n{expected}");
}

/// The matrix as the page shows it.
fn table(matrix: &BTreeMap<String, Vec<Role>>) -> String {
    let mut text = String::from("| RPC |");
    for role in Role::ALL {
        write!(text, " {role} |").unwrap();
    }
    text.push_str("\n|---|");
    text.push_str(&"---|".repeat(Role::ALL.len()));
    text.push('\n');
    for (rpc, roles) in matrix {
        write!(text, "| `{rpc}` |").unwrap();
        for role in Role::ALL {
            text.push_str(if roles.contains(role) { " ● |" } else { "  |" });
        }
        text.push('\n');
    }
    text
}

#[tokio::test]
async fn what_has_no_row_is_denied_before_anybody_is_asked_who_he_is() {
    let world = World::new(Watch::default());
    for rpc in ["LoanService/DeleteLoan", "LoanService", "x", "LoanService/FileLoan/"] {
        let service = Counting::default();
        let refused = world.call(&service, rpc, &acting(Role::Operator)).await.unwrap_err();
        assert_eq!((refused.code(), service.calls.load(Ordering::Relaxed)), (Code::Unimplemented, 0), "{rpc}");
    }
}

fn principal(name: &str, roles: &[Role]) -> PrincipalDetails {
    PrincipalDetails {
        name: PrincipalName::parse(name).unwrap(),
        person: PersonId::parse("wang").unwrap(),
        roles: roles.to_vec(),
        institution: None,
        enterprise: None,
        districts: BTreeSet::new(),
    }
}

#[tokio::test]
async fn a_proven_name_is_what_the_ledger_says_and_a_disabled_one_is_out_on_the_next_call() {
    let world = World::new(Watch::default());
    let service = Counting::default();
    // What it says of itself beside its certificate counts for nothing.
    let mut headers = vec![("proved", "ipledger:bureau:wang")];
    headers.extend(acting(Role::Operator));
    let approve = "SubsidyService/ApproveSubsidy";
    // As long as no principal is known, a name is what the client CA wrote: this one is none of its forms.
    let formless = world.call(&service, approve, &headers).await.unwrap_err();
    assert!(formless.message().contains("is not the name of an identity"), "{formless}");
    let at_its_word = [("proved", "ipledger:officer:li.na")];
    world.call(&service, approve, &at_its_word).await.unwrap();
    // From the first binding on only bound names are anybody.
    world.change(AccessChange::PrincipalBound(principal("ipledger:auditor:hua", &[Role::Auditor]))).await;
    assert_eq!(world.call(&service, approve, &at_its_word).await.unwrap_err().code(), Code::Unauthenticated);
    let unknown = world.call(&service, approve, &headers).await.unwrap_err();
    assert_eq!(unknown.code(), Code::Unauthenticated);
    assert!(unknown.message().contains("`ipledger:bureau:wang` is bound to no principal"), "{unknown}");

    let details = principal("ipledger:bureau:wang", &[Role::Officer, Role::Finance]);
    world.change(AccessChange::PrincipalBound(details.clone())).await;
    world.call(&service, approve, &headers).await.unwrap();
    world.call(&service, "SubsidyService/PaySubsidy", &headers).await.unwrap();
    let refused = world.call(&service, "AccessService/BindPrincipal", &headers).await.unwrap_err();
    assert!(refused.message().contains("role `officer` may not do this; expected operator"), "{refused}");

    let switch = |enabled| Switched { id: details.name.clone(), enabled, reason: "left".to_owned() };
    world.change(AccessChange::PrincipalSwitched(switch(false))).await;
    let out = world.call(&service, approve, &headers).await.unwrap_err();
    assert_eq!(out.get_error_details().error_info().unwrap().reason, "PRINCIPAL_DISABLED");
    world.change(AccessChange::PrincipalSwitched(switch(true))).await;
    world.call(&service, approve, &headers).await.unwrap();
    assert_eq!(service.calls.load(Ordering::Relaxed), 4);
}

#[tokio::test]
async fn nobody_acts_for_another_without_a_delegation() {
    let world = World::new(Watch::default());
    let service = Counting::default();
    let mut headers = acting(Role::Officer);
    headers.push((ON_BEHALF_OF_KEY, "zhang"));
    let refused = world.call(&service, "SubsidyService/ApproveSubsidy", &headers).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    assert!(refused.message().contains("`li` may not act for `zhang` as officer today"), "{refused}");
    headers.push((ON_BEHALF_OF_KEY, "zhao"));
    let refused = world.call(&service, "SubsidyService/ApproveSubsidy", &headers).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated, "two offices at a time");
}

#[tokio::test]
async fn a_flood_is_refused_with_when_to_come_back_and_nobody_else_is() {
    let limits = LimitsConfig { requests_per_second: 2, requests_burst: 3, ..LimitsConfig::NONE };
    let data = TempDir::new().unwrap();
    let log = AccessLog::open(data.path()).unwrap();
    let world = World::new(Watch::new(limits, Some(log.clone()), Seal::new()));
    let service = Counting::default();
    let (ping, flood) = ("LedgerService/Ping", acting(Role::Bank));
    let calls = (0..20).map(|_| world.call(&service, ping, &flood));
    let answered = futures_join(calls.collect()).await;
    let refused: Vec<Status> = answered.into_iter().filter_map(Result::err).collect();
    assert!((12..=17).contains(&refused.len()), "{} of 20 refused", refused.len());
    let details = refused[0].get_error_details();
    assert_eq!(refused[0].code(), Code::ResourceExhausted);
    assert_eq!(details.error_info().unwrap().reason, "RATE_LIMITED");
    let wait = details.retry_info().unwrap().retry_delay.unwrap();
    assert!(wait <= Duration::from_millis(500), "{wait:?}");
    let quota = &details.quota_failure().unwrap().violations[0];
    assert_eq!((quota.subject.as_str(), quota.description.as_str()), ("bank icbc li", "requests per second: 2"));
    world.call(&service, ping, &acting(Role::Auditor)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(600)).await;
    world.call(&service, ping, &flood).await.unwrap();

    // One refusal a second is written down, with the number of those that were not.
    let denied = Query { denied_only: true, limit: 100, ..Query::default() };
    let listed = page(log.folder(), &denied).unwrap().records;
    assert!(listed.len() <= 3, "{} refusals are listed", listed.len());
    assert!(listed.iter().all(|record| record.reason == "RATE_LIMITED" && record.who.person == "li"));
}

/// Polls all of them to their end.
async fn futures_join<T>(futures: Vec<impl Future<Output = T>>) -> Vec<T> {
    let mut running: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut done = Vec::new();
    std::future::poll_fn(|context| {
        running.retain_mut(|one| match one.as_mut().poll(context) {
            Poll::Ready(output) => {
                done.push(output);
                false
            }
            Poll::Pending => true,
        });
        if running.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    done
}

#[tokio::test]
async fn who_holds_too_many_calls_open_is_refused_and_nobody_else() {
    let limits = LimitsConfig { calls: 4, ..LimitsConfig::NONE };
    let world = World::new(Watch::new(limits, None, Seal::new()));
    let slow = Counting { hold: Some(Duration::from_secs(2)), ..Counting::default() };
    let bank = acting(Role::Bank);
    let held = futures_join((0..4).map(|_| world.call(&slow, "LedgerService/Ping", &bank)).collect());
    let other = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let refused = world.call(&slow, "LedgerService/Ping", &acting(Role::Bank)).await.unwrap_err();
        let details = refused.get_error_details();
        let quota = &details.quota_failure().unwrap().violations[0];
        assert_eq!(quota.description, "calls at a time: 4");
        world.call(&Counting::default(), "LedgerService/Ping", &acting(Role::Officer)).await.unwrap();
    };
    let (held, ()) = tokio::join!(held, other);
    assert!(held.iter().all(Result::is_ok));
    world.call(&Counting::default(), "LedgerService/Ping", &acting(Role::Bank)).await.unwrap();
}

/// Without the guard's wait a reader would hear of what a crash can still take back.
#[tokio::test]
async fn an_answer_waits_until_what_it_may_rest_on_is_durable() {
    let Ledger { storage, clock, writer, reader, threads, .. } = Ledger::new();
    let edge = Edge::new(writer.clone(), reader, Arc::new(Local)).with_clock(Clock::Manual(clock));
    let requests = AtomicU64::new(1);
    let world = Arc::new(World { edge, writer: writer.clone(), _threads: threads, requests });
    storage.hold();
    let pending = writer.begin(register(1, 1), false, None).unwrap();
    until("the append has begun", || storage.is_appending()).await;

    let reading = Arc::clone(&world);
    let read =
        tokio::spawn(
            async move { reading.call(&Counting::default(), "LoanService/GetLoan", &acting(Role::Officer)).await },
        );
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!read.is_finished(), "the book shows what is not durable");
    // A write that came through was answered by the writer: it does not wait for those behind it.
    world.call(&Counting::default(), "RegistryService/RegisterInstitution", &acting(Role::Officer)).await.unwrap();

    storage.release();
    read.await.unwrap().unwrap();
    pending.answer().await.unwrap();
}

#[tokio::test]
async fn every_decision_is_in_the_log_and_a_refusal_before_its_answer() {
    let data = TempDir::new().unwrap();
    let log = AccessLog::open(data.path()).unwrap();
    let world = World::new(Watch::new(LimitsConfig::NONE, Some(log.clone()), Seal::new()));
    let service = Counting::default();
    let read = || page(log.folder(), &Query { limit: 100, ..Query::default() }).unwrap().records;
    world.call(&service, "LoanService/FileLoan", &acting(Role::Auditor)).await.unwrap_err();
    let denied = read();
    assert_eq!(denied.len(), 1, "the refusal was answered and is not in the file");
    assert_eq!((denied[0].rpc.as_str(), denied[0].code.as_str()), ("LoanService/FileLoan", "PERMISSION_DENIED"));
    assert_eq!((denied[0].reason.as_str(), denied[0].who.role.as_str()), ("PERMISSION_DENIED", "auditor"));
    assert_eq!(denied[0].time, NOON.micros());
    let stranger = [("proved", "spiffe://x/y")];
    world.call(&service, "LoanService/FileLoan", &stranger).await.unwrap_err();
    let denied = read();
    assert_eq!((denied[0].who.principal.as_str(), denied[0].who.fingerprint.len()), ("spiffe://x/y", 64));
    world.call(&service, "LedgerService/Ping", &acting(Role::Bank)).await.unwrap();
    while read().len() < 3 {
        tokio::task::yield_now().await;
    }
    assert_eq!((read()[0].code.as_str(), read()[0].who.organisation.as_str()), ("OK", "icbc"));
}

#[tokio::test]
async fn a_token_of_another_caller_is_no_token() {
    let watch = Arc::new(Watch::default());
    let call = |context: &str| {
        let meter = watch.limits.meter("a", Duration::ZERO);
        Arc::new(Call {
            rpc: "LoanService/ListLoans".to_owned(),
            watch: Arc::clone(&watch),
            _permit: meter.enter(Duration::ZERO).unwrap(),
            meter,
            context: context.to_owned(),
            trail: Mutex::new(Trail::default()),
            who: Who::default(),
            peer: String::new(),
        })
    };
    let token = CALL.sync_scope(call("LoanService/ListLoans bank icbc li"), || seal_token("loan-42"));
    let opened = |context: &str| CALL.sync_scope(call(context), || open_token(&token));
    assert_eq!(opened("LoanService/ListLoans bank icbc li").as_deref(), Some("loan-42"));
    assert_eq!(opened("LoanService/ListLoans bank ccb sun"), None);
    assert_eq!(opened("PoolService/ListClaims bank icbc li"), None);
}
