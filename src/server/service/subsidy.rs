//! `SubsidyService`.

use tonic::{Request, Response, async_trait};

use super::Answer;
use crate::book::Book;
use crate::book::application::Application;
use crate::book::event::{Event, RequestKey};
use crate::book::nouns::{ApplicationState, Caller};
use crate::book::shelf::Held;
use crate::calendar::{CivilDate, FiscalYear};
use crate::decide::command::{self, Stamp};
use crate::decide::decide;
use crate::decide::rejection::{Reason, Rejection};
use crate::identifier::{ApplicationId, RequestId, Sequence, Uscc};
use crate::money::Amount;
use crate::proto::v1;
use crate::proto::v1::subsidy_service_server::SubsidyService;
use crate::rulebook::facts::CapKey;
use crate::rulebook::model::CapScope;
use crate::server::access::{sees_application, sees_grants_of, unknown};
use crate::server::edge::{Edge, unavailable};
use crate::server::page::{PAGE_ITEMS_MAX, PageRequest};
use crate::server::parse::{self, query};
use crate::server::render::decision::decision;
use crate::server::render::explanation::Detail;
use crate::server::render::{event, resource};

#[async_trait]
impl SubsidyService for Edge {
    async fn apply_subsidy(&self, request: Request<v1::ApplySubsidyRequest>) -> Answer<v1::ApplySubsidyResponse> {
        Ok(self.write(request, parse::subsidy::apply).await?)
    }

    async fn approve_subsidy(&self, request: Request<v1::ApproveSubsidyRequest>) -> Answer<v1::ApproveSubsidyResponse> {
        Ok(self.write(request, parse::subsidy::approve).await?)
    }

    async fn refuse_subsidy(&self, request: Request<v1::RefuseSubsidyRequest>) -> Answer<v1::RefuseSubsidyResponse> {
        Ok(self.write(request, parse::subsidy::refuse).await?)
    }

    async fn withdraw_subsidy(
        &self,
        request: Request<v1::WithdrawSubsidyRequest>,
    ) -> Answer<v1::WithdrawSubsidyResponse> {
        Ok(self.write(request, parse::subsidy::withdraw).await?)
    }

    async fn pay_subsidy(&self, request: Request<v1::PaySubsidyRequest>) -> Answer<v1::PaySubsidyResponse> {
        Ok(self.write(request, parse::subsidy::pay).await?)
    }

    async fn demand_clawback(&self, request: Request<v1::DemandClawbackRequest>) -> Answer<v1::DemandClawbackResponse> {
        Ok(self.write(request, parse::subsidy::demand_clawback).await?)
    }

    async fn record_clawback(&self, request: Request<v1::RecordClawbackRequest>) -> Answer<v1::RecordClawbackResponse> {
        Ok(self.write(request, parse::subsidy::record_clawback).await?)
    }

    async fn record_red_letter_invoice(
        &self,
        request: Request<v1::RecordRedLetterInvoiceRequest>,
    ) -> Answer<v1::RecordRedLetterInvoiceResponse> {
        Ok(self.write(request, parse::subsidy::record_red_letter).await?)
    }

    async fn run_closing(&self, request: Request<v1::RunClosingRequest>) -> Answer<v1::RunClosingResponse> {
        Ok(self.write(request, parse::subsidy::run_closing).await?)
    }

    async fn quote_subsidy(&self, request: Request<v1::QuoteSubsidyRequest>) -> Answer<v1::QuoteSubsidyResponse> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(quote_subsidy(self, &caller, &message)?))
    }

    async fn list_applications(
        &self,
        request: Request<v1::ListApplicationsRequest>,
    ) -> Answer<v1::ListApplicationsResponse> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(list_applications(self, &caller, &message)?))
    }

    async fn get_enterprise_year(
        &self,
        request: Request<v1::GetEnterpriseYearRequest>,
    ) -> Answer<v1::GetEnterpriseYearResponse> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(get_enterprise_year(self, &caller, &message)?))
    }

    async fn get_application(&self, request: Request<v1::GetApplicationRequest>) -> Answer<v1::GetApplicationResponse> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(get_application(self, &caller, &message).await?))
    }
}

