//! Applying for a subsidy: the facts are gathered, the rulebook judges line by line, the amount is granted up to the
//! bound and the budget is reserved.

use super::command::ApplySubsidy;
use super::cost::checked_item;
use super::loan::own_loan;
use super::registry::{enterprise, right};
use super::rejection::{Reason, Rejection};
use super::running::Running;
use super::{Context, Outcome, concerning_enterprise, facts};
use crate::book::Book;
use crate::book::account::{Account, transfer};
use crate::book::event::{ApplicationLine, Event, SubsidyApplied};
use crate::book::loan::Loan;
use crate::book::nouns::{Concerns, CostItem};
use crate::book::registry::RightState;
use crate::book::shelf::Held;
use crate::identifier::{InstitutionId, LoanId, ProgrammeId, Uscc};
use crate::money::Amount;
use crate::rulebook::explanation::{Bound, Input, Step, StepKind, StepOutcome, Value};
use crate::rulebook::facts::{
    ChoiceMade, EnterpriseFacts, LineDetails, LineFacts, LineVerdict, LoanFacts, ReferenceRates, RightFacts,
};
use crate::rulebook::model::{Payee, Transition};
use crate::rulebook::refusal::Refusal;
use crate::rulebook::terms::LossParty;
use crate::rulebook::word::Word;
use crate::rulebook::{Programme, Rulebook, choose, closing_year, judge_line};

pub(super) fn apply(context: &Context<'_>, apply: &ApplySubsidy) -> Result<Outcome, Rejection> {
    enterprise(context, "enterprise", apply.enterprise)?;
    let loan = apply.loan.map(|id| applicants_loan(context, apply, id).map(|loan| (id, loan))).transpose()?;
    let version = programme_for(context, &apply.programme, loan.as_ref().map(|(_, loan)| &**loan))?;
    apply_under(context, apply, version)
}

/// Decides an application under this version, whichever one is in force.
pub(super) fn apply_under(
    context: &Context<'_>,
    apply: &ApplySubsidy,
    (rulebook, programme): (&Rulebook, &Programme),
) -> Result<Outcome, Rejection> {
    let loan = apply.loan.map(|id| applicants_loan(context, apply, id).map(|loan| (id, loan))).transpose()?;
    let loan = loan.as_ref().map(|(id, loan)| (*id, &**loan));
    let payee = payee_of(context, programme, loan);
    let applicant = Applicant::with(context, apply, (rulebook, programme), (loan, &payee))?;
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

impl Payable {
    const fn institution(&self) -> Option<&InstitutionId> {
        match self {
            Self::Institution(institution) => Some(institution),
            Self::Enterprise | Self::Unknown => None,
        }
    }
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
        rule: Word::fixed("payee"),
        clause: Some(programme.clause.clone()),
        inputs: vec![
            Input { name: Word::fixed("payee"), value: Value::Text(programme.payee.to_string().into()) },
            Input { name: Word::fixed("missing"), value: Value::Text("parties".into()) },
        ],
        result: Amount::ZERO.to_string().into(),
        outcome: StepOutcome::Failed,
    });
}

/// What all lines of an application have in common.
pub(super) struct Applicant {
    enterprise: EnterpriseFacts,
    /// The application's loan first, then those that single costs name.
    pub(super) loans: Vec<NamedLoan>,
    rates: ReferenceRates,
    /// The institution that is paid, if one is and it is known.
    payee: Option<InstitutionId>,
}

/// What the costs of one loan have in common.
pub(super) struct NamedLoan {
    /// The loan that the costs name; `None` for those of the application's.
    named: Option<LoanId>,
    /// Its facts; `None` where there is no loan.
    pub(super) facts: Option<LoanFacts>,
    /// The number of the application, as the programme counts.
    pub(super) ordinal: u32,
}

impl Applicant {
    pub(super) fn of(
        context: &Context<'_>,
        apply: &ApplySubsidy,
        (rulebook, programme): (&Rulebook, &Programme),
    ) -> Result<Self, Rejection> {
        let loan = apply.loan.map(|id| applicants_loan(context, apply, id).map(|loan| (id, loan))).transpose()?;
        let loan = loan.as_ref().map(|(id, loan)| (*id, &**loan));
        let payee = payee_of(context, programme, loan);
        Self::with(context, apply, (rulebook, programme), (loan, &payee))
    }

    /// The same for the application's loan and the payee that were found already.
    fn with(
        context: &Context<'_>,
        apply: &ApplySubsidy,
        (rulebook, programme): (&Rulebook, &Programme),
        (loan, payee): (Option<(LoanId, &Loan)>, &Payable),
    ) -> Result<Self, Rejection> {
        let applicant = enterprise(context, "enterprise", apply.enterprise)?;
        Ok(Self {
            enterprise: facts::of_enterprise(context, apply.enterprise, &applicant),
            loans: loans_of(context, apply, programme, loan)?,
            rates: facts::rates(context, rulebook),
            payee: payee.institution().cloned(),
        })
    }

    /// What a cost that names this loan, or none, has in common with others.
    fn loan(&self, named: Option<LoanId>) -> Option<&NamedLoan> {
        self.loans.iter().find(|loan| loan.named == named)
    }
}

/// What earlier lines left to the next one, beside what the judge asks for.
pub(super) trait Left {
    /// Of the evidence of a cost, in yuan.
    fn evidence_left(&self, item: &CostItem) -> Amount;
    /// How many days of interest on a loan the programme granted before.
    fn interest_days(&self, loan: LoanId) -> u32;
}

/// The loans that an application names, each the applicant's own.
fn loans_of(
    context: &Context<'_>,
    apply: &ApplySubsidy,
    programme: &Programme,
    loan: Option<(LoanId, &Loan)>,
) -> Result<Vec<NamedLoan>, Rejection> {
    let under = |named: Option<LoanId>, loan: Option<(LoanId, &Loan)>| NamedLoan {
        named,
        facts: loan.map(|(id, loan)| facts::of_loan(context, id, loan)),
        ordinal: facts::ordinal_of(context, programme, apply.enterprise, loan.map(|(id, _)| id)),
    };
    let mut loans = vec![under(None, loan)];
    for id in apply.items.iter().filter_map(|item| item.details.loan) {
        if !loans.iter().any(|known| known.named == Some(id)) {
            loans.push(under(Some(id), Some((id, &*applicants_loan(context, apply, id)?))));
        }
    }
    Ok(loans)
}

pub(super) fn line_facts(
    context: &Context<'_>,
    (index, item): (usize, &CostItem),
    applicant: &Applicant,
    running: &dyn Left,
) -> Result<LineFacts, Rejection> {
    let common = applicant.loan(item.details.loan);
    let loan = common.and_then(|common| common.facts.clone());
    let payment = context.book.interest_payment(&item.evidence);
    let days_before = loan.as_ref().map_or(0, |loan| running.interest_days(loan.loan));
    let details = LineDetails {
        rates: applicant.rates.clone(),
        standard_premium: item.details.standard_premium,
        interest_period: payment.and_then(|payment| payment.period),
        interest_days_before: days_before,
        ordinal: common.map(|common| common.ordinal),
        occasion: item.details.occasion.clone(),
        units: item.details.units,
        payee: applicant.payee.clone(),
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
        payee: payee.institution().cloned(),
    };
    Outcome::new(Event::SubsidyApplied(applied), concerns).with(postings)
}

/// The applicant's loan; somebody else's is as unknown as one that does not exist.
fn applicants_loan<'a>(context: &Context<'a>, apply: &ApplySubsidy, id: LoanId) -> Result<Held<'a, Loan>, Rejection> {
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
