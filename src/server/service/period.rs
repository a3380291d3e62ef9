//! `PeriodService`.

use tonic::{Request, Response, async_trait};

use super::Answer;
use crate::book::nouns::{Caller, Month};
use crate::calendar::FiscalYear;
use crate::decide::rejection::Rejection;
use crate::proto::v1;
use crate::proto::v1::period_service_server::PeriodService;
use crate::server::access::undivided;
use crate::server::edge::Edge;
use crate::server::page::PageRequest;
use crate::server::parse::{self, query};
use crate::server::render::{event, reconciliation};

#[async_trait]
impl PeriodService for Edge {
    async fn close_period(&self, request: Request<v1::ClosePeriodRequest>) -> Answer<v1::ClosePeriodResponse> {
        Ok(self.write(request, parse::period::close).await?)
    }

    async fn close_year(&self, request: Request<v1::CloseYearRequest>) -> Answer<v1::CloseYearResponse> {
        Ok(self.write(request, parse::period::close_year).await?)
    }

    async fn get_period_checklist(
        &self,
        request: Request<v1::GetPeriodChecklistRequest>,
    ) -> Answer<v1::GetPeriodChecklistResponse> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(checklist(self, &caller, message)?))
    }

    async fn list_periods(&self, request: Request<v1::ListPeriodsRequest>) -> Answer<v1::ListPeriodsResponse> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(list_periods(self, &caller, &message)?))
    }
}

fn checklist(
    edge: &Edge,
    caller: &Caller,
    message: v1::GetPeriodChecklistRequest,
) -> Result<v1::GetPeriodChecklistResponse, Rejection> {
    undivided(&edge.reader().book(), caller)?;
    let month = query(|violations| parse::period::month(message.year, message.month, violations))?;
    let book = edge.reader().book();
    let open = book.open_items(month);
    Ok(v1::GetPeriodChecklistResponse {
        closed: book.closed_months.contains(&month),
        application_ids: open.applications.iter().map(ToString::to_string).collect(),
        claim_ids: open.claims.iter().map(ToString::to_string).collect(),
        unreconciled: open.unreconciled.iter().map(reconciliation::unreconciled).collect(),
        statements_due: open.unsigned.iter().map(ToString::to_string).collect(),
        earlier_open_months: book.open_months_before(month).into_iter().map(event::month).collect(),
    })
}

fn list_periods(
    edge: &Edge,
    _caller: &Caller,
    message: &v1::ListPeriodsRequest,
) -> Result<v1::ListPeriodsResponse, Rejection> {
    let request = query(|violations| PageRequest::read(violations, message.page_size, &message.page_token, month))?;
    let book = edge.reader().book();
    let closed = book.closed_months.iter().filter(|month| request.is_ahead(month));
    let page = request.fill(
        closed,
        |month| format!("{}-{}", month.year, month.month),
        |month| Some(v1::Period { month: Some(event::month(*month)) }),
    );
    Ok(v1::ListPeriodsResponse { periods: page.items, next_page_token: page.next_page_token })
}

fn month(text: &str) -> Option<Month> {
    let (year, month) = text.split_once('-')?;
    Some(Month { year: FiscalYear::parse(year).ok()?, month: month.parse().ok()? })
}
