//! The pages as a browser meets them: a ledger in memory with two companies, asked over HTTP by a small browser that keeps
//! cookies, follows nothing and runs no script.

mod boards;
mod desk;
mod desk_batch;
mod desk_choices;
mod desk_scope;
mod forms;
mod journey;
mod reports;
mod scope;
mod sessions;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use ipledger::access_log::AccessLog;
use ipledger::calendar::Timestamp;
use ipledger::config::{LimitsConfig, PortalConfig};
use ipledger::evidence::key::Algorithm;
use ipledger::evidence::{Keeper, SigningKey};
use ipledger::portal::secret::Secret;
use ipledger::portal::session::{Audience, Session};
use ipledger::portal::{Parts, Portal};
use ipledger::proto::v1;
use ipledger::reader::load;
use ipledger::server::authenticate::PortalLogin;
use ipledger::server::guard::Watch;
use ipledger::server::guard::seal::Seal;
use ipledger::server::inside::{Inside, ask};
use ipledger::server::logins::Visitor;
use ipledger::server::{DevIdentity, Edge};
use ipledger::storage::Storage;
use ipledger::storage::memory::MemoryDisk;
use ipledger::writer::clock::{Clock, ManualClock};
use ipledger::writer::{Writer, WriterThreads};
use tempfile::TempDir;
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::fixture::uscc;

/// Noon of 1 March 2026 in Shanghai.
const NOON: i64 = 1_772_337_600_000_000;
const DAY: &str = "2025-03-03";

/// Two companies with a loan, interest and an application each, and the pages before them.
pub(crate) struct World {
    pub(crate) portal: Portal,
    pub(crate) edge: Edge,
    pub(crate) clock: ManualClock,
    /// The companies' credit codes.
    pub(crate) companies: [String; 2],
    /// Their loans.
    pub(crate) loans: [String; 2],
    /// Their applications, approved and paid.
    pub(crate) applications: [String; 2],
    _threads: WriterThreads,
    /// Where the access log is.
    pub(crate) folder: TempDir,
}

