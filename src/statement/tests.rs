//! Files as banks send them, made here: every encoding and layout gives the same lines, and what is not understood says
//! where and why.

#![expect(
    clippy::needless_raw_string_hashes, // as expect-test writes them
    clippy::needless_pass_by_value,     // an expectation is written where it is used
    clippy::integer_division,
    reason = "texts of a test"
)]

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};

use expect_test::{Expect, expect};
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};

use super::*;

/// One line, as short text.
fn shown(line: &Line) -> String {
    let or = |text: Option<&String>| text.cloned().unwrap_or_default();
    let code = line.party_code.map(|code| code.to_string()).unwrap_or_default();
    let period = line.period.map(|(from, to)| format!(" {from}..{to}")).unwrap_or_default();
    format!(
        "{} {} {} {} [{}] [{}{code}] [{}] [{}]{period}",
        line.place.row,
        line.date,
        line.nature.code(),
        line.amount,
        or(line.contract.as_ref()),
        or(line.party.as_ref()),
        or(line.reference.as_ref()),
        or(line.summary.as_ref()),
    )
}

/// A reading as text: format, lines, what was skipped, what was misread, notes.
fn whole(reading: &Reading) -> String {
    let mut text = format!("{}{}\n", reading.format, if reading.guessed { ", guessed" } else { "" });
    for line in &reading.lines {
        writeln!(text, "  {}", shown(line)).unwrap();
    }
    for row in &reading.skipped {
        writeln!(text, "  - {} {}: {}", row.place.row, row.reason.code(), row.text).unwrap();
    }
    for cell in &reading.misread {
        writeln!(text, "  ! {cell}").unwrap();
    }
    for note in &reading.notes {
        writeln!(text, "  note: {note}").unwrap();
    }
    text
}

fn text_of(bytes: &[u8], kind: Kind) -> String {
    match read(bytes, None, Some(kind)) {
        Ok(reading) => whole(&reading),
        Err(invalid) => format!("REFUSED {invalid}\n        {}\n", invalid.problem_zh),
    }
}

#[track_caller]
fn check(bytes: &[u8], kind: Kind, expected: Expect) {
    expected.assert_eq(&text_of(bytes, kind));
}

/// The list that the encodings share; rare characters among the names.
const REPAYMENTS: &str = "\
鹤壁分行还本付息清单,,,,,
单位：元,,,,,
还款日期,借款合同编号,借款人名称,归还本金,归还利息,流水号
2026-03-05,HB-2026-001,鹤壁㐂䶮科技有限公司,,\"12,345.67\",S001
2026/3/21,HB-2026-002,𠮷祥（鹤壁）公司,\"1,000,000.00\",4350.00,S002
2026年3月31日,HB－2026－003,ＡＢＣ公司,,１２３．４５,S003
合计,,,\"1,000,000.00\",\"16,819.12\",
制表人：王晓明,,,,,
";

const LINES: [&str; 4] = [
    "2026-03-05 interest 12345.67 [HB-2026-001] [鹤壁㐂䶮科技有限公司] [S001] []",
    "2026-03-21 principal 1000000.00 [HB-2026-002] [𠮷祥（鹤壁）公司] [S002] []",
    "2026-03-21 interest 4350.00 [HB-2026-002] [𠮷祥（鹤壁）公司] [S002] []",
    "2026-03-31 interest 123.45 [HB－2026－003] [ＡＢＣ公司] [S003] []",
];

#[track_caller]
fn same_lines(bytes: &[u8], format: &str) {
    let reading = read(bytes, None, Some(Kind::Repayments)).unwrap();
    assert_eq!(reading.format, format);
    assert_eq!(reading.misread, []);
    assert_eq!(reading.notes, []);
    let lines: Vec<String> =
        reading.lines.iter().map(|line| shown(line).split_once(' ').unwrap().1.to_owned()).collect();
    assert_eq!(lines, LINES);
}

fn encoded(text: &str, encoding: &'static encoding_rs::Encoding) -> Vec<u8> {
    let (bytes, _, lost) = encoding.encode(text);
    assert!(!lost);
    bytes.into_owned()
}

