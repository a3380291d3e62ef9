//! `[[case]]`: worked cases with any facts; what is not stated is as ordinary as can be.

use std::collections::{BTreeMap, BTreeSet};

use super::errors::Problems;
use super::ratio::amounts;
use super::table::{Node, Table, code, date, flag, list, parsed, text, whole};
use super::when::right_kind;
use super::{Known, duplicate};
use crate::calendar::{CivilDate, FiscalYear};
use crate::identifier::{
    CapId, District, InstitutionId, LimitId, LoanId, PatentKind, PoolId, ProgrammeId, RightId, SeriesId, Tag, Uscc,
    shown,
};
use crate::money::{Amount, Rate};
use crate::rulebook::explanation::Bound;
use crate::rulebook::facts::{
    ClaimDetails, ClaimFacts, EnterpriseFacts, FilingFacts, LineDetails, LoanDetails, LoanFacts, ReferenceRates,
    RightFacts, SeriesValues,
};
use crate::rulebook::judge::LimitFacts;
use crate::rulebook::model::{
    Case, CaseKind, CaseLine, ClaimCase, ClosingCase, Expected, FilingCase, LimitCase, LinesCase, PoolRule,
};
use crate::rulebook::refusal::Refusal;
use crate::rulebook::terms::{CostKind, LossParty, SizeClass};

/// The ordinary facts of a case that does not state them.
mod ordinary {
    use super::{Amount, CivilDate};

    pub(super) const USCC: &str = "91110000600037341L";
    pub(super) const BANK: &str = "bank";
    pub(super) const RIGHT: &str = "patent:202011156730.2";

    pub(super) fn day(month: i8, day: i8) -> CivilDate {
        CivilDate::from_ymd(2026, month, day).unwrap_or(CivilDate::MIN)
    }

    pub(super) fn plenty() -> Amount {
        Amount::from_yuan(10_000_000_000)
    }
}

/// What a case may refer to.
type Rules<'a> = (&'a ReferenceRates, &'a [PoolRule]);

pub(super) fn case(
    mut table: Table<'_, '_>,
    known: &mut Known,
    (rates, pools): (&ReferenceRates, &Vec<PoolRule>),
    problems: &mut Problems<'_>,
) -> Option<Case> {
    known.count();
    let id = table.required("id", problems, text);
    if let Some(id) = &id
        && !known.cases.insert(id.clone())
    {
        duplicate(&table, "case", &shown(id), problems);
    }
    let kind = if table.has("limit") {
        limit_case(&mut table, known, rates, problems)
    } else if table.has("pool") {
        pool_case(&mut table, known, (rates, pools), problems)
    } else {
        programme_case(&mut table, known, rates, problems)
    };
    table.finish(problems);
    Some(Case { id: id?, kind: kind? })
}

fn programme_case(
    table: &mut Table<'_, '_>,
    known: &Known,
    rates: &ReferenceRates,
    problems: &mut Problems<'_>,
) -> Option<CaseKind> {
    let programme = table.required("programme", problems, parsed(ProgrammeId::parse));
    if let Some(other) = programme.as_ref().filter(|programme| !known.programmes.contains_key(*programme)) {
        let problem = format!("there is no programme `{other}`");
        problems.add(table.place("programme"), problem, "name a programme of this file");
    }
    if table.has("closing") {
        let closing = table.required("closing", problems, closing);
        let (budget, approved) = closing?;
        return Some(CaseKind::Closing(ClosingCase { programme: programme?, budget, approved }));
    }
    let used = table.tables("used", "`used`", problems);
    let used = used.into_iter().filter_map(|row| used_before(row, known, problems)).collect();
    let applied_on = table.optional("applied_on", problems, date).unwrap_or_else(|| ordinary::day(6, 1));
    let earlier_grants = table.optional("earlier_grants", problems, whole(0..=u32::MAX)).unwrap_or(0);
    let budget = table.optional("budget", problems, parsed(Amount::parse)).unwrap_or_else(ordinary::plenty);
    let enterprise = table.optional("enterprise", problems, |node, key, problems| {
        Table::of(node, key, problems).and_then(|table| enterprise(table, problems))
    });
    let right = table.optional("right", problems, |node, key, problems| {
        Table::of(node, key, problems).and_then(|table| right(table, problems))
    });
    let loans = loans(table, problems);
    let case_rates = table.tables("rates", "`rates`", problems);
    let case_rates = given_rates(case_rates, known, problems);
    let rows = table.tables("lines", "`lines`", problems);
    if rows.is_empty() {
        let remedy = "add `lines = [{ item = …, cost = …, expect = … }]`";
        problems.add(table.place("lines"), "the case has no lines", remedy);
    }
    let all_rates = rates.with(&case_rates);
    let lines = rows.into_iter().filter_map(|row| case_line(row, (loans.len(), &all_rates), problems)).collect();
    Some(CaseKind::Lines(Box::new(LinesCase {
        programme: programme?,
        used,
        earlier_grants,
        budget,
        enterprise: enterprise.or_else(ordinary_enterprise)?,
        loans,
        right: right.or_else(ordinary_right),
        rates: all_rates,
        applied_on,
        lines,
    })))
}

