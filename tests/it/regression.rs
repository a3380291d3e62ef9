//! Every failure that the simulation found, small enough to read, under a name that says what was wrong.

use std::fmt::Debug;

use ipledger::book::event::{BudgetChange, Entry, RedLetterInvoice, RequestKey};
use ipledger::book::nouns::{
    Caller, ClaimState, CostItem, EnterpriseDetails, EvidenceKey, InstitutionDetails,
    IpRightDetails, LoanState, LoanTerms, PledgeDetails, PledgeKey, Role,
};
use ipledger::calendar::{CivilDate, FiscalYear, Timestamp};
use ipledger::decide::command::{ApplySubsidy, Command, PoolTransfer, RecordRecovery, Request};
use ipledger::decide::rejection::Reason;
use ipledger::identifier::{
    ClaimId, ContractNumber, LoanId, PledgeRegistrationNumber, RequestId, RightKind,
};
use ipledger::money::{Amount, Rate};
use ipledger::rulebook::terms::{CostKind, InstitutionKind, SizeClass};

use crate::property::Audited;
use crate::simulate::world::{World, date, person};

/// A ledger with one bank, one enterprise, one patent, the rulebook, a budget and a pool.
struct Story {
    world: World,
    audited: Audited,
    day: CivilDate,
    made: u128,
}

impl Story {
    fn new() -> Self {
        let mut story = Self { world: World::new(), audited: Audited::default(), day: date("2018-02-01"), made: 0 };
        let bank = InstitutionDetails {
            institution: story.world.banks[0].clone(),
            kind: InstitutionKind::Bank,
            name: "银行".to_owned(),
            uscc: story.world.enterprises[1],
            bank_code: None,
        };
        let enterprise = EnterpriseDetails {
            uscc: story.world.enterprises[0],
            name: "企业".to_owned(),
            size_class: SizeClass::Small,
            district: story.world.district.clone(),
        };
        let right = IpRightDetails {
            right: story.world.rights[0].clone(),
            owner: story.world.enterprises[0],
            title: "一种装置".to_owned(),
            granted_on: date("2016-05-01"),
            expires_on: date("2036-04-30"),
        };
        let budget = BudgetChange {
            line: story.world.budget.clone(),
            year: FiscalYear::from_value(2018).unwrap(),
            amount: yuan(1_000_000),
            document: "文".to_owned(),
        };
        let money = PoolTransfer {
            pool: story.world.pool.clone(),
            funder: story.world.funders[0].clone(),
            amount: yuan(1_000_000),
            reference: "款".to_owned(),
        };
        let rulebook = story.world.rulebook.clone();
        story.takes(Role::Operator, Command::RegisterInstitution(bank));
        story.takes(Role::Operator, Command::RegisterEnterprise(enterprise));
        story.takes(Role::Operator, Command::RegisterIpRight(right));
        story.takes(Role::Operator, Command::AdoptRulebook(rulebook));
        story.takes(Role::Finance, Command::AppropriateBudget(budget));
        story.takes(Role::Finance, Command::ContributeToPool(money));
        story
    }

    fn give(&mut self, role: Role, command: Command) -> Result<(), String> {
        let bank = (role == Role::Bank).then(|| self.world.banks[0].clone());
        let caller =
            Caller { role, institution: bank, enterprise: None, person: person(&format!("{role}-person")) };
        self.made += 1;
        let id = RequestId::from_bytes(self.made.to_be_bytes()).unwrap();
        let key = RequestKey { id, digest: [1; 32] };
        let request = Request { caller, key, effective_date: Some(self.day), command };
        // Noon in Shanghai.
        let now = Timestamp::from_micros((i64::from(self.day.epoch_days()) * 24 + 4) * 3_600_000_000);
        self.audited.submit(&request, now)
    }

    /// Gives a command that is taken; the auditor must agree.
    #[track_caller]
    fn takes(&mut self, role: Role, command: Command) -> u64 {
        let before = self.audited.entries.len();
        self.give(role, command.clone()).unwrap();
        assert_eq!(self.audited.entries.len(), before + 1, "{command:?} was rejected");
        self.last().sequence.value()
    }

    /// Gives a command that is rejected for this reason; the auditor must agree.
    #[track_caller]
    fn rejects(&mut self, role: Role, command: Command, reason: Reason) {
        let count = |story: &Self| story.audited.seen.get(reason.code()).copied().unwrap_or(0);
        let before = count(self);
        self.give(role, command.clone()).unwrap();
        assert_eq!(count(self), before + 1, "{command:?} was not rejected with {reason:?}");
    }

    fn last(&self) -> &Entry {
        self.audited.entries.last().unwrap()
    }

