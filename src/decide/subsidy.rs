//! Applying for a subsidy: the facts are gathered, the rulebook judges line by line, the amount is granted up to the
//! bound and the budget is reserved.

use std::collections::BTreeMap;

use super::command::ApplySubsidy;
use super::loan::own_loan;
use super::registry::{enterprise, right};
use super::rejection::{Reason, Rejection};
use super::{Context, Outcome, concerning_enterprise, facts, not_after, not_before, text};
use crate::book::Book;
use crate::book::account::{Account, transfer};
use crate::book::application::Evidence;
use crate::book::event::{ApplicationLine, Event, SubsidyApplied};
use crate::book::loan::Loan;
use crate::book::nouns::{Concerns, CostItem, EvidenceKey};
use crate::book::registry::RightState;
use crate::calendar::FiscalYear;
use crate::identifier::{BudgetLineId, InstitutionId, LoanId, ProgrammeId, Uscc};
use crate::money::Amount;
use crate::rulebook::explanation::{Bound, Input, Step, StepKind, StepOutcome, Value};
use crate::rulebook::facts::{
    CapKey, ChoiceMade, EnterpriseFacts, LineDetails, LineFacts, LineVerdict, LoanFacts, ReferenceRates, RightFacts,
    Usage, WideKey,
};
use crate::rulebook::model::{Payee, Transition};
use crate::rulebook::refusal::Refusal;
use crate::rulebook::terms::{CostKind, LossParty};
use crate::rulebook::{Programme, Rulebook, choose, judge_line};

pub(super) fn apply(context: &Context<'_>, apply: &ApplySubsidy) -> Result<Outcome, Rejection> {
    let applicant = enterprise(context, "enterprise", apply.enterprise)?;
    let loan = apply.loan.map(|id| applicants_loan(context, apply, id).map(|loan| (id, loan))).transpose()?;
    let (rulebook, programme) = programme_for(context, &apply.programme, loan.map(|(_, loan)| loan))?;
    let payee = payee_of(context, programme, loan);

    let applicant = Applicant {
        enterprise: facts::of_enterprise(context, apply.enterprise, applicant),
        loans: loans_of(context, apply)?,
        rates: facts::rates(context, rulebook),
        ordinal: facts::ordinal(context, &apply.programme, apply.enterprise),
    };
    let mut running = Running::new(context.book, programme);
    let mut choices = choices(context, apply, &applicant, &running)?.into_iter();
    let mut lines = Vec::with_capacity(apply.items.len());
    for (index, item) in apply.items.iter().enumerate() {
        let item = checked_item(context, apply, index, item, &running)?;
        let mut facts = line_facts(context, (index, &item), &applicant, &running)?;
        facts.details.choices = choices.next().unwrap_or_default();
        let mut verdict = judge_line(programme, &facts, &running);
        if payee == Payable::Unknown {
            without_payee(&mut verdict, programme);
        }
        let granted = verdict.award.is_positive();
        let line = ApplicationLine {
            evidence_used: if granted { verdict.eligible_cost } else { Amount::ZERO },
            cap_uses: if granted { verdict.cap_uses } else { Vec::new() },
            wide_uses: if granted { verdict.wide_uses } else { Vec::new() },
            award: verdict.award,
            explanation: verdict.explanation,
            item,
        };
        running.take(&line);
        lines.push(line);
    }
    let decided = Decided { rulebook, programme, lines, payee };
    Ok(outcome(context, apply, decided, loan.map(|(_, loan)| loan)))
}

/// What was decided, before it becomes an entry.
struct Decided<'a> {
    rulebook: &'a Rulebook,
    programme: &'a Programme,
    lines: Vec<ApplicationLine>,
    payee: Payable,
}

/// Who is paid.
#[derive(PartialEq)]
enum Payable {
    Enterprise,
    Institution(InstitutionId),
    /// An institution, and nobody stated which.
    Unknown,
}

