//! Every setting once: type, default, unit, why. What can be checked without touching the data folder is checked here.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Where the data folder is unless told otherwise.
pub const DATA_DEFAULT: &str = "data";

/// Where the server listens unless told otherwise: loopback, until certificates come.
pub const LISTEN_DEFAULT: &str = "127.0.0.1:7460";

/// Settings of `ipledger serve`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServeConfig {
    /// The data folder; made if it is not there.
    pub data: PathBuf,
    /// The address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// A rulebook to adopt at start, if it is not adopted yet: a shipped name or a file.
    pub adopt: Vec<String>,
}

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ConfigError {
    /// The address can be reached from other machines, and there is no way yet to tell who calls.
    #[error(
        "`{0}` is not a loopback address; until certificates are supported the ledger listens on loopback only, \
         for example `{LISTEN_DEFAULT}`"
    )]
    NotLoopback(SocketAddr),
}

impl ServeConfig {
    /// Checks what can be checked before the data folder is touched.
    pub fn checked(self) -> Result<Self, ConfigError> {
        if self.listen.ip().is_loopback() { Ok(self) } else { Err(ConfigError::NotLoopback(self.listen)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(listen: &str) -> ServeConfig {
        ServeConfig { data: DATA_DEFAULT.into(), listen: listen.parse().unwrap(), adopt: Vec::new() }
    }

    #[test]
    fn loopback_only() {
        for listen in [LISTEN_DEFAULT, "127.0.0.1:0", "[::1]:7460"] {
            assert_eq!(config(listen).checked(), Ok(config(listen)));
        }
        for listen in ["0.0.0.0:7460", "192.168.1.5:7460", "[::]:7460"] {
            let refused = config(listen).checked().unwrap_err();
            assert!(refused.to_string().starts_with(&format!("`{listen}` is not a loopback address")), "{refused}");
        }
    }
}
