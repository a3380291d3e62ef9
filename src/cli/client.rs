//! What every subcommand that calls a running ledger has in common: where it is, and as whom to call.
//!
//! By a client certificate (`--ca`, `--cert`, `--key`), a token (`--token-file`), or, against a ledger for development on
//! this machine, by saying so (`--role`, `--party`, `--person`). Secrets are read from files, never from arguments, which
//! every user of the machine can see.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Request, Status};

use super::child::ActAs;
use crate::config::LISTEN_DEFAULT;
use crate::pki::files;
use crate::proto::v1::evidence_service_client::EvidenceServiceClient;
use crate::proto::v1::fact_service_client::FactServiceClient;
use crate::proto::v1::period_service_client::PeriodServiceClient;
use crate::proto::v1::reconciliation_service_client::ReconciliationServiceClient;
use crate::proto::v1::report_service_client::ReportServiceClient;
use crate::server::REQUEST_BYTES_MAX;
use crate::server::authenticate::TOKEN_KEY;

/// Where the ledger is, and as whom to call it.
#[derive(Debug, Clone, Args)]
pub struct Client {
    /// The address of the ledger.
    #[arg(long, env = "IPLEDGER_SERVER", default_value = LISTEN_DEFAULT)]
    server: String,
    /// What shows who calls.
    #[command(flatten)]
    proof: Box<Proof>,
    /// The role to call in (development identity): `auditor`, `bank`, `enterprise` and so on.
    #[arg(long, default_value = "auditor")]
    role: String,
    /// The institution or enterprise to call for, where the role has one (development identity).
    #[arg(long, default_value = "")]
    party: String,
    /// The person who calls (development identity).
    #[arg(long, default_value = "cli")]
    person: String,
}

/// What shows who calls: files, since every user of the machine can see arguments.
#[derive(Debug, Clone, Args)]
struct Proof {
    /// The CA that issued the ledger's certificate; the ledger is called over TLS.
    #[arg(long, value_name = "FILE", env = "IPLEDGER_CA")]
    ca: Option<PathBuf>,
    /// Your client certificate, and the intermediate CAs that issued it.
    #[arg(long, value_name = "FILE", env = "IPLEDGER_CERT", requires = "client_key", requires = "ca")]
    cert: Option<PathBuf>,
    /// The private key of your certificate; no stranger may be able to read it.
    #[arg(id = "client_key", long = "cert-key", value_name = "FILE", env = "IPLEDGER_CERT_KEY", requires = "cert")]
    cert_key: Option<PathBuf>,
    /// A file with a bearer token (JWT).
    #[arg(long, value_name = "FILE", env = "IPLEDGER_TOKEN_FILE")]
    token_file: Option<PathBuf>,
}

/// A connection that says who calls.
pub(super) type Connection = InterceptedService<Channel, Credentials>;

/// The client of the fact service.
pub(super) type Facts = FactServiceClient<Connection>;
/// The client of the reconciliation service.
pub(super) type Reconciliation = ReconciliationServiceClient<Connection>;

/// The client of the evidence service.
pub(super) type Evidence = EvidenceServiceClient<Connection>;

/// What is sent with every call.
#[derive(Debug, Clone)]
pub(super) enum Credentials {
    /// What the caller says of itself.
    Development(ActAs),
    /// A token.
    Token(MetadataValue<Ascii>),
    /// Nothing: the certificate of the connection says it.
    Certificate,
}

impl Interceptor for Credentials {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        match self {
            Self::Development(act_as) => return act_as.call(request),
            Self::Token(token) => {
                request.metadata_mut().insert(TOKEN_KEY, token.clone());
            }
            Self::Certificate => {}
        }
        Ok(request)
    }
}

impl Client {
    /// The same as somebody else, where the ledger believes what a caller says.
    pub(super) fn acting_as(&self, role: &str, party: &str, person: &str) -> anyhow::Result<Self> {
        let proves = self.proof.ca.is_some() || self.proof.token_file.is_some();
        anyhow::ensure!(
            !proves,
            "`as` is for the development identity; with a certificate or a token, import each caller's rows from a file \
             of their own"
        );
        let person = if person.is_empty() { self.person.clone() } else { person.to_owned() };
        Ok(Self { role: role.to_owned(), party: party.to_owned(), person, ..self.clone() })
    }

