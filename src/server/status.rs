//! [`Rejection`] → `tonic::Status` with details as in AIP-193.

use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, PreconditionViolation, QuotaViolation, StatusExt as _};

use crate::decide::rejection::{Class, Reason, Rejection, Violation};

/// Whose reasons they are (`ErrorInfo.domain`).
pub const ERROR_DOMAIN: &str = "ipledger";

/// The most violations in one status. A status travels in trailers, for which common clients take no more than 8 KiB.
pub const STATUS_VIOLATIONS_MAX: usize = 8;

/// The most characters of one violation's text in a status.
pub const STATUS_TEXT_CHARACTERS_MAX: usize = 240;

impl From<Rejection> for Status {
    fn from(rejection: Rejection) -> Self {
        let meaning = rejection.reason.meaning();
        let message = sentence(meaning.en, ": ", &rejection.violations, |violation| &violation.problem);
        let message_zh = sentence(meaning.zh, "：", &rejection.violations, |violation| &violation.problem_zh);
        Self::with_error_details(code(rejection.reason.class()), message, details(&rejection, message_zh))
    }
}

/// A refusal by a limit: `RetryInfo` says when to come back, `QuotaFailure` whose quota of what is used up.
pub(super) fn exhausted(rejection: &Rejection, (subject, quota): (&str, &str), retry_after: Duration) -> Status {
    let meaning = rejection.reason.meaning();
    let message = sentence(meaning.en, ": ", &rejection.violations, |violation| &violation.problem);
    let message_zh = sentence(meaning.zh, "：", &rejection.violations, |violation| &violation.problem_zh);
    let mut details = details(rejection, message_zh);
    details.set_retry_info(Some(retry_after));
    details.set_quota_failure(vec![QuotaViolation::new(cut(subject), cut(quota))]);
    Status::with_error_details(code(rejection.reason.class()), message, details)
}

/// The gRPC code of a class. No default arm: a new class must be given its code.
const fn code(class: Class) -> Code {
    match class {
        Class::InvalidArgument => Code::InvalidArgument,
        Class::Unauthenticated => Code::Unauthenticated,
        Class::PermissionDenied => Code::PermissionDenied,
        Class::NotFound => Code::NotFound,
        Class::AlreadyExists => Code::AlreadyExists,
        Class::FailedPrecondition => Code::FailedPrecondition,
        Class::ResourceExhausted => Code::ResourceExhausted,
        Class::DeadlineExceeded => Code::DeadlineExceeded,
        Class::Unavailable => Code::Unavailable,
    }
}

/// How long to wait before the same request may be sent again; `None` where that is of no use.
const fn retry_delay(class: Class) -> Option<Duration> {
    match class {
        Class::ResourceExhausted => Some(Duration::from_millis(250)),
        Class::DeadlineExceeded => Some(Duration::from_millis(100)),
        Class::Unavailable => Some(Duration::from_secs(1)),
        Class::InvalidArgument
        | Class::Unauthenticated
        | Class::PermissionDenied
        | Class::NotFound
        | Class::AlreadyExists
        | Class::FailedPrecondition => None,
    }
}

fn details(rejection: &Rejection, message_zh: String) -> ErrorDetails {
    let reason = rejection.reason;
    let mut details = ErrorDetails::new();
    details.set_error_info(reason.code(), ERROR_DOMAIN, metadata(rejection).into_iter().collect::<Metadata>());
    details.set_localized_message("zh-CN", message_zh);
    let shown = rejection.violations.iter().take(STATUS_VIOLATIONS_MAX);
    match reason.class() {
        Class::InvalidArgument => {
            let fields = shown.map(|violation| FieldViolation::new(&violation.field, cut(&violation.problem)));
            details.set_bad_request(fields.collect::<Vec<_>>());
        }
        Class::FailedPrecondition => {
            details.set_precondition_failure(preconditions(reason, shown));
        }
        class @ (Class::ResourceExhausted | Class::DeadlineExceeded | Class::Unavailable) => {
            details.set_retry_info(retry_delay(class));
        }
        Class::Unauthenticated | Class::PermissionDenied | Class::NotFound | Class::AlreadyExists => {}
    }
    details
}

