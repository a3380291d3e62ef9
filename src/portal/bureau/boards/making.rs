//! 正在生成: what a visitor sees while something is made beside the service. The page asks again by itself, and has a link for
//! whoever's browser does not.

use askama::Template;
use axum::response::Response;

use crate::portal::layout::{Frame, page};
use crate::portal::visit::Member;
use crate::proto::v1;

/// How long a page waits for what is made before it says so, in milliseconds: a small city sees its report at once.
pub(super) const WAIT_MS: u32 = 60;

#[derive(Template)]
#[template(path = "bureau/boards/making.html")]
struct Page {
    frame: Frame,
    address: String,
    back: String,
    is_file: bool,
    queued: bool,
    entries: u64,
    total: u64,
}

/// What is being made.
pub(super) struct Making<'a> {
    /// Its title.
    pub(super) title: &'a str,
    /// The entry of the menu that it is below.
    pub(super) here: &'static str,
    /// Where it will be.
    pub(super) address: String,
    /// Where the visitor came from.
    pub(super) back: String,
    /// Whether it is a file, which a browser saves and shows no page for.
    pub(super) is_file: bool,
}

/// The page that says so.
pub(super) fn shown(member: &Member, making: Making<'_>, pending: &v1::ReportPending) -> Response {
    let Making { title, here, address, back, is_file } = making;
    let frame = Frame::of(&member.visit, title).under(here).switching_to(&address);
    let (queued, entries, total) = (pending.queued, pending.entries, pending.known_at_sequence);
    page(&Page { frame, address, back, is_file, queued, entries, total })
}
