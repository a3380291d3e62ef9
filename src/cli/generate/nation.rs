//! The nation, month by month: who registers, borrows, pays, applies, defaults.
//!
//! Within a month rows go by sender, since an import waits for its answers when the sender changes: the counter
//! registers, each bank ends and begins loans, the counter applies, officers approve, finance pays.

use std::io::Write;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::life::{City, Fate, Loan, Month};
use super::random::Random;
use super::row::{Rows, Sender, bank_id};
use crate::identifier::Uscc;
use crate::rulebook::shipped;

/// Numbers of trademarks have eight digits.
pub(super) const ENTERPRISES_MAX: u64 = 50_000_000;

const BANKS: usize = 12;

/// New loans by month: few around the Spring Festival, many before the year ends.
const SEASON: [u64; 12] = [6, 4, 8, 7, 7, 9, 7, 7, 9, 8, 11, 17];
const SEASON_TOTAL: u64 = 100;

/// The rulebooks of the three cities.
const RULEBOOKS: [&str; 3] = ["hebi-2017.toml", "xuchang-2023.toml", "weihai-2020.toml"];

pub(super) struct Nation {
    random: Random,
    enterprises: u64,
    first_year: u16,
    years: u16,
    /// How many enterprises have borrowed.
    borrowed: u64,
    loans: u64,
    /// By bank.
    living: Vec<Vec<Loan>>,
}

/// What a month leaves for the bureau to do.
#[derive(Default)]
struct Desk {
    /// Loans that a subsidy is applied for, each with the quarters whose interest was paid in the year.
    applications: Vec<(Loan, Vec<Month>)>,
    claims: Vec<Loan>,
}

impl Nation {
    pub(super) fn new(seed: u64, enterprises: u64, (first_year, years): (u16, u16)) -> Self {
        let living = vec![Vec::new(); BANKS];
        Self { random: Random::new(seed), enterprises, first_year, years, borrowed: 0, loans: 0, living }
    }

    pub(super) fn write(mut self, out: &mut dyn Write) -> anyhow::Result<()> {
        let mut rows = Rows::new(out);
        self.found(&mut rows)?;
        for month in 0..u32::from(self.years).saturating_mul(12) {
            if month.rem_euclid(12) == 0 {
                self.fund(&mut rows, month)?;
            }
            let begun = self.register(&mut rows, month)?;
            let mut desk = Desk::default();
            for (bank, new) in begun.into_iter().enumerate() {
                self.bank(&mut rows, (bank, month), new, &mut desk)?;
            }
            self.applied(&mut rows, month, &desk)?;
            self.decided(&mut rows, month, &desk)?;
        }
        Ok(())
    }

    /// `2024-03-17`.
    fn date(&self, month: Month, day: u8) -> String {
        let (years, month) = (month.div_euclid(12), month.rem_euclid(12).saturating_add(1));
        format!("{}-{month:02}-{day:02}", u32::from(self.first_year).saturating_add(years))
    }

    /// Rulebooks and banks.
    fn found(&self, rows: &mut Rows<'_>) -> anyhow::Result<()> {
        let day = self.date(0, 2);
        for name in RULEBOOKS {
            let (_, text) = shipped().iter().find(|(file, _)| *file == name).context("a rulebook is not shipped")?;
            rows.put(&Sender::Operator, "RulebookService/AdoptRulebook", json!({"effective_date": day, "text": text}))?;
        }
        for bank in 0..BANKS {
            let number = u64::try_from(bank)?.saturating_add(900_000_000);
            let request = json!({
                "effective_date": day,
                "institution_id": bank_id(bank),
                "kind": "INSTITUTION_KIND_BANK",
                "name": format!("【生成】第{bank}银行"),
                "uscc": uscc("110000", number)?,
            });
            rows.put(&Sender::Operator, "RegistryService/RegisterInstitution", request)?;
        }
        Ok(())
    }

