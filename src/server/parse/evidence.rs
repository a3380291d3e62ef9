//! `EvidenceService`: what to prove.

use super::Violations;
use crate::identifier::{Invalid, Sequence};
use crate::proto::v1;

/// Which checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// The newest that was made.
    Newest,
    /// One of everything that is durable.
    Fresh,
    /// The one with the most cosignatures.
    Cosigned,
}

pub(crate) fn checkpoint(message: v1::GetCheckpointRequest, violations: &mut Violations) -> Option<Choice> {
    use v1::CheckpointChoice as Wire;
    match Wire::try_from(message.choice) {
        Ok(Wire::Unspecified | Wire::Newest) => Some(Choice::Newest),
        Ok(Wire::Fresh) => Some(Choice::Fresh),
        Ok(Wire::Cosigned) => Some(Choice::Cosigned),
        Err(_) => {
            let value = message.choice;
            violations.add(
                "choice",
                Invalid::new(
                    format!("`{value}` is not a value of this field; expected newest, fresh or cosigned"),
                    format!("“{value}”不是该字段的有效取值；应为最新、新签发或已会签"),
                ),
            );
            None
        }
    }
}

/// The entry, and the size of the tree that it is in.
pub(crate) fn inclusion(
    message: v1::GetInclusionProofRequest,
    durable: u64,
    violations: &mut Violations,
) -> Option<(Sequence, u64)> {
    let sequence = violations.sequence("sequence", message.sequence)?;
    let size = tree_size("tree_size", message.tree_size, (sequence.value(), durable), violations)?;
    Some((sequence, size))
}

/// The two sizes.
pub(crate) fn consistency(
    message: v1::GetConsistencyProofRequest,
    durable: u64,
    violations: &mut Violations,
) -> Option<(u64, u64)> {
    let second = tree_size("second_size", message.second_size, (message.first_size, durable), violations)?;
    Some((message.first_size, second))
}

/// A size between the least that makes sense and what is durable; 0 stands for the latter.
fn tree_size(field: &str, asked: u64, (least, durable): (u64, u64), violations: &mut Violations) -> Option<u64> {
    let size = if asked == 0 { durable } else { asked };
    if (least..=durable).contains(&size) {
        return Some(size);
    }
    violations.add(
        field,
        Invalid::new(
            format!(
                "`{size}` is not a tree to prove this in; expected {least} to the {durable} entries that there are"
            ),
            format!("“{size}”不能用于该证明；应在 {least} 与现有分录数 {durable} 之间"),
        ),
    );
    None
}
