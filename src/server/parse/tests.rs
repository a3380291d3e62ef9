//! Requests as they arrive: what is taken, and what each refusal says.

use std::fmt::Debug;

use expect_test::{Expect, expect};

use super::*;
use crate::book::nouns::{EvidenceKey, RightChange};
use crate::decide::command::Command;
use crate::proto::v1::cost_item::Evidence;

const USCC: &str = "91110000600037341L";

fn ok<M, T>(message: &M, parse: fn(&M, &mut Violations) -> Option<T>) -> T {
    query(|violations| parse(message, violations)).unwrap()
}

fn check<M, T: Debug>(message: &M, parse: fn(&M, &mut Violations) -> Option<T>, expected: &Expect) {
    let rejection = query(|violations| parse(message, violations)).unwrap_err();
    assert_eq!(rejection.reason, Reason::InvalidField);
    let lines: Vec<String> = rejection
        .violations
        .iter()
        .map(|violation| {
            assert!(!violation.problem_zh.is_empty(), "{}", violation.field);
            format!("{}: {}", violation.field, violation.problem)
        })
        .collect();
    expected.assert_eq(&lines.join("\n"));
}

fn loan() -> v1::FileLoanRequest {
    v1::FileLoanRequest {
        bank_id: "icbc-hebi".to_owned(),
        contract_number: "借(2026)001号".to_owned(),
        borrower: USCC.to_owned(),
        principal: "5000000".to_owned(),
        ip_part: "5000000.00".to_owned(),
        annual_rate: "0.0435".to_owned(),
        signed_on: "2026-03-01".to_owned(),
        matures_on: "2027-02-28".to_owned(),
        pledges: vec![v1::PledgeKey { kind: 1, registration_number: "Y2026980000001".to_owned() }],
        pool_id: "hebi-pool".to_owned(),
        ..Default::default()
    }
}

#[test]
fn a_loan_is_read_field_by_field() {
    let Command::FileLoan(terms) = ok(&loan(), loan::file) else { panic!("another command") };
    assert_eq!(terms.bank.as_str(), "icbc-hebi");
    assert_eq!(terms.principal, Amount::from_yuan(5_000_000));
    assert_eq!(terms.annual_rate.to_string(), "0.0435");
    assert_eq!(terms.pledges[0].number.as_str(), "Y2026980000001");
    assert_eq!(terms.pool.unwrap().as_str(), "hebi-pool");
}

