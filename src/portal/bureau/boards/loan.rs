//! One loan (贷款) as its bank reported it, with its entries.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::statements::institutions;
use crate::identifier::LoanId;
use crate::portal::layout::{Frame, page};
use crate::portal::problem::Problem;
use crate::portal::visit::Clerk;
use crate::portal::{Portal, show, words};
use crate::proto::v1;

#[derive(Template)]
#[template(path = "bureau/boards/loan.html")]
struct Page {
    frame: Frame,
    state: &'static str,
    pairs: Vec<(&'static str, String)>,
}

pub(super) async fn show(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let l = member.visit.language;
    let loan_id = LoanId::parse(&id).map_err(|_wrong| Problem::NotFound)?.to_string();
    let loan = portal.ask(&member, v1::GetLoanRequest { loan_id }).await?.loan.ok_or(Problem::NotFound)?;
    let terms = loan.terms.clone().unwrap_or_default();
    let enterprise = v1::GetEnterpriseRequest { enterprise: terms.borrower.clone() };
    let borrower = portal.ask(&member, enterprise).await?.enterprise.unwrap_or_default().details.unwrap_or_default();
    let banks = institutions(&portal, &member).await?;
    let bank = banks.into_iter().find(|one| one.institution_id == terms.bank_id).map(|one| one.name);
    let day = |text: &str| show::day(l, text);
    let mut pairs = vec![
        (l.say("借款人", "Borrower"), borrower.name),
        (l.say("银行", "Bank"), bank.unwrap_or(terms.bank_id)),
        (l.say("合同编号", "Contract"), terms.contract_number),
        (l.say("贷款本金", "Principal"), show::yuan(&terms.principal)),
        (l.say("其中知识产权部分", "Of it IP part"), show::yuan(&terms.ip_part)),
        (l.say("已放款", "Drawn"), show::yuan(&loan.disbursed)),
        (l.say("已还本金", "Repaid"), show::yuan(&loan.principal_paid)),
        (l.say("余额", "Outstanding"), show::yuan(&loan.outstanding)),
        (l.say("已付利息", "Interest paid"), show::yuan(&loan.interest_paid)),
        (l.say("备案日", "Filed"), day(&loan.filed_on)),
        (l.say("放款日", "Disbursed"), day(&loan.disbursed_on)),
        (l.say("到期日", "Due"), day(&loan.matures_on)),
        (l.say("逾期起", "Overdue since"), day(&loan.overdue_since)),
        (l.say("终结日", "Ended"), day(&loan.ended_on)),
        (l.say("在保责任", "Exposure of the pool"), show::yuan(&loan.exposure)),
        (l.say("补偿申请", "Claim"), loan.claim_id.clone()),
    ];
    pairs.retain(|(_, value)| !value.is_empty());
    let title = format!("{} {id}", l.say("贷款", "Loan"));
    let frame = Frame::of(&member.visit, &title).under("reconciliation");
    Ok(page(&Page { frame, state: words::loan(l, loan.state()), pairs }))
}
