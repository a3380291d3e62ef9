//! Reports of the year that the demo plays: the figures of the hand calculation, the same from the server and from the
//! stopped folder, and the same as the accounts' own history on every day.

use std::path::Path;
use std::process::{Command, Output};

use expect_test::{Expect, expect};
use ipledger::calendar::CivilDate;
use ipledger::cli::child::ServerProcess;
use ipledger::identifier::Sequence;
use ipledger::reader::load;
use ipledger::report::{Extract, Question};
use ipledger::storage::SledStorage;
use tempfile::TempDir;

use crate::api::program;

/// The demo's year in a folder.
fn year() -> TempDir {
    let folder = TempDir::new().unwrap();
    let played = Command::new(program()).arg("demo").arg("--data").arg(folder.path()).output().unwrap();
    assert!(played.status.success(), "{}", String::from_utf8_lossy(&played.stdout));
    folder
}

fn report(folder: &Path, arguments: &str) -> Output {
    Command::new(program()).arg("report").args(arguments.split(' ')).arg("--data").arg(folder).output().unwrap()
}

/// The tables of a report in English; the head differs from run to run.
fn check(folder: &Path, arguments: &str, expected: Expect) {
    let output = report(folder, &format!("{arguments} --to 2025-12-31 --form csv --english"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap().replace("\r\n", "\n");
    let (_, sections) = text.split_once("\"\"\n").unwrap();
    expected.assert_eq(sections);
}

#[test]
fn the_year_of_the_demo() {
    let folder = year();
    let path = folder.path();
    check(
        path,
        "pool-statement",
        expect![[r#"
            Cash of the pools
            pool,opening,contributions,interest,claims paid,recoveries,withdrawals,closing,"approved, not paid",exposure
            hebi-pool,0.00,5000000.00,12345.67,600000.00,125000.01,0.00,4537345.68,450000.00,27900000.00
            total,0.00,5000000.00,12345.67,600000.00,125000.01,0.00,4537345.68,450000.00,27900000.00
            Opening + contributions + interest − claims paid + recoveries − withdrawals = closing.
            ""
            By bank
            pool,bank,loans alive,outstanding,exposure,claims,covered losses,waiting,paid,returned,returned %
            hebi-pool,大伾农村商业银行,7,74300000.00,16400000.00,4,2400000.00,600000.00,600000.00,125000.01,20.83
            hebi-pool,淇河银行鹤壁分行,3,22000000.00,9500000.00,0,0.00,0.00,0.00,0.00,
            hebi-pool,云梦山科技银行,3,6000000.00,2000000.00,0,0.00,0.00,0.00,0.00,
            total,,13,102300000.00,27900000.00,4,2400000.00,600000.00,600000.00,125000.01,20.83
            "Sums since the beginning, at the end of the day; the statement above shows the days asked for."
        "#]],
    );
    check(
        path,
        "budget-execution",
        expect![[r#"
            Budget execution
            budget line,year,carried in,appropriated,adjusted,reserved,spent,available,carried over,lapsed,spent %
            ip-finance,2025,0.00,500000.00,100000.00,40000.00,505999.99,54000.01,0.00,0.00,84.33
            total,,0.00,500000.00,100000.00,40000.00,505999.99,54000.01,0.00,0.00,84.33
            Carried in + appropriated + adjusted = reserved + spent + available + carried over + lapsed.
        "#]],
    );
    check(
        path,
        "subsidies --by district",
        expect![[r#"
            Subsidies by district
            district,applications,refused,actual cost,granted,paid,due back,of it overpaid,clawed back,net paid
            qibin,10,3,1013199.99,436000.00,426000.00,0.00,0.00,0.00,426000.00
            qixian,1,0,20000.00,10000.00,10000.00,0.00,0.00,10000.00,0.00
            shancheng,1,0,60000.00,30000.00,0.00,0.00,0.00,0.00,0.00
            xunxian,1,0,159999.99,79999.99,79999.99,0.00,0.00,0.00,79999.99
            total,13,3,1253199.98,555999.99,515999.99,0.00,0.00,10000.00,505999.99
            "Granted counts what was computed and neither refused nor withdrawn since, as corrected; paid is what left the treasury, gross of what came back. Net paid = paid − clawed back."
        "#]],
    );
    check(
        path,
        "subsidies --by item",
        expect![[r#"
            Subsidies by kind of cost
            kind of cost,cost items,actual cost,granted,paid
            interest,8,859200.00,429600.00,399600.00
            valuation,4,91999.99,40999.99,30999.99
            guarantee,2,80000.00,40000.00,40000.00
            insurance,2,180000.00,37400.00,37400.00
            patent-insurance,1,8000.00,8000.00,8000.00
            total,17,1219199.99,555999.99,515999.99
            By the awards as corrected: what was overpaid and is due back is in no kind of cost.
        "#]],
    );
    check(
        path,
        "loans-outstanding",
        expect![[r#"
            Outstanding by bank
            bank,loans,outstanding,of it IP part,not overdue,overdue 1–30 days,overdue 31–60 days,overdue 61–90 days,overdue over 90 days,non-performing,non-performing %
            大伾农村商业银行,7,74300000.00,34900000.00,71500000.00,0.00,0.00,0.00,0.00,2800000.00,3.76
            淇河银行鹤壁分行,3,22000000.00,19000000.00,22000000.00,0.00,0.00,0.00,0.00,0.00,0.00
            云梦山科技银行,3,6000000.00,4000000.00,6000000.00,0.00,0.00,0.00,0.00,0.00,0.00
            total,13,102300000.00,57900000.00,99500000.00,0.00,0.00,0.00,0.00,2800000.00,2.73
            "Days overdue are counted from the first day in arrears, which is day 1, to the day of the report."
            ""
            Loans overdue
            loan,bank,contract,enterprise,state,overdue since,days,outstanding
            loan-62,大伾农村商业银行,HT-2025-shengwu,浚县大伾生物医药有限公司,recovering,2025-05-01,245,1600000.00
            loan-65,大伾农村商业银行,HT-2025-lutai,鹤壁鹿台环保科技有限公司,claimed,2025-07-01,184,900000.00
            loan-71,大伾农村商业银行,HT-2025-fuqiu,浚县浮丘陶瓷有限公司,claimed,2025-07-10,175,300000.00
            total,,,,,,,2800000.00
        "#]],
    );
    check(
        path,
        "targets",
        expect![[r#"
        Targets against plan
        rulebook,target,from,by,planned,reached,planned yuan,reached yuan,reached %,clause
        hebi-2017@1,Enterprises that borrowed against IP,2017-09-30,2020-12-31,50,0,,,0.00,二、促进知识产权创造运用 · 促进知识产权运营体系建设
        hebi-2017@1,Principal borrowed against IP,2017-09-30,2020-12-31,,,1500000000.00,0.00,0.00,二、促进知识产权创造运用 · 促进知识产权运营体系建设
    "#]],
    );
    check(
        path,
        "publicity",
        expect![[r#"
        Subsidies approved
        no.,enterprise,USCC,district,programme,approved,amount
        1,鹤壁朝歌智能装备有限公司,914106**********XM,qibin,IP pledge financing costs,2025-06-24,200000.00
        2,鹤壁云梦光电科技有限公司,914106**********8M,qibin,Premium of the first insured patent,2025-06-24,8000.00
        3,浚县黎阳农业机械有限公司,914106**********60,xunxian,IP pledge financing costs,2025-06-24,79999.99
        4,鹤壁汤河软件有限公司,914106**********89,qibin,IP pledge financing costs,2025-06-25,6000.00
        5,鹤壁东山新材料有限公司,914106**********9B,shancheng,IP pledge financing costs,2025-06-25,30000.00
        6,淇县金牛食品科技有限公司,914106**********49,qixian,IP pledge financing costs,2025-06-25,10000.00
        7,鹤壁云梦光电科技有限公司,914106**********8M,qibin,IP pledge financing costs,2025-07-01,12000.00
        8,鹤壁淇水精密镁业有限公司,914106**********1X,qibin,IP pledge financing costs,2025-12-23,162600.00
        9,鹤壁淇水精密镁业有限公司,914106**********1X,qibin,IP pledge financing costs,2025-12-25,37400.00
        total,,,,,,545999.99
        "Bank, contract, account and payment details and the names of persons are left out; of the USCC the middle is masked."
    "#]],
    );
    check(
        path,
        "yearly",
        expect![[r#"
            Overview
            measure,number,amount
            enterprises that borrowed,12,
            banks that lent,3,
            loans filed,14,109600000.00
            of it IP part,,62600000.00
            drawn down,,109600000.00
            principal repaid,,7300000.00
            interest paid,,877200.00
            pledges registered,14,139600000.00
            subsidies clawed back,1,10000.00
            ""
            Subsidies by programme
            programme,applications,refused,actual cost,granted,paid,due back,of it overpaid,clawed back,net paid
            Premium of the first insured patent (hebi-2017@1 first-insured-patent),2,1,14000.00,8000.00,8000.00,0.00,0.00,0.00,8000.00
            IP pledge financing costs (hebi-2017@1 pledge-cost),11,2,1239199.98,547999.99,507999.99,0.00,0.00,10000.00,497999.99
            total,13,3,1253199.98,555999.99,515999.99,0.00,0.00,10000.00,505999.99
            "Granted counts what was computed and neither refused nor withdrawn since, as corrected; paid is what left the treasury, gross of what came back. Net paid = paid − clawed back."
            ""
            Subsidies by kind of cost
            kind of cost,cost items,actual cost,granted,paid
            interest,8,859200.00,429600.00,399600.00
            valuation,4,91999.99,40999.99,30999.99
            guarantee,2,80000.00,40000.00,40000.00
            insurance,2,180000.00,37400.00,37400.00
            patent-insurance,1,8000.00,8000.00,8000.00
            total,17,1219199.99,555999.99,515999.99
            By the awards as corrected: what was overpaid and is due back is in no kind of cost.
            ""
            Subsidies by district
            district,applications,refused,actual cost,granted,paid,due back,of it overpaid,clawed back,net paid
            qibin,10,3,1013199.99,436000.00,426000.00,0.00,0.00,0.00,426000.00
            qixian,1,0,20000.00,10000.00,10000.00,0.00,0.00,10000.00,0.00
            shancheng,1,0,60000.00,30000.00,0.00,0.00,0.00,0.00,0.00
            xunxian,1,0,159999.99,79999.99,79999.99,0.00,0.00,0.00,79999.99
            total,13,3,1253199.98,555999.99,515999.99,0.00,0.00,10000.00,505999.99
            "Granted counts what was computed and neither refused nor withdrawn since, as corrected; paid is what left the treasury, gross of what came back. Net paid = paid − clawed back."
            ""
            Outstanding by bank
            bank,loans,outstanding,of it IP part,not overdue,overdue 1–30 days,overdue 31–60 days,overdue 61–90 days,overdue over 90 days,non-performing,non-performing %
            大伾农村商业银行,7,74300000.00,34900000.00,71500000.00,0.00,0.00,0.00,0.00,2800000.00,3.76
            淇河银行鹤壁分行,3,22000000.00,19000000.00,22000000.00,0.00,0.00,0.00,0.00,0.00,0.00
            云梦山科技银行,3,6000000.00,4000000.00,6000000.00,0.00,0.00,0.00,0.00,0.00,0.00
            total,13,102300000.00,57900000.00,99500000.00,0.00,0.00,0.00,0.00,2800000.00,2.73
            "Days overdue are counted from the first day in arrears, which is day 1, to the day of the report."
            ""
            Budget execution
            budget line,year,carried in,appropriated,adjusted,reserved,spent,available,carried over,lapsed,spent %
            ip-finance,2025,0.00,500000.00,100000.00,40000.00,505999.99,54000.01,0.00,0.00,84.33
            total,,0.00,500000.00,100000.00,40000.00,505999.99,54000.01,0.00,0.00,84.33
            Carried in + appropriated + adjusted = reserved + spent + available + carried over + lapsed.
            ""
            Cash of the pools
            pool,opening,contributions,interest,claims paid,recoveries,withdrawals,closing,"approved, not paid",exposure
            hebi-pool,0.00,5000000.00,12345.67,600000.00,125000.01,0.00,4537345.68,450000.00,27900000.00
            total,0.00,5000000.00,12345.67,600000.00,125000.01,0.00,4537345.68,450000.00,27900000.00
            Opening + contributions + interest − claims paid + recoveries − withdrawals = closing.
            ""
            Blacklist
            enterprise,USCC,district,ground,document,from,until,state
            鹤壁东山新材料有限公司,91410603MADEM0089B,shancheng,piracy,鹤知执〔2025〕19号,2025-06-26,,in force
            鹤壁墨轩文化创意有限公司,91410611MADEM00701,qibin,piracy,鹤版执〔2025〕7号,2025-04-01,,in force
            ""
            Targets against plan
            rulebook,target,from,by,planned,reached,planned yuan,reached yuan,reached %,clause
            hebi-2017@1,Enterprises that borrowed against IP,2017-09-30,2020-12-31,50,0,,,0.00,二、促进知识产权创造运用 · 促进知识产权运营体系建设
            hebi-2017@1,Principal borrowed against IP,2017-09-30,2020-12-31,,,1500000000.00,0.00,0.00,二、促进知识产权创造运用 · 促进知识产权运营体系建设
        "#]],
    );
}

#[test]
fn closing_balances_are_those_of_the_accounts_on_every_month_end() {
    let folder = year();
    let storage = SledStorage::open(folder.path()).unwrap();
    let mut entries = Vec::new();
    ipledger::journal::replay::replay(&storage, &mut |entry, _| entries.push(entry)).unwrap();
    let loaded = load(&storage, &mut |_| {}).unwrap();
    let history = &loaded.view().history;
    let last = Sequence::new(u64::try_from(entries.len()).unwrap());
    for month in 1..=12 {
        let to = CivilDate::from_ymd(2025, month, 28).unwrap();
        let mut extract = Extract::new(&Question::of_year_until(to, last));
        for entry in &entries {
            extract.take(entry);
        }
        for account in history.accounts() {
            assert_eq!(extract.turnover(account).closing(), history.balance_at_date(account, to), "{account} on {to}");
        }
    }
}

#[tokio::test]
async fn a_running_ledger_makes_the_same_report_as_its_stopped_folder() {
    let folder = year();
    let stopped = report(folder.path(), "yearly --to 2025-12-31 --form json");
    let server = ServerProcess::start(program(), folder.path(), &[]).await.unwrap();
    let ask = |arguments: &str| {
        let mut command = Command::new(program());
        command.arg("report").args(arguments.split(' ')).arg("--server").arg(&server.address);
        command.output().unwrap()
    };
    let running = ask("yearly --to 2025-12-31 --form json");
    assert!(running.status.success(), "{}", String::from_utf8_lossy(&running.stderr));
    assert_eq!(String::from_utf8(running.stdout).unwrap(), String::from_utf8(stopped.stdout).unwrap());

    let denied = ask("yearly --role bank --party icbc");
    assert_eq!(denied.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&denied.stderr).contains("may not do this"));
    let wrong = ask("pools --to 2025-13-01 --known-at 100000");
    let said = String::from_utf8_lossy(&wrong.stderr).into_owned();
    for part in ["`pools` is not a report", "pool-statement", "2025-13-01", "`100000` is not recorded yet"] {
        assert!(said.contains(part), "`{part}` is not in {said}");
    }
}
