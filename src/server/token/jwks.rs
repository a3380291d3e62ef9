//! The keys that sign tokens: a JWKS file (RFC 7517). Public keys for `ES256` (P-256) and
//! `EdDSA` (Ed25519) only.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{ECDSA_P256_SHA256_FIXED, ED25519, UnparsedPublicKey};
use serde::Deserialize;

/// The most keys of a set.
pub const KEYS_MAX: usize = 64;

/// The longest id of a key.
pub const KEY_ID_BYTES_MAX: usize = 256;

/// How a token is signed (RFC 7518, RFC 8037). There is no other way: not `none`, and no shared secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256, signature of 64 bytes.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// Its name in the header of a token.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }
}

/// A key that checks signatures. What it is decides the algorithm; a token only confirms it.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    /// The one algorithm for it.
    pub algorithm: Algorithm,
    bytes: Vec<u8>,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Key").field(&self.algorithm).finish()
    }
}

impl Key {
    /// Whether this is the key's signature of the message.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let verified = match self.algorithm {
            Algorithm::Es256 => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &self.bytes).verify(message, signature)
            }
            Algorithm::EdDsa => UnparsedPublicKey::new(&ED25519, &self.bytes).verify(message, signature),
        };
        verified.is_ok()
    }
}

/// Keys by their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeySet {
    keys: BTreeMap<String, Key>,
    /// How many keys of the file are of a kind that is not taken, for example RSA.
    pub skipped: usize,
}

/// Why a key set cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadKeySet {
    /// Not JSON, or not a key set.
    #[error("not a JWK set (RFC 7517)")]
    Json(#[source] serde_json::Error),
    /// There is no key to check a token with.
    #[error("no key of it can be used; expected at least one with `kid`, of kind EC P-256 or OKP Ed25519")]
    Empty,
    /// Too many keys.
    #[error("{0} keys; expected at most {KEYS_MAX}")]
    TooMany(usize),
    /// It holds what must not be here.
    #[error(
        "key `{0}` is a private key; a server needs the public half only, and who reads this file could sign tokens"
    )]
    Private(String),
    /// Two keys with one id.
    #[error("two keys have the id `{0}`")]
    Twice(String),
    /// A key that is not one.
    #[error("key `{0}`: {1}")]
    Key(String, &'static str),
}

#[derive(Deserialize)]
struct SetFile {
    keys: Vec<KeyFile>,
}

#[derive(Deserialize)]
struct KeyFile {
    kty: String,
    #[serde(default)]
    crv: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    x: Option<String>,
    y: Option<String>,
    /// Any value: that it is there is enough.
    d: Option<serde::de::IgnoredAny>,
}

impl KeySet {
    /// Reads the JSON.
    pub fn parse(json: &[u8]) -> Result<Self, BadKeySet> {
        let file: SetFile = serde_json::from_slice(json).map_err(BadKeySet::Json)?;
        if file.keys.len() > KEYS_MAX {
            return Err(BadKeySet::TooMany(file.keys.len()));
        }
        let mut set = Self::default();
        for key in file.keys {
            set.add(key)?;
        }
        if set.keys.is_empty() { Err(BadKeySet::Empty) } else { Ok(set) }
    }

