//! June: enterprises apply, the bureau decides and pays, and what must not be paid is not.

use super::client::{Actor, Answer};
use super::world::{
    self, BUDGET, COUNTER, DONGSHAN, FINANCE, FIRST_PATENT, GUANGDIAN, INSURED_PATENT, JINNIU, LIYANG, MOXUAN,
    PLEDGE_COST, REVIEWER, REVIEWER_AT_FINANCE, SECOND_INSURED_PATENT, TANGHE, ZHAOGE, enterprise,
};
use super::{Play, cost, invoice, left_of};
use crate::proto::v1;
use v1::CostKind::{Guarantee, Insurance, Interest, PatentInsurance, Valuation};
use v1::cost_item::Evidence::InterestPaymentSequence;

const VALUATION_INVOICE: &str = "25412000000000000401";
const GUARANTEE_INVOICE: &str = "25412000000000000501";

pub(super) async fn play(play: &mut Play<'_>) -> anyhow::Result<()> {
    play.paper.heading("费用补助", "Subsidies (June)")?;
    four_costs(play).await?;
    first_patent(play).await?;
    half_a_fen(play).await?;
    used_invoice(play).await?;
    four_eyes(play).await?;
    same_request_twice(play).await?;
    blacklisted_before(play).await?;
    blacklisted_after_approval(play).await?;
    red_letter(play).await
}

/// An application under `pledge-cost`; empty `loan` for none.
pub(super) fn application(
    play: &Play<'_>,
    uscc: &str,
    loan: &str,
    items: Vec<v1::CostItem>,
) -> anyhow::Result<v1::ApplySubsidyRequest> {
    Ok(v1::ApplySubsidyRequest {
        enterprise: uscc.to_owned(),
        programme_id: PLEDGE_COST.to_owned(),
        loan_id: play.id(loan)?,
        items,
        ..Default::default()
    })
}

/// Interest that a bank reported, as a cost.
pub(super) fn interest_cost(play: &Play<'_>, name: &str, amount: &str, day: &str) -> anyhow::Result<v1::CostItem> {
    Ok(cost(Interest, amount, day, InterestPaymentSequence(play.id(name)?.parse()?)))
}

/// Sends an application that is granted something and keeps its id.
pub(super) async fn apply(
    play: &mut Play<'_>,
    name: &'static str,
    actor: Actor,
    day: &str,
    request: v1::ApplySubsidyRequest,
) -> anyhow::Result<Answer> {
    let answer = play.ledger.record(actor, day, request).await?;
    play.keep_id(name, &answer)?;
    Ok(answer)
}

/// What was granted for the line at `index`.
fn award(answer: &Answer, index: usize) -> &str {
    let lines = answer.decision.explanation.as_ref().map(|explanation| explanation.lines.as_slice());
    lines.and_then(|lines| lines.get(index)).map_or("", |line| line.granted.as_str())
}

/// S2: four kinds of cost in one year.
async fn four_costs(play: &mut Play<'_>) -> anyhow::Result<()> {
    let items = vec![
        interest_cost(play, "interest-zhaoge", "300000", "2025-06-20")?,
        cost(Valuation, "40000", "2025-01-05", invoice("25412000000000000201", "40000")),
        cost(Guarantee, "60000", "2025-01-08", invoice("25412000000000000202", "60000")),
        cost(Insurance, "80000", "2025-01-08", invoice("25412000000000000203", "80000")),
    ];
    let request = application(play, ZHAOGE, "zhaoge", items)?;
    let quote = v1::QuoteSubsidyRequest {
        effective_date: "2025-06-23".to_owned(),
        enterprise: request.enterprise.clone(),
        programme_id: request.programme_id.clone(),
        loan_id: request.loan_id.clone(),
        items: request.items.clone(),
    };
    let quoted = play.ledger.read(enterprise(ZHAOGE), quote).await?.decision.unwrap_or_default();
    play.paper.decision("朝歌装备先试算（不记账）", "Zhaoge asks for a quote first: nothing is recorded", &quoted)?;
    // half of 300,000 + 40,000 + 60,000 = 200,000: the year's cap is reached, nothing is left for the premium
    play.figures.compare("S2 试算 / quote", "200,000.00", &quoted.granted);
    let answer = apply(play, "zhaoge-costs", enterprise(ZHAOGE), "2025-06-23", request).await?;
    play.paper.decision("朝歌装备正式申请四项费用", "Zhaoge applies for four kinds of cost", &answer.decision)?;
    play.figures.compare("S2 准予合计 / granted", "200,000.00", &answer.decision.granted);
    play.figures.compare("S2 利息 / interest: 300,000 ÷ 2", "150,000.00", award(&answer, 0));
    play.figures.compare("S2 评估 / valuation: 40,000 ÷ 2", "20,000.00", award(&answer, 1));
    play.figures.compare("S2 担保 / guarantee: 60,000 ÷ 2", "30,000.00", award(&answer, 2));
    play.figures.compare("S2 保险 / premium: 200,000 − 200,000", "0.00", award(&answer, 3));
    play.approve_and_pay("zhaoge-costs", ["2025-06-24", "2025-06-26"], "BF-2025-001").await
}

