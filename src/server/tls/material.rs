//! The files of TLS, read and checked: certificate, key, client CAs, revocation lists.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, VerifierBuilderError, WebPkiClientVerifier};
use rustls::time_provider::TimeProvider;
use rustls::version::{TLS12, TLS13};
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer, UnixTime};

use super::verifier::ClientVerifier;
use crate::calendar::Timestamp;
use crate::config::TlsConfig;
use crate::pki::certificate::{NotACertificate, days_between};
use crate::pki::revocation::{BadList, ListFacts};
use crate::pki::{CertificateFacts, files};
use crate::writer::clock::Clock;

const ONE_VERSION: &[&SupportedProtocolVersion] = &[&TLS13];
const BOTH_VERSIONS: &[&SupportedProtocolVersion] = &[&TLS13, &TLS12];

/// Why the files of TLS cannot be used. Names the file; never shows what is in it.
#[derive(Debug, thiserror::Error)]
pub enum TlsFault {
    /// A file cannot be read.
    #[error("`{path}`")]
    File {
        /// Which.
        path: String,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// A file is not what its flag says.
    #[error("`{path}`: expected {expected} in PEM")]
    Content {
        /// Which.
        path: String,
        /// What it should hold.
        expected: &'static str,
    },
    /// A certificate cannot be read.
    #[error("`{path}`")]
    Certificate {
        /// Which.
        path: String,
        /// Why.
        #[source]
        cause: NotACertificate,
    },
    /// The server's certificate is one for clients.
    #[error("`{0}` is not a server's certificate: its extended key usage does not name server authentication")]
    NotForServers(String),
    /// The server's certificate does not hold now.
    #[error("`{path}` holds from {from} to {to}, and it is {now}")]
    OutOfDate {
        /// Which file.
        path: String,
        /// Its beginning.
        from: Timestamp,
        /// Its end.
        to: Timestamp,
        /// The time.
        now: Timestamp,
    },
    /// A revocation list cannot be used.
    #[error("`{path}`")]
    List {
        /// Which file.
        path: String,
        /// Why.
        #[source]
        cause: BadList,
    },
    /// A revocation list has ended.
    #[error("`{0}` ended on {1}; renew it, for example with `ipledger pki crl`")]
    ListEnded(String, Timestamp),
    /// Key and certificate do not belong together, or cannot be used.
    #[error("certificate and key cannot be used together")]
    Pair(#[source] rustls::Error),
    /// The client CAs cannot be used.
    #[error("the client CAs cannot be used")]
    Authorities(#[source] VerifierBuilderError),
}

/// What was read, for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The server's certificate.
    pub certificate: CertificateFacts,
    /// How many client CAs there are.
    pub authorities: usize,
    /// The revocation lists.
    pub lists: Vec<ListFacts>,
}

impl Summary {
    /// Whole days until the server's certificate, or a revocation list, ends.
    pub fn days_left(&self, now: Timestamp) -> i64 {
        let lists = self.lists.iter().filter_map(|list| list.next_update).map(|end| days_between(now, end));
        lists.fold(self.certificate.days_left(now), i64::min)
    }
}

/// Everything a handshake needs.
pub(super) struct Material {
    pub(super) server: Arc<ServerConfig>,
    /// `None` without client CAs: then no client is asked for a certificate.
    pub(super) clients: Option<Arc<ClientVerifier>>,
    pub(super) summary: Summary,
}

impl fmt::Debug for Material {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Material").field("summary", &self.summary).finish_non_exhaustive()
    }
}

impl Material {
    /// Reads the files and checks all that can be checked before somebody calls.
    pub(super) fn read(config: &TlsConfig, clock: &Clock, protocols: &[&[u8]]) -> Result<Self, TlsFault> {
        let now = clock.now();
        let chain = certificates(&config.certificate)?;
        let certificate = server_certificate(&config.certificate, &chain, now)?;
        let key = private_key(&config.key)?;
        let authorities = config.client_ca.as_deref().map(certificates).transpose()?.unwrap_or_default();
        let lists = config.crl.as_deref().map(revocation_lists).transpose()?.unwrap_or_default();
        let list_facts = check_lists(config.crl.as_deref(), &lists, &authorities, now)?;
        let summary = Summary { certificate, authorities: authorities.len(), lists: list_facts };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let clients = if authorities.is_empty() { None } else { Some(client_verifier(&provider, authorities, lists)?) };
        let versions = if config.allow_tls12 { BOTH_VERSIONS } else { ONE_VERSION };
        let time: Arc<dyn TimeProvider> = Arc::new(Time(clock.clone()));
        let builder = ServerConfig::builder_with_details(provider, time);
        let builder = builder.with_protocol_versions(versions).map_err(TlsFault::Pair)?;
        let builder = match &clients {
            Some(verifier) => {
                let verifier: Arc<dyn ClientCertVerifier> = Arc::<ClientVerifier>::clone(verifier);
                builder.with_client_cert_verifier(verifier)
            }
            None => builder.with_no_client_auth(),
        };
        let mut server = builder.with_single_cert(chain, key).map_err(TlsFault::Pair)?;
        server.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        // A resumed session would bring back a client whose certificate was not looked at again.
        server.session_storage = Arc::new(NoServerSessionStorage {});
        server.send_tls13_tickets = 0;
        Ok(Self { server: Arc::new(server), clients, summary })
    }
}

/// The server's own certificate: the first of its chain.
fn server_certificate(path: &Path, chain: &[CertificateDer<'_>], now: Timestamp) -> Result<CertificateFacts, TlsFault> {
    let Some(first) = chain.first() else { return Err(content(path, "a certificate")) };
    let shown = path.display().to_string();
    let facts = CertificateFacts::of(first).map_err(|cause| TlsFault::Certificate { path: shown.clone(), cause })?;
    if !facts.for_servers {
        return Err(TlsFault::NotForServers(shown));
    }
    if now < facts.not_before || facts.not_after < now {
        let (from, to) = (facts.not_before, facts.not_after);
        return Err(TlsFault::OutOfDate { path: shown, from, to, now });
    }
    Ok(facts)
}

/// What the lists say; one that is of no use, or of no use any more, is refused here and not at the first handshake.
fn check_lists(
    path: Option<&Path>,
    lists: &[CertificateRevocationListDer<'_>],
    authorities: &[CertificateDer<'_>],
    now: Timestamp,
) -> Result<Vec<ListFacts>, TlsFault> {
    let path = || path.map(|path| path.display().to_string()).unwrap_or_default();
    let mut all = Vec::new();
    for list in lists {
        let facts = ListFacts::of(list, authorities).map_err(|cause| TlsFault::List { path: path(), cause })?;
        match facts.next_update {
            Some(end) if end < now => return Err(TlsFault::ListEnded(path(), end)),
            Some(_) | None => all.push(facts),
        }
    }
    Ok(all)
}

fn client_verifier(
    provider: &Arc<CryptoProvider>,
    authorities: Vec<CertificateDer<'static>>,
    lists: Vec<CertificateRevocationListDer<'static>>,
) -> Result<Arc<ClientVerifier>, TlsFault> {
    let mut roots = RootCertStore::empty();
    for authority in authorities {
        roots.add(authority).map_err(TlsFault::Pair)?;
    }
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
    let builder = builder.with_crls(lists).only_check_end_entity_revocation().enforce_revocation_expiration();
    Ok(ClientVerifier::new(builder.allow_unauthenticated().build().map_err(TlsFault::Authorities)?))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsFault> {
    sections(path, "one or more certificates")
}

fn revocation_lists(path: &Path) -> Result<Vec<CertificateRevocationListDer<'static>>, TlsFault> {
    sections(path, "one or more certificate revocation lists (CRL)")
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsFault> {
    let pem = files::read_secret(path).map_err(in_file(path))?;
    PrivateKeyDer::from_pem_slice(&pem).map_err(|_unreadable| content(path, "a private key"))
}

/// All the sections of a kind in a PEM file, at least one.
fn sections<T: PemObject>(path: &Path, expected: &'static str) -> Result<Vec<T>, TlsFault> {
    let pem = files::read(path).map_err(in_file(path))?;
    let sections: Result<Vec<T>, pem::Error> = T::pem_slice_iter(&pem).collect();
    sections.ok().filter(|sections| !sections.is_empty()).ok_or_else(|| content(path, expected))
}

fn content(path: &Path, expected: &'static str) -> TlsFault {
    TlsFault::Content { path: path.display().to_string(), expected }
}

fn in_file(path: &Path) -> impl FnOnce(io::Error) -> TlsFault {
    let path = path.display().to_string();
    move |cause| TlsFault::File { path, cause }
}

/// The ledger's clock, for rustls.
#[derive(Debug)]
struct Time(Clock);

impl TimeProvider for Time {
    fn current_time(&self) -> Option<UnixTime> {
        Some(unix_time(self.0.now()))
    }
}

/// An instant as webpki takes it.
pub(super) fn unix_time(now: Timestamp) -> UnixTime {
    let micros = u64::try_from(now.micros()).unwrap_or_default();
    UnixTime::since_unix_epoch(std::time::Duration::from_micros(micros))
}
