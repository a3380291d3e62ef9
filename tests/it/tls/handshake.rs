//! Handshakes: who gets through, who does not, and what each is told.

use std::io::Read as _;
use std::net::{Ipv4Addr, SocketAddr};

use ipledger::pki::index::Reason;
use ipledger::server::{HANDSHAKE_TIMEOUT, HANDSHAKES_PER_ADDRESS_MAX};
use rcgen::{DnType, ExtendedKeyUsagePurpose, KeyUsagePurpose, SanType};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tonic::Request;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use super::*;

#[tokio::test]
async fn a_client_is_known_by_its_certificate() {
    let mut city = City::new();
    let issued = city.issued("ipledger:bank:icbc-hebi:zhang.wei", now());
    let server = city.serve();
    let me = who_am_i(&city.connect(&server, Some(&Pair::of(&issued)))).await.unwrap();
    assert_eq!(me.principal, "ipledger:bank:icbc-hebi:zhang.wei");
    assert_eq!((me.role.as_str(), me.institution_id.as_str(), me.person.as_str()), ("bank", "icbc-hebi", "zhang.wei"));
    assert_eq!(me.credential(), v1::CredentialKind::Certificate);
    let certificate = me.certificate.unwrap();
    assert_eq!(certificate.fingerprint, issued.facts.fingerprint.to_string());
    assert_eq!(certificate.serial, issued.facts.serial);
    assert_eq!(certificate.days_left, 29);
    assert_eq!(me.token, None);
}

#[tokio::test]
async fn a_client_without_certificate_is_told_so_and_may_ask_for_health() {
    let city = City::new();
    let server = city.serve();
    let channel = city.connect(&server, None);
    let problem = unauthenticated(&who_am_i(&channel).await.unwrap_err());
    assert!(problem.starts_with("the connection has no client certificate"), "{problem}");
    let health = HealthClient::new(channel.clone()).check(HealthCheckRequest::default()).await.unwrap();
    assert_eq!(health.into_inner().status, 1);
    let mut request = Request::new(v1::WhoAmIRequest {});
    request.metadata_mut().insert("ipledger-dev-role", "operator".parse().unwrap());
    request.metadata_mut().insert("ipledger-dev-person", "li".parse().unwrap());
    let refused = IdentityServiceClient::new(channel).who_am_i(request).await.unwrap_err();
    assert!(unauthenticated(&refused).contains("no development identity"));
}

#[tokio::test]
async fn a_bad_certificate_is_refused_and_the_log_says_why() {
    let (mut city, mut other, mut namesake) = (City::new(), City::named("another CA"), City::new());
    let good = city.client("ipledger:officer:li.na");
    let expired = city.issued("ipledger:bank:expired", days_ago(60));
    let early = city.issued("ipledger:bank:early", days_ago(-60));
    let revoked = city.issued("ipledger:bank:revoked", now());
    city.authority.revoke(&revoked.facts.serial, Reason::KeyCompromise, now()).unwrap();
    let (stranger, forger) = (other.client("ipledger:bank:stranger"), namesake.client("ipledger:bank:forger"));
    let no_usage = city.forged(&params("no-usage", &[]));
    let server_usage = Pair::of(&city.server);
    let server = city.serve();
    for (pair, cause) in [
        (Pair::of(&expired), "the client certificate has expired"),
        (Pair::of(&early), "the client certificate is not valid yet"),
        (Pair::of(&revoked), "the client certificate was revoked"),
        (stranger, "the client certificate was issued by none of this ledger's client CAs"),
        (forger, "a signature in the client certificate's chain is wrong"),
        (server_usage, "the certificate is not for clients"),
        (no_usage, "the certificate is not for clients"),
    ] {
        let before = server.log().len();
        let refused = who_am_i(&city.connect(&server, Some(&pair))).await.unwrap_err();
        // What a client's library makes of the alert differs; an answer of the ledger it is not.
        assert!(refused.get_error_details().error_info().is_none(), "{cause}: {refused:?}");
        server.says_after(before, cause).await;
        let log = server.log()[before..].to_owned();
        let line = log.lines().find(|line| line.contains("handshake refused")).unwrap();
        assert!(line.contains("127.0.0.1:") && line.contains("serial=") && line.contains(cause), "{line}");
    }
    assert!(server.log().contains(&format!("serial=\"{}\"", revoked.facts.serial)));
    assert_eq!(who_am_i(&city.connect(&server, Some(&good))).await.unwrap().role, "officer");
}

/// A client certificate for the name, with this usage.
fn params(person: &str, usage: &[ExtendedKeyUsagePurpose]) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, person);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = usage.to_vec();
    params.subject_alt_names = vec![uri(&format!("ipledger:officer:{person}"))];
    params
}

fn uri(text: &str) -> SanType {
    SanType::URI(text.try_into().unwrap())
}

#[tokio::test]
async fn a_certificate_that_names_nobody_of_the_ledger_is_told_so() {
    let city = City::new();
    let for_clients = [ExtendedKeyUsagePurpose::ClientAuth];
    let with = |names: Vec<SanType>| {
        let mut params = params("li", &for_clients);
        params.subject_alt_names = names;
        city.forged(&params)
    };
    let server = city.serve();
    let dns = SanType::DnsName("li.example".try_into().unwrap());
    for (names, expected) in [
        (vec![], "has no URI among its subject alternative names"),
        (vec![dns.clone()], "has no URI among its subject alternative names"),
        (vec![uri("spiffe://hebi/bank/icbc"), uri("ipledger:officer:li")], "is not the name of an identity"),
        (vec![uri("ipledger:officer:li na")], "the first URI of the client certificate is not a name"),
        (vec![uri(&format!("ipledger:officer:{}", "x".repeat(300)))], "the first URI of the client certificate is not"),
    ] {
        let problem = unauthenticated(&who_am_i(&city.connect(&server, Some(&with(names)))).await.unwrap_err());
        assert!(problem.contains(expected), "{problem}");
    }
    let second = with(vec![dns, uri("ipledger:officer:li"), uri("ipledger:operator:li")]);
    let me = who_am_i(&city.connect(&server, Some(&second))).await.unwrap();
    assert_eq!(me.principal, "ipledger:officer:li", "the first URI counts, other kinds of names do not");
}

