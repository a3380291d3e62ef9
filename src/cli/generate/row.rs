//! A deed as a line of NDJSON.

use std::io::Write;

use serde_json::{Map, Value, json};

use crate::calendar::CivilDate;
use crate::nation::life::{City, Loan, Month};
use crate::nation::{Deed, Interest, Sender, Step, What, names};
use crate::rulebook::terms::SizeClass;

/// The RPC with its request, the name that later rows have for what comes of it, and the names that no later row uses.
struct Row {
    rpc: &'static str,
    request: Value,
    name: Option<String>,
    forget: Vec<String>,
}

impl Row {
    /// A row that nothing refers to.
    const fn new(rpc: &'static str, request: Value) -> Self {
        Self { rpc, request, name: None, forget: Vec::new() }
    }

    fn named(self, name: String) -> Self {
        Self { name: Some(name), ..self }
    }

    fn forgetting(self, forget: Vec<String>) -> Self {
        Self { forget, ..self }
    }
}

/// Writes a deed as a row.
pub(in crate::cli) fn write(deed: &Deed, out: &mut dyn Write) -> anyhow::Result<()> {
    let made = row(deed)?;
    let mut row = Map::new();
    row.insert("as".to_owned(), sender(deed.by)?);
    row.insert("rpc".to_owned(), made.rpc.into());
    row.insert("request".to_owned(), made.request);
    if let Some(name) = made.name {
        row.insert("name".to_owned(), name.into());
    }
    if !made.forget.is_empty() {
        row.insert("forget".to_owned(), made.forget.into());
    }
    serde_json::to_writer(&mut *out, &row)?;
    out.write_all(b"\n")?;
    Ok(())
}

fn sender(sender: Sender) -> anyhow::Result<Value> {
    Ok(match sender {
        Sender::Operator => json!({"role": "operator", "person": "chen.jing"}),
        Sender::Counter => json!({"role": "officer", "person": "zhou.lan"}),
        Sender::Officer => json!({"role": "officer", "person": "li.na"}),
        Sender::Finance => json!({"role": "finance", "person": "zhao.min"}),
        Sender::Bank(number) => json!({"role": "bank", "party": names::bank(number)?.as_str(), "person": "core"}),
    })
}

fn row(deed: &Deed) -> anyhow::Result<Row> {
    let day = deed.on.to_string();
    Ok(match &deed.what {
        What::Rulebook(_, text) => {
            Row::new("RulebookService/AdoptRulebook", json!({"effective_date": day, "text": text}))
        }
        What::Bank(number) => {
            let request = json!({
                "effective_date": day,
                "institution_id": names::bank(*number)?.as_str(),
                "kind": "INSTITUTION_KIND_BANK",
                "name": format!("【生成】第{number}银行"),
                "uscc": names::bank_code(*number)?.as_str(),
            });
            Row::new("RegistryService/RegisterInstitution", request)
        }
        What::Budget(year, amount) => {
            let request = json!({
                "effective_date": day,
                "budget_line_id": "ip-finance",
                "year": year.value(),
                "amount": amount.to_string(),
                "document": format!("财预〔{year}〕1号"),
            });
            Row::new("BudgetService/AppropriateBudget", request)
        }
        What::PoolMoney(city, year, amount) => {
            let pool = pool(*city);
            let request = json!({
                "effective_date": day,
                "pool_id": pool,
                "funder_id": "city-finance",
                "amount": amount.to_string(),
                "reference": format!("ZJC-{year}-{pool}"),
            });
            Row::new("PoolService/ContributeToPool", request)
        }
        What::Enterprise(number, size) => registered(&day, *number, *size)?,
        What::Right(enterprise) => {
            let request = json!({
                "effective_date": day, "right": names::right(*enterprise)?.to_string(),
                "owner": names::enterprise(*enterprise)?.as_str(), "title": format!("商标{enterprise}"),
                "granted_on": "2020-01-01", "expires_on": "2099-12-31",
            });
            Row::new("RegistryService/RegisterIpRight", request)
        }
        What::Pledge(enterprise, bank) => {
            let request = json!({
                "effective_date": day, "kind": "RIGHT_KIND_TRADEMARK",
                "registration_number": names::pledge(*enterprise)?.number.as_str(),
                "pledgee_id": names::bank(*bank)?.as_str(), "pledgor": names::enterprise(*enterprise)?.as_str(),
                "rights": [names::right(*enterprise)?.to_string()], "secured_amount": "100000000.00",
            });
            Row::new("RegistryService/RegisterPledge", request)
        }
        What::Loan(loan, step) => of_loan(&day, loan, step)?,
    })
}

fn registered(day: &str, enterprise: u64, size: SizeClass) -> anyhow::Result<Row> {
    let size = match size {
        SizeClass::Micro => "SIZE_CLASS_MICRO",
        SizeClass::Small => "SIZE_CLASS_SMALL",
        SizeClass::Medium => "SIZE_CLASS_MEDIUM",
        SizeClass::Large => "SIZE_CLASS_LARGE",
    };
    let request = json!({
        "effective_date": day, "uscc": names::enterprise(enterprise)?.as_str(),
        "name": format!("【生成】第{enterprise}科技有限公司"),
        "size_class": size, "district": City::of(enterprise).code(),
    });
    Ok(Row::new("RegistryService/RegisterEnterprise", request))
}

