//! The deeds of a generated nation ([`crate::nation`]) as commands: each when its day has come, and again a little later
//! where what it is about is not in the book yet.
//!
//! A nation says who borrows, pays, defaults and applies, and when; what the ledger made of it is looked up in the book by
//! the bank's contract number, as whoever reports it would. It knows nothing of faults: a deed that came to nothing leaves
//! later ones without what they are about, and they are given up.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;

use super::{Generator, Plan, staff};
use crate::book::Book;
use crate::book::event::{BudgetChange, InterestPaid};
use crate::book::nouns::{
    Caller, CostDetails, CostItem, EnterpriseDetails, EvidenceKey, InstitutionDetails, IpRightDetails, LoanTerms,
    PledgeDetails, Role,
};
use crate::calendar::CivilDate;
use crate::decide::command::{ApplySubsidy, Command, PoolTransfer, RecordPrincipalPayment};
use crate::identifier::{
    ApplicationId, BudgetLineId, ClaimId, ContractNumber, District, FunderId, LoanId, PoolId, ProgrammeId,
};
use crate::money::{Amount, Rate};
use crate::nation::life::{City, Fates, Loan};
use crate::nation::{Deed, Nation, Sender, Shape, Step, Unmade, What, names};
use crate::rulebook::load;
use crate::rulebook::terms::{CostKind, InstitutionKind};
use crate::simulation::world::{date, person};

/// The two years of a run.
pub(crate) const YEARS: (u16, u16) = (2024, 2);

/// Steps for each enterprise: some twelve are its deeds, the others are what everybody else does.
const STEPS_EACH: u64 = 18;

/// How many banks share so small a nation.
pub(crate) const BANKS: u64 = 3;

/// Trouble is far more common than in life, and loans are shorter: a short run would else see the end of few.
const FATES: Fates = Fates { lost: 20, late: 10, renewed: 40 };

const HALF_YEARS: u64 = 5;

/// How often what a deed is about is looked for.
const TRIES: u8 = 3;

/// How far ahead in the list of deeds one is looked for whose day has come.
const AHEAD: usize = 40;

/// What the nation is still to do; the callers of a run share it.
#[derive(Debug, Clone)]
pub struct Deeds {
    left: Arc<Mutex<VecDeque<Waiting>>>,
}

/// A deed, and how often it was tried in vain.
#[derive(Debug, Clone)]
struct Waiting {
    deed: Deed,
    tries: u8,
}

impl Deeds {
    /// Those of a seed, about as many as a run of so many steps has room for.
    pub fn new(seed: u64, steps: u64) -> Self {
        let shape =
            Shape { enterprises: enterprises(steps), years: YEARS, banks: BANKS, half_years: HALF_YEARS, fates: FATES };
        let mut left = VecDeque::new();
        let told = Nation::new(seed, shape).tell(&mut |deed| {
            left.push_back(Waiting { deed, tries: 0 });
            Ok::<_, Unmade>(())
        });
        told.expect("a small nation");
        Self { left: Arc::new(Mutex::new(left)) }
    }

    /// The deeds without which there is nothing: rulebooks, banks, the money of the first year.
    fn opening(&self) -> Vec<Deed> {
        let mut left = self.left.lock();
        let is_first =
            |what: &What| matches!(what, What::Rulebook(..) | What::Bank(_) | What::Budget(..) | What::PoolMoney(..));
        let count = left.iter().take_while(|waiting| is_first(&waiting.deed.what)).count();
        left.drain(..count).map(|waiting| waiting.deed).collect()
    }

    /// The next one whose day has come.
    fn due(&self, today: CivilDate) -> Option<Waiting> {
        let mut left = self.left.lock();
        let index = left.iter().take(AHEAD).position(|waiting| waiting.deed.on <= today)?;
        left.remove(index)
    }

    /// Puts one back behind some others.
    fn later(&self, waiting: Waiting) {
        if waiting.tries < TRIES {
            let mut left = self.left.lock();
            let place = left.len().min(AHEAD / 2);
            left.insert(place, Waiting { tries: waiting.tries + 1, ..waiting });
        }
    }
}

/// How many enterprises borrow in a run of so many steps.
pub(crate) fn enterprises(steps: u64) -> u64 {
    (steps / STEPS_EACH).max(8)
}

