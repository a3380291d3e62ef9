//! What becomes of claims.

use crate::book::Book;
use crate::book::nouns::ClaimState;
use crate::book::pool::Claim;
use crate::decide::command::{Command, RecordRecovery};
use crate::identifier::ClaimId;
use crate::money::Amount;

use super::{Generator, Plan};

impl Generator {
    pub(super) fn claim_step(&mut self, book: &Book) -> Option<Plan> {
        let (id, claim) = self.random.pick(book.claims.iter())?;
        let id = if self.random.chance(98) { *id } else { ClaimId::new(self.random.below(500)) };
        let any = self.random.chance(8);
        let step = if any {
            self.random.below(7)
        } else {
            let steps: &[u64] = match claim.state {
                ClaimState::UnderReview => &[0, 0, 0, 0, 1],
                ClaimState::Deferred => &[2, 2, 2, 2, 2, 2, 2, 1],
                ClaimState::Approved => &[3],
                ClaimState::Paid => &[4, 4, 4, 5],
                ClaimState::Recovering => &[4, 4, 4, 5, 6, 6],
                ClaimState::Closed => &[4],
                ClaimState::Refused => return None,
            };
            self.random.pick(steps.iter().copied())?
        };
        Some(self.pursue(id, claim, step))
    }

    fn pursue(&mut self, id: ClaimId, claim: &Claim, step: u64) -> Plan {
        let reason = "说明".to_owned();
        let bank = self.bank(&claim.bank);
        match step {
            0 => Plan { caller: self.officer(), command: Command::ApproveClaim(id) },
            1 => Plan { caller: self.officer(), command: Command::RefuseClaim(id, reason) },
            2 => {
                let caller = if self.random.chance(50) { bank } else { self.officer() };
                Plan { caller, command: Command::ResumeClaim(id) }
            }
            3 => Plan { caller: self.finance(), command: Command::PayClaim(id, reason) },
            4 => {
                let due = claim.pool_share().minus(claim.returned);
                let amount = self.amount_up_to(due.plus(due));
                // Now and then recovering costs more than it brings.
                let cost = if self.random.chance(30) { self.amount(1, 50_000) } else { Amount::ZERO };
                Plan { caller: bank, command: Command::RecordRecovery(RecordRecovery { claim: id, amount, cost }) }
            }
            5 => Plan { caller: self.officer(), command: Command::WriteOffClaim(id) },
            _ => Plan { caller: bank, command: Command::CloseLoan(claim.loan) },
        }
    }
}
