//! How the app shows the state of the connection.

use shared::session::Status;
use shared::time::Timestamp;

use super::texts::{sentences, words};

/// Returns the name of a state, for styles and tests.
pub(crate) fn name(status: &Status) -> &'static str {
    match status {
        Status::Stopped => "stopped",
        Status::Connecting { .. } => "connecting",
        Status::Online { .. } => "online",
        Status::Waiting { .. } => "waiting",
        Status::Ended { .. } => "ended",
    }
}

/// Returns the text of the badge. Seconds are rounded up, so the last second shows 1. A reason of the server follows the
/// text as a text of its own.
pub(crate) fn label(status: &Status, now: Timestamp) -> String {
    match status {
        Status::Stopped => words().not_connected.to_owned(),
        Status::Connecting { attempt: 0 } => words().connecting.to_owned(),
        Status::Connecting { .. } => words().reconnecting.to_owned(),
        Status::Online { .. } => words().online.to_owned(),
        Status::Waiting { until, .. } => match until.0.saturating_sub(now.0).div_ceil(1000) {
            0 => words().reconnecting.to_owned(),
            seconds => sentences().retrying_in(seconds),
        },
        Status::Ended { reason, .. } if reason.is_empty() => words().disconnected.to_owned(),
        Status::Ended { .. } => words().disconnected_because.to_owned(),
    }
}

/// Returns what a screen reader announces when the state changes. Without the countdown, because it would announce every
/// second.
pub(crate) fn announcement(status: &Status) -> &'static str {
    match status {
        Status::Stopped => words().not_connected,
        Status::Connecting { .. } => words().connecting,
        Status::Online { .. } => words().online,
        Status::Waiting { .. } => words().connection_lost,
        Status::Ended { .. } => words().disconnected_by_server,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_badge_counts_down() {
        let waiting = Status::Waiting { until: Timestamp(5_000), attempt: 1 };
        assert_eq!(label(&waiting, Timestamp(1_500)), "You’re offline. Retrying in 4 s");
        assert_eq!(label(&waiting, Timestamp(4_999)), "You’re offline. Retrying in 1 s");
        assert_eq!(label(&waiting, Timestamp(6_000)), "Reconnecting…");
    }
}
