//! What every handler does, once: who calls, what is asked, how long there is, and the way to the writer and back.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, timeout_at};
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::{Request, Response};

use crate::book::event::RequestKey;
use crate::book::nouns::Caller;
use crate::calendar::CivilDate;
use crate::decide::command::{self, Command};
use crate::decide::rejection::{Reason, Rejection};
use crate::evidence::Keeper;
use crate::identifier::RequestId;
use crate::reader::{ReadFault, Reader};
use crate::writer::clock::Clock;
use crate::writer::{Answer, Writer};

use super::authenticate::AuthenticatedIdentity;
use super::comparisons::Comparisons;
use super::digest::request_digest;
use super::identity::{Identify, Peer};
use super::parse::{Violations, query};
use super::render::decision::decision;
use super::render::entry::{CreatedIds, render};
use super::render::explanation::Detail;
use super::write::{Answered, WriteRequest};
use super::{REPORTS_MAX, TAILS_MAX};

/// How long a write may take when the client sets no deadline.
pub const DEFAULT_DEADLINE: Duration = Duration::from_secs(30);

/// The longest deadline that is honoured; a later one is cut to this.
pub const DEADLINE_MAX: Duration = Duration::from_mins(5);

/// Response metadata that says `true` when the answer is that of an earlier request with the same id.
pub const REPLAYED_KEY: &str = "ipledger-replayed";

/// The way in, shared by all services; clones are the same way.
#[derive(Debug, Clone)]
pub struct Edge {
    writer: Writer,
    reader: Reader,
    identity: Arc<dyn Identify>,
    keeper: Option<Keeper>,
    clock: Clock,
    /// Statements that were compared, until they are signed off.
    pub(super) comparisons: Arc<Comparisons>,
    /// One permit per open tail.
    pub(super) tails: Arc<Semaphore>,
    /// Held by the simulation that is under way.
    pub(super) simulations: Arc<Semaphore>,
    /// One permit per report being made.
    pub(super) reports: Arc<Semaphore>,
    /// Turns true when the server stops.
    pub(super) stop: Arc<watch::Sender<bool>>,
}

impl Edge {
    /// A way in to this writer and reader.
    pub fn new(writer: Writer, reader: Reader, identity: Arc<dyn Identify>) -> Self {
        let (stop, _) = watch::channel(false);
        let tails = Arc::new(Semaphore::new(TAILS_MAX));
        let reports = Arc::new(Semaphore::new(REPORTS_MAX));
        let simulations = Arc::new(Semaphore::new(1));
        Self {
            writer,
            reader,
            identity,
            keeper: None,
            clock: Clock::System,
            comparisons: Arc::default(),
            tails,
            simulations,
            reports,
            stop: Arc::new(stop),
        }
    }

    /// The same with another clock, which says what day it is today for reads; the writer's own clock stamps entries.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// The same with a keeper of checkpoints; without one no checkpoint and no receipt is given.
    #[must_use]
    pub fn with_keeper(self, keeper: Keeper) -> Self {
        Self { keeper: Some(keeper), ..self }
    }

    /// Who makes and keeps checkpoints, if the ledger signs any.
    pub(super) const fn keeper(&self) -> Option<&Keeper> {
        self.keeper.as_ref()
    }

    /// What is durable.
    pub(super) const fn reader(&self) -> &Reader {
        &self.reader
    }

    /// What time it is.
    pub(super) const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Today in Asia/Shanghai.
    pub(super) fn today(&self) -> CivilDate {
        self.clock.now().shanghai_date()
    }

    /// Who calls, and how that is known.
    pub(super) fn identity<M>(&self, request: &Request<M>) -> Result<(AuthenticatedIdentity, Caller), Rejection> {
        Ok((self.identity.identity(Peer::of(request))?, self.identity.caller(Peer::of(request))?))
    }

    /// Who calls and what they say.
    pub(super) fn open<M>(&self, request: Request<M>) -> Result<(Caller, M), Rejection> {
        let caller = self.identity.caller(Peer::of(&request))?;
        Ok((caller, request.into_inner()))
    }

