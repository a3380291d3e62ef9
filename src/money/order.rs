//! Amounts in order: the scale is always two, so whole fen are compared, several times faster than decimals of any scale.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use super::Amount;

impl PartialEq for Amount {
    fn eq(&self, other: &Self) -> bool {
        self.whole_fen() == other.whole_fen()
    }
}

impl Eq for Amount {}

impl PartialOrd for Amount {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Amount {
    fn cmp(&self, other: &Self) -> Ordering {
        self.whole_fen().cmp(&other.whole_fen())
    }
}

impl Hash for Amount {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.whole_fen().hash(state);
    }
}
