//! Where loans, applications and claims stand: read off the list of facts from its start, each time anew.

use std::collections::BTreeMap;

use super::schemes::Scheme;
use super::{AppFact, ClaimFact, Fact, LoanFact, Model, What, year_of};

#[derive(Debug, Clone)]
pub(super) struct LoanStanding {
    pub(super) id: u64,
    pub(super) terms: LoanFact,
    pub(super) filed: i32,
    /// The code of the state.
    pub(super) state: &'static str,
    pub(super) matures: i32,
    pub(super) disbursed: i128,
    pub(super) disbursed_on: Option<i32>,
    pub(super) repaid: i128,
    pub(super) interest: i128,
    pub(super) last_event: i32,
    pub(super) overdue_since: Option<i32>,
    pub(super) ended: Option<i32>,
    pub(super) exposure: i128,
    pub(super) claim: Option<u64>,
}

impl LoanStanding {
    pub(super) fn outstanding(&self) -> i128 {
        self.disbursed - self.repaid
    }

    pub(super) fn is_live(&self) -> bool {
        !["settled", "closed", "withdrawn"].contains(&self.state)
    }

    fn end(&mut self, state: &'static str, day: i32) {
        self.state = state;
        self.ended = Some(day);
        self.exposure = 0;
    }

    fn begin_repaying(&mut self) {
        if self.state == "disbursed" {
            self.state = "repaying";
        }
    }
}

/// In 鹤壁 the pool's half of what is left of the IP part, in 威海 its fifth of what is left of the principal; each step
/// rounded up, so that no promise is understated.
pub(super) fn exposure(terms: &LoanFact, repaid: i128) -> i128 {
    if !terms.in_pool {
        return 0;
    }
    if terms.scheme == Scheme::Weihai {
        return (terms.principal - repaid + 4) / 5;
    }
    let left = terms.ip_part * (terms.principal - repaid);
    half_up(left / terms.principal + i128::from(left % terms.principal != 0))
}

/// Half of an amount, the odd fen included: the pool stands first in the vector of the shares.
pub(super) fn half_up(fen: i128) -> i128 {
    (fen + 1) / 2
}

/// A subsidy application.
#[derive(Debug, Clone)]
pub(crate) struct AppStanding {
    pub(super) fact: AppFact,
    pub(super) submitted: i32,
    pub(super) submitter: String,
    pub(super) state: &'static str,
    pub(super) approved: Option<(i32, String)>,
    pub(super) paid: Option<i32>,
    pub(super) demanded: i128,
    pub(super) given_back: i128,
}

impl AppStanding {
    /// Whether it counts toward caps, evidence and budget.
    pub(super) fn counts(&self) -> bool {
        !["refused", "withdrawn"].contains(&self.state)
    }

    /// What came back of each line: demands and money fill the lines in their order.
    pub(super) fn given_back_by_line(&self) -> Vec<i128> {
        let demanded = fill(self.fact.lines.iter().map(|line| line.award), self.demanded);
        fill(demanded.into_iter(), self.given_back)
    }
}

/// Fills rooms in their order.
pub(super) fn fill(rooms: impl Iterator<Item = i128>, mut amount: i128) -> Vec<i128> {
    let mut parts = Vec::new();
    for room in rooms {
        let part = room.min(amount);
        amount -= part;
        parts.push(part);
    }
    parts
}

/// A claim on the pool.
#[derive(Debug, Clone)]
pub(crate) struct ClaimStanding {
    pub(super) fact: ClaimFact,
    pub(super) submitted: i32,
    pub(super) submitter: String,
    pub(super) state: &'static str,
    pub(super) approved: Option<(i32, String)>,
    pub(super) paid: Option<i32>,
    pub(super) returned: i128,
}

impl ClaimStanding {
    /// Whether its loss counts toward the bank's year.
    pub(super) fn counts(&self) -> bool {
        !["refused", "deferred"].contains(&self.state)
    }
}

impl Model {
    pub(super) fn loans(&self) -> BTreeMap<u64, LoanStanding> {
        let mut loans = BTreeMap::new();
        for fact in &self.facts {
            if let What::Loan(terms) = &fact.what {
                loans.insert(fact.seq, filed(fact, terms));
            }
            let Some(id) = loan_of(&fact.what, self) else { continue };
            let Some(loan) = loans.get_mut(&id) else { continue };
            live(loan, fact);
        }
        loans
    }