    /// A year's money: enough for most, so that few are refused for want of it.
    fn fund(&self, rows: &mut Rows<'_>, month: Month) -> anyhow::Result<()> {
        let year = u32::from(self.first_year).saturating_add(month.div_euclid(12));
        let day = self.date(month, 2);
        let budget = json!({
            "effective_date": day,
            "budget_line_id": "ip-finance",
            "year": year,
            "amount": format!("{}.00", self.enterprises.saturating_mul(100_000)),
            "document": format!("财预〔{year}〕1号"),
        });
        rows.put(&Sender::Finance, "BudgetService/AppropriateBudget", budget)?;
        for city in [City::Hebi, City::Weihai] {
            let request = json!({
                "effective_date": day,
                "pool_id": city.pool(),
                "funder_id": "city-finance",
                "amount": format!("{}.00", self.enterprises.saturating_mul(500_000).saturating_add(50_000_000)),
                "reference": format!("ZJC-{year}-{}", city.pool()),
            });
            rows.put(&Sender::Finance, "PoolService/ContributeToPool", request)?;
        }
        Ok(())
    }

    /// The month's new borrowers with right and pledge; their loans by bank.
    fn register(&mut self, rows: &mut Rows<'_>, month: Month) -> anyhow::Result<Vec<Vec<Loan>>> {
        let mut begun = vec![Vec::new(); BANKS];
        let day = self.date(month, 3);
        while self.borrowed < self.borrowers_until(month) {
            let enterprise = self.borrowed;
            self.borrowed = self.borrowed.saturating_add(1);
            let loan = self.loan(enterprise, month);
            // The smaller of two: the first banks are the large ones.
            let bound = u64::try_from(BANKS)?;
            let bank = usize::try_from(self.random.below(bound).min(self.random.below(bound)))?;
            let (code, right) = (borrower(enterprise)?, right(enterprise));
            let size = match self.random.below(10) {
                0 => "SIZE_CLASS_MEDIUM",
                1..=5 => "SIZE_CLASS_SMALL",
                _ => "SIZE_CLASS_MICRO",
            };
            let request = json!({
                "effective_date": day, "uscc": code, "name": format!("【生成】第{enterprise}科技有限公司"),
                "size_class": size, "district": loan.city.code(),
            });
            rows.put(&Sender::Counter, "RegistryService/RegisterEnterprise", request)?;
            let request = json!({
                "effective_date": day, "right": right, "owner": code, "title": format!("商标{enterprise}"),
                "granted_on": "2020-01-01", "expires_on": "2099-12-31",
            });
            rows.put(&Sender::Counter, "RegistryService/RegisterIpRight", request)?;
            let request = json!({
                "effective_date": day, "kind": "RIGHT_KIND_TRADEMARK", "registration_number": pledge(enterprise),
                "pledgee_id": bank_id(bank), "pledgor": code, "rights": [right], "secured_amount": "100000000.00",
            });
            rows.put(&Sender::Counter, "RegistryService/RegisterPledge", request)?;
            begun.get_mut(bank).context("a bank")?.push(loan);
        }
        Ok(begun)
    }

    /// How many have borrowed by the end of a month: evenly over the years, by season within each.
    fn borrowers_until(&self, month: Month) -> u64 {
        let within = usize::try_from(month.rem_euclid(12)).unwrap_or(0).saturating_add(1);
        let season = SEASON.iter().take(within).fold(0_u64, |sum, one| sum.saturating_add(*one));
        let done = u64::from(month.div_euclid(12)).saturating_mul(SEASON_TOTAL).saturating_add(season);
        self.enterprises.saturating_mul(done).div_euclid(u64::from(self.years).saturating_mul(SEASON_TOTAL))
    }

    fn loan(&mut self, enterprise: u64, month: Month) -> Loan {
        self.loans = self.loans.saturating_add(1);
        Loan::new(&mut self.random, self.loans, enterprise, month)
    }

    /// A bank's month: what ends, what is paid, what begins.
    fn bank(
        &mut self,
        rows: &mut Rows<'_>,
        (bank, month): (usize, Month),
        mut new: Vec<Loan>,
        desk: &mut Desk,
    ) -> anyhow::Result<()> {
        let sender = Sender::Bank(bank);
        let mut living = std::mem::take(self.living.get_mut(bank).context("a bank")?);
        let mut renewed = Vec::new();
        for loan in &mut living {
            self.pay(rows, &sender, month, loan)?;
        }
        for loan in &living {
            if self.end(rows, &sender, month, loan, desk)? == Some(Fate::Renewed) {
                renewed.push((loan.enterprise, loan.day));
            }
        }
        living.retain(|loan| {
            let over = match loan.fate {
                Fate::Repaid | Fate::Renewed => 0,
                Fate::Late => 1,
                Fate::Lost => 3,
            };
            month < loan.ends().saturating_add(over)
        });
        for (enterprise, day) in renewed {
            let loan = self.loan(enterprise, month);
            new.push(Loan { day, ..loan });
        }
        for loan in &new {
            self.file(rows, (&sender, bank), loan)?;
        }
        for loan in &new {
            let request = json!({
                "effective_date": self.date(month, loan.day), "loan_id": format!("${}", loan.name()),
                "amount": loan.principal_text(),
            });
            rows.put(&sender, "LoanService/DisburseLoan", request)?;
        }
        living.extend(new);
        *self.living.get_mut(bank).context("a bank")? = living;
        Ok(())
    }

