//! Reports (报表): every report of the catalogue with its parameters, as a page or as a file.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::sheet::{self, Sheet};
use super::statements::institutions;
use super::{correctable, download};
use crate::portal::fields::Fields;
use crate::portal::language::Language;
use crate::portal::layout::{Frame, page};
use crate::portal::problem::Problem;
use crate::portal::visit::{Clerk, Member};
use crate::portal::{Portal, show};
use crate::proto::v1;

/// The most rows of a section on a page; the file has them all.
const ROWS_MAX: usize = 500;

#[derive(Template)]
#[template(path = "bureau/boards/reports.html")]
struct ListPage {
    frame: Frame,
    reports: Vec<(String, String, String)>,
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
}

/// The parameters as they were filled.
#[derive(Default)]
struct Filled {
    from: String,
    to: String,
    known_at: String,
    by: String,
    institution: String,
    enterprise: String,
    district: String,
    programme: String,
}

pub(super) async fn list(State(portal): State<Portal>, Clerk(member): Clerk) -> Result<Response, Problem> {
    let l = member.visit.language;
    let kinds = portal.ask(&member, v1::ListReportsRequest {}).await?.reports;
    let reports = kinds.into_iter().map(|one| (l.text(one.title.as_ref()), l.text(one.about.as_ref()), one.name));
    let frame = Frame::of(&member.visit, l.say("报表", "Reports")).under("reports");
    Ok(page(&ListPage { frame, reports: reports.map(|(title, about, name)| (name, title, about)).collect() }))
}

/// The report of the year until today.
pub(super) async fn form(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    shown(&portal, &member, name, Filled::default()).await
}

/// The report as it was asked for: a page, or a file.
pub(super) async fn run(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    Path(name): Path<String>,
    fields: Fields,
) -> Result<Response, Problem> {
    let filled = Filled::of(&fields);
    let form = match fields.get("form") {
        "xlsx" => Some((v1::ReportForm::Xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")),
        "csv" => Some((v1::ReportForm::Csv, "text/csv; charset=utf-8")),
        _ => None,
    };
    let Some((form, kind)) = form else { return shown(&portal, &member, name, filled).await };
    let l = member.visit.language;
    let mut request = filled.request(&name);
    (request.form, request.english) = (form.into(), !l.is_chinese());
    let file = sheet::file(&portal, &member, request).await?;
    let title = title(&portal, &member, &name).await?.0;
    let day = if filled.to.is_empty() { portal.now().shanghai_date().to_string() } else { filled.to };
    download(kind, &format!("{title}-{day}.{}", fields.get("form")), file)
}

/// Title and description of a report.
async fn title(portal: &Portal, member: &Member, name: &str) -> Result<(String, String), Problem> {
    let l = member.visit.language;
    let kinds = portal.ask(member, v1::ListReportsRequest {}).await?.reports;
    let found = kinds.into_iter().find(|one| one.name == name).ok_or(Problem::NotFound)?;
    Ok((l.text(found.title.as_ref()), l.text(found.about.as_ref())))
}

async fn shown(portal: &Portal, member: &Member, name: String, filled: Filled) -> Result<Response, Problem> {
    let l = member.visit.language;
    let (title, about) = title(portal, member, &name).await?;
    let (mut error, mut head, mut sheets) = (String::new(), None, Vec::new());
    match sheet::run(portal, member, filled.request(&name)).await {
        Ok(report) => {
            sheets = report.sheets(l, ROWS_MAX);
            head = Some(HeadView {
                from: show::day(l, &report.head.from_date),
                to: show::day(l, &report.head.to_date),
                size: report.head.log_size,
                root: hex::encode(&report.head.log_root),
            });
        }
        Err(Problem::Refused(refusal)) => error = correctable(l, *refusal)?,
        Err(other) => return Err(other),
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
        let get = |name: &str| fields.get(name).to_owned();
        Self {
            from: get("from"),
            to: get("to"),
            known_at: get("known_at"),
            by: get("by"),
            institution: get("institution"),
            enterprise: get("enterprise"),
            district: get("district"),
            programme: get("programme"),
        }
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
        v1::RunReportRequest {
            name: name.to_owned(),
            from_date: self.from.clone(),
            to_date: self.to.clone(),
            known_at_sequence: self.known_at.parse().unwrap_or_default(),
            group_by: group_by.into(),
            institution_id: self.institution.clone(),
            enterprise: self.enterprise.clone(),
            district: self.district.clone(),
            programme_id: self.programme.clone(),
            form: v1::ReportForm::Unspecified.into(),
            english: false,
        }
    }
}
