//! Short names of scripts: `A` is an enterprise with a valid USCC, `P1` a patent, `V1` an invoice, `L1` a loan.

use std::collections::BTreeMap;

use ipledger::identifier::{InvoiceNumber, RightId, Uscc};

const ALPHABET: &[u8] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// The number of the entry that a name of a script stands for: `L1` a loan, `S1` an application, `C1` a claim,
/// `I1` an interest payment, `X1` a blacklist entry.
pub(super) type Entries = BTreeMap<String, u64>;

/// An entry that no script has: for what is unknown.
pub(super) const NO_ENTRY: u64 = 9_999;

/// The enterprise `A` to `L`, or an institution's own code.
pub(super) fn enterprise(name: &str) -> Uscc {
    let letter = name.bytes().next().unwrap();
    assert!(name.len() == 1 && letter.is_ascii_uppercase(), "`{name}` is not an enterprise");
    uscc(&format!("91410600MA{:07}", letter - b'A' + 1))
}

/// The code of an institution, from the letters of its name.
pub(super) fn institution_uscc(name: &str) -> Uscc {
    let sum = name.bytes().fold(0_u64, |sum, byte| sum * 131 % 9_999_991 + u64::from(byte));
    uscc(&format!("91410000ME{:07}", sum % 10_000_000))
}

/// Completes a code with its check character (GB 32100-2015).
fn uscc(first_17: &str) -> Uscc {
    let mut weight = 1;
    let mut sum = 0;
    for byte in first_17.bytes() {
        sum += weight * ALPHABET.iter().position(|other| *other == byte).unwrap();
        weight = weight * 3 % 31;
    }
    let check = char::from(ALPHABET[(31 - sum % 31) % 31]);
    Uscc::parse(&format!("{first_17}{check}")).unwrap()
}

/// The right `P1` (patent), `T1` (trademark, class 9) or `K1` (copyright).
pub(super) fn right(name: &str) -> RightId {
    let number: u32 = name[1..].parse().unwrap_or_else(|_| panic!("`{name}` is not a right"));
    let text = match &name[..1] {
        "P" => format!("patent:{}", patent(&format!("20201{number:07}"))),
        "T" => format!("trademark:{}/9", 10_000_000 + number),
        "K" => format!("copyright:2020SR{number:07}"),
        _ => panic!("`{name}` is not a right"),
    };
    RightId::parse(&text).unwrap()
}

/// Completes a patent number with its check digit.
fn patent(digits: &str) -> String {
    let weights = [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5];
    let digits_weighed = digits.bytes().zip(weights);
    let sum = digits_weighed.fold(0, |sum, (byte, weight)| sum + u32::from(byte - b'0') * weight);
    let check = match sum % 11 {
        10 => "X".to_owned(),
        digit => digit.to_string(),
    };
    format!("{digits}.{check}")
}

/// The all-electronic invoice `V1`; `R1` is a red-letter one.
pub(super) fn invoice(name: &str) -> InvoiceNumber {
    let number: u32 = name[1..].parse().unwrap_or_else(|_| panic!("`{name}` is not an invoice"));
    let prefix = if name.starts_with('R') { "25" } else { "26" };
    InvoiceNumber::parse(&format!("{prefix}{number:018}")).unwrap()
}

/// Puts the short names back into a text.
pub(super) fn shortened(text: &str, entries: &Entries) -> String {
    let mut text = text.to_owned();
    for letter in 'A'..='L' {
        text = text.replace(enterprise(&letter.to_string()).as_str(), &letter.to_string());
    }
    for number in 1..=12 {
        for kind in ["P", "T", "K"] {
            let name = format!("{kind}{number}");
            text = text.replace(&right(&name).to_string(), &name);
        }
        for kind in ["V", "R"] {
            let name = format!("{kind}{number}");
            text = text.replace(&invoice(&name).to_string(), &name);
        }
    }
    let mut newest_first: Vec<_> = entries.iter().collect();
    newest_first.sort_by_key(|(_, entry)| std::cmp::Reverse(**entry));
    for (name, entry) in newest_first {
        for word in ["loan", "application", "claim"] {
            text = text.replace(&format!("{word}-{entry}"), name);
        }
    }
    text
}
