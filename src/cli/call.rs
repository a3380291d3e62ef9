//! `ipledger call`: any RPC of a running ledger, its request and answers as JSON; and the descriptors that it goes by.
//!
//! One way for all kinds of RPC: on the wire a unary call is a stream of one message each way.

use std::io::{Read as _, Write};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use prost::Message as _;
use prost_reflect::{
    DynamicMessage, MessageDescriptor, MethodDescriptor, ReflectMessage as _, SerializeOptions, Value,
};
use serde_json::Deserializer;
use tonic::Status;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::{Ascii, MetadataKey, MetadataValue};

use super::client::Client;
use crate::proto::FILE_DESCRIPTOR_SET;
use crate::server::REQUEST_BYTES_MAX;
use crate::server::describe::pool;
use crate::server::edge::REPLAYED_KEY;

/// The flags of `ipledger call`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The RPC, for example `LoanService/GetLoan`.
    method: String,
    /// The request as JSON, `{}` if left out; `-` reads it from standard input. For an RPC that takes a stream, several
    /// objects one after the other.
    #[arg(default_value = "{}")]
    request: String,
    /// End after this many answers, where the RPC answers a stream.
    #[arg(long)]
    count: Option<usize>,
    /// The deadline.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    deadline: u64,
    /// More metadata, for example `ipledger-on-behalf-of=li.na`; may be repeated.
    #[arg(long = "header", value_name = "NAME=VALUE")]
    headers: Vec<String>,
    #[command(flatten)]
    client: Client,
}

/// Writes the file descriptor set of the API, for tools that make clients: `buf`, `grpcurl`, `protoc`.
pub fn descriptors(out: &mut dyn Write) -> anyhow::Result<bool> {
    out.write_all(FILE_DESCRIPTOR_SET)?;
    Ok(true)
}

/// Calls and prints each answer as JSON.
pub async fn run(arguments: &Arguments, out: &mut dyn Write) -> anyhow::Result<bool> {
    let method = method(&arguments.method)?;
    let text = match arguments.request.as_str() {
        "-" => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).context("reading the request from standard input")?;
            text
        }
        text => text.to_owned(),
    };
    let mut messages = messages(&method, &text)?;
    messages.iter_mut().for_each(give_request_id);
    let mut grpc = Grpc::new(arguments.client.connect().await?).max_decoding_message_size(REQUEST_BYTES_MAX);
    grpc.ready().await.context("the connection is not ready")?;
    let mut request = tonic::Request::new(tokio_stream::iter(messages));
    request.set_timeout(Duration::from_secs(arguments.deadline));
    for header in &arguments.headers {
        let (name, value) = pair(header)?;
        request.metadata_mut().insert(name, value);
    }
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
    let answer = grpc.streaming(request, PathAndQuery::try_from(path)?, Dynamic(method.output())).await?;
    if answer.metadata().contains_key(REPLAYED_KEY) {
        writeln!(std::io::stderr(), "the answer of an earlier request with the same id")?;
    }
    let mut answers = answer.into_inner();
    let mut left = arguments.count.unwrap_or(usize::MAX);
    while left > 0 {
        let Some(message) = answers.message().await? else { break };
        writeln!(out, "{}", json_of(&message)?)?;
        out.flush()?;
        left = left.saturating_sub(1);
    }
    Ok(true)
}

/// A header as the command line has it.
fn pair(header: &str) -> anyhow::Result<(MetadataKey<Ascii>, MetadataValue<Ascii>)> {
    let wrong = || format!("`{header}` is not a header; expected `NAME=VALUE`");
    let (name, value) = header.split_once('=').with_context(wrong)?;
    Ok((name.parse().ok().with_context(wrong)?, value.parse().ok().with_context(wrong)?))
}

/// The RPC of this name, with or without its package.
pub fn method(name: &str) -> anyhow::Result<MethodDescriptor> {
    let wanted = name.trim_start_matches('/').trim_start_matches("ipledger.v1.");
    let mut all = pool().services().flat_map(|service| service.methods().collect::<Vec<_>>());
    let full = |method: &MethodDescriptor| format!("{}/{}", method.parent_service().name(), method.name());
    all.find(|method| full(method) == wanted).with_context(|| {
        format!("`{name}` is not an RPC; expected for example `LoanService/GetLoan`, see docs/rpc.md for all of them")
    })
}

