//! The pool's money and the claims on it.

use crate::book::nouns::Role;
use crate::decide::command::{Command, RecordRecovery};
use crate::decide::rejection::Reason;
use crate::identifier::{ClaimId, InstitutionId, LoanId};
use crate::money::Amount;
use crate::rulebook::refusal::Refusal;

use super::life::{ClaimStanding, LoanStanding, half_up};
use super::loan::exposure_moves;
use super::schemes::{Scheme, hebi};
use super::{Ask, ClaimFact, Judged, Model, Verdict, What, Wrongs, fen, reject, transfer};

impl Model {
    pub(super) fn judge_pool(&self, ask: &Ask<'_>, command: &Command) -> Verdict {
        match command {
            Command::ContributeToPool(paid) => {
                let Some(scheme) = self.known_pool(paid.pool.as_str()) else { return reject(Reason::PoolUnknown) };
                let capital = scheme.account(&format!("capital/{}", paid.funder));
                let postings = transfer(scheme.account("cash"), capital, fen(paid.amount));
                Verdict::Take(What::PoolIn(scheme, paid.funder.to_string(), fen(paid.amount)), postings)
            }
            Command::WithdrawFromPool(taken) => {
                let Some(scheme) = self.known_pool(taken.pool.as_str()) else { return reject(Reason::PoolUnknown) };
                let (pool, amount) = (self.pool(scheme), fen(taken.amount));
                let funder = taken.funder.to_string();
                let mut wrongs = Wrongs::default();
                let paid_in = pool.funders.get(&funder).copied().unwrap_or(0);
                let claims = self.claims();
                let waiting = claims.values().filter(|claim| claim.state == "deferred" && claim.fact.scheme == scheme);
                let spare = pool.free - waiting.map(|claim| claim.fact.judged.pool).sum::<i128>();
                wrongs.when(amount > paid_in || amount > spare, Reason::AmountExceeds);
                let exceeds = |limit: i128| pool.exposure > limit * (pool.free - amount);
                wrongs.when(scheme.leverage().is_some_and(exceeds), Reason::AmountExceeds);
                let capital = scheme.account(&format!("capital/{funder}"));
                let postings = transfer(capital, scheme.account("cash"), amount);
                wrongs.or(|| Verdict::Take(What::PoolOut(scheme, funder, amount), postings))
            }
            Command::RecordPoolInterest(interest) => {
                let Some(scheme) = self.known_pool(interest.pool.as_str()) else { return reject(Reason::PoolUnknown) };
                let postings = transfer(scheme.account("cash"), scheme.account("interest"), fen(interest.amount));
                Verdict::Take(What::PoolInterest(scheme, fen(interest.amount)), postings)
            }
            Command::SubmitClaim(loan, loss) => self.judge_claim(ask, *loan, *loss),
            Command::RecordRecovery(recovery) => self.judge_recovery(ask, recovery),
            Command::ResumeClaim(id)
            | Command::ApproveClaim(id)
            | Command::RefuseClaim(id, _)
            | Command::PayClaim(id, _)
            | Command::WriteOffClaim(id) => match self.visible_claim(ask, *id) {
                None => reject(Reason::ClaimUnknown),
                Some(claim) => self.judge_step(ask, id.number(), &claim, command),
            },
            _ => unreachable!("not a command of the pool"),
        }
    }

    /// Its money is looked after whether or not its rule is in force.
    pub(super) fn known_pool(&self, pool: &str) -> Option<Scheme> {
        Scheme::of_pool(pool).filter(|scheme| self.is_adopted(*scheme))
    }

    fn judge_claim(&self, ask: &Ask<'_>, id: LoanId, loss: Amount) -> Verdict {
        let Some(loan) = self.visible_loan(ask, id) else { return reject(Reason::LoanUnknown) };
        let mut wrongs = Wrongs::default();
        wrongs.when(loan.state != "non-performing", Reason::StateForbids);
        wrongs.when(ask.day < loan.last_event, Reason::DateOutOfRange);
        wrongs.when(fen(loss) > loan.outstanding(), Reason::AmountExceeds);
        wrongs.when(!loan.terms.in_pool, Reason::PoolUnknown);
        wrongs.or(|| {
            let mut judged = self.judge_loss(ask, &loan, fen(loss), ask.year());
            // First come, first served.
            if judged.refusal.is_none() {
                judged.refusal = self.first_waiting(&loan.terms.bank, ask.year(), ask.seq);
            }
            let bank = loan.terms.bank.clone();
            let (scheme, year) = (loan.terms.scheme, ask.year());
            let claim = ClaimFact { loan: id.number(), scheme, bank, year, loss: fen(loss), judged };
            Verdict::Take(What::Claim(claim), Vec::new())
        })
    }

    /// The principal in proportion to the IP part, halved; if it is overdue long enough, if the bank's year is not
    /// above the breaker with it, and if the pool has the money free.
    fn judge_loss(&self, ask: &Ask<'_>, loan: &LoanStanding, loss: i128, year: i16) -> Judged {
        let refused = |refusal| Judged { covered: 0, pool: 0, bank: 0, refusal: Some(refusal) };
        if loan.terms.scheme == Scheme::Weihai {
            // 省级认定后市级补偿: nobody stated that the province recognised the loss.
            return refused(Refusal::FactMissing);
        }
        if loan.overdue_since.is_none_or(|since| ask.day - since <= hebi::OVERDUE_MORE_THAN) {
            return refused(Refusal::NotOverdueLongEnough);
        }
        let covered = loss * loan.terms.ip_part / loan.terms.principal;
        if covered == 0 {
            return refused(Refusal::LossNotCovered);
        }
        // What was overdue when it was filed is none of the pool's business.
        if loan.overdue_since.is_some_and(|since| since < loan.filed) {
            return refused(Refusal::LossNotCovered);
        }
        let pool = half_up(covered);
        let (filed, losses) = self.bank_year(Scheme::Hebi, &loan.terms.bank, year);
        let refusal = if (losses + covered) * 100 > filed * hebi::BREAKER {
            Some(Refusal::BreakerTripped)
        } else if pool > self.pool(Scheme::Hebi).free {
            Some(Refusal::PoolShort)
        } else {
            None
        };
        Judged { covered, pool, bank: covered - pool, refusal }
    }

