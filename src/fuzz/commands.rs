//! Any bytes as a request: the first byte says which, the rest is the message.

use super::outcome;

/// A request becomes a command or is told what is wrong with it, field by field.
pub(super) fn command(bytes: &[u8]) -> u64 {
    let Some((number, message)) = bytes.split_first() else { return 0 };
    match crate::server::outside::command_of(*number, message) {
        None => outcome((0, number)),
        Some(Ok(command)) => outcome((1, number, std::mem::discriminant(&command))),
        Some(Err(rejection)) => {
            assert!(!rejection.violations.is_empty(), "a malformed request is refused without a word");
            for violation in &rejection.violations {
                assert!(!violation.problem.is_empty() && !violation.problem_zh.is_empty(), "{}", violation.field);
            }
            let fields: Vec<&str> = rejection.violations.iter().map(|violation| violation.field.as_str()).collect();
            outcome((2, number, fields))
        }
    }
}
