//! Every command, every rejection and every refusal of the core stands in some script's expected text.
//!
//! Method: the expected texts are asserted by their own tests, so that a code which stands in one of them is produced
//! by the core. This test only looks which codes stand nowhere.

use std::path::Path;

use ipledger::decide::rejection::Reason;
use ipledger::rulebook::refusal::Refusal;

use super::parse::VERBS;

/// What only the edge (parsing, identity, deadlines), the writer (request ids, queue, store) or a read can say.
const NOT_OF_THE_CORE: &[Reason] = &[
    Reason::RequestIdReused,
    Reason::RulebookUnknown,
    Reason::ComparisonUnknown,
    Reason::NoSigningKey,
    Reason::RateLimited,
    Reason::QueueFull,
    Reason::DeadlineExceeded,
    Reason::Unavailable,
];

/// The scripts, all in one text.
fn scripts() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/decide");
    let mut text = String::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let harness = ["coverage.rs", "parse.rs", "parse_access.rs", "render.rs", "names.rs", "mod.rs"];
        if !harness.iter().any(|name| path.ends_with(name)) {
            text.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
    text
}

#[test]
fn every_command_succeeds_in_some_script() {
    let scripts = scripts();
    let done = |verb: &&str| {
        scripts.lines().map(str::trim).any(|line| {
            let label = line.split_once(": ").map_or("", |(label, _)| label);
            let mut words = label.split(' ');
            words.next() == Some(verb) && words.count() <= 1 && !line.contains("REJECTED") && !line.contains("REFUSED")
        })
    };
    let missing: Vec<_> = VERBS.iter().filter(|verb| !done(verb)).collect();
    assert!(missing.is_empty(), "no script shows how these succeed: {missing:?}");
}

#[test]
fn every_rejection_of_the_core_has_a_script() {
    let scripts = scripts();
    let said = |reason: &Reason| scripts.contains(&format!("REJECTED {reason} "));
    let missing: Vec<_> =
        Reason::ALL.iter().filter(|reason| !NOT_OF_THE_CORE.contains(reason) && !said(reason)).collect();
    assert!(missing.is_empty(), "no script shows these: {missing:?}");
    let surprising: Vec<_> = NOT_OF_THE_CORE.iter().filter(|reason| said(reason)).collect();
    assert!(surprising.is_empty(), "the core says these after all: {surprising:?}");
}

#[test]
fn every_refusal_has_a_script() {
    let scripts = scripts();
    // A refusal of the whole, or of one line of an application.
    let said = |refusal: &Refusal| {
        let ways = [format!("REFUSED {refusal} "), format!(" {refusal}; "), format!(" {refusal}]")];
        ways.iter().any(|way| scripts.contains(way))
    };
    let missing: Vec<_> = Refusal::ALL.iter().filter(|refusal| !said(refusal)).collect();
    assert!(missing.is_empty(), "no script shows these: {missing:?}");
}
