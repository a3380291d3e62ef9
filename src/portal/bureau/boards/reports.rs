//! Reports (报表): every report of the catalogue with its parameters, as a page or as a file. Nothing is run before somebody
//! presses the button; what takes longer than a moment is made beside the service.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::making::{self, Making, WAIT_MS};
use super::sheet::{self, Answer, Reported, Sheet};
use super::statements::institutions;
use super::{correctable, download};
use crate::portal::fields::Fields;
use crate::portal::language::Language;
use crate::portal::layout::{Frame, page};
use crate::portal::problem::{Problem, see_other};
use crate::portal::uploads::{Purpose, Sent};
use crate::portal::visit::{Clerk, Member};
use crate::portal::{Portal, show};
use crate::proto::v1;

/// The most rows of a section on a page; the file has them all.
const ROWS_MAX: u32 = 500;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    /// The name under which parameters are kept of a report that is being made.
    #[serde(default)]
    made: String,
}

#[derive(Template)]
#[template(path = "bureau/boards/reports.html")]
struct ListPage {
    frame: Frame,
    reports: Vec<(String, String, String)>,
}

#[derive(Template)]
#[template(path = "bureau/boards/confined.html")]
struct ConfinedPage {
    frame: Frame,
    districts: String,
}

#[derive(Template)]
#[template(path = "bureau/boards/report.html")]
struct ReportPage {
    frame: Frame,
    name: String,
    about: String,
    error: String,
    filled: Filled,
    groupings: Vec<(&'static str, &'static str)>,
    banks: Vec<(String, String)>,
    programmes: Vec<(String, String)>,
    head: Option<HeadView>,
    sheets: Vec<Sheet>,
}

/// What a report was made from.
struct HeadView {
    from: String,
    to: String,
    size: u64,
    root: String,
    made: String,
}

/// The parameters as they were filled.
#[derive(Default, Clone)]
struct Filled {
    from: String,
    to: String,
    known_at: String,
    by: String,
    institution: String,
    enterprise: String,
    district: String,
    programme: String,
    /// The last entry that the report knows, once it was asked for.
    pin: String,
    /// `xlsx` or `csv`; empty for a page.
    form: String,
}

pub(super) async fn list(State(portal): State<Portal>, Clerk(member): Clerk) -> Result<Response, Problem> {
    let l = member.visit.language;
    if let Some(confined) = confined(&portal, &member).await? {
        return Ok(confined);
    }
    let kinds = portal.ask(&member, v1::ListReportsRequest {}).await?.reports;
    let reports = kinds.into_iter().map(|one| (l.text(one.title.as_ref()), l.text(one.about.as_ref()), one.name));
    let frame = Frame::of(&member.visit, l.say("报表", "Reports")).under("reports");
    Ok(page(&ListPage { frame, reports: reports.map(|(title, about, name)| (name, title, about)).collect() }))
}

/// What somebody of some districts may use instead; `None` for whoever sees them all.
async fn confined(portal: &Portal, member: &Member) -> Result<Option<Response>, Problem> {
    let districts = sheet::board(portal, member).await?.1;
    if districts.is_empty() {
        return Ok(None);
    }
    let l = member.visit.language;
    let frame = Frame::of(&member.visit, l.say("报表", "Reports")).under("reports");
    Ok(Some(page(&ConfinedPage { frame, districts: districts.join(l.say("、", ", ")) })))
}

/// The form; with a report under it that was asked for before, or that is kept of the form's own parameters.
pub(super) async fn form(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    if !asked.made.is_empty() {
        let Some(filled) = found(&portal, &member, &name, &asked.made) else {
            return Ok(see_other(&format!("/bureau/reports/{name}")));
        };
        return run_it(&portal, &member, name, filled).await;
    }
    // The name is looked up first: of a report that there is not, nobody is told why he may not see it.
    let titles = titles(&portal, &member, &name).await?;
    if let Some(confined) = confined(&portal, &member).await? {
        return Ok(confined);
    }
    let filled = Filled::default();
    let request = v1::RunReportRequest { kept_only: true, ..filled.request(&name) };
    let kept = match sheet::run(&portal, &member, request).await? {
        Answer::Made(report) => Some(report),
        Answer::Pending(_) => None,
    };
    shown(&portal, &member, (name, titles), filled, Ok(kept)).await
}

