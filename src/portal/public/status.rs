//! One application by its number and query code (编号加查询码): without an account, and nothing but this one.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use crate::identifier::ApplicationId;
use crate::portal::Portal;
use crate::portal::enterprise::view::ApplicationView;
use crate::portal::fields::Fields;
use crate::portal::layout::{Frame, page};
use crate::portal::problem::Problem;
use crate::portal::visit::Visit;
use crate::proto::v1;
use crate::server::authenticate::PortalLogin;
use crate::server::inside::applicant;
use crate::server::logins::Visitor;

#[derive(Template)]
#[template(path = "public/status.html")]
struct Status {
    frame: Frame,
    error: String,
    number: String,
    code: String,
    found: Option<ApplicationView>,
}

/// What stands behind a QR code: the number and its code, which together say nothing of whose it is.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Printed {
    #[serde(default)]
    n: String,
    #[serde(default)]
    c: String,
}

pub(super) async fn asked(
    State(portal): State<Portal>,
    visit: Visit,
    Query(Printed { n, c }): Query<Printed>,
) -> Result<Response, Problem> {
    if n.is_empty() || c.is_empty() {
        return Ok(answer(&visit, n, c, "", None));
    }
    look_up(&portal, &visit, n, c).await
}

pub(super) async fn looked_up(State(portal): State<Portal>, visit: Visit, fields: Fields) -> Result<Response, Problem> {
    look_up(&portal, &visit, fields.get("number").to_owned(), fields.get("code").to_owned()).await
}

/// A wrong code and a number that is nobody's are answered alike.
async fn look_up(portal: &Portal, visit: &Visit, number: String, code: String) -> Result<Response, Problem> {
    let now = portal.now();
    if !portal.attempts().may_try(visit.from, now) {
        return Err(Problem::TooManyAttempts);
    }
    let id = application_id(&number);
    let right = id.as_ref().is_some_and(|id| portal.secret().is_query_code(id, &code));
    let known = id.filter(|_| right).and_then(|id| Some((applicant(portal.edge(), &id)?, id)));
    let Some((whose, id)) = known else {
        portal.attempts().note_wrong(visit.from, now);
        let error =
            visit.language.say("编号与查询码不符，请核对后重试。", "Number and query code do not belong together.");
        return Ok(answer(visit, number, code, error, None));
    };
    let visitor = Visitor::enterprise(whose, PortalLogin::StatusCode).at(visit.from);
    let request = v1::GetApplicationRequest { application_id: id };
    let found = portal.ask_as(&visitor, request).await?.application.unwrap_or_default();
    let view = ApplicationView::of(visit.language, &found, None);
    Ok(answer(visit, number, code, "", Some(view)))
}

/// `57` and `application-57` are one application.
fn application_id(typed: &str) -> Option<String> {
    let typed = typed.trim().to_ascii_lowercase();
    let id = if typed.bytes().all(|byte| byte.is_ascii_digit()) { format!("application-{typed}") } else { typed };
    ApplicationId::parse(&id).ok().map(|id| id.to_string())
}

fn answer(visit: &Visit, number: String, code: String, error: &str, found: Option<ApplicationView>) -> Response {
    let frame = Frame::of(visit, visit.language.say("进度查询", "Status"));
    // The switch of language sends the form again: an address must not carry what was typed.
    let frame = if found.is_some() { frame.resending("again") } else { frame };
    page(&Status { frame, error: error.to_owned(), number, code, found })
}
