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
    check(
        &officer.register_enterprise(request.clone()).await.unwrap_err(),
        &expect![[r#"
        InvalidArgument: a field is malformed or out of range: uscc: `91110000600037341N` has a wrong check character, expected `L`; check for a mistyped character
          reason INVALID_FIELD @ ipledger
          field uscc: `91110000600037341N` has a wrong check character, expected `L`; check for a mistyped character
          zh-CN: 字段格式或取值不正确：uscc：“91110000600037341N”校验码错误，应为 L，请核对是否有误填
    "#]],
    );
    request.uscc = "12345".into();
    request.name = String::new();
    request.size_class = 0;
    request.request_id = "42".into();
    check(
        &officer.register_enterprise(request).await.unwrap_err(),
        &expect![[r#"
        InvalidArgument: a field is malformed or out of range: request_id: `42` is not a request id; expected a UUID such as `6f0e4c9a-52d4-4d0b-9c57-0d6f1c8a7b21` (+3)
          reason INVALID_FIELD @ ipledger
          field request_id: `42` is not a request id; expected a UUID such as `6f0e4c9a-52d4-4d0b-9c57-0d6f1c8a7b21`
          field uscc: `12345` has 5 characters, a USCC has 18; copy it from the business licence
          field name: is empty; expected 1 to 200 characters
          field size_class: `0` is not a value of this field; expected one of SIZE_CLASS_MICRO, SIZE_CLASS_SMALL, SIZE_CLASS_MEDIUM, SIZE_CLASS_LARGE
          zh-CN: 字段格式或取值不正确：request_id：“42”不是有效的请求编号，应为 UUID，例如 6f0e4c9a-52d4-4d0b-9c57-0d6f1c8a7b21 (+3)
    "#]],
    );

    let mut bank = world.loans("bank", "icbc", "zhang.wei");
    let mut request = loan("icbc", "C-2", &world.borrower, "Y1");
    request.principal = "100.005".into();
    request.ip_part = "-1".into();
    request.annual_rate = "4.35%".into();
    request.matures_on = "2026/03/02".into();
    check(
        &bank.file_loan(request).await.unwrap_err(),
        &expect![[r#"
        InvalidArgument: a field is malformed or out of range: principal: `100.005` has more than two decimals; round it to the fen first (+3)
          reason INVALID_FIELD @ ipledger
          field principal: `100.005` has more than two decimals; round it to the fen first
          field ip_part: `-1` is negative; amounts are written without a sign, the kind of entry gives the direction
          field annual_rate: `4.35%` has a percent sign; write the ratio itself, such as `0.0435` for 4.35 %
          field matures_on: `2026/03/02` is not a date; write it as YYYY-MM-DD, such as `2026-03-05`
          zh-CN: 字段格式或取值不正确：principal：“100.005”的小数超过两位，请先精确到分 (+3)
    "#]],
    );

    let mut officer = world.subsidies("officer", "", "li.na");
    let mut request = valuation(&world.borrower, &world.loan, "1,000.00", 1);
    request.items[0].other_public_funding = "１０".into();
    check(
        &officer.apply_subsidy(request.clone()).await.unwrap_err(),
        &expect![[r#"
        InvalidArgument: a field is malformed or out of range: items[0].cost: `1,000.00` has thousands separators, spaces or full-width characters; write `1000.00` (+2)
          reason INVALID_FIELD @ ipledger
          field items[0].cost: `1,000.00` has thousands separators, spaces or full-width characters; write `1000.00`
          field items[0].other_public_funding: `１０` has thousands separators, spaces or full-width characters; write `10`
          field items[0].evidence.invoice.total: `1,000.00` has thousands separators, spaces or full-width characters; write `1000.00`
          zh-CN: 字段格式或取值不正确：items[0].cost：“1,000.00”含有千位分隔符、空格或全角字符，请写成 1000.00 (+2)
    "#]],
    );
    request.items.clear();
    check(
        &officer.apply_subsidy(request).await.unwrap_err(),
        &expect![[r#"
            InvalidArgument: a field is malformed or out of range: items: has 0 items; expected 1 to 100
              reason INVALID_FIELD @ ipledger
              field items: has 0 items; expected 1 to 100
              zh-CN: 字段格式或取值不正确：items：共 0 项；应为 1 至 100 项
        "#]],
    );

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
    check(
        &bank.record_principal_payment(payment.clone()).await.unwrap_err(),
        &expect![[r#"
            FailedPrecondition: a date is out of range: effective_date: `2025-03-02` is before the day of disbursement (2025-03-03); expected that day or later
              reason DATE_OUT_OF_RANGE @ ipledger
              precondition DATE_OUT_OF_RANGE effective_date: `2025-03-02` is before the day of disbursement (2025-03-03); expected that day or later
              zh-CN: 日期超出允许范围：effective_date：“2025-03-02”早于放款日（2025-03-03）；应为该日或之后
        "#]],
    );
    let too_much = v1::RecordPrincipalPaymentRequest {
        effective_date: DAY.into(),
        amount: "5000000.01".into(),
        ..payment.clone()
    };
    check(
        &bank.record_principal_payment(too_much).await.unwrap_err(),
        &expect![[r#"
            FailedPrecondition: the amount is more than there is: amount: `5000000.01` is more than the outstanding principal (5000000.00); expected at most 5000000.00
              reason AMOUNT_EXCEEDS @ ipledger
              precondition AMOUNT_EXCEEDS amount: `5000000.01` is more than the outstanding principal (5000000.00); expected at most 5000000.00
              zh-CN: 金额超出可用数额：amount：“5000000.01”超过未还本金（5000000.00）；应不超过 5000000.00
        "#]],
    );
    let unknown = v1::RecordPrincipalPaymentRequest { loan_id: "loan-999999".into(), ..payment };
    check(
        &bank.record_principal_payment(unknown).await.unwrap_err(),
        &expect![[r#"
            NotFound: the loan is unknown: loan_id: `loan-999999` is not a loan known here; expected an id that FileLoan returned
              reason LOAN_UNKNOWN @ ipledger
              zh-CN: 未找到该贷款：loan_id：未找到贷款“loan-999999”；应为备案时返回的编号
        "#]],
    );

    let cure = v1::MarkLoanCuredRequest {
        request_id: id(),
        effective_date: DAY.into(),
        loan_id: world.loan.clone(),
        ..Default::default()
    };
    check(
        &bank.mark_loan_cured(cure).await.unwrap_err(),
        &expect![[r#"
            FailedPrecondition: its state does not allow this: loan_id: `loan-9` is disbursed; expected overdue
              reason STATE_FORBIDS @ ipledger
              precondition STATE_FORBIDS loan_id: `loan-9` is disbursed; expected overdue
              zh-CN: 当前状态不允许此操作：loan_id：“loan-9”当前状态为“已放款”；应为逾期
        "#]],
    );
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

    let approve =
        v1::ApproveSubsidyRequest { request_id: id(), application_id: "application-7".into(), ..Default::default() };
    let mut officer = world.subsidies("officer", "", "li.na");
    check(
        &officer.approve_subsidy(approve).await.unwrap_err(),
        &expect![[r#"
            NotFound: the application is unknown: application_id: `application-7` is not an application known here; expected an id that ApplySubsidy returned
              reason APPLICATION_UNKNOWN @ ipledger
              zh-CN: 未找到该申请：application_id：未找到申请“application-7”；应为申请时返回的编号
        "#]],
    );
    assert_eq!(world.last_sequence().await, before, "a rejected request left a trace");
}

#[tokio::test]
async fn identity_and_permission_come_before_existence() {
    let world = World::new().await;
    let before = world.last_sequence().await;
    let mut nobody = v1::loan_service_client::LoanServiceClient::new(world.channel.clone());
    let get = v1::GetLoanRequest { loan_id: world.loan.clone() };
    check(
        &nobody.get_loan(get).await.unwrap_err(),
        &expect![[r#"
            Unauthenticated: the caller did not prove who it is: ipledger-dev-role: metadata `ipledger-dev-role` is missing or not a single text; expected bank, guarantor, insurer, enterprise, officer, finance, auditor, operator
              reason UNAUTHENTICATED @ ipledger
              zh-CN: 未能确认访问者身份：ipledger-dev-role：缺少元数据 ipledger-dev-role，或其值不唯一；应为 bank, guarantor, insurer, enterprise, officer, finance, auditor, operator
        "#]],
    );

    let settle = v1::SettleLoanRequest { request_id: id(), loan_id: "loan-999999".into(), ..Default::default() };
    let mut officer = world.loans("officer", "", "li.na");
    check(
        &officer.settle_loan(settle).await.unwrap_err(),
        &expect![[r#"
            PermissionDenied: the caller may not do this: role `officer` may not do this; expected bank
              reason PERMISSION_DENIED @ ipledger
              zh-CN: 无权进行此操作：角色“审核人员”无权进行此操作；应为银行
        "#]],
    );

    let mut bank = world.loans("bank", "icbc", "zhang.wei");
    let for_another = loan("abc", "C-3", &world.borrower, "Y1");
    check(
        &bank.file_loan(for_another).await.unwrap_err(),
        &expect![[r#"
            PermissionDenied: the caller may not do this: bank_id: `abc` is not the caller's institution; a bank acts for itself only
              reason PERMISSION_DENIED @ ipledger
              zh-CN: 无权进行此操作：bank_id：“abc”不是调用方机构；银行只能办理本机构业务
        "#]],
    );
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
