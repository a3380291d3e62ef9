//! `IdentityService.IssueLoginCode`.

use crate::book::nouns::{Caller, Role};
use crate::decide::rejection::{Reason, Rejection};
use crate::identifier::{Invalid, Uscc};
use crate::proto::v1;
use crate::server::access::{sees_enterprise, unknown};
use crate::server::authenticate::{AuthenticatedIdentity, Credential, PortalLogin};
use crate::server::edge::Edge;
use crate::server::logins::{CODE_MINUTES_DEFAULT, CODE_MINUTES_MAX, Visitor, ends_after};
use crate::server::parse::query;
use crate::server::render::timestamp;

/// For the caller itself, or, by an officer, for an enterprise.
pub(super) fn issue(
    edge: &Edge,
    identity: &AuthenticatedIdentity,
    caller: &Caller,
    message: &v1::IssueLoginCodeRequest,
) -> Result<v1::IssueLoginCodeResponse, Rejection> {
    // Who came in with a code must not make himself another: a session would never end.
    if matches!(identity.credential, Credential::Portal(_)) && message.enterprise.is_empty() {
        return Err(denied("a login to the pages makes no code for itself", "网页登录不能为自己签发登录码"));
    }
    let (enterprise, minutes) = query(|violations| {
        let enterprise = violations.optional("enterprise", &message.enterprise, Uscc::parse);
        let minutes = violations.take("minutes", minutes(message.minutes));
        Some((enterprise?, minutes?))
    })?;
    let now = edge.clock().now();
    let ends = ends_after(now, minutes);
    let (name, code) = match enterprise {
        None => (identity.name.clone(), edge.logins.issue_own(identity, caller, ends, now)),
        Some(uscc) => {
            if caller.role != Role::Officer {
                return Err(denied(
                    "only an officer issues codes for enterprises",
                    "企业登录码只能由主管部门受理人员签发",
                ));
            }
            let book = edge.reader().book();
            let known = book.enterprises.contains_key(&uscc) && sees_enterprise(&book, caller, uscc);
            drop(book);
            if !known {
                return Err(unknown(Reason::EnterpriseUnknown, "enterprise", &uscc));
            }
            let visitor = Visitor::enterprise(uscc, PortalLogin::Code);
            (visitor.name.clone(), edge.logins.issue(visitor, ends, now))
        }
    };
    let code = code.ok_or_else(|| Rejection::plain(Reason::Unavailable))?;
    Ok(v1::IssueLoginCodeResponse { code, name, expires_at: Some(timestamp(ends)) })
}

fn minutes(asked: u32) -> Result<u32, Invalid> {
    match asked {
        0 => Ok(CODE_MINUTES_DEFAULT),
        1..=CODE_MINUTES_MAX => Ok(asked),
        _ => Err(Invalid::new(
            format!("`{asked}` minutes are too many; expected 1 to {CODE_MINUTES_MAX}"),
            format!("“{asked}”分钟过长；应为 1 至 {CODE_MINUTES_MAX}"),
        )),
    }
}

fn denied(en: &str, zh: &str) -> Rejection {
    Rejection::new(Reason::PermissionDenied, "", en, zh)
}
