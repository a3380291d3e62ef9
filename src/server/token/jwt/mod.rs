//! One token (JWT, RFC 7519, compact form): parse, check the signature, then the claims.
//!
//! Checked in this order, and nothing of a token is believed before its signature is: size, header, key by `kid`, algorithm
//! of that key, signature, issuer, audience, times, subject.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::jwks::{KEY_ID_BYTES_MAX, KeySet};
use crate::calendar::Timestamp;
use crate::config::TokenConfig;
use crate::pki::certificate::Fingerprint;
use crate::pki::index::instant;
use crate::rulebook::refusal::Bilingual;
use crate::server::authenticate::is_name;

/// The longest token that is looked at.
pub const TOKEN_BYTES_MAX: usize = 8 * 1024;

/// By how many seconds the clocks of issuer and ledger may differ.
pub const LEEWAY_SECONDS: i64 = 30;

/// The longest `jti` that is kept.
const TOKEN_ID_CHARACTERS_MAX: usize = 128;

/// What a token says, once it is found good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenFacts {
    /// Who it is about.
    pub name: String,
    /// Who issued it.
    pub issuer: String,
    /// The key that signed it.
    pub key_id: String,
    /// Its own id, if it has one.
    pub token_id: Option<String>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// The client certificate that it is bound to (RFC 8705), if any.
    pub bound_to: Option<Fingerprint>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    /// Extensions that must be understood; none is.
    crit: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Claims {
    iss: Option<String>,
    aud: Option<Audience>,
    sub: Option<String>,
    exp: Option<i64>,
    iat: Option<i64>,
    nbf: Option<i64>,
    jti: Option<String>,
    cnf: Option<Confirmation>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// How the holder proves that the token is its own. Whatever is not known here cannot be proven.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Confirmation {
    #[serde(rename = "x5t#S256")]
    certificate: String,
}

/// Reads a token and finds it good, or says why not. The reason tells nothing that only a valid signature would show.
pub fn check(token: &str, keys: &KeySet, config: &TokenConfig, now: Timestamp) -> Result<TokenFacts, Bilingual> {
    if token.len() > TOKEN_BYTES_MAX {
        return refuse("the token is longer than 8192 bytes", "令牌超过 8192 字节");
    }
    let Some((signed, signature)) = token.rsplit_once('.') else { return unreadable() };
    let Some((header, claims)) = signed.split_once('.') else { return unreadable() };
    let Some(header) = decoded::<Header>(header) else { return unreadable() };
    let Some(signature) = URL_SAFE_NO_PAD.decode(signature).ok() else { return unreadable() };
    let key_id = check_header(&header)?;
    let Some(key) = keys.key(&key_id) else {
        return refuse("the token is signed with a key (`kid`) that this ledger does not know", "令牌的签名密钥未知");
    };
    if header.alg != key.algorithm.code() {
        return refuse("the token's algorithm is not the one of its key", "令牌算法与其密钥不符");
    }
    if !key.verifies(signed.as_bytes(), &signature) {
        return refuse("the token's signature is wrong", "令牌签名不正确");
    }
    let Some(claims) = decoded::<Claims>(claims) else {
        return refuse("the token's claims cannot be read", "令牌内容无法读取");
    };
    check_claims(claims, key_id, config, now)
}

/// The id of the key. Only what the issuer's own header says is looked at; keys that a token brings along are not.
fn check_header(header: &Header) -> Result<String, Bilingual> {
    if !matches!(header.alg.as_str(), "ES256" | "EdDSA") {
        return refuse(
            "the token's algorithm is not accepted; expected ES256 or EdDSA",
            "令牌算法不被接受，应为 ES256 或 EdDSA",
        );
    }
    if header.crit.is_some() {
        return refuse("the token demands extensions (`crit`) that are not known", "令牌要求未知的扩展");
    }
    let typ = header.typ.as_deref().unwrap_or("JWT");
    if !(typ.eq_ignore_ascii_case("JWT") || typ.eq_ignore_ascii_case("at+jwt")) {
        return refuse("the token is not a JWT by its `typ`", "令牌类型不是 JWT");
    }
    match &header.kid {
        Some(id) if (1..=KEY_ID_BYTES_MAX).contains(&id.len()) => Ok(id.clone()),
        Some(_) | None => refuse("the token does not name its key (`kid`)", "令牌未注明签名密钥"),
    }
}

fn check_claims(claims: Claims, key_id: String, config: &TokenConfig, now: Timestamp) -> Result<TokenFacts, Bilingual> {
    if claims.iss.as_deref() != Some(&config.issuer) {
        return refuse("the token is by another issuer (`iss`)", "令牌签发方不符");
    }
    let for_us = match &claims.aud {
        Some(Audience::One(one)) => *one == config.audience,
        Some(Audience::Many(many)) => many.contains(&config.audience),
        None => false,
    };
    if !for_us {
        return refuse("the token is for another audience (`aud`)", "令牌不是签发给本账本的");
    }
    let (issued_at, expires_at) = check_times(&claims, config, now)?;
    let Some(name) = claims.sub.filter(|subject| is_name(subject)) else {
        return refuse(
            "the token's subject (`sub`) is not the name of an identity; expected for example `ipledger:officer:li.na`",
            "令牌主体不是有效的身份名称，应如 ipledger:officer:li.na",
        );
    };
    let bound_to = match claims.cnf {
        Some(Confirmation { certificate }) => match URL_SAFE_NO_PAD.decode(certificate).ok() {
            Some(hash) => Some(Fingerprint(hash.try_into().map_err(|_length| not_bound())?)),
            None => return Err(not_bound()),
        },
        None => None,
    };
    let token_id = claims.jti.map(|id| id.chars().take(TOKEN_ID_CHARACTERS_MAX).collect());
    Ok(TokenFacts { name, issuer: config.issuer.clone(), key_id, token_id, issued_at, expires_at, bound_to })
}

fn check_times(claims: &Claims, config: &TokenConfig, now: Timestamp) -> Result<(Timestamp, Timestamp), Bilingual> {
    let (Some(issued), Some(expires)) = (claims.iat, claims.exp) else {
        return refuse("the token has no `iat` or no `exp`", "令牌缺少签发时间或到期时间");
    };
    let now = now.micros().div_euclid(1_000_000);
    let (early, late) = (now.saturating_sub(LEEWAY_SECONDS), now.saturating_add(LEEWAY_SECONDS));
    if expires <= early {
        return refuse("the token has expired", "令牌已过期");
    }
    if issued > late || claims.nbf.is_some_and(|from| from > late) {
        return refuse("the token is not valid yet", "令牌尚未生效");
    }
    let lifetime_max = i64::try_from(config.lifetime_max.as_secs()).unwrap_or(i64::MAX);
    let lifetime = expires.saturating_sub(issued);
    if lifetime <= 0 || lifetime > lifetime_max {
        return refuse("the token lives longer than this ledger accepts, or for no time", "令牌有效期超出允许范围");
    }
    Ok((instant(issued), instant(expires)))
}

fn decoded<T: for<'a> Deserialize<'a>>(part: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

const fn not_bound() -> Bilingual {
    Bilingual { en: "the token's confirmation (`cnf`) cannot be read", zh: "令牌绑定信息无法读取" }
}

const fn unreadable<T>() -> Result<T, Bilingual> {
    refuse("the bearer token is not a JWT in compact form", "令牌不是紧凑格式的 JWT")
}

const fn refuse<T>(en: &'static str, zh: &'static str) -> Result<T, Bilingual> {
    Err(Bilingual { en, zh })
}

#[cfg(test)]
mod tests;
