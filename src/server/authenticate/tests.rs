//! Which credential counts. Real certificates and handshakes are in `tests/it/tls`.

use proptest::prelude::*;
use tonic::Extensions;
use tonic::metadata::AsciiMetadataValue;

use super::*;
use crate::decide::rejection::Reason;
use crate::identifier::shown;

fn identify(address: &str, metadata: &[(&'static str, &str)]) -> Rejection {
    let mut map = MetadataMap::new();
    for (key, value) in metadata {
        map.append(*key, value.parse().unwrap());
    }
    let peer = Peer { address: Some(address.parse().unwrap()), metadata: &map, extensions: &Extensions::new() };
    let refused = Authenticator::new(None).identity(peer).unwrap_err();
    assert_eq!(refused.reason, Reason::Unauthenticated);
    refused
}

const HERE: &str = "127.0.0.1:40000";

#[test]
fn whoever_shows_nothing_is_told_what_to_show() {
    let refused = identify(HERE, &[]).to_string();
    assert!(refused.contains("no client certificate and the request no bearer token"), "{refused}");
}

#[test]
fn the_development_identity_is_refused() {
    let refused = identify(HERE, &[(ROLE_KEY, "operator"), ("ipledger-dev-person", "li")]).to_string();
    assert!(refused.contains("no development identity"), "{refused}");
}

#[test]
fn a_token_in_plain_text_comes_from_this_machine() {
    let refused = identify("10.0.0.7:1", &[(TOKEN_KEY, "Bearer x")]).to_string();
    assert!(refused.contains("over TLS or from this machine only"), "{refused}");
    let refused = identify(HERE, &[(TOKEN_KEY, "Bearer x")]).to_string();
    assert!(refused.contains("takes no tokens"), "{refused}");
}

#[test]
fn one_bearer_token_is_expected() {
    for values in [["Basic eDp4", ""].as_slice(), &["Bearer"], &["Bearer a", "Bearer b"], &[""]] {
        let values: Vec<_> = values.iter().filter(|value| !value.is_empty()).map(|value| (TOKEN_KEY, *value)).collect();
        if values.is_empty() {
            continue;
        }
        let refused = identify(HERE, &values).to_string();
        assert!(refused.contains("expected one value, `Bearer` and a token"), "{values:?}: {refused}");
    }
    let refused = identify(HERE, &[(TOKEN_KEY, "bEARER   a")]).to_string();
    assert!(refused.contains("takes no tokens"), "{refused}");
}

proptest! {
    #[test]
    fn no_header_panics_and_none_is_repeated(bytes in proptest::collection::vec(any::<u8>(), 8..120)) {
        let Ok(value) = AsciiMetadataValue::try_from(bytes.as_slice()) else { return Ok(()) };
        let mut map = MetadataMap::new();
        map.insert(TOKEN_KEY, value.clone());
        let peer = Peer { address: Some(HERE.parse().unwrap()), metadata: &map, extensions: &Extensions::new() };
        let refused = Authenticator::new(None).identity(peer).unwrap_err().to_string();
        if let Ok(text) = value.to_str() && text.trim().len() >= 8 {
            prop_assert!(!refused.contains(text) && !refused.contains(&shown(text)));
        }
    }
}
