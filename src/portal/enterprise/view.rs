//! An application as pages show it: made from the API's messages, in the visitor's language.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::money::Amount;
use crate::portal::language::Language;
use crate::portal::rulebooks::{clause, programme};
use crate::portal::{show, words};
use crate::proto::v1;
use crate::rulebook::Rulebook;

/// An application.
#[derive(Debug, Clone)]
pub struct ApplicationView {
    /// `application-57`.
    pub id: String,
    /// Its number in the journal: `57`.
    pub number: String,
    /// The programme's name, or its id where no rulebook is at hand.
    pub programme: String,
    /// Where it stands.
    pub state: &'static str,
    /// Which colour that has.
    pub tone: &'static str,
    /// What happens next.
    pub next: String,
    /// Who holds it.
    pub holder: &'static str,
    /// Granted, in yuan.
    pub granted: String,
    /// Paid, in yuan.
    pub paid: String,
    /// Granted and not paid, in yuan.
    pub due: String,
    /// Demanded back and not received, in yuan; empty if nothing.
    pub owed_back: String,
    /// The day of the application.
    pub submitted_on: String,
    /// The day of the approval; empty before it.
    pub approved_on: String,
    /// The day of the payment; empty before it.
    pub paid_on: String,
    /// The treasury's reference; empty before payment.
    pub reference: String,
    /// The year whose budget pays.
    pub year: i32,
    /// Whether nothing was granted.
    pub is_refused: bool,
    /// Whether it may be withdrawn.
    pub may_withdraw: bool,
    /// The decision in one sentence.
    pub sentence: String,
    /// Why not, as a stable reason; empty if there is none.
    pub reason: String,
    /// What the officer or the applicant said; empty if nothing.
    pub remark: String,
    /// What can be done about it; empty if nothing.
    pub remedy: String,
    /// Received back, in yuan; empty if nothing.
    pub returned: String,
    /// The clause that a refusal stands on, and where it stands: that of the step that decided, or the programme's.
    pub ground: [String; 2],
    /// The costs with what was granted for each.
    pub lines: Vec<LineView>,
}

/// One cost of an application.
#[derive(Debug, Clone)]
pub struct LineView {
    /// What kind of cost.
    pub item: &'static str,
    /// Day it was paid.
    pub paid_on: String,
    /// What proves it.
    pub evidence: String,
    /// Asked for, in yuan.
    pub requested: String,
    /// Granted, in yuan.
    pub granted: String,
    /// Whether nothing was granted.
    pub is_refused: bool,
    /// Why, in one sentence.
    pub sentence: String,
    /// What decided the amount.
    pub bound: &'static str,
    /// The calculation.
    pub steps: Vec<StepView>,
}

/// One step of a calculation.
#[derive(Debug, Clone)]
pub struct StepView {
    /// What it is called.
    pub name: &'static str,
    /// What it did, in one sentence.
    pub sentence: String,
    /// Where the clause stands; empty if there is none.
    pub heading: String,
    /// The clause's words; empty if there is none, or if a step before has shown them.
    pub clause: String,
    /// What came out of it.
    pub outcome: &'static str,
    /// Whether it reduced or refused.
    pub decided: bool,
}

/// What an application comes to: paid, due and owed back, in yuan.
pub fn sums(application: &v1::Application) -> (Amount, Amount, Amount) {
    use v1::ApplicationState as State;
    let granted = show::amount(&application.granted);
    let back = show::amount(&application.clawback_demanded).minus(show::amount(&application.clawback_received));
    match application.state() {
        State::Submitted | State::Approved | State::AwaitingClosing => (Amount::ZERO, granted, back),
        State::Paid | State::ClawbackDemanded | State::ClawedBack => (granted, Amount::ZERO, back),
        State::Refused | State::Withdrawn | State::Unspecified => (Amount::ZERO, Amount::ZERO, back),
    }
}

