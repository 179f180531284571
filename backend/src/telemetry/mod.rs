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

use std::sync::atomic::{AtomicBool, Ordering};

use thiserror::Error;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::filter::{ParseError, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

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

/// Whether the server stops.
static STOPS: AtomicBool = AtomicBool::new(false);

/// Hides the errors of actix's accept loop from now on: the server closes the listening socket under it when it stops.
pub(crate) fn hide_accept_errors() {
    STOPS.store(true, Ordering::Relaxed);
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
    let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let shown = filter_fn(|line| line.target() != "actix_server::accept" || !STOPS.load(Ordering::Relaxed));
    let lines = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(colours).with_filter(shown);
    // A second call, in tests, keeps the subscriber of the first.
    let _ = tracing_subscriber::registry().with(parsed).with(lines).try_init();
    Ok(guard)
}
