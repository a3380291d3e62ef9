//! Keys: Ed25519 (RFC 8032) in the text forms of C2SP `signed-note`, which other tools read.
//!
//! ```text
//! public    NAME+ID+BASE64                  ID is 8 hexadecimal digits, BASE64 of algorithm ‖ 32 bytes
//! private   PRIVATE+KEY+NAME+ID+BASE64      BASE64 of algorithm ‖ 32 bytes of seed
//! id        the first 4 bytes of SHA-256(NAME ‖ "\n" ‖ algorithm ‖ public key)
//! ```
//!
//! The algorithm stands in the key and in its id, so that SM2 can come beside Ed25519.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use sha2::{Digest as _, Sha256};

use super::Refuted;

/// What stands before a private key, so that nobody takes it for a public one.
const PRIVATE_PREFIX: &str = "PRIVATE+KEY+";

/// The most characters of a key's name.
pub const NAME_CHARACTERS_MAX: usize = 200;

/// The most bytes of a key file that are read.
const FILE_BYTES_MAX: u64 = 4_096;

/// What a key signs, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Algorithm {
    /// Ed25519 over the text of a note: what the ledger signs with.
    Ed25519,
    /// Ed25519 over the time and the text of a checkpoint (C2SP `tlog-cosignature`, `cosignature/v1`): what cosigners
    /// sign with.
    Cosignature,
}

impl Algorithm {
    /// The byte that stands for it, as C2SP assigns it.
    pub const fn byte(self) -> u8 {
        match self {
            Self::Ed25519 => 0x01,
            Self::Cosignature => 0x04,
        }
    }

    const fn of_byte(byte: u8) -> Option<Self> {
        match byte {
            0x01 => Some(Self::Ed25519),
            0x04 => Some(Self::Cosignature),
            _ => None,
        }
    }
}

/// The four bytes by which a signature names its key. Shown as 8 lower case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyId(pub [u8; 4]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// A key that checks signatures; public.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    name: String,
    algorithm: Algorithm,
    bytes: [u8; 32],
}

impl PublicKey {
    /// Reads `NAME+ID+BASE64`; the id must be the one of the key.
    pub fn parse(text: &str) -> Result<Self, Refuted> {
        let fields = Fields::of(text, "the public key")?;
        let key = Self { name: fields.name, algorithm: fields.algorithm, bytes: fields.bytes };
        key.check_id(&fields.id)?;
        Ok(key)
    }

    /// Reads the one key in a file.
    pub fn read(path: &Path) -> io::Result<Self> {
        Self::parse(read_line(path)?.trim()).map_err(|refuted| in_file(path, &refuted))
    }

    /// Whose key it is; a ledger's key carries the name of the ledger.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it signs, and how.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// How a signature names this key.
    pub fn id(&self) -> KeyId {
        let hash = Sha256::new()
            .chain_update(&self.name)
            .chain_update(b"\n")
            .chain_update([self.algorithm.byte()])
            .chain_update(self.bytes)
            .finalize();
        let [a, b, c, d, ..] = <[u8; 32]>::from(hash);
        KeyId([a, b, c, d])
    }

    /// `NAME+ID`: how people tell keys apart.
    pub fn label(&self) -> String {
        format!("{}+{}", self.name, self.id())
    }

    /// Whether this is the key's signature of the message.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.bytes).verify(message, signature).is_ok()
    }

    fn check_id(&self, found: &str) -> Result<(), Refuted> {
        let expected = self.id().to_string();
        if expected == found {
            return Ok(());
        }
        Err(Refuted::malformed("the key", format!("its id is `{found}`, expected `{expected}`: it was mistyped")))
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}", self.label(), encoded(self.algorithm, &self.bytes))
    }
}

/// A key that signs; secret.
pub struct SigningKey {
    public: PublicKey,
    seed: [u8; 32],
    pair: Ed25519KeyPair,
}

impl SigningKey {
    /// A new key from the system's random numbers.
    pub fn generate(name: &str, algorithm: Algorithm) -> Result<Self, Refuted> {
        let mut seed = [0; 32];
        let filled = SystemRandom::new().fill(&mut seed);
        filled.map_err(|_unspecified| Refuted::malformed("the key", "the system gives no random numbers"))?;
        Self::of_seed(name, algorithm, seed)
    }

    /// The key of this seed.
    pub fn of_seed(name: &str, algorithm: Algorithm, seed: [u8; 32]) -> Result<Self, Refuted> {
        check_name(name)?;
        let unusable = |_| Refuted::malformed("the key", "its seed cannot be used");
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(unusable)?;
        let bytes = <[u8; 32]>::try_from(pair.public_key().as_ref());
        let bytes = bytes.map_err(|_length| Refuted::malformed("the key", "its public half has not 32 bytes"))?;
        Ok(Self { public: PublicKey { name: name.to_owned(), algorithm, bytes }, seed, pair })
    }

    /// Reads `PRIVATE+KEY+NAME+ID+BASE64`; the id must be the one of the key.
    pub fn parse(text: &str) -> Result<Self, Refuted> {
        let Some(rest) = text.strip_prefix(PRIVATE_PREFIX) else {
            return Err(Refuted::malformed("the private key", format!("expected it to begin with `{PRIVATE_PREFIX}`")));
        };
        let fields = Fields::of(rest, "the private key")?;
        let key = Self::of_seed(&fields.name, fields.algorithm, fields.bytes)?;
        key.public.check_id(&fields.id)?;
        Ok(key)
    }

