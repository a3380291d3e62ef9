//! What every handler does, once: who calls, what is asked, how long there is, and the way to the writer and back.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use prost::Message;
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
use crate::writer::clock::{Clock, ManualClock};
use crate::writer::{Answer, Asked, Writer};

use super::authenticate::{AuthenticatedIdentity, Credential};
use super::comparisons::Comparisons;
use super::digest::request_digest;
use super::guard::{Watch, note_made, note_request, note_request_id};
use super::identity::{Identify, Peer};
use super::jobs::Jobs;
use super::logins::Logins;
use super::parse::{Violations, query};
use super::render::decision::decision;
use super::render::entry::{CreatedIds, render};
use super::render::explanation::Detail;
use super::verifications::Verifications;
use super::write::{Answered, WriteRequest};
use super::{TAILS_MAX, reused};

/// How long a write may take when the client sets no deadline.
pub const DEFAULT_DEADLINE: Duration = Duration::from_secs(30);

/// The longest deadline that is honoured; a later one is cut to this.
pub const DEADLINE_MAX: Duration = Duration::from_mins(5);

/// Response metadata that says `true` when the answer is that of an earlier request with the same id.
pub const REPLAYED_KEY: &str = "ipledger-replayed";

/// The way in, shared by all services; clones are the same way.
#[derive(Debug, Clone)]
pub struct Edge(Arc<Way>);

/// What there is on the way; behind one pointer, because every call takes it along.
#[derive(Debug, Clone)]
pub struct Way {
    writer: Writer,
    reader: Reader,
    identity: Arc<dyn Identify>,
    keeper: Option<Keeper>,
    clock: Clock,
    /// The clock of a sandbox; none in a real ledger.
    sandbox: Option<ManualClock>,
    watch: Arc<Watch>,
    /// Login codes for the pages that were issued and not used yet.
    pub(super) logins: Arc<Logins>,
    /// Statements that were compared, until they are signed off.
    pub(super) comparisons: Arc<Comparisons>,
    /// The audit of the journal that is under way, or the last one.
    pub(super) verifications: Arc<Verifications>,
    /// One permit per open tail.
    pub(super) tails: Arc<Semaphore>,
    /// Held by a tail while it reads the store.
    pub(super) catch_up: Arc<Semaphore>,
    /// Held by the simulation that is under way.
    pub(super) simulations: Arc<Semaphore>,
    /// Reports and simulations that are being made, or are kept.
    pub(super) jobs: Arc<Jobs>,
    /// Turns true when the server stops.
    pub(super) stop: Arc<watch::Sender<bool>>,
}

impl Deref for Edge {
    type Target = Way;

    fn deref(&self) -> &Way {
        &self.0
    }
}

impl Edge {
    /// A way in to this writer and reader.
    pub fn new(writer: Writer, reader: Reader, identity: Arc<dyn Identify>) -> Self {
        let (stop, _) = watch::channel(false);
        Self(Arc::new(Way {
            writer,
            reader,
            identity,
            keeper: None,
            clock: Clock::System,
            sandbox: None,
            watch: Arc::new(Watch::default()),
            logins: Arc::default(),
            comparisons: Arc::default(),
            verifications: Arc::default(),
            tails: Arc::new(Semaphore::new(TAILS_MAX)),
            catch_up: Arc::new(Semaphore::new(1)),
            simulations: Arc::new(Semaphore::new(1)),
            jobs: Arc::default(),
            stop: Arc::new(stop),
        }))
    }

    fn with(self, change: impl FnOnce(&mut Way)) -> Self {
        let mut way = Arc::unwrap_or_clone(self.0);
        change(&mut way);
        Self(Arc::new(way))
    }

    /// The same with limits, an access log and a seal of page tokens; without them there are no limits and no log.
    #[must_use]
    pub fn with_watch(self, watch: Watch) -> Self {
        self.with(|way| way.watch = Arc::new(watch))
    }

    /// What the guard keeps.
    pub(super) fn watch(&self) -> &Arc<Watch> {
        &self.watch
    }

    /// Who a peer is and, where it is believed what it says, whom it says it is.
    pub(super) fn identify(&self, peer: Peer<'_>) -> Result<(AuthenticatedIdentity, Option<Caller>), Rejection> {
        let identity = self.identity.identity(peer)?;
        let believed = match identity.credential {
            Credential::Development => Some(self.identity.caller(peer)?),
            Credential::Certificate(_) | Credential::Token(_) | Credential::Portal(_) => None,
        };
        Ok((identity, believed))
    }

