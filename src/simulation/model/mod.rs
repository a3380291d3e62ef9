//! The auditor: a second, naive ledger that watches the first.
//!
//! It keeps nothing but the plain list of what was accepted and answers every question by reading that list from the
//! start. No running sum, no index, no rulebook: the numbers of its three cities are in `schemes`. It is written from
//! the description of the domain, not from `decide`, and shares only plain values (names, numbers, commands, entries)
//! with the code it audits.
//!
//! For each request it says beforehand what the right answer would be, and compares it with the answer given:
//!
//! - *rejected*: it collects everything that is wrong with the request, and the reason given must be one of them. Only
//!   what the API promises of the order is checked: permission before everything, the unknown before the rest;
//! - *refused by the scheme*: the same with the refusals;
//! - *taken*: it computes awards, shares, exposure and postings, and they must be the same to the fen.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::integer_division,
    clippy::disallowed_methods,
    reason = "plain numbers, plainly added: an overflow ends the test, as it should"
)]
#![expect(
    clippy::wildcard_enum_match_arm,
    clippy::unreachable,
    reason = "each file knows some of the commands and facts; one that nobody knows ends the test"
)]

mod agree;
mod life;
mod loan;
mod lump;
mod pool;
mod registry;
mod rights;
mod schemes;
mod statements;
mod subsidy;
mod undo;

use std::collections::BTreeMap;

use crate::book::event::{Entry, Event};
use crate::book::nouns::{Caller, Month, PledgeDetails, PledgeKey, RightChange, Role};
use crate::calendar::{CivilDate, Timestamp};
use crate::decide::command::{Command, Request, Stamp};
use crate::decide::rejection::{Reason, Rejection};
use crate::identifier::{InstitutionId, InvoiceNumber, RightId, Sequence, Uscc};
use crate::money::Amount;
use crate::rulebook::refusal::Refusal;
use schemes::{Programme, Scheme};

/// The ledger of the auditor.
#[derive(Debug, Default, Clone)]
pub struct Model {
    facts: Vec<Fact>,
}

/// Something that was accepted.
#[derive(Debug, Clone)]
pub(crate) struct Fact {
    seq: u64,
    recorded_at: i64,
    day: i32,
    person: String,
    what: What,
    postings: Postings,
}

/// Account and fen, debit positive; nothing that is zero.
pub(crate) type Postings = BTreeMap<String, i128>;

