//! Names of what rows make, so that later rows can refer to it: `"$L1"` in the request of a row stands for what the row
//! named `L1` made. In a field for an id, such as `loan_id`, that is the id; in a field for a number, the entry's sequence.

use std::collections::BTreeMap;

use serde_json::Value;

/// What is known of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    /// The row has no answer yet.
    NotYet,
    /// The entry that it made.
    Entry(u64),
    /// The row was refused or rejected.
    Nothing,
}

/// All names that are not forgotten.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeMap<String, Made>);

/// Why a name does not stand for anything.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// Its row has no answer yet.
    Waits,
    /// No row before has this name.
    Unknown(String),
    /// Its row made nothing.
    MadeNothing(String),
}

impl Names {
    pub(super) fn set(&mut self, name: &str, made: Made) {
        self.0.insert(name.to_owned(), made);
    }

    pub(super) fn forget(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// Puts what the names stand for into a request.
    pub(super) fn resolve(&self, value: &mut Value) -> Result<(), Missing> {
        self.walk("", value)
    }

    fn walk(&self, field: &str, value: &mut Value) -> Result<(), Missing> {
        match value {
            Value::Object(fields) => fields.iter_mut().try_for_each(|(field, value)| self.walk(field, value)),
            Value::Array(values) => values.iter_mut().try_for_each(|value| self.walk(field, value)),
            Value::String(text) => {
                let Some(name) = text.strip_prefix('$') else { return Ok(()) };
                let sequence = match self.0.get(name) {
                    Some(Made::Entry(sequence)) => *sequence,
                    Some(Made::NotYet) => return Err(Missing::Waits),
                    Some(Made::Nothing) => return Err(Missing::MadeNothing(name.to_owned())),
                    None => return Err(Missing::Unknown(name.to_owned())),
                };
                let noun = field.strip_suffix("_id").or_else(|| field.strip_suffix("Id"));
                *value = noun.map_or_else(|| Value::from(sequence), |noun| Value::from(format!("{noun}-{sequence}")));
                Ok(())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_stands_for_an_id_or_a_sequence() {
        let mut names = Names::default();
        names.set("L1", Made::Entry(7));
        names.set("late", Made::NotYet);
        names.set("no", Made::Nothing);
        let mut request = json!({"loan_id": "$L1", "items": [{"payment_sequence": "$L1", "cost": "1.00"}]});
        names.resolve(&mut request).unwrap();
        assert_eq!(request, json!({"loan_id": "loan-7", "items": [{"payment_sequence": 7, "cost": "1.00"}]}));
        let missing = |name: &str| names.resolve(&mut json!({"loan_id": name})).unwrap_err();
        assert_eq!(missing("$late"), Missing::Waits);
        assert_eq!(missing("$no"), Missing::MadeNothing("no".into()));
        assert_eq!(missing("$x"), Missing::Unknown("x".into()));
    }
}
