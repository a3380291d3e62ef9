//! The services on a ledger in memory: a loan, its subsidy and its claim, read back as each caller may see
//! them, and the end of a server with an open tail.

use std::collections::BTreeSet;

use expect_test::expect;
use prost::Message as _;
use tokio_stream::StreamExt as _;
use tonic::{Code, Request};

use super::*;
use crate::calendar::Timestamp;
use crate::decide::rejection::Rejection;
use crate::proto::v1;
use crate::proto::v1::budget_service_server::BudgetService as _;
use crate::proto::v1::ledger_service_server::LedgerService as _;
use crate::proto::v1::loan_service_server::LoanService as _;
use crate::proto::v1::period_service_server::PeriodService as _;
use crate::proto::v1::pool_service_server::PoolService as _;
use crate::proto::v1::registry_service_server::RegistryService as _;
use crate::proto::v1::rulebook_service_server::RulebookService as _;
use crate::proto::v1::subsidy_service_server::SubsidyService as _;
use crate::reader::load;
use crate::server::authenticate::AuthenticatedIdentity;
use crate::server::identity::Peer;
use crate::storage::Storage;
use crate::storage::memory::MemoryDisk;
use crate::writer::clock::{Clock, ManualClock};
use crate::writer::{Writer, WriterThreads};

/// Noon of 1 March 2026 in Shanghai.
const NOON: Timestamp = Timestamp::from_micros(1_772_337_600_000_000);
const DAY: &str = "2025-03-03";
const BORROWER: &str = "91110000600037341L";
const OTHER: &str = "91310115MA1K3BTP2B";
const BANK: &str = "9144030071526726XG";
const RIGHT: &str = "patent:202011156730.2";

/// [`DevIdentity`] for calls that come through no socket.
#[derive(Debug)]
struct Local;

impl Identify for Local {
    fn identity(&self, peer: Peer<'_>) -> Result<AuthenticatedIdentity, Rejection> {
        DevIdentity.identity(Peer { address: Some(([127, 0, 0, 1], 1).into()), ..peer })
    }
}

pub(super) fn start() -> (Edge, WriterThreads) {
    let storage: Arc<dyn Storage> = Arc::new(MemoryDisk::default().open().unwrap());
    let loaded = load(storage.as_ref(), &mut |_| {}).unwrap();
    let clock = Clock::Manual(ManualClock::new(NOON));
    let (writer, reader, threads) = Writer::start(storage, clock.clone(), loaded).unwrap();
    (Edge::new(writer, reader, Arc::new(Local)).with_clock(clock), threads)
}

fn call<M>(who: &str, message: M) -> Request<M> {
    let mut request = Request::new(message);
    let mut words = who.split(' ');
    for key in [identity::ROLE_KEY, identity::PERSON_KEY, "party"] {
        let Some(word) = words.next() else { break };
        let value = word.parse().unwrap();
        let key = match (key, request.metadata().get(identity::ROLE_KEY).and_then(|role| role.to_str().ok())) {
            ("party", Some("enterprise")) => identity::ENTERPRISE_KEY,
            ("party", _) => identity::INSTITUTION_KEY,
            (key, _) => key,
        };
        request.metadata_mut().insert(key, value);
    }
    request
}

fn id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// Sends a write and returns its response; fields that are not named are left empty.
macro_rules! write {
    ($edge:expr, $who:expr, $rpc:ident, $request:ident { $($field:ident: $value:expr),* $(,)? }) => {{
        let request = v1::$request {
            request_id: id(),
            effective_date: DAY.to_owned(),
            $($field: $value.into(),)*
            ..Default::default()
        };
        $edge.$rpc(call($who, request)).await.unwrap().into_inner()
    }};
}

/// Sends a read and returns its response.
macro_rules! read {
    ($edge:expr, $who:expr, $rpc:ident, $request:ident { $($field:ident: $value:expr),* $(,)? }) => {
        $edge.$rpc(call($who, v1::$request { $($field: $value.into()),* })).await.map(tonic::Response::into_inner)
    };
}

