//! One page that says it all (我的补助): every application with its state and who holds it, the sums, the caps of the year,
//! pledges and loans as the banks reported them, and what is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::checklist::{CheckList, missing};
use super::view::{ApplicationView, sums};
use crate::money::Amount;
use crate::portal::language::Language;
use crate::portal::layout::{Frame, page};
use crate::portal::problem::Problem;
use crate::portal::rulebooks::programme;
use crate::portal::session::Audience;
use crate::portal::visit::{Company, Member};
use crate::portal::{Portal, show, words};
use crate::proto::v1;
use crate::rulebook::Rulebook;

/// How many applications are shown at once; the rest after a click.
const SHOWN: usize = 50;

/// Which year, and how many of the applications.
#[derive(Debug, Default, Deserialize)]
pub(in crate::portal) struct Asked {
    year: Option<i32>,
    #[serde(default)]
    all: String,
}

#[derive(Template)]
#[template(path = "enterprise/overview.html")]
struct Overview {
    frame: Frame,
    file: File,
}

/// A company's file: what it has applied for, its sums, caps, loans and pledges; as the company sees it. A part of pages.
#[derive(Template)]
#[template(path = "enterprise/file.html")]
pub(in crate::portal) struct File {
    frame: Frame,
    /// The company's name.
    pub(in crate::portal) name: String,
    /// Whether it is on the blacklist today.
    pub(in crate::portal) blacklisted: bool,
    /// Below which address its applications are.
    home: &'static str,
    granted: String,
    paid: String,
    due: String,
    returned: String,
    owed_back: String,
    applications: Vec<ApplicationView>,
    more: usize,
    year: i32,
    years: Vec<i32>,
    caps: Vec<CapView>,
    loans: Vec<LoanView>,
    pledges: Vec<PledgeView>,
    missing: Vec<CheckList>,
}

impl File {
    /// Whether the company itself looks at it.
    fn is_own(&self) -> bool {
        self.home == Audience::Enterprise.home()
    }
}

/// What is left of a cap.
struct CapView {
    programme: String,
    limit: String,
    used: String,
    left: String,
    /// The used part, in permille.
    bar: i64,
}

/// A loan as its bank reported it.
pub(super) struct LoanView {
    pub(super) id: String,
    pub(super) bank: String,
    pub(super) contract: String,
    pub(super) state: &'static str,
    pub(super) principal: String,
    outstanding: String,
    interest: String,
    disbursed_on: String,
    matures_on: String,
}

/// A pledge as its bank registered it.
struct PledgeView {
    number: String,
    kind: &'static str,
    bank: String,
    rights: Vec<String>,
    secured: String,
    state: &'static str,
    registered_on: String,
}

/// What the ledger has of a company.
pub(super) struct Holdings {
    pub(super) loans: Vec<v1::Loan>,
    pub(super) pledges: Vec<v1::Pledge>,
    banks: BTreeMap<String, String>,
}

pub(super) async fn overview(
    State(portal): State<Portal>,
    Company(member): Company,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let enterprise = member.session.enterprise.clone();
    let file = file(&portal, &member, &enterprise, &asked).await?;
    let frame = Frame::of(&member.visit, member.visit.language.say("我的补助", "My subsidies")).under("my");
    Ok(page(&Overview { frame, file }))
}

/// The file of a company, for itself or for somebody of the bureau.
pub(in crate::portal) async fn file(
    portal: &Portal,
    member: &Member,
    enterprise: &str,
    asked: &Asked,
) -> Result<File, Problem> {
    let l = member.visit.language;
    let known = portal.ask(member, v1::GetEnterpriseRequest { enterprise: enterprise.to_owned() }).await?;
    let known = known.enterprise.unwrap_or_default();
    let all = applications(portal, member, enterprise).await?;
    let this_year = i32::from(portal.now().shanghai_date().year().value());
    let years: BTreeSet<i32> = all.iter().map(|one| one.budget_year).chain([this_year]).collect();
    let latest = all.last().map_or(this_year, |one| one.budget_year);
    let year = asked.year.filter(|year| years.contains(year)).unwrap_or(latest);
    let holdings = holdings_of(portal, member, enterprise).await?;
    let caps = caps(portal, member, enterprise, year).await?;
    let missing = missing(l, &holdings, &all);
    let total = |pick: fn(&v1::Application) -> Amount| Amount::total(all.iter().map(pick)).grouped();
    let shown = if asked.all.is_empty() { SHOWN } else { usize::MAX };
    let more = all.len().saturating_sub(shown);
    let mut views = Vec::new();
    for one in all.iter().rev().take(shown) {
        views.push(row(portal, member, one).await?);
    }
    Ok(File {
        frame: Frame::of(&member.visit, ""),
        name: known.details.unwrap_or_default().name,
        blacklisted: known.blacklisted,
        home: member.session.audience.home(),
        granted: total(|one| sums(one).0.plus(sums(one).1)),
        paid: total(|one| sums(one).0),
        due: total(|one| sums(one).1),
        returned: if_any(Amount::total(all.iter().map(|one| show::amount(&one.clawback_received)))),
        owed_back: if_any(Amount::total(all.iter().map(|one| sums(one).2))),
        applications: views,
        more,
        year,
        years: years.into_iter().rev().collect(),
        caps,
        loans: holdings.loans.iter().rev().map(|loan| holdings.loan(l, loan)).collect(),
        pledges: holdings.pledges.iter().rev().map(|pledge| holdings.pledge(l, pledge)).collect(),
        missing,
    })
}

/// An amount that is shown only where there is one.
fn if_any(amount: Amount) -> String {
    if amount.is_positive() { amount.grouped() } else { String::new() }
}

