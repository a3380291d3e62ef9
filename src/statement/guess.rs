//! A layout guessed from the headings: shown to the clerk, who keeps it as a file or mends it.

use std::collections::BTreeMap;

use super::Kind;
use super::layout::{Layout, Role, Unit, plain_heading};
use super::table::{Cell, Row, Sheet, Table, letters};
use crate::identifier::half_width;

/// How many filled rows are looked at for the heading.
pub(super) const HEADING_ROWS_MAX: usize = 40;

/// Headings as banks write them, in the form of [`plain_heading`]. The more telling come first.
const HEADINGS: &[(Role, &[&str])] = &[
    (
        Role::Date,
        &[
            "交易日期",
            "记账日期",
            "入账日期",
            "还款日期",
            "付息日期",
            "扣款日期",
            "放款日期",
            "发放日期",
            "贷款发放日",
            "放款日",
            "还款日",
            "业务日期",
            "贷款发放日期",
            "借款起始日",
            "贷款起始日",
            "借款日期",
            "起始日",
            "起始日期",
            "起息日",
            "交易时间",
            "交易日",
            "日期",
            "date",
            "bookingdate",
            "transactiondate",
            "paymentdate",
            "disbursementdate",
            "valuedate",
            "paidon",
            "repaymentdate",
        ],
    ),
    (
        Role::In,
        &[
            "贷方发生额",
            "贷方金额",
            "贷方",
            "收入金额",
            "收入",
            "存入金额",
            "存入",
            "转入金额",
            "credit",
            "creditamount",
            "deposit",
            "moneyin",
        ],
    ),
    (
        Role::Out,
        &[
            "借方发生额",
            "借方金额",
            "借方",
            "支出金额",
            "支出",
            "支取金额",
            "支取",
            "转出金额",
            "debit",
            "debitamount",
            "withdrawal",
            "moneyout",
        ],
    ),
    (
        Role::Direction,
        &["借贷标志", "借贷方向", "借贷", "收支", "收付标志", "收支标志", "方向", "direction", "dc", "drcr"],
    ),
    (
        Role::Principal,
        &["归还本金", "本金金额", "还本金额", "实还本金", "偿还本金", "本金", "principal", "principalpaid"],
    ),
    (
        Role::Interest,
        &["归还利息", "利息金额", "付息金额", "实还利息", "实付利息", "偿还利息", "利息", "interest", "interestpaid"],
    ),
    (Role::Nature, &["还款类型", "款项类型", "还款种类", "款项性质", "nature", "paymenttype"]),
    (
        Role::Contract,
        &[
            "借款合同编号",
            "借款合同号",
            "贷款合同编号",
            "贷款合同号",
            "合同编号",
            "合同号",
            "合同号码",
            "contract",
            "contractnumber",
            "contractno",
            "loancontract",
        ],
    ),
    (Role::PartyCode, &["统一社会信用代码", "社会信用代码", "信用代码", "统一信用代码", "uscc", "creditcode"]),
    (
        Role::Party,
        &[
            "借款人名称",
            "借款人",
            "借款企业",
            "企业名称",
            "客户名称",
            "对方户名",
            "对方账户名称",
            "对方名称",
            "对方单位",
            "交易对手",
            "收付款人",
            "户名",
            "borrower",
            "counterparty",
            "counterpartyname",
            "party",
            "customer",
            "customername",
            "enterprise",
            "name",
        ],
    ),
    (
        Role::Reference,
        &[
            "交易流水号",
            "流水号",
            "业务流水号",
            "业务编号",
            "交易编号",
            "凭证号",
            "凭证号码",
            "凭证编号",
            "参考号",
            "支付凭证号",
            "reference",
            "ref",
            "referenceno",
            "transactionid",
            "voucherno",
            "serialno",
        ],
    ),
    (
        Role::Summary,
        &["摘要", "用途", "附言", "备注", "交易摘要", "summary", "remark", "remarks", "description", "memo", "purpose"],
    ),
    (Role::PeriodFrom, &["计息起始日", "计息开始日期", "计息开始日", "计息起始日期", "periodfrom", "interestfrom"]),
    (Role::PeriodTo, &["计息结束日", "计息截止日", "计息截止日期", "计息结束日期", "periodto", "interestto"]),
    (
        Role::Balance,
        &[
            "贷款余额",
            "本金余额",
            "借据余额",
            "未还本金",
            "剩余本金",
            "余额",
            "balance",
            "outstanding",
            "outstandingbalance",
        ],
    ),
    (
        Role::MaturesOn,
        &[
            "贷款到期日",
            "借款到期日",
            "合同到期日",
            "到期日期",
            "到期日",
            "maturity",
            "maturitydate",
            "matureson",
            "duedate",
        ],
    ),
    (Role::Rate, &["年利率", "执行利率", "合同利率", "贷款利率", "利率", "rate", "annualrate", "interestrate"]),
    (
        Role::State,
        &["五级分类", "风险分类", "贷款分类", "贷款状态", "逾期状态", "状态", "state", "status", "classification"],
    ),
    (Role::Currency, &["币种", "货币", "currency", "ccy"]),
    (
        Role::Amount,
        &[
            "交易金额",
            "发生额",
            "还款金额",
            "贷款金额",
            "放款金额",
            "发放金额",
            "借款金额",
            "贷款本金",
            "借据金额",
            "合同金额",
            "金额",
            "amount",
            "loanamount",
            "transactionamount",
        ],
    ),
];

