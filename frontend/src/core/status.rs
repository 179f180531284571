//! The connection's state in the words of the badge.

use shared::session::Status;
use shared::time::Timestamp;

/// The name of a state, for styles and tests.
pub(crate) fn name(status: &Status) -> &'static str {
    match status {
        Status::Stopped => "stopped",
        Status::Connecting { .. } => "connecting",
        Status::Online { .. } => "online",
        Status::Waiting { .. } => "waiting",
        Status::Ended { .. } => "ended",
    }
}

/// What the badge says. Whole seconds that have begun are counted: it says 1 until the try is made.
pub(crate) fn label(status: &Status, now: Timestamp) -> String {
    match status {
        Status::Stopped => "Not connected".to_owned(),
        Status::Connecting { attempt: 0 } => "Connecting…".to_owned(),
        Status::Connecting { .. } => "Reconnecting…".to_owned(),
        Status::Online { .. } => "Online".to_owned(),
        Status::Waiting { until, .. } => match until.0.saturating_sub(now.0).div_ceil(1000) {
            0 => "Reconnecting…".to_owned(),
            seconds => format!("Offline, next try in {seconds} s"),
        },
        Status::Ended { .. } => "Disconnected".to_owned(),
    }
}

/// What a screen reader is told when the state changes. Without the countdown, which would be read every second.
pub(crate) fn announcement(status: &Status) -> &'static str {
    match status {
        Status::Stopped => "Not connected",
        Status::Connecting { .. } => "Connecting",
        Status::Online { .. } => "Online",
        Status::Waiting { .. } => "Connection lost. Trying again soon.",
        Status::Ended { .. } => "The server has ended the connection.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_badge_counts_down() {
        let waiting = Status::Waiting { until: Timestamp(5_000), attempt: 1 };
        assert_eq!(label(&waiting, Timestamp(1_500)), "Offline, next try in 4 s");
        assert_eq!(label(&waiting, Timestamp(4_999)), "Offline, next try in 1 s");
        assert_eq!(label(&waiting, Timestamp(6_000)), "Reconnecting…");
    }
}
