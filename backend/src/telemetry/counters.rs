//! Turns events into counters.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;

use super::declare::declare_metrics;
use super::event::{Event, Published, RequestRefused, SignalDropped};
use super::refusals::Refusals;

declare_metrics! {
    /// The metrics that events change. The fields are private, so nothing else can change them. Counting takes no lock and
    /// allocates nothing.
    pub(super) struct Counters {
        /// Open WebSockets
        connections_open: Gauge = Gauge::default(),
        /// WebSockets opened since the start
        connections_opened: Counter = Counter::default(),
        /// Messages added to a channel
        messages_accepted: Counter = Counter::default(),
        /// Retries of messages that were added before
        messages_duplicate: Counter = Counter::default(),
        /// Messages that were not added to a channel
        messages_refused: Counter = Counter::default(),
        /// Refusals by code: `error` messages on WebSockets, and error responses of the HTTP API
        refusals: Refusals = Refusals::new(),
        /// Signals (typing, seen) that were dropped because a sender sent too many or a worker was behind
        signals_dropped: Counter = Counter::default(),
    }
}

impl Counters {
    /// Counts an event. Always inlined: where the kind of the event is known, as it is in each call of `Events::emit`, only its
    /// counters are left.
    #[inline(always)]
    pub(super) fn count(&self, event: &Event<'_>) {
        match event {
            Event::Connected { .. } => {
                self.connections_open.inc();
                self.connections_opened.inc();
            }
            Event::Gone { .. } => {
                self.connections_open.dec();
            }
            Event::Published(Published::Accepted) => {
                self.messages_accepted.inc();
            }
            Event::Published(Published::Duplicate) => {
                self.messages_duplicate.inc();
            }
            Event::Published(Published::Refused) => {
                self.messages_refused.inc();
            }
            Event::Refused { code, .. } | Event::RequestRefused(RequestRefused { code, .. }) => {
                self.refusals.count(*code);
            }
            Event::SignalDropped(
                SignalDropped::TooMany | SignalDropped::MailboxFull { .. } | SignalDropped::QueueFull,
            ) => {
                self.signals_dropped.inc();
            }
            Event::Identified { .. }
            | Event::OutsideRoom { .. }
            | Event::Joined { .. }
            | Event::Left { .. }
            | Event::Received { .. }
            | Event::Pushed { .. }
            | Event::FellBehind { .. }
            | Event::Broken { .. }
            | Event::Flooded { .. }
            | Event::Misused { .. }
            | Event::Silent { .. }
            | Event::TokenRefused { .. }
            | Event::OriginRefused { .. }
            | Event::HostRefused { .. }
            | Event::HeaderTooLarge { .. }
            | Event::TooManyHeaders { .. }
            | Event::TurnedAway => {}
        }
    }
}
