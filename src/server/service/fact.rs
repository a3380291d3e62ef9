//! `FactService`.

use std::collections::BTreeMap;

use tonic::{Request, Response, async_trait};

use super::Answer;
use crate::book::nouns::Caller;
use crate::decide::rejection::Rejection;
use crate::identifier::{Sequence, SeriesId};
use crate::proto::v1;
use crate::proto::v1::fact_service_server::FactService;
use crate::server::access::sees_fact;
use crate::server::edge::Edge;
use crate::server::page::PageRequest;
use crate::server::parse::{self, query};
use crate::server::render::fact;

#[async_trait]
impl FactService for Edge {
    async fn record_reference_rate(
        &self,
        request: Request<v1::RecordReferenceRateRequest>,
    ) -> Answer<v1::RecordReferenceRateResponse> {
        Ok(self.write(request, parse::fact::record_rate).await?)
    }

    async fn list_reference_rates(
        &self,
        request: Request<v1::ListReferenceRatesRequest>,
    ) -> Answer<v1::ListReferenceRatesResponse> {
        let (_, message) = self.open(request)?;
        Ok(Response::new(list_reference_rates(self, &message)?))
    }

    async fn record_fact(&self, request: Request<v1::RecordFactRequest>) -> Answer<v1::RecordFactResponse> {
        Ok(self.write(request, parse::fact::record).await?)
    }

    async fn list_facts(&self, request: Request<v1::ListFactsRequest>) -> Answer<v1::ListFactsResponse> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(list_facts(self, &caller, &message)?))
    }
}

fn entry_token(text: &str) -> Option<Sequence> {
    text.parse().ok().map(Sequence::new)
}

fn list_reference_rates(
    edge: &Edge,
    message: &v1::ListReferenceRatesRequest,
) -> Result<v1::ListReferenceRatesResponse, Rejection> {
    let (request, series) = query(|violations| {
        let request = PageRequest::read(violations, message.page_size, &message.page_token, entry_token);
        let series = violations.optional("series_id", &message.series_id, SeriesId::parse);
        Some((request?, series?))
    })?;
    let book = edge.reader().book();
    let wanted = book.rates.iter().filter(|(id, _)| series.as_ref().is_none_or(|wanted| wanted == *id));
    let points: BTreeMap<Sequence, _> =
        wanted.flat_map(|(_, one)| one.points.iter().map(|(at, point)| (*at, point))).collect();
    let page = request.fill(
        request.rest_of(&points),
        |(entry, _)| entry.value().to_string(),
        |(entry, point)| Some(fact::recorded_rate(*entry, point)),
    );
    Ok(v1::ListReferenceRatesResponse { rates: page.items, next_page_token: page.next_page_token })
}

fn list_facts(
    edge: &Edge,
    caller: &Caller,
    message: &v1::ListFactsRequest,
) -> Result<v1::ListFactsResponse, Rejection> {
    let (request, filter) = query(|violations| {
        let request = PageRequest::read(violations, message.page_size, &message.page_token, entry_token);
        let filter = parse::fact::list(message, violations);
        Some((request?, filter?))
    })?;
    let book = edge.reader().book();
    let page = request.fill(
        request.rest_of_chunked(&book.fact_log),
        |(entry, _)| entry.value().to_string(),
        |(entry, key)| {
            let about = filter.enterprise.is_none_or(|who| key.enterprise() == Some(who));
            let of_loan = filter.loan.is_none_or(|loan| key.loan() == Some(loan));
            if !(about && of_loan && sees_fact(&book, caller, key)) {
                return None;
            }
            let stated = book.facts.get(key)?.iter().find(|one| one.entry == *entry)?;
            Some(fact::stated(stated))
        },
    );
    Ok(v1::ListFactsResponse { facts: page.items, next_page_token: page.next_page_token })
}
