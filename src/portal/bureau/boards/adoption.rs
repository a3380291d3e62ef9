//! Adopting a rulebook version: the file is checked, what it would have cost is shown first (模拟测算), and what changes,
//! rule by rule; then it is adopted, or not.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use uuid::Uuid;
use v1::simulate_rulebook_response::Message;

use super::making::WAIT_MS;
use super::rows::{self, Change, Row};
use super::rulebooks::grouped;
use super::{correctable, may};
use crate::portal::fields::Fields;
use crate::portal::language::Language;
use crate::portal::layout::{Frame, page};
use crate::portal::problem::{Problem, escaped, see_other};
use crate::portal::uploads::{Purpose, Sent, Turn};
use crate::portal::visit::{Clerk, Member};
use crate::portal::{Portal, show, words};
use crate::proto::v1;
use crate::rulebook::compare::compare;
use crate::rulebook::{Rulebook, load, shipped};

/// The largest rulebook, in bytes: that of the API.
const TEXT_BYTES_MAX: usize = 256 * 1024;

/// How many of those who gain and lose most are named.
const TOP: u32 = 20;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    from: String,
    /// With which adopted version it is compared, `hebi-2017@1`.
    #[serde(default)]
    against: String,
    #[serde(default)]
    gone: String,
    /// Not the simulation that is kept.
    #[serde(default)]
    anew: String,
}

#[derive(Template)]
#[template(path = "bureau/boards/adopt.html")]
struct ChoosePage {
    frame: Frame,
    shipped: Vec<(String, String)>,
    pasted: String,
    error: String,
    problems: String,
}

#[derive(Template)]
#[template(path = "bureau/boards/draft.html")]
struct DraftPage {
    frame: Frame,
    id: String,
    reference: String,
    title: String,
    digest: String,
    /// The version that it is compared with; empty where it is a rulebook of its own.
    against: String,
    others: Vec<String>,
    rows: Vec<(String, Vec<Row>)>,
    changes: Vec<Change>,
    sentences: Vec<String>,
    from: String,
    simulation: Option<Simulation>,
    /// How many entries are read, and how many there are, while it is made.
    pending: Option<(u64, u64)>,
    /// This page again, while it is made.
    again: String,
    busy: String,
    error: String,
    request: String,
    reason: String,
    effective: String,
    may_adopt: bool,
}

/// What would have been granted.
struct Simulation {
    entries: u64,
    made: String,
    total: Figures,
    groups: Vec<(String, Vec<Figures>)>,
    newly_granted: u64,
    newly_refused: u64,
    sides: Vec<Side>,
    budgets: Vec<[String; 4]>,
}

struct Figures {
    name: String,
    applications: u64,
    changed: u64,
    old: String,
    new: String,
    difference: String,
}

struct Side {
    title: &'static str,
    enterprises: u64,
    sum: String,
    top: Vec<Changed>,
}

struct Changed {
    name: String,
    old: String,
    new: String,
    difference: String,
    application: String,
    bound: &'static str,
    clause: String,
}

pub(super) async fn choose(
    State(_portal): State<Portal>,
    Clerk(member): Clerk,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let l = member.visit.language;
    let gone = l.say("该文件已不再保留，请重新选择。", "That file is kept no more; choose it again.");
    Ok(chosen(&member, String::new(), if asked.gone.is_empty() { "" } else { gone }, String::new()))
}

fn chosen(member: &Member, pasted: String, error: &str, problems: String) -> Response {
    let l = member.visit.language;
    let name = |file: &str| file.trim_end_matches(".toml").to_owned();
    let shipped = shipped().iter().filter_map(|(file, text)| {
        let rulebook = load(text).ok()?;
        Some((name(file), format!("{} · {}", name(file), l.say(&rulebook.title.zh, &rulebook.title.en))))
    });
    let frame = Frame::of(&member.visit, l.say("采用新版本", "Adopt a version")).under("rulebooks");
    page(&ChoosePage { frame, shipped: shipped.collect(), pasted, error: error.to_owned(), problems })
}

