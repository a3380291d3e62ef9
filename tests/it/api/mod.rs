//! The API as a bank's integrator meets it: real gRPC on a real server process, and what comes back as text.
//!
//! Method: one world is played on a server of its own for each test; answers and errors are rendered to short lines
//! and compared with the expected text.

mod access;
mod batch;
mod errors;
mod import;
mod month_end;
mod reconciliation;
mod policy;
mod retries;
mod rulebooks;
mod scope;
mod service;

use std::path::Path;

use ipledger::cli::child::{ActAs, ServerProcess};
use ipledger::proto::v1;
use ipledger::proto::v1::budget_service_client::BudgetServiceClient;
use ipledger::proto::v1::ledger_service_client::LedgerServiceClient;
use ipledger::proto::v1::loan_service_client::LoanServiceClient;
use ipledger::proto::v1::pool_service_client::PoolServiceClient;
use ipledger::proto::v1::registry_service_client::RegistryServiceClient;
use ipledger::proto::v1::subsidy_service_client::SubsidyServiceClient;
use tempfile::TempDir;
use tonic::Status;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic_types::StatusExt as _;
use uuid::Uuid;

use crate::fixture::uscc;

/// The day on which the world is set up.
pub(crate) const DAY: &str = "2025-03-03";

type Service = InterceptedService<Channel, ActAs>;

/// A server with the rulebook of 鹤壁, two banks and two companies, one of which has a disbursed loan.
pub(crate) struct World {
    /// Killed when the world ends.
    server: ServerProcess,
    pub(crate) channel: Channel,
    folder: TempDir,
    /// The company with the loan, and the one without.
    pub(crate) borrower: String,
    pub(crate) other: String,
    /// The loan of `borrower` at bank `icbc`.
    pub(crate) loan: String,
}

/// A new request id.
pub(crate) fn id() -> String {
    Uuid::new_v4().to_string()
}

/// The program under test.
pub(crate) fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_ipledger"))
}

/// An identity: the bureau's people have no party.
pub(crate) fn act_as(role: &str, party: &str, person: &str) -> ActAs {
    ActAs::new(role, party, person).unwrap()
}

impl World {
    pub(crate) async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let server = ServerProcess::start(program(), &folder.path().join("data"), &["hebi-2017"]).await.unwrap();
        let channel = server.connect().await.unwrap();
        let mut world = Self { server, channel, folder, borrower: uscc(1), other: uscc(2), loan: String::new() };
        world.set_up().await;
        world
    }

    async fn set_up(&mut self) {
        for (name, number) in [("icbc", 100), ("abc", 101)] {
            let request = v1::RegisterInstitutionRequest {
                request_id: id(),
                effective_date: DAY.into(),
                institution_id: name.into(),
                kind: v1::InstitutionKind::Bank.into(),
                name: format!("{name}银行"),
                uscc: uscc(number),
                ..Default::default()
            };
            self.registry("officer", "", "li.na").register_institution(request).await.unwrap();
        }
        for company in [self.borrower.clone(), self.other.clone()] {
            self.registry("officer", "", "li.na").register_enterprise(enterprise(&company)).await.unwrap();
        }
        let budget = v1::AppropriateBudgetRequest {
            request_id: id(),
            effective_date: DAY.into(),
            budget_line_id: "ip-finance".into(),
            year: 2025,
            amount: "1000000.00".into(),
            document: "鹤财〔2025〕1号".into(),
            ..Default::default()
        };
        self.budget("finance", "", "zhao.min").appropriate_budget(budget).await.unwrap();
        let (right, number) = self.right_of(&self.borrower.clone(), 1).await;
        self.registry("bank", "icbc", "zhang.wei")
            .register_pledge(pledge("icbc", &self.borrower, &right, &number))
            .await
            .unwrap();
        let filed = self
            .loans("bank", "icbc", "zhang.wei")
            .file_loan(loan("icbc", "C-1", &self.borrower, &number))
            .await
            .unwrap()
            .into_inner();
        self.loan = filed.loan_id;
        let disburse = v1::DisburseLoanRequest {
            request_id: id(),
            effective_date: DAY.into(),
            loan_id: self.loan.clone(),
            amount: "5000000.00".into(),
            ..Default::default()
        };
        self.loans("bank", "icbc", "zhang.wei").disburse_loan(disburse).await.unwrap();
    }

    /// Registers a trademark of a company; its id and a pledge number for it.
    pub(crate) async fn right_of(&self, company: &str, index: u64) -> (String, String) {
        let right = format!("trademark:{}/9", 20_000_000 + index);
        let request = v1::RegisterIpRightRequest {
            request_id: id(),
            effective_date: DAY.into(),
            right: right.clone(),
            owner: company.into(),
            title: "鹤鸣".into(),
            granted_on: "2020-01-01".into(),
            expires_on: "2030-01-01".into(),
            ..Default::default()
        };
        self.registry("officer", "", "li.na").register_ip_right(request).await.unwrap();
        (right, format!("Y{index}"))
    }

    pub(crate) fn registry(&self, role: &str, party: &str, person: &str) -> RegistryServiceClient<Service> {
        RegistryServiceClient::with_interceptor(self.channel.clone(), act_as(role, party, person))
    }

    pub(crate) fn loans(&self, role: &str, party: &str, person: &str) -> LoanServiceClient<Service> {
        LoanServiceClient::with_interceptor(self.channel.clone(), act_as(role, party, person))
    }

    pub(crate) fn subsidies(&self, role: &str, party: &str, person: &str) -> SubsidyServiceClient<Service> {
        SubsidyServiceClient::with_interceptor(self.channel.clone(), act_as(role, party, person))
    }

    pub(crate) fn budget(&self, role: &str, party: &str, person: &str) -> BudgetServiceClient<Service> {
        BudgetServiceClient::with_interceptor(self.channel.clone(), act_as(role, party, person))
    }

    pub(crate) fn pools(&self, role: &str, party: &str, person: &str) -> PoolServiceClient<Service> {
        PoolServiceClient::with_interceptor(self.channel.clone(), act_as(role, party, person))
    }

    pub(crate) fn ledger(&self, role: &str, party: &str, person: &str) -> LedgerServiceClient<Service> {
        LedgerServiceClient::with_interceptor(self.channel.clone(), act_as(role, party, person))
    }

    /// The last durable sequence.
    pub(crate) async fn last_sequence(&self) -> u64 {
        let ping = v1::PingRequest { payload: Vec::new() };
        self.ledger("auditor", "", "wang.fang").ping(ping).await.unwrap().into_inner().last_sequence
    }
}

