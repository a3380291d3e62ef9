//! What belongs to each institution and enterprise: so that a list of theirs looks at nothing else, and neither takes
//! longer nor has more pages because others do business.
//!
//! Carried on entry by entry, and kept in snapshots; [`Index::of`] makes the same from a book.

use std::collections::BTreeMap;

use crate::book::Book;
use crate::book::application::Application;
use crate::book::chunked::Chunked;
use crate::book::event::{Entry, Event};
use crate::book::nouns::{EvidenceKey, PledgeKey};
use crate::identifier::{ApplicationId, ClaimId, InstitutionId, InvoiceNumber, LoanId, Uscc};

/// The things of each institution and enterprise, by id.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Index {
    institutions: BTreeMap<InstitutionId, Things>,
    /// Claims for the loans of each enterprise, in order; few have any.
    claimed: BTreeMap<Uscc, Vec<ClaimId>>,
    /// Which applications named an invoice.
    invoices: Chunked<(InvoiceNumber, ApplicationId), ()>,
    #[serde(skip)]
    none: Things,
}

/// What belongs to an institution.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Things {
    /// Loans, for a bank.
    pub loans: Chunked<LoanId, ()>,
    /// Applications for its loans, for a bank.
    pub applications: Chunked<ApplicationId, ()>,
    /// Claims.
    pub claims: Chunked<ClaimId, ()>,
    /// Pledges that it took.
    pub pledges: Chunked<PledgeKey, ()>,
}

impl Index {
    /// The index of a book.
    pub fn of(book: &Book) -> Self {
        let mut index = Self::default();
        for (id, loan) in &book.loans {
            index.institution(&loan.terms.bank).loans.insert(*id, ());
        }
        for (id, application) in &book.applications {
            index.take_application(book, *id, application.loan);
            index.take_invoices(*id, &application);
            if let Some(payee) = &application.payee {
                index.institution(payee).applications.insert(*id, ());
            }
        }
        for (id, claim) in &book.claims {
            index.take_claim(book, *id, claim.loan);
        }
        for (key, pledge) in &book.pledges {
            index.institution(&pledge.details.pledgee).pledges.insert(key.clone(), ());
        }
        index
    }

    /// Takes over an entry that the book has taken over.
    pub fn apply(&mut self, entry: &Entry, book: &Book) {
        if let Event::LoanFiled(filed) = &entry.event {
            let id = LoanId::created_by(entry.sequence);
            self.institution(&filed.terms.bank).loans.insert(id, ());
        } else if let Event::SubsidyApplied(applied) = &entry.event {
            let id = ApplicationId::created_by(entry.sequence);
            self.take_application(book, id, applied.loan);
            if let Some(application) = book.applications.get(&id) {
                self.take_invoices(id, &application);
            }
            if let Some(payee) = &applied.payee {
                self.institution(payee).applications.insert(id, ());
            }
        } else if let Event::ClaimSubmitted(submitted) = &entry.event {
            self.take_claim(book, ClaimId::created_by(entry.sequence), submitted.loan);
        } else if let Event::ClaimChanged(changed) = &entry.event {
            // Judged again, a claim may be paid to another institution.
            if let Some(claim) = book.claims.get(&changed.claim) {
                self.take_claim(book, changed.claim, claim.loan);
            }
        } else if let Event::PledgeRegistered(details) = &entry.event {
            self.institution(&details.pledgee).pledges.insert(details.pledge.clone(), ());
        }
    }

    /// What belongs to an institution.
    pub fn of_institution(&self, id: &InstitutionId) -> &Things {
        self.institutions.get(id).unwrap_or(&self.none)
    }

    /// The claims for an enterprise's loans, in order.
    pub fn claims_for(&self, uscc: Uscc) -> &[ClaimId] {
        self.claimed.get(&uscc).map(Vec::as_slice).unwrap_or_default()
    }

    /// The applications that named an invoice, granted or not.
    pub fn with_invoice(&self, number: InvoiceNumber) -> impl Iterator<Item = ApplicationId> + '_ {
        let all = (number, ApplicationId::new(0))..=(number, ApplicationId::new(u64::MAX));
        self.invoices.range(all).map(|((_, id), ())| *id)
    }

    fn take_invoices(&mut self, id: ApplicationId, application: &Application) {
        for line in &application.lines {
            if let EvidenceKey::Invoice(number) = line.evidence.0 {
                self.invoices.insert((number, id), ());
            }
        }
    }

    fn take_application(&mut self, book: &Book, id: ApplicationId, loan: Option<LoanId>) {
        if let Some(loan) = loan.and_then(|loan| book.loans.get(&loan)) {
            self.institution(&loan.terms.bank).applications.insert(id, ());
        }
    }

    fn take_claim(&mut self, book: &Book, id: ClaimId, loan: LoanId) {
        if let Some(loan) = book.loans.get(&loan) {
            self.institution(&loan.terms.bank).claims.insert(id, ());
            if let Some(payee) = book.claims.get(&id).map(|claim| claim.payee.clone()) {
                self.institution(&payee).claims.insert(id, ());
            }
            put(self.claimed.entry(loan.terms.borrower).or_default(), id);
        }
    }

    fn institution(&mut self, id: &InstitutionId) -> &mut Things {
        self.institutions.entry(id.clone()).or_default()
    }
}

/// Puts a thing into its place in a sorted list, unless it is there.
fn put<T: Ord>(sorted: &mut Vec<T>, thing: T) {
    if let Err(place) = sorted.binary_search(&thing) {
        sorted.reserve_exact(1);
        sorted.insert(place, thing);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::codec::samples::samples;

    /// The samples hold every event; that they are no one history does not matter here.
    #[test]
    fn carried_on_entry_by_entry_it_is_what_the_book_gives() {
        let (mut book, mut carried) = (Book::new(), Index::default());
        for entry in samples() {
            book.apply(&entry);
            carried.apply(&entry, &book);
        }
        let made = Index::of(&book);
        assert_eq!(carried, made);
        assert!(made.institutions.values().any(|things| !things.loans.is_empty() && !things.pledges.is_empty()));
    }
}
