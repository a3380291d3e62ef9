//! Decisions of the pure core: applications of many enterprises, decided and applied one after the other.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::time::Instant;

use super::per_second;
use crate::book::Book;
use crate::book::event::{BudgetChange, Entry, RequestKey};
use crate::book::nouns::{
    Caller, CostDetails, CostItem, EnterpriseDetails, EvidenceKey, InstitutionDetails, IpRightDetails, LoanTerms,
    PledgeDetails, PledgeKey, Role,
};
use crate::calendar::{CivilDate, FiscalYear, Timestamp};
use crate::decide::command::{ApplySubsidy, Command, Request, Stamp};
use crate::decide::decide;
use crate::identifier::{
    BudgetLineId, ContractNumber, District, InstitutionId, InvoiceNumber, LoanId, PersonId, PledgeRegistrationNumber,
    ProgrammeId, RequestId, RightId, RightKind, Uscc,
};
use crate::money::{Amount, Rate};
use crate::rulebook::load;
use crate::rulebook::terms::{CostKind, InstitutionKind, SizeClass};

/// Who hears of each entry of the set-up.
pub(super) type Recorded<'a> = dyn FnMut(&Entry) -> anyhow::Result<()> + 'a;

/// The day on which everything happens.
pub(super) const DAY: &str = "2026-06-01";

/// Enterprises that take turns, unless told otherwise.
pub(super) const ENTERPRISES: u64 = 1_000;

/// What is done with each application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    /// It is decided, and the book stays as it is.
    Decided,
    /// It is decided and applied to the book, which grows.
    Applied,
}

/// Decides for about `span`; only the decisions of applications are counted and timed, with the drop of what came of them.
pub(super) fn decisions_per_second(span: Duration, work: Work) -> anyhow::Result<u64> {
    let mut core = Core::new()?;
    let loans = core.set_up(ENTERPRISES, &mut |_| Ok(()))?;
    let mut decided: u64 = 0;
    let mut elapsed = Duration::ZERO;
    while elapsed < span {
        let batch: Vec<Request> = loans
            .iter()
            .map(|(enterprise, loan)| core.application(*enterprise, *loan))
            .collect::<anyhow::Result<_>>()?;
        let begin = Instant::now();
        for request in batch {
            drop(if work == Work::Applied { core.take(&request)? } else { core.decided(&request)? });
            decided = decided.saturating_add(1);
        }
        elapsed = elapsed.saturating_add(begin.elapsed());
    }
    Ok(per_second(decided, elapsed))
}

/// A book of the pure core, and the requests that fill it.
pub(super) struct Core {
    book: Book,
    number: u64,
    day: CivilDate,
    programme: ProgrammeId,
    person: PersonId,
}

impl Core {
    pub(super) fn new() -> anyhow::Result<Self> {
        Ok(Self {
            book: Book::new(),
            number: 0,
            day: date(DAY)?,
            programme: ProgrammeId::parse("pledge-cost")?,
            person: PersonId::parse("bench")?,
        })
    }

    /// Rulebook, budget, bank, and so many enterprises with a disbursed loan each.
    /// `recorded` hears of each entry.
    pub(super) fn set_up(
        &mut self,
        enterprises: u64,
        recorded: &mut Recorded<'_>,
    ) -> anyhow::Result<Vec<(Uscc, LoanId)>> {
        let text = crate::cli::rulebook::read("hebi-2017")?;
        let rulebook = load(&text).map_err(|errors| anyhow::anyhow!("{}", errors.in_file("hebi-2017")))?;
        self.give(recorded, Role::Operator, Command::AdoptRulebook(Arc::new(rulebook).into()))?;
        let year = FiscalYear::from_value(2026).context("a year")?;
        let (line, document) = (BudgetLineId::parse("ip-finance")?, "bench".to_owned());
        let amount = Amount::from_yuan(1_000_000_000);
        self.give(recorded, Role::Finance, Command::AppropriateBudget(BudgetChange { line, year, amount, document }))?;
        let bank = InstitutionDetails {
            institution: InstitutionId::parse("bank")?,
            kind: InstitutionKind::Bank,
            name: "测试银行".to_owned(),
            uscc: super::server::uscc(0)?,
            bank_code: None,
        };
        self.give(recorded, Role::Operator, Command::RegisterInstitution(bank))?;
        (1..=enterprises).map(|index| self.borrower(index, recorded)).collect()
    }

