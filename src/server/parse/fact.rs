//! `FactService`: reference rates and facts.

use std::collections::{BTreeMap, BTreeSet};

use super::{LIST_ITEMS_MAX, Violations};
use crate::book::fact::{Fact, Supersedes, WorkingCalendar};
use crate::book::rate::ReferenceRate;
use crate::calendar::{CivilDate, FiscalYear};
use crate::decide::command::{Command, RecordFact};
use crate::identifier::{InstitutionId, Invalid, LoanId, PoolId, ProgrammeId, SeriesId, Tag, Uscc, shown};
use crate::money::{Amount, Rate};
use crate::proto::v1;
use crate::proto::v1::fact::Value;
use crate::rulebook::terms::LossParty;

/// How many days the last point of a series counts as known where the request does not say: LPR is published monthly.
pub(crate) const MAXIMUM_AGE_DAYS_DEFAULT: u32 = 45;

/// The longest that may be said: a hundred years.
pub(crate) const MAXIMUM_AGE_DAYS_MAX: u32 = 36_500;

pub(crate) fn record_rate(message: &v1::RecordReferenceRateRequest, violations: &mut Violations) -> Option<Command> {
    let series = violations.take("series_id", SeriesId::parse(&message.series_id));
    let from = violations.date("from", &message.from);
    let rate = violations.take("rate", yearly_rate(&message.rate));
    let source = violations.text("source", &message.source);
    let maximum_age_days = maximum_age(violations, message.maximum_age_days);
    let supersedes = supersedes(violations, message.supersedes.as_ref());
    Some(Command::RecordReferenceRate(ReferenceRate {
        series: series?,
        from: from?,
        rate: rate?,
        maximum_age_days: maximum_age_days?,
        source: source?,
        supersedes: supersedes?,
    }))
}

/// 3.1 would be 310 %: a rate that was meant as percent.
fn yearly_rate(text: &str) -> Result<Rate, Invalid> {
    let rate = Rate::parse(text)?;
    if rate <= Rate::ONE {
        return Ok(rate);
    }
    Err(Invalid::new(
        format!("`{}` is more than 100 % a year; write 3.10 % as `0.0310`", shown(text)),
        format!("“{}”超过年利率100%；3.10%应写成 0.0310", shown(text)),
    ))
}

fn maximum_age(violations: &mut Violations, days: u32) -> Option<u32> {
    match days {
        0 => Some(MAXIMUM_AGE_DAYS_DEFAULT),
        1..=MAXIMUM_AGE_DAYS_MAX => Some(days),
        _ => {
            violations.add(
                "maximum_age_days",
                Invalid::new(
                    format!("`{days}` is out of range; expected 1 to {MAXIMUM_AGE_DAYS_MAX}"),
                    format!("“{days}”超出范围；应为 1 至 {MAXIMUM_AGE_DAYS_MAX}"),
                ),
            );
            None
        }
    }
}

#[expect(clippy::option_option, reason = "outside: is it valid; inside: was it given")]
fn supersedes(violations: &mut Violations, message: Option<&v1::Supersedes>) -> Option<Option<Supersedes>> {
    let Some(message) = message else { return Some(None) };
    let entry = violations.sequence("supersedes.sequence", message.sequence);
    let reason = violations.text("supersedes.reason", &message.reason);
    Some(Some(Supersedes { entry: entry?, reason: reason? }))
}

pub(crate) fn record(message: &v1::RecordFactRequest, violations: &mut Violations) -> Option<Command> {
    let fact = fact(violations, message.fact.as_ref().and_then(|fact| fact.value.as_ref()));
    let from = violations.optional("from", &message.from, CivilDate::parse);
    let document = violations.text("document", &message.document);
    let digest = violations.optional("digest", &message.digest, sha256);
    let supersedes = supersedes(violations, message.supersedes.as_ref());
    Some(Command::RecordFact(RecordFact {
        fact: fact?,
        from: from?,
        document: document?,
        digest: digest?,
        supersedes: supersedes?,
    }))
}

