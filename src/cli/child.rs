//! A server as a child process: for the demo, the benchmark and the tests, which want the real program with a real
//! process's death.

use std::ffi::OsString;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

use crate::server::identity::{ENTERPRISE_KEY, INSTITUTION_KEY, PERSON_KEY, ROLE_KEY};

/// How long a server may take from its start to its first answer: replay of a large journal included.
const START_LIMIT: Duration = Duration::from_mins(1);

/// How long a server may take to finish what was begun.
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// How long after a failed call a server is watched for its end.
const DEATH_LIMIT: Duration = Duration::from_millis(500);

/// A running server; killed when dropped.
#[derive(Debug)]
pub struct ServerProcess {
    child: Child,
    /// The first 16 KiB of its log; ends with the process.
    log: JoinHandle<String>,
    /// Held open: a server that cannot write to its standard output would stop.
    _stdout: BufReader<ChildStdout>,
    /// Where it listens, `127.0.0.1:PORT`.
    pub address: String,
    /// Where its pages are, if it serves some.
    pub pages: Option<String>,
}

impl ServerProcess {
    /// Starts `program serve` on a data folder and a free loopback port, and waits until it listens.
    pub async fn start(program: &Path, data: &Path, adopt: &[&str]) -> anyhow::Result<Self> {
        let flags = adopt.iter().flat_map(|name| [OsString::from("--adopt"), name.into()]);
        Self::start_with(program, data, flags).await
    }

    /// The same with these flags; with the development identity unless they name certificates or tokens.
    pub async fn start_with(
        program: &Path,
        data: &Path,
        flags: impl IntoIterator<Item = OsString>,
    ) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        let flags: Vec<OsString> = flags.into_iter().collect();
        command.arg("serve").arg("--data").arg(data).args(["--listen", "127.0.0.1:0"]).args(&flags);
        if !flags.iter().any(|flag| flag == "--tls-cert" || flag == "--jwks") {
            command.arg("--dev-identity");
        }
        Self::spawn(command).await
    }

    /// Starts `program sandbox` on a folder and a free loopback port.
    pub async fn start_sandbox(program: &Path, data: &Path) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        command.arg("sandbox").arg("--data").arg(data).args(["--listen", "127.0.0.1:0"]);
        Self::spawn(command).await
    }

    /// Starts it and waits until it listens.
    async fn spawn(mut command: Command) -> anyhow::Result<Self> {
        let with_pages = command.as_std().get_args().any(|flag| flag == "--portal");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().with_context(|| format!("starting {command:?}"))?;
        let log = collect_log(&mut child);
        let mut stdout = BufReader::new(child.stdout.take().context("the child has no standard output")?);
        let mut line = String::new();
        timeout(START_LIMIT, stdout.read_line(&mut line)).await.context("the server did not start in time")??;
        let Some(address) = line.trim().strip_prefix("listening on ") else {
            child.kill().await?;
            let log = log.await.unwrap_or_default();
            anyhow::bail!("the server did not start; it said:\n{log}");
        };
        let address = address.to_owned();
        let mut pages = None;
        if with_pages {
            let mut line = String::new();
            timeout(START_LIMIT, stdout.read_line(&mut line)).await.context("the pages did not start in time")??;
            pages = line.trim().strip_prefix("pages on ").map(ToOwned::to_owned);
        }
        Ok(Self { child, log, _stdout: stdout, address, pages })
    }

    /// A channel to the server.
    pub async fn connect(&self) -> anyhow::Result<Channel> {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address))?.tcp_nodelay(true);
        endpoint.connect().await.with_context(|| format!("connecting to {}", self.address))
    }

    /// The log of a server that has died by itself; `None` while it runs.
    pub async fn died(&mut self) -> Option<String> {
        // A dying server closes its connections a moment before it ends.
        timeout(DEATH_LIMIT, self.child.wait()).await.ok()?.ok()?;
        Some((&mut self.log).await.unwrap_or_default())
    }

    /// The processor time that the server has used, in clock ticks of 10 ms; `None` where the system does not tell.
    pub fn processor_ticks(&self) -> Option<u64> {
        processor_ticks(self.child.id()?)
    }

    /// Its process id, while it runs.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Kills it at once (SIGKILL), as a power cut of the process would.
    pub async fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill().await.context("killing the server")
    }

    /// Asks it to finish (SIGTERM) and waits; the exit must be clean.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        let id = self.child.id().context("the server has ended already")?;
        let told = Command::new("kill").arg("-TERM").arg(id.to_string()).status().await?;
        anyhow::ensure!(told.success(), "the server could not be told to stop");
        let status = timeout(STOP_LIMIT, self.child.wait()).await.context("the server did not stop in time")??;
        anyhow::ensure!(status.success(), "the server ended with {status}");
        Ok(())
    }
}

/// Reads the log to its end, so that the child never waits for a reader.
fn collect_log(child: &mut Child) -> JoinHandle<String> {
    let stderr = child.stderr.take();
    tokio::spawn(async move {
        let mut log = String::new();
        if let Some(stderr) = stderr {
            let mut lines = BufReader::new(stderr).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                // The first lines say why a start failed; a long run's log is not kept.
                if log.len() < 16 * 1024 {
                    log.push_str(&line);
                    log.push('\n');
                }
            }
        }
        log
    })
}

/// Gives every call a development identity.
#[derive(Debug, Clone)]
pub struct ActAs {
    pairs: Vec<(&'static str, MetadataValue<Ascii>)>,
}

impl ActAs {
    /// `role`, the institution or enterprise that it acts for (empty for the bureau), and the person.
    pub fn new(role: &str, party: &str, person: &str) -> anyhow::Result<Self> {
        let mut pairs = vec![(ROLE_KEY, role.parse()?), (PERSON_KEY, person.parse()?)];
        if !party.is_empty() {
            let key = if role == "enterprise" { ENTERPRISE_KEY } else { INSTITUTION_KEY };
            pairs.push((key, party.parse()?));
        }
        Ok(Self { pairs })
    }
}

impl Interceptor for ActAs {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        for (key, value) in &self.pairs {
            request.metadata_mut().insert(*key, value.clone());
        }
        Ok(request)
    }
}

/// The processor time that a process has used, in clock ticks of 10 ms; `None` where the system does not tell.
pub(super) fn processor_ticks(process: u32) -> Option<u64> {
    // Fields 14 and 15 of proc(5) `stat`, counted behind the command's name, which may hold spaces.
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11);
    let user: u64 = times.next()?.parse().ok()?;
    let system: u64 = times.next()?.parse().ok()?;
    user.checked_add(system)
}

/// The resident memory of a process, in KiB; `None` where the system does not tell or the process is gone.
pub(super) fn resident_kib(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}
