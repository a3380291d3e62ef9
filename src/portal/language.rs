//! Chinese first, English by a switch on the same address: `?lang=en` sets a cookie.

use axum::http::{HeaderMap, Uri};

use crate::proto::v1;
use crate::server::Words;

/// The cookie that keeps the choice.
pub const COOKIE: &str = "lang";

/// What a page is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// 简体中文.
    Chinese,
    /// English.
    English,
}

impl Language {
    /// By its tag in addresses and cookies.
    pub fn parse(tag: &str) -> Option<Self> {
        match tag {
            "zh" => Some(Self::Chinese),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    /// Its tag in addresses and cookies.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Chinese => "zh",
            Self::English => "en",
        }
    }

    /// Its tag in HTML.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Chinese => Self::English,
            Self::English => Self::Chinese,
        }
    }

    /// Whether this is Chinese.
    pub const fn is_chinese(self) -> bool {
        matches!(self, Self::Chinese)
    }

    /// One of two texts: how templates say everything.
    pub const fn say<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Chinese => zh,
            Self::English => en,
        }
    }

    /// A text of the API.
    pub fn text(self, text: Option<&v1::Text>) -> String {
        let Some(text) = text else { return String::new() };
        self.say(&text.zh, &text.en).to_owned()
    }

    /// A sentence of the ledger.
    pub fn words(self, words: &Words) -> String {
        self.say(&words.zh, &words.en).to_owned()
    }
}

/// What the address asks for, and what the browser was told before.
pub fn chosen(uri: &Uri, headers: &HeaderMap) -> (Language, bool) {
    let asked = uri.query().into_iter().flat_map(|query| query.split('&'));
    let asked = asked.filter_map(|pair| pair.strip_prefix("lang=")).find_map(Language::parse);
    let kept = super::visit::cookie(headers, COOKIE).and_then(|tag| Language::parse(&tag));
    (asked.or(kept).unwrap_or(Language::Chinese), asked.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_unless_asked_or_told_before() {
        let of = |uri: &str, cookie: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("cookie", cookie.parse().unwrap());
            chosen(&uri.parse().unwrap(), &headers)
        };
        assert_eq!(of("/", ""), (Language::Chinese, false));
        assert_eq!(of("/?lang=en", ""), (Language::English, true));
        assert_eq!(of("/?year=2025&lang=en", "lang=zh"), (Language::English, true));
        assert_eq!(of("/", "a=b; lang=en"), (Language::English, false));
        assert_eq!(of("/?lang=fr", "lang=xx"), (Language::Chinese, false));
    }
}
