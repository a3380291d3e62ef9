//! A shelf does what an ordered map does, whatever of it is packed.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

type Value = (u32, String);

fn same(shelf: &Shelf<u16, Value>, model: &BTreeMap<u16, Value>) {
    assert_eq!((shelf.len(), shelf.is_empty()), (model.len(), model.is_empty()));
    assert!(shelf.keys().eq(model.keys()));
    assert!(shelf.values().map(Held::into_owned).eq(model.values().cloned()));
    let backwards: Vec<_> = shelf.iter().rev().map(|(key, value)| (*key, value.into_owned())).collect();
    assert!(backwards.into_iter().eq(model.iter().rev().map(|(key, value)| (*key, value.clone()))));
    assert_eq!(format!("{shelf:?}"), format!("{model:?}"));
}

fn value(number: u32) -> Value {
    (number, format!("text {number}"))
}

#[test]
fn only_what_was_changed_lately_lies_open() {
    let mut shelf: Shelf<u16, Value> = (0..100).map(|key| (key, value(u32::from(key)))).collect();
    let open = |shelf: &Shelf<u16, Value>| {
        shelf.slots.iter().filter(|(_, slot)| !slot.is_packed()).map(|(key, _)| *key).collect::<Vec<_>>()
    };
    assert_eq!(open(&shelf), (92..100).collect::<Vec<_>>());
    shelf.get_mut(&3).unwrap().0 = 1_000;
    assert_eq!(open(&shelf), [3].into_iter().chain(93..100).collect::<Vec<_>>());
    assert!(matches!(shelf.get(&3), Some(Held::Lent((1_000, _)))));
    assert!(matches!(shelf.get(&4), Some(Held::Unpacked(_))), "a look does not open it");
    for key in 10..18 {
        shelf.get_mut(&key).unwrap();
    }
    assert_eq!(open(&shelf), (10..18).collect::<Vec<_>>());
    assert_eq!(shelf.get(&3).unwrap().0, 1_000, "what was changed is what was packed");
    assert!(shelf.opened.len() <= OPEN_MAX);
}

#[test]
fn a_slot_has_two_words() {
    assert_eq!(size_of::<Slot<[u64; 100]>>(), 16);
}

proptest! {
    #[test]
    fn it_is_an_ordered_map(changes in prop::collection::vec((0_u16..60, any::<u32>(), 0_u8..10), 0..300)) {
        let (mut shelf, mut model) = (Shelf::new(), BTreeMap::new());
        for (key, number, what) in changes {
            if what == 0 {
                prop_assert_eq!(shelf.remove(&key), model.remove(&key));
            } else if what < 4 {
                let changed = shelf.get_mut(&key).map(|found: &mut Value| found.0 = number);
                prop_assert_eq!(changed, model.get_mut(&key).map(|found: &mut Value| found.0 = number));
            } else {
                shelf.insert(key, value(number));
                model.insert(key, value(number));
            }
        }
        same(&shelf, &model);
        for key in 0..61 {
            prop_assert_eq!(shelf.get(&key).map(Held::into_owned), model.get(&key).cloned());
            prop_assert_eq!(shelf.contains_key(&key), model.contains_key(&key));
        }
        prop_assert!(shelf.keys_in(7..40).eq(model.range(7..40).map(|(key, _)| key)));
        let bytes = postcard::to_stdvec(&shelf).unwrap();
        let read: Shelf<u16, Value> = postcard::from_bytes(&bytes).unwrap();
        same(&read, &model);
        prop_assert!(read.slots.values().all(Slot::is_packed) && read == shelf);
        prop_assert_eq!(postcard::to_stdvec(&read).unwrap(), bytes, "the same in a snapshot, open or packed");
        let copy = shelf.clone();
        same(&copy, &model);
    }
}
