//! Projections: consumers of the applied commands, such as a search index or webhooks.
//!
//! Each has a thread that hands it the commands in the order of the log, and keeps its position in the log's file. After a restart, and
//! after an error, it continues behind the kept position. A projection gets each command at least once: one that it has handled before
//! its position was kept comes again. Messages that were trimmed before it read them do not come.

#[cfg(test)]
mod tests;

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::sequencer::queue::LogQueue;
use crate::store::{Command, CommandLog, LogError, Lsn};

/// Maximum number of commands that a projection handles at once.
pub const COMMANDS_MAX: u32 = 256;

/// Minimum interval between two times when a position is kept, because each is a transaction that publications may have to wait for.
const KEEP_INTERVAL: Duration = Duration::from_secs(1);

/// Pause after an error, in milliseconds. It doubles with each further error.
const RETRY_MS: u64 = 500;

/// Maximum pause after an error, in milliseconds.
const RETRY_MS_MAX: u64 = 60_000;

/// The error of a projection.
pub type ProjectionError = Box<dyn Error + Send + Sync>;

/// A consumer of applied commands.
pub trait Projection: Send + 'static {
    /// The name under which its position is kept. Another name is another projection, which begins with the oldest command. No two that
    /// run at the same time have the same name.
    fn name(&self) -> &str;

    /// Handles commands: the next ones in the order of the log, at most [`COMMANDS_MAX`]. It may get commands again that it has
    /// handled already.
    ///
    /// # Errors
    /// Any error. The same commands come again after a pause.
    fn handle(&mut self, commands: &[(Lsn, Command)]) -> Result<(), ProjectionError>;

    /// Forgets everything, because the commands begin anew: the log was replaced by a backup, or too many trims have waited.
    ///
    /// # Errors
    /// Any error. It is called again after a pause.
    fn reset(&mut self) -> Result<(), ProjectionError>;
}

/// The running thread of a projection. It ends when this is stopped or dropped. It must end before the log is closed.
pub struct Follower {
    stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Follower {
    /// Starts the thread. It hands over what `log` has, and whatever the log thread behind `queue` applies.
    ///
    /// # Errors
    /// The operating system's error if it cannot start a thread.
    pub fn start(
        log: Arc<dyn CommandLog>,
        queue: &LogQueue,
        projection: impl Projection,
    ) -> std::io::Result<Self> {
        let stopped = Arc::new(AtomicBool::new(false));
        let name = projection.name().to_owned();
        let mut reader = Reader { log, projection, position: None, kept: Lsn(0), kept_at: Instant::now() };
        let stops = Arc::clone(&stopped);
        let thread = thread::Builder::new().name(name).spawn(move || reader.run(&stops))?;
        queue.follow(thread.thread().clone());
        // What was applied before the thread was followed.
        thread.thread().unpark();
        Ok(Self { stopped, thread: Some(thread) })
    }

    /// Stops the thread after the commands that it is handling, and waits until it has ended.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        let Some(thread) = self.thread.take() else { return };
        thread.thread().unpark();
        if thread.join().is_err() {
            tracing::error!("a projection has panicked");
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.end();
    }
}

/// Hands commands to a projection.
struct Reader<P> {
    log: Arc<dyn CommandLog>,
    projection: P,
    /// The number of the last command that the projection has handled. `None` before it is registered, and before a reset.
    position: Option<Lsn>,
    /// The position that is kept.
    kept: Lsn,
    /// When it was kept.
    kept_at: Instant,
}

/// Why a projection could not advance.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Log(#[from] LogError),
    #[error("{0}")]
    Projection(ProjectionError),
}

impl<P: Projection> Reader<P> {
    fn run(&mut self, stopped: &AtomicBool) {
        let mut errors = 0_u32;
        while !stopped.load(Ordering::SeqCst) {
            match self.advance() {
                // The log thread unparks this one.
                Ok(0) if self.position == Some(self.kept) => thread::park(),
                Ok(0) => thread::park_timeout(KEEP_INTERVAL.saturating_sub(self.kept_at.elapsed())),
                Ok(_) => errors = 0,
                Err(error) => {
                    let pause_ms = RETRY_MS.saturating_mul(1 << errors.min(16)).min(RETRY_MS_MAX);
                    tracing::warn!(projection = self.projection.name(), %error, pause_ms, "a projection failed and tries again");
                    errors = errors.saturating_add(1);
                    pause(Duration::from_millis(pause_ms), stopped);
                }
            }
        }
        if let Err(error) = self.keep() {
            tracing::warn!(projection = self.projection.name(), %error, "the position of a projection was not kept");
        }
    }

    /// Hands the next commands to the projection. Returns their number.
    fn advance(&mut self) -> Result<usize, Failure> {
        let position = match self.position {
            Some(position) => position,
            None => self.begin()?,
        };
        let commands = self.log.commands(position, COMMANDS_MAX)?;
        if let Some((last, _)) = commands.last() {
            self.projection.handle(&commands).map_err(Failure::Projection)?;
            self.position = Some(*last);
        }
        if self.kept_at.elapsed() >= KEEP_INTERVAL {
            self.keep()?;
        }
        Ok(commands.len())
    }

    /// Registers the projection. Returns its position.
    fn begin(&mut self) -> Result<Lsn, Failure> {
        let Some(position) = self.log.register(self.projection.name())? else { return self.reset() };
        (self.position, self.kept) = (Some(position), position);
        Ok(position)
    }

    /// Begins anew.
    fn reset(&mut self) -> Result<Lsn, Failure> {
        tracing::warn!(projection = self.projection.name(), "a projection begins anew");
        self.projection.reset().map_err(Failure::Projection)?;
        self.log.begin_anew(self.projection.name())?;
        (self.position, self.kept) = (Some(Lsn(0)), Lsn(0));
        Ok(Lsn(0))
    }

    fn keep(&mut self) -> Result<(), LogError> {
        if let Some(position) = self.position.filter(|position| *position != self.kept) {
            if self.log.keep_position(self.projection.name(), position)? {
                self.kept = position;
            } else {
                // `begin` resets the projection.
                self.position = None;
            }
        }
        self.kept_at = Instant::now();
        Ok(())
    }
}

/// Waits for `pause` or until the projection is stopped. New commands do not end the pause.
fn pause(pause: Duration, stopped: &AtomicBool) {
    let end = Instant::now() + pause;
    while !stopped.load(Ordering::SeqCst)
        && let Some(left) = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
    {
        thread::park_timeout(left);
    }
}
