//! What a request names, for the access log: ids, accounts, sequences; never names of people, texts or amounts.
//!
//! Read from the message's own bytes by the descriptors of the API, so that a new RPC is covered without being told of.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use prost::Message;
use prost::encoding::{WireType, decode_key, decode_varint};
use prost_types::FileDescriptorSet;
use prost_types::field_descriptor_proto::Type;

use crate::proto::FILE_DESCRIPTOR_SET;

/// The most resources of one call.
const RESOURCES_MAX: usize = 8;

/// The most characters of one.
const VALUE_CHARACTERS_MAX: usize = 80;

/// Fields that name something, besides those whose name ends in `_id` or `sequence`.
const NAMING: &[&str] = &[
    "enterprise",
    "uscc",
    "borrower",
    "pledgor",
    "owner",
    "new_owner",
    "right",
    "account",
    "prefix",
    "registration_number",
    "contract_number",
    "red_invoice_number",
    "blue_invoice_number",
    "resource",
];

/// Fields that name something where a service is about who is let in; elsewhere they are texts and amounts.
const NAMING_OF_ACCESS: &[&str] = &["name", "principal", "to"];

/// The naming fields of each request message, by RPC and field number.
type Fields = BTreeMap<String, BTreeMap<u32, String>>;

fn fields() -> &'static Fields {
    static FIELDS: OnceLock<Fields> = OnceLock::new();
    FIELDS.get_or_init(|| FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).map(|set| read(&set)).unwrap_or_default())
}

fn read(set: &FileDescriptorSet) -> Fields {
    let messages: BTreeMap<String, BTreeMap<u32, String>> = set
        .file
        .iter()
        .flat_map(|file| file.message_type.iter().map(move |message| (file.package(), message)))
        .map(|(package, message)| {
            let naming = message.field.iter().filter(|field| names_something(field.name(), field.r#type()));
            let numbers = naming
                .filter_map(|field| Some((u32::try_from(field.number()).ok()?, field.name().to_owned())))
                .collect();
            (format!(".{package}.{}", message.name()), numbers)
        })
        .collect();
    let services = set.file.iter().flat_map(|file| &file.service);
    services
        .flat_map(|service| service.method.iter().map(move |method| (service.name(), method)))
        .map(|(service, method)| {
            let mut fields = messages.get(method.input_type()).cloned().unwrap_or_default();
            fields.retain(|_, name| service == "AccessService" || !NAMING_OF_ACCESS.contains(&name.as_str()));
            (format!("{service}/{}", method.name()), fields)
        })
        .collect()
}

fn names_something(name: &str, kind: Type) -> bool {
    let text = kind == Type::String
        && ((name.ends_with("_id") && name != "request_id")
            || NAMING.contains(&name)
            || NAMING_OF_ACCESS.contains(&name));
    text || (kind == Type::Uint64 && name.ends_with("sequence"))
}

/// What a request names, `field=value`, and its request id if it has one.
pub(super) fn named(rpc: &str, message: &impl Message) -> Vec<String> {
    let Some(fields) = fields().get(rpc).filter(|fields| !fields.is_empty()) else { return Vec::new() };
    let bytes = message.encode_to_vec();
    walk(fields, &bytes).unwrap_or_default()
}

/// The naming fields in the bytes of a message; `None` where they are no message, which ours always are.
fn walk(fields: &BTreeMap<u32, String>, mut bytes: &[u8]) -> Option<Vec<String>> {
    let mut found = Vec::new();
    while !bytes.is_empty() && found.len() < RESOURCES_MAX {
        let (number, wire_type) = decode_key(&mut bytes).ok()?;
        let name = fields.get(&number);
        match wire_type {
            WireType::Varint => {
                let value = decode_varint(&mut bytes).ok()?;
                found.extend(name.map(|name| format!("{name}={value}")));
            }
            WireType::LengthDelimited => {
                let length = usize::try_from(decode_varint(&mut bytes).ok()?).ok()?;
                let (value, rest) = bytes.split_at_checked(length)?;
                bytes = rest;
                let text = std::str::from_utf8(value).ok();
                found.extend(name.zip(text).map(|(name, text)| format!("{name}={}", cut(text))));
            }
            WireType::ThirtyTwoBit => bytes = bytes.get(4..)?,
            WireType::SixtyFourBit => bytes = bytes.get(8..)?,
            WireType::StartGroup | WireType::EndGroup => return None,
        }
    }
    Some(found)
}

fn cut(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(VALUE_CHARACTERS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::v1;

    #[test]
    fn ids_are_named_and_nothing_else() {
        let message = v1::FileLoanRequest {
            request_id: "6f9619ff-8b86-4d01-b42d-00cf4fc964ff".into(),
            bank_id: "icbc".into(),
            contract_number: "HT-1".into(),
            borrower: "91110000600037341L".into(),
            principal: "5000000.00".into(),
            pool_id: "hebi-pool".into(),
            ..Default::default()
        };
        let expected = ["bank_id=icbc", "contract_number=HT-1", "borrower=91110000600037341L", "pool_id=hebi-pool"];
        assert_eq!(named("LoanService/FileLoan", &message), expected);
        let message = v1::DisablePrincipalRequest { name: "ipledger:bank:icbc:1".into(), ..Default::default() };
        assert_eq!(named("AccessService/DisablePrincipal", &message), ["name=ipledger:bank:icbc:1"]);
        let message =
            v1::RegisterEnterpriseRequest { uscc: "U".into(), name: "鹤壁镁业".into(), ..Default::default() };
        assert_eq!(named("RegistryService/RegisterEnterprise", &message), ["uscc=U"]);
        let message = v1::GetEntryRequest { sequence: 42 };
        assert_eq!(named("LedgerService/GetEntry", &message), ["sequence=42"]);
        let message = v1::GetAccountBalanceRequest { account: "x".repeat(500), ..Default::default() };
        assert_eq!(named("LedgerService/GetAccountBalance", &message)[0].len(), "account=".len() + 80);
        assert_eq!(named("LedgerService/Nothing", &message), [""; 0]);
    }

    #[test]
    fn a_ping_carries_its_payload_past_the_log() {
        let message = v1::PingRequest { payload: b"secret".to_vec() };
        assert_eq!(named("LedgerService/Ping", &message), [""; 0]);
    }
}