/// What happened, in fen and days.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum What {
    Enterprise(Uscc),
    Institution(InstitutionId, bool),
    Right {
        right: RightId,
        owner: Uscc,
        granted: i32,
        expires: i32,
    },
    RightChanged(RightId, RightChange),
    Pledge(PledgeDetails),
    Released(PledgeKey),
    Listed(Uscc, Option<i32>),
    Unlisted(u64),
    Loan(Box<LoanFact>),
    Disbursed(u64, i128),
    Interest(u64, i128, String),
    Principal(u64, i128, String),
    Extended(u64, i32),
    Overdue(u64, i32),
    NonPerforming(u64),
    Cured(u64),
    Settled(u64),
    LoanClosed(u64),
    LoanWithdrawn(u64),
    Applied(AppFact),
    Approved(u64),
    AppRefused(u64),
    AppWithdrawn(u64),
    Paid(u64),
    PaymentRefused(u64, Refusal),
    Demanded(u64, i128),
    GivenBack(u64, i128),
    RedLetter {
        red: InvoiceNumber,
        blue: InvoiceNumber,
        fen: i128,
    },
    Appropriated(i16, i128),
    Adjusted(i16, i128),
    PoolIn(Scheme, String, i128),
    PoolOut(Scheme, String, i128),
    PoolInterest(Scheme, i128),
    Claim(ClaimFact),
    Resumed(u64, Judged),
    ClaimApproved(u64),
    ClaimRefused(u64),
    ClaimPaid(u64),
    Recovered {
        claim: u64,
        to_pool: i128,
        to_bank: i128,
    },
    WrittenOff(u64),
    Adopted(Scheme),
    /// With how many items were open in it.
    MonthClosed(Month, usize),
    /// Which fact was taken back, and what it was.
    Undone(u64, Box<What>),
    /// What was left of the budget, and whether it went on into the next year.
    YearClosed {
        year: i16,
        left: i128,
        carried: bool,
    },
    SignedOff(Box<statements::SignedFact>),
    SchemeRefused,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LoanFact {
    bank: InstitutionId,
    contract: String,
    borrower: Uscc,
    principal: i128,
    ip_part: i128,
    signed: i32,
    matures: i32,
    pledges: Vec<PledgeKey>,
    /// Whose rules it is filed under.
    scheme: Scheme,
    in_pool: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AppFact {
    enterprise: Uscc,
    programme: Programme,
    loan: Option<u64>,
    lines: Vec<LineFact>,
    budget_year: i16,
}

impl AppFact {
    fn granted(&self) -> i128 {
        self.lines.iter().map(|line| line.award).sum()
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LineFact {
    kind: &'static str,
    cost: i128,
    paid_year: i16,
    evidence: Proof,
    evidence_total: i128,
    evidence_used: i128,
    award: i128,
    refusal: Option<Refusal>,
}

/// What proves a cost.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Proof {
    Invoice(InvoiceNumber),
    Interest(u64),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ClaimFact {
    loan: u64,
    scheme: Scheme,
    bank: InstitutionId,
    year: i16,
    loss: i128,
    judged: Judged,
}

/// What the pool's rule says of a loss.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Judged {
    covered: i128,
    pool: i128,
    bank: i128,
    refusal: Option<Refusal>,
}

/// The right answer to a request.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// It is recorded, with these postings.
    Take(What, Vec<(String, i128)>),
    /// The scheme says no, for one of these reasons.
    Refuse(Vec<Refusal>),
    /// It is not in order, for one of these reasons.
    Reject(Vec<Reason>),
}

/// Who asks, and the days.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask<'a> {
    caller: &'a Caller,
    day: i32,
    today: i32,
    seq: u64,
}

impl Ask<'_> {
    fn is(&self, role: Role) -> bool {
        self.caller.role == role
    }

    fn person(&self) -> String {
        self.caller.person.to_string()
    }

    fn year(&self) -> i16 {
        year_of(self.day)
    }
}

/// Everything that is wrong with a request.
#[derive(Debug, Default)]
struct Wrongs(Vec<Reason>);

impl Wrongs {
    fn when(&mut self, wrong: bool, reason: Reason) {
        if wrong {
            self.0.push(reason);
        }
    }

    fn or(self, verdict: impl FnOnce() -> Verdict) -> Verdict {
        if self.0.is_empty() { verdict() } else { Verdict::Reject(self.0) }
    }
}

fn reject(reason: Reason) -> Verdict {
    Verdict::Reject(vec![reason])
}

fn take(what: What) -> Verdict {
    Verdict::Take(what, Vec::new())
}

