//! Rows → lines, by a plan.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::layout::{Role, Sign};
use super::plan::Plan;
use super::table::{Cell, Row, letters};
use super::{
    Kind, Line, MISREAD_MAX, Misread, Nature, Place, Reading, SkipReason, Skipped, Stated, StatedRate, StatedState,
    shortened, value,
};
use crate::calendar::CivilDate;
use crate::identifier::{Invalid, Uscc, half_width};
use crate::money::Amount;

/// What begins a total row.
const TOTAL_WORDS: [&str; 9] = ["合计", "小计", "总计", "共计", "本页合计", "本月合计", "累计", "total", "subtotal"];
const IN_WORDS: [&str; 12] = ["贷", "贷方", "收", "收入", "转入", "存入", "来账", "c", "cr", "crdt", "credit", "in"];
const OUT_WORDS: [&str; 12] = ["借", "借方", "支", "支出", "付", "转出", "往账", "d", "dr", "dbit", "debit", "out"];
const INTEREST_WORDS: [&str; 5] = ["利息", "付息", "还息", "结息", "interest"];
const PRINCIPAL_WORDS: [&str; 5] = ["本金", "还本", "归还本金", "偿还本金", "principal"];
const YUAN_WORDS: [&str; 5] = ["cny", "rmb", "人民币", "人民币元", "156"];

/// Goes through the rows.
pub(super) struct RowsReader<'a> {
    plan: &'a Plan<'a>,
    lines: Vec<Line>,
    misread: Vec<Misread>,
    misread_count: usize,
    skipped: Vec<Skipped>,
    notes: Vec<Invalid>,
    /// Sums of each amount column: of all rows, and since the last total.
    sums: BTreeMap<Role, (Amount, Amount)>,
}

impl<'a> RowsReader<'a> {
    pub(super) fn new(plan: &'a Plan<'a>) -> Self {
        let mut notes = Vec::new();
        if plan.sheet.formulas > 0 {
            let count = plan.sheet.formulas;
            notes.push(Invalid::new(
                format!("{count} cells of sheet `{}` are formulas; their saved values were taken", plan.sheet.name),
                format!("工作表“{}”有 {count} 个公式单元格；取其已保存的结果", plan.sheet.name),
            ));
        }
        Self {
            plan,
            lines: Vec::new(),
            misread: Vec::new(),
            misread_count: 0,
            skipped: Vec::new(),
            notes,
            sums: BTreeMap::new(),
        }
    }

    pub(super) fn finish(self, format: String) -> Reading {
        Reading {
            format,
            layout: self.plan.layout.clone(),
            guessed: false,
            kind: self.plan.kind,
            lines: self.lines,
            misread: self.misread,
            misread_count: self.misread_count,
            skipped: self.skipped,
            notes: self.notes,
        }
    }

    pub(super) fn take(&mut self, index: usize, row: &Row) {
        let above = self.plan.layout.skip_rows.unwrap_or(0);
        match self.plan.heading {
            Some(heading) if index < heading => return self.skip(row, SkipReason::Title),
            Some(heading) if index == heading => return self.skip(row, SkipReason::Heading),
            None if row.number <= above => return self.skip(row, SkipReason::Title),
            Some(_) | None => {}
        }
        let date = value::date(self.cell(row, Role::Date), self.plan.layout.date_order);
        let has_date = matches!(date, Ok(Some(_)));
        if !has_date && self.is_total(row) {
            self.compare_total(row);
            return self.skip(row, SkipReason::Total);
        }
        let amounts: Vec<(Role, usize)> =
            self.plan.columns.iter().filter(|(role, _)| role.is_amount()).map(|(role, at)| (*role, *at)).collect();
        let anything = amounts.iter().any(|(_, column)| *row.cell(*column) != Cell::Empty);
        let is_meant = has_date && self.names_somebody(row);
        if !anything && !is_meant {
            let reason = if has_date { SkipReason::NoAmount } else { SkipReason::Remark };
            return self.skip(row, reason);
        }
        self.take_line(row, date);
    }

