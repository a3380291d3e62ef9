//! The board (看板): pools, budgets, targets, districts, arrears; each as a chart with its figures in a table under it.
//!
//! This year's is `GetBoard`, which is there at once; a year that is over is the yearly report until its last day, which is
//! made beside the service and kept. Each pool's own answer besides: nothing is computed here but lengths.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::chart::{BARS_MAX, Bar, Chart};
use super::making::{self, Making, WAIT_MS};
use super::sheet::{self, Answer, Reported, Section, Sheet};
use super::statements::institutions;
use crate::money::{Amount, Rate, Rounding};
use crate::portal::language::Language;
use crate::portal::layout::{Frame, page};
use crate::portal::problem::Problem;
use crate::portal::visit::{Clerk, Member};
use crate::portal::{Portal, show};
use crate::proto::v1;

/// The most rows of a table; the report has them all.
const ROWS_MAX: usize = 200;

/// The most rows that are read of a year that is over: banks, districts, budget lines.
const ROWS_READ: u32 = 1_000;

/// The most pools.
const POOLS_MAX: usize = 20;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    year: Option<i32>,
    /// The last entry that the report of a year that is over knows: the one that is being made.
    known: Option<u64>,
    /// Not the one that is kept.
    #[serde(default)]
    anew: String,
}

#[derive(Template)]
#[template(path = "bureau/boards/dashboard.html")]
struct Page {
    frame: Frame,
    year: i32,
    years: Vec<i32>,
    until: String,
    /// Of which entry, and when it was made; empty for this year's, which is always of now.
    made: String,
    /// The districts that the visitor is confined to; empty for whoever sees them all.
    districts: String,
    figures: Vec<(String, String)>,
    pools: Vec<PoolView>,
    blocks: Vec<Block>,
}

/// A chart with its table.
struct Block {
    id: &'static str,
    title: String,
    chart: Chart,
    sheet: Option<Sheet>,
    empty: String,
}

/// A pool: its money, what it may still take on, and each bank against the breaker.
struct PoolView {
    id: String,
    chart: Chart,
    breaker: Chart,
    banks: Vec<BankYear>,
}

/// A bank's year.
struct BankYear {
    bank: String,
    year: i32,
    filed: String,
    losses: String,
    share: String,
    limit: String,
    tripped: bool,
}

pub(super) async fn boards(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let l = member.visit.language;
    let this_year = i32::from(portal.now().shanghai_date().year().value());
    let year = asked.year.filter(|year| (1990..this_year).contains(year));
    let (board, districts) = sheet::board(&portal, &member).await?;
    let frame = Frame::of(&member.visit, l.say("看板", "Boards")).under("boards");
    if !districts.is_empty() {
        let year = this_year_of(&board);
        return Ok(page(&Page {
            frame,
            year,
            years: vec![year],
            until: show::day(l, &board.head.to_date),
            made: String::new(),
            districts: districts.join(l.say("、", ", ")),
            figures: Vec::new(),
            pools: Vec::new(),
            blocks: blocks(l, year, &board).into_iter().filter(|one| one.id == "subsidies-by-district").collect(),
        }));
    }
    let years = years(&portal, &member, this_year).await?;
    let (report, made) = match year {
        None => (board, String::new()),
        Some(year) => match past(&portal, &member, year, &asked).await? {
            Past::Made(report, made) => (*report, made),
            Past::Making(response) => return Ok(response),
        },
    };
    let year = year.unwrap_or_else(|| this_year_of(&report));
    Ok(page(&Page {
        frame,
        year,
        years,
        until: show::day(l, &report.head.to_date),
        made,
        districts: String::new(),
        figures: figures(l, &report),
        pools: pools(&portal, &member, &report).await?,
        blocks: blocks(l, year, &report),
    }))
}

/// The year of a board: of its last day.
fn this_year_of(board: &Reported) -> i32 {
    board.head.to_date.split('-').next().and_then(|year| year.parse().ok()).unwrap_or_default()
}

/// A year that is over.
enum Past {
    /// The report, and of which entry and time it is.
    Made(Box<Reported>, String),
    /// The page that says that it is being made.
    Making(Response),
}

