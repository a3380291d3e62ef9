//! The cost items of an application: what proves them, and what was used of it before.

use super::command::ApplySubsidy;
use super::rejection::{Reason, Rejection};
use super::running::Running;
use super::{Context, not_after, not_before, text};
use crate::book::nouns::{CostItem, EvidenceKey};
use crate::rulebook::terms::CostKind;

/// A cost item with its evidence checked: a recorded payment is completed from the ledger, an invoice must have the
/// total that it had before.
pub(super) fn checked_item(
    context: &Context<'_>,
    apply: &ApplySubsidy,
    index: usize,
    item: &CostItem,
    running: &Running<'_>,
) -> Result<CostItem, Rejection> {
    let field = |name: &str| format!("items[{index}].{name}");
    // The name of a field is made only for whoever is refused.
    if item.paid_on > context.day {
        not_after(&field("paid_on"), item.paid_on, context.day, text("the day of application", "申请日"))?;
    }
    match &item.evidence {
        EvidenceKey::InterestPayment(sequence) => {
            if item.item != CostKind::Interest {
                return Err(mismatch(
                    field("evidence"),
                    format!("a recorded interest payment proves interest only, not {}", item.item),
                    format!("利息支付记录只能证明利息，不能证明 {}", item.item),
                ));
            }
            interest_item(context, apply, index, item, sequence.value())
        }
        EvidenceKey::Document(number) => {
            if item.item != CostKind::Grant {
                return Err(mismatch(
                    field("evidence"),
                    format!("a document proves a lump sum only, not {}; expected `invoice`", item.item),
                    format!("文件只能作为定额奖补的凭据，不能证明 {}；应提供发票", item.item),
                ));
            }
            known_total(item, running, &field("evidence.document.amount"), &format!("document `{}`", number.as_str()))?;
            Ok(item.clone())
        }
        EvidenceKey::Invoice(number) => {
            if item.item == CostKind::Interest {
                return Err(mismatch(
                    field("evidence"),
                    "interest is proved by the payment that the bank recorded; expected `interest_payment_sequence`"
                        .to_owned(),
                    "利息须以银行登记的付息记录为凭据；应填写 interest_payment_sequence".to_owned(),
                ));
            }
            if context.book.red_letters.contains_key(number) {
                return Err(mismatch(
                    field("evidence.invoice.number"),
                    format!("`{number}` is a red-letter invoice; expected the invoice of a cost"),
                    format!("“{number}”为红字发票，不能作为费用凭据"),
                ));
            }
            let known = running.total_of(&item.evidence);
            if let Some(total) = known.filter(|total| *total != item.evidence_total) {
                return Err(mismatch(
                    field("evidence.invoice.total"),
                    format!("`{}` is not the total of invoice `{number}` as first used ({total})", item.evidence_total),
                    format!("“{}”与发票“{number}”首次使用时的金额（{total}）不一致", item.evidence_total),
                ));
            }
            Ok(item.clone())
        }
    }
}

/// What a document is good for is what was said of it first.
fn known_total(item: &CostItem, running: &Running<'_>, field: &str, what: &str) -> Result<(), Rejection> {
    let known = running.total_of(&item.evidence);
    let Some(total) = known.filter(|total| *total != item.evidence_total) else { return Ok(()) };
    Err(mismatch(
        field.to_owned(),
        format!("`{}` is not the amount of {what} as first used ({total})", item.evidence_total),
        format!("“{}”与该文件首次使用时的金额（{total}）不一致", item.evidence_total),
    ))
}

fn interest_item(
    context: &Context<'_>,
    apply: &ApplySubsidy,
    index: usize,
    item: &CostItem,
    sequence: u64,
) -> Result<CostItem, Rejection> {
    let field = format!("items[{index}].evidence.interest_payment_sequence");
    let evidence = context.book.evidence.get(&item.evidence);
    let loan = item.details.loan.or(apply.loan);
    let own = evidence.filter(|evidence| evidence.loan.is_some() && evidence.loan == loan);
    let Some(evidence) = own else {
        return Err(Rejection::new(
            Reason::EvidenceUnknown,
            field,
            format!("entry `{sequence}` is not an interest payment on the loan of this application"),
            format!("第{sequence}号分录不是本申请所涉贷款的付息记录"),
        ));
    };
    let paid_on = evidence.paid_on.unwrap_or(item.paid_on);
    if item.paid_on != paid_on {
        return Err(mismatch(
            format!("items[{index}].paid_on"),
            format!("`{}` is not the day that the bank recorded; expected {paid_on}", item.paid_on),
            format!("“{}”与银行登记的付息日不一致；应为 {paid_on}", item.paid_on),
        ));
    }
    not_before(&field, context.day, paid_on, text("the day of payment", "付息日"))?;
    Ok(CostItem { evidence_total: evidence.total, ..item.clone() })
}

fn mismatch(field: String, problem: String, problem_zh: String) -> Rejection {
    Rejection::new(Reason::EvidenceMismatch, field, problem, problem_zh)
}
