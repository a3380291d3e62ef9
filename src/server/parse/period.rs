//! `PeriodService`: closing a month.

use super::Violations;
use crate::book::nouns::Month;
use crate::decide::command::Command;
use crate::identifier::Invalid;
use crate::proto::v1;

pub(crate) fn close(m: &v1::ClosePeriodRequest, v: &mut Violations) -> Option<Command> {
    let year = v.year("year", m.year);
    let month = u8::try_from(m.month).ok().filter(|month| (1..=12).contains(month));
    if month.is_none() {
        v.add(
            "month",
            Invalid::new(
                format!("`{}` is not a month; expected 1 to 12", m.month),
                format!("“{}”不是有效月份; 应为 1 至 12", m.month),
            ),
        );
    }
    Some(Command::ClosePeriod(Month { year: year?, month: month? }))
}
