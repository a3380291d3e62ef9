//! A closing run of more than a thousand applicants: one commit, whole or not at all, and the sum exact to the fen.
//!
//! The auditor here is naive on purpose: it knows the awards as approved, the budget, and the law of the largest
//! remainder, and divides in whole fen with 128 bits.

#![expect(clippy::disallowed_methods, reason = "plain numbers, plainly added: an overflow ends the test, as it should")]

use std::sync::Arc;

use ipledger::book::Book;
use ipledger::book::event::{ApplicationChange, BudgetChange, Entry, Event, RequestKey};
use ipledger::book::nouns::{ApplicationState, Caller, CostDetails, CostItem, EnterpriseDetails, EvidenceKey, Role};
use ipledger::calendar::FiscalYear;
use ipledger::decide::command::{ApplySubsidy, Command, CorrectAwards, Request, Stamp};
use ipledger::decide::{decide, members};
use ipledger::identifier::{
    ApplicationId, BudgetLineId, District, InvoiceNumber, PersonId, ProgrammeId, RequestId, Uscc,
};
use ipledger::journal::block::Head;
use ipledger::journal::codec::{decode, encode};
use ipledger::journal::replay::{ReplayFault, check_follows, replay};
use ipledger::money::Amount;
use ipledger::reader::{Reader, load};
use ipledger::rulebook::terms::{CostKind, SizeClass};
use ipledger::rulebook::{load as load_rulebook, shipped};
use ipledger::storage::memory::{AppendFault, FaultPlan, MemoryDisk};
use ipledger::storage::{MemoryStorage, SledStorage, Storage};
use ipledger::writer::clock::{Clock, ManualClock};
use ipledger::writer::{Answer, Writer, WriterThreads};

use crate::fixture::uscc;
use crate::property::run;
use ipledger::simulation::world::date;

/// More than one block of commands takes.
const APPLICANTS: u64 = 1_250;
const BUDGET_FEN: i64 = 50_000_007;

struct Ledger {
    writer: Writer,
    reader: Reader,
    threads: WriterThreads,
}

impl Ledger {
    fn open(storage: Arc<dyn Storage>) -> Self {
        let loaded = load(storage.as_ref(), &mut |_| {}).unwrap();
        let clock = ManualClock::default();
        // Noon of 20 December 2026.
        clock.set(ipledger::calendar::Timestamp::from_micros(
            (i64::from(date("2026-12-20").epoch_days()) * 24 + 4) * 3_600_000_000,
        ));
        let (writer, reader, threads) = Writer::start(storage, Clock::Manual(clock), loaded).unwrap();
        Self { writer, reader, threads }
    }

    async fn end(self) {
        drop(self.writer);
        drop(self.threads.shutdown().await);
    }

    async fn give(&self, id: u128, role: Role, person: &str, command: Command) -> Answer {
        self.writer.submit(request(id, role, person, command), false, None).await.unwrap()
    }
}

fn request(id: u128, role: Role, person: &str, command: Command) -> Request {
    let caller = Caller::of_bureau(role, PersonId::parse(person).unwrap());
    let key = RequestKey { id: RequestId::from_bytes(id.to_be_bytes()).unwrap(), digest: [7; 32] };
    Request { caller, key, effective_date: None, book_late: false, command }
}

fn programme() -> ProgrammeId {
    ProgrammeId::parse("pledge-cost").unwrap()
}

fn year() -> FiscalYear {
    FiscalYear::parse("2026").unwrap()
}

fn run_closing() -> Request {
    request(9_000_000, Role::Officer, "li", Command::RunClosing(programme(), year()))
}

/// Cost of an applicant in fen: all different, with remainders of every size.
fn cost_fen(number: u64) -> i64 {
    i64::try_from(200_000 + number * number * 37 % 1_000_003).unwrap()
}

