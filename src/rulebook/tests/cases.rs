//! Goal: every shipped rulebook does what its document says. Method: the worked cases in its own file.

use super::super::trial::run_cases;
use super::super::{Language, line_sentence, load, shipped, step_sentence};
use crate::money::Amount;

#[test]
fn the_worked_cases_of_every_shipped_file_come_out() {
    let mut wrong = Vec::new();
    for (name, text) in shipped() {
        let rulebook = load(text).unwrap_or_else(|errors| panic!("{}", errors.in_file(name)));
        assert!(!rulebook.cases.is_empty(), "{name} has no worked cases");
        for outcome in run_cases(&rulebook).iter().filter(|outcome| !outcome.is_as_expected()) {
            wrong.push(format!("{name}: {outcome:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A case that states something else than what comes out is found out: amount, bound, reason and words.
#[test]
fn a_case_that_is_wrong_is_found_out() {
    let (_, text) = shipped()[0];
    for (from, to) in [
        ("expect = \"37400.00\"", "expect = \"37400.01\""),
        ("bound = \"year-cap\" }]", "bound = \"budget\" }]"),
        ("bound = \"year-cap\" }]", "refusal = \"BUDGET_USED_UP\" }]"),
        ("bound = \"year-cap\" }]", "says = \"200,000.01\" }]"),
    ] {
        assert_eq!(text.matches(from).count(), 1, "{from}");
        let rulebook = load(&text.replace(from, to)).unwrap();
        let wrong: Vec<String> =
            run_cases(&rulebook).into_iter().filter(|one| !one.is_as_expected()).map(|one| one.case).collect();
        assert_eq!(wrong, ["S1: the rest of the year"], "{to}");
    }
}

/// Every step of every case can be said in both languages, and no name of ours is left in English in the Chinese.
#[test]
fn every_step_of_every_case_can_be_said() {
    for (name, text) in shipped() {
        let rulebook = load(text).unwrap();
        for outcome in run_cases(&rulebook) {
            let Some(line) = &outcome.explanation else { continue };
            for language in [Language::Chinese, Language::English] {
                assert!(!line_sentence(line, language).is_empty(), "{name}");
            }
            for step in &line.steps {
                let chinese = step_sentence(step, Language::Chinese);
                let pieces: Vec<&str> = chinese.split(['：', '，', '→']).map(str::trim).collect();
                for input in &step.inputs {
                    let said = format!("{} ", input.name);
                    assert!(pieces.iter().all(|piece| !piece.starts_with(&said)), "{name}: {chinese}");
                }
            }
        }
    }
}

/// A case's used sums and a case's amounts are in yuan and bounded like all others.
#[test]
fn no_case_grants_more_than_was_asked() {
    for (_, text) in shipped() {
        for outcome in run_cases(&load(text).unwrap()) {
            let Some(line) = &outcome.explanation else { continue };
            assert!(line.granted <= line.requested && line.granted >= Amount::ZERO, "{outcome:#?}");
        }
    }
}

/// Whoever writes a file has the page alone: every word of every closed list is on it.
#[test]
fn the_page_names_every_word() {
    use super::super::explanation::Bound;
    use super::super::model::{
        ApprovalAct, AsOf, Attribution, CapScope, ChoiceScope, Coverage, DateFact, Measure, Payee, PayerCapScope, Pick,
        Span, TierMethod,
    };
    use super::super::terms::{CostKind, LossParty, SizeClass};

    const PAGE: &str = include_str!("../../../rulebooks/README.md");
    fn codes<T: ToString>(all: &[T]) -> Vec<String> {
        all.iter().map(ToString::to_string).collect()
    }
    let words = [
        codes(ApprovalAct::ALL),
        codes(AsOf::ALL),
        codes(CapScope::ALL),
        codes(ChoiceScope::ALL),
        codes(Coverage::ALL),
        codes(DateFact::ALL),
        codes(Measure::ALL),
        codes(Payee::ALL),
        codes(PayerCapScope::ALL),
        codes(Pick::ALL),
        codes(Span::ALL),
        codes(TierMethod::ALL),
        codes(CostKind::ALL),
        codes(LossParty::ALL),
        codes(SizeClass::ALL),
        codes(Bound::ALL),
    ];
    for word in words.concat() {
        assert!(PAGE.contains(&format!("`{word}`")) || PAGE.contains(&format!("\"{word}\"")), "`{word}`");
    }
    for year in Attribution::ALL {
        let short = year.code().replace("-year", "");
        assert!(PAGE.contains(&format!("{short}-")), "`{year}`");
    }
    // The conditions are listed in the loader's own message.
    let file = format!(
        "{}{}ratio = \"0.5\"\n[[programme.gate]]\ncondition = \"?\"\nclause = \"c1\"\n",
        super::HEAD,
        super::PROGRAMME
    );
    let message = load(&file).unwrap_err().in_file("page");
    let (_, conditions) = message.split_once("use one of: ").unwrap();
    for condition in conditions.split(", ") {
        assert!(PAGE.contains(&format!("`{}`", condition.trim())), "`{condition}`");
    }
}
