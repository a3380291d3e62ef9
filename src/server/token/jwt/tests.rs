//! What is taken for a token, and that nothing else is.

use std::time::Duration;

use proptest::prelude::*;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};

use super::*;

const NOW_SECONDS: i64 = 1_772_337_600;
const NOW: Timestamp = Timestamp::from_micros(NOW_SECONDS * 1_000_000);

fn config() -> TokenConfig {
    TokenConfig {
        jwks: "jwks.json".into(),
        issuer: "https://id.hebi.example".into(),
        audience: "ipledger-hebi".into(),
        lifetime_max: Duration::from_hours(1),
    }
}

/// The keys of an issuer, one of each kind: `e` and `p`.
struct Issuer {
    ed25519: Ed25519KeyPair,
    p256: EcdsaKeyPair,
}

impl Issuer {
    fn new() -> Self {
        let random = SystemRandom::new();
        let p256 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        Self {
            ed25519: Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap(),
            p256: EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, p256.as_ref(), &random).unwrap(),
        }
    }

    fn keys(&self) -> KeySet {
        let point = self.p256.public_key().as_ref();
        let keys = json!({"keys": [
            {"kty": "OKP", "crv": "Ed25519", "kid": "e", "x": encode(self.ed25519.public_key().as_ref())},
            {"kty": "EC", "crv": "P-256", "kid": "p", "x": encode(&point[1..33]), "y": encode(&point[33..])},
        ]});
        KeySet::parse(keys.to_string().as_bytes()).unwrap()
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()));
        let signature = match header["kid"].as_str() {
            Some("p") => self.p256.sign(&SystemRandom::new(), signed.as_bytes()).unwrap().as_ref().to_vec(),
            _ => self.ed25519.sign(signed.as_bytes()).as_ref().to_vec(),
        };
        format!("{signed}.{}", encode(&signature))
    }
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn claims() -> Value {
    json!({
        "iss": "https://id.hebi.example", "aud": "ipledger-hebi", "sub": "ipledger:officer:li.na",
        "iat": NOW_SECONDS - 60, "exp": NOW_SECONDS + 600, "jti": "t-1",
    })
}

fn header(algorithm: &str, key: &str) -> Value {
    json!({"alg": algorithm, "kid": key, "typ": "JWT"})
}

/// The same claims with these changed; `null` leaves one out.
fn with(changes: &Value) -> Value {
    let mut claims = claims();
    for (name, value) in changes.as_object().unwrap() {
        let members = claims.as_object_mut().unwrap();
        if value.is_null() { drop(members.remove(name)) } else { drop(members.insert(name.clone(), value.clone())) }
    }
    claims
}

fn checked(token: &str, issuer: &Issuer) -> Result<TokenFacts, &'static str> {
    check(token, &issuer.keys(), &config(), NOW).map_err(|why| why.en)
}

#[test]
fn a_good_token_says_who_calls() {
    let issuer = Issuer::new();
    for (algorithm, key) in [("EdDSA", "e"), ("ES256", "p")] {
        let facts = checked(&issuer.sign(&header(algorithm, key), &claims()), &issuer).unwrap();
        assert_eq!(facts.name, "ipledger:officer:li.na");
        assert_eq!((facts.key_id.as_str(), facts.token_id.as_deref()), (key, Some("t-1")));
        assert_eq!(facts.expires_at, instant(NOW_SECONDS + 600));
    }
    let several = with(&json!({"aud": ["other", "ipledger-hebi"], "nbf": NOW_SECONDS}));
    assert!(checked(&issuer.sign(&header("EdDSA", "e"), &several), &issuer).is_ok());
}

#[test]
fn what_a_header_says_is_not_believed() {
    let issuer = Issuer::new();
    let own_key = json!({"kty": "OKP", "crv": "Ed25519", "x": encode(&[1; 32])});
    for (header, expected) in [
        (json!({"alg": "none", "kid": "e"}), "algorithm is not accepted"),
        (json!({"alg": "None", "kid": "e"}), "algorithm is not accepted"),
        (json!({"alg": "HS256", "kid": "e"}), "algorithm is not accepted"),
        (json!({"alg": "RS256", "kid": "e"}), "algorithm is not accepted"),
        (json!({"alg": "ES256", "kid": "e"}), "algorithm is not the one of its key"),
        (json!({"alg": "EdDSA", "kid": "p"}), "algorithm is not the one of its key"),
        (json!({"alg": "EdDSA", "kid": "x"}), "does not know"),
        (json!({"alg": "EdDSA", "jwk": own_key}), "does not name its key"),
        (json!({"alg": "EdDSA", "kid": ""}), "does not name its key"),
        (json!({"alg": "EdDSA", "kid": "e", "crit": ["b64"], "b64": false}), "demands extensions"),
        (json!({"alg": "EdDSA", "kid": "e", "typ": "JWE"}), "not a JWT by its `typ`"),
        (json!({"kid": "e"}), "not a JWT in compact form"),
    ] {
        let refused = checked(&issuer.sign(&header, &claims()), &issuer).unwrap_err();
        assert!(refused.contains(expected), "{header}: {refused}");
    }
}