/// The report as it was asked for: a page, or a file.
pub(super) async fn run(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    Path(name): Path<String>,
    fields: Fields,
) -> Result<Response, Problem> {
    run_it(&portal, &member, name, Filled::of(&fields)).await
}

/// The file of a report that was asked for before.
pub(super) async fn file(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    Path((name, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    match found(&portal, &member, &name, &id) {
        Some(filled) => run_it(&portal, &member, name, filled).await,
        None => Ok(see_other(&format!("/bureau/reports/{name}"))),
    }
}

/// The parameters that are kept for this login under a name.
fn found(portal: &Portal, member: &Member, name: &str, id: &str) -> Option<Filled> {
    let sent = portal.uploads().find(&member.visit.cookie, Purpose::Report, id)?;
    (sent.name == name).then(|| Filled::read(|field| sent.field(field).to_owned()))
}

async fn run_it(portal: &Portal, member: &Member, name: String, filled: Filled) -> Result<Response, Problem> {
    let titles = titles(portal, member, &name).await?;
    let l = member.visit.language;
    let request = v1::RunReportRequest { wait_ms: WAIT_MS, ..filled.request(&name) };
    let file = match filled.form.as_str() {
        "xlsx" => Some((v1::ReportForm::Xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")),
        "csv" => Some((v1::ReportForm::Csv, "text/csv; charset=utf-8")),
        _ => None,
    };
    let Some((form, kind)) = file else {
        let report = match sheet::run(portal, member, request).await {
            Ok(Answer::Made(report)) => Ok(Some(report)),
            Ok(Answer::Pending(pending)) => return pending_of(portal, member, (&name, &titles.0), filled, &pending),
            Err(Problem::Refused(refusal)) => Err(correctable(l, *refusal)?),
            Err(other) => return Err(other),
        };
        return shown(portal, member, (name, titles), filled, report).await;
    };
    let request = v1::RunReportRequest { form: form.into(), english: !l.is_chinese(), ..request };
    match sheet::file(portal, member, request).await? {
        Answer::Made(file) => {
            let day = if filled.to.is_empty() { portal.now().shanghai_date().to_string() } else { filled.to };
            download(kind, &format!("{}-{day}.{}", titles.0, filled.form), file)
        }
        Answer::Pending(pending) => pending_of(portal, member, (&name, &titles.0), filled, &pending),
    }
}

/// The page that says that it is being made; it knows its parameters again by a name.
fn pending_of(
    portal: &Portal,
    member: &Member,
    (name, title): (&str, &str),
    filled: Filled,
    pending: &v1::ReportPending,
) -> Result<Response, Problem> {
    let is_file = !filled.form.is_empty();
    let filled = Filled { pin: pending.known_at_sequence.to_string(), ..filled };
    let sent = Sent { name: name.to_owned(), fields: filled.fields(), ..Sent::default() };
    let id = portal.uploads().keep(&member.visit.cookie, Purpose::Report, sent).ok_or(Problem::Fault)?;
    let back = format!("/bureau/reports/{name}");
    let address = if is_file { format!("{back}/file/{id}") } else { format!("{back}?made={id}") };
    Ok(making::shown(member, Making { title, here: "reports", address, back, is_file }, pending))
}

/// Title and description of a report.
async fn titles(portal: &Portal, member: &Member, name: &str) -> Result<(String, String), Problem> {
    let l = member.visit.language;
    let kinds = portal.ask(member, v1::ListReportsRequest {}).await?.reports;
    let found = kinds.into_iter().find(|one| one.name == name).ok_or(Problem::NotFound)?;
    Ok((l.text(found.title.as_ref()), l.text(found.about.as_ref())))
}

/// The form with the report, with nothing, or with what is wrong with the parameters.
async fn shown(
    portal: &Portal,
    member: &Member,
    (name, (title, about)): (String, (String, String)),
    mut filled: Filled,
    report: Result<Option<Reported>, String>,
) -> Result<Response, Problem> {
    let l = member.visit.language;
    let (mut error, mut head, mut sheets) = (String::new(), None, Vec::new());
    match report {
        Ok(Some(report)) => {
            sheets = report.sheets(l, usize::try_from(ROWS_MAX).unwrap_or(usize::MAX));
            filled.pin = report.head.log_size.to_string();
            head = Some(HeadView {
                from: show::day(l, &report.head.from_date),
                to: show::day(l, &report.head.to_date),
                size: report.head.log_size,
                root: hex::encode(&report.head.log_root),
                made: show::stamped(l, report.head.made_at.as_ref()),
            });
        }
        Ok(None) => {}
        Err(wrong) => error = wrong,
    }
    let banks = institutions(portal, member).await?.into_iter();
    let banks = banks.filter(|one| one.kind() == v1::InstitutionKind::Bank);
    let mut programmes = Vec::new();
    for rulebook in portal.adopted(member).await? {
        let name = |one: &crate::rulebook::Programme| l.say(&one.name.zh, &one.name.en).to_owned();
        programmes.extend(rulebook.programmes.iter().map(|one| (one.id.to_string(), name(one))));
    }
    programmes.sort();
    programmes.dedup_by(|one, other| one.0 == other.0);
    Ok(page(&ReportPage {
        frame: Frame::of(&member.visit, &title).under("reports").resending("report"),
        groupings: if name == "subsidies" { groupings(l) } else { Vec::new() },
        name,
        about,
        error,
        filled,
        banks: banks.map(|one| (one.institution_id, one.name)).collect(),
        programmes,
        head,
        sheets,
    }))
}

fn groupings(l: Language) -> Vec<(&'static str, &'static str)> {
    vec![
        ("", l.say("逐笔", "each application")),
        ("enterprise", l.say("按企业", "by enterprise")),
        ("district", l.say("按县区", "by district")),
        ("programme", l.say("按补助项目", "by programme")),
        ("year", l.say("按预算年度", "by budget year")),
        ("item", l.say("按费用种类", "by kind of cost")),
    ]
}

impl Filled {
    fn of(fields: &Fields) -> Self {
        Self::read(|name| fields.get(name).to_owned())
    }

    fn read(get: impl Fn(&str) -> String) -> Self {
        Self {
            from: get("from"),
            to: get("to"),
            known_at: get("known_at"),
            by: get("by"),
            institution: get("institution"),
            enterprise: get("enterprise"),
            district: get("district"),
            programme: get("programme"),
            pin: get("pin"),
            form: get("form"),
        }
    }

    /// What [`Filled::read`] reads.
    fn fields(self) -> BTreeMap<String, String> {
        let named = [
            ("from", self.from),
            ("to", self.to),
            ("known_at", self.known_at),
            ("by", self.by),
            ("institution", self.institution),
            ("enterprise", self.enterprise),
            ("district", self.district),
            ("programme", self.programme),
            ("pin", self.pin),
            ("form", self.form),
        ];
        named.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn request(&self, name: &str) -> v1::RunReportRequest {
        let group_by = match self.by.as_str() {
            "enterprise" => v1::ReportGrouping::Enterprise,
            "district" => v1::ReportGrouping::District,
            "programme" => v1::ReportGrouping::Programme,
            "year" => v1::ReportGrouping::Year,
            "item" => v1::ReportGrouping::Item,
            _ => v1::ReportGrouping::Unspecified,
        };
        let known_at = if self.pin.is_empty() { &self.known_at } else { &self.pin };
        v1::RunReportRequest {
            name: name.to_owned(),
            from_date: self.from.clone(),
            to_date: self.to.clone(),
            known_at_sequence: known_at.parse().unwrap_or_default(),
            group_by: group_by.into(),
            institution_id: self.institution.clone(),
            enterprise: self.enterprise.clone(),
            district: self.district.clone(),
            programme_id: self.programme.clone(),
            rows_max: ROWS_MAX,
            ..Default::default()
        }
    }
}
