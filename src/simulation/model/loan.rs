//! A loan's life: filed → disbursed → repaying → settled | overdue → cured | non-performing …

use crate::book::nouns::{LoanTerms, Role};
use crate::decide::command::Command;
use crate::decide::rejection::Reason;
use crate::identifier::LoanId;
use crate::rulebook::refusal::Refusal;

use super::life::{LoanStanding, exposure};
use super::registry::RightIs;
use super::schemes::Scheme;
use super::{Ask, LoanFact, Model, Verdict, What, Wrongs, days, fen, reject, take, transfer};

const PAYING: &[&str] = &["disbursed", "repaying", "overdue", "non-performing"];

impl Model {
    pub(super) fn judge_loan(&self, ask: &Ask<'_>, command: &Command) -> Verdict {
        let id = match command {
            Command::FileLoan(terms) => return self.judge_filing(ask, terms),
            Command::DisburseLoan(id, _)
            | Command::RecordInterestPayment(id, _)
            | Command::ExtendLoan(id, _)
            | Command::MarkLoanOverdue(id, _)
            | Command::MarkLoanNonPerforming(id)
            | Command::MarkLoanCured(id)
            | Command::SettleLoan(id)
            | Command::CloseLoan(id)
            | Command::WithdrawLoan(id, _) => *id,
            Command::RecordPrincipalPayment(payment) => payment.loan,
            _ => unreachable!("not a command of a loan"),
        };
        let Some(loan) = self.visible_loan(ask, id) else { return reject(Reason::LoanUnknown) };
        let id = id.number();
        match command {
            Command::DisburseLoan(..) | Command::RecordInterestPayment(..) | Command::RecordPrincipalPayment(_) => {
                judge_money(ask, id, &loan, &self.references_of(id), command)
            }
            Command::ExtendLoan(..) | Command::MarkLoanOverdue(..) => judge_dates(ask, id, &loan, command),
            Command::MarkLoanNonPerforming(_) | Command::MarkLoanCured(_) => {
                let mut wrongs = Wrongs::default();
                wrongs.when(loan.state != "overdue", Reason::StateForbids);
                wrongs.when(loan.overdue_since.is_some_and(|since| ask.day < since), Reason::DateOutOfRange);
                let cured = matches!(command, Command::MarkLoanCured(_));
                wrongs.or(|| take(if cured { What::Cured(id) } else { What::NonPerforming(id) }))
            }
            Command::SettleLoan(_) => {
                let mut wrongs = allowed(&loan, PAYING);
                wrongs.when(ask.day < loan.last_event, Reason::DateOutOfRange);
                wrongs.when(loan.outstanding() > 0, Reason::StateForbids);
                ends(wrongs, &loan, What::Settled(id))
            }
            Command::CloseLoan(_) => {
                let mut wrongs = allowed(&loan, &["settled", "recovering"]);
                wrongs.when(ask.day < loan.last_event, Reason::DateOutOfRange);
                let claim = loan.claim.and_then(|claim| self.claim(claim));
                let owes = claim.is_some_and(|claim| claim.returned < claim.fact.judged.pool);
                wrongs.when(owes, Reason::StateForbids);
                ends(wrongs, &loan, What::LoanClosed(id))
            }
            Command::WithdrawLoan(..) => {
                let mut wrongs = allowed(&loan, &["filed"]);
                wrongs.when(ask.day < loan.filed, Reason::DateOutOfRange);
                ends(wrongs, &loan, What::LoanWithdrawn(id))
            }
            _ => unreachable!("not a command of a loan"),
        }
    }

