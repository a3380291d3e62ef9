//! `ipledger reasons`: every reason that the ledger can give, as the page `docs/reasons.md` or as JSON.

use std::io::Write;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::decide::rejection::{Class, Reason};
use crate::decide::remedy::Retry;
use crate::rulebook::refusal::{Bilingual, Refusal};

/// How to write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// The page `docs/reasons.md`.
    Markdown,
    /// For programs.
    Json,
}

/// The flags of `ipledger reasons`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// How to write it.
    #[arg(long, value_enum, default_value_t = Format::Markdown)]
    format: Format,
}

/// Writes every reason.
pub fn run(arguments: &Arguments, out: &mut dyn Write) -> anyhow::Result<bool> {
    match arguments.format {
        Format::Markdown => out.write_all(markdown().as_bytes())?,
        Format::Json => writeln!(out, "{:#}", as_json())?,
    }
    Ok(true)
}

/// The gRPC status code of a class, as the gRPC specification writes it.
pub(super) const fn code(class: Class) -> &'static str {
    match class {
        Class::InvalidArgument => "INVALID_ARGUMENT",
        Class::Unauthenticated => "UNAUTHENTICATED",
        Class::PermissionDenied => "PERMISSION_DENIED",
        Class::NotFound => "NOT_FOUND",
        Class::AlreadyExists => "ALREADY_EXISTS",
        Class::FailedPrecondition => "FAILED_PRECONDITION",
        Class::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Class::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Class::Unavailable => "UNAVAILABLE",
    }
}

/// An error that carries no reason of ours: made before the ledger reads the request, or on the way.
struct Bare {
    code: &'static str,
    when: Bilingual,
    remedy: Bilingual,
}

const fn bare(code: &'static str, when: (&'static str, &'static str), remedy: (&'static str, &'static str)) -> Bare {
    Bare { code, when: Bilingual { en: when.0, zh: when.1 }, remedy: Bilingual { en: remedy.0, zh: remedy.1 } }
}

const BARE: &[Bare] = &[
    bare(
        "UNIMPLEMENTED",
        ("the RPC is not one of this ledger", "本账本没有该接口"),
        ("mend the name; `ipledger descriptors` has all of them", "请更正接口名：ipledger descriptors 列出全部接口"),
    ),
    bare("OUT_OF_RANGE", ("the request is larger than 4 MiB", "请求超过 4 MiB"), ("send less at once", "请拆分后发送")),
    bare(
        "INTERNAL",
        (
            "the bytes are not the message of this RPC, or a report failed while it was sent",
            "报文不是该接口的消息，或报表发送中断",
        ),
        (
            "make the client from the released descriptors; ask for the report again",
            "请用已发布的描述文件生成客户端；报表请重新索取",
        ),
    ),
    bare(
        "UNAVAILABLE",
        ("no connection, or it broke: the outcome is unknown", "未能连接或连接中断，处理结果未知"),
        ("send the same request again with the same request id", "请用同一请求编号原样重发"),
    ),
    bare(
        "CANCELLED",
        ("the client gave up; a write may be recorded", "客户端已取消；写入可能已登记"),
        ("send the same request again to hear what became of it", "请用同一请求编号原样重发，以得知结果"),
    ),
];

const HEAD: &str = "\
# Every reason the ledger can give

Made by `ipledger reasons` from the program, and compared with it by a test; do not edit. `ipledger reasons --format json`
is the same for programs.

There are two kinds of no:

- A **rejection** is an error: the request was not in order, and nothing was recorded. The gRPC status carries
  `google.rpc.ErrorInfo` with this `reason` and the domain `ipledger`; `metadata` has `retryable`, and `field` and `problem`
  of the first violation. `BadRequest` or `PreconditionFailure` name every violation, `LocalizedMessage` is the Chinese
  sentence, `RetryInfo` the pause before a retry.
- A **refusal** is an answer: the request was in order and the scheme says no, or not yet. It is an entry, with
  `Decision.outcome` `OUTCOME_REFUSED` or `OUTCOME_DEFERRED`, `Decision.reason`, the clause and the remedy; people appeal it.

`*` in the column *field* stands for whichever field is wrong; the error names it.

## When to try again (重试)

";

