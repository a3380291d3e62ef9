//! Whether the books are intact (账本完整至…): the newest checkpoint, who signed it, up to when it proves them, and that
//! the journal only grew since the last one that this browser saw, or that somebody kept.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::verification::{self, View};
use super::{download, may};
use crate::evidence::Checkpoint;
use crate::evidence::checkpoint::SignedCheckpoint;
use crate::portal::fields::Fields;
use crate::portal::language::Language;
use crate::portal::layout::{Frame, page};
use crate::portal::problem::{Problem, see_other};
use crate::portal::visit::{Clerk, Member, cookie, set_cookie};
use crate::portal::{Portal, show};
use crate::proto::v1;
use crate::server::inside::ledger_key;

/// The cookie that keeps which checkpoint a browser saw last: its size and root, which are no secret.
const SEEN: &str = "checkpoint";

#[derive(Template)]
#[template(path = "bureau/boards/books.html")]
struct Page {
    frame: Frame,
    /// Why there is no checkpoint; empty if there is one.
    none: String,
    newest: Option<Shown>,
    cosigned: Option<Shown>,
    since: Option<Since>,
    key: String,
    pasted: String,
    compared: Option<Since>,
    verification: View,
    may_verify: bool,
    may_see_access: bool,
}

/// A checkpoint.
struct Shown {
    size: u64,
    root: String,
    time: String,
    age: String,
    signers: Vec<String>,
    is_right: bool,
}

/// What became of the journal since an earlier checkpoint.
struct Since {
    size: u64,
    root: String,
    added: u64,
    hashes: usize,
    /// Whether it only grew.
    holds: bool,
    /// Why that cannot be said; empty if it can.
    problem: String,
}

pub(super) async fn overview(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (shown, newest) = gathered(&portal, &member, &headers).await?;
    let mut answer = page(&shown);
    if let Some(newest) = newest {
        let secure = if portal.is_secure() { "; Secure" } else { "" };
        let text = newest.to_string();
        let seen = text.lines().skip(1).collect::<Vec<_>>().join(":");
        set_cookie(
            &mut answer,
            &format!("{SEEN}={seen}; Path=/bureau; Max-Age=31536000; HttpOnly; SameSite=Lax{secure}"),
        );
    }
    Ok(answer)
}

