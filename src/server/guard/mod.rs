//! The guard: what every call passes before a handler sees it, and after.
//!
//! ```text
//! call ─ table: has the RPC a row? ─ identity ─ principal ─ limits ─ role ──> handler ──> access log ──> answer
//! ```
//!
//! Denied by default: an RPC without a row is nobody's, a handler that the guard did not let anybody into refuses. The
//! order is part of the promise that nothing is probed: who may not call an RPC hears so before anything of the request
//! is read. The guard stands around each service of the API; health and reflection, which tell nothing of the ledger,
//! are open to whoever could connect.

use std::convert::Infallible;
use std::fmt::Debug;
use std::mem;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::{Instant, timeout};
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::metadata::MetadataMap;
use tonic::server::NamedService;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::access_log::{AccessLog, Record, Who};
use crate::book::nouns::Caller;
use crate::calendar::Timestamp;
use crate::config::LimitsConfig;
use crate::decide::permission::{check_role, roles_of};
use crate::decide::rejection::{Reason, Rejection};

use super::authenticate::AuthenticatedIdentity;
use super::edge::{DEADLINE_MAX, Edge, unavailable};
use super::identity::{Peer, address_of};
use super::sandbox::{self, SANDBOX_KEY};
use super::status::exhausted;
use super::write::is_write;

pub(super) mod inside;
pub mod limits;
mod ongoing;
mod resolve;
mod resources;
pub mod seal;
#[cfg(test)]
mod tests;

pub use resolve::ON_BEHALF_OF_KEY;

pub(super) use ongoing::Ongoing;

use limits::{Exceeded, Limits, Meter, Permit};
use seal::Seal;

/// The package of the API as it begins a path.
const PACKAGE: &str = "/ipledger.v1.";

/// What the guard keeps over all calls.
#[derive(Debug)]
pub struct Watch {
    limits: Limits,
    log: Option<AccessLog>,
    seal: Seal,
    tally: Option<Arc<dyn Tally>>,
}

/// Counts calls, for whoever watches the server. Called on the way of every answer, so it must be quick.
pub trait Tally: Debug + Send + Sync {
    /// A call was answered: let in or not, with this code and, for an error, the reason.
    fn called(&self, call: &Called<'_>);
}

/// An answered call, for counting; nothing of it says who called or what about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Called<'a> {
    /// `Service/Method`; empty for a path that is no RPC of the API.
    pub rpc: &'a str,
    /// The code's name in the gRPC specification.
    pub code: &'static str,
    /// The reason in `ErrorInfo`; empty if there is none.
    pub reason: &'a str,
    /// From the call's arrival to its answer's first byte; a stream goes on after that.
    pub took: Duration,
}

impl Watch {
    /// A guard with these limits, this log and this seal of page tokens.
    pub fn new(limits: LimitsConfig, log: Option<AccessLog>, seal: Seal) -> Self {
        Self { limits: Limits::new(limits), log, seal, tally: None }
    }

    /// The same, and calls are counted here.
    #[must_use]
    pub fn with_tally(self, tally: Arc<dyn Tally>) -> Self {
        Self { tally: Some(tally), ..self }
    }

    /// The access log, if one is kept.
    pub const fn log(&self) -> Option<&AccessLog> {
        self.log.as_ref()
    }
}

impl Default for Watch {
    /// Without limits and without a log: for tests.
    fn default() -> Self {
        Self::new(LimitsConfig::NONE, None, Seal::new())
    }
}

tokio::task_local! {
    /// The call that the running handler serves.
    static CALL: Arc<Call>;
}

/// A call that was let in.
#[derive(Debug)]
struct Call {
    rpc: String,
    watch: Arc<Watch>,
    meter: Arc<Meter>,
    /// What a page token is bound to.
    context: String,
    trail: Mutex<Trail>,
    who: Who,
    peer: String,
    _permit: Permit,
}

/// What the call turned out to be about.
#[derive(Debug, Default)]
struct Trail {
    request: String,
    resources: Vec<String>,
}