impl Generator {
    /// The first deeds, each on its day.
    pub(super) fn nation_opening(&mut self) -> Vec<(Plan, CivilDate)> {
        let deeds = self.deeds.as_ref().map(Deeds::opening).unwrap_or_default();
        let plans = deeds.into_iter().filter_map(|deed| {
            let plan = self.of_deed(&Book::new(), &deed)?;
            Some((plan, deed.on))
        });
        plans.collect()
    }

    /// What the nation does next; nothing if it is somebody else's turn, or no day has come.
    pub(super) fn deed(&mut self, book: &Book) -> Option<(Plan, CivilDate)> {
        let deeds = self.deeds.clone()?;
        if self.random.chance(12) {
            return None;
        }
        let waiting = deeds.due(self.today)?;
        let plan = self.of_deed(book, &waiting.deed);
        let deed = plan.map(|plan| (plan, waiting.deed.on));
        if deed.is_none() {
            deeds.later(waiting);
        }
        deed
    }

    /// The command of a deed; `None` where what it is about is not in the book.
    fn of_deed(&self, book: &Book, deed: &Deed) -> Option<Plan> {
        let command = match &deed.what {
            What::Rulebook(_, text) => Command::AdoptRulebook(Arc::new(load(text).expect("a shipped rulebook")).into()),
            What::Bank(number) => Command::RegisterInstitution(InstitutionDetails {
                institution: made(names::bank(*number)),
                kind: InstitutionKind::Bank,
                name: format!("第{number}银行"),
                uscc: made(names::bank_code(*number)),
                bank_code: None,
            }),
            What::Budget(year, amount) => Command::AppropriateBudget(BudgetChange {
                line: made(BudgetLineId::parse("ip-finance")),
                year: *year,
                amount: self.scarce(*amount, 10),
                document: format!("财预〔{year}〕1号"),
            }),
            What::PoolMoney(city, year, amount) => Command::ContributeToPool(PoolTransfer {
                pool: pool(*city)?,
                funder: made(FunderId::parse("city-finance")),
                amount: self.scarce(*amount, 100),
                reference: format!("ZJC-{year}"),
            }),
            What::Enterprise(number, size_class) => Command::RegisterEnterprise(EnterpriseDetails {
                uscc: made(names::enterprise(*number)),
                name: format!("第{number}科技有限公司"),
                size_class: *size_class,
                district: made(District::parse(City::of(*number).code())),
            }),
            What::Right(enterprise) => Command::RegisterIpRight(IpRightDetails {
                right: made(names::right(*enterprise)),
                owner: made(names::enterprise(*enterprise)),
                title: format!("商标{enterprise}"),
                granted_on: date("2020-01-01"),
                expires_on: date("2099-12-31"),
            }),
            What::Pledge(enterprise, bank) => Command::RegisterPledge(PledgeDetails {
                pledge: made(names::pledge(*enterprise)),
                pledgee: made(names::bank(*bank)),
                pledgor: made(names::enterprise(*enterprise)),
                rights: vec![made(names::right(*enterprise))],
                secured_amount: Amount::from_yuan(100_000_000),
                term_end: None,
            }),
            What::Loan(loan, Step::Filed { matures_on }) => Command::FileLoan(terms(loan, (deed.on, *matures_on))),
            What::Loan(loan, step) => of_loan(book, (known(book, loan)?, loan), step, deed.on)?,
        };
        Some(Plan { caller: caller(deed.by), command })
    }

    /// The nation's money is ample; every other seed has a part of it, so that pool and budget run short.
    fn scarce(&self, amount: Amount, part: i64) -> Amount {
        if self.scarce { Amount::from_fen(amount.fen() / part) } else { amount }
    }
}

fn caller(by: Sender) -> Caller {
    match by {
        Sender::Operator => staff(Role::Operator, "operator-1"),
        Sender::Counter => staff(Role::Officer, "officer-1"),
        Sender::Officer => staff(Role::Officer, "officer-2"),
        Sender::Finance => staff(Role::Finance, "finance-1"),
        Sender::Bank(number) => {
            let bank = made(names::bank(number));
            let clerk = person(&format!("{bank}-clerk-1"));
            Caller { institution: Some(bank), ..Caller::of_bureau(Role::Bank, clerk) }
        }
    }
}

fn pool(city: City) -> Option<PoolId> {
    city.pool().map(|pool| made(PoolId::parse(pool)))
}

