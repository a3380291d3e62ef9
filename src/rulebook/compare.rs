//! What changes from one version of a rulebook to another, in plain words: rule by rule, then the worked cases of both
//! files under both versions, so that one sees for whom.

use std::collections::BTreeMap;

use super::describe;
use super::model::{
    ApprovalAct, Base, BilingualText, BreakerEffect, Cap, CapRule, Case, Clamp, ClampTo, Gate, Payer, PoolRule,
    Programme, Rulebook,
};
use super::trial::run_case;
use crate::money::Amount;

/// Every change, one sentence each; empty where the rules are the same.
pub fn compare(old: &Rulebook, new: &Rulebook) -> Vec<String> {
    let mut changes = Vec::new();
    if old.valid_from != new.valid_from {
        changes.push(format!("in force from {} instead of {}", new.valid_from, old.valid_from));
    }
    if old.transition != new.transition {
        let what = match new.transition {
            super::model::Transition::Filing => "loans keep the version that they were filed under",
            super::model::Transition::Moves => "loans move to the version in force on the day of the decision",
        };
        changes.push(what.to_owned());
    }
    programmes(old, new, &mut changes);
    pools(old, new, &mut changes);
    approval(old, new, &mut changes);
    limits(old, new, &mut changes);
    changes.extend(cases(old, new));
    changes
}

fn approval(old: &Rulebook, new: &Rulebook, changes: &mut Vec<String>) {
    let words = |rulebook: &Rulebook, act| match rulebook.second_above(act) {
        Some(limit) => format!("two persons above {}", limit.grouped()),
        None => "one person".to_owned(),
    };
    for act in ApprovalAct::ALL.iter().filter(|act| old.second_above(**act) != new.second_above(**act)) {
        let article = if *act == ApprovalAct::Award { "an" } else { "a" };
        changes.push(format!("{article} {act} is approved by {} instead of {}", words(new, *act), words(old, *act)));
    }
}

fn programmes(old: &Rulebook, new: &Rulebook, changes: &mut Vec<String>) {
    for programme in &old.programmes {
        match new.programme(&programme.id) {
            None => changes.push(format!("programme `{}` ends: nothing is granted under it any more", programme.id)),
            Some(other) => programme_changes(programme, other, changes),
        }
    }
    for programme in new.programmes.iter().filter(|programme| old.programme(&programme.id).is_none()) {
        let items: Vec<&str> = programme.items.iter().map(|item| item.code()).collect();
        let ratio = describe::ratio(&programme.ratio);
        changes.push(format!("new programme `{}`: {ratio} of {}", programme.id, items.join(", ")));
    }
}

fn programme_changes(old: &Programme, new: &Programme, changes: &mut Vec<String>) {
    let id = &old.id;
    let mut say = |text: String| changes.push(format!("programme `{id}`: {text}"));
    for item in old.items.iter().filter(|item| !new.items.contains(item)) {
        say(format!("{item} is no longer paid for"));
    }
    for item in new.items.iter().filter(|item| !old.items.contains(item)) {
        say(format!("{item} is paid for, which it was not"));
    }
    if old.ratio != new.ratio {
        say(format!("the ratio is {} instead of {}", describe::ratio(&new.ratio), describe::ratio(&old.ratio)));
    }
    if old.base != new.base {
        say(format!("the ratio is taken of {} instead of {}", base(&new.base), base(&old.base)));
    }
    if old.attribution != new.attribution {
        say(format!("a cost counts by {} instead of {}", new.attribution, old.attribution));
    }
    if old.reading != new.reading {
        say(format!("it is read otherwise: {}", reading(new.reading.as_ref())));
    }
    if old.grants_per_enterprise != new.grants_per_enterprise {
        let often =
            |limit: Option<u32>| limit.map_or("any number of times".to_owned(), |limit| format!("{limit} times"));
        say(format!(
            "an enterprise gets it {} instead of {}",
            often(new.grants_per_enterprise),
            often(old.grants_per_enterprise)
        ));
    }
    if old.ordinal_of != new.ordinal_of {
        say(format!("its ordinals count each {} instead of each {}", new.ordinal_of, old.ordinal_of));
    }
    if old.budget != new.budget {
        say(format!("budget line `{}` pays instead of `{}`", new.budget, old.budget));
    }
    if (old.round_to, old.award_at_least) != (new.round_to, new.award_at_least) {
        say("how awards are rounded, or the least that is paid, has changed".to_owned());
    }
    if old.payee != new.payee {
        say(format!("it is paid to the {} instead of the {}", new.payee, old.payee));
    }
    if old.ip_share_items != new.ip_share_items {
        say("which costs count with the IP part of the loan only has changed".to_owned());
    }
    if old.public_share_at_most != new.public_share_at_most {
        let (new, old) = (new.public_share_at_most.percent(), old.public_share_at_most.percent());
        say(format!("all public money together is at most {new} of the cost instead of {old}"));
    }
    if old.choices != new.choices || old.yields_to != new.yields_to {
        say("what excludes what has changed".to_owned());
    }
    if old.closing_run.is_some() != new.closing_run.is_some() {
        let yes = if new.closing_run.is_some() { "is" } else { "is not" };
        say(format!("a year beyond its budget {yes} paid in proportion"));
    }
    if old.clawback != new.clawback {
        say("what a clawback gives back has changed".to_owned());
    }
    lists(&old.gates, &new.gates, gate, "condition", &mut say);
    lists(&old.clamps, &new.clamps, clamp, "limit of the base", &mut say);
    caps(&old.caps, &new.caps, &mut say);
}

