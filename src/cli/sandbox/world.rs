//! The made-up companies of a sandbox: those of the demo, every name marked, with loans in several states.
//!
//! Sent through the same handlers as anybody's requests, under request ids that are the same at every start: a sandbox
//! that has them already answers from its journal.

use std::future::Future;

use anyhow::Context as _;
use tonic::{Request, Response, Status};

use crate::book::nouns::{Caller, Role};
use crate::cli::demo::world::{BUDGET, ENTERPRISES, FUQIU, INSTITUTIONS, LOANS, Loan, POOL, RIGHTS};
use crate::identifier::{InstitutionId, PersonId};
use crate::proto::v1;
use crate::proto::v1::budget_service_server::BudgetService as _;
use crate::proto::v1::loan_service_server::LoanService as _;
use crate::proto::v1::pool_service_server::PoolService as _;
use crate::proto::v1::registry_service_server::RegistryService as _;
use crate::server::Edge;
use crate::server::sandbox::SANDBOX_PERSON;

/// What every name begins with.
pub(super) const PREFIX: &str = "【沙箱】";

/// The day on which everything is registered.
const DAY: &str = "2025-01-06";

/// The pool's capital, in yuan, and the year's budget.
const CAPITAL: &str = "5000000.00";
const APPROPRIATED: &str = "500000.00";

struct Seed<'a> {
    edge: &'a Edge,
    /// How many requests were made: the last digits of the next request id.
    made: u32,
}

/// Puts everything in.
pub(super) async fn seed(edge: &Edge) -> anyhow::Result<()> {
    let mut seed = Seed { edge, made: 0 };
    seed.registry().await?;
    seed.money().await?;
    for loan in LOANS {
        seed.loan(loan).await?;
    }
    let edge = seed.edge;
    let request = v1::AddBlacklistEntryRequest {
        request_id: seed.id(),
        effective_date: "2025-02-03".into(),
        enterprise: FUQIU.into(),
        ground: v1::BlacklistGround::Fraud.into(),
        document: format!("{PREFIX}（2025）豫06执1号"),
        ..Default::default()
    };
    done(edge.add_blacklist_entry(as_bureau(Role::Officer, request)?)).await
}

