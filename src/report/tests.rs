//! Reports of a few hand-made entries: the two dates, the forms, and what a name may look like.

use calamine::{Data, Reader as _, Xlsx};
use expect_test::expect;

use super::extract::LoanFlow;
use super::write::{Form, write};
use super::*;
use crate::book::account::{Account, transfer};
use crate::book::application::Application;
use crate::book::event::{
    ApplicationChange, ApplicationChanged, BudgetChange, Entry, Event, InterestPaid, LoanChange, LoanChanged,
    PoolMoved, PoolMovement, RequestKey, Reversed, Undone, YearClosed, YearEndLine,
};
use crate::book::nouns::{ApplicationState, BlacklistDetails, Caller, Concerns, EnterpriseDetails, Hands, Role};
use crate::calendar::{FiscalYear, Timestamp};
use crate::identifier::{
    ApplicationId, BudgetLineId, District, FunderId, LoanId, PersonId, PoolId, ProgrammeId, RequestId, Sequence, Uscc,
};
use crate::rulebook::Language;
use crate::rulebook::terms::{BlacklistGround, SizeClass};

fn day(text: &str) -> CivilDate {
    CivilDate::parse(text).unwrap()
}

fn entry(sequence: u64, effective: &str, event: Event) -> Entry {
    let mut id = [0_u8; 16];
    id[..8].copy_from_slice(&sequence.to_be_bytes());
    let postings = if let Event::PoolMoved(moved) = &event {
        let PoolMovement::Contribution(funder) = &moved.movement else { panic!("only contributions here") };
        let capital = Account::PoolCapital(moved.pool.clone(), funder.clone());
        transfer(Account::PoolCash(moved.pool.clone()), capital, moved.amount)
    } else {
        Vec::new()
    };
    Entry {
        sequence: Sequence::new(sequence),
        recorded_at: Timestamp::from_micros(1_772_337_600_000_000_i64.saturating_add_unsigned(sequence)),
        effective_date: day(effective),
        late_for: None,
        actor: Caller::of_bureau(Role::Finance, PersonId::parse("zhao").unwrap()),
        request: RequestKey { id: RequestId::from_bytes(id).unwrap(), digest: [0; 32] },
        concerns: Concerns::default(),
        event,
        postings,
    }
}

fn contribution(sequence: u64, effective: &str, yuan: i64) -> Entry {
    let moved = PoolMoved {
        pool: PoolId::parse("pool").unwrap(),
        movement: PoolMovement::Contribution(FunderId::parse("city").unwrap()),
        amount: Amount::from_yuan(yuan),
        reference: "A1".to_owned(),
    };
    entry(sequence, effective, Event::PoolMoved(moved))
}

fn made(name: Name, entries: &[Entry], question: &Question) -> Report {
    let mut extract = Extract::new(question);
    for entry in entries {
        extract.take(entry);
    }
    run(name, &extract, question, "root")
}

/// The cells of the first row of the first section.
fn first_row(report: &Report) -> &[Cell] {
    &report.sections[0].rows[0].cells
}

#[test]
fn effective_at_one_date_as_known_at_another() {
    let entries = [
        contribution(1, "2025-12-30", 100),
        contribution(2, "2026-01-10", 20),
        // Recorded last, and back-dated into the year before.
        contribution(3, "2025-12-31", 3),
    ];
    let cash = |to: &str, known_at: u64| {
        let question = Question::of_year_until(day(to), Sequence::new(known_at));
        let report = made(Name::PoolStatement, &entries, &question);
        let [_, opening, contributions, _, _, _, _, closing, ..] = first_row(&report) else { panic!("columns") };
        (opening.clone(), contributions.clone(), closing.clone())
    };
    let yuan = |yuan| Cell::Money(Amount::from_yuan(yuan));
    assert_eq!(cash("2025-12-31", 2), (yuan(0), yuan(100), yuan(100)));
    assert_eq!(cash("2025-12-31", 3), (yuan(0), yuan(103), yuan(103)));
    assert_eq!(cash("2026-01-31", 2), (yuan(100), yuan(20), yuan(120)));
    assert_eq!(cash("2026-01-31", 3), (yuan(103), yuan(20), yuan(123)));
}

