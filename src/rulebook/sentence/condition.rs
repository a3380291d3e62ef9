//! What a condition beyond the first city's says when it fails, and what a missing fact is called.

use super::super::explanation::{Step, Value};
use super::{Language, shown, value};

/// The failed condition in words; `None` for one that is said elsewhere.
pub(super) fn failed(step: &Step, language: Language) -> Option<String> {
    let see = |name| shown(step, name, language);
    let (english, chinese) = match step.rule.as_str() {
        "rate-at-most" => {
            let (actual, limit, reference) = (see("actual-rate"), see("rate-limit"), see("reference-rate"));
            (
                format!(
                    "the loan's rate of {actual} is above the limit of {limit}, by a reference rate of {reference}"
                ),
                format!("贷款利率{actual}超过上限{limit}（参考利率{reference}）"),
            )
        }
        "property" => {
            let asked = see("asked");
            (format!("the rule is for {asked} only"), format!("办法仅适用于：{asked}"))
        }
        "ip-share-at-least" => {
            let (part, principal, share) = (see("ip-part"), see("principal"), see("share"));
            (
                format!("the IP part of {part} is less than {share} of the principal of {principal}"),
                format!("知识产权部分{part}元不足本金{principal}元的{share}"),
            )
        }
        "revenue-at-most" => {
            let (revenue, limit) = (see("revenue"), see("limit"));
            (format!("the revenue of {revenue} is above {limit}"), format!("营业收入{revenue}元超过{limit}元"))
        }
        "pledged-by-settlement" => {
            let (pledged, ended) = (see("pledged-on"), see("ended-on"));
            (
                format!("the pledge was registered on {pledged}, after the loan ended on {ended}"),
                format!("质押登记日{pledged}晚于贷款结清日{ended}"),
            )
        }
        "loan-repaid" => ("the loan has not been repaid in full".to_owned(), "贷款本息尚未还清".to_owned()),
        "loan-rights-owned" => (
            "not every right that secures the loan belongs to the borrower".to_owned(),
            "出质的知识产权并非全部归借款企业所有".to_owned(),
        ),
        "first-pledge" => {
            ("no right secures a loan for the first time".to_owned(), "出质的知识产权均非首次质押".to_owned())
        }
        "right-months-left-at-least" => {
            let (expires, months) = (see("right-expires-on"), see("months"));
            (
                format!("the right ends on {expires}, less than {months} months from the application"),
                format!("权利{expires}届满，自申报日起不足{months}个月"),
            )
        }
        "no-other-public-funding" => {
            let other = see("other");
            (format!("other public funds pay {other} of the same cost"), format!("同一费用已获其他财政资金{other}元"))
        }
        "date-within" => date_within(step, language),
        "applied-within-days" => {
            let (days, limit, date) = (see("days"), see("days-limit"), see("date"));
            (
                format!("the application came {days} days after the {date}, and at most {limit} are allowed"),
                format!("申报距{date}日{days}天，超过{limit}天"),
            )
        }
        "yields-to" => {
            let other = see("other-programme");
            (
                format!("the programme `{other}` was granted before, and it excludes this one"),
                format!("此前已享受“{other}”，不得重复享受"),
            )
        }
        other => return further(other, step, language),
    };
    Some(language.pick(english, chinese))
}

/// The conditions of further cities.
fn further(rule: &str, step: &Step, language: Language) -> Option<String> {
    let see = |name| shown(step, name, language);
    let (english, chinese) = match rule {
        "applied-by" => {
            let (applied, until) = (see("applied-on"), see("until"));
            (format!("the application came on {applied}, after {until}"), format!("申报日{applied}晚于截止日{until}"))
        }
        "award-at-least" => {
            let (award, limit) = (see("award"), see("limit"));
            (
                format!("the award would be {award}, and less than {limit} is not paid"),
                format!("可得{award}元，不足{limit}元的不予补助"),
            )
        }
        "applied-in-window" if value(step, "from").is_none() => {
            let day = see("day");
            (format!("no window of application is for a cost of {day}"), format!("{day}发生的费用没有对应的申报窗口"))
        }
        "applied-in-window" => {
            let (applied, from, until) = (see("applied-on"), see("from"), see("until"));
            (
                format!("the application came on {applied}, and the window is from {from} to {until}"),
                format!("申报日{applied}不在申报窗口（{from}至{until}）内"),
            )
        }
        "not-blacklisted-within" => clean_record(step, language),
        "fee-rate-at-most" => {
            let (cost, limit, rate) = (see("cost"), see("limit"), see("rate-limit"));
            (
                format!("the fee of {cost} is above {limit}, which is {rate} of the principal a year"),
                format!("费用{cost}元超过{limit}元（按本金年化{rate}计）"),
            )
        }
        "loan-days-at-least" => {
            let (days, least) = (see("days"), see("days-at-least"));
            (
                format!("the loan was used for {days} days, and {least} are required"),
                format!("贷款使用{days}天，不足{least}天"),
            )
        }
        "figure-at-least" | "figure-at-most" => {
            let (of, year, stated, limit) = (see("of"), see("year"), see("figure"), see("limit"));
            let (english, chinese) =
                if rule == "figure-at-least" { ("less than", "低于") } else { ("above", "超过") };
            (
                format!("the figure `{of}` of {year} is {stated}, {english} {limit}"),
                format!("{year}年指标（{of}）为{stated}，{chinese}{limit}"),
            )
        }
        _ => return None,
    };
    Some(language.pick(english, chinese))
}

fn clean_record(step: &Step, language: Language) -> (String, String) {
    let see = |name| shown(step, name, language);
    let in_force = !matches!(value(step, "blacklisted-since"), Some(Value::Text(text)) if text == "none");
    if in_force {
        let since = see("blacklisted-since");
        return (
            format!("the enterprise has been on the blacklist since {since}"),
            format!("企业自{since}起列入失信名单"),
        );
    }
    let (until, months) = (see("blacklisted-until"), see("months"));
    (
        format!("the enterprise was on the blacklist until {until}, less than {months} months before"),
        format!("企业失信记录至{until}，距申报不足{months}个月"),
    )
}

fn date_within(step: &Step, language: Language) -> (String, String) {
    let see = |name| shown(step, name, language);
    let (date, day) = (see("date"), see("day"));
    let bounds = |from: String, until: String| match (value(step, "from"), value(step, "until")) {
        (Some(_), Some(_)) => (format!("from {from} to {until}"), format!("{from}至{until}")),
        (Some(_), None) => (format!("from {from} on"), format!("{from}及以后")),
        (None, _) => (format!("until {until}"), format!("{until}及以前")),
    };
    let (english, chinese) = bounds(see("from"), see("until"));
    (format!("the {date} was on {day}, and only those {english} count"), format!("{date}日为{day}，仅限{chinese}"))
}

/// What a missing fact is called, and that the rule refuses for want of it.
pub(super) fn missing(step: &Step, language: Language) -> Option<String> {
    let Some(Value::Text(name)) = value(step, "missing") else { return None };
    let chinese = super::step::word(name).unwrap_or(name);
    let english = name.replace('-', " ");
    Some(language.pick(
        format!("the rule needs a fact that is not known ({english})"),
        format!("缺少判断所需的依据（{chinese}）"),
    ))
}
