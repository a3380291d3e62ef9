//! A record as JSON for people, by the standard JSON mapping of protobuf: read from the bytes and the names in
//! `record.proto`, so that nothing that is in the record can be left out.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prost::Message as _;
use prost::bytes::Buf as _;
use prost::encoding::{WireType, decode_key, decode_varint};
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet};
use serde_json::{Map, Value};

use crate::proto::JOURNAL_DESCRIPTOR_SET;

/// The message that a record is.
const RECORD: &str = ".ipledger.journal.v1.Record";

static SCHEMA: LazyLock<Schema> = LazyLock::new(Schema::of_journal);

/// The record as JSON: names in lower camel case, 64-bit numbers as strings, bytes in base64, absent fields left out.
pub fn record_to_json(record: &[u8]) -> Result<Value, String> {
    SCHEMA.message(RECORD, record)
}

/// Messages and enums by their full name.
#[derive(Debug, Default)]
struct Schema {
    messages: BTreeMap<String, BTreeMap<u32, FieldDescriptorProto>>,
    enums: BTreeMap<String, EnumDescriptorProto>,
}

impl Schema {
    fn of_journal() -> Self {
        let mut schema = Self::default();
        // The bytes are compiled in; were they none, every record would be told as unknown.
        let set = FileDescriptorSet::decode(JOURNAL_DESCRIPTOR_SET).unwrap_or_default();
        for file in set.file {
            let package = format!(".{}", file.package());
            file.message_type.into_iter().for_each(|message| schema.take(&package, message));
            file.enum_type.into_iter().for_each(|one| schema.take_enum(&package, one));
        }
        schema
    }

    fn take(&mut self, scope: &str, message: DescriptorProto) {
        let name = format!("{scope}.{}", message.name());
        message.nested_type.into_iter().for_each(|inner| self.take(&name, inner));
        message.enum_type.into_iter().for_each(|one| self.take_enum(&name, one));
        let fields = message.field.into_iter().filter_map(|field| Some((u32::try_from(field.number()).ok()?, field)));
        self.messages.insert(name, fields.collect());
    }

    fn take_enum(&mut self, scope: &str, one: EnumDescriptorProto) {
        self.enums.insert(format!("{scope}.{}", one.name()), one);
    }

    fn message(&self, name: &str, mut bytes: &[u8]) -> Result<Value, String> {
        let fields = self.messages.get(name).ok_or_else(|| format!("`{name}` is not in the schema"))?;
        let mut object = Map::new();
        while bytes.has_remaining() {
            let (number, wire_type) = decode_key(&mut bytes).map_err(|error| error.to_string())?;
            let field =
                fields.get(&number).ok_or_else(|| format!("field {number} of `{name}` is not in the schema"))?;
            let values = self.values(field, wire_type, &mut bytes)?;
            let key = field.json_name().to_owned();
            if field.label() == Label::Repeated {
                let list = object.entry(key).or_insert_with(|| Value::Array(Vec::new()));
                list.as_array_mut().into_iter().for_each(|list| list.extend(values.clone()));
            } else if let Some(value) = values.into_iter().next_back() {
                object.insert(key, value);
            }
        }
        Ok(Value::Object(object))
    }

    /// One value, or all values of a packed list.
    fn values(&self, field: &FieldDescriptorProto, wire: WireType, bytes: &mut &[u8]) -> Result<Vec<Value>, String> {
        let first = decode_varint(bytes).map_err(|error| error.to_string())?;
        match wire {
            WireType::Varint => Ok(vec![self.number(field, first)?]),
            WireType::LengthDelimited => {
                let length = usize::try_from(first).unwrap_or(usize::MAX);
                let (mut content, rest) = bytes.split_at_checked(length).ok_or("a field is cut off")?;
                *bytes = rest;
                let kind = field.r#type();
                if kind == Type::Message {
                    return Ok(vec![self.message(field.type_name(), content)?]);
                }
                if kind == Type::String {
                    return Ok(vec![Value::from(String::from_utf8_lossy(content))]);
                }
                if kind == Type::Bytes {
                    return Ok(vec![Value::from(STANDARD.encode(content))]);
                }
                let mut values = Vec::new();
                while content.has_remaining() {
                    let number = decode_varint(&mut content).map_err(|error| error.to_string())?;
                    values.push(self.number(field, number)?);
                }
                Ok(values)
            }
            WireType::SixtyFourBit | WireType::ThirtyTwoBit | WireType::StartGroup | WireType::EndGroup => {
                Err(format!("`{}` has a wire type that no record has", field.name()))
            }
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "types that `record.proto` does not use are refused together")]
    fn number(&self, field: &FieldDescriptorProto, raw: u64) -> Result<Value, String> {
        let zigzag = (raw >> 1).cast_signed() ^ (raw & 1).cast_signed().wrapping_neg();
        Ok(match field.r#type() {
            Type::Uint64 => Value::from(raw.to_string()),
            Type::Int64 => Value::from(raw.cast_signed().to_string()),
            Type::Sint64 => Value::from(zigzag.to_string()),
            Type::Uint32 => Value::from(raw),
            // On the wire as 64 bits with the sign.
            Type::Int32 => Value::from(raw.cast_signed()),
            Type::Sint32 => Value::from(zigzag),
            Type::Bool => Value::from(raw != 0),
            Type::Enum => {
                let known = self.enums.get(field.type_name());
                let mut values = known.into_iter().flat_map(|one| &one.value);
                let value = values.find(|value| u64::try_from(value.number()) == Ok(raw));
                value.map_or_else(|| Value::from(raw), |value| Value::from(value.name()))
            }
            other => return Err(format!("`{}` has the type {other:?}, which no record has", field.name())),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::encode;
    use super::super::samples::samples;
    use super::*;

    /// How many values there are in a JSON tree.
    fn leaves(value: &Value) -> usize {
        match value {
            Value::Array(list) => list.iter().map(leaves).fold(0, usize::saturating_add),
            Value::Object(map) => map.values().map(leaves).fold(0, usize::saturating_add),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 1,
        }
    }

    #[test]
    fn every_sample_has_its_fields_by_name() {
        for sample in samples() {
            let json = record_to_json(&encode(&sample)).unwrap();
            assert_eq!(json["sequence"], sample.sequence.value().to_string());
            assert_eq!(json["recordedAt"], sample.recorded_at.micros().to_string());
            assert_eq!(json["effectiveDate"], sample.effective_date.epoch_days());
            assert_eq!(json["actor"]["person"], sample.actor.person.as_str());
            assert!(leaves(&json) > 6, "{json}");
            let amounts: Vec<i64> = sample.postings.iter().map(|posting| posting.amount.fen()).collect();
            let shown = json["postings"].as_array().cloned().unwrap_or_default();
            let shown: Vec<i64> =
                shown.iter().map(|one| one["amount"].as_str().unwrap_or("0").parse().unwrap()).collect();
            assert_eq!(shown, amounts);
        }
        assert!(record_to_json(&[0x7a, 0x00]).unwrap_err().contains("field 15"));
        assert!(record_to_json(&[0x0a, 0x7f]).is_err());
    }
}
