//! The edge: the only module that knows gRPC.
//!
//! ```text
//! request ─ identity ─ parse ──> writer ──> entry ──> render ──> response
//!                        └─────> reader ──> noun ───────┘
//! rejection ──> status
//! ```
//!
//! One file per service, each handler a line or two; [`edge`] holds what they have in common, `parse` and `render` the
//! two directions of translation, [`status`] what an error looks like.

use std::future::Future;
use std::time::Duration;

use tokio::net::TcpListener;
use tonic::codec::CompressionEncoding;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Error, Server};
use tonic_health::ServingStatus;

use crate::proto::FILE_DESCRIPTOR_SET;
use crate::proto::v1::budget_service_server::BudgetServiceServer;
use crate::proto::v1::ledger_service_server::LedgerServiceServer;
use crate::proto::v1::loan_service_server::LoanServiceServer;
use crate::proto::v1::period_service_server::PeriodServiceServer;
use crate::proto::v1::pool_service_server::PoolServiceServer;
use crate::proto::v1::registry_service_server::RegistryServiceServer;
use crate::proto::v1::rulebook_service_server::RulebookServiceServer;
use crate::proto::v1::subsidy_service_server::SubsidyServiceServer;

mod access;
mod digest;
pub mod edge;
pub mod identity;
pub mod page;
mod parse;
mod render;
mod service;
pub mod status;
mod vocabulary;
mod write;

pub use edge::Edge;
pub use identity::{DevIdentity, Identify};
pub use parse::{LIST_ITEMS_MAX, PLEDGE_RIGHTS_MAX, TEXT_CHARACTERS_MAX};

/// The largest request that is read, decompressed.
pub const REQUEST_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The most requests of one connection at a time; further ones wait for their turn.
pub const CONNECTION_REQUESTS_MAX: usize = 1_024;

/// The most entry tails open at a time, over all connections.
pub const TAILS_MAX: usize = 64;

/// The largest payload of `Ping`.
pub const PING_BYTES_MAX: usize = 64 * 1024;

/// How much a client may send on a stream before the server has read it.
pub const STREAM_WINDOW_BYTES: u32 = 4 * 1024 * 1024;

/// How often a silent connection is asked whether it lives.
pub const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);

/// How long the answer to that may take.
pub const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// How long requests in flight have to end once the server stops.
pub const SHUTDOWN_GRACE: Duration = Duration::from_secs(10);

/// Serves the API, health and reflection on a listener until `shutdown` completes; then ends tails, lets requests in
/// flight end, and returns after [`SHUTDOWN_GRACE`] at the latest.
pub async fn serve(listener: TcpListener, edge: Edge, shutdown: impl Future<Output = ()>) -> Result<(), Error> {
    // `Server::tcp_nodelay` is ignored for an own listener, and without it every answer waits for a delayed ACK.
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true)).with_keepalive(Some(KEEPALIVE_INTERVAL));
    let (health, health_service) = tonic_health::server::health_reporter();
    for service in SERVICES {
        health.set_service_status(service, ServingStatus::Serving).await;
    }
    let (stop, mut stopped) = (edge.stop.clone(), edge.stop.subscribe());
    let signal = async move {
        shutdown.await;
        for service in SERVICES.iter().chain(&[""]) {
            health.set_service_status(service, ServingStatus::NotServing).await;
        }
        stop.send_replace(true);
    };
    let too_late = async move {
        // Whoever watches health or holds a call open must not keep the process from ending.
        if stopped.wait_for(|stopped| *stopped).await.is_ok() {
            tokio::time::sleep(SHUTDOWN_GRACE).await;
        }
    };
    let routes = routes(edge, health_service.accept_compressed(CompressionEncoding::Gzip));
    let serving = builder().add_routes(routes).serve_with_incoming_shutdown(incoming, signal);
    tokio::select! {
        served = serving => served,
        () = too_late => Ok(()),
    }
}
