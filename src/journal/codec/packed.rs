//! The explanation of a line as bytes, written and read without the structures of the generated code in between.
//!
//! Explanations are two thirds of a record, some fifty short fields in each. [`PackedLine`] stands in the generated code
//! where the message `LineExplanation` would: its bytes are exactly those of the message in `record.proto`, made in one
//! pass and read in one. Measured on records of granted applications, both ways together: see `benches/README.md`.

use prost::DecodeError;
use prost::bytes::{Buf, BufMut};
use prost::encoding::{DecodeContext, WireType, decode_varint, encode_varint, encoded_len_varint};

use crate::calendar::CivilDate;
use crate::identifier::ClauseId;
use crate::money::{Amount, Rate};
use crate::rulebook::explanation::{Bound, Input, LineExplanation, Step, Value};
use crate::rulebook::word::Word;

use super::CodecError;
use super::field::{Numbered as _, code, date, optional_code, optional_number, required, text};

/// The bytes of a message `LineExplanation`, without its own key and length.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct PackedLine(Vec<u8>);

/// What a record usually keeps of a line.
const LINE_BYTES_USUAL: usize = 1024;

impl PackedLine {
    /// The bytes of the explanation.
    pub(super) fn pack(line: &LineExplanation) -> Self {
        let usual = if line.steps.is_empty() { 0 } else { LINE_BYTES_USUAL };
        let mut out = Vec::with_capacity(usual);
        put_enum(1, optional_number(line.item), &mut out);
        put_number(2, zigzag(line.requested.fen()), &mut out);
        put_number(3, zigzag(line.granted.fen()), &mut out);
        put_enum(4, line.bound.number(), &mut out);
        put_enum(5, optional_number(line.refusal), &mut out);
        for step in &line.steps {
            put_step(step, &mut out);
        }
        Self(out)
    }

    /// An explanation that says nothing, in place of one that is not looked at.
    pub(super) fn nothing() -> Self {
        let nothing = LineExplanation {
            item: None,
            requested: Amount::ZERO,
            granted: Amount::ZERO,
            bound: Bound::Ratio,
            refusal: None,
            steps: Vec::new(),
        };
        Self::pack(&nothing)
    }

    /// The explanation in the bytes.
    pub(super) fn unpack(&self) -> Result<LineExplanation, CodecError> {
        let mut wire = Line::default();
        let mut rest = self.0.as_slice();
        while let Some((tag, field)) = next_field(&mut rest)? {
            match (tag, field) {
                (1, Field::Number(number)) => wire.item = enum_number(number),
                (2, Field::Number(number)) => wire.requested = unzigzag(number),
                (3, Field::Number(number)) => wire.granted = unzigzag(number),
                (4, Field::Number(number)) => wire.bound = enum_number(number),
                (5, Field::Number(number)) => wire.refusal = enum_number(number),
                (6, Field::Bytes(bytes)) => {
                    let step = read_step(bytes, wire.steps.last())?;
                    wire.steps.push(step);
                }
                (_, Field::Number(_) | Field::Bytes(_)) => return Err(unknown("LineExplanation", &self.0, rest)),
            }
        }
        let line = LineExplanation {
            item: optional_code("LineExplanation.item", wire.item)?,
            requested: Amount::from_fen(wire.requested),
            granted: Amount::from_fen(wire.granted),
            bound: code("LineExplanation.bound", wire.bound)?,
            refusal: optional_code("LineExplanation.refusal", wire.refusal)?,
            steps: wire.steps,
        };
        // As for the record as a whole: every deviation from the one form of a line shows in the length.
        let understood = line_bytes(&line);
        if understood == self.0.len() {
            Ok(line)
        } else {
            Err(CodecError::NotUnderstood { field: "LineExplanation", stored: self.0.len(), understood })
        }
    }
}

#[derive(Default)]
struct Line {
    item: i32,
    requested: i64,
    granted: i64,
    bound: i32,
    refusal: i32,
    steps: Vec<Step>,
}