    pub(super) fn loan(&self, id: u64) -> Option<LoanStanding> {
        let mut standing = None;
        for fact in &self.facts {
            match &fact.what {
                What::Loan(terms) if fact.seq == id => standing = Some(filed(fact, terms)),
                _ => {}
            }
            if let Some(loan) = standing.as_mut().filter(|_| loan_of(&fact.what, self) == Some(id)) {
                live(loan, fact);
            }
        }
        standing
    }

    pub(crate) fn applications(&self) -> BTreeMap<u64, AppStanding> {
        let mut applications = BTreeMap::new();
        for fact in &self.facts {
            match &fact.what {
                What::Applied(applied) => {
                    let state = if applied.granted() > 0 { "submitted" } else { "refused" };
                    let standing = AppStanding {
                        fact: applied.clone(),
                        submitted: fact.day,
                        submitter: fact.person.clone(),
                        state,
                        approved: None,
                        paid: None,
                        demanded: 0,
                        given_back: 0,
                    };
                    applications.insert(fact.seq, standing);
                }
                What::Approved(id)
                | What::AppRefused(id)
                | What::AppWithdrawn(id)
                | What::Paid(id)
                | What::Demanded(id, _)
                | What::GivenBack(id, _) => {
                    let standing = applications.get_mut(id).expect("the application was accepted before");
                    go_on(standing, fact);
                }
                What::Undone(_, what) => {
                    if let What::Paid(id) = &**what {
                        let standing = applications.get_mut(id).expect("the application was accepted before");
                        (standing.state, standing.paid) = ("approved", None);
                    }
                }
                _ => {}
            }
        }
        applications
    }

    pub(super) fn application(&self, id: u64) -> Option<AppStanding> {
        self.applications().remove(&id)
    }

    pub(crate) fn claims(&self) -> BTreeMap<u64, ClaimStanding> {
        let mut claims = BTreeMap::new();
        for fact in &self.facts {
            match &fact.what {
                What::Claim(claim) => {
                    let standing = ClaimStanding {
                        fact: claim.clone(),
                        submitted: fact.day,
                        submitter: fact.person.clone(),
                        state: claim.judged.state(),
                        approved: None,
                        paid: None,
                        returned: 0,
                    };
                    claims.insert(fact.seq, standing);
                }
                What::Resumed(id, _)
                | What::ClaimApproved(id)
                | What::ClaimRefused(id)
                | What::ClaimPaid(id)
                | What::Recovered { claim: id, .. }
                | What::WrittenOff(id) => {
                    pursue(claims.get_mut(id).expect("the claim was accepted before"), fact);
                }
                What::Undone(_, what) => {
                    if let What::ClaimPaid(id) = &**what {
                        let claim = claims.get_mut(id).expect("the claim was accepted before");
                        (claim.state, claim.paid) = ("approved", None);
                    }
                }
                What::LoanClosed(loan) => {
                    // 追偿 has ended with the loan.
                    let paid = |claim: &&mut ClaimStanding| ["paid", "recovering"].contains(&claim.state);
                    for claim in claims.values_mut().filter(|claim| claim.fact.loan == *loan).filter(paid) {
                        claim.state = "closed";
                    }
                }
                _ => {}
            }
        }
        claims
    }

    pub(super) fn claim(&self, id: u64) -> Option<ClaimStanding> {
        self.claims().remove(&id)
    }
}

impl super::Judged {
    pub(super) fn state(&self) -> &'static str {
        match self.refusal {
            None => "under-review",
            Some(refusal) if refusal.defers() => "deferred",
            Some(_) => "refused",
        }
    }
}