/// S3: the first insured patent in full, the second one not.
async fn first_patent(play: &mut Play<'_>) -> anyhow::Result<()> {
    let premium = |amount: &str, number: &str, right: &str| v1::ApplySubsidyRequest {
        enterprise: GUANGDIAN.to_owned(),
        programme_id: FIRST_PATENT.to_owned(),
        items: vec![v1::CostItem {
            right: right.to_owned(),
            ..cost(PatentInsurance, amount, "2025-03-03", invoice(number, amount))
        }],
        ..Default::default()
    };
    let first = premium("8000", "25412000000000000301", INSURED_PATENT);
    let answer = apply(play, "guangdian-patent", enterprise(GUANGDIAN), "2025-06-23", first).await?;
    play.paper.decision("首件参保专利", "the first insured patent", &answer.decision)?;
    // the whole premium
    play.figures.compare("S3 首件参保专利 / first insured patent", "8,000.00", &answer.decision.granted);
    play.approve_and_pay("guangdian-patent", ["2025-06-24", "2025-06-26"], "BF-2025-002").await?;
    let second = premium("6000", "25412000000000000302", SECOND_INSURED_PATENT);
    let answer = play.ledger.record(enterprise(GUANGDIAN), "2025-06-27", second).await?;
    play.paper.decision("第二件参保专利", "a second insured patent", &answer.decision)?;
    play.figures.compare("第二件参保专利 / second insured patent", "ALREADY_GRANTED", &answer.decision.reason);
    Ok(())
}

/// Half of an odd number of fen is rounded down.
async fn half_a_fen(play: &mut Play<'_>) -> anyhow::Result<()> {
    let items = vec![
        interest_cost(play, "interest-liyang", "150000", "2025-04-14")?,
        cost(Valuation, "9999.99", "2025-01-09", invoice(VALUATION_INVOICE, "9999.99")),
    ];
    let request = application(play, LIYANG, "liyang", items)?;
    let answer = apply(play, "liyang-costs", COUNTER, "2025-06-23", request).await?;
    play.paper.decision("黎阳农机（窗口代为提交）", "Liyang, submitted at the counter", &answer.decision)?;
    // 9,999.99 ÷ 2 = 4,999.995, down to the fen
    play.figures.compare("黎阳评估费 / Liyang's valuation: 9,999.99 ÷ 2", "4,999.99", award(&answer, 1));
    // 75,000.00 + 4,999.99
    play.figures.compare("黎阳合计 / Liyang in all", "79,999.99", &answer.decision.granted);
    Ok(())
}

async fn used_invoice(play: &mut Play<'_>) -> anyhow::Result<()> {
    let again = vec![cost(Valuation, "9999.99", "2025-01-09", invoice(VALUATION_INVOICE, "9999.99"))];
    let request = application(play, TANGHE, "tanghe", again)?;
    let answer = play.ledger.record(enterprise(TANGHE), "2025-06-23", request).await?;
    play.paper.decision("汤河软件使用了同一张发票", "Tanghe hands in the very same invoice", &answer.decision)?;
    play.figures.compare("发票重复 / the invoice again", "EVIDENCE_USED_UP", &answer.decision.reason);
    let own = vec![cost(Valuation, "12000", "2025-01-16", invoice("25412000000000001101", "12000"))];
    let request = application(play, TANGHE, "tanghe", own)?;
    let answer = apply(play, "tanghe-costs", enterprise(TANGHE), "2025-06-24", request).await?;
    // 12,000 ÷ 2
    play.figures.compare("汤河自有发票 / with its own invoice", "6,000.00", &answer.decision.granted);
    play.approve_and_pay("tanghe-costs", ["2025-06-25", "2025-06-26"], "BF-2025-003").await
}

