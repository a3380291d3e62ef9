//! `ReconciliationService`: statements, their lines, sign-offs.

use std::sync::Arc;

use super::{TEXT_CHARACTERS_MAX, Violations, free_text};
use crate::book::nouns::Month;
use crate::book::reconciliation::{StatementOf, StatementSignedOff};
use crate::calendar::CivilDate;
use crate::decide::command::Command;
use crate::identifier::{Invalid, Sequence, Uscc, shown};
use crate::money::Amount;
use crate::proto::v1;
use crate::reconcile::{Scope, TOLERANCE_DAYS_DEFAULT, TOLERANCE_DAYS_MAX};
use crate::statement::{Layout, Line, Place, Stated, StatedRate, StatedState};

/// The longest period of a statement, in days.
const PERIOD_DAYS_MAX: i64 = 366;

/// The most bytes that the entries of a sign-off may take in its record.
const SEQUENCE_BYTES_MAX: u64 = 200_000;

/// What is to be read and compared.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    pub(crate) scope: Scope,
    pub(crate) file_name: String,
    pub(crate) layout: Option<Layout>,
    pub(crate) preview_only: bool,
    pub(crate) with_workbook: bool,
}

pub(crate) fn open(
    message: &v1::compare_statement_request::OpenStatement,
    violations: &mut Violations,
) -> Option<Opened> {
    let statement = violations.take("open.statement", StatementOf::parse(&message.statement));
    let from = violations.date("open.from_date", &message.from_date);
    let to = violations.date("open.to_date", &message.to_date);
    let file_name = violations.take("open.file_name", file_name(&message.file_name));
    let layout = violations.optional("open.layout", &message.layout, Layout::parse);
    let tolerance = message.tolerance_days.unwrap_or(TOLERANCE_DAYS_DEFAULT);
    if tolerance > TOLERANCE_DAYS_MAX {
        violations.add(
            "open.tolerance_days",
            Invalid::new(
                format!("`{tolerance}` days are too many; expected 0 to {TOLERANCE_DAYS_MAX}"),
                format!("“{tolerance}”天过多；应为 0 至 {TOLERANCE_DAYS_MAX}"),
            ),
        );
        return None;
    }
    let (from, to) = (from?, to?);
    if !(0..=PERIOD_DAYS_MAX).contains(&to.days_since(from)) {
        violations.add(
            "open.to_date",
            Invalid::new(
                format!(
                    "`{to}` is not within {PERIOD_DAYS_MAX} days after `{from}`; expected the last day of the period"
                ),
                format!("“{to}”不在“{from}”之后 {PERIOD_DAYS_MAX} 天内；应为期间的最后一天"),
            ),
        );
        return None;
    }
    Some(Opened {
        scope: Scope { statement: statement?, from, to, tolerance_days: tolerance },
        file_name: file_name?,
        layout: layout?,
        preview_only: message.preview_only,
        with_workbook: message.with_workbook,
    })
}

fn file_name(text: &str) -> Result<String, Invalid> {
    if text.is_empty() { Ok("-".to_owned()) } else { free_text(text) }
}

/// A line that was sent instead of a file; `index` from 0.
pub(crate) fn line(message: &v1::StatementLine, index: usize, violations: &mut Violations) -> Option<Line> {
    let path = |field: &str| format!("lines[{index}].{field}");
    let nature = violations.choice(&path("nature"), message.nature);
    let amount = violations.take(&path("amount"), signed_amount(&message.amount));
    let date = violations.date(&path("date"), &message.date);
    let mut text = |field: &str, text: &str| violations.optional(&path(field), text, free_text);
    let contract = text("contract_number", &message.contract_number);
    let party = text("party", &message.party);
    let reference = text("reference", &message.reference);
    let summary = text("summary", &message.summary);
    let party_code = violations.optional(&path("party_uscc"), &message.party_uscc, Uscc::parse);
    let from = violations.optional(&path("period_from"), &message.period_from, CivilDate::parse);
    let to = violations.optional(&path("period_to"), &message.period_to, CivilDate::parse);
    let stated = stated(message, index, violations)?;
    let place = u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1);
    let row = if message.row == 0 { place } else { message.row };
    Some(Line {
        place: Place { sheet: Arc::from(message.sheet.as_str()), row },
        nature: nature?,
        amount: amount?,
        date: date?,
        contract: contract?,
        party_code: party_code?,
        party: party?,
        reference: reference?,
        period: from?.zip(to?),
        summary: summary?,
        stated,
    })
}

