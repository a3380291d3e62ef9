//! `ReportService`: which report, of what.

use super::Violations;
use crate::calendar::CivilDate;
use crate::identifier::{District, InstitutionId, Invalid, ProgrammeId, Sequence, Uscc, shown};
use crate::proto::v1;
use crate::report::write::Form;
use crate::report::{Grouping, Name, Question};
use crate::rulebook::Language;

/// What to run, and how to write it.
#[derive(Debug, Clone)]
pub struct Order {
    /// Which report.
    pub name: Name,
    /// What it is asked.
    pub question: Question,
    /// The file, if one is wanted.
    pub form: Option<Form>,
    /// Its language.
    pub language: Language,
}

/// `today` and `last` stand in for what is left empty.
pub(crate) fn order(
    message: &v1::RunReportRequest,
    (today, last): (CivilDate, Sequence),
    violations: &mut Violations,
) -> Option<Order> {
    let name = violations.take("name", report_name(&message.name));
    let to = violations.optional("to_date", &message.to_date, CivilDate::parse);
    let from = violations.optional("from_date", &message.from_date, CivilDate::parse);
    let known_at = known_at(message.known_at_sequence, last, violations);
    let group_by = violations.optional_choice("group_by", message.group_by);
    let institution = violations.optional("institution_id", &message.institution_id, InstitutionId::parse);
    let enterprise = violations.optional("enterprise", &message.enterprise, Uscc::parse);
    let district = violations.optional("district", &message.district, District::parse);
    let programme = violations.optional("programme_id", &message.programme_id, ProgrammeId::parse);
    let form = violations.optional_choice("form", message.form);
    let (name, to) = (name?, to?.unwrap_or(today));
    let from = from?.unwrap_or_else(|| name.first_day(to));
    if from > to {
        violations.add(
            "from_date",
            Invalid::new(
                format!("`{from}` is after the day of the report `{to}`; expected that day or earlier"),
                format!("“{from}”晚于报表日“{to}”；应不晚于报表日"),
            ),
        );
        return None;
    }
    let question = Question {
        from,
        to,
        known_at: known_at?,
        group_by: group_by?.unwrap_or_default(),
        institution: institution?,
        enterprise: enterprise?,
        district: district?,
        programme: programme?,
    };
    let language = if message.english { Language::English } else { Language::Chinese };
    Some(Order { name, question, form: form?, language })
}

fn report_name(text: &str) -> Result<Name, Invalid> {
    Name::parse(text).ok_or_else(|| {
        let names: Vec<_> = Name::ALL.iter().map(|name| name.code()).collect();
        let expected = names.join(", ");
        Invalid::new(
            format!("`{}` is not a report; expected one of {expected}", shown(text)),
            format!("“{}”不是报表名称；应为 {expected} 之一", shown(text)),
        )
    })
}

fn known_at(number: u64, last: Sequence, violations: &mut Violations) -> Option<Sequence> {
    if number == 0 {
        return Some(last);
    }
    let asked = Sequence::new(number);
    if asked > last {
        violations.add(
            "known_at_sequence",
            Invalid::new(
                format!("`{asked}` is not recorded yet; expected at most `{last}`"),
                format!("序号“{asked}”尚未记账；最大为“{last}”"),
            ),
        );
        return None;
    }
    Some(asked)
}

impl crate::server::vocabulary::Mirrored for Grouping {
    type Wire = v1::ReportGrouping;

    fn to_wire(self) -> v1::ReportGrouping {
        match self {
            Self::Application => v1::ReportGrouping::Unspecified,
            Self::Enterprise => v1::ReportGrouping::Enterprise,
            Self::District => v1::ReportGrouping::District,
            Self::Programme => v1::ReportGrouping::Programme,
            Self::Year => v1::ReportGrouping::Year,
            Self::Item => v1::ReportGrouping::Item,
        }
    }

    fn from_wire(wire: v1::ReportGrouping) -> Option<Self> {
        match wire {
            v1::ReportGrouping::Unspecified => None,
            v1::ReportGrouping::Enterprise => Some(Self::Enterprise),
            v1::ReportGrouping::District => Some(Self::District),
            v1::ReportGrouping::Programme => Some(Self::Programme),
            v1::ReportGrouping::Year => Some(Self::Year),
            v1::ReportGrouping::Item => Some(Self::Item),
        }
    }

    fn names() -> Vec<&'static str> {
        Self::ALL.iter().map(|grouping| grouping.to_wire().as_str_name()).collect()
    }
}
