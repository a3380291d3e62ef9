//! Goal: a person understands every decision. Method: the text itself, for every bound and every refusal, in both
//! languages; `UPDATE_EXPECT=1` rewrites it, and the diff is read by a person.

#![expect(clippy::needless_raw_string_hashes, reason = "`UPDATE_EXPECT=1` writes them")]

use expect_test::{Expect, expect};

use super::super::explanation::{Bound, Explanation, Input, LineExplanation, Step, StepKind, StepOutcome, Value};
use super::super::facts::FilingFacts;
use super::super::refusal::Refusal;
use super::super::terms::{CostKind, SizeClass};
use super::super::{
    Language, explanation_sentence, judge_claim, judge_filing, judge_line, line_sentence, step_sentence,
};
use super::pools::{claim, hebi_pool};
use super::{LineFacts, Sums, day, facts, first_insured_patent, pledge_cost, programme, yuan};
use crate::identifier::RightId;
use crate::money::{Amount, Rate};

#[track_caller]
fn check(lines: &[LineExplanation], expected: &Expect) {
    let mut text = String::new();
    for line in lines {
        for language in [Language::English, Language::Chinese] {
            text.push_str(&line_sentence(line, language));
            text.push('\n');
        }
    }
    expected.assert_eq(&text);
}

fn judged(facts: &LineFacts, sums: &Sums) -> LineExplanation {
    judge_line(&pledge_cost(), facts, sums).explanation
}

fn premium(change: impl FnOnce(&mut LineFacts)) -> LineFacts {
    let mut facts = facts(CostKind::Insurance, "100000.00");
    change(&mut facts);
    facts
}

