//! The adoption of a rulebook version (采用办法), as the journal has it and as the book keeps it.

use std::sync::Arc;

use crate::calendar::CivilDate;
use crate::identifier::{PersonId, Sequence};
use crate::rulebook::Rulebook;

/// See `Event::RulebookAdopted`.
#[derive(Debug, Clone, PartialEq)]
pub struct RulebookAdopted {
    /// The version.
    pub rulebook: Arc<Rulebook>,
    /// Why, for example the meeting that agreed to it; `None` where nobody said.
    pub reason: Option<String>,
}

impl From<Arc<Rulebook>> for RulebookAdopted {
    fn from(rulebook: Arc<Rulebook>) -> Self {
        Self { rulebook, reason: None }
    }
}

/// How a version was adopted.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Adoption {
    /// By which entry.
    pub entry: Sequence,
    /// By whom.
    pub by: PersonId,
    /// On which day.
    pub on: CivilDate,
    /// Why; `None` where nobody said.
    pub reason: Option<String>,
}
