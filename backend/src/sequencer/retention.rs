//! The thread that trims the log to the retention rules of the namespaces and makes it return disk space. It finds what is outdated
//! by reading, and proposes trims of a few rows to the log thread.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use shared::ids::{ChannelName, Namespace};
use shared::time::Timestamp;
use tokio::sync::oneshot;

use crate::clock;
use crate::sequencer::queue::LogQueue;
use crate::store::{Due, Keep, Log, LogError, Trim, Trimmed};

/// Maximum number of messages deleted by one trim. A publication may have to wait for it.
const TRIM_MESSAGES: u32 = 500;

/// Pause between two trims, in which only publications use the disk.
const TRIM_PAUSE: Duration = Duration::from_millis(20);

/// Minimum time after its newest message for which an empty channel is remembered. A reader that has been up to date for longer
/// may get a `gap` although it missed nothing.
const IDLE_MIN: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The retention rule of a namespace.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The namespace.
    pub namespace: Namespace,
    /// Maximum number of messages in a channel; `None` keeps all.
    pub messages: Option<u64>,
    /// Maximum age of a message; `None` keeps all.
    pub age: Option<Duration>,
}

impl Rule {
    fn keep(&self, now: Timestamp) -> Keep {
        let before = |age: Duration| {
            let age_ms = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
            Timestamp(now.0.saturating_sub(age_ms))
        };
        // Without an age a channel is empty only if no message is kept at all.
        let idle = self.age.map(|age| IDLE_MIN.max(age.saturating_mul(2)));
        Keep { messages: self.messages, since: self.age.map(before), now, idle_since: idle.map(before) }
    }
}

/// The running retention thread. It ends when this is stopped or dropped.
pub struct Retention {
    stop: Sender<()>,
    thread: JoinHandle<()>,
    ended: oneshot::Receiver<()>,
}

impl Retention {
    /// Starts the thread. Once in each period of `every` it finds what is outdated in `log` and proposes trims to `queue`.
    ///
    /// # Errors
    /// The operating system's error if it cannot start a thread.
    pub fn start(
        log: Arc<dyn Log>,
        queue: LogQueue,
        rules: Vec<Rule>,
        every: Duration,
    ) -> std::io::Result<Self> {
        let (stop, stopped) = channel();
        let (lives, ended) = oneshot::channel();
        let thread = std::thread::Builder::new().name("retention".to_owned());
        let thread = thread.spawn(move || {
            let _lives: oneshot::Sender<()> = lives;
            while stopped.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                for rule in &rules {
                    trim(&*log, &queue, rule, &stopped);
                }
                if let Err(error) = log.tidy() {
                    tracing::error!(%error, "the log cannot return disk space");
                }
            }
        })?;
        Ok(Self { stop, thread, ended })
    }

    /// Waits until the thread has ended. Without a stop it ends only if it panics.
    pub async fn ended(&mut self) {
        // The thread sends nothing: the receiver resolves when the sender is dropped.
        let _ = (&mut self.ended).await;
    }

    /// Stops the thread and waits until it has ended.
    pub fn stop(self) {
        drop(self.stop);
        if self.thread.join().is_err() {
            tracing::error!("the retention thread panicked");
        }
    }
}

/// Trims all channels of a namespace once.
fn trim(log: &dyn Log, queue: &LogQueue, rule: &Rule, stopped: &Receiver<()>) {
    let (mut messages, mut channels, mut from) = (0_u64, 0_u64, None);
    loop {
        match trim_next(log, queue, rule, from.as_ref()) {
            Ok((trimmed, next)) => {
                messages += u64::from(trimmed.messages);
                channels += u64::from(trimmed.channels);
                from = next;
                if from.is_none() {
                    break;
                }
                // If nothing was deleted, no publication had to wait, so do not pause.
                let pause = if trimmed.messages + trimmed.channels > 0 { TRIM_PAUSE } else { Duration::ZERO };
                if stopped.recv_timeout(pause) != Err(RecvTimeoutError::Timeout) {
                    break;
                }
            }
            Err(error) => {
                tracing::error!(namespace = %rule.namespace, %error, "the log cannot be trimmed");
                break;
            }
        }
    }
    if messages + channels > 0 {
        tracing::info!(namespace = %rule.namespace, messages, channels, "old messages were trimmed");
    }
}

/// Trims the next channels, beginning with `from`. Returns the channel from which to continue.
fn trim_next(
    log: &dyn Log,
    queue: &LogQueue,
    rule: &Rule,
    from: Option<&ChannelName>,
) -> Result<(Trimmed, Option<ChannelName>), LogError> {
    let Due { channels, next } =
        log.outdated(&rule.namespace, &rule.keep(clock::now()), from, TRIM_MESSAGES)?;
    let trimmed = if channels.is_empty() { Trimmed::default() } else { queue.trim(Trim { channels })? };
    Ok((trimmed, next))
}
