//! A whole ledger in memory for the tests of the writer, the reader and replay: a stand-in for `decide` with a few
//! simple commands, and a store that waits until it is let go.

use std::mem;
use std::ops::ControlFlow;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use tokio::task::JoinHandle;

use super::clock::ManualClock;
use super::observe::Unobserved;
use super::*;
use crate::book::account::{Account, Posting, transfer};
use crate::book::event::{Event, PoolMoved, PoolMovement, RequestKey};
use crate::book::nouns::{Caller, Concerns, InstitutionDetails, Role};
use crate::calendar::{CivilDate, Timestamp};
use crate::decide::command::{Command, PoolTransfer};
use crate::identifier::{FunderId, InstitutionId, PersonId, PoolId, RequestId, Uscc};
use crate::journal::block::Block;
use crate::money::Amount;
use crate::reader::load;
use crate::rulebook::terms::InstitutionKind;
use crate::storage::MemoryStorage;
use crate::storage::memory::MemoryDisk;

/// Noon of 1 March 2026 in Shanghai.
pub(crate) const NOON: Timestamp = Timestamp::from_micros(1_772_337_600_000_000);

/// A running ledger on a disk in memory.
pub(crate) struct Ledger {
    pub(crate) disk: MemoryDisk,
    pub(crate) storage: Arc<HeldStorage>,
    pub(crate) clock: ManualClock,
    pub(crate) writer: Writer,
    pub(crate) reader: Reader,
    pub(crate) threads: WriterThreads,
}

impl Ledger {
    pub(crate) fn new() -> Self {
        Self::open(&MemoryDisk::default())
    }

    pub(crate) fn open(disk: &MemoryDisk) -> Self {
        let storage = Arc::new(HeldStorage::new(disk.open().unwrap()));
        let loaded = load(storage.as_ref(), &mut |_| {}).unwrap();
        let clock = ManualClock::new(NOON);
        let store: Arc<dyn Storage> = Arc::<HeldStorage>::clone(&storage);
        let (writer, reader, threads) =
            Writer::start_with(store, Clock::Manual(clock.clone()), loaded, (decide, Arc::new(Unobserved))).unwrap();
        Self { disk: disk.clone(), storage, clock, writer, reader, threads }
    }

    /// Ends this process, by power failure or in order makes no difference to what is durable, and starts the next.
    pub(crate) async fn restart(self) -> Self {
        let Self { disk, threads, .. } = self;
        drop(threads.shutdown().await);
        disk.crash();
        Self::open(&disk)
    }

    pub(crate) async fn submit(&self, request: Request) -> Result<Answer, Rejection> {
        self.writer.submit(request, false, None).await
    }

    /// Submits without waiting for the answer.
    pub(crate) fn send(&self, request: Request) -> JoinHandle<Result<Answer, Rejection>> {
        let writer = self.writer.clone();
        tokio::spawn(async move { writer.submit(request, false, None).await })
    }

    /// Submits without waiting for the answer, and returns when the decider has the command or the queue has.
    pub(crate) async fn send_in_order(&self, request: Request) -> JoinHandle<Result<Answer, Rejection>> {
        let sent = self.send(request);
        task::yield_now().await;
        sent
    }

    /// Holds the store and sends a first command; returns when its block is on its way to the disk and stays there.
    pub(crate) async fn hold_with(&self, request: Request) -> JoinHandle<Result<Answer, Rejection>> {
        self.storage.hold();
        let sent = self.send(request);
        until("the append has begun", || self.storage.is_appending()).await;
        sent
    }
}

/// Waits for something that other threads bring about.
pub(crate) async fn until(what: &str, condition: impl Fn() -> bool) {
    for _ in 0..5_000 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("waited in vain until {what}");
}

/// A store whose appends wait while it is held.
#[derive(Debug)]
pub(crate) struct HeldStorage {
    inner: MemoryStorage,
    state: Mutex<Switches>,
    changed: Condvar,
    reads: Mutex<Reads>,
}

/// What was read of a store.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Reads {
    pub(crate) blocks: u64,
    /// The most at the same time.
    pub(crate) most: u64,
    now: u64,
}

#[derive(Debug, Default)]
struct Switches {
    held: bool,
    appending: bool,
    fails_once: bool,
}

impl HeldStorage {
    fn new(inner: MemoryStorage) -> Self {
        Self { inner, state: Mutex::default(), changed: Condvar::new(), reads: Mutex::default() }
    }

    pub(crate) fn hold(&self) {
        self.state.lock().held = true;
    }

    pub(crate) fn release(&self) {
        self.state.lock().held = false;
        self.changed.notify_all();
    }

    /// Has the next append fail, and only that one: a store that forgets its fault.
    pub(crate) fn fail_once(&self) {
        self.state.lock().fails_once = true;
    }

    pub(crate) fn reads(&self) -> Reads {
        *self.reads.lock()
    }

    pub(crate) fn is_appending(&self) -> bool {
        self.state.lock().appending
    }
}

