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

/// The problems found so far, and the text that their lines are counted in.
pub(super) struct Problems<'t> {
    text: &'t str,
    found: Vec<LoadError>,
}

impl<'t> Problems<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, found: Vec::new() }
    }

    /// Records a problem at a byte of the text.
    pub(super) fn add(&mut self, offset: usize, problem: impl Into<String>, remedy: impl Into<String>) {
        let before = self.text.bytes().take(offset);
        let line = before.filter(|byte| *byte == b'\n').count().saturating_add(1);
        self.found.push(LoadError { line, problem: problem.into(), remedy: remedy.into() });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub(super) fn into_errors(mut self) -> LoadErrors {
        self.found.sort_by_key(|error| error.line); // stable: in the order found within a line
        LoadErrors { problems: self.found }
    }
}
