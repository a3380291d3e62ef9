//! One line a step, for tables and pages.

use super::super::explanation::{Step, StepKind, StepOutcome};
use super::{Language, grouped, shown_input};

/// One line that says what a step looked at and what it made of the amount:
/// `year cap pledge-cost-year: limit 200,000.00, used before 162,600.00, … → 37,400.00 (reduced)`.
pub fn step_sentence(step: &Step, language: Language) -> String {
    let rule = language.pick(step.rule.replace('-', " "), word(&step.rule).unwrap_or(&step.rule));
    // Names that an operator gave stay as they are; ours are said in words.
    let rule = if word(&step.rule).is_some() { rule } else { step.rule.clone() };
    let kind = language.pick(step.kind.code().replace('-', " "), kind(step.kind));
    let inputs: Vec<String> = step
        .inputs
        .iter()
        .map(|input| {
            let name = language.pick(input.name.replace('-', " "), word(&input.name).unwrap_or(&input.name));
            format!("{name} {}", shown_input(input, language))
        })
        .collect();
    let result = grouped(&step.result);
    let outcome = language.pick(step.outcome.code(), outcome(step.outcome));
    let head = if rule.is_empty() { kind } else { format!("{kind} {rule}") };
    let colon = if inputs.is_empty() { "" } else { ": " };
    format!("{head}{colon}{} → {result} ({outcome})", inputs.join(", "))
}

const fn kind(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Gate => "条件",
        StepKind::Base => "补助基数",
        StepKind::Evidence => "凭据",
        StepKind::Clamp => "限度",
        StepKind::IpShare => "知识产权部分",
        StepKind::Ratio => "比例",
        StepKind::OtherFunding => "其他财政资金",
        StepKind::ItemCap => "单项限额",
        StepKind::LoanCap => "单笔限额",
        StepKind::JointCap => "合并限额",
        StepKind::YearCap => "年度限额",
        StepKind::LifetimeCap => "累计限额",
        StepKind::Budget => "预算",
        StepKind::Round => "舍入",
        StepKind::LossShare => "损失分担",
        StepKind::Leverage => "放大倍数",
        StepKind::Breaker => "熔断",
        StepKind::PoolBalance => "资金池余额",
    }
}

const fn outcome(outcome: StepOutcome) -> &'static str {
    match outcome {
        StepOutcome::Passed => "通过",
        StepOutcome::Reduced => "核减",
        StepOutcome::Failed => "未通过",
        StepOutcome::Deferred => "暂缓",
    }
}

/// The Chinese of the names that the judges give to inputs and rules.
const WORDS: &[(&str, &str)] = &[
    ("actual-cost", "实际发生额"),
    ("allowed", "适用范围"),
    ("applied-on", "申报日"),
    ("bank", "银行"),
    ("base", "基数"),
    ("blacklisted-since", "列入失信名单日"),
    ("claim", "补偿"),
    ("cost", "费用"),
    ("covered-loss", "纳入分担的损失"),
    ("defer", "暂缓补偿"),
    ("disbursed-on", "放款日"),
    ("down", "舍去"),
    ("earlier-claim-waits-since", "更早申请提交日"),
    ("earlier-grants", "此前次数"),
    ("ended-on", "结清日"),
    ("error", "错误"),
    ("evidence-left", "凭据余额"),
    ("exposure", "在保责任"),
    ("exposure-after", "承担后在保责任"),
    ("exposure-before", "此前在保责任"),
    ("filed", "备案本金"),
    ("filed-before-overdue", "备案早于逾期"),
    ("filed-on", "备案日"),
    ("free-balance", "可用余额"),
    ("grants-per-enterprise", "每家企业次数"),
    ("guarantor", "担保机构"),
    ("in-order", "按顺序"),
    ("insurer", "保险机构"),
    ("ip-part", "知识产权部分"),
    ("ip-part-of-principal", "本金中的知识产权部分"),
    ("item", "费用项"),
    ("item-covered", "费用项在补助范围内"),
    ("left", "剩余"),
    ("leverage-limit", "放大倍数上限"),
    ("limit", "限额"),
    ("loan", "贷款"),
    ("loan-disbursed", "贷款已发放"),
    ("loan-required", "对应已备案的贷款"),
    ("loss", "损失"),
    ("losses-after", "计入后损失"),
    ("losses-before", "此前损失"),
    ("more-than", "须超过"),
    ("not-blacklisted", "未列入失信名单"),
    ("other", "其他财政资金"),
    ("outstanding", "本金余额"),
    ("overdue", "逾期"),
    ("overdue-days", "逾期天数"),
    ("overdue-since", "逾期起始日"),
    ("paid-by-loan-end", "支付不晚于贷款结清"),
    ("paid-on", "支付日"),
    ("paid-within-loan", "支付在贷款存续期间"),
    ("pledged-by-disbursement", "质押登记不晚于放款"),
    ("pledged-on", "质押登记日"),
    ("pool", "资金池"),
    ("pool-share", "资金池份额"),
    ("principal", "贷款本金"),
    ("principal-loss", "本金损失"),
    ("ratio", "比例"),
    ("right", "知识产权"),
    ("right-in-force", "权利有效"),
    ("right-is-patent", "权利为专利"),
    ("right-owned", "权利属于申请企业"),
    ("right-required", "注明知识产权"),
    ("share", "份额"),
    ("size-class", "企业划型"),
    ("unrounded", "舍入前"),
    ("used-before", "此前已用"),
    ("valuer", "评估机构"),
    ("year", "年度"),
];

fn word(name: &str) -> Option<&'static str> {
    WORDS.iter().find(|(english, _)| *english == name).map(|(_, chinese)| *chinese)
}
