//! The edge: the only module that knows gRPC.
//!
//! ```text
//! request ─ guard ─ parse ──> writer ──> entry ──> render ──> response
//!                    └─────> reader ──> noun ───────┘
//! rejection ──> status
//! ```
//!
//! One file per service, each handler a line or two; [`edge`] holds what they have in common, `parse` and `render` the
//! two directions of translation, [`status`] what an error looks like.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_stream::wrappers::ReceiverStream;
use tonic::codec::CompressionEncoding;
use tonic::transport::server::Router;
use tonic::transport::{Error, Server};
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::{Health, HealthServer};

use crate::book::event::Entry;
use crate::calendar::CivilDate;
use crate::decide::rejection::Rejection;
use crate::identifier::Sequence;
use crate::proto::FILE_DESCRIPTOR_SET;
use crate::proto::v1;
use crate::proto::v1::access_service_server::AccessServiceServer;
use crate::proto::v1::batch_service_server::BatchServiceServer;
use crate::proto::v1::budget_service_server::BudgetServiceServer;
use crate::proto::v1::desk_service_server::DeskServiceServer;
use crate::proto::v1::evidence_service_server::EvidenceServiceServer;
use crate::proto::v1::fact_service_server::FactServiceServer;
use crate::proto::v1::identity_service_server::IdentityServiceServer;
use crate::proto::v1::ledger_service_server::LedgerServiceServer;
use crate::proto::v1::loan_service_server::LoanServiceServer;
use crate::proto::v1::period_service_server::PeriodServiceServer;
use crate::proto::v1::pool_service_server::PoolServiceServer;
use crate::proto::v1::reconciliation_service_server::ReconciliationServiceServer;
use crate::proto::v1::registry_service_server::RegistryServiceServer;
use crate::proto::v1::report_service_server::ReportServiceServer;
use crate::proto::v1::rulebook_service_server::RulebookServiceServer;
use crate::proto::v1::sandbox_service_server::SandboxServiceServer;
use crate::proto::v1::subsidy_service_server::SubsidyServiceServer;

mod access;
pub mod authenticate;
mod comparisons;
pub mod describe;
mod digest;
pub mod edge;
pub mod guard;
pub mod identity;
pub mod inside;
mod jobs;
mod listen;
pub(crate) mod outside;
pub mod logins;
pub mod page;
mod parse;
mod render;
mod reused;
pub mod sandbox;
mod service;
pub mod status;
pub mod tls;
pub mod token;
mod verifications;
mod vocabulary;
mod write;

pub use authenticate::{AuthenticatedIdentity, Authenticator, Credential};
pub use edge::{Edge, Way};
use guard::Guarded;
pub use identity::{DevIdentity, Identify};
pub(crate) use render::entry::kind as kind_of;
/// The connections of browsers: accepted, limited and closed like those of the API. Whoever does not begin to speak is
/// closed; the 24 bytes that are waited for are fewer than the shortest request of HTTP/1.1 to a named host.
pub fn page_connections(listener: TcpListener, tls: Option<Tls>) -> ReceiverStream<std::io::Result<PageConnection>> {
    listen::incoming(listener, tls)
}

pub use listen::Connection as PageConnection;
pub use listen::{
    CONNECTIONS_MAX, CONNECTIONS_PER_ADDRESS_MAX, ConnectionInfo, HANDSHAKE_TIMEOUT, HANDSHAKES_MAX,
    HANDSHAKES_PER_ADDRESS_MAX,
};
pub use parse::report::Order;
pub use parse::{LIST_ITEMS_MAX, PLEDGE_RIGHTS_MAX, TEXT_CHARACTERS_MAX};
use tls::Tls;

/// What an entry says, in one sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// In English.
    pub en: String,
    /// In Chinese.
    pub zh: String,
}

/// An entry in words, as the API answers them.
pub fn words(entry: &Entry) -> Words {
    let v1::Text { en, zh } = render::words(entry);
    Words { en, zh }
}

/// What a report's request asks for, checked as the server checks it; for whoever makes a report without a server.
pub fn report_order(message: &v1::RunReportRequest, today: CivilDate, last: Sequence) -> Result<Order, Rejection> {
    parse::query(|violations| parse::report::order(message, (today, last), violations))
}

/// The largest request that is read, decompressed.
pub const REQUEST_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The most requests of one connection at a time; further ones wait for their turn.
pub const CONNECTION_REQUESTS_MAX: usize = 1_024;

/// The most writes of one batch.
pub const BATCH_ITEMS_MAX: usize = 500;

/// The most writes of one batch of an import stream.
pub const IMPORT_ITEMS_MAX: usize = 1_000;

