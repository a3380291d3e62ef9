//! `ipledger serve --config FILE`: the flags of `serve` as a TOML file.
//!
//! A key is the name of a flag with `_` for `-`: `tls_cert = "server.crt"`, `adopt = ["hebi-2017"]`, `tls12 = true`. What
//! is given as a flag or in the environment wins over the file. The settings of the pages may stand in a table `[portal]`. The file is turned into flags before they are read, so
//! that there is one list of settings, with one set of checks.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use clap::{ArgAction, Command};
use toml::{Table, Value};

/// The flag that names the file.
const FLAG: &str = "--config";

/// The arguments with those of the file, if they name one, before those of the command line.
pub(super) fn expanded(
    arguments: impl IntoIterator<Item = OsString>,
    program: &Command,
    is_set: impl Fn(&OsStr) -> bool,
) -> anyhow::Result<Vec<OsString>> {
    let mut arguments: Vec<OsString> = arguments.into_iter().collect();
    let serve = program.find_subcommand("serve").filter(|_| arguments.get(1).is_some_and(|task| task == "serve"));
    let Some(serve) = serve else { return Ok(arguments) };
    let Some(path) = take_path(&mut arguments) else { return Ok(arguments) };
    let path = Path::new(&path);
    let named = || format!("reading the settings in `{}`", path.display());
    let text = fs::read_to_string(path).with_context(named)?;
    let table: Table = toml::from_str(&text).with_context(named)?;
    let given: Vec<OsString> = arguments.iter().skip(2).cloned().collect();
    let mut flags = Vec::new();
    for (key, value) in &table {
        for (key, value) in settings(key, value) {
            flags.extend(flag(&key, value, serve, &given, &is_set).with_context(named)?);
        }
    }
    drop(arguments.splice(2..2, flags));
    Ok(arguments)
}

/// A key with its value; those of `[portal]` stand for `portal_…`, its `listen` for `portal`.
fn settings<'a>(key: &str, value: &'a Value) -> Vec<(String, &'a Value)> {
    match (key, value) {
        ("portal", Value::Table(inner)) => {
            let full = |key: &str| if key == "listen" { "portal".to_owned() } else { format!("portal_{key}") };
            inner.iter().map(|(key, value)| (full(key), value)).collect()
        }
        (key, value) => vec![(key.to_owned(), value)],
    }
}

/// Takes `--config FILE` or `--config=FILE` out of the arguments.
fn take_path(arguments: &mut Vec<OsString>) -> Option<OsString> {
    let at = arguments
        .iter()
        .position(|argument| argument == FLAG || argument.to_str().is_some_and(|text| text.starts_with("--config=")))?;
    let joined = arguments.get(at)?.to_str().and_then(|text| text.strip_prefix("--config=")).map(OsString::from);
    if joined.is_none() && at.saturating_add(1) >= arguments.len() {
        // Left for clap to complain about.
        return None;
    }
    let flag = arguments.remove(at);
    if joined.is_some() || flag != FLAG { joined } else { Some(arguments.remove(at)) }
}

