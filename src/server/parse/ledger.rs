//! `LedgerService`: what to read.

use std::sync::Arc;

use super::{LIST_ITEMS_MAX, Violations, desk};
use crate::book::account::Account;
use crate::book::event::Entry;
use crate::calendar::CivilDate;
use crate::decide::command::{Command, ReverseEntry};
use crate::identifier::{InstitutionId, Invalid, Sequence, Uscc, shown};
use crate::proto::v1;
use crate::reader::cases::Subject;
use crate::server::PING_BYTES_MAX;
use crate::server::render::entry::KINDS;

pub(crate) fn reverse(
    message: &v1::ReverseEntryRequest,
    entry: Option<Arc<Entry>>,
    violations: &mut Violations,
) -> Option<Command> {
    let sequence = violations.sequence("sequence", message.sequence);
    let reason = violations.text("reason", &message.reason);
    Some(Command::ReverseEntry(ReverseEntry { sequence: sequence?, entry, reason: reason? }))
}

/// Which entries to list.
#[derive(Debug, Default)]
pub(crate) struct EntryFilter {
    /// Of this enterprise.
    pub(crate) enterprise: Option<Uscc>,
    /// Of this institution.
    pub(crate) institution: Option<InstitutionId>,
    /// Effective on this day or later.
    pub(crate) from: Option<CivilDate>,
    /// Effective on this day or earlier.
    pub(crate) to: Option<CivilDate>,
    /// Of this kind.
    pub(crate) kind: Option<&'static str>,
    /// About any of these; about anything if there are none.
    pub(crate) subjects: Vec<Subject>,
    /// The newest first.
    pub(crate) newest_first: bool,
}

pub(crate) fn list_entries(message: &v1::ListEntriesRequest, violations: &mut Violations) -> Option<EntryFilter> {
    let enterprise = violations.optional("enterprise", &message.enterprise, Uscc::parse);
    let institution = violations.optional("institution_id", &message.institution_id, InstitutionId::parse);
    let from = violations.optional("from_date", &message.from_date, CivilDate::parse);
    let to = violations.optional("to_date", &message.to_date, CivilDate::parse);
    let kind = violations.optional("kind", &message.kind, kind);
    let subjects = subjects(message, violations);
    let newest_first = newest_first(message, violations);
    Some(EntryFilter {
        enterprise: enterprise?,
        institution: institution?,
        from: from?,
        to: to?,
        kind: kind?,
        subjects: subjects?,
        newest_first: newest_first?,
    })
}

fn subjects(message: &v1::ListEntriesRequest, violations: &mut Violations) -> Option<Vec<Subject>> {
    if message.subjects.is_empty() {
        return Some(Vec::new());
    }
    let read = |violations: &mut Violations, path: &str, text: &String| desk::subject(violations, path, text);
    violations.list("subjects", &message.subjects, LIST_ITEMS_MAX, read)
}

fn newest_first(message: &v1::ListEntriesRequest, violations: &mut Violations) -> Option<bool> {
    if message.newest_first && message.enterprise.is_empty() && message.subjects.is_empty() {
        violations.add(
            "newest_first",
            Invalid::new(
                "the whole journal is read from its beginning; expected `enterprise` or `subjects` with it",
                "全部分录只能从头读取；须同时填写 enterprise 或 subjects",
            ),
        );
        return None;
    }
    Some(message.newest_first)
}

fn kind(text: &str) -> Result<&'static str, Invalid> {
    KINDS.iter().find(|kind| **kind == text).copied().ok_or_else(|| {
        let expected = KINDS.join(", ");
        Invalid::new(
            format!("`{}` is not a kind of entry; expected one of {expected}", shown(text)),
            format!("“{}”不是有效的分录类型；应为 {expected} 之一", shown(text)),
        )
    })
}

/// As of when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AsOf {
    /// Now.
    Now,
    /// After this entry.
    Sequence(Sequence),
    /// At the end of this day, by effective date.
    Date(CivilDate),
}

pub(crate) fn account_balance(
    message: &v1::GetAccountBalanceRequest,
    violations: &mut Violations,
) -> Option<(Account, AsOf)> {
    use v1::get_account_balance_request::AsOf as Wire;
    let account = violations.take("account", Account::parse(&message.account));
    let as_of = match &message.as_of {
        None => Some(AsOf::Now),
        Some(Wire::AsOfSequence(number)) => violations.sequence("as_of_sequence", *number).map(AsOf::Sequence),
        Some(Wire::AsOfEffectiveDate(date)) => violations.date("as_of_effective_date", date).map(AsOf::Date),
    };
    Some((account?, as_of?))
}

pub(crate) fn accounts(message: &v1::ListAccountsRequest, violations: &mut Violations) -> Option<AsOf> {
    use v1::list_accounts_request::AsOf as Wire;
    match &message.as_of {
        None => Some(AsOf::Now),
        Some(Wire::AsOfSequence(number)) => violations.sequence("as_of_sequence", *number).map(AsOf::Sequence),
        Some(Wire::AsOfEffectiveDate(date)) => violations.date("as_of_effective_date", date).map(AsOf::Date),
    }
}

pub(crate) fn trial_balance(message: &v1::GetTrialBalanceRequest, violations: &mut Violations) -> Option<AsOf> {
    use v1::get_trial_balance_request::AsOf as Wire;
    match &message.as_of {
        None => Some(AsOf::Now),
        Some(Wire::AsOfSequence(number)) => violations.sequence("as_of_sequence", *number).map(AsOf::Sequence),
        Some(Wire::AsOfEffectiveDate(date)) => violations.date("as_of_effective_date", date).map(AsOf::Date),
    }
}

/// The payload of a ping.
pub(crate) fn ping(message: v1::PingRequest, violations: &mut Violations) -> Option<Vec<u8>> {
    let size = message.payload.len();
    if size > PING_BYTES_MAX {
        violations.add(
            "payload",
            Invalid::new(
                format!("has {size} bytes; expected at most {PING_BYTES_MAX}"),
                format!("共 {size} 字节；不得超过 {PING_BYTES_MAX} 字节"),
            ),
        );
        return None;
    }
    Some(message.payload)
}
