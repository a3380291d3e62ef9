//! The way to a browser: connections as for the API, HTTP/1.1 and HTTP/2, limits, and an orderly end.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::http::Request;
use axum::{Extension, extract::DefaultBodyLimit};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio_stream::StreamExt as _;
use tower::ServiceExt as _;
use tracing::{debug, warn};

use super::Portal;
use crate::server::tls::Tls;
use crate::server::{PageConnection, page_connections};

/// The most bytes of a form, a receipt to check included.
pub const FORM_BYTES_MAX: usize = 1024 * 1024;

/// How long a browser may take to send its headers.
const HEADER_LIMIT: Duration = Duration::from_secs(15);

/// How long requests in flight have to end once the server stops.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);

/// Serves the pages on a listener, over TLS if there is any, until `shutdown` completes.
pub async fn serve(listener: TcpListener, tls: Option<Tls>, portal: Portal, shutdown: impl Future<Output = ()>) {
    let router = portal.router().layer(DefaultBodyLimit::max(FORM_BYTES_MAX));
    let mut connections = page_connections(listener, tls);
    let open = GracefulShutdown::new();
    tokio::pin!(shutdown);
    loop {
        let connection = tokio::select! {
            next = connections.next() => match next {
                Some(Ok(connection)) => connection,
                Some(Err(error)) => { warn!(%error, "no connection to the pages"); continue }
                None => break,
            },
            () = &mut shutdown => break,
        };
        let address = connection.address();
        let service = router.clone().layer(Extension(ConnectInfo(address)));
        let watcher = open.watcher();
        tokio::spawn(speak(connection, address, service, watcher));
    }
    drop(connections);
    tokio::select! {
        () = open.shutdown() => {}
        () = tokio::time::sleep(SHUTDOWN_GRACE) => warn!("pages were still being asked for when the server stopped"),
    }
}

async fn speak(
    connection: PageConnection,
    address: SocketAddr,
    router: axum::Router,
    watcher: hyper_util::server::graceful::Watcher,
) {
    let service = TowerToHyperService::new(router.map_request(|request: Request<Incoming>| request));
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_LIMIT);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(Some(HEADER_LIMIT)).max_concurrent_streams(64);
    let conversation = builder.serve_connection_with_upgrades(TokioIo::new(connection), service).into_owned();
    if let Err(error) = watcher.watch(conversation).await {
        debug!(%address, error, "a browser went away");
    }
}