/// One key as flags; none when the command line or the environment says otherwise.
fn flag(
    key: &str,
    value: &Value,
    serve: &Command,
    given: &[OsString],
    is_set: &impl Fn(&OsStr) -> bool,
) -> anyhow::Result<Vec<OsString>> {
    let long = key.replace('_', "-");
    let argument = serve.get_arguments().find(|argument| argument.get_long() == Some(&long) && long != "config");
    let argument = argument.filter(|_| !key.contains('-'));
    let argument = argument
        .with_context(|| format!("`{key}` is not a setting; the settings are the flags of `serve` with `_` for `-`"))?;
    let flag = format!("--{long}");
    let on_line = given.iter().filter_map(|given| given.to_str());
    let mut on_line = on_line.filter_map(|given| given.strip_prefix(&flag));
    if on_line.any(|rest| rest.is_empty() || rest.starts_with('=')) || argument.get_env().is_some_and(is_set) {
        return Ok(Vec::new());
    }
    let texts = match (value, argument.get_action()) {
        (Value::Boolean(on), ArgAction::SetTrue) => return Ok(on.then(|| flag.into()).into_iter().collect()),
        (Value::Array(items), ArgAction::Append) => items.iter().map(text).collect(),
        (value, ArgAction::Set | ArgAction::Append) => text(value).map(|text| vec![text]),
        _ => None,
    };
    let texts = texts.with_context(|| format!("`{key}` cannot be `{value}`; expected what `{flag}` takes"))?;
    Ok(texts.into_iter().map(|text| format!("{flag}={text}").into()).collect())
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) | Value::Array(_) | Value::Table(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Arguments;

    fn expand(line: &str, file: &str, set: &[&str]) -> Result<String, String> {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("ledger.toml");
        fs::write(&path, file).unwrap();
        let line = line.replace("FILE", path.to_str().unwrap());
        let arguments = line.split(' ').map(OsString::from);
        let expanded = expanded(arguments, &Arguments::command(), |name| set.iter().any(|set| name == *set));
        let shown = |arguments: Vec<OsString>| arguments.join(OsStr::new(" ")).into_string().unwrap();
        expanded.map(shown).map_err(|error| format!("{error:#}").replace(path.to_str().unwrap(), "FILE"))
    }

    const FILE: &str =
        "data = \"d\"\nadopt = [\"a\", \"b\"]\ntls12 = true\ndev_identity = false\ncheckpoint_every = 5\n";

    #[test]
    fn a_file_stands_for_flags() {
        assert_eq!(
            expand("ipledger serve --config FILE --listen [::1]:1", FILE, &[]).unwrap(),
            "ipledger serve --adopt=a --adopt=b --checkpoint-every=5 --data=d --tls12 --listen [::1]:1"
        );
        let joined = expand("ipledger serve --listen [::1]:1 --config=FILE", FILE, &[]).unwrap();
        assert_eq!(joined, expand("ipledger serve --config FILE --listen [::1]:1", FILE, &[]).unwrap());
    }

    #[test]
    fn the_pages_have_a_table_of_their_own() {
        let file = "data = \"d\"\n[portal]\nlisten = \"127.0.0.1:8460\"\nbehind_proxy = true\nidle_minutes = 10\n";
        assert_eq!(
            expand("ipledger serve --config FILE", file, &[]).unwrap(),
            "ipledger serve --data=d --portal-behind-proxy --portal-idle-minutes=10 --portal=127.0.0.1:8460"
        );
        let error = expand("ipledger serve --config FILE", "[portal]\nlisten_on = \"x\"\n", &[]).unwrap_err();
        assert!(error.contains("`portal_listen_on` is not a setting"), "{error}");
    }

    #[test]
    fn the_line_and_the_environment_win() {
        assert_eq!(
            expand("ipledger serve --config FILE --adopt=c --tls12", FILE, &["IPLEDGER_DATA"]).unwrap(),
            "ipledger serve --checkpoint-every=5 --adopt=c --tls12"
        );
    }

    #[test]
    fn without_a_file_nothing_changes() {
        for line in ["ipledger", "ipledger demo --config FILE", "ipledger serve", "ipledger serve --config"] {
            let unchanged = expand(line, FILE, &[]).unwrap();
            assert_eq!(unchanged.split(' ').count(), line.split(' ').count());
        }
    }

    #[test]
    fn what_is_no_setting_is_named() {
        for (file, expected) in [
            ("tls_sert = \"x\"", "`tls_sert` is not a setting"),
            ("tls-cert = \"x\"", "`tls-cert` is not a setting"),
            ("config = \"x\"", "`config` is not a setting"),
            ("tls12 = \"yes\"", "`tls12` cannot be `\"yes\"`; expected what `--tls12` takes"),
            ("data = true", "`data` cannot be `true`"),
            ("data = [\"a\"]", "`data` cannot be"),
            ("data", "reading the settings in `FILE`: TOML parse error"),
        ] {
            let error = expand("ipledger serve --config FILE", file, &[]).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
        assert!(expand("ipledger serve --config /nowhere/x", FILE, &[]).unwrap_err().contains("No such file"));
    }
}