fn sha256(text: &str) -> Result<[u8; 32], Invalid> {
    let bytes = hex::decode(text).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    bytes.ok_or_else(|| {
        Invalid::new(
            format!("`{}` is not a SHA-256; expected 64 hexadecimal digits", shown(text)),
            format!("“{}”不是有效的 SHA-256，应为 64 位十六进制数字", shown(text)),
        )
    })
}

fn fact(violations: &mut Violations, value: Option<&Value>) -> Option<Fact> {
    let Some(value) = value else {
        violations.add("fact", Invalid::new("is missing; expected one of its values", "缺少事实内容"));
        return None;
    };
    match value {
        Value::EnterpriseClasses(one) => enterprise_classes(violations, one),
        Value::EnterpriseRevenue(one) => {
            let who = enterprise(violations, &one.enterprise);
            let year = violations.year("fact.year", one.year);
            let amount = violations.take("fact.amount", Amount::parse(&one.amount));
            Some(Fact::EnterpriseRevenue(who?, year?, amount?))
        }
        Value::EnterpriseFigure(one) => {
            let who = enterprise(violations, &one.enterprise);
            let figure = violations.take("fact.figure", Tag::parse(&one.figure));
            let year = violations.year("fact.year", one.year);
            let amount = violations.take("fact.amount", Amount::parse(&one.amount));
            Some(Fact::EnterpriseFigure(who?, figure?, year?, amount?))
        }
        Value::EarlierApplications(one) => {
            let who = enterprise(violations, &one.enterprise);
            let programme = violations.take("fact.programme_id", ProgrammeId::parse(&one.programme_id));
            Some(Fact::EarlierApplications(who?, programme?, one.count))
        }
        Value::LoanMode(one) => word(violations, one).map(|(loan, word)| Fact::LoanMode(loan, word)),
        Value::LoanProduct(one) => word(violations, one).map(|(loan, word)| Fact::LoanProduct(loan, word)),
        Value::LoanTraits(one) => {
            let loan = loan(violations, &one.loan_id);
            let traits = set(violations, "fact.traits", &one.traits, Tag::parse);
            Some(Fact::LoanTraits(loan?, traits?))
        }
        Value::LoanParties(one) => loan_parties(violations, one),
        Value::LossRecognised(one) => {
            loan(violations, &one.loan_id).map(|loan| Fact::LossRecognised(loan, one.recognised))
        }
        Value::PayeeLiability(one) => amount(violations, one).map(|(loan, sum)| Fact::PayeeLiability(loan, sum)),
        Value::OtherPublicMoney(one) => amount(violations, one).map(|(loan, sum)| Fact::OtherPublicMoney(loan, sum)),
        Value::BankBusiness(one) => {
            let bank = violations.take("fact.bank_id", InstitutionId::parse(&one.bank_id));
            let pool = violations.take("fact.pool_id", PoolId::parse(&one.pool_id));
            Some(Fact::BankBusiness(bank?, pool?))
        }
        Value::WorkingCalendar(one) => working_calendar(violations, one),
    }
}

fn enterprise(violations: &mut Violations, text: &str) -> Option<Uscc> {
    violations.take("fact.enterprise", Uscc::parse(text))
}

fn loan(violations: &mut Violations, text: &str) -> Option<LoanId> {
    violations.take("fact.loan_id", LoanId::parse(text))
}

fn word(violations: &mut Violations, one: &v1::LoanWord) -> Option<(LoanId, Tag)> {
    let loan = loan(violations, &one.loan_id);
    let word = violations.take("fact.word", Tag::parse(&one.word));
    Some((loan?, word?))
}

fn amount(violations: &mut Violations, one: &v1::LoanAmount) -> Option<(LoanId, Amount)> {
    let loan = loan(violations, &one.loan_id);
    let amount = violations.take("fact.amount", Amount::parse(&one.amount));
    Some((loan?, amount?))
}

