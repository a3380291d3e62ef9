//! Client certificates: what webpki checks (chain, dates, revocation, usage), and that the usage is *said*.
//!
//! webpki takes a certificate without extended key usage for good for anything. Here a client's certificate names client
//! authentication, so that no server's, mail's or nobody's certificate of the same CA passes for a bank.

use std::cell::RefCell;
use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};
use rustls_pki_types::{CertificateDer, UnixTime};

use crate::pki::CertificateFacts;

tokio::task_local! {
    /// The certificate that the peer of this task's handshake presented, so that a refusal can be logged with it.
    pub(super) static PRESENTED: RefCell<Option<CertificateFacts>>;
}

/// Checks the certificates of clients.
#[derive(Debug)]
pub(super) struct ClientVerifier {
    webpki: Arc<dyn ClientCertVerifier>,
}

impl ClientVerifier {
    /// One that asks this one first.
    pub(super) fn new(webpki: Arc<dyn ClientCertVerifier>) -> Arc<Self> {
        Arc::new(Self { webpki })
    }
}

impl ClientCertVerifier for ClientVerifier {
    fn client_auth_mandatory(&self) -> bool {
        // Whoever has no certificate is told so by an answer to its call.
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.webpki.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let facts = CertificateFacts::of(end_entity);
        let facts = facts.map_err(|_unreadable| Error::InvalidCertificate(CertificateError::BadEncoding))?;
        let for_clients = facts.for_clients;
        // Outside a handshake, nobody wants to know.
        drop(PRESENTED.try_with(|presented| presented.replace(Some(facts))));
        let verified = self.webpki.verify_client_cert(end_entity, intermediates, now)?;
        if for_clients { Ok(verified) } else { Err(Error::InvalidCertificate(CertificateError::InvalidPurpose)) }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.webpki.supported_verify_schemes()
    }
}