    fn file(&self, rows: &mut Rows<'_>, (sender, bank): (&Sender, usize), loan: &Loan) -> anyhow::Result<()> {
        let day = self.date(loan.begun, loan.day);
        let request = json!({
            "effective_date": day,
            "bank_id": bank_id(bank),
            "contract_number": format!("HT-{}", loan.number),
            "borrower": borrower(loan.enterprise)?,
            "principal": loan.principal_text(),
            "ip_part": loan.principal_text(),
            "annual_rate": loan.rate_text(),
            "signed_on": day,
            "matures_on": self.date(loan.ends(), loan.day),
            "pledges": [{"kind": "RIGHT_KIND_TRADEMARK", "registration_number": pledge(loan.enterprise)}],
            "pool_id": loan.city.pool(),
        });
        rows.write(sender, "LoanService/FileLoan", request, (Some(loan.name()), &[]))
    }

    /// The interest of a quarter, if it is due. Who is lost pays the first year only as long as the loan runs.
    fn pay(&self, rows: &mut Rows<'_>, sender: &Sender, month: Month, loan: &mut Loan) -> anyhow::Result<()> {
        let Some(quarter) = loan.quarter_due(month) else { return Ok(()) };
        let before = month.saturating_sub(3);
        let first_of_year = before.div_euclid(12) != month.div_euclid(12);
        loan.paid_this_year = if first_of_year { 1 } else { loan.paid_this_year.saturating_add(1) };
        let request = json!({
            "effective_date": self.date(month, loan.day),
            "loan_id": format!("${}", loan.name()),
            "amount": loan.interest_text(),
            "period_from": self.date(before, loan.day),
            "period_to": self.date(month, loan.day.saturating_sub(1)),
            "reference": format!("LX-{}-{quarter}", loan.number),
        });
        // Named only where the application will come in the same year.
        let counts = loan.applies && loan.ends().div_euclid(12) == month.div_euclid(12);
        let name = counts.then(|| loan.payment_name(quarter));
        rows.write(sender, "LoanService/RecordInterestPayment", request, (name, &[]))
    }

