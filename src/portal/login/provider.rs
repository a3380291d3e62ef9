//! The city's identity provider (统一身份认证): OpenID Connect, code flow with PKCE (RFC 7636).
//!
//! The browser is sent there with a random state, nonce and challenge, which are kept here under its cookie; it comes back
//! with a code, which is changed for an ID token over our own connection. What it says of an enterprise (a claim with the
//! credit code) or of an officer (a claim with the name that the ledger's principal is bound to) makes the login; what
//! that may do, the ledger says.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;
use tracing::warn;

use super::fetch::{Fetch, FetchFault};
use super::id_token::{Expected, Keys, check, key_id};
use super::{Onward, let_in};
use crate::calendar::Timestamp;
use crate::config::ProviderConfig;
use crate::identifier::Uscc;
use crate::portal::Portal;
use crate::portal::problem::{Problem, escaped, see_other};
use crate::portal::secret::{random_bytes, same};
use crate::portal::visit::Visit;
use crate::server::authenticate::PortalLogin;
use crate::server::logins::Visitor;

/// How long somebody may take at the provider.
const PENDING_MICROS: i64 = 10 * 60 * 1_000_000;

/// The most logins under way at a time.
const PENDING_MAX: usize = 10_000;

/// How long what the provider says of itself is believed.
const DISCOVERY_LIFE: Duration = Duration::from_hours(1);

/// How often its keys are read at most.
const KEYS_PAUSE: Duration = Duration::from_secs(30);

/// Why the provider cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProviderFault {
    /// The secret cannot be read.
    #[error("the secret of the identity provider, `{0}`: {1}")]
    Secret(String, io::Error),
    /// It cannot be asked.
    #[error("the identity provider: {0}")]
    Fetch(#[from] FetchFault),
    /// It says something else than it should.
    #[error("the identity provider: {0}")]
    Answer(&'static str),
}

/// The provider, and the logins that are under way.
#[derive(Debug)]
pub struct Provider {
    config: ProviderConfig,
    authorization: String,
    fetch: Fetch,
    pending: Mutex<BTreeMap<[u8; 32], Pending>>,
    known: Mutex<Option<(Instant, Arc<Discovered>)>>,
    keys: Mutex<Option<(Instant, Arc<Keys>)>>,
}

/// A login under way, under the hash of the browser's cookie.
#[derive(Debug, Clone)]
struct Pending {
    state: String,
    nonce: String,
    verifier: String,
    next: String,
    began: Timestamp,
}

/// What the provider says of itself.
#[derive(Debug, Deserialize)]
struct Discovered {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
}

#[derive(Deserialize)]
struct Exchanged {
    id_token: String,
    #[serde(default)]
    access_token: String,
}

/// What the browser brings back.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Returned {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    error: String,
    iss: Option<String>,
}

impl Provider {
    /// Reads the secret and the CAs; the provider itself is asked at the first login.
    pub fn open(config: ProviderConfig) -> Result<Self, ProviderFault> {
        let secret = std::fs::read_to_string(&config.secret);
        let secret = secret.map_err(|error| ProviderFault::Secret(config.secret.display().to_string(), error))?;
        let pair = format!("{}:{}", escaped_form(&config.client), escaped_form(secret.trim()));
        let authorization = format!("Basic {}", STANDARD.encode(pair));
        let fetch = Fetch::new(config.ca.as_deref())?;
        let (pending, known, keys) = (Mutex::default(), Mutex::default(), Mutex::default());
        Ok(Self { config, authorization, fetch, pending, known, keys })
    }

    async fn discovered(&self) -> Result<Arc<Discovered>, ProviderFault> {
        let kept = self.known.lock().clone();
        if let Some((read, known)) = kept
            && read.elapsed() < DISCOVERY_LIFE
        {
            return Ok(known);
        }
        let url = format!("{}/.well-known/openid-configuration", self.config.issuer.trim_end_matches('/'));
        let json = self.fetch.get(&url, None).await?;
        let found: Discovered = serde_json::from_slice(&json)
            .map_err(|_wrong| ProviderFault::Answer("its configuration cannot be read"))?;
        if found.issuer != self.config.issuer {
            return Err(ProviderFault::Answer("its configuration is of another issuer"));
        }
        let found = Arc::new(found);
        *self.known.lock() = Some((Instant::now(), Arc::clone(&found)));
        Ok(found)
    }

