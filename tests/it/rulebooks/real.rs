//! Goal: rules of cities that nobody here had in mind can be written from the reference page. Method: files after real
//! patterns (`real/*.toml`, made for testing: their figures are no source; `further/*.toml`, from public notices that each
//! file names, and one that says that it is invented), each with its worked cases.

use std::path::Path;

use ipledger::rulebook::trial::run_cases;
use ipledger::rulebook::{Language, line_sentence, load_bytes, step_sentence};

#[test]
fn rules_of_further_cities_do_what_they_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/rulebooks");
    let listed = ["real", "further"].map(|name| std::fs::read_dir(folder.join(name)).unwrap());
    let mut files = 0;
    for entry in listed.into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let rulebook =
            load_bytes(&std::fs::read(&path).unwrap()).unwrap_or_else(|errors| panic!("{}", errors.in_file(&name)));
        let outcomes = run_cases(&rulebook);
        assert!(outcomes.len() > 2, "{name} has too few worked cases");
        for outcome in outcomes {
            assert!(outcome.is_as_expected(), "{name}: {outcome:#?}");
            let line = outcome.explanation.unwrap();
            // No name of ours is left in English in the Chinese.
            let said: Vec<String> = line.steps.iter().map(|step| step_sentence(step, Language::Chinese)).collect();
            let all = format!("{}{}", said.concat(), line_sentence(&line, Language::Chinese));
            for word in ["property", "term months", "first pledge", "ip share", "award", "unit", "applied"] {
                assert!(!all.contains(word), "{name}: {all}");
            }
        }
        files += 1;
    }
    assert!(files >= 12);
}
