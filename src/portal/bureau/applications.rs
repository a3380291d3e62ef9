//! One application on the desk: the facts, why this amount, the room left in every limit, what may be done, and what
//! happened to it, its loan, its pledges and their rights.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;

use super::act::{self, ActForm, Notice, Particulars};
use super::loans::{self, LoanFacts};
use super::story::{self, Story, Told};
use crate::decide::rejection::Class;
use crate::identifier::ApplicationId;
use crate::portal::enterprise::view::ApplicationView;
use crate::portal::fields::Fields;
use crate::portal::language::Language;
use crate::portal::layout::{Frame, page};
use crate::portal::problem::{Problem, see_other};
use crate::portal::visit::{Clerk, Member};
use crate::portal::{Portal, show, words};
use crate::proto::v1;

/// Their addresses.
pub(super) fn routes() -> Router<Portal> {
    Router::new().route("/bureau/applications/{id}", get(shown)).route("/bureau/applications/{id}/{act}", post(done))
}

/// What the address says after an act.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    done: String,
    #[serde(default)]
    first: String,
}

impl Asked {
    /// What to say about it.
    pub(super) fn notice(&self, l: Language) -> Notice {
        let word = [("first", &self.first), ("done", &self.done)].into_iter().find(|(_, said)| !said.is_empty());
        word.map(|(word, _)| Notice::after(l, word)).unwrap_or_default()
    }
}

#[derive(Template)]
#[template(path = "bureau/application.html")]
struct Page {
    frame: Frame,
    one: ApplicationView,
    company: Company,
    notice: Notice,
    waits: Waits,
    rooms: Vec<Room>,
    loan: Option<LoanFacts>,
    action: String,
    forms: Vec<ActForm>,
    story: Story,
}

/// Whose case it is.
pub(super) struct Company {
    /// Its name.
    pub(super) name: String,
    /// Its credit code.
    pub(super) uscc: String,
    /// The address of its page.
    pub(super) address: String,
    /// Whether it is on the blacklist today.
    pub(super) blacklisted: bool,
}

/// Since when a case waits.
pub(super) struct Waits {
    /// For what; empty if for nothing.
    pub(super) what: &'static str,
    /// How many days.
    pub(super) days: i64,
    /// By which day it should be done.
    pub(super) due: String,
    /// Whether that day is over.
    pub(super) overdue: bool,
}

/// What is left of a limit, with its bar.
pub(super) struct Room {
    /// What it is.
    pub(super) name: String,
    /// The limit.
    pub(super) limit: String,
    /// What is used of it, this case included.
    pub(super) used: String,
    /// What is left.
    pub(super) left: String,
    /// The used part, in permille.
    pub(super) bar: i64,
}

async fn shown(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
    Query(told): Query<Told>,
) -> Result<Response, Problem> {
    let notice = asked.notice(member.visit.language);
    answer(&portal, &member, &id, (notice, None, &told)).await
}

