//! A ledger for short stories: a test that tells what happens, one command after the other.

#![expect(clippy::needless_pass_by_value, reason = "stories read better without references")]

use std::sync::Arc;

use ipledger::book::event::{BudgetChange, Entry, RequestKey};
use ipledger::book::nouns::{
    Caller, CostDetails, CostItem, EnterpriseDetails, EvidenceKey, InstitutionDetails, IpRightDetails, LoanTerms,
    PledgeDetails, PledgeKey, Role,
};
use ipledger::calendar::{CivilDate, FiscalYear, Timestamp};
use ipledger::decide::command::{ApplySubsidy, Command, PoolTransfer, Request};
use ipledger::decide::rejection::Reason;
use ipledger::identifier::{ContractNumber, LoanId, PledgeRegistrationNumber, RequestId, RightKind};
use ipledger::money::{Amount, Rate};
use ipledger::rulebook::terms::{CostKind, InstitutionKind, SizeClass};

use crate::property::Audited;
use ipledger::simulation::world::{World, date, person};

/// A ledger with one bank, the rulebook, a budget and a pool, and enterprises with one patent each.
pub(crate) struct Story {
    pub(crate) world: World,
    pub(crate) audited: Audited,
    /// The effective date of what comes next.
    pub(crate) day: CivilDate,
    /// Today; the effective date where there is none.
    pub(crate) today: Option<CivilDate>,
    made: u128,
}

impl Story {
    pub(crate) fn new() -> Self {
        let mut story =
            Self { world: World::new(), audited: Audited::default(), day: date("2018-02-01"), today: None, made: 0 };
        let bank = InstitutionDetails {
            institution: story.world.banks[0].clone(),
            kind: InstitutionKind::Bank,
            name: "银行".to_owned(),
            uscc: story.world.enterprises[1],
            bank_code: None,
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
        let rulebook = Arc::clone(&story.world.rulebook);
        story.takes(Role::Operator, Command::RegisterInstitution(bank));
        story.takes(Role::Operator, Command::AdoptRulebook(rulebook.into()));
        story.takes(Role::Finance, Command::AppropriateBudget(budget));
        story.takes(Role::Finance, Command::ContributeToPool(money));
        story
    }

    /// The enterprise with this number joins with the patent of this number.
    pub(crate) fn join(&mut self, number: usize) {
        let enterprise = EnterpriseDetails {
            uscc: self.world.enterprises[number],
            name: "企业".to_owned(),
            size_class: SizeClass::Small,
            district: self.world.district.clone(),
        };
        let right = IpRightDetails {
            right: self.world.rights[number].clone(),
            owner: self.world.enterprises[number],
            title: "一种装置".to_owned(),
            granted_on: date("2016-05-01"),
            expires_on: date("2036-04-30"),
        };
        self.takes(Role::Operator, Command::RegisterEnterprise(enterprise));
        self.takes(Role::Operator, Command::RegisterIpRight(right));
    }

    pub(crate) fn give(&mut self, role: Role, command: Command) -> Result<(), String> {
        let bank = (role == Role::Bank).then(|| self.world.banks[0].clone());
        let caller = Caller { institution: bank, ..Caller::of_bureau(role, person(&format!("{role}-person"))) };
        self.made += 1;
        let id = RequestId::from_bytes(self.made.to_be_bytes()).unwrap();
        let key = RequestKey { id, digest: [1; 32] };
        let request = Request { caller, key, effective_date: Some(self.day), book_late: false, command };
        // Noon in Shanghai.
        let today = self.today.unwrap_or(self.day);
        let now = Timestamp::from_micros((i64::from(today.epoch_days()) * 24 + 4) * 3_600_000_000);
        self.audited.submit(&request, now)
    }

    /// Gives a command that is taken; the auditor must agree.
    #[track_caller]
    pub(crate) fn takes(&mut self, role: Role, command: Command) -> u64 {
        let before = self.audited.entries.len();
        self.give(role, command.clone()).unwrap();
        assert_eq!(self.audited.entries.len(), before + 1, "{command:?} was rejected");
        self.last().sequence.value()
    }

    /// Gives a command that is rejected for this reason; the auditor must agree.
    #[track_caller]
    pub(crate) fn rejects(&mut self, role: Role, command: Command, reason: Reason) {
        let count = |story: &Self| story.audited.seen.get(reason.code()).copied().unwrap_or(0);
        let before = count(self);
        self.give(role, command.clone()).unwrap();
        assert_eq!(count(self), before + 1, "{command:?} was not rejected with {reason:?}");
    }

    pub(crate) fn last(&self) -> &Entry {
        self.audited.entries.last().unwrap()
    }

    pub(crate) fn wait(&mut self, days: i64) {
        self.day = self.day.plus_days(days).unwrap();
    }

    /// A pledge of a patent to the bank, of its owner with the same number.
    pub(crate) fn pledge(&self, number: usize) -> PledgeDetails {
        PledgeDetails {
            pledge: pledge_key(number),
            pledgee: self.world.banks[0].clone(),
            pledgor: self.world.enterprises[number],
            rights: vec![self.world.rights[number].clone()],
            secured_amount: yuan(1_000_000),
            term_end: None,
        }
    }

    /// A disbursed loan of a million to this enterprise on its patent.
    pub(crate) fn loan(&mut self, number: usize) -> LoanId {
        let (bank, borrower) = (self.world.banks[0].clone(), self.world.enterprises[number]);
        let details = self.pledge(number);
        let terms = LoanTerms {
            bank,
            contract: ContractNumber::parse(&format!("HT-{number}")).unwrap(),
            borrower,
            principal: yuan(1_000_000),
            ip_part: yuan(1_000_000),
            annual_rate: Rate::parse("0.0435").unwrap(),
            signed_on: self.day,
            matures_on: self.day.plus_days(365).unwrap(),
            pledges: vec![details.pledge.clone()],
            pool: Some(self.world.pool.clone()),
        };
        self.takes(Role::Bank, Command::RegisterPledge(details));
        let loan = LoanId::new(self.takes(Role::Bank, Command::FileLoan(terms)));
        self.takes(Role::Bank, Command::DisburseLoan(loan, yuan(1_000_000)));
        loan
    }

    pub(crate) fn invoice_item(&self, invoice: usize, cost: Amount) -> CostItem {
        CostItem {
            item: CostKind::Valuation,
            cost,
            paid_on: self.day,
            other_public_funding: Amount::ZERO,
            evidence: EvidenceKey::Invoice(self.world.invoices[invoice]),
            evidence_total: cost,
            right: None,
            details: CostDetails::default(),
        }
    }

    pub(crate) fn apply(&self, number: usize, loan: LoanId, item: CostItem) -> Command {
        Command::ApplySubsidy(ApplySubsidy {
            enterprise: self.world.enterprises[number],
            programme: self.world.costs.clone(),
            loan: Some(loan),
            items: vec![item],
        })
    }
}

pub(crate) fn pledge_key(number: usize) -> PledgeKey {
    let number = PledgeRegistrationNumber::parse(&format!("Y{number}")).unwrap();
    PledgeKey { kind: RightKind::Patent, number }
}

pub(crate) fn yuan(yuan: i64) -> Amount {
    Amount::from_yuan(yuan)
}
