//! January to June: rights, pledges, filings; what is drawn, paid, and no longer paid.

use super::Play;
use super::client::Answer;
use super::paper::grouped;
use super::world::{self, COUNTER, LOANS, Loan, POOL, RIGHTS, TOO_LARGE, XIANHE, XIANHE_PATENT, YUNMENG, bank};
use crate::proto::v1;

pub(super) async fn play(play: &mut Play<'_>) -> anyhow::Result<()> {
    play.paper.heading("质押与备案", "Pledges and filings (January to May)")?;
    for right in RIGHTS {
        let request = v1::RegisterIpRightRequest {
            right: right.id.to_owned(),
            owner: right.owner.to_owned(),
            title: right.title.to_owned(),
            granted_on: "2022-12-30".to_owned(),
            expires_on: "2030-12-30".to_owned(),
            ..Default::default()
        };
        play.ledger.record(COUNTER, "2025-01-06", request).await?;
    }
    let mut rows = Vec::new();
    for loan in LOANS {
        pledge(play, loan).await?;
        let answer = file(play, loan).await?;
        disburse(play, loan).await?;
        rows.push(vec![
            play.id(loan.key)?,
            loan.bank.to_owned(),
            world::name_of(loan.borrower).to_owned(),
            grouped(&format!("{}.00", loan.principal)),
            grouped(&format!("{}.00", loan.ip_part)),
            grouped(&answer.decision.granted),
        ]);
    }
    let header =
        ["贷款 loan", "银行 bank", "借款企业 borrower", "本金 principal", "知识产权部分 IP part", "池承担 exposure"];
    play.paper.table(&header, &rows, &[3, 4, 5])?;
    // IP parts 8 + 9 + 1.2 + 10 + 8 + 3 + 0.8 + 2 + 1.5 + 1 + 0.6 + 0.5 = 45.6 million, half of it.
    let exposure = play.balance("pool/hebi-pool/exposure").await?;
    play.figures.compare("备案后在保责任 / exposure after the filings", "22,800,000.00", &exposure);
    too_large(play).await?;
    second_pledge(play).await?;
    payments(play).await
}

/// Registers the pledge of a loan; its number is made of the loan's name and is kept in the loan's request.
pub(super) async fn pledge(play: &mut Play<'_>, loan: &Loan) -> anyhow::Result<()> {
    let request = v1::RegisterPledgeRequest {
        kind: loan.kind.into(),
        registration_number: registration(loan),
        pledgee_id: loan.bank.to_owned(),
        pledgor: loan.borrower.to_owned(),
        rights: loan.rights.iter().map(|right| (*right).to_owned()).collect(),
        secured_amount: loan.principal.to_owned(),
        term_end: "2028-12-31".to_owned(),
        ..Default::default()
    };
    let [day, _] = loan.days;
    let answer = play.ledger.record(bank(loan.bank), day, request).await?;
    anyhow::ensure!(answer.decision.reason.is_empty(), "the pledge of `{}` was refused", loan.key);
    Ok(())
}

fn registration(loan: &Loan) -> String {
    format!("Y2025{}", loan.key.to_uppercase().replace('-', ""))
}

fn filing(loan: &Loan) -> v1::FileLoanRequest {
    let [day, _] = loan.days;
    v1::FileLoanRequest {
        bank_id: loan.bank.to_owned(),
        contract_number: format!("HT-2025-{}", loan.key),
        borrower: loan.borrower.to_owned(),
        principal: loan.principal.to_owned(),
        ip_part: loan.ip_part.to_owned(),
        annual_rate: loan.rate.to_owned(),
        signed_on: day.to_owned(),
        matures_on: "2027-12-31".to_owned(),
        pledges: vec![v1::PledgeKey { kind: loan.kind.into(), registration_number: registration(loan) }],
        pool_id: POOL.to_owned(),
        ..Default::default()
    }
}

/// Files a loan that the pool takes.
pub(super) async fn file(play: &mut Play<'_>, loan: &Loan) -> anyhow::Result<Answer> {
    let [day, _] = loan.days;
    let answer = play.ledger.record(bank(loan.bank), day, filing(loan)).await?;
    play.keep_id(loan.key, &answer)?;
    Ok(answer)
}

/// Draws a loan down in full.
pub(super) async fn disburse(play: &mut Play<'_>, loan: &Loan) -> anyhow::Result<()> {
    let [_, day] = loan.days;
    let loan_id = play.id(loan.key)?;
    let request = v1::DisburseLoanRequest { loan_id, amount: loan.principal.to_owned(), ..Default::default() };
    play.ledger.record(bank(loan.bank), day, request).await?;
    Ok(())
}

async fn too_large(play: &mut Play<'_>) -> anyhow::Result<()> {
    pledge(play, &TOO_LARGE).await?;
    let [day, _] = TOO_LARGE.days;
    let answer = play.ledger.record(bank(TOO_LARGE.bank), day, filing(&TOO_LARGE)).await?;
    // 22,800,000 + 30,000,000 = 52,800,000 > 10 × 5,000,000
    play.paper.decision(
        "6000万元贷款备案：超过资金池放大倍数",
        "filing a loan of 60,000,000: more than the pool's leverage allows",
        &answer.decision,
    )?;
    play.figures.compare("超放大倍数 / above the leverage limit", "POOL_LEVERAGE_EXCEEDED", &answer.decision.reason);
    Ok(())
}

