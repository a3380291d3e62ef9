//! What a report is asked.

use crate::calendar::CivilDate;
use crate::identifier::{District, InstitutionId, ProgrammeId, Sequence, Uscc};
use crate::rulebook::terms::codes;

/// What a report is asked: the days, what was known, and about whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// First day of the movements.
    pub from: CivilDate,
    /// Last day: entries that take effect later are left out.
    pub to: CivilDate,
    /// The last entry that was known: later ones are left out, back-dated or not.
    pub known_at: Sequence,
    /// By what subsidies are added up.
    pub group_by: Grouping,
    /// Only what this bank is a party of.
    pub institution: Option<InstitutionId>,
    /// Only this enterprise.
    pub enterprise: Option<Uscc>,
    /// Only enterprises of this district.
    pub district: Option<District>,
    /// Only this programme.
    pub programme: Option<ProgrammeId>,
}

/// By what subsidies are added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Grouping {
    /// One row an application.
    #[default]
    Application,
    /// By enterprise.
    Enterprise,
    /// By the enterprise's district (县区).
    District,
    /// By programme.
    Programme,
    /// By budget year.
    Year,
    /// By kind of cost.
    Item,
}
codes!(Grouping {
    Application = "application",
    Enterprise = "enterprise",
    District = "district",
    Programme = "programme",
    Year = "year",
    Item = "item",
});

impl Question {
    /// The report of a year until a day, of everybody.
    pub fn of_year_until(to: CivilDate, known_at: Sequence) -> Self {
        Self {
            from: to.year().first_day(),
            to,
            known_at,
            group_by: Grouping::default(),
            institution: None,
            enterprise: None,
            district: None,
            programme: None,
        }
    }
}
