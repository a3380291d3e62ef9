//! December and January: the yearly cap cuts an award, the books are closed, the statements are drawn up.

use super::loans::interest;
use super::paper::grouped;
use super::subsidies::{application, apply, interest_cost};
use super::world::{self, AUDITOR, BUDGET, DAPI, ENTERPRISES, FINANCE, POOL, QISHUI, bank, enterprise};
use super::{Play, cost, invoice, left_of};
use crate::proto::v1;

pub(super) async fn play(play: &mut Play<'_>) -> anyhow::Result<()> {
    play.paper.heading("年末", "The end of the year (December)")?;
    more_budget(play).await?;
    interest_first(play).await?;
    rest_of_the_year(play).await?;
    nothing_left(play).await?;
    enterprise_years(play).await?;
    play.paper.heading("结账与报表", "Closing and statements (January 2026)")?;
    close(play).await?;
    budget(play).await?;
    pool(play).await?;
    accounts(play).await
}

async fn more_budget(play: &mut Play<'_>) -> anyhow::Result<()> {
    let request = v1::AdjustBudgetRequest {
        budget_line_id: BUDGET.to_owned(),
        year: 2025,
        amount: "100000".to_owned(),
        document: "鹤财预〔2025〕88号".to_owned(),
        ..Default::default()
    };
    let answer = play.ledger.record(FINANCE, "2025-10-09", request).await?;
    play.paper.decision("追加预算 100,000.00", "100,000.00 more are appropriated", &answer.decision)
}

/// 淇水's interest of four quarters: 162,600.00 of the 200,000.00 of the year.
async fn interest_first(play: &mut Play<'_>) -> anyhow::Result<()> {
    interest(play, "qishui", "interest-qishui-3", ("2025-09-20", "81300"), ["2025-06-21", "2025-09-20"]).await?;
    interest(play, "qishui", "interest-qishui-4", ("2025-12-20", "81300"), ["2025-09-21", "2025-12-20"]).await?;
    let items = vec![
        interest_cost(play, "interest-qishui-1", "81300", "2025-03-20")?,
        interest_cost(play, "interest-qishui-2", "81300", "2025-06-20")?,
        interest_cost(play, "interest-qishui-3", "81300", "2025-09-20")?,
        interest_cost(play, "interest-qishui-4", "81300", "2025-12-20")?,
    ];
    let request = application(play, QISHUI, "qishui", items)?;
    let answer = apply(play, "qishui-interest", enterprise(QISHUI), "2025-12-22", request).await?;
    play.paper.decision("淇水镁业四个季度的利息", "Qishui's interest of four quarters", &answer.decision)?;
    // 4 × 81,300 ÷ 2
    play.figures.compare("S1 利息 / interest before", "162,600.00", &answer.decision.granted);
    play.approve_and_pay("qishui-interest", ["2025-12-23", "2025-12-24"], "BF-2025-008").await?;
    let year = play.year_of(enterprise(QISHUI), QISHUI).await?;
    // 200,000 − 162,600
    play.figures.compare("S1 限额余额 / left of the cap before", "37,400.00", left_of(&year));
    Ok(())
}

/// S1: half of the premium is more than what is left of the year.
async fn rest_of_the_year(play: &mut Play<'_>) -> anyhow::Result<()> {
    let items = vec![cost(v1::CostKind::Insurance, "100000", "2025-12-18", invoice("25412000000000000101", "100000"))];
    let request = application(play, QISHUI, "qishui", items)?;
    let answer = apply(play, "qishui-premium", enterprise(QISHUI), "2025-12-24", request).await?;
    play.paper.decision(
        "淇水镁业的保险费：年度限额只剩一部分",
        "Qishui's premium: only part of the year's cap is left",
        &answer.decision,
    )?;
    let line = answer.decision.explanation.as_ref().and_then(|explanation| explanation.lines.first());
    let line = line.cloned().unwrap_or_default();
    play.paper.steps(&line)?;
    // half of 100,000 is 50,000, but 200,000 − 162,600 = 37,400 is left
    play.figures.compare("S1 保险费 / premium", "37,400.00", &answer.decision.granted);
    play.figures.compare("S1 决定因素 / the bound that decided", "BOUND_YEAR_CAP", line.bound().as_str_name());
    let clause = line.steps.iter().find(|step| step.kind() == v1::StepKind::YearCap);
    let clause = clause.map_or("", |step| step.clause.as_str());
    play.figures.compare("S1 依据条款 / its clause", "pledge-subsidy", clause);
    play.approve_and_pay("qishui-premium", ["2025-12-25", "2025-12-26"], "BF-2025-009").await?;
    let year = play.year_of(enterprise(QISHUI), QISHUI).await?;
    play.figures.compare("S1 之后余额 / left of the cap after", "0.00", left_of(&year));
    // 162,600.00 + 37,400.00
    play.figures.compare("淇水全年 / Qishui's year", "200,000.00", &year.paid);
    Ok(())
}

