//! Throttles reading from a client that exceeds its rate: its bytes stay in the network and use no memory of the server. On a
//! connection inside actix, about 160 KiB are buffered before that takes effect.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Sleep, sleep};

/// Shorter pauses are accumulated, because a timer costs more than the refusal.
const PAUSE_MS_MIN: u64 = 20;

/// The pauses in reading from one client.
#[derive(Debug, Default)]
pub(super) struct Pace {
    owed: Duration,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Pace {
    /// Adds a pause before the next read.
    pub(super) fn owe(&mut self, pause: Duration) {
        self.owed += pause;
    }

    /// Waits until the client may be read from.
    pub(super) fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.owed >= Duration::from_millis(PAUSE_MS_MIN) {
            let pause = std::mem::take(&mut self.owed);
            self.pause = Some(Box::pin(sleep(pause)));
        }
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(context));
            self.pause = None;
        }
        Poll::Ready(())
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use futures_util::FutureExt as _;
    use tokio::time::Instant;

    use super::*;

    #[tokio::test]
    async fn short_pauses_accumulate_and_long_ones_delay_the_next_read() {
        let (mut pace, begun) = (Pace::default(), Instant::now());
        pace.owe(Duration::from_millis(PAUSE_MS_MIN - 1));
        assert!(poll_fn(|context| pace.poll_ready(context)).now_or_never().is_some());
        pace.owe(Duration::from_millis(1));
        poll_fn(|context| pace.poll_ready(context)).await;
        assert!(begun.elapsed() >= Duration::from_millis(PAUSE_MS_MIN));
        assert!(poll_fn(|context| pace.poll_ready(context)).now_or_never().is_some(), "the pause has ended");
    }
}