impl Model {
    /// Compares an answer with the right one and takes the entry in.
    ///
    /// # Errors
    ///
    /// What differs.
    pub fn audit(&mut self, stamp: &Stamp, request: &Request, answer: &Result<Entry, Rejection>) -> Result<(), String> {
        let today = shanghai_day(stamp.recorded_at.micros());
        let day = request.effective_date.map_or(today, days);
        let ask = Ask { caller: &request.caller, day, today, seq: stamp.sequence.value() };
        let verdict = self.judge(&ask, &request.command);
        let differs = |what: String| Err(format!("{what}\nrequest: {request:?}\nanswer: {answer:?}"));
        match (verdict, answer) {
            (Verdict::Reject(reasons), Err(rejection)) => {
                if !reasons.contains(&rejection.reason) {
                    return differs(format!("expected a rejection with one of {reasons:?}"));
                }
                Ok(())
            }
            (Verdict::Refuse(refusals), Ok(entry)) => {
                self.check_stamp(stamp, &ask, request, entry)?;
                let given = match &entry.event {
                    Event::Refused(refused) => Some(refused.refusal),
                    _ => None,
                };
                if !given.is_some_and(|refusal| refusals.contains(&refusal)) || !entry.postings.is_empty() {
                    return differs(format!("expected a refusal with one of {refusals:?}"));
                }
                self.keep(entry, What::SchemeRefused, Postings::new());
                Ok(())
            }
            (Verdict::Take(what, lines), Ok(entry)) => {
                self.check_stamp(stamp, &ask, request, entry)?;
                if let Err(problem) = agree::event(&what, &entry.event) {
                    return differs(format!("expected {what:?}: {problem}"));
                }
                let (expected, found) = (summed(lines), agree::postings(entry));
                if expected != found {
                    return differs(format!("expected the postings {expected:?}, found {found:?}"));
                }
                if expected.values().sum::<i128>() != 0 {
                    return differs("the postings do not sum to zero".to_owned());
                }
                self.keep(entry, what, expected);
                Ok(())
            }
            (verdict, _) => differs(format!("expected {verdict:?}")),
        }
    }

    fn check_stamp(&self, stamp: &Stamp, ask: &Ask<'_>, request: &Request, entry: &Entry) -> Result<(), String> {
        let last = self.facts.last();
        let expected = last.map_or(1, |fact| fact.seq + 1);
        if entry.sequence != stamp.sequence || entry.sequence.value() != expected {
            return Err(format!("sequence {} is not the next, {expected}", entry.sequence));
        }
        if entry.recorded_at != stamp.recorded_at
            || last.is_some_and(|fact| fact.recorded_at >= entry.recorded_at.micros())
        {
            return Err(format!("entry {}: recorded_at does not grow", entry.sequence));
        }
        if days(entry.effective_date) != ask.day || entry.actor != request.caller || entry.request != request.key {
            return Err(format!("entry {} has another day, actor or key than its request", entry.sequence));
        }
        if self.is_month_closed(ask.day) {
            return Err(format!("entry {} lies in a closed month", entry.sequence));
        }
        Ok(())
    }

    fn keep(&mut self, entry: &Entry, what: What, postings: Postings) {
        self.facts.push(Fact {
            seq: entry.sequence.value(),
            recorded_at: entry.recorded_at.micros(),
            day: days(entry.effective_date),
            person: entry.actor.person.to_string(),
            what,
            postings,
        });
    }

    /// Permission comes first, then the day, then what the command says.
    fn judge(&self, ask: &Ask<'_>, command: &Command) -> Verdict {
        if !rights::may(ask.caller, command) {
            return reject(Reason::PermissionDenied);
        }
        let mut wrongs = Wrongs::default();
        wrongs.when(ask.day > ask.today, Reason::DateOutOfRange);
        wrongs.when(self.is_month_closed(ask.day), Reason::PeriodClosed);
        wrongs.or(|| self.judge_command(ask, command))
    }

