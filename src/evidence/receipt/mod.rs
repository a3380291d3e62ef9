//! Receipts (回执): one entry, the proof that it is in the journal, and a signed checkpoint, in one JSON file that is
//! checked without the ledger. `docs/receipt.md` has the format to the byte.
//!
//! The format is versioned and frozen: another version is another number, and a field that is not known is refused.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::checkpoint::{SignedCheckpoint, hash_of};
use super::note::Signer;
use super::{PublicKey, Refuted};
use crate::book::event::Entry;
use crate::identifier::Sequence;
use crate::journal::codec::decode;
use crate::journal::merkle::Hash;
use crate::journal::merkle::proof::root_from_inclusion;

/// What the file says that it is.
const KIND: &str = "ipledger-receipt";

/// The version of the format.
const VERSION: u32 = 1;

/// The most bytes of a receipt that are read: the largest record in base64, and room for the rest.
pub const RECEIPT_BYTES_MAX: usize = 512 * 1024;

/// A receipt as it stands in its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// `ipledger-receipt`.
    pub kind: String,
    /// The version of the format.
    pub version: u32,
    /// Which algorithms everything else is by.
    pub algorithms: Algorithms,
    /// The sequence of the entry, from 1.
    pub sequence: u64,
    /// The record as stored, in base64: protobuf `ipledger.journal.v1.Record`.
    pub record: String,
    /// The place of the record among the leaves, from 0: one less than the sequence.
    pub leaf_index: u64,
    /// How many leaves the tree has: the size in the checkpoint.
    pub tree_size: u64,
    /// The hashes from the leaf up to the root, in base64.
    pub inclusion_path: Vec<String>,
    /// The signed note, as it is.
    pub checkpoint: String,
    /// `NAME+ID` of the ledger's key that signed the checkpoint.
    pub key_id: String,
}

/// The algorithms of a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Algorithms {
    /// Of leaves and nodes: `SHA-256`.
    pub hash: String,
    /// How leaves make a root: `RFC6962`.
    pub tree: String,
    /// Of the ledger's signature: `Ed25519`.
    pub signature: String,
}

impl Default for Algorithms {
    /// Those of version 1.
    fn default() -> Self {
        Self { hash: "SHA-256".to_owned(), tree: "RFC6962".to_owned(), signature: "Ed25519".to_owned() }
    }
}

/// What a receipt proves.
#[derive(Debug, Clone, PartialEq)]
pub struct Proven {
    /// The entry that is in the journal.
    pub entry: Entry,
    /// The checkpoint under which it is.
    pub checkpoint: SignedCheckpoint,
    /// Which of the given cosigners have signed it, and when.
    pub cosigners: Vec<Signer>,
}

impl Receipt {
    /// A receipt for the record of this sequence, under a checkpoint by this key.
    pub fn new(
        sequence: Sequence,
        record: &[u8],
        path: &[Hash],
        checkpoint: &SignedCheckpoint,
        key: &PublicKey,
    ) -> Self {
        Self {
            kind: KIND.to_owned(),
            version: VERSION,
            algorithms: Algorithms::default(),
            sequence: sequence.value(),
            record: STANDARD.encode(record),
            leaf_index: sequence.value().saturating_sub(1),
            tree_size: checkpoint.checkpoint.size,
            inclusion_path: path.iter().map(|hash| STANDARD.encode(hash.0)).collect(),
            checkpoint: checkpoint.to_string(),
            key_id: key.label(),
        }
    }

    /// The file, with a newline at its end.
    pub fn to_json(&self) -> String {
        // A struct of strings and numbers cannot fail to be written.
        let mut json = serde_json::to_string_pretty(self).unwrap_or_default();
        json.push('\n');
        json
    }

    /// Reads a file.
    pub fn parse(json: &str) -> Result<Self, Refuted> {
        if json.len() > RECEIPT_BYTES_MAX {
            return Err(malformed(format!("it has {} bytes, expected at most {RECEIPT_BYTES_MAX}", json.len())));
        }
        serde_json::from_str(json).map_err(|problem| malformed(problem.to_string()))
    }

    /// Checks everything: that the record is the leaf it says, that the path leads to the root of the checkpoint, that
    /// the ledger with this key signed it, and that each signature by one of these cosigners is right. Which cosigners
    /// must have signed is for the caller to say.
    pub fn verify(&self, ledger: &PublicKey, cosigners: &[PublicKey]) -> Result<Proven, Refuted> {
        self.check_version()?;
        let checkpoint = SignedCheckpoint::parse(&self.checkpoint)?;
        checkpoint.verify_by(ledger)?;
        if self.key_id != ledger.label() {
            return Err(disagrees("key_id", &ledger.label(), &self.key_id));
        }
        let cosigners = checkpoint.note.verify(cosigners)?;
        if self.tree_size != checkpoint.checkpoint.size {
            return Err(disagrees("tree_size", &checkpoint.checkpoint.size, &self.tree_size));
        }
        if self.leaf_index.checked_add(1) != Some(self.sequence) {
            return Err(disagrees("leaf_index", &self.sequence.saturating_sub(1), &self.leaf_index));
        }
        let record = STANDARD.decode(&self.record).map_err(|problem| malformed(format!("`record`: {problem}")))?;
        let path: Option<Vec<Hash>> = self.inclusion_path.iter().map(|coded| hash_of(coded)).collect();
        let path = path.ok_or_else(|| malformed("`inclusion_path`: expected 32 bytes in base64 each"))?;
        let root =
            root_from_inclusion(Hash::leaf(&record), self.leaf_index, self.tree_size, &path).ok_or_else(|| {
                malformed(format!("`inclusion_path` has {} hashes, which do not fit the tree", path.len()))
            })?;
        if root != checkpoint.checkpoint.root {
            return Err(disagrees("the root that record and path lead to", &checkpoint.checkpoint.root, &root));
        }
        let entry = decode(&record).map_err(|error| malformed(format!("`record`: {error}")))?;
        if entry.sequence.value() != self.sequence {
            return Err(disagrees("sequence", &entry.sequence, &self.sequence));
        }
        Ok(Proven { entry, checkpoint, cosigners })
    }

    fn check_version(&self) -> Result<(), Refuted> {
        if self.kind != KIND {
            return Err(disagrees("kind", &KIND, &self.kind));
        }
        if self.version != VERSION {
            let problem = format!("its version is {}, this program reads {VERSION}: use a newer one", self.version);
            return Err(malformed(problem));
        }
        if self.algorithms != Algorithms::default() {
            return Err(malformed(format!("its algorithms are {:?}, expected those of version 1", self.algorithms)));
        }
        Ok(())
    }
}

fn malformed(problem: impl Into<String>) -> Refuted {
    Refuted::malformed("the receipt", problem)
}

fn disagrees(what: &str, expected: &dyn std::fmt::Display, found: &dyn std::fmt::Display) -> Refuted {
    Refuted::Disagrees(format!("{what} is `{found}`, expected `{expected}`: a part of the receipt was changed"))
}

#[cfg(test)]
mod tests;
