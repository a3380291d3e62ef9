//! June to December: three loans of one bank fail; the pool pays, waits for the breaker, and gets money back.

use super::Play;
use super::client::Answer;
use super::loans::{disburse, file, pledge, principal};
use super::world::{DAPI, FINANCE, GUANGDIAN_2, POOL, REVIEWER, REVIEWER_AT_FINANCE, SMALLER, bank};
use crate::proto::v1;

pub(super) async fn play(play: &mut Play<'_>) -> anyhow::Result<()> {
    play.paper.heading("风险补偿", "The risk-compensation pool (June to December)")?;
    sixty_one_days(play).await?;
    three_persons(play).await?;
    recoveries(play).await?;
    breaker(play).await?;
    resumption(play).await?;
    repaid(play).await
}

async fn fails(play: &mut Play<'_>, loan: &str, since: &str, classified: &str) -> anyhow::Result<()> {
    let loan_id = play.id(loan)?;
    let overdue =
        v1::MarkLoanOverdueRequest { loan_id: loan_id.clone(), overdue_since: since.to_owned(), ..Default::default() };
    play.ledger.record(bank(DAPI), since, overdue).await?;
    let non_performing = v1::MarkLoanNonPerformingRequest { loan_id, ..Default::default() };
    play.ledger.record(bank(DAPI), classified, non_performing).await?;
    Ok(())
}

async fn claim(play: &mut Play<'_>, loan: &str, day: &str, loss: &str) -> anyhow::Result<Answer> {
    let request =
        v1::SubmitClaimRequest { loan_id: play.id(loan)?, principal_loss: loss.to_owned(), ..Default::default() };
    play.ledger.record(bank(DAPI), day, request).await
}

async fn claim_of(play: &mut Play<'_>, name: &str) -> anyhow::Result<v1::Claim> {
    let request = v1::GetClaimRequest { claim_id: play.id(name)? };
    Ok(play.ledger.read(bank(DAPI), request).await?.claim.unwrap_or_default())
}

/// What a party bears of a claim.
fn share(shares: &[v1::Share], party: v1::LossParty) -> &str {
    shares.iter().find(|share| share.party() == party).map_or("", |share| share.amount.as_str())
}

/// 大伾生物: 2,000,000 with an IP part of 1,500,000, of which 400,000 was repaid.
async fn sixty_one_days(play: &mut Play<'_>) -> anyhow::Result<()> {
    fails(play, "shengwu", "2025-05-01", "2025-06-25").await?;
    // 1 May to 30 June: 30 + 30 = 60 days
    let early = claim(play, "shengwu", "2025-06-30", "1600000").await?;
    play.paper.decision("大伾生物逾期第60天申请补偿", "Dapi Biopharma: a claim on day 60", &early.decision)?;
    play.figures.compare("逾期60天 / 60 days overdue", "NOT_OVERDUE_LONG_ENOUGH", &early.decision.reason);
    let answer = claim(play, "shengwu", "2025-07-01", "1600000").await?;
    play.keep_id("claim-shengwu", &answer)?;
    play.paper.decision("逾期第61天再次申请", "the claim again on day 61", &answer.decision)?;
    if let Some(line) = answer.decision.explanation.as_ref().and_then(|explanation| explanation.lines.first()) {
        play.paper.steps(line)?;
    }
    let claim = claim_of(play, "claim-shengwu").await?;
    // 1,600,000 × 1,500,000 ÷ 2,000,000; it is exactly 3 % of the 40,000,000 filed by the bank
    play.figures.compare("61天：纳入分担 / 61 days: covered", "1,200,000.00", &claim.covered_loss);
    // half each
    play.figures.compare("资金池分担 / the pool bears", "600,000.00", share(&claim.shares, v1::LossParty::Pool));
    play.figures.compare("银行分担 / the bank bears", "600,000.00", share(&claim.shares, v1::LossParty::Bank));
    Ok(())
}