/// All applications, in the order of the journal.
async fn applications(portal: &Portal, member: &Member, enterprise: &str) -> Result<Vec<v1::Application>, Problem> {
    let mut all = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = v1::ListApplicationsRequest {
            enterprise: enterprise.to_owned(),
            page_size: 1_000,
            page_token,
            ..Default::default()
        };
        let answer = portal.ask(member, request).await?;
        all.extend(answer.applications);
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            return Ok(all);
        }
    }
}

/// An application in the list; a refused one with its reason and remedy, which are in its entry.
async fn row(portal: &Portal, member: &Member, one: &v1::Application) -> Result<ApplicationView, Problem> {
    let rulebook = portal.rulebook(member, &one.rulebook.clone().unwrap_or_default()).await?;
    let l = member.visit.language;
    // Where the company reads "you", the bureau reads "the company".
    let said = |view: ApplicationView| match member.session.audience {
        Audience::Enterprise => view,
        Audience::Bureau => ApplicationView { holder: words::holder_for_bureau(l, one.state()), ..view },
    };
    if one.state() != v1::ApplicationState::Refused {
        return Ok(said(ApplicationView::of(l, one, Some(&rulebook))));
    }
    let request = v1::GetApplicationRequest { application_id: one.application_id.clone() };
    let whole = portal.ask(member, request).await?.application.unwrap_or_default();
    Ok(said(ApplicationView::of(l, &whole, Some(&rulebook))))
}

/// Loans and pledges, with the banks' names.
pub(super) async fn holdings(portal: &Portal, member: &Member) -> Result<Holdings, Problem> {
    holdings_of(portal, member, &member.session.enterprise).await
}

async fn holdings_of(portal: &Portal, member: &Member, enterprise: &str) -> Result<Holdings, Problem> {
    let enterprise = || enterprise.to_owned();
    let loans = v1::ListLoansRequest { borrower: enterprise(), page_size: 1_000, ..Default::default() };
    let loans = portal.ask(member, loans).await?.loans;
    let pledges = v1::ListPledgesRequest { pledgor: enterprise(), page_size: 1_000, ..Default::default() };
    let pledges = portal.ask(member, pledges).await?.pledges;
    let of_loans = loans.iter().filter_map(|loan| loan.terms.as_ref()).map(|terms| terms.bank_id.clone());
    let of_pledges = pledges.iter().filter_map(|pledge| pledge.details.as_ref()).map(|one| one.pledgee_id.clone());
    let ids: BTreeSet<String> = of_loans.chain(of_pledges).collect();
    let mut banks = BTreeMap::new();
    for institution_id in ids {
        let request = v1::GetInstitutionRequest { institution_id: institution_id.clone() };
        let known = portal.ask(member, request).await?.institution.unwrap_or_default();
        banks.insert(institution_id, known.details.unwrap_or_default().name);
    }
    Ok(Holdings { loans, pledges, banks })
}

async fn caps(portal: &Portal, member: &Member, enterprise: &str, year: i32) -> Result<Vec<CapView>, Problem> {
    let request = v1::GetEnterpriseYearRequest { enterprise: enterprise.to_owned(), year };
    let found = portal.ask(member, request).await?.enterprise_year.unwrap_or_default();
    let mut views = Vec::new();
    for cap in found.caps {
        let rulebook: Arc<Rulebook> = portal.rulebook(member, &cap.rulebook.clone().unwrap_or_default()).await?;
        let named = programme(&rulebook, &cap.programme_id);
        let l = member.visit.language;
        views.push(CapView {
            programme: named.map(|one| l.say(&one.name.zh, &one.name.en).to_owned()).unwrap_or(cap.programme_id),
            bar: show::permille(show::amount(&cap.used), show::amount(&cap.limit)),
            limit: show::yuan(&cap.limit),
            used: show::yuan(&cap.used),
            left: show::yuan(&cap.left),
        });
    }
    Ok(views)
}

impl Holdings {
    /// A bank's name.
    pub(super) fn bank(&self, id: &str) -> String {
        self.banks.get(id).cloned().unwrap_or_else(|| id.to_owned())
    }

    pub(super) fn loan(&self, l: Language, loan: &v1::Loan) -> LoanView {
        let terms = loan.terms.clone().unwrap_or_default();
        LoanView {
            id: loan.loan_id.clone(),
            bank: self.bank(&terms.bank_id),
            contract: terms.contract_number,
            state: words::loan(l, loan.state()),
            principal: show::yuan(&terms.principal),
            outstanding: show::yuan(&loan.outstanding),
            interest: show::yuan(&loan.interest_paid),
            disbursed_on: show::day(l, &loan.disbursed_on),
            matures_on: show::day(l, &loan.matures_on),
        }
    }

    fn pledge(&self, l: Language, pledge: &v1::Pledge) -> PledgeView {
        let details = pledge.details.clone().unwrap_or_default();
        let key = details.pledge.unwrap_or_default();
        PledgeView {
            kind: words::right_kind(l, key.kind()),
            number: key.registration_number,
            bank: self.bank(&details.pledgee_id),
            rights: details.rights.iter().map(|right| right_name(l, right)).collect(),
            secured: show::yuan(&details.secured_amount),
            state: words::pledge(l, pledge.state()),
            registered_on: show::day(l, &pledge.registered_on),
        }
    }
}

/// `patent:202011156730.2` as people write it: `专利 202011156730.2`.
pub(in crate::portal) fn right_name(l: Language, right: &str) -> String {
    let Some((kind, number)) = right.split_once(':') else { return right.to_owned() };
    let kind = match kind {
        "patent" => l.say("专利", "Patent"),
        "trademark" => l.say("商标", "Trademark"),
        "copyright" => l.say("著作权", "Copyright"),
        _ => "",
    };
    format!("{kind} {number}")
}
