//! Login codes for the pages, and whom a login stands for.
//!
//! A code is good once and not for long. Only its hash is kept, in memory: it is nobody's business after a restart. There
//! is one for each name at a time; a new one takes the place of the one before.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use parking_lot::Mutex;
use ring::rand::{SecureRandom as _, SystemRandom};
use sha2::{Digest as _, Sha256};

use super::authenticate::{AuthenticatedIdentity, Credential, PortalLogin};
use crate::book::Book;
use crate::book::identity_name::IdentityName;
use crate::book::nouns::{Caller, Role};
use crate::calendar::Timestamp;
use crate::identifier::{PrincipalName, Uscc};

/// How long a code is good unless told otherwise.
pub const CODE_MINUTES_DEFAULT: u32 = 60;

/// The longest time that a code may be good: a day, for one that is handed over on paper.
pub const CODE_MINUTES_MAX: u32 = 24 * 60;

/// The most codes at a time.
pub const CODES_MAX: usize = 10_000;

/// Letters of a code: no `0 1 I L O U`, which are read for one another on paper. 30 of them, 12 times: 58 bits.
const ALPHABET: &[u8; 30] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";

/// How many letters a code has, in groups of four.
const CODE_LETTERS: usize = 12;

/// Somebody at the pages, and whom the login stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visitor {
    /// The name, as a certificate would carry it: `ipledger:enterprise:USCC`, `ipledger:officer:li.na`.
    pub name: String,
    /// How it is known.
    pub login: PortalLogin,
    /// Where the browser is.
    pub address: Option<SocketAddr>,
    /// Whom the login itself stands for; see [`Visitor::believed`].
    stands_for: Option<Caller>,
}

impl Visitor {
    /// An enterprise: whose it is says the login itself, so it need not be bound. If it is bound, the binding counts.
    pub fn enterprise(uscc: Uscc, login: PortalLogin) -> Self {
        let name = format!("ipledger:enterprise:{uscc}");
        let stands_for = IdentityName::parse(&name).ok().map(IdentityName::into_caller);
        Self { name, login, address: None, stands_for }
    }

    /// Whoever the ledger binds this name to.
    pub const fn named(name: String, login: PortalLogin) -> Self {
        Self { name, login, address: None, stands_for: None }
    }

    /// The same from this address.
    #[must_use]
    pub fn at(self, address: Option<SocketAddr>) -> Self {
        Self { address, ..self }
    }

    /// The enterprise that the login stands for, if it is one's.
    pub fn own_enterprise(&self) -> Option<Uscc> {
        self.stands_for.as_ref().and_then(|caller| caller.enterprise)
    }

    pub(super) fn identity(&self) -> AuthenticatedIdentity {
        AuthenticatedIdentity { name: self.name.clone(), credential: Credential::Portal(self.login) }
    }

    /// Whom the login stands for without a binding; `None` where the ledger's binding of the name decides.
    pub(super) fn believed(&self, book: &Book) -> Option<Caller> {
        let caller = self.stands_for.as_ref()?;
        let bound = || PrincipalName::parse(&self.name).is_ok_and(|name| book.access.principals.contains_key(&name));
        match caller.role {
            // A query code stands for no principal, whoever is bound.
            Role::Enterprise if self.login != PortalLogin::StatusCode && bound() => None,
            Role::Enterprise
            | Role::Bank
            | Role::Guarantor
            | Role::Insurer
            | Role::Officer
            | Role::Finance
            | Role::Auditor
            | Role::Operator => Some(caller.clone()),
        }
    }
}

/// The codes that were issued and not used.
#[derive(Debug, Default)]
pub struct Logins {
    issued: Mutex<Issued>,
}

#[derive(Debug, Default)]
struct Issued {
    by_hash: BTreeMap<[u8; 32], (Visitor, Timestamp)>,
    by_name: BTreeMap<String, [u8; 32]>,
}

impl Logins {
    /// A code for a caller that asks for itself: what is believed of it now (in development) is believed of the login.
    pub(super) fn issue_own(
        &self,
        identity: &AuthenticatedIdentity,
        caller: &Caller,
        ends: Timestamp,
        now: Timestamp,
    ) -> Option<String> {
        let stands_for = match identity.credential {
            Credential::Development => Some(caller.clone()),
            Credential::Certificate(_) | Credential::Token(_) | Credential::Portal(_) => None,
        };
        let visitor = Visitor { name: identity.name.clone(), login: PortalLogin::Code, address: None, stands_for };
        self.issue(visitor, ends, now)
    }

    /// A code for this visitor, good until `ends`; `None` if there are too many already, or no random numbers.
    pub fn issue(&self, visitor: Visitor, ends: Timestamp, now: Timestamp) -> Option<String> {
        let code = random_code(CODE_LETTERS)?;
        let mut issued = self.issued.lock();
        if let Some(old) = issued.by_name.remove(&visitor.name) {
            issued.by_hash.remove(&old);
        }
        if issued.by_hash.len() >= CODES_MAX {
            issued.drop_ended(now);
        }
        if issued.by_hash.len() >= CODES_MAX {
            return None;
        }
        let hash = hash(&code);
        issued.by_name.insert(visitor.name.clone(), hash);
        issued.by_hash.insert(hash, (visitor, ends));
        drop(issued);
        Some(grouped(&code))
    }

