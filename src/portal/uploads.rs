//! Files that somebody sent and is looking at, and what was asked of a report that is still being made: in memory only, few
//! of each kind for a login, gone after a while, with the logout, and when others need the room. What becomes of a file is an
//! entry of the ledger, or nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::Portal;
use super::problem::Problem;
use super::secret::random_bytes;

/// How long a file is kept.
pub const KEPT: Duration = Duration::from_mins(20);

/// The most bytes of all files together.
pub const BYTES_MAX: usize = 96 * 1024 * 1024;

/// How many files are received at a time; others wait for their turn.
const RECEIVED_AT_A_TIME: usize = 2;

/// For what a file was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To be compared with the ledger.
    Statement,
    /// To be adopted.
    Rulebook,
    /// No file: the parameters of a report, which stand in no address.
    Report,
}

impl Purpose {
    /// How many of them a login has at a time.
    const fn most(self) -> usize {
        match self {
            Self::Statement | Self::Rulebook => 1,
            Self::Report => 8,
        }
    }
}

/// A file with what was said of it.
#[derive(Debug, Clone, Default)]
pub struct Sent {
    /// Its name.
    pub name: String,
    /// Its content.
    pub bytes: Arc<Vec<u8>>,
    /// The other fields of the form.
    pub fields: BTreeMap<String, String>,
}

impl Sent {
    /// What was said of it; empty where nothing was.
    pub fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }
}

#[derive(Debug)]
struct Held {
    owner: [u8; 32],
    purpose: Purpose,
    at: Instant,
    sent: Sent,
}

type All = Mutex<BTreeMap<String, Held>>;

/// All of them.
#[derive(Debug)]
pub struct Uploads {
    all: Arc<All>,
    slots: Arc<Semaphore>,
    /// How long each is kept.
    kept: Duration,
}

impl Default for Uploads {
    fn default() -> Self {
        Self::keeping(KEPT)
    }
}

impl Uploads {
    fn keeping(kept: Duration) -> Self {
        Self { all: Arc::default(), slots: Arc::new(Semaphore::new(RECEIVED_AT_A_TIME)), kept }
    }

    /// Keeps a file for the login with this cookie; the name under which it is found. The one before it for the same
    /// purpose goes, or of reports the oldest; where there is no room, the oldest go. `None` without random numbers.
    pub fn keep(&self, cookie: &str, purpose: Purpose, sent: Sent) -> Option<String> {
        let id = hex::encode(random_bytes().ok()?.first_chunk::<16>()?);
        let owner = hash(cookie);
        let mut all = self.all.lock();
        all.retain(|_, held| held.at.elapsed() < self.kept);
        loop {
            let mut own: Vec<_> =
                all.iter().filter(|(_, held)| held.owner == owner && held.purpose == purpose).collect();
            if own.len() < purpose.most() {
                break;
            }
            own.sort_by_key(|(_, held)| held.at);
            let oldest = own.first().map(|(id, _)| (*id).clone())?;
            all.remove(&oldest);
        }
        let bytes = |all: &BTreeMap<String, Held>| {
            all.values().map(|held| held.sent.bytes.len()).fold(0, usize::saturating_add)
        };
        while bytes(&all).saturating_add(sent.bytes.len()) > BYTES_MAX {
            let oldest = all.iter().min_by_key(|(_, held)| held.at).map(|(id, _)| id.clone())?;
            all.remove(&oldest);
        }
        all.insert(id.clone(), Held { owner, purpose, at: Instant::now(), sent });
        drop(all);
        let (held, later, kept) = (Arc::downgrade(&self.all), id.clone(), self.kept);
        tokio::spawn(async move {
            tokio::time::sleep(kept).await;
            if let Some(all) = held.upgrade() {
                all.lock().remove(&later);
            }
        });
        Some(id)
    }

    /// A file of the login with this cookie.
    pub fn find(&self, cookie: &str, purpose: Purpose, id: &str) -> Option<Sent> {
        let owner = hash(cookie);
        let all = self.all.lock();
        let held = all.get(id).filter(|held| held.owner == owner && held.purpose == purpose)?;
        (held.at.elapsed() < self.kept).then(|| held.sent.clone())
    }