    /// What happens when a loan has run its term, or some months later; its fate where it ends as it should.
    fn end(
        &self,
        rows: &mut Rows<'_>,
        sender: &Sender,
        month: Month,
        loan: &Loan,
        desk: &mut Desk,
    ) -> anyhow::Result<Option<Fate>> {
        let day = self.date(month, loan.day);
        let about = |extra: &[(&str, Value)]| {
            let mut request = json!({"effective_date": day, "loan_id": format!("${}", loan.name())});
            if let Value::Object(request) = &mut request {
                request.extend(extra.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
            }
            request
        };
        let late = month.saturating_sub(loan.ends());
        match (loan.fate, late) {
            _ if month < loan.ends() => return Ok(None),
            (Fate::Repaid | Fate::Renewed, 0) => {}
            (Fate::Late | Fate::Lost, 0) => {
                rows.put(sender, "LoanService/MarkLoanOverdue", about(&[("overdue_since", day.clone().into())]))?;
                return Ok(None);
            }
            (Fate::Late, 1) => rows.put(sender, "LoanService/MarkLoanCured", about(&[]))?,
            (Fate::Lost, 3) => {
                rows.put(sender, "LoanService/MarkLoanNonPerforming", about(&[]))?;
                if loan.city == City::Hebi {
                    let request = about(&[("principal_loss", loan.principal_text().into())]);
                    let made = (Some(format!("C{}", loan.number)), [loan.name()]);
                    rows.write(sender, "PoolService/SubmitClaim", request, (made.0, &made.1))?;
                    desk.claims.push(loan.clone());
                }
                return Ok(None);
            }
            (Fate::Repaid | Fate::Renewed | Fate::Late | Fate::Lost, _) => return Ok(None),
        }
        let paid = [("amount", loan.principal_text().into()), ("reference", format!("BJ-{}", loan.number).into())];
        rows.put(sender, "LoanService/RecordPrincipalPayment", about(&paid))?;
        rows.put(sender, "LoanService/SettleLoan", about(&[]))?;
        let forget = if loan.applies { Vec::new() } else { vec![loan.name()] };
        rows.write(sender, "LoanService/CloseLoan", about(&[]), (None, &forget))?;
        if loan.applies {
            let last = loan.term.div_euclid(3);
            let first = last.saturating_sub(loan.paid_this_year).saturating_add(1);
            desk.applications.push((loan.clone(), (first..=last).collect()));
        }
        Ok(Some(loan.fate))
    }

    /// The counter applies for the enterprises whose loans ended.
    fn applied(&self, rows: &mut Rows<'_>, month: Month, desk: &Desk) -> anyhow::Result<()> {
        for (loan, quarters) in &desk.applications {
            let Some(programme) = loan.city.programme() else { continue };
            let item = |quarter: &Month| {
                let months = quarter.saturating_mul(3);
                json!({
                    "item": "COST_KIND_INTEREST",
                    "cost": loan.interest_text(),
                    "paid_on": self.date(loan.begun.saturating_add(months), loan.day),
                    "interest_payment_sequence": format!("${}", loan.payment_name(*quarter)),
                })
            };
            let request = json!({
                "effective_date": self.date(month, 25),
                "enterprise": borrower(loan.enterprise)?,
                "programme_id": programme,
                "loan_id": format!("${}", loan.name()),
                "items": quarters.iter().map(item).collect::<Vec<_>>(),
            });
            let mut forget: Vec<String> = quarters.iter().map(|quarter| loan.payment_name(*quarter)).collect();
            forget.push(loan.name());
            let name = Some(format!("A{}", loan.number));
            rows.write(&Sender::Counter, "SubsidyService/ApplySubsidy", request, (name, &forget))?;
        }
        Ok(())
    }

    /// Officers approve, finance pays.
    fn decided(&self, rows: &mut Rows<'_>, month: Month, desk: &Desk) -> anyhow::Result<()> {
        let (approved, paid) = (self.date(month, 26), self.date(month, 27));
        for (loan, _) in &desk.applications {
            let request = json!({"effective_date": approved, "application_id": format!("$A{}", loan.number)});
            rows.put(&Sender::Officer, "SubsidyService/ApproveSubsidy", request)?;
        }
        for loan in &desk.claims {
            let request = json!({"effective_date": approved, "claim_id": format!("$C{}", loan.number)});
            rows.put(&Sender::Officer, "PoolService/ApproveClaim", request)?;
        }
        for (loan, _) in &desk.applications {
            let name = format!("A{}", loan.number);
            let request = json!({
                "effective_date": paid, "application_id": format!("${name}"), "reference": format!("BF-{}", loan.number),
            });
            rows.write(&Sender::Finance, "SubsidyService/PaySubsidy", request, (None, &[name]))?;
        }
        for loan in &desk.claims {
            let name = format!("C{}", loan.number);
            let request = json!({
                "effective_date": paid, "claim_id": format!("${name}"), "reference": format!("BC-{}", loan.number),
            });
            rows.write(&Sender::Finance, "PoolService/PayClaim", request, (None, &[name]))?;
        }
        Ok(())
    }
}

fn borrower(enterprise: u64) -> anyhow::Result<String> {
    uscc(City::of(enterprise).code(), enterprise)
}

fn right(enterprise: u64) -> String {
    format!("trademark:{}/9", enterprise.saturating_add(10_000_000))
}

fn pledge(enterprise: u64) -> String {
    format!("Y{}", enterprise.saturating_add(1))
}

/// A valid code of an enterprise that does not exist: its check character is found by trying.
fn uscc(region: &str, number: u64) -> anyhow::Result<String> {
    const CHARACTERS: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    let body = format!("91{region}{number:09}");
    let mut codes = CHARACTERS.chars().map(|check| format!("{body}{check}"));
    codes.find(|code| Uscc::parse(code).is_ok()).with_context(|| format!("no check character for `{body}`"))
}
