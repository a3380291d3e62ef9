//! A list of sequences that only grows, in two or three bytes for each.

use std::fmt;

use crate::identifier::Sequence;

/// Ascending sequences: the first, and the steps from each to the next, seven bits in a byte, the lowest first, with the
/// eighth set in all but the last byte of a step (LEB128).
#[derive(Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Sequences {
    last: u64,
    steps: Vec<u8>,
}

impl Sequences {
    /// Adds one that is larger than all; no other is added.
    pub(super) fn push(&mut self, sequence: Sequence) {
        let Some(step) = sequence.value().checked_sub(self.last).filter(|step| *step > 0) else { return };
        put(&mut self.steps, step);
        self.last = sequence.value();
    }

    /// All of them, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = Sequence> + use<'_> {
        let (mut rest, mut sum) = (self.steps.as_slice(), 0_u64);
        std::iter::from_fn(move || {
            sum = sum.saturating_add(take(&mut rest)?);
            Some(Sequence::new(sum))
        })
    }
}

impl fmt::Debug for Sequences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// The room that a list has beyond its end, at least, when it grows: most lists have a handful, a few have very many.
const ROOM_BYTES: usize = 4;

/// Puts a number at the end: seven bits in a byte, the lowest first.
pub(super) fn put(bytes: &mut Vec<u8>, mut number: u64) {
    loop {
        if bytes.len() == bytes.capacity() {
            bytes.reserve_exact((bytes.len() >> 3).max(ROOM_BYTES));
        }
        let low = u8::try_from(number & 0x7f).unwrap_or(0);
        number >>= 7;
        if number == 0 {
            return bytes.push(low);
        }
        bytes.push(low | 0x80);
    }
}

/// Takes the number at the beginning; `None` at the end.
pub(super) fn take(bytes: &mut &[u8]) -> Option<u64> {
    let (mut number, mut shift) = (0_u64, 0_u32);
    loop {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
        if byte & 0x80 == 0 {
            return Some(number);
        }
        shift = shift.saturating_add(7);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_put_in_comes_out(steps in prop::collection::vec(prop_oneof![0_u64..300, any::<u64>()], 0..50)) {
            let (mut list, mut model, mut last) = (Sequences::default(), Vec::new(), 0_u64);
            for step in steps {
                let next = last.saturating_add(step);
                list.push(Sequence::new(next));
                if next > last {
                    model.push(Sequence::new(next));
                    last = next;
                }
            }
            prop_assert_eq!(list.iter().collect::<Vec<_>>(), model.clone());
            prop_assert_eq!(format!("{list:?}"), format!("{model:?}"));
            let read: Sequences = postcard::from_bytes(&postcard::to_stdvec(&list).unwrap()).unwrap();
            prop_assert_eq!(read, list);
        }
    }

    #[test]
    fn a_handful_takes_a_handful_of_bytes() {
        let mut list = Sequences::default();
        for sequence in [30_000_000, 30_000_100, 30_090_000] {
            list.push(Sequence::new(sequence));
        }
        assert_eq!(list.steps.len(), 4 + 1 + 3);
        assert_eq!(size_of::<Sequences>(), 32);
    }
}
