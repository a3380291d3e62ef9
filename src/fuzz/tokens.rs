//! Any token: as its text, as header and claims that a known key signs, and any key set.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::signature::{Ed25519KeyPair, KeyPair as _};

use super::outcome;
use crate::calendar::Timestamp;
use crate::config::TokenConfig;
use crate::server::authenticate::NAME_BYTES_MAX;
use crate::server::outside::token_of;
use crate::server::token::KeySet;

/// 2026-03-05T04:00:00Z.
const NOW: Timestamp = Timestamp::from_micros(1_772_683_200_000_000);

/// The first byte says what the rest is: 0 a token's text, 1 header and claims with a line feed between, which are signed
/// here, 2 a key set. What is accepted was signed by a known key, has not ended and carries a name.
pub(super) fn token(bytes: &[u8]) -> u64 {
    let Some((form, rest)) = bytes.split_first() else { return 0 };
    let (keys, key) = keys();
    match form {
        0 => {
            let Ok(text) = std::str::from_utf8(rest) else { return outcome(0) };
            checked(text, &keys)
        }
        1 => {
            let at = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            let (header, claims) = rest.split_at(at);
            let claims = claims.get(1..).unwrap_or_default();
            let message =
                format!("{}.{}", BASE64_URL_SAFE_NO_PAD.encode(header), BASE64_URL_SAFE_NO_PAD.encode(claims));
            let signature = BASE64_URL_SAFE_NO_PAD.encode(key.sign(message.as_bytes()));
            outcome((1, checked(&format!("{message}.{signature}"), &keys)))
        }
        _ => match KeySet::parse(rest) {
            Ok(keys) => outcome((2, keys.len().min(8), keys.skipped.min(8))),
            Err(why) => outcome((3, std::mem::discriminant(&why))),
        },
    }
}

fn checked(text: &str, keys: &KeySet) -> u64 {
    let config = TokenConfig {
        jwks: "jwks.json".into(),
        issuer: "https://id.example".to_owned(),
        audience: "ledger".to_owned(),
        lifetime_max: std::time::Duration::from_hours(1),
    };
    match token_of(text, keys, &config, NOW) {
        Ok(facts) => {
            assert!((1..=NAME_BYTES_MAX).contains(&facts.name.len()), "a name of {} bytes", facts.name.len());
            assert!(facts.expires_at.micros() > NOW.micros().saturating_sub(60_000_000), "it had ended");
            outcome((1, facts.bound_to.is_some()))
        }
        Err(why) => {
            assert!(!why.en.is_empty() && !why.zh.is_empty(), "refused without a word");
            outcome((2, why.en))
        }
    }
}

/// A key made of a fixed seed, and the set that names it. The seed is for fuzzing and signs nothing else.
#[expect(clippy::expect_used, reason = "a fixed seed and a fixed file; a fuzzer may stop where they do not hold")]
fn keys() -> (KeySet, Ed25519KeyPair) {
    let key = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("32 bytes are a seed");
    let x = BASE64_URL_SAFE_NO_PAD.encode(key.public_key().as_ref());
    let json =
        format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","use":"sig","kid":"one","x":"{x}"}}]}}"#);
    (KeySet::parse(json.as_bytes()).expect("a set of one key"), key)
}
