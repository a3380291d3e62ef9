//! 在贷余额及逾期情况: principal that is out, by bank and by days overdue.

use std::collections::BTreeMap;

use super::extract::Extract;
use super::question::Question;
use super::{Cell, Kind, Section, Words, column, percent, text};
use crate::book::loan::Loan;
use crate::book::nouns::{LoanState, Named};
use crate::calendar::CivilDate;
use crate::figures::Lent;
use crate::identifier::InstitutionId;
use crate::money::Amount;

/// How long a loan has been overdue: the classes that banks report (逾期天数分级).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum OverdueClass {
    Current,
    To30,
    To60,
    To90,
    Over90,
    NonPerforming,
}

impl OverdueClass {
    pub(super) const ALL: [Self; 6] =
        [Self::Current, Self::To30, Self::To60, Self::To90, Self::Over90, Self::NonPerforming];

    /// The class of a loan on a day. The day on which it became overdue counts as the first.
    pub(super) fn of(loan: &Loan, day: CivilDate) -> Self {
        match loan.state {
            LoanState::NonPerforming | LoanState::Claimed | LoanState::Compensated | LoanState::Recovering => {
                return Self::NonPerforming;
            }
            LoanState::Filed
            | LoanState::Disbursed
            | LoanState::Repaying
            | LoanState::Overdue
            | LoanState::Settled
            | LoanState::Closed
            | LoanState::Withdrawn => {}
        }
        loan.overdue_since.map_or(Self::Current, |since| Self::since(since, day))
    }

    /// The class, on a day, of what is overdue since another one.
    fn since(since: CivilDate, day: CivilDate) -> Self {
        match day.days_since(since).saturating_add(1) {
            ..=30 => Self::To30,
            31..=60 => Self::To60,
            61..=90 => Self::To90,
            _ => Self::Over90,
        }
    }

    fn column(self, suffix: &str) -> super::Column {
        let (id, en, zh) = match self {
            Self::Current => ("current", "not overdue", "未逾期"),
            Self::To30 => ("overdue_30", "overdue 1–30 days", "逾期1–30天"),
            Self::To60 => ("overdue_60", "overdue 31–60 days", "逾期31–60天"),
            Self::To90 => ("overdue_90", "overdue 61–90 days", "逾期61–90天"),
            Self::Over90 => ("overdue_more", "overdue over 90 days", "逾期90天以上"),
            Self::NonPerforming => ("non_performing", "non-performing", "不良"),
        };
        column(&format!("{id}{suffix}"), Kind::Money, en, zh)
    }
}

/// What one bank has out, in yuan.
#[derive(Default)]
pub(super) struct Outstanding {
    loans: u64,
    total: Amount,
    ip_part: Amount,
    by_class: BTreeMap<OverdueClass, Amount>,
}

impl Outstanding {
    /// From the running sums.
    pub(super) fn of(lent: &Lent, day: CivilDate) -> Self {
        let mut by_class =
            BTreeMap::from([(OverdueClass::Current, lent.current), (OverdueClass::NonPerforming, lent.non_performing)]);
        for (since, amount) in &lent.overdue {
            let class = by_class.entry(OverdueClass::since(*since, day)).or_default();
            *class = class.plus(*amount);
        }
        Self { loans: lent.loans, total: lent.total, ip_part: lent.ip_part, by_class }
    }
}

pub(super) fn sections(extract: &Extract, question: &Question) -> Vec<Section> {
    vec![by_bank(extract, question), overdue_loans(extract, question)]
}

/// Whether money of the loan is out, and the question is about it.
fn is_out(extract: &Extract, question: &Question, loan: &Loan) -> bool {
    loan.is_live()
        && loan.outstanding().is_positive()
        && question.institution.as_ref().is_none_or(|bank| *bank == loan.terms.bank)
        && question.enterprise.is_none_or(|enterprise| enterprise == loan.terms.borrower)
        && is_in_district(extract, question, loan)
}

fn is_in_district(extract: &Extract, question: &Question, loan: &Loan) -> bool {
    question.district.as_ref().is_none_or(|only| extract.district(loan.terms.borrower) == only.to_string())
}