/// A list that may be empty, nothing twice.
fn set<T: Ord>(
    violations: &mut Violations,
    field: &str,
    texts: &[String],
    parse: impl Fn(&str) -> Result<T, Invalid>,
) -> Option<BTreeSet<T>> {
    if texts.is_empty() {
        return Some(BTreeSet::new());
    }
    let read =
        violations.distinct(field, texts, LIST_ITEMS_MAX, |violations, path, text| violations.take(path, parse(text)));
    read.map(|values| values.into_iter().collect())
}

fn enterprise_classes(violations: &mut Violations, one: &v1::EnterpriseClasses) -> Option<Fact> {
    let who = enterprise(violations, &one.enterprise);
    let names: Vec<String> = one.classes.iter().map(|class| class.class.clone()).collect();
    let words = set(violations, "fact.classes", &names, Tag::parse);
    let mut classes = BTreeMap::new();
    let mut valid = true;
    for (index, class) in one.classes.iter().enumerate() {
        let until = violations.optional(&format!("fact.classes[{index}].until"), &class.until, CivilDate::parse);
        match (Tag::parse(&class.class), until) {
            (Ok(word), Some(until)) => {
                classes.insert(word, until);
            }
            (_, _) => valid = false,
        }
    }
    words?;
    valid.then_some(())?;
    Some(Fact::EnterpriseClasses(who?, classes))
}

fn loan_parties(violations: &mut Violations, one: &v1::LoanParties) -> Option<Fact> {
    let loan = loan(violations, &one.loan_id);
    let seats = [
        (LossParty::Guarantor, "fact.guarantor_id", &one.guarantor_id),
        (LossParty::Insurer, "fact.insurer_id", &one.insurer_id),
        (LossParty::Valuer, "fact.valuer_id", &one.valuer_id),
    ];
    let mut parties = BTreeMap::new();
    for (party, field, text) in seats {
        if let Some(institution) = violations.optional(field, text, InstitutionId::parse)? {
            parties.insert(party, institution);
        }
    }
    Some(Fact::LoanParties(loan?, parties))
}

fn working_calendar(violations: &mut Violations, one: &v1::WorkingCalendar) -> Option<Fact> {
    let year = violations.year("fact.year", one.year);
    let days_off = set(violations, "fact.days_off", &one.days_off, CivilDate::parse);
    let working_days = set(violations, "fact.working_days", &one.working_days, CivilDate::parse);
    let (year, days_off, working_days) = (year?, days_off?, working_days?);
    only_such(violations, "fact.days_off", &days_off, year, false)?;
    only_such(violations, "fact.working_days", &working_days, year, true)?;
    Some(Fact::WorkingCalendar(year, WorkingCalendar { days_off, working_days }))
}

/// Days off are weekdays, working days are weekend days, and all are of the year: anything else is a slip.
fn only_such(
    violations: &mut Violations,
    field: &str,
    days: &BTreeSet<CivilDate>,
    year: FiscalYear,
    weekend: bool,
) -> Option<()> {
    let Some(wrong) = days.iter().find(|day| day.year() != year || day.is_weekend() != weekend) else {
        return Some(());
    };
    let (what, what_zh) = if weekend { ("a weekend day", "周末") } else { ("a weekday", "工作日") };
    violations.add(
        field,
        Invalid::new(
            format!("`{wrong}` is not {what} of {year}; only what differs from Monday to Friday is stated"),
            format!("“{wrong}”不是{year}年的{what_zh}；仅填写与周一至周五不同的日期"),
        ),
    );
    None
}

/// Which facts to list.
#[derive(Debug)]
pub(crate) struct FactFilter {
    /// About this enterprise.
    pub(crate) enterprise: Option<Uscc>,
    /// About this loan.
    pub(crate) loan: Option<LoanId>,
}

pub(crate) fn list(message: &v1::ListFactsRequest, violations: &mut Violations) -> Option<FactFilter> {
    let enterprise = violations.optional("enterprise", &message.enterprise, Uscc::parse);
    let loan = violations.optional("loan_id", &message.loan_id, LoanId::parse);
    Some(FactFilter { enterprise: enterprise?, loan: loan? })
}
