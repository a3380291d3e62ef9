//! The way to a connection: accept, handshake, hand over.
//!
//! Each handshake runs by itself, for at most [`HANDSHAKE_TIMEOUT`], so that whoever stalls holds up nobody; there are at
//! most [`HANDSHAKES_MAX`] at a time, and of one address [`HANDSHAKES_PER_ADDRESS_MAX`]; connections are bounded alike, and
//! one that does not begin to speak HTTP/2 is closed. Whoever is not let in is logged
//! with the cause; a flood of them fills no disk.

use std::collections::BTreeMap;
use std::future::Future as _;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{Instant, Sleep, sleep, timeout};
use tokio_rustls::server::TlsStream;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::{Connected, TcpIncoming};
use tracing::warn;

use super::KEEPALIVE_INTERVAL;
use super::tls::{Refused, Session, Tls};
use crate::pki::CertificateFacts;

/// How long a handshake may take.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

/// The most handshakes at a time; further connections wait in the system's queue.
pub const HANDSHAKES_MAX: usize = 256;

/// The most handshakes at a time of one address; a further connection is closed.
pub const HANDSHAKES_PER_ADDRESS_MAX: usize = 64;

/// The most connections at a time; a further one is closed.
pub const CONNECTIONS_MAX: usize = 4_096;

/// The most connections at a time of one address, so that one alone cannot take them all.
pub const CONNECTIONS_PER_ADDRESS_MAX: usize = 512;

/// What a client of HTTP/2 says first (RFC 9113, 3.4): 24 bytes. It must do so within [`HANDSHAKE_TIMEOUT`].
const PREFACE_BYTES: usize = 24;

/// How many refusals are logged in [`LOG_INTERVAL`], of one address and of all; of further ones only how many they were.
/// So nobody fills the disk, and nobody alone drowns what the others are refused for.
const LOGGED_PER_ADDRESS_MAX: u32 = 10;
const LOGGED_MAX: u32 = 100;
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// How long to wait when the system gives no connections, for example because there are too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A connection that may speak HTTP/2.
#[derive(Debug)]
pub struct Connection {
    stream: Stream,
    info: ConnectionInfo,
    /// Until the client has begun to speak HTTP/2; from then on the server asks whether it lives.
    opening: Option<Opening>,
    _place: Place,
}

/// A place among the connections, of all and of the address; given back when dropped.
#[derive(Debug)]
struct Place {
    _of_all: OwnedSemaphorePermit,
    _of_address: Turn,
}

#[derive(Debug)]
enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// What every request of a connection is told about it.
#[derive(Debug, Clone)]
pub struct ConnectionInfo {
    /// Where it comes from.
    pub address: SocketAddr,
    /// Its TLS; `None` for plain text.
    pub session: Option<Arc<Session>>,
}

impl Connection {
    /// Where it comes from.
    pub const fn address(&self) -> SocketAddr {
        self.info.address
    }
}

impl Connected for Connection {
    type ConnectInfo = ConnectionInfo;

    fn connect_info(&self) -> ConnectionInfo {
        self.info.clone()
    }
}

/// The connections of a listener, over TLS if there is any.
pub(super) fn incoming(listener: TcpListener, tls: Option<Tls>) -> ReceiverStream<io::Result<Connection>> {
    let (ready, connections) = mpsc::channel(1);
    // `Server::tcp_nodelay` is ignored for an own listener, and without it every answer waits for a delayed ACK.
    let listener = TcpIncoming::from(listener).with_nodelay(Some(true)).with_keepalive(Some(KEEPALIVE_INTERVAL));
    let door = Arc::new(Door {
        tls,
        ready,
        handshakes: Arc::new(Semaphore::new(HANDSHAKES_MAX)),
        connections: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
        shaking: Arc::default(),
        connected: Arc::default(),
        log: Mutex::default(),
    });
    tokio::spawn(async move {
        let closed = door.ready.clone();
        tokio::select! {
            () = closed.closed() => {}
            () = accept_all(listener, door) => {}
        }
    });
    ReceiverStream::new(connections)
}

struct Door {
    tls: Option<Tls>,
    ready: mpsc::Sender<io::Result<Connection>>,
    handshakes: Arc<Semaphore>,
    connections: Arc<Semaphore>,
    shaking: Arc<ByAddress>,
    connected: Arc<ByAddress>,
    log: Mutex<RefusalLog>,
}

