//! The shape of the source, read as text: no import points up, every module says what it is, no file grows too long.
//!
//! Method: a module uses another where a line that is not a comment names `crate::other` (in braces or not). What each
//! may use is written down in one table, in the order of `src/lib.rs`; a new module must be given its line here.

use std::path::{Path, PathBuf};

/// What a module may use of the crate, lowest first. The first entry that a file's path begins with decides.
const MAY_USE: &[(&str, &[&str])] = &[
    ("proto", &[]),
    ("calendar", &["identifier"]),
    ("money", &["identifier"]),
    ("identifier", &[]),
    ("rulebook", &["identifier", "money", "calendar"]),
    ("book", &["rulebook", "identifier", "money", "calendar"]),
    ("figures", &["rulebook", "book", "identifier", "money", "calendar"]),
    ("decide", &["rulebook", "book", "identifier", "money", "calendar"]),
    // Blocks and hashes of `journal` are what `storage` keeps; records become entries above it.
    ("storage", &["journal", "calendar"]),
    ("journal/codec", &["proto", "book", "rulebook", "identifier", "money", "calendar"]),
    ("journal/replay", &["storage", "book", "identifier", "money", "calendar"]),
    ("journal", &["calendar", "identifier"]),
    ("config", &["identifier", "money", "calendar"]),
    ("statement", &["identifier", "money", "calendar"]),
    ("reconcile", &["statement", "rulebook", "book", "identifier", "money", "calendar"]),
    (
        "writer",
        &["decide", "rulebook", "book", "identifier", "money", "calendar", "journal", "storage", "reader", "config"],
    ),
    ("reader", &["figures", "rulebook", "book", "identifier", "money", "calendar", "journal", "storage", "config"]),
    ("audit", &["decide", "rulebook", "book", "identifier", "money", "calendar", "journal", "storage", "reader"]),
    ("report", &["figures", "rulebook", "book", "identifier", "money", "calendar"]),
    ("evidence", &["book", "identifier", "calendar", "journal", "reader"]),
    // In the lib, below everything that has threads.
    ("background", &[]),
    ("access_log", &["background"]),
    ("pki", &["book", "identifier", "calendar"]),
    ("snapshot", &["background", "journal", "storage", "reader"]),
    ("backup", &["book", "money", "calendar", "journal", "storage", "reader", "evidence", "snapshot"]),
    ("server", &ALL_BELOW_SERVER),
    ("nation", &["rulebook", "book", "identifier", "money", "calendar"]),
    // Its auditor has a row of its own: names and commands, and nothing that judges.
    ("simulation/model", &["decide", "rulebook", "book", "identifier", "money", "calendar"]),
    (
        "simulation",
        &[
            "nation",
            "audit",
            "decide",
            "rulebook",
            "book",
            "identifier",
            "money",
            "calendar",
            "journal",
            "storage",
            "writer",
            "reader",
            "snapshot",
        ],
    ),
    ("telemetry", &["server", "writer", "reader", "evidence"]),
    (
        "portal",
        &["server", "proto", "evidence", "decide", "rulebook", "book", "identifier", "money", "calendar", "config"],
    ),
    ("fuzz", &ALL_BELOW_CLI),
    ("cli", &ALL_BELOW_CLI),
];

const ALL_BELOW_SERVER: [&str; 22] = [
    "audit",
    "statement",
    "reconcile",
    "proto",
    "decide",
    "rulebook",
    "book",
    "identifier",
    "money",
    "calendar",
    "journal",
    "storage",
    "writer",
    "reader",
    "report",
    "evidence",
    "access_log",
    "snapshot",
    "backup",
    "pki",
    "config",
    "server",
];
const ALL_BELOW_CLI: [&str; 27] = [
    "statement",
    "reconcile",
    "proto",
    "audit",
    "decide",
    "rulebook",
    "book",
    "identifier",
    "money",
    "calendar",
    "journal",
    "storage",
    "writer",
    "reader",
    "report",
    "evidence",
    "access_log",
    "pki",
    "snapshot",
    "backup",
    "config",
    "server",
    "portal",
    "telemetry",
    "simulation",
    "nation",
    "cli",
];

/// A text that only some files may have.
struct Reserved {
    text: &'static str,
    only_in: &'static [&'static str],
}

