//! The state in sections, so that a start reads them beside each other.
//!
//! The large parts are sections of their own; what is left of the state is the last one.

use std::fmt;
use std::io::{self, Write};

use postcard::Deserializer;
use postcard::de_flavors::Flavor;
use serde::{Deserialize, Serialize};

use super::work::Work;
use super::{Loaded, Published, StateCopy};

/// Puts a part that was read into its place.
type Place = Box<dyn FnOnce(&mut Published) + Send>;

/// A section that was read.
pub(crate) struct Section(Read);

impl fmt::Debug for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Read::Part(_) => "Section(part)",
            Read::Rest(_) => "Section(rest)",
        })
    }
}

/// Writes one section: what it is given writes the bytes, one after the other.
type WriteOne<'a> = &'a mut dyn FnMut(&mut dyn FnMut(&mut dyn Write) -> postcard::Result<()>) -> io::Result<()>;

enum Read {
    Part(Place),
    Rest(Box<Published>),
}

/// Names the large parts, and what is done with each of them.
macro_rules! sections {
    ($($($path:ident).+;)+) => {
        /// How many sections a state has.
        pub(crate) const SECTIONS: usize = [$(stringify!($($path).+)),+].len() + 1;

        /// Writes section after section.
        fn write_all(mut state: Published, write_one: WriteOne<'_>) -> io::Result<()> {
            $(
                let part = std::mem::take(&mut state.$($path).+);
                write_one(&mut |out| put(&part, out))?;
                drop(part);
            )+
            write_one(&mut |out| put(&state, out))
        }

        /// Reads the section of this number.
        fn read_one<'de, F: Flavor<'de>>(
            number: usize,
            deserializer: &mut Deserializer<'de, F>,
        ) -> postcard::Result<Read> {
            let mut at = 0_usize;
            $(
                if number == at {
                    let part = Deserialize::deserialize(deserializer)?;
                    return Ok(Read::Part(Box::new(move |state| state.$($path).+ = part)));
                }
                at = at.saturating_add(1);
            )+
            debug_assert_eq!(number, at, "the last section");
            Ok(Read::Rest(Box::new(Deserialize::deserialize(deserializer)?)))
        }
    };
}

sections! {
    view.book.enterprises;
    view.book.rights;
    view.book.pledges;
    view.book.loans;
    view.book.contracts;
    view.book.applications;
    view.book.evidence;
    view.book.cap_use;
    view.book.accounts;
    view.book.reconciliation;
    view.book.requests;
    view.history;
    view.cases;
    view.figures;
    view.work;
    view.index;
    subtrees;
}

fn put<T: Serialize>(part: &T, out: &mut dyn Write) -> postcard::Result<()> {
    postcard::to_io(part, out).map(|_| ())
}

impl StateCopy {
    /// Writes its sections in their order, and lets go of each when it is written.
    pub(crate) fn write_sections(mut self, write_one: WriteOne<'_>) -> io::Result<()> {
        // Not copied, so that nobody waits for it; a start that made it would look into every application.
        self.0.view.work = Work::of(&self.0.view.book, &self.0.view.cases);
        write_all(self.0, write_one)
    }
}

impl Section {
    /// Reads the section of this number.
    ///
    /// # Errors
    ///
    /// The bytes are not those of this section.
    pub(crate) fn read<'de, F: Flavor<'de>>(
        number: usize,
        deserializer: &mut Deserializer<'de, F>,
    ) -> Result<Self, String> {
        read_one(number, deserializer)
            .map(Self)
            .map_err(|error| format!("its section {number} cannot be read: {error}"))
    }
}

impl Loaded {
    /// The state of all its sections, in any order; without the end of the journal, which [`Loaded::at`] puts back, and the
    /// newest entries, which the journal has.
    ///
    /// # Errors
    ///
    /// The section with the rest of the state is not there.
    pub(crate) fn of_sections(sections: Vec<Section>) -> Result<Self, String> {
        let (mut places, mut state) = (Vec::new(), None);
        for Section(read) in sections {
            match read {
                Read::Part(place) => places.push(place),
                Read::Rest(rest) => state = Some(*rest),
            }
        }
        let mut state = state.ok_or_else(|| "its last section is not there".to_owned())?;
        for place in places {
            place(&mut state);
        }
        Ok(Self(state))
    }
}
