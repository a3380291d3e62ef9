//! A stream to the ledger that outlives a cut: what got no answer is sent again on a new one.

use std::collections::VecDeque;
use std::time::Duration;

use anyhow::Context as _;
use prost::Message as _;
use prost::bytes::{BufMut as _, Bytes};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};
use tokio_stream::wrappers::ReceiverStream;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::{Code, Request, Status, Streaming};

use crate::cli::client::Client;
use crate::proto::v1;

/// How many batches are under way; the ledger itself takes two or three at a time.
const WINDOW: usize = 4;

/// How long a batch may stay without its answer before the stream counts as cut.
const ANSWER_LIMIT: Duration = Duration::from_mins(2);

/// Between two tries.
const RETRY_INTERVAL: Duration = Duration::from_millis(250);

/// The largest answer; 1,000 refusals with their explanations.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

const PATH: &str = "/ipledger.v1.BatchService/ImportStream";

/// A batch under way, with what its sender wants to know when the answer comes.
#[derive(Debug)]
struct Batch<T> {
    bytes: Bytes,
    rows: Vec<T>,
}

/// A stream as one caller.
#[derive(Debug)]
pub(super) struct Session<T> {
    client: Client,
    retry_for: Duration,
    link: Option<Link>,
    waiting: VecDeque<Batch<T>>,
}

#[derive(Debug)]
struct Link {
    batches: mpsc::Sender<Bytes>,
    answers: Streaming<v1::ImportStreamResponse>,
}

impl<T> Session<T> {
    pub(super) const fn new(client: Client, retry_for: Duration) -> Self {
        Self { client, retry_for, link: None, waiting: VecDeque::new() }
    }

    /// Whether another batch has to wait for an answer.
    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= WINDOW
    }

    /// Whether no batch is under way.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Sends a batch; the session must not be full.
    pub(super) async fn send(&mut self, bytes: Bytes, rows: Vec<T>) -> anyhow::Result<()> {
        self.waiting.push_back(Batch { bytes: bytes.clone(), rows });
        let sent = match &self.link {
            Some(link) => link.batches.send(bytes).await.is_ok(),
            None => false,
        };
        if sent { Ok(()) } else { self.open_again(None).await }
    }

    /// The answer to the batch that was sent first.
    pub(super) async fn receive(&mut self) -> anyhow::Result<(Vec<T>, Vec<v1::WriteResult>)> {
        loop {
            let Some(link) = &mut self.link else {
                self.open_again(None).await?;
                continue;
            };
            let cut = match timeout(ANSWER_LIMIT, link.answers.message()).await {
                Ok(Ok(Some(answer))) => {
                    let batch = self.waiting.pop_front().context("the ledger answers a batch that was not sent")?;
                    let whole = answer.results.len() == batch.rows.len();
                    anyhow::ensure!(whole, "the ledger did not answer every row of a batch; report this bug");
                    return Ok((batch.rows, answer.results));
                }
                Ok(Ok(None)) => Status::unavailable("the ledger ended the stream"),
                Ok(Err(status)) => status,
                Err(_) => Status::unavailable("the ledger does not answer"),
            };
            self.open_again(Some(cut)).await?;
        }
    }

    /// Opens a new stream with everything that got no answer; tries until the time is over.
    async fn open_again(&mut self, mut why: Option<Status>) -> anyhow::Result<()> {
        self.link = None;
        let began = Instant::now();
        loop {
            if let Some(status) = why.filter(is_final) {
                return Err(status.into());
            }
            let error = match self.open().await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            why = error.chain().find_map(|cause| cause.downcast_ref::<Status>()).cloned();
            if began.elapsed() >= self.retry_for {
                return Err(error.context("run the import again when the ledger is there: nothing is recorded twice"));
            }
            sleep(RETRY_INTERVAL).await;
        }
    }

    async fn open(&mut self) -> anyhow::Result<()> {
        let mut grpc = Grpc::new(self.client.connect().await?).max_decoding_message_size(ANSWER_BYTES_MAX);
        grpc.ready().await.context("the connection is not ready")?;
        let (batches, receiver) = mpsc::channel(WINDOW);
        for batch in &self.waiting {
            batches.send(batch.bytes.clone()).await?;
        }
        let request = Request::new(ReceiverStream::new(receiver));
        let answers = grpc.streaming(request, PathAndQuery::from_static(PATH), Encoded).await?.into_inner();
        self.link = Some(Link { batches, answers });
        Ok(())
    }
}

/// Whether trying again would come to the same.
fn is_final(status: &Status) -> bool {
    matches!(
        status.code(),
        Code::InvalidArgument | Code::PermissionDenied | Code::Unauthenticated | Code::Unimplemented | Code::OutOfRange
    )
}

/// Requests that are encoded already.
#[derive(Debug)]
struct Encoded;

impl Codec for Encoded {
    type Encode = Bytes;
    type Decode = v1::ImportStreamResponse;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Encoded {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, dst: &mut EncodeBuf<'_>) -> Result<(), Status> {
        dst.put(item);
        Ok(())
    }
}

impl Decoder for Encoded {
    type Item = v1::ImportStreamResponse;
    type Error = Status;

    fn decode(&mut self, src: &mut DecodeBuf<'_>) -> Result<Option<v1::ImportStreamResponse>, Status> {
        let decoded = v1::ImportStreamResponse::decode(src);
        decoded.map(Some).map_err(|error| Status::data_loss(format!("the answer cannot be read: {error}")))
    }
}
