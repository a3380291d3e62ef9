//! Entries as the API shows them.

use crate::book::event::{Entry, Event};
use crate::book::nouns::Caller;
use crate::identifier::{ApplicationId, ClaimId, LoanId};
use crate::proto::v1;
use crate::proto::v1::entry::Event as Wire;
use crate::server::vocabulary::wire;

use super::event as details;
use super::explanation::Detail;
use super::{access, date_or_empty, fact, group, or_empty, period, timestamp};

/// The names of the events, and which event has which; no default arm.
macro_rules! kinds {
    ($($event:ident = $name:literal),+ $(,)?) => {
        /// The kinds of entries: the names of `Entry.event` with hyphens.
        pub(crate) const KINDS: &[&str] = &[$($name),+];

        /// Which kind an event is.
        pub(crate) fn kind(event: &Event) -> &'static str {
            match event { $(Event::$event(..) => $name),+ }
        }
    };
}

kinds! {
    EnterpriseRegistered = "enterprise-registered",
    EnterpriseUpdated = "enterprise-updated",
    InstitutionRegistered = "institution-registered",
    IpRightRegistered = "ip-right-registered",
    IpRightChanged = "ip-right-changed",
    PledgeRegistered = "pledge-registered",
    PledgeReleased = "pledge-released",
    BlacklistEntryAdded = "blacklist-entry-added",
    BlacklistEntryLifted = "blacklist-entry-lifted",
    LoanFiled = "loan-filed",
    LoanChanged = "loan-changed",
    SubsidyApplied = "subsidy-applied",
    ApplicationChanged = "application-changed",
    RedLetterInvoiceRecorded = "red-letter-invoice-recorded",
    BudgetAppropriated = "budget-appropriated",
    BudgetAdjusted = "budget-adjusted",
    PoolMoved = "pool-moved",
    ClaimSubmitted = "claim-submitted",
    ClaimChanged = "claim-changed",
    RulebookAdopted = "rulebook-adopted",
    PeriodClosed = "period-closed",
    StatementSignedOff = "statement-signed-off",
    ClosingRun = "closing-run",
    AwardsCorrected = "awards-corrected",
    PeriodClosedOver = "period-closed-over",
    YearClosed = "year-closed",
    Reversed = "reversed",
    ReferenceRateRecorded = "reference-rate-recorded",
    FactRecorded = "fact-recorded",
    Refused = "refused",
    AccessChanged = "access-changed",
    Endorsed = "endorsed",
}

/// The id that an event gives, empty where there is none: refused, another event, or not recorded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "named as the fields of the responses that they fill")]
pub(crate) struct CreatedIds {
    /// `loan-42`.
    pub(crate) loan_id: String,
    /// `application-42`; given to an application that was refused at once, too.
    pub(crate) application_id: String,
    /// `claim-42`; given to a claim that was refused or deferred at once, too.
    pub(crate) claim_id: String,
}

impl CreatedIds {
    /// The ids that this entry gives.
    pub(crate) fn of(entry: &Entry, recorded: bool) -> Self {
        let mut ids = Self::default();
        if !recorded {
            return ids;
        }
        if let Event::LoanFiled(_) = &entry.event {
            ids.loan_id = LoanId::created_by(entry.sequence).to_string();
        } else if let Event::SubsidyApplied(_) = &entry.event {
            ids.application_id = ApplicationId::created_by(entry.sequence).to_string();
        } else if let Event::ClaimSubmitted(_) = &entry.event {
            ids.claim_id = ClaimId::created_by(entry.sequence).to_string();
        }
        ids
    }
}

/// An entry of the journal.
pub(crate) fn recorded(entry: &Entry) -> v1::Entry {
    render(entry, true, Detail::Sentences)
}

/// An entry; what was only validated has neither sequence nor time nor ids.
pub(crate) fn render(entry: &Entry, recorded: bool, detail: Detail) -> v1::Entry {
    v1::Entry {
        sequence: if recorded { entry.sequence.value() } else { 0 },
        recorded_at: recorded.then(|| timestamp(entry.recorded_at)),
        effective_date: entry.effective_date.to_string(),
        actor: Some(caller(&entry.actor)),
        request_id: entry.request.id.to_string(),
        institution_id: or_empty(entry.concerns.institution.as_ref()),
        enterprise: or_empty(entry.concerns.enterprise.as_ref()),
        postings: entry
            .postings
            .iter()
            .map(|posting| v1::Posting { account: posting.account.to_string(), amount: posting.amount.to_string() })
            .collect(),
        kind: kind(&entry.event).to_owned(),
        late_for: date_or_empty(entry.late_for),
        reversed_by: 0,
        event: Some(event(&entry.event, CreatedIds::of(entry, recorded), detail)),
    }
}

