//! Who calls, by certificate or token: connection and metadata → [`AuthenticatedIdentity`].
//!
//! The name is the first URI of the client's certificate, or the subject of a token; both together must say the same. What the caller says of itself in `ipledger-dev-*` metadata is refused here, not ignored: a client that sends it
//! believes that it is somebody else.

use tonic::metadata::MetadataMap;

use super::identity::{Identify, Peer, ROLE_KEY, unauthenticated};
use super::listen::ConnectionInfo;
use super::tls::Session;
use super::token::{TokenFacts, Tokens};
use crate::book::identity_name::IdentityName;
use crate::book::nouns::Caller;
use crate::calendar::Timestamp;
use crate::decide::rejection::Rejection;
use crate::pki::{CertificateFacts, Fingerprint};
use crate::rulebook::refusal::Bilingual;

/// The longest name that a credential may carry.
pub const NAME_BYTES_MAX: usize = 200;

/// Whether a certificate or token may carry this as its name.
pub(super) fn is_name(text: &str) -> bool {
    (1..=NAME_BYTES_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Metadata key of a bearer token.
pub const TOKEN_KEY: &str = "authorization";

/// Who calls, and how that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthenticatedIdentity {
    /// The name that the credential carries: the first URI of a certificate, the subject of a token; 1 to
    /// [`NAME_BYTES_MAX`] visible ASCII characters. Whom it stands for is not decided here.
    pub name: String,
    /// How that is known.
    pub credential: Credential,
}

/// What showed who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// A client certificate; the token that came with it, if any, says the same.
    Certificate(Box<CertificateFacts>),
    /// A bearer token.
    Token(Box<TokenFacts>),
    /// Nothing: the caller on this machine was believed.
    Development,
    /// A login to the pages.
    Portal(PortalLogin),
}

/// How somebody came in to the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortalLogin {
    /// With a code, good once, that the bureau issued.
    Code,
    /// The city's identity provider said who it is.
    IdentityProvider,
    /// With the number of an application and its query code: sees this one and does nothing.
    StatusCode,
}

impl AuthenticatedIdentity {
    /// Whom the name stands for by itself, if it is written as [`IdentityName`] has it.
    pub fn caller(&self) -> Result<Caller, Rejection> {
        let name = IdentityName::parse(&self.name);
        let name = name.map_err(|invalid| unauthenticated("", invalid.problem, invalid.problem_zh))?;
        Ok(name.into_caller())
    }

    /// The fingerprint of the client's certificate.
    pub const fn fingerprint(&self) -> Option<Fingerprint> {
        match &self.credential {
            Credential::Certificate(facts) => Some(facts.fingerprint),
            Credential::Token(facts) => facts.bound_to,
            Credential::Development | Credential::Portal(_) => None,
        }
    }

    /// When the credential ends; `None` if it does not.
    pub const fn expires_at(&self) -> Option<Timestamp> {
        match &self.credential {
            Credential::Certificate(facts) => Some(facts.not_after),
            Credential::Token(facts) => Some(facts.expires_at),
            Credential::Development | Credential::Portal(_) => None,
        }
    }
}

/// Believes certificates and tokens.
#[derive(Debug, Clone)]
pub struct Authenticator {
    tokens: Option<Tokens>,
}

impl Authenticator {
    /// One that takes client certificates, and these tokens if there are any.
    pub const fn new(tokens: Option<Tokens>) -> Self {
        Self { tokens }
    }
}

impl Identify for Authenticator {
    fn identity(&self, peer: Peer<'_>) -> Result<AuthenticatedIdentity, Rejection> {
        if peer.metadata.contains_key(ROLE_KEY) {
            return Err(refused(ROLE_KEY, NO_DEVELOPMENT));
        }
        let session = peer.extensions.get::<ConnectionInfo>().and_then(|info| info.session.as_deref());
        let certificate = match session.map(Session::certificate) {
            Some(Ok(certificate)) => certificate,
            Some(Err(why)) => return Err(refused(CERTIFICATE_FIELD, why)),
            None => None,
        };
        let token = match bearer(peer.metadata)? {
            Some(token) => Some(self.token(token, session.is_some(), certificate, &peer)?),
            None => None,
        };
        match (certificate, token) {
            (Some(certificate), token) => by_certificate(certificate, token.as_ref()),
            (None, Some(token)) => {
                Ok(AuthenticatedIdentity { name: token.name.clone(), credential: Credential::Token(Box::new(token)) })
            }
            (None, None) => Err(refused(CERTIFICATE_FIELD, NOTHING)),
        }
    }
}