fn terms(loan: &Loan, (signed_on, matures_on): (CivilDate, CivilDate)) -> LoanTerms {
    LoanTerms {
        bank: made(names::bank(loan.bank)),
        contract: made(ContractNumber::parse(&loan.contract())),
        borrower: made(names::enterprise(loan.enterprise)),
        principal: loan.amount(),
        ip_part: loan.amount(),
        annual_rate: Rate::from_basis_points(loan.rate),
        signed_on,
        matures_on,
        pledges: vec![made(names::pledge(loan.enterprise))],
        pool: pool(loan.city),
    }
}

/// The ledger's id of a loan.
fn known(book: &Book, loan: &Loan) -> Option<LoanId> {
    let contract = made(ContractNumber::parse(&loan.contract()));
    book.contracts.get(&(made(names::bank(loan.bank)), contract)).copied()
}

fn of_loan(book: &Book, (id, loan): (LoanId, &Loan), step: &Step, on: CivilDate) -> Option<Command> {
    let number = loan.number;
    // All that is left: somebody may have reported a part of it, by mistake or not.
    let rest = |all: Amount| if all.is_positive() { all } else { loan.amount() };
    let outstanding = || book.loans.get(&id).map_or(Amount::ZERO, |one| one.outstanding());
    Some(match step {
        Step::Filed { .. } => return None,
        Step::Disbursed => Command::DisburseLoan(id, loan.amount()),
        Step::InterestPaid(interest) => {
            let ((period_from, period_to), quarter) = (interest.period, interest.quarter);
            let reference = format!("LX-{number}-{quarter}");
            let paid = InterestPaid { amount: loan.interest(), period_from, period_to, reference };
            Command::RecordInterestPayment(id, paid)
        }
        Step::Overdue => Command::MarkLoanOverdue(id, on),
        Step::Cured => Command::MarkLoanCured(id),
        Step::NonPerforming => Command::MarkLoanNonPerforming(id),
        Step::Claimed => Command::SubmitClaim(id, rest(outstanding())),
        Step::Repaid => {
            let (amount, reference) = (rest(outstanding()), format!("BJ-{number}"));
            Command::RecordPrincipalPayment(RecordPrincipalPayment { loan: id, amount, reference })
        }
        Step::Settled => Command::SettleLoan(id),
        Step::Closed => Command::CloseLoan(id),
        Step::Applied(quarters) => {
            let days: Vec<CivilDate> = quarters.iter().map(|(_, paid_on)| *paid_on).collect();
            return applied(book, (id, loan), &days);
        }
        Step::Approved => Command::ApproveSubsidy(application(book, id)?),
        Step::Paid => Command::PaySubsidy(application(book, id)?, format!("BF-{number}")),
        Step::ClaimApproved => Command::ApproveClaim(claim(book, id)?),
        Step::ClaimPaid => Command::PayClaim(claim(book, id)?, format!("BC-{number}")),
    })
}

/// The application for the interest that was recorded on these days.
fn applied(book: &Book, (id, loan): (LoanId, &Loan), days: &[CivilDate]) -> Option<Command> {
    let payments = book.evidence.iter().filter(|(key, evidence)| {
        let is_payment = matches!(key, EvidenceKey::InterestPayment(_));
        is_payment && evidence.loan == Some(id) && evidence.paid_on.is_some_and(|day| days.contains(&day))
    });
    let items: Vec<CostItem> = payments
        .filter_map(|(key, evidence)| {
            Some(CostItem {
                item: CostKind::Interest,
                cost: evidence.total,
                paid_on: evidence.paid_on?,
                other_public_funding: Amount::ZERO,
                evidence: key,
                evidence_total: evidence.total,
                right: None,
                details: CostDetails::default(),
            })
        })
        .collect();
    if items.is_empty() {
        return None;
    }
    let (enterprise, programme) = (made(names::enterprise(loan.enterprise)), loan.city.programme()?);
    let programme = made(ProgrammeId::parse(programme));
    Some(Command::ApplySubsidy(ApplySubsidy { enterprise, programme, loan: Some(id), items }))
}

/// The last application for a loan.
fn application(book: &Book, loan: LoanId) -> Option<ApplicationId> {
    let mut all = book.applications.iter().rev();
    all.find(|(_, application)| application.loan == Some(loan)).map(|(id, _)| *id)
}

fn claim(book: &Book, loan: LoanId) -> Option<ClaimId> {
    book.loans.get(&loan).and_then(|loan| loan.claim)
}

/// Unwraps a name that the nation makes correctly.
fn made<T, E: std::fmt::Debug>(value: Result<T, E>) -> T {
    value.expect("the nation's names are valid")
}
