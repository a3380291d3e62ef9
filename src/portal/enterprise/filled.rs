//! The form of an application, as filled in: rows of costs with their invoices, and ticked interest payments.
//!
//! Rows are numbered fields (`cost-0`, `paid-0` …), so that a form of any length works without JavaScript; a row that is
//! wholly empty is none. What the ledger finds wrong comes back by path (`items[2].invoice.number`) and is shown at its
//! row.

use crate::portal::fields::Fields;
use crate::proto::v1;
use crate::rulebook::terms::CostKind;

/// The most rows of a form.
pub(super) const ROWS_MAX: usize = 20;

/// A row of a form, as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) index: usize,
    pub(super) kind: String,
    pub(super) cost: String,
    pub(super) paid: String,
    pub(super) invoice: String,
    pub(super) total: String,
    pub(super) other: String,
    pub(super) right: String,
    /// The names of its fields that are wrong.
    pub(super) wrong: Vec<String>,
}

impl Row {
    /// Whether a field of it is wrong.
    pub(super) fn is_wrong(&self, field: &str) -> bool {
        self.wrong.iter().any(|wrong| wrong == field)
    }

    fn is_empty(&self) -> bool {
        [&self.cost, &self.paid, &self.invoice, &self.total].iter().all(|text| text.is_empty())
    }
}

/// An interest payment that its bank reported, with the box to tick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Payment {
    pub(super) sequence: u64,
    pub(super) amount: String,
    /// As it travels.
    pub(super) plain: String,
    /// `YYYY-MM-DD`.
    pub(super) paid_on: String,
    pub(super) shown: String,
    pub(super) ticked: bool,
}

/// A form as filled in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Filled {
    pub(super) programme: String,
    pub(super) loan: String,
    pub(super) rows: Vec<Row>,
    pub(super) payments: Vec<Payment>,
}

/// Where an item of the request came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// A ticked payment.
    Payment,
    /// A row, by its index.
    Row(usize),
}

impl Filled {
    /// Reads a form.
    pub(super) fn read(fields: &Fields, payments: Vec<Payment>) -> Self {
        let asked: usize = fields.get("rows").parse().unwrap_or(1);
        let more = usize::from(fields.has("more"));
        let count = asked.saturating_add(more).clamp(1, ROWS_MAX);
        let rows = (0..count).map(|index| row(fields, index)).collect();
        let ticked: Vec<u64> = fields.all("payment").filter_map(|text| text.parse().ok()).collect();
        let payments =
            payments.into_iter().map(|one| Payment { ticked: ticked.contains(&one.sequence), ..one }).collect();
        let (programme, loan) = (fields.get("programme").to_owned(), fields.get("loan").to_owned());
        Self { programme, loan, rows, payments }
    }

    /// The costs as a request, each with where it came from.
    pub(super) fn items(&self) -> Vec<(Origin, v1::CostItem)> {
        let ticked = self.payments.iter().filter(|payment| payment.ticked);
        let payments = ticked.map(|payment| (Origin::Payment, interest(payment)));
        let rows = self.rows.iter().filter(|row| !row.is_empty());
        payments.chain(rows.map(|row| (Origin::Row(row.index), row_item(row)))).collect()
    }

    /// Which row a path is about, counted from 1.
    pub(super) fn row_of(&self, path: &str) -> Option<usize> {
        let (index, _) = item_field(path)?;
        match self.items().get(index) {
            Some((Origin::Row(at), _)) => Some(at.saturating_add(1)),
            Some((Origin::Payment, _)) | None => None,
        }
    }

    /// Marks what the ledger found wrong, by the paths of its fields.
    pub(super) fn mark(&mut self, paths: &[String]) {
        let items = self.items();
        for path in paths {
            let Some((index, field)) = item_field(path) else { continue };
            let Some((Origin::Row(at), _)) = items.get(index) else { continue };
            let at = *at;
            if let Some(row) = self.rows.iter_mut().find(|row| row.index == at) {
                row.wrong.push(own_name(field).to_owned());
            }
        }
    }
}

fn row(fields: &Fields, index: usize) -> Row {
    let get = |name: &str| fields.get(&format!("{name}-{index}")).to_owned();
    // A comma between thousands, or the full-width sign of a Chinese keyboard, is no mistake.
    let amount = |name: &str| get(name).replace([',', '，', '¥', '￥', ' '], "");
    Row {
        index,
        kind: get("kind"),
        cost: amount("cost"),
        paid: get("paid"),
        invoice: get("invoice"),
        total: amount("total"),
        other: amount("other"),
        right: get("right"),
        wrong: Vec::new(),
    }
}

