//! Reads durations as platforms write them.

use super::number::decimal;

/// As many seconds no session lasts, nor waits: thirty years. What is more is an instant, in seconds or milliseconds since 1970.
const TOO_LONG: f64 = 1e9;

/// A number of seconds, or a duration as `hh:mm:ss`.
pub(super) fn seconds(text: &str) -> Option<f64> {
    decimal(text).or_else(|| clock(text)).filter(|seconds| seconds.abs() < TOO_LONG)
}

/// A duration as `hh:mm:ss`, of any number of hours, perhaps with a fraction of a second or a sign.
fn clock(text: &str) -> Option<f64> {
    let (sign, text) = text.strip_prefix('-').map_or((1.0, text), |text| (-1.0, text));
    let mut parts = text.split(':');
    let (hours, minutes, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let starts = |part: &str| part.starts_with(|first: char| first.is_ascii_digit());
    if parts.next().is_some() || ![hours, minutes, rest].into_iter().all(starts) {
        return None;
    }
    let (hours, minutes, rest) = (hours.parse::<u32>().ok()?, minutes.parse::<u32>().ok()?, decimal(rest)?);
    (minutes < 60 && rest < 60.0)
        .then(|| sign * (f64::from(hours) * 3_600.0 + f64::from(minutes) * 60.0 + rest) + 0.0)
}
