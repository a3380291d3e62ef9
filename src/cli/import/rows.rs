//! The rows of a file, one after the other, whatever its format.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use csv::{ReaderBuilder, StringRecord, StringRecordsIntoIter};
use serde::Deserialize;
use serde_json::Value;

use super::columns::Columns;
use super::item::{Item, Items};
use super::sheet;

/// The most characters of a value that a sentence shows.
const SHOWN_CHARACTERS_MAX: usize = 60;

/// The longest line: twice what a request may have.
const LINE_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// A row of the file.
#[derive(Debug)]
pub(super) struct Row {
    /// As a spreadsheet or an editor counts, from 1; the header of a table is row 1.
    pub(super) number: u64,
    /// How far the file is read, in the unit of [`Rows::length`].
    pub(super) position: u64,
    /// What it asks for, or why that cannot be told.
    pub(super) asked: Result<Asked, Wrong>,
}

/// What a row asks for.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) item: Arc<Item>,
    pub(super) request: Value,
    /// By whom, where the row says it.
    pub(super) caller: Option<CallAs>,
    /// What later rows call the thing that this one makes.
    pub(super) name: Option<String>,
    /// Names that no later row uses.
    pub(super) forget: Vec<String>,
}

/// By whom: for ledgers with the development identity, which believe it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CallAs {
    pub(super) role: String,
    #[serde(default)]
    pub(super) party: String,
    #[serde(default)]
    pub(super) person: String,
}

/// Why a row cannot be sent.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Wrong {
    /// The column or field; empty if the whole row is meant.
    pub(super) column: String,
    /// Value and expectation, as a sentence.
    pub(super) problem: String,
    /// The same in Chinese.
    pub(super) problem_zh: String,
}

impl Wrong {
    /// A value that is not what it should be.
    pub(super) fn value(column: &str, value: &str, (expected, expected_zh): (&str, &str)) -> Self {
        let mut shown: String = value.chars().take(SHOWN_CHARACTERS_MAX).collect();
        if shown.len() < value.len() {
            shown.push('…');
        }
        Self {
            column: column.to_owned(),
            problem: format!("column `{column}`: `{shown}`, expected {expected}"),
            problem_zh: format!("“{column}”列的“{shown}”有误，应为{expected_zh}"),
        }
    }

    /// A row that cannot be read.
    pub(super) fn row(problem: String) -> Self {
        Self { column: String::new(), problem_zh: format!("该行无法读取：{problem}"), problem }
    }
}

/// A line of NDJSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    rpc: String,
    request: Value,
    #[serde(default, rename = "as")]
    caller: Option<CallAs>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    forget: Vec<String>,
}

/// The rows of a file.
pub(super) struct Rows<'a> {
    source: Source<'a>,
    length: u64,
}

enum Source<'a> {
    Lines { reader: BufReader<File>, number: u64, position: u64, items: &'a Items },
    Records { records: Box<StringRecordsIntoIter<File>>, columns: Columns, number: u64 },
    Cells { rows: std::vec::IntoIter<(u64, Vec<String>)>, columns: Columns },
}

impl<'a> Rows<'a> {
    /// Opens a file; its name says the format. What is wrong with its columns is said here, before anything is sent.
    pub(super) fn open(path: &Path, rpc: Option<&str>, items: &'a Items) -> anyhow::Result<Self> {
        let shown = path.display();
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
        let extension = extension.unwrap_or_default();
        let opened = || File::open(path).with_context(|| format!("reading `{shown}`"));
        let table = || {
            let rpc = rpc.with_context(|| format!("`{shown}` does not say which RPC its rows are; add `--as RPC`"))?;
            items.get(rpc)
        };
        match extension.as_str() {
            "ndjson" | "jsonl" => {
                anyhow::ensure!(rpc.is_none(), "`--as` is for tables; each line of `{shown}` names its RPC itself");
                let file = opened()?;
                let length = file.metadata()?.len();
                let source = Source::Lines { reader: BufReader::new(file), number: 0, position: 0, items };
                Ok(Self { source, length })
            }
            "csv" => {
                let (item, file) = (table()?, opened()?);
                let length = file.metadata()?.len();
                let mut reader = ReaderBuilder::new().flexible(true).from_reader(file);
                let header = reader.headers().with_context(|| format!("reading the header of `{shown}` as UTF-8"))?;
                let columns = Columns::new(header.iter(), item).with_context(|| format!("`{shown}`, row 1"))?;
                let records = Box::new(reader.into_records());
                Ok(Self { source: Source::Records { records, columns, number: 1 }, length })
            }
            "xlsx" => {
                let item = table()?;
                let mut rows = sheet::read(path).with_context(|| format!("reading `{shown}`"))?.into_iter();
                let (number, header) = rows.next().with_context(|| format!("`{shown}` is empty"))?;
                let header = header.iter().map(String::as_str);
                let columns = Columns::new(header, item).with_context(|| format!("`{shown}`, row {number}"))?;
                let length = u64::try_from(rows.len()).unwrap_or(u64::MAX);
                Ok(Self { source: Source::Cells { rows, columns }, length })
            }
            _ => anyhow::bail!("`{shown}` is of no known format; expected a name that ends in .ndjson, .csv or .xlsx"),
        }
    }