/// One field of a message.
enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The next field with its tag; `None` at the end.
fn next_field<'a>(rest: &mut &'a [u8]) -> Result<Option<(u64, Field<'a>)>, DecodeError> {
    if rest.is_empty() {
        return Ok(None);
    }
    let key = decode_varint(rest)?;
    let tag = key >> 3;
    match key & 7 {
        0 => Ok(Some((tag, Field::Number(decode_varint(rest)?)))),
        2 => {
            let length = usize::try_from(decode_varint(rest)?).unwrap_or(usize::MAX);
            let split = rest.split_at_checked(length).ok_or_else(|| malformed("a field is cut off"))?;
            *rest = split.1;
            Ok(Some((tag, Field::Bytes(split.0))))
        }
        _ => Err(malformed("an explanation holds numbers and texts only")),
    }
}

#[expect(deprecated, reason = "the one way to say in prost's own words what is wrong with bytes")]
fn malformed(problem: &'static str) -> DecodeError {
    DecodeError::new(problem)
}

fn unknown(field: &'static str, whole: &[u8], rest: &[u8]) -> CodecError {
    CodecError::NotUnderstood { field, stored: whole.len(), understood: whole.len().saturating_sub(rest.len()) }
}

/// A number that no list has stays one: not known.
fn enum_number(number: u64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn word(bytes: &[u8]) -> Result<Word, CodecError> {
    let text = str::from_utf8(bytes);
    text.map(Word::from).map_err(|_invalid| malformed("a text is not UTF-8").into())
}

/// A step; its clause is often the one of the step before, and then shared.
fn read_step(bytes: &[u8], before: Option<&Step>) -> Result<Step, CodecError> {
    let (mut kind, mut outcome, mut rule, mut result) = (0, 0, Word::default(), Word::default());
    let (mut clause, mut inputs) = (None, Vec::with_capacity(4));
    let mut rest = bytes;
    while let Some((tag, field)) = next_field(&mut rest)? {
        match (tag, field) {
            (1, Field::Number(number)) => kind = enum_number(number),
            (2, Field::Bytes(bytes)) => rule = word(bytes)?,
            (3, Field::Bytes(bytes)) => {
                let same = before.and_then(|step| step.clause.as_ref());
                clause = Some(match same.filter(|clause| clause.as_str().as_bytes() == bytes) {
                    Some(clause) => clause.clone(),
                    None => text("Step.clause", &word(bytes)?, ClauseId::parse)?,
                });
            }
            (4, Field::Bytes(bytes)) => inputs.push(read_input(bytes)?),
            (5, Field::Bytes(bytes)) => result = word(bytes)?,
            (6, Field::Number(number)) => outcome = enum_number(number),
            (_, Field::Number(_) | Field::Bytes(_)) => return Err(unknown("Step", bytes, rest)),
        }
    }
    Ok(Step { kind: code("Step.kind", kind)?, rule, clause, inputs, result, outcome: code("Step.outcome", outcome)? })
}

fn read_input(bytes: &[u8]) -> Result<Input, CodecError> {
    let (mut name, mut value) = (Word::default(), None);
    let mut rest = bytes;
    while let Some((tag, field)) = next_field(&mut rest)? {
        match (tag, field) {
            (1, Field::Bytes(bytes)) => name = word(bytes)?,
            (2, Field::Number(number)) => value = Some(Value::Amount(Amount::from_fen(unzigzag(number)))),
            (3, Field::Bytes(bytes)) => value = Some(Value::Rate(text("Input.rate", &word(bytes)?, Rate::parse)?)),
            (4, Field::Bytes(bytes)) => value = Some(Value::Exact(word(bytes)?)),
            (5, Field::Number(number)) => {
                // What does not fit is far beyond any date, and refused as one.
                let days = i32::try_from(unzigzag(number)).unwrap_or(i32::MAX);
                value = Some(Value::Date(date("Input.date", days)?));
            }
            (6, Field::Number(number)) => value = Some(Value::Count(unzigzag(number))),
            (7, Field::Bytes(bytes)) => value = Some(Value::Text(word(bytes)?)),
            (_, Field::Number(_) | Field::Bytes(_)) => return Err(unknown("Input", bytes, rest)),
        }
    }
    Ok(Input { name, value: required("Input.value", value)? })
}

fn line_bytes(line: &LineExplanation) -> usize {
    let steps = line.steps.iter().map(|step| nested(step_bytes(step)));
    sum(steps.chain([
        enum_bytes(optional_number(line.item)),
        number_bytes(zigzag(line.requested.fen())),
        number_bytes(zigzag(line.granted.fen())),
        enum_bytes(line.bound.number()),
        enum_bytes(optional_number(line.refusal)),
    ]))
}

fn step_bytes(step: &Step) -> usize {
    let inputs = step.inputs.iter().map(|input| nested(input_bytes(input)));
    sum(inputs.chain([
        enum_bytes(step.kind.number()),
        text_bytes(step.rule.as_bytes()),
        step.clause.as_ref().map_or(0, |clause| nested(clause.as_str().len())),
        text_bytes(step.result.as_bytes()),
        enum_bytes(step.outcome.number()),
    ]))
}

fn put_step(step: &Step, out: &mut Vec<u8>) {
    put_nested(6, out, |out| {
        put_enum(1, step.kind.number(), out);
        put_text(2, step.rule.as_bytes(), out);
        if let Some(clause) = &step.clause {
            put_bytes(3, clause.as_str().as_bytes(), out);
        }
        for input in &step.inputs {
            put_nested(4, out, |out| put_input(input, out));
        }
        put_text(5, step.result.as_bytes(), out);
        put_enum(6, step.outcome.number(), out);
    });
}

fn put_input(input: &Input, out: &mut Vec<u8>) {
    put_text(1, input.name.as_bytes(), out);
    match &input.value {
        Value::Amount(amount) => put_member(2, zigzag(amount.fen()), out),
        Value::Rate(rate) => put_bytes(3, rate.to_string().as_bytes(), out),
        Value::Exact(product) => put_bytes(4, product.as_bytes(), out),
        Value::Date(day) => put_member(5, zigzag(day_number(*day)), out),
        Value::Count(count) => put_member(6, zigzag(*count), out),
        Value::Text(words) => put_bytes(7, words.as_bytes(), out),
    }
}

fn input_bytes(input: &Input) -> usize {
    let value = match &input.value {
        Value::Amount(amount) => encoded_len_varint(zigzag(amount.fen())).saturating_add(KEY_BYTES),
        Value::Rate(rate) => nested(rate.to_string().len()),
        Value::Exact(words) | Value::Text(words) => nested(words.as_bytes().len()),
        Value::Date(day) => encoded_len_varint(zigzag(day_number(*day))).saturating_add(KEY_BYTES),
        Value::Count(count) => encoded_len_varint(zigzag(*count)).saturating_add(KEY_BYTES),
    };
    value.saturating_add(text_bytes(input.name.as_bytes()))
}

fn day_number(day: CivilDate) -> i64 {
    i64::from(day.epoch_days())
}

/// Every tag here is below 16.
const KEY_BYTES: usize = 1;

fn sum(parts: impl Iterator<Item = usize>) -> usize {
    parts.fold(0, usize::saturating_add)
}

/// Bytes with their key and their length.
fn nested(length: usize) -> usize {
    encoded_len_varint(u64::try_from(length).unwrap_or(u64::MAX)).saturating_add(length).saturating_add(KEY_BYTES)
}

fn text_bytes(text: &[u8]) -> usize {
    if text.is_empty() { 0 } else { nested(text.len()) }
}

fn number_bytes(number: u64) -> usize {
    if number == 0 { 0 } else { encoded_len_varint(number).saturating_add(KEY_BYTES) }
}

fn enum_bytes(number: i32) -> usize {
    number_bytes(u64::try_from(number).unwrap_or(0))
}

fn put_length(tag: u64, length: usize, out: &mut Vec<u8>) {
    encode_varint(tag << 3 | 2, out);
    encode_varint(u64::try_from(length).unwrap_or(u64::MAX), out);
}

/// A message within the message. Its length is put before it when it is known: nearly all are shorter than 128 bytes, and
/// have their one byte already; the rest move on to make room.
fn put_nested(tag: u64, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    encode_varint(tag << 3 | 2, out);
    let at = out.len();
    out.push(0);
    write(out);
    let length = out.len().saturating_sub(at).saturating_sub(1);
    if let (Ok(short @ ..0x80), Some(place)) = (u8::try_from(length), out.get_mut(at)) {
        *place = short;
        return;
    }
    let mut long = Vec::with_capacity(3);
    encode_varint(u64::try_from(length).unwrap_or(u64::MAX), &mut long);
    drop(out.splice(at..=at, long));
}

fn put_bytes(tag: u64, text: &[u8], out: &mut Vec<u8>) {
    put_length(tag, text.len(), out);
    out.extend_from_slice(text);
}

/// A text that is left out when it is empty.
fn put_text(tag: u64, text: &[u8], out: &mut Vec<u8>) {
    if !text.is_empty() {
        put_bytes(tag, text, out);
    }
}

/// The number of a value that is one of several: 0 is written too.
fn put_member(tag: u64, number: u64, out: &mut Vec<u8>) {
    encode_varint(tag << 3, out);
    encode_varint(number, out);
}

fn put_number(tag: u64, number: u64, out: &mut Vec<u8>) {
    if number != 0 {
        put_member(tag, number, out);
    }
}

fn put_enum(tag: u64, number: i32, out: &mut Vec<u8>) {
    put_number(tag, u64::try_from(number).unwrap_or(0), out);
}

/// Signed numbers as protobuf writes them: the small ones short, whatever their sign.
const fn zigzag(number: i64) -> u64 {
    (number.cast_unsigned() << 1) ^ (number >> 63).cast_unsigned()
}

const fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ (number & 1).cast_signed().wrapping_neg()
}