#[expect(clippy::disallowed_types, reason = "the type that tonic-types takes; nobody iterates it here")]
type Metadata = std::collections::HashMap<String, String>;

/// What varies in the message, for programs.
fn metadata(rejection: &Rejection) -> Vec<(String, String)> {
    let mut metadata = vec![("retryable".to_owned(), rejection.reason.retryable().to_string())];
    if let Some(first) = rejection.violations.first() {
        metadata.push(("field".to_owned(), first.field.clone()));
        metadata.push(("problem".to_owned(), cut(&first.problem)));
    }
    metadata
}

fn preconditions<'a>(reason: Reason, violations: impl Iterator<Item = &'a Violation>) -> Vec<PreconditionViolation> {
    let described = violations
        .map(|violation| PreconditionViolation::new(reason.code(), &violation.field, cut(&violation.problem)));
    let described: Vec<_> = described.collect();
    if described.is_empty() {
        return vec![PreconditionViolation::new(reason.code(), "", reason.meaning().en)];
    }
    described
}

/// The meaning, the first particular and how many more there are.
fn sentence(meaning: &str, colon: &str, violations: &[Violation], text: fn(&Violation) -> &String) -> String {
    let Some((first, others)) = violations.split_first() else { return meaning.to_owned() };
    let field = if first.field.is_empty() { String::new() } else { format!("{}{colon}", first.field) };
    let more = if others.is_empty() { String::new() } else { format!(" (+{})", others.len()) };
    format!("{meaning}{colon}{field}{}{more}", cut(text(first)))
}

