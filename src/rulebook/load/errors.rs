//! What is wrong with a rulebook file: every problem with its line and how to mend it.

use std::fmt;

/// One problem of a rulebook file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LoadError {
    /// Line in the file, from 1.
    pub line: usize,
    /// What is wrong.
    pub problem: String,
    /// How to mend it.
    pub remedy: String,
}

/// All problems of a rulebook file, by line; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadErrors {
    /// By line.
    pub problems: Vec<LoadError>,
}

impl LoadErrors {
    /// One line a problem: `FILE:LINE: problem; remedy`.
    pub fn in_file(&self, file: &str) -> String {
        let lines: Vec<String> = self
            .problems
            .iter()
            .map(|LoadError { line, problem, remedy }| format!("{file}:{line}: {problem}; {remedy}"))
            .collect();
        lines.join("\n")
    }
}

/// As [`LoadErrors::in_file`] where the file has no name: `rulebook:LINE: …`.
impl fmt::Display for LoadErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_file("rulebook"))
    }
}

impl std::error::Error for LoadErrors {}

/// The most problems that are told at once: whoever has more has one that causes the others.
pub(super) const PROBLEMS_MAX: usize = 100;

/// The problems found so far, and the text that their lines are counted in.
pub(super) struct Problems<'t> {
    text: &'t str,
    /// With their byte in the text.
    found: Vec<(usize, String, String)>,
    /// Beyond the limit.
    untold: usize,
}

impl<'t> Problems<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, found: Vec::new(), untold: 0 }
    }

    /// Records a problem at a byte of the text.
    pub(super) fn add(&mut self, offset: usize, problem: impl Into<String>, remedy: impl Into<String>) {
        if self.found.len() < PROBLEMS_MAX {
            self.found.push((offset, problem.into(), remedy.into()));
        } else {
            self.untold = self.untold.saturating_add(1);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub(super) fn into_errors(self) -> LoadErrors {
        let line_of = |offset: usize| {
            let before = self.text.bytes().take(offset);
            before.filter(|byte| *byte == b'\n').count().saturating_add(1)
        };
        let told = self.found.iter().map(|(offset, problem, remedy)| LoadError {
            line: line_of(*offset),
            problem: problem.clone(),
            remedy: remedy.clone(),
        });
        let mut problems: Vec<LoadError> = told.collect();
        problems.sort_by_key(|error| error.line); // stable: in the order found within a line
        if self.untold > 0 {
            let line = problems.last().map_or(1, |last| last.line);
            let problem = format!("there are {} more problems", self.untold);
            problems.push(LoadError { line, problem, remedy: "mend those above first".to_owned() });
        }
        LoadErrors { problems }
    }
}
