//! `RegistryService`.

use std::ops::Bound;

use tonic::{Request, Response, async_trait};

use super::Answer;
use crate::book::Book;
use crate::book::chunked::Chunked;
use crate::book::nouns::{Caller, PledgeKey};
use crate::book::registry::{IpRight, PledgeState};
use crate::calendar::CivilDate;
use crate::decide::rejection::{Reason, Rejection};
use crate::identifier::{InstitutionId, PledgeRegistrationNumber, RightId, RightKind, Sequence, Uscc};
use crate::proto::v1;
use crate::proto::v1::registry_service_server::RegistryService;
use crate::server::access::{sees_enterprise, sees_pledge, unknown};
use crate::server::edge::Edge;
use crate::server::page::PageRequest;
use crate::server::parse::{self, query};
use crate::server::render::resource;

/// What an enterprise does not have: its own are in a list.
static NO_PLEDGES: Chunked<PledgeKey, ()> = Chunked::new();

#[async_trait]
impl RegistryService for Edge {
    async fn register_enterprise(
        &self,
        request: Request<v1::RegisterEnterpriseRequest>,
    ) -> Answer<v1::RegisterEnterpriseResponse> {
        Ok(self.write(request, parse::registry::register_enterprise).await?)
    }

    async fn update_enterprise(
        &self,
        request: Request<v1::UpdateEnterpriseRequest>,
    ) -> Answer<v1::UpdateEnterpriseResponse> {
        Ok(self.write(request, parse::registry::update_enterprise).await?)
    }

    async fn register_institution(
        &self,
        request: Request<v1::RegisterInstitutionRequest>,
    ) -> Answer<v1::RegisterInstitutionResponse> {
        Ok(self.write(request, parse::registry::register_institution).await?)
    }

    async fn register_ip_right(
        &self,
        request: Request<v1::RegisterIpRightRequest>,
    ) -> Answer<v1::RegisterIpRightResponse> {
        Ok(self.write(request, parse::registry::register_ip_right).await?)
    }

    async fn record_ip_right_event(
        &self,
        request: Request<v1::RecordIpRightEventRequest>,
    ) -> Answer<v1::RecordIpRightEventResponse> {
        Ok(self.write(request, parse::registry::record_ip_right_event).await?)
    }

    async fn register_pledge(&self, request: Request<v1::RegisterPledgeRequest>) -> Answer<v1::RegisterPledgeResponse> {
        Ok(self.write(request, parse::registry::register_pledge).await?)
    }

    async fn release_pledge(&self, request: Request<v1::ReleasePledgeRequest>) -> Answer<v1::ReleasePledgeResponse> {
        Ok(self.write(request, parse::registry::release_pledge).await?)
    }

    async fn add_blacklist_entry(
        &self,
        request: Request<v1::AddBlacklistEntryRequest>,
    ) -> Answer<v1::AddBlacklistEntryResponse> {
        Ok(self.write(request, parse::registry::add_blacklist_entry).await?)
    }

    async fn lift_blacklist_entry(
        &self,
        request: Request<v1::LiftBlacklistEntryRequest>,
    ) -> Answer<v1::LiftBlacklistEntryResponse> {
        Ok(self.write(request, parse::registry::lift_blacklist_entry).await?)
    }

    async fn get_enterprise(&self, request: Request<v1::GetEnterpriseRequest>) -> Answer<v1::GetEnterpriseResponse> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(get_enterprise(self, &caller, &message)?))
    }

    async fn list_enterprises(
        &self,
        request: Request<v1::ListEnterprisesRequest>,
    ) -> Answer<v1::ListEnterprisesResponse> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(list_enterprises(self, &caller, &message)?))
    }

    async fn get_institution(&self, request: Request<v1::GetInstitutionRequest>) -> Answer<v1::GetInstitutionResponse> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(get_institution(self, &caller, &message)?))
    }

    async fn list_institutions(
        &self,
        request: Request<v1::ListInstitutionsRequest>,
    ) -> Answer<v1::ListInstitutionsResponse> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(list_institutions(self, &caller, &message)?))
    }

    async fn get_ip_right(&self, request: Request<v1::GetIpRightRequest>) -> Answer<v1::GetIpRightResponse> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(get_ip_right(self, &caller, &message)?))
    }

    async fn list_ip_rights(&self, request: Request<v1::ListIpRightsRequest>) -> Answer<v1::ListIpRightsResponse> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(list_ip_rights(self, &caller, &message)?))
    }

    async fn get_pledge(&self, request: Request<v1::GetPledgeRequest>) -> Answer<v1::GetPledgeResponse> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(get_pledge(self, &caller, &message)?))
    }

    async fn list_pledges(&self, request: Request<v1::ListPledgesRequest>) -> Answer<v1::ListPledgesResponse> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(list_pledges(self, &caller, &message)?))
    }

    async fn list_blacklist_entries(
        &self,
        request: Request<v1::ListBlacklistEntriesRequest>,
    ) -> Answer<v1::ListBlacklistEntriesResponse> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(list_blacklist_entries(self, &caller, &message)?))
    }
}