#[test]
fn later_entries_do_not_change_a_pinned_report() {
    let entries = [contribution(1, "2025-12-30", 100), contribution(2, "2025-12-31", 20)];
    let question = Question::of_year_until(day("2025-12-31"), Sequence::new(1));
    for form in Form::ALL {
        for name in Name::ALL {
            let then = write(&made(*name, &entries[..1], &question), *form, Language::Chinese).unwrap();
            let now = write(&made(*name, &entries, &question), *form, Language::Chinese).unwrap();
            assert!(then == now, "{name} as {form} changed");
        }
    }
}

#[test]
fn half_years_begin_in_january_and_july() {
    assert_eq!(Name::HalfYearly.first_day(day("2025-06-30")), day("2025-01-01"));
    assert_eq!(Name::HalfYearly.first_day(day("2025-07-01")), day("2025-07-01"));
    assert_eq!(Name::Yearly.first_day(day("2025-12-20")), day("2025-01-01"));
}

#[test]
fn shares_are_rounded_down_and_never_of_nothing() {
    let yuan = Amount::from_yuan;
    assert_eq!(percent(yuan(2), yuan(3)), Cell::Percent("66.66".to_owned()));
    assert_eq!(percent(yuan(3), yuan(2)), Cell::Percent("150.00".to_owned()));
    assert_eq!(percent(yuan(0), yuan(2)), Cell::Percent("0.00".to_owned()));
    assert_eq!(percent(yuan(1), yuan(0)), Cell::Empty);
}

/// Two blacklisted enterprises with names that break careless writers.
fn difficult_names() -> Report {
    let named = |sequence, uscc: &str, name: &str| {
        let details = EnterpriseDetails {
            uscc: Uscc::parse(uscc).unwrap(),
            name: name.to_owned(),
            size_class: SizeClass::Small,
            district: District::parse("qibin").unwrap(),
        };
        entry(sequence, "2025-03-01", Event::EnterpriseRegistered(details))
    };
    let listed = |sequence, uscc: &str| {
        let details = BlacklistDetails {
            enterprise: Uscc::parse(uscc).unwrap(),
            ground: BlacklistGround::Piracy,
            until: None,
            document: "鹤知执〔2025〕19号".to_owned(),
        };
        entry(sequence, "2025-04-01", Event::BlacklistEntryAdded(details))
    };
    let (one, other) = ("91110000600037341L", "91310115MA1K3BTP2B");
    let entries = [
        named(1, one, "㐂䶮𠮷<科技> & \"有限\",公司"),
        named(2, other, "=cmd|' /C calc'!A0"),
        listed(3, one),
        listed(4, other),
    ];
    made(Name::Blacklist, &entries, &Question::of_year_until(day("2025-12-31"), Sequence::new(4)))
}

#[test]
fn rare_characters_and_formulas_survive_a_csv() {
    let bytes = write(&difficult_names(), Form::Csv, Language::Chinese).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.starts_with('\u{feff}'));
    assert!(text.contains("\"㐂䶮𠮷<科技> & \"\"有限\"\",公司\""), "{text}");
    assert!(text.contains("'=cmd|' /C calc'!A0"), "{text}");
    assert!(!text.contains("\r\n=cmd"), "{text}");
}

#[test]
fn rare_characters_and_formulas_survive_a_page() {
    let text = String::from_utf8(write(&difficult_names(), Form::Html, Language::Chinese).unwrap()).unwrap();
    assert!(text.contains("㐂䶮𠮷&lt;科技&gt; &amp; &quot;有限&quot;,公司"), "{text}");
}