    /// Bytes, or rows for a workbook.
    pub(super) const fn length(&self) -> u64 {
        self.length
    }
}

impl Iterator for Rows<'_> {
    type Item = anyhow::Result<Row>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.source {
            Source::Lines { reader, number, position, items } => next_line(reader, (number, position), items),
            Source::Records { records, columns, number } => {
                let position = records.reader().position().byte();
                let record = loop {
                    let record = records.next()?;
                    *number = number.saturating_add(1);
                    if !record.as_ref().is_ok_and(is_blank) {
                        break record;
                    }
                };
                let asked = match record {
                    Ok(record) => columns.asked(record.iter()),
                    Err(error) if error.is_io_error() => return Some(Err(error.into())),
                    Err(error) => Err(Wrong::row(format!("{error}; save the file as UTF-8 with one column per field"))),
                };
                Some(Ok(Row { number: *number, position, asked }))
            }
            Source::Cells { rows, columns } => {
                let (number, cells) = rows.next()?;
                Some(Ok(Row { number, position: number, asked: columns.asked(cells.iter().map(String::as_str)) }))
            }
        }
    }
}

fn is_blank(record: &StringRecord) -> bool {
    record.iter().all(|cell| cell.trim().is_empty())
}

fn next_line(
    reader: &mut BufReader<File>,
    (number, position): (&mut u64, &mut u64),
    items: &Items,
) -> Option<anyhow::Result<Row>> {
    let mut line = Vec::new();
    loop {
        line.clear();
        match reader.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line) {
            Ok(0) => return None,
            Ok(_) if !line.ends_with(b"\n") && u64::try_from(line.len()) == Ok(LINE_BYTES_MAX) => {
                let line = number.saturating_add(1);
                return Some(Err(anyhow::anyhow!(
                    "line {line} has more than {LINE_BYTES_MAX} bytes; expected a row on each line"
                )));
            }
            Ok(count) => *position = position.saturating_add(u64::try_from(count).unwrap_or(u64::MAX)),
            Err(error) => return Some(Err(error.into())),
        }
        *number = number.saturating_add(1);
        if !line.trim_ascii().is_empty() {
            return Some(Ok(Row { number: *number, position: *position, asked: asked(&line, items) }));
        }
    }
}

fn asked(line: &[u8], items: &Items) -> Result<Asked, Wrong> {
    let line: Line = serde_json::from_slice(line).map_err(|error| {
        Wrong::row(format!("{error}; expected for example {{\"rpc\":\"LoanService/FileLoan\",\"request\":{{…}}}}"))
    })?;
    let item = items.get(&line.rpc).map_err(|_unknown| {
        let expected = ("a write, for example `LoanService/FileLoan`", "写入类接口，例如 LoanService/FileLoan");
        Wrong::value("rpc", &line.rpc, expected)
    })?;
    Ok(Asked { item, request: line.request, caller: line.caller, name: line.name, forget: line.forget })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_without_an_end_does_not_fill_the_memory() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.ndjson");
        let most = usize::try_from(LINE_BYTES_MAX).unwrap();
        let row = r#"{"rpc":"RegistryService/RegisterEnterprise","request":{}}"#;
        std::fs::write(&path, format!("{row}\n{}", "x".repeat(most + 1))).unwrap();
        let items = Items::new();
        let mut rows = Rows::open(&path, None, &items).unwrap();
        assert!(rows.next().unwrap().unwrap().asked.is_ok());
        let refused = rows.next().unwrap().unwrap_err().to_string();
        assert!(refused.starts_with("line 2 has more than 8388608 bytes"), "{refused}");
    }
}