    fn take_line(&mut self, row: &Row, date: Result<Option<CivilDate>, Invalid>) {
        let before = self.misread_count;
        let date = match date {
            Ok(Some(date)) => Some(date),
            Ok(None) => {
                self.misread(
                    row,
                    Role::Date,
                    Invalid::new(
                        "the date is missing; expected for example `2026-03-05`",
                        "缺少日期；应为例如 2026-03-05",
                    ),
                );
                None
            }
            Err(invalid) => {
                self.misread(row, Role::Date, invalid);
                None
            }
        };
        let money = self.money(row);
        let draft = self.identity(row);
        let (Some(date), true) = (date, self.misread_count == before) else { return };
        if money.is_empty() {
            return self.no_money(row);
        }
        for (nature, amount) in money {
            self.lines.push(Line { nature, amount, date, ..draft.clone() });
        }
    }

    /// Zero is said; nothing at all beside a contract or a reference was forgotten.
    fn no_money(&mut self, row: &Row) {
        let amounts: Vec<(Role, usize)> =
            self.plan.columns.iter().filter(|(role, _)| role.is_amount()).map(|(role, at)| (*role, *at)).collect();
        let unit = self.plan.layout.unit;
        let zero = amounts.iter().any(|(_, column)| matches!(value::amount(row.cell(*column), unit), Ok(Some(_))));
        match amounts.first().filter(|_| !zero && self.names_somebody(row)) {
            Some((role, _)) => {
                let missing = Invalid::new(
                    "the amount is missing; expected for example `1,234.56`",
                    "缺少金额；应为例如 1,234.56",
                );
                self.misread(row, *role, missing);
            }
            None => self.skip(row, SkipReason::NoAmount),
        }
    }

    /// The amounts of a row, each with what it is; zeros left out.
    fn money(&mut self, row: &Row) -> Vec<(Nature, Amount)> {
        let turned = self.plan.layout.sign == Sign::Turned;
        let mut found = Vec::new();
        match self.plan.kind {
            Kind::Loans => found.extend(self.amount(row, Role::Amount).map(|amount| (Nature::Drawdown, amount))),
            Kind::Repayments => {
                found.extend(self.amount(row, Role::Principal).map(|amount| (Nature::Principal, amount)));
                found.extend(self.amount(row, Role::Interest).map(|amount| (Nature::Interest, amount)));
                let alone = found.is_empty() && self.plan.columns.contains_key(&Role::Nature);
                if let Some(amount) = self.amount(row, Role::Amount).filter(|_| alone) {
                    found.extend(self.nature(row).map(|nature| (nature, amount)));
                }
            }
            Kind::Account => found.extend(self.cash(row).map(|amount| (Nature::Cash, amount))),
        }
        found.retain(|(_, amount)| !amount.is_zero());
        if turned {
            found = found.into_iter().map(|(nature, amount)| (nature, amount.negated())).collect();
        }
        found
    }

    fn cash(&mut self, row: &Row) -> Option<Amount> {
        let money_in = self.amount(row, Role::In).filter(|amount| !amount.is_zero());
        let money_out = self.amount(row, Role::Out).filter(|amount| !amount.is_zero());
        match (money_in, money_out) {
            (Some(_), Some(_)) => {
                let both = Invalid::new(
                    "money in and money out in one row; expected one of them",
                    "同一行既有收入又有支出；应只有其一",
                );
                self.misread(row, Role::Out, both);
                None
            }
            (Some(amount), None) => Some(amount),
            (None, Some(amount)) => Some(amount.negated()),
            (None, None) => {
                let amount = self.amount(row, Role::Amount)?;
                if !self.plan.columns.contains_key(&Role::Direction) || amount.is_zero() {
                    return Some(amount);
                }
                let word = self.word(row, Role::Direction).unwrap_or_default();
                let is = |usual: &[&str], own: &[String]| {
                    usual.contains(&word.as_str()) || own.iter().any(|one| one.to_lowercase() == word)
                };
                if is(&IN_WORDS, &self.plan.layout.in_words) {
                    return Some(amount);
                }
                if is(&OUT_WORDS, &self.plan.layout.out_words) {
                    return Some(amount.negated());
                }
                let invalid = Invalid::new(
                    format!(
                        "`{}` is not a direction; expected for example `借` or `贷`, or a word of the layout",
                        shortened(&word)
                    ),
                    format!("“{}”不是收付方向；应为例如“借”或“贷”，或在版式中说明", shortened(&word)),
                );
                self.misread(row, Role::Direction, invalid);
                None
            }
        }
    }

