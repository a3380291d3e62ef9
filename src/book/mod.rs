//! The book: what the journal adds up to.
//!
//! Nouns with their running sums, in ordered maps, so that two books made from one journal are equal byte for byte.
//! [`Book::apply`] is the only way in; it refuses nothing, because `decide` has checked everything before. Nothing
//! here scans a history to answer a question about a cap, a budget or a pool: the sums are kept.

pub mod access;
pub mod account;
pub mod adoption;
pub mod application;
pub mod chunked;

pub mod closing;
pub mod correction;
pub mod event;
pub mod evidence;
pub mod fact;
pub mod group;
pub mod identity_name;
pub mod invariants;
pub mod loan;
pub mod nouns;
pub mod period;
pub mod pool;
pub mod pool_moved;
pub mod rate;
pub mod reconciliation;
pub mod references;
pub mod registry;
pub mod shelf;
pub mod waiting;

mod apply;
pub(crate) mod requests;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::calendar::{CivilDate, FiscalYear, Timestamp};
use crate::identifier::{
    ApplicationId, BudgetLineId, ClaimId, ContractNumber, InstitutionId, InvoiceNumber, LoanId, PoolId, ProgrammeId,
    RequestId, RightId, Sequence, SeriesId, Uscc,
};
use crate::money::Amount;
use crate::rulebook::facts::{CapKey, WideKey};
use crate::rulebook::{PoolRule, Programme, Rulebook, RulebookRef};

use access::Access;
use account::Account;
use adoption::Adoption;
use application::{Application, Evidence};
use chunked::Chunked;
use evidence::EvidenceUse;
use fact::{FactKey, StatedFact};
use loan::Loan;
use nouns::{EvidenceKey, InstitutionDetails, Month, PledgeKey};
use pool::{Claim, Pool};
use rate::RateSeries;
use registry::{Enterprise, IpRight, Pledge};
use requests::Requests;
use shelf::Shelf;

/// How much is hashed at a time.
const DIGEST_BUFFER_BYTES: usize = 64 * 1024;

/// The state of the ledger after some entry.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Book {
    /// Sequence of the last entry applied; 0 when empty.
    last_sequence: u64,
    /// When it was recorded.
    last_recorded_at: Option<Timestamp>,
    /// 企业, by USCC.
    pub enterprises: Shelf<Uscc, Enterprise>,
    /// 合作机构.
    pub institutions: BTreeMap<InstitutionId, InstitutionDetails>,
    /// 知识产权.
    pub rights: Shelf<RightId, IpRight>,
    /// 质押登记.
    pub pledges: Shelf<PledgeKey, Pledge>,
    /// 质押贷款.
    pub loans: Shelf<LoanId, Loan>,
    /// Loans by bank and contract number.
    pub contracts: Chunked<(InstitutionId, ContractNumber), LoanId>,
    /// 补助申请.
    pub applications: Shelf<ApplicationId, Application>,
    /// 凭据 with what was used of them.
    pub evidence: EvidenceUse,
    /// Red-letter invoices (红字发票) with the blue ones that they cancel.
    pub red_letters: Chunked<InvoiceNumber, InvoiceNumber>,
    /// What counts toward each cap, granted and pending together, in yuan.
    pub cap_use: Chunked<CapKey, Amount>,
    /// How many lines of a programme an enterprise was granted.
    pub grants: Chunked<(ProgrammeId, Uscc), u32>,
    /// What counts toward each cap over many enterprises, granted and pending together, in yuan.
    pub wide_use: BTreeMap<WideKey, Amount>,
    /// How many applications under a programme an enterprise was granted.
    pub granted_applications: Chunked<(ProgrammeId, Uscc), u32>,
    /// For how many days of interest on a loan a programme granted.
    pub interest_days: Chunked<(ProgrammeId, LoanId), u32>,
    /// 参考利率.
    pub rates: BTreeMap<SeriesId, RateSeries>,
    /// Facts that were stated, by what they are about, in the order of their entries.
    pub facts: Chunked<FactKey, Vec<StatedFact>>,
    /// What each entry that recorded a fact was about.
    pub fact_log: Chunked<Sequence, FactKey>,
    /// 预算指标.
    pub budgets: BTreeMap<(BudgetLineId, FiscalYear), Budget>,
    /// 风险补偿资金池.
    pub pools: BTreeMap<PoolId, Pool>,
    /// 补偿申请.
    pub claims: Chunked<ClaimId, Claim>,
    /// Balances, debit positive, in yuan.
    pub accounts: Chunked<Account, Amount>,
    /// Adopted rulebook versions, in the order of adoption.
    pub rulebooks: Vec<Arc<Rulebook>>,
    /// How each version was adopted.
    pub adoptions: BTreeMap<RulebookRef, Adoption>,
    /// Closed months.
    pub closed_months: BTreeSet<Month>,
    /// Who is let in as whom.
    pub access: Access,
    /// What was reconciled with whose statement.
    pub reconciliation: reconciliation::Reconciliation,
    /// Closed years.
    pub closed_years: BTreeSet<FiscalYear>,
    /// Entries that were reversed, with the entry that did it.
    pub reversals: Chunked<Sequence, Sequence>,
    /// Request ids with the entry that answered them.
    pub(crate) requests: Requests,
    /// Closing runs, by programme and year.
    pub closing_runs: BTreeMap<(ProgrammeId, FiscalYear), Sequence>,
    /// Versions that were applied to the past, by programme.
    pub corrections: BTreeMap<ProgrammeId, Vec<RulebookRef>>,
    /// The group whose members are still to come; never between two commits.
    #[serde(skip)]
    open_group: Option<group::OpenGroup>,
}

