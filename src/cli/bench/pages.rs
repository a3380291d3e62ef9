//! `ipledger bench pages`: how long the ledger takes to answer a page, with a nation in it.
//!
//! A generated nation is imported into a new server. Then four people log in, as a browser would: a company, an officer,
//! finance, an auditor. From each one's first page every link is followed, one address of each shape
//! (`/bureau/applications/#`), and each address is asked for some times over one connection, one after the other. The
//! time is from the last byte of the request to the last byte of the page, on the same machine.
//!
//! Whoever may run reports also presses the button of some: what counts for the limit is the answer to the press, which
//! is the report or says that it is being made; how long it takes until the report stands is printed beside.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ffi::OsString;
use std::fs::File;
use std::io::Write;
use std::time::Duration;

use anyhow::Context as _;
use comfy_table::{Table, presets};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Method, Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::cli::child::{ActAs, ServerProcess};
use crate::cli::client::Client;
use crate::cli::{generate, import};
use crate::evidence::SigningKey;
use crate::evidence::key::Algorithm;
use crate::proto::v1;
use crate::proto::v1::identity_service_client::IdentityServiceClient;
use crate::proto::v1::ledger_service_client::LedgerServiceClient;
use crate::proto::v1::subsidy_service_client::SubsidyServiceClient;

/// Entries that come of one generated enterprise, about.
const ENTRIES_OF_AN_ENTERPRISE: u64 = 12;

/// How long a page may take at the server.
const LIMIT: Duration = Duration::from_millis(100);

/// The most addresses that are asked of one visitor: a page that links to everything must not make this endless.
const ADDRESSES_MAX: usize = 60;

/// The reports whose button is pressed: one that only adds up, and one with a row for each application.
const REPORTS: [&str; 2] = ["yearly", "subsidies"];

/// How long a report may take to be made before this gives up.
const MADE_WITHIN: Duration = Duration::from_mins(10);

/// What a page took.
struct Taken {
    status: StatusCode,
    bytes: usize,
    times: Vec<Duration>,
}

/// Imports, logs in, follows the links; false if a page took longer than [`LIMIT`] at the median, or was none.
pub(super) async fn run(entries: u64, rounds: usize, out: &mut dyn Write) -> anyhow::Result<bool> {
    let folder = TempDir::new()?;
    let file = folder.path().join("nation.ndjson");
    let enterprises = entries.div_euclid(ENTRIES_OF_AN_ENTERPRISE).max(1);
    generate::run(generate::Arguments::of(1, enterprises), &mut File::create(&file)?)?;
    let key = folder.path().join("bench.key");
    SigningKey::generate("bench.example/pages", Algorithm::Ed25519)?.write_new(&key)?;
    let mut flags = ["--limit-requests", "0", "--portal", "127.0.0.1:0", "--key"].map(OsString::from).to_vec();
    flags.push(key.into());
    let server = ServerProcess::start_with(&std::env::current_exe()?, &folder.path().join("data"), flags).await?;
    import::quietly(&file, Client::of_development(&server.address)).await?;
    let pages = server.pages.clone().context("the server serves no pages")?;
    let host = pages.strip_prefix("http://").context("the pages are not served in plain text")?;

    let mut ledger =
        LedgerServiceClient::with_interceptor(server.connect().await?, ActAs::new("auditor", "", "bench")?);
    let recorded = ledger.ping(v1::PingRequest::default()).await?.into_inner().last_sequence;
    writeln!(out, "pages of a ledger of {recorded} entries ({enterprises} enterprises), {rounds} times each\n")?;
    let company = borrower(&server).await?;
    let mut is_fast = true;
    let visitors = [("enterprise", company.as_str()), ("officer", ""), ("finance", ""), ("auditor", "")];
    for (role, enterprise) in visitors {
        let code = code(&server, role, enterprise).await?;
        let mut browser = Browser::open(host).await?;
        let first = browser.log_in(&code).await?;
        let mut measured = browser.follow(&first, rounds).await?;
        let mut made = Vec::new();
        if enterprise.is_empty() {
            for name in REPORTS {
                let (pressed, until) = browser.press(name).await?;
                measured.insert(format!("POST /bureau/reports/{name}"), pressed);
                made.push(format!("{name}: {} ms until it stood", tenths(until)));
            }
        }
        is_fast &= print(role, &measured, out)?;
        if !made.is_empty() {
            writeln!(out, "{}\n", made.join("; "))?;
        }
    }
    server.stop().await?;
    Ok(is_fast)
}