    fn borrower(&mut self, index: u64, recorded: &mut Recorded<'_>) -> anyhow::Result<(Uscc, LoanId)> {
        let uscc = super::server::uscc(index)?;
        let details = EnterpriseDetails {
            uscc,
            name: format!("企业{index}"),
            size_class: SizeClass::Small,
            district: District::parse("410611")?,
        };
        self.give(recorded, Role::Officer, Command::RegisterEnterprise(details))?;
        let right = RightId::parse(&format!("trademark:{}/9", 10_000_000_u64.saturating_add(index)))?;
        let details = IpRightDetails {
            right: right.clone(),
            owner: uscc,
            title: "标".to_owned(),
            granted_on: date("2020-01-01")?,
            expires_on: date("2030-01-01")?,
        };
        self.give(recorded, Role::Officer, Command::RegisterIpRight(details))?;
        let pledge =
            PledgeKey { kind: RightKind::Trademark, number: PledgeRegistrationNumber::parse(&format!("Y{index}"))? };
        let bank = InstitutionId::parse("bank")?;
        let details = PledgeDetails {
            pledge: pledge.clone(),
            pledgee: bank.clone(),
            pledgor: uscc,
            rights: vec![right],
            secured_amount: Amount::from_yuan(1_000_000),
            term_end: None,
        };
        self.give(recorded, Role::Bank, Command::RegisterPledge(details))?;
        let terms = LoanTerms {
            bank,
            contract: ContractNumber::parse(&format!("C{index}"))?,
            borrower: uscc,
            principal: Amount::from_yuan(1_000_000),
            ip_part: Amount::from_yuan(1_000_000),
            annual_rate: Rate::parse("0.0435")?,
            signed_on: self.day,
            matures_on: date("2027-06-01")?,
            pledges: vec![pledge],
            pool: None,
        };
        let loan = LoanId::new(self.give(recorded, Role::Bank, Command::FileLoan(terms))?);
        self.give(recorded, Role::Bank, Command::DisburseLoan(loan, Amount::from_yuan(1_000_000)))?;
        Ok((uscc, loan))
    }

    /// An application for half of a valuation fee of 2.00 yuan on an invoice of its own.
    pub(super) fn application(&mut self, enterprise: Uscc, loan: LoanId) -> anyhow::Result<Request> {
        let cost = Amount::from_yuan(2);
        let item = CostItem {
            item: CostKind::Valuation,
            cost,
            paid_on: self.day,
            other_public_funding: Amount::ZERO,
            evidence: EvidenceKey::Invoice(InvoiceNumber::parse(&format!("{:020}", self.number))?),
            evidence_total: cost,
            right: None,
            details: CostDetails::default(),
        };
        let programme = self.programme.clone();
        let apply = ApplySubsidy { enterprise, programme, loan: Some(loan), items: vec![item] };
        self.request(Role::Officer, Command::ApplySubsidy(apply))
    }

    fn request(&mut self, role: Role, command: Command) -> anyhow::Result<Request> {
        self.number = self.number.saturating_add(1);
        let mut id = [0_u8; 16];
        if let Some(tail) = id.last_chunk_mut::<8>() {
            *tail = self.number.to_be_bytes();
        }
        let id = RequestId::from_bytes(id).context("a request id")?;
        let institution = (role == Role::Bank).then(|| InstitutionId::parse("bank")).transpose()?;
        Ok(Request {
            caller: Caller { institution, ..Caller::of_bureau(role, self.person.clone()) },
            key: RequestKey { id, digest: [0; 32] },
            effective_date: Some(self.day),
            book_late: false,
            command,
        })
    }

    fn give(&mut self, recorded: &mut Recorded<'_>, role: Role, command: Command) -> anyhow::Result<u64> {
        let request = self.request(role, command)?;
        let entry = self.take(&request)?;
        recorded(&entry)?;
        Ok(entry.sequence.value())
    }

    /// Decides and applies.
    pub(super) fn take(&mut self, request: &Request) -> anyhow::Result<Entry> {
        let entry = self.decided(request)?;
        self.book.apply(&entry);
        Ok(entry)
    }

    /// Decides, and changes nothing.
    pub(super) fn decided(&self, request: &Request) -> anyhow::Result<Entry> {
        let sequence = self.book.last_sequence().next();
        // 2026-06-01 12:00 in Shanghai, and a microsecond for each entry.
        let micros = i64::try_from(sequence.value())?.saturating_add(1_780_286_400_000_000);
        let stamp = Stamp { sequence, recorded_at: Timestamp::from_micros(micros) };
        Ok(decide(&self.book, &stamp, request)?)
    }
}

fn date(text: &str) -> anyhow::Result<CivilDate> {
    Ok(CivilDate::parse(text)?)
}