    /// A server of this process's own, with the development identity.
    pub(super) fn of_development(server: &str) -> Self {
        let proof = Box::new(Proof { ca: None, cert: None, cert_key: None, token_file: None });
        let (role, person) = ("auditor".to_owned(), "cli".to_owned());
        Self { server: server.to_owned(), proof, role, party: String::new(), person }
    }

    /// Connects.
    pub(super) async fn connect(&self) -> anyhow::Result<Connection> {
        // First: what is wrong with them needs no connection to be said.
        let credentials = self.credentials()?;
        let scheme = if self.proof.ca.is_some() { "https" } else { "http" };
        let mut endpoint = Endpoint::from_shared(format!("{scheme}://{}", self.server))
            .with_context(|| format!("`{}` is not an address; expected for example `{LISTEN_DEFAULT}`", self.server))?;
        if let Some(ca) = &self.proof.ca {
            endpoint = endpoint.tls_config(self.tls(ca)?).context("the certificates cannot be used")?;
        }
        let channel = endpoint.tcp_nodelay(true).connect().await;
        let channel = channel.with_context(|| format!("connecting to {}", self.server))?;
        Ok(InterceptedService::new(channel, credentials))
    }

    /// Connects to the evidence service.
    pub(super) async fn evidence(&self) -> anyhow::Result<Evidence> {
        Ok(EvidenceServiceClient::new(self.connect().await?).max_decoding_message_size(REQUEST_BYTES_MAX))
    }

    /// Connects to the report service.
    pub(super) async fn reports(&self) -> anyhow::Result<ReportServiceClient<Connection>> {
        Ok(ReportServiceClient::new(self.connect().await?).max_decoding_message_size(REQUEST_BYTES_MAX))
    }

    /// Connects to the reconciliation service.
    pub(super) async fn reconciliation(&self) -> anyhow::Result<Reconciliation> {
        Ok(ReconciliationServiceClient::new(self.connect().await?).max_decoding_message_size(REQUEST_BYTES_MAX))
    }

    /// Connects to the period service.
    pub(super) async fn periods(&self) -> anyhow::Result<PeriodServiceClient<Connection>> {
        Ok(PeriodServiceClient::new(self.connect().await?).max_decoding_message_size(REQUEST_BYTES_MAX))
    }

    /// Connects to the fact service.
    pub(super) async fn facts(&self) -> anyhow::Result<Facts> {
        Ok(FactServiceClient::new(self.connect().await?).max_decoding_message_size(REQUEST_BYTES_MAX))
    }

    fn tls(&self, ca: &Path) -> anyhow::Result<ClientTlsConfig> {
        let mut config = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(read(ca)?));
        if let Some((certificate, key)) = self.proof.cert.as_ref().zip(self.proof.cert_key.as_ref()) {
            let secret = files::read_secret(key).with_context(|| format!("reading `{}`", key.display()))?;
            config = config.identity(Identity::from_pem(read(certificate)?, secret));
        }
        Ok(config)
    }

    fn credentials(&self) -> anyhow::Result<Credentials> {
        if let Some(path) = &self.proof.token_file {
            let here = self.server.parse::<SocketAddr>().is_ok_and(|address| address.ip().is_loopback());
            anyhow::ensure!(
                self.proof.ca.is_some() || here,
                "a token is sent over TLS (--ca) or to a loopback address only, for example `{LISTEN_DEFAULT}`"
            );
            let text = files::read_secret(path).with_context(|| format!("reading `{}`", path.display()))?;
            let text = String::from_utf8_lossy(&text);
            // The error must not show the token.
            let mut value: MetadataValue<Ascii> = format!("Bearer {}", text.trim())
                .parse()
                .map_err(|_invalid| anyhow::anyhow!("`{}` does not hold a token", path.display()))?;
            value.set_sensitive(true);
            return Ok(Credentials::Token(value));
        }
        if self.proof.ca.is_some() {
            return Ok(Credentials::Certificate);
        }
        Ok(Credentials::Development(ActAs::new(&self.role, &self.party, &self.person)?))
    }
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    files::read(path).with_context(|| format!("reading `{}`", path.display()))
}
