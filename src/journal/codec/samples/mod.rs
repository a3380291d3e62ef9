//! Entries for tests: at least one of every event and of every value inside it.
//!
//! Valid by type, not one history. `tests/golden/records_v1.hex` holds their bytes in this order: new ones at the end.

#![expect(clippy::arithmetic_side_effects, reason = "small numbers in a test")]

mod access;
mod explanation;
mod figure;
mod group;
mod periods;
mod statement;
mod fact;

use std::sync::Arc;

use crate::book::account::{Account, Posting, transfer};
use crate::book::event::{
    ApplicationChange, ApplicationChanged, ApplicationLine, Asked, BlacklistEntryLifted, BudgetChange, ClaimChange,
    ClaimChanged, ClaimDecision, ClaimSubmitted, ClawbackDemand, Entry, Event, InterestPaid, IpRightChanged,
    LoanChange, LoanChanged, LoanFiled, PoolMoved, PoolMovement, Recovery, RedLetterInvoice, Refused, RequestKey,
    RulebookAdopted, SubsidyApplied,
};
use crate::book::nouns::{
    BlacklistDetails, Caller, Concerns, CostDetails, CostItem, EnterpriseDetails, EvidenceKey, InstitutionDetails,
    IpRightDetails, LoanTerms, Month, PledgeDetails, PledgeKey, RightChange, Role,
};
use crate::calendar::{CivilDate, FiscalYear, Timestamp};
use crate::identifier::{
    ApplicationId, BankCode, BudgetLineId, CapId, ClaimId, ContractNumber, District, FunderId, InstitutionId,
    InvoiceNumber, LoanId, PersonId, PledgeRegistrationNumber, PoolId, ProgrammeId, RequestId, RightId, RightKind,
    RulebookId, Sequence, Uscc,
};
use crate::money::{Amount, Rate};
use crate::rulebook::explanation::Explanation;
use crate::rulebook::facts::CapKey;
use crate::rulebook::refusal::Refusal;
use crate::rulebook::terms::{BlacklistGround, CostKind, InstitutionKind, LossParty, SizeClass};
use crate::rulebook::{self, RulebookRef};

pub(super) use explanation::line as explanation_line;
use explanation::{first, later_line, line, rest};

/// The smallest rulebook that loads.
const RULEBOOK: &str = r#"schema = 1

[rulebook]
id = "sample-2026"
version = 1
title = { zh = "样例办法", en = "Sample" }
valid_from = 2026-01-01
transition = "filing"

[source]
title = "样例办法"
issuer = "样例市财政局"
date = 2026-01-01

[[clause]]
id = "one"
heading = "第一条"
text = "样例。"
"#;

/// The samples, numbered from 1.
pub(crate) fn samples() -> Vec<Entry> {
    let mut events = registry();
    events.extend(loans());
    events.extend(subsidies());
    events.extend(money());
    events.extend(claims());
    events.extend(rulebooks_and_refusals());
    events.extend(later_values());
    events.extend(periods::periods());
    events.extend(fact::facts());
    events.extend(asked());
    events.extend(statement::statements());
    events.extend(group::events());
    events.extend(access::samples());
    events.extend(figure::figures());
    events.push(adopted_for_a_reason());
    (1..).zip(events).map(|(sequence, event)| entry(sequence, event)).collect()
}

fn uscc() -> Uscc {
    Uscc::parse("91110000600037341L").unwrap()
}

fn bank() -> InstitutionId {
    InstitutionId::parse("icbc-hebi").unwrap()
}

fn pool() -> PoolId {
    PoolId::parse("hebi-pool").unwrap()
}

fn budget_line() -> BudgetLineId {
    BudgetLineId::parse("ip-finance").unwrap()
}

fn funder() -> FunderId {
    FunderId::parse("city").unwrap()
}

fn year() -> FiscalYear {
    FiscalYear::parse("2026").unwrap()
}

fn day(text: &str) -> CivilDate {
    CivilDate::parse(text).unwrap()
}

fn rulebook_ref() -> RulebookRef {
    RulebookRef { id: RulebookId::parse("hebi-2017").unwrap(), version: 1 }
}