fn interest(payment: &Payment) -> v1::CostItem {
    v1::CostItem {
        item: v1::CostKind::Interest.into(),
        cost: payment.plain.clone(),
        paid_on: payment.paid_on.clone(),
        evidence: Some(v1::cost_item::Evidence::InterestPaymentSequence(payment.sequence)),
        ..Default::default()
    }
}

fn row_item(row: &Row) -> v1::CostItem {
    // The invoice's total is that of the cost unless it says otherwise.
    let total = if row.total.is_empty() { &row.cost } else { &row.total };
    let invoice = v1::Invoice { number: row.invoice.clone(), total: total.clone() };
    v1::CostItem {
        item: CostKind::parse(&row.kind).map_or(v1::CostKind::Unspecified, wire).into(),
        cost: row.cost.clone(),
        paid_on: row.paid.clone(),
        other_public_funding: row.other.clone(),
        evidence: Some(v1::cost_item::Evidence::Invoice(invoice)),
        right: row.right.clone(),
        ..Default::default()
    }
}

/// A kind of cost as it travels.
pub(super) const fn wire(kind: CostKind) -> v1::CostKind {
    match kind {
        CostKind::Interest => v1::CostKind::Interest,
        CostKind::Valuation => v1::CostKind::Valuation,
        CostKind::Guarantee => v1::CostKind::Guarantee,
        CostKind::Insurance => v1::CostKind::Insurance,
        CostKind::PatentInsurance => v1::CostKind::PatentInsurance,
        CostKind::Grant => v1::CostKind::Grant,
    }
}

/// `items[2].invoice.number`: the third item, and the field within it.
fn item_field(path: &str) -> Option<(usize, &str)> {
    let (index, field) = path.strip_prefix("items[")?.split_once(']')?;
    Some((index.parse().ok()?, field.trim_start_matches('.')))
}

/// What a field of the API is called in the form.
fn own_name(field: &str) -> &'static str {
    match field.rsplit('.').next().unwrap_or_default() {
        "item" => "kind",
        "cost" => "cost",
        "paid_on" => "paid",
        "total" => "total",
        "other_public_funding" => "other",
        "right" => "right",
        _ => "invoice",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        Fields::of(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
    }

    fn payment() -> Payment {
        Payment {
            sequence: 41,
            amount: "300,000.00".into(),
            plain: "300000.00".into(),
            paid_on: "2025-06-20".into(),
            shown: String::new(),
            ticked: false,
        }
    }

    #[test]
    fn rows_and_ticks_become_items_and_empty_rows_none() {
        let sent = [
            ("rows", "3"),
            ("payment", "41"),
            ("kind-0", "valuation"),
            ("kind-2", "guarantee"),
            ("cost-2", "60,000"),
            ("paid-2", "2025-01-08"),
            ("invoice-2", "25412000000000000202"),
        ];
        let filled = Filled::read(&fields(&sent), vec![payment()]);
        let items = filled.items();
        assert_eq!(items.iter().map(|(origin, _)| *origin).collect::<Vec<_>>(), [Origin::Payment, Origin::Row(2)]);
        assert_eq!(items[0].1.cost, "300000.00");
        assert_eq!((items[1].1.cost.as_str(), items[1].1.item()), ("60000", v1::CostKind::Guarantee));
        let Some(v1::cost_item::Evidence::Invoice(invoice)) = &items[1].1.evidence else { panic!("no invoice") };
        assert_eq!(invoice.total, "60000", "the invoice is for the cost unless it says otherwise");
    }

    #[test]
    fn what_is_wrong_is_shown_at_its_row() {
        let sent = [("rows", "2"), ("kind-1", "valuation"), ("cost-1", "x"), ("payment", "41")];
        let mut filled = Filled::read(&fields(&sent), vec![payment()]);
        assert_eq!(filled.row_of("items[1].cost"), Some(2));
        assert_eq!(filled.row_of("items[0].cost"), None, "a payment has no row");
        filled.mark(&["items[1].evidence.invoice.total".into()]);
        assert!(filled.rows[1].is_wrong("total") && !filled.rows[1].is_wrong("cost"));
        filled.mark(&[
            "items[1].cost".into(),
            "items[1].evidence.invoice.number".into(),
            "items[0].cost".into(),
            "loan_id".into(),
        ]);
        assert!(filled.rows[1].is_wrong("cost") && filled.rows[1].is_wrong("invoice"));
        assert!(filled.rows[0].wrong.is_empty());
    }

    #[test]
    fn one_more_row_and_never_too_many() {
        assert_eq!(Filled::read(&fields(&[("rows", "2"), ("more", "")]), Vec::new()).rows.len(), 3);
        assert_eq!(Filled::read(&fields(&[("rows", "9999")]), Vec::new()).rows.len(), ROWS_MAX);
        assert_eq!(Filled::read(&fields(&[]), Vec::new()).rows.len(), 1);
    }
}
