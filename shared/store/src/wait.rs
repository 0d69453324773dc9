//! How long to wait before what failed is tried again.

/// How many times a wait is doubled at most: by then a second has become more than eighteen hours.
const MOST_DOUBLINGS: u32 = 16;

/// Returns a wait that was doubled so many times and is never longer than `longest`, all in seconds.
pub fn doubled(first: i64, times: u32, longest: i64) -> i64 {
    (first << times.min(MOST_DOUBLINGS)).min(longest)
}
