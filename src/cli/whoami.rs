//! `ipledger whoami`: what the ledger makes of a certificate or token.

use std::io::Write;

use crate::book::nouns::{Named as _, Role};
use crate::calendar::Timestamp;
use crate::proto::v1;
use crate::proto::v1::CredentialKind;
use crate::proto::v1::identity_service_client::IdentityServiceClient;

use super::client::Client;

/// Asks a running ledger who the caller is.
pub async fn run(client: Client, out: &mut dyn Write) -> anyhow::Result<bool> {
    let mut service = IdentityServiceClient::new(client.connect().await?);
    let me = service.who_am_i(v1::WhoAmIRequest {}).await?.into_inner();
    let known = match me.credential() {
        CredentialKind::Certificate => "by client certificate",
        CredentialKind::Token => "by bearer token",
        CredentialKind::Development => "NOT AT ALL: the ledger is for development and believes everybody",
        CredentialKind::LoginCode | CredentialKind::IdentityProvider | CredentialKind::StatusCode => {
            "by a login to the pages"
        }
        CredentialKind::Unspecified => "in a way that this program does not know; take a newer one",
    };
    let role_zh = Role::parse(&me.role).map(|role| role.name().zh).unwrap_or_default();
    writeln!(out, "principal    {}", me.principal)?;
    writeln!(out, "role         {} ({role_zh})", me.role)?;
    for (label, value) in [("institution", &me.institution_id), ("enterprise", &me.enterprise), ("person", &me.person)]
    {
        if !value.is_empty() {
            writeln!(out, "{label:<12} {value}")?;
        }
    }
    writeln!(out, "sees         {} ({})", me.scope, me.scope_zh)?;
    writeln!(out, "known        {known}")?;
    if let Some(certificate) = me.certificate {
        writeln!(out, "fingerprint  {}", certificate.fingerprint)?;
        writeln!(out, "serial       {}", certificate.serial)?;
        writeln!(out, "issuer       {}", certificate.issuer)?;
        writeln!(out, "ends         {} ({} days)", instant(certificate.not_after), certificate.days_left)?;
    }
    if let Some(token) = me.token {
        writeln!(out, "issuer       {}", token.issuer)?;
        writeln!(out, "key          {}", token.key_id)?;
        writeln!(out, "ends         {}", instant(token.expires_at))?;
    }
    for (index, method) in me.methods.iter().enumerate() {
        writeln!(out, "{:<12} {method}", if index == 0 { "may call" } else { "" })?;
    }
    Ok(true)
}

fn instant(time: Option<prost_types::Timestamp>) -> Timestamp {
    let time = time.unwrap_or_default();
    Timestamp::from_micros(time.seconds.saturating_mul(1_000_000))
}