fn ordinary_enterprise() -> Option<EnterpriseFacts> {
    Some(EnterpriseFacts {
        uscc: Uscc::parse(ordinary::USCC).ok()?,
        size_class: SizeClass::Small,
        blacklisted_since: None,
        blacklisted_until: None,
        district: None,
        figures: BTreeMap::new(),
        classes: None,
        revenue: None,
    })
}

fn enterprise(mut table: Table<'_, '_>, problems: &mut Problems<'_>) -> Option<EnterpriseFacts> {
    let size_class = table.optional("size_class", problems, code(SizeClass::parse, SizeClass::ALL));
    let classes = table.optional("classes", problems, tags);
    let revenue = table.optional("revenue", problems, parsed(Amount::parse));
    let blacklisted_since = table.optional("blacklisted_since", problems, date);
    let blacklisted_until = table.optional("blacklisted_until", problems, date);
    let district = table.optional("district", problems, parsed(District::parse));
    let rows = table.tables("figures", "`figures`", problems);
    let figures = rows.into_iter().filter_map(|row| stated_figure(row, problems)).collect();
    table.finish(problems);
    let ordinary = ordinary_enterprise()?;
    Some(EnterpriseFacts {
        size_class: size_class.unwrap_or(ordinary.size_class),
        classes,
        revenue,
        blacklisted_since,
        blacklisted_until,
        district,
        figures,
        ..ordinary
    })
}

/// `{ figure = "local-tax", year = 2025, amount = "…" }`
fn stated_figure(mut row: Table<'_, '_>, problems: &mut Problems<'_>) -> Option<((Tag, FiscalYear), Amount)> {
    let name = row.required("figure", problems, parsed(Tag::parse));
    let year = row.required("year", problems, whole(1990..=2199));
    let amount = row.required("amount", problems, parsed(Amount::parse));
    row.finish(problems);
    let year = year.and_then(|year| i16::try_from(year).ok()).and_then(FiscalYear::from_value);
    Some(((name?, year?), amount?))
}

/// A set of words; it may be empty, which says that there are none.
fn tags(node: &Node<'_>, key: &str, problems: &mut Problems<'_>) -> Option<BTreeSet<Tag>> {
    if node.get_ref().as_array().is_some_and(|array| array.is_empty()) {
        return Some(BTreeSet::new());
    }
    list(parsed(Tag::parse))(node, key, problems).map(|tags| tags.into_iter().collect())
}

fn ordinary_right() -> Option<RightFacts> {
    let right = RightId::parse(ordinary::RIGHT).ok()?;
    Some(RightFacts { right, owned: true, in_force: true, expires_on: None })
}

