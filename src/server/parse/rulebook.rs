//! `RulebookService`: adoption of a version.

use std::sync::Arc;

use super::Violations;
use crate::decide::command::Command;
use crate::identifier::{Invalid, RulebookId};
use crate::proto::v1;
use crate::rulebook::{RulebookRef, load};

/// Loads the whole text; each problem is a violation with its line.
pub(crate) fn adopt(message: &v1::AdoptRulebookRequest, violations: &mut Violations) -> Option<Command> {
    match load(&message.text) {
        Ok(rulebook) => Some(Command::AdoptRulebook(Arc::new(rulebook))),
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
    let id = violations.take("rulebook_id", RulebookId::parse(&message.rulebook_id));
    if message.version == 0 {
        violations
            .add("version", Invalid::new("`0` is not a version; expected 1 or more", "“0”不是有效版本；应从 1 开始"));
        return None;
    }
    Some(RulebookRef { id: id?, version: message.version })
}