async fn accept_all(mut listener: TcpIncoming, door: Arc<Door>) {
    loop {
        let Ok(handshake) = Arc::clone(&door.handshakes).acquire_owned().await else { return };
        let accepted = match listener.next().await {
            Some(accepted) => accepted.and_then(|stream| stream.peer_addr().map(|address| (stream, address))),
            None => return,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                warn!(%error, "no connection could be accepted");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let (turn, place) = match door.admit(address.ip()) {
            Ok(admitted) => admitted,
            Err(why) => {
                door.refused(address, &cause(why));
                continue;
            }
        };
        let door = Arc::clone(&door);
        tokio::spawn(async move {
            let opened = door.open(stream, address, place).await;
            // Before the hand-over, which waits for the server: what is limited is handshakes.
            drop((handshake, turn));
            if let Some(connection) = opened {
                // Nobody takes it once the server stops.
                drop(door.ready.send(Ok(connection)).await);
            }
        });
    }
}

impl Door {
    /// A turn at the handshake and a place among the connections; else why not.
    fn admit(&self, address: IpAddr) -> Result<(Turn, Place), String> {
        let Some(turn) = self.shaking.take(address, HANDSHAKES_PER_ADDRESS_MAX) else {
            return Err(format!("{HANDSHAKES_PER_ADDRESS_MAX} handshakes of this address are open"));
        };
        let Some(of_address) = self.connected.take(address, CONNECTIONS_PER_ADDRESS_MAX) else {
            return Err(format!("there are {CONNECTIONS_PER_ADDRESS_MAX} connections of this address already"));
        };
        match Arc::clone(&self.connections).try_acquire_owned() {
            Ok(of_all) => Ok((turn, Place { _of_all: of_all, _of_address: of_address })),
            Err(_) => Err(format!("there are {CONNECTIONS_MAX} connections already")),
        }
    }

    /// The handshake, if there is one to do.
    async fn open(&self, stream: TcpStream, address: SocketAddr, place: Place) -> Option<Connection> {
        let Some(tls) = &self.tls else {
            let info = ConnectionInfo { address, session: None };
            let (stream, opening) = (Stream::Plain(stream), Some(Opening::new()));
            return Some(Connection { stream, info, opening, _place: place });
        };
        match timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await {
            Ok(Ok((stream, session))) => {
                let info = ConnectionInfo { address, session: Some(Arc::new(session)) };
                let (stream, opening) = (Stream::Tls(Box::new(stream)), Some(Opening::new()));
                Some(Connection { stream, info, opening, _place: place })
            }
            Ok(Err(refused)) => {
                self.refused(address, &refused);
                None
            }
            Err(_) => {
                self.refused(address, &cause(format!("not finished after {} s", HANDSHAKE_TIMEOUT.as_secs())));
                None
            }
        }
    }

    fn refused(&self, address: SocketAddr, refused: &Refused) {
        let Some(unlogged) = self.log.lock().admit(address.ip(), Instant::now()) else { return };
        if unlogged > 0 {
            warn!(unlogged, "further handshakes were refused");
        }
        let Refused { cause, presented } = refused;
        let Some(CertificateFacts { subject, issuer, serial, fingerprint, .. }) = presented else {
            warn!(%address, cause, "handshake refused");
            return;
        };
        warn!(%address, cause, subject, issuer, serial, %fingerprint, "handshake refused");
    }
}

const fn cause(cause: String) -> Refused {
    Refused { cause, presented: None }
}

/// How many of something each address has.
#[derive(Debug, Default)]
struct ByAddress(Mutex<BTreeMap<IpAddr, usize>>);

impl ByAddress {
    /// One more, unless there are so many already.
    fn take(self: &Arc<Self>, address: IpAddr, most: usize) -> Option<Turn> {
        let mut counts = self.0.lock();
        let count = counts.entry(address).or_default();
        if *count >= most {
            return None;
        }
        *count = count.saturating_add(1);
        Some(Turn { counts: Arc::clone(self), address })
    }
}

/// One that an address has; given back when dropped.
#[derive(Debug)]
struct Turn {
    counts: Arc<ByAddress>,
    address: IpAddr,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut counts = self.counts.0.lock();
        if let Some(count) = counts.get_mut(&self.address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

/// The time until a connection must have spoken.
#[derive(Debug)]
struct Opening {
    /// How many bytes are missing.
    missing: usize,
    deadline: Pin<Box<Sleep>>,
}

impl Opening {
    fn new() -> Self {
        Self { missing: PREFACE_BYTES, deadline: Box::pin(sleep(HANDSHAKE_TIMEOUT)) }
    }
}

/// Counts refusals, so that a flood of them is not logged one by one.
#[derive(Debug, Default)]
struct RefusalLog {
    since: Option<Instant>,
    logged: u32,
    /// Of each address; no more addresses than [`LOGGED_MAX`].
    by_address: BTreeMap<IpAddr, u32>,
    unlogged: u64,
}

impl RefusalLog {
    /// Whether to log this one; if so, how many were not logged before it.
    fn admit(&mut self, address: IpAddr, now: Instant) -> Option<u64> {
        if self.since.is_none_or(|since| now.duration_since(since) >= LOG_INTERVAL) {
            self.since = Some(now);
            self.logged = 0;
            self.by_address.clear();
        }
        let of_address = self.by_address.get(&address).copied().unwrap_or_default();
        if self.logged >= LOGGED_MAX || of_address >= LOGGED_PER_ADDRESS_MAX {
            self.unlogged = self.unlogged.saturating_add(1);
            return None;
        }
        self.by_address.insert(address, of_address.saturating_add(1));
        self.logged = self.logged.saturating_add(1);
        Some(std::mem::take(&mut self.unlogged))
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Stream::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        };
        if let Some(opening) = &mut self.opening {
            opening.missing = opening.missing.saturating_sub(buf.filled().len().saturating_sub(before));
            if opening.missing == 0 {
                self.opening = None;
            } else if polled.is_pending() && opening.deadline.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
        }
        polled
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Stream::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
            Stream::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Plain(stream) => stream.is_write_vectored(),
            Stream::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_flood_of_refusals_is_counted() {
        let mut log = RefusalLog::default();
        let start = Instant::now();
        let address = |last: u8| IpAddr::from([10, 0, 0, last]);
        let admitted: Vec<_> = (0..100).filter_map(|_| log.admit(address(1), start)).collect();
        assert_eq!(admitted, vec![0; 10]);
        assert_eq!(log.admit(address(2), start), Some(90), "another one is still heard");
        let others = (3..=255).filter(|last| log.admit(address(*last), start).is_some()).count();
        assert_eq!(others, 89, "and all together are bounded");
        assert!(log.by_address.len() <= 100);
        assert_eq!(log.admit(address(1), start + LOG_INTERVAL), Some(253 - 89));
        assert_eq!(log.admit(address(1), start + LOG_INTERVAL), Some(0));
    }
}
