//! 拟补助名单公示: what a public notice shows of the subsidies approved, and what it hides.

use super::extract::Extract;
use super::question::Question;
use super::subsidies::is_asked_for;
use super::{Cell, Kind, Section, Words, column, text};
use crate::figures::is_granted;
use crate::identifier::Uscc;

/// The subsidies approved within the days.
pub(super) fn section(extract: &Extract, question: &Question) -> Section {
    let mut section = Section::new(
        "publicity",
        Words::new("Subsidies approved", "拟补助名单"),
        vec![
            column("number", Kind::Count, "no.", "序号"),
            column("enterprise", Kind::Text, "enterprise", "企业名称"),
            column("uscc", Kind::Text, "USCC", "统一社会信用代码"),
            column("district", Kind::Text, "district", "县区"),
            column("programme", Kind::Text, "programme", "补助项目"),
            column("approved", Kind::Date, "approved", "审核日"),
            column("amount", Kind::Money, "amount", "补助金额"),
        ],
    );
    let approved = extract
        .book
        .applications
        .values()
        .filter(|each| is_granted(each.state) && is_asked_for(extract, question, each));
    let mut number = 0_u64;
    for application in approved {
        let Some((day, _)) = application.approved.as_ref().filter(|(day, _)| extract.is_within(*day)) else { continue };
        number = number.saturating_add(1);
        section.line(vec![
            Cell::Count(number),
            text(&extract.enterprise_name(application.enterprise)),
            text(&masked(application.enterprise)),
            text(&extract.district(application.enterprise)),
            Cell::Words(extract.programme_name(&application.rulebook, &application.programme)),
            Cell::Day(*day),
            Cell::Money(application.granted),
        ]);
    }
    section.add_total();
    section.set_total("number", Cell::Words(Words::new("total", "合计")));
    section.note(
        "Bank, contract, account and payment details and the names of persons are left out; of the USCC the middle is masked.",
        "不公示银行、合同、账户、付款信息及个人姓名；统一社会信用代码中段脱敏。",
    );
    section
}

/// The first six and the last two characters; region and check remain readable, the organisation code does not.
fn masked(uscc: Uscc) -> String {
    let characters = uscc.as_str().chars();
    let shown = characters.enumerate().map(|(index, each)| if (6..16).contains(&index) { '*' } else { each });
    shown.collect()
}
