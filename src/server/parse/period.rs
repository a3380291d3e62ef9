//! `PeriodService`: closing a month.

use super::Violations;
use crate::book::nouns::Month;
use crate::decide::command::Command;
use crate::identifier::Invalid;
use crate::proto::v1;

pub(crate) fn close(message: &v1::ClosePeriodRequest, violations: &mut Violations) -> Option<Command> {
    let year = violations.year("year", message.year);
    let month = u8::try_from(message.month).ok().filter(|month| (1..=12).contains(month));
    if month.is_none() {
        violations.add(
            "month",
            Invalid::new(
                format!("`{}` is not a month; expected 1 to 12", message.month),
                format!("“{}”不是有效月份；应为 1 至 12", message.month),
            ),
        );
    }
    Some(Command::ClosePeriod(Month { year: year?, month: month? }))
}
