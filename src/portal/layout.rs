//! What every page has around it: heading, the switch of language, who is logged in, the number of the request.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::language::Language;
use super::problem::Problem;
use super::session::Audience;
use super::style::STYLE_PATH;
use super::visit::Visit;

/// The frame of a page.
#[derive(Debug, Clone)]
pub struct Frame {
    /// What the page is written in.
    pub l: Language,
    /// Its title.
    pub title: String,
    /// Who is logged in.
    pub who: Option<Who>,
    /// The token for forms.
    pub csrf: String,
    /// The same page in the other language, with `?lang=`.
    pub other_language: String,
    /// The form that the switch of language sends again, on a page that answers a POST; empty on others.
    pub switch_form: &'static str,
    /// The entry of the menu that this page is below.
    pub here: &'static str,
    /// The number of the request.
    pub number: String,
    /// Up to where the books are signed: when, and how many entries; only for the bureau.
    pub intact: Option<(String, u64)>,
}

/// Who is logged in.
#[derive(Debug, Clone)]
pub struct Who {
    /// What to call it.
    pub name: String,
    /// Which pages it sees.
    pub audience: Audience,
    /// Its role, in words.
    pub role: String,
}

impl Frame {
    /// The frame of a page with this title.
    pub fn of(visit: &Visit, title: &str) -> Self {
        let l = visit.language;
        let who = visit.session.as_ref().map(|session| Who {
            name: session.name.clone(),
            audience: session.audience,
            role: super::words::role(l, &session.role),
        });
        let separator = if visit.address.contains('?') { '&' } else { '?' };
        let other_language = format!("{}{separator}lang={}", visit.address, l.other().code());
        let (title, csrf, number) = (title.to_owned(), visit.csrf.clone(), visit.number.clone());
        let intact = visit.intact.map(|(size, time)| (super::show::moment(l, time), size));
        Self { l, title, who, csrf, other_language, switch_form: "", here: "", number, intact }
    }

    /// The same below this entry of the menu.
    #[must_use]
    pub fn under(self, here: &'static str) -> Self {
        Self { here, ..self }
    }

    /// The same, where the switch of language sends this form again.
    #[must_use]
    pub fn resending(self, switch_form: &'static str) -> Self {
        Self { switch_form, ..self }
    }

    /// The same, where the switch of language leads to this page: on one that answers a POST and is not to be sent again.
    #[must_use]
    pub fn switching_to(self, address: &str) -> Self {
        let separator = if address.contains('?') { '&' } else { '?' };
        Self { other_language: format!("{address}{separator}lang={}", self.l.other().code()), ..self }
    }

    /// Where the style sheet is.
    #[expect(clippy::unused_self, reason = "templates reach it through the frame")]
    pub fn style(&self) -> &'static str {
        &STYLE_PATH
    }

    /// Whether somebody of this audience is logged in.
    pub fn is_company(&self) -> bool {
        self.who.as_ref().is_some_and(|who| who.audience == Audience::Enterprise)
    }

    /// Whether somebody of the bureau is logged in.
    pub fn is_bureau(&self) -> bool {
        self.who.as_ref().is_some_and(|who| who.audience == Audience::Bureau)
    }
}

/// A template as an answer.
pub fn page(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => {
            let kind = HeaderValue::from_static("text/html; charset=utf-8");
            (StatusCode::OK, [(header::CONTENT_TYPE, kind)], html).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            Problem::Fault.into_response()
        }
    }
}
