//! The result as a workbook: a summary, then a sheet for each class with every line, its entry and the reason.
//!
//! Texts are written as text and never as formulas, whatever they begin with; the same comparison gives the same bytes.

use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

use super::{Comparison, Finding, Item};
use crate::book::reconciliation::Class;
use crate::calendar::CivilDate;
use crate::identifier::{Sequence, Uscc};
use crate::money::Amount;
use crate::statement::Line;

/// What the workbook says of where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The statement's file.
    pub file_name: String,
    /// SHA-256 of the file, in hex.
    pub file_digest: String,
    /// The size of the ledger at which it was compared.
    pub compared_at: Sequence,
}

/// The columns of a class: heading and width in characters.
const COLUMNS: [(&str, u16); 14] = [
    ("对账单行\nrow", 8),
    ("对账单日期\ndate", 12),
    ("性质\nnature", 8),
    ("对账单金额\namount", 18),
    ("合同编号\ncontract", 18),
    ("户名\nparty", 26),
    ("信用代码\nUSCC", 21),
    ("流水号\nreference", 18),
    ("摘要\nsummary", 18),
    ("分录\nentry", 9),
    ("账本日期\nledger date", 12),
    ("账本金额\nledger amount", 18),
    ("原因", 36),
    ("reason", 42),
];

/// The number of A3 among the paper sizes of a workbook.
const PAPER_A3: u8 = 8;

struct Formats {
    title: Format,
    heading: Format,
    text: Format,
    wrapped: Format,
    amount: Format,
    date: Format,
    count: Format,
}

impl Formats {
    fn new() -> Self {
        let cell = || Format::new().set_align(FormatAlign::Top);
        Self {
            title: Format::new().set_bold().set_font_size(14),
            heading: Format::new()
                .set_bold()
                .set_text_wrap()
                .set_align(FormatAlign::Center)
                .set_background_color(Color::RGB(0x00DD_E6F0))
                .set_border_bottom(FormatBorder::Thin),
            text: cell().set_num_format("@").set_indent(1),
            wrapped: cell().set_text_wrap().set_indent(1),
            amount: cell().set_num_format("#,##0.00;[Red]-#,##0.00"),
            date: cell().set_num_format("yyyy-mm-dd"),
            count: cell().set_num_format("#,##0"),
        }
    }
}

/// The bytes of the workbook.
pub fn workbook(comparison: &Comparison, about: &About) -> Result<Vec<u8>, XlsxError> {
    let formats = Formats::new();
    let mut book = Workbook::new();
    let made = ExcelDateTime::parse_from_str(&comparison.scope.to.to_string())?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&made));
    summary(book.add_worksheet(), comparison, about, &formats)?;
    for class in Class::ALL {
        let findings: Vec<&Finding> = comparison.findings.iter().filter(|one| one.class == *class).collect();
        if !findings.is_empty() {
            let sheet = book.add_worksheet();
            sheet.set_name(class.chinese())?;
            of_class(sheet, comparison, &findings, &formats)?;
        }
    }
    book.save_to_buffer()
}

fn summary(sheet: &mut Worksheet, comparison: &Comparison, about: &About, formats: &Formats) -> Result<(), XlsxError> {
    let scope = &comparison.scope;
    sheet.set_name("汇总")?;
    sheet.set_landscape().set_print_fit_to_pages(1, 0);
    sheet.set_column_width(0, 34)?.set_column_width(1, 70)?;
    sheet.write_string_with_format(0, 0, "对账结果 Reconciliation", &formats.title)?;
    let facts = [
        ("对账单 statement", format!("{} ({})", scope.statement.chinese(), scope.statement)),
        ("期间 period", format!("{} – {}", scope.from, scope.to)),
        ("日期允许相差 tolerance", format!("{} 天 days", scope.tolerance_days)),
        ("文件 file", about.file_name.clone()),
        ("文件摘要 SHA-256", about.file_digest.clone()),
        ("账本截至分录 compared at entry", about.compared_at.to_string()),
    ];
    let mut row = 2;
    for (name, value) in facts {
        sheet.write_string_with_format(row, 0, name, &formats.text)?;
        sheet.write_string_with_format(row, 1, value, &formats.text)?;
        row = row.saturating_add(1);
    }
    row = row.saturating_add(1);
    sheet.write_string_with_format(row, 0, "类别 class", &formats.heading)?;
    sheet.write_string_with_format(row, 1, "行数 lines", &formats.heading)?;
    for class in Class::ALL {
        row = row.saturating_add(1);
        sheet.write_string_with_format(row, 0, format!("{} {class}", class.chinese()), &formats.text)?;
        let count = u32::try_from(comparison.counts.of(*class)).unwrap_or(u32::MAX);
        sheet.write_number_with_format(row, 1, count, &formats.count)?;
    }
    Ok(())
}

