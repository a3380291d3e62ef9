//! Asking the identity provider: HTTP/1.1 over TLS, small answers, soon or not at all. One connection for each question:
//! a login asks three.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Method, Request, StatusCode, Uri, header};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// How long an answer may take.
const LIMIT: Duration = Duration::from_secs(10);

/// The most bytes of an answer.
const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// The CAs of the system (Debian, Ubuntu, openEuler, Kylin).
const SYSTEM_CAS: [&str; 2] = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"];

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum FetchFault {
    /// The address is none of ours to ask.
    #[error("`{0}` is not an https address (plain http is for this machine only)")]
    Address(String),
    /// The CAs cannot be read.
    #[error("no CA could be read from `{0}`")]
    Authorities(String),
    /// The connection or the conversation failed.
    #[error("`{0}` did not answer: {1}")]
    NoAnswer(String, String),
    /// The answer is a refusal.
    #[error("`{0}` answered {1}")]
    Refused(String, StatusCode),
}

/// What asks.
#[derive(Clone)]
pub struct Fetch {
    tls: TlsConnector,
}

impl std::fmt::Debug for Fetch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fetch")
    }
}

impl Fetch {
    /// One that believes these CAs, or those of the system.
    pub fn new(authorities: Option<&Path>) -> Result<Self, FetchFault> {
        let paths = authorities.map_or_else(|| SYSTEM_CAS.iter().map(Path::new).collect(), |path| vec![path]);
        let read = paths.iter().find_map(|path| std::fs::read(path).ok());
        let named = || FetchFault::Authorities(paths.iter().map(|path| path.display().to_string()).collect());
        let pem = read.ok_or_else(named)?;
        let mut roots = RootCertStore::empty();
        let parsed: Vec<_> = CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok).collect();
        let (added, _) = roots.add_parsable_certificates(parsed);
        if added == 0 {
            return Err(named());
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = builder.map_err(|error| FetchFault::Authorities(error.to_string()))?;
        let config = builder.with_root_certificates(roots).with_no_client_auth();
        Ok(Self { tls: TlsConnector::from(Arc::new(config)) })
    }

    /// Reads an address.
    pub async fn get(&self, url: &str, bearer: Option<&str>) -> Result<Bytes, FetchFault> {
        let authorization = bearer.map(|token| format!("Bearer {token}"));
        self.ask(url, Method::GET, authorization, String::new()).await
    }

    /// Sends a form, with a name and a secret.
    pub async fn post(&self, url: &str, authorization: String, form: String) -> Result<Bytes, FetchFault> {
        self.ask(url, Method::POST, Some(authorization), form).await
    }

    async fn ask(
        &self,
        url: &str,
        method: Method,
        authorization: Option<String>,
        form: String,
    ) -> Result<Bytes, FetchFault> {
        let uri: Uri = url.parse().map_err(|_wrong| FetchFault::Address(url.to_owned()))?;
        let host = uri.host().unwrap_or_default().to_owned();
        let plain = uri.scheme_str() == Some("http") && matches!(host.as_str(), "127.0.0.1" | "localhost" | "[::1]");
        if !(plain || uri.scheme_str() == Some("https")) || host.is_empty() {
            return Err(FetchFault::Address(url.to_owned()));
        }
        let mut request = Request::builder().method(method).uri(uri.path_and_query().map_or("/", |path| path.as_str()));
        request = request.header(header::HOST, uri.authority().map_or("", |authority| authority.as_str()));
        request = request.header(header::ACCEPT, "application/json");
        if !form.is_empty() {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        if let Some(authorization) = authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let request = request.body(Full::new(Bytes::from(form)));
        let failed = |error: String| FetchFault::NoAnswer(url.to_owned(), error);
        let request = request.map_err(|error| failed(error.to_string()))?;
        let port = uri.port_u16().unwrap_or(if plain { 80 } else { 443 });
        let answered = timeout(LIMIT, self.converse(&host, port, plain, request)).await;
        let answered = answered.map_err(|_late| failed(format!("not within {} s", LIMIT.as_secs())))?;
        let (status, body) = answered.map_err(failed)?;
        if status == StatusCode::OK { Ok(body) } else { Err(FetchFault::Refused(url.to_owned(), status)) }
    }

    async fn converse(
        &self,
        host: &str,
        port: u16,
        plain: bool,
        request: Request<Full<Bytes>>,
    ) -> Result<(StatusCode, Bytes), String> {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let stream = TcpStream::connect((bare, port)).await.map_err(|error| error.to_string())?;
        if plain {
            return speak(stream, request).await;
        }
        let name = ServerName::try_from(bare.to_owned()).map_err(|error| error.to_string())?;
        let stream = self.tls.connect(name, stream).await.map_err(|error| error.to_string())?;
        speak(stream, request).await
    }
}

async fn speak(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> Result<(StatusCode, Bytes), String> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
    let driven = tokio::spawn(connection);
    let answer = sender.send_request(request).await.map_err(|error| error.to_string())?;
    let (parts, body) = answer.into_parts();
    let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await.map_err(|error| error.to_string())?.to_bytes();
    driven.abort();
    Ok((parts.status, body))
}
