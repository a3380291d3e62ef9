//! Facts and reference rates, and what joined applications and claims with them.

use std::collections::{BTreeMap, BTreeSet};

use super::explanation::line;
use super::{bank, budget_line, day, pool, rulebook_ref, uscc, year};
use crate::book::event::{ApplicationLine, ClaimChange, ClaimChanged, ClaimDecision, Event, Refused, SubsidyApplied};
use crate::book::fact::{Fact, FactRecorded, Supersedes, WorkingCalendar};
use crate::book::nouns::{CostDetails, CostItem, EvidenceKey};
use crate::book::rate::ReferenceRate;
use crate::identifier::{CapId, ClaimId, InstitutionId, LoanId, ProgrammeId, RegisteredText, Sequence, SeriesId, Tag};
use crate::money::{Amount, Rate};
use crate::rulebook::facts::{CapUse, WideKey};
use crate::rulebook::model::PayerCapScope;
use crate::rulebook::refusal::Refusal;
use crate::rulebook::terms::{CostKind, LossParty};

pub(super) fn facts() -> Vec<Event> {
    let mut events = rates();
    events.extend(every_fact().into_iter().enumerate().map(|(index, fact)| {
        Event::FactRecorded(FactRecorded {
            fact,
            from: day("2026-01-01"),
            document: "豫高企认〔2026〕1号".to_owned(),
            digest: (index == 0).then_some([9; 32]),
            supersedes: (index == 1).then(wrong),
        })
    }));
    events.extend([applied(), resumed(), refused()]);
    events
}

fn wrong() -> Supersedes {
    Supersedes { entry: Sequence::new(7), reason: "录入错误".to_owned() }
}

fn rates() -> Vec<Event> {
    let rate = |supersedes| {
        Event::ReferenceRateRecorded(ReferenceRate {
            series: SeriesId::parse("lpr-1y").unwrap(),
            from: day("2025-05-20"),
            rate: Rate::parse("0.03").unwrap(),
            maximum_age_days: 45,
            source: "全国银行间同业拆借中心 2025-05-20".to_owned(),
            supersedes,
        })
    };
    vec![rate(None), rate(Some(wrong()))]
}

fn tag(text: &str) -> Tag {
    Tag::parse(text).unwrap()
}

fn every_fact() -> Vec<Fact> {
    let loan = LoanId::new(33);
    let programme = ProgrammeId::parse("premium").unwrap();
    let classes = BTreeMap::from([(tag("champion"), None), (tag("high-tech"), Some(day("2028-12-31")))]);
    let partner = |party, name: &str| (party, InstitutionId::parse(name).unwrap());
    vec![
        Fact::EnterpriseClasses(uscc(), classes),
        Fact::EnterpriseRevenue(uscc(), year(), Amount::from_yuan(150_000_000)),
        Fact::EarlierApplications(uscc(), programme, 2),
        Fact::LoanMode(loan, tag("guaranteed")),
        Fact::LoanProduct(loan, tag("ip-loan")),
        Fact::LoanTraits(loan, BTreeSet::from([tag("ip-pledge"), tag("monetary-policy-tool")])),
        Fact::LoanTraits(loan, BTreeSet::new()),
        Fact::LoanParties(
            loan,
            BTreeMap::from([partner(LossParty::Insurer, "picc"), partner(LossParty::Guarantor, "yudan")]),
        ),
        Fact::LossRecognised(loan, true),
        Fact::PayeeLiability(loan, Amount::from_yuan(4_000_000)),
        Fact::OtherPublicMoney(loan, Amount::from_yuan(2_000_000)),
        Fact::BankBusiness(bank(), pool()),
        Fact::WorkingCalendar(
            year(),
            WorkingCalendar {
                days_off: BTreeSet::from([day("2026-01-01"), day("2026-01-02")]),
                working_days: BTreeSet::from([day("2026-01-04")]),
            },
        ),
    ]
}

fn applied() -> Event {
    let item = CostItem {
        item: CostKind::Grant,
        cost: Amount::from_yuan(12_000),
        paid_on: day("2026-06-21"),
        other_public_funding: Amount::ZERO,
        evidence: EvidenceKey::Document(RegisteredText::parse("证书第6170186号").unwrap()),
        evidence_total: Amount::from_yuan(12_000),
        right: None,
        details: CostDetails {
            loan: Some(LoanId::new(34)),
            standard_premium: Some(Amount::from_yuan(250_000)),
            occasion: Some(tag("pct-granted")),
            units: Some(3),
        },
    };
    let key = |bank| WideKey { cap: CapId::parse("all-year").unwrap(), year: year(), bank };
    Event::SubsidyApplied(SubsidyApplied {
        enterprise: uscc(),
        programme: ProgrammeId::parse("patent-grants").unwrap(),
        rulebook: rulebook_ref(),
        loan: None,
        lines: vec![ApplicationLine {
            item,
            award: Amount::from_yuan(12_000),
            evidence_used: Amount::from_yuan(12_000),
            cap_uses: Vec::new(),
            wide_uses: vec![key(Some(bank())), key(None)],
            explanation: line(0),
        }],
        granted: Amount::from_yuan(12_000),
        budget_line: budget_line(),
        budget_year: year(),
        refusal: None,
        waits_for_closing: false,
        payee: Some(bank()),
    })
}

fn resumed() -> Event {
    let cap = |scope| CapUse { cap: CapId::parse("all-year").unwrap(), scope, amount: Amount::from_yuan(20_000) };
    let decision = ClaimDecision {
        covered_loss: Amount::from_yuan(100_000),
        shares: vec![(LossParty::Pool, Amount::from_yuan(20_000)), (LossParty::Bank, Amount::from_yuan(80_000))],
        payee: Some(InstitutionId::parse("yudan").unwrap()),
        cap_uses: vec![cap(PayerCapScope::BankYear), cap(PayerCapScope::ProgrammeYear)],
        explanation: line(2),
    };
    Event::ClaimChanged(ClaimChanged { claim: ClaimId::new(63), change: ClaimChange::Resumed(decision) })
}

fn refused() -> Event {
    Event::Refused(Refused {
        command: "ApplySubsidy".to_owned(),
        refusal: Refusal::ReferenceRateMissing,
        subject: "application".to_owned(),
        since: None,
        explanation: None,
        asked: None,
    })
}
