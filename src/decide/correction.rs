//! A version that reaches back (追溯): the awards that it would have decided are recomputed, and what they differ by is
//! recorded in one commit. Nothing that was recorded is changed.
//!
//! The applications are judged again in the order of their numbers, on their own day, with the facts of that day as the
//! ledger knows them now. What they hold of caps, evidence and one-off grants is given back first, so that the new
//! rule's limits hold over all of them together; awards that the version does not reach stay in the sums. Money comes
//! from what a budget has set aside for an application already, and beyond that from what it has available today.

use std::collections::BTreeMap;

use super::command::{ApplySubsidy, CorrectAwards};
use super::eyes::another_person;
use super::loan::exceeds;
use super::rejection::{Reason, Rejection};
use super::subsidy::{Applicant, Left, line_facts};
use super::{Context, Outcome, concerning_nobody, not_before, text};
use crate::book::Book;
use crate::book::account::{Account, Posting, transfer};
use crate::book::application::{Application, ApplicationLineState};
use crate::book::correction::{AwardsCorrected, CorrectedLine, Correction};
use crate::book::event::{ApplicationChange, ApplicationChanged, Entry, Event};
use crate::book::loan::Loan;
use crate::book::nouns::{ApplicationState, Concerns, CostItem, EvidenceKey};
use crate::book::shelf::Held;
use crate::calendar::{CivilDate, FiscalYear};
use crate::decide::command::Stamp;
use crate::identifier::{ApplicationId, BudgetLineId, LoanId, ProgrammeId, Uscc};
use crate::money::Amount;
use crate::rulebook::facts::{CapKey, LineFacts, LineVerdict, LoanFacts, Usage, WideKey};
use crate::rulebook::model::OrdinalOf;
use crate::rulebook::model::{Payee, Transition};
use crate::rulebook::{Programme, Rulebook, choose, judge_line};

/// Decides whether the past may be recomputed, and what it comes to in all.
pub(super) fn correct(context: &Context<'_>, command: &CorrectAwards) -> Result<Outcome, Rejection> {
    let Some((rulebook, programme)) = version(context.book, command) else {
        return Err(Rejection::new(
            Reason::ProgrammeUnknown,
            "programme_id",
            format!(
                "`{}` is not adopted, or has no programme `{}`; see ListRulebooks",
                command.rulebook, command.programme
            ),
            format!("“{}”未启用，或其中没有补助项目“{}”", command.rulebook, command.programme),
        ));
    };
    let (plan, left_out) = plan(context, rulebook, programme);
    for (_, application, _) in &plan {
        let submitter = &application.submitted_by;
        another_person(context, "programme_id", submitter, text("submitted one of them", "其中一项的提交人"))?;
        let paid_on = application.paid.as_ref().map(|(day, _)| *day);
        let latest = paid_on.into_iter().chain(application.approved.as_ref().map(|(day, _)| *day)).max();
        let latest = latest.unwrap_or(application.submitted_on);
        not_before("effective_date", context.day, latest, text("what it corrects", "被更正业务的日期"))?;
    }
    budgets_suffice(context, &plan)?;
    let sum = |part: fn(&Correction) -> Amount| Amount::total(plan.iter().map(|(_, _, correction)| part(correction)));
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let run = AwardsCorrected {
        rulebook: rulebook.reference(),
        programme: programme.id.clone(),
        reason: command.reason.clone(),
        examined: count(plan.len()),
        left_out,
        granted_more: sum(|one| one.after.minus(one.before).floored_at_zero()),
        granted_less: sum(|one| one.before.minus(one.after).floored_at_zero()),
        corrections: count(plan.iter().filter(|(_, application, correction)| differs(application, correction)).count()),
    };
    Ok(Outcome::new(Event::AwardsCorrected(run), concerning_nobody()))
}

