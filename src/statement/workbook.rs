//! XLSX and XLS: cells as they were saved. Formulas are never computed; their saved values are taken.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};
use std::sync::Arc;

use calamine::{Data, DataRef, Dimensions, ExcelDateTime, Reader as _, Xls, XlsError, Xlsx};

use super::UNPACKED_BYTES_MAX;
use super::table::{Cell, Merged, Row, Sheet, Table, check_cell, check_column, check_row};
use crate::calendar::CivilDate;
use crate::identifier::Invalid;

/// The first bytes of a ZIP archive.
const ZIP: &[u8] = b"PK\x03\x04";
/// The first bytes of an OLE2 compound file.
const OLE2: &[u8] = &[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];

/// Reads a workbook; `None` if the bytes are none.
pub(super) fn read(bytes: &[u8]) -> Option<Result<Table, Invalid>> {
    if bytes.starts_with(ZIP) {
        return Some(xlsx(bytes));
    }
    bytes.starts_with(OLE2).then(|| xls(bytes))
}

fn xlsx(bytes: &[u8]) -> Result<Table, Invalid> {
    unpacks_within_limits(bytes)?;
    let mut workbook = Xlsx::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    let mut sheets = Vec::new();
    for name in workbook.sheet_names() {
        let merged = workbook.merge_cells_by_sheet_name(&name).unwrap_or_default();
        // A chart has a name among the sheets and no cells.
        let Ok(mut cells) = workbook.worksheet_cells_reader(&name) else { continue };
        let mut sheet = Gathered::new(&name);
        while let Some(cell) = cells.next_cell_with_formula().map_err(|error| broken(&error))? {
            let is_formula = cell.formula.is_some();
            let value = from_ref(&cell.value);
            let missing = is_formula && value == Cell::Empty;
            sheet.formulas = sheet.formulas.saturating_add(usize::from(is_formula));
            sheet.put(cell.pos, if missing { Cell::NoValue } else { value })?;
        }
        sheets.push(sheet.finish(&merged));
    }
    Ok(Table { format: "XLSX".to_owned(), sheets })
}

/// What the archive says of its size may be a lie: it is unpacked into nothing, and counted, first.
fn unpacks_within_limits(bytes: &[u8]) -> Result<(), Invalid> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    let mut left = UNPACKED_BYTES_MAX;
    for index in 0..archive.len() {
        let file = archive.by_index(index).map_err(|error| broken(&error))?;
        let taken = std::io::copy(&mut file.take(left.saturating_add(1)), &mut std::io::sink());
        let taken = taken.map_err(|error| broken(&error))?;
        left = left.checked_sub(taken).ok_or_else(|| {
            Invalid::new(
                format!("the workbook unpacks to more than {UNPACKED_BYTES_MAX} bytes; split it by period"),
                format!("工作簿解压后超过 {UNPACKED_BYTES_MAX} 字节；请按期间拆分"),
            )
        })?;
    }
    Ok(())
}

fn xls(bytes: &[u8]) -> Result<Table, Invalid> {
    // An encrypted XLSX is an OLE2 file with a stream of this name, in UTF-16.
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    if bytes.windows(name.len()).any(|window| window == name) {
        return Err(encrypted());
    }
    let mut workbook = Xls::new(Cursor::new(bytes))
        .map_err(|error| if let XlsError::Password = error { encrypted() } else { broken(&error) })?;
    let mut sheets = Vec::new();
    for name in workbook.sheet_names() {
        let merged = workbook.merge_cells_by_sheet_name(&name).unwrap_or_default();
        let formulas = workbook.worksheet_formula(&name).map_err(|error| broken(&error))?;
        let range = workbook.worksheet_range(&name).map_err(|error| broken(&error))?;
        let mut sheet = Gathered::new(&name);
        sheet.formulas = formulas.used_cells().count();
        let (top, left) = range.start().unwrap_or_default();
        for (row, column, value) in range.used_cells() {
            let row = u32::try_from(row).unwrap_or(u32::MAX).saturating_add(top);
            let column = u32::try_from(column).unwrap_or(u32::MAX).saturating_add(left);
            sheet.put((row, column), from_data(value))?;
        }
        sheets.push(sheet.finish(&merged));
    }
    Ok(Table { format: "XLS".to_owned(), sheets })
}