async fn nothing_left(play: &mut Play<'_>) -> anyhow::Result<()> {
    let quote = v1::QuoteSubsidyRequest {
        effective_date: "2025-12-26".to_owned(),
        enterprise: QISHUI.to_owned(),
        programme_id: world::PLEDGE_COST.to_owned(),
        loan_id: play.id("qishui")?,
        items: vec![cost(v1::CostKind::Valuation, "100", "2025-12-20", invoice("25412000000000000102", "100"))],
    };
    let decision = play.ledger.read(enterprise(QISHUI), quote).await?.decision.unwrap_or_default();
    play.paper.decision("再试算 100 元评估费", "a quote for another 100.00", &decision)?;
    play.figures.compare("限额用完后试算 / a quote after that", "YEAR_CAP_USED_UP", &decision.reason);
    Ok(())
}

async fn enterprise_years(play: &mut Play<'_>) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for company in ENTERPRISES {
        let year = play.year_of(enterprise(company.uscc), company.uscc).await?;
        rows.push(vec![
            company.name.to_owned(),
            grouped(&year.granted),
            grouped(&year.paid),
            grouped(&year.pending),
            grouped(left_of(&year)),
        ]);
    }
    play.paper.table(
        &["企业 2025", "准予 granted", "已拨 paid", "待拨 pending", "限额余额 left of the cap"],
        &rows,
        &[1, 2, 3, 4],
    )
}

async fn close(play: &mut Play<'_>) -> anyhow::Result<()> {
    for month in 1..=12 {
        let open_items_reason = "年度结账，未决申请转下年度办理".to_owned();
        let request = v1::ClosePeriodRequest { year: 2025, month, open_items_reason, ..Default::default() };
        play.ledger.record(FINANCE, "2026-01-09", request).await?;
    }
    let late = v1::RecordInterestPaymentRequest {
        loan_id: play.id("jinniu")?,
        amount: "148500".to_owned(),
        period_from: "2025-10-01".to_owned(),
        period_to: "2025-12-29".to_owned(),
        reference: "FX-LATE".to_owned(),
        ..Default::default()
    };
    let late = play.ledger.stamped("2025-12-30", late);
    let rejected = play.ledger.rejected(bank(DAPI), late).await?;
    play.paper.rejection(
        "2025年各月结账后补记12月付息",
        "a payment of December, reported after the year was closed",
        &rejected,
    )?;
    play.figures.compare("结账后补记 / late entry", "PERIOD_CLOSED", &rejected.reason);
    Ok(())
}

async fn budget(play: &mut Play<'_>) -> anyhow::Result<()> {
    let request = v1::GetBudgetRequest { budget_line_id: BUDGET.to_owned(), year: 2025 };
    let line = play.ledger.read(FINANCE, request).await?.budget.unwrap_or_default();
    let amounts = [&line.appropriated, &line.available, &line.reserved, &line.spent];
    let row = amounts.into_iter().map(|amount| grouped(amount)).collect();
    play.paper.table(
        &["预算下达 appropriated", "可用 available", "预留 reserved", "支出 spent"],
        &[row],
        &[0, 1, 2, 3],
    )?;
    // 500,000 + 100,000
    play.figures.compare("预算下达 / appropriated", "600,000.00", &line.appropriated);
    // 东山 30,000 and 仙鹤 10,000, not paid
    play.figures.compare("预算预留 / reserved", "40,000.00", &line.reserved);
    // 293,999.99 by June + 12,000 + 162,600 + 37,400
    play.figures.compare("预算支出 / spent", "505,999.99", &line.spent);
    // 600,000 − 40,000 − 505,999.99
    play.figures.compare("预算可用 / available", "54,000.01", &line.available);
    Ok(())
}

