//! `RegistryService`: enterprises, institutions, rights, pledges, blacklist.

use super::{PLEDGE_RIGHTS_MAX, Violations};
use crate::book::event::IpRightChanged;
use crate::book::nouns::{
    BlacklistDetails, EnterpriseDetails, InstitutionDetails, IpRightDetails, PledgeDetails,
    PledgeKey, RightChange,
};
use crate::decide::command::{Command, LiftBlacklistEntry};
use crate::identifier::{BankCode, District, InstitutionId, Invalid, RightId, Uscc};
use crate::proto::v1;

pub(crate) fn register_enterprise(
    m: &v1::RegisterEnterpriseRequest,
    v: &mut Violations,
) -> Option<Command> {
    enterprise(v, &m.uscc, &m.name, m.size_class, &m.district).map(Command::RegisterEnterprise)
}

pub(crate) fn update_enterprise(
    m: &v1::UpdateEnterpriseRequest,
    v: &mut Violations,
) -> Option<Command> {
    enterprise(v, &m.uscc, &m.name, m.size_class, &m.district).map(Command::UpdateEnterprise)
}

fn enterprise(
    v: &mut Violations,
    uscc: &str,
    name: &str,
    size_class: i32,
    district: &str,
) -> Option<EnterpriseDetails> {
    let uscc = v.take("uscc", Uscc::parse(uscc));
    let name = v.text("name", name);
    let size_class = v.choice("size_class", size_class);
    let district = v.take("district", District::parse(district));
    Some(EnterpriseDetails {
        uscc: uscc?,
        name: name?,
        size_class: size_class?,
        district: district?,
    })
}

pub(crate) fn register_institution(
    m: &v1::RegisterInstitutionRequest,
    v: &mut Violations,
) -> Option<Command> {
    let institution = v.take("institution_id", InstitutionId::parse(&m.institution_id));
    let kind = v.choice("kind", m.kind);
    let name = v.text("name", &m.name);
    let uscc = v.take("uscc", Uscc::parse(&m.uscc));
    let bank_code = v.optional("bank_code", &m.bank_code, BankCode::parse);
    Some(Command::RegisterInstitution(InstitutionDetails {
        institution: institution?,
        kind: kind?,
        name: name?,
        uscc: uscc?,
        bank_code: bank_code?,
    }))
}

pub(crate) fn register_ip_right(
    m: &v1::RegisterIpRightRequest,
    v: &mut Violations,
) -> Option<Command> {
    let right = v.take("right", RightId::parse(&m.right));
    let owner = v.take("owner", Uscc::parse(&m.owner));
    let title = v.text("title", &m.title);
    let granted_on = v.date("granted_on", &m.granted_on);
    let expires_on = v.date("expires_on", &m.expires_on);
    Some(Command::RegisterIpRight(IpRightDetails {
        right: right?,
        owner: owner?,
        title: title?,
        granted_on: granted_on?,
        expires_on: expires_on?,
    }))
}

pub(crate) fn record_ip_right_event(
    m: &v1::RecordIpRightEventRequest,
    v: &mut Violations,
) -> Option<Command> {
    let right = v.take("right", RightId::parse(&m.right));
    let change = right_change(m, v);
    Some(Command::RecordIpRightEvent(IpRightChanged { right: right?, change: change? }))
}

fn right_change(m: &v1::RecordIpRightEventRequest, v: &mut Violations) -> Option<RightChange> {
    let change = match v1::RightChange::try_from(m.change) {
        Ok(v1::RightChange::Transferred) => {
            return v.take("new_owner", Uscc::parse(&m.new_owner)).map(RightChange::Transferred);
        }
        Ok(v1::RightChange::Lapsed) => RightChange::Lapsed,
        Ok(v1::RightChange::Restored) => RightChange::Restored,
        Ok(v1::RightChange::Invalidated) => RightChange::Invalidated,
        Ok(v1::RightChange::Unspecified) | Err(_) => {
            let names = "RIGHT_CHANGE_LAPSED, RIGHT_CHANGE_RESTORED, RIGHT_CHANGE_INVALIDATED, \
                         RIGHT_CHANGE_TRANSFERRED";
            v.add(
                "change",
                Invalid::new(
                    format!("`{}` is not a value of this field; expected one of {names}", m.change),
                    format!("“{}”不是该字段的有效取值; 应为 {names} 之一", m.change),
                ),
            );
            return None;
        }
    };
    if !m.new_owner.is_empty() {
        v.add(
            "new_owner",
            Invalid::new(
                "is given, but the change is not a transfer; leave it empty",
                "仅转移时填写新权利人; 请留空",
            ),
        );
        return None;
    }
    Some(change)
}