/// One of every kind, a trademark with prefix and suffix among them.
fn rights() -> Vec<RightId> {
    let texts = [
        "patent:202011156730.2",
        "patent:95115608.X",
        "trademark:12345678/9",
        "trademark:G1234567A/45",
        "copyright:国作登字2026F00000001",
        "other:BS.265001234",
    ];
    texts.iter().map(|text| RightId::parse(text).unwrap()).collect()
}

fn pledge(kind: RightKind) -> PledgeKey {
    PledgeKey { kind, number: PledgeRegistrationNumber::parse("Y2026980001234").unwrap() }
}

fn invoices() -> [InvoiceNumber; 3] {
    ["26317000001234567890", "1234567890-12345678", "123456789012-12345678"]
        .map(|text| InvoiceNumber::parse(text).unwrap())
}

/// The same list round and round.
fn nth<T: Clone>(list: &[T], index: usize) -> T {
    list[index % list.len()].clone()
}

fn accounts() -> Vec<Account> {
    let mut accounts = vec![
        Account::PoolCash(pool()),
        Account::PoolCapital(pool(), funder()),
        Account::PoolInterest(pool()),
        Account::PoolCompensation(pool()),
        Account::PoolPayable(pool(), bank()),
        Account::PoolRecovered(pool()),
        Account::PoolExposure(pool()),
        Account::PoolExposureContra(pool()),
        Account::BudgetAppropriated(budget_line(), year()),
        Account::BudgetAvailable(budget_line(), year()),
        Account::BudgetReserved(budget_line(), year()),
        Account::BudgetSpent(budget_line(), year()),
        Account::SubsidyPayable(uscc()),
        Account::SubsidyClawback(uscc()),
        Account::TreasuryCash,
    ];
    accounts.extend(first(CostKind::ALL, 5).iter().copied().map(Account::SubsidyExpense));
    accounts
}

fn entry(sequence: u64, event: Event) -> Entry {
    let index = usize::try_from(sequence).unwrap();
    let institution = index.is_multiple_of(2).then(bank);
    let enterprise = index.is_multiple_of(3).then(uscc);
    Entry {
        sequence: Sequence::new(sequence),
        recorded_at: Timestamp::from_micros(1_772_000_000_000_000 + i64::try_from(sequence).unwrap()),
        effective_date: day("2026-03-05").plus_days(i64::try_from(sequence).unwrap()).unwrap(),
        // Late ones are among those of the periods: a golden line must not change.
        late_for: matches!(event, Event::Reversed(_)).then(|| day("2025-12-31")),
        actor: Caller {
            role: nth(Role::ALL, index),
            institution: institution.clone(),
            enterprise,
            ..access::actor(&event, PersonId::parse("wang.xiaoming").unwrap())
        },
        request: RequestKey {
            id: RequestId::from_bytes([u8::try_from(index).unwrap(); 16]).unwrap(),
            digest: [u8::try_from(255 - index).unwrap(); 32],
        },
        concerns: Concerns { institution, enterprise },
        postings: postings(index),
        event,
    }
}

/// None, two or four lines, all accounts in turn, amounts from a fen to the largest.
fn postings(index: usize) -> Vec<Posting> {
    let accounts = accounts();
    let amounts = [Amount::from_fen(1), Amount::from_yuan(37_400), Amount::INPUT_MAX, Amount::from_fen(-5)];
    let pair = |index| transfer(nth(&accounts, index), nth(&accounts, index + 1), nth(&amounts, index));
    match index % 3 {
        0 => Vec::new(),
        1 => pair(index),
        _ => [pair(index), pair(index + 7)].concat(),
    }
}

