//! Trees and proofs against another implementation, the published vectors, and every wrong turn.
#![expect(clippy::arithmetic_side_effects, reason = "the numbers of these tests are small")]

use ct_merkle::digest::{FixedOutput, HashMarker, Output, OutputSizeUser, Update, consts::U32};
use ct_merkle::mem_backed_tree::MemoryBackedTree;

use super::proof::{consistency_ranges, inclusion_ranges, is_consistent, root_from_inclusion};
use super::subtrees::{Subtrees, TILE_LEAVES, Tiles};
use super::*;

/// The same SHA-256 under the newer `digest` traits that the other implementation asks for.
#[derive(Clone, Default)]
struct OracleSha256(Sha256);

impl HashMarker for OracleSha256 {}
impl OutputSizeUser for OracleSha256 {
    type OutputSize = U32;
}
impl Update for OracleSha256 {
    fn update(&mut self, data: &[u8]) {
        sha2::Digest::update(&mut self.0, data);
    }
}
impl FixedOutput for OracleSha256 {
    fn finalize_into(self, out: &mut Output<Self>) {
        out.copy_from_slice(&sha2::Digest::finalize(self.0));
    }
}

#[test]
fn roots_agree_with_another_implementation() {
    let mut tree = Tree::EMPTY;
    let mut oracle = MemoryBackedTree::<OracleSha256, Vec<u8>>::new();
    for size in 0..=300_usize {
        assert_eq!(tree.root().as_bytes(), oracle.root().as_bytes().as_slice(), "tree of {size}");
        assert_eq!(tree.size(), oracle.len());
        let leaf = vec![0xa5; size.wrapping_mul(7) % 67];
        tree.append(&leaf);
        oracle.push(leaf);
    }
}