/// Does something to the running call; nothing where no guard stands (tests of handlers).
fn on_call(act: impl FnOnce(&Call)) {
    CALL.try_with(|call| act(call)).unwrap_or_default();
}

/// Notes what a request names and charges its bytes.
pub(super) fn note_request(message: &impl prost::Message) {
    on_call(|call| {
        call.meter.charge(message.encoded_len());
        if call.watch.log.is_some() {
            call.trail.lock().resources = resources::named(&call.rpc, message);
        }
    });
}

/// Notes the request id of a write.
pub(super) fn note_request_id(id: &str) {
    on_call(|call| call.trail.lock().request = id.chars().take(64).collect());
}

/// Notes what a batch brings, and charges its items but the one that the call itself was charged for.
pub(super) fn note_items(items: usize) {
    on_call(|call| {
        call.meter.charge_requests(items.saturating_sub(1));
        call.trail.lock().resources.push(format!("items={items}"));
    });
}

/// Notes what a write made.
pub(super) fn note_made(name: &str, value: &dyn std::fmt::Display) {
    on_call(|call| call.trail.lock().resources.push(format!("{name}={value}")));
}

/// A page token as it travels: sealed for the caller and the RPC.
pub(super) fn seal_token(plain: &str) -> String {
    let sealed = CALL.try_with(|call| call.watch.seal.seal(&call.context, plain).unwrap_or_default());
    sealed.unwrap_or_else(|_| hex::encode(plain))
}

/// What a page token says; `None` if it is not one that this caller got from this list.
pub(super) fn open_token(token: &str) -> Option<String> {
    match CALL.try_with(|call| call.watch.seal.open(&call.context, token)) {
        Ok(opened) => opened,
        Err(_) => hex::decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok()),
    }
}

/// A place for a stream of the running call's caller; `None` where no guard stands.
pub(super) fn open_stream() -> Result<Option<Permit>, Status> {
    let opened = CALL.try_with(|call| call.meter.open_stream().map_err(|exceeded| too_much(&call.context, &exceeded)));
    opened.map_or(Ok(None), |permit| permit.map(Some))
}

/// A service behind the guard.
#[derive(Debug, Clone)]
pub(super) struct Guarded<S> {
    inner: S,
    edge: Edge,
}

impl<S> Guarded<S> {
    pub(super) const fn new(inner: S, edge: Edge) -> Self {
        Self { inner, edge }
    }
}

impl<S: NamedService> NamedService for Guarded<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<http::Request<Body>> for Guarded<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<http::Response<Body>, Infallible>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, req: http::Request<Body>) -> Self::Future {
        // The one that was found ready serves; its clone takes its place.
        let clone = self.inner.clone();
        let inner = mem::replace(&mut self.inner, clone);
        let edge = self.edge.clone();
        Box::pin(async move {
            let mut response = serve(&edge, inner, req).await;
            if edge.sandbox().is_some() {
                response.headers_mut().insert(SANDBOX_KEY, http::HeaderValue::from_static("true"));
            }
            Ok(response)
        })
    }
}

/// What is known of a call before and after it was let in.
struct Visit {
    began: Instant,
    time: Timestamp,
    rpc: String,
    peer: String,
    who: Who,
}

