//! 失信名单通报: who is on the blacklist at the end of the day, and who left it within the days.

use super::extract::Extract;
use super::question::Question;
use super::{Cell, Kind, Section, Words, column, text};
use crate::book::registry::BlacklistEntry;
use crate::calendar::CivilDate;
use crate::rulebook::terms::BlacklistGround;

pub(super) fn section(extract: &Extract, question: &Question) -> Section {
    let mut section = Section::new(
        "blacklist",
        Words::new("Blacklist", "失信名单"),
        vec![
            column("enterprise", Kind::Text, "enterprise", "企业"),
            column("uscc", Kind::Text, "USCC", "统一社会信用代码"),
            column("district", Kind::Text, "district", "县区"),
            column("ground", Kind::Text, "ground", "失信行为"),
            column("document", Kind::Text, "document", "文号"),
            column("from", Kind::Date, "from", "起始日"),
            column("until", Kind::Date, "until", "截止日"),
            column("state", Kind::Text, "state", "状态"),
        ],
    );
    for (uscc, enterprise) in &extract.book.enterprises {
        let asked = question.enterprise.is_none_or(|only| only == *uscc)
            && question.district.as_ref().is_none_or(|only| *only == enterprise.details.district);
        for entry in enterprise.blacklist.iter().filter(|_| asked) {
            let Some(state) = state(extract, question.to, entry) else { continue };
            section.line(vec![
                text(&enterprise.details.name),
                text(&uscc),
                text(&enterprise.details.district),
                Cell::Words(ground(entry.ground)),
                text(&entry.document),
                Cell::Day(entry.from),
                entry.lifted_on.or(entry.until).map_or(Cell::Empty, Cell::Day),
                Cell::Words(state),
            ]);
        }
    }
    section
}

/// In force, or ended within the days; entries that ended before are history.
fn state(extract: &Extract, to: CivilDate, entry: &BlacklistEntry) -> Option<Words> {
    if entry.in_force_on(to) {
        return Some(Words::new("in force", "生效中"));
    }
    if entry.lifted_on.is_some_and(|day| extract.is_within(day)) {
        return Some(Words::new("lifted", "已移出"));
    }
    entry.until.is_some_and(|day| extract.is_within(day)).then(|| Words::new("ended", "期满"))
}

fn ground(ground: BlacklistGround) -> Words {
    let zh = match ground {
        BlacklistGround::CounterfeitPatent => "假冒专利",
        BlacklistGround::CounterfeitTrademark => "假冒商标",
        BlacklistGround::Piracy => "盗版",
        BlacklistGround::DeliberateInfringement => "其他故意侵权",
        BlacklistGround::Fraud => "骗取财政资金",
    };
    Words::new(ground.code(), zh)
}