#[test]
fn everything_wrong_with_a_loan_is_said_at_once() {
    let message = v1::FileLoanRequest {
        bank_id: "ICBC Hebi".to_owned(),
        contract_number: String::new(),
        borrower: "91110000600037341N".to_owned(),
        principal: "0.00".to_owned(),
        ip_part: "-5".to_owned(),
        annual_rate: "4.35%".to_owned(),
        signed_on: "2026-02-30".to_owned(),
        matures_on: "28.2.2027".to_owned(),
        pledges: vec![
            v1::PledgeKey { kind: 0, registration_number: "Y1".to_owned() },
            v1::PledgeKey { kind: 1, registration_number: "质押".to_owned() },
        ],
        pool_id: "Pool 1".to_owned(),
        ..Default::default()
    };
    check(
        &message,
        loan::file,
        &expect![[r"
        bank_id: `ICBC Hebi` is not a institution id; expected 1 to 64 of a-z, 0-9, `.`, `_` and `-`, with a letter or digit first
        contract_number: `` is not a contract number; expected 1 to 64 printable characters
        borrower: `91110000600037341N` has a wrong check character, expected `L`; check for a mistyped character
        principal: `0.00` is zero; expected more than 0.00
        ip_part: `-5` is negative; amounts are written without a sign, the kind of entry gives the direction
        annual_rate: `4.35%` has a percent sign; write the ratio itself, such as `0.0435` for 4.35 %
        signed_on: `2026-02-30` is not in the calendar; check the month and the day
        matures_on: `28.2.2027` is not a date; write it as YYYY-MM-DD, such as `2026-03-05`
        pledges[0].kind: `0` is not a value of this field; expected one of RIGHT_KIND_PATENT, RIGHT_KIND_TRADEMARK, RIGHT_KIND_COPYRIGHT, RIGHT_KIND_OTHER
        pledges[1].registration_number: `质押` is not a pledge registration number; expected 1 to 32 letters and digits, such as `Y2024980001234`
        pool_id: `Pool 1` is not a pool id; expected 1 to 64 of a-z, 0-9, `.`, `_` and `-`, with a letter or digit first"]],
    );
}

#[test]
fn pledges_are_given_once_and_at_least_one() {
    let none = v1::FileLoanRequest { pledges: Vec::new(), ..loan() };
    check(&none, loan::file, &expect!["pledges: has 0 items; expected 1 to 100"]);
    let mut twice = loan();
    twice.pledges.push(v1::PledgeKey { kind: 1, registration_number: "y2026980000001".to_owned() });
    check(&twice, loan::file, &expect!["pledges[1]: is given twice; expected each only once"]);
    let many = v1::FileLoanRequest { pledges: vec![v1::PledgeKey::default(); 101], ..loan() };
    check(&many, loan::file, &expect!["pledges: has 101 items; expected 1 to 100"]);
}

#[test]
fn a_loan_is_named_by_its_id() {
    let message = v1::SettleLoanRequest { loan_id: "42".to_owned(), ..Default::default() };
    check(&message, loan::settle, &expect!["loan_id: `42` is not a loan id; expected one such as `loan-42`"]);
}

fn item(evidence: Option<Evidence>) -> v1::CostItem {
    v1::CostItem {
        item: i32::from(v1::CostKind::Valuation),
        cost: "10000".to_owned(),
        paid_on: "2026-03-05".to_owned(),
        evidence,
        ..Default::default()
    }
}

fn application(items: Vec<v1::CostItem>) -> v1::ApplySubsidyRequest {
    v1::ApplySubsidyRequest {
        enterprise: USCC.to_owned(),
        programme_id: "financing-costs".to_owned(),
        items,
        ..Default::default()
    }
}

fn invoice(number: &str, total: &str) -> Evidence {
    Evidence::Invoice(v1::Invoice { number: number.to_owned(), total: total.to_owned() })
}

#[test]
fn evidence_is_an_invoice_or_a_recorded_payment() {
    let message = application(vec![
        item(Some(invoice("24442000000012345678", "12000.5"))),
        item(Some(Evidence::InterestPaymentSequence(7))),
    ]);
    let Command::ApplySubsidy(apply) = ok(&message, subsidy::apply) else { panic!("another command") };
    assert_eq!(apply.loan, None);
    assert_eq!(apply.items[0].evidence_total.to_string(), "12000.50");
    assert_eq!(apply.items[0].other_public_funding, Amount::ZERO);
    assert_eq!(apply.items[1].evidence, EvidenceKey::InterestPayment(Sequence::new(7)));
}

#[test]
fn what_is_wrong_with_an_item_is_said_under_its_path() {
    let wrong = v1::CostItem { item: 99, cost: String::new(), ..item(None) };
    let message = application(vec![
        item(Some(invoice("24442000000012345678", "12000"))),
        wrong,
        item(Some(invoice("123", "0"))),
        item(Some(Evidence::InterestPaymentSequence(0))),
    ]);
    check(
        &message,
        subsidy::apply,
        &expect![[r"
            items[1].item: `99` is not a value of this field; expected one of COST_KIND_INTEREST, COST_KIND_VALUATION, COST_KIND_GUARANTEE, COST_KIND_INSURANCE, COST_KIND_PATENT_INSURANCE, COST_KIND_GRANT
            items[1].cost: the amount is empty; write yuan with up to two decimals, such as `37400.00`
            items[1].evidence: is missing; expected `invoice`, `interest_payment_sequence` or `document`
            items[2].evidence.invoice.number: `123` is not an invoice number; expected 20 digits, or a code of 10 or 12 digits, a hyphen and a number of 8 digits
            items[2].evidence.invoice.total: `0` is zero; expected more than 0.00
            items[3].evidence.interest_payment_sequence: `0` is not a sequence; expected 1 or more"]],
    );
    check(&application(Vec::new()), subsidy::apply, &expect!["items: has 0 items; expected 1 to 100"]);
}

#[test]
fn a_transfer_names_the_new_owner_and_nothing_else_does() {
    let change = |change: v1::RightChange, new_owner: &str| v1::RecordIpRightEventRequest {
        right: "patent:202011156730.2".to_owned(),
        change: i32::from(change),
        new_owner: new_owner.to_owned(),
        ..Default::default()
    };
    let transfer = change(v1::RightChange::Transferred, USCC);
    let Command::RecordIpRightEvent(changed) = ok(&transfer, registry::record_ip_right_event) else {
        panic!("another command")
    };
    assert!(matches!(changed.change, RightChange::Transferred(owner) if owner.as_str() == USCC));
    check(
        &change(v1::RightChange::Transferred, ""),
        registry::record_ip_right_event,
        &expect!["new_owner: `` has 0 characters, a USCC has 18; copy it from the business licence"],
    );
    check(
        &change(v1::RightChange::Lapsed, USCC),
        registry::record_ip_right_event,
        &expect!["new_owner: is given, but the change is not a transfer; leave it empty"],
    );
    check(
        &change(v1::RightChange::Unspecified, ""),
        registry::record_ip_right_event,
        &expect![
            "change: `0` is not a value of this field; expected one of RIGHT_CHANGE_LAPSED, RIGHT_CHANGE_RESTORED, RIGHT_CHANGE_INVALIDATED, RIGHT_CHANGE_TRANSFERRED"
        ],
    );
}

#[test]
fn a_pledge_holds_rights_of_its_own_kind() {
    let message = v1::RegisterPledgeRequest {
        kind: i32::from(v1::RightKind::Patent),
        registration_number: "Y2026980000001".to_owned(),
        pledgee_id: "icbc-hebi".to_owned(),
        pledgor: USCC.to_owned(),
        rights: vec!["patent:202011156730.2".to_owned(), "trademark:12345678/9".to_owned()],
        secured_amount: "5000000".to_owned(),
        ..Default::default()
    };
    check(
        &message,
        registry::register_pledge,
        &expect!["rights[1]: `trademark:12345678/9` is not a patent; expected rights of the pledge's kind only"],
    );
}

#[test]
fn an_enterprise_is_checked_to_its_last_character() {
    let message = v1::RegisterEnterpriseRequest {
        uscc: USCC.to_owned(),
        name: " 鹤壁\u{7}科技 ".to_owned(),
        size_class: 0,
        district: "淇滨".to_owned(),
        ..Default::default()
    };
    check(
        &message,
        registry::register_enterprise,
        &expect![[r"
        name: `鹤壁\u{7}科技` has control characters; expected plain text in one line
        size_class: `0` is not a value of this field; expected one of SIZE_CLASS_MICRO, SIZE_CLASS_SMALL, SIZE_CLASS_MEDIUM, SIZE_CLASS_LARGE
        district: `淇滨` is not a district; expected 1 to 64 of a-z, 0-9, `.`, `_` and `-`, with a letter or digit first"]],
    );
}

#[test]
fn free_text_is_trimmed_and_bounded() {
    assert_eq!(free_text(" 　因资料不全　 ").unwrap(), "因资料不全");
    assert_eq!(free_text(&"长".repeat(200)).unwrap().chars().count(), 200);
    expect!["has 201 characters; expected 1 to 200"].assert_eq(&free_text(&"长".repeat(201)).unwrap_err().problem);
    expect!["is empty; expected 1 to 200 characters"].assert_eq(&free_text(" \n ").unwrap_err().problem);
    assert!(free_text("two\nlines").is_err());
}

#[test]
fn only_an_adjustment_may_be_negative() {
    let adjust = |amount: &str| v1::AdjustBudgetRequest {
        budget_line_id: "ip-subsidy".to_owned(),
        year: 2026,
        amount: amount.to_owned(),
        document: "鹤财〔2026〕1号".to_owned(),
        ..Default::default()
    };
    let Command::AdjustBudget(change) = ok(&adjust("-1000.50"), budget::adjust) else { panic!("another command") };
    assert_eq!(change.amount.to_string(), "-1000.50");
    check(&adjust("-0"), budget::adjust, &expect!["amount: `0` is zero; expected more than 0.00"]);
    check(
        &adjust("--1"),
        budget::adjust,
        &expect!["amount: `-1` is negative; amounts are written without a sign, the kind of entry gives the direction"],
    );
    let appropriate = v1::AppropriateBudgetRequest {
        budget_line_id: "ip-subsidy".to_owned(),
        year: 26,
        amount: "-1000".to_owned(),
        document: "x".to_owned(),
        ..Default::default()
    };
    check(
        &appropriate,
        budget::appropriate,
        &expect![[r"
        year: `26` is not a fiscal year; write four digits from 1990 to 2199
        amount: `-1000` is negative; amounts are written without a sign, the kind of entry gives the direction"]],
    );
}

#[test]
fn a_month_is_one_of_twelve() {
    let close = |month: i32| v1::ClosePeriodRequest { year: 2026, month, ..Default::default() };
    let Command::ClosePeriod(month) = ok(&close(12), period::close) else { panic!("another command") };
    assert_eq!((month.year.value(), month.month), (2026, 12));
    check(&close(13), period::close, &expect!["month: `13` is not a month; expected 1 to 12"]);
    check(&close(-1), period::close, &expect!["month: `-1` is not a month; expected 1 to 12"]);
}

#[test]
fn a_rulebook_is_refused_with_its_lines() {
    let message = v1::AdoptRulebookRequest { text: "schema = 1\nid = 7\n".to_owned(), ..Default::default() };
    check(
        &message,
        rulebook::adopt,
        &expect![["
            text: line 1: the file has no `rulebook`; add `rulebook = …`
            text: line 1: the file has no `source`; add `source = …`
            text: line 2: `id` is not a key of the file; remove it, or use one of: schema, rulebook, source, clause, series, programme, cap, pool, approval, limit, target, case"]],
    );
}

#[test]
fn the_shipped_rulebook_is_adopted_as_it_is() {
    let text = include_str!("../../../rulebooks/hebi-2017.toml");
    let message = v1::AdoptRulebookRequest { text: text.to_owned(), ..Default::default() };
    let Command::AdoptRulebook(adopted) = ok(&message, rulebook::adopt) else { panic!("another command") };
    assert_eq!((adopted.rulebook.id.as_str(), adopted.reason), ("hebi-2017", None));
    let message = v1::AdoptRulebookRequest { reason: " 会议纪要 ".to_owned(), ..message };
    let Command::AdoptRulebook(adopted) = ok(&message, rulebook::adopt) else { panic!("another command") };
    assert_eq!(adopted.reason.as_deref(), Some("会议纪要"));
}

#[test]
fn filters_of_entries_are_checked() {
    let message = v1::ListEntriesRequest {
        enterprise: "12345".to_owned(),
        institution_id: "ICBC".to_owned(),
        from_date: "2026".to_owned(),
        kind: "loan".to_owned(),
        ..Default::default()
    };
    check(
        &message,
        ledger::list_entries,
        &expect![[r"
            enterprise: `12345` has 5 characters, a USCC has 18; copy it from the business licence
            institution_id: `ICBC` is not a institution id; expected 1 to 64 of a-z, 0-9, `.`, `_` and `-`, with a letter or digit first
            from_date: `2026` is not a date; write it as YYYY-MM-DD, such as `2026-03-05`
            kind: `loan` is not a kind of entry; expected one of enterprise-registered, enterprise-updated, institution-registered, ip-right-registered, ip-right-changed, pledge-registered, pledge-released, blacklist-entry-added, blacklist-entry-lifted, loan-filed, loan-changed, subsidy-applied, application-changed, red-letter-invoice-recorded, budget-appropriated, budget-adjusted, pool-moved, claim-submitted, claim-changed, rulebook-adopted, period-closed, statement-signed-off, closing-run, awards-corrected, period-closed-over, year-closed, reversed, reference-rate-recorded, fact-recorded, refused, access-changed, endorsed"]],
    );
    let filter =
        ok(&v1::ListEntriesRequest { kind: "loan-filed".to_owned(), ..Default::default() }, ledger::list_entries);
    assert_eq!(filter.kind, Some("loan-filed"));
}

#[test]
fn a_balance_is_as_of_now_an_entry_or_a_day() {
    use v1::get_account_balance_request::AsOf;
    let of = |as_of| v1::GetAccountBalanceRequest { account: "treasury/cash".to_owned(), as_of };
    assert_eq!(ok(&of(None), ledger::account_balance).1, ledger::AsOf::Now);
    let at = ok(&of(Some(AsOf::AsOfSequence(9))), ledger::account_balance).1;
    assert_eq!(at, ledger::AsOf::Sequence(Sequence::new(9)));
    check(
        &of(Some(AsOf::AsOfSequence(0))),
        ledger::account_balance,
        &expect!["as_of_sequence: `0` is not a sequence; expected 1 or more"],
    );
    check(
        &of(Some(AsOf::AsOfEffectiveDate("x".to_owned()))),
        ledger::account_balance,
        &expect!["as_of_effective_date: `x` is not a date; write it as YYYY-MM-DD, such as `2026-03-05`"],
    );
    let unknown = v1::GetAccountBalanceRequest { account: "cash".to_owned(), as_of: None };
    check(
        &unknown,
        ledger::account_balance,
        &expect!["account: `cash` is not an account; expected a name such as `pool/hebi-pool/cash` or `treasury/cash`"],
    );
}
