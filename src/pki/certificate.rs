//! What a certificate says, as far as the ledger cares (X.509, RFC 5280).

use std::fmt;

use rustls_pki_types::CertificateDer;
use sha2::{Digest as _, Sha256};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer as _;
use x509_parser::time::ASN1Time;

use crate::calendar::Timestamp;

/// The most names of a certificate that are kept.
const NAMES_MAX: usize = 8;

/// The most characters of a subject or issuer that are kept.
const TEXT_CHARACTERS_MAX: usize = 256;

/// The SHA-256 of a certificate's DER: the one name of a certificate that nobody can give to another. Shown as 64 lower
/// case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    /// The fingerprint of these bytes.
    pub fn of(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What a certificate says. Nothing of it is checked here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFacts {
    /// SHA-256 of its DER.
    pub fingerprint: Fingerprint,
    /// Serial number, lower case hexadecimal digits.
    pub serial: String,
    /// Subject, for people.
    pub subject: String,
    /// Issuer, for people.
    pub issuer: String,
    /// The URIs among its subject alternative names, in order.
    pub uris: Vec<String>,
    /// When it begins to hold.
    pub not_before: Timestamp,
    /// The last second of it.
    pub not_after: Timestamp,
    /// Whether its extended key usage names client authentication. One without that extension names nothing.
    pub for_clients: bool,
    /// Whether its extended key usage names server authentication.
    pub for_servers: bool,
}

/// These bytes are no certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a certificate in DER (X.509)")]
pub struct NotACertificate;

impl CertificateFacts {
    /// Reads a certificate.
    pub fn of(der: &CertificateDer<'_>) -> Result<Self, NotACertificate> {
        let (_, certificate) = X509Certificate::from_der(der).map_err(|_unreadable| NotACertificate)?;
        let usage = certificate.extended_key_usage().map_err(|_unreadable| NotACertificate)?;
        let validity = certificate.validity();
        Ok(Self {
            fingerprint: Fingerprint::of(der),
            serial: hex::encode(certificate.raw_serial()),
            subject: cut(&certificate.subject().to_string()),
            issuer: cut(&certificate.issuer().to_string()),
            uris: uris(&certificate)?,
            not_before: timestamp(validity.not_before),
            not_after: timestamp(validity.not_after),
            for_clients: usage.as_ref().is_some_and(|usage| usage.value.client_auth),
            for_servers: usage.as_ref().is_some_and(|usage| usage.value.server_auth),
        })
    }

    /// Whole days until it ends, rounded down; negative once it has ended.
    pub const fn days_left(&self, now: Timestamp) -> i64 {
        days_between(now, self.not_after)
    }
}

/// Whole days from one instant to another, rounded down.
pub const fn days_between(from: Timestamp, to: Timestamp) -> i64 {
    const MICROS_PER_DAY: i64 = 86_400_000_000;
    to.micros().saturating_sub(from.micros()).div_euclid(MICROS_PER_DAY)
}

/// An instant of a certificate.
pub(super) fn timestamp(time: ASN1Time) -> Timestamp {
    Timestamp::from_micros(time.timestamp().saturating_mul(1_000_000))
}

fn uris(certificate: &X509Certificate<'_>) -> Result<Vec<String>, NotACertificate> {
    let names = certificate.subject_alternative_name().map_err(|_unreadable| NotACertificate)?;
    let Some(names) = names else { return Ok(Vec::new()) };
    let mut uris = Vec::new();
    for name in &names.value.general_names {
        if let GeneralName::URI(uri) = name {
            // As it stands: whoever compares it must see what is wrong with it.
            uris.push(uri.chars().take(TEXT_CHARACTERS_MAX).collect());
        }
    }
    uris.truncate(NAMES_MAX);
    Ok(uris)
}

/// Shortened, and without what a terminal or a log would take for a command.
fn cut(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '?' } else { letter }).take(TEXT_CHARACTERS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop(CertificateFacts::of(&CertificateDer::from(bytes)));
        }
    }

    #[test]
    fn days_are_rounded_down() {
        let at = Timestamp::from_micros;
        assert_eq!(days_between(at(0), at(86_400_000_000)), 1);
        assert_eq!(days_between(at(0), at(86_399_999_999)), 0);
        assert_eq!(days_between(at(1), at(0)), -1);
    }
}