    /// A write from request to response.
    pub(super) async fn write<M: WriteRequest>(
        &self,
        request: Request<M>,
        parse: impl FnOnce(&M, &mut Violations) -> Option<Command>,
    ) -> Result<Response<M::Response>, Rejection> {
        let deadline = deadline_of(request.metadata());
        let (caller, mut message) = self.open(request)?;
        let validate_only = message.take_validate_only();
        let request = command(caller, &message, parse)?;
        let submitted = self.writer.submit(request, validate_only, Some(deadline));
        let Ok(answer) = timeout_at(deadline, submitted).await else {
            return Err(Rejection::plain(Reason::DeadlineExceeded));
        };
        Ok(respond::<M>(&answer?))
    }
}

/// The parsed request with its key. `validate_only` is cleared in the message by now.
fn command<M: WriteRequest>(
    caller: Caller,
    message: &M,
    parse: impl FnOnce(&M, &mut Violations) -> Option<Command>,
) -> Result<command::Request, Rejection> {
    let digest = request_digest(M::METHOD, &caller, message);
    query(|violations| {
        let header = message.header();
        let id = violations.take("request_id", RequestId::parse(header.request_id));
        let effective_date = violations.optional("effective_date", header.effective_date, CivilDate::parse);
        let command = parse(message, violations);
        let key = RequestKey { id: id?, digest };
        Some(command::Request {
            caller,
            key,
            effective_date: effective_date?,
            book_late: header.book_late,
            command: command?,
        })
    })
}

fn respond<M: WriteRequest>(answer: &Answer) -> Response<M::Response> {
    let (entry, recorded) = (&answer.entry, answer.recorded);
    let mut response = Response::new(M::response(Answered {
        entry: render(entry, recorded, Detail::LeftOut),
        decision: decision(entry, recorded),
        ids: CreatedIds::of(entry, recorded),
    }));
    if answer.replayed {
        response.metadata_mut().insert(REPLAYED_KEY, MetadataValue::from_static("true"));
    }
    response
}

/// A fault of the store is nobody's business but the operator's: it goes to the log, the caller may retry.
pub(super) fn unavailable(fault: &ReadFault) -> Rejection {
    let fault: &dyn std::error::Error = fault;
    tracing::error!(fault, "cannot read the journal");
    Rejection::plain(Reason::Unavailable)
}

fn deadline_of(metadata: &MetadataMap) -> Instant {
    let now = Instant::now();
    now.checked_add(time_allowed(metadata)).unwrap_or(now)
}

fn time_allowed(metadata: &MetadataMap) -> Duration {
    let asked = metadata.get("grpc-timeout").and_then(|value| value.to_str().ok()).and_then(timeout);
    asked.map_or(DEFAULT_DEADLINE, |asked| asked.min(DEADLINE_MAX))
}

/// `[0-9]{1,8}` and a unit, as the gRPC protocol has it; anything else is as good as none.
fn timeout(text: &str) -> Option<Duration> {
    let unit = text.chars().next_back()?;
    let digits = text.strip_suffix(unit)?;
    let plain = (1..=8).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let count: u64 = if plain { digits.parse().ok()? } else { return None };
    match unit {
        'H' => Some(Duration::from_secs(count.saturating_mul(3_600))),
        'M' => Some(Duration::from_secs(count.saturating_mul(60))),
        'S' => Some(Duration::from_secs(count)),
        'm' => Some(Duration::from_millis(count)),
        'u' => Some(Duration::from_micros(count)),
        'n' => Some(Duration::from_nanos(count)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_read_as_the_protocol_writes_it() {
        assert_eq!(timeout("1H"), Some(Duration::from_hours(1)));
        assert_eq!(timeout("5S"), Some(Duration::from_secs(5)));
        assert_eq!(timeout("250m"), Some(Duration::from_millis(250)));
        assert_eq!(timeout("99999999n"), Some(Duration::from_nanos(99_999_999)));
        for wrong in ["", "S", "5", "5s", "-5S", "123456789S", "5秒"] {
            assert_eq!(timeout(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_deadline_is_kept_within_bounds() {
        let of = |value: Option<&str>| {
            let mut metadata = MetadataMap::new();
            if let Some(value) = value {
                metadata.insert("grpc-timeout", value.parse().unwrap());
            }
            time_allowed(&metadata)
        };
        assert_eq!(of(None), DEFAULT_DEADLINE);
        assert_eq!(of(Some("nonsense")), DEFAULT_DEADLINE);
        assert_eq!(of(Some("2S")), Duration::from_secs(2));
        assert_eq!(of(Some("9H")), DEADLINE_MAX);
    }
}
