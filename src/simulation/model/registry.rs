//! Enterprises, institutions, rights, pledges, the blacklist, rulebook and periods.

use crate::book::nouns::{Month, PledgeDetails, PledgeKey, RightChange, Role};
use crate::calendar::CivilDate;
use crate::decide::command::Command;
use crate::decide::rejection::Reason;
use crate::identifier::{InstitutionId, RightId, Uscc};
use crate::rulebook::refusal::Refusal;
use crate::rulebook::terms::InstitutionKind;

use super::schemes::Scheme;
use super::{Ask, Model, Verdict, What, Wrongs, days, reject, take};

/// What a right is on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RightIs {
    NotGranted,
    InForce,
    Lapsed,
    Expired,
    Invalidated,
}

/// A pledge with the days on which it is active: from the first to the last, if there are any.
#[derive(Debug, Clone)]
pub(super) struct PledgeFact {
    pub(super) details: PledgeDetails,
    pub(super) from: i32,
    pub(super) released: Option<i32>,
    pub(super) void: bool,
}

impl PledgeFact {
    /// The last active day; `None` is for ever.
    fn last(&self) -> Option<i32> {
        let released = self.released.map(|day| day - 1);
        released.into_iter().chain(self.details.term_end.map(days)).min()
    }

    pub(super) fn is_active_on(&self, day: i32) -> bool {
        !self.void && self.from <= day && self.last().is_none_or(|last| day <= last)
    }

    /// Whether it is active on any day from `from` to `until`.
    fn is_active_in(&self, from: i32, until: Option<i32>) -> bool {
        let first = self.from.max(from);
        let last = [self.last(), until].into_iter().flatten().min();
        !self.void && last.is_none_or(|last| first <= last)
    }
}

impl Model {
    pub(super) fn judge_registry(&self, ask: &Ask<'_>, command: &Command) -> Verdict {
        match command {
            Command::RegisterEnterprise(details) => {
                let mut wrongs = Wrongs::default();
                wrongs.when(self.knows(details.uscc), Reason::AlreadyExists);
                wrongs.or(|| take(What::Enterprise(details.uscc)))
            }
            Command::UpdateEnterprise(details) => {
                let mut wrongs = Wrongs::default();
                wrongs.when(!self.knows(details.uscc), Reason::EnterpriseUnknown);
                wrongs.or(|| take(What::Enterprise(details.uscc)))
            }
            Command::RegisterInstitution(details) => {
                let mut wrongs = Wrongs::default();
                wrongs.when(self.institution(&details.institution).is_some(), Reason::AlreadyExists);
                let is_bank = details.kind == InstitutionKind::Bank;
                wrongs.or(|| take(What::Institution(details.institution.clone(), is_bank)))
            }
            Command::RegisterIpRight(details) => {
                let (granted, expires) = (days(details.granted_on), days(details.expires_on));
                let mut wrongs = Wrongs::default();
                wrongs.when(!self.knows(details.owner), Reason::EnterpriseUnknown);
                wrongs.when(self.right(&details.right).is_some(), Reason::AlreadyExists);
                wrongs.when(granted > ask.today || expires < granted, Reason::DateOutOfRange);
                let (right, owner) = (details.right.clone(), details.owner);
                wrongs.or(|| take(What::Right { right, owner, granted, expires }))
            }
            Command::RecordIpRightEvent(changed) => self.judge_right_change(ask, &changed.right, changed.change),
            Command::RegisterPledge(details) => self.judge_pledge(ask, details),
            Command::ReleasePledge(key) => self.judge_release(ask, key),
            Command::AddBlacklistEntry(details) => {
                let until = details.until.map(days);
                let mut wrongs = Wrongs::default();
                wrongs.when(!self.knows(details.enterprise), Reason::EnterpriseUnknown);
                wrongs.when(until.is_some_and(|until| until < ask.day), Reason::DateOutOfRange);
                wrongs.or(|| take(What::Listed(details.enterprise, until)))
            }
            Command::LiftBlacklistEntry(lift) => self.judge_lift(ask, lift.enterprise, lift.entry.value()),
            Command::AdoptRulebook(adopted) => {
                // Each has one version; the literal twin of 鹤壁 has the same programmes as the strict one.
                let scheme = Scheme::of_rulebook(adopted.rulebook.id.as_str());
                let mut wrongs = Wrongs::default();
                wrongs.when(self.is_adopted(scheme), Reason::RulebookConflict);
                wrongs.or(|| take(What::Adopted(scheme)))
            }
            Command::ClosePeriod(month) | Command::ClosePeriodOver(month, _) => {
                let today = CivilDate::from_epoch_days(ask.today).expect("a day of this century");
                let mut wrongs = Wrongs::default();
                wrongs.when(
                    self.facts.iter().any(|fact| matches!(fact.what, What::MonthClosed(closed, _) if closed == *month)),
                    Reason::StateForbids,
                );
                let this_month = Month { year: today.year(), month: today.month() };
                wrongs.when(*month >= this_month, Reason::DateOutOfRange);
                let open = self.open_items(*month);
                let over = matches!(command, Command::ClosePeriodOver(..));
                wrongs.when(open > 0 && !over, Reason::OpenItems);
                wrongs.or(|| take(What::MonthClosed(*month, open)))
            }
            _ => unreachable!("not a command of the registry"),
        }
    }

