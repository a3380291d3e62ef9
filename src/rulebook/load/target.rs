//! `[[target]]`: what the policy means to reach, and by when.

use super::errors::Problems;
use super::table::{Table, bilingual, code, date, parsed, whole};
use super::{Known, named_clause};
use crate::money::Amount;
use crate::rulebook::model::{Target, TargetMeasure, TargetValue};

pub(super) fn target(mut table: Table<'_, '_>, known: &mut Known, problems: &mut Problems<'_>) -> Option<Target> {
    known.count();
    let name = table.required("name", problems, bilingual);
    let reading = table.optional("reading", problems, bilingual);
    let clause = named_clause(&mut table, known, reading.is_some(), problems);
    let measure = table.required("measure", problems, code(TargetMeasure::parse, TargetMeasure::ALL));
    let count = table.optional("count", problems, whole(1..=u32::MAX)).map(TargetValue::Count);
    let amount = table.optional("amount", problems, parsed(Amount::parse)).map(TargetValue::Money);
    let from = table.required("from", problems, date);
    let by = table.required("by", problems, date);
    if let (Some(from), Some(by)) = (from, by)
        && by < from
    {
        problems.add(table.place("by"), format!("`by` {by} is before `from` {from}"), "correct one of the two days");
    }
    let value = measure.and_then(|measure| {
        let (wanted, key, other) =
            if measure.is_money() { (amount, "amount", "count") } else { (count, "count", "amount") };
        if wanted.is_none() && !table.has(key) || table.has(other) {
            let problem = format!("the measure `{measure}` is compared with `{key}`");
            problems.add(table.place(other), problem, format!("write `{key} = …`, and no `{other}`"));
        }
        wanted
    });
    table.finish(problems);
    Some(Target { name: name?, clause: clause?, reading, measure: measure?, value: value?, from: from?, by: by? })
}
