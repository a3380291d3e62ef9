//! What comes of a line, as short stable text.

use ipledger::book::Book;
use ipledger::book::account::Posting;
use ipledger::book::event::{
    ApplicationChange, ClaimChange, ClaimDecision, Entry, Event, LoanChange, SubsidyApplied, YearEndLine,
};
use ipledger::book::nouns::Month;
use ipledger::book::nouns::{ApplicationState, EvidenceKey, PledgeKey};
use ipledger::calendar::{CivilDate, FiscalYear};
use ipledger::decide::rejection::Rejection;
use ipledger::identifier::{
    ApplicationId, BudgetLineId, ClaimId, LoanId, PledgeRegistrationNumber, PoolId, RightKind, Sequence,
};
use ipledger::money::Amount;
use ipledger::rulebook::explanation::{Explanation, LineExplanation};
use ipledger::rulebook::refusal::Refusal;
use ipledger::rulebook::{Language, explanation_sentence};

use super::names::{self, Entries, NO_ENTRY};

/// An entry: what it is called, what state it led to, what it posted.
pub(super) fn entry(label: &str, entry: &Entry, book: &Book, in_chinese: bool) -> String {
    let mut text = format!("{label}: {}", event(entry, book));
    for explanation in explanations(&entry.event) {
        text.push_str("\n    ");
        text.push_str(&explanation_sentence(&explanation, Language::English));
        if in_chinese {
            text.push_str("\n    ");
            text.push_str(&explanation_sentence(&explanation, Language::Chinese));
        }
    }
    if !entry.postings.is_empty() {
        text.push_str("\n    ");
        text.push_str(&entry.postings.iter().map(posting).collect::<Vec<_>>().join(", "));
    }
    text
}

/// A rejection: `REJECTED REASON field: problem`.
pub(super) fn rejection(label: &str, rejection: &Rejection, in_chinese: bool) -> String {
    let mut text = format!("{label}: REJECTED {}", rejection.reason);
    for violation in &rejection.violations {
        assert!(!violation.problem_zh.is_empty(), "no Chinese for {violation:?}");
        let colon = if violation.field.is_empty() { "" } else { ": " };
        text.push_str(&format!(" {}{colon}{}", violation.field, violation.problem));
        if in_chinese {
            text.push_str(&format!("\n    {}", violation.problem_zh));
        }
    }
    text
}

fn posting(posting: &Posting) -> String {
    if posting.amount.is_negative() {
        format!("Cr {} {}", posting.account, posting.amount.negated())
    } else {
        format!("Dr {} {}", posting.account, posting.amount)
    }
}