fn get_enterprise(
    edge: &Edge,
    caller: &Caller,
    message: &v1::GetEnterpriseRequest,
) -> Result<v1::GetEnterpriseResponse, Rejection> {
    let uscc = query(|violations| violations.take("enterprise", Uscc::parse(&message.enterprise)))?;
    let book = edge.reader().book();
    let found = book.enterprises.get(&uscc).filter(|_| sees_enterprise(&book, caller, uscc));
    let found = found.ok_or_else(|| unknown(Reason::EnterpriseUnknown, "enterprise", &uscc))?;
    Ok(v1::GetEnterpriseResponse { enterprise: Some(resource::enterprise(&found, edge.today())) })
}

fn list_enterprises(
    edge: &Edge,
    caller: &Caller,
    message: &v1::ListEnterprisesRequest,
) -> Result<v1::ListEnterprisesResponse, Rejection> {
    let read = |text: &str| Uscc::parse(text).ok();
    let request = query(|violations| PageRequest::read(violations, message.page_size, &message.page_token, read))?;
    let (book, today) = (edge.reader().book(), edge.today());
    let everybody = caller.enterprise.is_none().then(|| request.rest_of_shelf(&book.enterprises).copied());
    let own = caller.enterprise.into_iter().filter(|uscc| request.is_ahead(uscc));
    let candidates = own.chain(everybody.into_iter().flatten());
    let page = request.fill(candidates, ToString::to_string, |uscc| {
        let one = book.enterprises.get(&uscc).filter(|_| sees_enterprise(&book, caller, uscc))?;
        Some(resource::enterprise(&one, today))
    });
    Ok(v1::ListEnterprisesResponse { enterprises: page.items, next_page_token: page.next_page_token })
}

fn get_institution(
    edge: &Edge,
    _caller: &Caller,
    message: &v1::GetInstitutionRequest,
) -> Result<v1::GetInstitutionResponse, Rejection> {
    let id = query(|violations| violations.take("institution_id", InstitutionId::parse(&message.institution_id)))?;
    let book = edge.reader().book();
    let found = book.institutions.get(&id);
    let found = found.ok_or_else(|| unknown(Reason::InstitutionUnknown, "institution_id", &id))?;
    Ok(v1::GetInstitutionResponse { institution: Some(resource::institution(found)) })
}

fn list_institutions(
    edge: &Edge,
    _caller: &Caller,
    message: &v1::ListInstitutionsRequest,
) -> Result<v1::ListInstitutionsResponse, Rejection> {
    let read = |text: &str| InstitutionId::parse(text).ok();
    let request = query(|violations| PageRequest::read(violations, message.page_size, &message.page_token, read))?;
    let book = edge.reader().book();
    let all = request.rest_of(&book.institutions);
    let page = request.fill(all, |(id, _)| id.to_string(), |(_, one)| Some(resource::institution(one)));
    Ok(v1::ListInstitutionsResponse { institutions: page.items, next_page_token: page.next_page_token })
}

fn get_ip_right(
    edge: &Edge,
    caller: &Caller,
    message: &v1::GetIpRightRequest,
) -> Result<v1::GetIpRightResponse, Rejection> {
    let id = query(|violations| violations.take("right", RightId::parse(&message.right)))?;
    let (book, today) = (edge.reader().book(), edge.today());
    let found = book.rights.get(&id).filter(|right| sees_enterprise(&book, caller, right.owner_on(today)));
    let found = found.ok_or_else(|| unknown(Reason::IpRightUnknown, "right", &id))?;
    Ok(v1::GetIpRightResponse { ip_right: Some(show_right(&book, &found, today)) })
}

fn show_right(book: &Book, right: &IpRight, today: CivilDate) -> v1::IpRight {
    let is_active = |key| book.pledges.get(key).is_some_and(|one| one.state_on(today) == PledgeState::Active);
    resource::ip_right(right, right.pledges.iter().any(is_active), today)
}

fn list_ip_rights(
    edge: &Edge,
    caller: &Caller,
    message: &v1::ListIpRightsRequest,
) -> Result<v1::ListIpRightsResponse, Rejection> {
    let (owner, request) = query(|violations| {
        let owner = violations.take("owner", Uscc::parse(&message.owner));
        let read = |text: &str| RightId::parse(text).ok();
        let request = PageRequest::read(violations, message.page_size, &message.page_token, read);
        Some((owner?, request?))
    })?;
    let (book, today) = (edge.reader().book(), edge.today());
    let enterprise = book.enterprises.get(&owner).filter(|_| sees_enterprise(&book, caller, owner));
    let enterprise = enterprise.ok_or_else(|| unknown(Reason::EnterpriseUnknown, "owner", &owner))?;
    let mut ids: Vec<_> = enterprise.rights.iter().filter(|id| request.is_ahead(id)).collect();
    ids.sort();
    let page = request.fill(ids.into_iter(), ToString::to_string, |id| {
        let right = book.rights.get(id).filter(|right| right.owner_on(today) == owner)?;
        Some(show_right(&book, &right, today))
    });
    Ok(v1::ListIpRightsResponse { ip_rights: page.items, next_page_token: page.next_page_token })
}

