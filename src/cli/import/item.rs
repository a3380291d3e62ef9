//! The writes that a batch can carry, by the descriptors of the API: every RPC that has a field in `WriteItem`.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context as _;
use prost::Message as _;
use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint, key_len};
use prost_reflect::{DynamicMessage, MessageDescriptor};

use crate::server::describe::pool;

/// The number of `ImportStreamRequest.items`; compared with the descriptor by a test.
const ITEMS_FIELD: u32 = 400;

/// The number of `ImportStreamRequest.brief`.
const BRIEF_FIELD: u32 = 401;

/// A write that a batch can carry.
#[derive(Debug)]
pub(super) struct Item {
    /// `LoanService/FileLoan`.
    pub(super) rpc: String,
    /// Its field in `WriteItem`.
    number: u32,
    /// Its request.
    pub(super) request: MessageDescriptor,
}

/// All of them, by RPC.
#[derive(Debug)]
pub(super) struct Items(BTreeMap<String, Arc<Item>>);

impl Items {
    pub(super) fn new() -> Self {
        let carried = pool().get_message_by_name("ipledger.v1.WriteItem");
        let fields = carried.iter().flat_map(|message| message.fields().collect::<Vec<_>>());
        let requests: BTreeMap<String, u32> = fields
            .filter_map(|field| Some((field.kind().as_message()?.full_name().to_owned(), field.number())))
            .collect();
        let methods = pool().services().flat_map(|service| service.methods().collect::<Vec<_>>());
        let items = methods.filter_map(|method| {
            let number = *requests.get(method.input().full_name())?;
            let rpc = format!("{}/{}", method.parent_service().name(), method.name());
            Some((rpc.clone(), Arc::new(Item { rpc, number, request: method.input() })))
        });
        Self(items.collect())
    }

    /// The write of this name, with or without its package.
    pub(super) fn get(&self, name: &str) -> anyhow::Result<Arc<Item>> {
        let plain = name.trim_start_matches('/').trim_start_matches("ipledger.v1.");
        self.0.get(plain).map(Arc::clone).with_context(|| {
            format!("`{name}` is not a write that can be imported; expected for example `LoanService/FileLoan`")
        })
    }
}

impl Item {
    /// The item with this request, as it stands in the bytes of an `ImportStreamRequest`.
    pub(super) fn encode(&self, request: &DynamicMessage) -> Vec<u8> {
        let request = request.encode_to_vec();
        let length = |bytes: usize| u64::try_from(bytes).unwrap_or(u64::MAX);
        let inner = key_len(self.number)
            .saturating_add(encoded_len_varint(length(request.len())))
            .saturating_add(request.len());
        let mut bytes = Vec::with_capacity(inner.saturating_add(8));
        encode_key(ITEMS_FIELD, WireType::LengthDelimited, &mut bytes);
        encode_varint(length(inner), &mut bytes);
        encode_key(self.number, WireType::LengthDelimited, &mut bytes);
        encode_varint(length(request.len()), &mut bytes);
        bytes.extend(request);
        bytes
    }
}

/// The bytes that ask for brief answers.
pub(super) fn brief() -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_key(BRIEF_FIELD, WireType::Varint, &mut bytes);
    encode_varint(1, &mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::v1;

    #[test]
    fn the_bytes_are_those_of_the_message() {
        let items = Items::new();
        let item = items.get("LoanService/SettleLoan").unwrap();
        let mut request = DynamicMessage::new(item.request.clone());
        request.set_field_by_name("loan_id", prost_reflect::Value::String("loan-7".into()));
        let mut bytes = item.encode(&request);
        bytes.extend(item.encode(&request));
        bytes.extend(brief());
        let settle = v1::SettleLoanRequest { loan_id: "loan-7".into(), ..Default::default() };
        let one = v1::WriteItem { request: Some(v1::write_item::Request::SettleLoan(settle)) };
        let expected = v1::ImportStreamRequest { items: vec![one.clone(), one], brief: true };
        assert_eq!(v1::ImportStreamRequest::decode(bytes.as_slice()).unwrap(), expected);
        assert_eq!(items.0.len(), 48, "one for each field of `WriteItem`");
        let wrong = items.get("LoanService/GetLoan").unwrap_err().to_string();
        assert!(wrong.starts_with("`LoanService/GetLoan` is not a write that can be imported"), "{wrong}");
    }
}