/// The corrections of the run, in the order of the applications.
pub(super) fn corrections(book: &Book, head: &Entry, run: &AwardsCorrected) -> Vec<Outcome> {
    let stamp = Stamp { sequence: head.sequence, recorded_at: head.recorded_at };
    let (day, today) = (head.effective_date, head.recorded_at.shanghai_date());
    let context = Context { book, stamp: &stamp, caller: &head.actor, day, late_for: head.late_for, today };
    let (rulebook, programme) = (run.rulebook.clone(), run.programme.clone());
    let command = CorrectAwards { rulebook, programme, reason: String::new() };
    let Some((rulebook, programme)) = version(book, &command) else { return Vec::new() };
    let (plan, _) = plan(&context, rulebook, programme);
    let changed = plan.into_iter().filter(|(_, application, correction)| differs(application, correction));
    changed.map(|(id, application, correction)| outcome(&context, (id, &application), correction)).collect()
}

fn version<'a>(book: &'a Book, command: &CorrectAwards) -> Option<(&'a Rulebook, &'a Programme)> {
    let rulebook = book.rulebook(&command.rulebook)?;
    Some((rulebook.as_ref(), rulebook.programme(&command.programme)?))
}

/// What becomes of each application that the version reaches; how many are left out.
type Plan<'a> = Vec<(ApplicationId, Held<'a, Application>, Correction)>;

fn plan<'a>(context: &Context<'a>, rulebook: &'a Rulebook, programme: &'a Programme) -> (Plan<'a>, u32) {
    let reached = context.book.applications.iter().filter(|(_, one)| reaches(context.book, rulebook, programme, one));
    let (taken, left_out): (Vec<_>, Vec<_>) = reached.partition(|(_, one)| can_be_corrected(programme, one));
    let mut past = Past::new(context.book, programme);
    for (_, application) in &taken {
        past.give_back(application);
    }
    let judged = taken.into_iter().map(|(id, application)| {
        let correction = past.judge(context, rulebook, &application);
        (*id, application, correction)
    });
    (judged.collect(), u32::try_from(left_out.len()).unwrap_or(u32::MAX))
}

/// Whether the version decides this application, had it been adopted in time.
fn reaches(book: &Book, rulebook: &Rulebook, programme: &Programme, application: &Application) -> bool {
    if application.programme != programme.id || application.rulebook == rulebook.reference() {
        return false;
    }
    let filed_under = |loan: &Loan| {
        let kept = book.rulebook(&loan.rulebook).filter(|kept| kept.transition == Transition::Filing)?;
        kept.programme(&programme.id).map(|_| kept.id == rulebook.id && loan.filed_on >= rulebook.valid_from)
    };
    let loan = application.loan.and_then(|loan| book.loans.get(&loan));
    loan.as_deref().and_then(filed_under).unwrap_or_else(|| {
        let in_force = book.programme_on(&programme.id, application.submitted_on);
        in_force.is_some_and(|(version, _)| version.reference() == rulebook.reference())
    })
}

/// What an officer refused or the applicant took back is over. What is under clawback, was paid in a closing run, or
/// was corrected after its payment is left to a decision by hand.
fn can_be_corrected(programme: &Programme, application: &Application) -> bool {
    let same_payee = application.payee.is_none() == (programme.payee == Payee::Enterprise);
    let same_way = same_payee && application.waits_for_closing == programme.closing_run.is_some();
    let first_time =
        application.supplements.is_none() && (application.paid.is_none() || application.corrections.is_empty());
    let open = match application.state {
        ApplicationState::Submitted
        | ApplicationState::Approved
        | ApplicationState::AwaitingClosing
        | ApplicationState::Paid => true,
        ApplicationState::Refused => application.refusal.is_some(),
        ApplicationState::Withdrawn | ApplicationState::ClawbackDemanded | ApplicationState::ClawedBack => false,
    };
    open && same_way && first_time && application.closed.is_none()
}

/// Whether there is anything to record: an amount, the sums that it counts toward, or evidence that it leaves to others:
/// the same award may now be proven by less of an invoice, of which an earlier application takes more.
fn differs(application: &Application, correction: &Correction) -> bool {
    let mut lines = application.lines.iter().zip(&correction.lines);
    lines.any(|(line, now)| {
        let other_caps = line.cap_uses != now.cap_uses || line.wide_uses != now.wide_uses;
        let less_evidence = now.evidence_used < line.evidence.1;
        line.award != now.award || (line.award.is_positive() && (other_caps || less_evidence))
    })
}

