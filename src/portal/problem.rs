//! What can go wrong with a page, and the page that says so: in the visitor's language, with the number of the request to
//! quote, and with what to do next.

use askama::Template;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Portal;
use super::layout::{Frame, page};
use super::visit::Visit;
use crate::decide::rejection::Class;
use crate::server::inside::Refusal;

/// Why there is no page.
#[derive(Debug, Clone)]
pub enum Problem {
    /// There is no such page, or it is not the visitor's.
    NotFound,
    /// The page needs a login; then back to this address.
    LoginNeeded(String),
    /// The page is for others.
    Forbidden,
    /// The form came without its token: it is old, or not ours.
    FormStale,
    /// Another site sent the form.
    FormElsewhere,
    /// What was sent cannot be read.
    Unreadable,
    /// The way the page was asked for is not one of its own.
    MethodNotAllowed,
    /// More than a page takes.
    TooLarge,
    /// The page took too long.
    TooSlow,
    /// Too many wrong codes.
    TooManyAttempts,
    /// Whoever logged in is nobody to this ledger.
    NotKnownHere,
    /// The identity provider did not answer, or not as it should.
    ProviderFailed,
    /// The ledger refused.
    Refused(Box<Refusal>),
    /// A fault of ours.
    Fault,
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal.class {
            Class::NotFound => Self::NotFound,
            Class::InvalidArgument
            | Class::Unauthenticated
            | Class::PermissionDenied
            | Class::AlreadyExists
            | Class::FailedPrecondition
            | Class::ResourceExhausted
            | Class::DeadlineExceeded
            | Class::Unavailable => Self::Refused(Box::new(refusal)),
        }
    }
}

impl Problem {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::LoginNeeded(_) => StatusCode::SEE_OTHER,
            Self::Forbidden | Self::NotKnownHere | Self::FormStale | Self::FormElsewhere => StatusCode::FORBIDDEN,
            Self::Unreadable => StatusCode::BAD_REQUEST,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::GATEWAY_TIMEOUT,
            Self::TooManyAttempts => StatusCode::TOO_MANY_REQUESTS,
            Self::ProviderFailed => StatusCode::BAD_GATEWAY,
            Self::Fault => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Refused(refusal) => match refusal.class {
                Class::InvalidArgument => StatusCode::BAD_REQUEST,
                Class::Unauthenticated => StatusCode::UNAUTHORIZED,
                Class::PermissionDenied => StatusCode::FORBIDDEN,
                Class::NotFound => StatusCode::NOT_FOUND,
                Class::AlreadyExists | Class::FailedPrecondition => StatusCode::CONFLICT,
                Class::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
                Class::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
                Class::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            },
        }
    }

    /// A bare status, as the framework gives it.
    fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            status if status.is_client_error() => Self::Unreadable,
            _ => Self::Fault,
        }
    }

    /// The heading, what happened and what to do, in both languages: `[zh, en]` each.
    const fn texts(&self) -> [[&'static str; 2]; 2] {
        match self {
            Self::NotFound => [
                ["没有找到这个页面", "This page was not found"],
                ["地址可能有误，或该事项不属于您的账户。", "The address may be wrong, or it is not your account's."],
            ],
            Self::LoginNeeded(_) => [["请先登录", "Please log in"], ["", ""]],
            Self::Forbidden => [
                ["此页面不对您开放", "This page is not for you"],
                ["请返回首页，或用相应身份重新登录。", "Go back to the start page, or log in as somebody else."],
            ],
            Self::FormStale => [
                ["表单已过期", "The form is out of date"],
                [
                    "为安全起见未作任何处理。请返回上一页，刷新后重新提交。",
                    "To be safe, nothing was done. Go back, reload the page and send it again.",
                ],
            ],
            Self::FormElsewhere => [
                ["表单来自其他网站", "The form came from another site"],
                ["为安全起见未作任何处理。", "To be safe, nothing was done."],
            ],
            Self::Unreadable | Self::MethodNotAllowed => [
                ["无法读取提交的内容", "What was sent cannot be read"],
                ["请返回上一页重新提交。", "Go back and send it again."],
            ],
            Self::TooLarge => {
                [["提交的内容过大", "What was sent is too large"], ["请减少内容后重新提交。", "Send less."]]
            }
            Self::TooSlow => [
                ["处理超时", "It took too long"],
                [
                    "结果暂不确定：请先查看申请列表，再决定是否重新提交；重复提交同一确认页不会重复记账。",
                    "The outcome is not known: look at your applications first. Sending the same confirmation again books \
                     nothing twice.",
                ],
            ],
            Self::TooManyAttempts => {
                [["尝试次数过多", "Too many attempts"], ["请十分钟后再试。", "Please try again in ten minutes."]]
            }
            Self::NotKnownHere => [
                ["账本中没有您的登记", "The ledger does not know you"],
                [
                    "登录成功，但本账本尚未登记该企业或人员，请联系主管部门办理。",
                    "You are logged in, but this company or person is not registered here; please ask the bureau.",
                ],
            ],
            Self::ProviderFailed => [
                ["统一身份认证暂不可用", "The identity provider cannot be used now"],
                ["请稍后再试，或用一次性登录码登录。", "Try again later, or log in with a one-time code."],
            ],
            Self::Refused(_) => [["账本未受理", "The ledger did not take it"], ["", ""]],
            Self::Fault => [
                ["系统暂时无法处理", "The system cannot do this now"],
                [
                    "请稍后再试；如仍有问题，请提供下方编号。",
                    "Try again later; if it stays so, quote the number below.",
                ],
            ],
        }
    }
}

