//! What somebody may do about a case: the forms beside it, and the request that each of them sends.

use uuid::Uuid;

use crate::decide::rejection::Class;
use crate::portal::fields::Fields;
use crate::portal::language::Language;
use crate::portal::problem::Problem;
use crate::portal::visit::Member;
use crate::portal::{Portal, words};
use crate::proto::v1;
use crate::server::inside::Refusal;
use v1::CaseAct as Act;

/// The acts by the names that addresses and forms have for them.
const CODES: [(Act, &str); 10] = [
    (Act::ApproveSubsidy, "approve-subsidy"),
    (Act::PaySubsidy, "pay-subsidy"),
    (Act::RecordClawback, "record-clawback"),
    (Act::ApproveClaim, "approve-claim"),
    (Act::ResumeClaim, "resume-claim"),
    (Act::PayClaim, "pay-claim"),
    (Act::RefuseSubsidy, "refuse-subsidy"),
    (Act::DemandClawback, "demand-clawback"),
    (Act::RefuseClaim, "refuse-claim"),
    (Act::WriteOffClaim, "write-off-claim"),
];

/// The name of an act in addresses and forms.
pub(super) fn code(act: Act) -> &'static str {
    CODES.iter().find(|(one, _)| *one == act).map_or("", |(_, code)| code)
}

/// The act of a name.
pub(super) fn of_code(code: &str) -> Option<Act> {
    CODES.iter().find(|(_, one)| *one == code).map(|(act, _)| *act)
}

/// A form beside a case.
#[derive(Debug, Clone)]
pub(super) struct ActForm {
    /// The name of its act.
    pub(super) code: &'static str,
    /// What it does, on its button.
    pub(super) title: &'static str,
    /// What to know before: a second person is needed, or this is the second.
    pub(super) note: &'static str,
    /// Why this person may not; empty where it may.
    pub(super) barred: String,
    /// Whether it asks why.
    pub(super) wants_reason: bool,
    /// Whether it asks for the reference of a payment.
    pub(super) wants_reference: bool,
    /// Whether it asks how much.
    pub(super) wants_amount: bool,
    /// Whether its button stands back.
    pub(super) plain: bool,
    /// What was typed before, or what is expected.
    pub(super) typed: Particulars,
}

/// What a form has beside its act.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Particulars {
    /// The request id that was made with the form: sent twice, it is done once.
    pub(super) request: String,
    /// The day; today if empty.
    pub(super) date: String,
    /// Why.
    pub(super) reason: String,
    /// The payment's reference.
    pub(super) reference: String,
    /// How much.
    pub(super) amount: String,
    /// Whether nothing is to be recorded.
    pub(super) validate_only: bool,
}

impl Particulars {
    /// Those of a form that was sent.
    pub(super) fn sent(fields: &Fields) -> Self {
        let text = |name: &str| fields.get(name).to_owned();
        Self {
            request: text("request"),
            date: text("date"),
            reason: text("reason"),
            reference: text("reference"),
            amount: text("amount").replace([',', '，'], ""),
            validate_only: false,
        }
    }
}

/// The forms for what may be done. `due` is what is still to come back; `again` the form that was sent and has to be mended.
pub(super) fn forms(
    l: Language,
    choices: &[v1::CaseChoice],
    due: &str,
    again: Option<(Act, &Particulars)>,
) -> Vec<ActForm> {
    choices.iter().map(|choice| form(l, choice, due, again)).collect()
}