/// A company that applied for something.
async fn borrower(server: &ServerProcess) -> anyhow::Result<String> {
    let mut service =
        SubsidyServiceClient::with_interceptor(server.connect().await?, ActAs::new("auditor", "", "bench")?);
    let request = v1::ListApplicationsRequest { page_size: 1, ..Default::default() };
    let applications = service.list_applications(request).await?.into_inner().applications;
    Ok(applications.first().context("nobody applied")?.enterprise.clone())
}

/// A login code: an officer's for a company, everybody's own otherwise.
async fn code(server: &ServerProcess, role: &str, enterprise: &str) -> anyhow::Result<String> {
    let role = if enterprise.is_empty() { role } else { "officer" };
    let act_as = ActAs::new(role, "", &format!("bench.{role}"))?;
    let mut service = IdentityServiceClient::with_interceptor(server.connect().await?, act_as);
    let request = v1::IssueLoginCodeRequest { enterprise: enterprise.to_owned(), minutes: 60 };
    Ok(service.issue_login_code(request).await?.into_inner().code)
}

/// Prints the table of one visitor; whether every page came, and came in time.
fn print(role: &str, measured: &BTreeMap<String, Taken>, out: &mut dyn Write) -> anyhow::Result<bool> {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_header([role, "status", "median, ms", "slowest, ms", "KiB"]);
    let mut is_fast = true;
    for (shape, Taken { status, bytes, times }) in measured {
        let mut sorted = times.clone();
        sorted.sort_unstable();
        let median = sorted.get(sorted.len().div_euclid(2)).copied().unwrap_or_default();
        let slowest = sorted.last().copied().unwrap_or_default();
        is_fast &= median <= LIMIT && (status.is_success() || status.is_redirection());
        table.add_row([
            shape.clone(),
            status.as_u16().to_string(),
            tenths(median),
            tenths(slowest),
            (bytes >> 10).to_string(),
        ]);
    }
    writeln!(out, "{table}")?;
    Ok(is_fast)
}

/// Milliseconds with one decimal.
fn tenths(time: Duration) -> String {
    let tenths = time.as_micros().div_euclid(100);
    format!("{}.{}", tenths.div_euclid(10), tenths.rem_euclid(10))
}

/// As much of a browser as logging in takes.
struct Browser {
    host: String,
    connection: SendRequest<Full<Bytes>>,
    cookies: BTreeMap<String, String>,
}

/// What a request was answered with.
struct Answer {
    status: StatusCode,
    location: String,
    body: String,
    took: Duration,
}

impl Browser {
    async fn open(host: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(host).await?;
        stream.set_nodelay(true)?;
        let (connection, driver) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(driver);
        Ok(Self { host: host.to_owned(), connection, cookies: BTreeMap::new() })
    }

    /// Logs in and gives the address that one is sent to.
    async fn log_in(&mut self, code: &str) -> anyhow::Result<String> {
        let form = self.ask(Method::GET, "/login", String::new()).await?.body;
        let token = between(&form, "name=\"csrf\" value=\"", "\"").context("the login page has no form")?;
        let sent = self.ask(Method::POST, "/login", format!("csrf={token}&next=&code={code}")).await?;
        anyhow::ensure!(sent.status == StatusCode::SEE_OTHER, "the login was answered {}", sent.status);
        Ok(sent.location)
    }

    /// Asks for the address and all that it leads to, one of each shape.
    async fn follow(&mut self, first: &str, rounds: usize) -> anyhow::Result<BTreeMap<String, Taken>> {
        let (mut known, mut next) = (BTreeSet::from([shape(first)]), VecDeque::from([first.to_owned()]));
        let mut measured = BTreeMap::new();
        while let Some(address) = next.pop_front().filter(|_| measured.len() < ADDRESSES_MAX) {
            let answer = self.ask(Method::GET, &address, String::new()).await?;
            let mut times = Vec::new();
            for _ in 0..rounds {
                times.push(self.ask(Method::GET, &address, String::new()).await?.took);
            }
            for link in links(&answer.body) {
                if known.insert(shape(&link)) {
                    next.push_back(link);
                }
            }
            let taken = Taken { status: answer.status, bytes: answer.body.len(), times };
            measured.insert(shape(&address), taken);
        }
        Ok(measured)
    }