#[test]
fn a_token_without_signature_or_with_anothers_is_refused() {
    let issuer = Issuer::new();
    let good = issuer.sign(&header("EdDSA", "e"), &claims());
    let (signed, _) = good.rsplit_once('.').unwrap();
    assert_eq!(checked(&format!("{signed}."), &issuer), Err("the token's signature is wrong"));
    assert_eq!(checked(signed, &issuer), Err("the bearer token is not a JWT in compact form"));
    let other = issuer.sign(&header("EdDSA", "e"), &with(&json!({"sub": "ipledger:operator:li.na"})));
    let (_, foreign) = other.rsplit_once('.').unwrap();
    assert_eq!(checked(&format!("{signed}.{foreign}"), &issuer), Err("the token's signature is wrong"));
    let long = "x".repeat(TOKEN_BYTES_MAX + 1);
    assert_eq!(checked(&long, &issuer), Err("the token is longer than 8192 bytes"));
}

#[test]
fn a_signed_token_is_refused_for_what_it_says() {
    let issuer = Issuer::new();
    for (changes, expected) in &[
        (json!({"iss": "https://other.example"}), "another issuer"),
        (json!({"iss": null}), "another issuer"),
        (json!({"aud": "another-ledger"}), "another audience"),
        (json!({"aud": []}), "another audience"),
        (json!({"aud": null}), "another audience"),
        (json!({"exp": null}), "no `iat` or no `exp`"),
        (json!({"iat": null}), "no `iat` or no `exp`"),
        (json!({"exp": NOW_SECONDS - 30}), "has expired"),
        (json!({"iat": NOW_SECONDS + 31, "exp": NOW_SECONDS + 60}), "not valid yet"),
        (json!({"nbf": NOW_SECONDS + 31}), "not valid yet"),
        (json!({"iat": NOW_SECONDS - 3_001, "exp": NOW_SECONDS + 600}), "lives longer"),
        (json!({"iat": NOW_SECONDS + 20, "exp": NOW_SECONDS + 20}), "lives longer than this ledger accepts, or for no"),
        (json!({"iat": i64::MIN, "exp": i64::MAX}), "lives longer"),
        (json!({"exp": "tomorrow"}), "claims cannot be read"),
        (json!({"exp": 1e30}), "claims cannot be read"),
        (json!({"sub": null}), "is not the name of an identity"),
        (json!({"sub": ""}), "is not the name of an identity"),
        (json!({"sub": "ipledger:officer:li na"}), "is not the name of an identity"),
        (json!({"sub": "银行"}), "is not the name of an identity"),
        (json!({"cnf": {"x5t#S256": "short"}}), "confirmation (`cnf`) cannot be read"),
        (json!({"cnf": {"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}}), "claims cannot be read"),
    ] {
        let refused = checked(&issuer.sign(&header("ES256", "p"), &with(changes)), &issuer).unwrap_err();
        assert!(refused.contains(*expected), "{changes}: {refused}");
    }
}

#[test]
fn clocks_may_differ_a_little() {
    let issuer = Issuer::new();
    for changes in &[
        json!({"exp": NOW_SECONDS - 29}),
        json!({"iat": NOW_SECONDS + 30}),
        json!({"nbf": NOW_SECONDS + 30}),
        json!({"iat": NOW_SECONDS - 3_000, "exp": NOW_SECONDS + 600}),
    ] {
        assert!(checked(&issuer.sign(&header("EdDSA", "e"), &with(changes)), &issuer).is_ok(), "{changes}");
    }
}

#[test]
fn a_claim_that_is_there_twice_is_no_claim() {
    let issuer = Issuer::new();
    let text = claims().to_string().replacen('{', r#"{"sub":"ipledger:operator:li.na","#, 1);
    let signed = format!("{}.{}", encode(header("EdDSA", "e").to_string().as_bytes()), encode(text.as_bytes()));
    let token = format!("{signed}.{}", encode(issuer.ed25519.sign(signed.as_bytes()).as_ref()));
    assert_eq!(checked(&token, &issuer), Err("the token's claims cannot be read"));
}

proptest! {
    #[test]
    fn no_text_panics_and_none_is_taken(text in "\\PC{0,300}") {
        prop_assert!(checked(&text, &Issuer::new()).is_err());
    }

    #[test]
    fn no_claims_panic(header in "\\PC{0,80}", claims in "\\PC{0,120}", signature in proptest::collection::vec(any::<u8>(), 0..80)) {
        let token = format!("{}.{}.{}", encode(header.as_bytes()), encode(claims.as_bytes()), encode(&signature));
        prop_assert!(checked(&token, &Issuer::new()).is_err());
    }

    #[test]
    fn signed_nonsense_does_not_panic(claims in "\\PC{0,120}") {
        let issuer = Issuer::new();
        let signed = format!("{}.{}", encode(header("EdDSA", "e").to_string().as_bytes()), encode(claims.as_bytes()));
        let token = format!("{signed}.{}", encode(issuer.ed25519.sign(signed.as_bytes()).as_ref()));
        prop_assert!(checked(&token, &issuer).is_err());
    }

    /// One letter is replaced, taken out or put in, anywhere.
    #[test]
    fn no_changed_token_is_taken(
        curve in any::<bool>(),
        at in any::<prop::sample::Index>(),
        letter in prop::sample::select("ABCabc019-_.=+/ \u{e9}".chars().collect::<Vec<_>>()),
        kind in 0..3_u8,
    ) {
        let issuer = Issuer::new();
        let header = if curve { header("ES256", "p") } else { header("EdDSA", "e") };
        let good = issuer.sign(&header, &claims());
        let mut letters: Vec<char> = good.chars().collect();
        let at = at.index(letters.len());
        match kind {
            0 => letters[at] = letter,
            1 => drop(letters.remove(at)),
            _ => letters.insert(at, letter),
        }
        let changed: String = letters.into_iter().collect();
        prop_assert_eq!(checked(&changed, &issuer).is_ok(), changed == good);
    }
}