fn by(name: &str) -> Visitor {
    // A ledger that knows no principal takes names at their word, as those of a client CA.
    Visitor::named(format!("ipledger:{name}"), PortalLogin::IdentityProvider)
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::under(include_str!("../../../rulebooks/hebi-2017.toml")).await
    }

    /// The same under another rulebook.
    pub(crate) async fn under(rulebook: &str) -> Self {
        Self::with(rulebook, Arc::new(MemoryDisk::default().open().unwrap()), true).await
    }

    /// The same under another rulebook, where nobody applied for anything yet.
    pub(crate) async fn empty(rulebook: &str) -> Self {
        Self::with(rulebook, Arc::new(MemoryDisk::default().open().unwrap()), false).await
    }

    /// The same on this store.
    pub(crate) async fn on(storage: Arc<dyn Storage>) -> Self {
        Self::with(include_str!("../../../rulebooks/hebi-2017.toml"), storage, true).await
    }

    async fn with(rulebook: &str, storage: Arc<dyn Storage>, pays: bool) -> Self {
        let loaded = load(storage.as_ref(), &mut |_| {}).unwrap();
        let clock = ManualClock::new(Timestamp::from_micros(NOON));
        let (writer, reader, threads) = Writer::start(storage, Clock::Manual(clock.clone()), loaded).unwrap();
        let folder = TempDir::new().unwrap();
        let key = SigningKey::of_seed("hebi.example/test", Algorithm::Ed25519, [7; 32]).unwrap();
        let keeper = Keeper::open(folder.path(), key, Vec::new(), reader.clone()).unwrap();
        let edge = Edge::new(writer, reader, Arc::new(DevIdentity));
        let watch = Watch::new(LimitsConfig::NONE, Some(AccessLog::open(folder.path()).unwrap()), Seal::new());
        let edge = edge.with_clock(Clock::Manual(clock.clone())).with_keeper(keeper).with_watch(watch);
        let config = PortalConfig {
            listen: "127.0.0.1:0".parse().unwrap(),
            url: None,
            behind_proxy: false,
            idle: Duration::from_mins(30),
            lifetime: Duration::from_hours(8),
            provider: None,
        };
        let url = "https://ledger.hebi.example".to_owned();
        let secret = Secret::of(&[9; 32]);
        let portal = Portal::new(edge.clone(), Parts { config, url, secure: true, secret, provider: None });
        let mut world = Self {
            portal,
            edge,
            clock,
            companies: [uscc(1), uscc(2)],
            loans: Default::default(),
            applications: Default::default(),
            _threads: threads,
            folder,
        };
        world.open_books(rulebook).await;
        for index in 0..2 {
            world.lend(index).await;
            if pays {
                world.applications[index] = world.apply_and_pay(index).await;
            }
        }
        world
    }

    /// A request of the API, in process.
    pub(crate) async fn ask<M: Inside>(&self, who: &str, message: M) -> M::Answer {
        ask(&self.edge, &by(who), message).await.unwrap()
    }

    async fn open_books(&self, text: &str) {
        let text = text.to_owned();
        let adopt =
            v1::AdoptRulebookRequest { request_id: id(), effective_date: DAY.into(), text, ..Default::default() };
        self.ask("operator:op", adopt).await;
        let bank = v1::RegisterInstitutionRequest {
            request_id: id(),
            effective_date: DAY.into(),
            institution_id: "icbc".into(),
            kind: v1::InstitutionKind::Bank.into(),
            name: "工商银行鹤壁分行".into(),
            uscc: uscc(100),
            ..Default::default()
        };
        self.ask("officer:li.na", bank).await;
        for year in [2025, 2026] {
            let budget = v1::AppropriateBudgetRequest {
                request_id: id(),
                effective_date: DAY.into(),
                budget_line_id: "ip-finance".into(),
                year,
                amount: "1000000.00".into(),
                document: format!("鹤财〔{year}〕1号"),
                ..Default::default()
            };
            self.ask("finance:zhao.min", budget).await;
        }
    }

    /// Registers, pledges, lends and reports interest.
    async fn lend(&mut self, index: usize) {
        let company = self.companies[index].clone();
        let name = ["鹤壁淇水精密镁业有限公司", "浚县黎阳农业机械有限公司"][index];
        let register = v1::RegisterEnterpriseRequest {
            request_id: id(),
            effective_date: DAY.into(),
            uscc: company.clone(),
            name: name.into(),
            size_class: v1::SizeClass::Small.into(),
            district: "qibin".into(),
            ..Default::default()
        };
        self.ask("officer:li.na", register).await;
        let right = format!("trademark:{}/9", 20_000_001 + index);
        let owned = v1::RegisterIpRightRequest {
            request_id: id(),
            effective_date: DAY.into(),
            right: right.clone(),
            owner: company.clone(),
            title: "鹤鸣".into(),
            granted_on: "2020-01-01".into(),
            expires_on: "2030-01-01".into(),
            ..Default::default()
        };
        self.ask("officer:li.na", owned).await;
        let number = format!("Y{index}");
        let kind = v1::RightKind::Trademark.into();
        let pledge = v1::RegisterPledgeRequest {
            request_id: id(),
            effective_date: DAY.into(),
            kind,
            registration_number: number.clone(),
            pledgee_id: "icbc".into(),
            pledgor: company.clone(),
            rights: vec![right],
            secured_amount: "5000000.00".into(),
            ..Default::default()
        };
        self.ask("bank:icbc", pledge).await;
        let file = v1::FileLoanRequest {
            request_id: id(),
            effective_date: DAY.into(),
            bank_id: "icbc".into(),
            contract_number: format!("C-{index}"),
            borrower: company.clone(),
            principal: "5000000.00".into(),
            ip_part: "5000000.00".into(),
            annual_rate: "0.0435".into(),
            signed_on: DAY.into(),
            matures_on: "2026-09-02".into(),
            pledges: vec![v1::PledgeKey { kind, registration_number: number }],
            ..Default::default()
        };
        let loan_id = self.ask("bank:icbc", file).await.loan_id;
        self.loans[index].clone_from(&loan_id);
        let disburse = v1::DisburseLoanRequest {
            request_id: id(),
            effective_date: DAY.into(),
            loan_id: loan_id.clone(),
            amount: "5000000.00".into(),
            ..Default::default()
        };
        self.ask("bank:icbc", disburse).await;
        for (day, reference) in [("2025-06-20", "I1"), ("2025-09-20", "I2")] {
            let interest = v1::RecordInterestPaymentRequest {
                request_id: id(),
                effective_date: day.into(),
                loan_id: loan_id.clone(),
                amount: "80000.00".into(),
                period_from: DAY.into(),
                period_to: day.into(),
                reference: format!("{reference}-{index}"),
                ..Default::default()
            };
            self.ask("bank:icbc", interest).await;
        }
    }

    /// An application for half of 60,000.01 of valuation, paid.
    async fn apply_and_pay(&self, index: usize) -> String {
        let company = self.companies[index].clone();
        let invoice = v1::Invoice { number: format!("{:020}", 900 + index), total: "60000.01".into() };
        let apply = v1::ApplySubsidyRequest {
            request_id: id(),
            effective_date: "2025-06-23".into(),
            enterprise: company.clone(),
            programme_id: "pledge-cost".into(),
            loan_id: self.loans[index].clone(),
            items: vec![v1::CostItem {
                item: v1::CostKind::Valuation.into(),
                cost: "60000.01".into(),
                paid_on: "2025-05-01".into(),
                evidence: Some(v1::cost_item::Evidence::Invoice(invoice)),
                ..Default::default()
            }],
            ..Default::default()
        };
        let application_id = self.ask(&format!("enterprise:{company}"), apply).await.application_id;
        let (request_id, effective_date) = (id(), "2025-06-24".to_owned());
        let approve = v1::ApproveSubsidyRequest {
            request_id,
            effective_date: effective_date.clone(),
            application_id: application_id.clone(),
            ..Default::default()
        };
        self.ask("officer:li.na", approve).await;
        let pay = v1::PaySubsidyRequest {
            request_id: id(),
            effective_date,
            application_id: application_id.clone(),
            reference: format!("BF-{index}"),
            ..Default::default()
        };
        self.ask("finance:zhao.min", pay).await;
        application_id
    }

    /// A login code for a company.
    pub(crate) async fn code(&self, company: &str) -> String {
        let request = v1::IssueLoginCodeRequest { enterprise: company.to_owned(), minutes: 60 };
        self.ask("officer:li.na", request).await.code
    }

    /// A browser that is not logged in.
    pub(crate) fn browser(&self) -> Browser {
        Browser { portal: self.portal.clone(), cookies: BTreeMap::new() }
    }

    /// A browser of a company that is logged in.
    pub(crate) async fn logged_in(&self, index: usize) -> Browser {
        let mut browser = self.browser();
        let code = self.code(&self.companies[index]).await;
        let form = browser.get("/login").await;
        let answer = browser.post("/login", &[("csrf", &form.token()), ("code", &code)]).await;
        assert_eq!((answer.status, answer.location().as_str()), (StatusCode::SEE_OTHER, "/my"));
        browser
    }

    /// A browser of somebody of the bureau who is logged in.
    pub(crate) fn clerk(&self, role: &str, person: &str) -> Browser {
        let visitor = by(&format!("{role}:{person}"));
        let mut session = Session::new(visitor, Audience::Bureau, self.portal.now());
        (session.role, session.name) = (role.to_owned(), person.to_owned());
        let cookie = self.portal.sessions().open(session).unwrap();
        let mut browser = self.browser();
        browser.cookies.insert("__Host-ipledger".to_owned(), cookie);
        browser
    }

    /// An application for half of a valuation fee, submitted on 2 February 2026 by whoever it is.
    pub(crate) async fn submit(&self, index: usize, who: &str, invoice: usize, cost: &str) -> String {
        let number = format!("{:020}", 7_000 + invoice);
        let invoice = v1::Invoice { number, total: cost.to_owned() };
        let apply = v1::ApplySubsidyRequest {
            request_id: id(),
            effective_date: "2026-02-02".into(),
            enterprise: self.companies[index].clone(),
            programme_id: "pledge-cost".into(),
            loan_id: self.loans[index].clone(),
            items: vec![v1::CostItem {
                item: v1::CostKind::Valuation.into(),
                cost: cost.to_owned(),
                paid_on: "2026-01-15".into(),
                evidence: Some(v1::cost_item::Evidence::Invoice(invoice)),
                ..Default::default()
            }],
            ..Default::default()
        };
        self.ask(who, apply).await.application_id
    }

    /// The same by the company itself.
    pub(crate) async fn apply(&self, index: usize, invoice: usize, cost: &str) -> String {
        self.submit(index, &format!("enterprise:{}", self.companies[index]), invoice, cost).await
    }

    /// The last entry's sequence.
    pub(crate) async fn last(&self) -> u64 {
        self.ask("auditor:sun", v1::PingRequest::default()).await.last_sequence
    }

    /// Lets time pass.
    pub(crate) fn wait(&self, minutes: i64) {
        self.clock.set(Timestamp::from_micros(self.portal.now().micros() + minutes * 60_000_000));
    }
}

