//! One field at a time: from its form on disk to its type, or an error that names it.

use crate::book::account::{Account, Posting};
use crate::calendar::{CivilDate, FiscalYear};
use crate::identifier::{Invalid, shown};
use crate::money::Amount;
use crate::proto::journal as wire;

use super::CodecError;

/// A type with a message of its own on disk.
pub(super) trait Stored: Sized {
    /// The message.
    type Wire;

    /// The form on disk; every value has one.
    fn store(&self) -> Self::Wire;

    /// The value, or the first field that does not hold one.
    fn load(wire: Self::Wire) -> Result<Self, CodecError>;
}

/// A closed list with a number for every value; 0 is "none given".
pub(super) trait Numbered: Copy {
    /// The number on disk, from 1.
    fn number(self) -> i32;

    /// The value with this number.
    fn from_number(number: i32) -> Option<Self>;
}

/// All values of a list, stored.
pub(super) fn store_all<T: Stored>(values: &[T]) -> Vec<T::Wire> {
    values.iter().map(Stored::store).collect()
}

/// All values of a list, loaded.
pub(super) fn load_all<T: Stored>(wires: Vec<T::Wire>) -> Result<Vec<T>, CodecError> {
    wires.into_iter().map(Stored::load).collect()
}

/// A message that must be there.
pub(super) fn message<T: Stored>(field: &'static str, wire: Option<T::Wire>) -> Result<T, CodecError> {
    T::load(required(field, wire)?)
}

/// A field that must be there.
pub(super) fn required<T>(field: &'static str, value: Option<T>) -> Result<T, CodecError> {
    value.ok_or(CodecError::Missing { field })
}

/// An identifier or a rate from its text.
pub(super) fn text<T>(
    field: &'static str,
    stored: &str,
    parse: impl FnOnce(&str) -> Result<T, Invalid>,
) -> Result<T, CodecError> {
    parse(stored).map_err(|invalid| CodecError::Unexpected { field, value: shown(stored), expected: invalid.problem })
}

/// A number given by the ledger: the sequence of an entry, or of the one that created the thing; from 1.
pub(super) fn number<T>(field: &'static str, stored: u64, make: impl FnOnce(u64) -> T) -> Result<T, CodecError> {
    required(field, (stored != 0).then(|| make(stored)))
}

/// As [`text`], for a field that may be absent.
pub(super) fn optional_text<T>(
    field: &'static str,
    stored: Option<&str>,
    parse: impl FnOnce(&str) -> Result<T, Invalid>,
) -> Result<Option<T>, CodecError> {
    stored.map(|stored| text(field, stored, parse)).transpose()
}

/// As [`text`], for a list.
pub(super) fn texts<T>(
    field: &'static str,
    stored: &[String],
    parse: impl Fn(&str) -> Result<T, Invalid>,
) -> Result<Vec<T>, CodecError> {
    stored.iter().map(|stored| text(field, stored, &parse)).collect()
}

/// A value of a closed list that must be there.
pub(super) fn code<T: Numbered>(field: &'static str, number: i32) -> Result<T, CodecError> {
    required(field, optional_code(field, number)?)
}

/// A value of a closed list, or none.
pub(super) fn optional_code<T: Numbered>(field: &'static str, number: i32) -> Result<Option<T>, CodecError> {
    if number == 0 {
        return Ok(None);
    }
    T::from_number(number).map(Some).ok_or(CodecError::UnknownCode { field, number })
}

/// The number of an optional value of a closed list.
pub(super) fn optional_number<T: Numbered>(value: Option<T>) -> i32 {
    value.map_or(0, Numbered::number)
}

/// A day.
pub(super) fn date(field: &'static str, days: i32) -> Result<CivilDate, CodecError> {
    CivilDate::from_epoch_days(days).ok_or_else(|| CodecError::Unexpected {
        field,
        value: days.to_string(),
        expected: format!(
            "expected days since 1970-01-01, from {} ({}) to {} ({})",
            CivilDate::MIN.epoch_days(),
            CivilDate::MIN,
            CivilDate::MAX.epoch_days(),
            CivilDate::MAX
        ),
    })
}

/// A day, or none.
pub(super) fn optional_date(field: &'static str, days: Option<i32>) -> Result<Option<CivilDate>, CodecError> {
    days.map(|days| date(field, days)).transpose()
}

/// A fiscal year.
pub(super) fn year(field: &'static str, number: i32) -> Result<FiscalYear, CodecError> {
    i16::try_from(number).ok().and_then(FiscalYear::from_value).ok_or_else(|| CodecError::Unexpected {
        field,
        value: number.to_string(),
        expected: format!(
            "expected a fiscal year from {} to {}",
            CivilDate::MIN.year().value(),
            CivilDate::MAX.year().value()
        ),
    })
}

/// Bytes of a fixed length.
pub(super) fn bytes<const LENGTH: usize>(field: &'static str, stored: &[u8]) -> Result<[u8; LENGTH], CodecError> {
    <[u8; LENGTH]>::try_from(stored).ok().ok_or_else(|| CodecError::Unexpected {
        field,
        value: format!("{} bytes", stored.len()),
        expected: format!("expected {LENGTH} bytes"),
    })
}

impl Stored for Posting {
    type Wire = wire::Posting;

    fn store(&self) -> wire::Posting {
        wire::Posting { account: self.account.to_string(), amount: self.amount.fen() }
    }

    fn load(wire: wire::Posting) -> Result<Self, CodecError> {
        Ok(Self {
            account: text("Posting.account", &wire.account, Account::parse)?,
            amount: Amount::from_fen(wire.amount),
        })
    }
}