async fn three_persons(play: &mut Play<'_>) -> anyhow::Result<()> {
    let claim_id = play.id("claim-shengwu")?;
    let approve = v1::ApproveClaimRequest { claim_id: claim_id.clone(), ..Default::default() };
    play.ledger.record(REVIEWER, "2025-07-10", approve).await?;
    let payment = v1::PayClaimRequest { claim_id, reference: "BC-2025-001".to_owned(), ..Default::default() };
    let own = play.ledger.stamped("2025-07-15", payment.clone());
    let rejected = play.ledger.rejected(REVIEWER_AT_FINANCE, own).await?;
    play.paper.rejection("审核人自行拨付补偿款", "the reviewer pays the claim", &rejected)?;
    play.figures.compare("审核人付补偿款 / claim paid by its reviewer", "SAME_PERSON", &rejected.reason);
    let answer = play.ledger.record(FINANCE, "2025-07-15", payment).await?;
    play.paper.decision("财政拨付补偿款", "finance pays the claim", &answer.decision)?;
    // 5,000,000 − 600,000
    let cash = play.balance("pool/hebi-pool/cash").await?;
    play.figures.compare("补偿后池存款 / the pool's cash after it", "4,400,000.00", &cash);
    Ok(())
}

async fn recover(play: &mut Play<'_>, day: &str, amount: &str, cost: &str) -> anyhow::Result<Answer> {
    let request = v1::RecordRecoveryRequest {
        claim_id: play.id("claim-shengwu")?,
        amount: amount.to_owned(),
        cost: cost.to_owned(),
        ..Default::default()
    };
    play.ledger.record(bank(DAPI), day, request).await
}

async fn recoveries(play: &mut Play<'_>) -> anyhow::Result<()> {
    let answer = recover(play, "2025-09-10", "210000", "10000").await?;
    play.paper.decision(
        "追偿收回 210,000.00，费用 10,000.00",
        "210,000.00 recovered at a cost of 10,000.00",
        &answer.decision,
    )?;
    // (210,000 − 10,000) ÷ 2
    let claim = claim_of(play, "claim-shengwu").await?;
    play.figures.compare("首次追偿归池 / first recovery, to the pool", "100,000.00", &claim.returned_to_pool);
    let answer = recover(play, "2025-11-05", "50000.01", "0").await?;
    play.paper.decision("再收回 50,000.01", "another 50,000.01 recovered", &answer.decision)?;
    // 50,000.01 ÷ 2 = 25,000.005 each; the odd fen goes to the first in the rulebook, the pool: 25,000.01
    let claim = claim_of(play, "claim-shengwu").await?;
    play.figures.compare("两次追偿归池 / both recoveries, to the pool", "125,000.01", &claim.returned_to_pool);
    Ok(())
}

/// 鹿台环保 and 浮丘陶瓷: above 3 % of what the bank filed in the year.
async fn breaker(play: &mut Play<'_>) -> anyhow::Result<()> {
    fails(play, "lutai", "2025-07-01", "2025-08-25").await?;
    let answer = claim(play, "lutai", "2025-09-15", "900000").await?;
    play.keep_id("claim-lutai", &answer)?;
    // 1,200,000 + 900,000 = 2,100,000 > 3 % × 40,000,000 = 1,200,000
    play.paper.decision(
        "鹿台环保：触发熔断，暂缓补偿",
        "Lutai: the breaker trips, the claim waits",
        &answer.decision,
    )?;
    play.figures.compare("鹿台：熔断 / Lutai: the breaker", "BREAKER_TRIPPED", &answer.decision.reason);
    fails(play, "fuqiu", "2025-07-10", "2025-09-12").await?;
    let answer = claim(play, "fuqiu", "2025-09-20", "300000").await?;
    play.keep_id("claim-fuqiu", &answer)?;
    // 1,200,000 + 300,000 = 1,500,000 > 1,200,000
    play.paper.decision("浮丘陶瓷：同样暂缓", "Fuqiu: waits as well", &answer.decision)?;
    play.figures.compare("浮丘：熔断 / Fuqiu: the breaker", "BREAKER_TRIPPED", &answer.decision.reason);
    Ok(())
}

async fn resume(play: &mut Play<'_>, name: &str, day: &str) -> anyhow::Result<Answer> {
    let request = v1::ResumeClaimRequest { claim_id: play.id(name)?, ..Default::default() };
    play.ledger.record(REVIEWER, day, request).await
}