impl Seed<'_> {
    /// The next request id, the same at every start.
    fn id(&mut self) -> String {
        self.made = self.made.saturating_add(1);
        format!("5a9d0b0c-0000-4000-8000-{:012}", self.made)
    }

    async fn registry(&mut self) -> anyhow::Result<()> {
        let edge = self.edge;
        for one in INSTITUTIONS {
            let request = v1::RegisterInstitutionRequest {
                request_id: self.id(),
                effective_date: DAY.into(),
                institution_id: one.id.into(),
                kind: one.kind.into(),
                name: format!("{PREFIX}{}", one.name),
                uscc: one.uscc.into(),
                bank_code: one.bank_code.into(),
                ..Default::default()
            };
            done(edge.register_institution(as_bureau(Role::Operator, request)?)).await?;
        }
        for one in ENTERPRISES {
            let request = v1::RegisterEnterpriseRequest {
                request_id: self.id(),
                effective_date: DAY.into(),
                uscc: one.uscc.into(),
                name: format!("{PREFIX}{}", one.name),
                size_class: one.size.into(),
                district: one.district.into(),
                ..Default::default()
            };
            done(edge.register_enterprise(as_bureau(Role::Officer, request)?)).await?;
        }
        for one in RIGHTS {
            let request = v1::RegisterIpRightRequest {
                request_id: self.id(),
                effective_date: DAY.into(),
                right: one.id.into(),
                owner: one.owner.into(),
                title: format!("{PREFIX}{}", one.title),
                granted_on: "2023-05-01".into(),
                expires_on: "2029-12-31".into(),
                ..Default::default()
            };
            done(edge.register_ip_right(as_bureau(Role::Officer, request)?)).await?;
        }
        Ok(())
    }

    async fn money(&mut self) -> anyhow::Result<()> {
        let edge = self.edge;
        let budget = v1::AppropriateBudgetRequest {
            request_id: self.id(),
            effective_date: DAY.into(),
            budget_line_id: BUDGET.into(),
            year: 2025,
            amount: APPROPRIATED.into(),
            document: format!("{PREFIX}鹤财预〔2025〕1号"),
            ..Default::default()
        };
        done(edge.appropriate_budget(as_bureau(Role::Finance, budget)?)).await?;
        let contribution = v1::ContributeToPoolRequest {
            request_id: self.id(),
            effective_date: DAY.into(),
            pool_id: POOL.into(),
            funder_id: "city-finance".into(),
            amount: CAPITAL.into(),
            reference: format!("{PREFIX}ZJC-1"),
            ..Default::default()
        };
        done(edge.contribute_to_pool(as_bureau(Role::Finance, contribution)?)).await
    }

    async fn loan(&mut self, loan: &Loan) -> anyhow::Result<()> {
        let edge = self.edge;
        let [filed_on, disbursed_on] = loan.days;
        let number = format!("SANDBOX-{}", loan.key);
        let pledge = v1::RegisterPledgeRequest {
            request_id: self.id(),
            effective_date: filed_on.into(),
            kind: loan.kind.into(),
            registration_number: number.clone(),
            pledgee_id: loan.bank.into(),
            pledgor: loan.borrower.into(),
            rights: loan.rights.iter().map(ToString::to_string).collect(),
            secured_amount: loan.ip_part.into(),
            ..Default::default()
        };
        done(edge.register_pledge(as_bank(loan.bank, pledge)?)).await?;
        let file = v1::FileLoanRequest {
            request_id: self.id(),
            effective_date: filed_on.into(),
            bank_id: loan.bank.into(),
            contract_number: format!("SANDBOX-{}", loan.key),
            borrower: loan.borrower.into(),
            principal: loan.principal.into(),
            ip_part: loan.ip_part.into(),
            annual_rate: loan.rate.into(),
            signed_on: filed_on.into(),
            matures_on: "2027-12-31".into(),
            pledges: vec![v1::PledgeKey { kind: loan.kind.into(), registration_number: number }],
            pool_id: POOL.into(),
            ..Default::default()
        };
        let filed = edge.file_loan(as_bank(loan.bank, file)?).await?.into_inner();
        anyhow::ensure!(!filed.loan_id.is_empty(), "`{}` was refused: {:?}", loan.key, filed.decision);
        let disburse = v1::DisburseLoanRequest {
            request_id: self.id(),
            effective_date: disbursed_on.into(),
            loan_id: filed.loan_id,
            amount: loan.principal.into(),
            ..Default::default()
        };
        done(edge.disburse_loan(as_bank(loan.bank, disburse)?)).await
    }
}

async fn done<T>(call: impl Future<Output = Result<Response<T>, Status>>) -> anyhow::Result<()> {
    call.await?;
    Ok(())
}

fn person() -> anyhow::Result<PersonId> {
    PersonId::parse(SANDBOX_PERSON).map_err(|invalid| anyhow::anyhow!("{invalid}"))
}

fn as_bureau<M>(role: Role, message: M) -> anyhow::Result<Request<M>> {
    Ok(by(Caller::of_bureau(role, person()?), message))
}

fn as_bank<M>(bank: &str, message: M) -> anyhow::Result<Request<M>> {
    let bank = InstitutionId::parse(bank).ok().with_context(|| format!("`{bank}` is no institution"))?;
    Ok(by(Caller { institution: Some(bank), ..Caller::of_bureau(Role::Bank, person()?) }, message))
}

/// As the guard hands a request on whose caller it let in.
fn by<M>(caller: Caller, message: M) -> Request<M> {
    let mut request = Request::new(message);
    request.extensions_mut().insert(caller);
    request
}
