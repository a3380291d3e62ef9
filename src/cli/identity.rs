//! How callers of `ipledger serve` say who they are: the flags, what is opened from them, and SIGHUP.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use tokio::signal::unix::Signal;
use tracing::{error, info, warn};

use crate::config::{IdentityConfig, TOKEN_SECONDS_DEFAULT, TlsConfig, TokenConfig};
use crate::server::tls::{Summary, Tls};
use crate::server::token::{KeySet, Tokens};
use crate::server::{Authenticator, DevIdentity, Identify};
use crate::writer::clock::Clock;

/// From how many days before its end a certificate or a revocation list is warned of.
const WARN_DAYS: i64 = 21;

/// How often the ends are looked at.
const WARN_INTERVAL: Duration = Duration::from_hours(12);

/// The flags about identity. All files are PEM except the JWKS, and read again on SIGHUP.
#[derive(Debug, Args)]
pub struct IdentityArguments {
    /// The server's certificate and the intermediate CAs that issued it.
    #[arg(long, value_name = "FILE", env = "IPLEDGER_TLS_CERT", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The server's private key; no stranger may be able to read it.
    #[arg(long, value_name = "FILE", env = "IPLEDGER_TLS_KEY", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// The CAs that issue client certificates.
    #[arg(long, value_name = "FILE", env = "IPLEDGER_CLIENT_CA", requires = "tls_cert")]
    client_ca: Option<PathBuf>,
    /// What those CAs revoked; a list that has ended lets nobody in.
    #[arg(long, value_name = "FILE", env = "IPLEDGER_CRL", requires = "client_ca")]
    crl: Option<PathBuf>,
    /// Speak TLS 1.2 beside TLS 1.3.
    #[arg(long, env = "IPLEDGER_TLS12", requires = "tls_cert")]
    tls12: bool,
    /// The keys that sign bearer tokens (JWKS); `ES256` and `EdDSA`.
    #[arg(long, value_name = "FILE", env = "IPLEDGER_JWKS", requires_all = ["issuer", "audience"])]
    jwks: Option<PathBuf>,
    /// Who must have issued a token (`iss`).
    #[arg(long, env = "IPLEDGER_ISSUER", requires = "jwks")]
    issuer: Option<String>,
    /// For whom a token must be (`aud`): the name of this ledger.
    #[arg(long, env = "IPLEDGER_AUDIENCE", requires = "jwks")]
    audience: Option<String>,
    /// The longest time from a token's `iat` to its `exp`.
    #[arg(long, value_name = "SECONDS", default_value_t = TOKEN_SECONDS_DEFAULT)]
    token_lifetime: u64,
    /// Believe what callers on this machine say of themselves (`ipledger-dev-*` metadata). For development; loopback only,
    /// not together with certificates or tokens.
    #[arg(long, env = "IPLEDGER_DEV_IDENTITY")]
    dev_identity: bool,
}

impl IdentityArguments {
    /// As settings.
    pub(super) fn into_config(self) -> IdentityConfig {
        let Self { tls_cert, tls_key, client_ca, crl, tls12, jwks, issuer, audience, token_lifetime, dev_identity } =
            self;
        let tls = tls_cert.zip(tls_key);
        let tls = tls.map(|(certificate, key)| TlsConfig { certificate, key, client_ca, crl, allow_tls12: tls12 });
        let tokens = jwks.map(|jwks| TokenConfig {
            jwks,
            issuer: issuer.unwrap_or_default(),
            audience: audience.unwrap_or_default(),
            lifetime_max: Duration::from_secs(token_lifetime),
        });
        IdentityConfig { tls, tokens, dev_identity }
    }
}

/// What decides who is let in.
#[derive(Debug, Clone)]
pub(super) struct Doors {
    pub(super) tls: Option<Tls>,
    /// The same certificate for the pages.
    pub(super) pages: Option<Tls>,
    tokens: Option<Tokens>,
    dev_identity: bool,
    clock: Clock,
}