fn registry() -> Vec<Event> {
    let enterprise = |size_class| EnterpriseDetails {
        uscc: uscc(),
        name: "鹤壁样例科技有限公司".to_owned(),
        size_class,
        district: District::parse("410611").unwrap(),
    };
    let institution = |kind| InstitutionDetails {
        institution: bank(),
        kind,
        name: "样例银行鹤壁分行".to_owned(),
        uscc: uscc(),
        bank_code: (kind == InstitutionKind::Bank).then(|| BankCode::parse("102100099996").unwrap()),
    };
    let right = |right| IpRightDetails {
        right,
        owner: uscc(),
        title: "一种样例装置".to_owned(),
        granted_on: day("2021-03-05"),
        expires_on: day("2040-10-25"),
    };
    let changes =
        [RightChange::Lapsed, RightChange::Restored, RightChange::Invalidated, RightChange::Transferred(uscc())];
    let pledged = |kind| PledgeDetails {
        pledge: pledge(kind),
        pledgee: bank(),
        pledgor: uscc(),
        rights: rights(),
        secured_amount: Amount::from_yuan(5_000_000),
        term_end: (kind == RightKind::Patent).then_some(CivilDate::MAX),
    };
    let blacklisted = |ground| BlacklistDetails {
        enterprise: uscc(),
        ground,
        until: (ground == BlacklistGround::Piracy).then_some(CivilDate::MIN),
        document: "鹤市监处〔2026〕1号".to_owned(),
    };
    let mut events: Vec<Event> =
        SizeClass::ALL.iter().map(|class| Event::EnterpriseRegistered(enterprise(*class))).collect();
    events.push(Event::EnterpriseUpdated(enterprise(SizeClass::Small)));
    events.extend(InstitutionKind::ALL.iter().map(|kind| Event::InstitutionRegistered(institution(*kind))));
    events.extend(rights().into_iter().map(|id| Event::IpRightRegistered(right(id))));
    let step = |change| Event::IpRightChanged(IpRightChanged { right: nth(&rights(), 0), change });
    events.extend(changes.map(step));
    events.extend(RightKind::ALL.iter().map(|kind| Event::PledgeRegistered(pledged(*kind))));
    events.push(Event::PledgeReleased(pledge(RightKind::Trademark)));
    events.extend(BlacklistGround::ALL.iter().map(|ground| Event::BlacklistEntryAdded(blacklisted(*ground))));
    events.push(Event::BlacklistEntryLifted(BlacklistEntryLifted {
        entry: Sequence::new(20),
        enterprise: uscc(),
        reason: "信用修复".to_owned(),
    }));
    events
}

fn loans() -> Vec<Event> {
    let filed = |pool: Option<PoolId>, pledges: Vec<PledgeKey>| {
        Event::LoanFiled(LoanFiled {
            terms: LoanTerms {
                bank: bank(),
                contract: ContractNumber::parse("(2026)工银-鹤字 001号").unwrap(),
                borrower: uscc(),
                principal: Amount::from_yuan(5_000_000),
                ip_part: Amount::from_fen(300_000_050),
                annual_rate: Rate::parse("0.0435").unwrap(),
                signed_on: day("2026-03-06"),
                matures_on: day("2027-03-05"),
                pledges,
                pool: pool.clone(),
            },
            rulebook: rulebook_ref(),
            exposure: if pool.is_some() { Amount::from_fen(150_000_025) } else { Amount::ZERO },
            explanation: pool.is_some().then(|| line(0)),
        })
    };
    let paid = InterestPaid {
        amount: Amount::from_fen(1_812_550),
        period_from: day("2026-03-21"),
        period_to: day("2026-06-20"),
        reference: "ICBC-202606-0001".to_owned(),
    };
    let changes = [
        LoanChange::Disbursed(Amount::from_yuan(5_000_000)),
        LoanChange::InterestPaid(paid),
        LoanChange::PrincipalPaid(Amount::from_fen(100), "ICBC-0002".to_owned()),
        LoanChange::Extended(day("2027-09-05")),
        LoanChange::MarkedOverdue(day("2027-09-06")),
        LoanChange::MarkedNonPerforming,
        LoanChange::MarkedCured,
        LoanChange::Settled,
        LoanChange::Closed,
        LoanChange::Withdrawn("企业放弃贷款".to_owned()),
    ];
    let mut events = vec![
        filed(Some(pool()), vec![pledge(RightKind::Patent), pledge(RightKind::Trademark)]),
        filed(None, vec![pledge(RightKind::Copyright)]),
    ];
    events.extend(changes.into_iter().enumerate().map(|(index, change)| {
        let exposure = nth(&[Amount::ZERO, Amount::from_yuan(1_500_000)], index);
        Event::LoanChanged(LoanChanged { loan: LoanId::new(33), change, exposure })
    }));
    events
}

