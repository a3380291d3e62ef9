//! The format is frozen by golden bytes, and survives whatever bytes it is given.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::sample::Index;
use wire::record;

use super::samples::samples;
use super::schema::Schema;
use super::*;

const GOLDEN: &str = include_str!("../../../tests/golden/records_v1.hex");
const SCHEMA: &str = include_str!("../../../proto/ipledger/journal/v1/record.proto");

/// The stored records: a number and the bytes in hex a line, `#` before a comment.
fn golden() -> Vec<Vec<u8>> {
    let records = GOLDEN.lines().filter(|line| !line.starts_with('#'));
    records.map(|line| hex::decode(line.split_once(' ').unwrap().1).unwrap()).collect()
}

fn problem_of(record: &wire::Record) -> String {
    decode(&record.encode_to_vec()).unwrap_err().to_string()
}

/// The first sample's record.
fn first() -> wire::Record {
    wire::Record::decode(encode(&samples()[0]).as_slice()).unwrap()
}

fn problem_with(event: record::Event) -> String {
    problem_of(&wire::Record { event: Some(event), ..first() })
}

#[test]
fn every_sample_keeps_its_bytes_for_ever() {
    let (samples, golden) = (samples(), golden());
    assert_eq!(golden.len(), samples.len(), "run the ignored test `new_samples_join_the_golden_file`");
    for (sample, bytes) in samples.iter().zip(&golden) {
        assert_eq!(hex::encode(encode(sample)), hex::encode(bytes), "{sample:?}");
        assert_eq!(decode(bytes).as_ref(), Ok(sample));
    }
}

/// Appends what is missing and leaves every line that is there: a changed line is a broken format.
#[test]
#[ignore = "writes tests/golden/records_v1.hex; run it by name after adding samples"]
fn new_samples_join_the_golden_file() {
    let mut file = GOLDEN.to_owned();
    for sample in samples().iter().skip(golden().len()) {
        writeln!(file, "{} {}", sample.sequence, hex::encode(encode(sample))).unwrap();
    }
    std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/records_v1.hex"), file).unwrap();
}

