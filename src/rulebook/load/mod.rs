//! From a TOML file to a [`Rulebook`]: everything is checked, every problem is found in one go.
//!
//! The format is schema 1; what each key means is said on the field of the [model](super::model) that it fills.
//! Schema 1 grows by optional keys and by values of closed lists: a file that loads today loads for ever, to the same
//! rulebook. A key or a value that this version does not know is a problem, never ignored, because a rule that is
//! half understood pays the wrong amount.

mod approval;
mod base;
mod cap;
mod case;
mod encoding;
mod errors;
mod gate;
mod limit;
mod nearest;
mod pool;
mod programme;
mod ratio;
mod table;
mod target;
mod when;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use toml::de::DeTable;

pub use encoding::load_bytes;
use errors::Problems;
pub use errors::{LoadError, LoadErrors};
use table::{Table, bilingual, code, date, flag, parsed, text, whole};

use super::facts::ReferenceRates;
use super::model::{BilingualText, Clause, Rulebook, Source, Transition};
use crate::calendar::CivilDate;
use crate::identifier::{CapId, ClauseId, LimitId, PoolId, ProgrammeId, RulebookId, SeriesId};

/// The largest rulebook file. The seed's takes 10 KiB; a national collection of clauses stays far below this.
pub const FILE_BYTES_MAX: usize = 256 * 1024;
/// The most clauses, programmes, gates, caps, pools and cases together: judging a line stays well below a millisecond.
pub const RULES_MAX: usize = 1000;
/// The format that this version reads.
pub const SCHEMA: u32 = 1;

/// Checks a rulebook file and makes the rulebook, or says everything that is wrong with it.
pub fn load(file: &str) -> Result<Rulebook, LoadErrors> {
    let mut problems = Problems::new(file);
    if file.len() > FILE_BYTES_MAX {
        return Err(encoding::too_long(file.len()));
    }
    // A file that was saved in one encoding and read in another has lost its text.
    if let Some(place) = file.find(char::REPLACEMENT_CHARACTER) {
        let problem = "the text has characters that were lost between two encodings (U+FFFD)";
        problems.add(place, problem, "save the original as UTF-8 and copy the words anew");
        return Err(problems.into_errors());
    }
    let mut unseen =
        file.char_indices().filter(|(at, one)| encoding::invisible(*one) && (*at > 0 || *one != '\u{feff}'));
    if let Some((place, character)) = unseen.next() {
        let problem = format!("the text has a character that nobody sees (U+{:04X})", u32::from(character));
        problems.add(place, problem, "delete it; an editor can show it");
        return Err(problems.into_errors());
    }
    let (root, syntax) = DeTable::parse_recoverable(file);
    for error in &syntax {
        let offset = error.span().map_or(0, |span| span.start);
        let problem = format!("not valid TOML: {}", error.message().replace('\n', ", "));
        let remedy = match error.message() {
            "duplicate key" => "it is written twice: remove one of them".to_owned(),
            _ => encoding::syntax_remedy(file, offset),
        };
        problems.add(offset, problem, remedy);
    }
    if !problems.is_empty() {
        return Err(problems.into_errors());
    }
    let rulebook = rulebook(file, Table::root(root.get_ref()), &mut problems);
    rulebook.filter(|_| problems.is_empty()).ok_or_else(|| problems.into_errors())
}

/// What has been read and may be named, or not be named twice.
#[derive(Default)]
struct Known {
    /// With whether the text is ambiguous.
    clauses: BTreeMap<ClauseId, bool>,
    /// With their place in the file.
    programmes: BTreeMap<ProgrammeId, usize>,
    /// Which programmes exclude which, with the place that says so: in the order of the file.
    yields: Vec<(ProgrammeId, usize, Vec<ProgrammeId>)>,
    series: BTreeSet<SeriesId>,
    caps: BTreeSet<CapId>,
    pools: BTreeSet<PoolId>,
    limits: BTreeSet<LimitId>,
    cases: BTreeSet<String>,
    /// Clauses, programmes, gates, caps, pools and cases so far.
    rules: usize,
}

