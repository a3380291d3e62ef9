//! What a server does not start with.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

/// The error of a start that comes to nothing. The data folder is not touched.
fn refused(city: &City, flags: &[&str]) -> String {
    let data = city.path("untouched");
    let mut command = Command::new(program());
    command.arg("serve").arg("--data").arg(&data).args(flags);
    for name in ["IPLEDGER_DEV_IDENTITY", "IPLEDGER_LISTEN"] {
        command.env_remove(name);
    }
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(!data.exists(), "{flags:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn without_certificates_nobody_far_away_is_served() {
    let city = City::new();
    for listen in ["0.0.0.0:0", "[::]:0", "192.0.2.1:7460"] {
        let error = refused(&city, &["--listen", listen, "--dev-identity"]);
        assert!(error.contains(&format!("`{listen}` is not a loopback address")), "{error}");
    }
    let error = refused(&city, &["--listen", "127.0.0.1:0"]);
    assert!(error.contains("nobody could say who they are"), "{error}");
}

#[test]
fn the_development_identity_is_not_mixed_with_real_ones() {
    let city = City::new();
    let mut flags = city.flags();
    flags.extend(["--listen", "127.0.0.1:0", "--dev-identity"].map(ToOwned::to_owned));
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let error = refused(&city, &flags);
    assert!(error.contains("--dev-identity lets any program be anybody"), "{error}");
}

#[test]
fn files_that_cannot_serve_are_named() {
    let mut city = City::new();
    let client = city.issued("ipledger:bank:icbc", now());
    let flags = city.flags();
    let run = || {
        let mut all = vec!["--listen", "127.0.0.1:0"];
        all.extend(flags.iter().map(String::as_str));
        refused(&city, &all)
    };
    city.publish_certificate(&client);
    let error = run();
    assert!(error.contains("is not a server's certificate"), "{error}");
    city.publish_certificate(&city.server);
    let key = city.path("live/server.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let error = run();
    assert!(error.contains("can be read or changed by others (mode 644); run `chmod 600`"), "{error}");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&key, fs::read(city.path("live/server.crt")).unwrap()).unwrap();
    let error = run();
    assert!(error.contains("server.key`: expected a private key in PEM"), "{error}");
}

#[test]
fn flags_that_belong_together_come_together() {
    let city = City::new();
    for (flags, missing) in
        [(["--tls-cert", "a"], "--tls-key"), (["--crl", "a"], "--client-ca"), (["--jwks", "a"], "--issuer")]
    {
        let error = refused(&city, &flags);
        assert!(error.contains(missing), "{flags:?}: {error}");
    }
}
