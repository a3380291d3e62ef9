//! Certificates of a city that has no certification authority (CA) of its own.
//!
//! ```text
//! pki/ca.key          the CA's private key, mode 0600: whoever has it is everybody
//! pki/ca.crt          its certificate: for servers (`--client-ca`) and clients (`--ca`)
//! pki/ca.crl          what was revoked: for servers (`--crl`); has an end, renewed by every revocation and by `pki crl`
//! pki/index.json      every certificate that was issued, with its revocation
//! pki/issued/         NAME-SERIAL.crt, and NAME-SERIAL.key where the key was made here
//! ```
//!
//! A certificate is for clients or for servers, by its extended key usage, never both. A client's name stands in its first
//! URI (see [`crate::book::identity_name`]).

pub mod authority;
pub mod certificate;
pub mod files;
pub mod index;
pub mod revocation;

pub use authority::{Authority, Issued, Key, PkiFault};
pub use certificate::{CertificateFacts, Fingerprint};