const RESERVED: &[Reserved] = &[
    Reserved { text: "tonic::", only_in: &["server", "cli", "proto.rs"] },
    Reserved { text: "proto::v1", only_in: &["server", "portal", "cli"] },
    Reserved { text: "askama", only_in: &["portal"] },
    Reserved { text: "proto::journal", only_in: &["journal/codec"] },
    Reserved { text: "rust_decimal", only_in: &["money"] },
    Reserved { text: "SystemTime", only_in: &["writer/clock"] },
];

/// What the pure core may not have: promise 2 of `src/lib.rs`.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::time",
    "std::thread",
    "std::env",
    "tokio",
    "async fn",
    ".await",
    "HashMap",
    "HashSet",
    "rand::",
    "uuid::",
    "static mut",
    "thread_local",
];
const PURE: &[&str] =
    &["report", "nation", "decide", "rulebook", "book", "statement", "reconcile", "identifier", "money", "calendar"];

/// Files longer than [`LINES_MAX`], each with the reason.
const LONG: &[(&str, &str)] =
    &[("journal/codec/samples/mod.rs", "a sample of every event and value; what is grouped has its own file")];
const LINES_MAX: usize = 500;

/// A source file: its path below `src/` and its lines.
struct Source {
    path: String,
    lines: Vec<String>,
}

impl Source {
    /// The lines of the program: neither comments nor the tests at the end of the file, with their numbers.
    fn program(&self) -> impl Iterator<Item = (usize, &str)> {
        let end = self.lines.iter().position(|line| line.starts_with("#[cfg(test)]"));
        let inline_tests = end.filter(|end| self.lines.get(end + 1).is_some_and(|line| line.ends_with('{')));
        let end = inline_tests.unwrap_or(self.lines.len());
        let numbered = self.lines[..end].iter().enumerate().map(|(index, line)| (index + 1, line.as_str()));
        numbered.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    fn is_in(&self, module: &str) -> bool {
        let rest = self.path.strip_prefix(module);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || rest.starts_with(".rs"))
    }

    fn is_test(&self) -> bool {
        self.path.ends_with("tests.rs") || self.path.contains("/tests/")
    }
}

#[test]
fn no_import_points_up() {
    let mut found = Vec::new();
    for source in sources("src") {
        if source.path == "lib.rs" || source.path == "main.rs" || source.is_test() {
            continue;
        }
        let Some((module, may_use)) = MAY_USE.iter().find(|(module, _)| source.is_in(module)) else {
            found.push(format!("src/{}: this module has no line in MAY_USE", source.path));
            continue;
        };
        let top = module.split('/').next().unwrap();
        for (number, used) in imports(&source) {
            if used != top && !may_use.contains(&used.as_str()) {
                found.push(format!("src/{}:{number}: `{module}` must not use `{used}`", source.path));
            }
        }
    }
    nothing(&found);
}

#[test]
fn reserved_words_stay_where_they_belong() {
    let mut found = Vec::new();
    for source in sources("src").iter().filter(|source| !source.is_test()) {
        for reserved in RESERVED {
            if reserved.only_in.iter().any(|module| source.is_in(module) || source.path == *module) {
                continue;
            }
            for (number, line) in source.program().filter(|(_, line)| line.contains(reserved.text)) {
                let places = reserved.only_in.join(", ");
                found.push(format!(
                    "src/{}:{number}: `{}` only in {places}: {}",
                    source.path,
                    reserved.text,
                    line.trim()
                ));
            }
        }
    }
    nothing(&found);
}

#[test]
fn the_core_is_pure() {
    let mut found = Vec::new();
    for source in sources("src").iter().filter(|source| PURE.iter().any(|module| source.is_in(module))) {
        for (number, line) in source.program() {
            for impure in IMPURE.iter().filter(|impure| line.contains(**impure)) {
                // The one use of the crate `uuid`: reading an id from text, not making one.
                if source.path == "identifier/request_id.rs" && *impure == "uuid::" {
                    continue;
                }
                found.push(format!("src/{}:{number}: the core must not use `{impure}`", source.path));
            }
        }
    }
    nothing(&found);
}

/// The auditor of the simulation shares names with what it audits, and no rule.
#[test]
fn the_auditor_decides_by_itself() {
    let mut found = Vec::new();
    for source in sources("src").iter().filter(|source| source.is_in("simulation/model")) {
        for (number, line) in source.program() {
            for (module, names) in [("decide::", ["command", "rejection"]), ("rulebook::", ["refusal", "terms"])] {
                let used = line.split(module).skip(1);
                if used.into_iter().any(|rest| !names.iter().any(|name| rest.starts_with(name))) {
                    found.push(format!("src/{}:{number}: {}", source.path, line.trim()));
                }
            }
        }
    }
    assert!(sources("src").iter().any(|source| source.is_in("simulation/model")), "it is where it was");
    nothing(&found);
}

