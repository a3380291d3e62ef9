//! The layout of a bank's list (版式): which column is what. A small TOML file per bank, described in
//! `docs/reconciliation.md`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Kind;
use crate::identifier::{Invalid, half_width};

/// The largest layout file.
const LAYOUT_BYTES_MAX: usize = 64 * 1024;

/// How the rows of a file become lines.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "snake_case")]
pub struct Layout {
    /// Its name, for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Which list it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// The sheet; default the first in which the headings are found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// Of a text file: `utf-8`, `gbk` or `gb18030`; default found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// Of a text file: `comma`, `tab`, `semicolon` or `bar`; default found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<String>,
    /// Rows above the heading; default searched for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skip_rows: Option<u32>,
    /// Whether there is no heading: columns are then letters.
    #[serde(skip_serializing_if = "is_false")]
    pub no_heading: bool,
    /// Unit of all amounts.
    pub unit: Unit,
    /// Order of day, month and year.
    pub date_order: DateOrder,
    /// What a positive amount means.
    pub sign: Sign,
    /// Words of the direction column for money in, beside the usual ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub in_words: Vec<String>,
    /// Words of the direction column for money out, beside the usual ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub out_words: Vec<String>,
    /// Words that begin a total row, beside the usual ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub total_words: Vec<String>,
    /// Which column is what: its heading, or its letter.
    pub columns: BTreeMap<Role, String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The day (日期).
    Date,
    /// The amount, where there is one column for it (金额).
    Amount,
    /// Money in: 贷方, 收入.
    In,
    /// Money out: 借方, 支出.
    Out,
    /// Which of the two the amount is: 借贷标志.
    Direction,
    /// Principal repaid (本金).
    Principal,
    /// Interest paid (利息).
    Interest,
    /// Whether the amount is principal or interest (还款类型).
    Nature,
    /// Contract number (合同编号).
    Contract,
    /// The other party's name (借款人, 对方户名).
    Party,
    /// The other party's unified social credit code (统一社会信用代码).
    PartyCode,
    /// The bank's reference (流水号).
    Reference,
    /// Purpose or remark (摘要).
    Summary,
    /// First day of the interest period (计息起始日).
    PeriodFrom,
    /// Last day of the interest period (计息结束日).
    PeriodTo,
    /// Currency (币种): CNY or nothing.
    Currency,
    /// Of a loan list: what is owed on its day (贷款余额).
    Balance,
    /// Of a loan list: maturity (到期日).
    MaturesOn,
    /// Of a loan list: the rate per year (年利率).
    Rate,
    /// Of a loan list: overdue, settled, or its class (五级分类).
    State,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 20] = [
        Self::Date,
        Self::Amount,
        Self::In,
        Self::Out,
        Self::Direction,
        Self::Principal,
        Self::Interest,
        Self::Nature,
        Self::Contract,
        Self::Party,
        Self::PartyCode,
        Self::Reference,
        Self::Summary,
        Self::PeriodFrom,
        Self::PeriodTo,
        Self::Currency,
        Self::Balance,
        Self::MaturesOn,
        Self::Rate,
        Self::State,
    ];

    /// The name in layout files.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Date => "date",
            Self::Amount => "amount",
            Self::In => "in",
            Self::Out => "out",
            Self::Direction => "direction",
            Self::Principal => "principal",
            Self::Interest => "interest",
            Self::Nature => "nature",
            Self::Contract => "contract",
            Self::Party => "party",
            Self::PartyCode => "party_code",
            Self::Reference => "reference",
            Self::Summary => "summary",
            Self::PeriodFrom => "period_from",
            Self::PeriodTo => "period_to",
            Self::Currency => "currency",
            Self::Balance => "balance",
            Self::MaturesOn => "matures_on",
            Self::Rate => "rate",
            Self::State => "state",
        }
    }

    /// Whether the column says where a loan stands.
    pub const fn is_standing(self) -> bool {
        matches!(self, Self::Balance | Self::MaturesOn | Self::Rate | Self::State)
    }

    /// Whether the column holds money that moved.
    pub const fn is_amount(self) -> bool {
        matches!(self, Self::Amount | Self::In | Self::Out | Self::Principal | Self::Interest)
    }
}

/// Unit of the amounts of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// 元.
    #[default]
    Yuan,
    /// 万元.
    Wan,
}

/// Order of day, month and year where a date is written with separators.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DateOrder {
    /// 2026-03-05.
    #[default]
    YearMonthDay,
    /// 05/03/2026.
    DayMonthYear,
    /// 03/05/2026.
    MonthDayYear,
}

/// What a positive amount means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sign {
    /// Money in, as the account's holder sees it; in the other lists: a payment.
    #[default]
    AsIs,
    /// The other way round.
    Turned,
}

impl Layout {
    /// Reads a layout file.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.len() > LAYOUT_BYTES_MAX {
            return Err(Invalid::new(
                format!("the layout has {} bytes; expected at most {LAYOUT_BYTES_MAX}", text.len()),
                format!("版式文件共 {} 字节，超过上限 {LAYOUT_BYTES_MAX}", text.len()),
            ));
        }
        toml::from_str(text).map_err(|error| {
            let problem = error.to_string().trim().replace('\n', " ");
            Invalid::new(format!("the layout is not understood: {problem}"), format!("版式文件有误：{problem}"))
        })
    }

    /// The file that [`parse`](Self::parse) reads.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).unwrap_or_default()
    }
}

/// A heading as it is compared: half-width, lower case, without spaces, and without a remark in brackets.
pub(super) fn plain_heading(heading: &str) -> String {
    let plain = half_width(heading).to_lowercase();
    let mut depth = 0_u32;
    let mut kept = String::new();
    for character in plain.chars() {
        match character {
            '(' | '[' | '【' => depth = depth.saturating_add(1),
            ')' | ']' | '】' => depth = depth.saturating_sub(1),
            other if depth == 0 && !other.is_whitespace() && !matches!(other, '_' | ':' | '*' | '/' | '-' | '.') => {
                kept.push(other);
            }
            _ => {}
        }
    }
    kept
}
