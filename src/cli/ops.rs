//! The address for the person on call: `/metrics` and `/healthz` of `ipledger serve --ops`.

use std::net::SocketAddr;

use anyhow::Context as _;
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tracing::{error, info};

use crate::telemetry::{Scrape, Sources, serve};

/// What shows the figures; with an address, others may ask for them there for as long as the process lives.
pub(super) async fn open(address: Option<SocketAddr>, sources: Sources, registry: Registry) -> anyhow::Result<Scrape> {
    let scrape = Scrape::new(registry, sources);
    let Some(address) = address else { return Ok(scrape) };
    let listener = TcpListener::bind(address).await.with_context(|| format!("listening on {address} for `--ops`"))?;
    let address = listener.local_addr()?;
    info!(%address, "figures at /metrics, health at /healthz");
    let served = scrape.clone();
    tokio::spawn(async move {
        if let Err(fault) = serve(listener, served).await {
            let fault: &dyn std::error::Error = &fault;
            error!(fault, "no more figures: the address for them failed");
        }
    });
    Ok(scrape)
}
