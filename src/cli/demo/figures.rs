//! Every figure of the year beside the same figure computed by hand.

use super::paper::{Paper, grouped};

/// A figure or an outcome: what it must be, and what the ledger said.
#[derive(Debug)]
struct Figure {
    name: &'static str,
    by_hand: &'static str,
    got: String,
}

impl Figure {
    fn agrees(&self) -> bool {
        self.by_hand == self.got
    }
}

/// The figures in the order in which they were met.
#[derive(Debug, Default)]
pub(super) struct Figures {
    rows: Vec<Figure>,
}

impl Figures {
    /// Notes a figure. Amounts are compared as printed: with two decimals and thousands separators.
    pub(super) fn compare(&mut self, name: &'static str, by_hand: &'static str, got: &str) {
        self.rows.push(Figure { name, by_hand, got: grouped(got) });
    }

    /// Whether there are figures and every one is as computed by hand.
    pub(super) fn all_agree(&self) -> bool {
        !self.rows.is_empty() && self.rows.iter().all(Figure::agrees)
    }

    pub(super) fn count(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn print(&self, paper: &mut Paper<'_>) -> anyhow::Result<()> {
        let row = |figure: &Figure| {
            let verdict = if figure.agrees() { "✓" } else { "✗ DIFFERS" };
            vec![figure.name.to_owned(), figure.by_hand.to_owned(), figure.got.clone(), verdict.to_owned()]
        };
        let rows: Vec<Vec<String>> = self.rows.iter().map(row).collect();
        paper.table(&["项目 figure", "手算 by hand", "系统 got", ""], &rows, &[1, 2])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_that_agree_are_good() {
        let mut figures = Figures::default();
        figures.compare("premium", "37,400.00", "37400.00");
        figures.compare("reason", "BREAKER_TRIPPED", "BREAKER_TRIPPED");
        assert!(figures.all_agree());
    }

    #[test]
    fn one_wrong_figure_spoils_all() {
        for (by_hand, got) in [
            ("37,400.00", "37400.01"),
            ("37,400.00", "37400.0"),
            ("37,400.00", "-37400.00"),
            ("0.00", ""),
            ("BREAKER_TRIPPED", "POOL_SHORT"),
        ] {
            let mut figures = Figures::default();
            figures.compare("right", "0.00", "0.00");
            figures.compare("wrong", by_hand, got);
            figures.compare("right too", "1", "1");
            assert!(!figures.all_agree(), "{by_hand} is not {got}");
        }
    }

    #[test]
    fn no_figures_are_no_proof() {
        assert!(!Figures::default().all_agree());
    }

    #[test]
    fn a_difference_is_printed() {
        let mut figures = Figures::default();
        figures.compare("premium", "37,400.00", "37400.01");
        let mut out = Vec::new();
        figures.print(&mut Paper::new(&mut out)).unwrap();
        let printed = String::from_utf8(out).unwrap();
        assert!(printed.contains("37,400.00") && printed.contains("37,400.01"), "{printed}");
        assert!(printed.contains("DIFFERS"), "{printed}");
    }
}
