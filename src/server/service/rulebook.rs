//! `RulebookService`.

use std::time::Duration;

use tonic::{Request, Response, async_trait};

use super::Answer;
use super::simulation::{self, SimulationStream, Wanted};
use crate::book::nouns::Caller;
use crate::decide::rejection::{Reason, Rejection};
use crate::proto::v1;
use crate::proto::v1::rulebook_service_server::RulebookService;
use crate::server::access::{undivided, unknown};
use crate::server::edge::Edge;
use crate::server::page::PageRequest;
use crate::server::parse::{self, query};
use crate::server::render::resource;

/// How many of those who gain and lose most a report names.
const TOP_DEFAULT: u32 = 10;
const TOP_MAX: usize = 1_000;

#[async_trait]
impl RulebookService for Edge {
    async fn adopt_rulebook(&self, request: Request<v1::AdoptRulebookRequest>) -> Answer<v1::AdoptRulebookResponse> {
        Ok(self.write(request, parse::rulebook::adopt).await?)
    }

    async fn correct_awards(&self, request: Request<v1::CorrectAwardsRequest>) -> Answer<v1::CorrectAwardsResponse> {
        Ok(self.write(request, parse::rulebook::correct).await?)
    }

    type SimulateRulebookStream = SimulationStream;

    async fn simulate_rulebook(
        &self,
        request: Request<v1::SimulateRulebookRequest>,
    ) -> Answer<Self::SimulateRulebookStream> {
        let (caller, message) = self.open(request)?;
        undivided(&self.reader().book(), &caller)?;
        let wanted = query(|violations| {
            let (rulebook, from) = parse::rulebook::simulate(&message, violations)?;
            let top = usize::try_from(message.top.unwrap_or(TOP_DEFAULT)).unwrap_or(TOP_MAX);
            let wait = Duration::from_millis(u64::from(message.wait_ms));
            let job = (!wait.is_zero()).then_some((wait, message.anew));
            Some(Wanted { rulebook, from, top: top.min(TOP_MAX), job })
        })?;
        Ok(Response::new(simulation::open(self, wanted).await?))
    }

    async fn list_rulebooks(&self, request: Request<v1::ListRulebooksRequest>) -> Answer<v1::ListRulebooksResponse> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(list_rulebooks(self, &caller, &message)?))
    }

    async fn get_rulebook(&self, request: Request<v1::GetRulebookRequest>) -> Answer<v1::GetRulebookResponse> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(get_rulebook(self, &caller, &message)?))
    }
}

fn list_rulebooks(
    edge: &Edge,
    _caller: &Caller,
    message: &v1::ListRulebooksRequest,
) -> Result<v1::ListRulebooksResponse, Rejection> {
    let read = |text: &str| text.parse::<usize>().ok();
    let request = query(|violations| PageRequest::read(violations, message.page_size, &message.page_token, read))?;
    let book = edge.reader().book();
    let all = book.rulebooks.iter().enumerate().filter(|(index, _)| request.is_ahead(index));
    let page =
        request.fill(all, |(index, _)| index.to_string(), |(_, one)| Some(resource::rulebook(&book, one, false)));
    Ok(v1::ListRulebooksResponse { rulebooks: page.items, next_page_token: page.next_page_token })
}

fn get_rulebook(
    edge: &Edge,
    _caller: &Caller,
    message: &v1::GetRulebookRequest,
) -> Result<v1::GetRulebookResponse, Rejection> {
    let reference = query(|violations| parse::rulebook::get(message, violations))?;
    let book = edge.reader().book();
    let found = book.rulebook(&reference);
    let found = found.ok_or_else(|| unknown(Reason::RulebookUnknown, "rulebook_id", &reference))?;
    Ok(v1::GetRulebookResponse { rulebook: Some(resource::rulebook(&book, found, true)) })
}
