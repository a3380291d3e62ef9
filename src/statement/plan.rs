//! Which sheet, which heading, which columns: a layout that has found its place in a table.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::guess::{self, HEADING_ROWS_MAX};
use super::layout::{Layout, Role, plain_heading};
use super::lines::RowsReader;
use super::table::{Row, Sheet, Table, column_of};
use super::{Kind, Reading, shortened};
use crate::identifier::Invalid;

/// A layout that has found its sheet, heading and columns.
pub(super) struct Plan<'a> {
    pub(super) layout: &'a Layout,
    pub(super) kind: Kind,
    pub(super) sheet: &'a Sheet,
    /// Index of the heading among the rows; `None` without one.
    pub(super) heading: Option<usize>,
    pub(super) columns: BTreeMap<Role, usize>,
    /// Rows that merged cells span, for each column that is read.
    pub(super) merged: BTreeMap<usize, Vec<(u32, u32)>>,
}

/// Reads the lines of a table.
pub(super) fn read(table: &Table, layout: Option<&Layout>, kind: Option<Kind>) -> Result<Reading, Invalid> {
    if table.sheets.iter().all(|sheet| sheet.rows.is_empty()) {
        return Err(Invalid::new("the file has no rows", "文件没有数据"));
    }
    let Some(given) = layout else {
        let guess = guess::guess(table, kind).ok_or_else(|| no_heading(table))?;
        let sheet = table.sheets.get(guess.sheet).ok_or_else(|| no_heading(table))?;
        let reading = understand(table, &guess.layout, kind, (sheet, Some(guess.heading)))?;
        return Ok(Reading { guessed: true, ..reading });
    };
    understand(table, given, kind, located(table, given)?)
}

fn understand(
    table: &Table,
    layout: &Layout,
    kind: Option<Kind>,
    (sheet, heading): (&Sheet, Option<usize>),
) -> Result<Reading, Invalid> {
    let kind = kind.or(layout.kind).ok_or_else(|| {
        Invalid::new(
            "which list it is does not show; say loans, repayments or account",
            "无法判断清单种类；请指明 loans（贷款台账）、repayments（还本付息）或 account（对账单）",
        )
    })?;
    let columns = columns(layout, sheet, heading)?;
    sufficient(kind, &columns, sheet)?;
    let merged = columns.values().map(|column| (*column, merged_rows(sheet, *column))).collect();
    let plan = Plan { layout, kind, sheet, heading, columns, merged };
    let mut reader = RowsReader::new(&plan);
    for (index, row) in sheet.rows.iter().enumerate() {
        reader.take(index, row);
    }
    let mut reading = reader.finish(table.format.clone());
    note_other_sheets(table, &plan, &mut reading);
    Ok(reading)
}

/// The sheet and heading that a given layout names.
fn located<'a>(table: &'a Table, layout: &Layout) -> Result<(&'a Sheet, Option<usize>), Invalid> {
    // A text file has no sheets: the name that a workbook's layout gives does not matter there.
    let one = table.sheets.len() == 1 && table.format.starts_with("CSV");
    let named = |sheet: &&Sheet| one || layout.sheet.as_deref().is_none_or(|name| name == &*sheet.name);
    let mut candidates = table.sheets.iter().filter(named).peekable();
    if candidates.peek().is_none() {
        let present: Vec<String> = table.sheets.iter().map(|sheet| format!("`{}`", sheet.name)).collect();
        let wanted = layout.sheet.as_deref().unwrap_or_default();
        return Err(Invalid::new(
            format!("there is no sheet `{wanted}`; the workbook has {}", present.join(", ")),
            format!("没有工作表“{wanted}”；工作簿中有 {}", present.join("、")),
        ));
    }
    let mut first_problem = None;
    for sheet in candidates {
        if layout.no_heading {
            return Ok((sheet, None));
        }
        let above = layout.skip_rows.unwrap_or(0);
        let rows = sheet.rows.iter().enumerate().skip_while(|(_, row)| row.number <= above);
        let tried = if layout.skip_rows.is_some() { 1 } else { HEADING_ROWS_MAX };
        for (index, _) in rows.take(tried) {
            match columns(layout, sheet, Some(index)) {
                Ok(_) => return Ok((sheet, Some(index))),
                Err(problem) => first_problem = first_problem.or(Some(problem)),
            }
        }
    }
    Err(first_problem.unwrap_or_else(|| no_heading(table)))
}