/// Another bank wants the patent that secures a loan already.
async fn second_pledge(play: &mut Play<'_>) -> anyhow::Result<()> {
    let request = v1::RegisterPledgeRequest {
        kind: v1::RightKind::Patent.into(),
        registration_number: "Y2025DOUBLE".to_owned(),
        pledgee_id: YUNMENG.to_owned(),
        pledgor: XIANHE.to_owned(),
        rights: vec![XIANHE_PATENT.to_owned()],
        secured_amount: "2000000".to_owned(),
        ..Default::default()
    };
    let answer = play.ledger.record(bank(YUNMENG), "2025-05-12", request).await?;
    play.paper.decision(
        "另一家银行就同一专利再次办理质押",
        "another bank registers a pledge on the same patent",
        &answer.decision,
    )?;
    play.figures.compare("重复质押 / the second pledge", "RIGHT_ALREADY_PLEDGED", &answer.decision.reason);
    let told = format!("{:?}", answer.decision);
    let secret = if told.contains(world::QIHE) || told.contains("淇河") { "told" } else { "not told" };
    play.figures.compare("是否泄露原质权人 / whose the first pledge is", "not told", secret);
    let request = v1::GetLoanRequest { loan_id: play.id("xianhe")? };
    let rejected = play.ledger.rejected(bank(YUNMENG), request).await?;
    play.figures.compare("他行查询贷款 / its loan, asked by that bank", "LOAN_UNKNOWN", &rejected.reason);
    Ok(())
}

/// Interest as the banks report it: loan, paid on, amount, period. The names are kept as evidence.
const INTEREST: &[(&str, &str, &str, &str, [&str; 2])] = &[
    // 8,000,000 × 4.065 % ÷ 4 = 81,300.00 a quarter
    ("qishui", "interest-qishui-1", "2025-03-20", "81300", ["2025-01-08", "2025-03-20"]),
    ("qishui", "interest-qishui-2", "2025-06-20", "81300", ["2025-03-21", "2025-06-20"]),
    // 12,000,000 × 5 % ÷ 2
    ("zhaoge", "interest-zhaoge", "2025-06-20", "300000", ["2025-01-08", "2025-06-20"]),
    // 1,200,000 × 4 % ÷ 2
    ("guangdian", "interest-guangdian", "2025-06-20", "24000", ["2025-01-10", "2025-06-20"]),
    // 20,000,000 × 3 % ÷ 4
    ("liyang", "interest-liyang", "2025-04-14", "150000", ["2025-01-13", "2025-04-12"]),
    // 4,000,000 × 3 % ÷ 2
    ("dongshan", "interest-dongshan", "2025-06-20", "60000", ["2025-01-16", "2025-06-20"]),
    // 800,000 × 4.5 % ÷ 2
    ("moxuan", "interest-moxuan", "2025-06-20", "18000", ["2025-01-15", "2025-06-20"]),
];

/// Principal repaid: loan, on, amount.
const PRINCIPAL: &[(&str, &str, &str)] =
    &[("shengwu", "2025-04-20", "400000"), ("lutai", "2025-04-20", "100000"), ("fuqiu", "2025-05-20", "200000")];

async fn payments(play: &mut Play<'_>) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for (loan, name, day, amount, period) in INTEREST {
        interest(play, loan, name, (day, amount), *period).await?;
        rows.push(vec![
            (*day).to_owned(),
            play.id(loan)?,
            "付息 interest".to_owned(),
            grouped(&format!("{amount}.00")),
        ]);
    }
    for (loan, day, amount) in PRINCIPAL {
        principal(play, loan, day, amount).await?;
        rows.push(vec![
            (*day).to_owned(),
            play.id(loan)?,
            "还本 principal".to_owned(),
            grouped(&format!("{amount}.00")),
        ]);
    }
    rows.sort();
    play.paper.table(&["日期 day", "贷款 loan", "银行登记 reported by the bank", "元 yuan"], &rows, &[3])
}

fn lender(loan: &str) -> anyhow::Result<&'static str> {
    let found = LOANS.iter().find(|planned| planned.key == loan);
    Ok(found.ok_or_else(|| anyhow::anyhow!("`{loan}` is not planned"))?.bank)
}

/// Reports an interest payment and keeps its sequence as evidence under `name`.
pub(super) async fn interest(
    play: &mut Play<'_>,
    loan: &'static str,
    name: &'static str,
    (day, amount): (&str, &str),
    [from, to]: [&str; 2],
) -> anyhow::Result<()> {
    let request = v1::RecordInterestPaymentRequest {
        loan_id: play.id(loan)?,
        amount: amount.to_owned(),
        period_from: from.to_owned(),
        period_to: to.to_owned(),
        reference: format!("FX-{name}"),
        ..Default::default()
    };
    let answer = play.ledger.record(bank(lender(loan)?), day, request).await?;
    play.ids.insert(name, answer.entry.sequence.to_string());
    Ok(())
}

/// Reports a repayment of principal.
pub(super) async fn principal(play: &mut Play<'_>, loan: &str, day: &str, amount: &str) -> anyhow::Result<()> {
    let request = v1::RecordPrincipalPaymentRequest {
        loan_id: play.id(loan)?,
        amount: amount.to_owned(),
        reference: format!("HK-{loan}"),
        ..Default::default()
    };
    play.ledger.record(bank(lender(loan)?), day, request).await?;
    Ok(())
}
