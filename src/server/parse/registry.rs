//! `RegistryService`: enterprises, institutions, rights, pledges, blacklist.

use super::{PLEDGE_RIGHTS_MAX, Violations};
use crate::book::event::IpRightChanged;
use crate::book::nouns::{
    BlacklistDetails, EnterpriseDetails, InstitutionDetails, IpRightDetails, PledgeDetails, PledgeKey, RightChange,
};
use crate::decide::command::{Command, LiftBlacklistEntry};
use crate::identifier::{BankCode, District, InstitutionId, Invalid, RightId, Uscc};
use crate::proto::v1;

pub(crate) fn register_enterprise(
    message: &v1::RegisterEnterpriseRequest,
    violations: &mut Violations,
) -> Option<Command> {
    enterprise(violations, &message.uscc, &message.name, message.size_class, &message.district)
        .map(Command::RegisterEnterprise)
}

pub(crate) fn update_enterprise(message: &v1::UpdateEnterpriseRequest, violations: &mut Violations) -> Option<Command> {
    enterprise(violations, &message.uscc, &message.name, message.size_class, &message.district)
        .map(Command::UpdateEnterprise)
}

fn enterprise(
    violations: &mut Violations,
    uscc: &str,
    name: &str,
    size_class: i32,
    district: &str,
) -> Option<EnterpriseDetails> {
    let uscc = violations.take("uscc", Uscc::parse(uscc));
    let name = violations.text("name", name);
    let size_class = violations.choice("size_class", size_class);
    let district = violations.take("district", District::parse(district));
    Some(EnterpriseDetails { uscc: uscc?, name: name?, size_class: size_class?, district: district? })
}

pub(crate) fn register_institution(
    message: &v1::RegisterInstitutionRequest,
    violations: &mut Violations,
) -> Option<Command> {
    let institution = violations.take("institution_id", InstitutionId::parse(&message.institution_id));
    let kind = violations.choice("kind", message.kind);
    let name = violations.text("name", &message.name);
    let uscc = violations.take("uscc", Uscc::parse(&message.uscc));
    let bank_code = violations.optional("bank_code", &message.bank_code, BankCode::parse);
    Some(Command::RegisterInstitution(InstitutionDetails {
        institution: institution?,
        kind: kind?,
        name: name?,
        uscc: uscc?,
        bank_code: bank_code?,
    }))
}

pub(crate) fn register_ip_right(message: &v1::RegisterIpRightRequest, violations: &mut Violations) -> Option<Command> {
    let right = violations.take("right", RightId::parse(&message.right));
    let owner = violations.take("owner", Uscc::parse(&message.owner));
    let title = violations.text("title", &message.title);
    let granted_on = violations.date("granted_on", &message.granted_on);
    let expires_on = violations.date("expires_on", &message.expires_on);
    Some(Command::RegisterIpRight(IpRightDetails {
        right: right?,
        owner: owner?,
        title: title?,
        granted_on: granted_on?,
        expires_on: expires_on?,
    }))
}

pub(crate) fn record_ip_right_event(
    message: &v1::RecordIpRightEventRequest,
    violations: &mut Violations,
) -> Option<Command> {
    let right = violations.take("right", RightId::parse(&message.right));
    let change = right_change(message, violations);
    Some(Command::RecordIpRightEvent(IpRightChanged { right: right?, change: change? }))
}

fn right_change(message: &v1::RecordIpRightEventRequest, violations: &mut Violations) -> Option<RightChange> {
    let change = match v1::RightChange::try_from(message.change) {
        Ok(v1::RightChange::Transferred) => {
            return violations.take("new_owner", Uscc::parse(&message.new_owner)).map(RightChange::Transferred);
        }
        Ok(v1::RightChange::Lapsed) => RightChange::Lapsed,
        Ok(v1::RightChange::Restored) => RightChange::Restored,
        Ok(v1::RightChange::Invalidated) => RightChange::Invalidated,
        Ok(v1::RightChange::Unspecified) | Err(_) => {
            let names = "RIGHT_CHANGE_LAPSED, RIGHT_CHANGE_RESTORED, RIGHT_CHANGE_INVALIDATED, \
                         RIGHT_CHANGE_TRANSFERRED";
            violations.add(
                "change",
                Invalid::new(
                    format!("`{}` is not a value of this field; expected one of {names}", message.change),
                    format!("“{}”不是该字段的有效取值；应为 {names} 之一", message.change),
                ),
            );
            return None;
        }
    };
    if !message.new_owner.is_empty() {
        violations.add(
            "new_owner",
            Invalid::new("is given, but the change is not a transfer; leave it empty", "仅转移时填写新权利人；请留空"),
        );
        return None;
    }
    Some(change)
}

