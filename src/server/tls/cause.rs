//! Why a handshake or a certificate was refused, in words for the operator's log and the caller.

use std::io;

use rustls::{CertificateError, Error};

use crate::rulebook::refusal::Bilingual;

/// Why a handshake ended.
pub(super) fn of_handshake(error: &io::Error) -> String {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(Error::InvalidCertificate(error)) => of_certificate(error).en.to_owned(),
        Some(Error::InvalidMessage(_)) => "the peer does not speak TLS".to_owned(),
        Some(Error::AlertReceived(alert)) => format!("the peer refused this server: {alert:?}"),
        Some(Error::NoApplicationProtocol) => "the peer does not speak HTTP/2 (ALPN h2)".to_owned(),
        Some(Error::PeerIncompatible(why)) => format!("the peer cannot do what this server asks for: {why:?}"),
        Some(other) => other.to_string(),
        None if error.kind() == io::ErrorKind::UnexpectedEof => "the peer hung up".to_owned(),
        None => error.to_string(),
    }
}

/// Why a certificate does not count (any more).
#[expect(clippy::wildcard_enum_match_arm, reason = "a foreign enum that grows; the last sentence is true of the rest")]
pub(super) const fn of_certificate(error: &CertificateError) -> Bilingual {
    use CertificateError as E;
    let (en, zh) = match error {
        E::Expired | E::ExpiredContext { .. } => ("the client certificate has expired", "客户端证书已过期"),
        E::NotValidYet | E::NotValidYetContext { .. } => {
            ("the client certificate is not valid yet", "客户端证书尚未生效")
        }
        E::Revoked => ("the client certificate was revoked", "客户端证书已吊销"),
        E::UnknownIssuer => (
            "the client certificate was issued by none of this ledger's client CAs",
            "客户端证书不是由本账本认可的机构签发",
        ),
        E::UnknownRevocationStatus => {
            ("there is no revocation list of the client certificate's issuer", "缺少客户端证书签发机构的吊销列表")
        }
        E::ExpiredRevocationList | E::ExpiredRevocationListContext { .. } => {
            ("the revocation list has ended; the operator must renew it", "证书吊销列表已过期，需由管理员更新")
        }
        E::BadSignature => ("a signature in the client certificate's chain is wrong", "客户端证书签名不正确"),
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => (
            "the certificate is not for clients: its extended key usage does not name client authentication",
            "该证书不是客户端证书",
        ),
        E::BadEncoding => ("the client certificate cannot be read", "客户端证书无法读取"),
        _ => ("the client certificate is not acceptable", "客户端证书不可接受"),
    };
    Bilingual { en, zh }
}
