//! Revocation lists (CRL, RFC 5280 chapter 5): what one says, and whether a CA signed it.

use rustls_pki_types::{CertificateDer, CertificateRevocationListDer};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;
use x509_parser::revocation_list::CertificateRevocationList;

use super::certificate::timestamp;
use crate::calendar::Timestamp;

/// What a revocation list says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListFacts {
    /// Who signed it, for people.
    pub issuer: String,
    /// Its number, in decimal digits, if it has one.
    pub number: Option<String>,
    /// When it was made.
    pub this_update: Timestamp,
    /// When the next one is due; after that it says nothing any more.
    pub next_update: Option<Timestamp>,
    /// How many certificates it revokes.
    pub revoked: usize,
}

/// Why a revocation list cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadList {
    /// These bytes are no list.
    #[error("not a certificate revocation list in DER (RFC 5280)")]
    Unreadable,
    /// Nobody who matters signed it.
    #[error("the revocation list of `{0}` is not signed by any of the client CAs")]
    Stranger(String),
}

impl ListFacts {
    /// Reads a list and checks that one of the CAs signed it.
    pub fn of(list: &CertificateRevocationListDer<'_>, authorities: &[CertificateDer<'_>]) -> Result<Self, BadList> {
        let (_, list) =
            CertificateRevocationList::from_der(list.as_ref()).map_err(|_unreadable| BadList::Unreadable)?;
        let issuer = list.issuer().to_string();
        let signed_by = |authority: &CertificateDer<'_>| {
            X509Certificate::from_der(authority).is_ok_and(|(_, authority)| {
                authority.subject().as_raw() == list.issuer().as_raw()
                    && list.verify_signature(authority.public_key()).is_ok()
            })
        };
        if !authorities.iter().any(signed_by) {
            return Err(BadList::Stranger(issuer));
        }
        Ok(Self {
            issuer,
            number: list.crl_number().map(ToString::to_string),
            this_update: timestamp(list.last_update()),
            next_update: list.next_update().map(timestamp),
            revoked: list.iter_revoked_certificates().count(),
        })
    }
}
