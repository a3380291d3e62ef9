//! How an entry changes the book. Nothing is refused here: `decide` has checked, replay trusts the hashes.
//!
//! Where an entry refers to something that is not there (which only a defect or a forged journal can bring about),
//! the change is left out and the invariants, which `verify` checks, will not hold; nothing panics.

mod claim;
mod correction;
mod loan;
mod period;
mod subsidy;

use std::sync::Arc;

use super::Book;
use super::adoption::Adoption;
use super::event::{BlacklistEntryLifted, Entry, Event};
use super::nouns::{
    BlacklistDetails, EnterpriseDetails, EvidenceKey, IpRightDetails, PledgeDetails, PledgeKey, RightChange,
};
use super::registry::{BlacklistEntry, Enterprise, IpRight, Pledge};
use crate::identifier::RightId;
use crate::money::Amount;

impl Book {
    /// Takes over one entry. Infallible; entries must come in the order of their sequence.
    pub fn apply(&mut self, entry: &Entry) {
        self.last_sequence = entry.sequence.value();
        self.last_recorded_at = Some(entry.recorded_at);
        // A member of a group answers the request of its head, which stays the answer.
        if entry.event.head().is_none() {
            self.requests.insert(entry.request.id, entry.sequence);
        }
        self.note_group(entry);
        for posting in &entry.postings {
            self.accounts.update(posting.account.clone(), |balance| add(balance, posting.amount));
        }
        self.apply_event(entry);
        self.reconcile(entry);
    }

    fn apply_event(&mut self, entry: &Entry) {
        match &entry.event {
            Event::EnterpriseRegistered(details) | Event::EnterpriseUpdated(details) => {
                self.take_enterprise(details);
            }
            Event::InstitutionRegistered(details) => {
                self.institutions.insert(details.institution.clone(), details.clone());
            }
            Event::IpRightRegistered(details) => self.take_right(details),
            Event::IpRightChanged(changed) => {
                self.change_right(entry, &changed.right, changed.change);
            }
            Event::PledgeRegistered(details) => self.take_pledge(entry, details),
            Event::PledgeReleased(key) => {
                if let Some(pledge) = self.pledges.get_mut(key) {
                    pledge.released_on = Some(entry.effective_date);
                }
            }
            Event::BlacklistEntryAdded(details) => self.list(entry, details),
            Event::BlacklistEntryLifted(lifted) => self.lift(entry, lifted),
            Event::LoanFiled(filed) => self.take_loan(entry, filed),
            Event::LoanChanged(changed) => self.change_loan(entry, changed),
            Event::SubsidyApplied(applied) => self.take_application(entry, applied),
            Event::ApplicationChanged(changed) => self.change_application(entry, changed),
            Event::RedLetterInvoiceRecorded(red) => {
                self.red_letters.insert(red.red, red.blue);
                if let Some(evidence) = self.evidence.get_mut(&EvidenceKey::Invoice(red.blue)) {
                    add(&mut evidence.cancelled, red.amount);
                }
            }
            Event::BudgetAppropriated(change) | Event::BudgetAdjusted(change) => {
                self.change_budget(change);
            }
            Event::PoolMoved(moved) => self.move_pool(moved),
            Event::ClaimSubmitted(submitted) => self.take_claim(entry, submitted),
            Event::ClaimChanged(changed) => self.change_claim(entry, changed),
            Event::RulebookAdopted(adopted) => {
                let adoption = Adoption {
                    entry: entry.sequence,
                    by: entry.actor.person.clone(),
                    on: entry.effective_date,
                    reason: adopted.reason.clone(),
                };
                self.adoptions.insert(adopted.rulebook.reference(), adoption);
                self.rulebooks.push(Arc::clone(&adopted.rulebook));
            }
            Event::PeriodClosed(month) => {
                self.closed_months.insert(*month);
            }
            Event::AccessChanged(change) => self.access.change(entry, change),
            Event::Endorsed(endorsed) => self.access.endorse(entry, endorsed),
            Event::ClosingRun(run) => {
                self.closing_runs.insert((run.programme.clone(), run.year), entry.sequence);
            }
            Event::AwardsCorrected(run) => {
                self.corrections.entry(run.programme.clone()).or_default().push(run.rulebook.clone());
            }
            Event::PeriodClosedOver(closed) => {
                self.closed_months.insert(closed.month);
            }
            Event::YearClosed(closed) => self.close_year(closed),
            Event::Reversed(reversed) => self.reverse(entry, reversed),
            Event::ReferenceRateRecorded(recorded) => self.take_rate(entry.sequence, recorded),
            Event::FactRecorded(recorded) => self.take_fact(entry.sequence, recorded),
            // Taken notice of below, with whatever else a statement would show.
            Event::StatementSignedOff(_) | Event::Refused(_) => {}
        }
    }

