//! A map in chunks does what a B-tree does, and copies keep what they had.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// Small chunks, so that a few keys make many.
type Small = Chunked<u16, u32, 8>;

fn same(one: &Small, other: &BTreeMap<u16, u32>) {
    assert!(one.iter().eq(other.iter()));
    assert!(one.iter().rev().eq(other.iter().rev()));
    assert!(one.keys().eq(other.keys()) && one.values().eq(other.values()));
    assert_eq!((one.len(), one.is_empty()), (other.len(), other.is_empty()));
    assert_eq!(format!("{one:?}"), format!("{other:?}"));
    let bytes = postcard::to_stdvec(one).unwrap();
    assert_eq!(bytes, postcard::to_stdvec(other).unwrap(), "the same in a snapshot");
    assert_eq!(postcard::from_bytes::<Small>(&bytes).unwrap(), *one);
}

#[test]
fn chunks_are_full_when_keys_come_in_order() {
    let map: Small = (0..1_000).map(|key| (key, u32::from(key))).collect();
    assert_eq!(map.chunks.len(), 1_000_usize.div_ceil(8));
    assert!(map.chunks.values().rev().skip(1).all(|chunk| chunk.values.len() == 8));
    same(&map, &(0..1_000).map(|key| (key, u32::from(key))).collect());
}

proptest! {
    #[test]
    fn it_is_an_ordered_map(
        changes in prop::collection::vec((0_u16..300, any::<u32>(), 0_u8..10), 0..600),
        (from, to) in (0_u16..310, 0_u16..310),
    ) {
        let (mut one, mut other) = (Small::new(), BTreeMap::new());
        let mut copies = Vec::new();
        for (key, value, what) in changes {
            if what == 3 && copies.len() < 3 {
                copies.push((one.clone(), other.clone()));
            }
            if what == 0 {
                prop_assert_eq!(one.remove(&key), other.remove(&key));
            } else if what == 1 {
                prop_assert_eq!(one.get_mut(&key).map(|found| *found = value), other.get_mut(&key).map(|found| *found = value));
            } else {
                prop_assert_eq!(one.insert(key, value), other.insert(key, value));
            }
        }
        same(&one, &other);
        for (copy, model) in &copies {
            same(copy, model);
        }
        for key in 0..310 {
            prop_assert_eq!(one.get(&key), other.get(&key));
            prop_assert_eq!(one.contains_key(&key), other.contains_key(&key));
        }
        let (from, to) = (from.min(to), from.max(to));
        prop_assert!(one.range(from..to).eq(other.range(from..to)));
        prop_assert!(one.range(from..=to).eq(other.range(from..=to)));
        prop_assert!(one.range(..to).eq(other.range(..to)));
        let behind = (Bound::Excluded(from), Bound::Unbounded);
        prop_assert!(one.range(behind).eq(other.range(behind)));
    }
}