fn payee_of(context: &Context<'_>, programme: &Programme, loan: Option<(LoanId, &Loan)>) -> Payable {
    let party = match programme.payee {
        Payee::Enterprise => return Payable::Enterprise,
        Payee::Bank => LossParty::Bank,
        Payee::Guarantor => LossParty::Guarantor,
        Payee::Insurer => LossParty::Insurer,
        Payee::Valuer => LossParty::Valuer,
    };
    let found = loan.and_then(|loan| facts::institution_of(context, loan, party));
    found.map_or(Payable::Unknown, Payable::Institution)
}

/// Nothing is granted to somebody whom nobody named: the step says which fact is missing.
fn without_payee(verdict: &mut LineVerdict, programme: &Programme) {
    if !verdict.award.is_positive() {
        return;
    }
    verdict.award = Amount::ZERO;
    verdict.explanation.granted = Amount::ZERO;
    verdict.explanation.bound = Bound::Gate;
    verdict.explanation.refusal = Some(Refusal::FactMissing);
    verdict.explanation.steps.push(Step {
        kind: StepKind::Gate,
        rule: "payee".to_owned(),
        clause: Some(programme.clause.clone()),
        inputs: vec![
            Input { name: "payee".to_owned(), value: Value::Text(programme.payee.to_string()) },
            Input { name: "missing".to_owned(), value: Value::Text("parties".to_owned()) },
        ],
        result: Amount::ZERO.to_string(),
        outcome: StepOutcome::Failed,
    });
}

/// What all lines of an application have in common.
struct Applicant {
    enterprise: EnterpriseFacts,
    /// The application's loan under `None`, those that single costs name under their ids.
    loans: BTreeMap<Option<LoanId>, LoanFacts>,
    rates: ReferenceRates,
    ordinal: u32,
}

/// The loans that an application names, each the applicant's own.
fn loans_of(context: &Context<'_>, apply: &ApplySubsidy) -> Result<BTreeMap<Option<LoanId>, LoanFacts>, Rejection> {
    let mut loans = BTreeMap::new();
    let of_items = apply.items.iter().map(|item| item.details.loan);
    for named in of_items.chain([None]) {
        let Some(id) = named.or(apply.loan) else { continue };
        let loan = applicants_loan(context, apply, id)?;
        loans.insert(named, facts::of_loan(context, id, loan));
    }
    Ok(loans)
}

fn line_facts(
    context: &Context<'_>,
    (index, item): (usize, &CostItem),
    applicant: &Applicant,
    running: &Running<'_>,
) -> Result<LineFacts, Rejection> {
    let loan = applicant.loans.get(&item.details.loan).cloned();
    let evidence = context.book.evidence.get(&item.evidence);
    let days_before = loan.as_ref().map_or(0, |loan| running.interest_days(loan.loan));
    let details = LineDetails {
        rates: applicant.rates.clone(),
        standard_premium: item.details.standard_premium,
        interest_period: evidence.and_then(|evidence| evidence.period),
        interest_days_before: days_before,
        ordinal: Some(applicant.ordinal),
        occasion: item.details.occasion.clone(),
        units: item.details.units,
        choices: Vec::new(),
    };
    Ok(LineFacts {
        item: item.item,
        cost: item.cost,
        paid_on: item.paid_on,
        other_public_funding: item.other_public_funding,
        evidence_left: running.evidence_left(item),
        applied_on: context.day,
        enterprise: applicant.enterprise.clone(),
        loan,
        right: right_facts(context, applicant.enterprise.uscc, index, item)?,
        details,
    })
}

/// What is decided where lines of the application exclude each other: the better one is taken.
fn choices(
    context: &Context<'_>,
    apply: &ApplySubsidy,
    applicant: &Applicant,
    running: &Running<'_>,
) -> Result<Vec<Vec<ChoiceMade>>, Rejection> {
    if running.programme.choices.is_empty() {
        return Ok(Vec::new());
    }
    let mut lines = Vec::with_capacity(apply.items.len());
    for (index, item) in apply.items.iter().enumerate() {
        let item = checked_item(context, apply, index, item, running)?;
        lines.push(line_facts(context, (index, &item), applicant, running)?);
    }
    Ok(choose(running.programme, &lines, running))
}