fn right(mut table: Table<'_, '_>, problems: &mut Problems<'_>) -> Option<RightFacts> {
    let id = table.optional("id", problems, parsed(RightId::parse));
    let owned = table.optional("owned", problems, flag).unwrap_or(true);
    let in_force = table.optional("in_force", problems, flag).unwrap_or(true);
    let expires_on = table.optional("expires_on", problems, date);
    table.finish(problems);
    let right = id.or_else(|| RightId::parse(ordinary::RIGHT).ok())?;
    Some(RightFacts { right, owned, in_force, expires_on })
}

/// `loan = { … }` or `loans = [{ … }, …]`; an ordinary one where there is neither.
fn loans(table: &mut Table<'_, '_>, problems: &mut Problems<'_>) -> Vec<LoanFacts> {
    let one = table.optional("loan", problems, |node, key, problems| {
        Table::of(node, key, problems).and_then(|table| loan(table, 1, problems))
    });
    let rows = table.tables("loans", "`loans`", problems);
    let numbered = (1_u64..).zip(rows);
    let several: Vec<LoanFacts> = numbered.filter_map(|(number, row)| loan(row, number, problems)).collect();
    if table.has("loan") && table.has("loans") {
        problems.add(table.place("loans"), "the case has both `loan` and `loans`", "write them all as `loans`");
    }
    let loans: Vec<LoanFacts> = one.into_iter().chain(several).collect();
    if loans.is_empty() { ordinary_loan(1).into_iter().collect() } else { loans }
}

fn ordinary_loan(number: u64) -> Option<LoanFacts> {
    Some(LoanFacts {
        loan: LoanId::new(number),
        bank: InstitutionId::parse(ordinary::BANK).ok()?,
        principal: Amount::from_yuan(5_000_000),
        ip_part: Amount::from_yuan(5_000_000),
        annual_rate: Rate::from_basis_points(435),
        disbursed_on: Some(ordinary::day(1, 15)),
        pledged_on: ordinary::day(1, 10),
        ended_on: None,
        details: LoanDetails::default(),
    })
}

fn loan(mut table: Table<'_, '_>, number: u64, problems: &mut Problems<'_>) -> Option<LoanFacts> {
    let ordinary = ordinary_loan(number)?;
    let principal = table.optional("principal", problems, parsed(Amount::parse)).unwrap_or(ordinary.principal);
    let ip_part = table.optional("ip_part", problems, parsed(Amount::parse)).unwrap_or(principal);
    let annual_rate = table.optional("annual_rate", problems, parsed(Rate::parse)).unwrap_or(ordinary.annual_rate);
    let disbursed_on = table.optional("disbursed_on", problems, date).or(ordinary.disbursed_on);
    let not_disbursed = table.optional("not_disbursed", problems, flag).unwrap_or(false);
    let pledged_on = table.optional("pledged_on", problems, date);
    let ended_on = table.optional("ended_on", problems, date);
    let details = loan_details(&mut table, problems);
    table.finish(problems);
    Some(LoanFacts {
        principal,
        ip_part,
        annual_rate,
        disbursed_on: disbursed_on.filter(|_| !not_disbursed),
        pledged_on: pledged_on.or(disbursed_on).unwrap_or(ordinary.pledged_on),
        ended_on,
        details,
        ..ordinary
    })
}

fn loan_details(table: &mut Table<'_, '_>, problems: &mut Problems<'_>) -> LoanDetails {
    LoanDetails {
        signed_on: table.optional("signed_on", problems, date),
        matures_on: table.optional("matures_on", problems, date),
        repaid: table.optional("repaid", problems, flag),
        mode: table.optional("mode", problems, parsed(Tag::parse)),
        product: table.optional("product", problems, parsed(Tag::parse)),
        traits: table.optional("traits", problems, tags),
        right_kinds: table
            .optional("right_kinds", problems, list(parsed(right_kind)))
            .map(|kinds| kinds.into_iter().collect()),
        patent_kinds: table
            .optional("patent_kinds", problems, list(code(PatentKind::parse, PatentKind::ALL)))
            .map(|kinds| kinds.into_iter().collect()),
        rights: table.optional("rights", problems, whole(0..=10_000)),
        rights_owned: table.optional("rights_owned", problems, flag),
        first_pledge: table.optional("first_pledge", problems, flag),
    }
}