    /// The keys, read again when one is asked for that is not there, but not for every token that somebody makes up.
    async fn keys_with(&self, id: &str, at: &str) -> Result<Arc<Keys>, ProviderFault> {
        let kept = self.keys.lock().clone();
        if let Some((read, keys)) = kept
            && (keys.has(id) || read.elapsed() < KEYS_PAUSE)
        {
            return Ok(keys);
        }
        let json = self.fetch.get(at, None).await?;
        let keys = Keys::parse(&json).ok_or(ProviderFault::Answer("its keys cannot be read"))?;
        let keys = Arc::new(keys);
        *self.keys.lock() = Some((Instant::now(), Arc::clone(&keys)));
        Ok(keys)
    }

    fn remember(&self, cookie: &str, pending: Pending) {
        let mut all = self.pending.lock();
        let now = pending.began.micros();
        if all.len() >= PENDING_MAX {
            all.retain(|_, one| now.saturating_sub(one.began.micros()) < PENDING_MICROS);
        }
        if all.len() < PENDING_MAX {
            all.insert(Sha256::digest(cookie).into(), pending);
        }
    }

    /// The login that this browser began; once.
    fn recall(&self, cookie: &str, now: Timestamp) -> Option<Pending> {
        let key: [u8; 32] = Sha256::digest(cookie).into();
        let pending = self.pending.lock().remove(&key)?;
        (now.micros().saturating_sub(pending.began.micros()) < PENDING_MICROS).then_some(pending)
    }

    /// Changes a code for the claims of whoever logged in.
    async fn claims(
        &self,
        returned: &Returned,
        pending: &Pending,
        redirect: &str,
        now: Timestamp,
    ) -> Result<Map<String, Value>, ProviderFault> {
        let known = self.discovered().await?;
        if returned.iss.as_ref().is_some_and(|issuer| *issuer != known.issuer) {
            return Err(ProviderFault::Answer("the browser came back from another provider"));
        }
        let form = format!(
            "grant_type=authorization_code&code={}&redirect_uri={}&code_verifier={}",
            escaped_form(&returned.code),
            escaped_form(redirect),
            pending.verifier
        );
        let json = self.fetch.post(&known.token_endpoint, self.authorization.clone(), form).await?;
        let exchanged: Exchanged =
            serde_json::from_slice(&json).map_err(|_wrong| ProviderFault::Answer("it gave no ID token"))?;
        let id = key_id(&exchanged.id_token).ok_or(ProviderFault::Answer("its ID token cannot be read"))?;
        let keys = self.keys_with(&id, &known.jwks_uri).await?;
        let expected = Expected { issuer: &known.issuer, client: &self.config.client, nonce: &pending.nonce, now };
        let claims = check(&exchanged.id_token, &keys, expected).map_err(ProviderFault::Answer)?;
        let told = self.says_who(&claims);
        match &known.userinfo_endpoint {
            Some(at) if !told && !exchanged.access_token.is_empty() => {
                self.more(claims, at, &exchanged.access_token).await
            }
            Some(_) | None => Ok(claims),
        }
    }

    fn says_who(&self, claims: &Map<String, Value>) -> bool {
        claims.contains_key(&self.config.enterprise_claim) || claims.contains_key(&self.config.name_claim)
    }