fn outcome(context: &Context<'_>, apply: &ApplySubsidy, decided: Decided<'_>, loan: Option<&Loan>) -> Outcome {
    let Decided { rulebook, programme, lines, payee } = decided;
    let granted = Amount::total(lines.iter().map(|line| line.award));
    let refusal = if granted.is_positive() { None } else { lines.iter().find_map(|line| line.explanation.refusal) };
    let budget_year = context.day.year();
    let line = programme.budget.clone();
    let postings = transfer(
        Account::BudgetReserved(line.clone(), budget_year),
        Account::BudgetAvailable(line.clone(), budget_year),
        granted,
    );
    let concerns =
        Concerns { institution: loan.map(|loan| loan.terms.bank.clone()), ..concerning_enterprise(apply.enterprise) };
    let applied = SubsidyApplied {
        enterprise: apply.enterprise,
        programme: apply.programme.clone(),
        rulebook: rulebook.reference(),
        loan: apply.loan,
        lines,
        granted,
        budget_line: line,
        budget_year,
        refusal,
        payee: match payee {
            Payable::Institution(institution) => Some(institution),
            Payable::Enterprise | Payable::Unknown => None,
        },
    };
    Outcome::new(Event::SubsidyApplied(applied), concerns).with(postings)
}

/// The applicant's loan; somebody else's is as unknown as one that does not exist.
fn applicants_loan<'a>(context: &Context<'a>, apply: &ApplySubsidy, id: LoanId) -> Result<&'a Loan, Rejection> {
    let loan = own_loan(context, id)?;
    if loan.terms.borrower != apply.enterprise {
        return Err(Rejection::new(
            Reason::LoanUnknown,
            "loan_id",
            format!("`{id}` is not a loan of enterprise `{}`", apply.enterprise),
            format!("“{id}”不是企业“{}”的贷款", apply.enterprise),
        ));
    }
    Ok(loan)
}

/// The programme's version: the one that the loan was filed under where the rulebook keeps it, else the one in force.
fn programme_for<'a>(
    context: &Context<'a>,
    id: &ProgrammeId,
    loan: Option<&Loan>,
) -> Result<(&'a Rulebook, &'a Programme), Rejection> {
    let kept = loan
        .and_then(|loan| context.book.rulebook(&loan.rulebook))
        .filter(|rulebook| rulebook.transition == Transition::Filing)
        .and_then(|rulebook| Some((rulebook.as_ref(), rulebook.programme(id)?)));
    let found = kept.or_else(|| {
        let (rulebook, programme) = context.book.programme_on(id, context.day)?;
        Some((rulebook.as_ref(), programme))
    });
    found.ok_or_else(|| {
        Rejection::new(
            Reason::ProgrammeUnknown,
            "programme_id",
            format!("no rulebook in force on {} has a programme `{id}`; see ListRulebooks", context.day),
            format!("{}有效的办法中没有补助项目“{id}”", context.day),
        )
    })
}

fn right_facts(
    context: &Context<'_>,
    applicant: Uscc,
    index: usize,
    item: &CostItem,
) -> Result<Option<RightFacts>, Rejection> {
    let Some(id) = &item.right else { return Ok(None) };
    let right = right(context, &format!("items[{index}].right"), id)?;
    Ok(Some(RightFacts {
        right: id.clone(),
        owned: right.owner_on(context.day) == applicant,
        in_force: right.state_on(context.day) == RightState::InForce,
        expires_on: Some(right.details.expires_on),
    }))
}

