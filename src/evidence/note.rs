//! Signed notes: text with signatures under it, as C2SP `signed-note` and Go's `sumdb/note` have them.
//!
//! ```text
//! text, one line or more, each ending in a newline
//! (an empty line)
//! — NAME BASE64        one line for each signature; BASE64 of key id ‖ signature
//! ```
//!
//! A cosignature has the time of signing, in seconds since 1970 as 8 bytes, before its 64 bytes, and covers
//! `cosignature/v1`, the line `time SECONDS` and the text (C2SP `tlog-cosignature`).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Refuted;
use super::key::{Algorithm, KeyId, PublicKey, SigningKey, check_name};

/// Stands before each signature: an em dash and a space.
const LINE_PREFIX: &str = "— ";

/// The most signatures of one note, as in Go's `sumdb/note`.
pub const SIGNATURES_MAX: usize = 100;

/// The most bytes of a note that are read.
pub const NOTE_BYTES_MAX: usize = 64 * 1024;

/// How many bytes the time of a cosignature takes.
const TIME_BYTES: usize = size_of::<u64>();

/// One signature, whoever it is by; only [`Note::verify`] says whether it is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureLine {
    /// The name of the key.
    pub name: String,
    /// The id of the key.
    pub key: KeyId,
    /// What follows the id.
    pub signature: Vec<u8>,
}

/// A text and its signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<SignatureLine>,
}

/// A signature that is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// The key that signed.
    pub key: PublicKey,
    /// When, in seconds since 1970; only cosignatures say so.
    pub signed_at: Option<u64>,
}

impl Note {
    /// A text without signatures. It has one line or more, none empty, each ending in a newline.
    pub fn new(text: String) -> Result<Self, Refuted> {
        check_text(&text)?;
        Ok(Self { text, signatures: Vec::new() })
    }

    /// Reads a note; at least one signature is there.
    pub fn parse(note: &str) -> Result<Self, Refuted> {
        if note.len() > NOTE_BYTES_MAX {
            return Err(malformed(format!("it has {} bytes, expected at most {NOTE_BYTES_MAX}", note.len())));
        }
        let Some((text, lines)) = note.rsplit_once("\n\n") else {
            return Err(malformed("expected text, an empty line and signatures"));
        };
        let Some(lines) = lines.strip_suffix('\n') else {
            return Err(malformed("expected a newline at its end"));
        };
        let text = format!("{text}\n");
        check_text(&text)?;
        let signatures: Result<Vec<_>, _> = lines.split('\n').map(signature_line).collect();
        let signatures = signatures?;
        if signatures.len() > SIGNATURES_MAX {
            let problem = format!("it has {} signatures, expected at most {SIGNATURES_MAX}", signatures.len());
            return Err(malformed(problem));
        }
        Ok(Self { text, signatures })
    }

    /// What is signed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, checked or not.
    pub fn signatures(&self) -> &[SignatureLine] {
        &self.signatures
    }

    /// Adds the signature of a key, in place of an earlier one by the same. `now` is in seconds since 1970 and goes into
    /// cosignatures.
    pub fn sign(&mut self, key: &SigningKey, now: u64) {
        let public = key.public();
        let signature = match public.algorithm() {
            Algorithm::Ed25519 => key.sign(self.text.as_bytes()),
            Algorithm::Cosignature => {
                let signature = key.sign(&cosigned_message(now, &self.text));
                [now.to_be_bytes().as_slice(), &signature].concat()
            }
        };
        self.take(SignatureLine { name: public.name().to_owned(), key: public.id(), signature });
    }

    /// Takes over a signature of the same text, in place of an earlier one by the same key.
    pub fn take(&mut self, line: SignatureLine) {
        self.signatures.retain(|known| (&known.name, known.key) != (&line.name, line.key));
        self.signatures.push(line);
    }

    /// The signatures by these keys. One that is wrong refutes the note; those by unknown keys are passed over.
    pub fn verify(&self, keys: &[PublicKey]) -> Result<Vec<Signer>, Refuted> {
        let mut signers = Vec::new();
        for line in &self.signatures {
            let Some(key) = keys.iter().find(|key| key.name() == line.name && key.id() == line.key) else { continue };
            let signer = self.signer(key, line).ok_or_else(|| Refuted::WrongSignature { key: key.label() })?;
            if !signers.iter().any(|known: &Signer| known.key == *key) {
                signers.push(signer);
            }
        }
        Ok(signers)
    }

    /// The signature by this key, which must be there and right.
    pub fn verify_by(&self, key: &PublicKey) -> Result<Signer, Refuted> {
        let signer = self.verify(std::slice::from_ref(key))?.pop();
        signer.ok_or_else(|| Refuted::NotSigned { key: key.label(), found: self.labels() })
    }

    /// Who signed this line; `None` when it was not this key.
    fn signer(&self, key: &PublicKey, line: &SignatureLine) -> Option<Signer> {
        let (message, signature, signed_at) = match key.algorithm() {
            Algorithm::Ed25519 => (self.text.clone().into_bytes(), line.signature.as_slice(), None),
            Algorithm::Cosignature => {
                let (time, signature) = line.signature.split_first_chunk::<TIME_BYTES>()?;
                let time = u64::from_be_bytes(*time);
                (cosigned_message(time, &self.text), signature, Some(time))
            }
        };
        key.verifies(&message, signature).then(|| Signer { key: key.clone(), signed_at })
    }

