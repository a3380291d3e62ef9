//! Commands from a seed: mostly plausible, now and then deliberately wrong.
//!
//! The generator looks at the book to find what could come next (which loan, which application, how much is left) and
//! aims at the edges: exactly the cap, one fen more. It knows nothing of what the right answer is. In a run of a nation
//! most commands are the [deeds](nation) of one, and the others are as always.

mod claims;
pub mod corrections;
mod loans;
pub mod nation;
mod registry;
mod subsidies;

use crate::book::Book;
use crate::book::event::RequestKey;
use crate::book::nouns::{Caller, Role};
use crate::calendar::{CivilDate, Timestamp};
use crate::decide::command::{Command, Request};
use crate::identifier::{InstitutionId, RequestId, Uscc};
use crate::money::Amount;
use sha2::{Digest as _, Sha256};

use super::random::Random;
use super::world::{World, person};
use nation::Deeds;

/// Makes requests from a seed.
#[derive(Debug)]
pub struct Generator {
    pub(crate) random: Random,
    pub(crate) world: World,
    /// Distinguishes the requests of two generators on one ledger.
    stream: u64,
    made: u64,
    /// Today, as the generator believes.
    today: CivilDate,
    /// Requests to send again.
    sent: Vec<Request>,
    /// A pool with little money behind large loans, so that claims find it short.
    poor: bool,
    /// What a nation does, if it is a run of one.
    deeds: Option<Deeds>,
    /// Whether the nation's money is scarce.
    scarce: bool,
}

/// A command with the caller who would rightly give it.
struct Plan {
    caller: Caller,
    command: Command,
}

impl Generator {
    /// One generator alone on a ledger.
    pub fn new(seed: u64) -> Self {
        Self::with_stream(seed, 0)
    }

    /// One of several on the same ledger, each with a stream of its own.
    pub fn with_stream(seed: u64, stream: u64) -> Self {
        let random = Random::new(seed ^ stream.wrapping_mul(0xA076_1D64_78BD_642F));
        Self::in_world(World::new(), random, stream, seed % 2 == 1)
    }

    /// One of those who live in a nation, and share its deeds.
    pub fn of_nation(seed: u64, stream: u64, (deeds, steps): (Deeds, u64)) -> Self {
        let random = Random::new(seed ^ stream.wrapping_mul(0xA076_1D64_78BD_642F));
        let world = World::of_nation(nation::enterprises(steps));
        Self { deeds: Some(deeds), scarce: seed % 2 == 1, ..Self::in_world(world, random, stream, false) }
    }

    fn in_world(world: World, random: Random, stream: u64, poor: bool) -> Self {
        let today = super::world::date(&format!("{}-01-15", world.first_year));
        Self { random, world, stream, made: 0, today, sent: Vec::new(), poor, deeds: None, scarce: false }
    }

    /// What must be there before anything can happen.
    pub fn opening(&mut self) -> Vec<Request> {
        if self.deeds.is_some() {
            let plans = self.nation_opening();
            return plans.into_iter().map(|(plan, day)| self.request(plan, Some(day))).collect();
        }
        let plans = self.opening_plans();
        plans.into_iter().map(|plan| self.request(plan, None)).collect()
    }

    /// The next request at this time.
    pub fn next(&mut self, book: &Book, now: Timestamp) -> Request {
        self.today = now.shanghai_date();
        if self.random.chance(4)
            && let Some(sent) = self.random.pick(self.sent.iter().rev().take(60))
        {
            return sent.clone();
        }
        if self.random.chance(1)
            && let Some(sent) = self.random.pick(self.sent.iter().rev().take(60)).cloned()
        {
            // The same id with other bytes.
            let plan = self.plan(book);
            let fresh = self.request(plan, None);
            return Request { key: RequestKey { id: sent.key.id, digest: fresh.key.digest }, ..fresh };
        }
        let deed = self.deed(book);
        let (mut plan, day) = match deed {
            Some((plan, day)) => (plan, Some(day)),
            None => (self.plan(book), None),
        };
        if self.random.chance(3) {
            plan.caller = self.anybody();
        }
        // Now and then a deed is told with another day than its own.
        let day = match day {
            Some(day) if self.random.chance(97) => Some(day),
            Some(_) | None => self.effective_date(),
        };
        let request = self.request(plan, day);
        self.sent.push(request.clone());
        request
    }

