//! `ipledger demo` plays its year to the end with every figure as computed by hand.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

#[test]
fn the_year_is_as_computed_by_hand() {
    let output = Command::new(env!("CARGO_BIN_EXE_ipledger")).arg("demo").output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{printed}\n{log}");
    for line in [
        // S1, in both languages
        "准予补助37,400.00元：保险费的50%为50,000.00元，但2025年度限额200,000.00元仅剩37,400.00元。",
        "Granted 37,400.00: half of the premium would be 50,000.00, but 37,400.00 of the 200,000.00 for 2025 was left.",
        "intact: every hash, every entry's balance and every invariant of the book holds",
    ] {
        assert!(printed.contains(line), "`{line}` is missing in\n{printed}");
    }
    assert!(!printed.contains("DIFFERS"));
    let widest = printed.lines().max_by_key(|line| columns(line)).unwrap();
    assert!(columns(widest) <= 120, "{} columns: {widest}", columns(widest));
}

/// Companies of other cities come after the figures, which stay as they are; nothing of them is refused as not in order.
#[test]
fn other_cities_stand_around_the_story() {
    let mut demo = Command::new(env!("CARGO_BIN_EXE_ipledger"));
    demo.args(["demo", "--keep", "--city", "40"]).stdout(Stdio::piped());
    let mut demo = demo.spawn().unwrap();
    let mut printed = String::new();
    for line in BufReader::new(demo.stdout.take().unwrap()).lines() {
        printed.push_str(&line.unwrap());
        printed.push('\n');
        if printed.ends_with("Ctrl+C ends it\n") {
            break;
        }
    }
    // As somebody would with Ctrl+C: demo and server end in order.
    let ended = Command::new("kill").args(["-TERM", &demo.id().to_string()]).status().unwrap();
    assert!(ended.success() && demo.wait().unwrap().success(), "{printed}");
    let english = printed.lines().find(|line| line.contains("40 generated companies of Xuchang and Weihai"));
    assert!(english.is_some(), "{printed}");
    let told: String = printed.split_once("40 generated companies").unwrap().1.chars().take(400).collect();
    assert!(told.split_whitespace().collect::<Vec<_>>().join(" ").contains("0 rows not taken"), "{told}");
    let (figures, cities) =
        (printed.find("Every figure against the hand").unwrap(), printed.find("Two other cities").unwrap());
    assert!(figures < cities && !printed.contains("DIFFERS"), "{printed}");
}

/// Columns on a screen: whatever is Chinese or full-width takes two.
fn columns(line: &str) -> usize {
    let wide = |character: char| matches!(character, '\u{2e80}'..='\u{a4cf}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ff60}');
    line.chars().count().saturating_add(line.chars().filter(|character| wide(*character)).count())
}