    fn nature(&mut self, row: &Row) -> Option<Nature> {
        let word = self.word(row, Role::Nature).unwrap_or_default();
        let is = |words: &[&str]| words.iter().any(|one| word.contains(one));
        match (is(&INTEREST_WORDS), is(&PRINCIPAL_WORDS)) {
            (true, false) => Some(Nature::Interest),
            (false, true) => Some(Nature::Principal),
            (true, true) | (false, false) => {
                let invalid = Invalid::new(
                    format!("`{}` is neither interest nor principal; expected 利息 or 本金", shortened(&word)),
                    format!("“{}”既非利息也非本金；应为“利息”或“本金”", shortened(&word)),
                );
                self.misread(row, Role::Nature, invalid);
                None
            }
        }
    }

    /// Everything of a line but date and amount.
    fn identity(&mut self, row: &Row) -> Line {
        let code = self.text(row, Role::PartyCode);
        let party_code = code.and_then(|text| match Uscc::parse(&text) {
            Ok(code) => Some(code),
            Err(invalid) => {
                self.misread(row, Role::PartyCode, invalid);
                None
            }
        });
        let is_ours = |currency: &str| YUAN_WORDS.contains(&half_width(currency).trim().to_lowercase().as_str());
        let foreign = self.text(row, Role::Currency).filter(|currency| !is_ours(currency));
        if let Some(currency) = foreign {
            let shown = shortened(&currency);
            let invalid = Invalid::new(
                format!("`{shown}` is not the ledger's currency; expected CNY"),
                format!("币种“{shown}”与账本不符；应为人民币"),
            );
            self.misread(row, Role::Currency, invalid);
        }
        Line {
            place: self.place(row),
            nature: Nature::Cash,
            amount: Amount::ZERO,
            date: CivilDate::MIN,
            contract: self.text(row, Role::Contract),
            party_code,
            party: self.text(row, Role::Party),
            reference: self.text(row, Role::Reference),
            period: self.period(row),
            summary: self.text(row, Role::Summary),
            stated: self.stated(row),
        }
    }

    /// Where the loan stands; nothing where the list has none of the columns.
    fn stated(&mut self, row: &Row) -> Option<Box<Stated>> {
        let has_any = self.plan.columns.keys().any(|role| role.is_standing());
        if self.plan.kind != Kind::Loans || !has_any {
            return None;
        }
        let balance = match value::amount(self.cell(row, Role::Balance), self.plan.layout.unit) {
            Ok(balance) => balance,
            Err(invalid) => {
                self.misread(row, Role::Balance, invalid);
                None
            }
        };
        let matures_on = match value::date(self.cell(row, Role::MaturesOn), self.plan.layout.date_order) {
            Ok(day) => day,
            Err(invalid) => {
                self.misread(row, Role::MaturesOn, invalid);
                None
            }
        };
        let rate = self.text(row, Role::Rate).and_then(|text| match StatedRate::parse(&text) {
            Ok(rate) => Some(rate),
            Err(invalid) => {
                self.misread(row, Role::Rate, invalid);
                None
            }
        });
        let state = self.text(row, Role::State).and_then(|word| StatedState::read(&word));
        Some(Box::new(Stated { balance, matures_on, rate, state }))
    }

    fn period(&mut self, row: &Row) -> Option<(CivilDate, CivilDate)> {
        let mut day = |role: Role| match value::date(self.cell(row, role), self.plan.layout.date_order) {
            Ok(date) => date,
            Err(invalid) => {
                self.misread(row, role, invalid);
                None
            }
        };
        let (from, to) = (day(Role::PeriodFrom), day(Role::PeriodTo));
        from.zip(to)
    }

    fn amount(&mut self, row: &Row, role: Role) -> Option<Amount> {
        let column = *self.plan.columns.get(&role)?;
        if let Some((first, last)) = self.merged_with(row, column) {
            let (first, last) = (first.saturating_add(1), last.saturating_add(1));
            let invalid = Invalid::new(
                format!(
                    "the amount is merged over rows {first} to {last}; split the cells and say which row it belongs to"
                ),
                format!("金额单元格合并了第 {first} 至 {last} 行；请取消合并并填入对应行"),
            );
            self.misread(row, role, invalid);
            return None;
        }
        match value::amount(row.cell(column), self.plan.layout.unit) {
            Ok(amount) => {
                if let Some(amount) = amount {
                    let sums = self.sums.entry(role).or_default();
                    *sums = (sums.0.plus(amount), sums.1.plus(amount));
                }
                amount
            }
            Err(invalid) => {
                self.misread(row, role, invalid);
                None
            }
        }
    }

