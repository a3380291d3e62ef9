//! The time line (办理经过): who did what and when, in plain words, one line for each entry of the journal.

use crate::portal::language::Language;
use crate::portal::problem::{Problem, escaped};
use crate::portal::visit::Member;
use crate::portal::{Portal, show, words};
use crate::proto::v1;

/// How many entries of a case are shown at once.
const OF_CASE: i32 = 200;

/// How many entries of a company are shown at once.
const OF_COMPANY: i32 = 50;

/// The most subjects of one time line: what the API takes.
const SUBJECTS_MAX: usize = 100;

/// Something that happened.
#[derive(Debug, Clone)]
pub(super) struct Moment {
    /// The entry.
    pub(super) sequence: u64,
    /// The day on which it takes effect.
    pub(super) day: String,
    /// When it was recorded.
    pub(super) recorded: String,
    /// Who did it.
    pub(super) who: String,
    /// What.
    pub(super) what: String,
    /// The entry that took it back; 0 if none.
    pub(super) reversed_by: u64,
}

/// What happened, and whether or where there is more of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Story {
    /// In the order of the journal, or the newest first.
    pub(super) moments: Vec<Moment>,
    /// Where the rest begins; empty if this is all.
    pub(super) rest: String,
    /// Whether something comes before it.
    pub(super) is_continued: bool,
}

impl Story {
    /// The address of what comes after it, of a case's own page.
    pub(super) fn later(&self) -> String {
        format!("?later={}#story", escaped(&self.rest))
    }
}

/// From where on a case's story is told.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Told {
    /// Where the page before it ended.
    #[serde(default)]
    pub(super) later: String,
}

/// A case with everything that belongs to it, in the order of the journal, from this place on.
pub(super) async fn of(
    portal: &Portal,
    member: &Member,
    mut subjects: Vec<String>,
    told: &Told,
) -> Result<Story, Problem> {
    subjects.truncate(SUBJECTS_MAX);
    let request =
        v1::ListEntriesRequest { subjects, page_size: OF_CASE, page_token: told.later.clone(), ..Default::default() };
    let mut story = Story { is_continued: !told.later.is_empty(), ..Story::default() };
    story.take(member.visit.language, portal.ask(member, request).await?);
    Ok(story)
}

/// A company's, the newest first, from this place on.
pub(super) async fn of_company(
    portal: &Portal,
    member: &Member,
    enterprise: &str,
    from: &str,
) -> Result<Story, Problem> {
    let request = v1::ListEntriesRequest {
        enterprise: enterprise.to_owned(),
        newest_first: true,
        page_size: OF_COMPANY,
        page_token: from.to_owned(),
        ..Default::default()
    };
    let mut story = Story::default();
    story.take(member.visit.language, portal.ask(member, request).await?);
    Ok(story)
}

impl Story {
    fn take(&mut self, l: Language, answer: v1::ListEntriesResponse) {
        let told = answer.entries.iter().zip(&answer.sentences);
        self.moments.extend(told.map(|(entry, sentence)| moment(l, entry, Some(sentence))));
        self.rest = answer.next_page_token;
    }
}

/// An entry in plain words.
pub(super) fn moment(l: Language, entry: &v1::Entry, sentence: Option<&v1::Text>) -> Moment {
    Moment {
        sequence: entry.sequence,
        day: show::day(l, &entry.effective_date),
        recorded: show::stamped(l, entry.recorded_at.as_ref()),
        who: who(l, &entry.actor.clone().unwrap_or_default()),
        what: l.text(sentence),
        reversed_by: entry.reversed_by,
    }
}

/// `审核岗 li.na（代 wang.wei）`.
fn who(l: Language, actor: &v1::Caller) -> String {
    let code = actor.role().as_str_name().trim_start_matches("ROLE_").to_ascii_lowercase();
    let role = words::role(l, &code);
    let institution =
        if actor.institution_id.is_empty() { String::new() } else { format!(" {}", actor.institution_id) };
    let office = if actor.on_behalf_of.is_empty() {
        String::new()
    } else {
        format!("{}{}{}", l.say("（代 ", " (for "), actor.on_behalf_of, l.say("）", ")"))
    };
    format!("{role}{institution} {}{office}", actor.person)
}
