//! 补贴明细表: every subsidy, or sums of them.

use std::collections::BTreeMap;

use super::extract::Extract;
use super::question::{Grouping, Question};
use super::{Cell, Column, Kind, Section, Words, column, count, text};
use crate::book::application::Application;
use crate::book::nouns::Named;
use crate::book::shelf::Held;
use crate::figures::{Sums, is_granted};
use crate::identifier::ApplicationId;
use crate::money::Amount;
use crate::rulebook::terms::CostKind;

/// The subsidies submitted within the days, in their state at the end of the last one.
pub(super) fn section(extract: &Extract, question: &Question) -> Section {
    let wanted = extract.book.applications.iter().filter(|(_, each)| is_wanted(extract, question, each));
    match question.group_by {
        Grouping::Application => each(extract, wanted),
        Grouping::Item => by_item(wanted),
        Grouping::Enterprise | Grouping::District | Grouping::Programme | Grouping::Year => {
            grouped(extract, question.group_by, wanted)
        }
    }
}

fn is_wanted(extract: &Extract, question: &Question, application: &Application) -> bool {
    extract.is_within(application.submitted_on) && is_asked_for(extract, question, application)
}

/// Whether the question is about this application, whenever it was submitted.
pub(super) fn is_asked_for(extract: &Extract, question: &Question, application: &Application) -> bool {
    let bank = application.loan.and_then(|loan| extract.book.loans.get(&loan)).map(|loan| loan.terms.bank.clone());
    question.enterprise.is_none_or(|only| only == application.enterprise)
        && question.programme.as_ref().is_none_or(|only| *only == application.programme)
        && question.institution.as_ref().is_none_or(|only| bank.as_ref() == Some(only))
        && question.district.as_ref().is_none_or(|only| extract.district(application.enterprise) == only.to_string())
}

fn each<'a>(extract: &Extract, wanted: impl Iterator<Item = (&'a ApplicationId, Held<'a, Application>)>) -> Section {
    let mut section = Section::new(
        "subsidies",
        Words::new("Subsidies", "补贴明细"),
        vec![
            column("application", Kind::Text, "application", "申请编号"),
            column("submitted", Kind::Date, "submitted", "申请日"),
            column("enterprise", Kind::Text, "enterprise", "企业"),
            column("uscc", Kind::Text, "USCC", "统一社会信用代码"),
            column("district", Kind::Text, "district", "县区"),
            column("programme", Kind::Text, "programme", "补助项目"),
            column("year", Kind::Text, "budget year", "预算年度"),
            column("state", Kind::Text, "state", "状态"),
            column("cost", Kind::Money, "actual cost", "实际发生额"),
            column("granted", Kind::Money, "granted", "核定"),
            column("paid", Kind::Money, "paid", "已拨付"),
            column("paid_on", Kind::Date, "paid on", "拨付日"),
            column("reference", Kind::Text, "payment reference", "拨付凭证号"),
            column("due_back", Kind::Money, "due back", "待追回"),
            column("overpaid", Kind::Money, "of it overpaid", "其中更正多付"),
            column("returned", Kind::Money, "clawed back", "已追回"),
            column("net", Kind::Money, "net paid", "净拨付"),
        ],
    );
    for (id, application) in wanted {
        let sums = sums_of(extract, *id, &application);
        let state = application.state.name();
        let paid = application.paid.as_ref();
        section.line(vec![
            text(&id),
            Cell::Day(application.submitted_on),
            text(&extract.enterprise_name(application.enterprise)),
            text(&application.enterprise),
            text(&extract.district(application.enterprise)),
            Cell::Words(extract.programme_name(&application.rulebook, &application.programme)),
            text(&application.budget.1),
            Cell::Words(Words::new(state.en, state.zh)),
            Cell::Money(sums.cost),
            Cell::Money(sums.granted),
            Cell::Money(sums.paid),
            paid.map_or(Cell::Empty, |(day, _)| Cell::Day(*day)),
            paid.map_or(Cell::Empty, |(_, reference)| text(&reference)),
            Cell::Money(sums.due_back),
            Cell::Money(sums.overpaid),
            Cell::Money(sums.returned),
            Cell::Money(sums.net()),
        ]);
    }
    section.add_total();
    note_granted(&mut section);
    section
}

/// What one application counts for.
fn sums_of(extract: &Extract, id: ApplicationId, application: &Application) -> Sums {
    Sums::of(application, extract.payments.get(&id).copied().unwrap_or_default())
}

fn cells(sums: Sums) -> Vec<Cell> {
    vec![
        Cell::Count(sums.applications),
        Cell::Count(sums.refused),
        Cell::Money(sums.cost),
        Cell::Money(sums.granted),
        Cell::Money(sums.paid),
        Cell::Money(sums.due_back),
        Cell::Money(sums.overpaid),
        Cell::Money(sums.returned),
        Cell::Money(sums.net()),
    ]
}

fn columns() -> Vec<Column> {
    vec![
        column("applications", Kind::Count, "applications", "申请笔数"),
        column("refused", Kind::Count, "refused", "不予补助笔数"),
        column("cost", Kind::Money, "actual cost", "实际发生额"),
        column("granted", Kind::Money, "granted", "核定"),
        column("paid", Kind::Money, "paid", "已拨付"),
        column("due_back", Kind::Money, "due back", "待追回"),
        column("overpaid", Kind::Money, "of it overpaid", "其中更正多付"),
        column("returned", Kind::Money, "clawed back", "已追回"),
        column("net", Kind::Money, "net paid", "净拨付"),
    ]
}

