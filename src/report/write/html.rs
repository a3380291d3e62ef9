//! A page to print: no script, no link, no font from elsewhere.

use super::{head, shown, unit};
use crate::report::{Kind, Report, Row, Section};
use crate::rulebook::Language;

const STYLE: &str = "\
body{font:14px/1.5 'Noto Sans CJK SC','Source Han Sans SC',sans-serif;margin:2em;color:#111}\
h1{font-size:1.5em;margin:0 0 .3em}h2{font-size:1.15em;margin:1.5em 0 .4em}\
dl{display:grid;grid-template-columns:max-content 1fr;gap:0 1em;font-size:.85em;margin:0}dd{margin:0;word-break:break-all}\
table{border-collapse:collapse;width:100%;font-size:.85em}th,td{border:1px solid #888;padding:.25em .5em;text-align:left}\
thead{display:table-header-group}tr{break-inside:avoid}th{background:#eee}\
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}tr.total td{font-weight:bold;border-top:2px solid #111}\
p.note{font-size:.8em;color:#333;margin:.3em 0}@page{size:A4 landscape;margin:12mm}@media print{body{margin:0}}";

pub(super) fn write(report: &Report, language: Language) -> String {
    let title = escaped(report.title.in_language(language));
    let lang = match language {
        Language::Chinese => "zh-CN",
        Language::English => "en",
    };
    let facts: Vec<String> = head(report, language)
        .into_iter()
        .map(|(name, value)| format!("<dt>{}</dt><dd>{}</dd>", escaped(name), escaped(&value)))
        .collect();
    let sections: Vec<String> = report.sections.iter().map(|each| section(each, language)).collect();
    format!(
        "<!doctype html>\n<html lang=\"{lang}\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <style>{STYLE}</style></head>\n<body><h1>{title}</h1><p class=\"note\">{}</p><dl>{}</dl>{}</body></html>\n",
        unit(language),
        facts.concat(),
        sections.concat()
    )
}

fn section(section: &Section, language: Language) -> String {
    let head: Vec<String> = section
        .columns
        .iter()
        .map(|column| format!("<th{}>{}</th>", class(column.kind), escaped(column.title.in_language(language))))
        .collect();
    let rows: Vec<String> = section.rows.iter().map(|each| row(section, each, language)).collect();
    let notes: Vec<String> = section
        .notes
        .iter()
        .map(|note| format!("<p class=\"note\">{}</p>", escaped(note.in_language(language))))
        .collect();
    let title = escaped(section.title.in_language(language));
    format!(
        "\n<h2>{title}</h2><table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>{}",
        head.concat(),
        rows.concat(),
        notes.concat()
    )
}

fn row(section: &Section, row: &Row, language: Language) -> String {
    let cells: Vec<String> = section
        .columns
        .iter()
        .zip(&row.cells)
        .map(|(column, cell)| format!("<td{}>{}</td>", class(column.kind), escaped(&shown(cell, language))))
        .collect();
    let total = if row.is_total { " class=\"total\"" } else { "" };
    format!("<tr{total}>{}</tr>", cells.concat())
}

const fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::Money | Kind::Count | Kind::Percent => " class=\"n\"",
        Kind::Text | Kind::Date => "",
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