#[test]
fn a_workbook_is_read_back_as_it_was_meant() {
    let bytes = write(&difficult_names(), Form::Xlsx, Language::Chinese).unwrap();
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(bytes)).unwrap();
    let sheet = book.worksheet_range("失信名单").unwrap();
    let cells: Vec<Data> = sheet.rows().flatten().cloned().collect();
    for name in ["㐂䶮𠮷<科技> & \"有限\",公司", "=cmd|' /C calc'!A0", "鹤知执〔2025〕19号"] {
        assert!(cells.contains(&Data::String(name.to_owned())), "{name} is not in {cells:?}");
    }
    assert!(book.worksheet_formula("失信名单").unwrap().used_cells().all(|(_, _, formula)| formula.is_empty()));

    let question = Question::of_year_until(day("2025-12-31"), Sequence::new(1));
    let report = made(Name::PoolStatement, &[contribution(1, "2025-12-30", 9_999_999_999_999)], &question);
    let bytes = write(&report, Form::Xlsx, Language::English).unwrap();
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(bytes)).unwrap();
    let sheet = book.worksheet_range("Cash of the pools").unwrap();
    let numbers: Vec<String> = sheet.rows().flatten().map(ToString::to_string).collect();
    assert!(numbers.contains(&"9999999999999".to_owned()), "{numbers:?}");
}

#[test]
fn the_json_keeps_amounts_as_text() {
    let question = Question::of_year_until(day("2025-12-31"), Sequence::new(1));
    let report = made(Name::PoolStatement, &[contribution(1, "2025-12-30", 9_999_999_999_999)], &question);
    let json: serde_json::Value =
        serde_json::from_slice(&write(&report, Form::Json, Language::Chinese).unwrap()).unwrap();
    assert_eq!(json["sections"][0]["rows"][0]["closing"], "9999999999999.00");
    assert_eq!(json["log"]["size"], 1);
}

fn budget(sequence: u64, event: fn(BudgetChange) -> Event, yuan: i64) -> Entry {
    let change = BudgetChange {
        line: BudgetLineId::parse("ip-finance").unwrap(),
        year: FiscalYear::from_value(2025).unwrap(),
        amount: Amount::from_yuan(yuan),
        document: "鹤财〔2025〕1号".to_owned(),
    };
    entry(sequence, "2025-02-01", event(change))
}

/// The entry that takes another one back.
fn reversal(sequence: u64, of: u64, undone: Undone) -> Entry {
    let reversed = Reversed { entry: Sequence::new(of), reason: "误记".to_owned(), undone };
    entry(sequence, "2025-03-01", Event::Reversed(reversed))
}