/// The running sums with the recomputed applications taken out and put in again one by one.
struct Past<'a> {
    book: &'a Book,
    programme: &'a Programme,
    caps: BTreeMap<CapKey, Amount>,
    evidence: BTreeMap<EvidenceKey, Amount>,
    wide: BTreeMap<WideKey, Amount>,
    grants: BTreeMap<Uscc, i64>,
    /// Granted applications of an enterprise.
    granted: BTreeMap<Uscc, i64>,
    /// Days of interest on a loan.
    days: BTreeMap<LoanId, i64>,
    /// What was granted beyond what a budget had set aside.
    taken: BTreeMap<(BudgetLineId, FiscalYear), Amount>,
    /// What the application in hand can be paid from, less what its earlier lines took.
    left: Amount,
}

impl<'a> Past<'a> {
    fn new(book: &'a Book, programme: &'a Programme) -> Self {
        Self {
            book,
            programme,
            caps: BTreeMap::new(),
            evidence: BTreeMap::new(),
            wide: BTreeMap::new(),
            grants: BTreeMap::new(),
            granted: BTreeMap::new(),
            days: BTreeMap::new(),
            taken: BTreeMap::new(),
            left: Amount::ZERO,
        }
    }

    fn give_back(&mut self, application: &Application) {
        if application.state == ApplicationState::Refused {
            return;
        }
        count(&mut self.granted, application.enterprise, -1);
        for line in &application.lines {
            let held = Holding {
                caps: &line.cap_uses,
                wide: &line.wide_uses,
                award: line.award.negated(),
                evidence: line.evidence.1.negated(),
                interest: line.interest,
            };
            self.take(application.enterprise, line, &held);
        }
    }

    /// Takes an award into the sums; a negative one out of them.
    fn take(&mut self, enterprise: Uscc, line: &ApplicationLineState, held: &Holding<'_>) {
        for key in held.caps {
            let sum = self.caps.entry(key.clone()).or_default();
            *sum = sum.plus(held.award);
        }
        for key in held.wide {
            let sum = self.wide.entry(key.clone()).or_default();
            *sum = sum.plus(held.award);
        }
        let used = self.evidence.entry(line.evidence.0.clone()).or_default();
        *used = used.plus(held.evidence);
        if held.award.is_zero() {
            return;
        }
        let sign = if held.award.is_positive() { 1 } else { -1 };
        count(&mut self.grants, enterprise, sign);
        if let Some((loan, days)) = held.interest {
            count(&mut self.days, loan, i64::from(days).saturating_mul(sign));
        }
    }

    fn judge(&mut self, context: &Context<'_>, rulebook: &Rulebook, application: &Application) -> Correction {
        let funding = funding(context, self.programme, application);
        let available = self.book.budget(&funding.0, funding.1).available();
        let taken = self.taken.get(&funding).copied().unwrap_or_default();
        let before = if application.state == ApplicationState::Refused { Amount::ZERO } else { application.granted };
        self.left = available.minus(taken).floored_at_zero();
        let paid = application.paid.is_some();
        if !paid {
            self.left = self.left.plus(before);
        }
        let day = application.submitted_on;
        let then =
            Context { book: self.book, stamp: context.stamp, caller: context.caller, day, late_for: None, today: day };
        let facts = self.facts(&then, rulebook, application).unwrap_or_default();
        let choices = choose(self.programme, &facts, self);
        let mut choices = choices.into_iter();
        let mut lines = Vec::with_capacity(facts.len());
        let mut refusal = None;
        for (line, mut facts) in application.lines.iter().zip(facts) {
            facts.details.choices = choices.next().unwrap_or_default();
            facts.evidence_left = self.evidence_left(&line.source);
            let loan = facts.loan.as_ref().map(|loan| loan.loan);
            facts.details.interest_days_before = loan.map_or(0, |loan| self.interest_days(loan));
            // What a line was paid stays its own: what another line is owed back has not come back yet.
            let own = if paid { line.award } else { Amount::ZERO };
            self.left = self.left.plus(own);
            let verdict = judge_line(self.programme, &facts, self);
            self.left = self.left.minus(own.max(verdict.award));
            refusal = refusal.or(verdict.explanation.refusal);
            lines.push(self.decided(application, line, verdict));
        }
        let after = Amount::total(lines.iter().map(|line| line.award));
        if after.is_positive() {
            count(&mut self.granted, application.enterprise, 1);
        }
        let drawn = self.taken.entry(funding).or_default();
        *drawn = drawn.plus(drawn_by(application, before, &lines));
        Correction {
            run: context.stamp.sequence,
            rulebook: rulebook.reference(),
            before,
            after,
            lines,
            refusal: refusal.filter(|_| !after.is_positive()),
            restores_budget: self.programme.clawback.restores_budget,
        }
    }

