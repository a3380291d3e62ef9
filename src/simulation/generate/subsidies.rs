//! Applications and what becomes of them.

use crate::book::Book;
use crate::book::application::{Application, Evidence};
use crate::book::event::RedLetterInvoice;
use crate::book::nouns::{ApplicationState, CostDetails, CostItem, EvidenceKey};
use crate::decide::command::{ApplySubsidy, Command, DemandClawback, RecordClawback};
use crate::identifier::{ApplicationId, LoanId, Sequence, Uscc};
use crate::money::Amount;
use crate::rulebook::terms::CostKind;

use super::{Generator, Plan};

const COSTS: &[CostKind] = &[CostKind::Interest, CostKind::Valuation, CostKind::Guarantee, CostKind::Insurance];

impl Generator {
    pub(super) fn apply(&mut self, book: &Book) -> Option<Plan> {
        if self.random.chance(4) {
            return self.red_letter(book);
        }
        let disbursed = book.loans.iter().filter(|(_, loan)| loan.disbursed_on.is_some());
        let loan = self.random.pick(disbursed).map(|(id, loan)| (*id, loan.terms.borrower));
        let first_patent = loan.is_none() || self.random.chance(15);
        let (loan, enterprise) = match loan {
            Some((id, borrower)) if !first_patent => (Some(id), borrower),
            Some(_) | None => (None, self.any_enterprise()),
        };
        let loan = if self.random.chance(97) { loan } else { self.random.pick(book.loans.keys().copied()) };
        let mut items = Vec::new();
        for _ in 0..self.random.between(1, 3) {
            items.push(self.item(book, enterprise, loan, first_patent));
        }
        let programme = if first_patent { &self.world.first_patent } else { &self.world.costs };
        let filed = loan.and_then(|id| book.loans.get(&id));
        // In a nation, that of the city whose loan it is: the one with a programme but no pool.
        let elsewhere = self.deeds.is_some() && filed.is_some_and(|loan| loan.terms.pool.is_none());
        let other = if elsewhere { self.random.chance(70) } else { self.random.chance(1) };
        let programme = if other { self.world.other_programme.clone() } else { programme.clone() };
        let caller = if self.random.chance(70) { Self::enterprise(enterprise) } else { self.officer() };
        let apply = ApplySubsidy { enterprise, programme, loan, items };
        Some(Plan { caller, command: Command::ApplySubsidy(apply) })
    }

    fn item(&mut self, book: &Book, enterprise: Uscc, loan: Option<LoanId>, first_patent: bool) -> CostItem {
        let odd = self.random.chance(3);
        let kind = if first_patent ^ odd {
            CostKind::PatentInsurance
        } else {
            self.random.pick(COSTS.iter().copied()).unwrap_or(CostKind::Interest)
        };
        let payments = book.evidence.iter().filter(|(_, evidence)| loan.is_some() && evidence.loan == loan);
        let payment = self.random.pick(payments);
        let other_public_funding = if self.random.chance(8) { self.amount(1, 60_000) } else { Amount::ZERO };
        let right = (kind == CostKind::PatentInsurance && self.random.chance(97)).then(|| {
            let own: Vec<_> = book.enterprises.get(&enterprise).map(|one| one.rights.clone()).unwrap_or_default();
            let from = if self.random.chance(90) { own } else { self.world.rights.clone() };
            self.random.pick(from)
        });
        let item = CostItem {
            item: kind,
            cost: Amount::ZERO,
            paid_on: self.days_ago(-1, 40),
            other_public_funding,
            evidence: EvidenceKey::InterestPayment(Sequence::new(self.random.below(60))),
            evidence_total: Amount::from_fen(1),
            right: right.flatten(),
            details: CostDetails::default(),
        };
        match payment {
            Some((key, evidence)) if kind == CostKind::Interest => CostItem {
                cost: self.cost(book, enterprise, evidence.total),
                paid_on: evidence.paid_on.filter(|_| self.random.chance(97)).unwrap_or(item.paid_on),
                evidence: key.clone(),
                evidence_total: evidence.total,
                ..item
            },
            Some(_) | None if kind == CostKind::Interest && self.random.chance(90) => item,
            Some(_) | None => self.with_invoice(book, enterprise, item),
        }
    }

