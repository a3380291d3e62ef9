//! Enterprises, institutions, IP rights and the blacklist.

use super::command::LiftBlacklistEntry;
use super::rejection::{Reason, Rejection};
use super::{Context, Outcome, concerning_enterprise, concerning_nobody, not_before, state_forbids, text};
use crate::book::event::{BlacklistEntryLifted, Event, IpRightChanged};
use crate::book::nouns::{
    BlacklistDetails, EnterpriseDetails, InstitutionDetails, IpRightDetails, Named as _, RightChange,
};
use crate::book::registry::{Enterprise, IpRight, RightState};
use crate::book::shelf::Held;
use crate::identifier::{InstitutionId, RightId, Uscc};

pub(super) fn register_enterprise(context: &Context<'_>, details: &EnterpriseDetails) -> Result<Outcome, Rejection> {
    if context.book.enterprises.contains_key(&details.uscc) {
        return Err(already_exists(
            "uscc",
            details.uscc,
            "use UpdateEnterprise to change it",
            "如需变更请使用变更接口",
        ));
    }
    own_district(context, details)?;
    Ok(Outcome::new(Event::EnterpriseRegistered(details.clone()), concerning_enterprise(details.uscc)))
}

pub(super) fn update_enterprise(context: &Context<'_>, details: &EnterpriseDetails) -> Result<Outcome, Rejection> {
    enterprise(context, "uscc", details.uscc)?;
    own_district(context, details)?;
    Ok(Outcome::new(Event::EnterpriseUpdated(details.clone()), concerning_enterprise(details.uscc)))
}

/// Who is confined to districts registers enterprises there, and moves none out of them.
fn own_district(context: &Context<'_>, details: &EnterpriseDetails) -> Result<(), Rejection> {
    if !context.book.access.is_outside(context.caller, &details.district) {
        return Ok(());
    }
    Err(Rejection::new(
        Reason::PermissionDenied,
        "district",
        format!("`{}` is not a district of the caller's", details.district),
        format!("“{}”不在调用方所辖县区", details.district),
    ))
}

pub(super) fn register_institution(context: &Context<'_>, details: &InstitutionDetails) -> Result<Outcome, Rejection> {
    if context.book.institutions.contains_key(&details.institution) {
        return Err(already_exists("institution_id", &details.institution, "choose another id", "请更换编号"));
    }
    Ok(Outcome::new(Event::InstitutionRegistered(details.clone()), concerning_nobody()))
}

pub(super) fn register_right(context: &Context<'_>, details: &IpRightDetails) -> Result<Outcome, Rejection> {
    enterprise(context, "owner", details.owner)?;
    if context.book.rights.contains_key(&details.right) {
        return Err(already_exists(
            "right",
            &details.right,
            "record a transfer if the owner changed",
            "权利人变更请登记转移",
        ));
    }
    context.not_in_the_future("granted_on", details.granted_on)?;
    not_before("expires_on", details.expires_on, details.granted_on, text("the day of grant", "授权日"))?;
    Ok(Outcome::new(Event::IpRightRegistered(details.clone()), concerning_enterprise(details.owner)))
}

pub(super) fn record_right_event(context: &Context<'_>, changed: &IpRightChanged) -> Result<Outcome, Rejection> {
    let right = right(context, "right", &changed.right)?;
    not_before("effective_date", context.day, right.details.granted_on, text("the day of grant", "授权日"))?;
    let state = right.state_on(context.day);
    let forbid = |allowed| Err(state_forbids("right", &changed.right, state.name(), &[allowed]));
    match changed.change {
        RightChange::Lapsed if state != RightState::InForce => forbid(RightState::InForce.name())?,
        RightChange::Restored if state != RightState::Lapsed => forbid(RightState::Lapsed.name())?,
        RightChange::Invalidated if state == RightState::Invalidated => {
            forbid(text("not invalidated yet", "尚未宣告无效"))?;
        }
        RightChange::Transferred(to) => {
            enterprise(context, "new_owner", to)?;
            if right.owner_on(context.day) == to {
                return Err(already_exists("new_owner", to, "it owns the right already", "该企业已是权利人"));
            }
        }
        RightChange::Lapsed | RightChange::Restored | RightChange::Invalidated => {}
    }
    let owner = right.owner_on(context.day);
    Ok(Outcome::new(Event::IpRightChanged(changed.clone()), concerning_enterprise(owner)))
}