    /// Whom a code stands for. From now on it is good no more, whoever asks.
    pub fn redeem(&self, code: &str, now: Timestamp) -> Option<Visitor> {
        let mut issued = self.issued.lock();
        let (visitor, ends) = issued.by_hash.remove(&hash(&plain(code)?))?;
        issued.by_name.remove(&visitor.name);
        drop(issued);
        (now < ends).then_some(visitor)
    }
}

impl Issued {
    fn drop_ended(&mut self, now: Timestamp) {
        self.by_hash.retain(|_, (_, ends)| now < *ends);
        let left = &self.by_hash;
        self.by_name.retain(|_, hash| left.contains_key(hash));
    }
}

/// Random letters of the alphabet; `None` where the system has no random numbers.
fn random_code(letters: usize) -> Option<String> {
    let random = SystemRandom::new();
    let mut code = String::with_capacity(letters);
    while code.len() < letters {
        let mut bytes = [0; 32];
        random.fill(&mut bytes).ok()?;
        // 240 = 8 × 30: larger bytes would favour some letters.
        let fair = bytes.iter().filter(|byte| **byte < 240);
        let drawn = fair.filter_map(|byte| ALPHABET.get(usize::from(*byte).checked_rem(ALPHABET.len())?));
        code.extend(drawn.map(|letter| char::from(*letter)).take(letters.saturating_sub(code.len())));
    }
    Some(code)
}

/// `ABCD-EFGH-JKMN`.
fn grouped(code: &str) -> String {
    let mut text = String::new();
    for (index, letter) in code.chars().enumerate() {
        if index > 0 && index.checked_rem(4) == Some(0) {
            text.push('-');
        }
        text.push(letter);
    }
    text
}

/// The letters of a code as somebody types it, hyphens and small letters included; `None` if they cannot be one.
fn plain(typed: &str) -> Option<String> {
    let letters = typed.chars().filter(|letter| !letter.is_whitespace() && !matches!(letter, '-' | '－' | '—'));
    let letters: String = letters.take(CODE_LETTERS.saturating_add(1)).map(|one| one.to_ascii_uppercase()).collect();
    (letters.len() == CODE_LETTERS && letters.bytes().all(|byte| ALPHABET.contains(&byte))).then_some(letters)
}

fn hash(code: &str) -> [u8; 32] {
    Sha256::new().chain_update("ipledger login code\n").chain_update(code).finalize().into()
}

/// The end of something that begins now.
pub(super) fn ends_after(now: Timestamp, minutes: u32) -> Timestamp {
    let lasts = Duration::from_secs(u64::from(minutes).saturating_mul(60));
    let micros = i64::try_from(lasts.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(now.micros().saturating_add(micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_000_000);

    fn company() -> Visitor {
        Visitor::enterprise(Uscc::parse("91110000600037341L").unwrap(), PortalLogin::Code)
    }

    #[test]
    fn a_code_is_good_once_and_not_for_long() {
        let logins = Logins::default();
        let ends = ends_after(NOW, 60);
        let code = logins.issue(company(), ends, NOW).unwrap();
        assert_eq!(code.len(), 14, "{code}");
        let typed = format!(" {} ", code.to_lowercase());
        assert_eq!(logins.redeem(&typed, NOW), Some(company()));
        assert_eq!(logins.redeem(&code, NOW), None, "used");
        let late = logins.issue(company(), ends, NOW).unwrap();
        assert_eq!(logins.redeem(&late, ends), None, "ended");
        assert_eq!(logins.redeem(&late, NOW), None, "and gone");
        for wrong in ["", "ABCD", "ABCD-EFGH-JKM1", "ABCD-EFGH-JKMN-P", "二二二二二二二二二二二二"] {
            assert_eq!(logins.redeem(wrong, NOW), None, "{wrong}");
        }
    }

    #[test]
    fn a_new_code_takes_the_place_of_the_one_before() {
        let logins = Logins::default();
        let ends = ends_after(NOW, 60);
        let first = logins.issue(company(), ends, NOW).unwrap();
        let second = logins.issue(company(), ends, NOW).unwrap();
        assert_ne!(first, second);
        assert_eq!(logins.redeem(&first, NOW), None);
        assert_eq!(logins.redeem(&second, NOW), Some(company()));
    }

    #[test]
    fn codes_are_bounded_and_make_room_when_they_end() {
        let logins = Logins::default();
        let ends = ends_after(NOW, 1);
        for number in 0..CODES_MAX {
            let visitor = Visitor::named(format!("ipledger:officer:p{number}"), PortalLogin::Code);
            assert!(logins.issue(visitor, ends, NOW).is_some());
        }
        assert_eq!(logins.issue(company(), ends, NOW), None);
        assert!(logins.issue(company(), ends_after(ends, 1), ends).is_some());
    }

    #[test]
    fn codes_differ_and_use_every_letter() {
        let many: String = (0..200).map(|_| random_code(CODE_LETTERS).unwrap()).collect();
        assert!(ALPHABET.iter().all(|letter| many.contains(char::from(*letter))));
    }
}