/// New filings lower the ratio; the claims resume in their order.
async fn resumption(play: &mut Play<'_>) -> anyhow::Result<()> {
    // The pledge was registered in March; the loan is filed with less.
    file(play, &SMALLER).await?;
    disburse(play, &SMALLER).await?;
    play.paper.say(
        "10月大伾农商新备案 3000万元，本年备案 7000万元，熔断线 210万元",
        "October: Dapi files another 30,000,000; of 70,000,000 in the year 3 % are 2,100,000",
    )?;
    let request = v1::ResumeClaimRequest { claim_id: play.id("claim-fuqiu")?, ..Default::default() };
    let out_of_order = play.ledger.stamped("2025-10-20", request);
    let rejected = play.ledger.rejected(REVIEWER, out_of_order).await?;
    play.paper.rejection("先恢复浮丘（后申请的）", "Fuqiu, which came later, is to resume first", &rejected)?;
    play.figures.compare("插队恢复 / out of order", "OUT_OF_ORDER", &rejected.reason);
    let answer = resume(play, "claim-lutai", "2025-10-20").await?;
    play.paper.decision("恢复鹿台：恰为 3%", "Lutai resumes: exactly 3 %", &answer.decision)?;
    // 900,000, all of it IP part, half of it; 2,100,000 is not above 3 % × 70,000,000
    let claim = claim_of(play, "claim-lutai").await?;
    play.figures.compare("鹿台恢复 / Lutai resumes", "450,000.00", share(&claim.shares, v1::LossParty::Pool));
    let approve = v1::ApproveClaimRequest { claim_id: play.id("claim-lutai")?, ..Default::default() };
    play.ledger.record(REVIEWER, "2025-10-28", approve).await?;
    let answer = resume(play, "claim-fuqiu", "2025-10-29").await?;
    // 2,100,000 + 300,000 = 2,400,000 > 2,100,000
    play.paper.decision("恢复浮丘：仍超熔断线", "Fuqiu: still above the breaker", &answer.decision)?;
    play.figures.compare("浮丘仍暂缓 / Fuqiu still waits", "BREAKER_TRIPPED", &answer.decision.reason);
    pledge(play, &GUANGDIAN_2).await?;
    file(play, &GUANGDIAN_2).await?;
    disburse(play, &GUANGDIAN_2).await?;
    let answer = resume(play, "claim-fuqiu", "2025-11-18").await?;
    // 3 % × 80,000,000 = 2,400,000
    play.paper.decision(
        "11月再备案 1000万元后恢复浮丘",
        "Fuqiu resumes after another 10,000,000 was filed in November",
        &answer.decision,
    )?;
    let claim = claim_of(play, "claim-fuqiu").await?;
    // 300,000 ÷ 2
    play.figures.compare("浮丘恢复 / Fuqiu resumes", "150,000.00", share(&claim.shares, v1::LossParty::Pool));
    Ok(())
}

/// Loans that go well shrink what the pool stands behind.
async fn repaid(play: &mut Play<'_>) -> anyhow::Result<()> {
    principal(play, "xianhe", "2025-08-15", "1000000").await?;
    principal(play, "liyang", "2025-09-15", "5000000").await?;
    principal(play, "tanghe", "2025-11-28", "600000").await?;
    let tanghe = bank(super::world::YUNMENG);
    let settle = v1::SettleLoanRequest { loan_id: play.id("tanghe")?, ..Default::default() };
    play.ledger.record(tanghe, "2025-11-28", settle).await?;
    let release = v1::ReleasePledgeRequest {
        kind: v1::RightKind::Patent.into(),
        registration_number: "Y2025TANGHE".to_owned(),
        ..Default::default()
    };
    let answer = play.ledger.record(tanghe, "2025-12-01", release).await?;
    play.paper.decision("汤河软件结清贷款，注销质押", "Tanghe has repaid, its pledge is released", &answer.decision)?;
    let interest = v1::RecordPoolInterestRequest {
        pool_id: POOL.to_owned(),
        amount: "12345.67".to_owned(),
        reference: "JX-2025".to_owned(),
        ..Default::default()
    };
    play.ledger.record(FINANCE, "2025-12-21", interest).await?;
    Ok(())
}
