//! Waits with a deadline.

use std::time::Duration;

use tokio::time::Instant;

/// Maximum wait for a server or a native client. It is far longer than needed on an idle machine, because many stories
/// run at the same time on few cores.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// Maximum wait for a page in a browser, and for a reconnection.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Polling interval for a state that cannot notify.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Waits for `future`. `last` describes the last state and is a part of the failure's message.
pub async fn within<T>(
    limit: Duration,
    what: &str,
    future: impl Future<Output = T>,
    last: impl FnOnce() -> String,
) -> T {
    match tokio::time::timeout(limit, future).await {
        Ok(value) => value,
        Err(_) => panic!("not within {limit:?}: {what}\nlast seen: {}", last()),
    }
}

/// Polls until `look` returns `Ok`. `Err` describes the current state. Use it for a state that cannot notify of a
/// change, such as that of a process or a page.
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
                panic!("not within {limit:?}: {what}\nlast seen: {last}")
            }
            Err(_) => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
}
