//! 科目余额表: every account with what moved it, and the trial balance.

use super::extract::Extract;
use super::{Cell, Kind, Section, Words, column, text};
use crate::book::account::Account;
use crate::figures::Turnover;
use crate::rulebook::terms::CostKind;

pub(super) fn sections(extract: &Extract) -> Vec<Section> {
    let mut accounts = Section::new(
        "accounts",
        Words::new("Accounts", "科目余额"),
        vec![
            column("account", Kind::Text, "account", "账户"),
            column("standard", Kind::Text, "standard account", "标准科目"),
            column("opening_debit", Kind::Money, "opening debit", "期初借方"),
            column("opening_credit", Kind::Money, "opening credit", "期初贷方"),
            column("debit", Kind::Money, "debit", "本期借方"),
            column("credit", Kind::Money, "credit", "本期贷方"),
            column("closing_debit", Kind::Money, "closing debit", "期末借方"),
            column("closing_credit", Kind::Money, "closing credit", "期末贷方"),
        ],
    );
    for (account, turnover) in &extract.turnovers {
        accounts.line(line(account, *turnover));
    }
    accounts.add_total();
    accounts.note(
        "The trial balance holds when debits equal credits in each of the three pairs of the total.",
        "合计行三组借贷相等即试算平衡。",
    );
    vec![accounts]
}

fn line(account: &Account, turnover: Turnover) -> Vec<Cell> {
    let (opening, closing) = (turnover.opening, turnover.closing());
    vec![
        text(&account),
        text(&standard_name(account)),
        Cell::Money(opening.floored_at_zero()),
        Cell::Money(opening.negated().floored_at_zero()),
        Cell::Money(turnover.debit),
        Cell::Money(turnover.credit),
        Cell::Money(closing.floored_at_zero()),
        Cell::Money(closing.negated().floored_at_zero()),
    ]
}

/// The account of the standard chart (政府会计制度) that ours stands for.
fn standard_name(account: &Account) -> &'static str {
    match account {
        Account::PoolCash(_) => "银行存款—风险补偿资金专户",
        Account::PoolCapital(..) => "风险补偿资金",
        Account::PoolInterest(_) => "利息收入—风险补偿资金",
        Account::PoolCompensation(_) => "风险补偿支出",
        Account::PoolPayable(..) => "应付补偿款",
        Account::PoolRecovered(_) => "追偿收回",
        Account::PoolExposure(_) => "备查：在保责任",
        Account::PoolExposureContra(_) => "备查：在保责任（对方）",
        Account::BudgetAppropriated(..) => "预算指标—已下达",
        Account::BudgetAvailable(..) => "预算指标—可用",
        Account::BudgetReserved(..) => "预算指标—已预留",
        Account::BudgetSpent(..) => "预算指标—已支出",
        Account::SubsidyExpense(item) => match item {
            CostKind::Interest => "业务活动费用—贴息",
            CostKind::Valuation => "业务活动费用—评估费补贴",
            CostKind::Guarantee => "业务活动费用—担保费补贴",
            CostKind::Insurance => "业务活动费用—保险费补贴",
            CostKind::PatentInsurance => "业务活动费用—专利保险费补贴",
            CostKind::Grant => "业务活动费用—奖补",
        },
        Account::SubsidyPayable(_) | Account::SubsidyPayableTo(_) => "应付补贴款",
        Account::SubsidyClawback(_) | Account::SubsidyClawbackFrom(_) => "其他应收款—应追回补贴",
        Account::TreasuryCash => "零余额账户/财政存款",
    }
}