/// The requests in a text: JSON objects one after the other; one, unless the RPC takes a stream.
pub fn messages(method: &MethodDescriptor, text: &str) -> anyhow::Result<Vec<DynamicMessage>> {
    let mut messages = Vec::new();
    for object in Deserializer::from_str(text).into_iter::<serde_json::Value>() {
        let object = object.context("the request is not JSON")?;
        let message = DynamicMessage::deserialize(method.input(), object)
            .with_context(|| format!("the request is not a `{}`", method.input().name()))?;
        messages.push(message);
    }
    let stream = method.is_client_streaming();
    anyhow::ensure!(
        stream || messages.len() == 1,
        "`{}` takes one request, and {} are given",
        method.name(),
        messages.len()
    );
    Ok(messages)
}

/// Gives a write without a request id a new one, and says so: whoever repeats the call must name it.
fn give_request_id(message: &mut DynamicMessage) {
    let Some(field) = message.descriptor().get_field_by_name("request_id") else { return };
    if message.get_field(&field).as_str().is_some_and(str::is_empty) {
        let id = uuid::Uuid::new_v4().to_string();
        drop(writeln!(std::io::stderr(), "request_id {id}"));
        message.set_field(&field, Value::String(id));
    }
}

fn json_of(message: &DynamicMessage) -> anyhow::Result<String> {
    let mut json = serde_json::Serializer::new(Vec::new());
    let options = SerializeOptions::new().use_proto_field_name(true).stringify_64_bit_integers(false);
    message.serialize_with_options(&mut json, &options)?;
    Ok(String::from_utf8(json.into_inner())?)
}

/// Messages that are known by their descriptor only; holds that of the answer.
#[derive(Debug)]
struct Dynamic(MessageDescriptor);

impl Codec for Dynamic {
    type Encode = DynamicMessage;
    type Decode = DynamicMessage;
    type Encoder = Writing;
    type Decoder = Reading;

    fn encoder(&mut self) -> Writing {
        Writing
    }

    fn decoder(&mut self) -> Reading {
        Reading(self.0.clone())
    }
}

struct Writing;

impl Encoder for Writing {
    type Item = DynamicMessage;
    type Error = Status;

    fn encode(&mut self, item: DynamicMessage, dst: &mut EncodeBuf<'_>) -> Result<(), Status> {
        item.encode(dst).map_err(|error| Status::internal(error.to_string()))
    }
}

struct Reading(MessageDescriptor);

impl Decoder for Reading {
    type Item = DynamicMessage;
    type Error = Status;

    fn decode(&mut self, src: &mut DecodeBuf<'_>) -> Result<Option<DynamicMessage>, Status> {
        let decoded = DynamicMessage::decode(self.0.clone(), src);
        decoded.map(Some).map_err(|error| Status::internal(format!("the answer cannot be read: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_rpc_is_found_by_its_name() {
        for name in ["LoanService/GetLoan", "ipledger.v1.LoanService/GetLoan", "/ipledger.v1.LoanService/GetLoan"] {
            assert_eq!(method(name).unwrap().full_name(), "ipledger.v1.LoanService.GetLoan");
        }
        assert!(method("LoanService/Get").unwrap_err().to_string().starts_with("`LoanService/Get` is not an RPC"));
    }

    #[test]
    fn a_request_is_json_in_the_names_of_the_proto_files() {
        let get = method("LoanService/GetLoan").unwrap();
        let [message] = messages(&get, r#"{"loan_id":"loan-3"}"#).unwrap().try_into().unwrap();
        assert_eq!(json_of(&message).unwrap(), r#"{"loan_id":"loan-3"}"#);
        for wrong in ["", "{} {}", "{", r#"{"loan":"loan-3"}"#, r#"{"loan_id":3}"#] {
            assert!(messages(&get, wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_write_without_a_request_id_gets_one() {
        let file = method("LoanService/FileLoan").unwrap();
        let mut message = messages(&file, "{}").unwrap().remove(0);
        give_request_id(&mut message);
        let json: serde_json::Value = serde_json::from_str(&json_of(&message).unwrap()).unwrap();
        assert_eq!(json["request_id"].as_str().unwrap().len(), 36);
        let mut named = messages(&file, r#"{"request_id":"mine"}"#).unwrap().remove(0);
        give_request_id(&mut named);
        assert_eq!(json_of(&named).unwrap(), r#"{"request_id":"mine"}"#);
    }
}
