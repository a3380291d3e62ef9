//! Charts (图表): bars that the server draws, each with its figures in words beside it. Colour is never alone: what a part
//! of a bar means stands in the legend and in the line under the bar.

use crate::money::Amount;
use crate::portal::show;

/// The most bars of a chart; what is beyond stands in the table.
pub(super) const BARS_MAX: usize = 12;

/// Some bars under a title.
#[derive(Default)]
pub(super) struct Chart {
    pub(super) title: String,
    /// What the parts mean: class and words.
    pub(super) legend: Vec<(&'static str, String)>,
    pub(super) bars: Vec<Bar>,
    /// What is said of bars that are left out; empty where none is.
    pub(super) more: String,
}

/// One bar of 1,000 units.
pub(super) struct Bar {
    pub(super) label: String,
    pub(super) value: String,
    pub(super) detail: String,
    pub(super) parts: Vec<Part>,
    /// Where a limit is marked.
    pub(super) mark: Option<i64>,
    /// Class and words of a badge; empty where there is none.
    pub(super) badge: (&'static str, String),
}

/// A part of a bar.
pub(super) struct Part {
    pub(super) from: i64,
    pub(super) width: i64,
    pub(super) class: &'static str,
}

impl Bar {
    /// A bar of these parts of a whole, one after the other.
    pub(super) fn of(
        label: impl Into<String>,
        value: impl Into<String>,
        parts: &[(&'static str, Amount)],
        whole: Amount,
    ) -> Self {
        let (mut from, mut drawn, mut sum) = (0_i64, Vec::new(), Amount::ZERO);
        for (class, amount) in parts {
            // Ends are computed from the sum: roundings do not add up.
            sum = sum.plus(amount.floored_at_zero());
            let end = show::permille(sum, whole);
            // What is there is seen, however little it is.
            let width = end.saturating_sub(from).max(if amount.is_positive() { 4 } else { 0 });
            let width = width.min(1_000_i64.saturating_sub(from));
            if width > 0 {
                drawn.push(Part { from, width, class });
            }
            from = from.saturating_add(width);
        }
        let (label, value) = (label.into(), value.into());
        Self { label, value, detail: String::new(), parts: drawn, mark: None, badge: ("", String::new()) }
    }

    /// The same with words under it.
    pub(super) fn saying(self, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), ..self }
    }

    /// The same with a badge.
    pub(super) fn with_badge(self, tone: &'static str, words: impl Into<String>) -> Self {
        Self { badge: (tone, words.into()), ..self }
    }

    /// The same with a limit at this place.
    pub(super) fn marked(self, mark: i64) -> Self {
        Self { mark: Some(mark.min(996)), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_fill_the_bar_and_never_leave_it() {
        let yuan = Amount::from_yuan;
        let ends = |parts: &[(&'static str, Amount)], whole: i64| {
            let bar = Bar::of("", "", parts, yuan(whole));
            bar.parts.iter().map(|part| (part.from, part.width)).collect::<Vec<_>>()
        };
        assert_eq!(ends(&[("a", yuan(1)), ("b", yuan(1)), ("c", yuan(1))], 3), [(0, 333), (333, 333), (666, 334)]);
        assert_eq!(ends(&[("a", yuan(1)), ("b", yuan(1_000_000))], 1_000_000), [(0, 4), (4, 996)]);
        assert_eq!(ends(&[("a", yuan(900)), ("b", yuan(900))], 1_000), [(0, 900), (900, 100)]);
        assert_eq!(ends(&[("a", yuan(0)), ("b", yuan(-5))], 100), []);
        assert_eq!(ends(&[("a", yuan(5))], 0), [(0, 4)]);
    }
}