/// `rates = [{ series = "lpr-1y", from = 2024-01-22, rate = "0.0345" }]`: known for ever, as far as the case goes.
fn given_rates(rows: Vec<Table<'_, '_>>, known: &Known, problems: &mut Problems<'_>) -> ReferenceRates {
    let mut given: BTreeMap<SeriesId, SeriesValues> = BTreeMap::new();
    for mut row in rows {
        let series = row.required("series", problems, parsed(SeriesId::parse));
        if let Some(other) = series.as_ref().filter(|series| !known.series.contains(*series)) {
            let problem = format!("there is no series `{other}`");
            problems.add(row.place("series"), problem, "name a [[series]] of this file");
        }
        let from = row.optional("from", problems, date).unwrap_or(CivilDate::MIN);
        let rate = row.required("rate", problems, parsed(Rate::parse));
        row.finish(problems);
        if let Some((series, rate)) = series.zip(rate) {
            let values = given.entry(series).or_default();
            values.values.insert(from, rate);
            values.known_until = Some(CivilDate::MAX);
        }
    }
    ReferenceRates::from_values(given)
}

fn used_before(mut row: Table<'_, '_>, known: &Known, problems: &mut Problems<'_>) -> Option<(CapId, Amount)> {
    let cap = row.required("cap", problems, parsed(CapId::parse));
    if let Some(other) = cap.as_ref().filter(|cap| !known.caps.contains(cap)) {
        problems.add(row.place("cap"), format!("there is no cap `{other}`"), "name a cap of this file");
    }
    let amount = row.required("amount", problems, parsed(Amount::parse));
    row.finish(problems);
    Some((cap?, amount?))
}

fn case_line(
    mut row: Table<'_, '_>,
    (loans, rates): (usize, &ReferenceRates),
    problems: &mut Problems<'_>,
) -> Option<CaseLine> {
    let item = row.required("item", problems, code(CostKind::parse, CostKind::ALL));
    let cost = row.required("cost", problems, parsed(Amount::parse));
    let expect = expected(&mut row, problems);
    let paid_on = row.optional("paid_on", problems, date).unwrap_or_else(|| ordinary::day(3, 20));
    let number = row.optional("loan", problems, whole(0..=1000));
    let number = number.map_or(1, |number| usize::try_from(number).unwrap_or(usize::MAX));
    if number > loans {
        let problem = format!("the case has no loan number {number}");
        problems.add(row.place("loan"), problem, format!("use 1 to {loans}, or 0 for a cost without a loan"));
    }
    let other = row.optional("other_public_funding", problems, parsed(Amount::parse)).unwrap_or_default();
    let evidence_left = row.optional("evidence_left", problems, parsed(Amount::parse));
    let from = row.optional("interest_from", problems, date);
    let until = row.optional("interest_until", problems, date);
    let details = LineDetails {
        rates: rates.clone(),
        standard_premium: row.optional("standard_premium", problems, parsed(Amount::parse)),
        interest_period: from.zip(until),
        interest_days_before: row.optional("interest_days_before", problems, whole(0..=u32::MAX)).unwrap_or(0),
        ordinal: row.optional("ordinal", problems, whole(1..=u32::MAX)),
        occasion: row.optional("occasion", problems, parsed(Tag::parse)),
        units: row.optional("units", problems, whole(0..=u32::MAX)),
        payee: row
            .optional("payee", problems, parsed(InstitutionId::parse))
            .or_else(|| InstitutionId::parse(ordinary::BANK).ok()),
        choices: Vec::new(),
    };
    row.finish(problems);
    Some(CaseLine {
        item: item?,
        cost: cost?,
        paid_on,
        loan: (number > 0).then_some(number),
        other_public_funding: other,
        evidence_left,
        details,
        expect: expect?,
    })
}

