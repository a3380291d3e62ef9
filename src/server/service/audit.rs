//! `AccessService.ListAccess`: who looked at what (查阅留痕).

use std::collections::BTreeSet;

use super::super::render::timestamp;
use crate::access_log::{Query, Record, page};
use crate::book::Book;
use crate::book::nouns::{Caller, Role};
use crate::calendar::Timestamp;
use crate::decide::rejection::{Reason, Rejection};
use crate::identifier::{Invalid, Uscc};
use crate::proto::v1;
use crate::server::edge::Edge;
use crate::server::page::{PageRequest, token};
use crate::server::parse::{Violations, query};

/// Reads a page of the access log. An enterprise is shown the calls that named it or something of its own, with who
/// called and what was called; where from and with which certificate is not its business.
pub(super) async fn list_access(
    edge: &Edge,
    caller: &Caller,
    message: &v1::ListAccessRequest,
) -> Result<v1::ListAccessResponse, Rejection> {
    let mut asked = query(|violations| parse(message, caller, violations))?;
    let Some(log) = edge.watch().log() else {
        return Err(Rejection::new(
            Reason::StateForbids,
            "",
            "this ledger keeps no access log",
            "本账本未启用访问日志",
        ));
    };
    // Whoever asks right after a call finds it. A log that cannot be written any more can still be read.
    let _is_open: bool = log.settled().await;
    asked.resources = resources(&edge.reader().book(), caller, &message.resource);
    let folder = log.folder().to_owned();
    let read = tokio::task::spawn_blocking(move || page(&folder, &asked)).await;
    let found = match read {
        Ok(Ok(found)) => found,
        Ok(Err(fault)) => {
            let fault: &dyn std::error::Error = &fault;
            tracing::error!(fault, "cannot read the access log");
            return Err(Rejection::plain(Reason::Unavailable));
        }
        Err(_) => return Err(Rejection::plain(Reason::Unavailable)),
    };
    let outside = caller.role == Role::Enterprise;
    Ok(v1::ListAccessResponse {
        records: found.records.into_iter().map(|record| shown(record, outside)).collect(),
        next_page_token: found.next.map(|next| token(&next)).unwrap_or_default(),
    })
}

fn parse(message: &v1::ListAccessRequest, caller: &Caller, violations: &mut Violations) -> Option<Query> {
    let number = |text: &str| text.parse::<u64>().ok();
    let request = PageRequest::read(violations, message.page_size, &message.page_token, number);
    let from = time(violations, "from", message.from.as_ref());
    let to = time(violations, "to", message.to.as_ref());
    let own = caller.enterprise.map(|uscc| uscc.to_string()).unwrap_or_default();
    let foreign = caller.role == Role::Enterprise && !message.resource.is_empty() && message.resource != own;
    if foreign {
        let (en, zh) = ("is not the caller's enterprise; leave it empty", "不是调用方企业；请留空");
        violations.add("resource", Invalid::new(en, zh));
        return None;
    }
    let request = request?;
    let principal = Some(message.principal.clone()).filter(|one| !one.is_empty());
    Some(Query {
        before: request.after,
        limit: request.size,
        principal,
        resources: None,
        from: from?,
        to: to?,
        denied_only: message.denied_only,
        rpc: Some(message.rpc.clone()).filter(|one| !one.is_empty()),
    })
}

#[expect(clippy::option_option, reason = "outside: is it valid; inside: was it given")]
fn time(violations: &mut Violations, field: &str, time: Option<&prost_types::Timestamp>) -> Option<Option<i64>> {
    let Some(time) = time else { return Some(None) };
    let micros = i64::from(time.nanos).checked_div(1_000);
    let micros = micros.and_then(|micros| time.seconds.checked_mul(1_000_000)?.checked_add(micros));
    if micros.is_none() {
        violations.add(field, Invalid::new("is not a time of this world", "不是有效时间"));
    }
    micros.map(Some)
}

/// What a filter names: for an enterprise everything that is its own.
fn resources(book: &Book, caller: &Caller, filter: &str) -> Option<BTreeSet<String>> {
    let enterprise = caller.enterprise.or_else(|| Uscc::parse(filter).ok());
    let Some(uscc) = enterprise else {
        return (!filter.is_empty()).then(|| BTreeSet::from([filter.to_owned()]));
    };
    let mut names = BTreeSet::from([uscc.to_string()]);
    if let Some(enterprise) = book.enterprises.get(&uscc) {
        names.extend(enterprise.loans.iter().map(ToString::to_string));
        names.extend(enterprise.applications.iter().map(ToString::to_string));
        names.extend(enterprise.rights.iter().map(ToString::to_string));
        let loans = enterprise.loans.iter().filter_map(|id| book.loans.get(id));
        names.extend(loans.filter_map(|loan| loan.claim).map(|claim| claim.to_string()));
    }
    Some(names)
}

fn shown(record: Record, outside: bool) -> v1::AccessRecord {
    let hide = |text: String| if outside { String::new() } else { text };
    let who = record.who;
    v1::AccessRecord {
        number: record.n,
        time: Some(timestamp(Timestamp::from_micros(record.time))),
        duration_us: if outside { 0 } else { record.us },
        principal: hide(who.principal),
        person: who.person,
        on_behalf_of: who.on_behalf_of,
        role: who.role,
        organisation: who.organisation,
        fingerprint: hide(who.fingerprint),
        peer: hide(record.peer),
        rpc: record.rpc,
        request_id: hide(record.request),
        resources: if outside { Vec::new() } else { record.resources },
        code: record.code,
        reason: record.reason,
        also: if outside { 0 } else { record.also },
    }
}