impl Known {
    fn count(&mut self) {
        self.rules = self.rules.saturating_add(1);
    }
}

fn rulebook(file: &str, mut root: Table<'_, '_>, problems: &mut Problems<'_>) -> Option<Rulebook> {
    let schema = root.required("schema", problems, whole(0..=u32::MAX));
    if let Some(other) = schema.filter(|schema| *schema != SCHEMA) {
        let problem = format!("the schema is `{other}`, this version reads `{SCHEMA}`");
        problems.add(root.place("schema"), problem, format!("write `schema = {SCHEMA}`, or use a newer version"));
    }
    let head = root.required("rulebook", problems, |node, _, problems| {
        Table::of(node, "[rulebook]", problems).and_then(|table| head(table, problems))
    });
    let source = root.required("source", problems, |node, _, problems| {
        Table::of(node, "[source]", problems).and_then(|table| source(table, problems))
    });
    let mut known = Known::default();
    let clauses = root.tables("clause", "[[clause]]", problems);
    let clauses: Vec<_> = clauses.into_iter().filter_map(|table| clause(table, &mut known, problems)).collect();
    let series = root.tables("series", "[[series]]", problems);
    let series: Vec<_> = series.into_iter().filter_map(|table| base::series(table, &mut known, problems)).collect();
    let programmes = root.tables("programme", "[[programme]]", problems);
    let mut programmes: Vec<_> =
        programmes.into_iter().filter_map(|table| programme::programme(table, &mut known, problems)).collect();
    exclusivity(&known, problems);
    for table in root.tables("cap", "[[cap]]", problems) {
        cap::shared_cap(table, &mut programmes, &mut known, problems);
    }
    let pools = root.tables("pool", "[[pool]]", problems);
    let pools: Vec<_> = pools.into_iter().filter_map(|table| pool::pool(table, &mut known, problems)).collect();
    let approval = root.optional("approval", problems, |node, _, problems| {
        Table::of(node, "[approval]", problems).and_then(|table| approval::approval(table, &known, problems))
    });
    let limits = root.tables("limit", "[[limit]]", problems);
    let limits: Vec<_> = limits.into_iter().filter_map(|table| limit::limit(table, &mut known, problems)).collect();
    let targets = root.tables("target", "[[target]]", problems);
    let targets: Vec<_> = targets.into_iter().filter_map(|table| target::target(table, &mut known, problems)).collect();
    let rates = ReferenceRates::of(&series);
    let cases = root.tables("case", "[[case]]", problems);
    let cases =
        cases.into_iter().filter_map(|table| case::case(table, &mut known, (&rates, &pools), problems)).collect();
    root.finish(problems);
    if known.rules > RULES_MAX {
        problems.add(0, format!("the file has {} rules, the limit is {RULES_MAX}", known.rules), "split the rulebook");
    }
    let head = head?;
    Some(Rulebook {
        id: head.id,
        version: head.version,
        digest: Sha256::digest(file.as_bytes()).into(),
        text: Arc::from(file),
        title: head.title,
        source: source?,
        valid_from: head.valid_from,
        valid_until: head.valid_until,
        transition: head.transition,
        clauses,
        series,
        programmes,
        pools,
        approval,
        limits,
        targets,
        cases,
    })
}

/// Programmes that exclude each other in a circle would leave it to the order of arrival what is granted.
fn exclusivity(known: &Known, problems: &mut Problems<'_>) {
    let edges: BTreeMap<&ProgrammeId, &[ProgrammeId]> =
        known.yields.iter().map(|(from, _, to)| (from, to.as_slice())).collect();
    for (from, place, to) in &known.yields {
        for other in to.iter().filter(|other| !known.programmes.contains_key(*other)) {
            let problem = format!("there is no programme `{other}`");
            problems.add(*place, problem, "name programmes of this file");
        }
        let mut reached: BTreeSet<&ProgrammeId> = BTreeSet::new();
        let mut next: Vec<&ProgrammeId> = to.iter().collect();
        while let Some(one) = next.pop() {
            if reached.insert(one) {
                next.extend(edges.get(one).copied().unwrap_or_default());
            }
        }
        if reached.contains(from) {
            let problem = format!("the programme `{from}` yields to itself: the exclusion goes round in a circle");
            problems.add(*place, problem, "say which of them comes first, and let only the others yield");
        }
    }
}

