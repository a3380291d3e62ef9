//! The search (查找): a company, right, pledge, loan, invoice, case or entry, by a name or a number. What is looked for
//! travels in the body of a form and stands in no address.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use super::act::{mendable, told};
use crate::portal::enterprise::overview::right_name;
use crate::portal::fields::Fields;
use crate::portal::language::Language;
use crate::portal::layout::{Frame, page};
use crate::portal::problem::Problem;
use crate::portal::visit::{Clerk, Member};
use crate::portal::{Portal, words};
use crate::proto::v1;

/// Their addresses.
pub(super) fn routes() -> Router<Portal> {
    Router::new().route("/bureau/search", get(empty).post(searched))
}

#[derive(Template)]
#[template(path = "bureau/search.html")]
struct Page {
    frame: Frame,
    query: String,
    error: String,
    sent: bool,
    hits: Vec<Hit>,
    more: bool,
}

/// Something that was found.
struct Hit {
    kind: &'static str,
    /// What it is called.
    title: String,
    /// Its number, beside the title.
    number: String,
    /// Its page.
    address: String,
    /// The company that it belongs to, unless it is the company.
    company: String,
    /// That company's page; empty where there is none.
    company_address: String,
}

async fn empty(Clerk(member): Clerk) -> Response {
    answer(&member, (String::new(), String::new()), None)
}

async fn searched(State(portal): State<Portal>, Clerk(member): Clerk, fields: Fields) -> Result<Response, Problem> {
    let l = member.visit.language;
    let query = fields.get("query").to_owned();
    match portal.ask_as(&member.visitor(), v1::SearchRequest { query: query.clone() }).await {
        Ok(found) => {
            let mut hits: Vec<Hit> = Vec::new();
            for one in &found.found {
                if !is_hidden_entry(&portal, &member, one).await {
                    hits.push(hit(l, one));
                }
            }
            Ok(answer(&member, (query, String::new()), Some((hits, found.more))))
        }
        Err(refusal) if mendable(refusal.class) => Ok(answer(&member, (query, told(l, &refusal)), None)),
        Err(refusal) => Err(refusal.into()),
    }
}

/// Whether this is an entry of somebody whom the visitor does not see.
async fn is_hidden_entry(portal: &Portal, member: &Member, one: &v1::Found) -> bool {
    if one.kind() != v1::FoundKind::Entry {
        return false;
    }
    let sequence = one.id.parse().unwrap_or_default();
    portal.ask_as(&member.visitor(), v1::GetEntryRequest { sequence }).await.is_err()
}

fn hit(l: Language, one: &v1::Found) -> Hit {
    let kind = one.kind();
    let company_address = if one.enterprise_sequence == 0 {
        String::new()
    } else {
        format!("/bureau/enterprises/{}", one.enterprise_sequence)
    };
    let page_of = |case: &str| {
        let folder = [("application-", "applications"), ("claim-", "claims"), ("loan-", "loans")];
        let folder = folder.iter().find(|(word, _)| case.starts_with(word));
        folder.map_or_else(|| company_address.clone(), |(_, folder)| format!("/bureau/{folder}/{case}"))
    };
    let right = |id: &str| right_name(l, id);
    let (title, number, address) = match kind {
        v1::FoundKind::Enterprise => (one.label.clone(), one.id.clone(), company_address.clone()),
        v1::FoundKind::IpRight => (right(&one.id), one.label.clone(), page_of(&one.case_id)),
        v1::FoundKind::Pledge => (right(&one.id), String::new(), page_of(&one.case_id)),
        v1::FoundKind::Loan => (one.label.clone(), one.id.clone(), page_of(&one.case_id)),
        v1::FoundKind::Application | v1::FoundKind::Claim => (one.id.clone(), String::new(), page_of(&one.case_id)),
        v1::FoundKind::Invoice => (one.id.clone(), one.case_id.clone(), page_of(&one.case_id)),
        v1::FoundKind::Entry => {
            (format!("{} {}", l.say("分录", "Entry"), one.id), String::new(), format!("/bureau/entry/{}", one.id))
        }
        v1::FoundKind::Unspecified => (one.id.clone(), String::new(), String::new()),
    };
    let is_company = kind == v1::FoundKind::Enterprise;
    Hit {
        kind: words::found(l, kind),
        title,
        number,
        address,
        company: if is_company { String::new() } else { one.enterprise_name.clone() },
        company_address: if is_company { String::new() } else { company_address },
    }
}

fn answer(member: &Member, (query, error): (String, String), found: Option<(Vec<Hit>, bool)>) -> Response {
    let l = member.visit.language;
    let frame = Frame::of(&member.visit, l.say("查找", "Search")).under("search");
    let sent = found.is_some();
    let (hits, more) = found.unwrap_or_default();
    let frame = if sent || !error.is_empty() { frame.resending("search") } else { frame };
    page(&Page { frame, query, error, sent, hits, more })
}