fn caller(caller: &Caller) -> v1::Caller {
    v1::Caller {
        role: wire(caller.role),
        institution_id: or_empty(caller.institution.as_ref()),
        enterprise: or_empty(caller.enterprise.as_ref()),
        person: caller.person.to_string(),
        on_behalf_of: or_empty(caller.on_behalf_of.as_ref()),
        principal: or_empty(caller.principal.as_ref()),
    }
}

fn event(event: &Event, ids: CreatedIds, detail: Detail) -> Wire {
    match event {
        Event::EnterpriseRegistered(one) => Wire::EnterpriseRegistered(details::enterprise(one)),
        Event::EnterpriseUpdated(one) => Wire::EnterpriseUpdated(details::enterprise(one)),
        Event::InstitutionRegistered(one) => Wire::InstitutionRegistered(details::institution(one)),
        Event::IpRightRegistered(one) => Wire::IpRightRegistered(details::ip_right(one)),
        Event::IpRightChanged(one) => Wire::IpRightChanged(details::ip_right_changed(one)),
        Event::PledgeRegistered(one) => Wire::PledgeRegistered(details::pledge(one)),
        Event::PledgeReleased(key) => Wire::PledgeReleased(details::pledge_key(key)),
        Event::BlacklistEntryAdded(one) => Wire::BlacklistEntryAdded(details::blacklist(one)),
        Event::BlacklistEntryLifted(one) => Wire::BlacklistEntryLifted(details::blacklist_lifted(one)),
        Event::LoanFiled(one) => Wire::LoanFiled(details::loan_filed(one, ids.loan_id, detail)),
        Event::LoanChanged(one) => Wire::LoanChanged(details::loan_changed(one)),
        Event::SubsidyApplied(one) => Wire::SubsidyApplied(details::subsidy_applied(one, ids.application_id, detail)),
        Event::ApplicationChanged(one) => Wire::ApplicationChanged(details::application_changed(one, detail)),
        Event::RedLetterInvoiceRecorded(one) => Wire::RedLetterInvoiceRecorded(details::red_letter(one)),
        Event::BudgetAppropriated(one) => Wire::BudgetAppropriated(details::budget(one)),
        Event::BudgetAdjusted(one) => Wire::BudgetAdjusted(details::budget(one)),
        Event::PoolMoved(one) => Wire::PoolMoved(details::pool_moved(one)),
        Event::ClaimSubmitted(one) => Wire::ClaimSubmitted(details::claim_submitted(one, ids.claim_id, detail)),
        Event::ClaimChanged(one) => Wire::ClaimChanged(details::claim_changed(one, detail)),
        Event::RulebookAdopted(one) => Wire::RulebookAdopted(details::rulebook(&one.rulebook.reference())),
        Event::PeriodClosed(month) => Wire::PeriodClosed(details::month(*month)),
        Event::StatementSignedOff(one) => Wire::StatementSignedOff(super::reconciliation::signed_off(one)),
        Event::ClosingRun(one) => Wire::ClosingRun(group::closing_run(one)),
        Event::AwardsCorrected(one) => Wire::AwardsCorrected(group::awards_corrected(one)),
        Event::PeriodClosedOver(one) => Wire::PeriodClosedOver(period::closed_over(one)),
        Event::YearClosed(one) => Wire::YearClosed(period::year_closed(one)),
        Event::Reversed(one) => Wire::Reversed(period::reversed(one)),
        Event::ReferenceRateRecorded(one) => Wire::ReferenceRateRecorded(fact::rate(one)),
        Event::FactRecorded(one) => Wire::FactRecorded(fact::recorded(one)),
        Event::Refused(one) => Wire::Refused(details::refused(one, detail)),
        Event::AccessChanged(one) => Wire::AccessChanged(access::changed(one)),
        Event::Endorsed(one) => Wire::Endorsed(access::endorsed(one)),
    }
}