    fn judge_filing(&self, ask: &Ask<'_>, terms: &LoanTerms) -> Verdict {
        let mut wrongs = Wrongs::default();
        wrongs.when(self.institution(&terms.bank) != Some(true), Reason::InstitutionUnknown);
        wrongs.when(!self.knows(terms.borrower), Reason::EnterpriseUnknown);
        // A withdrawn filing was none; the contract may be filed again.
        let known = self.loans().values().any(|other| {
            let same = other.terms.bank == terms.bank && other.terms.contract == terms.contract.to_string();
            same && other.state != "withdrawn"
        });
        wrongs.when(known, Reason::AlreadyExists);
        let (signed, matures) = (days(terms.signed_on), days(terms.matures_on));
        wrongs.when(ask.day < signed || matures < signed || ask.day > matures, Reason::DateOutOfRange);
        wrongs.when(terms.ip_part > terms.principal, Reason::AmountExceeds);
        for key in &terms.pledges {
            match self.visible_pledge(ask, key) {
                Some(pledge) if pledge.details.pledgor == terms.borrower => {
                    wrongs.when(!pledge.is_active_on(ask.day), Reason::StateForbids);
                }
                Some(_) | None => wrongs.when(true, Reason::PledgeUnknown),
            }
        }
        if !wrongs.0.is_empty() {
            return Verdict::Reject(wrongs.0);
        }
        let refusals = self.refusals_of_filing(ask, terms);
        if !refusals.is_empty() {
            return Verdict::Refuse(refusals);
        }
        let scheme = match self.scheme_of_filing(ask, terms) {
            Ok(scheme) => scheme,
            Err(reason) => return reject(reason),
        };
        let loan = LoanFact {
            bank: terms.bank.clone(),
            contract: terms.contract.to_string(),
            borrower: terms.borrower,
            principal: fen(terms.principal),
            ip_part: fen(terms.ip_part),
            signed,
            matures,
            pledges: terms.pledges.clone(),
            scheme,
            in_pool: terms.pool.is_some(),
        };
        self.judge_cover(loan)
    }

    /// A blacklisted borrower; a right that is not in force, or already secures a loan.
    fn refusals_of_filing(&self, ask: &Ask<'_>, terms: &LoanTerms) -> Vec<Refusal> {
        let mut refusals = Vec::new();
        if self.is_listed_on(terms.borrower, ask.day) {
            refusals.push(Refusal::EnterpriseBlacklisted);
        }
        let pledges = terms.pledges.iter().filter_map(|key| self.pledge(key));
        let rights: Vec<_> = pledges.flat_map(|pledge| pledge.details.rights.clone()).collect();
        if rights.iter().any(|right| self.right_on(right, ask.day) != Some(RightIs::InForce)) {
            refusals.push(Refusal::RightNotInForce);
        }
        let loans = self.loans();
        let mut taken = loans
            .values()
            .filter(|loan| loan.is_live() && loan.terms.pledges.iter().any(|key| terms.pledges.contains(key)));
        if taken.next().is_some() {
            refusals.push(Refusal::RightAlreadyPledged);
        }
        refusals
    }

    /// The rules of its pool; without one, those in force that began last.
    fn scheme_of_filing(&self, ask: &Ask<'_>, terms: &LoanTerms) -> Result<Scheme, Reason> {
        let in_force = |scheme: &Scheme| self.in_force(*scheme, ask.day);
        if let Some(pool) = &terms.pool {
            return Scheme::of_pool(pool.as_str()).filter(in_force).ok_or(Reason::PoolUnknown);
        }
        let all = Scheme::ALL.into_iter().filter(in_force);
        all.max_by_key(|scheme| scheme.valid_from()).ok_or(Reason::RulebookConflict)
    }

    /// What the pool says: it must have room for the loan under its leverage.
    fn judge_cover(&self, loan: LoanFact) -> Verdict {
        let promised = exposure(&loan, 0);
        if loan.in_pool && promised == 0 {
            return Verdict::Refuse(vec![Refusal::LossNotCovered]);
        }
        let pool = self.pool(loan.scheme);
        let exceeds = |limit: i128| pool.exposure + promised > limit * pool.free;
        if loan.in_pool && loan.scheme.leverage().is_some_and(exceeds) {
            return Verdict::Refuse(vec![Refusal::PoolLeverageExceeded]);
        }
        let postings = exposure_moves(loan.scheme, promised);
        Verdict::Take(What::Loan(Box::new(loan)), postings)
    }

    /// A bank sees its own loans only, an enterprise its own.
    pub(super) fn visible_loan(&self, ask: &Ask<'_>, id: LoanId) -> Option<LoanStanding> {
        self.loan(id.number()).filter(|loan| match ask.caller.role {
            Role::Bank => ask.caller.institution.as_ref() == Some(&loan.terms.bank),
            Role::Enterprise => ask.caller.enterprise == Some(loan.terms.borrower),
            _ => true,
        })
    }
}

/// The references of a loan's payments so far.
struct References {
    interest: Vec<String>,
    principal: Vec<String>,
}

