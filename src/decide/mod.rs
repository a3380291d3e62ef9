//! The decision: (book, stamp, request) → entry or rejection. Pure; one file per group of commands.
//!
//! In a fixed order, which is part of the API: permission and standing before existence, then the effective date and the period,
//! then what the command names, its state, its dates and amounts, then the scheme's own rules. The first that fails
//! decides.
//!
//! Three ways out:
//!
//! - an **entry** that records what was asked;
//! - an entry that records a **refusal** (`rulebook::refusal`): the request was in order, the scheme said no or not
//!   yet; people appeal such decisions, so they are kept;
//! - a **rejection**: the request was not in order; nothing is kept.

mod fact;
mod facts;
pub mod command;
pub mod permission;
pub mod recorded;
pub mod rejection;
pub mod remedy;
pub mod standing;
pub mod waiting;
pub mod whatif;

mod access;
mod application;
mod budget;
mod claim;
mod closing;
mod correction;
mod cost;
mod limit;
mod loan;
mod pledge;
mod pool;
mod reconciliation;
mod period;
mod registry;
mod eyes;
mod reversal;
mod rulebook;
mod running;
mod second;
mod subsidy;

use crate::book::Book;
use crate::book::account::Posting;
use crate::book::event::{Asked, Entry, Event, Refused};
use crate::book::nouns::{Caller, Concerns, Named};
use crate::calendar::CivilDate;
use crate::identifier::{InstitutionId, Uscc};
use crate::rulebook::explanation::Explanation;
use crate::rulebook::refusal::Refusal;

use command::{Command, Request, Stamp};
use rejection::{Reason, Rejection};

/// Decides a request on the state of the book. Changes nothing; the same arguments give the same entry.
pub fn decide(book: &Book, stamp: &Stamp, request: &Request) -> Result<Entry, Rejection> {
    permission::check(&request.caller, &request.command)?;
    let today = stamp.recorded_at.shanghai_date();
    standing::check(&book.access, &request.caller, today)?;
    let context = Context::new(book, (stamp, today), request)?;
    let outcome = dispatch(&context, &request.command)?;
    let outcome = second::wait_for_second(&context, &request.command, outcome)?;
    Ok(Entry {
        sequence: stamp.sequence,
        recorded_at: stamp.recorded_at,
        effective_date: context.day,
        late_for: context.late_for,
        actor: request.caller.clone(),
        request: request.key,
        concerns: outcome.concerns,
        event: outcome.event,
        postings: outcome.postings,
    })
}

/// The members of the group that this entry is the head of, on the state before it; none for what stands alone. They
/// are recorded in the same commit as the head, or none of them is.
pub fn members(book: &Book, head: &Entry) -> Vec<Entry> {
    let outcomes = if let Event::ClosingRun(run) = &head.event {
        closing::shares(book, head, run)
    } else if let Event::AwardsCorrected(run) = &head.event {
        correction::corrections(book, head, run)
    } else {
        return Vec::new();
    };
    let (mut sequence, mut recorded_at) = (head.sequence, head.recorded_at);
    let numbered = outcomes.into_iter().map(|outcome| {
        (sequence, recorded_at) = (sequence.next(), recorded_at.next());
        let Outcome { event, postings, concerns } = outcome;
        Entry { sequence, recorded_at, concerns, event, postings, ..head.clone() }
    });
    numbered.collect()
}