    /// One of few invoices, so that they are used again: by others, in other years, beyond their total.
    fn with_invoice(&mut self, book: &Book, enterprise: Uscc, item: CostItem) -> CostItem {
        let number = self.random.pick(self.world.invoices.iter().copied()).expect("there are invoices");
        let evidence = EvidenceKey::Invoice(number);
        let known = book.evidence.get(&evidence).map(|known| known.total);
        let fresh = self.amount(10_000, 700_000);
        let total = if self.random.chance(97) { known.unwrap_or(fresh) } else { fresh };
        let left = book.evidence.get(&evidence).map_or(total, Evidence::left);
        CostItem { cost: self.cost(book, enterprise, left), evidence, evidence_total: total, ..item }
    }

    /// A cost: what the evidence has left, or twice what is left of the cap, and a fen or two beside it.
    fn cost(&mut self, book: &Book, enterprise: Uscc, left: Amount) -> Amount {
        let used =
            book.cap_use.iter().filter(|(key, _)| key.enterprise == enterprise && key.year == Some(self.today.year()));
        let used = Amount::total(used.map(|(_, used)| *used));
        let twice_the_room = 2 * Amount::from_yuan(200_000).minus(used).fen();
        match self.random.below(4) {
            0 if twice_the_room > 4 => Amount::from_fen(twice_the_room + self.random.between(-2, 3)),
            1 => Amount::from_fen(self.random.between(1, 3)),
            _ => self.amount_up_to(left),
        }
    }

    fn red_letter(&mut self, book: &Book) -> Option<Plan> {
        let blue = self.random.pick(self.world.invoices.iter().copied())?;
        let red = self.random.pick(self.world.invoices.iter().copied())?;
        let left = book
            .evidence
            .get(&EvidenceKey::Invoice(blue))
            .map_or(Amount::from_yuan(1), |evidence| evidence.total.minus(evidence.cancelled));
        let amount = self.amount_up_to(left);
        let command = Command::RecordRedLetterInvoice(RedLetterInvoice { red, blue, amount });
        Some(Plan { caller: self.finance(), command })
    }

    pub(super) fn application_step(&mut self, book: &Book) -> Option<Plan> {
        let (id, application) = self.random.pick(book.applications.iter().rev().take(40))?;
        let id = if self.random.chance(99) { *id } else { ApplicationId::new(self.random.below(500)) };
        let any = self.random.chance(8);
        let step = if any {
            self.random.below(6)
        } else {
            let steps: &[u64] = match application.state {
                ApplicationState::Submitted => &[0, 0, 0, 0, 0, 0, 0, 0, 1, 2],
                ApplicationState::Approved => &[3],
                ApplicationState::Paid | ApplicationState::ClawedBack => &[4],
                ApplicationState::ClawbackDemanded => &[4, 5, 5, 5],
                ApplicationState::Refused | ApplicationState::Withdrawn | ApplicationState::AwaitingClosing => {
                    return None;
                }
            };
            self.random.pick(steps.iter().copied())?
        };
        Some(self.review(id, &application, step))
    }

    fn review(&mut self, id: ApplicationId, application: &Application, step: u64) -> Plan {
        let reason = "说明".to_owned();
        match step {
            0 => Plan { caller: self.officer(), command: Command::ApproveSubsidy(id) },
            1 => Plan { caller: self.officer(), command: Command::RefuseSubsidy(id, reason) },
            2 => {
                let caller = Self::enterprise(application.enterprise);
                Plan { caller, command: Command::WithdrawSubsidy(id, reason) }
            }
            3 => Plan { caller: self.finance(), command: Command::PaySubsidy(id, reason) },
            4 => {
                let amount = self.amount_up_to(application.granted.minus(application.demanded));
                let demand = DemandClawback { application: id, amount, reason };
                Plan { caller: self.officer(), command: Command::DemandClawback(demand) }
            }
            _ => {
                let amount = self.amount_up_to(application.demanded.minus(application.received_back));
                let clawback = RecordClawback { application: id, amount, reference: reason };
                Plan { caller: self.finance(), command: Command::RecordClawback(clawback) }
            }
        }
    }
}