impl IntoResponse for Problem {
    /// A bare status that carries the problem; [`shown`] makes the page.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    frame: Frame,
    heading: String,
    text: String,
    reason: String,
    number: String,
}

/// The answer with its problem, if it has one, as a page.
pub fn shown(portal: &Portal, visit: &Visit, mut answer: Response) -> Response {
    let problem = answer.extensions_mut().remove::<Problem>();
    let status = answer.status();
    let bare = (status.is_client_error() || status.is_server_error()) && !is_html(&answer);
    let Some(problem) = problem.or_else(|| bare.then(|| Problem::of_status(status))) else { return answer };
    if let Problem::LoginNeeded(address) = &problem {
        return to_login(address);
    }
    if problem.status() == StatusCode::UNAUTHORIZED {
        // Whose login the ledger knows no more is not logged in.
        portal.sessions().close(&visit.cookie);
    }
    let language = visit.language;
    let [[heading_zh, heading_en], [text_zh, text_en]] = problem.texts();
    let (said, reason) = if let Problem::Refused(refusal) = &problem {
        (language.words(&refusal.said), refusal.reason.clone())
    } else {
        (language.say(text_zh, text_en).to_owned(), String::new())
    };
    let heading = language.say(heading_zh, heading_en).to_owned();
    let frame = Frame::of(visit, &heading);
    let number = visit.number.clone();
    let mut made = page(&ProblemPage { frame, heading, text: said, reason, number });
    *made.status_mut() = problem.status();
    if let Some(allow) = answer.headers().get(header::ALLOW) {
        made.headers_mut().insert(header::ALLOW, allow.clone());
    }
    made
}

fn is_html(answer: &Response) -> bool {
    let kind = answer.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("text/html"))
}

/// To the login, and from there back to an address of ours.
fn to_login(address: &str) -> Response {
    let target = if address == "/my" || address == "/bureau" { String::new() } else { address.to_owned() };
    let location = if target.is_empty() { "/login".to_owned() } else { format!("/login?next={}", escaped(&target)) };
    see_other(&location)
}

/// A redirect after a form, or to a login.
pub fn see_other(location: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let Ok(value) = HeaderValue::from_str(location) {
        response.headers_mut().insert(HeaderName::from_static("location"), value);
    }
    response
}

/// A text as the value of a query, RFC 3986.
pub fn escaped(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'/') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push_str(&hex::encode_upper([byte]));
        }
    }
    out
}
