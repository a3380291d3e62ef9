//! Who looked at the company's file (查阅记录): the lines of the access log that name it.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::portal::layout::{Frame, page};
use crate::portal::problem::Problem;
use crate::portal::visit::Company;
use crate::portal::{Portal, show, words};
use crate::proto::v1;

/// How many lines are shown.
const SHOWN: i32 = 100;

#[derive(Template)]
#[template(path = "enterprise/access.html")]
struct Page {
    frame: Frame,
    rows: Vec<Row>,
}

struct Row {
    time: String,
    role: String,
    person: String,
    what: String,
    denied: bool,
}

pub(super) async fn looked(State(portal): State<Portal>, Company(member): Company) -> Result<Response, Problem> {
    let l = member.visit.language;
    let request = v1::ListAccessRequest { page_size: SHOWN, ..Default::default() };
    let records = portal.ask(&member, request).await?.records;
    let own = &member.session.enterprise;
    let rows = records.into_iter().map(|record| Row {
        time: show::stamped(l, record.time.as_ref()),
        role: if record.organisation == *own { l.say("本企业", "You").to_owned() } else { words::role(l, &record.role) },
        person: record.person,
        what: record.rpc.split_once('/').map_or(record.rpc.as_str(), |(_, rpc)| rpc).to_owned(),
        denied: record.code != "OK",
    });
    let rows = rows.collect();
    Ok(page(&Page { frame: Frame::of(&member.visit, l.say("查阅记录", "Who looked")).under("access"), rows }))
}
