//! The table (权限表): who may call what. One row for each RPC of the API, writes and reads alike; what has no row is
//! nobody's. `docs/permissions.md` is this table with words, compared with it by a test; that every RPC of the
//! descriptor set has its row, and no row more, is tested too (`server::guard`).
//!
//! A row says which *roles* may call. Whose things a caller then finds is the matter of its *scope*: a bank its own
//! business, an enterprise its own, an officer its districts (`reader::scope`, `server::access`).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::book::nouns::Role;
use crate::book::nouns::Role::{Auditor, Bank, Enterprise, Finance, Guarantor, Insurer, Officer, Operator};

/// One RPC with the roles that may call it, in the order in which a refusal names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// `Service/Rpc`, both as in the proto files.
    pub rpc: &'static str,
    /// The roles that may call it.
    pub roles: &'static [Role],
}

/// Everybody with an identity.
const EVERYBODY: &[Role] = Role::ALL;

/// The public side: sees everything in its districts.
const BUREAU: &[Role] = &[Officer, Finance, Auditor, Operator];

/// Everybody but enterprises.
const NO_ENTERPRISES: &[Role] = &[Bank, Guarantor, Insurer, Officer, Finance, Auditor, Operator];

const fn row(rpc: &'static str, roles: &'static [Role]) -> Row {
    Row { rpc, roles }
}