pub(crate) fn enterprise(company: &str) -> v1::RegisterEnterpriseRequest {
    v1::RegisterEnterpriseRequest {
        request_id: id(),
        effective_date: DAY.into(),
        uscc: company.into(),
        name: "鹤壁镁业有限公司".into(),
        size_class: v1::SizeClass::Small.into(),
        district: "410611".into(),
        ..Default::default()
    }
}

pub(crate) fn pledge(bank: &str, company: &str, right: &str, number: &str) -> v1::RegisterPledgeRequest {
    v1::RegisterPledgeRequest {
        request_id: id(),
        effective_date: DAY.into(),
        kind: v1::RightKind::Trademark.into(),
        registration_number: number.into(),
        pledgee_id: bank.into(),
        pledgor: company.into(),
        rights: vec![right.into()],
        secured_amount: "5000000.00".into(),
        ..Default::default()
    }
}

pub(crate) fn loan(bank: &str, contract: &str, company: &str, number: &str) -> v1::FileLoanRequest {
    v1::FileLoanRequest {
        request_id: id(),
        effective_date: DAY.into(),
        bank_id: bank.into(),
        contract_number: contract.into(),
        borrower: company.into(),
        principal: "5000000.00".into(),
        ip_part: "5000000.00".into(),
        annual_rate: "0.0435".into(),
        signed_on: DAY.into(),
        matures_on: "2026-03-02".into(),
        pledges: vec![v1::PledgeKey { kind: v1::RightKind::Trademark.into(), registration_number: number.into() }],
        ..Default::default()
    }
}

/// An application for one valuation fee on one invoice.
pub(crate) fn valuation(company: &str, loan: &str, cost: &str, invoice: u64) -> v1::ApplySubsidyRequest {
    v1::ApplySubsidyRequest {
        request_id: id(),
        effective_date: "2025-06-01".into(),
        enterprise: company.into(),
        programme_id: "pledge-cost".into(),
        loan_id: loan.into(),
        items: vec![v1::CostItem {
            item: v1::CostKind::Valuation.into(),
            cost: cost.into(),
            paid_on: "2025-05-01".into(),
            evidence: Some(v1::cost_item::Evidence::Invoice(v1::Invoice {
                number: format!("{invoice:020}"),
                total: cost.into(),
            })),
            ..Default::default()
        }],
        ..Default::default()
    }
}

/// An error as text: code, reason, what is wrong field by field, and the Chinese message.
pub(crate) fn describe(status: &Status) -> String {
    let details = status.get_error_details();
    let mut lines = vec![format!("{:?}: {}", status.code(), status.message())];
    if let Some(info) = details.error_info() {
        lines.push(format!("  reason {} @ {}", info.reason, info.domain));
    }
    if let Some(bad) = details.bad_request() {
        for violation in &bad.field_violations {
            lines.push(format!("  field {}: {}", violation.field, violation.description));
        }
    }
    if let Some(failure) = details.precondition_failure() {
        for violation in &failure.violations {
            lines.push(format!("  precondition {} {}: {}", violation.r#type, violation.subject, violation.description));
        }
    }
    if let Some(localized) = details.localized_message() {
        lines.push(format!("  {}: {}", localized.locale, localized.message));
    }
    if details.retry_info().is_some() {
        lines.push("  retry: yes".to_owned());
    }
    lines.join("\n") + "\n"
}
