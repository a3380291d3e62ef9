//! Proofs (证明) about the tree, as RFC 6962 section 2.1 and RFC 9162 section 2.1.3 and 2.1.4 have them: that a record is
//! in the journal (inclusion), and that the journal only grew (consistency).
//!
//! Making a proof has two halves. [`inclusion_ranges`] and [`consistency_ranges`] say which subtrees the proof consists
//! of, as ranges of leaves, without knowing a hash; [`super::subtrees::Subtrees`] gives their roots. Checking one needs
//! the hashes in the proof and nothing else: a bank can do it without the ledger.

use std::ops::Range;

use super::Hash;

/// The subtrees whose roots prove that leaf `index` is in the tree of `size` leaves, from the leaf upwards. Empty for
/// a tree of one leaf, `None` when the tree has no such leaf.
pub fn inclusion_ranges(index: u64, size: u64) -> Option<Vec<Range<u64>>> {
    if index >= size {
        return None;
    }
    let (mut ranges, mut node) = (Vec::new(), 0..size);
    while let Some(middle) = split(&node) {
        // From the root down to the leaf: keep the half in which the leaf is, note the other.
        let (left, right) = (node.start..middle, middle..node.end);
        let (kept, noted) = if index < middle { (left, right) } else { (right, left) };
        ranges.push(noted);
        node = kept;
    }
    ranges.reverse();
    Some(ranges)
}

/// The subtrees whose roots prove that the tree of `second` leaves begins with the tree of `first` leaves. Empty when
/// one of them is the empty tree or both are the same; `None` when the second is smaller than the first.
pub fn consistency_ranges(first: u64, second: u64) -> Option<Vec<Range<u64>>> {
    if first > second {
        return None;
    }
    if first == 0 || first == second {
        return Some(Vec::new());
    }
    let (mut ranges, mut node) = (Vec::new(), 0..second);
    while node.end != first {
        let Some(middle) = split(&node) else { break };
        let (left, right) = (node.start..middle, middle..node.end);
        let (kept, noted) = if first <= middle { (left, right) } else { (right, left) };
        ranges.push(noted);
        node = kept;
    }
    // The first tree itself is what whoever checks has already; a part of it is not.
    if node.start != 0 {
        ranges.push(node);
    }
    ranges.reverse();
    Some(ranges)
}

/// The root of the tree of `size` leaves that this leaf and path add up to; `None` when the path does not fit the size.
/// Whether it is the right root is for the caller to compare (RFC 9162, 2.1.3.2).
pub fn root_from_inclusion(leaf: Hash, index: u64, size: u64, path: &[Hash]) -> Option<Hash> {
    let ranges = inclusion_ranges(index, size)?;
    if ranges.len() != path.len() {
        return None;
    }
    let climb = |below: Hash, (range, other): (&Range<u64>, &Hash)| {
        if range.start > index { Hash::node(&below, other) } else { Hash::node(other, &below) }
    };
    Some(ranges.iter().zip(path).fold(leaf, climb))
}

/// Whether the proof shows that the tree of `second` leaves with root `second_root` begins with the tree of `first`
/// leaves with root `first_root` (RFC 9162, 2.1.4.2).
pub fn is_consistent(first: (u64, Hash), second: (u64, Hash), proof: &[Hash]) -> bool {
    let ((first_size, first_root), (second_size, second_root)) = (first, second);
    if first_size == 0 {
        // Every tree begins with the empty one.
        return proof.is_empty() && first_root == Hash::of([]);
    }
    let Some(ranges) = consistency_ranges(first_size, second_size).filter(|ranges| ranges.len() == proof.len()) else {
        return false;
    };
    let mut parts = ranges.iter().zip(proof).peekable();
    // Where the climb begins: the part of the first tree that the proof names, or the whole of it.
    let start = match parts.next_if(|(range, _)| range.end == first_size && range.start != 0) {
        Some((_, hash)) => *hash,
        None => first_root,
    };
    let (mut old, mut new) = (start, start);
    for (range, hash) in parts {
        if range.start >= first_size {
            new = Hash::node(&new, hash);
        } else {
            old = Hash::node(hash, &old);
            new = Hash::node(hash, &new);
        }
    }
    old == first_root && new == second_root
}

/// Where the tree over these leaves divides: after the largest power of two that is less than their number. `None` for
/// a single leaf.
fn split(node: &Range<u64>) -> Option<u64> {
    let last = node.end.checked_sub(node.start)?.checked_sub(2)?;
    // `last` is the count less two: one more than it is at least 1, and its highest bit is the power.
    let power = last.saturating_add(1).ilog2();
    Some(node.start.saturating_add(1_u64 << power))
}
