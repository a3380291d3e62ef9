//! Every setting once: type, default, unit, why. What can be checked without touching the data folder is checked here.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Where the data folder is unless told otherwise.
pub const DATA_DEFAULT: &str = "data";

/// Where the server listens unless told otherwise: loopback, which is all that is allowed without certificates.
pub const LISTEN_DEFAULT: &str = "127.0.0.1:7460";

/// Where `ipledger check` asks unless told otherwise.
pub const OPS_DEFAULT: &str = "127.0.0.1:7461";

/// How many seconds pass between two checkpoints unless told otherwise: what was recorded in between is covered by
/// nothing that others hold.
pub const CHECKPOINT_SECONDS_DEFAULT: u64 = 60;

/// How many entries lie between two snapshots unless told otherwise: what a start reads after a crash, about a second's
/// work.
pub const SNAPSHOT_ENTRIES_DEFAULT: u64 = 100_000;

/// Settings of `ipledger serve`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServeConfig {
    /// The data folder; made if it is not there.
    pub data: PathBuf,
    /// The address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// A rulebook to adopt at start, if it is not adopted yet: a shipped name or a file.
    pub adopt: Vec<String>,
    /// What the ledger signs.
    pub evidence: EvidenceConfig,
    /// Who is let in first, and how much each caller may ask for.
    pub access: AccessConfig,
    /// How callers say who they are.
    pub identity: IdentityConfig,
    /// How many entries lie between two snapshots; 0 for no snapshots.
    pub snapshot_every: u64,
    /// The pages for people; without it there are none.
    pub portal: Option<PortalConfig>,
    /// An address on this machine for figures and health; none unless asked for.
    pub ops: Option<SocketAddr>,
}

/// Where the pages listen unless told otherwise.
pub const PORTAL_DEFAULT: &str = "127.0.0.1:8460";

/// After how many minutes without a click a login to the pages ends, unless told otherwise.
pub const PORTAL_IDLE_MINUTES_DEFAULT: u32 = 30;

/// After how many hours a login to the pages ends in any case, unless told otherwise: a working day.
pub const PORTAL_HOURS_DEFAULT: u32 = 8;

/// Settings of the pages for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortalConfig {
    /// The address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Under which address browsers reach the pages, without a slash at its end: for links on paper and for the identity
    /// provider. By default the address that they listen on.
    pub url: Option<String>,
    /// Whether a reverse proxy on this machine speaks TLS for the pages: then they speak plain text on loopback, and what
    /// the proxy says of the browser's address is believed.
    pub behind_proxy: bool,
    /// After how much time without a click a login ends.
    pub idle: Duration,
    /// After how much time a login ends in any case.
    pub lifetime: Duration,
    /// The city's identity provider, if people may log in by it.
    pub provider: Option<ProviderConfig>,
}

/// The city's identity provider (OpenID Connect).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderConfig {
    /// Its issuer: `ISSUER/.well-known/openid-configuration` is read.
    pub issuer: String,
    /// The id of this ledger there.
    pub client: String,
    /// The file with the secret of this ledger there.
    pub secret: PathBuf,
    /// The claim that carries an enterprise's unified social credit code.
    pub enterprise_claim: String,
    /// The claim that carries the name that the ledger binds an officer's principal to, `ipledger:officer:li.na`.
    pub name_claim: String,
    /// The CAs that its certificate is issued by, PEM; by default those of the system.
    pub ca: Option<PathBuf>,
}

/// Settings of who is let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessConfig {
    /// The first operator, `NAME=PERSON`, bound at the start of a ledger that knows no principal.
    pub bootstrap: Option<String>,
    /// How much one caller may ask for.
    pub limits: LimitsConfig,
}

impl Default for AccessConfig {
    fn default() -> Self {
        Self { bootstrap: None, limits: LimitsConfig::DEFAULT }
    }
}

/// How callers say who they are. At least one way must be open.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IdentityConfig {
    /// Certificates, the server's and the clients'; without them the ledger listens on loopback only, in plain text.
    pub tls: Option<TlsConfig>,
    /// Tokens.
    pub tokens: Option<TokenConfig>,
    /// Whether callers on this machine are believed what they say of themselves. Never together with TLS.
    pub dev_identity: bool,
}

/// The files of TLS, read at start and on SIGHUP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsConfig {
    /// The server's certificate and the intermediate CAs that issued it, PEM.
    pub certificate: PathBuf,
    /// The server's private key, PEM; no stranger may be able to read it.
    pub key: PathBuf,
    /// The CAs that issue client certificates, PEM; without them no client is asked for a certificate.
    pub client_ca: Option<PathBuf>,
    /// What those CAs revoked, PEM; without it a revoked certificate is let in.
    pub crl: Option<PathBuf>,
    /// Whether TLS 1.2 is spoken beside TLS 1.3, for clients that are old.
    pub allow_tls12: bool,
}

