//! What moved an account, in the order of the journal: six bytes or so for each movement, and the balance after any of them
//! without adding up more than a stretch.

use std::sync::Arc;

use super::sequences::{put, take};
use crate::identifier::Sequence;
use crate::money::Amount;

/// How many movements a stretch has.
const STRETCH: usize = 128;

/// The balance of an account after each entry that moved it.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Movements {
    stretches: Vec<Arc<Stretch>>,
    /// After the last movement.
    balance: Amount,
    last: Option<Sequence>,
}

/// Movements one behind the other. A copy shares it until it grows.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Stretch {
    first: Sequence,
    /// Before the first of them.
    before: Amount,
    count: usize,
    /// The last one is not among the bytes: it may still be added to.
    last: (Sequence, Amount),
    /// Of each of the others the step from the sequence before, and the fen that it moved; see [`put`].
    bytes: Vec<u8>,
}

impl Stretch {
    /// Each entry with what it moved.
    fn iter(&self) -> impl Iterator<Item = (Sequence, Amount)> + use<'_> {
        let (mut rest, mut sequence) = (self.bytes.as_slice(), self.first.value());
        let mut others = self.count;
        std::iter::from_fn(move || {
            others = others.checked_sub(1)?;
            if others == 0 {
                return Some(self.last);
            }
            sequence = sequence.saturating_add(take(&mut rest)?);
            Some((Sequence::new(sequence), take_amount(&mut rest)?))
        })
    }

    /// The balance after the entry of this sequence.
    fn at(&self, sequence: Sequence) -> Amount {
        let moved = self.iter().take_while(|(moved, _)| *moved <= sequence);
        self.before.plus(Amount::total(moved.map(|(_, amount)| amount)))
    }
}

impl Movements {
    /// Adds what an entry moved: one that comes after all, or the last one again.
    pub(super) fn push(&mut self, sequence: Sequence, amount: Amount) {
        let before = self.balance;
        self.balance = before.plus(amount);
        match self.stretches.last_mut().map(Arc::make_mut) {
            // An entry may post to an account more than once; what counts is the whole entry.
            Some(stretch) if stretch.last.0 == sequence => stretch.last.1 = stretch.last.1.plus(amount),
            Some(stretch) if stretch.count < STRETCH => {
                let (moved, by) = std::mem::replace(&mut stretch.last, (sequence, amount));
                let from = self.last.unwrap_or(stretch.first);
                put(&mut stretch.bytes, moved.value().saturating_sub(from.value()));
                put_amount(&mut stretch.bytes, by);
                self.last = Some(moved);
                stretch.count = stretch.count.saturating_add(1);
            }
            Some(_) | None => {
                let last = (sequence, amount);
                self.stretches.reserve_exact((self.stretches.len() >> 3).max(1));
                self.stretches.push(Arc::new(Stretch { first: sequence, before, count: 1, last, bytes: Vec::new() }));
                self.last = None;
            }
        }
    }

    /// The balance now.
    pub(super) const fn balance(&self) -> Amount {
        self.balance
    }

    /// Whether anything had moved it when the entry of this sequence was recorded.
    pub(super) fn began_by(&self, sequence: Sequence) -> bool {
        self.stretches.first().is_some_and(|stretch| stretch.first <= sequence)
    }

    /// The balance after the entry of this sequence.
    pub(super) fn at(&self, sequence: Sequence) -> Amount {
        let after = self.stretches.partition_point(|stretch| stretch.first <= sequence);
        let last = after.checked_sub(1).and_then(|place| self.stretches.get(place));
        last.map_or(Amount::ZERO, |stretch| stretch.at(sequence))
    }

    /// Each entry from this sequence on with what it moved and the balance after it.
    pub(super) fn from(&self, from: Sequence) -> impl Iterator<Item = (Sequence, Amount, Amount)> + use<'_> {
        let after = self.stretches.partition_point(|stretch| stretch.first <= from);
        let stretches = self.stretches.get(after.saturating_sub(1)..).unwrap_or_default();
        let mut balance = stretches.first().map_or(Amount::ZERO, |stretch| stretch.before);
        let all = stretches.iter().flat_map(|stretch| stretch.iter());
        let balanced = all.map(move |(sequence, amount)| {
            balance = balance.plus(amount);
            (sequence, amount, balance)
        });
        balanced.skip_while(move |(sequence, ..)| *sequence < from)
    }
}

