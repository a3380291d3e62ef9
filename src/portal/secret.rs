//! The secret of the pages: what form tokens and query codes are made with. A file beside the data, mode 0600; whoever
//! has it can make query codes, and nothing else of the ledger.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};

/// The file in the data folder.
const FILE: &str = "portal.secret";

/// How many letters a query code has: 50 bits, and guesses are limited.
const CODE_LETTERS: usize = 10;

/// Crockford's alphabet: 32 letters, none of which is read for another one.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A key of 256 bits.
pub struct Secret {
    key: hmac::Key,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Secret {
    /// The secret with these bytes.
    pub fn of(bytes: &[u8; 32]) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, bytes) }
    }

    /// The secret of a data folder; made at the first start.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let path = folder.join(FILE);
        match fs::read(&path) {
            Ok(bytes) => {
                let bytes: Option<&[u8; 32]> = bytes.as_slice().try_into().ok();
                let problem = || format!("`{}` has not the 32 bytes of a secret; remove it", path.display());
                bytes.map(Self::of).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, problem()))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let bytes = random_bytes()?;
                let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
                file.write_all(&bytes)?;
                file.sync_all()?;
                Ok(Self::of(&bytes))
            }
            Err(error) => Err(error),
        }
    }

    /// What only the holder of the secret can say of a text, for this purpose.
    pub fn sign(&self, purpose: &str, text: &str) -> [u8; 32] {
        let tag = hmac::sign(&self.key, format!("{purpose}\n{text}").as_bytes());
        tag.as_ref().try_into().unwrap_or([0; 32])
    }

    /// The query code (查询码) of an application: ten letters in two groups.
    pub fn query_code(&self, application: &str) -> String {
        let tag = self.sign("query code", application);
        let mut code = String::new();
        for (index, byte) in tag.iter().take(CODE_LETTERS).enumerate() {
            if index == 5 {
                code.push('-');
            }
            let letter = ALPHABET.get(usize::from(byte & 31)).copied().unwrap_or(b'0');
            code.push(char::from(letter));
        }
        code
    }

    /// Whether somebody typed the query code of an application; small letters, spaces and hyphens do not matter.
    pub fn is_query_code(&self, application: &str, typed: &str) -> bool {
        let plain = |text: &str| -> String {
            text.chars()
                .filter(char::is_ascii_alphanumeric)
                .take(64)
                .map(|letter| letter.to_ascii_uppercase())
                .collect()
        };
        same(plain(&self.query_code(application)).as_bytes(), plain(typed).as_bytes())
    }
}

/// Compares in a time that does not tell where two texts differ.
pub fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |found, (a, b)| found | (a ^ b)) == 0
}

/// 256 random bits.
pub fn random_bytes() -> io::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).map_err(|_none| io::Error::other("the system has no random numbers"))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_code_is_one_applications() {
        let secret = Secret::of(&[7; 32]);
        let code = secret.query_code("application-57");
        assert_eq!(code.len(), 11, "{code}");
        assert!(secret.is_query_code("application-57", &code));
        assert!(secret.is_query_code("application-57", &format!(" {}", code.to_lowercase().replace('-', " "))));
        assert!(!secret.is_query_code("application-58", &code));
        assert!(!Secret::of(&[8; 32]).is_query_code("application-57", &code));
        for wrong in ["", "0", "00000-00000"] {
            assert!(!secret.is_query_code("application-57", wrong), "{wrong}");
        }
    }

    #[test]
    fn the_secret_of_a_folder_stays() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::TempDir::new().unwrap();
        let code = Secret::open(folder.path()).unwrap().query_code("application-1");
        assert_eq!(Secret::open(folder.path()).unwrap().query_code("application-1"), code);
        let path = folder.path().join(FILE);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(path, "short").unwrap();
        assert!(Secret::open(folder.path()).is_err());
    }
}
