//! The headers of every answer: what browsers must not do with our pages.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;

use super::Portal;

/// The number of the request, which an error page shows too.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Own styles, own pictures, own forms; no script, no frame, nothing from elsewhere.
const CONTENT_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
                              frame-ancestors 'none'";

const ALWAYS: &[(&str, &str)] = &[
    ("content-security-policy", CONTENT_POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    // An address may hold the number of an application: nobody else hears it. Our own forms must say where they are from.
    ("referrer-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=()"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-robots-tag", "noindex"),
];

/// Puts the headers on every answer.
pub fn around(pages: Router<Portal>, portal: &Portal) -> Router<Portal> {
    pages.layer(from_fn_with_state(portal.clone(), pass))
}

async fn pass(State(portal): State<Portal>, request: Request, next: Next) -> Response {
    let mut answer = next.run(request).await;
    let headers = answer.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if portal.is_secure() {
        let two_years = HeaderValue::from_static("max-age=63072000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, two_years);
    }
    // What a page shows is one visitor's, and stays on no disk.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    answer
}
