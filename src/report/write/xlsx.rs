//! A workbook: a sheet a section, amounts as numbers that add up, days as days. Each sheet prints on A4 by itself: title,
//! period and unit above the table, the log that it was made from in the footer.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet};

use super::{WriteFault, head, plain, shown, unit};
use crate::calendar::CivilDate;
use crate::report::{Cell, Kind, Report, Row, Section};
use crate::rulebook::Language;

/// The paper size that printers know as A4.
const PAPER_A4: u8 = 9;

/// How wide a column may be, in half-width characters; longer texts are wrapped.
const COLUMN_WIDTH: std::ops::RangeInclusive<u16> = 8..=36;

/// With more columns than this the print would be too small to read: they are narrower, and their texts wrapped.
const MANY_COLUMNS: usize = 12;

/// How wide one of many columns may be, in half-width characters: a credit code, or an amount of 15 digits.
const COLUMN_WIDTH_OF_MANY: u16 = 21;

/// How high a line of a cell is, in points.
const LINE_POINTS: u16 = 16;

/// A sheet's name has at most 31 characters and none of `[]:*?/\`; section ids are ours and shorter.
pub(super) fn write(report: &Report, language: Language) -> Result<Vec<u8>, WriteFault> {
    let mut book = Workbook::new();
    // The file says nothing of when it was made, so that the same report gives the same bytes.
    let made = ExcelDateTime::from_ymd(2000, 1, 1)?;
    book.set_properties(
        &DocProperties::new().set_title(report.title.in_language(language)).set_creation_datetime(&made),
    );
    for section in &report.sections {
        let sheet = book.add_worksheet();
        let name: String =
            section.title.in_language(language).chars().filter(|each| is_allowed(*each)).take(31).collect();
        sheet.set_name(name)?;
        let table = write_head(sheet, report, section, language)?;
        write_section(sheet, section, table, language)?;
        set_page(sheet, report, section, (table, language))?;
    }
    Ok(book.save_to_buffer()?)
}

fn is_allowed(character: char) -> bool {
    !"[]:*?/\\'".contains(character)
}

/// Title, section, period and unit; the row of the table's heading.
fn write_head(
    sheet: &mut Worksheet,
    report: &Report,
    section: &Section,
    language: Language,
) -> Result<u32, WriteFault> {
    let centred = Format::new().set_bold().set_font_size(16).set_align(FormatAlign::Center);
    let last = last_column(section);
    span(sheet, 0, (0, last), report.title.in_language(language), &centred)?;
    sheet.set_row_height(0, LINE_POINTS.saturating_mul(2))?;
    let mut row = 1;
    if report.sections.len() > 1 {
        let subtitle = Format::new().set_bold().set_align(FormatAlign::Center);
        span(sheet, row, (0, last), section.title.in_language(language), &subtitle)?;
        row = row.saturating_add(1);
    }
    let period = head(report, language).into_iter().next().map(|(name, value)| format!("{name} {value}"));
    let is_wide = last >= 3;
    let middle = if is_wide { last.saturating_sub(2) } else { last };
    span(sheet, row, (0, middle), &period.unwrap_or_default(), &Format::new())?;
    if !section.columns.iter().any(|column| column.kind == Kind::Money) {
        return Ok(row.saturating_add(1));
    }
    if !is_wide {
        row = row.saturating_add(1);
    }
    let from = if is_wide { middle.saturating_add(1) } else { 0 };
    span(sheet, row, (from, last), unit(language), &Format::new().set_align(FormatAlign::Right))?;
    Ok(row.saturating_add(1))
}

fn last_column(section: &Section) -> u16 {
    u16::try_from(section.columns.len()).unwrap_or(u16::MAX).saturating_sub(1)
}

/// A text over several columns of a row.
fn span(
    sheet: &mut Worksheet,
    row: u32,
    (first, last): (u16, u16),
    text: &str,
    format: &Format,
) -> Result<(), WriteFault> {
    if first < last {
        sheet.merge_range(row, first, row, last, text, format)?;
    } else {
        sheet.write_string_with_format(row, first, text, format)?;
    }
    Ok(())
}