async fn past(portal: &Portal, member: &Member, year: i32, asked: &Asked) -> Result<Past, Problem> {
    let l = member.visit.language;
    let to_date = format!("{year}-12-31");
    let request =
        v1::RunReportRequest { name: "yearly".to_owned(), to_date, rows_max: ROWS_READ, ..Default::default() };
    let kept = v1::RunReportRequest { kept_only: true, ..request.clone() };
    let kept = if asked.known.is_none() && asked.anew.is_empty() {
        sheet::run(portal, member, kept).await?
    } else {
        Answer::Pending(v1::ReportPending::default())
    };
    let answer = if let Answer::Made(report) = kept {
        Answer::Made(report)
    } else {
        let known_at_sequence = asked.known.unwrap_or_default();
        sheet::run(portal, member, v1::RunReportRequest { wait_ms: WAIT_MS, known_at_sequence, ..request }).await?
    };
    match answer {
        Answer::Made(report) => {
            let (size, made) = (report.head.log_size, show::stamped(l, report.head.made_at.as_ref()));
            let words =
                l.say("账本截至分录 {} · 生成于", "as known at entry {} · made").replace("{}", &size.to_string());
            Ok(Past::Made(Box::new(report), format!("{words} {made}")))
        }
        Answer::Pending(pending) => {
            let address = format!("/bureau/boards?year={year}&known={}", pending.known_at_sequence);
            let title = format!("{} {year}", l.say("看板", "Boards"));
            let making =
                Making { title: &title, here: "boards", address, back: "/bureau/boards".to_owned(), is_file: false };
            Ok(Past::Making(making::shown(member, making, &pending)))
        }
    }
}

/// The years that have a budget, and this one; the newest first.
async fn years(portal: &Portal, member: &Member, this_year: i32) -> Result<Vec<i32>, Problem> {
    let request = v1::ListBudgetsRequest { page_size: 1_000, ..Default::default() };
    let budgets = portal.ask(member, request).await?.budgets;
    let mut years: Vec<i32> = budgets.iter().map(|one| one.year).filter(|year| *year <= this_year).collect();
    years.push(this_year);
    years.sort_unstable();
    years.dedup();
    years.reverse();
    Ok(years)
}

/// The overview of the report: words, and a number or an amount or both.
fn figures(l: Language, report: &Reported) -> Vec<(String, String)> {
    let Some(section) = report.section("overview") else { return Vec::new() };
    let figure = |row: &v1::ReportRow| {
        let (number, amount) = (section.shown(l, row, "number"), section.shown(l, row, "amount"));
        let both = !number.is_empty() && !amount.is_empty();
        let value = if both { format!("{number} · {amount}") } else { format!("{number}{amount}") };
        (section.shown(l, row, "measure"), value)
    };
    section.plain().map(figure).collect()
}

fn blocks(l: Language, year: i32, report: &Reported) -> Vec<Block> {
    let block = |id: &'static str, title: &str, chart: fn(Language, i32, &Section) -> Chart, empty: &str| {
        let section = report.section(id);
        let (title, empty) = (title.to_owned(), empty.to_owned());
        let chart = section.map(|section| chart(l, year, section)).unwrap_or_default();
        Block { id, title, chart, sheet: report.sheet(l, id, ROWS_MAX), empty }
    };
    vec![
        block(
            "budget-execution",
            l.say("预算", "Budgets"),
            budgets,
            l.say("尚未下达预算。", "No budget was appropriated yet."),
        ),
        block(
            "targets",
            l.say("年度目标", "Yearly targets"),
            targets,
            l.say("已采用的办法没有目标。", "The adopted rulebooks set no target."),
        ),
        block(
            "subsidies-by-district",
            l.say("县区补助", "Subsidies by district"),
            districts,
            l.say("本年度没有补助。", "No subsidy in this year."),
        ),
        block(
            "outstanding",
            l.say("逾期与不良", "Overdue and non-performing"),
            arrears,
            l.say("没有在贷余额。", "Nothing is outstanding."),
        ),
    ]
}

/// What is said of bars that are left out.
fn more(l: Language, all: usize) -> String {
    let over = all.saturating_sub(BARS_MAX);
    if over == 0 {
        return String::new();
    }
    l.say("另有 {} 项，见下表。", "{} more are in the table below.").replace("{}", &over.to_string())
}

