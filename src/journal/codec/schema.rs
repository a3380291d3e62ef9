//! For tests: `record.proto` read as text, and which of its fields and values occur in a record.

use std::collections::{BTreeMap, BTreeSet};

use prost::encoding::{WireType, decode_key, decode_varint};

/// Messages and enums by full name; a field has a name and a type.
pub(super) struct Schema<'s> {
    messages: BTreeMap<String, BTreeMap<u32, (&'s str, &'s str)>>,
    values: BTreeMap<&'s str, BTreeMap<u64, &'s str>>,
}

impl<'s> Schema<'s> {
    /// Reads a file that holds one declaration a line.
    pub(super) fn read(file: &'s str) -> Self {
        let mut schema = Self { messages: BTreeMap::new(), values: BTreeMap::new() };
        let mut open: Vec<(&str, &str)> = Vec::new();
        for line in file.lines().map(str::trim).filter(|line| !line.starts_with("//")) {
            let words: Vec<&str> = line.trim_end_matches([';', '}']).split_whitespace().collect();
            match words.as_slice() {
                [kind @ ("message" | "enum" | "oneof"), name, "{"] => {
                    open.push((kind, name));
                    if *kind == "message" {
                        schema.messages.insert(full_name(&open), BTreeMap::new());
                    }
                    if line.ends_with('}') {
                        open.pop();
                    }
                }
                [] if line == "}" => drop(open.pop()),
                [value, "=", number] if open.last().is_some_and(|(kind, _)| *kind == "enum") => {
                    let list = schema.values.entry(open.last().unwrap().1).or_default();
                    list.insert(number.parse().unwrap(), value);
                }
                [.., kind, name, "=", number] if !open.is_empty() => {
                    let fields = schema.messages.get_mut(&full_name(&open)).unwrap();
                    fields.insert(number.parse().unwrap(), (name, kind));
                }
                _ => assert!(open.is_empty() || line.is_empty(), "not understood: {line}"),
            }
        }
        schema
    }

    /// `Message.field` and `VALUE`, but for the values "unspecified".
    pub(super) fn everything(&self) -> BTreeSet<String> {
        let fields = self
            .messages
            .iter()
            .flat_map(|(message, fields)| fields.values().map(move |(name, _)| format!("{message}.{name}")));
        let values = self.values.values().flat_map(|list| list.range(1..).map(|(_, value)| (*value).to_owned()));
        fields.chain(values).collect()
    }

    /// Adds what occurs in the bytes of a message.
    pub(super) fn walk(&self, message: &str, mut bytes: &[u8], seen: &mut BTreeSet<String>) {
        while !bytes.is_empty() {
            let (number, wire_type) = decode_key(&mut bytes).unwrap();
            let (name, kind) = self.messages[message][&number];
            seen.insert(format!("{message}.{name}"));
            let value = decode_varint(&mut bytes).unwrap();
            if wire_type == WireType::Varint {
                seen.extend(self.values.get(kind).map(|list| list[&value].to_owned()));
                continue;
            }
            assert_eq!(wire_type, WireType::LengthDelimited, "{message}.{name}");
            let (inner, rest) = bytes.split_at(usize::try_from(value).unwrap());
            if let Some(inner_message) = self.resolve(message, kind) {
                self.walk(&inner_message, inner, seen);
            }
            bytes = rest;
        }
    }

    /// The message that a type names inside a message.
    fn resolve(&self, message: &str, kind: &str) -> Option<String> {
        [format!("{message}.{kind}"), kind.to_owned()].into_iter().find(|name| self.messages.contains_key(name))
    }
}

/// The message in which a declaration stands; a oneof is none.
fn full_name(open: &[(&str, &str)]) -> String {
    let messages: Vec<&str> = open.iter().filter(|(kind, _)| *kind == "message").map(|(_, name)| *name).collect();
    messages.join(".")
}