/// A budget line in one year, in yuan: appropriated = available + reserved + spent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Budget {
    /// 已下达, adjustments included.
    pub appropriated: Amount,
    /// 已预留: for applications submitted or approved.
    pub reserved: Amount,
    /// 已支出.
    pub spent: Amount,
}

impl Budget {
    /// What is left for new applications.
    pub fn available(&self) -> Amount {
        self.appropriated.minus(self.reserved).minus(self.spent)
    }
}

impl Book {
    /// An empty book.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sequence of the last entry applied; `Sequence` 0 when empty.
    pub fn last_sequence(&self) -> Sequence {
        Sequence::new(self.last_sequence)
    }

    /// When the last entry was recorded.
    pub fn last_recorded_at(&self) -> Option<Timestamp> {
        self.last_recorded_at
    }

    /// The entry that answered this request id. It keeps the digest of the request's bytes.
    pub fn request(&self, id: &RequestId) -> Option<Sequence> {
        self.requests.get(id)
    }

    /// The balance of an account, debit positive; zero for an account without postings.
    pub fn balance(&self, account: &Account) -> Amount {
        self.accounts.get(account).copied().unwrap_or(Amount::ZERO)
    }

    /// The payment that a bank recorded, where this is one. No other evidence has a loan or days that it is for.
    pub fn interest_payment(&self, key: &EvidenceKey) -> Option<&Evidence> {
        match key {
            EvidenceKey::InterestPayment(_) => self.evidence.get(key),
            EvidenceKey::Invoice(_) | EvidenceKey::Document(_) => None,
        }
    }

