//! The table `[approval]`.

use super::super::model::{Approval, ApprovalAct};
use super::errors::Problems;
use super::table::{Table, bilingual, code, list, parsed};
use super::{Known, named_clause};
use crate::money::Amount;

pub(super) fn approval(mut table: Table<'_, '_>, known: &Known, problems: &mut Problems<'_>) -> Option<Approval> {
    let second_above = table.required("second_above", problems, parsed(Amount::parse));
    let acts = table.optional("acts", problems, list(code(ApprovalAct::parse, ApprovalAct::ALL)));
    let reading = table.optional("reading", problems, bilingual);
    // A bureau's own rule of control stands in no published text, and then names no clause.
    let clause = if table.has("clause") {
        named_clause(&mut table, known, reading.is_some(), problems)
    } else {
        table.tolerate(&["clause"]);
        None
    };
    table.finish(problems);
    Some(Approval {
        second_above: second_above?,
        acts: acts.unwrap_or_else(|| ApprovalAct::ALL.to_vec()),
        clause,
        reading,
    })
}
