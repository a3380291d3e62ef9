//! Periods and reversals → answers.

use crate::book::event::{PeriodClosedOver, Reversed, Undone, YearClosed};
use crate::proto::v1;
use crate::proto::v1::reversed::Undone as Wire;

use super::event as details;

pub(super) fn closed_over(closed: &PeriodClosedOver) -> v1::PeriodClosedOver {
    v1::PeriodClosedOver {
        month: Some(details::month(closed.month)),
        open_items: closed.open_items,
        reason: closed.reason.clone(),
    }
}

pub(super) fn year_closed(closed: &YearClosed) -> v1::YearClosed {
    let lines = closed.lines.iter().map(|line| v1::YearEndLine {
        budget_line_id: line.line.to_string(),
        left: line.left.to_string(),
        carried: line.is_carried,
    });
    v1::YearClosed { year: details::year(closed.year), lines: lines.collect(), document: closed.document.clone() }
}

pub(super) fn reversed(reversed: &Reversed) -> v1::Reversed {
    v1::Reversed {
        sequence: reversed.entry.value(),
        reason: reversed.reason.clone(),
        undone: Some(undone(&reversed.undone)),
    }
}

fn undone(undone: &Undone) -> Wire {
    let step = |loan: &crate::identifier::LoanId, amount: crate::money::Amount, reference: &str, step: &str| {
        Wire::Loan(v1::ReversedLoanStep {
            loan_id: loan.to_string(),
            amount: amount.to_string(),
            reference: reference.to_owned(),
            step: step.to_owned(),
        })
    };
    match undone {
        Undone::PoolMoved(moved) => Wire::PoolMoved(details::pool_moved(moved)),
        Undone::BudgetChanged(change) => Wire::BudgetChanged(details::budget(change)),
        Undone::Disbursed(loan, amount) => step(loan, *amount, "", "disbursed"),
        Undone::InterestPaid(loan, paid) => step(loan, paid.amount, &paid.reference, "interest-paid"),
        Undone::PrincipalPaid { loan, amount, reference, .. } => step(loan, *amount, reference, "principal-paid"),
        Undone::SubsidyPaid(application) => Wire::ApplicationId(application.to_string()),
        Undone::ClaimPaid(claim) => Wire::ClaimId(claim.to_string()),
    }
}
