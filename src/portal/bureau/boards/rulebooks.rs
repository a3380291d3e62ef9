//! Rulebooks (办法): every adopted version, and its reference page: the clauses as published, and what the ledger makes of
//! them.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::rows::{self, Row};
use super::{download, may};
use crate::portal::layout::{Frame, page};
use crate::portal::problem::Problem;
use crate::portal::visit::Clerk;
use crate::portal::{Portal, show};
use crate::proto::v1;

#[derive(Template)]
#[template(path = "bureau/boards/rulebooks.html")]
struct ListPage {
    frame: Frame,
    versions: Vec<Adopted>,
    may_adopt: bool,
}

struct Adopted {
    id: String,
    version: u32,
    title: String,
    days: String,
    by: String,
    on: String,
    entry: u64,
    in_force: bool,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    /// The entry of an adoption that was just made.
    adopted: Option<u64>,
}

#[derive(Template)]
#[template(path = "bureau/boards/rulebook.html")]
struct ReferencePage {
    frame: Frame,
    id: String,
    version: u32,
    other_title: String,
    source: Vec<(String, String)>,
    digest: String,
    groups: Vec<(String, Vec<Row>)>,
    clauses: Vec<(String, String, bool)>,
    adopted: Option<u64>,
    may_correct: bool,
}

pub(super) async fn list(State(portal): State<Portal>, Clerk(member): Clerk) -> Result<Response, Problem> {
    let l = member.visit.language;
    let today = portal.now().shanghai_date().to_string();
    let request = v1::ListRulebooksRequest { page_size: 1_000, page_token: String::new() };
    let listed = portal.ask(&member, request).await?.rulebooks;
    let versions = listed.into_iter().rev().map(|one| {
        let reference = one.rulebook.unwrap_or_default();
        let until =
            if one.valid_until.is_empty() { l.say("至今", "on").to_owned() } else { show::day(l, &one.valid_until) };
        Adopted {
            in_force: one.valid_from <= today && (one.valid_until.is_empty() || today <= one.valid_until),
            id: reference.rulebook_id,
            version: reference.version,
            title: l.text(one.title.as_ref()),
            days: format!("{} — {until}", show::day(l, &one.valid_from)),
            by: one.adopted_by,
            on: show::day(l, &one.adopted_on),
            entry: one.adoption_sequence,
        }
    });
    let versions = versions.collect();
    let frame = Frame::of(&member.visit, l.say("办法", "Rulebooks")).under("rulebooks");
    Ok(page(&ListPage { frame, versions, may_adopt: may(&member, "RulebookService/AdoptRulebook") }))
}

pub(super) async fn reference(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    Path((id, version)): Path<(String, u32)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let l = member.visit.language;
    let reference = v1::RulebookRef { rulebook_id: id.clone(), version };
    // Asked for every time: who may see it is the guard's to say, whoever read it before.
    let request = v1::GetRulebookRequest { rulebook_id: id.clone(), version };
    let adoption = portal.ask(&member, request).await?.rulebook.unwrap_or_default();
    let rulebook = portal.rulebook(&member, &reference).await?;
    let title = l.say(&rulebook.title.zh, &rulebook.title.en);
    let source = &rulebook.source;
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut pairs =
        vec![pair(l.say("文件", "Document"), &source.title), pair(l.say("发文机关", "Issued by"), &source.issuer)];
    pairs.extend(source.number.as_ref().map(|number| pair(l.say("文号", "Number"), number)));
    pairs.push((l.say("成文日期", "Dated").to_owned(), show::civil(l, source.date)));
    let adopted = format!("{} · {}", show::day(l, &adoption.adopted_on), adoption.adopted_by);
    pairs.push((l.say("采用", "Adopted").to_owned(), adopted));
    if !adoption.adoption_reason.is_empty() {
        pairs.push((l.say("采用理由", "Why").to_owned(), adoption.adoption_reason));
    }
    Ok(page(&ReferencePage {
        frame: Frame::of(&member.visit, title).under("rulebooks"),
        other_title: l.say(&rulebook.title.en, &rulebook.title.zh).to_owned(),
        id,
        version,
        source: pairs,
        digest: hex::encode(rulebook.digest),
        groups: grouped(rows::rows(l, &rulebook)),
        clauses: rulebook.clauses.iter().map(|one| (one.heading.clone(), one.text.clone(), one.ambiguous)).collect(),
        adopted: asked.adopted,
        may_correct: may(&member, "RulebookService/CorrectAwards"),
    }))
}

/// The text as it was adopted.
pub(super) async fn text(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    Path((id, version)): Path<(String, u32)>,
) -> Result<Response, Problem> {
    let request = v1::GetRulebookRequest { rulebook_id: id.clone(), version };
    let text = portal.ask(&member, request).await?.rulebook.unwrap_or_default().text;
    download("application/toml", &format!("{id}@{version}.toml"), text.into_bytes())
}

/// Rows under the heading that they share.
pub(super) fn grouped(rows: Vec<Row>) -> Vec<(String, Vec<Row>)> {
    let mut groups: Vec<(String, Vec<Row>)> = Vec::new();
    for row in rows {
        match groups.last_mut() {
            Some((group, of_group)) if *group == row.group => of_group.push(row),
            Some(_) | None => groups.push((row.group.clone(), vec![row])),
        }
    }
    groups
}
