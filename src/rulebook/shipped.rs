//! The rulebooks that the binary carries.

/// Name and text of a file beside this one's `rulebooks/`.
macro_rules! files {
    ($($name:literal),+ $(,)?) => {
        &[$((concat!($name, ".toml"), include_str!(concat!("../../rulebooks/", $name, ".toml")))),+]
    };
}

/// The shipped rulebook files: name and text. A bureau adopts one of them, or its own.
pub const fn shipped() -> &'static [(&'static str, &'static str)] {
    files![
        "hebi-2017",
        "hebi-2017-literal",
        "hebi-2017-grants",
        "chenzhou-2009",
        "guantian-fund",
        "lianyungang-2016",
        "xinzheng-2013",
        "qingdao-2024",
        "weihai-2020",
        "beijing-2024",
        "zhongguancun-2021",
        "beijing-insurance-2020",
        "nansha-2024",
        "guangzhou-2025",
        "zhongshan-pool",
        "tongliang-2025",
        "anhui-2022",
        "xuchang-2023",
        "chongqing-hightech-2021",
    ]
}
