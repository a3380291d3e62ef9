//! Statements that were signed off.

use std::sync::Arc;

use super::{bank, day, pool};
use crate::book::event::Event;
use crate::book::reconciliation::{Class, Counts, StatementOf, StatementSignedOff};
use crate::identifier::Sequence;

/// A statement with a line in every class, and one in which nothing was.
pub(super) fn statements() -> Vec<Event> {
    let mut counts = Counts::default();
    for (count, class) in (1..).zip(Class::ALL) {
        counts.add(*class, count);
    }
    let full = StatementSignedOff {
        statement: StatementOf::Repayments(bank()),
        from: day("2026-03-01"),
        to: day("2026-03-31"),
        file_digest: [3; 32],
        file_name: "三月㐂.xlsx".to_owned(),
        tolerance_days: 3,
        compared_at: Sequence::new(400),
        comparison_digest: [4; 32],
        counts,
        matched: [7, 8, 300].map(Sequence::new).to_vec(),
        differing: vec![Sequence::new(9)],
        note: "银行次月更正".to_owned(),
    };
    let statement = |statement: StatementOf| StatementSignedOff { statement, ..full.clone() };
    let empty = StatementSignedOff {
        compared_at: Sequence::new(1),
        counts: Counts::default(),
        matched: Vec::new(),
        differing: Vec::new(),
        note: String::new(),
        ..statement(StatementOf::Treasury)
    };
    let all = [full.clone(), statement(StatementOf::Loans(bank())), statement(StatementOf::Pool(pool())), empty];
    all.map(|one| Event::StatementSignedOff(Arc::new(one))).to_vec()
}