fn dispatch(context: &Context<'_>, command: &Command) -> Result<Outcome, Rejection> {
    match command {
        Command::RegisterEnterprise(details) => registry::register_enterprise(context, details),
        Command::UpdateEnterprise(details) => registry::update_enterprise(context, details),
        Command::RegisterInstitution(details) => registry::register_institution(context, details),
        Command::RegisterIpRight(details) => registry::register_right(context, details),
        Command::RecordIpRightEvent(changed) => registry::record_right_event(context, changed),
        Command::RegisterPledge(details) => pledge::register(context, details),
        Command::ReleasePledge(key) => pledge::release(context, key),
        Command::AddBlacklistEntry(details) => registry::add_blacklist_entry(context, details),
        Command::LiftBlacklistEntry(lift) => registry::lift_blacklist_entry(context, lift),
        Command::RecordReferenceRate(rate) => fact::record_rate(context, rate),
        Command::RecordFact(recorded) => fact::record(context, recorded),
        Command::FileLoan(terms) => loan::file(context, terms),
        Command::DisburseLoan(id, amount) => loan::disburse(context, *id, *amount),
        Command::RecordInterestPayment(id, payment) => loan::record_interest(context, *id, payment),
        Command::RecordPrincipalPayment(payment) => loan::record_principal(context, payment),
        Command::ExtendLoan(id, matures_on) => loan::extend(context, *id, *matures_on),
        Command::MarkLoanOverdue(id, since) => loan::mark_overdue(context, *id, *since),
        Command::MarkLoanNonPerforming(id) => loan::mark_non_performing(context, *id),
        Command::MarkLoanCured(id) => loan::mark_cured(context, *id),
        Command::SettleLoan(id) => loan::settle(context, *id),
        Command::CloseLoan(id) => loan::close(context, *id),
        Command::WithdrawLoan(id, reason) => loan::withdraw(context, *id, reason),
        Command::ApplySubsidy(apply) => subsidy::apply(context, apply),
        Command::ApproveSubsidy(id) => application::approve(context, *id),
        Command::RefuseSubsidy(id, reason) => application::refuse(context, *id, reason),
        Command::WithdrawSubsidy(id, reason) => application::withdraw(context, *id, reason),
        Command::PaySubsidy(id, reference) => application::pay(context, *id, reference),
        Command::DemandClawback(demand) => application::demand_clawback(context, demand),
        Command::RecordClawback(clawback) => application::record_clawback(context, clawback),
        Command::RecordRedLetterInvoice(red) => application::record_red_letter(context, red),
        Command::AppropriateBudget(change) => budget::appropriate(context, change),
        Command::AdjustBudget(change) => budget::adjust(context, change),
        Command::ContributeToPool(transfer) => pool::contribute(context, transfer),
        Command::WithdrawFromPool(transfer) => pool::withdraw(context, transfer),
        Command::RecordPoolInterest(interest) => pool::record_interest(context, interest),
        Command::SubmitClaim(loan, loss) => claim::submit(context, *loan, *loss),
        Command::ResumeClaim(id) => claim::resume(context, *id),
        Command::ApproveClaim(id) => claim::approve(context, *id),
        Command::RefuseClaim(id, reason) => claim::refuse(context, *id, reason),
        Command::PayClaim(id, reference) => claim::pay(context, *id, reference),
        Command::RecordRecovery(recovery) => claim::record_recovery(context, recovery),
        Command::WriteOffClaim(id) => claim::write_off(context, *id),
        Command::AdoptRulebook(adopted) => rulebook::adopt(context, adopted),
        Command::SignOffStatement(signed) => reconciliation::sign_off(context, signed),
        Command::ClosePeriod(month) => period::close_month(context, *month),
        Command::ClosePeriodOver(month, reason) => period::close_month_over(context, *month, reason),
        Command::CloseYear(close) => period::close_year(context, close),
        Command::ReverseEntry(reverse) => reversal::reverse(context, reverse),
        Command::RunClosing(programme, year) => closing::run(context, programme, *year),
        Command::CorrectAwards(correct) => correction::correct(context, correct),
        Command::ChangeAccess(change) => access::change(context, change),
    }
}

/// What a command is decided on.
struct Context<'a> {
    book: &'a Book,
    stamp: &'a Stamp,
    caller: &'a Caller,
    /// The effective date.
    day: CivilDate,
    /// The day that was asked for, where the entry goes to a later period.
    late_for: Option<CivilDate>,
    /// Today in Asia/Shanghai, by the stamp.
    today: CivilDate,
}

impl<'a> Context<'a> {
    fn new(book: &'a Book, (stamp, today): (&'a Stamp, CivilDate), request: &'a Request) -> Result<Self, Rejection> {
        let asked = request.effective_date.unwrap_or(today);
        let is_late = request.book_late && book.is_closed(asked);
        let day = if is_late { book.first_open_day(asked) } else { asked };
        let late_for = is_late.then_some(asked);
        let context = Self { book, stamp, caller: &request.caller, day, late_for, today };
        context.not_in_the_future("effective_date", day)?;
        if book.is_closed(day) {
            return Err(Rejection::new(
                Reason::PeriodClosed,
                "effective_date",
                format!(
                    "`{day}` lies in a closed month; set `book_late` to record it in the next open one, or correct it"
                ),
                format!("“{day}”所在月份已结账；请设置 book_late 记入下一未结账月份，或更正日期"),
            ));
        }
        Ok(context)
    }

    /// Whether an enterprise is in the districts that the caller is confined to, if it is confined to any.
    fn in_districts(&self, enterprise: Uscc) -> bool {
        // Most are confined to none, and then nothing is looked up.
        let Some(districts) = self.book.access.districts_of(self.caller) else { return true };
        let known = self.book.enterprises.get(&enterprise);
        known.is_none_or(|known| districts.contains(&known.details.district))
    }

    /// Refuses a date after today.
    fn not_in_the_future(&self, field: &str, date: CivilDate) -> Result<(), Rejection> {
        if date > self.today {
            return Err(Rejection::new(
                Reason::DateOutOfRange,
                field,
                format!("`{date}` is in the future; expected {} (today in Asia/Shanghai) or earlier", self.today),
                format!("“{date}”为将来日期；不得晚于今天（{}）", self.today),
            ));
        }
        Ok(())
    }
}

