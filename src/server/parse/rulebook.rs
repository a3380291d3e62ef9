//! `RulebookService`: adoption of a version.

use std::sync::Arc;

use super::Violations;
use crate::decide::command::Command;
use crate::identifier::{Invalid, RulebookId};
use crate::proto::v1;
use crate::rulebook::{RulebookRef, load};

/// Loads the whole text; each problem is a violation with its line.
pub(crate) fn adopt(m: &v1::AdoptRulebookRequest, v: &mut Violations) -> Option<Command> {
    match load(&m.text) {
        Ok(rulebook) => Some(Command::AdoptRulebook(Arc::new(rulebook))),
        Err(errors) => {
            for error in errors.problems {
                let (line, problem, remedy) = (error.line, error.problem, error.remedy);
                v.add(
                    "text",
                    Invalid::new(
                        format!("line {line}: {problem}; {remedy}"),
                        format!("第 {line} 行: {problem}; {remedy}"),
                    ),
                );
            }
            None
        }
    }
}

/// Which version.
pub(crate) fn get(m: &v1::GetRulebookRequest, v: &mut Violations) -> Option<RulebookRef> {
    let id = v.take("rulebook_id", RulebookId::parse(&m.rulebook_id));
    if m.version == 0 {
        v.add(
            "version",
            Invalid::new(
                "`0` is not a version; expected 1 or more",
                "“0”不是有效版本; 应从 1 开始",
            ),
        );
        return None;
    }
    Some(RulebookRef { id: id?, version: m.version })
}
