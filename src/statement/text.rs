//! CSV and TSV in the encodings that Chinese banks send: UTF-8 with and without mark, GBK, GB18030, UTF-16.

use std::sync::Arc;

use chardetng::EncodingDetector;
use encoding_rs::{Encoding, GB18030, UTF_8};

use super::layout::Layout;
use super::table::{Cell, Row, Sheet, Table, check_cell, check_column, check_row};
use crate::identifier::Invalid;

/// How many lines are looked at for the delimiter.
const SAMPLE_LINES: usize = 50;

const DELIMITERS: [(u8, &str); 4] = [(b',', "comma"), (b'\t', "tab"), (b';', "semicolon"), (b'|', "bar")];

/// How files begin that people send for spreadsheets.
const FOREIGN: [(&[u8], &str); 2] = [(b"%PDF-", "PDF"), (b"{\\rtf", "RTF")];

/// Reads a text file as one sheet.
pub(super) fn read(bytes: &[u8], layout: Option<&Layout>) -> Result<Table, Invalid> {
    let wanted = layout.and_then(|layout| layout.encoding.as_deref());
    let (text, encoding) = decode(bytes, wanted)?;
    if text.contains('\0') {
        return Err(Invalid::new(
            "the file is neither a workbook nor text; expected XLSX, XLS, CSV, TSV or camt.053",
            "文件既不是工作簿也不是文本；应为 XLSX、XLS、CSV、TSV 或 camt.053",
        ));
    }
    if let Some((_, name)) = FOREIGN.iter().find(|(mark, _)| bytes.starts_with(mark)) {
        return Err(Invalid::new(
            format!("the file is a {name}, of which no cells can be read; ask the bank for XLSX or CSV"),
            format!("文件为 {name}，无法读取单元格；请向银行索取 XLSX 或 CSV"),
        ));
    }
    let start: String = text.trim_start().chars().take(9).collect::<String>().to_lowercase();
    if ["<html", "<table", "<!doctype", "<meta"].iter().any(|tag| start.starts_with(tag)) {
        return Err(Invalid::new(
            "the file is a web page under the name of a workbook; open it and save it as XLSX",
            "文件实为网页，只是扩展名像工作簿；请打开后另存为 XLSX",
        ));
    }
    let delimiter = match layout.and_then(|layout| layout.delimiter.as_deref()) {
        Some(name) => named(name)?,
        None => guess_delimiter(&text),
    };
    let sheet = rows(&text, delimiter.0)?;
    Ok(Table { format: format!("CSV, {encoding}, {}", delimiter.1), sheets: vec![sheet] })
}

fn named(name: &str) -> Result<(u8, &'static str), Invalid> {
    let found = DELIMITERS.iter().find(|(byte, word)| *word == name || name.as_bytes() == [*byte]);
    found.copied().ok_or_else(|| {
        Invalid::new(
            format!("`{name}` is not a delimiter; expected comma, tab, semicolon or bar"),
            format!("“{name}”不是分隔符；应为 comma、tab、semicolon 或 bar"),
        )
    })
}

/// A mark decides; then the layout; then UTF-8 if it is; then GB18030, of which GBK is a part.
fn decode(bytes: &[u8], wanted: Option<&str>) -> Result<(String, &'static str), Invalid> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        let rest = bytes.get(mark..).unwrap_or_default();
        return decode_as(rest, encoding, if encoding == UTF_8 { "UTF-8 with mark" } else { encoding.name() });
    }
    if let Some(name) = wanted {
        let encoding = Encoding::for_label(name.as_bytes()).ok_or_else(|| {
            Invalid::new(
                format!("`{name}` is not an encoding; expected utf-8, gbk or gb18030"),
                format!("“{name}”不是字符编码；应为 utf-8、gbk 或 gb18030"),
            )
        })?;
        let encoding = if encoding == encoding_rs::GBK { GB18030 } else { encoding };
        return decode_as(bytes, encoding, encoding.name());
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok((text.to_owned(), "UTF-8"));
    }
    decode_as(bytes, GB18030, "GB18030").map_err(|_undecodable| {
        let hint = hint(bytes);
        Invalid::new(
            format!("the text is neither UTF-8 nor GB18030; it looks like {hint}; save it as UTF-8, or as XLSX"),
            format!("文本既不是 UTF-8 也不是 GB18030 编码，疑似 {hint}；请另存为 UTF-8 或 XLSX"),
        )
    })
}

