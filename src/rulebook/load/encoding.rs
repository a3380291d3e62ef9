//! From the bytes of a file to its text: what was saved in another encoding is said by its name.

use super::errors::{LoadErrors, Problems};
use super::{FILE_BYTES_MAX, load};
use crate::rulebook::model::Rulebook;

/// As [`load`], from the bytes of a file: anything but UTF-8 (with or without a byte order mark) is refused.
pub fn load_bytes(file: &[u8]) -> Result<Rulebook, LoadErrors> {
    if file.len() > FILE_BYTES_MAX {
        return Err(too_long(file.len()));
    }
    match std::str::from_utf8(file) {
        Ok(text) => load(text),
        Err(error) => Err(not_utf8(file, error.valid_up_to())),
    }
}

/// A file beyond the limit is not read.
pub(super) fn too_long(bytes: usize) -> LoadErrors {
    let mut problems = Problems::new("");
    let problem = format!("the file has {bytes} bytes, the limit is {FILE_BYTES_MAX}");
    problems.add(0, problem, "shorten the clauses to the words that decide");
    problems.into_errors()
}

fn not_utf8(file: &[u8], valid_up_to: usize) -> LoadErrors {
    let (valid, rest) = file.split_at(valid_up_to.min(file.len()));
    // Up to `valid_up_to` it is UTF-8: nothing is replaced in the part that lines are counted in.
    let valid = String::from_utf8_lossy(valid);
    let mut problems = Problems::new(&valid);
    if file.starts_with(&[0xff, 0xfe]) || file.starts_with(&[0xfe, 0xff]) {
        problems.add(0, "the file is UTF-16", "save it as UTF-8");
        return problems.into_errors();
    }
    let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let (read, _, failed) = encoding_rs::GB18030.decode(line);
    let problem = if failed {
        "the line is not UTF-8 from here on".to_owned()
    } else {
        let words: String = read.chars().take(12).collect();
        format!("the line is GBK, not UTF-8: `{words}`")
    };
    problems.add(valid_up_to, problem, "save the whole file as UTF-8, without a mixture");
    problems.into_errors()
}

/// Characters that nobody sees: with them two ids look the same, or a clause reads otherwise than it is.
pub(super) fn invisible(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{8}' | '\u{b}'..='\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
    )
}

/// What to do about a syntax error: a sign of another script where TOML wants its own is named.
pub(super) fn syntax_remedy(file: &str, offset: usize) -> String {
    let start = file.get(..offset).and_then(|before| before.rfind('\n')).map_or(0, |at| at.saturating_add(1));
    let line = file.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    let mut quoted = false;
    for character in line.chars() {
        match character {
            '"' => quoted = !quoted,
            '#' if !quoted => break,
            other if quoted || other.is_ascii() => {}
            '“' | '”' | '„' | '＂' => return format!("write `\"` instead of `{character}`"),
            full @ '\u{ff01}'..='\u{ff5e}' => {
                let half = u32::from(full).checked_sub(0xfee0).and_then(char::from_u32).unwrap_or(full);
                return format!("write `{half}` instead of the full-width `{full}`");
            }
            other => {
                let number = u32::from(other);
                return format!("`{other}` (U+{number:04X}) is none of a-z, although it may look so; write it anew");
            }
        }
    }
    "mend the syntax".to_owned()
}
