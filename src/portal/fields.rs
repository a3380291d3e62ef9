//! What a form sent, after its token was checked. A handler that takes [`Fields`] cannot be reached without the token.

use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header;
use axum::{Form, RequestExt as _};

use super::Portal;
use super::csrf;
use super::problem::Problem;
use super::visit::Visit;

/// The most fields of a form.
const FIELDS_MAX: usize = 400;

/// The fields of a form, without its token.
#[derive(Debug, Clone, Default)]
pub struct Fields {
    pairs: Vec<(String, String)>,
}

impl Fields {
    /// Those of a query or a test.
    pub const fn of(pairs: Vec<(String, String)>) -> Self {
        Self { pairs }
    }

    /// A field's text, trimmed; empty if it was not sent.
    pub fn get(&self, name: &str) -> &str {
        self.pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim())
    }

    /// Whether a field was sent, a pressed button for example.
    pub fn has(&self, name: &str) -> bool {
        self.pairs.iter().any(|(key, _)| key == name)
    }

    /// All values of a field that may be sent several times: ticked boxes.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.trim())
    }

    /// Every field with its text, to send a form again.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }
}

impl FromRequest<Portal> for Fields {
    type Rejection = Problem;

    async fn from_request(req: Request, state: &Portal) -> Result<Self, Problem> {
        let (request, portal) = (req, state);
        let visit = request.extensions().get::<Visit>().cloned().ok_or(Problem::Fault)?;
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let pairs = if kind.is_some_and(|kind| kind.starts_with("multipart/form-data")) {
            of_parts(request).await?
        } else {
            let form: Result<Form<Vec<(String, String)>>, _> = request.extract().await;
            let Form(pairs) = form.map_err(|rejected| too_large_or_unreadable(rejected.status()))?;
            pairs
        };
        let sent = pairs.iter().find(|(key, _)| key == csrf::FIELD).map(|(_, value)| value.as_str());
        if !csrf::is_token(portal.secret(), &visit.cookie, sent.unwrap_or_default()) {
            return Err(Problem::FormStale);
        }
        if pairs.len() > FIELDS_MAX {
            return Err(Problem::TooLarge);
        }
        Ok(Self { pairs: pairs.into_iter().filter(|(key, _)| key != csrf::FIELD).collect() })
    }
}

fn too_large_or_unreadable(status: axum::http::StatusCode) -> Problem {
    if status == axum::http::StatusCode::PAYLOAD_TOO_LARGE { Problem::TooLarge } else { Problem::Unreadable }
}

/// The parts of a form with a file; a file's content is its field's text.
async fn of_parts(request: Request) -> Result<Vec<(String, String)>, Problem> {
    let mut parts: Multipart = request.extract().await.map_err(|_wrong| Problem::Unreadable)?;
    let mut pairs = Vec::new();
    loop {
        let next = parts.next_field().await;
        let next = next.map_err(|error| too_large_or_unreadable(error.status()))?;
        let Some(part) = next else { return Ok(pairs) };
        let name = part.name().unwrap_or_default().to_owned();
        let text = part.text().await.map_err(|error| too_large_or_unreadable(error.status()))?;
        pairs.push((name, text));
        if pairs.len() > FIELDS_MAX {
            return Err(Problem::TooLarge);
        }
    }
}