fn encrypted() -> Invalid {
    Invalid::new(
        "the workbook is encrypted; open it with its password and save it without one",
        "工作簿已加密；请用密码打开后另存为不加密的文件",
    )
}

fn broken(error: &dyn std::fmt::Display) -> Invalid {
    let cause = error.to_string().replace('\n', " ");
    Invalid::new(
        format!("the workbook is truncated or damaged ({cause}); get the file again, or open it and save it anew"),
        format!("工作簿不完整或已损坏（{cause}）；请重新获取文件，或打开后另存"),
    )
}

/// A sheet while its cells come in, in whatever order.
struct Gathered {
    name: Arc<str>,
    rows: BTreeMap<u32, Vec<Cell>>,
    formulas: usize,
}

impl Gathered {
    fn new(name: &str) -> Self {
        Self { name: Arc::from(name), rows: BTreeMap::new(), formulas: 0 }
    }

    fn put(&mut self, (row, column): (u32, u32), cell: Cell) -> Result<(), Invalid> {
        if cell == Cell::Empty {
            return Ok(());
        }
        let number = check_row(usize::try_from(row).unwrap_or(usize::MAX).saturating_add(1))?;
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        check_column(&self.name, number, column.saturating_add(1))?;
        if let Cell::Text(text) = &cell {
            check_cell(&self.name, number, text)?;
        }
        let cells = self.rows.entry(number).or_default();
        if cells.len() <= column {
            cells.resize(column.saturating_add(1), Cell::Empty);
        }
        if let Some(place) = cells.get_mut(column) {
            *place = cell;
        }
        Ok(())
    }

    fn finish(self, merged: &[Dimensions]) -> Sheet {
        let rows = self.rows.into_iter().map(|(number, cells)| Row { number, cells }).collect();
        let block = |one: &Dimensions| Merged { rows: (one.start.0, one.end.0), columns: (one.start.1, one.end.1) };
        Sheet { name: self.name, rows, merged: merged.iter().map(block).collect(), formulas: self.formulas }
    }
}

/// The one place where a spreadsheet's binary fraction becomes text: the shortest decimal that names it, exactly.
fn from_data(value: &Data) -> Cell {
    match value {
        Data::Int(number) => Cell::Number(number.to_string()),
        Data::Float(number) => Cell::Number(number.to_string()),
        Data::String(text) | Data::DateTimeIso(text) => Cell::of_text(text),
        Data::Bool(value) => Cell::Text(value.to_string()),
        Data::DateTime(stamp) => from_stamp(*stamp),
        Data::DurationIso(text) => Cell::Wrong(text.clone()),
        Data::Error(error) => Cell::Wrong(error.to_string()),
        Data::Empty => Cell::Empty,
    }
}

fn from_ref(value: &DataRef<'_>) -> Cell {
    match value {
        DataRef::Int(number) => Cell::Number(number.to_string()),
        DataRef::Float(number) => Cell::Number(number.to_string()),
        DataRef::String(text) | DataRef::DateTimeIso(text) => Cell::of_text(text),
        DataRef::SharedString(text) => Cell::of_text(text),
        DataRef::Bool(value) => Cell::Text(value.to_string()),
        DataRef::DateTime(stamp) => from_stamp(*stamp),
        DataRef::DurationIso(text) => Cell::Wrong(text.clone()),
        DataRef::Error(error) => Cell::Wrong(error.to_string()),
        DataRef::Empty => Cell::Empty,
    }
}

/// The day of a cell that is formatted as a date.
fn from_stamp(stamp: ExcelDateTime) -> Cell {
    let (year, month, day, ..) = stamp.to_ymd_hms_milli();
    let date = || CivilDate::from_ymd(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    let date = if stamp.is_duration() { None } else { date() };
    date.map_or_else(|| Cell::Wrong(stamp.as_f64().to_string()), Cell::Date)
}