fn grouped<'a>(
    extract: &Extract,
    group_by: Grouping,
    wanted: impl Iterator<Item = (&'a ApplicationId, Held<'a, Application>)>,
) -> Section {
    let mut groups: BTreeMap<String, (Cell, Sums)> = BTreeMap::new();
    for (id, application) in wanted {
        let key = key(extract, group_by, &application);
        let (_, group) = groups
            .entry(key.clone())
            .or_insert_with(|| (label(extract, group_by, &application, &key), Sums::default()));
        *group = group.plus(sums_of(extract, *id, &application));
    }
    section_of(group_by, groups.into_values())
}

/// A row for each group, and their total.
pub(super) fn section_of(group_by: Grouping, groups: impl Iterator<Item = (Cell, Sums)>) -> Section {
    let (en, zh) = match group_by {
        Grouping::Enterprise => ("enterprise", "企业"),
        Grouping::District => ("district", "县区"),
        Grouping::Programme => ("programme", "补助项目"),
        Grouping::Year => ("budget year", "预算年度"),
        Grouping::Item => ("kind of cost", "费用种类"),
        Grouping::Application => ("application", "申请编号"),
    };
    let mut columns = vec![column("group", Kind::Text, en, zh)];
    columns.extend(self::columns());
    let title = Words::new(format!("Subsidies by {en}"), format!("补贴汇总（按{zh}）"));
    let mut section = Section::new("subsidies", title, columns);
    for (label, sums) in groups {
        let mut row = vec![label];
        row.extend(cells(sums));
        section.line(row);
    }
    section.add_total();
    note_granted(&mut section);
    section
}

fn key(extract: &Extract, group_by: Grouping, application: &Application) -> String {
    match group_by {
        Grouping::Enterprise => {
            format!("{} {}", extract.enterprise_name(application.enterprise), application.enterprise)
        }
        Grouping::District => extract.district(application.enterprise),
        Grouping::Programme => format!("{} {}", application.rulebook, application.programme),
        Grouping::Year => application.budget.1.to_string(),
        Grouping::Item | Grouping::Application => String::new(),
    }
}

/// What people call the group: a programme has a name in both languages.
fn label(extract: &Extract, group_by: Grouping, application: &Application, key: &str) -> Cell {
    match group_by {
        Grouping::Programme => {
            let name = extract.programme_name(&application.rulebook, &application.programme);
            let named = |name: &str| format!("{name} ({key})");
            Cell::Words(Words::new(named(&name.en), named(&name.zh)))
        }
        Grouping::Application | Grouping::Enterprise | Grouping::District | Grouping::Year | Grouping::Item => {
            text(key)
        }
    }
}

/// By kind of cost: an application may have several.
fn by_item<'a>(wanted: impl Iterator<Item = (&'a ApplicationId, Held<'a, Application>)>) -> Section {
    let mut items: BTreeMap<CostKind, (usize, Amount, Amount, Amount)> = BTreeMap::new();
    for (_, application) in wanted.filter(|(_, application)| is_granted(application.state)) {
        for line in &application.lines {
            let (lines, cost, granted, paid) = items.entry(line.item).or_default();
            *lines = lines.saturating_add(1);
            *cost = cost.plus(line.cost);
            *granted = granted.plus(line.award);
            if application.paid.is_some() {
                *paid = paid.plus(line.award);
            }
        }
    }
    let mut section = Section::new(
        "subsidies",
        Words::new("Subsidies by kind of cost", "补贴汇总（按费用种类）"),
        vec![
            column("item", Kind::Text, "kind of cost", "费用种类"),
            column("lines", Kind::Count, "cost items", "费用笔数"),
            column("cost", Kind::Money, "actual cost", "实际发生额"),
            column("granted", Kind::Money, "granted", "核定"),
            column("paid", Kind::Money, "paid", "已拨付"),
        ],
    );
    for (item, (lines, cost, granted, paid)) in items {
        section.line(vec![
            Cell::Words(item_name(item)),
            count(lines),
            Cell::Money(cost),
            Cell::Money(granted),
            Cell::Money(paid),
        ]);
    }
    section.add_total();
    section.note(
        "By the awards as corrected: what was overpaid and is due back is in no kind of cost.",
        "按更正后的核定金额；更正多付待追回的部分不归入各费用种类。",
    );
    section
}

fn item_name(item: CostKind) -> Words {
    let zh = match item {
        CostKind::Interest => "贷款利息",
        CostKind::Valuation => "评估费",
        CostKind::Guarantee => "担保费",
        CostKind::Insurance => "保险费",
        CostKind::PatentInsurance => "专利保险费",
        CostKind::Grant => "奖补",
    };
    Words::new(item.code(), zh)
}

fn note_granted(section: &mut Section) {
    section.note(
        "Granted counts what was computed and neither refused nor withdrawn since, as corrected; paid is what left the \
         treasury, gross of what came back. Net paid = paid − clawed back.",
        "核定为已计算且未被拒绝或撤回的金额（更正后）；已拨付为国库实际支出，未扣除追回。净拨付 = 已拨付 − 已追回。",
    );
}