/// What left and what joined a list, by its words.
fn lists<T: PartialEq>(old: &[T], new: &[T], words: impl Fn(&T) -> String, what: &str, say: &mut impl FnMut(String)) {
    for one in old.iter().filter(|one| !new.contains(one)) {
        say(format!("{what} no longer asked: {}", words(one)));
    }
    for one in new.iter().filter(|one| !old.contains(one)) {
        say(format!("{what} asked from now on: {}", words(one)));
    }
}

fn caps(old: &[Cap], new: &[Cap], say: &mut impl FnMut(String)) {
    for cap in old {
        let Some(other) = new.iter().find(|other| other.id == cap.id) else {
            say(format!("cap `{}` of {} ends", cap.id, limit(cap)));
            continue;
        };
        if (cap.amount, &cap.rule) != (other.amount, &other.rule) {
            let better = if other.amount > cap.amount { "more room" } else { "less room" };
            say(format!("cap `{}` is {} instead of {} ({better})", cap.id, limit(other), limit(cap)));
        }
        if cap.years != other.years {
            say(format!("cap `{}` is one of {} years together instead of {}", cap.id, other.years, cap.years));
        }
        if cap.scope != other.scope {
            say(format!("cap `{}` counts per {} instead of per {}", cap.id, other.scope, cap.scope));
        }
        if cap.items != other.items {
            let items: Vec<&str> = other.items.iter().map(|item| item.code()).collect();
            say(format!("cap `{}` counts {}", cap.id, items.join(", ")));
        }
        if cap.when != other.when {
            say(format!("cap `{}` applies where {}", cap.id, other.when.text()));
        }
    }
    for cap in new.iter().filter(|cap| old.iter().all(|other| other.id != cap.id)) {
        say(format!("new cap `{}`: {} per {}", cap.id, limit(cap), cap.scope));
    }
}

fn limit(cap: &Cap) -> String {
    match &cap.rule {
        CapRule::Fixed => cap.amount.grouped(),
        CapRule::By(rows) => {
            let parts: Vec<String> = rows
                .iter()
                .map(|(when, amount)| match when.text().as_str() {
                    "" => format!("{} for others", amount.grouped()),
                    asked => format!("{} where {asked}", amount.grouped()),
                })
                .collect();
            parts.join(", ")
        }
        CapRule::ShareOfFigure(figure, share) => {
            let part = format!("{} of the figure {}", share.percent(), figure.text());
            if cap.amount == Amount::INPUT_MAX { part } else { format!("{part}, at most {}", cap.amount.grouped()) }
        }
        CapRule::ShareOfPrincipal(share) if cap.amount == Amount::INPUT_MAX => {
            format!("{} of the principal", share.percent())
        }
        CapRule::ShareOfPrincipal(share) => {
            format!("{} of the principal, at most {}", share.percent(), cap.amount.grouped())
        }
    }
}

fn base(base: &Base) -> &'static str {
    match base {
        Base::ActualCost => "the actual cost",
        Base::ReferenceInterest { .. } => "interest by a reference rate",
        Base::StandardPremium => "the standard premium",
        Base::Principal => "the principal",
        Base::Figure(_) => "a stated figure",
        Base::Lump(_) => "a lump sum",
    }
}

fn gate(gate: &Gate) -> String {
    let items: Vec<&str> = gate.items.iter().map(|item| item.code()).collect();
    format!("{} ({})", describe::condition(&gate.condition), items.join(", "))
}

fn clamp(clamp: &Clamp) -> String {
    match &clamp.to {
        ClampTo::Rate(term) => describe::rate(term),
        ClampTo::Days(days) => format!("{days} days"),
    }
}

fn reading(reading: Option<&BilingualText>) -> String {
    reading.map_or_else(|| "no reading".to_owned(), |reading| reading.en.clone())
}