#[test]
fn text_in_every_encoding_and_delimiter_gives_the_same_lines() {
    same_lines(REPAYMENTS.as_bytes(), "CSV, UTF-8, comma");
    same_lines(format!("\u{FEFF}{REPAYMENTS}").as_bytes(), "CSV, UTF-8 with mark, comma");
    same_lines(&encoded(REPAYMENTS, encoding_rs::GB18030), "CSV, GB18030, comma");
    let utf16: Vec<u8> = format!("\u{FEFF}{REPAYMENTS}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    same_lines(&utf16, "CSV, UTF-16LE, comma");
    let tabs = REPAYMENTS.replace("\"12,345.67\"", "12345.67").replace("\"1,000,000.00\"", "1000000");
    let tabs = tabs.replace("\"16,819.12\"", "16819.12").replace(',', "\t");
    same_lines(tabs.as_bytes(), "CSV, UTF-8, tab");
    same_lines(tabs.replace('\t', "|").as_bytes(), "CSV, UTF-8, bar");
    same_lines(&encoded(&tabs.replace('\n', "\r\n"), encoding_rs::GB18030), "CSV, GB18030, tab");
}

/// The same list as a workbook: amounts as numbers, dates as dates, as serials and as text.
fn repayments_workbook() -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("明细").unwrap();
    sheet.merge_range(0, 0, 0, 5, "鹤壁分行还本付息清单", &Format::new()).unwrap();
    for (column, heading) in
        (0..).zip(["还款日期", "借款合同编号", "借款人名称", "归还本金（元）", "归还利息（元）", "流水号"])
    {
        sheet.write_string(3, column, heading).unwrap();
    }
    let dates = Format::new().set_num_format("yyyy/m/d");
    let day = ExcelDateTime::parse_from_str("2026-03-05").unwrap();
    sheet.write_datetime_with_format(4, 0, &day, &dates).unwrap();
    sheet.write_number(5, 0, 46_102).unwrap(); // 2026-03-21
    sheet.write_string(6, 0, "2026年3月31日").unwrap();
    let rest = [
        ("HB-2026-001", "鹤壁㐂䶮科技有限公司", "S001"),
        ("HB-2026-002", "𠮷祥（鹤壁）公司", "S002"),
        ("HB－2026－003", "ＡＢＣ公司", "S003"),
    ];
    for (row, (contract, party, reference)) in (4..).zip(rest) {
        sheet.write_string(row, 1, contract).unwrap();
        sheet.write_string(row, 2, party).unwrap();
        sheet.write_string(row, 5, reference).unwrap();
    }
    sheet.write_number(4, 4, 12_345.67).unwrap();
    sheet.write_number(5, 3, 1_000_000).unwrap();
    sheet.write_number(5, 4, 4_350).unwrap();
    sheet.write_string(6, 4, "１２３．４５").unwrap();
    sheet.write_string(7, 0, "合  计").unwrap();
    sheet.write_number(7, 4, 16_819.12).unwrap();
    book.save_to_buffer().unwrap()
}

#[test]
fn a_workbook_gives_the_same_lines() {
    same_lines(&repayments_workbook(), "XLSX");
}

/// Saved by a spreadsheet program in the format of Excel 97; one amount is a formula with its saved value.
#[test]
fn an_old_workbook_gives_the_same_lines() {
    let reading = read(include_bytes!("../../tests/vectors/repayments.xls"), None, None).unwrap();
    let lines: Vec<String> =
        reading.lines.iter().map(|line| shown(line).split_once(' ').unwrap().1.to_owned()).collect();
    assert_eq!(lines, LINES);
    assert_eq!((reading.format.as_str(), reading.kind), ("XLS", Kind::Repayments));
    let notes: Vec<String> = reading.notes.iter().map(ToString::to_string).collect();
    assert_eq!(notes, ["1 cells of sheet `明细` are formulas; their saved values were taken"]);
}