    fn list(&mut self, entry: &Entry, details: &BlacklistDetails) {
        if let Some(enterprise) = self.enterprises.get_mut(&details.enterprise) {
            enterprise.blacklist.push(BlacklistEntry {
                entry: entry.sequence,
                ground: details.ground,
                from: entry.effective_date,
                until: details.until,
                lifted_on: None,
                document: details.document.clone(),
            });
        }
    }

    fn lift(&mut self, entry: &Entry, lifted: &BlacklistEntryLifted) {
        let enterprise = self.enterprises.get_mut(&lifted.enterprise);
        let found = enterprise.and_then(|one| one.blacklist.iter_mut().find(|each| each.entry == lifted.entry));
        if let Some(found) = found {
            found.lifted_on = Some(entry.effective_date);
        }
    }

    fn take_enterprise(&mut self, details: &EnterpriseDetails) {
        if let Some(enterprise) = self.enterprises.get_mut(&details.uscc) {
            enterprise.details = details.clone();
            return;
        }
        let (details, blacklist) = (details.clone(), Vec::new());
        let (rights, loans, applications) = (Vec::new(), Vec::new(), Vec::new());
        self.enterprises.insert(details.uscc, Enterprise { details, blacklist, rights, loans, applications });
    }

    fn take_right(&mut self, details: &IpRightDetails) {
        if let Some(owner) = self.enterprises.get_mut(&details.owner) {
            owner.rights.push(details.right.clone());
        }
        self.rights.insert(
            details.right.clone(),
            IpRight { details: details.clone(), changes: Vec::new(), pledges: Vec::new() },
        );
    }

    fn change_right(&mut self, entry: &Entry, id: &RightId, change: RightChange) {
        let Some(right) = self.rights.get_mut(id) else { return };
        let at = right.changes.partition_point(|(from, _)| *from <= entry.effective_date);
        right.changes.insert(at, (entry.effective_date, change));
        match change {
            RightChange::Lapsed | RightChange::Restored => {}
            RightChange::Transferred(to) => {
                if let Some(enterprise) = self.enterprises.get_mut(&to) {
                    enterprise.rights.push(id.clone());
                }
            }
            RightChange::Invalidated => {
                for key in right.pledges.clone() {
                    self.void_if_nothing_is_left(&key);
                }
            }
        }
    }

    /// A pledge all of whose rights were invalidated is as if it had never existed.
    fn void_if_nothing_is_left(&mut self, key: &PledgeKey) {
        let Some(pledge) = self.pledges.get_mut(key) else { return };
        pledge.void = pledge.details.rights.iter().all(|id| {
            self.rights
                .get(id)
                .is_some_and(|right| right.changes.iter().any(|(_, each)| *each == RightChange::Invalidated))
        });
    }

    fn take_pledge(&mut self, entry: &Entry, details: &PledgeDetails) {
        for id in &details.rights {
            if let Some(right) = self.rights.get_mut(id) {
                right.pledges.push(details.pledge.clone());
            }
        }
        let pledge = Pledge {
            details: details.clone(),
            registered_on: entry.effective_date,
            released_on: None,
            void: false,
            loans: Vec::new(),
        };
        self.pledges.insert(details.pledge.clone(), pledge);
    }
}

fn add(sum: &mut Amount, amount: Amount) {
    *sum = sum.plus(amount);
}

fn subtract(sum: &mut Amount, amount: Amount) {
    *sum = sum.minus(amount);
}
