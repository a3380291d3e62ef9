//! The guard for calls from within the process: the pages. The same table, principal, limits, role and access log as for
//! a call from the network; only who calls was found out elsewhere, by a session.

use std::future::Future;
use std::mem;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::time::{Instant, timeout};
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status};

use super::{CALL, Refused, Trail, Visit, let_in, resolve, settled, written_down};
use crate::access_log::Who;
use crate::decide::permission::roles_of;
use crate::decide::rejection::{Reason, Rejection};
use crate::server::authenticate::{AuthenticatedIdentity, Credential, PortalLogin};
use crate::server::edge::{DEADLINE_MAX, Edge};
use crate::server::logins::Visitor;

/// The one call that somebody may make who knows an application's number and query code.
const STATUS_RPC: &str = "SubsidyService/GetApplication";

/// Makes a call for a visitor of the pages: through the guard, to the handler, into the access log. `message` is the
/// request, or a stream of them.
pub(in crate::server) async fn pass<M, R, F>(
    edge: &Edge,
    visitor: &Visitor,
    rpc: &'static str,
    message: M,
    handler: impl FnOnce(Request<M>) -> F + Send,
) -> Result<R, Status>
where
    F: Future<Output = Result<Response<R>, Status>> + Send,
{
    let mut visit = Visit {
        began: Instant::now(),
        time: edge.clock().now(),
        rpc: rpc.to_owned(),
        peer: peer(visitor.address),
        who: Who::default(),
    };
    let (identity, caller, call) = match admit(edge, visitor, &mut visit) {
        Ok(admitted) => admitted,
        Err(Refused { status, flood }) => return Err(refused(edge, &visit, status, flood).await),
    };
    let mut request = Request::new(message);
    request.extensions_mut().insert(caller);
    request.extensions_mut().insert(identity);
    let served = CALL.scope(Arc::clone(&call), handler(request));
    let answer = timeout(DEADLINE_MAX, served).await;
    let answer = answer.unwrap_or_else(|_| Err(Rejection::plain(Reason::DeadlineExceeded).into()));
    let answer = settled(edge, rpc, answer.is_ok()).await.map_err(Status::from).and(answer);
    let trail = mem::take(&mut *call.trail.lock());
    if written_down(edge, &visit, answer.as_ref().err(), (trail, 0)).await {
        return answer.map(Response::into_inner);
    }
    Err(Rejection::plain(Reason::Unavailable).into())
}

/// Where the browser is, as the access log has it: its own machine's address behind a word that says that it was a page.
fn peer(address: Option<SocketAddr>) -> String {
    address.map_or_else(|| "portal".to_owned(), |address| format!("portal {address}"))
}

type Admitted = (AuthenticatedIdentity, crate::book::nouns::Caller, Arc<super::Call>);

fn admit(edge: &Edge, visitor: &Visitor, visit: &mut Visit) -> Result<Admitted, Refused> {
    let watch = edge.watch();
    if roles_of(&visit.rpc).is_empty() {
        let status = Status::unimplemented(format!("`{}` is not an RPC of this ledger", visit.rpc));
        return Err(Refused { status, flood: None });
    }
    if watch.log.as_ref().is_some_and(|log| !log.is_open()) {
        return Err(Rejection::plain(Reason::Unavailable).into());
    }
    let identity = visitor.identity();
    let believed = visitor.believed(&edge.reader().book());
    visit.who = resolve::who(&identity, believed.as_ref());
    visit.who.principal.clone_from(&identity.name);
    let metadata = MetadataMap::new();
    let resolved = resolve::caller(edge, &identity, believed, (&metadata, &visit.rpc));
    let resolved = resolved.and_then(|caller| {
        // A query code shows one application and does nothing.
        if identity.credential == Credential::Portal(PortalLogin::StatusCode) && visit.rpc != STATUS_RPC {
            return Err(Rejection::plain(Reason::PermissionDenied));
        }
        Ok((identity, caller))
    });
    let_in(watch, resolved, visit, visitor.address)
}

/// A refusal stands in the access log before it is answered; one by a limit is held a while.
async fn refused(edge: &Edge, visit: &Visit, status: Status, flood: Option<Arc<super::limits::Meter>>) -> Status {
    let also = match &flood {
        None => Some(0),
        Some(meter) => meter.note_refusal(edge.watch().limits.now()),
    };
    if let Some(also) = also
        && !written_down(edge, visit, Some(&status), (Trail::default(), also)).await
    {
        return Rejection::plain(Reason::Unavailable).into();
    }
    if let Some(meter) = flood {
        let (held, delay) = meter.hold();
        tokio::time::sleep(delay).await;
        drop(held);
    }
    status
}