fn form(l: Language, choice: &v1::CaseChoice, due: &str, again: Option<(Act, &Particulars)>) -> ActForm {
    let act = choice.act();
    let typed = again.filter(|(sent, _)| *sent == act).map(|(_, typed)| typed.clone());
    let expected = if act == Act::RecordClawback { due.to_owned() } else { String::new() };
    let typed = typed.unwrap_or_else(|| Particulars { amount: expected, ..Particulars::default() });
    ActForm {
        code: code(act),
        title: words::case_act(l, act),
        note: note(l, choice),
        barred: l.text(choice.barred.as_ref()),
        wants_reason: matches!(act, Act::RefuseSubsidy | Act::RefuseClaim | Act::DemandClawback),
        wants_reference: matches!(act, Act::PaySubsidy | Act::PayClaim | Act::RecordClawback),
        wants_amount: matches!(act, Act::RecordClawback | Act::DemandClawback),
        plain: matches!(act, Act::RefuseSubsidy | Act::RefuseClaim | Act::DemandClawback | Act::WriteOffClaim),
        // Another form, another request.
        typed: Particulars { request: Uuid::new_v4().to_string(), ..typed },
    }
}

const fn note(l: Language, choice: &v1::CaseChoice) -> &'static str {
    match (choice.two_persons, choice.second) {
        (true, true) => l.say(
            "已有一人同意，您是第二人；填写须与第一人一致，办理后即生效。",
            "One person has agreed; you are the second. With the same particulars it takes effect.",
        ),
        (true, false) => l.say(
            "金额较大，须两人先后办理；您是第一人，办理后仍须另一人确认。",
            "The amount takes two persons. You are the first; another one must follow.",
        ),
        (false, _) => "",
    }
}

/// What came of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Done {
    /// The entry; 0 if nothing was to be recorded.
    pub(super) sequence: u64,
    /// Whether it is only the first of two approvals.
    pub(super) is_first: bool,
    /// Why the scheme did not do it after all; empty if it did.
    pub(super) refused: String,
    /// What can be done about that.
    pub(super) remedy: String,
}

impl Done {
    fn of(l: Language, entry: Option<v1::Entry>, decision: Option<v1::Decision>) -> Self {
        let (entry, decision) = (entry.unwrap_or_default(), decision.unwrap_or_default());
        let not_done = matches!(decision.outcome(), v1::Outcome::Refused | v1::Outcome::Deferred)
            && !is_refusal(entry.event.as_ref());
        let said = |text: Option<&v1::Text>| if not_done { l.text(text) } else { String::new() };
        Self {
            sequence: entry.sequence,
            is_first: entry.kind == "endorsed",
            refused: said(decision.sentence.as_ref()),
            remedy: said(decision.remedy.as_ref()),
        }
    }
}

/// Whether an entry says no because somebody asked for a no.
fn is_refusal(event: Option<&v1::entry::Event>) -> bool {
    use v1::entry::Event;
    let application = matches!(event, Some(Event::ApplicationChanged(one))
        if matches!(one.change, Some(v1::application_changed::Change::Refused(_))));
    application
        || matches!(event, Some(Event::ClaimChanged(one))
            if matches!(one.change, Some(v1::claim_changed::Change::Refused(_))))
}

macro_rules! send {
    ($portal:ident, $member:ident, $with:ident, $request:ident { $($field:ident: $value:expr),+ $(,)? }) => {{
        let request = v1::$request {
            request_id: $with.request.clone(),
            validate_only: $with.validate_only,
            effective_date: $with.date.clone(),
            $($field: $value,)+
            ..Default::default()
        };
        let answer = $portal.ask_as(&$member.visitor(), request).await?;
        Done::of($member.visit.language, answer.entry, answer.decision)
    }};
}