fn subsidies() -> Vec<Event> {
    let item = |index: usize, evidence: EvidenceKey| CostItem {
        item: nth(first(CostKind::ALL, 5), index),
        cost: Amount::from_yuan(74_800),
        paid_on: day("2026-06-21"),
        other_public_funding: Amount::from_fen(12),
        evidence,
        evidence_total: Amount::from_yuan(80_000),
        right: (index == 3).then(|| nth(&rights(), 0)),
        details: CostDetails::default(),
    };
    let cap = |year, loan| CapKey { cap: CapId::parse("yearly").unwrap(), enterprise: uscc(), year, loan };
    let application_line = |(index, evidence): (usize, EvidenceKey)| ApplicationLine {
        item: item(index, evidence),
        award: Amount::from_yuan(37_400),
        evidence_used: Amount::from_yuan(74_800),
        cap_uses: vec![cap(Some(year()), None), cap(None, Some(LoanId::new(33))), cap(None, None)],
        wide_uses: Vec::new(),
        explanation: line(index),
    };
    let evidence =
        invoices().map(EvidenceKey::Invoice).into_iter().chain([EvidenceKey::InterestPayment(Sequence::new(36))]);
    let applied = SubsidyApplied {
        enterprise: uscc(),
        programme: ProgrammeId::parse("pledge-cost").unwrap(),
        rulebook: rulebook_ref(),
        loan: Some(LoanId::new(33)),
        lines: evidence.enumerate().map(application_line).collect(),
        granted: Amount::from_yuan(149_600),
        budget_line: budget_line(),
        budget_year: year(),
        refusal: None,
        payee: None,
        waits_for_closing: false,
    };
    let refused = SubsidyApplied {
        loan: None,
        lines: Vec::new(),
        granted: Amount::ZERO,
        refusal: Some(Refusal::BudgetUsedUp),
        ..applied.clone()
    };
    let demand = ClawbackDemand {
        amount: Amount::from_yuan(100),
        reason: "发票已红冲".to_owned(),
        by_line: vec![Amount::from_yuan(60), Amount::ZERO, Amount::from_yuan(40)],
        restores_caps: true,
        restores_budget: true,
    };
    let firm = ClawbackDemand { restores_caps: false, restores_budget: false, by_line: Vec::new(), ..demand.clone() };
    let changes = [
        ApplicationChange::Approved,
        ApplicationChange::Refused("材料不全".to_owned()),
        ApplicationChange::Withdrawn("企业撤回".to_owned()),
        ApplicationChange::Paid("FIN-2026-0001".to_owned()),
        ApplicationChange::PaymentRefused(Refusal::EnterpriseBlacklisted),
        ApplicationChange::ClawbackDemanded(demand),
        ApplicationChange::ClawbackDemanded(firm),
        ApplicationChange::ClawbackReceived(Amount::from_yuan(60), "FIN-2026-0002".to_owned()),
    ];
    let step = |change| ApplicationChanged { application: ApplicationId::new(45), change };
    let mut events = vec![Event::SubsidyApplied(applied), Event::SubsidyApplied(refused)];
    events.extend(changes.map(|change| Event::ApplicationChanged(step(change))));
    events
}

fn money() -> Vec<Event> {
    let [red, blue, _] = invoices();
    let budget =
        |amount| BudgetChange {
            line: budget_line(), year: year(), amount, document: "鹤财预〔2026〕12号".to_owned()
        };
    let moved = |movement| PoolMoved {
        pool: pool(),
        movement,
        amount: Amount::from_yuan(10_000_000),
        reference: "POOL-0001".to_owned(),
    };
    let movements = [PoolMovement::Contribution(funder()), PoolMovement::Withdrawal(funder()), PoolMovement::Interest];
    let mut events = vec![
        Event::RedLetterInvoiceRecorded(RedLetterInvoice { red, blue, amount: Amount::from_fen(101) }),
        Event::BudgetAppropriated(budget(Amount::from_yuan(3_000_000))),
        Event::BudgetAdjusted(budget(Amount::from_fen(-1))),
        Event::PeriodClosed(Month { year: year(), month: 1 }),
        Event::PeriodClosed(Month { year: year(), month: 12 }),
    ];
    events.extend(movements.map(|movement| Event::PoolMoved(moved(movement))));
    events
}