/// Three acts by three persons.
async fn four_eyes(play: &mut Play<'_>) -> anyhow::Result<()> {
    let application_id = play.id("liyang-costs")?;
    let approve = v1::ApproveSubsidyRequest { application_id: application_id.clone(), ..Default::default() };
    let own = play.ledger.stamped("2025-06-24", approve.clone());
    let rejected = play.ledger.rejected(COUNTER, own).await?;
    play.paper.rejection("提交人自行审核", "the submitter approves", &rejected)?;
    play.figures.compare("提交人审核 / approved by the submitter", "SAME_PERSON", &rejected.reason);
    play.ledger.record(REVIEWER, "2025-06-24", approve).await?;
    let payment = v1::PaySubsidyRequest { application_id, reference: "BF-2025-004".to_owned(), ..Default::default() };
    let by_reviewer = play.ledger.stamped("2025-06-26", payment.clone());
    let rejected = play.ledger.rejected(REVIEWER_AT_FINANCE, by_reviewer).await?;
    play.paper.rejection("审核人换账号拨付", "the reviewer pays, with a finance account", &rejected)?;
    play.figures.compare("审核人拨付 / paid by the reviewer", "SAME_PERSON", &rejected.reason);
    play.ledger.record(FINANCE, "2025-06-26", payment).await?;
    Ok(())
}

/// The same request again gets the same answer; the same id for another request is refused.
async fn same_request_twice(play: &mut Play<'_>) -> anyhow::Result<()> {
    let items = vec![interest_cost(play, "interest-dongshan", "60000", "2025-06-20")?];
    let request = application(play, DONGSHAN, "dongshan", items)?;
    let request = play.ledger.stamped("2025-06-24", request);
    let first = play.ledger.send(enterprise(DONGSHAN), request.clone()).await?;
    play.keep_id("dongshan-costs", &first)?;
    // 60,000 ÷ 2
    play.figures.compare("东山新材 / Dongshan", "30,000.00", &first.decision.granted);
    let before = play.ledger.last_sequence(COUNTER).await?;
    let second = play.ledger.send(enterprise(DONGSHAN), request.clone()).await?;
    let written = play.ledger.last_sequence(COUNTER).await?.saturating_sub(before);
    play.paper.say(
        &format!("东山新材重发同一请求：答复 {} 字节，新增分录 {written} 条", second.bytes.len()),
        &format!("Dongshan sends the same request again: {} bytes of answer, {written} entries", second.bytes.len()),
    )?;
    let same = if first.bytes == second.bytes { "identical" } else { "different" };
    play.figures.compare("重发的答复 / the answer to the repeat", "identical", same);
    play.figures.compare("重发写入分录 / entries that the repeat wrote", "0", &written.to_string());
    let mut other = request;
    if let Some(item) = other.items.first_mut() {
        "59999".clone_into(&mut item.cost);
    }
    let rejected = play.ledger.rejected(enterprise(DONGSHAN), other).await?;
    play.paper.rejection("同一请求编号，金额改动", "the same request id with another amount", &rejected)?;
    play.figures.compare("编号另用 / the id for another request", "REQUEST_ID_REUSED", &rejected.reason);
    Ok(())
}

async fn blacklist(play: &mut Play<'_>, uscc: &str, day: &str, document: &str) -> anyhow::Result<()> {
    let request = v1::AddBlacklistEntryRequest {
        enterprise: uscc.to_owned(),
        ground: v1::BlacklistGround::Piracy.into(),
        document: document.to_owned(),
        ..Default::default()
    };
    play.ledger.record(REVIEWER, day, request).await?;
    Ok(())
}