fn said(decision: Option<v1::Decision>) -> String {
    let decision = decision.unwrap();
    let sentence = decision.sentence.clone().unwrap();
    let or_dash = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
    let (reason, granted) = (or_dash(&decision.reason), or_dash(&decision.granted));
    format!("{} {reason} {granted}\n  {}\n  {}", decision.outcome().as_str_name(), sentence.en, sentence.zh)
}

const OFFICER: &str = "officer li-na";
const FINANCE: &str = "finance zhao-min";
const BANKER: &str = "bank core icbc";
const OTHER_BANKER: &str = "bank core abc";

/// A rulebook, two banks, two companies, money, and a loan of one at the other: its id.
async fn world(edge: &Edge) -> String {
    register(edge).await;
    lend(edge).await
}

/// Rulebook, parties, a right and its pledge.
async fn register(edge: &Edge) {
    let text = include_str!("../../../rulebooks/hebi-2017.toml");
    write!(edge, OFFICER, adopt_rulebook, AdoptRulebookRequest { text: text.to_owned() });
    for (bank, code) in [("icbc", BANK), ("abc", "91371082775260043P")] {
        write!(
            edge,
            OFFICER,
            register_institution,
            RegisterInstitutionRequest {
                institution_id: bank,
                kind: v1::InstitutionKind::Bank,
                name: bank,
                uscc: code
            }
        );
    }
    for company in [BORROWER, OTHER] {
        write!(
            edge,
            OFFICER,
            register_enterprise,
            RegisterEnterpriseRequest {
                uscc: company,
                name: "鹤壁镁业",
                size_class: v1::SizeClass::Small,
                district: "410611"
            }
        );
    }
    write!(
        edge,
        OFFICER,
        register_ip_right,
        RegisterIpRightRequest {
            right: RIGHT,
            owner: BORROWER,
            title: "镁合金",
            granted_on: "2020-01-01",
            expires_on: "2040-01-01"
        }
    );
    write!(
        edge,
        BANKER,
        register_pledge,
        RegisterPledgeRequest {
            kind: v1::RightKind::Patent,
            registration_number: "Y1",
            pledgee_id: "icbc",
            pledgor: BORROWER,
            rights: vec![RIGHT.to_owned()],
            secured_amount: "5000000"
        }
    );
}

/// Money in budget and pool, and a loan of 5 000 000.00 that is out.
async fn lend(edge: &Edge) -> String {
    write!(
        edge,
        FINANCE,
        appropriate_budget,
        AppropriateBudgetRequest {
            budget_line_id: "ip-finance",
            year: 2025,
            amount: "1000000",
            document: "鹤财〔2025〕1号"
        }
    );
    write!(
        edge,
        FINANCE,
        contribute_to_pool,
        ContributeToPoolRequest { pool_id: "hebi-pool", funder_id: "city", amount: "10000000", reference: "T-1" }
    );
    let filed = write!(
        edge,
        BANKER,
        file_loan,
        FileLoanRequest {
            bank_id: "icbc",
            contract_number: "C-1",
            borrower: BORROWER,
            principal: "5000000",
            ip_part: "5000000",
            annual_rate: "0.0435",
            signed_on: "2025-03-01",
            matures_on: "2026-02-28",
            pool_id: "hebi-pool",
            pledges: vec![v1::PledgeKey { kind: v1::RightKind::Patent.into(), registration_number: "Y1".to_owned() }]
        }
    );
    write!(edge, BANKER, disburse_loan, DisburseLoanRequest { loan_id: filed.loan_id.clone(), amount: "5000000" });
    filed.loan_id
}

fn item(kind: v1::CostKind, cost: &str, number: &str) -> v1::CostItem {
    let invoice = v1::Invoice { number: number.to_owned(), total: cost.to_owned() };
    v1::CostItem {
        item: kind.into(),
        cost: cost.to_owned(),
        paid_on: DAY.to_owned(),
        evidence: Some(v1::cost_item::Evidence::Invoice(invoice)),
        ..Default::default()
    }
}

fn items() -> Vec<v1::CostItem> {
    vec![
        item(v1::CostKind::Valuation, "30000", "24442000000012345671"),
        item(v1::CostKind::Guarantee, "500000", "24442000000012345672"),
    ]
}

mod services;