fn pools(old: &Rulebook, new: &Rulebook, changes: &mut Vec<String>) {
    for pool in &old.pools {
        match new.pool(&pool.id) {
            None => changes.push(format!("pool `{}` ends", pool.id)),
            Some(other) => pool_changes(pool, other, changes),
        }
    }
    for pool in new.pools.iter().filter(|pool| old.pool(&pool.id).is_none()) {
        changes.push(format!("new pool `{}`", pool.id));
    }
}

fn pool_changes(old: &PoolRule, new: &PoolRule, changes: &mut Vec<String>) {
    let id = &old.id;
    let mut say = |text: String| changes.push(format!("pool `{id}`: {text}"));
    if old.shares != new.shares {
        let words = |rule: &PoolRule| {
            let parts: Vec<String> = rule.shares.iter().map(|(party, points)| format!("{party} {points}")).collect();
            parts.join(", ")
        };
        say(format!("the shares in basis points are {} instead of {}", words(new), words(old)));
    }
    for payer in &new.payers {
        if let Some(other) = old.payers.iter().find(|other| other.party == payer.party) {
            payer_changes(other, payer, &mut say);
        } else {
            say(format!("{} pays {}", payer.party, describe::ratio(&payer.ratio)));
        }
    }
    for payer in old.payers.iter().filter(|payer| new.payers.iter().all(|other| other.party != payer.party)) {
        say(format!("{} no longer pays", payer.party));
    }
    if old.overdue_days_over != new.overdue_days_over {
        let words = |days: Option<i64>| days.map_or("no".to_owned(), |days| format!("more than {days}"));
        let (new, old) = (words(new.overdue_days_over), words(old.overdue_days_over));
        say(format!("a claim needs {new} days overdue instead of {old}"));
    }
    if old.leverage_limit != new.leverage_limit {
        say("the leverage limit has changed".to_owned());
    }
    if old.breaker != new.breaker {
        let words = |rule: &PoolRule| {
            let breaker = rule.breaker.as_ref();
            breaker.map_or("never".to_owned(), |breaker| match breaker.effect {
                BreakerEffect::Defer => format!("its claims wait above {} of losses", breaker.ratio.percent()),
                BreakerEffect::StopFiling => {
                    format!("no further loan of it is taken above {} of losses", breaker.ratio.percent())
                }
            })
        };
        say(format!("what a bank's losses of a year do: {} instead of {}", words(new), words(old)));
    }
    if old.gates != new.gates {
        say("the conditions of a claim have changed".to_owned());
    }
    if (&old.coverage, old.eligible_principal, old.borrower_limit)
        != (&new.coverage, new.eligible_principal, new.borrower_limit)
    {
        say("what part of a loan is covered has changed".to_owned());
    }
}

fn payer_changes(old: &Payer, new: &Payer, say: &mut impl FnMut(String)) {
    if old.ratio != new.ratio {
        let (now, before) = (describe::ratio(&new.ratio), describe::ratio(&old.ratio));
        say(format!("{} pays {now} instead of {before}", new.party));
    }
    if old.caps != new.caps {
        say(format!("the limits of {} have changed", new.party));
    }
    if old.liability_ceiling != new.liability_ceiling {
        say(format!("the ceiling of {} has changed", new.party));
    }
}

fn limits(old: &Rulebook, new: &Rulebook, changes: &mut Vec<String>) {
    for limit in &old.limits {
        match new.limit(&limit.id) {
            None => changes.push(format!("limit `{}` ends", limit.id)),
            Some(other) if other != limit => {
                let (now, before) = (describe::limit(other), describe::limit(limit));
                changes.push(format!("limit `{}`: {now} instead of {before}", limit.id));
            }
            Some(_) => {}
        }
    }
    for limit in new.limits.iter().filter(|limit| old.limit(&limit.id).is_none()) {
        changes.push(format!("new limit `{}`: {}", limit.id, describe::limit(limit)));
    }
}

/// The worked cases of both files under both versions: who gets more, who less.
fn cases(old: &Rulebook, new: &Rulebook) -> Vec<String> {
    let all: BTreeMap<&str, &Case> = old.cases.iter().chain(&new.cases).map(|case| (case.id.as_str(), case)).collect();
    let mut changes = Vec::new();
    for (id, case) in all {
        for (before, after) in run_case(old, case).iter().zip(&run_case(new, case)) {
            if before.got == after.got {
                continue;
            }
            let (more, difference) = if after.got > before.got {
                ("more", after.got.minus(before.got))
            } else {
                ("less", before.got.minus(after.got))
            };
            changes.push(format!(
                "for the case `{id}`, {}: {} instead of {}, {} {more}",
                after.what,
                after.got.grouped(),
                before.got.grouped(),
                difference.grouped()
            ));
        }
    }
    changes
}
