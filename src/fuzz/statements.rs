//! Any bytes as a bank's file.

use super::outcome;
use crate::statement::{Kind, read};

/// A file is read or refused with words; whatever kind it is said to be, each line of it knows its row.
pub(super) fn statement(bytes: &[u8]) -> u64 {
    let Some((kind, file)) = bytes.split_first() else { return 0 };
    let kind = Kind::ALL.get(usize::from(*kind)).copied();
    match read(file, None, kind) {
        Ok(reading) => outcome((1, reading.lines.len().min(8), reading.misread.len().min(8), reading.format)),
        Err(invalid) => {
            assert!(!invalid.problem.is_empty() && !invalid.problem_zh.is_empty(), "refused without a word");
            // The words carry the file's own text; how they begin says which refusal it is.
            outcome((2, invalid.problem.split('`').next().map(str::len)))
        }
    }
}
