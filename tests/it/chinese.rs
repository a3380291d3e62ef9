//! Chinese texts of ours are set in Chinese: full-width punctuation beside Chinese characters.
//!
//! Method: every string of the source that holds Chinese is read as text. Quotations of a document and data (a contract
//! number, a right's number) keep what their writers wrote.

use std::path::{Path, PathBuf};

/// Half-width marks that do not belong beside a Chinese character, a placeholder or a closing quotation mark.
const HALF_WIDTH: &[char] = &[',', ';', ':', '(', ')', '?', '!'];

/// Files whose strings are data or quotations.
const DATA: &[&str] = &["src/journal/codec/samples", "src/cli/demo/world.rs", "src/rulebook/load/ratio.rs"];

fn is_chinese(character: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&character)
}

/// The strings of a source file before its tests, with their lines.
fn strings(source: &str) -> Vec<(usize, String)> {
    let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let mut found = Vec::new();
    for (number, line) in (1..).zip(source.lines()).filter(|(_, line)| !line.trim_start().starts_with("//")) {
        let mut inside = false;
        let mut text = String::new();
        let mut characters = line.chars();
        while let Some(character) = characters.next() {
            match character {
                '\\' if inside => text.extend(characters.next()),
                '"' if inside => {
                    found.push((number, std::mem::take(&mut text)));
                    inside = false;
                }
                '"' => inside = true,
                other if inside => text.push(other),
                _ => {}
            }
        }
    }
    found
}

/// Whether a half-width mark stands right after a Chinese character or right before one, or beside a placeholder of a
/// text that has Chinese marks.
fn half_width(text: &str) -> bool {
    // A line in both languages is set as the English one is.
    let mut inside = false;
    let outside: Vec<char> = text
        .chars()
        .filter(|one| {
            inside = *one == '{' || (inside && *one != '}');
            !inside
        })
        .collect();
    let count = |of: fn(char) -> bool| outside.iter().filter(|one| of(**one)).count();
    if count(|one| one.is_ascii_alphabetic()) > count(is_chinese) && count(is_chinese) > 0 {
        return false;
    }
    let set_in_chinese = text.contains(['。', '，', '；', '：', '（', '）', '“']);
    let text = if set_in_chinese { text.replace(['{', '}'], "的") } else { text.to_owned() };
    let characters: Vec<char> = text.chars().collect();
    (0..characters.len()).any(|index| {
        let beside = |at: Option<usize>| at.and_then(|at| characters.get(at)).is_some_and(|one| is_chinese(*one));
        // `ipledger:officer:li.na`: a name of ours, not a sentence.
        let in_a_name = characters[index] == ':' && characters.get(index + 1).is_some_and(char::is_ascii_lowercase);
        let quoted = characters.get(index + 1) == Some(&'”');
        !in_a_name
            && !quoted
            && HALF_WIDTH.contains(&characters[index])
            && (beside(index.checked_sub(1)) || beside(Some(index + 1)))
    })
}

fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("tests") {
            sources(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            files.push(path);
        }
    }
}

#[test]
fn chinese_texts_have_full_width_punctuation() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    let mut slips = Vec::new();
    for file in files {
        let name = file.strip_prefix(root).unwrap().display().to_string();
        if DATA.iter().any(|data| name.starts_with(data)) {
            continue;
        }
        for (line, text) in strings(&std::fs::read_to_string(&file).unwrap()) {
            if half_width(&text) {
                slips.push(format!("{name}:{line}: {text}"));
            }
        }
    }
    assert!(slips.is_empty(), "half-width punctuation in Chinese:\n{}", slips.join("\n"));
}

#[test]
fn a_slip_is_found() {
    assert!(
        half_width("准予补助:100元")
            && half_width("{chinese}:{because}。")
            && half_width("重试, 否则")
            && half_width("(含)")
    );
    assert!(!half_width("准予补助：100元，限额（含）") && !half_width("a, b (c): d"));
    assert_eq!(strings("let a = \"一\\\"二\"; // \"三,四\""), [(1, "一\"二".to_owned()), (1, "三,四".to_owned())]);
}
