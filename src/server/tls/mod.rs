//! TLS: handshakes with the files of the moment, and whether a client's certificate still counts.
//!
//! The files (certificate, key, client CAs, revocation lists) are read at start and on SIGHUP; broken ones change nothing.
//! A handshake uses those of its moment. A connection outlives them, so that each call asks again: has the certificate
//! ended, and, once after each reload, would it still be let in?

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use rustls::server::danger::ClientCertVerifier as _;
use rustls::{CertificateError, Error};
use rustls_pki_types::CertificateDer;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::calendar::Timestamp;
use crate::config::TlsConfig;
use crate::pki::CertificateFacts;
use crate::rulebook::refusal::Bilingual;
use crate::writer::clock::Clock;

mod cause;
mod material;
mod verifier;

use material::{Material, unix_time};
use verifier::PRESENTED;

pub use material::{Summary, TlsFault};

/// TLS as it is configured now; clones share it.
#[derive(Debug, Clone)]
pub struct Tls {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    config: TlsConfig,
    clock: Clock,
    /// What is spoken over it (ALPN).
    protocols: &'static [&'static [u8]],
    current: ArcSwap<Current>,
    /// Held while files are read, so that the last reload wins.
    reload: Mutex<()>,
}

/// The files of a moment, and which moment.
#[derive(Debug)]
struct Current {
    generation: u64,
    material: Material,
}

/// A handshake that came to nothing.
#[derive(Debug)]
pub struct Refused {
    /// Why.
    pub cause: String,
    /// The certificate that the peer presented, if it got that far.
    pub presented: Option<CertificateFacts>,
}

impl Tls {
    /// Reads the files; an error when they cannot be used.
    pub fn open(config: TlsConfig, clock: Clock) -> Result<Self, TlsFault> {
        Self::open_with(config, clock, &[b"h2"])
    }

    /// The same for browsers: they speak HTTP/1.1 too, and nobody asks them for a certificate.
    pub fn open_for_pages(config: TlsConfig, clock: Clock) -> Result<Self, TlsFault> {
        let config = TlsConfig { client_ca: None, crl: None, ..config };
        Self::open_with(config, clock, &[b"h2", b"http/1.1"])
    }

    fn open_with(config: TlsConfig, clock: Clock, protocols: &'static [&'static [u8]]) -> Result<Self, TlsFault> {
        let material = Material::read(&config, &clock, protocols)?;
        let current = ArcSwap::from_pointee(Current { generation: 0, material });
        Ok(Self { shared: Arc::new(Shared { config, clock, protocols, current, reload: Mutex::new(()) }) })
    }

    /// Reads the files again. On an error those of before stay in force.
    pub fn reload(&self) -> Result<Summary, TlsFault> {
        let Shared { config, clock, protocols, current, reload } = &*self.shared;
        let _guard = reload.lock();
        let material = Material::read(config, clock, protocols)?;
        let summary = material.summary.clone();
        let generation = current.load().generation.saturating_add(1);
        current.store(Arc::new(Current { generation, material }));
        Ok(summary)
    }

    /// What is in force.
    pub fn summary(&self) -> Summary {
        self.shared.current.load().material.summary.clone()
    }

    /// Does the handshake on a new connection.
    pub(super) async fn accept(&self, stream: TcpStream) -> Result<(TlsStream<TcpStream>, Session), Refused> {
        let current = self.shared.current.load_full();
        let acceptor = TlsAcceptor::from(Arc::clone(&current.material.server));
        let (accepted, presented) = PRESENTED
            .scope(None.into(), async {
                let accepted = acceptor.accept(stream).await;
                (accepted, PRESENTED.with(std::cell::RefCell::take))
            })
            .await;
        let refused = |error: &io::Error| Refused { cause: cause::of_handshake(error), presented: presented.clone() };
        let stream = accepted.map_err(|error| refused(&error))?;
        let chain = stream.get_ref().1.peer_certificates().map(<[_]>::to_vec).unwrap_or_default();
        let chain: Vec<_> = chain.into_iter().map(CertificateDer::into_owned).collect();
        let client = presented.filter(|_| !chain.is_empty()).map(|facts| Client { facts, chain });
        let checked = AtomicU64::new(current.generation);
        Ok((stream, Session { tls: self.clone(), client, checked }))
    }
}

/// A connection over TLS, from its handshake on.
#[derive(Debug)]
pub struct Session {
    tls: Tls,
    client: Option<Client>,
    /// The generation of the files by which the client was checked last.
    checked: AtomicU64,
}

#[derive(Debug)]
struct Client {
    facts: CertificateFacts,
    chain: Vec<CertificateDer<'static>>,
}

impl Session {
    /// The client's certificate, if it presented one and that still counts; else why not.
    pub fn certificate(&self) -> Result<Option<&CertificateFacts>, Bilingual> {
        let Some(client) = &self.client else { return Ok(None) };
        let now = self.tls.shared.clock.now();
        if client.facts.not_after < now {
            return Err(cause::of_certificate(&CertificateError::Expired));
        }
        let current = self.tls.shared.current.load();
        if self.checked.load(Ordering::Acquire) != current.generation {
            client.check(&current.material, now)?;
            self.checked.store(current.generation, Ordering::Release);
        }
        Ok(Some(&client.facts))
    }
}

impl Client {
    /// Whether these files let it in.
    fn check(&self, material: &Material, now: Timestamp) -> Result<(), Bilingual> {
        let refused = |error: &CertificateError| Err(cause::of_certificate(error));
        let (Some(verifier), Some((first, others))) = (&material.clients, self.chain.split_first()) else {
            return refused(&CertificateError::UnknownIssuer);
        };
        match verifier.verify_client_cert(first, others, unix_time(now)) {
            Ok(_) => Ok(()),
            Err(Error::InvalidCertificate(error)) => refused(&error),
            Err(_) => refused(&CertificateError::BadEncoding),
        }
    }
}
