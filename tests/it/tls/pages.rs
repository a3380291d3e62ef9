//! The pages over TLS: with the ledger's certificate, asking browsers for none, and with cookies that go nowhere else.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::*;

/// What a browser that believes this CA gets for an address, headers and all.
async fn fetched(ca: &str, address: &str, path: &str) -> std::io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(ca.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let connector = TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth()));
    let stream = TcpStream::connect(address).await?;
    let mut stream = connector.connect(ServerName::try_from("localhost").unwrap(), stream).await?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes()).await?;
    let mut answer = Vec::new();
    // The end of a connection that says goodbye late is no matter here.
    stream.read_to_end(&mut answer).await.ok();
    Ok(String::from_utf8(answer).unwrap())
}

#[tokio::test]
async fn the_pages_speak_tls_and_ask_browsers_for_no_certificate() {
    let city = City::new();
    let mut flags = city.flags();
    flags.extend(["--portal", "127.0.0.1:0"].map(ToOwned::to_owned));
    let server = Server::start(&city.path("data"), &city.path("log"), &flags);
    server.says("pages are served").await;
    let log = server.log();
    let address = log.split("https://127.0.0.1:").nth(1).expect("the log names the address of the pages");
    let port: String = address.chars().take_while(char::is_ascii_digit).collect();
    let address = format!("127.0.0.1:{port}");

    let page = timeout(PATIENCE, fetched(&city.ca(), &address, "/login")).await.unwrap().unwrap();
    let (head, body) = page.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(body.contains("<form method=\"post\" action=\"/login\">"), "{body}");
    let cookie = head.lines().find(|line| line.starts_with("set-cookie: __Host-")).expect(head);
    for attribute in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(head.contains("strict-transport-security: max-age="), "{head}");

    let stranger = City::named("another CA");
    assert!(timeout(PATIENCE, fetched(&stranger.ca(), &address, "/login")).await.unwrap().is_err());
    let mut plain = TcpStream::connect(&address).await.unwrap();
    plain.write_all(b"GET /login HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    timeout(PATIENCE, plain.read_to_end(&mut answer)).await.unwrap().ok();
    assert!(!String::from_utf8_lossy(&answer).contains("HTTP/1.1 200"), "a page in plain text");
}