#[test]
fn what_is_no_line_says_why() {
    check(
        REPAYMENTS.as_bytes(),
        Kind::Repayments,
        expect![[r#"
            CSV, UTF-8, comma, guessed
              4 2026-03-05 interest 12345.67 [HB-2026-001] [鹤壁㐂䶮科技有限公司] [S001] []
              5 2026-03-21 principal 1000000.00 [HB-2026-002] [𠮷祥（鹤壁）公司] [S002] []
              5 2026-03-21 interest 4350.00 [HB-2026-002] [𠮷祥（鹤壁）公司] [S002] []
              6 2026-03-31 interest 123.45 [HB－2026－003] [ＡＢＣ公司] [S003] []
              - 1 title: 鹤壁分行还本付息清单
              - 2 title: 单位：元
              - 3 heading: 还款日期 | 借款合同编号 | 借款人名称 | 归还本金 | 归还利息 | 流水号
              - 7 total: 合计 | 1,000,000.00 | 16,819.12
              - 8 no date and no amount: 制表人：王晓明
        "#]],
    );
}

#[test]
fn a_total_that_does_not_add_up_is_noted() {
    check(
        REPAYMENTS.replace("16,819.12", "16,819.13").as_bytes(),
        Kind::Repayments,
        expect![[r#"
            CSV, UTF-8, comma, guessed
              4 2026-03-05 interest 12345.67 [HB-2026-001] [鹤壁㐂䶮科技有限公司] [S001] []
              5 2026-03-21 principal 1000000.00 [HB-2026-002] [𠮷祥（鹤壁）公司] [S002] []
              5 2026-03-21 interest 4350.00 [HB-2026-002] [𠮷祥（鹤壁）公司] [S002] []
              6 2026-03-31 interest 123.45 [HB－2026－003] [ＡＢＣ公司] [S003] []
              - 1 title: 鹤壁分行还本付息清单
              - 2 title: 单位：元
              - 3 heading: 还款日期 | 借款合同编号 | 借款人名称 | 归还本金 | 归还利息 | 流水号
              - 7 total: 合计 | 1,000,000.00 | 16,819.13
              - 8 no date and no amount: 制表人：王晓明
              note: row 7, column E 归还利息: the total says 16819.13, the rows above it add up to 16819.12
        "#]],
    );
}

#[test]
fn account_statements_in_their_usual_shapes() {
    // In and out in two columns; a balance carried forward; English headings with a direction; 万元.
    check(
        "交易日期,摘要,借方发生额,贷方发生额,余额,对方户名,凭证号\n2026-01-01,承前页,,,100.00,,\n2026-01-05,拨款,0.00,\"2,000,000.00\",2000100.00,鹤壁市财政局,P1\n2026-01-09 10:23:45,=SUM(A1),500.50,,,@工行,\"=\"\"0012345\"\"\"\n".as_bytes(),
        Kind::Account,
        expect![[r#"
            CSV, UTF-8, comma, guessed
              3 2026-01-05 cash 2000000.00 [] [鹤壁市财政局] [P1] [拨款]
              4 2026-01-09 cash -500.50 [] [@工行] [0012345] [=SUM(A1)]
              - 1 heading: 交易日期 | 摘要 | 借方发生额 | 贷方发生额 | 余额 | 对方户名 | 凭证号
              - 2 no amount: 2026-01-01 | 承前页 | 100.00
        "#]],
    );
    check(
        b"Booking Date;Amount;D/C;Counterparty;Reference;Currency\n05.01.2026;10;C;X;1;CNY\n2026.01.06;10.5;D;Y;2;RMB\n2026.01.07;10.5;?;Y;3;USD\n",
        Kind::Account,
        expect![[r#"
            CSV, UTF-8, semicolon, guessed
              3 2026-01-06 cash -10.50 [] [Y] [2] []
              - 1 heading: Booking Date | Amount | D/C | Counterparty | Reference | Currenc…
              ! sheet `CSV`, row 2, column A Booking Date: `05.01.2026` is not a date; expected for example `2026-03-05`, from 1990 to 2199
              ! sheet `CSV`, row 4, column C D/C: `?` is not a direction; expected for example `借` or `贷`, or a word of the layout
              ! sheet `CSV`, row 4, column F Currency: `USD` is not the ledger's currency; expected CNY
        "#]],
    );
    check(
        "日期,金额(万元),对方户名\n20260105,123.4567,甲\n46028,-0.000001,乙\n20260107,0.0000001,丙\n".as_bytes(),
        Kind::Account,
        expect![[r#"
            CSV, UTF-8, comma, guessed
              2 2026-01-05 cash 1234567.00 [] [甲] [] []
              3 2026-01-06 cash -0.01 [] [乙] [] []
              - 1 heading: 日期 | 金额(万元) | 对方户名
              ! sheet `CSV`, row 4, column B 金额(万元): `0.0000001` is not exact to the fen; expected at most six decimals in 万元
        "#]],
    );
}

#[test]
fn amounts_that_are_none_are_refused_with_their_place() {
    let amounts =
        ["1,23", "12.345", "1.234,56", "1e3", "12..3", "1,2345.00", "abc", "12345678901234.00", "1 234.00", "NaN", "٣"];
    let good =
        ["１２３．４５", "１，２３４．５０", "¥1,234.50", "(12.00)", "-12", "12.5-", "人民币12元", "+3.00", "—", ""];
    let mut csv = "放款日期,合同编号,放款金额\n".to_owned();
    for amount in amounts.iter().chain(&good) {
        writeln!(csv, "2026-03-05,C-1,\"{amount}\"").unwrap();
    }
    check(
        csv.as_bytes(),
        Kind::Loans,
        expect![[r#"
        CSV, UTF-8, comma, guessed
          13 2026-03-05 drawdown 123.45 [C-1] [] [] []
          14 2026-03-05 drawdown 1234.50 [C-1] [] [] []
          15 2026-03-05 drawdown 1234.50 [C-1] [] [] []
          16 2026-03-05 drawdown -12.00 [C-1] [] [] []
          17 2026-03-05 drawdown -12.00 [C-1] [] [] []
          18 2026-03-05 drawdown -12.50 [C-1] [] [] []
          19 2026-03-05 drawdown 12.00 [C-1] [] [] []
          20 2026-03-05 drawdown 3.00 [C-1] [] [] []
          - 1 heading: 放款日期 | 合同编号 | 放款金额
          ! sheet `CSV`, row 2, column C 放款金额: `1,23` has a thousands separator in a wrong place; expected for example `1,234.56`
          ! sheet `CSV`, row 3, column C 放款金额: `12.345` is not exact to the fen; expected at most two decimals in yuan
          ! sheet `CSV`, row 4, column C 放款金额: `1.234,56` is not an amount; expected for example `1,234.56`
          ! sheet `CSV`, row 5, column C 放款金额: `1e3` is not an amount; expected for example `1,234.56`
          ! sheet `CSV`, row 6, column C 放款金额: `12..3` is not an amount; expected for example `1,234.56`
          ! sheet `CSV`, row 7, column C 放款金额: `1,2345.00` has a thousands separator in a wrong place; expected for example `1,234.56`
          ! sheet `CSV`, row 8, column C 放款金额: `abc` is not an amount; expected for example `1,234.56`
          ! sheet `CSV`, row 9, column C 放款金额: `12345678901234.00` is too large; expected at most 9999999999999.99
          ! sheet `CSV`, row 10, column C 放款金额: `1 234.00` is not an amount; expected for example `1,234.56`
          ! sheet `CSV`, row 11, column C 放款金额: `NaN` is not an amount; expected for example `1,234.56`
          ! sheet `CSV`, row 12, column C 放款金额: `٣` is not an amount; expected for example `1,234.56`
          ! sheet `CSV`, row 21, column C 放款金额: the amount is missing; expected for example `1,234.56`
          ! sheet `CSV`, row 22, column C 放款金额: the amount is missing; expected for example `1,234.56`
    "#]],
    );
}

#[test]
fn dates_that_are_none_are_refused_with_their_place() {
    let mut csv = "放款日期,合同编号,放款金额\n".to_owned();
    for date in [
        "2026-02-30",
        "26-03-05",
        "2026-3",
        "05/03/2026",
        "1989-12-31",
        "2026-13-01",
        "1",
        "明天",
        "",
        "２０２６－０３－０５",
        "2026-03-05T10:00:00",
    ] {
        writeln!(csv, "{date},C-1,1").unwrap();
    }
    check(
        csv.as_bytes(),
        Kind::Loans,
        expect![[r#"
        CSV, UTF-8, comma, guessed
          11 2026-03-05 drawdown 1.00 [C-1] [] [] []
          12 2026-03-05 drawdown 1.00 [C-1] [] [] []
          - 1 heading: 放款日期 | 合同编号 | 放款金额
          ! sheet `CSV`, row 2, column A 放款日期: `2026-02-30` is not a date; expected for example `2026-03-05`, from 1990 to 2199
          ! sheet `CSV`, row 3, column A 放款日期: `26-03-05` is not a date; expected for example `2026-03-05`, from 1990 to 2199
          ! sheet `CSV`, row 4, column A 放款日期: `2026-3` is not a date; expected for example `2026-03-05`, from 1990 to 2199
          ! sheet `CSV`, row 5, column A 放款日期: `05/03/2026` is not a date; expected for example `2026-03-05`, from 1990 to 2199
          ! sheet `CSV`, row 6, column A 放款日期: `1989-12-31` is not a date; expected for example `2026-03-05`, from 1990 to 2199
          ! sheet `CSV`, row 7, column A 放款日期: `2026-13-01` is not a date; expected for example `2026-03-05`, from 1990 to 2199
          ! sheet `CSV`, row 8, column A 放款日期: `1` is not a date; expected for example `2026-03-05`, from 1990 to 2199
          ! sheet `CSV`, row 9, column A 放款日期: `明天` is not a date; expected for example `2026-03-05`, from 1990 to 2199
          ! sheet `CSV`, row 10, column A 放款日期: the date is missing; expected for example `2026-03-05`
    "#]],
    );
}

#[test]
fn a_layout_says_what_cannot_be_guessed() {
    let layout = Layout::parse(
        r#"
        name = "abc-hebi"
        skip_rows = 1
        date_order = "day-month-year"
        sign = "turned"
        out_words = ["扣"]
        [columns]
        date = "B"
        amount = "Betrag"
        direction = "标记"
        reference = "A"
        "#,
    )
    .unwrap();
    let file = "x,y\nNr,Tag,Betrag,标记\n7,05/03/2026,10.00,扣\n8,6.3.2026,10.00,收入\n";
    let reading = read(file.as_bytes(), Some(&layout), Some(Kind::Account)).unwrap();
    expect![[r#"
        CSV, UTF-8, comma
          3 2026-03-05 cash 10.00 [] [] [7] []
          4 2026-03-06 cash -10.00 [] [] [8] []
          - 1 title: x | y
          - 2 heading: Nr | Tag | Betrag | 标记
    "#]]
    .assert_eq(&whole(&reading));
    let again = Layout::parse(&layout.to_toml()).unwrap();
    assert_eq!(again, layout);
}

#[test]
fn a_layout_that_does_not_fit_says_so() {
    let problem = |layout: &str, kind| match Layout::parse(layout) {
        Err(invalid) => invalid.to_string(),
        Ok(layout) => read(REPAYMENTS.as_bytes(), Some(&layout), kind).unwrap_err().to_string(),
    };
    let said = [
        problem("[columns]\ndate = \"记账日\"\namount = \"D\"", Some(Kind::Loans)),
        problem("[columns]\ndate = \"还款日期\"", Some(Kind::Repayments)),
        problem("[columns]\ndate = \"还款日期\"\namount = \"D\"", None),
        problem("[columns]\nday = \"A\"", None),
        problem("delimiter = \"dot\"\n[columns]", None),
        problem("encoding = \"klingon\"\n[columns]", None),
        problem("colour = 1", None),
    ];
    expect![[r#"
        the layout wants a column `记账日` for date; sheet `CSV`, row 1 has: 鹤壁分行还本付息清单
        a list of repayments needs a date, and interest or principal, or an amount with its nature; sheet `CSV` has only date
        which list it is does not show; say loans, repayments or account
        the layout is not understood: TOML parse error at line 2, column 1   | 2 | day = "A"   | ^^^ unknown variant `day`, expected one of `date`, `amount`, `in`, `out`, `direction`, `principal`, `interest`, `nature`, `contract`, `party`, `party_code`, `reference`, `summary`, `period_from`, `period_to`, `currency`, `balance`, `matures_on`, `rate`, `state`
        `dot` is not a delimiter; expected comma, tab, semicolon or bar
        `klingon` is not an encoding; expected utf-8, gbk or gb18030
        the layout is not understood: TOML parse error at line 1, column 1   | 1 | colour = 1   | ^^^^^^ unknown field `colour`, expected one of `name`, `kind`, `sheet`, `encoding`, `delimiter`, `skip_rows`, `no_heading`, `unit`, `date_order`, `sign`, `in_words`, `out_words`, `total_words`, `columns`"#]].assert_eq(&said.join("\n"));
}

#[test]
fn a_guess_is_a_layout_that_gives_the_same_lines() {
    let guessed = read(REPAYMENTS.as_bytes(), None, None).unwrap();
    assert_eq!(guessed.kind, Kind::Repayments);
    expect![[r#"
        kind = "repayments"
        sheet = "CSV"
        unit = "yuan"
        date_order = "year-month-day"
        sign = "as-is"

        [columns]
        date = "还款日期"
        principal = "归还本金"
        interest = "归还利息"
        contract = "借款合同编号"
        party = "借款人名称"
        reference = "流水号"
    "#]]
    .assert_eq(&guessed.layout.to_toml());
    let given = read(REPAYMENTS.as_bytes(), Some(&guessed.layout), None).unwrap();
    assert_eq!(given.lines, guessed.lines);
}

/// The workbook with the saved value 0 of its formulas taken out, as programs write them that never computed.
fn without_saved_values(workbook: &[u8]) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(workbook)).unwrap();
    let mut copy = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        copy.start_file(file.name().unwrap(), zip::write::SimpleFileOptions::default()).unwrap();
        let mut part = Vec::new();
        file.read_to_end(&mut part).unwrap();
        let part = String::from_utf8(part).unwrap().replace("</f><v>0</v>", "</f>");
        copy.write_all(part.as_bytes()).unwrap();
    }
    copy.finish().unwrap().into_inner()
}

#[test]
fn workbooks_that_cannot_be_trusted() {
    // Formulas by their saved values, without one refused; an amount merged over two rows refused; names merged are
    // filled down; error values; numbers that lost digits; numbers with more than two decimals.
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("放款").unwrap();
    for (column, heading) in (0..).zip(["放款日期", "合同编号", "放款金额", "借款人"]) {
        sheet.write_string(0, column, heading).unwrap();
    }
    for row in 1..=8 {
        sheet.write_string(row, 0, "2026-03-05").unwrap();
        sheet.write_string(row, 1, format!("C-{row}")).unwrap();
    }
    sheet.write_formula(1, 2, Formula::new("=1+1").set_result("2")).unwrap();
    sheet.write_formula(2, 2, Formula::new("=1+1").set_result("")).unwrap();
    sheet.merge_range(3, 2, 4, 2, "", &Format::new()).unwrap();
    sheet.write_number(3, 2, 100).unwrap();
    sheet.merge_range(5, 3, 6, 3, "甲公司", &Format::new()).unwrap();
    sheet.write_number(5, 2, 5).unwrap();
    sheet.write_number(6, 2, 6).unwrap();
    sheet.write_number(7, 2, 12.345).unwrap();
    sheet.write_number(8, 2, 0.1 + 0.2).unwrap();
    sheet.write_number(8, 1, 12_345_678_901_234_567_890_f64).unwrap();
    let other = book.add_worksheet().set_name("放款2").unwrap();
    for (column, heading) in (0..).zip(["放款日期", "合同编号", "放款金额", "借款人"]) {
        other.write_string(0, column, heading).unwrap();
    }
    let bytes = without_saved_values(&book.save_to_buffer().unwrap());
    check(
        &bytes,
        Kind::Loans,
        expect![[r#"
        XLSX, guessed
          2 2026-03-05 drawdown 2.00 [C-1] [] [] []
          6 2026-03-05 drawdown 5.00 [C-5] [甲公司] [] []
          7 2026-03-05 drawdown 6.00 [C-6] [甲公司] [] []
          - 1 heading: 放款日期 | 合同编号 | 放款金额 | 借款人
          ! sheet `放款`, row 3, column C 放款金额: a formula without a saved value; open the workbook, let it compute, and save it
          ! sheet `放款`, row 4, column C 放款金额: the amount is merged over rows 4 to 5; split the cells and say which row it belongs to
          ! sheet `放款`, row 5, column C 放款金额: the amount is merged over rows 4 to 5; split the cells and say which row it belongs to
          ! sheet `放款`, row 8, column C 放款金额: `12.345` is not exact to the fen; expected at most two decimals in yuan
          ! sheet `放款`, row 9, column C 放款金额: `0.30000000000000004` is not exact to the fen; expected at most two decimals in yuan
          ! sheet `放款`, row 9, column B 合同编号: `12345678901234567000` was saved as a number and lost digits; save the column as text
          note: 2 cells of sheet `放款` are formulas; their saved values were taken
          note: sheet `放款2` has the same headings and was not read; name it in the layout to read it
    "#]],
    );
}

#[test]
fn bad_files_are_refused_as_a_whole() {
    let workbook = repayments_workbook();
    let mut damaged = workbook.clone();
    let middle = damaged.len() / 2;
    damaged[middle..middle + 40].fill(0);
    let mut encrypted = vec![0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
    encrypted.extend([0; 512]);
    encrypted.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    let ole = [&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1][..], &[0; 600]].concat();
    let mut said = String::new();
    let files: [(&str, &[u8]); 15] = [
        ("a web page", b"<HTML><table><tr><td>1"),
        ("empty", b""),
        ("blank", b" \n\n"),
        ("truncated", &workbook[..workbook.len() / 2]),
        ("damaged", &damaged),
        ("encrypted", &encrypted),
        ("OLE2 without a workbook", &ole),
        ("a picture", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
        ("another alphabet", &encoded("Дата;Сумма\n2026-01-01;1\n", encoding_rs::KOI8_R)),
        ("no headings", "甲,乙\n1,2\n".as_bytes()),
        (
            "an open quotation mark",
            format!("日期,金额\n2026-01-01,\"1{}", "\n2026-01-01,1".repeat(300)).leak().as_bytes(),
        ),
        ("a short open quotation mark", "日期,金额\n2026-01-01,1\n2026-01-02,\"2\n2026-01-03,3\n".as_bytes()),
        ("a PDF", b"%PDF-1.7\n1,2\n"),
        ("too many columns", "x,".repeat(300).leak().as_bytes()),
        ("too many rows", "1,2\n".repeat(ROWS_MAX + 1).leak().as_bytes()),
    ];
    for (name, bytes) in files {
        write!(said, "{name}: {}", text_of(bytes, Kind::Repayments)).unwrap();
    }
    expect![[r#"
        a web page: REFUSED the file is a web page under the name of a workbook; open it and save it as XLSX
                文件实为网页，只是扩展名像工作簿；请打开后另存为 XLSX
        empty: REFUSED the file is empty
                文件为空
        blank: REFUSED the file is empty
                文件为空
        truncated: REFUSED the workbook is truncated or damaged (invalid Zip archive: Could not find EOCD); get the file again, or open it and save it anew
                工作簿不完整或已损坏（invalid Zip archive: Could not find EOCD）；请重新获取文件，或打开后另存
        damaged: REFUSED the workbook is truncated or damaged (incomplete deflate stream); get the file again, or open it and save it anew
                工作簿不完整或已损坏（incomplete deflate stream）；请重新获取文件，或打开后另存
        encrypted: REFUSED the workbook is encrypted; open it with its password and save it without one
                工作簿已加密；请用密码打开后另存为不加密的文件
        OLE2 without a workbook: REFUSED the workbook is truncated or damaged (Cfb error: Invalid sector shift, expecting 0x09 or 0x0C found 0); get the file again, or open it and save it anew
                工作簿不完整或已损坏（Cfb error: Invalid sector shift, expecting 0x09 or 0x0C found 0）；请重新获取文件，或打开后另存
        a picture: REFUSED the file is neither a workbook nor text; expected XLSX, XLS, CSV, TSV or camt.053
                文件既不是工作簿也不是文本；应为 XLSX、XLS、CSV、TSV 或 camt.053
        another alphabet: REFUSED the text is neither UTF-8 nor GB18030; it looks like KOI8-U; save it as UTF-8, or as XLSX
                文本既不是 UTF-8 也不是 GB18030 编码，疑似 KOI8-U；请另存为 UTF-8 或 XLSX
        no headings: REFUSED no row has the headings of a date and an amount; sheet `CSV` begins with: 甲 | 乙; say which column is what in a layout file
                未找到日期和金额的表头；工作表“CSV”首行为：甲 | 乙；请用版式文件说明各列含义
        an open quotation mark: REFUSED sheet `CSV`, row 2: a quotation mark opens a cell and is never closed; close it or leave it out
                工作表“CSV”第 2 行：单元格的引号未闭合；请补全或删去引号
        a short open quotation mark: REFUSED sheet `CSV`, row 3: a quotation mark opens a cell and is never closed; close it or leave it out
                工作表“CSV”第 3 行：单元格的引号未闭合；请补全或删去引号
        a PDF: REFUSED the file is a PDF, of which no cells can be read; ask the bank for XLSX or CSV
                文件为 PDF，无法读取单元格；请向银行索取 XLSX 或 CSV
        too many columns: REFUSED sheet `CSV`, row 1 has more than 256 columns; expected a list
                工作表“CSV”第 1 行超过 256 列；应为清单
        too many rows: REFUSED the file has more than 200000 rows; split it by period
                文件超过 200000 行；请按期间拆分
    "#]].assert_eq(&said);
}

/// 300 MB of zeros in some 300 KB: counted while unpacking, before anything is parsed.
#[test]
fn a_bomb_is_refused_before_it_is_read() {
    let mut bomb = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    bomb.start_file("xl/worksheets/sheet1.xml", zip::write::SimpleFileOptions::default()).unwrap();
    let zeros = vec![0; 1 << 20];
    for _ in 0..300 {
        bomb.write_all(&zeros).unwrap();
    }
    let bomb = bomb.finish().unwrap().into_inner();
    assert!(bomb.len() < 1 << 20, "{}", bomb.len());
    check(
        &bomb,
        Kind::Loans,
        expect![[r#"
        REFUSED the workbook unpacks to more than 268435456 bytes; split it by period
                工作簿解压后超过 268435456 字节；请按期间拆分
    "#]],
    );
}

/// A cell at the far corner of a sheet makes no table of seventeen billion cells.
#[test]
fn a_far_cell_costs_nothing() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_string(0, 0, "放款日期").unwrap();
    sheet.write_string(1_048_575, 16_383, "x").unwrap();
    check(
        &book.save_to_buffer().unwrap(),
        Kind::Loans,
        expect![[r#"
        REFUSED the file has more than 200000 rows; split it by period
                文件超过 200000 行；请按期间拆分
    "#]],
    );
}

const CAMT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt><Id>1</Id>
<Bal><Amt Ccy="CNY">999.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>
<Ntry><Amt Ccy="CNY">2000000.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-01-05</Dt></BookgDt>
<NtryDtls><TxDtls><Refs><EndToEndId>P1</EndToEndId></Refs><RltdPties><Dbtr><Pty><Nm>鹤壁㐂局 &amp; Co</Nm></Pty></Dbtr></RltdPties>
<RmtInf><Ustrd>拨款</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="CNY">500.5</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><ValDt><DtTm>2026-01-09T10:00:00</DtTm></ValDt><AcctSvcrRef>R9</AcctSvcrRef></Ntry>
<Ntry><Amt Ccy="CNY">1.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>PDNG</Sts><BookgDt><Dt>2026-01-10</Dt></BookgDt></Ntry>
<Ntry><Amt Ccy="EUR">1.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-01-10</Dt></BookgDt></Ntry>
</Stmt></BkToCstmrStmt></Document>"#;

#[test]
fn camt_053_is_read_and_entities_are_not_expanded() {
    check(
        CAMT.as_bytes(),
        Kind::Account,
        expect![[r#"
        ISO 20022 camt.053
          1 2026-01-05 cash 2000000.00 [] [鹤壁㐂局 & Co] [P1] [拨款]
          2 2026-01-09 cash -500.50 [] [] [R9] []
          ! sheet `camt.053`, row 4, column Amt/@Ccy: `EUR` is not the ledger's currency; expected CNY
          note: 1 entries are pending and were left out
    "#]],
    );
    let laughs = CAMT.replace("<Document", "<!DOCTYPE d [<!ENTITY a \"aaaa\">]>\n<Document");
    check(
        laughs.as_bytes(),
        Kind::Account,
        expect![[r#"
        REFUSED the XML has a DOCTYPE; camt.053 has none, and entities are not expanded
                XML 含有 DOCTYPE；camt.053 不应有，且不展开实体
    "#]],
    );
    check(
        CAMT.replace("&amp;", "&lol;").as_bytes(),
        Kind::Account,
        expect![[r#"
        REFUSED `&lol;` is not expanded; expected plain text
                不展开实体“lol”；应为普通文本
    "#]],
    );
    check(
        &CAMT.as_bytes()[..CAMT.len() / 2],
        Kind::Account,
        expect![[r#"
        REFUSED the XML is truncated or damaged (it ends within an element)
                XML 不完整或已损坏（it ends within an element）
    "#]],
    );
    check(
        b"<?xml version=\"1.0\"?><a/>",
        Kind::Account,
        expect![[r#"
        REFUSED the XML is not a camt.053; expected `BkToCstmrStmt` in it
                XML 不是 camt.053；应含有 BkToCstmrStmt
    "#]],
    );
    check(
        "<a>".repeat(100).replacen("<a>", "<?xml version=\"1.0\"?><a>", 1).as_bytes(),
        Kind::Account,
        expect![[r#"
        REFUSED the XML nests too deep; expected camt.053
                XML 嵌套过深；应为 camt.053
    "#]],
    );
}

#[test]
fn columns_are_named_as_in_a_spreadsheet() {
    for (number, name) in [(0, "A"), (25, "Z"), (26, "AA"), (255, "IV"), (16_383, "XFD")] {
        assert_eq!(table::letters(number), name);
        assert_eq!(table::column_of(name), Some(number));
    }
    assert_eq!(table::column_of("a"), None);
    assert_eq!(table::column_of(""), None);
}