    fn decided(&mut self, of: &Application, line: &ApplicationLineState, verdict: LineVerdict) -> CorrectedLine {
        let granted = verdict.award.is_positive();
        let evidence_used = if granted { verdict.eligible_cost } else { Amount::ZERO };
        let cap_uses = if granted { verdict.cap_uses } else { Vec::new() };
        let wide_uses = if granted { verdict.wide_uses } else { Vec::new() };
        let proof = self.book.evidence.get(&line.evidence.0);
        let interest = proof.and_then(|proof| Some((proof.loan?, proof.days())));
        let held =
            Holding { caps: &cap_uses, wide: &wide_uses, award: verdict.award, evidence: evidence_used, interest };
        self.take(of.enterprise, line, &held);
        CorrectedLine { award: verdict.award, evidence_used, cap_uses, wide_uses, explanation: verdict.explanation }
    }

    /// The facts of the lines on the day of application; `None` where what they name is not known any more.
    fn facts(&self, then: &Context<'_>, rulebook: &Rulebook, application: &Application) -> Option<Vec<LineFacts>> {
        let apply = ApplySubsidy {
            enterprise: application.enterprise,
            programme: application.programme.clone(),
            loan: application.loan,
            items: application.lines.iter().map(|line| line.source.clone()).collect(),
        };
        let programme = rulebook.programme(&application.programme)?;
        let mut applicant = Applicant::of(then, &apply, (rulebook, programme)).ok()?;
        for facts in applicant.loans.iter_mut().filter_map(|loan| loan.facts.as_mut()) {
            if let Some(loan) = self.book.loans.get(&facts.loan) {
                as_of(facts, &loan, then.day);
            }
        }
        let other = self.granted.get(&application.enterprise).copied().unwrap_or(0);
        // Loans and years are those of the applications as they stand; only applications are counted anew by the run.
        if programme.ordinal_of == OrdinalOf::Application {
            for loan in &mut applicant.loans {
                loan.ordinal = u32::try_from(i64::from(loan.ordinal).saturating_add(other)).unwrap_or(1);
            }
        }
        let lines = apply.items.iter().enumerate();
        lines.map(|line| line_facts(then, line, &applicant, self).ok()).collect()
    }
}

/// What a line holds of the running sums.
struct Holding<'a> {
    caps: &'a [CapKey],
    wide: &'a [WideKey],
    award: Amount,
    evidence: Amount,
    interest: Option<(LoanId, u32)>,
}

fn count<Key: Ord>(counts: &mut BTreeMap<Key, i64>, key: Key, by: i64) {
    let sum = counts.entry(key).or_default();
    *sum = sum.saturating_add(by);
}

impl Left for Past<'_> {
    fn evidence_left(&self, item: &CostItem) -> Amount {
        let known = self.book.evidence.get(&item.evidence);
        let left = known.map_or(item.evidence_total, |known| known.total.minus(known.cancelled).minus(known.used));
        let here = self.evidence.get(&item.evidence).copied().unwrap_or_default();
        left.minus(here).floored_at_zero()
    }

    fn interest_days(&self, loan: LoanId) -> u32 {
        let before = self.book.interest_days.get(&(self.programme.id.clone(), loan)).copied().unwrap_or(0);
        let here = self.days.get(&loan).copied().unwrap_or(0);
        u32::try_from(i64::from(before).saturating_add(here)).unwrap_or(0)
    }
}

/// What was not yet so on the day: a disbursement, an end that came later.
fn as_of(facts: &mut LoanFacts, loan: &Loan, day: CivilDate) {
    facts.disbursed_on = facts.disbursed_on.filter(|disbursed| *disbursed <= day);
    facts.ended_on = facts.ended_on.filter(|ended| *ended <= day);
    if loan.ended_on.is_some_and(|ended| ended > day) {
        facts.details.repaid = Some(false);
    }
}

