//! Where a loan stands on the day of a bank's list: what is owed, until when, at which rate, in which state.

use crate::calendar::CivilDate;
use crate::identifier::{Invalid, half_width, shown};
use crate::money::{Amount, Rate};

/// What a loan list says of a loan beside its drawdown; each where it has the column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stated {
    /// Principal owed at the end of the list's day (贷款余额), in yuan.
    pub balance: Option<Amount>,
    /// Maturity (到期日).
    pub matures_on: Option<CivilDate>,
    /// The rate per year (年利率).
    pub rate: Option<StatedRate>,
    /// State or class (五级分类), where its word is one that the ledger can answer.
    pub state: Option<StatedState>,
}

impl Stated {
    /// What it says, in a form that never changes: for digests.
    pub fn canonical(&self) -> String {
        let balance = self.balance.map(|balance| balance.to_string()).unwrap_or_default();
        let matures_on = self.matures_on.map(|day| day.to_string()).unwrap_or_default();
        let rate = self.rate.as_ref().map(|rate| rate.text.as_str()).unwrap_or_default();
        let state = self.state.map(StatedState::english).unwrap_or_default();
        format!(" [{balance} {matures_on} {rate} {state}]")
    }
}

/// A rate as it is written: `4.35%`, `4.35` and `0.0435` are the same one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatedRate {
    text: String,
    readings: Vec<Rate>,
}

impl StatedRate {
    /// Reads a rate; a number without a sign may be percent or a fraction.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let plain = half_width(text);
        let plain = plain.trim();
        let (digits, is_percent) = plain.strip_suffix('%').map_or((plain, false), |digits| (digits.trim(), true));
        let as_percent = hundredth(digits).and_then(|fraction| Rate::parse(&fraction).ok());
        let as_fraction = if is_percent { None } else { Rate::parse(digits).ok() };
        let readings: Vec<Rate> = as_percent.into_iter().chain(as_fraction).collect();
        if readings.is_empty() {
            return Err(Invalid::new(
                format!("`{}` is not a rate; expected for example `4.35%` or `0.0435`", shown(text)),
                format!("“{}”不是利率；应为例如 4.35% 或 0.0435", shown(text)),
            ));
        }
        Ok(Self { text: plain.to_owned(), readings })
    }

    /// As it is written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it may mean this rate.
    pub fn is(&self, rate: Rate) -> bool {
        self.readings.contains(&rate)
    }
}

/// The decimal point two places to the left.
fn hundredth(digits: &str) -> Option<String> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let padded = format!("{whole:0>3}");
    let (whole, rest) = padded.split_at_checked(padded.len().saturating_sub(2))?;
    let fraction = format!("{rest}{fraction}");
    Some(format!("{}.{}", whole, fraction.trim_end_matches('0')).trim_end_matches('.').to_owned())
}

/// A word of the state column that the ledger can answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StatedState {
    /// 正常: not in arrears.
    Current,
    /// 逾期: in arrears, or worse.
    Overdue,
    /// 次级, 可疑, 损失, 不良: non-performing.
    NonPerforming,
    /// 结清: nothing is owed.
    Settled,
}

impl StatedState {
    /// Reads a word; `None` where the ledger has no answer to it, as to 关注.
    pub fn read(word: &str) -> Option<Self> {
        let plain = half_width(word).to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| plain.contains(word));
        if has(&["结清", "还清", "settled", "paid off", "closed"]) {
            return Some(Self::Settled);
        }
        if has(&["次级", "可疑", "损失", "不良", "non-performing", "npl", "substandard", "doubtful", "loss"]) {
            return Some(Self::NonPerforming);
        }
        if has(&["未逾期", "正常", "not overdue", "normal", "current", "pass"]) {
            return Some(Self::Current);
        }
        has(&["逾期", "overdue", "past due"]).then_some(Self::Overdue)
    }

    /// What people call it.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Current => "正常",
            Self::Overdue => "逾期",
            Self::NonPerforming => "不良",
            Self::Settled => "结清",
        }
    }

    /// In English.
    pub const fn english(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Overdue => "overdue",
            Self::NonPerforming => "non-performing",
            Self::Settled => "settled",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_the_same_in_percent_and_as_a_fraction() {
        let rate = Rate::parse("0.0435").unwrap();
        for text in ["4.35%", "4.35", "0.0435", "４.３５％", "4.3500 %"] {
            assert!(StatedRate::parse(text).unwrap().is(rate), "{text}");
        }
        for text in ["0.0435%", "43.5", "4.36", "0.04350001"] {
            assert!(!StatedRate::parse(text).is_ok_and(|stated| stated.is(rate)), "{text}");
        }
        for text in ["", "LPR+50", "4,35", "-4.35", ".35"] {
            assert!(StatedRate::parse(text).is_err(), "{text}");
        }
        assert!(StatedRate::parse("10").unwrap().is(Rate::parse("0.1").unwrap()));
    }

    #[test]
    fn words_of_a_state() {
        let cases = [
            ("正常", Some(StatedState::Current)),
            ("未逾期", Some(StatedState::Current)),
            ("逾期30天", Some(StatedState::Overdue)),
            ("次级类", Some(StatedState::NonPerforming)),
            ("已结清", Some(StatedState::Settled)),
            ("关注", None),
            ("Non-performing", Some(StatedState::NonPerforming)),
        ];
        for (word, state) in cases {
            assert_eq!(StatedState::read(word), state, "{word}");
        }
    }
}