fn of_class(
    sheet: &mut Worksheet,
    comparison: &Comparison,
    findings: &[&Finding],
    formats: &Formats,
) -> Result<(), XlsxError> {
    for (column, (heading, width)) in (0..).zip(COLUMNS) {
        sheet.set_column_width(column, width)?;
        sheet.write_string_with_format(0, column, heading, &formats.heading)?;
    }
    sheet.set_row_height(0, 32)?;
    sheet.set_freeze_panes(1, 0)?;
    sheet.set_landscape().set_paper_size(PAPER_A3).set_print_fit_to_pages(1, 0).set_repeat_rows(0, 0)?;
    let mut row = 1;
    for finding in findings {
        // A group stands in as many rows as its longer side has; the reason stands in the first.
        let height = finding.lines.len().max(finding.items.len());
        for at in 0..height {
            if let Some(line) = finding.lines.get(at).and_then(|index| comparison.lines.get(*index)) {
                line_cells(sheet, row, line, formats)?;
            }
            if let Some(item) = finding.items.get(at).and_then(|index| comparison.items.get(*index)) {
                item_cells(sheet, row, item, finding.lines.is_empty(), formats)?;
            }
            if at == 0 {
                sheet.write_string_with_format(row, 12, &finding.reason.zh, &formats.wrapped)?;
                sheet.write_string_with_format(row, 13, &finding.reason.en, &formats.wrapped)?;
            }
            row = row.saturating_add(1);
        }
    }
    sheet.autofilter(0, 0, row.saturating_sub(1), 13)?;
    Ok(())
}

fn line_cells(sheet: &mut Worksheet, row: u32, line: &Line, formats: &Formats) -> Result<(), XlsxError> {
    sheet.write_number_with_format(row, 0, line.place.row, &formats.count)?;
    sheet.write_datetime_with_format(row, 1, &day(line.date)?, &formats.date)?;
    sheet.write_string_with_format(row, 2, line.nature.chinese(), &formats.text)?;
    sheet.write_number_with_format(row, 3, number(line.amount), &formats.amount)?;
    let texts = [
        (4, line.contract.as_deref()),
        (5, line.party.as_deref()),
        (6, line.party_code.as_ref().map(Uscc::as_str)),
        (7, line.reference.as_deref()),
        (8, line.summary.as_deref()),
    ];
    for (column, text) in texts {
        sheet.write_string_with_format(row, column, text.unwrap_or_default(), &formats.text)?;
    }
    Ok(())
}

/// `alone`: there is no line, so that the entry says whose money it is.
fn item_cells(sheet: &mut Worksheet, row: u32, item: &Item, alone: bool, formats: &Formats) -> Result<(), XlsxError> {
    if alone {
        sheet.write_string_with_format(row, 2, item.nature.chinese(), &formats.text)?;
        let texts = [
            (4, item.contract.as_deref()),
            (5, item.party.as_deref()),
            (6, item.party_code.as_ref().map(Uscc::as_str)),
            (7, item.reference.as_deref()),
        ];
        for (column, text) in texts {
            sheet.write_string_with_format(row, column, text.unwrap_or_default(), &formats.text)?;
        }
    }
    let sequence = u32::try_from(item.sequence.value()).unwrap_or(u32::MAX);
    sheet.write_number_with_format(row, 9, sequence, &formats.count)?;
    sheet.write_datetime_with_format(row, 10, &day(item.date)?, &formats.date)?;
    sheet.write_number_with_format(row, 11, number(item.amount), &formats.amount)?;
    Ok(())
}

fn day(date: CivilDate) -> Result<ExcelDateTime, XlsxError> {
    ExcelDateTime::parse_from_str(&date.to_string())
}

/// A spreadsheet has no other numbers. Every amount of 15 digits comes back from its binary fraction as it was.
#[expect(clippy::disallowed_types, reason = "the format of a workbook's cells; nothing is computed with it")]
fn number(amount: Amount) -> f64 {
    amount.to_string().parse().unwrap_or_default()
}
