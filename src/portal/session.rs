//! Who is logged in: on the server, behind a random cookie. Nothing survives a restart.
//!
//! The cookie's 256 random bits are the key to the session; what is kept here is their hash, so that a memory dump gives
//! nobody a login. A session ends after a time without a click, after a working day in any case, and when its owner
//! says so. What its owner may do is not in it: the guard asks the ledger on every call.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};

use super::secret::random_bytes;
use crate::calendar::Timestamp;
use crate::server::logins::Visitor;

/// The most sessions at a time.
pub const SESSIONS_MAX: usize = 50_000;

/// The most sessions of one name; the one that was silent longest makes room.
pub const SESSIONS_PER_NAME_MAX: usize = 8;

/// For whom the pages are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// A company (企业).
    Enterprise,
    /// The bureau: officer, finance, auditor, operator (主管部门).
    Bureau,
}

impl Audience {
    /// Where it begins.
    pub const fn home(self) -> &'static str {
        match self {
            Self::Enterprise => "/my",
            Self::Bureau => "/bureau",
        }
    }
}

/// A login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Whom it stands for.
    pub visitor: Visitor,
    /// Which pages it sees.
    pub audience: Audience,
    /// The role at login, for the heading: `enterprise`, `officer` and so on.
    pub role: String,
    /// The credit code, of an enterprise; empty otherwise.
    pub enterprise: String,
    /// What to greet it by: a company's name, a person.
    pub name: String,
    began: Timestamp,
    seen: Timestamp,
}

impl Session {
    /// A login that begins now.
    pub const fn new(visitor: Visitor, audience: Audience, now: Timestamp) -> Self {
        Self {
            visitor,
            audience,
            role: String::new(),
            enterprise: String::new(),
            name: String::new(),
            began: now,
            seen: now,
        }
    }
}

/// All logins.
#[derive(Debug)]
pub struct Sessions {
    idle: Duration,
    lifetime: Duration,
    by_hash: Mutex<BTreeMap<[u8; 32], Session>>,
}

impl Sessions {
    /// None yet; each ends after these times.
    pub const fn new(idle: Duration, lifetime: Duration) -> Self {
        Self { idle, lifetime, by_hash: Mutex::new(BTreeMap::new()) }
    }

    /// Keeps a login; the cookie that opens it. `None` if there are too many, or no random numbers.
    pub fn open(&self, session: Session) -> Option<String> {
        let cookie = new_cookie()?;
        let mut all = self.by_hash.lock();
        let now = session.began;
        if all.len() >= SESSIONS_MAX {
            all.retain(|_, one| self.is_alive(one, now));
        }
        let own = || all.iter().filter(|(_, one)| one.visitor.name == session.visitor.name);
        if own().count() >= SESSIONS_PER_NAME_MAX {
            let oldest = own().min_by_key(|(_, one)| one.seen).map(|(hash, _)| *hash);
            oldest.map(|hash| all.remove(&hash));
        }
        if all.len() >= SESSIONS_MAX {
            return None;
        }
        all.insert(hash(&cookie), session);
        Some(cookie)
    }

    /// The login behind a cookie, which is seen now; `None` if there is none, or it ended.
    pub fn find(&self, cookie: &str, now: Timestamp) -> Option<Session> {
        let hash = hash(cookie);
        let mut all = self.by_hash.lock();
        let found = all.get_mut(&hash)?;
        if self.is_alive(found, now) {
            found.seen = now;
            return Some(found.clone());
        }
        all.remove(&hash);
        None
    }

    /// Ends a login.
    pub fn close(&self, cookie: &str) {
        self.by_hash.lock().remove(&hash(cookie));
    }

    fn is_alive(&self, session: &Session, now: Timestamp) -> bool {
        let since = |then: Timestamp| {
            let micros = now.micros().saturating_sub(then.micros());
            Duration::from_micros(u64::try_from(micros).unwrap_or(0))
        };
        since(session.seen) < self.idle && since(session.began) < self.lifetime
    }
}

/// A new random cookie: 256 bits in base64url.
pub fn new_cookie() -> Option<String> {
    random_bytes().ok().map(|bytes| URL_SAFE_NO_PAD.encode(bytes))
}

/// Whether a text may be a cookie of ours: 43 letters of base64url.
pub fn is_cookie(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn hash(cookie: &str) -> [u8; 32] {
    Sha256::digest(cookie.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::authenticate::PortalLogin;

    const fn at(minutes: i64) -> Timestamp {
        Timestamp::from_micros(minutes.saturating_mul(60_000_000))
    }

    fn login(name: &str, now: Timestamp) -> Session {
        Session::new(Visitor::named(name.to_owned(), PortalLogin::Code), Audience::Bureau, now)
    }

    fn sessions() -> Sessions {
        Sessions::new(Duration::from_mins(30), Duration::from_hours(8))
    }

    #[test]
    fn a_session_ends_without_a_click_and_after_a_day_in_any_case() {
        let all = sessions();
        let cookie = all.open(login("a", at(0))).unwrap();
        assert!(is_cookie(&cookie), "{cookie}");
        assert!(all.find(&cookie, at(29)).is_some());
        assert!(all.find(&cookie, at(58)).is_some(), "a click keeps it");
        assert!(all.find(&cookie, at(88)).is_none(), "30 minutes of silence");
        assert!(all.find(&cookie, at(59)).is_none(), "and it stays ended");
        let busy = all.open(login("a", at(0))).unwrap();
        assert!((0..480).step_by(20).all(|minute| all.find(&busy, at(minute)).is_some()));
        assert!(all.find(&busy, at(480)).is_none(), "8 hours are over");
    }

    #[test]
    fn logout_ends_one_and_no_cookie_opens_anothers() {
        let all = sessions();
        let (one, other) = (all.open(login("a", at(0))).unwrap(), all.open(login("b", at(0))).unwrap());
        all.close(&one);
        assert_eq!(all.find(&one, at(1)), None);
        assert_eq!(all.find(&other, at(1)).unwrap().visitor.name, "b");
        for wrong in ["", "x", &"A".repeat(43)] {
            assert_eq!(all.find(wrong, at(1)), None);
        }
    }

    #[test]
    fn one_name_has_a_few_sessions_only() {
        let all = sessions();
        let cookies: Vec<String> = (0..9).map(|minute| all.open(login("a", at(minute))).unwrap()).collect();
        assert_eq!(all.find(&cookies[0], at(10)), None, "the one that was silent longest");
        assert!(cookies[1..].iter().all(|cookie| all.find(cookie, at(10)).is_some()));
    }
}
