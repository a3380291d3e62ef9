//! Who may read what. Permission is looked at before existence; what is not the caller's is unknown to it, in the same
//! words as what does not exist.

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
use crate::reader::scope::sees;

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

/// Refuses everybody but the bureau.
pub(super) fn bureau_only(caller: &Caller) -> Result<(), Rejection> {
    if is_bureau(caller) {
        return Ok(());
    }
    Err(denied(caller, "officer, finance, auditor or operator"))
}

/// Refuses enterprises.
pub(super) fn no_enterprises(caller: &Caller) -> Result<(), Rejection> {
    match caller.role {
        Role::Enterprise => Err(denied(caller, "a bank, guarantor, insurer or the bureau")),
        Role::Bank
        | Role::Guarantor
        | Role::Insurer
        | Role::Officer
        | Role::Finance
        | Role::Auditor
        | Role::Operator => Ok(()),
    }
}

fn denied(caller: &Caller, expected: &str) -> Rejection {
    Rejection::new(
        Reason::PermissionDenied,
        "",
        format!("role `{}` may not read this; expected {expected}", caller.role),
        format!("角色“{}”无权查看", caller.role),
    )
}

/// Whether the caller may look an enterprise, its rights and its blacklist entries up: an enterprise itself only.
/// Banks look up whom they are about to lend to.
pub(super) fn sees_enterprise(caller: &Caller, enterprise: Uscc) -> bool {
    match caller.role {
        Role::Enterprise => caller.enterprise == Some(enterprise),
        Role::Bank
        | Role::Guarantor
        | Role::Insurer
        | Role::Officer
        | Role::Finance
        | Role::Auditor
        | Role::Operator => true,
    }
}

pub(super) fn sees_pledge(caller: &Caller, pledge: &Pledge) -> bool {
    sees(caller, &parties(Some(&pledge.details.pledgee), Some(pledge.details.pledgor)))
}

pub(super) fn sees_loan(caller: &Caller, loan: &Loan) -> bool {
    sees(caller, &parties(Some(&loan.terms.bank), Some(loan.terms.borrower)))
}

/// The bank of the loan sees its borrower's applications, an institution those that it is paid for.
pub(super) fn sees_application(book: &Book, caller: &Caller, application: &Application) -> bool {
    let loan = application.loan.and_then(|id| book.loans.get(&id));
    let paid = application.payee.as_ref().is_some_and(|payee| sees_institution(caller, payee));
    paid || sees(caller, &parties(loan.map(|loan| &loan.terms.bank), Some(application.enterprise)))
}

/// A fact about an enterprise is its own and the bureau's, one about a loan the loan's parties'; the working calendar
/// is everybody's.
pub(super) fn sees_fact(book: &Book, caller: &Caller, key: &FactKey) -> bool {
    if let Some(who) = key.enterprise() {
        return sees_grants_of(caller, who);
    }
    if let Some(id) = key.loan() {
        return book.loans.get(&id).is_some_and(|loan| sees_loan(caller, loan));
    }
    if let FactKey::BankBusiness(bank, _) = key {
        return sees_institution(caller, bank);
    }
    true
}

/// The bank that claims and the institution that is paid see a claim.
pub(super) fn sees_claim(book: &Book, caller: &Caller, claim: &Claim) -> bool {
    let borrower = book.loans.get(&claim.loan).map(|loan| loan.terms.borrower);
    sees(caller, &parties(Some(&claim.bank), borrower)) || sees_institution(caller, &claim.payee)
}

/// Whether the caller may see what an enterprise was granted: the enterprise and the bureau.
pub(super) fn sees_grants_of(caller: &Caller, enterprise: Uscc) -> bool {
    sees(caller, &parties(None, Some(enterprise)))
}

/// Whether the caller may see what concerns an institution: the institution and the bureau.
pub(super) fn sees_institution(caller: &Caller, institution: &InstitutionId) -> bool {
    sees(caller, &parties(Some(institution), None))
}

/// Whether the caller may see an account: the bureau all, others those that carry their name.
pub(super) fn sees_account(caller: &Caller, account: &Account) -> bool {
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
    sees(caller, &concerns)
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
            role,
            institution: institution.map(|id| InstitutionId::parse(id).unwrap()),
            enterprise: enterprise.map(|code| Uscc::parse(code).unwrap()),
            person: PersonId::parse("li").unwrap(),
        }
    }

    const ONE: &str = "91110000600037341L";
    const OTHER: &str = "91310115MA1K3BTP2B";

    #[test]
    fn an_account_is_seen_by_whose_name_it_carries() {
        let enterprise = caller(Role::Enterprise, None, Some(ONE));
        let bank = caller(Role::Bank, Some("icbc"), None);
        let auditor = caller(Role::Auditor, None, None);
        let sees = |who: &Caller, name: &str| sees_account(who, &Account::parse(name).unwrap());
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
        assert!(sees_enterprise(&caller(Role::Bank, Some("icbc"), None), one));
        let enterprise = caller(Role::Enterprise, None, Some(ONE));
        assert!(sees_enterprise(&enterprise, one));
        assert!(!sees_enterprise(&enterprise, other));
        assert!(sees_grants_of(&enterprise, one));
        assert!(!sees_grants_of(&caller(Role::Bank, Some("icbc"), None), one));
    }

    #[test]
    fn roles_are_checked_without_looking_anything_up() {
        assert!(bureau_only(&caller(Role::Finance, None, None)).is_ok());
        let refused = bureau_only(&caller(Role::Bank, Some("icbc"), None)).unwrap_err();
        expect_test::expect![[
            "the caller may not do this: role `bank` may not read this; expected officer, finance, auditor or operator"
        ]]
        .assert_eq(&refused.to_string());
        assert!(no_enterprises(&caller(Role::Enterprise, None, Some(ONE))).is_err());
        assert!(no_enterprises(&caller(Role::Bank, Some("icbc"), None)).is_ok());
    }
}
