//! `/metrics` and `/healthz` over HTTP, on an address of their own.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;

use super::Scrape;

/// The media type of `OpenMetrics`, which Prometheus asks for.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Serves until the process ends or the listener fails.
pub async fn serve(listener: TcpListener, scrape: Scrape) -> std::io::Result<()> {
    let router = Router::new().route("/metrics", get(metrics)).route("/healthz", get(health)).with_state(scrape);
    axum::serve(listener, router).await
}

async fn metrics(State(scrape): State<Scrape>) -> Response {
    match scrape.text() {
        Ok(text) => ([(header::CONTENT_TYPE, OPENMETRICS)], text).into_response(),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "the figures cannot be written\n").into_response(),
    }
}

async fn health(State(scrape): State<Scrape>) -> Response {
    match scrape.illness() {
        None => "ok\n".into_response(),
        Some(illness) => (StatusCode::SERVICE_UNAVAILABLE, format!("{illness}\n")).into_response(),
    }
}