fn budgets(l: Language, year: i32, section: &Section) -> Chart {
    let of = |row: &v1::ReportRow| {
        let amount = |column| section.amount(row, column);
        let whole = Amount::total(["carried_in", "initial", "adjusted"].map(amount));
        let parts = [("bar-a", amount("spent")), ("bar-b", amount("reserved")), ("bar-c", amount("available"))];
        let label = format!("{} {}", section.shown(l, row, "line"), section.shown(l, row, "year"));
        let words = [l.say("已拨付", "paid"), l.say("已核定待拨", "granted, to be paid"), l.say("结余", "left")];
        let detail: Vec<String> =
            words.iter().zip(&parts).map(|(words, (_, amount))| format!("{words} {}", amount.grouped())).collect();
        Bar::of(label, whole.grouped(), &parts, whole).saying(detail.join(" · "))
    };
    let rows: Vec<&v1::ReportRow> =
        section.plain().filter(|row| section.shown(l, row, "year") == year.to_string()).collect();
    // A year without a line of its own is shown with those that there are.
    let rows = if rows.is_empty() { section.plain().collect() } else { rows };
    Chart {
        title: l.say("下达的预算，及其去向", "What was appropriated, and where it went").to_owned(),
        legend: vec![
            ("bar-a", l.say("已拨付", "Paid").to_owned()),
            ("bar-b", l.say("已核定待拨", "Granted, to be paid").to_owned()),
            ("bar-c", l.say("结余", "Left").to_owned()),
        ],
        more: more(l, rows.len()),
        bars: rows.into_iter().take(BARS_MAX).map(of).collect(),
    }
}

fn targets(l: Language, _year: i32, section: &Section) -> Chart {
    let of = |row: &v1::ReportRow| {
        let is_money = section.shown(l, row, "planned_count").is_empty();
        let (planned, reached) =
            if is_money { ("planned_amount", "reached_amount") } else { ("planned_count", "reached_count") };
        let share = section.shown(l, row, "share");
        // Percent with two decimals is as good as fen for a length.
        let done = show::amount(&share);
        let words = format!(
            "{} {} / {} · {} {}",
            l.say("实际 / 计划：", "reached / planned:"),
            section.shown(l, row, reached),
            section.shown(l, row, planned),
            l.say("期限", "by"),
            show::day(l, &section.shown(l, row, "by"))
        );
        let is_done = done >= Amount::from_yuan(100);
        let badge =
            if is_done { ("good", l.say("已完成", "reached")) } else { ("wait", l.say("未完成", "not yet")) };
        let bar =
            Bar::of(section.shown(l, row, "target"), format!("{share} %"), &[("bar-a", done)], Amount::from_yuan(100));
        bar.saying(words).with_badge(badge.0, badge.1)
    };
    Chart {
        title: l.say("完成率", "How much of each is reached").to_owned(),
        bars: section.plain().take(BARS_MAX).map(of).collect(),
        more: more(l, section.plain().count()),
        ..Chart::default()
    }
}

fn districts(l: Language, _year: i32, section: &Section) -> Chart {
    let granted = |row: &v1::ReportRow| section.amount(row, "granted");
    let mut rows: Vec<&v1::ReportRow> = section.plain().collect();
    rows.sort_by_key(|row| granted(row).negated());
    let most = rows.first().map_or(Amount::ZERO, |row| granted(row));
    let of = |row: &v1::ReportRow| {
        let paid = section.amount(row, "paid").at_most(granted(row));
        let due = granted(row).minus(paid);
        let words = format!(
            "{} {} · {} {} · {} {}",
            l.say("已拨付", "paid"),
            paid.grouped(),
            l.say("待拨付", "to be paid"),
            due.grouped(),
            l.say("申请", "applications:"),
            section.shown(l, row, "applications")
        );
        let parts = [("bar-a", paid), ("bar-b", due)];
        Bar::of(section.shown(l, row, "group"), granted(row).grouped(), &parts, most).saying(words)
    };
    Chart {
        title: l.say("核定金额，按县区", "Granted, by district").to_owned(),
        legend: vec![
            ("bar-a", l.say("已拨付", "Paid").to_owned()),
            ("bar-b", l.say("待拨付", "To be paid").to_owned()),
        ],
        more: more(l, rows.len()),
        bars: rows.into_iter().take(BARS_MAX).map(of).collect(),
    }
}

