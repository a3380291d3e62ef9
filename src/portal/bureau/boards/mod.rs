//! Boards of the bureau (看板) and pages of the auditor (审计): figures as charts, reconciliation, closing of months and
//! years, reports, rulebooks, and whether the books are intact.
//!
//! One file for each kind of page. Who may do what is the guard's to say: a page asks the same table only to leave out
//! buttons that would be refused.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};

use crate::book::nouns::Role;
use crate::decide::permission::roles_of;
use crate::decide::rejection::Class;
use crate::portal::Portal;
use crate::portal::fields::UPLOAD_BYTES_MAX;
use crate::portal::language::Language;
use crate::portal::problem::{Problem, escaped};
use crate::portal::visit::Member;
use crate::server::inside::Refusal;

mod access;
mod adoption;
mod books;
mod chart;
mod closing;
mod comparison;
mod correction;
mod dashboard;
mod making;
mod periods;
mod reconciliation;
mod reports;
mod rows;
mod rule_words;
mod rulebooks;
mod sheet;
mod sign_off;
mod statements;
mod verification;

/// The most bytes that are read of a form with a file: more than is kept, so that a browser hears that it is too much.
const FORM_BYTES_READ: usize = 4 * UPLOAD_BYTES_MAX;

/// Their addresses.
pub(super) fn routes() -> Router<Portal> {
    let files = Router::new()
        .route("/bureau/reconciliation", get(reconciliation::overview).post(reconciliation::receive))
        .route("/bureau/rulebooks/new", get(adoption::choose).post(adoption::receive))
        .layer(DefaultBodyLimit::max(FORM_BYTES_READ));
    Router::new()
        .route("/bureau/boards", get(dashboard::boards))
        .route("/bureau/reconciliation/files/{id}", get(comparison::preview))
        .route("/bureau/reconciliation/files/{id}/layout", post(comparison::read_again))
        .route("/bureau/reconciliation/files/{id}/result", get(comparison::result))
        .route("/bureau/reconciliation/files/{id}/result.xlsx", get(comparison::workbook))
        .route("/bureau/reconciliation/files/{id}/sign", post(sign_off::sign))
        .route("/bureau/reconciliation/files/{id}/discard", post(sign_off::discard))
        .route("/bureau/periods", get(periods::overview))
        .route("/bureau/periods/close", get(periods::ask).post(periods::close))
        .route("/bureau/periods/year", get(closing::ask_year).post(closing::close_year))
        .route("/bureau/periods/run", get(closing::ask_run).post(closing::run))
        .route("/bureau/reports", get(reports::list))
        .route("/bureau/reports/{name}", get(reports::form).post(reports::run))
        .route("/bureau/reports/{name}/file/{id}", get(reports::file))
        .route("/bureau/rulebooks", get(rulebooks::list))
        .route("/bureau/rulebooks/drafts/{id}", get(adoption::draft))
        .route("/bureau/rulebooks/drafts/{id}/adopt", post(adoption::adopt))
        .route("/bureau/rulebooks/{id}/{version}", get(rulebooks::reference))
        .route("/bureau/rulebooks/{id}/{version}/text", get(rulebooks::text))
        .route("/bureau/rulebooks/{id}/{version}/correct", get(correction::ask).post(correction::correct))
        .route("/bureau/books", get(books::overview))
        .route("/bureau/books/checkpoint", get(books::checkpoint))
        .route("/bureau/books/compare", get(books::lost).post(books::compare))
        .route("/bureau/books/verify", get(verification::show).post(verification::start))
        .route("/bureau/books/access", get(access::newest).post(access::search))
        .merge(files)
}

/// Whether the role at login may call this RPC: for leaving out buttons. The guard decides.
pub(super) fn may(member: &Member, rpc: &str) -> bool {
    Role::parse(&member.session.role).is_some_and(|role| roles_of(rpc).contains(&role))
}

/// What a refusal says, if it is one that a form can be corrected for; other refusals are pages of their own.
pub(super) fn correctable(l: Language, refusal: Refusal) -> Result<String, Problem> {
    match refusal.class {
        Class::InvalidArgument | Class::FailedPrecondition | Class::AlreadyExists | Class::ResourceExhausted => {
            Ok(l.words(&refusal.said))
        }
        Class::NotFound
        | Class::Unauthenticated
        | Class::PermissionDenied
        | Class::DeadlineExceeded
        | Class::Unavailable => Err(refusal.into()),
    }
}

/// A file to keep. The name is for people: it may have Chinese letters (RFC 6266).
pub(super) fn download(kind: &'static str, name: &str, content: Vec<u8>) -> Result<Response, Problem> {
    let plain: String = name.chars().map(|letter| if letter.is_ascii_graphic() { letter } else { '_' }).collect();
    let plain = plain.replace(['"', '\\'], "_");
    let disposition = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{}", escaped(name).replace('/', "_"));
    let disposition = HeaderValue::from_str(&disposition).map_err(|_wrong| Problem::Fault)?;
    let kind = HeaderValue::from_static(kind);
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, disposition)], content).into_response())
}
