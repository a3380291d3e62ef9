//! Twelve cities' rulebooks through the ledger: each file is adopted by a real server, and applications and claims go
//! through the public calls alone, with every fact that the rule asks for recorded by the call that records it.
//!
//! Method: the worked cases A1 and C1 to C17 of the rulebook files, as far as a ledger can express them (the table in
//! `rulebooks/README.md` says which), and for each city one that is granted and one that is refused.

mod claims;
mod command_line;
mod further;
mod subsidies;

use std::cell::Cell;

use ipledger::cli::child::ServerProcess;
use ipledger::proto::v1;
use ipledger::proto::v1::InstitutionKind::{Bank, Guarantor, Insurer, Valuer};
use ipledger::proto::v1::budget_service_client::BudgetServiceClient;
use ipledger::proto::v1::fact::Value;
use ipledger::proto::v1::fact_service_client::FactServiceClient;
use ipledger::proto::v1::ledger_service_client::LedgerServiceClient;
use ipledger::proto::v1::loan_service_client::LoanServiceClient;
use ipledger::proto::v1::pool_service_client::PoolServiceClient;
use ipledger::proto::v1::registry_service_client::RegistryServiceClient;
use ipledger::proto::v1::subsidy_service_client::SubsidyServiceClient;
use tempfile::TempDir;
use tonic::transport::Channel;

use crate::api::{id, program};
use crate::fixture::uscc;

/// The service's client, as somebody.
macro_rules! client {
    ($city:expr, $client:ident, $role:literal, $party:expr, $person:literal) => {
        $client::with_interceptor($city.channel.clone(), $crate::api::act_as($role, $party, $person))
    };
}

/// A write: request id and day are filled in, the answer must not be an error.
macro_rules! write {
    ($client:expr, $rpc:ident, $day:expr, v1::$request:ident { $($field:ident $(: $value:expr)?),* $(,)? }) => {{
        let request = v1::$request {
            request_id: id(),
            effective_date: $day.into(),
            $($field $(: $value)?,)*
            ..Default::default()
        };
        let answer = $client.$rpc(request).await;
        answer.unwrap_or_else(|error| panic!("{}: {error}", stringify!($rpc))).into_inner()
    }};
}
use client;

/// A ledger with one city's rulebook, two banks, a guarantor, an insurer and a valuer.
pub(super) struct City {
    _server: ServerProcess,
    pub(super) address: String,
    channel: Channel,
    _folder: TempDir,
    /// Numbers for rights, pledges, contracts, invoices.
    number: Cell<u64>,
    /// The first day of the story: everything that is there from the beginning.
    start: &'static str,
}

/// What makes a loan; what is left out is ordinary.
#[derive(Clone)]
pub(super) struct Loan<'a> {
    pub(super) bank: &'a str,
    pub(super) borrower: &'a str,
    pub(super) principal: &'a str,
    pub(super) rate: &'a str,
    pub(super) signed: &'a str,
    pub(super) filed: &'a str,
    pub(super) disbursed: &'a str,
    pub(super) matures: &'a str,
    pub(super) pool: &'a str,
    pub(super) kind: v1::RightKind,
    /// The pledge to use; a new right is pledged on the day of signing where it is empty.
    pub(super) pledge: &'a str,
}

/// What came of an application.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) id: String,
    pub(super) granted: String,
    pub(super) by_line: Vec<String>,
    pub(super) reason: String,
    pub(super) sentence: String,
}

impl City {
    pub(super) async fn new(rulebook: &str, start: &'static str) -> Self {
        let folder = TempDir::new().unwrap();
        let server = ServerProcess::start(program(), &folder.path().join("data"), &[rulebook]).await.unwrap();
        let channel = server.connect().await.unwrap();
        let address = server.address.clone();
        let city = Self { _server: server, address, channel, _folder: folder, number: Cell::new(0), start };
        let institutions = [("icbc", Bank), ("abc", Bank), ("gua", Guarantor), ("picc", Insurer), ("val", Valuer)];
        for (index, (name, kind)) in (0..).zip(institutions) {
            let mut registry = client!(city, RegistryServiceClient, "officer", "", "li.na");
            write!(
                registry,
                register_institution,
                start,
                v1::RegisterInstitutionRequest {
                    institution_id: name.into(),
                    kind: kind.into(),
                    name: format!("{name}机构"),
                    uscc: uscc(1_000 + index),
                }
            );
        }
        city
    }