    /// Something that the book gives occasion to.
    fn plan(&mut self, book: &Book) -> Plan {
        loop {
            let mut which = self.random.below(100);
            // The loans of a nation have lives of their own, which should not all be cut across.
            if self.deeds.is_some() && (8..47).contains(&which) && self.random.chance(85) {
                which = 47 + self.random.below(53);
            }
            let plan = match which {
                0..8 => self.pledge(book),
                8..11 => self.release(book),
                11..20 => self.file_loan(book),
                20..47 => self.loan_step(book),
                47..64 => self.apply(book),
                64..78 => self.application_step(book),
                78..88 => self.claim_step(book),
                88..91 => Some(self.money(book)),
                91..93 => self.reverse(book),
                93..95 => self.sign_off(book),
                95..97 => self.year_end(book),
                _ => self.register(book),
            };
            if let Some(plan) = plan {
                return plan;
            }
        }
    }

    /// Mostly today; some days back, rarely far back, tomorrow or at the end of a year.
    fn effective_date(&mut self) -> Option<CivilDate> {
        let days = match self.random.below(100) {
            0..70 => return None,
            70..92 => -self.random.between(0, 20),
            92..97 => -self.random.between(20, 90),
            97 => return Some(self.today.year().previous()?.last_day()),
            98 => -self.random.between(90, 400),
            _ => 1,
        };
        self.today.plus_days(days)
    }

    fn request(&mut self, plan: Plan, effective_date: Option<CivilDate>) -> Request {
        let Plan { caller, command } = plan;
        self.made += 1;
        let id = (u128::from(self.stream + 1) << 64) | u128::from(self.made);
        let bytes = format!("{caller:?} {effective_date:?} {command:?}");
        let digest = Sha256::digest(bytes.as_bytes()).into();
        let id = RequestId::from_bytes(id.to_be_bytes()).expect("not nil");
        Request { caller, key: RequestKey { id, digest }, effective_date, book_late: false, command }
    }

    fn bank(&mut self, bank: &InstitutionId) -> Caller {
        let clerk = self.random.between(1, 2);
        let clerk = person(&format!("{bank}-clerk-{clerk}"));
        Caller { institution: Some(bank.clone()), ..Caller::of_bureau(Role::Bank, clerk) }
    }

    fn enterprise(enterprise: Uscc) -> Caller {
        let owner = person(&format!("owner-{}", enterprise.as_str().to_lowercase()));
        Caller { enterprise: Some(enterprise), ..Caller::of_bureau(Role::Enterprise, owner) }
    }

    fn officer(&mut self) -> Caller {
        let number = self.random.between(1, 3);
        staff(Role::Officer, &format!("officer-{number}"))
    }

    /// Finance; now and then a person who is an officer too.
    fn finance(&mut self) -> Caller {
        let number = self.random.between(1, 2);
        let name = if self.random.chance(15) { "officer" } else { "finance" };
        staff(Role::Finance, &format!("{name}-{number}"))
    }

    fn operator() -> Caller {
        staff(Role::Operator, "operator-1")
    }

    fn anybody(&mut self) -> Caller {
        let bank = self.any_bank();
        let enterprise = self.any_enterprise();
        match self.random.below(8) {
            0 => Self::enterprise(enterprise),
            1 => self.officer(),
            2 => self.finance(),
            3 => Self::operator(),
            4 => staff(Role::Auditor, "auditor-1"),
            5 => staff(Role::Guarantor, "guarantor-clerk"),
            6 => staff(Role::Insurer, "insurer-clerk"),
            _ => self.bank(&bank),
        }
    }

    fn any_bank(&mut self) -> InstitutionId {
        self.random.pick(self.world.banks.iter().cloned()).expect("there are banks")
    }

    fn any_enterprise(&mut self) -> Uscc {
        self.random.pick(self.world.enterprises.iter().copied()).expect("there are enterprises")
    }

    /// An amount up to a limit, most often at its edge; always positive, now and then one fen too much.
    fn amount_up_to(&mut self, limit: Amount) -> Amount {
        let limit = limit.fen().max(1);
        let fen = match self.random.below(10) {
            0..4 => limit,
            4 => limit.saturating_add(1),
            5 => limit.saturating_sub(1),
            _ => self.random.between(1, limit),
        };
        Amount::from_fen(fen.clamp(1, 100_000_000_000))
    }

    /// An amount between whole yuan, sometimes with odd fen.
    fn amount(&mut self, from_yuan: i64, to_yuan: i64) -> Amount {
        let yuan = self.random.between(from_yuan, to_yuan);
        let fen = if self.random.chance(40) { self.random.between(0, 99) } else { 0 };
        Amount::from_fen(yuan.saturating_mul(100).saturating_add(fen).max(1))
    }

    fn days_ago(&mut self, from: i64, to: i64) -> CivilDate {
        let days = self.random.between(from, to);
        self.today.plus_days(-days).expect("a day of this century")
    }

    fn in_days(&self, days: i64) -> CivilDate {
        self.today.plus_days(days).expect("a day of this century")
    }
}

fn staff(role: Role, name: &str) -> Caller {
    Caller::of_bureau(role, person(name))
}
