//! Filing loans and living with them.

use crate::book::Book;
use crate::book::event::InterestPaid;
use crate::book::loan::Loan;
use crate::book::nouns::{LoanState, LoanTerms, PledgeKey};
use crate::book::registry::PledgeState;
use crate::calendar::CivilDate;
use crate::decide::command::{Command, RecordPrincipalPayment};
use crate::identifier::{ContractNumber, LoanId};
use crate::money::{Amount, Rate};

use super::{Generator, Plan};

impl Generator {
    /// A loan on a pledge that is free, or on any; of the sizes at which rulebooks change their mind.
    pub(super) fn file_loan(&mut self, book: &Book) -> Option<Plan> {
        let is_free = |key: &PledgeKey| {
            let Some(pledge) = book.pledges.get(key) else { return false };
            let live = |id| book.loans.get(id).is_some_and(|loan| loan.is_live());
            pledge.state_on(self.today) == PledgeState::Active && !pledge.loans.iter().any(live)
        };
        let free: Vec<PledgeKey> = book.pledges.keys().filter(|key| is_free(key)).cloned().collect();
        let from = if self.random.chance(90) { free } else { book.pledges.keys().cloned().collect() };
        let key = self.random.pick(from)?;
        let details = book.pledges.get(&key)?.details.clone();
        let (bank, borrower) = (details.pledgee.clone(), details.pledgor);
        let mut pledges = vec![key.clone()];
        if self.random.chance(15) {
            let same = book.pledges.iter().filter(|(_, other)| other.details.pledgor == borrower);
            pledges.extend(self.random.pick(same.map(|(key, _)| key.clone())).filter(|other| *other != key));
        }
        let principal = match self.random.below(10) {
            0..4 if self.poor => Amount::from_yuan(8_000_000),
            0 => Amount::from_yuan(5_000_000),
            1 => Amount::from_yuan(10_000_000),
            _ => self.amount(50_000, 3_000_000),
        };
        let ip_part = match self.random.below(20) {
            0 => Amount::ZERO,
            1 => principal.plus(Amount::from_fen(1)),
            2 => Amount::from_fen(1),
            3..17 if self.poor => self.amount(20_000, 90_000),
            3..12 => principal,
            _ => self.amount_up_to(principal),
        };
        let known = book.contracts.keys().next_back().map(|(_, contract)| contract.clone());
        let contract = ContractNumber::parse(&format!("HT-{}", self.random.next() % 10_000_000)).expect("valid");
        let signed_on = self.days_ago(-1, 30);
        let terms = LoanTerms {
            contract: if self.random.chance(3) { known.unwrap_or(contract) } else { contract },
            borrower: if self.random.chance(97) { borrower } else { self.any_enterprise() },
            principal,
            ip_part,
            annual_rate: Rate::parse("0.0435").expect("valid"),
            signed_on,
            matures_on: signed_on.plus_days(self.random.between(-1, 400)).expect("a day of this century"),
            pledges,
            pool: match self.random.below(20) {
                0..15 => Some(self.world.pool.clone()),
                15 => Some(self.world.other_pool.clone()),
                _ => None,
            },
            bank: bank.clone(),
        };
        Some(Plan { caller: self.bank(&bank), command: Command::FileLoan(terms) })
    }

