//! What a form sent, after its token was checked. A handler that takes [`Fields`] cannot be reached without the token.

use axum::extract::multipart::Field;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header;
use axum::{Form, RequestExt as _};

use super::Portal;
use super::csrf;
use super::problem::Problem;
use super::visit::Visit;

/// The most fields of a form.
const FIELDS_MAX: usize = 400;

/// The most bytes of a file that are kept; the rest is read and thrown away, so that a browser hears why.
pub const UPLOAD_BYTES_MAX: usize = 32 * 1024 * 1024;

/// The fields of a form, without its token.
#[derive(Debug, Clone, Default)]
pub struct Fields {
    pairs: Vec<(String, String)>,
    uploads: Vec<(String, Upload)>,
}

/// A file that a form sent.
#[derive(Debug, Clone, Default)]
pub struct Upload {
    /// Its name as the browser says it, without folders.
    pub name: String,
    /// Its content; empty where it is too large.
    pub bytes: Vec<u8>,
    /// Whether it has more than [`UPLOAD_BYTES_MAX`].
    pub is_too_large: bool,
}

impl Fields {
    /// Those of a query or a test.
    pub const fn of(pairs: Vec<(String, String)>) -> Self {
        Self { pairs, uploads: Vec::new() }
    }

    /// A field's text, trimmed; that of a file, if it is a text; empty if it was not sent.
    pub fn get(&self, name: &str) -> &str {
        let field = self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let file = || self.upload(name).and_then(|file| std::str::from_utf8(&file.bytes).ok());
        field.or_else(file).unwrap_or_default().trim()
    }

    /// A file that was sent; none where none was chosen.
    pub fn upload(&self, name: &str) -> Option<&Upload> {
        self.uploads.iter().find(|(key, _)| key == name).map(|(_, file)| file)
    }

    /// The same, to keep it.
    pub fn take_upload(&mut self, name: &str) -> Option<Upload> {
        let index = self.uploads.iter().position(|(key, _)| key == name)?;
        Some(self.uploads.swap_remove(index).1)
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
        let has_token = |sent: &Self| {
            let token = sent.pairs.iter().find(|(key, _)| key == csrf::FIELD).map(|(_, value)| value.as_str());
            csrf::is_token(portal.secret(), &visit.cookie, token.unwrap_or_default())
        };
        let mut sent = if kind.is_some_and(|kind| kind.starts_with("multipart/form-data")) {
            of_parts(request, &has_token).await?
        } else {
            let form: Result<Form<Vec<(String, String)>>, _> = request.extract().await;
            let Form(pairs) = form.map_err(|rejected| too_large_or_unreadable(rejected.status()))?;
            Self::of(pairs)
        };
        if !has_token(&sent) {
            return Err(Problem::FormStale);
        }
        if sent.pairs.len() > FIELDS_MAX {
            return Err(Problem::TooLarge);
        }
        sent.pairs.retain(|(key, _)| key != csrf::FIELD);
        Ok(sent)
    }
}

fn too_large_or_unreadable(status: axum::http::StatusCode) -> Problem {
    if status == axum::http::StatusCode::PAYLOAD_TOO_LARGE { Problem::TooLarge } else { Problem::Unreadable }
}

/// The parts of a form with a file. The token stands before the file in every form of ours: without it nothing of a file
/// is read.
async fn of_parts(request: Request, has_token: &(dyn Fn(&Fields) -> bool + Sync)) -> Result<Fields, Problem> {
    let mut parts: Multipart = request.extract().await.map_err(|_wrong| Problem::Unreadable)?;
    let mut sent = Fields::default();
    loop {
        let next = parts.next_field().await;
        let next = next.map_err(|error| too_large_or_unreadable(error.status()))?;
        let Some(part) = next else { return Ok(sent) };
        let name = part.name().unwrap_or_default().to_owned();
        if let Some(file) = part.file_name().map(file_name) {
            if !has_token(&sent) {
                return Err(Problem::FormStale);
            }
            let upload = read_file(file, part).await?;
            if upload.is_too_large || !upload.bytes.is_empty() {
                sent.uploads.push((name, upload));
            }
        } else {
            let text = part.text().await.map_err(|error| too_large_or_unreadable(error.status()))?;
            sent.pairs.push((name, text));
        }
        if sent.pairs.len().saturating_add(sent.uploads.len()) > FIELDS_MAX {
            return Err(Problem::TooLarge);
        }
    }
}

async fn read_file(name: String, mut part: Field<'_>) -> Result<Upload, Problem> {
    let mut upload = Upload { name, ..Upload::default() };
    while let Some(chunk) = part.chunk().await.map_err(|error| too_large_or_unreadable(error.status()))? {
        if upload.bytes.len().saturating_add(chunk.len()) > UPLOAD_BYTES_MAX {
            upload.is_too_large = true;
            upload.bytes = Vec::new();
        }
        if !upload.is_too_large {
            upload.bytes.extend_from_slice(&chunk);
        }
    }
    Ok(upload)
}

/// The name without folders, of at most 200 characters.
fn file_name(said: &str) -> String {
    let last = said.rsplit(['/', '\\']).next().unwrap_or_default();
    last.chars().filter(|letter| !letter.is_control()).take(200).collect()
}
