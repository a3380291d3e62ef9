//! Who is let in: real certificates, real handshakes, the real program.
//!
//! Method: a city makes its own CA in a folder, a server is started with it as a process whose log is a file, and clients
//! call `WhoAmI`, which needs an identity and nothing else. What a refused client sees and what the operator reads in the
//! log are both checked.

mod commands;
mod handshake;
mod pages;
mod reload;
mod start;
mod token;

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use ipledger::book::identity_name::IdentityName;
use ipledger::calendar::Timestamp;
use ipledger::pki::authority::Order;
use ipledger::pki::{Authority, Issued, Key};
use ipledger::proto::v1;
use ipledger::proto::v1::identity_service_client::IdentityServiceClient;
use ipledger::writer::clock::Clock;
use rcgen::{CertificateParams, Issuer, KeyPair};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};
use tonic::Status;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic_types::StatusExt as _;

use crate::api::program;

const DAY_MICROS: i64 = 86_400_000_000;

/// How long anything here may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A city with its own CA and a server certificate for `localhost` and `127.0.0.1`.
struct City {
    folder: TempDir,
    authority: Authority,
    server: Issued,
}

/// A certificate with its private key, PEM.
#[derive(Clone)]
struct Pair {
    certificate: String,
    key: String,
}

fn now() -> Timestamp {
    Clock::System.now()
}

fn days_ago(days: i64) -> Timestamp {
    Timestamp::from_micros(now().micros() - days * DAY_MICROS)
}

impl City {
    fn new() -> Self {
        Self::named("鹤壁测试 CA")
    }

    fn named(name: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let mut authority = Authority::init(&folder.path().join("pki"), name, now()).unwrap();
        let hosts = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let server = authority.issue_server(&hosts, order(now())).unwrap();
        Self { folder, authority, server }
    }

    /// A file of the city's folder.
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A client certificate of 30 days that was issued at some time.
    fn issued(&mut self, name: &str, at: Timestamp) -> Issued {
        self.authority.issue_client(&IdentityName::parse(name).unwrap(), order(at)).unwrap()
    }

    /// One that is issued now.
    fn client(&mut self, name: &str) -> Pair {
        Pair::of(&self.issued(name, now()))
    }

    /// A certificate by the city's CA that says what the test wants it to say.
    fn forged(&self, params: &CertificateParams) -> Pair {
        let ca_key = KeyPair::from_pem(&fs::read_to_string(self.path("pki/ca.key")).unwrap()).unwrap();
        let issuer = Issuer::from_ca_cert_pem(&self.ca(), ca_key).unwrap();
        let key = KeyPair::generate().unwrap();
        Pair { certificate: params.signed_by(&key, &issuer).unwrap().pem(), key: key.serialize_pem() }
    }

    /// The CA's certificate, PEM.
    fn ca(&self) -> String {
        fs::read_to_string(self.authority.certificate_path()).unwrap()
    }

    /// The flags of a server with certificates. Its files are copies in the folder `live`, as an operator would have them.
    fn flags(&self) -> Vec<String> {
        fs::create_dir_all(self.path("live")).unwrap();
        self.publish_certificate(&self.server);
        self.publish_list();
        fs::copy(self.authority.certificate_path(), self.path("live/ca.crt")).unwrap();
        let file = |name: &str| self.path(name).display().to_string();
        [
            ("--tls-cert", file("live/server.crt")),
            ("--tls-key", file("live/server.key")),
            ("--client-ca", file("live/ca.crt")),
            ("--crl", file("live/ca.crl")),
        ]
        .into_iter()
        .flat_map(|(flag, value)| [flag.to_owned(), value])
        .collect()
    }

    fn publish_certificate(&self, server: &Issued) {
        fs::copy(&server.certificate, self.path("live/server.crt")).unwrap();
        fs::copy(key_of(server), self.path("live/server.key")).unwrap();
    }

    fn publish_list(&self) {
        fs::copy(self.authority.list_path(), self.path("live/ca.crl")).unwrap();
    }

    /// A server with these certificates.
    fn serve(&self) -> Server {
        Server::start(&self.path("data"), &self.path("log"), &self.flags())
    }

    /// A connection as this client; without one, as nobody. Made when it is first used.
    fn connect(&self, server: &Server, client: Option<&Pair>) -> Channel {
        let mut tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(self.ca())).domain_name("localhost");
        if let Some(Pair { certificate, key }) = client {
            tls = tls.identity(Identity::from_pem(certificate, key));
        }
        let endpoint = Endpoint::from_shared(format!("https://{}", server.address)).unwrap();
        endpoint.timeout(PATIENCE).tls_config(tls).unwrap().connect_lazy()
    }
}

fn order(now: Timestamp) -> Order<'static> {
    Order { request: None, days: 30, now }
}

fn key_of(issued: &Issued) -> &Path {
    match &issued.key {
        Key::Made(path) => path,
        Key::Kept => panic!("no key was made"),
    }
}

impl Pair {
    fn of(issued: &Issued) -> Self {
        Self {
            certificate: fs::read_to_string(&issued.certificate).unwrap(),
            key: fs::read_to_string(key_of(issued)).unwrap(),
        }
    }
}

/// A running server; killed when dropped.
struct Server {
    child: Child,
    address: String,
    log: PathBuf,
    /// Held open: a server that cannot write to its standard output would stop.
    _stdout: BufReader<ChildStdout>,
}

impl Server {
    fn start(data: &Path, log: &Path, flags: &[String]) -> Self {
        let mut command = Command::new(program());
        command.arg("serve").arg("--data").arg(data).args(["--listen", "127.0.0.1:0"]).args(flags);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(File::create(log).unwrap());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ");
        let address = address.unwrap_or_else(|| panic!("not started: {}", fs::read_to_string(log).unwrap()));
        Self { child, address: address.to_owned(), log: log.to_owned(), _stdout: stdout }
    }

    fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// Waits until the log says this.
    async fn says(&self, text: &str) {
        self.says_after(0, text).await;
    }

    /// Waits until the log says this, after so many bytes of it.
    async fn says_after(&self, before: usize, text: &str) {
        let start = Instant::now();
        while !self.log()[before..].contains(text) {
            assert!(start.elapsed() < PATIENCE, "the log does not say `{text}`:\n{}", self.log());
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Sends SIGHUP and waits until the log says this.
    async fn reload(&self, text: &str) {
        let before = self.log().len();
        let told = Command::new("kill").arg("-HUP").arg(self.child.id().to_string()).status().unwrap();
        assert!(told.success());
        self.says_after(before, text).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

async fn who_am_i(channel: &Channel) -> Result<v1::WhoAmIResponse, Status> {
    let mut client = IdentityServiceClient::new(channel.clone());
    Ok(client.who_am_i(v1::WhoAmIRequest {}).await?.into_inner())
}

/// `UNAUTHENTICATED` with its reason in the rich error, and the problem.
fn unauthenticated(status: &Status) -> String {
    assert_eq!(status.code(), tonic::Code::Unauthenticated, "{status:?}");
    let details = status.get_error_details();
    let info = details.error_info().unwrap();
    assert_eq!((info.reason.as_str(), info.domain.as_str()), ("UNAUTHENTICATED", "ipledger"));
    assert!(!details.localized_message().unwrap().message.is_empty());
    info.metadata["problem"].clone()
}
