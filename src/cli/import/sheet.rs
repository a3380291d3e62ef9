//! The first sheet of a workbook as rows of text. The whole sheet is held in memory: for more than some hundred thousand
//! rows, save it as CSV.

use std::path::Path;

use anyhow::Context as _;
use calamine::{Data, Reader as _, Xlsx, open_workbook};

use crate::calendar::CivilDate;

/// The rows that hold anything, each with its number from 1.
pub(super) fn read(path: &Path) -> anyhow::Result<Vec<(u64, Vec<String>)>> {
    let mut workbook: Xlsx<_> = open_workbook(path).context("it is not a workbook, or damaged; save it anew")?;
    let name = workbook.sheet_names().into_iter().next().context("the workbook has no sheet")?;
    let range = workbook.worksheet_range(&name).with_context(|| format!("the sheet `{name}` cannot be read"))?;
    let (first, left) = range.start().unwrap_or_default();
    let numbers = u64::from(first).saturating_add(1)..;
    let rows = numbers.zip(range.rows()).map(|(number, cells)| {
        let empty = (0..left).map(|_| String::new());
        (number, empty.chain(cells.iter().map(text)).collect::<Vec<_>>())
    });
    Ok(rows.filter(|(_, cells)| cells.iter().any(|cell| !cell.trim().is_empty())).collect())
}

/// A cell as text: a number by the shortest decimal that names it, a day as `2025-12-31`.
fn text(cell: &Data) -> String {
    match cell {
        Data::Int(number) => number.to_string(),
        Data::Float(number) => number.to_string(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Bool(value) => value.to_string(),
        Data::DateTime(stamp) => {
            let (year, month, day, ..) = stamp.to_ymd_hms_milli();
            let date = i16::try_from(year).ok().zip(i8::try_from(month).ok()).zip(i8::try_from(day).ok());
            let date = date.and_then(|((year, month), day)| CivilDate::from_ymd(year, month, day));
            date.map(|date| date.to_string()).unwrap_or_default()
        }
        Data::Error(error) => error.to_string(),
        Data::Empty => String::new(),
    }
}
