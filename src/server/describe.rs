//! The API as it describes itself: messages by name, and any message as the fields it sets.

use std::sync::LazyLock;

use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, MapKey, Value};

use crate::proto::FILE_DESCRIPTOR_SET;

/// Every message and service of the API. The bytes are compiled in; that they are well formed is tested.
pub fn pool() -> &'static DescriptorPool {
    static POOL: LazyLock<DescriptorPool> =
        LazyLock::new(|| DescriptorPool::decode(FILE_DESCRIPTOR_SET).unwrap_or_default());
    &POOL
}

/// A field with its value, both as text: `items[2].cost` and `1000000.00`.
pub(super) type Fields = Vec<(String, String)>;

/// The fields that a message of the API sets, by the names of the proto files. `name` is the message's, without its package.
pub(super) fn fields_of(name: &str, message: &impl Message) -> Fields {
    let mut fields = Fields::new();
    let descriptor = pool().get_message_by_name(&format!("ipledger.v1.{name}"));
    let dynamic =
        descriptor.and_then(|descriptor| DynamicMessage::decode(descriptor, message.encode_to_vec().as_slice()).ok());
    if let Some(dynamic) = dynamic {
        walk(&dynamic, "", &mut fields);
    }
    fields
}

fn walk(message: &DynamicMessage, prefix: &str, fields: &mut Fields) {
    for (field, value) in message.fields() {
        let path = if prefix.is_empty() { field.name().to_owned() } else { format!("{prefix}.{}", field.name()) };
        let kind = field.kind();
        let named = kind.as_enum();
        one(value, &path, named, fields);
    }
}

fn one(value: &Value, path: &str, named: Option<&prost_reflect::EnumDescriptor>, fields: &mut Fields) {
    let text = match value {
        Value::Message(inner) => return walk(inner, path, fields),
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                one(item, &format!("{path}[{index}]"), named, fields);
            }
            return;
        }
        Value::Map(entries) => {
            for (key, item) in entries {
                one(item, &format!("{path}[{}]", key_text(key)), named, fields);
            }
            return;
        }
        Value::EnumNumber(number) => {
            let known = named.and_then(|named| named.get_value(*number));
            known.map_or_else(|| number.to_string(), |known| known.name().to_owned())
        }
        Value::Bytes(bytes) => hex::encode(bytes),
        Value::String(text) => text.clone(),
        Value::Bool(value) => value.to_string(),
        Value::I32(value) => value.to_string(),
        Value::I64(value) => value.to_string(),
        Value::U32(value) => value.to_string(),
        Value::U64(value) => value.to_string(),
        Value::F32(value) => value.to_string(),
        Value::F64(value) => value.to_string(),
    };
    fields.push((path.to_owned(), text));
}

fn key_text(key: &MapKey) -> String {
    match key {
        MapKey::Bool(value) => value.to_string(),
        MapKey::I32(value) => value.to_string(),
        MapKey::I64(value) => value.to_string(),
        MapKey::U32(value) => value.to_string(),
        MapKey::U64(value) => value.to_string(),
        MapKey::String(value) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::v1;

    #[test]
    fn a_message_is_told_by_its_fields() {
        let message = v1::FileLoanRequest {
            principal: "5000000.00".into(),
            pledges: vec![v1::PledgeKey { kind: v1::RightKind::Patent.into(), registration_number: "Y1".into() }],
            ..Default::default()
        };
        let fields: Vec<String> =
            fields_of("FileLoanRequest", &message).into_iter().map(|(path, text)| format!("{path}={text}")).collect();
        assert_eq!(
            fields,
            ["principal=5000000.00", "pledges[0].kind=RIGHT_KIND_PATENT", "pledges[0].registration_number=Y1"]
        );
        assert!(pool().services().count() > 10);
    }
}
