//! The columns of a table: fields by their names in the proto files or in JSON, `.` before what is in them, and `;`
//! between the values of a list. `$name` is the name of what the row makes.

use std::sync::Arc;

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value};

use super::item::Item;
use super::rows::{Asked, Wrong};

/// Between the values of a list.
const SEPARATOR: char = ';';

/// The header of a table.
#[derive(Debug)]
pub(super) struct Columns {
    item: Arc<Item>,
    columns: Vec<Column>,
}

#[derive(Debug)]
enum Column {
    /// A column without a head; it must be empty.
    Nothing,
    Name,
    Field {
        head: String,
        path: Vec<FieldDescriptor>,
    },
}

impl Columns {
    /// Understands a header, or says which column it does not understand and what could stand there.
    pub(super) fn new<'a>(heads: impl Iterator<Item = &'a str>, item: Arc<Item>) -> anyhow::Result<Self> {
        let mut columns: Vec<Column> = Vec::new();
        for (number, head) in (1_usize..).zip(heads) {
            let head = head.trim_start_matches('\u{feff}').trim();
            let column = match head {
                "" => Column::Nothing,
                "$name" => Column::Name,
                _ => {
                    let path = path(head, &item.request).map_err(|known| {
                        anyhow::anyhow!(
                            "column {number}: `{head}` is not a field of `{}`; expected one of {known}",
                            item.rpc
                        )
                    })?;
                    let known =
                        columns.iter().any(|column| matches!(column, Column::Field { path: one, .. } if *one == path));
                    anyhow::ensure!(!known, "column {number}: `{head}` is there twice; expected each field once");
                    Column::Field { head: head.to_owned(), path }
                }
            };
            columns.push(column);
        }
        anyhow::ensure!(!columns.is_empty(), "there is no header; expected the names of the fields of `{}`", item.rpc);
        Ok(Self { item, columns })
    }

    /// A row as a request.
    pub(super) fn asked<'a>(&self, cells: impl Iterator<Item = &'a str>) -> Result<Asked, Wrong> {
        let (mut request, mut name) = (Map::new(), None);
        for (number, cell) in cells.enumerate() {
            let cell = cell.trim();
            if cell.is_empty() {
                continue;
            }
            match self.columns.get(number) {
                Some(Column::Name) => name = Some(cell.to_owned()),
                Some(Column::Field { head, path }) => put(&mut request, path, cell, head)?,
                Some(Column::Nothing) | None => {
                    let expected = ("nothing, since the column has no head", "空白（该列没有列名）");
                    return Err(Wrong::value(&number.saturating_add(1).to_string(), cell, expected));
                }
            }
        }
        let item = Arc::clone(&self.item);
        Ok(Asked { item, request: Value::Object(request), caller: None, name, forget: Vec::new() })
    }
}

/// The fields that a head names; the names that are known where it goes wrong.
fn path(head: &str, message: &MessageDescriptor) -> Result<Vec<FieldDescriptor>, String> {
    let (mut message, mut path) = (Some(message.clone()), Vec::new());
    for part in head.split('.') {
        let Some(inside) = message.take() else { return Err("the columns without what is behind the dot".to_owned()) };
        let field = inside.get_field_by_name(part).or_else(|| inside.get_field_by_json_name(part));
        let field = field.ok_or_else(|| names(&inside))?;
        if let Kind::Message(inner) = field.kind() {
            message = Some(inner);
        }
        path.push(field);
    }
    // A head must end at a value.
    message.map_or(Ok(path), |inside| {
        let names: Vec<String> = inside.fields().map(|field| format!("{head}.{}", field.name())).collect();
        Err(names.join(", "))
    })
}

fn names(message: &MessageDescriptor) -> String {
    let names: Vec<String> = message.fields().map(|field| field.name().to_owned()).collect();
    names.join(", ")
}

/// Puts a cell where its path says. A list of messages has a column for each field of the message; their values belong
/// together by their places.
fn put(into: &mut Map<String, Value>, path: &[FieldDescriptor], cell: &str, head: &str) -> Result<(), Wrong> {
    let Some((field, rest)) = path.split_first() else { return Ok(()) };
    let name = field.name().to_owned();
    match (rest.is_empty(), field.is_list()) {
        (true, false) => {
            into.insert(name, value(field, cell, head)?);
        }
        (true, true) => {
            let values = cell.split(SEPARATOR).map(|one| value(field, one.trim(), head));
            into.insert(name, Value::Array(values.collect::<Result<_, _>>()?));
        }
        (false, false) => {
            let inner = into.entry(name).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                put(inner, rest, cell, head)?;
            }
        }
        (false, true) => {
            let parts: Vec<&str> = cell.split(SEPARATOR).map(str::trim).collect();
            let empty = || Value::Array(parts.iter().map(|_| Value::Object(Map::new())).collect());
            let Value::Array(list) = into.entry(name).or_insert_with(empty) else { return Ok(()) };
            if list.len() != parts.len() {
                let expected = format!("{} values, as many as the columns before it have", list.len());
                let expected_zh = format!("{}个值，与前面的列一致", list.len());
                return Err(Wrong::value(head, cell, (&expected, &expected_zh)));
            }
            for (inner, part) in list.iter_mut().zip(parts).filter(|(_, part)| !part.is_empty()) {
                if let Value::Object(inner) = inner {
                    put(inner, rest, part, head)?;
                }
            }
        }
    }
    Ok(())
}

