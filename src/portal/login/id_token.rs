//! The ID token (OpenID Connect Core 1.0, 3.1.3.7): who the identity provider says has logged in.
//!
//! Signed with `ES256` or `EdDSA`, as the API's tokens, or with `RS256`, which most providers use. The key is found by its
//! id in the provider's own set and decides the algorithm.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::calendar::Timestamp;
use crate::server::token::KeySet;

/// The longest token that is looked at.
const TOKEN_BYTES_MAX: usize = 16 * 1024;

/// By how many seconds the clocks of provider and ledger may differ.
const LEEWAY_SECONDS: i64 = 60;

/// The keys of a provider.
#[derive(Debug, Default)]
pub struct Keys {
    others: KeySet,
    rsa: BTreeMap<String, Rsa>,
}

#[derive(Debug)]
struct Rsa {
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

impl Keys {
    /// Reads a key set (RFC 7517); what is not taken is left out.
    pub fn parse(json: &[u8]) -> Option<Self> {
        let set: Set = serde_json::from_slice(json).ok()?;
        let mut rsa = BTreeMap::new();
        for key in set.keys {
            let signs = key.usage.as_deref().unwrap_or("sig") == "sig" && key.kty == "RSA";
            if let (true, Some(id), Some(n), Some(e)) = (signs, key.kid, key.n, key.e) {
                let modulus = URL_SAFE_NO_PAD.decode(n).ok()?;
                let exponent = URL_SAFE_NO_PAD.decode(e).ok()?;
                rsa.insert(id, Rsa { modulus, exponent });
            }
        }
        // A set of RSA keys alone has none for the other two algorithms.
        Some(Self { others: KeySet::parse(json).unwrap_or_default(), rsa })
    }

    /// Whether there is a key with this id.
    pub fn has(&self, id: &str) -> bool {
        self.rsa.contains_key(id) || self.others.key(id).is_some()
    }

    fn verifies(&self, header: &Header, signed: &str, signature: &[u8]) -> bool {
        if header.alg == "RS256" {
            let Some(Rsa { modulus: n, exponent: e }) = self.rsa.get(&header.kid) else { return false };
            let key = RsaPublicKeyComponents { n, e };
            return key.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), signature).is_ok();
        }
        let key = self.others.key(&header.kid).filter(|key| key.algorithm.code() == header.alg);
        key.is_some_and(|key| key.verifies(signed.as_bytes(), signature))
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: String,
}

/// What a token must say.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// Who issued it.
    pub issuer: &'a str,
    /// For whom it is.
    pub client: &'a str,
    /// What the login was begun with.
    pub nonce: &'a str,
    /// What time it is.
    pub now: Timestamp,
}

/// The id of the key that a token names; before anything of it is believed.
pub fn key_id(token: &str) -> Option<String> {
    decoded::<Header>(token.split('.').next()?).map(|header| header.kid)
}

/// The claims of a token, if it is good; else why not, for the log.
pub fn check(token: &str, keys: &Keys, expected: Expected<'_>) -> Result<Map<String, Value>, &'static str> {
    if token.len() > TOKEN_BYTES_MAX {
        return Err("the token is too long");
    }
    let (signed, signature) = token.rsplit_once('.').ok_or("the token is no JWT")?;
    let (header, claims) = signed.split_once('.').ok_or("the token is no JWT")?;
    let header: Header = decoded(header).ok_or("the token's header cannot be read")?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_wrong| "the token's signature cannot be read")?;
    if !keys.verifies(&header, signed, &signature) {
        return Err("the token is not signed by a key of the provider");
    }
    let claims: Map<String, Value> = decoded(claims).ok_or("the token's claims cannot be read")?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    let seconds = |name: &str| claims.get(name).and_then(Value::as_i64);
    if text("iss") != expected.issuer {
        return Err("the token is by another issuer");
    }
    let audience = claims.get("aud");
    let listed = audience.and_then(Value::as_array).cloned().unwrap_or_default();
    let alone = audience.and_then(Value::as_str) == Some(expected.client);
    let among = listed.iter().any(|one| one.as_str() == Some(expected.client));
    if !(alone || (among && (listed.len() == 1 || text("azp") == expected.client))) {
        return Err("the token is for another client");
    }
    let now = expected.now.micros().div_euclid(1_000_000);
    if seconds("exp").is_none_or(|end| end <= now.saturating_sub(LEEWAY_SECONDS)) {
        return Err("the token has expired");
    }
    if seconds("iat").is_none_or(|issued| issued > now.saturating_add(LEEWAY_SECONDS)) {
        return Err("the token was issued in the future");
    }
    if text("nonce") != expected.nonce || expected.nonce.is_empty() {
        return Err("the token is of another login");
    }
    Ok(claims)
}