    /// The same with another clock, which says what day it is today for reads; the writer's own clock stamps entries.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        self.with(|way| way.clock = clock)
    }

    /// The same as a sandbox with this clock, which is also the writer's.
    #[must_use]
    pub fn with_sandbox(self, clock: ManualClock) -> Self {
        self.with(|way| {
            way.clock = Clock::Manual(clock.clone());
            way.sandbox = Some(clock);
        })
    }

    /// The clock of the sandbox, if this is one.
    pub(super) fn sandbox(&self) -> Option<&ManualClock> {
        self.sandbox.as_ref()
    }

    /// The same with a keeper of checkpoints; without one no checkpoint and no receipt is given.
    #[must_use]
    pub fn with_keeper(self, keeper: Keeper) -> Self {
        self.with(|way| way.keeper = Some(keeper))
    }

    /// Who makes and keeps checkpoints, if the ledger signs any.
    pub(super) fn keeper(&self) -> Option<&Keeper> {
        self.keeper.as_ref()
    }

    /// How many commands wait to be decided.
    pub(super) fn waiting(&self) -> usize {
        self.writer.waiting()
    }

    /// Who takes commands.
    pub(super) fn writer(&self) -> &Writer {
        &self.writer
    }

    /// What is durable.
    pub(super) fn reader(&self) -> &Reader {
        &self.reader
    }

    /// What time it is.
    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Today in Asia/Shanghai.
    pub(super) fn today(&self) -> CivilDate {
        self.clock.now().shanghai_date()
    }

    /// Who calls, and how that is known.
    pub(super) fn identity<M>(&self, request: &Request<M>) -> Result<(AuthenticatedIdentity, Caller), Rejection> {
        let shown = request.extensions().get().cloned();
        let identity: AuthenticatedIdentity = shown.map_or_else(|| self.identity.identity(Peer::of(request)), Ok)?;
        Ok((identity, self.admitted(request)?))
    }

    /// Who calls and what they say. Only who was let in by the guard is anybody.
    pub(super) fn open<M: Message>(&self, request: Request<M>) -> Result<(Caller, M), Rejection> {
        let caller = self.admitted(&request)?;
        let message = request.into_inner();
        note_request(&message);
        Ok((caller, message))
    }

    /// The same for a stream of messages, which is not read yet.
    pub(super) fn open_messages<S>(&self, request: Request<S>) -> Result<(Caller, S), Rejection> {
        Ok((self.admitted(&request)?, request.into_inner()))
    }

    #[cfg(not(test))]
    #[expect(clippy::unused_self, reason = "in tests handlers are called without the guard")]
    fn admitted<M>(&self, request: &Request<M>) -> Result<Caller, Rejection> {
        request.extensions().get().cloned().ok_or_else(|| Rejection::plain(Reason::Unauthenticated))
    }

    /// In tests handlers are called without the guard.
    #[cfg(test)]
    fn admitted<M>(&self, request: &Request<M>) -> Result<Caller, Rejection> {
        request.extensions().get().cloned().map_or_else(|| self.identity.caller(Peer::of(request)), Ok)
    }

    /// A write from request to response.
    pub(super) async fn write<M: WriteRequest>(
        &self,
        request: Request<M>,
        parse: impl FnOnce(&M, &mut Violations) -> Option<Command>,
    ) -> Result<Response<M::Response>, Rejection> {
        self.write_as(request, |message, _, violations| parse(message, violations)).await
    }

    /// The same where the caller is part of what is asked.
    pub(super) async fn write_as<M: WriteRequest>(
        &self,
        request: Request<M>,
        parse: impl FnOnce(&M, &Caller, &mut Violations) -> Option<Command>,
    ) -> Result<Response<M::Response>, Rejection> {
        let deadline = deadline_of(request.metadata());
        let (caller, mut message) = self.open(request)?;
        note_request_id(message.header().request_id);
        let validate_only = message.take_validate_only();
        let request = Arc::new(command(caller, &message, parse)?);
        let submitted = self.writer.submit(Arc::clone(&request), validate_only, Some(deadline));
        let Ok(answer) = timeout_at(deadline, submitted).await else {
            return Err(Rejection::plain(Reason::DeadlineExceeded));
        };
        match answer {
            Ok(answer) => {
                note(&answer);
                Ok(respond::<M>(&answer))
            }
            Err(rejection) => Err(reused::explained(self, &request, rejection).await),
        }
    }
}

/// A write of a batch, parsed.
pub(super) fn asked<M: WriteRequest>(
    caller: &Caller,
    mut message: M,
    parse: impl FnOnce(&M, &mut Violations) -> Option<Command>,
) -> Result<Asked, Rejection> {
    let validate_only = message.take_validate_only();
    let request = command(caller.clone(), &message, |message, _, violations| parse(message, violations))?;
    Ok(Asked { request: Arc::new(request), validate_only })
}

/// What a write made, for the access log.
fn note(answer: &Answer) {
    if !answer.recorded {
        return;
    }
    let entry = &answer.entry;
    note_made("entry", &entry.sequence);
    let CreatedIds { loan_id, application_id, claim_id } = CreatedIds::of(entry, true);
    for (name, id) in [("loan_id", loan_id), ("application_id", application_id), ("claim_id", claim_id)] {
        if !id.is_empty() {
            note_made(name, &id);
        }
    }
    if let Some(enterprise) = &entry.concerns.enterprise {
        note_made("enterprise", enterprise);
    }
}

/// The parsed request with its key. `validate_only` is cleared in the message by now.
fn command<M: WriteRequest>(
    caller: Caller,
    message: &M,
    parse: impl FnOnce(&M, &Caller, &mut Violations) -> Option<Command>,
) -> Result<command::Request, Rejection> {
    let digest = request_digest(M::METHOD, &caller, message);
    query(|violations| {
        let header = message.header();
        let id = violations.take("request_id", RequestId::parse(header.request_id));
        let effective_date = violations.optional("effective_date", header.effective_date, CivilDate::parse);
        let command = parse(message, &caller, violations);
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

pub(super) fn deadline_of(metadata: &MetadataMap) -> Instant {
    let now = Instant::now();
    now.checked_add(time_allowed(metadata)).unwrap_or(now)
}

/// How long a call may take: what its client allows, within [`DEADLINE_MAX`].
pub(super) fn time_allowed(metadata: &MetadataMap) -> Duration {
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
