//! The pages for people: the flags of `serve`, and login codes.

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use tokio::net::TcpListener;
use tracing::info;

use super::client::Client;
use crate::calendar::Timestamp;
use crate::config::{PORTAL_HOURS_DEFAULT, PORTAL_IDLE_MINUTES_DEFAULT, PortalConfig, ProviderConfig};
use crate::portal::login::provider::Provider;
use crate::portal::secret::Secret;
use crate::portal::serve::serve;
use crate::portal::{Parts, Portal};
use crate::proto::v1;
use crate::proto::v1::identity_service_client::IdentityServiceClient;
use crate::server::Edge;
use crate::server::inside::stopping;
use crate::server::tls::Tls;

/// The flags of `serve` about the pages.
#[derive(Debug, Args)]
pub struct PortalArguments {
    /// Serve the pages for people on this address, for example `127.0.0.1:8460`. With the certificate of --tls-cert, or in
    /// plain text on loopback.
    #[arg(long, value_name = "ADDRESS", env = "IPLEDGER_PORTAL")]
    portal: Option<SocketAddr>,
    /// Under which address browsers reach the pages, for example `https://ledger.hebi.example`: for links on paper.
    #[arg(long, value_name = "URL", env = "IPLEDGER_PORTAL_URL", requires = "portal")]
    portal_url: Option<String>,
    /// A reverse proxy on this machine speaks TLS for the pages; what it says of the browser's address
    /// (`X-Forwarded-For`) is believed.
    #[arg(long, env = "IPLEDGER_PORTAL_BEHIND_PROXY", requires = "portal")]
    portal_behind_proxy: bool,
    #[command(flatten)]
    provider: ProviderArguments,
    /// After how many minutes without a click a login ends.
    #[arg(long, value_name = "MINUTES", default_value_t = PORTAL_IDLE_MINUTES_DEFAULT)]
    portal_idle_minutes: u32,
    /// After how many hours a login ends in any case.
    #[arg(long, value_name = "HOURS", default_value_t = PORTAL_HOURS_DEFAULT)]
    portal_hours: u32,
}

/// The flags of `serve` about the city's identity provider (OpenID Connect).
#[derive(Debug, Args)]
#[expect(clippy::struct_field_names, reason = "the names are those of the flags")]
struct ProviderArguments {
    /// Let people log in by this identity provider: its issuer.
    #[arg(long, value_name = "URL", env = "IPLEDGER_PORTAL_OIDC_ISSUER",
          requires_all = ["portal", "portal_oidc_client", "portal_oidc_secret_file"])]
    portal_oidc_issuer: Option<String>,
    /// The id of this ledger at the identity provider.
    #[arg(long, value_name = "ID", env = "IPLEDGER_PORTAL_OIDC_CLIENT", requires = "portal_oidc_issuer")]
    portal_oidc_client: Option<String>,
    /// The file with the secret of this ledger there.
    #[arg(long, value_name = "FILE", env = "IPLEDGER_PORTAL_OIDC_SECRET_FILE", requires = "portal_oidc_issuer")]
    portal_oidc_secret_file: Option<PathBuf>,
    /// The claim that carries an enterprise's unified social credit code.
    #[arg(long, value_name = "CLAIM", default_value = "uscc")]
    portal_oidc_enterprise_claim: String,
    /// The claim that carries the name that an officer's principal is bound to, `ipledger:officer:li.na`.
    #[arg(long, value_name = "CLAIM", default_value = "ipledger")]
    portal_oidc_name_claim: String,
    /// The CAs that its certificate is issued by; those of the system by default.
    #[arg(long, value_name = "FILE", requires = "portal_oidc_issuer")]
    portal_oidc_ca: Option<PathBuf>,
}

impl ProviderArguments {
    fn into_config(self) -> Option<ProviderConfig> {
        Some(ProviderConfig {
            issuer: self.portal_oidc_issuer?,
            client: self.portal_oidc_client?,
            secret: self.portal_oidc_secret_file?,
            enterprise_claim: self.portal_oidc_enterprise_claim,
            name_claim: self.portal_oidc_name_claim,
            ca: self.portal_oidc_ca,
        })
    }
}

impl PortalArguments {
    /// As settings.
    pub(super) fn into_config(self) -> Option<PortalConfig> {
        let Self { portal, portal_url, portal_behind_proxy, provider, portal_idle_minutes, portal_hours } = self;
        Some(PortalConfig {
            listen: portal?,
            url: portal_url,
            behind_proxy: portal_behind_proxy,
            idle: Duration::from_secs(u64::from(portal_idle_minutes).saturating_mul(60)),
            lifetime: Duration::from_secs(u64::from(portal_hours).saturating_mul(3_600)),
            provider: provider.into_config(),
        })
    }
}

/// What to do around the pages.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Get a login code, good once: for yourself, or as an officer for an enterprise.
    Code {
        /// The enterprise, by its unified social credit code; without it, a code for yourself.
        #[arg(long, value_name = "USCC", default_value = "")]
        enterprise: String,
        /// For how many minutes the code is good; at most 1440.
        #[arg(long, default_value_t = 60)]
        minutes: u32,
        /// Where the ledger is, and who you are.
        #[command(flatten)]
        client: Client,
    },
}

/// Runs a task.
pub async fn run(task: &Task, out: &mut dyn Write) -> anyhow::Result<bool> {
    let Task::Code { enterprise, minutes, client } = task;
    let request = v1::IssueLoginCodeRequest { enterprise: enterprise.clone(), minutes: *minutes };
    let mut service = IdentityServiceClient::new(client.connect().await?);
    let answer = service.issue_login_code(request).await?.into_inner();
    let ends = answer.expires_at.unwrap_or_default().seconds.saturating_mul(1_000_000);
    writeln!(out, "{}", answer.code)?;
    writeln!(out, "for {}, once, until {}", answer.name, Timestamp::from_micros(ends))?;
    Ok(true)
}

/// Pages that are bound to their address and not served yet.
pub(super) struct Bound {
    listener: TcpListener,
    tls: Option<Tls>,
    config: PortalConfig,
    secret: Secret,
    provider: Option<Provider>,
    /// Where browsers find them.
    pub(super) url: String,
}

/// Binds the address of the pages, if there are any.
pub(super) async fn bind(config: Option<PortalConfig>, tls: Option<Tls>, data: &Path) -> anyhow::Result<Option<Bound>> {
    let Some(config) = config else { return Ok(None) };
    let secret = Secret::open(data).with_context(|| format!("the secret of the pages in `{}`", data.display()))?;
    let provider = config.provider.clone().map(Provider::open).transpose()?;
    let listener = TcpListener::bind(config.listen).await;
    let listener = listener.with_context(|| format!("listening for browsers on {}", config.listen))?;
    let tls = tls.filter(|_| !config.behind_proxy);
    let scheme = if tls.is_some() { "https" } else { "http" };
    let url = match &config.url {
        Some(url) => url.clone(),
        None => format!("{scheme}://{}", listener.local_addr()?),
    };
    Ok(Some(Bound { listener, tls, config, secret, provider, url }))
}

impl Bound {
    /// Serves until the ledger stops.
    pub(super) async fn serve(self, edge: Edge) {
        let Self { listener, tls, config, secret, provider, url } = self;
        let secure = tls.is_some() || config.behind_proxy;
        info!(url, secure, "pages are served");
        let stop = edge.clone();
        let portal = Portal::new(edge, Parts { config, url, secure, secret, provider });
        serve(listener, tls, portal, async move { stopping(&stop).await }).await;
    }
}
