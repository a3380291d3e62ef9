//! Whose things a caller finds. Which RPCs its role may call says `decide::permission`, before; what is not the caller's
//! is unknown to it, in the same words as what does not exist.

use std::fmt::Display;

use crate::book::Book;
use crate::book::account::Account;
use crate::book::application::Application;
use crate::book::fact::FactKey;
use crate::book::loan::Loan;
use crate::book::nouns::{Caller, Concerns, Role};
use crate::book::pool::Claim;
use crate::book::registry::Pledge;
use crate::decide::rejection::{Reason, Rejection};
use crate::identifier::{InstitutionId, Uscc};
use crate::reader::scope::{in_districts, sees};

/// Nothing is known under this id, or it is not the caller's: the answer does not tell which.
pub(super) fn unknown(reason: Reason, field: &str, id: &dyn Display) -> Rejection {
    Rejection::new(
        reason,
        field,
        format!("`{id}` is unknown, or not the caller's to see; check the id and the caller"),
        format!("未找到“{id}”，或无权查看；请核对编号和调用方身份"),
    )
}

/// Whether the caller belongs to the bureau and sees everything.
pub(super) const fn is_bureau(caller: &Caller) -> bool {
    match caller.role {
        Role::Officer | Role::Finance | Role::Auditor | Role::Operator => true,
        Role::Bank | Role::Guarantor | Role::Insurer | Role::Enterprise => false,
    }
}

/// Refuses who is confined to districts: what adds up all of them is not for one of them.
pub(super) fn undivided(book: &Book, caller: &Caller) -> Result<(), Rejection> {
    if book.access.districts_of(caller).is_none() {
        return Ok(());
    }
    Err(Rejection::new(
        Reason::PermissionDenied,
        "",
        "the caller is confined to some districts; expected somebody who sees them all",
        "调用方限定于部分县区，此项须由可查看全部县区者办理",
    ))
}

/// Whether the caller may look an enterprise, its rights and its blacklist entries up: an enterprise itself only.
/// Banks look up whom they are about to lend to.
pub(super) fn sees_enterprise(book: &Book, caller: &Caller, enterprise: Uscc) -> bool {
    match caller.role {
        Role::Enterprise => caller.enterprise == Some(enterprise),
        Role::Bank | Role::Guarantor | Role::Insurer => true,
        Role::Officer | Role::Finance | Role::Auditor | Role::Operator => in_districts(book, caller, enterprise),
    }
}

pub(super) fn sees_pledge(book: &Book, caller: &Caller, pledge: &Pledge) -> bool {
    sees(book, caller, &parties(Some(&pledge.details.pledgee), Some(pledge.details.pledgor)))
}

pub(super) fn sees_loan(book: &Book, caller: &Caller, loan: &Loan) -> bool {
    sees(book, caller, &parties(Some(&loan.terms.bank), Some(loan.terms.borrower)))
}

/// The bank of the loan sees its borrower's applications, an institution those that it is paid for.
pub(super) fn sees_application(book: &Book, caller: &Caller, application: &Application) -> bool {
    let loan = application.loan.and_then(|id| book.loans.get(&id));
    let paid = application.payee.as_ref().is_some_and(|payee| sees_institution(book, caller, payee));
    paid || sees(book, caller, &parties(loan.as_ref().map(|loan| &loan.terms.bank), Some(application.enterprise)))
}

/// A fact about an enterprise is its own and the bureau's, one about a loan the loan's parties'; the working calendar
/// is everybody's.
pub(super) fn sees_fact(book: &Book, caller: &Caller, key: &FactKey) -> bool {
    if let Some(who) = key.enterprise() {
        return sees_grants_of(book, caller, who);
    }
    if let Some(id) = key.loan() {
        return book.loans.get(&id).is_some_and(|loan| sees_loan(book, caller, &loan));
    }
    if let FactKey::BankBusiness(bank, _) = key {
        return sees_institution(book, caller, bank);
    }
    true
}

/// The bank that claims and the institution that is paid see a claim.
pub(super) fn sees_claim(book: &Book, caller: &Caller, claim: &Claim) -> bool {
    let borrower = book.loans.get(&claim.loan).map(|loan| loan.terms.borrower);
    sees(book, caller, &parties(Some(&claim.bank), borrower)) || sees_institution(book, caller, &claim.payee)
}