    /// Applications and claims of the month or before that nobody has decided, and statements that nobody has seen.
    fn open_items(&self, month: Month) -> usize {
        let is_in = |day: i32| {
            let day = CivilDate::from_epoch_days(day).expect("a day of this century");
            Month { year: day.year(), month: day.month() } <= month
        };
        let applications = self.applications();
        let claims = self.claims();
        let submitted = applications.values().filter(|each| each.state == "submitted" && is_in(each.submitted));
        let reviewed = claims.values().filter(|each| each.state == "under-review" && is_in(each.submitted));
        submitted.count() + reviewed.count() + self.open_statements(month)
    }

    fn judge_right_change(&self, ask: &Ask<'_>, right: &RightId, change: RightChange) -> Verdict {
        let Some((_, granted, _)) = self.right(right) else { return reject(Reason::IpRightUnknown) };
        let state = self.right_on(right, ask.day);
        let mut wrongs = Wrongs::default();
        wrongs.when(ask.day < granted, Reason::DateOutOfRange);
        match change {
            RightChange::Lapsed => wrongs.when(state != Some(RightIs::InForce), Reason::StateForbids),
            RightChange::Restored => wrongs.when(state != Some(RightIs::Lapsed), Reason::StateForbids),
            RightChange::Invalidated => wrongs.when(state == Some(RightIs::Invalidated), Reason::StateForbids),
            RightChange::Transferred(to) => {
                wrongs.when(!self.knows(to), Reason::EnterpriseUnknown);
                wrongs.when(self.owner_on(right, ask.day) == Some(to), Reason::AlreadyExists);
            }
        }
        wrongs.or(|| take(What::RightChanged(right.clone(), change)))
    }

    fn judge_pledge(&self, ask: &Ask<'_>, details: &PledgeDetails) -> Verdict {
        let until = details.term_end.map(days);
        let mut wrongs = Wrongs::default();
        wrongs.when(self.institution(&details.pledgee).is_none(), Reason::InstitutionUnknown);
        wrongs.when(!self.knows(details.pledgor), Reason::EnterpriseUnknown);
        wrongs.when(self.pledge(&details.pledge).is_some(), Reason::AlreadyExists);
        wrongs.when(until.is_some_and(|until| until < ask.day), Reason::DateOutOfRange);
        wrongs.when(details.rights.iter().any(|right| self.right(right).is_none()), Reason::IpRightUnknown);
        wrongs.or(|| {
            let mut refusals = Vec::new();
            for right in &details.rights {
                if self.right_on(right, ask.day) != Some(RightIs::InForce) {
                    refusals.push(Refusal::RightNotInForce);
                }
                if self.owner_on(right, ask.day) != Some(details.pledgor) {
                    refusals.push(Refusal::RightNotOwned);
                }
                if self.is_pledged_in(right, ask.day, until) {
                    refusals.push(Refusal::RightAlreadyPledged);
                }
            }
            if refusals.is_empty() { take(What::Pledge(details.clone())) } else { Verdict::Refuse(refusals) }
        })
    }

    fn judge_release(&self, ask: &Ask<'_>, key: &PledgeKey) -> Verdict {
        let Some(pledge) = self.visible_pledge(ask, key) else { return reject(Reason::PledgeUnknown) };
        let mut wrongs = Wrongs::default();
        wrongs.when(ask.day < pledge.from, Reason::DateOutOfRange);
        wrongs.when(pledge.released.is_some() || !pledge.is_active_on(ask.day), Reason::StateForbids);
        wrongs.or(|| take(What::Released(key.clone())))
    }

    fn judge_lift(&self, ask: &Ask<'_>, enterprise: Uscc, entry: u64) -> Verdict {
        if !self.knows(enterprise) {
            return reject(Reason::EnterpriseUnknown);
        }
        let listed = self
            .facts
            .iter()
            .find(|fact| matches!(&fact.what, What::Listed(who, _) if *who == enterprise && fact.seq == entry));
        let Some(listed) = listed else { return reject(Reason::BlacklistEntryUnknown) };
        let is_over = self.facts.iter().any(|fact| fact.what == What::Unlisted(entry));
        let mut wrongs = Wrongs::default();
        wrongs.when(is_over, Reason::StateForbids);
        wrongs.when(ask.day < listed.day, Reason::DateOutOfRange);
        wrongs.or(|| take(What::Unlisted(entry)))
    }

