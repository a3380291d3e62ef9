//! `PoolService`.

use tonic::{Request, Response, async_trait};

use super::Answer;
use crate::book::Book;
use crate::book::chunked::Chunked;
use crate::book::nouns::Caller;
use crate::book::pool::{BankYear, Pool};
use crate::calendar::{CivilDate, FiscalYear};
use crate::decide::rejection::{Reason, Rejection};
use crate::identifier::{ClaimId, InstitutionId, PoolId};
use crate::money::Rounding;
use crate::proto::v1;
use crate::proto::v1::pool_service_server::PoolService;
use crate::rulebook::PoolRule;
use crate::server::access::{is_bureau, sees_claim, sees_institution, unknown};
use crate::server::edge::Edge;
use crate::server::page::PageRequest;
use crate::server::parse::{self, query};
use crate::server::render::{event, resource};

/// What an enterprise does not have: its own are in a list.
static NO_CLAIMS: Chunked<ClaimId, ()> = Chunked::new();

#[async_trait]
impl PoolService for Edge {
    async fn contribute_to_pool(
        &self,
        request: Request<v1::ContributeToPoolRequest>,
    ) -> Answer<v1::ContributeToPoolResponse> {
        Ok(self.write(request, parse::pool::contribute).await?)
    }

    async fn withdraw_from_pool(
        &self,
        request: Request<v1::WithdrawFromPoolRequest>,
    ) -> Answer<v1::WithdrawFromPoolResponse> {
        Ok(self.write(request, parse::pool::withdraw).await?)
    }

    async fn record_pool_interest(
        &self,
        request: Request<v1::RecordPoolInterestRequest>,
    ) -> Answer<v1::RecordPoolInterestResponse> {
        Ok(self.write(request, parse::pool::record_interest).await?)
    }

    async fn submit_claim(&self, request: Request<v1::SubmitClaimRequest>) -> Answer<v1::SubmitClaimResponse> {
        Ok(self.write(request, parse::pool::submit).await?)
    }

    async fn resume_claim(&self, request: Request<v1::ResumeClaimRequest>) -> Answer<v1::ResumeClaimResponse> {
        Ok(self.write(request, parse::pool::resume).await?)
    }

    async fn approve_claim(&self, request: Request<v1::ApproveClaimRequest>) -> Answer<v1::ApproveClaimResponse> {
        Ok(self.write(request, parse::pool::approve).await?)
    }

    async fn refuse_claim(&self, request: Request<v1::RefuseClaimRequest>) -> Answer<v1::RefuseClaimResponse> {
        Ok(self.write(request, parse::pool::refuse).await?)
    }

    async fn pay_claim(&self, request: Request<v1::PayClaimRequest>) -> Answer<v1::PayClaimResponse> {
        Ok(self.write(request, parse::pool::pay).await?)
    }

    async fn record_recovery(&self, request: Request<v1::RecordRecoveryRequest>) -> Answer<v1::RecordRecoveryResponse> {
        Ok(self.write(request, parse::pool::record_recovery).await?)
    }

    async fn write_off_claim(&self, request: Request<v1::WriteOffClaimRequest>) -> Answer<v1::WriteOffClaimResponse> {
        Ok(self.write(request, parse::pool::write_off).await?)
    }

    async fn get_pool(&self, request: Request<v1::GetPoolRequest>) -> Answer<v1::GetPoolResponse> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(get_pool(self, &caller, &message)?))
    }

    async fn get_claim(&self, request: Request<v1::GetClaimRequest>) -> Answer<v1::GetClaimResponse> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(get_claim(self, &caller, &message)?))
    }

    async fn list_claims(&self, request: Request<v1::ListClaimsRequest>) -> Answer<v1::ListClaimsResponse> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(list_claims(self, &caller, &message)?))
    }
}

fn get_pool(edge: &Edge, caller: &Caller, message: &v1::GetPoolRequest) -> Result<v1::GetPoolResponse, Rejection> {
    let id = query(|violations| violations.take("pool_id", PoolId::parse(&message.pool_id)))?;
    let (book, today) = (edge.reader().book(), edge.today());
    let pool = show_pool(&book, caller, &id, today).ok_or_else(|| unknown(Reason::PoolUnknown, "pool_id", &id))?;
    Ok(v1::GetPoolResponse { pool: Some(pool) })
}

