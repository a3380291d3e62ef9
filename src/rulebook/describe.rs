//! Rules in plain words, for summaries and comparisons of versions.

use super::model::{Limit, LimitRule, RatioKind, RatioRule};

/// A ratio in a few words: `50 %`, `40 % or 30 %, plus 15 %, at most 50 %`.
pub fn ratio(rule: &RatioRule) -> String {
    let branches: Vec<String> = rule
        .branches
        .iter()
        .map(|branch| {
            let part = kind(&branch.ratio);
            if branch.when.0.is_empty() { part } else { format!("{part} where {}", branch.when.text()) }
        })
        .collect();
    let mut text = branches.join("; ");
    for uplift in &rule.uplifts {
        text = format!("{text}; plus {} where {}", uplift.add.percent(), uplift.when.text());
    }
    match rule.ceiling {
        Some(ceiling) => format!("{text}; at most {}", ceiling.percent()),
        None => text,
    }
}

/// A standing limit in a few words: `contribution at most 70 % of registered capital`.
pub fn limit(limit: &Limit) -> String {
    let (measures, of) = (&limit.measures.en, &limit.of.en);
    match &limit.rule {
        LimitRule::AtMost(ratio) => format!("{measures} at most {} of {of}", ratio.percent()),
        LimitRule::AtLeast(ratio) => format!("{measures} at least {} of {of}", ratio.percent()),
        LimitRule::Above(ratio) => format!("{measures} above {} of {of}", ratio.percent()),
        LimitRule::AboveGrowth(series) => format!("{measures} above {of} grown by `{series}`"),
    }
}

fn kind(kind: &RatioKind) -> String {
    match kind {
        RatioKind::Flat(ratio) => ratio.percent(),
        RatioKind::ByOrdinal { ratios, and_later } => {
            let parts: Vec<String> = (1..)
                .zip(ratios)
                .map(|(number, ratio)| format!("{} for application {number}", ratio.percent()))
                .collect();
            let later = if *and_later { " and later ones" } else { "" };
            format!("{}{later}", parts.join(", "))
        }
        RatioKind::Tiers(table) => {
            let parts: Vec<String> = table
                .tiers
                .iter()
                .map(|tier| match tier.up_to {
                    Some(end) if tier.inclusive => format!("{} up to {}", tier.ratio.percent(), end.grouped()),
                    Some(end) => format!("{} below {}", tier.ratio.percent(), end.grouped()),
                    None => format!("{} above", tier.ratio.percent()),
                })
                .collect();
            format!("{} ({}, by {})", parts.join(", "), table.method, table.by)
        }
    }
}
