//! What the operator sees: log lines and metrics.
//!
//! [`event`] has what happens to clients and channels; [`Events::emit`] hands it to `counters` and `lines`. What is measured is in
//! [`metrics`].

mod counters;
mod declare;
pub mod event;
mod events;
mod histogram;
mod lines;
pub mod metrics;
mod refusals;

use thiserror::Error;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

pub use event::Event;
pub use events::Events;
pub use histogram::Histogram;

/// The filter of log lines cannot be read. The message is for the operator.
#[derive(Debug, Error)]
#[error("the log filter “{filter}” (--log, TIDINGS_LOG) cannot be read: {reason}")]
pub struct FilterError {
    /// The filter.
    pub filter: String,
    /// What is wrong.
    pub reason: ParseError,
}

/// Writes log lines to standard error, by a thread of its own. Lines that the terminal cannot take are dropped, so a worker
/// never waits. Dropping the guard writes the remaining lines.
///
/// `filter` is a level or a list such as `info,tidings::message=off`.
///
/// # Errors
/// [`FilterError`].
pub fn start(filter: &str) -> Result<WorkerGuard, FilterError> {
    let parsed = EnvFilter::try_new(filter);
    let parsed = parsed.map_err(|reason| FilterError { filter: filter.to_owned(), reason })?;
    let (writer, guard) = tracing_appender::non_blocking(std::io::stderr());
    let lines = tracing_subscriber::fmt().with_env_filter(parsed).with_writer(writer);
    let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
    // A second call, in tests, keeps the subscriber of the first.
    let _ = lines.with_ansi(colours).try_init();
    Ok(guard)
}