    /// What could come next for a loan; sometimes what could not.
    pub(super) fn loan_step(&mut self, book: &Book) -> Option<Plan> {
        let any = self.random.chance(10);
        // Troubled loans are few and their road is long: they are looked at more often.
        let troubled = self.random.chance(40);
        let is_troubled = |loan: &Loan| matches!(loan.state, LoanState::Overdue | LoanState::NonPerforming);
        let has_troubled = book.loans.values().any(|loan| is_troubled(&loan));
        let wanted = |loan: &Loan| if troubled && has_troubled { is_troubled(loan) } else { loan.is_live() };
        let loans = book.loans.iter().filter(|(_, loan)| any || wanted(loan));
        let (id, loan) = self.random.pick(loans)?;
        let command = if any {
            let step = self.random.below(11);
            self.any_step(*id, &loan, step)
        } else {
            match loan.state {
                LoanState::Filed => self.steps(*id, &loan, &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9]),
                LoanState::Disbursed | LoanState::Repaying => {
                    self.steps(*id, &loan, &[0, 1, 1, 1, 1, 1, 2, 2, 3, 4, 4, 4, 7])
                }
                LoanState::Overdue => self.steps(*id, &loan, &[1, 2, 3, 5, 5, 5, 5, 6]),
                LoanState::NonPerforming => self.steps(*id, &loan, &[1, 2, 7, 8, 8, 8, 8, 8, 8, 8, 8]),
                LoanState::Claimed
                | LoanState::Compensated
                | LoanState::Recovering
                | LoanState::Settled
                | LoanState::Closed
                | LoanState::Withdrawn => self.steps(*id, &loan, &[1, 2, 8, 10, 10, 10, 10]),
            }
        };
        let command = if let Command::SubmitClaim(id, _) = command {
            Command::SubmitClaim(id, self.loss(book, &loan))
        } else {
            command
        };
        let bank = if self.random.chance(97) { loan.terms.bank.clone() } else { self.any_bank() };
        Some(Plan { caller: self.bank(&bank), command })
    }

    fn steps(&mut self, id: LoanId, loan: &Loan, steps: &[u64]) -> Command {
        let step = self.random.pick(steps.iter().copied()).unwrap_or(0);
        self.any_step(id, loan, step)
    }

    fn any_step(&mut self, id: LoanId, loan: &Loan, step: u64) -> Command {
        let id = if self.random.chance(98) { id } else { LoanId::new(self.random.below(500)) };
        let first = loan.disbursed_on.unwrap_or(loan.filed_on);
        match step {
            0 => Command::DisburseLoan(id, self.amount_up_to(loan.terms.principal.minus(loan.disbursed))),
            1 => Command::RecordInterestPayment(id, self.interest_payment(first)),
            2 => {
                let amount = self.amount_up_to(loan.outstanding());
                let reference = self.reference("还本");
                Command::RecordPrincipalPayment(RecordPrincipalPayment { loan: id, amount, reference })
            }
            3 => {
                let days = self.random.between(0, 180);
                Command::ExtendLoan(id, loan.matures_on.plus_days(days).expect("a day of this century"))
            }
            4 => {
                let since = match self.random.below(4) {
                    0 => first,
                    1 => self.days_ago(60, 61),
                    2 => self.days_ago(62, 200),
                    _ => self.days_ago(-1, 80),
                };
                Command::MarkLoanOverdue(id, since.max(first.plus_days(-1).unwrap_or(first)))
            }
            5 => Command::MarkLoanNonPerforming(id),
            6 => Command::MarkLoanCured(id),
            7 => Command::SettleLoan(id),
            8 => Command::SubmitClaim(id, loan.outstanding()),
            9 => Command::WithdrawLoan(id, "撤回".to_owned()),
            _ => Command::CloseLoan(id),
        }
    }

    /// A bank's reference, now and then one that was used before.
    fn reference(&mut self, kind: &str) -> String {
        format!("{kind}{}", self.random.below(200))
    }

    fn interest_payment(&mut self, first: CivilDate) -> InterestPaid {
        let period_from = first.plus_days(self.random.between(-1, 30)).unwrap_or(first);
        let period_to = period_from.plus_days(self.random.between(-1, 90)).unwrap_or(first);
        InterestPaid { amount: self.amount(500, 300_000), period_from, period_to, reference: self.reference("付息") }
    }

    /// A loss: what is outstanding, or what brings the bank's year exactly to the breaker, or the pool to its end.
    fn loss(&mut self, book: &Book, loan: &Loan) -> Amount {
        let outstanding = loan.outstanding();
        let pool = loan.terms.pool.as_ref().and_then(|pool| book.pools.get(pool));
        let (Some(pool), true) = (pool, loan.terms.ip_part.is_positive()) else {
            return self.amount_up_to(outstanding);
        };
        let bank_year = pool.bank_year(&loan.terms.bank, self.today.year());
        if self.poor && self.random.chance(40) && outstanding.is_positive() {
            return outstanding;
        }
        let covered = match self.random.below(4) {
            0 => bank_year.filed.fen() * 3 / 100 - bank_year.losses.fen(),
            1 | 2 => pool.free_balance().fen() * 2,
            _ => return self.amount_up_to(outstanding),
        };
        // The least loss of which this much is covered; 128 bits, since both are sums in fen.
        let (principal, ip_part) = (i128::from(loan.terms.principal.fen()), i128::from(loan.terms.ip_part.fen()));
        let loss = (i128::from(covered.max(1)) * principal + ip_part - 1) / ip_part;
        let loss = i64::try_from(loss).unwrap_or(i64::MAX);
        let loss = Amount::from_fen(loss.saturating_add(self.random.between(-1, 1)).clamp(1, 100_000_000_000));
        if loss <= outstanding || self.random.chance(10) { loss } else { self.amount_up_to(outstanding) }
    }
}
