//! `ipledger pki` and `ipledger whoami`, as an operator and a bank's integrator type them.

use super::*;

struct Ran {
    code: Option<i32>,
    out: String,
    error: String,
}

fn run(city: &City, arguments: &[&str]) -> Ran {
    let output = Command::new(program()).args(arguments).current_dir(city.folder.path()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code(), out: text(output.stdout), error: text(output.stderr) }
}

fn ran(city: &City, arguments: &[&str]) -> String {
    let Ran { code, out, error } = run(city, arguments);
    assert_eq!(code, Some(0), "{arguments:?}: {error}");
    out
}

/// The value of a line that begins with the label; without what stands in brackets behind it.
fn field<'a>(out: &'a str, label: &str) -> &'a str {
    let line = out.lines().find_map(|line| line.strip_prefix(label)).unwrap_or_else(|| panic!("{label}: {out}"));
    line.split("  (").next().unwrap().trim()
}

#[tokio::test]
async fn a_city_makes_its_certificates_and_a_bank_asks_who_it_is() {
    let city = City::new();
    ran(&city, &["pki", "init", "--name", "鹤壁 CA", "--pki", "own"]);
    let again = run(&city, &["pki", "init", "--name", "鹤壁 CA", "--pki", "own"]);
    assert_eq!(again.code, Some(2));
    assert!(again.error.contains("a CA is never overwritten"), "{}", again.error);
    let server = ran(&city, &["pki", "issue", "server", "localhost", "127.0.0.1", "--pki", "own"]);
    let bank = ran(&city, &["pki", "issue", "bank", "icbc-hebi", "zhang.wei", "--days", "90", "--pki", "own"]);
    assert_eq!(field(&bank, "for "), "ipledger:bank:icbc-hebi:zhang.wei");
    let wrong = run(&city, &["pki", "issue", "bank", "ICBC", "--pki", "own"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.error.contains("`ICBC` is not a"), "{}", wrong.error);

    let flags: Vec<String> = [
        ("--tls-cert", field(&server, "cert ")),
        ("--tls-key", field(&server, "key ")),
        ("--client-ca", "own/ca.crt"),
        ("--crl", "own/ca.crl"),
    ]
    .into_iter()
    .flat_map(|(flag, file)| [flag.to_owned(), city.path(file).display().to_string()])
    .collect();
    let running = Server::start(&city.path("data"), &city.path("log"), &flags);
    let (certificate, key) = (field(&bank, "cert "), field(&bank, "key "));
    let whoami =
        ["whoami", "--server", &running.address, "--ca", "own/ca.crt", "--cert", certificate, "--cert-key", key];
    let me = ran(&city, &whoami);
    assert_eq!(field(&me, "principal "), "ipledger:bank:icbc-hebi:zhang.wei");
    assert_eq!(field(&me, "serial "), field(&bank, "serial "));
    assert!(me.contains("(合作银行)") || me.contains("bank ("), "{me}");
    assert!(me.contains("(89 days)"), "{me}");

    let list = ran(&city, &["pki", "list", "--pki", "own"]);
    assert_eq!(list.matches(" valid ").count(), 2, "{list}");
    let revoked = ran(&city, &["pki", "revoke", field(&bank, "serial "), "--reason", "key-compromise", "--pki", "own"]);
    assert_eq!(field(&revoked, "revoked "), format!("{}  ipledger:bank:icbc-hebi:zhang.wei", field(&bank, "serial ")));
    let list = ran(&city, &["pki", "list", "--valid", "--pki", "own"]);
    assert!(list.contains("server:localhost") && !list.contains("icbc-hebi"), "{list}");
    running.reload("revoked=1").await;
    let out = run(&city, &whoami);
    assert_eq!(out.code, Some(2), "{}", out.out);
    assert!(out.error.contains("if the ledger refused the certificate"), "{}", out.error);
    running.says("the client certificate was revoked").await;
    let anonymous = run(&city, &["whoami", "--server", &running.address, "--ca", "own/ca.crt"]);
    assert!(anonymous.error.contains("the connection has no client certificate"), "{}", anonymous.error);
}

#[test]
fn a_secret_for_all_to_read_is_not_sent() {
    let city = City::new();
    fs::write(city.path("token"), "eyJhbGciOiJFZERTQSJ9.e30.c2VjcmV0").unwrap();
    let call = |arguments: &[&str]| {
        let mut all = vec!["whoami", "--token-file", "token"];
        all.extend(arguments);
        let Ran { code, error, .. } = run(&city, &all);
        assert_eq!(code, Some(2));
        assert!(!error.contains("c2VjcmV0"), "{error}");
        error
    };
    let error = call(&["--server", "192.0.2.1:7460"]);
    assert!(error.contains("a token is sent over TLS (--ca) or to a loopback address only"), "{error}");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let error = call(&["--server", &listener.local_addr().unwrap().to_string()]);
    assert!(error.contains("can be read or changed by others"), "{error}");
}

#[tokio::test]
async fn the_settings_of_a_server_may_stand_in_a_file() {
    let mut city = City::new();
    let client = city.client("ipledger:auditor:a");
    let settings: Vec<String> = city
        .flags()
        .chunks(2)
        .map(|pair| format!("{} = '{}'", pair[0].trim_start_matches("--").replace('-', "_"), pair[1]))
        .collect();
    fs::write(city.path("ledger.toml"), settings.join("\n")).unwrap();
    let flags = ["--config".to_owned(), city.path("ledger.toml").display().to_string()];
    let server = Server::start(&city.path("data"), &city.path("log"), &flags);
    assert_eq!(who_am_i(&city.connect(&server, Some(&client))).await.unwrap().role, "auditor");
}

/// A request by another program: the key stays with the bank.
#[test]
fn a_bank_keeps_its_key() {
    let city = City::new();
    let key = KeyPair::generate().unwrap();
    let request = CertificateParams::default().serialize_request(&key).unwrap().pem().unwrap();
    fs::write(city.path("bank.csr"), request).unwrap();
    ran(&city, &["pki", "init", "--name", "CA", "--pki", "own"]);
    let issued = ran(&city, &["pki", "issue", "bank", "icbc", "--csr", "bank.csr", "--pki", "own"]);
    assert_eq!(field(&issued, "key "), "the holder's own");
    let files: Vec<_> = fs::read_dir(city.path("own/issued")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].extension().unwrap(), "crt");
}