fn get_pledge(
    edge: &Edge,
    caller: &Caller,
    message: &v1::GetPledgeRequest,
) -> Result<v1::GetPledgeResponse, Rejection> {
    let key = query(|violations| violations.pledge("", message.kind, &message.registration_number))?;
    let book = edge.reader().book();
    let found = book.pledges.get(&key).filter(|pledge| sees_pledge(&book, caller, pledge));
    let found = found.ok_or_else(|| unknown(Reason::PledgeUnknown, "registration_number", &key.number))?;
    Ok(v1::GetPledgeResponse { pledge: Some(resource::pledge(&found, edge.today())) })
}

fn list_pledges(
    edge: &Edge,
    caller: &Caller,
    message: &v1::ListPledgesRequest,
) -> Result<v1::ListPledgesResponse, Rejection> {
    let (filter, request) = query(|violations| {
        let filter = parse::registry::list_pledges(message, violations);
        let request = PageRequest::read(violations, message.page_size, &message.page_token, pledge_key);
        Some((filter?, request?))
    })?;
    let (view, today) = (edge.reader().view(), edge.today());
    let book = &view.book;
    let given = caller.enterprise.or(filter.pledgor).map(|uscc| book.pledges_given_by(uscc)).unwrap_or_default();
    // What is not the caller's is no candidate: a page must not end there.
    let own = match (&caller.institution, caller.enterprise.or(filter.pledgor)) {
        (Some(institution), _) => Some(request.rest_of_either(&view.index.of_institution(institution).pledges, &[])),
        (None, Some(_)) => Some(request.rest_of_either(&NO_PLEDGES, &given)),
        (None, None) => None,
    };
    let all = own.is_none().then(|| request.rest_of_shelf(&book.pledges));
    let candidates = own.into_iter().flatten().chain(all.into_iter().flatten());
    let page = request.fill(
        candidates.filter_map(|key| Some((key, book.pledges.get(key)?))),
        |(key, _)| format!("{}/{}", key.kind, key.number),
        |(_, one)| {
            let wanted = filter.pledgor.is_none_or(|pledgor| pledgor == one.details.pledgor)
                && filter.pledgee.as_ref().is_none_or(|pledgee| *pledgee == one.details.pledgee);
            (wanted && sees_pledge(book, caller, &one)).then(|| resource::pledge(&one, today))
        },
    );
    Ok(v1::ListPledgesResponse { pledges: page.items, next_page_token: page.next_page_token })
}

fn pledge_key(text: &str) -> Option<PledgeKey> {
    let (kind, number) = text.split_once('/')?;
    Some(PledgeKey { kind: RightKind::parse(kind).ok()?, number: PledgeRegistrationNumber::parse(number).ok()? })
}

fn list_blacklist_entries(
    edge: &Edge,
    caller: &Caller,
    message: &v1::ListBlacklistEntriesRequest,
) -> Result<v1::ListBlacklistEntriesResponse, Rejection> {
    let (only, request) = query(|violations| {
        let only = violations.optional("enterprise", &message.enterprise, Uscc::parse);
        let request = PageRequest::read(violations, message.page_size, &message.page_token, blacklist_key);
        Some((only?.or(caller.enterprise), request?))
    })?;
    let book = edge.reader().book();
    let from = request.after.map_or(Bound::Unbounded, |(uscc, _)| Bound::Included(uscc));
    let everybody = only.is_none().then(|| book.enterprises.keys_in((from, Bound::Unbounded)).copied());
    // An enterprise without entries is a candidate too, so that the limit on what is looked at counts it.
    let candidates = only.into_iter().chain(everybody.into_iter().flatten()).flat_map(|uscc| {
        let listed = book.enterprises.get(&uscc).map(|one| one.blacklist.clone()).unwrap_or_default();
        let nothing = listed.is_empty().then_some((uscc, Sequence::new(0), None));
        nothing.into_iter().chain(listed.into_iter().map(move |entry| (uscc, entry.entry, Some(entry))))
    });
    let page = request.fill(
        candidates.filter(|(uscc, sequence, _)| request.is_ahead(&(*uscc, *sequence))),
        |(uscc, sequence, _)| format!("{uscc}/{sequence}"),
        |(uscc, _, entry)| {
            let entry = entry.filter(|_| sees_enterprise(&book, caller, uscc))?;
            Some(resource::blacklist_entry(uscc, &entry))
        },
    );
    Ok(v1::ListBlacklistEntriesResponse { blacklist_entries: page.items, next_page_token: page.next_page_token })
}

fn blacklist_key(text: &str) -> Option<(Uscc, Sequence)> {
    let (uscc, sequence) = text.split_once('/')?;
    Some((Uscc::parse(uscc).ok()?, Sequence::new(sequence.parse().ok()?)))
}