/// The eight leaves and roots that Google's certificate-transparency tests published, used by most implementations.
#[test]
fn roots_are_the_published_ones() {
    let cases = [
        ("", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        ("00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
        ("10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
        ("2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
        ("3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
        ("40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
        ("5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
        ("606162636465666768696a6b6c6d6e6f", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
    ];
    let mut tree = Tree::EMPTY;
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(tree.root().to_string(), empty);
    for (leaf, root) in cases {
        tree.append(&hex::decode(leaf).unwrap());
        assert_eq!(tree.root().to_string(), root, "after leaf `{leaf}`");
    }
}

#[test]
fn append_returns_the_leaf_hash() {
    let mut tree = Tree::EMPTY;
    assert_eq!(tree.append(b"one"), Hash::leaf(b"one"));
    assert_eq!(tree.root(), Hash::leaf(b"one"));
    assert_ne!(Hash::leaf(b"one"), Hash::of([b"one".as_slice()]), "a leaf is hashed under its prefix");
}

#[test]
fn a_tree_comes_back_from_its_peaks() {
    let mut tree = Tree::EMPTY;
    for number in 0..11_u8 {
        tree.append(&[number]);
    }
    let mut restored = Tree::from_peaks(tree.size(), tree.peaks().to_vec()).unwrap();
    assert_eq!(restored, tree);
    assert_eq!(restored.append(b"next"), tree.append(b"next"));
    assert_eq!(restored.root(), tree.root());
    assert_eq!(Tree::from_peaks(7, tree.peaks().to_vec()), None);
}

/// A tree with what its proofs are made of, as the reader keeps it: the leaf hashes of full tiles are elsewhere.
struct Forest {
    leaves: Vec<Hash>,
    subtrees: Subtrees,
}

impl Forest {
    fn new(leaves: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let mut forest = Self { leaves: Vec::new(), subtrees: Subtrees::default() };
        leaves.into_iter().for_each(|leaf| forest.push(&leaf));
        forest
    }

    fn push(&mut self, leaf: &[u8]) {
        self.leaves.push(Hash::leaf(leaf));
        self.subtrees.append(Hash::leaf(leaf));
    }

    fn tiles(&self, ranges: &[std::ops::Range<u64>]) -> Tiles {
        let wanted = self.subtrees.tiles_wanted(ranges);
        assert!(wanted.len() <= 2, "{wanted:?} for {ranges:?}");
        let leaves = |tile: u64| usize::try_from(tile * TILE_LEAVES).unwrap();
        wanted.into_iter().map(|tile| (tile, self.leaves[leaves(tile)..leaves(tile + 1)].to_vec())).collect()
    }

    fn roots(&self, ranges: &[std::ops::Range<u64>]) -> Vec<Hash> {
        self.subtrees.roots(ranges, &self.tiles(ranges)).unwrap()
    }

    fn inclusion(&self, index: u64, size: u64) -> Vec<Hash> {
        self.roots(&inclusion_ranges(index, size).unwrap())
    }

    fn consistency(&self, first: u64, second: u64) -> Vec<Hash> {
        self.roots(&consistency_ranges(first, second).unwrap())
    }

    fn root_at(&self, size: u64) -> Hash {
        let whole = 0..size;
        self.subtrees.root_at(size, &self.tiles(std::slice::from_ref(&whole))).unwrap()
    }
}

fn bytes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

/// Every tree up to this size is checked.
const SIZES: u64 = 300;

/// Whether this leaf of a tree, or this earlier size, is checked: in trees of up to 70 every one, which is more than a
/// tile; in larger ones every seventh, at other places from size to size.
fn is_checked(place: u64, size: u64) -> bool {
    size <= 70 || (place + size).is_multiple_of(7) || place + 1 == size
}

#[test]
fn proofs_agree_with_another_implementation() {
    let leaf = |number: u64| number.to_be_bytes().to_vec();
    let forest = Forest::new((0..SIZES).map(leaf));
    let mut oracle = MemoryBackedTree::<OracleSha256, Vec<u8>>::new();
    let roots: Vec<(u64, Hash)> = (0..=SIZES).map(|size| (size, forest.root_at(size))).collect();
    for (size, root_here) in roots.iter().copied().skip(1) {
        oracle.push(leaf(size - 1));
        let root = Hash(oracle.root().as_bytes().as_slice().try_into().unwrap());
        assert_eq!(root_here, root, "tree of {size}");
        for index in (0..size).filter(|index| is_checked(*index, size)) {
            let path = forest.inclusion(index, size);
            let theirs = oracle.prove_inclusion(usize::try_from(index).unwrap());
            assert_eq!(bytes(&path), theirs.as_bytes(), "leaf {index} of {size}");
            let climbed = root_from_inclusion(Hash::leaf(&leaf(index)), index, size, &path);
            assert_eq!(climbed, Some(root), "leaf {index} of {size}");
        }
        for before in roots.iter().copied().skip(1).filter(|(before, _)| *before < size && is_checked(*before, size)) {
            let first = before.0;
            let proof = forest.consistency(first, size);
            let theirs = oracle.prove_consistency(usize::try_from(size - first).unwrap());
            assert_eq!(bytes(&proof), theirs.as_bytes(), "{first} to {size}");
            assert!(is_consistent(before, (size, root), &proof), "{first} to {size}");
        }
    }
}

#[test]
fn proofs_of_a_growing_tree_are_those_of_the_whole() {
    let leaf = |number: u64| number.to_be_bytes().to_vec();
    let whole = Forest::new((0..200).map(leaf));
    let mut growing = Forest::new([]);
    for size in 1..=200 {
        growing.push(&leaf(size - 1));
        assert_eq!(growing.root_at(size), whole.root_at(size));
        for index in [0, size >> 1, size - 1] {
            assert_eq!(growing.inclusion(index, size), whole.inclusion(index, size), "leaf {index} of {size}");
        }
    }
}

#[test]
fn the_root_is_that_of_the_plain_tree() {
    let (mut forest, mut tree) = (Forest::new([]), Tree::EMPTY);
    for size in 0..=5_000_u64 {
        assert_eq!(forest.root_at(size), tree.root(), "tree of {size}");
        tree.append(&size.to_le_bytes());
        forest.push(&size.to_le_bytes());
    }
    assert_eq!(forest.root_at(0), Hash::of([]));
}

/// The proofs that Google's certificate-transparency tests published for the eight leaves above.
#[test]
fn proofs_are_the_published_ones() {
    let leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    let forest = Forest::new(leaves.map(|leaf| hex::decode(leaf).unwrap()));
    let hexes = |hashes: Vec<Hash>| hashes.iter().map(ToString::to_string).collect::<Vec<_>>();
    let first_pair = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125";
    let leaf_1 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
    let pair_2 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
    let right_half = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";
    let leaf_4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
    let last_pair = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
    let left_half = "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7";
    let pair_4 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";
    let leaf_0 = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
    assert_eq!(hexes(forest.inclusion(0, 1)), Vec::<String>::new());
    assert_eq!(hexes(forest.inclusion(0, 8)), [leaf_1, pair_2, right_half]);
    assert_eq!(hexes(forest.inclusion(5, 8)), [leaf_4, last_pair, left_half]);
    assert_eq!(hexes(forest.inclusion(2, 3)), [first_pair]);
    assert_eq!(hexes(forest.inclusion(1, 5)), [leaf_0, pair_2, leaf_4]);
    assert_eq!(hexes(forest.consistency(1, 1)), Vec::<String>::new());
    assert_eq!(hexes(forest.consistency(1, 8)), [leaf_1, pair_2, right_half]);
    assert_eq!(hexes(forest.consistency(6, 8)), [pair_4, last_pair, left_half]);
    assert_eq!(hexes(forest.consistency(2, 5)), [pair_2, leaf_4]);
}

#[test]
fn a_wrong_path_leads_to_another_root() {
    let forest = Forest::new((0..70_u8).map(|number| vec![number]));
    let (leaf, root) = (Hash::leaf(&[41]), forest.root_at(70));
    let path = forest.inclusion(41, 70);
    assert_eq!(root_from_inclusion(leaf, 41, 70, &path), Some(root));
    for place in 0..path.len() {
        let mut wrong = path.clone();
        wrong[place].0[7] ^= 0x10;
        assert_ne!(root_from_inclusion(leaf, 41, 70, &wrong), Some(root), "hash {place} changed");
        let mut shorter = path.clone();
        shorter.remove(place);
        assert_eq!(root_from_inclusion(leaf, 41, 70, &shorter), None);
    }
    for index in (0..70).filter(|index| *index != 41) {
        assert_ne!(root_from_inclusion(leaf, index, 70, &path), Some(root), "at place {index}");
    }
    assert_ne!(root_from_inclusion(Hash::leaf(&[42]), 41, 70, &path), Some(root), "another record");
    assert_eq!(root_from_inclusion(leaf, 70, 70, &path), None);
    assert_eq!(root_from_inclusion(leaf, 41, 0, &path), None);
    assert_eq!(root_from_inclusion(leaf, u64::MAX - 1, u64::MAX, &path), None);
}

#[test]
fn a_fork_is_not_consistent() {
    let history = |fork: u8, size: u8| {
        Forest::new((0..size).map(move |number| if number < 20 { vec![number] } else { vec![fork, number] }))
    };
    let (ours, theirs) = (history(1, 90), history(2, 90));
    for kept in 21..=70 {
        let kept_root = ours.root_at(kept);
        assert!(is_consistent((kept, kept_root), (90, ours.root_at(90)), &ours.consistency(kept, 90)));
        let proofs = [ours.consistency(kept, 90), theirs.consistency(kept, 90), Vec::new()];
        for proof in proofs {
            assert!(!is_consistent((kept, kept_root), (90, theirs.root_at(90)), &proof), "kept {kept}");
        }
    }
    let common = (20, ours.root_at(20));
    assert!(is_consistent(common, (90, theirs.root_at(90)), &theirs.consistency(20, 90)), "before the fork");
}

#[test]
fn wrong_consistency_proofs_are_refused() {
    let forest = Forest::new((0..70_u8).map(|number| vec![number]));
    let root = |size| (size, forest.root_at(size));
    for first in 1..70 {
        let proof = forest.consistency(first, 70);
        assert!(is_consistent(root(first), root(70), &proof));
        for place in 0..proof.len() {
            let mut wrong = proof.clone();
            wrong[place].0[31] ^= 1;
            assert!(!is_consistent(root(first), root(70), &wrong), "hash {place} of {first} changed");
            let mut shorter = proof.clone();
            shorter.remove(place);
            assert!(!is_consistent(root(first), root(70), &shorter));
        }
        assert!(!is_consistent((first, Hash::ZERO), root(70), &proof));
        assert!(!is_consistent(root(first), (70, Hash::ZERO), &proof));
        assert!(!is_consistent(root(70), root(first), &proof), "backwards");
    }
    assert!(is_consistent(root(0), root(70), &[]), "everything begins with nothing");
    assert!(!is_consistent((0, Hash::ZERO), root(70), &[]));
    assert!(is_consistent(root(70), root(70), &[]));
    assert!(!is_consistent(root(70), (70, Hash::ZERO), &[]));
}

#[test]
fn no_proof_reaches_beyond_the_tree() {
    let forest = Forest::new((0..70_u8).map(|number| vec![number]));
    assert_eq!(inclusion_ranges(5, 5), None);
    assert_eq!(consistency_ranges(6, 5), None);
    let beyond = inclusion_ranges(3, 71).unwrap();
    assert_eq!(forest.subtrees.roots(&beyond, &forest.tiles(&beyond)), None);
    assert_eq!(forest.subtrees.root_at(71, &Tiles::new()), None);
    let missing = inclusion_ranges(3, 70).unwrap();
    assert_eq!(forest.subtrees.roots(&missing, &Tiles::new()), None, "its tile was not given");
}
