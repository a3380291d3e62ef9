//! Page tokens that tell nothing and are good for nobody else: the key of the last item, encrypted for this caller and
//! this RPC (ChaCha20-Poly1305). A plain token would tell the number of another bank's pledge where a page ended there.
//!
//! The nonce is a keyed hash of what is sealed, so that the same page has the same token. The key lives as long as the
//! process: after a restart a list begins again.

use std::fmt;

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::{digest, hmac};

/// Seals page tokens.
pub struct Seal {
    secret: [u8; 32],
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal")
    }
}

impl Seal {
    /// A seal with a new key.
    ///
    /// # Panics
    ///
    /// Where the system has no random numbers; nothing secret can be made there.
    pub fn new() -> Self {
        let mut secret = [0; 32];
        let filled = SystemRandom::new().fill(&mut secret);
        assert!(filled.is_ok(), "the system has no random numbers");
        Self { secret }
    }

    /// A seal with this key, so that two ledgers give the same tokens in a test.
    pub const fn of(secret: [u8; 32]) -> Self {
        Self { secret }
    }

    fn key(&self) -> Option<LessSafeKey> {
        let derived = digest::digest(&digest::SHA256, &[b"ipledger page token", self.secret.as_slice()].concat());
        UnboundKey::new(&CHACHA20_POLY1305, derived.as_ref()).ok().map(LessSafeKey::new)
    }

    /// A token for a key, good in this context only.
    pub(super) fn seal(&self, context: &str, plain: &str) -> Option<String> {
        let nonce = self.nonce(context, plain)?;
        let mut bytes = plain.as_bytes().to_vec();
        let aad = Aad::from(context.as_bytes());
        self.key()?.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut bytes).ok()?;
        Some(hex::encode([nonce.as_slice(), bytes.as_slice()].concat()))
    }

    /// The key in a token; `None` if it was not made here for this context.
    pub(in crate::server) fn open(&self, context: &str, token: &str) -> Option<String> {
        let bytes = hex::decode(token).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut sealed = sealed.to_vec();
        let plain = self.key()?.open_in_place(nonce, Aad::from(context.as_bytes()), &mut sealed).ok()?;
        String::from_utf8(plain.to_vec()).ok()
    }

    /// Different for every key and context.
    fn nonce(&self, context: &str, plain: &str) -> Option<[u8; NONCE_LEN]> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.secret);
        let tag = hmac::sign(&key, format!("{}\n{context}\n{plain}", context.len()).as_bytes());
        tag.as_ref().first_chunk().copied()
    }
}

impl Default for Seal {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_caller_and_list_and_tells_nothing() {
        let seal = Seal::new();
        let token = seal.seal("ListLoans bank icbc", "loan-4711").unwrap();
        assert_eq!(seal.open("ListLoans bank icbc", &token).as_deref(), Some("loan-4711"));
        assert_eq!(seal.seal("ListLoans bank icbc", "loan-4711").unwrap(), token, "the same page, the same token");
        assert_eq!(seal.open("ListLoans bank ccb", &token), None, "another caller");
        assert_eq!(seal.open("ListClaims bank icbc", &token), None, "another list");
        assert_eq!(Seal::new().open("ListLoans bank icbc", &token), None, "another ledger");
        assert!(!token.contains(&hex::encode("4711")), "the key shows");
        for wrong in ["", "zz", "00", &format!("{token}00"), &hex::encode("loan-4711")] {
            assert_eq!(seal.open("ListLoans bank icbc", wrong), None, "{wrong}");
        }
    }
}