fn cut(text: &str) -> String {
    if text.chars().nth(STATUS_TEXT_CHARACTERS_MAX).is_none() {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(STATUS_TEXT_CHARACTERS_MAX).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use expect_test::expect;

    use super::*;

    #[test]
    fn every_reason_has_its_code() {
        let mut table = String::new();
        for reason in Reason::ALL {
            let status = Status::from(Rejection::plain(*reason));
            let details = status.get_error_details();
            let info = details.error_info().unwrap();
            assert_eq!(info.reason, reason.code());
            assert_eq!(info.domain, ERROR_DOMAIN);
            assert_eq!(details.retry_info().is_some(), reason.retryable(), "{reason}");
            assert_eq!(info.metadata["retryable"], reason.retryable().to_string());
            let is_precondition = status.code() == Code::FailedPrecondition;
            assert_eq!(details.precondition_failure().is_some(), is_precondition, "{reason}");
            let localized = details.localized_message().unwrap();
            assert_eq!((localized.locale.as_str(), localized.message.as_str()), ("zh-CN", reason.meaning().zh));
            writeln!(table, "{reason}: {:?}", status.code()).unwrap();
        }
        expect![["
            INVALID_FIELD: InvalidArgument
            UNAUTHENTICATED: Unauthenticated
            PERMISSION_DENIED: PermissionDenied
            REQUEST_ID_REUSED: AlreadyExists
            ENTERPRISE_UNKNOWN: NotFound
            INSTITUTION_UNKNOWN: NotFound
            IP_RIGHT_UNKNOWN: NotFound
            PLEDGE_UNKNOWN: NotFound
            BLACKLIST_ENTRY_UNKNOWN: NotFound
            LOAN_UNKNOWN: NotFound
            APPLICATION_UNKNOWN: NotFound
            CLAIM_UNKNOWN: NotFound
            EVIDENCE_UNKNOWN: NotFound
            PROGRAMME_UNKNOWN: NotFound
            POOL_UNKNOWN: NotFound
            BUDGET_UNKNOWN: NotFound
            ENTRY_UNKNOWN: NotFound
            RULEBOOK_UNKNOWN: NotFound
            COMPARISON_UNKNOWN: NotFound
            ALREADY_EXISTS: AlreadyExists
            STATE_FORBIDS: FailedPrecondition
            DATE_OUT_OF_RANGE: FailedPrecondition
            PERIOD_CLOSED: FailedPrecondition
            OPEN_ITEMS: FailedPrecondition
            AMOUNT_EXCEEDS: FailedPrecondition
            SAME_PERSON: FailedPrecondition
            EVIDENCE_MISMATCH: FailedPrecondition
            OUT_OF_ORDER: FailedPrecondition
            RULEBOOK_CONFLICT: FailedPrecondition
            LIMIT_BROKEN: FailedPrecondition
            NO_SIGNING_KEY: FailedPrecondition
            PRINCIPAL_DISABLED: PermissionDenied
            INSTITUTION_DISABLED: PermissionDenied
            PRINCIPAL_UNKNOWN: NotFound
            DELEGATION_UNKNOWN: NotFound
            RATE_LIMITED: ResourceExhausted
            QUEUE_FULL: ResourceExhausted
            DEADLINE_EXCEEDED: DeadlineExceeded
            UNAVAILABLE: Unavailable
        "]]
        .assert_eq(&table);
    }

    fn two_fields() -> Rejection {
        let mut rejection = Rejection::new(
            Reason::InvalidField,
            "items[0].cost",
            "`-1` is negative; amounts are written without a sign",
            "“-1”为负数",
        );
        rejection.violations.push(Violation {
            field: "items[0].paid_on".to_owned(),
            problem: "`x` is not a date".to_owned(),
            problem_zh: "“x”不是有效日期".to_owned(),
        });
        rejection
    }

    #[test]
    fn a_bad_request_names_every_field() {
        let status = Status::from(two_fields());
        expect![[
            "a field is malformed or out of range: items[0].cost: `-1` is negative; amounts are written without a sign (+1)"
        ]]
        .assert_eq(status.message());
        let details = status.get_error_details();
        let fields: Vec<_> = details.bad_request().unwrap().field_violations.iter().map(|one| &one.field).collect();
        assert_eq!(fields, ["items[0].cost", "items[0].paid_on"]);
        expect!["字段格式或取值不正确：items[0].cost：“-1”为负数 (+1)"]
            .assert_eq(&details.localized_message().unwrap().message);
        assert_eq!(details.error_info().unwrap().metadata["field"], "items[0].cost");
    }

    #[test]
    fn a_precondition_names_its_subject() {
        let status = Status::from(Rejection::new(
            Reason::StateForbids,
            "loan_id",
            "`loan-1` is settled; expected filed or disbursed",
            "“loan-1”当前状态为 settled",
        ));
        let details = status.get_error_details();
        let violation = &details.precondition_failure().unwrap().violations[0];
        assert_eq!((violation.r#type.as_str(), violation.subject.as_str()), ("STATE_FORBIDS", "loan_id"));
        assert_eq!(violation.description, "`loan-1` is settled; expected filed or disbursed");
    }

    #[test]
    fn a_status_stays_within_what_clients_take() {
        let mut rejection = two_fields();
        for _ in 0..100 {
            rejection.violations.push(Violation {
                field: "items[99].evidence.interest_payment_sequence".to_owned(),
                problem: "x".repeat(5_000),
                problem_zh: "长".repeat(5_000),
            });
        }
        let status = Status::from(rejection);
        // Base64 makes 4 bytes of 3, and percent-encoding up to 3 of 1.
        let trailers = status.details().len().div_ceil(3) * 4 + status.message().len() * 3;
        assert!(trailers < 8 * 1024, "{trailers} bytes");
        assert_eq!(status.get_error_details().bad_request().unwrap().field_violations.len(), STATUS_VIOLATIONS_MAX);
    }
}
