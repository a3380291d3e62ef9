//! Pledge registrations: no right under two active pledges, whatever the bank.

use super::registry::{already_exists, enterprise, institution, right};
use super::rejection::{Reason, Rejection};
use super::{Context, Outcome, concerning, not_before, state_forbids, text};
use crate::book::event::{Asked, Event};
use crate::book::nouns::{Named as _, PledgeDetails, PledgeKey, Role};
use crate::book::registry::{Pledge, PledgeState, RightState};
use crate::book::shelf::Held;
use crate::calendar::CivilDate;
use crate::identifier::RightId;
use crate::rulebook::refusal::Refusal;

const COMMAND: &str = "RegisterPledge";

pub(super) fn register(context: &Context<'_>, details: &PledgeDetails) -> Result<Outcome, Rejection> {
    institution(context, "pledgee_id", &details.pledgee)?;
    enterprise(context, "pledgor", details.pledgor)?;
    if context.book.pledges.contains_key(&details.pledge) {
        return Err(already_exists(
            "registration_number",
            &details.pledge.number,
            "registration numbers are unique per kind of right",
            "同类质押登记号不能重复",
        ));
    }
    if let Some(term_end) = details.term_end {
        not_before("term_end", term_end, context.day, text("the day of registration", "质押登记日"))?;
    }
    for (index, id) in details.rights.iter().enumerate() {
        right(context, &format!("rights[{index}]"), id)?;
    }
    let concerns = concerning(&details.pledgee, details.pledgor);
    for id in &details.rights {
        if let Some((refusal, since)) = refusal_of(context, details, id) {
            let asked = Asked::Pledge(details.clone());
            return Ok(Outcome::refused(COMMAND, refusal, id.to_string(), since, concerns).asking(asked));
        }
    }
    Ok(Outcome::new(Event::PledgeRegistered(details.clone()), concerns))
}

/// Why this right cannot be pledged: not in force, not the pledgor's, or pledged already (and since when; never to
/// whom, which is another bank's business).
fn refusal_of(context: &Context<'_>, details: &PledgeDetails, id: &RightId) -> Option<(Refusal, Option<CivilDate>)> {
    let right = context.book.rights.get(id)?;
    if right.state_on(context.day) != RightState::InForce {
        return Some((Refusal::RightNotInForce, None));
    }
    if right.owner_on(context.day) != details.pledgor {
        return Some((Refusal::RightNotOwned, None));
    }
    let earlier = right.pledges.iter().filter_map(|key| context.book.pledges.get(key));
    let mut conflicting = earlier.filter(|pledge| pledge.overlaps(context.day, details.term_end));
    conflicting.next().map(|pledge| (Refusal::RightAlreadyPledged, Some(pledge.registered_on)))
}

pub(super) fn release(context: &Context<'_>, key: &PledgeKey) -> Result<Outcome, Rejection> {
    let pledge = pledge(context, "registration_number", key)?;
    not_before("effective_date", context.day, pledge.registered_on, text("the day of registration", "质押登记日"))?;
    let state = pledge.state_on(context.day);
    if pledge.released_on.is_some() || state != PledgeState::Active {
        let state = if pledge.released_on.is_some() { PledgeState::Released } else { state };
        return Err(state_forbids("registration_number", &key.number, state.name(), &[PledgeState::Active.name()]));
    }
    let concerns = concerning(&pledge.details.pledgee, pledge.details.pledgor);
    Ok(Outcome::new(Event::PledgeReleased(key.clone()), concerns))
}

/// Looks up a pledge; a bank finds only its own.
pub(super) fn pledge<'a>(context: &Context<'a>, field: &str, key: &PledgeKey) -> Result<Held<'a, Pledge>, Rejection> {
    let found = context.book.pledges.get(key).filter(|one| context.in_districts(one.details.pledgor));
    let visible = found.filter(|pledge| {
        context.caller.role != Role::Bank || context.caller.institution.as_ref() == Some(&pledge.details.pledgee)
    });
    visible.ok_or_else(|| {
        Rejection::new(
            Reason::PledgeUnknown,
            field,
            format!("pledge `{}` is not known here; register the pledge first", key.number),
            format!("未找到质押登记“{}”；请先登记质押", key.number),
        )
    })
}
