//! Registrations, rights, pledges, the blacklist, periods, and the money of budget and pool.

use std::sync::Arc;

use crate::book::Book;
use crate::book::event::{BudgetChange, IpRightChanged};
use crate::book::nouns::{
    BlacklistDetails, EnterpriseDetails, InstitutionDetails, IpRightDetails, Month, PledgeDetails, PledgeKey,
    RightChange,
};
use crate::calendar::FiscalYear;
use crate::decide::command::{Command, LiftBlacklistEntry, PoolInterest, PoolTransfer};
use crate::identifier::{InstitutionId, PledgeRegistrationNumber, RightId, RightKind, Sequence, Uscc};
use crate::money::Amount;
use crate::rulebook::terms::{BlacklistGround, InstitutionKind, SizeClass};

use super::super::world::date;
use super::{Generator, Plan};

impl Generator {
    pub(super) fn opening_plans(&mut self) -> Vec<Plan> {
        let mut commands = Vec::new();
        for bank in self.world.banks.clone() {
            commands.push(self.institution(bank, InstitutionKind::Bank));
        }
        commands.push(self.institution(self.world.insurer.clone(), InstitutionKind::Insurer));
        // The last two stay unknown for a while.
        for uscc in self.world.enterprises.clone().into_iter().take(10) {
            commands.push(Command::RegisterEnterprise(self.details(uscc)));
        }
        let mut plans: Vec<Plan> =
            commands.into_iter().map(|command| Plan { caller: Self::operator(), command }).collect();
        for (index, right) in self.world.rights.clone().into_iter().enumerate() {
            let owner = self.world.enterprises[index % 10];
            let command = Command::RegisterIpRight(self.right(right, owner));
            plans.push(Plan { caller: Self::operator(), command });
        }
        let adopt = Command::AdoptRulebook(Arc::clone(&self.world.rulebook).into());
        plans.push(Plan { caller: Self::operator(), command: adopt });
        for year in [self.world.first_year, self.world.first_year + 1] {
            let change = self.budget_change(year, Amount::from_yuan(1_300_000));
            plans.push(Plan { caller: self.finance(), command: Command::AppropriateBudget(change) });
        }
        for _ in 0..2 {
            plans.push(self.contribution());
        }
        plans
    }

    fn institution(&self, institution: InstitutionId, kind: InstitutionKind) -> Command {
        Command::RegisterInstitution(InstitutionDetails {
            kind,
            name: format!("{institution} 分行"),
            institution,
            uscc: Uscc::parse("91110000600037341L").expect("valid"),
            bank_code: (kind == InstitutionKind::Bank).then_some(self.world.bank_code),
        })
    }

    fn details(&mut self, uscc: Uscc) -> EnterpriseDetails {
        EnterpriseDetails {
            uscc,
            name: format!("企业 {}", self.random.below(1_000)),
            size_class: self.random.pick(SizeClass::ALL.iter().copied()).expect("there are size classes"),
            district: self.world.district.clone(),
        }
    }

    fn right(&mut self, right: RightId, owner: Uscc) -> IpRightDetails {
        IpRightDetails {
            right,
            owner,
            title: "一种装置".to_owned(),
            granted_on: date("2016-05-01"),
            expires_on: if self.random.chance(10) {
                date(&format!("{}-11-30", self.world.first_year))
            } else {
                date("2036-04-30")
            },
        }
    }

    fn budget_change(&mut self, year: i16, amount: Amount) -> BudgetChange {
        BudgetChange {
            line: self.world.budget.clone(),
            year: FiscalYear::from_value(year).expect("a year of this century"),
            amount,
            document: "鹤财〔2018〕1号".to_owned(),
        }
    }

    /// A pledge of one to three rights of one kind, mostly of one owner.
    pub(super) fn pledge(&mut self, book: &Book) -> Option<Plan> {
        let owner = self.any_enterprise();
        let kind = if self.random.chance(70) { RightKind::Patent } else { RightKind::Trademark };
        let own: Vec<RightId> = self
            .world
            .rights
            .iter()
            .filter(|right| right.kind() == kind)
            .filter(|right| book.rights.get(right).is_some_and(|known| known.owner_on(self.today) == owner))
            .cloned()
            .collect();
        let mut rights = Vec::new();
        for _ in 0..self.random.between(1, 3) {
            let from = if self.random.chance(95) { own.clone() } else { self.world.rights.clone() };
            let right = self.random.pick(from.into_iter().filter(|right| right.kind() == kind));
            rights.extend(right.filter(|right| !rights.contains(right)));
        }
        if rights.is_empty() {
            return None;
        }
        let known = book.pledges.keys().next_back().cloned();
        let number = self.random.next() % 1_000_000;
        let number = PledgeRegistrationNumber::parse(&format!("Y{}{number:06}", self.world.first_year)).expect("valid");
        let fresh = PledgeKey { kind, number };
        let pledge = if self.random.chance(3) { known.unwrap_or(fresh) } else { fresh };
        let term = self.random.between(-1, 500);
        let bank = self.any_bank();
        let details = PledgeDetails {
            pledge,
            pledgee: if self.random.chance(2) { self.world.insurer.clone() } else { bank.clone() },
            pledgor: owner,
            rights,
            secured_amount: self.amount(100_000, 5_000_000),
            term_end: self.random.chance(30).then(|| self.in_days(term)),
        };
        let caller = if self.random.chance(80) { self.bank(&bank) } else { self.officer() };
        Some(Plan { caller, command: Command::RegisterPledge(details) })
    }