fn of_loan(day: &str, loan: &Loan, step: &Step) -> anyhow::Result<Row> {
    let number = loan.number;
    let amount = || Value::from(loan.amount().to_string());
    let bank_of = |service, extra: &[(&str, Value)]| Row::new(service, about(day, loan, extra));
    let application = || application_name(loan);
    Ok(match step {
        Step::Filed { matures_on } => filed(day, loan, *matures_on)?,
        Step::Disbursed => bank_of("LoanService/DisburseLoan", &[("amount", amount())]),
        Step::InterestPaid(interest) => interest_paid(day, loan, interest),
        Step::Overdue => bank_of("LoanService/MarkLoanOverdue", &[("overdue_since", day.into())]),
        Step::Cured => bank_of("LoanService/MarkLoanCured", &[]),
        Step::NonPerforming => bank_of("LoanService/MarkLoanNonPerforming", &[]),
        Step::Claimed => bank_of("PoolService/SubmitClaim", &[("principal_loss", amount())])
            .named(claim_name(loan))
            .forgetting(vec![name(loan)]),
        Step::Repaid => {
            let reference = format!("BJ-{number}").into();
            bank_of("LoanService/RecordPrincipalPayment", &[("amount", amount()), ("reference", reference)])
        }
        Step::Settled => bank_of("LoanService/SettleLoan", &[]),
        Step::Closed => {
            let forget = if loan.applies { Vec::new() } else { vec![name(loan)] };
            bank_of("LoanService/CloseLoan", &[]).forgetting(forget)
        }
        Step::Applied(quarters) => applied(day, loan, quarters)?,
        Step::Approved => {
            let request = json!({"effective_date": day, "application_id": format!("${}", application())});
            Row::new("SubsidyService/ApproveSubsidy", request)
        }
        Step::ClaimApproved => {
            let request = json!({"effective_date": day, "claim_id": format!("${}", claim_name(loan))});
            Row::new("PoolService/ApproveClaim", request)
        }
        Step::Paid => {
            let (name, reference) = (application(), format!("BF-{number}"));
            let id = format!("${name}");
            let request = json!({"effective_date": day, "application_id": id, "reference": reference});
            Row::new("SubsidyService/PaySubsidy", request).forgetting(vec![name])
        }
        Step::ClaimPaid => {
            let (name, reference) = (claim_name(loan), format!("BC-{number}"));
            let request = json!({"effective_date": day, "claim_id": format!("${name}"), "reference": reference});
            Row::new("PoolService/PayClaim", request).forgetting(vec![name])
        }
    })
}

/// A request about a loan.
fn about(day: &str, loan: &Loan, extra: &[(&str, Value)]) -> Value {
    let mut request = json!({"effective_date": day, "loan_id": format!("${}", name(loan))});
    if let Value::Object(request) = &mut request {
        request.extend(extra.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    }
    request
}

fn filed(day: &str, loan: &Loan, matures_on: CivilDate) -> anyhow::Result<Row> {
    let pledge = names::pledge(loan.enterprise)?;
    let request = json!({
        "effective_date": day,
        "bank_id": names::bank(loan.bank)?.as_str(),
        "contract_number": loan.contract(),
        "borrower": names::enterprise(loan.enterprise)?.as_str(),
        "principal": loan.amount().to_string(),
        "ip_part": loan.amount().to_string(),
        "annual_rate": format!("0.{:04}", loan.rate),
        "signed_on": day,
        "matures_on": matures_on.to_string(),
        "pledges": [{"kind": "RIGHT_KIND_TRADEMARK", "registration_number": pledge.number.as_str()}],
        "pool_id": pool(loan.city),
    });
    Ok(Row::new("LoanService/FileLoan", request).named(name(loan)))
}

fn interest_paid(day: &str, loan: &Loan, interest: &Interest) -> Row {
    let Interest { quarter, period: (from, to), counts } = interest;
    let request = json!({
        "effective_date": day,
        "loan_id": format!("${}", name(loan)),
        "amount": loan.interest().to_string(),
        "period_from": from.to_string(),
        "period_to": to.to_string(),
        "reference": format!("LX-{}-{quarter}", loan.number),
    });
    let row = Row::new("LoanService/RecordInterestPayment", request);
    if *counts { row.named(payment_name(loan, *quarter)) } else { row }
}

fn applied(day: &str, loan: &Loan, quarters: &[(Month, CivilDate)]) -> anyhow::Result<Row> {
    let item = |(quarter, paid_on): &(Month, CivilDate)| {
        json!({
            "item": "COST_KIND_INTEREST",
            "cost": loan.interest().to_string(),
            "paid_on": paid_on.to_string(),
            "interest_payment_sequence": format!("${}", payment_name(loan, *quarter)),
        })
    };
    let request = json!({
        "effective_date": day,
        "enterprise": names::enterprise(loan.enterprise)?.as_str(),
        "programme_id": loan.city.programme().unwrap_or_default(),
        "loan_id": format!("${}", name(loan)),
        "items": quarters.iter().map(item).collect::<Vec<_>>(),
    });
    let mut forget: Vec<String> = quarters.iter().map(|(quarter, _)| payment_name(loan, *quarter)).collect();
    forget.push(name(loan));
    Ok(Row::new("SubsidyService/ApplySubsidy", request).named(application_name(loan)).forgetting(forget))
}

const fn pool(city: City) -> &'static str {
    match city.pool() {
        Some(pool) => pool,
        None => "",
    }
}

/// What later rows call a loan.
fn name(loan: &Loan) -> String {
    format!("L{}", loan.number)
}

/// What its application calls a payment of interest.
fn payment_name(loan: &Loan, quarter: Month) -> String {
    format!("I{}.{quarter}", loan.number)
}

fn application_name(loan: &Loan) -> String {
    format!("A{}", loan.number)
}

fn claim_name(loan: &Loan) -> String {
    format!("C{}", loan.number)
}
