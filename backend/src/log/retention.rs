//! The thread that trims the log to what the namespaces keep. It shares the writer only for a few rows at a time.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use shared::ids::Namespace;
use shared::time::Timestamp;

use super::{Keep, Log};
use crate::clock;

/// Most messages that are deleted in one go: what a publication may have to wait for.
const TRIM_MESSAGES: u32 = 500;

/// The pause between two goes, in which publications have the disk to themselves.
const TRIM_PAUSE: Duration = Duration::from_millis(20);

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
        Keep { messages: self.messages, since: self.age.map(before) }
    }
}

/// A running retention. It ends when it is stopped or dropped.
pub struct Retention {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Retention {
    /// Starts the thread, which looks at the log every `every`.
    ///
    /// # Errors
    /// The operating system's, where it gives no thread.
    pub fn start(log: Arc<dyn Log>, rules: Vec<Rule>, every: Duration) -> std::io::Result<Self> {
        let (stop, stopped) = channel();
        let thread = std::thread::Builder::new().name("retention".to_owned());
        let thread = thread.spawn(move || {
            while stopped.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                for rule in &rules {
                    trim(&*log, rule, &stopped);
                }
            }
        })?;
        Ok(Self { stop, thread })
    }

    /// Ends it, and waits until it has.
    pub fn stop(self) {
        drop(self.stop);
        if self.thread.join().is_err() {
            tracing::error!("the retention thread panicked");
        }
    }
}

fn trim(log: &dyn Log, rule: &Rule, stopped: &Receiver<()>) {
    let mut trimmed = 0_u64;
    loop {
        match log.trim(&rule.namespace, &rule.keep(clock::now()), TRIM_MESSAGES) {
            Ok(count) => {
                trimmed += u64::from(count);
                if count < TRIM_MESSAGES {
                    break;
                }
            }
            Err(error) => {
                tracing::error!(namespace = %rule.namespace, %error, "the log cannot be trimmed");
                break;
            }
        }
        if stopped.recv_timeout(TRIM_PAUSE) != Err(RecvTimeoutError::Timeout) {
            break;
        }
    }
    if trimmed > 0 {
        tracing::info!(namespace = %rule.namespace, trimmed, "old messages were trimmed");
    }
}