/// Decides as for a write, on what is durable, and forgets the answer.
fn quote_subsidy(
    edge: &Edge,
    caller: &Caller,
    message: &v1::QuoteSubsidyRequest,
) -> Result<v1::QuoteSubsidyResponse, Rejection> {
    let (effective_date, command) = query(|violations| {
        let effective_date = violations.optional("effective_date", &message.effective_date, CivilDate::parse);
        let command = parse::subsidy::quote(message, violations);
        Some((effective_date?, command?))
    })?;
    let id = RequestId::from_bytes([0xff; 16]).ok_or_else(|| Rejection::plain(Reason::Unavailable))?;
    let key = RequestKey { id, digest: [0; 32] };
    let request = command::Request { caller: caller.clone(), key, effective_date, book_late: false, command };
    let book = edge.reader().book();
    let stamp =
        Stamp { sequence: book.last_sequence().next(), recorded_at: edge.clock().stamp_after(book.last_recorded_at()) };
    let entry = decide(&book, &stamp, &request)?;
    drop(book);
    let application = if let Event::SubsidyApplied(applied) = &entry.event {
        Some(event::subsidy_applied(applied, String::new(), Detail::Sentences))
    } else {
        None
    };
    Ok(v1::QuoteSubsidyResponse { decision: Some(decision(&entry, false)), application })
}

/// The state is in the book; the lines with their explanations are in the entry that created it.
async fn get_application(
    edge: &Edge,
    caller: &Caller,
    message: &v1::GetApplicationRequest,
) -> Result<v1::GetApplicationResponse, Rejection> {
    let id = query(|violations| parse::subsidy::application_id(violations, &message.application_id))?;
    let mut application = {
        let book = edge.reader().book();
        let found = book.applications.get(&id).filter(|one| sees_application(&book, caller, one));
        let found = found.ok_or_else(|| unknown(Reason::ApplicationUnknown, "application_id", &id))?;
        resource::application(id, &found)
    };
    let entry = edge.reader().entry(Sequence::new(id.number())).await.map_err(|fault| unavailable(&fault))?;
    if let Some(entry) = entry {
        application.decision = Some(decision(&entry, true));
        if let Event::SubsidyApplied(applied) = &entry.event {
            application.lines =
                applied.lines.iter().map(|line| event::application_line(line, Detail::Sentences)).collect();
        }
    }
    Ok(v1::GetApplicationResponse { application: Some(application) })
}

fn list_applications(
    edge: &Edge,
    caller: &Caller,
    message: &v1::ListApplicationsRequest,
) -> Result<v1::ListApplicationsResponse, Rejection> {
    let (filter, request) = query(|violations| {
        let filter = parse::subsidy::list(message, violations);
        let read = |text: &str| ApplicationId::parse(text).ok();
        let request = PageRequest::read(violations, message.page_size, &message.page_token, read);
        Some((filter?, request?))
    })?;
    let view = edge.reader().view();
    let book = &view.book;
    let loan = filter.loan.and_then(|id| book.loans.get(&id));
    // An enterprise's and a bank's applications are at hand; only the bureau looks at all. What is not the caller's is no
    // candidate: a page must not end there.
    let applicant = filter.enterprise.or(caller.enterprise).or_else(|| loan.map(|loan| loan.terms.borrower));
    let own = applicant.and_then(|uscc| book.enterprises.get(&uscc)).map(|one| one.applications.clone());
    let seen = |id: &ApplicationId| book.applications.get(id).is_some_and(|one| sees_application(book, caller, &one));
    let own = own.unwrap_or_default().into_iter().filter(|id| request.is_ahead(id) && seen(id));
    let bank = caller.institution.as_ref().filter(|_| applicant.is_none());
    let bank = bank.map(|bank| request.rest_of_set(&view.index.of_institution(bank).applications));
    let all = (applicant.is_none() && bank.is_none()).then(|| request.rest_of_shelf(&book.applications).copied());
    let candidates = own.chain(bank.into_iter().flatten().copied()).chain(all.into_iter().flatten());
    let page = request.fill(candidates, ToString::to_string, |id| {
        let one = book.applications.get(&id).filter(|one| sees_application(book, caller, one))?;
        let wanted = filter.enterprise.is_none_or(|enterprise| enterprise == one.enterprise)
            && filter.loan.is_none_or(|loan| one.loan == Some(loan))
            && filter.state.is_none_or(|state| state == one.state);
        wanted.then(|| resource::application(id, &one))
    });
    Ok(v1::ListApplicationsResponse { applications: page.items, next_page_token: page.next_page_token })
}