#[test]
fn a_budget_follows_reversals_and_the_years_end() {
    let adjusted = budget(2, Event::BudgetAdjusted, 20);
    let Event::BudgetAdjusted(change) = adjusted.event.clone() else { panic!("an adjustment") };
    let left = YearEndLine { line: change.line.clone(), left: Amount::from_yuan(60), is_carried: true };
    let closed = YearClosed { year: change.year, lines: vec![left], document: "鹤财〔2026〕1号".to_owned() };
    let entries = [
        budget(1, Event::BudgetAppropriated, 100),
        adjusted,
        reversal(3, 2, Undone::BudgetChanged(change)),
        entry(4, "2026-01-05", Event::YearClosed(closed)),
    ];
    let rows = |to: &str| {
        let report = made(Name::BudgetExecution, &entries, &Question::of_year_until(day(to), Sequence::new(4)));
        let cells = |row: &Row| row.cells.iter().skip(1).map(|cell| format!("{cell:?}")).collect::<Vec<_>>().join(" ");
        report.sections[0].rows.iter().map(cells).collect::<Vec<_>>().join("\n")
    };
    expect![[r#"
        Text("2025") Money(0.00) Money(100.00) Money(0.00) Money(0.00) Money(0.00) Money(0.00) Money(0.00) Money(0.00) Percent("0.00")
        Empty Money(0.00) Money(100.00) Money(0.00) Money(0.00) Money(0.00) Money(0.00) Money(0.00) Money(0.00) Percent("0.00")"#]].assert_eq(&rows("2025-12-31"));
    // Carried over is what the new year has; it is no growth.
    expect![[r#"
        Text("2025") Money(0.00) Money(100.00) Money(0.00) Money(0.00) Money(0.00) Money(0.00) Money(60.00) Money(0.00) Percent("0.00")
        Text("2026") Money(60.00) Money(0.00) Money(0.00) Money(0.00) Money(0.00) Money(0.00) Money(0.00) Money(0.00) Percent("0.00")
        Empty Money(60.00) Money(100.00) Money(0.00) Money(0.00) Money(0.00) Money(0.00) Money(60.00) Money(0.00) Percent("0.00")"#]].assert_eq(&rows("2026-01-31"));
    let growth = made(Name::FundGrowth, &entries, &Question::of_year_until(day("2026-01-31"), Sequence::new(4)));
    assert_eq!(growth.sections[0].rows.len(), 1, "{growth:?}");
}

#[test]
fn what_was_reported_and_taken_back_did_not_flow() {
    let loan = LoanId::new(9);
    let paid = InterestPaid {
        amount: Amount::from_yuan(7),
        period_from: day("2025-01-01"),
        period_to: day("2025-01-31"),
        reference: "S1".to_owned(),
    };
    let change = |change| Event::LoanChanged(LoanChanged { loan, change, exposure: Amount::ZERO });
    let entries = [
        entry(1, "2025-01-10", change(LoanChange::Disbursed(Amount::from_yuan(100)))),
        entry(2, "2025-02-10", change(LoanChange::InterestPaid(paid.clone()))),
        reversal(3, 2, Undone::InterestPaid(loan, paid)),
        reversal(4, 1, Undone::Disbursed(loan, Amount::from_yuan(100))),
    ];
    let mut extract = Extract::new(&Question::of_year_until(day("2025-12-31"), Sequence::new(4)));
    for entry in &entries {
        extract.take(entry);
    }
    assert_eq!(extract.loan_flows[&loan], LoanFlow::default());
}

/// 1,000 were paid, a correction took 400 off the award, 300 of them came back.
#[test]
fn overpaid_money_shows_in_a_column_of_its_own() {
    let id = ApplicationId::new(5);
    let moved = |sequence: u64, change, yuan: i64| {
        let event = Event::ApplicationChanged(ApplicationChanged { application: id, change });
        let postings = transfer(
            Account::TreasuryCash,
            Account::SubsidyPayable(Uscc::parse("91110000600037341L").unwrap()),
            Amount::from_yuan(yuan),
        );
        Entry { postings, ..entry(sequence, "2025-06-01", event) }
    };
    let mut extract = Extract::new(&Question::of_year_until(day("2025-12-31"), Sequence::new(9)));
    extract.take(&moved(6, ApplicationChange::Paid("BF-1".to_owned()), -1_000));
    extract.take(&moved(8, ApplicationChange::ClawbackReceived(Amount::from_yuan(300), "BF-2".to_owned()), 300));
    let yuan = Amount::from_yuan;
    let application = Application {
        enterprise: Uscc::parse("91110000600037341L").unwrap(),
        programme: ProgrammeId::parse("pledge-cost").unwrap(),
        rulebook: crate::rulebook::load(crate::rulebook::shipped()[0].1).unwrap().reference(),
        loan: None,
        state: ApplicationState::ClawbackDemanded,
        lines: Vec::new(),
        granted: yuan(600),
        budget: (BudgetLineId::parse("ip-finance").unwrap(), FiscalYear::from_value(2025).unwrap()),
        refusal: None,
        submitted_on: day("2025-05-01"),
        submitted_by: Hands { person: PersonId::parse("wang").unwrap(), on_behalf_of: None },
        approved: None,
        paid: Some((day("2025-06-01"), "BF-1".to_owned())),
        reason: None,
        demanded: Amount::ZERO,
        received_back: Amount::ZERO,
        restores_budget: true,
        waits_for_closing: false,
        closed: None,
        corrections: vec![Sequence::new(7)],
        supplements: None,
        overpaid: yuan(100),
        payee: None,
    };
    extract.book.applications.insert(id, application);
    let question = Question::of_year_until(day("2025-12-31"), Sequence::new(9));
    let report = run(Name::Subsidies, &extract, &question, "root");
    let section = &report.sections[0];
    let money = |id: &str| section.total(id);
    assert_eq!(
        ["granted", "paid", "due_back", "overpaid", "returned", "net"].map(money),
        [yuan(600), yuan(1_000), yuan(100), yuan(100), yuan(300), yuan(700)]
    );
}
