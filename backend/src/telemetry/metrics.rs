//! The metrics of a server, for Prometheus. Each is declared once; its doc comment is its help text. The counters of events are
//! declared in `counters`.

use std::ops::Deref;
use std::sync::Arc;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::declare::declare_metrics;
use super::events::Events;
use super::histogram::Histogram;

/// The prefix of each name.
const PREFIX: &str = "tidings";

declare_metrics! {
    /// What is measured: sizes, times, and what is counted without being an event.
    pub struct Measurements {
        /// Open WebSockets whose client does not read: the socket is full. Counted about once per second
        pub(crate) connections_stalled: Gauge = Gauge::default(),
        /// Publications that wait for the log
        pub(crate) queue_publications: Gauge = Gauge::default(),
        /// Bytes of the publications that wait for the log
        pub(crate) queue_bytes: Gauge = Gauge::default(),
        /// Publications that wait for an offset in a channel without history
        pub(crate) live_queue_publications: Gauge = Gauge::default(),
        /// Bytes of the publications that wait for an offset in a channel without history
        pub(crate) live_queue_bytes: Gauge = Gauge::default(),
        /// Time from the start of a transaction of the log to its commit, in seconds
        pub(crate) commit_seconds: Histogram = Histogram::of_seconds(),
        /// Publications in a transaction of the log
        pub(crate) commit_publications: Histogram = Histogram::of_sizes(),
        /// Batches in which messages got their offsets: transactions of the log, and batches of channels without history
        pub batches_written: Counter = Counter::default(),
        /// Time to encode a batch and to put it into the mailboxes of all workers, in seconds. It includes waiting for a slow worker
        pub(crate) fan_out_seconds: Histogram = Histogram::of_seconds(),
        /// Bytes of the batches in the mailboxes of the workers
        pub(crate) mailbox_bytes: Gauge = Gauge::default(),
    }
}

/// The metrics of a server: its [`Measurements`], and the counters of its [`Events`]. Clones share their values.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// What happens to clients and channels.
    pub events: Events,
    measurements: Measurements,
    registry: Arc<Registry>,
}

impl Deref for Metrics {
    type Target = Measurements;

    fn deref(&self) -> &Measurements {
        &self.measurements
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Creates metrics that are zero.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix(PREFIX);
        let events = Events::register(&mut registry);
        let measurements = Measurements::register(&mut registry);
        Self { events, measurements, registry: Arc::new(registry) }
    }

    /// Returns all metrics in the OpenMetrics text format.
    pub(crate) fn render(&self) -> String {
        let mut text = String::new();
        // Writing to memory cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// Sets a gauge to a count or bytes.
pub fn set(gauge: &Gauge, number: usize) {
    gauge.set(i64::try_from(number).unwrap_or(i64::MAX));
}

#[cfg(test)]
mod tests {
    use shared::ids::ConnectionId;
    use shared::protocol::ErrorCode;

    use super::super::counters::Counters;
    use super::super::declare::help;
    use super::super::event::Event;
    use super::*;

    /// The table of the metrics for docs/OPERATIONS.md.
    fn markdown() -> String {
        let mut table = "| metric | type | meaning |\n|---|---|---|\n".to_owned();
        for (name, kind, doc) in Counters::DECLARED.iter().chain(Measurements::DECLARED) {
            let (kind, suffix) = match *kind {
                "Refusals" => ("counter", "_total{code=\"…\"}"),
                "Counter" => ("counter", "_total"),
                "Gauge" => ("gauge", ""),
                _ => ("histogram", ""),
            };
            table += &format!("| `{PREFIX}_{name}{suffix}` | {kind} | {} |\n", help(doc));
        }
        table
    }

    #[test]
    fn the_table_in_the_documents_is_the_generated_one() {
        let operations = include_str!("../../../docs/OPERATIONS.md");
        let generated = markdown();
        let heading = generated.lines().next().unwrap();
        let lines = operations.lines().skip_while(|line| *line != heading);
        let table: String =
            lines.take_while(|line| line.starts_with('|')).map(|line| format!("{line}\n")).collect();
        assert!(table == generated, "replace the table in docs/OPERATIONS.md by this one:\n\n{generated}");
    }

    #[test]
    fn the_text_has_the_help_and_the_value_of_each_metric() {
        let metrics = Metrics::new();
        metrics.events.emit(Event::Refused { connection: ConnectionId(1), code: ErrorCode::Forbidden });
        metrics.commit_seconds.observe_time(std::time::Duration::from_micros(700));
        metrics.commit_seconds.observe_time(std::time::Duration::from_secs(60));
        metrics.commit_publications.observe_size(3);
        set(&metrics.queue_bytes, 17);
        let text = metrics.render();
        for line in [
            "# HELP tidings_queue_bytes Bytes of the publications that wait for the log.",
            "tidings_queue_bytes 17",
            "tidings_refusals_total{code=\"forbidden\"} 1",
            "tidings_refusals_total{code=\"overloaded\"} 0",
            "tidings_commit_seconds_sum 60.0007",
            "tidings_commit_seconds_bucket{le=\"0.000512\"} 0",
            "tidings_commit_seconds_bucket{le=\"0.001024\"} 1",
            "tidings_commit_seconds_bucket{le=\"+Inf\"} 2",
            "tidings_commit_publications_bucket{le=\"4.0\"} 1",
            "tidings_commit_publications_count 1",
        ] {
            assert!(text.lines().any(|is| is == line), "{line} is not in:\n{text}");
        }
    }
}
