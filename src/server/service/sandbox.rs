//! `SandboxService`: served in a sandbox only.

use tonic::{Request, Response, async_trait};

use super::Answer;
use crate::calendar::{CivilDate, Timestamp};
use crate::decide::rejection::{Reason, Rejection};
use crate::proto::v1;
use crate::proto::v1::move_clock_request::To;
use crate::proto::v1::sandbox_service_server::SandboxService;
use crate::server::edge::Edge;
use crate::server::parse::query;
use crate::server::render::timestamp;
use crate::server::sandbox::{NOTICE, NOTICE_ZH, morning_of};

/// The furthest that the clock goes in one move.
const DAYS_MAX: i32 = 3_660;

#[async_trait]
impl SandboxService for Edge {
    async fn get_sandbox(&self, request: Request<v1::GetSandboxRequest>) -> Answer<v1::GetSandboxResponse> {
        self.open(request)?;
        let now = self.clock().now();
        Ok(Response::new(v1::GetSandboxResponse {
            now: Some(timestamp(now)),
            today: now.shanghai_date().to_string(),
            notice: NOTICE.to_owned(),
            notice_zh: NOTICE_ZH.to_owned(),
        }))
    }

    async fn move_clock(&self, request: Request<v1::MoveClockRequest>) -> Answer<v1::MoveClockResponse> {
        let (_, message) = self.open(request)?;
        let now = moved(self, &message)?;
        Ok(Response::new(v1::MoveClockResponse { now: Some(timestamp(now)), today: now.shanghai_date().to_string() }))
    }
}

fn moved(edge: &Edge, message: &v1::MoveClockRequest) -> Result<Timestamp, Rejection> {
    let Some(clock) = edge.sandbox() else { return Err(Rejection::plain(Reason::PermissionDenied)) };
    let today = edge.today();
    let day = match &message.to {
        Some(To::Day(day)) => query(|violations| violations.take("day", CivilDate::parse(day)))?,
        Some(To::Days(days)) if (1..=DAYS_MAX).contains(days) => {
            today.plus_days(i64::from(*days)).ok_or_else(|| wrong("days", days))?
        }
        Some(To::Days(days)) => return Err(wrong("days", days)),
        None => return Err(wrong("to", &"nothing")),
    };
    if day <= today || day.days_since(today) > i64::from(DAYS_MAX) {
        return Err(Rejection::new(
            Reason::DateOutOfRange,
            "day",
            format!("`{day}` is not within {DAYS_MAX} days after today, {today}; the clock only goes forwards"),
            format!("“{day}”须在今日（{today}）之后{DAYS_MAX}日内；时钟只能向前"),
        ));
    }
    let morning = morning_of(day);
    clock.set(morning);
    Ok(morning)
}

fn wrong(field: &str, value: &dyn std::fmt::Display) -> Rejection {
    Rejection::new(
        Reason::InvalidField,
        field,
        format!("`{value}` does not say where to; expected a day, or 1 to {DAYS_MAX} days"),
        format!("“{value}”不能确定目标日期；应为日期，或1至{DAYS_MAX}天"),
    )
}
