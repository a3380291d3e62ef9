//! One request: whose browser, which language, which session. Made once, before any page; what went wrong in a page is
//! turned into a page here, in the visitor's language and with the request's number to quote.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use tokio::time::{Instant, timeout};
use tracing::info;

use super::language::{self, Language};
use super::problem::Problem;
use super::session::{Audience, Session, is_cookie, new_cookie};
use super::{Portal, csrf, headers::REQUEST_ID, problem};
use crate::calendar::Timestamp;
use crate::server::inside::intact;
use crate::server::logins::Visitor;

/// The longest that a page may take.
const PAGE_LIMIT: Duration = Duration::from_mins(1);

/// A request, as pages see it.
#[derive(Debug, Clone)]
pub struct Visit {
    /// What to write in.
    pub language: Language,
    /// The browser's cookie: of a session, or of somebody who is not logged in.
    pub cookie: String,
    /// The login, if there is one.
    pub session: Option<Session>,
    /// The token for forms.
    pub csrf: String,
    /// The path and query, without the choice of a language.
    pub address: String,
    /// Where the browser is.
    pub from: Option<SocketAddr>,
    /// The number of this request.
    pub number: String,
    /// Up to where the books are signed, for the bureau: how many entries, and when the last was recorded.
    pub intact: Option<(u64, Timestamp)>,
}

/// A visit of somebody who is logged in.
#[derive(Debug, Clone)]
pub struct Member {
    /// The visit.
    pub visit: Visit,
    /// The login.
    pub session: Session,
}

/// A visit of a company.
#[derive(Debug, Clone)]
pub struct Company(pub Member);

/// A visit of somebody of the bureau.
#[derive(Debug, Clone)]
pub struct Clerk(pub Member);

impl Member {
    /// Whom the login stands for, from where.
    pub fn visitor(&self) -> Visitor {
        self.session.visitor.clone().at(self.visit.from)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or(Problem::Fault)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Member {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let visit = Visit::from_request_parts(parts, state).await?;
        match visit.session.clone() {
            Some(session) => Ok(Self { visit, session }),
            None => Err(Problem::LoginNeeded(visit.address)),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Company {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let member = Member::from_request_parts(parts, state).await?;
        if member.session.audience == Audience::Enterprise { Ok(Self(member)) } else { Err(Problem::Forbidden) }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Clerk {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let member = Member::from_request_parts(parts, state).await?;
        if member.session.audience == Audience::Bureau { Ok(Self(member)) } else { Err(Problem::Forbidden) }
    }
}

/// Puts sessions, languages and errors around pages.
pub fn around(pages: Router<Portal>, portal: &Portal) -> Router<Portal> {
    pages.layer(from_fn_with_state(portal.clone(), pass))
}

async fn pass(State(portal): State<Portal>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let Some((mut visit, fresh)) = arrive(&portal, &request) else { return Problem::Fault.into_response() };
    if visit.session.as_ref().is_some_and(|session| session.audience == Audience::Bureau) {
        visit.intact = intact(portal.edge()).await;
    }
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let method = request.method().clone();
    let chose = language::chosen(request.uri(), request.headers()).1;
    let elsewhere = csrf::is_from_elsewhere(&method, request.headers());
    request.extensions_mut().insert(visit.clone());
    let answered = async { if elsewhere { Problem::FormElsewhere.into_response() } else { next.run(request).await } };
    let answer = timeout(PAGE_LIMIT, answered).await.unwrap_or_else(|_| Problem::TooSlow.into_response());
    let mut answer = problem::shown(&portal, &visit, answer);
    if fresh {
        set_cookie(&mut answer, &session_cookie(&portal, &visit.cookie, false));
    }
    if chose {
        let secure = if portal.is_secure() { "; Secure" } else { "" };
        let kept =
            format!("{}={}; Path=/; Max-Age=31536000; SameSite=Lax{secure}", language::COOKIE, visit.language.code());
        set_cookie(&mut answer, &kept);
    }
    if let Ok(number) = HeaderValue::from_str(&visit.number) {
        answer.headers_mut().insert(REQUEST_ID, number);
    }
    let (status, took) = (answer.status().as_u16(), began.elapsed().as_millis());
    // The route, never the address: it may carry the number of an application, or what somebody typed.
    info!(%method, route = route.unwrap_or_default(), status, ms = took, request = visit.number, "page");
    answer
}

/// The visit, and whether its cookie is new; `None` without random numbers.
fn arrive(portal: &Portal, request: &Request) -> Option<(Visit, bool)> {
    let headers = request.headers();
    let now = portal.now();
    let sent = cookie(headers, cookie_name(portal)).filter(|cookie| is_cookie(cookie));
    let session = sent.as_ref().and_then(|cookie| portal.sessions().find(cookie, now));
    let fresh = sent.is_none();
    let cookie = sent.or_else(new_cookie)?;
    let (language, _) = language::chosen(request.uri(), headers);
    let csrf = csrf::token(portal.secret(), &cookie);
    let address = without_language(request.uri().path(), request.uri().query());
    let number = number()?;
    let from = browser(portal, request);
    Some((Visit { language, cookie, session, csrf, address, from, number, intact: None }, fresh))
}

/// Where the browser is. A proxy on this machine is believed what it says last; nobody else is.
fn browser(portal: &Portal, request: &Request) -> Option<SocketAddr> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| *address);
    if !portal.config().behind_proxy {
        return peer;
    }
    let said = request.headers().get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    let last = said.rsplit(',').next()?.trim().parse().ok()?;
    Some(SocketAddr::new(last, 0))
}

/// The number of a request, short enough to be read out on the telephone.
fn number() -> Option<String> {
    let bytes = super::secret::random_bytes().ok()?;
    bytes.first_chunk::<5>().map(hex::encode_upper)
}

fn without_language(path: &str, query: Option<&str>) -> String {
    let pairs = query.into_iter().flat_map(|query| query.split('&')).filter(|pair| !pair.starts_with("lang="));
    let kept: Vec<&str> = pairs.filter(|pair| !pair.is_empty()).collect();
    if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) }
}

/// The name of the session's cookie. `__Host-` binds it to this host and to TLS, in every browser.
pub fn cookie_name(portal: &Portal) -> &'static str {
    if portal.is_secure() { "__Host-ipledger" } else { "ipledger" }
}

/// The header that sets the session's cookie, or takes it away.
pub fn session_cookie(portal: &Portal, value: &str, gone: bool) -> String {
    let secure = if portal.is_secure() { "; Secure" } else { "" };
    let age = if gone { "; Max-Age=0" } else { "" };
    format!("{}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}", cookie_name(portal))
}

/// Adds a cookie to an answer.
pub fn set_cookie(answer: &mut Response, cookie: &str) {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        answer.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// The value of a cookie that a browser sent.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let sent = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = sent.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(key, _)| *key == name).map(|(_, value)| value.to_owned()).next()
}