async fn serve<S>(edge: &Edge, mut inner: S, request: http::Request<Body>) -> http::Response<Body>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>,
{
    let path = request.uri().path();
    let rpc = path.strip_prefix(PACKAGE).unwrap_or(path).to_owned();
    let (began, time) = (Instant::now(), edge.clock().now());
    let mut visit = Visit { began, time, rpc, peer: String::new(), who: Who::default() };
    let (mut parts, body) = request.into_parts();
    let admitted = admit(edge, &mut parts, &mut visit);
    let (caller, call) = match admitted {
        Ok(admitted) => admitted,
        Err(refused) => return refused.answer(edge, &visit).await,
    };
    parts.extensions.insert(caller);
    let served = CALL.scope(Arc::clone(&call), inner.call(http::Request::from_parts(parts, body)));
    // A request that never ends to arrive must not hold its place for ever.
    let limit = DEADLINE_MAX.saturating_add(Duration::from_secs(5));
    let response = match timeout(limit, served).await {
        Ok(Ok(response)) => response,
        Ok(Err(never)) => match never {},
        Err(_) => Status::from(Rejection::plain(Reason::DeadlineExceeded)).into_http(),
    };
    let is_ok = response.headers().get("grpc-status").is_none_or(|code| code == "0");
    let response = match settled(edge, &visit.rpc, is_ok).await {
        Ok(()) => response,
        Err(rejection) => Status::from(rejection).into_http(),
    };
    let trail = mem::take(&mut *call.trail.lock());
    recorded(edge, &visit, response, (trail, 0)).await
}

/// Waits until everything is durable that the answer may rest on. A write that came through was answered by the writer
/// after that; waiting again would only be for those behind it.
async fn settled(edge: &Edge, rpc: &str, is_ok: bool) -> Result<(), Rejection> {
    if is_ok && (is_write(rpc) || rpc.starts_with("BatchService/")) {
        return Ok(());
    }
    edge.reader().settled().await.map_err(|fault| unavailable(&fault))
}

/// A call that was not let in.
struct Refused {
    status: Status,
    /// Set where it was refused by a limit: then it is held a while, and not every one is written down.
    flood: Option<Arc<Meter>>,
}

impl From<Rejection> for Refused {
    fn from(rejection: Rejection) -> Self {
        Self { status: rejection.into(), flood: None }
    }
}

impl Refused {
    async fn answer(self, edge: &Edge, visit: &Visit) -> http::Response<Body> {
        let response = self.status.into_http();
        let Some(meter) = self.flood else { return recorded(edge, visit, response, (Trail::default(), 0)).await };
        let response = if let Some(also) = meter.note_refusal(edge.watch().limits.now()) {
            recorded(edge, visit, response, (Trail::default(), also)).await
        } else {
            count(edge, visit, Code::ResourceExhausted, Reason::RateLimited.code());
            response
        };
        let (held, delay) = meter.hold();
        tokio::time::sleep(delay).await;
        drop(held);
        response
    }
}

/// Lets a call in, or says why not. What is known of the caller goes into the visit in any case.
fn admit(edge: &Edge, parts: &mut http::request::Parts, visit: &mut Visit) -> Result<(Caller, Arc<Call>), Refused> {
    if roles_of(&visit.rpc).is_empty() {
        let status = Status::unimplemented(format!("`{}` is not an RPC of this ledger", visit.rpc));
        return Err(Refused { status, flood: None });
    }
    let watch = edge.watch();
    if watch.log.as_ref().is_some_and(|log| !log.is_open()) {
        return Err(Rejection::plain(Reason::Unavailable).into());
    }
    let metadata = MetadataMap::from_headers(mem::take(&mut parts.headers));
    let address = address_of(&parts.extensions);
    visit.peer = address.map(|address| address.to_string()).unwrap_or_default();
    let peer = Peer { address, metadata: &metadata, extensions: &parts.extensions };
    let resolved = edge.identify(peer).and_then(|(identity, believed)| {
        visit.who = resolve::who(&identity, believed.as_ref());
        let caller = resolve::caller(edge, &identity, believed, (&metadata, &visit.rpc))?;
        Ok((identity, caller))
    });
    let asked = edge.sandbox().and_then(|_| sandbox::asked_for(&metadata));
    parts.headers = metadata.into_headers();
    let (identity, caller, call) = let_in(watch, resolved, visit, address)?;
    parts.extensions.insert(identity);
    if let Some(asked) = asked {
        return Err(asked.into());
    }
    Ok((caller, call))
}