    /// Lets a file go; only its owner's.
    pub fn discard(&self, cookie: &str, id: &str) {
        let owner = hash(cookie);
        self.all.lock().retain(|known, held| known != id || held.owner != owner);
    }

    /// Lets everything of a login go.
    pub fn forget(&self, cookie: &str) {
        let owner = hash(cookie);
        self.all.lock().retain(|_, held| held.owner != owner);
    }

    /// How many are kept.
    pub fn count(&self) -> usize {
        self.all.lock().len()
    }
}

/// A place in the short queue of those who send a file: a handler takes it before the form.
#[derive(Debug)]
pub struct Turn {
    _permit: OwnedSemaphorePermit,
}

impl FromRequestParts<Portal> for Turn {
    type Rejection = Problem;

    async fn from_request_parts(_: &mut Parts, state: &Portal) -> Result<Self, Problem> {
        let permit = Arc::clone(&state.uploads().slots).acquire_owned().await;
        permit.map(|permit| Self { _permit: permit }).map_err(|_closed| Problem::Fault)
    }
}

fn hash(cookie: &str) -> [u8; 32] {
    Sha256::digest(cookie.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(bytes: usize) -> Sent {
        Sent { bytes: Arc::new(vec![0; bytes]), ..Sent::default() }
    }

    #[tokio::test]
    async fn a_file_is_its_owners() {
        let all = Uploads::default();
        let one = all.keep("a", Purpose::Statement, sent(1)).unwrap();
        let other = all.keep("a", Purpose::Rulebook, sent(1)).unwrap();
        assert!(all.find("a", Purpose::Statement, &one).is_some());
        assert!(all.find("b", Purpose::Statement, &one).is_none(), "another login");
        assert!(all.find("a", Purpose::Rulebook, &one).is_none(), "for another purpose");
        all.discard("b", &one);
        assert_eq!(all.count(), 2);
        let newer = all.keep("a", Purpose::Statement, sent(1)).unwrap();
        assert!(all.find("a", Purpose::Statement, &one).is_none(), "the newer one takes its place");
        assert!(all.find("a", Purpose::Rulebook, &other).is_some());
        assert!(all.find("a", Purpose::Statement, &newer).is_some());
    }

    #[tokio::test]
    async fn of_reports_a_login_has_some() {
        let all = Uploads::default();
        let ids: Vec<String> = (0..9).map(|_| all.keep("a", Purpose::Report, sent(0)).unwrap()).collect();
        let other = all.keep("b", Purpose::Report, sent(0)).unwrap();
        let found = ids.iter().filter(|id| all.find("a", Purpose::Report, id).is_some()).count();
        assert_eq!((found, all.count()), (8, 9));
        assert!(all.find("a", Purpose::Report, &ids[8]).is_some(), "the newest stays");
        assert!(all.find("b", Purpose::Report, &other).is_some());
        assert!(all.find("b", Purpose::Report, &ids[8]).is_none(), "another login");
    }

    #[tokio::test]
    async fn a_file_is_kept_for_a_while() {
        let all = Uploads::keeping(Duration::from_millis(20));
        let one = all.keep("a", Purpose::Statement, sent(1)).unwrap();
        tokio::time::sleep(Duration::from_millis(30)).await;
        assert!(all.find("a", Purpose::Statement, &one).is_none());
        let patience = Instant::now();
        while all.count() > 0 {
            assert!(patience.elapsed() < Duration::from_secs(20), "its memory is free without anybody asking");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    #[tokio::test]
    async fn logout_and_room() {
        let all = Uploads::default();
        let one = all.keep("a", Purpose::Statement, sent(BYTES_MAX >> 1)).unwrap();
        let other = all.keep("b", Purpose::Statement, sent(BYTES_MAX >> 1)).unwrap();
        assert!(all.find("a", Purpose::Statement, &one).is_some());
        let third = all.keep("c", Purpose::Statement, sent(1)).unwrap();
        assert!(all.find("a", Purpose::Statement, &one).is_none(), "the oldest made room");
        assert!(all.find("b", Purpose::Statement, &other).is_some());
        all.forget("c");
        assert!(all.find("c", Purpose::Statement, &third).is_none());
        assert!(all.keep("d", Purpose::Statement, sent(BYTES_MAX + 1)).is_none(), "never more than there may be");
    }
}
