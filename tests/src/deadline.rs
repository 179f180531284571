//! Waits that end.

use std::time::Duration;

use tokio::time::Instant;

/// How long anything may take that a server or a native client does. Far more than it takes on an idle machine:
/// many stories run at the same time on few cores.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// How long anything may take that a page in a browser does, and coming back after an interruption.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// How often something is looked at that cannot tell by itself that it has changed.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Waits for `future`. `last` describes the last state seen and is part of the failure's message.
pub async fn within<T>(
    limit: Duration,
    what: &str,
    future: impl Future<Output = T>,
    last: impl FnOnce() -> String,
) -> T {
    match tokio::time::timeout(limit, future).await {
        Ok(value) => value,
        Err(_) => panic!("waited {limit:?} in vain: {what}\nlast seen: {}", last()),
    }
}

/// Looks again and again until `look` finds what it wants; `Err` says what it found instead. For things that have
/// no way to tell that they have changed, such as a process or a page.
pub async fn eventually<T>(
    limit: Duration,
    what: &str,
    mut look: impl AsyncFnMut() -> Result<T, String>,
) -> T {
    let end = Instant::now() + limit;
    loop {
        match look().await {
            Ok(found) => return found,
            Err(last) if Instant::now() >= end => {
                panic!("waited {limit:?} in vain: {what}\nlast seen: {last}")
            }
            Err(_) => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
}