/// A year full of approved applications, on this store.
async fn approved_year(ledger: &Ledger) {
    let (_, text) = shipped().iter().find(|(name, _)| *name == "tongliang-2025.toml").unwrap();
    let rulebook = Arc::new(load_rulebook(text).unwrap());
    ledger.give(1, Role::Operator, "op", Command::AdoptRulebook(rulebook.into())).await;
    let budget = BudgetChange {
        line: BudgetLineId::parse("ip-grants").unwrap(),
        year: year(),
        amount: Amount::from_fen(BUDGET_FEN),
        document: "文".to_owned(),
    };
    ledger.give(2, Role::Finance, "zhao", Command::AppropriateBudget(budget)).await;
    for number in 0..APPLICANTS {
        let id = u128::from(number) * 10 + 10;
        let enterprise = Uscc::parse(&uscc(number)).unwrap();
        let details = EnterpriseDetails {
            uscc: enterprise,
            name: "企业".to_owned(),
            size_class: SizeClass::Small,
            district: District::parse("500151").unwrap(),
        };
        ledger.give(id, Role::Operator, "op", Command::RegisterEnterprise(details)).await;
        let item = CostItem {
            item: CostKind::Valuation,
            cost: Amount::from_fen(cost_fen(number)),
            paid_on: date("2026-05-01"),
            other_public_funding: Amount::ZERO,
            evidence: EvidenceKey::Invoice(InvoiceNumber::parse(&format!("26317{number:015}")).unwrap()),
            evidence_total: Amount::from_fen(cost_fen(number)),
            right: None,
            details: CostDetails::default(),
        };
        let apply = ApplySubsidy { enterprise, programme: programme(), loan: None, items: vec![item] };
        let answer = ledger.give(id + 1, Role::Officer, "wang", Command::ApplySubsidy(apply)).await;
        let application = ApplicationId::created_by(answer.entry.sequence);
        ledger.give(id + 2, Role::Officer, "sun", Command::ApproveSubsidy(application)).await;
    }
}

/// The shares as a clerk would work them out: floor, then a fen each to the largest remainders, ties to the earlier.
fn naive_shares() -> Vec<i64> {
    let approved: Vec<i128> = (0..APPLICANTS).map(|number| i128::from(cost_fen(number) / 2)).collect();
    let (budget, total) = (i128::from(BUDGET_FEN), approved.iter().sum::<i128>());
    assert!(total > budget);
    let mut shares: Vec<i128> = approved.iter().map(|amount| amount * budget / total).collect();
    let mut order: Vec<usize> = (0..approved.len()).collect();
    order.sort_by_key(|index| (-(approved[*index] * budget % total), *index));
    let left = budget - shares.iter().sum::<i128>();
    order.iter().take(usize::try_from(left).unwrap()).for_each(|index| shares[*index] += 1);
    shares.into_iter().map(|share| i64::try_from(share).unwrap()).collect()
}

fn entries_of(storage: &dyn Storage) -> Vec<(Arc<Entry>, u64)> {
    let mut entries = Vec::new();
    replay(storage, &mut |entry, height| entries.push((entry, height))).unwrap();
    entries
}

/// The run on this disk as the naive auditor sees it: one head and its shares in one block, each request answered once.
fn audit(storage: &dyn Storage) {
    let entries = entries_of(storage);
    let (head, height) = entries.iter().find(|(entry, _)| matches!(entry.event, Event::ClosingRun(_))).unwrap();
    let members: Vec<_> = entries.iter().filter(|(entry, _)| entry.event.head() == Some(head.sequence)).collect();
    assert!(members.iter().all(|(entry, at)| at == height && entry.request == head.request));
    let paid: Vec<i64> = members
        .iter()
        .map(|(entry, _)| {
            let sum: i64 = entry.postings.iter().map(|posting| posting.amount.fen()).sum();
            assert_eq!(sum, 0, "entry {} does not balance", entry.sequence);
            let Event::ApplicationChanged(changed) = &entry.event else { panic!("another event") };
            let ApplicationChange::ClosingShare(share) = &changed.change else { panic!("another change") };
            assert_eq!(share.lines.iter().map(|line| line.explanation.granted.fen()).sum::<i64>(), share.paid().fen());
            share.paid().fen()
        })
        .collect();
    assert_eq!(paid, naive_shares());
    assert_eq!(paid.iter().sum::<i64>(), BUDGET_FEN);
    let report = ipledger::audit::audit(storage, ipledger::audit::Depth::Full, &[], &mut |_| {}).unwrap();
    assert!(report.is_intact(), "{:#?}", report.findings);
    assert_eq!(report.decided_again, u64::try_from(entries.len()).unwrap(), "members too");
}

