//! What was reconciled with whose statement (对账), and what still is to be.
//!
//! Kept in the book, so that a sign-off is decided on it and a month is closed on it. Every entry that a statement
//! would show is *open* from the moment it is recorded until a sign-off has looked at it; one that the sign-off found
//! in the statement is *reconciled* and matches nothing else ever after.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::Book;
use super::account::Account;
use super::event::{Entry, Event, LoanChange, Undone};
use super::nouns::Month;
use crate::book::chunked::Chunked;
use crate::calendar::CivilDate;
use crate::identifier::{InstitutionId, Invalid, LoanId, PersonId, PoolId, Sequence, shown};
use crate::money::Amount;
use crate::rulebook::terms::codes;

/// Whose statement: the three kinds of lists, each with its owner.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum StatementOf {
    /// A bank's loan list (贷款台账): its drawdowns.
    Loans(InstitutionId),
    /// A bank's list of interest and principal paid (还本付息清单).
    Repayments(InstitutionId),
    /// The bank-account statement of a pool (资金池专户对账单).
    Pool(PoolId),
    /// The bank-account statement of the treasury (国库对账单).
    Treasury,
}

impl StatementOf {
    /// Reads what `Display` writes.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let (kind, owner) = text.split_once('/').unwrap_or((text, ""));
        match kind {
            "loans" => InstitutionId::parse(owner).map(Self::Loans),
            "repayments" => InstitutionId::parse(owner).map(Self::Repayments),
            "pool" => PoolId::parse(owner).map(Self::Pool),
            "treasury" if owner.is_empty() => Ok(Self::Treasury),
            _ => Err(Invalid::new(
                format!(
                    "`{}` is not a statement; expected `loans/BANK`, `repayments/BANK`, `pool/POOL` or `treasury`",
                    shown(text)
                ),
                format!("“{}”不是对账单；应为 loans/银行、repayments/银行、pool/资金池 或 treasury", shown(text)),
            )),
        }
    }

    /// The bank, for its lists.
    pub const fn institution(&self) -> Option<&InstitutionId> {
        match self {
            Self::Loans(bank) | Self::Repayments(bank) => Some(bank),
            Self::Pool(_) | Self::Treasury => None,
        }
    }

    /// What people call it.
    pub fn chinese(&self) -> String {
        match self {
            Self::Loans(bank) => format!("{bank} 贷款台账"),
            Self::Repayments(bank) => format!("{bank} 还本付息清单"),
            Self::Pool(pool) => format!("{pool} 专户对账单"),
            Self::Treasury => "国库对账单".to_owned(),
        }
    }
}

impl fmt::Display for StatementOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loans(bank) => write!(f, "loans/{bank}"),
            Self::Repayments(bank) => write!(f, "repayments/{bank}"),
            Self::Pool(pool) => write!(f, "pool/{pool}"),
            Self::Treasury => f.write_str("treasury"),
        }
    }
}

/// What a line of a statement, or an entry of the ledger, turned out to be. Each is in exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// 一致.
    Equal,
    /// 账本缺失: the ledger has no such entry.
    MissingInLedger,
    /// 对账单缺失: the statement has no such line.
    MissingInStatement,
    /// 金额不符.
    AmountDiffers,
    /// 日期或期间不符.
    DateDiffers,
    /// 户名或合同不符.
    PartyDiffers,
    /// 重复行: the line stands in the file once too often.
    Duplicate,
    /// 拆分: several lines add up to one entry.
    Split,
    /// 合并: several entries add up to one line.
    Merged,
    /// 冲正: two lines cancel each other.
    Reversed,
    /// 已对账.
    AlreadyReconciled,
}
codes!(Class {
    Equal = "equal",
    MissingInLedger = "missing-in-ledger",
    MissingInStatement = "missing-in-statement",
    AmountDiffers = "amount-differs",
    DateDiffers = "date-differs",
    PartyDiffers = "party-differs",
    Duplicate = "duplicate",
    Split = "split",
    Merged = "merged",
    Reversed = "reversed",
    AlreadyReconciled = "already-reconciled",
});

