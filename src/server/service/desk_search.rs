//! `DeskService.Search`: numbers go to their index, a name is looked for in all names (a million in some 20 ms).

use std::ops::Bound;

use super::desk::name_of;
use crate::book::Book;
use crate::book::nouns::{Caller, PledgeKey};
use crate::decide::rejection::Rejection;
use crate::identifier::{
    ApplicationId, ClaimId, ContractNumber, InvoiceNumber, LoanId, NiceClass, PatentNumber, PledgeRegistrationNumber,
    RightId, RightKind, Sequence, Trademark, TrademarkNumber, Uscc,
};
use crate::proto::v1;
use crate::reader::View;
use crate::reader::scope::in_districts;
use crate::server::access::{sees_application, sees_claim, sees_loan, sees_pledge};
use crate::server::edge::Edge;
use crate::server::parse::{self, query};

/// The most that is told.
const FOUND_MAX: usize = 50;

/// One more than is told: then there are more.
const ENOUGH: usize = FOUND_MAX + 1;

struct Looking<'a> {
    view: &'a View,
    caller: &'a Caller,
    found: Vec<v1::Found>,
}

/// Finds what the caller may see.
pub(super) fn search(
    edge: &Edge,
    caller: &Caller,
    message: &v1::SearchRequest,
) -> Result<v1::SearchResponse, Rejection> {
    let text = query(|violations| parse::desk::search(message, violations))?;
    let entry = entry_asked(edge, caller, &text);
    let view = edge.reader().view();
    let mut looking = Looking { view: &view, caller, found: Vec::new() };
    looking.code(&text);
    looking.rights(&text);
    looking.pledges(&text);
    looking.numbered(&text);
    looking.contracts(&text);
    looking.invoice(&text);
    looking.found.extend(entry);
    looking.names(&text);
    let mut found = looking.found;
    let more = found.len() > FOUND_MAX;
    found.truncate(FOUND_MAX);
    Ok(v1::SearchResponse { found, more })
}

/// The entry of a sequence. Whether it is the caller's to see says the page that shows it.
fn entry_asked(edge: &Edge, _caller: &Caller, text: &str) -> Option<v1::Found> {
    let sequence = text.parse().ok().filter(|sequence| *sequence > 0).map(Sequence::new)?;
    (sequence <= edge.reader().last_sequence()).then(|| v1::Found {
        kind: v1::FoundKind::Entry.into(),
        id: sequence.to_string(),
        ..Default::default()
    })
}

