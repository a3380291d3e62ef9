//! Any headers and any certificate: who calls.

use rustls_pki_types::CertificateDer;

use super::outcome;
use crate::pki::CertificateFacts;
use crate::pki::certificate::NotACertificate;
use crate::server::edge::DEADLINE_MAX;
use crate::server::outside::caller_of;

/// Lines `key: value` as metadata: a caller is known or refused with words, and never by a ledger with certificates.
pub(super) fn header(bytes: &[u8]) -> u64 {
    let lines = bytes.split(|byte| *byte == b'\n').take(64);
    let headers: Vec<(&[u8], &[u8])> = lines
        .filter_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            let (key, value) = line.split_at(colon);
            Some((key, value.get(1..).unwrap_or_default().trim_ascii()))
        })
        .collect();
    let ([development, certificates], allowed) = caller_of(&headers);
    assert!(allowed <= DEADLINE_MAX, "a deadline of {allowed:?}");
    assert!(certificates.is_err(), "headers alone are nobody's identity");
    match development {
        Ok(identity) => {
            assert!(identity.caller().is_ok(), "`{}` stands for nobody", identity.name);
            outcome((1, identity.name.split(':').nth(1).map(str::to_owned), allowed.as_secs().min(40)))
        }
        Err(rejection) => {
            let fields: Vec<&str> = rejection.violations.iter().map(|violation| violation.field.as_str()).collect();
            outcome((2, fields, allowed.as_secs().min(40)))
        }
    }
}

/// A certificate's facts, or that it is none.
pub(super) fn certificate(bytes: &[u8]) -> u64 {
    match CertificateFacts::of(&CertificateDer::from(bytes)) {
        Ok(facts) => {
            assert!(facts.days_left(facts.not_after) == 0, "its last day");
            outcome((1, facts.uris.len()))
        }
        Err(NotACertificate) => outcome((2, bytes.len().min(4))),
    }
}