/// Where the loan stands, as far as the line says; outside `None`: something is wrong with it.
#[expect(clippy::option_option, reason = "outside: is it valid; inside: was it given")]
fn stated(message: &v1::StatementLine, index: usize, violations: &mut Violations) -> Option<Option<Box<Stated>>> {
    let path = |field: &str| format!("lines[{index}].{field}");
    let balance = violations.optional(&path("balance"), &message.balance, signed_amount);
    let matures_on = violations.optional(&path("matures_on"), &message.matures_on, CivilDate::parse);
    let rate = violations.optional(&path("annual_rate"), &message.annual_rate, StatedRate::parse);
    let state = violations.optional(&path("loan_state"), &message.loan_state, free_text);
    let state = state?.and_then(|word| StatedState::read(&word));
    let stated = Stated { balance: balance?, matures_on: matures_on?, rate: rate?, state };
    Some(if stated == Stated::default() { None } else { Some(Box::new(stated)) })
}

fn signed_amount(text: &str) -> Result<Amount, Invalid> {
    match text.strip_prefix('-') {
        Some(rest) => Amount::parse(rest).map(Amount::negated),
        None => Amount::parse(text),
    }
}

/// The sign-off of a comparison that is remembered.
pub(crate) fn sign_off(
    message: &v1::SignOffStatementRequest,
    compared: &StatementSignedOff,
    violations: &mut Violations,
) -> Option<Command> {
    let note = violations.optional("note", &message.note, free_text)?;
    let differences = compared.counts.differences();
    if note.is_none() && differences > 0 {
        violations.add(
            "note",
            Invalid::new(
                format!("is empty and there are {differences} differences; expected what explains them, 1 to {TEXT_CHARACTERS_MAX} characters"),
                format!("存在 {differences} 处差异但未填写说明；请填写 1 至 {TEXT_CHARACTERS_MAX} 个字符的说明"),
            ),
        );
        return None;
    }
    let bytes = stored_bytes(&compared.matched).saturating_add(stored_bytes(&compared.differing));
    if bytes > SEQUENCE_BYTES_MAX {
        let count = compared.matched.len();
        violations.add(
            "comparison_id",
            Invalid::new(
                format!("`{count}` entries are too many for one sign-off; split the statement by period"),
                format!("“{count}”笔分录超出一次确认的上限；请按期间拆分对账单"),
            ),
        );
        return None;
    }
    let note = note.unwrap_or_default();
    Some(Command::SignOffStatement(Arc::new(StatementSignedOff { note, ..compared.clone() })))
}

/// How many bytes ascending sequences take as steps: seven bits in a byte.
fn stored_bytes(sequences: &[Sequence]) -> u64 {
    let steps = sequences.iter().scan(0_u64, |before, sequence| {
        let step = sequence.value().saturating_sub(*before);
        *before = sequence.value();
        Some(step)
    });
    let width = |step: u64| u64::from(u64::BITS.saturating_sub(step.leading_zeros()).div_ceil(7).max(1));
    steps.fold(0, |sum, step| sum.saturating_add(width(step)))
}

/// Which comparison: 64 hex digits.
pub(crate) fn comparison_id(violations: &mut Violations, text: &str) -> Option<String> {
    if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Some(text.to_ascii_lowercase());
    }
    violations.add(
        "comparison_id",
        Invalid::new(
            format!("`{}` does not name a comparison; expected the `comparison_id` of `CompareStatement`", shown(text)),
            format!("“{}”不是对账结果编号；应为 CompareStatement 返回的 comparison_id", shown(text)),
        ),
    );
    None
}

/// Whose statements to list.
#[expect(clippy::option_option, reason = "outside: is it valid; inside: was it given")]
pub(crate) fn list(
    message: &v1::ListSignedOffStatementsRequest,
    violations: &mut Violations,
) -> Option<Option<StatementOf>> {
    violations.optional("statement", &message.statement, StatementOf::parse)
}

/// Which month.
pub(crate) fn month(year: i32, month: i32, violations: &mut Violations) -> Option<Month> {
    let year = violations.year("year", year);
    let number = u8::try_from(month).ok().filter(|month| (1..=12).contains(month));
    if number.is_none() {
        violations.add(
            "month",
            Invalid::new(
                format!("`{month}` is not a month; expected 1 to 12"),
                format!("“{month}”不是有效月份；应为 1 至 12"),
            ),
        );
    }
    Some(Month { year: year?, month: number? })
}
