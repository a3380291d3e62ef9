//! 许昌: the lump sum for a loan on trademarks.

use crate::book::nouns::CostItem;
use crate::identifier::RightKind;
use crate::rulebook::refusal::Refusal;
use crate::rulebook::terms::CostKind;

use super::life::LoanStanding;
use super::schemes::{Programme, xuchang};
use super::{Ask, LineFact, Model, Proof};

impl Model {
    /// 许昌: a lump sum by principal for the interest of a loan on trademarks alone, once for the loan in however many
    /// payments, and never more than was paid.
    pub(super) fn lump(
        &self,
        ask: &Ask<'_>,
        loan: Option<&LoanStanding>,
        item: &CostItem,
        (line, before): (&LineFact, &[LineFact]),
    ) -> Result<(i128, i128), Refusal> {
        if item.item != CostKind::Interest {
            return Err(Refusal::ItemNotCovered);
        }
        let (Some(loan), Proof::Interest(_)) = (loan, &line.evidence) else { return Err(Refusal::NotEligible) };
        let pledges: Vec<_> = loan.terms.pledges.iter().filter_map(|key| self.pledge(key)).collect();
        if pledges.iter().flat_map(|pledge| &pledge.details.rights).any(|right| right.kind() != RightKind::Trademark) {
            return Err(Refusal::NotEligible);
        }
        let (base, unsubsidised) = self.unsubsidised(item, (line, before))?;
        let lump = xuchang::lump(loan.terms.principal);
        let here: i128 = before.iter().map(|other| other.award).sum();
        let room = lump - self.counted_for(loan.id) - here;
        if room == 0 {
            return Err(Refusal::LoanCapUsedUp);
        }
        let award = lump.min(unsubsidised).min(room);
        Ok((award.min(self.budget_left(ask, before)?), base))
    }

    /// What counts toward the lump sum of a loan.
    pub(super) fn counted_for(&self, loan: u64) -> i128 {
        let applications = self.applications();
        let counted = applications
            .values()
            .filter(|one| one.counts() && one.fact.programme == Programme::Trademark && one.fact.loan == Some(loan));
        let lines = counted.flat_map(|one| one.fact.lines.iter().zip(one.given_back_by_line()));
        lines.map(|(line, back)| line.award - back).sum()
    }
}
