//! A clerk's month end with the real program: the check list, a loan list with balances, sign-offs, closing; then the year.

use std::process::Command;

use expect_test::expect;
use ipledger::proto::v1;
use ipledger::proto::v1::period_service_client::PeriodServiceClient;
use tempfile::TempDir;

use super::{World, act_as};

struct Ran {
    code: i32,
    said: String,
    log: String,
}

/// Runs the program against the world's server, as finance.
fn program(world: &World, arguments: &[&str]) -> Ran {
    let whom = ["--server", &world.server.address, "--role", "finance", "--person", "zhao.min"];
    let output = Command::new(super::program()).args(arguments).args(whom).output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        said: String::from_utf8(output.stdout).unwrap(),
        log: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A file in a folder of its own, and its path.
fn file(folder: &TempDir, name: &str, text: &str) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_month_is_reconciled_and_closed() {
    let world = World::new().await;
    let folder = TempDir::new().unwrap();
    let contributed = v1::ContributeToPoolRequest {
        request_id: super::id(),
        effective_date: "2025-03-05".into(),
        pool_id: "hebi-pool".into(),
        funder_id: "city".into(),
        amount: "5000000.00".into(),
        reference: "Z1".into(),
        ..Default::default()
    };
    world.pools("finance", "", "zhao.min").contribute_to_pool(contributed).await.unwrap();
    let checked = program(&world, &["period", "check", "2025-03"]);
    assert_eq!(checked.code, 1, "{}", checked.log);
    expect![[r#"
        statement to reconcile 未对账: loans/icbc icbc 贷款台账 2025-03, 1 entries, the first is 10
        statement to reconcile 未对账: pool/hebi-pool hebi-pool 专户对账单 2025-03, 1 entries, the first is 11
        statement not signed off to the month's end 未收到或未确认: repayments/icbc icbc 还本付息清单
    "#]]
    .assert_eq(&checked.said);
    let refused = program(&world, &["period", "close", "2025-03"]);
    assert_eq!(refused.code, 1, "{}", refused.log);
    assert!(refused.said.contains("2 unreconciled statements, 1 statement due and not signed off"), "{}", refused.said);

    let sign = |name: &str, text: &str, more: &[&str]| {
        let path = file(&folder, name, text);
        let mut arguments = vec!["reconcile", &path, "--period", "2025-03", "--sign-off"];
        arguments.extend(more);
        let signed = program(&world, &arguments);
        assert_eq!(signed.code, 0, "{}{}", signed.said, signed.log);
    };
    let loans = "放款日期,合同编号,借款人,贷款金额,贷款余额,到期日,年利率,五级分类\n\
                 2025-03-03,C-1,鹤壁镁业有限公司,5000000.00,5000000.00,2026-03-02,4.35%,正常\n";
    sign("loans.csv", loans, &["--kind", "loans", "--bank", "icbc"]);
    // A bank that received nothing sends a heading and no rows: that is a statement too.
    sign("repayments.csv", "还款日期,合同编号,本金,利息\n", &["--kind", "repayments", "--bank", "icbc"]);
    sign("pool.csv", POOL, &["--kind", "account", "--pool", "hebi-pool"]);

    let checked = program(&world, &["period", "check", "2025-03"]);
    assert_eq!(
        (checked.code, &*checked.said),
        (0, "2025-03: nothing is open; it may be closed 无未处理事项，可以结账\n")
    );
    let closed = program(&world, &["period", "close", "2025-03"]);
    assert_eq!(closed.code, 0, "{}", closed.log);
    assert!(closed.said.contains("is closed"), "{}", closed.said);
    let again = program(&world, &["period", "close", "2025-03"]);
    assert_eq!(again.code, 2, "{}", again.said);

    // Nothing was recorded in April; the statements are due all the same.
    let april = program(&world, &["period", "check", "2025-04"]);
    assert!(april.said.contains("repayments/icbc") && april.said.contains("pool/hebi-pool"), "{}", april.said);
    let request = v1::GetPeriodChecklistRequest { year: 2025, month: 4 };
    let mut client = PeriodServiceClient::with_interceptor(world.channel.clone(), act_as("finance", "", "zhao.min"));
    let list = client.get_period_checklist(request).await.unwrap().into_inner();
    assert_eq!(list.statements_due, ["repayments/icbc", "pool/hebi-pool"]);
    // The same list of nothing is another month's statement, and once more the same one.
    let path = file(&folder, "repayments.csv", "还款日期,合同编号,本金,利息\n");
    let april = ["reconcile", &path, "--kind", "repayments", "--bank", "icbc", "--period", "2025-04", "--sign-off"];
    assert_eq!(program(&world, &april).code, 0);
    let again = program(&world, &april);
    assert!(again.code == 2 && again.log.contains("nothing in it is new"), "{}{}", again.said, again.log);
    let closed = program(&world, &["period", "close", "2025-04", "--reason", "银行未出对账单"]);
    assert!(closed.said.contains("closed over 1 open items: 银行未出对账单"), "{}{}", closed.said, closed.log);

    let year = ["period", "close-year", "2025", "--document", "鹤财〔2026〕1号"];
    let refused = program(&world, &year);
    assert_eq!(refused.code, 1, "{}", refused.log);
    assert!(refused.said.contains("`2025-01` is open"), "{}", refused.said);
    for month in ["01", "02", "05", "06", "07", "08", "09", "10", "11", "12"] {
        let closed = program(&world, &["period", "close", &format!("2025-{month}"), "--reason", "测试"]);
        assert_eq!(closed.code, 0, "{}{}", closed.said, closed.log);
    }
    let closed = program(&world, &[&year[..], &["--carry", "ip-finance"]].concat());
    assert_eq!(closed.code, 0, "{}{}", closed.said, closed.log);
    let budget = program(&world, &["report", "budget-execution", "--form", "csv", "--english"]);
    assert!(budget.said.contains("carried in"), "{}{}", budget.said, budget.log);
}

const POOL: &str = "交易日期,摘要,收入,支出,余额\n2025-03-05,注资,\"5,000,000.00\",,\"5,000,000.00\"\n";

/// What is off between the list of the bank's loans and the ledger, in words.
fn differences(world: &World, folder: &TempDir, list: &str, period: &str) -> (i32, Vec<String>) {
    let path = file(folder, "loans.csv", list);
    let arguments = ["reconcile", &path, "--kind", "loans", "--bank", "icbc", "--period", period, "--json"];
    let ran = program(world, &arguments);
    let json: serde_json::Value = serde_json::from_str(&ran.said).unwrap_or_else(|_| panic!("{}", ran.log));
    let findings = json["findings"].as_array().unwrap_or_else(|| panic!("{json:#}"));
    let said = findings
        .iter()
        .map(|one| format!("{}: {}", one["class"].as_str().unwrap(), one["reason"]["en"].as_str().unwrap()));
    (ran.code, said.collect())
}

#[tokio::test]
async fn a_loan_list_says_where_the_loans_stand() {
    let world = World::new().await;
    let folder = TempDir::new().unwrap();
    let repaid = v1::RecordPrincipalPaymentRequest {
        request_id: super::id(),
        effective_date: "2025-09-21".into(),
        loan_id: world.loan.clone(),
        amount: "1000000.00".into(),
        reference: "S2".into(),
        ..Default::default()
    };
    world.loans("bank", "icbc", "zhang.wei").record_principal_payment(repaid).await.unwrap();
    let list = |row: &str| format!("起始日,合同编号,借据金额(元),借据余额,到期日,利率(%),贷款状态\n{row}\n");
    // Before the payment and after it: the balance is that of the list's day, the drawdown of months before is found.
    let before = list("2025-03-03,C-1,5000000,5000000,2026-03-02,4.35,正常");
    let after = list("2025-03-03,C-1,5000000,4000000,2026-03-02,0.0435,正常");
    assert_eq!(differences(&world, &folder, &before, "2025-08").0, 0);
    assert_eq!(differences(&world, &folder, &after, "2025-09").0, 0);
    let (code, found) = differences(&world, &folder, &before, "2025-09");
    assert_eq!(code, 1);
    expect![[r#"
        [
            "amount-differs: as entry 10; the statement says balance 5,000,000.00, the ledger 4,000,000.00",
        ]
    "#]]
    .assert_debug_eq(&found);
    let wrong = list("2025-03-03,C-1,5000000,4000000,2026-03-03,4.36,逾期");
    expect![[r#"
        (
            1,
            [
                "amount-differs: as entry 10; the statement says rate 4.36, the ledger 4.35 %; the statement says maturity 2026-03-03, the ledger 2026-03-02; the statement says the loan is overdue, the ledger repaying",
            ],
        )
    "#]].assert_debug_eq(&differences(&world, &folder, &wrong, "2025-09"));
    // What was understood of a row is shown before anything is compared.
    let path = file(&folder, "loans.csv", &before);
    let preview = ["reconcile", &path, "--kind", "loans", "--bank", "icbc", "--period", "2025-09", "--preview"];
    let ran = program(&world, &preview);
    for part in ["余额 balance", "5,000,000.00", "2026-03-02", "4.35", "正常", "balance = \"借据余额\""] {
        assert!(ran.said.contains(part), "`{part}` is not in {}{}", ran.said, ran.log);
    }
    // Another loan's list: ours owes something and is not in it.
    let other = list("2025-03-03,C-7,100,100,2026-03-03,4.36,正常");
    expect![[r#"
        (
            1,
            [
                "missing-in-ledger: the ledger has no such entry near 2025-03-03, which is outside the period",
                "missing-in-statement: the loan of entry 10 owed 4,000,000.00 on 2025-09-30 and is not in the statement",
            ],
        )
    "#]].assert_debug_eq(&differences(&world, &folder, &other, "2025-09"));
    // A cell that is not understood is said, and nothing is compared.
    let path = file(&folder, "loans.csv", &list("2025-03-03,C-1,5000000,4.000.000,2026-13-02,LPR+50,正常"));
    let ran = program(&world, &["reconcile", &path, "--kind", "loans", "--bank", "icbc", "--period", "2025-09"]);
    assert_eq!(ran.code, 2);
    for part in ["D 借据余额", "4.000.000", "E 到期日", "2026-13-02", "F 利率(%)", "`LPR+50` is not a rate"] {
        assert!(ran.said.contains(part), "`{part}` is not in {}", ran.said);
    }
}
