//! Explanations, the largest part of a decision's record, line by line, and the keys of what they count toward.

use crate::calendar::FiscalYear;
use crate::identifier::{CapId, LoanId, RulebookId, Uscc};
use crate::proto::journal as wire;
use crate::rulebook::RulebookRef;
use crate::rulebook::explanation::{Explanation, LineExplanation};
use crate::rulebook::facts::CapKey;

use super::CodecError;
use super::field::{Stored, load_all, number, store_all, text, year};
use super::packed::PackedLine;

impl Stored for Explanation {
    type Wire = wire::Explanation;

    fn store(&self) -> wire::Explanation {
        wire::Explanation { lines: store_all(&self.lines) }
    }

    fn load(wire: wire::Explanation) -> Result<Self, CodecError> {
        Ok(Self { lines: load_all(wire.lines)? })
    }
}

impl Stored for LineExplanation {
    type Wire = PackedLine;

    fn store(&self) -> PackedLine {
        PackedLine::pack(self)
    }

    fn load(wire: PackedLine) -> Result<Self, CodecError> {
        wire.unpack()
    }
}

impl Stored for CapKey {
    type Wire = wire::CapKey;

    fn store(&self) -> wire::CapKey {
        wire::CapKey {
            cap: self.cap.as_str().to_owned(),
            enterprise: self.enterprise.as_str().to_owned(),
            year: self.year.map(FiscalYear::value).map(i32::from),
            loan: self.loan.map(LoanId::number),
        }
    }

    fn load(wire: wire::CapKey) -> Result<Self, CodecError> {
        Ok(Self {
            cap: text("CapKey.cap", &wire.cap, CapId::parse)?,
            enterprise: text("CapKey.enterprise", &wire.enterprise, Uscc::parse)?,
            year: wire.year.map(|value| year("CapKey.year", value)).transpose()?,
            loan: wire.loan.map(|value| number("CapKey.loan", value, LoanId::new)).transpose()?,
        })
    }
}

impl Stored for RulebookRef {
    type Wire = wire::RulebookRef;

    fn store(&self) -> wire::RulebookRef {
        wire::RulebookRef { id: self.id.as_str().to_owned(), version: self.version }
    }

    fn load(wire: wire::RulebookRef) -> Result<Self, CodecError> {
        Ok(Self { id: text("RulebookRef.id", &wire.id, RulebookId::parse)?, version: wire.version })
    }
}