/// Every field and every enum value of `record.proto` occurs in the golden records. What the encoder forgets, or the
/// samples leave out, is missing here.
#[test]
fn golden_records_use_the_whole_schema() {
    let schema = Schema::read(SCHEMA);
    let mut seen = BTreeSet::new();
    for bytes in golden() {
        schema.walk("Record", &bytes, &mut seen);
    }
    let everything = schema.everything();
    assert!(everything.len() > 200, "the schema was not read: {everything:?}");
    assert_eq!(everything.difference(&seen).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn what_a_newer_version_wrote_is_refused_by_name() {
    let event_of_tomorrow = [0xB2, 0x03, 0x00]; // field 54, an empty message
    let mut bytes = wire::Record { event: None, ..first() }.encode_to_vec();
    let known = bytes.len();
    bytes.extend(event_of_tomorrow);
    assert_eq!(
        decode(&bytes).unwrap_err().to_string(),
        format!(
            "`Record.event` holds more than this version knows, `{known}` bytes of the record's `{}`; it was written \
             by a newer version, read it with that one",
            known + 3
        )
    );

    let mut bytes = first().encode_to_vec();
    bytes.extend([0x7A, 0x00]); // field 15
    let error = decode(&bytes).unwrap_err();
    assert!(matches!(error, CodecError::NotUnderstood { field: "Record", .. }), "{error}");

    let month = record::Event::Refused(wire::Refused { refusal: 999, ..Default::default() });
    assert_eq!(
        problem_with(month),
        "`Refused.refusal` holds the code `999`, which this version does not know; it was written by a newer version, \
         read it with that one"
    );
}

/// Inside a message the unknown field shows as well.
#[test]
fn an_unknown_field_of_an_inner_message_is_refused() {
    let bytes = encode(&samples()[0]);
    let person = bytes.windows(13).position(|window| window == b"wang.xiaoming").unwrap();
    let (end, length) = (person + 13, bytes.iter().position(|byte| *byte == 0x22).unwrap() + 1);
    let mut longer = bytes.clone();
    longer[length] += 2; // the length of Record.actor
    longer.splice(end..end, [0x78, 0x01]); // field 15
    let error = decode(&longer).unwrap_err();
    assert_eq!(error, CodecError::NotUnderstood { field: "Record", stored: longer.len(), understood: bytes.len() });
}

#[test]
fn what_is_missing_is_named() {
    let missing = |field: &str| format!("`{field}` is missing; expected a value in every record, the file is damaged");
    assert_eq!(problem_of(&wire::Record { sequence: 0, ..first() }), missing("Record.sequence"));
    assert_eq!(problem_of(&wire::Record { actor: None, ..first() }), missing("Record.actor"));
    assert_eq!(problem_of(&wire::Record { request: None, ..first() }), missing("Record.request"));
    assert_eq!(problem_of(&wire::Record { concerns: None, ..first() }), missing("Record.concerns"));
    assert_eq!(problem_of(&wire::Record { event: None, ..first() }), missing("Record.event"));
    assert_eq!(problem_with(record::Event::Refused(wire::Refused::default())), missing("Refused.refusal"));
    assert_eq!(problem_with(record::Event::LoanFiled(wire::LoanFiled::default())), missing("LoanFiled.terms"));
    assert_eq!(
        problem_with(record::Event::LoanChanged(wire::LoanChanged { loan: 1, ..Default::default() })),
        missing("LoanChanged.change")
    );
    let nil = wire::RequestKey { id: vec![0; 16], digest: vec![0; 32] };
    assert_eq!(problem_of(&wire::Record { request: Some(nil), ..first() }), missing("RequestKey.id"));
}

#[test]
fn a_wrong_value_is_named_with_what_was_expected() {
    let wrong = |field: &str, value: &str, expected: &str| {
        format!(
            "`{field}` holds `{value}`, which no version writes ({expected}); the file is damaged, restore it from a \
             backup"
        )
    };
    let days = "expected days since 1970-01-01, from 7305 (1990-01-01) to 84005 (2199-12-31)";
    assert_eq!(problem_of(&wire::Record { effective_date: -1, ..first() }), wrong("Record.effective_date", "-1", days));
    let month = |year, month| record::Event::PeriodClosed(wire::Month { year, month });
    assert_eq!(problem_with(month(2026, 13)), wrong("Month.month", "13", "expected a month from 1 to 12"));
    assert_eq!(problem_with(month(2026, 257)), wrong("Month.month", "257", "expected a month from 1 to 12"));
    assert_eq!(
        problem_with(month(67_562, 1)),
        wrong("Month.year", "67562", "expected a fiscal year from 1990 to 2199")
    );
    let key = wire::RequestKey { id: vec![7; 16], digest: vec![7; 31] };
    assert_eq!(
        problem_of(&wire::Record { request: Some(key), ..first() }),
        wrong("RequestKey.digest", "31 bytes", "expected 32 bytes")
    );
    let posting = wire::Posting { account: "treasury/gold".to_owned(), amount: 1 };
    let problem = problem_of(&wire::Record { postings: vec![posting], ..first() });
    let start = "`Posting.account` holds `treasury/gold`, which no version writes (`treasury/gold` is not an account";
    assert!(problem.starts_with(start), "{problem}");
    assert_eq!(
        problem_with(record::Event::RulebookAdopted(wire::RulebookAdopted {
            text: "schema = 1".to_owned(),
            reason: None
        })),
        "`RulebookAdopted.text` is not a rulebook that this version can read (rulebook:1: the file has no `rulebook`; \
         add `rulebook = …`, rulebook:1: the file has no `source`; add `source = …`); it was adopted under a newer \
         version, read it with that one, or the file is damaged"
    );
}

#[test]
fn an_ordinary_record_is_small() {
    let sizes: Vec<usize> = samples()
        .iter()
        .filter(|sample| matches!(sample.event, crate::book::event::Event::LoanChanged(_)))
        .map(|sample| encode(sample).len())
        .collect();
    assert!(sizes.iter().all(|size| *size < 400), "{sizes:?}");
}

/// The bytes of one sample with a few of them changed, dropped or doubled.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<Index>(), any::<u8>(), 0..4_u8);
    (any::<Index>(), proptest::collection::vec(change, 1..4)).prop_map(|(sample, changes)| {
        let mut bytes = encode(sample.get(&samples()));
        for (place, byte, kind) in changes {
            let place = place.index(bytes.len());
            match kind {
                0 => bytes[place] = byte,
                1 => bytes.insert(place, byte),
                2 => bytes.truncate(place.max(1)),
                _ => bytes[place] = bytes[place].wrapping_add(1),
            }
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(entry) = decode(&bytes) {
            prop_assert_eq!(decode(&encode(&entry)), Ok(entry));
        }
    }

    #[test]
    fn damaged_records_are_refused_or_are_entries(bytes in mutated()) {
        match decode(&bytes) {
            Ok(entry) => prop_assert_eq!(decode(&encode(&entry)), Ok(entry)),
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }
}
