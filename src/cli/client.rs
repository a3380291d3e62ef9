//! What every subcommand that calls a running ledger has in common: where it is, and as whom to call.

use anyhow::Context as _;
use clap::Args;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};

use super::child::ActAs;
use crate::config::LISTEN_DEFAULT;
use crate::proto::v1::evidence_service_client::EvidenceServiceClient;
use crate::proto::v1::fact_service_client::FactServiceClient;
use crate::proto::v1::report_service_client::ReportServiceClient;
use crate::server::REQUEST_BYTES_MAX;

/// Where the ledger is, and as whom to call it.
#[derive(Debug, Clone, Args)]
pub struct Client {
    /// The address of the ledger.
    #[arg(long, env = "IPLEDGER_SERVER", default_value = LISTEN_DEFAULT)]
    server: String,
    /// The role to call in (development identity): `auditor`, `bank`, `enterprise` and so on.
    #[arg(long, default_value = "auditor")]
    role: String,
    /// The institution or enterprise to call for, where the role has one.
    #[arg(long, default_value = "")]
    party: String,
    /// The person who calls.
    #[arg(long, default_value = "cli")]
    person: String,
}

/// A connection that says who calls.
type Connection = InterceptedService<Channel, ActAs>;

/// The client of the fact service.
pub(super) type Facts = FactServiceClient<Connection>;

/// The client of the evidence service.
pub(super) type Evidence = EvidenceServiceClient<Connection>;

impl Client {
    /// The evidence service.
    pub(super) async fn evidence(&self) -> anyhow::Result<Evidence> {
        Ok(EvidenceServiceClient::new(self.connect().await?).max_decoding_message_size(REQUEST_BYTES_MAX))
    }

    /// The report service.
    pub(super) async fn reports(&self) -> anyhow::Result<ReportServiceClient<Connection>> {
        Ok(ReportServiceClient::new(self.connect().await?).max_decoding_message_size(REQUEST_BYTES_MAX))
    }

    /// The fact service.
    pub(super) async fn facts(&self) -> anyhow::Result<Facts> {
        Ok(FactServiceClient::new(self.connect().await?).max_decoding_message_size(REQUEST_BYTES_MAX))
    }

    async fn connect(&self) -> anyhow::Result<Connection> {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.server))
            .with_context(|| format!("`{}` is not an address; expected for example `{LISTEN_DEFAULT}`", self.server))?;
        let channel = endpoint.connect().await.with_context(|| format!("connecting to {}", self.server))?;
        Ok(InterceptedService::new(channel, ActAs::new(&self.role, &self.party, &self.person)?))
    }
}