fn arrears(l: Language, _year: i32, section: &Section) -> Chart {
    let late = |row: &v1::ReportRow| {
        Amount::total(["overdue_30", "overdue_60", "overdue_90", "overdue_more"].map(|id| section.amount(row, id)))
    };
    let bad = |row: &v1::ReportRow| section.amount(row, "non_performing");
    let mut rows: Vec<&v1::ReportRow> = section.plain().collect();
    rows.sort_by_key(|row| (late(row).plus(bad(row)).negated(), section.amount(row, "outstanding").negated()));
    let of = |row: &v1::ReportRow| {
        let (whole, late, bad) = (section.amount(row, "outstanding"), late(row), bad(row));
        let good = whole.minus(late).minus(bad);
        let words = format!(
            "{} {} · {} {} · {} {} ({} %)",
            l.say("正常", "current"),
            good.grouped(),
            l.say("逾期", "overdue"),
            late.grouped(),
            l.say("不良", "non-performing"),
            bad.grouped(),
            section.shown(l, row, "npl")
        );
        let parts = [("bar-d", bad), ("bar-b", late), ("bar-c", good)];
        let bar = Bar::of(section.shown(l, row, "bank"), whole.grouped(), &parts, whole).saying(words);
        if bad.is_positive() { bar.with_badge("bad", l.say("有不良", "non-performing")) } else { bar }
    };
    Chart {
        title: l.say("在贷本金，按银行", "Outstanding principal, by bank").to_owned(),
        legend: vec![
            ("bar-d", l.say("不良", "Non-performing").to_owned()),
            ("bar-b", l.say("逾期", "Overdue").to_owned()),
            ("bar-c", l.say("正常", "Current").to_owned()),
        ],
        more: more(l, rows.len()),
        bars: rows.into_iter().take(BARS_MAX).map(of).collect(),
    }
}

async fn pools(portal: &Portal, member: &Member, report: &Reported) -> Result<Vec<PoolView>, Problem> {
    let l = member.visit.language;
    let Some(section) = report.section("pools") else { return Ok(Vec::new()) };
    let names = institutions(portal, member).await?;
    let names: BTreeMap<String, String> = names.into_iter().map(|one| (one.institution_id, one.name)).collect();
    let mut views = Vec::new();
    for row in section.plain().take(POOLS_MAX) {
        let pool_id = section.shown(l, row, "pool");
        let answer = portal.ask(member, v1::GetPoolRequest { pool_id }).await?;
        views.push(pool(l, &answer.pool.unwrap_or_default(), &names));
    }
    Ok(views)
}

fn pool(l: Language, pool: &v1::Pool, names: &BTreeMap<String, String>) -> PoolView {
    let amount = |text: &str| show::amount(text);
    let (cash, free) = (amount(&pool.cash), amount(&pool.free_balance));
    let bound = cash.minus(free);
    let money = Bar::of(l.say("资金余额", "Cash"), cash.grouped(), &[("bar-a", free), ("bar-b", bound)], cash);
    let words = [l.say("可用", "free"), l.say("待支付补偿", "set aside for claims")];
    let money = money.saying(format!("{} {} · {} {}", words[0], free.grouped(), words[1], bound.grouped()));
    let mut bars = vec![money];
    let (exposure, limit) = (amount(&pool.exposure), amount(&pool.exposure_limit));
    let label = l.say("在保责任", "Exposure");
    if pool.exposure_limit.is_empty() {
        let bar = Bar::of(label, exposure.grouped(), &[("bar-a", exposure)], exposure);
        bars.push(bar.saying(l.say("今日无生效的规则，没有上限", "no rule is in force today: no limit")));
    } else {
        let room = limit.minus(exposure);
        let words = format!(
            "{} {} ({} {} ×) · {} {}",
            l.say("上限", "limit"),
            limit.grouped(),
            l.say("放大", "leverage"),
            pool.leverage_limit,
            l.say("尚可承保", "headroom"),
            room.grouped()
        );
        let bar = Bar::of(label, exposure.grouped(), &[("bar-a", exposure.at_most(limit)), ("bar-c", room)], limit);
        let badge = if room.is_positive() {
            ("good", l.say("有余量", "room left"))
        } else {
            ("bad", l.say("已满", "full"))
        };
        bars.push(bar.saying(words).with_badge(badge.0, badge.1));
    }
    let title = l.say("资金与在保责任", "Money and exposure").to_owned();
    let legend = vec![
        ("bar-a", l.say("可用资金；在保责任", "Free money; exposure").to_owned()),
        ("bar-b", l.say("待支付补偿", "Set aside for claims").to_owned()),
        ("bar-c", l.say("余量", "Headroom").to_owned()),
    ];
    let mut years: Vec<&v1::BankYear> = pool.bank_years.iter().collect();
    years.sort_by_key(|one| (std::cmp::Reverse(one.year), std::cmp::Reverse(share_of(one))));
    PoolView {
        id: pool.pool_id.clone(),
        chart: Chart { title, legend, bars, more: String::new() },
        breaker: breaker(l, &years, names),
        banks: years.iter().take(ROWS_MAX).map(|one| bank_year(one, names)).collect(),
    }
}

