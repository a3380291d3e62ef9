//! The way in for streams: those calls of the API that answer with many messages, or take many, by a visitor who logged in.
//!
//! The guard and the access log see the call as they see one from the network: when it is opened. What a stream says
//! later, a refusal for example, comes as an item of it.

use std::pin::Pin;

use prost::Message;
use tokio_stream::{Stream, StreamExt as _};
use tonic::{Request, Response, Status, async_trait};

use super::Refusal;
use crate::proto::v1;
use crate::proto::v1::report_service_server::ReportService;
use crate::proto::v1::rulebook_service_server::RulebookService;
use crate::server::edge::Edge;
use crate::server::guard::inside::pass;
use crate::server::logins::Visitor;
use crate::server::service::reconciliation;

/// What a stream answers with, message by message. It ends early when it is dropped.
pub type Parts<T> = Pin<Box<dyn Stream<Item = Result<T, Refusal>> + Send>>;

type Statuses<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// A request of the API that is answered with a stream.
#[async_trait]
pub trait Streamed: Message + Default + Sized + 'static {
    /// One message of the answer.
    type Part: Send + 'static;
    /// `Service/Rpc`.
    const RPC: &'static str;
    /// Calls the handler. For [`ask_for_stream`], which the guard stands before.
    #[doc(hidden)]
    async fn opened(edge: &Edge, request: Request<Self>) -> Result<Response<Statuses<Self::Part>>, Status>;
}

#[async_trait]
impl Streamed for v1::RunReportRequest {
    type Part = v1::RunReportResponse;
    const RPC: &'static str = "ReportService/RunReport";

    async fn opened(edge: &Edge, request: Request<Self>) -> Result<Response<Statuses<Self::Part>>, Status> {
        edge.run_report(request).await
    }
}

#[async_trait]
impl Streamed for v1::SimulateRulebookRequest {
    type Part = v1::SimulateRulebookResponse;
    const RPC: &'static str = "RulebookService/SimulateRulebook";

    async fn opened(edge: &Edge, request: Request<Self>) -> Result<Response<Statuses<Self::Part>>, Status> {
        Ok(edge.simulate_rulebook(request).await?.map(|stream| -> Statuses<Self::Part> { Box::pin(stream) }))
    }
}

/// Sends a request for a visitor that is answered with a stream.
pub async fn ask_for_stream<M: Streamed>(
    edge: &Edge,
    visitor: &Visitor,
    message: M,
) -> Result<Parts<M::Part>, Refusal> {
    let opened = pass(edge, visitor, M::RPC, message, |request| M::opened(edge, request)).await;
    opened.map(said).map_err(|status| Refusal::of(&status))
}

/// Compares a statement for a visitor: `ReconciliationService.CompareStatement`, whose request is a stream too.
pub async fn compare_statement(
    edge: &Edge,
    visitor: &Visitor,
    messages: impl Stream<Item = v1::CompareStatementRequest> + Send + Unpin + 'static,
) -> Result<Parts<v1::CompareStatementResponse>, Refusal> {
    let rpc = "ReconciliationService/CompareStatement";
    let handler = async |request| reconciliation::begin(edge, request);
    let opened = pass(edge, visitor, rpc, messages.map(Ok), handler).await;
    opened.map(said).map_err(|status| Refusal::of(&status))
}

fn said<T: Send + 'static>(stream: Statuses<T>) -> Parts<T> {
    Box::pin(stream.map(|item| item.map_err(|status| Refusal::of(&status))))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use prost_types::FileDescriptorSet;

    use super::*;
    use crate::proto::FILE_DESCRIPTOR_SET;

    #[test]
    fn every_stream_is_known_here() {
        // For machines: what tails, copies or fills a ledger has no page.
        let machines = ["LedgerService/TailEntries", "EvidenceService/BackUpJournal", "BatchService/ImportStream"];
        let pages =
            [v1::RunReportRequest::RPC, v1::SimulateRulebookRequest::RPC, "ReconciliationService/CompareStatement"];
        let set = FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).unwrap();
        let services = set.file.iter().filter(|file| file.package() == "ipledger.v1").flat_map(|file| &file.service);
        let streams: BTreeSet<String> = services
            .flat_map(|service| {
                let streams = service.method.iter().filter(|rpc| rpc.client_streaming() || rpc.server_streaming());
                streams.map(move |rpc| format!("{}/{}", service.name(), rpc.name()))
            })
            .collect();
        let known: BTreeSet<String> = machines.into_iter().chain(pages).map(ToOwned::to_owned).collect();
        assert_eq!(known, streams);
    }
}