/// A guess: where the heading is and what the columns are.
pub(super) struct Guess {
    pub(super) layout: Layout,
    /// Index among the sheets.
    pub(super) sheet: usize,
    /// Index among the rows of the sheet.
    pub(super) heading: usize,
}

/// The row with the most known headings, at least a date and an amount among them.
pub(super) fn guess(table: &Table, kind: Option<Kind>) -> Option<Guess> {
    let mut best: Option<(usize, Guess)> = None;
    for (sheet_index, sheet) in table.sheets.iter().enumerate() {
        for (row_index, row) in sheet.rows.iter().take(HEADING_ROWS_MAX).enumerate() {
            let found = roles(row);
            let has_amount = found.keys().any(|role| role.is_amount());
            if !has_amount || !found.contains_key(&Role::Date) {
                continue;
            }
            let score = found.len();
            if best.as_ref().is_none_or(|(most, _)| score > *most) {
                let layout = layout(sheet, row_index, &found, kind);
                best = Some((score, Guess { layout, sheet: sheet_index, heading: row_index }));
            }
        }
    }
    best.map(|(_, guess)| guess)
}

/// Which columns of a row have known headings; each role once, each column once.
fn roles(row: &Row) -> BTreeMap<Role, usize> {
    let headings: Vec<String> = row.cells.iter().map(heading).collect();
    let mut found = BTreeMap::new();
    for (role, words) in HEADINGS {
        let column = words.iter().find_map(|word| headings.iter().position(|heading| heading == word));
        if let Some(column) = column.filter(|column| !found.values().any(|taken| taken == column)) {
            found.insert(*role, column);
        }
    }
    found
}

pub(super) fn heading(cell: &Cell) -> String {
    if let Cell::Text(text) = cell { plain_heading(text) } else { String::new() }
}

fn layout(sheet: &Sheet, heading_row: usize, found: &BTreeMap<Role, usize>, kind: Option<Kind>) -> Layout {
    let row = sheet.rows.get(heading_row);
    let kind = kind.or_else(|| kind_of(found));
    let mut found = found.clone();
    if kind == Some(Kind::Loans) {
        // A list of loans may call its amount the principal.
        if let Some(column) = found.remove(&Role::Principal) {
            found.entry(Role::Amount).or_insert(column);
        }
    } else {
        // The balance of an account is not that of a loan.
        found.retain(|role, _| !role.is_standing());
    }
    let name = |column: usize| -> String {
        let text = row.map(|row| row.cell(column).text()).unwrap_or_default();
        let same = row.map_or(0, |row| row.cells.iter().filter(|cell| heading(cell) == plain_heading(&text)).count());
        if same == 1 { text } else { letters(column) }
    };
    Layout {
        kind,
        sheet: Some(sheet.name.to_string()),
        unit: unit(sheet, heading_row, &found),
        columns: found.iter().map(|(role, column)| (*role, name(*column))).collect(),
        ..Layout::default()
    }
}

fn kind_of(found: &BTreeMap<Role, usize>) -> Option<Kind> {
    let has = |role: Role| found.contains_key(&role);
    if has(Role::Balance) && has(Role::MaturesOn) && has(Role::Contract) && !has(Role::Interest) {
        return Some(Kind::Loans);
    }
    if has(Role::Principal) || has(Role::Interest) || has(Role::Nature) {
        return Some(Kind::Repayments);
    }
    if has(Role::In) || has(Role::Out) || has(Role::Direction) {
        return Some(Kind::Account);
    }
    has(Role::Contract).then_some(Kind::Loans)
}

/// 万元 if an amount's heading says so, or a row above the headings: `单位：万元`.
fn unit(sheet: &Sheet, heading_row: usize, found: &BTreeMap<Role, usize>) -> Unit {
    let heading = sheet.rows.get(heading_row);
    let amounts = found.iter().filter(|(role, _)| role.is_amount());
    let mut headings = amounts.filter_map(|(_, column)| heading.map(|row| row.cell(*column).text()));
    let mut above = sheet.rows.iter().take(heading_row).flat_map(|row| row.cells.iter().map(Cell::text));
    let says = |text: String| half_width(&text).contains("万元");
    let stated = |text: String| half_width(&text).contains("单位") && says(text);
    if headings.any(says) || above.any(stated) { Unit::Wan } else { Unit::Yuan }
}
