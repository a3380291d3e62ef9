//! A rulebook as rows of a table, in both languages: what its reference page shows, and what two versions differ by.

use std::collections::BTreeMap;

use super::rule_words::{approval, cost, party, payee, scope, size, words_of};
use crate::identifier::ClauseId;
use crate::portal::language::Language;
use crate::rulebook::describe;
use crate::rulebook::model::{
    ApprovalAct, Base, BilingualText, BreakerEffect, Cap, CapRule, ClampTo, Condition, Gate, LimitRule, PoolRule,
    RatioKind, RatioRule, TargetValue, Transition,
};
use crate::rulebook::terms::CostKind;
use crate::rulebook::{Programme, Rulebook};

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// The same in two versions where they say the same thing.
    pub(super) key: String,
    /// Of which programme or pool.
    pub(super) group: String,
    /// What it is.
    pub(super) name: String,
    /// What it says.
    pub(super) value: String,
    /// Where it stands.
    pub(super) clause: String,
}

/// What two versions differ by, in one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) group: String,
    pub(super) name: String,
    /// Empty for a new rule.
    pub(super) old: String,
    /// Empty for one that is gone.
    pub(super) new: String,
    pub(super) clause: String,
}

/// Every rule of a rulebook.
pub(super) fn rows(l: Language, rulebook: &Rulebook) -> Vec<Row> {
    let mut table = Table { l, rulebook, group: (String::new(), String::new()), rows: Vec::new() };
    table.head();
    for programme in &rulebook.programmes {
        table.programme(programme);
    }
    for pool in &rulebook.pools {
        table.pool(pool);
    }
    table.rest();
    table.rows
}

/// What changes from one version to another, rule by rule, then clause by clause.
pub(super) fn changes(l: Language, old: &Rulebook, new: &Rulebook) -> Vec<Change> {
    let (old_rows, new_rows) = (rows(l, old), rows(l, new));
    let before: BTreeMap<&str, &Row> = old_rows.iter().map(|row| (row.key.as_str(), row)).collect();
    let after: BTreeMap<&str, &Row> = new_rows.iter().map(|row| (row.key.as_str(), row)).collect();
    let mut changes = Vec::new();
    for row in &new_rows {
        let was = before.get(row.key.as_str()).map(|was| was.value.clone());
        if was.as_ref() != Some(&row.value) {
            changes.push(change(row, was.unwrap_or_default(), row.value.clone()));
        }
    }
    let gone = old_rows.iter().filter(|row| !after.contains_key(row.key.as_str()));
    changes.extend(gone.map(|row| change(row, row.value.clone(), String::new())));
    changes.extend(clauses(l, old, new));
    changes
}

fn change(row: &Row, old: String, new: String) -> Change {
    Change { group: row.group.clone(), name: row.name.clone(), old, new, clause: row.clause.clone() }
}

fn clauses<'a>(l: Language, old: &'a Rulebook, new: &'a Rulebook) -> impl Iterator<Item = Change> + use<'a> {
    let text =
        |rulebook: &Rulebook, id: &ClauseId| rulebook.clause(id).map(|clause| clause.text.clone()).unwrap_or_default();
    let gone = old.clauses.iter().filter(move |clause| new.clause(&clause.id).is_none());
    new.clauses.iter().chain(gone).filter(move |clause| text(old, &clause.id) != text(new, &clause.id)).map(
        move |clause| Change {
            group: l.say("条款原文", "Text of the clauses").to_owned(),
            name: clause.heading.clone(),
            old: text(old, &clause.id),
            new: text(new, &clause.id),
            clause: clause.heading.clone(),
        },
    )
}

struct Table<'a> {
    l: Language,
    rulebook: &'a Rulebook,
    /// Id and words of the programme or pool that is described now.
    group: (String, String),
    rows: Vec<Row>,
}