    pub(super) fn release(&mut self, book: &Book) -> Option<Plan> {
        let (key, pledge) = self.random.pick(book.pledges.iter())?;
        let caller = if self.random.chance(80) { self.bank(&pledge.details.pledgee) } else { self.officer() };
        Some(Plan { caller, command: Command::ReleasePledge(key.clone()) })
    }

    pub(super) fn register(&mut self, book: &Book) -> Option<Plan> {
        let uscc = self.any_enterprise();
        let officer = self.officer();
        let plan = |command| Some(Plan { caller: officer, command });
        match self.random.below(12) {
            0 => plan(Command::RegisterEnterprise(self.details(uscc))),
            1 => plan(Command::UpdateEnterprise(self.details(uscc))),
            2 => plan(self.institution(self.world.insurer.clone(), InstitutionKind::Insurer)),
            3 => {
                let right = self.random.pick(self.world.rights.clone())?;
                plan(Command::RegisterIpRight(self.right(right, uscc)))
            }
            4..6 => {
                let right = self.random.pick(self.world.rights.clone())?;
                let change = match self.random.below(8) {
                    0..3 => RightChange::Lapsed,
                    3..5 => RightChange::Restored,
                    5 => RightChange::Invalidated,
                    _ => RightChange::Transferred(uscc),
                };
                plan(Command::RecordIpRightEvent(IpRightChanged { right, change }))
            }
            6..8 => {
                let days = self.random.between(-1, 60);
                plan(Command::AddBlacklistEntry(BlacklistDetails {
                    enterprise: uscc,
                    ground: BlacklistGround::Fraud,
                    until: if self.random.chance(70) { Some(self.in_days(days)) } else { None },
                    document: "鹤知〔2018〕2号".to_owned(),
                }))
            }
            8..10 => {
                let listed = book.enterprises.iter().flat_map(|(uscc, one)| {
                    one.into_owned().blacklist.into_iter().map(move |entry| (*uscc, entry.entry))
                });
                let (enterprise, entry) = self.random.pick(listed).unwrap_or((uscc, Sequence::new(3)));
                let reason = "信用修复".to_owned();
                plan(Command::LiftBlacklistEntry(LiftBlacklistEntry { enterprise, entry, reason }))
            }
            10 => {
                // The auditor knows the strict reading: it must be the one in force.
                let strict = book.rulebooks.iter().any(|known| known.id == self.world.rulebook.id);
                let twin = strict && self.random.chance(50);
                let rulebook = if twin { &self.world.literal } else { &self.world.rulebook };
                plan(Command::AdoptRulebook(Arc::clone(rulebook).into()))
            }
            _ => {
                let months_back = if self.random.chance(20) { 0 } else { self.random.between(70, 200) };
                let day = self.days_ago(months_back, months_back);
                let month = Month { year: day.year(), month: day.month() };
                let command = if self.random.chance(50) {
                    Command::ClosePeriod(month)
                } else {
                    Command::ClosePeriodOver(month, "年终结账".to_owned())
                };
                Some(Plan { caller: self.finance(), command })
            }
        }
    }

    pub(super) fn contribution(&mut self) -> Plan {
        let amount = if self.poor { self.amount(8_000, 25_000) } else { self.amount(100_000, 600_000) };
        let transfer = self.transfer(amount);
        Plan { caller: self.finance(), command: Command::ContributeToPool(transfer) }
    }

    fn transfer(&mut self, amount: Amount) -> PoolTransfer {
        let known = self.world.pool.clone();
        PoolTransfer {
            pool: if self.random.chance(3) { self.world.other_pool.clone() } else { known },
            funder: self.random.pick(self.world.funders.clone()).expect("there are funders"),
            amount,
            reference: "转账".to_owned(),
        }
    }

    /// Budget and pool.
    pub(super) fn money(&mut self, book: &Book) -> Plan {
        let pool = book.pools.get(&self.world.pool).cloned().unwrap_or_default();
        let year = self.today.year();
        let available = book.budget(&self.world.budget, year).available();
        let caller = self.finance();
        let command = match self.random.below(10) {
            0..2 => {
                let amount = self.amount(1_000, 200_000);
                let first = self.world.first_year;
                let year = if self.random.chance(80) { first + 1 } else { first - 1 };
                Command::AppropriateBudget(self.budget_change(year, amount))
            }
            2..5 => {
                let down = self.random.chance(50);
                let amount = if down { self.amount_up_to(available).negated() } else { self.amount(1_000, 90_000) };
                let year = if self.random.chance(95) { year.value() } else { self.world.first_year + 7 };
                Command::AdjustBudget(self.budget_change(year, amount))
            }
            5..8 => {
                let transfer = self.transfer(Amount::from_fen(1));
                let paid_in = pool.funders.get(&transfer.funder).copied().unwrap_or_default();
                let tenth = Amount::from_fen(pool.exposure.fen() / 10);
                let room = match self.random.below(3) {
                    0 => paid_in,
                    1 => pool.free_balance(),
                    _ => pool.free_balance().minus(tenth),
                };
                Command::WithdrawFromPool(PoolTransfer { amount: self.amount_up_to(room), ..transfer })
            }
            8 => {
                let amount = self.amount(1, 3_000);
                let pool = self.world.pool.clone();
                Command::RecordPoolInterest(PoolInterest { pool, amount, reference: "结息".to_owned() })
            }
            _ => return self.contribution(),
        };
        Plan { caller, command }
    }
}