/// Whole fen, the sign in the lowest bit; what does not fit comes in two halves.
fn put_amount(bytes: &mut Vec<u8>, amount: Amount) {
    let fen = i128::from(amount);
    let zigzag = (fen.unsigned_abs() << 1) | u128::from(fen < 0);
    let (low, high) = (zigzag & u128::from(u64::MAX >> 1), zigzag >> 63);
    // The lowest bit says whether another half follows.
    let low = u64::try_from(low).unwrap_or(u64::MAX >> 1);
    put(bytes, (low << 1) | u64::from(high > 0));
    if high > 0 {
        put(bytes, u64::try_from(high).unwrap_or(u64::MAX));
    }
}

fn take_amount(bytes: &mut &[u8]) -> Option<Amount> {
    let first = take(bytes)?;
    let high = if first & 1 == 1 { take(bytes)? } else { 0 };
    let zigzag = u128::from(first >> 1) | (u128::from(high) << 63);
    let fen = i128::try_from(zigzag >> 1).ok()?;
    let fen = if zigzag & 1 == 1 { fen.checked_neg()? } else { fen };
    Amount::try_from(fen).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_the_list_of_balances(
            moves in prop::collection::vec((0_u64..3, prop_oneof![-9_000_i64..9_000, any::<i64>()]), 0..400),
            asked in 0_u64..800,
        ) {
            let (mut movements, mut model) = (Movements::default(), Vec::<(Sequence, Amount, Amount)>::new());
            let (mut at, mut copies) = (1_u64, Vec::new());
            for (step, fen) in moves {
                at = at.saturating_add(step);
                let (sequence, amount) = (Sequence::new(at), Amount::from_fen(fen));
                movements.push(sequence, amount);
                let balance = model.last().map_or(Amount::ZERO, |(.., balance)| *balance).plus(amount);
                match model.last_mut() {
                    Some(last) if last.0 == sequence => *last = (sequence, last.1.plus(amount), balance),
                    Some(_) | None => model.push((sequence, amount, balance)),
                }
                if fen % 50 == 0 {
                    copies.push((movements.clone(), model.clone()));
                }
            }
            copies.push((movements.clone(), model));
            let read: Movements = postcard::from_bytes(&postcard::to_stdvec(&movements).unwrap()).unwrap();
            prop_assert_eq!(&read, &movements);
            for (movements, model) in copies {
                prop_assert_eq!(movements.from(Sequence::new(0)).collect::<Vec<_>>(), model.clone());
                let asked = Sequence::new(asked);
                let from: Vec<_> = model.iter().copied().filter(|(sequence, ..)| *sequence >= asked).collect();
                prop_assert_eq!(movements.from(asked).collect::<Vec<_>>(), from);
                let last = model.iter().rev().find(|(sequence, ..)| *sequence <= asked);
                prop_assert_eq!(movements.at(asked), last.map_or(Amount::ZERO, |(.., balance)| *balance));
                prop_assert_eq!(movements.began_by(asked), last.is_some());
                prop_assert_eq!(movements.balance(), model.last().map_or(Amount::ZERO, |(.., balance)| *balance));
            }
        }
    }

    #[test]
    fn amounts_of_any_size_are_kept() {
        for fen in
            [0, 1, -1, 63, -64, i128::from(i64::MAX), i128::from(i64::MIN), 9_999_999_999_999_999_999_999_999_999]
        {
            let (mut bytes, amount) = (Vec::new(), Amount::try_from(fen).unwrap());
            put_amount(&mut bytes, amount);
            let mut rest = bytes.as_slice();
            assert_eq!(take_amount(&mut rest), Some(amount));
            assert!(rest.is_empty());
        }
    }
}
