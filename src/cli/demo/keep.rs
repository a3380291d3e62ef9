//! `ipledger demo --keep`: after the year, the server and the pages stay, and five people are handed a login.

use std::ffi::OsString;
use std::path::Path;

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};
use tonic::Response;
use uuid::Uuid;

use super::city;
use super::client::Actor;
use super::paper::Paper;
use super::world::{self, QISHUI};
use crate::cli::child::{ActAs, ServerProcess};
use crate::config::PORTAL_DEFAULT;
use crate::evidence::SigningKey;
use crate::evidence::key::Algorithm;
use crate::proto::v1;
use crate::server::logins::CODE_MINUTES_MAX;
use crate::writer::clock::Clock;
use v1::budget_service_client::BudgetServiceClient;
use v1::identity_service_client::IdentityServiceClient;

/// Serves the folder with a key of its own and with pages until somebody presses Ctrl+C.
pub(super) async fn keep((data, city): (&Path, u64), paper: &mut Paper<'_>) -> anyhow::Result<()> {
    city::settle((data, city), paper).await?;
    let key = data.join("demo.key");
    if !key.exists() {
        SigningKey::generate("hebi.example/ip-pledge", Algorithm::Ed25519)?.write_new(&key)?;
        std::fs::write(data.join("demo.pub"), format!("{}\n", SigningKey::read(&key)?.public()))?;
    }
    let server = match start(data, &key, PORTAL_DEFAULT).await {
        Ok(server) => server,
        // Somebody else has the port: any other will do.
        Err(_) => start(data, &key, "127.0.0.1:0").await?,
    };
    budget_of_today(&server).await?;
    let pages = server.pages.clone().context("the server serves no pages")?;
    paper.heading("网页", "The pages")?;
    paper.verbatim(&format!(
        "{pages}\ngRPC {} --dev-identity\ndata {}\npublic key {}\n\n",
        server.address,
        data.display(),
        data.join("demo.pub").display()
    ))?;
    for (zh, en, actor, enterprise) in LOGINS {
        let code = code(&server, *actor, enterprise).await?;
        paper.verbatim(&format!("{code}   {zh} · {en}\n"))?;
    }
    // Before the text says so: who reads it may be a program, and quicker.
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    paper.verbatim(&format!(
        "\n每个登录码限用一次，24 小时内有效；再要一个：\nEach code is good once, for 24 hours; for another one:\n\n  \
         ipledger portal code --server {0} --role officer --person li-na --enterprise {QISHUI}\n  \
         ipledger portal code --server {0} --role officer --person li-na\n  \
         ipledger portal code --server {0} --role auditor --person sun-lei\n\n按 Ctrl+C 结束 · Ctrl+C ends it\n",
        server.address
    ))?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    // Ctrl+C may have reached the server too; then it is ending by itself.
    drop(server.stop().await);
    Ok(())
}

/// Who is handed a login, and the enterprise that an officer issues it for.
const LOGINS: &[(&str, &str, Actor, &str)] = &[
    ("企业：淇水镁业", "a company: Qishui Precision Magnesium", world::REVIEWER, QISHUI),
    ("主管部门审核岗：李娜", "an officer: li-na", world::REVIEWER, ""),
    ("主管部门受理岗：刘洋", "a second officer: liu-yang", world::COUNTER, ""),
    ("财政拨付岗：赵敏", "finance: zhao-min", world::FINANCE, ""),
    ("审计：孙磊", "the auditor: sun-lei", world::AUDITOR, ""),
];

/// Money for the year that it really is, so that trying out and applying come to something.
async fn budget_of_today(server: &ServerProcess) -> anyhow::Result<()> {
    let identity = ActAs::new(world::FINANCE.role, world::FINANCE.party, world::FINANCE.person)?;
    let mut service = BudgetServiceClient::with_interceptor(server.connect().await?, identity);
    let year = Clock::System.now().shanghai_date().year().value();
    let request = v1::AppropriateBudgetRequest {
        request_id: Uuid::new_v4().to_string(),
        budget_line_id: world::BUDGET.to_owned(),
        year: i32::from(year),
        amount: "500000".to_owned(),
        document: format!("鹤财预〔{year}〕1号"),
        ..Default::default()
    };
    service.appropriate_budget(request).await?;
    Ok(())
}

async fn start(data: &Path, key: &Path, portal: &str) -> anyhow::Result<ServerProcess> {
    let program = std::env::current_exe().context("finding this program")?;
    let flags = [OsString::from("--key"), key.into(), "--portal".into(), portal.into()];
    ServerProcess::start_with(&program, data, flags).await
}

async fn code(server: &ServerProcess, actor: Actor, enterprise: &str) -> anyhow::Result<String> {
    let identity = ActAs::new(actor.role, actor.party, actor.person)?;
    let mut service = IdentityServiceClient::with_interceptor(server.connect().await?, identity);
    let request = v1::IssueLoginCodeRequest { enterprise: enterprise.to_owned(), minutes: CODE_MINUTES_MAX };
    Ok(service.issue_login_code(request).await.map(Response::into_inner)?.code)
}