/// Takes a file, a text, or the name of a shipped one.
pub(super) async fn receive(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    _turn: Turn,
    mut fields: Fields,
) -> Result<Response, Problem> {
    let l = member.visit.language;
    let file = fields.take_upload("file");
    let pasted = fields.get("text").to_owned();
    let by_name = shipped().iter().find(|(file, _)| file.trim_end_matches(".toml") == fields.get("shipped"));
    // A file wins over a text, a text over a name.
    let bytes = match (&file, pasted.is_empty(), by_name) {
        (Some(file), _, _) => file.bytes.clone(),
        (None, false, _) => pasted.clone().into_bytes(),
        (None, true, Some((_, text))) => text.as_bytes().to_vec(),
        (None, true, None) => Vec::new(),
    };
    let refused = |status: StatusCode, error: &str, problems: String| {
        let mut answer = chosen(&member, pasted.clone(), error, problems);
        *answer.status_mut() = status;
        Ok(answer)
    };
    if file.as_ref().is_some_and(|file| file.is_too_large) || bytes.len() > TEXT_BYTES_MAX {
        let words = l.say("办法文件超过 256 KiB。", "A rulebook has at most 256 KiB.");
        return refused(StatusCode::PAYLOAD_TOO_LARGE, words, String::new());
    }
    if bytes.is_empty() {
        let words = l.say(
            "请选择文件、粘贴文本或选择随程序提供的办法。",
            "Choose a file, paste a text, or choose one that is shipped.",
        );
        return refused(StatusCode::BAD_REQUEST, words, String::new());
    }
    let problems = match String::from_utf8(bytes.clone()) {
        Ok(text) => load(&text).err().map(|wrong| wrong.in_file("rulebook")),
        Err(_) => Some(l.say("文件不是 UTF-8 编码。", "The file is not UTF-8.").to_owned()),
    };
    if let Some(problems) = problems {
        let words = l.say("办法文件有误，未作任何处理：", "The rulebook is not in order; nothing was done:");
        return refused(StatusCode::BAD_REQUEST, words, problems);
    }
    let sent = Sent { name: "rulebook.toml".to_owned(), bytes: Arc::new(bytes), fields: BTreeMap::new() };
    let id = portal.uploads().keep(&member.visit.cookie, Purpose::Rulebook, sent).ok_or(Problem::Fault)?;
    Ok(see_other(&format!("/bureau/rulebooks/drafts/{id}")))
}

/// What a version would do, before anybody adopts it.
pub(super) async fn draft(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    drafted(&portal, &member, id, asked, Default::default()).await
}

fn read(portal: &Portal, member: &Member, id: &str) -> Option<(String, Rulebook)> {
    let sent = portal.uploads().find(&member.visit.cookie, Purpose::Rulebook, id)?;
    let text = String::from_utf8(sent.bytes.to_vec()).ok()?;
    let rulebook = load(&text).ok()?;
    Some((text, rulebook))
}

fn gone() -> Response {
    see_other("/bureau/rulebooks/new?gone=1")
}

async fn drafted(
    portal: &Portal,
    member: &Member,
    id: String,
    asked: Asked,
    (error, reason): (String, String),
) -> Result<Response, Problem> {
    let l = member.visit.language;
    let Some((text, rulebook)) = read(portal, member, &id) else { return Ok(gone()) };
    let adopted = portal.adopted(member).await?;
    let named = adopted.iter().find(|one| one.reference().to_string() == asked.against);
    // Against the newest version of the same rulebook, unless another one is asked for.
    let before = named.or_else(|| adopted.iter().rev().find(|one| one.id == rulebook.id));
    let from = asked.from;
    let (simulation, pending, busy) = match simulate(portal, member, text, (&from, !asked.anew.is_empty())).await {
        Ok(Tried::Made(simulation)) => (Some(*simulation), None, String::new()),
        Ok(Tried::Pending(entries, total)) => (None, Some((entries, total)), String::new()),
        Err(Problem::Refused(refusal)) => (None, None, correctable(l, *refusal)?),
        Err(other) => return Err(other),
    };
    let against = before.map(|one| one.reference().to_string()).unwrap_or_default();
    let again = format!("/bureau/rulebooks/drafts/{id}?from={}&against={}", escaped(&from), escaped(&against));
    let today = portal.now().shanghai_date();
    let title = l.say("采用前模拟测算", "What it would do");
    Ok(page(&DraftPage {
        frame: Frame::of(&member.visit, title).under("rulebooks"),
        id,
        reference: rulebook.reference().to_string(),
        title: l.say(&rulebook.title.zh, &rulebook.title.en).to_owned(),
        digest: hex::encode(rulebook.digest),
        against,
        others: adopted.iter().map(|one| one.reference().to_string()).collect(),
        rows: if before.is_some() { Vec::new() } else { grouped(rows::rows(l, &rulebook)) },
        changes: before.map(|before| rows::changes(l, before, &rulebook)).unwrap_or_default(),
        sentences: before.map(|before| compare(before, &rulebook)).unwrap_or_default(),
        from,
        // What it would cost is shown first.
        may_adopt: pending.is_none() && may(member, "RulebookService/AdoptRulebook"),
        simulation,
        pending,
        again,
        busy,
        error,
        request: Uuid::new_v4().to_string(),
        reason,
        effective: today.to_string(),
    }))
}