impl Class {
    /// What people call it.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Equal => "一致",
            Self::MissingInLedger => "账本缺失",
            Self::MissingInStatement => "对账单缺失",
            Self::AmountDiffers => "金额不符",
            Self::DateDiffers => "日期或期间不符",
            Self::PartyDiffers => "户名或合同不符",
            Self::Duplicate => "重复行",
            Self::Split => "拆分",
            Self::Merged => "合并",
            Self::Reversed => "冲正",
            Self::AlreadyReconciled => "已对账",
        }
    }

    /// Whether somebody must look at it: bank and ledger do not say the same.
    pub const fn is_difference(self) -> bool {
        match self {
            Self::Equal | Self::Split | Self::Merged | Self::Reversed | Self::AlreadyReconciled => false,
            Self::MissingInLedger
            | Self::MissingInStatement
            | Self::AmountDiffers
            | Self::DateDiffers
            | Self::PartyDiffers
            | Self::Duplicate => true,
        }
    }
}

/// How many lines are in each class; entries for those missing in the statement.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Counts {
    counts: BTreeMap<Class, u64>,
}

impl Counts {
    /// Adds some.
    pub fn add(&mut self, class: Class, count: usize) {
        if count == 0 {
            return;
        }
        let sum = self.counts.entry(class).or_default();
        *sum = sum.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
    }

    /// How many there are.
    pub fn of(&self, class: Class) -> u64 {
        self.counts.get(&class).copied().unwrap_or(0)
    }

    /// Those that there are, in the order of the classes.
    pub fn iter(&self) -> impl Iterator<Item = (Class, u64)> {
        self.counts.iter().filter(|(_, count)| **count > 0).map(|(class, count)| (*class, *count))
    }

    /// How many somebody must look at.
    pub fn differences(&self) -> u64 {
        self.iter().filter(|(class, _)| class.is_difference()).fold(0, |sum, (_, count)| sum.saturating_add(count))
    }
}

/// A statement that a named person signed off (对账确认): what the entry keeps of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementSignedOff {
    /// Whose statement.
    pub statement: StatementOf,
    /// First day of its period.
    pub from: CivilDate,
    /// Last day of its period.
    pub to: CivilDate,
    /// SHA-256 of the file.
    pub file_digest: [u8; 32],
    /// The file's name, for people.
    pub file_name: String,
    /// How far dates were allowed to be off, in days.
    pub tolerance_days: u32,
    /// The size of the ledger at which it was compared: entries up to this sequence.
    pub compared_at: Sequence,
    /// SHA-256 of the comparison: whoever has the file and the ledger can make it again.
    pub comparison_digest: [u8; 32],
    /// Lines in each class.
    pub counts: Counts,
    /// The entries that were found in the statement, in order.
    pub matched: Vec<Sequence>,
    /// The entries of the period that were not found as they are, in order: looked at, and open no more.
    pub differing: Vec<Sequence>,
    /// What explains the differences; may be empty where there are none.
    pub note: String,
}

/// A past sign-off, as the book remembers it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SignOff {
    /// Whose statement.
    pub statement: StatementOf,
    /// First day of its period.
    pub from: CivilDate,
    /// Last day of its period.
    pub to: CivilDate,
    /// SHA-256 of the file.
    pub file_digest: [u8; 32],
    /// The file's name.
    pub file_name: String,
    /// Lines in each class.
    pub counts: Counts,
    /// The size of the ledger at which it was compared.
    pub compared_at: Sequence,
    /// Who signed.
    pub signed_by: PersonId,
    /// The effective date of the sign-off.
    pub signed_on: CivilDate,
}

/// A statement of a month with entries that no sign-off has looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenStatement {
    /// The month of its entries.
    pub month: Month,
    /// Whose statement.
    pub statement: StatementOf,
    /// How many entries are open.
    pub entries: usize,
    /// The first of them.
    pub first: Sequence,
}