/// Does it, or, to validate only, asks what would come of it.
pub(super) async fn send(
    portal: &Portal,
    member: &Member,
    (act, case): (Act, &str),
    with: &Particulars,
) -> Result<Done, Refusal> {
    let id = || case.to_owned();
    let (reason, reference, amount) = (|| with.reason.clone(), || with.reference.clone(), || with.amount.clone());
    Ok(match act {
        Act::ApproveSubsidy => send!(portal, member, with, ApproveSubsidyRequest { application_id: id() }),
        Act::PaySubsidy => {
            send!(portal, member, with, PaySubsidyRequest { application_id: id(), reference: reference() })
        }
        Act::RecordClawback => send!(
            portal,
            member,
            with,
            RecordClawbackRequest { application_id: id(), amount: amount(), reference: reference() }
        ),
        Act::ApproveClaim => send!(portal, member, with, ApproveClaimRequest { claim_id: id() }),
        Act::ResumeClaim => send!(portal, member, with, ResumeClaimRequest { claim_id: id() }),
        Act::PayClaim => send!(portal, member, with, PayClaimRequest { claim_id: id(), reference: reference() }),
        Act::RefuseSubsidy => {
            send!(portal, member, with, RefuseSubsidyRequest { application_id: id(), reason: reason() })
        }
        Act::DemandClawback => send!(
            portal,
            member,
            with,
            DemandClawbackRequest { application_id: id(), amount: amount(), reason: reason() }
        ),
        Act::RefuseClaim => send!(portal, member, with, RefuseClaimRequest { claim_id: id(), reason: reason() }),
        Act::WriteOffClaim => send!(portal, member, with, WriteOffClaimRequest { claim_id: id() }),
        Act::Unspecified => Done::default(),
    })
}

/// Whether whoever filled in a form can mend it, or has only to look again.
pub(super) const fn mendable(class: Class) -> bool {
    match class {
        Class::InvalidArgument | Class::NotFound | Class::AlreadyExists | Class::FailedPrecondition => true,
        Class::Unauthenticated
        | Class::PermissionDenied
        | Class::ResourceExhausted
        | Class::DeadlineExceeded
        | Class::Unavailable => false,
    }
}

/// What the ledger said, without the name that the API has for the field.
pub(super) fn told(l: Language, refusal: &Refusal) -> String {
    without_field(&l.words(&refusal.particular), l.say("：", ": "))
}

fn without_field(text: &str, colon: &str) -> String {
    let mut parts = text.splitn(3, colon);
    let (Some(first), Some(second), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
        return text.to_owned();
    };
    let is_field = !second.is_empty() && second.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if is_field { format!("{first}{colon}{rest}") } else { text.to_owned() }
}

/// What the ledger says of a case: who may do what, what is left of its limits.
pub(super) async fn case(portal: &Portal, member: &Member, case_id: &str) -> Result<v1::GetCaseResponse, Problem> {
    portal.ask(member, v1::GetCaseRequest { case_id: case_id.to_owned() }).await
}

/// What a page says after a form: what came of it, and in which colour.
#[derive(Debug, Clone, Default)]
pub(super) struct Notice {
    /// What it says; empty if nothing.
    pub(super) text: String,
    /// Whether it is good news.
    pub(super) good: bool,
}

impl Notice {
    /// After an act that was done, by what the address says: `done`, `first` or nothing.
    pub(super) fn after(l: Language, done: &str) -> Self {
        let text = match done {
            "done" => l.say("已办理，已记账。", "Done, and recorded."),
            "first" => l.say(
                "已记录您的同意；金额较大，须另一人办理后才生效。",
                "Your approval is recorded. The amount takes two persons: it takes effect when another one follows.",
            ),
            _ => "",
        };
        Self { text: text.to_owned(), good: true }
    }

    /// After one that was not done.
    pub(super) const fn refused(text: String) -> Self {
        Self { text, good: false }
    }
}

/// Where to go on after an act: back to its case, with a word about it.
pub(super) fn after(folder: &str, id: &str, done: &Done) -> String {
    let word = if done.is_first { "first" } else { "done" };
    format!("/bureau/{folder}/{id}?{word}=1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_act_has_a_name_of_its_own() {
        for (act, name) in CODES {
            assert_eq!((code(act), of_code(name)), (name, Some(act)));
        }
        assert_eq!((code(Act::Unspecified), of_code("")), ("", None));
    }

    #[test]
    fn a_refusal_is_told_without_the_field_of_the_api() {
        assert_eq!(without_field("金额超出：amount：“9”超过“1”", "："), "金额超出：“9”超过“1”");
        assert_eq!(without_field("too much: amount: `9`: no", ": "), "too much: `9`: no");
        for plain in ["", "不能为空", "一：二：三", "a: B c: d"] {
            assert_eq!(without_field(plain, "："), plain);
        }
    }
}
