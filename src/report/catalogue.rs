//! Every report, by its name.

use super::extract::Extract;
use super::question::Question;
use super::{
    Pin, Report, Section, Words, accounts, blacklist, budget, loans, periodic, pool, publicity, subsidies, targets,
};
use crate::calendar::CivilDate;
use crate::rulebook::terms::codes;

/// A report of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Name {
    /// 风险补偿资金收支表.
    PoolStatement,
    /// 预算执行情况表.
    BudgetExecution,
    /// 补贴明细表.
    Subsidies,
    /// 在贷余额及逾期情况表.
    LoansOutstanding,
    /// 目标完成情况表.
    Targets,
    /// 专项资金增长情况表.
    FundGrowth,
    /// 失信名单通报.
    Blacklist,
    /// 拟补助名单公示.
    Publicity,
    /// 年度报告, due on 20 December.
    Yearly,
    /// 半年报告.
    HalfYearly,
    /// 科目余额表.
    Accounts,
}
codes!(Name {
    PoolStatement = "pool-statement",
    BudgetExecution = "budget-execution",
    Subsidies = "subsidies",
    LoansOutstanding = "loans-outstanding",
    Targets = "targets",
    FundGrowth = "fund-growth",
    Blacklist = "blacklist",
    Publicity = "publicity",
    Yearly = "yearly",
    HalfYearly = "half-yearly",
    Accounts = "accounts",
});

impl Name {
    /// The first day of its movements where the question names none: of the year, or of the half-year.
    pub fn first_day(self, to: CivilDate) -> CivilDate {
        let year = to.year().first_day();
        match self {
            Self::HalfYearly if to.month() > 6 => year.plus_months(6).unwrap_or(year),
            Self::HalfYearly
            | Self::PoolStatement
            | Self::BudgetExecution
            | Self::Subsidies
            | Self::LoansOutstanding
            | Self::Targets
            | Self::FundGrowth
            | Self::Blacklist
            | Self::Publicity
            | Self::Yearly
            | Self::Accounts => year,
        }
    }

    /// Its title.
    pub fn title(self) -> Words {
        let (en, zh) = match self {
            Self::PoolStatement => ("Statement of the risk-compensation pools", "风险补偿资金收支表"),
            Self::BudgetExecution => ("Budget execution", "预算执行情况表"),
            Self::Subsidies => ("Subsidies", "补贴明细表"),
            Self::LoansOutstanding => ("Loans outstanding by overdue class", "在贷余额及逾期情况表"),
            Self::Targets => ("Targets against plan", "目标完成情况表"),
            Self::FundGrowth => ("Growth of the special funds", "专项资金增长情况表"),
            Self::Blacklist => ("Blacklist bulletin", "失信名单通报"),
            Self::Publicity => ("Publicity list of subsidies", "拟补助名单公示"),
            Self::Yearly => ("Yearly report", "年度报告"),
            Self::HalfYearly => ("Half-yearly report", "半年报告"),
            Self::Accounts => ("Balances of the accounts", "科目余额表"),
        };
        Words::new(en, zh)
    }

    /// What it shows, in a sentence.
    pub fn about(self) -> Words {
        let (en, zh) = match self {
            Self::PoolStatement => (
                "Opening, contributions, interest, claims, recoveries, withdrawals and closing of each pool; by bank.",
                "各资金池期初余额、注资、利息、补偿、追偿收回、退出及期末余额，并按银行列示。",
            ),
            Self::BudgetExecution => (
                "Appropriated, adjusted, reserved, spent and available of each budget line and year.",
                "各预算指标的下达、调整、预留、支出与结余。",
            ),
            Self::Subsidies => (
                "Every subsidy, or sums by enterprise, district, programme, year or kind of cost.",
                "逐笔补贴，或按企业、县区、项目、年度、费用种类汇总。",
            ),
            Self::LoansOutstanding => (
                "Principal that is out at the end of the day, by bank and by days overdue.",
                "期末在贷本金，按银行与逾期天数分级。",
            ),
            Self::Targets => {
                ("What the adopted rulebooks plan, and what the ledger has.", "已采用办法中的目标与账上实绩对照。")
            }
            Self::FundGrowth => (
                "What each budget line was appropriated in each year against the year before.",
                "各专项资金逐年下达数及增长率。",
            ),
            Self::Blacklist => ("Enterprises on the blacklist, and what was lifted.", "失信企业名单及移出情况。"),
            Self::Publicity => (
                "Subsidies approved within the days, masked as a public notice needs it.",
                "期内审核通过的补助，按公示要求脱敏。",
            ),
            Self::Yearly => (
                "The year until the day: enterprises, loans, subsidies, budgets, pools, arrears, targets.",
                "截至当日的年度情况：企业、贷款、补贴、预算、资金池、逾期与目标。",
            ),
            Self::HalfYearly => (
                "The half-year until the day, with the same sections as the yearly report.",
                "截至当日的半年情况，内容同年度报告。",
            ),
            Self::Accounts => (
                "Opening, debits, credits and closing of every account in the standard chart; the trial balance.",
                "标准科目的期初、借方、贷方与期末余额，及试算平衡。",
            ),
        };
        Words::new(en, zh)
    }
}

/// Makes a report. `root` is the Merkle root over the records that were known, in hex.
pub fn run(name: Name, extract: &Extract, question: &Question, root: &str) -> Report {
    let recorded_at = extract.last_recorded_at.map(|at| at.to_string()).unwrap_or_default();
    let pin = Pin { size: question.known_at.value(), root: root.to_owned(), recorded_at };
    let sections = sections(name, extract, question);
    let Question { from, to, .. } = *question;
    Report { name: name.code().to_owned(), title: name.title(), from, to, pin, sections }
}

fn sections(name: Name, extract: &Extract, question: &Question) -> Vec<Section> {
    match name {
        Name::PoolStatement => pool::sections(extract, question),
        Name::BudgetExecution => vec![budget::execution(extract)],
        Name::Subsidies => vec![subsidies::section(extract, question)],
        Name::LoansOutstanding => loans::sections(extract, question),
        Name::Targets => vec![targets::section(extract)],
        Name::FundGrowth => vec![budget::growth(extract)],
        Name::Blacklist => vec![blacklist::section(extract, question)],
        Name::Publicity => vec![publicity::section(extract, question)],
        Name::Yearly | Name::HalfYearly => periodic::sections(extract, question),
        Name::Accounts => accounts::sections(extract),
    }
}
