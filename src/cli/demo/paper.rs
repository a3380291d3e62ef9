//! What the demo prints: headings, tables and explanations, in Chinese and English, never wider than 120 columns.
//!
//! Tables are laid out by the width of the characters on a screen: a Chinese character is two columns wide.

use std::io::Write;

use comfy_table::presets::{NOTHING, UTF8_FULL_CONDENSED};
use comfy_table::{CellAlignment, ContentArrangement, Table};

use super::client::Rejected;
use crate::proto::v1::{Bound, Decision, LineExplanation, Outcome, Step, StepKind, StepOutcome, Text, value};

/// The widest line, in columns of a screen.
const WIDTH: u16 = 118;

/// Where the demo writes.
pub(super) struct Paper<'a> {
    out: &'a mut dyn Write,
    scenes: u32,
}

impl<'a> Paper<'a> {
    pub(super) fn new(out: &'a mut dyn Write) -> Self {
        Self { out, scenes: 0 }
    }

    /// Opens a scene.
    pub(super) fn heading(&mut self, zh: &str, en: &str) -> anyhow::Result<()> {
        self.scenes = self.scenes.saturating_add(1);
        writeln!(self.out, "━━━ {} · {zh} · {en}\n", self.scenes)?;
        Ok(())
    }

    /// One remark in both languages.
    pub(super) fn say(&mut self, zh: &str, en: &str) -> anyhow::Result<()> {
        self.title(zh, en)?;
        self.gap()
    }

    /// The answer to a request, in its own words: what was decided for each line, why, and what can be done about it.
    pub(super) fn decision(&mut self, zh: &str, en: &str, decision: &Decision) -> anyhow::Result<()> {
        self.title(zh, en)?;
        let lines = decision.explanation.as_ref().map(|explanation| explanation.lines.as_slice()).unwrap_or_default();
        match lines {
            [] => self.sentence(mark(decision.outcome()), decision.sentence.as_ref())?,
            [line] => self.sentence(mark(decision.outcome()), line.sentence.as_ref())?,
            _ => {
                for line in lines {
                    self.sentence(line_mark(line), line.sentence.as_ref())?;
                }
                self.wrapped("=", &grouped(&decision.granted))?;
            }
        }
        if let Some(Text { zh, en }) = &decision.remedy {
            self.wrapped("→", &format!("{} {zh}", decision.reason))?;
            self.wrapped("", en)?;
        }
        self.gap()
    }

    /// A request that was not taken.
    pub(super) fn rejection(&mut self, zh: &str, en: &str, rejection: &Rejected) -> anyhow::Result<()> {
        self.title(zh, en)?;
        self.wrapped("✗", &format!("{} {}", rejection.reason, rejection.message_zh))?;
        self.wrapped("", &rejection.message)?;
        self.gap()
    }

    fn title(&mut self, zh: &str, en: &str) -> anyhow::Result<()> {
        self.wrapped("·", zh)?;
        self.wrapped("", en)
    }

    fn sentence(&mut self, mark: &str, sentence: Option<&Text>) -> anyhow::Result<()> {
        let Some(Text { zh, en }) = sentence else { return Ok(()) };
        self.wrapped(mark, zh)?;
        self.wrapped("", en)
    }

    fn gap(&mut self) -> anyhow::Result<()> {
        writeln!(self.out)?;
        Ok(())
    }

    /// How one amount came about: every step with its clause.
    pub(super) fn steps(&mut self, line: &LineExplanation) -> anyhow::Result<()> {
        let mut rows = Vec::with_capacity(line.steps.len());
        for step in &line.steps {
            let inputs: Vec<String> = step.inputs.iter().map(shown_input).collect();
            rows.push(vec![
                step_name(step),
                step.clause.clone(),
                inputs.join("\n"),
                grouped(&step.result),
                outcome_name(step.outcome()).to_owned(),
            ]);
        }
        let header = ["步骤 step", "条款 clause", "依据 inputs", "结果 result", ""];
        self.table(&header, &rows, &[3])
    }

    /// A table; the columns in `amounts` are aligned to the right.
    pub(super) fn table(&mut self, header: &[&str], rows: &[Vec<String>], amounts: &[usize]) -> anyhow::Result<()> {
        let mut table = Table::new();
        table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH);
        table.set_header(header.to_vec());
        for row in rows {
            table.add_row(row.clone());
        }
        for column in amounts {
            if let Some(column) = table.column_mut(*column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        writeln!(self.out, "{}\n", table.trim_fmt())?;
        Ok(())
    }

    /// Text as it is, for example another program's output.
    pub(super) fn verbatim(&mut self, text: &str) -> anyhow::Result<()> {
        for line in text.lines() {
            writeln!(self.out, "    {line}")?;
        }
        self.gap()
    }

    /// A paragraph with a mark before it, wrapped by screen columns.
    fn wrapped(&mut self, mark: &str, text: &str) -> anyhow::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        let mut table = Table::new();
        table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH);
        table.add_row(vec![if mark.is_empty() { " " } else { mark }, text]);
        for line in table.trim_fmt().lines() {
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }
}

