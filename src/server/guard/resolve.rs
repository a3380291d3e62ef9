//! From who a peer is to as whom it acts: by the principal that the ledger binds its name to, and by delegations.

use tonic::metadata::MetadataMap;

use crate::access_log::Who;
use crate::book::access::{Access, PrincipalDetails};
use crate::book::nouns::{Caller, Role};
use crate::calendar::CivilDate;
use crate::decide::permission::roles_of;
use crate::decide::rejection::{Reason, Rejection};
use crate::decide::standing;
use crate::identifier::{PersonId, PrincipalName, shown};
use crate::server::authenticate::{AuthenticatedIdentity, Credential};
use crate::server::edge::Edge;

/// Metadata key: the person whose office the caller holds under a delegation.
pub const ON_BEHALF_OF_KEY: &str = "ipledger-on-behalf-of";

/// As whom a peer acts when it calls this RPC. Refused where the ledger does not let it in today.
///
/// A ledger that knows no principal takes the names of its client CA at their word (`ipledger:bank:icbc-hebi` is that bank);
/// from the first binding on, only names that are bound are anybody.
pub(super) fn caller(
    edge: &Edge,
    identity: &AuthenticatedIdentity,
    believed: Option<Caller>,
    (metadata, rpc): (&MetadataMap, &str),
) -> Result<Caller, Rejection> {
    let from = on_behalf_of(metadata)?;
    let (access, today) = (edge.reader().access(), edge.today());
    let caller = match believed {
        Some(caller) => Caller { on_behalf_of: from, ..caller },
        None if access.principals.is_empty() => Caller { on_behalf_of: from, ..identity.caller()? },
        None => bound(&access, &identity.name, from, (rpc, today))?,
    };
    standing::check(&access, &caller, today)?;
    Ok(caller)
}

fn bound(
    access: &Access,
    name: &str,
    from: Option<PersonId>,
    (rpc, today): (&str, CivilDate),
) -> Result<Caller, Rejection> {
    let parsed = PrincipalName::parse(name).ok();
    let known = parsed.and_then(|name| access.principals.get(&name).map(|principal| (name, principal)));
    let Some((bound_name, principal)) = known else {
        return Err(Rejection::new(
            Reason::Unauthenticated,
            "",
            format!("`{}` is bound to no principal; ask the operator to bind it", shown(name)),
            format!("“{}”未绑定访问主体，请联系运维人员办理", shown(name)),
        ));
    };
    let details = &principal.details;
    let role = match &from {
        None => preferred(details.roles.iter().copied(), rpc),
        Some(from) => {
            let delegated = access.delegated_to(&details.person, today).filter(|one| one.from == *from);
            preferred(delegated.map(|one| one.role), rpc)
        }
    };
    // Without a delegation the role is its own, and the standing is refused.
    let role = role.or_else(|| details.roles.first().copied()).unwrap_or(Role::Auditor);
    let PrincipalDetails { person, institution, enterprise, .. } = details.clone();
    Ok(Caller { role, institution, enterprise, person, on_behalf_of: from, principal: Some(bound_name) })
}

/// The first role that may call the RPC; the first of all where none may, which is then refused by name.
fn preferred(roles: impl Iterator<Item = Role>, rpc: &str) -> Option<Role> {
    let roles: Vec<Role> = roles.collect();
    let allowed = roles_of(rpc);
    roles.iter().find(|role| allowed.contains(role)).or(roles.first()).copied()
}

fn on_behalf_of(metadata: &MetadataMap) -> Result<Option<PersonId>, Rejection> {
    let mut values = metadata.get_all(ON_BEHALF_OF_KEY).iter();
    let Some(first) = values.next() else { return Ok(None) };
    let text = first.to_str().ok().filter(|_| values.next().is_none()).unwrap_or_default();
    PersonId::parse(text).map(Some).map_err(|invalid| {
        Rejection::new(Reason::Unauthenticated, ON_BEHALF_OF_KEY, invalid.problem, invalid.problem_zh)
    })
}

/// What limits are counted by: the proven name, or who the caller says it is.
pub(super) fn key(identity: &AuthenticatedIdentity, caller: &Caller) -> String {
    match identity.credential {
        Credential::Certificate(_) | Credential::Token(_) | Credential::Portal(_) => {
            format!("principal {}", identity.name)
        }
        Credential::Development => format!("{} {} {}", caller.role, organisation(caller), caller.person),
    }
}

fn organisation(caller: &Caller) -> String {
    let institution = caller.institution.as_ref().map(ToString::to_string);
    institution.or_else(|| caller.enterprise.map(|uscc| uscc.to_string())).unwrap_or_default()
}

/// What the access log says of somebody that may yet be refused.
pub(super) fn who(identity: &AuthenticatedIdentity, believed: Option<&Caller>) -> Who {
    let mut who = Who::default();
    if let Some(caller) = believed {
        fill(&mut who, caller);
    } else {
        who.principal.clone_from(&identity.name);
        who.fingerprint = identity.fingerprint().map(|fingerprint| fingerprint.to_string()).unwrap_or_default();
    }
    who
}

/// What the access log says of a caller.
pub(super) fn fill(who: &mut Who, caller: &Caller) {
    who.person = caller.person.to_string();
    who.on_behalf_of = caller.on_behalf_of.as_ref().map(ToString::to_string).unwrap_or_default();
    caller.role.code().clone_into(&mut who.role);
    who.organisation = organisation(caller);
}
