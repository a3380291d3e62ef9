//! Lists by page (AIP-158): a token is the key of the last item looked at, sealed for the caller (`guard::seal`).

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::Bound;

use crate::book::chunked::Chunked;
use crate::book::shelf::{Kept, Shelf};
use crate::identifier::Invalid;

use super::guard::{open_token, seal_token};
use super::parse::Violations;

/// The most items of a page.
pub const PAGE_ITEMS_MAX: usize = 1_000;

/// The items of a page when the request does not say.
pub const PAGE_ITEMS_DEFAULT: usize = 100;

/// The most items looked at for one page. The book is held while a page is filled, and writes wait for it.
pub const PAGE_SCAN_MAX: usize = 20_000;

/// Which page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PageRequest<K> {
    /// At most so many items.
    pub(super) size: usize,
    /// Only what comes after this key.
    pub(super) after: Option<K>,
}

impl<K> PageRequest<K> {
    /// Reads `page_size` and `page_token`.
    pub(super) fn read(
        violations: &mut Violations,
        size: i32,
        token: &str,
        parse: impl FnOnce(&str) -> Option<K>,
    ) -> Option<Self> {
        let size = page_size(violations, size);
        let after = violations.optional("page_token", token, |token| key_of(token, parse));
        Some(Self { size: size?, after: after? })
    }

    /// Whether the key is still to come.
    pub(super) fn is_ahead(&self, key: &K) -> bool
    where
        K: Ord,
    {
        self.after.as_ref().is_none_or(|after| key > after)
    }

    /// What is still to come of a map.
    pub(super) fn rest_of<'a, V>(&self, map: &'a BTreeMap<K, V>) -> impl Iterator<Item = (&'a K, &'a V)> + use<'a, K, V>
    where
        K: Ord + Clone,
    {
        let from = self.after.clone().map_or(Bound::Unbounded, Bound::Excluded);
        map.range((from, Bound::Unbounded))
    }

    /// The keys of a shelf that are still to come.
    pub(super) fn rest_of_shelf<'a, V>(&self, map: &'a Shelf<K, V>) -> impl Iterator<Item = &'a K> + use<'a, K, V>
    where
        K: Ord + Clone,
        V: Kept,
    {
        let from = self.after.clone().map_or(Bound::Unbounded, Bound::Excluded);
        map.keys_in((from, Bound::Unbounded))
    }

    /// The same of a map in chunks.
    pub(super) fn rest_of_chunked<'a, V>(
        &self,
        map: &'a Chunked<K, V>,
    ) -> impl Iterator<Item = (&'a K, &'a V)> + use<'a, K, V>
    where
        K: Ord + Clone,
        V: Clone,
    {
        let from = self.after.clone().map_or(Bound::Unbounded, Bound::Excluded);
        map.range((from, Bound::Unbounded))
    }

    /// What is still to come of a set.
    pub(super) fn rest_of_set<'a>(&self, set: &'a Chunked<K, ()>) -> impl Iterator<Item = &'a K> + use<'a, K>
    where
        K: Ord + Clone,
    {
        self.rest_of_chunked(set).map(|(key, ())| key)
    }

    /// What is still to come of a set, and of a sorted list; one of the two is empty.
    pub(super) fn rest_of_either<'a>(
        &self,
        set: &'a Chunked<K, ()>,
        sorted: &'a [K],
    ) -> impl Iterator<Item = &'a K> + use<'a, K>
    where
        K: Ord + Clone,
    {
        let from = sorted.partition_point(|key| !self.is_ahead(key));
        self.rest_of_set(set).chain(sorted.get(from..).unwrap_or_default())
    }

    /// Fills the page with what `show` lets through.
    pub(super) fn fill<I, T>(
        &self,
        candidates: impl Iterator<Item = I>,
        key: impl Fn(&I) -> String,
        mut show: impl FnMut(I) -> Option<T>,
    ) -> Page<T> {
        let mut page = Page { items: Vec::new(), next_page_token: String::new() };
        let mut last = None;
        for (scanned, candidate) in candidates.enumerate() {
            if page.items.len() >= self.size || scanned >= PAGE_SCAN_MAX {
                page.next_page_token = last.as_ref().map(token).unwrap_or_default();
                break;
            }
            last = Some(key(&candidate));
            page.items.extend(show(candidate));
        }
        page
    }
}

