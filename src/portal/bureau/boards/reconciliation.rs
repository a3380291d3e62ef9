//! Reconciliation (对账): what is signed off and what is open, and the form for a bank's file.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::statements::{self, Choice};
use crate::calendar::CivilDate;
use crate::portal::fields::{Fields, UPLOAD_BYTES_MAX};
use crate::portal::language::Language;
use crate::portal::layout::{Frame, page};
use crate::portal::problem::{Problem, see_other};
use crate::portal::uploads::{Purpose, Sent, Turn};
use crate::portal::visit::{Clerk, Member};
use crate::portal::{Portal, show};
use crate::proto::v1;

/// How many signed statements are shown.
const SIGNED_MAX: usize = 50;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    /// The month whose open statements are listed, `2026-03`.
    #[serde(default)]
    month: String,
    /// The entry of a sign-off that was just made.
    signed: Option<u64>,
    /// Whether a file was asked for that is kept no more.
    #[serde(default)]
    gone: String,
}

/// The form as it was filled.
#[derive(Debug, Default, Clone)]
struct Filled {
    statement: String,
    from: String,
    to: String,
    tolerance: String,
    layout: String,
}

#[derive(Template)]
#[template(path = "bureau/boards/reconciliation.html")]
struct Page {
    frame: Frame,
    choices: Vec<Choice>,
    filled: Filled,
    error: String,
    signed: Option<u64>,
    month: String,
    open: Vec<Open>,
    past: Vec<Past>,
    megabytes: usize,
}

/// A statement with entries that no sign-off has looked at.
struct Open {
    words: String,
    month: String,
    count: u64,
    first: u64,
}

/// A statement that was signed off.
struct Past {
    sequence: u64,
    words: String,
    days: String,
    file: String,
    counts: String,
    differences: u64,
    by: String,
    on: String,
}

pub(super) async fn overview(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let l = member.visit.language;
    let error = if asked.gone.is_empty() {
        ""
    } else {
        l.say(
            "该文件已不再保留（只保留二十分钟），请重新上传。",
            "That file is kept no more (twenty minutes at most); send it again.",
        )
    };
    shown(&portal, &member, &asked, Filled::default(), error).await
}

/// Takes a file, and goes on to what was understood of it.
pub(super) async fn receive(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    _turn: Turn,
    mut fields: Fields,
) -> Result<Response, Problem> {
    let l = member.visit.language;
    let field = |name: &str| fields.get(name).to_owned();
    let filled = Filled {
        statement: field("statement"),
        from: field("from"),
        to: field("to"),
        tolerance: field("tolerance"),
        layout: field("layout"),
    };
    let file = fields.take_upload("file").unwrap_or_default();
    let known = statements::choices(&portal, &member).await?;
    let is_known = known.iter().any(|choice| choice.value == filled.statement);
    let wrong = wrong(l, &filled, file.is_too_large, (file.bytes.is_empty(), is_known));
    if let Some((wrong, status)) = wrong {
        let mut answer = shown(&portal, &member, &Asked::default(), filled, wrong).await?;
        *answer.status_mut() = status;
        return Ok(answer);
    }
    let Filled { statement, from, to, tolerance, layout } = filled;
    let pairs = [("statement", statement), ("from", from), ("to", to), ("tolerance", tolerance), ("layout", layout)];
    let fields: BTreeMap<String, String> = pairs.map(|(name, value)| (name.to_owned(), value)).into();
    let sent = Sent { name: file.name, bytes: Arc::new(file.bytes), fields };
    let id = portal.uploads().keep(&member.visit.cookie, Purpose::Statement, sent).ok_or(Problem::Fault)?;
    Ok(see_other(&format!("/bureau/reconciliation/files/{id}")))
}

/// What is wrong with the form before anybody reads the file.
fn wrong(
    l: Language,
    filled: &Filled,
    is_too_large: bool,
    (is_empty, is_known): (bool, bool),
) -> Option<(&'static str, StatusCode)> {
    let is_day = |text: &str| CivilDate::parse(text).is_ok();
    if is_too_large {
        let words = l.say(
            "文件超过 32 MiB，未保存。请按期间拆分，或用命令行 ipledger reconcile。",
            "The file has more than 32 MiB and was not kept. Split it by period.",
        );
        return Some((words, StatusCode::PAYLOAD_TOO_LARGE));
    }
    let words = if is_empty {
        l.say("没有收到文件，或文件是空的。", "No file was sent, or an empty one.")
    } else if !is_known {
        l.say("请选择这是谁的清单。", "Say whose statement it is.")
    } else if !is_day(&filled.from) || !is_day(&filled.to) {
        l.say("请填写期间的首日和末日。", "Give the first and the last day of the period.")
    } else {
        return None;
    };
    Some((words, StatusCode::BAD_REQUEST))
}

async fn shown(
    portal: &Portal,
    member: &Member,
    asked: &Asked,
    filled: Filled,
    error: &str,
) -> Result<Response, Problem> {
    let l = member.visit.language;
    let today = portal.now().shanghai_date();
    let this_month = format!("{}-{:02}", today.year().value(), today.month());
    let first = CivilDate::parse(&format!("{}-01", asked.month)).ok();
    let month = first.map_or(this_month, |_| asked.month.clone());
    let banks = statements::institutions(portal, member).await?;
    let (year, number) = month.split_once('-').unwrap_or_default();
    let request = v1::ListUnreconciledStatementsRequest {
        year: year.parse().unwrap_or_default(),
        month: number.parse().unwrap_or_default(),
    };
    let open = portal.ask(member, request).await?.statements;
    let open = open.iter().map(|one| Open {
        words: statements::named(l, &one.statement, &banks),
        month: one.month.map(|month| format!("{}-{:02}", month.year, month.month)).unwrap_or_default(),
        count: one.open_count,
        first: one.first_sequence,
    });
    let title = l.say("对账", "Reconciliation");
    let frame = Frame::of(&member.visit, title).under("reconciliation");
    Ok(page(&Page {
        choices: statements::choices(portal, member).await?,
        filled,
        error: error.to_owned(),
        signed: asked.signed,
        month,
        open: open.collect(),
        past: past(portal, member, &banks).await?,
        megabytes: UPLOAD_BYTES_MAX.div_euclid(1024 * 1024),
        frame,
    }))
}

/// The newest sign-offs first.
async fn past(portal: &Portal, member: &Member, banks: &[v1::InstitutionDetails]) -> Result<Vec<Past>, Problem> {
    let l = member.visit.language;
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = v1::ListSignedOffStatementsRequest { page_size: 1_000, page_token, ..Default::default() };
        let answer = portal.ask(member, request).await?;
        all.extend(answer.statements);
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let past = all.iter().rev().take(SIGNED_MAX).map(|one| Past {
        sequence: one.sequence,
        words: statements::named(l, &one.statement, banks),
        days: format!("{} — {}", one.from_date, one.to_date),
        file: one.file_name.clone(),
        counts: counts(l, &one.counts),
        differences: one.difference_count,
        by: one.signed_by.clone(),
        on: show::day(l, &one.signed_on),
    });
    Ok(past.collect())
}

/// `一致 12 · 金额不符 1`.
fn counts(l: Language, counts: &[v1::ClassCount]) -> String {
    let words: Vec<String> =
        counts.iter().map(|one| format!("{} {}", statements::class(l, one.class()), one.count)).collect();
    words.join(" · ")
}
