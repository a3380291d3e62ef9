//! Pages for the bureau (主管部门): officer, finance, auditor, operator. The desk: what waits, one case with what may be
//! done about it, several at once, and the search. The boards: figures, reconciliation, closing, reports, rulebooks, books.
//!
//! Addresses carry numbers of the journal: whose they are asks the guard, on every page, and what is in another district is
//! not found. A company is named by an entry that concerns it, never by its code.

use axum::Router;

use super::Portal;

mod act;
mod applications;
mod batch;
mod boards;
mod claims;
mod company;
mod entry;
mod loans;
mod queue;
mod search;
mod story;

/// Their addresses.
pub fn routes() -> Router<Portal> {
    Router::new()
        .merge(queue::routes())
        .merge(applications::routes())
        .merge(claims::routes())
        .merge(loans::routes())
        .merge(company::routes())
        .merge(entry::routes())
        .merge(batch::routes())
        .merge(search::routes())
        .merge(boards::routes())
}
