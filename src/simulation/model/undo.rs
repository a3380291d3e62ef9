//! Entries that are undone by another entry, and years that are closed.

use crate::book::nouns::{Month, Role};
use crate::calendar::FiscalYear;
use crate::decide::command::{CloseYear, ReverseEntry};
use crate::decide::rejection::Reason;

use super::life::{LoanStanding, exposure};
use super::loan::moves;
use super::schemes::BUDGET;
use super::subsidy::budget;
use super::{Ask, Fact, Model, Proof, Verdict, What, Wrongs, reject, transfer};

/// The states in which what a bank reported may be taken back.
const CORRECTABLE: &[&str] = &["disbursed", "repaying", "overdue", "non-performing"];

impl Model {
    pub(super) fn is_undone(&self, seq: u64) -> bool {
        self.facts.iter().any(|fact| matches!(fact.what, What::Undone(undone, _) if undone == seq))
    }

    /// Money that was reported or moved may be taken back, by the bank that reported it, or by finance and another
    /// person; never twice, never before its own day, and only where nothing was built on it.
    pub(super) fn judge_reversal(&self, ask: &Ask<'_>, command: &ReverseEntry) -> Verdict {
        let seq = command.sequence.value();
        let known = self.facts.iter().find(|fact| fact.seq == seq).filter(|_| command.entry.is_some());
        let Some(fact) = known else { return reject(Reason::EntryUnknown) };
        let of_a_loan = match fact.what {
            What::Disbursed(loan, _) | What::Interest(loan, ..) | What::Principal(loan, ..) => Some(loan),
            What::PoolIn(..)
            | What::PoolOut(..)
            | What::PoolInterest(..)
            | What::Appropriated(..)
            | What::Adjusted(..)
            | What::Paid(_)
            | What::ClaimPaid(_) => None,
            _ => return reject(Reason::StateForbids),
        };
        if ask.is(Role::Bank) != of_a_loan.is_some() {
            return reject(Reason::EntryUnknown);
        }
        let loan = of_a_loan.and_then(|id| self.loan(id));
        let own = |loan: &LoanStanding| ask.caller.institution.as_ref() == Some(&loan.terms.bank);
        if loan.as_ref().is_some_and(|loan| !own(loan)) {
            return reject(Reason::EntryUnknown);
        }
        let mut wrongs = Wrongs::default();
        wrongs.when(of_a_loan.is_none() && ask.person() == fact.person, Reason::SamePerson);
        wrongs.when(self.is_undone(seq), Reason::StateForbids);
        wrongs.when(ask.day < fact.day, Reason::DateOutOfRange);
        let postings = match &loan {
            Some(loan) => self.undo_of_loan(fact, loan, &mut wrongs),
            None => self.undo_of_money(fact, &mut wrongs),
        };
        wrongs.or(|| Verdict::Take(What::Undone(seq, Box::new(fact.what.clone())), postings))
    }

    fn undo_of_loan(&self, fact: &Fact, loan: &LoanStanding, wrongs: &mut Wrongs) -> Vec<(String, i128)> {
        wrongs.when(!CORRECTABLE.contains(&loan.state), Reason::StateForbids);
        match fact.what {
            What::Disbursed(_, fen) => {
                let left = loan.disbursed - fen;
                wrongs.when(left < loan.repaid || (left == 0 && loan.interest != 0), Reason::StateForbids);
                Vec::new()
            }
            What::Interest(..) => {
                wrongs.when(self.used_up(&Proof::Interest(fact.seq)) > 0, Reason::StateForbids);
                Vec::new()
            }
            What::Principal(_, fen, _) => moves(loan, exposure(&loan.terms, loan.repaid - fen)),
            _ => unreachable!("not money of a loan"),
        }
    }

    fn undo_of_money(&self, fact: &Fact, wrongs: &mut Wrongs) -> Vec<(String, i128)> {
        match &fact.what {
            What::PoolIn(scheme, _, fen) | What::PoolInterest(scheme, fen) => {
                wrongs.when(*fen > self.pool(*scheme).free, Reason::AmountExceeds);
            }
            What::Appropriated(year, fen) | What::Adjusted(year, fen) => {
                wrongs.when(self.is_year_closed(*year), Reason::PeriodClosed);
                wrongs.when(*fen > self.available(*year), Reason::AmountExceeds);
            }
            What::Paid(id) => {
                let state = self.application(*id).map(|application| application.state);
                wrongs.when(state != Some("paid"), Reason::StateForbids);
            }
            What::ClaimPaid(id) => {
                let state = self.claim(*id).map(|claim| claim.state);
                wrongs.when(state != Some("paid"), Reason::StateForbids);
            }
            _ => {}
        }
        fact.postings.iter().map(|(account, fen)| (account.clone(), -fen)).collect()
    }

    pub(super) fn is_year_closed(&self, year: i16) -> bool {
        self.facts.iter().any(|fact| matches!(fact.what, What::YearClosed { year: closed, .. } if closed == year))
    }

    /// Whether anything was ever appropriated for the year, or carried over into it.
    pub(super) fn has_budget(&self, year: i16) -> bool {
        self.facts.iter().any(|fact| match fact.what {
            What::Appropriated(of, _) => of == year,
            What::YearClosed { year: closed, left, carried } => carried && left > 0 && closed + 1 == year,
            _ => false,
        })
    }

    /// What a year's end added to the budget of a year, or took off it.
    pub(super) fn at_year_ends(&self, year: i16) -> i128 {
        let moved = self.facts.iter().map(|fact| match fact.what {
            What::YearClosed { year: closed, left, .. } if closed == year => -left,
            What::YearClosed { year: closed, left, carried: true } if closed + 1 == year => left,
            _ => 0,
        });
        moved.sum()
    }

    /// All twelve months are closed, and the lines to carry over have a budget. What is left goes, into the next year
    /// or away.
    pub(super) fn judge_year_end(&self, command: &CloseYear) -> Verdict {
        let year = command.year.value();
        let mut wrongs = Wrongs::default();
        wrongs.when(self.is_year_closed(year), Reason::StateForbids);
        let fiscal = FiscalYear::from_value(year).expect("a year of this century");
        let is_closed = |month: u8| {
            let wanted = Month { year: fiscal, month };
            self.facts.iter().any(|fact| matches!(fact.what, What::MonthClosed(closed, _) if closed == wanted))
        };
        wrongs.when(!(1..=12).all(is_closed), Reason::OpenItems);
        let known = |line: &str| line == BUDGET && self.has_budget(year);
        wrongs.when(command.carried.iter().any(|line| !known(line.as_str())), Reason::BudgetUnknown);
        let left = if self.has_budget(year) { self.available(year).max(0) } else { 0 };
        let carried = command.carried.iter().any(|line| line.as_str() == BUDGET);
        let mut postings = transfer(budget(year, "appropriated"), budget(year, "available"), left);
        if carried {
            postings.extend(transfer(budget(year + 1, "available"), budget(year + 1, "appropriated"), left));
        }
        wrongs.or(|| Verdict::Take(What::YearClosed { year, left, carried: carried && left > 0 }, postings))
    }
}