    pub(super) fn knows(&self, uscc: Uscc) -> bool {
        self.facts.iter().any(|fact| fact.what == What::Enterprise(uscc))
    }

    /// Whether it is a bank.
    pub(super) fn institution(&self, id: &InstitutionId) -> Option<bool> {
        self.facts.iter().find_map(|fact| match &fact.what {
            What::Institution(known, is_bank) if known == id => Some(*is_bank),
            _ => None,
        })
    }

    /// First owner, day of grant, last day.
    pub(super) fn right(&self, id: &RightId) -> Option<(Uscc, i32, i32)> {
        self.facts.iter().find_map(|fact| match &fact.what {
            What::Right { right, owner, granted, expires } if right == id => Some((*owner, *granted, *expires)),
            _ => None,
        })
    }

    /// The changes of a right in the order of their days.
    fn changes(&self, id: &RightId) -> Vec<(i32, RightChange)> {
        let mut changes: Vec<_> = self
            .facts
            .iter()
            .filter_map(|fact| match &fact.what {
                What::RightChanged(right, change) if right == id => Some((fact.day, *change)),
                _ => None,
            })
            .collect();
        changes.sort_by_key(|(day, _)| *day);
        changes
    }

    pub(super) fn right_on(&self, id: &RightId, day: i32) -> Option<RightIs> {
        let (_, granted, expires) = self.right(id)?;
        let changes = self.changes(id);
        // 宣告无效: it is deemed never to have existed (Patent Law art. 47), whatever the day.
        if changes.iter().any(|(_, change)| *change == RightChange::Invalidated) {
            return Some(RightIs::Invalidated);
        }
        if day < granted {
            return Some(RightIs::NotGranted);
        }
        if day > expires {
            return Some(RightIs::Expired);
        }
        let mut state = RightIs::InForce;
        for (_, change) in changes.iter().filter(|(from, _)| *from <= day) {
            match change {
                RightChange::Lapsed => state = RightIs::Lapsed,
                RightChange::Restored => state = RightIs::InForce,
                RightChange::Invalidated | RightChange::Transferred(_) => {}
            }
        }
        Some(state)
    }

    pub(super) fn owner_on(&self, id: &RightId, day: i32) -> Option<Uscc> {
        let (first, ..) = self.right(id)?;
        let transfers = self.changes(id).into_iter().filter(|(from, _)| *from <= day);
        let owners = transfers.filter_map(|(_, change)| match change {
            RightChange::Transferred(to) => Some(to),
            _ => None,
        });
        Some(owners.fold(first, |_, to| to))
    }

    pub(super) fn pledge(&self, key: &PledgeKey) -> Option<PledgeFact> {
        let mut found = None;
        for fact in &self.facts {
            match &fact.what {
                What::Pledge(details) if details.pledge == *key => {
                    let void =
                        details.rights.iter().all(|right| self.right_on(right, fact.day) == Some(RightIs::Invalidated));
                    found = Some(PledgeFact { details: details.clone(), from: fact.day, released: None, void });
                }
                What::Released(released) if released == key => {
                    if let Some(found) = &mut found {
                        found.released = Some(fact.day);
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// A bank sees its own pledges only.
    pub(super) fn visible_pledge(&self, ask: &Ask<'_>, key: &PledgeKey) -> Option<PledgeFact> {
        self.pledge(key)
            .filter(|pledge| !ask.is(Role::Bank) || ask.caller.institution.as_ref() == Some(&pledge.details.pledgee))
    }

    /// Every pledge of a right.
    pub(super) fn pledges_of(&self, right: &RightId) -> Vec<PledgeFact> {
        let keys = self.facts.iter().filter_map(|fact| match &fact.what {
            What::Pledge(details) if details.rights.contains(right) => Some(&details.pledge),
            _ => None,
        });
        keys.filter_map(|key| self.pledge(key)).collect()
    }

    /// Whether a right is under a pledge on any day of this time.
    fn is_pledged_in(&self, right: &RightId, from: i32, until: Option<i32>) -> bool {
        self.pledges_of(right).iter().any(|pledge| pledge.is_active_in(from, until))
    }

    pub(super) fn is_listed_on(&self, enterprise: Uscc, day: i32) -> bool {
        self.facts.iter().any(|fact| match &fact.what {
            What::Listed(who, until) if *who == enterprise => {
                let lifted = self.facts.iter().find(|other| other.what == What::Unlisted(fact.seq));
                fact.day <= day
                    && until.is_none_or(|until| day <= until)
                    && lifted.is_none_or(|lifted| day < lifted.day)
            }
            _ => false,
        })
    }
}
