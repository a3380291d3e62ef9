//! Each class in its plainest shape, and a property: whatever is done to the lines of a true list is found as what it
//! is, with nothing else touched.

#![expect(
    clippy::needless_raw_string_hashes, // as expect-test writes them
    clippy::needless_pass_by_value,     // an expectation is written where it is used
    clippy::arithmetic_side_effects,
    clippy::integer_division,
    reason = "small numbers in a test"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::statement::Place;

fn date(text: &str) -> CivilDate {
    CivilDate::parse(text).unwrap()
}

fn amount(text: &str) -> Amount {
    text.strip_prefix('-').map_or_else(|| Amount::parse(text).unwrap(), |rest| Amount::parse(rest).unwrap().negated())
}

fn scope(statement: &str) -> Scope {
    Scope {
        statement: StatementOf::parse(statement).unwrap(),
        from: date("2026-03-01"),
        to: date("2026-03-31"),
        tolerance_days: TOLERANCE_DAYS_DEFAULT,
    }
}

/// `2026-03-05 interest 100 contract=C party=甲 ref=R period=2026-01-01..2026-03-20 summary=冲正 by=7`.
struct Words<'a> {
    date: CivilDate,
    nature: Nature,
    amount: Amount,
    values: BTreeMap<&'a str, &'a str>,
}

fn words(text: &str) -> Words<'_> {
    let mut tokens = text.split_whitespace();
    let date = date(tokens.next().unwrap());
    let nature = match tokens.next().unwrap() {
        "interest" => Nature::Interest,
        "principal" => Nature::Principal,
        "drawdown" => Nature::Drawdown,
        "cash" => Nature::Cash,
        other => panic!("no nature: {other}"),
    };
    let amount = amount(tokens.next().unwrap());
    Words { date, nature, amount, values: tokens.map(|token| token.split_once('=').unwrap()).collect() }
}

impl Words<'_> {
    fn text(&self, key: &str) -> Option<String> {
        self.values.get(key).map(ToString::to_string)
    }

    fn period(&self) -> Option<(CivilDate, CivilDate)> {
        let (from, to) = self.values.get("period")?.split_once("..").unwrap();
        Some((date(from), date(to)))
    }
}

fn line(row: u32, text: &str) -> Line {
    let words = words(text);
    Line {
        place: Place { sheet: Arc::from("x"), row },
        nature: words.nature,
        amount: words.amount,
        date: words.date,
        contract: words.text("contract"),
        party_code: words.text("code").map(|code| Uscc::parse(&code).unwrap()),
        party: words.text("party"),
        reference: words.text("ref"),
        period: words.period(),
        summary: words.text("summary"),
        stated: None,
    }
}

fn item(sequence: u64, text: &str) -> Item {
    let words = words(text);
    Item {
        sequence: Sequence::new(sequence),
        nature: words.nature,
        amount: words.amount,
        date: words.date,
        contract: words.text("contract"),
        party_code: words.text("code").map(|code| Uscc::parse(&code).unwrap()),
        party: words.text("party"),
        reference: words.text("ref"),
        period: words.period(),
        reconciled_by: words.text("by").map(|by| Sequence::new(by.parse().unwrap())),
        reverses: words.text("reverses").map(|entry| Sequence::new(entry.parse().unwrap())),
    }
}

/// Rows are numbered from 1, entries from 101.
#[track_caller]
fn check(statement: &str, lines: &[&str], items: &[&str], expected: Expect) {
    let made = |items: &[&str]| (101..).zip(items).map(|(number, text)| item(number, text)).collect::<Vec<_>>();
    let lines: Vec<Line> = (1..).zip(lines).map(|(row, text)| line(row, text)).collect();
    let comparison = compare(scope(statement), lines.clone(), made(items));
    let mut text = String::new();
    for finding in &comparison.findings {
        let rows: Vec<u32> = finding.lines.iter().map(|index| comparison.lines[*index].place.row).collect();
        let entries: Vec<u64> = finding.items.iter().map(|index| comparison.items[*index].sequence.value()).collect();
        writeln!(text, "{} {rows:?} {entries:?} {}", finding.class, finding.reason.en).unwrap();
    }
    expected.assert_eq(&text);
    // The order of the lines does not matter, but for which of two alike comes first.
    let backwards = compare(scope(statement), lines.into_iter().rev().collect(), made(items));
    assert_eq!(backwards.counts, comparison.counts);
}