/// `expect`, with `bound`, `refusal` and `says` where the case says so.
fn expected(table: &mut Table<'_, '_>, problems: &mut Problems<'_>) -> Option<Expected> {
    let amount = table.required("expect", problems, parsed(Amount::parse));
    let bound = table.optional("bound", problems, code(Bound::parse, Bound::ALL));
    let refusal = table.optional("refusal", problems, code(Refusal::parse, Refusal::ALL));
    let says = table.optional("says", problems, text);
    Some(Expected { amount: amount?, bound, refusal, says })
}

/// `closing = { budget = "…", approved = ["…"], expect = ["…"] }`
fn closing(node: &Node<'_>, key: &str, problems: &mut Problems<'_>) -> Option<(Amount, Vec<(Amount, Amount)>)> {
    let mut table = Table::of(node, &format!("`{key}`"), problems)?;
    let budget = table.required("budget", problems, parsed(Amount::parse));
    let approved = table.required("approved", problems, amounts);
    let expect = table.required("expect", problems, amounts);
    let (approved, expect) = (approved?, expect?);
    if approved.len() != expect.len() {
        let problem = format!("there are {} approvals and {} expected payments", approved.len(), expect.len());
        problems.add(table.place("expect"), problem, "write one payment for each approval");
    }
    table.finish(problems);
    Some((budget?, approved.into_iter().zip(expect).collect()))
}

/// `limit = "…"` with `amount`, `of`, and what is expected.
fn limit_case(
    table: &mut Table<'_, '_>,
    known: &Known,
    rates: &ReferenceRates,
    problems: &mut Problems<'_>,
) -> Option<CaseKind> {
    let limit = table.required("limit", problems, parsed(LimitId::parse));
    if let Some(other) = limit.as_ref().filter(|limit| !known.limits.contains(*limit)) {
        let problem = format!("there is no limit `{other}`");
        problems.add(table.place("limit"), problem, "name a [[limit]] of this file");
    }
    let amount = table.required("amount", problems, parsed(Amount::parse));
    let of = table.required("of", problems, parsed(Amount::parse));
    let year = table.optional("year", problems, whole(1990..=2199)).unwrap_or(2026);
    let year = i16::try_from(year).ok().and_then(FiscalYear::from_value);
    let case_rates = table.tables("rates", "`rates`", problems);
    let rates = rates.with(&given_rates(case_rates, known, problems));
    let holds = table.required("holds", problems, flag);
    let expect = expected(table, problems);
    let facts = LimitFacts { amount: amount?, of: of?, year: year?, rates };
    Some(CaseKind::Limit(Box::new(LimitCase { limit: limit?, facts, expect: expect?, holds: holds? })))
}

fn pool_case(
    table: &mut Table<'_, '_>,
    known: &Known,
    (_, pools): Rules<'_>,
    problems: &mut Problems<'_>,
) -> Option<CaseKind> {
    let pool = table.required("pool", problems, parsed(PoolId::parse));
    let rule = pool.as_ref().and_then(|pool| pools.iter().find(|rule| rule.id == *pool));
    if let Some(other) = pool.as_ref().filter(|pool| !known.pools.contains(*pool)) {
        let problem = format!("there is no pool `{other}`");
        problems.add(table.place("pool"), problem, "name a pool of this file");
    }
    if table.has("filing") {
        let facts = table.required("filing", problems, |node, key, problems| {
            Table::of(node, key, problems).and_then(|table| filing(table, problems))
        });
        let expect = expected(table, problems);
        return Some(CaseKind::Filing(Box::new(FilingCase { pool: pool?, facts: facts?, expect: expect? })));
    }
    let used = table.tables("used", "`used`", problems);
    let used: BTreeMap<CapId, Amount> = used.into_iter().filter_map(|row| used_before(row, known, problems)).collect();
    let facts = table.required("claim", problems, |node, key, problems| {
        Table::of(node, key, problems).and_then(|table| claim(table, problems))
    });
    let rows = table.tables("shares", "`shares`", problems);
    let shares = rows.into_iter().filter_map(|row| share(row, problems)).collect();
    let expect = if table.has("expect") {
        expected(table, problems)
    } else {
        table.tolerate(&["bound", "refusal", "says"]);
        None
    };
    let mut facts = facts?;
    // Caps that the case does not mention are unused.
    let caps = rule.into_iter().flat_map(|rule| &rule.payers).flat_map(|payer| &payer.caps);
    facts.details.used = caps.map(|cap| (cap.id.clone(), Amount::ZERO)).chain(used).collect();
    Some(CaseKind::Claim(Box::new(ClaimCase { pool: pool?, facts, shares, expect })))
}

