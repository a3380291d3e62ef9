//! SIGHUP: what changes at once, and what a broken file does not change.

use std::sync::Arc;

use ipledger::pki::Fingerprint;
use ipledger::pki::index::Reason;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::handshake::pem_certificates;
use super::*;

#[tokio::test]
async fn a_revoked_client_is_out_on_its_next_call_though_connected() {
    let mut city = City::new();
    let (bank, officer) = (city.issued("ipledger:bank:icbc", now()), city.client("ipledger:officer:li"));
    let server = city.serve();
    let (as_bank, as_officer) = (city.connect(&server, Some(&Pair::of(&bank))), city.connect(&server, Some(&officer)));
    assert_eq!(who_am_i(&as_bank).await.unwrap().role, "bank");
    assert_eq!(who_am_i(&as_officer).await.unwrap().role, "officer");
    city.authority.revoke("ipledger:bank:icbc", Reason::KeyCompromise, now()).unwrap();
    city.publish_list();
    assert_eq!(who_am_i(&as_bank).await.unwrap().role, "bank", "the server was not told yet");
    server.reload("revoked=1").await;
    let problem = unauthenticated(&who_am_i(&as_bank).await.unwrap_err());
    assert_eq!(problem, "the client certificate was revoked");
    assert_eq!(unauthenticated(&who_am_i(&as_bank).await.unwrap_err()), problem, "and stays out");
    assert_eq!(who_am_i(&as_officer).await.unwrap().role, "officer");
    assert!(who_am_i(&city.connect(&server, Some(&Pair::of(&bank)))).await.is_err(), "a new connection neither");
    server.says("handshake refused").await;
}

#[tokio::test]
async fn clients_of_a_ca_that_is_taken_away_are_out() {
    let (mut city, other) = (City::new(), City::named("another CA"));
    let client = city.client("ipledger:bank:icbc");
    let server = city.serve();
    let channel = city.connect(&server, Some(&client));
    assert!(who_am_i(&channel).await.is_ok());
    fs::copy(other.authority.certificate_path(), city.path("live/ca.crt")).unwrap();
    fs::copy(other.authority.list_path(), city.path("live/ca.crl")).unwrap();
    server.reload("TLS is on").await;
    let problem = unauthenticated(&who_am_i(&channel).await.unwrap_err());
    assert_eq!(problem, "the client certificate was issued by none of this ledger's client CAs");
}

/// The fingerprint of the certificate that the server shows.
async fn shown(city: &City, server: &Server) -> Fingerprint {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(pem_certificates(&city.ca()).remove(0)).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let stream = TcpStream::connect(&server.address).await.unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    let stream = connector.connect(ServerName::try_from("localhost").unwrap(), stream).await.unwrap();
    let connection = stream.get_ref().1;
    assert_eq!(connection.protocol_version(), Some(rustls::ProtocolVersion::TLSv1_3));
    Fingerprint::of(&connection.peer_certificates().unwrap()[0])
}

#[tokio::test]
async fn a_new_server_certificate_is_shown_and_a_broken_one_is_not() {
    let mut city = City::new();
    let client = city.client("ipledger:bank:icbc");
    let server = city.serve();
    let channel = city.connect(&server, Some(&client));
    assert!(who_am_i(&channel).await.is_ok());
    assert_eq!(shown(&city, &server).await, city.server.facts.fingerprint);

    let hosts = ["localhost".to_owned()];
    let renewed = city.authority.issue_server(&hosts, order(now())).unwrap();
    city.publish_certificate(&renewed);
    server.reload(&renewed.facts.serial).await;
    assert_eq!(shown(&city, &server).await, renewed.facts.fingerprint);
    assert!(who_am_i(&channel).await.is_ok(), "who is connected stays connected");

    let other = city.authority.issue_server(&hosts, order(now())).unwrap();
    let ended = city.authority.issue_server(&hosts, order(days_ago(60))).unwrap();
    let client_pair = city.issued("ipledger:bank:ccb", now());
    let list = city.path("live/ca.crl");
    let good_list = fs::read(&list).unwrap();
    for (certificate, key, list_bytes, expected) in [
        (&other.certificate, key_of(&renewed), good_list.clone(), "certificate and key cannot be used together"),
        (&ended.certificate, key_of(&ended), good_list.clone(), "holds from"),
        (&client_pair.certificate, key_of(&client_pair), good_list.clone(), "is not a server's certificate"),
        (&city.server.certificate, key_of(&city.server), b"nonsense".to_vec(), "revocation lists (CRL) in PEM"),
        (&city.path("none"), key_of(&city.server), good_list.clone(), "No such file"),
    ] {
        drop(fs::remove_file(city.path("live/server.crt")));
        drop(fs::copy(certificate, city.path("live/server.crt")));
        fs::copy(key, city.path("live/server.key")).unwrap();
        fs::write(&list, list_bytes).unwrap();
        server.reload(expected).await;
        server.says("those of before stay in force").await;
        assert_eq!(shown(&city, &server).await, renewed.facts.fingerprint, "{expected}");
        assert!(who_am_i(&channel).await.is_ok(), "{expected}");
    }
}

#[tokio::test]
async fn a_list_of_another_ca_or_of_the_past_is_not_taken() {
    let (mut city, other) = (City::new(), City::new());
    let client = city.client("ipledger:bank:icbc");
    let server = city.serve();
    let channel = city.connect(&server, Some(&client));
    assert!(who_am_i(&channel).await.is_ok());
    fs::copy(other.authority.list_path(), city.path("live/ca.crl")).unwrap();
    server.reload("is not signed by any of the client CAs").await;
    city.authority.write_list(days_ago(120)).unwrap();
    city.publish_list();
    server.reload("renew it, for example with `ipledger pki crl`").await;
    assert!(who_am_i(&channel).await.is_ok());
    let fresh = city.connect(&server, Some(&client));
    assert!(who_am_i(&fresh).await.is_ok(), "the good list is still in force");
}