impl Storage for HeldStorage {
    fn append(&self, block: &Block) -> Result<(), Fault> {
        let mut state = self.state.lock();
        state.appending = true;
        while state.held {
            self.changed.wait(&mut state);
        }
        state.appending = false;
        if mem::take(&mut state.fails_once) {
            return Err(Fault::Full { path: "memory".into() });
        }
        drop(state);
        self.inner.append(block)
    }

    fn read(&self, height: u64) -> Result<Option<Block>, Fault> {
        {
            let mut reads = self.reads.lock();
            reads.now = reads.now.saturating_add(1);
            reads.blocks = reads.blocks.saturating_add(1);
            reads.most = reads.most.max(reads.now);
        }
        // So that another one may come in between.
        thread::yield_now();
        let read = self.inner.read(height);
        let mut reads = self.reads.lock();
        reads.now = reads.now.saturating_sub(1);
        read
    }

    fn scan(&self, from_height: u64, visit: &mut dyn FnMut(Block) -> ControlFlow<()>) -> Result<(), Fault> {
        self.inner.scan(from_height, visit)
    }

    fn tip(&self) -> Result<u64, Fault> {
        self.inner.tip()
    }
}

/// A request under an id and a digest made from these numbers.
pub(crate) fn request(id: u128, digest: u8, command: Command) -> Request {
    let caller = Caller::of_bureau(Role::Operator, PersonId::parse("operator-1").unwrap());
    let key = RequestKey { id: RequestId::from_bytes(id.to_be_bytes()).unwrap(), digest: [digest; 32] };
    Request { caller, key, effective_date: None, book_late: false, command }
}

pub(crate) fn institution(number: u64) -> InstitutionId {
    InstitutionId::parse(&format!("bank-{number}")).unwrap()
}

/// Registers institution `number` under the request id `id`.
pub(crate) fn register(id: u128, number: u64) -> Request {
    register_named(id, number, "工商银行")
}

pub(crate) fn register_named(id: u128, number: u64, name: &str) -> Request {
    let details = InstitutionDetails {
        institution: institution(number),
        kind: InstitutionKind::Valuer,
        name: name.to_owned(),
        uscc: Uscc::parse("91110000600037341L").unwrap(),
        bank_code: None,
    };
    request(id, u8::try_from(number % 251).unwrap(), Command::RegisterInstitution(details))
}

pub(crate) fn pool() -> PoolId {
    PoolId::parse("hebi-pool").unwrap()
}

pub(crate) fn funder() -> FunderId {
    FunderId::parse("city").unwrap()
}

/// Pays `yuan` into the pool with effect from a date.
pub(crate) fn contribute(id: u128, yuan: i64, date: &str) -> Request {
    let command = Command::ContributeToPool(pool_transfer(yuan));
    Request { effective_date: Some(CivilDate::parse(date).unwrap()), ..request(id, 1, command) }
}

/// A command whose entry does not balance: the bug that the writer must catch.
pub(crate) fn unbalanced(id: u128) -> Request {
    request(id, 1, Command::WithdrawFromPool(pool_transfer(1)))
}

fn pool_transfer(yuan: i64) -> PoolTransfer {
    PoolTransfer { pool: pool(), funder: funder(), amount: Amount::from_yuan(yuan), reference: "转账 1".to_owned() }
}

/// The stand-in for `decide::decide`, for the commands that this file makes.
#[expect(clippy::wildcard_enum_match_arm, reason = "a stand-in for a few commands only")]
pub(crate) fn decide(book: &Book, stamp: &Stamp, request: &Request) -> Result<Entry, Rejection> {
    let mut concerns = Concerns::default();
    let (event, postings) = match &request.command {
        Command::RegisterInstitution(details) if book.institutions.contains_key(&details.institution) => {
            return Err(Rejection::plain(Reason::AlreadyExists));
        }
        Command::RegisterInstitution(details) => {
            concerns.institution = Some(details.institution.clone());
            (Event::InstitutionRegistered(details.clone()), Vec::new())
        }
        Command::ContributeToPool(transfer) => moved(transfer, PoolMovement::Contribution(funder())),
        Command::WithdrawFromPool(transfer) => {
            let (event, mut postings) = moved(transfer, PoolMovement::Withdrawal(funder()));
            postings.pop();
            (event, postings)
        }
        other => panic!("the fixture makes no such command: {other:?}"),
    };
    Ok(Entry {
        sequence: stamp.sequence,
        recorded_at: stamp.recorded_at,
        effective_date: request.effective_date.unwrap_or_else(|| stamp.recorded_at.shanghai_date()),
        late_for: None,
        actor: request.caller.clone(),
        request: request.key,
        concerns,
        event,
        postings,
    })
}

fn moved(transfer_of: &PoolTransfer, movement: PoolMovement) -> (Event, Vec<Posting>) {
    let PoolTransfer { pool, funder, amount, reference } = transfer_of.clone();
    let postings = transfer(Account::PoolCash(pool.clone()), Account::PoolCapital(pool.clone(), funder), amount);
    (Event::PoolMoved(PoolMoved { pool, movement, amount, reference }), postings)
}
