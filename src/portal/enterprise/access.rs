//! Who looked at the company's file (查阅记录): the lines of the access log that name it.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use crate::portal::language::Language;
use crate::portal::layout::{Frame, page};
use crate::portal::problem::Problem;
use crate::portal::visit::Company;
use crate::portal::{Portal, show, words};
use crate::proto::v1;

/// How many lines are looked at at a time.
const LOOKED_AT: i32 = 500;

/// How often: a company that calls much itself must still see the others.
const LOOKS_MAX: usize = 6;

/// How many lines are shown.
const SHOWN: usize = 100;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    /// Whether the company's own calls are shown too.
    #[serde(default)]
    own: String,
}

#[derive(Template)]
#[template(path = "enterprise/access.html")]
struct Page {
    frame: Frame,
    rows: Vec<Row>,
    own: bool,
}

struct Row {
    time: String,
    role: String,
    person: String,
    what: String,
    denied: bool,
}

pub(super) async fn looked(
    State(portal): State<Portal>,
    Company(member): Company,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let l = member.visit.language;
    let own = !asked.own.is_empty();
    let is_own = |record: &v1::AccessRecord| record.organisation == member.session.enterprise;
    let (mut records, mut page_token) = (Vec::new(), String::new());
    for _ in 0..LOOKS_MAX {
        let request = v1::ListAccessRequest { page_size: LOOKED_AT, page_token, ..Default::default() };
        let answer = portal.ask(&member, request).await?;
        records.extend(answer.records.into_iter().filter(|record| own || !is_own(record)));
        page_token = answer.next_page_token;
        if page_token.is_empty() || records.len() >= SHOWN {
            break;
        }
    }
    let rows = records.into_iter().take(SHOWN).map(|record| Row {
        time: show::stamped(l, record.time.as_ref()),
        role: if is_own(&record) { l.say("本企业", "You").to_owned() } else { words::role(l, &record.role) },
        person: if is_own(&record) { String::new() } else { record.person.clone() },
        what: call(l, &record.rpc),
        denied: record.code != "OK",
    });
    let rows = rows.collect();
    Ok(page(&Page { frame: Frame::of(&member.visit, l.say("查阅记录", "Who looked")).under("access"), rows, own }))
}

/// A call in plain words; by its name where there are none yet.
fn call(l: Language, rpc: &str) -> String {
    let name = rpc.split_once('/').map_or(rpc, |(_, name)| name);
    let words = match name {
        "IssueLoginCode" => l.say("签发登录码", "Issued a login code"),
        "RegisterEnterprise" => l.say("登记企业", "Registered the company"),
        "UpdateEnterprise" => l.say("更新企业登记", "Changed the company's registration"),
        "GetEnterprise" => l.say("查看企业登记", "Looked at the company's registration"),
        "GetEnterpriseYear" => l.say("查看年度补助和限额", "Looked at the year's subsidies and caps"),
        "GetApplication" => l.say("查看一笔申请", "Looked at an application"),
        "ListApplications" => l.say("查看申请列表", "Looked at the applications"),
        "QuoteSubsidy" => l.say("试算", "Tried out"),
        "ApplySubsidy" => l.say("提交申请", "Applied"),
        "ApproveSubsidy" => l.say("审核申请", "Approved an application"),
        "RefuseSubsidy" => l.say("驳回申请", "Refused an application"),
        "WithdrawSubsidy" => l.say("撤回申请", "Took an application back"),
        "PaySubsidy" => l.say("拨付补助", "Paid a subsidy"),
        "DemandClawback" => l.say("要求退回补助", "Demanded a subsidy back"),
        "RecordClawback" => l.say("登记退回", "Recorded money received back"),
        "AddBlacklistEntry" => l.say("列入失信名单", "Put the company on the blacklist"),
        "LiftBlacklistEntry" => l.say("移出失信名单", "Took the company off the blacklist"),
        "FileLoan" => l.say("贷款备案", "Filed a loan"),
        "DisburseLoan" => l.say("报告放款", "Reported a disbursement"),
        "RecordInterestPayment" => l.say("报告付息", "Reported interest"),
        "RecordPrincipalPayment" => l.say("报告还本", "Reported a repayment"),
        "SettleLoan" => l.say("报告结清", "Reported the loan settled"),
        "GetLoan" => l.say("查看一笔贷款", "Looked at a loan"),
        "ListLoans" => l.say("查看贷款列表", "Looked at the loans"),
        "RegisterPledge" => l.say("质押登记", "Registered a pledge"),
        "ReleasePledge" => l.say("注销质押", "Released a pledge"),
        "GetPledge" | "ListPledges" => l.say("查看质押", "Looked at the pledges"),
        "RegisterIpRight" => l.say("登记知识产权", "Registered a right"),
        "GetIpRight" | "ListIpRights" => l.say("查看知识产权", "Looked at the rights"),
        "ListEntries" | "GetEntry" => l.say("查看分录", "Looked at entries"),
        "GetReceipt" => l.say("取得凭证", "Took a receipt"),
        "ListAccess" => l.say("查看查阅记录", "Looked at who looked"),
        _ => name,
    };
    words.to_owned()
}