/// Holds the journal against a checkpoint that somebody kept.
pub(super) async fn compare(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Problem> {
    let l = member.visit.language;
    let (mut shown, newest) = gathered(&portal, &member, &headers).await?;
    let pasted = fields.get("note").to_owned();
    // A note ends with a newline, which forms lose.
    let kept = SignedCheckpoint::parse(&format!("{}\n", pasted.replace("\r\n", "\n")));
    let refuted = match (&kept, ledger_key(portal.edge())) {
        (Ok(kept), Some(key)) => kept.verify_by(&key).err().map(|refuted| refuted.to_string()),
        (Err(refuted), _) => Some(refuted.to_string()),
        (Ok(_), None) => Some(shown.none.clone()),
    };
    let not_ours = |why: String| Since {
        size: 0,
        root: String::new(),
        added: 0,
        hashes: 0,
        holds: false,
        problem: format!(
            "{} ({why})",
            l.say("这不是本账本签发的检查点", "This is no checkpoint that this ledger signed")
        ),
    };
    shown.compared = match (refuted, kept, newest) {
        (Some(why), _, _) => Some(not_ours(why)),
        (None, Ok(kept), Some(newest)) => Some(since(&portal, &member, &kept.checkpoint, &newest).await?),
        (None, _, _) => None,
    };
    let is_wrong = shown.compared.as_ref().is_some_and(|since| !since.problem.is_empty());
    shown.pasted = pasted;
    shown.frame = shown.frame.resending("compare");
    let mut answer = page(&shown);
    if is_wrong {
        *answer.status_mut() = StatusCode::BAD_REQUEST;
    }
    Ok(answer)
}

/// The page of a form that a browser asks for again.
pub(super) async fn lost() -> Response {
    see_other("/bureau/books")
}

/// The newest checkpoint as a file.
pub(super) async fn checkpoint(State(portal): State<Portal>, Clerk(member): Clerk) -> Result<Response, Problem> {
    let answer = portal.ask(&member, v1::GetCheckpointRequest::default()).await?.checkpoint.unwrap_or_default();
    download("text/plain; charset=utf-8", &format!("checkpoint-{}.txt", answer.tree_size), answer.note.into_bytes())
}

async fn gathered(
    portal: &Portal,
    member: &Member,
    headers: &HeaderMap,
) -> Result<(Page, Option<Checkpoint>), Problem> {
    let l = member.visit.language;
    let (newest, none) = match portal.ask_as(&member.visitor(), v1::GetCheckpointRequest::default()).await {
        Ok(answer) => (answer.checkpoint.and_then(|one| SignedCheckpoint::parse(&one.note).ok()), String::new()),
        Err(refusal) => (None, super::correctable(l, refusal)?),
    };
    let choice = v1::CheckpointChoice::Cosigned.into();
    let cosigned = portal.ask_as(&member.visitor(), v1::GetCheckpointRequest { choice }).await.ok();
    let cosigned = cosigned.and_then(|answer| SignedCheckpoint::parse(&answer.checkpoint?.note).ok());
    let mut since_seen = None;
    if let (Some(newest), Some(seen)) = (&newest, seen(headers, newest.as_ref())) {
        since_seen = Some(since(portal, member, &seen, &newest.checkpoint).await?);
    }
    let checkpoint = newest.as_ref().map(|one| one.checkpoint.clone());
    let newest = match &newest {
        Some(newest) => Some(shown(portal, member, newest).await?),
        None => None,
    };
    let cosigned = match &cosigned {
        Some(cosigned) => Some(shown(portal, member, cosigned).await?),
        None => None,
    };
    let gathered = Page {
        frame: Frame::of(&member.visit, l.say("账本完整性", "Integrity of the books")).under("books"),
        none,
        newest,
        cosigned,
        since: since_seen,
        key: ledger_key(portal.edge()).map(|key| key.to_string()).unwrap_or_default(),
        pasted: String::new(),
        compared: None,
        verification: verification::view(portal, member).await?,
        may_verify: may(member, "EvidenceService/VerifyJournal"),
        may_see_access: may(member, "AccessService/ListAccess"),
    };
    Ok((gathered, checkpoint))
}

async fn shown(portal: &Portal, member: &Member, one: &SignedCheckpoint) -> Result<Shown, Problem> {
    let l = member.visit.language;
    let size = one.checkpoint.size;
    let last = if size == 0 {
        None
    } else {
        // Of an entry that is not this visitor's to see, the time is not told either.
        let asked = portal.ask_as(&member.visitor(), v1::GetEntryRequest { sequence: size }).await;
        asked.ok().and_then(|answer| answer.entry?.recorded_at)
    };
    let key = ledger_key(portal.edge());
    Ok(Shown {
        size,
        root: one.checkpoint.root.to_string(),
        time: show::stamped(l, last.as_ref()),
        age: last
            .map(|time| age(l, portal.now().micros().div_euclid(1_000_000).saturating_sub(time.seconds)))
            .unwrap_or_default(),
        signers: one.note.signatures().iter().map(|line| format!("{} ({})", line.name, line.key)).collect(),
        is_right: key.is_some_and(|key| one.verify_by(&key).is_ok()),
    })
}

/// `3 小时`.
fn age(l: Language, seconds: i64) -> String {
    let (count, zh, en) = match seconds.max(0) {
        seconds @ ..120 => (seconds, "秒", "seconds"),
        seconds @ 120..7_200 => (seconds.div_euclid(60), "分钟", "minutes"),
        seconds @ 7_200..172_800 => (seconds.div_euclid(3_600), "小时", "hours"),
        seconds => (seconds.div_euclid(86_400), "天", "days"),
    };
    format!("{count} {}", l.say(zh, en))
}

/// What the browser saw last, if it says so.
fn seen(headers: &HeaderMap, newest: Option<&SignedCheckpoint>) -> Option<Checkpoint> {
    let kept = cookie(headers, SEEN)?;
    let (size, root) = kept.split_once(':')?;
    let origin = &newest?.checkpoint.origin;
    Checkpoint::parse(&format!("{origin}\n{size}\n{root}\n")).ok()
}

/// Asks for the proof that the journal of now begins with that of then, and checks it.
async fn since(portal: &Portal, member: &Member, then: &Checkpoint, now: &Checkpoint) -> Result<Since, Problem> {
    let l = member.visit.language;
    let mut since = Since {
        size: then.size,
        root: then.root.to_string(),
        added: now.size.saturating_sub(then.size),
        hashes: 0,
        holds: false,
        problem: String::new(),
    };
    if then.size > now.size {
        let words = l.say(
            "比最新的检查点还长：账本丢失了分录，或检查点来自别处",
            "It is longer than the newest one: entries were lost, or it is of another ledger",
        );
        words.clone_into(&mut since.problem);
        return Ok(since);
    }
    let request = v1::GetConsistencyProofRequest { first_size: then.size, second_size: now.size };
    let proof = portal.ask(member, request).await?.hashes;
    since.hashes = proof.len();
    since.holds = now.continues(then, &proof);
    if !since.holds {
        let words = l.say(
            "账本与该检查点不一致：请立即联系运维人员",
            "The journal does not continue it: tell the operator at once",
        );
        words.clone_into(&mut since.problem);
    }
    Ok(since)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_in_the_unit_that_people_use() {
        let of = |seconds| age(Language::English, seconds);
        assert_eq!(
            [of(5), of(600), of(7_300), of(864_000), of(-3)],
            ["5 seconds", "10 minutes", "2 hours", "10 days", "0 seconds"]
        );
    }
}