/// A cost item with its evidence checked: a recorded payment is completed from the ledger, an invoice must have the
/// total that it had before.
fn checked_item(
    context: &Context<'_>,
    apply: &ApplySubsidy,
    index: usize,
    item: &CostItem,
    running: &Running<'_>,
) -> Result<CostItem, Rejection> {
    let field = |name: &str| format!("items[{index}].{name}");
    not_after(&field("paid_on"), item.paid_on, context.day, text("the day of application", "申请日"))?;
    match &item.evidence {
        EvidenceKey::InterestPayment(sequence) => {
            if item.item != CostKind::Interest {
                return Err(mismatch(
                    field("evidence"),
                    format!("a recorded interest payment proves interest only, not {}", item.item),
                    format!("利息支付记录只能证明利息，不能证明 {}", item.item),
                ));
            }
            interest_item(context, apply, index, item, sequence.value())
        }
        EvidenceKey::Document(number) => {
            if item.item != CostKind::Grant {
                return Err(mismatch(
                    field("evidence"),
                    format!("a document proves a lump sum only, not {}; expected `invoice`", item.item),
                    format!("文件只能作为定额奖补的凭据，不能证明 {}；应提供发票", item.item),
                ));
            }
            known_total(item, running, &field("evidence.document.amount"), &format!("document `{}`", number.as_str()))?;
            Ok(item.clone())
        }
        EvidenceKey::Invoice(number) => {
            if item.item == CostKind::Interest {
                return Err(mismatch(
                    field("evidence"),
                    "interest is proved by the payment that the bank recorded; expected `interest_payment_sequence`"
                        .to_owned(),
                    "利息须以银行登记的付息记录为凭据；应填写 interest_payment_sequence".to_owned(),
                ));
            }
            if context.book.red_letters.contains_key(number) {
                return Err(mismatch(
                    field("evidence.invoice.number"),
                    format!("`{number}` is a red-letter invoice; expected the invoice of a cost"),
                    format!("“{number}”为红字发票，不能作为费用凭据"),
                ));
            }
            let known = running.total_of(&item.evidence);
            if let Some(total) = known.filter(|total| *total != item.evidence_total) {
                return Err(mismatch(
                    field("evidence.invoice.total"),
                    format!("`{}` is not the total of invoice `{number}` as first used ({total})", item.evidence_total),
                    format!("“{}”与发票“{number}”首次使用时的金额（{total}）不一致", item.evidence_total),
                ));
            }
            Ok(item.clone())
        }
    }
}

/// What a document is good for is what was said of it first.
fn known_total(item: &CostItem, running: &Running<'_>, field: &str, what: &str) -> Result<(), Rejection> {
    let known = running.total_of(&item.evidence);
    let Some(total) = known.filter(|total| *total != item.evidence_total) else { return Ok(()) };
    Err(mismatch(
        field.to_owned(),
        format!("`{}` is not the amount of {what} as first used ({total})", item.evidence_total),
        format!("“{}”与该文件首次使用时的金额（{total}）不一致", item.evidence_total),
    ))
}

fn interest_item(
    context: &Context<'_>,
    apply: &ApplySubsidy,
    index: usize,
    item: &CostItem,
    sequence: u64,
) -> Result<CostItem, Rejection> {
    let field = format!("items[{index}].evidence.interest_payment_sequence");
    let evidence = context.book.evidence.get(&item.evidence);
    let loan = item.details.loan.or(apply.loan);
    let own = evidence.filter(|evidence| evidence.loan.is_some() && evidence.loan == loan);
    let Some(evidence) = own else {
        return Err(Rejection::new(
            Reason::EvidenceUnknown,
            field,
            format!("entry `{sequence}` is not an interest payment on the loan of this application"),
            format!("第{sequence}号分录不是本申请所涉贷款的付息记录"),
        ));
    };
    let paid_on = evidence.paid_on.unwrap_or(item.paid_on);
    if item.paid_on != paid_on {
        return Err(mismatch(
            format!("items[{index}].paid_on"),
            format!("`{}` is not the day that the bank recorded; expected {paid_on}", item.paid_on),
            format!("“{}”与银行登记的付息日不一致；应为 {paid_on}", item.paid_on),
        ));
    }
    not_before(&field, context.day, paid_on, text("the day of payment", "付息日"))?;
    Ok(CostItem { evidence_total: evidence.total, ..item.clone() })
}

fn mismatch(field: String, problem: String, problem_zh: String) -> Rejection {
    Rejection::new(Reason::EvidenceMismatch, field, problem, problem_zh)
}

