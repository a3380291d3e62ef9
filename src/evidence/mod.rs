//! Evidence (证据): what a bank, the bureau or a company takes home, so that nobody has to trust whoever runs the ledger.
//!
//! ```text
//! key          Ed25519 keys in the text form of C2SP notes: one for the ledger, one for each cosigner
//! note         signed text, C2SP `signed-note`
//! checkpoint   the size and root of the Merkle tree as a signed note, C2SP `tlog-checkpoint`
//! keeper       makes checkpoints, keeps the newest beside the journal, takes cosignatures
//! publish      the newest checkpoint in a folder elsewhere too
//! receipt      one entry with its proof and a checkpoint, in one file that is checked without the ledger
//! ```
//!
//! The formats are public ones, so tools and witnesses of others read them. What all this protects against, and what it
//! cannot, is in `docs/threat-model.md`; the receipt's format to the byte is in `docs/receipt.md`.

use thiserror::Error;

pub mod checkpoint;
pub mod keeper;
pub mod key;
pub mod note;
pub mod publish;
pub mod receipt;
pub mod rotation;

pub use checkpoint::Checkpoint;
pub use keeper::Keeper;
pub use key::{PublicKey, SigningKey};
pub use note::Note;
pub use receipt::Receipt;

/// Why a piece of evidence proves nothing. Whoever holds it must not rely on it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refuted {
    /// It is not in the format that it should be in.
    #[error("{what} is malformed: {problem}")]
    Malformed {
        /// What was read.
        what: &'static str,
        /// Where it departs from its format, and what was expected.
        problem: String,
    },
    /// A signature that says it is by a known key is not.
    #[error("the signature of `{key}` is wrong: the text was changed after it was signed, or the key was not used")]
    WrongSignature {
        /// Name and id of the key.
        key: String,
    },
    /// None of the signatures is by the key that is asked for.
    #[error("it is not signed by `{key}`; its signatures are by {found}")]
    NotSigned {
        /// Name and id of the key.
        key: String,
        /// Names and ids of the keys that did sign.
        found: String,
    },
    /// It is of another ledger.
    #[error("it is of the ledger `{found}`, expected `{expected}`")]
    OtherLedger {
        /// The name of the ledger that is asked for.
        expected: String,
        /// The name on it.
        found: String,
    },
    /// The parts do not fit each other.
    #[error("{0}")]
    Disagrees(String),
}

impl Refuted {
    fn malformed(what: &'static str, problem: impl Into<String>) -> Self {
        Self::Malformed { what, problem: problem.into() }
    }
}
