//! Logging in and out: with a code that the bureau issued, or by the city's identity provider.

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;

use super::Portal;
use super::fields::Fields;
use super::layout::{Frame, page};
use super::problem::{Problem, see_other};
use super::session::{Audience, Session};
use super::visit::{Visit, session_cookie, set_cookie};
use crate::book::nouns::Role;
use crate::decide::rejection::Class;
use crate::proto::v1;
use crate::server::inside::redeem;
use crate::server::logins::Visitor;

pub mod fetch;
pub mod id_token;
pub mod provider;

/// Their addresses.
pub fn routes() -> Router<Portal> {
    Router::new()
        .route("/login", get(asked).post(with_code))
        .route("/login/provider", get(provider::depart))
        .route("/login/return", get(provider::arrive))
        .route("/logout", post(logout))
}

#[derive(Template)]
#[template(path = "login.html")]
struct Login {
    frame: Frame,
    error: String,
    provider: bool,
    next: String,
}

/// Where to go after a login.
#[derive(Debug, Default, Deserialize)]
pub struct Onward {
    #[serde(default)]
    next: String,
}

async fn asked(State(portal): State<Portal>, visit: Visit, Query(onward): Query<Onward>) -> Response {
    form(&portal, &visit, onward.next, "")
}

fn form(portal: &Portal, visit: &Visit, next: String, error: &str) -> Response {
    let frame = Frame::of(visit, visit.language.say("登录", "Log in"));
    page(&Login { frame, error: error.to_owned(), provider: portal.provider().is_some(), next })
}

async fn with_code(State(portal): State<Portal>, visit: Visit, fields: Fields) -> Result<Response, Problem> {
    let now = portal.now();
    if !portal.attempts().may_try(visit.from, now) {
        return Err(Problem::TooManyAttempts);
    }
    let Some(visitor) = redeem(portal.edge(), fields.get("code")) else {
        portal.attempts().note_wrong(visit.from, now);
        let error = visit.language.say(
            "登录码不正确、已使用或已过期。请核对后重试，或向主管部门索取新的登录码。",
            "This code is wrong, used or out of date. Check it, or ask the bureau for a new one.",
        );
        return Ok(form(&portal, &visit, fields.get("next").to_owned(), error));
    };
    let_in(&portal, &visit, visitor, fields.get("next")).await
}

/// Opens a session for whoever a login stands for, if the ledger lets it in and there are pages for it.
async fn let_in(portal: &Portal, visit: &Visit, visitor: Visitor, next: &str) -> Result<Response, Problem> {
    let visitor = visitor.at(visit.from);
    let me = portal.ask_as(&visitor, v1::WhoAmIRequest {}).await?;
    let audience = match Role::parse(&me.role) {
        Some(Role::Enterprise) => Audience::Enterprise,
        Some(Role::Officer | Role::Finance | Role::Auditor | Role::Operator) => Audience::Bureau,
        // Banks, guarantors and insurers call the API from their own systems.
        Some(Role::Bank | Role::Guarantor | Role::Insurer) | None => return Err(Problem::Forbidden),
    };
    let name = match audience {
        Audience::Bureau => me.person.clone(),
        Audience::Enterprise => {
            let request = v1::GetEnterpriseRequest { enterprise: me.enterprise.clone() };
            match portal.ask_as(&visitor, request).await {
                Ok(known) => known.enterprise.unwrap_or_default().details.unwrap_or_default().name,
                Err(refusal) if refusal.class == Class::NotFound => return Err(Problem::NotKnownHere),
                Err(refusal) => return Err(refusal.into()),
            }
        }
    };
    let mut session = Session::new(visitor, audience, portal.now());
    (session.role, session.enterprise, session.name) = (me.role, me.enterprise, name);
    // A new cookie: whoever planted the old one gains nothing.
    portal.sessions().close(&visit.cookie);
    let cookie = portal.sessions().open(session).ok_or(Problem::Fault)?;
    let mut answer = see_other(local(next).unwrap_or(audience.home()));
    set_cookie(&mut answer, &session_cookie(portal, &cookie, false));
    Ok(answer)
}

/// An address of ours; nobody is sent elsewhere.
fn local(next: &str) -> Option<&str> {
    let own = next.starts_with('/') && !next.starts_with("//") && !next.starts_with("/\\");
    let plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    (own && plain && next.len() <= 200 && !next.starts_with("/login")).then_some(next)
}

async fn logout(State(portal): State<Portal>, visit: Visit, _fields: Fields) -> Response {
    portal.sessions().close(&visit.cookie);
    portal.uploads().forget(&visit.cookie);
    let mut answer = see_other("/");
    set_cookie(&mut answer, &session_cookie(&portal, "", true));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere_after_a_login() {
        assert_eq!(local("/my/applications/application-57"), Some("/my/applications/application-57"));
        for wrong in ["", "https://evil.example/", "//evil.example", "/\\evil.example", "/a\\b", "/login", "/a\nb"] {
            assert_eq!(local(wrong), None, "{wrong}");
        }
    }
}
