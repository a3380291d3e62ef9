//! Receipts (凭证): the page to print, with the amount in capitals and a QR code, and the file that proves itself.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use serde::Deserialize;

use super::application::find;
use super::history::{self, Happening};
use super::view::ApplicationView;
use crate::evidence::receipt::Receipt;
use crate::portal::layout::{Frame, page};
use crate::portal::problem::Problem;
use crate::portal::visit::{Company, Member};
use crate::portal::{Portal, show};
use crate::proto::v1;

/// Which entry of an application.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    entry: Option<u64>,
}

#[derive(Template)]
#[template(path = "enterprise/receipt.html")]
struct Printed {
    frame: Frame,
    one: ApplicationView,
    name: String,
    uscc: String,
    capitals: String,
    happening: Happening,
    proof: Option<Proof>,
    query_code: String,
    qr: String,
}

/// What the file proves.
struct Proof {
    size: u64,
    root: String,
    key: String,
}

pub(super) async fn printed(
    State(portal): State<Portal>,
    Company(member): Company,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let l = member.visit.language;
    let found = find(&portal, &member, &id).await?;
    let entry = entry_of(&portal, &member, &id, asked.entry).await?;
    let rulebook = portal.rulebook(&member, &found.rulebook.clone().unwrap_or_default()).await?;
    let request = v1::GetReceiptRequest { sequence: entry.sequence };
    // A ledger without a key gives no receipt; the page says so.
    let receipt = portal.ask(&member, request).await.ok();
    let query_code = portal.secret().query_code(&id);
    let url = format!("{}/status?n={}&c={query_code}", portal.url(), id.trim_start_matches("application-"));
    let title = format!("{} {}", l.say("凭证", "Receipt"), entry.sequence);
    Ok(page(&Printed {
        frame: Frame::of(&member.visit, &title).under("my"),
        one: ApplicationView::of(l, &found, Some(&rulebook)),
        name: member.session.name.clone(),
        uscc: member.session.enterprise.clone(),
        capitals: show::amount(&found.granted).in_capitals(),
        happening: history::happening(l, &entry),
        proof: receipt.and_then(|receipt| proof(&receipt.receipt)),
        query_code,
        qr: qr(&url).unwrap_or_default(),
    }))
}

/// The entry that is asked for, or the last one; only of this application.
async fn entry_of(portal: &Portal, member: &Member, id: &str, asked: Option<u64>) -> Result<v1::Entry, Problem> {
    let entries = history::entries(portal, member).await?;
    let own = history::about(&entries, id).filter(|entry| asked.is_none_or(|asked| asked == entry.sequence));
    own.last().cloned().ok_or(Problem::NotFound)
}

fn proof(json: &[u8]) -> Option<Proof> {
    let receipt = Receipt::parse(std::str::from_utf8(json).ok()?).ok()?;
    let signed = crate::evidence::checkpoint::SignedCheckpoint::parse(&receipt.checkpoint).ok()?;
    Some(Proof { size: receipt.tree_size, root: signed.checkpoint.root.to_string(), key: receipt.key_id })
}

/// A QR code as SVG, dark on white, with the quiet zone that scanners need.
fn qr(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let drawn = code.render::<svg::Color<'_>>().min_dimensions(160, 160).quiet_zone(true).build();
    // Inside a page the declaration of XML must not be.
    let start = drawn.find("<svg")?;
    drawn.get(start..).map(ToOwned::to_owned)
}

pub(super) async fn download(
    State(portal): State<Portal>,
    Company(member): Company,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    find(&portal, &member, &id).await?;
    let entry = entry_of(&portal, &member, &id, asked.entry).await?;
    let answer = portal.ask(&member, v1::GetReceiptRequest { sequence: entry.sequence }).await?;
    let name = format!("attachment; filename=\"receipt-{}.json\"", entry.sequence);
    let name = HeaderValue::from_str(&name).map_err(|_wrong| Problem::Fault)?;
    let kind = HeaderValue::from_static("application/json");
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)], answer.receipt).into_response())
}
