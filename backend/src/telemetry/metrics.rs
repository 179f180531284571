//! The metrics of a server, for Prometheus. Each is declared once; its doc comment is its help text.

use std::sync::Arc;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::histogram::Histogram;
use super::refusals::Refusals;

/// The prefix of each name.
const PREFIX: &str = "tidings";

/// Declares the metrics: a doc comment, which is the help text and the row in docs/OPERATIONS.md, a name, a type and its first value.
macro_rules! metrics {
    ($($(#[doc = $doc:literal])+ $name:ident: $type:ident = $new:expr,)+) => {
        /// The metrics. Clones share their values. Counting takes no lock and allocates nothing.
        #[derive(Debug, Clone)]
        pub struct Metrics {
            registry: Arc<Registry>,
            $($(#[doc = $doc])+ pub $name: $type,)+
        }

        impl Metrics {
            /// Creates metrics that are zero.
            pub fn new() -> Self {
                let mut registry = Registry::with_prefix(PREFIX);
                $(
                    let $name: $type = $new;
                    registry.register(stringify!($name), help(&[$($doc),+]), $name.clone());
                )+
                Self { registry: Arc::new(registry), $($name,)+ }
            }
        }

        /// The name, the type and the lines of the doc comment of each metric.
        #[cfg(test)]
        const DECLARED: &[(&str, &str, &[&str])] = &[$((stringify!($name), stringify!($type), &[$($doc),+]),)+];
    };
}

metrics! {
    /// Open WebSockets
    connections_open: Gauge = Gauge::default(),
    /// WebSockets opened since the start
    connections_opened: Counter = Counter::default(),
    /// Open WebSockets whose client does not read: the socket is full. Counted about once per second
    connections_stalled: Gauge = Gauge::default(),
    /// Messages added to a channel
    messages_accepted: Counter = Counter::default(),
    /// Retries of messages that were added before
    messages_duplicate: Counter = Counter::default(),
    /// Messages that were not added to a channel
    messages_refused: Counter = Counter::default(),
    /// Refusals by code: `error` messages on WebSockets, and error responses of the HTTP API
    refusals: Refusals = Refusals::new(),
    /// Publications that wait for the log
    queue_publications: Gauge = Gauge::default(),
    /// Bytes of the publications that wait for the log
    queue_bytes: Gauge = Gauge::default(),
    /// Publications that wait for an offset in a channel without history
    live_queue_publications: Gauge = Gauge::default(),
    /// Bytes of the publications that wait for an offset in a channel without history
    live_queue_bytes: Gauge = Gauge::default(),
    /// Time from the start of a transaction of the log to its commit, in seconds
    commit_seconds: Histogram = Histogram::of_seconds(),
    /// Publications in a transaction of the log
    commit_publications: Histogram = Histogram::of_sizes(),
    /// Batches in which messages got their offsets: transactions of the log, and batches of channels without history
    batches_written: Counter = Counter::default(),
    /// Time to encode a batch and to put it into the mailboxes of all workers, in seconds. It includes waiting for a slow worker
    fan_out_seconds: Histogram = Histogram::of_seconds(),
    /// Bytes of the batches in the mailboxes of the workers
    mailbox_bytes: Gauge = Gauge::default(),
    /// Signals (typing, seen) that were dropped because a sender sent too many or a worker was behind
    signals_dropped: Counter = Counter::default(),
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Counts a connection that opens.
    pub fn opened(&self) {
        self.connections_open.inc();
        self.connections_opened.inc();
    }

    /// Counts a connection that closes.
    pub fn closed(&self) {
        self.connections_open.dec();
    }

    /// Returns all metrics in the OpenMetrics text format.
    pub fn render(&self) -> String {
        let mut text = String::new();
        // Writing to memory cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// Sets a gauge to a number of things or bytes.
pub fn set(gauge: &Gauge, number: usize) {
    gauge.set(i64::try_from(number).unwrap_or(i64::MAX));
}

/// Joins the lines of a doc comment.
fn help(doc: &[&str]) -> String {
    doc.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use shared::protocol::ErrorCode;

    use super::*;

    /// The table of the metrics for docs/OPERATIONS.md.
    fn markdown() -> String {
        let mut table = "| metric | type | meaning |\n|---|---|---|\n".to_owned();
        for (name, kind, doc) in DECLARED {
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
        metrics.refusals.count(ErrorCode::Forbidden);
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
