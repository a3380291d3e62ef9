//! `IdentityService`.

use tonic::{Request, Response, async_trait};

use super::Answer;
use crate::book::nouns::{Caller, Role};
use crate::calendar::Timestamp;
use crate::decide::permission::TABLE;
use crate::pki::CertificateFacts;
use crate::proto::v1;
use crate::proto::v1::identity_service_server::IdentityService;
use crate::rulebook::refusal::Bilingual;
use crate::server::authenticate::{AuthenticatedIdentity, Credential, PortalLogin};
use crate::server::edge::Edge;
use crate::server::render::timestamp;
use crate::server::token::TokenFacts;

#[async_trait]
impl IdentityService for Edge {
    async fn who_am_i(&self, request: Request<v1::WhoAmIRequest>) -> Answer<v1::WhoAmIResponse> {
        let (identity, caller) = self.identity(&request)?;
        Ok(Response::new(who(&identity, &caller, self.clock().now())))
    }

    async fn issue_login_code(
        &self,
        request: Request<v1::IssueLoginCodeRequest>,
    ) -> Answer<v1::IssueLoginCodeResponse> {
        let (identity, _) = self.identity(&request)?;
        let (caller, message) = self.open(request)?;
        Ok(Response::new(super::login::issue(self, &identity, &caller, &message)?))
    }
}

fn who(identity: &AuthenticatedIdentity, caller: &Caller, now: Timestamp) -> v1::WhoAmIResponse {
    let Caller { role, institution, enterprise, person, .. } = caller;
    let Bilingual { en, zh } = scope(*role);
    let (credential, certificate, token) = match &identity.credential {
        Credential::Certificate(facts) => (v1::CredentialKind::Certificate, Some(certificate(facts, now)), None),
        Credential::Token(facts) => (v1::CredentialKind::Token, None, Some(token(facts))),
        Credential::Development => (v1::CredentialKind::Development, None, None),
        Credential::Portal(PortalLogin::Code) => (v1::CredentialKind::LoginCode, None, None),
        Credential::Portal(PortalLogin::IdentityProvider) => (v1::CredentialKind::IdentityProvider, None, None),
        Credential::Portal(PortalLogin::StatusCode) => (v1::CredentialKind::StatusCode, None, None),
    };
    v1::WhoAmIResponse {
        principal: identity.name.clone(),
        role: role.to_string(),
        institution_id: institution.as_ref().map(ToString::to_string).unwrap_or_default(),
        enterprise: enterprise.as_ref().map(ToString::to_string).unwrap_or_default(),
        person: person.to_string(),
        scope: en.to_owned(),
        scope_zh: zh.to_owned(),
        credential: credential.into(),
        certificate,
        token,
        methods: methods(*role),
    }
}

/// What the role may call, sorted.
fn methods(role: Role) -> Vec<String> {
    let allowed = TABLE.iter().filter(|row| row.roles.contains(&role));
    let mut methods: Vec<String> = allowed.map(|row| row.rpc.to_owned()).collect();
    methods.sort();
    methods
}

fn certificate(facts: &CertificateFacts, now: Timestamp) -> v1::ClientCertificate {
    v1::ClientCertificate {
        fingerprint: facts.fingerprint.to_string(),
        serial: facts.serial.clone(),
        subject: facts.subject.clone(),
        issuer: facts.issuer.clone(),
        not_before: Some(timestamp(facts.not_before)),
        not_after: Some(timestamp(facts.not_after)),
        days_left: facts.days_left(now),
    }
}

fn token(facts: &TokenFacts) -> v1::BearerToken {
    v1::BearerToken {
        issuer: facts.issuer.clone(),
        key_id: facts.key_id.clone(),
        token_id: facts.token_id.clone().unwrap_or_default(),
        issued_at: Some(timestamp(facts.issued_at)),
        expires_at: Some(timestamp(facts.expires_at)),
    }
}

/// Whose business a role sees.
const fn scope(role: Role) -> Bilingual {
    match role {
        Role::Bank => {
            Bilingual { en: "the bank's own loans, pledges and claims", zh: "本行的贷款、质押和补偿申请" }
        }
        Role::Guarantor | Role::Insurer => Bilingual { en: "the institution's own business", zh: "本机构的业务" },
        Role::Enterprise => Bilingual { en: "the enterprise's own business", zh: "本企业的业务" },
        Role::Officer | Role::Finance | Role::Auditor | Role::Operator => {
            Bilingual { en: "everything in the ledger", zh: "账本的全部内容" }
        }
    }
}
