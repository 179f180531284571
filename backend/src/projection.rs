//! Projections: consumers of the applied commands, such as a search index or webhooks.
//!
//! Each has a thread that hands it the commands in the order of the log, and keeps its position in the log. After a restart, and after
//! an error, it continues behind the kept position. A projection gets each command at least once: one that it has handled before its
//! position was kept comes again.

#[cfg(test)]
mod tests;

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::sequencer::queue::LogQueue;
use crate::store::{Command, CommandLog, LogError, Lsn};

/// Maximum number of commands that a projection handles at once. Its position is kept after each time.
pub const COMMANDS_MAX: u32 = 256;

/// Pause after an error, in milliseconds. It doubles with each further error.
const RETRY_MS: u64 = 500;

/// Maximum pause after an error, in milliseconds.
const RETRY_MS_MAX: u64 = 60_000;

/// A consumer of applied commands.
pub trait Projection: Send + 'static {
    /// The name under which its position is kept. Another name is another projection, which begins with the oldest command.
    fn name(&self) -> &str;

    /// Handles commands: the next ones in the order of the log, at most [`COMMANDS_MAX`]. It may get commands again that it has
    /// handled already.
    ///
    /// # Errors
    /// Any error. The same commands come again after a pause.
    fn handle(&mut self, commands: &[(Lsn, Command)]) -> Result<(), Box<dyn Error + Send + Sync>>;
}

/// The running thread of a projection. It ends when this is stopped.
pub struct Follower {
    stopped: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Follower {
    /// Starts the thread. It reads what `log` has, and whatever the log thread behind `queue` applies.
    ///
    /// # Errors
    /// The operating system's error if it cannot start a thread.
    pub fn start(
        log: Arc<dyn CommandLog>,
        queue: &LogQueue,
        mut projection: impl Projection,
    ) -> std::io::Result<Self> {
        let stopped = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stopped);
        let thread = std::thread::Builder::new().name(projection.name().to_owned());
        let thread = thread.spawn(move || {
            let mut errors = 0_u32;
            while !told.load(Ordering::SeqCst) {
                match advance(&*log, &mut projection) {
                    // The log thread unparks this one.
                    Ok(0) => std::thread::park(),
                    Ok(_) => errors = 0,
                    Err(error) => {
                        let pause_ms = RETRY_MS.saturating_mul(1 << errors.min(16)).min(RETRY_MS_MAX);
                        tracing::warn!(projection = projection.name(), %error, pause_ms, "a projection failed and tries again");
                        errors = errors.saturating_add(1);
                        pause(Duration::from_millis(pause_ms), &told);
                    }
                }
            }
        })?;
        queue.follow(thread.thread().clone());
        // What was applied before the thread was followed.
        thread.thread().unpark();
        Ok(Self { stopped, thread })
    }

    /// Stops the thread after the commands that it is handling, and waits until it has ended.
    pub fn stop(self) {
        self.stopped.store(true, Ordering::SeqCst);
        self.thread.thread().unpark();
        if self.thread.join().is_err() {
            tracing::error!("a projection has panicked");
        }
    }
}

/// Waits for `pause` or until the projection is stopped. New commands do not end the pause.
fn pause(pause: Duration, stopped: &AtomicBool) {
    let end = std::time::Instant::now() + pause;
    while !stopped.load(Ordering::SeqCst)
        && let Some(left) =
            end.checked_duration_since(std::time::Instant::now()).filter(|left| !left.is_zero())
    {
        std::thread::park_timeout(left);
    }
}

/// Hands the next commands to a projection and keeps its position. Returns their number.
fn advance(log: &dyn CommandLog, projection: &mut impl Projection) -> Result<usize, Failure> {
    let position = log.position(projection.name())?;
    let commands = log.commands(position, COMMANDS_MAX)?;
    if let Some((last, _)) = commands.last() {
        projection.handle(&commands).map_err(Failure::Projection)?;
        log.keep_position(projection.name(), *last)?;
    }
    Ok(commands.len())
}

/// Why a projection could not advance.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Log(#[from] LogError),
    #[error("{0}")]
    Projection(Box<dyn Error + Send + Sync>),
}