/// Which tokens (JWT, RFC 7519) are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenConfig {
    /// The keys that sign them (JWKS, RFC 7517), read at start and on SIGHUP.
    pub jwks: PathBuf,
    /// Who must have issued them: claim `iss`.
    pub issuer: String,
    /// For whom they must be: claim `aud`, the name of this ledger.
    pub audience: String,
    /// The longest time from `iat` to `exp`: a stolen token is of use for as long.
    pub lifetime_max: Duration,
}

/// How long a token may live unless told otherwise, in seconds: an hour.
pub const TOKEN_SECONDS_DEFAULT: u64 = 3_600;

/// Settings of the evidence that the ledger gives away.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EvidenceConfig {
    /// The private key of the ledger, which carries its name; without one nothing is signed.
    pub key: Option<PathBuf>,
    /// The public keys of those whose cosignatures are taken.
    pub cosigners: Vec<PathBuf>,
    /// The time between two checkpoints.
    pub interval: Duration,
    /// A folder elsewhere, where the newest checkpoint is kept too.
    pub publish: Option<PathBuf>,
}

/// How much one caller may ask for. 0 is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitsConfig {
    /// Requests per second, in the long run.
    pub requests_per_second: u64,
    /// Requests at once, after a pause.
    pub requests_burst: u64,
    /// Bytes of requests per second, in the long run.
    pub bytes_per_second: u64,
    /// Bytes of requests at once, after a pause.
    pub bytes_burst: u64,
    /// Calls at a time.
    pub calls: u32,
    /// Open streams.
    pub streams: u32,
}

impl LimitsConfig {
    /// No limit: for a benchmark, and for tests of other things.
    pub const NONE: Self =
        Self { requests_per_second: 0, requests_burst: 0, bytes_per_second: 0, bytes_burst: 0, calls: 0, streams: 0 };

    /// These many requests per second with a fifth of them at once, and the rest as by default.
    pub const fn of_requests(per_second: u64) -> Self {
        if per_second == 0 {
            return Self::NONE;
        }
        Self { requests_per_second: per_second, requests_burst: per_second.div_ceil(5), ..Self::DEFAULT }
    }

    /// What a bank's core system never needs more of: 1,000 requests and 8 MiB a second, 32 calls at a time (at 1,000 a
    /// second two or three are under way), eight tails. The burst and the calls at a time bound what others wait for: a
    /// batch that one caller fills alone.
    pub const DEFAULT: Self = Self {
        requests_per_second: REQUESTS_PER_SECOND_DEFAULT,
        requests_burst: 200,
        bytes_per_second: 8 * 1024 * 1024,
        bytes_burst: 32 * 1024 * 1024,
        calls: 32,
        streams: 8,
    };
}

/// How many requests a second one caller may send unless told otherwise.
pub const REQUESTS_PER_SECOND_DEFAULT: u64 = 1_000;

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ConfigError {
    /// Cosigners sign what the ledger signed, and it signs nothing.
    #[error("there are cosigners and no key; name the ledger's key with --key, or make one with `ipledger key new`")]
    NoKey,
    /// There is a folder for checkpoints and no key to sign one.
    #[error("checkpoints are to be published and there is no key to sign them; name the ledger's key with --key")]
    NothingToPublish,
    /// Checkpoints without end.
    #[error("checkpoints every 0 seconds are too many; expected 1 or more")]
    NoInterval,
    /// The address can be reached from other machines, and what goes there could be read and forged.
    #[error(
        "`{0}` is not a loopback address, and without certificates everybody on the way could read and forge; give \
         --tls-cert and --tls-key (see `ipledger pki`), or listen on loopback, for example `{LISTEN_DEFAULT}`"
    )]
    NotLoopback(SocketAddr),
    /// Figures are served in plain text, to whoever asks.
    #[error(
        "`{0}` is not a loopback address, and figures are served in plain text to whoever asks; take \
         `{OPS_DEFAULT}`, and let the monitoring system's own agent on this machine ask there"
    )]
    OpsNotLoopback(SocketAddr),
    /// Nobody could ever call.
    #[error(
        "nobody could say who they are; give --tls-cert, --tls-key and --client-ca (see `ipledger pki`), or --jwks, or \
         for development --dev-identity"
    )]
    NoIdentity,
    /// Anybody could be anybody, behind what looks like protection.
    #[error("--dev-identity lets any program be anybody, and is not taken together with certificates or tokens")]
    DevIdentityBesideReal,
    /// Tokens that live for no time.
    #[error("tokens that live for 0 seconds are none; expected 1 or more")]
    NoLifetime,
    /// Pages that could be reached from other machines in plain text.
    #[error(
        "pages on `{0}` would travel in plain text, with everybody's logins; give --tls-cert and --tls-key, or listen on \
         loopback (`{PORTAL_DEFAULT}`) behind a reverse proxy that speaks TLS (--portal-behind-proxy)"
    )]
    PortalNotLoopback(SocketAddr),
    /// The address under which browsers reach the pages is none.
    #[error("`{0}` is not the address of the pages; expected for example `https://ledger.hebi.example`")]
    PortalUrl(String),
    /// Logins that live for no time.
    #[error("a login to the pages that ends at once is none; expected 1 minute and 1 hour or more")]
    PortalNoTime,
}

