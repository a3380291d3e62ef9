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
use crate::book::registry::{Enterprise, RightState};
use crate::calendar::FiscalYear;
use crate::identifier::{BudgetLineId, LoanId, ProgrammeId, Uscc};
use crate::money::Amount;
use crate::rulebook::facts::{
    CapKey, ChoiceMade, EnterpriseFacts, LineDetails, LineFacts, LoanFacts, ReferenceRates, RightFacts, Usage,
};
use crate::rulebook::model::Transition;
use crate::rulebook::terms::CostKind;
use crate::rulebook::{Programme, Rulebook, choose, closing_year, judge_line};

pub(super) fn apply(context: &Context<'_>, apply: &ApplySubsidy) -> Result<Outcome, Rejection> {
    enterprise(context, "enterprise", apply.enterprise)?;
    let loan = apply.loan.map(|id| applicants_loan(context, apply, id).map(|loan| (id, loan))).transpose()?;
    let version = programme_for(context, &apply.programme, loan.map(|(_, loan)| loan))?;
    apply_under(context, apply, version)
}

/// Decides an application under this version, whichever one is in force.
pub(super) fn apply_under(
    context: &Context<'_>,
    apply: &ApplySubsidy,
    (rulebook, programme): (&Rulebook, &Programme),
) -> Result<Outcome, Rejection> {
    let applicant = enterprise(context, "enterprise", apply.enterprise)?;
    let loan = apply.loan.map(|id| applicants_loan(context, apply, id).map(|loan| (id, loan))).transpose()?;
    let applicant = Applicant::new(context, (apply.enterprise, applicant), loan, rulebook);
    let mut running = Running::new(context.book, programme);
    let mut choices = choices(context, apply, &applicant, &running)?.into_iter();
    let mut lines = Vec::with_capacity(apply.items.len());
    for (index, item) in apply.items.iter().enumerate() {
        let item = checked_item(context, apply, index, item, &running)?;
        let mut facts = line_facts(context, (index, &item), &applicant, running.evidence_left(&item))?;
        facts.details.choices = choices.next().unwrap_or_default();
        let verdict = judge_line(programme, &facts, &running);
        let granted = verdict.award.is_positive();
        let line = ApplicationLine {
            evidence_used: if granted { verdict.eligible_cost } else { Amount::ZERO },
            cap_uses: if granted { verdict.cap_uses } else { Vec::new() },
            award: verdict.award,
            explanation: verdict.explanation,
            item,
        };
        running.take(&line);
        lines.push(line);
    }
    Ok(outcome(context, apply, rulebook, programme, lines, loan.map(|(_, loan)| loan)))
}

/// What all lines of an application have in common.
pub(super) struct Applicant {
    pub(super) enterprise: EnterpriseFacts,
    pub(super) loan: Option<LoanFacts>,
    pub(super) rates: ReferenceRates,
}

impl Applicant {
    pub(super) fn new(
        context: &Context<'_>,
        (uscc, applicant): (Uscc, &Enterprise),
        loan: Option<(LoanId, &Loan)>,
        rulebook: &Rulebook,
    ) -> Self {
        let enterprise = EnterpriseFacts {
            uscc,
            size_class: applicant.details.size_class,
            blacklisted_since: applicant.blacklisted_on(context.day).map(|entry| entry.from),
            classes: None,
            revenue: None,
        };
        let loan = loan.map(|(id, loan)| facts::of_loan(context, id, loan));
        Self { enterprise, loan, rates: rulebook.reference_rates() }
    }
}