pub(super) async fn adopt(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Problem> {
    let Some((text, rulebook)) = read(&portal, &member, &id) else { return Ok(gone()) };
    let request = v1::AdoptRulebookRequest {
        request_id: fields.get("request").to_owned(),
        effective_date: fields.get("effective").to_owned(),
        reason: fields.get("reason").to_owned(),
        text,
        ..Default::default()
    };
    match portal.ask_as(&member.visitor(), request).await {
        Ok(answer) => {
            portal.uploads().discard(&member.visit.cookie, &id);
            let sequence = answer.entry.unwrap_or_default().sequence;
            Ok(see_other(&format!("/bureau/rulebooks/{}/{}?adopted={sequence}", rulebook.id, rulebook.version)))
        }
        Err(refusal) => {
            let said = correctable(member.visit.language, refusal)?;
            drafted(&portal, &member, id, Asked::default(), (said, fields.get("reason").to_owned())).await
        }
    }
}

/// What came of trying it out.
enum Tried {
    /// What it would do.
    Made(Box<Simulation>),
    /// So many entries are read, of so many.
    Pending(u64, u64),
}

async fn simulate(
    portal: &Portal,
    member: &Member,
    text: String,
    (from, anew): (&str, bool),
) -> Result<Tried, Problem> {
    let request = v1::SimulateRulebookRequest { text, from: from.to_owned(), top: Some(TOP), wait_ms: WAIT_MS, anew };
    let said = portal.ask_all(member, request).await?;
    match said.into_iter().find_map(|part| part.message) {
        Some(Message::Report(report)) => Ok(Tried::Made(Box::new(of_report(member.visit.language, report)))),
        Some(Message::Progress(progress)) => Ok(Tried::Pending(progress.entries, progress.total)),
        None => Err(Problem::Fault),
    }
}

fn of_report(l: Language, report: v1::SimulationReport) -> Simulation {
    let figures = |one: &v1::SimulationFigures| Figures {
        name: one.name.clone(),
        applications: one.applications,
        changed: one.changed,
        old: show::yuan(&one.old),
        new: show::yuan(&one.new),
        difference: show::yuan(&one.difference),
    };
    let group = |title: &str, all: &[v1::SimulationFigures]| (title.to_owned(), all.iter().map(figures).collect());
    let day = |text: &str| if text.is_empty() { "—".to_owned() } else { show::day(l, text) };
    let budgets = report.budgets.iter().map(|one| {
        let line = format!("{} {}", one.budget_line_id, one.year);
        [line, show::yuan(&one.appropriated), day(&one.old_cut_on), day(&one.new_cut_on)]
    });
    Simulation {
        entries: report.entries,
        made: show::stamped(l, report.made_at.as_ref()),
        total: figures(&report.total.clone().unwrap_or_default()),
        groups: vec![
            group(l.say("按年度", "By year"), &report.years),
            group(l.say("按补助项目", "By programme"), &report.programmes),
            group(l.say("按县区", "By district"), &report.districts),
        ],
        newly_granted: report.newly_granted,
        newly_refused: report.newly_refused,
        budgets: budgets.collect(),
        sides: vec![
            side(l, l.say("增加的企业", "Who would get more"), &report.gainers.unwrap_or_default()),
            side(l, l.say("减少的企业", "Who would get less"), &report.losers.unwrap_or_default()),
        ],
    }
}

fn side(l: Language, title: &'static str, side: &v1::SimulationSide) -> Side {
    let top = side.top.iter().map(|one| Changed {
        name: one.name.clone(),
        old: show::yuan(&one.old),
        new: show::yuan(&one.new),
        difference: show::yuan(&one.difference),
        application: one.application_id.clone(),
        bound: words::bound(l, one.bound()),
        clause: one.clause.clone(),
    });
    Side { title, enterprises: side.enterprises, sum: show::yuan(&side.sum), top: top.collect() }
}