async fn pool(play: &mut Play<'_>) -> anyhow::Result<()> {
    let request = v1::GetPoolRequest { pool_id: POOL.to_owned() };
    let pool = play.ledger.read(FINANCE, request).await?.pool.unwrap_or_default();
    let mut rows = vec![
        vec!["存款 cash".to_owned(), grouped(&pool.cash)],
        vec!["可用 free balance".to_owned(), grouped(&pool.free_balance)],
        vec!["在保责任 exposure".to_owned(), grouped(&pool.exposure)],
        vec!["在保上限 exposure limit".to_owned(), grouped(&pool.exposure_limit)],
    ];
    for year in &pool.bank_years {
        let name = format!("{} {} 备案 filed / 损失 losses", year.bank_id, year.year);
        rows.push(vec![name, format!("{} / {}", grouped(&year.filed), grouped(&year.losses))]);
    }
    play.paper.table(&["资金池 pool", "元 yuan"], &rows, &[1])?;
    // 5,000,000 + 12,345.67 − 600,000 + 100,000 + 25,000.01
    play.figures.compare("资金池存款 / the pool's cash", "4,537,345.68", &pool.cash);
    // less 鹿台 450,000 approved and 浮丘 150,000 under review
    play.figures.compare("资金池可用 / the pool's free balance", "3,937,345.68", &pool.free_balance);
    // 4.0 + 4.5 + 0.6 + 3.75 + 4.0 + 1.0 + 0.4 + 1.0 + 0.15 (浮丘) + 6.0 + 2.5 million
    play.figures.compare("在保责任 / exposure", "27,900,000.00", &pool.exposure);
    // 10 × 3,937,345.68
    play.figures.compare("在保上限 / exposure limit", "39,373,456.80", &pool.exposure_limit);
    let dapi = pool.bank_years.iter().find(|year| year.bank_id == DAPI && year.year == 2025);
    // 40,000,000 + 30,000,000 + 10,000,000
    play.figures.compare("大伾备案 / filed by Dapi", "80,000,000.00", dapi.map_or("", |year| &year.filed));
    // 1,200,000 + 900,000 + 300,000
    play.figures.compare("大伾损失 / Dapi's covered losses", "2,400,000.00", dapi.map_or("", |year| &year.losses));
    Ok(())
}

async fn accounts(play: &mut Play<'_>) -> anyhow::Result<()> {
    let request = v1::ListAccountsRequest { page_size: 1000, ..Default::default() };
    let accounts = play.ledger.read(AUDITOR, request).await?.accounts;
    let rows: Vec<Vec<String>> =
        accounts.iter().map(|account| vec![account.account.clone(), grouped(&account.balance)]).collect();
    play.paper.table(&["科目 account", "余额 balance（借 +，贷 −)"], &rows, &[1])?;
    let balance = play.ledger.read(AUDITOR, v1::GetTrialBalanceRequest::default()).await?;
    // cash 4,537,345.68 + compensation 1,050,000.00 + exposure 27,900,000.00 + budget 600,000.00 + expense 535,999.99
    play.figures.compare("试算平衡借方 / trial balance, debit", "34,623,345.67", &balance.debit);
    // capital 5,000,000.00 + interest 12,345.67 + payable 450,000.00 + recovered 125,000.01 + exposure 27,900,000.00
    // + appropriated 600,000.00 + owed to 东山 30,000.00 + treasury 505,999.99
    play.figures.compare("试算平衡贷方 / trial balance, credit", "-34,623,345.67", &balance.credit);
    play.figures.compare("试算平衡合计 / trial balance, total", "0.00", &balance.total);
    // what was spent of the budget left the treasury
    let treasury = play.balance("treasury/cash").await?;
    play.figures.compare("财政存款 / treasury cash", "-505,999.99", &treasury);
    // 150,000 + 75,000 + 30,000 + 12,000 + 162,600
    let interest = play.balance("subsidy/expense/interest").await?;
    play.figures.compare("贴息费用 / interest subsidies", "429,600.00", &interest);
    // 30,000 of 朝歌; 金牛's 10,000 were clawed back
    let guarantee = play.balance("subsidy/expense/guarantee").await?;
    play.figures.compare("担保费补贴 / guarantee subsidies", "30,000.00", &guarantee);
    let request = v1::GetAccountBalanceRequest {
        account: "pool/hebi-pool/cash".to_owned(),
        as_of: Some(v1::get_account_balance_request::AsOf::AsOfEffectiveDate("2025-06-30".to_owned())),
    };
    let june = play.ledger.read(AUDITOR, request).await?.account_balance.unwrap_or_default();
    // only the contributions had been made
    play.figures.compare("六月末池存款 / the pool's cash on 30 June", "5,000,000.00", &june.balance);
    Ok(())
}