fn event(entry: &Entry, book: &Book) -> String {
    match &entry.event {
        Event::EnterpriseRegistered(_)
        | Event::EnterpriseUpdated(_)
        | Event::InstitutionRegistered(_)
        | Event::IpRightRegistered(_)
        | Event::IpRightChanged(_)
        | Event::PledgeRegistered(_)
        | Event::PledgeReleased(_)
        | Event::BlacklistEntryAdded(_)
        | Event::BlacklistEntryLifted(_)
        | Event::RedLetterInvoiceRecorded(_)
        | Event::BudgetAppropriated(_)
        | Event::BudgetAdjusted(_)
        | Event::PoolMoved(_)
        | Event::PeriodClosed(_)
        | Event::ReferenceRateRecorded(_)
        | Event::FactRecorded(_)
        | Event::AccessChanged(_) => "done".to_owned(),
        Event::Endorsed(one) => {
            format!(
                "first of two approvals of {}, above {}: `{} {}`",
                one.amount, one.second_above, one.rpc, one.subject
            )
        }
        Event::StatementSignedOff(signed) => {
            format!("{} reconciled, {} off", signed.matched.len(), signed.differing.len())
        }
        Event::PeriodClosedOver(closed) => format!("closed over {} open items", closed.open_items),
        Event::YearClosed(closed) => {
            let line = |line: &YearEndLine| {
                format!("{} {} {}", line.line, line.left, if line.is_carried { "carried" } else { "lapsed" })
            };
            format!("closed, {}", closed.lines.iter().map(line).collect::<Vec<_>>().join(", "))
        }
        Event::Reversed(reversed) => format!("reversed entry {}", reversed.entry),
        Event::RulebookAdopted(adopted) => format!("adopted {}", adopted.rulebook.reference()),
        Event::LoanFiled(filed) => format!("filed under {}, exposure {}", filed.rulebook, filed.exposure),
        Event::LoanChanged(changed) => {
            let loan = book.loans.get(&changed.loan).unwrap();
            let what = match &changed.change {
                LoanChange::Extended(until) => format!(", matures {until}"),
                _ => String::new(),
            };
            format!("{}, outstanding {}, exposure {}{what}", loan.state, loan.outstanding(), loan.exposure)
        }
        Event::SubsidyApplied(applied) => applied_text(applied, book, entry.sequence),
        Event::ApplicationChanged(changed) => {
            let state = book.applications.get(&changed.application).unwrap().state;
            match &changed.change {
                ApplicationChange::PaymentRefused(refusal) => format!("{state}, payment {}", refused(*refusal)),
                ApplicationChange::ClawbackDemanded(demand) => {
                    format!("{state} {}, by line {}", demand.amount, amounts(&demand.by_line))
                }
                ApplicationChange::ClawbackReceived(amount, _) => format!("{state}, received {amount}"),
                ApplicationChange::ClosingShare(share) => format!(
                    "application {} {state} {} [{}]",
                    changed.application.number(),
                    share.paid(),
                    amounts(&share.lines.iter().map(|line| line.paid).collect::<Vec<_>>())
                ),
                ApplicationChange::Corrected(one) => format!(
                    "application {} {state} {} -> {} [{}]",
                    changed.application.number(),
                    one.before,
                    one.after,
                    amounts(&one.lines.iter().map(|line| line.award).collect::<Vec<_>>())
                ),
                _ => state.to_string(),
            }
        }
        Event::ClosingRun(run) => format!(
            "{} {} closed: budget {}, approved {}, paid {}, {} shares",
            run.programme, run.year, run.budget, run.approved, run.paid, run.shares
        ),
        Event::AwardsCorrected(run) => format!(
            "{} under {}: {} examined, {} left out, {} more, {} less, {} corrections",
            run.programme,
            run.rulebook,
            run.examined,
            run.left_out,
            run.granted_more,
            run.granted_less,
            run.corrections
        ),
        Event::ClaimSubmitted(submitted) => {
            claim_text(book, ClaimId::created_by(entry.sequence), Some(&submitted.decision))
        }
        Event::ClaimChanged(changed) => match &changed.change {
            ClaimChange::Resumed(decision) => claim_text(book, changed.claim, Some(decision)),
            ClaimChange::Recovered(recovery) => {
                let shares: Vec<String> =
                    recovery.shares.iter().map(|(party, share)| format!("{party} {share}")).collect();
                format!("{}, recovered {}", claim_text(book, changed.claim, None), shares.join(" "))
            }
            _ => claim_text(book, changed.claim, None),
        },
        Event::Refused(refusal) => {
            let since = refusal.since.map(|day| format!(" since {day}")).unwrap_or_default();
            let subject = &refusal.subject;
            format!("{} `{subject}`{since}", refused(refusal.refusal))
        }
    }
}

/// A refusal with its meaning and remedy, in English; that there is a Chinese one is checked.
fn refused(refusal: Refusal) -> String {
    assert!(!refusal.meaning().zh.is_empty() && !refusal.remedy().zh.is_empty());
    format!("REFUSED {refusal} ({}; {})", refusal.meaning().en, refusal.remedy().en)
}

