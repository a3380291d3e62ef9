//! A statement that was signed off.

use crate::book::reconciliation::{Class, Counts, StatementOf, StatementSignedOff};
use crate::identifier::Sequence;
use crate::proto::journal as wire;
use crate::proto::journal::statement_signed_off::ClassCount;

use super::super::CodecError;
use super::super::field::{Numbered as _, Stored, bytes, code, date, text};

impl Stored for StatementSignedOff {
    type Wire = wire::StatementSignedOff;

    fn store(&self) -> wire::StatementSignedOff {
        let count = |(class, count): (Class, u64)| ClassCount { class: class.number(), count };
        wire::StatementSignedOff {
            statement: self.statement.to_string(),
            from: self.from.epoch_days(),
            to: self.to.epoch_days(),
            file_digest: self.file_digest.to_vec(),
            file_name: self.file_name.clone(),
            tolerance_days: self.tolerance_days,
            compared_at: self.compared_at.value(),
            comparison_digest: self.comparison_digest.to_vec(),
            counts: self.counts.iter().map(count).collect(),
            matched: steps(&self.matched),
            differing: steps(&self.differing),
            note: self.note.clone(),
        }
    }

    fn load(wire: wire::StatementSignedOff) -> Result<Self, CodecError> {
        let mut counts = Counts::default();
        for ClassCount { class, count } in wire.counts {
            let class = code("StatementSignedOff.ClassCount.class", class)?;
            let count = usize::try_from(count).ok().filter(|count| *count > 0 && counts.of(class) == 0);
            let count = count.ok_or_else(|| {
                unexpected("StatementSignedOff.counts", &class, "expected each class once, and none empty")
            })?;
            counts.add(class, count);
        }
        Ok(Self {
            statement: text("StatementSignedOff.statement", &wire.statement, StatementOf::parse)?,
            from: date("StatementSignedOff.from", wire.from)?,
            to: date("StatementSignedOff.to", wire.to)?,
            file_digest: bytes("StatementSignedOff.file_digest", &wire.file_digest)?,
            file_name: wire.file_name,
            tolerance_days: wire.tolerance_days,
            compared_at: Sequence::new(wire.compared_at),
            comparison_digest: bytes("StatementSignedOff.comparison_digest", &wire.comparison_digest)?,
            counts,
            matched: sequences("StatementSignedOff.matched", &wire.matched)?,
            differing: sequences("StatementSignedOff.differing", &wire.differing)?,
            note: wire.note,
        })
    }
}

/// Ascending sequences as the first and the steps between them: most steps are one byte on disk.
fn steps(sequences: &[Sequence]) -> Vec<u64> {
    let mut before = 0;
    let step = |sequence: &Sequence| {
        let step = sequence.value().saturating_sub(before);
        before = sequence.value();
        step
    };
    sequences.iter().map(step).collect()
}

fn sequences(field: &'static str, steps: &[u64]) -> Result<Vec<Sequence>, CodecError> {
    let mut before = 0_u64;
    let mut found = Vec::with_capacity(steps.len());
    for step in steps {
        let next = before.checked_add(*step).filter(|_| *step > 0);
        before = next.ok_or_else(|| unexpected(field, step, "expected steps of 1 or more"))?;
        found.push(Sequence::new(before));
    }
    Ok(found)
}

fn unexpected(field: &'static str, value: &dyn std::fmt::Display, expected: &str) -> CodecError {
    CodecError::Unexpected { field, value: value.to_string(), expected: expected.to_owned() }
}