async fn done(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    Path((id, code)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, Problem> {
    let id = known_id(&id)?;
    let act = act::of_code(&code).ok_or(Problem::NotFound)?;
    let typed = Particulars::sent(&fields);
    match act::send(&portal, &member, (act, &id), &typed).await {
        Ok(done) if done.refused.is_empty() => Ok(see_other(&act::after("applications", &id, &done))),
        Ok(done) => {
            let notice = Notice::refused(format!("{} {}", done.refused, done.remedy));
            answer(&portal, &member, &id, (notice, Some((act, &typed)), &Told::default())).await
        }
        Err(refusal) if act::mendable(refusal.class) => {
            let notice = Notice::refused(act::told(member.visit.language, &refusal));
            answer(&portal, &member, &id, (notice, Some((act, &typed)), &Told::default())).await
        }
        Err(refusal) => Err(refusal.into()),
    }
}

fn known_id(id: &str) -> Result<String, Problem> {
    ApplicationId::parse(id).map(|id| id.to_string()).map_err(|_wrong| Problem::NotFound)
}

async fn answer(
    portal: &Portal,
    member: &Member,
    id: &str,
    (notice, again, told): (Notice, Option<(v1::CaseAct, &Particulars)>, &Told),
) -> Result<Response, Problem> {
    let l = member.visit.language;
    let id = known_id(id)?;
    let case = act::case(portal, member, &id).await?;
    let request = v1::GetApplicationRequest { application_id: id.clone() };
    let found = portal.ask(member, request).await?.application.ok_or(Problem::NotFound)?;
    let rulebook = portal.rulebook(member, &found.rulebook.clone().unwrap_or_default()).await?;
    let item = case.item.unwrap_or_default();
    let loan = loans::facts(portal, member, &found.loan_id).await?;
    let mut subjects = vec![id.clone()];
    subjects.extend(loan.iter().flat_map(|loan| loan.subjects.clone()));
    let rooms = rooms(portal, member, (&found, &case.limits)).await?;
    let number = id.trim_start_matches("application-");
    let title = format!("{} {number}", l.say("补助申请", "Application"));
    let address = format!("/bureau/applications/{id}");
    let due = show::amount(&item.amount).to_string();
    Ok(page(&Page {
        frame: Frame::of(&member.visit, &title).under("bureau").switching_to(&address),
        one: ApplicationView {
            holder: words::holder_for_bureau(l, found.state()),
            ..ApplicationView::of(l, &found, Some(&rulebook))
        },
        company: company(portal, member, (&found.enterprise, number)).await?,
        notice,
        waits: waits(l, &item),
        rooms,
        loan,
        action: address,
        forms: act::forms(l, &case.choices, &due, again),
        story: story::of(portal, member, subjects, told).await?,
    }))
}

/// The company of a case, whose page is named by the number of the case.
pub(super) async fn company(
    portal: &Portal,
    member: &Member,
    (uscc, number): (&str, &str),
) -> Result<Company, Problem> {
    let request = v1::GetEnterpriseRequest { enterprise: uscc.to_owned() };
    let known = portal.ask(member, request).await?.enterprise.unwrap_or_default();
    Ok(Company {
        name: known.details.unwrap_or_default().name,
        uscc: uscc.to_owned(),
        address: format!("/bureau/enterprises/{number}"),
        blacklisted: known.blacklisted,
    })
}

/// Since when it waits, and for what.
pub(super) fn waits(l: Language, item: &v1::WorkItem) -> Waits {
    Waits {
        what: words::case_act(l, item.act()),
        days: item.days_waiting,
        due: show::day(l, &item.due),
        overdue: item.overdue,
    }
}

/// The budget line and the caps, with what is left of each.
async fn rooms(
    portal: &Portal,
    member: &Member,
    (found, limits): (&v1::Application, &[v1::CaseLimit]),
) -> Result<Vec<Room>, Problem> {
    let l = member.visit.language;
    let budget = budget(portal, member, (&found.budget_line_id, found.budget_year)).await?;
    let used = show::amount(&budget.reserved).plus(show::amount(&budget.spent));
    let name = format!("{} {} {}", l.say("预算指标", "Budget line"), found.budget_line_id, found.budget_year);
    let of_budget = room(name, [&budget.appropriated, &used.to_string(), &budget.available]);
    let of_caps = limits.iter().map(|one| {
        let year = if one.year == 0 { String::new() } else { format!(" {}", one.year) };
        room(format!("{}{year}", words::cap_scope(l, &one.scope)), [&one.limit, &one.used, &one.left])
    });
    Ok(of_caps.chain([of_budget]).collect())
}

/// A budget line; all zero where nothing was appropriated to it.
pub(super) async fn budget(portal: &Portal, member: &Member, (line, year): (&str, i32)) -> Result<v1::Budget, Problem> {
    let request = v1::GetBudgetRequest { budget_line_id: line.to_owned(), year };
    match portal.ask_as(&member.visitor(), request).await {
        Ok(answer) => Ok(answer.budget.unwrap_or_default()),
        Err(refusal) if refusal.class == Class::NotFound => Ok(v1::Budget::default()),
        Err(refusal) => Err(refusal.into()),
    }
}

/// A limit with its bar.
pub(super) fn room(name: String, [limit, used, left]: [&str; 3]) -> Room {
    Room {
        name,
        bar: show::permille(show::amount(used), show::amount(limit)),
        limit: show::yuan(limit),
        used: show::yuan(used),
        left: show::yuan(left),
    }
}