    /// Reads the one key in a file that nobody but its owner can read.
    pub fn read(path: &Path) -> io::Result<Self> {
        let mode = fs::metadata(path)?.permissions().mode();
        if mode & 0o077 != 0 {
            let problem = format!(
                "`{}` can be read by others (mode {:o}); run `chmod 600` on it, and make a new key if others may have",
                path.display(),
                mode & 0o777
            );
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, problem));
        }
        Self::parse(read_line(path)?.trim()).map_err(|refuted| in_file(path, &refuted))
    }

    /// Writes the private key into a new file that nobody but its owner can read, durable when this returns.
    pub fn write_new(&self, path: &Path) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        let seed = encoded(self.public.algorithm, &self.seed);
        writeln!(file, "{PRIVATE_PREFIX}{}+{seed}", self.public.label())?;
        file.sync_all()
    }

    /// The half that may be given away.
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(message).as_ref().to_vec()
    }
}

impl fmt::Debug for SigningKey {
    /// Not derived: the seed is nobody's to see.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SigningKey").field(&self.public.label()).finish()
    }
}

/// The fields of a key in text.
struct Fields {
    name: String,
    id: String,
    algorithm: Algorithm,
    bytes: [u8; 32],
}

impl Fields {
    fn of(text: &str, what: &'static str) -> Result<Self, Refuted> {
        // The name has no plus, the base64 may.
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(coded)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(Refuted::malformed(what, "expected NAME+ID+BASE64 in one line"));
        };
        check_name(name)?;
        let decoded = STANDARD.decode(coded).map_err(|problem| Refuted::malformed(what, problem.to_string()))?;
        let Some((algorithm, bytes)) = decoded.split_first() else {
            return Err(Refuted::malformed(what, "it has no bytes"));
        };
        let Some(algorithm) = Algorithm::of_byte(*algorithm) else {
            let problem = format!("its algorithm is {algorithm}, expected 1 (Ed25519) or 4 (cosignature)");
            return Err(Refuted::malformed(what, problem));
        };
        let Ok(bytes) = <[u8; 32]>::try_from(bytes) else {
            return Err(Refuted::malformed(what, format!("it has {} bytes, expected 32", bytes.len())));
        };
        Ok(Self { name: name.to_owned(), id: id.to_owned(), algorithm, bytes })
    }
}

/// Not empty, without spaces, plus or control characters (C2SP `signed-note`).
pub(super) fn check_name(name: &str) -> Result<(), Refuted> {
    let plain = |letter: char| !letter.is_whitespace() && !letter.is_control() && letter != '+';
    let length = name.chars().count();
    if (1..=NAME_CHARACTERS_MAX).contains(&length) && name.chars().all(plain) {
        return Ok(());
    }
    let problem = format!(
        "`{name}` is not a name; expected 1 to {NAME_CHARACTERS_MAX} characters without spaces and `+`, for example \
         `hebi.gov.cn/ip-pledge`"
    );
    Err(Refuted::malformed("the key", problem))
}

fn encoded(algorithm: Algorithm, bytes: &[u8; 32]) -> String {
    STANDARD.encode([[algorithm.byte()].as_slice(), bytes].concat())
}

fn read_line(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    io::Read::read_to_string(&mut io::Read::take(File::open(path)?, FILE_BYTES_MAX), &mut text)?;
    Ok(text)
}

fn in_file(path: &Path, refuted: &Refuted) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("`{}`: {refuted}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of the example in the documentation of Go's `sumdb/note`.
    const PUBLIC: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const PRIVATE: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";

    #[test]
    fn the_published_key_is_read_and_written() {
        let (public, private) = (PublicKey::parse(PUBLIC).unwrap(), SigningKey::parse(PRIVATE).unwrap());
        assert_eq!(private.public(), &public);
        assert_eq!(public.to_string(), PUBLIC);
        assert_eq!(public.label(), "PeterNeumann+c74f20a3");
        assert_eq!(format!("{private:?}"), "SigningKey(\"PeterNeumann+c74f20a3\")");
    }

    #[test]
    fn a_new_key_survives_its_file_and_nobody_else_reads_it() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("ledger.key");
        let key = SigningKey::generate("鹤壁/质押账本", Algorithm::Ed25519).unwrap();
        key.write_new(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(SigningKey::read(&path).unwrap().public(), key.public());
        assert!(key.write_new(&path).is_err(), "a key is never overwritten");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let refused = SigningKey::read(&path).unwrap_err().to_string();
        assert!(refused.contains("can be read by others (mode 640)"), "{refused}");
        let other = SigningKey::generate("鹤壁/质押账本", Algorithm::Ed25519).unwrap();
        assert_ne!(other.public(), key.public());
    }

    #[test]
    fn what_is_no_key_is_named() {
        for (text, expected) in [
            ("", "expected NAME+ID+BASE64"),
            ("PeterNeumann+c74f20a3", "expected NAME+ID+BASE64"),
            (
                "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
                "its id is `c74f20a4`, expected `c74f20a3`",
            ),
            ("Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "is not a name"),
            ("PeterNeumann+c74f20a3+CRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "its algorithm is 9"),
            ("PeterNeumann+c74f20a3+ARpc2Q==", "it has 3 bytes"),
        ] {
            let refuted = PublicKey::parse(text).unwrap_err().to_string();
            assert!(refuted.contains(expected), "{text}: {refuted}");
        }
        let refuted = SigningKey::parse(PUBLIC).unwrap_err().to_string();
        assert!(refuted.contains("expected it to begin with `PRIVATE+KEY+`"), "{refuted}");
    }
}