    /// A word that is compared with known ones: half-width, small.
    fn word(&mut self, row: &Row, role: Role) -> Option<String> {
        self.text(row, role).map(|text| half_width(&text).trim().to_lowercase())
    }

    fn text(&mut self, row: &Row, role: Role) -> Option<String> {
        match value::text(self.cell(row, role)) {
            Ok(text) => text,
            Err(invalid) => {
                self.misread(row, role, invalid);
                None
            }
        }
    }

    /// The cell, or the first one of the merged block that it is in.
    fn cell<'b>(&self, row: &'b Row, role: Role) -> &'b Cell
    where
        'a: 'b,
    {
        static NOTHING: Cell = Cell::Empty;
        let Some(column) = self.plan.columns.get(&role) else { return &NOTHING };
        let top = self.merged_with(row, *column).map(|(first, _)| first.saturating_add(1));
        let Some(top) = top.filter(|top| *top != row.number) else { return row.cell(*column) };
        let rows = &self.plan.sheet.rows;
        let at = rows.partition_point(|row| row.number < top);
        rows.get(at).filter(|row| row.number == top).map_or(&NOTHING, |row| row.cell(*column))
    }

    /// The rows, from 0, of the merged block that the cell is in.
    fn merged_with(&self, row: &Row, column: usize) -> Option<(u32, u32)> {
        let blocks = self.plan.merged.get(&column)?;
        let index = row.number.saturating_sub(1);
        let at = blocks.partition_point(|(first, _)| *first <= index).checked_sub(1)?;
        blocks.get(at).copied().filter(|(first, last)| (*first..=*last).contains(&index))
    }

    fn is_total(&self, row: &Row) -> bool {
        let own = &self.plan.layout.total_words;
        let begins = |text: &str| {
            let plain: String =
                half_width(text).to_lowercase().chars().filter(|letter| !letter.is_whitespace()).collect();
            TOTAL_WORDS.iter().any(|word| plain.starts_with(word))
                || own.iter().any(|word| plain.starts_with(word.as_str()))
        };
        row.cells.iter().any(|cell| if let Cell::Text(text) = cell { begins(text) } else { false })
    }

    /// A total says what the rows above it should add up to: all of them, or those since the last total.
    fn compare_total(&mut self, row: &Row) {
        let columns: Vec<(Role, usize)> = self.plan.columns.iter().map(|(role, column)| (*role, *column)).collect();
        for (role, column) in columns.into_iter().filter(|(role, _)| role.is_amount()) {
            let Ok(Some(stated)) = value::amount(row.cell(column), self.plan.layout.unit) else { continue };
            let (all, since) = self.sums.get(&role).copied().unwrap_or_default();
            if stated != all && stated != since {
                let (place, heading) = (row.number, self.column(column));
                self.notes.push(Invalid::new(
                    format!(
                        "row {place}, column {heading}: the total says {stated}, the rows above it add up to {all}"
                    ),
                    format!("第 {place} 行 {heading} 列：合计为 {stated}，其上各行之和为 {all}"),
                ));
            }
        }
        for sums in self.sums.values_mut() {
            sums.1 = Amount::ZERO;
        }
    }

    /// Whether a row without an amount speaks of somebody, so that the amount is missing.
    fn names_somebody(&self, row: &Row) -> bool {
        let named = [Role::Contract, Role::PartyCode, Role::Reference];
        named.iter().any(|role| *self.cell(row, *role) != Cell::Empty)
    }

    fn misread(&mut self, row: &Row, role: Role, invalid: Invalid) {
        self.misread_count = self.misread_count.saturating_add(1);
        if self.misread.len() >= MISREAD_MAX {
            return;
        }
        let column = self.plan.columns.get(&role).copied().unwrap_or_default();
        let value = shortened(&self.cell(row, role).text());
        self.misread.push(Misread { place: self.place(row), column: self.column(column), value, invalid });
    }

    /// Letter and heading of a column.
    fn column(&self, column: usize) -> String {
        let heading = self.plan.heading.and_then(|index| self.plan.sheet.rows.get(index));
        let heading = heading.map(|row| row.cell(column).text()).unwrap_or_default();
        format!("{} {heading}", letters(column)).trim().to_owned()
    }

    fn place(&self, row: &Row) -> Place {
        Place { sheet: Arc::clone(&self.plan.sheet.name), row: row.number }
    }

    fn skip(&mut self, row: &Row, reason: SkipReason) {
        self.skipped.push(Skipped { place: self.place(row), reason, text: shortened(&row.text()) });
    }
}