/// `1234567.8` as `1,234,567.8`; text that is not a number stays as it is.
pub(super) fn grouped(text: &str) -> String {
    let (sign, number) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (whole, fraction) = number.split_once('.').map_or((number, None), |(whole, rest)| (whole, Some(rest)));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !fraction.is_none_or(digits) {
        return text.to_owned();
    }
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        let left = whole.len().saturating_sub(place);
        if place > 0 && left.is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    fraction.map_or_else(|| format!("{sign}{grouped}"), |fraction| format!("{sign}{grouped}.{fraction}"))
}

fn mark(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Granted | Outcome::Recorded => "✓",
        Outcome::Partly => "◐",
        Outcome::Refused => "✗",
        Outcome::Deferred => "⧖",
        Outcome::Unspecified => "?",
    }
}

/// The mark of one line among several.
fn line_mark(line: &LineExplanation) -> &'static str {
    let cut = line.bound() != Bound::Ratio;
    mark(match (line.reason.is_empty(), cut) {
        (false, _) => Outcome::Refused,
        (true, true) => Outcome::Partly,
        (true, false) => Outcome::Granted,
    })
}

/// The step's kind as in the API, with the rule's part.
fn step_name(step: &Step) -> String {
    let kind: StepKind = step.kind();
    let kind = kind.as_str_name().trim_start_matches("STEP_KIND_").to_lowercase().replace('_', "-");
    if step.rule.is_empty() { kind } else { format!("{kind} {}", step.rule) }
}

fn outcome_name(outcome: StepOutcome) -> &'static str {
    match outcome {
        StepOutcome::Passed => "✓",
        StepOutcome::Reduced => "↓",
        StepOutcome::Failed => "✗",
        StepOutcome::Deferred => "⧖",
        StepOutcome::Unspecified => "?",
    }
}

fn shown_input(input: &crate::proto::v1::Input) -> String {
    let text = match input.value.as_ref().and_then(|value| value.kind.as_ref()) {
        Some(value::Kind::Amount(text) | value::Kind::Exact(text)) => grouped(text),
        Some(value::Kind::Rate(text) | value::Kind::Date(text) | value::Kind::Text(text)) => text.clone(),
        Some(value::Kind::Count(count)) => count.to_string(),
        None => String::new(),
    };
    format!("{} {text}", input.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_grouped_and_other_texts_left_alone() {
        for (text, expected) in [
            ("0.00", "0.00"),
            ("100.00", "100.00"),
            ("37400.00", "37,400.00"),
            ("-505999.99", "-505,999.99"),
            ("4999.995", "4,999.995"),
            ("80000000", "80,000,000"),
            ("", ""),
            ("-", "-"),
            ("RIGHT_ALREADY_PLEDGED", "RIGHT_ALREADY_PLEDGED"),
            ("2025-01-06", "2025-01-06"),
        ] {
            assert_eq!(grouped(text), expected);
        }
    }

    /// Every line, by the width that the table library measures.
    fn widest(printed: &str) -> usize {
        let measure = |line: &str| {
            let mut table = Table::new();
            table.load_style(NOTHING).add_row(vec![line]);
            table.column_max_content_widths().first().copied().map_or(0, usize::from)
        };
        printed.lines().map(measure).max().unwrap_or(0)
    }

    #[test]
    fn nothing_is_wider_than_a_screen() {
        let mut out = Vec::new();
        let mut paper = Paper::new(&mut out);
        paper
            .say(
                &"从严理解:每家企业每个自然年度合计不超过20万元;".repeat(20),
                &"at most 200,000.00 a year; ".repeat(20),
            )
            .unwrap();
        let row = vec!["知识产权质押融资".repeat(10), "1,000,000.00".to_owned(), "x".repeat(300)];
        paper.table(&["名称 name", "元 yuan", "text"], &[row], &[1]).unwrap();
        let printed = String::from_utf8(out).unwrap();
        assert!(printed.contains("1,000,000.00"), "{printed}");
        assert!(widest(&printed) <= 120, "{printed}");
    }
}
