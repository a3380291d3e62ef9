//! What happened to an application, in the order of the journal, and its entries.

use std::collections::BTreeSet;

use crate::portal::language::Language;
use crate::portal::problem::Problem;
use crate::portal::visit::Member;
use crate::portal::{Portal, show};
use crate::proto::v1;
use v1::application_changed::Change;
use v1::entry::Event;

/// The most pages of entries that are looked through.
const PAGES_MAX: usize = 20;

/// Something that happened.
#[derive(Debug, Clone)]
pub(super) struct Happening {
    /// The entry.
    pub(super) sequence: u64,
    /// The day on which it takes effect.
    pub(super) day: String,
    /// When it was recorded.
    pub(super) recorded: String,
    /// What.
    pub(super) what: String,
}

/// Every entry that concerns the company.
pub(super) async fn entries(portal: &Portal, member: &Member) -> Result<Vec<v1::Entry>, Problem> {
    let mut all = Vec::new();
    let mut page_token = String::new();
    for _ in 0..PAGES_MAX {
        let request = v1::ListEntriesRequest {
            enterprise: member.session.enterprise.clone(),
            page_size: 1_000,
            page_token,
            ..Default::default()
        };
        let answer = portal.ask(member, request).await?;
        all.extend(answer.entries);
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    Ok(all)
}

/// Those about one application.
pub(super) fn about<'a>(entries: &'a [v1::Entry], application: &'a str) -> impl Iterator<Item = &'a v1::Entry> {
    entries.iter().filter(move |entry| subject(entry) == Some(application))
}

fn subject(entry: &v1::Entry) -> Option<&str> {
    let event = entry.event.as_ref()?;
    if let Event::SubsidyApplied(applied) = event {
        return Some(&applied.application_id);
    }
    if let Event::ApplicationChanged(changed) = event {
        return Some(&changed.application_id);
    }
    if let Event::Endorsed(endorsed) = event {
        return Some(&endorsed.subject);
    }
    if let Event::Reversed(v1::Reversed { undone: Some(v1::reversed::Undone::ApplicationId(id)), .. }) = event {
        return Some(id);
    }
    None
}

/// The interest that an entry reports for a loan.
pub(super) fn interest_of<'a>(entry: &'a v1::Entry, loan: &str) -> Option<&'a v1::InterestPaid> {
    let Some(Event::LoanChanged(changed)) = &entry.event else { return None };
    let Some(v1::loan_changed::Change::InterestPaid(paid)) = &changed.change else { return None };
    (changed.loan_id == loan).then_some(paid)
}

/// The interest payments that applications use which are neither refused nor withdrawn.
pub(super) fn used_payments(entries: &[v1::Entry]) -> BTreeSet<u64> {
    let undone: BTreeSet<&str> = entries.iter().filter_map(undone).collect();
    let applied = entries.iter().filter_map(|entry| {
        let Some(Event::SubsidyApplied(applied)) = &entry.event else { return None };
        Some(applied)
    });
    let standing = applied.filter(|one| one.reason.is_empty() && !undone.contains(one.application_id.as_str()));
    let items = standing.flat_map(|one| &one.lines).filter_map(|line| line.item.as_ref());
    items
        .filter_map(|item| match item.evidence {
            Some(v1::cost_item::Evidence::InterestPaymentSequence(sequence)) => Some(sequence),
            Some(v1::cost_item::Evidence::Invoice(_) | v1::cost_item::Evidence::Document(_)) | None => None,
        })
        .collect()
}

/// The application that an entry refuses or takes back.
fn undone(entry: &v1::Entry) -> Option<&str> {
    let Some(Event::ApplicationChanged(changed)) = &entry.event else { return None };
    let over = matches!(changed.change, Some(Change::Refused(_) | Change::Withdrawn(_)));
    over.then_some(changed.application_id.as_str())
}

/// An entry in plain words.
pub(super) fn happening(l: Language, entry: &v1::Entry) -> Happening {
    Happening {
        sequence: entry.sequence,
        day: show::day(l, &entry.effective_date),
        recorded: show::stamped(l, entry.recorded_at.as_ref()),
        what: what(l, entry),
    }
}

fn what(l: Language, entry: &v1::Entry) -> String {
    let event = entry.event.as_ref();
    if let Some(Event::SubsidyApplied(applied)) = event {
        if !applied.reason.is_empty() {
            return l.say("提交申请，未获准予", "Applied; nothing granted").to_owned();
        }
        return format!("{} {}", l.say("提交申请，核定", "Applied; computed"), show::yuan(&applied.granted));
    }
    if let Some(Event::Endorsed(_)) = event {
        return l.say("第一位审核人同意", "The first approver agreed").to_owned();
    }
    if let Some(Event::Reversed(reversed)) = event {
        return format!("{}{}", l.say("冲销：", "Reversed: "), reversed.reason);
    }
    if let Some(Event::ApplicationChanged(v1::ApplicationChanged { change: Some(change), .. })) = event {
        return changed(l, change);
    }
    entry.kind.clone()
}

fn changed(l: Language, change: &Change) -> String {
    match change {
        Change::Approved(_) => l.say("审核通过", "Approved").to_owned(),
        Change::Refused(reason) => format!("{}{reason}", l.say("审核未通过：", "Refused: ")),
        Change::Withdrawn(reason) => format!("{}{reason}", l.say("撤回：", "Withdrawn: ")),
        Change::Paid(reference) => format!("{} {reference}", l.say("已拨付，拨款文号", "Paid, reference")),
        Change::PaymentRefused(reason) => format!("{} {reason}", l.say("拨付时未通过：", "Not paid:")),
        Change::ClawbackDemanded(demand) => {
            let (amount, reason) = (show::yuan(&demand.amount), &demand.reason);
            format!("{} {amount}{}{reason}", l.say("要求退回", "Demanded back:"), l.say("：", ", "))
        }
        Change::ClawbackReceived(payment) => {
            format!("{} {}", l.say("已收到退回", "Received back:"), show::yuan(&payment.amount))
        }
        Change::ClosingShare(share) => {
            format!("{} {}", l.say("年终结算，拨付", "Closing run, paid"), show::yuan(&share.paid))
        }
        Change::Corrected(correction) => {
            let (before, after) = (show::yuan(&correction.before), show::yuan(&correction.after));
            let (what, colon) = (l.say("更正金额", "Award corrected:"), l.say("：", ", "));
            format!("{what} {before} → {after}{colon}{}", correction.reason)
        }
    }
}