/// The table.
pub const TABLE: &[Row] = &[
    row("RegistryService/RegisterEnterprise", &[Bank, Officer, Operator]),
    row("RegistryService/UpdateEnterprise", &[Officer, Operator]),
    row("RegistryService/RegisterInstitution", &[Officer, Operator]),
    row("RegistryService/RegisterIpRight", &[Bank, Officer, Operator]),
    row("RegistryService/RecordIpRightEvent", &[Officer, Operator]),
    row("RegistryService/RegisterPledge", &[Bank, Officer]),
    row("RegistryService/ReleasePledge", &[Bank, Officer]),
    row("RegistryService/AddBlacklistEntry", &[Officer]),
    row("RegistryService/LiftBlacklistEntry", &[Officer]),
    row("RegistryService/GetEnterprise", EVERYBODY),
    row("RegistryService/ListEnterprises", EVERYBODY),
    row("RegistryService/GetInstitution", EVERYBODY),
    row("RegistryService/ListInstitutions", EVERYBODY),
    row("RegistryService/GetIpRight", EVERYBODY),
    row("RegistryService/ListIpRights", EVERYBODY),
    row("RegistryService/GetPledge", EVERYBODY),
    row("RegistryService/ListPledges", EVERYBODY),
    row("RegistryService/ListBlacklistEntries", EVERYBODY),
    row("LoanService/FileLoan", &[Bank]),
    row("LoanService/DisburseLoan", &[Bank]),
    row("LoanService/RecordInterestPayment", &[Bank]),
    row("LoanService/RecordPrincipalPayment", &[Bank]),
    row("LoanService/ExtendLoan", &[Bank]),
    row("LoanService/MarkLoanOverdue", &[Bank]),
    row("LoanService/MarkLoanNonPerforming", &[Bank]),
    row("LoanService/MarkLoanCured", &[Bank]),
    row("LoanService/SettleLoan", &[Bank]),
    row("LoanService/CloseLoan", &[Bank]),
    row("LoanService/WithdrawLoan", &[Bank]),
    row("LoanService/GetLoan", EVERYBODY),
    row("LoanService/ListLoans", EVERYBODY),
    row("SubsidyService/ApplySubsidy", &[Enterprise, Officer]),
    row("SubsidyService/ApproveSubsidy", &[Officer]),
    row("SubsidyService/RefuseSubsidy", &[Officer]),
    row("SubsidyService/WithdrawSubsidy", &[Enterprise, Officer]),
    row("SubsidyService/PaySubsidy", &[Finance]),
    row("SubsidyService/DemandClawback", &[Officer]),
    row("SubsidyService/RecordClawback", &[Finance]),
    row("SubsidyService/RecordRedLetterInvoice", &[Officer, Finance]),
    row("SubsidyService/RunClosing", &[Officer]),
    row("SubsidyService/QuoteSubsidy", &[Enterprise, Officer]),
    row("SubsidyService/GetApplication", EVERYBODY),
    row("SubsidyService/ListApplications", EVERYBODY),
    row("SubsidyService/GetEnterpriseYear", &[Enterprise, Officer, Finance, Auditor, Operator]),
    row("BudgetService/AppropriateBudget", &[Finance]),
    row("BudgetService/AdjustBudget", &[Finance]),
    row("BudgetService/GetBudget", BUREAU),
    row("BudgetService/ListBudgets", BUREAU),
    row("PoolService/ContributeToPool", &[Finance]),
    row("PoolService/WithdrawFromPool", &[Finance]),
    row("PoolService/RecordPoolInterest", &[Finance]),
    row("PoolService/SubmitClaim", &[Bank]),
    row("PoolService/ResumeClaim", &[Bank, Officer]),
    row("PoolService/ApproveClaim", &[Officer]),
    row("PoolService/RefuseClaim", &[Officer]),
    row("PoolService/PayClaim", &[Finance]),
    row("PoolService/RecordRecovery", &[Bank]),
    row("PoolService/WriteOffClaim", &[Officer]),
    row("PoolService/GetPool", NO_ENTERPRISES),
    row("PoolService/GetClaim", EVERYBODY),
    row("PoolService/ListClaims", EVERYBODY),
    row("RulebookService/AdoptRulebook", &[Officer, Operator]),
    row("RulebookService/CorrectAwards", &[Officer]),
    row("RulebookService/SimulateRulebook", BUREAU),
    row("RulebookService/ListRulebooks", EVERYBODY),
    row("RulebookService/GetRulebook", EVERYBODY),
    row("PeriodService/ClosePeriod", &[Finance]),
    row("PeriodService/CloseYear", &[Finance]),
    row("PeriodService/ListPeriods", EVERYBODY),
    row("PeriodService/GetPeriodChecklist", BUREAU),
    // Which facts a bank may state is narrower: `permission::of_fact`.
    row("FactService/RecordFact", &[Bank, Officer]),
    row("FactService/RecordReferenceRate", &[Officer]),
    row("FactService/ListFacts", EVERYBODY),
    row("FactService/ListReferenceRates", EVERYBODY),
    row("LedgerService/ReverseEntry", &[Bank, Finance]),
    row("LedgerService/GetEntry", EVERYBODY),
    row("LedgerService/ListEntries", EVERYBODY),
    row("LedgerService/TailEntries", EVERYBODY),
    row("LedgerService/GetAccountBalance", EVERYBODY),
    row("LedgerService/ListAccounts", BUREAU),
    row("LedgerService/GetTrialBalance", BUREAU),
    row("LedgerService/Ping", EVERYBODY),
    row("EvidenceService/GetCheckpoint", EVERYBODY),
    row("EvidenceService/GetInclusionProof", EVERYBODY),
    row("EvidenceService/GetConsistencyProof", EVERYBODY),
    row("EvidenceService/GetReceipt", EVERYBODY),
    row("EvidenceService/AddCosignature", EVERYBODY),
    row("EvidenceService/BackUpJournal", &[Operator]),
    row("EvidenceService/VerifyJournal", &[Auditor, Operator]),
    row("EvidenceService/GetVerification", BUREAU),
    row("ReconciliationService/CompareStatement", &[Bank, Officer, Finance, Auditor, Operator]),
    row("ReconciliationService/SignOffStatement", &[Officer, Finance]),
    row("ReconciliationService/ListSignedOffStatements", &[Bank, Officer, Finance, Auditor, Operator]),
    row("ReconciliationService/ListUnreconciledStatements", BUREAU),
    row("ReportService/ListReports", BUREAU),
    row("ReportService/RunReport", BUREAU),
    row("ReportService/GetBoard", BUREAU),
    row("DeskService/ListWork", BUREAU),
    row("DeskService/GetCase", BUREAU),
    row("DeskService/Search", BUREAU),
    row("IdentityService/WhoAmI", EVERYBODY),
    row("IdentityService/IssueLoginCode", BUREAU),
    // Each item by its own row.
    row("BatchService/WriteBatch", &[Bank, Enterprise, Officer, Finance, Operator]),
    row("BatchService/ImportStream", &[Bank, Enterprise, Officer, Finance, Operator]),
    // Only in a sandbox.
    row("SandboxService/GetSandbox", EVERYBODY),
    row("SandboxService/MoveClock", EVERYBODY),
    row("AccessService/BindPrincipal", &[Operator]),
    row("AccessService/EnablePrincipal", &[Operator]),
    row("AccessService/DisablePrincipal", &[Operator]),
    row("AccessService/EnableInstitution", &[Operator]),
    row("AccessService/DisableInstitution", &[Officer, Operator]),
    row("AccessService/GrantDelegation", &[Officer, Finance]),
    row("AccessService/RevokeDelegation", &[Officer, Finance, Operator]),
    row("AccessService/ListPrincipals", &[Operator, Auditor]),
    row("AccessService/ListDelegations", BUREAU),
    row("AccessService/ListAccess", &[Auditor, Enterprise]),
];

/// The roles that may call an RPC, `Service/Rpc`; nobody if it has no row.
pub fn roles_of(rpc: &str) -> &'static [Role] {
    static BY_RPC: LazyLock<BTreeMap<&str, &[Role]>> =
        LazyLock::new(|| TABLE.iter().map(|row| (row.rpc, row.roles)).collect());
    BY_RPC.get(rpc).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_rpc_has_one_row_and_what_has_none_is_nobodys() {
        let names: BTreeSet<&str> = TABLE.iter().map(|row| row.rpc).collect();
        assert_eq!(names.len(), TABLE.len(), "an RPC has two rows");
        assert!(TABLE.iter().all(|row| !row.roles.is_empty()), "a row for nobody");
        assert_eq!(roles_of("LoanService/DeleteLoan"), &[]);
        assert_eq!(roles_of("LoanService/FileLoan"), &[Bank]);
    }
}