fn write_section(sheet: &mut Worksheet, section: &Section, first: u32, language: Language) -> Result<(), WriteFault> {
    let bold = Format::new()
        .set_bold()
        .set_border(FormatBorder::Thin)
        .set_align(FormatAlign::Center)
        .set_align(FormatAlign::VerticalCenter)
        .set_background_color("#EEEEEE")
        .set_text_wrap();
    let widths: Vec<u16> = (0..section.columns.len()).map(|index| width(section, index, language)).collect();
    let mut lines = 1;
    for ((column, index), width) in section.columns.iter().zip(0_u16..).zip(&widths) {
        let title = column.title.in_language(language);
        sheet.write_with_format(first, index, title, &bold)?;
        sheet.set_column_width(index, *width)?;
        lines = lines.max(lines_of(title, *width));
    }
    sheet.set_row_height(first, LINE_POINTS.saturating_mul(lines).saturating_add(4))?;
    let mut at = first.saturating_add(1);
    sheet.set_freeze_panes(at, 0)?;
    for row in &section.rows {
        for (cell, index) in row.cells.iter().zip(0_u16..) {
            write_cell(sheet, (at, index), cell, &format(cell, row.is_total), language)?;
        }
        sheet.set_row_height(at, LINE_POINTS.saturating_mul(lines_in(row, &widths, language)))?;
        at = at.saturating_add(1);
    }
    if section.rows.is_empty() {
        let none = match language {
            Language::Chinese => "（无）",
            Language::English => "(none)",
        };
        span(sheet, at, (0, last_column(section)), none, &Format::new().set_align(FormatAlign::Center))?;
        at = at.saturating_add(1);
    }
    let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    let whole = widths.iter().fold(0_u16, |sum, width| sum.saturating_add(*width));
    for note in &section.notes {
        let text = note.in_language(language);
        span(sheet, at, (0, last_column(section)), text, &wrapped)?;
        sheet.set_row_height(at, LINE_POINTS.saturating_mul(lines_of(text, whole)))?;
        at = at.saturating_add(1);
    }
    Ok(())
}

/// A4, lying where the table is wide, the heading on every page; what the report was made from in the footer.
fn set_page(
    sheet: &mut Worksheet,
    report: &Report,
    section: &Section,
    (heading, language): (u32, Language),
) -> Result<(), WriteFault> {
    sheet.set_paper_size(PAPER_A4).set_print_fit_to_pages(1, 0).set_print_center_horizontally(true);
    sheet.set_margins(0.4, 0.4, 0.6, 0.8, 0.3, 0.3);
    if section.columns.len() > 5 {
        sheet.set_landscape();
    }
    sheet.set_repeat_rows(0, heading)?;
    let (size, root) = (report.pin.size, report.pin.root.get(..16).unwrap_or(&report.pin.root));
    let footer = match language {
        Language::Chinese => format!("&L账本 {size} 条，Merkle 根 {root}…&R第 &P 页，共 &N 页"),
        Language::English => format!("&LKnown at entry {size}, Merkle root {root}…&RPage &P of &N"),
    };
    sheet.set_footer(footer);
    // The whole root, for whoever makes the report again: beside the table, where it is not printed.
    let beside = last_column(section).saturating_add(2);
    for ((name, value), row) in head(report, language).into_iter().skip(1).zip(0_u32..) {
        sheet.write(row, beside, name)?;
        sheet.write(row, beside.saturating_add(1), value)?;
    }
    let rows = u32::try_from(section.rows.len().max(1).saturating_add(section.notes.len())).unwrap_or(u32::MAX);
    sheet.set_print_area(0, 0, heading.saturating_add(rows), last_column(section))?;
    Ok(())
}

/// Wide enough for what stands in the column, within limits.
fn width(section: &Section, index: usize, language: Language) -> u16 {
    let cells = section.rows.iter().filter_map(|row| row.cells.get(index)).map(|cell| measure(&shown(cell, language)));
    let widest = cells.max().unwrap_or(0);
    // A heading may be broken once.
    let heading = section.columns.get(index).map_or(0, |column| {
        let whole = measure(column.title.in_language(language));
        if column.kind == Kind::Text { whole } else { whole.div_ceil(2).saturating_add(2) }
    });
    let most = if section.columns.len() > MANY_COLUMNS { COLUMN_WIDTH_OF_MANY } else { *COLUMN_WIDTH.end() };
    widest.max(heading).saturating_add(2).clamp(*COLUMN_WIDTH.start(), most)
}

/// How wide a text is, in half-width characters: those of Chinese, Japanese and Korean are two.
fn measure(text: &str) -> u16 {
    text.chars().fold(0_u16, |sum, character| sum.saturating_add(if character < '\u{2e80}' { 1 } else { 2 }))
}

fn lines_of(text: &str, width: u16) -> u16 {
    measure(text).div_ceil(width.saturating_sub(1).max(1)).max(1)
}

fn lines_in(row: &Row, widths: &[u16], language: Language) -> u16 {
    let lines = row.cells.iter().zip(widths).map(|(cell, width)| lines_of(&shown(cell, language), *width));
    lines.max().unwrap_or(1)
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
    let format = format.set_border(FormatBorder::Thin).set_align(FormatAlign::VerticalCenter);
    let format = match cell {
        Cell::Text(_) | Cell::Words(_) => format.set_text_wrap(),
        Cell::Day(_) => format.set_align(FormatAlign::Center),
        Cell::Empty | Cell::Money(_) | Cell::Count(_) | Cell::Percent(_) => format,
    };
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
