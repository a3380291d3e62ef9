//! Reference rates and facts, as they travel and in words.

use crate::book::fact::{Fact, FactRecorded, StatedFact, Supersedes};
use crate::book::rate::{RecordedRate, ReferenceRate};
use crate::identifier::Sequence;
use crate::proto::v1;
use crate::proto::v1::fact::Value;
use crate::rulebook::terms::LossParty;

use super::event::year;
use super::{date_or_empty, or_empty};

pub(crate) fn rate(recorded: &ReferenceRate) -> v1::ReferenceRate {
    v1::ReferenceRate {
        series_id: recorded.series.to_string(),
        from: recorded.from.to_string(),
        rate: recorded.rate.to_string(),
        maximum_age_days: recorded.maximum_age_days,
        source: recorded.source.clone(),
        supersedes: recorded.supersedes.as_ref().map(supersedes),
    }
}

fn supersedes(wrong: &Supersedes) -> v1::Supersedes {
    v1::Supersedes { sequence: wrong.entry.value(), reason: wrong.reason.clone() }
}

/// A point as the book keeps it.
pub(crate) fn recorded_rate(entry: Sequence, point: &RecordedRate) -> v1::RecordedRate {
    v1::RecordedRate {
        sequence: entry.value(),
        reference_rate: Some(rate(&point.recorded)),
        superseded_by: point.superseded_by.map_or(0, Sequence::value),
    }
}

/// A fact as the book keeps it.
pub(crate) fn stated(one: &StatedFact) -> v1::StatedFact {
    v1::StatedFact {
        sequence: one.entry.value(),
        recorded: Some(recorded(&one.recorded)),
        superseded_by: one.superseded_by.map_or(0, Sequence::value),
        kind: one.recorded.fact.key().kind().to_owned(),
    }
}

pub(crate) fn recorded(one: &FactRecorded) -> v1::FactRecorded {
    v1::FactRecorded {
        fact: Some(v1::Fact { value: Some(value(&one.fact)) }),
        from: one.from.to_string(),
        document: one.document.clone(),
        digest: one.digest.map(hex::encode).unwrap_or_default(),
        supersedes: one.supersedes.as_ref().map(supersedes),
    }
}

fn value(fact: &Fact) -> Value {
    match fact {
        Fact::EnterpriseClasses(who, classes) => {
            let class = |(class, until): (&crate::identifier::Tag, &Option<_>)| v1::EnterpriseClass {
                class: class.to_string(),
                until: date_or_empty(*until),
            };
            let classes = classes.iter().map(class).collect();
            Value::EnterpriseClasses(v1::EnterpriseClasses { enterprise: who.to_string(), classes })
        }
        Fact::EnterpriseRevenue(who, of, amount) => Value::EnterpriseRevenue(v1::EnterpriseRevenue {
            enterprise: who.to_string(),
            year: year(*of),
            amount: amount.to_string(),
        }),
        Fact::EnterpriseFigure(who, figure, of, amount) => Value::EnterpriseFigure(v1::EnterpriseFigure {
            enterprise: who.to_string(),
            figure: figure.to_string(),
            year: year(*of),
            amount: amount.to_string(),
        }),
        Fact::EarlierApplications(who, programme, count) => Value::EarlierApplications(v1::EarlierApplications {
            enterprise: who.to_string(),
            programme_id: programme.to_string(),
            count: *count,
        }),
        Fact::LoanMode(loan, word) => {
            Value::LoanMode(v1::LoanWord { loan_id: loan.to_string(), word: word.to_string() })
        }
        Fact::LoanProduct(loan, word) => {
            Value::LoanProduct(v1::LoanWord { loan_id: loan.to_string(), word: word.to_string() })
        }
        Fact::LoanTraits(loan, traits) => Value::LoanTraits(v1::LoanTraits {
            loan_id: loan.to_string(),
            traits: traits.iter().map(ToString::to_string).collect(),
        }),
        Fact::LoanParties(loan, parties) => {
            let seat = |party| or_empty(parties.get(&party));
            Value::LoanParties(v1::LoanParties {
                loan_id: loan.to_string(),
                guarantor_id: seat(LossParty::Guarantor),
                insurer_id: seat(LossParty::Insurer),
                valuer_id: seat(LossParty::Valuer),
            })
        }
        Fact::LossRecognised(loan, recognised) => {
            Value::LossRecognised(v1::LossRecognised { loan_id: loan.to_string(), recognised: *recognised })
        }
        Fact::PayeeLiability(loan, amount) => {
            Value::PayeeLiability(v1::LoanAmount { loan_id: loan.to_string(), amount: amount.to_string() })
        }
        Fact::OtherPublicMoney(loan, amount) => {
            Value::OtherPublicMoney(v1::LoanAmount { loan_id: loan.to_string(), amount: amount.to_string() })
        }
        Fact::BankBusiness(bank, pool) => {
            Value::BankBusiness(v1::BankBusiness { bank_id: bank.to_string(), pool_id: pool.to_string() })
        }
        Fact::WorkingCalendar(of, calendar) => Value::WorkingCalendar(v1::WorkingCalendar {
            year: year(*of),
            days_off: calendar.days_off.iter().map(ToString::to_string).collect(),
            working_days: calendar.working_days.iter().map(ToString::to_string).collect(),
        }),
    }
}

/// A recorded point in a sentence.
pub(super) fn rate_sentence(one: &ReferenceRate) -> v1::Text {
    let (series, rate, from) = (&one.series, one.rate.percent(), one.from);
    let wrong = one.supersedes.as_ref();
    let instead = wrong.map(|wrong| format!(", instead of entry {}: {}", wrong.entry, wrong.reason));
    let instead_zh = wrong.map(|wrong| format!("，更正第 {} 号分录：{}", wrong.entry, wrong.reason));
    v1::Text {
        en: format!("{series} is {rate} from {from}{}.", instead.unwrap_or_default()),
        zh: format!("{series} 自{}起为 {rate}{}。", from.chinese(), instead_zh.unwrap_or_default()),
    }
}

/// A recorded fact in a sentence: what kind, about whom, since when, by what.
pub(super) fn sentence(one: &FactRecorded) -> v1::Text {
    let key = one.fact.key();
    let about = key.loan().map(|loan| loan.to_string()).or_else(|| key.enterprise().map(|who| who.to_string()));
    let about = about.map(|about| format!(" of {about}")).unwrap_or_default();
    let about_zh = about.replace(" of ", "");
    let wrong = one.supersedes.as_ref();
    let instead = wrong.map(|wrong| format!(", instead of entry {}: {}", wrong.entry, wrong.reason));
    let instead_zh = wrong.map(|wrong| format!("，更正第 {} 号分录：{}", wrong.entry, wrong.reason));
    let words = key.kind().replace('-', " ");
    v1::Text {
        en: format!(
            "The {words}{about} from {} is recorded by {}{}.",
            one.from,
            one.document,
            instead.unwrap_or_default()
        ),
        zh: format!(
            "{about_zh}“{}”已登记，自{}起，依据 {}{}。",
            key.chinese(),
            one.from.chinese(),
            one.document,
            instead_zh.unwrap_or_default()
        ),
    }
}
