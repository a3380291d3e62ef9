//! Trying out and applying (试算与申请): choose, fill in, see what it would come to, send.
//!
//! The preview asks the ledger what it would decide now (`QuoteSubsidy`), invoice by invoice, and records nothing. What is
//! sent afterwards carries a request id made with the preview: sent twice, it is booked once.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use uuid::Uuid;

use super::filled::{Filled, Payment, wire};
use super::history;
use super::overview::{LoanView, holdings, right_name};
use super::view::LineView;
use crate::decide::rejection::Class;
use crate::portal::fields::Fields;
use crate::portal::layout::{Frame, page};
use crate::portal::problem::{Problem, see_other};
use crate::portal::rulebooks::programme;
use crate::portal::visit::{Company, Member};
use crate::portal::{Portal, show, words};
use crate::proto::v1;
use crate::rulebook::model::Payee;
use crate::rulebook::terms::CostKind;
use crate::rulebook::{Programme, Rulebook};
use crate::server::inside::Refusal;

#[derive(Template)]
#[template(path = "enterprise/choose.html")]
struct Choose {
    frame: Frame,
    programmes: Vec<Offer>,
    loans: Vec<LoanView>,
}

/// A programme that a company may apply under.
struct Offer {
    id: String,
    name: String,
    costs: String,
    clause: String,
}

/// Which programme and loan.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    programme: String,
    #[serde(default)]
    loan: String,
}

