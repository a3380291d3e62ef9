//! The rulebooks that the binary carries.

/// The shipped rulebook files: name and text. A bureau adopts one of them, or its own.
pub const fn shipped() -> &'static [(&'static str, &'static str)] {
    &[
        ("hebi-2017.toml", include_str!("../../rulebooks/hebi-2017.toml")),
        ("hebi-2017-literal.toml", include_str!("../../rulebooks/hebi-2017-literal.toml")),
    ]
}
