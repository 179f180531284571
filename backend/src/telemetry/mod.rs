//! What the operator sees: log lines and metrics.

pub mod metrics;

use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::EnvFilter;

/// Sends log lines to standard error, by a thread of its own. A burst that the terminal cannot take is dropped, and
/// never makes a worker wait. Dropping the guard writes what is left.
///
/// `filter` is a level or a list such as `info,tidings::message=off`.
///
/// # Errors
/// A sentence for the operator where the filter cannot be read.
pub fn start(filter: &str) -> Result<WorkerGuard, String> {
    let filter = EnvFilter::try_new(filter)
        .map_err(|error| format!("the log filter (--log, TIDINGS_LOG) cannot be read: {error}"))?;
    let (writer, guard) = tracing_appender::non_blocking(std::io::stderr());
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
    // A second call, in tests, finds the first one's subscriber; it serves as well.
    let _ = lines.with_ansi(colours).try_init();
    Ok(guard)
}