/// What is reconciled, and what is to be.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Reconciliation {
    /// The entries that a statement of this month would show, in the order of the journal.
    entries: BTreeMap<(StatementOf, Month), Arc<Vec<Sequence>>>,
    /// Those of them that no sign-off has looked at.
    open: BTreeMap<Month, BTreeMap<StatementOf, Chunked<Sequence, ()>>>,
    /// Entries found in a statement, with the sign-off that found them.
    reconciled: Chunked<(StatementOf, Sequence), Sequence>,
    /// The sign-offs, by their entries.
    pub signed_off: BTreeMap<Sequence, SignOff>,
    /// The sign-off of a file for a statement.
    files: BTreeMap<(StatementOf, [u8; 32]), Sequence>,
}

impl Reconciliation {
    /// The sign-off that found this entry in the statement.
    pub fn reconciled_by(&self, statement: &StatementOf, entry: Sequence) -> Option<Sequence> {
        self.reconciled.get(&(statement.clone(), entry)).copied()
    }

    /// The sign-off of this file for these days, the last one. A bank that received nothing sends the same empty list
    /// each month: for other days it is another statement.
    pub fn file_signed_off(
        &self,
        statement: &StatementOf,
        digest: &[u8; 32],
        (from, to): (CivilDate, CivilDate),
    ) -> Option<Sequence> {
        // Most files are new.
        self.files.get(&(statement.clone(), *digest))?;
        let same = |one: &SignOff| one.statement == *statement && one.file_digest == *digest;
        let mut before = self.signed_off.iter().filter(|(_, one)| same(one) && one.from <= from && to <= one.to);
        before.next_back().map(|(sequence, _)| *sequence)
    }

    /// The entries that the statement would show, of the months that these days are in, in the order of the journal.
    pub fn entries_between(&self, statement: &StatementOf, from: CivilDate, to: CivilDate) -> Vec<Sequence> {
        let (from, to) = ((statement.clone(), Month::of(from)), (statement.clone(), Month::of(to)));
        if from > to {
            return Vec::new();
        }
        let mut found: Vec<Sequence> =
            self.entries.range(from..=to).flat_map(|(_, entries)| entries.iter().copied()).collect();
        found.sort_unstable();
        found
    }

    /// The statements with entries in the month that no sign-off has looked at.
    pub fn unreconciled(&self, month: Month) -> Vec<OpenStatement> {
        self.open.range(month..=month).flat_map(of_month).collect()
    }

    /// Those of the month and of every month before it, the oldest first.
    pub fn unreconciled_until(&self, month: Month) -> Vec<OpenStatement> {
        self.open.range(..=month).flat_map(of_month).collect()
    }

    /// Whether an entry of the statement and the month is open.
    pub fn is_open(&self, statement: &StatementOf, month: Month) -> bool {
        self.open.get(&month).is_some_and(|statements| statements.contains_key(statement))
    }

    /// Whether the statement would show anything of the month or before.
    pub fn has_begun(&self, statement: &StatementOf, month: Month) -> bool {
        let last = self.entries.range(..=(statement.clone(), month)).next_back();
        last.is_some_and(|((of, _), _)| of == statement)
    }

    /// Whether somebody signed a statement off whose period has this day.
    pub fn covers(&self, statement: &StatementOf, day: CivilDate) -> bool {
        self.signed_off.values().any(|one| one.statement == *statement && one.from <= day && day <= one.to)
    }

    /// The months with such statements, in order.
    pub fn open_months(&self) -> impl Iterator<Item = Month> {
        self.open.keys().copied()
    }

    fn note(&mut self, statement: StatementOf, entry: &Entry) {
        let month = Month::of(statement_day(entry));
        self.open.entry(month).or_default().entry(statement.clone()).or_default().insert(entry.sequence, ());
        Arc::make_mut(self.entries.entry((statement, month)).or_default()).push(entry.sequence);
    }

