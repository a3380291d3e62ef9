//! ISO 20022 camt.053 (bank-to-customer statement): booked entries as lines. Entities are never expanded.

use std::sync::Arc;

use quick_xml::Reader;
use quick_xml::events::Event;

use super::layout::{DateOrder, Layout};
use super::{Kind, Line, MISREAD_MAX, Misread, Nature, Place, ROWS_MAX, Reading, shortened, value};
use crate::identifier::Invalid;
use crate::money::Amount;

/// How deep elements may nest.
const DEPTH_MAX: usize = 64;

/// Whether the bytes are a camt document.
pub(super) fn is_camt(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(4_096)).unwrap_or_default();
    let head = String::from_utf8_lossy(head);
    let start = head.trim_start_matches('\u{FEFF}').trim_start();
    start.starts_with("<?xml") || start.starts_with("<Document") || start.starts_with("<!DOCTYPE")
}

/// One `Ntry` while it is read.
#[derive(Default)]
struct Entry {
    amount: String,
    currency: String,
    direction: String,
    status: String,
    reversal: bool,
    booked: String,
    valued: String,
    reference: String,
    end_to_end: String,
    debtor: String,
    creditor: String,
    remittance: String,
    details: usize,
}

/// Reads a statement.
pub(super) fn read(bytes: &[u8]) -> Result<Reading, Invalid> {
    let text = std::str::from_utf8(bytes).map_err(|_not_utf8| {
        Invalid::new("the XML is not UTF-8; expected camt.053 in UTF-8", "XML 不是 UTF-8 编码；应为 UTF-8 的 camt.053")
    })?;
    let mut document = Document::default();
    let mut reader = Reader::from_str(text.trim_start_matches('\u{FEFF}'));
    loop {
        match reader.read_event().map_err(|error| broken(&error))? {
            Event::Start(start) => {
                let currency = currency(&start)?;
                document.open(start.local_name().as_ref(), currency)?;
            }
            Event::Empty(start) => {
                document.open(start.local_name().as_ref(), None)?;
                document.close()?;
            }
            Event::End(_) => document.close()?,
            Event::Text(text) => document.text(text.as_ref()),
            Event::CData(text) => document.text(text.as_ref()),
            Event::GeneralRef(reference) => document.text(predefined(reference.as_ref())?),
            Event::DocType(_) => {
                return Err(Invalid::new(
                    "the XML has a DOCTYPE; camt.053 has none, and entities are not expanded",
                    "XML 含有 DOCTYPE；camt.053 不应有，且不展开实体",
                ));
            }
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    document.finish()
}

fn broken(error: &dyn std::fmt::Display) -> Invalid {
    Invalid::new(format!("the XML is truncated or damaged ({error})"), format!("XML 不完整或已损坏（{error}）"))
}

/// The five entities that XML itself has; a number for a character is none of them and is refused too.
fn predefined(name: &str) -> Result<&'static str, Invalid> {
    match name {
        "amp" => Ok("&"),
        "lt" => Ok("<"),
        "gt" => Ok(">"),
        "apos" => Ok("'"),
        "quot" => Ok("\""),
        other => Err(Invalid::new(
            format!("`&{};` is not expanded; expected plain text", shortened(other)),
            format!("不展开实体“{}”；应为普通文本", shortened(other)),
        )),
    }
}

fn currency(start: &quick_xml::events::BytesStart<'_>) -> Result<Option<String>, Invalid> {
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| broken(&error))?;
        if attribute.key.as_ref() == "Ccy" {
            return Ok(Some(attribute.value.as_ref().to_owned()));
        }
    }
    Ok(None)
}

#[derive(Default)]
struct Document {
    path: Vec<String>,
    is_statement: bool,
    entry: Option<Entry>,
    count: usize,
    lines: Vec<Line>,
    misread: Vec<Misread>,
    misread_count: usize,
    notes: Vec<Invalid>,
    pending: usize,
}

impl Document {
    fn open(&mut self, name: &str, currency: Option<String>) -> Result<(), Invalid> {
        if self.path.len() >= DEPTH_MAX {
            return Err(Invalid::new("the XML nests too deep; expected camt.053", "XML 嵌套过深；应为 camt.053"));
        }
        if name == "BkToCstmrStmt" {
            self.is_statement = true;
        }
        if name == "Ntry" {
            self.count = self.count.saturating_add(1);
            if self.count > ROWS_MAX {
                return Err(Invalid::new(
                    format!("the statement has more than {ROWS_MAX} entries; split it by period"),
                    format!("对账单超过 {ROWS_MAX} 笔；请按期间拆分"),
                ));
            }
            self.entry = Some(Entry::default());
        }
        if let Some(entry) = &mut self.entry {
            if name == "TxDtls" {
                entry.details = entry.details.saturating_add(1);
            }
            if let Some(currency) =
                currency.filter(|_| name == "Amt" && self.path.last().is_some_and(|top| top == "Ntry"))
            {
                entry.currency = currency;
            }
        }
        self.path.push(name.to_owned());
        Ok(())
    }

