//! A CA issues what it says, once, and remembers it.

use std::os::unix::fs::PermissionsExt as _;

use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer};
use tempfile::TempDir;

use super::*;
use crate::pki::revocation::{BadList, ListFacts};

/// Noon of 1 March 2026 in Shanghai.
const NOON: Timestamp = Timestamp::from_micros(1_772_337_600_000_000);

fn order() -> Order<'static> {
    Order { request: None, days: 30, now: NOON }
}

fn name(text: &str) -> IdentityName {
    IdentityName::parse(text).unwrap()
}

fn list(authority: &Authority) -> ListFacts {
    let list = CertificateRevocationListDer::from_pem_file(authority.list_path()).unwrap();
    let certificate = CertificateDer::from_pem_file(authority.certificate_path()).unwrap();
    ListFacts::of(&list, &[certificate]).unwrap()
}

#[test]
fn a_certificate_says_who_holds_it_and_what_for() {
    let folder = TempDir::new().unwrap();
    let mut authority = Authority::init(folder.path(), "鹤壁 CA", NOON).unwrap();
    let bank = authority.issue_client(&name("ipledger:bank:icbc-hebi"), order()).unwrap();
    assert_eq!(bank.facts.uris, ["ipledger:bank:icbc-hebi"]);
    assert!(bank.facts.for_clients && !bank.facts.for_servers);
    assert_eq!(bank.facts.days_left(NOON), 30);
    assert_ne!(bank.facts.issuer, bank.facts.subject);
    assert!(bank.facts.issuer.contains("鹤壁 CA"), "{}", bank.facts.issuer);
    let hosts = ["ledger.hebi.example".to_owned(), "10.0.0.7".to_owned()];
    let server = authority.issue_server(&hosts, order()).unwrap();
    assert!(server.facts.for_servers && !server.facts.for_clients);
    assert!(server.facts.uris.is_empty());
    let Key::Made(key) = &bank.key else { panic!("no key was made") };
    assert_eq!(fs::metadata(key).unwrap().permissions().mode() & 0o777, 0o600);
    let ca_key = fs::metadata(folder.path().join(KEY_FILE)).unwrap();
    assert_eq!(ca_key.permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_revocation_is_in_the_next_list_and_survives_reopening() {
    let folder = TempDir::new().unwrap();
    let mut authority = Authority::init(folder.path(), "鹤壁 CA", NOON).unwrap();
    assert_eq!((list(&authority).number.as_deref(), list(&authority).revoked), (Some("1"), 0));
    let bank = authority.issue_client(&name("ipledger:bank:icbc-hebi"), order()).unwrap();
    authority.issue_client(&name("ipledger:bank:icbc-hebi"), order()).unwrap();
    authority.issue_client(&name("ipledger:officer:li.na"), order()).unwrap();
    let revoked = authority.revoke(&bank.facts.serial, Reason::KeyCompromise, NOON).unwrap();
    assert_eq!(revoked.len(), 1);
    assert_eq!((list(&authority).number.as_deref(), list(&authority).revoked), (Some("2"), 1));
    drop(authority);
    let mut authority = Authority::open(folder.path()).unwrap();
    assert_eq!(authority.issued().len(), 3);
    assert_eq!(authority.issued()[0].standing(NOON), Standing::Revoked);
    assert_eq!(
        authority.revoke("ipledger:bank:icbc-hebi", Reason::Superseded, NOON).unwrap().len(),
        1,
        "the other one"
    );
    let twice = authority.revoke(&bank.facts.serial, Reason::Unspecified, NOON).unwrap_err().to_string();
    assert!(twice.starts_with("no valid certificate has the serial or name"), "{twice}");
    let facts = list(&authority);
    assert_eq!((facts.number.as_deref(), facts.revoked), (Some("3"), 2));
    assert_eq!(facts.next_update, Some(Timestamp::from_micros(NOON.micros() + 90 * 86_400_000_000)));
}

#[test]
fn a_ca_is_never_overwritten_and_needs_its_secret_kept() {
    let folder = TempDir::new().unwrap();
    drop(Authority::init(folder.path(), "one", NOON).unwrap());
    let again = Authority::init(folder.path(), "two", NOON).unwrap_err().to_string();
    assert!(again.ends_with("exists already; a CA is never overwritten"), "{again}");
    fs::set_permissions(folder.path().join(KEY_FILE), fs::Permissions::from_mode(0o644)).unwrap();
    let PkiFault::File { cause, .. } = Authority::open(folder.path()).unwrap_err() else { panic!("opened") };
    assert!(cause.to_string().contains("can be read or changed by others (mode 644)"), "{cause}");
}

#[test]
fn of_a_request_only_the_key_is_taken() {
    let folder = TempDir::new().unwrap();
    let mut authority = Authority::init(folder.path(), "CA", NOON).unwrap();
    let key = KeyPair::generate().unwrap();
    let mut asked = CertificateParams::default();
    asked.subject_alt_names = vec![SanType::URI("ipledger:operator:root".try_into().unwrap())];
    asked.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let request = asked.serialize_request(&key).unwrap().pem().unwrap();
    let order = Order { request: Some(&request), ..order() };
    let issued = authority.issue_client(&name("ipledger:bank:icbc-hebi"), order).unwrap();
    assert_eq!(issued.facts.uris, ["ipledger:bank:icbc-hebi"]);
    assert!(issued.facts.for_clients && !issued.facts.for_servers);
    assert_eq!(issued.key, Key::Kept);
    let files = fs::read_dir(folder.path().join(ISSUED_FOLDER)).unwrap().count();
    assert_eq!(files, 1, "no key was written");
    let broken = Order { request: Some("-----BEGIN CERTIFICATE REQUEST-----"), ..order };
    assert!(authority.issue_client(&name("ipledger:bank:icbc-hebi"), broken).is_err());
}

#[test]
fn a_list_of_another_ca_is_a_strangers() {
    let (one, two) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (mine, other) = (
        Authority::init(one.path(), "same name", NOON).unwrap(),
        Authority::init(two.path(), "same name", NOON).unwrap(),
    );
    let list = CertificateRevocationListDer::from_pem_file(other.list_path()).unwrap();
    let certificate = CertificateDer::from_pem_file(mine.certificate_path()).unwrap();
    let refused = ListFacts::of(&list, &[certificate]).unwrap_err();
    assert!(matches!(refused, BadList::Stranger(_)), "{refused}");
}

#[test]
fn days_and_hosts_are_checked() {
    let folder = TempDir::new().unwrap();
    let mut authority = Authority::init(folder.path(), "CA", NOON).unwrap();
    assert!(matches!(authority.issue_server(&[], order()), Err(PkiFault::NoHost)));
    for days in [0, AUTHORITY_DAYS + 1] {
        let refused = authority.issue_client(&name("ipledger:officer:li"), Order { days, ..order() });
        assert!(matches!(refused, Err(PkiFault::Days(_))));
    }
    assert_eq!(authority.issued().len(), 0);
}
