//! Verify now (立即校验): the audit of the whole journal beside the service; begun by a button, looked at by a link.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use v1::VerificationState as Stands;

use super::may;
use crate::portal::fields::Fields;
use crate::portal::language::Language;
use crate::portal::layout::{Frame, page};
use crate::portal::problem::{Problem, see_other};
use crate::portal::visit::{Clerk, Member};
use crate::portal::{Portal, show};
use crate::proto::v1;

#[derive(Template)]
#[template(path = "bureau/boards/verification.html")]
struct Page {
    frame: Frame,
    verification: View,
    may_verify: bool,
}

/// An audit as it is shown.
pub(super) struct View {
    pub(super) was_begun: bool,
    pub(super) is_running: bool,
    pub(super) headline: &'static str,
    pub(super) tone: &'static str,
    pub(super) by: String,
    pub(super) started: String,
    pub(super) finished: String,
    pub(super) took: String,
    pub(super) entries: u64,
    pub(super) done: u64,
    /// How far it is, in permille.
    pub(super) bar: u64,
    pub(super) root: String,
    pub(super) decided_again: u64,
    pub(super) not_kept: u64,
    pub(super) differing: u64,
    pub(super) checkpoints: Vec<u64>,
    pub(super) findings: Vec<Finding>,
}

/// Something that does not hold.
pub(super) struct Finding {
    pub(super) check: &'static str,
    pub(super) place: String,
    pub(super) sequence: u64,
    pub(super) problem: String,
    pub(super) expected: String,
    pub(super) found: String,
}

pub(super) async fn show(State(portal): State<Portal>, Clerk(member): Clerk) -> Result<Response, Problem> {
    let title = member.visit.language.say("全面校验", "Audit of the journal");
    Ok(page(&Page {
        verification: view(&portal, &member).await?,
        may_verify: may(&member, "EvidenceService/VerifyJournal"),
        frame: Frame::of(&member.visit, title).under("books"),
    }))
}

/// Begins an audit, or joins the one that is under way.
pub(super) async fn start(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    _fields: Fields,
) -> Result<Response, Problem> {
    portal.ask(&member, v1::VerifyJournalRequest {}).await?;
    Ok(see_other("/bureau/books/verify"))
}

/// The audit that is under way, or the last one.
pub(super) async fn view(portal: &Portal, member: &Member) -> Result<View, Problem> {
    let l = member.visit.language;
    let one = portal.ask(member, v1::GetVerificationRequest {}).await?.verification.unwrap_or_default();
    let (headline, tone) = headline(l, one.state());
    let finding = |found: &v1::VerificationFinding| Finding {
        check: check(l, &found.check),
        place: found.place.clone(),
        sequence: found.sequence,
        problem: found.problem.clone(),
        expected: found.expected.clone(),
        found: found.found.clone(),
    };
    Ok(View {
        was_begun: one.state() != Stands::Unspecified,
        is_running: one.state() == Stands::Running,
        headline,
        tone,
        by: one.started_by.clone(),
        started: show::stamped(l, one.started_at.as_ref()),
        finished: show::stamped(l, one.finished_at.as_ref()),
        took: format!(
            "{}.{} {}",
            one.took_ms.div_euclid(1_000),
            one.took_ms.rem_euclid(1_000).div_euclid(100),
            l.say("秒", "s")
        ),
        entries: one.entries,
        done: one.done,
        bar: one.done.saturating_mul(1_000).checked_div(one.entries).unwrap_or(0).min(1_000),
        root: hex::encode(&one.root),
        decided_again: one.decided_again,
        not_kept: one.not_kept,
        differing: one.differing,
        findings: one.findings.iter().map(finding).collect(),
        checkpoints: one.checkpoint_sizes,
    })
}

const fn headline(l: Language, state: Stands) -> (&'static str, &'static str) {
    match state {
        Stands::Unspecified => (l.say("启动以来尚未校验", "Not audited since the ledger started"), "none"),
        Stands::Running => (l.say("校验进行中", "Under way"), "wait"),
        Stands::Intact => (l.say("未发现问题", "No finding"), "good"),
        Stands::DecisionsDiffer => {
            (l.say("字节完好，但有决定重算不同", "The bytes hold, but a decision comes out differently"), "bad")
        }
        Stands::Damaged => (l.say("发现损坏", "Damaged"), "bad"),
        Stands::Failed => {
            (l.say("无法读取账本，请查看服务器日志", "The store could not be read; see the server's log"), "bad")
        }
    }
}

fn check(l: Language, code: &str) -> &'static str {
    match code {
        "store" => l.say("存储", "store"),
        "block" => l.say("数据块", "block"),
        "record" => l.say("记录", "record"),
        "entry" => l.say("分录", "entry"),
        "separation" => l.say("职责分离", "separation of duties"),
        "decision" => l.say("决定重算", "decision made again"),
        "invariant" => l.say("不变量", "invariant"),
        "served" => l.say("对外所示", "what is served"),
        "checkpoint" => l.say("检查点", "checkpoint"),
        _ => "",
    }
}