/// One page.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    pub(super) next_page_token: String,
}

/// The token that leads on from a key.
pub(super) fn token(key: &impl Display) -> String {
    seal_token(&key.to_string())
}

fn page_size(violations: &mut Violations, size: i32) -> Option<usize> {
    let known = usize::try_from(size).ok().filter(|size| *size <= PAGE_ITEMS_MAX);
    if known.is_none() {
        violations.add(
            "page_size",
            Invalid::new(
                format!("`{size}` is out of range; expected 1 to {PAGE_ITEMS_MAX}, or 0 for {PAGE_ITEMS_DEFAULT}"),
                format!("“{size}”超出范围；应为 1 至 {PAGE_ITEMS_MAX}，或 0（默认 {PAGE_ITEMS_DEFAULT}）"),
            ),
        );
    }
    known.map(|size| if size == 0 { PAGE_ITEMS_DEFAULT } else { size })
}

fn key_of<K>(token: &str, parse: impl FnOnce(&str) -> Option<K>) -> Result<K, Invalid> {
    open_token(token).and_then(|text| parse(&text)).ok_or_else(|| {
        Invalid::new(
            "is not a token of this list; pass on `next_page_token` unchanged, or leave it empty to begin again",
            "不是本列表的分页标记；请原样传回 next_page_token，或留空重新开始",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::parse::query;

    fn number(text: &str) -> Option<u32> {
        text.parse().ok()
    }

    fn read(size: i32, token: &str) -> Result<PageRequest<u32>, String> {
        query(|violations| PageRequest::read(violations, size, token, number))
            .map_err(|rejection| rejection.to_string())
    }

    #[test]
    fn pages_join_up_without_gap_or_overlap() {
        let map: BTreeMap<u32, u32> = (0..25).map(|key| (key, key)).collect();
        let (mut seen, mut token) = (Vec::new(), String::new());
        loop {
            let request = read(10, &token).unwrap();
            let candidates = request.rest_of(&map);
            let page = request.fill(candidates, |(key, _)| key.to_string(), |(key, _)| (key % 2 == 0).then_some(*key));
            seen.extend(page.items);
            token = page.next_page_token;
            if token.is_empty() {
                break;
            }
        }
        assert_eq!(seen, (0..25).filter(|key| key % 2 == 0).collect::<Vec<_>>());
    }

    #[test]
    fn a_page_that_ends_with_the_list_is_the_last() {
        let map: BTreeMap<u32, u32> = (0..10).map(|key| (key, key)).collect();
        let request = read(10, "").unwrap();
        let page = request.fill(request.rest_of(&map), |(key, _)| key.to_string(), |(key, _)| Some(*key));
        assert_eq!((page.items.len(), page.next_page_token.as_str()), (10, ""));
    }

    #[test]
    fn a_filter_that_matches_nothing_does_not_walk_the_whole_list() {
        let request = read(10, "").unwrap();
        let mut looked_at = 0;
        let page = request.fill(0..1_000_000_u32, ToString::to_string, |_| {
            looked_at += 1;
            None::<u32>
        });
        assert_eq!(looked_at, PAGE_SCAN_MAX);
        assert_eq!(read(10, &page.next_page_token).unwrap().after, Some(19_999));
    }

    #[test]
    fn size_and_token_are_checked() {
        assert_eq!(read(0, "").unwrap(), PageRequest { size: PAGE_ITEMS_DEFAULT, after: None });
        assert_eq!(read(1_000, &token(&7)).unwrap(), PageRequest { size: 1_000, after: Some(7) });
        expect_test::expect![[
            "a field is malformed or out of range: page_size: `1001` is out of range; expected 1 to 1000, or 0 for 100: page_token: is not a token of this list; pass on `next_page_token` unchanged, or leave it empty to begin again"
        ]]
        .assert_eq(&read(1_001, "zz").unwrap_err());
        assert!(read(-1, "").is_err());
        assert!(read(1, &token(&"seven")).is_err());
    }
}
