//! Detects that a part of the server has died, so that the process ends instead of appearing to work.

use std::pin::pin;

use futures_util::future::{Either, select, select_all};

use crate::mailbox::Mailboxes;
use crate::sequencer::publisher::Publisher;

/// A part that the server cannot work without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The thread that writes the log.
    LogThread,
    /// The thread that trims the log.
    Retention,
    /// The event loop of a worker, which handles its mailbox.
    Worker,
    /// The task that orders the messages of channels without history.
    Sequencer,
    /// The task that waits for the signals that stop the server.
    Stopper,
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::LogThread => "the log thread",
            Self::Retention => "the retention thread",
            Self::Worker => "a worker's loop",
            Self::Sequencer => "a worker's sequencer",
            Self::Stopper => "the task that waits for signals",
        })
    }
}

/// Waits for the first part that ends, and returns it. `log_thread` and `retention` resolve when their threads have ended. Each
/// part owns one end of a channel, and drops it however it ends.
pub async fn first_end(
    mailboxes: &Mailboxes,
    publisher: &Publisher,
    log_thread: impl Future,
    retention: impl Future,
) -> Part {
    let workers = select_all((0..mailboxes.count()).map(|worker| Box::pin(mailboxes.closed(worker))));
    let sequencers = select_all((0..mailboxes.count()).map(|worker| Box::pin(publisher.live_closed(worker))));
    let workers = select(workers, sequencers);
    let (log_thread, retention) = (pin!(log_thread), pin!(retention));
    let threads = select(log_thread, retention);
    match select(workers, threads).await {
        Either::Left((Either::Left(_), _)) => Part::Worker,
        Either::Left((Either::Right(_), _)) => Part::Sequencer,
        Either::Right((Either::Left(_), _)) => Part::LogThread,
        Either::Right((Either::Right(_), _)) => Part::Retention,
    }
}

/// Aborts the process. Prints the line itself, because the log writer's thread may not run before the end.
#[allow(clippy::print_stderr, reason = "the last line of a process that aborts")]
pub(crate) fn abort(part: &str) -> ! {
    eprintln!("tidings: {part} has died; the server exits and must be restarted");
    std::process::abort();
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use shared::ids::Epoch;
    use tokio::sync::oneshot;

    use super::*;
    use crate::config::Durability;
    use crate::sequencer::direct::Direct;
    use crate::sequencer::publisher::Start;
    use crate::sequencer::retention::Retention;
    use crate::sequencer::{live, log_thread};
    use crate::store::Log;
    use crate::store::sqlite::SqliteLog;
    use crate::telemetry::metrics::Metrics;

    /// Runs a server of which one part panics: the event loop of a worker, or its sequencer. Returns the part that was detected.
    async fn dead_part(worker_panics: bool) -> Part {
        let folder = tempfile::tempdir().unwrap();
        let log = SqliteLog::open(&folder.path().join("log.db"), Durability::Normal).unwrap();
        let log: Arc<dyn Log> = Arc::new(log);
        let (mailboxes, mut receivers) = Mailboxes::new(1, Metrics::new());
        let (live, sequencer) = live::queue();
        let start = Start { live_epoch: Epoch(1), live_key: 1 };
        let (queue, _log_thread) = log_thread::queue(Arc::clone(&log), Direct::default());
        let publisher = Publisher::new(queue.clone(), vec![live], start);
        let receiver = receivers.remove(0);
        let mut retention = Retention::start(log, queue, Vec::new(), Duration::from_secs(3600)).unwrap();
        let (_lives, log_thread) = oneshot::channel::<()>();
        tokio::spawn(async move {
            let _mailbox = receiver;
            assert!(!worker_panics, "a bug");
            std::future::pending::<()>().await;
        });
        tokio::spawn(async move {
            let _sequencer = sequencer;
            assert!(worker_panics, "a bug");
            std::future::pending::<()>().await;
        });
        let part = first_end(&mailboxes, &publisher, log_thread, retention.ended()).await;
        retention.stop();
        part
    }

    #[tokio::test]
    async fn a_panic_of_a_workers_task_is_detected() {
        assert_eq!(dead_part(true).await, Part::Worker);
        assert_eq!(dead_part(false).await, Part::Sequencer);
    }
}