fn share(mut row: Table<'_, '_>, problems: &mut Problems<'_>) -> Option<(LossParty, Amount)> {
    let party = row.required("party", problems, code(LossParty::parse, LossParty::ALL));
    let amount = row.required("amount", problems, parsed(Amount::parse));
    row.finish(problems);
    Some((party?, amount?))
}

fn filing(mut table: Table<'_, '_>, problems: &mut Problems<'_>) -> Option<FilingFacts> {
    let principal = table.required("principal", problems, parsed(Amount::parse));
    let ip_part = table.optional("ip_part", problems, parsed(Amount::parse)).or(principal);
    let exposure = table.optional("exposure", problems, parsed(Amount::parse)).unwrap_or_default();
    let free_balance = table.optional("free_balance", problems, parsed(Amount::parse));
    let borrower_filed = table.optional("borrower_filed", problems, parsed(Amount::parse)).unwrap_or_default();
    let losses = table.optional("bank_year_losses", problems, parsed(Amount::parse)).unwrap_or_default();
    let filed = table.optional("bank_year_filed", problems, parsed(Amount::parse)).unwrap_or_default();
    table.finish(problems);
    Some(FilingFacts {
        ip_part: ip_part?,
        exposure,
        free_balance: free_balance.unwrap_or_else(ordinary::plenty),
        principal,
        borrower_filed: Some(borrower_filed),
        bank_year: Some((losses, filed)),
    })
}

fn claim(mut table: Table<'_, '_>, problems: &mut Problems<'_>) -> Option<ClaimFacts> {
    let mut amount = |key, problems: &mut Problems<'_>| table.optional(key, problems, parsed(Amount::parse));
    let loss = amount("loss", problems);
    let principal = amount("principal", problems).or(loss);
    let ip_part = amount("ip_part", problems).or(principal);
    let outstanding = amount("outstanding", problems).or(loss);
    let free_balance = amount("free_balance", problems).unwrap_or_else(ordinary::plenty);
    let bank_year_losses = amount("bank_year_losses", problems).unwrap_or_default();
    let bank_year_filed = amount("bank_year_filed", problems).unwrap_or_else(ordinary::plenty);
    let (payee_liability, other_public) = (amount("payee_liability", problems), amount("other_public", problems));
    if loss.is_none() {
        problems.add(table.start, "the claim has no `loss`", "add `loss = \"…\"`");
    }
    let overdue = table.optional("overdue_days", problems, whole(0..=36_600)).unwrap_or(91);
    let details = ClaimDetails {
        size_class: table.optional("size_class", problems, code(SizeClass::parse, SizeClass::ALL)),
        classes: table.optional("classes", problems, tags),
        district: table.optional("district", problems, parsed(District::parse)),
        disbursed_on: table.optional("disbursed_on", problems, date),
        pledged_on: table.optional("pledged_on", problems, date),
        bank_business_year: table.optional("bank_business_year", problems, whole(1..=1000)),
        higher_recognised: table.optional("higher_recognised", problems, flag),
        working_days: table.optional("working_days", problems, whole(0..=36_600)).map(i64::from),
        parties: table
            .optional("parties", problems, list(code(LossParty::parse, LossParty::ALL)))
            .map(|parties| parties.into_iter().collect()),
        loan: loan_details(&mut table, problems),
        payee_liability,
        other_public,
        used: BTreeMap::new(),
    };
    table.finish(problems);
    Some(ClaimFacts {
        principal_loss: loss?,
        outstanding: outstanding?,
        principal: principal?,
        ip_part: ip_part?,
        overdue_days: Some(i64::from(overdue)),
        free_balance,
        bank_year_losses,
        bank_year_filed,
        details,
    })
}