#[derive(Template)]
#[template(path = "enterprise/form.html")]
struct Form {
    frame: Frame,
    error: String,
    filled: Filled,
    programme: String,
    clause: String,
    loan: Option<LoanView>,
    kinds: Vec<(String, &'static str)>,
    rights: Vec<(String, String)>,
    needs_right: bool,
}

#[derive(Template)]
#[template(path = "enterprise/preview.html")]
struct Preview {
    frame: Frame,
    filled: Vec<(String, String)>,
    programme: String,
    granted: String,
    refused: bool,
    sentence: String,
    remedy: String,
    lines: Vec<LineView>,
    request_id: String,
}

pub(super) async fn choose(State(portal): State<Portal>, Company(member): Company) -> Result<Response, Problem> {
    let l = member.visit.language;
    let mut programmes = Vec::new();
    for (rulebook, one) in on_offer(&portal, &member).await? {
        let clause = rulebook.clauses.iter().find(|clause| clause.id == one.clause);
        let costs: Vec<&str> = one.items.iter().map(|kind| words::cost(l, wire(*kind))).collect();
        programmes.push(Offer {
            id: one.id.to_string(),
            name: l.say(&one.name.zh, &one.name.en).to_owned(),
            costs: costs.join(l.say("、", ", ")),
            clause: clause.map(|clause| clause.text.clone()).unwrap_or_default(),
        });
    }
    let own = holdings(&portal, &member).await?;
    let loans = own.loans.iter().rev().map(|loan| own.loan(l, loan)).collect();
    let frame = Frame::of(&member.visit, l.say("试算与申请", "Try out and apply")).under("apply");
    Ok(page(&Choose { frame, programmes, loans }))
}

/// The programmes in force today that pay enterprises for costs, each of the newest version that has it.
async fn on_offer(portal: &Portal, member: &Member) -> Result<Vec<(Arc<Rulebook>, Programme)>, Problem> {
    let today = portal.now().shanghai_date();
    let mut found: Vec<(Arc<Rulebook>, Programme)> = Vec::new();
    for rulebook in portal.adopted(member).await? {
        let in_force = rulebook.valid_from <= today && rulebook.valid_until.is_none_or(|last| today <= last);
        for one in rulebook.programmes.iter().filter(|one| in_force && one.payee == Payee::Enterprise) {
            found.retain(|(_, other)| other.id != one.id);
            found.push((Arc::clone(&rulebook), one.clone()));
        }
    }
    Ok(found)
}

pub(super) async fn empty(
    State(portal): State<Portal>,
    Company(member): Company,
    Query(Asked { programme, loan }): Query<Asked>,
) -> Result<Response, Problem> {
    let payments = payments(&portal, &member, &loan).await?;
    let fields = Fields::of(vec![("programme".to_owned(), programme), ("loan".to_owned(), loan)]);
    form(&portal, &member, Filled::read(&fields, payments), "").await
}

/// The form again, with one more row.
pub(super) async fn again(
    State(portal): State<Portal>,
    Company(member): Company,
    fields: Fields,
) -> Result<Response, Problem> {
    let filled = read(&portal, &member, &fields).await?;
    form(&portal, &member, filled, "").await
}

async fn read(portal: &Portal, member: &Member, fields: &Fields) -> Result<Filled, Problem> {
    let payments = payments(portal, member, fields.get("loan")).await?;
    Ok(Filled::read(fields, payments))
}

async fn form(portal: &Portal, member: &Member, filled: Filled, error: &str) -> Result<Response, Problem> {
    let l = member.visit.language;
    let offered = on_offer(portal, member).await?;
    let offered = offered.iter().find(|(_, one)| one.id.to_string() == filled.programme);
    let Some((rulebook, programme)) = offered else { return Ok(see_other("/my/apply")) };
    let clause = rulebook.clauses.iter().find(|clause| clause.id == programme.clause);
    let own = holdings(portal, member).await?;
    let loan = own.loans.iter().find(|loan| loan.loan_id == filled.loan);
    // Interest is evidenced by what the bank reported, everything else by an invoice.
    let invoiced = programme.items.iter().filter(|kind| **kind != CostKind::Interest);
    let kinds: Vec<_> = invoiced.map(|kind| (kind.code().to_owned(), words::cost(l, wire(*kind)))).collect();
    let needs_right = programme.items.contains(&CostKind::PatentInsurance);
    let rights = if needs_right { rights(portal, member).await? } else { Vec::new() };
    let frame = Frame::of(&member.visit, l.say("填写申请", "Fill in")).under("apply").resending("apply");
    Ok(page(&Form {
        frame,
        error: error.to_owned(),
        programme: l.say(&programme.name.zh, &programme.name.en).to_owned(),
        clause: clause.map(|clause| clause.text.clone()).unwrap_or_default(),
        loan: loan.map(|loan| own.loan(l, loan)),
        filled,
        kinds,
        rights,
        needs_right,
    }))
}

/// The company's own rights.
async fn rights(portal: &Portal, member: &Member) -> Result<Vec<(String, String)>, Problem> {
    let request =
        v1::ListIpRightsRequest { owner: member.session.enterprise.clone(), page_size: 1_000, ..Default::default() };
    let found = portal.ask(member, request).await?.ip_rights;
    let details = found.into_iter().filter_map(|one| one.details);
    let l = member.visit.language;
    Ok(details.map(|one| (format!("{} {}", right_name(l, &one.right), one.title), one.right)).collect())
}

/// The interest that the bank reported for a loan and that no application has used.
async fn payments(portal: &Portal, member: &Member, loan: &str) -> Result<Vec<Payment>, Problem> {
    if loan.is_empty() {
        return Ok(Vec::new());
    }
    let entries = history::entries(portal, member).await?;
    let used = history::used_payments(&entries);
    let all = reported(member, &entries, loan);
    Ok(all.into_iter().filter(|one| !used.contains(&one.sequence)).collect())
}

/// All interest that the bank reported for a loan.
fn reported(member: &Member, entries: &[v1::Entry], loan: &str) -> Vec<Payment> {
    let standing = entries.iter().filter(|entry| entry.reversed_by == 0);
    let paid = standing.filter_map(|entry| history::interest_of(entry, loan).map(|paid| (entry, paid)));
    paid.map(|(entry, paid)| Payment {
        sequence: entry.sequence,
        amount: show::yuan(&paid.amount),
        plain: paid.amount.clone(),
        paid_on: entry.effective_date.clone(),
        shown: show::day(member.visit.language, &entry.effective_date),
        ticked: false,
    })
    .collect()
}

/// A preview that is asked for by its address: the form is gone.
pub(super) async fn lost(Company(_): Company) -> Response {
    see_other("/my/apply")
}

pub(super) async fn preview(
    State(portal): State<Portal>,
    Company(member): Company,
    fields: Fields,
) -> Result<Response, Problem> {
    let filled = read(&portal, &member, &fields).await?;
    previewed(&portal, &member, &fields, filled).await
}

async fn previewed(portal: &Portal, member: &Member, fields: &Fields, filled: Filled) -> Result<Response, Problem> {
    let l = member.visit.language;
    if filled.items().is_empty() {
        let nothing = l.say("请至少勾选一笔付息，或填写一张发票。", "Tick an interest payment or enter an invoice.");
        return form(portal, member, filled, nothing).await;
    }
    let request = v1::QuoteSubsidyRequest {
        effective_date: String::new(),
        enterprise: member.session.enterprise.clone(),
        programme_id: filled.programme.clone(),
        loan_id: filled.loan.clone(),
        items: filled.items().into_iter().map(|(_, item)| item).collect(),
    };
    let quoted = match portal.ask_as(&member.visitor(), request).await {
        Ok(quoted) => quoted,
        Err(refusal) if mendable(refusal.class) => {
            return mend(portal, member, filled, &refusal).await;
        }
        Err(refusal) => return Err(refusal.into()),
    };
    let decision = quoted.decision.unwrap_or_default();
    let applied = quoted.application.unwrap_or_default();
    let rulebook = match &applied.rulebook {
        Some(reference) => Some(portal.rulebook(member, reference).await?),
        None => None,
    };
    let named = rulebook.as_ref().and_then(|rulebook| programme(rulebook, &applied.programme_id));
    let lines = applied.lines.iter().map(|line| LineView::of(l, line, rulebook.as_ref())).collect();
    Ok(page(&Preview {
        frame: Frame::of(&member.visit, l.say("试算结果", "What it would come to")).under("apply").resending("again"),
        filled: fields.pairs().iter().filter(|(key, _)| key != "request" && key != "more").cloned().collect(),
        programme: named.map(|one| l.say(&one.name.zh, &one.name.en).to_owned()).unwrap_or(filled.programme),
        granted: show::yuan(&decision.granted),
        refused: decision.outcome() == v1::Outcome::Refused,
        sentence: l.text(decision.sentence.as_ref()),
        remedy: l.text(decision.remedy.as_ref()),
        lines,
        request_id: Uuid::new_v4().to_string(),
    }))
}

/// The form again, with what is wrong at its row.
async fn mend(portal: &Portal, member: &Member, mut filled: Filled, refusal: &Refusal) -> Result<Response, Problem> {
    let l = member.visit.language;
    let row = refusal.fields.first().and_then(|path| filled.row_of(path));
    let place = row.map(|row| format!("{} {row}{}", l.say("发票", "Invoice"), l.say("：", ": ")));
    let error = format!("{}{}", place.unwrap_or_default(), l.words(&refusal.particular));
    filled.mark(&refusal.fields);
    form(portal, member, filled, &error).await
}

/// Whether the one who filled in the form can mend it.
const fn mendable(class: Class) -> bool {
    match class {
        Class::InvalidArgument | Class::NotFound | Class::AlreadyExists | Class::FailedPrecondition => true,
        Class::Unauthenticated
        | Class::PermissionDenied
        | Class::ResourceExhausted
        | Class::DeadlineExceeded
        | Class::Unavailable => false,
    }
}

/// Sends the application, under the request id of its preview.
pub(super) async fn submit(
    State(portal): State<Portal>,
    Company(member): Company,
    fields: Fields,
) -> Result<Response, Problem> {
    // What was used by this very application is not to be missed when it is sent a second time.
    let entries = history::entries(&portal, &member).await?;
    let filled = Filled::read(&fields, reported(&member, &entries, fields.get("loan")));
    let request = v1::ApplySubsidyRequest {
        request_id: fields.get("request").to_owned(),
        enterprise: member.session.enterprise.clone(),
        programme_id: filled.programme.clone(),
        loan_id: filled.loan.clone(),
        items: filled.items().into_iter().map(|(_, item)| item).collect(),
        ..Default::default()
    };
    match portal.ask_as(&member.visitor(), request).await {
        Ok(answer) if answer.application_id.is_empty() => Ok(see_other("/my")),
        Ok(answer) => Ok(see_other(&format!("/my/applications/{}", answer.application_id))),
        Err(refusal) if mendable(refusal.class) => mend(&portal, &member, filled, &refusal).await,
        Err(refusal) => Err(refusal.into()),
    }
}
