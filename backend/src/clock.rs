//! The wall clock.

use std::time::{SystemTime, UNIX_EPOCH};

use shared::time::Timestamp;

/// This moment. A clock set before 1970 reads as 1970.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