/// The loan that a fact is about.
fn loan_of(what: &What, model: &Model) -> Option<u64> {
    let loan_of_claim = |claim: u64| {
        model.facts.iter().find(|fact| fact.seq == claim).and_then(|fact| match &fact.what {
            What::Claim(claim) => Some(claim.loan),
            _ => None,
        })
    };
    match what {
        What::Disbursed(loan, _)
        | What::Interest(loan, ..)
        | What::Principal(loan, ..)
        | What::Extended(loan, _)
        | What::Overdue(loan, _)
        | What::NonPerforming(loan)
        | What::Cured(loan)
        | What::Settled(loan)
        | What::LoanClosed(loan)
        | What::LoanWithdrawn(loan) => Some(*loan),
        What::Claim(claim) => Some(claim.loan),
        What::Resumed(claim, _)
        | What::ClaimApproved(claim)
        | What::ClaimRefused(claim)
        | What::ClaimPaid(claim)
        | What::Recovered { claim, .. }
        | What::WrittenOff(claim) => loan_of_claim(*claim),
        What::Undone(_, what) => loan_of(what, model),
        _ => None,
    }
}

/// Takes back what was reported: the loan goes on as if it had not been, and keeps its state as long as money is out.
fn unlive(loan: &mut LoanStanding, what: &What) {
    match what {
        What::Disbursed(_, fen) => {
            loan.disbursed -= fen;
            if loan.disbursed == 0 {
                (loan.state, loan.disbursed_on, loan.overdue_since) = ("filed", None, None);
            }
        }
        What::Interest(_, fen, _) => loan.interest -= fen,
        What::Principal(_, fen, _) => {
            loan.repaid -= fen;
            loan.exposure = exposure(&loan.terms, loan.repaid);
        }
        What::ClaimPaid(_) => loan.state = "claimed",
        _ => unreachable!("not a fact of a loan that is taken back"),
    }
}

fn filed(fact: &Fact, terms: &LoanFact) -> LoanStanding {
    LoanStanding {
        id: fact.seq,
        terms: terms.clone(),
        filed: fact.day,
        state: "filed",
        matures: terms.matures,
        disbursed: 0,
        disbursed_on: None,
        repaid: 0,
        interest: 0,
        last_event: fact.day,
        overdue_since: None,
        ended: None,
        exposure: exposure(terms, 0),
        claim: None,
    }
}

fn live(loan: &mut LoanStanding, fact: &Fact) {
    if let What::Undone(_, what) = &fact.what {
        return unlive(loan, what);
    }
    match &fact.what {
        What::Disbursed(_, fen) => {
            loan.disbursed += fen;
            loan.disbursed_on = Some(loan.disbursed_on.map_or(fact.day, |first| first.min(fact.day)));
            if loan.state == "filed" {
                loan.state = "disbursed";
            }
        }
        What::Interest(_, fen, _) => {
            loan.interest += fen;
            loan.begin_repaying();
        }
        What::Principal(_, fen, _) => {
            loan.repaid += fen;
            loan.exposure = exposure(&loan.terms, loan.repaid);
            loan.begin_repaying();
        }
        What::Extended(_, matures) => loan.matures = *matures,
        What::Overdue(_, since) => {
            loan.state = "overdue";
            loan.overdue_since = Some(*since);
        }
        What::NonPerforming(_) => loan.state = "non-performing",
        What::Cured(_) => {
            loan.state = "repaying";
            loan.overdue_since = None;
        }
        What::Settled(_) => loan.end("settled", fact.day),
        What::LoanClosed(_) => loan.end("closed", loan.ended.unwrap_or(fact.day)),
        What::LoanWithdrawn(_) => loan.end("withdrawn", fact.day),
        What::Claim(claim) if claim.judged.state() != "refused" => {
            loan.state = "claimed";
            loan.claim = Some(fact.seq);
        }
        What::Resumed(_, judged) if judged.state() != "refused" => {}
        What::Resumed(..) | What::ClaimRefused(_) => {
            loan.state = "non-performing";
            loan.claim = None;
        }
        What::ClaimApproved(_) => loan.exposure = 0,
        What::ClaimPaid(_) => loan.state = "compensated",
        // Money that comes after the end does not bring the loan back to life.
        What::Recovered { .. } if loan.state != "closed" => loan.state = "recovering",
        What::WrittenOff(_) => loan.end("closed", fact.day),
        _ => {}
    }
    loan.last_event = loan.last_event.max(fact.day);
}