/// How many batches of an import stream wait for their answers; one more is taken, and then no more is read.
pub const IMPORT_BATCHES_AHEAD: usize = 2;

/// The most entry tails open at a time, over all connections.
pub const TAILS_MAX: usize = 64;

/// The most reports, and simulations that nobody waits for, made at a time: each reads the journal and holds a book of its own.
pub const REPORTS_MAX: usize = 2;

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

/// The report of a simulation as it travels, for whoever prints it.
pub fn simulation_report(report: &crate::decide::whatif::Report) -> v1::SimulationReport {
    render::simulation::report(report)
}

/// Serves the API, health and reflection on a listener, over TLS if there is any, until `shutdown` completes; then ends tails, lets requests in
/// flight end, and returns after [`SHUTDOWN_GRACE`] at the latest.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Tls>,
    edge: Edge,
    shutdown: impl Future<Output = ()>,
) -> Result<(), Error> {
    let incoming = listen::incoming(listener, tls);
    let (health, health_service) = tonic_health::server::health_reporter();
    for service in SERVICES {
        health.set_service_status(service, ServingStatus::Serving).await;
    }
    let (stop, mut stopped) = (Arc::clone(&edge.stop), edge.stop.subscribe());
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
    let serving = router(&edge, health_service).serve_with_incoming_shutdown(incoming, signal);
    tokio::select! {
        served = serving => served,
        () = too_late => Ok(()),
    }
}

/// The API's services by their full names, as health reports them.
const SERVICES: &[&str] = &[
    "ipledger.v1.RegistryService",
    "ipledger.v1.LoanService",
    "ipledger.v1.SubsidyService",
    "ipledger.v1.BudgetService",
    "ipledger.v1.PoolService",
    "ipledger.v1.RulebookService",
    "ipledger.v1.FactService",
    "ipledger.v1.PeriodService",
    "ipledger.v1.LedgerService",
    "ipledger.v1.EvidenceService",
    "ipledger.v1.BatchService",
    "ipledger.v1.AccessService",
    "ipledger.v1.IdentityService",
    "ipledger.v1.ReconciliationService",
    "ipledger.v1.ReportService",
    "ipledger.v1.DeskService",
];

/// A service of the API behind the guard, with the limits that all of them share.
macro_rules! limited {
    ($server:ident, $edge:expr) => {
        Guarded::new(
            $server::new($edge.clone())
                .accept_compressed(CompressionEncoding::Gzip)
                .max_decoding_message_size(REQUEST_BYTES_MAX),
            $edge.clone(),
        )
    };
}

fn router<H: Health>(edge: &Edge, health: HealthServer<H>) -> Router {
    let gzip = CompressionEncoding::Gzip;
    // Clients that compress by default also ask these two, which must therefore accept it.
    let reflection_v1 = reflection().build_v1().map(|service| service.accept_compressed(gzip));
    let reflection_alpha = reflection().build_v1alpha().map(|service| service.accept_compressed(gzip));
    Server::builder()
        .concurrency_limit_per_connection(CONNECTION_REQUESTS_MAX)
        .max_concurrent_streams(u32::try_from(CONNECTION_REQUESTS_MAX).ok())
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(STREAM_WINDOW_BYTES)
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .add_service(health.accept_compressed(gzip))
        .add_optional_service(reflection_v1.ok())
        .add_optional_service(reflection_alpha.ok())
        .add_service(limited!(RegistryServiceServer, edge))
        .add_service(limited!(LoanServiceServer, edge))
        .add_service(limited!(SubsidyServiceServer, edge))
        .add_service(limited!(BudgetServiceServer, edge))
        .add_service(limited!(PoolServiceServer, edge))
        .add_service(limited!(RulebookServiceServer, edge))
        .add_service(limited!(FactServiceServer, edge))
        .add_service(limited!(PeriodServiceServer, edge))
        .add_service(limited!(LedgerServiceServer, edge))
        .add_service(limited!(EvidenceServiceServer, edge))
        .add_service(limited!(BatchServiceServer, edge))
        .add_service(limited!(AccessServiceServer, edge))
        .add_service(limited!(IdentityServiceServer, edge))
        .add_service(limited!(ReconciliationServiceServer, edge))
        .add_service(limited!(ReportServiceServer, edge))
        .add_service(limited!(DeskServiceServer, edge))
        .add_optional_service(edge.sandbox().map(|_| limited!(SandboxServiceServer, edge)))
}

/// Reflection over the API, health and itself. That the descriptors are well formed is tested.
fn reflection() -> tonic_reflection::server::Builder<'static> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}

#[cfg(test)]
mod tests;
