//! A clerk's month: a bank's file in GBK against the real server, with the real program; then the sign-off, and the same
//! file again.

use std::path::{Path, PathBuf};
use std::process::Command;

use encoding_rs::GB18030;
use expect_test::expect;
use ipledger::proto::v1;
use ipledger::proto::v1::compare_statement_request::{OpenStatement, Part, StatementLines};
use ipledger::proto::v1::compare_statement_response::Part as Answered;
use ipledger::proto::v1::reconciliation_service_client::ReconciliationServiceClient;
use serde_json::Value;
use tempfile::TempDir;
use tonic::Status;

use super::{Service, World, act_as, describe, id};

const FILE: &str = "\
还款日期,合同编号,借款人,本金,利息,流水号
2025/6/21,C-1,鹤壁镁业有限公司,,\"54,375.00\",S1
2025年9月21日,C-1,鹤壁镁业有限公司,\"1,000,000.00\",\"55,583.34\",S2
2025-09-30,C-9,㐂䶮公司,,１００．００,S9
合计,,,\"1,000,000.00\",\"110,058.34\",
";

/// Two interest payments and one of principal, as the bank reported them; the second is 55,583.33.
async fn payments(world: &World) {
    for (day, amount, reference) in [("2025-06-21", "54375.00", "S1"), ("2025-09-21", "55583.33", "S2")] {
        let request = v1::RecordInterestPaymentRequest {
            request_id: id(),
            effective_date: day.into(),
            loan_id: world.loan.clone(),
            amount: amount.into(),
            period_from: "2025-06-21".into(),
            period_to: day.into(),
            reference: reference.into(),
            ..Default::default()
        };
        world.loans("bank", "icbc", "zhang.wei").record_interest_payment(request).await.unwrap();
    }
    let request = v1::RecordPrincipalPaymentRequest {
        request_id: id(),
        effective_date: "2025-09-21".into(),
        loan_id: world.loan.clone(),
        amount: "1000000.00".into(),
        reference: "S2".into(),
        ..Default::default()
    };
    world.loans("bank", "icbc", "zhang.wei").record_principal_payment(request).await.unwrap();
}

struct Ran {
    code: i32,
    said: String,
    log: String,
}

/// `ipledger reconcile FILE` of icbc's repayments in 2025.
fn reconcile(world: &World, file: &Path, more: &[&str]) -> Ran {
    let server = world.server.address.clone();
    let fixed = ["--kind", "repayments", "--bank", "icbc", "--period", "2025", "--server", &server];
    let output = Command::new(super::program()).arg("reconcile").arg(file).args(fixed).args(more).output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        said: String::from_utf8(output.stdout).unwrap(),
        log: String::from_utf8(output.stderr).unwrap(),
    }
}

fn client(world: &World, role: &str, party: &str, person: &str) -> ReconciliationServiceClient<Service> {
    ReconciliationServiceClient::with_interceptor(world.channel.clone(), act_as(role, party, person))
}

/// What a bank sees of past sign-offs.
async fn signed_off(world: &World, bank: &str) -> Vec<v1::SignedOffStatement> {
    let request = v1::ListSignedOffStatementsRequest::default();
    let mut client = client(world, "bank", bank, "zhang.wei");
    client.list_signed_off_statements(request).await.unwrap().into_inner().statements
}

/// Everything that is answered.
async fn compare(world: &World, who: (&str, &str), parts: Vec<Part>) -> Result<Vec<Answered>, Status> {
    let messages = parts.into_iter().map(|part| v1::CompareStatementRequest { part: Some(part) });
    let messages = tokio_stream::iter(messages.collect::<Vec<_>>());
    let mut answers = client(world, who.0, who.1, "li.na").compare_statement(messages).await?.into_inner();
    let mut found = Vec::new();
    while let Some(answer) = answers.message().await? {
        found.extend(answer.part);
    }
    Ok(found)
}

fn opened(statement: &str) -> OpenStatement {
    OpenStatement {
        statement: statement.into(),
        from_date: "2025-01-01".into(),
        to_date: "2025-12-31".into(),
        ..Default::default()
    }
}