/// A cell as JSON has it.
fn value(field: &FieldDescriptor, cell: &str, head: &str) -> Result<Value, Wrong> {
    let wrong = |expected| Wrong::value(head, cell, expected);
    // A name is resolved before the message is made, whatever the field is.
    if cell.starts_with('$') {
        return Ok(Value::from(cell));
    }
    match field.kind() {
        Kind::Bool => match cell.to_lowercase().as_str() {
            "true" | "是" => Ok(Value::from(true)),
            "false" | "否" => Ok(Value::from(false)),
            _ => Err(wrong(("`true` or `false`", "“是”或“否”"))),
        },
        Kind::Int32 | Kind::Int64 | Kind::Sint32 | Kind::Sint64 | Kind::Sfixed32 | Kind::Sfixed64 => {
            cell.parse::<i64>().map(Value::from).map_err(|_wrong| wrong(("a whole number", "整数")))
        }
        Kind::Uint32 | Kind::Uint64 | Kind::Fixed32 | Kind::Fixed64 => {
            cell.parse::<u64>().map(Value::from).map_err(|_wrong| wrong(("a whole number from 0 on", "非负整数")))
        }
        Kind::Enum(named) => {
            let found = named.values().find(|value| value.name() == cell);
            found.map(|found| Value::from(found.name())).ok_or_else(|| {
                let known: Vec<String> = named.values().skip(1).map(|value| value.name().to_owned()).collect();
                Wrong::value(head, cell, (&format!("one of {}", known.join(", ")), &known.join("、")))
            })
        }
        Kind::String | Kind::Bytes | Kind::Float | Kind::Double | Kind::Message(_) => Ok(Value::from(cell)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::import::item::Items;

    fn columns(heads: &[&str]) -> anyhow::Result<Columns> {
        Columns::new(heads.iter().copied(), Items::new().get("LoanService/FileLoan").unwrap())
    }

    #[test]
    fn a_row_becomes_the_request_in_json() {
        let heads = ["borrower", "annualRate", "pledges.kind", "pledges.registration_number", "book_late", "$name"];
        let cells = ["U", "0.0435", "RIGHT_KIND_PATENT; RIGHT_KIND_TRADEMARK", "Y1;Y2", "true", "L1"];
        let asked = columns(&heads).unwrap().asked(cells.into_iter()).unwrap();
        let expected = serde_json::json!({
            "borrower": "U",
            "annual_rate": "0.0435",
            "pledges": [
                {"kind": "RIGHT_KIND_PATENT", "registration_number": "Y1"},
                {"kind": "RIGHT_KIND_TRADEMARK", "registration_number": "Y2"},
            ],
            "book_late": true,
        });
        assert_eq!((asked.request, asked.name.as_deref()), (expected, Some("L1")));
    }

    #[test]
    fn what_is_wrong_is_named_with_column_and_value() {
        for (heads, said) in [
            (
                ["borrower", "zins"],
                "column 2: `zins` is not a field of `LoanService/FileLoan`; expected one of request_id",
            ),
            (["borrower", "borrower"], "column 2: `borrower` is there twice"),
            (["borrower", "pledges"], "column 2: `pledges` is not a field"),
            (["borrower", "borrower.x"], "column 2: `borrower.x` is not a field"),
        ] {
            let error = columns(&heads).unwrap_err().to_string();
            assert!(error.starts_with(said), "{error}");
        }
        let heads = ["book_late", "pledges.kind", "pledges.registration_number"];
        for (cells, column, said) in [
            (["vielleicht", "", ""], "book_late", "`vielleicht`, expected `true` or `false`"),
            (["", "PATENTS", ""], "pledges.kind", "`PATENTS`, expected one of RIGHT_KIND_PATENT"),
            (["", "RIGHT_KIND_PATENT", "A;B"], "pledges.registration_number", "`A;B`, expected 1 values"),
        ] {
            let wrong = columns(&heads).unwrap().asked(cells.into_iter()).unwrap_err();
            assert_eq!(wrong.column, column);
            assert!(wrong.problem.contains(said) && !wrong.problem_zh.is_empty(), "{wrong:?}");
        }
        let more = columns(&["borrower"]).unwrap().asked(["U", "x"].into_iter()).unwrap_err();
        assert!(more.problem.contains("column `2`: `x`, expected nothing"), "{more:?}");
    }
}