/// Each bank's outstanding principal at the end of the day.
pub(super) fn by_bank(extract: &Extract, question: &Question) -> Section {
    let mut banks: BTreeMap<InstitutionId, Outstanding> = BTreeMap::new();
    for loan in extract.book.loans.values().filter(|loan| is_out(extract, question, loan)) {
        let bank = banks.entry(loan.terms.bank.clone()).or_default();
        bank.loans = bank.loans.saturating_add(1);
        bank.total = bank.total.plus(loan.outstanding());
        bank.ip_part = bank.ip_part.plus(loan.ip_part_after(loan.repaid).at_most(loan.outstanding()));
        let class = bank.by_class.entry(OverdueClass::of(&loan, question.to)).or_default();
        *class = class.plus(loan.outstanding());
    }
    by_bank_of(&banks, &|bank| extract.institution_name(bank))
}

/// The same of what each bank has out, with the banks' names.
pub(super) fn by_bank_of(
    banks: &BTreeMap<InstitutionId, Outstanding>,
    name: &dyn Fn(&InstitutionId) -> String,
) -> Section {
    let mut columns = vec![
        column("bank", Kind::Text, "bank", "银行"),
        column("loans", Kind::Count, "loans", "笔数"),
        column("outstanding", Kind::Money, "outstanding", "在贷本金"),
        column("ip_part", Kind::Money, "of it IP part", "其中知识产权部分"),
    ];
    columns.extend(OverdueClass::ALL.map(|class| class.column("")));
    columns.push(column("npl", Kind::Percent, "non-performing %", "不良率%"));
    let mut section = Section::new("outstanding", Words::new("Outstanding by bank", "在贷余额（按银行）"), columns);
    for (bank, out) in banks {
        let class = |class| out.by_class.get(&class).copied().unwrap_or_default();
        let mut cells =
            vec![text(&name(bank)), Cell::Count(out.loans), Cell::Money(out.total), Cell::Money(out.ip_part)];
        cells.extend(OverdueClass::ALL.map(|each| Cell::Money(class(each))));
        cells.push(percent(class(OverdueClass::NonPerforming), out.total));
        section.line(cells);
    }
    section.add_total();
    let bad = Amount::total(banks.values().filter_map(|out| out.by_class.get(&OverdueClass::NonPerforming).copied()));
    section.set_total("npl", percent(bad, section.total("outstanding")));
    section.note(
        "Days overdue are counted from the first day in arrears, which is day 1, to the day of the report.",
        "逾期天数自逾期首日（计为第1天）算至报表日。",
    );
    section
}

/// The loans that are overdue or worse, the longest in arrears first.
fn overdue_loans(extract: &Extract, question: &Question) -> Section {
    let mut section = Section::new(
        "overdue-loans",
        Words::new("Loans overdue", "逾期贷款明细"),
        vec![
            column("loan", Kind::Text, "loan", "贷款编号"),
            column("bank", Kind::Text, "bank", "银行"),
            column("contract", Kind::Text, "contract", "合同号"),
            column("enterprise", Kind::Text, "enterprise", "企业"),
            column("state", Kind::Text, "state", "状态"),
            column("since", Kind::Date, "overdue since", "逾期起始日"),
            column("days", Kind::Count, "days", "逾期天数"),
            column("outstanding", Kind::Money, "outstanding", "在贷本金"),
        ],
    );
    let all = extract.book.loans.iter().filter(|(_, loan)| is_out(extract, question, loan));
    let mut overdue: Vec<_> = all.filter_map(|(id, loan)| Some((loan.overdue_since?, id, loan))).collect();
    overdue.sort_unstable_by_key(|(since, id, _)| (*since, **id));
    for (since, id, loan) in overdue {
        let days = question.to.days_since(since).saturating_add(1);
        let state = loan.state.name();
        section.line(vec![
            text(&id),
            text(&extract.institution_name(&loan.terms.bank)),
            text(&loan.terms.contract.as_str()),
            text(&extract.enterprise_name(loan.terms.borrower)),
            Cell::Words(Words::new(state.en, state.zh)),
            Cell::Day(since),
            Cell::Count(u64::try_from(days).unwrap_or(0)),
            Cell::Money(loan.outstanding()),
        ]);
    }
    section.add_total();
    // Days do not add up.
    section.set_total("days", Cell::Empty);
    section
}