/// Where more money would come from: what is not paid draws on its own budget year, a supplement on today's.
fn funding(context: &Context<'_>, programme: &Programme, application: &Application) -> (BudgetLineId, FiscalYear) {
    if application.paid.is_some() { (programme.budget.clone(), context.day.year()) } else { application.budget.clone() }
}

/// What a correction draws on the budget: of a paid award, what each line comes to more; else the difference.
fn drawn_by(application: &Application, before: Amount, lines: &[CorrectedLine]) -> Amount {
    if application.waits_for_closing {
        return Amount::ZERO;
    }
    if application.paid.is_some() {
        let lines = application.lines.iter().zip(lines);
        return Amount::total(lines.map(|(line, now)| now.award.minus(line.award).floored_at_zero()));
    }
    Amount::total(lines.iter().map(|line| line.award)).minus(before)
}

fn budgets_suffice(context: &Context<'_>, plan: &Plan<'_>) -> Result<(), Rejection> {
    let mut drawn: BTreeMap<(BudgetLineId, FiscalYear), Amount> = BTreeMap::new();
    for (_, application, correction) in plan {
        let line = application.budget.0.clone();
        let year = if application.paid.is_some() { context.day.year() } else { application.budget.1 };
        let sum = drawn.entry((line, year)).or_default();
        *sum = sum.plus(drawn_by(application, correction.before, &correction.lines));
    }
    for ((line, year), sum) in drawn {
        let available = context.book.budget(&line, year).available();
        if sum.is_positive() && sum > available {
            return Err(exceeds("programme_id", sum, available, text("what the budget has available", "可用预算")));
        }
    }
    Ok(())
}

fn outcome(context: &Context<'_>, (id, application): (ApplicationId, &Application), correction: Correction) -> Outcome {
    let postings = postings(context, application, &correction);
    let loan = application.loan.and_then(|loan| context.book.loans.get(&loan));
    let concerns =
        Concerns { institution: loan.map(|loan| loan.terms.bank.clone()), enterprise: Some(application.enterprise) };
    let change = ApplicationChange::Corrected(Box::new(correction));
    Outcome::new(Event::ApplicationChanged(ApplicationChanged { application: id, change }), concerns).with(postings)
}

fn postings(context: &Context<'_>, application: &Application, correction: &Correction) -> Vec<Posting> {
    let drawn = drawn_by(application, correction.before, &correction.lines);
    let paid = application.paid.is_some();
    let (line, year) = application.budget.clone();
    let year = if paid { context.day.year() } else { year };
    let mut postings =
        transfer(Account::BudgetReserved(line.clone(), year), Account::BudgetAvailable(line, year), drawn);
    let owed = if paid { application.receivable() } else { application.payable() };
    for (line, now) in application.lines.iter().zip(&correction.lines) {
        let expense = Account::SubsidyExpense(line.item);
        if paid {
            let less = line.award.minus(now.award).floored_at_zero();
            postings.extend(transfer(owed.clone(), expense, less));
        } else if application.state == ApplicationState::Approved {
            postings.extend(transfer(expense, owed.clone(), now.award.minus(line.award)));
        }
    }
    postings
}

impl Usage for Past<'_> {
    fn used(&self, key: &CapKey) -> Amount {
        self.book.cap_used(key).plus(self.caps.get(key).copied().unwrap_or_default())
    }

    fn earlier_grants(&self, programme: &ProgrammeId, enterprise: Uscc) -> u32 {
        let before = self.book.grants.get(&(programme.clone(), enterprise)).copied().unwrap_or(0);
        let here = if *programme == self.programme.id { self.grants.get(&enterprise).copied() } else { None };
        u32::try_from(i64::from(before).saturating_add(here.unwrap_or(0))).unwrap_or(0)
    }

    fn used_by_all(&self, key: &WideKey) -> Option<Amount> {
        let before = self.book.wide_use.get(key).copied().unwrap_or_default();
        Some(before.plus(self.wide.get(key).copied().unwrap_or_default()))
    }

    fn budget_left(&self, _: &BudgetLineId, _: FiscalYear) -> Amount {
        self.left
    }
}
