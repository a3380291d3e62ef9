//! Key rotation (密钥轮换): the ledger gets a new key, and both keys sign the statement of it.
//!
//! ```text
//! ipledger key rotation v1
//! NAME+ID+BASE64                the key until now
//! NAME+ID+BASE64                the key from now on
//!                               signed by both, as a C2SP note
//! ```
//!
//! Whoever trusts the old key can so come to trust the new one, without asking the operator; the signature of the new key
//! shows that somebody holds it. A stolen key can be rotated too: a rotation is worth what the old key was worth then.

use super::key::{Algorithm, PublicKey, SigningKey};
use super::{Note, Refuted};

/// The first line of the statement.
const TITLE: &str = "ipledger key rotation v1";

/// The signed statement that `old` gives way to `new`. Both are keys of the same ledger.
pub fn rotate(old: &SigningKey, new: &SigningKey) -> Result<Note, Refuted> {
    check_pair(old.public(), new.public())?;
    let mut note = Note::new(format!("{TITLE}\n{}\n{}\n", old.public(), new.public()))?;
    note.sign(old, 0);
    note.sign(new, 0);
    Ok(note)
}

/// The key that a rotation leads to, for whoever trusts the key that it begins with.
pub fn follow(rotation: &Note, trusted: &PublicKey) -> Result<PublicKey, Refuted> {
    let mut lines = rotation.text().split_terminator('\n');
    let (Some(TITLE), Some(old), Some(new), None) = (lines.next(), lines.next(), lines.next(), lines.next()) else {
        let problem = format!("expected `{TITLE}` and two keys");
        return Err(Refuted::malformed("the rotation", problem));
    };
    let (old, new) = (PublicKey::parse(old)?, PublicKey::parse(new)?);
    if old != *trusted {
        let problem = format!("the rotation begins with `{}`, expected `{}`", old.label(), trusted.label());
        return Err(Refuted::Disagrees(problem));
    }
    check_pair(&old, &new)?;
    rotation.verify_by(&old)?;
    rotation.verify_by(&new)?;
    Ok(new)
}

fn check_pair(old: &PublicKey, new: &PublicKey) -> Result<(), Refuted> {
    if old.name() != new.name() {
        return Err(Refuted::OtherLedger { expected: old.name().to_owned(), found: new.name().to_owned() });
    }
    if old == new || [old, new].iter().any(|key| key.algorithm() != Algorithm::Ed25519) {
        let problem = "expected two different keys of a ledger";
        return Err(Refuted::malformed("the rotation", problem));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str, seed: u8) -> SigningKey {
        SigningKey::of_seed(name, Algorithm::Ed25519, [seed; 32]).unwrap()
    }

    #[test]
    fn a_rotation_leads_from_the_old_key_to_the_new() {
        let (old, new) = (key("鹤壁", 1), key("鹤壁", 2));
        let rotation = rotate(&old, &new).unwrap();
        assert_eq!(&follow(&Note::parse(&rotation.to_string()).unwrap(), old.public()).unwrap(), new.public());
        assert!(follow(&rotation, new.public()).is_err(), "it does not lead back");
        assert!(follow(&rotation, key("鹤壁", 3).public()).is_err(), "an unknown key leads nowhere");
    }

    #[test]
    fn both_keys_must_sign() {
        let (old, new, thief) = (key("hebi", 1), key("hebi", 2), key("hebi", 3));
        let text = rotate(&old, &new).unwrap().text().to_owned();
        for signers in [[&old, &thief], [&new, &thief], [&thief, &thief]] {
            let mut note = Note::new(text.clone()).unwrap();
            for key in signers {
                note.sign(key, 0);
            }
            assert!(follow(&note, old.public()).is_err(), "{signers:?}");
        }
        assert!(rotate(&old, &old).is_err());
        assert!(rotate(&old, &key("anyang", 2)).is_err());
    }
}
