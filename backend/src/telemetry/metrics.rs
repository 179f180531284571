//! What is counted, for Prometheus.

use std::sync::Arc;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use shared::protocol::Refusal;

use crate::store::Appended;

/// The counters. Cheap to clone; all clones count together.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    connections_open: Gauge,
    connections_opened: Counter,
    messages_accepted: Counter,
    messages_duplicate: Counter,
    messages_refused: Counter,
    batches_written: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Counters at zero.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("tidings");
        let mut counter = |name: &str, help: &str| {
            let counter = Counter::default();
            registry.register(name, help, counter.clone());
            counter
        };
        let connections_opened = counter("connections_opened", "WebSockets opened since the start");
        let messages_accepted = counter("messages_accepted", "Messages added to a channel");
        let messages_duplicate = counter("messages_duplicate", "Retries of messages that were there already");
        let messages_refused = counter("messages_refused", "Messages that could not be added");
        let batches_written = counter("batches_written", "Batches in which messages were put in order");
        let connections_open = Gauge::default();
        registry.register("connections_open", "Open WebSockets", connections_open.clone());
        Self {
            registry: Arc::new(registry),
            connections_open,
            connections_opened,
            messages_accepted,
            messages_duplicate,
            messages_refused,
            batches_written,
        }
    }

    /// A connection was opened.
    pub fn opened(&self) {
        self.connections_open.inc();
        self.connections_opened.inc();
    }

    /// A connection was closed.
    pub fn closed(&self) {
        self.connections_open.dec();
    }

    /// A message has its place, or has been refused one.
    pub fn published(&self, result: &Result<Appended, Refusal>) {
        match result {
            Ok(Appended::Accepted { .. }) => self.messages_accepted.inc(),
            Ok(Appended::Duplicate { .. }) => self.messages_duplicate.inc(),
            Err(_) => self.messages_refused.inc(),
        };
    }

    /// A batch has been put in order.
    pub fn batch(&self) {
        self.batches_written.inc();
    }

    /// All of it, in the OpenMetrics text format.
    pub fn render(&self) -> String {
        let mut text = String::new();
        // Writing to memory cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