    fn wait(&mut self, days: i64) {
        self.day = self.day.plus_days(days).unwrap();
    }

    /// A disbursed loan of a million on the patent.
    fn loan(&mut self) -> LoanId {
        let (bank, borrower) = (self.world.banks[0].clone(), self.world.enterprises[0]);
        let pledge =
            PledgeKey { kind: RightKind::Patent, number: PledgeRegistrationNumber::parse("Y1").unwrap() };
        let details = PledgeDetails {
            pledge: pledge.clone(),
            pledgee: bank.clone(),
            pledgor: borrower,
            rights: vec![self.world.rights[0].clone()],
            secured_amount: yuan(1_000_000),
            term_end: None,
        };
        let terms = LoanTerms {
            bank,
            contract: ContractNumber::parse("HT-1").unwrap(),
            borrower,
            principal: yuan(1_000_000),
            ip_part: yuan(1_000_000),
            annual_rate: Rate::parse("0.0435").unwrap(),
            signed_on: self.day,
            matures_on: self.day.plus_days(365).unwrap(),
            pledges: vec![pledge],
            pool: Some(self.world.pool.clone()),
        };
        self.takes(Role::Bank, Command::RegisterPledge(details));
        let loan = LoanId::new(self.takes(Role::Bank, Command::FileLoan(terms)));
        self.takes(Role::Bank, Command::DisburseLoan(loan, yuan(1_000_000)));
        loan
    }

    fn invoice_item(&self, invoice: usize, cost: Amount) -> CostItem {
        CostItem {
            item: CostKind::Valuation,
            cost,
            paid_on: self.day,
            other_public_funding: Amount::ZERO,
            evidence: EvidenceKey::Invoice(self.world.invoices[invoice]),
            evidence_total: cost,
            right: None,
        }
    }

    fn apply(&self, loan: LoanId, item: CostItem) -> Command {
        Command::ApplySubsidy(ApplySubsidy {
            enterprise: self.world.enterprises[0],
            programme: self.world.costs.clone(),
            loan: Some(loan),
            items: vec![item],
        })
    }
}

fn yuan(yuan: i64) -> Amount {
    Amount::from_yuan(yuan)
}

#[track_caller]
fn is<T: PartialEq + Debug>(found: &T, expected: T) {
    assert_eq!(*found, expected);
}

/// The same red-letter invoice could be recorded again under another request id and cancelled the blue one twice; it
/// could also be handed in as evidence of a cost.
#[test]
fn a_red_letter_invoice_cancels_once_and_proves_no_cost() {
    let mut story = Story::new();
    let loan = story.loan();
    let apply = story.apply(loan, story.invoice_item(0, yuan(10_000)));
    story.takes(Role::Officer, apply);
    let red = RedLetterInvoice { red: story.world.invoices[1], blue: story.world.invoices[0], amount: yuan(1_000) };
    story.takes(Role::Finance, Command::RecordRedLetterInvoice(red.clone()));
    story.rejects(Role::Finance, Command::RecordRedLetterInvoice(red), Reason::AlreadyExists);
    let apply = story.apply(loan, story.invoice_item(1, yuan(10_000)));
    story.rejects(Role::Officer, apply, Reason::EvidenceMismatch);
}

/// A loan was closed after its claim was fully recovered. The claim stayed `recovering`: it could still be written off,
/// and money that came later made the closed loan `recovering` again, with its pledge bound to it.
#[test]
fn a_claim_ends_with_its_loan() {
    let mut story = Story::new();
    let loan = story.loan();
    story.takes(Role::Bank, Command::MarkLoanOverdue(loan, story.day));
    story.takes(Role::Bank, Command::MarkLoanNonPerforming(loan));
    story.wait(61);
    // 3 % of the million filed in the year.
    let claim = ClaimId::new(story.takes(Role::Bank, Command::SubmitClaim(loan, yuan(30_000))));
    story.takes(Role::Officer, Command::ApproveClaim(claim));
    story.takes(Role::Finance, Command::PayClaim(claim, "款".to_owned()));
    let recovery = RecordRecovery { claim, amount: yuan(30_000), cost: Amount::ZERO };
    story.takes(Role::Bank, Command::RecordRecovery(recovery.clone()));
    story.takes(Role::Bank, Command::CloseLoan(loan));
    is(&story.audited.book.claims[&claim].state, ClaimState::Closed);
    story.rejects(Role::Officer, Command::WriteOffClaim(claim), Reason::StateForbids);
    story.takes(Role::Bank, Command::RecordRecovery(recovery));
    is(&story.audited.book.loans[&loan].state, LoanState::Closed);
    is(&story.audited.book.claims[&claim].returned, yuan(15_000));
}