fn hint(bytes: &[u8]) -> &'static str {
    let mut detector = EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    detector.guess(None, chardetng::Utf8Detection::Allow).name()
}

fn decode_as(bytes: &[u8], encoding: &'static Encoding, name: &'static str) -> Result<(String, &'static str), Invalid> {
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes).ok_or_else(|| {
        Invalid::new(
            format!("the text is not {name} throughout; check the encoding"),
            format!("文本含有非 {name} 编码的内容；请核对编码"),
        )
    })?;
    Ok((text.into_owned(), name))
}

/// The delimiter that most lines of the sample have, outside quotation marks.
fn guess_delimiter(text: &str) -> (u8, &'static str) {
    let score = |delimiter: u8| -> usize {
        let lines = text.lines().take(SAMPLE_LINES);
        let counts = lines.map(|line| {
            let mut quoted = false;
            line.bytes()
                .filter(|byte| {
                    quoted ^= *byte == b'"';
                    !quoted && *byte == delimiter
                })
                .count()
        });
        // A line with two cells or more counts for its cells, so that a comma in a title does not win.
        counts.fold(0, usize::saturating_add)
    };
    let best = DELIMITERS.iter().max_by_key(|(byte, _)| score(*byte).saturating_mul(weight(*byte)));
    best.copied().unwrap_or((b',', "comma"))
}

/// A tab hardly occurs within a cell; commas do.
const fn weight(delimiter: u8) -> usize {
    match delimiter {
        b'\t' => 4,
        b'|' => 3,
        _ => 2,
    }
}

/// The line, from 1, of a quotation mark at the beginning of a cell that is never closed: everything after it would be
/// one cell.
fn open_quote(text: &str, delimiter: u8) -> Option<usize> {
    let (mut line, mut open, mut begins) = (1_usize, None, true);
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        line = line.saturating_add(usize::from(byte == b'\n'));
        if open.is_some() {
            // Two in a row are one that belongs to the cell.
            if byte == b'"' && bytes.next_if_eq(&b'"').is_none() {
                open = None;
            }
            continue;
        }
        if byte == b'"' && begins {
            open = Some(line);
        }
        begins = byte == delimiter || byte == b'\n' || byte == b'\r';
    }
    open
}

fn rows(text: &str, delimiter: u8) -> Result<Sheet, Invalid> {
    const NAME: &str = "CSV";
    if let Some(line) = open_quote(text, delimiter) {
        return Err(Invalid::new(
            format!(
                "sheet `{NAME}`, row {line}: a quotation mark opens a cell and is never closed; close it or leave it out"
            ),
            format!("工作表“{NAME}”第 {line} 行：单元格的引号未闭合；请补全或删去引号"),
        ));
    }
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for (index, record) in reader.records().enumerate() {
        let record = record.map_err(|error| Invalid::new(format!("the text is broken: {error}"), "文本已损坏"))?;
        check_row(index.saturating_add(1))?;
        let line = record.position().map_or(0, csv::Position::line);
        let number = u32::try_from(line).unwrap_or(u32::MAX);
        check_column(NAME, number, record.len())?;
        let mut cells = Vec::with_capacity(record.len());
        for cell in &record {
            check_cell(NAME, number, cell)?;
            cells.push(Cell::of_text(cell));
        }
        if cells.iter().any(|cell| *cell != Cell::Empty) {
            rows.push(Row { number, cells });
        }
    }
    Ok(Sheet { name: Arc::from(NAME), rows, merged: Vec::new(), formulas: 0 })
}
