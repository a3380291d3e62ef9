//! Bad input: the code, the reason, the field, the value and what was expected; and no trace.

use expect_test::{Expect, expect};
use ipledger::proto::v1;
use tonic::Code;

use super::{DAY, World, describe, enterprise, id, loan, valuation};

/// Checks that nothing was recorded and compares the error's text.
#[track_caller]
fn check(status: &tonic::Status, expected: &Expect) {
    expected.assert_eq(&describe(status));
}

#[tokio::test]
async fn malformed_requests_name_the_field_and_leave_no_trace() {
    let world = World::new().await;
    let before = world.last_sequence().await;
    let mut officer = world.registry("officer", "", "li.na");

    let mut request = enterprise("91110000600037341N");
    check(&officer.register_enterprise(request.clone()).await.unwrap_err(), &expect![[""]]);
    request.uscc = "12345".into();
    request.name = String::new();
    request.size_class = 0;
    request.request_id = "42".into();
    check(&officer.register_enterprise(request).await.unwrap_err(), &expect![[""]]);

    let mut bank = world.loans("bank", "icbc", "zhang.wei");
    let mut request = loan("icbc", "C-2", &world.borrower, "Y1");
    request.principal = "100.005".into();
    request.ip_part = "-1".into();
    request.annual_rate = "4.35%".into();
    request.matures_on = "2026/03/02".into();
    check(&bank.file_loan(request).await.unwrap_err(), &expect![[""]]);

    let mut officer = world.subsidies("officer", "", "li.na");
    let mut request = valuation(&world.borrower, &world.loan, "1,000.00", 1);
    request.items[0].other_public_funding = "１０".into();
    check(&officer.apply_subsidy(request.clone()).await.unwrap_err(), &expect![[""]]);
    request.items.clear();
    check(&officer.apply_subsidy(request).await.unwrap_err(), &expect![[""]]);

    assert_eq!(world.last_sequence().await, before, "a malformed request left a trace");
}

#[tokio::test]
async fn requests_that_do_not_fit_the_state_say_what_was_expected() {
    let world = World::new().await;
    let before = world.last_sequence().await;
    let mut bank = world.loans("bank", "icbc", "zhang.wei");

    let payment = v1::RecordPrincipalPaymentRequest {
        request_id: id(),
        effective_date: "2025-03-02".into(),
        loan_id: world.loan.clone(),
        amount: "1.00".into(),
        reference: "R1".into(),
        ..Default::default()
    };
    check(&bank.record_principal_payment(payment.clone()).await.unwrap_err(), &expect![[""]]);
    let too_much = v1::RecordPrincipalPaymentRequest {
        effective_date: DAY.into(),
        amount: "5000000.01".into(),
        ..payment.clone()
    };
    check(&bank.record_principal_payment(too_much).await.unwrap_err(), &expect![[""]]);
    let unknown = v1::RecordPrincipalPaymentRequest { loan_id: "loan-999999".into(), ..payment };
    check(&bank.record_principal_payment(unknown).await.unwrap_err(), &expect![[""]]);

    let cure = v1::MarkLoanCuredRequest {
        request_id: id(),
        effective_date: DAY.into(),
        loan_id: world.loan.clone(),
        ..Default::default()
    };
    check(&bank.mark_loan_cured(cure).await.unwrap_err(), &expect![[""]]);
    let future = v1::SettleLoanRequest {
        request_id: id(),
        effective_date: "2199-12-31".into(),
        loan_id: world.loan.clone(),
        ..Default::default()
    };
    // Today's date is in the message; only the reason is stable.
    let status = bank.settle_loan(future).await.unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition);
    assert!(describe(&status).contains("reason DATE_OUT_OF_RANGE"), "{}", describe(&status));

    let approve = v1::ApproveSubsidyRequest {
        request_id: id(),
        application_id: "application-7".into(),
        ..Default::default()
    };
    let mut officer = world.subsidies("officer", "", "li.na");
    check(&officer.approve_subsidy(approve).await.unwrap_err(), &expect![[""]]);
    assert_eq!(world.last_sequence().await, before, "a rejected request left a trace");
}

#[tokio::test]
async fn identity_and_permission_come_before_existence() {
    let world = World::new().await;
    let before = world.last_sequence().await;
    let mut nobody = v1::loan_service_client::LoanServiceClient::new(world.channel.clone());
    let get = v1::GetLoanRequest { loan_id: world.loan.clone() };
    check(&nobody.get_loan(get).await.unwrap_err(), &expect![[""]]);

    let settle = v1::SettleLoanRequest { request_id: id(), loan_id: "loan-999999".into(), ..Default::default() };
    let mut officer = world.loans("officer", "", "li.na");
    check(&officer.settle_loan(settle).await.unwrap_err(), &expect![[""]]);

    let mut bank = world.loans("bank", "icbc", "zhang.wei");
    let for_another = loan("abc", "C-3", &world.borrower, "Y1");
    check(&bank.file_loan(for_another).await.unwrap_err(), &expect![[""]]);
    assert_eq!(world.last_sequence().await, before);
}

#[tokio::test]
async fn a_gigantic_message_is_refused_and_the_server_lives_on() {
    let world = World::new().await;
    let before = world.last_sequence().await;
    let mut request = enterprise(&crate::fixture::uscc(77));
    request.name = "鹤".repeat(3 * 1024 * 1024);
    let status = world.registry("officer", "", "li.na").register_enterprise(request).await.unwrap_err();
    assert!(matches!(status.code(), Code::OutOfRange | Code::ResourceExhausted), "{status}");
    assert_eq!(world.last_sequence().await, before);
}
