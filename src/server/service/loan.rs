//! `LoanService`.

use tonic::{Request, Response, async_trait};

use super::Answer;
use crate::book::nouns::Caller;
use crate::decide::rejection::{Reason, Rejection};
use crate::identifier::LoanId;
use crate::proto::v1;
use crate::proto::v1::loan_service_server::LoanService;
use crate::server::access::{sees_loan, unknown};
use crate::server::edge::Edge;
use crate::server::page::PageRequest;
use crate::server::parse::{self, query};
use crate::server::render::resource;

#[async_trait]
impl LoanService for Edge {
    async fn file_loan(&self, request: Request<v1::FileLoanRequest>) -> Answer<v1::FileLoanResponse> {
        Ok(self.write(request, parse::loan::file).await?)
    }

    async fn disburse_loan(&self, request: Request<v1::DisburseLoanRequest>) -> Answer<v1::DisburseLoanResponse> {
        Ok(self.write(request, parse::loan::disburse).await?)
    }

    async fn record_interest_payment(
        &self,
        request: Request<v1::RecordInterestPaymentRequest>,
    ) -> Answer<v1::RecordInterestPaymentResponse> {
        Ok(self.write(request, parse::loan::record_interest).await?)
    }

    async fn record_principal_payment(
        &self,
        request: Request<v1::RecordPrincipalPaymentRequest>,
    ) -> Answer<v1::RecordPrincipalPaymentResponse> {
        Ok(self.write(request, parse::loan::record_principal).await?)
    }

    async fn extend_loan(&self, request: Request<v1::ExtendLoanRequest>) -> Answer<v1::ExtendLoanResponse> {
        Ok(self.write(request, parse::loan::extend).await?)
    }

    async fn mark_loan_overdue(
        &self,
        request: Request<v1::MarkLoanOverdueRequest>,
    ) -> Answer<v1::MarkLoanOverdueResponse> {
        Ok(self.write(request, parse::loan::mark_overdue).await?)
    }

    async fn mark_loan_non_performing(
        &self,
        request: Request<v1::MarkLoanNonPerformingRequest>,
    ) -> Answer<v1::MarkLoanNonPerformingResponse> {
        Ok(self.write(request, parse::loan::mark_non_performing).await?)
    }

    async fn mark_loan_cured(&self, request: Request<v1::MarkLoanCuredRequest>) -> Answer<v1::MarkLoanCuredResponse> {
        Ok(self.write(request, parse::loan::mark_cured).await?)
    }

    async fn settle_loan(&self, request: Request<v1::SettleLoanRequest>) -> Answer<v1::SettleLoanResponse> {
        Ok(self.write(request, parse::loan::settle).await?)
    }

    async fn close_loan(&self, request: Request<v1::CloseLoanRequest>) -> Answer<v1::CloseLoanResponse> {
        Ok(self.write(request, parse::loan::close).await?)
    }

    async fn withdraw_loan(&self, request: Request<v1::WithdrawLoanRequest>) -> Answer<v1::WithdrawLoanResponse> {
        Ok(self.write(request, parse::loan::withdraw).await?)
    }

    async fn get_loan(&self, request: Request<v1::GetLoanRequest>) -> Answer<v1::GetLoanResponse> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(get_loan(self, &caller, &message)?))
    }

    async fn list_loans(&self, request: Request<v1::ListLoansRequest>) -> Answer<v1::ListLoansResponse> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(list_loans(self, &caller, &message)?))
    }
}

fn get_loan(edge: &Edge, caller: &Caller, message: &v1::GetLoanRequest) -> Result<v1::GetLoanResponse, Rejection> {
    let id = query(|violations| parse::loan::loan_id(violations, &message.loan_id))?;
    let book = edge.reader().book();
    let found = book.loans.get(&id).filter(|loan| sees_loan(&book, caller, loan));
    let found = found.ok_or_else(|| unknown(Reason::LoanUnknown, "loan_id", &id))?;
    Ok(v1::GetLoanResponse { loan: Some(resource::loan(id, &found)) })
}

fn list_loans(
    edge: &Edge,
    caller: &Caller,
    message: &v1::ListLoansRequest,
) -> Result<v1::ListLoansResponse, Rejection> {
    let (filter, request) = query(|violations| {
        let filter = parse::loan::list(message, violations);
        let read = |text: &str| LoanId::parse(text).ok();
        let request = PageRequest::read(violations, message.page_size, &message.page_token, read);
        Some((filter?, request?))
    })?;
    let view = edge.reader().view();
    let book = &view.book;
    // A borrower's and a bank's loans are at hand; only the bureau looks at all loans. What is not the caller's is no
    // candidate: a page must not end there.
    let (borrower, bank) =
        (filter.borrower.or(caller.enterprise), caller.institution.as_ref().or(filter.bank.as_ref()));
    let seen = |id: &LoanId| book.loans.get(id).is_some_and(|loan| sees_loan(book, caller, &loan));
    let own = borrower.and_then(|uscc| book.enterprises.get(&uscc)).map(|one| one.loans.clone());
    let own = own.unwrap_or_default().into_iter().filter(|id| request.is_ahead(id) && seen(id));
    let bank =
        bank.filter(|_| borrower.is_none()).map(|bank| request.rest_of_set(&view.index.of_institution(bank).loans));
    let all = (borrower.is_none() && bank.is_none()).then(|| request.rest_of_shelf(&book.loans).copied());
    let candidates = own.chain(bank.into_iter().flatten().copied()).chain(all.into_iter().flatten());
    let page = request.fill(candidates, ToString::to_string, |id| {
        let loan = book.loans.get(&id).filter(|loan| sees_loan(book, caller, loan))?;
        let wanted = filter.borrower.is_none_or(|borrower| borrower == loan.terms.borrower)
            && filter.bank.as_ref().is_none_or(|bank| *bank == loan.terms.bank)
            && filter.state.is_none_or(|state| state == loan.state);
        wanted.then(|| resource::loan(id, &loan))
    });
    Ok(v1::ListLoansResponse { loans: page.items, next_page_token: page.next_page_token })
}