fn claims() -> Vec<Event> {
    let shares: Vec<(LossParty, Amount)> =
        first(LossParty::ALL, 5).iter().map(|party| (*party, Amount::from_yuan(20_000))).collect();
    let decision = |index| ClaimDecision {
        covered_loss: Amount::from_yuan(100_000),
        shares: shares.clone(),
        payee: None,
        cap_uses: Vec::new(),
        explanation: line(index),
    };
    let submitted = ClaimSubmitted {
        loan: LoanId::new(33),
        pool: pool(),
        rulebook: rulebook_ref(),
        principal_loss: Amount::from_yuan(200_000),
        decision: decision(1),
    };
    let recovery = Recovery {
        amount: Amount::from_yuan(11_000),
        cost: Amount::from_yuan(1_000),
        shares: shares.clone(),
        to_pool: Amount::from_yuan(5_000),
    };
    let changes = [
        ClaimChange::Resumed(decision(2)),
        ClaimChange::Approved,
        ClaimChange::Refused("未尽职".to_owned()),
        ClaimChange::Paid("POOL-0002".to_owned()),
        ClaimChange::Recovered(recovery),
        ClaimChange::WrittenOff,
    ];
    let step = |change| ClaimChanged { claim: ClaimId::new(63), change };
    let mut events = vec![Event::ClaimSubmitted(submitted)];
    events.extend(changes.map(|change| Event::ClaimChanged(step(change))));
    events
}

fn adopted_for_a_reason() -> Event {
    let rulebook = rulebook::load(RULEBOOK).unwrap_or_else(|errors| panic!("{errors}"));
    let reason = Some("鹤市监〔2026〕3号会议纪要".to_owned());
    Event::RulebookAdopted(RulebookAdopted { rulebook: Arc::new(rulebook), reason })
}

fn rulebooks_and_refusals() -> Vec<Event> {
    let adopted = rulebook::load(RULEBOOK).unwrap_or_else(|errors| panic!("{errors}"));
    let mut events = vec![Event::RulebookAdopted(Arc::new(adopted).into())];
    events.extend(first(Refusal::ALL, 20).iter().enumerate().map(|(index, refusal)| {
        Event::Refused(Refused {
            command: "FileLoan".to_owned(),
            refusal: *refusal,
            subject: if index == 0 { String::new() } else { "patent:202011156730.2".to_owned() },
            since: index.is_multiple_of(2).then(|| day("2026-01-31")),
            explanation: match index % 3 {
                0 => None,
                1 => Some(Explanation::default()),
                _ => Some(Explanation { lines: vec![line(index), line(index + 1)] }),
            },
            asked: None,
        })
    }));
    // All bounds and all reasons, each with all steps.
    let lines = (0..20).map(line).collect();
    events.push(Event::Refused(Refused {
        command: "ApplySubsidy".to_owned(),
        refusal: Refusal::NotEligible,
        subject: "application".to_owned(),
        since: None,
        explanation: Some(Explanation { lines }),
        asked: None,
    }));
    events
}

/// Refusals that keep what was asked for.
fn asked() -> Vec<Event> {
    let refused = |asked| Refused {
        command: "FileLoan".to_owned(),
        refusal: Refusal::RightNotInForce,
        subject: "patent:202011156730.2".to_owned(),
        since: None,
        explanation: None,
        asked: Some(asked),
    };
    let known = loans().into_iter().chain(registry());
    let asked = known.filter_map(|event| {
        if let Event::LoanFiled(filed) = event {
            return Some(Asked::Loan(filed.terms));
        }
        if let Event::PledgeRegistered(details) = event { Some(Asked::Pledge(details)) } else { None }
    });
    asked.map(|asked| Event::Refused(refused(asked))).collect()
}

/// What joined the closed lists after the first golden bytes were written.
fn later_values() -> Vec<Event> {
    let reasons = first(rest(Refusal::ALL, 20), 5);
    let lines = (0..reasons.len()).map(later_line).collect();
    let refused = Refused {
        command: "ApplySubsidy".to_owned(),
        refusal: Refusal::FactMissing,
        subject: "application".to_owned(),
        since: None,
        explanation: Some(Explanation { lines }),
        asked: None,
    };
    let decision = ClaimDecision {
        covered_loss: Amount::from_yuan(100_000),
        shares: rest(LossParty::ALL, 5).iter().map(|party| (*party, Amount::from_yuan(20_000))).collect(),
        payee: None,
        cap_uses: Vec::new(),
        explanation: later_line(0),
    };
    vec![
        Event::Refused(refused),
        Event::ClaimChanged(ClaimChanged { claim: ClaimId::new(63), change: ClaimChange::Resumed(decision) }),
    ]
}
