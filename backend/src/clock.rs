//! The wall clock.

use std::time::{SystemTime, UNIX_EPOCH};

use shared::time::Timestamp;

/// Returns the current time. A clock that is set before 1970 reads as 1970.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