/// The table `[rulebook]`.
struct Head {
    id: RulebookId,
    version: u32,
    title: BilingualText,
    valid_from: CivilDate,
    valid_until: Option<CivilDate>,
    transition: Transition,
}

fn head(mut table: Table<'_, '_>, problems: &mut Problems<'_>) -> Option<Head> {
    let id = table.required("id", problems, parsed(RulebookId::parse));
    let version = table.required("version", problems, whole(1..=u32::MAX));
    let title = table.required("title", problems, bilingual);
    let valid_from = table.required("valid_from", problems, date);
    let valid_until = table.optional("valid_until", problems, date);
    let transition = table.required("transition", problems, code(Transition::parse, Transition::ALL));
    if let (Some(from), Some(until)) = (valid_from, valid_until)
        && until < from
    {
        let problem = format!("`valid_until` {until} is before `valid_from` {from}");
        problems.add(table.place("valid_until"), problem, "correct one of the two days");
    }
    table.finish(problems);
    Some(Head {
        id: id?,
        version: version?,
        title: title?,
        valid_from: valid_from?,
        valid_until,
        transition: transition?,
    })
}

fn source(mut table: Table<'_, '_>, problems: &mut Problems<'_>) -> Option<Source> {
    let title = table.required("title", problems, text);
    let issuer = table.required("issuer", problems, text);
    let number = table.optional("number", problems, text);
    let date = table.required("date", problems, date);
    table.finish(problems);
    Some(Source { title: title?, issuer: issuer?, number, date: date? })
}

fn clause(mut table: Table<'_, '_>, known: &mut Known, problems: &mut Problems<'_>) -> Option<Clause> {
    known.count();
    let id = table.required("id", problems, parsed(ClauseId::parse));
    let heading = table.required("heading", problems, text);
    let text = table.required("text", problems, text);
    let ambiguous = table.optional("ambiguous", problems, flag).unwrap_or(false);
    if let Some(id) = &id
        && known.clauses.insert(id.clone(), ambiguous).is_some()
    {
        duplicate(&table, "clause", id, problems);
    }
    table.finish(problems);
    Some(Clause { id: id?, heading: heading?, text: text?, ambiguous })
}

/// Says that an id was used before.
fn duplicate(table: &Table<'_, '_>, what: &str, id: &impl std::fmt::Display, problems: &mut Problems<'_>) {
    problems.add(table.place("id"), format!("the {what} `{id}` is in the file twice"), "give one of them another id");
}

/// The clause that a rule names; it must exist, and where its text is ambiguous the rule must have a reading.
fn named_clause(
    table: &mut Table<'_, '_>,
    known: &Known,
    has_reading: bool,
    problems: &mut Problems<'_>,
) -> Option<ClauseId> {
    let clause = table.required("clause", problems, parsed(ClauseId::parse))?;
    stands(table, "clause", &clause, (known, has_reading), problems);
    Some(clause)
}

/// Whether a clause that a key names exists, and is read where its text is ambiguous.
fn stands(
    table: &Table<'_, '_>,
    key: &str,
    clause: &ClauseId,
    (known, has_reading): (&Known, bool),
    problems: &mut Problems<'_>,
) {
    match known.clauses.get(clause) {
        None => {
            let problem = format!("there is no clause `{clause}`");
            problems.add(table.place(key), problem, "name a clause of this file, or add it as [[clause]]");
        }
        Some(true) if !has_reading => {
            let problem = format!("the clause `{clause}` is ambiguous and the rule does not say how it reads it");
            problems.add(table.place(key), problem, "add `reading = { zh = \"…\", en = \"…\" }`");
        }
        Some(true | false) => {}
    }
}
