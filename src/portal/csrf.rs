//! Tokens in forms, so that no other site can make a browser post one (跨站请求伪造).
//!
//! A token is a keyed hash of the browser's cookie: every form has it in a hidden field, and no form is taken without. A
//! visitor who is not logged in has a cookie too, for the login form. The cookie is also `SameSite=Lax`, and a POST that a
//! browser says comes from another site is refused before that.

use axum::http::{HeaderMap, Method, header};

use super::secret::{Secret, same};

/// The name of the hidden field.
pub const FIELD: &str = "csrf";

/// The token for a browser's cookie.
pub fn token(secret: &Secret, cookie: &str) -> String {
    hex::encode(secret.sign("form", cookie))
}

/// Whether a form came with the token of its cookie.
pub fn is_token(secret: &Secret, cookie: &str, sent: &str) -> bool {
    same(token(secret, cookie).as_bytes(), sent.as_bytes())
}

/// Whether a browser says that another site sent this.
pub fn is_from_elsewhere(method: &Method, headers: &HeaderMap) -> bool {
    if matches!(*method, Method::GET | Method::HEAD) {
        return false;
    }
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let site = headers.get("sec-fetch-site").and_then(|value| value.to_str().ok());
    if site.is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return true;
    }
    let host = text(header::HOST);
    let origin = text(header::ORIGIN);
    origin.is_some_and(|origin| {
        let own = origin.split_once("://").map(|(_, host)| host);
        own.is_none() || own != host
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_one_cookies() {
        let secret = Secret::of(&[1; 32]);
        let one = token(&secret, "cookie");
        assert!(is_token(&secret, "cookie", &one));
        assert!(!is_token(&secret, "other", &one));
        assert!(!is_token(&secret, "cookie", ""));
    }

    #[test]
    fn what_another_site_sends_is_known() {
        let of = |method: Method, pairs: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, value.parse().unwrap());
            }
            is_from_elsewhere(&method, &headers)
        };
        assert!(!of(Method::POST, &[("host", "a.example")]), "an old browser says nothing");
        assert!(!of(Method::POST, &[("host", "a.example"), ("origin", "https://a.example")]));
        assert!(of(Method::POST, &[("host", "a.example"), ("origin", "https://b.example")]));
        assert!(of(Method::POST, &[("host", "a.example"), ("origin", "null")]));
        assert!(of(Method::POST, &[("sec-fetch-site", "cross-site")]));
        assert!(!of(Method::POST, &[("sec-fetch-site", "same-origin")]));
        assert!(!of(Method::GET, &[("sec-fetch-site", "cross-site")]), "a link from elsewhere may be followed");
    }
}
