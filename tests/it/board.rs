//! The board's running sums against the yearly report, which reads the whole journal: the same cells, after every few
//! entries of generated workloads and after every entry of the decision scripts, with reversals, clawbacks, closing runs,
//! corrections, year ends, clocks that are set back and whatever comes late into a year that is over.

use std::collections::{BTreeMap, BTreeSet};

use ipledger::book::Book;
use ipledger::book::event::Entry;
use ipledger::calendar::CivilDate;
use ipledger::figures::Figures;
use ipledger::identifier::{District, Sequence};
use ipledger::report::{Cell, Extract, Name, Question, Report, Section, board, run};

use crate::property;

/// The sections of a board, as the yearly report calls them.
const SECTIONS: [&str; 6] =
    ["overview", "subsidies-by-district", "outstanding", "budget-execution", "pools", "targets"];

fn yearly(entries: &[Entry], to: CivilDate) -> Report {
    let known_at = Sequence::new(u64::try_from(entries.len()).unwrap());
    let question = Question::of_year_until(to, known_at);
    let mut extract = Extract::new(&question);
    for entry in entries {
        extract.take(entry);
    }
    run(Name::Yearly, &extract, &question, "")
}

fn section<'a>(sections: &'a [Section], id: &str) -> &'a Section {
    sections.iter().find(|section| section.id == id).unwrap_or_else(|| panic!("no `{id}`"))
}

/// Fails where the board of a day differs from the yearly report until that day.
fn compare(figures: &Figures, book: &Book, entries: &[Entry], today: CivilDate) -> Vec<Section> {
    let day = figures.day(today);
    let (expected, shown) = (yearly(entries, day), board::sections(figures, book, day, None));
    assert_eq!(shown.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), SECTIONS);
    for id in SECTIONS {
        let last = &entries.last().unwrap().event;
        assert_eq!(section(&shown, id), section(&expected.sections, id), "{id} on {day} after {last:?}");
    }
    let districts: BTreeSet<District> = book.enterprises.values().map(|one| one.details.district.clone()).collect();
    if let Some(one) = districts.first() {
        let limited = board::sections(figures, book, day, Some(&BTreeSet::from([one])));
        let [only] = limited.as_slice() else { panic!("{limited:?}") };
        let all = section(&expected.sections, "subsidies-by-district");
        let of_one = |row: &&_| -> bool { is_of(row, one) };
        let plain = only.rows.iter().filter(|row| !row.is_total).collect::<Vec<_>>();
        assert_eq!(plain, all.rows.iter().filter(of_one).collect::<Vec<_>>(), "{one} alone");
    }
    shown
}

fn is_of(row: &ipledger::report::Row, district: &District) -> bool {
    !row.is_total && row.cells.first() == Some(&Cell::Text(district.to_string()))
}

/// Carries a board on through these entries and compares it after every few of them, also as it will be shown later.
pub(crate) fn agrees(entries: &[Entry], every: usize) -> Vec<Section> {
    let (mut figures, mut book, mut shown) = (Figures::default(), Book::new(), Vec::new());
    for (index, entry) in entries.iter().enumerate() {
        figures.apply(&mut book, entry);
        // A group is whole or not there.
        if book.open_group().is_some() || (index % every != 0 && index + 1 < entries.len()) {
            continue;
        }
        let so_far = &entries[..=index];
        let today = entry.recorded_at.shanghai_date();
        shown = compare(&figures, &book, so_far, today);
        if index % (every * 5) == 0 {
            compare(&figures, &book, so_far, today.plus_days(40).unwrap());
            compare(&figures, &book, so_far, today.year().next().unwrap().first_day());
        }
    }
    let mut again = Book::new();
    for entry in entries {
        again.apply(entry);
    }
    assert_eq!(book, again, "the book is what it is without the figures");
    shown
}

#[test]
fn the_board_is_the_yearly_report() {
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    let mut filled = BTreeSet::new();
    for seed in 1..=8 {
        let audited = property::run(seed, 900).unwrap_or_else(|problem| panic!("{problem}"));
        for section in agrees(&audited.entries, 31) {
            if !section.rows.is_empty() {
                filled.insert(section.id);
            }
        }
        for (what, count) in audited.seen {
            *seen.entry(what).or_default() += count;
        }
    }
    for what in ["ApplicationChanged ClawbackReceived", "YearClosed", "Reversed PrincipalPaid", "Reversed SubsidyPaid"]
    {
        assert!(seen.contains_key(what), "no seed came to `{what}`");
    }
    for id in SECTIONS.iter().filter(|id| **id != "targets") {
        assert!(filled.contains(*id), "`{id}` was compared empty only");
    }
}

/// The sums are as many as there are days, banks, districts and accounts: twice as many loans on the same days cost
/// nothing.
#[test]
fn the_sums_are_small() {
    let audited = property::run(9, 1_800).unwrap_or_else(|problem| panic!("{problem}"));
    let (mut figures, mut book) = (Figures::default(), Book::new());
    for entry in &audited.entries {
        figures.apply(&mut book, entry);
    }
    let bytes = postcard::to_stdvec(&figures).unwrap().len();
    let of_book = postcard::to_stdvec(&book).unwrap().len();
    assert!(bytes * 5 < of_book, "{bytes} of {of_book}, though there are days with one entry only");
}