/// Power fails in the run's one append, before, within or after it: nothing of the run is there, or all of it; then
/// the same request ends it, and a second run is refused.
#[tokio::test]
async fn a_run_is_there_as_a_whole_or_not_at_all() {
    let disk = MemoryDisk::default();
    let ledger = Ledger::open(Arc::new(disk.open().unwrap()));
    approved_year(&ledger).await;
    let before = ledger.reader.last_sequence();
    ledger.end().await;
    for fault in [AppendFault::BeforeWrite, AppendFault::Torn, AppendFault::Full] {
        disk.plan(FaultPlan::from([(disk.appends() + 1, fault)]));
        let ledger = Ledger::open(Arc::new(disk.open().unwrap()));
        let answer = ledger.writer.submit(run_closing(), false, None).await;
        assert!(answer.is_err(), "{fault:?}: {answer:?}");
        ledger.end().await;
        disk.crash();
        let storage = disk.open().unwrap();
        let book = replay(&storage, &mut |_, _| {}).unwrap().book;
        assert_eq!(book.last_sequence(), before, "{fault:?}");
        assert!(book.applications.values().all(|one| one.state == ApplicationState::AwaitingClosing), "{fault:?}");
    }
    disk.plan(FaultPlan::from([(disk.appends() + 1, AppendFault::AfterWrite)]));
    let ledger = Ledger::open(Arc::new(disk.open().unwrap()));
    assert!(ledger.writer.submit(run_closing(), false, None).await.is_err(), "nobody heard of it");
    ledger.end().await;
    disk.crash();
    disk.plan(FaultPlan::new());
    audit(&disk.open().unwrap());
    let ledger = Ledger::open(Arc::new(disk.open().unwrap()));
    let again = ledger.writer.submit(run_closing(), false, None).await.unwrap();
    assert!(again.replayed && matches!(again.entry.event, Event::ClosingRun(_)), "{again:?}");
    let second = request(9_000_001, Role::Officer, "li", Command::RunClosing(programme(), year()));
    let refused = ledger.writer.submit(second, false, None).await.unwrap_err();
    assert_eq!(refused.reason.code(), "STATE_FORBIDS");
    assert_eq!(ledger.reader.book().violations(), []);
    ledger.end().await;
}

/// The same on the real store: one batch of many chunks, there again after the process.
#[tokio::test]
async fn a_run_of_many_chunks_survives_in_sled() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(Arc::new(SledStorage::open(folder.path()).unwrap()));
    approved_year(&ledger).await;
    ledger.writer.submit(run_closing(), false, None).await.unwrap();
    let digest = ledger.reader.book().digest();
    ledger.end().await;
    let storage = SledStorage::open(folder.path()).unwrap();
    audit(&storage);
    assert_eq!(replay(&storage, &mut |_, _| {}).unwrap().book.digest(), digest);
}

/// A journal that ends within a group, or has something else in it, is refused, whoever made the blocks.
#[tokio::test]
async fn a_part_of_a_group_is_no_journal() {
    let disk = MemoryDisk::default();
    let ledger = Ledger::open(Arc::new(disk.open().unwrap()));
    approved_year(&ledger).await;
    ledger.writer.submit(run_closing(), false, None).await.unwrap();
    ledger.end().await;
    let entries: Vec<Entry> =
        entries_of(&disk.open().unwrap()).into_iter().map(|(entry, _)| (*entry).clone()).collect();
    let head = entries.iter().position(|entry| matches!(entry.event, Event::ClosingRun(_))).unwrap();
    let fault = |entries: &[Entry], cuts: &[usize]| {
        let (storage, mut at) = (MemoryStorage::new(), Head::EMPTY);
        let mut begin = 0;
        for end in cuts.iter().copied().chain([entries.len()]) {
            let (block, next) = at.seal(entries[begin..end].iter().map(encode).collect());
            storage.append(&block).unwrap();
            (at, begin) = (next, end);
        }
        let fault = replay(&storage, &mut |_, _| {}).err();
        fault.map(|fault: ReplayFault| std::error::Error::source(&fault).map(ToString::to_string).unwrap_or_default())
    };
    assert_eq!(fault(&entries, &[head]), None, "as it was");
    let cut = fault(&entries[..entries.len() - 1], &[]).unwrap();
    assert!(cut.contains("lacks `1` entries"), "{cut}");
    let torn = fault(&entries, &[head + 7]).unwrap();
    assert!(torn.contains("lacks") && torn.contains("one block"), "{torn}");
    let mut foreign = entries[..=head].to_vec();
    foreign.push(Entry { event: entries[1].event.clone(), postings: Vec::new(), ..entries[head + 1].clone() });
    let foreign = fault(&foreign, &[]).unwrap();
    assert!(foreign.contains("lacks"), "{foreign}");
    let mut orphan = entries[..head].to_vec();
    let sequence = entries[head].sequence;
    let recorded_at = entries[head].recorded_at;
    orphan.push(Entry { sequence, recorded_at, ..entries[head + 1].clone() });
    let orphan = fault(&orphan, &[]).unwrap();
    assert!(orphan.contains("which is not open"), "{orphan}");
}

