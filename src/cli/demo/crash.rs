//! 30 June: the server is killed (SIGKILL) with one request answered and one in flight, and starts again.

use std::time::Duration;

use super::client::Call as _;
use super::subsidies::{application, interest_cost};
use super::world::{AUDITOR, GUANGDIAN, PLEDGE_COST, XIANHE, enterprise};
use super::{Play, cost, invoice};
use crate::proto::v1;

pub(super) async fn play(play: &mut Play<'_>) -> anyhow::Result<()> {
    play.paper.heading("断电", "The power fails (30 June)")?;
    let items = vec![v1::CostItem {
        other_public_funding: "20000".to_owned(),
        ..cost(v1::CostKind::Valuation, "30000", "2025-01-12", invoice("25412000000000000601", "30000"))
    }];
    let answered = application(play, XIANHE, "xianhe", items)?;
    let answered = play.ledger.stamped("2025-06-30", answered);
    let first = play.ledger.send(enterprise(XIANHE), answered.clone()).await?;
    play.paper.decision(
        "仙鹤电子的评估费另有财政资金",
        "Xianhe's valuation has other public money",
        &first.decision,
    )?;
    play.keep_id("xianhe-costs", &first)?;
    // the smaller of 30,000 ÷ 2 and 30,000 − 20,000
    play.figures.compare("仙鹤 / Xianhe: 30,000 − 20,000", "10,000.00", &first.decision.granted);

    let items = vec![interest_cost(play, "interest-guangdian", "24000", "2025-06-20")?];
    let in_flight = application(play, GUANGDIAN, "guangdian", items)?;
    let in_flight = play.ledger.stamped("2025-06-30", in_flight);
    let channel = play.ledger.channel.clone();
    let sent = tokio::spawn(in_flight.clone().send(channel, enterprise(GUANGDIAN)));
    // Long enough for the request to leave, too short for most answers to come back; either way is played.
    tokio::time::sleep(Duration::from_micros(300)).await;
    play.ledger.kill().await?;
    let reached = if sent.await??.is_ok() { ("已", "was") } else { ("未", "was not") };
    play.paper.say(
        &format!("kill -9：仙鹤电子已收到答复，云梦光电{}收到答复", reached.0),
        &format!("kill -9: Xianhe had its answer, Yunmeng Photonics {} answered", reached.1),
    )?;
    play.ledger.start_again().await?;

    let before = play.ledger.last_sequence(AUDITOR).await?;
    let repeated = play.ledger.send(enterprise(XIANHE), answered).await?;
    let written = play.ledger.last_sequence(AUDITOR).await?.saturating_sub(before);
    let same = if repeated.bytes == first.bytes { "identical" } else { "different" };
    play.figures.compare("重启后重发 / the repeat after the restart", "identical", same);
    play.figures.compare("重启后重发写入 / entries that it wrote", "0", &written.to_string());

    let before = play.ledger.last_sequence(AUDITOR).await?;
    let second = play.ledger.send(enterprise(GUANGDIAN), in_flight.clone()).await?;
    let recorded = second.entry.sequence <= before;
    let recorded = if recorded {
        ("断电前已记账", "was recorded before the crash")
    } else {
        ("断电前未记账", "was not recorded before the crash")
    };
    let third = play.ledger.send(enterprise(GUANGDIAN), in_flight).await?;
    play.paper.decision(
        &format!("重启后重发云梦光电的请求（{}）", recorded.0),
        &format!("Yunmeng Photonics' request, which {}, sent again", recorded.1),
        &third.decision,
    )?;
    play.keep_id("guangdian-costs", &third)?;
    let same = if second.bytes == third.bytes { "identical" } else { "different" };
    play.figures.compare("途中请求重发 / the request in flight, twice more", "identical", same);
    // 24,000 ÷ 2
    play.figures.compare("云梦光电利息 / Yunmeng Photonics' interest", "12,000.00", &third.decision.granted);
    let request = v1::ListApplicationsRequest { enterprise: GUANGDIAN.to_owned(), ..Default::default() };
    let listed = play.ledger.read(AUDITOR, request).await?.applications;
    let once = listed.iter().filter(|application| application.programme_id == PLEDGE_COST).count();
    play.figures.compare("途中请求记账次数 / times it was recorded", "1", &once.to_string());
    play.approve_and_pay("guangdian-costs", ["2025-07-01", "2025-07-03"], "BF-2025-007").await
}
