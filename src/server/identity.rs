//! Who calls: metadata of a request → [`Caller`].
//!
//! [`Identify`] is the seam. [`DevIdentity`] believes what the caller says of itself, and therefore listens to this
//! machine only, and only where the operator asked for it; [`super::authenticate`] believes certificates and tokens.

use std::fmt::Debug;
use std::net::SocketAddr;

use tonic::metadata::MetadataMap;
use tonic::transport::server::TcpConnectInfo;
use tonic::{Extensions, Request};

use super::authenticate::{AuthenticatedIdentity, Credential};
use super::listen::ConnectionInfo;
use crate::book::identity_name::IdentityName;
use crate::book::nouns::{Caller, Role};
use crate::decide::rejection::{Reason, Rejection};
use crate::identifier::{InstitutionId, Invalid, PersonId, Uscc, shown};

/// Metadata key of the role: one of the codes of [`Role`].
pub const ROLE_KEY: &str = "ipledger-dev-role";
/// Metadata key of the institution, for banks, guarantors and insurers.
pub const INSTITUTION_KEY: &str = "ipledger-dev-institution";
/// Metadata key of the enterprise (USCC), for enterprises.
pub const ENTERPRISE_KEY: &str = "ipledger-dev-enterprise";
/// Metadata key of the person who acts.
pub const PERSON_KEY: &str = "ipledger-dev-person";

/// What is known of a caller before anything of the request is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Peer<'a> {
    /// Where the connection comes from; `None` if the transport has no addresses.
    pub address: Option<SocketAddr>,
    /// The request's metadata.
    pub metadata: &'a MetadataMap,
    /// What the transport knows besides, for example certificates.
    pub extensions: &'a Extensions,
}

impl<'a> Peer<'a> {
    /// The peer of a request.
    pub fn of<T>(request: &'a Request<T>) -> Self {
        let extensions = request.extensions();
        let connection = extensions.get::<ConnectionInfo>().map(|connection| connection.address);
        Self { address: connection.or_else(|| request.remote_addr()), metadata: request.metadata(), extensions }
    }
}

/// Where a connection comes from, as the transport noted it.
pub(super) fn address_of(extensions: &Extensions) -> Option<SocketAddr> {
    let connection = extensions.get::<ConnectionInfo>().map(|connection| connection.address);
    connection.or_else(|| extensions.get::<TcpConnectInfo>().and_then(TcpConnectInfo::remote_addr))
}

/// Says who calls, or refuses with [`Reason::Unauthenticated`].
pub trait Identify: Debug + Send + Sync {
    /// Who it is, and how that is known.
    fn identity(&self, peer: Peer<'_>) -> Result<AuthenticatedIdentity, Rejection>;

    /// The caller behind a peer.
    fn caller(&self, peer: Peer<'_>) -> Result<Caller, Rejection> {
        self.identity(peer)?.caller()
    }
}

/// Believes the `ipledger-dev-*` metadata of callers on this machine. For development and tests.
#[derive(Debug, Clone, Copy, Default)]
pub struct DevIdentity;

impl Identify for DevIdentity {
    fn identity(&self, peer: Peer<'_>) -> Result<AuthenticatedIdentity, Rejection> {
        let name = IdentityName::of(self.caller(peer)?).to_string();
        Ok(AuthenticatedIdentity { name, credential: Credential::Development })
    }