/// Where the columns of the layout are.
fn columns(layout: &Layout, sheet: &Sheet, heading: Option<usize>) -> Result<BTreeMap<Role, usize>, Invalid> {
    let row = heading.and_then(|index| sheet.rows.get(index));
    let headings: Vec<String> = row.map(|row| row.cells.iter().map(guess::heading).collect()).unwrap_or_default();
    let mut found = BTreeMap::new();
    for (role, name) in &layout.columns {
        let wanted = plain_heading(name);
        let by_heading = headings.iter().position(|heading| !wanted.is_empty() && *heading == wanted);
        let column = by_heading.or_else(|| column_of(name)).ok_or_else(|| {
            let shown = row.map(Row::text).unwrap_or_default();
            let (number, shown) = (row.map_or(0, |row| row.number), shortened(&shown));
            Invalid::new(
                format!(
                    "the layout wants a column `{name}` for {}; sheet `{}`, row {number} has: {shown}",
                    role.code(),
                    sheet.name
                ),
                format!("版式要求“{name}”列（{}）；工作表“{}”第 {number} 行为：{shown}", role.code(), sheet.name),
            )
        })?;
        found.insert(*role, column);
    }
    Ok(found)
}

fn sufficient(kind: Kind, columns: &BTreeMap<Role, usize>, sheet: &Sheet) -> Result<(), Invalid> {
    let has = |role: Role| columns.contains_key(&role);
    let money = match kind {
        Kind::Loans => has(Role::Amount),
        Kind::Repayments => has(Role::Interest) || has(Role::Principal) || (has(Role::Amount) && has(Role::Nature)),
        Kind::Account => has(Role::In) || has(Role::Out) || has(Role::Amount),
    };
    if money && has(Role::Date) {
        return Ok(());
    }
    let (wanted, wanted_zh) = match kind {
        Kind::Loans => ("a date and an amount", "日期和金额"),
        Kind::Repayments => {
            ("a date, and interest or principal, or an amount with its nature", "日期、利息或本金（或金额及还款类型）")
        }
        Kind::Account => ("a date, and money in and out, or an amount", "日期、收入和支出（或金额）"),
    };
    let known: Vec<&str> = columns.keys().map(|role| role.code()).collect();
    Err(Invalid::new(
        format!("a list of {} needs {wanted}; sheet `{}` has only {}", kind.code(), sheet.name, known.join(", ")),
        format!("{}须有{wanted_zh}；工作表“{}”只有 {}", kind.chinese(), sheet.name, known.join("、")),
    ))
}

fn no_heading(table: &Table) -> Invalid {
    let first = table.sheets.iter().find_map(|sheet| sheet.rows.first().map(|row| (sheet, row)));
    let (sheet, text) = first.map_or(("", String::new()), |(sheet, row)| (&*sheet.name, shortened(&row.text())));
    Invalid::new(
        format!(
            "no row has the headings of a date and an amount; sheet `{sheet}` begins with: {text}; say which column is \
             what in a layout file"
        ),
        format!("未找到日期和金额的表头；工作表“{sheet}”首行为：{text}；请用版式文件说明各列含义"),
    )
}

fn merged_rows(sheet: &Sheet, column: usize) -> Vec<(u32, u32)> {
    let column = u32::try_from(column).unwrap_or(u32::MAX);
    let over_rows = sheet.merged.iter().filter(|block| block.rows.0 < block.rows.1);
    let here = over_rows.filter(|block| (block.columns.0..=block.columns.1).contains(&column));
    let mut rows: Vec<(u32, u32)> = here.map(|block| block.rows).collect();
    rows.sort_unstable();
    rows
}

/// Says so when another sheet has the same headings: it was not read.
fn note_other_sheets(table: &Table, plan: &Plan<'_>, reading: &mut Reading) {
    let heading_of = |sheet: &Sheet, index: usize| sheet.rows.get(index).map(Row::text);
    let Some(ours) = plan.heading.and_then(|index| heading_of(plan.sheet, index)) else { return };
    for sheet in table.sheets.iter().filter(|sheet| !Arc::ptr_eq(&sheet.name, &plan.sheet.name)) {
        let same =
            (0..sheet.rows.len().min(HEADING_ROWS_MAX)).any(|index| heading_of(sheet, index).as_ref() == Some(&ours));
        if same {
            reading.notes.push(Invalid::new(
                format!(
                    "sheet `{}` has the same headings and was not read; name it in the layout to read it",
                    sheet.name
                ),
                format!("工作表“{}”表头相同，未读取；如需读取请在版式中指明", sheet.name),
            ));
        }
    }
}