/// Whether the caller may see what an enterprise was granted: the enterprise and the bureau.
pub(super) fn sees_grants_of(book: &Book, caller: &Caller, enterprise: Uscc) -> bool {
    sees(book, caller, &parties(None, Some(enterprise)))
}

/// Whether the caller may see what concerns an institution: the institution and the bureau.
pub(super) fn sees_institution(book: &Book, caller: &Caller, institution: &InstitutionId) -> bool {
    sees(book, caller, &parties(Some(institution), None))
}

/// Whether the caller may see an account: the bureau all, others those that carry their name.
pub(super) fn sees_account(book: &Book, caller: &Caller, account: &Account) -> bool {
    let concerns = match account {
        Account::PoolPayable(_, bank) => parties(Some(bank), None),
        Account::SubsidyPayableTo(institution) | Account::SubsidyClawbackFrom(institution) => {
            parties(Some(institution), None)
        }
        Account::SubsidyPayable(enterprise) | Account::SubsidyClawback(enterprise) => parties(None, Some(*enterprise)),
        Account::PoolCash(_)
        | Account::PoolCapital(..)
        | Account::PoolInterest(_)
        | Account::PoolCompensation(_)
        | Account::PoolRecovered(_)
        | Account::PoolExposure(_)
        | Account::PoolExposureContra(_)
        | Account::BudgetAppropriated(..)
        | Account::BudgetAvailable(..)
        | Account::BudgetReserved(..)
        | Account::BudgetSpent(..)
        | Account::SubsidyExpense(_)
        | Account::TreasuryCash => parties(None, None),
    };
    sees(book, caller, &concerns)
}

fn parties(institution: Option<&InstitutionId>, enterprise: Option<Uscc>) -> Concerns {
    Concerns { institution: institution.cloned(), enterprise }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identifier::PersonId;

    fn caller(role: Role, institution: Option<&str>, enterprise: Option<&str>) -> Caller {
        Caller {
            institution: institution.map(|id| InstitutionId::parse(id).unwrap()),
            enterprise: enterprise.map(|code| Uscc::parse(code).unwrap()),
            ..Caller::of_bureau(role, PersonId::parse("li").unwrap())
        }
    }

    const ONE: &str = "91110000600037341L";
    const OTHER: &str = "91310115MA1K3BTP2B";

    #[test]
    fn an_account_is_seen_by_whose_name_it_carries() {
        let enterprise = caller(Role::Enterprise, None, Some(ONE));
        let bank = caller(Role::Bank, Some("icbc"), None);
        let auditor = caller(Role::Auditor, None, None);
        let sees = |who: &Caller, name: &str| sees_account(&Book::new(), who, &Account::parse(name).unwrap());
        assert!(sees(&enterprise, &format!("subsidy/payable/{ONE}")));
        assert!(!sees(&enterprise, &format!("subsidy/payable/{OTHER}")));
        assert!(!sees(&enterprise, "pool/hebi-pool/cash"));
        assert!(sees(&bank, "pool/hebi-pool/payable/icbc"));
        assert!(!sees(&bank, "pool/hebi-pool/payable/ccb"));
        assert!(!sees(&bank, "pool/hebi-pool/cash"));
        assert!(sees(&auditor, "pool/hebi-pool/cash"));
        assert!(sees(&auditor, "treasury/cash"));
    }

    #[test]
    fn a_bank_looks_enterprises_up_and_an_enterprise_itself() {
        let (one, other) = (Uscc::parse(ONE).unwrap(), Uscc::parse(OTHER).unwrap());
        assert!(sees_enterprise(&Book::new(), &caller(Role::Bank, Some("icbc"), None), one));
        let enterprise = caller(Role::Enterprise, None, Some(ONE));
        assert!(sees_enterprise(&Book::new(), &enterprise, one));
        assert!(!sees_enterprise(&Book::new(), &enterprise, other));
        assert!(sees_grants_of(&Book::new(), &enterprise, one));
        assert!(!sees_grants_of(&Book::new(), &caller(Role::Bank, Some("icbc"), None), one));
    }
}