/// What a line is judged on; `evidence_left` is what may still be used of its evidence.
pub(super) fn line_facts(
    context: &Context<'_>,
    (index, item): (usize, &CostItem),
    applicant: &Applicant,
    evidence_left: Amount,
) -> Result<LineFacts, Rejection> {
    Ok(LineFacts {
        item: item.item,
        cost: item.cost,
        paid_on: item.paid_on,
        other_public_funding: item.other_public_funding,
        evidence_left,
        applied_on: context.day,
        enterprise: applicant.enterprise.clone(),
        loan: applicant.loan.clone(),
        right: right_facts(context, applicant.enterprise.uscc, index, item)?,
        details: LineDetails { rates: applicant.rates.clone(), ..LineDetails::default() },
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
        lines.push(line_facts(context, (index, &item), applicant, running.evidence_left(&item))?);
    }
    Ok(choose(running.programme, &lines, running))
}

fn outcome(
    context: &Context<'_>,
    apply: &ApplySubsidy,
    rulebook: &Rulebook,
    programme: &Programme,
    lines: Vec<ApplicationLine>,
    loan: Option<&Loan>,
) -> Outcome {
    let granted = Amount::total(lines.iter().map(|line| line.award));
    let refusal = if granted.is_positive() { None } else { lines.iter().find_map(|line| line.explanation.refusal) };
    let usage = Running::new(context.book, programme);
    let closing = programme.closing_run.as_ref();
    let budget_year = context.day.year();
    let budget_year =
        closing.and_then(|rule| closing_year(rule, programme, budget_year, &usage)).unwrap_or(budget_year);
    let line = programme.budget.clone();
    let postings = transfer(
        Account::BudgetReserved(line.clone(), budget_year),
        Account::BudgetAvailable(line.clone(), budget_year),
        if closing.is_some() { Amount::ZERO } else { granted },
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
        waits_for_closing: closing.is_some(),
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
    let kept = loan.and_then(|loan| kept_version(context.book, id, loan));
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

/// The version that a loan keeps (老贷老办法): the one in force at its filing, as known now. A later version that was
/// applied to the past counts where it reaches back to the filing.
fn kept_version<'a>(book: &'a Book, id: &ProgrammeId, loan: &Loan) -> Option<(&'a Rulebook, &'a Programme)> {
    let filed_under = book.rulebook(&loan.rulebook).filter(|rulebook| rulebook.transition == Transition::Filing)?;
    let corrections = book.corrections.get(id).map(Vec::as_slice).unwrap_or_default();
    let reaching_back = corrections.iter().filter_map(|reference| book.rulebook(reference)).filter(|rulebook| {
        rulebook.id == filed_under.id && rulebook.version > filed_under.version && rulebook.valid_from <= loan.filed_on
    });
    let version = reaching_back.max_by_key(|rulebook| rulebook.version).unwrap_or(filed_under);
    Some((version.as_ref(), version.programme(id)?))
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

fn interest_item(
    context: &Context<'_>,
    apply: &ApplySubsidy,
    index: usize,
    item: &CostItem,
    sequence: u64,
) -> Result<CostItem, Rejection> {
    let field = format!("items[{index}].evidence.interest_payment_sequence");
    let evidence = context.book.evidence.get(&item.evidence);
    let own = evidence.filter(|evidence| evidence.loan.is_some() && evidence.loan == apply.loan);
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
    evidence: BTreeMap<EvidenceKey, (Amount, Amount)>,
    grants: u32,
    granted: Amount,
}

impl<'a> Running<'a> {
    fn new(book: &'a Book, programme: &'a Programme) -> Self {
        Self { book, programme, caps: BTreeMap::new(), evidence: BTreeMap::new(), grants: 0, granted: Amount::ZERO }
    }

    /// Takes a decided line into the sums.
    fn take(&mut self, line: &ApplicationLine) {
        for key in &line.cap_uses {
            let sum = self.caps.entry(key.clone()).or_default();
            *sum = sum.plus(line.award);
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

    fn is_year_closed(&self, programme: &ProgrammeId, year: FiscalYear) -> bool {
        self.book.closing_runs.contains_key(&(programme.clone(), year))
    }

    fn budget_left(&self, line: &BudgetLineId, year: FiscalYear) -> Amount {
        let here = if *line == self.programme.budget { self.granted } else { Amount::ZERO };
        self.book.budget(line, year).available().minus(here)
    }
}