    fn sign_off(&mut self, entry: &Entry, signed: &StatementSignedOff) {
        for sequence in &signed.matched {
            self.reconciled.insert((signed.statement.clone(), *sequence), entry.sequence);
        }
        for sequence in signed.matched.iter().chain(&signed.differing) {
            let mut months = self.open.values_mut().filter_map(|month| month.get_mut(&signed.statement));
            // It is open in one month at most: looking ends there.
            months.any(|open| open.remove(sequence).is_some());
        }
        for month in self.open.values_mut() {
            month.retain(|_, open| !open.is_empty());
        }
        self.open.retain(|_, statements| !statements.is_empty());
        self.files.insert((signed.statement.clone(), signed.file_digest), entry.sequence);
        self.signed_off.insert(
            entry.sequence,
            SignOff {
                statement: signed.statement.clone(),
                from: signed.from,
                to: signed.to,
                file_digest: signed.file_digest,
                file_name: signed.file_name.clone(),
                counts: signed.counts.clone(),
                compared_at: signed.compared_at,
                signed_by: entry.actor.person.clone(),
                signed_on: entry.effective_date,
            },
        );
    }
}

fn of_month((month, open): (&Month, &BTreeMap<StatementOf, Chunked<Sequence, ()>>)) -> Vec<OpenStatement> {
    let statements = open.iter().filter_map(|(statement, entries)| {
        let (statement, first) = (statement.clone(), *entries.keys().next()?);
        Some(OpenStatement { month: *month, statement, entries: entries.len(), first })
    });
    statements.collect()
}

/// The day on which a statement would show an entry: its own, also where its month was closed by then (补记).
pub fn statement_day(entry: &Entry) -> CivilDate {
    entry.late_for.unwrap_or(entry.effective_date)
}

impl Book {
    /// Takes notice of an entry that some statement would show, and of a sign-off.
    pub(super) fn reconcile(&mut self, entry: &Entry) {
        if let Some((loan, is_drawdown)) = loan_money(&entry.event) {
            let bank = self.loans.get(&loan).map(|loan| loan.terms.bank.clone());
            let list = if is_drawdown { StatementOf::Loans } else { StatementOf::Repayments };
            if let Some(bank) = bank {
                self.reconciliation.note(list(bank), entry);
            }
        }
        let mut moved: BTreeMap<StatementOf, Amount> = BTreeMap::new();
        for posting in &entry.postings {
            if let Some(statement) = statement_of(&posting.account) {
                let sum = moved.entry(statement).or_default();
                *sum = sum.plus(posting.amount);
            }
        }
        for statement in moved.into_iter().filter(|(_, sum)| !sum.is_zero()).map(|(statement, _)| statement) {
            self.reconciliation.note(statement, entry);
        }
        if let Event::StatementSignedOff(signed) = &entry.event {
            self.reconciliation.sign_off(entry, signed);
        }
    }
}

/// The bank-account statement that shows a posting to this account.
fn statement_of(account: &Account) -> Option<StatementOf> {
    if let Account::PoolCash(pool) = account {
        return Some(StatementOf::Pool(pool.clone()));
    }
    (*account == Account::TreasuryCash).then_some(StatementOf::Treasury)
}

/// The loan whose money an event moves, and whether it is a drawdown; a reversal moves it back.
fn loan_money(event: &Event) -> Option<(LoanId, bool)> {
    if let Event::Reversed(reversed) = event {
        return match &reversed.undone {
            Undone::Disbursed(loan, _) => Some((*loan, true)),
            Undone::InterestPaid(loan, _) | Undone::PrincipalPaid { loan, .. } => Some((*loan, false)),
            Undone::PoolMoved(_) | Undone::BudgetChanged(_) | Undone::SubsidyPaid(_) | Undone::ClaimPaid(_) => None,
        };
    }
    let Event::LoanChanged(changed) = event else { return None };
    match changed.change {
        LoanChange::Disbursed(_) => Some((changed.loan, true)),
        LoanChange::InterestPaid(_) | LoanChange::PrincipalPaid(..) => Some((changed.loan, false)),
        LoanChange::Extended(_)
        | LoanChange::MarkedOverdue(_)
        | LoanChange::MarkedNonPerforming
        | LoanChange::MarkedCured
        | LoanChange::Settled
        | LoanChange::Closed
        | LoanChange::Withdrawn(_) => None,
    }
}
