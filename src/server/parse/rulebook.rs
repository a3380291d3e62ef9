//! `RulebookService`: adoption of a version.

use std::sync::Arc;

use super::{Violations, free_text};
use crate::book::event::RulebookAdopted;
use crate::calendar::CivilDate;
use crate::decide::command::{Command, CorrectAwards};
use crate::identifier::{Invalid, ProgrammeId, RulebookId};
use crate::proto::v1;
use crate::rulebook::{Rulebook, RulebookRef, load};

pub(crate) fn adopt(message: &v1::AdoptRulebookRequest, violations: &mut Violations) -> Option<Command> {
    let rulebook = text(&message.text, violations);
    let reason = violations.optional("reason", &message.reason, free_text);
    Some(Command::AdoptRulebook(RulebookAdopted { rulebook: Arc::new(rulebook?), reason: reason? }))
}

/// What to try out, and from which day on.
pub(crate) fn simulate(
    message: &v1::SimulateRulebookRequest,
    violations: &mut Violations,
) -> Option<(Rulebook, Option<CivilDate>)> {
    let rulebook = text(&message.text, violations);
    let from = violations.optional("from", &message.from, CivilDate::parse);
    Some((rulebook?, from?))
}

/// Loads the whole text; each problem is a violation with its line.
fn text(text: &str, violations: &mut Violations) -> Option<Rulebook> {
    match load(text) {
        Ok(rulebook) => Some(rulebook),
        Err(errors) => {
            for error in errors.problems {
                let (line, problem, remedy) = (error.line, error.problem, error.remedy);
                violations.add(
                    "text",
                    Invalid::new(
                        format!("line {line}: {problem}; {remedy}"),
                        format!("第 {line} 行：{problem}；{remedy}"),
                    ),
                );
            }
            None
        }
    }
}

/// Which version.
pub(crate) fn get(message: &v1::GetRulebookRequest, violations: &mut Violations) -> Option<RulebookRef> {
    reference(violations, "", &message.rulebook_id, message.version)
}

pub(crate) fn correct(message: &v1::CorrectAwardsRequest, violations: &mut Violations) -> Option<Command> {
    let given = message.rulebook.clone().unwrap_or_default();
    let rulebook = reference(violations, "rulebook.", &given.rulebook_id, given.version);
    let programme = violations.take("programme_id", ProgrammeId::parse(&message.programme_id));
    let reason = violations.text("reason", &message.reason);
    Some(Command::CorrectAwards(CorrectAwards { rulebook: rulebook?, programme: programme?, reason: reason? }))
}

fn reference(violations: &mut Violations, path: &str, id: &str, version: u32) -> Option<RulebookRef> {
    let id = violations.take(&format!("{path}rulebook_id"), RulebookId::parse(id));
    if version == 0 {
        violations.add(
            &format!("{path}version"),
            Invalid::new("`0` is not a version; expected 1 or more", "“0”不是有效版本；应从 1 开始"),
        );
        return None;
    }
    Some(RulebookRef { id: id?, version })
}
