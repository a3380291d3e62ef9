//! `ipledger rulebook limit`: does a stated amount keep to a standing limit.

use std::io::Write;

use anyhow::Context as _;

use crate::calendar::FiscalYear;
use crate::identifier::{Invalid, LimitId};
use crate::money::Amount;
use crate::rulebook::judge::{LimitFacts, judge_limit};
use crate::rulebook::{Language, Rulebook, line_sentence};

/// What was asked for, as it was written.
pub(super) struct Asked<'a> {
    pub(super) limit: &'a str,
    pub(super) amount: &'a str,
    pub(super) of: &'a str,
    pub(super) year: &'a str,
}

/// Judges and prints; `false` when the amount does not keep to the limit.
pub(super) fn run(asked: &Asked<'_>, rulebook: &Rulebook, out: &mut dyn Write) -> anyhow::Result<bool> {
    let names: Vec<&str> = rulebook.limits.iter().map(|limit| limit.id.as_str()).collect();
    let limit = LimitId::parse(asked.limit).ok().and_then(|id| rulebook.limit(&id));
    let limit = limit.with_context(|| {
        format!("`{}` has no limit `{}`; it has: {}", rulebook.reference(), asked.limit, names.join(", "))
    })?;
    let facts = LimitFacts {
        amount: read("--amount", Amount::parse(asked.amount))?,
        of: read("--of", Amount::parse(asked.of))?,
        year: read("--year", FiscalYear::parse(asked.year))?,
        rates: rulebook.reference_rates(),
    };
    let verdict = judge_limit(limit, &facts);
    for language in [Language::English, Language::Chinese] {
        writeln!(out, "{}", line_sentence(&verdict.explanation, language))?;
    }
    Ok(verdict.holds)
}

fn read<T>(name: &str, value: Result<T, Invalid>) -> anyhow::Result<T> {
    value.map_err(|invalid| anyhow::anyhow!("{name}: {}", invalid.problem))
}
