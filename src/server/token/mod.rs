//! Bearer tokens: JWT (RFC 7519) signed with `ES256` or `EdDSA`, checked against a JWKS file.
//!
//! The file is read at start and on SIGHUP; a broken one changes nothing. Keys are found by `kid` in that file and nowhere
//! else, and the key decides the algorithm: what the header of a token says about keys is not followed.

use std::io;
use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::config::TokenConfig;
use crate::pki::files;
use crate::rulebook::refusal::Bilingual;
use crate::writer::clock::Clock;

pub mod jwks;
pub mod jwt;

pub use jwks::{BadKeySet, KeySet};
pub use jwt::TokenFacts;

/// Why the keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TokenFault {
    /// The file cannot be read.
    #[error("`{path}`")]
    File {
        /// Which.
        path: String,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// It is no key set.
    #[error("`{path}`")]
    Keys {
        /// Which.
        path: String,
        /// Why.
        #[source]
        cause: BadKeySet,
    },
}

/// What checks tokens; clones share the keys.
#[derive(Debug, Clone)]
pub struct Tokens {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    config: TokenConfig,
    clock: Clock,
    keys: ArcSwap<KeySet>,
}

impl Tokens {
    /// Reads the keys.
    pub fn open(config: TokenConfig, clock: Clock) -> Result<Self, TokenFault> {
        let keys = ArcSwap::from_pointee(read(&config)?);
        Ok(Self { shared: Arc::new(Shared { config, clock, keys }) })
    }

    /// Reads the keys again. On an error those of before stay in force.
    pub fn reload(&self) -> Result<Arc<KeySet>, TokenFault> {
        self.shared.keys.store(Arc::new(read(&self.shared.config)?));
        Ok(self.keys())
    }

    /// The keys in force.
    pub fn keys(&self) -> Arc<KeySet> {
        self.shared.keys.load_full()
    }

    /// What a token says, if it is good now.
    pub fn check(&self, token: &str) -> Result<TokenFacts, Bilingual> {
        let Shared { config, clock, keys } = &*self.shared;
        jwt::check(token, &keys.load(), config, clock.now())
    }
}

fn read(config: &TokenConfig) -> Result<KeySet, TokenFault> {
    let path = config.jwks.display().to_string();
    let json = files::read(&config.jwks).map_err(|cause| TokenFault::File { path: path.clone(), cause })?;
    KeySet::parse(&json).map_err(|cause| TokenFault::Keys { path, cause })
}