/// A correction of a random ledger: whatever states its applications are in, every invariant holds when its commit is
/// whole, the head says what the members do, and each is linked both ways.
#[test]
fn corrections_of_random_ledgers_keep_every_invariant() {
    let (mut corrected, mut claimed_back, mut supplements) = (0, 0, 0);
    for seed in 41..=52 {
        let audited = run(seed, 800).unwrap();
        for (from, to) in [("ratio = \"0.5\"", "ratio = \"0.3\""), ("ratio = \"0.5\"", "ratio = \"0.7\"")] {
            let mut book = audited.book.clone();
            let last = book.last_recorded_at().unwrap();
            let (_, text) = shipped().iter().find(|(name, _)| *name == "hebi-2017.toml").unwrap();
            // The year cap of the first version goes on in the second; half of the caps are smaller.
            let text = text
                .replace("version = 1", "version = 2")
                .replace("valid_from = 2017-09-30", "valid_from = 2017-10-01")
                .replace(from, to);
            let rulebook = Arc::new(load_rulebook(&text).unwrap());
            let correct =
                CorrectAwards { rulebook: rulebook.reference(), programme: programme(), reason: "文".to_owned() };
            let mut recorded_at = last;
            let mut give = |book: &mut Book, id: u128, role: Role, command: Command| {
                recorded_at = recorded_at.next();
                let stamp = Stamp { sequence: book.last_sequence().next(), recorded_at };
                let head = decide(book, &stamp, &request(id, role, "yet-another", command)).unwrap();
                let group = members(book, &head);
                for entry in std::iter::once(&head).chain(&group) {
                    check_follows(book, entry).unwrap();
                    assert_eq!(decode(&encode(entry)).as_ref(), Ok(entry));
                    book.apply(entry);
                    let total = Amount::total(book.accounts.values().copied());
                    assert_eq!(total, Amount::ZERO, "the trial balance after entry {}", entry.sequence);
                    recorded_at = entry.recorded_at;
                }
                assert_eq!(book.open_group(), None);
                assert_eq!(book.violations(), [], "seed {seed}, {to}, after {:?}", head.event);
                (head, group)
            };
            let money = BudgetChange {
                line: BudgetLineId::parse("ip-finance").unwrap(),
                year: last.shanghai_date().year(),
                amount: Amount::from_yuan(60_000),
                document: "文".to_owned(),
            };
            give(&mut book, u128::MAX - 10, Role::Finance, Command::AppropriateBudget(money));
            give(&mut book, u128::MAX - 9, Role::Officer, Command::AdoptRulebook(rulebook.into()));
            let (head, group) = give(&mut book, u128::MAX - 8, Role::Officer, Command::CorrectAwards(correct.clone()));
            let Event::AwardsCorrected(run) = &head.event else { panic!("another event") };
            let (mut more, mut less) = (Amount::ZERO, Amount::ZERO);
            for entry in &group {
                let Event::ApplicationChanged(changed) = &entry.event else { panic!("another event") };
                let ApplicationChange::Corrected(one) = &changed.change else { panic!("another change") };
                more = more.plus(one.after.minus(one.before).floored_at_zero());
                less = less.plus(one.before.minus(one.after).floored_at_zero());
                let application = book.applications.get(&changed.application).unwrap();
                assert!(application.corrections.contains(&entry.sequence), "the link back");
                claimed_back += u64::from(application.overpaid.is_positive());
                supplements += u64::from(book.applications.contains_key(&ApplicationId::created_by(entry.sequence)));
            }
            assert_eq!((run.granted_more, run.granted_less), (more, less), "seed {seed}");
            corrected += group.len();
            let (_, rest) = give(&mut book, u128::MAX - 7, Role::Officer, Command::CorrectAwards(correct));
            assert!(rest.len() <= group.len(), "seed {seed}: {} after {}", rest.len(), group.len());
        }
    }
    assert!(corrected > 50 && claimed_back > 5 && supplements > 3, "{corrected} {claimed_back} {supplements}");
}