/// Refuses a date before another one.
fn not_before(field: &str, date: CivilDate, earliest: CivilDate, what: Text) -> Result<(), Rejection> {
    if date < earliest {
        return Err(Rejection::new(
            Reason::DateOutOfRange,
            field,
            format!("`{date}` is before {} ({earliest}); expected that day or later", what.en),
            format!("“{date}”早于{}（{earliest}）；应为该日或之后", what.zh),
        ));
    }
    Ok(())
}

/// Refuses a date after another one.
fn not_after(field: &str, date: CivilDate, latest: CivilDate, what: Text) -> Result<(), Rejection> {
    if date > latest {
        return Err(Rejection::new(
            Reason::DateOutOfRange,
            field,
            format!("`{date}` is after {} ({latest}); expected that day or earlier", what.en),
            format!("“{date}”晚于{}（{latest}）；应为该日或之前", what.zh),
        ));
    }
    Ok(())
}

/// What a date or amount is compared with, in both languages.
type Text = crate::rulebook::refusal::Bilingual;

const fn text(en: &'static str, zh: &'static str) -> Text {
    Text { en, zh }
}

/// A rejection because of a state: names the state it is in and the ones that allow the command.
fn state_forbids(field: &str, id: impl std::fmt::Display, state: Text, allowed: &[Text]) -> Rejection {
    let en: Vec<&str> = allowed.iter().map(|state| state.en).collect();
    let zh: Vec<&str> = allowed.iter().map(|state| state.zh).collect();
    Rejection::new(
        Reason::StateForbids,
        field,
        format!("`{id}` is {}; expected {}", state.en, en.join(" or ")),
        format!("“{id}”当前状态为“{}”；应为{}", state.zh, zh.join("或")),
    )
}

/// The same for something that has a state of a closed list: refuses every state that is not allowed.
fn expect_state<State: Named + PartialEq>(
    field: &str,
    id: impl std::fmt::Display,
    state: State,
    allowed: &[State],
) -> Result<(), Rejection> {
    if allowed.contains(&state) {
        return Ok(());
    }
    let names: Vec<Text> = allowed.iter().map(|state| state.name()).collect();
    Err(state_forbids(field, id, state.name(), &names))
}

/// What a command comes to: an entry without its stamp.
struct Outcome {
    event: Event,
    postings: Vec<Posting>,
    concerns: Concerns,
}

impl Outcome {
    fn new(event: Event, concerns: Concerns) -> Self {
        Self { event, postings: Vec::new(), concerns }
    }

    fn with(mut self, postings: Vec<Posting>) -> Self {
        self.postings.extend(postings);
        self
    }

    /// The scheme said no, and nothing but the refusal is kept.
    fn refused(command: &str, refusal: Refusal, subject: String, since: Option<CivilDate>, concerns: Concerns) -> Self {
        let command = command.to_owned();
        Self::new(
            Event::Refused(Refused { command, refusal, subject, since, explanation: None, asked: None }),
            concerns,
        )
    }

    /// The same with what was asked for.
    fn asking(mut self, asked: Asked) -> Self {
        if let Event::Refused(refused) = &mut self.event {
            refused.asked = Some(asked);
        }
        self
    }

    /// The same with the steps of the rule that said no.
    fn explained(mut self, explanation: Explanation) -> Self {
        if let Event::Refused(refused) = &mut self.event {
            refused.explanation = Some(explanation);
        }
        self
    }
}

fn concerning_nobody() -> Concerns {
    Concerns::default()
}

fn concerning(institution: &InstitutionId, enterprise: Uscc) -> Concerns {
    Concerns { institution: Some(institution.clone()), enterprise: Some(enterprise) }
}

fn concerning_enterprise(enterprise: Uscc) -> Concerns {
    Concerns { institution: None, enterprise: Some(enterprise) }
}
