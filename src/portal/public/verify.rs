//! The check of a receipt (验证凭证): anybody pastes or sends a file, and is told what it proves, without a login.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::evidence::receipt::{RECEIPT_BYTES_MAX, Receipt};
use crate::portal::Portal;
use crate::portal::fields::Fields;
use crate::portal::language::Language;
use crate::portal::layout::{Frame, page};
use crate::portal::show;
use crate::portal::visit::Visit;
use crate::server::inside::ledger_key;
use crate::server::words;

#[derive(Template)]
#[template(path = "public/verify.html")]
struct Verify {
    frame: Frame,
    key: Option<String>,
    pasted: String,
    outcome: Outcome,
}

/// What a receipt proves.
enum Outcome {
    /// Nothing was sent yet.
    None,
    /// It is what it says.
    Proven(Proof),
    /// It is not.
    Refuted(String),
}

/// What a receipt says.
struct Proof {
    sequence: u64,
    says: String,
    effective: String,
    recorded: String,
    size: u64,
    root: String,
    signed_by: String,
}

pub(super) async fn asked(State(portal): State<Portal>, visit: Visit) -> Response {
    answer(&portal, &visit, String::new(), Outcome::None)
}

pub(super) async fn checked(State(portal): State<Portal>, visit: Visit, fields: Fields) -> Response {
    // A file wins over the text beside it.
    let file = fields.get("file");
    let text = if file.is_empty() { fields.get("receipt") } else { file }.to_owned();
    let l = visit.language;
    if text.is_empty() {
        let nothing =
            l.say("没有收到内容：请选择文件或粘贴凭证。", "Nothing was sent: choose a file or paste the receipt.");
        return answer(&portal, &visit, String::new(), Outcome::Refuted(nothing.to_owned()));
    }
    let outcome = prove(&portal, l, &text);
    let pasted = if text.len() <= RECEIPT_BYTES_MAX { text } else { String::new() };
    answer(&portal, &visit, pasted, outcome)
}

fn prove(portal: &Portal, l: Language, text: &str) -> Outcome {
    let Some(key) = ledger_key(portal.edge()) else {
        let none =
            l.say("本账本没有签名密钥，不能验证凭证。", "This ledger has no signing key and cannot check receipts.");
        return Outcome::Refuted(none.to_owned());
    };
    match Receipt::parse(text).and_then(|receipt| receipt.verify(&key, &[])) {
        Ok(proven) => Outcome::Proven(Proof {
            sequence: proven.entry.sequence.value(),
            says: l.words(&words(&proven.entry)),
            effective: show::civil(l, proven.entry.effective_date),
            recorded: show::moment(l, proven.entry.recorded_at),
            size: proven.checkpoint.checkpoint.size,
            root: proven.checkpoint.checkpoint.root.to_string(),
            signed_by: key.label(),
        }),
        Err(refuted) => {
            let zh = "凭证不成立：内容被改动过，或不是本账本签发。";
            Outcome::Refuted(format!(
                "{} ({refuted})",
                l.say(zh, "Not proven: it was changed, or another ledger signed it.")
            ))
        }
    }
}

fn answer(portal: &Portal, visit: &Visit, pasted: String, outcome: Outcome) -> Response {
    let frame = Frame::of(visit, visit.language.say("验证凭证", "Check a receipt")).under("verify");
    let sent = !matches!(outcome, Outcome::None) && !pasted.is_empty();
    let frame = if sent { frame.resending("check") } else { frame };
    let key = ledger_key(portal.edge()).map(|key| key.to_string());
    page(&Verify { frame, key, pasted, outcome })
}