/// The page.
pub fn markdown() -> String {
    let mut text = HEAD.to_owned();
    text.push_str("| retry | meaning | 说明 |\n|---|---|---|\n");
    for retry in Retry::ALL {
        let Bilingual { en, zh } = retry.meaning();
        row(&mut text, &[&format!("`{}`", retry.code()), en, zh]);
    }
    text.push_str("\n## Rejections (不予受理)\n\n");
    text.push_str("| reason | gRPC code | field | retry | meaning | 说明 | remedy | 处理办法 |\n|---|---|---|---|---|---|---|---|\n");
    for &reason in Reason::ALL {
        let (meaning, remedy) = (reason.meaning(), reason.remedy());
        let (name, class) = (format!("`{reason}`"), format!("`{}`", code(reason.class())));
        let field = fields(reason);
        row(&mut text, &[&name, &class, &field, reason.retry().code(), meaning.en, meaning.zh, remedy.en, remedy.zh]);
    }
    text.push_str("\n## Refusals (不予支持、暂缓)\n\n");
    text.push_str("| reason | outcome | retry | meaning | 说明 | remedy | 处理办法 |\n|---|---|---|---|---|---|---|\n");
    for &refusal in Refusal::ALL {
        let (meaning, remedy) = (refusal.meaning(), refusal.remedy());
        let name = format!("`{refusal}`");
        row(
            &mut text,
            &[&name, outcome(refusal), refusal.retry().code(), meaning.en, meaning.zh, remedy.en, remedy.zh],
        );
    }
    text.push_str("\n## Errors without a reason\n\n");
    text.push_str(
        "Made before the ledger reads the request, or on the way. A client without a certificate is answered ",
    );
    text.push_str("`UNAUTHENTICATED`;\na wrong, expired or revoked certificate is refused in the handshake, and the ");
    text.push_str("ledger's log says why ([identity.md](identity.md)).\n\n");
    text.push_str("| gRPC code | when | 情形 | remedy | 处理办法 |\n|---|---|---|---|---|\n");
    for Bare { code, when, remedy } in BARE {
        row(&mut text, &[&format!("`{code}`"), when.en, when.zh, remedy.en, remedy.zh]);
    }
    text
}

fn fields(reason: Reason) -> String {
    let named = reason.field();
    if named.is_empty() || named == "*" {
        return named.to_owned();
    }
    named.split(", ").map(|field| format!("`{field}`")).collect::<Vec<_>>().join(", ")
}

const fn outcome(refusal: Refusal) -> &'static str {
    if refusal.defers() { "deferred" } else { "refused" }
}

fn row(text: &mut String, cells: &[&str]) {
    text.push_str("| ");
    text.push_str(&cells.join(" | "));
    text.push_str(" |\n");
}

fn as_json() -> Value {
    let both = |words: Bilingual| json!({ "en": words.en, "zh": words.zh });
    let rejections: Vec<Value> = Reason::ALL
        .iter()
        .map(|reason| {
            json!({
                "reason": reason.code(),
                "code": code(reason.class()),
                "fields": reason.field().split(", ").filter(|field| !field.is_empty()).collect::<Vec<_>>(),
                "retry": reason.retry().code(),
                "retryable": reason.retryable(),
                "meaning": both(reason.meaning()),
                "remedy": both(reason.remedy()),
            })
        })
        .collect();
    let refusals: Vec<Value> = Refusal::ALL
        .iter()
        .map(|refusal| {
            json!({
                "reason": refusal.code(),
                "outcome": outcome(*refusal),
                "retry": refusal.retry().code(),
                "meaning": both(refusal.meaning()),
                "remedy": both(refusal.remedy()),
            })
        })
        .collect();
    let retries: Vec<Value> =
        Retry::ALL.iter().map(|retry| json!({ "retry": retry.code(), "meaning": both(retry.meaning()) })).collect();
    let bare: Vec<Value> = BARE
        .iter()
        .map(|bare| json!({ "code": bare.code, "when": both(bare.when), "remedy": both(bare.remedy) }))
        .collect();
    json!({ "domain": "ipledger", "retries": retries, "rejections": rejections, "refusals": refusals, "bare": bare })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_what_the_program_says() {
        let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reasons.md")).unwrap();
        assert!(page == markdown(), "docs/reasons.md is not current: run `cargo run -- reasons > docs/reasons.md`");
    }

    /// A cell with a bar would shift the columns.
    #[test]
    fn every_row_has_as_many_cells_as_its_head() {
        let mut columns = 0;
        for line in markdown().lines() {
            let bars = line.matches('|').count();
            if !line.starts_with('|') {
                columns = 0;
            } else if columns == 0 {
                columns = bars;
            } else {
                assert_eq!(bars, columns, "{line}");
            }
        }
    }

    #[test]
    fn programs_get_every_reason_too() {
        let json = as_json();
        assert_eq!(json["rejections"].as_array().unwrap().len(), Reason::ALL.len());
        assert_eq!(json["refusals"].as_array().unwrap().len(), Refusal::ALL.len());
        assert_eq!(json["rejections"][0]["reason"], "INVALID_FIELD");
    }
}