    fn close(&mut self) -> Result<(), Invalid> {
        let name = self.path.pop().ok_or_else(|| broken(&"an end without a start"))?;
        if let Some(entry) = self.entry.take_if(|_| name == "Ntry") {
            self.take(&entry);
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        let Some(entry) = &mut self.entry else { return };
        let Some(at) = self.path.iter().position(|name| name == "Ntry") else { return };
        let inner: Vec<&str> = self.path.iter().skip(at.saturating_add(1)).map(String::as_str).collect();
        let several = entry.details > 1;
        let plain = text.trim();
        match inner.as_slice() {
            ["Amt"] => entry.amount.push_str(plain),
            ["CdtDbtInd"] => entry.direction.push_str(plain),
            ["RvslInd"] => entry.reversal = plain == "true" || plain == "1",
            ["Sts", ..] => entry.status.push_str(plain),
            ["BookgDt", ..] => entry.booked.push_str(plain),
            ["ValDt", ..] => entry.valued.push_str(plain),
            ["AcctSvcrRef" | "NtryRef"] => text.clone_into(&mut entry.reference),
            // A collective entry stands for several parties: it is matched by its sum.
            _ if several => {}
            ["NtryDtls", "TxDtls", "Refs", "EndToEndId"] => entry.end_to_end.push_str(plain),
            ["NtryDtls", "TxDtls", "RltdPties", "Dbtr", .., "Nm"] => entry.debtor.push_str(text),
            ["NtryDtls", "TxDtls", "RltdPties", "Cdtr", .., "Nm"] => entry.creditor.push_str(text),
            ["NtryDtls", "TxDtls", "RmtInf", "Ustrd"] | ["AddtlNtryInf"] => entry.remittance.push_str(text),
            _ => {}
        }
    }

    fn take(&mut self, entry: &Entry) {
        if entry.status.starts_with("PDNG") {
            self.pending = self.pending.saturating_add(1);
            return;
        }
        let place = Place { sheet: Arc::from("camt.053"), row: u32::try_from(self.count).unwrap_or(u32::MAX) };
        match line(entry, place.clone()) {
            Ok(line) => self.lines.push(line),
            Err((column, value, invalid)) => {
                self.misread_count = self.misread_count.saturating_add(1);
                if self.misread.len() < MISREAD_MAX {
                    self.misread.push(Misread { place, column: column.to_owned(), value: shortened(&value), invalid });
                }
            }
        }
    }

    fn finish(mut self) -> Result<Reading, Invalid> {
        if !self.is_statement {
            return Err(Invalid::new(
                "the XML is not a camt.053; expected `BkToCstmrStmt` in it",
                "XML 不是 camt.053；应含有 BkToCstmrStmt",
            ));
        }
        if !self.path.is_empty() {
            return Err(broken(&"it ends within an element"));
        }
        if self.pending > 0 {
            let count = self.pending;
            self.notes.push(Invalid::new(
                format!("{count} entries are pending and were left out"),
                format!("{count} 笔未入账，未读取"),
            ));
        }
        Ok(Reading {
            format: "ISO 20022 camt.053".to_owned(),
            layout: Layout { kind: Some(Kind::Account), ..Layout::default() },
            guessed: false,
            kind: Kind::Account,
            lines: self.lines,
            misread: self.misread,
            misread_count: self.misread_count,
            skipped: Vec::new(),
            notes: self.notes,
        })
    }
}

fn line(entry: &Entry, place: Place) -> Result<Line, (&'static str, String, Invalid)> {
    if !entry.currency.is_empty() && entry.currency != "CNY" {
        let shown = shortened(&entry.currency);
        let invalid = Invalid::new(
            format!("`{shown}` is not the ledger's currency; expected CNY"),
            format!("币种“{shown}”与账本不符；应为人民币"),
        );
        return Err(("Amt/@Ccy", entry.currency.clone(), invalid));
    }
    let amount = Amount::parse(&entry.amount).map_err(|invalid| ("Amt", entry.amount.clone(), invalid))?;
    let amount = match entry.direction.as_str() {
        "CRDT" => amount,
        "DBIT" => amount.negated(),
        other => {
            let invalid = Invalid::new(
                format!("`{}` is not a direction; expected CRDT or DBIT", shortened(other)),
                format!("“{}”不是收付方向；应为 CRDT 或 DBIT", shortened(other)),
            );
            return Err(("CdtDbtInd", other.to_owned(), invalid));
        }
    };
    let day = if entry.booked.is_empty() { &entry.valued } else { &entry.booked };
    let date = value::date_text(day, DateOrder::YearMonthDay).map_err(|invalid| ("BookgDt", day.clone(), invalid))?;
    let date = date.ok_or_else(|| {
        (
            "BookgDt",
            String::new(),
            Invalid::new("the date is missing; expected for example `2026-03-05`", "缺少日期；应为例如 2026-03-05"),
        )
    })?;
    let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let given = some(&entry.end_to_end).filter(|text| text != "NOTPROVIDED");
    let other = if amount.is_negative() == entry.reversal { &entry.debtor } else { &entry.creditor };
    let mark = if entry.reversal { "冲正 " } else { "" };
    Ok(Line {
        place,
        nature: Nature::Cash,
        amount,
        date,
        contract: None,
        party_code: None,
        party: some(other),
        reference: given.or_else(|| some(&entry.reference)),
        period: None,
        summary: some(&format!("{mark}{}", entry.remittance)),
        stated: None,
    })
}