    fn labels(&self) -> String {
        let labels: Vec<String> = self.signatures.iter().map(|line| format!("`{}+{}`", line.name, line.key)).collect();
        labels.join(", ")
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|line| {
            let signature = STANDARD.encode([line.key.0.as_slice(), &line.signature].concat());
            writeln!(f, "{LINE_PREFIX}{} {signature}", line.name)
        })
    }
}

fn cosigned_message(time: u64, text: &str) -> Vec<u8> {
    format!("cosignature/v1\ntime {time}\n{text}").into_bytes()
}

fn check_text(text: &str) -> Result<(), Refuted> {
    if !text.ends_with('\n') || text.split_terminator('\n').any(str::is_empty) {
        return Err(malformed("expected a text of one line or more, none of them empty, each ending in a newline"));
    }
    if text.chars().any(|letter| letter.is_ascii_control() && letter != '\n') {
        return Err(malformed("expected a text without control characters"));
    }
    Ok(())
}

fn signature_line(line: &str) -> Result<SignatureLine, Refuted> {
    let fields = line.strip_prefix(LINE_PREFIX).and_then(|rest| rest.split_once(' '));
    let Some((name, coded)) = fields else {
        return Err(malformed(format!("expected a signature `{LINE_PREFIX}NAME BASE64`, found `{line}`")));
    };
    check_name(name)?;
    let bytes = STANDARD.decode(coded).map_err(|problem| malformed(format!("the signature of `{name}`: {problem}")))?;
    let Some((id, signature)) = bytes.split_first_chunk().filter(|(_, signature)| !signature.is_empty()) else {
        return Err(malformed(format!("the signature of `{name}` has {} bytes, expected more than 4", bytes.len())));
    };
    Ok(SignatureLine { name: name.to_owned(), key: KeyId(*id), signature: signature.to_vec() })
}

fn malformed(problem: impl Into<String>) -> Refuted {
    Refuted::malformed("the note", problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example in the documentation of Go's `sumdb/note`.
    const PUBLIC: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const PRIVATE: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    const TEXT: &str =
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    const NOTE: &str = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n\
        \n\
        — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    #[test]
    fn the_published_note_is_signed_and_checked() {
        let mut note = Note::new(TEXT.to_owned()).unwrap();
        note.sign(&SigningKey::parse(PRIVATE).unwrap(), 0);
        assert_eq!(note.to_string(), NOTE);
        let note = Note::parse(NOTE).unwrap();
        let key = PublicKey::parse(PUBLIC).unwrap();
        assert_eq!(note.verify_by(&key).unwrap().signed_at, None);
        let changed = Note::parse(&NOTE.replace("answer", "Answer")).unwrap();
        assert_eq!(changed.verify_by(&key), Err(Refuted::WrongSignature { key: key.label() }));
    }

    #[test]
    fn a_cosignature_says_when() {
        let key = SigningKey::of_seed("icbc", Algorithm::Cosignature, [7; 32]).unwrap();
        let mut note = Note::new("鹤壁\n3\nroot\n".to_owned()).unwrap();
        note.sign(&key, 1_772_337_600);
        note.sign(&key, 1_772_337_601);
        assert_eq!(note.signatures().len(), 1, "a later one takes the place of the earlier");
        let read = Note::parse(&note.to_string()).unwrap();
        assert_eq!(read, note);
        assert_eq!(read.verify_by(key.public()).unwrap().signed_at, Some(1_772_337_601));
        let mut shifted = note.signatures()[0].clone();
        shifted.signature[7] ^= 1;
        note.take(shifted);
        assert!(note.verify_by(key.public()).is_err(), "the time is signed too");
    }

    #[test]
    fn signatures_by_unknown_keys_are_passed_over() {
        let key = |seed| SigningKey::of_seed("ledger", Algorithm::Ed25519, seed).unwrap();
        let (ours, theirs) = (key([1; 32]), key([2; 32]));
        let mut note = Note::new("one\n".to_owned()).unwrap();
        note.sign(&theirs, 0);
        let refuted = note.verify_by(ours.public()).unwrap_err();
        assert_eq!(
            refuted,
            Refuted::NotSigned { key: ours.public().label(), found: format!("`{}`", theirs.public().label()) }
        );
        note.sign(&ours, 0);
        assert_eq!(note.verify(&[ours.public().clone(), theirs.public().clone()]).unwrap().len(), 2);
    }

    #[test]
    fn what_is_no_note_is_refused() {
        for (note, expected) in [
            ("", "expected text, an empty line"),
            ("text\n", "expected text, an empty line"),
            ("text\n\n", "expected a newline at its end"),
            ("text\n\n— a AAAAAAA=", "expected a newline at its end"),
            ("text\n\n- a AAAAAAA=\n", "expected a signature"),
            ("text\n\n— a\n", "expected a signature"),
            ("text\n\n— a AAAA\n", "has 3 bytes, expected more than 4"),
            ("text\n\n— a AAAAA\n", "the signature of `a`"),
            ("te\u{7}xt\n\n— a AAAAAAA=\n", "without control characters"),
            ("\n\n— a AAAAAAA=\n", "none of them empty"),
            ("one\n\ntwo\n\n— a AAAAAAA=\n", "none of them empty"),
        ] {
            let refuted = Note::parse(note).unwrap_err().to_string();
            assert!(refuted.contains(expected), "{note:?}: {refuted}");
        }
    }
}
