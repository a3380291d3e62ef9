//! Tokens on the wire: with TLS, on loopback, and after a change of keys.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};
use tonic::Request;

use super::*;

const ISSUER: &str = "https://id.hebi.example";

fn key(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A key set with the key of this seed, under the id `k`.
fn key_set(seed: u8) -> String {
    let x = encode(key(seed).public_key().as_ref());
    json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k", "x": x}]}).to_string()
}

fn token(seed: u8, changes: Value) -> String {
    let seconds = now().micros() / 1_000_000;
    let mut claims = json!({
        "iss": ISSUER, "aud": "ledger", "sub": "ipledger:officer:li.na", "iat": seconds - 5, "exp": seconds + 300,
    });
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    let header = json!({"alg": "EdDSA", "kid": "k"});
    let signed = format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()));
    format!("{signed}.{}", encode(key(seed).sign(signed.as_bytes()).as_ref()))
}

async fn who_with(channel: &Channel, token: &str) -> Result<v1::WhoAmIResponse, Status> {
    let mut request = Request::new(v1::WhoAmIRequest {});
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    Ok(IdentityServiceClient::new(channel.clone()).who_am_i(request).await?.into_inner())
}

impl City {
    fn token_flags(&self) -> Vec<String> {
        let jwks = self.path("jwks.json");
        fs::write(&jwks, key_set(1)).unwrap();
        let jwks = jwks.display().to_string();
        ["--jwks", &jwks, "--issuer", ISSUER, "--audience", "ledger"].map(ToOwned::to_owned).to_vec()
    }
}

#[tokio::test]
async fn a_token_says_who_calls_and_a_bad_one_does_not() {
    let mut city = City::new();
    let (officer, bank) = (city.issued("ipledger:officer:li.na", now()), city.client("ipledger:bank:icbc"));
    let flags = [city.flags(), city.token_flags()].concat();
    let server = Server::start(&city.path("data"), &city.path("log"), &flags);
    let channel = city.connect(&server, None);
    let me = who_with(&channel, &token(1, json!({"jti": "t-7"}))).await.unwrap();
    assert_eq!((me.principal.as_str(), me.credential()), ("ipledger:officer:li.na", v1::CredentialKind::Token));
    let said = me.token.unwrap();
    assert_eq!((said.issuer.as_str(), said.key_id.as_str(), said.token_id.as_str()), (ISSUER, "k", "t-7"));
    assert_eq!(me.certificate, None);

    let past = now().micros() / 1_000_000 - 100;
    let good = token(1, json!({}));
    let (signed, _) = good.rsplit_once('.').unwrap();
    let none = format!("{}.{}.", encode(br#"{"alg":"none"}"#), signed.split_once('.').unwrap().1);
    for (token, expected) in [
        (token(1, json!({"exp": past})), "the token has expired"),
        (token(1, json!({"aud": "another"})), "the token is for another audience"),
        (token(1, json!({"sub": "nobody"})), "is not the name of an identity"),
        (token(2, json!({})), "the token's signature is wrong"),
        (none, "the token's algorithm is not accepted"),
        (format!("{good}x"), "the bearer token is not a JWT"),
    ] {
        let problem = unauthenticated(&who_with(&channel, &token).await.unwrap_err());
        assert!(problem.contains(expected), "{problem}");
    }

    let as_officer = city.connect(&server, Some(&Pair::of(&officer)));
    let both = who_with(&as_officer, &good).await.unwrap();
    assert_eq!(both.credential(), v1::CredentialKind::Certificate);
    let as_bank = city.connect(&server, Some(&bank));
    let problem = unauthenticated(&who_with(&as_bank, &good).await.unwrap_err());
    assert!(problem.contains("names one identity and the token another"), "{problem}");

    let bound = token(1, json!({"cnf": {"x5t#S256": encode(&officer.facts.fingerprint.0)}}));
    assert!(who_with(&as_officer, &bound).await.is_ok());
    let problem = unauthenticated(&who_with(&channel, &bound).await.unwrap_err());
    assert!(problem.contains("bound to another client certificate"), "{problem}");
}

#[tokio::test]
async fn new_keys_are_taken_on_sighup_and_broken_ones_are_not() {
    let city = City::new();
    let server = Server::start(&city.path("data"), &city.path("log"), &city.token_flags());
    let endpoint = Endpoint::from_shared(format!("http://{}", server.address)).unwrap();
    let channel = endpoint.connect().await.unwrap();
    assert!(who_with(&channel, &token(1, json!({}))).await.is_ok(), "loopback needs no TLS");
    fs::write(city.path("jwks.json"), key_set(2)).unwrap();
    server.reload("tokens are taken").await;
    assert!(who_with(&channel, &token(1, json!({}))).await.is_err());
    assert!(who_with(&channel, &token(2, json!({}))).await.is_ok());
    fs::write(city.path("jwks.json"), "{").unwrap();
    server.reload("the keys of tokens were not taken").await;
    assert!(who_with(&channel, &token(2, json!({}))).await.is_ok());
}

/// Neither a token nor a private key shows up in the log or in the journal, whether the calls were let in or not.
#[tokio::test]
async fn secrets_stay_out_of_log_and_journal() {
    let mut city = City::new();
    let client = city.client("ipledger:operator:ops");
    let flags = [city.flags(), city.token_flags(), ["--adopt", "hebi-2017"].map(ToOwned::to_owned).to_vec()].concat();
    let server = Server::start(&city.path("data"), &city.path("log"), &flags);
    let (good, bad) = (token(1, json!({})), token(2, json!({})));
    let channel = city.connect(&server, Some(&client));
    assert!(who_am_i(&channel).await.is_ok());
    let anonymous = city.connect(&server, None);
    assert!(who_with(&anonymous, &good).await.is_ok());
    let refused = who_with(&anonymous, &bad).await.unwrap_err();
    assert!(!format!("{refused:?}").contains(&bad));
    // A key where the certificate should be: the reload fails, and says so without showing the file.
    fs::copy(city.path("live/server.key"), city.path("live/server.crt")).unwrap();
    server.reload("those of before stay in force").await;
    let mut everything = server.log().into_bytes();
    let mut folders = vec![city.path("data")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { everything.extend(fs::read(path).unwrap()) }
        }
    }
    let server_key = fs::read_to_string(key_of(&city.server)).unwrap();
    let secrets = [good.as_str(), bad.as_str(), second_line(&client.key), second_line(&server_key)];
    for secret in secrets {
        let (signature, found) = (&secret[secret.len() - 24..], |text: &str| {
            everything.windows(text.len()).any(|window| window == text.as_bytes())
        });
        assert!(!found(secret) && !found(signature), "a secret was found");
    }
    assert!(everything.windows(9).any(|window| window == b"hebi-2017"), "the journal was looked at");
}

fn second_line(pem: &str) -> &str {
    pem.lines().nth(1).unwrap()
}
