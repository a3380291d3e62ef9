//! The pages (网页): what a company sees, where the bureau works. Server-rendered, in this process, without JavaScript.
//!
//! ```text
//! browser ─ serve ─ headers ─ visit (session, language, CSRF) ─ a page ─ Portal::ask ─ guard ─ handler
//!                                                               └ template <──── v1 messages ──┘
//! ```
//!
//! A page never looks into the book: it sends requests of the API as the visitor who logged in, through the same guard as
//! a call from the network ([`crate::server::inside`]), and shows the messages that it gets. So a page shows nothing that
//! the API would not tell, and whoever loses his right loses it on the next click.
//!
//! One folder for each audience: [`public`] for everybody, [`login`], [`enterprise`], [`bureau`]. `docs/portal.md` says how
//! to add a page.
//!
//! # What stands in addresses
//!
//! Never who somebody is: no credit code, no name, no amount. `/my/applications/application-57` carries a number of the
//! journal, which says nothing to others and which the guard checks against the session; everything that somebody types
//! travels in the body of a POST. The log of the pages has the route (`/my/applications/{id}`) and not the address.

use std::sync::Arc;

use axum::Router;
use tokio_stream::StreamExt as _;

use crate::calendar::Timestamp;
use crate::config::PortalConfig;
use crate::server::Edge;
use crate::server::inside::streams::{Streamed, ask_for_stream};
use crate::server::inside::{self, Inside, Refusal};
use crate::server::logins::Visitor;

pub mod attempts;
pub mod bureau;
pub mod csrf;
pub mod enterprise;
pub mod fields;
pub mod headers;
pub mod language;
pub mod layout;
pub mod login;
pub mod problem;
pub mod public;
pub mod rulebooks;
pub mod secret;
pub mod serve;
pub mod session;
pub mod show;
pub mod style;
pub mod uploads;
pub mod visit;
pub mod words;

use attempts::Attempts;
use problem::Problem;
use rulebooks::Rulebooks;
use secret::Secret;
use session::Sessions;
use uploads::Uploads;
use visit::Member;

/// The pages of a ledger; clones are the same pages.
#[derive(Debug, Clone)]
pub struct Portal {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    edge: Edge,
    config: PortalConfig,
    /// Under which address browsers come, without a slash at its end.
    url: String,
    /// Whether browsers come over TLS: then cookies go nowhere else.
    secure: bool,
    secret: Secret,
    sessions: Sessions,
    attempts: Attempts,
    rulebooks: Rulebooks,
    uploads: Uploads,
    provider: Option<login::provider::Provider>,
}

/// What pages are made of, besides the ledger.
#[derive(Debug)]
pub struct Parts {
    /// The settings.
    pub config: PortalConfig,
    /// Under which address browsers come.
    pub url: String,
    /// Whether over TLS.
    pub secure: bool,
    /// What query codes are made with.
    pub secret: Secret,
    /// The city's identity provider.
    pub provider: Option<login::provider::Provider>,
}

impl Portal {
    /// The pages of this ledger.
    pub fn new(edge: Edge, parts: Parts) -> Self {
        let Parts { config, url, secure, secret, provider } = parts;
        let sessions = Sessions::new(config.idle, config.lifetime);
        let (attempts, rulebooks, uploads) = (Attempts::default(), Rulebooks::default(), Uploads::default());
        let shared = Shared { edge, config, url, secure, secret, sessions, attempts, rulebooks, uploads, provider };
        Self { shared: Arc::new(shared) }
    }

    /// Everything below `/`, with headers, sessions and errors.
    pub fn router(&self) -> Router {
        let pages = Router::new()
            .merge(public::routes())
            .merge(login::routes())
            .merge(enterprise::routes())
            .merge(bureau::routes())
            .fallback(async || Problem::NotFound);
        let pages = visit::around(pages, self);
        headers::around(pages.merge(style::routes()), self).with_state(self.clone())
    }

    /// Sends a request of the API as the visitor of this page.
    pub async fn ask<M: Inside>(&self, member: &Member, message: M) -> Result<M::Answer, Problem> {
        self.ask_as(&member.visitor(), message).await.map_err(Problem::from)
    }

    /// Sends a request that is answered with a stream, and waits for all of it.
    pub async fn ask_all<M: Streamed>(&self, member: &Member, message: M) -> Result<Vec<M::Part>, Problem> {
        let mut parts = ask_for_stream(&self.shared.edge, &member.visitor(), message).await?;
        let mut all = Vec::new();
        while let Some(part) = parts.next().await {
            all.push(part?);
        }
        Ok(all)
    }

    /// The same for whoever a login stands for.
    pub async fn ask_as<M: Inside>(&self, visitor: &Visitor, message: M) -> Result<M::Answer, Refusal> {
        inside::ask(&self.shared.edge, visitor, message).await
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        inside::now(&self.shared.edge)
    }

    /// The ledger behind the pages.
    pub fn edge(&self) -> &Edge {
        &self.shared.edge
    }

    /// Under which address browsers come, without a slash at its end.
    pub fn url(&self) -> &str {
        &self.shared.url
    }

    /// Whether browsers come over TLS.
    pub fn is_secure(&self) -> bool {
        self.shared.secure
    }

    /// The settings.
    pub fn config(&self) -> &PortalConfig {
        &self.shared.config
    }

    /// What query codes and form tokens are made with.
    pub fn secret(&self) -> &Secret {
        &self.shared.secret
    }

    /// Who is logged in.
    pub fn sessions(&self) -> &Sessions {
        &self.shared.sessions
    }

    /// How often somebody may guess.
    pub fn attempts(&self) -> &Attempts {
        &self.shared.attempts
    }

    /// The rulebooks as read.
    pub fn rulebooks(&self) -> &Rulebooks {
        &self.shared.rulebooks
    }

    /// Files that were sent and wait for the next click.
    pub fn uploads(&self) -> &Uploads {
        &self.shared.uploads
    }

    /// The city's identity provider.
    pub fn provider(&self) -> Option<&login::provider::Provider> {
        self.shared.provider.as_ref()
    }
}