impl Table<'_> {
    fn say(&mut self, key: &str, name: (&str, &str), value: impl Into<String>, clause: Option<&ClauseId>) {
        let heading = clause.and_then(|id| self.rulebook.clause(id)).map(|clause| clause.heading.clone());
        let (id, words) = &self.group;
        let key = format!("{id}/{key}");
        // A programme may have two rules of one kind for the same items: the second is compared with the second.
        let of_kind = |row: &&Row| row.key.split_once('#').map_or(row.key.as_str(), |(kind, _)| kind) == key;
        let key = match self.rows.iter().filter(of_kind).count() {
            0 => key,
            before => format!("{key}#{before}"),
        };
        self.rows.push(Row {
            key,
            group: words.clone(),
            name: self.l.say(name.0, name.1).to_owned(),
            value: value.into(),
            clause: heading.unwrap_or_default(),
        });
    }

    fn reading(&mut self, key: &str, reading: Option<&BilingualText>, clause: Option<&ClauseId>) {
        if let Some(reading) = reading {
            let words = self.l.say(&reading.zh, &reading.en).to_owned();
            self.say(&format!("{key}/reading"), ("解释口径", "Reading"), words, clause);
        }
    }

    fn enter(&mut self, id: String, name: &BilingualText) {
        self.group = (id, self.l.say(&name.zh, &name.en).to_owned());
    }

    fn head(&mut self) {
        let l = self.l;
        self.group = ("rulebook".to_owned(), l.say("办法", "Rulebook").to_owned());
        let rulebook = self.rulebook;
        self.say("from", ("施行日期", "In force from"), rulebook.valid_from.to_string(), None);
        let until =
            rulebook.valid_until.map_or_else(|| l.say("至废止", "until repealed").to_owned(), |day| day.to_string());
        self.say("until", ("有效期至", "Until"), until, None);
        let transition = match rulebook.transition {
            Transition::Filing => {
                l.say("已备案贷款适用备案时的版本", "loans keep the version that they were filed under")
            }
            Transition::Moves => {
                l.say("已备案贷款适用决定当日的版本", "loans move to the version in force on the day of the decision")
            }
        };
        self.say("transition", ("过渡", "Transition"), transition, None);
    }

    fn programme(&mut self, one: &Programme) {
        let l = self.l;
        let granting = Some(&one.clause);
        self.enter(format!("programme/{}", one.id), &one.name);
        let items: Vec<&str> = one.items.iter().map(|item| cost(l, *item)).collect();
        self.say("items", ("补助费用", "Costs"), items.join("、"), granting);
        self.say("ratio", ("补助比例", "Ratio"), ratio(l, &one.ratio), granting);
        self.say("base", ("计算基数", "Base"), base(l, &one.base), granting);
        self.reading("programme", one.reading.as_ref(), granting);
        for gate in &one.gates {
            self.gate(gate, &one.items);
        }
        for clamp in &one.clamps {
            let (kind, words) = match &clamp.to {
                ClampTo::Rate(term) => {
                    ("rate", format!("{} {}", l.say("利率不超过", "rate at most"), describe::rate(term)))
                }
                ClampTo::Days(days) => {
                    ("days", format!("{} {days} {}", l.say("不超过", "at most"), l.say("天", "days")))
                }
            };
            let key = format!("clamp/{kind}/{}", codes(&clamp.items));
            self.say(&key, ("基数上限", "Limit of the base"), words, Some(&clamp.clause));
            self.reading(&key, clamp.reading.as_ref(), Some(&clamp.clause));
        }
        for cap in &one.caps {
            self.cap(cap, &one.items);
        }
        self.say(
            "public",
            ("各级财政资金合计", "All public money"),
            format!("≤ {}", one.public_share_at_most.percent()),
            granting,
        );
        if let Some(times) = one.grants_per_enterprise {
            let words = format!("{times} {}", l.say("次", "times"));
            self.say("times", ("每户企业", "Each enterprise"), words, granting);
        }
        self.say("budget", ("预算指标", "Budget line"), one.budget.to_string(), granting);
        self.say("payee", ("补助对象", "Paid to"), payee(l, one.payee), granting);
        if let Some(run) = &one.closing_run {
            let words =
                l.say("超出预算时年终按比例折算", "beyond the budget, paid in proportion at the end of the year");
            self.say("closing", ("年度结算", "Closing run"), words, Some(&run.clause));
            self.reading("closing", run.reading.as_ref(), Some(&run.clause));
        }
    }

    fn gate(&mut self, gate: &Gate, all: &[CostKind]) {
        let mut words = condition(self.l, &gate.condition);
        if gate.items != all {
            let items: Vec<&str> = gate.items.iter().map(|item| cost(self.l, *item)).collect();
            words = format!("{words} ({})", items.join("、"));
        }
        let key = format!("gate/{}/{}", gate.condition.code(), codes(&gate.items));
        self.say(&key, ("条件", "Condition"), words, Some(&gate.clause));
        self.reading(&key, gate.reading.as_ref(), Some(&gate.clause));
    }

    fn cap(&mut self, cap: &Cap, all: &[CostKind]) {
        let l = self.l;
        let mut words = format!("{} {} {}", scope(l, cap.scope), l.say("不超过", "at most"), cap.amount.grouped());
        match &cap.rule {
            CapRule::Fixed => {}
            CapRule::By(rows) => {
                let rows: Vec<String> =
                    rows.iter().map(|(when, amount)| format!("{}: {}", when.text(), amount.grouped())).collect();
                words = format!("{words} ({})", rows.join("; "));
            }
            CapRule::ShareOfPrincipal(rate) => {
                words = format!("{words}, {} {}", l.say("且不超过贷款本金的", "and of the principal"), rate.percent());
            }
            CapRule::ShareOfFigure(figure, rate) => words = format!("{words}, {} × {}", rate.percent(), figure.text()),
        }
        if cap.items != all {
            let items: Vec<&str> = cap.items.iter().map(|item| cost(l, *item)).collect();
            words = format!("{words} ({})", items.join("、"));
        }
        if !cap.when.0.is_empty() {
            words = format!("{words} [{}]", cap.when.text());
        }
        if cap.years > 1 {
            words = format!("{words}, {} {}", cap.years, l.say("年累计", "years together"));
        }
        let key = format!("cap/{}", cap.id);
        self.say(&key, ("限额", "Cap"), words, Some(&cap.clause));
        self.reading(&key, cap.reading.as_ref(), Some(&cap.clause));
    }

    fn pool(&mut self, one: &PoolRule) {
        let l = self.l;
        let clause = one.clause();
        self.enter(format!("pool/{}", one.id), &one.name);
        let percent = |points: u32| format!("{}.{:02} %", points.div_euclid(100), points.rem_euclid(100));
        let shares: Vec<String> =
            one.shares.iter().map(|(who, points)| format!("{} {}", party(l, *who), percent(*points))).collect();
        if !shares.is_empty() {
            self.say("shares", ("损失分担", "Shares of a loss"), shares.join(" · "), clause);
        }
        for payer in &one.payers {
            let words = format!("{} {}", party(l, payer.party), ratio(l, &payer.ratio));
            self.say(&format!("payer/{}", payer.party), ("补偿", "Payer"), words, Some(&payer.clause));
            self.reading(&format!("payer/{}", payer.party), payer.reading.as_ref(), Some(&payer.clause));
        }
        if let Some(days) = one.overdue_days_over {
            self.say("overdue", ("逾期超过", "Days overdue, more than"), days.to_string(), clause);
        }
        if let Some(times) = one.leverage_limit {
            self.say("leverage", ("放大倍数", "Leverage at most"), format!("{times} ×"), clause);
        }
        for (key, name, amount) in [
            ("eligible", ("单笔纳入上限", "Principal covered at most"), one.eligible_principal),
            ("borrower", ("单户上限", "Of one borrower at most"), one.borrower_limit),
        ] {
            if let Some(amount) = amount {
                self.say(key, name, amount.grouped(), clause);
            }
        }
        if let Some(breaker) = &one.breaker {
            let effect = match breaker.effect {
                BreakerEffect::Defer => l.say("暂缓补偿", "claims wait"),
                BreakerEffect::StopFiling => l.say("暂停新增业务", "no further loans in the year"),
            };
            let at = breaker.clause.as_ref().or(clause);
            self.say("breaker", ("熔断线", "Breaker"), format!("{} · {effect}", breaker.ratio.percent()), at);
            self.reading("breaker", breaker.reading.as_ref(), at);
        }
    }

    fn rest(&mut self) {
        let (l, rulebook) = (self.l, self.rulebook);
        self.group = ("rest".to_owned(), l.say("其他", "Other").to_owned());
        for act in ApprovalAct::ALL.iter().filter(|act| rulebook.second_above(**act).is_some()) {
            let above = rulebook.second_above(*act).map(crate::money::Amount::grouped).unwrap_or_default();
            let clause = rulebook.approval.as_ref().and_then(|approval| approval.clause.as_ref());
            let words = format!("{}: {} {above}", approval(l, *act), l.say("超过", "above"));
            self.say(&format!("approval/{act}"), ("双人审批", "Two persons"), words, clause);
        }
        for limit in &rulebook.limits {
            let words = match (&limit.rule, l.is_chinese()) {
                (LimitRule::AtMost(rate), true) => {
                    format!("{}不超过{}的 {}", limit.measures.zh, limit.of.zh, rate.percent())
                }
                (LimitRule::AtLeast(rate), true) => {
                    format!("{}不低于{}的 {}", limit.measures.zh, limit.of.zh, rate.percent())
                }
                (LimitRule::Above(rate), true) => {
                    format!("{}高于{}的 {}", limit.measures.zh, limit.of.zh, rate.percent())
                }
                (LimitRule::AboveGrowth(_), true) => format!("{}高于{}的增幅", limit.measures.zh, limit.of.zh),
                (_, false) => describe::limit(limit),
            };
            self.say(&format!("limit/{}", limit.id), ("约束", "Limit"), words, Some(&limit.clause));
        }
        for target in &rulebook.targets {
            let value = match target.value {
                TargetValue::Count(count) => count.to_string(),
                TargetValue::Money(amount) => amount.grouped(),
            };
            let words =
                format!("{}: {value} ({} — {})", l.say(&target.name.zh, &target.name.en), target.from, target.by);
            self.say(
                &format!("target/{}/{}", target.measure, target.by),
                ("目标", "Target"),
                words,
                Some(&target.clause),
            );
        }
    }
}