#[test]
fn every_module_says_what_it_is() {
    let all = sources("src").into_iter().map(|source| ("src", source));
    let all = all.chain(sources("tests").into_iter().map(|source| ("tests", source)));
    let found: Vec<String> = all
        .filter(|(_, source)| !source.lines.first().is_some_and(|line| line.starts_with("//! ")))
        .map(|(folder, source)| format!("{folder}/{}:1: the file does not open with `//! `", source.path))
        .collect();
    nothing(&found);
}

/// `matches!(x, Y);` as a statement checks nothing; it should have been asserted.
#[test]
fn no_matches_stands_alone() {
    let mut found = Vec::new();
    for folder in ["src", "tests"] {
        for source in sources(folder) {
            for (index, line) in source.lines.iter().enumerate() {
                let line = line.trim();
                if line.starts_with("matches!(") && line.ends_with(';') {
                    found.push(format!("{folder}/{}:{}: `{line}` checks nothing", source.path, index + 1));
                }
            }
        }
    }
    nothing(&found);
}

#[test]
fn no_file_is_too_long() {
    let mut found = Vec::new();
    for source in sources("src").iter().filter(|source| !source.is_test()) {
        let length = source.lines.len();
        let listed = LONG.iter().any(|(path, _)| *path == source.path);
        if length > LINES_MAX && !listed {
            found.push(format!("src/{}: {length} lines, expected at most {LINES_MAX}", source.path));
        }
        if length <= LINES_MAX && listed {
            found.push(format!("src/{}: {length} lines, remove it from LONG", source.path));
        }
    }
    nothing(&found);
}

/// The scanners find what they look for: a test of the tests.
#[test]
fn the_scanners_see() {
    let lines = ["use crate::{book::Book, decide as d};", "// crate::server", "let x = crate::storage::open();"];
    let source = Source { path: "book/x.rs".to_owned(), lines: lines.map(ToOwned::to_owned).to_vec() };
    let seen: Vec<(usize, String)> = imports(&source);
    let expected = [(1, "book"), (1, "decide"), (3, "storage")];
    assert_eq!(seen, expected.map(|(number, module)| (number, module.to_owned())));
    assert!(source.is_in("book") && !source.is_in("boo"));
}

/// The crate's own modules that a file names, with the line.
fn imports(source: &Source) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let program: Vec<(usize, &str)> = source.program().collect();
    for (index, (number, line)) in program.iter().enumerate() {
        for (at, _) in line.match_indices("crate::") {
            let rest = &line[at + "crate::".len()..];
            if rest.starts_with('{') {
                // The names in the braces, over as many lines as they take.
                let text: Vec<&str> = program[index..].iter().map(|(_, line)| *line).collect();
                let text = text.join(" ");
                let at = text.find("crate::{").unwrap() + "crate::{".len();
                found.extend(top_names(&text[at..]).into_iter().map(|name| (*number, name)));
            } else {
                let name: String =
                    rest.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
                let is_module = rest[name.len()..].starts_with("::") || rest[name.len()..].starts_with(';');
                if is_module {
                    found.push((*number, name));
                }
            }
        }
    }
    found
}

/// The first word of each part between the outermost braces.
fn top_names(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut depth = 0;
    let mut part = String::new();
    for letter in text.chars() {
        match letter {
            '}' if depth == 0 => break,
            ',' if depth == 0 => names.push(std::mem::take(&mut part)),
            '{' => depth += 1,
            '}' => depth -= 1,
            _ if depth == 0 => part.push(letter),
            _ => {}
        }
    }
    names.push(part);
    let first = |part: String| {
        let word: String =
            part.trim().chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
        word
    };
    names.into_iter().map(first).filter(|name| !name.is_empty()).collect()
}

fn nothing(found: &[String]) {
    assert!(found.is_empty(), "{} found:\n{}", found.len(), found.join("\n"));
}

fn sources(folder: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    assert!(!files.is_empty(), "no source in {folder}");
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let path = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
        Source { path, lines: text.lines().map(ToOwned::to_owned).collect() }
    };
    files.into_iter().map(read).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