    /// The pledges that an enterprise gave, in order: each was of rights that were its own then.
    pub fn pledges_given_by(&self, uscc: Uscc) -> Vec<PledgeKey> {
        let rights = self.enterprises.get(&uscc).map(|one| one.rights.clone()).unwrap_or_default();
        let pledges = rights.iter().filter_map(|right| self.rights.get(right)).flat_map(|right| right.pledges.clone());
        let given = |key: &PledgeKey| self.pledges.get(key).is_some_and(|pledge| pledge.details.pledgor == uscc);
        pledges.filter(given).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// What counts toward a cap already, granted and pending.
    pub fn cap_used(&self, key: &CapKey) -> Amount {
        self.cap_use.get(key).copied().unwrap_or(Amount::ZERO)
    }

    /// The budget line of a year; all zero where nothing was appropriated.
    pub fn budget(&self, line: &BudgetLineId, year: FiscalYear) -> Budget {
        self.budgets.get(&(line.clone(), year)).copied().unwrap_or_default()
    }

    /// An adopted version.
    pub fn rulebook(&self, reference: &RulebookRef) -> Option<&Arc<Rulebook>> {
        self.rulebooks.iter().find(|rulebook| rulebook.reference() == *reference)
    }

    /// The programme in force on a date, in the version that began last.
    pub fn programme_on(&self, id: &ProgrammeId, date: CivilDate) -> Option<(&Arc<Rulebook>, &Programme)> {
        self.in_force(date)
            .filter_map(|rulebook| Some((rulebook, rulebook.programme(id)?)))
            .max_by_key(|(rulebook, _)| rulebook.valid_from)
    }

    /// The pool's rule in force on a date, in the version that began last.
    pub fn pool_rule_on(&self, id: &PoolId, date: CivilDate) -> Option<(&Arc<Rulebook>, &PoolRule)> {
        self.in_force(date)
            .filter_map(|rulebook| Some((rulebook, rulebook.pool(id)?)))
            .max_by_key(|(rulebook, _)| rulebook.valid_from)
    }

    /// The rulebook in force on a date that began last.
    pub fn rulebook_on(&self, date: CivilDate) -> Option<&Arc<Rulebook>> {
        self.in_force(date).max_by_key(|rulebook| rulebook.valid_from)
    }

    /// The pool's rule in the version that began last, whether it is still in force or not.
    pub fn last_pool_rule(&self, id: &PoolId) -> Option<&PoolRule> {
        let rules = self.rulebooks.iter().filter_map(|rulebook| Some((rulebook, rulebook.pool(id)?)));
        rules.max_by_key(|(rulebook, _)| rulebook.valid_from).map(|(_, rule)| rule)
    }

    /// The last day on which a version is in force: its own last day, or the day before the next version of the same
    /// rulebook begins; `None` for ever.
    pub fn last_day_of(&self, rulebook: &Rulebook) -> Option<CivilDate> {
        let later = self.rulebooks.iter().filter(|other| other.id == rulebook.id && other.version > rulebook.version);
        let superseded = later.filter_map(|other| other.valid_from.plus_days(-1)).min();
        rulebook.valid_until.into_iter().chain(superseded).min()
    }

    /// The versions in force on a date, in the order of adoption.
    pub fn rulebooks_on(&self, date: CivilDate) -> impl Iterator<Item = &Arc<Rulebook>> {
        self.in_force(date)
    }

    fn in_force(&self, date: CivilDate) -> impl Iterator<Item = &Arc<Rulebook>> {
        self.rulebooks.iter().filter(move |rulebook| {
            rulebook.valid_from <= date && self.last_day_of(rulebook).is_none_or(|last| date <= last)
        })
    }

    /// SHA-256 over the whole state as a snapshot writes it: equal books have equal digests, whatever way they came about.
    pub fn digest(&self) -> [u8; 32] {
        struct Sink(Sha256);
        impl Write for Sink {
            fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
                self.0.update(buf);
                Ok(buf.len())
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        // As text, with the names of all fields, it takes six times as long.
        let mut sink = BufWriter::with_capacity(DIGEST_BUFFER_BYTES, Sink(Sha256::new()));
        let written = postcard::to_io(self, &mut sink).map(|_| ()).map_err(io::Error::other);
        let sink = written.and_then(|()| sink.into_inner().map_err(io::IntoInnerError::into_error));
        debug_assert!(sink.is_ok(), "a book can be written, and hashing cannot fail");
        sink.map(|sink| sink.0.finalize().into()).unwrap_or_default()
    }
}
