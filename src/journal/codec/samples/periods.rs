//! Periods and reversals.

use super::{budget_line, day, pool, year};
use crate::book::event::{
    BudgetChange, Event, InterestPaid, PeriodClosedOver, PoolMoved, PoolMovement, Reversed, Undone, YearClosed,
    YearEndLine,
};
use crate::book::nouns::Month;
use crate::identifier::{ApplicationId, ClaimId, LoanId, Sequence};
use crate::money::Amount;

/// One of each event, and of each thing that a reversal undoes.
pub(super) fn periods() -> Vec<Event> {
    let month = Month { year: year(), month: 2 };
    let reversed =
        |undone| Event::Reversed(Reversed { entry: Sequence::new(44), reason: "重复登记".to_owned(), undone });
    let loan = LoanId::new(33);
    let line = YearEndLine { line: budget_line(), left: Amount::from_fen(1), is_carried: true };
    let moved = PoolMoved {
        pool: pool(),
        movement: PoolMovement::Interest,
        amount: Amount::from_yuan(10),
        reference: "POOL-0002".to_owned(),
    };
    let change = BudgetChange {
        line: budget_line(),
        year: year(),
        amount: Amount::from_fen(-1),
        document: "鹤财预〔2026〕13号".to_owned(),
    };
    let paid = InterestPaid {
        amount: Amount::from_yuan(100),
        period_from: day("2026-01-01"),
        period_to: day("2026-01-31"),
        reference: "INT-0001".to_owned(),
    };
    let repaid = Undone::PrincipalPaid {
        loan,
        amount: Amount::from_yuan(100),
        reference: "PRI-0001".to_owned(),
        exposure: Amount::from_yuan(50),
    };
    vec![
        Event::PeriodClosedOver(PeriodClosedOver { month, open_items: 3, reason: "年终结账".to_owned() }),
        Event::YearClosed(YearClosed {
            year: year(), lines: vec![line], document: "鹤财预〔2027〕1号".to_owned()
        }),
        reversed(Undone::PoolMoved(moved)),
        reversed(Undone::BudgetChanged(change)),
        reversed(Undone::Disbursed(loan, Amount::from_yuan(100))),
        reversed(Undone::InterestPaid(loan, paid)),
        reversed(repaid),
        reversed(Undone::SubsidyPaid(ApplicationId::new(45))),
        reversed(Undone::ClaimPaid(ClaimId::new(46))),
    ]
}
