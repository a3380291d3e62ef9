//! What is different in a sandbox: every answer says so, the clock is moved by whoever tries things out, and any rejection
//! can be had for the asking.

use tonic::metadata::MetadataMap;

use crate::calendar::{CivilDate, Timestamp};
use crate::decide::rejection::{Reason, Rejection};

/// Response metadata that says `true` on every answer of a sandbox, and is nowhere else.
pub const SANDBOX_KEY: &str = "ipledger-sandbox";

/// Request metadata that names the reason with which the call is to be rejected; heard in a sandbox only.
pub const REASON_KEY: &str = "ipledger-sandbox-reason";

/// What a sandbox says of itself.
pub const NOTICE: &str = "SANDBOX: made-up companies, a clock that anybody may move, no real money";

/// The same in Chinese.
pub const NOTICE_ZH: &str = "沙箱环境：企业均为虚构，时钟可由任何人调整，不涉及真实资金";

/// The person who made the first entry of every sandbox: by it a journal is known as one wherever it is taken to.
pub const SANDBOX_PERSON: &str = "sandbox";

/// Nine in the morning of a day in Asia/Shanghai.
pub fn morning_of(day: CivilDate) -> Timestamp {
    const HOUR: i64 = 3_600 * 1_000_000;
    // The epoch began at eight in the morning there.
    Timestamp::from_micros(i64::from(day.epoch_days()).saturating_mul(24 * HOUR).saturating_add(HOUR))
}

/// The rejection that a call asks for.
pub(super) fn asked_for(metadata: &MetadataMap) -> Option<Rejection> {
    let asked = metadata.get(REASON_KEY)?.to_str().unwrap_or_default();
    let Some(reason) = Reason::parse(asked) else {
        return Some(Rejection::new(
            Reason::InvalidField,
            REASON_KEY,
            format!("`{asked}` is not a reason; expected one of docs/reasons.md, for example `QUEUE_FULL`"),
            format!("“{asked}”不是原因代码；应为 docs/reasons.md 所列之一，例如 QUEUE_FULL"),
        ));
    };
    let field = match reason.field() {
        "" | "*" => "",
        fields => fields.split(", ").next().unwrap_or_default(),
    };
    Some(Rejection::new(
        reason,
        field,
        format!("the sandbox says so, as `{REASON_KEY}` asked for; nothing was done"),
        format!("沙箱按 {REASON_KEY} 的要求答复；未作任何处理"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_morning_is_on_its_day() {
        for day in ["1990-01-01", "2025-06-02", "2040-12-31"] {
            let day = CivilDate::parse(day).unwrap();
            assert_eq!(morning_of(day).shanghai_date(), day);
            assert!(morning_of(day).to_string().contains("T01:00:00"), "{}", morning_of(day));
        }
    }

    #[test]
    fn every_rejection_can_be_asked_for_and_nothing_else() {
        let asked = |value: &str| {
            let mut metadata = MetadataMap::new();
            metadata.insert(REASON_KEY, value.parse().unwrap());
            asked_for(&metadata).map(|rejection| rejection.reason)
        };
        for &reason in Reason::ALL {
            assert_eq!(asked(reason.code()), Some(reason));
        }
        assert_eq!(asked("NO_SUCH"), Some(Reason::InvalidField));
        assert_eq!(asked_for(&MetadataMap::new()), None);
    }
}