/// A pool exists once money moved or a loan was filed, or as long as a rule for it is in force.
fn show_pool(book: &Book, caller: &Caller, id: &PoolId, today: CivilDate) -> Option<v1::Pool> {
    let (kept, in_force) = (book.pools.get(id), book.pool_rule_on(id, today));
    if kept.is_none() && in_force.is_none() {
        return None;
    }
    let empty = Pool::default();
    let pool = kept.unwrap_or(&empty);
    let rule = in_force.map(|(_, rule)| rule);
    let own = |bank: &InstitutionId| sees_institution(book, caller, bank);
    let bank_years = pool.bank_years.iter().filter(|((bank, _), _)| own(bank));
    let deferred = pool.deferred.iter().filter(|id| book.claims.get(id).is_some_and(|claim| own(&claim.bank)));
    let funders = pool.funders.iter().filter(|_| is_bureau(caller));
    Some(v1::Pool {
        pool_id: id.to_string(),
        rulebook: in_force.map(|(rulebook, _)| event::rulebook(&rulebook.reference())),
        cash: pool.cash.to_string(),
        free_balance: pool.free_balance().to_string(),
        exposure: pool.exposure.to_string(),
        leverage_limit: rule.and_then(|rule| rule.leverage_limit).map(|limit| limit.to_string()).unwrap_or_default(),
        exposure_limit: rule.map(|rule| exposure_limit(pool, rule)).unwrap_or_default(),
        bank_years: bank_years.map(|((bank, year), figures)| bank_year(bank, *year, figures, rule)).collect(),
        funders: funders
            .map(|(funder, amount)| v1::FunderBalance { funder_id: funder.to_string(), amount: amount.to_string() })
            .collect(),
        deferred_claim_ids: deferred.map(ToString::to_string).collect(),
    })
}

/// Free balance × leverage limit; empty where there is no limit, or the product is beyond all amounts.
fn exposure_limit(pool: &Pool, rule: &PoolRule) -> String {
    let limit = rule.leverage_limit.and_then(|limit| pool.free_balance().times(limit).ok());
    limit.map(|limit| limit.round(Rounding::Down).to_string()).unwrap_or_default()
}

fn bank_year(bank: &InstitutionId, year: FiscalYear, figures: &BankYear, rule: Option<&PoolRule>) -> v1::BankYear {
    let breaker = rule.and_then(|rule| rule.breaker.as_ref());
    v1::BankYear {
        bank_id: bank.to_string(),
        year: event::year(year),
        filed: figures.filed.to_string(),
        losses: figures.losses.to_string(),
        breaker_ratio: breaker.map(|breaker| breaker.ratio.to_string()).unwrap_or_default(),
        tripped: breaker.is_some_and(|breaker| figures.losses.exceeds_share(figures.filed, breaker.ratio)),
    }
}

fn get_claim(edge: &Edge, caller: &Caller, message: &v1::GetClaimRequest) -> Result<v1::GetClaimResponse, Rejection> {
    let id = query(|violations| parse::pool::claim_id(violations, &message.claim_id))?;
    let book = edge.reader().book();
    let found = book.claims.get(&id).filter(|claim| sees_claim(&book, caller, claim));
    let found = found.ok_or_else(|| unknown(Reason::ClaimUnknown, "claim_id", &id))?;
    Ok(v1::GetClaimResponse { claim: Some(resource::claim(id, found)) })
}

fn list_claims(
    edge: &Edge,
    caller: &Caller,
    message: &v1::ListClaimsRequest,
) -> Result<v1::ListClaimsResponse, Rejection> {
    let (filter, request) = query(|violations| {
        let filter = parse::pool::list(message, violations);
        let read = |text: &str| ClaimId::parse(text).ok();
        let request = PageRequest::read(violations, message.page_size, &message.page_token, read);
        Some((filter?, request?))
    })?;
    let view = edge.reader().view();
    let book = &view.book;
    // What is not the caller's is no candidate: a page must not end there.
    let own = match (&caller.institution, caller.enterprise) {
        (Some(institution), _) => Some(request.rest_of_either(&view.index.of_institution(institution).claims, &[])),
        (None, Some(uscc)) => Some(request.rest_of_either(&NO_CLAIMS, view.index.claims_for(uscc))),
        (None, None) => None,
    };
    let all = own.is_none().then(|| request.rest_of_chunked(&book.claims).map(|(id, _)| id));
    let candidates = own.into_iter().flatten().chain(all.into_iter().flatten());
    let page = request.fill(
        candidates.filter_map(|id| Some((id, book.claims.get(id)?))),
        |(id, _)| id.to_string(),
        |(id, claim)| {
            let wanted = filter.pool.as_ref().is_none_or(|pool| *pool == claim.pool)
                && filter.bank.as_ref().is_none_or(|bank| *bank == claim.bank)
                && filter.state.is_none_or(|state| state == claim.state);
            (wanted && sees_claim(book, caller, claim)).then(|| resource::claim(*id, claim))
        },
    );
    Ok(v1::ListClaimsResponse { claims: page.items, next_page_token: page.next_page_token })
}