#[tokio::test]
async fn a_clients_certificate_does_not_make_a_server() {
    let city = City::new();
    let mut impostor = params("localhost", &[ExtendedKeyUsagePurpose::ClientAuth]);
    impostor.subject_alt_names.push(SanType::DnsName("localhost".try_into().unwrap()));
    let impostor = city.forged(&impostor);
    // No ledger starts with it (see `start`), so that another server must show it.
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider);
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let chain = pem_certificates(&impostor.certificate);
    let config = config.with_single_cert(chain, pem_key(&impostor.key)).unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let accepted = tokio::spawn(async move { acceptor.accept(listener.accept().await.unwrap().0).await.map(|_| ()) });
    let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(city.ca())).domain_name("localhost");
    let endpoint = Endpoint::from_shared(format!("https://{address}")).unwrap().tls_config(tls).unwrap();
    let refused = endpoint.connect().await.unwrap_err();
    let mut causes = vec![refused.to_string()];
    let mut next = std::error::Error::source(&refused);
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    assert!(causes.join(": ").contains("purpose") || causes.join(": ").contains("server"), "{causes:?}");
    assert!(accepted.await.unwrap().is_err());
}

pub(super) fn pem_certificates(pem: &str) -> Vec<rustls_pki_types::CertificateDer<'static>> {
    use rustls_pki_types::pem::PemObject as _;
    rustls_pki_types::CertificateDer::pem_slice_iter(pem.as_bytes()).map(Result::unwrap).collect()
}

pub(super) fn pem_key(pem: &str) -> rustls_pki_types::PrivateKeyDer<'static> {
    use rustls_pki_types::pem::PemObject as _;
    rustls_pki_types::PrivateKeyDer::from_pem_slice(pem.as_bytes()).unwrap()
}

/// Connects from another loopback address and says nothing.
async fn stall(server: &Server, from: u8) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from((Ipv4Addr::new(127, 0, 0, from), 0))).unwrap();
    socket.connect(server.address.parse().unwrap()).await.unwrap()
}

#[tokio::test]
async fn whoever_stalls_holds_up_nobody() {
    let mut city = City::new();
    let client = city.client("ipledger:auditor:a");
    let server = city.serve();
    let mut stalled = Vec::new();
    // More than one address may have open, from three addresses; and half a hello.
    for from in [2, 3, 4] {
        for _ in 0..HANDSHAKES_PER_ADDRESS_MAX + 8 {
            stalled.push(stall(&server, from).await);
        }
    }
    stalled[0].write_all(&[0x16, 3, 1, 2, 0, 1]).await.unwrap();
    let start = Instant::now();
    let me = timeout(HANDSHAKE_TIMEOUT / 2, who_am_i(&city.connect(&server, Some(&client)))).await.unwrap();
    assert_eq!(me.unwrap().role, "auditor");
    assert!(start.elapsed() < HANDSHAKE_TIMEOUT / 2);
    server.says("64 handshakes of this address are open").await;
    server.says("not finished after 5 s").await;
    let mut first = stalled.swap_remove(1).into_std().unwrap();
    first.set_nonblocking(false).unwrap();
    first.set_read_timeout(Some(PATIENCE)).unwrap();
    assert_eq!(first.read(&mut [0; 16]).unwrap_or(0), 0, "closed by the server");
}

/// After a good handshake, too: nobody keeps a place by saying nothing, or half of what is expected.
#[tokio::test]
async fn a_connection_that_says_nothing_is_closed() {
    let mut city = City::new();
    let server = city.serve();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(pem_certificates(&city.ca()).remove(0)).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
    for said in [b"".as_slice(), b"PRI * HTTP/2.0"] {
        let stream = TcpStream::connect(&server.address).await.unwrap();
        let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
        let mut stream = connector.connect(name, stream).await.unwrap();
        stream.write_all(said).await.unwrap();
        // Whatever the server says on its own (its settings), the end must come.
        let ended = timeout(HANDSHAKE_TIMEOUT * 3, async {
            while tokio::io::AsyncReadExt::read(&mut stream, &mut [0; 256]).await.is_ok_and(|count| count > 0) {}
        });
        assert!(ended.await.is_ok(), "{said:?}");
    }
    // A client that has spoken may be silent for longer.
    let client = city.client("ipledger:auditor:a");
    let channel = city.connect(&server, Some(&client));
    assert!(who_am_i(&channel).await.is_ok());
    sleep(HANDSHAKE_TIMEOUT + Duration::from_secs(1)).await;
    assert!(who_am_i(&channel).await.is_ok());
}

#[tokio::test]
async fn plain_text_on_the_port_of_tls_is_refused_and_named() {
    let city = City::new();
    let server = city.serve();
    let endpoint = Endpoint::from_shared(format!("http://{}", server.address)).unwrap();
    assert!(who_am_i(&endpoint.connect_lazy()).await.is_err());
    server.says("the peer does not speak TLS").await;
}
