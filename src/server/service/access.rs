//! `AccessService`.

use tonic::{Request, Response, async_trait};

use super::Answer;
use crate::book::nouns::Caller;
use crate::decide::rejection::Rejection;
use crate::identifier::{PrincipalName, Sequence};
use crate::proto::v1;
use crate::proto::v1::access_service_server::AccessService;
use crate::server::edge::Edge;
use crate::server::page::PageRequest;
use crate::server::parse::{self, query};
use crate::server::render::access;

#[async_trait]
impl AccessService for Edge {
    async fn bind_principal(&self, request: Request<v1::BindPrincipalRequest>) -> Answer<v1::BindPrincipalResponse> {
        Ok(self.write(request, parse::access::bind_principal).await?)
    }

    async fn enable_principal(
        &self,
        request: Request<v1::EnablePrincipalRequest>,
    ) -> Answer<v1::EnablePrincipalResponse> {
        Ok(self.write(request, parse::access::enable_principal).await?)
    }

    async fn disable_principal(
        &self,
        request: Request<v1::DisablePrincipalRequest>,
    ) -> Answer<v1::DisablePrincipalResponse> {
        Ok(self.write(request, parse::access::disable_principal).await?)
    }

    async fn enable_institution(
        &self,
        request: Request<v1::EnableInstitutionRequest>,
    ) -> Answer<v1::EnableInstitutionResponse> {
        Ok(self.write(request, parse::access::enable_institution).await?)
    }

    async fn disable_institution(
        &self,
        request: Request<v1::DisableInstitutionRequest>,
    ) -> Answer<v1::DisableInstitutionResponse> {
        Ok(self.write(request, parse::access::disable_institution).await?)
    }

    async fn grant_delegation(
        &self,
        request: Request<v1::GrantDelegationRequest>,
    ) -> Answer<v1::GrantDelegationResponse> {
        Ok(self.write_as(request, parse::access::grant_delegation).await?)
    }

    async fn revoke_delegation(
        &self,
        request: Request<v1::RevokeDelegationRequest>,
    ) -> Answer<v1::RevokeDelegationResponse> {
        Ok(self.write(request, parse::access::revoke_delegation).await?)
    }

    async fn list_principals(&self, request: Request<v1::ListPrincipalsRequest>) -> Answer<v1::ListPrincipalsResponse> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(list_principals(self, &caller, &message)?))
    }

    async fn list_delegations(
        &self,
        request: Request<v1::ListDelegationsRequest>,
    ) -> Answer<v1::ListDelegationsResponse> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(list_delegations(self, &caller, &message)?))
    }

    async fn list_access(&self, request: Request<v1::ListAccessRequest>) -> Answer<v1::ListAccessResponse> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(super::audit::list_access(self, &caller, &message).await?))
    }
}

fn list_principals(
    edge: &Edge,
    _caller: &Caller,
    message: &v1::ListPrincipalsRequest,
) -> Result<v1::ListPrincipalsResponse, Rejection> {
    let read = |text: &str| PrincipalName::parse(text).ok();
    let request = query(|violations| PageRequest::read(violations, message.page_size, &message.page_token, read))?;
    let book = edge.reader().book();
    let out = &book.access.disabled_institutions;
    let page = request.fill(
        request.rest_of_chunked(&book.access.principals),
        |(name, _)| name.to_string(),
        |(_, one)| {
            let enabled = one.enabled && one.details.institution.as_ref().is_none_or(|own| !out.contains(own));
            Some(v1::Principal { details: Some(access::principal(&one.details)), enabled })
        },
    );
    Ok(v1::ListPrincipalsResponse { principals: page.items, next_page_token: page.next_page_token })
}

fn list_delegations(
    edge: &Edge,
    _caller: &Caller,
    message: &v1::ListDelegationsRequest,
) -> Result<v1::ListDelegationsResponse, Rejection> {
    let read = |text: &str| text.parse().ok().map(Sequence::new);
    let request = query(|violations| PageRequest::read(violations, message.page_size, &message.page_token, read))?;
    let (book, today) = (edge.reader().book(), edge.today());
    let page = request.fill(
        request.rest_of(&book.access.delegations),
        |(sequence, _)| sequence.to_string(),
        |(sequence, one)| {
            Some(v1::Delegation {
                delegation_sequence: sequence.value(),
                details: Some(access::delegation(&one.details)),
                revoked: one.revoked,
                in_force: one.in_force_on(today),
            })
        },
    );
    Ok(v1::ListDelegationsResponse { delegations: page.items, next_page_token: page.next_page_token })
}