impl Model {
    fn references_of(&self, loan: u64) -> References {
        let mut references = References { interest: Vec::new(), principal: Vec::new() };
        for fact in &self.facts {
            match &fact.what {
                _ if self.is_undone(fact.seq) => {}
                What::Interest(id, _, reference) if *id == loan => references.interest.push(reference.clone()),
                What::Principal(id, _, reference) if *id == loan => references.principal.push(reference.clone()),
                _ => {}
            }
        }
        references
    }
}

fn judge_money(ask: &Ask<'_>, id: u64, loan: &LoanStanding, references: &References, command: &Command) -> Verdict {
    let before_money = loan.disbursed_on.is_some_and(|first| ask.day < first);
    match command {
        Command::DisburseLoan(_, amount) => {
            let mut wrongs = allowed(loan, &["filed", "disbursed", "repaying"]);
            wrongs.when(ask.day < loan.terms.signed || ask.day > loan.matures, Reason::DateOutOfRange);
            wrongs.when(fen(*amount) > loan.terms.principal - loan.disbursed, Reason::AmountExceeds);
            wrongs.or(|| take(What::Disbursed(id, fen(*amount))))
        }
        Command::RecordInterestPayment(_, payment) => {
            let mut wrongs = allowed(loan, PAYING);
            let (from, to) = (days(payment.period_from), days(payment.period_to));
            let before_period = loan.disbursed_on.is_some_and(|first| from < first);
            wrongs.when(before_money || before_period || to < from, Reason::DateOutOfRange);
            wrongs.when(references.interest.contains(&payment.reference), Reason::AlreadyExists);
            wrongs.or(|| take(What::Interest(id, fen(payment.amount), payment.reference.clone())))
        }
        Command::RecordPrincipalPayment(payment) => {
            let mut wrongs = allowed(loan, PAYING);
            wrongs.when(before_money, Reason::DateOutOfRange);
            wrongs.when(fen(payment.amount) > loan.outstanding(), Reason::AmountExceeds);
            wrongs.when(references.principal.contains(&payment.reference), Reason::AlreadyExists);
            wrongs.or(|| {
                let after = exposure(&loan.terms, loan.repaid + fen(payment.amount));
                let fact = What::Principal(id, fen(payment.amount), payment.reference.clone());
                Verdict::Take(fact, moves(loan, after))
            })
        }
        _ => unreachable!("not money of a loan"),
    }
}

fn judge_dates(ask: &Ask<'_>, id: u64, loan: &LoanStanding, command: &Command) -> Verdict {
    match command {
        Command::ExtendLoan(_, matures) => {
            let mut wrongs = allowed(loan, &["disbursed", "repaying", "overdue"]);
            wrongs.when(loan.disbursed_on.is_some_and(|first| ask.day < first), Reason::DateOutOfRange);
            wrongs.when(days(*matures) <= loan.matures, Reason::DateOutOfRange);
            wrongs.or(|| take(What::Extended(id, days(*matures))))
        }
        Command::MarkLoanOverdue(_, since) => {
            let since = days(*since);
            let mut wrongs = allowed(loan, &["disbursed", "repaying"]);
            wrongs.when(loan.disbursed_on.is_some_and(|first| since < first), Reason::DateOutOfRange);
            wrongs.when(since > ask.day, Reason::DateOutOfRange);
            wrongs.or(|| take(What::Overdue(id, since)))
        }
        _ => unreachable!("not a date of a loan"),
    }
}

fn allowed(loan: &LoanStanding, states: &[&str]) -> Wrongs {
    let mut wrongs = Wrongs::default();
    wrongs.when(!states.contains(&loan.state), Reason::StateForbids);
    wrongs
}

/// The end of a loan: the pool is free of it.
fn ends(wrongs: Wrongs, loan: &LoanStanding, what: What) -> Verdict {
    wrongs.or(|| Verdict::Take(what, moves(loan, 0)))
}

pub(super) fn moves(loan: &LoanStanding, after: i128) -> Vec<(String, i128)> {
    exposure_moves(loan.terms.scheme, after - loan.exposure)
}

pub(super) fn exposure_moves(scheme: Scheme, fen: i128) -> Vec<(String, i128)> {
    transfer(scheme.account("exposure"), scheme.account("exposure-contra"), fen)
}
