//! A row as a line of NDJSON.

use std::io::Write;

use serde_json::{Map, Value, json};

/// Who sends rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sender {
    Operator,
    /// Registers, and applies for enterprises.
    Counter,
    /// Approves what the counter took in.
    Officer,
    Finance,
    /// The bank of this number.
    Bank(usize),
}

impl Sender {
    fn json(&self) -> Value {
        match self {
            Self::Operator => json!({"role": "operator", "person": "chen.jing"}),
            Self::Counter => json!({"role": "officer", "person": "zhou.lan"}),
            Self::Officer => json!({"role": "officer", "person": "li.na"}),
            Self::Finance => json!({"role": "finance", "person": "zhao.min"}),
            Self::Bank(number) => json!({"role": "bank", "party": bank_id(*number), "person": "core"}),
        }
    }
}

/// The bank of a number.
pub(super) fn bank_id(number: usize) -> String {
    format!("bank-{number:02}")
}

/// Writes rows.
pub(super) struct Rows<'a> {
    out: &'a mut dyn Write,
}

impl<'a> Rows<'a> {
    pub(super) fn new(out: &'a mut dyn Write) -> Self {
        Self { out }
    }

    /// A row that nothing refers to.
    pub(super) fn put(&mut self, sender: &Sender, rpc: &str, request: Value) -> anyhow::Result<()> {
        self.write(sender, rpc, request, (None, &[]))
    }

    /// A row whose thing has a name, or after which some names are not used any more.
    pub(super) fn write(
        &mut self,
        sender: &Sender,
        rpc: &str,
        request: Value,
        (name, forget): (Option<String>, &[String]),
    ) -> anyhow::Result<()> {
        let mut row = Map::new();
        row.insert("as".to_owned(), sender.json());
        row.insert("rpc".to_owned(), rpc.into());
        row.insert("request".to_owned(), request);
        if let Some(name) = name {
            row.insert("name".to_owned(), name.into());
        }
        if !forget.is_empty() {
            row.insert("forget".to_owned(), forget.into());
        }
        serde_json::to_writer(&mut *self.out, &row)?;
        self.out.write_all(b"\n")?;
        Ok(())
    }
}