/// Losses over principal filed, in permille.
fn share_of(one: &v1::BankYear) -> i64 {
    show::permille(show::amount(&one.losses), show::amount(&one.filed))
}

/// `3.5`: permille as percent.
fn percent(permille: i64) -> String {
    format!("{}.{}", permille.div_euclid(10), permille.rem_euclid(10))
}

/// Each bank's losses of its newest year against the breaker, which stands in the middle of the bar.
fn breaker(l: Language, years: &[&v1::BankYear], names: &BTreeMap<String, String>) -> Chart {
    let newest = years.first().map_or(0, |one| one.year);
    let of_newest: Vec<&&v1::BankYear> = years.iter().filter(|one| one.year == newest).collect();
    let of = |one: &&v1::BankYear| {
        let view = bank_year(one, names);
        let limit = limit_of(one);
        // The bar ends at twice the limit.
        let parts = [(if one.tripped { "bar-d" } else { "bar-a" }, Amount::from_fen(share_of(one)))];
        let bar = Bar::of(view.bank, format!("{} %", view.share), &parts, Amount::from_fen(limit.saturating_mul(2)));
        let words = format!(
            "{} {} / {} {} · {} {}",
            l.say("损失", "losses"),
            view.losses,
            l.say("备案", "filed"),
            view.filed,
            l.say("熔断线", "breaker"),
            if view.limit.is_empty() { "—".to_owned() } else { view.limit }
        );
        let badge =
            if one.tripped { ("bad", l.say("已熔断", "tripped")) } else { ("good", l.say("正常", "below")) };
        bar.saying(words).marked(500).with_badge(badge.0, badge.1)
    };
    Chart {
        title: format!(
            "{} {newest}",
            l.say("各银行损失率与熔断线（竖线）", "Losses of each bank against the breaker (the upright line),")
        ),
        legend: Vec::new(),
        more: more(l, of_newest.len()),
        bars: of_newest.into_iter().take(BARS_MAX).map(of).collect(),
    }
}

/// The breaker in permille; 1,000 where there is none.
fn limit_of(one: &v1::BankYear) -> i64 {
    let whole = Amount::from_yuan(1_000_000);
    let rate = Rate::parse(&one.breaker_ratio).ok().and_then(|rate| whole.times(rate).ok());
    rate.map_or(1_000, |exact| show::permille(exact.round(Rounding::Down), whole)).max(1)
}

fn bank_year(one: &v1::BankYear, names: &BTreeMap<String, String>) -> BankYear {
    BankYear {
        bank: names.get(&one.bank_id).cloned().unwrap_or_else(|| one.bank_id.clone()),
        year: one.year,
        filed: show::yuan(&one.filed),
        losses: show::yuan(&one.losses),
        share: percent(share_of(one)),
        limit: Rate::parse(&one.breaker_ratio).map(Rate::percent).unwrap_or_default(),
        tripped: one.tripped,
    }
}
