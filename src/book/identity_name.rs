//! The name by which certificates and tokens say who calls, a URI:
//!
//! ```text
//! ipledger:officer:li.na                        ROLE:PERSON             officer, finance, auditor, operator
//! ipledger:bank:icbc-hebi                       ROLE:PARTY              bank, guarantor, insurer: its own system
//! ipledger:bank:icbc-hebi:zhang.wei             ROLE:PARTY:PERSON       a person there
//! ipledger:enterprise:91371082775260043P        ROLE:USCC[:PERSON]      enterprise
//! ```
//!
//! One name for one caller: whoever writes it otherwise (capitals, a party's own system spelled out) is refused, so that
//! names can be compared as text.

use std::fmt;

use super::nouns::{Caller, Role};
use crate::identifier::{InstitutionId, Invalid, PersonId, Uscc, shown};

/// The scheme of the URI, with its colon.
pub const SCHEME: &str = "ipledger:";

/// The longest name: the scheme, a role, two names of 64 characters and the colons.
pub const NAME_BYTES_MAX: usize = 160;

/// Who a certificate or a token is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityName {
    caller: Caller,
}

impl IdentityName {
    /// Reads the URI.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let rest = text.strip_prefix(SCHEME).filter(|_| text.len() <= NAME_BYTES_MAX);
        let Some((role, rest)) = rest.and_then(|rest| rest.split_once(':')) else { return Err(not_a_name(text)) };
        let role = Role::parse(role).ok_or_else(|| not_a_name(text))?;
        let (first, second) = match rest.split_once(':') {
            Some((first, second)) => (first, Some(second)),
            None => (rest, None),
        };
        let name = Self { caller: caller(role, first, second)? };
        if name.to_string() == text {
            return Ok(name);
        }
        let (shown, written) = (shown(text), name.to_string());
        Err(Invalid::new(
            format!("`{shown}` is written `{written}`; expected that one spelling"),
            format!("“{shown}”应写作“{written}”"),
        ))
    }

    /// The name of a caller.
    pub const fn of(caller: Caller) -> Self {
        Self { caller }
    }

    /// Who it is.
    pub const fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Who it is.
    pub fn into_caller(self) -> Caller {
        self.caller
    }
}

impl fmt::Display for IdentityName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Caller { role, institution, enterprise, person, .. } = &self.caller;
        write!(f, "{SCHEME}{role}")?;
        if let Some(institution) = institution {
            write!(f, ":{institution}")?;
            if institution.as_str() == person.as_str() {
                return Ok(());
            }
        }
        if let Some(enterprise) = enterprise {
            write!(f, ":{enterprise}")?;
            if enterprise.to_string().to_ascii_lowercase() == person.as_str() {
                return Ok(());
            }
        }
        write!(f, ":{person}")
    }
}

fn caller(role: Role, first: &str, second: Option<&str>) -> Result<Caller, Invalid> {
    let person = |default: &str| PersonId::parse(second.unwrap_or(default));
    match role {
        Role::Bank | Role::Guarantor | Role::Insurer => {
            let institution = InstitutionId::parse(first)?;
            let person = person(institution.as_str())?;
            Ok(Caller { institution: Some(institution), ..Caller::of_bureau(role, person) })
        }
        Role::Enterprise => {
            let enterprise = Uscc::parse(first)?;
            let person = person(&enterprise.to_string().to_ascii_lowercase())?;
            Ok(Caller { enterprise: Some(enterprise), ..Caller::of_bureau(role, person) })
        }
        Role::Officer | Role::Finance | Role::Auditor | Role::Operator => {
            if second.is_some() {
                return Err(Invalid::new(
                    format!("role `{role}` has a person and no party; expected for example `{SCHEME}{role}:li.na`"),
                    format!("角色“{role}”只带人员标识，例如 {SCHEME}{role}:li.na"),
                ));
            }
            Ok(Caller::of_bureau(role, PersonId::parse(first)?))
        }
    }
}

fn not_a_name(text: &str) -> Invalid {
    let shown = shown(text);
    Invalid::new(
        format!(
            "`{shown}` is not the name of an identity; expected for example `ipledger:officer:li.na`, \
             `ipledger:bank:icbc-hebi` or `ipledger:enterprise:91371082775260043P`"
        ),
        format!("“{shown}”不是有效的身份名称，应如 ipledger:officer:li.na 或 ipledger:bank:icbc-hebi"),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_is_a_caller_and_the_other_way_round() {
        for text in [
            "ipledger:officer:li.na",
            "ipledger:finance:zhao.min",
            "ipledger:auditor:a",
            "ipledger:operator:ops",
            "ipledger:bank:icbc-hebi",
            "ipledger:bank:icbc-hebi:zhang.wei",
            "ipledger:guarantor:hebi-guarantee",
            "ipledger:insurer:picc:core",
            "ipledger:enterprise:91371082775260043P",
            "ipledger:enterprise:91371082775260043P:wang",
        ] {
            let name = IdentityName::parse(text).unwrap();
            assert_eq!(name.to_string(), text);
            assert_eq!(IdentityName::of(name.caller().clone()), name);
        }
        let system = IdentityName::parse("ipledger:bank:icbc-hebi").unwrap().into_caller();
        assert_eq!(system.person.as_str(), "icbc-hebi");
        let company = IdentityName::parse("ipledger:enterprise:91371082775260043P").unwrap().into_caller();
        assert_eq!((company.person.as_str(), company.institution), ("91371082775260043p", None));
    }

    #[test]
    fn what_is_no_name_is_refused_with_what_is_expected() {
        for (text, expected) in [
            ("", "is not the name of an identity"),
            ("ipledger:", "is not the name of an identity"),
            ("ipledger:boss:li", "is not the name of an identity"),
            ("IPLEDGER:officer:li", "is not the name of an identity"),
            ("spiffe://hebi/bank/icbc", "is not the name of an identity"),
            ("ipledger:officer", "is not the name of an identity"),
            ("ipledger:officer:", "is not a person id"),
            ("ipledger:officer:li:na", "has a person and no party"),
            ("ipledger:bank:ICBC", "institution id"),
            ("ipledger:bank:icbc:icbc", "is written `ipledger:bank:icbc`"),
            ("ipledger:bank:icbc:a:b", "is not a person id"),
            ("ipledger:enterprise:91371082775260043p", "is written `ipledger:enterprise:91371082775260043P`"),
            ("ipledger:enterprise:91371082775260043X", "91371082775260043X"),
        ] {
            let refused = IdentityName::parse(text).unwrap_err();
            assert!(refused.problem.contains(expected), "{text}: {refused}");
        }
        assert!(IdentityName::parse(&format!("ipledger:officer:{}", "x".repeat(500))).is_err());
    }

    proptest! {
        #[test]
        fn nothing_panics_and_what_is_taken_has_one_spelling(text in "(ipledger:)?[a-z]{0,9}(:[0-9A-Za-z:._-]{0,24})?") {
            if let Ok(name) = IdentityName::parse(&text) {
                prop_assert_eq!(name.to_string(), text);
            }
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,200}") {
            drop(IdentityName::parse(&text));
        }
    }
}