#[test]
fn equal_by_whatever_both_know() {
    check(
        "repayments/icbc",
        &[
            "2026-03-05 interest 100 contract=Ｃ-1",
            "2026-03-06 interest 100 party=甲公司",
            "2026-03-07 interest 100 ref=s9",
            "2026-03-08 interest 100",
            "2026-03-12 principal 100 contract=C-1",
            "2026-03-09 interest 100 contract=C-1 period=2026-02-01..2026-02-28",
        ],
        &[
            "2026-03-05 interest 100 contract=C-1 party=甲公司 ref=x",
            "2026-03-06 interest 100 contract=C-2 party=甲公司",
            "2026-03-07 interest 100 contract=C-3 ref=S9",
            "2026-03-08 interest 100 contract=C-4",
            "2026-03-09 principal 100 contract=C-1",
            "2026-03-09 interest 100 contract=C-1 period=2026-02-01..2026-02-28",
        ],
        expect![[r#"
            equal [1] [101] as entry 101
            equal [2] [102] as entry 102
            equal [3] [103] as entry 103
            equal [4] [104] as entry 104
            equal [5] [105] as entry 105, 3 days apart (tolerance 3)
            equal [6] [106] as entry 106
        "#]],
    );
}

#[test]
fn genuine_twins_are_kept_and_a_line_too_many_is_found() {
    let twin = "2026-03-05 interest 100 contract=C-1";
    check(
        "repayments/icbc",
        &[twin, twin],
        &[twin, twin],
        expect![[r#"
        equal [1] [101] as entry 101
        equal [2] [102] as entry 102
    "#]],
    );
    check(
        "repayments/icbc",
        &[twin, twin, twin],
        &[twin, twin],
        expect![[r#"
        equal [1] [101] as entry 101
        equal [2] [102] as entry 102
        duplicate [3] [] row 1 is the same in every column, and the ledger has one: a line too many, or a payment that the ledger lacks
    "#]],
    );
    // Both missing: nothing says that one is too many.
    check(
        "repayments/icbc",
        &[twin, twin],
        &[],
        expect![[r#"
        missing-in-ledger [1] [] the ledger has no such entry
        missing-in-ledger [2] [] the ledger has no such entry
    "#]],
    );
    // With a reference of the bank's, something does.
    let referenced = "2026-03-05 interest 100 contract=C-1 ref=S1";
    check(
        "repayments/icbc",
        &[referenced, referenced],
        &[],
        expect![[r#"
        missing-in-ledger [1] [] the ledger has no such entry
        duplicate [2] [] row 1 is the same, reference included: the line stands in the file twice
    "#]],
    );
    // A line too many does not take the place of one that was forgotten.
    check(
        "repayments/icbc",
        &[referenced, referenced],
        &[referenced, "2026-03-05 interest 100 contract=C-1 ref=S2"],
        expect![[r#"
            equal [1] [101] as entry 101
            duplicate [2] [] row 1 is the same, reference included: the line stands in the file twice
            missing-in-statement [] [102] entry 102 is not in the statement
        "#]],
    );
}

#[test]
fn one_thing_is_off() {
    check(
        "repayments/icbc",
        &[
            "2026-03-05 interest 100.01 contract=C-1",
            "2026-03-15 interest 200 contract=C-2",
            "2026-03-05 interest 300 contract=C-33 party=丙",
            "2026-03-05 interest 400 contract=C-4 party=丁",
            "2026-03-05 interest 500 contract=C-5 period=2026-02-01..2026-02-28",
            "2026-03-05 interest 600 ref=S6",
            "2026-03-05 interest 700 party=庚",
        ],
        &[
            "2026-03-05 interest 100 contract=C-1",
            "2026-03-05 interest 200 contract=C-2",
            "2026-03-05 interest 300 contract=C-3 party=丙",
            "2026-03-05 interest 400 contract=C-4 party=戊",
            "2026-03-05 interest 500 contract=C-5 period=2026-01-01..2026-02-28",
            "2026-03-25 interest 666 contract=C-6 ref=S6",
            "2026-03-05 interest 700 party=辛",
        ],
        expect![[r#"
            amount-differs [1] [101] entry 101: the statement says 100.01, the ledger 100.00; the difference is 0.01
            date-differs [2] [102] entry 102: the statement says 2026-03-15, the ledger 2026-03-05; 10 days apart
            party-differs [3] [103] entry 103: the statement says contract `C-33`, the ledger `C-3`
            party-differs [4] [104] entry 104: the statement says party `丁`, the ledger `戊`
            date-differs [5] [105] entry 105: the statement says interest of 2026-02-01 – 2026-02-28, the ledger of 2026-01-01 – 2026-02-28
            amount-differs [6] [106] entry 106: the statement says 600.00, the ledger 666.00; the difference is -66.00; the statement says 2026-03-05, the ledger 2026-03-25; 20 days apart
            party-differs [7] [107] entry 107: the statement says party `庚`, the ledger `辛`
        "#]],
    );
}

#[test]
fn split_merged_and_reversed() {
    check(
        "repayments/icbc",
        &[
            "2026-03-05 interest 60 contract=C-1",
            "2026-03-06 interest 40 contract=C-1",
            "2026-03-20 interest 300 contract=C-2",
            "2026-03-10 interest 50 contract=C-3",
            "2026-03-11 interest -50 contract=C-3",
            "2026-03-12 interest 50 contract=C-3",
            "2026-03-13 interest -70 contract=C-4",
            "2026-03-13 interest 70 contract=C-4",
            "2026-03-15 interest -80 contract=C-5",
            "2026-03-14 interest 80 contract=C-5",
        ],
        &[
            "2026-03-05 interest 100 contract=C-1",
            "2026-03-18 interest 120 contract=C-2",
            "2026-03-19 interest 180 contract=C-2",
            "2026-03-12 interest 50 contract=C-3",
            "2026-03-13 interest 70 contract=C-4",
        ],
        expect![[r#"
            split [1, 2] [101] 2 lines (rows 1, 2) add up to 100.00 of entry 101
            merged [3] [102, 103] 2 entries (102, 103) add up to 300.00
            reversed [4, 5] [] rows 4 and 5 cancel each other
            equal [6] [104] as entry 104
            missing-in-ledger [7] [] the ledger has no such entry; it takes back row 8: reverse that payment in the ledger
            equal [8] [105] as entry 105
            reversed [9, 10] [] rows 9 and 10 cancel each other
        "#]],
    );
}

#[test]
fn in_an_account_money_in_and_out_is_no_reversal_unless_it_says_so() {
    check(
        "pool/hebi-pool",
        &[
            "2026-03-05 cash 100 party=甲",
            "2026-03-06 cash -100 party=甲",
            "2026-03-07 cash -200 party=乙",
            "2026-03-08 cash 200 party=乙 summary=退汇",
            "2026-03-09 cash -600",
        ],
        &["2026-03-09 cash -100 party=丙", "2026-03-09 cash -200 party=丁", "2026-03-09 cash -300 party=戊"],
        expect![[r#"
            missing-in-ledger [1] [] the ledger has no such entry
            missing-in-ledger [2] [] the ledger has no such entry
            reversed [3, 4] [] rows 3 and 4 cancel each other
            merged [5] [101, 102, 103] 3 entries (101, 102, 103) add up to -600.00
        "#]],
    );
}

#[test]
fn what_was_reconciled_is_said_and_not_matched_again() {
    check(
        "repayments/icbc",
        &[
            "2026-03-05 interest 100 contract=C-1",
            "2026-03-06 interest 200 contract=C-2",
            "2026-03-07 interest 301 contract=C-3",
        ],
        &[
            "2026-03-05 interest 100 contract=C-1 by=50",
            "2026-03-06 interest 200 contract=C-2 by=50",
            "2026-03-06 interest 200 contract=C-2",
            "2026-03-07 interest 300 contract=C-3 by=50",
            "2026-03-08 interest 400 contract=C-4 by=50",
        ],
        expect![[r#"
            already-reconciled [1] [101] entry 101 was reconciled by entry 50
            equal [2] [103] as entry 103
            missing-in-ledger [3] [] the ledger has no such entry
        "#]],
    );
}

#[test]
fn an_entry_and_its_reversal_are_no_lines_that_are_missing() {
    check(
        "repayments/icbc",
        &[
            "2026-03-05 interest 100 contract=C-1",
            "2026-03-09 interest 50 contract=C-2",
            "2026-03-10 interest -50 contract=C-2",
        ],
        &[
            "2026-03-05 interest 101 contract=C-1 ref=S1",
            "2026-03-06 interest -101 contract=C-1 ref=S1 reverses=101",
            "2026-03-05 interest 100 contract=C-1 ref=S1",
            "2026-03-09 interest 50 contract=C-2",
            "2026-03-10 interest -50 contract=C-2 reverses=104",
        ],
        expect![[r#"
            equal [1] [103] as entry 103
            equal [2] [104] as entry 104
            equal [3] [105] as entry 105
            reversed [] [101, 102] entry 102 reverses entry 101, and the statement shows neither
        "#]],
    );
}

#[test]
fn outside_the_period_the_ledger_owes_no_line() {
    check(
        "repayments/icbc",
        &["2026-04-01 interest 100 contract=C-1", "2025-11-05 interest 50 contract=C-9"],
        &[
            "2026-03-30 interest 100 contract=C-1",
            "2026-04-02 interest 300 contract=C-3",
            "2026-03-31 interest 1 contract=C-1",
        ],
        expect![[r#"
            equal [1] [101] as entry 101, 2 days apart (tolerance 3)
            missing-in-ledger [2] [] the ledger has no such entry near 2025-11-05, which is outside the period
            missing-in-statement [] [103] entry 103 is not in the statement
        "#]],
    );
}

/// What is done to one line of the true list.
#[derive(Debug, Clone, Copy)]
enum Change {
    Nothing,
    Drop,
    Double,
    Amount(i64),
    Later(i64),
    Contract,
    Party,
    Split(i64),
    /// Together with the next payment of the same loan.
    Merge,
    Reverse,
    /// A line that the ledger never had, beside it.
    Invent,
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        12 => Just(Change::Nothing),
        1 => Just(Change::Drop),
        1 => Just(Change::Double),
        1 => (1_i64..99).prop_map(Change::Amount),
        1 => (4_i64..10).prop_map(Change::Later),
        1 => Just(Change::Contract),
        1 => Just(Change::Party),
        1 => (1_i64..900_000).prop_map(Change::Split),
        1 => Just(Change::Merge),
        1 => Just(Change::Reverse),
        1 => Just(Change::Invent),
    ]
}

const PAYMENTS_OF_A_LOAN: usize = 8;

/// The ledger's payments: some loans, a payment of each every thirty days, each with a sum of its own.
fn ledger(count: usize, referenced: bool) -> Vec<Item> {
    let payment = |index: usize| {
        let (loan, month) = (index / PAYMENTS_OF_A_LOAN, index % PAYMENTS_OF_A_LOAN);
        let day = i64::try_from(month * 30 + loan % 5).unwrap();
        Item {
            sequence: Sequence::new(u64::try_from(index).unwrap() + 1),
            nature: Nature::Interest,
            amount: Amount::from_fen(1_000_000 + i64::try_from(index).unwrap() * 10_007),
            date: date("2026-01-10").plus_days(day).unwrap(),
            contract: Some(format!("C-{loan}")),
            party_code: None,
            party: Some(format!("㐂𠮷公司{loan}")),
            reference: referenced.then(|| format!("S-{index}")),
            period: None,
            reconciled_by: None,
            reverses: None,
        }
    };
    (0..count).map(payment).collect()
}

fn true_line(item: &Item) -> Line {
    Line {
        place: Place { sheet: Arc::from("x"), row: 0 },
        nature: item.nature,
        amount: item.amount,
        date: item.date,
        contract: item.contract.clone(),
        party_code: None,
        party: item.party.clone(),
        reference: item.reference.clone(),
        period: None,
        summary: None,
        stated: None,
    }
}

/// The lines after the changes, and the classes that the entries and lines must end in: for each expectation its
/// entries, and how many lines.
struct Doctored {
    lines: Vec<Line>,
    expected: Vec<(Class, Vec<u64>, usize)>,
}

fn doctor(items: &[Item], changes: &[Change]) -> Doctored {
    let mut made = Doctored { lines: Vec::new(), expected: Vec::new() };
    let mut swallowed = false;
    for (index, item) in items.iter().enumerate() {
        if std::mem::take(&mut swallowed) {
            continue;
        }
        let (line, entry) = (true_line(item), item.sequence.value());
        let with = |amount: Amount| Line { amount, reference: None, ..line.clone() };
        let next = items.get(index + 1).filter(|next| next.contract == item.contract);
        let change =
            if matches!(changes[index], Change::Merge) && next.is_none() { Change::Nothing } else { changes[index] };
        let (lines, expected) = match change {
            Change::Nothing => (vec![line], vec![(Class::Equal, vec![entry], 1)]),
            Change::Drop => (vec![], vec![(Class::MissingInStatement, vec![entry], 0)]),
            Change::Double => {
                (vec![line.clone(), line], vec![(Class::Equal, vec![entry], 1), (Class::Duplicate, vec![], 1)])
            }
            Change::Amount(fen) => {
                let amount = line.amount.plus(Amount::from_fen(fen));
                (vec![Line { amount, ..line }], vec![(Class::AmountDiffers, vec![entry], 1)])
            }
            Change::Later(days) => {
                let date = line.date.plus_days(days).unwrap();
                (vec![Line { date, ..line }], vec![(Class::DateDiffers, vec![entry], 1)])
            }
            Change::Contract => {
                let contract = Some(format!("X-{index}"));
                (vec![Line { contract, ..line }], vec![(Class::PartyDiffers, vec![entry], 1)])
            }
            Change::Party => {
                let party = Some(format!("别家{index}"));
                (vec![Line { party, ..line }], vec![(Class::PartyDiffers, vec![entry], 1)])
            }
            Change::Split(fen) => {
                let part = Amount::from_fen(fen);
                let rest = line.amount.minus(part);
                (vec![with(part), with(rest)], vec![(Class::Split, vec![entry], 2)])
            }
            Change::Merge => {
                swallowed = true;
                let next = next.unwrap();
                let merged = Line { date: next.date, ..with(item.amount.plus(next.amount)) };
                (vec![merged], vec![(Class::Merged, vec![entry, next.sequence.value()], 1)])
            }
            Change::Reverse => {
                let pair = vec![line.clone(), with(line.amount.negated()), with(line.amount)];
                (pair, vec![(Class::Equal, vec![entry], 1), (Class::Reversed, vec![], 2)])
            }
            Change::Invent => {
                let contract = Some(format!("Z-{index}"));
                let party = Some(format!("无名{index}"));
                let invented =
                    Line { contract, party, ..with(Amount::from_fen(77_000_000 + i64::try_from(index).unwrap())) };
                (vec![line, invented], vec![(Class::Equal, vec![entry], 1), (Class::MissingInLedger, vec![], 1)])
            }
        };
        made.lines.extend(lines);
        made.expected.extend(expected);
    }
    made.expected.sort();
    made
}

fn found(comparison: &Comparison) -> Vec<(Class, Vec<u64>, usize)> {
    let of = |finding: &Finding| {
        let mut entries: Vec<u64> =
            finding.items.iter().map(|index| comparison.items[*index].sequence.value()).collect();
        entries.sort_unstable();
        (finding.class, entries, finding.lines.len())
    };
    let mut found: Vec<_> = comparison.findings.iter().map(of).collect();
    found.sort();
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Drop, double, alter, split, merge, reverse, invent and shuffle: every change is found as what it is, and every
    /// other line is equal to its own entry.
    #[test]
    fn every_change_is_found_as_what_it_is(
        changes in prop::collection::vec(change(), 8..80),
        order in prop::collection::vec(any::<u32>(), 240),
        referenced in any::<bool>(),
    ) {
        let items = ledger(changes.len(), referenced);
        let Doctored { lines, expected } = doctor(&items, &changes);
        let mut shuffled: Vec<(u32, Line)> = order.into_iter().zip(lines).collect();
        shuffled.sort_by_key(|(order, _)| *order);
        let mut lines: Vec<Line> = shuffled.into_iter().map(|(_, line)| line).collect();
        for (row, line) in (1..).zip(&mut lines) {
            line.place.row = row;
        }
        let scope = Scope { from: date("2026-01-01"), to: date("2026-12-31"), ..scope("repayments/icbc") };
        let comparison = compare(scope.clone(), lines.clone(), items.clone());
        prop_assert_eq!(found(&comparison), expected);

        // Each line is in one finding, each entry in one at most; the counts say the same.
        let mut seen: Vec<usize> = comparison.findings.iter().flat_map(|finding| finding.lines.clone()).collect();
        seen.sort_unstable();
        prop_assert_eq!(seen, (0..lines.len()).collect::<Vec<_>>());
        let mut entries: Vec<usize> = comparison.findings.iter().flat_map(|finding| finding.items.clone()).collect();
        let all = entries.len();
        entries.sort_unstable();
        entries.dedup();
        prop_assert_eq!(entries.len(), all);

        // Signed off and sent again: what was found is reconciled already, nothing is found anew.
        let matched = comparison.matched();
        let by = |item: Item| Item { reconciled_by: matched.contains(&item.sequence).then(|| Sequence::new(999)), ..item };
        let again = compare(scope, lines, items.into_iter().map(by).collect());
        prop_assert!(again.matched().is_empty(), "{:?}", again.findings);
        prop_assert_eq!(again.counts.of(Class::Equal), 0);
    }
}

/// Nothing is quadratic: many payments of one sum, on one day, of nobody in particular.
#[test]
fn a_hundred_thousand_alike_take_no_time_to_speak_of() {
    let lines: Vec<Line> = (1..=20_000).map(|row| line(row, "2026-03-05 cash 100")).collect();
    let items: Vec<Item> = (1..=20_000).map(|number| item(number, "2026-03-05 cash 100 party=甲")).collect();
    let comparison = compare(scope("treasury"), lines, items);
    assert_eq!(comparison.counts.of(Class::Equal), 20_000);
}