    /// Presses the button of a report: what the answer took, and how long it was until the report stood. A second visitor
    /// finds it made.
    async fn press(&mut self, name: &str) -> anyhow::Result<(Taken, Duration)> {
        let address = format!("/bureau/reports/{name}");
        let form = self.ask(Method::GET, &address, String::new()).await?.body;
        let token = between(&form, "name=\"csrf\" value=\"", "\"").context("the report has no form")?.to_owned();
        let begin = Instant::now();
        let mut answer = self.ask(Method::POST, &address, format!("csrf={token}")).await?;
        let (times, bytes) = (vec![answer.took], answer.body.len());
        let pressed = Taken { status: answer.status, bytes, times };
        while let Some(again) = between(&answer.body, "http-equiv=\"refresh\" content=\"2;url=", "\"") {
            anyhow::ensure!(begin.elapsed() < MADE_WITHIN, "the report `{name}` is not made within {MADE_WITHIN:?}");
            let again = again.replace("&amp;", "&").replace("&#38;", "&");
            tokio::time::sleep(Duration::from_millis(50)).await;
            answer = self.ask(Method::GET, &again, String::new()).await?;
        }
        anyhow::ensure!(answer.status == StatusCode::OK, "the report `{name}` was answered {}", answer.status);
        Ok((pressed, begin.elapsed()))
    }

    async fn ask(&mut self, method: Method, path: &str, form: String) -> anyhow::Result<Answer> {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::builder().method(method).uri(path).header(header::HOST, &self.host);
        let request = request.header(header::COOKIE, cookies.join("; "));
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let request = request.body(Full::new(Bytes::from(form)))?;
        self.connection.ready().await.context("the connection to the pages was closed")?;
        let begin = Instant::now();
        let (parts, body) = self.connection.send_request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        let took = begin.elapsed();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            let pair = cookie.to_str()?.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let location = parts.headers.get(header::LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let body = String::from_utf8_lossy(&body).into_owned();
        Ok(Answer { status: parts.status, location: location.to_owned(), body, took })
    }
}

/// The addresses of this ledger that a page links to, but for its files.
fn links(page: &str) -> Vec<String> {
    let addresses = page.split("<a ").skip(1).filter_map(|rest| between(rest, "href=\"", "\""));
    let ours = addresses.filter(|address| address.starts_with('/') && !address.starts_with("//"));
    // The other language is the same work.
    let ours = ours.filter(|address| !address.contains("lang="));
    ours.map(|address| address.replace("&amp;", "&").replace("&#38;", "&")).collect()
}

/// An address with its numbers and the values of its query left out.
fn shape(address: &str) -> String {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let mut shape = String::new();
    for letter in path.chars() {
        let letter = if letter.is_ascii_digit() { '#' } else { letter };
        if !(letter == '#' && shape.ends_with('#')) {
            shape.push(letter);
        }
    }
    let names: BTreeSet<&str> = query.split('&').filter_map(|pair| pair.split('=').next()).collect();
    for name in names.into_iter().filter(|name| !name.is_empty()) {
        shape.push_str(" ?");
        shape.push_str(name);
    }
    shape
}

/// What stands between two texts, the first time.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_one_shape_are_one() {
        let page = r#"<a href="/my">x</a><a class="b" href="/my/applications/application-57">y</a><a href="/my?year=2025&amp;a=1">z</a>
            <a href="//elsewhere.example/">no</a><a href="https://elsewhere.example/">no</a><link href="/style.css">"#;
        assert_eq!(links(page), ["/my", "/my/applications/application-57", "/my?year=2025&a=1"]);
        assert_eq!(shape("/my/applications/application-57"), shape("/my/applications/application-1234"));
        assert_eq!(shape("/my?year=2025&a=1"), "/my ?a ?year");
        assert_ne!(shape("/my?year=2025"), shape("/my"));
    }
}