impl Doors {
    /// Reads the files.
    pub(super) fn open(config: &IdentityConfig, clock: &Clock) -> anyhow::Result<Self> {
        let IdentityConfig { tls, tokens, dev_identity } = config.clone();
        if let Some(tls) = &tls
            && tls.client_ca.is_some()
            && tls.crl.is_none()
        {
            warn!("no revocation list (--crl): a revoked client certificate is let in until it ends");
        }
        let pages = tls.clone().map(|tls| Tls::open_for_pages(tls, clock.clone())).transpose();
        let pages = pages.context("reading the files of TLS")?;
        let tls = tls.map(|tls| Tls::open(tls, clock.clone())).transpose().context("reading the files of TLS")?;
        let tokens = tokens
            .map(|tokens| Tokens::open(tokens, clock.clone()))
            .transpose()
            .context("reading the keys of tokens")?;
        if let Some(tls) = &tls {
            log_tls(&tls.summary());
        }
        if let Some(tokens) = &tokens {
            log_tokens(&tokens.keys());
        }
        Ok(Self { tls, pages, tokens, dev_identity, clock: clock.clone() })
    }

    /// Who says who calls.
    pub(super) fn identify(&self) -> Arc<dyn Identify> {
        if self.dev_identity {
            warn!(
                "DEVELOPMENT IDENTITY: any program on this machine may act as anybody by sending `ipledger-dev-*` \
                 metadata. Loopback only. Not for real money."
            );
            return Arc::new(DevIdentity);
        }
        Arc::new(Authenticator::new(self.tokens.clone()))
    }

    /// Reads the files again on each SIGHUP, and warns of what ends soon, for as long as the process lives.
    pub(super) async fn keep(self, mut hangup: Signal) {
        let mut ticks = tokio::time::interval(WARN_INTERVAL);
        loop {
            tokio::select! {
                heard = hangup.recv() => match heard {
                    Some(()) => self.reload(),
                    None => return,
                },
                _ = ticks.tick() => self.warn_of_ends(),
            }
        }
    }

    /// Each by itself: a broken key set must not keep a revocation from being heard.
    fn reload(&self) {
        info!("SIGHUP: reading certificates, revocation lists and keys again");
        match self.tls.as_ref().map(Tls::reload) {
            Some(Ok(summary)) => log_tls(&summary),
            Some(Err(fault)) => {
                let fault = chain(&fault);
                error!(fault, "the files of TLS were not taken; those of before stay in force");
            }
            None => {}
        }
        if let Some(Err(fault)) = self.pages.as_ref().map(Tls::reload) {
            let fault = chain(&fault);
            error!(fault, "the files of TLS were not taken for the pages; those of before stay in force");
        }
        match self.tokens.as_ref().map(Tokens::reload) {
            Some(Ok(keys)) => log_tokens(&keys),
            Some(Err(fault)) => {
                let fault = chain(&fault);
                error!(fault, "the keys of tokens were not taken; those of before stay in force");
            }
            None => {}
        }
        self.warn_of_ends();
    }

    fn warn_of_ends(&self) {
        let Some(summary) = self.tls.as_ref().map(Tls::summary) else { return };
        let days = summary.days_left(self.clock.now());
        if days <= WARN_DAYS {
            warn!(days, "the server's certificate or a revocation list ends soon; renew it and send SIGHUP");
        }
    }
}

fn log_tls(summary: &Summary) {
    let Summary { certificate, authorities, lists } = summary;
    info!(
        subject = certificate.subject, serial = certificate.serial, fingerprint = %certificate.fingerprint,
        ends = %certificate.not_after, client_cas = authorities, "TLS is on"
    );
    for list in lists {
        let number = list.number.as_deref().unwrap_or("none");
        let ends = list.next_update.map(|end| end.to_string()).unwrap_or_default();
        info!(issuer = list.issuer, number, revoked = list.revoked, ends, "revocation list in force");
    }
}

fn log_tokens(keys: &KeySet) {
    info!(keys = keys.len(), skipped = keys.skipped, "tokens are taken");
}

/// An error with its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