pub(crate) fn id() -> String {
    Uuid::new_v4().to_string()
}

/// A browser: keeps cookies, follows nothing.
pub(crate) struct Browser {
    portal: Portal,
    pub(crate) cookies: BTreeMap<String, String>,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Browser {
    pub(crate) async fn get(&mut self, address: &str) -> Answer {
        self.send(Request::get(address), Body::empty()).await
    }

    pub(crate) async fn post(&mut self, address: &str, pairs: &[(&str, &str)]) -> Answer {
        let kind = "application/x-www-form-urlencoded";
        let text: Vec<String> =
            pairs.iter().map(|(key, value)| format!("{}={}", escaped(key), escaped(value))).collect();
        let request = Request::post(address).header(header::CONTENT_TYPE, kind);
        self.send(request, Body::from(text.join("&"))).await
    }

    /// Follows a page that asks again by itself until it has what it waits for.
    pub(crate) async fn settled(&mut self, mut answer: Answer) -> Answer {
        for _ in 0..400 {
            let Some((_, rest)) = answer.body.split_once("<meta http-equiv=\"refresh\" content=\"2;url=") else {
                return answer;
            };
            let address = rest.split('"').next().unwrap().replace("&amp;", "&").replace("&#38;", "&");
            tokio::time::sleep(Duration::from_millis(50)).await;
            answer = self.get(&address).await;
        }
        panic!("it is never made\n{}", answer.body);
    }

    /// A page, as soon as it has what it waits for.
    pub(crate) async fn made(&mut self, address: &str) -> Answer {
        let answer = self.get(address).await;
        self.settled(answer).await
    }

    pub(crate) async fn send(&mut self, request: axum::http::request::Builder, body: Body) -> Answer {
        let sent: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = request.header(header::COOKIE, sent.join("; ")).header(header::HOST, "ledger.hebi.example");
        let answer = self.portal.router().oneshot(request.body(body).unwrap()).await.unwrap();
        let (parts, body) = answer.into_parts();
        for set in parts.headers.get_all(header::SET_COOKIE) {
            let (pair, rest) = set.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, body: String::from_utf8_lossy(&body).into_owned() }
    }
}

impl Answer {
    /// Where it sends the browser.
    pub(crate) fn location(&self) -> String {
        self.headers.get("location").map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    /// The value of a hidden field.
    pub(crate) fn hidden(&self, name: &str) -> String {
        let mark = format!("name=\"{name}\" value=\"");
        let at = self.body.find(&mark).unwrap_or_else(|| panic!("no `{name}` in\n{}", self.body)) + mark.len();
        self.body[at..].split('"').next().unwrap().to_owned()
    }

    /// The token of its forms.
    pub(crate) fn token(&self) -> String {
        self.hidden("csrf")
    }

    /// Everything of the body has to be there.
    #[track_caller]
    pub(crate) fn shows(&self, texts: &[&str]) {
        for text in texts {
            assert!(self.body.contains(text), "`{text}` is missing in\n{}", self.body);
        }
    }
}

fn escaped(text: &str) -> String {
    ipledger::portal::problem::escaped(text).replace('/', "%2F")
}