impl ServeConfig {
    /// Checks what can be checked before the data folder is touched.
    pub fn checked(self) -> Result<Self, ConfigError> {
        let IdentityConfig { tls, tokens, dev_identity } = &self.identity;
        if tls.is_none() && !self.listen.ip().to_canonical().is_loopback() {
            return Err(ConfigError::NotLoopback(self.listen));
        }
        if *dev_identity && (tls.is_some() || tokens.is_some()) {
            return Err(ConfigError::DevIdentityBesideReal);
        }
        let certificates = tls.as_ref().is_some_and(|tls| tls.client_ca.is_some());
        if !(*dev_identity || certificates || tokens.is_some()) {
            return Err(ConfigError::NoIdentity);
        }
        if tokens.as_ref().is_some_and(|tokens| tokens.lifetime_max.is_zero()) {
            return Err(ConfigError::NoLifetime);
        }
        if let Some(portal) = &self.portal {
            portal.check(tls.is_some())?;
        }
        if let Some(ops) = self.ops.filter(|ops| !ops.ip().to_canonical().is_loopback()) {
            return Err(ConfigError::OpsNotLoopback(ops));
        }
        let EvidenceConfig { key, cosigners, interval, publish } = &self.evidence;
        if key.is_none() && !cosigners.is_empty() {
            return Err(ConfigError::NoKey);
        }
        if key.is_none() && publish.is_some() {
            return Err(ConfigError::NothingToPublish);
        }
        if key.is_some() && interval.is_zero() {
            return Err(ConfigError::NoInterval);
        }
        Ok(self)
    }
}