fn get_enterprise_year(
    edge: &Edge,
    caller: &Caller,
    message: &v1::GetEnterpriseYearRequest,
) -> Result<v1::GetEnterpriseYearResponse, Rejection> {
    let (uscc, year) = query(|violations| parse::subsidy::enterprise_year(message, violations))?;
    let book = edge.reader().book();
    let found = book.enterprises.get(&uscc).filter(|_| sees_grants_of(&book, caller, uscc));
    let found = found.ok_or_else(|| unknown(Reason::EnterpriseUnknown, "enterprise", &uscc))?;
    let of_year: Vec<(ApplicationId, Held<'_, Application>)> = found
        .applications
        .iter()
        .filter_map(|id| Some((*id, book.applications.get(id)?)))
        .filter(|(_, one)| one.budget.1 == year)
        .collect();
    let sum = |stage: Stage| {
        Amount::total(of_year.iter().filter(|(_, one)| Stage::of(one.state) == stage).map(|(_, one)| one.granted))
    };
    let (pending, paid) = (sum(Stage::Pending), sum(Stage::Paid));
    let clawed_back = Amount::total(of_year.iter().map(|(_, one)| one.received_back));
    let skipped = of_year.len().saturating_sub(PAGE_ITEMS_MAX);
    // Copied, to be rendered when the book is let go: nothing is written meanwhile.
    let latest: Vec<(ApplicationId, Application)> =
        of_year.into_iter().skip(skipped).map(|(id, one)| (id, one.into_owned())).collect();
    let caps = caps(&book, uscc, year);
    drop(book);
    Ok(v1::GetEnterpriseYearResponse {
        enterprise_year: Some(v1::EnterpriseYear {
            enterprise: uscc.to_string(),
            year: event::year(year),
            granted: pending.plus(paid).to_string(),
            pending: pending.to_string(),
            paid: paid.to_string(),
            clawed_back: clawed_back.to_string(),
            caps,
            applications: latest.iter().map(|(id, one)| resource::application(*id, one)).collect(),
        }),
    })
}

/// What an application's award counts as.
#[derive(PartialEq, Eq)]
enum Stage {
    Pending,
    Paid,
    Nothing,
}

impl Stage {
    const fn of(state: ApplicationState) -> Self {
        match state {
            ApplicationState::Submitted | ApplicationState::Approved | ApplicationState::AwaitingClosing => {
                Self::Pending
            }
            ApplicationState::Paid | ApplicationState::ClawbackDemanded | ApplicationState::ClawedBack => Self::Paid,
            ApplicationState::Refused | ApplicationState::Withdrawn => Self::Nothing,
        }
    }
}

/// The yearly caps of every version that was in force on some day of the year.
fn caps(book: &Book, enterprise: Uscc, year: FiscalYear) -> Vec<v1::CapUse> {
    let versions = book.rulebooks.iter().filter(|rulebook| {
        let ended = rulebook.valid_until.is_some_and(|last| last < year.first_day());
        rulebook.valid_from <= year.last_day() && !ended
    });
    let programmes = versions.flat_map(|rulebook| rulebook.programmes.iter().map(move |one| (rulebook, one)));
    let mut found = Vec::new();
    for (rulebook, programme) in programmes {
        for cap in programme.caps.iter().filter(|cap| cap.scope == CapScope::EnterpriseYear) {
            let key = CapKey { cap: cap.id.clone(), enterprise, year: Some(year), loan: None };
            let used = book.cap_used(&key);
            found.push(v1::CapUse {
                cap_id: cap.id.to_string(),
                programme_id: programme.id.to_string(),
                rulebook: Some(event::rulebook(&rulebook.reference())),
                limit: cap.amount.to_string(),
                used: used.to_string(),
                left: cap.amount.minus(used).floored_at_zero().to_string(),
            });
        }
    }
    found
}