pub(crate) fn register_pledge(
    m: &v1::RegisterPledgeRequest,
    v: &mut Violations,
) -> Option<Command> {
    let pledge = v.pledge("", m.kind, &m.registration_number);
    let pledgee = v.take("pledgee_id", InstitutionId::parse(&m.pledgee_id));
    let pledgor = v.take("pledgor", Uscc::parse(&m.pledgor));
    let rights = v.distinct("rights", &m.rights, PLEDGE_RIGHTS_MAX, |v, path, right| {
        v.take(path, RightId::parse(right))
    });
    let secured_amount = v.positive("secured_amount", &m.secured_amount);
    let term_end = v.optional("term_end", &m.term_end, crate::calendar::CivilDate::parse);
    let (pledge, rights) = (pledge?, rights?);
    one_kind(v, &pledge, &rights)?;
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
fn one_kind(v: &mut Violations, pledge: &PledgeKey, rights: &[RightId]) -> Option<()> {
    let stray = rights.iter().enumerate().find(|(_, right)| right.kind() != pledge.kind);
    let Some((index, right)) = stray else { return Some(()) };
    v.add(
        &format!("rights[{index}]"),
        Invalid::new(
            format!(
                "`{right}` is not a {}; expected rights of the pledge's kind only",
                pledge.kind
            ),
            format!("“{right}”与质押登记的权利类型({})不一致", pledge.kind.chinese()),
        ),
    );
    None
}

pub(crate) fn release_pledge(m: &v1::ReleasePledgeRequest, v: &mut Violations) -> Option<Command> {
    v.pledge("", m.kind, &m.registration_number).map(Command::ReleasePledge)
}

pub(crate) fn add_blacklist_entry(
    m: &v1::AddBlacklistEntryRequest,
    v: &mut Violations,
) -> Option<Command> {
    let enterprise = v.take("enterprise", Uscc::parse(&m.enterprise));
    let ground = v.choice("ground", m.ground);
    let until = v.optional("until", &m.until, crate::calendar::CivilDate::parse);
    let document = v.text("document", &m.document);
    Some(Command::AddBlacklistEntry(BlacklistDetails {
        enterprise: enterprise?,
        ground: ground?,
        until: until?,
        document: document?,
    }))
}

pub(crate) fn lift_blacklist_entry(
    m: &v1::LiftBlacklistEntryRequest,
    v: &mut Violations,
) -> Option<Command> {
    let enterprise = v.take("enterprise", Uscc::parse(&m.enterprise));
    let entry = v.sequence("blacklist_sequence", m.blacklist_sequence);
    let reason = v.text("reason", &m.reason);
    Some(Command::LiftBlacklistEntry(LiftBlacklistEntry {
        enterprise: enterprise?,
        entry: entry?,
        reason: reason?,
    }))
}

/// Whose pledges to list.
#[derive(Debug)]
pub(crate) struct PledgeFilter {
    /// Of this owner.
    pub(crate) pledgor: Option<Uscc>,
    /// Of this creditor.
    pub(crate) pledgee: Option<InstitutionId>,
}

pub(crate) fn list_pledges(m: &v1::ListPledgesRequest, v: &mut Violations) -> Option<PledgeFilter> {
    let pledgor = v.optional("pledgor", &m.pledgor, Uscc::parse);
    let pledgee = v.optional("pledgee_id", &m.pledgee_id, InstitutionId::parse);
    Some(PledgeFilter { pledgor: pledgor?, pledgee: pledgee? })
}
