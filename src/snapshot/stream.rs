//! The bytes of a section, read through a buffer and hashed on the way.
//!
//! A nation's sections are hundreds of megabytes long; read whole they would be a third of all the memory that a start
//! touches, and as much again at its peak. What was read is believed only once the hash of all of it is known: until then it
//! is a value that nobody has seen.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use postcard::Error;
use postcard::de_flavors::Flavor;
use sha2::{Digest as _, Sha256};

use crate::journal::merkle::Hash;

/// How much is read and hashed at a time.
const BUFFER_BYTES: usize = 256 * 1024;

/// Bytes of a file, from one place on.
pub(super) struct Stream<'f> {
    file: &'f File,
    offset: u64,
    /// How many are not in the buffer yet.
    left: u64,
    buffer: Vec<u8>,
    /// What of the buffer was taken, and up to where it is filled.
    taken: usize,
    filled: usize,
    hasher: Sha256,
    /// What postcard cannot carry.
    failed: Option<io::Error>,
}

/// What came of a stream that was read to its end.
pub(super) struct Ended {
    /// Of all its bytes.
    pub(super) hash: Hash,
    /// How many of them nobody had asked for.
    pub(super) untaken: u64,
}

impl<'f> Stream<'f> {
    pub(super) fn new(file: &'f File, (offset, bytes): (u64, u64)) -> Self {
        let buffer = vec![0; BUFFER_BYTES.min(usize::try_from(bytes).unwrap_or(BUFFER_BYTES))];
        Self { file, offset, left: bytes, buffer, taken: 0, filled: 0, hasher: Sha256::new(), failed: None }
    }

    /// Reads what nobody asked for too, for the hash.
    pub(super) fn end(mut self) -> io::Result<Ended> {
        let untaken = self.in_buffer().saturating_add(usize::try_from(self.left).unwrap_or(usize::MAX));
        while self.failed.is_none() && self.left > 0 {
            self.taken = self.filled;
            // Why it fails is kept.
            self.fill(1).unwrap_or_default();
        }
        if let Some(failed) = self.failed {
            return Err(failed);
        }
        let untaken = u64::try_from(untaken).unwrap_or(u64::MAX);
        Ok(Ended { hash: Hash(self.hasher.finalize().into()), untaken })
    }

    const fn in_buffer(&self) -> usize {
        self.filled.saturating_sub(self.taken)
    }

    /// Reads on until there are so many bytes in the buffer, or more.
    #[cold]
    fn fill(&mut self, wanted: usize) -> Result<(), Error> {
        let kept = self.in_buffer();
        let missing = u64::try_from(wanted.saturating_sub(kept)).unwrap_or(u64::MAX);
        if missing > self.left || self.failed.is_some() {
            return Err(Error::DeserializeUnexpectedEnd);
        }
        self.buffer.copy_within(self.taken..self.filled, 0);
        (self.taken, self.filled) = (0, kept);
        if self.buffer.len() < wanted {
            self.buffer.resize(wanted, 0);
        }
        let room = self.buffer.get_mut(kept..).unwrap_or_default();
        let count = room.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let room = room.get_mut(..count).unwrap_or_default();
        if let Err(error) = self.file.read_exact_at(room, self.offset) {
            self.failed = Some(error);
            return Err(Error::DeserializeUnexpectedEnd);
        }
        self.hasher.update(&*room);
        let read = u64::try_from(count).unwrap_or(u64::MAX);
        (self.offset, self.left) = (self.offset.saturating_add(read), self.left.saturating_sub(read));
        self.filled = kept.saturating_add(count);
        Ok(())
    }
}

