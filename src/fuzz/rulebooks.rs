//! Any bytes as a rulebook file.

use super::outcome;
use crate::rulebook::compare::compare;
use crate::rulebook::trial::run_cases;
use crate::rulebook::{Language, Rulebook, line_sentence, load_bytes, step_sentence};

/// A file is refused with lines and remedies, or its cases can be run and said in both languages.
pub(super) fn file(bytes: &[u8]) -> u64 {
    match load_bytes(bytes) {
        Err(errors) => {
            assert!(!errors.problems.is_empty(), "refused without a word");
            for error in &errors.problems {
                assert!(error.line > 0 && !error.problem.is_empty() && !error.remedy.is_empty(), "{error:?}");
            }
            let first = errors.problems.first().map(|error| error.problem.as_str()).unwrap_or_default();
            let mut quoted = false;
            let words = first.chars().filter(|one| {
                quoted ^= *one == '`';
                !quoted && !one.is_ascii_digit()
            });
            outcome((0, words.collect::<String>()))
        }
        Ok(rulebook) => accepted(&rulebook, bytes),
    }
}

fn accepted(rulebook: &Rulebook, bytes: &[u8]) -> u64 {
    assert!(load_bytes(bytes).is_ok_and(|again| again == *rulebook), "the same file, another rulebook");
    assert!(compare(rulebook, rulebook).is_empty(), "a rulebook differs from itself");
    let mut steps = Vec::new();
    for outcome in run_cases(rulebook) {
        let Some(line) = &outcome.explanation else { continue };
        for language in [Language::Chinese, Language::English] {
            assert!(!line_sentence(line, language).is_empty(), "nothing is said");
            assert!(line.steps.iter().all(|step| !step_sentence(step, language).is_empty()), "nothing is said");
        }
        steps.extend(line.steps.iter().map(|step| (step.kind, step.outcome)));
    }
    outcome((1, rulebook.programmes.len(), rulebook.pools.len(), steps))
}
