//! `DeskService`: what to show.

use super::Violations;
use crate::book::nouns::PledgeKey;
use crate::book::waiting::{Act, CaseId};
use crate::calendar::CivilDate;
use crate::identifier::{ApplicationId, ClaimId, Invalid, LoanId, PledgeRegistrationNumber, RightId, RightKind, shown};
use crate::proto::v1;
use crate::reader::cases::Subject;
use crate::reader::work::Place;

/// The fewest characters of a name to look for.
pub(crate) const QUERY_CHARACTERS_MIN: usize = 2;

/// The most characters of what to look for.
pub(crate) const QUERY_CHARACTERS_MAX: usize = 100;

/// Only what waits for this act.
#[expect(clippy::option_option, reason = "outside: is it valid; inside: was it given")]
pub(crate) fn list_work(message: &v1::ListWorkRequest, violations: &mut Violations) -> Option<Option<Act>> {
    violations.optional_choice("act", message.act)
}

/// A place in the queue, as a page token has it.
pub(crate) fn place(text: &str) -> Option<Place> {
    let (due, case) = text.split_once('/')?;
    Some((CivilDate::parse(due).ok()?, CaseId::parse(case).ok()?))
}

/// Which case.
pub(crate) fn case_id(message: &v1::GetCaseRequest, violations: &mut Violations) -> Option<CaseId> {
    violations.take("case_id", CaseId::parse(&message.case_id))
}

/// What to look for: trimmed.
pub(crate) fn search(message: &v1::SearchRequest, violations: &mut Violations) -> Option<String> {
    let query = message.query.trim();
    let count = query.chars().count();
    let is_number = !query.is_empty() && query.bytes().all(|byte| byte.is_ascii_digit());
    let known = if (QUERY_CHARACTERS_MIN..=QUERY_CHARACTERS_MAX).contains(&count) || is_number && count == 1 {
        Ok(query.to_owned())
    } else {
        Err(Invalid::new(
            format!("has {count} characters; expected {QUERY_CHARACTERS_MIN} to {QUERY_CHARACTERS_MAX}, or a number"),
            format!("共 {count} 个字符；应为 {QUERY_CHARACTERS_MIN} 至 {QUERY_CHARACTERS_MAX} 个字符，或一个编号"),
        ))
    };
    violations.take("query", known)
}

/// Whose time line: `loan-42`, `application-57`, `claim-60`, a right, `pledge:KIND/NUMBER`.
pub(crate) fn subject(violations: &mut Violations, path: &str, text: &str) -> Option<Subject> {
    violations.take(path, parse_subject(text))
}

fn parse_subject(text: &str) -> Result<Subject, Invalid> {
    if let Some(pledge) = text.strip_prefix("pledge:") {
        let key = pledge.split_once('/').and_then(|(kind, number)| {
            let (kind, number) = (RightKind::parse(kind).ok()?, PledgeRegistrationNumber::parse(number).ok()?);
            Some(Subject::Pledge(PledgeKey { kind, number }))
        });
        return key.ok_or_else(|| unreadable(text));
    }
    if text.contains(':') {
        return RightId::parse(text).map(Subject::Right);
    }
    let loan = LoanId::parse(text).map(Subject::Loan).ok();
    let application = || ApplicationId::parse(text).map(Subject::Application).ok();
    let claim = || ClaimId::parse(text).map(Subject::Claim).ok();
    loan.or_else(application).or_else(claim).ok_or_else(|| unreadable(text))
}

fn unreadable(text: &str) -> Invalid {
    Invalid::new(
        format!(
            "`{}` has no time line; expected for example `loan-42`, `application-57`, `claim-60`, \
             `patent:202011156730.2` or `pledge:patent/Y2025980000001`",
            shown(text)
        ),
        format!(
            "“{}”没有办理经过；应为 loan-42、application-57、claim-60、patent:202011156730.2、\
             pledge:patent/Y2025980000001 等形式",
            shown(text)
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::parse::query;

    #[test]
    fn subjects_are_read_and_nonsense_is_not() {
        let read = |text: &str| query(|violations| subject(violations, "subjects[0]", text));
        assert_eq!(read("loan-42").unwrap(), Subject::Loan(LoanId::new(42)));
        assert_eq!(read("claim-60").unwrap(), Subject::Claim(ClaimId::new(60)));
        assert!(matches!(read("patent:202011156730.2").unwrap(), Subject::Right(_)));
        assert!(matches!(read("pledge:patent/Y2025980000001").unwrap(), Subject::Pledge(_)));
        for wrong in ["", "42", "pledge:patent", "pledge:house/1", "recovery-3", "patent:1"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_search_is_for_two_characters_or_a_number() {
        let read = |text: &str| {
            let message = v1::SearchRequest { query: text.to_owned() };
            query(|violations| search(&message, violations))
        };
        assert_eq!(read(" 镁业 ").unwrap(), "镁业");
        assert_eq!(read("7").unwrap(), "7");
        for wrong in ["", " ", "镁", &"x".repeat(101)] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