impl<'f> Flavor<'f> for Stream<'f> {
    type Remainder = Self;
    type Source = &'f File;

    fn pop(&mut self) -> Result<u8, Error> {
        if self.taken == self.filled {
            self.fill(1)?;
        }
        let byte = self.buffer.get(self.taken).copied().ok_or(Error::DeserializeUnexpectedEnd)?;
        self.taken = self.taken.saturating_add(1);
        Ok(byte)
    }

    /// Nothing of the state borrows from the file: every type asks for texts and bytes that it may keep.
    fn try_take_n(&mut self, _ct: usize) -> Result<&'f [u8], Error> {
        Err(Error::WontImplement)
    }

    fn try_take_n_temp<'a>(&'a mut self, ct: usize) -> Result<&'a [u8], Error>
    where
        'f: 'a,
    {
        if self.in_buffer() < ct {
            self.fill(ct)?;
        }
        let from = self.taken;
        self.taken = from.saturating_add(ct);
        self.buffer.get(from..self.taken).ok_or(Error::DeserializeUnexpectedEnd)
    }

    fn finalize(self) -> Result<Self, Error> {
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use postcard::Deserializer;
    use serde::Deserialize as _;
    use tempfile::tempfile;

    use super::*;

    fn stream_of<'f>(file: &'f File, bytes: &[u8]) -> Stream<'f> {
        let mut writing = file;
        writing.write_all(bytes).unwrap();
        Stream::new(file, (0, u64::try_from(bytes.len()).unwrap()))
    }

    /// Values of all lengths around that of the buffer, whose ends fall everywhere in it.
    #[test]
    fn what_was_written_is_read_whatever_lies_across_the_end_of_the_buffer() {
        let mut values: Vec<(u32, String)> =
            (0..90_000).zip((0..37).cycle()).map(|(n, long)| (n, "条".repeat(long))).collect();
        values.push((1, "长".repeat(BUFFER_BYTES)));
        values.push((2, String::new()));
        let bytes = postcard::to_stdvec(&values).unwrap();
        let file = tempfile().unwrap();
        let mut deserializer = Deserializer::from_flavor(stream_of(&file, &bytes));
        assert_eq!(Vec::<(u32, String)>::deserialize(&mut deserializer).unwrap(), values);
        let ended = deserializer.finalize().unwrap().end().unwrap();
        assert_eq!((ended.hash, ended.untaken), (Hash::of([bytes.as_slice()]), 0));
    }

    #[test]
    fn what_nobody_asked_for_is_hashed_too_and_counted() {
        let bytes: Vec<u8> = (0..BUFFER_BYTES * 3).map(|n| u8::try_from(n % 251).unwrap()).collect();
        let file = tempfile().unwrap();
        let mut stream = stream_of(&file, &bytes);
        assert_eq!(stream.try_take_n_temp(1_000).unwrap(), &bytes[..1_000]);
        assert_eq!(stream.pop().unwrap(), bytes[1_000]);
        let ended = stream.end().unwrap();
        assert_eq!(
            (ended.hash, ended.untaken),
            (Hash::of([bytes.as_slice()]), u64::try_from(bytes.len()).unwrap() - 1_001)
        );
    }

    #[test]
    fn a_length_beyond_the_end_takes_no_memory() {
        let file = tempfile().unwrap();
        let mut stream = stream_of(&file, &[1, 2, 3]);
        assert_eq!(stream.try_take_n_temp(usize::MAX), Err(Error::DeserializeUnexpectedEnd));
        assert_eq!(stream.buffer.len(), 3);
        assert_eq!(stream.try_take_n_temp(3).unwrap(), [1, 2, 3]);
        assert_eq!(stream.pop(), Err(Error::DeserializeUnexpectedEnd));
    }

    #[test]
    fn a_file_that_ends_too_early_says_so() {
        let file = tempfile().unwrap();
        drop(stream_of(&file, &[1, 2, 3]));
        let mut stream = Stream::new(&file, (0, 5));
        assert_eq!(stream.pop(), Err(Error::DeserializeUnexpectedEnd));
        assert_eq!(stream.end().err().unwrap().kind(), io::ErrorKind::UnexpectedEof);
    }
}