/// The running sums of the book plus what the application's earlier lines take.
struct Running<'a> {
    book: &'a Book,
    programme: &'a Programme,
    caps: BTreeMap<CapKey, Amount>,
    wide: BTreeMap<WideKey, Amount>,
    days: BTreeMap<LoanId, u32>,
    evidence: BTreeMap<EvidenceKey, (Amount, Amount)>,
    grants: u32,
    granted: Amount,
}

impl<'a> Running<'a> {
    fn new(book: &'a Book, programme: &'a Programme) -> Self {
        Self {
            book,
            programme,
            caps: BTreeMap::new(),
            wide: BTreeMap::new(),
            days: BTreeMap::new(),
            evidence: BTreeMap::new(),
            grants: 0,
            granted: Amount::ZERO,
        }
    }

    /// Takes a decided line into the sums.
    fn take(&mut self, line: &ApplicationLine) {
        for key in &line.cap_uses {
            let sum = self.caps.entry(key.clone()).or_default();
            *sum = sum.plus(line.award);
        }
        for key in &line.wide_uses {
            let sum = self.wide.entry(key.clone()).or_default();
            *sum = sum.plus(line.award);
        }
        let interest = self.book.evidence.get(&line.item.evidence).filter(|_| line.award.is_positive());
        if let Some((loan, days)) = interest.and_then(|interest| Some((interest.loan?, interest.days()))) {
            let sum = self.days.entry(loan).or_default();
            *sum = sum.saturating_add(days);
        }
        let entry = self.evidence.entry(line.item.evidence.clone());
        let (_, used) = entry.or_insert((line.item.evidence_total, Amount::ZERO));
        *used = used.plus(line.evidence_used);
        if line.award.is_positive() {
            self.grants = self.grants.saturating_add(1);
            self.granted = self.granted.plus(line.award);
        }
    }

    /// The total of a piece of evidence, if some of it was used before.
    fn total_of(&self, key: &EvidenceKey) -> Option<Amount> {
        let here = self.evidence.get(key).map(|(total, _)| *total);
        here.or_else(|| self.settled(key).map(|evidence| evidence.total))
    }

    fn settled(&self, key: &EvidenceKey) -> Option<&'a Evidence> {
        self.book.evidence.get(key).filter(|evidence| evidence.is_settled())
    }

    /// For how many days of interest on a loan the programme granted before this line.
    fn interest_days(&self, loan: LoanId) -> u32 {
        let before = self.book.interest_days.get(&(self.programme.id.clone(), loan)).copied().unwrap_or(0);
        before.saturating_add(self.days.get(&loan).copied().unwrap_or(0))
    }

    fn evidence_left(&self, item: &CostItem) -> Amount {
        let left = self.settled(&item.evidence).map_or(item.evidence_total, Evidence::left);
        let used = self.evidence.get(&item.evidence).map_or(Amount::ZERO, |(_, used)| *used);
        left.minus(used).floored_at_zero()
    }
}

impl Usage for Running<'_> {
    fn used(&self, key: &CapKey) -> Amount {
        let here = self.caps.get(key).copied().unwrap_or(Amount::ZERO);
        self.book.cap_used(key).plus(here)
    }

    fn earlier_grants(&self, programme: &ProgrammeId, enterprise: Uscc) -> u32 {
        let before = self.book.grants.get(&(programme.clone(), enterprise)).copied().unwrap_or(0);
        let here = if *programme == self.programme.id { self.grants } else { 0 };
        before.saturating_add(here)
    }

    fn budget_left(&self, line: &BudgetLineId, year: FiscalYear) -> Amount {
        let here = if *line == self.programme.budget { self.granted } else { Amount::ZERO };
        self.book.budget(line, year).available().minus(here)
    }

    fn used_by_all(&self, key: &WideKey) -> Option<Amount> {
        let here = self.wide.get(key).copied().unwrap_or(Amount::ZERO);
        let before = self.book.wide_use.get(key).copied().unwrap_or(Amount::ZERO);
        Some(before.plus(here))
    }
}