async fn blacklisted_before(play: &mut Play<'_>) -> anyhow::Result<()> {
    blacklist(play, MOXUAN, "2025-04-01", "鹤版执〔2025〕7号").await?;
    let items = vec![interest_cost(play, "interest-moxuan", "18000", "2025-06-20")?];
    let request = application(play, MOXUAN, "moxuan", items)?;
    let answer = play.ledger.record(enterprise(MOXUAN), "2025-06-24", request).await?;
    play.paper.decision("墨轩文化已列入失信名单", "Moxuan is on the blacklist", &answer.decision)?;
    play.figures.compare("失信企业申请 / a blacklisted applicant", "ENTERPRISE_BLACKLISTED", &answer.decision.reason);
    Ok(())
}

async fn blacklisted_after_approval(play: &mut Play<'_>) -> anyhow::Result<()> {
    let application_id = play.id("dongshan-costs")?;
    let approve = v1::ApproveSubsidyRequest { application_id: application_id.clone(), ..Default::default() };
    play.ledger.record(REVIEWER, "2025-06-25", approve).await?;
    blacklist(play, DONGSHAN, "2025-06-26", "鹤知执〔2025〕19号").await?;
    let payment = v1::PaySubsidyRequest { application_id, reference: "BF-2025-005".to_owned(), ..Default::default() };
    let answer = play.ledger.record(FINANCE, "2025-06-27", payment).await?;
    play.paper.decision(
        "东山新材审核通过后、拨付前列入失信名单",
        "Dongshan is blacklisted between approval and payment",
        &answer.decision,
    )?;
    play.figures.compare("拨付前失信 / blacklisted before payment", "ENTERPRISE_BLACKLISTED", &answer.decision.reason);
    // approved and not paid: 30,000.00 owed
    let payable = play.balance(&format!("subsidy/payable/{DONGSHAN}")).await?;
    play.figures.compare("应付东山 / owed to Dongshan", "-30,000.00", &payable);
    Ok(())
}

/// A guarantee is cancelled after its subsidy was paid: red-letter invoice, clawback, room given back.
async fn red_letter(play: &mut Play<'_>) -> anyhow::Result<()> {
    let items = vec![cost(Guarantee, "20000", "2025-01-12", invoice(GUARANTEE_INVOICE, "20000"))];
    let request = application(play, JINNIU, "jinniu", items)?;
    apply(play, "jinniu-costs", enterprise(JINNIU), "2025-06-24", request).await?;
    play.approve_and_pay("jinniu-costs", ["2025-06-25", "2025-06-26"], "BF-2025-006").await?;
    let red = v1::RecordRedLetterInvoiceRequest {
        red_invoice_number: "25412000000000000599".to_owned(),
        blue_invoice_number: GUARANTEE_INVOICE.to_owned(),
        amount: "20000".to_owned(),
        ..Default::default()
    };
    play.ledger.record(REVIEWER, "2025-06-27", red).await?;
    let application_id = play.id("jinniu-costs")?;
    let demand = v1::DemandClawbackRequest {
        application_id: application_id.clone(),
        amount: "10000".to_owned(),
        reason: "担保费发票已冲红".to_owned(),
        ..Default::default()
    };
    let answer = play.ledger.record(REVIEWER, "2025-06-27", demand).await?;
    play.paper.decision(
        "金牛食品的担保费发票冲红，追回已拨补助",
        "Jinniu's guarantee was cancelled by a red-letter invoice: the subsidy is demanded back",
        &answer.decision,
    )?;
    let received = v1::RecordClawbackRequest {
        application_id,
        amount: "10000".to_owned(),
        reference: "ZH-2025-001".to_owned(),
        ..Default::default()
    };
    play.ledger.record(FINANCE, "2025-06-29", received).await?;
    // 10,000.00 granted and received back: the whole cap again
    let year = play.year_of(enterprise(JINNIU), JINNIU).await?;
    play.figures.compare("追回后金牛限额余额 / Jinniu's room again", "200,000.00", left_of(&year));
    let spent = play.balance(&format!("budget/{BUDGET}/2025/spent")).await?;
    // 200,000 + 8,000 + 79,999.99 + 6,000 + 10,000 − 10,000
    play.figures.compare("六月末预算支出 / spent by the end of June", "293,999.99", &spent);
    play.paper.say(
        &format!("{}的年度限额恢复为 200,000.00 元", world::name_of(JINNIU)),
        "Jinniu's room under the yearly cap is 200,000.00 again",
    )
}