pub(super) fn add_blacklist_entry(context: &Context<'_>, details: &BlacklistDetails) -> Result<Outcome, Rejection> {
    enterprise(context, "enterprise", details.enterprise)?;
    if let Some(until) = details.until {
        not_before("until", until, context.day, text("the effective date", "生效日"))?;
    }
    Ok(Outcome::new(Event::BlacklistEntryAdded(details.clone()), concerning_enterprise(details.enterprise)))
}

pub(super) fn lift_blacklist_entry(context: &Context<'_>, lift: &LiftBlacklistEntry) -> Result<Outcome, Rejection> {
    let enterprise = enterprise(context, "enterprise", lift.enterprise)?;
    let Some(entry) = enterprise.blacklist.iter().find(|entry| entry.entry == lift.entry) else {
        return Err(Rejection::new(
            Reason::BlacklistEntryUnknown,
            "blacklist_sequence",
            format!("entry `{}` is not a blacklist entry of this enterprise", lift.entry.value()),
            format!("第{}号分录不是该企业的失信记录", lift.entry.value()),
        ));
    };
    if entry.lifted_on.is_some() {
        return Err(state_forbids(
            "blacklist_sequence",
            lift.entry.value(),
            text("lifted", "已解除"),
            &[text("in force", "有效")],
        ));
    }
    not_before("effective_date", context.day, entry.from, text("the day it took effect", "生效日"))?;
    let lifted = BlacklistEntryLifted { entry: lift.entry, enterprise: lift.enterprise, reason: lift.reason.clone() };
    Ok(Outcome::new(Event::BlacklistEntryLifted(lifted), concerning_enterprise(lift.enterprise)))
}

/// Looks up an enterprise.
pub(super) fn enterprise<'a>(
    context: &Context<'a>,
    field: &str,
    uscc: Uscc,
) -> Result<Held<'a, Enterprise>, Rejection> {
    let found = context.book.enterprises.get(&uscc).filter(|_| context.in_districts(uscc));
    found.ok_or_else(|| {
        Rejection::new(
            Reason::EnterpriseUnknown,
            field,
            format!("`{uscc}` is not registered; register the enterprise first"),
            format!("“{uscc}”未登记；请先登记企业"),
        )
    })
}

/// Looks up an institution.
pub(super) fn institution<'a>(
    context: &Context<'a>,
    field: &str,
    id: &InstitutionId,
) -> Result<&'a InstitutionDetails, Rejection> {
    context.book.institutions.get(id).ok_or_else(|| {
        Rejection::new(
            Reason::InstitutionUnknown,
            field,
            format!("`{id}` is not registered; register the institution first"),
            format!("“{id}”未登记；请先登记机构"),
        )
    })
}

/// Looks up an IP right.
pub(super) fn right<'a>(context: &Context<'a>, field: &str, id: &RightId) -> Result<Held<'a, IpRight>, Rejection> {
    let found = context.book.rights.get(id).filter(|right| context.in_districts(right.owner_on(context.day)));
    found.ok_or_else(|| {
        Rejection::new(
            Reason::IpRightUnknown,
            field,
            format!("`{id}` is not registered; register the right first"),
            format!("“{id}”未登记；请先登记知识产权"),
        )
    })
}

/// A rejection of something that is there already.
pub(super) fn already_exists(field: &str, value: impl std::fmt::Display, advice: &str, advice_zh: &str) -> Rejection {
    Rejection::new(
        Reason::AlreadyExists,
        field,
        format!("`{value}` is registered already; {advice}"),
        format!("“{value}”已登记；{advice_zh}"),
    )
}