impl PortalConfig {
    /// `certificates`: whether the server has some of its own.
    fn check(&self, certificates: bool) -> Result<(), ConfigError> {
        let plain = self.behind_proxy || !certificates;
        if plain && !self.listen.ip().to_canonical().is_loopback() {
            return Err(ConfigError::PortalNotLoopback(self.listen));
        }
        if let Some(url) = &self.url {
            let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or_default();
            if rest.is_empty() || rest.ends_with('/') || !url.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(ConfigError::PortalUrl(url.clone()));
            }
        }
        if self.idle.is_zero() || self.lifetime.is_zero() {
            return Err(ConfigError::PortalNoTime);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn portal(listen: &str) -> PortalConfig {
        PortalConfig {
            listen: listen.parse().unwrap(),
            url: None,
            behind_proxy: false,
            idle: Duration::from_mins(30),
            lifetime: Duration::from_hours(8),
            provider: None,
        }
    }

    #[test]
    fn pages_travel_in_plain_text_on_loopback_only() {
        let anywhere = "0.0.0.0:8460";
        let refused = Err(ConfigError::PortalNotLoopback(anywhere.parse().unwrap()));
        assert_eq!(portal(PORTAL_DEFAULT).check(false), Ok(()));
        assert_eq!(portal(anywhere).check(false), refused);
        assert_eq!(portal(anywhere).check(true), Ok(()));
        let proxied = PortalConfig { behind_proxy: true, ..portal(anywhere) };
        assert_eq!(proxied.check(true), refused, "the proxy speaks plain text to us");
        for url in ["", "ledger.hebi.example", "https://", "https://x/", "https://x y"] {
            let wrong = PortalConfig { url: Some(url.to_owned()), ..portal(PORTAL_DEFAULT) };
            assert_eq!(wrong.check(false), Err(ConfigError::PortalUrl(url.to_owned())));
        }
        let never = PortalConfig { idle: Duration::ZERO, ..portal(PORTAL_DEFAULT) };
        assert_eq!(never.check(false), Err(ConfigError::PortalNoTime));
    }

    fn config(listen: &str) -> ServeConfig {
        ServeConfig {
            data: DATA_DEFAULT.into(),
            listen: listen.parse().unwrap(),
            adopt: Vec::new(),
            evidence: EvidenceConfig::default(),
            access: AccessConfig::default(),
            snapshot_every: SNAPSHOT_ENTRIES_DEFAULT,
            portal: None,
            ops: None,
            identity: IdentityConfig { dev_identity: true, ..IdentityConfig::default() },
        }
    }

    fn tls(client_ca: Option<&str>) -> TlsConfig {
        TlsConfig {
            certificate: "server.crt".into(),
            key: "server.key".into(),
            client_ca: client_ca.map(PathBuf::from),
            crl: None,
            allow_tls12: false,
        }
    }

    fn tokens() -> TokenConfig {
        TokenConfig {
            jwks: "jwks.json".into(),
            issuer: "https://id.hebi.example".into(),
            audience: "ipledger".into(),
            lifetime_max: Duration::from_secs(TOKEN_SECONDS_DEFAULT),
        }
    }

    #[test]
    fn somebody_must_be_able_to_say_who_they_are() {
        let of = |listen: &str, tls: Option<TlsConfig>, tokens: Option<TokenConfig>, dev_identity| {
            let identity = IdentityConfig { tls, tokens, dev_identity };
            ServeConfig { identity, ..config(listen) }.checked().map(|_| ())
        };
        assert_eq!(of(LISTEN_DEFAULT, None, None, false), Err(ConfigError::NoIdentity));
        assert_eq!(of(LISTEN_DEFAULT, Some(tls(None)), None, false), Err(ConfigError::NoIdentity));
        assert_eq!(of(LISTEN_DEFAULT, None, Some(tokens()), false), Ok(()));
        let anywhere = "0.0.0.0:7460";
        assert_eq!(of(anywhere, Some(tls(Some("ca.crt"))), None, false), Ok(()));
        assert_eq!(of(anywhere, Some(tls(None)), Some(tokens()), false), Ok(()));
        assert_eq!(of(anywhere, None, Some(tokens()), false), Err(ConfigError::NotLoopback(anywhere.parse().unwrap())));
        let ops = ServeConfig { ops: anywhere.parse().ok(), ..config(LISTEN_DEFAULT) };
        let refused =
            ServeConfig { identity: IdentityConfig { dev_identity: true, ..IdentityConfig::default() }, ..ops };
        assert_eq!(refused.checked(), Err(ConfigError::OpsNotLoopback(anywhere.parse().unwrap())));
        for (tls, tokens) in [(Some(tls(Some("ca.crt"))), None), (None, Some(tokens()))] {
            assert_eq!(of(LISTEN_DEFAULT, tls, tokens, true), Err(ConfigError::DevIdentityBesideReal));
        }
    }

    #[test]
    fn plain_text_on_loopback_only() {
        for listen in [LISTEN_DEFAULT, "127.0.0.1:0", "[::1]:7460"] {
            assert_eq!(config(listen).checked(), Ok(config(listen)));
        }
        for listen in ["0.0.0.0:7460", "192.168.1.5:7460", "[::]:7460"] {
            let refused = config(listen).checked().unwrap_err();
            assert!(refused.to_string().starts_with(&format!("`{listen}` is not a loopback address")), "{refused}");
        }
    }

    #[test]
    fn cosigners_need_a_key_and_a_key_an_interval() {
        let of = |key: Option<&str>, cosigners: &[&str], seconds| {
            let evidence = EvidenceConfig {
                key: key.map(PathBuf::from),
                cosigners: cosigners.iter().map(PathBuf::from).collect(),
                interval: Duration::from_secs(seconds),
                publish: None,
            };
            ServeConfig { evidence, ..config(LISTEN_DEFAULT) }.checked().map(|_| ())
        };
        assert_eq!(of(None, &["bank.pub"], 60), Err(ConfigError::NoKey));
        let publish = EvidenceConfig { publish: Some("elsewhere".into()), ..EvidenceConfig::default() };
        let publish = ServeConfig { evidence: publish, ..config(LISTEN_DEFAULT) };
        assert_eq!(publish.checked(), Err(ConfigError::NothingToPublish));
        assert_eq!(of(Some("ledger.key"), &[], 0), Err(ConfigError::NoInterval));
        assert_eq!(of(Some("ledger.key"), &["bank.pub"], 60), Ok(()));
    }
}