    fn judge_command(&self, ask: &Ask<'_>, command: &Command) -> Verdict {
        match command {
            Command::RegisterEnterprise(_)
            | Command::UpdateEnterprise(_)
            | Command::RegisterInstitution(_)
            | Command::RegisterIpRight(_)
            | Command::RecordIpRightEvent(_)
            | Command::RegisterPledge(_)
            | Command::ReleasePledge(_)
            | Command::AddBlacklistEntry(_)
            | Command::LiftBlacklistEntry(_)
            | Command::AdoptRulebook(_)
            | Command::ClosePeriod(_)
            | Command::ClosePeriodOver(..) => self.judge_registry(ask, command),
            Command::CloseYear(close) => self.judge_year_end(close),
            Command::ReverseEntry(reverse) => self.judge_reversal(ask, reverse),
            Command::FileLoan(_)
            | Command::DisburseLoan(..)
            | Command::RecordInterestPayment(..)
            | Command::RecordPrincipalPayment(_)
            | Command::ExtendLoan(..)
            | Command::MarkLoanOverdue(..)
            | Command::MarkLoanNonPerforming(_)
            | Command::MarkLoanCured(_)
            | Command::SettleLoan(_)
            | Command::CloseLoan(_)
            | Command::WithdrawLoan(..) => self.judge_loan(ask, command),
            Command::ApplySubsidy(_)
            | Command::ApproveSubsidy(_)
            | Command::RefuseSubsidy(..)
            | Command::WithdrawSubsidy(..)
            | Command::PaySubsidy(..)
            | Command::DemandClawback(_)
            | Command::RecordClawback(_)
            | Command::RecordRedLetterInvoice(_)
            | Command::AppropriateBudget(_)
            | Command::AdjustBudget(_) => self.judge_subsidy(ask, command),
            // The constants of this auditor have one version and no closing run; `closing` and `correction` have auditors
            // of their own.
            Command::RunClosing(..) | Command::CorrectAwards(_) => reject(Reason::StateForbids),
            // The rules of 鹤壁 and 许昌 ask for none, and in 威海 nothing is paid for want of them.
            Command::RecordReferenceRate(_) | Command::RecordFact(_) => unreachable!("the simulator states no facts"),
            Command::ContributeToPool(_)
            | Command::WithdrawFromPool(_)
            | Command::RecordPoolInterest(_)
            | Command::SubmitClaim(..)
            | Command::ResumeClaim(_)
            | Command::ApproveClaim(_)
            | Command::RefuseClaim(..)
            | Command::PayClaim(..)
            | Command::RecordRecovery(_)
            | Command::WriteOffClaim(_) => self.judge_pool(ask, command),
            Command::ChangeAccess(_) => unreachable!("the simulator gives no command about access"),
            Command::SignOffStatement(signed) => self.judge_sign_off(signed),
        }
    }

    /// How many entries were accepted.
    pub(crate) fn len(&self) -> usize {
        self.facts.len()
    }

    /// Sequence and time of the last entry.
    pub(crate) fn last(&self) -> (Sequence, Option<Timestamp>) {
        let last = self.facts.last();
        let sequence = Sequence::new(last.map_or(0, |fact| fact.seq));
        (sequence, last.map(|fact| Timestamp::from_micros(fact.recorded_at)))
    }

    fn is_month_closed(&self, day: i32) -> bool {
        let date = CivilDate::from_epoch_days(day).expect("a day of this century");
        let month = Month { year: date.year(), month: date.month() };
        self.facts.iter().any(|fact| matches!(fact.what, What::MonthClosed(closed, _) if closed == month))
    }

    fn is_adopted(&self, scheme: Scheme) -> bool {
        self.facts.iter().any(|fact| fact.what == What::Adopted(scheme))
    }

    /// Whether the rulebook was adopted and is in force.
    fn in_force(&self, scheme: Scheme, day: i32) -> bool {
        day >= scheme.valid_from() && self.is_adopted(scheme)
    }
}

/// Adds up lines of the same account; leaves out what is zero.
fn summed(lines: Vec<(String, i128)>) -> Postings {
    let mut sums = Postings::new();
    for (account, fen) in lines {
        *sums.entry(account).or_default() += fen;
    }
    sums.retain(|_, fen| *fen != 0);
    sums
}

/// Moves an amount to the debit of one account and the credit of the other.
fn transfer(debit: impl Into<String>, credit: impl Into<String>, fen: i128) -> Vec<(String, i128)> {
    vec![(debit.into(), fen), (credit.into(), -fen)]
}

fn days(date: CivilDate) -> i32 {
    date.epoch_days()
}

fn fen(amount: Amount) -> i128 {
    i128::from(amount.fen())
}

fn year_of(day: i32) -> i16 {
    CivilDate::from_epoch_days(day).expect("a day of this century").year().value()
}

/// The day in Shanghai, eight hours ahead of UTC.
pub(crate) fn shanghai_day(micros: i64) -> i32 {
    const HOUR: i64 = 3_600_000_000;
    i32::try_from((micros + 8 * HOUR).div_euclid(24 * HOUR)).expect("a day of this century")
}