fn go_on(application: &mut AppStanding, fact: &Fact) {
    match &fact.what {
        What::Approved(_) => {
            application.state = "approved";
            application.approved = Some((fact.day, fact.person.clone()));
        }
        What::AppRefused(_) => application.state = "refused",
        What::AppWithdrawn(_) => application.state = "withdrawn",
        What::Paid(_) => {
            application.state = "paid";
            application.paid = Some(fact.day);
        }
        What::Demanded(_, fen) => {
            application.state = "clawback-demanded";
            application.demanded += fen;
        }
        What::GivenBack(_, fen) => {
            application.given_back += fen;
            if application.given_back == application.demanded {
                application.state = "clawed-back";
            }
        }
        _ => unreachable!("not a fact of an application"),
    }
}

fn pursue(claim: &mut ClaimStanding, fact: &Fact) {
    match &fact.what {
        What::Resumed(_, judged) => {
            claim.fact.judged = judged.clone();
            claim.state = judged.state();
        }
        What::ClaimApproved(_) => {
            claim.state = "approved";
            claim.approved = Some((fact.day, fact.person.clone()));
        }
        What::ClaimRefused(_) => claim.state = "refused",
        What::ClaimPaid(_) => {
            claim.state = "paid";
            claim.paid = Some(fact.day);
        }
        What::Recovered { to_pool, .. } => {
            claim.returned += to_pool;
            if claim.state != "closed" {
                claim.state = "recovering";
            }
        }
        What::WrittenOff(_) => claim.state = "closed",
        _ => unreachable!("not a fact of a claim"),
    }
}

/// The money of the pool.
#[derive(Debug, Default)]
pub(super) struct PoolStanding {
    pub(super) cash: i128,
    /// Cash that no claim under review or approved waits for.
    pub(super) free: i128,
    pub(super) exposure: i128,
    pub(super) funders: BTreeMap<String, i128>,
}

impl Model {
    pub(super) fn pool(&self, scheme: Scheme) -> PoolStanding {
        let mut pool = PoolStanding::default();
        let claims = self.claims();
        for fact in &self.facts {
            let (what, sign) = if let What::Undone(_, what) = &fact.what { (&**what, -1) } else { (&fact.what, 1) };
            match what {
                What::PoolIn(of, funder, fen) if *of == scheme => {
                    pool.cash += sign * fen;
                    *pool.funders.entry(funder.clone()).or_default() += sign * fen;
                }
                What::PoolOut(of, funder, fen) if *of == scheme => {
                    pool.cash -= sign * fen;
                    *pool.funders.entry(funder.clone()).or_default() -= sign * fen;
                }
                What::PoolInterest(of, fen) if *of == scheme => pool.cash += sign * fen,
                What::Recovered { claim, to_pool, .. } if claims[claim].fact.scheme == scheme => pool.cash += to_pool,
                What::ClaimPaid(id) if claims[id].fact.scheme == scheme => {
                    pool.cash -= sign * claims[id].fact.judged.pool;
                }
                _ => {}
            }
        }
        let waits =
            |claim: &&ClaimStanding| claim.fact.scheme == scheme && ["under-review", "approved"].contains(&claim.state);
        pool.free = pool.cash - claims.values().filter(waits).map(|claim| claim.fact.judged.pool).sum::<i128>();
        let loans = self.loans();
        let exposed = loans.values().filter(|loan| loan.terms.scheme == scheme);
        pool.exposure = exposed.map(|loan| loan.exposure).sum();
        pool
    }

    /// Principal filed with a pool by a bank in a year and not withdrawn, and covered losses claimed in it.
    pub(super) fn bank_year(&self, scheme: Scheme, bank: &crate::identifier::InstitutionId, year: i16) -> (i128, i128) {
        let loans = self.loans();
        let counted = loans.values().filter(|loan| {
            let of_pool = loan.terms.in_pool && loan.terms.scheme == scheme;
            of_pool && loan.terms.bank == *bank && year_of(loan.filed) == year && loan.state != "withdrawn"
        });
        let filed = counted.map(|loan| loan.terms.principal).sum();
        let claims = self.claims();
        let counted = claims.values().filter(|claim| {
            claim.fact.scheme == scheme && claim.fact.bank == *bank && claim.fact.year == year && claim.counts()
        });
        (filed, counted.map(|claim| claim.fact.judged.covered).sum())
    }
}
