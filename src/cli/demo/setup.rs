//! January: the rulebook is adopted, partners, money and enterprises are entered.

use super::Play;
use super::paper::grouped;
use super::world::{self, BUDGET, COUNTER, ENTERPRISES, FINANCE, INSTITUTIONS, OPERATOR, POOL};
use crate::proto::v1;
use crate::rulebook::shipped;

pub(super) async fn play(play: &mut Play<'_>) -> anyhow::Result<()> {
    play.paper.heading("建账", "Opening the books (January 2025)")?;
    play.paper.say(
        "企业、机构、人名均为虚构；服务器为本程序的子进程，以下全部经由 gRPC 完成",
        "all names are made up; the server is a child process of this program, everything below goes through gRPC",
    )?;
    adopt(play).await?;
    institutions(play).await?;
    money(play).await?;
    mistyped_code(play).await?;
    enterprises(play).await
}

fn rulebook(name: &str) -> anyhow::Result<String> {
    let found = shipped().iter().find(|(shipped, _)| *shipped == name);
    let (_, text) = found.ok_or_else(|| anyhow::anyhow!("`{name}` is not shipped"))?;
    Ok((*text).to_owned())
}

async fn adopt(play: &mut Play<'_>) -> anyhow::Result<()> {
    let strict = v1::AdoptRulebookRequest { text: rulebook("hebi-2017.toml")?, ..Default::default() };
    let answer = play.ledger.record(OPERATOR, "2025-01-02", strict).await?;
    play.paper.decision(
        "启用办法 hebi-2017（从严口径）",
        "adopting hebi-2017, the strict reading",
        &answer.decision,
    )?;
    let literal = v1::AdoptRulebookRequest { text: rulebook("hebi-2017-literal.toml")?, ..Default::default() };
    let literal = play.ledger.stamped("2025-01-02", literal);
    let rejected = play.ledger.rejected(OPERATOR, literal).await?;
    play.paper.rejection(
        "同时启用文义口径：不接受，同一项目不能有两个口径",
        "adopting the literal reading beside it: not taken, one programme cannot have two readings",
        &rejected,
    )?;
    play.figures.compare("两种口径并行 / two readings at once", "RULEBOOK_CONFLICT", &rejected.reason);
    Ok(())
}

async fn institutions(play: &mut Play<'_>) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for institution in INSTITUTIONS {
        let request = v1::RegisterInstitutionRequest {
            institution_id: institution.id.to_owned(),
            kind: institution.kind.into(),
            name: institution.name.to_owned(),
            uscc: institution.uscc.to_owned(),
            bank_code: institution.bank_code.to_owned(),
            ..Default::default()
        };
        play.ledger.record(OPERATOR, "2025-01-02", request).await?;
        rows.push(vec![
            institution.id.to_owned(),
            institution.name.to_owned(),
            institution.english.to_owned(),
            institution.uscc.to_owned(),
            institution.bank_code.to_owned(),
        ]);
    }
    play.paper.table(&["机构 id", "名称", "name", "统一社会信用代码", "行号"], &rows, &[])
}

async fn money(play: &mut Play<'_>) -> anyhow::Result<()> {
    let budget = v1::AppropriateBudgetRequest {
        budget_line_id: BUDGET.to_owned(),
        year: 2025,
        amount: "500000".to_owned(),
        document: "鹤财预〔2025〕1号".to_owned(),
        ..Default::default()
    };
    play.ledger.record(FINANCE, "2025-01-06", budget).await?;
    let mut rows = vec![vec!["预算下达".to_owned(), format!("budget {BUDGET} 2025"), grouped("500000.00")]];
    for (funder, amount) in [("city-finance", "3000000.00"), ("province-fund", "2000000.00")] {
        let contribution = v1::ContributeToPoolRequest {
            pool_id: POOL.to_owned(),
            funder_id: funder.to_owned(),
            amount: amount.to_owned(),
            reference: format!("ZJC-2025-{funder}"),
            ..Default::default()
        };
        play.ledger.record(FINANCE, "2025-01-06", contribution).await?;
        rows.push(vec!["资金池出资".to_owned(), format!("{POOL}, {funder}"), grouped(amount)]);
    }
    play.paper.table(&["事项", "what", "元 yuan"], &rows, &[2])?;
    // 3,000,000.00 + 2,000,000.00
    let cash = play.balance("pool/hebi-pool/cash").await?;
    play.figures.compare("资金池出资 / paid into the pool", "5,000,000.00", &cash);
    Ok(())
}

async fn mistyped_code(play: &mut Play<'_>) -> anyhow::Result<()> {
    // 云梦光电's code with its check character M typed as N.
    let request = v1::RegisterEnterpriseRequest {
        uscc: "91410611MADEM0038N".to_owned(),
        name: world::name_of(world::GUANGDIAN).to_owned(),
        size_class: v1::SizeClass::Small.into(),
        district: "qibin".to_owned(),
        ..Default::default()
    };
    let request = play.ledger.stamped("2025-01-06", request);
    let rejected = play.ledger.rejected(COUNTER, request).await?;
    play.paper.rejection("信用代码输错一位", "a mistyped credit code", &rejected)?;
    play.figures.compare("代码校验错 / a mistyped code", "INVALID_FIELD", &rejected.reason);
    // 31 less the weighted sum modulo 31, see the identifier's own tests: M.
    let named = if rejected.message.contains("expected `M`") { "M" } else { "not named" };
    play.figures.compare("应为校验码 / the check character expected", "M", named);
    Ok(())
}

async fn enterprises(play: &mut Play<'_>) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for enterprise in ENTERPRISES {
        let request = v1::RegisterEnterpriseRequest {
            uscc: enterprise.uscc.to_owned(),
            name: enterprise.name.to_owned(),
            size_class: enterprise.size.into(),
            district: enterprise.district.to_owned(),
            ..Default::default()
        };
        play.ledger.record(COUNTER, "2025-01-06", request).await?;
        rows.push(vec![
            enterprise.uscc.to_owned(),
            enterprise.name.to_owned(),
            enterprise.english.to_owned(),
            enterprise.district.to_owned(),
        ]);
    }
    play.paper.table(&["统一社会信用代码", "企业", "enterprise", "县区"], &rows, &[])
}