    pub(super) fn next(&self) -> u64 {
        self.number.set(self.number.get() + 1);
        self.number.get()
    }

    pub(super) async fn enterprise(&self, size: v1::SizeClass) -> String {
        let code = uscc(self.next());
        let mut registry = client!(self, RegistryServiceClient, "officer", "", "li.na");
        write!(
            registry,
            register_enterprise,
            self.start,
            v1::RegisterEnterpriseRequest {
                uscc: code.clone(),
                name: "某科技有限公司".into(),
                size_class: size.into(),
                district: "440100".into(),
            }
        );
        code
    }

    pub(super) async fn small(&self) -> String {
        self.enterprise(v1::SizeClass::Small).await
    }

    pub(super) async fn right(&self, owner: &str, kind: v1::RightKind, expires: &str) -> String {
        let number = self.next();
        let right = match kind {
            v1::RightKind::Trademark => format!("trademark:{}/9", 20_000_000 + number),
            _ => format!("other:BS.{number}"),
        };
        let mut registry = client!(self, RegistryServiceClient, "officer", "", "li.na");
        write!(
            registry,
            register_ip_right,
            self.start,
            v1::RegisterIpRightRequest {
                right: right.clone(),
                owner: owner.into(),
                title: "一种装置".into(),
                granted_on: "2015-01-01".into(),
                expires_on: expires.into(),
            }
        );
        right
    }

    /// Pledges a right to a bank; the registration's number.
    pub(super) async fn pledge(&self, bank: &str, owner: &str, right: &str, kind: v1::RightKind, day: &str) -> String {
        let number = format!("Y{}", self.next());
        let mut registry = client!(self, RegistryServiceClient, "bank", bank, "zhang.wei");
        write!(
            registry,
            register_pledge,
            day,
            v1::RegisterPledgeRequest {
                kind: kind.into(),
                registration_number: number.clone(),
                pledgee_id: bank.into(),
                pledgor: owner.into(),
                rights: vec![right.into()],
                secured_amount: "10000000.00".into(),
            }
        );
        number
    }

    pub(super) async fn release(&self, bank: &str, number: &str, kind: v1::RightKind, day: &str) {
        let mut registry = client!(self, RegistryServiceClient, "bank", bank, "zhang.wei");
        write!(
            registry,
            release_pledge,
            day,
            v1::ReleasePledgeRequest { kind: kind.into(), registration_number: number.into() }
        );
    }

    /// Files a loan and disburses it; its id.
    pub(super) async fn loan(&self, loan: &Loan<'_>) -> String {
        let pledge = if loan.pledge.is_empty() {
            let right = self.right(loan.borrower, loan.kind, "2039-12-31").await;
            self.pledge(loan.bank, loan.borrower, &right, loan.kind, loan.signed).await
        } else {
            loan.pledge.to_owned()
        };
        let mut loans = client!(self, LoanServiceClient, "bank", loan.bank, "zhang.wei");
        let filed = write!(
            loans,
            file_loan,
            loan.filed,
            v1::FileLoanRequest {
                bank_id: loan.bank.into(),
                contract_number: format!("C-{}", self.next()),
                borrower: loan.borrower.into(),
                principal: loan.principal.into(),
                ip_part: loan.principal.into(),
                annual_rate: loan.rate.into(),
                signed_on: loan.signed.into(),
                matures_on: loan.matures.into(),
                pledges: vec![v1::PledgeKey { kind: loan.kind.into(), registration_number: pledge }],
                pool_id: loan.pool.into(),
            }
        );
        assert!(!filed.loan_id.is_empty(), "not filed: {:?}", filed.decision);
        write!(
            loans,
            disburse_loan,
            loan.disbursed,
            v1::DisburseLoanRequest { loan_id: filed.loan_id.clone(), amount: loan.principal.into() }
        );
        filed.loan_id
    }

    /// The bank records an interest payment; the sequence of its entry.
    pub(super) async fn interest(
        &self,
        bank: &str,
        loan: &str,
        amount: &str,
        (from, to): (&str, &str),
        day: &str,
    ) -> u64 {
        let mut loans = client!(self, LoanServiceClient, "bank", bank, "zhang.wei");
        let paid = write!(
            loans,
            record_interest_payment,
            day,
            v1::RecordInterestPaymentRequest {
                loan_id: loan.into(),
                amount: amount.into(),
                period_from: from.into(),
                period_to: to.into(),
                reference: format!("I-{}", self.next()),
            }
        );
        paid.entry.unwrap().sequence
    }

