//! `BudgetService`.

use tonic::{Request, Response, async_trait};

use super::Answer;
use crate::book::nouns::Caller;
use crate::calendar::FiscalYear;
use crate::decide::rejection::{Reason, Rejection};
use crate::identifier::BudgetLineId;
use crate::proto::v1;
use crate::proto::v1::budget_service_server::BudgetService;
use crate::server::access::unknown;
use crate::server::edge::Edge;
use crate::server::page::PageRequest;
use crate::server::parse::{self, query};
use crate::server::render::resource;

#[async_trait]
impl BudgetService for Edge {
    async fn appropriate_budget(
        &self,
        request: Request<v1::AppropriateBudgetRequest>,
    ) -> Answer<v1::AppropriateBudgetResponse> {
        Ok(self.write(request, parse::budget::appropriate).await?)
    }

    async fn adjust_budget(&self, request: Request<v1::AdjustBudgetRequest>) -> Answer<v1::AdjustBudgetResponse> {
        Ok(self.write(request, parse::budget::adjust).await?)
    }

    async fn get_budget(&self, request: Request<v1::GetBudgetRequest>) -> Answer<v1::GetBudgetResponse> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(get_budget(self, &caller, &message)?))
    }

    async fn list_budgets(&self, request: Request<v1::ListBudgetsRequest>) -> Answer<v1::ListBudgetsResponse> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(list_budgets(self, &caller, &message)?))
    }
}

fn get_budget(
    edge: &Edge,
    _caller: &Caller,
    message: &v1::GetBudgetRequest,
) -> Result<v1::GetBudgetResponse, Rejection> {
    let key = query(|violations| parse::budget::line_and_year(violations, &message.budget_line_id, message.year))?;
    let book = edge.reader().book();
    let found = book.budgets.get(&key);
    let found = found.ok_or_else(|| unknown(Reason::BudgetUnknown, "budget_line_id", &key.0))?;
    Ok(v1::GetBudgetResponse { budget: Some(resource::budget(&key.0, key.1, found)) })
}

fn list_budgets(
    edge: &Edge,
    _caller: &Caller,
    message: &v1::ListBudgetsRequest,
) -> Result<v1::ListBudgetsResponse, Rejection> {
    let (year, request) = query(|violations| {
        let year = parse::budget::list(message, violations);
        let request = PageRequest::read(violations, message.page_size, &message.page_token, key);
        Some((year?, request?))
    })?;
    let book = edge.reader().book();
    let page = request.fill(
        request.rest_of(&book.budgets),
        |((line, year), _)| format!("{line}/{year}"),
        |((line, of), budget)| year.is_none_or(|year| year == *of).then(|| resource::budget(line, *of, budget)),
    );
    Ok(v1::ListBudgetsResponse { budgets: page.items, next_page_token: page.next_page_token })
}

fn key(text: &str) -> Option<(BudgetLineId, FiscalYear)> {
    let (line, year) = text.split_once('/')?;
    Some((BudgetLineId::parse(line).ok()?, FiscalYear::parse(year).ok()?))
}