impl Looking<'_> {
    fn book(&self) -> &Book {
        &self.view.book
    }

    /// Something of a company, if the caller may see it.
    fn push(&mut self, kind: v1::FoundKind, enterprise: Uscc, (id, label, case_id): (String, String, String)) {
        if self.found.len() >= ENOUGH || !in_districts(self.book(), self.caller, enterprise) {
            return;
        }
        let first = self.view.history.concerning(enterprise).next();
        let found = v1::Found {
            kind: kind.into(),
            id,
            label,
            enterprise: enterprise.to_string(),
            enterprise_name: name_of(self.book(), enterprise),
            enterprise_sequence: first.map_or(0, Sequence::value),
            case_id,
        };
        self.found.push(found);
    }

    fn enterprise(&mut self, uscc: Uscc) {
        let name = name_of(self.book(), uscc);
        self.push(v1::FoundKind::Enterprise, uscc, (uscc.to_string(), name, String::new()));
    }

    fn code(&mut self, text: &str) {
        let known = Uscc::parse(text).ok().filter(|uscc| self.book().enterprises.contains_key(uscc));
        if let Some(uscc) = known {
            self.enterprise(uscc);
        }
    }

    fn rights(&mut self, text: &str) {
        let patent = PatentNumber::parse(text).ok().map(RightId::Patent);
        let right = RightId::parse(text).ok();
        let mark = Trademark::parse(text).ok().map(RightId::Trademark);
        let mut wanted: Vec<RightId> = [patent, right, mark].into_iter().flatten().collect();
        // A trademark's number alone: in whatever classes it is registered.
        if let Ok(number) = TrademarkNumber::parse(text) {
            let of_class =
                |class| NiceClass::from_value(class).map(|class| RightId::Trademark(Trademark { number, class }));
            if let (Some(first), Some(last)) = (of_class(1), of_class(45)) {
                let range = (Bound::Included(first), Bound::Included(last));
                wanted.extend(self.book().rights.keys_in(range).cloned());
            }
        }
        for id in wanted {
            self.right(&id);
        }
    }

    fn right(&mut self, id: &RightId) {
        let Some(right) = self.book().rights.get(id) else { return };
        let (owner, title) = (right.details.owner, right.details.title.clone());
        let last = right.pledges.last().and_then(|key| self.book().pledges.get(key));
        let loan = last.and_then(|pledge| pledge.loans.last().map(ToString::to_string)).unwrap_or_default();
        self.push(v1::FoundKind::IpRight, owner, (id.to_string(), title, loan));
    }

    fn pledges(&mut self, text: &str) {
        let Ok(number) = PledgeRegistrationNumber::parse(text) else { return };
        for kind in [RightKind::Patent, RightKind::Trademark, RightKind::Copyright, RightKind::Other] {
            let key = PledgeKey { kind, number: number.clone() };
            let known = self.book().pledges.get(&key).filter(|one| sees_pledge(self.book(), self.caller, one));
            let Some(known) = known else { continue };
            let (pledgor, loan) =
                (known.details.pledgor, known.loans.last().map(ToString::to_string).unwrap_or_default());
            self.push(v1::FoundKind::Pledge, pledgor, (format!("{kind}:{number}"), String::new(), loan));
        }
    }

    /// `loan-42`, `application-57`, `claim-60`; a number alone is whatever it is the number of.
    fn numbered(&mut self, text: &str) {
        let text = text.to_ascii_lowercase();
        let number = |word: &str| -> Option<u64> {
            let digits = text.strip_prefix(word).unwrap_or(&text);
            digits.parse().ok()
        };
        if let Some(id) = number("loan-").map(LoanId::new) {
            self.loan(id);
        }
        if let Some(id) = number("application-").map(ApplicationId::new) {
            self.application(id, (v1::FoundKind::Application, id.to_string()));
        }
        if let Some(id) = number("claim-").map(ClaimId::new) {
            let claim = self.book().claims.get(&id).filter(|one| sees_claim(self.book(), self.caller, one));
            let borrower = claim.and_then(|one| self.book().loans.get(&one.loan)).map(|loan| loan.terms.borrower);
            if let Some(borrower) = borrower {
                self.push(v1::FoundKind::Claim, borrower, (id.to_string(), String::new(), id.to_string()));
            }
        }
    }

    fn loan(&mut self, id: LoanId) {
        let loan = self.book().loans.get(&id).filter(|one| sees_loan(self.book(), self.caller, one));
        let Some((borrower, contract)) = loan.map(|one| (one.terms.borrower, one.terms.contract.to_string())) else {
            return;
        };
        self.push(v1::FoundKind::Loan, borrower, (id.to_string(), contract, id.to_string()));
    }

    fn application(&mut self, id: ApplicationId, (kind, shown): (v1::FoundKind, String)) {
        let one = self.book().applications.get(&id).filter(|one| sees_application(self.book(), self.caller, one));
        if let Some(enterprise) = one.map(|one| one.enterprise) {
            self.push(kind, enterprise, (shown, String::new(), id.to_string()));
        }
    }

    /// The loans of this contract number at whatever bank.
    fn contracts(&mut self, text: &str) {
        let Ok(number) = ContractNumber::parse(text) else { return };
        let banks = self.book().institutions.keys();
        let loans: Vec<LoanId> =
            banks.filter_map(|bank| self.book().contracts.get(&(bank.clone(), number.clone())).copied()).collect();
        for id in loans {
            self.loan(id);
        }
    }

    fn invoice(&mut self, text: &str) {
        let Ok(number) = InvoiceNumber::parse(text) else { return };
        let blue = self.book().red_letters.get(&number).copied();
        let used: Vec<ApplicationId> =
            [Some(number), blue].into_iter().flatten().flat_map(|one| self.view.index.with_invoice(one)).collect();
        for id in used {
            self.application(id, (v1::FoundKind::Invoice, number.to_string()));
        }
    }

    /// Part of a name, in any case.
    fn names(&mut self, text: &str) {
        let (wanted, view) = (text.to_lowercase(), self.view);
        let known = |found: &v1::Found, uscc: &Uscc| {
            found.kind() == v1::FoundKind::Enterprise && found.enterprise == uscc.to_string()
        };
        for (uscc, enterprise) in &view.book.enterprises {
            if self.found.len() >= ENOUGH {
                return;
            }
            let name = &enterprise.details.name;
            let fits = name.contains(text) || name.is_ascii() && name.to_ascii_lowercase().contains(&wanted);
            if fits && !self.found.iter().any(|found| known(found, uscc)) {
                self.enterprise(*uscc);
            }
        }
    }
}