/// Counts a call against the limits of whoever it is, and lets it in if its role may.
fn let_in(
    watch: &Arc<Watch>,
    resolved: Result<(AuthenticatedIdentity, Caller), Rejection>,
    visit: &mut Visit,
    address: Option<SocketAddr>,
) -> Result<(AuthenticatedIdentity, Caller, Arc<Call>), Refused> {
    let now = watch.limits.now();
    let key = match &resolved {
        Ok((identity, caller)) => resolve::key(identity, caller),
        // Whoever proved nothing is counted by where it comes from, without the port.
        Err(_) => format!("address {}", address.map(|address| address.ip().to_string()).unwrap_or_default()),
    };
    let meter = watch.limits.meter(&key, now);
    let permit = meter
        .enter(now)
        .map_err(|exceeded| Refused { status: too_much(&key, &exceeded), flood: Some(Arc::clone(&meter)) })?;
    let (identity, caller) = resolved?;
    resolve::fill(&mut visit.who, &caller);
    check_role(caller.role, &visit.rpc)?;
    let context = format!("{} {key}", visit.rpc);
    let trail = Mutex::new(Trail::default());
    let (rpc, watch, who, peer) = (visit.rpc.clone(), Arc::clone(watch), visit.who.clone(), visit.peer.clone());
    let call = Call { rpc, watch, meter, context, trail, who, peer, _permit: permit };
    Ok((identity, caller, Arc::new(call)))
}

/// A limit as `RESOURCE_EXHAUSTED` with `RetryInfo` and `QuotaFailure`.
fn too_much(key: &str, exceeded: &Exceeded) -> Status {
    let (quota, limit, wait) = (exceeded.quota.name(), exceeded.limit, exceeded.retry_after);
    let rejection = Rejection::new(
        Reason::RateLimited,
        "",
        format!("{limit} {quota} are allowed; come back in {} ms with the same request id", wait.as_millis()),
        format!("已超过上限（{quota}：{limit}），请在 {} 毫秒后用同一请求编号重试", wait.as_millis()),
    );
    exhausted(&rejection, (key, &format!("{quota}: {limit}")), wait)
}

/// Writes a call down and gives its answer on; a refusal only once it is in the file. Without its record nothing is
/// answered: the outcome is then as unknown as after a crash.
async fn recorded(
    edge: &Edge,
    visit: &Visit,
    response: http::Response<Body>,
    trail: (Trail, u64),
) -> http::Response<Body> {
    let status = Status::from_header_map(response.headers());
    if written_down(edge, visit, status.as_ref(), trail).await {
        return response;
    }
    Status::from(Rejection::plain(Reason::Unavailable)).into_http()
}

/// Whether a call, with the status that it ends with (`None` is good), stands in the access log; counted in any case.
async fn written_down(edge: &Edge, visit: &Visit, status: Option<&Status>, (trail, also): (Trail, u64)) -> bool {
    let code = status.map_or(Code::Ok, Status::code);
    let reason = status.and_then(|status| status.get_error_details().error_info().map(|info| info.reason.clone()));
    count(edge, visit, code, reason.as_deref().unwrap_or_default());
    let Some(log) = edge.watch().log() else { return true };
    let entry = Record {
        time: visit.time.micros(),
        us: u64::try_from(visit.began.elapsed().as_micros()).unwrap_or(u64::MAX),
        who: visit.who.clone(),
        peer: visit.peer.clone(),
        rpc: visit.rpc.clone(),
        request: trail.request,
        resources: trail.resources,
        code: code_name(code).to_owned(),
        reason: reason.unwrap_or_default(),
        also,
        ..Record::default()
    };
    if code == Code::Ok { log.append(entry).await } else { log.append_and_wait(entry).await }
}

/// Counts a call, if anybody does.
fn count(edge: &Edge, visit: &Visit, code: Code, reason: &str) {
    let Some(tally) = &edge.watch().tally else { return };
    // A path that somebody made up must not become a series of its own.
    let rpc = if roles_of(&visit.rpc).is_empty() { "" } else { visit.rpc.as_str() };
    tally.called(&Called { rpc, code: code_name(code), reason, took: visit.began.elapsed() });
}

/// The name of a code as the gRPC specification writes it.
const fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
