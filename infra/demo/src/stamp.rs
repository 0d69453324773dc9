//! The platform's mix of time formats.

use chrono::{FixedOffset, Offset, Utc};
use domain::time::Instant;
use domain::zone::Zone;
use serde_json::{Value, json};

/// The zone that generated local times are in: the one accounts begin with.
pub const ZONE: Zone = Zone::SAO_PAULO;

/// How a time is written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Style {
    /// `2026-10-03 14:05:22`, in the account's zone.
    Local,
    /// `2026-10-03 14:05:22.512`, in the account's zone.
    LocalMillis,
    /// `2026-10-03T17:05:22.000000Z`.
    Utc,
    /// `2026-10-03T14:05:22-03:00`.
    Offset,
    /// `{"$date": "2026-10-03T17:05:22Z"}`.
    Wrapped,
}

/// A time as the platform would write it.
pub(crate) fn stamp(at: Instant, style: Style) -> Value {
    let ahead = (at.in_zone(ZONE).and_utc() - at.to_utc()).num_seconds();
    let offset = i32::try_from(ahead).ok().and_then(FixedOffset::east_opt).unwrap_or(Utc.fix());
    let local = at.to_utc().with_timezone(&offset);
    match style {
        Style::Local => local.format("%Y-%m-%d %H:%M:%S").to_string().into(),
        Style::LocalMillis => local.format("%Y-%m-%d %H:%M:%S%.3f").to_string().into(),
        Style::Utc => at.to_utc().format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string().into(),
        Style::Offset => local.format("%Y-%m-%dT%H:%M:%S%:z").to_string().into(),
        Style::Wrapped => json!({"$date": at.to_rfc3339()}),
    }
}