fn codes(items: &[CostKind]) -> String {
    items.iter().map(|item| item.code()).collect::<Vec<_>>().join(",")
}

fn base(l: Language, base: &Base) -> String {
    match base {
        Base::ActualCost => l.say("实际发生额", "the actual cost").to_owned(),
        Base::ReferenceInterest { rate, basis, .. } => {
            format!("{} {} / {basis}", l.say("按基准利率测算的利息：", "interest at"), describe::rate(rate))
        }
        Base::StandardPremium => l.say("标准保费", "the standard premium").to_owned(),
        Base::Principal => l.say("贷款本金", "the principal").to_owned(),
        Base::Figure(figure) => figure.text(),
        Base::Lump(_) => l.say("定额", "a lump sum").to_owned(),
    }
}

/// A ratio in words.
fn ratio(l: Language, rule: &RatioRule) -> String {
    if !l.is_chinese() {
        return describe::ratio(rule);
    }
    let branches = rule.branches.iter().map(|branch| {
        let words = match &branch.ratio {
            RatioKind::Flat(ratio) => ratio.percent(),
            RatioKind::ByOrdinal { ratios, and_later } => {
                let parts: Vec<String> =
                    (1..).zip(ratios).map(|(number, ratio)| format!("第{number}次 {}", ratio.percent())).collect();
                format!("{}{}", parts.join("，"), if *and_later { "，以后各次同" } else { "" })
            }
            RatioKind::Tiers(table) => {
                let parts = table.tiers.iter().map(|tier| match tier.up_to {
                    Some(end) if tier.inclusive => format!("{}（含）以下 {}", end.grouped(), tier.ratio.percent()),
                    Some(end) => format!("{} 以下 {}", end.grouped(), tier.ratio.percent()),
                    None => format!("以上 {}", tier.ratio.percent()),
                });
                parts.collect::<Vec<_>>().join("，")
            }
        };
        if branch.when.0.is_empty() { words } else { format!("{words}（{}）", branch.when.text()) }
    });
    let mut words = branches.collect::<Vec<_>>().join("；");
    for uplift in &rule.uplifts {
        words = format!("{words}；另加 {}（{}）", uplift.add.percent(), uplift.when.text());
    }
    rule.ceiling.map_or_else(|| words.clone(), |ceiling| format!("{words}；最高 {}", ceiling.percent()))
}

