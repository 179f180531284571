//! The thread that trims the log to what the namespaces keep, and has it give back disk space. It shares the writer only
//! for a few rows at a time.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use shared::ids::Namespace;
use shared::time::Timestamp;
use tokio::sync::oneshot;

use crate::clock;
use crate::store::{Keep, Log};

/// Most messages that are deleted in one go: what a publication may have to wait for.
const TRIM_MESSAGES: u32 = 500;

/// The pause between two goes, in which publications have the disk to themselves.
const TRIM_PAUSE: Duration = Duration::from_millis(20);

/// Shortest time for which an empty channel is remembered after its newest message. A reader that has been up to date for
/// longer may be told of a gap that is none.
const IDLE_MIN: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What a namespace keeps.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The namespace.
    pub namespace: Namespace,
    /// The newest of this number.
    pub messages: Option<u64>,
    /// Those not older than this.
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

/// A running retention. It ends when it is stopped or dropped.
pub struct Retention {
    stop: Sender<()>,
    thread: JoinHandle<()>,
    ended: oneshot::Receiver<()>,
}

impl Retention {
    /// Starts the thread, which looks at the log every `every`.
    ///
    /// # Errors
    /// The operating system's, where it gives no thread.
    pub fn start(log: Arc<dyn Log>, rules: Vec<Rule>, every: Duration) -> std::io::Result<Self> {
        let (stop, stopped) = channel();
        let (lives, ended) = oneshot::channel();
        let thread = std::thread::Builder::new().name("retention".to_owned());
        let thread = thread.spawn(move || {
            let _lives: oneshot::Sender<()> = lives;
            while stopped.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                for rule in &rules {
                    trim(&*log, rule, &stopped);
                }
                if let Err(error) = log.tidy() {
                    tracing::error!(%error, "the log cannot give back disk space");
                }
            }
        })?;
        Ok(Self { stop, thread, ended })
    }

    /// Waits until the thread has ended. It ends by itself only when it panics.
    pub async fn ended(&mut self) {
        // Nothing is sent: the sender is dropped.
        let _ = (&mut self.ended).await;
    }

    /// Ends it, and waits until it has.
    pub fn stop(self) {
        drop(self.stop);
        if self.thread.join().is_err() {
            tracing::error!("the retention thread panicked");
        }
    }
}

/// Goes once through the channels of a namespace.
fn trim(log: &dyn Log, rule: &Rule, stopped: &Receiver<()>) {
    let (mut messages, mut channels, mut from) = (0_u64, 0_u64, None);
    loop {
        match log.trim(&rule.namespace, &rule.keep(clock::now()), from.as_ref(), TRIM_MESSAGES) {
            Ok(trimmed) => {
                messages += u64::from(trimmed.messages);
                channels += u64::from(trimmed.channels);
                from = trimmed.next;
                if from.is_none() {
                    break;
                }
                // Where nothing was written, nobody was kept waiting.
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