#[test]
fn what_was_granted_by_ratio_and_base() {
    let third = {
        let programme = programme("ratio = \"0.3\"\n");
        judge_line(&programme, &facts(CostKind::Interest, "100000.00"), &Sums::new()).explanation
    };
    let patent = |change: fn(&mut LineFacts)| {
        let mut facts = facts(CostKind::PatentInsurance, "8000.00");
        change(&mut facts);
        judge_line(&first_insured_patent(), &facts, &Sums::new()).explanation
    };
    check(
        &[
            judged(&premium(|_| ()), &Sums::new()),
            third,
            patent(|_| ()),
            judged(&facts(CostKind::Valuation, "100.01"), &Sums::new()),
            judged(&premium(|facts| facts.evidence_left = yuan("60000.00")), &Sums::new()),
            patent(|facts| facts.evidence_left = yuan("5000.00")),
        ],
        &expect![[r#"
            Granted 50,000.00: half of the premium of 100,000.00.
            准予补助50,000.00元：保险费100,000.00元的50%。
            Granted 30,000.00: 30 % of the interest of 100,000.00.
            准予补助30,000.00元：贷款利息100,000.00元的30%。
            Granted 8,000.00: the full patent insurance premium of 8,000.00.
            准予补助8,000.00元：专利保险费8,000.00元全额。
            Granted 50.00: half of the valuation fee of 100.01 is 50.005, rounded down to the fen.
            准予补助50.00元：评估费100.01元的50%为50.005元，舍去不足1分的部分。
            Granted 30,000.00: half of the 60,000.00 that was left of the evidence.
            准予补助30,000.00元：凭据余额60,000.00元的50%。
            Granted 5,000.00: all of the 5,000.00 that was left of the evidence.
            准予补助5,000.00元：凭据余额5,000.00元全额。
        "#]],
    );
}

#[test]
fn what_was_granted_up_to_a_limit() {
    let year = |used: &str| Sums::new().used_before("pledge-cost-year", used);
    let both = premium(|facts| facts.evidence_left = yuan("90000.00"));
    check(
        &[
            judged(&premium(|_| ()), &year("162600.00")),
            judged(&both, &year("162600.00")),
            judged(&premium(|facts| facts.other_public_funding = yuan("80000.00")), &Sums::new()),
            judged(&premium(|_| ()), &Sums::new().budget("10000.00")),
            judged(&premium(|_| ()), &year("200000.00")),
            judged(&premium(|facts| facts.other_public_funding = yuan("100000.00")), &Sums::new()),
            judged(&premium(|_| ()), &Sums::new().budget("0.00")),
            judged(&premium(|facts| facts.evidence_left = Amount::ZERO), &Sums::new()),
        ],
        &expect![[r#"
            Granted 37,400.00: half of the premium would be 50,000.00, but 37,400.00 of the 200,000.00 for 2026 was left.
            准予补助37,400.00元：保险费的50%为50,000.00元，但2026年度限额200,000.00元仅剩37,400.00元。
            Granted 37,400.00: half of the 90,000.00 that was left of the evidence would be 45,000.00, but 37,400.00 of the 200,000.00 for 2026 was left.
            准予补助37,400.00元：凭据余额90,000.00元的50%为45,000.00元，但2026年度限额200,000.00元仅剩37,400.00元。
            Granted 20,000.00: half of the premium would be 50,000.00, but other public funds already pay 80,000.00 of 100,000.00.
            准予补助20,000.00元：保险费的50%为50,000.00元，但其他财政资金已承担100,000.00元中的80,000.00元。
            Granted 10,000.00: half of the premium would be 50,000.00, but 10,000.00 of the budget `ip-finance` for 2026 was left.
            准予补助10,000.00元：保险费的50%为50,000.00元，但2026年度预算（ip-finance）仅剩10,000.00元。
            Nothing granted: half of the premium would be 50,000.00, but nothing of the 200,000.00 for 2026 was left.
            不予补助：保险费的50%为50,000.00元，但2026年度限额200,000.00元已用完。
            Nothing granted: half of the premium would be 50,000.00, but other public funds already pay 100,000.00 of 100,000.00.
            不予补助：保险费的50%为50,000.00元，但其他财政资金已承担100,000.00元中的100,000.00元。
            Nothing granted: half of the premium would be 50,000.00, but nothing of the budget `ip-finance` for 2026 was left.
            不予补助：保险费的50%为50,000.00元，但2026年度预算（ip-finance）已用完。
            Nothing granted: the invoice or payment has been used up.
            不予补助：该凭据金额已全部使用。
        "#]],
    );
}

#[test]
fn every_scope_of_a_cap_has_its_words() {
    let mut lines = Vec::new();
    for scope in ["item", "loan", "joint", "enterprise-year", "lifetime"] {
        let programme = programme(&format!(
            "[[programme.gate]]\ncondition = \"loan-required\"\nclause = \"c1\"\n[[programme.cap]]\nid = \"cap\"\nscope = \"{scope}\"\nitems = [\"interest\"]\namount = \"1000.00\"\nclause = \"c1\"\n"
        ));
        for used in ["400.00", "1000.00"] {
            let sums = Sums::new().used_before("cap", used);
            lines.push(judge_line(&programme, &facts(CostKind::Interest, "9000.00"), &sums).explanation);
        }
    }
    check(
        &lines,
        &expect![[r#"
        Granted 600.00: half of the interest would be 4,500.00, but 600.00 of the 1,000.00 for this kind of cost was left.
        准予补助600.00元：贷款利息的50%为4,500.00元，但单项限额1,000.00元仅剩600.00元。
        Nothing granted: half of the interest would be 4,500.00, but nothing of the 1,000.00 for this kind of cost was left.
        不予补助：贷款利息的50%为4,500.00元，但单项限额1,000.00元已用完。
        Granted 600.00: half of the interest would be 4,500.00, but 600.00 of the 1,000.00 for this loan was left.
        准予补助600.00元：贷款利息的50%为4,500.00元，但该笔贷款限额1,000.00元仅剩600.00元。
        Nothing granted: half of the interest would be 4,500.00, but nothing of the 1,000.00 for this loan was left.
        不予补助：贷款利息的50%为4,500.00元，但该笔贷款限额1,000.00元已用完。
        Granted 600.00: half of the interest would be 4,500.00, but 600.00 of the 1,000.00 for these costs together was left.
        准予补助600.00元：贷款利息的50%为4,500.00元，但合并限额1,000.00元仅剩600.00元。
        Nothing granted: half of the interest would be 4,500.00, but nothing of the 1,000.00 for these costs together was left.
        不予补助：贷款利息的50%为4,500.00元，但合并限额1,000.00元已用完。
        Granted 600.00: half of the interest would be 4,500.00, but 600.00 of the 1,000.00 for 2026 was left.
        准予补助600.00元：贷款利息的50%为4,500.00元，但2026年度限额1,000.00元仅剩600.00元。
        Nothing granted: half of the interest would be 4,500.00, but nothing of the 1,000.00 for 2026 was left.
        不予补助：贷款利息的50%为4,500.00元，但2026年度限额1,000.00元已用完。
        Granted 600.00: half of the interest would be 4,500.00, but 600.00 of the 1,000.00 for all years was left.
        准予补助600.00元：贷款利息的50%为4,500.00元，但累计限额1,000.00元仅剩600.00元。
        Nothing granted: half of the interest would be 4,500.00, but nothing of the 1,000.00 for all years was left.
        不予补助：贷款利息的50%为4,500.00元，但累计限额1,000.00元已用完。
    "#]],
    );
}

#[test]
fn why_a_gate_of_the_pledge_programme_refused() {
    let interest = |change: fn(&mut LineFacts)| {
        let mut facts = facts(CostKind::Interest, "1000.00");
        change(&mut facts);
        judged(&facts, &Sums::new())
    };
    check(
        &[
            interest(|facts| facts.item = CostKind::PatentInsurance),
            interest(|facts| facts.enterprise.blacklisted_since = Some(day("2026-05-01"))),
            interest(|facts| facts.loan = None),
            interest(|facts| facts.loan.as_mut().unwrap().disbursed_on = None),
            interest(|facts| facts.loan.as_mut().unwrap().pledged_on = day("2026-01-16")),
            interest(|facts| facts.paid_on = day("2026-01-14")),
            interest(|facts| facts.loan.as_mut().unwrap().ended_on = Some(day("2026-03-19"))),
            interest(|facts| {
                facts.item = CostKind::Valuation;
                facts.loan.as_mut().unwrap().ended_on = Some(day("2026-03-19"));
            }),
            interest(|facts| facts.cost = Amount::ZERO),
            interest(|facts| facts.cost = yuan("0.01")),
        ],
        &expect![[r#"
            Nothing granted: the programme does not pay toward the patent insurance premium.
            不予补助：专利保险费不在补助范围内。
            Nothing granted: the enterprise has been on the blacklist since 2026-05-01.
            不予补助：企业自2026年5月1日起列入失信名单。
            Nothing granted: the cost belongs to no filed loan.
            不予补助：该费用未对应已备案的贷款。
            Nothing granted: the loan had not been disbursed by 2026-06-01.
            不予补助：截至2026年6月1日贷款尚未发放。
            Nothing granted: the pledge was registered on 2026-01-16, after the disbursement on 2026-01-15.
            不予补助：质押登记日2026年1月16日晚于放款日2026年1月15日。
            Nothing granted: it was paid on 2026-01-14, before the loan was disbursed on 2026-01-15.
            不予补助：支付日2026年1月14日早于放款日2026年1月15日。
            Nothing granted: it was paid on 2026-03-20, outside the life of the loan from 2026-01-15 to 2026-03-19.
            不予补助：支付日2026年3月20日不在贷款存续期间（2026年1月15日至2026年3月19日）内。
            Nothing granted: the valuation fee was paid on 2026-03-20, after the loan ended on 2026-03-19.
            不予补助：评估费支付日2026年3月20日晚于贷款结清日2026年3月19日。
            Nothing granted: the interest is 0.00.
            不予补助：贷款利息为0.00元。
            Nothing granted: half of the interest would be 0.005, less than one fen.
            不予补助：贷款利息的50%为0.005元，不足1分。
        "#]],
    );
}

#[test]
fn why_another_gate_refused() {
    let patent = |change: fn(&mut LineFacts)| {
        let mut facts = facts(CostKind::PatentInsurance, "8000.00");
        change(&mut facts);
        let mut sums = Sums::new();
        sums.earlier_grants = u32::from(facts.cost == yuan("9.00"));
        judge_line(&first_insured_patent(), &facts, &sums).explanation
    };
    let gate = |keys: &str, change: fn(&mut LineFacts)| {
        let mut facts = facts(CostKind::Interest, "8000.00");
        change(&mut facts);
        judge_line(&programme(keys), &facts, &Sums::new()).explanation
    };
    let sizes =
        "[[programme.gate]]\ncondition = \"size-class\"\nsize_classes = [\"micro\", \"small\"]\nclause = \"c1\"\n";
    let pledged = "[[programme.gate]]\ncondition = \"pledged-by-disbursement\"\nclause = \"c1\"\n";
    let within = "[[programme.gate]]\ncondition = \"paid-within-loan\"\nclause = \"c1\"\n";
    check(
        &[
            patent(|facts| facts.right = None),
            patent(|facts| {
                facts.right.as_mut().unwrap().right = RightId::parse("trademark:12345678/9").unwrap();
            }),
            patent(|facts| facts.right.as_mut().unwrap().owned = false),
            patent(|facts| facts.right.as_mut().unwrap().in_force = false),
            patent(|facts| facts.cost = yuan("9.00")),
            patent(|facts| {
                facts.cost = Amount::INPUT_MAX.plus(yuan("0.01"));
                facts.evidence_left = facts.cost;
            }),
            gate(sizes, |facts| facts.enterprise.size_class = SizeClass::Large),
            gate(pledged, |facts| facts.loan.as_mut().unwrap().disbursed_on = None),
            gate(within, |facts| facts.loan.as_mut().unwrap().disbursed_on = None),
        ],
        &expect![[r#"
            Nothing granted: no intellectual property right was named.
            不予补助：未注明对应的知识产权。
            Nothing granted: `trademark:12345678/9` is not a patent.
            不予补助：trademark:12345678/9不是专利。
            Nothing granted: `patent:202011156730.2` does not belong to the applicant.
            不予补助：patent:202011156730.2不属于申请企业。
            Nothing granted: `patent:202011156730.2` is not in force.
            不予补助：patent:202011156730.2不处于有效状态。
            Nothing granted: an enterprise gets this once at most, and this one has had it once.
            不予补助：每家企业最多享受1次，此前已享受1次。
            Nothing granted: it cannot be computed: the result of the calculation is too large; check the amount and the rate.
            不予补助：金额过大或小数位过多，无法精确计算。
            Nothing granted: the enterprise is large, and only micro, small ones are eligible.
            不予补助：企业为大型企业，仅限微型、小型企业。
            Nothing granted: the loan has not been disbursed.
            不予补助：贷款尚未发放。
            Nothing granted: the loan has not been disbursed.
            不予补助：贷款尚未发放。
        "#]],
    );
}

#[test]
fn what_a_pool_takes_on() {
    let filing = |ip_part: &str, exposure: &str| {
        let facts = FilingFacts {
            ip_part: yuan(ip_part),
            exposure: yuan(exposure),
            free_balance: yuan("1000000.00"),
            principal: None,
            borrower_filed: None,
            bank_year: None,
        };
        judge_filing(&hebi_pool(), &facts).explanation
    };
    check(
        &[filing("1000000.00", "0.00"), filing("1000000.00", "9500000.01"), filing("0.00", "0.00")],
        &expect![[r#"
            The pool takes on 500,000.00: 50 % of the loan's IP part of 1,000,000.00.
            资金池承担在保责任500,000.00元：贷款知识产权部分1,000,000.00元的50%。
            The pool cannot take this loan: its exposure would be 10,000,000.01, more than 10 times its free balance of 1,000,000.00.
            资金池不能承担该笔贷款：在保责任将达10,000,000.01元，超过可用余额1,000,000.00元的10倍。
            The pool cannot take this loan: no part of it is secured by intellectual property.
            资金池不能承担该笔贷款：贷款没有知识产权质押部分。
        "#]],
    );
}

#[test]
fn what_a_pool_pays() {
    let judged = |change: fn(&mut super::super::facts::ClaimFacts)| {
        let mut facts = claim("1000000.00");
        change(&mut facts);
        judge_claim(&hebi_pool(), &facts).explanation
    };
    check(
        &[
            judged(|_| ()),
            judged(|facts| facts.ip_part = yuan("3000000.00")),
            judged(|facts| facts.overdue_days = Some(60)),
            judged(|facts| facts.principal_loss = yuan("5000000.01")),
            judged(|facts| facts.ip_part = Amount::ZERO),
            judged(|facts| facts.bank_year_losses = yuan("29500000.00")),
            judged(|facts| facts.free_balance = yuan("499999.99")),
        ],
        &expect![[r#"
            The pool pays 500,000.00: 50 % of the loss of 1,000,000.00.
            资金池补偿500,000.00元：损失1,000,000.00元的50%。
            The pool pays 300,000.00: 50 % of 600,000.00, the IP part of the loss of 1,000,000.00.
            资金池补偿300,000.00元：损失1,000,000.00元中知识产权部分600,000.00元的50%。
            The claim is refused: the loan is 60 days overdue, and more than 60 are required.
            不予补偿：贷款逾期60天，须超过60天。
            The claim is refused: the loss of 5,000,000.01 is not above zero and within the outstanding principal of 5,000,000.00.
            不予补偿：损失5,000,000.01元须大于零且不超过贷款本金余额5,000,000.00元。
            The claim is refused: nothing of the loss falls on the IP part, 0.00 of the principal of 5,000,000.00.
            不予补偿：损失中没有知识产权部分（本金5,000,000.00元中为0.00元）。
            The claim waits: the bank's losses of the year would be 30,500,000.00, above 3 % of the 1,000,000,000.00 that it filed.
            暂缓补偿：该银行本年度损失将达30,500,000.00元，超过其备案本金1,000,000,000.00元的3%。
            The claim waits: the pool's share is 500,000.00, but its free balance is 499,999.99.
            暂缓补偿：资金池应承担500,000.00元，可用余额为499,999.99元。
        "#]],
    );
}

/// Refusals that other parts of the scheme give, with no step: the meaning is said.
#[test]
#[expect(clippy::too_many_lines, reason = "two lines for each reason")]
fn every_refusal_has_a_sentence() {
    let mut text = String::new();
    for refusal in Refusal::ALL {
        let line = LineExplanation {
            item: Some(CostKind::Interest),
            requested: yuan("1.00"),
            granted: Amount::ZERO,
            bound: Bound::Gate,
            refusal: Some(*refusal),
            steps: Vec::new(),
        };
        for language in [Language::English, Language::Chinese] {
            text.push_str(&line_sentence(&line, language));
            text.push('\n');
        }
    }
    expect![[r#"
        Nothing granted: the enterprise is on the blacklist.
        不予补助：企业列入失信名单。
        Nothing granted: a right is already under an active pledge.
        不予补助：知识产权已在质押中。
        Nothing granted: a right is not in force on this date.
        不予补助：知识产权在该日不处于有效状态。
        Nothing granted: a right does not belong to the pledgor.
        不予补助：知识产权不属于出质人。
        Nothing granted: the rule does not cover this kind of cost.
        不予补助：该费用项不在补助范围内。
        Nothing granted: a condition of the rule is not met.
        不予补助：不符合规定条件。
        Nothing granted: the invoice or payment has been used up.
        不予补助：该凭据金额已全部使用。
        Nothing granted: other public money already covers it.
        不予补助：其他财政资金已覆盖该费用。
        Nothing granted: the cap of this cost item is used up.
        不予补助：该费用项限额已用完。
        Nothing granted: the cap of this loan is used up.
        不予补助：该笔贷款限额已用完。
        Nothing granted: the joint cap is used up.
        不予补助：合并限额已用完。
        Nothing granted: this year's cap is used up.
        不予补助：本年度限额已用完。
        Nothing granted: the lifetime cap is used up.
        不予补助：累计限额已用完。
        Nothing granted: this one-off benefit was granted before.
        不予补助：该项一次性补助已享受。
        Nothing granted: the budget of the year is used up.
        不予补助：本年度预算已用完。
        Nothing granted: the pool's leverage limit is reached.
        不予补助：资金池已达放大倍数上限。
        Nothing granted: the pool does not cover this loss.
        不予补助：该损失不在资金池补偿范围内。
        Nothing granted: the loan is not overdue long enough.
        不予补助：贷款逾期天数不足。
        Nothing granted: the bank's loss ratio of the year is above the limit.
        不予补助：该银行本年度损失率超过熔断线。
        Nothing granted: the pool's free balance is too small.
        不予补助：资金池可用余额不足。
        Nothing granted: a fact that the rule needs is not known.
        不予补助：缺少判断所需的依据。
        Nothing granted: another one was taken, and only one can be.
        不予补助：已择一享受其他项目。
        Nothing granted: all public money together has reached its ceiling.
        不予补助：各级财政资金合计已达上限。
        Nothing granted: the bank's cap of the year is used up.
        不予补助：该银行年度限额已用完。
        Nothing granted: the programme's cap of the year is used up.
        不予补助：项目年度限额已用完。
        Nothing granted: no reference rate is known for the day that the rule names.
        不予补助：规定日期的参考利率未登记。
        Nothing granted: the yearly cap of the institution that is paid is used up.
        不予补助：该机构年度限额已用完。
    "#]]
    .assert_eq(&text);
}

/// No programme of today clamps; the words are ready.
#[test]
fn a_clamped_base_is_said() {
    let step = |kind, result: &str, ratio| Step {
        kind,
        rule: "".into(),
        clause: None,
        inputs: vec![Input { name: "ratio".into(), value: Value::Rate(ratio) }],
        result: result.into(),
        outcome: StepOutcome::Reduced,
    };
    let mut line = LineExplanation {
        item: Some(CostKind::Interest),
        requested: yuan("1000.00"),
        granted: yuan("434.00"),
        bound: Bound::Clamp,
        refusal: None,
        steps: vec![
            step(StepKind::Clamp, "868.00", Rate::ONE),
            step(StepKind::Ratio, "434.00", Rate::parse("0.5").unwrap()),
        ],
    };
    check(
        &[line.clone()],
        &expect![[r#"
        Granted 434.00: half of the 868.00 up to which it is paid.
        准予补助434.00元：按限度计算的868.00元的50%。
    "#]],
    );
    // Stored explanations may lack what a sentence asks for; it is said without.
    line.steps.clear();
    for bound in Bound::ALL {
        line.bound = *bound;
        check(
            &[line.clone()],
            &expect![[r#"
            Granted 434.00: the full interest of 1,000.00.
            准予补助434.00元：贷款利息1,000.00元全额。
        "#]],
        );
    }
}

#[test]
fn an_explanation_of_several_lines_begins_with_the_total() {
    let mut sums = Sums::new();
    let lines = [(CostKind::Interest, "300000.00"), (CostKind::Insurance, "120000.00")].map(|(item, cost)| {
        let verdict = judge_line(&pledge_cost(), &facts(item, cost), &sums);
        sums.grant(&verdict);
        verdict.explanation
    });
    let explanation = Explanation { lines: lines.to_vec() };
    let text = [Language::English, Language::Chinese].map(|language| explanation_sentence(&explanation, language));
    expect![[r#"
        Granted 200,000.00 in all. Granted 150,000.00: half of the interest of 300,000.00. Granted 50,000.00: half of the premium would be 60,000.00, but 50,000.00 of the 200,000.00 for 2026 was left.
        合计准予200,000.00元。准予补助150,000.00元：贷款利息300,000.00元的50%。准予补助50,000.00元：保险费的50%为60,000.00元，但2026年度限额200,000.00元仅剩50,000.00元。"#]].assert_eq(&text.join("\n"));
}

#[test]
fn each_step_is_a_line() {
    let mut facts = premium(|_| ());
    facts.evidence_left = yuan("90000.00");
    let line = judged(&facts, &Sums::new().used_before("pledge-cost-year", "162600.00"));
    let pool = judge_claim(&hebi_pool(), &claim("1000000.00")).explanation;
    let filing = FilingFacts {
        ip_part: yuan("1000000.00"),
        exposure: yuan("1.00"),
        free_balance: yuan("2000000.00"),
        principal: None,
        borrower_filed: None,
        bank_year: None,
    };
    let filing = judge_filing(&hebi_pool(), &filing).explanation;
    let mut text = String::new();
    for language in [Language::English, Language::Chinese] {
        for step in line.steps.iter().chain(&pool.steps).chain(&filing.steps) {
            text.push_str(&step_sentence(step, language));
            text.push('\n');
        }
    }
    expect![[r#"
        gate item covered: item premium → 100,000.00 (passed)
        gate not blacklisted: blacklisted since none → 100,000.00 (passed)
        gate loan required: loan loan-7 → 100,000.00 (passed)
        gate loan disbursed: disbursed on 2026-01-15, applied on 2026-06-01 → 100,000.00 (passed)
        gate pledged by disbursement: pledged on 2026-01-10, disbursed on 2026-01-15 → 100,000.00 (passed)
        gate paid by loan end: paid on 2026-03-20, ended on none → 100,000.00 (passed)
        base actual cost: cost 100,000.00 → 100,000.00 (passed)
        evidence: evidence left 90,000.00 → 90,000.00 (reduced)
        ratio: base 90,000.00, ratio 50 % → 45,000.00 (reduced)
        other funding: base 90,000.00, other 0.00, left 90,000.00 → 45,000.00 (passed)
        year cap pledge-cost-year: limit 200,000.00, used before 162,600.00, left 37,400.00, year 2026 → 37,400.00 (reduced)
        budget ip-finance: left 10,000,000.00, year 2026 → 37,400.00 (passed)
        round down: unrounded 37,400.00 → 37,400.00 (passed)
        gate overdue: overdue days 61, more than 60 → 1,000,000.00 (passed)
        base principal loss: loss 1,000,000.00, outstanding 5,000,000.00 → 1,000,000.00 (passed)
        ip share ip part of principal: loss 1,000,000.00, ip part 5,000,000.00, principal 5,000,000.00 → 1,000,000.00 (passed)
        loss share claim: covered loss 1,000,000.00, share 50 %, pool 500,000.00, bank 500,000.00 → 500,000.00 (reduced)
        breaker defer: losses before 0.00, losses after 1,000,000.00, filed 1,000,000,000.00, ratio 3 % → 500,000.00 (passed)
        pool balance: pool share 500,000.00, free balance 20,000,000.00 → 500,000.00 (passed)
        loss share exposure: ip part 1,000,000.00, share 50 % → 500,000.00 (reduced)
        leverage: exposure before 1.00, exposure 500,000.00, exposure after 500,001.00, free balance 2,000,000.00, leverage limit 10 → 500,000.00 (passed)
        条件 费用项在补助范围内：费用项 保险费 → 100,000.00（通过）
        条件 未列入失信名单：列入失信名单日 无 → 100,000.00（通过）
        条件 对应已备案的贷款：贷款 loan-7 → 100,000.00（通过）
        条件 贷款已发放：放款日 2026年1月15日，申报日 2026年6月1日 → 100,000.00（通过）
        条件 质押登记不晚于放款：质押登记日 2026年1月10日，放款日 2026年1月15日 → 100,000.00（通过）
        条件 支付不晚于贷款结清：支付日 2026年3月20日，结清日 无 → 100,000.00（通过）
        补助基数 实际发生额：费用 100,000.00 → 100,000.00（通过）
        凭据：凭据余额 90,000.00 → 90,000.00（核减）
        比例：基数 90,000.00，比例 50% → 45,000.00（核减）
        其他财政资金：基数 90,000.00，其他财政资金 0.00，剩余 90,000.00 → 45,000.00（通过）
        年度限额 pledge-cost-year：限额 200,000.00，此前已用 162,600.00，剩余 37,400.00，年度 2026 → 37,400.00（核减）
        预算 ip-finance：剩余 10,000,000.00，年度 2026 → 37,400.00（通过）
        舍入 舍去：舍入前 37,400.00 → 37,400.00（通过）
        条件 逾期：逾期天数 61，须超过 60 → 1,000,000.00（通过）
        补助基数 本金损失：损失 1,000,000.00，本金余额 5,000,000.00 → 1,000,000.00（通过）
        知识产权部分 本金中的知识产权部分：损失 1,000,000.00，知识产权部分 5,000,000.00，贷款本金 5,000,000.00 → 1,000,000.00（通过）
        损失分担 补偿：纳入分担的损失 1,000,000.00，份额 50%，资金池 500,000.00，银行 500,000.00 → 500,000.00（核减）
        熔断 暂缓补偿：此前损失 0.00，计入后损失 1,000,000.00，备案本金 1,000,000,000.00，比例 3% → 500,000.00（通过）
        资金池余额：资金池份额 500,000.00，可用余额 20,000,000.00 → 500,000.00（通过）
        损失分担 在保责任：知识产权部分 1,000,000.00，份额 50% → 500,000.00（核减）
        放大倍数：此前在保责任 1.00，在保责任 500,000.00，承担后在保责任 500,001.00，可用余额 2,000,000.00，放大倍数上限 10 → 500,000.00（通过）
    "#]].assert_eq(&text);
}