    /// Why an earlier claim waits: one of the same bank and year, or any that waits for the pool's money.
    fn first_waiting(&self, bank: &InstitutionId, year: i16, before: u64) -> Option<Refusal> {
        let claims = self.claims();
        let mut waiting = claims.range(..before).filter(|(_, claim)| {
            let for_money = claim.fact.judged.refusal == Some(Refusal::PoolShort);
            let same_year = claim.fact.bank == *bank && claim.fact.year == year;
            claim.state == "deferred" && (same_year || for_money)
        });
        waiting.next().and_then(|(_, claim)| claim.fact.judged.refusal)
    }

    fn judge_step(&self, ask: &Ask<'_>, id: u64, claim: &ClaimStanding, command: &Command) -> Verdict {
        let states: &[&str] = match command {
            Command::ResumeClaim(_) => &["deferred"],
            Command::ApproveClaim(_) => &["under-review"],
            Command::RefuseClaim(..) => &["under-review", "deferred"],
            Command::PayClaim(..) => &["approved"],
            _ => &["paid", "recovering"],
        };
        let mut wrongs = Wrongs::default();
        wrongs.when(!states.contains(&claim.state), Reason::StateForbids);
        let approved = claim.approved.as_ref();
        let earliest = match command {
            Command::PayClaim(..) => approved.map(|(day, _)| *day),
            Command::WriteOffClaim(_) => claim.paid,
            _ => Some(claim.submitted),
        };
        wrongs.when(earliest.is_some_and(|earliest| ask.day < earliest), Reason::DateOutOfRange);
        let four_eyes = matches!(command, Command::ApproveClaim(_) | Command::RefuseClaim(..) | Command::PayClaim(..));
        wrongs.when(four_eyes && ask.person() == claim.submitter, Reason::SamePerson);
        let pays = matches!(command, Command::PayClaim(..));
        wrongs.when(pays && approved.is_some_and(|(_, who)| *who == ask.person()), Reason::SamePerson);
        if matches!(command, Command::ResumeClaim(_)) {
            wrongs.when(self.first_waiting(&claim.fact.bank, claim.fact.year, id).is_some(), Reason::OutOfOrder);
        }
        wrongs.or(|| self.step(ask, id, claim, command))
    }

    fn step(&self, ask: &Ask<'_>, id: u64, claim: &ClaimStanding, command: &Command) -> Verdict {
        let loan = self.loan(claim.fact.loan).expect("the claim's loan was accepted");
        let scheme = claim.fact.scheme;
        let (share, payable) = (claim.fact.judged.pool, scheme.account(&format!("payable/{}", claim.fact.bank)));
        match command {
            Command::ResumeClaim(_) => {
                let judged = self.judge_loss(ask, &loan, claim.fact.loss, claim.fact.year);
                Verdict::Take(What::Resumed(id, judged), Vec::new())
            }
            Command::ApproveClaim(_) => {
                let mut postings = transfer(scheme.account("compensation"), payable, share);
                postings.extend(exposure_moves(scheme, -loan.exposure));
                Verdict::Take(What::ClaimApproved(id), postings)
            }
            Command::RefuseClaim(..) => Verdict::Take(What::ClaimRefused(id), Vec::new()),
            Command::PayClaim(..) => {
                Verdict::Take(What::ClaimPaid(id), transfer(payable, scheme.account("cash"), share))
            }
            _ => Verdict::Take(What::WrittenOff(id), Vec::new()),
        }
    }

    /// What comes back, less its cost, is halved; the pool never gets more than it paid.
    fn judge_recovery(&self, ask: &Ask<'_>, recovery: &RecordRecovery) -> Verdict {
        let Some(claim) = self.visible_claim(ask, recovery.claim) else { return reject(Reason::ClaimUnknown) };
        let mut wrongs = Wrongs::default();
        wrongs.when(claim.paid.is_none(), Reason::StateForbids);
        wrongs.when(claim.paid.is_some_and(|paid| ask.day < paid), Reason::DateOutOfRange);
        wrongs.or(|| {
            let net = (fen(recovery.amount) - fen(recovery.cost)).max(0);
            let to_pool = half_up(net).min(claim.fact.judged.pool - claim.returned);
            let what = What::Recovered { claim: recovery.claim.number(), to_pool, to_bank: net - to_pool };
            let scheme = claim.fact.scheme;
            Verdict::Take(what, transfer(scheme.account("cash"), scheme.account("recovered"), to_pool))
        })
    }

    /// A bank sees its own claims only.
    fn visible_claim(&self, ask: &Ask<'_>, id: ClaimId) -> Option<ClaimStanding> {
        self.claim(id.number())
            .filter(|claim| !ask.is(Role::Bank) || ask.caller.institution.as_ref() == Some(&claim.fact.bank))
    }
}
