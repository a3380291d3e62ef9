//! Explanations, the largest part of a decision's record: codes as numbers, inputs as values of one kind.

use crate::calendar::FiscalYear;
use crate::identifier::{CapId, ClauseId, LoanId, RulebookId, Uscc};
use crate::money::{Amount, Rate};
use crate::proto::journal as wire;
use crate::rulebook::RulebookRef;
use crate::rulebook::explanation::{Explanation, Input, LineExplanation, Step, Value};
use crate::rulebook::facts::CapKey;

use super::CodecError;
use super::field::{
    Numbered as _, Stored, code, date, load_all, message, number, optional_code, optional_number, optional_text,
    store_all, text, year,
};

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
    type Wire = wire::LineExplanation;

    fn store(&self) -> wire::LineExplanation {
        wire::LineExplanation {
            item: optional_number(self.item),
            requested: self.requested.fen(),
            granted: self.granted.fen(),
            bound: self.bound.number(),
            refusal: optional_number(self.refusal),
            steps: store_all(&self.steps),
        }
    }

    fn load(wire: wire::LineExplanation) -> Result<Self, CodecError> {
        Ok(Self {
            item: optional_code("LineExplanation.item", wire.item)?,
            requested: Amount::from_fen(wire.requested),
            granted: Amount::from_fen(wire.granted),
            bound: code("LineExplanation.bound", wire.bound)?,
            refusal: optional_code("LineExplanation.refusal", wire.refusal)?,
            steps: load_all(wire.steps)?,
        })
    }
}

impl Stored for Step {
    type Wire = wire::Step;

    fn store(&self) -> wire::Step {
        wire::Step {
            kind: self.kind.number(),
            rule: self.rule.clone(),
            clause: self.clause.as_ref().map(ToString::to_string),
            inputs: store_all(&self.inputs),
            result: self.result.clone(),
            outcome: self.outcome.number(),
        }
    }

    fn load(wire: wire::Step) -> Result<Self, CodecError> {
        Ok(Self {
            kind: code("Step.kind", wire.kind)?,
            rule: wire.rule,
            clause: optional_text("Step.clause", wire.clause.as_deref(), ClauseId::parse)?,
            inputs: load_all(wire.inputs)?,
            result: wire.result,
            outcome: code("Step.outcome", wire.outcome)?,
        })
    }
}

impl Stored for Input {
    type Wire = wire::Input;

    fn store(&self) -> wire::Input {
        wire::Input { name: self.name.clone(), value: Some(self.value.store()) }
    }

    fn load(wire: wire::Input) -> Result<Self, CodecError> {
        Ok(Self { name: wire.name, value: message("Input.value", wire.value)? })
    }
}

impl Stored for Value {
    type Wire = wire::input::Value;

    fn store(&self) -> wire::input::Value {
        match self {
            Self::Amount(amount) => wire::input::Value::Amount(amount.fen()),
            Self::Rate(rate) => wire::input::Value::Rate(rate.to_string()),
            Self::Exact(product) => wire::input::Value::Exact(product.clone()),
            Self::Date(day) => wire::input::Value::Date(day.epoch_days()),
            Self::Count(count) => wire::input::Value::Count(*count),
            Self::Text(words) => wire::input::Value::Text(words.clone()),
        }
    }

    fn load(wire: wire::input::Value) -> Result<Self, CodecError> {
        Ok(match wire {
            wire::input::Value::Amount(fen) => Self::Amount(Amount::from_fen(fen)),
            wire::input::Value::Rate(rate) => Self::Rate(text("Input.rate", &rate, Rate::parse)?),
            wire::input::Value::Exact(product) => Self::Exact(product),
            wire::input::Value::Date(days) => Self::Date(date("Input.date", days)?),
            wire::input::Value::Count(count) => Self::Count(count),
            wire::input::Value::Text(words) => Self::Text(words),
        })
    }
}

impl Stored for CapKey {
    type Wire = wire::CapKey;

    fn store(&self) -> wire::CapKey {
        wire::CapKey {
            cap: self.cap.to_string(),
            enterprise: self.enterprise.to_string(),
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
        wire::RulebookRef { id: self.id.to_string(), version: self.version }
    }

    fn load(wire: wire::RulebookRef) -> Result<Self, CodecError> {
        Ok(Self { id: text("RulebookRef.id", &wire.id, RulebookId::parse)?, version: wire.version })
    }
}