    /// Repays and settles a loan.
    pub(super) async fn settle(&self, bank: &str, loan: &str, principal: &str, day: &str) {
        let mut loans = client!(self, LoanServiceClient, "bank", bank, "zhang.wei");
        write!(
            loans,
            record_principal_payment,
            day,
            v1::RecordPrincipalPaymentRequest {
                loan_id: loan.into(),
                amount: principal.into(),
                reference: "P-1".into(),
            }
        );
        write!(loans, settle_loan, day, v1::SettleLoanRequest { loan_id: loan.into() });
    }

    /// A loan that is lost: overdue, then non-performing.
    pub(super) async fn lose(&self, bank: &str, loan: &str, overdue: &str, lost: &str) {
        let mut loans = client!(self, LoanServiceClient, "bank", bank, "zhang.wei");
        write!(
            loans,
            mark_loan_overdue,
            overdue,
            v1::MarkLoanOverdueRequest { loan_id: loan.into(), overdue_since: overdue.into() }
        );
        write!(loans, mark_loan_non_performing, lost, v1::MarkLoanNonPerformingRequest { loan_id: loan.into() });
    }

    pub(super) async fn budget(&self, line: &str, year: i32) {
        self.budget_of(line, year, "100000000.00").await;
    }

    pub(super) async fn budget_of(&self, line: &str, year: i32, amount: &str) {
        let mut budgets = client!(self, BudgetServiceClient, "finance", "", "zhao.min");
        write!(
            budgets,
            appropriate_budget,
            format!("{year}-01-04"),
            v1::AppropriateBudgetRequest {
                budget_line_id: line.into(),
                year,
                amount: amount.into(),
                document: "财预〔1〕号".into(),
            }
        );
    }

    pub(super) async fn contribute(&self, pool: &str, amount: &str) {
        let mut pools = client!(self, PoolServiceClient, "finance", "", "zhao.min");
        write!(
            pools,
            contribute_to_pool,
            self.start,
            v1::ContributeToPoolRequest {
                pool_id: pool.into(),
                funder_id: "city".into(),
                amount: amount.into(),
                reference: "T-1".into(),
            }
        );
    }

    /// An officer records a fact that holds from the day; the sequence of its entry.
    pub(super) async fn fact(&self, day: &str, value: Value) -> u64 {
        let mut facts = client!(self, FactServiceClient, "officer", "", "li.na");
        let recorded = write!(
            facts,
            record_fact,
            day,
            v1::RecordFactRequest { fact: Some(v1::Fact { value: Some(value) }), document: "文件1号".into() }
        );
        recorded.entry.unwrap().sequence
    }

    /// A bank says something of its loan.
    pub(super) async fn bank_fact(&self, bank: &str, day: &str, value: Value) {
        let mut facts = client!(self, FactServiceClient, "bank", bank, "zhang.wei");
        write!(
            facts,
            record_fact,
            day,
            v1::RecordFactRequest { fact: Some(v1::Fact { value: Some(value) }), document: "借款合同".into() }
        );
    }

    /// An officer records a point of a series that holds for ten years; the sequence of its entry.
    pub(super) async fn rate(&self, series: &str, from: &str, rate: &str) -> u64 {
        let mut facts = client!(self, FactServiceClient, "officer", "", "li.na");
        let recorded = write!(
            facts,
            record_reference_rate,
            "",
            v1::RecordReferenceRateRequest {
                series_id: series.into(),
                from: from.into(),
                rate: rate.into(),
                maximum_age_days: 3_650,
                source: "全国银行间同业拆借中心".into(),
            }
        );
        recorded.entry.unwrap().sequence
    }

    /// By another officer than the one who applies for an enterprise.
    pub(super) async fn approve(&self, application: &str, day: &str) {
        let mut subsidies = client!(self, SubsidyServiceClient, "officer", "", "chen.mei");
        write!(subsidies, approve_subsidy, day, v1::ApproveSubsidyRequest { application_id: application.into() });
    }

