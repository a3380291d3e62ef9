//! Rules in plain words, for summaries and comparisons of versions.

use super::model::{Condition, Limit, LimitRule, RateTerm, RatioKind, RatioRule, Window};

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

/// A rate in a few words: `1.4 × lpr-1y + 0.5 % (signing), or the actual one where that is lower`.
pub fn rate(term: &RateTerm) -> String {
    let mut text = if let Some(fixed) = term.fixed {
        fixed.percent()
    } else {
        let series: Vec<String> = term.series.iter().map(|entry| entry.series.to_string()).collect();
        format!("{} × {} ({})", term.factor, series.join(" or "), term.as_of)
    };
    for (points, sign) in [(term.plus_basis_points, "plus"), (term.minus_basis_points, "less")] {
        if points > 0 {
            text = format!("{text} {sign} {points} basis points");
        }
    }
    if term.or_actual_if_lower {
        text = format!("{text}, or the actual rate where that is lower");
    }
    if term.actual_above {
        text = format!("what the actual rate is above {text}");
    }
    term.at_most.map_or_else(|| text.clone(), |most| format!("{text}, at most {}", most.percent()))
}

/// A condition with its figures: `revenue-at-most 200,000,000.00`.
pub fn condition(condition: &Condition) -> String {
    let with = |words: String| format!("{} {words}", condition.code());
    match condition {
        Condition::NotBlacklisted
        | Condition::LoanRequired
        | Condition::LoanDisbursed
        | Condition::PledgedByDisbursement
        | Condition::PaidWithinLoan
        | Condition::PaidByLoanEnd
        | Condition::RightRequired
        | Condition::RightOwned
        | Condition::RightInForce
        | Condition::RightIsPatent
        | Condition::PledgedBySettlement
        | Condition::LoanRepaid
        | Condition::LoanRightsOwned
        | Condition::FirstPledge
        | Condition::NoOtherPublicFunding => condition.code().to_owned(),
        Condition::SizeClass(classes) => with(classes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")),
        Condition::Property(when) => with(when.text()),
        Condition::RateAtMost(term) => with(rate(term)),
        Condition::IpShareAtLeast(share) => with(share.percent()),
        Condition::FeeRateAtMost(share) => with(format!("{} a year", share.percent())),
        Condition::RevenueAtMost(amount) => with(amount.grouped()),
        Condition::RightMonthsLeftAtLeast(months) | Condition::NotBlacklistedWithin(months) => {
            with(format!("{months} months"))
        }
        Condition::DateWithin { date, from, until } => {
            let from = from.map_or(String::new(), |from| format!(" from {from}"));
            let until = until.map_or(String::new(), |until| format!(" until {until}"));
            with(format!("{date}{from}{until}"))
        }
        Condition::AppliedWithinDays { of, days } => with(format!("{days} of {of}")),
        Condition::AppliedBy { month, day, years_after } => {
            with(format!("{month:02}-{day:02}, {years_after} years after"))
        }
        Condition::AppliedInWindow(windows) => with(windows.iter().map(Window::text).collect::<Vec<_>>().join("; ")),
        Condition::LoanDaysAtLeast(days) => with(format!("{days} days")),
        Condition::FigureAtLeast(figure, amount) | Condition::FigureAtMost(figure, amount) => {
            with(format!("{} {}", figure.text(), amount.grouped()))
        }
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