    /// The claims with those that the provider tells only when asked (OpenID Connect Core 1.0, 5.3).
    async fn more(
        &self,
        mut claims: Map<String, Value>,
        at: &str,
        token: &str,
    ) -> Result<Map<String, Value>, ProviderFault> {
        let json = self.fetch.get(at, Some(token)).await?;
        let told: Map<String, Value> = serde_json::from_slice(&json)
            .map_err(|_wrong| ProviderFault::Answer("what it tells of the user cannot be read"))?;
        if told.get("sub") != claims.get("sub") {
            return Err(ProviderFault::Answer("it tells of another user"));
        }
        for name in [&self.config.enterprise_claim, &self.config.name_claim] {
            if let Some(value) = told.get(name) {
                claims.insert(name.clone(), value.clone());
            }
        }
        Ok(claims)
    }

    /// Whom the claims stand for: a company by its credit code, or whoever the ledger binds the name to.
    fn visitor(&self, claims: &Map<String, Value>) -> Option<Visitor> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        if let Some(code) = text(&self.config.enterprise_claim) {
            return Uscc::parse(code).ok().map(|uscc| Visitor::enterprise(uscc, PortalLogin::IdentityProvider));
        }
        let name = text(&self.config.name_claim)?;
        let plain = name.len() <= 200 && name.bytes().all(|byte| byte.is_ascii_graphic());
        // A company's name goes by its code alone.
        let allowed = plain && !name.starts_with("ipledger:enterprise:");
        allowed.then(|| Visitor::named(name.to_owned(), PortalLogin::IdentityProvider))
    }
}

fn random() -> Option<String> {
    random_bytes().ok().map(|bytes| URL_SAFE_NO_PAD.encode(bytes))
}

/// As a form writes it: a slash too.
fn escaped_form(text: &str) -> String {
    escaped(text).replace('/', "%2F")
}

/// Sends the browser to the provider.
pub(super) async fn depart(
    State(portal): State<Portal>,
    visit: Visit,
    Query(onward): Query<Onward>,
) -> Result<Response, Problem> {
    let Some(provider) = portal.provider() else { return Err(Problem::NotFound) };
    let known = provider.discovered().await.map_err(|fault| unreachable_provider(&fault))?;
    let (state, nonce, verifier) = (random(), random(), random());
    let (Some(state), Some(nonce), Some(verifier)) = (state, nonce, verifier) else { return Err(Problem::Fault) };
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    let separator = if known.authorization_endpoint.contains('?') { '&' } else { '?' };
    let location = format!(
        "{}{separator}response_type=code&client_id={}&redirect_uri={}&scope=openid%20profile&state={state}&nonce={nonce}\
         &code_challenge={challenge}&code_challenge_method=S256",
        known.authorization_endpoint,
        escaped_form(&provider.config.client),
        escaped_form(&redirect(&portal)),
    );
    provider.remember(&visit.cookie, Pending { state, nonce, verifier, next: onward.next, began: portal.now() });
    Ok(see_other(&location))
}

/// Takes the browser back.
pub(super) async fn arrive(
    State(portal): State<Portal>,
    visit: Visit,
    Query(returned): Query<Returned>,
) -> Result<Response, Problem> {
    let Some(provider) = portal.provider() else { return Err(Problem::NotFound) };
    let Some(pending) = provider.recall(&visit.cookie, portal.now()) else { return Err(Problem::FormStale) };
    if !same(pending.state.as_bytes(), returned.state.as_bytes()) {
        return Err(Problem::FormElsewhere);
    }
    if !returned.error.is_empty() || returned.code.is_empty() {
        return Ok(see_other("/login"));
    }
    let claims = provider.claims(&returned, &pending, &redirect(&portal), portal.now()).await;
    let claims = claims.map_err(|fault| unreachable_provider(&fault))?;
    let Some(visitor) = provider.visitor(&claims) else { return Err(Problem::NotKnownHere) };
    let_in(&portal, &visit, visitor, &pending.next).await
}

fn redirect(portal: &Portal) -> String {
    format!("{}/login/return", portal.url())
}

fn unreachable_provider(fault: &ProviderFault) -> Problem {
    warn!(%fault, "a login by the identity provider failed");
    Problem::ProviderFailed
}