    /// The key of this id.
    pub fn key(&self, id: &str) -> Option<&Key> {
        self.keys.get(id)
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    fn add(&mut self, key: KeyFile) -> Result<(), BadKeySet> {
        let id = key.kid.unwrap_or_default();
        if key.d.is_some() {
            return Err(BadKeySet::Private(id));
        }
        let algorithm = match (key.kty.as_str(), key.crv.as_str()) {
            ("EC", "P-256") => Algorithm::Es256,
            ("OKP", "Ed25519") => Algorithm::EdDsa,
            _ => {
                self.skipped = self.skipped.saturating_add(1);
                return Ok(());
            }
        };
        if id.is_empty() || id.len() > KEY_ID_BYTES_MAX {
            return Err(BadKeySet::Key(id, "expected a `kid` of 1 to 256 bytes"));
        }
        if key.alg.is_some_and(|named| named != algorithm.code()) {
            return Err(BadKeySet::Key(id, "its `alg` is not the one of its kind: ES256 for P-256, EdDSA for Ed25519"));
        }
        if key.usage.is_some_and(|usage| usage != "sig") {
            return Err(BadKeySet::Key(id, "its `use` is not `sig`"));
        }
        let bytes = match algorithm {
            // The uncompressed point (SEC 1).
            Algorithm::Es256 => [vec![4], coordinate(&id, key.x)?, coordinate(&id, key.y)?].concat(),
            Algorithm::EdDsa => coordinate(&id, key.x)?,
        };
        match self.keys.entry(id) {
            Entry::Vacant(vacant) => {
                vacant.insert(Key { algorithm, bytes });
                Ok(())
            }
            Entry::Occupied(occupied) => Err(BadKeySet::Twice(occupied.key().clone())),
        }
    }
}

fn coordinate(id: &str, text: Option<String>) -> Result<Vec<u8>, BadKeySet> {
    let bytes = text.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok()).filter(|bytes| bytes.len() == 32);
    bytes.ok_or_else(|| BadKeySet::Key(id.to_owned(), "expected 32 bytes in base64url for each of its coordinates"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    fn parse(json: &str) -> Result<KeySet, BadKeySet> {
        KeySet::parse(json.as_bytes())
    }

    #[test]
    fn the_key_of_rfc_8037_is_read_and_checks_its_token() {
        // RFC 8037, appendix A.4.
        let set = parse(&format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","kid":"a","x":"{X}"}}]}}"#)).unwrap();
        let signature = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let key = set.key("a").unwrap();
        assert!(key.verifies(b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc", &signature));
        assert!(!key.verifies(b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmd", &signature));
    }

    #[test]
    fn the_key_of_rfc_7515_is_read_and_checks_its_token() {
        // RFC 7515, appendix A.3.
        let set = parse(
            r#"{"keys":[{"kty":"EC","crv":"P-256","kid":"e","alg":"ES256","use":"sig",
                "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}"#,
        )
        .unwrap();
        let message = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
        assert!(set.key("e").unwrap().verifies(message.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()));
    }

    #[test]
    fn a_set_without_a_good_key_is_refused() {
        let good = format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"a","x":"{X}"}}"#);
        let private = format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"a","x":"{X}","d":"secret"}}"#);
        let rsa = r#"{"kty":"RSA","kid":"r","n":"AQAB","e":"AQAB"}"#;
        let shared = r#"{"kty":"oct","kid":"s","k":"c2VjcmV0"}"#;
        let set = parse(&format!(r#"{{"keys":[{rsa},{shared},{good}]}}"#)).unwrap();
        assert_eq!((set.len(), set.skipped), (1, 2));
        for (keys, expected) in [
            (String::new(), "no key of it can be used"),
            (rsa.to_owned(), "no key of it can be used"),
            (private, "key `a` is a private key"),
            (format!("{good},{good}"), "two keys have the id `a`"),
            (good.replace("\"kid\":\"a\",", ""), "expected a `kid`"),
            (good.replace("\"kid\":\"a\"", "\"kid\":\"a\",\"alg\":\"HS256\""), "its `alg` is not the one of its kind"),
            (good.replace("\"kid\":\"a\"", "\"kid\":\"a\",\"use\":\"enc\""), "its `use` is not `sig`"),
            (good.replace(X, "AAAA"), "expected 32 bytes"),
            (good.replace("OKP", "EC").replace("Ed25519", "P-256"), "expected 32 bytes"),
            (vec![rsa; 65].join(","), "65 keys; expected at most 64"),
        ] {
            let refused = parse(&format!(r#"{{"keys":[{keys}]}}"#)).unwrap_err().to_string();
            assert!(refused.contains(expected), "{keys}: {refused}");
            assert!(!refused.contains("secret"), "{refused}");
        }
        assert!(matches!(parse("nonsense"), Err(BadKeySet::Json(_))));
    }
}