fn decoded<T: for<'a> Deserialize<'a>>(part: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
    use serde_json::json;

    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_000_000_000_000);
    const EXPECTED: Expected<'_> = Expected { issuer: "https://id.example", client: "ledger", nonce: "n-1", now: NOW };

    fn claims() -> Value {
        json!({"iss": "https://id.example", "aud": "ledger", "exp": 1_000_300, "iat": 1_000_000, "nonce": "n-1", "uscc": "x"})
    }

    struct Signer {
        pair: EcdsaKeyPair,
        keys: Keys,
    }

    impl Signer {
        fn new() -> Self {
            let random = SystemRandom::new();
            let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
            let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
            let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap();
            let point = pair.public_key().as_ref();
            let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..65]));
            let set = json!({"keys": [{"kty": "EC", "crv": "P-256", "kid": "k1", "x": x, "y": y}]});
            Self { pair, keys: Keys::parse(set.to_string().as_bytes()).unwrap() }
        }

        fn token(&self, header: &Value, claims: &Value) -> String {
            let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
            let signed = format!("{}.{}", part(header), part(claims));
            let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
            format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
        }
    }

    #[test]
    fn a_good_token_tells_its_claims() {
        let signer = Signer::new();
        let token = signer.token(&json!({"alg": "ES256", "kid": "k1"}), &claims());
        assert_eq!(key_id(&token).as_deref(), Some("k1"));
        assert_eq!(check(&token, &signer.keys, EXPECTED).unwrap().get("uscc"), Some(&json!("x")));
    }

    #[test]
    fn whatever_is_wrong_is_refused() {
        let signer = Signer::new();
        let header = json!({"alg": "ES256", "kid": "k1"});
        for (name, value) in [
            ("iss", json!("https://evil.example")),
            ("aud", json!("other")),
            ("aud", json!(["ledger", "other"])),
            ("exp", json!(999_000)),
            ("iat", json!(2_000_000)),
            ("nonce", json!("n-2")),
            ("nonce", Value::Null),
        ] {
            let mut wrong = claims();
            wrong[name] = value.clone();
            assert!(check(&signer.token(&header, &wrong), &signer.keys, EXPECTED).is_err(), "{name} {value}");
        }
        for header in
            [json!({"alg": "none", "kid": "k1"}), json!({"alg": "RS256", "kid": "k1"}), json!({"alg": "ES256"})]
        {
            assert!(check(&signer.token(&header, &claims()), &signer.keys, EXPECTED).is_err(), "{header}");
        }
        let other = Signer::new();
        assert!(check(&other.token(&header, &claims()), &signer.keys, EXPECTED).is_err(), "another key");
        assert!(check("a.b", &signer.keys, EXPECTED).is_err());
    }

    #[test]
    fn a_token_for_several_must_name_us_as_its_party() {
        let signer = Signer::new();
        let mut several = claims();
        several["aud"] = json!(["ledger", "other"]);
        several["azp"] = json!("ledger");
        let token = signer.token(&json!({"alg": "ES256", "kid": "k1"}), &several);
        assert!(check(&token, &signer.keys, EXPECTED).is_ok());
    }
}