    pub(super) async fn apply(
        &self,
        enterprise: &str,
        programme: &str,
        loan: &str,
        items: Vec<v1::CostItem>,
        day: &str,
    ) -> Outcome {
        let mut subsidies = client!(self, SubsidyServiceClient, "officer", "", "li.na");
        let applied = write!(
            subsidies,
            apply_subsidy,
            day,
            v1::ApplySubsidyRequest {
                enterprise: enterprise.into(),
                programme_id: programme.into(),
                loan_id: loan.into(),
                items,
            }
        );
        let decision = applied.decision.unwrap();
        let Some(v1::entry::Event::SubsidyApplied(event)) = applied.entry.unwrap().event else {
            panic!("another event")
        };
        Outcome {
            id: applied.application_id,
            granted: decision.granted,
            by_line: event.lines.into_iter().map(|line| line.award).collect(),
            reason: decision.reason,
            sentence: decision.sentence.unwrap().en,
        }
    }

    /// A bank claims on the pool: what the pool pays, what each party bears, why not.
    pub(super) async fn claim(&self, bank: &str, loan: &str, loss: &str, day: &str) -> Claim {
        let mut pools = client!(self, PoolServiceClient, "bank", bank, "zhang.wei");
        let submitted = write!(
            pools,
            submit_claim,
            day,
            v1::SubmitClaimRequest { loan_id: loan.into(), principal_loss: loss.into() }
        );
        let decision = submitted.decision.unwrap();
        let Some(v1::entry::Event::ClaimSubmitted(event)) = submitted.entry.unwrap().event else {
            panic!("another event")
        };
        let event = event.decision.unwrap();
        let shares = event.shares.iter().map(|share| share.amount.clone()).collect();
        Claim {
            id: submitted.claim_id,
            paid: decision.granted,
            shares,
            reason: decision.reason,
            sentence: decision.sentence.unwrap().en,
            payee: event.payee_id,
        }
    }

    /// Approves and pays a claim; the balance of the payable in between.
    pub(super) async fn pay_claim(&self, claim: &str, payable: &str, day: &str) -> String {
        let mut officer = client!(self, PoolServiceClient, "officer", "", "wang.fang");
        write!(officer, approve_claim, day, v1::ApproveClaimRequest { claim_id: claim.into() });
        let owed = self.balance(payable).await;
        let mut finance = client!(self, PoolServiceClient, "finance", "", "zhao.min");
        write!(finance, pay_claim, day, v1::PayClaimRequest { claim_id: claim.into(), reference: "Z-1".into() });
        assert_eq!(self.balance(payable).await, "0.00");
        owed
    }

    pub(super) async fn balance(&self, account: &str) -> String {
        let mut ledger = client!(self, LedgerServiceClient, "auditor", "", "wang.fang");
        let request = v1::GetAccountBalanceRequest { account: account.into(), as_of: None };
        ledger.get_account_balance(request).await.unwrap().into_inner().account_balance.unwrap().balance
    }
}

/// What came of a claim.
#[derive(Debug)]
pub(super) struct Claim {
    pub(super) id: String,
    pub(super) paid: String,
    pub(super) shares: Vec<String>,
    pub(super) reason: String,
    pub(super) sentence: String,
    pub(super) payee: String,
}

impl Default for Loan<'_> {
    fn default() -> Self {
        Self {
            bank: "icbc",
            borrower: "",
            principal: "10000000.00",
            rate: "0.0400",
            signed: "",
            filed: "",
            disbursed: "",
            matures: "",
            pool: "",
            kind: v1::RightKind::Other,
            pledge: "",
        }
    }
}

/// Interest that the bank recorded.
pub(super) fn interest(cost: &str, paid: &str, entry: u64) -> v1::CostItem {
    v1::CostItem {
        item: v1::CostKind::Interest.into(),
        cost: cost.into(),
        paid_on: paid.into(),
        evidence: Some(v1::cost_item::Evidence::InterestPaymentSequence(entry)),
        ..Default::default()
    }
}

/// A cost by invoice.
pub(super) fn invoice(kind: v1::CostKind, cost: &str, paid: &str, number: u64) -> v1::CostItem {
    let evidence = v1::Invoice { number: format!("{number:020}"), total: cost.into() };
    v1::CostItem {
        item: kind.into(),
        cost: cost.into(),
        paid_on: paid.into(),
        evidence: Some(v1::cost_item::Evidence::Invoice(evidence)),
        ..Default::default()
    }
}