pub(crate) fn register_pledge(message: &v1::RegisterPledgeRequest, violations: &mut Violations) -> Option<Command> {
    let pledge = violations.pledge("", message.kind, &message.registration_number);
    let pledgee = violations.take("pledgee_id", InstitutionId::parse(&message.pledgee_id));
    let pledgor = violations.take("pledgor", Uscc::parse(&message.pledgor));
    let rights = violations.distinct("rights", &message.rights, PLEDGE_RIGHTS_MAX, |violations, path, right| {
        violations.take(path, RightId::parse(right))
    });
    let secured_amount = violations.positive("secured_amount", &message.secured_amount);
    let term_end = violations.optional("term_end", &message.term_end, crate::calendar::CivilDate::parse);
    let (pledge, rights) = (pledge?, rights?);
    one_kind(violations, &pledge, &rights)?;
    Some(Command::RegisterPledge(PledgeDetails {
        pledge,
        pledgee: pledgee?,
        pledgor: pledgor?,
        rights,
        secured_amount: secured_amount?,
        term_end: term_end?,
    }))
}

/// CNIPA registers one kind of right per pledge.
fn one_kind(violations: &mut Violations, pledge: &PledgeKey, rights: &[RightId]) -> Option<()> {
    let stray = rights.iter().enumerate().find(|(_, right)| right.kind() != pledge.kind);
    let Some((index, right)) = stray else { return Some(()) };
    violations.add(
        &format!("rights[{index}]"),
        Invalid::new(
            format!("`{right}` is not a {}; expected rights of the pledge's kind only", pledge.kind),
            format!("“{right}”与质押登记的权利类型（{}）不一致", pledge.kind.chinese()),
        ),
    );
    None
}

pub(crate) fn release_pledge(message: &v1::ReleasePledgeRequest, violations: &mut Violations) -> Option<Command> {
    violations.pledge("", message.kind, &message.registration_number).map(Command::ReleasePledge)
}

pub(crate) fn add_blacklist_entry(
    message: &v1::AddBlacklistEntryRequest,
    violations: &mut Violations,
) -> Option<Command> {
    let enterprise = violations.take("enterprise", Uscc::parse(&message.enterprise));
    let ground = violations.choice("ground", message.ground);
    let until = violations.optional("until", &message.until, crate::calendar::CivilDate::parse);
    let document = violations.text("document", &message.document);
    Some(Command::AddBlacklistEntry(BlacklistDetails {
        enterprise: enterprise?,
        ground: ground?,
        until: until?,
        document: document?,
    }))
}

pub(crate) fn lift_blacklist_entry(
    message: &v1::LiftBlacklistEntryRequest,
    violations: &mut Violations,
) -> Option<Command> {
    let enterprise = violations.take("enterprise", Uscc::parse(&message.enterprise));
    let entry = violations.sequence("blacklist_sequence", message.blacklist_sequence);
    let reason = violations.text("reason", &message.reason);
    Some(Command::LiftBlacklistEntry(LiftBlacklistEntry { enterprise: enterprise?, entry: entry?, reason: reason? }))
}

/// Whose pledges to list.
#[derive(Debug)]
pub(crate) struct PledgeFilter {
    /// Of this owner.
    pub(crate) pledgor: Option<Uscc>,
    /// Of this creditor.
    pub(crate) pledgee: Option<InstitutionId>,
}

pub(crate) fn list_pledges(message: &v1::ListPledgesRequest, violations: &mut Violations) -> Option<PledgeFilter> {
    let pledgor = violations.optional("pledgor", &message.pledgor, Uscc::parse);
    let pledgee = violations.optional("pledgee_id", &message.pledgee_id, InstitutionId::parse);
    Some(PledgeFilter { pledgor: pledgor?, pledgee: pledgee? })
}
