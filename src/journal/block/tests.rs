//! Blocks and their chain: round trip, golden bytes, limits, and that every flipped bit and every swap is found.

use super::*;

fn records(count: usize, bytes: usize) -> Vec<Vec<u8>> {
    (0..count).map(|number| vec![u8::try_from(number % 251).unwrap(); bytes]).collect()
}

fn two_blocks() -> (Block, Block, Head) {
    let (first, head) = Head::EMPTY.seal(vec![b"one".to_vec(), b"two".to_vec()]);
    let (second, head) = head.seal(vec![b"three".to_vec()]);
    (first, second, head)
}

#[test]
fn blocks_of_every_shape_come_back() {
    let shapes = [(1, 0), (1, 1), (1, 5_996), (1, 5_997), (2, 5_996), (1, RECORD_BYTES_MAX), (1_000, 300)];
    let mut head = Head::EMPTY;
    for (count, bytes) in shapes {
        let (block, next) = head.seal(records(count, bytes));
        let chunks = block.to_chunks();
        assert!(chunks.iter().all(|(_, value)| value.len() <= CHUNK_BYTES_MAX));
        assert!(chunks.is_sorted());
        let restored = Block::from_chunks(block.height(), &chunks).unwrap();
        assert_eq!(restored, block, "{count} records of {bytes} bytes");
        assert_eq!(head.check(&restored).unwrap(), next);
        assert_eq!(next.last_sequence, next.tree.size());
        assert_eq!(next.last_sequence, block.last_sequence());
        head = next;
    }
    assert_eq!(head.height, 7);
    assert_eq!(head.last_sequence, 1 + 1 + 1 + 1 + 2 + 1 + 1_000);
}

/// The bytes on disk: a change here breaks every journal that exists.
#[test]
fn the_stored_bytes_are_golden() {
    let (_, second, head) = two_blocks();
    let chunks: Vec<_> = second.to_chunks().iter().map(|(k, v)| (hex::encode(k), hex::encode(v))).collect();
    let expected = expect_test::expect![[r#"
        [
            (
                "00000000000000020000",
                "000000057468726565",
            ),
            (
                "00000000000000020001",
                "49504c420000000100000001000000010000000000000002000000000000000300000000000000090000000000000003e3e785532c4188136faf220af4f2527471caaa8c88018e66a7c936fb6d9366489a3514a2b1075cedb754e0efc2bc5517d2c9342a5fc8cb4958c58e43bfaa14415aac771c899ac292e74bf1afe2e6e302f8b55883b2d1bf197b46a6bea6dabca9",
            ),
        ]
    "#]];
    expected.assert_debug_eq(&chunks);
    expect_test::expect!["03c21ac5c8a6adc868423f2222f59351bee6c938d15eb2dc14d7ced04f20efb7"]
        .assert_eq(&head.block_hash.to_string());
}

#[test]
fn every_flipped_bit_is_found() {
    let (first, second, _) = two_blocks();
    let head = Head::EMPTY.check(&first).unwrap();
    let chunks = second.to_chunks();
    for part in 0..chunks.len() {
        for bit in 0..chunks[part].1.len() * 8 {
            let mut damaged = chunks.clone();
            damaged[part].1[bit >> 3] ^= 1 << (bit % 8);
            let outcome = Block::from_chunks(2, &damaged).and_then(|block| head.check(&block));
            assert!(outcome.is_err(), "bit {bit} of part {part}");
        }
    }
}

#[test]
fn missing_and_moved_chunks_are_found() {
    let (block, _) = Head::EMPTY.seal(records(100, 300));
    let chunks = block.to_chunks();
    assert!(chunks.len() > 3);
    for part in 0..chunks.len() {
        let mut missing = chunks.clone();
        missing.remove(part);
        assert!(Block::from_chunks(1, &missing).is_err(), "without part {part}");
        // The same values under dense keys, as if the gap had been closed.
        for (number, (key, _)) in missing.iter_mut().enumerate() {
            *key = chunk_key(1, u16::try_from(number).unwrap()).to_vec();
        }
        assert!(Block::from_chunks(1, &missing).is_err(), "closed up without part {part}");
    }
    let wrong_height = Block::from_chunks(2, &chunks).unwrap_err();
    assert_eq!((wrong_height.height, wrong_height.check), (2, BlockCheck::Key));
    let nothing: [(Vec<u8>, Vec<u8>); 0] = [];
    assert_eq!(Block::from_chunks(1, &nothing).unwrap_err().check, BlockCheck::Trailer);
}

#[test]
fn a_block_continues_one_journal_only() {
    let (first, second, head) = two_blocks();
    let after_first = Head::EMPTY.check(&first).unwrap();
    assert_eq!(after_first.check(&second).unwrap(), head);

    let skipped = Head::EMPTY.check(&second).unwrap_err();
    assert_eq!((skipped.height, skipped.check), (1, BlockCheck::Height));
    let repeated = head.check(&second).unwrap_err();
    assert_eq!((repeated.height, repeated.check), (3, BlockCheck::Height));

    let (_, other_branch) = Head::EMPTY.seal(vec![b"one".to_vec(), b"TWO".to_vec()]);
    let (foreign, _) = other_branch.seal(vec![b"three".to_vec()]);
    assert_eq!(after_first.check(&foreign).unwrap_err().check, BlockCheck::Previous);

    let (_, longer_branch) = Head::EMPTY.seal(vec![b"one".to_vec()]);
    let (foreign, _) = longer_branch.seal(vec![b"three".to_vec()]);
    assert_eq!(after_first.check(&foreign).unwrap_err().check, BlockCheck::FirstSequence);
}

/// Whoever rewrites a record and every hash inside the block still fails, at the tree.
#[test]
fn a_rewritten_block_fails_at_the_tree() {
    let (first, second, _) = two_blocks();
    let head = Head::EMPTY.check(&first).unwrap();
    let payload = [[0, 0, 0, 5].as_slice(), b"THREE".as_slice()];
    let trailer = Trailer { payload_hash: Hash::of(payload), ..*second.trailer() };
    let chunks = [(chunk_key(2, 0), payload.concat()), (chunk_key(2, 1), trailer.to_bytes().to_vec())];
    let forged = Block::from_chunks(2, &chunks).unwrap();
    let fault = head.check(&forged).unwrap_err();
    assert_eq!((fault.height, fault.check), (2, BlockCheck::TreeRoot));
    let text = fault.to_string();
    assert!(text.starts_with("block 2 is damaged: the tree root should be "), "{text}");
    assert!(text.contains(&second.trailer().tree_root.to_string()), "{text}");
}

#[test]
#[should_panic(expected = "a block has 1 to 21000 records, not 0")]
fn a_block_without_records_is_a_bug() {
    Head::EMPTY.seal(Vec::new());
}

#[test]
#[should_panic(expected = "over the limit of a block")]
fn a_block_over_the_limit_is_a_bug() {
    Head::EMPTY.seal(records(65, RECORD_BYTES_MAX));
}

#[test]
fn a_key_gives_its_height_back() {
    assert_eq!(height_of_key(&chunk_key(7, 3)), Some(7));
    assert_eq!(height_of_key(b"short"), None);
    assert_eq!(height_of_key(&[0; 11]), None);
}