/// A condition in words, with its figures.
fn condition(l: Language, condition: &Condition) -> String {
    let described = describe::condition(condition);
    let figures = described.strip_prefix(condition.code()).unwrap_or_default().trim();
    let words = words_of(l, condition);
    let figures = if let Condition::SizeClass(classes) = condition {
        classes.iter().map(|class| size(l, *class)).collect::<Vec<_>>().join("、")
    } else {
        figures.to_owned()
    };
    if figures.is_empty() { words.to_owned() } else { format!("{words}{}{figures}", l.say("：", ": ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rulebook::{load, shipped};

    #[test]
    fn every_shipped_rulebook_has_its_page_in_both_languages_and_keys_of_its_own() {
        for (file, text) in shipped() {
            let rulebook = load(text).unwrap();
            for l in [Language::Chinese, Language::English] {
                let rows = rows(l, &rulebook);
                assert!(rows.len() > 3, "{file}");
                assert!(rows.iter().all(|row| !row.value.trim().is_empty() && !row.name.is_empty()), "{file}");
                assert_eq!(changes(l, &rulebook, &rulebook), [], "{file}");
            }
        }
    }

    #[test]
    fn a_ratio_that_changes_is_one_change_with_its_clause() {
        let text = shipped()[0].1;
        let (old, other) = (load(text).unwrap(), text.replacen("50 %", "40 %", 1).replacen("0.5", "0.4", 1));
        if let Ok(new) = load(&other) {
            let found = changes(Language::English, &old, &new);
            assert!(found.iter().all(|one| one.old != one.new), "{found:?}");
        }
        let (strict, literal) = (load(shipped()[0].1).unwrap(), load(shipped()[1].1).unwrap());
        assert!(!changes(Language::Chinese, &strict, &literal).is_empty());
    }
}