fn saved(folder: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

#[tokio::test]
async fn a_file_is_compared_signed_off_and_known_again() {
    let world = World::new().await;
    payments(&world).await;
    let before = world.last_sequence().await;
    let folder = TempDir::new().unwrap();
    let file = saved(&folder, "三月.csv", &GB18030.encode(FILE).0);

    let preview = reconcile(&world, &file, &["--preview"]);
    assert_eq!(preview.code, 0, "{}", preview.log);
    assert!(
        preview.said.contains("CSV, GB18030, comma, 4 lines") && preview.said.contains("㐂䶮公司"),
        "{}",
        preview.said
    );

    let workbook = folder.path().join("out.xlsx");
    let layout = folder.path().join("icbc.toml");
    let more = ["--json", "--xlsx", workbook.to_str().unwrap(), "--save-layout", layout.to_str().unwrap()];
    let result = reconcile(&world, &file, &more);
    assert_eq!(result.code, 1, "{}", result.log);
    let json: Value = serde_json::from_str(&result.said).unwrap();
    let counts = json["comparison"]["counts"].to_string();
    expect![[r#"{"amount-differs":1,"equal":2,"missing-in-ledger":1}"#]].assert_eq(&counts);
    let reasons: Vec<&str> =
        json["findings"].as_array().unwrap().iter().map(|one| one["reason"]["en"].as_str().unwrap()).collect();
    expect![[r#"
        as entry 11
        as entry 13
        entry 12: the statement says 55,583.34, the ledger 55,583.33; the difference is 0.01
        the ledger has no such entry"#]]
    .assert_eq(&reasons.join("\n"));
    assert!(std::fs::read(&workbook).unwrap().starts_with(b"PK"));
    assert_eq!(world.last_sequence().await, before, "comparing has recorded something");

    // With the layout that was kept, the same again; on the screen this time.
    let shown = reconcile(&world, &file, &["--layout", layout.to_str().unwrap()]);
    assert!(
        shown.code == 1 && shown.said.contains("2 differences") && shown.said.contains("金额不符"),
        "{}",
        shown.said
    );

    // Differences need a note, and an auditor signs nothing.
    let officer = ["--sign-off", "--role", "officer", "--person", "li.na"];
    let unsigned = reconcile(&world, &file, &officer);
    expect![[r#"
        ipledger: note: is empty and there are 2 differences; expected what explains them, 1 to 200 characters
    "#]]
    .assert_eq(&unsigned.log);
    let denied = reconcile(&world, &file, &["--sign-off", "--note", "x"]);
    assert!(denied.code == 2 && denied.log.contains("role `auditor` may not do this"), "{}", denied.log);
    assert_eq!(world.last_sequence().await, before);

    let signed = reconcile(&world, &file, &[&officer[..], &["--note", "银行次月更正"]].concat());
    assert!(
        signed.code == 1 && signed.said.contains("signed off as entry") && signed.said.contains("li.na"),
        "{}",
        signed.log
    );
    assert_eq!(world.last_sequence().await, before + 1);

    // The same file again changes nothing and says so.
    let again = reconcile(&world, &file, &[&officer[..], &["--note", "再次"]].concat());
    assert_eq!(again.code, 2);
    assert!(again.said.contains("this file was signed off before"), "{}", again.said);
    let already = again.said.lines().find(|line| line.contains("already-reconciled")).unwrap();
    assert!(already.contains(" 2 "), "{already}");
    expect![[r#"
        ipledger: it is registered already: comparison_id: this file was signed off as entry N, and nothing in it is new; nothing is left to do
    "#]].assert_eq(&again.log.replace(&(before + 1).to_string(), "N"));
    assert_eq!(world.last_sequence().await, before + 1);

    // The entry, the list, and what is left open.
    let listed = signed_off(&world, "icbc").await;
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0].difference_count, listed[0].signed_by.as_str()), (2, "li.na"));
    assert_eq!(listed[0].file_name, "三月.csv");
    assert!(signed_off(&world, "abc").await.is_empty());
    let open = v1::ListUnreconciledStatementsRequest { year: 2025, month: 9 };
    let open = client(&world, "finance", "", "zhao").list_unreconciled_statements(open).await.unwrap().into_inner();
    assert!(open.statements.is_empty(), "{open:?}");
    let open = v1::ListUnreconciledStatementsRequest { year: 2025, month: 3 };
    let open = client(&world, "finance", "", "zhao").list_unreconciled_statements(open).await.unwrap().into_inner();
    assert_eq!(open.statements[0].statement, "loans/icbc");
}

#[tokio::test]
async fn what_is_not_understood_is_not_compared() {
    let world = World::new().await;
    let folder = TempDir::new().unwrap();
    let file = saved(&folder, "x.csv", FILE.replace("54,375.00", "54,37").replace("2025-09-30", "9月").as_bytes());
    let misread = reconcile(&world, &file, &[]);
    assert_eq!(misread.code, 2);
    assert!(misread.said.contains("`54,37` has a thousands separator in a wrong place"), "{}", misread.said);
    expect![[r#"
        ipledger: 2 cells were not understood; nothing was compared
    "#]]
    .assert_eq(&misread.log);
    let file = saved(&folder, "y.xlsx", b"PK\x03\x04 and no more");
    let broken = reconcile(&world, &file, &[]);
    assert_eq!(broken.code, 2);
    expect![[r#"
        ipledger: the workbook is truncated or damaged (invalid Zip archive: Could not find EOCD); get the file again, or open it and save it anew
    "#]].assert_eq(&broken.log);
}

#[tokio::test]
async fn lines_are_compared_without_a_file_and_a_sign_off_is_retried_safely() {
    let world = World::new().await;
    let line = v1::StatementLine {
        nature: v1::StatementNature::Drawdown.into(),
        amount: "5000000.00".into(),
        date: "2025-03-05".into(),
        contract_number: "C-1".into(),
        ..Default::default()
    };
    let parts = || vec![Part::Open(opened("loans/icbc")), Part::Lines(StatementLines { lines: vec![line.clone()] })];
    let answers = compare(&world, ("bank", "icbc"), parts()).await.unwrap();
    let Answered::Summary(summary) = &answers[1] else { panic!("{answers:?}") };
    assert_eq!((summary.difference_count, summary.counts[0].count), (0, 1));
    let Answered::Findings(findings) = &answers[2] else { panic!("{answers:?}") };
    assert_eq!(findings.findings[0].class(), v1::ReconciliationClass::Equal);
    assert!(findings.findings[0].reason.as_ref().unwrap().en.ends_with("2 days apart (tolerance 3)"));

    // Another bank's list is not there to be compared.
    let denied = compare(&world, ("bank", "abc"), parts()).await.unwrap_err();
    expect![[r#"
        NotFound: the institution is unknown: open.statement: `loans/icbc` is unknown, or not the caller's to see; check the id and the caller
          reason INSTITUTION_UNKNOWN @ ipledger
          zh-CN: 未找到该机构：open.statement：未找到“loans/icbc”，或无权查看；请核对编号和调用方身份
    "#]].assert_eq(&describe(&denied));

    let request = v1::SignOffStatementRequest {
        request_id: id(),
        comparison_id: summary.comparison_id.clone(),
        ..Default::default()
    };
    let mut finance = client(&world, "finance", "", "zhao.min");
    let first = finance.sign_off_statement(request.clone()).await.unwrap().into_inner();
    let second = finance.sign_off_statement(request.clone()).await.unwrap().into_inner();
    assert_eq!(first, second);
    let forgotten = v1::SignOffStatementRequest { request_id: id(), comparison_id: "0".repeat(64), ..request.clone() };
    let unknown = finance.sign_off_statement(forgotten).await.unwrap_err();
    expect![[r#"
        NotFound: the comparison is not remembered: comparison_id: `0000000000000000000000000000000000000000000000000000000000000000` is not remembered; compare the statement again
          reason COMPARISON_UNKNOWN @ ipledger
          zh-CN: 对账结果已失效，请重新对账：comparison_id：对账结果“0000000000000000000000000000000000000000000000000000000000000000”已失效；请重新对账
    "#]].assert_eq(&describe(&unknown));
    let twice =
        finance.sign_off_statement(v1::SignOffStatementRequest { request_id: id(), ..request }).await.unwrap_err();
    assert_eq!(twice.code(), tonic::Code::FailedPrecondition, "{twice}");
}

#[tokio::test]
async fn what_is_asked_wrongly_is_said_field_by_field() {
    let world = World::new().await;
    let mut said = String::new();
    let wrong = OpenStatement {
        statement: "loan/icbc".into(),
        from_date: "2025".into(),
        tolerance_days: Some(99),
        layout: "x".into(),
        ..opened("")
    };
    let line = v1::StatementLine { amount: "1.234".into(), ..Default::default() };
    for parts in [
        vec![],
        vec![Part::Chunk(vec![1])],
        vec![Part::Open(wrong)],
        vec![Part::Open(OpenStatement { to_date: "2024-01-01".into(), ..opened("treasury") })],
        vec![Part::Open(opened("treasury")), Part::Lines(StatementLines { lines: vec![line] })],
        vec![Part::Open(opened("treasury")), Part::Open(opened("treasury"))],
        vec![Part::Open(opened("treasury"))],
    ] {
        said.push_str(&describe(&compare(&world, ("officer", ""), parts).await.unwrap_err()));
    }
    expect![[r#"
        InvalidArgument: a field is malformed or out of range: open: is missing; expected what the statement is in the first message
          reason INVALID_FIELD @ ipledger
          field open: is missing; expected what the statement is in the first message
          zh-CN: 字段格式或取值不正确：open：缺失；第一条消息应说明对账单
        InvalidArgument: a field is malformed or out of range: open: is missing; expected what the statement is in the first message
          reason INVALID_FIELD @ ipledger
          field open: is missing; expected what the statement is in the first message
          zh-CN: 字段格式或取值不正确：open：缺失；第一条消息应说明对账单
        InvalidArgument: a field is malformed or out of range: open.statement: `loan/icbc` is not a statement; expected `loans/BANK`, `repayments/BANK`, `pool/POOL` or `treasury` (+3)
          reason INVALID_FIELD @ ipledger
          field open.statement: `loan/icbc` is not a statement; expected `loans/BANK`, `repayments/BANK`, `pool/POOL` or `treasury`
          field open.from_date: `2025` is not a date; write it as YYYY-MM-DD, such as `2026-03-05`
          field open.layout: the layout is not understood: TOML parse error at line 1, column 2   | 1 | x   |  ^ key with no value, expected `=`
          field open.tolerance_days: `99` days are too many; expected 0 to 15
          zh-CN: 字段格式或取值不正确：open.statement：“loan/icbc”不是对账单；应为 loans/银行、repayments/银行、pool/资金池 或 treasury (+3)
        InvalidArgument: a field is malformed or out of range: open.to_date: `2024-01-01` is not within 366 days after `2025-01-01`; expected the last day of the period
          reason INVALID_FIELD @ ipledger
          field open.to_date: `2024-01-01` is not within 366 days after `2025-01-01`; expected the last day of the period
          zh-CN: 字段格式或取值不正确：open.to_date：“2024-01-01”不在“2025-01-01”之后 366 天内；应为期间的最后一天
        InvalidArgument: a field is malformed or out of range: lines[0].nature: `0` is not a value of this field; expected one of STATEMENT_NATURE_DRAWDOWN, STATEMENT_NATURE_INTEREST, STATEMENT_NATURE_PRINCIPAL, STATEMENT_NATURE_CASH (+2)
          reason INVALID_FIELD @ ipledger
          field lines[0].nature: `0` is not a value of this field; expected one of STATEMENT_NATURE_DRAWDOWN, STATEMENT_NATURE_INTEREST, STATEMENT_NATURE_PRINCIPAL, STATEMENT_NATURE_CASH
          field lines[0].amount: `1.234` has more than two decimals; round it to the fen first
          field lines[0].date: `` is not a date; write it as YYYY-MM-DD, such as `2026-03-05`
          zh-CN: 字段格式或取值不正确：lines[0].nature：“0”不是该字段的有效取值；应为 STATEMENT_NATURE_DRAWDOWN, STATEMENT_NATURE_INTEREST, STATEMENT_NATURE_PRINCIPAL, STATEMENT_NATURE_CASH 之一 (+2)
        InvalidArgument: a field is malformed or out of range: part: is out of place; expected chunks of one file, or lines, after the first message
          reason INVALID_FIELD @ ipledger
          field part: is out of place; expected chunks of one file, or lines, after the first message
          zh-CN: 字段格式或取值不正确：part：次序不对；首条消息之后应为同一文件的分块，或均为明细行
        InvalidArgument: a field is malformed or out of range: chunk: the file is empty
          reason INVALID_FIELD @ ipledger
          field chunk: the file is empty
          zh-CN: 字段格式或取值不正确：chunk：文件为空
    "#]].assert_eq(&said);
}

/// A workbook of the real program and what stands in it, for a reader in another language: see `tests/foreign`.
#[tokio::test]
#[ignore = "writes files for tests/foreign, into the folder IPLEDGER_WORKBOOKS"]
#[expect(clippy::disallowed_methods, reason = "the script says where")]
async fn a_workbook_for_other_programs() {
    let folder = PathBuf::from(std::env::var("IPLEDGER_WORKBOOKS").unwrap());
    let world = World::new().await;
    payments(&world).await;
    let file = folder.join("statement.csv");
    let dangerous = FILE.replace("㐂䶮公司", "=HYPERLINK(1)㐂䶮𠮷");
    std::fs::write(&file, GB18030.encode(&dangerous).0).unwrap();
    let workbook = folder.join("result.xlsx");
    let result = reconcile(&world, &file, &["--json", "--xlsx", workbook.to_str().unwrap()]);
    assert_eq!(result.code, 1, "{}", result.log);
    std::fs::write(folder.join("result.json"), result.said).unwrap();
}
