//! Checkpoints (检查点): how large the journal is and what its Merkle root is, signed; C2SP `tlog-checkpoint`.
//!
//! ```text
//! hebi.gov.cn/ip-pledge                            the ledger's name
//! 42                                               how many entries
//! CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=     the root, SHA-256, in base64
//! ```
//!
//! Whoever keeps one can be shown later that the journal of that day is the beginning of today's; two histories after it
//! cannot both be shown.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Note, PublicKey, Refuted};
use crate::journal::merkle::Hash;
use crate::journal::merkle::proof::is_consistent;

/// What a checkpoint says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The name of the ledger: the origin line.
    pub origin: String,
    /// How many entries the journal has.
    pub size: u64,
    /// The root of the Merkle tree over them.
    pub root: Hash,
}

/// A checkpoint as it was read, with the note that it was in. Whether the signatures are right is for
/// [`SignedCheckpoint::verify_by`] to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// The signed text.
    pub note: Note,
}

impl Checkpoint {
    /// Reads the text of a note. Extension lines are let through: they are signed and mean nothing here.
    pub fn parse(text: &str) -> Result<Self, Refuted> {
        let mut lines = text.split_terminator('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(malformed("expected three lines: name, size and root"));
        };
        let number: Option<u64> = size.parse().ok();
        let Some(number) = number.filter(|number| number.to_string() == size) else {
            return Err(malformed(format!("its size is `{size}`, expected a number without leading zeros")));
        };
        let root =
            hash_of(root).ok_or_else(|| malformed(format!("its root is `{root}`, expected 32 bytes in base64")))?;
        Ok(Self { origin: origin.to_owned(), size: number, root })
    }

    /// Whether this journal begins with that of an earlier checkpoint, by a proof of hashes (RFC 9162, 2.1.4).
    pub fn continues(&self, earlier: &Self, proof: &[Vec<u8>]) -> bool {
        let hashes: Option<Vec<Hash>> = proof.iter().map(|hash| hash.as_slice().try_into().ok().map(Hash)).collect();
        let (before, now) = ((earlier.size, earlier.root), (self.size, self.root));
        self.origin == earlier.origin && hashes.is_some_and(|hashes| is_consistent(before, now, &hashes))
    }
}

impl fmt::Display for Checkpoint {
    /// The text of the note, with its last newline.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, STANDARD.encode(self.root.0))
    }
}

impl SignedCheckpoint {
    /// Reads a signed checkpoint.
    pub fn parse(text: &str) -> Result<Self, Refuted> {
        let note = Note::parse(text)?;
        Ok(Self { checkpoint: Checkpoint::parse(note.text())?, note })
    }

    /// Checks that the ledger whose key this is has signed it, under its own name.
    pub fn verify_by(&self, ledger: &PublicKey) -> Result<(), Refuted> {
        if self.checkpoint.origin != ledger.name() {
            let (expected, found) = (ledger.name().to_owned(), self.checkpoint.origin.clone());
            return Err(Refuted::OtherLedger { expected, found });
        }
        self.note.verify_by(ledger).map(|_| ())
    }
}

impl fmt::Display for SignedCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.note.fmt(f)
    }
}

/// The hash that this base64 is.
pub(super) fn hash_of(coded: &str) -> Option<Hash> {
    STANDARD.decode(coded).ok()?.try_into().ok().map(Hash)
}

fn malformed(problem: impl Into<String>) -> Refuted {
    Refuted::malformed("the checkpoint", problem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::SigningKey;
    use crate::evidence::key::Algorithm;

    /// The example of the C2SP specification.
    const EXAMPLE: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
        — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
        — witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";

    #[test]
    fn the_published_checkpoint_is_read_and_written() {
        let read = SignedCheckpoint::parse(EXAMPLE).unwrap();
        assert_eq!(read.checkpoint.origin, "example.com/behind-the-sofa");
        assert_eq!(read.checkpoint.size, 20_852_163);
        assert_eq!(
            read.checkpoint.root.to_string(),
            "0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62"
        );
        assert_eq!(read.to_string(), EXAMPLE);
        assert_eq!(read.checkpoint.to_string(), read.note.text());
        let ids: Vec<String> = read.note.signatures().iter().map(|line| line.key.to_string()).collect();
        assert_eq!(ids, ["033de0ae", "8d66cf3f"]);
    }

    #[test]
    fn extension_lines_are_let_through_and_odd_numbers_are_not() {
        let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
        assert_eq!(Checkpoint::parse(&format!("鹤壁\n0\n{root}\nmore\n")).unwrap().origin, "鹤壁");
        for size in ["", "01", "+1", "-1", "1.0", "18446744073709551616", "一"] {
            let refuted = Checkpoint::parse(&format!("鹤壁\n{size}\n{root}\n")).unwrap_err().to_string();
            assert!(refuted.contains("expected a number"), "{size}: {refuted}");
        }
        assert!(Checkpoint::parse("鹤壁\n1\nCsUYag==\n").unwrap_err().to_string().contains("expected 32 bytes"));
        assert!(Checkpoint::parse("鹤壁\n1\n").unwrap_err().to_string().contains("expected three lines"));
    }

    #[test]
    fn the_name_of_the_ledger_is_the_name_of_its_key() {
        let key = SigningKey::of_seed("hebi", Algorithm::Ed25519, [1; 32]).unwrap();
        let signed = |origin: &str| {
            let checkpoint = Checkpoint { origin: origin.to_owned(), size: 1, root: Hash::ZERO };
            let mut note = Note::new(checkpoint.to_string()).unwrap();
            note.sign(&key, 0);
            SignedCheckpoint { checkpoint, note }
        };
        assert_eq!(signed("hebi").verify_by(key.public()), Ok(()));
        let refuted = signed("anyang").verify_by(key.public()).unwrap_err();
        assert_eq!(refuted.to_string(), "it is of the ledger `anyang`, expected `hebi`");
    }
}
