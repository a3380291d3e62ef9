//! A workbook: a sheet a section, amounts as numbers that add up, days as days.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet};

use super::{WriteFault, head, plain, unit};
use crate::calendar::CivilDate;
use crate::report::{Cell, Kind, Report, Section};
use crate::rulebook::Language;

/// A sheet's name has at most 31 characters and none of `[]:*?/\`; section ids are ours and shorter.
pub(super) fn write(report: &Report, language: Language) -> Result<Vec<u8>, WriteFault> {
    let mut book = Workbook::new();
    // The file says nothing of when it was made, so that the same report gives the same bytes.
    let made = ExcelDateTime::from_ymd(2000, 1, 1)?;
    book.set_properties(
        &DocProperties::new().set_title(report.title.in_language(language)).set_creation_datetime(&made),
    );
    for (index, section) in report.sections.iter().enumerate() {
        let sheet = book.add_worksheet();
        let name: String =
            section.title.in_language(language).chars().filter(|each| is_allowed(*each)).take(31).collect();
        sheet.set_name(name)?;
        let first = if index == 0 { write_head(sheet, report, language)? } else { 0 };
        write_section(sheet, section, first, language)?;
    }
    Ok(book.save_to_buffer()?)
}

fn is_allowed(character: char) -> bool {
    !"[]:*?/\\'".contains(character)
}

/// The head on the first sheet; the first row below it.
fn write_head(sheet: &mut Worksheet, report: &Report, language: Language) -> Result<u32, WriteFault> {
    let title = Format::new().set_bold().set_font_size(14);
    sheet.write_with_format(0, 0, report.title.in_language(language), &title)?;
    let mut row = 1_u32;
    for (name, value) in head(report, language) {
        sheet.write(row, 0, name)?;
        sheet.write(row, 1, value)?;
        row = row.saturating_add(1);
    }
    sheet.write(row, 0, unit(language))?;
    Ok(row.saturating_add(2))
}

fn write_section(sheet: &mut Worksheet, section: &Section, first: u32, language: Language) -> Result<(), WriteFault> {
    let bold = Format::new().set_bold().set_border(FormatBorder::Thin).set_align(FormatAlign::Center).set_text_wrap();
    for (column, index) in section.columns.iter().zip(0_u16..) {
        sheet.write_with_format(first, index, column.title.in_language(language), &bold)?;
        sheet.set_column_width(index, width(column.kind, index))?;
    }
    let mut at = first.saturating_add(1);
    if first == 0 {
        sheet.set_freeze_panes(at, 0)?;
    }
    for row in &section.rows {
        for (cell, index) in row.cells.iter().zip(0_u16..) {
            write_cell(sheet, (at, index), cell, &format(cell, row.is_total), language)?;
        }
        at = at.saturating_add(1);
    }
    for note in &section.notes {
        sheet.write(at, 0, note.in_language(language))?;
        at = at.saturating_add(1);
    }
    Ok(())
}

const fn width(kind: Kind, index: u16) -> u16 {
    match kind {
        Kind::Money => 18,
        Kind::Count | Kind::Percent => 11,
        Kind::Date => 12,
        Kind::Text if index == 0 => 26,
        Kind::Text => 22,
    }
}

fn format(cell: &Cell, is_total: bool) -> Format {
    let format = match cell {
        Cell::Money(_) => Format::new().set_num_format("#,##0.00"),
        Cell::Percent(_) => Format::new().set_num_format("0.00"),
        Cell::Count(_) => Format::new().set_num_format("#,##0"),
        Cell::Day(_) => Format::new().set_num_format("yyyy-mm-dd"),
        // `@` is text: a name that begins with `=` stays a name.
        Cell::Empty | Cell::Text(_) | Cell::Words(_) => Format::new().set_num_format("@"),
    };
    let format = format.set_border(FormatBorder::Thin);
    if is_total { format.set_bold() } else { format }
}

fn write_cell(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    cell: &Cell,
    format: &Format,
    language: Language,
) -> Result<(), WriteFault> {
    match cell {
        Cell::Empty => sheet.write_blank(row, column, format)?,
        Cell::Text(_) | Cell::Words(_) => sheet.write_string_with_format(row, column, plain(cell, language), format)?,
        Cell::Money(_) | Cell::Count(_) | Cell::Percent(_) => {
            sheet.write_number_with_format(row, column, number(&plain(cell, language)), format)?
        }
        Cell::Day(day) => sheet.write_datetime_with_format(row, column, &date(*day)?, format)?,
    };
    Ok(())
}

/// The number that a spreadsheet keeps. A double has 15 digits: amounts below 10^13 yuan keep every fen, and
/// `Amount::INPUT_MAX` is below that.
#[expect(
    clippy::disallowed_types,
    reason = "workbooks know doubles only; the text is exact and the nearest double shows it"
)]
fn number(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}

fn date(day: CivilDate) -> Result<ExcelDateTime, WriteFault> {
    let year = u16::try_from(day.year().value()).unwrap_or(1900);
    Ok(ExcelDateTime::from_ymd(year, day.month(), day.day())?)
}