    fn caller(&self, peer: Peer<'_>) -> Result<Caller, Rejection> {
        if !peer.address.is_some_and(|address| address.ip().to_canonical().is_loopback()) {
            return Err(unauthenticated(
                "",
                "the development identity is accepted from this machine only; connect to the loopback address",
                "开发身份仅限本机使用，请通过回环地址连接",
            ));
        }
        let role = required(peer.metadata, ROLE_KEY, &roles(), role)?;
        let institution = match role {
            Role::Bank | Role::Guarantor | Role::Insurer => Some(required(
                peer.metadata,
                INSTITUTION_KEY,
                "the institution's short name, for example `icbc-hebi`",
                InstitutionId::parse,
            )?),
            Role::Enterprise | Role::Officer | Role::Finance | Role::Auditor | Role::Operator => None,
        };
        let enterprise = match role {
            Role::Enterprise => Some(required(
                peer.metadata,
                ENTERPRISE_KEY,
                "the enterprise's unified social credit code",
                Uscc::parse,
            )?),
            Role::Bank
            | Role::Guarantor
            | Role::Insurer
            | Role::Officer
            | Role::Finance
            | Role::Auditor
            | Role::Operator => None,
        };
        let person = required(peer.metadata, PERSON_KEY, "who acts, for example `li-ming`", PersonId::parse)?;
        Ok(Caller { institution, enterprise, ..Caller::of_bureau(role, person) })
    }
}

fn role(text: &str) -> Result<Role, Invalid> {
    Role::parse(text).ok_or_else(|| {
        let (shown, expected) = (shown(text), roles());
        Invalid::new(
            format!("`{shown}` is not a role; expected one of {expected}"),
            format!("“{shown}”不是有效角色；应为以下之一：{expected}"),
        )
    })
}

fn roles() -> String {
    let codes: Vec<&str> = Role::ALL.iter().map(|role| role.code()).collect();
    codes.join(", ")
}

/// Reads the one value of a key. A key that is given twice is refused: two parties might each believe another one.
fn required<T>(
    metadata: &MetadataMap,
    key: &str,
    expected: &str,
    parse: impl Fn(&str) -> Result<T, Invalid>,
) -> Result<T, Rejection> {
    let mut values = metadata.get_all(key).iter();
    let (first, second) = (values.next(), values.next());
    let Some(text) = first.filter(|_| second.is_none()).and_then(|value| value.to_str().ok()) else {
        return Err(unauthenticated(
            key,
            format!("metadata `{key}` is missing or not a single text; expected {expected}"),
            format!("缺少元数据 {key}，或其值不唯一；应为 {expected}"),
        ));
    };
    parse(text).map_err(|invalid| unauthenticated(key, invalid.problem, invalid.problem_zh))
}

/// Refuses whoever does not say, or not prove, who it is.
pub(super) fn unauthenticated(field: &str, problem: impl Into<String>, problem_zh: impl Into<String>) -> Rejection {
    Rejection::new(Reason::Unauthenticated, field, problem, problem_zh)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    const USCC: &str = "91110000600037341L";

    fn identify(address: Option<&str>, metadata: &[(&'static str, &str)]) -> Result<Caller, Rejection> {
        let mut map = MetadataMap::new();
        for (key, value) in metadata {
            map.append(*key, value.parse().unwrap());
        }
        let address = address.map(|address| address.parse().unwrap());
        DevIdentity.caller(Peer { address, metadata: &map, extensions: &Extensions::new() })
    }

    fn check_refused(address: Option<&str>, metadata: &[(&'static str, &str)], expected: &Expect) {
        let rejection = identify(address, metadata).unwrap_err();
        assert_eq!(rejection.reason, Reason::Unauthenticated);
        expected.assert_eq(&rejection.to_string());
    }

    const HERE: Option<&str> = Some("127.0.0.1:40000");

    #[test]
    fn a_bank_names_itself_and_its_person() {
        let caller =
            identify(HERE, &[(ROLE_KEY, "bank"), (INSTITUTION_KEY, "icbc-hebi"), (PERSON_KEY, "core-system")]).unwrap();
        assert_eq!(caller.role, Role::Bank);
        assert_eq!(caller.institution.unwrap().as_str(), "icbc-hebi");
        assert_eq!(caller.enterprise, None);
        assert_eq!(caller.person.as_str(), "core-system");
    }

    #[test]
    fn an_enterprise_names_its_code_and_an_institution_given_by_it_is_ignored() {
        let metadata =
            [(ROLE_KEY, "enterprise"), (ENTERPRISE_KEY, USCC), (INSTITUTION_KEY, "icbc-hebi"), (PERSON_KEY, "wang")];
        let caller = identify(Some("[::1]:40000"), &metadata).unwrap();
        assert_eq!(caller.enterprise.unwrap().as_str(), USCC);
        assert_eq!(caller.institution, None);
    }

    #[test]
    fn the_loopback_address_may_be_mapped_to_ipv6() {
        let caller = identify(Some("[::ffff:127.0.0.1]:40000"), &[(ROLE_KEY, "officer"), (PERSON_KEY, "li")]);
        assert_eq!(caller.unwrap().role, Role::Officer);
    }

    #[test]
    fn whoever_calls_from_elsewhere_is_refused() {
        let metadata = [(ROLE_KEY, "officer"), (PERSON_KEY, "li")];
        for address in [Some("10.0.0.7:40000"), Some("[2001:db8::1]:40000"), None] {
            check_refused(
                address,
                &metadata,
                &expect![[
                    "the caller did not prove who it is: the development identity is accepted from this machine only; connect to the loopback address"
                ]],
            );
        }
    }

    #[test]
    fn what_is_missing_is_named_with_what_is_expected() {
        check_refused(
            HERE,
            &[],
            &expect![
                "the caller did not prove who it is: ipledger-dev-role: metadata `ipledger-dev-role` is missing or not a single text; expected bank, guarantor, insurer, enterprise, officer, finance, auditor, operator"
            ],
        );
        check_refused(
            HERE,
            &[(ROLE_KEY, "boss")],
            &expect![[
                "the caller did not prove who it is: ipledger-dev-role: `boss` is not a role; expected one of bank, guarantor, insurer, enterprise, officer, finance, auditor, operator"
            ]],
        );
        check_refused(
            HERE,
            &[(ROLE_KEY, "bank"), (PERSON_KEY, "core")],
            &expect![[
                "the caller did not prove who it is: ipledger-dev-institution: metadata `ipledger-dev-institution` is missing or not a single text; expected the institution's short name, for example `icbc-hebi`"
            ]],
        );
        check_refused(
            HERE,
            &[(ROLE_KEY, "auditor")],
            &expect![[
                "the caller did not prove who it is: ipledger-dev-person: metadata `ipledger-dev-person` is missing or not a single text; expected who acts, for example `li-ming`"
            ]],
        );
    }

    #[test]
    fn a_key_given_twice_is_refused() {
        let rejection =
            identify(HERE, &[(ROLE_KEY, "auditor"), (ROLE_KEY, "finance"), (PERSON_KEY, "li")]).unwrap_err();
        assert_eq!(rejection.violations[0].field, ROLE_KEY);
    }
}