impl Authenticator {
    fn token(
        &self,
        token: &str,
        over_tls: bool,
        certificate: Option<&CertificateFacts>,
        peer: &Peer<'_>,
    ) -> Result<TokenFacts, Rejection> {
        let here = peer.address.is_some_and(|address| address.ip().to_canonical().is_loopback());
        if !(over_tls || here) {
            return Err(refused(TOKEN_KEY, PLAIN_TEXT));
        }
        let Some(tokens) = &self.tokens else { return Err(refused(TOKEN_KEY, NO_TOKENS)) };
        let facts = tokens.check(token).map_err(|why| refused(TOKEN_KEY, why))?;
        if facts.bound_to.is_some() && facts.bound_to != certificate.map(|facts| facts.fingerprint) {
            return Err(refused(TOKEN_KEY, OTHER_CERTIFICATE));
        }
        Ok(facts)
    }
}

/// By the first URI of the certificate. Later ones are for other systems; an earlier one that is not ours is refused, since
/// whoever issued it did not mean it for here.
fn by_certificate(
    certificate: &CertificateFacts,
    token: Option<&TokenFacts>,
) -> Result<AuthenticatedIdentity, Rejection> {
    let Some(uri) = certificate.uris.first() else { return Err(refused(CERTIFICATE_FIELD, NO_NAME)) };
    if !is_name(uri) {
        return Err(refused(CERTIFICATE_FIELD, BAD_NAME));
    }
    if token.is_some_and(|token| token.name != *uri) {
        return Err(refused(TOKEN_KEY, TWO_NAMES));
    }
    let name = uri.clone();
    Ok(AuthenticatedIdentity { name, credential: Credential::Certificate(Box::new(certificate.clone())) })
}

/// The one bearer token of a request. The scheme is read as RFC 7235 has it, in any letter case.
fn bearer(metadata: &MetadataMap) -> Result<Option<&str>, Rejection> {
    let mut values = metadata.get_all(TOKEN_KEY).iter();
    let Some(first) = values.next() else { return Ok(None) };
    let text = first.to_str().ok().filter(|_| values.next().is_none());
    let token = text.and_then(|text| text.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    match token.map(|(_, token)| token.trim_matches(' ')) {
        Some(token) => Ok(Some(token)),
        None => Err(refused(TOKEN_KEY, NO_BEARER)),
    }
}

/// The field that is named where the certificate is to blame.
const CERTIFICATE_FIELD: &str = "client certificate";

const NOTHING: Bilingual = Bilingual {
    en: "the connection has no client certificate and the request no bearer token; connect with a certificate that this \
         ledger's client CA issued",
    zh: "连接未提供客户端证书，请求也未携带令牌；请使用本账本认可的机构签发的证书连接",
};
const NO_NAME: Bilingual = Bilingual {
    en: "the client certificate has no URI among its subject alternative names; expected for example \
         `ipledger:bank:icbc-hebi`",
    zh: "客户端证书未包含身份 URI，应如 ipledger:bank:icbc-hebi",
};
const BAD_NAME: Bilingual = Bilingual {
    en: "the first URI of the client certificate is not a name; expected 1 to 200 visible ASCII characters, for example \
         `ipledger:bank:icbc-hebi`",
    zh: "客户端证书的身份 URI 无效，应如 ipledger:bank:icbc-hebi",
};
const NO_DEVELOPMENT: Bilingual = Bilingual {
    en: "this ledger takes certificates and tokens, and no development identity; leave the `ipledger-dev-*` metadata out",
    zh: "本账本只接受证书和令牌，不接受开发身份",
};
const NO_BEARER: Bilingual =
    Bilingual { en: "expected one value, `Bearer` and a token", zh: "应为一个值：Bearer 加令牌" };
const NO_TOKENS: Bilingual = Bilingual { en: "this ledger takes no tokens", zh: "本账本不接受令牌" };
const PLAIN_TEXT: Bilingual = Bilingual {
    en: "a token is taken over TLS or from this machine only; take it for stolen and have it withdrawn",
    zh: "令牌仅可经 TLS 或在本机使用；该令牌应视为泄露并作废",
};
const OTHER_CERTIFICATE: Bilingual = Bilingual {
    en: "the token is bound to another client certificate (`cnf`)",
    zh: "令牌绑定的是另一张客户端证书",
};
const TWO_NAMES: Bilingual = Bilingual {
    en: "the certificate names one identity and the token another",
    zh: "证书与令牌的身份不一致",
};

fn refused(field: &str, why: Bilingual) -> Rejection {
    unauthenticated(field, why.en, why.zh)
}

#[cfg(test)]
mod tests;
