//! Enterprises, IP rights and pledges: who they are and what is in force on a day.

use super::nouns::{EnterpriseDetails, IpRightDetails, PledgeDetails, PledgeKey, RightChange};
use crate::calendar::CivilDate;
use crate::identifier::{ApplicationId, LoanId, RightId, Sequence, Uscc};
use crate::rulebook::terms::{BlacklistGround, codes};

/// An enterprise (企业) with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Enterprise {
    /// As last registered or updated.
    pub details: EnterpriseDetails,
    /// 失信记录, in the order added.
    pub blacklist: Vec<BlacklistEntry>,
    /// Its rights.
    pub rights: Vec<RightId>,
    /// Its loans.
    pub loans: Vec<LoanId>,
    /// Its applications.
    pub applications: Vec<ApplicationId>,
}

/// A blacklist entry in force from a day, until a day or until lifted.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct BlacklistEntry {
    /// The entry that added it.
    pub entry: Sequence,
    /// Why.
    pub ground: BlacklistGround,
    /// First day in force.
    pub from: CivilDate,
    /// Last day in force, if limited.
    pub until: Option<CivilDate>,
    /// First day on which it is no longer in force, if lifted.
    pub lifted_on: Option<CivilDate>,
    /// The decision's document number.
    pub document: String,
}

impl BlacklistEntry {
    /// Whether it is in force on a day.
    pub fn in_force_on(&self, date: CivilDate) -> bool {
        self.from <= date
            && self.until.is_none_or(|until| date <= until)
            && self.lifted_on.is_none_or(|lifted| date < lifted)
    }
}

impl Enterprise {
    /// The blacklist entry in force on a day, the earliest first.
    pub fn blacklisted_on(&self, date: CivilDate) -> Option<&BlacklistEntry> {
        self.blacklist.iter().filter(|entry| entry.in_force_on(date)).min_by_key(|entry| entry.from)
    }

    /// The last day on which an entry was in force that had ended by the day; `None` where none has.
    pub fn blacklisted_until(&self, date: CivilDate) -> Option<CivilDate> {
        let last = |entry: &BlacklistEntry| {
            let lifted = entry.lifted_on.and_then(|lifted| lifted.plus_days(-1));
            [entry.until, lifted].into_iter().flatten().min().filter(|last| entry.from <= *last && *last < date)
        };
        self.blacklist.iter().filter_map(last).max()
    }
}

/// An IP right with its history.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct IpRight {
    /// As registered; the owner here is the first one.
    pub details: IpRightDetails,
    /// Changes, sorted by the day they take effect.
    pub changes: Vec<(CivilDate, RightChange)>,
    /// Every pledge it was ever under.
    pub pledges: Vec<PledgeKey>,
}

/// State of an IP right on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RightState {
    /// Not granted yet on that day.
    NotGranted,
    /// 有效.
    InForce,
    /// 失效.
    Lapsed,
    /// 期满.
    Expired,
    /// 宣告无效, from the beginning.
    Invalidated,
}
codes!(RightState {
    NotGranted = "not-granted",
    InForce = "in-force",
    Lapsed = "lapsed",
    Expired = "expired",
    Invalidated = "invalidated",
});

impl IpRight {
    /// The state on a day, as known now: an invalidation reaches back to the beginning.
    pub fn state_on(&self, date: CivilDate) -> RightState {
        if self.changes.iter().any(|(_, change)| *change == RightChange::Invalidated) {
            return RightState::Invalidated;
        }
        if date < self.details.granted_on {
            return RightState::NotGranted;
        }
        if date > self.details.expires_on {
            return RightState::Expired;
        }
        let mut state = RightState::InForce;
        for (from, change) in &self.changes {
            if *from > date {
                break;
            }
            match change {
                RightChange::Lapsed => state = RightState::Lapsed,
                RightChange::Restored => state = RightState::InForce,
                RightChange::Invalidated | RightChange::Transferred(_) => {}
            }
        }
        state
    }

    /// Whether it is in force on a day (有效).
    pub fn is_in_force_on(&self, date: CivilDate) -> bool {
        self.state_on(date) == RightState::InForce
    }

    /// Who owns it on a day.
    pub fn owner_on(&self, date: CivilDate) -> Uscc {
        let mut owner = self.details.owner;
        for (from, change) in &self.changes {
            if *from > date {
                break;
            }
            if let RightChange::Transferred(to) = change {
                owner = *to;
            }
        }
        owner
    }
}

/// A pledge registration with its life.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Pledge {
    /// As registered.
    pub details: PledgeDetails,
    /// First day of the pledge.
    pub registered_on: CivilDate,
    /// Day of release (注销); the right is free from this day on.
    pub released_on: Option<CivilDate>,
    /// Set when every right of it was invalidated: as if it had never existed.
    pub void: bool,
    /// Loans that it secures or secured.
    pub loans: Vec<LoanId>,
}

/// State of a pledge on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PledgeState {
    /// Not registered yet on that day.
    Pending,
    /// 质押中.
    Active,
    /// 已注销.
    Released,
    /// 期满.
    Ended,
    /// 无效.
    Void,
}
codes!(PledgeState {
    Pending = "pending",
    Active = "active",
    Released = "released",
    Ended = "ended",
    Void = "void",
});

impl Pledge {
    /// The state on a day.
    pub fn state_on(&self, date: CivilDate) -> PledgeState {
        if self.void {
            PledgeState::Void
        } else if date < self.registered_on {
            PledgeState::Pending
        } else if self.released_on.is_some_and(|released| released <= date) {
            PledgeState::Released
        } else if self.details.term_end.is_some_and(|end| end < date) {
            PledgeState::Ended
        } else {
            PledgeState::Active
        }
    }

    /// Whether it is active on any day from `from` to `until` (`None`: for ever).
    pub fn overlaps(&self, from: CivilDate, until: Option<CivilDate>) -> bool {
        let begins_in_time = until.is_none_or(|until| self.registered_on <= until);
        let released_before = self.released_on.is_some_and(|released| released <= from);
        let ended_before = self.details.term_end.is_some_and(|end| end < from);
        let never_active = self.released_on.is_some_and(|released| released <= self.registered_on);
        !self.void && begins_in_time && !released_before && !ended_before && !never_active
    }
}
