//! Receipts: what they prove, that no byte of them can be changed, and the golden file that other verifiers read too.
#![expect(clippy::arithmetic_side_effects, reason = "the numbers of these tests are small")]

use expect_test::expect_file;

use super::*;
use crate::evidence::checkpoint::Checkpoint;
use crate::evidence::key::Algorithm;
use crate::evidence::{Note, SigningKey};
use crate::journal::codec::encode;
use crate::journal::codec::samples::samples;
use crate::journal::merkle::proof::inclusion_ranges;
use crate::journal::merkle::subtrees::{Subtrees, TILE_LEAVES, Tiles};

fn ledger_key() -> SigningKey {
    SigningKey::of_seed("hebi.gov.cn/ip-pledge", Algorithm::Ed25519, [42; 32]).unwrap()
}

fn cosigner(name: &str, seed: u8) -> SigningKey {
    SigningKey::of_seed(name, Algorithm::Cosignature, [seed; 32]).unwrap()
}

/// The samples as a journal.
fn records() -> Vec<Vec<u8>> {
    samples().iter().map(encode).collect()
}

fn receipt(number: usize) -> Receipt {
    receipt_in(&records(), number)
}

/// The receipt of the record of this number in a journal of these.
fn receipt_in(records: &[Vec<u8>], number: usize) -> Receipt {
    let mut subtrees = Subtrees::default();
    let leaves: Vec<Hash> = records.iter().map(|record| Hash::leaf(record)).collect();
    for leaf in &leaves {
        subtrees.append(*leaf);
    }
    let tiles: Tiles = (0..).zip(leaves.chunks(usize::try_from(TILE_LEAVES).unwrap()).map(<[Hash]>::to_vec)).collect();
    let root = subtrees.root_at(subtrees.size(), &tiles).unwrap();
    let checkpoint = Checkpoint { origin: ledger_key().public().name().to_owned(), size: subtrees.size(), root };
    let mut note = Note::new(checkpoint.to_string()).unwrap();
    note.sign(&ledger_key(), 0);
    let signed = SignedCheckpoint { checkpoint, note };
    let sequence = Sequence::new(u64::try_from(number).unwrap());
    let ranges = inclusion_ranges(sequence.value() - 1, subtrees.size()).unwrap();
    let path = subtrees.roots(&ranges, &tiles).unwrap();
    Receipt::new(sequence, &records[number - 1], &path, &signed, ledger_key().public())
}

/// The sample with a Chinese name in it: an enterprise.
const GOLDEN: usize = 1;

#[test]
fn every_entry_has_a_receipt_that_proves_it() {
    for (index, record) in records().iter().enumerate() {
        let json = receipt(index + 1).to_json();
        let proven = Receipt::parse(&json).unwrap().verify(ledger_key().public(), &[]).unwrap();
        assert_eq!(proven.entry, decode(record).unwrap());
        assert!(json.len() < RECEIPT_BYTES_MAX);
    }
}

#[test]
fn no_byte_can_be_changed() {
    let json = receipt(GOLDEN).to_json();
    let (key, verify) = (ledger_key(), |text: &str, key: &SigningKey| Receipt::parse(text)?.verify(key.public(), &[]));
    verify(&json, &key).unwrap();
    for place in 0..json.len() {
        for bit in [1, 2, 4, 8, 16, 32, 64, 128] {
            let mut bytes = json.clone().into_bytes();
            bytes[place] ^= bit;
            let Ok(text) = String::from_utf8(bytes) else { continue };
            let Ok(proven) = verify(&text, &key) else { continue };
            // Only white space between the parts: nothing that anybody reads.
            let read = Receipt::parse(&text).unwrap();
            assert_eq!(read, receipt(GOLDEN), "byte {place}, bit {bit}: {proven:?}");
        }
    }
    for length in 0..json.len() - 1 {
        if let Some(text) = json.get(..length) {
            assert!(verify(text, &key).is_err(), "cut to {length} bytes");
        }
    }
}

fn refuted(change: impl FnOnce(&mut Receipt)) -> String {
    let mut changed = receipt(GOLDEN);
    change(&mut changed);
    changed.verify(ledger_key().public(), &[]).unwrap_err().to_string()
}

#[test]
fn what_is_wrong_is_named() {
    let of = |problem: String, expected: &str| assert!(problem.contains(expected), "{problem}");
    of(refuted(|one| one.version = 2), "its version is 2, this program reads 1");
    of(refuted(|one| one.kind = "receipt".into()), "kind is `receipt`");
    of(refuted(|one| one.algorithms.hash = "SM3".into()), "its algorithms are");
    of(refuted(|one| one.sequence += 1), "leaf_index is");
    of(refuted(|one| one.tree_size += 1), "tree_size is");
    of(refuted(|one| drop(one.inclusion_path.pop())), "which do not fit the tree");
    of(refuted(|one| one.inclusion_path.reverse()), "the root that record and path lead to");
    of(refuted(|one| one.record = receipt(GOLDEN + 1).record), "the root that record and path lead to");
    of(refuted(|one| one.key_id = "hebi+00000000".into()), "key_id is");
    of(refuted(|one| one.checkpoint = one.checkpoint.replace("hebi", "Hebi")), "it is of the ledger `Hebi.gov.cn");
    let moved = |one: &mut Receipt| {
        (one.sequence, one.leaf_index) = (one.sequence + 1, one.leaf_index + 1);
    };
    of(refuted(moved), "the root that record and path lead to");
}

#[test]
fn another_key_is_not_the_ledgers() {
    let other = SigningKey::of_seed("hebi.gov.cn/ip-pledge", Algorithm::Ed25519, [43; 32]).unwrap();
    let refuted = receipt(GOLDEN).verify(other.public(), &[]).unwrap_err();
    assert!(matches!(refuted, Refuted::NotSigned { .. }), "{refuted}");
}

#[test]
fn cosigners_are_told_with_the_time() {
    let (icbc, bureau) = (cosigner("icbc-hebi", 1), cosigner("市知识产权局", 2));
    let mut one = receipt(GOLDEN);
    let mut note = Note::parse(&one.checkpoint).unwrap();
    note.sign(&icbc, 1_772_337_600);
    one.checkpoint = note.to_string();
    let known = [icbc.public().clone(), bureau.public().clone()];
    let proven = one.verify(ledger_key().public(), &known).unwrap();
    let told: Vec<_> = proven.cosigners.iter().map(|signer| (signer.key.name(), signer.signed_at)).collect();
    assert_eq!(told, [("icbc-hebi", Some(1_772_337_600))]);
}

/// Also read by `tests/foreign/verify_receipt.py`.
#[test]
fn the_format_is_frozen() {
    // The first five only: new samples come after them.
    let golden = receipt_in(&records()[..5], GOLDEN).to_json();
    expect_file!["../../../tests/vectors/receipt.json"].assert_eq(&golden);
    expect_file!["../../../tests/vectors/receipt.pub"].assert_eq(&format!("{}\n", ledger_key().public()));
}
