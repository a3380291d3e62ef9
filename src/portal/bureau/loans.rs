//! One loan on the desk, with its pledges and their rights, the applications and claims for it, and what happened.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::get;

use super::applications::{self, Company};
use super::story::{self, Story, Told};
use crate::identifier::LoanId;
use crate::portal::enterprise::overview::right_name;
use crate::portal::enterprise::view::ApplicationView;
use crate::portal::layout::{Frame, page};
use crate::portal::problem::Problem;
use crate::portal::visit::{Clerk, Member};
use crate::portal::{Portal, show, words};
use crate::proto::v1;

/// Their addresses.
pub(super) fn routes() -> Router<Portal> {
    Router::new().route("/bureau/loans/{id}", get(shown))
}

/// A loan, in short.
#[derive(Debug, Clone)]
pub(super) struct LoanFacts {
    /// `loan-42`.
    pub(super) id: String,
    /// The bank's name.
    pub(super) bank: String,
    /// The contract's number.
    pub(super) contract: String,
    /// The principal, in yuan.
    pub(super) principal: String,
    /// Where it stands.
    pub(super) state: &'static str,
    /// The loan, its pledges and their rights: whose time line belongs to it.
    pub(super) subjects: Vec<String>,
    pledges: Vec<PledgeFacts>,
    loan: v1::Loan,
}

#[derive(Debug, Clone)]
struct PledgeFacts {
    kind: &'static str,
    number: String,
    state: &'static str,
    registered_on: String,
    secured: String,
    rights: Vec<String>,
}

/// A loan with its pledges; `None` where no loan is named, or it is not the visitor's to see.
pub(super) async fn facts(portal: &Portal, member: &Member, loan_id: &str) -> Result<Option<LoanFacts>, Problem> {
    if loan_id.is_empty() {
        return Ok(None);
    }
    let l = member.visit.language;
    let loan = portal.ask(member, v1::GetLoanRequest { loan_id: loan_id.to_owned() }).await?.loan;
    let Some(loan) = loan else { return Ok(None) };
    let terms = loan.terms.clone().unwrap_or_default();
    let (mut subjects, mut pledges) = (vec![loan_id.to_owned()], Vec::new());
    for key in &terms.pledges {
        let request = v1::GetPledgeRequest { kind: key.kind, registration_number: key.registration_number.clone() };
        let Some(pledge) = portal.ask(member, request).await?.pledge else { continue };
        let details = pledge.details.clone().unwrap_or_default();
        let kind = key.kind().as_str_name().trim_start_matches("RIGHT_KIND_").to_ascii_lowercase();
        subjects.push(format!("pledge:{kind}/{}", key.registration_number));
        subjects.extend(details.rights.iter().cloned());
        pledges.push(PledgeFacts {
            kind: words::right_kind(l, key.kind()),
            number: key.registration_number.clone(),
            state: words::pledge(l, pledge.state()),
            registered_on: show::day(l, &pledge.registered_on),
            secured: show::yuan(&details.secured_amount),
            rights: details.rights.iter().map(|right| right_name(l, right)).collect(),
        });
    }
    Ok(Some(LoanFacts {
        id: loan_id.to_owned(),
        bank: institution(portal, member, &terms.bank_id).await?,
        contract: terms.contract_number,
        principal: show::yuan(&terms.principal),
        state: words::loan(l, loan.state()),
        subjects,
        pledges,
        loan,
    }))
}

/// The name of an institution.
pub(super) async fn institution(portal: &Portal, member: &Member, id: &str) -> Result<String, Problem> {
    if id.is_empty() {
        return Ok(String::new());
    }
    let request = v1::GetInstitutionRequest { institution_id: id.to_owned() };
    let known = portal.ask(member, request).await?.institution.unwrap_or_default();
    Ok(known.details.unwrap_or_default().name)
}

#[derive(Template)]
#[template(path = "bureau/loan.html")]
struct Page {
    frame: Frame,
    number: String,
    facts: LoanFacts,
    ip_part: String,
    rate: String,
    outstanding: String,
    interest: String,
    exposure: String,
    days: [String; 4],
    company: Company,
    claim: String,
    applications: Vec<ApplicationView>,
    story: Story,
}

async fn shown(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    Path(id): Path<String>,
    Query(told): Query<Told>,
) -> Result<Response, Problem> {
    let l = member.visit.language;
    let id = LoanId::parse(&id).map_err(|_wrong| Problem::NotFound)?.to_string();
    let facts = facts(&portal, &member, &id).await?.ok_or(Problem::NotFound)?;
    let (loan, terms) = (facts.loan.clone(), facts.loan.terms.clone().unwrap_or_default());
    let number = id.trim_start_matches("loan-").to_owned();
    let request = v1::ListApplicationsRequest { loan_id: id.clone(), page_size: 1_000, ..Default::default() };
    let mut applications = Vec::new();
    for one in portal.ask(&member, request).await?.applications.iter().rev() {
        let rulebook = portal.rulebook(&member, &one.rulebook.clone().unwrap_or_default()).await?;
        applications.push(ApplicationView::of(l, one, Some(&rulebook)));
    }
    let mut subjects = facts.subjects.clone();
    subjects.extend(Some(loan.claim_id.clone()).filter(|claim| !claim.is_empty()));
    let title = format!("{} {number}", l.say("贷款", "Loan"));
    Ok(page(&Page {
        frame: Frame::of(&member.visit, &title),
        company: applications::company(&portal, &member, (&terms.borrower, &number)).await?,
        ip_part: show::yuan(&terms.ip_part),
        rate: show::percent(&terms.annual_rate),
        outstanding: show::yuan(&loan.outstanding),
        interest: show::yuan(&loan.interest_paid),
        exposure: show::yuan(&loan.exposure),
        days: [&loan.filed_on, &loan.disbursed_on, &loan.matures_on, &loan.overdue_since].map(|day| show::day(l, day)),
        claim: loan.claim_id,
        applications,
        story: story::of(&portal, &member, subjects, &told).await?,
        number,
        facts,
    }))
}