impl ApplicationView {
    /// An application; with its rulebook, programmes and clauses are named.
    pub fn of(l: Language, one: &v1::Application, rulebook: Option<&Arc<Rulebook>>) -> Self {
        let state = one.state();
        let (paid, due, back) = sums(one);
        let decision = one.decision.clone().unwrap_or_default();
        let named = rulebook.and_then(|rulebook| programme(rulebook, &one.programme_id));
        let named = named.map(|named| l.say(&named.name.zh, &named.name.en).to_owned());
        let lines: Vec<LineView> = one.lines.iter().map(|line| LineView::of(l, line, rulebook)).collect();
        let ground = ground(one, &lines, rulebook);
        let returned = show::amount(&one.clawback_received);
        Self {
            id: one.application_id.clone(),
            number: one.application_id.trim_start_matches("application-").to_owned(),
            programme: named.unwrap_or_else(|| one.programme_id.clone()),
            state: words::state(l, state),
            tone: words::state_tone(state),
            next: words::next(l, state).to_owned(),
            holder: words::holder(l, state),
            granted: show::yuan(&one.granted),
            paid: paid.grouped(),
            due: due.grouped(),
            owed_back: if back.is_positive() { back.grouped() } else { String::new() },
            submitted_on: show::day(l, &one.submitted_on),
            approved_on: show::day(l, &one.approved_on),
            paid_on: show::day(l, &one.paid_on),
            reference: one.payment_reference.clone(),
            year: one.budget_year,
            is_refused: state == v1::ApplicationState::Refused,
            may_withdraw: state == v1::ApplicationState::Submitted,
            sentence: l.text(decision.sentence.as_ref()),
            reason: one.reason.clone(),
            remark: one.remark.clone(),
            remedy: l.text(decision.remedy.as_ref()),
            returned: if returned.is_positive() { returned.grouped() } else { String::new() },
            ground,
            lines,
        }
    }
}

/// The clause that a refusal stands on, with its heading.
fn ground(one: &v1::Application, lines: &[LineView], rulebook: Option<&Arc<Rulebook>>) -> [String; 2] {
    let steps = lines.iter().flat_map(|line| &line.steps);
    if let Some(step) = steps.filter(|step| step.decided).find(|step| !step.clause.is_empty()) {
        return [step.clause.clone(), step.heading.clone()];
    }
    let clause = rulebook.and_then(|rulebook| {
        let programme = programme(rulebook, &one.programme_id)?;
        rulebook.clauses.iter().find(|clause| clause.id == programme.clause)
    });
    clause.map(|clause| [clause.text.clone(), clause.heading.clone()]).unwrap_or_default()
}

impl LineView {
    /// A cost of an application.
    pub fn of(l: Language, line: &v1::ApplicationLine, rulebook: Option<&Arc<Rulebook>>) -> Self {
        let item = line.item.clone().unwrap_or_default();
        let why = line.explanation.clone().unwrap_or_default();
        Self {
            item: words::cost(l, item.item()),
            paid_on: show::day(l, &item.paid_on),
            evidence: evidence(l, item.evidence.as_ref()),
            requested: show::yuan(&item.cost),
            granted: show::yuan(&line.award),
            is_refused: !why.reason.is_empty(),
            sentence: l.text(why.sentence.as_ref()),
            bound: words::bound(l, why.bound()),
            steps: steps(l, &why.steps, rulebook),
        }
    }
}

/// The steps of a line; a clause is quoted once, at the step that decided by it, or else at the first that stands on it.
fn steps(l: Language, steps: &[v1::Step], rulebook: Option<&Arc<Rulebook>>) -> Vec<StepView> {
    let mut views: Vec<StepView> = steps.iter().map(|step| StepView::of(l, step, rulebook)).collect();
    let mut shown = BTreeSet::new();
    let once = |view: &mut StepView, shown: &mut BTreeSet<String>| {
        if !shown.insert(view.clause.clone()) {
            view.clause.clear();
        }
    };
    // Of several steps that cut, the last one decided.
    views.iter_mut().rev().filter(|view| view.decided).for_each(|view| once(view, &mut shown));
    views.iter_mut().filter(|view| !view.decided).for_each(|view| once(view, &mut shown));
    views
}

impl StepView {
    /// A step of a calculation.
    pub fn of(l: Language, step: &v1::Step, rulebook: Option<&Arc<Rulebook>>) -> Self {
        let clause = rulebook.and_then(|rulebook| clause(rulebook, &step.clause));
        let decided = match step.outcome() {
            v1::StepOutcome::Reduced | v1::StepOutcome::Failed | v1::StepOutcome::Deferred => true,
            v1::StepOutcome::Passed | v1::StepOutcome::Unspecified => false,
        };
        Self {
            name: words::step(l, step.kind()),
            sentence: l.text(step.sentence.as_ref()),
            heading: clause.map(|clause| clause.heading.clone()).unwrap_or_default(),
            clause: clause.map(|clause| clause.text.clone()).unwrap_or_default(),
            outcome: words::step_outcome(l, step.outcome()),
            decided,
        }
    }
}

/// What proves a cost.
pub fn evidence(l: Language, evidence: Option<&v1::cost_item::Evidence>) -> String {
    use v1::cost_item::Evidence;
    match evidence {
        Some(Evidence::Invoice(invoice)) => format!("{} {}", l.say("发票", "Invoice"), invoice.number),
        Some(Evidence::InterestPaymentSequence(sequence)) => {
            format!("{} {sequence}", l.say("银行付息记录", "Interest reported by the bank, entry"))
        }
        Some(Evidence::Document(document)) => format!("{} {}", l.say("凭证", "Document"), document.number),
        None => String::new(),
    }
}