fn amounts(amounts: &[Amount]) -> String {
    amounts.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn applied_text(applied: &SubsidyApplied, book: &Book, sequence: Sequence) -> String {
    let state = book.applications.get(&ApplicationId::created_by(sequence)).unwrap().state;
    let lines: Vec<String> = applied
        .lines
        .iter()
        .map(|line| {
            let refusal = line.explanation.refusal.map(|refusal| format!(" {refusal}")).unwrap_or_default();
            assert_eq!(line.award, line.explanation.granted, "an award that its explanation does not say");
            assert_eq!(line.award.is_zero(), line.explanation.refusal.is_some(), "zero is refused, and only zero");
            format!("{} {} {}{refusal}", line.item.item, line.award, line.explanation.bound)
        })
        .collect();
    let refusal = applied.refusal.map(|refusal| format!(" {}", refused(refusal))).unwrap_or_default();
    format!("{state} {} under {}{refusal} [{}]", applied.granted, applied.rulebook, lines.join("; "))
}

fn claim_text(book: &Book, id: ClaimId, decision: Option<&ClaimDecision>) -> String {
    let claim = book.claims.get(&id).unwrap();
    let loan = book.loans.get(&claim.loan).unwrap();
    let mut text = format!("{}, loan {}", claim.state, loan.state);
    if let Some(decision) = decision {
        let shares: Vec<String> = decision.shares.iter().map(|(party, share)| format!("{party} {share}")).collect();
        text.push_str(&format!(", covered {} [{}]", decision.covered_loss, shares.join(" ")));
        if let Some(refusal) = decision.explanation.refusal {
            text.push_str(&format!(" {} by {}", refused(refusal), decision.explanation.bound));
        }
    }
    text
}

fn explanations(event: &Event) -> Vec<Explanation> {
    let of = |line: &LineExplanation| Explanation { lines: vec![line.clone()] };
    match event {
        Event::LoanFiled(filed) => filed.explanation.iter().map(of).collect(),
        Event::SubsidyApplied(applied) => {
            vec![Explanation { lines: applied.lines.iter().map(|line| line.explanation.clone()).collect() }]
        }
        Event::ApplicationChanged(changed) => match &changed.change {
            ApplicationChange::ClosingShare(share) => {
                vec![Explanation { lines: share.lines.iter().map(|line| line.explanation.clone()).collect() }]
            }
            ApplicationChange::Corrected(one) => {
                vec![Explanation { lines: one.lines.iter().map(|line| line.explanation.clone()).collect() }]
            }
            _ => Vec::new(),
        },
        Event::ClaimSubmitted(submitted) => vec![of(&submitted.decision.explanation)],
        Event::ClaimChanged(changed) => match &changed.change {
            ClaimChange::Resumed(decision) => vec![of(&decision.explanation)],
            _ => Vec::new(),
        },
        Event::Refused(refused) => refused.explanation.clone().into_iter().collect(),
        _ => Vec::new(),
    }
}

/// A part of the book: `loan L1`, `application S1`, `claim C1`, `budget 2026`, `pool`, `cap A`, `invoice V1`,
/// `pledge G1 2026-03-01`, `right P1 2026-03-01`.
pub(super) fn state(book: &Book, what: &str, names: &Entries) -> String {
    let (kind, rest) = what.split_once(' ').unwrap_or((what, ""));
    let id = names.get(rest).copied().unwrap_or(NO_ENTRY);
    let shown = match kind {
        "loan" => loan_state(book, LoanId::new(id)),
        "application" => application_state(book, ApplicationId::new(id)),
        "claim" => {
            let claim = book.claims.get(&ClaimId::new(id)).unwrap();
            let (gross, cost) = claim.recovered;
            format!(
                "{}, share {}, returned {}, gross {gross}, cost {cost}",
                claim.state,
                claim.pool_share(),
                claim.returned
            )
        }
        "budget" => {
            let budget = book.budget(&BudgetLineId::parse("ip-finance").unwrap(), FiscalYear::parse(rest).unwrap());
            let available = budget.available();
            format!(
                "appropriated {}, available {available}, reserved {}, spent {}",
                budget.appropriated, budget.reserved, budget.spent
            )
        }
        "pool" => pool_state(book, if rest.is_empty() { "hebi-pool" } else { rest }),
        "cap" => {
            let of = names::enterprise(rest);
            let keys = book.cap_use.iter().filter(|(key, _)| key.enterprise == of);
            let used: Vec<String> = keys
                .map(|(key, used)| {
                    let year = key.year.map(|year| format!(" {year}")).unwrap_or_default();
                    format!("{}{year} {used}", key.cap)
                })
                .collect();
            used.join(", ")
        }
        "invoice" => {
            let evidence = book.evidence.get(&EvidenceKey::Invoice(names::invoice(rest))).unwrap();
            let (left, overused) = (evidence.left(), evidence.overused());
            format!(
                "total {}, used {}, cancelled {}, left {left}, overused {overused}",
                evidence.total, evidence.used, evidence.cancelled
            )
        }
        "pledge" => {
            let (name, day) = rest.split_once(' ').unwrap();
            let kind = RightKind::parse("patent").unwrap();
            let key = PledgeKey { kind, number: PledgeRegistrationNumber::parse(name).unwrap() };
            book.pledges.get(&key).unwrap().state_on(CivilDate::parse(day).unwrap()).to_string()
        }
        "right" => {
            let (name, day) = rest.split_once(' ').unwrap();
            let (right, day) = (book.rights.get(&names::right(name)).unwrap(), CivilDate::parse(day).unwrap());
            format!("{} of {}", right.state_on(day), right.owner_on(day))
        }
        "unreconciled" => {
            let month = Month::of(CivilDate::parse(&format!("{rest}-01")).unwrap());
            let open = book.reconciliation.unreconciled(month);
            let open: Vec<String> = open.iter().map(|one| format!("{} {}", one.statement, one.entries)).collect();
            open.join(", ")
        }
        "enterprise" => book.enterprises.get(&names::enterprise(rest)).unwrap().details.name.clone(),
        other => panic!("`? {other}` shows nothing"),
    };
    format!("? {what}: {shown}")
}

fn loan_state(book: &Book, id: LoanId) -> String {
    let loan = book.loans.get(&id).unwrap();
    let ended = loan.ended_on.map(|day| format!(", ended {day}")).unwrap_or_default();
    let overdue = loan.overdue_since.map(|day| format!(", overdue since {day}")).unwrap_or_default();
    format!(
        "{}, {}, outstanding {}, exposure {}{overdue}{ended}",
        loan.state,
        loan.rulebook,
        loan.outstanding(),
        loan.exposure
    )
}

fn application_state(book: &Book, id: ApplicationId) -> String {
    let application = book.applications.get(&id).unwrap();
    let holds = application.state != ApplicationState::Refused;
    let granted = if holds { application.granted } else { Amount::ZERO };
    format!(
        "{}, granted {granted}, demanded {}, received back {}{}",
        application.state,
        application.demanded,
        application.received_back,
        if application.overpaid.is_positive() { format!(", overpaid {}", application.overpaid) } else { String::new() }
    )
}

fn pool_state(book: &Book, name: &str) -> String {
    let pool = &book.pools[&PoolId::parse(name).unwrap()];
    let years: Vec<String> = pool
        .bank_years
        .iter()
        .map(|((bank, year), figures)| format!("{bank} {year} filed {} losses {}", figures.filed, figures.losses))
        .collect();
    format!(
        "cash {}, free {}, exposure {}, waiting {}; {}",
        pool.cash,
        pool.free_balance(),
        pool.exposure,
        pool.deferred.len(),
        years.join("; ")
    )
}