/// What the generated code asks of a message. It merges field by field; the bytes are put together again as they were.
impl prost::Message for PackedLine {
    fn encode_raw(&self, buf: &mut impl BufMut) {
        buf.put_slice(&self.0);
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buf: &mut impl Buf,
        _ctx: DecodeContext,
    ) -> Result<(), DecodeError> {
        let tag = u64::from(tag);
        match wire_type {
            WireType::Varint => put_member(tag, decode_varint(buf)?, &mut self.0),
            WireType::LengthDelimited => {
                let length = usize::try_from(decode_varint(buf)?).unwrap_or(usize::MAX);
                if length > buf.remaining() {
                    return Err(malformed("a field is cut off"));
                }
                put_length(tag, length, &mut self.0);
                self.0.put(buf.take(length));
            }
            WireType::ThirtyTwoBit | WireType::SixtyFourBit | WireType::StartGroup | WireType::EndGroup => {
                return Err(malformed("an explanation holds numbers and texts only"));
            }
        }
        Ok(())
    }

    fn encoded_len(&self) -> usize {
        self.0.len()
    }

    fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::codec::samples;

    #[test]
    fn signed_numbers_come_back() {
        for number in [0, 1, -1, 63, -64, i64::MAX, i64::MIN] {
            assert_eq!(unzigzag(zigzag(number)), number);
        }
        assert_eq!([zigzag(0), zigzag(-1), zigzag(1), zigzag(-2)], [0, 1, 2, 3]);
    }

    #[test]
    fn every_line_is_measured_as_it_is_written_and_comes_back() {
        for index in 0..40 {
            let line = samples::explanation_line(index);
            let packed = PackedLine::pack(&line);
            assert_eq!(packed.0.len(), line_bytes(&line));
            assert_eq!(packed.unpack().unwrap(), line);
        }
    }

    #[test]
    fn no_flip_and_no_cut_panics_and_an_unknown_field_is_refused() {
        let packed = PackedLine::pack(&samples::explanation_line(3));
        for place in 0..packed.0.len() {
            for bit in 0..8 {
                let mut flipped = packed.clone();
                flipped.0[place] ^= 1 << bit;
                if let Ok(line) = flipped.unpack() {
                    // What is read is not what was written, or there were two forms of it.
                    assert_ne!(line, packed.unpack().unwrap(), "byte {place}, bit {bit}");
                }
            }
            drop(PackedLine(packed.0[..place].to_vec()).unpack());
        }
        let longer = PackedLine([packed.0.as_slice(), &[0x78, 0x01]].concat());
        assert!(matches!(longer.unpack(), Err(CodecError::NotUnderstood { field: "LineExplanation", .. })));
    }
}
